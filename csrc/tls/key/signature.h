/* signature.h - private key operations of the handshake, by the constant-time functions that were
 * chosen, and the signature schemes of TLS 1.3 (RFC 8446 section 4.2.3). */
#ifndef TLS_SIGNATURE_H
#define TLS_SIGNATURE_H

#include "base/bytes.h"
#include "key/key.h"

TLS_PUBLIC_BEGIN

#define TLS_SIGNATURE_MAXIMUM 512 /* RSA-4096; BearSSL's pad has this size */

/* tls_sign_digest signs a digest: PKCS#1 v1.5 with an RSA key, ASN.1 DER ECDSA with an EC key.
 * `hash` is one of enum tls_hash; TLS_HASH_MD5_SHA1 is RSA's below TLS 1.2. Writes at most
 * TLS_SIGNATURE_MAXIMUM bytes to `out` and returns how many; 0 when the key cannot, which is so for
 * RSA keys that are for PSS only. No signature is given away that does not verify: a wrong one,
 * from a fault in the computation, would tell the factors of an RSA modulus, or bits of an EC key.
 */
size_t tls_sign_digest(
    const tls_private_key *key, unsigned char *out, int hash, const void *digest, size_t length);

/* ---- Signature schemes ---- */

/* tls_scheme_supported: the schemes that tls_sign_scheme and tls_verify_scheme know: RSA PKCS#1,
 * RSA-PSS of both kinds and ECDSA, with SHA-1 and SHA-2, and Ed25519; neither MD5, DSA nor Ed448.
 */
int tls_scheme_supported(unsigned scheme);
/* tls_scheme_fits_key: may a key of this kind and size sign so in a handshake of this version
 * (TLS 1.2 or 1.3)? In TLS 1.3 a scheme of ECDSA names the curve, and PKCS#1, SHA-1 and SHA-224 are
 * not for handshake signatures (RFC 8446 section 4.2.3). In TLS 1.2 ECDSA goes with every curve
 * (RFC 8422 section 5.1.1); RSA-PSS fits there too, because whoever offers it for TLS 1.3 must take
 * it from a TLS 1.2 peer (RFC 8446 section 4.2.3). The modulus must have room for the padding. */
int tls_scheme_fits_key(unsigned scheme, const tls_public_key *key, unsigned version);
/* tls_scheme_hashes_itself: Ed25519 signs the content, and not a digest of it. */
int tls_scheme_hashes_itself(unsigned scheme);
/* tls_scheme_digest hashes `content` with the scheme's hash: at most TLS_FINGERPRINT_MAXIMUM bytes
 * to `out`, and returns how many; 0 for a scheme that is not supported, and for one that signs the
 * content itself. */
size_t tls_scheme_digest(unsigned char *out, unsigned scheme, tls_bytes content);
/* tls_sign_scheme signs a digest made with the scheme's hash (where it hashes itself: the content),
 * whatever the version: an EC key of
 * any curve signs by every scheme of ECDSA, a key that is for PSS only by rsa_pss_pss_* alone (and
 * what its parameters allow), other RSA keys by rsa_pkcs1_* and rsa_pss_rsae_*. Writes and returns
 * as tls_sign_digest; 0 also for a digest of another length. */
size_t tls_sign_scheme(
    const tls_private_key *key, unsigned char *out, unsigned scheme, tls_bytes input);
/* tls_verify_scheme verifies a signature of a digest or a content, with the same pairs of schemes
 * and keys. TLS_REASON_BAD_SIGNATURE; TLS_REASON_ILLEGAL_PARAMETER when the scheme is not supported
 * or does not go with the key, or the digest has another length. */
enum tls_reason tls_verify_scheme(
    const tls_public_key *key, unsigned scheme, tls_bytes input, tls_bytes signature);

#define TLS_CERTIFICATE_VERIFY_CONTENT_MAXIMUM (64 + 33 + 1 + 64)

/* tls_certificate_verify_content writes what CertificateVerify of TLS 1.3 signs (RFC 8446
 * section 4.4.3) and returns its length, at most TLS_CERTIFICATE_VERIFY_CONTENT_MAXIMUM for a hash
 * of at most 64 bytes. */
size_t tls_certificate_verify_content(
    unsigned char *out, int by_server, const unsigned char *transcript_hash, size_t hash_length);

/* tls_decrypt_premaster decrypts in place an RSA-encrypted pre-master secret; the 48 bytes move to
 * the front. Constant-time; returns 1 or 0, which must only be used in a constant-time way (RFC
 * 5246 section 7.4.7.1). */
uint32_t tls_decrypt_premaster(const tls_private_key *key, unsigned char *data, size_t length);

TLS_PUBLIC_END

#endif

/* signature.h - private key operations of the handshake, over BearSSL's constant-time functions. */
#ifndef TLS_SIGNATURE_H
#define TLS_SIGNATURE_H

#include "bytes.h"
#include "key.h"

#define TLS_SIGNATURE_MAXIMUM 512 /* RSA-4096; BearSSL's pad has this size */

/* tls_sign_digest signs a digest: PKCS#1 v1.5 with an RSA key, ASN.1 DER ECDSA with an EC key. `hash`
 * is one of BearSSL's br_*_ID, or 0 for MD5+SHA-1 (RSA below TLS 1.2). Writes at most
 * TLS_SIGNATURE_MAXIMUM bytes to `out` and returns how many; 0 when the key cannot. */
size_t tls_sign_digest(
    const tls_private_key *key, unsigned char *out, int hash, const void *digest, size_t length);

/* tls_decrypt_premaster decrypts in place an RSA-encrypted pre-master secret; the 48 bytes move to the
 * front. Constant-time; returns 1 or 0, which must only be used in a constant-time way (RFC 5246
 * section 7.4.7.1). */
uint32_t tls_decrypt_premaster(const tls_private_key *key, unsigned char *data, size_t length);

/* tls_hash_name: "md5sha1" for 0, "sha1", "sha256" …, NULL for others. tls_hash_from_name: -1. */
const char *tls_hash_name(int hash);
int tls_hash_from_name(const char *name);

#endif

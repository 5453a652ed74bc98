/* signed_structure.h - what certificates, requests, CRLs and OCSP responses have in common:
 * SEQUENCE { to be signed, AlgorithmIdentifier, BIT STRING } (RFC 5280 section 4.1.1). */
#ifndef TLS_SIGNED_STRUCTURE_H
#define TLS_SIGNED_STRUCTURE_H

#include "base/bytes.h"
#include "x509/certificate.h"
#include "x509/signature_budget.h"
#include "key/key.h"

/* tls_signing_hash: the hash to sign with: `hash` itself when it may be used (TLS_HASH_SHA256,
 * TLS_HASH_SHA384, TLS_HASH_SHA512), the one that fits the key for 0; 0 for any other. SHA-1 and
 * MD5 are never written. Ed25519 has SHA-512 inside: for such a key it is that or 0. A
 * key for RSA-PSS alone has those that its parameters allow. */
int tls_signing_hash(const tls_private_key *key, int hash);

/* tls_signature_algorithm_write appends the AlgorithmIdentifier of signatures by `key` with `hash`:
 * RSA PKCS#1 v1.5 (RFC 4055 section 5), RSA-PSS (section 3.1) for a key for nothing else, ECDSA
 * (RFC 5758 section 3.2) or Ed25519 (RFC 8410 section 3). TLS_REASON_BAD_FIELD for a hash that
 * tls_signing_hash does not give. */
enum tls_reason tls_signature_algorithm_write(
    tls_buffer *out, const tls_private_key *key, int hash);

/* tls_signed_write appends the contents of the outer SEQUENCE: `to_be_signed`, a whole element, its
 * algorithm and its signature. TLS_REASON_SIGN_FAILED when the key cannot (an external key). */
enum tls_reason tls_signed_write(
    tls_buffer *out, const tls_private_key *key, int hash, tls_bytes to_be_signed);

/* A parsed one; views into the input. */
typedef struct tls_signed_structure {
    tls_bytes to_be_signed; /* header included */
    tls_bytes algorithm_whole;
    tls_signature_algorithm algorithm;
    tls_bytes signature;
} tls_signed_structure;

/* tls_signed_read reads the three parts and leaves `der` behind them. Returns 0 if malformed. */
int tls_signed_read(tls_der *der, tls_signed_structure *out);

/* tls_signed_verify checks the signature with `key` and the strength of both: TLS_OK,
 * TLS_REASON_BAD_CERTIFICATE_SIGNATURE, TLS_REASON_WEAK_SIGNATURE (MD5; SHA-1 unless `allow_sha1`),
 * TLS_REASON_WEAK_KEY (RSA below `min_rsa_bits`, 0 for TLS_RSA_MINIMUM_BITS),
 * TLS_REASON_UNSUPPORTED_CERTIFICATE (an algorithm or key that is not known here), TLS_REASON_LIMIT
 * (the budget, which may be NULL, is used up). */
enum tls_reason tls_signed_verify(const tls_public_key *key,
    const tls_signature_algorithm *algorithm, tls_bytes to_be_signed, tls_bytes signature,
    unsigned min_rsa_bits, int allow_sha1, tls_signature_budget *budget);

#endif

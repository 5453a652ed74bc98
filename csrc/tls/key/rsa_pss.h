/* rsa_pss.h - RSASSA-PSS (RFC 8017 section 8.1) over BearSSL's raw RSA, because BearSSL 0.6 has
 * none. */
#ifndef TLS_RSA_PSS_H
#define TLS_RSA_PSS_H

#include <bearssl.h>

#include "base/bytes.h"

/* tls_rsa_pss_verify returns 1 if `signature` is a PSS signature of the hash value `digest` (made
 * with `hash`) with MGF1 over `mask_hash` and a salt of exactly `salt_length` bytes. */
int tls_rsa_pss_verify(const br_rsa_public_key *key, const br_hash_class *hash,
    const br_hash_class *mask_hash, size_t salt_length, const unsigned char *digest,
    tls_bytes signature);

/* tls_rsa_pss_sign signs the hash value `digest` (made with `hash`) with MGF1 over the same hash
 * and a random salt of its length (RFC 8446 section 4.2.3). Writes as many bytes to `out` as the
 * modulus has. Returns 1, or 0 when the key is above TLS_RSA_MAXIMUM_BITS or too short for the
 * hash, or the system gives no random bytes. */
int tls_rsa_pss_sign(const br_rsa_private_key *key, const br_hash_class *hash, unsigned char *out,
    const unsigned char *digest);

#endif

/* key_bearssl.h - keys for BearSSL's functions. */
#ifndef TLS_KEY_BEARSSL_H
#define TLS_KEY_BEARSSL_H

#include <bearssl.h>

#include "key/key.h"

/* tls_public_key_to_bearssl fills BearSSL's struct, which points into the same memory.
 * TLS_REASON_UNSUPPORTED_CERTIFICATE for TLS_KEY_OTHER, and for Ed25519, which BearSSL has not. */
enum tls_reason tls_public_key_to_bearssl(br_x509_pkey *out, const tls_public_key *key);
/* tls_ecdsa_verify verifies an ECDSA signature in DER and nothing but DER; 1 or 0. Its type is
 * br_ecdsa_vrfy, so that BearSSL's engine can be given it too. */
uint32_t tls_ecdsa_verify(const br_ec_impl *curves, const void *digest, size_t digest_length,
    const br_ec_public_key *key, const void *signature, size_t length);
/* NULL for another kind or an external key. tls_private_key_ed25519: the 32 bytes of RFC 8032. */
const br_rsa_private_key *tls_private_key_rsa(const tls_private_key *key);
const br_ec_private_key *tls_private_key_ec(const tls_private_key *key);
const unsigned char *tls_private_key_ed25519(const tls_private_key *key);

#endif

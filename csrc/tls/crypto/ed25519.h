/* ed25519.h - Ed25519 (RFC 8032 section 5.1): signatures of messages, not of digests. */
#ifndef TLS_ED25519_H
#define TLS_ED25519_H

#include "base/bytes.h"

#define TLS_ED25519_LENGTH 32 /* of a private key, and of a public one */
#define TLS_ED25519_SIGNATURE_LENGTH 64

/* tls_ed25519_public: the public key of a private one (section 5.1.5). */
void tls_ed25519_public(unsigned char public_key[TLS_ED25519_LENGTH],
    const unsigned char private_key[TLS_ED25519_LENGTH]);
/* tls_ed25519_is_public: the one encoding of a point of the curve (section 5.1.3) whose order is
 * not small. RFC 8032 leaves small orders alone; here they are no keys, since some signatures by
 * them verify for every message: who shows such a key has signed nothing in particular. */
int tls_ed25519_is_public(const unsigned char public_key[TLS_ED25519_LENGTH]);
/* tls_ed25519_sign signs (section 5.1.6), and returns 1 if the signature then verifies: with a
 * fault in it, it could tell the key. */
int tls_ed25519_sign(unsigned char signature[TLS_ED25519_SIGNATURE_LENGTH],
    const unsigned char private_key[TLS_ED25519_LENGTH],
    const unsigned char public_key[TLS_ED25519_LENGTH], tls_bytes message);
/* tls_ed25519_verify returns 1 for a good signature (section 5.1.7). `public_key` must be one. */
int tls_ed25519_verify(
    const unsigned char public_key[TLS_ED25519_LENGTH], tls_bytes message, tls_bytes signature);

#endif

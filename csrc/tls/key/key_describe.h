/* key_describe.h - the words for a key that cannot be used. */
#ifndef TLS_KEY_DESCRIBE_H
#define TLS_KEY_DESCRIBE_H

#include "key/key.h"

/* tls_private_key_describe appends what kind of key PEM or DER `bytes` hold, such as "an Ed25519
 * key", "an EC key on the curve secp256k1" or "an RSA key of 8192 bits". Appends nothing for what
 * has no structure of a private key, or stays closed without another `password` (NULL: none). */
void tls_private_key_describe(tls_buffer *out, tls_bytes bytes, const tls_bytes *password);

/* tls_public_key_describe does that for a SubjectPublicKeyInfo: "an Ed448 key". */
void tls_public_key_describe(tls_buffer *out, tls_bytes spki);

#endif

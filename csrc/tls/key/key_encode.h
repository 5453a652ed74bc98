/* key_encode.h - writing keys as DER; tls_pem_encode makes PEM of it with the label that each
 * names. All append to `out`, which holds secrets: release it with tls_buffer_release, which wipes.
 */
#ifndef TLS_KEY_ENCODE_H
#define TLS_KEY_ENCODE_H

#include "key/key.h"

TLS_PUBLIC_BEGIN

enum tls_key_format {
    TLS_KEY_FORMAT_PKCS8 = 0,   /* PrivateKeyInfo, RFC 5208: "PRIVATE KEY" */
    TLS_KEY_FORMAT_TRADITIONAL, /* PKCS#1 "RSA PRIVATE KEY" or SEC1 "EC PRIVATE KEY" */
    TLS_KEY_FORMAT_PUBLIC       /* SubjectPublicKeyInfo, RFC 5280: "PUBLIC KEY" */
};

/* tls_private_key_encode appends the DER. TLS_REASON_UNSUPPORTED_KEY for the private formats of an
 * external key, and for the traditional form of a PSS-only key, which PKCS#1 cannot
 * say, and of an Ed25519 key, which has none. TLS_REASON_BAD_KEY when the
 * private exponent of the file that the key came from is wrong (nothing else here needs it). */
enum tls_reason tls_private_key_encode(
    tls_buffer *out, const tls_private_key *key, enum tls_key_format format);
/* tls_private_key_encode_pem is the same in PEM. */
enum tls_reason tls_private_key_encode_pem(
    tls_buffer *out, const tls_private_key *key, enum tls_key_format format);
/* tls_private_key_pem_label: "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "PUBLIC KEY". */
const char *tls_private_key_pem_label(const tls_private_key *key, enum tls_key_format format);

/* tls_public_key_encode appends a SubjectPublicKeyInfo. TLS_REASON_UNSUPPORTED_KEY for
 * TLS_KEY_OTHER. */
enum tls_reason tls_public_key_encode(tls_buffer *out, const tls_public_key *key);

TLS_PUBLIC_END

#endif

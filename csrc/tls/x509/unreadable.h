/* unreadable.h - what bytes are that could not be read: one place that names a wrong, damaged or
 * unknown input for everything that reads files. */
#ifndef TLS_UNREADABLE_H
#define TLS_UNREADABLE_H

#include "base/bytes.h"

TLS_PUBLIC_BEGIN

enum tls_wanted {
    TLS_WANTED_CERTIFICATE = 0,
    TLS_WANTED_PRIVATE_KEY,
    TLS_WANTED_CRL,
    TLS_WANTED_REQUEST,
    TLS_WANTED_OCSP_RESPONSE
};

/* tls_unreadable appends a sentence about `bytes`, which have been refused as `wanted` for
 * `reason`: what they are instead and how to convert them, or what is wrong with them. `password`
 * as they were tried with, or NULL. Appends nothing where it knows no more than the reason says. */
void tls_unreadable(tls_buffer *out, enum tls_wanted wanted, tls_bytes bytes,
    const tls_bytes *password, enum tls_reason reason);
/* tls_unusable_key appends that a public key (SubjectPublicKeyInfo) of this kind cannot be used. */
void tls_unusable_key(tls_buffer *out, tls_bytes public_key_info);
/* tls_looks_like_path returns 1 if the bytes are the name of a file, not its content. */
int tls_looks_like_path(tls_bytes bytes);

TLS_PUBLIC_END

#endif

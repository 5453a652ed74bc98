/* pbkdf2.h - PBKDF2 with HMAC, RFC 8018 section 5.2. */
#ifndef TLS_PBKDF2_H
#define TLS_PBKDF2_H

#include <bearssl.h>

#include "base/bytes.h"

/* tls_pbkdf2 fills `out` with `length` bytes. `iterations` is at least 1. */
void tls_pbkdf2(unsigned char *out, size_t length, const br_hash_class *hash, tls_bytes password,
    tls_bytes salt, uint32_t iterations);

#endif

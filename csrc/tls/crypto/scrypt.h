/* scrypt.h - scrypt, RFC 7914. */
#ifndef TLS_SCRYPT_H
#define TLS_SCRYPT_H

#include "base/bytes.h"

/* What a file may ask for: memory (n blocks, and p beside them), and how often over. OpenSSL writes
 * 16 MiB, once.
 */
#define TLS_SCRYPT_MEMORY_MAXIMUM ((size_t)64 << 20)
#define TLS_SCRYPT_PARALLEL_MAXIMUM 16

/* tls_scrypt_allowed returns 1 when the parameters are well-formed and within these bounds. */
int tls_scrypt_allowed(uint32_t n, uint32_t r, uint32_t p);
/* tls_scrypt fills `out` with `length` bytes; n, r, p are allowed. Returns 0 without memory. */
int tls_scrypt(unsigned char *out, size_t length, tls_bytes password, tls_bytes salt, uint32_t n,
    uint32_t r, uint32_t p);

#endif

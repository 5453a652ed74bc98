/* sha3.h - SHA-3 and SHAKE (FIPS 202) over whatever comes in pieces. */
#ifndef TLS_SHA3_H
#define TLS_SHA3_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/keccak.h"

/* A sponge. What it has absorbed may be a secret: the caller wipes it. */
typedef struct tls_sha3 {
    uint64_t state[TLS_KECCAK_LANES];
    size_t rate, position; /* bytes */
    unsigned char suffix;  /* the bits behind a message, and the first of the padding */
    int squeezing;
} tls_sha3;

void tls_sha3_256_start(tls_sha3 *sha3);
void tls_sha3_512_start(tls_sha3 *sha3);
void tls_shake128_start(tls_sha3 *sha3);
void tls_shake256_start(tls_sha3 *sha3);

/* tls_sha3_absorb adds to the message; tls_sha3_squeeze takes the next `length` bytes of what it
 * gives, after which nothing more may be added. SHA3-256 and SHA3-512 give 32 and 64. */
void tls_sha3_absorb(tls_sha3 *sha3, const void *data, size_t length);
void tls_sha3_squeeze(tls_sha3 *sha3, void *out, size_t length);

#endif

/* chacha20_poly1305_x86_64.h - what the kernels of ChaCha20-Poly1305 for x86-64 share: all of the
 * AEAD but its two primitives. */
#ifndef TLS_KERNEL_CHACHA20_POLY1305_X86_64_H
#define TLS_KERNEL_CHACHA20_POLY1305_X86_64_H

#include "kernel/poly1305.h"

#if TLS_KERNEL_X86_64

#include <immintrin.h>

#define CHACHA20_BLOCK 64
#define CHACHA20_BLOCKS_MAXIMUM 16

typedef struct chacha20_poly1305 {
    /* xor_blocks encrypts `blocks` blocks of data, from `counter` on. */
    void (*xor_blocks)(const uint32_t matrix[16], uint32_t counter, unsigned char *data);
    unsigned blocks;
    void (*update)(poly1305 *p, const unsigned char *data, size_t length);
} chacha20_poly1305;

/* tls_chacha20_poly1305_x86_64 is br_poly1305_run. */
void tls_chacha20_poly1305_x86_64(const chacha20_poly1305 *with, const void *key, const void *nonce,
    void *data, size_t length, const void *additional, size_t additional_length, void *tag,
    int encrypt);

#endif

#endif

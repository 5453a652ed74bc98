/* chacha20_poly1305_frame.h - what the kernels of ChaCha20-Poly1305 share: all of the AEAD but its
 * two primitives. */
#ifndef TLS_KERNEL_CHACHA20_POLY1305_FRAME_H
#define TLS_KERNEL_CHACHA20_POLY1305_FRAME_H

#include "kernel/poly1305.h"

#if TLS_KERNEL_X86_64 || TLS_KERNEL_AARCH64

#if TLS_KERNEL_X86_64
#include <immintrin.h>

#define LOAD_ROW(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define FIRST_WORD(n) _mm_cvtsi32_si128((int)(n))
#endif

#define CHACHA20_BLOCK ((size_t)64)
#define CHACHA20_BLOCKS_MAXIMUM 16

typedef struct chacha20_poly1305 {
    /* xor_blocks encrypts `blocks` blocks of data, from `counter` on. */
    void (*xor_blocks)(const uint32_t matrix[16], uint32_t counter, unsigned char *data);
    unsigned blocks;
    void (*update)(poly1305 *p, const unsigned char *data, size_t length);
} chacha20_poly1305;

/* tls_chacha20_poly1305_run is br_poly1305_run. */
void tls_chacha20_poly1305_run(const chacha20_poly1305 *with, const void *key, const void *nonce,
    void *data, size_t length, const void *additional, size_t additional_length, void *tag,
    int encrypt);

#endif

#endif

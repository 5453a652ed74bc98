/* chacha20_x86_64.h - what the kernels of ChaCha20-Poly1305 for x86-64 share.
 *
 * ChaCha20 (RFC 8439 section 2.3) is done in two ways: for what is short each vector has a row of
 * the matrix, of as many blocks as it has room for; for what is long each vector has one word of
 * the matrix, of 8 or 16 blocks, which need no shuffling before the end (Goll and Gueron,
 * "Vectorization on ChaCha Stream Cipher", 2014). */
#ifndef TLS_KERNEL_CHACHA20_X86_64_H
#define TLS_KERNEL_CHACHA20_X86_64_H

#include "kernel/poly1305.h"

#if TLS_KERNEL_X86_64

#include <immintrin.h>

#define CHACHA20_BLOCK 64

/* The last blocks, as many as these are, come in the pass that makes the key of Poly1305. */
#define CHACHA20_LAST 3

/* What a record leaves on the stack if it is not wiped. */
typedef struct chacha20_working {
    uint32_t matrix[16]; /* but for the counter */
    poly1305 poly;
    unsigned char first[(1 + CHACHA20_LAST) * CHACHA20_BLOCK];
} chacha20_working;

/* chacha20_bulk does whole vectors of blocks, from the block 1 on, and is free to do Poly1305 of
 * them at the same time; it does all but the last CHACHA20_LAST blocks or fewer, and returns the
 * bytes. */
typedef size_t chacha20_bulk(chacha20_working *w, int encrypt, unsigned char *data, size_t length);

/* tls_chacha20_poly1305_x86_64 is br_poly1305_run. */
void tls_chacha20_poly1305_x86_64(const void *key, const void *nonce, void *data, size_t length,
    const void *additional, size_t additional_length, void *tag, int encrypt, chacha20_bulk *bulk);

/* A quarter round, with the operations of the vectors that are at hand. */
#define CHACHA20_QUARTER(a, b, c, d)                                                               \
    do {                                                                                           \
        (a) = ADD(a, b);                                                                           \
        (d) = ROTATE16(XOR(d, a));                                                                 \
        (c) = ADD(c, d);                                                                           \
        (b) = ROTATE12(XOR(b, c));                                                                 \
        (a) = ADD(a, b);                                                                           \
        (d) = ROTATE8(XOR(d, a));                                                                  \
        (c) = ADD(c, d);                                                                           \
        (b) = ROTATE7(XOR(b, c));                                                                  \
    } while (0)

/* Two rounds of sixteen vectors x0 to x15. */
#define CHACHA20_TWO_ROUNDS()                                                                      \
    do {                                                                                           \
        CHACHA20_QUARTER(x0, x4, x8, x12);                                                         \
        CHACHA20_QUARTER(x1, x5, x9, x13);                                                         \
        CHACHA20_QUARTER(x2, x6, x10, x14);                                                        \
        CHACHA20_QUARTER(x3, x7, x11, x15);                                                        \
        CHACHA20_QUARTER(x0, x5, x10, x15);                                                        \
        CHACHA20_QUARTER(x1, x6, x11, x12);                                                        \
        CHACHA20_QUARTER(x2, x7, x8, x13);                                                         \
        CHACHA20_QUARTER(x3, x4, x9, x14);                                                         \
    } while (0)

/* Four vectors of words, of which each quarter has those of one block, become four of rows. */
#define CHACHA20_TRANSPOSE(a, b, c, d)                                                             \
    do {                                                                                           \
        vector ab_low = UNPACK_LOW32(a, b), ab_high = UNPACK_HIGH32(a, b);                         \
        vector cd_low = UNPACK_LOW32(c, d), cd_high = UNPACK_HIGH32(c, d);                         \
                                                                                                   \
        (a) = UNPACK_LOW64(ab_low, cd_low);                                                        \
        (b) = UNPACK_HIGH64(ab_low, cd_low);                                                       \
        (c) = UNPACK_LOW64(ab_high, cd_high);                                                      \
        (d) = UNPACK_HIGH64(ab_high, cd_high);                                                     \
    } while (0)

#define CHACHA20_SIXTEEN(step)                                                                     \
    do {                                                                                           \
        step(x0, 0);                                                                               \
        step(x1, 1);                                                                               \
        step(x2, 2);                                                                               \
        step(x3, 3);                                                                               \
        step(x4, 4);                                                                               \
        step(x5, 5);                                                                               \
        step(x6, 6);                                                                               \
        step(x7, 7);                                                                               \
        step(x8, 8);                                                                               \
        step(x9, 9);                                                                               \
        step(x10, 10);                                                                             \
        step(x11, 11);                                                                             \
        step(x12, 12);                                                                             \
        step(x13, 13);                                                                             \
        step(x14, 14);                                                                             \
        step(x15, 15);                                                                             \
    } while (0)

#endif

#endif

/* poly1305.h - Poly1305 (RFC 8439 section 2.5) in three limbs of 44, 44 and 42 bits.
 *
 * Numbers are x = x0 + x1 2^44 + x2 2^88 modulo 2^130 - 5. Since 2^132 is 4 * 5 = 20, what a
 * product has from 2^132 on comes back multiplied by 20.
 *
 * Bounds: of r, whose bits are cleared, and of its powers r0 < 2^44, r1 < 2^44 + 2^10, r2 < 2^42;
 * so 20 r1, 20 r2 < 2^49. Of the sum h + block: < 2^45 + 2^10, the highest < 2^43. A product of two
 * limbs is < 2^95, and six of them < 2^98; in the highest limb, where there is no 20, < 2^90 and
 * < 2^93. Carried: the first carries are < 2^54, the one out of 2^130 is < 2^51 and comes back five
 * times, < 2^54, so that x1 exceeds 2^44 by at most 2^10. */
#ifndef TLS_KERNEL_POLY1305_H
#define TLS_KERNEL_POLY1305_H

#include <string.h>

#include "base/bytes.h"
#include "kernel/build.h"

#if TLS_KERNEL_INT128

#define POLY1305_MASK44 (((uint64_t)1 << 44) - 1)
#define POLY1305_MASK42 (((uint64_t)1 << 42) - 1)
#define POLY1305_BLOCK ((size_t)16)
#define POLY1305_BIT128 ((uint64_t)1 << 40) /* in the highest limb */

#define POLY1305_INLINE static inline __attribute__((always_inline))

typedef struct poly1305 {
    uint64_t h[3], r[3];
    uint64_t r2[3];  /* r^2: two blocks in one step */
    uint64_t pad[2]; /* s */
} poly1305;

POLY1305_INLINE void
poly1305_load(uint64_t x[3], const unsigned char block[POLY1305_BLOCK], uint64_t bit128)
{
    uint64_t low, high;

    memcpy(&low, block, 8);
    memcpy(&high, block + 8, 8);
    x[0] = low & POLY1305_MASK44;
    x[1] = (low >> 44 | high << 20) & POLY1305_MASK44;
    x[2] = high >> 24 | bit128;
}

/* poly1305_add_product: sum += a b, not carried. */
POLY1305_INLINE void
poly1305_add_product(tls_uint128 sum[3], const uint64_t a[3], const uint64_t b[3])
{
    uint64_t b1 = b[1] * 20, b2 = b[2] * 20;

    sum[0] += (tls_uint128)a[0] * b[0] + (tls_uint128)a[1] * b2 + (tls_uint128)a[2] * b1;
    sum[1] += (tls_uint128)a[0] * b[1] + (tls_uint128)a[1] * b[0] + (tls_uint128)a[2] * b2;
    sum[2] += (tls_uint128)a[0] * b[2] + (tls_uint128)a[1] * b[1] + (tls_uint128)a[2] * b[0];
}

POLY1305_INLINE void
poly1305_carry(uint64_t x[3], tls_uint128 sum[3])
{
    uint64_t low;

    sum[1] += (uint64_t)(sum[0] >> 44);
    sum[2] += (uint64_t)(sum[1] >> 44);
    low = ((uint64_t)sum[0] & POLY1305_MASK44) + 5 * (uint64_t)(sum[2] >> 42);
    x[0] = low & POLY1305_MASK44;
    x[1] = ((uint64_t)sum[1] & POLY1305_MASK44) + (low >> 44);
    x[2] = (uint64_t)sum[2] & POLY1305_MASK42;
}

/* tls_poly1305_multiply: out = a b; `out` may be one of them. */
void tls_poly1305_multiply(uint64_t out[3], const uint64_t a[3], const uint64_t b[3]);

/* tls_poly1305_start takes r and s (section 2.5.1). */
void tls_poly1305_start(poly1305 *p, const unsigned char key[32]);
/* tls_poly1305_update: the last block is filled up with zeros, as the AEAD has it (section 2.8). */
void tls_poly1305_update(poly1305 *p, const unsigned char *data, size_t length);
/* tls_poly1305_finish takes the lengths, and gives the tag. */
void tls_poly1305_finish(
    poly1305 *p, size_t additional_length, size_t length, unsigned char tag[POLY1305_BLOCK]);

#endif

#endif

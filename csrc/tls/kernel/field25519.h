/* field25519.h - the field of 2^255 - 19 elements, in five limbs of 51 bits (Bernstein,
 * "Curve25519: new Diffie-Hellman speed records", in 64-bit words as in Langley's
 * curve25519-donna-c64). A limb may hold more than 51 bits, and a number may be above the prime;
 * only field_put makes it the least.
 *
 * Bounds. field_multiply and field_square give limbs below 2^51 + 2^13: `tight`. A sum of two tight
 * ones is below 2^52.1; a difference below 2^53.6, for it adds 4p, whose limbs are below 2^53 and
 * above any tight sum. What goes into a multiplication may have limbs a and b with
 * 77ab < 2^115 (1 + 4 x 19 = 77 products to a limb): then the carry of 51 bits less fits in a word.
 * Differences of tight sums and sums of these with tight ones do: 77 x 2^54 x 2^53.6 < 2^114. */
#ifndef TLS_KERNEL_FIELD25519_H
#define TLS_KERNEL_FIELD25519_H

#include <stdint.h>
#include <string.h>

#include "kernel/build.h"

#if TLS_KERNEL_INT128

#define FIELD_LIMBS 5
#define FIELD_MASK (((uint64_t)1 << 51) - 1)

typedef uint64_t field_word;
typedef field_word field[FIELD_LIMBS];

static inline void
field_add(field out, const field a, const field b)
{
    int i;

    for (i = 0; i < FIELD_LIMBS; i++)
        out[i] = a[i] + b[i];
}

static inline void
field_subtract(field out, const field a, const field b)
{
    int i;

    out[0] = a[0] + 0x1FFFFFFFFFFFB4 - b[0]; /* 4 (2^51 - 19) */
    for (i = 1; i < FIELD_LIMBS; i++)
        out[i] = a[i] + 0x1FFFFFFFFFFFFC - b[i]; /* 4 (2^51 - 1) */
}

/* field_carry: 2^255 = 19. */
static inline void
field_carry(
    field out, tls_uint128 t0, tls_uint128 t1, tls_uint128 t2, tls_uint128 t3, tls_uint128 t4)
{
    t1 += (uint64_t)(t0 >> 51);
    t2 += (uint64_t)(t1 >> 51);
    t3 += (uint64_t)(t2 >> 51);
    t4 += (uint64_t)(t3 >> 51);
    out[0] = ((uint64_t)t0 & FIELD_MASK) + (uint64_t)(t4 >> 51) * 19;
    out[1] = ((uint64_t)t1 & FIELD_MASK) + (out[0] >> 51);
    out[0] &= FIELD_MASK;
    out[2] = (uint64_t)t2 & FIELD_MASK;
    out[3] = (uint64_t)t3 & FIELD_MASK;
    out[4] = (uint64_t)t4 & FIELD_MASK;
}

static inline __attribute__((always_inline)) void
field_multiply(field out, const field a, const field b)
{
    uint64_t a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4];
    uint64_t b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3], b4 = b[4];
    uint64_t c1 = b1 * 19, c2 = b2 * 19, c3 = b3 * 19, c4 = b4 * 19;
    tls_uint128 t0, t1, t2, t3, t4;

#define PRODUCT(x, y) ((tls_uint128)(x) * (y))
    t0 = PRODUCT(a0, b0) + PRODUCT(a1, c4) + PRODUCT(a2, c3) + PRODUCT(a3, c2) + PRODUCT(a4, c1);
    t1 = PRODUCT(a0, b1) + PRODUCT(a1, b0) + PRODUCT(a2, c4) + PRODUCT(a3, c3) + PRODUCT(a4, c2);
    t2 = PRODUCT(a0, b2) + PRODUCT(a1, b1) + PRODUCT(a2, b0) + PRODUCT(a3, c4) + PRODUCT(a4, c3);
    t3 = PRODUCT(a0, b3) + PRODUCT(a1, b2) + PRODUCT(a2, b1) + PRODUCT(a3, b0) + PRODUCT(a4, c4);
    t4 = PRODUCT(a0, b4) + PRODUCT(a1, b3) + PRODUCT(a2, b2) + PRODUCT(a3, b1) + PRODUCT(a4, b0);
    field_carry(out, t0, t1, t2, t3, t4);
}

static inline __attribute__((always_inline)) void
field_square(field out, const field a)
{
    uint64_t a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4];
    uint64_t d0 = a0 * 2, d1 = a1 * 2, d2 = a2 * 2, c3 = a3 * 19, c4 = a4 * 19, e4 = c4 * 2;
    tls_uint128 t0, t1, t2, t3, t4;

    t0 = PRODUCT(a0, a0) + PRODUCT(a1, e4) + PRODUCT(d2, c3);
    t1 = PRODUCT(d0, a1) + PRODUCT(a2, e4) + PRODUCT(a3, c3);
    t2 = PRODUCT(d0, a2) + PRODUCT(a1, a1) + PRODUCT(a3, e4);
    t3 = PRODUCT(d0, a3) + PRODUCT(d1, a2) + PRODUCT(a4, c4);
    t4 = PRODUCT(d0, a4) + PRODUCT(d1, a3) + PRODUCT(a2, a2);
    field_carry(out, t0, t1, t2, t3, t4);
#undef PRODUCT
}

/* field_multiply_a24: 121665 times a difference (RFC 7748 section 5). */
static inline void
field_multiply_a24(field out, const field e)
{
    tls_uint128 carry = 0;
    int i;

    for (i = 0; i < FIELD_LIMBS; i++) {
        carry += (tls_uint128)e[i] * 121665;
        out[i] = (uint64_t)carry & FIELD_MASK;
        carry >>= 51;
    }
    out[0] += (uint64_t)carry * 19;
}

/* field_get reads 255 bits in little-endian order (RFC 7748 section 5: the last is ignored). */
static inline void
field_get(field out, const unsigned char bytes[32])
{
    uint64_t w[4];

    memcpy(w, bytes, sizeof w);
    out[0] = w[0] & FIELD_MASK;
    out[1] = (w[0] >> 51 | w[1] << 13) & FIELD_MASK;
    out[2] = (w[1] >> 38 | w[2] << 26) & FIELD_MASK;
    out[3] = (w[2] >> 25 | w[3] << 39) & FIELD_MASK;
    out[4] = w[3] >> 12 & FIELD_MASK;
}

/* field_put writes the least residue of a tight number: if adding 19 carries out of 255 bits, it is
 * p or more, and what remains is it less p. */
static inline void
field_put(unsigned char bytes[32], const field a)
{
    uint64_t h[FIELD_LIMBS], w[4], carry;
    int i, round;

    memcpy(h, a, sizeof h);
    for (round = 0; round < 2; round++) {
        for (carry = 0, i = 0; i < FIELD_LIMBS; i++) {
            h[i] += carry;
            carry = h[i] >> 51;
            h[i] &= FIELD_MASK;
        }
        h[0] += carry * 19;
    }
    for (carry = 19, i = 0; i < FIELD_LIMBS; i++)
        carry = (h[i] + carry) >> 51;
    for (carry *= 19, i = 0; i < FIELD_LIMBS; i++) {
        h[i] += carry;
        carry = h[i] >> 51;
        h[i] &= FIELD_MASK;
    }
    w[0] = h[0] | h[1] << 51;
    w[1] = h[1] >> 13 | h[2] << 38;
    w[2] = h[2] >> 26 | h[3] << 25;
    w[3] = h[3] >> 39 | h[4] << 12;
    memcpy(bytes, w, sizeof w);
}

#endif

#endif

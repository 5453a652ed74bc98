/* p521.c - see p521.h. The field of p = 2^521 - 1: nine words, of which the last has nine bits.
 * What is above 2^521 counts once: 2^521 = 1. A number is below 2^521, so that p itself stands for
 * 0 too. */
#include "kernel/p521.h"

#include "kernel/build.h"

#if TLS_KERNEL_INT128

#define LIMBS 9
#include "kernel/limbs.h"

#define CURVE 25
#define BITS 521
#define BYTES 66
#define WINDOW 4 /* 131 rows of 8 points: 147 KB */

static const number prime = {0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF,
    0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF,
    0xFFFFFFFFFFFFFFFF, 0x00000000000001FF};
static const number order = {0xBB6FB71E91386409, 0x3BB5C9B8899C47AE, 0x7FCC0148F709A5D0,
    0x51868783BF2F966B, 0xFFFFFFFFFFFFFFFA, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF,
    0xFFFFFFFFFFFFFFFF, 0x00000000000001FF};
static const unsigned char b_bytes[BYTES] = {0x00, 0x51, 0x95, 0x3E, 0xB9, 0x61, 0x8E, 0x1C, 0x9A,
    0x1F, 0x92, 0x9A, 0x21, 0xA0, 0xB6, 0x85, 0x40, 0xEE, 0xA2, 0xDA, 0x72, 0x5B, 0x99, 0xB3, 0x15,
    0xF3, 0xB8, 0xB4, 0x89, 0x91, 0x8E, 0xF1, 0x09, 0xE1, 0x56, 0x19, 0x39, 0x51, 0xEC, 0x7E, 0x93,
    0x7B, 0x16, 0x52, 0xC0, 0xBD, 0x3B, 0xB1, 0xBF, 0x07, 0x35, 0x73, 0xDF, 0x88, 0x3D, 0x2C, 0x34,
    0xF1, 0xEF, 0x45, 0x1F, 0xD4, 0x6B, 0x50, 0x3F, 0x00};
static const unsigned char generator_bytes[2 * BYTES] = {0x00, 0xC6, 0x85, 0x8E, 0x06, 0xB7, 0x04,
    0x04, 0xE9, 0xCD, 0x9E, 0x3E, 0xCB, 0x66, 0x23, 0x95, 0xB4, 0x42, 0x9C, 0x64, 0x81, 0x39, 0x05,
    0x3F, 0xB5, 0x21, 0xF8, 0x28, 0xAF, 0x60, 0x6B, 0x4D, 0x3D, 0xBA, 0xA1, 0x4B, 0x5E, 0x77, 0xEF,
    0xE7, 0x59, 0x28, 0xFE, 0x1D, 0xC1, 0x27, 0xA2, 0xFF, 0xA8, 0xDE, 0x33, 0x48, 0xB3, 0xC1, 0x85,
    0x6A, 0x42, 0x9B, 0xF9, 0x7E, 0x7E, 0x31, 0xC2, 0xE5, 0xBD, 0x66, 0x01, 0x18, 0x39, 0x29, 0x6A,
    0x78, 0x9A, 0x3B, 0xC0, 0x04, 0x5C, 0x8A, 0x5F, 0xB4, 0x2C, 0x7D, 0x1B, 0xD9, 0x98, 0xF5, 0x44,
    0x49, 0x57, 0x9B, 0x44, 0x68, 0x17, 0xAF, 0xBD, 0x17, 0x27, 0x3E, 0x66, 0x2C, 0x97, 0xEE, 0x72,
    0x99, 0x5E, 0xF4, 0x26, 0x40, 0xC5, 0x50, 0xB9, 0x01, 0x3F, 0xAD, 0x07, 0x61, 0x35, 0x3C, 0x70,
    0x86, 0xA2, 0x72, 0xC2, 0x40, 0x88, 0xBE, 0x94, 0x76, 0x9F, 0xD1, 0x66, 0x50};

#define TOP_BITS 9
#define TOP_MASK (((uint64_t)1 << TOP_BITS) - 1)

/* fold: words below 2^523 to a number below 2^521. What is above 2^521 is added twice, for the
 * first time may carry there again: then nothing but 1 or 2 is left. */
INLINE void
fold(number out, const uint64_t *t)
{
    int i, round;

    memmove(out, t, sizeof(number));
    for (round = 0; round < 2; round++) {
        tls_uint128 carry = out[LIMBS - 1] >> TOP_BITS;

        out[LIMBS - 1] &= TOP_MASK;
        for (i = 0; i < LIMBS; i++) {
            carry += out[i];
            out[i] = (uint64_t)carry;
            carry >>= 64;
        }
    }
}

static __attribute__((noinline)) void
field_add(number out, const number a, const number b)
{
    number t;

    words_add(t, a, b);
    fold(out, t);
}

/* field_subtract: p - b turns all bits of b. */
static __attribute__((noinline)) void
field_subtract(number out, const number a, const number b)
{
    number t;
    int i;

    for (i = 0; i < LIMBS; i++)
        t[i] = ~b[i];
    t[LIMBS - 1] &= TOP_MASK;
    field_add(out, a, t);
}

static __attribute__((noinline)) void
field_multiply(number out, const number a, const number b)
{
    uint64_t t[2 * LIMBS + 2];
    number high;
    int i;

    memset(t, 0, sizeof t);
    for (i = 0; i < LIMBS; i++)
        add_row(t + i, b, a[i]);
    for (i = 0; i < LIMBS; i++)
        high[i] = t[LIMBS - 1 + i] >> TOP_BITS | t[LIMBS + i] << (64 - TOP_BITS);
    t[LIMBS - 1] &= TOP_MASK;
    words_add(t, t, high);
    fold(out, t);
}

static void
field_square(number out, const number a)
{
    field_multiply(out, a, a);
}

static void
field_square_times(number out, const number a, int times)
{
    field_square(out, a);
    while (--times > 0)
        field_square(out, out);
}

static void
field_prepare(void)
{
}

static void
field_get(number out, const number a)
{
    memmove(out, a, sizeof(number));
}

/* field_put: p is 0. */
static void
field_put(number out, const number a)
{
    reduce_once(out, a, 0, prime);
}

static __attribute__((noinline)) uint64_t
field_is_zero(const number a)
{
    number t;

    field_put(t, a);
    return words_is_zero(t);
}

/* field_invert: a^(p-2), 0 for 0; xn is a^(2^n - 1). p - 2 has 519 ones, a zero and a one. */
static void
field_invert(number out, const number a)
{
    number x7, power, t;
    int n;

    field_square(t, a);
    field_multiply(t, t, a); /* x2 */
    field_square(x7, t);
    field_multiply(x7, x7, a); /* x3 */
    field_square_times(power, t, 2);
    field_multiply(power, power, t); /* x4 */
    field_square_times(t, power, 3);
    field_multiply(x7, t, x7);
    for (n = 4; n < 512; n *= 2) {
        field_square_times(t, power, n);
        field_multiply(power, t, power);
    }
    field_square_times(t, power, 7); /* of x512 */
    field_multiply(t, t, x7);
    field_square_times(t, t, 2);
    field_multiply(out, t, a);
}

#include "kernel/weierstrass.h"

const tls_kernel tls_kernel_p521 = {TLS_PRIMITIVE_SECP521R1, "portable", 0, install};

#endif

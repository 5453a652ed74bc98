/* p256_code.h - the field of P-256, p = 2^256 - 2^224 + 2^192 + 2^96 - 1, and the curve over it.
 * Included by p256.c and p256_adx.c.
 *
 * Montgomery's reduction of one word m, the lowest, needs no factor, for -1/p = 1 modulo 2^64:
 *     m + mp = m 2^96 + m (2^256 - 2^224 + 2^192),
 * and 2^64 - 2^32 + 1 is the highest word of p. So it takes one product and two shifts. */

#define CURVE 23
#define BITS 256
#define BYTES 32
#define WINDOW 7 /* 37 rows of 64 points: 148 KB */

static const number prime = {
    0xFFFFFFFFFFFFFFFF, 0x00000000FFFFFFFF, 0x0000000000000000, 0xFFFFFFFF00000001};
static const number order = {
    0xF3B9CAC2FC632551, 0xBCE6FAADA7179E84, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFF00000000};
static const unsigned char b_bytes[BYTES] = {0x5A, 0xC6, 0x35, 0xD8, 0xAA, 0x3A, 0x93, 0xE7, 0xB3,
    0xEB, 0xBD, 0x55, 0x76, 0x98, 0x86, 0xBC, 0x65, 0x1D, 0x06, 0xB0, 0xCC, 0x53, 0xB0, 0xF6, 0x3B,
    0xCE, 0x3C, 0x3E, 0x27, 0xD2, 0x60, 0x4B};
static const unsigned char generator_bytes[2 * BYTES] = {0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42,
    0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63, 0xA4, 0x40, 0xF2, 0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33,
    0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96, 0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A, 0x7F,
    0x9B, 0x8E, 0xE7, 0xEB, 0x4A, 0x7C, 0x0F, 0x9E, 0x16, 0x2B, 0xCE, 0x33, 0x57, 0x6B, 0x31, 0x5E,
    0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51, 0xF5};

#ifdef LIMBS_ADX

/* What the reduction leaves: the word above, as the first has gone. */
#define REDUCE(x0, x1, x2, x3)                                                                     \
    "mov %[" x0 "], %%rdx\n\t"                                                                     \
    "mov %%rdx, %[lo]\n\tshl $32, %[lo]\n\t"                                                       \
    "mov %%rdx, %[hi]\n\tshr $32, %[hi]\n\t"                                                       \
    "add %[lo], %[" x1 "]\n\tadc %[hi], %[" x2 "]\n\t"                                             \
    "mulx %[p3], %[lo], %[hi]\n\tadc %[lo], %[" x3 "]\n\t"
#define MULTIPLY_ROW(i, x0, x1, x2, x3, x4, x5)                                                    \
    "mov 8*" #i "(%[a]), %%rdx\n\t" ROW("b", x0, x1, x2, x3, x4, x5) REDUCE(x0, x1, x2,            \
        x3) "adc %[hi], %[" x4 "]\n\tadc $0, %[" x5 "]\n\txor %k[" x0 "], %k[" x0 "]\n\t"

/* Store r0 to r3 less the prime, unless that and the word above is below 0. */
#define FINISH(r0, r1, r2, r3, top, free)                                                          \
    "mov %[" r0 "], %[lo]\n\tmov %[" r1 "], %[hi]\n\tmov %[" r2 "], %%rdx\n\t"                     \
    "mov %[" r3 "], %[" free "]\n\t"                                                               \
    "sub $-1, %[lo]\n\tsbb %[p1], %[hi]\n\tsbb $0, %%rdx\n\tsbb %[p3], %[" free "]\n\t"            \
    "sbb $0, %[" top "]\n\t"                                                                       \
    "cmovc %[" r0 "], %[lo]\n\tcmovc %[" r1 "], %[hi]\n\tcmovc %[" r2 "], %%rdx\n\t"               \
    "cmovc %[" r3 "], %[" free "]\n\t"                                                             \
    "mov %[lo], 0(%[out])\n\tmov %[hi], 8(%[out])\n\tmov %%rdx, 16(%[out])\n\t"                    \
    "mov %[" free "], 24(%[out])"

static __attribute__((noinline)) void
field_multiply(number out, const number a, const number b)
{
    DECLARE_ROW_WORDS;
    uint64_t lo, hi;

    __asm__ volatile(
        CLEAR_ROW_WORDS MULTIPLY_ROW(0, "t0", "t1", "t2", "t3", "t4", "t5") MULTIPLY_ROW(1, "t1",
            "t2", "t3", "t4", "t5", "t0") MULTIPLY_ROW(2, "t2", "t3", "t4", "t5", "t0", "t1")
            MULTIPLY_ROW(3, "t3", "t4", "t5", "t0", "t1", "t2")
                FINISH("t4", "t5", "t0", "t1", "t2", "t3")
        : ROW_WORDS, [lo] "=&r"(lo), [hi] "=&r"(hi)
        : [out] "r"(out), [a] "r"(a), [b] "r"(b), [p1] "m"(prime[1]), [p3] "m"(prime[3])
        : "rdx", "cc", "memory");
}

#define REDUCE_ALONE(x0, x1, x2, x3)                                                               \
    REDUCE(x0, x1, x2, x3) "adc $0, %[hi]\n\tmov %[hi], %[" x0 "]\n\t"

static __attribute__((noinline)) void
field_square(number out, const number a)
{
    DECLARE_ROW_WORDS;
    uint64_t lo, hi, t6, t7;

    /* The lower half is reduced by itself: it stays below 2^256. */
    __asm__ volatile(MIXED_PRODUCTS TWICE SQUARES REDUCE_ALONE("t0", "t1", "t2", "t3") REDUCE_ALONE(
        "t1", "t2", "t3", "t0") REDUCE_ALONE("t2", "t3", "t0", "t1") REDUCE_ALONE("t3", "t0", "t1",
        "t2") "xor %%edx, %%edx\n\t"
              "add %[t0], %[t4]\n\tadc %[t1], %[t5]\n\tadc %[t2], %[t6]\n\tadc %[t3], %[t7]\n\t"
              "mov %%rdx, %[t0]\n\tadc $0, %[t0]\n\t" FINISH("t4", "t5", "t6", "t7", "t0", "t1")
                     : ROW_WORDS, [t6] "=&r"(t6), [t7] "=&r"(t7), [lo] "=&r"(lo), [hi] "=&r"(hi)
                     : [out] "r"(out), [a] "r"(a), [p1] "m"(prime[1]), [p3] "m"(prime[3])
                     : "rdx", "cc", "memory");
}

#else

/* reduce_word makes the first of six words 0. */
INLINE void
reduce_word(uint64_t *t)
{
    uint64_t m = t[0];
    tls_uint128 product = (tls_uint128)m * prime[3], carry = (tls_uint128)t[1] + (m << 32);

    t[1] = (uint64_t)carry;
    carry = (tls_uint128)t[2] + (m >> 32) + (uint64_t)(carry >> 64);
    t[2] = (uint64_t)carry;
    carry = (tls_uint128)t[3] + (uint64_t)product + (uint64_t)(carry >> 64);
    t[3] = (uint64_t)carry;
    carry = (tls_uint128)t[4] + (uint64_t)(product >> 64) + (uint64_t)(carry >> 64);
    t[4] = (uint64_t)carry;
    t[5] += (uint64_t)(carry >> 64);
}

static __attribute__((noinline)) void
field_multiply(number out, const number a, const number b)
{
    uint64_t t[2 * LIMBS + 2];

    memset(t, 0, sizeof t);
    add_row(t, b, a[0]);
    reduce_word(t);
    add_row(t + 1, b, a[1]);
    reduce_word(t + 1);
    add_row(t + 2, b, a[2]);
    reduce_word(t + 2);
    add_row(t + 3, b, a[3]);
    reduce_word(t + 3);
    reduce_once(out, t + 4, t[8], prime);
}

static void
field_square(number out, const number a)
{
    field_multiply(out, a, a);
}

#endif

#include "kernel/montgomery_field.h"

/* field_invert: a^(p-2), 0 for 0; xn is a^(2^n - 1). From the highest bit on, p - 2 has 32 ones, 31
 * zeros and a one, 96 zeros, 94 ones, a zero and a one. */
static void
field_invert(number out, const number a)
{
    number x2, x3, x6, x12, x15, x30, x32, t;

    field_square(t, a);
    field_multiply(x2, t, a);
    field_square(t, x2);
    field_multiply(x3, t, a);
    field_square_times(t, x3, 3);
    field_multiply(x6, t, x3);
    field_square_times(t, x6, 6);
    field_multiply(x12, t, x6);
    field_square_times(t, x12, 3);
    field_multiply(x15, t, x3);
    field_square_times(t, x15, 15);
    field_multiply(x30, t, x15);
    field_square_times(t, x30, 2);
    field_multiply(x32, t, x2);
    field_square_times(t, x32, 32);
    field_multiply(t, t, a);
    field_square_times(t, t, 128);
    field_multiply(t, t, x32);
    field_square_times(t, t, 32);
    field_multiply(t, t, x32);
    field_square_times(t, t, 30);
    field_multiply(t, t, x30);
    field_square_times(t, t, 2);
    field_multiply(out, t, a);
}

#include "kernel/weierstrass.h"

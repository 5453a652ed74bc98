/* x25519_ifma.c - the ladder of X25519 with AVX-512 IFMA (VPMADD52LUQ, VPMADD52HUQ): four
 * multiplications at once, as in Nath and Sarkar, "Efficient 4-way vectorizations of the Montgomery
 * ladder", 2020. The generator is multiplied as x25519_adx.c does it.
 *
 * A number has five limbs of 51 bits, of four numbers in the lanes of a vector. Multiplications
 * look at the low 52 bits of a limb. What carry leaves is tight, below 2^51 + 2^13, if it takes
 * limbs below 431 x 2^51: 19 x 430 < 2^13. The product of two tight limbs is below 2^102 + 2^66; at
 * most five low halves, each below 2^52, and twice as many high ones, below 2^50 + 2^14, are below
 * 2^55; and what is above 2^255 counts 19 below: 2^55 + 19 x 2^55 = 320 x 2^51. Sums of two tight
 * numbers, and differences with 2p more, are below 2^53. */
#include "kernel/x25519.h"

#include "kernel/build.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#include <immintrin.h>
#include <string.h>

#include "kernel/scratch.h"
#include "kernel/x25519_adx.h"

#define TARGET TLS_TARGET("avx2,avx512f,avx512vl,avx512ifma")
#define INLINE static inline __attribute__((always_inline)) TARGET
#define CURVE 29
#define LENGTH 32
#define LIMBS 5
#define LIMB_BITS 51
#define LIMB_MASK (((uint64_t)1 << LIMB_BITS) - 1)
#define LANES 4

typedef __m256i lanes[LIMBS]; /* four numbers */

/* For each limb, by its number i, a constant: so that compilers keep them in registers. */
#define EACH_LIMB(...)                                                                             \
    do {                                                                                           \
        ONE_LIMB(0, __VA_ARGS__)                                                                   \
        ONE_LIMB(1, __VA_ARGS__)                                                                   \
        ONE_LIMB(2, __VA_ARGS__) ONE_LIMB(3, __VA_ARGS__) ONE_LIMB(4, __VA_ARGS__)                 \
    } while (0)
#define ONE_LIMB(number, ...)                                                                      \
    {                                                                                              \
        enum { i = number };                                                                       \
        __VA_ARGS__                                                                                \
    }

/* The lanes w to z of a vector in the places of lanes 0 to 3; those of the second in the places
 * whose bits are set. */
#define PERMUTE(v, w, x, y, z) _mm256_permute4x64_epi64(v, (w) | (x) << 2 | (y) << 4 | (z) << 6)
#define BLEND(a, b, places)                                                                        \
    _mm256_blend_epi32(a, b,                                                                       \
        ((places)&1) * 3 | ((places) >> 1 & 1) * 12 | ((places) >> 2 & 1) * 48 |                   \
            ((places) >> 3 & 1) * 192)

INLINE __m256i
constant(uint64_t value)
{
    return _mm256_set1_epi64x((long long)value);
}

INLINE void
carry(__m256i out[LIMBS], const __m256i sums[LIMBS])
{
    __m256i carries[LIMBS], mask = constant(LIMB_MASK);

    EACH_LIMB(carries[i] = _mm256_srli_epi64(sums[i], LIMB_BITS););
    EACH_LIMB(out[i] = _mm256_and_si256(sums[i], mask););
    EACH_LIMB(out[i] = _mm256_add_epi64(out[i],
                  i > 0 ? carries[(i + 4) % 5] : _mm256_mul_epu32(carries[4], constant(19))););
}

#define PRODUCT(j)                                                                                 \
    low[i + (j)] = _mm256_madd52lo_epu64(low[i + (j)], a[i], b[j]);                                \
    high[i + (j) + 1] = _mm256_madd52hi_epu64(high[i + (j) + 1], a[i], b[j]);

/* A high half counts 2^52, and its limb 2^51. */
INLINE void
multiply(__m256i out[LIMBS], const __m256i a[LIMBS], const __m256i b[LIMBS])
{
    __m256i low[2 * LIMBS], high[2 * LIMBS], sums[LIMBS];

    EACH_LIMB(low[i] = low[i + 5] = high[i] = high[i + 5] = _mm256_setzero_si256(););
    EACH_LIMB(PRODUCT(0) PRODUCT(1) PRODUCT(2) PRODUCT(3) PRODUCT(4));
    EACH_LIMB(low[i] = _mm256_add_epi64(low[i], _mm256_add_epi64(high[i], high[i])););
    EACH_LIMB(
        low[i + 5] = _mm256_add_epi64(low[i + 5], _mm256_add_epi64(high[i + 5], high[i + 5])););
    EACH_LIMB(
        sums[i] = _mm256_add_epi64(_mm256_add_epi64(low[i], low[i + 5]),
            _mm256_add_epi64(_mm256_slli_epi64(low[i + 5], 4), _mm256_slli_epi64(low[i + 5], 1))););
    carry(out, sums);
}

/* step: the names of RFC 7748 section 5. The lanes of `points` are x2, z2, x3, z3; those of `fixed`
 * are 1, 0, 1, x1; `swapped` is all ones or none. What a lane has no use for is multiplied by 1. */
INLINE void
step(lanes points, const lanes fixed, __m256i swapped)
{
    const __m256i more = constant(2 * LIMB_MASK), least = constant(2 * (LIMB_MASK - 18));
    const __m256i a24 = _mm256_set_epi64x(121665, 0, 0, 0), zero = _mm256_setzero_si256();
    lanes left, right, t, products;

    EACH_LIMB(t[i] = PERMUTE(points[i], 2, 3, 0, 1);
              t[i] = _mm256_xor_si256(
                  points[i], _mm256_and_si256(swapped, _mm256_xor_si256(points[i], t[i])));
              left[i] = PERMUTE(t[i], 0, 0, 2, 2); right[i] = PERMUTE(t[i], 1, 1, 3, 3););
    /* a, b, c, d */
    EACH_LIMB(
        t[i] = BLEND(_mm256_add_epi64(left[i], right[i]),
            _mm256_sub_epi64(_mm256_add_epi64(left[i], i > 0 ? more : least), right[i]), 10););
    carry(t, t);
    /* da, cb, aa, bb */
    EACH_LIMB(left[i] = PERMUTE(t[i], 3, 2, 0, 1); right[i] = PERMUTE(t[i], 0, 1, 0, 1););
    multiply(products, left, right);
    /* da + cb, da - cb, aa, e */
    EACH_LIMB(left[i] = PERMUTE(products[i], 0, 0, 2, 2);
              right[i] = PERMUTE(products[i], 1, 1, 3, 3););
    EACH_LIMB(
        t[i] = BLEND(
            BLEND(_mm256_add_epi64(left[i], right[i]),
                _mm256_sub_epi64(_mm256_add_epi64(left[i], i > 0 ? more : least), right[i]), 10),
            left[i], 4););
    carry(t, t);
    /* their squares, aa bb, a24 e */
    EACH_LIMB(right[i] = BLEND(BLEND(t[i], right[i], 4), i > 0 ? zero : a24, 8););
    multiply(products, t, right);
    /* aa bb, e, (da + cb)^2, (da - cb)^2; 1, aa + a24 e, 1, x1 */
    EACH_LIMB(
        products[i] = PERMUTE(products[i], 2, 3, 0, 1);
        left[i] = BLEND(products[i], PERMUTE(t[i], 0, 3, 0, 0), 2);
        right[i] = BLEND(fixed[i], _mm256_add_epi64(products[i], PERMUTE(t[i], 0, 2, 0, 0)), 2););
    carry(right, right);
    multiply(points, left, right);
}

/* get reads 255 bits (section 5: the last is ignored). */
static void
get(uint64_t limbs[LIMBS], const unsigned char bytes[LENGTH])
{
    uint64_t words[4];

    memcpy(words, bytes, sizeof words);
    limbs[0] = words[0] & LIMB_MASK;
    limbs[1] = (words[0] >> 51 | words[1] << 13) & LIMB_MASK;
    limbs[2] = (words[1] >> 38 | words[2] << 26) & LIMB_MASK;
    limbs[3] = (words[2] >> 25 | words[3] << 39) & LIMB_MASK;
    limbs[4] = (words[3] >> 12) & LIMB_MASK;
}

/* put makes words of one lane's tight limbs. */
static void
put(uint64_t words[4], const uint64_t (*limbs)[LANES], int lane)
{
    tls_uint128 sum = limbs[0][lane] + ((tls_uint128)limbs[1][lane] << 51);

    words[0] = (uint64_t)sum;
    sum = (sum >> 64) + ((tls_uint128)limbs[2][lane] << 38);
    words[1] = (uint64_t)sum;
    sum = (sum >> 64) + ((tls_uint128)limbs[3][lane] << 25);
    words[2] = (uint64_t)sum;
    words[3] = (uint64_t)(sum >> 64) + (limbs[4][lane] << 12);
}

static TARGET void
multiply_u(unsigned char u[LENGTH], const unsigned char scalar[LENGTH])
{
    uint64_t x1[LIMBS], limbs[LIMBS][LANES], x[4], z[4], swapped = 0;
    lanes points, fixed;
    int bit;

    get(x1, u);
    EACH_LIMB(points[i] = _mm256_set_epi64x(i == 0, (long long)x1[i], 0, i == 0);
              fixed[i] = _mm256_set_epi64x((long long)x1[i], i == 0, 0, i == 0););
    for (bit = 254; bit >= 0; bit--) {
        uint64_t is_set = (uint64_t)(scalar[bit / 8] >> (bit % 8)) & 1;

        step(points, fixed, constant(0 - (swapped ^ is_set)));
        swapped = is_set;
    }
    memcpy(limbs, points, sizeof limbs);
    /* The last bit of a scalar that has been clamped is 0: nothing is left to be swapped. */
    put(x, (const uint64_t(*)[LANES])limbs, 0);
    put(z, (const uint64_t(*)[LANES])limbs, 1);
    tls_x25519_adx_quotient(u, x, z);
}

static TLS_NOINLINE uint32_t
multiply_in_scratch(
    unsigned char *point, size_t length, const unsigned char *scalar, size_t scalar_length)
{
    unsigned char clamped[LENGTH];

    if (length != LENGTH || scalar_length > LENGTH)
        return 0;
    memset(clamped, 0, sizeof clamped);
    memcpy(clamped, scalar, scalar_length);
    clamped[0] &= 0xF8;
    clamped[31] = (unsigned char)((clamped[31] & 0x7F) | 0x40);
    multiply_u(point, clamped);
    return 1;
}

static uint32_t
multiply_point(unsigned char *point, size_t length, const unsigned char *scalar,
    size_t scalar_length, int curve)
{
    uint32_t good = multiply_in_scratch(point, length, scalar, scalar_length);

    (void)curve;
    scratch_wipe();
    return good;
}

static void
install(tls_kernels *kernels)
{
    tls_kernel_x25519_adx.install(kernels);
    kernels->curve[CURVE].multiply = multiply_point;
}

const tls_kernel tls_kernel_x25519_ifma = {TLS_PRIMITIVE_X25519, "ifma",
    TLS_PROCESSOR_AVX2 | TLS_PROCESSOR_AVX512 | TLS_PROCESSOR_AVX512IFMA | TLS_PROCESSOR_ADX |
        TLS_PROCESSOR_BMI2,
    install};

#endif

/* ml_kem_avx2.c - the arithmetic of ML-KEM with vectors of sixteen numbers, and of four lanes for
 * Keccak. See ml_kem_code.h. */
#include "kernel/ml_kem_avx2.h"

#include "kernel/build.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#include <immintrin.h>

#define ROW_TARGET TLS_TARGET("avx2")
#define INLINE static inline __attribute__((always_inline)) ROW_TARGET

typedef __m256i row;

#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE(p, x) _mm256_storeu_si256((__m256i *)(void *)(p), x)
#define ALL(n) _mm256_set1_epi16(n)
#define ADD(a, b) _mm256_add_epi16(a, b)
#define SUBTRACT(a, b) _mm256_sub_epi16(a, b)

#define Q TLS_ML_KEM_Q
#define INVERSE_OF_Q (62209 - 65536) /* modulo 2^16 */

/* The lower halves of a b and m q are equal: what is left of a b - m q are the upper ones. */
INLINE row
multiply(row a, row b)
{
    row m = _mm256_mullo_epi16(_mm256_mullo_epi16(a, b), ALL(INVERSE_OF_Q));

    return SUBTRACT(_mm256_mulhi_epi16(a, b), _mm256_mulhi_epi16(m, ALL(Q)));
}

/* Barrett's: 20159 is 2^26 / q. */
INLINE row
reduce(row x)
{
    row quotient = _mm256_srai_epi16(_mm256_mulhi_epi16(x, ALL(20159)), 10);

    return SUBTRACT(x, _mm256_mullo_epi16(quotient, ALL(Q)));
}

#define MULTIPLY(a, b) multiply(a, b)
#define REDUCE(x) reduce(x)

/* interleave: the halves of sixteen rows, number by number, within 128 bits. Three times over, that
 * transposes each square of eight; each time rows i and i + 8 come to be beside each other, and
 * their number is turned by one bit. */
INLINE void
interleave(row x[8])
{
    row y[8];
    unsigned i;

    for (i = 0; i < 4; i++) {
        y[2 * i] = _mm256_unpacklo_epi16(x[i], x[i + 4]);
        y[2 * i + 1] = _mm256_unpackhi_epi16(x[i], x[i + 4]);
    }
    for (i = 0; i < 8; i++)
        x[i] = y[i];
}

/* transpose: of squares of eight by eight, four in all: the first and the last eight rows have two
 * each, and then change the two that are off the diagonal. */
ROW_TARGET static void
transpose(int16_t *p)
{
    row x[2][8];
    unsigned half, i;

    for (half = 0; half < 2; half++) {
        for (i = 0; i < 8; i++)
            x[half][i] = LOAD(p + 16 * (size_t)(8 * half + i));
        interleave(x[half]);
        interleave(x[half]);
        interleave(x[half]);
    }
    for (i = 0; i < 8; i++) {
        STORE(p + 16 * (size_t)i, _mm256_permute2x128_si256(x[0][i], x[1][i], 0x20));
        STORE(p + 16 * (size_t)(i + 8), _mm256_permute2x128_si256(x[0][i], x[1][i], 0x31));
    }
}

#include "kernel/ml_kem_code.h"

typedef __m256i lane;
#define LANE_TARGET KECCAK_TARGET
#define XOR(a, b) _mm256_xor_si256(a, b)
#ifndef KECCAK_TARGET
#define KECCAK_TARGET TLS_TARGET("avx2")
#define XOR3(a, b, c) XOR(XOR(a, b), c)
#define ROTATE(x, n) _mm256_or_si256(_mm256_slli_epi64(x, n), _mm256_srli_epi64(x, 64 - (n)))
#define CHI(a, b, c) XOR(a, _mm256_andnot_si256(b, c))
#endif
#define CONSTANT(i) _mm256_set1_epi64x((long long)tls_keccak_constants[i])
#include "kernel/keccak_code.h"

KECCAK_TARGET static void
permute4(uint64_t states[TLS_KECCAK_LANES][4])
{
    lane a[TLS_KECCAK_LANES];
    unsigned i;

    for (i = 0; i < TLS_KECCAK_LANES; i++)
        a[i] = LOAD(states[i]);
    keccak(a);
    for (i = 0; i < TLS_KECCAK_LANES; i++)
        STORE(states[i], a[i]);
}

static const tls_ml_kem_arithmetic arithmetic = {permute4, ntt, inverse, product};

static void
install(tls_kernels *kernels)
{
    kernels->ml_kem = &arithmetic;
}

#ifndef OTHER_KERNEL
const tls_kernel tls_kernel_ml_kem_avx2 = {
    TLS_PRIMITIVE_ML_KEM, "avx2", TLS_PROCESSOR_AVX2, install};
#endif

#endif

/* ml_kem_avx2.c - the arithmetic of ML-KEM with vectors of sixteen numbers, and of four lanes for
 * Keccak. See ml_kem_code.h. */
#include "kernel/ml_kem_avx2.h"

#include "kernel/build.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#include <immintrin.h>

#define PIECE_TARGET TLS_TARGET("avx2")
#define INLINE static inline __attribute__((always_inline)) PIECE_TARGET

typedef __m256i piece;
#define NUMBERS 16

#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE(p, x) _mm256_storeu_si256((__m256i *)(void *)(p), x)
#define ALL(n) _mm256_set1_epi16(n)
#define ADD(a, b) _mm256_add_epi16(a, b)
#define SUBTRACT(a, b) _mm256_sub_epi16(a, b)

#define Q TLS_ML_KEM_Q
#define INVERSE_OF_Q (62209 - 65536) /* modulo 2^16 */

/* The lower halves of a b and m q are equal: what is left of a b - m q are the upper ones. */
INLINE piece
multiply(piece a, piece b)
{
    piece m = _mm256_mullo_epi16(_mm256_mullo_epi16(a, b), ALL(INVERSE_OF_Q));

    return SUBTRACT(_mm256_mulhi_epi16(a, b), _mm256_mulhi_epi16(m, ALL(Q)));
}

/* Barrett's: 20159 is 2^26 / q. */
INLINE piece
reduce(piece x)
{
    piece quotient = _mm256_srai_epi16(_mm256_mulhi_epi16(x, ALL(20159)), 10);

    return SUBTRACT(x, _mm256_mullo_epi16(quotient, ALL(Q)));
}

/* `x` is 0 to q: q becomes 0, since without a sign the least of the two is what is not negative. */
INLINE piece
canonical_numbers(piece x)
{
    return _mm256_min_epu16(x, SUBTRACT(x, ALL(Q)));
}

#define MULTIPLY(a, b) multiply(a, b)
#define REDUCE(x) reduce(x)
#define CANONICAL(x) canonical_numbers(x)

/* transpose: the numbers of two rows side by side, each four rows away from the other, three times
 * over, transpose squares of eight by eight: the first and the last eight rows have two each. Then
 * the two that are off the diagonal change places. */
PIECE_TARGET static void
transpose(int16_t *p)
{
    tls_polynomial other;
    int16_t *from = p, *to = other, *swap;
    unsigned time, i;

    for (time = 0; time < 3; time++) {
        for (i = 0; i < 8; i++) {
            unsigned r = i + (i & 4);
            piece a = LOAD(from + 16 * (size_t)r), b = LOAD(from + 16 * (size_t)(r + 4));

            r += i & 3;
            STORE(to + 16 * (size_t)r, _mm256_unpacklo_epi16(a, b));
            STORE(to + 16 * (size_t)(r + 1), _mm256_unpackhi_epi16(a, b));
        }
        swap = from, from = to, to = swap;
    }
    for (i = 0; i < 8; i++) {
        piece a = LOAD(from + 16 * (size_t)i), b = LOAD(from + 16 * (size_t)(i + 8));

        STORE(p + 16 * (size_t)i, _mm256_permute2x128_si256(a, b, 0x20));
        STORE(p + 16 * (size_t)(i + 8), _mm256_permute2x128_si256(a, b, 0x31));
    }
}

#include "kernel/ml_kem_code.h"

typedef __m256i lane;
#define LANE_TARGET PIECE_TARGET
#define XOR(a, b) _mm256_xor_si256(a, b)
#define XOR3(a, b, c) XOR(XOR(a, b), c)
#define ROTATE(x, n) _mm256_or_si256(_mm256_slli_epi64(x, n), _mm256_srli_epi64(x, 64 - (n)))
#define CHI(a, b, c) XOR(a, _mm256_andnot_si256(b, c))
#include "kernel/keccak_lanes.h"

const tls_ml_kem_arithmetic tls_ml_kem_avx2 = {
    permute4, ntt, inverse, transpose, canonical, product};

static void
install(tls_kernels *kernels)
{
    kernels->ml_kem = &tls_ml_kem_avx2;
}

const tls_kernel tls_kernel_ml_kem_avx2 = {
    TLS_PRIMITIVE_ML_KEM, "avx2", TLS_PROCESSOR_AVX2, install};

#endif

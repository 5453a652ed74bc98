/* x25519_ifma_emulated.c - kernel/x25519_ifma.c in what memcheck's processor has, AVX2: but for the
 * products of 52 bits, which are computed here, the source asks for nothing more. */
#include <immintrin.h>
#include <stdint.h>

#include "kernel/build.h"

#if TLS_KERNEL_X86_64

#undef TLS_TARGET
#define TLS_TARGET(features) __attribute__((target("avx2")))

typedef uint64_t emulated_lanes __attribute__((vector_size(32), may_alias));

static inline TLS_TARGET("") __m256i
    emulated_multiply_add(__m256i sum, __m256i a, __m256i b, int shift)
{
    const uint64_t mask = ((uint64_t)1 << 52) - 1;
    emulated_lanes s = (emulated_lanes)sum, x = (emulated_lanes)a, y = (emulated_lanes)b;
    int i;

    for (i = 0; i < 4; i++)
        s[i] += (uint64_t)((tls_uint128)(x[i] & mask) * (y[i] & mask) >> shift) & mask;
    return (__m256i)s;
}

#define _mm256_madd52lo_epu64(sum, a, b) emulated_multiply_add(sum, a, b, 0)
#define _mm256_madd52hi_epu64(sum, a, b) emulated_multiply_add(sum, a, b, 52)

#include "kernel/x25519_ifma.c"

#endif

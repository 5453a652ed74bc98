/* keccak_lanes.h - Keccak of four states in vectors of four lanes. It is included by a file that
 * has defined what keccak_code.h wants, but for CONSTANT. */
#define CONSTANT(i) _mm256_set1_epi64x((long long)tls_keccak_constants[i])
#include "kernel/keccak_code.h"

LANE_TARGET static void
permute4(uint64_t states[TLS_KECCAK_LANES][4])
{
    lane a[TLS_KECCAK_LANES];
    unsigned i;

    for (i = 0; i < TLS_KECCAK_LANES; i++)
        a[i] = _mm256_loadu_si256((const __m256i *)(const void *)states[i]);
    keccak(a);
    for (i = 0; i < TLS_KECCAK_LANES; i++)
        _mm256_storeu_si256((__m256i *)(void *)states[i], a[i]);
}

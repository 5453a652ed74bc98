/* ml_kem_avx512.c - Keccak of four states with the rotations and the three-way logic of AVX-512;
 * the rest is ml_kem_avx2.c's. */
#include "kernel/ml_kem_avx2.h"

#include "kernel/build.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#include <immintrin.h>

#define LANE_TARGET TLS_TARGET("avx512f,avx512vl")

typedef __m256i lane;

#define XOR(a, b) _mm256_xor_si256(a, b)
#define XOR3(a, b, c) _mm256_ternarylogic_epi64(a, b, c, 0x96)
#define ROTATE(x, n) _mm256_rol_epi64(x, n)
#define CHI(a, b, c) _mm256_ternarylogic_epi64(a, b, c, 0xD2)
#include "kernel/keccak_lanes.h"

static tls_ml_kem_arithmetic arithmetic;

static void
install(tls_kernels *kernels)
{
    arithmetic = tls_ml_kem_avx2;
    arithmetic.permute4 = permute4;
    kernels->ml_kem = &arithmetic;
}

const tls_kernel tls_kernel_ml_kem_avx512 = {
    TLS_PRIMITIVE_ML_KEM, "avx512", TLS_PROCESSOR_AVX2 | TLS_PROCESSOR_AVX512, install};

#endif

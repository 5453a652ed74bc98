/* ml_kem_avx2.h - the arithmetic of ML-KEM with AVX2, and with AVX-512 for Keccak. */
#ifndef TLS_KERNEL_ML_KEM_AVX2_H
#define TLS_KERNEL_ML_KEM_AVX2_H

#include "kernel/kernel.h"

extern const tls_ml_kem_arithmetic tls_ml_kem_avx2;

extern const tls_kernel tls_kernel_ml_kem_avx2;
extern const tls_kernel tls_kernel_ml_kem_avx512;

#endif

/* ml_kem_polynomial.h - polynomials of ML-KEM as bytes, and from random bytes (FIPS 203 section
 * 4.2). */
#ifndef TLS_ML_KEM_POLYNOMIAL_H
#define TLS_ML_KEM_POLYNOMIAL_H

#include "kernel/ml_kem.h"

#define TLS_ML_KEM_SEED 32
#define TLS_ML_KEM_FULL 12 /* bits of a number that is not compressed */

/* The length of a polynomial of `bits` for each number. */
#define TLS_ML_KEM_LENGTH(bits) ((size_t)32 * (bits))

/* tls_ml_kem_encode compresses each number to `bits` and encodes them; with TLS_ML_KEM_FULL it
 * takes a polynomial of the NTT's domain, and compresses nothing. Any numbers do. */
void tls_ml_kem_encode(unsigned char *out, const tls_polynomial p, unsigned bits);
/* tls_ml_kem_decode is the other way round. Returns 0 if a number of TLS_ML_KEM_FULL bits is q or
 * more. */
int tls_ml_kem_decode(tls_polynomial p, const unsigned char *bytes, unsigned bits);

/* tls_ml_kem_sample_matrix: SampleNTT (algorithm 7) of `seed` for each entry [i][j], one row behind
 * the other. The seed is public. */
void tls_ml_kem_sample_matrix(
    tls_polynomial *matrix, const unsigned char seed[TLS_ML_KEM_SEED], unsigned rank);
/* tls_ml_kem_sample_noise: SamplePolyCBD with eta = 2 (algorithm 8) of PRF with `seed` and 0, 1, 2
 * ..., for at least `count` polynomials: there is room for TLS_ML_KEM_BATCHES(count). */
void tls_ml_kem_sample_noise(
    tls_polynomial *noise, const unsigned char seed[TLS_ML_KEM_SEED], unsigned count);

#define TLS_ML_KEM_BATCH 4 /* that are sampled at once */
#define TLS_ML_KEM_BATCHES(count)                                                                  \
    (((count) + TLS_ML_KEM_BATCH - 1) / TLS_ML_KEM_BATCH * TLS_ML_KEM_BATCH)

#endif

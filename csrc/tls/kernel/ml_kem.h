/* ml_kem.h - the arithmetic of ML-KEM (FIPS 203) that takes its time: polynomials of Z_q[X] /
 * (X^256
 * + 1) with q = 3329, and Keccak of four states.
 *
 * A polynomial is 256 numbers. One in the NTT's domain (section 4.3) stands transposed: number 16 g
 * + j of FIPS 203 is at 16 j + g, TLS_ML_KEM_PLACE. So each layer of the transformation, and the
 * product, works on whole rows of sixteen. */
#ifndef TLS_KERNEL_ML_KEM_H
#define TLS_KERNEL_ML_KEM_H

#include <stdint.h>

#include "kernel/keccak.h"

#define TLS_ML_KEM_Q 3329
#define TLS_ML_KEM_N 256
#define TLS_ML_KEM_RANK_MAXIMUM 4

#define TLS_ML_KEM_PLACE(i) (((i)&15) << 4 | (i) >> 4)

typedef int16_t tls_polynomial[TLS_ML_KEM_N];

typedef struct tls_ml_kem_arithmetic {
    void (*permute4)(uint64_t states[TLS_KECCAK_LANES][4]);
    /* Algorithm 9, in place: takes numbers of -q to q, gives those of 0 to q. */
    void (*ntt)(tls_polynomial p);
    /* Algorithm 10, in place: takes any, gives those of -q to q. */
    void (*inverse)(tls_polynomial p);
    /* Into the order of the NTT's domain, or out of it. */
    void (*transpose)(tls_polynomial p);
    /* Each number modulo q, from 0 to q - 1, of any. */
    void (*canonical)(tls_polynomial out, const tls_polynomial p);
    /* The sum of the products of a[step i] and b[i] (algorithm 11), all of them in the NTT's
     * domain: of numbers from 0 to q makes those of -q to q. `rank` is to TLS_ML_KEM_RANK_MAXIMUM.
     */
    void (*product)(tls_polynomial out, const tls_polynomial *a, unsigned step,
        const tls_polynomial *b, unsigned rank);
} tls_ml_kem_arithmetic;

/* In C, for any processor. */
extern const tls_ml_kem_arithmetic tls_ml_kem_portable;

#endif

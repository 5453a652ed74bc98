/* ml_kem_portable.c - the arithmetic of ML-KEM in C. See ml_kem_code.h. */
#include "kernel/ml_kem.h"

#include <stddef.h>

#define Q TLS_ML_KEM_Q
#define INVERSE_OF_Q 62209 /* modulo 2^16 */

typedef struct row {
    int16_t n[16];
} row;

#define ROW_TARGET
#define EACH(expression)                                                                           \
    row out;                                                                                       \
    unsigned i;                                                                                    \
                                                                                                   \
    for (i = 0; i < 16; i++)                                                                       \
        out.n[i] = (int16_t)(expression);                                                          \
    return out

static inline row
load(const int16_t *p)
{
    EACH(p[i]);
}

static inline void
store(int16_t *p, row x)
{
    unsigned i;

    for (i = 0; i < 16; i++)
        p[i] = x.n[i];
}

static inline row
all(int16_t n)
{
    EACH(n);
}

static inline row
add(row a, row b)
{
    EACH(a.n[i] + b.n[i]);
}

static inline row
subtract(row a, row b)
{
    EACH(a.n[i] - b.n[i]);
}

/* high: the upper half of a product. Shifts of negative numbers keep the sign in every compiler
 * that there is, as they must here. */
static inline int32_t
high(int32_t a, int32_t b)
{
    return a * b >> 16;
}

/* The lower halves of a b and m q are equal: what is left of a b - m q are the upper ones. */
static inline row
multiply(row a, row b)
{
    EACH(high(a.n[i], b.n[i]) - high((int16_t)((uint32_t)(a.n[i] * b.n[i]) * INVERSE_OF_Q), Q));
}

/* Barrett's: 20159 is 2^26 / q. */
static inline row
reduce(row x)
{
    EACH(x.n[i] - (high(x.n[i], 20159) >> 10) * Q);
}

static void
transpose(int16_t *p)
{
    unsigned r, c;

    for (r = 0; r < 16; r++)
        for (c = 0; c < r; c++) {
            int16_t n = p[16 * r + c];

            p[16 * r + c] = p[16 * c + r];
            p[16 * c + r] = n;
        }
}

#define LOAD(p) load(p)
#define STORE(p, x) store(p, x)
#define ALL(n) all(n)
#define ADD(a, b) add(a, b)
#define SUBTRACT(a, b) subtract(a, b)
#define MULTIPLY(a, b) multiply(a, b)
#define REDUCE(x) reduce(x)
#include "kernel/ml_kem_code.h"

const tls_ml_kem_arithmetic tls_ml_kem_portable = {tls_keccak_permute4, ntt, inverse, product};

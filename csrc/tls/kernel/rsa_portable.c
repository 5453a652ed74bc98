/* rsa_portable.c - RSA's multiplication in C. */
#include "kernel/rsa.h"

#include "kernel/build.h"

#if TLS_KERNEL_INT128

#include <string.h>

#include "kernel/rsa_arithmetic.h"

/* Koc, Acar and Kaliski, "Analyzing and comparing Montgomery multiplication algorithms", 1996:
 * FIOS. Each row adds a[i] b and what of the modulus makes the lowest word 0, which then is
 * dropped. A carry is a product of two words, and two words more: it stays below 2^128. With b
 * below the modulus all words stay below twice it after each row, so that the one on top is 0 or 1.
 */
static void
multiply(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus,
    uint64_t factor, size_t words)
{
    uint64_t t[RSA_WORDS_MAXIMUM + 1];
    size_t i, j;

    memset(t, 0, (words + 1) * sizeof *t);
    for (i = 0; i < words; i++) {
        tls_uint128 product = (tls_uint128)a[i] * b[0] + t[0], reduced;
        uint64_t multiple = (uint64_t)product * factor;

        reduced = (tls_uint128)multiple * modulus[0] + (uint64_t)product;
        for (j = 1; j < words; j++) {
            product = (tls_uint128)a[i] * b[j] + t[j] + (uint64_t)(product >> 64);
            reduced =
                (tls_uint128)multiple * modulus[j] + (uint64_t)product + (uint64_t)(reduced >> 64);
            t[j - 1] = (uint64_t)reduced;
        }
        product = (tls_uint128)t[words] + (uint64_t)(product >> 64) + (uint64_t)(reduced >> 64);
        t[words - 1] = (uint64_t)product;
        t[words] = (uint64_t)(product >> 64);
    }
    tls_rsa_reduce_once(t, t[words], modulus, words);
    memcpy(out, t, words * sizeof *t);
}

static void
raise_secret(uint64_t *const x[2], const rsa_primes *primes)
{
    tls_rsa_raise_secret(multiply, x, primes);
}

static void
raise_public(uint64_t *x, const uint64_t *n, size_t words, const unsigned char *e, size_t e_length)
{
    tls_rsa_raise_public(multiply, x, n, words, e, e_length);
}

static const tls_rsa_arithmetic arithmetic = {multiply, raise_secret, raise_public};

static void
install(tls_kernels *kernels)
{
    tls_rsa_install(kernels, &arithmetic);
}

const tls_kernel tls_kernel_rsa = {TLS_PRIMITIVE_RSA, "portable", 0, install};

#endif

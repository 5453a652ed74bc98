/* rsa_adx.c - RSA's multiplication with MULX, ADCX and ADOX. Its time depends on no value. */
#include "kernel/rsa.h"

#include "kernel/build.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#include <string.h>

#include "kernel/rsa_adx.h"
#include "kernel/rsa_arithmetic.h"

/* The carry flag adds the words that are there, the overflow flag the upper halves of the products.
 */
#define STEP(at, before, after)                                                                    \
    "mulx " at "(%[p]), %[lo], %[" after "]\n\t"                                                   \
    "adcx " at "(%[t]), %[lo]\n\t"                                                                 \
    "adox %[" before "], %[lo]\n\t"                                                                \
    "mov %[lo], " at "(%[t])\n\t"

/* add_row adds p m to t, and returns what goes above: t + p m is below 2^(64 words + 64). LEA and
 * JRCXZ leave the flags alone. */
static inline uint64_t
add_row(uint64_t *t, const uint64_t *p, uint64_t m, size_t words)
{
    size_t quarter = words / 4;
    uint64_t lo, even, odd;

    __asm__ volatile("xor %k[even], %k[even]\n" /* also clears both flags */
                     "1:\n\t" STEP("0", "even", "odd") STEP("8", "odd", "even") STEP("16", "even",
                         "odd") STEP("24", "odd", "even") "lea 32(%[p]), %[p]\n\t"
                                                          "lea 32(%[t]), %[t]\n\t"
                                                          "lea -1(%[n]), %[n]\n\t"
                                                          "jrcxz 2f\n\t"
                                                          "jmp 1b\n"
                                                          "2:\n\t"
                                                          "adcx %[n], %[even]\n\t" /* n is 0 */
                                                          "adox %[n], %[even]\n\t"
                     : [t] "+&r"(t), [p] "+&r"(p), [n] "+&c"(quarter), [lo] "=&r"(lo),
                     [even] "=&r"(even), [odd] "=&r"(odd)
                     : "d"(m)
                     : "cc", "memory");
    return even;
}

/* See rsa_portable.c, but that the two products of a row are added one after the other (CIOS of the
 * same paper). */
void
rsa_adx_multiply(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus,
    uint64_t factor, size_t words)
{
    uint64_t t[2 * RSA_WORDS_MAXIMUM], top = 0;
    size_t i;

    memset(t, 0, words * sizeof *t);
    for (i = 0; i < words; i++) {
        tls_uint128 above = (tls_uint128)add_row(t + i, b, a[i], words) + top;

        above += add_row(t + i, modulus, t[i] * factor, words);
        t[i + words] = (uint64_t)above;
        top = (uint64_t)(above >> 64);
    }
    rsa_reduce_once(t + words, top, modulus, words);
    memcpy(out, t + words, words * sizeof *t);
}

static void
raise_secret(uint64_t *const x[2], const rsa_primes *primes)
{
    rsa_raise_secret(rsa_adx_multiply, x, primes);
}

static void
raise_public(uint64_t *x, const uint64_t *n, size_t words, const unsigned char *e, size_t e_length)
{
    rsa_raise_public(rsa_adx_multiply, x, n, words, e, e_length);
}

static const rsa_arithmetic arithmetic = {rsa_adx_multiply, raise_secret, raise_public};

static void
install(tls_kernels *kernels)
{
    tls_rsa_install(kernels, &arithmetic);
}

const tls_kernel tls_kernel_rsa_adx = {
    TLS_PRIMITIVE_RSA, "adx", TLS_PROCESSOR_ADX | TLS_PROCESSOR_BMI2, install};

#endif

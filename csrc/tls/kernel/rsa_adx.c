/* rsa_adx.c - RSA's multiplication with MULX, ADCX and ADOX. Its time depends on no value. */
#include "kernel/rsa.h"

#include "kernel/build.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#include <string.h>

#include "kernel/rsa_adx.h"
#include "kernel/rsa_arithmetic.h"

/* Loops take eight words at a time; LEA and JRCXZ leave the flags alone. */
#define ALTERNATE(x, y) x(0) y(1) x(2) y(3) x(4) y(5) x(6) y(7)
#define AT(i, pointer) "8*" #i "(%[" #pointer "])"
#define NEXT(pointer) "lea 64(%[" #pointer "]), %[" #pointer "]\n\t"
#define LOOP(steps) "1:\n\t" steps "lea -1(%[n]), %[n]\n\tjrcxz 2f\n\tjmp 1b\n2:\n\t"

#define LOAD(i, pointer) "mov " AT(i, pointer) ", %[lo]\n\t"
#define STORE(i, pointer) "mov %[lo], " AT(i, pointer) "\n\t"
#define MULX(i, upper) "mulx " AT(i, p) ", %[lo], %[" #upper "]\n\t"
#define ADCX(i) "adcx " AT(i, t) ", %[lo]\n\t"
#define ADOX(upper) "adox %[" #upper "], %[lo]\n\t"
#define SBB(i) "sbb " AT(i, b) ", %[lo]\n\t"

/* The carry flag adds the words that are there, the overflow flag the upper halves of products. */
#define ADD_EVEN(i) MULX(i, odd) ADCX(i) ADOX(even) STORE(i, t)
#define ADD_ODD(i) MULX(i, even) ADCX(i) ADOX(odd) STORE(i, t)
#define SUBTRACT(i) LOAD(i, a) SBB(i) STORE(i, out)

/* add_row adds p m to t, and returns what goes above: t + p m is below 2^(64 words + 64). */
static inline uint64_t
add_row(uint64_t *t, const uint64_t *p, uint64_t m, size_t words)
{
    size_t n = words / 8;
    uint64_t lo, even, odd;

    __asm__ volatile(
        "xor %k[even], %k[even]\n" /* also clears both flags */
        LOOP(ALTERNATE(ADD_EVEN, ADD_ODD) NEXT(p) NEXT(t)) "adcx %[n], %[even]\n\t" /* n is 0 */
                                                           "adox %[n], %[even]\n\t"
        : [t] "+&r"(t), [p] "+&r"(p), [n] "+&c"(n), [lo] "=&r"(lo), [even] "=&r"(even),
        [odd] "=&r"(odd)
        : "d"(m)
        : "cc", "memory");
    return even;
}

/* subtract returns all ones for a borrow. */
static inline uint64_t
subtract(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words)
{
    size_t n = words / 8;
    uint64_t lo;

    __asm__ volatile(
        "clc\n" LOOP(ALTERNATE(SUBTRACT, SUBTRACT) NEXT(a) NEXT(b) NEXT(out)) "sbb %[lo], %[lo]\n\t"
        : [out] "+&r"(out), [a] "+&r"(a), [b] "+&r"(b), [n] "+&c"(n), [lo] "=&r"(lo)
        :
        : "cc", "memory");
    return lo;
}

/* See rsa_portable.c, but that the two products of a row are added one after the other (CIOS of the
 * same paper). */
void
tls_rsa_adx_multiply(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus,
    uint64_t factor, size_t words)
{
    uint64_t t[2 * RSA_WORDS_MAXIMUM], top = 0, below;
    size_t i;

    memset(t, 0, words * sizeof *t);
    for (i = 0; i < words; i++) {
        tls_uint128 above = (tls_uint128)add_row(t + i, b, a[i], words) + top;

        above += add_row(t + i, modulus, t[i] * factor, words);
        t[i + words] = (uint64_t)above;
        top = (uint64_t)(above >> 64);
    }
    below = subtract(out, t + words, modulus, words) & (top - 1); /* top is 0 or 1 */
    for (i = 0; i < words; i++)
        out[i] = (t[i + words] & below) | (out[i] & ~below);
}

static void
raise_secret(uint64_t *const x[2], const rsa_primes *primes)
{
    tls_rsa_raise_secret(tls_rsa_adx_multiply, x, primes);
}

static void
raise_public(uint64_t *x, const uint64_t *n, size_t words, const unsigned char *e, size_t e_length)
{
    tls_rsa_raise_public(tls_rsa_adx_multiply, x, n, words, e, e_length);
}

static const tls_rsa_arithmetic arithmetic = {tls_rsa_adx_multiply, raise_secret, raise_public};

static void
install(tls_kernels *kernels)
{
    tls_rsa_install(kernels, &arithmetic);
}

const tls_kernel tls_kernel_rsa_adx = {
    TLS_PRIMITIVE_RSA, "adx", TLS_PROCESSOR_ADX | TLS_PROCESSOR_BMI2, install};

#endif

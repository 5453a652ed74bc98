/* rsa.c - see rsa.h. The private operation goes by the Chinese remainder theorem (RFC 8017 section
 * 5.1.2): m1 = c^dP modulo p, m2 = c^dQ modulo q, m = m2 + q ((m1 - m2) qInv modulo p).
 *
 * There is no blinding (Kocher, "Timing attacks on implementations of Diffie-Hellman, RSA, DSS, and
 * other systems", 1996): it hides what a time tells of secrets, and here no time depends on any. No
 * branch, index or division does; what anybody may know of a key are the lengths of its parts.
 *
 * Nothing is prepared and kept with a key: the constants of the primes cost at most a thirtieth of
 * the private operation, those of a modulus a quarter of the public one, whose keys mostly come
 * once.
 *
 * Bounds: p and q are below R, words being the same for both, and c below n = pq has two halves
 * below R. The sum m is at most (q - 1) + q (p - 1) < n < R^2. */
#include "kernel/rsa.h"

#include <string.h>

#include "base/bytes.h"
#include "base/declassify.h"
#include "kernel/build.h"

#if TLS_KERNEL_INT128

#include "kernel/rsa_pkcs1.h"
#include "kernel/scratch.h"

#define BITS_MINIMUM 1024
#define BYTES_MAXIMUM ((size_t)8 * RSA_WORDS_MAXIMUM)

static size_t
words_for(size_t length)
{
    return (length + 63) / 64 * 8;
}

static size_t
longer(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* strip_zeros: of a secret number as well. Its length in bytes may be told, as in BearSSL. */
static void
strip_zeros(const unsigned char **number, size_t *length)
{
    for (; *length > 0; (*length)--, (*number)++) {
        unsigned char is_zero = **number == 0;

        TLS_DECLASSIFY(&is_zero, sizeof is_zero);
        if (!is_zero)
            break;
    }
}

static int
is_in_reach(size_t modulus_length)
{
    return modulus_length >= BITS_MINIMUM / 8 && modulus_length <= BYTES_MAXIMUM;
}

/* ---- The public operation ---- */

static uint32_t
public_operation(unsigned char *x, size_t length, const br_rsa_public_key *key)
{
    const unsigned char *modulus = key->n, *e = key->e;
    size_t modulus_length = key->nlen, e_length = key->elen, words;
    uint64_t n[RSA_WORDS_MAXIMUM], a[RSA_WORDS_MAXIMUM], below;

    strip_zeros(&modulus, &modulus_length);
    strip_zeros(&e, &e_length);
    if (!is_in_reach(modulus_length) || e_length == 0 || (modulus[modulus_length - 1] & 1) == 0)
        return br_rsa_public_get_default()(x, length, key);
    if (length != modulus_length)
        return 0;
    words = words_for(length);
    tls_rsa_get(n, words, modulus, length);
    tls_rsa_get(a, words, x, length);
    below = tls_rsa_is_below(a, n, words);
    TLS_DECLASSIFY(&below, sizeof below);
    if (!below)
        return 0;
    if (e_length > 1 || *e > 1)
        tls_kernels_chosen()->rsa->raise_public(a, n, words, e, e_length);
    tls_rsa_put(x, length, a);
    tls_wipe(a, sizeof a);
    return 1;
}

/* ---- The private operation ---- */

#define NUMBER_WORDS (2 * RSA_PRIME_WORDS_MAXIMUM)

/* All that depends on the message and the key. */
struct work {
    rsa_primes primes;
    uint64_t coefficient[RSA_PRIME_WORDS_MAXIMUM]; /* qInv */
    uint64_t zeros[RSA_PRIME_WORDS_MAXIMUM];
    uint64_t modulus[NUMBER_WORDS], message[NUMBER_WORDS], result[NUMBER_WORDS];
    uint64_t halves[2][RSA_PRIME_WORDS_MAXIMUM];
    uint64_t a[RSA_PRIME_WORDS_MAXIMUM], b[RSA_PRIME_WORDS_MAXIMUM];
};

/* multiply_and_add: a + bc, of twice the words. */
static void
multiply_and_add(
    uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *c, size_t words)
{
    size_t i, j;

    memcpy(out, a, words * sizeof *a);
    for (i = 0; i < words; i++) {
        tls_uint128 carry = 0;

        for (j = 0; j < words; j++) {
            carry += (tls_uint128)b[i] * c[j] + out[i + j];
            out[i + j] = (uint64_t)carry;
            carry >>= 64;
        }
        out[i + words] = (uint64_t)carry;
    }
}

static void
get_prime(const tls_rsa_arithmetic *arithmetic, rsa_prime *prime, size_t words,
    const unsigned char *bytes, size_t length)
{
    tls_rsa_get(prime->modulus, words, bytes, length);
    prime->length = length;
    prime->factor = tls_rsa_factor(prime->modulus);
    tls_rsa_square_of_radix(
        prime->square, arithmetic->multiply, prime->modulus, prime->factor, length, words);
}

/* get_key returns 0 for a key that is out of reach. */
static int
get_key(const tls_rsa_arithmetic *arithmetic, struct work *w, const br_rsa_private_key *key)
{
    const unsigned char *p = key->p, *q = key->q;
    size_t p_length = key->plen, q_length = key->qlen, words;
    rsa_primes *primes = &w->primes;

    strip_zeros(&p, &p_length);
    strip_zeros(&q, &q_length);
    primes->length = longer(p_length, q_length);
    primes->exponent_length = longer(key->dplen, key->dqlen);
    primes->words = words = words_for(primes->length);
    if (!is_in_reach((key->n_bitlen + 7) / 8) || words > RSA_PRIME_WORDS_MAXIMUM ||
        (key->n_bitlen + 7) / 8 > 16 * words || key->iqlen > 8 * words ||
        p_length < (key->n_bitlen + 31) / 32 || q_length < (key->n_bitlen + 31) / 32)
        return 0;
    get_prime(arithmetic, &primes->of[0], words, p, p_length);
    get_prime(arithmetic, &primes->of[1], words, q, q_length);
    primes->of[0].exponent = key->dp;
    primes->of[0].exponent_length = key->dplen;
    primes->of[1].exponent = key->dq;
    primes->of[1].exponent_length = key->dqlen;
    tls_rsa_get(w->coefficient, words, key->iq, key->iqlen);
    multiply_and_add(w->modulus, w->zeros, primes->of[0].modulus, primes->of[1].modulus, words);
    return 1;
}

#define MULTIPLY(out, a, b) arithmetic->multiply(out, a, b, p->modulus, p->factor, words)

/* reduce: the message modulo one of the primes. */
static void
reduce(const tls_rsa_arithmetic *arithmetic, struct work *w, const rsa_prime *p, uint64_t *out,
    size_t words)
{
    MULTIPLY(w->a, w->message + words, p->square); /* the upper half times R */
    MULTIPLY(w->a, w->a, p->square);               /* and once more: its Montgomery form */
    MULTIPLY(w->b, w->message, p->square);
    tls_rsa_add(w->a, w->a, w->b, p->modulus, words);
    memset(w->b, 0, sizeof w->b);
    w->b[0] = 1;
    MULTIPLY(out, w->b, w->a);
}

/* recombine: m of both halves. */
static void
recombine(const tls_rsa_arithmetic *arithmetic, struct work *w)
{
    const rsa_prime *p = &w->primes.of[0];
    size_t words = w->primes.words;

    MULTIPLY(w->a, w->halves[0], p->square);
    MULTIPLY(w->b, w->halves[1], p->square); /* below q, and q may be above p */
    tls_rsa_subtract(w->a, w->a, w->b, p->modulus, words);
    MULTIPLY(w->a, w->coefficient, w->a);
    multiply_and_add(w->result, w->halves[1], w->a, w->primes.of[1].modulus, words);
}

#undef MULTIPLY

/* compute returns 1 for a message below n, and primes that are odd. */
static uint32_t
compute(const tls_rsa_arithmetic *arithmetic, struct work *w)
{
    uint64_t *const halves[2] = {w->halves[0], w->halves[1]};
    size_t words = w->primes.words;
    uint64_t good = tls_rsa_is_below(w->message, w->modulus, 2 * words);
    int i;

    for (i = 0; i < 2; i++) {
        good &= w->primes.of[i].modulus[0];
        reduce(arithmetic, w, &w->primes.of[i], w->halves[i], words);
    }
    arithmetic->raise_secret(halves, &w->primes);
    recombine(arithmetic, w);
    return (uint32_t)good & 1;
}

static __attribute__((noinline)) uint32_t
private_operation(unsigned char *x, const br_rsa_private_key *key, int *is_done)
{
    const tls_rsa_arithmetic *arithmetic = tls_kernels_chosen()->rsa;
    size_t length = (key->n_bitlen + 7) / 8;
    uint32_t good = 0;
    struct work w;

    memset(&w, 0, sizeof w);
    *is_done = get_key(arithmetic, &w, key);
    if (*is_done) {
        tls_rsa_get(w.message, 2 * w.primes.words, x, length);
        good = compute(arithmetic, &w);
        tls_rsa_put(x, length, w.result);
    }
    tls_wipe(&w, sizeof w);
    return good;
}

static uint32_t
private_and_wipe(unsigned char *x, const br_rsa_private_key *key)
{
    int is_done;
    uint32_t good = private_operation(x, key, &is_done);

    scratch_wipe();
    return is_done ? good : br_rsa_private_get_default()(x, key);
}

void
tls_rsa_install(tls_kernels *kernels, const tls_rsa_arithmetic *arithmetic)
{
    kernels->rsa = arithmetic;
    kernels->rsa_public = public_operation;
    kernels->rsa_private = private_and_wipe;
    kernels->rsa_pkcs1_sign = tls_rsa_pkcs1_sign;
    kernels->rsa_pkcs1_verify = tls_rsa_pkcs1_verify;
}

#endif

/* rsa_words.c - numbers of as many words as a key has, and exponentiation over any Montgomery
 * multiplication. See rsa_arithmetic.h.
 *
 * Exponents that are secret are taken four bits at a time, always with a multiplication; the table
 * of sixteen powers is read whole and masked. Exponents that are public go bit by bit. */
#include "kernel/rsa_arithmetic.h"

#if TLS_KERNEL_INT128

#include <string.h>

#include "base/bytes.h"
#include "kernel/scratch.h"

#define WINDOW_POWERS 16
/* What runs seldom, or beside multiplications: compilers make it small rather than fast. */
#define SMALL __attribute__((cold, noinline))

static uint64_t
opaque(uint64_t mask)
{
    __asm__("" : "+r"(mask));
    return mask;
}

uint64_t
tls_rsa_equal(unsigned a, unsigned b)
{
    return opaque(0 - (((uint64_t)(a ^ b) - 1) >> 63));
}

void
tls_rsa_get(uint64_t *out, size_t words, const unsigned char *bytes, size_t length)
{
    size_t i;

    memset(out, 0, words * sizeof *out);
    for (i = 0; i < length; i++)
        out[i / 8] |= (uint64_t)bytes[length - 1 - i] << (i % 8 * 8);
}

void
tls_rsa_put(unsigned char *bytes, size_t length, const uint64_t *a)
{
    size_t i;

    for (i = 0; i < length; i++)
        bytes[length - 1 - i] = (unsigned char)(a[i / 8] >> (i % 8 * 8));
}

SMALL uint64_t
tls_rsa_is_below(const uint64_t *a, const uint64_t *b, size_t words)
{
    uint64_t borrow = 0;
    size_t i;

    for (i = 0; i < words; i++)
        borrow = (uint64_t)(((tls_uint128)a[i] - b[i] - borrow) >> 64) & 1;
    return borrow;
}

/* subtract returns the borrow; b counts where the mask is all ones. */
SMALL static uint64_t
subtract(uint64_t *out, const uint64_t *a, const uint64_t *b, uint64_t mask, size_t words)
{
    uint64_t borrow = 0;
    size_t i;

    mask = opaque(mask);
    for (i = 0; i < words; i++) {
        tls_uint128 difference = (tls_uint128)a[i] - (b[i] & mask) - borrow;

        out[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    return borrow;
}

/* add returns the carry. */
SMALL static uint64_t
add(uint64_t *out, const uint64_t *a, const uint64_t *b, uint64_t mask, size_t words)
{
    tls_uint128 carry = 0;
    size_t i;

    mask = opaque(mask);
    for (i = 0; i < words; i++) {
        carry += (tls_uint128)a[i] + (b[i] & mask);
        out[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return (uint64_t)carry;
}

SMALL void
tls_rsa_reduce_once(uint64_t *x, uint64_t top, const uint64_t *modulus, size_t words)
{
    uint64_t below = tls_rsa_is_below(x, modulus, words);

    subtract(x, x, modulus, 0 - (top | (below ^ 1)), words); /* top is 0 or 1 */
}

SMALL void
tls_rsa_add(
    uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus, size_t words)
{
    uint64_t carry = add(out, a, b, ~(uint64_t)0, words);

    tls_rsa_reduce_once(out, carry, modulus, words);
}

SMALL void
tls_rsa_subtract(
    uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus, size_t words)
{
    uint64_t borrow = subtract(out, a, b, ~(uint64_t)0, words);

    add(out, out, modulus, 0 - borrow, words);
}

/* Newton: each step doubles the bits that are right, of which any odd number has three. */
uint64_t
tls_rsa_factor(const uint64_t *modulus)
{
    uint64_t inverse = modulus[0];
    int i;

    for (i = 0; i < 5; i++)
        inverse *= 2 - modulus[0] * inverse;
    return 0 - inverse;
}

/* double_times: x times 2^times modulo the modulus, which x is below. */
SMALL static void
double_times(uint64_t *x, size_t times, const uint64_t *modulus, size_t words)
{
    while (times-- > 0)
        tls_rsa_add(x, x, x, modulus, words);
}

/* It begins at a power that is below any modulus of this length, and doubles up to R, and on to
 * 2^words R: six squares make 2^(64 words) R of that. */
SMALL void
tls_rsa_square_of_radix(uint64_t *out, rsa_multiplication *multiply, const uint64_t *modulus,
    uint64_t factor, size_t length, size_t words)
{
    size_t first = 8 * (length - 1);
    int i;

    memset(out, 0, words * sizeof *out);
    out[first / 64] = (uint64_t)1 << first % 64;
    double_times(out, 64 * words - first + words, modulus, words);
    for (i = 0; i < 6; i++)
        multiply(out, out, out, modulus, factor, words);
}

/* ab / R for a = R^2 and b = 2^k is 2^k R, and each R^2 more is an R more. */
SMALL void
tls_rsa_power_of_two(uint64_t *out, size_t power, const uint64_t *square,
    rsa_multiplication *multiply, const uint64_t *modulus, uint64_t factor, size_t words)
{
    size_t above = power - 64 * words, k = above;

    while (k >= 64 * words)
        k -= 64 * words;
    memset(out, 0, words * sizeof *out);
    out[k / 64] = (uint64_t)1 << k % 64;
    multiply(out, out, square, modulus, factor, words);
    for (; k < above; k += 64 * words)
        multiply(out, out, square, modulus, factor, words);
}

/* estimate: the quotient of two numbers, the first of which has `top` above its words and is below
 * 2^64 times the modulus, by their two and one highest words. Step D3 of Knuth's algorithm looks at
 * one word more, once: then it is seldom too large, and by 2 at the most. */
static uint64_t
estimate(uint64_t top, const uint64_t *x, const uint64_t *modulus, size_t words)
{
    uint64_t highest = modulus[words - 1], quotient, rest;

    if (top >= highest)
        return ~(uint64_t)0;
    quotient = (uint64_t)((((tls_uint128)top << 64) | x[words - 1]) / highest);
    rest = x[words - 1] - quotient * highest;
    return quotient - ((tls_uint128)quotient * modulus[words - 2] >
                          (((tls_uint128)rest << 64) | x[words - 2]));
}

/* shift_word: x times 2^64 modulo a modulus whose highest bit is set (Knuth, The Art of Computer
 * Programming, volume 2, 4.3.1 D). Quotient times modulus is taken off by adding quotient times
 * `complement`, R less the modulus. */
static void
shift_word(uint64_t *x, const uint64_t *modulus, const uint64_t *complement, size_t words)
{
    uint64_t top = x[words - 1], quotient;
    tls_uint128 sum = 0;
    size_t i;

    memmove(x + 1, x, (words - 1) * sizeof *x);
    x[0] = 0;
    quotient = estimate(top, x, modulus, words);
    for (i = 0; i < words; i++) {
        sum = (tls_uint128)quotient * complement[i] + x[i] + (uint64_t)(sum >> 64);
        x[i] = (uint64_t)sum;
    }
    top += (uint64_t)(sum >> 64) - quotient;
    while (top != 0) /* below 0 */
        top += add(x, x, modulus, ~(uint64_t)0, words);
}

void
tls_rsa_power_of_two_public(uint64_t *out, size_t power, rsa_multiplication *multiply,
    const uint64_t *modulus, size_t words)
{
    uint64_t other[RSA_WORDS_MAXIMUM], factor = tls_rsa_factor(modulus);
    size_t length = 8 * words, left;

    if (modulus[words - 1] >> 63 == 0) { /* such are rare */
        while ((modulus[(length - 1) / 8] >> (length - 1) % 8 * 8 & 0xFF) == 0)
            length--;
        tls_rsa_square_of_radix(other, multiply, modulus, factor, length, words);
        tls_rsa_power_of_two(out, power, other, multiply, modulus, factor, words);
        return;
    }
    memset(other, 0, sizeof other);
    subtract(other, other, modulus, ~(uint64_t)0, words); /* R is once above such a modulus */
    memcpy(out, other, words * sizeof *out);
    for (left = power / 64 - words; left > 0; left--)
        shift_word(out, modulus, other, words);
}

unsigned
tls_rsa_window(const rsa_prime *prime, size_t i, size_t places)
{
    size_t place = places - 1 - i, byte = place / 2; /* from the end */

    if (byte >= prime->exponent_length)
        return 0;
    return prime->exponent[prime->exponent_length - 1 - byte] >> (place % 2 * 4) & 15;
}

struct powers {
    uint64_t of[WINDOW_POWERS][RSA_PRIME_WORDS_MAXIMUM];
    uint64_t one[RSA_PRIME_WORDS_MAXIMUM], chosen[RSA_PRIME_WORDS_MAXIMUM];
};

static void
choose_power(struct powers *powers, unsigned window, size_t words)
{
    unsigned i;
    size_t j;

    memset(powers->chosen, 0, sizeof powers->chosen);
    for (i = 0; i < WINDOW_POWERS; i++) {
        uint64_t mask = tls_rsa_equal(i, window);

        for (j = 0; j < words; j++)
            powers->chosen[j] |= powers->of[i][j] & mask;
    }
}

#define MULTIPLY(out, a, b) multiply(out, a, b, modulus, factor, words)

static __attribute__((noinline)) void
raise_one(
    rsa_multiplication *multiply, uint64_t *x, const rsa_prime *prime, size_t words, size_t places)
{
    const uint64_t *modulus = prime->modulus;
    uint64_t factor = prime->factor;
    struct powers powers;
    size_t i;
    int j;

    memset(powers.one, 0, sizeof powers.one);
    powers.one[0] = 1;
    MULTIPLY(powers.of[0], powers.one, prime->square);
    MULTIPLY(powers.of[1], x, prime->square);
    for (j = 2; j < WINDOW_POWERS; j++)
        MULTIPLY(powers.of[j], powers.of[j - 1], powers.of[1]);
    memcpy(x, powers.of[0], words * sizeof *x);
    for (i = 0; i < places; i++) {
        for (j = 0; j < 4 && i > 0; j++)
            MULTIPLY(x, x, x);
        choose_power(&powers, tls_rsa_window(prime, i, places), words);
        MULTIPLY(x, x, powers.chosen);
    }
    MULTIPLY(x, powers.one, x);
    tls_wipe(&powers, sizeof powers);
}

void
tls_rsa_raise_secret(rsa_multiplication *multiply, uint64_t *const x[2], const rsa_primes *primes)
{
    int i;

    for (i = 0; i < 2; i++)
        raise_one(multiply, x[i], &primes->of[i], primes->words, 2 * primes->exponent_length);
    scratch_wipe();
}

static unsigned
bit_of(const unsigned char *e, size_t e_length, size_t bit)
{
    return e[e_length - 1 - bit / 8] >> bit % 8 & 1;
}

/* The last multiplication leaves the Montgomery form: it is by x itself, or by 1. */
void
tls_rsa_power(rsa_multiplication *multiply, uint64_t *x, const uint64_t *square,
    const uint64_t *modulus, uint64_t factor, size_t words, const unsigned char *e, size_t e_length)
{
    uint64_t base[RSA_DIGITS_MAXIMUM], power[RSA_DIGITS_MAXIMUM];
    size_t bit = 8 * e_length;

    MULTIPLY(base, x, square);
    memcpy(power, base, words * sizeof *power);
    while (bit_of(e, e_length, --bit) == 0)
        continue;
    while (bit-- > 0) {
        MULTIPLY(power, power, power);
        if (bit > 0 && bit_of(e, e_length, bit))
            MULTIPLY(power, power, base);
    }
    if (!bit_of(e, e_length, 0)) {
        memset(x, 0, words * sizeof *x);
        x[0] = 1;
    }
    MULTIPLY(x, x, power);
    tls_wipe(base, sizeof base);
    tls_wipe(power, sizeof power);
}

void
tls_rsa_raise_public(rsa_multiplication *multiply, uint64_t *x, const uint64_t *modulus,
    size_t words, const unsigned char *e, size_t e_length)
{
    uint64_t square[RSA_WORDS_MAXIMUM];

    tls_rsa_power_of_two_public(square, 128 * words, multiply, modulus, words);
    tls_rsa_power(multiply, x, square, modulus, tls_rsa_factor(modulus), words, e, e_length);
}

#undef MULTIPLY

#endif

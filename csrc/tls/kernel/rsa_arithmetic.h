/* rsa_arithmetic.h - what RSA computes with, and what an implementation of it may do in its own
 * way.
 *
 * Numbers are `words` words of 64 bits, the lowest first; `words` is a multiple of 8, and numbers
 * that need fewer have zeros above. A modulus is odd; an even one gives wrong numbers, and does no
 * other harm. R is 2^(64 words). */
#ifndef TLS_KERNEL_RSA_ARITHMETIC_H
#define TLS_KERNEL_RSA_ARITHMETIC_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/build.h"

#define RSA_WORDS_MAXIMUM 64       /* of n: 4,096 bits */
#define RSA_DIGITS_MAXIMUM 80      /* the same in limbs of 52 bits, in whole vectors */
#define RSA_PRIME_WORDS_MAXIMUM 32 /* of p and q: half of that */

typedef struct rsa_prime {
    uint64_t modulus[RSA_PRIME_WORDS_MAXIMUM];
    uint64_t square[RSA_PRIME_WORDS_MAXIMUM]; /* R^2 */
    uint64_t factor;                          /* -1 / modulus modulo 2^64 */
    size_t length;                            /* in bytes, without zeros in front */
    const unsigned char *exponent;            /* big-endian */
    size_t exponent_length;
} rsa_prime;

/* Both primes of a key, with all lengths that anybody may know. */
typedef struct rsa_primes {
    rsa_prime of[2];
    size_t words;
    size_t length;          /* of the longer prime */
    size_t exponent_length; /* of the longer exponent */
} rsa_primes;

typedef struct tls_rsa_arithmetic {
    /* multiply: ab / R modulo the modulus, and below it, for a below R and b below the modulus, or
     * the other way round; `out` may be one of them. Takes a time that depends on `words` alone. */
    void (*multiply)(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus,
        uint64_t factor, size_t words);
    /* raise_secret: for each prime x, which is below it, to its exponent. Takes a time that depends
     * on lengths alone. */
    void (*raise_secret)(uint64_t *const x[2], const rsa_primes *primes);
    /* raise_public: x^e modulo n, for x below n and an e above 1 that begins with no zero. Takes a
     * time that depends on n and e, and not on x, which is a secret where it is to be encrypted. */
    void (*raise_public)(
        uint64_t *x, const uint64_t *n, size_t words, const unsigned char *e, size_t e_length);
} tls_rsa_arithmetic;

/* Both over any multiplication, for arithmetic that has no better way. */
typedef void rsa_multiplication(uint64_t *out, const uint64_t *a, const uint64_t *b,
    const uint64_t *modulus, uint64_t factor, size_t words);
void tls_rsa_raise_secret(
    rsa_multiplication *multiply, uint64_t *const x[2], const rsa_primes *primes);
void tls_rsa_raise_public(rsa_multiplication *multiply, uint64_t *x, const uint64_t *modulus,
    size_t words, const unsigned char *e, size_t e_length);
/* tls_rsa_power raises x to an e above 1, given the square of the multiplication's own R, in
 * numbers as it knows them: of up to RSA_DIGITS_MAXIMUM words. */
void tls_rsa_power(rsa_multiplication *multiply, uint64_t *x, const uint64_t *square,
    const uint64_t *modulus, uint64_t factor, size_t words, const unsigned char *e,
    size_t e_length);

/* ---- Numbers ---- */

void tls_rsa_get(uint64_t *out, size_t words, const unsigned char *bytes, size_t length);
void tls_rsa_put(unsigned char *bytes, size_t length, const uint64_t *a);
/* tls_rsa_is_below: 1 if a < b, else 0. */
uint64_t tls_rsa_is_below(const uint64_t *a, const uint64_t *b, size_t words);
/* tls_rsa_reduce_once subtracts the modulus once where x, with `top` above its words, is not below.
 */
void tls_rsa_reduce_once(uint64_t *x, uint64_t top, const uint64_t *modulus, size_t words);
/* tls_rsa_add and tls_rsa_subtract: modulo the modulus, that a and b are below. */
void tls_rsa_add(
    uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus, size_t words);
void tls_rsa_subtract(
    uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus, size_t words);
/* tls_rsa_factor: -1 / modulus modulo 2^64. */
uint64_t tls_rsa_factor(const uint64_t *modulus);
/* tls_rsa_square_of_radix: R^2 modulo a secret modulus of this length in bytes. */
void tls_rsa_square_of_radix(uint64_t *out, rsa_multiplication *multiply, const uint64_t *modulus,
    uint64_t factor, size_t length, size_t words);
/* tls_rsa_power_of_two: 2^power modulo a secret modulus, of the square of R, for R or above. */
void tls_rsa_power_of_two(uint64_t *out, size_t power, const uint64_t *square,
    rsa_multiplication *multiply, const uint64_t *modulus, uint64_t factor, size_t words);
/* tls_rsa_power_of_two_public: the same of a public modulus, for a multiple of 64, in a time that
 * depends on the modulus. */
void tls_rsa_power_of_two_public(uint64_t *out, size_t power, rsa_multiplication *multiply,
    const uint64_t *modulus, size_t words);
/* tls_rsa_window: the four bits of an exponent at place i, 0 for the highest of `places`. */
unsigned tls_rsa_window(const rsa_prime *prime, size_t i, size_t places);
/* tls_rsa_equal: all ones for two small numbers that are equal, a mask that becomes no branch. */
uint64_t tls_rsa_equal(unsigned a, unsigned b);

#endif

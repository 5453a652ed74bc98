/* modular.h - numbers modulo another, for tests of kernels: in plain words of 32 bits, and as
 * plainly as can be. */
#ifndef SUPPORT_MODULAR_H
#define SUPPORT_MODULAR_H

#include <stddef.h>
#include <stdint.h>

#define MODULAR_WORDS 18 /* 576 bits */

/* Numbers have the words of their modulus, the lowest first. */
typedef struct modulus {
    uint32_t m[MODULAR_WORDS];
    size_t words;
    unsigned spare;                                       /* bits above the highest that is set */
    uint32_t power[MODULAR_WORDS + 1][MODULAR_WORDS + 1]; /* 2^(32 (words + i)) */
} modulus;

/* modular_prepare: of a modulus in little-endian words of 64 bits. */
void modular_prepare(modulus *m, const uint64_t *words, size_t count);
void modular_from(const modulus *m, uint32_t *out, const uint64_t *words);
/* modular_is: do both have the same words? */
int modular_is(const modulus *m, const uint32_t *a, const uint64_t *words);

/* modular_reduce: any number of `length` words, up to 2 x MODULAR_WORDS. */
void modular_reduce(const modulus *m, uint32_t *out, const uint32_t *a, size_t length);
void modular_sum(const modulus *m, uint32_t *out, const uint32_t *a, const uint32_t *b);
void modular_difference(const modulus *m, uint32_t *out, const uint32_t *a, const uint32_t *b);
void modular_product(const modulus *m, uint32_t *out, const uint32_t *a, const uint32_t *b);

#endif

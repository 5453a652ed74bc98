/* modular.c - see modular.h. What is above the modulus' words is folded: each such word times what
 * its place is modulo the modulus. */
#include "support/modular.h"

#include <string.h>

static uint32_t
add(uint32_t *out, const uint32_t *a, const uint32_t *b, size_t words)
{
    uint64_t carry = 0;
    size_t i;

    for (i = 0; i < words; i++) {
        carry += (uint64_t)a[i] + b[i];
        out[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return (uint32_t)carry;
}

static uint32_t
subtract(uint32_t *out, const uint32_t *a, const uint32_t *b, size_t words)
{
    uint64_t borrow = 0;
    size_t i;

    for (i = 0; i < words; i++) {
        uint64_t t = (uint64_t)a[i] - b[i] - borrow;

        out[i] = (uint32_t)t;
        borrow = t >> 63;
    }
    return (uint32_t)borrow;
}

/* subtract_shifted: a less m << bits (below 32), if that is not negative; a has a word more. */
static void
subtract_shifted(const modulus *m, uint32_t *a, unsigned bits)
{
    uint32_t shifted[MODULAR_WORDS + 1], less[MODULAR_WORDS + 1], above = 0;
    size_t i;

    for (i = 0; i <= m->words; i++) {
        uint32_t word = i < m->words ? m->m[i] : 0;

        shifted[i] = word << bits | above;
        above = bits == 0 ? 0 : word >> (32 - bits);
    }
    if (subtract(less, a, shifted, m->words + 1) == 0)
        memcpy(a, less, (m->words + 1) * sizeof *a);
}

void
modular_reduce(const modulus *m, uint32_t *out, const uint32_t *a, size_t length)
{
    uint32_t t[2 * MODULAR_WORDS + 2] = {0};
    size_t n = m->words, i, j;
    unsigned bits;
    int folded;

    memcpy(t, a, length * sizeof *a);
    do {
        uint32_t high[MODULAR_WORDS + 2];

        memcpy(high, t + n, sizeof high);
        memset(t + n, 0, sizeof high);
        folded = 0;
        for (i = 0; i <= n; i++) {
            uint64_t carry = 0;

            folded |= high[i] != 0;
            for (j = 0; j < n + 2 && high[i] != 0; j++) {
                carry += t[j] + (uint64_t)high[i] * (j < n ? m->power[i][j] : 0);
                t[j] = (uint32_t)carry;
                carry >>= 32;
            }
        }
    } while (folded);
    for (bits = m->spare + 1; bits-- > 0;)
        subtract_shifted(m, t, bits);
    memcpy(out, t, n * sizeof *out);
}

static void
twice(const modulus *m, uint32_t *a)
{
    uint32_t t[MODULAR_WORDS + 1];

    t[m->words] = add(t, a, a, m->words);
    subtract_shifted(m, t, 0);
    memcpy(a, t, m->words * sizeof *a);
}

void
modular_from(const modulus *m, uint32_t *out, const uint64_t *words)
{
    size_t i;

    for (i = 0; i < m->words; i++)
        out[i] = (uint32_t)(words[i / 2] >> (32 * (i % 2)));
}

int
modular_is(const modulus *m, const uint32_t *a, const uint64_t *words)
{
    uint32_t b[MODULAR_WORDS];

    modular_from(m, b, words);
    return memcmp(a, b, m->words * sizeof *a) == 0;
}

void
modular_prepare(modulus *m, const uint64_t *words, size_t count)
{
    uint32_t x[MODULAR_WORDS] = {1}, top;
    size_t i;

    memset(m, 0, sizeof *m);
    m->words = 2 * count;
    modular_from(m, m->m, words);
    if (m->m[m->words - 1] == 0)
        m->words--;
    for (top = m->m[m->words - 1]; top >> 31 == 0; top <<= 1)
        m->spare++;
    for (i = 0; i < 32 * m->words; i++)
        twice(m, x);
    for (i = 0; i < (m->words + 1) * 32; i++) {
        if (i % 32 == 0)
            memcpy(m->power[i / 32], x, m->words * sizeof *x);
        twice(m, x);
    }
}

void
modular_sum(const modulus *m, uint32_t *out, const uint32_t *a, const uint32_t *b)
{
    uint32_t t[MODULAR_WORDS + 1];

    t[m->words] = add(t, a, b, m->words);
    subtract_shifted(m, t, 0);
    memcpy(out, t, m->words * sizeof *out);
}

void
modular_difference(const modulus *m, uint32_t *out, const uint32_t *a, const uint32_t *b)
{
    if (subtract(out, a, b, m->words))
        add(out, out, m->m, m->words);
}

void
modular_product(const modulus *m, uint32_t *out, const uint32_t *a, const uint32_t *b)
{
    uint32_t t[2 * MODULAR_WORDS] = {0};
    size_t i, j;

    for (i = 0; i < m->words; i++) {
        uint64_t carry = 0;

        for (j = 0; j < m->words; j++) {
            carry += t[i + j] + (uint64_t)a[i] * b[j];
            t[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        t[i + j] = (uint32_t)carry;
    }
    modular_reduce(m, out, t, 2 * m->words);
}

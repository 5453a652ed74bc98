/* limbs.h - arithmetic on LIMBS words of 64 bits, the lowest first: included by the curves after
 *   #define LIMBS n
 *   #define LIMBS_ADX       for limbs_adx.h in the place of C (LIMBS is 4 or 6) */
#ifndef LIMBS
#error "LIMBS comes first"
#endif

#include <stdint.h>
#include <string.h>

#include "kernel/build.h"

typedef uint64_t number[LIMBS];

#define INLINE static inline __attribute__((always_inline))

/* opaque: a mask that the compiler knows nothing about, so that it makes no branch of it. */
INLINE uint64_t
opaque(uint64_t mask)
{
    __asm__("" : "+r"(mask));
    return mask;
}

/* words_select: b where the mask is all ones, a where it is none. */
INLINE void
words_select(uint64_t *out, const uint64_t *a, const uint64_t *b, uint64_t mask)
{
    int i;

    mask = opaque(mask);
    for (i = 0; i < LIMBS; i++)
        out[i] = (a[i] & ~mask) | (b[i] & mask);
}

/* words_is_zero: all ones if so. */
INLINE uint64_t
words_is_zero(const uint64_t *a)
{
    uint64_t any = 0;
    int i;

    for (i = 0; i < LIMBS; i++)
        any |= a[i];
    return opaque(((any | (0 - any)) >> 63) - 1);
}

#ifdef LIMBS_ADX
#include "kernel/limbs_adx.h"
#else

INLINE void
add_row(uint64_t *t, const uint64_t *p, uint64_t m)
{
    tls_uint128 carry = 0;
    int j;

    for (j = 0; j < LIMBS; j++) {
        carry += (tls_uint128)p[j] * m + t[j];
        t[j] = (uint64_t)carry;
        carry >>= 64;
    }
    carry += t[LIMBS];
    t[LIMBS] = (uint64_t)carry;
    t[LIMBS + 1] += (uint64_t)(carry >> 64);
}

INLINE uint64_t
words_add(uint64_t *out, const uint64_t *a, const uint64_t *b)
{
    tls_uint128 carry = 0;
    int i;

    for (i = 0; i < LIMBS; i++) {
        carry += (tls_uint128)a[i] + b[i];
        out[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return (uint64_t)carry;
}

INLINE uint64_t
words_subtract(uint64_t *out, const uint64_t *a, const uint64_t *b)
{
    uint64_t borrow = 0;
    int i;

    for (i = 0; i < LIMBS; i++) {
        tls_uint128 difference = (tls_uint128)a[i] - b[i] - borrow;

        out[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    return borrow;
}

/* reduce_once: LIMBS words and one above them, together below twice the modulus. */
INLINE void
reduce_once(uint64_t *out, const uint64_t *t, uint64_t top, const uint64_t *modulus)
{
    number less;
    uint64_t borrow = words_subtract(less, t, modulus);

    words_select(out, less, t, 0 - (borrow & ~top)); /* top is 0 or 1 */
}

INLINE void
modular_add(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus)
{
    number sum;
    uint64_t carry = words_add(sum, a, b);

    reduce_once(out, sum, carry, modulus);
}

INLINE void
modular_subtract(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus)
{
    number difference, masked;
    uint64_t mask = opaque(0 - words_subtract(difference, a, b));
    int i;

    for (i = 0; i < LIMBS; i++)
        masked[i] = modulus[i] & mask;
    words_add(out, difference, masked);
}

/* montgomery_multiply: ab / 2^(64 LIMBS) modulo the modulus; factor is -1 / modulus modulo 2^64
 * (Koc, Acar and Kaliski, "Analyzing and comparing Montgomery multiplication algorithms", 1996,
 * CIOS). With a below 2^(64 LIMBS) and b below the modulus the words stay below twice the modulus
 * after each row, and one of them above LIMBS + 1 is enough in between. */
INLINE void
montgomery_multiply(
    uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus, uint64_t factor)
{
    uint64_t t[2 * LIMBS + 2];

    memset(t, 0, sizeof t);
#define MONTGOMERY_ROW(i)                                                                          \
    do {                                                                                           \
        add_row(t + (i), b, a[i]);                                                                 \
        add_row(t + (i), modulus, t[i] * factor);                                                  \
    } while (0)
    MONTGOMERY_ROW(0);
    MONTGOMERY_ROW(1);
    MONTGOMERY_ROW(2);
    MONTGOMERY_ROW(3);
#if LIMBS > 4
    MONTGOMERY_ROW(4);
    MONTGOMERY_ROW(5);
#endif
#if LIMBS > 6
    MONTGOMERY_ROW(6);
    MONTGOMERY_ROW(7);
    MONTGOMERY_ROW(8);
#endif
#undef MONTGOMERY_ROW
    reduce_once(out, t + LIMBS, t[LIMBS + LIMBS], modulus);
}

#endif

/* words_get and words_put: the BYTES last bytes of a number in big-endian order. */
INLINE void
words_get(uint64_t *out, const unsigned char *bytes, size_t length)
{
    size_t i;

    memset(out, 0, LIMBS * sizeof *out);
    for (i = 0; i < length; i++)
        out[i / 8] |= (uint64_t)bytes[length - 1 - i] << (i % 8 * 8);
}

INLINE void
words_put(unsigned char *bytes, size_t length, const uint64_t *a)
{
    size_t i;

    for (i = 0; i < length; i++)
        bytes[length - 1 - i] = (unsigned char)(a[i / 8] >> (i % 8 * 8));
}

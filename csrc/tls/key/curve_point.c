/* curve_point.c - see curve_point.h. BearSSL checks a point with every operation, but only by
 * multiplying it, which for a key that nothing is done with costs a hundred times as much as the
 * equation: y^2 = x^3 - 3x + b. */
#include "key/curve_point.h"

#include <string.h>

#include "wire/registry.h"

#define WORDS_MAXIMUM 17 /* of P-521 */

typedef uint32_t number[WORDS_MAXIMUM]; /* the lowest word first */

/* FIPS 186-4 appendix D.1.2 */
static const struct curve {
    int group;
    unsigned words;
    uint32_t factor; /* -1 / prime modulo 2^32 */
    number prime;
    number b;
} curves[] = {
    {TLS_GROUP_SECP256R1, 8, 0x00000001,
        {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x00000000, 0x00000000, 0x00000000, 0x00000001,
            0xFFFFFFFF},
        {0x27D2604B, 0x3BCE3C3E, 0xCC53B0F6, 0x651D06B0, 0x769886BC, 0xB3EBBD55, 0xAA3A93E7,
            0x5AC635D8}},
    {TLS_GROUP_SECP384R1, 12, 0x00000001,
        {0xFFFFFFFF, 0x00000000, 0x00000000, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF,
            0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF},
        {0xD3EC2AEF, 0x2A85C8ED, 0x8A2ED19D, 0xC656398D, 0x5013875A, 0x0314088F, 0xFE814112,
            0x181D9C6E, 0xE3F82D19, 0x988E056B, 0xE23EE7E4, 0xB3312FA7}},
    {TLS_GROUP_SECP521R1, 17, 0x00000001,
        {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF,
            0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF,
            0xFFFFFFFF, 0xFFFFFFFF, 0x000001FF},
        {0x6B503F00, 0xEF451FD4, 0x3D2C34F1, 0x3573DF88, 0x3BB1BF07, 0x1652C0BD, 0xEC7E937B,
            0x56193951, 0x8EF109E1, 0xB8B48991, 0x99B315F3, 0xA2DA725B, 0xB68540EE, 0x929A21A0,
            0x8E1C9A1F, 0x953EB961, 0x00000051}},
};

static const struct curve *
find(int group)
{
    size_t i;

    for (i = 0; i < sizeof curves / sizeof curves[0]; i++)
        if (curves[i].group == group)
            return &curves[i];
    return NULL;
}

/* subtract makes a - b of a, modulo 2^(32 words), and returns what had to be borrowed. */
static uint32_t
subtract(const struct curve *curve, number a, const number b)
{
    uint64_t difference;
    uint32_t borrow = 0;
    unsigned i;

    for (i = 0; i < curve->words; i++) {
        difference = (uint64_t)a[i] - b[i] - borrow;
        a[i] = (uint32_t)difference;
        borrow = (uint32_t)(difference >> 63);
    }
    return borrow;
}

/* add makes a + b of a, and returns what was carried. */
static uint32_t
add(const struct curve *curve, number a, const number b)
{
    uint64_t sum = 0;
    unsigned i;

    for (i = 0; i < curve->words; i++) {
        sum += (uint64_t)a[i] + b[i];
        a[i] = (uint32_t)sum;
        sum >>= 32;
    }
    return (uint32_t)sum;
}

static int
is_below(const struct curve *curve, const number a, const number b)
{
    number copy;

    memcpy(copy, a, sizeof copy);
    return subtract(curve, copy, b) != 0;
}

static void
subtract_modulo(const struct curve *curve, number a, const number b)
{
    if (subtract(curve, a, b) != 0)
        add(curve, a, curve->prime);
}

static void
add_modulo(const struct curve *curve, number a, const number b)
{
    if (add(curve, a, b) != 0 || !is_below(curve, a, curve->prime))
        subtract(curve, a, curve->prime);
}

/* multiply is Montgomery's: out = a b / R modulo the prime, where R is 2^(32 words). */
static void
multiply(const struct curve *curve, number out, const number a, const number b)
{
    uint32_t sum[WORDS_MAXIMUM + 2] = {0}, factor;
    uint64_t carry;
    unsigned i, j;

    for (i = 0; i < curve->words; i++) {
        for (carry = 0, j = 0; j < curve->words; j++) {
            carry += (uint64_t)a[i] * b[j] + sum[j];
            sum[j] = (uint32_t)carry;
            carry >>= 32;
        }
        carry += sum[j];
        sum[j] = (uint32_t)carry;
        sum[j + 1] = (uint32_t)(carry >> 32);
        factor = sum[0] * curve->factor;
        carry = ((uint64_t)factor * curve->prime[0] + sum[0]) >> 32;
        for (j = 1; j < curve->words; j++) {
            carry += (uint64_t)factor * curve->prime[j] + sum[j];
            sum[j - 1] = (uint32_t)carry;
            carry >>= 32;
        }
        carry += sum[j];
        sum[j - 1] = (uint32_t)carry;
        sum[j] = sum[j + 1] + (uint32_t)(carry >> 32);
    }
    memcpy(out, sum, sizeof(number));
    if (sum[curve->words] != 0 || !is_below(curve, out, curve->prime))
        subtract(curve, out, curve->prime);
}

static void
read_number(number out, const unsigned char *bytes, size_t length)
{
    size_t i;

    memset(out, 0, sizeof(number));
    for (i = 0; i < length; i++)
        out[i / 4] |= (uint32_t)bytes[length - 1 - i] << i % 4 * 8;
}

/* satisfies_equation compares both sides divided by R twice, so that nothing need be brought into
 * Montgomery's form first. */
static int
satisfies_equation(const struct curve *curve, const number x, const number y)
{
    static const number one = {1}, three = {3};
    number left, right, part;

    multiply(curve, left, y, y);
    multiply(curve, left, left, one);
    multiply(curve, right, x, x);
    multiply(curve, part, three, one);
    subtract_modulo(curve, right, part);
    multiply(curve, right, right, x);
    multiply(curve, part, curve->b, one);
    multiply(curve, part, part, one);
    add_modulo(curve, right, part);
    return memcmp(left, right, curve->words * sizeof left[0]) == 0;
}

int
tls_curve_has_point(int group, tls_bytes point)
{
    const struct curve *curve = find(group);
    size_t length = point.length / 2;
    number x, y;

    if (curve == NULL || point.length % 2 == 0 || point.data[0] != 0x04 ||
        (length + 3) / 4 != curve->words)
        return 0;
    read_number(x, point.data + 1, length);
    read_number(y, point.data + 1 + length, length);
    return is_below(curve, x, curve->prime) && is_below(curve, y, curve->prime) &&
           satisfies_equation(curve, x, y);
}

/* arithmetic25519.h - the arithmetic of an X25519 kernel, from the inside: included by a test after
 * the kernel's own source, as the test's name says. The field of 2^255 - 19 against numbers that
 * are multiplied plainly (support/modular.h), which squares and cubes of BearSSL's RSA anchor. */
#include <bearssl.h>
#include <stdio.h>
#include <string.h>

#include "kernel/left_out.h"
#include "kernel/processor.h"
#include "support/check.h"
#include "support/kernels.h"
#include "support/modular.h"
#include "support/random_word.h"

#define COUNT 100000
#define NUMBER_WORDS 4

static const uint64_t prime[NUMBER_WORDS] = {
    0xFFFFFFFFFFFFFFED, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF};
static modulus field_modulus;

static void
put_words(unsigned char bytes[32], const uint64_t *words)
{
    size_t i;

    for (i = 0; i < 32; i++)
        bytes[i] = (unsigned char)(words[i / 8] >> (i % 8 * 8));
}

/* random_number: any 255 bits, so that some are the prime or more; every second one is of words
 * that carry in limbs of 51 or of 64 bits. */
static void
random_number(uint64_t *out)
{
    static const uint64_t edges[] = {0, 1, 18, 19, 20, ~(uint64_t)0, ~(uint64_t)0 - 18,
        ~(uint64_t)0 - 19, (uint64_t)1 << 63, ((uint64_t)1 << 51) - 1, (uint64_t)1 << 51,
        ~(((uint64_t)1 << 51) - 1), 0x1FFF, 0x3FFFFFF, 0x7FFFFFFFFF};
    int i, edge = (int)(random_word() & 1);

    for (i = 0; i < NUMBER_WORDS; i++)
        out[i] = edge && random_word() % 4 != 0
                     ? edges[random_word() % (sizeof edges / sizeof edges[0])]
                     : random_word();
    out[NUMBER_WORDS - 1] &= ~((uint64_t)1 << 63);
}

/* edge_number: about 0, p and 2^255, and each limb's lowest and highest bit; 0 at their end. */
static int
edge_number(uint64_t *out, int n)
{
    memset(out, 0, NUMBER_WORDS * sizeof *out);
    if (n < 4) {
        out[0] = (uint64_t)n;
    } else if (n < 4 + 22) { /* p - 3 to 2^255 - 1 */
        memcpy(out, prime, sizeof prime);
        out[0] += (uint64_t)n - 7;
    } else if (n < 26 + 10) {
        int bit = 51 * ((n - 26) / 2) + (n % 2 == 0 ? 0 : 50);

        out[bit / 64] = (uint64_t)1 << bit % 64;
    } else if (n < 36 + 8) {
        int bit = 64 * ((n - 36) / 2) + (n % 2 == 0 ? 0 : 62);

        out[bit / 64] = (uint64_t)1 << bit % 64;
    } else {
        return 0;
    }
    return 1;
}

/* field_is: does a product stand for the number? */
static int
field_is(const field a, const uint32_t *expected)
{
    unsigned char bytes[32];
    uint64_t words[NUMBER_WORDS] = {0};
    size_t i;

    field_put(bytes, a);
    for (i = 0; i < 32; i++)
        words[i / 8] |= (uint64_t)bytes[i] << (i % 8 * 8);
    return modular_is(&field_modulus, expected, words);
}

/* goes_wrong: what the ladder and the Edwards curve make: products of sums and of differences of
 * products, and of sums of these. */
static int
goes_wrong(const uint64_t *a, const uint64_t *b)
{
    static const uint64_t number_a24[NUMBER_WORDS] = {121665};
    const modulus *m = &field_modulus;
    unsigned char bytes[32];
    field x, y, z, t, u;
    uint32_t p[MODULAR_WORDS], q[MODULAR_WORDS], r[MODULAR_WORDS], s[MODULAR_WORDS];
    uint32_t v[MODULAR_WORDS];
    int wrong = 0;

    put_words(bytes, a);
    field_get(x, bytes);
    put_words(bytes, b);
    field_get(y, bytes);
    modular_from(m, p, a);
    modular_from(m, q, b);
    modular_reduce(m, p, p, m->words);
    modular_reduce(m, q, q, m->words);
    wrong += !field_is(x, p) || !field_is(y, q);
    times(z, x, y);
    modular_product(m, r, p, q);
    wrong += !field_is(z, r);
    field_subtract(t, x, y);
    modular_difference(m, s, p, q);
    field_add(u, x, y);
    modular_sum(m, v, p, q);
    times(x, t, u); /* (x - y) (x + y) */
    modular_product(m, p, s, v);
    wrong += !field_is(x, p);
    field_square_times(y, t, 1); /* (x - y)^2 */
    modular_product(m, q, s, s);
    wrong += !field_is(y, q);
    field_subtract(t, x, y);
    modular_difference(m, s, p, q);
    field_multiply_a24(u, t);
    modular_from(m, v, number_a24);
    modular_product(m, v, v, s);
    field_add(u, u, x); /* the difference times that and a product: the most that the ladder does */
    modular_sum(m, v, v, p);
    times(z, t, u);
    modular_product(m, r, s, v);
    wrong += !field_is(z, r);
    field_square_times(z, z, 3);
    modular_product(m, r, r, r);
    modular_product(m, r, r, r);
    modular_product(m, r, r, r);
    wrong += !field_is(z, r);
    return wrong;
}

/* A product may be any that its limbs can hold: five of 51 bits and some, or four words. */
#ifdef LIMBS
#define LIMB_BITS 64
#define LIMB_MAXIMUM (~(uint64_t)0)
#else
#define LIMB_BITS 51
#define LIMB_MAXIMUM (((uint64_t)1 << 51) + ((uint64_t)1 << 13) - 1)
#endif

static int
puts_wrongly(void)
{
    const size_t limbs = sizeof(field) / sizeof(uint64_t);
    uint32_t number[2 * MODULAR_WORDS] = {0}, square[MODULAR_WORDS];
    field x, y;
    size_t i, j;

    for (i = 0; i < limbs; i++) {
        size_t bit = i * LIMB_BITS;
        uint64_t carry;

        x[i] = random_word() % 3 != 0 ? LIMB_MAXIMUM - random_word() % 40 : random_word();
        if (random_word() % 8 == 0)
            x[i] = ((uint64_t)1 << 51) - 1 - random_word() % 40;
        if (x[i] > LIMB_MAXIMUM)
            x[i] %= LIMB_MAXIMUM;
        for (j = 0; j < 3; j++) { /* x[i] << bit, by words of 32 */
            uint64_t part = j == 0   ? (x[i] << bit % 32) & 0xFFFFFFFF
                            : j == 1 ? (x[i] >> 1 >> (31 - bit % 32)) & 0xFFFFFFFF
                                     : x[i] >> 33 >> (31 - bit % 32);
            size_t at = bit / 32 + j;

            for (carry = part; carry != 0; at++) {
                carry += number[at];
                number[at] = (uint32_t)carry;
                carry >>= 32;
            }
        }
    }
    modular_reduce(&field_modulus, number, number, 16);
    modular_product(&field_modulus, square, number, number);
    field_square_times(y, x, 1);
    return !field_is(x, number) || !field_is(y, square);
}

static int
inverts_wrongly(const uint64_t *a)
{
    static const unsigned char one[32] = {1};
    unsigned char bytes[32];
    field x, inverse;

    put_words(bytes, a);
    field_get(x, bytes);
    field_invert(inverse, x);
    times(inverse, inverse, x);
    field_put(bytes, inverse);
    if (memcmp(bytes, one, sizeof one) == 0)
        return 0;
    field_put(bytes, x); /* 0 has none */
    return bytes[0] != 0 || memcmp(bytes, bytes + 1, 31) != 0;
}

/* power_is: does BearSSL's a^e (below 256) have the same bytes? */
static int
power_is(const uint64_t *a, unsigned char e, const field expected)
{
    unsigned char n[32], x[32], y[32], bytes[32], little[32];
    br_rsa_public_key key = {n, 32, &e, 1};
    field reduced;
    size_t i;

    put_words(bytes, a);
    field_get(reduced, bytes);
    field_put(bytes, reduced); /* BearSSL takes what is below the modulus */
    put_words(little, prime);
    field_put(y, expected);
    for (i = 0; i < 32; i++) {
        x[i] = bytes[31 - i];
        n[i] = little[31 - i];
    }
    if (br_rsa_public_get_default()(x, 32, &key) != 1)
        return 0;
    for (i = 0; i < 32; i++)
        if (x[i] != y[31 - i])
            return 0;
    return 1;
}

static int
differs_from_bearssl(const uint64_t *a)
{
    unsigned char bytes[32];
    field x, square, cube;

    put_words(bytes, a);
    field_get(x, bytes);
    field_square_times(square, x, 1);
    times(cube, square, x);
    return !power_is(a, 2, square) || !power_is(a, 3, cube);
}

static int
test_arithmetic(const tls_kernel *kernel)
{
    uint64_t a[NUMBER_WORDS], b[NUMBER_WORDS];
    int i, j, edges = 0, wrong = 0, inverse = 0, reference = 0, put = 0;
    int count = portion_of(COUNT);

    if (kernel->needs & ~tls_processor_features())
        return left_out("x25519", kernel->implementation);
    modular_prepare(&field_modulus, prime, NUMBER_WORDS);
    for (i = 0; edge_number(a, i); i++) {
        for (j = 0; edge_number(b, j); j++)
            edges += goes_wrong(a, b);
        inverse += inverts_wrongly(a);
        reference += differs_from_bearssl(a);
    }
    for (i = 0; i < count; i++) {
        random_number(a);
        random_number(b);
        wrong += goes_wrong(a, b);
        put += puts_wrongly();
        if (i % 100 == 0)
            inverse += inverts_wrongly(a);
        if (i % 20 == 0)
            reference += differs_from_bearssl(a);
    }
    check_number(edges, 0, "edges");
    check_number(wrong, 0, "%d random pairs", count);
    check_number(put, 0, "numbers as products may stand");
    check_number(inverse, 0, "inverses");
    check_number(reference, 0, "squares and cubes that are not BearSSL's");
    return check_end();
}

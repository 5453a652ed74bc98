/* arithmetic.h - the arithmetic of one curve's kernel, from the inside: included by a test after
 * the kernel's own source, as the test's name says. Field and scalars against numbers that are
 * multiplied plainly (support/modular.h), which squares and cubes of BearSSL's RSA anchor; sums of
 * many multiples against BearSSL's curves. */
#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/left_out.h"
#include "kernel/processor.h"
#include "support/check.h"
#include "support/kernels.h"
#include "support/modular.h"
#include "support/random_word.h"

#define COUNT 100000

/* edge_word: what carries, and what does not. */
static uint64_t
edge_word(uint64_t of_modulus)
{
    const uint64_t words[] = {0, 1, 2, ~(uint64_t)0, ~(uint64_t)0 - 1, (uint64_t)1 << 63,
        ((uint64_t)1 << 63) - 1, 0xFFFFFFFF, (uint64_t)0xFFFFFFFF << 32, of_modulus, of_modulus - 1,
        of_modulus + 1};

    return words[random_word() % (sizeof words / sizeof words[0])];
}

/* reduce_public: any words to what is below the modulus. */
static void
reduce_public(const modulus *m, number out, const number a)
{
    uint32_t t[2 * MODULAR_WORDS] = {0};
    int i;

    for (i = 0; i < LIMBS; i++) {
        t[2 * i] = (uint32_t)a[i];
        t[2 * i + 1] = (uint32_t)(a[i] >> 32);
    }
    modular_reduce(m, t, t, 2 * LIMBS);
    for (i = 0; i < LIMBS; i++)
        out[i] = t[2 * i] | (uint64_t)(2 * (size_t)i + 1 < m->words ? t[2 * i + 1] : 0) << 32;
}

/* random_number: below the modulus; every second one is of words that carry. */
static void
random_number(const modulus *m, number out, const number modulus_words)
{
    int i, edges = (int)(random_word() & 1);
    number a;

    for (i = 0; i < LIMBS; i++)
        a[i] = edges && random_word() % 4 != 0 ? edge_word(modulus_words[i]) : random_word();
    reduce_public(m, out, a);
}

/* edge_number: 0, 1, 2, m - 1, m - 2, (m - 1) / 2, (m + 1) / 2, all ones, each word's lowest and
 * highest bit; 0 at their end. */
static int
edge_number(const modulus *m, number out, const number modulus_words, int n)
{
    number a = {0};
    int i;

    if (n < 3) {
        a[0] = (uint64_t)n;
    } else if (n < 5) {
        memcpy(a, modulus_words, sizeof a);
        a[0] -= (uint64_t)n - 2; /* it is odd, and more than 2 */
    } else if (n < 7) {
        for (i = 0; i < LIMBS; i++)
            a[i] = modulus_words[i] >> 1 | (i + 1 < LIMBS ? modulus_words[i + 1] << 63 : 0);
        a[0] += (uint64_t)n - 5;
    } else if (n == 7) {
        memset(a, 0xFF, sizeof a);
    } else if (n < 8 + 2 * LIMBS) {
        a[(n - 8) / 2] = (uint64_t)1 << (n % 2 == 0 ? 0 : 63);
    } else {
        return 0;
    }
    reduce_public(m, out, a);
    return 1;
}

/* ---- The field ---- */

static modulus prime_modulus, order_modulus;

/* field_is: does a field element stand for the number? */
static int
field_is(const number a, const uint32_t *expected)
{
    number t;

    field_put(t, a);
    return modular_is(&prime_modulus, expected, t);
}

/* field_goes_wrong: what is made of two numbers, and of that. */
static int
field_goes_wrong(const number a, const number b)
{
    const modulus *m = &prime_modulus;
    number x, y, z, t;
    uint32_t p[MODULAR_WORDS], q[MODULAR_WORDS], r[MODULAR_WORDS], s[MODULAR_WORDS];
    int wrong = 0;

    field_get(x, a);
    field_get(y, b);
    modular_from(m, p, a);
    modular_from(m, q, b);
    field_multiply(z, x, y);
    modular_product(m, r, p, q);
    wrong += !field_is(z, r);
    field_subtract(t, x, y);
    modular_difference(m, s, p, q);
    wrong += !field_is(t, s);
    field_add(t, x, y);
    modular_sum(m, s, p, q);
    wrong += !field_is(t, s);
    field_square(t, t);
    modular_product(m, s, s, s);
    wrong += !field_is(t, s);
    field_subtract(t, t, z);
    modular_difference(m, s, s, r);
    field_subtract(z, y, t);
    modular_difference(m, r, q, s);
    wrong += !field_is(z, r);
    field_multiply(t, t, z);
    modular_product(m, s, s, r);
    wrong += !field_is(t, s);
    field_subtract(t, t, t);
    wrong += field_is_zero(t) != ~(uint64_t)0 || (field_is_zero(x) != 0) != (words_is_zero(a) != 0);
    return wrong;
}

static int
field_inverts_wrongly(const number a)
{
    static const number one = {1};
    number x, inverse, t;

    field_get(x, a);
    field_invert(inverse, x);
    field_multiply(t, inverse, x);
    field_put(t, t);
    return memcmp(t, one, sizeof t) != 0 && !words_is_zero(a);
}

/* power_is: does BearSSL's a^e (below 256) modulo this have the same words? */
static int
power_is(const number modulus_words, const number a, unsigned char e, const number expected)
{
    unsigned char n[8 * LIMBS], x[8 * LIMBS], y[8 * LIMBS];
    br_rsa_public_key key = {n, BYTES, &e, 1};

    words_put(n, BYTES, modulus_words);
    words_put(x, BYTES, a);
    words_put(y, BYTES, expected);
    return br_rsa_public_get_default()(x, BYTES, &key) == 1 && memcmp(x, y, BYTES) == 0;
}

static int
field_differs_from_bearssl(const number a)
{
    number x, t, square;

    field_get(x, a);
    field_square(t, x);
    field_put(square, t);
    field_multiply(t, t, x);
    field_put(t, t);
    return !power_is(prime, a, 2, square) || !power_is(prime, a, 3, t);
}

static void
test_field(void)
{
    number a, b;
    int i, j, edges = 0, wrong = 0, inverse = 0, reference = 0, count = portion_of(COUNT);

    for (i = 0; edge_number(&prime_modulus, a, prime, i); i++) {
        for (j = 0; edge_number(&prime_modulus, b, prime, j); j++)
            edges += field_goes_wrong(a, b);
        inverse += field_inverts_wrongly(a);
        reference += field_differs_from_bearssl(a);
    }
    for (i = 0; i < count; i++) {
        random_number(&prime_modulus, a, prime);
        random_number(&prime_modulus, b, prime);
        wrong += field_goes_wrong(a, b);
        if (i % 100 == 0)
            inverse += field_inverts_wrongly(a);
        if (i % 20 == 0)
            reference += field_differs_from_bearssl(a);
    }
    check_number(edges, 0, "the field's edges");
    check_number(wrong, 0, "%d random pairs in the field", count);
    check_number(inverse, 0, "inverses in the field");
    check_number(reference, 0, "squares and cubes that are not BearSSL's");
}

/* ---- Scalars ---- */

static int
scalars_go_wrong(const number a, const number b)
{
    const modulus *m = &order_modulus;
    number x, t;
    uint32_t p[MODULAR_WORDS], q[MODULAR_WORDS], r[MODULAR_WORDS];
    int wrong = 0;

    modular_from(m, p, a);
    modular_from(m, q, b);
    scalar_to_montgomery(x, a);
    scalar_multiply(t, x, b);
    modular_product(m, r, p, q);
    wrong += !modular_is(m, r, t);
    scalar_add(t, t, b);
    modular_sum(m, r, r, q);
    wrong += !modular_is(m, r, t);
    wrong += (scalar_is_proper(a) != 0) != !words_is_zero(a);
    return wrong;
}

/* What is not below the order, too. */
static int
reduces_wrongly(const number a)
{
    number t, expected;

    reduce_public(&order_modulus, expected, a);
    scalar_reduce(t, a);
    return memcmp(t, expected, sizeof t) != 0;
}

static int
scalar_inverts_wrongly(const number a)
{
    static const number one = {1};
    number x, t;
    int wrong;

    if (words_is_zero(a))
        return 0;
    scalar_to_montgomery(x, a);
    scalar_invert(t, x);
    scalar_multiply(t, t, a);
    wrong = memcmp(t, one, sizeof t) != 0;
    scalar_invert_public(t, a);
    scalar_multiply(t, t, x);
    return wrong + (memcmp(t, one, sizeof t) != 0);
}

static int
scalars_differ_from_bearssl(const number a)
{
    number x, square;

    scalar_to_montgomery(x, a);
    scalar_multiply(square, x, a);
    return !power_is(order, a, 2, square);
}

static void
test_scalars(void)
{
    number a, b;
    int i, j, edges = 0, wrong = 0, inverse = 0, reference = 0, count = portion_of(COUNT);

    for (i = 0; edge_number(&order_modulus, a, order, i); i++) {
        for (j = 0; edge_number(&order_modulus, b, order, j); j++)
            edges += scalars_go_wrong(a, b);
        inverse += scalar_inverts_wrongly(a);
        reference += scalars_differ_from_bearssl(a);
    }
    for (i = -3; i <= 3; i++) { /* about n, and all ones */
        memcpy(a, order, sizeof a);
        a[0] += (uint64_t)(int64_t)i;
        edges += reduces_wrongly(a) || (scalar_is_proper(a) != 0) != (i < 0);
        memset(a, 0xFF, sizeof a);
        a[i < 0 ? -i : i] -= (uint64_t)(i + 3);
        edges += reduces_wrongly(a);
    }
    for (i = 0; i < count; i++) {
        random_number(&order_modulus, a, order);
        random_number(&order_modulus, b, order);
        wrong += scalars_go_wrong(a, b);
        for (j = 0; j < LIMBS; j++)
            b[j] = random_word() % 4 != 0 ? random_word() : edge_word(order[j]);
        wrong += reduces_wrongly(b);
        if (i % 100 == 0)
            inverse += scalar_inverts_wrongly(a);
        if (i % 20 == 0)
            reference += scalars_differ_from_bearssl(a);
    }
    check_number(edges, 0, "the scalars' edges");
    check_number(wrong, 0, "%d random pairs of scalars", count);
    check_number(inverse, 0, "inverses of scalars");
    check_number(reference, 0, "squares of scalars that are not BearSSL's");
}

/* ---- Points ---- */

/* is_multiple: is this point BearSSL's multiple of the generator? */
static int
is_multiple(const jacobian *p, const number k)
{
    unsigned char scalar[BYTES], ours[POINT_LENGTH], expected[POINT_LENGTH];

    words_put(scalar, BYTES, k);
    point_put(ours, p);
    return br_ec_get_default()->mulgen(expected, scalar, BYTES, CURVE) == POINT_LENGTH &&
           memcmp(ours, expected, POINT_LENGTH) == 0;
}

/* The sum of multiples of the generator is the multiple by the sum: each goes into it, so that one
 * that is wrong shows in the next comparison with BearSSL, of which there are few. */
static void
test_generator(int count)
{
    jacobian sum = {{0}, {0}, {0}}, p;
    number k, scalars = {0};
    int i, wrong = 0, compared = 0;

    for (i = 0; i < count; i++) {
        random_number(&order_modulus, k, order);
        multiply_base(&p, k);
        add_public(&sum, &p);
        scalar_add(scalars, scalars, k);
        if ((i + 1) % (count / 50 + 1) == 0 || i + 1 == count) {
            wrong += !is_multiple(&sum, scalars);
            compared++;
        }
    }
    check_number(wrong, 0, "%d multiples of the generator, in %d sums", count, compared);
}

/* A point's multiple's multiple is its multiple by the product. */
static void
test_point(int count)
{
    static const number one = {1};
    jacobian p;
    affine q;
    number k, product;
    int i, wrong = 0, compared = 0;

    multiply_base(&p, one);
    memcpy(product, one, sizeof product);
    for (i = 0; i < count; i++) {
        do
            random_number(&order_modulus, k, order);
        while (words_is_zero(k));
        to_affine(&q, &p);
        if (i % 4 == 3) { /* of what is public */
            multiply_point_public(&p, &q, k);
        } else {
            multiply_point(&p, &q, k);
        }
        scalar_to_montgomery(product, product);
        scalar_multiply(product, product, k);
        if ((i + 1) % (count / 50 + 1) == 0 || i + 1 == count) {
            wrong += !is_multiple(&p, product);
            compared++;
        }
    }
    check_number(wrong, 0, "%d multiples of points, in %d products", count, compared);
}

/* ---- A table that is damaged ---- */

/* One bit of each multiple in a row is another: signatures by it are wrong, and the check knows,
 * although its own multiplication goes by the same table. */
static void
test_damaged_table(void)
{
    unsigned char x[BYTES], q[POINT_LENGTH], digest[32], out[2 * BYTES + 16];
    br_ec_private_key key = {CURVE, x, BYTES};
    br_ec_public_key public_key = {CURVE, q, POINT_LENGTH};
    affine row[MULTIPLES];
    number k;
    int round, i, j, good = 0, unsound = 0, taken = 0;

    for (round = 0; round < 60; round++) {
        size_t length;

        random_number(&order_modulus, k, order);
        words_put(x, BYTES, k);
        multiply_generator(q, x, BYTES, CURVE);
        for (i = 0; i < 32; i++)
            digest[i] = (unsigned char)random_word();
        i = (int)(random_word() % WINDOWS);
        memcpy(row, table[i], sizeof row);
        for (j = 0; j < MULTIPLES && round > 2; j++)
            table[i][j].x[random_word() % LIMBS] ^= (uint64_t)1 << random_word() % 9;
        length = ecdsa_sign(NULL, &br_sha256_vtable, digest, &key, out);
        length = br_ecdsa_asn1_to_raw(out, length);
        j = (int)ecdsa_check(digest, sizeof digest, &key, &public_key, out, length);
        memcpy(table[i], row, sizeof row);
        good += j;
        if (!ecdsa_verify(NULL, digest, sizeof digest, &public_key, out, length)) {
            unsound++;
            taken += j;
        }
    }
    check(good >= 3, "signatures by a sound table");
    check(unsound > 40, "signatures by a damaged table: %d", unsound);
    check_number(taken, 0, "of which the check takes");
}

/* Multiples of the generator, and as many of other points. They take their time: a hundred thousand
 * in all where TEST_WHOLE is set, as `make kernels-tests` does; else a tenth of these. */
static int
multiples(void)
{
    return portion_of(getenv("TEST_WHOLE") != NULL ? COUNT / 2 : COUNT / 20);
}

static int
test_arithmetic(const char *primitive, const tls_kernel *kernel)
{
    if (kernel->needs & ~tls_processor_features())
        return left_out(primitive, kernel->implementation);
    prepare();
    modular_prepare(&prime_modulus, prime, LIMBS);
    modular_prepare(&order_modulus, order, LIMBS);
    test_field();
    test_scalars();
    test_generator(multiples());
    test_point(multiples());
    test_damaged_table();
    return check_end();
}

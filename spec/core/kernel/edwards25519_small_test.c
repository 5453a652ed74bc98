/* edwards25519_small_test.c - the Edwards curve for machines without products of 128 bits beside
 * what runs here: the same points, of random numbers and of those at the limbs' edges. */
#include <stdio.h>

#include "kernel/build.h"
#include "support/check.h"

#if TLS_KERNEL_INT128

#undef TLS_KERNEL_INT128
#define TLS_KERNEL_INT128 0
#define tls_edwards25519_portable small_under_test /* the other one is in the library */
#include "kernel/edwards25519_small.c"
#undef tls_edwards25519_portable

#include "kernel/choice.h"
#include "kernel/kernel.h"
#include "support/kernels.h"
#include "support/random_word.h"

#define COUNT 400

/* random_number: below 2^255; some have long runs of ones and zeros. */
static void
random_number(unsigned char out[32])
{
    int i, edges = random_word() % 2 == 0;

    for (i = 0; i < 32; i++)
        out[i] = edges ? (unsigned char)(random_word() % 3 == 0 ? 0xFF : 0)
                       : (unsigned char)random_word();
    out[31] &= 0x7F;
}

/* number_near: 2^bit less or more a little. */
static void
number_near(unsigned char out[32], int bit, int more)
{
    int i, carry = more;

    memset(out, 0, 32);
    if (bit < 256)
        out[bit / 8] = (unsigned char)(1 << bit % 8);
    for (i = 0; i < 32; i++) {
        carry += out[i];
        out[i] = (unsigned char)carry;
        carry = carry < 0 ? -1 : carry >> 8;
    }
}

static int
differs(const tls_edwards25519 *a, const tls_edwards25519 *b, const unsigned char x[32],
    const unsigned char y[32])
{
    unsigned char p[32], q[32], r[32];

    a->generate(p, x);
    b->generate(q, x);
    if (memcmp(p, q, 32) != 0 || a->is_public_key(p) != b->is_public_key(p))
        return 1;
    if (a->combine(q, p, y, x) != 1 || b->combine(r, p, y, x) != 1 || memcmp(q, r, 32) != 0)
        return 1;
    return 0;
}

/* keys_differ: any 32 bytes as a point. */
static int
keys_differ(const tls_edwards25519 *a, const tls_edwards25519 *b, const unsigned char x[32])
{
    static const unsigned char one[32] = {1};
    unsigned char p[32], q[32];
    int is = a->combine(p, x, one, one);

    return is != b->combine(q, x, one, one) || (is && memcmp(p, q, 32) != 0) ||
           a->is_public_key(x) != b->is_public_key(x);
}

static void
compare(const char *words)
{
    const tls_edwards25519 *other = tls_kernels_chosen()->edwards25519;
    unsigned char x[32], y[32];
    int i, more, points = 0, keys = 0, count = portion_of(COUNT);

    check_about("%s", words);
    for (i = 0; i < count; i++) {
        random_number(x);
        random_number(y);
        points += differs(&small_under_test, other, x, y);
        x[31] |= (unsigned char)(random_word() % 2 << 7);
        keys += keys_differ(&small_under_test, other, x);
    }
    for (i = 0; i <= 255; i++)
        for (more = -20; more <= 20; more += i % 51 < 2 || i > 253 ? 1 : 20) {
            number_near(x, i, more);
            keys += keys_differ(&small_under_test, other, x);
        }
    check_number(points, 0, "points of %d numbers", count);
    check_number(keys, 0, "strings as points");
}

int
main(void)
{
    static const char *const choices[] = {"auto", "portable"};
    size_t i;

    for (i = 0; i < 2; i++)
        if (tls_kernels_choose(choices[i]))
            compare(choices[i]);
    return check_end();
}

#else

int
main(void)
{
    check(1, "it is what runs here: ed25519_test");
    return check_end();
}

#endif

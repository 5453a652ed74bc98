/* x25519_kernel_test.c - X25519 against BearSSL's: random scalars and points, edges of both, the
 * iterated vectors of RFC 7748 section 5.2. */
#include <bearssl.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"
#include "support/kernels.h"

#define CURVE 29
#define LENGTH 32

static unsigned char
random_byte(void)
{
    static uint64_t x = 88172645463325252;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (unsigned char)(x >> 24);
}

static void
fill(unsigned char *out)
{
    size_t i;

    for (i = 0; i < LENGTH; i++)
        out[i] = random_byte();
}

/* BearSSL 0.6 takes a scalar in little-endian order, other versions in big-endian order: its
 * clamping drops a 1 in the first byte there, and keeps it here. */
static int reference_is_reversed;

static void
find_order(void)
{
    unsigned char one[LENGTH] = {1}, zero[LENGTH] = {0}, a[LENGTH], b[LENGTH];

    br_ec_get_default()->mulgen(a, one, LENGTH, CURVE);
    br_ec_get_default()->mulgen(b, zero, LENGTH, CURVE);
    reference_is_reversed = memcmp(a, b, LENGTH) != 0;
}

static const unsigned char *
for_reference(unsigned char out[LENGTH], const unsigned char *scalar)
{
    size_t i;

    for (i = 0; i < LENGTH; i++)
        out[i] = scalar[reference_is_reversed ? LENGTH - 1 - i : i];
    return out;
}

/* same_product: one point times one scalar by both. */
static int
same_product(const unsigned char *point, const unsigned char *scalar)
{
    const br_ec_impl *ours = &tls_kernels_chosen()->curves, *reference = br_ec_get_default();
    unsigned char a[LENGTH], b[LENGTH], e[LENGTH];

    for_reference(e, scalar);
    memcpy(a, point, LENGTH);
    memcpy(b, point, LENGTH);
    return ours->mul(a, LENGTH, scalar, LENGTH, CURVE) == 1 &&
           reference->mul(b, LENGTH, e, LENGTH, CURVE) == 1 && memcmp(a, b, LENGTH) == 0;
}

/* same: and the generator times the scalar. */
static int
same(const unsigned char *point, const unsigned char *scalar)
{
    const br_ec_impl *ours = &tls_kernels_chosen()->curves, *reference = br_ec_get_default();
    unsigned char c[LENGTH], d[LENGTH], e[LENGTH];

    for_reference(e, scalar);
    return same_product(point, scalar) && ours->mulgen(c, scalar, LENGTH, CURVE) == LENGTH &&
           reference->mulgen(d, e, LENGTH, CURVE) == LENGTH && memcmp(c, d, LENGTH) == 0;
}

static void
test_random(int count)
{
    unsigned char point[LENGTH], scalar[LENGTH];
    int i, wrong = 0;

    for (i = 0; i < count; i++) {
        fill(point);
        fill(scalar);
        wrong += i % 10 == 0 ? !same(point, scalar) : !same_product(point, scalar);
    }
    check_number(wrong, 0, "%d random ones", count);
}

/* The generator's table against the ladder, which is quicker than BearSSL. */
static void
test_generator(int count)
{
    const br_ec_impl *ours = &tls_kernels_chosen()->curves;
    unsigned char scalar[LENGTH], a[LENGTH], b[LENGTH];
    int i, wrong = 0;

    for (i = 0; i < count; i++) {
        fill(scalar);
        memset(a, 0, LENGTH);
        a[0] = 9;
        ours->mul(a, LENGTH, scalar, LENGTH, CURVE);
        ours->mulgen(b, scalar, LENGTH, CURVE);
        wrong += memcmp(a, b, LENGTH) != 0;
    }
    check_number(wrong, 0, "%d multiples of the generator", count);
}

/* put: the number 2^255 - 19 + n modulo 2^256, or -n for what is below; little-endian. */
static void
put(unsigned char *out, int base, int n)
{
    int i, carry = n;

    for (i = 0; i < LENGTH; i++) {
        int byte = base == 0 ? 0 : base == 1 ? (i == 0 ? 0xED : i == 31 ? 0x7F : 0xFF) : 0xFF;

        carry += byte;
        out[i] = (unsigned char)carry;
        carry >>= 8;
    }
}

static void
test_edges(void)
{
    unsigned char point[LENGTH], scalar[LENGTH];
    int base, n, bit, wrong = 0;

    for (base = 0; base < 3; base++)
        for (n = -20; n <= 20; n++) {
            fill(scalar);
            put(point, base, n);
            wrong += !same(point, scalar);
            put(scalar, base, n);
            wrong += !same(point, scalar);
        }
    check_number(wrong, 0, "points and scalars about 0, p and 2^256");
    wrong = 0;
    for (bit = 0; bit < 256; bit++) { /* carries at each limb */
        memset(point, 0, LENGTH);
        memset(scalar, 0, LENGTH);
        point[bit / 8] = scalar[bit / 8] = (unsigned char)(1 << (bit % 8));
        wrong += !same(point, scalar);
        for (n = 0; n < bit / 8; n++)
            point[n] = scalar[n] = 0xFF;
        wrong += !same(point, scalar);
    }
    check_number(wrong, 0, "single bits, and runs of them");
}

/* Points of small order (Bernstein, https://cr.yp.to/ecdh.html#validate) give 0. */
static void
test_small_order(void)
{
    static const unsigned char eight[2][LENGTH] = {
        {0xE0, 0xEB, 0x7A, 0x7C, 0x3B, 0x41, 0xB8, 0xAE, 0x16, 0x56, 0xE3, 0xFA, 0xF1, 0x9F, 0xC4,
            0x6A, 0xDA, 0x09, 0x8D, 0xEB, 0x9C, 0x32, 0xB1, 0xFD, 0x86, 0x62, 0x05, 0x16, 0x5F,
            0x49, 0xB8, 0x00},
        {0x5F, 0x9C, 0x95, 0xBC, 0xA3, 0x50, 0x8C, 0x24, 0xB1, 0xD0, 0xB1, 0x55, 0x9C, 0x83, 0xEF,
            0x5B, 0x04, 0x44, 0x5C, 0xC4, 0x58, 0x1C, 0x8E, 0x86, 0xD8, 0x22, 0x4E, 0xDD, 0xD0,
            0x9F, 0x11, 0x57}};
    static const unsigned char zero[LENGTH];
    unsigned char point[LENGTH], scalar[LENGTH];
    int i;

    for (i = 0; i < 7; i++) {
        fill(scalar);
        if (i < 2)
            memcpy(point, eight[i], LENGTH);
        else
            put(point, i < 4 ? 0 : 1, i < 4 ? i - 2 : i - 5); /* 0, 1, p - 1, p, p + 1 */
        check(tls_kernels_chosen()->curves.mul(point, LENGTH, scalar, LENGTH, CURVE) == 1 &&
                  memcmp(point, zero, LENGTH) == 0,
            "point %d of small order", i);
    }
}

static void
test_iterated(void)
{
    unsigned char k[LENGTH] = {9}, u[LENGTH] = {9}, result[LENGTH];
    int i;

    for (i = 0; i < 1000; i++) {
        memcpy(result, u, LENGTH);
        tls_kernels_chosen()->curves.mul(result, LENGTH, k, LENGTH, CURVE);
        memcpy(u, k, LENGTH);
        memcpy(k, result, LENGTH);
    }
    check_hex(tls_bytes_make(k, LENGTH),
        "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51", "1,000 iterations");
}

static void
test_lengths(void)
{
    unsigned char point[LENGTH] = {9}, scalar[LENGTH + 1] = {1};
    const br_ec_impl *ours = &tls_kernels_chosen()->curves;

    check(ours->mul(point, LENGTH - 1, scalar, LENGTH, CURVE) == 0, "a point of 31 bytes");
    check(ours->mul(point, LENGTH, scalar, LENGTH + 1, CURVE) == 0, "a scalar of 33 bytes");
    check(ours->muladd(point, NULL, LENGTH, scalar, 32, scalar, 32, CURVE) == 0,
        "there is no sum of multiples");
}

static void
test_choice(const char *words, int count, int multiples)
{
    require(tls_kernels_choose(words), "%s", words);
    check_about("%s", words);
    if (has_kernel("x25519")) {
        test_random(portion_of(count));
        test_generator(portion_of(multiples));
        test_edges();
    }
    test_small_order();
    test_iterated();
    test_lengths();
}

int
main(void)
{
    find_order();
    test_choice("auto", 100000, 100000);
    if (strcmp(kernel_of("x25519"), "ifma") == 0)
        test_choice("adx", 4000, 20000);         /* its generator is that of "ifma" */
    if (strcmp(kernel_of("x25519"), "adx") == 0) /* the others are what "portable" says */
        test_choice("portable", 4000, 20000);
    return check_end();
}

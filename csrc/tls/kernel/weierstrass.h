/* weierstrass.h - a curve as the table of kernels wants it: included by each curve after limbs.h
 * and its field; weierstrass_points.h says what that must have. */

#include "kernel/weierstrass_points.h"
#include "kernel/weierstrass_scalars.h"

/* ---- At first use ---- */

#define SMALL __attribute__((cold)) /* rather than quick */

/* double_modulo: the number 2^n modulo a modulus, by doubling 1. */
static void
power_of_two(number out, int n, const number modulus)
{
    memset(out, 0, sizeof(number));
    out[0] = 1;
    while (n-- > 0)
        modular_add(out, out, out, modulus);
}

/* negative_inverse: -1 / a modulo 2^64, a odd, by Newton's iteration: each doubles the right bits.
 */
static uint64_t
negative_inverse(uint64_t a)
{
    uint64_t x = a; /* right for three bits */
    int i;

    for (i = 0; i < 5; i++)
        x *= 2 - a * x;
    return 0 - x;
}

/* make_row: 1 to 2^(w-1) times the base; all divided by their z at once, by one inversion of the
 * product (Montgomery's trick). */
static SMALL void
make_row(affine row[MULTIPLES], const affine *base)
{
    jacobian p[MULTIPLES];
    number products[MULTIPLES], inverse, one, square;
    difference d;
    int j;

    from_affine(&p[0], base);
    memcpy(products[0], p[0].z, sizeof products[0]);
    for (j = 1; j < MULTIPLES; j++) {
        if (j == 1) {
            point_double(&p[1], &p[0]);
        } else {
            p[j] = p[j - 1];
            add_affine(&p[j], base, 0, &d);
        }
        field_multiply(products[j], products[j - 1], p[j].z);
    }
    field_invert(inverse, products[MULTIPLES - 1]);
    for (j = MULTIPLES - 1; j >= 0; j--) {
        if (j > 0)
            field_multiply(one, inverse, products[j - 1]);
        else
            memcpy(one, inverse, sizeof one);
        field_multiply(inverse, inverse, p[j].z);
        field_square(square, one);
        field_multiply(row[j].x, p[j].x, square);
        field_multiply(square, square, one);
        field_multiply(row[j].y, p[j].y, square);
    }
}

static SMALL void
make(void)
{
    static const number one = {1};
    affine base;
    jacobian p;
    number x;
    int i;

    field_prepare();
    order_factor = negative_inverse(order[0]);
    power_of_two(order_square, 128 * LIMBS, order);
    field_get(field_one, one);
    words_get(x, b_bytes, BYTES);
    field_get(curve_b, x);
    words_get(x, generator_bytes, BYTES);
    field_get(base.x, x);
    words_get(x, generator_bytes + BYTES, BYTES);
    field_get(base.y, x);
    for (i = 0; i < WINDOWS; i++) {
        make_row(table[i], &base);
        from_affine(&p, &table[i][MULTIPLES - 1]);
        point_double(&p, &p); /* 2^w times the base */
        to_affine(&base, &p);
    }
}

static void
prepare(void)
{
    tls_once_run(&made, make);
}

/* ---- Encodings ---- */

/* point_get: 04 X Y (SEC 1 section 2.3.4), a point of the curve. Points are public. */
static int
point_get(affine *out, const unsigned char *bytes, size_t length)
{
    number x, y, less, left, right;

    if (length != POINT_LENGTH || bytes[0] != 0x04)
        return 0;
    words_get(x, bytes + 1, BYTES);
    words_get(y, bytes + 1 + BYTES, BYTES);
    if (!words_subtract(less, x, prime) || !words_subtract(less, y, prime))
        return 0;
    field_get(out->x, x);
    field_get(out->y, y);
    field_square(right, out->x);
    field_multiply(right, right, out->x);
    for (length = 0; length < 3; length++)
        field_subtract(right, right, out->x);
    field_add(right, right, curve_b);
    field_square(left, out->y);
    field_subtract(left, left, right);
    return field_is_zero(left) != 0;
}

/* point_put returns 0 for infinity, and writes zeros. */
static uint32_t
point_put(unsigned char *bytes, const jacobian *p)
{
    affine a;
    number x;

    to_affine(&a, p);
    bytes[0] = 0x04;
    field_put(x, a.x);
    words_put(bytes + 1, BYTES, x);
    field_put(x, a.y);
    words_put(bytes + 1 + BYTES, BYTES, x);
    tls_wipe(&a, sizeof a);
    tls_wipe(x, sizeof x);
    return (uint32_t)(~field_is_zero(p->z) & 1);
}

static __attribute__((noinline)) uint32_t
multiply_in_scratch(unsigned char *point, size_t length, const unsigned char *scalar,
    size_t scalar_length, int curve)
{
    affine p;
    jacobian r;
    number k;
    uint32_t good;

    (void)curve;
    prepare();
    if (!point_get(&p, point, length) || !scalar_get(k, scalar, scalar_length))
        return 0;
    multiply_point(&r, &p, k);
    good = point_put(point, &r);
    tls_wipe(k, sizeof k);
    tls_wipe(&r, sizeof r);
    return good;
}

static __attribute__((noinline)) size_t
multiply_generator_in_scratch(
    unsigned char *out, const unsigned char *scalar, size_t scalar_length, int curve)
{
    jacobian r;
    number k;

    (void)curve;
    prepare();
    if (!scalar_get(k, scalar, scalar_length))
        return 0;
    multiply_base(&r, k);
    point_put(out, &r);
    tls_wipe(k, sizeof k);
    tls_wipe(&r, sizeof r);
    return POINT_LENGTH;
}

static uint32_t
multiply(unsigned char *point, size_t length, const unsigned char *scalar, size_t scalar_length,
    int curve)
{
    uint32_t good = multiply_in_scratch(point, length, scalar, scalar_length, curve);

    scratch_wipe();
    return good;
}

static size_t
multiply_generator(unsigned char *out, const unsigned char *scalar, size_t scalar_length, int curve)
{
    size_t written = multiply_generator_in_scratch(out, scalar, scalar_length, curve);

    scratch_wipe();
    return written;
}

/* ---- In variable time, of what is public: verification ---- */

/* add_public: p + q for any two. */
static void
add_public(jacobian *p, const jacobian *q)
{
    jacobian before = *p;
    difference d;

    add_jacobian(p, q, &d);
    if (!field_is_zero(before.z) && !field_is_zero(q->z) && field_is_zero(d.h) &&
        field_is_zero(d.r))
        point_double(p, &before);
}

static void
add_base_public(jacobian *r, const number k)
{
    jacobian before;
    difference d;
    int i;

    for (i = 0; i < WINDOWS; i++) {
        digit next = take_digit(k, i, WINDOW);
        affine a;

        if (next.absolute == 0)
            continue;
        a = table[i][next.absolute - 1];
        negate_if(a.y, next.negative);
        before = *r;
        add_affine(r, &a, 0, &d);
        if (!field_is_zero(before.z) && field_is_zero(d.h) && field_is_zero(d.r))
            point_double(r, &before);
    }
}

#define NAF_WIDTH 5
#define NAF_MULTIPLES (1 << (NAF_WIDTH - 2))

/* make_naf: digits that are 0 or odd, from -15 to 15, of which at most one in five is not 0
 * (Hankerson, Menezes and Vanstone, "Guide to Elliptic Curve Cryptography", algorithm 3.35). */
static void
make_naf(signed char naf[BITS + 1], const number k)
{
    int i, carry = 0;

    memset(naf, 0, BITS + 1);
    for (i = 0; i <= BITS; i++) {
        int word = i / 64, shift = i % 64, bits;
        uint64_t window = word < LIMBS ? k[word] >> shift : 0;

        if (shift + NAF_WIDTH > 64 && word + 1 < LIMBS)
            window |= k[word + 1] << (64 - shift);
        bits = (int)(window & ((1 << NAF_WIDTH) - 1)) + carry;
        if ((bits & 1) == 0)
            continue;
        carry = bits >> (NAF_WIDTH - 1);
        naf[i] = (signed char)(bits - (carry << NAF_WIDTH));
        i += NAF_WIDTH - 1;
    }
}

static void
multiply_point_public(jacobian *r, const affine *p, const number k)
{
    jacobian multiples[NAF_MULTIPLES], twice, q;
    signed char naf[BITS + 1];
    int i;

    from_affine(&multiples[0], p);
    point_double(&twice, &multiples[0]);
    for (i = 1; i < NAF_MULTIPLES; i++) {
        multiples[i] = multiples[i - 1];
        add_public(&multiples[i], &twice);
    }
    make_naf(naf, k);
    memset(r, 0, sizeof *r);
    for (i = BITS; i >= 0; i--) {
        if (!field_is_zero(r->z))
            point_double(r, r);
        if (naf[i] == 0)
            continue;
        q = multiples[(naf[i] < 0 ? -naf[i] : naf[i]) / 2];
        negate_if(q.y, naf[i] < 0 ? ~(uint64_t)0 : 0);
        add_public(r, &q);
    }
}

/* multiply_and_add: BearSSL has it for verification alone, and ours does without. */
static SMALL uint32_t
multiply_and_add(unsigned char *a, const unsigned char *b, size_t length, const unsigned char *x,
    size_t x_length, const unsigned char *y, size_t y_length, int curve)
{
    affine p, q;
    jacobian r, s;
    number u, v;

    (void)curve;
    prepare();
    if (!point_get(&p, a, length) || !scalar_get(u, x, x_length) || !scalar_get(v, y, y_length))
        return 0;
    multiply_point_public(&r, &p, u);
    if (b == NULL) {
        add_base_public(&r, v);
    } else {
        if (!point_get(&q, b, length))
            return 0;
        multiply_point_public(&s, &q, v);
        add_public(&r, &s);
    }
    return point_put(a, &r);
}

#include "kernel/weierstrass_ecdsa.h"

static void
install(tls_kernels *kernels)
{
    tls_curve_kernel *kernel = &kernels->curve[CURVE];

    kernel->multiply = multiply;
    kernel->multiply_generator = multiply_generator;
    kernel->multiply_and_add = multiply_and_add;
    kernel->ecdsa_sign = ecdsa_sign;
    kernel->ecdsa_verify = ecdsa_verify;
    kernel->ecdsa_check = ecdsa_check;
}

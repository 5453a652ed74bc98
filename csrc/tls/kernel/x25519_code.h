/* x25519_code.h - X25519 over either form of the field: included by x25519.c and x25519_adx.c.
 *
 * Any point: the Montgomery ladder of RFC 7748 section 5, 255 steps of one shape; a bit of the
 * scalar only moves masks.
 *
 * The generator: on the birationally equivalent Edwards curve -x^2 + y^2 = 1 + dx^2y^2
 * (section 4.1), with u = (1 + y)/(1 - y) at the end. Its addition law has no exceptions (Hisil,
 * Wong, Carter and Dawson, "Twisted Edwards curves revisited", 2008, extended coordinates). The
 * scalar in 64 digits from -8 to 8, base 16: those at odd places are added up, four doublings, then
 * those at even places (Bernstein, Duif, Lange, Schwabe and Yang, "High-speed high-security
 * signatures", 2011, section 4). A digit takes its multiple out of a table by reading all eight. */
#include "base/bytes.h"
#include "kernel/once.h"
#include "kernel/scratch.h"

/* times: a multiplication that is called, where that costs less than the room that it takes. */
static __attribute__((noinline)) void
times(field out, const field a, const field b)
{
    field_multiply(out, a, b);
}

static __attribute__((noinline)) void
field_square_times(field out, const field a, int times)
{
    field_square(out, a);
    while (--times > 0)
        field_square(out, out);
}

/* field_invert: a^(p-2), 0 for 0. The exponent is 2^255 - 21; the names say which powers 2^n - 1
 * are there. */
static __attribute__((noinline)) void
field_invert(field out, const field a)
{
    field a2, a11, x5, x10, x20, x50, x100, t;

    field_square(a2, a);
    field_square_times(t, a2, 2);
    times(t, t, a);        /* 9 */
    times(a11, t, a2);     /* 11 */
    field_square(x5, a11); /* 22 */
    times(x5, x5, t);      /* 31 = 2^5 - 1 */
    field_square_times(t, x5, 5);
    times(x10, t, x5);
    field_square_times(t, x10, 10);
    times(x20, t, x10);
    field_square_times(t, x20, 20);
    times(t, t, x20);
    field_square_times(t, t, 10);
    times(x50, t, x10);
    field_square_times(t, x50, 50);
    times(x100, t, x50);
    field_square_times(t, x100, 100);
    times(t, t, x100);
    field_square_times(t, t, 50);
    times(t, t, x50); /* 2^250 - 1 */
    field_square_times(t, t, 5);
    times(out, t, a11);
}

#define CURVE 29
#define LENGTH 32

/* ---- The ladder ---- */

static void
swap_if(uint64_t mask, field a, field b)
{
    int i;

    for (i = 0; i < FIELD_LIMBS; i++) {
        uint64_t difference = (a[i] ^ b[i]) & mask;

        a[i] ^= difference;
        b[i] ^= difference;
    }
}

typedef struct ladder {
    field x1, x2, z2, x3, z3;
} ladder;

/* step: the names of RFC 7748 section 5. */
static void
step(ladder *l)
{
    field a, aa, b, bb, e, c, d, da, cb, t;

    field_add(a, l->x2, l->z2);
    field_subtract(b, l->x2, l->z2);
    field_add(c, l->x3, l->z3);
    field_subtract(d, l->x3, l->z3);
    field_multiply(da, d, a);
    field_multiply(cb, c, b);
    field_square(aa, a);
    field_square(bb, b);
    field_add(t, da, cb);
    field_square(l->x3, t);
    field_subtract(t, da, cb);
    field_square(t, t);
    field_multiply(l->z3, t, l->x1);
    field_multiply(l->x2, aa, bb);
    field_subtract(e, aa, bb);
    field_multiply_a24(t, e);
    field_add(t, t, aa);
    field_multiply(l->z2, e, t);
}

static void
clamp(unsigned char out[LENGTH], const unsigned char *scalar, size_t length)
{
    memset(out, 0, LENGTH);
    memcpy(out, scalar, length);
    out[0] &= 0xF8;
    out[31] = (unsigned char)((out[31] & 0x7F) | 0x40);
}

static void
multiply_u(unsigned char u[LENGTH], const unsigned char scalar[LENGTH])
{
    ladder l;
    uint64_t swapped = 0;
    int i;

    memset(&l, 0, sizeof l);
    field_get(l.x1, u);
    memcpy(l.x3, l.x1, sizeof l.x1);
    l.x2[0] = l.z3[0] = 1;
    for (i = 254; i >= 0; i--) {
        uint64_t bit = (uint64_t)(scalar[i / 8] >> (i % 8)) & 1;

        swap_if(0 - (swapped ^ bit), l.x2, l.x3);
        swap_if(0 - (swapped ^ bit), l.z2, l.z3);
        swapped = bit;
        step(&l);
    }
    swap_if(0 - swapped, l.x2, l.x3);
    swap_if(0 - swapped, l.z2, l.z3);
    field_invert(l.z2, l.z2);
    times(l.x2, l.x2, l.z2);
    field_put(u, l.x2);
    tls_wipe(&l, sizeof l);
}

/* ---- The generator ---- */

#define DIGITS 64
#define MULTIPLES 8

typedef struct edwards {
    field x, y, z, t; /* x/z, y/z, t = xy/z */
} edwards;

/* An affine point as additions want it. */
typedef struct multiple {
    field y_plus_x, y_minus_x, xy2d;
} multiple;

static multiple table[DIGITS / 2][MULTIPLES]; /* (j + 1) 256^i B */
static tls_once table_made;

/* Of the curve, RFC 7748 section 4.1: 2d, and the generator; in little-endian order. */
static const unsigned char d2_bytes[LENGTH] = {0x59, 0xF1, 0xB2, 0x26, 0x94, 0x9B, 0xD6, 0xEB, 0x56,
    0xB1, 0x83, 0x82, 0x9A, 0x14, 0xE0, 0x00, 0x30, 0xD1, 0xF3, 0xEE, 0xF2, 0x80, 0x8E, 0x19, 0xE7,
    0xFC, 0xDF, 0x56, 0xDC, 0xD9, 0x06, 0x24};
static const unsigned char x_bytes[LENGTH] = {0x1A, 0xD5, 0x25, 0x8F, 0x60, 0x2D, 0x56, 0xC9, 0xB2,
    0xA7, 0x25, 0x95, 0x60, 0xC7, 0x2C, 0x69, 0x5C, 0xDC, 0xD6, 0xFD, 0x31, 0xE2, 0xA4, 0xC0, 0xFE,
    0x53, 0x6E, 0xCD, 0xD3, 0x36, 0x69, 0x21};
static const unsigned char y_bytes[LENGTH] = {0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66};

static __attribute__((noinline)) void
double_point(edwards *p)
{
    field a, b, c, e, f, g, h;

    field_square(a, p->x);
    field_square(b, p->y);
    field_square(c, p->z);
    field_add(c, c, c);
    field_add(h, a, b);
    field_add(e, p->x, p->y);
    field_square(e, e);
    field_subtract(e, h, e);
    field_subtract(g, a, b);
    field_add(f, c, g);
    times(p->x, e, f);
    times(p->y, g, h);
    times(p->t, e, h);
    times(p->z, f, g);
}

static __attribute__((noinline)) void
add_multiple(edwards *p, const multiple *q)
{
    field a, b, c, d, e, f, g, h;

    field_subtract(a, p->y, p->x);
    times(a, a, q->y_minus_x);
    field_add(b, p->y, p->x);
    times(b, b, q->y_plus_x);
    times(c, p->t, q->xy2d);
    field_add(d, p->z, p->z);
    field_subtract(e, b, a);
    field_subtract(f, d, c);
    field_add(g, d, c);
    field_add(h, b, a);
    times(p->x, e, f);
    times(p->y, g, h);
    times(p->t, e, h);
    times(p->z, f, g);
}

static __attribute__((noinline)) void
make_multiple(multiple *out, const edwards *p, const field d2)
{
    static const field one = {1};
    field inverse, x, y;

    field_invert(inverse, p->z);
    times(x, p->x, inverse);
    times(y, p->y, inverse);
    times(out->xy2d, x, y);
    times(out->xy2d, out->xy2d, d2);
    field_add(out->y_plus_x, y, x);
    field_subtract(out->y_minus_x, y, x);
    times(out->y_minus_x, out->y_minus_x, one); /* tight again */
    times(out->y_plus_x, out->y_plus_x, one);
}

/* make_table takes a fraction of a millisecond, once. */
static void
make_table(void)
{
    edwards base, p;
    field d2;
    int i, j;

    memset(&base, 0, sizeof base);
    field_get(d2, d2_bytes);
    field_get(base.x, x_bytes);
    field_get(base.y, y_bytes);
    base.z[0] = 1;
    times(base.t, base.x, base.y);
    for (i = 0; i < DIGITS / 2; i++) {
        p = base;
        for (j = 0; j < MULTIPLES; j++) {
            make_multiple(&table[i][j], &p, d2);
            add_multiple(&p, &table[i][0]);
        }
        for (j = 0; j < 8; j++)
            double_point(&base);
    }
}

/* ones_if_equal: all bits, or none; both are below 2^63. */
static uint64_t
ones_if_equal(uint64_t a, uint64_t b)
{
    return 0 - (((a ^ b) - 1) >> 63);
}

/* look_up takes out |digit| times the base, all of the table being read, and negates it for digits
 * below 0. Multiple 0 is (0, 1). */
static void
look_up(multiple *out, const multiple row[MULTIPLES], int digit)
{
    uint64_t negative = 0 - ((uint64_t)(int64_t)digit >> 63);
    uint64_t absolute = ((uint64_t)(int64_t)digit ^ negative) - negative;
    uint64_t *to = (uint64_t *)(void *)out;
    static const field zero;
    field minus;
    size_t i, j;

    memset(out, 0, sizeof *out);
    out->y_plus_x[0] = out->y_minus_x[0] = ones_if_equal(absolute, 0) & 1;
    for (j = 0; j < MULTIPLES; j++) {
        const uint64_t *from = (const uint64_t *)(const void *)&row[j];
        uint64_t mask = ones_if_equal(absolute, j + 1);

        for (i = 0; i < sizeof *out / sizeof *to; i++)
            to[i] |= from[i] & mask;
    }
    swap_if(negative, out->y_plus_x, out->y_minus_x);
    field_subtract(minus, zero, out->xy2d);
    swap_if(negative, minus, out->xy2d);
}

/* make_digits: 16^i digits[i] added up are the scalar, and each is from -8 to 8. */
static void
make_digits(int digits[DIGITS], const unsigned char scalar[LENGTH])
{
    int i, carry = 0;

    for (i = 0; i < DIGITS; i++) {
        digits[i] = (scalar[i / 2] >> (i % 2 * 4) & 15) + carry;
        carry = (digits[i] + 8) >> 4;
        if (i < DIGITS - 1) /* the last is below 8: the scalar has 255 bits */
            digits[i] -= carry * 16;
    }
}

static void
multiply_base(unsigned char u[LENGTH], const unsigned char scalar[LENGTH])
{
    int digits[DIGITS], i;
    edwards sum;
    multiple m;

    tls_once_run(&table_made, make_table);
    make_digits(digits, scalar);
    memset(&sum, 0, sizeof sum);
    sum.y[0] = sum.z[0] = 1;
    for (i = 1; i < DIGITS; i += 2) {
        look_up(&m, table[i / 2], digits[i]);
        add_multiple(&sum, &m);
    }
    for (i = 0; i < 4; i++)
        double_point(&sum);
    for (i = 0; i < DIGITS; i += 2) {
        look_up(&m, table[i / 2], digits[i]);
        add_multiple(&sum, &m);
    }
    field_subtract(sum.x, sum.z, sum.y);
    field_add(sum.y, sum.z, sum.y);
    field_invert(sum.x, sum.x);
    times(sum.x, sum.x, sum.y);
    field_put(u, sum.x);
    tls_wipe(digits, sizeof digits);
    tls_wipe(&sum, sizeof sum);
    tls_wipe(&m, sizeof m);
}

/* ---- As members of br_ec_impl ---- */

/* The scalar is in little-endian order, as RFC 7748 and BearSSL 0.6 have it. */
static __attribute__((noinline)) uint32_t
multiply_in_scratch(unsigned char *point, size_t length, const unsigned char *scalar,
    size_t scalar_length, int curve)
{
    unsigned char clamped[LENGTH];

    (void)curve;
    if (length != LENGTH || scalar_length > LENGTH)
        return 0;
    clamp(clamped, scalar, scalar_length);
    multiply_u(point, clamped);
    tls_wipe(clamped, sizeof clamped);
    return 1;
}

static __attribute__((noinline)) size_t
multiply_generator_in_scratch(
    unsigned char *out, const unsigned char *scalar, size_t scalar_length, int curve)
{
    unsigned char clamped[LENGTH];

    (void)curve;
    if (scalar_length > LENGTH)
        return 0;
    clamp(clamped, scalar, scalar_length);
    multiply_base(out, clamped);
    tls_wipe(clamped, sizeof clamped);
    return LENGTH;
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

static void
install(tls_kernels *kernels)
{
    kernels->curve[CURVE].multiply = multiply;
    kernels->curve[CURVE].multiply_generator = multiply_generator;
}

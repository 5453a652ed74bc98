/* edwards25519_code.h - the Edwards curve -x^2 + y^2 = 1 + dx^2y^2 (RFC 7748 section 4.1, RFC 8032
 * section 5.1) over either form of the field, and multiples of its generator in constant time:
 * included by x25519.c, x25519_adx.c and edwards25519_small.c.
 *
 * Its addition law has no exceptions (Hisil, Wong, Carter and Dawson, "Twisted Edwards curves
 * revisited", 2008, extended coordinates). The scalar in 64 digits from -8 to 8, base 16: those at
 * odd places are added up, four doublings, then those at even places (Bernstein, Duif, Lange,
 * Schwabe and Yang, "High-speed high-security signatures", 2011, section 4). A digit takes its
 * multiple out of a table by reading all eight. */
#include "base/bytes.h"
#include "base/declassify.h"
#include "kernel/edwards25519.h"
#include "kernel/once.h"
#include "kernel/scratch.h"

/* times: a multiplication that is called, where that costs less than the room that it takes. */
static TLS_NOINLINE void
times(field out, const field a, const field b)
{
    field_multiply(out, a, b);
}

/* The same, called. */
static TLS_NOINLINE void
plus(field out, const field a, const field b)
{
    field_add(out, a, b);
}

static TLS_NOINLINE void
minus(field out, const field a, const field b)
{
    field_subtract(out, a, b);
}

static TLS_NOINLINE void
put(unsigned char bytes[32], const field a)
{
    field_put(bytes, a);
}

static TLS_NOINLINE void
get(field out, const unsigned char bytes[32])
{
    field_get(out, bytes);
}

static TLS_NOINLINE void
field_square_times(field out, const field a, int times)
{
    field_square(out, a);
    while (--times > 0)
        field_square(out, out);
}

/* field_power: a^(2^250 - 1), and a^11; the names say which powers 2^n - 1 are there. */
static TLS_NOINLINE void
field_power(field out, field a11, const field a)
{
    field a2, x5, x10, x20, x50, x100, t;

    field_square_times(a2, a, 1);
    field_square_times(t, a2, 2);
    times(t, t, a);                 /* 9 */
    times(a11, t, a2);              /* 11 */
    field_square_times(x5, a11, 1); /* 22 */
    times(x5, x5, t);               /* 31 = 2^5 - 1 */
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
    times(out, t, x50);
}

/* field_invert: a^(p-2), 0 for 0. The exponent is 2^255 - 21. */
static void
field_invert(field out, const field a)
{
    field t, a11;

    field_power(t, a11, a);
    field_square_times(t, t, 5);
    times(out, t, a11);
}

#define LENGTH 32

static void
swap_if(uint64_t mask, field a, field b)
{
    int i;

    for (i = 0; i < FIELD_LIMBS; i++) {
        field_word difference = (a[i] ^ b[i]) & (field_word)mask;

        a[i] ^= difference;
        b[i] ^= difference;
    }
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

/* double_point: `last` when an addition comes next, which alone takes t. */
static TLS_NOINLINE void
double_point(edwards *p, int last)
{
    field a, b, c, e, f, g, h;

    field_square_times(a, p->x, 1);
    field_square_times(b, p->y, 1);
    field_square_times(c, p->z, 1);
    field_add(c, c, c);
    field_add(h, a, b);
    field_add(e, p->x, p->y);
    field_square_times(e, e, 1);
    field_subtract(e, h, e);
    field_subtract(g, a, b);
    field_add(f, c, g);
    times(p->x, e, f);
    times(p->y, g, h);
    if (last)
        times(p->t, e, h);
    times(p->z, f, g);
}

static void
double_times(edwards *p, int count)
{
    while (--count > 0)
        double_point(p, 0);
    double_point(p, 1);
}

/* add adds q; d is twice the product of both z. */
static TLS_NOINLINE void
add(edwards *p, const multiple *q, const field d)
{
    field a, b, c, e, f, g, h;

    field_subtract(a, p->y, p->x);
    times(a, a, q->y_minus_x);
    field_add(b, p->y, p->x);
    times(b, b, q->y_plus_x);
    times(c, p->t, q->xy2d);
    field_subtract(e, b, a);
    field_subtract(f, d, c);
    field_add(g, d, c);
    field_add(h, b, a);
    times(p->x, e, f);
    times(p->y, g, h);
    times(p->t, e, h);
    times(p->z, f, g);
}

static void
add_multiple(edwards *p, const multiple *q)
{
    field d;

    field_add(d, p->z, p->z);
    add(p, q, d);
}

static TLS_SMALL void
make_multiple(multiple *out, const edwards *p, const field d2)
{
    static const field one = {1};
    field inverse, x, y;

    field_invert(inverse, p->z);
    times(x, p->x, inverse);
    times(y, p->y, inverse);
    times(out->xy2d, x, y);
    times(out->xy2d, out->xy2d, d2);
    plus(out->y_plus_x, y, x);
    minus(out->y_minus_x, y, x);
    times(out->y_minus_x, out->y_minus_x, one); /* tight again */
    times(out->y_plus_x, out->y_plus_x, one);
}

/* make_table takes a fraction of a millisecond, once. */
static TLS_SMALL void
make_table(void)
{
    edwards base, p;
    field d2;
    int i, j;

    memset(&base, 0, sizeof base);
    get(d2, d2_bytes);
    get(base.x, x_bytes);
    get(base.y, y_bytes);
    base.z[0] = 1;
    times(base.t, base.x, base.y);
    for (i = 0; i < DIGITS / 2; i++) {
        p = base;
        for (j = 0; j < MULTIPLES; j++) {
            make_multiple(&table[i][j], &p, d2);
            add_multiple(&p, &table[i][0]);
        }
        double_times(&base, 8);
    }
}

/* ones_if_equal: all bits, or none; both are below 2^63. */
static uint64_t
ones_if_equal(uint64_t a, uint64_t b)
{
    return 0 - (((a ^ b) - 1) >> 63);
}

/* select_multiple adds up what is masked of all the table: the multiple whose number this is, none
 * for 0. */
#ifdef VECTOR_TARGET
typedef uint64_t vector __attribute__((vector_size(32), aligned(8), may_alias));

static TLS_NOINLINE VECTOR_TARGET void
select_multiple(multiple *out, const multiple row[MULTIPLES], uint64_t number)
{
    const vector none = {0}, *from = (const vector *)(const void *)row;
    vector x = none, y = none, z = none, *to = (vector *)(void *)out;
    size_t j;

    for (j = 0; j < MULTIPLES; j++) {
        vector mask = none + ones_if_equal(number, j + 1);

        x |= from[3 * j] & mask;
        y |= from[3 * j + 1] & mask;
        z |= from[3 * j + 2] & mask;
    }
    to[0] = x;
    to[1] = y;
    to[2] = z;
}
#else
static void
select_multiple(multiple *out, const multiple row[MULTIPLES], uint64_t number)
{
    field_word *to = (field_word *)(void *)out;
    size_t i, j;

    memset(out, 0, sizeof *out);
    for (j = 0; j < MULTIPLES; j++) {
        const field_word *from = (const field_word *)(const void *)&row[j];
        field_word mask = (field_word)ones_if_equal(number, j + 1);

        for (i = 0; i < sizeof *out / sizeof *to; i++)
            to[i] |= from[i] & mask;
    }
}
#endif

/* look_up takes out |digit| times the base, all of the table being read, and negates it for digits
 * below 0. Multiple 0 is (0, 1). */
static void
look_up(multiple *out, const multiple row[MULTIPLES], int digit)
{
    uint64_t negative = 0 - ((uint64_t)(int64_t)digit >> 63);
    uint64_t absolute = ((uint64_t)(int64_t)digit ^ negative) - negative;
    field_word is_zero = (field_word)(ones_if_equal(absolute, 0) & 1);
    static const field zero;
    field minus;

    select_multiple(out, row, absolute);
    out->y_plus_x[0] |= is_zero;
    out->y_minus_x[0] |= is_zero;
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
multiply_base(edwards *sum, const unsigned char scalar[LENGTH])
{
    int digits[DIGITS], i;
    multiple m;

    tls_once_run(&table_made, make_table);
    make_digits(digits, scalar);
    memset(sum, 0, sizeof *sum);
    sum->y[0] = sum->z[0] = 1;
    for (i = 1; i < DIGITS; i += 2) {
        look_up(&m, table[i / 2], digits[i]);
        add_multiple(sum, &m);
    }
    double_times(sum, 4);
    for (i = 0; i < DIGITS; i += 2) {
        look_up(&m, table[i / 2], digits[i]);
        add_multiple(sum, &m);
    }
    tls_wipe(digits, sizeof digits);
    tls_wipe(&m, sizeof m);
}

/* ---- Ed25519: points as strings (RFC 8032 sections 5.1.2 and 5.1.3) ---- */

static TLS_SMALL void
point_put(unsigned char out[LENGTH], const edwards *p)
{
    unsigned char x_bytes_of[LENGTH];
    field inverse, x, y;

    field_invert(inverse, p->z);
    times(x, p->x, inverse);
    times(y, p->y, inverse);
    put(x_bytes_of, x);
    put(out, y);
    out[LENGTH - 1] |= (unsigned char)((x_bytes_of[0] & 1) << 7);
}

static TLS_SMALL int
is_zero(const field a)
{
    unsigned char bytes[LENGTH], any = 0;
    int i;

    put(bytes, a);
    for (i = 0; i < LENGTH; i++)
        any |= bytes[i];
    return any == 0;
}

/* square_root: x of x^2 = u/v, or 0 if there is none: u v^3 (u v^7)^((p-5)/8), or that times the
 * root of -1. */
static TLS_SMALL int
square_root(field x, const field u, const field v)
{
    static const unsigned char root_bytes[LENGTH] = {0xB0, 0xA0, 0x0E, 0x4A, 0x27, 0x1B, 0xEE, 0xC4,
        0x78, 0xE4, 0x2F, 0xAD, 0x06, 0x18, 0x43, 0x2F, 0xA7, 0xD7, 0xFB, 0x3D, 0x99, 0x00, 0x4D,
        0x2B, 0x0B, 0xDF, 0xC1, 0x4F, 0x80, 0x24, 0x83, 0x2B};
    field v3, t, unused, root;

    field_square_times(v3, v, 1);
    times(v3, v3, v);
    field_square_times(t, v3, 1);
    times(t, t, v);
    times(t, t, u);
    field_power(x, unused, t);
    field_square_times(x, x, 2);
    times(x, x, t); /* 2^252 - 3 */
    times(x, x, v3);
    times(x, x, u);
    field_square_times(t, x, 1);
    times(t, t, v);
    minus(unused, t, u);
    if (is_zero(unused))
        return 1;
    get(root, root_bytes);
    times(x, x, root);
    plus(t, t, u);
    return is_zero(t);
}

/* point_get reads a point; 0 for a y of p or more, for one that is not on the curve, and for -0.
 * Public points only. u and v are twice those of RFC 8032: 2d is what is here. */
static TLS_SMALL int
point_get(edwards *out, const unsigned char bytes[LENGTH])
{
    static const field one = {1}, zero;
    unsigned char again[LENGTH], sign = bytes[LENGTH - 1] >> 7;
    field u, v, d2;

    get(d2, d2_bytes);
    get(out->y, bytes);
    times(out->y, out->y, one); /* tight for field_put, as on the way out */
    put(again, out->y);
    again[LENGTH - 1] |= (unsigned char)(sign << 7);
    if (memcmp(again, bytes, LENGTH) != 0)
        return 0;
    field_square_times(u, out->y, 1);
    times(v, u, d2);
    plus(v, v, one);
    plus(v, v, one);
    minus(u, u, one);
    plus(u, u, u);
    times(u, u, one);
    times(v, v, one);
    if (!square_root(out->x, u, v))
        return 0;
    put(again, out->x);
    if (is_zero(out->x) && sign)
        return 0;
    if ((again[0] & 1) != sign) {
        minus(out->x, zero, out->x);
        times(out->x, out->x, one);
    }
    memcpy(out->z, one, sizeof one);
    times(out->t, out->x, out->y);
    return 1;
}

/* add_digit adds digit times a point out of its first multiples, affine where `z` is NULL, else
 * with twice their z; in variable time. */
static void
add_digit(edwards *p, const multiple row[MULTIPLES], field *z, int digit)
{
    static const field zero;
    multiple m;
    field d;
    int i = (digit < 0 ? -digit : digit) - 1;

    if (digit == 0)
        return;
    m = row[i];
    if (digit < 0) {
        memcpy(m.y_plus_x, row[i].y_minus_x, sizeof(field));
        memcpy(m.y_minus_x, row[i].y_plus_x, sizeof(field));
        minus(m.xy2d, zero, m.xy2d);
    }
    if (z == NULL) {
        add_multiple(p, &m);
        return;
    }
    times(d, p->z, z[i]);
    add(p, &m, d);
}

/* make_row: the first multiples of a point for add_digit. */
static TLS_SMALL void
make_row(multiple row[MULTIPLES], field z[MULTIPLES], const edwards *point)
{
    static const field one = {1};
    edwards p = *point;
    field d2;
    int i;

    get(d2, d2_bytes);
    for (i = 0; i < MULTIPLES; i++) {
        times(row[i].xy2d, p.t, d2);
        plus(row[i].y_plus_x, p.y, p.x);
        minus(row[i].y_minus_x, p.y, p.x);
        times(row[i].y_plus_x, row[i].y_plus_x, one);
        times(row[i].y_minus_x, row[i].y_minus_x, one);
        plus(z[i], p.z, p.z);
        add_digit(&p, row, z, 1);
    }
}

/* ---- What kernel/edwards25519.h promises ---- */

static TLS_SMALL void
generate_in_scratch(unsigned char out[LENGTH], const unsigned char scalar[LENGTH])
{
    edwards sum;

    multiply_base(&sum, scalar);
    point_put(out, &sum);
    tls_wipe(&sum, sizeof sum);
}

static void
edwards_generate(unsigned char out[LENGTH], const unsigned char scalar[LENGTH])
{
    generate_in_scratch(out, scalar);
    scratch_wipe();
    TLS_DECLASSIFY(out, LENGTH);
}

/* edwards_is_public_key: eight times a point of small order is (0, 1), the only multiple of eight
 * whose x is 0. */
static TLS_SMALL int
edwards_is_public_key(const unsigned char bytes[LENGTH])
{
    edwards p;

    if (!point_get(&p, bytes))
        return 0;
    double_times(&p, 3);
    return !is_zero(p.x);
}

static TLS_SMALL int
edwards_combine(unsigned char out[LENGTH], const unsigned char point[LENGTH],
    const unsigned char less[LENGTH], const unsigned char scalar[LENGTH])
{
    static const field one = {1}, zero;
    int of_point[DIGITS], of_base[DIGITS], i, j;
    multiple row[MULTIPLES];
    field z[MULTIPLES];
    edwards p;

    tls_once_run(&table_made, make_table);
    if (!point_get(&p, point))
        return 0;
    minus(p.x, zero, p.x);
    minus(p.t, zero, p.t);
    times(p.x, p.x, one);
    times(p.t, p.t, one);
    make_row(row, z, &p);
    make_digits(of_point, less);
    make_digits(of_base, scalar);
    memset(&p, 0, sizeof p);
    p.y[0] = p.z[0] = 1;
    for (i = DIGITS - 1; i >= 0; i--) {
        double_times(&p, 4);
        add_digit(&p, row, z, of_point[i]);
        /* What stands at odd places of the generator's scalar is multiplied by 16 once. */
        if (i < 2)
            for (j = i; j < DIGITS; j += 2)
                add_digit(&p, table[j / 2], NULL, of_base[j]);
    }
    point_put(out, &p);
    return 1;
}

#define EDWARDS25519                                                                               \
    {                                                                                              \
        edwards_generate, edwards_is_public_key, edwards_combine                                   \
    }

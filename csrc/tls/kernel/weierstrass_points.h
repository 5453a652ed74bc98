/* weierstrass_points.h - points of y^2 = x^3 - 3x + b, the curves of FIPS 186-4 appendix D.1.2,
 * over any field: included by weierstrass.h, and that by each curve after it has defined
 *
 *   - CURVE, BITS (of the order), BYTES, WINDOW (of the generator's table);
 *   - field_multiply, field_square, field_add, field_subtract, field_invert on `number`;
 *   - field_get and field_put, from a number below the prime and to it; field_is_zero, all ones if;
 *   - field_prepare, which makes the field's constants;
 *   - prime, order, b_bytes, generator_bytes (x, y).
 *
 * Points are Jacobian, (X/Z^2, Y/Z^3), infinity has Z = 0. Formulas: Cohen, Miyaji and Ono 1998,
 * and for doubling the 2001 one of Bernstein, as the Explicit-Formulas Database has them.
 *
 * A secret scalar is reduced modulo the order n, then written in digits from -2^(w-1) to 2^(w-1)
 * (Booth's recoding), each of which takes its multiple out of a table by reading all of it. The
 * addition formulas do not double, and need not. Let the sum so far be s times the point and the
 * addend d times, both as integers; as points they are equal only if s = d, or s and d differ by n.
 *
 *   - The generator's table, from the lowest digit up: |s| <= 2^(wi-1), and d <> 0 is a multiple of
 *     2^(wi). So s <> d; they differ by n only if d is about n, which takes the highest digit,
 *     which is not negative: d = n + s, and s < 0 as s + d = k < n. But n is less than 2^(BITS-31)
 *     below 2^BITS, and wi above BITS - 30: no multiple of 2^(wi) is within 2^(wi-1) below n.
 *   - Any point, from the highest digit down: s is a multiple of 32, |d| <= 16; d = s - n gives
 *     k = n + 2d < n for some d < 0, with the last digit: for that add_last does double. */

#include <stddef.h>

#include "base/bytes.h"
#include "base/declassify.h"
#include "kernel/once.h"
#include "kernel/scratch.h"

typedef struct affine {
    number x, y;
} affine;

typedef struct jacobian {
    number x, y, z;
} jacobian;

#define WINDOWS (BITS / WINDOW + 1)
#define MULTIPLES (1 << (WINDOW - 1))
#define POINT_LENGTH (1 + 2 * BYTES)

/* Made at first use, then constant. */
static affine table[WINDOWS][MULTIPLES]; /* (j + 1) 2^(w i) G */
static number field_one, curve_b;
static number order_square; /* 2^(128 LIMBS) modulo the order */
static uint64_t order_factor;
static tls_once made;

/* ---- Points ---- */

static void
point_double(jacobian *r, const jacobian *p)
{
    number delta, gamma, beta, alpha, t, u;

    field_square(delta, p->z);
    field_square(gamma, p->y);
    field_multiply(beta, p->x, gamma);
    field_subtract(t, p->x, delta);
    field_add(u, p->x, delta);
    field_multiply(alpha, t, u);
    field_add(t, alpha, alpha);
    field_add(alpha, alpha, t);
    field_add(t, p->y, p->z);
    field_square(t, t);
    field_subtract(t, t, gamma);
    field_subtract(r->z, t, delta);
    field_add(beta, beta, beta);
    field_add(beta, beta, beta); /* 4 beta */
    field_add(u, beta, beta);
    field_square(t, alpha);
    field_subtract(r->x, t, u);
    field_subtract(t, beta, r->x);
    field_multiply(t, alpha, t);
    field_square(gamma, gamma);
    field_add(gamma, gamma, gamma);
    field_add(gamma, gamma, gamma);
    field_add(gamma, gamma, gamma);
    field_subtract(r->y, t, gamma);
}

/* What an addition has found: both are zero if the points are equal, h alone if one is the other's
 * negative. */
typedef struct difference {
    number h, r;
} difference;

/* add_tail: from x1, y1 (with z^2, z^3 of the other multiplied in), h, r and the product of the z.
 */
static void
add_tail(jacobian *out, const number x1, const number y1, const difference *d, const number z)
{
    number hh, hhh, v, t;

    field_square(hh, d->h);
    field_multiply(hhh, d->h, hh);
    field_multiply(v, x1, hh);
    field_square(t, d->r);
    field_subtract(t, t, hhh);
    field_subtract(t, t, v);
    field_subtract(out->x, t, v);
    field_subtract(v, v, out->x);
    field_multiply(v, d->r, v);
    field_multiply(t, y1, hhh);
    field_subtract(out->y, v, t);
    field_multiply(out->z, z, d->h);
}

static void
jacobian_select(jacobian *out, const jacobian *other, uint64_t mask)
{
    words_select(out->x, out->x, other->x, mask);
    words_select(out->y, out->y, other->y, mask);
    words_select(out->z, out->z, other->z, mask);
}

/* add_affine: p + q; `none` is all ones if q is infinity. Not for p = q. */
static void
add_affine(jacobian *p, const affine *q, uint64_t none, difference *d)
{
    number zz, t;
    jacobian sum, other;
    uint64_t p_is_infinity = field_is_zero(p->z);

    field_square(zz, p->z);
    field_multiply(d->h, q->x, zz);
    field_multiply(t, p->z, zz);
    field_multiply(d->r, q->y, t);
    field_subtract(d->h, d->h, p->x);
    field_subtract(d->r, d->r, p->y);
    add_tail(&sum, p->x, p->y, d, p->z);
    memcpy(other.x, q->x, sizeof other.x);
    memcpy(other.y, q->y, sizeof other.y);
    memcpy(other.z, field_one, sizeof other.z);
    jacobian_select(&sum, &other, p_is_infinity);
    jacobian_select(p, &sum, ~none);
}

/* add_jacobian: p + q. Not for p = q. */
static void
add_jacobian(jacobian *p, const jacobian *q, difference *d)
{
    number zz1, zz2, x1, y1, t;
    jacobian sum;
    uint64_t p_is_infinity = field_is_zero(p->z), q_is_infinity = field_is_zero(q->z);

    field_square(zz1, p->z);
    field_square(zz2, q->z);
    field_multiply(x1, p->x, zz2);
    field_multiply(d->h, q->x, zz1);
    field_multiply(t, q->z, zz2);
    field_multiply(y1, p->y, t);
    field_multiply(t, p->z, zz1);
    field_multiply(d->r, q->y, t);
    field_subtract(d->h, d->h, x1);
    field_subtract(d->r, d->r, y1);
    field_multiply(t, p->z, q->z);
    add_tail(&sum, x1, y1, d, t);
    jacobian_select(&sum, q, p_is_infinity);
    jacobian_select(&sum, p, q_is_infinity);
    *p = sum;
}

/* add_last: p + q, also if they are equal. */
static void
add_last(jacobian *p, const jacobian *q)
{
    jacobian twice;
    difference d;
    uint64_t equal, infinite = field_is_zero(p->z) | field_is_zero(q->z);

    point_double(&twice, p);
    add_jacobian(p, q, &d);
    equal = field_is_zero(d.h) & field_is_zero(d.r) & ~infinite;
    jacobian_select(p, &twice, equal);
}

static void
negate_if(number y, uint64_t mask)
{
    static const number zero;
    number minus;

    field_subtract(minus, zero, y);
    words_select(y, y, minus, mask);
}

static void
to_affine(affine *out, const jacobian *p)
{
    number inverse, square;

    field_invert(inverse, p->z);
    field_square(square, inverse);
    field_multiply(out->x, p->x, square);
    field_multiply(square, square, inverse);
    field_multiply(out->y, p->y, square);
}

/* ---- Digits ---- */

typedef struct digit {
    uint64_t absolute; /* 0 to 2^(width-1) */
    uint64_t negative; /* all ones if so */
} digit;

/* take_digit: bits width i - 1 to width (i + 1) - 1, of which the lowest is the carry and the
 * highest the sign. */
INLINE digit
take_digit(const number k, int i, int width)
{
    int low = i * width - 1, word = low < 0 ? 0 : low / 64, shift = low < 0 ? 0 : low % 64;
    uint64_t bits = word < LIMBS ? k[word] >> shift : 0, sign;
    digit d;

    if (low < 0)
        bits <<= 1;
    else if (shift + width + 1 > 64 && word + 1 < LIMBS)
        bits |= k[word + 1] << (64 - shift);
    bits &= ((uint64_t)1 << (width + 1)) - 1;
    sign = opaque(0 - (bits >> width));
    d.negative = sign;
    bits = (bits & ~sign) | ((((uint64_t)1 << (width + 1)) - 1 - bits) & sign);
    d.absolute = (bits >> 1) + (bits & 1);
    return d;
}

INLINE uint64_t
ones_if_equal(uint64_t a, uint64_t b)
{
    return opaque(0 - (((a ^ b) - 1) >> 63)); /* both are small */
}

/* ---- The generator's multiples ---- */

#ifdef LIMBS_ADX
#include <immintrin.h>

/* look_up takes multiple `absolute` out of a row, and infinity as zeros for 0. */
TLS_TARGET("avx2")
static void
look_up(affine *out, const affine row[MULTIPLES], uint64_t absolute)
{
    const __m256i one = _mm256_set1_epi64x(1), wanted = _mm256_set1_epi64x((long long)absolute);
    __m256i index = one, sum[LIMBS / 2];
    int i, j;

    for (i = 0; i < LIMBS / 2; i++)
        sum[i] = _mm256_setzero_si256();
    for (j = 0; j < MULTIPLES; j++) {
        const __m256i *from = (const __m256i *)(const void *)&row[j];
        __m256i mask = _mm256_cmpeq_epi64(index, wanted);

        for (i = 0; i < LIMBS / 2; i++)
            sum[i] = _mm256_or_si256(sum[i], _mm256_and_si256(mask, _mm256_loadu_si256(from + i)));
        index = _mm256_add_epi64(index, one);
    }
    for (i = 0; i < LIMBS / 2; i++)
        _mm256_storeu_si256((__m256i *)(void *)out + i, sum[i]);
}
#else
static void
look_up(affine *out, const affine row[MULTIPLES], uint64_t absolute)
{
    int i, j;

    memset(out, 0, sizeof *out);
    for (j = 0; j < MULTIPLES; j++) {
        uint64_t mask = ones_if_equal(absolute, (uint64_t)j + 1);

        for (i = 0; i < LIMBS; i++) {
            out->x[i] |= row[j].x[i] & mask;
            out->y[i] |= row[j].y[i] & mask;
        }
    }
}
#endif

/* multiply_base: k, below the order, times the generator. */
static void
multiply_base(jacobian *r, const number k)
{
    difference d;
    affine q;
    int i;

    memset(r, 0, sizeof *r);
    for (i = 0; i < WINDOWS; i++) {
        digit next = take_digit(k, i, WINDOW);

        look_up(&q, table[i], next.absolute);
        negate_if(q.y, next.negative);
        add_affine(r, &q, ones_if_equal(next.absolute, 0), &d);
    }
    tls_wipe(&q, sizeof q);
    tls_wipe(&d, sizeof d);
}

/* ---- Any point's multiples ---- */

#define POINT_WINDOW 5
#define POINT_MULTIPLES (1 << (POINT_WINDOW - 1))

static void
look_up_jacobian(jacobian *out, const jacobian multiples[POINT_MULTIPLES], uint64_t absolute)
{
    int i, j;

    memset(out, 0, sizeof *out);
    for (j = 0; j < POINT_MULTIPLES; j++) {
        uint64_t mask = ones_if_equal(absolute, (uint64_t)j + 1);

        for (i = 0; i < LIMBS; i++) {
            out->x[i] |= multiples[j].x[i] & mask;
            out->y[i] |= multiples[j].y[i] & mask;
            out->z[i] |= multiples[j].z[i] & mask;
        }
    }
}

static void
from_affine(jacobian *out, const affine *p)
{
    memcpy(out->x, p->x, sizeof out->x);
    memcpy(out->y, p->y, sizeof out->y);
    memcpy(out->z, field_one, sizeof out->z);
}

/* multiply_point: k, below the order, times p. */
static void
multiply_point(jacobian *r, const affine *p, const number k)
{
    jacobian multiples[POINT_MULTIPLES], q;
    difference d;
    int i, j;

    from_affine(&multiples[0], p);
    for (j = 1; j < POINT_MULTIPLES; j++) {
        if (j % 2 == 1) {
            point_double(&multiples[j], &multiples[j / 2]);
        } else {
            multiples[j] = multiples[j - 1];
            add_affine(&multiples[j], p, 0, &d);
        }
    }
    memset(r, 0, sizeof *r);
    for (i = BITS / POINT_WINDOW; i >= 0; i--) {
        digit next = take_digit(k, i, POINT_WINDOW);

        for (j = 0; i < BITS / POINT_WINDOW && j < POINT_WINDOW; j++)
            point_double(r, r);
        look_up_jacobian(&q, multiples, next.absolute);
        negate_if(q.y, next.negative);
        if (i > 0)
            add_jacobian(r, &q, &d);
        else
            add_last(r, &q);
    }
    tls_wipe(&q, sizeof q);
    tls_wipe(&d, sizeof d);
}

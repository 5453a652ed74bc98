/* x25519_code.h - X25519 over either form of the field: included by x25519.c and x25519_adx.c.
 *
 * Any point: the Montgomery ladder of RFC 7748 section 5, 255 steps of one shape; a bit of the
 * scalar only moves masks. The generator: on the birationally equivalent Edwards curve
 * (section 4.1), with u = (1 + y)/(1 - y) at the end. */
#include "kernel/edwards25519_code.h"

#define CURVE 29

/* quotient: 0 for z = 0. */
static TLS_NOINLINE void
quotient(unsigned char u[LENGTH], const field x, const field z)
{
    field t;

    memcpy(t, z, sizeof t);
    field_invert(t, t);
    times(t, t, x);
    put(u, t);
}

/* ---- The ladder ---- */

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
    get(l.x1, u);
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
    quotient(u, l.x2, l.z2);
    tls_wipe(&l, sizeof l);
}

/* ---- The generator ---- */

static void
multiply_generator_u(unsigned char u[LENGTH], const unsigned char scalar[LENGTH])
{
    edwards sum;

    multiply_base(&sum, scalar);
    minus(sum.x, sum.z, sum.y);
    plus(sum.y, sum.z, sum.y);
    quotient(u, sum.y, sum.x);
    tls_wipe(&sum, sizeof sum);
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
    multiply_generator_u(out, clamped);
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
    kernels->edwards25519 = &OWN_EDWARDS25519;
}

/* p384_code.h - the field of P-384, p = 2^384 - 2^128 - 2^96 + 2^32 - 1, and the curve over it.
 * Included by p384.c and p384_adx.c. */

#define CURVE 24
#define BITS 384
#define BYTES 48
#define WINDOW 5 /* 77 rows of 16 points: 116 KB */

static const number prime = {0x00000000FFFFFFFF, 0xFFFFFFFF00000000, 0xFFFFFFFFFFFFFFFE,
    0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF};
static const number order = {0xECEC196ACCC52973, 0x581A0DB248B0A77A, 0xC7634D81F4372DDF,
    0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF};
static const unsigned char b_bytes[BYTES] = {0xB3, 0x31, 0x2F, 0xA7, 0xE2, 0x3E, 0xE7, 0xE4, 0x98,
    0x8E, 0x05, 0x6B, 0xE3, 0xF8, 0x2D, 0x19, 0x18, 0x1D, 0x9C, 0x6E, 0xFE, 0x81, 0x41, 0x12, 0x03,
    0x14, 0x08, 0x8F, 0x50, 0x13, 0x87, 0x5A, 0xC6, 0x56, 0x39, 0x8D, 0x8A, 0x2E, 0xD1, 0x9D, 0x2A,
    0x85, 0xC8, 0xED, 0xD3, 0xEC, 0x2A, 0xEF};
static const unsigned char generator_bytes[2 * BYTES] = {0xAA, 0x87, 0xCA, 0x22, 0xBE, 0x8B, 0x05,
    0x37, 0x8E, 0xB1, 0xC7, 0x1E, 0xF3, 0x20, 0xAD, 0x74, 0x6E, 0x1D, 0x3B, 0x62, 0x8B, 0xA7, 0x9B,
    0x98, 0x59, 0xF7, 0x41, 0xE0, 0x82, 0x54, 0x2A, 0x38, 0x55, 0x02, 0xF2, 0x5D, 0xBF, 0x55, 0x29,
    0x6C, 0x3A, 0x54, 0x5E, 0x38, 0x72, 0x76, 0x0A, 0xB7, 0x36, 0x17, 0xDE, 0x4A, 0x96, 0x26, 0x2C,
    0x6F, 0x5D, 0x9E, 0x98, 0xBF, 0x92, 0x92, 0xDC, 0x29, 0xF8, 0xF4, 0x1D, 0xBD, 0x28, 0x9A, 0x14,
    0x7C, 0xE9, 0xDA, 0x31, 0x13, 0xB5, 0xF0, 0xB8, 0xC0, 0x0A, 0x60, 0xB1, 0xCE, 0x1D, 0x7E, 0x81,
    0x9D, 0x7A, 0x43, 0x1D, 0x7C, 0x90, 0xEA, 0x0E, 0x5F};

#define FACTOR 0x0000000100000001 /* -1/p modulo 2^64 */

static __attribute__((noinline)) void
field_multiply(number out, const number a, const number b)
{
    montgomery_multiply(out, a, b, prime, FACTOR);
}

static void
field_square(number out, const number a)
{
    field_multiply(out, a, a);
}

#include "kernel/montgomery_field.h"

/* field_invert: a^(p-2), 0 for 0; xn is a^(2^n - 1). From the highest bit on, p - 2 has 255 ones, a
 * zero, 32 ones, 64 zeros, 30 ones, a zero and a one. */
static void
field_invert(number out, const number a)
{
    number x2, x3, x15, x30, x32, x60, x120, t;

    field_square(t, a);
    field_multiply(x2, t, a);
    field_square(t, x2);
    field_multiply(x3, t, a);
    field_square_times(t, x3, 3);
    field_multiply(t, t, x3); /* x6 */
    field_square_times(x15, t, 6);
    field_multiply(t, x15, t); /* x12 */
    field_square_times(t, t, 3);
    field_multiply(x15, t, x3);
    field_square_times(t, x15, 15);
    field_multiply(x30, t, x15);
    field_square_times(t, x30, 2);
    field_multiply(x32, t, x2);
    field_square_times(t, x30, 30);
    field_multiply(x60, t, x30);
    field_square_times(t, x60, 60);
    field_multiply(x120, t, x60);
    field_square_times(t, x120, 120);
    field_multiply(t, t, x120); /* x240 */
    field_square_times(t, t, 15);
    field_multiply(t, t, x15); /* x255 */
    field_square_times(t, t, 33);
    field_multiply(t, t, x32);
    field_square_times(t, t, 94);
    field_multiply(t, t, x30);
    field_square_times(t, t, 2);
    field_multiply(out, t, a);
}

#include "kernel/weierstrass.h"

/* modular_power.c - see modular_power.h. Montgomery's multiplication (Koc, Acar and Kaliski,
 * "Analyzing and comparing Montgomery multiplication algorithms", 1996: CIOS), and windows of four
 * bits: each has four squarings and one multiplication, by a power that is picked by reading all
 * sixteen. BearSSL's exponentiation ends at 4,096 bits, and so do the kernels'.
 *
 * R is 2^(bits of all limbs). Numbers are below the modulus, the lowest limb first. */
#include "crypto/modular_power.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/build.h"

#if TLS_KERNEL_INT128
typedef uint64_t limb;
typedef tls_uint128 product;
#define SQUARINGS 6 /* 2^6 bits of a limb */
#else
typedef uint32_t limb;
typedef uint64_t product;
#define SQUARINGS 5
#endif

#define LIMB_BITS ((size_t)1 << SQUARINGS)
#define LIMB_BYTES (LIMB_BITS / 8)
#define WINDOW_POWERS 16

typedef struct field {
    size_t limbs;
    limb *modulus;
    limb factor; /* -1 / modulus modulo 2^LIMB_BITS */
    limb *sum;   /* limbs + 2 */
    limb *square, *one, *x, *power, *chosen;
    limb *powers[WINDOW_POWERS];
} field;

/* mask_of: all ones for 1, and 0 for 0, in a way that becomes no branch. */
static limb
mask_of(limb bit)
{
    limb mask = 0 - bit;

#if defined(__GNUC__)
    __asm__("" : "+r"(mask));
#endif
    return mask;
}

/* reduce_once writes x less the modulus where x, with `top` above its limbs, is not below it. */
static void
reduce_once(const field *f, limb *out, const limb *x, limb top)
{
    limb borrow = 0, mask;
    size_t i;

    for (i = 0; i < f->limbs; i++)
        borrow = (limb)(((product)x[i] - f->modulus[i] - borrow) >> LIMB_BITS) & 1;
    mask = mask_of(top | (borrow ^ 1));
    for (borrow = 0, i = 0; i < f->limbs; i++) {
        product difference = (product)x[i] - (f->modulus[i] & mask) - borrow;

        out[i] = (limb)difference;
        borrow = (limb)(difference >> LIMB_BITS) & 1;
    }
}

/* multiply: ab / R. The sum stays below twice the modulus after each row, so that the limb on top
 * of it is 0 or 1. */
static void
multiply(const field *f, limb *out, const limb *a, const limb *b)
{
    size_t limbs = f->limbs, i, j;
    limb *t = f->sum;

    memset(t, 0, (limbs + 2) * sizeof *t);
    for (i = 0; i < limbs; i++) {
        product carry = 0;
        limb multiple;

        for (j = 0; j < limbs; j++) {
            carry = (product)a[i] * b[j] + t[j] + (limb)(carry >> LIMB_BITS);
            t[j] = (limb)carry;
        }
        carry = (product)t[limbs] + (limb)(carry >> LIMB_BITS);
        t[limbs] = (limb)carry;
        t[limbs + 1] = (limb)(carry >> LIMB_BITS);
        multiple = t[0] * f->factor;
        carry = (product)multiple * f->modulus[0] + t[0];
        for (j = 1; j < limbs; j++) {
            carry = (product)multiple * f->modulus[j] + t[j] + (limb)(carry >> LIMB_BITS);
            t[j - 1] = (limb)carry;
        }
        carry = (product)t[limbs] + (limb)(carry >> LIMB_BITS);
        t[limbs - 1] = (limb)carry;
        t[limbs] = t[limbs + 1] + (limb)(carry >> LIMB_BITS);
    }
    reduce_once(f, out, t, t[limbs]);
}

static void
double_once(const field *f, limb *x)
{
    limb carry = 0;
    size_t i;

    for (i = 0; i < f->limbs; i++) {
        limb next = x[i] >> (LIMB_BITS - 1);

        x[i] = x[i] << 1 | carry;
        carry = next;
    }
    reduce_once(f, x, x, carry);
}

static void
get(const field *f, limb *out, tls_bytes bytes)
{
    size_t i;

    memset(out, 0, f->limbs * sizeof *out);
    for (i = 0; i < bytes.length; i++)
        out[i / LIMB_BYTES] |= (limb)bytes.data[bytes.length - 1 - i] << (i % LIMB_BYTES * 8);
}

/* start computes the factor by Newton, each step of which doubles the bits that are right, of which
 * any odd number has three; and R^2, from a power of 2 that is below the modulus: doubled up to R,
 * and on to 2^limbs R, squares make 2^(LIMB_BITS limbs) R of that. */
static void
start(field *f, tls_bytes modulus)
{
    size_t first = 8 * (modulus.length - 1), doublings = LIMB_BITS * f->limbs - first + f->limbs;
    limb inverse;
    int i;

    get(f, f->modulus, modulus);
    inverse = f->modulus[0];
    for (i = 0; i < 5; i++)
        inverse *= 2 - f->modulus[0] * inverse;
    f->factor = 0 - inverse;
    f->square[first / LIMB_BITS] = (limb)1 << first % LIMB_BITS;
    while (doublings-- > 0)
        double_once(f, f->square);
    for (i = 0; i < SQUARINGS; i++)
        multiply(f, f->square, f->square, f->square);
    f->one[0] = 1;
}

static void
choose(const field *f, unsigned window)
{
    size_t i, j;

    memset(f->chosen, 0, f->limbs * sizeof *f->chosen);
    for (i = 0; i < WINDOW_POWERS; i++) {
        limb mask = mask_of((limb)(((uint32_t)(i ^ window) - 1) >> 31));

        for (j = 0; j < f->limbs; j++)
            f->chosen[j] |= f->powers[i][j] & mask;
    }
}

static void
raise(field *f, tls_bytes exponent)
{
    size_t i;
    int j;

    multiply(f, f->powers[0], f->one, f->square);
    multiply(f, f->powers[1], f->x, f->square);
    for (j = 2; j < WINDOW_POWERS; j++)
        multiply(f, f->powers[j], f->powers[j - 1], f->powers[1]);
    memcpy(f->power, f->powers[0], f->limbs * sizeof *f->power);
    for (i = 0; i < 2 * exponent.length; i++) {
        for (j = 0; j < 4 && i > 0; j++)
            multiply(f, f->power, f->power, f->power);
        choose(f, exponent.data[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15);
        multiply(f, f->power, f->power, f->chosen);
    }
    multiply(f, f->x, f->one, f->power);
}

int
tls_modular_power(unsigned char *x, tls_bytes modulus, tls_bytes exponent)
{
    size_t limbs = (modulus.length + LIMB_BYTES - 1) / LIMB_BYTES, i;
    size_t count = (WINDOW_POWERS + 7) * limbs + 2;
    limb *memory = calloc(count, sizeof *memory);
    limb **parts[6];
    field f;

    if (memory == NULL)
        return 0;
    parts[0] = &f.modulus;
    parts[1] = &f.square;
    parts[2] = &f.one;
    parts[3] = &f.x;
    parts[4] = &f.power;
    parts[5] = &f.chosen;
    f.limbs = limbs;
    for (i = 0; i < sizeof parts / sizeof parts[0]; i++)
        *parts[i] = memory + i * limbs;
    for (i = 0; i < WINDOW_POWERS; i++)
        f.powers[i] = memory + (6 + i) * limbs;
    f.sum = memory + (6 + WINDOW_POWERS) * limbs;
    start(&f, modulus);
    get(&f, f.x, tls_bytes_make(x, modulus.length));
    raise(&f, exponent);
    for (i = 0; i < modulus.length; i++)
        x[modulus.length - 1 - i] = (unsigned char)(f.x[i / LIMB_BYTES] >> (i % LIMB_BYTES * 8));
    tls_wipe(memory, count * sizeof *memory);
    free(memory);
    return 1;
}

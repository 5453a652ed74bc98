/* field25519_small.h - the field of 2^255 - 19 elements in ten limbs of 26 and 25 bits by turns,
 * limb i at bit ceil(25.5 i), for machines without products of 128 bits, in any byte order; by the
 * names of field25519.h. It is short rather than quick.
 *
 * Every result is carried: limbs are below 2^26 + 2^10 or 2^25 + 2^10. The ten products of a limb,
 * each times at most 38, are below 10 x 38 x (2^26 + 2^10)^2 < 2^61. */
#ifndef TLS_KERNEL_FIELD25519_SMALL_H
#define TLS_KERNEL_FIELD25519_SMALL_H

#include <stdint.h>
#include <string.h>

#define FIELD_LIMBS 10

typedef uint32_t field_word;
typedef field_word field[FIELD_LIMBS];

static int
limb_bits(int i)
{
    return 26 - (i & 1);
}

/* field_carry: 2^255 = 19. */
static void
field_carry(field out, uint64_t t[FIELD_LIMBS])
{
    uint64_t carry = 0;
    int i, round;

    for (round = 0; round < 2; round++) {
        for (i = 0; i < FIELD_LIMBS; i++) {
            t[i] += carry;
            carry = t[i] >> limb_bits(i);
            t[i] -= carry << limb_bits(i);
        }
        carry *= 19;
    }
    t[0] += carry;
    for (i = 0; i < FIELD_LIMBS; i++)
        out[i] = (field_word)t[i];
}

static void
field_add(field out, const field a, const field b)
{
    uint64_t t[FIELD_LIMBS];
    int i;

    for (i = 0; i < FIELD_LIMBS; i++)
        t[i] = (uint64_t)a[i] + b[i];
    field_carry(out, t);
}

static void
field_subtract(field out, const field a, const field b)
{
    uint64_t t[FIELD_LIMBS];
    int i;

    for (i = 0; i < FIELD_LIMBS; i++) /* 4 p more */
        t[i] = (uint64_t)a[i] + ((uint64_t)4 << limb_bits(i)) - (i == 0 ? 76 : 4) - b[i];
    field_carry(out, t);
}

/* field_multiply: limb i times limb j stands one bit above limb i + j where both are odd. */
static void
field_multiply(field out, const field a, const field b)
{
    uint64_t t[FIELD_LIMBS];
    int i, j;

    memset(t, 0, sizeof t);
    for (i = 0; i < FIELD_LIMBS; i++)
        for (j = 0; j < FIELD_LIMBS; j++) {
            uint32_t factor = (i + j < FIELD_LIMBS ? 1u : 19u) << (i & j & 1);

            t[(i + j) % FIELD_LIMBS] += (uint64_t)a[i] * (b[j] * factor);
        }
    field_carry(out, t);
}

static void
field_square(field out, const field a)
{
    field_multiply(out, a, a);
}

/* field_get reads 255 bits in little-endian order. */
static void
field_get(field out, const unsigned char bytes[32])
{
    uint64_t held = 0;
    int i, bits = 0, at = 0;

    for (i = 0; i < FIELD_LIMBS; i++) {
        for (; bits < limb_bits(i); bits += 8)
            held |= (uint64_t)bytes[at++] << bits;
        out[i] = (field_word)held & (((field_word)1 << limb_bits(i)) - 1);
        held >>= limb_bits(i);
        bits -= limb_bits(i);
    }
}

/* field_put writes the least residue: if adding 19 carries out of 255 bits, the number is p or
 * more, and what remains is it less p. */
static void
field_put(unsigned char bytes[32], const field a)
{
    uint64_t t[FIELD_LIMBS], carry, held = 0;
    field h;
    int i, bits = 0, at = 0;

    for (i = 0; i < FIELD_LIMBS; i++)
        t[i] = a[i];
    field_carry(h, t); /* below 2^255 + 19 */
    for (carry = 19, i = 0; i < FIELD_LIMBS; i++)
        carry = (h[i] + carry) >> limb_bits(i);
    for (carry *= 19, i = 0; i < FIELD_LIMBS; i++) {
        carry += h[i];
        h[i] = (field_word)carry & (((field_word)1 << limb_bits(i)) - 1);
        carry >>= limb_bits(i);
    }
    for (i = 0; i < FIELD_LIMBS; i++) {
        held |= (uint64_t)h[i] << bits;
        for (bits += limb_bits(i); bits >= 8 || (i == FIELD_LIMBS - 1 && bits > 0); bits -= 8) {
            bytes[at++] = (unsigned char)held;
            held >>= 8;
        }
    }
}

#endif

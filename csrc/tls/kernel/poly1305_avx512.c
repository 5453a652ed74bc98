/* poly1305_avx512.c - Poly1305 (RFC 8439 section 2.5) with the 52-bit multiplications of
 * AVX512-IFMA, sixteen blocks at once.
 *
 * Poly1305 of n = 8 k blocks is eight polynomials in r^8, of every eighth block each, of which each
 * is multiplied by its own power of r in the end:
 *     h = sum over j < 8 of ((X[j] r^8 + X[j + 8]) r^8 + ... + X[j + n - 8]) r^(8 - j)
 * Limbs are those of poly1305.h, in eight numbers a vector; vectors A and B are blocks 0 to 7 and 8
 * to 15 of sixteen (Bernstein and Schwabe, "NEON crypto", 2012; Goll and Gueron, "Vectorization of
 * Poly1305 Message Authentication Code", 2015). In each step (h + A) r^16 + B r^8, so that one sum
 * is carried for sixteen blocks.
 *
 * Bounds: VPMADD52LUQ and VPMADD52HUQ add the lower and the upper 52 bits of a product of two
 * 52-bit numbers. Limbs of h + A are < 2^45 + 2^10, those of B < 2^44, those of the powers at most
 * 2^44 + 2^10, 20 times these < 2^49: all fit into 52 bits. Of six products the lower halves are <
 * 2^55, the upper ones < 2^45 (2^40 in the highest limb, which is not multiplied by 20), and stand
 * at 2^52, 2^8 times too high for the limb above that has 44 bits, 2^10 times for the one with 42.
 * So carries are < 2^54, and the one that comes back five times < 2^53: h1 exceeds 2^44 by less
 * than 2^10. */
#include "kernel/poly1305_avx512.h"

#include "base/bytes.h"

#if TLS_KERNEL_X86_64

#include <immintrin.h>

#define AVX512 TLS_TARGET("avx512f,avx512dq,avx512ifma")

typedef __m512i vector;

#define LOAD(p) _mm512_loadu_si512((const void *)(p))

#define SIXTEEN (16 * POLY1305_BLOCK)
#define FEWEST (2 * SIXTEEN) /* below, the powers cost more than they save */

/* Eight powers of r, and the higher limbs times 20. */
typedef struct multiplier {
    vector limb[3], twenty[3]; /* twenty[0] is unused */
} multiplier;

typedef struct powers {
    uint64_t of[17][3];
    uint64_t lanes[3][8];
    multiplier all8, all16; /* r^8, r^16 in each place */
    multiplier each_a, each_b;
} powers;

AVX512 static void
set_multiplier(powers *w, multiplier *m, const unsigned char exponents[8])
{
    const vector twenty = _mm512_set1_epi64(20);
    unsigned i, j;

    for (i = 0; i < 3; i++) {
        for (j = 0; j < 8; j++)
            w->lanes[i][j] = w->of[exponents[j]][i];
        m->limb[i] = LOAD(w->lanes[i]);
        m->twenty[i] = _mm512_mullo_epi64(m->limb[i], twenty);
    }
}

/* The blocks of two vectors are taken apart into lower and upper halves in this order: 0 4 1 5 2 6
 * 3 7. */
static void
set_powers(powers *w, const poly1305 *p)
{
    static const unsigned char all8[8] = {8, 8, 8, 8, 8, 8, 8, 8};
    static const unsigned char all16[8] = {16, 16, 16, 16, 16, 16, 16, 16};
    static const unsigned char each_a[8] = {16, 12, 15, 11, 14, 10, 13, 9};
    static const unsigned char each_b[8] = {8, 4, 7, 3, 6, 2, 5, 1};
    unsigned i;

    memcpy(w->of[1], p->r, sizeof p->r);
    for (i = 2; i <= 16; i++)
        tls_poly1305_multiply(w->of[i], w->of[i / 2], w->of[i - i / 2]);
    set_multiplier(w, &w->all8, all8);
    set_multiplier(w, &w->all16, all16);
    set_multiplier(w, &w->each_a, each_a);
    set_multiplier(w, &w->each_b, each_b);
}

#define LOAD_BLOCKS(x, at)                                                                         \
    do {                                                                                           \
        vector first = LOAD(at), second = LOAD((at) + 64);                                         \
        vector low = _mm512_unpacklo_epi64(first, second);                                         \
        vector high = _mm512_unpackhi_epi64(first, second);                                        \
                                                                                                   \
        (x##0) = _mm512_and_si512(low, mask44);                                                    \
        (x##1) = _mm512_or_si512(_mm512_srli_epi64(low, 44), _mm512_slli_epi64(high, 20));         \
        (x##1) = _mm512_and_si512(x##1, mask44);                                                   \
        (x##2) = _mm512_or_si512(_mm512_srli_epi64(high, 24), bit128);                             \
    } while (0)

#define ADD_PRODUCT(i, a, b)                                                                       \
    do {                                                                                           \
        low##i = _mm512_madd52lo_epu64(low##i, a, b);                                              \
        high##i = _mm512_madd52hi_epu64(high##i, a, b);                                            \
    } while (0)

#define ADD_PRODUCTS(x, m)                                                                         \
    do {                                                                                           \
        ADD_PRODUCT(0, x##0, (m)->limb[0]);                                                        \
        ADD_PRODUCT(1, x##0, (m)->limb[1]);                                                        \
        ADD_PRODUCT(2, x##0, (m)->limb[2]);                                                        \
        ADD_PRODUCT(0, x##1, (m)->twenty[2]);                                                      \
        ADD_PRODUCT(1, x##1, (m)->limb[0]);                                                        \
        ADD_PRODUCT(2, x##1, (m)->limb[1]);                                                        \
        ADD_PRODUCT(0, x##2, (m)->twenty[1]);                                                      \
        ADD_PRODUCT(1, x##2, (m)->twenty[2]);                                                      \
        ADD_PRODUCT(2, x##2, (m)->limb[0]);                                                        \
    } while (0)

/* Out of limb i of `bits` bits; 52 - bits is how much too high the upper halves stand. */
#define CARRY(i, bits)                                                                             \
    _mm512_add_epi64(_mm512_srli_epi64(low##i, bits), _mm512_slli_epi64(high##i, 52 - (bits)))

/* absorb takes whole sixteens of blocks. */
AVX512 static void
absorb(poly1305 *p, const powers *w, const unsigned char *data, size_t length)
{
    const vector mask44 = _mm512_set1_epi64(POLY1305_MASK44), zero = _mm512_setzero_si512();
    const vector mask42 = _mm512_set1_epi64(POLY1305_MASK42);
    const vector bit128 = _mm512_set1_epi64(POLY1305_BIT128);
    /* What is hashed already is added to the first block. */
    vector h0 = _mm512_maskz_set1_epi64(1, (long long)p->h[0]);
    vector h1 = _mm512_maskz_set1_epi64(1, (long long)p->h[1]);
    vector h2 = _mm512_maskz_set1_epi64(1, (long long)p->h[2]);
    tls_uint128 sum[3];

    for (; length > 0; length -= SIXTEEN, data += SIXTEEN) {
        int last = length == SIXTEEN;
        const multiplier *for_a = last ? &w->each_a : &w->all16;
        const multiplier *for_b = last ? &w->each_b : &w->all8;
        vector low0 = zero, low1 = zero, low2 = zero, high0 = zero, high1 = zero, high2 = zero;
        vector a0, a1, a2, b0, b1, b2, carry;

        LOAD_BLOCKS(b, data + SIXTEEN / 2);
        ADD_PRODUCTS(b, for_b);
        LOAD_BLOCKS(a, data);
        a0 = _mm512_add_epi64(a0, h0);
        a1 = _mm512_add_epi64(a1, h1);
        a2 = _mm512_add_epi64(a2, h2);
        ADD_PRODUCTS(a, for_a);
        low1 = _mm512_add_epi64(low1, CARRY(0, 44));
        low2 = _mm512_add_epi64(low2, CARRY(1, 44));
        carry = CARRY(2, 42);
        h0 = _mm512_and_si512(low0, mask44);
        h0 = _mm512_add_epi64(h0, _mm512_add_epi64(carry, _mm512_slli_epi64(carry, 2)));
        h1 = _mm512_and_si512(low1, mask44);
        h1 = _mm512_add_epi64(h1, _mm512_srli_epi64(h0, 44));
        h0 = _mm512_and_si512(h0, mask44);
        h2 = _mm512_and_si512(low2, mask42);
    }
    sum[0] = (uint64_t)_mm512_reduce_add_epi64(h0);
    sum[1] = (uint64_t)_mm512_reduce_add_epi64(h1);
    sum[2] = (uint64_t)_mm512_reduce_add_epi64(h2);
    poly1305_carry(p->h, sum);
}

void
tls_poly1305_update_avx512(poly1305 *p, const unsigned char *data, size_t length)
{
    size_t whole = length - length % SIXTEEN;

    if (length >= FEWEST) {
        powers w;

        set_powers(&w, p);
        absorb(p, &w, data, whole);
        tls_wipe(&w, sizeof w);
        data += whole;
        length -= whole;
    }
    tls_poly1305_update(p, data, length);
}

#endif

/* x25519_ifma_arithmetic_test.c - four multiplications at once (x25519_ifma.c), from the inside,
 * against numbers that are multiplied plainly (support/modular.h): tight limbs at their edges and
 * at random, in each lane. What lies beside a lane must not matter to it. */
#define tls_kernel_x25519_ifma kernel_under_test /* the other one is in the library */
#include "kernel/x25519_ifma.c"

#include "kernel/left_out.h"

#if TLS_KERNEL_X86_64
#include "kernel/processor.h"
#include "support/check.h"
#include "support/modular.h"
#include "support/random_word.h"

#define COUNT 100000
#define WORDS 5 /* of 64 bits: limbs that are not tight stand for more than 256 */

static const uint64_t prime[WORDS] = {
    0xFFFFFFFFFFFFFFED, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF};
static modulus field_modulus;

typedef uint64_t limbs_of_four[LIMBS][LANES];

/* The most that a tight limb may be, and what is about a limb's highest bit. */
static uint64_t
random_limb(void)
{
    static const uint64_t edges[] = {0, 1, 18, 19, LIMB_MASK - 19, LIMB_MASK - 18, LIMB_MASK,
        LIMB_MASK + 1, LIMB_MASK + 0x1FFF, LIMB_MASK + 0x2000};
    uint64_t word = random_word();

    return word % 2 == 0 ? edges[random_word() % (sizeof edges / sizeof edges[0])]
                         : random_word() & LIMB_MASK;
}

static void
fill(limbs_of_four limbs)
{
    int i, j;

    for (i = 0; i < LIMBS; i++)
        for (j = 0; j < LANES; j++)
            limbs[i][j] = random_limb();
}

/* number_of: what the limbs of one lane, of any 64 bits, stand for. */
static void
number_of(uint32_t out[MODULAR_WORDS], limbs_of_four limbs, int lane)
{
    uint32_t words[2 * WORDS] = {0};
    int i, j;

    for (i = 0; i < LIMBS; i++) {
        int bit = LIMB_BITS * i;
        tls_uint128 part = (tls_uint128)limbs[i][lane] << bit % 32;

        for (j = bit / 32; part != 0 && j < 2 * WORDS; j++) {
            part += words[j];
            words[j] = (uint32_t)part;
            part >>= 32;
        }
    }
    modular_reduce(&field_modulus, out, words, 2 * WORDS);
}

static int
is_tight(limbs_of_four limbs)
{
    int i, j, tight = 1;

    for (i = 0; i < LIMBS; i++)
        for (j = 0; j < LANES; j++)
            tight &= limbs[i][j] < LIMB_MASK + 1 + 0x2000;
    return tight;
}

static TARGET void
multiply_four(limbs_of_four out, limbs_of_four a, limbs_of_four b)
{
    lanes x, y, z;

    memcpy(x, a, sizeof x);
    memcpy(y, b, sizeof y);
    multiply(z, x, y);
    memcpy(out, z, sizeof z);
}

static TARGET void
carry_four(limbs_of_four out, limbs_of_four a)
{
    lanes x;

    memcpy(x, a, sizeof x);
    carry(x, x);
    memcpy(out, x, sizeof x);
}

static int
product_is_wrong(limbs_of_four a, limbs_of_four b)
{
    uint32_t p[MODULAR_WORDS], q[MODULAR_WORDS], r[MODULAR_WORDS];
    limbs_of_four product;
    int lane, wrong;

    multiply_four(product, a, b);
    wrong = !is_tight(product);
    for (lane = 0; lane < LANES; lane++) {
        number_of(p, a, lane);
        number_of(q, b, lane);
        modular_product(&field_modulus, p, p, q);
        number_of(r, product, lane);
        wrong |= memcmp(p, r, 4 * field_modulus.words) != 0;
    }
    return wrong;
}

/* sum_is_wrong: any limbs below 431 x 2^51 are carried to tight ones. */
static int
sum_is_wrong(void)
{
    const uint64_t most = 431 * (LIMB_MASK + 1) - 1;
    uint32_t p[MODULAR_WORDS], r[MODULAR_WORDS];
    limbs_of_four sum, carried;
    int i, j, wrong;

    for (i = 0; i < LIMBS; i++)
        for (j = 0; j < LANES; j++)
            sum[i][j] = random_word() % 4 == 0 ? most - random_word() % 2
                                               : (random_word() >> random_word() % 13) % most;
    carry_four(carried, sum);
    wrong = !is_tight(carried);
    for (j = 0; j < LANES; j++) {
        number_of(p, sum, j);
        number_of(r, carried, j);
        wrong |= memcmp(p, r, 4 * field_modulus.words) != 0;
    }
    return wrong;
}

/* words_are_wrong: of the lanes' limbs, as they leave the ladder, and back. */
static int
words_are_wrong(limbs_of_four a)
{
    uint32_t p[MODULAR_WORDS];
    uint64_t words[WORDS] = {0}, again[LIMBS];
    limbs_of_four limbs = {{0}};
    unsigned char bytes[LENGTH];
    int i, lane, wrong = 0;

    for (lane = 0; lane < LANES; lane++) {
        uint32_t q[MODULAR_WORDS];

        put(words, (const uint64_t(*)[LANES])a, lane);
        modular_from(&field_modulus, q, words);
        modular_reduce(&field_modulus, q, q, 8);
        number_of(p, a, lane);
        wrong |= memcmp(p, q, 4 * field_modulus.words) != 0;
        memcpy(bytes, words, LENGTH);
        bytes[31] &= 0x7F;
        get(again, bytes);
        words[3] &= ~(uint64_t)0 >> 1;
        for (i = 0; i < LIMBS; i++)
            limbs[i][lane] = again[i];
        modular_from(&field_modulus, q, words);
        modular_reduce(&field_modulus, q, q, 8);
        number_of(p, limbs, lane);
        wrong |= memcmp(p, q, 4 * field_modulus.words) != 0 || again[4] > LIMB_MASK;
    }
    return wrong;
}

/* The largest number of all, and of each limb. */
static void
test_edges(void)
{
    limbs_of_four a, b;
    int i, j, n, wrong = 0;

    for (n = 0; n < 1 << 2 * LIMBS; n++) {
        for (i = 0; i < LIMBS; i++)
            for (j = 0; j < LANES; j++) {
                a[i][j] = n >> i & 1 ? LIMB_MASK + 0x2000 : (uint64_t)j;
                b[i][j] = n >> (LIMBS + i) & 1 ? LIMB_MASK + 0x2000 - (uint64_t)j : 0;
            }
        wrong += product_is_wrong(a, b);
    }
    check_number(wrong, 0, "products of the largest limbs");
}

int
main(void)
{
    int i, products = 0, sums = 0, words = 0, count = portion_of(COUNT);
    limbs_of_four a, b;

    if (kernel_under_test.needs & ~tls_processor_features())
        return left_out("x25519", "ifma");
    modular_prepare(&field_modulus, prime, 4);
    test_edges();
    for (i = 0; i < count; i++) {
        fill(a);
        fill(b);
        products += product_is_wrong(a, b);
        sums += sum_is_wrong();
        words += words_are_wrong(a);
    }
    check_number(products, 0, "%d times four products", count);
    check_number(sums, 0, "sums that are carried");
    check_number(words, 0, "limbs in words and back");
    return check_end();
}
#else

int
main(void)
{
    return left_out("x25519", "ifma");
}
#endif

/* field25519_adx.h - the field of 2^255 - 19 elements in four words of 64 bits, with MULX, ADCX and
 * ADOX; by the names of field25519.h. A number is any below 2^256, and 2^256 = 38; only field_put
 * makes it the least.
 *
 * A carry out of the words counts 38. It is added where it came from; if that carries once more,
 * what is left in the words is below 38 or, after a product, below 38 x 39, and the next 38 stay in
 * the first word. So it is with borrows. */
#ifndef TLS_KERNEL_FIELD25519_ADX_H
#define TLS_KERNEL_FIELD25519_ADX_H

#define LIMBS 4
#define LIMBS_ADX
#include "kernel/limbs.h"

#define FIELD_LIMBS LIMBS

typedef uint64_t field_word;
typedef number field;

/* 38 for each carry or borrow, from q, all ones or none after SBB. */
#define FOLD(operation, with_carry)                                                                \
    "sbb %[q], %[q]\n\tand $38, %[q]\n\t" operation " %[q], %[t0]\n\t" with_carry                  \
    " $0, %[t1]\n\t" with_carry " $0, %[t2]\n\t" with_carry " $0, %[t3]\n\t"
#define FOLD_LAST(operation) "sbb %[q], %[q]\n\tand $38, %[q]\n\t" operation " %[q], %[t0]\n\t"

INLINE void
field_add(field out, const field a, const field b)
{
    DECLARE_WORDS, q;

    __asm__ volatile(EACH_WORD(LOAD_A) "add 0(%[b]), %[t0]\n\t" EACH_BUT_FIRST(ADC_B)
                         FOLD("add", "adc") FOLD_LAST("add") EACH_WORD(STORE)
                     : WORDS, [q] "=&r"(q)
                     : [out] "r"(out), [a] "r"(a), [b] "r"(b)
                     : "cc", "memory");
}

INLINE void
field_subtract(field out, const field a, const field b)
{
    DECLARE_WORDS, q;

    __asm__ volatile(EACH_WORD(LOAD_A) "sub 0(%[b]), %[t0]\n\t" EACH_BUT_FIRST(SBB_B)
                         FOLD("sub", "sbb") FOLD_LAST("sub") EACH_WORD(STORE)
                     : WORDS, [q] "=&r"(q)
                     : [out] "r"(out), [a] "r"(a), [b] "r"(b)
                     : "cc", "memory");
}

/* What is above 2^256, times 38, to what is below; q is out's. */
#define FOLD_WORD(i, low, high)                                                                    \
    "mulx %[t" #i "], %[lo], %[hi]\n\tadcx %[lo], %[" low "]\n\tadox %[hi], %[" high "]\n\t"
#define FOLD_HIGH_AND_STORE                                                                        \
    "mov $38, %%edx\n\txor %k[lo], %k[lo]\n\t" FOLD_WORD(                                          \
        4, "t0", "t1") "mov $0, %k[t4]\n\t" FOLD_WORD(5, "t1", "t2") FOLD_WORD(6, "t2", "t3")      \
        FOLD_WORD(7, "t3", "t4") "mov $0, %k[lo]\n\tadcx %[lo], %[t4]\n\t"                         \
                                 "imul %%rdx, %[t4]\n\tadd %[t4], %[t0]\n\tadc $0, %[t1]\n\tadc "  \
                                 "$0, %[t2]\n\tadc $0, %[t3]\n\t"                                  \
                                 "sbb %[lo], %[lo]\n\tand $38, %[lo]\n\tadd %[lo], %[t0]\n\t"      \
                                 "mov %[out], %[hi]\n\t"                                           \
                                 "mov %[t0], 0(%[hi])\n\tmov %[t1], 8(%[hi])\n\tmov %[t2], "       \
                                 "16(%[hi])\n\tmov %[t3], 24(%[hi])"

#define PRODUCT_ROW(i, x0, x1, x2, x3, x4)                                                         \
    "mov 8*" #i "(%[a]), %%rdx\n\txor %k[" x4 "], %k[" x4 "]\n\t" /* and the carries */            \
        ROW_STEP("b", 0, x0, x1) ROW_STEP("b", 1, x1, x2) ROW_STEP("b", 2, x2, x3)                 \
            ROW_STEP("b", 3, x3, x4) "mov $0, %k[lo]\n\tadcx %[lo], %[" x4 "]\n\t"

/* The first row has nothing to be added to. */
#define PRODUCT_FIRST_ROW                                                                          \
    "mov 0(%[a]), %%rdx\n\t"                                                                       \
    "mulx 0(%[b]), %[t0], %[t1]\n\t"                                                               \
    "mulx 8(%[b]), %[lo], %[t2]\n\tadd %[lo], %[t1]\n\t"                                           \
    "mulx 16(%[b]), %[lo], %[t3]\n\tadc %[lo], %[t2]\n\t"                                          \
    "mulx 24(%[b]), %[lo], %[t4]\n\tadc %[lo], %[t3]\n\tadc $0, %[t4]\n\t"

INLINE void
field_multiply(field out, const field a, const field b)
{
    DECLARE_ROW_WORDS, t6, t7, lo, hi;

    __asm__ volatile(PRODUCT_FIRST_ROW PRODUCT_ROW(1, "t1", "t2", "t3", "t4", "t5")
                         PRODUCT_ROW(2, "t2", "t3", "t4", "t5", "t6")
                             PRODUCT_ROW(3, "t3", "t4", "t5", "t6", "t7") FOLD_HIGH_AND_STORE
                     : ROW_WORDS, [t6] "=&r"(t6), [t7] "=&r"(t7), [lo] "=&r"(lo), [hi] "=&r"(hi)
                     : [out] "m"(out), [a] "r"(a), [b] "r"(b)
                     : "rdx", "cc", "memory");
}

INLINE void
field_square(field out, const field a)
{
    DECLARE_ROW_WORDS, t6, t7, lo, hi;

    __asm__ volatile(MIXED_PRODUCTS TWICE SQUARES FOLD_HIGH_AND_STORE
                     : ROW_WORDS, [t6] "=&r"(t6), [t7] "=&r"(t7), [lo] "=&r"(lo), [hi] "=&r"(hi)
                     : [out] "m"(out), [a] "r"(a)
                     : "rdx", "cc", "memory");
}

/* field_multiply_a24: 121665 times a number (RFC 7748 section 5). */
INLINE void
field_multiply_a24(field out, const field a)
{
    DECLARE_WORDS, q, hi;

    __asm__ volatile("mov $121665, %%edx\n\t"
                     "mulx 0(%[a]), %[t0], %[q]\n\t"
                     "mulx 8(%[a]), %[t1], %[hi]\n\tadd %[q], %[t1]\n\t"
                     "mulx 16(%[a]), %[t2], %[q]\n\tadc %[hi], %[t2]\n\t"
                     "mulx 24(%[a]), %[t3], %[hi]\n\tadc %[q], %[t3]\n\tadc $0, %[hi]\n\t"
                     "imul $38, %[hi], %[hi]\n\tadd %[hi], %[t0]\n\tadc $0, %[t1]\n\t"
                     "adc $0, %[t2]\n\tadc $0, %[t3]\n\t" FOLD_LAST("add") EACH_WORD(STORE)
                     : WORDS, [q] "=&r"(q), [hi] "=&r"(hi)
                     : [out] "r"(out), [a] "r"(a)
                     : "rdx", "cc", "memory");
}

/* field_get reads 255 bits in little-endian order (RFC 7748 section 5: the last is ignored). */
INLINE void
field_get(field out, const unsigned char bytes[32])
{
    memcpy(out, bytes, sizeof(field));
    out[3] &= ~(uint64_t)0 >> 1;
}

/* add_small adds to a number; returns bit 255 and leaves it out. */
INLINE uint64_t
add_small(field a, uint64_t small)
{
    tls_uint128 carry = small;
    uint64_t top;
    int i;

    for (i = 0; i < FIELD_LIMBS; i++) {
        carry += a[i];
        a[i] = (uint64_t)carry;
        carry >>= 64;
    }
    top = a[3] >> 63;
    a[3] &= ~(uint64_t)0 >> 1;
    return top;
}

/* field_put writes the least residue: bit 255 counts 19; then 19 more set it if p or more is there.
 */
INLINE void
field_put(unsigned char bytes[32], const field a)
{
    field t, more;

    memcpy(t, a, sizeof t);
    t[3] &= ~(uint64_t)0 >> 1;
    add_small(t, 19 * add_small(t, 19 * (a[3] >> 63))); /* the first may set it again */
    memcpy(more, t, sizeof more);
    words_select(t, t, more, 0 - add_small(more, 19));
    memcpy(bytes, t, sizeof t);
}

#endif

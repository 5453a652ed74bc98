/* limbs_adx.h - LIMBS words with MULX, ADCX and ADOX: what limbs.h has in C, and by the same names.
 * Compilers make several instructions of a carry in C, and none makes use of the two carry flags
 * that ADCX and ADOX keep apart; hence the assembler. Its time depends on no value: conditions are
 * moves.
 *
 * Every block takes pointers, and goes through memory for what must be undone: a sum is stored, the
 * modulus subtracted in registers, and the sum taken back (CMOV) where that was too much. */

/* A row is a string of its own length; nobody reads these with a compiler of 4,095 characters. */
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* What one step of each word is, in order: x(0) to x(LIMBS - 1). */
#if LIMBS == 4
#define EACH_WORD(x) x(0) x(1) x(2) x(3)
#define EACH_BUT_FIRST(x) x(1) x(2) x(3)
#define WORDS [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3)
#define DECLARE_WORDS uint64_t t0, t1, t2, t3
#elif LIMBS == 6
#define EACH_WORD(x) x(0) x(1) x(2) x(3) x(4) x(5)
#define EACH_BUT_FIRST(x) x(1) x(2) x(3) x(4) x(5)
#define WORDS                                                                                      \
    [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4), [t5] "=&r"(t5)
#define DECLARE_WORDS uint64_t t0, t1, t2, t3, t4, t5
#endif

#define AT(i, pointer) "8*" #i "(%[" #pointer "])"
#define LOAD_A(i) "mov " AT(i, a) ", %[t" #i "]\n\t"
#define STORE(i) "mov %[t" #i "], " AT(i, out) "\n\t"
#define ADC_B(i) "adc " AT(i, b) ", %[t" #i "]\n\t"
#define SBB_B(i) "sbb " AT(i, b) ", %[t" #i "]\n\t"
#define ADC_P(i) "adc " AT(i, p) ", %[t" #i "]\n\t"
#define SBB_P(i) "sbb " AT(i, p) ", %[t" #i "]\n\t"
#define BACK_IF_CARRY(i) "cmovc " AT(i, out) ", %[t" #i "]\n\t"
#define BACK_IF_ZERO(i) "cmovz " AT(i, out) ", %[t" #i "]\n\t"

/* words_add returns the carry, 0 or 1; words_subtract the borrow. */
INLINE uint64_t
words_add(uint64_t *out, const uint64_t *a, const uint64_t *b)
{
    DECLARE_WORDS;
    uint64_t carry;

    __asm__ volatile(EACH_WORD(LOAD_A) "xor %k[c], %k[c]\n\t" EACH_WORD(ADC_B)
                         EACH_WORD(STORE) "adc $0, %[c]"
                     : WORDS, [c] "=&r"(carry)
                     : [out] "r"(out), [a] "r"(a), [b] "r"(b)
                     : "cc", "memory");
    return carry;
}

INLINE uint64_t
words_subtract(uint64_t *out, const uint64_t *a, const uint64_t *b)
{
    DECLARE_WORDS;
    uint64_t borrow;

    __asm__ volatile(EACH_WORD(LOAD_A) "xor %k[c], %k[c]\n\t" EACH_WORD(SBB_B)
                         EACH_WORD(STORE) "adc $0, %[c]"
                     : WORDS, [c] "=&r"(borrow)
                     : [out] "r"(out), [a] "r"(a), [b] "r"(b)
                     : "cc", "memory");
    return borrow;
}

#if LIMBS == 4

/* There are registers enough for both results. */
#define OTHER_WORDS [s0] "=&r"(s0), [s1] "=&r"(s1), [s2] "=&r"(s2), [s3] "=&r"(s3)
#define COPY(i) "mov %[t" #i "], %[s" #i "]\n\t"
#define OTHER_ADC_P(i) "adc " AT(i, p) ", %[s" #i "]\n\t"
#define OTHER_SBB_P(i) "sbb " AT(i, p) ", %[s" #i "]\n\t"
#define OTHER_IF_NO_CARRY(i) "cmovnc %[s" #i "], %[t" #i "]\n\t"
#define OTHER_IF_NOT_ZERO(i) "cmovnz %[s" #i "], %[t" #i "]\n\t"

INLINE void
modular_add(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus)
{
    DECLARE_WORDS, s0, s1, s2, s3, top;

    __asm__ volatile(
        EACH_WORD(LOAD_A) "xor %k[c], %k[c]\n\t" EACH_WORD(ADC_B) "adc $0, %[c]\n\t" EACH_WORD(COPY)
            EACH_WORD(OTHER_SBB_P) "sbb $0, %[c]\n\t" EACH_WORD(OTHER_IF_NO_CARRY) EACH_WORD(STORE)
        : WORDS, OTHER_WORDS, [c] "=&r"(top)
        : [out] "r"(out), [a] "r"(a), [b] "r"(b), [p] "r"(modulus)
        : "cc", "memory");
}

INLINE void
modular_subtract(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus)
{
    DECLARE_WORDS, s0, s1, s2, s3;

    /* b gives its register to the borrow. */
    __asm__ volatile(EACH_WORD(LOAD_A) "sub 0(%[b]), %[t0]\n\t" EACH_BUT_FIRST(
        SBB_B) "sbb %[b], %[b]\n\t" EACH_WORD(COPY) "xor %[a], %[a]\n\t" /* no carry */
                     EACH_WORD(OTHER_ADC_P) "test %[b], %[b]\n\t" EACH_WORD(OTHER_IF_NOT_ZERO)
                         EACH_WORD(STORE)
                     : WORDS, OTHER_WORDS, [a] "+&r"(a), [b] "+&r"(b)
                     : [out] "r"(out), [p] "r"(modulus)
                     : "cc", "memory");
}

#else

INLINE void
modular_add(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus)
{
    DECLARE_WORDS;
    uint64_t top;

    __asm__ volatile(
        EACH_WORD(LOAD_A) "xor %k[c], %k[c]\n\t" EACH_WORD(ADC_B) "adc $0, %[c]\n\t" EACH_WORD(
            STORE) EACH_WORD(SBB_P) "sbb $0, %[c]\n\t" EACH_WORD(BACK_IF_CARRY) EACH_WORD(STORE)
        : WORDS, [c] "=&r"(top)
        : [out] "r"(out), [a] "r"(a), [b] "r"(b), [p] "r"(modulus)
        : "cc", "memory");
}

INLINE void
modular_subtract(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus)
{
    DECLARE_WORDS;
    uint64_t borrow;

    __asm__ volatile(EACH_WORD(LOAD_A) "xor %k[c], %k[c]\n\t" EACH_WORD(
        SBB_B) "sbb %[c], %[c]\n\t" EACH_WORD(STORE) "xor %[a], %[a]\n\t" /* no carry */
                     EACH_WORD(ADC_P) "test %[c], %[c]\n\t" EACH_WORD(BACK_IF_ZERO) EACH_WORD(STORE)
                     : WORDS, [c] "=&r"(borrow), [a] "+&r"(a)
                     : [out] "r"(out), [b] "r"(b), [p] "r"(modulus)
                     : "cc", "memory");
}

#endif

/* One row: %rdx times the number at `pointer`, added to the words named x0 to x(LIMBS+1); the low
 * halves with the one carry, the high halves with the other. */
#define ROW_STEP(pointer, i, low, high)                                                            \
    "mulx 8*" #i "(%[" pointer "]), %[lo], %[hi]\n\t"                                              \
    "adcx %[lo], %[" low "]\n\t"                                                                   \
    "adox %[hi], %[" high "]\n\t"
#define ROW_END(last, top)                                                                         \
    "mov $0, %k[lo]\n\t"                                                                           \
    "adcx %[lo], %[" last "]\n\t"                                                                  \
    "adox %[lo], %[" top "]\n\t"                                                                   \
    "adcx %[lo], %[" top "]\n\t"
#define ROW_START "xor %k[lo], %k[lo]\n\t"

/* What montgomery_multiply needs, behind one pointer: there are not registers enough for five. */
struct montgomery {
    uint64_t *out;
    const uint64_t *a, *b, *modulus;
    uint64_t factor;
};

#define ARGUMENT(i) "mov 8*" #i "(%[m]), %[q]\n\t"

#if LIMBS == 4

#define ROW(p, x0, x1, x2, x3, x4, x5)                                                             \
    ROW_START ROW_STEP(p, 0, x0, x1) ROW_STEP(p, 1, x1, x2) ROW_STEP(p, 2, x2, x3)                 \
        ROW_STEP(p, 3, x3, x4) ROW_END(x4, x5)
#define MONTGOMERY_ROW(i, x0, x1, x2, x3, x4, x5)                                                  \
    ARGUMENT(1)                                                                                    \
    "mov 8*" #i "(%[q]), %%rdx\n\t" ARGUMENT(2) ROW("q", x0, x1, x2, x3, x4, x5) ARGUMENT(         \
        3) "mov 8*4(%[m]), %%rdx\n\timul %[" x0 "], %%rdx\n\t" ROW("q", x0, x1, x2, x3, x4, x5)
#define MONTGOMERY_ROWS                                                                            \
    MONTGOMERY_ROW(0, "t0", "t1", "t2", "t3", "t4", "t5")                                          \
    MONTGOMERY_ROW(1, "t1", "t2", "t3", "t4", "t5", "t0")                                          \
    MONTGOMERY_ROW(2, "t2", "t3", "t4", "t5", "t0", "t1")                                          \
    MONTGOMERY_ROW(3, "t3", "t4", "t5", "t0", "t1", "t2")
/* The result: the words after the last that became 0. */
#define EACH_RESULT(x) x(0, "t4") x(1, "t5") x(2, "t0") x(3, "t1")
#define RESULT_TOP "t2"
#define ROW_WORDS                                                                                  \
    [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4), [t5] "=&r"(t5)
#define DECLARE_ROW_WORDS uint64_t t0, t1, t2, t3, t4, t5
#define CLEAR_ROW_WORDS                                                                            \
    "xor %k[t0], %k[t0]\n\txor %k[t1], %k[t1]\n\txor %k[t2], %k[t2]\n\txor %k[t3], %k[t3]\n\t"     \
    "xor %k[t4], %k[t4]\n\txor %k[t5], %k[t5]\n\t"

#elif LIMBS == 6

#define ROW(p, x0, x1, x2, x3, x4, x5, x6, x7)                                                     \
    ROW_START ROW_STEP(p, 0, x0, x1) ROW_STEP(p, 1, x1, x2) ROW_STEP(p, 2, x2, x3)                 \
        ROW_STEP(p, 3, x3, x4) ROW_STEP(p, 4, x4, x5) ROW_STEP(p, 5, x5, x6) ROW_END(x6, x7)
#define MONTGOMERY_ROW(i, x0, x1, x2, x3, x4, x5, x6, x7)                                          \
    ARGUMENT(1)                                                                                    \
    "mov 8*" #i "(%[q]), %%rdx\n\t" ARGUMENT(2) ROW("q", x0, x1, x2, x3, x4, x5, x6, x7)           \
        ARGUMENT(3) "mov 8*4(%[m]), %%rdx\n\timul %[" x0                                           \
                    "], %%rdx\n\t" ROW("q", x0, x1, x2, x3, x4, x5, x6, x7)
#define MONTGOMERY_ROWS                                                                            \
    MONTGOMERY_ROW(0, "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7")                              \
    MONTGOMERY_ROW(1, "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t0")                              \
    MONTGOMERY_ROW(2, "t2", "t3", "t4", "t5", "t6", "t7", "t0", "t1")                              \
    MONTGOMERY_ROW(3, "t3", "t4", "t5", "t6", "t7", "t0", "t1", "t2")                              \
    MONTGOMERY_ROW(4, "t4", "t5", "t6", "t7", "t0", "t1", "t2", "t3")                              \
    MONTGOMERY_ROW(5, "t5", "t6", "t7", "t0", "t1", "t2", "t3", "t4")
#define EACH_RESULT(x) x(0, "t6") x(1, "t7") x(2, "t0") x(3, "t1") x(4, "t2") x(5, "t3")
#define RESULT_TOP "t4"
#define ROW_WORDS                                                                                  \
    [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4),                \
        [t5] "=&r"(t5), [t6] "=&r"(t6), [t7] "=&r"(t7)
#define DECLARE_ROW_WORDS uint64_t t0, t1, t2, t3, t4, t5, t6, t7
#define CLEAR_ROW_WORDS                                                                            \
    "xor %k[t0], %k[t0]\n\txor %k[t1], %k[t1]\n\txor %k[t2], %k[t2]\n\txor %k[t3], %k[t3]\n\t"     \
    "xor %k[t4], %k[t4]\n\txor %k[t5], %k[t5]\n\txor %k[t6], %k[t6]\n\txor %k[t7], %k[t7]\n\t"

#endif

#define RESULT_STORE(i, x) "mov %[" x "], 8*" #i "(%[q])\n\t"
#define RESULT_SBB(i, x) "sbb 8*" #i "(%[hi]), %[" x "]\n\t"
#define RESULT_BACK(i, x) "cmovc 8*" #i "(%[q]), %[" x "]\n\t"

/* See limbs.h. The first word of a row is 0 when it is done: it is the next row's highest. */
INLINE void
montgomery_multiply(
    uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus, uint64_t factor)
{
    const struct montgomery m = {out, a, b, modulus, factor};
    DECLARE_ROW_WORDS;
    uint64_t lo, hi, q;

    __asm__ volatile(
        CLEAR_ROW_WORDS MONTGOMERY_ROWS ARGUMENT(0) "mov 8*3(%[m]), %[hi]\n\t" EACH_RESULT(
            RESULT_STORE) "xor %k[lo], %k[lo]\n\t" EACH_RESULT(RESULT_SBB) "sbb $0, %[" RESULT_TOP
                                                                           "]\n\t" EACH_RESULT(
                                                                               RESULT_BACK)
                                                                               EACH_RESULT(
                                                                                   RESULT_STORE)
        : ROW_WORDS, [lo] "=&r"(lo), [hi] "=&r"(hi), [q] "=&r"(q)
        : [m] "r"(&m)
        : "rdx", "cc", "memory");
}

#if LIMBS == 4

/* A square of four words, t0 to t7. */
/* The product of two different words counts twice. */
#define MIXED_PRODUCTS                                                                             \
    "mov 0(%[a]), %%rdx\n\t"                                                                       \
    "mulx 8(%[a]), %[t1], %[t2]\n\t"                                                               \
    "mulx 16(%[a]), %[lo], %[t3]\n\tadd %[lo], %[t2]\n\t"                                          \
    "mulx 24(%[a]), %[lo], %[t4]\n\tadc %[lo], %[t3]\n\tadc $0, %[t4]\n\t"                         \
    "mov 8(%[a]), %%rdx\n\t"                                                                       \
    "mulx 16(%[a]), %[lo], %[hi]\n\tadd %[lo], %[t3]\n\tadc %[hi], %[t4]\n\t"                      \
    "mov $0, %k[t5]\n\tadc $0, %[t5]\n\t"                                                          \
    "mulx 24(%[a]), %[lo], %[hi]\n\tadd %[lo], %[t4]\n\tadc %[hi], %[t5]\n\t"                      \
    "mov 16(%[a]), %%rdx\n\t"                                                                      \
    "mulx 24(%[a]), %[lo], %[t6]\n\tadd %[lo], %[t5]\n\tadc $0, %[t6]\n\t"
#define TWICE                                                                                      \
    "add %[t1], %[t1]\n\tadc %[t2], %[t2]\n\tadc %[t3], %[t3]\n\tadc %[t4], %[t4]\n\t"             \
    "adc %[t5], %[t5]\n\tadc %[t6], %[t6]\n\tmov $0, %k[t7]\n\tadc $0, %[t7]\n\t"
#define SQUARES                                                                                    \
    "mov 0(%[a]), %%rdx\n\tmulx %%rdx, %[t0], %[lo]\n\tadd %[lo], %[t1]\n\t"                       \
    "mov 8(%[a]), %%rdx\n\tmulx %%rdx, %[lo], %[hi]\n\tadc %[lo], %[t2]\n\tadc %[hi], %[t3]\n\t"   \
    "mov 16(%[a]), %%rdx\n\tmulx %%rdx, %[lo], %[hi]\n\tadc %[lo], %[t4]\n\tadc %[hi], %[t5]\n\t"  \
    "mov 24(%[a]), %%rdx\n\tmulx %%rdx, %[lo], %[hi]\n\tadc %[lo], %[t6]\n\tadc %[hi], %[t7]\n\t"

#endif

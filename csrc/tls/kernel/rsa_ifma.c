/* rsa_ifma.c - RSA's powers with AVX-512 IFMA (VPMADD52LUQ, VPMADD52HUQ), eight limbs of 52 bits in
 * a vector.
 *
 * A multiplication is Gueron and Krasnov, "Software implementation of modular exponentiation, using
 * advanced vector instructions architectures", 2012: Almost Montgomery. With R = 2^(52 rows) of at
 * least four times the modulus n and a, b < 2n the result (ab + mn) / R, m < R, is below
 * 4n^2 / R + n <= 2n, and no subtraction is needed. That of a power and 1 is at most n, that of a
 * power and an x < n below 1.5 n.
 *
 * The lowest limb decides on m, and a vector is slow to give it away: it is kept in a register of
 * its own (`low`), and what the vectors have in its place is not looked at. Each row adds four
 * halves of products below 2^52 to each limb: 80 rows, of the longest number, leave it below 2^61,
 * and carries go once, at the end.
 *
 * A row waits for the one before it; two powers at once, modulo p and q, fill each other's gaps. */
#include "kernel/rsa.h"

#include "kernel/build.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#include <immintrin.h>
#include <string.h>

#include "base/bytes.h"
#include "kernel/rsa_adx.h"
#include "kernel/rsa_arithmetic.h"
#include "kernel/scratch.h"

#define TARGET TLS_TARGET("avx512f,avx512vl,avx512bw,avx512dq,avx512ifma,bmi2")
#define INLINE static inline __attribute__((always_inline)) TARGET
#define LIMB_BITS ((size_t)52)
#define LIMB_MASK (((uint64_t)1 << LIMB_BITS) - 1)
#define LANES ((size_t)8)
#define SECRET_VECTORS 5 /* 40 limbs of a prime */
#define SHORT_VECTORS 5  /* of n, up to 2,048 bits */
#define SHORT_WORDS 32
#define PUBLIC_VECTORS 10 /* 80 limbs of n: RSA_DIGITS_MAXIMUM */
#define WINDOW_POWERS 16

typedef uint64_t secret_number[SECRET_VECTORS * LANES];
typedef uint64_t public_number[PUBLIC_VECTORS * LANES];

/* One or two multiplications that run together. */
typedef struct product {
    uint64_t *out;
    const uint64_t *a, *b, *modulus;
    uint64_t factor; /* -1 / modulus modulo 2^52 */
} product;

/* ---- Limbs and words ---- */

static void
to_limbs(uint64_t *limbs, size_t count, const uint64_t *words, size_t word_count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        size_t word = LIMB_BITS * i / 64, shift = LIMB_BITS * i % 64;
        uint64_t limb = word < word_count ? words[word] >> shift : 0;

        if (shift > 64 - LIMB_BITS && word + 1 < word_count)
            limb |= words[word + 1] << (64 - shift);
        limbs[i] = limb & LIMB_MASK;
    }
}

/* to_words: of limbs without carries. Returns the word above. */
static uint64_t
to_words(uint64_t *words, size_t word_count, const uint64_t *limbs, size_t count)
{
    uint64_t all[LIMB_BITS * PUBLIC_VECTORS * LANES / 64 + 2], above;
    size_t i;

    memset(all, 0, sizeof all);
    for (i = 0; i < count; i++) {
        size_t word = LIMB_BITS * i / 64, shift = LIMB_BITS * i % 64;

        all[word] |= limbs[i] << shift;
        if (shift > 64 - LIMB_BITS)
            all[word + 1] |= limbs[i] >> (64 - shift);
    }
    memcpy(words, all, word_count * sizeof *words);
    above = all[word_count];
    tls_wipe(all, sizeof all);
    return above;
}

/* ---- Multiplication ---- */

/* For each of the first `vectors`, a constant, by its number j: so that compilers keep an array of
 * them in registers. */
#define FOR_EACH(...)                                                                              \
    do {                                                                                           \
        FOR_FIVE(0, 1, 2, 3, 4, __VA_ARGS__)                                                       \
        FOR_FIVE(5, 6, 7, 8, 9, __VA_ARGS__)                                                       \
    } while (0)
#define FOR_FIVE(i, j, k, l, m, ...)                                                               \
    ONE(i, __VA_ARGS__)                                                                            \
    ONE(j, __VA_ARGS__) ONE(k, __VA_ARGS__) ONE(l, __VA_ARGS__) ONE(m, __VA_ARGS__)
#define ONE(i, ...)                                                                                \
    if (i < vectors) {                                                                             \
        enum { j = i };                                                                            \
        __VA_ARGS__                                                                                \
    }
#define LOAD(p) _mm512_loadu_si512((p) + LANES * j)

/* What has been added up of a and of the modulus: two sums, because only that of the modulus waits
 * for `low`. */
typedef struct sums {
    __m512i a[PUBLIC_VECTORS + 1], m[PUBLIC_VECTORS + 1];
} sums;

#define DOWN_ONE(v)                                                                                \
    _mm512_alignr_epi64(j + 1 < vectors ? (v)[j + 1] : _mm512_setzero_si512(), (v)[j], 1)

/* row adds b times a, and the multiple of the modulus that makes the lowest limb 0, and drops that.
 * The upper halves of products belong one limb up, where they are when all have moved down by one.
 * The lowest limb and m modulus[0] end alike, so that their sum carries unless both end in zeros,
 * which is when m is 0. The limb that comes to be the lowest lacks the modulus's lower half alone.
 */
INLINE uint64_t
row(sums *s, uint64_t low, const product *p, uint64_t b, const int vectors)
{
    const __m512i vb = _mm512_set1_epi64((long long)b);
    tls_uint128 lowest = (tls_uint128)p->a[0] * b + low;
    uint64_t m = ((uint64_t)lowest * p->factor) & LIMB_MASK;
    __m512i vm = _mm512_set1_epi64((long long)m);

    FOR_EACH(s->a[j] = _mm512_madd52lo_epu64(s->a[j], vb, LOAD(p->a)););
    low =
        (uint64_t)(lowest >> LIMB_BITS) + ((m + LIMB_MASK) >> LIMB_BITS) +
        (uint64_t)((tls_uint128)m * (p->modulus[0] << (64 - LIMB_BITS)) >> 64) +
        ((m * p->modulus[1]) & LIMB_MASK) +
        (uint64_t)_mm_extract_epi64(_mm512_castsi512_si128(_mm512_add_epi64(s->a[0], s->m[0])), 1);
    FOR_EACH(s->m[j] = _mm512_madd52lo_epu64(s->m[j], vm, LOAD(p->modulus)););
    FOR_EACH(s->a[j] = DOWN_ONE(s->a););
    FOR_EACH(s->m[j] = DOWN_ONE(s->m););
    FOR_EACH(s->a[j] = _mm512_madd52hi_epu64(s->a[j], vb, LOAD(p->a)););
    FOR_EACH(s->m[j] = _mm512_madd52hi_epu64(s->m[j], vm, LOAD(p->modulus)););
    return low;
}

/* put makes limbs of sums. First each gives what is above its 52 bits to the next, which then has
 * at most one bit more than these. Of the carries that are left a limb makes one (is above the
 * mask) or passes one on (equals it): adding these masks as numbers lets it run through all limbs.
 */
#define MASK_PLACE (LANES * j % 64) /* of up to 8 vectors */

/* widen: gcc 12 may store a mask as one byte and read eight back when it is made a longer number at
 * once, with whatever stands behind it. As a number of its own it is stored whole. */
INLINE uint64_t
widen(__mmask8 mask)
{
    unsigned bits = mask;

    __asm__("" : "+r"(bits));
    return bits;
}

INLINE void
put(uint64_t *out, const sums *s, uint64_t low, const int vectors)
{
    const __m512i mask = _mm512_set1_epi64((long long)LIMB_MASK);
    __m512i sum[PUBLIC_VECTORS + 1], above[PUBLIC_VECTORS + 1];
    uint64_t makes = 0, passes = 0, carries;

    FOR_EACH(sum[j] = _mm512_add_epi64(s->a[j], s->m[j]););
    sum[0] = _mm512_mask_set1_epi64(sum[0], 1, (long long)low);
    FOR_EACH(above[j] = _mm512_srli_epi64(sum[j], (unsigned)LIMB_BITS););
    FOR_EACH(sum[j] = _mm512_add_epi64(_mm512_and_si512(sum[j], mask),
                 _mm512_alignr_epi64(
                     above[j], j > 0 ? above[j - 1] : _mm512_setzero_si512(), LANES - 1)););
    FOR_EACH(makes |= widen(_mm512_cmpgt_epu64_mask(sum[j], mask)) << MASK_PLACE;
             passes |= widen(_mm512_cmpeq_epu64_mask(sum[j], mask)) << MASK_PLACE;);
    carries = ((makes << 1) + passes) ^ passes;
    FOR_EACH(sum[j] = _mm512_mask_sub_epi64(
                 sum[j], (__mmask8)(carries >> MASK_PLACE), sum[j], _mm512_set1_epi64(-1));
             _mm512_storeu_si512(out + LANES * j, _mm512_and_si512(sum[j], mask)););
}

/* carry does it in memory, for any number of vectors and in less code. */
TARGET static __attribute__((noinline)) void
carry(uint64_t *sums, int vectors)
{
    const __m512i mask = _mm512_set1_epi64((long long)LIMB_MASK);
    __m512i before = _mm512_setzero_si512();
    tls_uint128 makes = 0, passes = 0, carries;
    int j;

    for (j = 0; j < vectors; j++) {
        __m512i sum = _mm512_loadu_si512(sums + LANES * j);
        __m512i above = _mm512_srli_epi64(sum, (unsigned)LIMB_BITS);

        sum = _mm512_add_epi64(
            _mm512_and_si512(sum, mask), _mm512_alignr_epi64(above, before, LANES - 1));
        before = above;
        makes |= (tls_uint128)widen(_mm512_cmpgt_epu64_mask(sum, mask)) << (LANES * j);
        passes |= (tls_uint128)widen(_mm512_cmpeq_epu64_mask(sum, mask)) << (LANES * j);
        _mm512_storeu_si512(sums + LANES * j, sum);
    }
    carries = ((makes << 1) + passes) ^ passes;
    for (j = 0; j < vectors; j++) {
        __m512i sum = _mm512_loadu_si512(sums + LANES * j);

        sum = _mm512_mask_sub_epi64(
            sum, (__mmask8)(carries >> (LANES * j)), sum, _mm512_set1_epi64(-1));
        _mm512_storeu_si512(sums + LANES * j, _mm512_and_si512(sum, mask));
    }
}

INLINE void
multiply_one(const product *products, const size_t rows, const int vectors)
{
    sums s;
    uint64_t low = 0;
    size_t i;

    FOR_EACH(s.a[j] = s.m[j] = _mm512_setzero_si512(););
    for (i = 0; i < rows; i++)
        low = row(&s, low, products, products->b[i], vectors);
    FOR_EACH(_mm512_storeu_si512(products->out + LANES * j, _mm512_add_epi64(s.a[j], s.m[j])););
    products->out[0] = low;
    carry(products->out, vectors);
}

INLINE void
multiply_two(const product *products, const size_t rows, const int vectors)
{
    sums first, second;
    uint64_t first_low = 0, second_low = 0;
    size_t i;

    FOR_EACH(first.a[j] = first.m[j] = _mm512_setzero_si512(););
    FOR_EACH(second.a[j] = second.m[j] = _mm512_setzero_si512(););
    for (i = 0; i < rows; i++) {
        first_low = row(&first, first_low, &products[0], products[0].b[i], vectors);
        second_low = row(&second, second_low, &products[1], products[1].b[i], vectors);
    }
    put(products[0].out, &first, first_low, vectors);
    put(products[1].out, &second, second_low, vectors);
}

#define MULTIPLICATION(count, vectors)                                                             \
    TARGET static __attribute__((noinline)) void multiply_##count##_by_##vectors(                  \
        const product *products, size_t rows)                                                      \
    {                                                                                              \
        multiply_##count(products, rows, vectors);                                                 \
    }

MULTIPLICATION(two, 3)
MULTIPLICATION(one, 5)
MULTIPLICATION(one, 10)

/* ---- Secret exponents ---- */

/* R is at least four times the prime. */
static size_t
rows_for(const rsa_primes *primes)
{
    return (8 * primes->length + 2 + LIMB_BITS - 1) / LIMB_BITS;
}

/* Of both primes. */
struct powers {
    secret_number of[WINDOW_POWERS][2];
    secret_number modulus[2], square[2], x[2], one[2], chosen[2];
    uint64_t words[RSA_PRIME_WORDS_MAXIMUM], factor[2];
    size_t rows, limbs; /* limbs: in whole vectors */
};

static void
multiply_both(struct powers *w, secret_number *out, secret_number *a, secret_number *b)
{
    product products[2];
    int i;

    for (i = 0; i < 2; i++) {
        products[i].out = out[i];
        products[i].a = a[i];
        products[i].b = b[i];
        products[i].modulus = w->modulus[i];
        products[i].factor = w->factor[i];
    }
    if (w->limbs <= 3 * LANES) {
        multiply_two_by_3(products, w->rows);
        return;
    }
    multiply_one_by_5(&products[0], w->rows);
    multiply_one_by_5(&products[1], w->rows);
}

/* choose_power reads the whole table, and keeps one row. */
TARGET static void
choose_power(struct powers *w, secret_number out, int which, unsigned window)
{
    const __m512i wanted = _mm512_set1_epi64(window), one = _mm512_set1_epi64(1);
    size_t j;
    int i;

    for (j = 0; j < w->limbs; j += LANES) {
        __m512i chosen = _mm512_setzero_si512(), number = _mm512_setzero_si512();

        for (i = 0; i < WINDOW_POWERS; i++) {
            chosen = _mm512_mask_or_epi64(chosen, _mm512_cmpeq_epi64_mask(number, wanted), chosen,
                _mm512_loadu_si512(&w->of[i][which][j]));
            number = _mm512_add_epi64(number, one);
        }
        _mm512_storeu_si512(out + j, chosen);
    }
}

static void
choose_both(struct powers *w, const rsa_primes *primes, size_t place)
{
    size_t places = 2 * primes->exponent_length;
    int i;

    for (i = 0; i < 2; i++)
        choose_power(w, w->chosen[i], i, tls_rsa_window(&primes->of[i], place, places));
}

static void
begin(struct powers *w, uint64_t *const x[2], const rsa_primes *primes)
{
    int i;

    memset(w, 0, sizeof *w);
    w->rows = rows_for(primes);
    w->limbs = (w->rows + LANES - 1) / LANES * LANES;
    for (i = 0; i < 2; i++) {
        const rsa_prime *prime = &primes->of[i];

        tls_rsa_power_of_two(w->words, 2 * LIMB_BITS * w->rows, prime->square, tls_rsa_adx_multiply,
            prime->modulus, prime->factor, primes->words);
        w->one[i][0] = 1;
        to_limbs(w->modulus[i], w->rows, prime->modulus, primes->words);
        to_limbs(w->square[i], w->rows, w->words, primes->words);
        to_limbs(w->x[i], w->rows, x[i], primes->words);
        w->factor[i] = prime->factor & LIMB_MASK;
    }
    multiply_both(w, w->of[0], w->one, w->square);
    multiply_both(w, w->of[1], w->x, w->square);
    for (i = 2; i < WINDOW_POWERS; i++)
        multiply_both(w, w->of[i], w->of[i - 1], w->of[1]);
}

static void
raise_secret(uint64_t *const x[2], const rsa_primes *primes)
{
    struct powers w;
    size_t place;
    int i;

    if (rows_for(primes) > SECRET_VECTORS * LANES) {
        tls_rsa_raise_secret(tls_rsa_adx_multiply, x, primes);
        return;
    }
    begin(&w, x, primes);
    memcpy(w.x, w.of[0], sizeof w.x);
    for (place = 0; place < 2 * primes->exponent_length; place++) {
        for (i = 0; i < 4 && place > 0; i++)
            multiply_both(&w, w.x, w.x, w.x);
        choose_both(&w, primes, place);
        multiply_both(&w, w.x, w.x, w.chosen);
    }
    multiply_both(&w, w.x, w.x, w.one);
    for (i = 0; i < 2; i++) {
        uint64_t above = to_words(x[i], primes->words, w.x[i], w.rows);

        tls_rsa_reduce_once(x[i], above, primes->of[i].modulus, primes->words);
    }
    tls_wipe(&w, sizeof w);
    scratch_wipe();
}

/* ---- Public exponents ---- */

/* multiply_modulo_n: R is 2^(52 limbs). */
static void
multiply_modulo_n(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *modulus,
    uint64_t factor, size_t limbs)
{
    product p;

    p.out = out;
    p.a = a;
    p.b = b;
    p.modulus = modulus;
    p.factor = factor;
    (limbs <= SHORT_VECTORS * LANES ? multiply_one_by_5 : multiply_one_by_10)(&p, limbs);
}

static void
raise_public(uint64_t *x, const uint64_t *n, size_t words, const unsigned char *e, size_t e_length)
{
    public_number modulus, square, limbs;
    uint64_t square_in_words[RSA_WORDS_MAXIMUM];
    size_t count = LANES * (words <= SHORT_WORDS ? SHORT_VECTORS : PUBLIC_VECTORS);

    tls_rsa_power_of_two_public(
        square_in_words, 2 * LIMB_BITS * count, tls_rsa_adx_multiply, n, words);
    to_limbs(modulus, count, n, words);
    to_limbs(square, count, square_in_words, words);
    to_limbs(limbs, count, x, words);
    tls_rsa_power(multiply_modulo_n, limbs, square, modulus, tls_rsa_factor(n) & LIMB_MASK, count,
        e, e_length);
    tls_rsa_reduce_once(x, to_words(x, words, limbs, count), n, words);
    tls_wipe(limbs, sizeof limbs);
}

static const tls_rsa_arithmetic arithmetic = {tls_rsa_adx_multiply, raise_secret, raise_public};

static void
install(tls_kernels *kernels)
{
    tls_rsa_install(kernels, &arithmetic);
}

const tls_kernel tls_kernel_rsa_ifma = {TLS_PRIMITIVE_RSA, "ifma",
    TLS_PROCESSOR_AVX512 | TLS_PROCESSOR_AVX512IFMA | TLS_PROCESSOR_BMI2 | TLS_PROCESSOR_ADX,
    install};

#endif

/* ml_kem_polynomial.c - see ml_kem_polynomial.h. Where numbers are secret, nothing is divided: y /
 * q is y times 2^36 / q, rounded up, shifted, which is right for y below 2^24. */
#include "crypto/ml_kem_polynomial.h"

#include <string.h>

#include "base/bytes.h"
#include "kernel/kernel.h"

#define Q TLS_ML_KEM_Q
#define RECIPROCAL 20642679 /* 2^36 / q, rounded up */

#define LANE_BYTES 8
#define SHAKE128_RATE 168
#define SHAKE256_RATE 136
#define SHAKE_SUFFIX 0x1F
#define PADDING_END ((uint64_t)0x80 << 56)

/* ---- Numbers as bytes ---- */

/* compress: section 4.2.1: x 2^bits / q, rounded. */
static inline uint32_t
compress(uint32_t x, unsigned bits)
{
    uint64_t y = (x << bits) + Q / 2;

    return (uint32_t)(y * RECIPROCAL >> 36) & ((1U << bits) - 1);
}

static inline uint32_t
decompress(uint32_t y, unsigned bits)
{
    return (2 * y * Q + (1U << bits)) >> (bits + 1);
}

/* place: of number i, which in the NTT's domain is not where it is named. */
static inline unsigned
place(unsigned i, unsigned bits)
{
    return bits == TLS_ML_KEM_FULL ? TLS_ML_KEM_PLACE(i) : i;
}

/* Any polynomial has a number of bytes that four divides: they are written and read by four. */
static inline void
put32(unsigned char *p, uint32_t word)
{
    p[0] = (unsigned char)word;
    p[1] = (unsigned char)(word >> 8);
    p[2] = (unsigned char)(word >> 16);
    p[3] = (unsigned char)(word >> 24);
}

static inline uint32_t
get32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void
tls_ml_kem_encode(unsigned char *out, const tls_polynomial p, unsigned bits)
{
    tls_polynomial numbers;
    uint64_t kept = 0;
    unsigned i, count = 0;

    tls_kernels_chosen()->ml_kem->canonical(numbers, p);
    for (i = 0; i < TLS_ML_KEM_N; i++) {
        uint32_t x = (uint16_t)numbers[place(i, bits)];

        kept |= (uint64_t)(bits == TLS_ML_KEM_FULL ? x : compress(x, bits)) << count;
        count += bits;
        if (count >= 32) {
            put32(out, (uint32_t)kept);
            out += 4;
            kept >>= 32;
            count -= 32;
        }
    }
    tls_wipe(numbers, sizeof numbers);
}

int
tls_ml_kem_decode(tls_polynomial p, const unsigned char *bytes, unsigned bits)
{
    uint64_t kept = 0;
    uint32_t x, over = 0;
    unsigned i, count = 0;

    for (i = 0; i < TLS_ML_KEM_N; i++) {
        if (count < bits) {
            kept |= (uint64_t)get32(bytes) << count;
            bytes += 4;
            count += 32;
        }
        x = (uint32_t)kept & ((1U << bits) - 1);
        kept >>= bits;
        count -= bits;
        over |= Q - 1 - x;
        p[place(i, bits)] = (int16_t)(bits == TLS_ML_KEM_FULL ? x : decompress(x, bits));
    }
    return over >> 31 == 0;
}

/* ---- Sampling ---- */

typedef uint64_t states[TLS_KECCAK_LANES][TLS_ML_KEM_BATCH];

/* begin: SHAKE, with this rate, of the seed and of `length` bytes behind it that differ. */
static void
begin(states s, const unsigned char seed[TLS_ML_KEM_SEED], size_t rate,
    const uint32_t behind[TLS_ML_KEM_BATCH], unsigned length)
{
    size_t i, j, b;

    memset(s, 0, sizeof(states));
    for (i = 0; i < TLS_ML_KEM_SEED / LANE_BYTES; i++) {
        uint64_t lane = 0;

        for (b = 0; b < LANE_BYTES; b++)
            lane |= (uint64_t)seed[LANE_BYTES * i + b] << 8 * b;
        for (j = 0; j < TLS_ML_KEM_BATCH; j++)
            s[i][j] = lane;
    }
    for (j = 0; j < TLS_ML_KEM_BATCH; j++) {
        s[i][j] = behind[j] | (uint64_t)SHAKE_SUFFIX << 8 * length;
        s[rate / LANE_BYTES - 1][j] |= PADDING_END;
    }
}

#define LANES_AT_ONCE 3 /* which are sixteen numbers */
#define NUMBERS_AT_ONCE 16

/* The numbers of an entry that were found; what is not below q is overwritten by the next. */
typedef struct entry {
    unsigned count;
    int16_t numbers[TLS_ML_KEM_N + NUMBERS_AT_ONCE];
} entry;

/* The next number of `word`, which counts if it is below q. */
#define TAKE(word)                                                                                 \
    do {                                                                                           \
        uint32_t number = (uint32_t)(word)&0xFFF;                                                  \
                                                                                                   \
        *end = (int16_t)number;                                                                    \
        end += (number - Q) >> 31;                                                                 \
        (word) >>= 12;                                                                             \
    } while (0)

/* accept takes from three lanes what is below q. */
static void
accept(entry *e, uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t words[3] = {a, a >> 60 | b << 4, b >> 56 | c << 8};
    int16_t *end = e->numbers + e->count;
    unsigned i;

    if (e->count >= TLS_ML_KEM_N)
        return;
    for (i = 0; i < 3; i++) {
        uint64_t word = words[i];

        TAKE(word);
        TAKE(word);
        TAKE(word);
        TAKE(word);
        TAKE(word);
    }
    c >>= 52;
    TAKE(c);
    e->count = (unsigned)(end - e->numbers);
}

/* sample_entries: one batch of the matrix. */
static void
sample_entries(tls_polynomial *out, unsigned wanted, const unsigned char seed[TLS_ML_KEM_SEED],
    const uint32_t positions[TLS_ML_KEM_BATCH])
{
    const tls_ml_kem_arithmetic *arithmetic = tls_kernels_chosen()->ml_kem;
    entry entries[TLS_ML_KEM_BATCH];
    unsigned i, j, full;
    states s;

    for (j = 0; j < wanted; j++)
        entries[j].count = 0;
    begin(s, seed, SHAKE128_RATE, positions, 2);
    do {
        arithmetic->permute4(s);
        /* A few of each in turn: a processor goes on with the next while it counts those before. */
        for (i = 0; i < SHAKE128_RATE / LANE_BYTES; i += LANES_AT_ONCE)
            for (j = 0; j < wanted; j++)
                accept(&entries[j], s[i][j], s[i + 1][j], s[i + 2][j]);
        for (j = full = 0; j < wanted; j++)
            full += entries[j].count >= TLS_ML_KEM_N;
    } while (full < wanted);
    for (j = 0; j < wanted; j++) {
        memcpy(out[j], entries[j].numbers, sizeof out[j]);
        arithmetic->transpose(out[j]);
    }
}

void
tls_ml_kem_sample_matrix(
    tls_polynomial *matrix, const unsigned char seed[TLS_ML_KEM_SEED], unsigned rank)
{
    uint32_t positions[TLS_ML_KEM_BATCH], row = 0, column = 0;
    unsigned n, j, wanted;

    for (n = 0; n < rank * rank; n += TLS_ML_KEM_BATCH) {
        wanted = rank * rank - n < TLS_ML_KEM_BATCH ? rank * rank - n : TLS_ML_KEM_BATCH;
        for (j = 0; j < TLS_ML_KEM_BATCH; j++) {
            positions[j] = column | row << 8; /* algorithm 13: rho, j, i */
            column = column + 1 < rank ? column + 1 : 0;
            row += column == 0;
        }
        sample_entries(matrix + n, wanted, seed, positions);
    }
}

/* spread: algorithm 8 with eta = 2: four bits make a number, the first two minus the last two. All
 * sixteen are computed at once, with 4 added so that none is negative. */
static void
spread(int16_t *out, uint64_t bits)
{
    const uint64_t fives = 0x5555555555555555, threes = 0x3333333333333333;
    uint64_t sums = (bits & fives) + (bits >> 1 & fives);
    unsigned i;

    sums = (sums & threes) + ((fives & ~threes) - (sums >> 2 & threes));
    for (i = 0; i < 16; i++, sums >>= 4)
        out[i] = (int16_t)((int16_t)(sums & 15) - 4);
}

void
tls_ml_kem_sample_noise(
    tls_polynomial *noise, const unsigned char seed[TLS_ML_KEM_SEED], unsigned count)
{
    uint32_t numbers[TLS_ML_KEM_BATCH];
    unsigned n, i, j;
    states s;

    for (n = 0; n < count; n += TLS_ML_KEM_BATCH) {
        for (j = 0; j < TLS_ML_KEM_BATCH; j++)
            numbers[j] = n + j;
        begin(s, seed, SHAKE256_RATE, numbers, 1);
        tls_kernels_chosen()->ml_kem->permute4(s);
        for (j = 0; j < TLS_ML_KEM_BATCH && n + j < count; j++)
            for (i = 0; i < TLS_ML_KEM_N / 16; i++)
                spread(noise[n + j] + (size_t)16 * i, s[i][j]);
    }
    tls_wipe(s, sizeof s);
}

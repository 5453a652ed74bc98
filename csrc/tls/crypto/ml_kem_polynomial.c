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

/* canonical: x modulo q, from 0 to q - 1, for any x: Barrett's reduction leaves 0 to q. */
static uint32_t
canonical(int16_t x)
{
    int32_t reduced = x - (x * 20159 >> 26) * Q - Q;

    return (uint32_t)(reduced + ((reduced >> 31) & Q));
}

/* compress: section 4.2.1: x 2^bits / q, rounded. */
static uint32_t
compress(uint32_t x, unsigned bits)
{
    uint64_t y = (x << bits) + Q / 2;

    return (uint32_t)(y * RECIPROCAL >> 36) & ((1U << bits) - 1);
}

static int16_t
decompress(uint32_t y, unsigned bits)
{
    return (int16_t)((y * Q + (1U << (bits - 1))) >> bits);
}

/* place: of number i, which in the NTT's domain is not where it is named. */
static unsigned
place(unsigned i, unsigned bits)
{
    return bits == TLS_ML_KEM_FULL ? TLS_ML_KEM_PLACE(i) : i;
}

void
tls_ml_kem_encode(unsigned char *out, const tls_polynomial p, unsigned bits)
{
    uint64_t kept = 0;
    unsigned i, count = 0;

    for (i = 0; i < TLS_ML_KEM_N; i++) {
        uint32_t x = canonical(p[place(i, bits)]);

        kept |= (uint64_t)(bits == TLS_ML_KEM_FULL ? x : compress(x, bits)) << count;
        for (count += bits; count >= 8; count -= 8) {
            *out++ = (unsigned char)kept;
            kept >>= 8;
        }
    }
}

int
tls_ml_kem_decode(tls_polynomial p, const unsigned char *bytes, unsigned bits)
{
    uint32_t kept = 0, mask = (1U << bits) - 1, over = 0;
    unsigned i, count = 0;

    for (i = 0; i < TLS_ML_KEM_N; i++) {
        for (; count < bits; count += 8)
            kept |= (uint32_t)*bytes++ << count;
        if (bits == TLS_ML_KEM_FULL) {
            over |= Q - 1 - (kept & mask);
            p[TLS_ML_KEM_PLACE(i)] = (int16_t)(kept & mask);
        } else {
            p[i] = decompress(kept & mask, bits);
        }
        kept >>= bits;
        count -= bits;
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

/* accept takes what numbers below q are among the two of three bytes. Returns how many numbers
 * there are then. */
static unsigned
accept(tls_polynomial p, unsigned count, uint32_t bytes)
{
    uint32_t first = bytes & 0xFFF, second = bytes >> 12 & 0xFFF;

    if (count < TLS_ML_KEM_N)
        p[TLS_ML_KEM_PLACE(count)] = (int16_t)first;
    count += first < Q;
    if (count < TLS_ML_KEM_N)
        p[TLS_ML_KEM_PLACE(count)] = (int16_t)second;
    return count + (second < Q);
}

/* accept_block does it with one state's block, three lanes at a time. */
static unsigned
accept_block(tls_polynomial p, unsigned count, states s, unsigned j)
{
    unsigned i, b;

    for (i = 0; i < SHAKE128_RATE / LANE_BYTES && count < TLS_ML_KEM_N; i += 3) {
        uint64_t lanes[3] = {s[i][j], s[i + 1][j], s[i + 2][j]};

        for (b = 0; b < 24; b += 3) {
            uint64_t bytes = lanes[b / 8] >> 8 * (b % 8);

            if (b % 8 > 5)
                bytes |= lanes[b / 8 + 1] << (64 - 8 * (b % 8));
            count = accept(p, count, (uint32_t)bytes & 0xFFFFFF);
        }
    }
    return count;
}

/* sample_entries: one batch of the matrix. */
static void
sample_entries(tls_polynomial *entries, unsigned wanted, const unsigned char seed[TLS_ML_KEM_SEED],
    const uint32_t positions[TLS_ML_KEM_BATCH])
{
    unsigned counts[TLS_ML_KEM_BATCH] = {0}, j, full;
    states s;

    begin(s, seed, SHAKE128_RATE, positions, 2);
    do {
        tls_kernels_chosen()->ml_kem->permute4(s);
        full = 0;
        for (j = 0; j < wanted; j++) {
            counts[j] = accept_block(entries[j], counts[j], s, j);
            full += counts[j] >= TLS_ML_KEM_N;
        }
    } while (full < wanted);
}

void
tls_ml_kem_sample_matrix(tls_polynomial *matrix, const unsigned char seed[TLS_ML_KEM_SEED],
    unsigned rank, int transposed)
{
    uint32_t positions[TLS_ML_KEM_BATCH];
    unsigned n, j;

    for (n = 0; n < rank * rank; n += TLS_ML_KEM_BATCH) {
        unsigned wanted = rank * rank - n;

        if (wanted > TLS_ML_KEM_BATCH)
            wanted = TLS_ML_KEM_BATCH;
        for (j = 0; j < TLS_ML_KEM_BATCH; j++) {
            unsigned row = (n + j) / rank, column = (n + j) % rank;

            /* Algorithm 13: rho, j, i. */
            positions[j] = transposed ? row | column << 8 : column | row << 8;
        }
        sample_entries(matrix + n, wanted, seed, positions);
    }
}

/* spread: algorithm 8 with eta = 2: four bits make a number, the first two minus the last two. */
static void
spread(int16_t *out, uint64_t bits)
{
    const uint64_t fives = 0x5555555555555555;
    uint64_t sums = (bits & fives) + (bits >> 1 & fives);
    unsigned i;

    for (i = 0; i < 16; i++)
        out[i] = (int16_t)((int16_t)(sums >> 4 * i & 3) - (int16_t)(sums >> (4 * i + 2) & 3));
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
        for (j = 0; j < TLS_ML_KEM_BATCH; j++)
            for (i = 0; i < TLS_ML_KEM_N / 16; i++)
                spread(noise[n + j] + (size_t)16 * i, s[i][j]);
    }
    tls_wipe(s, sizeof s);
}

/* aes_gcm_pmull.c - see aes_gcm_pmull.h. Arm Architecture Reference Manual, FEAT_AES, FEAT_PMULL.
 *
 * AESE adds a round key, then does SubBytes and ShiftRows; AESMC does MixColumns. So the last key
 * is added by itself. Eight blocks are encrypted at once, since each step of one waits for the step
 * before.
 *
 * GHASH's numbers are those of aes_gcm_x86_64.h, where they are derived: a block is loaded with its
 * bytes turned round, the powers of the hash key that are kept are H^n x, the modulus divides in
 * two steps of 64 bits in the manner of Montgomery, and up to eight blocks need one reduction, (Y +
 * X1) H^n + X2 H^(n-1) + ... + Xn H. PMULL multiplies the lower halves of two registers without
 * carries, PMULL2 the upper ones. */
#include "kernel/aes_gcm_pmull.h"

#include <string.h>

#include "kernel/build.h"
#include "kernel/processor.h"

#if TLS_KERNEL_AARCH64_CRYPTO

#include <arm_neon.h>

#define SCRATCH_LENGTH 1024 /* what is called here takes less than half of it */
#include "kernel/scratch.h"

#define BLOCK ((size_t)16)
#define GROUP (TLS_AES_GCM_POWERS * BLOCK)

#define TARGET TLS_TARGET("+crypto")
#define INLINE static inline __attribute__((always_inline)) TARGET

/* ---- AES ---- */

/* sub_word: FIPS 197 section 5.2. Where all columns are the same, ShiftRows changes nothing. */
INLINE uint32_t
sub_word(uint32_t word)
{
    uint8x16_t x = vaeseq_u8(vreinterpretq_u8_u32(vdupq_n_u32(word)), vdupq_n_u8(0));

    return vgetq_lane_u32(vreinterpretq_u32_u8(x), 0);
}

/* expand_key: words have their first byte lowest, so that RotWord turns them to the right. */
TARGET static __attribute__((noinline)) void
expand_key(tls_aes_gcm_key *key, const unsigned char *bytes, size_t length)
{
    size_t i, n = length / 4, at = 0; /* i modulo n */
    uint32_t words[4 * 15], constant = 1;

    key->as.blocks.rounds = (unsigned)n + 6;
    memcpy(words, bytes, length);
    for (i = n; i < 4 * (n + 7); i++) {
        uint32_t word = words[i - 1];

        if (at == 0) {
            word = sub_word(word >> 8 | word << 24) ^ constant;
            constant = constant == 0x80 ? 0x1B : constant << 1;
        } else if (n == 8 && at == 4) {
            word = sub_word(word);
        }
        words[i] = words[i - n] ^ word;
        at = at + 1 == n ? 0 : at + 1;
    }
    memcpy(key->as.blocks.round_keys, words, 16 * (n + 7));
    tls_wipe(words, sizeof words);
}

INLINE uint8x16_t
encrypt_block(const tls_aes_gcm_key *key, uint8x16_t x)
{
    unsigned r;

    for (r = 0; r + 1 < key->as.blocks.rounds; r++)
        x = vaesmcq_u8(vaeseq_u8(x, vld1q_u8(key->as.blocks.round_keys[r])));
    x = vaeseq_u8(x, vld1q_u8(key->as.blocks.round_keys[r]));
    return veorq_u8(x, vld1q_u8(key->as.blocks.round_keys[r + 1]));
}

INLINE uint8x16_t
turn_round(uint8x16_t x)
{
    x = vrev64q_u8(x);
    return vextq_u8(x, x, 8);
}

#define EIGHT(step)                                                                                \
    do {                                                                                           \
        step(x0, 0);                                                                               \
        step(x1, 1);                                                                               \
        step(x2, 2);                                                                               \
        step(x3, 3);                                                                               \
        step(x4, 4);                                                                               \
        step(x5, 5);                                                                               \
        step(x6, 6);                                                                               \
        step(x7, 7);                                                                               \
    } while (0)

/* Counters are added modulo 2^32, as SP 800-38D section 6.2 has it. */
#define COUNT(x, i)                                                                                \
    do {                                                                                           \
        (x) = turn_round(vreinterpretq_u8_u32(counter));                                           \
        counter = vaddq_u32(counter, one);                                                         \
    } while (0)
#define ROUND(x, i) (x) = vaesmcq_u8(vaeseq_u8(x, round_key))
#define FINISH(x, i)                                                                               \
    vst1q_u8(data + BLOCK * (i),                                                                   \
        veorq_u8(vld1q_u8(data + BLOCK * (i)), veorq_u8(vaeseq_u8(x, round_key), last_key)))

/* xor_group: eight blocks, from this counter on. Returns the counter behind them. */
TARGET static __attribute__((noinline)) uint32x4_t
xor_group(const tls_aes_gcm_key *key, uint32x4_t counter, unsigned char *data)
{
    const uint32x4_t one = vsetq_lane_u32(1, vdupq_n_u32(0), 0);
    uint8x16_t x0, x1, x2, x3, x4, x5, x6, x7, round_key, last_key;
    unsigned r;

    EIGHT(COUNT);
    for (r = 0; r + 1 < key->as.blocks.rounds; r++) {
        round_key = vld1q_u8(key->as.blocks.round_keys[r]);
        EIGHT(ROUND);
    }
    round_key = vld1q_u8(key->as.blocks.round_keys[r]);
    last_key = vld1q_u8(key->as.blocks.round_keys[r + 1]);
    EIGHT(FINISH);
    return counter;
}

/* ---- GHASH ---- */

INLINE uint64x2_t
multiply(uint64_t a, uint64_t b)
{
    return vreinterpretq_u64_p128(vmull_p64((poly64_t)a, (poly64_t)b));
}

#define LOW(x) vgetq_lane_u64(x, 0)
#define HIGH(x) vgetq_lane_u64(x, 1)

/* add_product: low, middle and high += a b, of 128 bits each, 64 bits apart. */
INLINE void
add_product(uint64x2_t *low, uint64x2_t *middle, uint64x2_t *high, uint64x2_t a, uint64x2_t b)
{
    *low = veorq_u64(*low, multiply(LOW(a), LOW(b)));
    *high = veorq_u64(*high, multiply(HIGH(a), HIGH(b)));
    *middle = veorq_u64(*middle, multiply(LOW(a), HIGH(b)));
    *middle = veorq_u64(*middle, multiply(HIGH(a), LOW(b)));
}

INLINE uint64x2_t
reduce(uint64x2_t low, uint64x2_t middle, uint64x2_t high)
{
    const uint64_t modulus = 0xC200000000000000;

    middle = veorq_u64(middle, vextq_u64(low, low, 1));
    middle = veorq_u64(middle, multiply(modulus, LOW(low)));
    high = veorq_u64(high, vextq_u64(middle, middle, 1));
    return veorq_u64(high, multiply(modulus, LOW(middle)));
}

INLINE uint64x2_t
load_power(const unsigned char *power)
{
    return vreinterpretq_u64_u8(vld1q_u8(power));
}

INLINE uint64x2_t
load_round(const unsigned char *block)
{
    return vreinterpretq_u64_u8(turn_round(vld1q_u8(block)));
}

/* hash_blocks takes up to eight with one reduction. */
TARGET static __attribute__((noinline)) uint64x2_t
hash_blocks(const tls_aes_gcm_key *key, uint64x2_t hash, const unsigned char *blocks, size_t count)
{
    while (count > 0) {
        size_t i, n = count < TLS_AES_GCM_POWERS ? count : TLS_AES_GCM_POWERS;
        const unsigned char *power = key->as.blocks.powers[TLS_AES_GCM_POWERS - n];
        uint64x2_t low = vdupq_n_u64(0), middle = low, high = low;

        for (i = 0; i < n; i++, blocks += BLOCK, power += BLOCK) {
            hash = veorq_u64(hash, load_round(blocks));
            add_product(&low, &middle, &high, hash, load_power(power));
            hash = vdupq_n_u64(0);
        }
        hash = reduce(low, middle, high);
        count -= n;
    }
    return hash;
}

/* make_powers: H x, and what it makes with itself. Turned round, the highest coefficient is the
 * lowest bit, and x^128 is C2 00...01. */
TARGET static __attribute__((noinline)) void
make_powers(tls_aes_gcm_key *key)
{
    uint64x2_t h = vreinterpretq_u64_u8(turn_round(encrypt_block(key, vdupq_n_u8(0))));
    uint64_t carry = 0 - (HIGH(h) >> 63), low = LOW(h) << 1, high = HIGH(h) << 1 | LOW(h) >> 63;
    uint64x2_t power;
    unsigned i;

    h = vcombine_u64(
        vcreate_u64(low ^ (carry & 1)), vcreate_u64(high ^ (carry & 0xC200000000000000)));
    power = h;
    for (i = TLS_AES_GCM_POWERS; i-- > 0;) {
        uint64x2_t products[3];

        vst1q_u8(key->as.blocks.powers[i], vreinterpretq_u8_u64(power));
        products[0] = products[1] = products[2] = vdupq_n_u64(0);
        add_product(&products[0], &products[1], &products[2], power, h);
        power = reduce(products[0], products[1], products[2]);
    }
}

/* ---- The AEAD ---- */

/* What is left on the stack if it is not wiped. Hash and counter are turned round, so that the
 * counter, which is that of the next block, is the lowest word. */
typedef struct working {
    uint64x2_t hash;
    uint32x4_t counter;
    unsigned char last[GROUP + BLOCK]; /* what is no whole group, and the lengths */
} working;

TARGET static void
hash_additional(const tls_aes_gcm_key *key, working *w, tls_bytes additional)
{
    size_t whole = additional.length / BLOCK, left = additional.length % BLOCK;

    w->hash = hash_blocks(key, w->hash, additional.data, whole);
    if (left > 0) {
        unsigned char block[BLOCK] = {0};

        memcpy(block, additional.data + whole * BLOCK, left);
        w->hash = hash_blocks(key, w->hash, block, 1);
    }
}

/* run_groups does as many whole groups as there are, and returns their bytes. */
TARGET static size_t
run_groups(const tls_aes_gcm_key *key, working *w, int encrypt, unsigned char *data, size_t length)
{
    size_t done;

    for (done = 0; length - done >= GROUP; done += GROUP) {
        if (!encrypt)
            w->hash = hash_blocks(key, w->hash, data + done, TLS_AES_GCM_POWERS);
        w->counter = xor_group(key, w->counter, data + done);
        if (encrypt)
            w->hash = hash_blocks(key, w->hash, data + done, TLS_AES_GCM_POWERS);
    }
    return done;
}

/* finish does the last length < GROUP bytes and the lengths. */
TARGET static void
finish(const tls_aes_gcm_key *key, working *w, int encrypt, uint64x2_t lengths, unsigned char *data,
    size_t length)
{
    size_t blocks = (length + BLOCK - 1) / BLOCK;
    unsigned char *end = w->last + BLOCK * blocks;

    if (length > 0) {
        memcpy(w->last, data, length);
        if (encrypt) {
            xor_group(key, w->counter, w->last);
            memcpy(data, w->last, length);
            memset(w->last + length, 0, (size_t)(end - w->last) - length);
        }
    }
    vst1q_u8(end, turn_round(vreinterpretq_u8_u64(lengths)));
    w->hash = hash_blocks(key, w->hash, w->last, blocks + 1);
    if (length > 0 && !encrypt) {
        xor_group(key, w->counter, w->last);
        memcpy(data, w->last, length);
    }
}

TARGET static __attribute__((noinline)) void
seal_or_open(const tls_aes_gcm_key *key, int encrypt, const unsigned char *nonce,
    tls_bytes additional, unsigned char *data, size_t length, unsigned char *tag)
{
    const uint64x2_t lengths = vcombine_u64(
        vcreate_u64((uint64_t)length * 8), vcreate_u64((uint64_t)additional.length * 8));
    unsigned char first[BLOCK] = {0};
    uint8x16_t mask;
    working w;
    size_t done;

    memset(&w, 0, sizeof w);
    memcpy(first, nonce, TLS_AES_GCM_NONCE_LENGTH);
    first[BLOCK - 1] = 1;
    mask = encrypt_block(key, vld1q_u8(first));
    first[BLOCK - 1] = 2;
    w.counter = vreinterpretq_u32_u8(turn_round(vld1q_u8(first)));
    hash_additional(key, &w, additional);
    done = run_groups(key, &w, encrypt, data, length);
    finish(key, &w, encrypt, lengths, data + done, length - done);
    vst1q_u8(tag, veorq_u8(turn_round(vreinterpretq_u8_u64(w.hash)), mask));
    tls_wipe(&w, sizeof w);
}

static void
run(const tls_aes_gcm_key *key, int encrypt, const unsigned char *nonce, tls_bytes additional,
    unsigned char *data, size_t length, unsigned char *tag)
{
    seal_or_open(key, encrypt, nonce, additional, data, length, tag);
    scratch_wipe();
}

/* ---- The kernel ---- */

static void
start(tls_aes_gcm_key *key, const unsigned char *bytes, size_t length)
{
    key->run = run;
    expand_key(key, bytes, length);
    make_powers(key);
    scratch_wipe();
}

static void
install(tls_kernels *kernels)
{
    kernels->aes_gcm = start;
}

const tls_kernel tls_kernel_aes_gcm_pmull = {
    TLS_PRIMITIVE_AES_GCM, "pmull", TLS_PROCESSOR_AES_PMULL, install};

#endif

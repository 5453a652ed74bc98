/* aes_gcm_aes_ni.c - AES-GCM with AES-NI and PCLMULQDQ: groups of eight blocks, and all that does
 * not depend on the vectors' width. See aes_gcm_groups.h and aes_gcm_x86_64.h. */
#include "kernel/aes_gcm_aes_ni.h"

#include <string.h>

#include "kernel/aes_gcm_x86_64.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#define VECTOR_TARGET AES_NI
#define BLOCKS 1
#define SHORTEST 128

typedef __m128i vector;

#define LOAD(p) LOAD128(p)
#define STORE(p, x) STORE128(p, x)
#define XOR(a, b) _mm_xor_si128(a, b)
#define ADD32(a, b) _mm_add_epi32(a, b)
#define SHUFFLE8(x, order) _mm_shuffle_epi8(x, order)
#define AES(x, key) _mm_aesenc_si128(x, key)
#define AES_LAST(x, key) _mm_aesenclast_si128(x, key)
#define MULTIPLY(a, b, halves) _mm_clmulepi64_si128(a, b, halves)
#define BROADCAST(block) (block)
#define FIRST(block) (block)
#define STEPS _mm_setzero_si128()
#define FOLD(x) (x)

#include "kernel/aes_gcm_groups.h"

#define BLOCK 16

/* FIPS 197 section 5.2. AESKEYGENASSIST with a round constant of zero gives SubWord of the words 1
 * and 3, and each turned by RotWord too. */
AES_NI static void
expand_key(tls_aes_gcm_key *key, const unsigned char *bytes, size_t length)
{
    size_t i, words = length / BLOCK; /* in fours: 1 or 2 */
    uint32_t constant = 1;

    key->as.blocks.rounds = (unsigned)length / 4 + 6;
    memcpy(key->as.blocks.round_keys, bytes, length);
    for (i = words; i <= key->as.blocks.rounds; i++) {
        __m128i t = _mm_aeskeygenassist_si128(LOAD128(key->as.blocks.round_keys[i - 1]), 0);
        __m128i x = LOAD128(key->as.blocks.round_keys[i - words]);

        if ((i & (words - 1)) == 0) {
            t = _mm_xor_si128(_mm_shuffle_epi32(t, 0xFF), _mm_set1_epi32((int)constant));
            constant = constant == 0x80 ? 0x1B : constant << 1;
        } else {
            t = _mm_shuffle_epi32(t, 0xAA);
        }
        /* Word j is the sum of words 0 to j. */
        x = _mm_xor_si128(x, _mm_slli_si128(x, 4));
        x = _mm_xor_si128(x, _mm_slli_si128(x, 8));
        STORE128(key->as.blocks.round_keys[i], _mm_xor_si128(x, t));
    }
}

AES_GCM_INLINE AES_NI __m128i
encrypt_block(const tls_aes_gcm_key *key, __m128i x)
{
    unsigned r;

    x = _mm_xor_si128(x, LOAD128(key->as.blocks.round_keys[0]));
    for (r = 1; r < key->as.blocks.rounds; r++)
        x = _mm_aesenc_si128(x, LOAD128(key->as.blocks.round_keys[r]));
    return _mm_aesenclast_si128(x, LOAD128(key->as.blocks.round_keys[r]));
}

/* times_x: turned round, the highest coefficient is the lowest bit. */
AES_GCM_INLINE AES_NI __m128i
times_x(__m128i h)
{
    const __m128i modulus = _mm_set_epi64x((long long)0xC200000000000000, 1);
    __m128i carry = _mm_srai_epi32(_mm_shuffle_epi32(h, 0xFF), 31);
    __m128i doubled = _mm_or_si128(_mm_slli_epi64(h, 1), _mm_slli_si128(_mm_srli_epi64(h, 63), 8));

    return _mm_xor_si128(doubled, _mm_and_si128(carry, modulus));
}

/* hash_blocks takes up to eight with one reduction. */
AES_NI static __attribute__((noinline)) __m128i
hash_blocks(const tls_aes_gcm_key *key, __m128i hash, const unsigned char *blocks, size_t count)
{
    while (count > 0) {
        size_t n = count < TLS_AES_GCM_POWERS ? count : TLS_AES_GCM_POWERS;

        hash = hash_vectors(hash, key->as.blocks.powers[TLS_AES_GCM_POWERS - n], blocks, n);
        blocks += BLOCK * n;
        count -= n;
    }
    return hash;
}

/* hash_long: additional data of any length; what records have fits into one block. */
AES_NI static __m128i
hash_long(const tls_aes_gcm_key *key, tls_bytes additional)
{
    __m128i hash = _mm_setzero_si128();
    size_t at;

    for (at = 0; at < additional.length; at += BLOCK) {
        unsigned char block[BLOCK] = {0};
        size_t left = additional.length - at;

        memcpy(block, additional.data + at, left < BLOCK ? left : BLOCK);
        hash = hash_blocks(key, hash, block, 1);
    }
    return hash;
}

/* What is left on the stack if it is not wiped. Hash and counter are turned round, so that the
 * counter, which is that of the next block, is the lowest word. */
typedef struct working {
    __m128i hash, counter;
    /* Additional data, from TEXT the last of the text, and right behind it the lengths. */
    unsigned char blocks[BLOCK + SHORTEST + BLOCK];
} working;

#define TEXT BLOCK

/* run_groups does as many whole groups as there are, and returns their bytes. What is sealed is
 * hashed one group later, so that its hash need not wait for its encryption. */
AES_NI static size_t
run_groups(const tls_aes_gcm_key *key, const tls_aes_gcm_width *of, working *w, int encrypt,
    unsigned char *data, size_t length)
{
    const __m128i step = _mm_set_epi32(0, 0, 0, (int)(of->group / BLOCK));
    unsigned char made[AES_GCM_GROUP_MAXIMUM];
    const unsigned char *powers = key->as.blocks.powers[0], *next = data;
    size_t left = length;
    int waits = !encrypt; /* something that is to be hashed, at `next` */

    if (length < of->shortest)
        return 0;
    if (of->make_powers != NULL) {
        of->make_powers(made, key);
        powers = made;
    }
    for (; left >= of->group; left -= of->group) {
        if (waits) {
            w->hash = of->hash_vectors(w->hash, powers, next, 8);
            next += of->group;
        }
        of->xor_group(key, w->counter, data);
        w->counter = _mm_add_epi32(w->counter, step);
        data += of->group;
        waits = 1;
    }
    if (encrypt)
        w->hash = of->hash_vectors(w->hash, powers, next, 8);
    if (powers == made)
        tls_wipe(made, sizeof made);
    return length - left;
}

/* finish does the last length < SHORTEST bytes and the lengths. `from` says where in `w` that
 * begins which is not yet hashed. */
AES_NI static void
finish(const tls_aes_gcm_key *key, int encrypt, working *w, const unsigned char *from,
    __m128i lengths, unsigned char *data, size_t length)
{
    size_t blocks = (length + BLOCK - 1) / BLOCK;
    unsigned char *text = w->blocks + TEXT, *end = text + BLOCK * blocks;

    if (length > 0) {
        memcpy(text, data, length);
        if (encrypt) {
            xor_group(key, w->counter, text);
            memcpy(data, text, length);
            memset(text + length, 0, (size_t)(end - text) - length);
        }
    }
    STORE128(end, turn_round(lengths));
    w->hash = hash_blocks(key, w->hash, from, (size_t)(end - from) / BLOCK + 1);
    if (length > 0 && !encrypt) {
        xor_group(key, w->counter, text);
        memcpy(data, text, length);
    }
}

/* What is short takes one pass of eight counters, whose blocks are as fast as one, and one
 * reduction: additional data of one block, the text and the lengths are hashed together. */
AES_NI static void
run(const tls_aes_gcm_key *key, int encrypt, const unsigned char *nonce, tls_bytes additional,
    unsigned char *data, size_t length, unsigned char *tag)
{
    const __m128i one = _mm_set_epi32(0, 0, 0, 1);
    const __m128i lengths = _mm_set_epi64x((long long)additional.length * 8, (long long)length * 8);
    unsigned char first[BLOCK] = {0};
    const unsigned char *from;
    __m128i before;
    working w;

    memset(&w, 0, sizeof w);
    from = w.blocks + TEXT;
    memcpy(first, nonce, TLS_AES_GCM_NONCE_LENGTH);
    before = _mm_or_si128(turn_round(LOAD128(first)), one);
    w.counter = _mm_add_epi32(before, one);
    if (additional.length > BLOCK) {
        w.hash = hash_long(key, additional);
    } else if (additional.length > 0) {
        memcpy(w.blocks, additional.data, additional.length);
        from = w.blocks;
    }
    if (length >= SHORTEST) {
        size_t done;

        if (from == w.blocks)
            w.hash = hash_blocks(key, w.hash, from, 1);
        from = w.blocks + TEXT;
        done = run_groups(key, key->as.blocks.width, &w, encrypt, data, length);
        done += run_groups(key, &width, &w, encrypt, data + done, length - done);
        data += done;
        length -= done;
    }
    finish(key, encrypt, &w, from, lengths, data, length);
    STORE128(tag, _mm_xor_si128(turn_round(w.hash), encrypt_block(key, turn_round(before))));
    tls_wipe(&w, sizeof w);
}

/* ---- The kernel ---- */

AES_NI void
tls_aes_gcm_start_x86_64(
    tls_aes_gcm_key *key, const unsigned char *bytes, size_t length, const tls_aes_gcm_width *of)
{
    __m128i h, power;
    unsigned i;

    key->run = run;
    key->as.blocks.width = of;
    expand_key(key, bytes, length);
    h = power = times_x(turn_round(encrypt_block(key, _mm_setzero_si128())));
    for (i = TLS_AES_GCM_POWERS; i-- > 0;) {
        __m128i middle = _mm_xor_si128(
            _mm_clmulepi64_si128(power, h, 0x01), _mm_clmulepi64_si128(power, h, 0x10));

        STORE128(key->as.blocks.powers[i], power);
        power = gcm_reduce(
            _mm_clmulepi64_si128(power, h, 0x00), middle, _mm_clmulepi64_si128(power, h, 0x11));
    }
}

const tls_kernel tls_kernel_aes_gcm_aes_ni = {
    TLS_PRIMITIVE_AES_GCM, "aes-ni", TLS_PROCESSOR_AES, install};

#endif

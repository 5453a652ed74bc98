/* sha256_sha_ni.c - see sha256_sha_ni.h. Intel, "Intel SHA Extensions" (Gulley et al., 2013).
 *
 * The eight words of the state stand in two registers as the instructions want them, ABEF and CDGH.
 * SHA256RNDS2 does two rounds with the two lowest words of its third operand, W + K; SHA256MSG1 and
 * SHA256MSG2 compute four words of the message schedule,
 *     W[t] = s1(W[t-2]) + W[t-7] + s0(W[t-15]) + W[t-16]:
 * MSG1 makes s0(W[t-15]) + W[t-16] of two registers, PALIGNR takes W[t-7] out of two, MSG2 adds s1.
 *
 * The context is BearSSL's br_sha256_context, so that a state can go from one to the other. */
#include "kernel/sha256_sha_ni.h"

#include <string.h>

#include "base/bytes.h"
#include "kernel/build.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#include <immintrin.h>

#define BLOCK 64
#define LENGTH_AT 56 /* where a last block has the length in bits */

/* FIPS 180-4 section 4.2.2 */
static const uint32_t constants[64] = {0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B,
    0x59F111F1, 0x923F82A4, 0xAB1C5ED5, 0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74,
    0x80DEB1FE, 0x9BDC06A7, 0xC19BF174, 0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F,
    0x4A7484AA, 0x5CB0A9DC, 0x76F988DA, 0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3,
    0xD5A79147, 0x06CA6351, 0x14292967, 0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354,
    0x766A0ABB, 0x81C2C92E, 0x92722C85, 0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819,
    0xD6990624, 0xF40E3585, 0x106AA070, 0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3,
    0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3, 0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA,
    0xA4506CEB, 0xBEF9A3F7, 0xC67178F2};

/* Section 5.3.3 */
static const uint32_t initial[8] = {
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

#define SHA_NI TLS_TARGET("sha,ssse3,sse4.1")

#define LOAD(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define STORE(p, x) _mm_storeu_si128((__m128i *)(void *)(p), (x))

/* Four rounds with the words `w`. */
#define ROUNDS(w, i)                                                                               \
    do {                                                                                           \
        sum = _mm_add_epi32(w, LOAD(constants + 4 * (size_t)(i)));                                 \
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);                                             \
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));                    \
    } while (0)

/* The next four words of the schedule take the place of the oldest, a. */
#define SCHEDULE(a, b, c, d)                                                                       \
    do {                                                                                           \
        (a) = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4));                 \
        (a) = _mm_sha256msg2_epu32(a, d);                                                          \
    } while (0)

#define SIXTEEN_ROUNDS(i)                                                                          \
    do {                                                                                           \
        ROUNDS(w0, (i));                                                                           \
        ROUNDS(w1, (i) + 1);                                                                       \
        ROUNDS(w2, (i) + 2);                                                                       \
        ROUNDS(w3, (i) + 3);                                                                       \
    } while (0)

#define SIXTEEN_WORDS()                                                                            \
    do {                                                                                           \
        SCHEDULE(w0, w1, w2, w3);                                                                  \
        SCHEDULE(w1, w2, w3, w0);                                                                  \
        SCHEDULE(w2, w3, w0, w1);                                                                  \
        SCHEDULE(w3, w0, w1, w2);                                                                  \
    } while (0)

SHA_NI static void
compress(uint32_t state[8], const unsigned char *data, size_t blocks)
{
    const __m128i big_endian = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
    __m128i badc = _mm_shuffle_epi32(LOAD(state), 0xB1);
    __m128i hgfe = _mm_shuffle_epi32(LOAD(state + 4), 0x1B);
    __m128i abef = _mm_alignr_epi8(badc, hgfe, 8);
    __m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xF0);

    for (; blocks > 0; blocks--, data += BLOCK) {
        __m128i w0 = _mm_shuffle_epi8(LOAD(data), big_endian);
        __m128i w1 = _mm_shuffle_epi8(LOAD(data + 16), big_endian);
        __m128i w2 = _mm_shuffle_epi8(LOAD(data + 32), big_endian);
        __m128i w3 = _mm_shuffle_epi8(LOAD(data + 48), big_endian);
        __m128i abef_before = abef, cdgh_before = cdgh, sum;

        SIXTEEN_ROUNDS(0);
        SIXTEEN_WORDS();
        SIXTEEN_ROUNDS(4);
        SIXTEEN_WORDS();
        SIXTEEN_ROUNDS(8);
        SIXTEEN_WORDS();
        SIXTEEN_ROUNDS(12);
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    hgfe = _mm_shuffle_epi32(abef, 0x1B); /* FEBA */
    badc = _mm_shuffle_epi32(cdgh, 0xB1); /* DCHG */
    STORE(state, _mm_blend_epi16(hgfe, badc, 0xF0));
    STORE(state + 4, _mm_alignr_epi8(badc, hgfe, 8));
}

static void
put_words(unsigned char *out, const uint32_t words[8])
{
    size_t i;

    for (i = 0; i < 8; i++) {
        uint32_t word = __builtin_bswap32(words[i]);

        memcpy(out + 4 * i, &word, 4);
    }
}

/* ---- BearSSL's br_hash_class ---- */

static const br_hash_class class;

static void
init(const br_hash_class **vtable)
{
    br_sha256_context *context = (br_sha256_context *)(void *)vtable;

    context->vtable = &class;
    memcpy(context->val, initial, sizeof initial);
    context->count = 0;
}

static void
update(const br_hash_class **vtable, const void *data, size_t length)
{
    br_sha256_context *context = (br_sha256_context *)(void *)vtable;
    const unsigned char *p = data;
    size_t used = (size_t)context->count % BLOCK;

    if (length == 0)
        return;
    context->count += length;
    if (used > 0) {
        size_t n = BLOCK - used < length ? BLOCK - used : length;

        memcpy(context->buf + used, p, n);
        if (used + n < BLOCK)
            return;
        compress(context->val, context->buf, 1);
        p += n;
        length -= n;
    }
    compress(context->val, p, length / BLOCK);
    memcpy(context->buf, p + length / BLOCK * BLOCK, length % BLOCK);
}

/* out: the padding of section 5.1.1. */
static void
out(const br_hash_class *const *vtable, void *digest)
{
    const br_sha256_context *context = (const br_sha256_context *)(const void *)vtable;
    size_t used = (size_t)context->count % BLOCK;
    size_t length = used < LENGTH_AT ? BLOCK : 2 * BLOCK;
    uint64_t bits = __builtin_bswap64(context->count << 3);
    unsigned char last[2 * BLOCK];
    uint32_t words[8];

    memcpy(words, context->val, sizeof words);
    memset(last, 0, sizeof last);
    memcpy(last, context->buf, used);
    last[used] = 0x80;
    memcpy(last + length - sizeof bits, &bits, sizeof bits);
    compress(words, last, length / BLOCK);
    put_words(digest, words);
    tls_wipe(last, sizeof last);
    tls_wipe(words, sizeof words);
}

static uint64_t
state(const br_hash_class *const *vtable, void *words)
{
    const br_sha256_context *context = (const br_sha256_context *)(const void *)vtable;

    put_words(words, context->val);
    return context->count;
}

static void
set_state(const br_hash_class **vtable, const void *words, uint64_t count)
{
    br_sha256_context *context = (br_sha256_context *)(void *)vtable;
    size_t i;

    context->vtable = &class;
    memcpy(context->val, words, sizeof context->val);
    for (i = 0; i < 8; i++)
        context->val[i] = __builtin_bswap32(context->val[i]);
    context->count = count;
}

static const br_hash_class class = {sizeof(br_sha256_context),
    BR_HASHDESC_ID(br_sha256_ID) | BR_HASHDESC_OUT(br_sha256_SIZE) | BR_HASHDESC_STATE(32) |
        BR_HASHDESC_LBLEN(6) | BR_HASHDESC_MD_PADDING | BR_HASHDESC_MD_PADDING_BE,
    init, update, out, state, set_state};

static void
install(tls_kernels *kernels)
{
    kernels->sha256 = &class;
}

const tls_kernel tls_kernel_sha256_sha_ni = {
    TLS_PRIMITIVE_SHA256, "sha-ni", TLS_PROCESSOR_SHA, install};

#endif

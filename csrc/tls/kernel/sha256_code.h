/* sha256_code.h - SHA-256 (FIPS 180-4 section 6.2) but for the compression of blocks: its
 * constants, padding, and BearSSL's class. Whoever includes it defines SHA256_TARGET before, and
 * compress() behind it, with instructions of his processor. Words stand in little-endian order
 * there.
 *
 * The context is BearSSL's br_sha256_context, so that a state can go from one to the other. */
#include <bearssl.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "kernel/kernel.h"

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

/* For compress(), of ROUNDS, four of them, and SCHEDULE, by the processor's instructions. */
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

/* compress takes in blocks of 64 bytes. */
SHA256_TARGET static void compress(uint32_t state[8], const unsigned char *data, size_t blocks);

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

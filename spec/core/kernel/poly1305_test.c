/* poly1305_test.c - Poly1305 where its carries are longest: beside a number of 17 bytes, and sums
 * that come out around 2^130 - 5 and 2^130, which no random text gives. */
#include <stdio.h>
#include <string.h>

#include "kernel/build.h"
#include "kernel/poly1305.h"
#include "kernel/poly1305_avx512.h"
#include "kernel/processor.h"
#include "support/check.h"

#if TLS_KERNEL_INT128

#define BYTES 17
#define LONGEST 1600

typedef void update_function(poly1305 *p, const unsigned char *data, size_t length);

/* ---- The reference: RFC 8439 section 2.5.1, digit by digit ---- */

static void
carry(unsigned x[BYTES])
{
    unsigned round, i;

    for (round = 0; round < 3; round++) {
        unsigned c = 0;

        for (i = 0; i < BYTES - 1; i++) {
            c += x[i];
            x[i] = c & 0xFF;
            c >>= 8;
        }
        c += x[BYTES - 1];
        x[BYTES - 1] = c & 3;
        x[0] += 5 * (c >> 2); /* 2^130 is 5 */
    }
}

static void
multiply(unsigned x[BYTES], const unsigned char r[16])
{
    unsigned product[BYTES], i, j;

    for (i = 0; i < BYTES; i++) {
        product[i] = 0;
        for (j = 0; j < BYTES; j++) {
            unsigned digit = i >= j ? i - j : i + BYTES - j;

            if (digit < 16) /* 2^136 is 2^6 5 */
                product[i] += x[j] * r[digit] * (i >= j ? 1 : 320);
        }
    }
    memcpy(x, product, sizeof product);
    carry(x);
}

static void
reference_block(unsigned h[BYTES], const unsigned char *block, const unsigned char r[16])
{
    unsigned i;

    for (i = 0; i < 16; i++)
        h[i] += block[i];
    h[16]++;
    carry(h);
    multiply(h, r);
}

static void
reduce(unsigned h[BYTES])
{
    unsigned less[BYTES], i;

    memcpy(less, h, sizeof less);
    less[0] += 5;
    for (i = 0; i < BYTES - 1; i++) {
        less[i + 1] += less[i] >> 8;
        less[i] &= 0xFF;
    }
    if (less[BYTES - 1] >> 2)
        memcpy(h, less, sizeof less);
}

/* `length` is a multiple of 16. */
static void
reference(unsigned char tag[16], const unsigned char key[32], const unsigned char *data,
    size_t length, const uint64_t lengths[2])
{
    unsigned h[BYTES] = {0}, c = 0, i;
    unsigned char r[16], last[16];

    memcpy(r, key, sizeof r);
    for (i = 3; i < 16; i += 4)
        r[i] &= 15;
    for (i = 4; i < 16; i += 4)
        r[i] &= 252;
    for (; length > 0; length -= 16, data += 16)
        reference_block(h, data, r);
    for (i = 0; i < 16; i++)
        last[i] = (unsigned char)(lengths[i / 8] >> (8 * (i % 8)));
    reference_block(h, last, r);
    reduce(h);
    for (i = 0; i < 16; i++) {
        c += h[i] + key[16 + i];
        tag[i] = (unsigned char)c;
        c >>= 8;
    }
}

/* ---- Ours ---- */

static int
differs(update_function *update, const unsigned char key[32], const unsigned char *data,
    size_t length, const uint64_t lengths[2])
{
    unsigned char tag[16], expected[16];
    poly1305 p;

    reference(expected, key, data, length, lengths);
    tls_poly1305_start(&p, key);
    update(&p, data, length);
    tls_poly1305_finish(&p, lengths[0], lengths[1], tag);
    return memcmp(tag, expected, sizeof tag) != 0;
}

/* block_of: 0, 1, 2^128 - 1 and what is near. */
static void
block_of(unsigned char block[16], unsigned kind)
{
    static const unsigned char lowest[] = {0x00, 0x01, 0xFF, 0xFE, 0xFC, 0xFB};

    memset(block, lowest[kind] > 1 ? 0xFF : 0, 16);
    block[0] = lowest[kind];
}

#define KINDS 6

/* Up to three blocks of every kind, and lengths that are no lengths: the last block. */
static size_t
edges(const unsigned char key[32])
{
    static const uint64_t words[] = {0, 1, UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 3,
        UINT64_MAX - 4, UINT64_MAX - 5, UINT64_MAX - 6};
    size_t wrong = 0, count, kinds, i, j;

    for (count = 0; count <= 3; count++)
        for (kinds = 0;
             kinds < (count > 0 ? KINDS : 1) * (count > 1 ? KINDS : 1) * (count > 2 ? KINDS : 1);
             kinds++) {
            unsigned char data[48];

            block_of(data, kinds % KINDS);
            block_of(data + 16, kinds / KINDS % KINDS);
            block_of(data + 32, kinds / KINDS / KINDS);
            for (i = 0; i < sizeof words / sizeof words[0]; i++)
                for (j = 0; j < 3; j++) {
                    uint64_t lengths[2] = {words[i], words[j]};

                    wrong += differs(tls_poly1305_update, key, data, 16 * count, lengths) != 0;
                }
        }
    return wrong;
}

static void
key_of(unsigned char key[32], unsigned first, unsigned other, unsigned s)
{
    memset(key, (int)other, 16);
    key[0] = (unsigned char)first;
    memset(key + 16, (int)s, 16);
}

static void
test_edges(void)
{
    static const unsigned char first[] = {0, 1, 2, 3, 4, 5, 0xFF};
    unsigned char key[32];
    size_t i, wrong = 0;

    for (i = 0; i < sizeof first; i++) {
        key_of(key, first[i], first[i] == 0xFF ? 0xFF : 0, first[i] == 0 ? 0 : 0xFF);
        wrong += edges(key);
    }
    check_number(wrong, 0, "sums around the modulus");
}

/* r at its greatest, and text of all ones and of all zeros: the limbs at their bounds. */
static void
test_long(update_function *update, const char *name)
{
    static const unsigned char fillings[] = {0xFF, 0x00, 0x80, 0x5A};
    static unsigned char data[LONGEST];
    const uint64_t lengths[2] = {13, LONGEST};
    size_t i, j, length, wrong = 0;

    for (i = 0; i < sizeof fillings; i++)
        for (j = 0; j < sizeof fillings; j++) {
            unsigned char key[32];

            memset(data, fillings[i], sizeof data);
            key_of(key, fillings[j], fillings[j], fillings[j]);
            for (length = 0; length <= LONGEST; length += 16)
                wrong += differs(update, key, data, length, lengths) != 0;
        }
    check_number(wrong, 0, "%s: limbs at their bounds", name);
}

int
main(void)
{
    test_edges();
    test_long(tls_poly1305_update, "words");
#if TLS_KERNEL_X86_64
    if (tls_processor_features() & TLS_PROCESSOR_AVX512IFMA)
        test_long(tls_poly1305_update_avx512, "AVX512-IFMA");
    else
        printf("LEFT OUT: AVX512-IFMA: this processor cannot run it\n");
#endif
    return check_end();
}

#else

int
main(void)
{
    check(1, "no kernels in this build");
    return check_end();
}

#endif

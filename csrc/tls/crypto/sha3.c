/* sha3.c - see sha3.h. FIPS 202 sections 4 (the sponge), 5.1 (padding) and 6. */
#include "crypto/sha3.h"

#include <string.h>

#define SUFFIX_SHA3 0x06  /* 01, and a 1 */
#define SUFFIX_SHAKE 0x1F /* 1111, and a 1 */

static void
start(tls_sha3 *sha3, size_t capacity, unsigned char suffix)
{
    memset(sha3, 0, sizeof *sha3);
    sha3->rate = sizeof sha3->state - capacity;
    sha3->suffix = suffix;
}

void
tls_sha3_256_start(tls_sha3 *sha3)
{
    start(sha3, 64, SUFFIX_SHA3);
}

void
tls_sha3_512_start(tls_sha3 *sha3)
{
    start(sha3, 128, SUFFIX_SHA3);
}

void
tls_shake128_start(tls_sha3 *sha3)
{
    start(sha3, 32, SUFFIX_SHAKE);
}

void
tls_shake256_start(tls_sha3 *sha3)
{
    start(sha3, 64, SUFFIX_SHAKE);
}

static void
add_byte(tls_sha3 *sha3, size_t position, unsigned char byte)
{
    sha3->state[position / 8] ^= (uint64_t)byte << 8 * (position % 8);
}

static uint64_t
get64(const unsigned char *p)
{
    uint64_t word = 0;
    unsigned i;

    for (i = 0; i < 8; i++)
        word |= (uint64_t)p[i] << 8 * i;
    return word;
}

void
tls_sha3_absorb(tls_sha3 *sha3, const void *data, size_t length)
{
    const unsigned char *p = data;
    size_t step;

    for (; length > 0; p += step, length -= step) {
        step = sha3->position % 8 == 0 && length >= 8 ? 8 : 1;
        if (step == 8)
            sha3->state[sha3->position / 8] ^= get64(p);
        else
            add_byte(sha3, sha3->position, *p);
        sha3->position += step;
        if (sha3->position == sha3->rate) {
            tls_keccak_permute(sha3->state);
            sha3->position = 0;
        }
    }
}

void
tls_sha3_squeeze(tls_sha3 *sha3, void *out, size_t length)
{
    unsigned char *p = out;
    size_t i;

    if (!sha3->squeezing) {
        add_byte(sha3, sha3->position, sha3->suffix);
        add_byte(sha3, sha3->rate - 1, 0x80);
        sha3->position = sha3->rate;
        sha3->squeezing = 1;
    }
    for (i = 0; i < length; i++) {
        if (sha3->position == sha3->rate) {
            tls_keccak_permute(sha3->state);
            sha3->position = 0;
        }
        p[i] = (unsigned char)(sha3->state[sha3->position / 8] >> 8 * (sha3->position % 8));
        sha3->position++;
    }
}

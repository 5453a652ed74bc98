/* scrypt.c - see scrypt.h. Section numbers are RFC 7914's. Where its memory is read depends on the
 * password: that is what makes it cost memory, and cannot be hidden. */
#include "crypto/scrypt.h"

#include <stdlib.h>
#include <string.h>

#include "base/declassify.h"
#include "crypto/hash.h"
#include "crypto/pbkdf2.h"

#define WORDS 16 /* of a block of Salsa20 */

int
tls_scrypt_allowed(uint32_t n, uint32_t r, uint32_t p)
{
    if (n < 2 || (n & (n - 1)) != 0 || r == 0 || p == 0 || p > TLS_SCRYPT_PARALLEL_MAXIMUM)
        return 0;
    return (uint64_t)r * (n > p ? n : p) <= TLS_SCRYPT_MEMORY_MAXIMUM / 128;
}

static void
quarter(uint32_t *x, int a, int b, int c, int d)
{
#define ROTATE(value, count) ((value) << (count) | (value) >> (32 - (count)))
    uint32_t sum;

    sum = x[a] + x[d];
    x[b] ^= ROTATE(sum, 7);
    sum = x[b] + x[a];
    x[c] ^= ROTATE(sum, 9);
    sum = x[c] + x[b];
    x[d] ^= ROTATE(sum, 13);
    sum = x[d] + x[c];
    x[a] ^= ROTATE(sum, 18);
#undef ROTATE
}

/* Section 3: Salsa20/8. */
static void
salsa(uint32_t block[WORDS])
{
    uint32_t x[WORDS];
    int i, k;

    memcpy(x, block, sizeof x);
    for (i = 0; i < 4; i++) {
        for (k = 0; k < 4; k++)
            quarter(x, 5 * k, (5 * k + 4) % 16, (5 * k + 8) % 16, (5 * k + 12) % 16);
        for (k = 0; k < 4; k++)
            quarter(x, 5 * k, 4 * k + (k + 1) % 4, 4 * k + (k + 2) % 4, 4 * k + (k + 3) % 4);
    }
    for (i = 0; i < WORDS; i++)
        block[i] += x[i];
    tls_wipe(x, sizeof x);
}

/* Section 4: scryptBlockMix of 2r blocks in `b`; `y` has as much room. */
static void
block_mix(uint32_t *b, uint32_t *y, size_t r)
{
    uint32_t x[WORDS];
    size_t i, k;

    memcpy(x, b + (2 * r - 1) * WORDS, sizeof x);
    for (i = 0; i < 2 * r; i++) {
        for (k = 0; k < WORDS; k++)
            x[k] ^= b[i * WORDS + k];
        salsa(x);
        memcpy(y + (i / 2 + (i & 1) * r) * WORDS, x, sizeof x);
    }
    memcpy(b, y, 2 * r * sizeof x);
    tls_wipe(x, sizeof x);
}

/* Section 5: scryptROMix. `v` has room for n of them. */
static void
ro_mix(uint32_t *b, uint32_t *y, uint32_t *v, size_t r, uint32_t n)
{
    size_t words = 2 * r * WORDS, i;
    uint32_t round, chosen;

    for (round = 0; round < n; round++) {
        memcpy(v + round * words, b, words * sizeof *b);
        block_mix(b, y, r);
    }
    for (round = 0; round < n; round++) {
        chosen = b[words - WORDS] & (n - 1);
        TLS_DECLASSIFY(&chosen, sizeof chosen);
        for (i = 0; i < words; i++)
            b[i] ^= v[chosen * words + i];
        block_mix(b, y, r);
    }
}

/* The bytes are little-endian words, section 3. */
static void
swap(uint32_t *words, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        unsigned char bytes[4];

        memcpy(bytes, words + i, sizeof bytes);
        words[i] = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                   (uint32_t)bytes[3] << 24;
    }
}

int
tls_scrypt(unsigned char *out, size_t length, tls_bytes password, tls_bytes salt, uint32_t n,
    uint32_t r, uint32_t p)
{
    size_t words = (size_t)2 * r * WORDS, all = words * ((size_t)p + 1 + n);
    uint32_t *b = malloc(all * sizeof *b);
    uint32_t i;

    if (b == NULL)
        return 0;
    tls_pbkdf2((unsigned char *)b, p * words * sizeof *b, tls_hash_class(TLS_HASH_SHA256), password,
        salt, 1);
    swap(b, p * words);
    for (i = 0; i < p; i++)
        ro_mix(b + i * words, b + p * words, b + (p + 1) * words, r, n);
    swap(b, p * words);
    tls_pbkdf2(out, length, tls_hash_class(TLS_HASH_SHA256), password,
        tls_bytes_make(b, p * words * sizeof *b), 1);
    tls_wipe(b, all * sizeof *b);
    free(b);
    return 1;
}

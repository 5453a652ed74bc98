/* poly1305.c - see poly1305.h. */
#include "kernel/poly1305.h"

#include "base/bytes.h"

#if TLS_KERNEL_INT128

void
tls_poly1305_multiply(uint64_t out[3], const uint64_t a[3], const uint64_t b[3])
{
    tls_uint128 sum[3] = {0, 0, 0};

    poly1305_add_product(sum, a, b);
    poly1305_carry(out, sum);
}

/* load_added: h + block */
static void
load_added(uint64_t sum[3], const poly1305 *p, const unsigned char *block)
{
    poly1305_load(sum, block, POLY1305_BIT128);
    sum[0] += p->h[0];
    sum[1] += p->h[1];
    sum[2] += p->h[2];
}

static void
one(poly1305 *p, const unsigned char *block)
{
    uint64_t sum[3];

    load_added(sum, p, block);
    tls_poly1305_multiply(p->h, sum, p->r);
}

/* two: (h + block) r^2 + next r */
static void
two(poly1305 *p, const unsigned char *blocks)
{
    tls_uint128 sum[3] = {0, 0, 0};
    uint64_t first[3], second[3];

    load_added(first, p, blocks);
    poly1305_load(second, blocks + POLY1305_BLOCK, POLY1305_BIT128);
    poly1305_add_product(sum, first, p->r2);
    poly1305_add_product(sum, second, p->r);
    poly1305_carry(p->h, sum);
}

void
tls_poly1305_start(poly1305 *p, const unsigned char key[32])
{
    unsigned char r[POLY1305_BLOCK];
    unsigned i;

    memcpy(r, key, sizeof r);
    for (i = 3; i < sizeof r; i += 4)
        r[i] &= 15;
    for (i = 4; i < sizeof r; i += 4)
        r[i] &= 252;
    poly1305_load(p->r, r, 0);
    tls_poly1305_multiply(p->r2, p->r, p->r);
    memset(p->h, 0, sizeof p->h);
    memcpy(p->pad, key + 16, sizeof p->pad);
    tls_wipe(r, sizeof r);
}

void
tls_poly1305_update(poly1305 *p, const unsigned char *data, size_t length)
{
    for (; length >= 2 * POLY1305_BLOCK; length -= 2 * POLY1305_BLOCK) {
        two(p, data);
        data += 2 * POLY1305_BLOCK;
    }
    while (length > 0) {
        size_t n = length < POLY1305_BLOCK ? length : POLY1305_BLOCK;
        unsigned char block[POLY1305_BLOCK] = {0};

        memcpy(block, data, n);
        one(p, block);
        data += n;
        length -= n;
    }
}

/* The lengths, h modulo 2^130 - 5, and s. Of the limbs of h only the middle one may be too long;
 * what it exceeds the highest by comes back, and then h is small. So h is below twice the modulus,
 * and h + 5 has a bit 130 where it is not below it. */
void
tls_poly1305_finish(poly1305 *p, size_t additional_length, size_t length, unsigned char tag[16])
{
    uint64_t lengths[2] = {additional_length, length}, sum[3], mask;
    unsigned char block[POLY1305_BLOCK];
    uint64_t *h = p->h;
    tls_uint128 number, pad;
    unsigned i;

    memcpy(block, lengths, sizeof block);
    one(p, block);
    h[2] += h[1] >> 44;
    h[1] &= POLY1305_MASK44;
    h[0] += 5 * (h[2] >> 42);
    h[2] &= POLY1305_MASK42;
    sum[0] = h[0] + 5;
    sum[1] = h[1] + (sum[0] >> 44);
    sum[2] = h[2] + (sum[1] >> 44);
    mask = 0 - (sum[2] >> 42);
    for (i = 0; i < 3; i++)
        h[i] = (h[i] & ~mask) | (sum[i] & (i < 2 ? POLY1305_MASK44 : POLY1305_MASK42) & mask);
    number = h[0] + ((tls_uint128)h[1] << 44) + ((tls_uint128)h[2] << 88);
    pad = p->pad[0] | (tls_uint128)p->pad[1] << 64;
    number += pad;
    memcpy(tag, &number, 16);
}

#endif

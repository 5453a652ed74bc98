/* sha256_kernel_test.c - the SHA-256 that runs against BearSSL's: every length, cut anywhere, from
 * any alignment, states handed over, and HMAC. */
#include <bearssl.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"
#include "support/kernels.h"

#define LONGEST 16500

static unsigned char data[LONGEST + 64];

static uint32_t
random_number(void)
{
    static uint32_t x = 2463534242;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

static void
digest(const br_hash_class *class, unsigned char out[32], const unsigned char *bytes, size_t length,
    size_t cut)
{
    br_sha256_context context;

    memset(&context, 0xA5, sizeof context);
    class->init(&context.vtable);
    class->update(&context.vtable, bytes, cut);
    class->update(&context.vtable, bytes + cut, length - cut);
    class->out(&context.vtable, out);
}

/* same: for `length` bytes that begin at `from` and come in two pieces. */
static int
same(size_t from, size_t length, size_t cut)
{
    unsigned char expected[32], got[32];

    digest(&br_sha256_vtable, expected, data + from, length, length);
    digest(tls_kernels_chosen()->sha256, got, data + from, length, cut);
    return memcmp(expected, got, 32) == 0;
}

static void
test_lengths(void)
{
    size_t length, wrong = 0, wrong_cuts = 0;
    int i;

    for (length = 0; length <= 1100; length++)
        wrong += !same(length % 64, length, 0) || !same(0, length, length / 3);
    check_number(wrong, 0, "lengths from 0 to 1,100");
    wrong = 0;
    for (length = 16384 - 64; length <= 16384 + 64; length++)
        wrong += !same(0, length, 16384 - 64);
    check_number(wrong, 0, "lengths around 16 KB");
    for (length = 0; length <= 200; length++)
        wrong_cuts += !same(1, 200, length);
    check_number(wrong_cuts, 0, "200 bytes in two pieces");
    wrong = 0;
    for (i = portion_of(100000); i > 0; i--) {
        length = random_number() % 300;
        wrong += !same(random_number() % 64, length, length == 0 ? 0 : random_number() % length);
    }
    check_number(wrong, 0, "100,000 random ones");
}

/* A state of one continued by the other. */
static void
test_states(void)
{
    const br_hash_class *classes[2];
    br_sha256_context first, second;
    unsigned char saved[32], got[32], expected[32];
    size_t i, wrong = 0;

    classes[0] = &br_sha256_vtable;
    classes[1] = tls_kernels_chosen()->sha256;
    for (i = 0; i < 100; i++) {
        const br_hash_class *a = classes[i & 1], *b = classes[~i & 1];
        uint64_t count;

        a->init(&first.vtable);
        a->update(&first.vtable, data, 64 * i);
        count = a->state(&first.vtable, saved);
        b->init(&second.vtable); /* BearSSL's set_state leaves the class alone */
        b->set_state(&second.vtable, saved, count);
        b->update(&second.vtable, data + 64 * i, i);
        b->out(&second.vtable, got);
        digest(&br_sha256_vtable, expected, data, 65 * i, 0);
        wrong += count != 64 * i || memcmp(expected, got, 32) != 0 || second.vtable != b;
    }
    check_number(wrong, 0, "states handed over");
}

static void
hmac(const br_hash_class *class, unsigned char out[32], size_t key_length, size_t length)
{
    br_hmac_key_context key;
    br_hmac_context context;

    br_hmac_key_init(&key, class, data, key_length);
    br_hmac_init(&context, &key, 0);
    br_hmac_update(&context, data + 64, length);
    br_hmac_out(&context, out);
}

/* BearSSL's HMAC, also the one of constant time that CBC suites want, over this class. */
static void
test_hmac(void)
{
    unsigned char expected[32], got[32];
    br_hmac_key_context key;
    br_hmac_context context;
    size_t length, wrong = 0;

    for (length = 0; length <= 300; length++) {
        hmac(&br_sha256_vtable, expected, length, length);
        hmac(tls_kernels_chosen()->sha256, got, length, length);
        wrong += memcmp(expected, got, 32) != 0;
        br_hmac_key_init(&key, tls_kernels_chosen()->sha256, data, length);
        br_hmac_init(&context, &key, 0);
        br_hmac_outCT(&context, data + 64, length, length > 100 ? 100 : 0, length, got);
        wrong += memcmp(expected, got, 32) != 0;
    }
    check_number(wrong, 0, "HMACs");
}

int
main(void)
{
    size_t i;

    for (i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)random_number();
    test_lengths();
    test_states();
    test_hmac();
    return check_end();
}

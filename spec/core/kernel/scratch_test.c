/* scratch_test.c - what a multiplication or a signature leaves on the stack: on one that was
 * painted neither the scalar nor the shared secret is found afterwards, with the kernels of this
 * processor, those for every one, and BearSSL's own as far as they wipe. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "kernel/choice.h"
#include "kernel/kernel.h"
#include "support/check.h"

/* To memcheck a stack that nobody stands on is no memory: it is told that this one is looked at. */
#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif
#ifndef VALGRIND_MAKE_MEM_DEFINED
#define VALGRIND_MAKE_MEM_DEFINED(address, length) ((void)0)
#endif

#define STACK_LENGTH (256 * 1024)
#define PAINT 0xA5

static unsigned char stack[STACK_LENGTH] __attribute__((aligned(4096)));

static int curve, operation;
static size_t scalar_length;
static unsigned char scalar[66], point[140], digest[64], signature[200];

static void *
run(void *unused)
{
    const tls_kernels *kernels = tls_kernels_chosen();
    br_ec_private_key key = {curve, scalar, scalar_length};

    (void)unused;
    if (operation == 0)
        kernels->curves.mul(point, curve == BR_EC_curve25519 ? 32 : 1 + 2 * scalar_length, scalar,
            scalar_length, curve);
    else
        kernels->ecdsa_sign(&kernels->curves, &br_sha512_vtable, digest, &key, signature);
    return NULL;
}

/* is_left: any eight bytes of a secret, as they stand or turned round, as words keep them. */
static int
is_left(const unsigned char *secret, size_t length)
{
    size_t word, at, i;

    for (word = 0; word + 8 <= length; word += 8) {
        unsigned char turned[8];

        for (i = 0; i < 8; i++)
            turned[i] = secret[length - word - 1 - i];
        for (at = 0; at + 8 <= sizeof stack; at++)
            if (memcmp(stack + at, secret + word, 8) == 0 || memcmp(stack + at, turned, 8) == 0)
                return 1;
    }
    return 0;
}

static void
on_a_painted_stack(void)
{
    pthread_attr_t attributes;
    pthread_t thread;

    memset(stack, PAINT, sizeof stack);
    require(pthread_attr_init(&attributes) == 0 &&
                pthread_attr_setstack(&attributes, stack, sizeof stack) == 0 &&
                pthread_create(&thread, &attributes, run, NULL) == 0 &&
                pthread_join(thread, NULL) == 0,
        "a thread");
    (void)VALGRIND_MAKE_MEM_DEFINED(stack, sizeof stack);
    pthread_attr_destroy(&attributes);
}

static void
prepare(int id, size_t length, unsigned seed)
{
    size_t i;

    curve = id;
    scalar_length = length;
    for (i = 0; i < sizeof scalar; i++)
        scalar[i] = (unsigned char)((i + 3) * (seed * 2 + 7) * 41 >> 1);
    for (i = 0; i < sizeof digest; i++)
        digest[i] = (unsigned char)(i * 59 + seed);
    scalar[0] &= id == BR_EC_secp521r1 ? 0 : 0x7F;
    tls_kernels_chosen()->curves.mulgen(point, scalar, scalar_length, curve);
}

static void
try_curve(const char *words, int id, size_t length)
{
    check_about("%s, curve %d", words, id);
    prepare(id, length, 1);
    operation = 0;
    on_a_painted_stack();
    check(!is_left(scalar, length), "the scalar of a multiplication is left");
    if (id == BR_EC_curve25519)
        check(!is_left(point, 32), "its result is left");
    else
        check(!is_left(point + 1, length), "its result is left");
    if (id == BR_EC_curve25519)
        return;
    operation = 1;
    on_a_painted_stack();
    check(!is_left(scalar, length), "the key of a signature is left");
}

/* An instrumented build has frames of its own, with copies of what passes through them. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_OWN_FRAMES 0
#else
#define HAS_OWN_FRAMES 1
#endif

int
main(void)
{
    static const char *const choices[] = {"auto", "portable"};
    size_t i;

    for (i = 0; i < 2; i++) {
        const char *primitive, *implementation;
        size_t j;
        int ours = 0;

        require(tls_kernels_choose(choices[i]), "a choice");
        for (j = 0; tls_kernels_entry(j, &primitive, &implementation); j++)
            ours += strcmp(primitive, "x25519") == 0 && strcmp(implementation, "bearssl") != 0;
        if (!ours || !HAS_OWN_FRAMES) /* without kernels: BearSSL's code does not wipe its stack */
            continue;
        try_curve(choices[i], BR_EC_curve25519, 32);
        try_curve(choices[i], BR_EC_secp256r1, 32);
        try_curve(choices[i], BR_EC_secp384r1, 48);
        try_curve(choices[i], BR_EC_secp521r1, 66);
    }
    check(1, "done");
    return check_end();
}

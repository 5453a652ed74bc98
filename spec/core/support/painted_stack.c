/* painted_stack.c - see painted_stack.h. */
#include "support/painted_stack.h"

#include <pthread.h>
#include <string.h>

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
static void (*to_run)(void);

static void *
run(void *unused)
{
    (void)unused;
    to_run();
    return NULL;
}

void
painted_stack_run(void (*function)(void))
{
    pthread_attr_t attributes;
    pthread_t thread;

    to_run = function;
    memset(stack, PAINT, sizeof stack);
    require(pthread_attr_init(&attributes) == 0 &&
                pthread_attr_setstack(&attributes, stack, sizeof stack) == 0 &&
                pthread_create(&thread, &attributes, run, NULL) == 0 &&
                pthread_join(thread, NULL) == 0,
        "a thread");
    (void)VALGRIND_MAKE_MEM_DEFINED(stack, sizeof stack);
    pthread_attr_destroy(&attributes);
}

int
painted_stack_has(const unsigned char *secret, size_t length)
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

int
painted_stack_has_limbs(const unsigned char *secret, size_t length)
{
    unsigned char limb[8];
    size_t bit, at, i;

    for (bit = 0; bit + 52 <= 8 * length; bit += 52) {
        for (i = 0; i < 7; i++) {
            size_t byte = bit / 8 + i;
            unsigned word = secret[length - 1 - byte];

            if (byte + 1 < length)
                word |= (unsigned)secret[length - 2 - byte] << 8;
            limb[i] = (unsigned char)(word >> bit % 8);
        }
        limb[6] &= 0x0F;
        limb[7] = 0;
        for (at = 0; at + 8 <= sizeof stack; at++)
            if (memcmp(stack + at, limb, 8) == 0)
                return 1;
    }
    return 0;
}

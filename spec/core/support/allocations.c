/* allocations.c - what the linker calls in place of malloc, calloc and realloc. */
#include <stddef.h>

#include "support/allocations.h"

static long allocations_left = -1; /* negative: they never fail */
static int failed_one;

/* Weak: every test is linked with this file, but few with --wrap; and a test may count in a way of
 * its own. */
#define WEAK __attribute__((weak))
void *__real_malloc(size_t size) WEAK;
void *__real_calloc(size_t count, size_t size) WEAK;
void *__real_realloc(void *old, size_t size) WEAK;
void *__wrap_malloc(size_t size) WEAK;
void *__wrap_calloc(size_t count, size_t size) WEAK;
void *__wrap_realloc(void *old, size_t size) WEAK;

void
allocations_fail_at(long count)
{
    failed_one = 0;
    allocations_left = count;
}

int
allocations_end(void)
{
    allocations_left = -1;
    return failed_one;
}

static int
fails(void)
{
    if (allocations_left < 0 || allocations_left-- > 0)
        return 0;
    failed_one = 1;
    return 1;
}

void *
__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

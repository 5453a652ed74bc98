/* random_word.h - numbers that are the same in each run of a test (xorshift64*). */
#ifndef SUPPORT_RANDOM_WORD_H
#define SUPPORT_RANDOM_WORD_H

#include <stdint.h>

static uint64_t
random_word(void)
{
    static uint64_t x = 88172645463325252;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x * 2685821657736338717;
}

#endif

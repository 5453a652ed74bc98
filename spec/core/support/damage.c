/* damage.c - what a parser does with bytes that are cut short or changed. */
#include <stdio.h>
#include <stdlib.h>

#include "support/check.h"
#include "support/damage.h"
#include "support/exact_bytes.h"

int
damage_prefixes_fail(tls_bytes bytes, int (*parse)(tls_bytes))
{
    size_t length, step = bytes.length > 3000 ? bytes.length / 1500 : 1;
    int all = 1;

    for (length = 0; length < bytes.length; length += step) {
        tls_bytes copy = exact_bytes(tls_bytes_make(bytes.data, length));

        all = all && !parse(copy);
        release(copy);
    }
    return all;
}

unsigned
damage_mutations(tls_bytes bytes, int (*parse)(tls_bytes), unsigned rounds)
{
    unsigned round, flips, taken = 0;

    for (round = 0; round < rounds; round++) {
        tls_bytes copy = exact_bytes(bytes);
        unsigned char *data = (unsigned char *)(uintptr_t)copy.data;

        for (flips = 1 + (unsigned)rand() % 4; flips > 0; flips--)
            data[(size_t)rand() % bytes.length] = (unsigned char)rand();
        taken += parse(copy) != 0;
        release(copy);
    }
    return taken;
}

void
check_damage(const char *what, tls_bytes bytes, int (*parse)(tls_bytes), unsigned rounds)
{
    check(parse(bytes), "%s: parses", what);
    check(damage_prefixes_fail(bytes, parse), "%s: no prefix parses", what);
    printf("# %s: %u of %u mutations still parse\n", what, damage_mutations(bytes, parse, rounds),
        rounds);
}

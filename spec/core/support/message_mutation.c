/* message_mutation.c - mutates the messages that a test kept, and feeds random bytes. */
#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/exact_bytes.h"
#include "support/messages.h"

#define KEPT_MAXIMUM 128

static struct {
    tls_bytes raw;
    unsigned version;
    unsigned suite;
} kept[KEPT_MAXIMUM];
static size_t kept_count;

void
message_keep(tls_bytes raw, unsigned version, unsigned suite)
{
    require(kept_count < KEPT_MAXIMUM, "room for another message");
    kept[kept_count].raw = exact_bytes(raw);
    kept[kept_count].version = version;
    kept[kept_count].suite = suite;
    kept_count++;
}

static uint32_t random_state = 0x9E3779B9;

static uint32_t
random_below(uint32_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % bound;
}

static const unsigned probe_versions[] = {0, 0x0301, 0x0303, 0x0304};
static const unsigned probe_suites[] = {0, EC_SUITE, RSA_SUITE, 0xC02D, 0x1301, 0x1302};
static const unsigned char edges[] = {0, 1, 2, 3, 4, 0x7F, 0x80, 0xFE, 0xFF};

static size_t
mutate(unsigned char *data, size_t length, size_t capacity)
{
    uint32_t count = 1 + random_below(4);

    while (count-- > 0 && length > 4) {
        size_t at = 4 + random_below((uint32_t)(length - 4));
        size_t span = 1 + random_below(8);

        switch (random_below(6)) {
        case 0:
            data[at] ^= (unsigned char)(1u << random_below(8));
            break;
        case 1:
            data[at] = edges[random_below(COUNT(edges))];
            break;
        case 2: /* cut out */
            if (span > length - at)
                span = length - at;
            memmove(data + at, data + at + span, length - at - span);
            length -= span;
            break;
        case 3: /* put in */
            if (length + span <= capacity) {
                memmove(data + at + span, data + at, length - at);
                memset(data + at, (int)random_below(256), span);
                length += span;
            }
            break;
        case 4: /* a length, one off */
            data[at] = (unsigned char)(data[at] + (random_below(2) ? 1 : 255));
            break;
        default: /* the end */
            length = at;
            break;
        }
    }
    return length;
}

static void
check_kept(unsigned rounds)
{
    static unsigned char data[8192];
    unsigned round, parsed_count = 0;
    int good = 1, parsed;

    for (round = 0; round < rounds; round++) {
        size_t which = random_below((uint32_t)kept_count);
        size_t length = kept[which].raw.length;
        unsigned version = kept[which].version;
        unsigned suite = kept[which].suite;

        memcpy(data, kept[which].raw.data, length);
        length = mutate(data, length, sizeof data);
        if (random_below(16) == 0)
            data[0] = (unsigned char)random_below(26);
        if (random_below(16) != 0)
            tls_put24(data + 1, (uint32_t)(length - 4));
        if (random_below(8) == 0) {
            version = probe_versions[random_below(COUNT(probe_versions))];
            suite = probe_suites[random_below(COUNT(probe_suites))];
        }
        good = message_rebuilds(tls_bytes_make(data, length), version, suite, &parsed) && good;
        parsed_count += (unsigned)parsed;
    }
    check(good, "mutations: what parses is built again");
    check(rounds < 1000 || (parsed_count > rounds / 50 && rounds - parsed_count > rounds / 50),
        "mutations: some parse and some do not");
    printf("# %u mutations: %u parsed, %u refused\n", rounds, parsed_count, rounds - parsed_count);
}

static void
check_random(unsigned rounds)
{
    unsigned char data[100];
    unsigned round;
    int good = 1, parsed;

    for (round = 0; round < rounds; round++) {
        size_t length = 4 + random_below(96);
        tls_bytes copy;
        tls_extension_value value;
        unsigned place = 1u << random_below(8);
        unsigned type = random_below(52);
        size_t i;

        for (i = 0; i < length; i++)
            data[i] = (unsigned char)(random_below(3) ? random_below(256) : random_below(4));
        data[0] = (unsigned char)random_below(26);
        tls_put24(data + 1, (uint32_t)(length - 4));
        good = message_rebuilds(tls_bytes_make(data, length), probe_versions[random_below(4)],
                   probe_suites[random_below(6)], &parsed) &&
               good;
        copy = exact_bytes(tls_bytes_make(data + 4, length - 4));
        if (tls_extension_parse(&value, type, place, copy) == TLS_OK)
            touch_extension_value(&value);
        (void)tls_extensions_check(copy, place, NULL);
        touch_extensions(copy, place);
        release(copy);
    }
    check(good, "random bytes");
}

void
check_mutations(unsigned rounds)
{
    check_kept(rounds);
    check_random(rounds);
    while (kept_count > 0)
        release(kept[--kept_count].raw);
}

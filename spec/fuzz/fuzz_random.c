/* fuzz_random.c - the functions of random.c from a generator of numbers that anyone can
 * foretell (splitmix64). Each side of a connection has a state of its own, so that a recorded peer
 * fits again. */
#include "fuzz.h"
#include "base/random.h"

static uint64_t first_state;
static uint64_t *state = &first_state;

void
fuzz_random_use(uint64_t *new_state)
{
    state = new_state != NULL ? new_state : &first_state;
}

static uint64_t
next(void)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

enum tls_reason
tls_random(void *out, size_t length)
{
    unsigned char *p = out;
    uint64_t word = 0;
    size_t i;

    for (i = 0; i < length; i++) {
        if (i % 8 == 0)
            word = next();
        p[i] = (unsigned char)(word >> (8 * (i % 8)));
    }
    return TLS_OK;
}

enum tls_reason
tls_random_public(void *out, size_t length)
{
    return tls_random(out, length);
}

enum tls_reason
tls_random_generator(br_hmac_drbg_context *out)
{
    unsigned char seed[64];

    tls_random(seed, sizeof seed);
    br_hmac_drbg_init(out, &br_sha512_vtable, seed, sizeof seed);
    return TLS_OK;
}

/* renegotiation.c - a peer that breaks the rules once it is established: an honest handshake up to
 * TLS 1.2, then another one (RFC 5746), in which it lies (fuzz_breaker.h). Until that one is over,
 * the connection tells who the peer was before; and once it is, the victim has seen the very
 * messages that the breaker hashed. */
#include "fuzz_breaker.h"

static unsigned
renegotiations(const fuzz_side *side)
{
    tls_connection_info info;

    tls_connection_get_info(side->c, &info);
    return info.renegotiations;
}

typedef struct who {
    const tls_certificate_list *chain;
    enum tls_verification_level level;
    unsigned suite;
} who;

static who
named(const fuzz_side *side)
{
    const tls_facts *facts = &side->c->host.settled;
    who is;

    is.chain = tls_facts_peer(facts)->chain;
    is.level = tls_facts_peer(facts)->level;
    is.suite = facts->suite;
    return is;
}

/* check_kept: without a handshake that ended, nobody else is named; after a failure, perhaps
 * nobody. */
static void
check_kept(who before, unsigned count)
{
    who is = named(hostile.victim);

    if (renegotiations(hostile.victim) != count)
        return;
    if (is.chain == NULL && hostile.victim->c->failure != TLS_OK) {
        fuzz_check(is.level == TLS_LEVEL_NONE);
        return;
    }
    fuzz_check(is.chain == before.chain && is.level == before.level && is.suite == before.suite);
}

/* begin asks for it: a victim that is a client also by itself. Only a server chooses a mode. */
static void
begin(fuzz_pair *pair, unsigned who_begins)
{
    fuzz_side *side = who_begins & 1 ? &pair->server : &pair->client;

    fuzz_random_use(&side->random);
    tls_connection_renegotiate(side->c,
        who_begins & 2 && side == &pair->server ? TLS_VERIFY_OPTIONAL : TLS_VERIFY_DEFAULT);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    tls_bytes input = tls_bytes_make(data, length);
    uint32_t word = fuzz_u32(&input);
    unsigned acts, count;
    fuzz_pair pair;
    who before;

    if (((word >> FUZZ_VERSION_SHIFT) & 3) <= FUZZ_12_13)
        word = fuzz_with_versions(word, FUZZ_12);
    fuzz_breaker_begin(input);
    fuzz_pair_init(&pair, word | FUZZ_RENEGOTIATE);
    fuzz_resume(&pair);
    fuzz_pair_open(&pair, NULL);
    fuzz_pump(&pair, NULL, NULL);
    if (pair.client.c->established && pair.server.c->established) {
        begin(&pair, fuzz_u8(&hostile.input));
        fuzz_breaker_choose(&pair);
        before = named(hostile.victim);
        for (acts = 0; acts < 100 && hostile.input.length > 0; acts++) {
            count = renegotiations(hostile.victim);
            before = named(hostile.victim);
            if (acts % 2 == 0)
                fuzz_pump(&pair, NULL, NULL);
            else
                fuzz_act(&pair, &hostile.input);
            check_kept(before, count);
        }
        if (length <= 5) { /* nobody broke anything */
            fuzz_pump(&pair, NULL, NULL);
            fuzz_check(pair.client.c->failure == TLS_OK && renegotiations(&pair.client) > 0);
        }
        fuzz_exercise(hostile.victim);
        fuzz_exercise(hostile.breaker);
    }
    hostile.breaker = NULL;
    fuzz_pair_release(&pair);
    fuzz_breaker_end();
    return 0;
}

/* late.c - what comes after a handshake of TLS 1.3, from a peer that breaks the rules
 * (fuzz_breaker.h): late authentication (RFC 8446 section 4.6.2) first of all, KeyUpdate, tickets.
 * What must hold: nobody is named who has not proven it. */
#include "fuzz_breaker.h"

/* check_named: the handshake named no client, so who is named showed a CertificateVerify and a
 * Finished since. A ticket that the client could resume with would name him too. */
static void
check_named(const fuzz_pair *pair)
{
    const tls_connection *c = pair->server.c;
    tls_connection_info info;
    tls_session *session;

    if (hostile.breaker != &pair->client)
        return;
    tls_connection_get_info(c, &info);
    session = tls_connection_session(pair->server.c);
    if (info.peer_chain_count > 0 || info.peer_verified ||
        (session != NULL && session->peer_chain != NULL)) {
        fuzz_check(fuzz_verify_told());
        fuzz_check(fuzz_finished_told());
    }
    tls_session_release(session);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    tls_bytes input = tls_bytes_make(data, length);
    uint32_t word = fuzz_u32(&input);
    fuzz_pair pair;
    unsigned acts;

    /* Not resumed: a session may name somebody from the start. */
    word &= ~(FUZZ_MUTUAL | FUZZ_PSK | FUZZ_RESUME);
    fuzz_breaker_begin(input);
    fuzz_pair_init(&pair, fuzz_with_versions(word | FUZZ_LATE, FUZZ_13));
    fuzz_pair_open(&pair, NULL);
    fuzz_pump(&pair, NULL, NULL);
    fuzz_check(pair.client.c->established && pair.server.c->established);
    fuzz_breaker_choose(&pair);
    hostile.after = 1;
    if (fuzz_u8(&hostile.input) % 4 != 3) {
        fuzz_random_use(&pair.server.random);
        fuzz_check(tls_connection_request_certificate(pair.server.c) == TLS_OK);
    }
    for (acts = 0; acts < 200 && hostile.input.length > 0; acts++) {
        fuzz_act(&pair, &hostile.input);
        check_named(&pair);
    }
    fuzz_pump(&pair, NULL, NULL);
    check_named(&pair);
    if (length <= 5) /* nobody broke anything */
        fuzz_check(pair.server.c->failure == TLS_OK);
    fuzz_exercise(&pair.client);
    fuzz_exercise(&pair.server);
    hostile.breaker = NULL;
    fuzz_pair_release(&pair);
    fuzz_breaker_end();
    return 0;
}

/* session.c - exported sessions: what is taken comes out as it went in, and a client that is made
 * to offer it says so or does not, but finishes its ClientHello. */
#include "fuzz_pair.h"

static void
offer(tls_session *session, uint32_t options)
{
    fuzz_pair pair;

    fuzz_pair_init(&pair, options);
    pair.session = tls_session_retain(session);
    fuzz_pair_open(&pair, NULL);
    /* Under a policy that fits: a stolen one would. */
    tls_host_policy(&pair.client.c->host, tls_host_facts(&pair.client.c->host), session->policy);
    session->expires = fuzz_clock(NULL) + 1;
    session->level = TLS_LEVEL_VERIFIED;
    fuzz_pair_close(&pair);
    fuzz_pair_open(&pair, NULL);
    fuzz_run(&pair.client);
    fuzz_check(tls_connection_output(pair.client.c).length > 0 ||
               tls_connection_failure(pair.client.c) != TLS_OK);
    pair.server.stored = tls_session_retain(session);
    fuzz_move(&pair.client, &pair.server, NULL);
    fuzz_run(&pair.server);
    fuzz_pair_release(&pair);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    tls_bytes input = tls_bytes_make(data, length);
    tls_session *session;
    tls_session_info info;
    tls_buffer out = {NULL, 0, 0, 0};

    if (tls_session_import(&session, input) != TLS_OK)
        return 0;
    tls_session_get_info(session, &info);
    fuzz_check(tls_session_export(session, &out) == TLS_OK);
    fuzz_check(tls_bytes_equal(tls_buffer_view(&out), input));
    offer(session, fuzz_with_versions(FUZZ_EARLY, FUZZ_12_13));
    offer(session, fuzz_with_versions(FUZZ_DECISIONS, FUZZ_10_12));
    tls_buffer_release(&out);
    tls_session_release(session);
    return 0;
}

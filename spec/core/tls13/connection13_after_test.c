/* connection13_after_test.c - TLS 1.3 after the handshake without Lua: authentication that comes
 * late, key updates, and tickets. */
#include <string.h>

#include "support/check.h"
#include "support/inside.h"
#include "support/pair.h"

static pair p;

static void
established(const char *what)
{
    handshake(&p, what, TLS_VERSION_13);
    pair_pump(&p);
}

/* inject sends handshake messages that the engine did not make. */
static void
inject(side *s, tls_bytes messages)
{
    check(tls_output_message(s->c, messages) == TLS_OK && tls_output_flush(s->c) == TLS_OK,
        "inject: sent");
    pair_pump(&p);
}

static void
injected_fails(const char *what, side *from, side *to, const void *messages, size_t length,
    enum tls_reason reason)
{
    pair_open(&p);
    pair_pump(&p);
    inject(from, tls_bytes_make(messages, length));
    check(tls_connection_failure(to->c) == reason, "%s: %s", what,
        tls_connection_failure_text(to->c));
    check(tls_connection_peer_alert(from->c) == tls_reason_alert(reason), "%s: alert %d", what,
        tls_connection_peer_alert(from->c));
    pair_close(&p);
}

/* ---- Post-handshake authentication ---- */

static void
offer_post_handshake(enum kind client)
{
    pair_init(&p, &identities[P256]);
    pair_client_is(&p, &identities[client]);
    p.server_options.verify = TLS_VERIFY_NONE;
    p.client_options.post_handshake_auth = 1;
}

static void
late_authentication(void)
{
    static const char what[] = "authentication after the handshake";
    tls_connection_info info;
    int round;

    offer_post_handshake(P384);
    pair_watch(&p);
    established(what);
    check(info_of(&p.server).post_handshake_auth && info_of(&p.server).peer_chain_count == 0,
        "%s: offered, and nothing is known yet", what);
    for (round = 0; round < 3; round++) {
        p.client.stages[0] = p.server.stages[0] = '\0';
        p.chunk = round == 1;
        check(tls_connection_request_certificate(p.server.c) == TLS_OK, "%s: asked", what);
        check(tls_connection_request_certificate(p.server.c) == TLS_REASON_BUSY,
            "%s: one request at a time", what);
        pair_pump(&p);
        info = info_of(&p.server);
        check(info.peer_verified && info.peer_chain_count == 1 &&
                  info.peer_scheme == TLS_SCHEME_ECDSA_SECP384R1_SHA384 &&
                  info_of(&p.client).local_chain_count == 1,
            "%s: round %d: authenticated (%s)", what, round, trouble(&p));
        check_text(p.client.stages,
            " <certificate_request >certificate >certificate_verify >finished",
            "%s: the client's stages", what);
        check_text(p.server.stages,
            " >certificate_request <certificate <certificate_verify <finished =authenticated",
            "%s: the server's stages", what);
        check(tls_traffic_memory(inside_traffic(p.server.c)) < 2048, "%s: memory", what);
        check(send_data(&p, &p.client, &p.server, 300) && send_data(&p, &p.server, &p.client, 300),
            "%s: data goes on", what);
    }
    say_goodbye(&p, what);
    pair_free(&p);
}

static int
answer_none(side *s, const tls_question *q)
{
    return q->decision == TLS_DECISION_CLIENT_CERTIFICATE &&
           tls_connection_answer_credential(s->c, NULL) == TLS_OK;
}

static void
late_authentication_refused(void)
{
    const char *what = "no certificate after the handshake";

    offer_post_handshake(P384);
    p.client.answer = answer_none;
    p.client_connection.decision_mask = 1u << TLS_DECISION_CLIENT_CERTIFICATE;
    established(what);
    check(tls_connection_request_certificate(p.server.c) == TLS_OK, "%s: asked", what);
    pair_pump(&p);
    check(tls_connection_failure(p.server.c) == TLS_OK && info_of(&p.server).peer_chain_count == 0,
        "%s: accepted where none is required (%s)", what, trouble(&p));
    exchange(&p, what, 100);
    check(tls_connection_request_certificate(p.server.c) == TLS_OK, "%s: asked again", what);
    pair_pump(&p);
    check(tls_connection_failure(p.server.c) == TLS_OK, "%s: accepted again", what);
    pair_free(&p);

    /* Required in the handshake already, given there, and not given the second time. */
    what = "required after the handshake";
    offer_post_handshake(P384);
    p.server_options.verify = TLS_VERIFY_REQUIRED;
    established(what);
    p.client.answer = answer_none;
    tls_connection_watch(p.client.c, 0, 1u << TLS_DECISION_CLIENT_CERTIFICATE);
    check(tls_connection_request_certificate(p.server.c) == TLS_OK, "%s: asked", what);
    pair_pump(&p);
    check(tls_connection_failure(p.server.c) == TLS_REASON_CERTIFICATE_REQUIRED &&
              tls_connection_peer_alert(p.client.c) == TLS_ALERT_CERTIFICATE_REQUIRED,
        "%s: %s", what, trouble(&p));
    pair_free(&p);

    what = "a bad certificate after the handshake";
    offer_post_handshake(P384);
    p.server_options.trust = identities[P521].trust;
    established(what);
    check(tls_connection_request_certificate(p.server.c) == TLS_OK, "%s: asked", what);
    pair_pump(&p);
    check(tls_connection_failure(p.server.c) == TLS_REASON_SELF_SIGNED &&
              tls_connection_peer_alert(p.client.c) == TLS_ALERT_UNKNOWN_CA,
        "%s: %s", what, trouble(&p));
    pair_free(&p);

    what = "not offered";
    offer_post_handshake(P384);
    p.client_options.post_handshake_auth = 0;
    pair_open(&p);
    check(tls_connection_request_certificate(p.server.c) == TLS_REASON_NOT_READY,
        "%s: nor during the handshake", what);
    pair_pump(&p);
    check(tls_connection_request_certificate(p.server.c) == TLS_REASON_NO_POST_HANDSHAKE_AUTH,
        "%s: refused", what);
    check(tls_connection_request_certificate(p.client.c) == TLS_REASON_UNSUPPORTED_VERSION,
        "%s: nor by a client", what);
    exchange(&p, what, 100);
    tls_connection_close(p.server.c);
    check(tls_connection_request_certificate(p.server.c) == TLS_REASON_CLOSED,
        "%s: nor after close_notify", what);
    pair_free(&p);

    /* The answer to another request than ours. */
    what = "wrong context";
    offer_post_handshake(P384);
    established(what);
    check(tls_connection_request_certificate(p.server.c) == TLS_OK, "%s: asked", what);
    inside_traffic(p.server.c)->request_context[3] ^= 1;
    pair_pump(&p);
    check(tls_connection_failure(p.server.c) == TLS_REASON_ILLEGAL_PARAMETER, "%s: %s", what,
        trouble(&p));
    pair_free(&p);
}

/* A key that is elsewhere, answers that come late, and data of both sides in between. */
static void
late_authentication_waits(void)
{
    static const char what[] = "authentication in between";
    size_t n;

    offer_post_handshake(P256);
    p.client_credential.key = identities[P256].external;
    p.client.id = &identities[P256];
    p.client_connection.decision_mask = p.server_connection.decision_mask = UINT32_MAX;
    p.client_connection.stage_mask = p.server_connection.stage_mask = UINT32_MAX;
    p.client.late = p.server.late = 2;
    established(what);
    check(tls_connection_write(p.server.c, &n, pattern(), 1000) == TLS_OK && n == 1000,
        "%s: data before", what);
    check(tls_connection_request_certificate(p.server.c) == TLS_OK, "%s: asked", what);
    check(tls_connection_update_keys(p.server.c, 1) == TLS_OK, "%s: keys updated behind it", what);
    check(tls_connection_write(p.server.c, &n, pattern() + 1000, 1000) == TLS_OK && n == 1000,
        "%s: data behind", what);
    check(tls_connection_write(p.client.c, &n, pattern(), 500) == TLS_OK && n == 500,
        "%s: data of the client", what);
    pair_pump(&p);
    check(info_of(&p.server).peer_verified && p.server.decisions[TLS_DECISION_VERIFY] == 1 &&
              p.client.decisions[TLS_DECISION_SIGN] == 1,
        "%s: authenticated (%s)", what, trouble(&p));
    check(p.client.data_length == 2000 && memcmp(p.client.data, pattern(), 2000) == 0 &&
              p.server.data_length == 500,
        "%s: all data arrived", what);
    check(info_of(&p.client).key_updates_received == 1 && info_of(&p.client).key_updates_sent == 1,
        "%s: keys are updated", what);
    say_goodbye(&p, what);
    pair_free(&p);
}

/* What may come in one record with a request waits for its answer. */
static void
request_with_more(void)
{
    static const char what[] = "a request and a ticket in one record";
    static const unsigned char request[] = {
        13, 0, 0, 15, 4, 'a', 'b', 'c', 'd', 0, 8, 0, 13, 0, 4, 0, 2, 4, 3};
    static const unsigned char ticket[] = {
        4, 0, 0, 18, 0, 0, 14, 16, 1, 2, 3, 4, 2, 9, 9, 0, 3, 7, 7, 7, 0, 0};
    unsigned char both[sizeof request + sizeof ticket];
    tls_session *session;

    memcpy(both, request, sizeof request);
    memcpy(both + sizeof request, ticket, sizeof ticket);
    offer_post_handshake(P256);
    pair_watch(&p);
    established(what);
    p.client.stages[0] = '\0';
    check(tls_output_message(p.server.c, tls_bytes_make(both, sizeof both)) == TLS_OK &&
              tls_output_flush(p.server.c) == TLS_OK,
        "%s: sent", what);
    side_move(&p.server, &p.client, 0);
    side_run(&p.client);
    check(tls_connection_failure(p.client.c) == TLS_OK, "%s: %s", what,
        tls_connection_failure_text(p.client.c));
    check_text(p.client.stages,
        " <certificate_request >certificate >certificate_verify >finished <new_session_ticket",
        "%s: the client's stages", what);
    session = tls_connection_session(p.client.c);
    check(session != NULL, "%s: the ticket is kept", what);
    tls_session_release(session);
    /* It was not the server's engine that asked. */
    pair_pump(&p);
    check(tls_connection_failure(p.server.c) == TLS_REASON_UNEXPECTED_MESSAGE,
        "%s: an answer that nobody asked for", what);
    pair_free(&p);
}

/* ---- Messages that have no place ---- */

static void
unexpected(void)
{
    static const unsigned char empty_context[] = {13, 0, 0, 11, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3};
    static const unsigned char request[] = {13, 0, 0, 12, 1, 7, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3};
    static const unsigned char certificate[] = {11, 0, 0, 4, 0, 0, 0, 0};
    static const unsigned char ticket[] = {
        4, 0, 0, 18, 0, 0, 14, 16, 1, 2, 3, 4, 2, 9, 9, 0, 3, 7, 7, 7, 0, 0};
    static const unsigned char two[] = {24, 0, 0, 1, 2};
    static const unsigned char update_and_more[] = {24, 0, 0, 1, 0, 24, 0, 0, 1, 0};
    static const unsigned char long_update[] = {24, 0, 0, 2, 0, 0};
    static const unsigned char end_of_early_data[] = {5, 0, 0, 0};
    static const unsigned char hello_request[] = {0, 0, 0, 0};
    static const unsigned char finished[] = {20, 0, 0, 2, 1, 2};
    static const unsigned char huge[] = {24, 2, 0, 1, 0};

    offer_post_handshake(P256);
    injected_fails("a request without context", &p.server, &p.client, empty_context,
        sizeof empty_context, TLS_REASON_ILLEGAL_PARAMETER);
    injected_fails("a request from a client", &p.client, &p.server, request, sizeof request,
        TLS_REASON_UNEXPECTED_MESSAGE);
    injected_fails("a certificate unasked", &p.client, &p.server, certificate, sizeof certificate,
        TLS_REASON_UNEXPECTED_MESSAGE);
    injected_fails("a server's certificate", &p.server, &p.client, certificate, sizeof certificate,
        TLS_REASON_UNEXPECTED_MESSAGE);
    injected_fails("a client's ticket", &p.client, &p.server, ticket, sizeof ticket,
        TLS_REASON_UNEXPECTED_MESSAGE);
    injected_fails(
        "KeyUpdate of 2", &p.client, &p.server, two, sizeof two, TLS_REASON_ILLEGAL_PARAMETER);
    injected_fails("KeyUpdate of two bytes", &p.client, &p.server, long_update, sizeof long_update,
        TLS_REASON_DECODE);
    injected_fails("a message behind KeyUpdate", &p.server, &p.client, update_and_more,
        sizeof update_and_more, TLS_REASON_UNEXPECTED_MESSAGE);
    injected_fails("EndOfEarlyData", &p.client, &p.server, end_of_early_data,
        sizeof end_of_early_data, TLS_REASON_UNEXPECTED_MESSAGE);
    injected_fails("HelloRequest", &p.server, &p.client, hello_request, sizeof hello_request,
        TLS_REASON_UNEXPECTED_MESSAGE);
    injected_fails(
        "Finished", &p.client, &p.server, finished, sizeof finished, TLS_REASON_UNEXPECTED_MESSAGE);
    injected_fails(
        "a message without end", &p.client, &p.server, huge, sizeof huge, TLS_REASON_LIMIT);
    tls_context_release(p.client_context);
    p.client_context = NULL;
    p.client_options.post_handshake_auth = 0;
    injected_fails("a request that was not offered", &p.server, &p.client, request, sizeof request,
        TLS_REASON_UNEXPECTED_MESSAGE);
    pair_free(&p);
}

/* A peer that talks about keys without end is ended. */
static void
flood(void)
{
    int i;

    pair_init(&p, &identities[P256]);
    p.client_options.no_compatibility = 1;
    established("a flood of KeyUpdate");
    for (i = 0; i < 40 && p.server.last != TLS_EVENT_FAILED; i++) {
        check(tls_connection_update_keys(p.client.c, 0) == TLS_OK, "a flood of KeyUpdate: sent");
        pair_pump(&p);
    }
    check(i == TLS_IDLE_RECORDS_MAXIMUM + 1 &&
              tls_connection_failure(p.server.c) == TLS_REASON_UNEXPECTED_MESSAGE,
        "a flood of KeyUpdate: %d of them: %s", i, trouble(&p));
    pair_free(&p);

    /* What one asks for oneself is none, also where data goes only one way. */
    pair_init(&p, &identities[P256]);
    established("updates that were asked for");
    for (i = 0; i < 100; i++)
        check(tls_connection_update_keys(p.client.c, 1) == TLS_OK &&
                  send_data(&p, &p.client, &p.server, 10),
            "updates that were asked for: %s", trouble(&p));
    check(info_of(&p.client).key_updates_received == 100, "updates that were asked for: answered");
    pair_free(&p);
}

/* ---- Key updates ---- */

static void
key_updates(void)
{
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303, 0x1304, 0x1305};
    const char *what = "key updates";
    size_t s;
    int i;

    for (s = 0; s < 5; s++) {
        pair_init(&p, &identities[P256]);
        p.client_options.suites = p.server_options.suites = &suites[s];
        p.client_options.suite_count = p.server_options.suite_count = 1;
        pair_watch(&p);
        established(what);
        p.client.stages[0] = p.server.stages[0] = '\0';
        check(tls_connection_update_keys(p.client.c, 0) == TLS_OK, "%s: without request", what);
        pair_pump(&p);
        check_text(p.client.stages, " >key_update", "%s: the client's stages", what);
        check_text(p.server.stages, " <key_update", "%s: the server's stages", what);
        check(
            send_data(&p, &p.client, &p.server, 1000) && send_data(&p, &p.server, &p.client, 1000),
            "%s: %s: data", what, tls_suite_name(suites[s]));
        p.client.stages[0] = p.server.stages[0] = '\0';
        check(tls_connection_update_keys(p.server.c, 1) == TLS_OK, "%s: with request", what);
        pair_pump(&p);
        check_text(p.client.stages, " <key_update >key_update", "%s: the client's stages", what);
        check_text(p.server.stages, " >key_update <key_update", "%s: the server's stages", what);
        check(
            send_data(&p, &p.client, &p.server, 1000) && send_data(&p, &p.server, &p.client, 1000),
            "%s: data", what);
        /* From both sides at once: each answers the other. */
        check(tls_connection_update_keys(p.client.c, 1) == TLS_OK &&
                  tls_connection_update_keys(p.server.c, 1) == TLS_OK,
            "%s: from both sides at once", what);
        pair_pump(&p);
        check(info_of(&p.client).key_updates_sent == 4 &&
                  info_of(&p.client).key_updates_received == 3 &&
                  info_of(&p.server).key_updates_sent == 3 &&
                  info_of(&p.server).key_updates_received == 4,
            "%s: %u and %u sent", what, info_of(&p.client).key_updates_sent,
            info_of(&p.server).key_updates_sent);
        for (i = 0; i < 50; i++) {
            p.chunk = (size_t)(i % 3);
            check(tls_connection_update_keys(i % 2 ? p.client.c : p.server.c, i % 3 == 0) == TLS_OK,
                "%s: many", what);
            check(send_data(&p, &p.client, &p.server, 100) &&
                      send_data(&p, &p.server, &p.client, 100),
                "%s: data in between (%s)", what, trouble(&p));
        }
        say_goodbye(&p, what);
        check(tls_connection_update_keys(p.client.c, 0) == TLS_REASON_CLOSED,
            "%s: not after close_notify", what);
        pair_free(&p);
    }

    pair_init(&p, &identities[P256]);
    p.client_options.version_max = TLS_VERSION_12;
    pair_open(&p);
    check(tls_connection_update_keys(p.client.c, 0) == TLS_REASON_NOT_READY,
        "%s: not during the handshake", what);
    pair_pump(&p);
    check(tls_connection_update_keys(p.client.c, 0) == TLS_REASON_UNSUPPORTED_VERSION &&
              tls_connection_request_certificate(p.server.c) == TLS_REASON_UNSUPPORTED_VERSION &&
              tls_connection_send_ticket(p.server.c) == TLS_REASON_UNSUPPORTED_VERSION,
        "%s: not in TLS 1.2", what);
    pair_free(&p);
}

/* A CertificateRequest that comes while the output is full is answered behind what waits. */
static void
certificate_waits(void)
{
    static const char what[] = "authentication while nothing is read";
    size_t n = 1, total = 0;

    offer_post_handshake(P384);
    established(what);
    while (n > 0 && total < 200000) {
        check(
            tls_connection_write(p.client.c, &n, pattern(), 16384) == TLS_OK, "%s: written", what);
        total += n;
    }
    check(n == 0, "%s: the output is full", what);
    check(tls_connection_request_certificate(p.server.c) == TLS_OK, "%s: asked", what);
    while (side_move(&p.server, &p.client, 0))
        side_run(&p.client);
    check(tls_connection_failure(p.client.c) == TLS_OK, "%s: it is answered", what);
    pair_pump(&p);
    check(info_of(&p.server).peer_verified && info_of(&p.server).peer_chain_count == 1,
        "%s: and the answer arrives", what);
    exchange(&p, what, 500);
    pair_free(&p);
}

/* A request that comes while the output is full is answered when there is room again. */
static void
key_update_waits(void)
{
    static const char what[] = "an update while nothing is read";
    size_t n = 1, total = 0;
    int i;

    pair_init(&p, &identities[P256]);
    established(what);
    while (n > 0 && total < 200000) {
        check(
            tls_connection_write(p.client.c, &n, pattern(), 16384) == TLS_OK, "%s: written", what);
        total += n;
    }
    check(n == 0, "%s: the output is full", what);
    check(
        tls_connection_update_keys(p.client.c, 0) == TLS_REASON_BUSY, "%s: no room for ours", what);
    for (i = 0; i < 3; i++)
        check(tls_connection_update_keys(p.server.c, 1) == TLS_OK, "%s: asked for", what);
    while (side_move(&p.server, &p.client, 0))
        side_run(&p.client);
    check(info_of(&p.client).key_updates_received == 3 && info_of(&p.client).key_updates_sent == 0,
        "%s: the answer waits", what);
    p.server.data_length = 0;
    while (side_move(&p.client, &p.server, 0)) {
        side_run(&p.server);
        side_run(&p.client);
    }
    check(p.server.data_length == total, "%s: all data arrived", what);
    pair_pump(&p);
    check(info_of(&p.client).key_updates_sent == 1 && info_of(&p.server).key_updates_received == 1,
        "%s: one answer for all requests", what);
    check(send_data(&p, &p.server, &p.client, 100), "%s: data goes on", what);
    /* Section 4.6.3: no data before the answer, also where there is room for a little. */
    for (i = 0; i < 3; i++)
        check(tls_connection_write(p.client.c, &n, pattern(), 16384) == TLS_OK && n == 16384,
            "%s: written", what);
    check(tls_connection_write(p.client.c, &n, pattern(), 2000) == TLS_OK && n == 2000,
        "%s: a little more", what);
    check(tls_connection_update_keys(p.server.c, 1) == TLS_OK, "%s: asked for", what);
    side_move(&p.server, &p.client, 0);
    side_run(&p.client);
    check(tls_connection_write(p.client.c, &n, pattern(), 100) == TLS_OK && n == 0,
        "%s: nothing is written before the answer", what);
    p.server.data_length = 0;
    pair_pump(&p);
    check(p.server.data_length == 3 * 16384 + 2000 && info_of(&p.client).key_updates_sent == 2,
        "%s: all arrived, and the answer", what);
    pair_free(&p);
}

static unsigned records_between, most_records;

static void
count_records(side *s, const tls_stage_event *event)
{
    (void)s;
    if (event->direction != TLS_SENT)
        return;
    if (event->stage == TLS_STAGE_KEY_UPDATE)
        records_between = 0;
    else if (event->stage == TLS_STAGE_APPLICATION_DATA && ++records_between > most_records)
        most_records = records_between;
}

/* No key protects more records than key_update_records, however many are written at once. */
static void
automatic_updates(void)
{
    static const char what[] = "automatic key updates";
    int watched;

    for (watched = 0; watched < 2; watched++) {
        pair_init(&p, &identities[P256]);
        p.client_options.record_size = 512;
        p.client_options.key_update_records = 10;
        if (watched)
            p.client_connection.stage_mask =
                1u << TLS_STAGE_APPLICATION_DATA | 1u << TLS_STAGE_KEY_UPDATE;
        p.client.seen = count_records;
        records_between = most_records = 0;
        established(what);
        check(send_data(&p, &p.client, &p.server, 50 * 512), "%s: data (%s)", what, trouble(&p));
        check(info_of(&p.client).key_updates_sent >= 4 &&
                  info_of(&p.client).key_updates_sent <= 6 &&
                  info_of(&p.server).key_updates_received == info_of(&p.client).key_updates_sent,
            "%s: %u for 50 records", what, info_of(&p.client).key_updates_sent);
        if (watched)
            check(most_records == 10, "%s: %u records under one key", what, most_records);
        check(info_of(&p.server).key_updates_sent == 0, "%s: the other side keeps its key", what);
        check(send_data(&p, &p.server, &p.client, 10000), "%s: data to the client", what);
        pair_free(&p);
    }
}

/* ---- Tickets ---- */

static void
tickets(void)
{
    static const char what[] = "tickets";
    unsigned count, i;

    for (count = 0; count <= 16; count += 4) {
        pair_init(&p, &identities[P256]);
        p.server_options.session_cache_size = 64;
        p.server_options.ticket_count = count;
        p.client_connection.decision_mask = p.server_connection.decision_mask =
            1u << TLS_DECISION_SESSION_STORE;
        established(what);
        check(p.client.decisions[TLS_DECISION_SESSION_STORE] == count &&
                  p.server.decisions[TLS_DECISION_SESSION_STORE] == count &&
                  tls_context_session_count(p.server_context) == count,
            "%s: %u of %u", what, p.client.decisions[TLS_DECISION_SESSION_STORE], count);
        check(info_of(&p.client).resumable == (count > 0), "%s: resumable", what);
        for (i = 0; i < 3; i++) {
            check(tls_connection_send_ticket(p.server.c) == TLS_OK, "%s: one more", what);
            pair_pump(&p);
        }
        check(p.client.decisions[TLS_DECISION_SESSION_STORE] == count + 3, "%s: three more", what);
        exchange(&p, what, 100);
        check(resume_next(&p), "%s: a session", what);
        handshake(&p, what, TLS_VERSION_13);
        pair_pump(&p);
        check(info_of(&p.server).resumed &&
                  p.client.decisions[TLS_DECISION_SESSION_STORE] == (count > 0),
            "%s: resumed with the last, and at most one given then", what);
        forget_session(&p);
        pair_free(&p);
    }

    pair_init(&p, &identities[P256]);
    p.server_options.session_cache_size = 64;
    p.server_options.ticket_count = 4;
    p.client_options.no_tickets = 1;
    pair_watch(&p);
    established("no tickets");
    check(strstr(p.client.stages, "new_session_ticket") == NULL && !info_of(&p.client).resumable &&
              tls_context_session_count(p.server_context) == 0,
        "no tickets: none for a client that wants none");
    pair_free(&p);
}

/* ---- What an idle connection holds ---- */

static void
memory(void)
{
    static const char what[] = "memory";

    offer_post_handshake(P256);
    p.server_options.ticket_count = 2;
    p.server_options.session_cache_size = 2;
    established(what);
    exchange(&p, what, 60000);
    pair_pump(&p);
    check(tls_traffic_memory(inside_traffic(p.client.c)) < 2048 &&
              tls_traffic_memory(inside_traffic(p.server.c)) < 2048,
        "%s: %u bytes of traffic", what, (unsigned)tls_traffic_memory(inside_traffic(p.server.c)));
    check(info_of(&p.client).memory < 4096 && info_of(&p.server).memory < 4096,
        "%s: %u and %u bytes", what, (unsigned)info_of(&p.client).memory,
        (unsigned)info_of(&p.server).memory);
    check(inside_is_bare(p.server.c) && inside_is_bare(p.client.c),
        "%s: neither engines nor buffers", what);
    check(tls_connection_request_certificate(p.server.c) == TLS_OK, "%s: asked", what);
    check(tls_traffic_memory(inside_traffic(p.server.c)) < 2048 && !inside_has_engine(p.server.c),
        "%s: an open request: %u bytes", what,
        (unsigned)tls_traffic_memory(inside_traffic(p.server.c)));
    pair_pump(&p);
    check(info_of(&p.server).peer_verified && info_of(&p.server).memory < 4096,
        "%s: %u bytes afterwards", what, (unsigned)info_of(&p.server).memory);
    pair_free(&p);
}

int
main(void)
{
    load_identities();
    late_authentication();
    late_authentication_refused();
    late_authentication_waits();
    request_with_more();
    unexpected();
    flood();
    key_updates();
    key_update_waits();
    certificate_waits();
    automatic_updates();
    tickets();
    memory();
    unload_identities();
    return check_end();
}

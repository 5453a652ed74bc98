/* connection13_early_test.c - early data of TLS 1.3 (RFC 8446 section 4.2.10) without Lua: taken,
 * and refused for each reason. */
#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/inside.h"
#include "support/resumption.h"

static pair p;

static const uint16_t two_suites[] = {0x1301, 0x1303};
static tls_bytes protocols[2];

static void
allow_early_data(void)
{
    protocols[0] = tls_bytes_of_string("one");
    protocols[1] = tls_bytes_of_string("two");
    p.client_options.suites = p.server_options.suites = two_suites;
    p.client_options.suite_count = p.server_options.suite_count = 2;
    p.client_options.alpn = p.server_options.alpn = protocols;
    p.client_options.alpn_count = p.server_options.alpn_count = 2;
    p.server_options.max_early_data = 4000;
}

static void
send_early(size_t length, int resend)
{
    p.client_connection.early_data = tls_bytes_make(pattern(), length);
    p.client_connection.early_data_resend = resend;
}

/* outcome of one handshake with early data on what `begin` has made. */
static void
outcome(const char *what, int accepted)
{
    size_t length = p.client_connection.early_data.length;
    size_t all;

    if (!handshake(&p, what, TLS_VERSION_13)) {
        pair_close(&p);
        return;
    }
    check(info_of(&p.client).early_data ==
              (accepted ? TLS_EARLY_DATA_ACCEPTED : TLS_EARLY_DATA_REJECTED),
        "%s: %s", what, accepted ? "accepted" : "rejected");
    check(info_of(&p.server).early_data_length == (accepted ? length : 0), "%s: %u early bytes",
        what, (unsigned)info_of(&p.server).early_data_length);
    pair_pump(&p);
    /* Accepted, or sent again: once in any case; else not at all. */
    all = p.server.early_length + p.server.data_length;
    check(all == (accepted || p.client_connection.early_data_resend ? length : 0),
        "%s: %u bytes arrive", what, (unsigned)all);
    check(memcmp(accepted && !p.server.keep ? p.server.early : p.server.data, pattern(), all) == 0,
        "%s: the right ones", what);
    p.server.data_length = p.server.early_length = 0;
    p.server.keep = 0;
    exchange(&p, what, 500);
    say_goodbye(&p, what);
    pair_close(&p);
}

static int
refuse_early(side *s, const tls_question *q)
{
    if (q->decision != TLS_DECISION_EARLY_DATA)
        return 0;
    check(tls_bytes_equal_string(q->u.early_data.alpn, "one") &&
              strcmp(q->u.early_data.server_name, "localhost") == 0 &&
              q->u.early_data.session != NULL,
        "early data: the question");
    return tls_connection_answer_early_data(s->c, 0) == TLS_OK;
}

/* early_exporters: the same on both sides, and only where early data was taken. */
static void
early_exporters(const char *what)
{
    unsigned char client[32], server[32];
    tls_bytes context = tls_bytes_of_string("context");

    check(tls_connection_export_early_keying_material(
              p.client.c, client, sizeof client, "EXPORTER-early", context) == TLS_OK &&
              tls_connection_export_early_keying_material(
                  p.server.c, server, sizeof server, "EXPORTER-early", context) == TLS_OK &&
              memcmp(client, server, sizeof client) == 0,
        "%s: early exporters", what);
}

static void
early_data_taken(enum store store)
{
    char what[60];
    size_t chunk, length;
    int late;

    for (chunk = 0; chunk < 2; chunk++)
        for (length = 1; length <= 4000; length += 3999)
            for (late = 0; late < 3; late += 2) {
                snprintf(what, sizeof what, "%u early bytes %s, chunk %u, late %d",
                    (unsigned)length, store_names[store], (unsigned)chunk, late);
                resumption_begin(&p, store, what, allow_early_data);
                p.chunk = chunk;
                if (late) {
                    p.client.late = p.server.late = late;
                    p.client_connection.stage_mask = p.server_connection.stage_mask = UINT32_MAX;
                    p.server_connection.decision_mask = UINT32_MAX & ~(1u << TLS_DECISION_VERIFY);
                    p.server.answer = resumption_keep_and_load;
                    /* Whether a handler has a say is part of what a session may be resumed under.
                     */
                    p.client_connection.decision_mask = UINT32_MAX & ~(1u << TLS_DECISION_VERIFY);
                }
                send_early(length, 1);
                handshake(&p, what, TLS_VERSION_13);
                check(p.server.early_events > 0, "%s: told", what);
                check(p.server.decisions[TLS_DECISION_EARLY_DATA] == (late > 0) &&
                          p.server.decisions[TLS_DECISION_SESSION_LOAD] == (store == BY_HANDLER),
                    "%s: decisions", what);
                early_exporters(what);
                p.server.data_length = 0;
                check(p.server.early_length == length &&
                          memcmp(p.server.early, pattern(), length) == 0 &&
                          info_of(&p.server).early_data_length == length &&
                          info_of(&p.client).early_data == TLS_EARLY_DATA_ACCEPTED,
                    "%s: taken", what);
                exchange(&p, what, 500);
                say_goodbye(&p, what);
                resumption_end(&p);
            }
}

static void
allow_short_records(void)
{
    allow_early_data();
    p.client_options.record_size_limit = 16384;
    p.server_options.record_size_limit = 100;
}

static void
allow_fragments(void)
{
    allow_early_data();
    p.client_options.max_fragment_length = 512;
}

/* Early data is sent before the client knows how long the server wants its records: that binds
 * afterwards. */
static void
early_data_in_long_records(void)
{
    resumption_begin(&p, BY_TICKET, "early data, record_size_limit", allow_short_records);
    send_early(4000, 0);
    outcome("early data, record_size_limit", 1);
    resumption_end(&p);
    resumption_begin(&p, BY_TICKET, "early data, max_fragment_length", allow_fragments);
    send_early(4000, 0);
    outcome("early data, max_fragment_length", 1);
    resumption_end(&p);
    resumption_begin(&p, BY_TICKET, "early data, then too long a record", allow_short_records);
    send_early(4000, 0);
    handshake(&p, "early data, then too long a record", TLS_VERSION_13);
    inside_set_fragment_limit(p.client.c, 200);
    check(!send_data(&p, &p.client, &p.server, 200) &&
              tls_connection_failure(p.server.c) == TLS_REASON_RECORD_OVERFLOW,
        "early data, then too long a record: %s", trouble(&p));
    resumption_end(&p);
}

/* What nobody took while the handshake went on comes first out of plaintext. */
static void
early_data_kept(void)
{
    static const char what[] = "early data that waits";
    tls_bytes plaintext;
    size_t n;

    resumption_begin(&p, BY_TICKET, what, allow_early_data);
    send_early(1000, 1);
    p.server.keep = 1;
    pair_open(&p);
    pair_pump(&p);
    check(p.server.early_events > 0 && info_of(&p.server).established, "%s: told", what);
    check(tls_connection_write(p.client.c, &n, pattern() + 1000, 500) == TLS_OK && n == 500,
        "%s: written", what);
    pair_pump(&p);
    plaintext = tls_connection_plaintext(p.server.c);
    check(plaintext.length == 1000 && memcmp(plaintext.data, pattern(), 1000) == 0, "%s: first",
        what);
    check(p.server.last == TLS_EVENT_DATA, "%s: DATA", what);
    tls_connection_plaintext_consume(p.server.c, 400);
    check(tls_connection_plaintext(p.server.c).length == 600, "%s: partly consumed", what);
    p.server.keep = 0;
    pair_pump(&p);
    check(p.server.data_length == 1100 && memcmp(p.server.data, pattern() + 400, 1100) == 0,
        "%s: and then the rest", what);
    pair_close(&p);
    resumption_end(&p);
}

/* A server writes before the client's Finished has come (0.5-RTT). */
static void
half_rtt(void)
{
    static const char what[] = "0.5-RTT";
    size_t n = 0;

    resumption_begin(&p, BY_TICKET, what, allow_early_data);
    send_early(100, 1);
    pair_open(&p);
    side_run(&p.client);
    check(tls_connection_write(p.server.c, &n, "early", 5) == TLS_REASON_NOT_READY,
        "%s: not before its own Finished", what);
    side_move(&p.client, &p.server, 0);
    side_run(&p.server);
    check(p.server.early_length == 100 && !info_of(&p.server).established, "%s: early data is read",
        what);
    check(tls_connection_write(p.server.c, &n, "answer", 6) == TLS_OK && n == 6, "%s: answered",
        what);
    side_move(&p.server, &p.client, 0);
    side_run(&p.client);
    check(p.client.data_length == 6 && memcmp(p.client.data, "answer", 6) == 0 &&
              !info_of(&p.server).established,
        "%s: the answer is there after one round trip", what);
    pair_pump(&p);
    check(info_of(&p.server).established, "%s: %s", what, trouble(&p));
    exchange(&p, what, 100);
    pair_close(&p);
    resumption_end(&p);

    /* Not without early data: who is at the other end is not known yet. */
    resumption_begin(&p, BY_TICKET, what, allow_early_data);
    pair_open(&p);
    side_run(&p.client);
    side_move(&p.client, &p.server, 0);
    side_run(&p.server);
    check(tls_connection_write(p.server.c, &n, "early", 5) == TLS_REASON_NOT_READY,
        "%s: not without early data", what);
    resumption_end(&p);
}

static void
early_data_retried(int resend)
{
    static const uint16_t client_groups[] = {TLS_GROUP_X25519, TLS_GROUP_SECP256R1};
    static const uint16_t server_groups[] = {TLS_GROUP_SECP256R1};

    resumption_begin(&p, BY_TICKET, "early data, retried", allow_early_data);
    forget_session(&p);
    p.client_options.groups = client_groups;
    p.client_options.group_count = 2;
    p.server_options.groups = server_groups;
    p.server_options.group_count = 1;
    pair_renew_client(&p);
    pair_renew_server(&p);
    handshake(&p, "early data, retried", TLS_VERSION_13);
    pair_pump(&p);
    resume_next(&p);
    send_early(4000, resend);
    outcome("early data, retried", 0);
    resumption_end(&p);
}

static void
early_data_refused(int resend)
{
    resumption_begin(&p, BY_TICKET, "early data, refused", allow_early_data);
    send_early(3000, resend);
    p.server.answer = refuse_early;
    p.server_connection.decision_mask |= 1u << TLS_DECISION_EARLY_DATA;
    outcome("early data, refused", 0);
    resumption_end(&p);
}

/* select_for runs a connection whose server selects this. */
static void
select_for(const char *what, const tls_selection *selection)
{
    pair_open(&p);
    tls_connection_watch(p.server.c, 0, 1u << TLS_DECISION_SELECT);
    side_run(&p.client);
    side_move(&p.client, &p.server, 0);
    check(tls_connection_step(p.server.c) == TLS_EVENT_DECISION &&
              tls_connection_answer_select(p.server.c, selection) == TLS_OK,
        "%s: selected", what);
    pair_pump(&p);
}

/* The session's suite and protocol are not what the server takes for this one. */
static void
early_data_of_another_choice(int resend)
{
    static const uint16_t other[] = {0x1303};
    tls_selection protocol, suite;

    resumption_begin(&p, BY_TICKET, "early data, other protocol", allow_early_data);
    send_early(3000, resend);
    memset(&protocol, 0, sizeof protocol);
    protocol.alpn = protocols[1];
    select_for("early data, other protocol", &protocol);
    check(info_of(&p.client).established &&
              info_of(&p.client).early_data == TLS_EARLY_DATA_REJECTED &&
              tls_bytes_equal_string(info_of(&p.server).alpn, "two") && p.server.data_length == 0,
        "early data, other protocol: rejected, and not for this one (%s)", trouble(&p));
    exchange(&p, "early data, other protocol", 100);
    pair_close(&p);
    memset(&suite, 0, sizeof suite);
    suite.suites = other;
    suite.suite_count = 1;
    select_for("early data, other suite", &suite);
    check(info_of(&p.client).established && info_of(&p.client).resumed &&
              info_of(&p.client).early_data == TLS_EARLY_DATA_REJECTED &&
              info_of(&p.server).suite == 0x1303 && p.server.data_length == (resend ? 3000u : 0u),
        "early data, other suite: rejected (%s)", trouble(&p));
    exchange(&p, "early data, other suite", 100);
    resumption_end(&p);
}

static void
early_data_replayed(int resend)
{
    resumption_begin(&p, BY_TICKET, "early data, a second time", allow_early_data);
    send_early(3000, resend);
    outcome("early data, the first time", 1);
    outcome("early data, a second time", 0);
    resumption_end(&p);
}

/* Section 8.3: not when the client's age of the ticket and ours differ. */
static void
early_data_of_another_age(int resend)
{
    resumption_begin(&p, BY_TICKET, "early data, another age", allow_early_data);
    send_early(3000, resend);
    clock_now += 12;
    pair_open(&p);
    side_run(&p.client);
    clock_now -= 12;
    side_move(&p.client, &p.server, 0);
    pair_pump(&p);
    check(
        info_of(&p.client).established && info_of(&p.client).early_data == TLS_EARLY_DATA_REJECTED,
        "early data, another age: rejected (%s)", trouble(&p));
    pair_close(&p);
    pair_open(&p);
    side_run(&p.client);
    clock_now += 12;
    side_move(&p.client, &p.server, 0);
    pair_pump(&p);
    check(info_of(&p.client).established && info_of(&p.client).resumed &&
              info_of(&p.client).early_data == TLS_EARLY_DATA_REJECTED,
        "early data, another age: rejected (%s)", trouble(&p));
    pair_close(&p);
    outcome("early data, the right age", 1);
    clock_now += 500;
    resumption_end(&p);
    clock_now -= 512;

    resumption_begin(&p, BY_TICKET, "early data, long after", allow_early_data);
    send_early(3000, resend);
    clock_now += 3000;
    outcome("early data, long after", 1);
    clock_now -= 3000;
    resumption_end(&p);
}

static void
early_data_forgotten(int resend)
{
    resumption_begin(&p, BY_TICKET, "early data, not any more", allow_early_data);
    send_early(3000, resend);
    p.server_options.max_early_data = 0;
    pair_renew_server(&p);
    outcome("early data, not any more", 0);
    resumption_end(&p);

    /* The server forgets the session: a full handshake. */
    resumption_begin(&p, BY_CACHE, "early data, forgotten", allow_early_data);
    send_early(3000, resend);
    tls_context_flush_sessions(p.server_context);
    outcome("early data, forgotten", 0);
    resumption_end(&p);
}

/* Each cause for which a server goes on without the early data; sent again by the client, or not.
 */
static void
early_data_rejected(int resend)
{
    early_data_retried(resend);
    early_data_refused(resend);
    early_data_of_another_choice(resend);
    early_data_replayed(resend);
    early_data_of_another_age(resend);
    early_data_forgotten(resend);
}

static void
early_data_not_offered(void)
{
    resumption_begin(&p, BY_TICKET, "more than the ticket allows", allow_early_data);
    send_early(4001, 1);
    handshake(&p, "more than the ticket allows", TLS_VERSION_13);
    check(info_of(&p.client).resumed && info_of(&p.client).early_data == TLS_EARLY_DATA_NONE,
        "more than the ticket allows: none is offered");
    pair_pump(&p);
    check(p.server.data_length == 4001 && memcmp(p.server.data, pattern(), 4001) == 0,
        "more than the ticket allows: but sent afterwards");
    pair_close(&p);
    clock_now += 7200;
    send_early(1000, 0);
    handshake(&p, "an expired ticket", TLS_VERSION_13);
    check(!info_of(&p.client).resumed && info_of(&p.client).early_data == TLS_EARLY_DATA_NONE,
        "an expired ticket: none is offered");
    clock_now -= 7200;
    resumption_end(&p);

    resumption_begin(&p, BY_TICKET, "a ticket without early data", NULL);
    send_early(1000, 0);
    handshake(&p, "a ticket without early data", TLS_VERSION_13);
    check(info_of(&p.client).resumed && info_of(&p.client).early_data == TLS_EARLY_DATA_NONE,
        "a ticket without early data: none is offered");
    pair_pump(&p);
    check(p.server.data_length == 0, "a ticket without early data: nor sent again unasked");
    resumption_end(&p);
}

/* A client that sends more than its ticket allows is ended: its session says more than the server's
 * does. */
static void
early_data_too_much(void)
{
    static const char what[] = "too much early data";
    tls_buffer exported = {0};
    tls_session *session = NULL;
    size_t i;
    int found = 0;

    resumption_begin(&p, BY_TICKET, what, allow_early_data);
    check(
        tls_session_export(p.client_connection.session, &exported) == TLS_OK, "%s: exported", what);
    for (i = 0; i + 4 <= exported.length && !found; i++)
        if (memcmp(exported.data + i, "\0\0\x0F\xA0", 4) == 0) {
            exported.data[i + 1] = 1;
            found = 1;
        }
    check(found && tls_session_import(&session, tls_buffer_view(&exported)) == TLS_OK,
        "%s: changed", what);
    tls_buffer_release(&exported);
    forget_session(&p);
    p.client_connection.session = session;
    send_early(4001, 0);
    fails(&p, what, &p.server, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
    resumption_end(&p);
}

/* feed_junk gives the server records that look protected. */
static void
feed_junk(unsigned count)
{
    static unsigned char record[TLS_RECORD_HEADER_LENGTH + 16000] = {
        TLS_CONTENT_APPLICATION_DATA, 3, 3, 16000 >> 8, 16000 & 0xFF};

    while (count-- > 0 && p.server.last != TLS_EVENT_FAILED) {
        size_t fed = 0;

        while (fed < sizeof record && p.server.last != TLS_EVENT_FAILED) {
            fed += tls_connection_feed(p.server.c, record + fed, sizeof record - fed);
            side_run(&p.server);
        }
    }
}

/* A server that passes over early data does so up to 64 KB beyond what it allows, not without end.
 */
static void
early_data_flood(int retry)
{
    static const uint16_t server_groups[] = {TLS_GROUP_SECP256R1};
    const char *what = retry ? "junk after HelloRetryRequest" : "junk after rejected early data";
    unsigned count;

    for (count = 3; count <= 6; count += 3) {
        resumption_begin(&p, BY_TICKET, what, allow_early_data);
        send_early(300, 1);
        p.server.answer = refuse_early;
        p.server_connection.decision_mask |= 1u << TLS_DECISION_EARLY_DATA;
        pair_open(&p);
        if (retry) {
            inside_context(p.server.c)->groups[0] = server_groups[0];
            inside_context(p.server.c)->group_count = 1;
        }
        side_run(&p.client);
        side_move(&p.client, &p.server, 0);
        side_run(&p.server);
        feed_junk(count);
        if (count == 3) {
            pair_pump(&p);
            check(info_of(&p.server).established && p.server.data_length == 300 &&
                      info_of(&p.server).hello_retry == retry,
                "%s: passed over (%s)", what, trouble(&p));
            exchange(&p, what, 100);
        } else {
            check(tls_connection_failure(p.server.c) == TLS_REASON_UNEXPECTED_MESSAGE,
                "%s: not without end (%s)", what, trouble(&p));
        }
        resumption_end(&p);
    }
    /* Without early data none is passed over. */
    resumption_begin(&p, BY_TICKET, what, allow_early_data);
    pair_open(&p);
    side_run(&p.client);
    side_move(&p.client, &p.server, 0);
    side_run(&p.server);
    feed_junk(1);
    check(tls_connection_failure(p.server.c) == TLS_REASON_BAD_RECORD_MAC,
        "%s: not without early data (%s)", what, trouble(&p));
    resumption_end(&p);
}

static void
stages_early(void)
{
    resumption_begin(&p, BY_TICKET, "stages", allow_early_data);
    send_early(300, 0);
    pair_watch(&p);
    p.client_connection.stage_mask = p.server_connection.stage_mask = UINT32_MAX;
    handshake(&p, "stages", TLS_VERSION_13);
    check_text(p.client.stages,
        " >client_hello >change_cipher_spec >application_data <server_hello <change_cipher_spec"
        " <encrypted_extensions <finished >end_of_early_data >finished =established"
        " <new_session_ticket",
        "early data: the client's stages");
    check_text(p.server.stages,
        " <client_hello >server_hello >change_cipher_spec >encrypted_extensions >finished"
        " <change_cipher_spec <application_data <end_of_early_data <finished >new_session_ticket"
        " =established",
        "early data: the server's stages");
    check_text(p.client.keylog, p.server.keylog, "early data: key log");
    check(strncmp(p.client.keylog, "CLIENT_EARLY_TRAFFIC_SECRET ", 28) == 0 &&
              strstr(p.client.keylog, "\nEARLY_EXPORTER_SECRET ") != NULL,
        "early data: its secrets are in the key log");
    resumption_end(&p);
}

/* Every decision late, everything watched, given up at every step. */
static void
dropped_anywhere(void)
{
    int steps, complete = 0;

    for (steps = 0; steps < 60; steps++) {
        int i;

        resumption_begin(&p, BY_HANDLER, "dropped", allow_early_data);
        send_early(2000, 1);
        p.client_connection.stage_mask = p.server_connection.stage_mask = UINT32_MAX;
        p.client_connection.decision_mask = p.server_connection.decision_mask = UINT32_MAX;
        pair_open(&p);
        for (i = 0; i < steps; i++) {
            if (tls_connection_step(p.client.c) == TLS_EVENT_WANT_READ)
                side_move(&p.client, &p.server, 0);
            if (tls_connection_step(p.server.c) == TLS_EVENT_WANT_READ)
                side_move(&p.server, &p.client, 0);
        }
        complete += info_of(&p.client).established;
        if (steps % 2)
            tls_connection_end(p.client.c);
        resumption_end(&p);
    }
    check(complete > 0, "dropped: at every step");
}

int
main(void)
{
    int i;

    load_identities();
    for (i = 0; i < STORES; i++)
        early_data_taken((enum store)i);
    early_data_in_long_records();
    early_data_kept();
    half_rtt();
    early_data_rejected(0);
    early_data_rejected(1);
    early_data_not_offered();
    early_data_too_much();
    early_data_flood(0);
    early_data_flood(1);
    stages_early();
    dropped_anywhere();
    unload_identities();
    return check_end();
}

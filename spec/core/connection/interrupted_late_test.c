/* interrupted_late_test.c - what the owner does in the middle of a late authentication, of a ticket
 * that is asked about, and of `established`: nothing is lost, mixed up, or sent behind
 * close_notify. */
#include <string.h>

#include "support/check.h"
#include "support/pair.h"

static pair p;
static enum tls_decision act_on;
static enum tls_stage act_at;
static void (*act)(side *s);
static int acted;

static int
answer(side *s, const tls_question *q)
{
    if (act != NULL && q->decision == act_on && !acted) {
        acted = 1;
        act(s);
    }
    return 0;
}

static void
seen(side *s, const tls_stage_event *event)
{
    if (act != NULL && act_on == TLS_DECISION_COUNT && event->stage == act_at && !acted) {
        acted = 1;
        act(s);
    }
}

static void
begin(void)
{
    pair_init(&p, &identities[P256]);
    pair_client_is(&p, &identities[P256]);
    p.server_options.verify = TLS_VERIFY_NONE;
    p.client_options.post_handshake_auth = 1;
    p.server_options.session_cache_size = 4;
    p.client_connection.stage_mask = p.server_connection.stage_mask = STAGES;
    p.client.answer = p.server.answer = answer;
    p.client.seen = p.server.seen = seen;
    act = NULL;
    act_on = TLS_DECISION_COUNT;
    act_at = TLS_STAGE_COUNT;
    acted = 0;
}

/* ---- A ticket that is asked about, and a request behind it ---- */

static void
ticket_then_request(void)
{
    begin();
    p.server_connection.decision_mask = 1u << TLS_DECISION_SESSION_STORE;
    if (!handshake(&p, "ticket and request", TLS_VERSION_13))
        return;
    check(tls_connection_send_ticket(p.server.c) == TLS_OK, "a ticket");
    check(tls_connection_request_certificate(p.server.c) != TLS_REASON_INTERNAL, "and a request");
    pair_pump(&p);
    check(p.server.decisions[TLS_DECISION_SESSION_STORE] == 1,
        "session_store is asked about the ticket's session with a request behind it: %u times",
        p.server.decisions[TLS_DECISION_SESSION_STORE]);
    pair_free(&p);
}

static enum tls_reason act_reason, answer_reason;

static void
request_and_answer(side *s)
{
    act_reason = tls_connection_request_certificate(s->c);
    answer_reason = tls_connection_answer_default(s->c);
}

static void
request_in_store(void)
{
    begin();
    p.server_connection.decision_mask = 1u << TLS_DECISION_SESSION_STORE;
    if (!handshake(&p, "request in session_store", TLS_VERSION_13))
        return;
    check(tls_connection_send_ticket(p.server.c) == TLS_OK, "a ticket");
    act = request_and_answer;
    act_on = TLS_DECISION_SESSION_STORE;
    pair_pump(&p);
    check(acted && (act_reason != TLS_OK || answer_reason == TLS_OK),
        "the question stands after request_certificate in it: %d %d", act_reason, answer_reason);
    pair_free(&p);
}

/* ---- In the middle of the client's answer ---- */

static void
close_it(side *s)
{
    tls_connection_close(s->c);
}

static void
update_it(side *s)
{
    act_reason = tls_connection_update_keys(s->c, 0);
}

static void
write_it(side *s)
{
    size_t n;

    act_reason = tls_connection_write(s->c, &n, pattern(), 300);
}

static void
write_much(side *s)
{
    size_t n;

    act_reason = tls_connection_write(s->c, &n, pattern(), 5000);
}

static void
in_answer(const char *what, enum tls_decision on, void (*f)(side *s))
{
    begin();
    p.client_connection.decision_mask = 1u << on;
    if (!handshake(&p, what, TLS_VERSION_13))
        return;
    side_forget(&p.client);
    side_forget(&p.server);
    check(tls_connection_request_certificate(p.server.c) == TLS_OK, "%s: a request", what);
    act = f;
    act_on = on;
    acted = 0;
    pair_pump(&p);
    check(acted, "%s: it came to that", what);
    if (f == close_it) {
        const char *alert = strstr(p.client.stages, ">alert");

        check(alert != NULL && strchr(alert + 1, '>') == NULL,
            "%s: nothing follows close_notify:%s", what, p.client.stages);
        check(p.client.records[p.client.record_count - 1].length < 40,
            "%s: nor a record: %u, the last of %u bytes", what, (unsigned)p.client.record_count,
            (unsigned)p.client.records[p.client.record_count - 1].length);
    } else {
        check(p.server.last != TLS_EVENT_FAILED && info_of(&p.server).authentications == 1,
            "%s: %s", what, tls_connection_failure_text(p.server.c));
    }
    pair_free(&p);
}

/* The keys are used up while the answer waits for its signature: new ones go before the data
 * (RFC 8446 section 5.5), but not into the answer. */
static void
keys_limit(void)
{
    static const char what[] = "a write in sign with a key limit";

    begin();
    p.client_options.key_update_records = 3;
    p.client_options.record_size = 512;
    p.client_connection.decision_mask = 1u << TLS_DECISION_SIGN;
    if (!handshake(&p, what, TLS_VERSION_13))
        return;
    check(tls_connection_request_certificate(p.server.c) == TLS_OK, "%s: a request", what);
    act = write_much;
    act_on = TLS_DECISION_SIGN;
    acted = 0;
    pair_pump(&p);
    check(p.server.last != TLS_EVENT_FAILED && info_of(&p.server).authentications == 1, "%s: %s",
        what, tls_connection_failure_text(p.server.c));
    pair_free(&p);
}

/* ---- A renegotiation that begins in `established` ---- */

static void
renegotiate_it(side *s)
{
    act_reason = tls_connection_renegotiate(s->c, TLS_VERIFY_DEFAULT);
}

static void
in_established(int server)
{
    enum tls_event event;
    int told_once = 0, moved = 1;
    side *s = server ? &p.server : &p.client, *other = server ? &p.client : &p.server;

    begin();
    p.client_options.version_max = TLS_VERSION_12;
    p.client_options.renegotiation = p.server_options.renegotiation = 1;
    pair_open(&p);
    act_at = TLS_STAGE_ESTABLISHED;
    while (moved) {
        moved = side_run(other);
        moved |= side_move(other, s, 0);
        while ((event = tls_connection_step(s->c)) == TLS_EVENT_STAGE ||
               event == TLS_EVENT_DECISION || event == TLS_EVENT_DATA) {
            moved = 1;
            if (event == TLS_EVENT_DATA)
                told_once++;
            else if (event == TLS_EVENT_STAGE && !acted &&
                     tls_connection_stage(s->c)->stage == TLS_STAGE_ESTABLISHED) {
                acted = 1;
                renegotiate_it(s);
            }
        }
        moved |= side_move(s, other, 0);
    }
    check(acted && act_reason == TLS_OK && info_of(s).renegotiations == 1,
        "renegotiated in established, server=%d: %d", server, act_reason);
    check(told_once == 1, "it was told once that the first handshake is over, server=%d: %d times",
        server, told_once);
    pair_free(&p);
}

int
main(void)
{
    load_identities();
    ticket_then_request();
    request_in_store();
    in_answer("close in client_certificate", TLS_DECISION_CLIENT_CERTIFICATE, close_it);
    in_answer("close in sign", TLS_DECISION_SIGN, close_it);
    in_answer("update in client_certificate", TLS_DECISION_CLIENT_CERTIFICATE, update_it);
    in_answer("update in sign", TLS_DECISION_SIGN, update_it);
    in_answer("write in client_certificate", TLS_DECISION_CLIENT_CERTIFICATE, write_it);
    in_answer("write in sign", TLS_DECISION_SIGN, write_it);
    keys_limit();
    in_established(0);
    in_established(1);
    unload_identities();
    return check_end();
}

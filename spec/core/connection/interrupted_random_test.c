/* interrupted_random_test.c - every function of a connection, called at random between the steps of
 * random handshakes and inside of their questions and stages. It ends, `closed` and `established`
 * come once, and nobody is named who is not proven. For the sanitizers above all. FROM and COUNT
 * choose the seeds; WHY shows how each ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/inside.h"
#include "support/pair.h"

static pair p;
static uint32_t state;
static unsigned seed, budget, closed[2], established[2];
static tls_context *second_server;

static uint32_t
below(uint32_t n)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % n;
}

static void
look(side *s)
{
    tls_connection_info info = info_of(s);
    unsigned char out[32];
    tls_buffer binding = {0};
    tls_session *session = tls_connection_session(s->c);
    static const char *const types[] = {"tls-unique", "tls-server-end-point", "tls-exporter"};
    enum tls_reason exported;
    size_t i;
    volatile unsigned sum = 0; /* what is told can be read */

    for (i = 0; i < info.peer_chain_count; i++)
        sum += info.peer_chain[i]->der.data[0];
    for (i = 0; i < info.session_id.length; i++)
        sum += info.session_id.data[i];
    if (info.state != NULL)
        sum += (unsigned)strlen(info.state);
    (void)sum;
    exported = tls_connection_export_keying_material(s->c, out, sizeof out, "EXPORTER-x", NULL);
    check(exported != TLS_OK || (info.established && tls_connection_failure(s->c) == TLS_OK),
        "%u: exports", seed);
    (void)tls_connection_export_early_keying_material(
        s->c, out, sizeof out, "EXPORTER-x", tls_bytes_make(NULL, 0));
    (void)tls_connection_channel_binding(s->c, &binding, types[below(3)]);
    tls_buffer_release(&binding);
    check((session != NULL) == info.resumable, "%u: resumable", seed);
    tls_session_release(session);
    /* The client's Finished stands before these two. */
    check(info.established || s == &p.client || info.peer_chain_count == 0 ||
              (info.state != NULL && (strcmp(info.state, "send_tickets") == 0 ||
                                         strcmp(info.state, "session_store") == 0)),
        "%u: the server names somebody in state %s", seed, info.state ? info.state : "-");
    check(tls_connection_failure(s->c) == TLS_OK || info.established ||
              (info.peer_chain_count == 0 && !info.peer_accepted &&
                  info.judged == (info.verdict != TLS_OK)),
        "%u: named after a failure", seed);
    check(!(info.renegotiating && info.authenticating), "%u: both", seed);
    check(info.memory < 400000, "%u: memory %u", seed, (unsigned)info.memory);
    (void)tls_connection_question(s->c);
    (void)tls_connection_stage(s->c);
}

static void
act(side *s, int rarely)
{
    size_t n;

    look(s);
    if (budget == 0 || below(rarely ? 24 : 4) != 0)
        return;
    budget--;
    switch (below(22)) {
    case 0:
    case 1:
    case 2:
        (void)tls_connection_write(s->c, &n, pattern(), below(3) ? below(600) : 20000);
        break;
    case 3:
    case 4:
    case 5:
        (void)tls_connection_renegotiate(s->c, below(3) ? TLS_VERIFY_DEFAULT : TLS_VERIFY_REQUIRED);
        break;
    case 6:
    case 7:
    case 8:
        (void)tls_connection_request_certificate(s->c);
        break;
    case 9:
    case 10:
        (void)tls_connection_send_ticket(s->c);
        break;
    case 11:
    case 12:
        (void)tls_connection_update_keys(s->c, (int)below(2));
        break;
    case 13:
    case 14:
        (void)tls_connection_hold_plaintext(s->c);
        break;
    case 15:
        tls_connection_idle_input(s->c);
        break;
    case 16:
        if (below(3) == 0)
            tls_connection_close(s->c);
        break;
    case 17:
        if (below(6) == 0)
            tls_connection_fail(s->c, TLS_REASON_HANDLER, TLS_ALERT_NONE, "why");
        break;
    case 18:
        if (below(10) == 0)
            tls_connection_end(s->c);
        break;
    case 19:
        if (below(10) == 0)
            tls_connection_feed_end(s->c);
        break;
    case 20:
        tls_connection_watch(s->c, below(4) ? UINT32_MAX : 0, below(4) ? UINT32_MAX : 0);
        break;
    default:
        (void)tls_connection_answer_default(s->c);
        break;
    }
    look(s);
}

static void
seen(side *s, const tls_stage_event *event)
{
    int i = s == &p.server;

    if (event->stage == TLS_STAGE_CLOSED)
        check(++closed[i] == 1, "%u: closed twice", seed);
    if (event->stage == TLS_STAGE_ESTABLISHED && !event->renegotiation)
        check(++established[i] == 1, "%u: established twice", seed);
    act(s, 1);
}

static int
answer(side *s, const tls_question *q)
{
    tls_selection selection;

    if (q->decision == TLS_DECISION_SELECT && below(3) == 0) {
        memset(&selection, 0, sizeof selection);
        selection.context = below(2) ? second_server : p.server_context;
        act(s, 1);
        (void)tls_connection_answer_select(s->c, &selection);
        return 1;
    }
    if (q->decision == TLS_DECISION_VERIFY && below(10) == 0) {
        (void)tls_connection_answer_verify(s->c, below(2) ? TLS_PEER_ACCEPTED : TLS_PEER_REFUSED);
        act(s, 0);
        return 1;
    }
    act(s, 0);
    return 0;
}

/* run: what was asked may have gone since. */
static int
run(side *s)
{
    if (tls_connection_question(s->c) == NULL)
        s->waiting = 0;
    return side_run(s);
}

/* begin makes two sides of options by chance, maybe with a session from before. */
static void
begin(void)
{
    budget = 12;
    pair_init(&p, &identities[P256]);
    if (below(4))
        pair_client_is(&p, &identities[P256]);
    if (p.server_options.trust != NULL)
        p.server_options.verify = (enum tls_verify_mode)(1 + below(3));
    p.client_options.version_max = below(3) ? TLS_VERSION_13 : TLS_VERSION_12;
    p.server_options.version_max = below(4) ? TLS_VERSION_13 : TLS_VERSION_12;
    p.client_options.renegotiation = p.server_options.renegotiation = (int)below(4);
    p.client_options.renegotiation = below(4) != 0;
    p.server_options.renegotiation = below(4) != 0;
    p.client_options.post_handshake_auth = below(4) != 0;
    p.server_options.session_cache_size = below(2) ? 4 : 0;
    if (below(2))
        (void)tls_ticket_keys_new(&p.server_options.ticket_keys, 0, 0, clock_now);
    p.server_options.max_early_data = below(2) ? 1000 : 0;
    p.server_options.ticket_count = below(3);
    pair_renew_client(&p);
    pair_renew_server(&p);
    second_server = NULL;
    require(tls_context_new(&second_server, &p.server_options) == TLS_OK, "a context");
    if (below(2)) { /* a session first */
        pair_open(&p);
        pair_pump(&p);
        (void)resume_next(&p);
        p.client_connection.early_data = tls_bytes_make(pattern(), below(2) ? 300 : 0);
        p.client_connection.early_data_resend = (int)below(2);
    }
    p.client_connection.stage_mask = p.server_connection.stage_mask = UINT32_MAX;
    p.client_connection.decision_mask = p.server_connection.decision_mask = UINT32_MAX;
    p.client.seen = p.server.seen = seen;
    p.client.answer = p.server.answer = answer;
    p.client.late = p.server.late = below(3) ? 0 : 2;
    p.chunk = below(3) ? 0 : 1 + below(200);
}

static void
one(unsigned n)
{
    unsigned rounds, i;
    uint32_t damage = 0;

    seed = n;
    state = n * 2654435761u + 1;
    memset(closed, 0, sizeof closed);
    memset(established, 0, sizeof established);
    begin();
    pair_open(&p);
    if (below(4) == 0)
        damage = 1 + below(3000);
    for (rounds = 0; rounds < 400; rounds++) {
        side *from = below(2) ? &p.client : &p.server;
        side *to = from == &p.client ? &p.server : &p.client;

        act(from, 1);
        if (below(3))
            (void)run(from);
        if (damage > 0 && --damage == 0)
            (void)tls_connection_feed(to->c, pattern() + below(500), 1 + below(40));
        if (below(3))
            (void)side_move(from, to, p.chunk);
        if (rounds > 150 && p.client.data_length + p.server.data_length == 0)
            p.chunk = 0;
    }
    budget = 0;
    p.chunk = 0;
    for (i = 0; i < 5000; i++) {
        int busy = run(&p.client);

        busy |= side_move(&p.client, &p.server, 0);
        busy |= run(&p.server);
        busy |= side_move(&p.server, &p.client, 0);
        if (!busy)
            break;
    }
    check(i < 5000, "%u: it never ends", seed);
    if (tls_connection_failure(p.client.c) == TLS_OK &&
        tls_connection_failure(p.server.c) == TLS_OK && !info_of(&p.client).closed_sent &&
        !info_of(&p.server).closed_sent && damage == 0 && p.client.last != TLS_EVENT_CLOSED &&
        p.server.last != TLS_EVENT_CLOSED)
        check(info_of(&p.client).established && info_of(&p.server).established &&
                  info_of(&p.client).state == NULL && info_of(&p.server).state == NULL &&
                  info_of(&p.client).renegotiations == info_of(&p.server).renegotiations,
            "%u: stuck: %s / %s", seed, info_of(&p.client).state ? info_of(&p.client).state : "-",
            info_of(&p.server).state ? info_of(&p.server).state : "-");
    else if (getenv("WHY") != NULL)
        printf("# %u: %s | %s\n#  %s\n#  %s\n", seed, tls_connection_failure_text(p.client.c),
            tls_connection_failure_text(p.server.c), p.client.stages, p.server.stages);
    tls_context_release(second_server);
    pair_free(&p);
    forget_session(&p);
    tls_ticket_keys_release(p.server_options.ticket_keys);
}

int
main(void)
{
    const char *from = getenv("FROM"), *count = getenv("COUNT");
    unsigned n = from != NULL ? (unsigned)atoi(from) : 0;
    unsigned end = n + (count != NULL ? (unsigned)atoi(count) : 300);

    setvbuf(stdout, NULL, _IONBF, 0);
    load_identities();
    for (; n < end; n++)
        one(n);
    unload_identities();
    return check_end();
}

/* memory_test.c - what a connection says that it holds is the sum of what it holds, whenever
 * somebody looks: at every stage and decision, of both engines, half-open, established, with data
 * waiting, in a renegotiation and a late authentication. */
#include <string.h>

#include "support/check.h"
#include "support/inside.h"
#include "support/pair.h"

static pair p;
static unsigned looks;

static void
look(const side *s, const char *where)
{
    if (s->c == NULL)
        return;
    looks++;
    check_number(told(s->c).memory, inside_memory(s->c), "%s of the %s", where,
        s == &p.client ? "client" : "server");
}

static void
seen(side *s, const tls_stage_event *event)
{
    look(s, tls_stage_name(event->stage));
}

static int
asked(side *s, const tls_question *question)
{
    look(s, tls_decision_name(question->decision));
    return 0;
}

static void
look_at_both(const char *where)
{
    look(&p.client, where);
    look(&p.server, where);
}

static void
begin(unsigned version, const char *what)
{
    check_about("%s of %x", what, version);
    pair_init(&p, &identities[P256]);
    pair_client_is(&p, &identities[P384]);
    /* The client holds it, whatever it says. */
    p.server_credential.ocsp_response = tls_bytes_make(pattern(), 700);
    p.client_options.verify = TLS_VERIFY_REPORT;
    p.client_options.version_max = p.server_options.version_max = version;
    p.client_options.renegotiation = p.server_options.renegotiation = version < TLS_VERSION_13;
    p.client_options.post_handshake_auth = 1;
    p.server_options.session_cache_size = 4;
    p.server_options.ticket_count = version == TLS_VERSION_13;
    p.client_connection.stage_mask = p.server_connection.stage_mask = STAGES;
    p.client_connection.decision_mask = p.server_connection.decision_mask =
        UINT32_MAX & ~(1u << TLS_DECISION_PSK);
}

static void
watch(void)
{
    p.client.seen = p.server.seen = seen;
    p.client.answer = p.server.answer = asked;
}

/* in_pieces: a byte at a time, and a look after each. */
static void
in_pieces(unsigned version)
{
    int more = 1;

    begin(version, "a handshake in pieces");
    pair_open(&p);
    watch();
    look_at_both("new");
    while (more) {
        more = side_run(&p.client) | side_run(&p.server);
        look_at_both("run");
        more |= side_move(&p.client, &p.server, 100) | side_move(&p.server, &p.client, 100);
        look_at_both("moved");
    }
    check(told(p.client.c).established && told(p.server.c).established, "established");
    pair_free(&p);
}

static void
in_whole(unsigned version)
{
    begin(version, "a handshake, data, and another");
    watch();
    check(handshake(&p, "established", version), "established");
    look_at_both("established");
    check(send_data(&p, &p.client, &p.server, 40000), "data");
    look_at_both("data was sent");
    p.server.keep = 1;
    send_data(&p, &p.client, &p.server, 9000);
    look_at_both("data waits");
    p.server.keep = 0;
    pair_pump(&p);
    if (version < TLS_VERSION_13)
        check(tls_connection_renegotiate(p.server.c, TLS_VERIFY_DEFAULT) == TLS_OK, "again");
    else
        check(tls_connection_request_certificate(p.server.c) == TLS_OK, "late");
    look_at_both("asked");
    pair_pump(&p);
    look_at_both("answered");
    check(resume_next(&p), "a session");
    pair_close(&p);
    watch();
    handshake(&p, "resumed", version);
    check(told(p.client.c).resumed, "resumed");
    look_at_both("resumed");
    forget_session(&p);
    pair_free(&p);
}

/* facts: a list of SCTs, which no server of ours sends. */
static void
facts(void)
{
    tls_facts held;

    memset(&held, 0, sizeof held);
    tls_buffer_append(&held.peer.signed_certificate_timestamps, pattern(), 900);
    check_number(
        tls_facts_memory(&held), held.peer.signed_certificate_timestamps.capacity, "bytes of SCTs");
    check(tls_facts_memory(&held) >= 900, "all of them");
    tls_buffer_release(&held.peer.signed_certificate_timestamps);
}

int
main(void)
{
    static const unsigned versions[] = {TLS_VERSION_12, TLS_VERSION_13};
    size_t i;

    load_identities();
    facts();
    for (i = 0; i < 2; i++) {
        in_pieces(versions[i]);
        in_whole(versions[i]);
    }
    check(looks > 400, "somebody looked %u times", looks);
    unload_identities();
    return check_end();
}

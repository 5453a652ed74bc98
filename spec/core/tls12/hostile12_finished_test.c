/* hostile12_finished_test.c - the keys of TLS 1.2 are there, Finished is not: the attacker's first
 * protected record is something else, under the very keys and sequence number that Finished would
 * have had. And what a connection holds right after Finished. */
#include <string.h>

#include "support/check.h"
#include "support/hostile12.h"
#include "support/inside.h"
#include "wire/message.h"

typedef struct early_record {
    const char *name;
    unsigned type;
    const char *data;
    size_t length;
    enum tls_reason reason;
} early_record;

static const early_record cases[] = {
    {"data", 23, "GET / HTTP/1.0\r\n", 16, TLS_REASON_UNEXPECTED_MESSAGE},
    {"no data", 23, "", 0, TLS_REASON_UNEXPECTED_MESSAGE},
    {"ChangeCipherSpec again", 20, "\1", 1, TLS_REASON_UNEXPECTED_MESSAGE},
    {"a wrong Finished", 22, "\24\0\0\14abcdefghijkl", 16, TLS_REASON_BAD_FINISHED},
    {"a short Finished", 22, "\24\0\0\13abcdefghijk", 15, TLS_REASON_DECODE},
    {"an empty Finished", 22, "\24\0\0\0", 4, TLS_REASON_DECODE},
    {"a long Finished", 22, "\24\0\0\15abcdefghijklm", 17, TLS_REASON_DECODE},
    {"Certificate", 22, "\13\0\0\3\0\0\0", 7, TLS_REASON_UNEXPECTED_MESSAGE},
    {"ServerHelloDone", 22, "\16\0\0\0", 4, TLS_REASON_UNEXPECTED_MESSAGE},
    {"an unknown message", 22, "\143\0\0\0", 4, TLS_REASON_UNEXPECTED_MESSAGE},
    {"an endless message", 22, "\24\377\377\377", 4, TLS_REASON_LIMIT},
    {"half an alert", 21, "\2", 1, TLS_REASON_DECODE},
    {"a fatal alert", 21, "\2\120", 2, TLS_REASON_PEER_ALERT},
    {"close_notify", 21, "\1\0", 2, TLS_REASON_CLOSED},
};

/* up_to_change_cipher_spec: the length of the records of `output` up to and including
 * ChangeCipherSpec. */
static size_t
up_to_change_cipher_spec(tls_bytes output)
{
    size_t position = 0;

    while (position + 5 <= output.length) {
        unsigned type = output.data[position];

        position += 5 + tls_get16(output.data + position + 3);
        if (type == TLS_CONTENT_CHANGE_CIPHER_SPEC)
            return position;
    }
    return 0;
}

static void
rewind_sequence(tls_connection *c, uint16_t suite)
{
    switch (suite) {
    case 0xCCA9:
        inside_sealer(c)->protection.chapol.seq = 0;
        break;
    case 0xC0AC:
        inside_sealer(c)->protection.ccm.seq = 0;
        break;
    case 0xC023:
        inside_sealer(c)->cbc->context.seq = 0;
        break;
    default:
        inside_sealer(c)->protection.gcm.seq = 0;
        break;
    }
}

/* open_changed: both sides, as far as the attacker's ChangeCipherSpec, which the victim has. */
static void
open_changed(hostile12 *p, const hostile12_world *w, enum tls_role attacker)
{
    tls_connection_options options;
    tls_bytes output;
    size_t n;

    memset(&options, 0, sizeof options);
    tls_connection_new(&p->server, w->server_context, &options);
    options.server_name = "localhost";
    tls_connection_new(&p->client, w->client_context, &options);
    p->attacker = attacker == TLS_ROLE_CLIENT ? p->client : p->server;
    p->victim = attacker == TLS_ROLE_CLIENT ? p->server : p->client;
    hostile12_settle(p->client);
    hostile12_move(p->client, p->server);
    hostile12_settle(p->server);
    hostile12_move(p->server, p->client);
    hostile12_settle(p->client);
    if (attacker == TLS_ROLE_SERVER) {
        hostile12_move(p->client, p->server);
        hostile12_settle(p->server);
    }
    output = tls_connection_output(p->attacker);
    n = up_to_change_cipher_spec(output);
    check(
        n > 0 && hostile12_give(p->victim, output.data, n) == TLS_EVENT_WANT_READ, "keys changed");
    tls_connection_output_consume(p->attacker, output.length);
    rewind_sequence(p->attacker, w->suite);
}

static void
instead_of_finished(hostile12_world *w, const early_record *record, enum tls_role attacker)
{
    hostile12 p;

    check_about("%s before Finished, suite %04X, %s attacks", record->name, w->suite,
        attacker == TLS_ROLE_CLIENT ? "client" : "server");
    open_changed(&p, w, attacker);
    hostile12_inject(&p, record->type, record->data, record->length);
    check(!told(p.victim).established, "not established");
    check_reason(tls_connection_failure(p.victim), record->reason, "the reason");
    if (record->reason == TLS_REASON_PEER_ALERT || record->reason == TLS_REASON_CLOSED)
        check(tls_connection_output(p.victim).length == 0, "no alert is due");
    else
        check(tls_connection_output(p.victim).length > 0, "an alert is due");
    check(tls_connection_session(p.victim) == NULL, "no session");
    hostile12_close(&p, w);
}

static void
before_finished(hostile12_world *w)
{
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        instead_of_finished(w, &cases[i], TLS_ROLE_CLIENT);
        instead_of_finished(w, &cases[i], TLS_ROLE_SERVER);
    }
}

/* Memory right after the handshake, before anybody steps again: a server that waits for its clients
 * to say something holds no buffers for them. */
static void
idle_after_handshake(hostile12_world *w)
{
    tls_connection_options options;
    tls_connection_info info;
    tls_connection *client, *server;
    int i;

    check_about("idle right after the handshake");
    memset(&options, 0, sizeof options);
    tls_connection_new(&server, w->server_context, &options);
    options.server_name = "localhost";
    tls_connection_new(&client, w->client_context, &options);
    for (i = 0; i < 10 && !told(server).established; i++) {
        hostile12_settle(client);
        hostile12_move(client, server);
        while (tls_connection_step(server) != TLS_EVENT_WANT_READ && !told(server).established)
            ;
        hostile12_move(server, client);
    }
    check(told(server).established, "established");
    hostile12_move(server, client);
    tls_connection_get_info(server, &info);
    check(info.memory < 4096, "no buffer is held");
    tls_connection_free(server);
    tls_connection_free(client);
}

static void
around_finished(hostile12_world *w)
{
    if (w->version == TLS_VERSION_12)
        before_finished(w);
    idle_after_handshake(w);
}

int
main(void)
{
    hostile12_each_world(around_finished);
    return check_end();
}

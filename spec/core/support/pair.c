/* pair.c - making two sides, and running them. */
#include <string.h>

#include "support/check.h"
#include "support/pair.h"

void
pair_init(pair *p, const identity *server)
{
    memset(p, 0, sizeof *p);
    p->server_credential = identity_credential(server, 0);
    p->client_options.role = TLS_ROLE_CLIENT;
    p->client_options.trust = server->trust;
    p->client_options.verify = TLS_VERIFY_REQUIRED;
    p->client_options.now = p->server_options.now = test_clock;
    p->server_options.role = TLS_ROLE_SERVER;
    p->server_options.credentials = &p->server_credential;
    p->server_options.credential_count = 1;
    p->client_connection.server_name = "localhost";
}

void
pair_client_is(pair *p, const identity *client)
{
    p->client_credential = identity_credential(client, 0);
    p->client_options.credentials = &p->client_credential;
    p->client_options.credential_count = 1;
    p->server_options.trust = client->trust;
    p->server_options.verify = TLS_VERIFY_REQUIRED;
}

void
pair_watch(pair *p)
{
    p->client_connection.stage_mask = p->server_connection.stage_mask = STAGES;
    p->client_connection.decision_mask = p->server_connection.decision_mask =
        1u << TLS_DECISION_KEYLOG;
}

void
pair_renew_client(pair *p)
{
    enum tls_reason reason;

    tls_context_release(p->client_context);
    reason = tls_context_new(&p->client_context, &p->client_options);
    require(reason == TLS_OK, "a client's context: %s", tls_reason_sentence(reason));
}

void
pair_renew_server(pair *p)
{
    enum tls_reason reason;

    tls_context_release(p->server_context);
    reason = tls_context_new(&p->server_context, &p->server_options);
    require(reason == TLS_OK, "a server's context: %s", tls_reason_sentence(reason));
}

void
pair_open(pair *p)
{
    if (p->client_context == NULL)
        pair_renew_client(p);
    if (p->server_context == NULL)
        pair_renew_server(p);
    side_forget(&p->client);
    side_forget(&p->server);
    require(
        tls_connection_new(&p->client.c, p->client_context, &p->client_connection) == TLS_OK &&
            tls_connection_new(&p->server.c, p->server_context, &p->server_connection) == TLS_OK,
        "connections");
}

void
pair_pump(pair *p)
{
    int busy = 1;

    while (busy) {
        busy = side_run(&p->client);
        busy |= side_move(&p->client, &p->server, p->chunk);
        busy |= side_run(&p->server);
        busy |= side_move(&p->server, &p->client, p->chunk);
    }
}

void
pair_close(pair *p)
{
    tls_connection_free(p->client.c);
    tls_connection_free(p->server.c);
    p->client.c = p->server.c = NULL;
}

void
pair_free(pair *p)
{
    pair_close(p);
    tls_context_release(p->client_context);
    tls_context_release(p->server_context);
    tls_session_release(p->stored);
    p->client_context = p->server_context = NULL;
    p->stored = NULL;
}

const char *
trouble(const pair *p)
{
    enum tls_reason client = tls_connection_failure(p->client.c);
    enum tls_reason server = tls_connection_failure(p->server.c);

    if (client != TLS_OK && client != TLS_REASON_PEER_ALERT)
        return tls_connection_failure_text(p->client.c);
    if (server != TLS_OK)
        return tls_connection_failure_text(p->server.c);
    return "no failure";
}

const unsigned char *
pattern(void)
{
    static unsigned char bytes[DATA_MAXIMUM];
    size_t i;

    if (bytes[1] == 0)
        for (i = 0; i < sizeof bytes; i++)
            bytes[i] = (unsigned char)(i * 7 + i / 251);
    return bytes;
}

int
send_data(pair *p, side *from, side *to, size_t total)
{
    size_t sent = 0, before = to->data_length;

    while (sent < total) {
        size_t n;

        if (tls_connection_write(from->c, &n, pattern() + sent, total - sent) != TLS_OK)
            return 0;
        check(tls_connection_stage(from->c) == NULL, "no stage before a step tells of it");
        sent += n;
        pair_pump(p);
        if (n == 0 && tls_connection_output(from->c).length > 0)
            return 0;
    }
    return to->data_length - before == total && memcmp(to->data + before, pattern(), total) == 0;
}

void
exchange(pair *p, const char *what, size_t total)
{
    check(send_data(p, &p->client, &p->server, total), "%s: data to the server (%s)", what,
        trouble(p));
    check(send_data(p, &p->server, &p->client, total), "%s: data to the client (%s)", what,
        trouble(p));
}

void
say_goodbye(pair *p, const char *what)
{
    tls_connection_close(p->client.c);
    pair_pump(p);
    check(p->server.last == TLS_EVENT_CLOSED, "%s: the server sees close_notify", what);
    tls_connection_close(p->server.c);
    pair_pump(p);
    check(p->client.last == TLS_EVENT_CLOSED, "%s: the client sees close_notify", what);
}

int
handshake(pair *p, const char *what, unsigned version)
{
    unsigned char client_exported[40], server_exported[40];
    tls_connection_info client, server;

    pair_open(p);
    pair_pump(p);
    client = info_of(&p->client);
    server = info_of(&p->server);
    if (!check(client.established && server.established, "%s: established (%s)", what, trouble(p)))
        return 0;
    check(client.version == version && server.version == version, "%s: version %04x", what,
        client.version);
    check(client.suite == server.suite && client.group == server.group &&
              client.peer_scheme == server.local_scheme &&
              client.local_scheme == server.peer_scheme && client.resumed == server.resumed &&
              client.psk == server.psk && client.hello_retry == server.hello_retry &&
              client.early_data == server.early_data && tls_bytes_equal(client.alpn, server.alpn),
        "%s: both sides agree", what);
    check(tls_connection_export_keying_material(p->client.c, client_exported,
              sizeof client_exported, "EXPORTER-test", NULL) == TLS_OK &&
              tls_connection_export_keying_material(p->server.c, server_exported,
                  sizeof server_exported, "EXPORTER-test", NULL) == TLS_OK &&
              memcmp(client_exported, server_exported, sizeof client_exported) == 0,
        "%s: exporters", what);
    check(client.client_verify_data.length > 0 &&
              tls_bytes_equal(client.client_verify_data, server.client_verify_data) &&
              tls_bytes_equal(client.server_verify_data, server.server_verify_data),
        "%s: Finished", what);
    return 1;
}

void
fails(pair *p, const char *what, side *who, enum tls_reason reason, int alert)
{
    side *other = who == &p->client ? &p->server : &p->client;

    pair_open(p);
    pair_pump(p);
    check(who->last == TLS_EVENT_FAILED && tls_connection_failure(who->c) == reason, "%s: %s", what,
        tls_connection_failure_text(who->c));
    check(tls_connection_failure(other->c) == TLS_REASON_PEER_ALERT &&
              tls_connection_peer_alert(other->c) == alert,
        "%s: alert %d (%s)", what, tls_connection_peer_alert(other->c),
        tls_connection_failure_text(other->c));
}

int
resume_next(pair *p)
{
    tls_session *session = tls_connection_session(p->client.c);

    tls_session_release(p->client_connection.session);
    p->client_connection.session = session;
    pair_close(p);
    return session != NULL;
}

void
forget_session(pair *p)
{
    tls_session_release(p->client_connection.session);
    p->client_connection.session = NULL;
}

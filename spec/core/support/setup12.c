/* setup12.c - making both sides, running them, and what must hold after a handshake. */
#include <stdlib.h>
#include <string.h>

#include "key/signature.h"
#include "support/inside.h"
#include "support/check.h"
#include "support/setup12.h"

static enum tls_extended_master_secret
extended_master_secret(int without, int requires)
{
    return without    ? TLS_EXTENDED_MASTER_SECRET_OFF
           : requires ? TLS_EXTENDED_MASTER_SECRET_REQUIRED
                      : TLS_EXTENDED_MASTER_SECRET_USED;
}

void
setup12_contexts(setup12 *s)
{
    tls_context_options client, server;
    tls_credential server_credential, client_credential;
    enum tls_reason reason;

    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    client.role = TLS_ROLE_CLIENT;
    client.version_min = s->version;
    client.version_max = s->version ? s->version : 0x0303; /* TLS 1.3: connection13_test.c */
    client.trust = s->server->trust;
    client.verify = TLS_VERIFY_REQUIRED;
    client.now = test_clock;
    client.extended_master_secret = extended_master_secret(s->client_without, s->client_requires);
    if (s->suite != 0) {
        client.suites = &s->suite;
        client.suite_count = 1;
    }
    if (s->group != 0) {
        client.groups = &s->group;
        client.group_count = 1;
    }
    server = client;
    server.role = TLS_ROLE_SERVER;
    server.verify = s->client != NULL ? TLS_VERIFY_REQUIRED : TLS_VERIFY_NONE;
    server.trust = s->client != NULL ? s->client->trust : NULL;
    server.session_cache_size = s->ticket_keys != NULL ? 0 : 10;
    server.ticket_keys = s->ticket_keys;
    server.extended_master_secret = extended_master_secret(s->server_without, s->server_requires);
    server_credential = identity_credential(s->server, s->external);
    server.credentials = &server_credential;
    server.credential_count = 1;
    if (s->client != NULL) {
        client_credential = identity_credential(s->client, s->external);
        client.credentials = &client_credential;
        client.credential_count = 1;
    }
    reason = tls_context_new(&s->client_context, &client);
    check(reason == TLS_OK, "client context (%s)", tls_reason_code(reason));
    reason = tls_context_new(&s->server_context, &server);
    check(reason == TLS_OK, "server context (%s)", tls_reason_code(reason));
}

void
setup12_free(setup12 *s)
{
    tls_context_release(s->client_context);
    tls_context_release(s->server_context);
    s->client_context = s->server_context = NULL;
}

static void
answer(side12 *s)
{
    const tls_question *q = tls_connection_question(s->c);
    unsigned char out[TLS_SIGNATURE_MAXIMUM];
    size_t length;

    s->decisions[q->decision]++;
    switch (q->decision) {
    case TLS_DECISION_SIGN:
        length = q->u.sign.scheme != 0
                     ? tls_sign_scheme(s->id->key, out, q->u.sign.scheme, q->u.sign.digest)
                     : tls_sign_digest(s->id->key, out, tls_hash_from_name(q->u.sign.hash),
                           q->u.sign.digest.data, q->u.sign.digest.length);
        tls_connection_answer_signature(s->c, tls_bytes_make(out, length));
        break;
    case TLS_DECISION_DECRYPT:
        length = q->u.decrypt.ciphertext.length;
        memcpy(out, q->u.decrypt.ciphertext.data, length);
        if (tls_decrypt_premaster(s->id->key, out, length))
            tls_connection_answer_decrypt(s->c, tls_bytes_make(out, 48));
        break;
    default:
        tls_connection_answer_default(s->c);
        break;
    }
}

int
side12_run(side12 *s)
{
    int busy = 0;

    for (;;) {
        s->last = inside_step(s->c);
        switch (s->last) {
        case TLS_EVENT_STAGE:
            s->stages[tls_connection_stage(s->c)->stage]++;
            busy = 1;
            continue;
        case TLS_EVENT_DECISION:
            answer(s);
            busy = 1;
            continue;
        default:
            return busy;
        }
    }
}

int
side12_move(side12 *from, side12 *to, size_t chunk)
{
    tls_bytes output = tls_connection_output(from->c);
    size_t n = output.length;

    if (chunk > 0 && n > chunk)
        n = chunk;
    if (n == 0)
        return 0;
    n = tls_connection_feed(to->c, output.data, n);
    tls_connection_output_consume(from->c, n);
    return n > 0;
}

void
side12_pump(side12 *client, side12 *server, size_t chunk)
{
    int busy = 1;

    while (busy) {
        busy = side12_run(client);
        busy |= side12_move(client, server, chunk);
        busy |= side12_run(server);
        busy |= side12_move(server, client, chunk);
    }
}

void
setup12_open(setup12 *s, side12 *client, side12 *server)
{
    tls_connection_options options;

    memset(client, 0, sizeof *client);
    memset(server, 0, sizeof *server);
    memset(&options, 0, sizeof options);
    options.stage_mask = s->stages;
    options.decision_mask = s->decisions;
    tls_connection_new(&server->c, s->server_context, &options);
    options.server_name = "localhost";
    options.session = s->session;
    tls_connection_new(&client->c, s->client_context, &options);
    client->id = s->client;
    server->id = s->server;
}

void
side12_close(side12 *client, side12 *server)
{
    tls_connection_free(client->c);
    tls_connection_free(server->c);
}

int
side12_exchange(side12 *from, side12 *to, size_t total, size_t chunk)
{
    unsigned char *data = malloc(total);
    size_t sent = 0, got = 0, i;
    int same = 1;

    for (i = 0; i < total; i++)
        data[i] = (unsigned char)(i * 7 + i / 251);
    while (got < total) {
        size_t n = 0;
        tls_bytes plaintext;

        if (sent < total && tls_connection_write(from->c, &n, data + sent, total - sent) != TLS_OK)
            break;
        sent += n;
        side12_move(from, to, chunk);
        side12_run(to);
        plaintext = tls_connection_plaintext(to->c);
        if (plaintext.length > 0)
            same &= memcmp(plaintext.data, data + got, plaintext.length) == 0;
        got += plaintext.length;
        tls_connection_plaintext_consume(to->c, plaintext.length);
        if (to->last == TLS_EVENT_FAILED || to->last == TLS_EVENT_CLOSED)
            break;
    }
    free(data);
    return same && got == total;
}

static const char *
side12_trouble(side12 *a, side12 *b)
{
    if (tls_connection_failure(a->c) != TLS_OK)
        return tls_connection_failure_text(a->c);
    return tls_connection_failure_text(b->c);
}

/* same_end_point: both sides bind to the server's certificate, resumed or not (RFC 5929
 * section 4.1). */
static int
same_end_point(side12 *a, side12 *b)
{
    tls_buffer first = {0}, second = {0};
    int same = tls_connection_channel_binding(a->c, &first, "tls-server-end-point") == TLS_OK &&
               tls_connection_channel_binding(b->c, &second, "tls-server-end-point") == TLS_OK &&
               first.length == 32 &&
               tls_bytes_equal(tls_buffer_view(&first), tls_buffer_view(&second));

    tls_buffer_release(&first);
    tls_buffer_release(&second);
    return same;
}

tls_session *
setup12_handshake(setup12 *s, const char *what, int expect_resumed, size_t data)
{
    side12 client, server;
    tls_connection_info ci, si;
    tls_session *session;

    setup12_open(s, &client, &server);
    side12_pump(&client, &server, s->chunk);
    tls_connection_get_info(client.c, &ci);
    tls_connection_get_info(server.c, &si);
    check(ci.established && si.established, "%s (%s)", what, side12_trouble(&client, &server));
    check(ci.resumed == expect_resumed && si.resumed == expect_resumed, "%s (resumed)", what);
    check(ci.suite == si.suite && ci.version == si.version && ci.group == si.group, "%s (agree)",
        what);
    check(ci.server_verify_data.length == 12 &&
              tls_bytes_equal(ci.server_verify_data, si.server_verify_data) &&
              tls_bytes_equal(ci.client_verify_data, si.client_verify_data),
        "%s (verify_data)", what);
    if (s->client != NULL)
        check(si.peer_chain_count == 1 && si.peer_verified, "%s (client certificate)", what);
    if (ci.established && si.established) {
        check(same_end_point(&client, &server), "%s (tls-server-end-point)", what);
        check(side12_exchange(&client, &server, data, s->chunk), "%s (client to server)", what);
        check(side12_exchange(&server, &client, data, s->chunk), "%s (server to client)", what);
        tls_connection_close(client.c);
        side12_pump(&client, &server, s->chunk);
        check(server.last == TLS_EVENT_CLOSED, "%s (server sees close_notify)", what);
        tls_connection_close(server.c);
        side12_pump(&client, &server, s->chunk);
        check(client.last == TLS_EVENT_CLOSED, "%s (client sees close_notify)", what);
    }
    if (s->stages == UINT32_MAX && ci.established) {
        check(client.stages[TLS_STAGE_CLIENT_HELLO] == 1 &&
                  client.stages[TLS_STAGE_FINISHED] == 2 &&
                  client.stages[TLS_STAGE_CHANGE_CIPHER_SPEC] == 2 &&
                  client.stages[TLS_STAGE_ESTABLISHED] == 1 &&
                  client.stages[TLS_STAGE_CLOSED] == 1 && client.stages[TLS_STAGE_ALERT] == 2,
            "%s (stages)", what);
        check(expect_resumed == (client.stages[TLS_STAGE_CERTIFICATE] == 0), "%s (certificate)",
            what);
    }
    if (s->decisions == UINT32_MAX && ci.established)
        check(client.decisions[TLS_DECISION_KEYLOG] == 1 &&
                  server.decisions[TLS_DECISION_SELECT] == 1 &&
                  client.decisions[TLS_DECISION_VERIFY] == !expect_resumed,
            "%s (decisions)", what);
    session = tls_connection_session(client.c);
    side12_close(&client, &server);
    return session;
}

void
setup12_full_and_resumed(setup12 *s, const char *what, size_t data)
{
    tls_session *session, *imported = NULL;
    tls_buffer exported = {0};

    setup12_contexts(s);
    session = setup12_handshake(s, what, 0, data);
    check(session != NULL, "%s (session)", what);
    if (session != NULL) {
        check(tls_session_export(session, &exported) == TLS_OK &&
                  tls_session_import(&imported, tls_buffer_view(&exported)) == TLS_OK,
            "%s (export and import)", what);
        s->session = imported;
        tls_session_release(setup12_handshake(s, what, 1, data));
        s->session = NULL;
    }
    tls_session_release(session);
    tls_session_release(imported);
    tls_buffer_release(&exported);
    setup12_free(s);
}

tls_session *
setup12_handshake_with(setup12 *s, tls_connection_info *server_info, enum tls_reason *failure)
{
    side12 client, server;
    tls_session *session;

    setup12_open(s, &client, &server);
    side12_pump(&client, &server, 0);
    tls_connection_get_info(server.c, server_info);
    *failure = tls_connection_failure(server_info->established ? client.c : server.c);
    session = tls_connection_session(client.c);
    side12_close(&client, &server);
    return session;
}

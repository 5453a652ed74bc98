/* connection_test.c - the facade and tls12_engine without Lua: handshakes pumped in memory, by
 * suite and version, resumed, mutual, keyless, cut into single bytes, tampered with, dropped at
 * every step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection_identity.h"
#include "wire/message.h"
#include "key/signature.h"
#include "tls.h"

static int passed, failed;

static void
check(int ok, const char *what, const char *detail)
{
    if (ok) {
        passed++;
        return;
    }
    failed++;
    printf("not ok - %s (%s)\n", what, detail);
}

/* ---- Making contexts ---- */

typedef struct setup {
    identity *server, *client; /* client: its certificate, or NULL */
    unsigned version;
    uint16_t suite;
    uint16_t group;
    int external;
    uint32_t stages, decisions;         /* of both sides */
    size_t chunk;                       /* bytes per feed; 0: all */
    tls_ticket_keys *ticket_keys;       /* of the server, which then keeps no sessions */
    int client_without, server_without; /* the extended master secret */
    int client_requires, server_requires;
    tls_session *session;
    tls_context *client_context, *server_context; /* made by make_contexts */
} setup;

static int64_t clock_now = 1893456000; /* 2030: inside the certificates' validity */

static int64_t
fixed_clock(void *data)
{
    (void)data;
    return clock_now;
}

static void
make_contexts(setup *s)
{
    tls_context_options client, server;
    tls_credential server_credential, client_credential;
    enum tls_reason reason;

    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    memset(&server_credential, 0, sizeof server_credential);
    memset(&client_credential, 0, sizeof client_credential);
    client.role = TLS_ROLE_CLIENT;
    client.version_min = s->version;
    client.version_max = s->version ? s->version : 0x0303; /* TLS 1.3: connection13_test.c */
    client.trust = s->server->trust;
    client.verify = TLS_VERIFY_REQUIRED;
    client.now = fixed_clock;
    client.no_extended_master_secret = s->client_without;
    client.require_extended_master_secret = s->client_requires;
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
    server.no_extended_master_secret = s->server_without;
    server.require_extended_master_secret = s->server_requires;
    server_credential.chain = (const tls_certificate **)(void *)s->server->list->items;
    server_credential.chain_count = s->server->list->count;
    server_credential.key = s->external ? s->server->external : s->server->key;
    server.credentials = &server_credential;
    server.credential_count = 1;
    if (s->client != NULL) {
        client_credential.chain = (const tls_certificate **)(void *)s->client->list->items;
        client_credential.chain_count = s->client->list->count;
        client_credential.key = s->external ? s->client->external : s->client->key;
        client.credentials = &client_credential;
        client.credential_count = 1;
    }
    reason = tls_context_new(&s->client_context, &client);
    check(reason == TLS_OK, "client context", tls_reason_code(reason));
    reason = tls_context_new(&s->server_context, &server);
    check(reason == TLS_OK, "server context", tls_reason_code(reason));
}

static void
free_contexts(setup *s)
{
    tls_context_release(s->client_context);
    tls_context_release(s->server_context);
    s->client_context = s->server_context = NULL;
}

/* ---- Pumping ---- */

typedef struct side {
    tls_connection *c;
    enum tls_event last;
    unsigned stages[TLS_STAGE_COUNT], decisions[TLS_DECISION_COUNT];
    identity *id;
    int quiet;
} side;

static void
answer(side *s)
{
    const tls_question *q = tls_connection_question(s->c);
    unsigned char out[TLS_SIGNATURE_MAXIMUM];
    size_t length;

    s->decisions[q->decision]++;
    switch (q->decision) {
    case TLS_DECISION_SIGN:
        length = tls_sign_digest(s->id->key, out, tls_hash_from_name(q->u.sign.hash),
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

/* run steps one side until it waits; returns 1 if anything happened. */
static int
run(side *s)
{
    int busy = 0;

    for (;;) {
        s->last = tls_connection_step(s->c);
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

static int
move(side *from, side *to, size_t chunk)
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

static void
pump(side *client, side *server, size_t chunk)
{
    int busy = 1;

    while (busy) {
        busy = run(client);
        busy |= move(client, server, chunk);
        busy |= run(server);
        busy |= move(server, client, chunk);
    }
}

static void
open_sides(setup *s, side *client, side *server)
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

static void
close_sides(side *client, side *server)
{
    tls_connection_free(client->c);
    tls_connection_free(server->c);
}

static int
exchange(side *from, side *to, size_t total, size_t chunk)
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
        move(from, to, chunk);
        run(to);
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
trouble(side *a, side *b)
{
    if (tls_connection_failure(a->c) != TLS_OK)
        return tls_connection_failure_text(a->c);
    return tls_connection_failure_text(b->c);
}

/* same_end_point: both sides bind to the server's certificate, resumed or not (RFC 5929
 * section 4.1). */
static int
same_end_point(side *a, side *b)
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

/* handshake runs one and returns the client's session, or NULL. */
static tls_session *
handshake(setup *s, const char *what, int expect_resumed, size_t data)
{
    side client, server;
    tls_connection_info ci, si;
    tls_session *session;

    open_sides(s, &client, &server);
    pump(&client, &server, s->chunk);
    tls_connection_get_info(client.c, &ci);
    tls_connection_get_info(server.c, &si);
    check(ci.established && si.established, what, trouble(&client, &server));
    check(ci.resumed == expect_resumed && si.resumed == expect_resumed, what, "resumed");
    check(ci.suite == si.suite && ci.version == si.version && ci.group == si.group, what, "agree");
    check(ci.server_verify_data.length == 12 &&
              tls_bytes_equal(ci.server_verify_data, si.server_verify_data) &&
              tls_bytes_equal(ci.client_verify_data, si.client_verify_data),
        what, "verify_data");
    if (s->client != NULL)
        check(si.peer_chain_count == 1 && si.peer_verified, what, "client certificate");
    if (ci.established && si.established) {
        check(same_end_point(&client, &server), what, "tls-server-end-point");
        check(exchange(&client, &server, data, s->chunk), what, "client to server");
        check(exchange(&server, &client, data, s->chunk), what, "server to client");
        tls_connection_close(client.c);
        pump(&client, &server, s->chunk);
        check(server.last == TLS_EVENT_CLOSED, what, "server sees close_notify");
        tls_connection_close(server.c);
        pump(&client, &server, s->chunk);
        check(client.last == TLS_EVENT_CLOSED, what, "client sees close_notify");
    }
    if (s->stages == UINT32_MAX && ci.established) {
        check(client.stages[TLS_STAGE_CLIENT_HELLO] == 1 &&
                  client.stages[TLS_STAGE_FINISHED] == 2 &&
                  client.stages[TLS_STAGE_CHANGE_CIPHER_SPEC] == 2 &&
                  client.stages[TLS_STAGE_ESTABLISHED] == 1 &&
                  client.stages[TLS_STAGE_CLOSED] == 1 && client.stages[TLS_STAGE_ALERT] == 2,
            what, "stages");
        check(expect_resumed == (client.stages[TLS_STAGE_CERTIFICATE] == 0), what, "certificate");
    }
    if (s->decisions == UINT32_MAX && ci.established)
        check(client.decisions[TLS_DECISION_KEYLOG] == 1 &&
                  server.decisions[TLS_DECISION_SELECT] == 1 &&
                  client.decisions[TLS_DECISION_VERIFY] == !expect_resumed,
            what, "decisions");
    session = tls_connection_session(client.c);
    close_sides(&client, &server);
    return session;
}

static void
full_and_resumed(setup *s, const char *what, size_t data)
{
    tls_session *session, *imported = NULL;
    tls_buffer exported = {0};

    make_contexts(s);
    session = handshake(s, what, 0, data);
    check(session != NULL, what, "session");
    if (session != NULL) {
        check(tls_session_export(session, &exported) == TLS_OK &&
                  tls_session_import(&imported, tls_buffer_view(&exported)) == TLS_OK,
            what, "export and import");
        s->session = imported;
        tls_session_release(handshake(s, what, 1, data));
        s->session = NULL;
    }
    tls_session_release(session);
    tls_session_release(imported);
    tls_buffer_release(&exported);
    free_contexts(s);
}

static void
every_suite(identity *rsa, identity *ec)
{
    static const unsigned versions[] = {0x0301, 0x0302, 0x0303};
    size_t i, v;

    for (i = 0; tls_suite_at(i) != NULL; i++)
        for (v = 0; v < 3; v++) {
            const tls_suite *suite = tls_suite_at(i);
            setup s;

            memset(&s, 0, sizeof s);
            if (!(suite->flags & TLS_SUITE_BEARSSL) || suite->version_min > versions[v])
                continue;
            s.server = rsa;
            /* The EC test certificate is self-signed, so static ECDH is ECDH_ECDSA with it. */
            if (suite->authentication == TLS_AUTHENTICATION_ECDSA)
                s.server = ec;
            else if (suite->key_exchange == TLS_KEY_EXCHANGE_ECDH)
                continue;
            s.version = versions[v];
            s.suite = suite->id;
            full_and_resumed(&s, suite->name, 40000);
        }
}

static void
every_group(identity *ec)
{
    static const uint16_t groups[] = {23, 24, 25};
    size_t i;

    for (i = 0; i < 3; i++) {
        setup s;

        memset(&s, 0, sizeof s);
        s.server = ec;
        s.group = groups[i];
        /* The certificate is on P-256, which the client must then offer as well. */
        if (groups[i] == 23)
            full_and_resumed(&s, "group", 100);
    }
}

static void
variations(identity *rsa, identity *ec)
{
    identity *kinds[2];
    int k, mutual, external, watch;
    size_t chunk;

    kinds[0] = rsa;
    kinds[1] = ec;
    for (k = 0; k < 2; k++)
        for (mutual = 0; mutual < 2; mutual++)
            for (external = 0; external < 2; external++)
                for (watch = 0; watch < 2; watch++)
                    for (chunk = 0; chunk < 2; chunk++) {
                        setup s;
                        char what[100];

                        sprintf(what, "kind %d mutual %d external %d watch %d chunk %d", k, mutual,
                            external, watch, (int)chunk);
                        memset(&s, 0, sizeof s);
                        s.server = kinds[k];
                        s.client = mutual ? kinds[1 - k] : NULL;
                        s.external = external;
                        s.chunk = chunk;
                        s.stages = s.decisions = watch ? UINT32_MAX : 0;
                        full_and_resumed(&s, what, 3000);
                    }
}

static void
static_rsa_keyless(identity *rsa)
{
    setup s;

    memset(&s, 0, sizeof s);
    s.server = rsa;
    s.suite = 0x009C;
    s.external = 1;
    s.stages = s.decisions = UINT32_MAX;
    full_and_resumed(&s, "static RSA by decrypt", 100);
}

/* Every byte of the handshake flipped, one connection each: never a crash, never established with
 * both sides agreeing on something that was altered. */
static void
tampered(identity *ec)
{
    setup s;
    size_t position;

    memset(&s, 0, sizeof s);
    s.server = ec;
    make_contexts(&s);
    for (position = 0; position < 1600; position += 3) {
        side client, server;
        size_t seen = 0;
        int busy = 1;
        tls_connection_info ci, si;

        open_sides(&s, &client, &server);
        while (busy) {
            tls_bytes output;

            busy = run(&client);
            busy |= move(&client, &server, 0);
            busy |= run(&server);
            output = tls_connection_output(server.c);
            if (output.length > 0 && seen <= position && position < seen + output.length)
                ((unsigned char *)(uintptr_t)output.data)[position - seen] ^= 0x41;
            seen += output.length;
            busy |= move(&server, &client, 0);
        }
        tls_connection_get_info(client.c, &ci);
        tls_connection_get_info(server.c, &si);
        if (seen > position)
            check(!ci.established, "tampered handshake is refused", "established");
        close_sides(&client, &server);
    }
    free_contexts(&s);
}

/* The transport ends after every possible byte: truncated, or closed by an alert, never
 * established. */
static void
cut_short(identity *ec)
{
    setup s;
    size_t limit;

    memset(&s, 0, sizeof s);
    s.server = ec;
    s.stages = UINT32_MAX;
    make_contexts(&s);
    for (limit = 0; limit < 900; limit += 7) {
        side client, server;
        size_t left = limit;
        int busy = 1;

        open_sides(&s, &client, &server);
        while (busy) {
            tls_bytes output;
            size_t n;

            busy = run(&client);
            busy |= move(&client, &server, 0);
            busy |= run(&server);
            output = tls_connection_output(server.c);
            n = output.length < left ? output.length : left;
            tls_connection_feed(client.c, output.data, n);
            tls_connection_output_consume(server.c, n);
            left -= n;
            busy |= n > 0;
        }
        tls_connection_feed_end(client.c);
        run(&client);
        if (client.last == TLS_EVENT_FAILED)
            check(tls_connection_failure(client.c) == TLS_REASON_TRUNCATED, "cut short",
                tls_connection_failure_text(client.c));
        close_sides(&client, &server);
    }
    free_contexts(&s);
}

static void
refused(identity *rsa, identity *ec)
{
    setup s;
    side client, server;

    memset(&s, 0, sizeof s);
    s.server = ec;
    make_contexts(&s);
    tls_context_release(s.client_context);
    s.server = rsa; /* the client trusts another certificate */
    {
        tls_context *kept = s.server_context;

        make_contexts(&s);
        tls_context_release(s.server_context);
        s.server_context = kept;
    }
    open_sides(&s, &client, &server);
    pump(&client, &server, 0);
    check(
        client.last == TLS_EVENT_FAILED && server.last == TLS_EVENT_FAILED, "untrusted", "events");
    check(tls_connection_failure(server.c) == TLS_REASON_PEER_ALERT &&
              tls_connection_peer_alert(server.c) == TLS_ALERT_UNKNOWN_CA,
        "untrusted", tls_connection_failure_text(client.c));
    close_sides(&client, &server);
    free_contexts(&s);
}

static void
dropped_anywhere(identity *ec)
{
    setup s;
    int steps;

    memset(&s, 0, sizeof s);
    s.server = ec;
    s.stages = s.decisions = UINT32_MAX;
    make_contexts(&s);
    for (steps = 0; steps < 60; steps++) {
        side client, server;
        int i;

        open_sides(&s, &client, &server);
        for (i = 0; i < steps; i++) {
            if (tls_connection_step(client.c) == TLS_EVENT_WANT_READ)
                move(&client, &server, 0);
            if (tls_connection_step(server.c) == TLS_EVENT_WANT_READ)
                move(&server, &client, 0);
        }
        if (steps % 2)
            close_sides(&client, &server);
        else
            close_sides(&server, &client);
    }
    check(1, "dropped at every step", "");
    free_contexts(&s);
}

/* handshake_with gives the client's session of one handshake and what the server knows of it. */
static tls_session *
handshake_with(setup *s, tls_connection_info *server_info, enum tls_reason *failure)
{
    side client, server;
    tls_session *session;

    open_sides(s, &client, &server);
    pump(&client, &server, 0);
    tls_connection_get_info(server.c, server_info);
    *failure = tls_connection_failure(server_info->established ? client.c : server.c);
    session = tls_connection_session(client.c);
    close_sides(&client, &server);
    return session;
}

static void
tickets(identity *ec)
{
    setup s;
    tls_connection_info info;
    tls_session *first, *second, *third;
    tls_session_info session_info;
    tls_buffer exported = {0};
    enum tls_reason failure;

    memset(&s, 0, sizeof s);
    s.server = ec;
    check(tls_ticket_keys_new(&s.ticket_keys, 100, 100, clock_now) == TLS_OK, "ticket keys", "");
    full_and_resumed(&s, "tickets", 1000);
    s.client = ec;
    full_and_resumed(&s, "tickets with a client certificate", 1000);
    s.client = NULL;
    s.stages = s.decisions = UINT32_MAX;
    s.chunk = 1;
    full_and_resumed(&s, "tickets watched", 100);
    s.stages = s.decisions = 0;
    s.chunk = 0;
    make_contexts(&s);
    first = handshake_with(&s, &info, &failure);
    tls_session_get_info(first, &session_info);
    check(session_info.has_ticket && session_info.id.length == 0 && info.ticket, "a ticket, no ID",
        "");
    check(session_info.extended_master_secret, "extended master secret in the session", "");
    /* A ticket survives one rotation, in another process that has the same keys, and is replaced.
     */
    clock_now += 150;
    check(tls_ticket_keys_export(s.ticket_keys, &exported) == TLS_OK, "export keys", "");
    free_contexts(&s);
    tls_ticket_keys_release(s.ticket_keys);
    check(tls_ticket_keys_new(&s.ticket_keys, 100, 100, clock_now) == TLS_OK, "other keys", "");
    make_contexts(&s);
    s.session = first;
    tls_session_release(handshake_with(&s, &info, &failure));
    check(info.established && !info.resumed, "a ticket under unknown keys", "");
    check(tls_ticket_keys_replace(s.ticket_keys, tls_buffer_view(&exported), clock_now) == TLS_OK,
        "replace keys", "");
    second = handshake_with(&s, &info, &failure);
    check(info.resumed && second != NULL && second != first, "resumed after a rotation, reissued",
        "");
    /* Past the overlap it opens no more, but the new one does. */
    clock_now += 60;
    s.session = first;
    tls_session_release(handshake_with(&s, &info, &failure));
    check(info.established && !info.resumed, "a ticket past its overlap", "");
    s.session = second;
    third = handshake_with(&s, &info, &failure);
    check(info.resumed, "the reissued ticket", "");
    clock_now -= 210;
    check(tls_ticket_keys_replace(s.ticket_keys, tls_bytes_of_string("no keys"), clock_now) ==
              TLS_REASON_BAD_TICKET_KEYS,
        "bad keys", "");
    s.session = NULL;
    tls_session_release(first);
    tls_session_release(second);
    tls_session_release(third);
    tls_buffer_release(&exported);
    free_contexts(&s);
    tls_ticket_keys_release(s.ticket_keys);
}

static void
extended_master_secret(identity *ec)
{
    setup s;
    tls_connection_info info;
    tls_session *session;
    enum tls_reason failure;

    memset(&s, 0, sizeof s);
    s.server = ec;
    s.client_without = 1;
    full_and_resumed(&s, "a client without extended master secret", 100);
    s.client_without = 0;
    s.server_without = 1;
    full_and_resumed(&s, "a server without extended master secret", 100);
    s.client_requires = 1;
    make_contexts(&s);
    tls_session_release(handshake_with(&s, &info, &failure));
    check(!info.established && failure == TLS_REASON_PEER_ALERT, "a client that requires it", "");
    free_contexts(&s);
    s.client_requires = s.server_without = 0;
    s.server_requires = s.client_without = 1;
    make_contexts(&s);
    tls_session_release(handshake_with(&s, &info, &failure));
    check(!info.established && failure == TLS_REASON_EXTENDED_MASTER_SECRET,
        "a server that requires it", "");
    free_contexts(&s);
    /* RFC 7627 section 5.3: made without it, offered with it: a full handshake. */
    s.server_requires = 0;
    make_contexts(&s);
    session = handshake_with(&s, &info, &failure);
    check(info.established && !info.extended_master_secret, "without it", "");
    {
        tls_context *server = s.server_context;
        tls_context *old_client = s.client_context;

        s.client_without = 0;
        make_contexts(&s);
        tls_context_release(s.server_context);
        tls_context_release(old_client);
        s.server_context = server;
    }
    s.session = session;
    tls_session_release(handshake_with(&s, &info, &failure));
    check(
        info.established && !info.resumed && info.extended_master_secret, "no change of kind", "");
    tls_session_release(session);
    free_contexts(&s);
}

static void
idle_memory(identity *ec)
{
    setup s;
    side client, server;
    tls_connection_info info;
    char text[32];

    memset(&s, 0, sizeof s);
    s.server = ec;
    make_contexts(&s);
    open_sides(&s, &client, &server);
    pump(&client, &server, 0);
    check(exchange(&client, &server, 100000, 0), "idle", "data");
    pump(&client, &server, 0);
    tls_connection_get_info(client.c, &info);
    sprintf(text, "%u bytes", (unsigned)info.memory);
    check(info.memory < 4096, "an idle connection holds under 4 KB", text);
    close_sides(&client, &server);
    free_contexts(&s);
}

int
main(void)
{
    identity rsa = load(rsa_certificate, rsa_key);
    identity ec = load(ec_certificate, ec_key);

    every_suite(&rsa, &ec);
    every_group(&ec);
    variations(&rsa, &ec);
    static_rsa_keyless(&rsa);
    tampered(&ec);
    cut_short(&ec);
    refused(&rsa, &ec);
    dropped_anywhere(&ec);
    tickets(&ec);
    extended_master_secret(&ec);
    idle_memory(&ec);
    unload(&rsa);
    unload(&ec);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

/* pair12.c - contexts, and moving bytes. */
#include <string.h>

#include "support/check.h"
#include "support/clock.h"
#include "support/inside.h"
#include "support/pair12.h"
#include "wire/registry.h"

void
world12_open_with(world12 *w, const char *certificate, const char *key,
    void (*more)(tls_context_options *options))
{
    tls_context_options client, server;
    tls_credential credential;

    memset(&client, 0, sizeof client);
    w->id = identity_load(certificate, key);
    require(tls_ticket_keys_new(&w->keys, 0, 0, clock_now) == TLS_OK, "ticket keys");
    client.version_min = client.version_max = TLS_VERSION_12;
    client.now = test_clock;
    server = client;
    client.role = TLS_ROLE_CLIENT;
    client.trust = w->id.trust;
    client.verify = TLS_VERIFY_REQUIRED;
    server.role = TLS_ROLE_SERVER;
    server.verify = TLS_VERIFY_NONE;
    server.ticket_keys = w->keys;
    server.session_cache_size = 10;
    credential = identity_credential(&w->id, 0);
    server.credentials = &credential;
    server.credential_count = 1;
    if (more != NULL) {
        more(&client);
        more(&server);
    }
    require(tls_context_new(&w->client_context, &client) == TLS_OK &&
                tls_context_new(&w->server_context, &server) == TLS_OK,
        "contexts");
}

void
world12_open(world12 *w, void (*more)(tls_context_options *options))
{
    world12_open_with(w, ec_certificate, ec_key, more);
}

void
world12_close(world12 *w)
{
    tls_context_release(w->client_context);
    tls_context_release(w->server_context);
    tls_ticket_keys_release(w->keys);
    identity_unload(&w->id);
}

void
pair12_open(world12 *w, tls_connection **client, tls_connection **server, tls_session *session)
{
    tls_connection_options options;

    memset(&options, 0, sizeof options);
    tls_connection_new(server, w->server_context, &options);
    options.server_name = "localhost";
    options.session = session;
    tls_connection_new(client, w->client_context, &options);
}

enum tls_event
pair12_settle(tls_connection *c)
{
    enum tls_event event;

    do
        event = inside_step(c);
    while (event == TLS_EVENT_STAGE || event == TLS_EVENT_DECISION ||
           (event == TLS_EVENT_DATA && tls_connection_plaintext(c).length == 0));
    return event;
}

size_t
pair12_give(tls_connection *c, const unsigned char *data, size_t length)
{
    size_t given = 0, n = 1;

    pair12_settle(c);
    while (given < length && n > 0) {
        n = tls_connection_feed(c, data + given, length - given);
        given += n;
        pair12_settle(c);
    }
    return given;
}

int
pair12_move(tls_connection *from, tls_connection *to)
{
    int moved = 0;

    for (;;) {
        tls_bytes output = tls_connection_output(from);
        size_t n = pair12_give(to, output.data, output.length);

        if (n == 0 && tls_connection_plaintext(to).length == 0)
            n = output.length;
        if (n == 0)
            return moved;
        moved = 1;
        tls_connection_output_consume(from, n);
    }
}

void
pair12_pump(tls_connection *a, tls_connection *b)
{
    pair12_settle(a);
    pair12_settle(b);
    while (pair12_move(a, b) | pair12_move(b, a)) {
        pair12_settle(a);
        pair12_settle(b);
    }
}

/* ---- Established pairs ---- */

void
allow_renegotiation(tls_context_options *options)
{
    options->renegotiation = 1;
}

unsigned renegotiation_version;
uint16_t renegotiation_suite;

void
allow_renegotiation_of_kind(tls_context_options *options)
{
    options->renegotiation = 1;
    options->version_min = options->version_max = renegotiation_version;
    options->suites = &renegotiation_suite;
    options->suite_count = 1;
}

void
pair12_establish(world12 *w, tls_connection **client, tls_connection **server)
{
    pair12_open(w, client, server, NULL);
    pair12_pump(*client, *server);
    check((*client)->established && (*server)->established, "established");
}

void
pair12_free(world12 *w, tls_connection *client, tls_connection *server)
{
    tls_connection_free(client);
    tls_connection_free(server);
    check(w->client_context->pool.lent_count == 0 && w->server_context->pool.lent_count == 0,
        "every record buffer came back");
}

void
pair12_says(tls_connection *from, tls_connection *to, const char *text)
{
    tls_buffer read = {0};
    tls_bytes plaintext;
    size_t n;

    check(
        tls_connection_write(from, &n, text, strlen(text)) == TLS_OK && n == strlen(text), "write");
    do { /* TLS 1.0 sends the first byte in a record of its own */
        pair12_move(from, to);
        pair12_settle(to);
        plaintext = tls_connection_plaintext(to);
        tls_buffer_append(&read, plaintext.data, plaintext.length);
        tls_connection_plaintext_consume(to, plaintext.length);
    } while (plaintext.length > 0);
    check(tls_bytes_equal_string(tls_buffer_view(&read), text), "read");
    tls_buffer_release(&read);
}

void
pair12_renegotiated(tls_connection *client, tls_connection *server, unsigned times)
{
    tls_connection_info ci, si;

    tls_connection_get_info(client, &ci);
    tls_connection_get_info(server, &si);
    check(ci.renegotiations == times && si.renegotiations == times, "how often");
    check(!ci.renegotiating && !si.renegotiating, "it is over");
    check(ci.client_verify_data.length == 12 &&
              tls_bytes_equal(ci.client_verify_data, si.client_verify_data) &&
              tls_bytes_equal(ci.server_verify_data, si.server_verify_data),
        "verify_data");
    check(ci.peer_verified && ci.peer_chain_count == 1 && si.local_chain_count == 1, "certificate");
    check(ci.suite == si.suite && ci.group == si.group && ci.extended_master_secret, "agreed");
    pair12_says(client, server, "from the client");
    pair12_says(server, client, "from the server");
}

void
pair12_inject(tls_connection *attacker, tls_connection *victim, enum tls_content_type type,
    const void *data, size_t length)
{
    unsigned char record[1024];
    size_t consumed, n = tls_record_seal(inside_sealer(attacker), &consumed, record, sizeof record,
                         type, data, length, 16384);

    pair12_give(victim, record, n);
}

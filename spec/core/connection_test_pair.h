/* connection_test_pair.h - a client and a server of ours, for C unit tests that look inside of
 * them: contexts on one certificate, and bytes moved by hand. */
#ifndef CONNECTION_TEST_PAIR_H
#define CONNECTION_TEST_PAIR_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection/internal.h"
#include "connection_test_keys.h"
#include "wire/message.h"

#define NOW 1800000000

static int passed, failed;
static char current[160]; /* what is being tested */

static void
check(int ok, const char *what)
{
    if (ok) {
        passed++;
        return;
    }
    failed++;
    printf("not ok - %s: %s\n", current, what);
}

typedef struct world {
    tls_certificate_list *list;
    tls_private_key *key;
    tls_trust_store *trust;
    tls_ticket_keys *keys;
    tls_context *client_context, *server_context;
} world;

static int64_t
fixed_clock(void *data)
{
    (void)data;
    return NOW;
}

/* open_world_with makes the contexts; `more` (may be NULL) changes the options of each before. */
static inline void
open_world_with(
    world *w, const char *certificate, const char *key, void (*more)(tls_context_options *options))
{
    tls_context_options client, server;
    tls_credential credential;

    memset(&client, 0, sizeof client);
    memset(&credential, 0, sizeof credential);
    if (tls_certificates_load(&w->list, tls_bytes_of_string(certificate)) != TLS_OK ||
        tls_private_key_decode(&w->key, tls_bytes_of_string(key)) != TLS_OK ||
        tls_trust_store_new(&w->trust) != TLS_OK ||
        tls_trust_store_add(w->trust, w->list->items[0]) != TLS_OK ||
        tls_ticket_keys_new(&w->keys, 0, 0, NOW) != TLS_OK)
        exit(1);
    client.version_min = client.version_max = TLS_VERSION_12;
    client.now = fixed_clock;
    server = client;
    client.role = TLS_ROLE_CLIENT;
    client.trust = w->trust;
    client.verify = TLS_VERIFY_REQUIRED;
    server.role = TLS_ROLE_SERVER;
    server.verify = TLS_VERIFY_NONE;
    server.ticket_keys = w->keys;
    server.session_cache_size = 10;
    credential.chain = (const tls_certificate **)(void *)w->list->items;
    credential.chain_count = w->list->count;
    credential.key = w->key;
    server.credentials = &credential;
    server.credential_count = 1;
    if (more != NULL) {
        more(&client);
        more(&server);
    }
    if (tls_context_new(&w->client_context, &client) != TLS_OK ||
        tls_context_new(&w->server_context, &server) != TLS_OK)
        exit(1);
}

static inline void
open_world(world *w, void (*more)(tls_context_options *options))
{
    open_world_with(w, ec_certificate, ec_key, more);
}

static void
close_world(world *w)
{
    tls_context_release(w->client_context);
    tls_context_release(w->server_context);
    tls_ticket_keys_release(w->keys);
    tls_certificate_list_release(w->list);
    tls_private_key_release(w->key);
    tls_trust_store_release(w->trust);
}

static void
open_pair(world *w, tls_connection **client, tls_connection **server, tls_session *session)
{
    tls_connection_options options;

    memset(&options, 0, sizeof options);
    tls_connection_new(server, w->server_context, &options);
    options.server_name = "localhost";
    options.session = session;
    tls_connection_new(client, w->client_context, &options);
}

/* settle steps until nothing can be done without the peer, or plaintext waits to be read. */
static enum tls_event
settle(tls_connection *c)
{
    enum tls_event event;

    do
        event = tls_connection_step(c);
    while (event == TLS_EVENT_STAGE || event == TLS_EVENT_DECISION ||
           (event == TLS_EVENT_DATA && tls_connection_plaintext(c).length == 0));
    return event;
}

/* give feeds until nothing more is taken, and returns how much was. */
static size_t
give(tls_connection *c, const unsigned char *data, size_t length)
{
    size_t given = 0, n = 1;

    settle(c);
    while (given < length && n > 0) {
        n = tls_connection_feed(c, data + given, length - given);
        given += n;
        settle(c);
    }
    return given;
}

/* move gives `to` what `from` has to send, until plaintext must be read, and tells whether there
 * was anything. What is sent to a side that has ended is lost. */
static int
move(tls_connection *from, tls_connection *to)
{
    int moved = 0;

    for (;;) {
        tls_bytes output = tls_connection_output(from);
        size_t n = give(to, output.data, output.length);

        if (n == 0 && tls_connection_plaintext(to).length == 0)
            n = output.length;
        if (n == 0)
            return moved;
        moved = 1;
        tls_connection_output_consume(from, n);
    }
}

/* pump moves until both are quiet. */
static void
pump(tls_connection *a, tls_connection *b)
{
    settle(a);
    settle(b);
    while (move(a, b) | move(b, a)) {
        settle(a);
        settle(b);
    }
}

#endif

/* pair12.h - a client and a server of TLS 1.2 of ours, for tests that look inside of them: contexts
 * on one certificate, and bytes moved by hand. */
#ifndef PAIR12_H
#define PAIR12_H

#include "support/clock.h"
#include "support/identity.h"

typedef struct world12 {
    identity id; /* the server's, which the client trusts */
    tls_ticket_keys *keys;
    tls_context *client_context, *server_context;
} world12;

/* world12_open_with makes the contexts; `more` (may be NULL) changes the options of each before. */
void world12_open_with(world12 *w, const char *certificate, const char *key,
    void (*more)(tls_context_options *options));

void world12_open(world12 *w, void (*more)(tls_context_options *options));

void world12_close(world12 *w);

void pair12_open(
    world12 *w, tls_connection **client, tls_connection **server, tls_session *session);

/* pair12_settle steps until nothing can be done without the peer, or plaintext waits to be read. */
enum tls_event pair12_settle(tls_connection *c);

/* pair12_give feeds until nothing more is taken, and returns how much was. */
size_t pair12_give(tls_connection *c, const unsigned char *data, size_t length);

/* pair12_move gives `to` what `from` has to send, until plaintext must be read, and tells whether
 * there was anything. What is sent to a side that has ended is lost. */
int pair12_move(tls_connection *from, tls_connection *to);

/* pair12_pump moves until both are quiet. */
void pair12_pump(tls_connection *a, tls_connection *b);

/* ---- Established pairs ---- */

/* Options of a world whose pairs may renegotiate. */
void allow_renegotiation(tls_context_options *options);

/* The same in this version, with this suite: set them before. */
extern unsigned renegotiation_version;
extern uint16_t renegotiation_suite;
void allow_renegotiation_of_kind(tls_context_options *options);

void pair12_establish(world12 *w, tls_connection **client, tls_connection **server);

/* pair12_free: nothing that was borrowed may be missing. */
void pair12_free(world12 *w, tls_connection *client, tls_connection *server);

/* pair12_says: `from` writes the text and `to` reads it. */
void pair12_says(tls_connection *from, tls_connection *to, const char *text);

/* pair12_renegotiated: so often, both sides agree, and data goes both ways. */
void pair12_renegotiated(tls_connection *client, tls_connection *server, unsigned times);

/* pair12_inject sends content of any kind under the attacker's keys. */
void pair12_inject(tls_connection *attacker, tls_connection *victim, enum tls_content_type type,
    const void *data, size_t length);

#endif

/* setup12.h - handshakes of TLS 1.2 and below from a few settings, pumped in memory. */
#ifndef SETUP12_H
#define SETUP12_H

#include "support/clock.h"
#include "support/identity.h"

typedef struct setup12 {
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
    tls_context *client_context, *server_context; /* made by setup12_contexts */
} setup12;

void setup12_contexts(setup12 *s);

void setup12_free(setup12 *s);

/* ---- Pumping ---- */

typedef struct side12 {
    tls_connection *c;
    enum tls_event last;
    unsigned stages[TLS_STAGE_COUNT], decisions[TLS_DECISION_COUNT];
    identity *id;
} side12;

/* side12_run steps one side until it waits; returns 1 if anything happened. */
int side12_run(side12 *s);

int side12_move(side12 *from, side12 *to, size_t chunk);

void side12_pump(side12 *client, side12 *server, size_t chunk);

void setup12_open(setup12 *s, side12 *client, side12 *server);

void side12_close(side12 *client, side12 *server);

int side12_exchange(side12 *from, side12 *to, size_t total, size_t chunk);

/* setup12_handshake runs one and returns the client's session, or NULL. */
tls_session *setup12_handshake(setup12 *s, const char *what, int expect_resumed, size_t data);

void setup12_full_and_resumed(setup12 *s, const char *what, size_t data);

/* setup12_handshake_with gives the client's session of one handshake and what the server knows of
 * it. */
tls_session *setup12_handshake_with(
    setup12 *s, tls_connection_info *server_info, enum tls_reason *failure);

#endif

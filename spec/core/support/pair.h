/* pair.h - two sides made from options and pumped in memory. */
#ifndef PAIR_H
#define PAIR_H

#include "support/side.h"
#include "wire/registry.h"

typedef struct pair {
    /* What contexts and connections are made of; a test changes what it needs in between. */
    tls_context_options client_options, server_options;
    tls_connection_options client_connection, server_connection;
    tls_credential server_credential, client_credential;
    tls_context *client_context, *server_context;
    side client, server;
    size_t chunk;        /* bytes that are moved at once; 0: all */
    tls_session *stored; /* by session_store of the server */
} pair;

/* pair_init: TLS 1.3 or less by default, a server with this identity, a client that trusts it. */
void pair_init(pair *p, const identity *server);

/* pair_client_is gives the client a certificate, which the server trusts and asks for. */
void pair_client_is(pair *p, const identity *client);

void pair_watch(pair *p);

void pair_renew_client(pair *p);

void pair_renew_server(pair *p);

void pair_open(pair *p);

void pair_pump(pair *p);

void pair_close(pair *p);

void pair_free(pair *p);

const char *trouble(const pair *p);

/* Bytes that tell where they stand. */
const unsigned char *pattern(void);

int send_data(pair *p, side *from, side *to, size_t total);

/* exchange: data goes both ways, then both sides say that they close. */
void exchange(pair *p, const char *what, size_t total);

void say_goodbye(pair *p, const char *what);

/* handshake opens both sides and runs them; they must come to terms in this version. */
int handshake(pair *p, const char *what, unsigned version);

/* fails: the handshake ends with this reason on one side and this alert on the other. */
void fails(pair *p, const char *what, side *who, enum tls_reason reason, int alert);

/* resume_next offers the client's session on the next connection; 0 when there is none. */
int resume_next(pair *p);

void forget_session(pair *p);

#endif

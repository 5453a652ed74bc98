/* hostile12.h - a peer of TLS 1.2 and below that is established and then breaks the rules: its
 * records are made with the real peer's keys, so that they are refused for what they say and not
 * for their protection. */
#ifndef HOSTILE12_H
#define HOSTILE12_H

#include "connection/internal.h"
#include "support/identity.h"

typedef struct hostile12_world {
    identity id; /* the server's, which the client trusts */
    tls_context *client_context, *server_context;
    unsigned version;
    uint16_t suite;
} hostile12_world;

typedef struct hostile12 {
    tls_connection *client, *server;
    tls_connection *attacker, *victim; /* one is the client, the other the server */
} hostile12;

enum tls_event hostile12_settle(tls_connection *c);

int hostile12_move(tls_connection *from, tls_connection *to);

void hostile12_open(hostile12 *p, hostile12_world *w, enum tls_role attacker);

void hostile12_close(hostile12 *p, hostile12_world *w);

/* hostile12_give feeds the victim all of it, as far as it takes it. */
enum tls_event hostile12_give(tls_connection *victim, const void *data, size_t length);

/* hostile12_protect seals one record with the attacker's keys, whatever its type and length, empty
 * included.
 */
size_t hostile12_protect(
    tls_connection *attacker, unsigned char **out, unsigned type, const void *data, size_t length);

enum tls_event hostile12_inject(hostile12 *p, unsigned type, const void *data, size_t length);

/* hostile12_refuses: the victim failed for this reason, and the attacker hears of it by this alert,
 * and the connection stays ended and small. */
void hostile12_refuses(hostile12 *p, enum tls_reason reason, int alert);

int hostile12_uses_cbc(const hostile12 *p);

/* hostile12_splits: BearSSL's TLS 1.0 CBC sends the first byte of data in a record of its own. */
int hostile12_splits(const hostile12 *p);

typedef struct hostile12_attack {
    const char *name;
    void (*f)(hostile12 *p);
} hostile12_attack;

/* hostile12_each_world calls with a world of each kind of record protection. */
void hostile12_each_world(void (*f)(hostile12_world *w));

/* hostile12_attacks does each of them in this world, by the client and by the server. */
void hostile12_attacks(hostile12_world *w, const hostile12_attack *attacks, size_t count);

#endif

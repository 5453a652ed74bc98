/* peer_world.h - certificates, contexts, sessions, and pairs of a scripted peer and its victim. */
#ifndef PEER_WORLD_H
#define PEER_WORLD_H

#include "support/identity.h"
#include "support/peer_script.h"

/* Made once for all tests. `wrong_usage` may agree on keys and not sign. */
struct peer_materials {
    identity ec, rsa, p384, wrong_usage;
    tls_trust_store *trust;
};
extern struct peer_materials materials;

void make_materials(void);

void release_materials(void);

/* ---- Contexts ---- */

typedef struct peer_world {
    tls_context *client, *server;
    tls_ticket_keys *tickets;
} peer_world;

/* What a test wants otherwise than peer_world_open does it. */
typedef void tweak(tls_context_options *client, tls_context_options *server);

void peer_world_open(peer_world *w, tweak *f);

void peer_world_close(peer_world *w);

/* ---- The two sides ---- */

void peer_open_victim(
    peer *p, const peer_world *w, enum tls_role role, tls_session *session, tls_bytes early_data);

/* peer_open: a peer of this role, and a victim of the other. */
void peer_open(peer *p, const peer_world *w, enum tls_role role);

void peer_present(peer *p, const identity *i, unsigned scheme);

void peer_close(peer *p);

/* ---- Sessions ---- */

/* peer_world_session: the client's end of an honest handshake between the world's contexts. */
tls_session *peer_world_session(const peer_world *w);

#endif

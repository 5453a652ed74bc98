/* peer_certificate.h - the peer's chain and its verdict, the same for both engines. */
#ifndef TLS_PEER_CERTIFICATE_H
#define TLS_PEER_CERTIFICATE_H

#include "connection/internal.h"
#include "wire/message.h"

/* tls_peer_clear releases what is known of a peer: nobody is left. */
void tls_peer_clear(tls_peer *peer);
/* tls_peer_move leaves nobody behind in `from`. */
void tls_peer_move(tls_peer *to, tls_peer *from);
/* tls_connection_claim_session: the peer is claimed to be whom a resumed session knows. */
enum tls_reason tls_connection_claim_session(
    tls_connection *c, const tls_session *session, enum tls_verification_level level);
/* tls_connection_prove_peer: the peer's Finished was right, and what it claimed is proven. */
void tls_connection_prove_peer(tls_connection *c);
/* tls_connection_disown_peer: a handshake failed for this reason. Nobody is named any more, and the
 * verdict says why; no session of this connection is given out. */
void tls_connection_disown_peer(tls_connection *c, enum tls_reason reason);

/* tls_connection_take_chain parses a Certificate message's certificates into c->claimed.chain; an
 * empty list leaves it NULL. LIMIT for more than TLS_CHAIN_MAXIMUM, or what
 * tls_certificate_from_der says. */
enum tls_reason tls_connection_take_chain(
    tls_connection *c, const tls_certificate_message *message);

/* tls_connection_decide_verify judges c->claimed.chain, with its OCSP response, and puts the
 * verdict to the `verify` handler when there is one. Called again until *ready is set: then the
 * peer is accepted and c->claimed.level says how. `verdict` is the caller's, kept while a handler
 * looks at it. */
enum tls_reason tls_connection_decide_verify(tls_connection *c, tls_verdict *verdict, int *ready);

#endif

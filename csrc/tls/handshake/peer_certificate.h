/* peer_certificate.h - the peer's chain and its verdict, the same for both engines. */
#ifndef TLS_PEER_CERTIFICATE_H
#define TLS_PEER_CERTIFICATE_H

#include "connection/internal.h"
#include "wire/message.h"

/* tls_connection_take_chain parses a Certificate message's certificates into c->peer_chain; an
 * empty list leaves it NULL. LIMIT for more than TLS_CHAIN_MAXIMUM, or what
 * tls_certificate_from_der says. */
enum tls_reason tls_connection_take_chain(
    tls_connection *c, const tls_certificate_message *message);

/* tls_connection_decide_verify judges c->peer_chain, with c->ocsp_response, and puts the verdict to
 * the `verify` handler when there is one. Called again until *ready is set: then the peer is
 * accepted and c->level says how. `verdict` is the caller's, kept while a handler looks at it. */
enum tls_reason tls_connection_decide_verify(tls_connection *c, tls_verdict *verdict, int *ready);

#endif

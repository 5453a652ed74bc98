/* peer_certificate.h - the peer's chain and its verdict. Both are claimed until the handshake has
 * proven them (facts.h). */
#ifndef TLS_PEER_CERTIFICATE_H
#define TLS_PEER_CERTIFICATE_H

#include "handshake/handshake.h"

/* tls_handshake_take_chain parses a Certificate message's certificates into facts.peer.chain; an
 * empty list leaves it NULL. LIMIT for more than TLS_CHAIN_MAXIMUM, or what
 * tls_certificate_from_der says. */
enum tls_reason tls_handshake_take_chain(
    tls_handshake *handshake, const tls_certificate_message *message);

/* tls_handshake_decide_verify judges that chain, with its OCSP response, and puts the verdict to
 * the `verify` handler when there is one. Called again until *ready is set: then the peer is
 * accepted and facts.peer.level says how. */
enum tls_reason tls_handshake_decide_verify(tls_handshake *handshake, int *ready);

#endif

/* engine13.h - the engine for TLS 1.3 (RFC 8446), client and server. */
#ifndef TLS_ENGINE13_H
#define TLS_ENGINE13_H

#include "engine.h"
#include "negotiation.h"

extern const tls_engine_class tls_engine13_class;

/* tls_engine13_take_over makes this engine the connection's; the terms become its own. A server's ClientHello
 * is at the front of c->handshake_in and offers TLS 1.3. A client's ClientHello offers every version of the
 * terms; when the server takes an older one, the connection goes over to engine12. */
enum tls_reason tls_engine13_take_over(tls_connection *c, tls_terms *terms);

#endif

/* engine.h - the engine for TLS 1.3 (RFC 8446), client and server. */
#ifndef TLS13_ENGINE_H
#define TLS13_ENGINE_H

#include "handshake/handshake.h"

extern const tls_engine_class tls13_class;

/* tls13_take_over makes this engine the connection's; the terms become its own. A server's
 * ClientHello is the host's next message and offers TLS 1.3. A client's ClientHello offers
 * every version of the terms; when the server takes an older one, the connection goes over to
 * tls12_engine. */
enum tls_reason tls13_take_over(tls_handshake *h);

#endif

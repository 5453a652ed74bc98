/* engine.h - the engine for TLS 1.0 to 1.2: BearSSL behind the message filter. */
#ifndef TLS12_ENGINE_H
#define TLS12_ENGINE_H

#include "handshake/handshake.h"

/* tls12_take_over makes this engine the connection's; the terms become its own. A server's
 * ClientHello is the host's next message. A client whose terms have a ClientHello has sent
 * it already. */
enum tls_reason tls12_take_over(tls_handshake *h);

extern const tls_engine_class tls12_class;

#endif

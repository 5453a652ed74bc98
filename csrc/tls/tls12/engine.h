/* tls12/engine.h - the engine for TLS 1.0 to 1.2: BearSSL behind the message filter. */
#ifndef TLS12_ENGINE_H
#define TLS12_ENGINE_H

#include "context/context.h"
#include "handshake/engine.h"
#include "connection/negotiation.h"

/* tls12_take_over makes this engine the connection's; the terms become its own. A server's
 * ClientHello is at the front of c->handshake_in. A client whose terms have a ClientHello has sent
 * it already. */
enum tls_reason tls12_take_over(tls_connection *c, tls_terms *terms);

extern const tls_engine_class tls12_class;

/* tls12_template_new makes context->tls12_template: BearSSL state with every implementation
 * chosen, copied for each connection. Choosing asks the processor, which is slow in virtual
 * machines. */
enum tls_reason tls12_template_new(tls_context *context);
void tls12_template_free(tls_context *context);

#endif

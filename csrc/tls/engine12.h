/* engine12.h - the engine for TLS 1.0 to 1.2: BearSSL behind the message filter. */
#ifndef TLS_ENGINE12_H
#define TLS_ENGINE12_H

#include "context.h"
#include "engine.h"
#include "negotiation.h"

/* tls_engine12_take_over makes this engine the connection's; the terms become its own. A server's ClientHello
 * is at the front of c->handshake_in. A client whose terms have a ClientHello has sent it already. */
enum tls_reason tls_engine12_take_over(tls_connection *c, tls_terms *terms);

extern const tls_engine_class tls_engine12_class;

/* tls_engine12_template_new makes context->engine12_template: BearSSL state with every implementation
 * chosen, copied for each connection. Choosing asks the processor, which is slow in virtual machines. */
enum tls_reason tls_engine12_template_new(tls_context *context);
void tls_engine12_template_free(tls_context *context);

#endif

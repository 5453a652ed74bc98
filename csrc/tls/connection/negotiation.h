/* negotiation.h - which engine runs. A handshake begins with the small engine of negotiation.c: a
 * server's reads ClientHello, reports it, asks `select` and decides the version; a client's only
 * looks at the versions that it may offer. Then tls12 or tls13 takes over. */
#ifndef TLS_NEGOTIATION_H
#define TLS_NEGOTIATION_H

#include "handshake/handshake.h"

extern const tls_engine_class tls_negotiation_class;

/* tls_negotiation_older: the server took TLS 1.2 or below. The engine of TLS 1.3 goes, and that for
 * older versions goes on with the ClientHello that was sent and the ServerHello that came. */
enum tls_reason tls_negotiation_older(tls_handshake *handshake);

#endif

/* client_session.h - which session a client offers, and which it keeps for the next connection. */
#ifndef TLS_CLIENT_SESSION_H
#define TLS_CLIENT_SESSION_H

#include "handshake/handshake.h"

/* tls_client_session_decide looks for a session for a client's first ClientHello, unless the caller
 * has said which: asks `session_load`, then looks into the context's cache. *ready: there is
 * nothing to wait for; at once for servers and in a renegotiation. */
void tls_client_session_decide(tls_handshake *handshake, int *ready);

/* tls_client_session_keep puts a session into the context's cache, if this connection may use it.
 */
void tls_client_session_keep(const tls_host *host, const tls_session *session);

#endif

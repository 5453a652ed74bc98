/* client_hello.h - what the ClientHellos of both engines have in common. */
#ifndef TLS_CLIENT_HELLO_H
#define TLS_CLIENT_HELLO_H

#include "handshake/handshake.h"

#define TLS_ALPN_OFFERED_MAXIMUM 64

/* The memory behind a tls_client_hello_options. */
typedef struct tls_client_hello_parts {
    tls_client_hello_options options;
    tls_bytes alpn[TLS_ALPN_OFFERED_MAXIMUM];
    tls_buffer extensions; /* more of them; becomes options.extensions when it is whole */
} tls_client_hello_parts;

/* tls_client_hello_begin fills what follows from the connection alone: server name, groups,
 * signature schemes, ALPN, stapling, max_fragment_length, and extensions of the application's own.
 */
void tls_client_hello_begin(tls_client_hello_parts *parts, const tls_handshake *h);
void tls_client_hello_clear(tls_client_hello_parts *parts);

/* tls_sends_server_name: whether the name is one that server_name may hold. */
int tls_sends_server_name(const tls_handshake *h);

#endif

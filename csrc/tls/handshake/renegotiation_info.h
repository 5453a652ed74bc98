/* renegotiation_info.h - what binds a renegotiation to the handshake before it (RFC 5746), and what
 * may not change in one. Each function does nothing in another handshake. */
#ifndef TLS_RENEGOTIATION_INFO_H
#define TLS_RENEGOTIATION_INFO_H

#include "handshake/handshake.h"

/* tls_renegotiation_narrow keeps the terms to the version that there is (RFC 8446 section 4.1.2).
 */
void tls_renegotiation_narrow(tls_handshake *handshake);
/* tls_renegotiation_check_client_hello, check_server_hello: RENEGOTIATION_MISMATCH when
 * renegotiation_info is not what RFC 5746 sections 3.5 and 3.7 demand, or name or ALPN would
 * change; EXTENDED_MASTER_SECRET when that is left out. */
enum tls_reason tls_renegotiation_check_client_hello(
    tls_handshake *handshake, const tls_client_hello *hello);
enum tls_reason tls_renegotiation_check_server_hello(
    tls_handshake *handshake, const tls_server_hello *hello);
/* tls_renegotiation_keep_alpn has a server select the protocol in use again, if the client offers
 * any. HANDLER when `select` chose another. */
enum tls_reason tls_renegotiation_keep_alpn(
    tls_handshake *handshake, const tls_client_hello *hello);
/* tls_renegotiation_check_chain: without the extended master secret a server must show the same
 * certificate again, since two connections can have the same master secret and the same Finished
 * (RFC 7627 section 1). */
enum tls_reason tls_renegotiation_check_chain(tls_handshake *handshake);
/* tls_renegotiation_write_info writes a ServerHello's renegotiation_info (RFC 5746 section 3.7). */
void tls_renegotiation_write_info(const tls_handshake *handshake, tls_buffer *extensions);

#endif

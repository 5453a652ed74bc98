/* renegotiation.h - another handshake on an established connection of TLS 1.0 to 1.2, bound to the
 * one before it by RFC 5746. Off unless the context allows it; never with a peer without RFC 5746.
 *
 * A new engine runs while the record layer keeps its keys until each ChangeCipherSpec. Until its
 * end the connection goes on telling what the handshake before settled: what a peer claims in the
 * middle of this one is not proven yet, and data that arrives meanwhile is still that of the old
 * one. Nothing is resumed, version, server name and ALPN protocol stay, and so does the extended
 * master secret (RFC 7627 section 5.4). */
#ifndef TLS_RENEGOTIATION_H
#define TLS_RENEGOTIATION_H

#include "connection/internal.h"
#include "wire/message.h"
#include "connection/negotiation.h"

/* More renegotiations of the peer's making than this without application data of its between them
 * are refused: a handshake costs us more than a ClientHello costs it. */
#define TLS_RENEGOTIATIONS_IDLE_MAXIMUM 3

struct tls_renegotiation {
    tls_connection_info before; /* its views lead into what is held below */
    tls_peer peer;
    tls_certificate_list *local_chain;
    tls_session *session;
    enum tls_verify_mode verify;
    unsigned char client_random[TLS_RANDOM_LENGTH], server_random[TLS_RANDOM_LENGTH];
    unsigned char client_verify_data[TLS_VERIFY_DATA_MAXIMUM];
    unsigned char server_verify_data[TLS_VERIFY_DATA_MAXIMUM];
    int answered; /* client: ServerHello came; from then on the peer cannot refuse by a warning */
    int peer_changed_keys;
};

/* tls_renegotiation_asked: the peer's HelloRequest or ClientHello arrived on the established
 * connection. Begins when it may (then `message`, still in c->handshake_in, is the new engine's or
 * done with), refuses with the warning no_renegotiation otherwise (RFC 5246 section 7.2.2). */
enum tls_reason tls_renegotiation_asked(tls_connection *c, tls_bytes message);
/* tls_renegotiation_warned: the peer's warning no_renegotiation. */
void tls_renegotiation_warned(tls_connection *c);
/* tls_renegotiation_done: the new handshake is what the connection tells from now on. */
void tls_renegotiation_done(tls_connection *c);
void tls_renegotiation_free(tls_renegotiation *r);
/* tls_renegotiation_disown_peer: it failed, and with it the connection: the peer of before is not
 * named either. */
void tls_renegotiation_disown_peer(tls_renegotiation *r, enum tls_reason verdict);

/* ---- What the engines ask; each does nothing outside of a renegotiation ---- */
/* tls_renegotiation_narrow keeps the terms to the version that there is (RFC 8446 section 4.1.2).
 */
void tls_renegotiation_narrow(const tls_connection *c, tls_terms *terms);
/* tls_renegotiation_check_client_hello, check_server_hello: HANDSHAKE_FAILURE when
 * renegotiation_info is not what RFC 5746 sections 3.5 and 3.7 demand, or name, ALPN or extended
 * master secret would change. */
enum tls_reason tls_renegotiation_check_client_hello(
    tls_connection *c, const tls_client_hello *hello);
enum tls_reason tls_renegotiation_check_server_hello(
    tls_connection *c, const tls_server_hello *hello);
/* tls_renegotiation_keep_alpn has a server select the protocol in use again, if the client offers
 * any. HANDLER when `select` chose another. */
enum tls_reason tls_renegotiation_keep_alpn(
    tls_connection *c, tls_terms *terms, const tls_client_hello *hello);
/* tls_renegotiation_check_chain: without the extended master secret a server must show the same
 * certificate again, since two connections can have the same master secret and the same Finished
 * (RFC 7627 section 1). */
enum tls_reason tls_renegotiation_check_chain(tls_connection *c);
/* tls_renegotiation_write_info writes a ServerHello's renegotiation_info (RFC 5746 section 3.7). */
void tls_renegotiation_write_info(const tls_connection *c, tls_buffer *extensions);

#endif

/* session.h - resumable sessions (RFC 5246 section 7.4.1.2, RFC 8446 section 4.6.1): immutable,
 * counted. */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include "x509/certificate.h"

TLS_PUBLIC_BEGIN

enum tls_role { TLS_ROLE_CLIENT, TLS_ROLE_SERVER };

typedef struct tls_session tls_session;

tls_session *tls_session_retain(const tls_session *session);
void tls_session_release(tls_session *session);

typedef struct tls_session_info {
    enum tls_role role;
    unsigned version, suite;
    tls_bytes id;
    const char *server_name;
    int64_t created, expires; /* seconds since the epoch */
    int peer_verified, peer_accepted;
    int extended_master_secret;
    int has_ticket;
    uint32_t max_early_data; /* TLS 1.3: bytes that may be sent as early data */
    tls_bytes alpn;
    tls_bytes peer_key_info; /* of a peer with a raw public key (RFC 7250); else empty */
    const tls_certificate *const *peer_chain;
    size_t peer_chain_count;
} tls_session_info;
void tls_session_get_info(const tls_session *session, tls_session_info *out);
/* tls_session_export appends an encoding that holds the master secret: treat it like a key.
 * tls_session_import refuses anything but such an encoding with BAD_SESSION. */
enum tls_reason tls_session_export(const tls_session *session, tls_buffer *out);
enum tls_reason tls_session_import(tls_session **out, tls_bytes encoded);

TLS_PUBLIC_END

#endif

/* stage.h - what happens in a handshake and can be watched (doc/handshake.md): one bit each in a
 * watch mask, 1u << stage. */
#ifndef TLS_STAGE_H
#define TLS_STAGE_H

#include "base/bytes.h"

TLS_PUBLIC_BEGIN

enum tls_stage {
    TLS_STAGE_CLIENT_HELLO,
    TLS_STAGE_HELLO_RETRY_REQUEST,
    TLS_STAGE_SERVER_HELLO,
    TLS_STAGE_ENCRYPTED_EXTENSIONS,
    TLS_STAGE_CERTIFICATE,
    TLS_STAGE_CERTIFICATE_STATUS,
    TLS_STAGE_SERVER_KEY_EXCHANGE,
    TLS_STAGE_CERTIFICATE_REQUEST,
    TLS_STAGE_SERVER_HELLO_DONE,
    TLS_STAGE_CLIENT_KEY_EXCHANGE,
    TLS_STAGE_CERTIFICATE_VERIFY,
    TLS_STAGE_CHANGE_CIPHER_SPEC,
    TLS_STAGE_FINISHED,
    TLS_STAGE_NEW_SESSION_TICKET,
    TLS_STAGE_END_OF_EARLY_DATA,
    TLS_STAGE_KEY_UPDATE,
    TLS_STAGE_HELLO_REQUEST,
    TLS_STAGE_APPLICATION_DATA,
    TLS_STAGE_ALERT,
    TLS_STAGE_AUTHENTICATED, /* server: a client's late authentication is complete (RFC 8446
                                section 4.6.2) */
    TLS_STAGE_ESTABLISHED,
    TLS_STAGE_CLOSED,
    TLS_STAGE_COUNT
};
/* tls_stage_name: "client_hello" …; tls_stage_from_name: -1 when unknown. */
const char *tls_stage_name(enum tls_stage stage);
int tls_stage_from_name(const char *name);

enum tls_direction { TLS_SENT, TLS_RECEIVED, TLS_NEITHER };

/* tls_stage_event: what step() reports as TLS_EVENT_STAGE; valid until the next call of step. */
typedef struct tls_stage_event {
    enum tls_stage stage;
    enum tls_direction direction; /* TLS_NEITHER for authenticated, established and closed */
    unsigned version;             /* negotiated so far, enum tls_version_number; 0 while unknown */
    tls_bytes raw;                /* handshake message with its 4-byte header; alert and
                                     change_cipher_spec: the record's content; application_data: empty */
    size_t length;                /* bytes of the message or of the record's content */
    unsigned suite;    /* negotiated so far (parsing server_key_exchange needs it), or 0 */
    const char *state; /* where the handshake stood, as "wait_server_hello"; NULL when none ran */
    int resumed;       /* known from server_hello on */
    int renegotiation; /* the message, or `established`, is of a renegotiation */
} tls_stage_event;

TLS_PUBLIC_END

#endif

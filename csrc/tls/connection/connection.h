/* connection.h - one conversation. Bytes in, bytes out: it knows no sockets, no Lua,
 * and keeps no global state, so it can be tested, fuzzed and embedded alone.
 *
 * A tls_context holds what many connections share; a tls_connection is one conversation over one of
 * two engines (tls12/filter.c over BearSSL for TLS 1.0 to 1.2, tls13/engine.c for TLS 1.3) behind
 * one vtable, handshake/engine.h. Nothing here or above asks which engine runs.
 *
 * How it is driven:
 *     for (;;) switch (tls_connection_step(c)) {
 *     case TLS_EVENT_WANT_READ:  send tls_connection_output(), then feed what the transport gives
 *     case TLS_EVENT_STAGE:      look at tls_connection_stage(); the next step goes on
 *     case TLS_EVENT_DECISION:   answer tls_connection_question() with a tls_connection_answer_*
 *                                (or let the next step take the default), at any later time
 *     case TLS_EVENT_DATA:       the handshake is over, or bytes of the peer can be read
 *     case TLS_EVENT_EARLY_DATA: a server may look at tls_connection_early_data, and goes on
 *     case TLS_EVENT_CLOSED:     the peer sent close_notify
 *     case TLS_EVENT_FAILED:     tls_connection_failure(); send what output is left: the alert
 *     }
 * The core never calls back. A stage or decision nobody watches costs nothing: decisions then take
 * their default inside the core.
 */
#ifndef TLS_CONNECTION_H
#define TLS_CONNECTION_H

#include "context/context.h"
#include "handshake/decision.h"
#include "handshake/stage.h"

TLS_PUBLIC_BEGIN

typedef struct tls_connection tls_connection;

/* One flight must hold the early data too. */
#define TLS_EARLY_DATA_MAXIMUM 32768
typedef struct tls_connection_options {
    const char *server_name; /* client: DNS name or IP address text to verify and (names only) to
                                send, as x509/server_name.h has it */
    int no_server_name;      /* client: no name is sent and none is checked. One of the two must be
                                given: a name that was forgotten must not go unchecked */
    tls_session *session;    /* client: a session to resume; ignored where it does not fit. NULL:
                                what SESSION_LOAD answers or the context's cache has, unless
                                there is early data */
    int no_session;          /* client: none, whatever there is */
    enum tls_verify_mode verify; /* TLS_VERIFY_DEFAULT: the context's */
    tls_bytes early_data;        /* client: to be sent as 0-RTT when the session allows so much */
    int early_data_resend; /* send it after the handshake when it was not accepted as early data */
    unsigned version_min, version_max; /* 0: the context's; else within them */
    int fallback_scsv; /* client: this is a second attempt with an older version_max: say so to a
                          server that might have spoken a newer one (RFC 7507) */
    tls_bytes ech;     /* client: an ECHConfigList instead of the context's; empty: the context's */
    int no_ech;        /* client: none, whatever the context has */
    const tls_bytes *alpn; /* instead of the context's; 0 of them: the context's */
    size_t alpn_count;
    const unsigned char (*pins)[TLS_PIN_LENGTH]; /* the same */
    size_t pin_count;
    uint32_t stage_mask;    /* 1u << TLS_STAGE_… : stages to report */
    uint32_t decision_mask; /* 1u << TLS_DECISION_… : decisions to ask */
} tls_connection_options;

/* tls_connection_new: OUT_OF_MEMORY; ILLEGAL_PARAMETER for a client with neither a server name nor
 * `no_server_name`, or with both, and for what is out of its bounds; BAD_NAME for a server
 * name that is neither a DNS name in A-label form nor an address; BAD_ECH_CONFIG. `options` is not
 * NULL; one that is zeroed but for the name has every default. */
enum tls_reason tls_connection_new(
    tls_connection **out, tls_context *context, const tls_connection_options *options);
void tls_connection_free(tls_connection *connection);

enum tls_event {
    TLS_EVENT_WANT_READ,
    TLS_EVENT_STAGE,
    TLS_EVENT_DECISION,
    TLS_EVENT_DATA,
    TLS_EVENT_EARLY_DATA,
    TLS_EVENT_CLOSED,
    TLS_EVENT_FAILED
};
/* tls_connection_step runs until there is something to report. While the handshake runs it reports
 * WANT_READ when it cannot go on; once it is over, DATA (with or without plaintext at hand: see
 * tls_connection_plaintext) only until the caller was told once that it is established, afterwards
 * DATA means that tls_connection_plaintext is not empty, WANT_READ that it is. CLOSED and FAILED
 * repeat. */
enum tls_event tls_connection_step(tls_connection *connection);

/* Ciphertext in. tls_connection_input gives memory to read into (several records fit); commit says
 * how much arrived. room is 0, and what is returned may be NULL, while plaintext waits to be read
 * or when the connection has ended. */
unsigned char *tls_connection_input(tls_connection *connection, size_t *room);
void tls_connection_input_commit(tls_connection *connection, size_t length);
/* tls_connection_feed copies; returns how many of the bytes were taken. */
size_t tls_connection_feed(tls_connection *connection, const void *data, size_t length);
/* tls_connection_feed_end: the transport reached its end. Without close_notify the next step fails
 * with TRUNCATED (RFC 5246 section 7.2.1). */
void tls_connection_feed_end(tls_connection *connection);

/* tls_connection_idle_input gives the input buffer back to the pool when nothing is in it: for a
 * caller that asked for it with tls_connection_input and got nothing to put there. */
void tls_connection_idle_input(tls_connection *connection);

/* Ciphertext out. Valid until the next call on the connection. */
tls_bytes tls_connection_output(const tls_connection *connection);
void tls_connection_output_consume(tls_connection *connection, size_t length);

/* Application data in: a view of what has been decrypted; consume releases it. Empty: step. */
tls_bytes tls_connection_plaintext(const tls_connection *connection);
void tls_connection_plaintext_consume(tls_connection *connection, size_t length);
/* tls_connection_hold_plaintext puts aside what has been decrypted, so that step() can read on,
 * until it is done or wants more: for a caller that waits for the end of a renegotiation, or of a
 * late authentication, or looks for an alert, while the peer's data stands before that. It comes
 * first out of tls_connection_plaintext. LIMIT: it would be more than 1 MiB, which must be read
 * first. OUT_OF_MEMORY. */
enum tls_reason tls_connection_hold_plaintext(tls_connection *connection);

/* tls_connection_early_data: what arrived as early data and was not consumed (a server's, TLS 1.3):
 * anyone may have sent it a second time, to this server or another. Reported by
 * TLS_EVENT_EARLY_DATA while the handshake goes on; what is still there when it is over comes first
 * out of tls_connection_plaintext. */
tls_bytes tls_connection_early_data(const tls_connection *connection);
void tls_connection_early_data_consume(tls_connection *connection, size_t length);

/* tls_connection_write seals as many bytes into records as the output buffer takes and puts their
 * number into *written: 0, and TLS_OK, when it is full (send the output first). NOT_READY before
 * the handshake is over and during a renegotiation, CLOSED after tls_connection_close or a failure
 * (the failure's own reason then). A server that accepted early data may write before the handshake
 * is over, once it has sent its Finished. */
enum tls_reason tls_connection_write(
    tls_connection *connection, size_t *written, const void *data, size_t length);

/* tls_connection_renegotiate begins a renegotiation (RFC 5746) of TLS 1.0 to 1.2: a client's step()
 * then sends ClientHello; a server asks for one by HelloRequest, and `verify` is the mode
 * from then on (TLS_VERIFY_DEFAULT, a client's only one: as before). It goes on with
 * step(), and ends with the stage `established`, or is refused by the peer's warning, after which
 * the connection is what it was: see tls_connection_renegotiating and the info's `renegotiations`.
 * Until its end tls_connection_get_info and tls_connection_session tell what the handshake before
 * settled. OK too when one is under way. NO_RENEGOTIATION: the context does not allow it, or the
 * peer has no RFC 5746. UNSUPPORTED_VERSION; CLOSED; NOT_READY before the first handshake is over,
 * or while output from before the last renegotiation waits to be sent. */
enum tls_reason tls_connection_renegotiate(tls_connection *connection, enum tls_verify_mode verify);
/* tls_connection_renegotiating: one was asked for, or is under way. */
int tls_connection_renegotiating(const tls_connection *connection);
/* tls_connection_asks_renegotiation: a server sent HelloRequest, and no ClientHello has come yet.
 */
int tls_connection_asks_renegotiation(const tls_connection *connection);

/* TLS 1.3, after the handshake. Each: NOT_READY before, OUT_OF_MEMORY (which ends the connection),
 * UNSUPPORTED_VERSION below TLS 1.3, CLOSED, BUSY while the output is full.
 * tls_connection_update_keys sends KeyUpdate (RFC 8446 section 4.6.3) and, with `request`, asks the
 * peer for its own. tls_connection_request_certificate (server) asks the client to authenticate
 * (4.6.2); NO_POST_HANDSHAKE_AUTH when the client did not offer that, BUSY while another request is
 * open. `verify` is asked about the answer; without it a certificate that comes must be good, and
 * an empty answer is accepted unless the mode is REQUIRED. It ends with the stage `authenticated`;
 * until then tls_connection_get_info and tls_connection_session tell what stood before.
 * tls_connection_send_ticket (server) sends one more NewSessionTicket; BUSY while a request is open
 * too. */
enum tls_reason tls_connection_update_keys(tls_connection *connection, int request);
enum tls_reason tls_connection_request_certificate(tls_connection *connection);
enum tls_reason tls_connection_send_ticket(tls_connection *connection);
/* tls_connection_authenticating: a server's request is open, or the answer to it is on its way. */
int tls_connection_authenticating(const tls_connection *connection);

/* tls_connection_close queues close_notify; nothing can be written afterwards, reading goes on
 * until the peer's close_notify (RFC 8446 section 6.1). Closing twice is harmless. During the
 * handshake it sends user_canceled first. */
void tls_connection_close(tls_connection *connection);

/* tls_connection_end gives everything back but what tls_connection_get_info and
 * tls_connection_session tell: keys and secrets are wiped, what waited to be read or sent is
 * dropped. Nothing else can be done then. */
void tls_connection_end(tls_connection *connection);

/* tls_connection_fail ends the connection: sends the reason's alert (or `alert` when it is not
 * TLS_ALERT_NONE) and keeps `text` (may be NULL) for tls_connection_failure_text. */
void tls_connection_fail(
    tls_connection *connection, enum tls_reason reason, int alert, const char *text);
enum tls_reason tls_connection_failure(const tls_connection *connection);
const char *tls_connection_failure_text(const tls_connection *connection);
/* tls_connection_peer_alert: the fatal alert the peer sent, or TLS_ALERT_NONE. Its name:
 * tls_registry_name (wire/registry.h). */
int tls_connection_peer_alert(const tls_connection *connection);

/* ---- Stages and decisions ---- */
/* tls_connection_watch replaces both masks: 1u << TLS_STAGE_…, to be reported from now on, and
 * 1u << TLS_DECISION_…, to be asked. tls_connection_stage is what TLS_EVENT_STAGE reports, and
 * tls_connection_question what TLS_EVENT_DECISION asks; NULL at other times. */
void tls_connection_watch(tls_connection *connection, uint32_t stage_mask, uint32_t decision_mask);
const tls_stage_event *tls_connection_stage(const tls_connection *connection);
const tls_question *tls_connection_question(const tls_connection *connection);

/* Each answers the question that waits; answering another one returns UNEXPECTED_MESSAGE and
 * changes nothing. A session or a credential may be NULL: none. A selection is not NULL. */
enum tls_reason tls_connection_answer_default(tls_connection *connection);
enum tls_reason tls_connection_answer_select(tls_connection *c, const tls_selection *selection);
enum tls_reason tls_connection_answer_session(tls_connection *c, tls_session *session);
enum tls_reason tls_connection_answer_verify(tls_connection *c, enum tls_peer_answer peer);
enum tls_reason tls_connection_answer_credential(
    tls_connection *c, const tls_credential *credential);
/* signature: PKCS#1 v1.5 bytes as long as the modulus, or an ASN.1 DER ECDSA signature. */
enum tls_reason tls_connection_answer_signature(tls_connection *c, tls_bytes signature);
/* identity: what a client offers (a server's is the one it was asked about and is not read); key:
 * the PSK, empty for none; hash: TLS_HASH_SHA256, also for 0 (RFC 8446 section 4.2.11), or
 * TLS_HASH_SHA384. ILLEGAL_PARAMETER for an identity over 65535 bytes or empty, a key over 64
 * bytes, another hash. */
enum tls_reason tls_connection_answer_psk(
    tls_connection *c, tls_bytes identity, tls_bytes key, int hash);
/* tls_connection_answer_imported_psk: the key is imported (RFC 9258): `hash` is the external key's
 * own, and it is offered for each hash of the suites, under an ImportedIdentity of identity and
 * context. A server takes both from what the client offers: ILLEGAL_PARAMETER where that is no
 * ImportedIdentity for TLS 1.3. */
enum tls_reason tls_connection_answer_imported_psk(
    tls_connection *c, tls_bytes identity, tls_bytes context, tls_bytes key, int hash);
enum tls_reason tls_connection_answer_early_data(tls_connection *c, int accept);
/* secret: the decrypted 48-byte pre-master secret; any other length is treated as a decryption
 * failure, without telling (RFC 5246 section 7.4.7.1). */
enum tls_reason tls_connection_answer_decrypt(tls_connection *c, tls_bytes secret);

/* ---- What was negotiated ---- */
typedef struct tls_connection_info {
    enum tls_role role;
    int established;   /* the handshake is complete */
    const char *state; /* where a handshake stands, as "wait_server_hello"; NULL while none runs */
    unsigned version;  /* enum tls_version_number; 0 while unknown */
    unsigned suite;    /* 0 while unknown */
    unsigned group;    /* named group of an (EC)DHE exchange, or 0 */
    unsigned dh_bits;  /* up to TLS 1.2: bits of the prime of a DHE exchange, or 0 */
    unsigned peer_scheme; /* scheme of the peer's handshake signature, or 0 */
    unsigned local_scheme;
    tls_bytes alpn;          /* empty: none */
    const char *server_name; /* sent or received; "" when none */
    int resumed;
    int resumable; /* tls_connection_session would give one */
    tls_bytes session_id;
    /* Who the peer is: only what the peer's signature and Finished have proven; nobody while the
     * first handshake goes on, and who it was before in a later one or a late authentication. When
     * one fails nobody is named. */
    int peer_verified; /* the library's own verdict was good (now, or when the session began) */
    int peer_accepted; /* so it was, or the answer to VERIFY was TLS_PEER_ACCEPTED */
    int judged;        /* there is a verdict */
    enum tls_reason verdict; /* on the chain (now, or when the session began); why a handshake
                                failed */
    int verdict_cached;      /* it is one that the context remembered */
    tls_bytes peer_key_info; /* of a peer with a raw public key (RFC 7250); else empty */
    const tls_certificate *const *peer_chain; /* as received (or as kept in the session) */
    size_t peer_chain_count;
    /* Along which this handshake verified it, leaf to anchor; empty when that was not done. */
    const tls_certificate *const *peer_path;
    size_t peer_path_count;
    const tls_certificate *const *local_chain; /* what this side sent */
    size_t local_chain_count;
    tls_bytes client_random, server_random;
    tls_bytes client_verify_data, server_verify_data; /* of Finished; empty before */
    int secure_renegotiation;                         /* RFC 5746 was negotiated */
    unsigned renegotiations;                          /* that were completed */
    int renegotiating;
    int authenticating;       /* TLS 1.3: a late authentication of the client runs */
    unsigned authentications; /* late ones that proved a client to the server */
    int declined; /* server: the client's last answer to a request was that it shows none */
    int extended_master_secret;   /* RFC 7627 was negotiated, or held for the resumed session */
    int ticket;                   /* the session came from a ticket, or a ticket was given for it */
    unsigned max_fragment_length; /* agreed (RFC 6066 section 4), or 0 */
    tls_bytes ocsp_response;      /* what the server stapled; empty: nothing */
    tls_bytes signed_certificate_timestamps; /* RFC 6962 section 3.3, as sent in ServerHello */
    /* TLS 1.3 */
    enum tls_early_data early_data;
    size_t early_data_length; /* bytes sent, or received and accepted, as early data */
    /* As agreed (RFC 7250). */
    enum tls_certificate_type server_certificate_type, client_certificate_type;
    int hello_retry;        /* there was a HelloRetryRequest */
    int psk;                /* authenticated by a PSK: a session's or an external one */
    tls_bytes psk_identity; /* of an external PSK; else empty */
    int psk_imported;       /* it was imported (RFC 9258), with this context */
    tls_bytes psk_context;
    int post_handshake_auth; /* the client offered it */
    enum tls_ech_status ech;
    tls_bytes ech_retry_configs; /* client: an ECHConfigList to try again with, of a server that
                                    rejected and proved to have the public name; or empty */
    int tickets_told;            /* the server answered a ticket request (RFC 9149): … */
    unsigned expected_tickets;   /* … so many will come */
    unsigned record_size_limit;  /* the peer's (RFC 8449), or 0 */
    unsigned key_updates_sent, key_updates_received;
    int closed_sent, closed_received;
    uint64_t bytes_received, bytes_sent; /* of ciphertext */
    uint64_t records_received, records_sent;
    size_t memory; /* bytes held now by this connection: structures, engine, buffers */
} tls_connection_info;
/* tls_connection_state: where a handshake stands, as "wait_server_hello"; NULL while none runs. */
const char *tls_connection_state(const tls_connection *connection);
void tls_connection_get_info(const tls_connection *connection, tls_connection_info *out);

/* tls_connection_export_keying_material: RFC 5705; without a context (NULL) and with an empty one
 * are different. NOT_READY, during a renegotiation too; UNSAFE_BINDING without the extended master
 * secret; ILLEGAL_PARAMETER for a label that the protocol uses itself or a context over 65535
 * bytes. */
enum tls_reason tls_connection_export_keying_material(const tls_connection *c, unsigned char *out,
    size_t length, const char *label, const tls_bytes *context);
/* tls_connection_export_early_keying_material: the early exporter of TLS 1.3 (RFC 8446
 * section 7.5), on connections whose early data was accepted. NOT_READY otherwise;
 * ILLEGAL_PARAMETER as above. */
enum tls_reason tls_connection_export_early_keying_material(const tls_connection *c,
    unsigned char *out, size_t length, const char *label, tls_bytes context);
/* tls_connection_channel_binding appends the binding of a type: "tls-unique",
 * "tls-server-end-point" (RFC 5929), "tls-exporter" (RFC 9266). NOT_READY, UNSAFE_BINDING,
 * ILLEGAL_PARAMETER (unknown type). */
enum tls_reason tls_connection_channel_binding(
    const tls_connection *c, tls_buffer *out, const char *type);
/* tls_connection_binding_cause: why one of these failed, in a sentence, where the reason alone does
 * not tell; NULL where it does. `type` is that of a channel binding, NULL for keying material. */
const char *tls_connection_binding_cause(
    const tls_connection *c, enum tls_reason reason, const char *type);

/* tls_connection_session: a new reference to the connection's resumable session, or NULL. */
tls_session *tls_connection_session(const tls_connection *connection);

TLS_PUBLIC_END

#endif

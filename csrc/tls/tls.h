/* tls.h - the public interface of the TLS core. Bytes in, bytes out: it knows no sockets, no Lua,
 * and keeps no global state, so it can be tested, fuzzed and embedded alone.
 *
 * A tls_context holds what many connections share; a tls_connection is one conversation over one of
 * two engines (tls12/filter.c over BearSSL for TLS 1.0 to 1.2, tls13/engine.c for TLS 1.3) behind
 * one vtable, engine.h. Nothing here or above asks which engine runs.
 *
 * How it is driven:
 *     for (;;) switch (tls_connection_step(c)) {
 *     case TLS_EVENT_WANT_READ:  send tls_connection_output(), then feed what the transport gives
 *     case TLS_EVENT_STAGE:      look at tls_connection_stage(); the next step goes on
 *     case TLS_EVENT_DECISION:   answer tls_connection_question() with a tls_connection_answer_*
 *                                (or let the next step take the default), at any later time
 *     case TLS_EVENT_DATA:       the handshake is over, or bytes of the peer can be read
 *     case TLS_EVENT_EARLY_DATA: a server may look at tls_connection_early_data; the handshake goes
 * on case TLS_EVENT_CLOSED:     the peer sent close_notify case TLS_EVENT_FAILED:
 * tls_connection_failure(); send what output is left: the alert
 *     }
 * The core never calls back. A stage or decision nobody watches costs nothing: decisions then take
 * their default inside the core.
 */
#ifndef TLS_H
#define TLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "x509/certificate.h"
#include "base/error.h"
#include "key/key.h"
#include "session/ticket.h"
#include "x509/trust.h"
#include "x509/verify.h"

typedef struct tls_context tls_context;
typedef struct tls_connection tls_connection;
typedef struct tls_session tls_session;

enum tls_role { TLS_ROLE_CLIENT, TLS_ROLE_SERVER };

enum tls_verify_mode {
    TLS_VERIFY_NONE,     /* client: any certificate is taken; server: none is asked for */
    TLS_VERIFY_OPTIONAL, /* server: asked for, may be absent, must verify when present;
                            client: the verdict is reported, the handshake goes on */
    TLS_VERIFY_REQUIRED
};

/* ---- Stages (doc/handshake.md): one bit each in a watch mask: 1u << stage ---- */
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
    enum tls_direction direction; /* TLS_NEITHER for established and closed */
    unsigned version;             /* negotiated so far, 0x0303 …; 0 while unknown */
    tls_bytes raw;                /* handshake message with its 4-byte header; alert and
                                     change_cipher_spec: the record's content; application_data: empty */
    size_t length;                /* bytes of the message or of the record's content */
    unsigned suite;    /* negotiated so far (parsing server_key_exchange needs it), or 0 */
    int resumed;       /* known from server_hello on */
    int renegotiation; /* the message, or `established`, is of a renegotiation */
} tls_stage_event;

/* ---- Decisions: one bit each in a watch mask ---- */
enum tls_decision {
    TLS_DECISION_SELECT,
    TLS_DECISION_SESSION_LOAD,
    TLS_DECISION_SESSION_STORE,
    TLS_DECISION_VERIFY,
    TLS_DECISION_CLIENT_CERTIFICATE,
    TLS_DECISION_SIGN,
    TLS_DECISION_DECRYPT,
    TLS_DECISION_PSK,
    TLS_DECISION_KEYLOG,
    TLS_DECISION_EARLY_DATA,
    TLS_DECISION_COUNT
};
const char *tls_decision_name(enum tls_decision decision);
int tls_decision_from_name(const char *name);

/* tls_question: what step() reports as TLS_EVENT_DECISION; valid until it is answered. */
typedef struct tls_question {
    enum tls_decision decision;
    union {
        struct {                    /* server, ClientHello was read and nothing is chosen */
            tls_bytes client_hello; /* raw message: parse with message.h */
        } select;
        struct {                     /* server */
            tls_bytes session_id;    /* TLS 1.3: a PSK identity that no ticket key opened */
            const char *server_name; /* "" when none was sent */
            int early_data; /* the client sends early data: a session must then be given once only
                             */
        } session_load;
        struct { /* both, once a resumable session exists */
            const tls_session *session;
        } session_store;
        struct {                                 /* both */
            const tls_certificate *const *chain; /* as received, leaf first */
            size_t chain_count;
            const tls_verdict *verdict; /* the library's own; reason TLS_OK when it accepts */
            const char *server_name;
        } verify;
        struct {                           /* client, CertificateRequest was read */
            tls_bytes certificate_request; /* raw message */
        } client_certificate;
        struct {              /* both: SIGN */
            unsigned scheme;  /* TLS 1.2 SignatureScheme code point; below TLS 1.2:
                                 0x0000 RSA with MD5+SHA-1, 0x0203 ECDSA with SHA-1 */
            const char *hash; /* "sha256", "md5sha1" … */
            tls_bytes digest; /* the hash value to sign */
            const tls_certificate *certificate; /* whose key must sign */
        } sign;
        struct {                  /* server, static RSA */
            tls_bytes ciphertext; /* RSA-encrypted pre-master secret */
            const tls_certificate *certificate;
        } decrypt;
        struct {                /* TLS 1.3, external pre-shared keys (RFC 8446 section 4.2.11) */
            tls_bytes identity; /* server: what the client offers; client: empty */
            const char *server_name;
        } psk;
        struct {
            tls_bytes line; /* NSS key log format, without the newline */
        } keylog;
        struct { /* server: the client offers early data (RFC 8446 section 4.2.10) that could be
                    accepted */
            const tls_session *session;
            const char *server_name;
            tls_bytes alpn;
        } early_data;
    } u;
} tls_question;

/* ---- Credentials: a chain and its key ---- */
typedef struct tls_credential {
    const tls_certificate **chain; /* leaf first */
    size_t chain_count;
    tls_private_key *key;    /* may be external (keyless): then SIGN/DECRYPT must be answered */
    tls_bytes ocsp_response; /* server: stapled for clients that ask (RFC 6066 section 8) */
} tls_credential;

/* An extension of one's own in ClientHello; what the server answers stands in its hello. */
typedef struct tls_custom_extension {
    uint16_t type;
    tls_bytes data;
} tls_custom_extension;

#define TLS_TICKETS_MAXIMUM 16 /* of one handshake */

/* ---- Contexts. Made once, then only read; counted. ---- */
typedef struct tls_context_options {
    enum tls_role role;
    unsigned version_min, version_max; /* 0x0301 … 0x0304; 0: 0x0303 and 0x0304. A version for which
                                          there is no suite in the list is not spoken. */
    const uint16_t *suites;            /* in order of preference; NULL: suite.h's "modern" */
    size_t suite_count;
    const uint16_t *groups; /* in order; NULL: x25519, secp256r1, secp384r1, secp521r1 */
    size_t group_count;
    const uint16_t *signature_schemes; /* in order; NULL: every SHA-2 one that BearSSL can do */
    size_t signature_scheme_count;
    const tls_bytes *alpn; /* protocol names, in order */
    size_t alpn_count;
    int alpn_required;      /* fail (no_application_protocol) when there is no common name */
    tls_trust_store *trust; /* may be NULL */
    enum tls_verify_mode verify;
    unsigned verify_depth; /* intermediate certificates allowed; 0: default of 8 */
    /* As in verify.h. */
    const struct tls_crl *const *crls;
    size_t crl_count;
    const unsigned char (*pins)[TLS_PIN_LENGTH];
    size_t pin_count;
    int64_t clock_skew;
    enum tls_revocation_mode revocation;
    enum tls_staple_mode staple;
    const tls_credential *credentials;
    size_t credential_count;
    size_t session_cache_size;     /* server: sessions kept in memory, 0: none */
    unsigned session_lifetime;     /* seconds, both sides; 0: 7200 */
    tls_ticket_keys *ticket_keys;  /* server: issue tickets under these (RFC 5077); may be NULL */
    int no_tickets;                /* client: do not ask for tickets */
    int no_extended_master_secret; /* neither offer nor accept RFC 7627 */
    int require_extended_master_secret; /* refuse peers without it */
    int fallback;                       /* client: send TLS_FALLBACK_SCSV (RFC 7507) */
    int no_status_request;              /* client: do not ask for a stapled OCSP response */
    unsigned max_fragment_length; /* client: ask for it (RFC 6066 section 4): 512, 1024, 2048, 4096;
                                     0: no */
    const tls_custom_extension
        *custom_extensions; /* client: of types that the core does not handle */
    size_t custom_extension_count;
    size_t record_size;    /* plaintext bytes per record sent, 512 … 16384; 0: 16384 */
    int client_preference; /* server: take the client's order of suites */
    int renegotiation;     /* allow it below TLS 1.3, with peers that have RFC 5746 */
    /* TLS 1.3. */
    unsigned
        key_share_count;  /* client: groups of the list for which ClientHello has a share; 0: 1 */
    int no_grease;        /* client: no GREASE values in ClientHello (RFC 8701) */
    int no_compatibility; /* no ChangeCipherSpec for middleboxes (RFC 8446 appendix D.4) */
    int psk_only; /* psk_ke where both sides allow it: resumption without (EC)DHE, and without
                     forward secrecy */
    int post_handshake_auth; /* client: offer it (RFC 8446 section 4.6.2) */
    int retry_cookie;        /* server: a cookie in HelloRetryRequest */
    unsigned ticket_count;   /* server: tickets after a full handshake, 0 … 16; see no_tickets */
    unsigned
        max_early_data; /* server: bytes of 0-RTT that its tickets allow; 0: none is accepted */
    unsigned
        early_data_window; /* server: seconds that the client's age of a ticket may be off; 0: 10 */
    unsigned
        record_size_limit; /* RFC 8449: the longest plaintext to receive, 64 … 16384; 0: no limit */
    unsigned record_padding;        /* records are padded to a multiple of this; 0: not */
    uint64_t key_update_records;    /* records sent under one key before it is updated; 0: what the
                                       suite allows */
    int64_t (*now)(void *now_data); /* seconds since the epoch; NULL: time() */
    void *now_data;
} tls_context_options;

/* tls_context_new copies the options and retains the objects in them. Fails with OUT_OF_MEMORY,
 * ILLEGAL_PARAMETER (an unknown suite or group, versions the wrong way round, a number out of the
 * bounds in context/bounds.h), KEY_MISMATCH. */
enum tls_reason tls_context_new(tls_context **out, const tls_context_options *options);
tls_context *tls_context_retain(tls_context *context);
void tls_context_release(tls_context *context);
enum tls_role tls_context_role(const tls_context *context);
/* tls_context_flush_sessions forgets the server's cached sessions. */
void tls_context_flush_sessions(tls_context *context);
size_t tls_context_session_count(const tls_context *context);
/* tls_context_pooled_buffers: record buffers that lie idle in the context's pool. */
size_t tls_context_pooled_buffers(const tls_context *context);
/* tls_context_default_groups and _schemes: what a context has in its lists when it is given none.
 */
const uint16_t *tls_context_default_groups(size_t *count);
const uint16_t *tls_context_default_schemes(size_t *count);
/* tls_processor_has_aes: whether AES instructions were found (AES-GCM is then preferred). */
int tls_processor_has_aes(void);

/* ---- Connections ---- */
/* One flight must hold the early data too. */
#define TLS_EARLY_DATA_MAXIMUM 32768
typedef struct tls_connection_options {
    const char *server_name; /* client: DNS name or IP address text to verify and (names only) to
                                send; NULL: no name is sent and none is checked */
    tls_session *session;    /* client: a session to resume; ignored where it does not fit */
    int64_t verify;          /* an enum tls_verify_mode, or -1 for the context's */
    tls_bytes early_data;    /* client: to be sent as 0-RTT when the session allows so much */
    int early_data_resend; /* send it after the handshake when it was not accepted as early data */
    unsigned version_min, version_max; /* 0: the context's; else within them */
    uint32_t stage_mask;               /* 1u << TLS_STAGE_… : stages to report */
    uint32_t decision_mask;            /* 1u << TLS_DECISION_… : decisions to ask */
} tls_connection_options;

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
 * how much arrived. room is 0 while plaintext waits to be read or the connection has ended. */
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
/* tls_connection_hold_plaintext puts aside what has been decrypted, so that step() can read on: for
 * a caller that wants to write while a renegotiation goes on and the peer's data stands before its
 * messages. It comes first out of tls_connection_plaintext. LIMIT: it would be more than 1 MiB,
 * which must be read first. OUT_OF_MEMORY. */
enum tls_reason tls_connection_hold_plaintext(tls_connection *connection);

/* tls_connection_early_data: what arrived as early data and was not consumed (a server's, TLS 1.3):
 * anyone may have sent it a second time, to this server or another. Reported by
 * TLS_EVENT_EARLY_DATA while the handshake goes on; what is still there when it is over comes first
 * out of tls_connection_plaintext. */
tls_bytes tls_connection_early_data(const tls_connection *connection);
void tls_connection_early_data_consume(tls_connection *connection, size_t length);

/* tls_connection_write seals as many bytes into records as the output buffer takes and returns that
 * number: 0 when it is full (send the output first). NOT_READY before the handshake is over and
 * during a renegotiation, CLOSED after tls_connection_close or a failure (the failure's own reason
 * then). A server that accepted early data may write before the handshake is over, once it has sent
 * its Finished. */
enum tls_reason tls_connection_write(
    tls_connection *connection, size_t *written, const void *data, size_t length);

/* tls_connection_renegotiate begins a renegotiation (RFC 5746) of TLS 1.0 to 1.2: a client's step()
 * then sends ClientHello; a server asks for one by HelloRequest, and `verify`, an enum
 * tls_verify_mode or -1, is the mode from then on. It goes on with step(), and ends with the stage
 * `established`, or is refused by the peer's warning, after which the connection is what it was:
 * see tls_connection_renegotiating and the info's `renegotiations`. Until its end
 * tls_connection_get_info and tls_connection_session tell what the handshake before settled. OK too
 * when one is under way. NO_RENEGOTIATION: the context does not allow it, or the peer has no RFC
 * 5746. UNSUPPORTED_VERSION; CLOSED; NOT_READY before the first handshake is over, or while output
 * from before the last renegotiation waits to be sent. */
enum tls_reason tls_connection_renegotiate(tls_connection *connection, int64_t verify);
/* tls_connection_renegotiating: one was asked for, or is under way. */
int tls_connection_renegotiating(const tls_connection *connection);
/* tls_connection_asks_renegotiation: a server sent HelloRequest, and no ClientHello has come yet.
 */
int tls_connection_asks_renegotiation(const tls_connection *connection);

/* TLS 1.3, after the handshake. Each: NOT_READY before, UNSUPPORTED_VERSION below TLS 1.3, CLOSED,
 * BUSY while the output is full. tls_connection_update_keys sends KeyUpdate (RFC 8446
 * section 4.6.3) and, with `request`, asks the peer for its own. tls_connection_request_certificate
 * (server) asks the client to authenticate (4.6.2); NO_POST_HANDSHAKE_AUTH when the client did not
 * offer that, BUSY while another request is open. `verify` is asked about the answer; without it a
 * certificate that comes must be good, and an empty answer is accepted unless the mode is REQUIRED.
 * tls_connection_send_ticket (server) sends one more NewSessionTicket. */
enum tls_reason tls_connection_update_keys(tls_connection *connection, int request);
enum tls_reason tls_connection_request_certificate(tls_connection *connection);
enum tls_reason tls_connection_send_ticket(tls_connection *connection);

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
/* tls_connection_peer_alert: the fatal alert the peer sent, or TLS_ALERT_NONE. */
int tls_connection_peer_alert(const tls_connection *connection);

/* ---- Stages and decisions of one connection ---- */
void tls_connection_watch(tls_connection *connection, uint32_t stage_mask, uint32_t decision_mask);
const tls_stage_event *tls_connection_stage(const tls_connection *connection);
const tls_question *tls_connection_question(const tls_connection *connection);

typedef struct tls_selection {
    tls_context *context;              /* another context of role server, or NULL */
    const tls_credential *credential;  /* this one only, or NULL */
    tls_bytes alpn;                    /* this protocol, or empty: by the context's list */
    unsigned version_max, version_min; /* 0: the context's */
    const uint16_t *suites;            /* NULL: the context's */
    size_t suite_count;
    tls_bytes ocsp_response; /* stapled instead of the credential's; empty: the credential's */
} tls_selection;

/* Each answers the question that waits; answering another one returns UNEXPECTED_MESSAGE and
 * changes nothing. */
/* session and credential may be NULL: none. */
enum tls_reason tls_connection_answer_default(tls_connection *connection);
enum tls_reason tls_connection_answer_select(tls_connection *c, const tls_selection *selection);
enum tls_reason tls_connection_answer_session(tls_connection *c, tls_session *session);
/* verdict TLS_OK accepts whatever the verdict was; another refuses with its alert. */
enum tls_reason tls_connection_answer_verify(tls_connection *c, enum tls_reason verdict);
enum tls_reason tls_connection_answer_credential(
    tls_connection *c, const tls_credential *credential);
/* signature: PKCS#1 v1.5 bytes as long as the modulus, or an ASN.1 DER ECDSA signature. */
enum tls_reason tls_connection_answer_signature(tls_connection *c, tls_bytes signature);
/* identity: what a client offers (a server's is the one it was asked about and is not read); key:
 * the PSK, empty for none; hash: BearSSL's number, 4 (SHA-256) or 5 (SHA-384). ILLEGAL_PARAMETER
 * for an identity over 65535 bytes or empty, a key over 64 bytes, another hash. */
enum tls_reason tls_connection_answer_psk(
    tls_connection *c, tls_bytes identity, tls_bytes key, int hash);
enum tls_reason tls_connection_answer_early_data(tls_connection *c, int accept);
/* secret: the decrypted 48-byte pre-master secret; any other length is treated as a decryption
 * failure, without telling (RFC 5246 section 7.4.7.1). */
enum tls_reason tls_connection_answer_decrypt(tls_connection *c, tls_bytes secret);

/* ---- What was negotiated ---- */
enum tls_early_data {
    TLS_EARLY_DATA_NONE,    /* none was offered */
    TLS_EARLY_DATA_OFFERED, /* and nothing is decided yet */
    TLS_EARLY_DATA_ACCEPTED,
    TLS_EARLY_DATA_REJECTED
};

typedef struct tls_connection_info {
    enum tls_role role;
    int established;      /* the handshake is complete */
    unsigned version;     /* 0x0303 …; 0 while unknown */
    unsigned suite;       /* 0 while unknown */
    unsigned group;       /* named group of an (EC)DHE exchange, or 0 */
    unsigned peer_scheme; /* scheme of the peer's handshake signature, or 0 */
    unsigned local_scheme;
    tls_bytes alpn;          /* empty: none */
    const char *server_name; /* sent or received; "" when none */
    int resumed;
    int resumable; /* tls_connection_session would give one */
    tls_bytes session_id;
    int peer_verified;       /* the chain was verified (now, or when the session began) */
    enum tls_reason verdict; /* of the last verification; TLS_OK when there was none */
    const tls_certificate *const *peer_chain; /* as received (or as kept in the session) */
    size_t peer_chain_count;
    const tls_certificate *const *local_chain; /* what this side sent */
    size_t local_chain_count;
    tls_bytes client_random, server_random;
    tls_bytes client_verify_data, server_verify_data; /* of Finished; empty before */
    int secure_renegotiation;                         /* RFC 5746 was negotiated */
    unsigned renegotiations;                          /* that were completed */
    int renegotiating;
    int extended_master_secret;   /* RFC 7627 was negotiated, or held for the resumed session */
    int ticket;                   /* the session came from a ticket, or a ticket was given for it */
    unsigned max_fragment_length; /* agreed (RFC 6066 section 4), or 0 */
    tls_bytes ocsp_response;      /* what the server stapled; empty: nothing */
    tls_bytes signed_certificate_timestamps; /* RFC 6962 section 3.3, as sent in ServerHello */
    /* TLS 1.3 */
    enum tls_early_data early_data;
    size_t early_data_length;   /* bytes sent, or received and accepted, as early data */
    int hello_retry;            /* there was a HelloRetryRequest */
    int psk;                    /* authenticated by a PSK: a session's or an external one */
    tls_bytes psk_identity;     /* of an external PSK; else empty */
    int post_handshake_auth;    /* the client offered it */
    unsigned record_size_limit; /* the peer's (RFC 8449), or 0 */
    unsigned key_updates_sent, key_updates_received;
    int closed_sent, closed_received;
    uint64_t bytes_received, bytes_sent; /* of ciphertext */
    uint64_t records_received, records_sent;
    size_t memory; /* bytes held now by this connection: structures, engine, buffers */
} tls_connection_info;
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

/* ---- Sessions: immutable, counted ---- */
/* tls_connection_session: a new reference to the connection's resumable session, or NULL. */
tls_session *tls_connection_session(const tls_connection *connection);
tls_session *tls_session_retain(const tls_session *session);
void tls_session_release(tls_session *session);

typedef struct tls_session_info {
    enum tls_role role;
    unsigned version, suite;
    tls_bytes id;
    const char *server_name;
    int64_t created, expires; /* seconds since the epoch */
    int peer_verified;
    int extended_master_secret;
    int has_ticket;
    uint32_t max_early_data; /* TLS 1.3: bytes that may be sent as early data */
    tls_bytes alpn;
    const tls_certificate *const *peer_chain;
    size_t peer_chain_count;
} tls_session_info;
void tls_session_get_info(const tls_session *session, tls_session_info *out);
/* tls_session_export appends an encoding that holds the master secret: treat it like a key.
 * tls_session_import refuses anything but such an encoding with BAD_SESSION. */
enum tls_reason tls_session_export(const tls_session *session, tls_buffer *out);
enum tls_reason tls_session_import(tls_session **out, tls_bytes encoded);
/* tls_session_resumable: whether `context` would offer (client) or accept (server) it now for
 * `server_name`: same name, same policy, same verification level, in date. */
int tls_session_resumable(
    const tls_session *session, const tls_context *context, const char *server_name);

#endif

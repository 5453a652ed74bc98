/* internal.h - the inside of tls_connection: what connection.c, its neighbours (event.c,
 * transfer.c, decision.c) and the engines share. */
#ifndef TLS_CONNECTION_INTERNAL_H
#define TLS_CONNECTION_INTERNAL_H

#include "context/internal.h"
#include "handshake/engine.h"
#include "record/record.h"
#include "tls13/traffic.h"

/* A handshake message longer than this is refused (LIMIT): room for a long chain, and a cap on what
 * a peer can make us hold. */
#define TLS_HANDSHAKE_MAXIMUM ((size_t)128 * 1024)
/* Output room that application data never takes, so that an alert can always be sealed. */
#define TLS_ALERT_RESERVE 256
/* More warnings, empty records or refused renegotiations than this without application data between
 * them are an attack (RFC 5246 gives no limit; RFC 8446 section 5.1 speaks of denial of service).
 */
#define TLS_IDLE_RECORDS_MAXIMUM 32
#define TLS_VERIFY_DATA_MAXIMUM 64
#define TLS_PSK_MAXIMUM 64

/* An event that waits to be reported; keylog lines stand in the same queue, so that order is kept.
 */
typedef struct tls_event_node {
    struct tls_event_node *next;
    int is_keylog;
    tls_stage_event event;
    unsigned char data[]; /* a copy of the message or the line */
} tls_event_node;

enum tls_question_state { TLS_QUESTION_NONE, TLS_QUESTION_ASKED, TLS_QUESTION_ANSWERED };

typedef struct tls_answer {
    int is_default;
    tls_selection selection; /* its credential and suites point into the fields below */
    tls_credential credential;
    int has_credential;
    uint16_t *suites;
    tls_session *session;
    enum tls_reason verify;
    tls_buffer bytes; /* signature, decrypted secret, or the selected ALPN name */
    tls_buffer ocsp_response;
    tls_buffer psk_identity; /* its key is in `bytes` */
    int psk_hash;
    int accept; /* early data */
} tls_answer;

/* What happens between the engine's end and `established`. */
enum tls_epilogue {
    TLS_EPILOGUE_NONE,
    TLS_EPILOGUE_STORE,
    TLS_EPILOGUE_STORING,
    TLS_EPILOGUE_DONE
};

/* Who the peer is. Anyone can send anyone's certificate: only a handshake whose signature and
 * Finished were checked proves it, so each begins with an empty one, which takes the place of what
 * stood before when the peer's Finished was right (tls_connection_prove_peer), and is dropped when
 * the handshake fails. */
typedef struct tls_peer {
    tls_certificate_list *chain; /* as received, or as the resumed session knows it; NULL: none */
    enum tls_verification_level level;
    enum tls_reason verdict;
    unsigned scheme;         /* of its handshake signature, or 0 */
    int psk;                 /* authenticated by a PSK */
    tls_buffer psk_identity; /* of an external one */
    tls_buffer ocsp_response, signed_certificate_timestamps;
} tls_peer;

/* What the handshake before settled, while another one runs: renegotiation.h. */
typedef struct tls_renegotiation tls_renegotiation;

/* More than this is not put aside of what a peer sends while a renegotiation goes on. */
#define TLS_HELD_MAXIMUM ((size_t)1024 * 1024)

struct tls_connection {
    tls_context *context;    /* `select` may exchange it */
    tls_context *pool_owner; /* whose pool the record buffers belong to: the first context */
    enum tls_role role;
    enum tls_verify_mode verify;
    unsigned version_min, version_max; /* the connection's own limits, 0: none */
    int verify_given; /* by the connection's own options: then `select` does not change it */
    const tls_engine_class *engine_class;
    void *engine; /* NULL once the handshake is over */

    /* Records. `input` and `output` are borrowed from the pool while they hold something. */
    tls_record_opener opener;
    tls_record_sealer sealer;
    unsigned char *input, *output;
    size_t input_start, input_end, input_used;
    size_t output_start, output_end;
    tls_buffer output_before; /* goes first: see tls_connection_make_room */
    unsigned char *plaintext; /* decrypted application data inside `input` */
    size_t plaintext_length;
    tls_buffer held; /* plaintext put aside; read first, from held_start on */
    size_t held_start;
    tls_buffer handshake_in;      /* reassembly; messages are taken from its front */
    tls_buffer handshake_out;     /* messages of the flight, sealed together */
    unsigned max_fragment_length; /* agreed, or 0: then records received may not be longer either */
    size_t receive_limit;         /* by the record_size_limit that we announced, or 0 (RFC 8449) */
    unsigned peer_record_limit;
    size_t fragment_limit; /* plaintext bytes per record sent: record_size, or less when the peer
                              asks */
    unsigned idle_records;
    int input_ended;

    /* TLS 1.3. */
    tls_traffic *traffic; /* from the server's Finished on; NULL below TLS 1.3 */
    enum tls_early_data early_data;
    size_t early_data_length;
    tls_buffer early_out; /* client: to be sent early, or again */
    int early_data_resend;
    tls_buffer early_in;       /* server: accepted, and not consumed */
    size_t early_data_allowed; /* server: how many bytes may still come */
    int early_data_arrived;    /* and was not reported */
    size_t skip_early_data;    /* server: bytes of records that may be passed over unread */
    int may_write;             /* server: before the client's Finished has come */
    int64_t session_expires;   /* of the session that was resumed */
    int hello_retry, post_handshake_auth;
    unsigned key_updates_sent, key_updates_received;
    unsigned
        authentications; /* late ones of a client (RFC 8446 section 4.6.2) that were completed */
    int declined;        /* the last answer to a late request was without a certificate */

    /* Stages and decisions. */
    uint32_t stage_mask, decision_mask;
    tls_event_node *events, *events_last;
    int event_reported, question_reported;
    enum tls_question_state question_state;
    tls_question question, keylog_question;
    tls_answer *answer;
    enum tls_epilogue epilogue;
    int established, established_reported, closed_reported;

    /* What was negotiated. */
    tls_peer peer;    /* proven: nothing else is told, kept in a session or sealed into a ticket */
    tls_peer claimed; /* in the handshake or late authentication that is going on */
    unsigned version, suite, group, local_scheme;
    char *server_name;
    tls_buffer alpn;
    int resumed, secure_renegotiation;
    int extended_master_secret, ticket;
    tls_session *session; /* offered, then negotiated */
    int session_is_new;   /* to be stored */
    tls_certificate_list *local_chain;
    unsigned char end_point[TLS_FINGERPRINT_MAXIMUM]; /* a resumed server's: see session.h */
    size_t end_point_length;
    unsigned char master_secret[TLS_MASTER_SECRET_LENGTH]; /* for exporters, TLS 1.2 and below */
    unsigned char client_random[32], server_random[32];
    unsigned char client_verify_data[TLS_VERIFY_DATA_MAXIMUM];
    unsigned char server_verify_data[TLS_VERIFY_DATA_MAXIMUM];
    unsigned char client_verify_length, server_verify_length;

    /* Renegotiation. */
    tls_renegotiation *renegotiation;          /* NULL but while one runs */
    int renegotiation_asked;                   /* server: HelloRequest was sent */
    enum tls_verify_mode renegotiation_verify; /* the mode that it was asked with */
    unsigned renegotiations, renegotiations_idle;

    /* The end. */
    enum tls_reason failure;
    char *failure_text;
    int peer_alert;
    int close_sent, close_received;
    uint64_t bytes_received, bytes_sent;
};

/* ---- connection.c ---- */
/* What a session must match to be resumed on this connection: see session.h. */
void tls_connection_policy(const tls_connection *c, unsigned char out[TLS_POLICY_LENGTH]);
enum tls_verification_level tls_connection_required_level(const tls_connection *c);
/* tls_connection_explain keeps the sentence for a reason that is about to be returned. */
void tls_connection_explain(tls_connection *c, const char *text);
/* tls_connection_set_chain replaces *list by a new counted list of these certificates. */
enum tls_reason tls_connection_set_chain(
    tls_certificate_list **list, tls_certificate *const *items, size_t count);

/* ---- exporter.c ---- */
/* tls_connection_end_point writes the tls-server-end-point binding (RFC 5929 section 4.1) and
 * returns its length, 0 when the server's certificate is not known. */
size_t tls_connection_end_point(
    const tls_connection *c, unsigned char out[TLS_FINGERPRINT_MAXIMUM]);
/* A server's session keeps the binding, and a connection that resumes it has the same. */
void tls_connection_keep_end_point(const tls_connection *c, tls_session *session);
void tls_connection_resume_end_point(tls_connection *c, const tls_session *session);

/* ---- event.c ---- */
/* tls_connection_stage_happened queues an event when somebody watches the stage. */
enum tls_reason tls_connection_stage_happened(
    tls_connection *c, enum tls_stage stage, enum tls_direction direction, tls_bytes raw);
/* The same for a record of application data: the length without a copy. */
enum tls_reason tls_connection_data_happened(
    tls_connection *c, enum tls_direction direction, size_t length);
/* tls_connection_keylog queues a line "LABEL <client_random> <secret>" when somebody watches. */
enum tls_reason tls_connection_keylog(
    tls_connection *c, const char *label, const void *secret, size_t length);
void tls_connection_drop_event(tls_connection *c);

/* ---- decision.c ---- */
int tls_connection_decides(const tls_connection *c, enum tls_decision decision);
/* tls_connection_ask puts c->question, whose union the caller has filled, to whoever watches. */
void tls_connection_ask(tls_connection *c, enum tls_decision decision);
/* tls_connection_take_answer: the answer to the question asked last, or NULL while there is none;
 * the caller clears it with tls_connection_answer_clear when it has been used. */
tls_answer *tls_connection_take_answer(tls_connection *c);
void tls_connection_answer_clear(tls_connection *c);

/* ---- transfer.c: records in and out ---- */
/* After the handshake messages go to the engine class's `message`, one for each call of step's
 * loop. tls_connection_next_message: the next whole handshake message in c->handshake_in, an empty
 * view while there is none; it stays until tls_connection_message_done. */
enum tls_reason tls_connection_next_message(tls_connection *c, tls_bytes *message);
void tls_connection_message_done(tls_connection *c, size_t length);
/* tls_connection_send_message adds to the flight; tls_connection_flush_flight seals it. */
enum tls_reason tls_connection_send_message(tls_connection *c, tls_bytes message);
enum tls_reason tls_connection_flush_flight(tls_connection *c);
enum tls_reason tls_connection_send_change_cipher_spec(tls_connection *c);
/* tls_connection_make_room empties the output buffer for a flight after the handshake, which must
 * fit: what waits in it is kept aside, and goes first. Not while something is aside. */
enum tls_reason tls_connection_make_room(tls_connection *c);
/* tls_connection_before_write sends what must precede application data, as far as there is room. */
enum tls_reason tls_connection_before_write(tls_connection *c);
/* tls_connection_message_after gives a message that came after the handshake to the engine class;
 * *got is 0 while none is whole. */
enum tls_reason tls_connection_message_after(tls_connection *c, int *got);
/* tls_connection_send_data seals early data of a client. */
enum tls_reason tls_connection_send_data(tls_connection *c, tls_bytes data);
/* tls_connection_has_room: whether a few handshake messages still fit the output buffer. */
int tls_connection_has_room(const tls_connection *c);
enum tls_reason tls_connection_send_alert(tls_connection *c, int level, int description);
/* tls_connection_read_record opens and dispatches one record; *got is 0 while none is complete. */
enum tls_reason tls_connection_read_record(tls_connection *c, int *got);
void tls_connection_release_buffers(tls_connection *c);

#endif

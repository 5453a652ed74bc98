/* host.h - what an engine sees of the connection that it works for: what stays the same from one
 * handshake to the next, the record protection, whom to tell and ask, and a few functions over the
 * connection's input and output. */
#ifndef TLS_HOST_H
#define TLS_HOST_H

#include "handshake/event.h"
#include "handshake/facts.h"
#include "record/record.h"

typedef struct tls_host tls_host;
typedef struct tls_handshake tls_handshake;
typedef struct tls_ech tls_ech;
struct tls_traffic;

typedef struct tls_host_class {
    /* next_message: the next whole handshake message that came, an empty view while there is none;
     * it stays until message_done. `awaited` has the types that may come now (TLS_MESSAGE_BIT):
     * another is UNEXPECTED_MESSAGE, and one that is too long LIMIT, as soon as its header is
     there. is_last: nothing came behind its `length` bytes, so that keys
     * may change (RFC 8446 section 5.1). */
    enum tls_reason (*next_message)(tls_host *host, uint32_t awaited, tls_bytes *message);
    void (*message_done)(tls_host *host, size_t length);
    int (*is_last)(const tls_host *host, size_t length);
    /* send_message adds to the flight; send_alone seals a message in a record of its own, before a
     * flight that is still being made; flush seals that; the others flush first. */
    enum tls_reason (*send_message)(tls_host *host, tls_bytes message);
    enum tls_reason (*send_alone)(tls_host *host, tls_bytes message);
    enum tls_reason (*flush)(tls_host *host);
    enum tls_reason (*send_change_cipher_spec)(tls_host *host);
    enum tls_reason (*send_early_data)(tls_host *host, tls_bytes data);
    /* has_room: a few handshake messages still fit the output. make_room empties it for a flight
     * after the handshake, which must fit: LIMIT while a peer has not taken the one before.
     * fit_flight sees that the flight that was made fits, whatever was written meanwhile. */
    int (*has_room)(const tls_host *host);
    enum tls_reason (*make_room)(tls_host *host);
    enum tls_reason (*fit_flight)(tls_host *host);
    /* explain keeps the sentence for a reason that is about to be returned. */
    void (*explain)(tls_host *host, const char *text);
} tls_host_class;

/* More warnings, empty records or refused renegotiations than this without application data between
 * them are an attack (RFC 5246 gives no limit; RFC 8446 section 5.1 speaks of denial of service).
 */
#define TLS_IDLE_RECORDS_MAXIMUM 32

struct tls_host {
    const tls_host_class *class;
    tls_context *context; /* `select` may exchange it */
    tls_lists own;        /* the connection's own lists, instead of the context's */
    char *server_name;
    enum tls_role role;
    unsigned version_min, version_max; /* the connection's own limits, 0: none */
    int close_sent;                    /* nothing may follow */

    tls_events events;
    tls_facts settled;        /* by the handshake before; nothing before the first is over */
    tls_handshake *handshake; /* the one that runs, or NULL */

    /* Records: how they are protected, and how long they may be. */
    tls_record_opener opener;
    tls_record_sealer sealer;
    struct tls_traffic *traffic; /* TLS 1.3, from the server's Finished on */
    size_t fragment_limit; /* plaintext bytes per record sent: record_size, or less when the peer
                              asks */
    size_t receive_limit;  /* by the record_size_limit that we announced, or 0 (RFC 8449) */
    unsigned idle_records;

    /* Early data of TLS 1.3. */
    tls_buffer early_out;      /* client: to be sent early, or again */
    tls_buffer early_protocol; /* client: the one that it was written for, the session's */
    tls_buffer ech;            /* client: a list of its own (RFC 9849) */
    int early_data_resend, fallback_scsv, no_ech;
    int session_given;         /* client: the caller has said which session, or none */
    size_t early_data_allowed; /* server: how many bytes may still come */
    size_t skip_early_data;    /* server: bytes of records that may be passed over unread */
    int may_write;             /* server: before the client's Finished has come */

    unsigned key_updates_sent, key_updates_received;
    unsigned authentications; /* late ones that proved a client (RFC 8446 section 4.6.2) */
};

/* tls_host_lists: the protocols and pins in force. */
static inline tls_lists
tls_host_lists(const tls_host *host)
{
    return tls_lists_either(&host->own, &host->context->lists);
}

static inline enum tls_reason
tls_host_next_message(tls_host *host, uint32_t awaited, tls_bytes *message)
{
    return host->class->next_message(host, awaited, message);
}

static inline void
tls_host_message_done(tls_host *host, size_t length)
{
    host->class->message_done(host, length);
}

static inline int
tls_host_is_last(const tls_host *host, size_t length)
{
    return host->class->is_last(host, length);
}

static inline enum tls_reason
tls_host_send_message(tls_host *host, tls_bytes message)
{
    return host->class->send_message(host, message);
}

static inline enum tls_reason
tls_host_send_alone(tls_host *host, tls_bytes message)
{
    return host->class->send_alone(host, message);
}

static inline enum tls_reason
tls_host_flush(tls_host *host)
{
    return host->class->flush(host);
}

static inline enum tls_reason
tls_host_send_change_cipher_spec(tls_host *host)
{
    return host->class->send_change_cipher_spec(host);
}

static inline enum tls_reason
tls_host_send_early_data(tls_host *host, tls_bytes data)
{
    return host->class->send_early_data(host, data);
}

static inline int
tls_host_has_room(const tls_host *host)
{
    return host->class->has_room(host);
}

static inline enum tls_reason
tls_host_make_room(tls_host *host)
{
    return host->class->make_room(host);
}

static inline enum tls_reason
tls_host_fit_flight(tls_host *host)
{
    return host->class->fit_flight(host);
}

static inline void
tls_host_explain(tls_host *host, const char *text)
{
    host->class->explain(host, text);
}

/* ---- host.c ---- */
/* tls_host_facts: of the handshake that runs, or what the last one settled. */
const tls_facts *tls_host_facts(const tls_host *host);
/* tls_host_happened queues an event when somebody watches the stage. */
enum tls_reason tls_host_happened(
    tls_host *host, enum tls_stage stage, enum tls_direction direction, tls_bytes raw);
/* The same for a record of application data: the length without a copy. */
enum tls_reason tls_host_data_happened(tls_host *host, enum tls_direction direction, size_t length);
/* tls_host_keylog queues a line "LABEL <client_random> <secret>" when somebody watches. */
enum tls_reason tls_host_keylog(
    tls_host *host, const char *label, const void *secret, size_t length);
/* tls_host_count_idle counts a record that brings nothing on. UNEXPECTED_MESSAGE when there were
 * too many. */
enum tls_reason tls_host_count_idle(tls_host *host);
/* tls_host_limit_fragments: a peer takes no more than this in a record. */
void tls_host_limit_fragments(tls_host *host, size_t limit);

/* tls_host_seal_with, tls_host_open_with: what is sent, or received, from now on is protected under
 * a traffic secret (RFC 8446 section 7.3), and padded as the context says. */
void tls_host_seal_with(tls_host *host, const tls_suite *suite, const unsigned char *secret);
void tls_host_open_with(tls_host *host, const tls_suite *suite, const unsigned char *secret);

/* tls_host_policy: what a session must match to be resumed under these facts (session/internal.h),
 */
void tls_host_policy(
    const tls_host *host, const tls_facts *facts, unsigned char out[TLS_POLICY_LENGTH]);

/* What is decided and asked: see event.h. */
int tls_host_decides(const tls_host *host, enum tls_decision decision);
void tls_host_ask(tls_host *host, enum tls_decision decision);
tls_answer *tls_host_take_answer(tls_host *host);
void tls_host_answer_clear(tls_host *host);

#endif

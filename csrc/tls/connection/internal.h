/* internal.h - the inside of tls_connection, for the files of this room. */
#ifndef TLS_CONNECTION_INTERNAL_H
#define TLS_CONNECTION_INTERNAL_H

#include "connection/connection.h"
#include "handshake/handshake.h"

/* Output room that application data never takes, so that a warning, which may take the first half,
 * and a last alert can always be sealed. */
#define TLS_ALERT_RESERVE ((size_t)2 * (TLS_RECORD_OVERHEAD_MAXIMUM + 2))
/* More than this is not put aside of what a peer sends while a renegotiation goes on. */
#define TLS_HELD_MAXIMUM ((size_t)1024 * 1024)

/* More renegotiations of the peer's making than this without application data of its between them
 * are refused: a handshake costs us more than a ClientHello costs it. */
#define TLS_RENEGOTIATIONS_IDLE_MAXIMUM 3

/* Where tls_connection_step stands. A renegotiation and a late authentication go from OPEN back to
 * HANDSHAKE, and through STORE and SETTLE (a late authentication has nothing to store) to OPEN. */
enum tls_phase {
    TLS_PHASE_HANDSHAKE, /* an engine advances */
    TLS_PHASE_STORE,     /* it is done: the session may be kept */
    TLS_PHASE_SETTLE,    /* and was, and the facts become the connection's */
    TLS_PHASE_OPEN,
    TLS_PHASE_CLOSED, /* the peer sends nothing more; writing may go on */
    TLS_PHASE_FAILED
};

/* Bytes from the transport, and what is in them. `buffer` is there while it holds something. It is
 * borrowed from the pool, but not by a server before its handshake is over: what anybody can make a
 * server hold is to be small. */
typedef struct tls_input {
    unsigned char *buffer;
    size_t room; /* its length */
    size_t start, end, used;
    uint64_t bytes;
    tls_buffer handshake;     /* reassembly; messages are taken from its front */
    unsigned subject_content; /* what was looked at last: a content type, 0 for nothing */
    int subject_message;      /* and a handshake message's type, -1 for none */
    uint32_t awaited;         /* the types of message that the engine has asked for */
    unsigned char borrowed;   /* the buffer is from the pool */
    unsigned char ended;
    unsigned char reads_on; /* what is held does not stand in the way of the records behind it */
    unsigned char early_arrived; /* there is early data that was not reported */
    unsigned char *plaintext;    /* decrypted application data inside `buffer` */
    size_t plaintext_length;
    tls_buffer held; /* plaintext put aside; read first, from held_start on */
    size_t held_start;
    tls_buffer early; /* a server's early data: accepted, and not consumed */
} tls_input;

/* Bytes to the transport. */
typedef struct tls_output {
    unsigned char *buffer;
    size_t start, end;
    uint64_t bytes;
    tls_buffer before;    /* goes first: see tls_output_make_room */
    tls_buffer handshake; /* messages of the flight, sealed together */
} tls_output;

struct tls_connection {
    tls_host host;           /* the first member: what engines see */
    tls_context *pool_owner; /* whose pool the buffers belong to: the first context */
    const tls_engine_class
        *settled_class; /* of the handshake before; NULL before the first is over */
    enum tls_phase phase;
    int untold;       /* the first handshake is over, and the caller is to be told once */
    int established;  /* once and for all */
    int verify_given; /* by the connection's own options: then `select` does not change it */
    tls_input input;
    tls_output output;

    /* Renegotiation. */
    int renegotiation_asked;                   /* server: HelloRequest was sent */
    enum tls_verify_mode renegotiation_verify; /* the mode that it was asked with */
    unsigned renegotiations, renegotiations_idle;

    /* The end. */
    enum tls_reason failure;
    char *failure_text;
    int peer_alert;
    int close_received;
};

static inline tls_connection *
tls_connection_of(tls_host *host)
{
    return (tls_connection *)host;
}

/* tls_connection_class: the engine that runs, or ran last. */
static inline const tls_engine_class *
tls_connection_class(const tls_connection *c)
{
    return c->host.handshake != NULL ? c->host.handshake->engine_class : c->settled_class;
}

/* tls_connection_rekeys: a handshake runs that changes the keys: the first, or a renegotiation. */
static inline int
tls_connection_rekeys(const tls_connection *c)
{
    return c->host.handshake != NULL && c->host.handshake->purpose != TLS_LATE_AUTHENTICATION;
}

/* tls_connection_checked ends the connection where what was asked for failed for want of memory or
 * randomness: a message may be half made, or sent and not remembered. Returns the reason. */
enum tls_reason tls_connection_checked(tls_connection *c, enum tls_reason reason);

static inline int
tls_connection_in_renegotiation(const tls_connection *c)
{
    return c->host.handshake != NULL && tls_handshake_renegotiates(c->host.handshake);
}

extern const tls_host_class tls_connection_host_class;

/* ---- connection.c ---- */
void tls_connection_explain(tls_connection *c, const char *text);

/* ---- explain.c ---- */
/* tls_explain_failure keeps the sentence for what ends the connection now, where this connection
 * knows more than error_table.h and nobody has explained it yet. */
void tls_explain_failure(tls_connection *c, enum tls_reason reason);

/* ---- input.c: records and handshake messages in ---- */
enum tls_reason tls_input_next_message(tls_connection *c, uint32_t awaited, tls_bytes *message);
void tls_input_message_done(tls_connection *c, size_t length);
/* tls_input_read_record opens and dispatches one record; *got is 0 while none is complete. */
enum tls_reason tls_input_read_record(tls_connection *c, int *got);
/* tls_input_drop drops what came and was not looked at, and what a peer made us hold of a message.
 */
void tls_input_drop(tls_connection *c);
void tls_input_release(tls_connection *c);
size_t tls_input_memory(const tls_connection *c);

/* ---- output.c: handshake messages, alerts and application data out ---- */
enum tls_reason tls_output_message(tls_connection *c, tls_bytes message);
/* tls_output_alone seals a message before the flight that is being made. */
enum tls_reason tls_output_alone(tls_connection *c, tls_bytes message);
enum tls_reason tls_output_flush(tls_connection *c);
enum tls_reason tls_output_change_cipher_spec(tls_connection *c);
enum tls_reason tls_output_early_data(tls_connection *c, tls_bytes data);
enum tls_reason tls_output_alert(tls_connection *c, int level, int description);
int tls_output_has_room(const tls_connection *c);
/* tls_output_make_room empties the output buffer for a flight after the handshake, which must fit:
 * what waits in it is kept aside, and goes first. LIMIT while something is aside. */
enum tls_reason tls_output_make_room(tls_connection *c);
/* tls_output_fit_flight does so for the flight that is about to be flushed, if it has no room. */
enum tls_reason tls_output_fit_flight(tls_connection *c);
/* tls_output_before_data sends what must precede application data, as far as there is room. */
enum tls_reason tls_output_before_data(tls_connection *c);
void tls_output_release(tls_connection *c);
size_t tls_output_memory(const tls_connection *c);

/* ---- renegotiation.c ---- */
/* tls_renegotiation_requested: the peer's HelloRequest or ClientHello arrived on the established
 * connection. Begins when it may (then `message` is the new engine's, or done with), refuses with
 * the warning no_renegotiation otherwise (RFC 5246 section 7.2.2). */
enum tls_reason tls_renegotiation_requested(tls_connection *c, tls_bytes message);
/* tls_renegotiation_warned: the peer's warning no_renegotiation. */
void tls_renegotiation_warned(tls_connection *c);

#endif

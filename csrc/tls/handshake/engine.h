/* engine.h - what a connection needs of a handshake engine: tls12/filter.c for TLS 1.0 to 1.2,
 * tls13/engine.c for TLS 1.3, and before both negotiation.c. Above this line nothing asks which one
 * runs.
 *
 * An engine is a state machine over whole handshake messages in the clear: the connection reads and
 * seals records, reassembles messages, keeps the queue of stage events, asks questions and sends
 * alerts. The engine takes messages with tls_connection_next_message, sends with
 * tls_connection_send_message, and waits for a decision with tls_connection_ask. */
#ifndef TLS_ENGINE_H
#define TLS_ENGINE_H

#include "tls.h"

enum tls_progress {
    TLS_PROGRESS_MORE,    /* call again, once the events and the question are dealt with */
    TLS_PROGRESS_BLOCKED, /* needs bytes from the peer, or room in the output buffer */
    TLS_PROGRESS_DONE     /* the handshake is complete */
};

typedef struct tls_engine_class {
    /* advance does one unit of work. A reason ends the connection with its alert. */
    enum tls_reason (*advance)(tls_connection *connection, enum tls_progress *progress);
    /* change_cipher_spec: the record arrived during the handshake. */
    enum tls_reason (*change_cipher_spec)(tls_connection *connection);
    /* message: a handshake message arrived after the handshake, when connection->engine is NULL.
     * Takes it out of connection->handshake_in, or makes an engine that will: `advance` is then
     * called as in a handshake. */
    enum tls_reason (*message)(tls_connection *connection, tls_bytes message);
    /* release frees connection->engine and wipes its secrets; called once. */
    void (*release)(tls_connection *connection);
    /* memory: bytes that connection->engine holds. */
    size_t (*memory)(const tls_connection *connection);
    /* What TLS 1.3 alone has after the handshake; NULL elsewhere. before_write sends what must
     * precede application data; the others are the functions of tls.h. */
    enum tls_reason (*before_write)(tls_connection *connection);
    enum tls_reason (*update_keys)(tls_connection *connection, int request);
    enum tls_reason (*request_certificate)(tls_connection *connection);
    enum tls_reason (*send_ticket)(tls_connection *connection);
} tls_engine_class;

#endif

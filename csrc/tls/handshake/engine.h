/* engine.h - what a handshake needs of an engine: tls12 for TLS 1.0 to 1.2, tls13 for TLS 1.3, and
 * before both negotiation.c. Nothing above asks which one runs.
 *
 * An engine is a state machine over whole handshake messages in the clear: the connection reads and
 * seals records, reassembles messages, keeps the queue of stage events, asks questions and sends
 * alerts. The engine takes messages with tls_host_next_message, sends with tls_host_send_message,
 * and waits for a decision with tls_host_ask. */
#ifndef TLS_ENGINE_H
#define TLS_ENGINE_H

#include "handshake/host.h"

enum tls_progress {
    TLS_PROGRESS_MORE,    /* call again, once the events and the question are dealt with */
    TLS_PROGRESS_BLOCKED, /* needs bytes from the peer, or room in the output buffer */
    TLS_PROGRESS_OLDER, /* the server took an older version: another engine goes on with its message
                         */
    TLS_PROGRESS_DONE   /* the handshake is complete */
};

typedef struct tls_engine_class {
    /* advance does one unit of work. A reason ends the connection with its alert. */
    enum tls_reason (*advance)(tls_handshake *handshake, enum tls_progress *progress);
    /* change_cipher_spec: the record arrived during the handshake. */
    enum tls_reason (*change_cipher_spec)(tls_handshake *handshake);
    /* release frees handshake->engine and wipes its secrets; called once. */
    void (*release)(tls_handshake *handshake);
    /* memory: bytes that handshake->engine holds. */
    size_t (*memory)(const tls_handshake *handshake);
    /* state: where the handshake stands, as "wait_server_hello". */
    const char *(*state)(const tls_handshake *handshake);

    /* awaits: the types of message that may come while no handshake runs (TLS_MESSAGE_BIT). */
    uint32_t (*awaits)(const tls_host *host);
    /* message: one of these arrived. Takes it, or makes a handshake
     * that will; *renegotiate is set when it asks for one that the connection must allow first. */
    enum tls_reason (*message)(tls_host *host, tls_bytes message, int *renegotiate);
    /* export_keying_material: RFC 5705, RFC 8446 section 7.5; `early`: with the early exporter.
     * NOT_READY, UNSAFE_BINDING, ILLEGAL_PARAMETER. */
    enum tls_reason (*export_keying_material)(const tls_host *host, int early, unsigned char *out,
        size_t length, const char *label, const tls_bytes *context);
    /* unique: tls-unique (RFC 5929 section 3). UNSAFE_BINDING. */
    enum tls_reason (*unique)(const tls_host *host, tls_bytes *binding);
    /* What TLS 1.3 alone has after the handshake; NULL elsewhere. before_write sends what must
     * precede application data; the others are the functions of connection.h. */
    enum tls_reason (*before_write)(tls_host *host);
    uint64_t (*records_left)(
        const tls_host *host); /* under the present key; 0 while an update is due */
    enum tls_reason (*update_keys)(tls_host *host, int request);
    enum tls_reason (*request_certificate)(tls_host *host);
    int (*requests_certificate)(const tls_host *host); /* a request is open */
    enum tls_reason (*send_ticket)(tls_host *host);
} tls_engine_class;

#endif

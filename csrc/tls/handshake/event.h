/* event.h - what the owner of a connection is told and asked: a queue of stage events and key log
 * lines, and one question at a time with its answer. Nothing here calls back: tls_connection_step
 * reports them one by one. */
#ifndef TLS_EVENT_H
#define TLS_EVENT_H

#include "context/credential.h"
#include "handshake/decision.h"
#include "handshake/stage.h"

/* An event that waits to be reported; key log lines stand in the same queue, so that order is kept.
 */
typedef struct tls_event_node {
    struct tls_event_node *next;
    int is_keylog;
    tls_stage_event event;
    tls_question question; /* that a key log line is */
    unsigned char data[];  /* a copy of the message or the line */
} tls_event_node;

#define TLS_PSK_MAXIMUM 64 /* bytes of an external key */

enum tls_question_state { TLS_QUESTION_NONE, TLS_QUESTION_ASKED, TLS_QUESTION_ANSWERED };

typedef struct tls_answer {
    int is_default;
    tls_selection selection; /* its credential and suites point into the fields below */
    tls_credential credential;
    int has_credential;
    uint16_t *suites;
    tls_session *session;
    enum tls_peer_answer peer;
    tls_buffer bytes; /* signature, decrypted secret, PSK, or the selected ALPN name */
    tls_buffer ocsp_response;
    tls_buffer psk_identity; /* its key is in `bytes` */
    int psk_hash;
    int psk_imported; /* RFC 9258; a client's with this context */
    tls_buffer psk_context;
    int accept; /* early data */
} tls_answer;

typedef struct tls_events {
    uint32_t stage_mask, decision_mask; /* what is watched: 1u << TLS_STAGE_…, TLS_DECISION_… */
    tls_event_node *first, *last;
    int event_reported, question_reported;

    enum tls_question_state question_state;
    tls_question question; /* whoever asks fills its union first */
    tls_answer *answer;
} tls_events;

static inline int
tls_events_watch(const tls_events *events, enum tls_stage stage)
{
    return (events->stage_mask & (1u << stage)) != 0;
}

/* tls_events_add queues a node with room for `data_length` bytes, for the caller to fill. */
enum tls_reason tls_events_add(tls_events *events, tls_event_node **out, size_t data_length);
/* tls_events_drop takes the first one out; tls_events_clear all, and the answer. */
void tls_events_drop(tls_events *events);
void tls_events_clear(tls_events *events);

/* tls_events_decides: somebody watches the decision. tls_events_ask puts events->question to them.
 */
int tls_events_decides(const tls_events *events, enum tls_decision decision);
void tls_events_ask(tls_events *events, enum tls_decision decision);
/* tls_events_answer: the answer to the question asked last, or NULL while there is none; the caller
 * clears it with tls_events_answer_clear when it has been used. */
tls_answer *tls_events_answer(tls_events *events);
void tls_events_answer_clear(tls_events *events);

/* tls_events_question: what was reported and waits to be answered, or NULL. */
const tls_question *tls_events_question(const tls_events *events);
/* tls_events_begin_answer checks that `decision` is what was asked (UNEXPECTED_MESSAGE) and makes
 * room for the answer; tls_events_end_answer hands it over, or drops it when filling it failed. */
enum tls_reason tls_events_begin_answer(
    tls_events *events, enum tls_decision decision, tls_answer **answer);
enum tls_reason tls_events_end_answer(
    tls_events *events, tls_answer *answer, enum tls_reason reason);

#endif

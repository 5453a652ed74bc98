/* decision.c - questions to the owner of a connection, and the answers; see event.h. */
#include <stdlib.h>
#include <string.h>

#include "handshake/event.h"

static const char *const decision_names[TLS_DECISION_COUNT] = {
    "select",
    "session_load",
    "session_store",
    "verify",
    "client_certificate",
    "sign",
    "decrypt",
    "psk",
    "keylog",
    "early_data",
};

const char *
tls_decision_name(enum tls_decision decision)
{
    return decision_names[decision];
}

int
tls_decision_from_name(const char *name)
{
    int i;

    for (i = 0; i < TLS_DECISION_COUNT; i++)
        if (strcmp(decision_names[i], name) == 0)
            return i;
    return -1;
}

int
tls_events_decides(const tls_events *events, enum tls_decision decision)
{
    return (events->decision_mask & (1u << decision)) != 0;
}

void
tls_events_ask(tls_events *events, enum tls_decision decision)
{
    events->question.decision = decision;
    events->question_state = TLS_QUESTION_ASKED;
    events->question_reported = 0;
}

tls_answer *
tls_events_answer(tls_events *events)
{
    return events->question_state == TLS_QUESTION_ANSWERED ? events->answer : NULL;
}

void
tls_events_answer_clear(tls_events *events)
{
    tls_answer *answer = events->answer;

    events->question_state = TLS_QUESTION_NONE;
    events->answer = NULL;
    if (answer == NULL)
        return;
    tls_context_release(answer->selection.context);
    tls_credential_clear(&answer->credential);
    free(answer->suites);
    tls_session_release(answer->session);
    tls_buffer_release(&answer->bytes);
    tls_buffer_release(&answer->ocsp_response);
    tls_buffer_release(&answer->psk_identity);
    tls_buffer_release(&answer->psk_context);
    free(answer);
}

const tls_question *
tls_events_question(const tls_events *events)
{
    if (events->first != NULL && events->event_reported)
        return events->first->is_keylog ? &events->first->question : NULL;
    if (events->question_state == TLS_QUESTION_ASKED && events->question_reported)
        return &events->question;
    return NULL;
}

enum tls_reason
tls_events_begin_answer(tls_events *events, enum tls_decision decision, tls_answer **answer)
{
    const tls_question *question = tls_events_question(events);

    *answer = NULL;
    if (question == NULL || question->decision != decision)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    *answer = calloc(1, sizeof **answer);
    if (*answer == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    return TLS_OK;
}

enum tls_reason
tls_events_end_answer(tls_events *events, tls_answer *answer, enum tls_reason reason)
{
    if (reason == TLS_OK && answer->bytes.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    events->answer = answer;
    if (reason != TLS_OK) {
        tls_events_answer_clear(events);
        events->question_state = TLS_QUESTION_ASKED;
        return reason;
    }
    events->question_state = TLS_QUESTION_ANSWERED;
    return TLS_OK;
}

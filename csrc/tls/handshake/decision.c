/* decision.c - questions that a connection puts to its owner, and the answers. */
#include <stdlib.h>
#include <string.h>

#include "connection/internal.h"

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
tls_connection_decides(const tls_connection *c, enum tls_decision decision)
{
    return (c->decision_mask & (1u << decision)) != 0;
}

void
tls_connection_watch(tls_connection *c, uint32_t stage_mask, uint32_t decision_mask)
{
    c->stage_mask = stage_mask;
    c->decision_mask = decision_mask;
}

void
tls_connection_ask(tls_connection *c, enum tls_decision decision)
{
    c->question.decision = decision;
    c->question_state = TLS_QUESTION_ASKED;
    c->question_reported = 0;
}

tls_answer *
tls_connection_take_answer(tls_connection *c)
{
    if (c->question_state != TLS_QUESTION_ANSWERED)
        return NULL;
    return c->answer;
}

void
tls_connection_answer_clear(tls_connection *c)
{
    tls_answer *answer = c->answer;

    c->question_state = TLS_QUESTION_NONE;
    c->answer = NULL;
    if (answer == NULL)
        return;
    tls_context_release(answer->selection.context);
    tls_credential_clear(&answer->credential);
    free(answer->suites);
    tls_session_release(answer->session);
    tls_buffer_release(&answer->bytes);
    tls_buffer_release(&answer->ocsp_response);
    tls_buffer_release(&answer->psk_identity);
    free(answer);
}

const tls_question *
tls_connection_question(const tls_connection *c)
{
    if (c->events != NULL && c->event_reported)
        return c->events->is_keylog ? &c->keylog_question : NULL;
    if (c->question_state == TLS_QUESTION_ASKED && c->question_reported)
        return &c->question;
    return NULL;
}

/* begin_answer checks that `decision` is what was asked and makes room for the answer. */
static enum tls_reason
begin_answer(tls_connection *c, enum tls_decision decision, tls_answer **answer)
{
    const tls_question *question = tls_connection_question(c);

    *answer = NULL;
    if (question == NULL || question->decision != decision)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    *answer = calloc(1, sizeof **answer);
    if (*answer == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    return TLS_OK;
}

/* end_answer hands the answer over, or drops it when filling it failed. */
static enum tls_reason
end_answer(tls_connection *c, tls_answer *answer, enum tls_reason reason)
{
    if (reason == TLS_OK && answer->bytes.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    c->answer = answer;
    if (reason != TLS_OK) {
        tls_connection_answer_clear(c);
        c->question_state = TLS_QUESTION_ASKED;
        return reason;
    }
    c->question_state = TLS_QUESTION_ANSWERED;
    return TLS_OK;
}

enum tls_reason
tls_connection_answer_default(tls_connection *c)
{
    const tls_question *question = tls_connection_question(c);
    tls_answer *answer;
    enum tls_reason reason;

    if (question == NULL)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    if (question->decision == TLS_DECISION_KEYLOG)
        return TLS_OK;
    reason = begin_answer(c, question->decision, &answer);
    if (reason != TLS_OK)
        return reason;
    answer->is_default = 1;
    return end_answer(c, answer, TLS_OK);
}

enum tls_reason
tls_connection_answer_select(tls_connection *c, const tls_selection *selection)
{
    tls_answer *answer;
    enum tls_reason reason = begin_answer(c, TLS_DECISION_SELECT, &answer);

    if (reason != TLS_OK)
        return reason;
    answer->selection = *selection;
    answer->selection.credential = NULL;
    answer->selection.suites = NULL;
    if (selection->context != NULL)
        tls_context_retain(selection->context);
    tls_buffer_append(&answer->bytes, selection->alpn.data, selection->alpn.length);
    answer->selection.alpn = tls_buffer_view(&answer->bytes);
    tls_buffer_append(
        &answer->ocsp_response, selection->ocsp_response.data, selection->ocsp_response.length);
    answer->selection.ocsp_response = tls_buffer_view(&answer->ocsp_response);
    if (answer->ocsp_response.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    if (selection->credential != NULL) {
        reason = tls_credential_copy(&answer->credential, selection->credential);
        answer->has_credential = 1;
        answer->selection.credential = &answer->credential;
    }
    if (reason == TLS_OK && selection->suites != NULL && selection->suite_count > 0) {
        answer->suites = malloc(selection->suite_count * sizeof *answer->suites);
        if (answer->suites == NULL)
            reason = TLS_REASON_OUT_OF_MEMORY;
        else
            memcpy(
                answer->suites, selection->suites, selection->suite_count * sizeof *answer->suites);
        answer->selection.suites = answer->suites;
    }
    return end_answer(c, answer, reason);
}

enum tls_reason
tls_connection_answer_session(tls_connection *c, tls_session *session)
{
    tls_answer *answer;
    enum tls_reason reason = begin_answer(c, TLS_DECISION_SESSION_LOAD, &answer);

    if (reason != TLS_OK)
        return reason;
    if (session != NULL)
        answer->session = tls_session_retain(session);
    return end_answer(c, answer, TLS_OK);
}

enum tls_reason
tls_connection_answer_verify(tls_connection *c, enum tls_reason verdict)
{
    tls_answer *answer;
    enum tls_reason reason = begin_answer(c, TLS_DECISION_VERIFY, &answer);

    if (reason != TLS_OK)
        return reason;
    answer->verify = verdict;
    return end_answer(c, answer, TLS_OK);
}

enum tls_reason
tls_connection_answer_credential(tls_connection *c, const tls_credential *credential)
{
    tls_answer *answer;
    enum tls_reason reason = begin_answer(c, TLS_DECISION_CLIENT_CERTIFICATE, &answer);

    if (reason != TLS_OK)
        return reason;
    if (credential != NULL) {
        reason = tls_credential_copy(&answer->credential, credential);
        answer->has_credential = 1;
    }
    return end_answer(c, answer, reason);
}

static enum tls_reason
answer_bytes(tls_connection *c, enum tls_decision decision, tls_bytes bytes)
{
    tls_answer *answer;
    enum tls_reason reason = begin_answer(c, decision, &answer);

    if (reason != TLS_OK)
        return reason;
    tls_buffer_append(&answer->bytes, bytes.data, bytes.length);
    return end_answer(c, answer, TLS_OK);
}

enum tls_reason
tls_connection_answer_signature(tls_connection *c, tls_bytes signature)
{
    return answer_bytes(c, TLS_DECISION_SIGN, signature);
}

enum tls_reason
tls_connection_answer_decrypt(tls_connection *c, tls_bytes secret)
{
    return answer_bytes(c, TLS_DECISION_DECRYPT, secret);
}

enum tls_reason
tls_connection_answer_psk(tls_connection *c, tls_bytes identity, tls_bytes key, int hash)
{
    const tls_question *question = tls_connection_question(c);
    tls_answer *answer;
    enum tls_reason reason;

    if (hash == 0)
        hash = TLS_HASH_SHA256;
    if (key.length > TLS_PSK_MAXIMUM || identity.length > 0xFFFF ||
        (hash != TLS_HASH_SHA256 && hash != TLS_HASH_SHA384) ||
        (c->role == TLS_ROLE_CLIENT && key.length > 0 && identity.length == 0))
        return TLS_REASON_ILLEGAL_PARAMETER;
    reason = begin_answer(c, TLS_DECISION_PSK, &answer);
    if (reason != TLS_OK)
        return reason;
    if (c->role == TLS_ROLE_SERVER)
        identity = question->u.psk.identity;
    answer->psk_hash = hash;
    tls_buffer_append(&answer->psk_identity, identity.data, identity.length);
    tls_buffer_append(&answer->bytes, key.data, key.length);
    if (answer->psk_identity.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    return end_answer(c, answer, reason);
}

enum tls_reason
tls_connection_answer_early_data(tls_connection *c, int accept)
{
    tls_answer *answer;
    enum tls_reason reason = begin_answer(c, TLS_DECISION_EARLY_DATA, &answer);

    if (reason != TLS_OK)
        return reason;
    answer->accept = accept;
    return end_answer(c, answer, TLS_OK);
}

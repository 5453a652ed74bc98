/* answer.c - what is watched on a connection, and the answers to its questions. */
#include <stdlib.h>
#include <string.h>

#include "connection/internal.h"
#include "wire/imported_identity.h"

void
tls_connection_watch(tls_connection *c, uint32_t stage_mask, uint32_t decision_mask)
{
    c->host.events.stage_mask = stage_mask;
    c->host.events.decision_mask = decision_mask;
}

const tls_stage_event *
tls_connection_stage(const tls_connection *c)
{
    const tls_events *events = &c->host.events;

    if (events->first == NULL || events->first->is_keylog || !events->event_reported)
        return NULL;
    return &events->first->event;
}

const tls_question *
tls_connection_question(const tls_connection *c)
{
    return tls_events_question(&c->host.events);
}

enum tls_reason
tls_connection_answer_default(tls_connection *c)
{
    const tls_question *question = tls_events_question(&c->host.events);
    tls_answer *answer;
    enum tls_reason reason;

    if (question == NULL)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    if (question->decision == TLS_DECISION_KEYLOG)
        return TLS_OK;
    reason = tls_events_begin_answer(&c->host.events, question->decision, &answer);
    if (reason != TLS_OK)
        return reason;
    answer->is_default = 1;
    return tls_events_end_answer(&c->host.events, answer, TLS_OK);
}

enum tls_reason
tls_connection_answer_select(tls_connection *c, const tls_selection *selection)
{
    tls_answer *answer;
    enum tls_reason reason = tls_events_begin_answer(&c->host.events, TLS_DECISION_SELECT, &answer);

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
    /* An empty list would pass for none. */
    if (reason == TLS_OK && selection->suites != NULL && selection->suite_count == 0)
        reason = TLS_REASON_ILLEGAL_PARAMETER;
    if (reason == TLS_OK && selection->suites != NULL) {
        answer->suites = malloc(selection->suite_count * sizeof *answer->suites);
        if (answer->suites == NULL)
            reason = TLS_REASON_OUT_OF_MEMORY;
        else
            memcpy(
                answer->suites, selection->suites, selection->suite_count * sizeof *answer->suites);
        answer->selection.suites = answer->suites;
    }
    return tls_events_end_answer(&c->host.events, answer, reason);
}

enum tls_reason
tls_connection_answer_session(tls_connection *c, tls_session *session)
{
    tls_answer *answer;
    enum tls_reason reason =
        tls_events_begin_answer(&c->host.events, TLS_DECISION_SESSION_LOAD, &answer);

    if (reason != TLS_OK)
        return reason;
    if (session != NULL)
        answer->session = tls_session_retain(session);
    return tls_events_end_answer(&c->host.events, answer, TLS_OK);
}

enum tls_reason
tls_connection_answer_verify(tls_connection *c, enum tls_peer_answer peer)
{
    tls_answer *answer;
    enum tls_reason reason = tls_events_begin_answer(&c->host.events, TLS_DECISION_VERIFY, &answer);

    if (reason != TLS_OK)
        return reason;
    answer->peer = peer;
    return tls_events_end_answer(&c->host.events, answer, TLS_OK);
}

enum tls_reason
tls_connection_answer_credential(tls_connection *c, const tls_credential *credential)
{
    tls_answer *answer;
    enum tls_reason reason =
        tls_events_begin_answer(&c->host.events, TLS_DECISION_CLIENT_CERTIFICATE, &answer);

    if (reason != TLS_OK)
        return reason;
    if (credential != NULL) {
        reason = tls_credential_copy(&answer->credential, credential);
        answer->has_credential = 1;
    }
    return tls_events_end_answer(&c->host.events, answer, reason);
}

static enum tls_reason
answer_bytes(tls_connection *c, enum tls_decision decision, tls_bytes bytes)
{
    tls_answer *answer;
    enum tls_reason reason = tls_events_begin_answer(&c->host.events, decision, &answer);

    if (reason != TLS_OK)
        return reason;
    tls_buffer_append(&answer->bytes, bytes.data, bytes.length);
    return tls_events_end_answer(&c->host.events, answer, TLS_OK);
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
    const tls_question *question = tls_events_question(&c->host.events);
    tls_answer *answer;
    enum tls_reason reason;

    if (hash == 0)
        hash = TLS_HASH_SHA256;
    if (key.length > TLS_PSK_MAXIMUM || identity.length > 0xFFFF ||
        (hash != TLS_HASH_SHA256 && hash != TLS_HASH_SHA384) ||
        (c->host.role == TLS_ROLE_CLIENT && key.length > 0 && identity.length == 0))
        return TLS_REASON_ILLEGAL_PARAMETER;
    reason = tls_events_begin_answer(&c->host.events, TLS_DECISION_PSK, &answer);
    if (reason != TLS_OK)
        return reason;
    if (c->host.role == TLS_ROLE_SERVER)
        identity = question->u.psk.identity;
    answer->psk_hash = hash;
    tls_buffer_append(&answer->psk_identity, identity.data, identity.length);
    tls_buffer_append(&answer->bytes, key.data, key.length);
    if (answer->psk_identity.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    return tls_events_end_answer(&c->host.events, answer, reason);
}

enum tls_reason
tls_connection_answer_imported_psk(
    tls_connection *c, tls_bytes identity, tls_bytes context, tls_bytes key, int hash)
{
    const tls_question *question = tls_events_question(&c->host.events);
    int is_server = c->host.role == TLS_ROLE_SERVER;
    tls_imported_identity imported;
    tls_answer *answer;
    enum tls_reason reason;

    if (question == NULL || question->decision != TLS_DECISION_PSK)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    /* The whole is an identity again, of 65535 bytes at most. */
    if (key.length == 0 || identity.length + context.length > TLS_IMPORTED_IDENTITY_MAXIMUM ||
        (is_server && (!tls_imported_identity_parse(&imported, question->u.psk.identity) ||
                          !tls_imported_identity_usable(&imported))))
        return TLS_REASON_ILLEGAL_PARAMETER;
    reason = tls_connection_answer_psk(c, identity, key, hash);
    if (reason != TLS_OK)
        return reason;
    answer = tls_events_answer(&c->host.events);
    answer->psk_imported = 1;
    tls_buffer_append(&answer->psk_context, context.data, context.length);
    return answer->psk_context.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

enum tls_reason
tls_connection_answer_early_data(tls_connection *c, int accept)
{
    tls_answer *answer;
    enum tls_reason reason =
        tls_events_begin_answer(&c->host.events, TLS_DECISION_EARLY_DATA, &answer);

    if (reason != TLS_OK)
        return reason;
    answer->accept = accept;
    return tls_events_end_answer(&c->host.events, answer, TLS_OK);
}

/* client_answer.c - the client's last flight of TLS 1.3 (RFC 8446 section 4.4): its
 * certificate, if one is asked for, during the handshake or after it, and Finished. */
#include <string.h>

#include "tls13/internal.h"

/* pick_credential: the first of the context's that the server can verify; one that a named
 * authority issued comes before one that none did. */
static const tls_credential *
pick_credential(const tls13_engine *e)
{
    const tls_context *context = e->connection->context;
    const tls_credential *second = NULL;
    tls_message message;
    size_t i;

    if (tls_message_parse(&message, tls_buffer_view(&e->certificate_request), TLS_VERSION_13,
            e->suite->id) != TLS_OK)
        return NULL;
    for (i = 0; i < context->credential_count; i++) {
        const tls_credential *credential = &context->credentials[i];

        if (tls13_pick_scheme(e, credential->key) == 0)
            continue;
        if (tls_credential_issued_by(
                credential, message.u.certificate_request.certificate_authorities))
            return credential;
        if (second == NULL)
            second = credential;
    }
    return second;
}

static enum tls_reason
use_answer(tls13_engine *e, const tls_answer *answer)
{
    enum tls_reason reason = TLS_OK;

    e->terms.credential_fixed = !answer->is_default;
    if (answer->has_credential) {
        reason = tls_credential_check(&answer->credential);
        if (reason == TLS_OK)
            reason = tls_credential_copy(&e->terms.credential, &answer->credential);
    }
    return reason;
}

enum tls_reason
tls13_decide_certificate(tls13_engine *e, enum tls_progress *progress)
{
    tls_connection *c = e->connection;
    tls_answer *answer = tls_connection_take_answer(c);
    const tls_credential *picked;
    enum tls_reason reason = TLS_OK;

    (void)progress;
    if (answer == NULL && tls_connection_decides(c, TLS_DECISION_CLIENT_CERTIFICATE)) {
        c->question.u.client_certificate.certificate_request =
            tls_buffer_view(&e->certificate_request);
        tls_connection_ask(c, TLS_DECISION_CLIENT_CERTIFICATE);
        return TLS_OK;
    }
    if (answer != NULL)
        reason = use_answer(e, answer);
    tls_connection_answer_clear(c);
    if (reason == TLS_OK && !e->terms.credential_fixed) {
        picked = pick_credential(e);
        if (picked != NULL)
            reason = tls_credential_copy(&e->terms.credential, picked);
    }
    /* Without a common scheme the answer is an empty list (section 4.4.2.3). */
    if (reason == TLS_OK && e->terms.credential.key != NULL &&
        tls13_pick_scheme(e, e->terms.credential.key) == 0)
        tls_credential_clear(&e->terms.credential);
    if (reason == TLS_OK)
        reason = tls13_send_certificate(e);
    e->state = e->terms.credential.key != NULL ? tls13_sign : tls13_client_finish;
    e->after_sign = tls13_client_finish;
    return reason;
}

enum tls_reason
tls13_client_finish(tls13_engine *e, enum tls_progress *progress)
{
    tls_connection *c = e->connection;
    enum tls_reason reason;

    if (e->post_handshake) {
        reason = tls13_send_finished(e, c->traffic->client);
        if (reason == TLS_OK)
            reason = tls_connection_flush_flight(c);
        return reason == TLS_OK ? tls13_end(e, progress) : reason;
    }
    reason = tls13_send_finished(e, e->client_secret);
    if (reason == TLS_OK)
        reason = tls13_derive(e, c->traffic->resumption, TLS_SECRET_RESUMPTION);
    if (reason == TLS_OK)
        reason = tls13_seal_with(e, c->traffic->client);
    c->session_is_new = 0; /* sessions come with tickets, later */
    return reason == TLS_OK ? tls13_end(e, progress) : reason;
}

/* client_answer.c - the client's last flight of TLS 1.3 (RFC 8446 section 4.4): its
 * certificate, if one is asked for, during the handshake or after it, and Finished. */
#include <string.h>

#include "handshake/local_certificate.h"
#include "tls13/internal.h"

static int
can_sign(void *data, const tls_credential *credential)
{
    return tls13_pick_scheme(data, credential) != 0;
}

static const tls_credential *
pick_credential(tls13_engine *e)
{
    tls_message message;

    if (tls_message_parse(&message, tls_buffer_view(&e->certificate_request), TLS_VERSION_13,
            e->suite->id) != TLS_OK)
        return NULL;
    return tls_pick_client_credential(e->handshake, &message.u.certificate_request, can_sign, e);
}

enum tls_reason
tls13_decide_certificate(tls13_engine *e, enum tls_progress *progress)
{
    const tls_credential *picked;
    int ready;
    enum tls_reason reason = tls_decide_client_certificate(
        e->handshake, tls_buffer_view(&e->certificate_request), &ready);

    (void)progress;
    if (reason == TLS_OK && !ready)
        return TLS_OK;
    if (reason == TLS_OK && !e->handshake->terms.credential_fixed) {
        picked = pick_credential(e);
        if (picked != NULL)
            reason = tls_credential_copy(&e->handshake->terms.credential, picked);
    }
    /* Without a common scheme the answer is an empty list (section 4.4.2.3). */
    if (reason == TLS_OK && e->handshake->terms.credential.key != NULL &&
        tls13_pick_scheme(e, &e->handshake->terms.credential) == 0)
        tls_credential_clear(&e->handshake->terms.credential);
    if (reason == TLS_OK)
        reason = tls13_send_certificate(e);
    e->state = e->handshake->terms.credential.key != NULL ? TLS13_STATE(tls13_sign)
                                                          : TLS13_STATE(tls13_client_finish);
    e->after_sign = TLS13_STATE(tls13_client_finish);
    return reason;
}

enum tls_reason
tls13_client_finish(tls13_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    enum tls_reason reason;

    if (tls13_is_late(e)) {
        reason = tls13_send_finished(e, h->host->traffic->client);
        /* What the application has written meanwhile must not keep the flight out. */
        if (reason == TLS_OK)
            reason = tls_host_fit_flight(h->host);
        if (reason == TLS_OK)
            reason = tls_host_flush(h->host);
        return reason == TLS_OK ? tls13_end(e, progress) : reason;
    }
    reason = tls13_send_finished(e, e->client_secret);
    if (reason == TLS_OK)
        reason = tls13_derive(e, h->host->traffic->resumption, TLS_SECRET_RESUMPTION);
    if (reason == TLS_OK)
        reason = tls13_seal_with(e, h->host->traffic->client);
    h->facts.session_is_new = 0; /* sessions come with tickets, later */
    return reason == TLS_OK ? tls13_end(e, progress) : reason;
}

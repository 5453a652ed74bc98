/* post_handshake.c - TLS 1.3 after the handshake (RFC 8446 section 4.6): tickets, key
 * updates, and a client's authentication that comes late. */
#include <stdlib.h>
#include <string.h>

#include "tls13/internal.h"
#include "base/random.h"

/* ---- KeyUpdate ---- */

static unsigned char *
our_secret(const tls_host *host)
{
    return host->role == TLS_ROLE_CLIENT ? host->traffic->client : host->traffic->server;
}

static unsigned char *
peer_secret(const tls_host *host)
{
    return host->role == TLS_ROLE_CLIENT ? host->traffic->server : host->traffic->client;
}

/* send_update sends KeyUpdate under the old key, and seals with the next one from then on. The
 * messages of a late authentication are sealed together when the last of them is there, with
 * nothing in between (section 4.6.2): while a handler makes its signature an update goes before
 * them. */
static enum tls_reason
send_update(tls_host *host, int request)
{
    tls_traffic *traffic = host->traffic;
    unsigned char body = (unsigned char)(request != 0);
    tls_buffer raw = {0};
    enum tls_reason reason =
        tls_handshake_build(&raw, TLS_HANDSHAKE_KEY_UPDATE, tls_bytes_make(&body, 1));

    if (reason == TLS_OK)
        reason = tls_host_happened(host, TLS_STAGE_KEY_UPDATE, TLS_SENT, tls_buffer_view(&raw));
    if (reason == TLS_OK)
        reason = tls_host_send_alone(host, tls_buffer_view(&raw));
    tls_buffer_release(&raw);
    if (reason != TLS_OK)
        return reason;
    tls_traffic_update(traffic->hash, our_secret(host));
    tls_host_seal_with(host, traffic->suite, our_secret(host));
    host->key_updates_sent++;
    traffic->update_due = 0;
    traffic->update_awaited |= request != 0;
    return TLS_OK;
}

static enum tls_reason
receive_update(tls_host *host, tls_bytes raw)
{
    tls_message message;
    enum tls_reason reason =
        tls_message_parse(&message, raw, host->settled.version, host->settled.suite);

    if (reason == TLS_OK)
        reason = tls_host_happened(host, TLS_STAGE_KEY_UPDATE, TLS_RECEIVED, raw);
    if (reason != TLS_OK)
        return reason;
    /* Section 5.1: no message may span the change of keys. */
    if (!tls_host_is_last(host, raw.length))
        return TLS_REASON_UNEXPECTED_MESSAGE;
    tls_traffic_update(host->traffic->hash, peer_secret(host));
    tls_host_open_with(host, host->traffic->suite, peer_secret(host));
    host->key_updates_received++;
    /* What was asked for is no flood. */
    if (host->traffic->update_awaited)
        host->idle_records = 0;
    host->traffic->update_awaited = 0;
    /* Section 4.6.3: one answer, before the next application data, however often it was asked for;
     * so a flood that nobody reads costs nothing. */
    if (message.u.update_requested && !host->close_sent)
        host->traffic->update_due = 1;
    return TLS_OK;
}

enum tls_reason
tls13_before_write(tls_host *host)
{
    tls_traffic *traffic = host->traffic;

    if (traffic == NULL || host->close_sent ||
        (!traffic->update_due && host->sealer.count < traffic->update_limit) ||
        !tls_host_has_room(host))
        return TLS_OK;
    return send_update(host, 0);
}

/* Sections 4.6.3 and 5.5. */
uint64_t
tls13_records_left(const tls_host *host)
{
    const tls_traffic *traffic = host->traffic;

    if (traffic == NULL)
        return UINT64_MAX;
    if (traffic->update_due || host->sealer.count >= traffic->update_limit)
        return 0;
    return traffic->update_limit - host->sealer.count;
}

enum tls_reason
tls13_update_keys(tls_host *host, int request)
{
    return tls_host_has_room(host) ? send_update(host, request) : TLS_REASON_BUSY;
}

/* ---- Tickets ---- */

enum tls_reason
tls13_request_ticket(tls_host *host)
{
    /* A ticket that is sealed needs no store; the store is asked one question at a time. */
    int is_stored =
        host->context->ticket_keys == NULL && tls_host_decides(host, TLS_DECISION_SESSION_STORE);
    tls_session *session;
    enum tls_reason reason;

    /* Who the client is may be about to change. */
    if (tls13_requests_certificate(host) || host->handshake != NULL || !tls_host_has_room(host) ||
        (is_stored && host->events.question_state != TLS_QUESTION_NONE))
        return TLS_REASON_BUSY;
    reason = tls13_send_new_ticket(host, &host->settled, &session);
    if (reason == TLS_OK && session != NULL) {
        tls_session_release(host->settled.session);
        host->settled.session = session;
        reason = tls_host_flush(host);
        if (reason == TLS_OK && is_stored) {
            host->events.question.u.session_store.session = session;
            tls_host_ask(host, TLS_DECISION_SESSION_STORE);
        }
    }
    return reason;
}

/* ---- Authentication (section 4.6.2) ---- */

/* authenticate begins a handshake that goes through one authentication, from a transcript. */
static enum tls_reason
authenticate(
    tls_host *host, const tls_transcript *transcript, tls13_state state, tls13_engine **out)
{
    enum tls_reason reason = tls_handshake_new(host, TLS_LATE_AUTHENTICATION, &tls13_class);

    if (reason == TLS_OK)
        reason = tls13_make(host->handshake, state);
    if (reason != TLS_OK) {
        tls_handshake_end(host);
        return reason;
    }
    *out = tls13_of(host->handshake);
    (*out)->transcript = *transcript;
    (*out)->suite = host->traffic->suite;
    (*out)->hash = host->traffic->hash;
    return TLS_OK;
}

enum tls_reason
tls13_request_certificate(tls_host *host)
{
    tls_traffic *traffic = host->traffic;
    tls_bytes context = tls_bytes_make(traffic->request_context, TLS_REQUEST_CONTEXT_LENGTH);
    tls_buffer raw = {0};
    tls_transcript *requested;
    tls13_engine *e;
    enum tls_reason reason;

    /* Nor would a client that has no type in common be able to answer (RFC 7250 section 4.2). */
    if (traffic->transcript == NULL ||
        !tls_certificate_type_listed(host->context->client_certificate_types,
            host->context->client_certificate_type_count, host->settled.client_certificate_type))
        return TLS_REASON_NO_POST_HANDSHAKE_AUTH;
    /* One at a time, so that one transcript is kept. */
    if (traffic->requested != NULL || host->handshake != NULL || !tls_host_has_room(host))
        return TLS_REASON_BUSY;
    requested = malloc(sizeof *requested);
    if (requested == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    reason = tls_random_public(traffic->request_context, TLS_REQUEST_CONTEXT_LENGTH);
    if (reason == TLS_OK)
        reason =
            authenticate(host, traffic->transcript, TLS13_STATE(tls13_wait_client_certificate), &e);
    if (reason != TLS_OK) {
        free(requested);
        return reason;
    }
    reason = tls13_write_request(e, &raw, context);
    if (reason == TLS_OK)
        reason = tls13_send(e, TLS_STAGE_CERTIFICATE_REQUEST, &raw);
    else
        tls_buffer_release(&raw);
    if (reason == TLS_OK)
        reason = tls_host_flush(host);
    /* The handshake begins again when the answer comes: an idle connection keeps only the
     * transcript.
     */
    if (reason == TLS_OK) {
        *requested = e->transcript;
        traffic->requested = requested;
    } else
        free(requested);
    tls_handshake_end(host);
    return reason;
}

int
tls13_requests_certificate(const tls_host *host)
{
    return host->traffic != NULL && host->traffic->requested != NULL;
}

/* received_certificate begins with the answer: from here on the engine reads. */
static enum tls_reason
received_certificate(tls_host *host)
{
    tls_traffic *traffic = host->traffic;
    tls13_engine *e;
    enum tls_reason reason;

    reason = authenticate(host, traffic->requested, TLS13_STATE(tls13_wait_client_certificate), &e);
    free(traffic->requested);
    traffic->requested = NULL;
    if (reason != TLS_OK)
        return reason;
    memcpy(e->request_context, traffic->request_context, TLS_REQUEST_CONTEXT_LENGTH);
    e->request_context_length = TLS_REQUEST_CONTEXT_LENGTH;
    return TLS_OK;
}

enum tls_reason
tls13_authenticated(tls13_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    enum tls_reason reason =
        tls_host_happened(h->host, TLS_STAGE_AUTHENTICATED, TLS_NEITHER, tls_bytes_make(NULL, 0));

    h->host->authentications += !h->facts.declined;
    return reason == TLS_OK ? tls13_end(e, progress) : reason;
}

static enum tls_reason
received_request(tls_host *host, tls_bytes raw)
{
    tls_message message;
    tls13_engine *e;
    enum tls_reason reason =
        tls_message_parse(&message, raw, host->settled.version, host->settled.suite);

    /* Section 4.3.2: the context tells the requests of a connection apart. */
    if (reason == TLS_OK && message.u.certificate_request.certificate_request_context.length == 0)
        reason = TLS_REASON_ILLEGAL_PARAMETER;
    if (reason == TLS_OK)
        reason = tls_host_happened(host, TLS_STAGE_CERTIFICATE_REQUEST, TLS_RECEIVED, raw);
    /* Section 6.1: after close_notify there is no answer. */
    if (reason == TLS_OK && host->close_sent) {
        tls_host_message_done(host, raw.length);
        return TLS_OK;
    }
    /* The answer is a flight, which needs an empty buffer. A server that asks on and on and reads
     * nothing has no claim to one. */
    if (reason == TLS_OK)
        reason = tls_host_make_room(host);
    if (reason == TLS_OK)
        reason = authenticate(
            host, host->traffic->transcript, TLS13_STATE(tls13_decide_certificate), &e);
    if (reason != TLS_OK)
        return reason;
    e->message = raw;
    reason = tls13_take_request(e, &message.u.certificate_request);
    tls13_consume(e);
    return reason;
}

/* ---- Messages ---- */

uint32_t
tls13_awaits(const tls_host *host)
{
    const tls_traffic *traffic = host->traffic;
    uint32_t awaited = TLS_MESSAGE_BIT(TLS_HANDSHAKE_KEY_UPDATE);

    if (host->role == TLS_ROLE_SERVER)
        return awaited | (traffic->requested != NULL ? tls13_certificate_types(host) : 0);
    awaited |= TLS_MESSAGE_BIT(TLS_HANDSHAKE_NEW_SESSION_TICKET);
    /* Section 4.6.2: only a client that has offered it keeps the transcript. */
    if (traffic->transcript != NULL)
        awaited |= TLS_MESSAGE_BIT(TLS_HANDSHAKE_CERTIFICATE_REQUEST);
    return awaited;
}

enum tls_reason
tls13_message(tls_host *host, tls_bytes raw, int *renegotiate)
{
    enum tls_reason reason = TLS_OK;

    (void)renegotiate;
    switch (raw.data[0]) {
    case TLS_HANDSHAKE_KEY_UPDATE:
        reason = receive_update(host, raw);
        break;
    case TLS_HANDSHAKE_NEW_SESSION_TICKET:
        reason = tls13_receive_ticket(host, raw);
        break;
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        return received_request(host, raw);
    default: /* TLS_HANDSHAKE_CERTIFICATE or TLS_HANDSHAKE_COMPRESSED_CERTIFICATE */
        return received_certificate(host);
    }
    tls_host_message_done(host, raw.length);
    return reason;
}

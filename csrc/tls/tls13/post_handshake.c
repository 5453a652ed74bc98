/* post_handshake.c - TLS 1.3 after the handshake (RFC 8446 section 4.6): tickets, key
 * updates, and a client's authentication that comes late. */
#include <stdlib.h>
#include <string.h>

#include "tls13/internal.h"
#include "base/random.h"

/* ---- KeyUpdate ---- */

static unsigned char *
our_secret(const tls_connection *c)
{
    return c->role == TLS_ROLE_CLIENT ? c->traffic->client : c->traffic->server;
}

static unsigned char *
peer_secret(const tls_connection *c)
{
    return c->role == TLS_ROLE_CLIENT ? c->traffic->server : c->traffic->client;
}

/* send_update sends KeyUpdate under the old key, and seals with the next one from then on. */
static enum tls_reason
send_update(tls_connection *c, int request)
{
    tls_traffic *traffic = c->traffic;
    unsigned char body = (unsigned char)(request != 0);
    tls_buffer raw = {0};
    enum tls_reason reason =
        tls_handshake_build(&raw, TLS_HANDSHAKE_KEY_UPDATE, tls_bytes_make(&body, 1));

    if (reason == TLS_OK)
        reason =
            tls_connection_stage_happened(c, TLS_STAGE_KEY_UPDATE, TLS_SENT, tls_buffer_view(&raw));
    if (reason == TLS_OK)
        reason = tls_connection_send_message(c, tls_buffer_view(&raw));
    tls_buffer_release(&raw);
    if (reason == TLS_OK)
        reason = tls_connection_flush_flight(c);
    if (reason != TLS_OK)
        return reason;
    tls_traffic_update(traffic->hash, our_secret(c));
    tls_record_sealer_protect(&c->sealer, &c->context->aead, traffic->suite, our_secret(c));
    c->sealer.padding = c->context->record_padding;
    c->key_updates_sent++;
    traffic->update_due = 0;
    traffic->update_awaited |= request != 0;
    return TLS_OK;
}

static enum tls_reason
receive_update(tls_connection *c, tls_bytes raw)
{
    tls_message message;
    enum tls_reason reason = tls_message_parse(&message, raw, c->version, c->suite);

    if (reason == TLS_OK)
        reason = tls_connection_stage_happened(c, TLS_STAGE_KEY_UPDATE, TLS_RECEIVED, raw);
    if (reason != TLS_OK)
        return reason;
    /* Section 5.1: no message may span the change of keys. */
    if (c->handshake_in.length > raw.length)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    tls_traffic_update(c->traffic->hash, peer_secret(c));
    tls_record_opener_protect(&c->opener, &c->context->aead, c->traffic->suite, peer_secret(c));
    c->key_updates_received++;
    /* What was asked for is no flood. */
    if (c->traffic->update_awaited)
        c->idle_records = 0;
    c->traffic->update_awaited = 0;
    /* Section 4.6.3: one answer, before the next application data, however often it was asked for;
     * so a flood that nobody reads costs nothing. */
    if (message.u.update_requested && !c->close_sent)
        c->traffic->update_due = 1;
    return TLS_OK;
}

enum tls_reason
tls13_before_write(tls_connection *c)
{
    tls_traffic *traffic = c->traffic;

    if (traffic == NULL || c->close_sent ||
        (!traffic->update_due && c->sealer.count < traffic->update_limit) ||
        !tls_connection_has_room(c))
        return TLS_OK;
    return send_update(c, 0);
}

enum tls_reason
tls13_update_keys(tls_connection *c, int request)
{
    return tls_connection_has_room(c) ? send_update(c, request) : TLS_REASON_BUSY;
}

/* ---- Tickets ---- */

enum tls_reason
tls13_request_ticket(tls_connection *c)
{
    /* A ticket that is sealed needs no store; the store is asked one question at a time. */
    int is_stored =
        c->context->ticket_keys == NULL && tls_connection_decides(c, TLS_DECISION_SESSION_STORE);
    tls_session *session;
    enum tls_reason reason;

    /* Who the client is may be about to change. */
    if (tls_connection_authenticating(c) || !tls_connection_has_room(c) ||
        (is_stored && c->question_state != TLS_QUESTION_NONE))
        return TLS_REASON_BUSY;
    reason = tls13_send_new_ticket(c, &session);
    if (reason == TLS_OK && session != NULL) {
        tls_session_release(c->session);
        c->session = session;
        reason = tls_connection_flush_flight(c);
        if (reason == TLS_OK && is_stored) {
            c->question.u.session_store.session = session;
            tls_connection_ask(c, TLS_DECISION_SESSION_STORE);
        }
    }
    return reason;
}

/* ---- Authentication (section 4.6.2) ---- */

/* authenticate makes an engine that goes through one authentication, from a transcript. */
static enum tls_reason
authenticate(
    tls_connection *c, const tls_transcript *transcript, tls13_state state, tls13_engine **out)
{
    enum tls_reason reason = tls13_make(c, out);

    if (reason != TLS_OK)
        return reason;
    (*out)->transcript = *transcript;
    (*out)->suite = c->traffic->suite;
    (*out)->hash = c->traffic->hash;
    (*out)->post_handshake = 1;
    (*out)->state = state;
    c->engine = *out;
    return TLS_OK;
}

enum tls_reason
tls13_request_certificate(tls_connection *c)
{
    tls_traffic *traffic = c->traffic;
    tls_bytes context = tls_bytes_make(traffic->request_context, TLS_REQUEST_CONTEXT_LENGTH);
    tls_buffer raw = {0};
    tls13_engine *e;
    enum tls_reason reason;

    if (traffic->transcript == NULL)
        return TLS_REASON_NO_POST_HANDSHAKE_AUTH;
    /* One at a time, so that one transcript is kept. */
    if (traffic->requested != NULL || c->engine != NULL || !tls_connection_has_room(c))
        return TLS_REASON_BUSY;
    reason = tls_random(traffic->request_context, TLS_REQUEST_CONTEXT_LENGTH);
    if (reason == TLS_OK)
        reason = authenticate(c, traffic->transcript, tls13_wait_client_certificate, &e);
    if (reason != TLS_OK)
        return reason;
    reason = tls13_write_request(e, &raw, context);
    if (reason == TLS_OK)
        reason = tls13_send(e, TLS_STAGE_CERTIFICATE_REQUEST, &raw);
    else
        tls_buffer_release(&raw);
    if (reason == TLS_OK)
        reason = tls_connection_flush_flight(c);
    /* An open request is what makes the connection authenticate: none is where none was sent. */
    if (reason == TLS_OK) {
        traffic->requested = malloc(sizeof *traffic->requested);
        if (traffic->requested != NULL)
            *traffic->requested = e->transcript;
        else
            reason = TLS_REASON_OUT_OF_MEMORY;
    }
    /* The engine is made again when the answer comes: an idle connection keeps only the transcript.
     */
    tls13_free(e);
    c->engine = NULL;
    return reason;
}

/* received_certificate begins with the answer: from here on the engine reads. */
static enum tls_reason
received_certificate(tls_connection *c)
{
    tls_traffic *traffic = c->traffic;
    tls13_engine *e;
    enum tls_reason reason;

    if (traffic->requested == NULL)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    reason = authenticate(c, traffic->requested, tls13_wait_client_certificate, &e);
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
    tls_connection *c = e->connection;
    enum tls_reason reason = tls_connection_stage_happened(
        c, TLS_STAGE_AUTHENTICATED, TLS_NEITHER, tls_bytes_make(NULL, 0));

    c->authentications += !c->declined;
    return reason == TLS_OK ? tls13_end(e, progress) : reason;
}

static enum tls_reason
received_request(tls_connection *c, tls_bytes raw)
{
    tls_message message;
    tls13_engine *e;
    enum tls_reason reason;

    if (c->traffic->transcript == NULL)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    reason = tls_message_parse(&message, raw, c->version, c->suite);
    /* Section 4.3.2: the context tells the requests of a connection apart. */
    if (reason == TLS_OK && message.u.certificate_request.certificate_request_context.length == 0)
        reason = TLS_REASON_ILLEGAL_PARAMETER;
    if (reason == TLS_OK)
        reason = tls_connection_stage_happened(c, TLS_STAGE_CERTIFICATE_REQUEST, TLS_RECEIVED, raw);
    /* Section 6.1: after close_notify there is no answer. */
    if (reason == TLS_OK && c->close_sent) {
        tls_connection_message_done(c, raw.length);
        return TLS_OK;
    }
    /* The answer is a flight, which needs an empty buffer. A server that asks on and on and reads
     * nothing has no claim to one. */
    if (reason == TLS_OK && c->output_before.length > 0)
        reason = TLS_REASON_LIMIT;
    if (reason == TLS_OK)
        reason = tls_connection_make_room(c);
    if (reason == TLS_OK)
        reason = authenticate(c, c->traffic->transcript, tls13_decide_certificate, &e);
    if (reason != TLS_OK)
        return reason;
    e->message = raw;
    reason = tls13_take_request(e, &message.u.certificate_request);
    tls13_consume(e);
    return reason;
}

/* ---- Messages ---- */

enum tls_reason
tls13_message(tls_connection *c, tls_bytes raw)
{
    enum tls_reason reason = TLS_OK;

    switch (raw.data[0]) {
    case TLS_HANDSHAKE_KEY_UPDATE:
        reason = receive_update(c, raw);
        break;
    case TLS_HANDSHAKE_NEW_SESSION_TICKET:
        reason = c->role == TLS_ROLE_CLIENT ? tls13_receive_ticket(c, raw)
                                            : TLS_REASON_UNEXPECTED_MESSAGE;
        break;
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        return c->role == TLS_ROLE_CLIENT ? received_request(c, raw)
                                          : TLS_REASON_UNEXPECTED_MESSAGE;
    case TLS_HANDSHAKE_CERTIFICATE:
        return c->role == TLS_ROLE_SERVER ? received_certificate(c) : TLS_REASON_UNEXPECTED_MESSAGE;
    default:
        return TLS_REASON_UNEXPECTED_MESSAGE;
    }
    tls_connection_message_done(c, raw.length);
    return reason;
}

/* ticket.c - NewSessionTicket (RFC 8446 section 4.6.1): made by a server, kept by a client.
 */
#include <string.h>

#include "tls13/internal.h"
#include "base/random.h"

/* RFC 8446 section 4.6.1: seven days. */
#define TICKET_LIFETIME_MAXIMUM 604800
/* As in tls12/session.c: a ticket has a 16-bit length. */
#define TICKET_CONTENT_MAXIMUM 16000

/* A longer one would leave no room in the next ClientHello, whose extensions have a 16-bit length.
 */
#define TICKET_RECEIVED_MAXIMUM 32768

/* make_session makes a session around a PSK. One that was resumed keeps its end, so that no chain
 * of tickets outlives the authentication that began it. */
static enum tls_reason
make_session(tls_connection *c, tls_session **out, tls_bytes nonce)
{
    const tls_traffic *traffic = c->traffic;
    int64_t now = tls_context_now(c->context);
    tls_session *session =
        tls_session_new(c->server_name, tls_buffer_view(&c->alpn), c->peer.chain);

    *out = session;
    if (session == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    tls_resumption_psk(traffic->hash, session->master_secret, traffic->resumption, nonce);
    session->role = c->role;
    session->version = c->version;
    session->suite = c->suite;
    tls_connection_policy(c, session->policy);
    session->level = c->peer.level;
    session->extended_master_secret = 1;
    tls_connection_keep_end_point(c, session);
    session->created = now;
    session->expires = now + c->context->session_lifetime;
    if (c->resumed && c->session_expires != 0 && c->session_expires < session->expires)
        session->expires = c->session_expires;
    session->issued = tls_context_now_ms(c->context);
    return TLS_OK;
}

/* ---- The server ---- */

/* seal makes the ticket itself: the session sealed under the ticket keys, or the session's ID. */
static enum tls_reason
seal(tls_connection *c, const tls_session *session, tls_buffer *ticket)
{
    tls_buffer encoded = {0};
    enum tls_reason reason = TLS_OK;

    if (c->context->ticket_keys == NULL) {
        tls_buffer_append(ticket, session->id, session->id_length);
    } else {
        reason = tls_session_export(session, &encoded);
        if (reason == TLS_OK && encoded.length <= TICKET_CONTENT_MAXIMUM)
            reason = tls_ticket_seal(c->context->ticket_keys, ticket, tls_buffer_view(&encoded),
                tls_context_now(c->context));
        tls_buffer_release(&encoded);
    }
    return reason == TLS_OK && ticket->failed ? TLS_REASON_OUT_OF_MEMORY : reason;
}

static enum tls_reason
send_ticket(tls_connection *c, const tls_session *session, tls_bytes nonce, tls_bytes ticket)
{
    int64_t lifetime = session->expires - tls_context_now(c->context);
    tls_message message;
    tls_buffer raw = {0}, extensions = {0};
    enum tls_reason reason;

    memset(&message, 0, sizeof message);
    message.type = TLS_HANDSHAKE_NEW_SESSION_TICKET;
    message.u.new_session_ticket.is_13 = 1;
    message.u.new_session_ticket.lifetime =
        lifetime > TICKET_LIFETIME_MAXIMUM ? TICKET_LIFETIME_MAXIMUM : (uint32_t)lifetime;
    message.u.new_session_ticket.age_add = session->age_add;
    message.u.new_session_ticket.nonce = nonce;
    message.u.new_session_ticket.ticket = ticket;
    if (session->max_early_data > 0) {
        tls_write_u16(&extensions, TLS_EXTENSION_EARLY_DATA);
        tls_write_u16(&extensions, 4);
        tls_write_u32(&extensions, session->max_early_data);
    }
    message.u.new_session_ticket.extensions = tls_buffer_view(&extensions);
    reason = extensions.failed ? TLS_REASON_OUT_OF_MEMORY : tls_message_build(&raw, &message);
    if (reason == TLS_OK)
        reason = tls_connection_stage_happened(
            c, TLS_STAGE_NEW_SESSION_TICKET, TLS_SENT, tls_buffer_view(&raw));
    if (reason == TLS_OK)
        reason = tls_connection_send_message(c, tls_buffer_view(&raw));
    tls_buffer_release(&raw);
    tls_buffer_release(&extensions);
    return reason;
}

enum tls_reason
tls13_send_new_ticket(tls_connection *c, tls_session **session_out)
{
    unsigned char nonce[2] = {0}, age_add[4];
    tls_bytes nonce_view = tls_bytes_make(nonce, sizeof nonce);
    tls_buffer ticket = {0};
    tls_session *session;
    enum tls_reason reason;

    *session_out = NULL;
    /* Section 4.6.1: unique among all tickets of the connection. */
    tls_put16(nonce, c->traffic->tickets++);
    reason = make_session(c, &session, nonce_view);
    if (reason == TLS_OK) {
        session->id_length = sizeof session->id;
        session->max_early_data = c->context->max_early_data;
        reason = tls_random(session->id, sizeof session->id);
    }
    if (reason == TLS_OK)
        reason = tls_random(age_add, sizeof age_add);
    if (reason == TLS_OK) {
        session->age_add = tls_get16(age_add) << 16 | tls_get16(age_add + 2);
        reason = seal(c, session, &ticket);
    }
    /* A chain that is too long for a ticket leaves none, and a session that has ended neither. */
    if (reason == TLS_OK && ticket.length > 0 && session->expires > tls_context_now(c->context)) {
        reason = send_ticket(c, session, nonce_view, tls_buffer_view(&ticket));
        c->ticket = 1;
        if (reason == TLS_OK && c->context->ticket_keys == NULL && c->context->cache != NULL)
            tls_session_cache_store(c->context->cache, session);
        if (reason == TLS_OK)
            *session_out = tls_session_retain(session);
    }
    tls_session_release(session);
    tls_buffer_release(&ticket);
    return reason;
}

/* ---- The client ---- */

enum tls_reason
tls13_receive_ticket(tls_connection *c, tls_bytes raw)
{
    tls_message message;
    const tls_new_session_ticket *ticket = &message.u.new_session_ticket;
    tls_session *session;
    int64_t now = tls_context_now(c->context);
    enum tls_reason reason = tls_message_parse(&message, raw, c->version, c->suite);

    if (reason != TLS_OK)
        return reason;
    /* Section 4.6.1: without a lifetime it is to be discarded at once. */
    if (c->context->no_tickets || ticket->lifetime == 0 ||
        ticket->ticket.length > TICKET_RECEIVED_MAXIMUM)
        return tls_connection_stage_happened(c, TLS_STAGE_NEW_SESSION_TICKET, TLS_RECEIVED, raw);
    reason = make_session(c, &session, ticket->nonce);
    if (reason != TLS_OK)
        return reason;
    if (session->expires > now + (int64_t)ticket->lifetime)
        session->expires = now + (int64_t)ticket->lifetime;
    session->age_add = ticket->age_add;
    session->max_early_data = ticket->max_early_data;
    tls_buffer_append(&session->ticket, ticket->ticket.data, ticket->ticket.length);
    if (session->ticket.failed) {
        tls_session_release(session);
        return TLS_REASON_OUT_OF_MEMORY;
    }
    tls_session_release(c->session);
    c->session = session;
    c->ticket = 1;
    reason = tls_connection_stage_happened(c, TLS_STAGE_NEW_SESSION_TICKET, TLS_RECEIVED, raw);
    if (reason == TLS_OK && tls_connection_decides(c, TLS_DECISION_SESSION_STORE)) {
        c->question.u.session_store.session = c->session;
        tls_connection_ask(c, TLS_DECISION_SESSION_STORE);
    }
    return reason;
}

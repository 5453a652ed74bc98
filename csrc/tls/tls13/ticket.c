/* ticket.c - NewSessionTicket (RFC 8446 section 4.6.1): made by a server, kept by a client.
 */
#include <string.h>

#include "handshake/client_session.h"
#include "handshake/resumption.h"
#include "tls13/internal.h"
#include "base/random.h"

/* RFC 8446 section 4.6.1: seven days. */
#define TICKET_LIFETIME_MAXIMUM 604800

/* A longer one would leave no room in the next ClientHello, whose extensions have a 16-bit length.
 */
#define TICKET_RECEIVED_MAXIMUM 32768

/* make_session makes a session around a PSK. Its end is the facts': no chain of tickets outlives
 * the authentication that began it. */
static enum tls_reason
make_session(const tls_host *host, const tls_facts *facts, tls_session **out, tls_bytes nonce)
{
    const tls_traffic *traffic = host->traffic;
    enum tls_reason reason = tls_resumption_session(host, facts, out);

    if (reason != TLS_OK)
        return reason;
    tls_resumption_psk(traffic->hash, (*out)->master_secret, traffic->resumption, nonce);
    (*out)->issued = host->role == TLS_ROLE_SERVER ? tls_context_early_data_now(host->context)
                                                   : tls_context_now_ms(host->context);
    return TLS_OK;
}

/* ---- The server ---- */

/* seal makes the ticket itself: the session sealed under the ticket keys, or the session's ID. */
static enum tls_reason
seal(const tls_host *host, const tls_session *session, tls_buffer *ticket)
{
    if (host->context->ticket_keys != NULL)
        return tls_resumption_seal_ticket(host, session, ticket);
    tls_buffer_append(ticket, session->id, session->id_length);
    return ticket->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

static enum tls_reason
send_ticket(tls_host *host, const tls_session *session, tls_bytes nonce, tls_bytes ticket)
{
    int64_t lifetime = session->expires - tls_context_now(host->context);
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
        reason =
            tls_host_happened(host, TLS_STAGE_NEW_SESSION_TICKET, TLS_SENT, tls_buffer_view(&raw));
    if (reason == TLS_OK)
        reason = tls_host_send_message(host, tls_buffer_view(&raw));
    tls_buffer_release(&raw);
    tls_buffer_release(&extensions);
    return reason;
}

enum tls_reason
tls13_send_new_ticket(tls_host *host, tls_facts *facts, tls_session **session_out)
{
    unsigned char nonce[2] = {0}, age_add[4];
    tls_bytes nonce_view = tls_bytes_make(nonce, sizeof nonce);
    tls_buffer ticket = {0};
    tls_session *session;
    enum tls_reason reason;

    *session_out = NULL;
    /* Section 4.6.1: unique among all tickets of the connection. */
    tls_put16(nonce, host->traffic->tickets++);
    reason = make_session(host, facts, &session, nonce_view);
    if (reason == TLS_OK) {
        session->id_length = sizeof session->id;
        session->max_early_data = host->context->max_early_data;
        reason = tls_random_public(session->id, sizeof session->id);
    }
    if (reason == TLS_OK)
        reason = tls_random(age_add, sizeof age_add);
    if (reason == TLS_OK) {
        session->age_add = tls_get16(age_add) << 16 | tls_get16(age_add + 2);
        reason = seal(host, session, &ticket);
    }
    /* A chain that is too long for a ticket leaves none, and a session that has ended neither. */
    if (reason == TLS_OK && ticket.length > 0 &&
        session->expires > tls_context_now(host->context)) {
        reason = send_ticket(host, session, nonce_view, tls_buffer_view(&ticket));
        facts->ticket = 1;
        if (reason == TLS_OK && host->context->ticket_keys == NULL && host->context->cache != NULL)
            tls_session_cache_store(host->context->cache, session);
        if (reason == TLS_OK)
            *session_out = tls_session_retain(session);
    }
    tls_session_release(session);
    tls_buffer_release(&ticket);
    return reason;
}

/* ---- The client ---- */

enum tls_reason
tls13_receive_ticket(tls_host *host, tls_bytes raw)
{
    tls_facts *facts = &host->settled;
    tls_message message;
    const tls_new_session_ticket *ticket = &message.u.new_session_ticket;
    tls_session *session;
    int64_t now = tls_context_now(host->context);
    enum tls_reason reason = tls_message_parse(&message, raw, facts->version, facts->suite);

    if (reason != TLS_OK)
        return reason;
    /* Section 4.6.1: without a lifetime it is to be discarded at once. */
    if (host->context->no_tickets || ticket->lifetime == 0 ||
        ticket->ticket.length > TICKET_RECEIVED_MAXIMUM)
        return tls_host_happened(host, TLS_STAGE_NEW_SESSION_TICKET, TLS_RECEIVED, raw);
    reason = make_session(host, facts, &session, ticket->nonce);
    if (reason != TLS_OK)
        return reason;
    if (session->expires > now + (int64_t)ticket->lifetime)
        session->expires = now + (int64_t)ticket->lifetime;
    session->age_add = ticket->age_add;
    session->max_early_data = ticket->max_early_data;
    tls_buffer_append_last(&session->ticket, ticket->ticket.data, ticket->ticket.length);
    if (session->ticket.failed) {
        tls_session_release(session);
        return TLS_REASON_OUT_OF_MEMORY;
    }
    tls_session_release(facts->session);
    facts->session = session;
    facts->ticket = 1;
    tls_client_session_keep(host, session);
    reason = tls_host_happened(host, TLS_STAGE_NEW_SESSION_TICKET, TLS_RECEIVED, raw);
    if (reason == TLS_OK && tls_host_decides(host, TLS_DECISION_SESSION_STORE)) {
        host->events.question.u.session_store.session = facts->session;
        tls_host_ask(host, TLS_DECISION_SESSION_STORE);
    }
    return reason;
}

/* session.c - sessions of TLS 1.0 to 1.2: what a handshake leaves, what a server may resume,
 * and the tickets it gives. */
#include <string.h>

#include "tls12/internal.h"

/* A ticket has a 16-bit length; a session with a longer chain gets an empty one (RFC 5077
 * section 3.3). */
#define TICKET_CONTENT_MAXIMUM 16000

/* ---- What a handshake leaves ---- */

/* new_session makes a session of what was negotiated; NULL without memory. */
static tls_session *
new_session(tls12_engine *e)
{
    tls_connection *c = e->connection;
    const br_ssl_session_parameters *parameters = &tls12_core(e)->session;
    tls_session *session =
        tls_session_new(c->server_name, tls_buffer_view(&c->alpn), c->peer.chain);

    if (session == NULL)
        return NULL;
    session->role = c->role;
    session->version = parameters->version;
    session->suite = parameters->cipher_suite;
    session->id_length = parameters->session_id_len;
    memcpy(session->id, parameters->session_id, session->id_length);
    memcpy(session->master_secret, parameters->master_secret, sizeof session->master_secret);
    tls_connection_policy(c, session->policy);
    session->level = c->peer.level;
    session->extended_master_secret = e->extended;
    tls_connection_keep_end_point(c, session);
    session->created = tls_context_now(c->context);
    session->expires = session->created + c->context->session_lifetime;
    return session;
}

/* kept_session: the session that this handshake leaves, NULL when there is none. A resumed one is
 * new only when it came with a new ticket. */
static enum tls_reason
kept_session(tls12_engine *e, tls_session **session)
{
    tls_connection *c = e->connection;

    *session = NULL;
    if (c->resumed && e->ticket.length == 0)
        return TLS_OK;
    if (!c->resumed && e->ticket.length == 0 && tls12_core(e)->session.session_id_len == 0)
        return TLS_OK;
    if (!c->resumed && c->role == TLS_ROLE_SERVER && c->context->cache == NULL && !c->ticket &&
        !tls_connection_decides(c, TLS_DECISION_SESSION_STORE))
        return TLS_OK;
    *session = c->resumed ? tls_session_copy(e->resume) : new_session(e);
    if (*session == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    if (e->ticket.length == 0)
        return TLS_OK;
    tls_buffer_append(&(*session)->ticket, e->ticket.data, e->ticket.length);
    /* RFC 5077 section 3.3: the hint may only shorten what the client itself allows. */
    if (e->ticket_lifetime != 0 &&
        (*session)->expires > tls_context_now(c->context) + (int64_t)e->ticket_lifetime)
        (*session)->expires = tls_context_now(c->context) + (int64_t)e->ticket_lifetime;
    return (*session)->ticket.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

enum tls_reason
tls12_finish(tls12_engine *e)
{
    tls_connection *c = e->connection;
    tls_session *session;
    enum tls_reason reason = kept_session(e, &session);

    memcpy(c->master_secret, tls12_core(e)->session.master_secret, sizeof c->master_secret);

    if (reason != TLS_OK) {
        tls_session_release(session);
        return reason;
    }
    if (session != NULL || !c->resumed) {
        tls_session_release(c->session);
        c->session = session;
        c->session_is_new = session != NULL;
    }
    return TLS_OK;
}

/* ---- What the server resumes ---- */

static void
save_session(const br_ssl_session_cache_class **pctx, br_ssl_server_context *server,
    const br_ssl_session_parameters *parameters)
{
    /* tls12/filter.c makes the session when the handshake is over. */
    (void)pctx;
    (void)server;
    (void)parameters;
}

static int
load_session(const br_ssl_session_cache_class **pctx, br_ssl_server_context *server,
    br_ssl_session_parameters *parameters)
{
    tls12_engine *e =
        (tls12_engine *)(uintptr_t)((const char *)pctx - offsetof(tls12_engine, cache));

    (void)server;
    if (e->resume == NULL)
        return 0;
    parameters->version = (uint16_t)e->resume->version;
    parameters->cipher_suite = (uint16_t)e->resume->suite;
    memcpy(parameters->master_secret, e->resume->master_secret, sizeof e->resume->master_secret);
    return 1;
}

const br_ssl_session_cache_class tls12_cache_class = {
    sizeof(tls12_engine), save_session, load_session};

/* use_session keeps a session that may be resumed here and now: same name, policy and level of
 * verification, and a suite and version that are still allowed. BearSSL checks that the client
 * still offers them. */
static void
use_session(tls12_engine *e, tls_session *session, const tls_client_hello *hello)
{
    tls_connection *c = e->connection;
    unsigned char policy[TLS_POLICY_LENGTH];

    if (session == NULL)
        return;
    tls_connection_policy(c, policy);
    if (!tls_session_fits(session, TLS_ROLE_SERVER, c->server_name, policy,
            tls_connection_required_level(c), tls_context_now(c->context)))
        return;
    /* RFC 7627 section 5.3: without it the session is not resumed for a client that now has it. The
     * other way round the handshake is ended: see extended_master_secret. */
    if (hello->extended_master_secret && !c->context->no_extended_master_secret &&
        !session->extended_master_secret)
        return;
    if (session->version < e->terms.version_min || session->version > e->terms.version_max ||
        !tls_terms_allow_suite(&e->terms, session->suite))
        return;
    e->resume = tls_session_retain(session);
}

/* A session that comes out of a ticket is judged like one out of the cache. */
void
tls12_use_ticket(tls12_engine *e, const tls_client_hello *hello)
{
    tls_connection *c = e->connection;
    int64_t now = tls_context_now(c->context);
    tls_buffer encoded = {0};
    tls_session *session = NULL;

    if (tls_ticket_open(c->context->ticket_keys, &encoded, hello->session_ticket, now) &&
        tls_session_import(&session, tls_buffer_view(&encoded)) == TLS_OK)
        use_session(e, session, hello);
    c->ticket = e->resume != NULL;
    tls_session_release(session);
    tls_buffer_release(&encoded);
}

void
tls12_use_stored_session(tls12_engine *e, tls_session *session, const tls_client_hello *hello)
{
    if (session != NULL &&
        tls_bytes_equal(hello->session_id, tls_bytes_make(session->id, session->id_length)))
        use_session(e, session, hello);
    if (e->resume != NULL)
        e->ticket_agreed = 0;
}

/* ---- Tickets ---- */

enum tls_reason
tls12_server_send_ticket(tls12_engine *e)
{
    tls_connection *c = e->connection;
    tls_session *session = c->resumed ? tls_session_retain(e->resume) : new_session(e);
    int64_t now = tls_context_now(c->context);
    tls_buffer encoded = {0}, ticket = {0};
    tls_message message;
    enum tls_reason reason =
        session != NULL ? tls_session_export(session, &encoded) : TLS_REASON_OUT_OF_MEMORY;

    if (reason == TLS_OK && encoded.length <= TICKET_CONTENT_MAXIMUM)
        reason = tls_ticket_seal(c->context->ticket_keys, &ticket, tls_buffer_view(&encoded), now);
    if (reason == TLS_OK) {
        memset(&message, 0, sizeof message);
        message.type = TLS_HANDSHAKE_NEW_SESSION_TICKET;
        message.u.new_session_ticket.ticket = tls_buffer_view(&ticket);
        if (ticket.length > 0)
            message.u.new_session_ticket.lifetime = (uint32_t)(session->expires - now);
        c->ticket = ticket.length > 0;
        reason = tls12_send_own(e, TLS_STAGE_NEW_SESSION_TICKET, &message);
    }
    tls_session_release(session);
    tls_buffer_release(&encoded);
    tls_buffer_release(&ticket);
    return reason;
}

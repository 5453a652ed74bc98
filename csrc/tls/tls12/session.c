/* session.c - sessions of TLS 1.0 to 1.2: what a handshake leaves, what a server may resume,
 * and the tickets it gives. */
#include <string.h>

#include "handshake/resumption.h"
#include "tls12/internal.h"

/* ---- What a handshake leaves ---- */

/* new_session makes a session of what was negotiated. */
static enum tls_reason
new_session(tls12_engine *e, tls_session **session)
{
    const br_ssl_session_parameters *parameters = &tls12_core(e)->session;
    enum tls_reason reason =
        tls_resumption_session(e->handshake->host, &e->handshake->facts, session);

    if (reason != TLS_OK)
        return reason;
    (*session)->id_length = parameters->session_id_len;
    memcpy((*session)->id, parameters->session_id, (*session)->id_length);
    memcpy((*session)->master_secret, parameters->master_secret, sizeof(*session)->master_secret);
    return TLS_OK;
}

/* copy_or_new: of the session that was resumed, or what was negotiated. */
static enum tls_reason
copy_or_new(tls12_engine *e, tls_session **session)
{
    if (!e->handshake->facts.resumed)
        return new_session(e, session);
    *session = tls_session_copy(e->resume);
    return *session != NULL ? TLS_OK : TLS_REASON_OUT_OF_MEMORY;
}

/* kept_session: the session that this handshake leaves, NULL when there is none. A resumed one is
 * new only when it came with a new ticket. */
static enum tls_reason
kept_session(tls12_engine *e, tls_session **session)
{
    tls_handshake *h = e->handshake;
    enum tls_reason reason;

    *session = NULL;
    if (h->facts.resumed && e->ticket.length == 0)
        return TLS_OK;
    if (!h->facts.resumed && e->ticket.length == 0 && tls12_core(e)->session.session_id_len == 0)
        return TLS_OK;
    if (!h->facts.resumed && h->host->role == TLS_ROLE_SERVER && h->host->context->cache == NULL &&
        !h->facts.ticket && !tls_host_decides(h->host, TLS_DECISION_SESSION_STORE))
        return TLS_OK;
    reason = copy_or_new(e, session);
    if (reason != TLS_OK || e->ticket.length == 0)
        return reason;
    tls_buffer_append_last(&(*session)->ticket, e->ticket.data, e->ticket.length);
    /* RFC 5077 section 3.3: the hint may only shorten what the client itself allows. */
    if (e->ticket_lifetime != 0 &&
        (*session)->expires > tls_context_now(h->host->context) + (int64_t)e->ticket_lifetime)
        (*session)->expires = tls_context_now(h->host->context) + (int64_t)e->ticket_lifetime;
    return (*session)->ticket.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

enum tls_reason
tls12_finish(tls12_engine *e)
{
    tls_handshake *h = e->handshake;
    tls_session *session;
    enum tls_reason reason = kept_session(e, &session);

    memcpy(h->facts.master_secret, tls12_core(e)->session.master_secret,
        sizeof h->facts.master_secret);

    if (reason != TLS_OK) {
        tls_session_release(session);
        return reason;
    }
    if (session != NULL || !h->facts.resumed) {
        tls_session_release(h->facts.session);
        h->facts.session = session;
        h->facts.session_is_new = session != NULL;
    }
    return TLS_OK;
}

/* ---- What BearSSL is shown ---- */

/* Of its suite a resumed handshake uses the protection of records and the hash of the PRF, and
 * nothing that says how keys are exchanged. BearSSL looks it up again and again, each time from the
 * beginning of a list, where those with RSA stand. */
uint16_t
tls12_shown_resumed(unsigned id)
{
    const tls_suite *suite = tls_suite_find(id), *other;
    size_t i;

    for (i = 0; suite != NULL && (other = tls_suite_at(i)) != NULL; i++)
        if (other->key_exchange == TLS_KEY_EXCHANGE_RSA && other->cipher == suite->cipher &&
            other->mode == suite->mode && other->key_bits == suite->key_bits &&
            other->mac_hash == suite->mac_hash && other->prf_hash == suite->prf_hash &&
            other->version_min == suite->version_min)
            return other->id;
    return (uint16_t)id;
}

/* ---- What the server resumes ---- */

static void
save_session(const br_ssl_session_cache_class **pctx, br_ssl_server_context *server,
    const br_ssl_session_parameters *parameters)
{
    /* kept_session makes it when the handshake is over. */
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
    parameters->cipher_suite = tls12_shown_resumed(e->resume->suite);
    memcpy(parameters->master_secret, e->resume->master_secret, sizeof e->resume->master_secret);
    return 1;
}

const br_ssl_session_cache_class tls12_cache_class = {
    sizeof(tls12_engine), save_session, load_session};

/* use_session keeps a session that may be resumed here and now, and whose suite the client still
 * offers (RFC 5246 section 7.4.1.2). */
static void
use_session(tls12_engine *e, tls_session *session, const tls_client_hello *hello)
{
    tls_handshake *h = e->handshake;

    if (session == NULL || !tls_resumption_allowed(h, session) ||
        !tls_terms_allow_suite(&h->terms, session->suite) ||
        !tls_u16_list_contains(hello->cipher_suites, session->suite))
        return;
    /* RFC 7627 section 5.3: without it the session is not resumed for a client that now has it. The
     * other way round the handshake is ended: see extended_master_secret. */
    if (hello->extended_master_secret &&
        h->host->context->extended_master_secret != TLS_EXTENDED_MASTER_SECRET_OFF &&
        !session->extended_master_secret)
        return;
    e->resume = tls_session_retain(session);
}

/* A session that comes out of a ticket is judged like one out of the cache. */
void
tls12_use_ticket(tls12_engine *e, const tls_client_hello *hello)
{
    tls_session *session = tls_resumption_open_ticket(e->handshake->host, hello->session_ticket);

    use_session(e, session, hello);
    e->handshake->facts.ticket = e->resume != NULL;
    if (e->resume != NULL)
        e->ticket_agreed =
            tls_resumption_renews(e->handshake->host, e->resume, hello->session_ticket);
    tls_session_release(session);
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
    tls_handshake *h = e->handshake;
    int64_t now = tls_context_now(h->host->context);
    tls_session *session;
    tls_buffer ticket = {0};
    tls_message message;
    enum tls_reason reason = copy_or_new(e, &session);

    if (reason == TLS_OK)
        reason = tls_resumption_seal_ticket(h->host, session, &ticket);
    if (reason == TLS_OK) {
        memset(&message, 0, sizeof message);
        message.type = TLS_HANDSHAKE_NEW_SESSION_TICKET;
        /* Empty where the session is too long for one (RFC 5077 section 3.3). */
        message.u.new_session_ticket.ticket = tls_buffer_view(&ticket);
        if (ticket.length > 0)
            message.u.new_session_ticket.lifetime = (uint32_t)(session->expires - now);
        h->facts.ticket = ticket.length > 0;
        reason = tls12_send_own(e, TLS_STAGE_NEW_SESSION_TICKET, &message);
    }
    tls_session_release(session);
    tls_buffer_release(&ticket);
    return reason;
}

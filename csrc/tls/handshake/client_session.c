/* client_session.c - see client_session.h. */
#include "handshake/client_session.h"

/* uses_cache: a resumed connection asks neither `verify` nor `client_certificate` again, so where a
 * handler has a say in who the peer may be, or in who this side is, nothing is resumed that the
 * caller has not named: what the handler said of one connection need not hold for the next. */
static int
uses_cache(const tls_host *host)
{
    return host->context->cache != NULL && host->role == TLS_ROLE_CLIENT &&
           host->server_name[0] != '\0' && !tls_host_decides(host, TLS_DECISION_VERIFY) &&
           !tls_host_decides(host, TLS_DECISION_CLIENT_CERTIFICATE);
}

/* may_offer: a session that fits, of a version that the connection's own limits allow. */
static int
may_offer(const tls_handshake *h, const tls_session *session)
{
    const tls_host *host = h->host;
    tls_lists lists = tls_host_lists(host);

    return session->version >= host->version_min &&
           (host->version_max == 0 || session->version <= host->version_max) &&
           tls_context_resumes(host->context, &lists, session, host->server_name, h->facts.verify,
               tls_host_decides(host, TLS_DECISION_VERIFY));
}

/* take_cached: the newest that may be offered here. A ticket of TLS 1.3 is used once, so that
 * nobody can tell two connections of one client by it (RFC 8446 appendix C.4). */
static void
take_cached(tls_handshake *h)
{
    const tls_context *context = h->host->context;
    tls_session *found[TLS_SESSIONS_PER_NAME];
    size_t count = tls_session_cache_list(
        context->cache, tls_bytes_of_string(h->host->server_name), tls_context_now(context), found);
    size_t i;

    for (i = 0; i < count; i++) {
        if (!may_offer(h, found[i]))
            continue;
        h->facts.session = tls_session_retain(found[i]);
        if (found[i]->version == TLS_VERSION_13)
            tls_session_cache_drop(context->cache, found[i]);
        return;
    }
}

void
tls_client_session_decide(tls_handshake *h, int *ready)
{
    tls_host *host = h->host;
    tls_answer *answer;

    *ready = 1;
    if (host->role != TLS_ROLE_CLIENT || host->session_given || tls_handshake_renegotiates(h))
        return;
    answer = tls_host_take_answer(host);
    if (answer == NULL && tls_host_decides(host, TLS_DECISION_SESSION_LOAD)) {
        host->events.question.u.session_load.session_id = tls_bytes_make(NULL, 0);
        host->events.question.u.session_load.server_name = host->server_name;
        host->events.question.u.session_load.early_data = 0;
        tls_host_ask(host, TLS_DECISION_SESSION_LOAD);
        *ready = 0;
        return;
    }
    if (answer != NULL && answer->session != NULL && may_offer(h, answer->session))
        h->facts.session = tls_session_retain(answer->session);
    tls_host_answer_clear(host);
    if (h->facts.session == NULL && uses_cache(host))
        take_cached(h);
}

/* A server may give a ticket of 64 KiB, and could fill a cache with them. */
#define CACHED_TICKET_MAXIMUM 16384

void
tls_client_session_keep(const tls_host *host, const tls_session *session)
{
    if (uses_cache(host) && session->ticket.length <= CACHED_TICKET_MAXIMUM)
        tls_session_cache_store(host->context->cache, session);
}

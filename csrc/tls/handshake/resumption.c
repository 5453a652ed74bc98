/* resumption.c - see resumption.h. */
#include "handshake/resumption.h"

#include <string.h>

/* What sealing adds to a session, at most. */
#define TICKET_OVERHEAD 384

int
tls_resumption_allowed(const tls_handshake *h, const tls_session *session)
{
    const tls_host *host = h->host;
    tls_lists lists = tls_host_lists(host);

    return tls_context_resumes(host->context, &lists, session, host->server_name, h->facts.verify,
               tls_host_decides(host, TLS_DECISION_VERIFY)) &&
           session->version == h->terms.version_chosen;
}

/* claim_verdict: what the session was judged, where the judge is the same. Under another trust it
 * says nothing. */
static void
claim_verdict(tls_handshake *h, const tls_session *session)
{
    tls_peer *peer = &h->facts.peer;
    tls_lists lists = tls_host_lists(h->host);

    tls_context_judge(h->host->context, peer->judge, &lists);
    peer->judged = session->judged && memcmp(peer->judge, session->judge, sizeof peer->judge) == 0;
    peer->verdict = peer->judged ? session->verdict : TLS_OK;
}

enum tls_reason
tls_resumption_claim(tls_handshake *h, const tls_session *session)
{
    tls_facts *facts = &h->facts;

    facts->resumed = 1;
    tls_handshake_fix_policy(h);
    if (session->expires < facts->session_expires)
        facts->session_expires = session->expires;
    claim_verdict(h, session);
    /* Where nobody judged by this context's rules, nobody is vouched for. */
    facts->peer.level = facts->peer.judged ? session->level : TLS_LEVEL_NONE;
    if (h->host->role == TLS_ROLE_SERVER) {
        memcpy(facts->end_point, session->end_point, session->end_point_length);
        facts->end_point_length = session->end_point_length;
    }
    tls_buffer_append(
        &facts->peer.key_info, session->peer_key_info.data, session->peer_key_info.length);
    if (facts->peer.key_info.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    if (session->peer_chain == NULL)
        return TLS_OK;
    return tls_facts_set_chain(
        &facts->peer.chain, session->peer_chain->items, session->peer_chain->count);
}

enum tls_reason
tls_resumption_session(const tls_host *host, const tls_facts *facts, tls_session **out)
{
    const tls_peer *peer = tls_facts_peer(facts);
    tls_session *session =
        tls_session_new(host->server_name, tls_buffer_view(&facts->alpn), peer->chain);

    *out = session;
    if (session == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    session->role = host->role;
    session->version = facts->version;
    session->suite = facts->suite;
    memcpy(session->policy, facts->policy, sizeof session->policy);
    session->level = peer->level;
    session->judged = peer->judged;
    session->verdict = peer->verdict;
    memcpy(session->judge, peer->judge, sizeof session->judge);
    session->extended_master_secret = facts->extended_master_secret;
    if (host->role == TLS_ROLE_SERVER)
        session->end_point_length = tls_facts_end_point(facts, host->role, session->end_point);
    session->created = tls_context_now(host->context);
    session->expires = facts->session_expires;
    tls_buffer_append(&session->peer_key_info, peer->key_info.data, peer->key_info.length);
    if (session->peer_key_info.failed) {
        tls_session_release(session);
        return TLS_REASON_OUT_OF_MEMORY;
    }
    return TLS_OK;
}

tls_session *
tls_resumption_open_ticket(const tls_host *host, tls_bytes ticket)
{
    tls_buffer encoded = {0};
    tls_session *session = NULL;

    if (host->context->ticket_keys != NULL && tls_ticket_open(host->context->ticket_keys, &encoded,
                                                  ticket, tls_context_now(host->context)))
        (void)tls_session_import(&session, tls_buffer_view(&encoded));
    tls_buffer_release(&encoded);
    return session;
}

int
tls_resumption_renews(const tls_host *host, const tls_session *session, tls_bytes ticket)
{
    int64_t now = tls_context_now(host->context);

    return !tls_ticket_is_current(host->context->ticket_keys, ticket, now) ||
           now - session->created >= (session->expires - session->created) / 2;
}

/* ticket_content: how long a session may be that is sealed: its ticket must come back in a
 * ClientHello that we read, and leave room for the rest of it. */
static size_t
ticket_content(const tls_context *context)
{
    size_t limit = context->client_hello_limit / 4 * 3;

    return (limit < TLS_TICKET_MAXIMUM ? limit : TLS_TICKET_MAXIMUM) - TICKET_OVERHEAD;
}

enum tls_reason
tls_resumption_seal_ticket(const tls_host *host, const tls_session *session, tls_buffer *ticket)
{
    tls_buffer encoded = {0};
    enum tls_reason reason = tls_session_export(session, &encoded);

    if (reason == TLS_OK && encoded.length <= ticket_content(host->context))
        reason = tls_ticket_seal(host->context->ticket_keys, ticket, tls_buffer_view(&encoded),
            tls_context_now(host->context));
    tls_buffer_release(&encoded);
    return reason == TLS_OK && ticket->failed ? TLS_REASON_OUT_OF_MEMORY : reason;
}

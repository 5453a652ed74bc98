/* info.c - what a connection tells of itself. Who the peer is stands there only when a handshake
 * has proven it (handshake/facts.h). */
#include <string.h>

#include "connection/internal.h"
#include "tls13/traffic.h"

static void
list_view(const tls_certificate_list *list, const tls_certificate *const **items, size_t *count)
{
    *items = list != NULL ? (const tls_certificate *const *)list->items : NULL;
    *count = list != NULL ? list->count : 0;
}

static size_t
held_memory(const tls_connection *c)
{
    const tls_host *host = &c->host;

    return sizeof *c + strlen(host->server_name) + 1 + host->ech.capacity +
           tls_facts_memory(&host->settled) +
           (host->handshake != NULL ? tls_handshake_memory(host->handshake) : 0) +
           tls_input_memory(c) + tls_output_memory(c) + tls_traffic_memory(host->traffic) +
           (host->opener.cbc != NULL ? sizeof *host->opener.cbc : 0) +
           (host->sealer.cbc != NULL ? sizeof *host->sealer.cbc : 0);
}

/* told_facts: those of the first handshake while it runs, then what was settled. */
static const tls_facts *
told_facts(const tls_connection *c)
{
    return c->established ? &c->host.settled : tls_host_facts(&c->host);
}

static void
tell_peer(tls_connection_info *out, const tls_peer *peer)
{
    out->peer_scheme = peer->scheme;
    out->peer_verified = peer->level == TLS_LEVEL_VERIFIED;
    out->peer_accepted = peer->level != TLS_LEVEL_NONE;
    out->judged = peer->judged;
    out->verdict = peer->verdict;
    out->verdict_cached = peer->verdict_cached;
    list_view(peer->chain, &out->peer_chain, &out->peer_chain_count);
    list_view(peer->path, &out->peer_path, &out->peer_path_count);
    out->ocsp_response = tls_buffer_view(&peer->ocsp_response);
    out->signed_certificate_timestamps = tls_buffer_view(&peer->signed_certificate_timestamps);
    out->psk = peer->psk;
    out->peer_key_info = tls_buffer_view(&peer->key_info);
    out->psk_identity = tls_buffer_view(&peer->psk_identity);
    out->psk_imported = peer->psk_imported;
    out->psk_context = tls_buffer_view(&peer->psk_context);
}

static void
tell_facts(tls_connection_info *out, const tls_facts *facts)
{
    out->version = facts->version;
    out->suite = facts->suite;
    out->group = facts->group;
    out->dh_bits = facts->dh_bits;
    out->local_scheme = facts->local_scheme;
    out->alpn = tls_buffer_view(&facts->alpn);
    out->resumed = facts->resumed;
    list_view(facts->local_chain, &out->local_chain, &out->local_chain_count);
    out->client_random = tls_bytes_make(facts->client_random, sizeof facts->client_random);
    out->server_random = tls_bytes_make(facts->server_random, sizeof facts->server_random);
    out->client_verify_data =
        tls_bytes_make(facts->client_verify_data, facts->client_verify_length);
    out->server_verify_data =
        tls_bytes_make(facts->server_verify_data, facts->server_verify_length);
    out->secure_renegotiation = facts->secure_renegotiation;
    out->extended_master_secret = facts->extended_master_secret;
    out->ticket = facts->ticket;
    out->max_fragment_length = facts->max_fragment_length;
    out->record_size_limit = facts->peer_record_limit;
    out->early_data = facts->early_data;
    out->early_data_length = facts->early_data_length;
    out->hello_retry = facts->hello_retry;
    out->ech = facts->ech;
    out->post_handshake_auth = facts->post_handshake_auth;
    out->declined = facts->declined;
    out->server_certificate_type = (enum tls_certificate_type)facts->server_certificate_type;
    out->client_certificate_type = (enum tls_certificate_type)facts->client_certificate_type;
    out->tickets_told = facts->tickets_told;
    out->expected_tickets = facts->expected_tickets;
}

void
tls_connection_get_info(const tls_connection *c, tls_connection_info *out)
{
    const tls_host *host = &c->host;
    const tls_facts *facts = told_facts(c);
    int is_kept = c->established || c->phase == TLS_PHASE_STORE || c->phase == TLS_PHASE_SETTLE;

    memset(out, 0, sizeof *out);
    tell_facts(out, facts);
    tell_peer(out, tls_facts_peer(facts));
    if (c->failure == TLS_REASON_ECH_REQUIRED) /* what else ends it proves nothing of them */
        out->ech_retry_configs = tls_buffer_view(&facts->ech_retry_configs);
    out->role = host->role;
    out->established = c->established;
    out->state = tls_connection_state(c);
    out->server_name = host->server_name;
    out->resumable = c->established && facts->session != NULL;
    if (facts->session != NULL && is_kept)
        out->session_id = tls_bytes_make(facts->session->id, facts->session->id_length);
    out->renegotiations = c->renegotiations;
    out->renegotiating = tls_connection_renegotiating(c);
    out->authenticating = tls_connection_authenticating(c);
    out->authentications = host->authentications;
    out->key_updates_sent = host->key_updates_sent;
    out->key_updates_received = host->key_updates_received;
    out->closed_sent = host->close_sent;
    out->closed_received = c->close_received;
    out->bytes_received = c->input.bytes;
    out->bytes_sent = c->output.bytes;
    out->records_received = host->opener.earlier_count + host->opener.count;
    out->records_sent = host->sealer.earlier_count + host->sealer.count;
    out->memory = held_memory(c);
}

const char *
tls_connection_state(const tls_connection *c)
{
    const tls_handshake *h = c->host.handshake;

    if (h == NULL)
        return NULL;
    return h->engine != NULL || c->phase == TLS_PHASE_HANDSHAKE ? h->engine_class->state(h)
                                                                : "session_store";
}

tls_session *
tls_connection_session(const tls_connection *c)
{
    const tls_session *session = c->host.settled.session;

    return c->established && session != NULL ? tls_session_retain(session) : NULL;
}

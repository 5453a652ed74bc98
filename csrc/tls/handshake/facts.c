/* facts.c - see facts.h. */
#include "handshake/facts.h"

#include <string.h>

static void
clear_peer(tls_peer *peer)
{
    tls_certificate_list_release(peer->chain);
    tls_certificate_list_release(peer->path);
    tls_buffer_release(&peer->key_info);
    tls_buffer_release(&peer->psk_identity);
    tls_buffer_release(&peer->psk_context);
    tls_buffer_release(&peer->ocsp_response);
    tls_buffer_release(&peer->signed_certificate_timestamps);
    memset(peer, 0, sizeof *peer);
}

void
tls_facts_clear(tls_facts *facts)
{
    clear_peer(&facts->peer);
    tls_certificate_list_release(facts->local_chain);
    tls_buffer_release(&facts->alpn);
    tls_buffer_release(&facts->ech_retry_configs);
    tls_session_release(facts->session);
    tls_wipe(facts, sizeof *facts);
}

void
tls_facts_settle(tls_facts *settled, tls_facts *found)
{
    tls_facts_clear(settled);
    *settled = *found;
    tls_wipe(found, sizeof *found);
}

void
tls_facts_settle_late(tls_facts *settled, tls_facts *found)
{
    settled->declined = found->declined;
    if (found->proven) {
        /* How the first handshake was keyed stays. */
        found->peer.psk = settled->peer.psk;
        tls_buffer_release(&found->peer.psk_identity);
        found->peer.psk_identity = settled->peer.psk_identity;
        memset(&settled->peer.psk_identity, 0, sizeof settled->peer.psk_identity);
        found->peer.psk_imported = settled->peer.psk_imported;
        tls_buffer_release(&found->peer.psk_context);
        found->peer.psk_context = settled->peer.psk_context;
        memset(&settled->peer.psk_context, 0, sizeof settled->peer.psk_context);
        clear_peer(&settled->peer);
        settled->peer = found->peer;
        memset(&found->peer, 0, sizeof found->peer);
        memcpy(settled->policy, found->policy, sizeof settled->policy);
        settled->session_expires = found->session_expires;
    }
    if (found->local_chain != NULL) {
        tls_certificate_list_release(settled->local_chain);
        settled->local_chain = found->local_chain;
        settled->local_scheme = found->local_scheme;
        found->local_chain = NULL;
    }
    tls_facts_clear(found);
}

void
tls_facts_disown(tls_facts *facts, enum tls_reason verdict)
{
    clear_peer(&facts->peer);
    facts->peer.judged = verdict != TLS_OK;
    facts->peer.verdict = verdict;
    facts->proven = 1; /* that it is nobody */
    tls_session_release(facts->session);
    facts->session = NULL;
}

const tls_peer *
tls_facts_peer(const tls_facts *facts)
{
    static const tls_peer nobody;

    return facts->proven ? &facts->peer : &nobody;
}

enum tls_reason
tls_facts_set_chain(tls_certificate_list **list, tls_certificate *const *items, size_t count)
{
    tls_certificate_list_release(*list);
    *list = NULL;
    if (count == 0)
        return TLS_OK;
    return tls_certificate_list_make(list, items, count);
}

void
tls_facts_note_finished(tls_facts *facts, tls_bytes verify_data, int from_client)
{
    size_t length = verify_data.length;

    if (length > TLS_VERIFY_DATA_MAXIMUM)
        length = TLS_VERIFY_DATA_MAXIMUM;
    memcpy(from_client ? facts->client_verify_data : facts->server_verify_data, verify_data.data,
        length);
    if (from_client)
        facts->client_verify_length = (unsigned char)length;
    else
        facts->server_verify_length = (unsigned char)length;
}

size_t
tls_facts_end_point(
    const tls_facts *facts, enum tls_role role, unsigned char out[TLS_FINGERPRINT_MAXIMUM])
{
    const tls_certificate_list *chain =
        role == TLS_ROLE_CLIENT ? tls_facts_peer(facts)->chain : facts->local_chain;
    int hash;

    if (chain == NULL) {
        memcpy(out, facts->end_point, facts->end_point_length);
        return facts->end_point_length;
    }
    /* The hash of the certificate's own signature, or SHA-256 where that is MD5 or SHA-1. */
    hash = chain->items[0]->signature_algorithm.hash;
    return tls_fingerprint(
        out, hash <= TLS_HASH_SHA1 ? TLS_HASH_SHA256 : hash, chain->items[0]->der);
}

size_t
tls_facts_memory(const tls_facts *facts)
{
    const tls_peer *peer = &facts->peer;

    return facts->alpn.capacity + facts->ech_retry_configs.capacity + peer->ocsp_response.capacity +
           peer->signed_certificate_timestamps.capacity + peer->psk_identity.capacity +
           peer->psk_context.capacity + peer->key_info.capacity +
           (facts->session != NULL ? sizeof *facts->session : 0);
}

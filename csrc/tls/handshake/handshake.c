/* handshake.c - see handshake.h. */
#include "handshake/handshake.h"

#include <stdlib.h>
#include <string.h>

#include "handshake/ech.h"

/* ---- Beginning and end ---- */

/* begin_again: what a later handshake takes over of the one before: how the connection is keyed,
 * and, in a renegotiation, the protocol in use. */
static enum tls_reason
begin_again(tls_facts *facts, const tls_facts *settled)
{
    facts->version = settled->version;
    facts->suite = settled->suite;
    facts->secure_renegotiation = settled->secure_renegotiation;
    facts->extended_master_secret = settled->extended_master_secret;
    facts->max_fragment_length = settled->max_fragment_length;
    facts->peer_record_limit = settled->peer_record_limit;
    memcpy(facts->client_random, settled->client_random, sizeof facts->client_random);
    memcpy(facts->server_random, settled->server_random, sizeof facts->server_random);
    tls_buffer_append(&facts->alpn, settled->alpn.data, settled->alpn.length);
    return facts->alpn.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

enum tls_reason
tls_handshake_new(
    tls_host *host, enum tls_handshake_purpose purpose, const tls_engine_class *engine_class)
{
    tls_handshake *h = calloc(1, sizeof *h);
    enum tls_reason reason = TLS_OK;

    if (h == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    h->host = host;
    h->purpose = purpose;
    h->engine_class = engine_class;
    h->facts.verify = host->settled.verify;
    if (purpose != TLS_FIRST_HANDSHAKE)
        reason = begin_again(&h->facts, &host->settled);
    host->handshake = h;
    if (reason != TLS_OK)
        tls_handshake_end(host);
    return reason;
}

void
tls_handshake_end(tls_host *host)
{
    tls_handshake *h = host->handshake;

    if (h == NULL)
        return;
    if (h->engine != NULL)
        h->engine_class->release(h);
    tls_ech_free(h);
    tls_terms_clear(&h->terms);
    tls_kept_hello_release(&h->client_hello);
    tls_facts_clear(&h->facts);
    tls_wipe(h, sizeof *h);
    free(h);
    host->handshake = NULL;
}

void
tls_handshake_settle(tls_host *host)
{
    tls_handshake *h = host->handshake;

    if (h->purpose == TLS_LATE_AUTHENTICATION)
        tls_facts_settle_late(&host->settled, &h->facts);
    else
        tls_facts_settle(&host->settled, &h->facts);
    tls_handshake_end(host);
}

size_t
tls_handshake_memory(const tls_handshake *h)
{
    const tls_kept_hello *kept = &h->client_hello;

    return sizeof *h + kept->raw.capacity + kept->suites.capacity + kept->groups.capacity +
           kept->schemes.capacity + tls_facts_memory(&h->facts) + tls_ech_memory(h->ech) +
           (h->engine != NULL ? h->engine_class->memory(h) : 0);
}

/* ---- ClientHello ---- */

/* drop_duplicates replaces a list that repeats itself by one in `kept`, in the same order. */
static enum tls_reason
drop_duplicates(tls_u16_list *list, tls_buffer *kept)
{
    tls_u16_set seen;
    size_t count = tls_u16_list_count(*list), i = 0;

    tls_buffer_clear(kept);
    tls_u16_set_clear(&seen);
    while (i < count && tls_u16_set_add(&seen, tls_u16_list_at(*list, i)))
        i++;
    if (i == count)
        return TLS_OK;
    tls_write_bytes(kept, tls_bytes_make(list->data, 2 * i));
    for (i++; i < count; i++)
        if (tls_u16_set_add(&seen, tls_u16_list_at(*list, i)))
            tls_write_u16(kept, tls_u16_list_at(*list, i));
    if (kept->failed)
        return TLS_REASON_OUT_OF_MEMORY;
    *list = tls_buffer_view(kept);
    return TLS_OK;
}

enum tls_reason
tls_kept_hello_take(tls_kept_hello *kept, tls_bytes message)
{
    tls_client_hello *hello = &kept->hello;
    enum tls_reason reason;

    tls_buffer_clear(&kept->raw);
    tls_buffer_append(&kept->raw, message.data, message.length);
    if (kept->raw.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    reason = tls_client_hello_parse(hello, tls_buffer_view(&kept->raw));
    kept->suites_sent = hello->cipher_suites;
    if (reason == TLS_OK)
        reason = drop_duplicates(&hello->cipher_suites, &kept->suites);
    if (reason == TLS_OK)
        reason = drop_duplicates(&hello->supported_groups, &kept->groups);
    if (reason == TLS_OK)
        reason = drop_duplicates(&hello->signature_algorithms, &kept->schemes);
    return reason;
}

void
tls_kept_hello_move(tls_kept_hello *to, tls_kept_hello *from)
{
    tls_kept_hello_release(to);
    *to = *from;
    memset(from, 0, sizeof *from);
}

void
tls_kept_hello_release(tls_kept_hello *kept)
{
    tls_buffer_release(&kept->raw);
    tls_buffer_release(&kept->suites);
    tls_buffer_release(&kept->groups);
    tls_buffer_release(&kept->schemes);
    memset(kept, 0, sizeof *kept);
}

/* ---- The peer ---- */

void
tls_handshake_fix_policy(tls_handshake *h)
{
    const tls_context *context = h->host->context;

    tls_host_policy(h->host, &h->facts, h->facts.policy);
    h->facts.session_expires = tls_context_now(context) + context->session_lifetime;
    h->facts.has_policy = 1;
}

void
tls_handshake_prove(tls_handshake *h)
{
    tls_facts *facts = &h->facts;

    facts->proven = 1;
    if (!facts->has_policy)
        tls_handshake_fix_policy(h);
    /* RFC 8446 section 4.6.1: what a session vouches for ends with the certificate. */
    if (facts->peer.level != TLS_LEVEL_NONE && facts->peer.judged && !facts->resumed &&
        facts->peer.valid_until < facts->session_expires)
        facts->session_expires = facts->peer.valid_until;
}

/* engine.c - the TLS 1.3 engine's frame: making and freeing it, messages in and out, secrets
 * and keys. tls13/internal.h has the picture. */
#include <stdlib.h>
#include <string.h>

#include "tls13/internal.h"
#include "base/random.h"

/* ---- Making and freeing ---- */

enum tls_reason
tls13_make(tls_handshake *h, tls13_state state)
{
    tls13_engine *e = calloc(1, sizeof *e);

    if (e == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    e->handshake = h;
    e->state = state;
    tls_transcript_init(&e->transcript);
    h->engine = e;
    h->engine_class = &tls13_class;
    return TLS_OK;
}

enum tls_reason
tls13_take_over(tls_handshake *h)
{
    return tls13_make(h, h->host->role == TLS_ROLE_CLIENT ? TLS13_STATE(tls13_client_start)
                                                          : TLS13_STATE(tls13_server_start));
}

void
tls13_wipe_shares(tls13_engine *e)
{
    size_t i;

    for (i = 0; i < e->share_count; i++)
        tls_key_exchange_wipe(&e->shares[i]);
    e->share_count = 0;
}

static void
release(tls_handshake *h)
{
    tls13_engine *e = tls13_of(h);
    size_t i;

    tls13_wipe_shares(e);
    tls_buffer_release(&e->cookie);
    tls_buffer_release(&e->certificate_request);
    tls_buffer_release(&e->peer_schemes);
    tls_buffer_release(&e->signature);
    tls_buffer_release(&e->certificate);
    for (i = 0; i < TLS13_PSKS_OFFERED; i++)
        tls13_clear_psk(&e->psks[i]);
    tls_session_release(e->resume);
    tls_wipe(e, sizeof *e);
    free(e);
    h->engine = NULL;
}

static size_t
memory(const tls_handshake *h)
{
    const tls13_engine *e = tls13_of(h);
    size_t shares = 0, i;

    for (i = 0; i < e->share_count; i++)
        shares += tls_key_exchange_memory(&e->shares[i]);
    return sizeof *e + shares + e->cookie.capacity + e->certificate_request.capacity +
           e->peer_schemes.capacity + e->signature.capacity + e->certificate.capacity;
}

static const char *
state(const tls_handshake *h)
{
    static const char prefix[] = "tls13_";
    const char *name = tls13_of(h)->state.name;

    return strncmp(name, prefix, sizeof prefix - 1) == 0 ? name + sizeof prefix - 1 : name;
}

void
tls_traffic_free(tls_traffic *traffic)
{
    if (traffic == NULL)
        return;
    free(traffic->transcript);
    free(traffic->requested);
    tls_wipe(traffic, sizeof *traffic);
    free(traffic);
}

size_t
tls_traffic_memory(const tls_traffic *traffic)
{
    if (traffic == NULL)
        return 0;
    return sizeof *traffic + (traffic->transcript != NULL ? sizeof *traffic->transcript : 0) +
           (traffic->requested != NULL ? sizeof *traffic->requested : 0);
}

/* ---- Messages ---- */

enum tls_reason
tls13_next(tls13_engine *e, uint32_t awaited, tls_message *message, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    enum tls_reason reason = tls_host_next_message(h->host, awaited, &e->message);

    if (reason != TLS_OK || e->message.length == 0) {
        *progress = TLS_PROGRESS_BLOCKED;
        return reason;
    }
    return tls_message_parse(message, e->message, TLS_VERSION_13, h->facts.suite);
}

enum tls_reason
tls13_report(tls13_engine *e, enum tls_stage stage)
{
    return tls_host_happened(e->handshake->host, stage, TLS_RECEIVED, e->message);
}

void
tls13_consume(tls13_engine *e)
{
    tls_transcript_update(&e->transcript, e->message);
    tls_host_message_done(e->handshake->host, e->message.length);
    e->message = tls_bytes_make(NULL, 0);
}

enum tls_reason
tls13_send(tls13_engine *e, enum tls_stage stage, tls_buffer *raw)
{
    tls_handshake *h = e->handshake;
    enum tls_reason reason = tls_write_result(raw);

    /* Section 6.1: nothing follows close_notify, which a handler of a late authentication may have
     * sent. */
    if (h->host->close_sent) {
        tls_buffer_release(raw);
        return reason;
    }
    if (reason == TLS_OK) {
        tls_transcript_update(&e->transcript, tls_buffer_view(raw));
        reason = tls_host_happened(h->host, stage, TLS_SENT, tls_buffer_view(raw));
    }
    if (reason == TLS_OK)
        reason = tls_host_send_message(h->host, tls_buffer_view(raw));
    tls_buffer_release(raw);
    return reason;
}

/* ---- Secrets and keys ---- */

void
tls13_use_suite(tls13_engine *e, const tls_suite *suite)
{
    e->suite = suite;
    e->hash = tls_hash_class((int)suite->prf_hash);
    e->handshake->facts.suite = suite->id;
    tls_transcript_select(&e->transcript, e->hash);
}

enum tls_reason
tls13_derive(tls13_engine *e, unsigned char *out, enum tls_secret secret)
{
    unsigned char transcript_hash[TLS_SECRET_MAXIMUM];
    const char *label = tls_secret_keylog_label(secret);

    tls_transcript_hash(&e->transcript, transcript_hash);
    if (!tls_key_schedule_derive(&e->schedule, out, secret, transcript_hash))
        return TLS_REASON_INTERNAL;
    if (label == NULL)
        return TLS_OK;
    return tls_host_keylog(e->handshake->host, label, out, tls_hash_length(e->hash));
}

enum tls_reason
tls13_handshake_secrets(tls13_engine *e, tls_bytes shared)
{
    const tls13_psk *psk = &e->psks[e->handshake->host->role == TLS_ROLE_CLIENT ? e->psk_index : 0];
    enum tls_reason reason;

    tls_key_schedule_start(&e->schedule, e->hash,
        e->psk_selected ? tls_bytes_make(psk->key, psk->key_length) : tls_bytes_make(NULL, 0));
    tls_key_schedule_advance(&e->schedule, shared);
    reason = tls13_derive(e, e->client_secret, TLS_SECRET_CLIENT_HANDSHAKE_TRAFFIC);
    if (reason == TLS_OK)
        reason = tls13_derive(e, e->server_secret, TLS_SECRET_SERVER_HANDSHAKE_TRAFFIC);
    return reason;
}

enum tls_reason
tls13_application_secrets(tls13_engine *e)
{
    tls_handshake *h = e->handshake;
    tls_traffic *traffic = calloc(1, sizeof *traffic);
    enum tls_reason reason;

    if (traffic == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    h->host->traffic = traffic;
    traffic->suite = e->suite;
    traffic->hash = e->hash;
    /* Appendix D: as good as RFC 7627, and to be shown as such. */
    h->facts.extended_master_secret = 1;
    traffic->update_limit = tls_record_limit(e->suite);
    if (h->host->context->key_update_records != 0 &&
        h->host->context->key_update_records < traffic->update_limit)
        traffic->update_limit = h->host->context->key_update_records;
    if (h->facts.early_data == TLS_EARLY_DATA_ACCEPTED) {
        memcpy(traffic->early_exporter, e->early_exporter, sizeof traffic->early_exporter);
        traffic->has_early_exporter = 1;
    }
    tls_key_schedule_advance(&e->schedule, tls_bytes_make(NULL, 0));
    reason = tls13_derive(e, traffic->client, TLS_SECRET_CLIENT_APPLICATION_TRAFFIC);
    if (reason == TLS_OK)
        reason = tls13_derive(e, traffic->server, TLS_SECRET_SERVER_APPLICATION_TRAFFIC);
    if (reason == TLS_OK)
        reason = tls13_derive(e, traffic->exporter, TLS_SECRET_EXPORTER);
    return reason;
}

enum tls_reason
tls13_open_with(tls13_engine *e, const unsigned char *secret)
{
    tls_handshake *h = e->handshake;

    /* RFC 8446 section 5.1: handshake messages MUST NOT span key changes. */
    if (!tls_host_is_last(h->host, e->message.length))
        return TLS_REASON_UNEXPECTED_MESSAGE;
    tls_host_open_with(h->host, e->suite, secret);
    return TLS_OK;
}

enum tls_reason
tls13_seal_with(tls13_engine *e, const unsigned char *secret)
{
    tls_handshake *h = e->handshake;
    enum tls_reason reason = tls_host_flush(h->host);

    if (reason != TLS_OK)
        return reason;
    tls_host_seal_with(h->host, e->suite, secret);
    return TLS_OK;
}

/* RFC 8446 appendix D.4: once, before the first record under keys. A client does it for every
 * session ID that it makes up, if it wants to be compatible; a server must when there is one. */
enum tls_reason
tls13_send_compatibility(tls13_engine *e)
{
    const tls_host *host = e->handshake->host;

    if (e->compatibility_sent || e->session_id_length == 0 ||
        (host->role == TLS_ROLE_CLIENT && host->context->no_compatibility))
        return TLS_OK;
    e->compatibility_sent = 1;
    return tls_host_send_change_cipher_spec(e->handshake->host);
}

/* ---- The engine ---- */

static enum tls_reason
advance(tls_handshake *h, enum tls_progress *progress)
{
    tls13_engine *e = tls13_of(h);

    *progress = TLS_PROGRESS_MORE;
    return e->state.run(e, progress);
}

/* RFC 8446 section 5: a change_cipher_spec of the one value may come at any time between the first
 * ClientHello and the peer's Finished, and is dropped. */
static enum tls_reason
change_cipher_spec(tls_handshake *h)
{
    return tls_host_count_idle(h->host);
}

enum tls_reason
tls13_end(tls13_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    tls_traffic *traffic = h->host->traffic;

    h->host->skip_early_data = 0;
    h->host->opener.plain_alerts = 0;
    if (!tls13_is_late(e) && h->facts.post_handshake_auth) {
        traffic->transcript = malloc(sizeof *traffic->transcript);
        if (traffic->transcript == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
        *traffic->transcript = e->transcript;
    }
    *progress = TLS_PROGRESS_DONE;
    return TLS_OK;
}

const tls_engine_class tls13_class = {advance, change_cipher_spec, release, memory, state,
    tls13_awaits, tls13_message, tls13_export, tls13_unique, tls13_before_write, tls13_records_left,
    tls13_update_keys, tls13_request_certificate, tls13_requests_certificate, tls13_request_ticket};

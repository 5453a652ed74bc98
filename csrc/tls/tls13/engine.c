/* engine.c - the TLS 1.3 engine's frame: making and freeing it, messages in and out, secrets
 * and keys. tls13/internal.h has the picture. */
#include <stdlib.h>
#include <string.h>

#include "tls13/internal.h"
#include "base/random.h"

/* ---- Making and freeing ---- */

enum tls_reason
tls13_make(tls_connection *c, tls13_engine **out)
{
    tls13_engine *e = calloc(1, sizeof *e);

    *out = e;
    if (e == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    e->connection = c;
    tls_transcript_init(&e->transcript);
    return TLS_OK;
}

enum tls_reason
tls13_take_over(tls_connection *c, tls_terms *terms)
{
    tls13_engine *e;
    enum tls_reason reason = tls13_make(c, &e);

    if (reason != TLS_OK)
        return reason;
    e->terms = *terms;
    memset(terms, 0, sizeof *terms);
    c->engine = e;
    c->engine_class = &tls13_class;
    e->state = c->role == TLS_ROLE_CLIENT ? tls13_client_start : tls13_server_start;
    return TLS_OK;
}

void
tls13_free(tls13_engine *e)
{
    size_t i;

    tls_terms_clear(&e->terms);
    tls_buffer_release(&e->cookie);
    tls_buffer_release(&e->certificate_request);
    tls_buffer_release(&e->peer_schemes);
    tls_buffer_release(&e->signature);
    for (i = 0; i < TLS13_PSKS_OFFERED; i++)
        tls13_clear_psk(&e->psks[i]);
    tls_session_release(e->resume);
    tls_wipe(e, sizeof *e);
    free(e);
}

static void
release(tls_connection *c)
{
    tls13_free(tls13_of(c));
    c->engine = NULL;
}

static size_t
memory(const tls_connection *c)
{
    const tls13_engine *e = tls13_of(c);

    return sizeof *e + e->terms.hello.capacity + e->certificate_request.capacity +
           e->peer_schemes.capacity + e->signature.capacity;
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
tls13_next(tls13_engine *e, tls_message *message, enum tls_progress *progress)
{
    tls_connection *c = e->connection;
    enum tls_reason reason = tls_connection_next_message(c, &e->message);

    if (reason != TLS_OK || e->message.length == 0) {
        *progress = TLS_PROGRESS_BLOCKED;
        return reason;
    }
    return tls_message_parse(message, e->message, TLS_VERSION_13, c->suite);
}

enum tls_reason
tls13_report(tls13_engine *e, enum tls_stage stage)
{
    return tls_connection_stage_happened(e->connection, stage, TLS_RECEIVED, e->message);
}

void
tls13_consume(tls13_engine *e)
{
    tls_transcript_update(&e->transcript, e->message);
    tls_connection_message_done(e->connection, e->message.length);
    e->message = tls_bytes_make(NULL, 0);
}

enum tls_reason
tls13_send(tls13_engine *e, enum tls_stage stage, tls_buffer *raw)
{
    tls_connection *c = e->connection;
    enum tls_reason reason = tls_write_result(raw);

    if (reason == TLS_OK) {
        tls_transcript_update(&e->transcript, tls_buffer_view(raw));
        reason = tls_connection_stage_happened(c, stage, TLS_SENT, tls_buffer_view(raw));
    }
    if (reason == TLS_OK)
        reason = tls_connection_send_message(c, tls_buffer_view(raw));
    tls_buffer_release(raw);
    return reason;
}

/* ---- Secrets and keys ---- */

void
tls13_use_suite(tls13_engine *e, const tls_suite *suite)
{
    e->suite = suite;
    e->hash = tls_hash_class((int)suite->prf_hash);
    e->connection->suite = suite->id;
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
    return tls_connection_keylog(e->connection, label, out, tls_hash_length(e->hash));
}

enum tls_reason
tls13_handshake_secrets(tls13_engine *e, tls_bytes shared)
{
    const tls13_psk *psk = &e->psks[e->connection->role == TLS_ROLE_CLIENT ? e->psk_index : 0];
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
    tls_connection *c = e->connection;
    tls_traffic *traffic = calloc(1, sizeof *traffic);
    enum tls_reason reason;

    if (traffic == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    c->traffic = traffic;
    traffic->suite = e->suite;
    traffic->hash = e->hash;
    /* Appendix D: as good as RFC 7627, and to be shown as such. */
    c->extended_master_secret = 1;
    traffic->update_limit = tls_record_limit(e->suite);
    if (c->context->key_update_records != 0 &&
        c->context->key_update_records < traffic->update_limit)
        traffic->update_limit = c->context->key_update_records;
    if (c->early_data == TLS_EARLY_DATA_ACCEPTED) {
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
    tls_connection *c = e->connection;

    /* RFC 8446 section 5.1: handshake messages MUST NOT span key changes. */
    if (c->handshake_in.length > e->message.length)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    tls_record_opener_protect(&c->opener, &c->context->aead, e->suite, secret);
    return TLS_OK;
}

enum tls_reason
tls13_seal_with(tls13_engine *e, const unsigned char *secret)
{
    tls_connection *c = e->connection;
    enum tls_reason reason = tls_connection_flush_flight(c);

    if (reason != TLS_OK)
        return reason;
    tls_record_sealer_protect(&c->sealer, &c->context->aead, e->suite, secret);
    c->sealer.padding = c->context->record_padding;
    return TLS_OK;
}

/* RFC 8446 appendix D.4: once, before the first record under keys. A client does it for every
 * session ID that it makes up; a server when the client did. */
enum tls_reason
tls13_send_compatibility(tls13_engine *e)
{
    if (e->compatibility_sent || e->session_id_length == 0 ||
        e->connection->context->no_compatibility)
        return TLS_OK;
    e->compatibility_sent = 1;
    return tls_connection_send_change_cipher_spec(e->connection);
}

void
tls13_agree_record_size(tls_connection *c, unsigned limit)
{
    c->peer_record_limit = limit;
    /* RFC 8449 section 4: in TLS 1.3 the limit counts the content type too. */
    if (limit != 0 && limit - 1 < c->fragment_limit)
        c->fragment_limit = limit - 1;
    if (c->context->record_size_limit != 0)
        c->receive_limit = c->context->record_size_limit - 1;
}

/* ---- The engine ---- */

static enum tls_reason
advance(tls_connection *c, enum tls_progress *progress)
{
    tls13_engine *e = tls13_of(c);

    *progress = TLS_PROGRESS_MORE;
    return e->state(e, progress);
}

/* RFC 8446 section 5: a change_cipher_spec of the one value may come at any time between the first
 * ClientHello and the peer's Finished, and is dropped. */
static enum tls_reason
change_cipher_spec(tls_connection *c)
{
    return ++c->idle_records > TLS_IDLE_RECORDS_MAXIMUM ? TLS_REASON_UNEXPECTED_MESSAGE : TLS_OK;
}

enum tls_reason
tls13_end(tls13_engine *e, enum tls_progress *progress)
{
    tls_connection *c = e->connection;
    tls_traffic *traffic = c->traffic;

    c->skip_early_data = 0;
    c->opener.plain_alerts = 0;
    if (!e->post_handshake && c->post_handshake_auth) {
        traffic->transcript = malloc(sizeof *traffic->transcript);
        if (traffic->transcript == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
        *traffic->transcript = e->transcript;
    }
    *progress = TLS_PROGRESS_DONE;
    return TLS_OK;
}

const tls_engine_class tls13_class = {advance, change_cipher_spec, tls13_message, release, memory,
    tls13_before_write, tls13_update_keys, tls13_request_certificate, tls13_request_ticket};

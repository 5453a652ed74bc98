/* psk.c - pre-shared keys of TLS 1.3 (RFC 8446 section 4.2.11), for both sides. */
#include <string.h>

#include "tls13/internal.h"
#include "handshake/resumption.h"

enum tls_reason
tls13_set_psk(
    tls13_psk *psk, const br_hash_class *hash, tls_bytes key, tls_bytes identity, int external)
{
    tls13_clear_psk(psk);
    if (key.length > sizeof psk->key)
        return TLS_REASON_ILLEGAL_PARAMETER;
    psk->hash = hash;
    memcpy(psk->key, key.data, key.length);
    psk->key_length = key.length;
    psk->external = external;
    tls_buffer_append(&psk->identity, identity.data, identity.length);
    return psk->identity.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

void
tls13_clear_psk(tls13_psk *psk)
{
    tls_buffer_release(&psk->identity);
    tls_wipe(psk, sizeof *psk);
}

void
tls13_binder(const tls13_engine *e, unsigned char *out, const tls13_psk *psk, tls_bytes truncated)
{
    unsigned char transcript_hash[TLS_SECRET_MAXIMUM], base_key[TLS_SECRET_MAXIMUM];
    tls_key_schedule early;

    /* Section 4.2.11.2: like Finished, over the transcript up to and with the identities. */
    tls_transcript_hash_with(&e->transcript, transcript_hash, psk->hash, truncated);
    tls_key_schedule_start(&early, psk->hash, tls_bytes_make(psk->key, psk->key_length));
    (void)tls_key_schedule_derive(&early, base_key,
        psk->external ? TLS_SECRET_EXTERNAL_BINDER : TLS_SECRET_RESUMPTION_BINDER, NULL);
    tls_finished_mac(psk->hash, out, base_key, transcript_hash);
    tls_wipe(base_key, sizeof base_key);
    tls_key_schedule_wipe(&early);
}

enum tls_reason
tls13_use_psk(tls13_engine *e, const tls13_psk *psk)
{
    tls_facts *facts = &e->handshake->facts;

    facts->peer.psk = 1;
    if (!psk->external) {
        facts->ticket = 1;
        return tls_resumption_claim(e->handshake, e->resume);
    }
    tls_buffer_append(&facts->peer.psk_identity, psk->identity.data, psk->identity.length);
    return facts->peer.psk_identity.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

enum tls_reason
tls13_early_secrets(tls13_engine *e, const tls13_psk *psk)
{
    tls_handshake *h = e->handshake;
    unsigned char transcript_hash[TLS_SECRET_MAXIMUM];
    size_t length = tls_hash_length(psk->hash);
    tls_key_schedule early;
    enum tls_reason reason;

    tls_transcript_hash_with(&e->transcript, transcript_hash, psk->hash, tls_bytes_make(NULL, 0));
    tls_key_schedule_start(&early, psk->hash, tls_bytes_make(psk->key, psk->key_length));
    (void)tls_key_schedule_derive(
        &early, e->early_secret, TLS_SECRET_CLIENT_EARLY_TRAFFIC, transcript_hash);
    (void)tls_key_schedule_derive(
        &early, e->early_exporter, TLS_SECRET_EARLY_EXPORTER, transcript_hash);
    tls_key_schedule_wipe(&early);
    reason = tls_host_keylog(
        h->host, tls_secret_keylog_label(TLS_SECRET_CLIENT_EARLY_TRAFFIC), e->early_secret, length);
    if (reason == TLS_OK)
        reason = tls_host_keylog(
            h->host, tls_secret_keylog_label(TLS_SECRET_EARLY_EXPORTER), e->early_exporter, length);
    return reason;
}

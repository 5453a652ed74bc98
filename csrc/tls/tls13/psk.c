/* psk.c - pre-shared keys of TLS 1.3 (RFC 8446 section 4.2.11), for both sides. */
#include <string.h>

#include "tls13/internal.h"
#include "handshake/resumption.h"
#include "tls13/imported_psk.h"
#include "wire/imported_identity.h"

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

enum tls_reason
tls13_import_psk(tls13_psk *psk, tls_bytes key, int hash, tls_bytes identity)
{
    unsigned char imported[TLS_SECRET_MAXIMUM];
    tls_imported_identity parsed;
    enum tls_reason reason;
    size_t length;

    if (!tls_imported_identity_parse(&parsed, identity) || !tls_imported_identity_usable(&parsed))
        return TLS_REASON_ILLEGAL_PARAMETER;
    length = tls_imported_psk(imported, parsed.target_hash, key, hash, identity);
    reason = tls13_set_psk(
        psk, tls_hash_class(parsed.target_hash), tls_bytes_make(imported, length), identity, 1);
    psk->imported = 1;
    tls_wipe(imported, sizeof imported);
    return reason;
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
        psk->imported   ? TLS_SECRET_IMPORTED_BINDER
        : psk->external ? TLS_SECRET_EXTERNAL_BINDER
                        : TLS_SECRET_RESUMPTION_BINDER,
        NULL);
    tls_finished_mac(psk->hash, out, base_key, transcript_hash);
    tls_wipe(base_key, sizeof base_key);
    tls_key_schedule_wipe(&early);
}

enum tls_reason
tls13_use_psk(tls13_engine *e, const tls13_psk *psk)
{
    tls_facts *facts = &e->handshake->facts;
    tls_imported_identity identity = {0};

    facts->peer.psk = 1;
    if (!psk->external) {
        facts->ticket = 1;
        return tls_resumption_claim(e->handshake, e->resume);
    }
    facts->peer.psk_imported = psk->imported;
    identity.external_identity = tls_buffer_view(&psk->identity);
    if (psk->imported)
        (void)tls_imported_identity_parse(&identity, tls_buffer_view(&psk->identity));
    tls_buffer_append(&facts->peer.psk_identity, identity.external_identity.data,
        identity.external_identity.length);
    tls_buffer_append(&facts->peer.psk_context, identity.context.data, identity.context.length);
    return facts->peer.psk_identity.failed || facts->peer.psk_context.failed
               ? TLS_REASON_OUT_OF_MEMORY
               : TLS_OK;
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

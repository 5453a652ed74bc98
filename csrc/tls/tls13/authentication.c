/* authentication.c - Certificate, CertificateVerify and Finished of TLS 1.3 (RFC 8446
 * section 4.4), sent and received, for both sides. */
#include <stdlib.h>
#include <string.h>

#include "tls13/internal.h"
#include "handshake/local_certificate.h"
#include "handshake/peer_certificate.h"
#include "x509/key_use.h"

/* ---- Sending ---- */

/* compress puts a CompressedCertificate in place of a Certificate that would be longer. What is
 * under a CertificateRequest's own context never comes again. */
static enum tls_reason
compress(tls13_engine *e, tls_buffer *raw)
{
    tls_buffer compressed = {0};
    enum tls_reason reason = tls_compressed_chains_get(&e->handshake->host->context->compressed,
        &compressed, e->compression,
        tls_bytes_make(
            raw->data + TLS_HANDSHAKE_HEADER_LENGTH, raw->length - TLS_HANDSHAKE_HEADER_LENGTH),
        e->request_context_length == 0);

    if (reason == TLS_OK && compressed.length > 0) {
        tls_buffer_release(raw);
        *raw = compressed;
        return TLS_OK;
    }
    tls_buffer_release(&compressed);
    return reason;
}

enum tls_reason
tls13_send_certificate(tls13_engine *e)
{
    tls_handshake *h = e->handshake;
    const tls_credential *credential = &e->handshake->terms.credential;
    tls_bytes staple = e->handshake->terms.ocsp_response.length > 0
                           ? tls_buffer_view(&e->handshake->terms.ocsp_response)
                           : credential->ocsp_response;
    int as_key =
        credential->key != NULL && tls13_own_type(e) == TLS_CERTIFICATE_TYPE_RAW_PUBLIC_KEY;
    size_t count = as_key ? 1 : credential->chain_count;
    tls_certificate_entry *entries = calloc(count ? count : 1, sizeof *entries);
    tls_buffer raw = {0}, extensions = {0}, key_info = {0};
    enum tls_reason reason = TLS_OK;
    size_t i;

    if (entries == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    if (as_key) {
        reason = tls13_write_raw_key(&key_info, credential);
        entries[0].certificate = tls_buffer_view(&key_info);
    }
    for (i = 0; !as_key && i < count; i++)
        entries[i].certificate = credential->chain[i]->der;
    if (e->staple && staple.length > 0 && !as_key && count > 0) {
        /* Section 4.4.2.1: a CertificateStatus as RFC 6066 has it. */
        size_t start;

        tls_write_u16(&extensions, TLS_EXTENSION_STATUS_REQUEST);
        start = tls_write_begin16(&extensions);
        tls_write_u8(&extensions, 1); /* ocsp */
        tls_write_vector24(&extensions, staple);
        tls_write_end16(&extensions, start);
        entries[0].extensions = tls_buffer_view(&extensions);
    }
    if (reason == TLS_OK)
        reason = tls_write_result(&extensions);
    if (reason == TLS_OK)
        reason = tls_certificate_message_build(
            &raw, 1, tls_bytes_make(e->request_context, e->request_context_length), entries, count);
    free(entries);
    tls_buffer_release(&extensions);
    tls_buffer_release(&key_info);
    if (reason == TLS_OK && e->compression != 0 && !as_key)
        reason = compress(e, &raw);
    if (reason != TLS_OK) {
        tls_buffer_release(&raw);
        return reason;
    }
    reason = tls13_send(e, TLS_STAGE_CERTIFICATE, &raw);
    return reason == TLS_OK && !as_key && count > 0 ? tls_show_credential(h) : reason;
}

unsigned
tls13_pick_scheme(const tls13_engine *e, const tls_credential *credential)
{
    const tls_context *context = e->handshake->host->context;
    size_t i;

    if (!tls_credential_signs(credential) || !tls13_fits_type(e, credential))
        return 0;
    for (i = 0; i < context->signature_scheme_count; i++) {
        unsigned scheme = context->signature_schemes[i];

        if (tls_u16_list_contains(tls_buffer_view(&e->peer_schemes), scheme) &&
            tls_scheme_fits_key(scheme, tls_private_key_public(credential->key), TLS_VERSION_13))
            return scheme;
    }
    return 0;
}

/* signed_content makes what CertificateVerify signs (section 4.4.3), over the transcript so far. */
static size_t
signed_content(const tls13_engine *e, unsigned char *content, int by_server)
{
    unsigned char transcript_hash[TLS_SECRET_MAXIMUM];
    size_t length = tls_transcript_hash(&e->transcript, transcript_hash);

    return tls_certificate_verify_content(content, by_server, transcript_hash, length);
}

/* make_signature makes e->signature, asking `sign` where the key is not here; *ready when it is
 * made. */
static enum tls_reason
make_signature(tls13_engine *e, int *ready)
{
    tls_handshake *h = e->handshake;
    tls_answer *answer = tls_host_take_answer(h->host);
    const tls_credential *credential = &h->terms.credential;
    tls_bytes digest, content;
    int local = 1;
    enum tls_reason reason = TLS_OK;

    if (answer == NULL) {
        e->sign_scheme = tls13_pick_scheme(e, credential);
        e->content_length = signed_content(e, e->content, h->host->role == TLS_ROLE_SERVER);
        e->digest_length = tls_scheme_digest(
            e->digest, e->sign_scheme, tls_bytes_make(e->content, e->content_length));
    }
    digest = tls_bytes_make(e->digest, e->digest_length);
    content = tls_bytes_make(e->content, e->content_length);
    if (answer != NULL) {
        reason = tls_take_signature(h, answer, &e->signature, &local);
    } else if (tls_signs_elsewhere(h)) {
        tls_ask_signature(h, e->sign_scheme, tls_scheme_hash(e->sign_scheme), content, digest);
        return TLS_OK;
    }
    if (reason == TLS_OK && local) {
        unsigned char *out = tls_buffer_reserve(&e->signature, TLS_SIGNATURE_MAXIMUM);

        if (out == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
        e->signature.length = tls_sign_scheme(credential->key, out, e->sign_scheme,
            tls_scheme_hashes_itself(e->sign_scheme) ? content : digest);
        if (e->signature.length == 0)
            reason = TLS_REASON_SIGN_FAILED;
    }
    *ready = reason == TLS_OK;
    return reason;
}

static enum tls_reason
send_certificate_verify(tls13_engine *e)
{
    tls_message message;
    tls_buffer raw = {0};

    memset(&message, 0, sizeof message);
    message.type = TLS_HANDSHAKE_CERTIFICATE_VERIFY;
    message.u.certificate_verify.has_scheme = 1;
    message.u.certificate_verify.scheme = e->sign_scheme;
    message.u.certificate_verify.signature = tls_buffer_view(&e->signature);
    e->handshake->facts.local_scheme = e->sign_scheme;
    (void)tls_message_build(&raw, &message); /* tls13_send looks at the result */
    return tls13_send(e, TLS_STAGE_CERTIFICATE_VERIFY, &raw);
}

enum tls_reason
tls13_sign(tls13_engine *e, enum tls_progress *progress)
{
    int ready = 0;
    enum tls_reason reason = make_signature(e, &ready);

    (void)progress;
    if (reason != TLS_OK || !ready)
        return reason;
    e->state = e->after_sign;
    return send_certificate_verify(e);
}

enum tls_reason
tls13_send_finished(tls13_engine *e, const unsigned char *base_key)
{
    tls_handshake *h = e->handshake;
    unsigned char transcript_hash[TLS_SECRET_MAXIMUM], verify_data[TLS_SECRET_MAXIMUM];
    tls_buffer raw = {0};

    tls_transcript_hash(&e->transcript, transcript_hash);
    tls_finished_mac(e->hash, verify_data, base_key, transcript_hash);
    if (!tls13_is_late(e))
        tls_facts_note_finished(&h->facts, tls_bytes_make(verify_data, tls_hash_length(e->hash)),
            h->host->role == TLS_ROLE_CLIENT);
    (void)tls_handshake_build(
        &raw, TLS_HANDSHAKE_FINISHED, tls_bytes_make(verify_data, tls_hash_length(e->hash)));
    return tls13_send(e, TLS_STAGE_FINISHED, &raw);
}

/* ---- Receiving ---- */

uint32_t
tls13_certificate_types(const tls_host *host)
{
    return TLS_MESSAGE_BIT(TLS_HANDSHAKE_CERTIFICATE) |
           (host->context->certificate_compression_count > 0
                   ? TLS_MESSAGE_BIT(TLS_HANDSHAKE_COMPRESSED_CERTIFICATE)
                   : 0);
}

enum tls_reason
tls13_next_certificate(
    tls13_engine *e, uint32_t others, tls_message *message, enum tls_progress *progress)
{
    const tls_context *context = e->handshake->host->context;
    tls_compressed_certificate compressed;
    size_t i;
    enum tls_reason reason =
        tls13_next(e, tls13_certificate_types(e->handshake->host) | others, message, progress);

    if (reason != TLS_OK || e->message.length == 0 ||
        message->type != TLS_HANDSHAKE_COMPRESSED_CERTIFICATE)
        return reason;
    compressed = message->u.compressed_certificate;
    /* RFC 8879 section 4: an algorithm that was offered. */
    for (i = 0; i < context->certificate_compression_count; i++)
        if (context->certificate_compression[i] == compressed.algorithm)
            return tls_compressed_certificate_expand(&e->certificate, message, &compressed);
    return TLS_REASON_ILLEGAL_PARAMETER;
}

/* take_extensions reads what may stand beside a certificate: only what was asked for
 * (section 4.4.2). */
static enum tls_reason
take_extensions(tls_handshake *h, tls_bytes extensions, int leaf)
{
    int asked = h->host->role == TLS_ROLE_CLIENT && h->host->context->staple != TLS_STAPLE_NONE;
    tls_extension extension;
    tls_extension_value value;
    tls_reader reader;
    enum tls_reason reason;

    tls_reader_init(&reader, extensions);
    while (tls_extensions_next(&reader, &extension)) {
        if (!asked || (extension.type != TLS_EXTENSION_STATUS_REQUEST &&
                          extension.type != TLS_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP))
            return TLS_REASON_UNSUPPORTED_EXTENSION;
        reason = tls_extension_parse(&value, extension.type, TLS_IN_CERTIFICATE, extension.data);
        if (reason != TLS_OK)
            return reason;
        if (!leaf)
            continue;
        if (extension.type == TLS_EXTENSION_STATUS_REQUEST)
            tls_buffer_append(&h->facts.peer.ocsp_response, value.bytes.data, value.bytes.length);
        else
            tls_buffer_append(&h->facts.peer.signed_certificate_timestamps, extension.data.data,
                extension.data.length);
    }
    return h->facts.peer.ocsp_response.failed || h->facts.peer.signed_certificate_timestamps.failed
               ? TLS_REASON_OUT_OF_MEMORY
               : TLS_OK;
}

enum tls_reason
tls13_receive_certificate(tls13_engine *e, const tls_certificate_message *message)
{
    tls_handshake *h = e->handshake;
    tls_certificate_entry entry;
    tls_reader reader;
    int raw = tls13_peer_type(e) == TLS_CERTIFICATE_TYPE_RAW_PUBLIC_KEY, leaf = !raw;

    /* X.509 is what was agreed where nothing was, and need not be what this side takes. */
    if (message->certificate_count > 0 && !tls13_takes_type(e, tls13_peer_type(e)))
        return tls13_no_common_type(e);

    tls_reader_init(&reader, message->certificate_list);
    while (tls_certificate_next(&reader, &entry, 1)) {
        enum tls_reason reason = take_extensions(h, entry.extensions, leaf);

        if (reason != TLS_OK)
            return reason;
        leaf = 0;
    }
    if (raw && message->certificate_count > 0)
        return tls13_take_raw_key(e, message);
    return tls_handshake_take_chain(h, message);
}

static enum tls_reason
receive_certificate_verify(tls13_engine *e, const tls_certificate_verify *message)
{
    tls_handshake *h = e->handshake;
    const tls_context *context = h->host->context;
    const tls_certificate *leaf =
        h->facts.peer.chain != NULL ? h->facts.peer.chain->items[0] : NULL;
    tls_public_key key;
    unsigned char content[TLS_CERTIFICATE_VERIFY_CONTENT_MAXIMUM];
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM];
    tls_bytes input;
    size_t length, i;

    if (leaf != NULL)
        key = leaf->public_key;
    else if (tls_public_key_parse(&key, tls_buffer_view(&h->facts.peer.key_info)) != TLS_OK)
        return TLS_REASON_BAD_DER;
    for (i = 0; i < context->signature_scheme_count; i++)
        if (context->signature_schemes[i] == message->scheme)
            break;
    /* Section 4.4.3: a scheme that was offered, fit for TLS 1.3 and for the key. */
    if (i == context->signature_scheme_count ||
        !tls_scheme_fits_key(message->scheme, &key, TLS_VERSION_13))
        return TLS_REASON_ILLEGAL_PARAMETER;
    /* Section 4.4.2.2: the key must be allowed to sign. */
    if (leaf != NULL && !tls_certificate_allows(leaf, TLS_KEY_USE_SIGNATURE))
        return TLS_REASON_WRONG_PURPOSE;
    length = signed_content(e, content, h->host->role == TLS_ROLE_CLIENT);
    input = tls_bytes_make(content, length);
    if (!tls_scheme_hashes_itself(message->scheme))
        input = tls_bytes_make(digest, tls_scheme_digest(digest, message->scheme, input));
    h->facts.peer.scheme = message->scheme;
    return tls_verify_scheme(&key, message->scheme, input, message->signature);
}

static enum tls_reason
wait_certificate_verify(tls13_engine *e, enum tls_progress *progress)
{
    tls_message message;
    enum tls_reason reason =
        tls13_next(e, TLS_MESSAGE_BIT(TLS_HANDSHAKE_CERTIFICATE_VERIFY), &message, progress);

    if (reason != TLS_OK || e->message.length == 0)
        return reason;
    reason = receive_certificate_verify(e, &message.u.certificate_verify);
    if (reason == TLS_OK)
        reason = tls13_report(e, TLS_STAGE_CERTIFICATE_VERIFY);
    tls13_consume(e);
    if (reason == TLS_OK)
        e->state = e->after_peer;
    return reason;
}

enum tls_reason
tls13_decide_verify(tls13_engine *e, enum tls_progress *progress)
{
    int ready = 0;
    enum tls_reason reason = tls_handshake_decide_verify(e->handshake, &ready);

    (void)progress;
    if (reason == TLS_OK && ready)
        e->state = TLS13_STATE(wait_certificate_verify);
    return reason;
}

enum tls_reason
tls13_receive_finished(tls13_engine *e, tls_bytes verify_data, const unsigned char *base_key)
{
    tls_handshake *h = e->handshake;
    unsigned char transcript_hash[TLS_SECRET_MAXIMUM], expected[TLS_SECRET_MAXIMUM];
    size_t length = tls_hash_length(e->hash);

    if (verify_data.length != length)
        return TLS_REASON_DECODE;
    tls_transcript_hash(&e->transcript, transcript_hash);
    tls_finished_mac(e->hash, expected, base_key, transcript_hash);
    if (!tls_secret_equal(expected, verify_data.data, length))
        return TLS_REASON_BAD_FINISHED;
    if (!tls13_is_late(e))
        tls_facts_note_finished(
            &h->facts, tls_bytes_make(expected, length), h->host->role == TLS_ROLE_SERVER);
    h->facts.declined =
        tls13_is_late(e) && h->facts.peer.chain == NULL && h->facts.peer.key_info.length == 0;
    /* A client that shows no certificate late stays who it was. */
    if (!h->facts.declined)
        tls_handshake_prove(h);
    return TLS_OK;
}

/* transcript.c - the messages of a handshake as they stand on the wire: hashed, and kept where a
 * `sign` handler is to be told what it signs, or Ed25519 signs them. */
#include "tls12/internal.h"

#include <string.h>

static int
has_ed25519(const tls_context *context)
{
    size_t i;

    for (i = 0; i < context->signature_scheme_count; i++)
        if (tls_scheme_hashes_itself(context->signature_schemes[i]))
            return 1;
    return 0;
}

/* may_sign_itself: by a credential that the client has, or that `client_certificate` may give. */
static int
may_sign_itself(const tls_handshake *h)
{
    const tls_context *context = h->host->context;
    int may = tls_host_decides(h->host, TLS_DECISION_CLIENT_CERTIFICATE);
    size_t i;

    for (i = 0; i < context->credential_count; i++)
        may |= tls_private_key_public(context->credentials[i].key)->kind == TLS_KEY_ED25519;
    return may && has_ed25519(context);
}

/* keeps: a client's CertificateVerify signs every message before it (RFC 5246 section 7.4.8), so a
 * client that asks `sign`, or may sign by Ed25519, keeps them until then, and a server until it
 * knows that the client has another kind of key. What the peer sends is bounded message by message
 * (wire/limits), and there is one of each kind. */
static int
keeps(const tls12_engine *e)
{
    const tls_handshake *h = e->handshake;
    const tls_certificate_list *chain = h->facts.peer.chain;

    if (h->host->role == TLS_ROLE_CLIENT)
        return tls_host_decides(h->host, TLS_DECISION_SIGN) || may_sign_itself(h);
    return h->facts.verify != TLS_VERIFY_NONE && has_ed25519(h->host->context) &&
           (chain == NULL || chain->items[0]->public_key.kind == TLS_KEY_ED25519);
}

/* put_real_digests: once BearSSL's server has read ClientKeyExchange, it notes the digests in its
 * pad that CertificateVerify may sign: of the message that it was shown. */
static void
put_real_digests(tls12_engine *e)
{
    br_ssl_engine_context *engine = tls12_core(e);
    unsigned char noted[TLS_FINGERPRINT_MAXIMUM], real[TLS_FINGERPRINT_MAXIMUM];
    size_t length, i;
    int hash;

    for (hash = TLS_HASH_MD5; hash <= TLS_HASH_SHA512; hash++) {
        length = br_multihash_out(&engine->mhash, hash, noted);
        if (length == 0 || br_multihash_out(&e->transcript, hash, real) != length)
            continue;
        for (i = 0; i + length <= sizeof engine->pad; i++)
            if (memcmp(engine->pad + i, noted, length) == 0) {
                memcpy(engine->pad + i, real, length);
                break;
            }
    }
}

void
tls12_transcript_add(tls12_engine *e, tls_bytes message)
{
    br_multihash_update(&e->transcript, message.data, message.length);
    if (e->dhe != NULL && message.data[0] == TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE &&
        e->handshake->host->role == TLS_ROLE_SERVER)
        put_real_digests(e);
    if (keeps(e))
        tls_buffer_append(&e->messages, message.data, message.length);
    else if (e->messages.capacity > 0)
        tls_buffer_release(&e->messages);
}

/* put_real_answer puts the ClientKeyExchange that will be sent in place of the one that BearSSL
 * wrote, which stands last: behind it is only CertificateVerify. */
static void
put_real_answer(const tls12_engine *e, tls_buffer *content, size_t position)
{
    tls_bytes rest;
    unsigned type;
    size_t length;

    for (; position < content->length; position += length) {
        rest = tls_bytes_make(content->data + position, content->length - position);
        if (!tls_message_header(rest, &type, &length))
            return;
        if (type == TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE) {
            content->length = position;
            (void)tls12_dhe_write_answer(e, content); /* content->failed tells */
            return;
        }
    }
}

/* keep_unsent appends what BearSSL has written and not handed over: the rest of a record that was
 * taken, then the payload of the one that it fills, obuf[oxc … oxa) with the bytes of the run that
 * asks behind it, up to hbuf_out. */
static void
keep_unsent(const tls12_engine *e, tls_buffer *content)
{
    const br_ssl_engine_context *engine = &e->bearssl.client.eng;
    const unsigned char *payload = engine->obuf + engine->oxc;
    size_t start = content->length;

    tls_buffer_append(content, e->written.data, e->written.length);
    if (engine->hbuf_out != NULL && engine->hbuf_out > payload)
        tls_buffer_append(content, payload, (size_t)(engine->hbuf_out - payload));
    if (e->dhe != NULL && !content->failed)
        put_real_answer(e, content, start);
}

void
tls12_keep_content(tls12_engine *e)
{
    tls_buffer_clear(&e->content);
    if (!keeps(e))
        return;
    tls_buffer_append(&e->content, e->messages.data, e->messages.length);
    /* The one that BearSSL answers is added when it is done with it. */
    tls_buffer_append(&e->content, e->message.data, e->message.length);
    keep_unsent(e, &e->content);
}

void
tls12_transcript_digest(const tls12_engine *e, int hash, unsigned char *digest)
{
    br_multihash_context transcript = e->transcript;
    tls_buffer unsent = {0};

    keep_unsent(e, &unsent);
    br_multihash_update(&transcript, e->message.data, e->message.length);
    br_multihash_update(&transcript, unsent.data, unsent.length);
    tls_buffer_release(&unsent);
    if (hash != 0) {
        br_multihash_out(&transcript, hash, digest);
        return;
    }
    br_multihash_out(&transcript, TLS_HASH_MD5, digest);
    br_multihash_out(&transcript, TLS_HASH_SHA1, digest + br_md5_SIZE);
}

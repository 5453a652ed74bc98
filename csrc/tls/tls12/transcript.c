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

void
tls12_transcript_add(tls12_engine *e, tls_bytes message)
{
    br_multihash_update(&e->transcript, message.data, message.length);
    if (keeps(e))
        tls_buffer_append(&e->messages, message.data, message.length);
    else if (e->messages.capacity > 0)
        tls_buffer_release(&e->messages);
}

/* keep_unsent appends what BearSSL has written and not handed over: the rest of a record that was
 * taken, then the payload of the one that it fills, obuf[oxc … oxa) with the bytes of the run that
 * asks behind it, up to hbuf_out. */
static void
keep_unsent(tls12_engine *e, tls_buffer *content)
{
    const br_ssl_engine_context *engine = tls12_core(e);
    const unsigned char *payload = engine->obuf + engine->oxc;

    tls_buffer_append(content, e->written.data, e->written.length);
    if (engine->hbuf_out != NULL && engine->hbuf_out > payload)
        tls_buffer_append(content, payload, (size_t)(engine->hbuf_out - payload));
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

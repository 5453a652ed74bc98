/* transcript.c - the messages of a handshake as they stand on the wire: hashed, and kept where a
 * `sign` handler is to be told what it signs. */
#include "tls12/internal.h"

#include <string.h>

/* keeps: a client's CertificateVerify signs every message before it (RFC 5246 section 7.4.8), so a
 * client that asks `sign` keeps them until then. What the peer sends is bounded message by message
 * (wire/limits), and there is one of each kind. */
static int
keeps(const tls12_engine *e)
{
    const tls_host *host = e->handshake->host;

    return host->role == TLS_ROLE_CLIENT && tls_host_decides(host, TLS_DECISION_SIGN);
}

void
tls12_transcript_add(tls12_engine *e, tls_bytes message)
{
    br_multihash_update(&e->transcript, message.data, message.length);
    if (keeps(e))
        tls_buffer_append(&e->messages, message.data, message.length);
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

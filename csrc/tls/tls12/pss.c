/* pss.c - RSA-PSS in TLS 1.2, of servers and of clients. Whoever offers it for TLS 1.3 must
 * take it in TLS 1.2 too (RFC 8446 section 4.2.3), and BearSSL 0.6 has none: the signature is
 * verified here, and BearSSL is shown a PKCS#1 one of the same hash, whose verification comes here
 * as well. It has no context argument, but the signature stands in the pad of the engine that
 * calls: that is how the engine is found, without globals. */
#include <stddef.h>
#include <string.h>

#include "tls12/internal.h"
#include "kernel/kernel.h"

/* verify answers with the digest that was verified. BearSSL compares it with the one that it made
 * itself, of what it was fed: so the signature is over the key exchange that is used. */
static uint32_t
verify(const unsigned char *signature, size_t length, const unsigned char *hash_oid,
    size_t hash_length, const br_rsa_public_key *key, unsigned char *hash_out)
{
    tls12_engine *e =
        (tls12_engine *)(uintptr_t)((const char *)signature - offsetof(br_ssl_engine_context, pad) -
                                    offsetof(tls12_engine, bearssl));

    if (e->pss_digest_length == 0)
        return tls_kernels_chosen()->rsa_pkcs1_verify(
            signature, length, hash_oid, hash_length, key, hash_out);
    if (e->pss_digest_length != hash_length)
        return 0;
    memcpy(hash_out, e->pss_digest, hash_length);
    e->pss_digest_length = 0;
    return 1;
}

void
tls12_set_rsa_verification(br_ssl_engine_context *engine)
{
    br_ssl_engine_set_rsavrfy(engine, verify);
}

int
tls12_is_pss(unsigned scheme)
{
    enum tls_scheme_kind kind = tls_scheme_kind_of(scheme);

    return kind == TLS_SCHEME_KIND_RSA_PSS_RSAE || kind == TLS_SCHEME_KIND_RSA_PSS_PSS;
}

/* RFC 8422 section 5.4: both randoms and the parameters are signed. */
static size_t
digest_of(const tls_handshake *h, const tls_server_key_exchange *exchange,
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM])
{
    tls_buffer content = {0};
    size_t length;

    tls_buffer_append(&content, h->facts.client_random, sizeof h->facts.client_random);
    tls_buffer_append(&content, h->facts.server_random, sizeof h->facts.server_random);
    tls_buffer_append(&content, exchange->params.data, exchange->params.length);
    length =
        content.failed ? 0 : tls_scheme_digest(digest, exchange->scheme, tls_buffer_view(&content));
    tls_buffer_release(&content);
    return length;
}

/* take verifies a signature of the digest in e->pss_digest, and makes the scheme and the signature
 * that BearSSL is shown. */
static enum tls_reason
take(tls12_engine *e, size_t length, unsigned *scheme, tls_bytes *signature)
{
    const tls_handshake *h = e->handshake;
    tls_bytes digest = tls_bytes_make(e->pss_digest, length);
    enum tls_reason reason =
        tls_verify_scheme(&h->facts.peer.chain->items[0]->public_key, *scheme, digest, *signature);

    if (reason != TLS_OK)
        return reason;
    e->pss_digest_length = length;
    *scheme = ((unsigned)tls_scheme_hash(*scheme) << 8) | 1;
    *signature = digest; /* is not looked at any more */
    return TLS_OK;
}

enum tls_reason
tls12_verify_pss(tls12_engine *e, const tls_server_key_exchange *exchange)
{
    size_t length = digest_of(e->handshake, exchange, e->pss_digest);
    tls_message shown;
    enum tls_reason reason;

    if (length == 0)
        return TLS_REASON_OUT_OF_MEMORY;
    memset(&shown, 0, sizeof shown);
    shown.type = TLS_HANDSHAKE_SERVER_KEY_EXCHANGE;
    shown.u.server_key_exchange = *exchange;
    reason = take(
        e, length, &shown.u.server_key_exchange.scheme, &shown.u.server_key_exchange.signature);
    return reason == TLS_OK ? tls_message_build(&e->replacement, &shown) : reason;
}

enum tls_reason
tls12_verify_pss_client(tls12_engine *e, const tls_certificate_verify *verify)
{
    size_t length =
        br_multihash_out(&e->transcript, tls_scheme_hash(verify->scheme), e->pss_digest);
    tls_message shown;
    enum tls_reason reason;

    if (e->handshake->facts.peer.chain == NULL)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    memset(&shown, 0, sizeof shown);
    shown.type = TLS_HANDSHAKE_CERTIFICATE_VERIFY;
    shown.u.certificate_verify = *verify;
    reason =
        take(e, length, &shown.u.certificate_verify.scheme, &shown.u.certificate_verify.signature);
    return reason == TLS_OK ? tls_message_build(&e->replacement, &shown) : reason;
}

/* schemes.c - signatures in TLS 1.2 that BearSSL 0.6 has not, of servers and of clients: RSA-PSS,
 * which whoever offers it for TLS 1.3 must take in TLS 1.2 too (RFC 8446 section 4.2.3), and
 * Ed25519 (RFC 8422 section 5.10). The signature is verified here, and BearSSL is shown one that it
 * knows, PKCS#1 or ECDSA, whose verification comes here as well. That has no context argument, but
 * the signature stands in the pad of the engine that calls: that is how the engine is found,
 * without globals. */
#include <stddef.h>
#include <string.h>

#include "tls12/internal.h"
#include "kernel/kernel.h"
#include "key/key_bearssl.h"

static tls12_engine *
engine_of(const void *signature)
{
    return (tls12_engine *)(uintptr_t)((const char *)signature -
                                       offsetof(br_ssl_engine_context, pad) -
                                       offsetof(tls12_engine, bearssl));
}

/* verify_rsa answers with the digest that was verified. BearSSL compares it with the one that it
 * made itself, of what it was fed: so the signature is over the key exchange that is used. */
static uint32_t
verify_rsa(const unsigned char *signature, size_t length, const unsigned char *hash_oid,
    size_t hash_length, const br_rsa_public_key *key, unsigned char *hash_out)
{
    tls12_engine *e = engine_of(signature);

    if (e->verified_digest_length == 0)
        return tls_kernels_chosen()->rsa_pkcs1_verify(
            signature, length, hash_oid, hash_length, key, hash_out);
    if (e->verified_digest_length != hash_length)
        return 0;
    memcpy(hash_out, e->verified_digest, hash_length);
    e->verified_digest_length = 0;
    return 1;
}

/* verify_ecdsa compares both itself. */
static uint32_t
verify_ecdsa(const br_ec_impl *curves, const void *digest, size_t digest_length,
    const br_ec_public_key *key, const void *signature, size_t length)
{
    tls12_engine *e = engine_of(signature);
    size_t verified_length = e->verified_digest_length;

    if (verified_length == 0)
        return tls_ecdsa_verify(curves, digest, digest_length, key, signature, length);
    e->verified_digest_length = 0;
    return verified_length == digest_length &&
           memcmp(digest, e->verified_digest, digest_length) == 0;
}

void
tls12_set_verification(br_ssl_engine_context *engine)
{
    br_ssl_engine_set_rsavrfy(engine, verify_rsa);
    br_ssl_engine_set_ecdsa(engine, verify_ecdsa);
}

unsigned
tls12_shown_scheme(unsigned scheme)
{
    switch (tls_scheme_kind_of(scheme)) {
    case TLS_SCHEME_KIND_RSA_PSS_RSAE:
    case TLS_SCHEME_KIND_RSA_PSS_PSS:
        return (unsigned)tls_scheme_hash(scheme) << 8 | 1;
    default: /* SHA-256 is always there */
        return tls_scheme_hashes_itself(scheme) ? TLS_SCHEME_ECDSA_SECP256R1_SHA256 : scheme;
    }
}

int
tls12_is_beside(unsigned scheme)
{
    return tls12_shown_scheme(scheme) != scheme;
}

void
tls12_show_ed25519(br_x509_pkey *out, const tls_public_key *key)
{
    memset(out, 0, sizeof *out);
    out->key_type = BR_KEYTYPE_EC;
    out->key.ec.curve = TLS_GROUP_SECP256R1;
    out->key.ec.q = (unsigned char *)(uintptr_t)key->point.data; /* BearSSL lacks the const */
    out->key.ec.qlen = key->point.length;
}

/* take verifies a signature of `content`, or of its digest, and makes the scheme and the signature
 * that BearSSL is shown; e->verified_digest is the digest that BearSSL makes for it. */
static enum tls_reason
take(tls12_engine *e, size_t digest_length, tls_bytes content, unsigned *scheme,
    tls_bytes *signature)
{
    const tls_handshake *h = e->handshake;
    tls_bytes digest = tls_bytes_make(e->verified_digest, digest_length);
    enum tls_reason reason = tls_verify_scheme(&h->facts.peer.chain->items[0]->public_key, *scheme,
        tls_scheme_hashes_itself(*scheme) ? content : digest, *signature);

    if (reason != TLS_OK)
        return reason;
    e->verified_digest_length = digest_length;
    *scheme = tls12_shown_scheme(*scheme);
    *signature = digest; /* is not looked at any more */
    return TLS_OK;
}

/* RFC 8422 section 5.4: both randoms and the parameters are signed. */
enum tls_reason
tls12_verify_beside(tls12_engine *e, const tls_server_key_exchange *exchange)
{
    const tls_handshake *h = e->handshake;
    tls_buffer content = {0};
    tls_message shown;
    enum tls_reason reason = TLS_REASON_OUT_OF_MEMORY;

    tls_buffer_append(&content, h->facts.client_random, sizeof h->facts.client_random);
    tls_buffer_append(&content, h->facts.server_random, sizeof h->facts.server_random);
    tls_buffer_append(&content, exchange->params.data, exchange->params.length);
    memset(&shown, 0, sizeof shown);
    shown.type = TLS_HANDSHAKE_SERVER_KEY_EXCHANGE;
    shown.u.server_key_exchange = *exchange;
    if (!content.failed)
        reason = take(e,
            tls_scheme_digest(e->verified_digest, tls12_shown_scheme(exchange->scheme),
                tls_buffer_view(&content)),
            tls_buffer_view(&content), &shown.u.server_key_exchange.scheme,
            &shown.u.server_key_exchange.signature);
    tls_buffer_release(&content);
    return reason == TLS_OK ? tls_message_build(&e->replacement, &shown) : reason;
}

enum tls_reason
tls12_verify_beside_client(tls12_engine *e, const tls_certificate_verify *verify)
{
    size_t length = br_multihash_out(
        &e->transcript, tls_scheme_hash(tls12_shown_scheme(verify->scheme)), e->verified_digest);
    tls_message shown;
    enum tls_reason reason;

    if (e->handshake->facts.peer.chain == NULL)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    if (e->messages.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    memset(&shown, 0, sizeof shown);
    shown.type = TLS_HANDSHAKE_CERTIFICATE_VERIFY;
    shown.u.certificate_verify = *verify;
    reason = take(e, length, tls_buffer_view(&e->messages), &shown.u.certificate_verify.scheme,
        &shown.u.certificate_verify.signature);
    return reason == TLS_OK ? tls_message_build(&e->replacement, &shown) : reason;
}

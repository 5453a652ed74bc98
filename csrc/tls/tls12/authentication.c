/* authentication.c - certificates and signatures of TLS 1.0 to 1.2, for both sides: the
 * peer's chain and its verdict, BearSSL's view of it, and our own signatures. */
#include <stdlib.h>
#include <string.h>

#include "tls12/internal.h"
#include "handshake/local_certificate.h"
#include "handshake/peer_certificate.h"
#include "handshake/renegotiation_info.h"
#include "key/key_bearssl.h"
#include "x509/key_use.h"

/* ---- BearSSL's certificate engine: it only hears the result ---- */

static tls12_engine *
engine_of_x509(const br_x509_class *const *pctx)
{
    /* The vtable pointer is the first member of the engine. */
    return (tls12_engine *)(uintptr_t)pctx;
}

static void
start_chain(const br_x509_class **pctx, const char *server_name)
{
    (void)pctx;
    (void)server_name;
}

static void
start_certificate(const br_x509_class **pctx, uint32_t length)
{
    (void)pctx;
    (void)length;
}

static void
append_certificate(const br_x509_class **pctx, const unsigned char *data, size_t length)
{
    (void)pctx;
    (void)data;
    (void)length;
}

static void
end_certificate(const br_x509_class **pctx)
{
    (void)pctx;
}

static unsigned
end_chain(const br_x509_class **pctx)
{
    /* The chain was judged before BearSSL was given the message: tls_handshake_decide_verify. */
    return engine_of_x509(pctx)->x509.known ? 0 : BR_ERR_X509_NOT_TRUSTED;
}

static const br_x509_pkey *
get_public_key(const br_x509_class *const *pctx, unsigned *usages)
{
    tls12_engine *e = engine_of_x509(pctx);

    if (!e->x509.known)
        return NULL;
    if (usages != NULL)
        *usages = e->x509.usages;
    return &e->x509.key;
}

const br_x509_class tls12_x509_class = {sizeof(tls12_engine), start_chain, start_certificate,
    append_certificate, end_certificate, end_chain, get_public_key};

/* ---- The peer's chain ---- */

static enum tls_reason
use_public_key(tls12_engine *e, const tls_certificate *leaf)
{
    enum tls_reason reason = TLS_OK;
    enum tls_key_use signature = e->handshake->facts.version < TLS_VERSION_12
                                     ? TLS_KEY_USE_OLD_SIGNATURE
                                     : TLS_KEY_USE_SIGNATURE;

    if (leaf->public_key.kind == TLS_KEY_ED25519)
        tls12_show_ed25519(&e->x509.key, &leaf->public_key);
    else
        reason = tls_public_key_to_bearssl(&e->x509.key, &leaf->public_key);
    if (reason != TLS_OK)
        return reason;
    /* RFC 5246 section 7.4.2: the key usage must allow what the suite does with the key. */
    e->x509.usages = 0;
    if (tls_certificate_allows(leaf, signature))
        e->x509.usages |= BR_KEYTYPE_SIGN;
    if (tls_certificate_allows(leaf, TLS_KEY_USE_DECRYPTION) ||
        tls_certificate_allows(leaf, TLS_KEY_USE_AGREEMENT))
        e->x509.usages |= BR_KEYTYPE_KEYX;
    e->x509.known = 1;
    return TLS_OK;
}

enum tls_reason
tls12_peer_chain(tls12_engine *e, const tls_certificate_message *message)
{
    tls_handshake *h = e->handshake;
    enum tls_reason reason = tls_handshake_take_chain(h, message);

    if (reason == TLS_OK && h->facts.peer.chain != NULL)
        reason = tls_renegotiation_check_chain(h);
    if (reason == TLS_OK && h->facts.peer.chain != NULL)
        reason = use_public_key(e, h->facts.peer.chain->items[0]);
    return reason;
}

/* ---- Our own credential and signatures ---- */

enum tls_reason
tls12_use_credential(tls12_engine *e, const tls_credential *credential)
{
    br_x509_certificate *chain;
    enum tls_reason reason;
    size_t i;

    if (credential != &e->handshake->terms.credential) {
        tls_credential_clear(&e->handshake->terms.credential);
        reason = tls_credential_copy(&e->handshake->terms.credential, credential);
        if (reason != TLS_OK)
            return reason;
    }
    chain = calloc(e->handshake->terms.credential.chain_count, sizeof *chain);
    if (chain == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    for (i = 0; i < e->handshake->terms.credential.chain_count; i++) {
        /* BearSSL's struct lacks the const. */
        chain[i].data =
            (unsigned char *)(uintptr_t)e->handshake->terms.credential.chain[i]->der.data;
        chain[i].data_len = e->handshake->terms.credential.chain[i]->der.length;
    }
    free(e->chain);
    e->chain = chain;
    return tls_show_credential(e->handshake);
}

enum tls_reason
tls12_check_scheme(const tls12_engine *e, unsigned scheme)
{
    const tls_context *context = e->handshake->host->context;
    const tls_certificate_list *chain = e->handshake->facts.peer.chain;
    size_t i;

    for (i = 0; i < context->signature_scheme_count; i++)
        if (context->signature_schemes[i] == scheme)
            break;
    /* Without a certificate BearSSL says that the message is out of place. */
    if (i == context->signature_scheme_count ||
        (chain != NULL &&
            !tls_scheme_fits_key(scheme, &chain->items[0]->public_key, TLS_VERSION_12)))
        return TLS_REASON_ILLEGAL_PARAMETER;
    return TLS_OK;
}

enum tls_reason
tls12_check_old_signature(const tls12_engine *e)
{
    const tls_certificate_list *chain = e->handshake->facts.peer.chain;

    /* Without a certificate BearSSL says that the message is out of place. */
    return chain == NULL || tls_certificate_allows(chain->items[0], TLS_KEY_USE_OLD_SIGNATURE)
               ? TLS_OK
               : TLS_REASON_WRONG_PURPOSE;
}

size_t
tls12_schemes(const tls12_engine *e, uint16_t out[TLS12_SCHEMES_MAXIMUM])
{
    const tls_context *context = e->handshake->host->context;
    size_t i, count = 0;

    for (i = 0; i < context->signature_scheme_count && count < TLS12_SCHEMES_MAXIMUM; i++)
        out[count++] = context->signature_schemes[i];
    return count;
}

size_t
tls12_groups(const tls12_engine *e, uint16_t out[TLS12_GROUPS_MAXIMUM])
{
    const tls_context *context = e->handshake->host->context;
    size_t i, count = 0;

    for (i = 0; i < context->group_count && count < TLS12_GROUPS_MAXIMUM; i++)
        if (tls12_takes_group(e, context->groups[i]))
            out[count++] = context->groups[i];
    return count;
}

static unsigned
scheme_of(const tls12_engine *e, int hash)
{
    if (e->own_scheme != 0)
        return e->own_scheme;
    if (tls_private_key_public(e->handshake->terms.credential.key)->kind == TLS_KEY_RSA)
        return hash == 0 ? 0 : ((unsigned)hash << 8) | 1;
    return ((unsigned)hash << 8) | 3;
}

static size_t
sign_here(const tls12_engine *e, unsigned char *out, int hash, const unsigned char *digest,
    size_t digest_length)
{
    const tls_private_key *key = e->handshake->terms.credential.key;
    tls_bytes input = tls_bytes_make(digest, digest_length);

    if (e->own_scheme == 0)
        return tls_sign_digest(key, out, hash, digest, digest_length);
    if (tls_scheme_hashes_itself(e->own_scheme))
        input = tls_buffer_view(&e->content);
    return e->content.failed ? 0 : tls_sign_scheme(key, out, e->own_scheme, input);
}

size_t
tls12_do_sign(tls12_engine *e, int hash, unsigned char *data, size_t digest_length, size_t room)
{
    unsigned char digest[64];
    size_t length = 0;

    if (digest_length > sizeof digest || e->handshake->terms.credential.key == NULL)
        return 0;
    if (e->sign == TLS12_SIGN_ANSWERED) {
        /* The replayed DRBG must have led to the same question. */
        if (e->sign_hash == hash && e->digest_length == digest_length &&
            memcmp(e->digest, data, digest_length) == 0 && e->signature.length <= room) {
            length = e->signature.length;
            memcpy(data, e->signature.data, length);
        }
    } else if (e->sign != TLS12_SIGN_LOCAL && tls_signs_elsewhere(e->handshake)) {
        memcpy(e->digest, data, digest_length);
        e->digest_length = digest_length;
        e->sign_hash = hash;
        e->sign_scheme = scheme_of(e, hash);
        e->sign = TLS12_SIGN_WANTED;
        e->suspended = 1;
        return 0;
    } else {
        memcpy(digest, data, digest_length);
        if (room >= TLS_SIGNATURE_MAXIMUM)
            length = sign_here(e, data, hash, digest, digest_length);
    }
    e->sign = TLS12_SIGN_NONE;
    e->sign_failed = length == 0;
    return length;
}

enum tls_reason
tls12_decide_sign(tls12_engine *e, int *ready)
{
    tls_handshake *h = e->handshake;
    tls_answer *answer = tls_host_take_answer(h->host);
    int local;
    enum tls_reason reason;

    if (answer == NULL) {
        if (e->content.failed)
            return TLS_REASON_OUT_OF_MEMORY;
        tls_ask_signature(h, e->sign_scheme, e->sign_hash, tls_buffer_view(&e->content),
            tls_bytes_make(e->digest, e->digest_length));
        return TLS_OK;
    }
    reason = tls_take_signature(h, answer, &e->signature, &local);
    if (!local || !tls_scheme_hashes_itself(e->own_scheme)) {
        /* A server needs them again: its client may sign them by Ed25519. */
        if (h->host->role == TLS_ROLE_CLIENT)
            tls_buffer_release(&e->messages);
        tls_buffer_release(&e->content);
    }
    e->sign = local ? TLS12_SIGN_LOCAL : TLS12_SIGN_ANSWERED;
    *ready = reason == TLS_OK;
    return reason;
}

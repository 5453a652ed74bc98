/* engine12_authentication.c - certificates and signatures of TLS 1.0 to 1.2, for both sides: the peer's
 * chain and its verdict, BearSSL's view of it, and our own signatures. */
#include <stdlib.h>
#include <string.h>

#include "engine12_internal.h"
#include "ocsp.h"

/* ---- BearSSL's certificate engine: it only hears the result ---- */

static engine12 *
engine_of_x509(const br_x509_class *const *pctx)
{
    /* The vtable pointer is the first member of the engine. */
    return (engine12 *)(uintptr_t)pctx;
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
    /* The chain was judged before BearSSL was given the message: engine12_decide_verify. */
    return engine_of_x509(pctx)->x509.known ? 0 : BR_ERR_X509_NOT_TRUSTED;
}

static const br_x509_pkey *
get_public_key(const br_x509_class *const *pctx, unsigned *usages)
{
    engine12 *e = engine_of_x509(pctx);

    if (!e->x509.known)
        return NULL;
    if (usages != NULL)
        *usages = e->x509.usages;
    return &e->x509.key;
}

const br_x509_class engine12_x509_class = {sizeof(engine12), start_chain, start_certificate,
    append_certificate, end_certificate, end_chain, get_public_key};

/* ---- The peer's chain ---- */

static enum tls_reason
use_public_key(engine12 *e, const tls_certificate *leaf)
{
    enum tls_reason reason = tls_public_key_to_bearssl(&e->x509.key, &leaf->public_key);
    unsigned agreement = leaf->public_key.kind == TLS_KEY_RSA ? TLS_KEY_USAGE_KEY_ENCIPHERMENT
                                                              : TLS_KEY_USAGE_KEY_AGREEMENT;

    if (reason != TLS_OK)
        return reason;
    /* RFC 5246 section 7.4.2: the key usage must allow what the suite does with the key. */
    e->x509.usages = 0;
    if (leaf->key_usage & TLS_KEY_USAGE_DIGITAL_SIGNATURE)
        e->x509.usages |= BR_KEYTYPE_SIGN;
    if (leaf->key_usage & agreement)
        e->x509.usages |= BR_KEYTYPE_KEYX;
    e->x509.known = 1;
    return TLS_OK;
}

enum tls_reason
engine12_peer_chain(engine12 *e, const tls_certificate_message *message)
{
    tls_connection *c = e->connection;
    tls_certificate *items[TLS_CHAIN_MAXIMUM];
    enum tls_reason reason = TLS_OK;
    tls_certificate_entry entry;
    tls_reader reader;
    size_t count = 0, i;

    if (message->certificate_count > TLS_CHAIN_MAXIMUM)
        return TLS_REASON_LIMIT;
    tls_reader_init(&reader, message->certificate_list);
    while (reason == TLS_OK && tls_certificate_next(&reader, &entry, 0)) {
        reason = tls_certificate_from_der(&items[count], entry.certificate);
        if (reason == TLS_OK)
            count++;
    }
    if (reason == TLS_OK)
        reason = tls_connection_set_chain(&c->peer_chain, items, count);
    for (i = 0; i < count; i++)
        tls_certificate_release(items[i]);
    if (reason == TLS_OK && count > 0)
        reason = use_public_key(e, c->peer_chain->items[0]);
    return reason;
}

static void
judge(engine12 *e)
{
    tls_connection *c = e->connection;
    const tls_ocsp_response *stapled;
    tls_ocsp_response *response = NULL;
    enum tls_reason unreadable = TLS_OK;
    tls_verify_request request;

    memset(&request, 0, sizeof request);
    request.chain = (const tls_certificate *const *)c->peer_chain->items;
    request.count = c->peer_chain->count;
    request.trust = c->context->trust;
    request.time = tls_context_now(c->context);
    request.depth = c->context->verify_depth;
    request.purpose = c->role == TLS_ROLE_CLIENT ? TLS_PURPOSE_SERVER : TLS_PURPOSE_CLIENT;
    if (c->role == TLS_ROLE_CLIENT && c->server_name[0] != '\0')
        request.server_name = c->server_name;
    request.clock_skew = c->context->clock_skew;
    request.crls = (const tls_crl *const *)c->context->crls;
    request.crl_count = c->context->crl_count;
    request.revocation = c->context->revocation;
    request.staple = c->context->staple;
    request.pins = (const unsigned char(*)[TLS_PIN_LENGTH])c->context->pins;
    request.pin_count = c->context->pin_count;
    if (c->ocsp_response.length > 0)
        unreadable = tls_ocsp_response_from_der(&response, tls_buffer_view(&c->ocsp_response));
    stapled = response;
    request.ocsp_responses = &stapled;
    request.ocsp_response_count = response != NULL;
    /* RFC 7633 section 4.2.2: what was not asked for need not come. */
    if (c->role == TLS_ROLE_CLIENT && !c->context->no_status_request && unreadable == TLS_OK &&
        request.staple == TLS_STAPLE_NOT_NEEDED)
        request.staple = TLS_STAPLE_IF_MUST;
    if (tls_verify(&e->verdict, &request) == TLS_OK && unreadable != TLS_OK) {
        static const char text[] = "the OCSP response that the server stapled cannot be parsed";

        e->verdict.reason = unreadable;
        if (unreadable == TLS_REASON_BAD_OCSP_RESPONSE)
            memcpy(e->verdict.text, text, sizeof text);
    }
    c->verdict = e->verdict.reason;
    tls_ocsp_response_release(response);
}

/* apply_verdict is what happens when no handler says otherwise. */
static enum tls_reason
apply_verdict(engine12 *e)
{
    tls_connection *c = e->connection;

    if (e->verdict.reason == TLS_OK) {
        c->level = TLS_LEVEL_VERIFIED;
        return TLS_OK;
    }
    if (c->verify == TLS_VERIFY_NONE ||
        (c->verify == TLS_VERIFY_OPTIONAL && c->role == TLS_ROLE_CLIENT))
        return TLS_OK;
    if (e->verdict.text[0] != '\0')
        tls_connection_explain(c, e->verdict.text);
    return e->verdict.reason;
}

enum tls_reason
engine12_decide_verify(engine12 *e, int *ready)
{
    tls_connection *c = e->connection;
    tls_answer *answer = tls_connection_take_answer(c);
    enum tls_reason reason = TLS_OK;

    if (answer == NULL) {
        if (c->verify == TLS_VERIFY_NONE && !tls_connection_decides(c, TLS_DECISION_VERIFY)) {
            *ready = 1;
            return TLS_OK;
        }
        judge(e);
        if (!tls_connection_decides(c, TLS_DECISION_VERIFY)) {
            *ready = 1;
            return apply_verdict(e);
        }
        c->question.u.verify.chain = (const tls_certificate *const *)c->peer_chain->items;
        c->question.u.verify.chain_count = c->peer_chain->count;
        c->question.u.verify.verdict = &e->verdict;
        c->question.u.verify.server_name = c->server_name;
        tls_connection_ask(c, TLS_DECISION_VERIFY);
        return TLS_OK;
    }
    *ready = 1;
    if (answer->is_default)
        reason = apply_verdict(e);
    else if (answer->verify == TLS_OK)
        c->level = e->verdict.reason == TLS_OK ? TLS_LEVEL_VERIFIED : TLS_LEVEL_ACCEPTED;
    else
        reason = answer->verify;
    tls_connection_answer_clear(c);
    return reason;
}

/* ---- Our own credential and signatures ---- */

enum tls_reason
engine12_use_credential(engine12 *e, const tls_credential *credential)
{
    br_x509_certificate *chain;
    enum tls_reason reason;
    size_t i;

    if (credential != &e->credential) {
        tls_credential_clear(&e->credential);
        reason = tls_credential_copy(&e->credential, credential);
        if (reason != TLS_OK)
            return reason;
    }
    chain = calloc(e->credential.chain_count, sizeof *chain);
    if (chain == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    for (i = 0; i < e->credential.chain_count; i++) {
        /* BearSSL's struct lacks the const. */
        chain[i].data = (unsigned char *)(uintptr_t)e->credential.chain[i]->der.data;
        chain[i].data_len = e->credential.chain[i]->der.length;
    }
    free(e->chain);
    e->chain = chain;
    return tls_connection_set_chain(&e->connection->local_chain,
        (tls_certificate *const *)(uintptr_t)e->credential.chain, e->credential.chain_count);
}

int
engine12_offers_scheme(const engine12 *e, unsigned scheme)
{
    const tls_context *context = e->connection->context;
    size_t i;

    for (i = 0; i < context->signature_scheme_count; i++)
        if (context->signature_schemes[i] == scheme)
            return 1;
    return 0;
}

static unsigned
scheme_of(const engine12 *e, int hash)
{
    if (tls_private_key_public(e->credential.key)->kind == TLS_KEY_RSA)
        return hash == 0 ? 0 : ((unsigned)hash << 8) | 1;
    return ((unsigned)hash << 8) | 3;
}

size_t
engine12_do_sign(engine12 *e, int hash, unsigned char *data, size_t digest_length, size_t room)
{
    unsigned char digest[64];
    size_t length = 0;

    if (digest_length > sizeof digest || e->credential.key == NULL)
        return 0;
    if (e->sign == ENGINE12_SIGN_ANSWERED) {
        /* The replayed DRBG must have led to the same question. */
        if (e->sign_hash == hash && e->digest_length == digest_length &&
            memcmp(e->digest, data, digest_length) == 0 && e->signature.length <= room) {
            length = e->signature.length;
            memcpy(data, e->signature.data, length);
        }
    } else if (e->sign != ENGINE12_SIGN_LOCAL &&
               (tls_connection_decides(e->connection, TLS_DECISION_SIGN) ||
                   tls_private_key_is_external(e->credential.key))) {
        memcpy(e->digest, data, digest_length);
        e->digest_length = digest_length;
        e->sign_hash = hash;
        e->sign_scheme = scheme_of(e, hash);
        e->sign = ENGINE12_SIGN_WANTED;
        e->suspended = 1;
        return 0;
    } else {
        memcpy(digest, data, digest_length);
        if (room >= TLS_SIGNATURE_MAXIMUM)
            length = tls_sign_digest(e->credential.key, data, hash, digest, digest_length);
    }
    e->sign = ENGINE12_SIGN_NONE;
    e->sign_failed = length == 0;
    return length;
}

enum tls_reason
engine12_decide_sign(engine12 *e, int *ready)
{
    tls_connection *c = e->connection;
    tls_answer *answer = tls_connection_take_answer(c);
    enum tls_reason reason = TLS_OK;

    if (answer == NULL) {
        c->question.u.sign.scheme = e->sign_scheme;
        c->question.u.sign.hash = tls_hash_name(e->sign_hash);
        c->question.u.sign.digest = tls_bytes_make(e->digest, e->digest_length);
        c->question.u.sign.certificate = e->credential.chain[0];
        tls_connection_ask(c, TLS_DECISION_SIGN);
        return TLS_OK;
    }
    if (!answer->is_default) {
        tls_buffer_clear(&e->signature);
        tls_buffer_append(&e->signature, answer->bytes.data, answer->bytes.length);
        e->sign = ENGINE12_SIGN_ANSWERED;
        if (e->signature.failed)
            reason = TLS_REASON_OUT_OF_MEMORY;
        else if (e->signature.length == 0 || e->signature.length > TLS_SIGNATURE_MAXIMUM)
            reason = TLS_REASON_SIGN_FAILED;
    } else if (tls_private_key_is_external(e->credential.key)) {
        reason = TLS_REASON_SIGN_FAILED;
    } else {
        e->sign = ENGINE12_SIGN_LOCAL;
    }
    tls_connection_answer_clear(c);
    *ready = reason == TLS_OK;
    return reason;
}

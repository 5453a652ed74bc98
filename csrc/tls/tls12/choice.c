/* choice.c - the server's choice: the first suite in the order of both lists that one of the
 * credentials can do, by server name first; the group; the hash to sign with. And what BearSSL then
 * has the private key do. */
#include <string.h>

#include "tls12/internal.h"
#include "handshake/local_certificate.h"
#include "handshake/no_common.h"
#include "key/key_bearssl.h"
#include "x509/key_use.h"

/* What a choice rests on: what the client offers, of groups and hashes in BearSSL's view. */
typedef struct offer {
    const tls12_engine *engine;
    const br_ssl_server_context *server;
    unsigned version;
    int group;         /* the first of ours that the client has too, or 0 */
    unsigned dh_group; /* the same for DHE */
    /* Of the version, and in both lists; the side's order that counts. */
    uint16_t suites[TLS12_SUITES_MAXIMUM];
    size_t suite_count;
} offer;

/* is_offered: without a list the client takes SHA-1 with either kind of key (RFC 5246 section
 * 7.4.1.4.1). */
static int
is_offered(const offer *o, unsigned scheme)
{
    tls_u16_list list = o->engine->handshake->client_hello.hello.signature_algorithms;

    if (list.length > 0)
        return tls_u16_list_contains(list, scheme);
    return scheme == TLS_SCHEME_RSA_PKCS1_SHA1 || scheme == TLS_SCHEME_ECDSA_SHA1;
}

/* signature_scheme: the first of ours that the client takes and the key can do; 0: none. Below TLS
 * 1.2 it is fixed (RFC 4346 section 7.4.3, RFC 8422 section 5.4): 1 stands for MD5 and SHA-1 with
 * RSA. */
static unsigned
signature_scheme(const offer *o, const tls_public_key *key)
{
    const tls_context *context = o->engine->handshake->host->context;
    size_t i;

    if (o->version < TLS_VERSION_12)
        return key->kind == TLS_KEY_EC ? TLS_SCHEME_ECDSA_SHA1
                                       : key->kind == TLS_KEY_RSA && !key->pss_only;
    for (i = 0; i < context->signature_scheme_count; i++) {
        unsigned scheme = context->signature_schemes[i];

        if (tls_scheme_fits_key(scheme, key, TLS_VERSION_12) && is_offered(o, scheme))
            return scheme;
    }
    return 0;
}

static enum tls_key_use
signature_use(const offer *o)
{
    return o->version < TLS_VERSION_12 ? TLS_KEY_USE_OLD_SIGNATURE : TLS_KEY_USE_SIGNATURE;
}

/* fits: can this suite be done with this credential? */
static int
fits(const offer *o, const tls_suite *suite, const tls_credential *credential)
{
    const tls_certificate *leaf = credential->chain_count > 0 ? credential->chain[0] : NULL;
    const tls_public_key *key = tls_private_key_public(credential->key);
    enum tls_signature_kind issuer;

    if (leaf == NULL)
        return 0; /* raw public keys are for TLS 1.3 */
    if (key->kind == TLS_KEY_EC && ((o->server->curves >> key->curve) & 1) == 0)
        return 0;
    switch (suite->key_exchange) {
    case TLS_KEY_EXCHANGE_RSA:
        return tls_certificate_allows(leaf, TLS_KEY_USE_DECRYPTION);
    case TLS_KEY_EXCHANGE_ECDHE:
        /* RFC 8422 section 5.1.1: Ed25519 goes with the suites of ECDSA. */
        return (suite->authentication == TLS_AUTHENTICATION_RSA) == (key->kind == TLS_KEY_RSA) &&
               tls_certificate_allows(leaf, signature_use(o)) && o->group != 0 &&
               signature_scheme(o, key) != 0;
    case TLS_KEY_EXCHANGE_DHE:
        return key->kind == TLS_KEY_RSA && tls_certificate_allows(leaf, signature_use(o)) &&
               o->dh_group != 0 && signature_scheme(o, key) != 0;
    case TLS_KEY_EXCHANGE_ECDH:
        /* RFC 8422 section 2: the suite names the key that signed the certificate. */
        issuer = leaf->signature_algorithm.kind;
        return tls_certificate_allows(leaf, TLS_KEY_USE_AGREEMENT) &&
               !tls_private_key_is_external(credential->key) && issuer != TLS_SIGNATURE_ED25519 &&
               (issuer == TLS_SIGNATURE_ECDSA) ==
                   (suite->authentication == TLS_AUTHENTICATION_ECDSA);
    default:
        return 0;
    }
}

static int
has_suite(const uint16_t *suites, size_t count, unsigned suite)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (suites[i] == suite)
            return 1;
    return 0;
}

/* add_suite: a client's list may name one twice. */
static void
add_suite(offer *o, unsigned suite)
{
    if (tls_suite_fits(tls_suite_find(suite), o->version) &&
        !has_suite(o->suites, o->suite_count, suite))
        o->suites[o->suite_count++] = (uint16_t)suite;
}

/* find_common fills o->suites. No more than `usable` has, so that there is room. */
static void
find_common(offer *o)
{
    const tls12_engine *e = o->engine;
    tls_u16_list offered = e->handshake->client_hello.hello.cipher_suites;
    size_t count = tls_u16_list_count(offered), i;

    if (!e->handshake->host->context->client_preference) {
        for (i = 0; i < e->usable_count; i++)
            if (tls_u16_list_contains(offered, e->usable[i]))
                add_suite(o, e->usable[i]);
        return;
    }
    for (i = 0; i < count; i++)
        if (has_suite(e->usable, e->usable_count, tls_u16_list_at(offered, i)))
            add_suite(o, tls_u16_list_at(offered, i));
}

/* can_do: this suite of the list with this credential? */
static int
can_do(void *data, size_t preference, const tls_credential *credential)
{
    const offer *o = data;

    return fits(o, tls_suite_find(o->suites[preference]), credential);
}

static tls12_engine *
engine_of_policy(const br_ssl_server_policy_class **pctx)
{
    return (tls12_engine *)(uintptr_t)((const char *)pctx - offsetof(tls12_engine, policy));
}

static int
choose(const br_ssl_server_policy_class **pctx, const br_ssl_server_context *server,
    br_ssl_server_choices *choices)
{
    tls12_engine *e = engine_of_policy(pctx);
    const tls_context *context = e->handshake->host->context;
    const tls_credential *credential;
    const tls_suite *suite_of;
    unsigned suite_id;
    offer o;
    size_t suite, i;

    memset(&o, 0, sizeof o);
    o.engine = e;
    o.server = server;
    o.version = server->eng.session.version;
    for (i = 0; i < context->group_count && o.group == 0; i++)
        if (context->groups[i] < 32 && ((server->curves >> context->groups[i]) & 1))
            o.group = context->groups[i];
    o.dh_group = tls12_dhe_group(e);
    find_common(&o);
    credential = tls_pick_server_credential(e->handshake, o.suite_count, can_do, &o, &suite);
    if (credential == NULL)
        return 0;
    e->choice_failed = tls12_use_credential(e, credential);
    if (e->choice_failed != TLS_OK)
        return 0;
    e->suite = suite_id = o.suites[suite];
    suite_of = tls_suite_find(suite_id);
    if (e->handshake->facts.verify == TLS_VERIFY_NONE)
        tls12_keep_prf_hash(e, o.version, suite_of);
    choices->cipher_suite = (uint16_t)tls12_shown_suite(suite_id);
    choices->chain = e->chain;
    choices->chain_len = e->handshake->terms.credential.chain_count;
    choices->algo_id = 0;
    if (suite_of->key_exchange == TLS_KEY_EXCHANGE_ECDHE ||
        suite_of->key_exchange == TLS_KEY_EXCHANGE_DHE) {
        unsigned scheme =
            signature_scheme(&o, tls_private_key_public(e->handshake->terms.credential.key));

        /* A number below 0xFF00 is written as it is, and leaves the hashing to sign(). */
        choices->algo_id = scheme;
        e->own_scheme = tls12_is_beside(scheme) ? scheme : 0;
        /* BearSSL would take its own favourite of the common groups: leave it one. */
        e->bearssl.server.curves = (uint32_t)1 << o.group;
    }
    if (suite_of->key_exchange == TLS_KEY_EXCHANGE_DHE)
        e->choice_failed = tls12_dhe_choose(e, o.dh_group);
    return e->choice_failed == TLS_OK;
}

/* What BearSSL only tells by an alert. */
enum tls_reason
tls12_nothing_in_common(tls12_engine *e)
{
    tls_handshake *h = e->handshake;
    const tls_client_hello *hello = &h->client_hello.hello;
    unsigned version = h->terms.version_chosen;
    int some = 0, signs = 0, missing = 1, curve = hello->supported_groups.length == 0, finite = 0;
    size_t i;

    for (i = 0; i < h->host->context->group_count; i++)
        curve |= tls_u16_list_contains(hello->supported_groups, h->host->context->groups[i]) &&
                 h->host->context->groups[i] < 32;

    for (i = 0; i < e->usable_count; i++) {
        const tls_suite *suite = tls_suite_find(e->usable[i]);

        if (!tls_suite_fits(suite, version) ||
            !tls_u16_list_contains(hello->cipher_suites, suite->id))
            continue;
        some = 1;
        finite |= suite->key_exchange == TLS_KEY_EXCHANGE_DHE;
        signs |= (suite->key_exchange == TLS_KEY_EXCHANGE_ECDHE ||
                     suite->key_exchange == TLS_KEY_EXCHANGE_DHE) &&
                 tls_has_key_for(h, suite);
        missing &= (suite->key_exchange == TLS_KEY_EXCHANGE_ECDHE && !curve) ||
                   (suite->key_exchange == TLS_KEY_EXCHANGE_DHE && tls12_dhe_group(e) == 0);
    }
    if (!some)
        return tls_no_common_suites(h, version);
    if (missing) { /* RFC 7919 section 4 names an alert of its own */
        const uint16_t *groups;
        size_t count = tls12_dhe_groups(e, &groups);
        enum tls_reason reason = tls_no_common_groups(
            h, groups, finite && groups != h->host->context->groups ? count : 0);

        return finite ? TLS_REASON_INSUFFICIENT_SECURITY : reason;
    }
    /* Below TLS 1.2 there are no signature algorithms to choose from. */
    return signs && version >= TLS_VERSION_12 ? tls_no_common_schemes(h, version)
                                              : tls_no_key_for_suites(h, version);
}

/* do_key_exchange: static RSA and static ECDH. */
static uint32_t
do_key_exchange(const br_ssl_server_policy_class **pctx, unsigned char *data, size_t *length)
{
    tls12_engine *e = engine_of_policy(pctx);

    if (e->premaster_known) {
        /* A failed decryption goes on with a random secret, in the same time (RFC 5246 section
         * 7.4.7.1): BearSSL does that when 0 is returned. */
        memcpy(data, e->premaster, sizeof e->premaster);
        tls_wipe(e->premaster, sizeof e->premaster);
        return (uint32_t)e->premaster_valid;
    }
    if (tls_private_key_ec(e->handshake->terms.credential.key) != NULL)
        return tls12_static_agreement(e, data, length);
    return tls_decrypt_premaster(e->handshake->terms.credential.key, data, *length);
}

/* RFC 5246 section 7.4.3, RFC 4346 section 7.4.3. */
size_t
tls12_params_digest(unsigned char digest[TLS_FINGERPRINT_MAXIMUM], int hash, tls_bytes content)
{
    size_t length;

    if (hash != 0)
        return tls_fingerprint(digest, hash, content);
    length = tls_fingerprint(digest, TLS_HASH_MD5, content);
    return length + tls_fingerprint(digest + length, TLS_HASH_SHA1, content);
}

/* signed_content: as BearSSL made it, or with the real parameters behind the randoms. */
static void
signed_content(tls12_engine *e, const unsigned char *data, size_t length)
{
    tls_buffer_clear(&e->content);
    tls_buffer_append(&e->content, data, e->dhe != NULL ? (size_t)2 * TLS_RANDOM_LENGTH : length);
    if (e->dhe != NULL)
        tls12_dhe_write_params(e, &e->content);
}

static size_t
sign(const br_ssl_server_policy_class **pctx, unsigned algorithm, unsigned char *data,
    size_t length, size_t room)
{
    tls12_engine *e = engine_of_policy(pctx);
    int hash = (int)(tls12_shown_scheme(e->own_scheme != 0 ? e->own_scheme : algorithm) >> 8);
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM];

    /* BearSSL has drawn ServerHello.random, and has not derived anything from it yet. */
    tls12_mark_downgrade(e, tls12_core(e)->server_random);
    tls12_mark_downgrade(e, data + TLS_RANDOM_LENGTH);
    signed_content(e, data, length);
    length = tls12_params_digest(digest, hash, tls_buffer_view(&e->content));
    memcpy(data, digest, length);
    if (e->content.failed) {
        e->choice_failed = TLS_REASON_OUT_OF_MEMORY;
        return 0;
    }
    return tls12_do_sign(e, hash, data, length, room);
}

const br_ssl_server_policy_class tls12_policy_class = {
    sizeof(tls12_engine), choose, do_key_exchange, sign};

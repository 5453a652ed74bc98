/* engine12_server.c - the server's side of the message filter: what ClientHello asks for, which session,
 * suite, certificate and group answer it, and the client's authentication. */
#include <stdlib.h>
#include <string.h>

#include "engine12_internal.h"
#include "hostname.h"
#include "random.h"

/* Bits of engine12.asked. */
enum { SELECT_DONE = 1, SESSION_DONE = 2 };

/* The authorities of a CertificateRequest are left out when they would be longer than this: RFC 5246
 * section 7.4.4 allows an empty list, and some clients refuse a message of many records. */
#define AUTHORITIES_LENGTH_MAXIMUM 12000
/* A ticket has a 16-bit length; a session with a longer chain gets an empty one (RFC 5077 section 3.3). */
#define TICKET_CONTENT_MAXIMUM 16000

unsigned
engine12_server_rank(unsigned type)
{
    switch (type) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        return 1;
    case TLS_HANDSHAKE_CERTIFICATE:
        return 2;
    case TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE:
        return 3;
    case TLS_HANDSHAKE_CERTIFICATE_VERIFY:
        return 4;
    case TLS_HANDSHAKE_FINISHED:
        return 5;
    default:
        return 0;
    }
}

/* ---- Choosing ---- */

/* What a choice rests on: BearSSL's view of what the client offers. */
typedef struct offer {
    const engine12 *engine;
    const br_ssl_server_context *server;
    unsigned version;
    int group; /* the first of ours that the client has too, or 0 */
} offer;

static int
signature_hash(const offer *o, enum tls_key_kind kind)
{
    const tls_context *context = o->engine->connection->context;
    unsigned shift = kind == TLS_KEY_RSA ? 0 : 8;
    size_t i;

    /* RFC 4346 section 7.4.3, RFC 8422 section 5.4: fixed below TLS 1.2. */
    if (o->version < TLS_VERSION_12)
        return kind == TLS_KEY_RSA ? 0 : br_sha1_ID;
    for (i = 0; i < context->signature_scheme_count; i++) {
        unsigned scheme = context->signature_schemes[i];
        int hash = tls_scheme_hash(scheme);

        if (tls_scheme_kind_of(scheme) ==
                (kind == TLS_KEY_RSA ? TLS_SCHEME_KIND_RSA_PKCS1 : TLS_SCHEME_KIND_ECDSA) &&
            ((o->server->hashes >> (shift + (unsigned)hash)) & 1))
            return hash;
    }
    return -1;
}

/* fits: can this suite be done with this credential? */
static int
fits(const offer *o, const tls_suite *suite, const tls_credential *credential)
{
    const tls_certificate *leaf = credential->chain[0];
    const tls_public_key *key = tls_private_key_public(credential->key);
    enum tls_signature_kind issuer;

    if (key->kind == TLS_KEY_EC && ((o->server->curves >> key->curve) & 1) == 0)
        return 0;
    switch (suite->key_exchange) {
    case TLS_KEY_EXCHANGE_RSA:
        return key->kind == TLS_KEY_RSA && (leaf->key_usage & TLS_KEY_USAGE_KEY_ENCIPHERMENT);
    case TLS_KEY_EXCHANGE_ECDHE:
        return key->kind == (suite->authentication == TLS_AUTHENTICATION_RSA ? TLS_KEY_RSA
                                                                              : TLS_KEY_EC) &&
               (leaf->key_usage & TLS_KEY_USAGE_DIGITAL_SIGNATURE) && o->group != 0 &&
               !key->pss_only && signature_hash(o, key->kind) >= 0;
    case TLS_KEY_EXCHANGE_ECDH:
        /* RFC 8422 section 2: the suite names the key that signed the certificate. */
        issuer = leaf->signature_algorithm.kind;
        return key->kind == TLS_KEY_EC && (leaf->key_usage & TLS_KEY_USAGE_KEY_AGREEMENT) &&
               !tls_private_key_is_external(credential->key) &&
               (issuer == TLS_SIGNATURE_ECDSA) ==
                   (suite->authentication == TLS_AUTHENTICATION_ECDSA);
    default:
        return 0;
    }
}

/* pick finds the first suite, in the order BearSSL made of both lists, that one of the credentials can
 * do. With `named`, only credentials whose certificate is for the client's server name count. */
static const tls_credential *
pick(const offer *o, int named, unsigned *suite_id)
{
    const engine12 *e = o->engine;
    const tls_context *context = e->connection->context;
    const tls_credential *credentials = e->credential_fixed ? &e->credential : context->credentials;
    size_t credential_count = e->credential_fixed ? 1 : context->credential_count;
    tls_bytes name = tls_bytes_of_string(e->connection->server_name);
    const br_suite_translated *suites;
    size_t suite_count, i, j;

    suites = br_ssl_server_get_client_suites(o->server, &suite_count);
    for (i = 0; i < suite_count; i++) {
        const tls_suite *suite = tls_suite_find(suites[i][0]);

        for (j = 0; suite != NULL && j < credential_count; j++) {
            if (named && tls_hostname_verify(credentials[j].chain[0], name) != TLS_OK)
                continue;
            if (fits(o, suite, &credentials[j])) {
                *suite_id = suites[i][0];
                return &credentials[j];
            }
        }
    }
    return NULL;
}

static engine12 *
engine_of_policy(const br_ssl_server_policy_class **pctx)
{
    return (engine12 *)(uintptr_t)((const char *)pctx - offsetof(engine12, policy));
}

static int
choose(const br_ssl_server_policy_class **pctx, const br_ssl_server_context *server,
    br_ssl_server_choices *choices)
{
    engine12 *e = engine_of_policy(pctx);
    const tls_context *context = e->connection->context;
    const tls_credential *credential = NULL;
    unsigned suite_id = 0;
    offer o;
    size_t i;

    memset(&o, 0, sizeof o);
    o.engine = e;
    o.server = server;
    o.version = server->eng.session.version;
    for (i = 0; i < context->group_count && o.group == 0; i++)
        if ((server->curves >> context->groups[i]) & 1)
            o.group = context->groups[i];
    if (e->connection->server_name[0] != '\0' && !e->credential_fixed)
        credential = pick(&o, 1, &suite_id);
    /* A client that asks for an unknown name gets the default certificate and judges for itself. */
    if (credential == NULL)
        credential = pick(&o, 0, &suite_id);
    if (credential == NULL || engine12_use_credential(e, credential) != TLS_OK)
        return 0;
    choices->cipher_suite = (uint16_t)suite_id;
    choices->chain = e->chain;
    choices->chain_len = e->credential.chain_count;
    choices->algo_id = 0;
    if (tls_suite_find(suite_id)->key_exchange == TLS_KEY_EXCHANGE_ECDHE) {
        int hash = signature_hash(&o, tls_private_key_public(e->credential.key)->kind);

        choices->algo_id = 0xFF00u + (unsigned)hash;
        /* BearSSL would take its own favourite of the common groups: leave it one. */
        e->bearssl.server.curves = (uint32_t)1 << o.group;
    }
    return 1;
}

/* do_key_exchange: static RSA and static ECDH. */
static uint32_t
do_key_exchange(
    const br_ssl_server_policy_class **pctx, unsigned char *data, size_t *length)
{
    engine12 *e = engine_of_policy(pctx);
    const br_ec_private_key *ec = tls_private_key_ec(e->credential.key);
    const br_ec_impl *implementation = br_ec_get_default();
    size_t offset, coordinate;
    uint32_t ok;

    if (e->premaster_known) {
        /* A failed decryption goes on with a random secret, in the same time (RFC 5246 section
         * 7.4.7.1): BearSSL does that when 0 is returned. */
        memcpy(data, e->premaster, sizeof e->premaster);
        tls_wipe(e->premaster, sizeof e->premaster);
        return (uint32_t)e->premaster_valid;
    }
    if (ec == NULL)
        return tls_decrypt_premaster(e->credential.key, data, *length);
    ok = implementation->mul(data, *length, ec->x, ec->xlen, ec->curve);
    offset = implementation->xoff(ec->curve, &coordinate);
    memmove(data, data + offset, coordinate);
    *length = coordinate;
    return ok;
}

static size_t
sign(const br_ssl_server_policy_class **pctx, unsigned algorithm, unsigned char *data,
    size_t digest_length, size_t room)
{
    return engine12_do_sign(
        engine_of_policy(pctx), (int)(algorithm & 0xFF), data, digest_length, room);
}

static const br_ssl_server_policy_class policy_class = {
    sizeof(engine12), choose, do_key_exchange, sign};

/* ---- Sessions ---- */

static void
save_session(const br_ssl_session_cache_class **pctx, br_ssl_server_context *server,
    const br_ssl_session_parameters *parameters)
{
    /* engine12.c makes the session when the handshake is over. */
    (void)pctx;
    (void)server;
    (void)parameters;
}

static int
load_session(const br_ssl_session_cache_class **pctx, br_ssl_server_context *server,
    br_ssl_session_parameters *parameters)
{
    engine12 *e = (engine12 *)(uintptr_t)((const char *)pctx - offsetof(engine12, cache));

    (void)server;
    if (e->resume == NULL)
        return 0;
    parameters->version = (uint16_t)e->resume->version;
    parameters->cipher_suite = (uint16_t)e->resume->suite;
    memcpy(parameters->master_secret, e->resume->master_secret, sizeof e->resume->master_secret);
    return 1;
}

static const br_ssl_session_cache_class cache_class = {
    sizeof(engine12), save_session, load_session};

static int
suite_configured(const engine12 *e, unsigned suite)
{
    size_t i;

    for (i = 0; i < e->suite_count; i++)
        if (e->suites[i] == suite)
            return 1;
    return 0;
}

/* use_session keeps a session that may be resumed here and now: same name, policy and level of
 * verification, and a suite and version that are still allowed. BearSSL checks that the client still
 * offers them. */
static void
use_session(engine12 *e, tls_session *session, const tls_client_hello *hello)
{
    tls_connection *c = e->connection;
    unsigned char policy[TLS_POLICY_LENGTH];

    if (session == NULL)
        return;
    tls_connection_policy(c, policy);
    if (!tls_session_fits(session, TLS_ROLE_SERVER, c->server_name, policy,
            tls_connection_required_level(c), tls_context_now(c->context)))
        return;
    /* RFC 7627 section 5.3: without it the session is not resumed for a client that now has it. The
     * other way round the handshake is ended: see extended_master_secret. */
    if (hello->extended_master_secret && !c->context->no_extended_master_secret &&
        !session->extended_master_secret)
        return;
    if (session->version < e->version_min || session->version > e->version_max ||
        !suite_configured(e, session->suite))
        return;
    e->resume = tls_session_retain(session);
}

/* use_ticket: a session that comes out of a ticket is judged like one out of the cache. */
static void
use_ticket(engine12 *e, const tls_client_hello *hello)
{
    tls_connection *c = e->connection;
    int64_t now = tls_context_now(c->context);
    tls_buffer encoded = {0};
    tls_session *session = NULL;

    if (tls_ticket_open(c->context->ticket_keys, &encoded, hello->session_ticket, now) &&
        tls_session_import(&session, tls_buffer_view(&encoded)) == TLS_OK)
        use_session(e, session, hello);
    c->ticket = e->resume != NULL;
    tls_session_release(session);
    tls_buffer_release(&encoded);
}

/* ---- ClientHello ---- */

static enum tls_reason
received_client_hello(engine12 *e, const tls_client_hello *hello)
{
    tls_connection *c = e->connection;

    /* RFC 6066 section 3: a HostName is ASCII without a trailing dot. What is no host name would later
     * be compared with certificates and sessions, so it is refused here. */
    if (hello->server_name.length > 0) {
        char *name;

        if (hello->server_name.length > 255 || !tls_hostname_is_valid(hello->server_name))
            return TLS_REASON_ILLEGAL_PARAMETER;
        name = tls_bytes_to_string(hello->server_name);
        if (name == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
        free(c->server_name);
        c->server_name = name;
    }
    memcpy(c->client_random, hello->random.data, sizeof c->client_random);
    c->secure_renegotiation = hello->secure_renegotiation;
    tls_buffer_append(&e->hello, e->message.data, e->message.length);
    return e->hello.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

/* common_version: a client that lists its versions (RFC 8446 section 4.2.1) must list one of ours, even
 * though legacy_version says TLS 1.2. */
static enum tls_reason
common_version(const engine12 *e, const tls_client_hello *hello)
{
    size_t i;

    if (hello->supported_versions.length == 0)
        return TLS_OK;
    for (i = 0; i < tls_u16_list_count(hello->supported_versions); i++) {
        unsigned version = tls_u16_list_at(hello->supported_versions, i);

        if (version >= e->version_min && version <= e->version_max)
            return TLS_OK;
    }
    return TLS_REASON_PROTOCOL_VERSION;
}

static int
alpn_offered(const tls_client_hello *hello, tls_bytes name)
{
    tls_reader reader;
    tls_bytes offered;

    tls_reader_init(&reader, hello->alpn);
    while (tls_protocol_next(&reader, &offered))
        if (tls_bytes_equal(offered, name))
            return 1;
    return 0;
}

static enum tls_reason
apply_selected_context(engine12 *e, tls_context *context)
{
    tls_connection *c = e->connection;

    if (context->role != TLS_ROLE_SERVER)
        return TLS_REASON_HANDLER;
    if (e->suites == c->context->suites)
        e->suites = context->suites;
    tls_context_retain(context);
    tls_context_release(c->context);
    c->context = context;
    e->suite_count = context->suite_count;
    e->version_min = context->version_min;
    e->version_max = context->version_max;
    c->fragment_limit = context->record_size;
    if (!c->verify_given)
        c->verify = context->verify;
    return TLS_OK;
}

static enum tls_reason
apply_selected_alpn(engine12 *e, const tls_client_hello *hello, tls_bytes name)
{
    /* RFC 7301 section 3.2: only what the client offered. */
    if (!alpn_offered(hello, name) || memchr(name.data, 0, name.length) != NULL) {
        tls_connection_explain(
            e->connection, "the select handler chose an ALPN protocol that was not offered");
        return TLS_REASON_HANDLER;
    }
    e->alpn_selected = tls_bytes_to_string(name);
    if (e->alpn_selected == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    e->alpn_names[0] = e->alpn_selected;
    return TLS_OK;
}

static enum tls_reason
apply_selection(engine12 *e, const tls_client_hello *hello, tls_answer *answer)
{
    const tls_selection *selection = &answer->selection;
    enum tls_reason reason = TLS_OK;

    if (selection->context != NULL)
        reason = apply_selected_context(e, selection->context);
    if (reason == TLS_OK && selection->credential != NULL) {
        reason = tls_credential_check(selection->credential);
        if (reason == TLS_OK)
            reason = tls_credential_copy(&e->credential, selection->credential);
        e->credential_fixed = reason == TLS_OK;
    }
    if (reason == TLS_OK && selection->alpn.length > 0)
        reason = apply_selected_alpn(e, hello, selection->alpn);
    tls_buffer_append(
        &e->status, selection->ocsp_response.data, selection->ocsp_response.length);
    if (reason == TLS_OK && e->status.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    if (selection->version_min != 0)
        e->version_min = selection->version_min;
    if (selection->version_max != 0)
        e->version_max = selection->version_max;
    if (selection->suites != NULL) {
        e->suites = answer->suites; /* the answer's copy becomes the engine's */
        e->suite_count = selection->suite_count;
        answer->suites = NULL;
    }
    if (e->version_min < TLS_VERSION_10 || e->version_max > TLS_VERSION_12 ||
        e->version_min > e->version_max || e->version_min < e->connection->context->version_min)
        return reason != TLS_OK ? reason : TLS_REASON_HANDLER;
    return reason;
}

static enum tls_reason
start(engine12 *e)
{
    /* BearSSL asks for a certificate only when it has a name to list; sent() writes the real list. */
    static unsigned char empty_name[] = {0x30, 0x00};
    static const br_x500_name names[] = {{empty_name, sizeof empty_name}};
    tls_connection *c = e->connection;
    br_ssl_server_context *server = &e->bearssl.server;
    enum tls_reason reason = engine12_start(e);

    if (reason != TLS_OK)
        return reason;
    e->policy.vtable = &policy_class;
    e->cache.vtable = &cache_class;
    br_ssl_server_set_policy(server, &e->policy.vtable);
    br_ssl_server_set_cache(server, &e->cache.vtable);
    if (!c->context->client_preference)
        br_ssl_engine_add_flags(&server->eng, BR_OPT_ENFORCE_SERVER_PREFERENCES);
    if (c->verify != TLS_VERIFY_NONE) {
        br_ssl_server_set_trust_anchor_names(server, names, 1);
        /* Absence is judged by server_decide, with the right alert. */
        br_ssl_engine_add_flags(&server->eng, BR_OPT_TOLERATE_NO_CLIENT_AUTH);
    }
    if (!br_ssl_server_reset(server))
        return engine12_reason(e);
    return TLS_OK;
}

/* use_stored_session: one that was found by its ID must have that ID. */
static void
use_stored_session(engine12 *e, tls_session *session, const tls_client_hello *hello)
{
    if (session != NULL && tls_bytes_equal(hello->session_id,
                               tls_bytes_make(session->id, session->id_length)))
        use_session(e, session, hello);
    if (e->resume != NULL)
        e->ticket_agreed = 0;
}

static enum tls_reason
extended_master_secret(engine12 *e, const tls_client_hello *hello)
{
    tls_connection *c = e->connection;

    e->extended = hello->extended_master_secret && !c->context->no_extended_master_secret;
    c->extended_master_secret = e->extended;
    if (c->context->require_extended_master_secret && !e->extended)
        return TLS_REASON_EXTENDED_MASTER_SECRET;
    /* RFC 7627 section 5.3: a client that had it and has it no longer is refused. */
    if (e->resume != NULL && e->resume->extended_master_secret && !e->extended)
        return TLS_REASON_HANDSHAKE_FAILURE;
    return TLS_OK;
}

/* shown_suites: of the client's list those that may be chosen, and the two signalling values. BearSSL looks
 * each suite up in a table, slowly; when a session is to be resumed, its suite is all that matters. */
static void
shown_suites(const engine12 *e, const tls_client_hello *hello, tls_buffer *out)
{
    size_t i;

    for (i = 0; i < tls_u16_list_count(hello->cipher_suites); i++) {
        unsigned suite = tls_u16_list_at(hello->cipher_suites, i);

        if (suite == TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV ||
            suite == TLS_SUITE_FALLBACK_SCSV ||
            (e->resume != NULL ? suite == e->resume->suite : suite_configured(e, suite)))
            tls_write_u16(out, suite);
    }
}

/* show_hello makes the ClientHello that BearSSL sees; the transcript has the client's own.
 * - Only suites that may be chosen, only extensions that BearSSL reads.
 * - BearSSL resumes only under session IDs of 32 bytes, while a client that offers a ticket may send any,
 *   or none (RFC 5077 section 3.4). Then BearSSL is shown one, and the ServerHello that leaves has the
 *   client's. */
static enum tls_reason
show_hello(engine12 *e, const tls_client_hello *hello)
{
    static const uint16_t read_by_bearssl[] = {TLS_EXTENSION_SERVER_NAME,
        TLS_EXTENSION_MAX_FRAGMENT_LENGTH, TLS_EXTENSION_SUPPORTED_GROUPS,
        TLS_EXTENSION_SIGNATURE_ALGORITHMS, TLS_EXTENSION_ALPN, TLS_EXTENSION_RENEGOTIATION_INFO};
    tls_client_hello shown = *hello;
    tls_buffer suites = {0}, extensions = {0};
    enum tls_reason reason = TLS_OK;
    size_t i;

    /* A session whose suite or version the client no longer offers is not resumed. */
    if (e->resume != NULL && (!tls_u16_list_contains(hello->cipher_suites, e->resume->suite) ||
                                 hello->legacy_version < e->resume->version)) {
        tls_session_release(e->resume);
        e->resume = NULL;
    }
    e->offered_id_length = hello->session_id.length;
    if (hello->session_id.length > 0)
        memcpy(e->offered_id, hello->session_id.data, hello->session_id.length);
    if (e->resume != NULL && hello->session_id.length != TLS_SESSION_ID_MAXIMUM) {
        reason = tls_random(e->offered_id, sizeof e->offered_id);
        e->offered_id_length = sizeof e->offered_id;
    }
    shown.session_id = tls_bytes_make(e->offered_id, e->offered_id_length);
    shown_suites(e, hello, &suites);
    shown.cipher_suites = tls_buffer_view(&suites);
    for (i = 0; i < sizeof read_by_bearssl / sizeof read_by_bearssl[0]; i++) {
        tls_bytes data;

        if (tls_extensions_find(hello->extensions, read_by_bearssl[i], &data))
            tls_extension_write(&extensions, read_by_bearssl[i], data);
    }
    shown.extensions = tls_buffer_view(&extensions);
    shown.has_extensions = extensions.length > 0;
    if (reason == TLS_OK && (suites.failed || extensions.failed))
        reason = TLS_REASON_OUT_OF_MEMORY;
    if (reason == TLS_OK)
        reason = tls_client_hello_build(&e->replacement, &shown);
    tls_buffer_release(&suites);
    tls_buffer_release(&extensions);
    return reason;
}

static enum tls_reason
decide_client_hello(engine12 *e, int *ready)
{
    tls_connection *c = e->connection;
    tls_answer *answer = tls_connection_take_answer(c);
    tls_client_hello hello;
    enum tls_reason reason = tls_client_hello_parse(&hello, e->message);

    if (reason != TLS_OK)
        return reason;
    if (!(e->asked & SELECT_DONE)) {
        if (answer == NULL && tls_connection_decides(c, TLS_DECISION_SELECT)) {
            c->question.u.select.client_hello = e->message;
            tls_connection_ask(c, TLS_DECISION_SELECT);
            return TLS_OK;
        }
        e->asked |= SELECT_DONE;
        if (answer != NULL) {
            if (!answer->is_default)
                reason = apply_selection(e, &hello, answer);
            tls_connection_answer_clear(c);
            answer = NULL;
        }
        if (reason == TLS_OK)
            reason = common_version(e, &hello);
        if (reason != TLS_OK)
            return reason;
    }
    if (!(e->asked & SESSION_DONE) && c->context->ticket_keys != NULL &&
        hello.session_ticket_offered) {
        e->ticket_agreed = 1;
        if (answer == NULL && hello.session_ticket.length > 0)
            use_ticket(e, &hello);
    }
    if (!(e->asked & SESSION_DONE) && e->resume == NULL && hello.session_id.length > 0) {
        if (answer == NULL && tls_connection_decides(c, TLS_DECISION_SESSION_LOAD)) {
            c->question.u.session_load.session_id = hello.session_id;
            c->question.u.session_load.server_name = c->server_name;
            tls_connection_ask(c, TLS_DECISION_SESSION_LOAD);
            return TLS_OK;
        }
        if (answer != NULL && !answer->is_default)
            use_stored_session(e, answer->session, &hello);
        else if (c->context->cache != NULL)
            use_stored_session(e,
                tls_session_cache_find(
                    c->context->cache, hello.session_id, tls_context_now(c->context)),
                &hello);
        tls_connection_answer_clear(c);
    }
    e->asked |= SESSION_DONE;
    *ready = 1;
    reason = extended_master_secret(e, &hello);
    if (reason == TLS_OK)
        reason = show_hello(e, &hello);
    return reason == TLS_OK ? start(e) : reason;
}

/* ---- The client's other messages ---- */

enum tls_reason
engine12_server_received(engine12 *e, const tls_message *m)
{
    tls_connection *c = e->connection;

    switch (m->type) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        return received_client_hello(e, &m->u.client_hello);
    case TLS_HANDSHAKE_CERTIFICATE:
        if (!e->certificate_requested)
            return TLS_REASON_UNEXPECTED_MESSAGE;
        return engine12_peer_chain(e, &m->u.certificate);
    case TLS_HANDSHAKE_CERTIFICATE_VERIFY:
        if (m->u.certificate_verify.has_scheme &&
            !engine12_offers_scheme(e, m->u.certificate_verify.scheme))
            return TLS_REASON_ILLEGAL_PARAMETER;
        c->peer_scheme = m->u.certificate_verify.scheme;
        return TLS_OK;
    default:
        return TLS_OK;
    }
}

static enum tls_reason
decide_client_key_exchange(engine12 *e, int *ready)
{
    tls_connection *c = e->connection;
    tls_answer *answer = tls_connection_take_answer(c);
    const tls_suite *suite = tls_suite_find(c->suite);
    tls_message message;
    enum tls_reason reason;

    if (answer == NULL) {
        if (suite == NULL || suite->key_exchange != TLS_KEY_EXCHANGE_RSA ||
            (!tls_connection_decides(c, TLS_DECISION_DECRYPT) &&
                !tls_private_key_is_external(e->credential.key))) {
            *ready = 1;
            return TLS_OK;
        }
        reason = tls_message_parse(&message, e->message, c->version, c->suite);
        if (reason != TLS_OK)
            return reason;
        c->question.u.decrypt.ciphertext = message.u.client_key_exchange.encrypted_premaster;
        c->question.u.decrypt.certificate = e->credential.chain[0];
        tls_connection_ask(c, TLS_DECISION_DECRYPT);
        return TLS_OK;
    }
    if (!answer->is_default) {
        e->premaster_known = 1;
        e->premaster_valid = answer->bytes.length == sizeof e->premaster;
        if (e->premaster_valid)
            memcpy(e->premaster, answer->bytes.data, sizeof e->premaster);
    } else if (tls_private_key_is_external(e->credential.key)) {
        tls_connection_answer_clear(c);
        return TLS_REASON_SIGN_FAILED;
    }
    tls_connection_answer_clear(c);
    *ready = 1;
    return TLS_OK;
}

enum tls_reason
engine12_server_decide(engine12 *e, int *ready)
{
    tls_connection *c = e->connection;

    switch (e->message.data[0]) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        return decide_client_hello(e, ready);
    case TLS_HANDSHAKE_CERTIFICATE:
        if (c->peer_chain != NULL)
            return engine12_decide_verify(e, ready);
        *ready = 1;
        return c->verify == TLS_VERIFY_REQUIRED ? TLS_REASON_CERTIFICATE_REQUIRED : TLS_OK;
    case TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE:
        return decide_client_key_exchange(e, ready);
    default:
        *ready = 1;
        return TLS_OK;
    }
}

/* ---- Our messages ---- */

/* rewrite_server_hello adds what BearSSL does not know, and the session ID that the client is to see. */
static enum tls_reason
rewrite_server_hello(engine12 *e, const tls_server_hello *hello, tls_buffer *rewritten)
{
    tls_server_hello shown = *hello;
    tls_client_hello client_hello;
    tls_buffer extensions = {0};
    enum tls_reason reason = tls_client_hello_parse(&client_hello, tls_buffer_view(&e->hello));

    if (reason != TLS_OK)
        return reason;
    tls_write_bytes(&extensions, hello->extensions);
    if (e->extended)
        tls_extension_write_empty(&extensions, TLS_EXTENSION_EXTENDED_MASTER_SECRET);
    if (e->ticket_agreed)
        tls_extension_write_empty(&extensions, TLS_EXTENSION_SESSION_TICKET);
    /* RFC 6066 section 8: only with a Certificate, so not when resuming. */
    if (!e->connection->resumed && client_hello.status_request) {
        if (e->status.length == 0)
            tls_write_bytes(&e->status, e->credential.ocsp_response);
        e->status_agreed = e->status.length > 0;
        if (e->status_agreed)
            tls_extension_write_empty(&extensions, TLS_EXTENSION_STATUS_REQUEST);
    }
    shown.extensions = tls_buffer_view(&extensions);
    shown.has_extensions = extensions.length > 0;
    if (e->connection->resumed)
        shown.session_id = client_hello.session_id;
    else if (e->ticket_agreed) /* the ticket will do: RFC 5077 section 3.4 */
        shown.session_id = tls_bytes_make(NULL, 0);
    reason = extensions.failed ? TLS_REASON_OUT_OF_MEMORY
                               : tls_server_hello_build(rewritten, &shown);
    tls_buffer_release(&extensions);
    return reason;
}

static enum tls_reason
sent_server_hello(engine12 *e, const tls_server_hello *hello, tls_buffer *rewritten)
{
    tls_connection *c = e->connection;
    unsigned char log_fragment = engine12_core(e)->peer_log_max_frag_len;

    c->version = hello->legacy_version;
    c->suite = hello->cipher_suite;
    c->opener.version = c->sealer.version = c->version;
    memcpy(c->server_random, hello->random.data, sizeof c->server_random);
    tls_buffer_append(&c->alpn, hello->alpn.data, hello->alpn.length);
    if (c->alpn.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    if (hello->alpn.length == 0 && c->context->alpn_required)
        return TLS_REASON_NO_APPLICATION_PROTOCOL;
    /* RFC 6066 section 4: BearSSL has just agreed to the client's max_fragment_length. */
    if (log_fragment != 0) {
        c->max_fragment_length = 1u << log_fragment;
        if (c->max_fragment_length < c->fragment_limit)
            c->fragment_limit = c->max_fragment_length;
    }
    if (e->resume == NULL || !tls_bytes_equal(hello->session_id,
                                 tls_bytes_make(e->offered_id, e->offered_id_length))) {
        c->ticket = 0;
        return rewrite_server_hello(e, hello, rewritten);
    }
    c->resumed = 1;
    engine12_keep_prf_hash(e);
    c->level = e->resume->level;
    c->session = tls_session_retain(e->resume);
    e->rank = engine12_server_rank(TLS_HANDSHAKE_CERTIFICATE_VERIFY); /* only Finished is left */
    if (e->resume->peer_chain != NULL) {
        enum tls_reason reason = tls_connection_set_chain(
            &c->peer_chain, e->resume->peer_chain->items, e->resume->peer_chain->count);

        if (reason != TLS_OK)
            return reason;
    }
    return rewrite_server_hello(e, hello, rewritten);
}

enum tls_reason
engine12_server_send_ticket(engine12 *e)
{
    tls_connection *c = e->connection;
    tls_session *session =
        c->resumed ? tls_session_retain(e->resume) : engine12_new_session(e);
    int64_t now = tls_context_now(c->context);
    tls_buffer encoded = {0}, ticket = {0};
    tls_message message;
    enum tls_reason reason =
        session != NULL ? tls_session_export(session, &encoded) : TLS_REASON_OUT_OF_MEMORY;

    if (reason == TLS_OK && encoded.length <= TICKET_CONTENT_MAXIMUM)
        reason = tls_ticket_seal(
            c->context->ticket_keys, &ticket, tls_buffer_view(&encoded), now);
    if (reason == TLS_OK) {
        memset(&message, 0, sizeof message);
        message.type = TLS_HANDSHAKE_NEW_SESSION_TICKET;
        message.u.new_session_ticket.ticket = tls_buffer_view(&ticket);
        if (ticket.length > 0)
            message.u.new_session_ticket.lifetime = (uint32_t)(session->expires - now);
        c->ticket = ticket.length > 0;
        reason = engine12_send_own(e, TLS_STAGE_NEW_SESSION_TICKET, &message);
    }
    tls_session_release(session);
    tls_buffer_release(&encoded);
    tls_buffer_release(&ticket);
    return reason;
}

enum tls_reason
engine12_server_send_status(engine12 *e)
{
    tls_message message;

    memset(&message, 0, sizeof message);
    message.type = TLS_HANDSHAKE_CERTIFICATE_STATUS;
    message.u.certificate_status.status_type = 1; /* ocsp */
    message.u.certificate_status.response = tls_buffer_view(&e->status);
    return engine12_send_own(e, TLS_STAGE_CERTIFICATE_STATUS, &message);
}

/* write_authorities: the subjects of the trust store, each with its length. */
static void
write_authorities(const tls_context *context, tls_buffer *out)
{
    size_t count = context->trust != NULL ? tls_trust_store_count(context->trust) : 0;
    size_t i;

    for (i = 0; i < count; i++)
        tls_write_vector16(out, tls_trust_store_at(context->trust, i)->subject);
    if (out->length > AUTHORITIES_LENGTH_MAXIMUM)
        tls_buffer_clear(out);
}

static enum tls_reason
rewrite_certificate_request(engine12 *e, const tls_message *m, tls_buffer *rewritten)
{
    const tls_context *context = e->connection->context;
    tls_message message = *m;
    tls_certificate_request *request = &message.u.certificate_request;
    tls_buffer authorities = {0}, schemes = {0};
    enum tls_reason reason;

    write_authorities(context, &authorities);
    request->certificate_authorities = tls_buffer_view(&authorities);
    tls_write_u16_values(
        &schemes, context->signature_schemes, context->signature_scheme_count);
    if (request->has_signature_algorithms)
        request->signature_algorithms = tls_buffer_view(&schemes);
    reason = authorities.failed || schemes.failed ? TLS_REASON_OUT_OF_MEMORY
                                                  : tls_message_build(rewritten, &message);
    tls_buffer_release(&authorities);
    tls_buffer_release(&schemes);
    e->certificate_requested = 1;
    return reason;
}

enum tls_reason
engine12_server_sent(engine12 *e, const tls_message *m, tls_buffer *rewritten)
{
    tls_connection *c = e->connection;

    switch (m->type) {
    case TLS_HANDSHAKE_SERVER_HELLO:
        return sent_server_hello(e, &m->u.server_hello, rewritten);
    case TLS_HANDSHAKE_SERVER_KEY_EXCHANGE:
        c->group = m->u.server_key_exchange.group;
        c->local_scheme = m->u.server_key_exchange.scheme;
        return TLS_OK;
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        return rewrite_certificate_request(e, m, rewritten);
    default:
        return TLS_OK;
    }
}

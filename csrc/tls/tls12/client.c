/* client.c - the client's side of the message filter: its ClientHello, what it checks in the
 * server's messages, and its certificate. */
#include <string.h>

#include "handshake/client_hello.h"
#include "tls12/internal.h"
#include "crypto/key_exchange.h"
#include "handshake/local_certificate.h"
#include "handshake/peer_certificate.h"
#include "handshake/record_limits.h"
#include "handshake/resumption.h"
#include "base/random.h"
#include "x509/key_use.h"
#include "handshake/renegotiation_info.h"

unsigned
tls12_client_rank(unsigned type)
{
    switch (type) {
    case TLS_HANDSHAKE_SERVER_HELLO:
        return 1;
    case TLS_HANDSHAKE_CERTIFICATE:
        return 2;
    case TLS_HANDSHAKE_CERTIFICATE_STATUS:
        return 3;
    case TLS_HANDSHAKE_SERVER_KEY_EXCHANGE:
        return 4;
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        return 5;
    case TLS_HANDSHAKE_SERVER_HELLO_DONE:
        return 6;
    case TLS_HANDSHAKE_NEW_SESSION_TICKET:
        return 7;
    case TLS_HANDSHAKE_FINISHED:
        return 8;
    default:
        return 0;
    }
}

/* ---- ClientHello ---- */

/* rewrite_hello makes the ClientHello that goes out, from the random and session ID of BearSSL's:
 * suites, groups and signature schemes stand in the context's order, and only what it allows. */
static enum tls_reason
rewrite_hello(tls12_engine *e, const tls_client_hello *hello, tls_buffer *rewritten)
{
    const tls_handshake *h = e->handshake;
    const tls_context *context = h->host->context;
    uint16_t suites[TLS12_SUITES_MAXIMUM + 1];
    uint16_t groups[TLS12_GROUPS_MAXIMUM], schemes[TLS12_SCHEMES_MAXIMUM];
    tls_client_hello_parts parts;
    tls_client_hello_options *options = &parts.options;
    tls_bytes alpn;
    enum tls_reason reason;
    size_t i;

    tls_client_hello_begin(&parts, h);
    options->legacy_version = hello->legacy_version;
    options->random = hello->random.data;
    options->session_id = hello->session_id;
    for (i = 0; i < e->usable_count; i++)
        suites[i] = e->usable[i];
    if (h->host->fallback_scsv && !tls_handshake_renegotiates(h))
        suites[i++] = TLS_SUITE_FALLBACK_SCSV;
    options->suites = suites;
    options->suite_count = i;
    options->groups = groups;
    options->group_count = tls12_groups(e, groups);
    options->signature_schemes = schemes;
    options->signature_scheme_count = tls12_schemes(e, schemes);
    /* An absent list would stand for SHA-1 (RFC 5246 section 7.4.1.4.1). */
    if (options->signature_scheme_count == 0 && e->handshake->terms.version_max >= TLS_VERSION_12) {
        tls_client_hello_clear(&parts);
        return TLS_REASON_NO_COMMON_SIGNATURE_ALGORITHM;
    }
    /* Same section: not for a client that only offers earlier versions. */
    if (e->handshake->terms.version_max < TLS_VERSION_12)
        options->signature_scheme_count = 0;
    if (tls_handshake_renegotiates(h)) {
        /* RFC 5746 section 3.5; and the protocol in use stays. */
        options->renegotiated_connection = tls_bytes_make(
            h->host->settled.client_verify_data, h->host->settled.client_verify_length);
        alpn = tls_buffer_view(&h->facts.alpn);
        options->alpn = &alpn;
        options->alpn_count = alpn.length > 0;
    }
    options->renegotiation_info = 1;
    options->extended_master_secret =
        context->extended_master_secret != TLS_EXTENDED_MASTER_SECRET_OFF;
    if (!context->no_tickets) {
        options->session_ticket = 1;
        if (e->resume != NULL)
            options->ticket = tls_buffer_view(&e->resume->ticket);
    }
    options->extensions = tls_buffer_view(&parts.extensions);
    reason = parts.extensions.failed ? TLS_REASON_OUT_OF_MEMORY
                                     : tls_client_hello_build_options(rewritten, options);
    /* RFC 5077 section 3.3: a ticket has up to 65535 bytes, which is all that there is room for.
     * Left out, it costs a full handshake. */
    if (reason == TLS_REASON_LIMIT && options->ticket.length > 0) {
        tls_buffer_clear(rewritten);
        options->ticket = tls_bytes_make(NULL, 0);
        reason = tls_client_hello_build_options(rewritten, options);
    }
    tls_client_hello_clear(&parts);
    if (reason != TLS_OK)
        return reason;
    return tls_kept_hello_take(&e->handshake->client_hello, tls_buffer_view(rewritten));
}

/* name_scheme: BearSSL has named what it was shown, and what it was given to send is another. */
static enum tls_reason
name_scheme(tls12_engine *e, const tls_message *m, tls_buffer *rewritten)
{
    tls_message message = *m;

    message.u.certificate_verify.scheme = e->handshake->facts.local_scheme = e->own_scheme;
    return tls_message_build(rewritten, &message);
}

enum tls_reason
tls12_client_sent(tls12_engine *e, const tls_message *m, tls_buffer *rewritten)
{
    tls_handshake *h = e->handshake;

    switch (m->type) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        if (e->adopted) {
            /* The one on the wire has another random, which BearSSL must know for its keys. */
            memcpy(tls12_core(e)->client_random, h->facts.client_random,
                sizeof h->facts.client_random);
            tls_buffer_append(rewritten, e->handshake->client_hello.raw.data,
                e->handshake->client_hello.raw.length);
            return rewritten->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
        }
        memcpy(
            h->facts.client_random, m->u.client_hello.random.data, sizeof h->facts.client_random);
        return rewrite_hello(e, &m->u.client_hello, rewritten);
    case TLS_HANDSHAKE_CERTIFICATE_VERIFY:
        if (e->own_scheme != 0)
            return name_scheme(e, m, rewritten);
        h->facts.local_scheme = m->u.certificate_verify.scheme;
        return TLS_OK;
    case TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE:
        return e->dhe != NULL ? tls12_dhe_write_answer(e, rewritten) : TLS_OK;
    default:
        return TLS_OK;
    }
}

/* ---- Our certificate ---- */

static tls12_engine *
engine_of_certificate(const br_ssl_client_certificate_class **pctx)
{
    return (
        tls12_engine *)(uintptr_t)((const char *)pctx - offsetof(tls12_engine, client_certificate));
}

static void
ignore_list(const br_ssl_client_certificate_class **pctx)
{
    (void)pctx;
}

static void
ignore_name(const br_ssl_client_certificate_class **pctx, size_t length)
{
    (void)pctx;
    (void)length;
}

static void
ignore_bytes(const br_ssl_client_certificate_class **pctx, const unsigned char *data, size_t length)
{
    (void)pctx;
    (void)data;
    (void)length;
}

typedef struct certificate_choice {
    const tls12_engine *engine;
    uint32_t allowed;      /* BearSSL's mask: bit h for RSA with hash h, bit 8 + h for ECDSA */
    tls_u16_list accepted; /* by the server, TLS 1.2 */
} certificate_choice;

static int
is_allowed(const certificate_choice *choice, unsigned scheme)
{
    unsigned shift = tls_scheme_kind_of(scheme) == TLS_SCHEME_KIND_ECDSA ? 8 : 0;

    if (tls12_is_beside(scheme))
        return tls_u16_list_contains(choice->accepted, scheme);
    return (choice->allowed >> (shift + (unsigned)tls_scheme_hash(scheme))) & 1;
}

/* signature_scheme: the first of ours that the server takes and the key can do; 0: none. Before TLS
 * 1.2 it is fixed (RFC 4346 section 7.4.8: MD5 and SHA-1, BearSSL's hash 0, with RSA, for which 1
 * stands; RFC 8422: SHA-1 with ECDSA). */
static unsigned
signature_scheme(const certificate_choice *choice, const tls_public_key *key)
{
    const tls_handshake *h = choice->engine->handshake;
    size_t i;

    if (h->facts.version < TLS_VERSION_12) {
        if (key->kind == TLS_KEY_RSA)
            return (choice->allowed & 1) && !key->pss_only;
        return key->kind == TLS_KEY_EC && is_allowed(choice, TLS_SCHEME_ECDSA_SHA1)
                   ? TLS_SCHEME_ECDSA_SHA1
                   : 0;
    }
    for (i = 0; i < h->host->context->signature_scheme_count; i++) {
        unsigned scheme = h->host->context->signature_schemes[i];

        if (tls_scheme_fits_key(scheme, key, TLS_VERSION_12) && is_allowed(choice, scheme))
            return scheme;
    }
    return 0;
}

static int
can_sign(void *data, const tls_credential *credential)
{
    const certificate_choice *choice = data;
    enum tls_key_use use = choice->engine->handshake->facts.version < TLS_VERSION_12
                               ? TLS_KEY_USE_OLD_SIGNATURE
                               : TLS_KEY_USE_SIGNATURE;

    return credential->chain_count > 0 && tls_certificate_allows(credential->chain[0], use) &&
           signature_scheme(choice, tls_private_key_public(credential->key)) != 0;
}

static void
choose(const br_ssl_client_certificate_class **pctx, const br_ssl_client_context *cc,
    uint32_t auth_types, br_ssl_client_certificate *choices)
{
    tls12_engine *e = engine_of_certificate(pctx);
    const tls_credential *credential = &e->handshake->terms.credential;
    certificate_choice choice = {e, auth_types, {NULL, 0}};
    tls_message message;
    unsigned scheme;

    (void)cc;
    memset(choices, 0, sizeof *choices);
    if (tls_message_parse(
            &message, e->message, e->handshake->facts.version, e->handshake->facts.suite) != TLS_OK)
        return;
    choice.accepted = message.u.certificate_request.signature_algorithms;
    if (!e->handshake->terms.credential_fixed)
        credential = tls_pick_client_credential(
            e->handshake, &message.u.certificate_request, can_sign, &choice);
    /* Without a common algorithm the answer is an empty Certificate (RFC 5246 section 7.4.6). */
    if (credential == NULL || credential->key == NULL || !can_sign(&choice, credential))
        return;
    e->choice_failed = tls12_use_credential(e, credential);
    if (e->choice_failed != TLS_OK)
        return;
    scheme = signature_scheme(&choice, tls_private_key_public(e->handshake->terms.credential.key));
    e->own_scheme = tls12_is_beside(scheme) ? scheme : 0;
    choices->auth_type =
        tls_private_key_public(e->handshake->terms.credential.key)->kind == TLS_KEY_RSA
            ? BR_AUTH_RSA
            : BR_AUTH_ECDSA;
    choices->hash_id = (int)(tls12_shown_scheme(scheme) >> 8);
    choices->chain = e->chain;
    choices->chain_len = e->handshake->terms.credential.chain_count;
}

static uint32_t
refuse_key_exchange(
    const br_ssl_client_certificate_class **pctx, unsigned char *data, size_t *length)
{
    /* Static ECDH client certificates (RFC 8422 section 3 removed them) are never chosen. */
    (void)pctx;
    (void)data;
    (void)length;
    return 0;
}

static size_t
sign(const br_ssl_client_certificate_class **pctx, int hash, size_t digest_length,
    unsigned char *data, size_t room)
{
    tls12_engine *e = engine_of_certificate(pctx);

    if (e->sign == TLS12_SIGN_NONE)
        tls12_keep_content(e);
    if (e->dhe != NULL)
        tls12_transcript_digest(e, hash, data);
    return tls12_do_sign(e, hash, data, digest_length, room);
}

static const br_ssl_client_certificate_class client_certificate_class = {sizeof(tls12_engine),
    ignore_list, ignore_name, ignore_bytes, ignore_list, ignore_list, choose, refuse_key_exchange,
    sign};

/* ---- Start ---- */

/* offer_session shows BearSSL the session under the ID that goes out. */
static void
offer_session(tls12_engine *e)
{
    const tls_session *session = e->handshake->facts.session;
    br_ssl_session_parameters parameters;

    memset(&parameters, 0, sizeof parameters);
    memcpy(parameters.session_id, e->offered_id, e->offered_id_length);
    parameters.session_id_len = (unsigned char)e->offered_id_length;
    parameters.version = (uint16_t)session->version;
    parameters.cipher_suite = (uint16_t)tls12_shown_suite(session->suite);
    memcpy(parameters.master_secret, session->master_secret, sizeof parameters.master_secret);
    br_ssl_engine_set_session_parameters(tls12_core(e), &parameters);
    tls_wipe(&parameters, sizeof parameters);
    e->resume = tls_session_retain(session);
}

/* reset has BearSSL write its ClientHello. Of that only the random and the session ID go out
 * (rewrite_hello), so it is kept from working out what it could offer: that took a sixth of a
 * resumed handshake. */
static enum tls_reason
reset(tls12_engine *e)
{
    tls_handshake *h = e->handshake;
    br_ssl_engine_context *engine = tls12_core(e);
    const br_ec_impl *curves = engine->iec;
    br_rsa_pkcs1_vrfy rsa = engine->irsavrfy;
    br_ecdsa_vrfy ecdsa = engine->iecdsa;
    uint16_t protocols = engine->protocol_names_num;
    int is_reset;

    engine->iec = NULL;
    engine->irsavrfy = 0;
    engine->iecdsa = 0;
    engine->protocol_names_num = 0;
    is_reset = br_ssl_client_reset(&e->bearssl.client,
        tls_sends_server_name(h) ? h->host->server_name : NULL, e->resume != NULL);
    engine->iec = curves;
    engine->irsavrfy = rsa;
    engine->iecdsa = ecdsa;
    engine->protocol_names_num = protocols;
    return is_reset ? TLS_OK : tls12_reason(e);
}

/* adopt_hello goes on from a ClientHello that the TLS 1.3 engine sent: it offered a session of
 * TLS 1.2, if there is one, under the ID that stands in it. */
static enum tls_reason
adopt_hello(tls12_engine *e)
{
    tls_session *session = e->handshake->facts.session;
    const tls_client_hello *hello = &e->handshake->client_hello.hello;

    e->adopted = 1;
    e->offered_id_length = hello->session_id.length;
    if (hello->session_id.length > 0)
        memcpy(e->offered_id, hello->session_id.data, hello->session_id.length);
    if (session != NULL && session->version <= TLS_VERSION_12)
        offer_session(e);
    return reset(e);
}

enum tls_reason
tls12_client_start(tls12_engine *e)
{
    tls_handshake *h = e->handshake;
    br_ssl_client_context *client = &e->bearssl.client;
    enum tls_reason reason = tls12_start(e);

    if (reason != TLS_OK)
        return reason;
    e->client_certificate.vtable = &client_certificate_class;
    br_ssl_client_set_client_certificate(client, &e->client_certificate.vtable);
    if (e->handshake->client_hello.raw.length > 0)
        return adopt_hello(e);
    if (h->facts.session != NULL && h->facts.session->version <= TLS_VERSION_12) {
        /* RFC 5077 section 3.4: with a ticket the session ID is of our own making; the server tells
         * by its echo that it took the ticket. */
        memcpy(e->offered_id, h->facts.session->id, h->facts.session->id_length);
        e->offered_id_length = h->facts.session->id_length;
        if (h->facts.session->ticket.length > 0) {
            reason = tls_random_public(e->offered_id, sizeof e->offered_id);
            e->offered_id_length = sizeof e->offered_id;
            if (reason != TLS_OK)
                return reason;
        }
        offer_session(e);
    }
    return reset(e);
}

/* ---- The server's messages ---- */

static enum tls_reason
resume(tls12_engine *e)
{
    tls_handshake *h = e->handshake;

    /* BearSSL would not see one suite from another that is shown as the same. */
    if (e->resume->suite != h->facts.suite)
        return TLS_REASON_RESUME_MISMATCH;
    /* RFC 7627 section 5.3: a session keeps the kind of master secret it was made with. */
    if (e->resume->extended_master_secret != e->extended)
        return e->extended ? TLS_REASON_UNEXPECTED_MASTER_SECRET
                           : TLS_REASON_EXTENDED_MASTER_SECRET;
    tls12_keep_prf_hash(e, h->facts.version, tls_suite_find(h->facts.suite));
    h->facts.ticket = e->resume->ticket.length > 0;
    e->rank = tls12_client_rank(TLS_HANDSHAKE_SERVER_HELLO_DONE); /* only Finished is left */
    return tls_resumption_claim(h, e->resume);
}

/* show_suite tells BearSSL of the suite that the server took, and returns it; where it is that of
 * the session that is resumed, of another in its place. */
static uint16_t
show_suite(tls12_engine *e, const tls_server_hello *hello, int resumes)
{
    uint16_t suite = (uint16_t)tls12_shown_suite(hello->cipher_suite);

    if (resumes && e->resume != NULL && e->resume->suite == hello->cipher_suite) {
        suite = tls12_shown_resumed(hello->cipher_suite);
        tls12_core(e)->session.cipher_suite = suite;
    }
    br_ssl_engine_set_suites(tls12_core(e), &suite, 1);
    return suite;
}

/* show_hello: BearSSL refuses answers to what it did not offer itself. */
static enum tls_reason
show_hello(tls12_engine *e, const tls_server_hello *hello, int resumes)
{
    static const uint16_t ours[] = {TLS_EXTENSION_EXTENDED_MASTER_SECRET,
        TLS_EXTENSION_SESSION_TICKET, TLS_EXTENSION_STATUS_REQUEST,
        TLS_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, TLS_EXTENSION_MAX_FRAGMENT_LENGTH,
        TLS_EXTENSION_RECORD_SIZE_LIMIT, TLS_EXTENSION_CLIENT_CERTIFICATE_TYPE,
        TLS_EXTENSION_SERVER_CERTIFICATE_TYPE, TLS_EXTENSION_RENEGOTIATION_INFO};
    const tls_context *context = e->handshake->host->context;
    tls_server_hello shown = *hello;
    tls_buffer known = {0}, extensions = {0};
    enum tls_reason reason;

    /* The last of ours: BearSSL believes that each of its handshakes is the first. */
    tls_extensions_copy_except(&known, hello->extensions, ours,
        sizeof ours / sizeof ours[0] - (!tls_handshake_renegotiates(e->handshake)));
    tls_extensions_copy_except(
        &extensions, tls_buffer_view(&known), context->custom_types, context->custom_count);
    extensions.failed |= known.failed;
    tls_buffer_release(&known);
    shown.cipher_suite = show_suite(e, hello, resumes);
    shown.extensions = tls_buffer_view(&extensions);
    shown.has_extensions = extensions.length > 0;
    reason = extensions.failed ? TLS_REASON_OUT_OF_MEMORY
                               : tls_server_hello_build(&e->replacement, &shown);
    tls_buffer_release(&extensions);
    return reason;
}

static int
names_raw(const tls_server_hello *hello, unsigned type)
{
    tls_bytes data;

    return tls_extensions_find(hello->extensions, type, &data) &&
           data.data[0] != TLS_CERTIFICATE_TYPE_X509;
}

static enum tls_reason
agreed_extensions(tls12_engine *e, const tls_server_hello *hello)
{
    tls_handshake *h = e->handshake;
    tls_buffer *timestamps = &h->facts.peer.signed_certificate_timestamps;
    tls_bytes data;

    /* BearSSL's machine reads certificates only: raw public keys are offered for TLS 1.3. */
    if (names_raw(hello, TLS_EXTENSION_SERVER_CERTIFICATE_TYPE) ||
        names_raw(hello, TLS_EXTENSION_CLIENT_CERTIFICATE_TYPE)) {
        tls_host_explain(h->host, "the server chose raw public keys and a version before TLS 1.3, "
                                  "where they are not supported");
        return TLS_REASON_UNSUPPORTED_CERTIFICATE;
    }
    if (tls_extensions_find(hello->extensions, TLS_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, &data))
        tls_buffer_append(timestamps, data.data, data.length);
    return timestamps->failed ? TLS_REASON_OUT_OF_MEMORY
                              : tls_limits_answered(h, hello->extensions);
}

static enum tls_reason
received_status(tls12_engine *e, const tls_certificate_status *message)
{
    tls_buffer *response = &e->handshake->facts.peer.ocsp_response;

    if (!e->status_agreed || e->handshake->facts.peer.chain == NULL)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    tls_buffer_append(response, message->response.data, message->response.length);
    return response->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

static enum tls_reason
received_ticket(tls12_engine *e, const tls_new_session_ticket *message)
{
    if (!e->ticket_agreed)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    e->ticket_seen = 1;
    e->ticket_lifetime = message->lifetime;
    tls_buffer_append(&e->ticket, message->ticket.data, message->ticket.length);
    e->handshake->facts.ticket |= message->ticket.length > 0;
    return e->ticket.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

static enum tls_reason
received_server_hello(tls12_engine *e, const tls_server_hello *hello)
{
    tls_handshake *h = e->handshake;
    const tls_client_hello *offer = &h->client_hello.hello;
    const tls_suite *chosen;
    int resumes;
    tls_lists lists = tls_host_lists(h->host);
    enum tls_reason reason = tls_server_hello_check_offered(hello, offer, NULL);

    if (reason == TLS_OK)
        reason = tls_renegotiation_check_server_hello(h, hello);
    if (reason != TLS_OK)
        return reason;
    if (hello->legacy_version < e->handshake->terms.version_min ||
        hello->legacy_version > e->handshake->terms.version_max)
        return TLS_REASON_NO_COMMON_VERSION;
    /* RFC 8446 section 4.1.3: the server could have done better, so somebody between us did this.
     */
    if (hello->downgrade_sentinel != 0 &&
        (e->adopted || (hello->downgrade_sentinel == TLS_VERSION_11 &&
                           e->handshake->terms.version_max >= TLS_VERSION_12 &&
                           hello->legacy_version <= TLS_VERSION_11)))
        return TLS_REASON_ILLEGAL_PARAMETER;
    /* From here on records carry it, those of alerts too. */
    h->host->opener.version = h->host->sealer.version = hello->legacy_version;
    chosen = tls_suite_find(hello->cipher_suite);
    /* Among those that were offered may be some of another version (RFC 8446 section 4.1.2). */
    if (!tls_u16_list_contains(offer->cipher_suites, hello->cipher_suite) || chosen == NULL ||
        !tls_suite_fits(chosen, hello->legacy_version))
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (hello->alpn.length > 0 && !tls_lists_has_protocol(&lists, hello->alpn))
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (hello->alpn.length == 0 && h->host->context->alpn_required &&
        !tls_handshake_renegotiates(h))
        return TLS_REASON_NO_APPLICATION_PROTOCOL;
    h->facts.version = hello->legacy_version;
    h->facts.suite = hello->cipher_suite;
    h->facts.secure_renegotiation = hello->secure_renegotiation;
    memcpy(h->facts.server_random, hello->random.data, sizeof h->facts.server_random);
    if (!tls_handshake_renegotiates(h))
        tls_buffer_append(&h->facts.alpn, hello->alpn.data, hello->alpn.length);
    if (h->facts.alpn.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    e->extended = h->facts.extended_master_secret = hello->extended_master_secret;
    if (h->host->context->extended_master_secret == TLS_EXTENDED_MASTER_SECRET_REQUIRED &&
        !e->extended)
        return TLS_REASON_EXTENDED_MASTER_SECRET;
    e->ticket_agreed = hello->session_ticket;
    e->status_agreed = hello->status_request;
    resumes = e->offered_id_length > 0 && tls_bytes_equal(hello->session_id,
                                              tls_bytes_make(e->offered_id, e->offered_id_length));
    reason = agreed_extensions(e, hello);
    if (reason == TLS_OK)
        reason = show_hello(e, hello, resumes);
    if (reason != TLS_OK)
        return reason;
    if (resumes) {
        /* RFC 8446 section 4.1.3: the ID was made up for TLS 1.3, and no session is behind it. */
        if (e->resume == NULL)
            return TLS_REASON_ILLEGAL_PARAMETER;
        return resume(e);
    }
    tls_session_release(h->facts.session);
    h->facts.session = NULL;
    if (h->host->context->credential_count == 0 &&
        !tls_host_decides(h->host, TLS_DECISION_CLIENT_CERTIFICATE))
        tls12_keep_prf_hash(e, h->facts.version, chosen);
    return TLS_OK;
}

static enum tls_reason
received_key_exchange(tls12_engine *e, const tls_server_key_exchange *exchange)
{
    tls_handshake *h = e->handshake;
    enum tls_reason reason;

    if (exchange->kind == TLS_KEY_EXCHANGE_DHE)
        return tls12_dhe_received(e, exchange);
    /* Only what was offered: BearSSL itself would take any group and hash that it can do. Groups
     * that are no curves were offered for TLS 1.3 alone. */
    if (!tls_context_has_group(h->host->context, exchange->group) ||
        !tls_group_is_curve(exchange->group))
        return TLS_REASON_ILLEGAL_PARAMETER;
    h->facts.group = exchange->group;
    h->facts.peer.scheme = exchange->scheme;
    if (!exchange->has_scheme)
        return tls12_check_old_signature(e);
    reason = tls12_check_scheme(e, exchange->scheme);
    if (reason == TLS_OK)
        e->lent_hash = tls_scheme_hash(tls12_shown_scheme(exchange->scheme));
    if (reason != TLS_OK || !tls12_is_beside(exchange->scheme))
        return reason;
    /* When it read Certificate, BearSSL saw that the key goes with the suite. */
    return h->facts.peer.chain == NULL ? TLS_REASON_UNEXPECTED_MESSAGE
                                       : tls12_verify_beside(e, exchange);
}

enum tls_reason
tls12_client_received(tls12_engine *e, const tls_message *m)
{
    switch (m->type) {
    case TLS_HANDSHAKE_SERVER_HELLO:
        return received_server_hello(e, &m->u.server_hello);
    case TLS_HANDSHAKE_CERTIFICATE:
        /* RFC 5246 section 7.4.2: a server's list is never empty. */
        if (m->u.certificate.certificate_count == 0)
            return TLS_REASON_DECODE;
        return tls12_peer_chain(e, &m->u.certificate);
    case TLS_HANDSHAKE_CERTIFICATE_STATUS:
        return received_status(e, &m->u.certificate_status);
    case TLS_HANDSHAKE_NEW_SESSION_TICKET:
        return received_ticket(e, &m->u.new_session_ticket);
    case TLS_HANDSHAKE_SERVER_KEY_EXCHANGE:
        return received_key_exchange(e, &m->u.server_key_exchange);
    default:
        return TLS_OK;
    }
}

enum tls_reason
tls12_client_decide(tls12_engine *e, int *ready)
{
    tls_handshake *h = e->handshake;
    unsigned type = e->message.data[0];

    /* A stapled response belongs to the judgement, so that waits for the message behind
     * Certificate: CertificateStatus, or the one that shows that there is none. BearSSL only parses
     * until then. */
    if (type == TLS_HANDSHAKE_CERTIFICATE && e->status_agreed)
        e->verify_due = *ready = 1;
    else if (type == TLS_HANDSHAKE_CERTIFICATE || e->verify_due) {
        enum tls_reason reason = tls_handshake_decide_verify(h, ready);

        if (reason != TLS_OK || !*ready)
            return reason;
        e->verify_due = *ready = 0;
    }
    switch (type) {
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        h->facts.certificate_requested = 1;
        return tls_decide_client_certificate(h, e->message, ready);
    default:
        *ready = 1;
        return TLS_OK;
    }
}

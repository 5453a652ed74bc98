/* server.c - the server's side of the message filter: what ClientHello asks for, which
 * session, suite, certificate and group answer it, and the client's authentication. */
#include <stdlib.h>
#include <string.h>

#include "tls12/internal.h"
#include "handshake/local_certificate.h"
#include "handshake/peer_certificate.h"
#include "handshake/client_hello.h"
#include "handshake/record_limits.h"
#include "handshake/resumption.h"
#include "base/random.h"
#include "handshake/renegotiation_info.h"

/* Bits of tls12_engine.asked. */
enum { SESSION_DONE = 1 };

unsigned
tls12_server_rank(unsigned type)
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

/* ---- ClientHello ---- */

static enum tls_reason
start(tls12_engine *e)
{
    /* BearSSL asks for a certificate only when it has a name to list; tls12_server_sent writes the
     * real list.
     */
    static unsigned char empty_name[] = {0x30, 0x00};
    static const br_x500_name names[] = {{empty_name, sizeof empty_name}};
    tls_handshake *h = e->handshake;
    br_ssl_server_context *server = &e->bearssl.server;
    enum tls_reason reason = tls12_start(e);

    if (reason != TLS_OK)
        return reason;
    e->policy.vtable = &tls12_policy_class;
    e->cache.vtable = &tls12_cache_class;
    br_ssl_server_set_policy(server, &e->policy.vtable);
    br_ssl_server_set_cache(server, &e->cache.vtable);
    if (h->facts.verify != TLS_VERIFY_NONE) {
        br_ssl_server_set_trust_anchor_names(server, names, 1);
        /* Absence is judged by tls12_server_decide, with the right alert. */
        br_ssl_engine_add_flags(&server->eng, BR_OPT_TOLERATE_NO_CLIENT_AUTH);
    }
    if (!br_ssl_server_reset(server))
        return tls12_reason(e);
    return TLS_OK;
}

static enum tls_reason
extended_master_secret(tls12_engine *e, const tls_client_hello *hello)
{
    tls_handshake *h = e->handshake;

    e->extended = hello->extended_master_secret &&
                  h->host->context->extended_master_secret != TLS_EXTENDED_MASTER_SECRET_OFF;
    h->facts.extended_master_secret = e->extended;
    if (h->host->context->extended_master_secret == TLS_EXTENDED_MASTER_SECRET_REQUIRED &&
        !e->extended)
        return TLS_REASON_EXTENDED_MASTER_SECRET;
    /* RFC 7627 section 5.3: a client that had it and has it no longer is refused. */
    if (e->resume != NULL && e->resume->extended_master_secret && !e->extended)
        return TLS_REASON_EXTENDED_MASTER_SECRET;
    return TLS_OK;
}

/* shown_suites: of the client's list the two signalling values, and what fills BearSSL's table of
 * the suites that both sides have. It looks each entry of that table up in a list of all suites
 * that it knows, from the beginning; an empty one takes it to the end, which for the whole table
 * cost a server more than its signature. So the table is filled with the suite that stands first in
 * the list (a suite may come more than once): choice.c takes one of the client's own, and BearSSL
 * takes that. When a session is resumed its suite is looked for, and the table stays unused. */
static void
shown_suites(const tls12_engine *e, const tls_client_hello *hello, tls_buffer *out)
{
    size_t i;

    for (i = 0; i < tls_u16_list_count(hello->cipher_suites); i++) {
        unsigned suite = tls_u16_list_at(hello->cipher_suites, i);

        if (suite == TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV || suite == TLS_SUITE_FALLBACK_SCSV)
            tls_write_u16(out, suite);
    }
    if (e->resume != NULL)
        tls_write_u16(out, tls12_shown_resumed(e->resume->suite));
    else
        for (i = 0; i < BR_MAX_CIPHER_SUITES; i++)
            tls_write_u16(out, TLS12_SHOWN_SUITE);
}

static int
may_send_ticket(const tls_handshake *h, const tls_client_hello *hello)
{
    return h->host->context->ticket_keys != NULL && hello->session_ticket_offered;
}

/* takes: some scheme of the client's is shown as this one. */
static int
takes(tls_u16_list schemes, unsigned shown)
{
    size_t i;

    for (i = 0; i < tls_u16_list_count(schemes); i++)
        if (tls12_shown_scheme(tls_u16_list_at(schemes, i)) == shown)
            return 1;
    return 0;
}

/* show_schemes writes what BearSSL knows of the client's signature_algorithms, or is shown instead:
 * without any of RSA that it knows BearSSL would fall to static RSA. choice.c looks at the
 * client's own list. */
static void
show_schemes(tls_buffer *out, tls_u16_list schemes)
{
    uint16_t shown[2 * (TLS_HASH_SHA512 - TLS_HASH_SHA1 + 1)];
    size_t count = 0, start;
    int hash;

    for (hash = TLS_HASH_SHA1; hash <= TLS_HASH_SHA512; hash++) {
        uint16_t rsa = (uint16_t)(hash << 8 | 1), ecdsa = (uint16_t)(hash << 8 | 3);

        if (takes(schemes, rsa))
            shown[count++] = rsa;
        if (takes(schemes, ecdsa))
            shown[count++] = ecdsa;
    }
    start = tls_write_begin16(out);
    tls_write_u16_values(out, shown, count);
    tls_write_end16(out, start);
}

/* reads_group: what BearSSL makes something of: groups are bits of a word. */
static int
reads_group(unsigned group)
{
    return group < 32;
}

/* show_values writes a list of those of the client's values that are read; of a list without any,
 * the first, since an absent list would say something else. */
static void
show_values(tls_buffer *out, tls_u16_list list, int (*is_read)(unsigned value))
{
    size_t start = tls_write_begin16(out), count = tls_u16_list_count(list), i;

    for (i = 0; i < count; i++)
        if (is_read(tls_u16_list_at(list, i)))
            tls_write_u16(out, tls_u16_list_at(list, i));
    if (out->length == start && count > 0)
        tls_write_u16(out, tls_u16_list_at(list, 0));
    tls_write_end16(out, start);
}

/* show_protocols does that for ALPN. */
static void
show_protocols(const tls12_engine *e, tls_buffer *out, tls_bytes names)
{
    tls_lists lists = tls_host_lists(e->handshake->host);
    const char *selected = e->handshake->terms.alpn_selected;
    size_t start = tls_write_begin16(out);
    tls_reader reader;
    tls_bytes name;

    tls_reader_init(&reader, names);
    while (tls_protocol_next(&reader, &name))
        if (selected != NULL ? tls_bytes_equal_string(name, selected)
                             : tls_lists_has_protocol(&lists, name))
            tls_write_vector8(out, name);
    tls_reader_init(&reader, names);
    if (out->length == start && tls_protocol_next(&reader, &name))
        tls_write_vector8(out, name);
    tls_write_end16(out, start);
}

/* show_extension writes what BearSSL is to see of an extension: what it has to compare with its own
 * is no more than it could use. */
static void
show_extension(const tls12_engine *e, tls_buffer *out, const tls_client_hello *hello, unsigned type,
    tls_bytes data)
{
    size_t start;

    tls_write_u16(out, type);
    start = tls_write_begin16(out);
    switch (type) {
    case TLS_EXTENSION_SUPPORTED_GROUPS:
        show_values(out, hello->supported_groups, reads_group);
        break;
    case TLS_EXTENSION_SIGNATURE_ALGORITHMS:
        show_schemes(out, hello->signature_algorithms);
        break;
    case TLS_EXTENSION_ALPN:
        show_protocols(e, out, hello->alpn);
        break;
    default:
        tls_write_bytes(out, data);
    }
    tls_write_end16(out, start);
}

/* show_hello makes the ClientHello that BearSSL sees; the transcript has the client's own.
 * - Only suites that may be chosen, only extensions that BearSSL reads, and the version that was
 * chosen, since supported_versions rules legacy_version (RFC 8446 section 4.2.1).
 * - BearSSL resumes only under session IDs of 32 bytes, while a client that offers a ticket may
 * send any, or none (RFC 5077 section 3.4). Then BearSSL is shown one, and the ServerHello that
 * leaves has the client's.
 * - In a renegotiation BearSSL believes that this is the first handshake, and ALPN stays as it was.
 */
static enum tls_reason
show_hello(tls12_engine *e, const tls_client_hello *hello)
{
    static const uint16_t read_by_bearssl[] = {TLS_EXTENSION_MAX_FRAGMENT_LENGTH,
        TLS_EXTENSION_SUPPORTED_GROUPS, TLS_EXTENSION_SIGNATURE_ALGORITHMS, TLS_EXTENSION_ALPN,
        TLS_EXTENSION_RENEGOTIATION_INFO};
    static const unsigned char empty_info[] = {0};
    const tls_handshake *h = e->handshake;
    tls_client_hello shown = *hello;
    tls_buffer suites = {0}, extensions = {0};
    enum tls_reason reason = TLS_OK;
    size_t i;

    e->offered_id_length = hello->session_id.length;
    if (hello->session_id.length > 0)
        memcpy(e->offered_id, hello->session_id.data, hello->session_id.length);
    if (e->resume != NULL && hello->session_id.length != TLS_SESSION_ID_MAXIMUM) {
        reason = tls_random_public(e->offered_id, sizeof e->offered_id);
        e->offered_id_length = sizeof e->offered_id;
    }
    shown.legacy_version = h->terms.version_chosen;
    shown.session_id = tls_bytes_make(e->offered_id, e->offered_id_length);
    shown_suites(e, hello, &suites);
    shown.cipher_suites = tls_buffer_view(&suites);
    for (i = 0; i < sizeof read_by_bearssl / sizeof read_by_bearssl[0]; i++) {
        unsigned type = read_by_bearssl[i];
        tls_bytes data;

        if (!tls_extensions_find(hello->extensions, type, &data) ||
            (type == TLS_EXTENSION_MAX_FRAGMENT_LENGTH && hello->record_size_limit != 0))
            continue;
        if (tls_handshake_renegotiates(h) && type == TLS_EXTENSION_RENEGOTIATION_INFO)
            data = tls_bytes_make(empty_info, sizeof empty_info);
        if (!tls_handshake_renegotiates(h) || type != TLS_EXTENSION_ALPN ||
            e->handshake->terms.alpn_selected != NULL)
            show_extension(e, &extensions, hello, type, data);
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
decide_client_hello(tls12_engine *e, int *ready)
{
    tls_handshake *h = e->handshake;
    tls_answer *answer = tls_host_take_answer(h->host);
    const tls_client_hello *hello = &h->client_hello.hello;
    enum tls_reason reason;

    if (!(e->asked & SESSION_DONE) && may_send_ticket(h, hello)) {
        e->ticket_agreed = 1;
        if (answer == NULL && hello->session_ticket.length > 0 && !tls_handshake_renegotiates(h))
            tls12_use_ticket(e, hello);
    }
    if (tls_handshake_renegotiates(h))
        e->asked |= SESSION_DONE;
    if (!(e->asked & SESSION_DONE) && e->resume == NULL && hello->session_id.length > 0) {
        if (answer == NULL && tls_host_decides(h->host, TLS_DECISION_SESSION_LOAD)) {
            h->host->events.question.u.session_load.session_id = hello->session_id;
            h->host->events.question.u.session_load.server_name = h->host->server_name;
            tls_host_ask(h->host, TLS_DECISION_SESSION_LOAD);
            return TLS_OK;
        }
        if (answer != NULL && !answer->is_default)
            tls12_use_stored_session(e, answer->session, hello);
        else if (h->host->context->cache != NULL)
            tls12_use_stored_session(e,
                tls_session_cache_find(
                    h->host->context->cache, hello->session_id, tls_context_now(h->host->context)),
                hello);
        tls_host_answer_clear(h->host);
    }
    e->asked |= SESSION_DONE;
    *ready = 1;
    reason = extended_master_secret(e, hello);
    if (reason == TLS_OK)
        reason = show_hello(e, hello);
    return reason == TLS_OK ? start(e) : reason;
}

/* ---- The client's other messages ---- */

static enum tls_reason
received_verify(tls12_engine *e, const tls_certificate_verify *verify)
{
    enum tls_reason reason;

    e->handshake->facts.peer.scheme = verify->scheme;
    if (!verify->has_scheme)
        return tls12_check_old_signature(e);
    reason = tls12_check_scheme(e, verify->scheme);
    return reason == TLS_OK && tls12_is_beside(verify->scheme)
               ? tls12_verify_beside_client(e, verify)
               : reason;
}

enum tls_reason
tls12_server_received(tls12_engine *e, const tls_message *m)
{
    switch (m->type) {
    case TLS_HANDSHAKE_CERTIFICATE:
        if (!e->certificate_requested)
            return TLS_REASON_UNEXPECTED_MESSAGE;
        return tls12_peer_chain(e, &m->u.certificate);
    case TLS_HANDSHAKE_CERTIFICATE_VERIFY:
        return received_verify(e, &m->u.certificate_verify);
    default:
        return TLS_OK;
    }
}

/* take_premaster: whatever came that is no pre-master secret, or nothing where the key is
 * elsewhere, leaves one that is not valid, and the handshake goes on with a random one in its place
 * and fails at Finished (RFC 5246 section 7.4.7.1). Any other end would tell the peer, who makes
 * ciphertexts of its own, which of them were well padded. */
static void
take_premaster(tls12_engine *e, const tls_answer *answer)
{
    size_t length = answer->bytes.length;

    if (answer->is_default && !tls_private_key_is_external(e->handshake->terms.credential.key))
        return;
    e->premaster_known = 1;
    e->premaster_valid = !answer->is_default && length == sizeof e->premaster;
    memset(e->premaster, 0, sizeof e->premaster);
    if (e->premaster_valid)
        memcpy(e->premaster, answer->bytes.data, sizeof e->premaster);
}

static enum tls_reason
decide_client_key_exchange(tls12_engine *e, int *ready)
{
    tls_handshake *h = e->handshake;
    tls_answer *answer = tls_host_take_answer(h->host);
    const tls_suite *suite = tls_suite_find(h->facts.suite);
    tls_message message;
    enum tls_reason reason;

    if (answer == NULL) {
        if (suite == NULL || suite->key_exchange != TLS_KEY_EXCHANGE_RSA ||
            (!tls_host_decides(h->host, TLS_DECISION_DECRYPT) &&
                !tls_private_key_is_external(e->handshake->terms.credential.key))) {
            *ready = 1;
            return TLS_OK;
        }
        reason = tls_message_parse(&message, e->message, h->facts.version, h->facts.suite);
        if (reason != TLS_OK)
            return reason;
        h->host->events.question.u.decrypt.ciphertext =
            message.u.client_key_exchange.encrypted_premaster;
        h->host->events.question.u.decrypt.certificate = e->handshake->terms.credential.chain[0];
        tls_host_ask(h->host, TLS_DECISION_DECRYPT);
        return TLS_OK;
    }
    take_premaster(e, answer);
    tls_host_answer_clear(h->host);
    *ready = 1;
    return TLS_OK;
}

enum tls_reason
tls12_server_decide(tls12_engine *e, int *ready)
{
    tls_handshake *h = e->handshake;

    switch (e->message.data[0]) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        return decide_client_hello(e, ready);
    case TLS_HANDSHAKE_CERTIFICATE:
        if (h->facts.peer.chain != NULL)
            return tls_handshake_decide_verify(h, ready);
        *ready = 1;
        return h->facts.verify == TLS_VERIFY_REQUIRED ? TLS_REASON_CERTIFICATE_REQUIRED : TLS_OK;
    case TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE:
        return decide_client_key_exchange(e, ready);
    default:
        *ready = 1;
        return TLS_OK;
    }
}

/* ---- Our messages ---- */

/* RFC 8446 section 4.1.3: a server that could do better says so in the last eight bytes of its
 * random, which the signature covers, so that nobody between it and a better client can take the
 * client down. */
void
tls12_mark_downgrade(const tls12_engine *e, unsigned char random[TLS_RANDOM_LENGTH])
{
    static const unsigned char sentinel[8] = {'D', 'O', 'W', 'N', 'G', 'R', 'D', 0};
    unsigned version = e->bearssl.server.eng.session.version;

    if (version >= e->version_highest)
        return;
    memcpy(random + TLS_RANDOM_LENGTH - sizeof sentinel, sentinel, sizeof sentinel);
    random[TLS_RANDOM_LENGTH - 1] = version == TLS_VERSION_12;
}

/* write_answers: what a full handshake answers, and an abbreviated one does not (RFC 6066 section
 * 3: the empty server_name; RFC 8422 sections 4 and 5.2: ec_point_formats with an elliptic suite).
 */
static void
write_answers(const tls12_engine *e, const tls_client_hello *hello, tls_buffer *extensions)
{
    static const unsigned char uncompressed[] = {0};
    const tls_suite *suite = tls_suite_find(e->handshake->facts.suite);

    if (hello->server_name.length > 0 && e->handshake->host->server_name[0] != '\0')
        tls_extension_write_empty(extensions, TLS_EXTENSION_SERVER_NAME);
    if (hello->ec_point_formats.length > 0 && suite != NULL &&
        suite->key_exchange != TLS_KEY_EXCHANGE_RSA)
        tls_extension_write_vector8(extensions, TLS_EXTENSION_EC_POINT_FORMATS,
            tls_bytes_make(uncompressed, sizeof uncompressed));
}

/* rewrite_server_hello adds what BearSSL does not know, and the session ID that the client is to
 * see. */
static enum tls_reason
rewrite_server_hello(tls12_engine *e, const tls_server_hello *hello, tls_buffer *rewritten)
{
    tls_server_hello shown = *hello;
    const tls_client_hello *client_hello = &e->handshake->client_hello.hello;
    tls_buffer extensions = {0};
    enum tls_reason reason;

    if (tls_handshake_renegotiates(e->handshake)) {
        static const uint16_t info[] = {TLS_EXTENSION_RENEGOTIATION_INFO};

        tls_extensions_copy_except(&extensions, hello->extensions, info, 1);
        tls_renegotiation_write_info(e->handshake, &extensions);
    } else {
        tls_write_bytes(&extensions, hello->extensions);
    }
    if (e->extended)
        tls_extension_write_empty(&extensions, TLS_EXTENSION_EXTENDED_MASTER_SECRET);
    if (!e->handshake->facts.resumed)
        write_answers(e, client_hello, &extensions);
    if (e->ticket_agreed)
        tls_extension_write_empty(&extensions, TLS_EXTENSION_SESSION_TICKET);
    tls_limits_write(e->handshake, &extensions);
    /* RFC 6066 section 8: only with a Certificate, so not when resuming. */
    if (!e->handshake->facts.resumed && client_hello->status_request) {
        if (e->handshake->terms.ocsp_response.length == 0)
            tls_write_bytes(
                &e->handshake->terms.ocsp_response, e->handshake->terms.credential.ocsp_response);
        e->status_agreed = e->handshake->terms.ocsp_response.length > 0;
        if (e->status_agreed)
            tls_extension_write_empty(&extensions, TLS_EXTENSION_STATUS_REQUEST);
    }
    shown.random =
        tls_bytes_make(e->handshake->facts.server_random, sizeof e->handshake->facts.server_random);
    shown.cipher_suite = e->handshake->facts.suite;
    shown.extensions = tls_buffer_view(&extensions);
    shown.has_extensions = extensions.length > 0;
    if (e->handshake->facts.resumed)
        shown.session_id = client_hello->session_id;
    else if (e->ticket_agreed) /* the ticket will do: RFC 5077 section 3.4 */
        shown.session_id = tls_bytes_make(NULL, 0);
    reason =
        extensions.failed ? TLS_REASON_OUT_OF_MEMORY : tls_server_hello_build(rewritten, &shown);
    tls_buffer_release(&extensions);
    return reason;
}

static enum tls_reason
sent_server_hello(tls12_engine *e, const tls_server_hello *hello, tls_buffer *rewritten)
{
    tls_handshake *h = e->handshake;
    unsigned char log_fragment = tls12_core(e)->peer_log_max_frag_len;
    enum tls_reason reason;
    int resumes = e->resume != NULL && tls_bytes_equal(hello->session_id,
                                           tls_bytes_make(e->offered_id, e->offered_id_length));

    h->facts.version = hello->legacy_version;
    h->facts.suite = resumes ? e->resume->suite : hello->cipher_suite;
    h->host->opener.version = h->host->sealer.version = h->facts.version;
    /* What the client's premaster secret must begin with (RFC 5246 section 7.4.7.1). */
    e->bearssl.server.client_max_version = (uint16_t)h->client_hello.hello.legacy_version;
    memcpy(h->facts.server_random, hello->random.data, sizeof h->facts.server_random);
    tls12_mark_downgrade(e, h->facts.server_random);
    tls12_mark_downgrade(e, tls12_core(e)->server_random);
    if (!tls_handshake_renegotiates(h))
        tls_buffer_append(&h->facts.alpn, hello->alpn.data, hello->alpn.length);
    if (h->facts.alpn.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    if (h->facts.alpn.length == 0 && h->host->context->alpn_required)
        return TLS_REASON_NO_APPLICATION_PROTOCOL;
    /* RFC 6066 section 4: BearSSL has just agreed to the client's max_fragment_length. RFC 8449
     * section 5: record_size_limit rules it. */
    if (h->client_hello.hello.record_size_limit != 0)
        tls_limits_peer(h, h->client_hello.hello.record_size_limit);
    else if (log_fragment != 0)
        tls_limits_fragment(h, 1u << log_fragment);
    if (!resumes) {
        h->facts.ticket = 0;
        return rewrite_server_hello(e, hello, rewritten);
    }
    tls12_keep_prf_hash(e, h->facts.version, tls_suite_find(h->facts.suite));
    h->facts.session = tls_session_retain(e->resume);
    e->rank = tls12_server_rank(TLS_HANDSHAKE_CERTIFICATE_VERIFY); /* only Finished is left */
    reason = tls_resumption_claim(h, e->resume);
    return reason == TLS_OK ? rewrite_server_hello(e, hello, rewritten) : reason;
}

enum tls_reason
tls12_server_send_status(tls12_engine *e)
{
    tls_message message;

    memset(&message, 0, sizeof message);
    message.type = TLS_HANDSHAKE_CERTIFICATE_STATUS;
    message.u.certificate_status.status_type = 1; /* ocsp */
    message.u.certificate_status.response = tls_buffer_view(&e->handshake->terms.ocsp_response);
    return tls12_send_own(e, TLS_STAGE_CERTIFICATE_STATUS, &message);
}

static enum tls_reason
rewrite_certificate_request(tls12_engine *e, const tls_message *m, tls_buffer *rewritten)
{
    const tls_context *context = e->handshake->host->context;
    tls_message message = *m;
    tls_certificate_request_message *request = &message.u.certificate_request;
    tls_buffer authorities = {0}, schemes = {0};
    uint16_t allowed[TLS12_SCHEMES_MAXIMUM];
    size_t count = tls12_schemes(e, allowed);
    enum tls_reason reason;

    if (request->has_signature_algorithms && count == 0)
        return TLS_REASON_NO_COMMON_SIGNATURE_ALGORITHM;
    tls_context_write_authorities(context, &authorities);
    request->certificate_authorities = tls_buffer_view(&authorities);
    tls_write_u16_values(&schemes, allowed, count);
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
tls12_server_sent(tls12_engine *e, const tls_message *m, tls_buffer *rewritten)
{
    tls_handshake *h = e->handshake;

    switch (m->type) {
    case TLS_HANDSHAKE_SERVER_HELLO:
        return sent_server_hello(e, &m->u.server_hello, rewritten);
    case TLS_HANDSHAKE_SERVER_KEY_EXCHANGE:
        h->facts.group = m->u.server_key_exchange.group;
        h->facts.local_scheme = m->u.server_key_exchange.scheme;
        return TLS_OK;
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        return rewrite_certificate_request(e, m, rewritten);
    default:
        return TLS_OK;
    }
}

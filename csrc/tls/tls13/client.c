/* client.c - the client's states of TLS 1.3 (RFC 8446 appendix A.1). */
#include <string.h>

#include "handshake/client_hello.h"
#include "handshake/record_limits.h"
#include "tls13/internal.h"
#include "handshake/peer_certificate.h"
#include "base/random.h"
#include "wire/imported_identity.h"

static enum tls_reason wait_server_hello(tls13_engine *e, enum tls_progress *progress);
static enum tls_reason wait_encrypted_extensions(tls13_engine *e, enum tls_progress *progress);
static enum tls_reason wait_certificate_request(tls13_engine *e, enum tls_progress *progress);
static enum tls_reason wait_finished(tls13_engine *e, enum tls_progress *progress);

/* ---- start ---- */

static int
offers_hash(const tls13_engine *e, unsigned hash)
{
    const tls_terms *terms = &e->handshake->terms;
    size_t i;

    for (i = 0; i < terms->suite_count; i++) {
        const tls_suite *suite = tls_suite_find(terms->suites[i]);

        if (suite != NULL && tls_suite_fits(suite, TLS_VERSION_13) &&
            (unsigned)suite->prf_hash == hash)
            return 1;
    }
    return 0;
}

/* offer_imported: RFC 9258 section 5.1: one for each hash that the server may choose. */
static enum tls_reason
offer_imported(tls13_engine *e, const tls_answer *answer)
{
    static const int hashes[] = {TLS_HASH_SHA256, TLS_HASH_SHA384};
    tls_imported_identity identity = {0};
    enum tls_reason reason = TLS_OK;
    size_t i;

    identity.external_identity = tls_buffer_view(&answer->psk_identity);
    identity.context = tls_buffer_view(&answer->psk_context);
    identity.target_protocol = TLS_VERSION_13;
    for (i = 0; i < sizeof hashes / sizeof hashes[0] && reason == TLS_OK; i++) {
        tls_buffer encoded = {0};

        if (!offers_hash(e, (unsigned)hashes[i]))
            continue;
        identity.target_hash = hashes[i];
        tls_imported_identity_write(&encoded, &identity);
        reason = tls_write_result(&encoded);
        if (reason == TLS_OK)
            reason = tls13_import_psk(&e->psks[e->psk_count++], tls_buffer_view(&answer->bytes),
                answer->psk_hash, tls_buffer_view(&encoded));
        tls_buffer_release(&encoded);
    }
    return reason;
}

/* take_psk uses the answer to `psk`, whose question was asked first of all. */
static enum tls_reason
take_psk(tls13_engine *e, tls_answer *answer)
{
    enum tls_reason reason = TLS_OK;

    if (!answer->is_default && answer->psk_imported)
        reason = offer_imported(e, answer);
    else if (!answer->is_default && answer->bytes.length > 0)
        reason = tls13_set_psk(&e->psks[e->psk_count++], tls_hash_class(answer->psk_hash),
            tls_buffer_view(&answer->bytes), tls_buffer_view(&answer->psk_identity), 1);
    tls_host_answer_clear(e->handshake->host);
    return reason;
}

static enum tls_reason
offer_session(tls13_engine *e)
{
    tls_session *session = e->handshake->facts.session;
    const tls_suite *suite = session != NULL ? tls_suite_find(session->suite) : NULL;

    if (suite == NULL || session->version != TLS_VERSION_13 ||
        !tls_terms_allow_suite(&e->handshake->terms, session->suite))
        return TLS_OK;
    e->resume = tls_session_retain(session);
    return tls13_set_psk(&e->psks[e->psk_count++], tls_hash_class((int)suite->prf_hash),
        tls_bytes_make(
            session->master_secret, tls_hash_length(tls_hash_class((int)suite->prf_hash))),
        tls_buffer_view(&session->ticket), 0);
}

/* RFC 8446 section 4.2.10: early data goes with the first PSK, and no more of it than its ticket
 * allows. */
static void
offer_early_data(tls13_engine *e)
{
    tls_handshake *h = e->handshake;

    if (h->host->early_out.length > 0 && e->psk_count > 0 && !e->psks[0].external &&
        h->host->early_out.length <= e->resume->max_early_data)
        h->facts.early_data = TLS_EARLY_DATA_OFFERED;
}

static enum tls_reason
make_session_id(tls13_engine *e)
{
    const tls_handshake *h = e->handshake;
    const tls_session *session = h->facts.session;
    int older = session != NULL && session->version <= TLS_VERSION_12;

    if (older && session->ticket.length == 0) {
        memcpy(e->session_id, session->id, session->id_length);
        e->session_id_length = session->id_length;
        return TLS_OK;
    }
    /* RFC 8446 appendix D.4; RFC 5077 section 3.4 for a ticket of TLS 1.2. */
    if (h->host->context->no_compatibility && !older)
        return TLS_OK;
    e->session_id_length = sizeof e->session_id;
    return tls_random_public(e->session_id, sizeof e->session_id);
}

static enum tls_reason
send_early_data(tls13_engine *e)
{
    tls_handshake *h = e->handshake;
    const tls_suite *suite = tls_suite_find(e->resume->suite);
    enum tls_reason reason;

    h->host->sealer.version =
        TLS_VERSION_12; /* RFC 8446 section 5.1: 0x0301 is for a first ClientHello only */
    reason = tls13_send_compatibility(e);
    if (reason == TLS_OK)
        reason = tls13_early_secrets(e, &e->psks[0]);
    if (reason != TLS_OK)
        return reason;
    tls_host_seal_with(h->host, suite, e->early_secret);
    h->facts.early_data_length = h->host->early_out.length;
    return tls_host_send_early_data(h->host, tls_buffer_view(&h->host->early_out));
}

enum tls_reason
tls13_client_start(tls13_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    tls_answer *answer = tls_host_take_answer(h->host);
    enum tls_reason reason = TLS_OK;

    (void)progress;
    if (answer == NULL && tls_host_decides(h->host, TLS_DECISION_PSK)) {
        h->host->events.question.u.psk.identity = tls_bytes_make(NULL, 0);
        h->host->events.question.u.psk.server_name = h->host->server_name;
        tls_host_ask(h->host, TLS_DECISION_PSK);
        return TLS_OK;
    }
    if (answer != NULL)
        reason = take_psk(e, answer);
    if (reason == TLS_OK)
        reason = offer_session(e);
    if (reason != TLS_OK)
        return reason;
    offer_early_data(e);
    reason = tls13_ech_begin(e);
    if (reason == TLS_OK)
        reason = make_session_id(e);
    if (reason == TLS_OK)
        reason = tls_random_public(h->facts.client_random, sizeof h->facts.client_random);
    if (reason == TLS_OK)
        reason = tls_random_public(e->grease, sizeof e->grease);
    if (reason == TLS_OK)
        reason = tls13_send_client_hello(e);
    if (reason == TLS_OK)
        reason = tls_host_flush(h->host);
    if (reason == TLS_OK && h->facts.early_data == TLS_EARLY_DATA_OFFERED)
        reason = send_early_data(e);
    e->state = TLS13_STATE(wait_server_hello);
    return reason;
}

/* ---- ServerHello and HelloRetryRequest ---- */

/* older_version: the server takes TLS 1.2 or below, and the other engine goes on with what is sent.
 */
static enum tls_reason
older_version(tls13_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    tls_session *session;

    if (h->facts.ech == TLS_ECH_OFFERED)
        tls13_ech_reject(e);
    session = h->facts.session;
    /* Section 4.1.4: the version of HelloRetryRequest stays. */
    if (e->retried)
        return TLS_REASON_ILLEGAL_PARAMETER;
    /* Appendix D.3: a server that gave a ticket for early data has no excuse. */
    if (h->facts.early_data != TLS_EARLY_DATA_NONE)
        return TLS_REASON_PROTOCOL_VERSION;
    if (e->handshake->terms.version_min > TLS_VERSION_12)
        return TLS_REASON_NO_COMMON_VERSION;
    if (session != NULL && session->version > TLS_VERSION_12) {
        tls_session_release(session);
        h->facts.session = NULL;
    }
    *progress = TLS_PROGRESS_OLDER;
    return TLS_OK;
}

/* check_hello checks what ServerHello and HelloRetryRequest have in common (sections 4.1.3
 * and 4.1.4). */
static enum tls_reason
check_hello(tls13_engine *e, const tls_server_hello *hello, const tls_suite **suite)
{
    const tls_client_hello *offer = &e->handshake->client_hello.hello;
    enum tls_reason reason = tls_server_hello_check_offered(hello, offer, NULL);

    if (reason != TLS_OK)
        return reason;
    if (hello->version != TLS_VERSION_13 || !tls_bytes_equal(hello->session_id, offer->session_id))
        return TLS_REASON_ILLEGAL_PARAMETER;
    *suite = tls_suite_find(hello->cipher_suite);
    if (*suite == NULL || !tls_suite_fits(*suite, TLS_VERSION_13) ||
        !tls_terms_allow_suite(&e->handshake->terms, hello->cipher_suite))
        return TLS_REASON_ILLEGAL_PARAMETER;
    /* Section 4.1.4: the second one must say the same. */
    if (e->retried && *suite != e->suite)
        return TLS_REASON_ILLEGAL_PARAMETER;
    return TLS_OK;
}

static int
has_share(const tls13_engine *e, unsigned group)
{
    size_t i;

    for (i = 0; i < e->share_count; i++)
        if (e->shares[i].group == group)
            return 1;
    return 0;
}

/* keep_psks: section 4.1.4: PSKs that do not go with the suite are not offered again. */
static void
keep_psks(tls13_engine *e)
{
    size_t kept = 0, i;

    for (i = 0; i < e->psk_count; i++) {
        if (e->psks[i].hash != e->hash) {
            tls13_clear_psk(&e->psks[i]);
            continue;
        }
        if (kept != i) {
            e->psks[kept] = e->psks[i];
            memset(&e->psks[i], 0, sizeof e->psks[i]);
        }
        kept++;
    }
    e->psk_count = kept;
}

static enum tls_reason
received_retry(tls13_engine *e, const tls_server_hello *hello)
{
    tls_handshake *h = e->handshake;
    const tls_suite *suite;
    tls_bytes data;
    int names_group;
    enum tls_reason reason;

    if (e->retried)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    reason = check_hello(e, hello, &suite);
    if (reason != TLS_OK)
        return reason;
    /* Section 4.1.4: it must lead to another ClientHello; section 4.2.8: by a group that was
     * offered and had no share. */
    names_group = tls_extensions_find(hello->extensions, TLS_EXTENSION_KEY_SHARE, &data);
    if (!names_group && hello->cookie.length == 0)
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (names_group &&
        (!tls_context_has_group(h->host->context, hello->group) || has_share(e, hello->group)))
        return TLS_REASON_ILLEGAL_PARAMETER;
    h->facts.version = TLS_VERSION_13;
    h->facts.hello_retry = 1;
    e->retried = 1;
    e->group = hello->group;
    tls_buffer_append(&e->cookie, hello->cookie.data, hello->cookie.length);
    if (e->cookie.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    tls13_use_suite(e, suite);
    reason = tls13_ech_judge(e, hello);
    if (reason != TLS_OK)
        return reason;
    tls_transcript_restart(&e->transcript);
    reason = tls13_report(e, TLS_STAGE_HELLO_RETRY_REQUEST);
    tls13_consume(e);
    if (reason != TLS_OK)
        return reason;
    keep_psks(e);
    if (h->facts.early_data == TLS_EARLY_DATA_OFFERED) {
        h->facts.early_data = TLS_EARLY_DATA_REJECTED; /* section 4.2.10 */
        tls_record_sealer_wipe(&h->host->sealer);
    }
    h->host->sealer.version = TLS_VERSION_12;
    reason = tls13_send_compatibility(e);
    if (reason == TLS_OK)
        reason = tls13_send_client_hello(e);
    return reason == TLS_OK ? tls_host_flush(h->host) : reason;
}

/* agree: which PSK and which key share the server took; the shared secret of the latter. */
static enum tls_reason
agree(tls13_engine *e, const tls_server_hello *hello, unsigned char *shared, size_t *shared_length)
{
    tls_handshake *h = e->handshake;
    size_t i;

    *shared_length = 0;
    if (hello->psk_selected) {
        /* Section 4.2.11: an identity that was offered, and a suite of its hash. */
        if (hello->selected_identity >= e->psk_count ||
            e->psks[hello->selected_identity].hash != e->hash)
            return TLS_REASON_ILLEGAL_PARAMETER;
        e->psk_selected = 1;
        e->psk_index = hello->selected_identity;
    }
    if (hello->key_share.length == 0 && !e->psk_selected)
        return TLS_REASON_MISSING_EXTENSION;
    /* Section 4.2.11: without (EC)DHE only where psk_ke was offered. */
    if (hello->key_share.length == 0)
        return h->host->context->psk_ke ? TLS_OK : TLS_REASON_ILLEGAL_PARAMETER;
    for (i = 0; i < e->share_count && e->shares[i].group != hello->group; i++)
        ;
    if (i == e->share_count)
        return TLS_REASON_ILLEGAL_PARAMETER;
    h->facts.group = hello->group;
    return tls_key_exchange_shared(&e->shares[i], shared, shared_length, hello->key_share);
}

static enum tls_reason
use_psk(tls13_engine *e)
{
    tls_handshake *h = e->handshake;

    if (!e->psk_selected || e->psks[e->psk_index].external) {
        tls_session_release(h->facts.session);
        h->facts.session = NULL;
    }
    return e->psk_selected ? tls13_use_psk(e, &e->psks[e->psk_index]) : TLS_OK;
}

static enum tls_reason
received_server_hello(tls13_engine *e, const tls_server_hello *hello)
{
    tls_handshake *h = e->handshake;
    unsigned char shared[TLS_SHARED_SECRET_MAXIMUM];
    size_t shared_length;
    const tls_suite *suite;
    enum tls_reason reason = check_hello(e, hello, &suite);

    if (reason != TLS_OK)
        return reason;
    h->facts.version = TLS_VERSION_13;
    tls13_use_suite(e, suite);
    memcpy(h->facts.server_random, hello->random.data, sizeof h->facts.server_random);
    reason = tls13_ech_judge(e, hello);
    if (reason == TLS_OK)
        reason = agree(e, hello, shared, &shared_length);
    tls13_wipe_shares(e);
    if (reason == TLS_OK)
        reason = use_psk(e);
    if (reason == TLS_OK)
        reason = tls13_report(e, TLS_STAGE_SERVER_HELLO);
    if (reason == TLS_OK && !tls_host_is_last(h->host, e->message.length))
        reason = TLS_REASON_UNEXPECTED_MESSAGE; /* section 5.1: keys change here */
    if (reason == TLS_OK) {
        tls13_consume(e);
        reason = tls13_handshake_secrets(e, tls_bytes_make(shared, shared_length));
    }
    tls_wipe(shared, sizeof shared);
    if (reason == TLS_OK)
        reason = tls13_open_with(e, e->server_secret);
    if (reason == TLS_OK && h->facts.early_data != TLS_EARLY_DATA_OFFERED) {
        h->host->sealer.version = TLS_VERSION_12;
        reason = tls13_send_compatibility(e);
        if (reason == TLS_OK)
            reason = tls13_seal_with(e, e->client_secret);
    }
    e->state = TLS13_STATE(wait_encrypted_extensions);
    return reason;
}

static enum tls_reason
wait_server_hello(tls13_engine *e, enum tls_progress *progress)
{
    tls_message message;
    const tls_server_hello *hello = &message.u.server_hello;
    enum tls_reason reason =
        tls13_next(e, TLS_MESSAGE_BIT(TLS_HANDSHAKE_SERVER_HELLO), &message, progress);

    if (reason != TLS_OK || e->message.length == 0)
        return reason;
    if (hello->place == TLS_IN_SERVER_HELLO_12)
        return older_version(e, progress);
    return hello->is_hello_retry_request ? received_retry(e, hello)
                                         : received_server_hello(e, hello);
}

/* ---- EncryptedExtensions ---- */

static enum tls_reason
early_data_answer(tls13_engine *e, int accepted)
{
    tls_handshake *h = e->handshake;

    if (h->facts.early_data != TLS_EARLY_DATA_OFFERED)
        return accepted ? TLS_REASON_UNSUPPORTED_EXTENSION : TLS_OK;
    if (accepted) {
        /* Section 4.2.10: only with the first PSK, and the suite and ALPN of its session. */
        if (!e->psk_selected || e->psk_index != 0 || e->resume->suite != e->suite->id ||
            !tls_bytes_equal(tls_buffer_view(&h->facts.alpn), tls_buffer_view(&e->resume->alpn)))
            return TLS_REASON_ILLEGAL_PARAMETER;
        h->facts.early_data = TLS_EARLY_DATA_ACCEPTED;
        return TLS_OK;
    }
    h->facts.early_data = TLS_EARLY_DATA_REJECTED;
    return tls13_seal_with(e, e->client_secret);
}

static enum tls_reason
received_extensions(tls13_engine *e, const tls_encrypted_extensions *message)
{
    tls_handshake *h = e->handshake;
    tls_lists lists = tls_host_lists(h->host);
    enum tls_reason reason = tls_extensions_check_offered(message->extensions,
        TLS_IN_ENCRYPTED_EXTENSIONS, h->client_hello.hello.extensions, 0, NULL);

    if (reason != TLS_OK)
        return reason;
    reason = tls13_ech_retry_configs(e, message->extensions);
    if (reason != TLS_OK)
        return reason;
    if (message->alpn.length > 0 && !tls_lists_has_protocol(&lists, message->alpn))
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (message->alpn.length == 0 && h->host->context->alpn_required)
        return TLS_REASON_NO_APPLICATION_PROTOCOL;
    tls_buffer_append(&h->facts.alpn, message->alpn.data, message->alpn.length);
    if (h->facts.alpn.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    h->facts.tickets_told = message->ticket_request;
    h->facts.expected_tickets = message->expected_count;
    reason = tls_limits_answered(h, message->extensions);
    if (reason == TLS_OK)
        reason = tls13_take_types(e, message->extensions);
    return reason == TLS_OK ? early_data_answer(e, message->early_data) : reason;
}

static enum tls_reason
wait_encrypted_extensions(tls13_engine *e, enum tls_progress *progress)
{
    tls_message message;
    enum tls_reason reason =
        tls13_next(e, TLS_MESSAGE_BIT(TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS), &message, progress);

    if (reason != TLS_OK || e->message.length == 0)
        return reason;
    reason = received_extensions(e, &message.u.encrypted_extensions);
    if (reason == TLS_OK)
        reason = tls13_report(e, TLS_STAGE_ENCRYPTED_EXTENSIONS);
    tls13_consume(e);
    e->state = e->psk_selected ? TLS13_STATE(wait_finished) : TLS13_STATE(wait_certificate_request);
    return reason;
}

/* ---- The server's authentication ---- */

enum tls_reason
tls13_take_request(tls13_engine *e, const tls_certificate_request_message *request)
{
    tls_bytes context = request->certificate_request_context;

    e->certificate_requested = 1;
    e->handshake->facts.certificate_requested = 1;
    if (context.length > 0)
        memcpy(e->request_context, context.data, context.length);
    e->request_context_length = context.length;
    e->compression =
        tls_context_compression(e->handshake->host->context, request->compress_certificate);
    tls_buffer_append(&e->certificate_request, e->message.data, e->message.length);
    tls_buffer_append(
        &e->peer_schemes, request->signature_algorithms.data, request->signature_algorithms.length);
    return e->certificate_request.failed || e->peer_schemes.failed ? TLS_REASON_OUT_OF_MEMORY
                                                                   : TLS_OK;
}

static enum tls_reason
received_request(tls13_engine *e, const tls_certificate_request_message *request)
{
    enum tls_reason reason;

    /* Section 4.3.2: its context is for after the handshake. */
    if (request->certificate_request_context.length > 0)
        return TLS_REASON_ILLEGAL_PARAMETER;
    reason = tls13_take_request(e, request);
    if (reason == TLS_OK)
        reason = tls13_report(e, TLS_STAGE_CERTIFICATE_REQUEST);
    tls13_consume(e);
    return reason;
}

static enum tls_reason
wait_certificate_request(tls13_engine *e, enum tls_progress *progress)
{
    /* Section 4.3.2: one request only. */
    uint32_t request =
        e->certificate_requested ? 0 : TLS_MESSAGE_BIT(TLS_HANDSHAKE_CERTIFICATE_REQUEST);
    tls_message message;
    enum tls_reason reason = tls13_next_certificate(e, request, &message, progress);

    if (reason != TLS_OK || e->message.length == 0)
        return reason;
    if (message.type == TLS_HANDSHAKE_CERTIFICATE_REQUEST)
        return received_request(e, &message.u.certificate_request);
    if (message.u.certificate.certificate_request_context.length > 0)
        return TLS_REASON_ILLEGAL_PARAMETER;
    /* Section 4.4.2.4: a server's list is never empty. */
    if (message.u.certificate.certificate_count == 0)
        return TLS_REASON_DECODE;
    reason = tls13_receive_certificate(e, &message.u.certificate);
    if (reason == TLS_OK)
        reason = tls13_report(e, TLS_STAGE_CERTIFICATE);
    tls13_consume(e);
    e->state = TLS13_STATE(tls13_decide_verify);
    e->after_peer = TLS13_STATE(wait_finished);
    return reason;
}

/* ---- Finished, and what the client answers ---- */

static enum tls_reason
send_end_of_early_data(tls13_engine *e)
{
    tls_buffer raw = {0};
    enum tls_reason reason =
        tls_handshake_build(&raw, TLS_HANDSHAKE_END_OF_EARLY_DATA, tls_bytes_make(NULL, 0));

    if (reason == TLS_OK)
        reason = tls13_send(e, TLS_STAGE_END_OF_EARLY_DATA, &raw);
    return reason == TLS_OK ? tls13_seal_with(e, e->client_secret) : reason;
}

static enum tls_reason
wait_finished(tls13_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    tls_message message;
    enum tls_reason reason =
        tls13_next(e, TLS_MESSAGE_BIT(TLS_HANDSHAKE_FINISHED), &message, progress);

    if (reason != TLS_OK || e->message.length == 0)
        return reason;
    reason = tls13_receive_finished(e, message.u.verify_data, e->server_secret);
    if (reason == TLS_OK)
        reason = tls13_report(e, TLS_STAGE_FINISHED);
    if (reason == TLS_OK && !tls_host_is_last(h->host, e->message.length))
        reason = TLS_REASON_UNEXPECTED_MESSAGE;
    if (reason != TLS_OK)
        return reason;
    tls13_consume(e);
    reason = tls13_application_secrets(e);
    if (reason == TLS_OK)
        reason = tls13_open_with(e, h->host->traffic->server);
    if (reason == TLS_OK && h->facts.early_data == TLS_EARLY_DATA_ACCEPTED)
        reason = send_end_of_early_data(e);
    e->state = e->certificate_requested ? TLS13_STATE(tls13_decide_certificate)
                                        : TLS13_STATE(tls13_client_finish);
    return reason;
}

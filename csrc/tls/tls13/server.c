/* server.c - the server's states of TLS 1.3 (RFC 8446 appendix A.2). */
#include <string.h>

#include "tls13/internal.h"
#include "handshake/peer_certificate.h"
#include "base/random.h"

#define COOKIE_LENGTH 32
/* What a client may have sent as early data that nobody reads, when it does not go by a limit of
 * ours. */
#define SKIPPED_EARLY_DATA_MINIMUM ((size_t)64 * 1024)

static enum tls_reason choose(tls13_engine *e, enum tls_progress *progress);
static enum tls_reason retry(tls13_engine *e, enum tls_progress *progress);
static enum tls_reason wait_client_hello(tls13_engine *e, enum tls_progress *progress);
static enum tls_reason decide_early_data(tls13_engine *e, enum tls_progress *progress);
static enum tls_reason flight(tls13_engine *e, enum tls_progress *progress);
static enum tls_reason finish_flight(tls13_engine *e, enum tls_progress *progress);
static enum tls_reason wait_end_of_early_data(tls13_engine *e, enum tls_progress *progress);
static enum tls_reason wait_finished(tls13_engine *e, enum tls_progress *progress);
static enum tls_reason send_tickets(tls13_engine *e, enum tls_progress *progress);

/* ---- ClientHello ---- */

enum tls_reason
tls13_server_start(tls13_engine *e, enum tls_progress *progress)
{
    tls_connection *c = e->connection;
    tls_client_hello hello;
    enum tls_reason reason = tls_connection_next_message(c, &e->message);

    if (reason == TLS_OK)
        reason = tls_client_hello_parse(&hello, e->message);
    if (reason != TLS_OK)
        return reason;
    /* Section 5.1: keys change after it. */
    if (c->handshake_in.length > e->message.length)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    if (e->session_id_length == 0 && hello.session_id.length > 0) {
        memcpy(e->session_id, hello.session_id.data, hello.session_id.length);
        e->session_id_length = hello.session_id.length;
    }
    reason = tls13_choose_psk(e, progress);
    if (reason == TLS_OK && e->psk_chosen)
        e->state = choose;
    return reason;
}

static size_t
share_count(const tls_client_hello *hello)
{
    tls_reader reader;
    tls_bytes share;
    unsigned group;
    size_t count = 0;

    tls_reader_init(&reader, hello->key_shares);
    while (tls_key_share_next(&reader, &group, &share))
        count++;
    return count;
}

/* choose decides everything but early data, and whether ClientHello must come again. */
static enum tls_reason
choose(tls13_engine *e, enum tls_progress *progress)
{
    tls_connection *c = e->connection;
    unsigned retry_group = e->group;
    const tls_suite *suite;
    tls_client_hello hello;
    tls_bytes share;
    enum tls_reason reason = tls_client_hello_parse(&hello, e->message);

    (void)progress;
    if (reason != TLS_OK)
        return reason;
    suite = tls13_choose_suite(e, &hello, e->psk_selected ? e->psks[0].hash : NULL,
        e->retried          ? e->suite->id
        : e->resume != NULL ? e->resume->suite
                            : 0);
    if (suite == NULL)
        return TLS_REASON_HANDSHAKE_FAILURE;
    if (e->retried && suite != e->suite)
        return TLS_REASON_ILLEGAL_PARAMETER;
    c->version = TLS_VERSION_13;
    tls13_use_suite(e, suite);
    reason = tls13_choose_alpn(e, &hello);
    if (reason == TLS_OK)
        reason = tls13_choose_group(e, &hello, &share);
    if (reason == TLS_OK && !e->psk_selected)
        reason = tls13_choose_credential(e, &hello);
    if (reason != TLS_OK)
        return reason;
    if (hello.early_data_offered)
        c->early_data = TLS_EARLY_DATA_OFFERED;
    /* Section 4.2.8: the second ClientHello has one share, of the group that was asked for. */
    if (e->retried && (e->group != retry_group || share.length == 0 || share_count(&hello) != 1))
        return TLS_REASON_ILLEGAL_PARAMETER;
    e->state = e->group != 0 && share.length == 0 ? retry : decide_early_data;
    return TLS_OK;
}

/* ---- HelloRetryRequest ---- */

static enum tls_reason
retry(tls13_engine *e, enum tls_progress *progress)
{
    tls_connection *c = e->connection;
    tls_server_hello hello;
    unsigned char cookie[COOKIE_LENGTH];
    tls_buffer raw = {0}, extensions = {0};
    enum tls_reason reason = TLS_OK;

    (void)progress;
    memset(&hello, 0, sizeof hello);
    hello.legacy_version = TLS_VERSION_12;
    hello.random = tls_bytes_make(tls_hello_retry_request_random, TLS_RANDOM_LENGTH);
    hello.session_id = tls_bytes_make(e->session_id, e->session_id_length);
    hello.cipher_suite = e->suite->id;
    tls_extension_write_u16(&extensions, TLS_EXTENSION_SUPPORTED_VERSIONS, TLS_VERSION_13);
    tls_extension_write_u16(&extensions, TLS_EXTENSION_KEY_SHARE, e->group);
    if (c->context->retry_cookie) {
        reason = tls_random(cookie, sizeof cookie);
        tls_buffer_append(&e->cookie, cookie, sizeof cookie);
        tls_extension_write_vector16(
            &extensions, TLS_EXTENSION_COOKIE, tls_bytes_make(cookie, sizeof cookie));
    }
    hello.has_extensions = 1;
    hello.extensions = tls_buffer_view(&extensions);
    if (reason == TLS_OK)
        reason =
            extensions.failed ? TLS_REASON_OUT_OF_MEMORY : tls_server_hello_build(&raw, &hello);
    tls_buffer_release(&extensions);
    if (reason != TLS_OK) {
        tls_buffer_release(&raw);
        return reason;
    }
    tls13_consume(e);
    tls_transcript_restart(&e->transcript);
    e->retried = 1;
    c->hello_retry = 1;
    c->sealer.version = TLS_VERSION_12;
    reason = tls13_send(e, TLS_STAGE_HELLO_RETRY_REQUEST, &raw);
    if (reason == TLS_OK)
        reason = tls13_send_compatibility(e);
    if (reason == TLS_OK)
        reason = tls_connection_flush_flight(c);
    c->opener.is_13 = 1; /* records of early data may be longer than those in the clear */
    /* Section 4.2.10: early data is over, and what is on its way is skipped unread. */
    if (c->early_data == TLS_EARLY_DATA_OFFERED) {
        c->early_data = TLS_EARLY_DATA_REJECTED;
        c->skip_early_data = c->context->max_early_data + SKIPPED_EARLY_DATA_MINIMUM;
    }
    e->state = wait_client_hello;
    return reason;
}

/* recheck_psk finds the chosen PSK in the second ClientHello; without it the handshake is a full
 * one. */
static enum tls_reason
recheck_psk(tls13_engine *e, const tls_client_hello *hello)
{
    tls_reader reader;
    tls_bytes identity;
    uint32_t age;

    e->psk_index = 0;
    tls_reader_init(&reader, hello->psk_identities);
    while (tls13_may_use_psks(e, hello) && tls_psk_identity_next(&reader, &identity, &age)) {
        if (tls_bytes_equal(identity, tls_buffer_view(&e->psks[0].identity)))
            return tls13_check_binder(e, hello);
        e->psk_index++;
    }
    e->psk_selected = 0;
    tls_session_release(e->resume);
    e->resume = NULL;
    return TLS_OK;
}

/* next_fixed: the next extension that a second ClientHello must repeat. What section 4.1.2 lists
 * may change, and so may an extension that is not known here, whose rules are not known either. */
static int
next_fixed(tls_reader *reader, tls_extension *extension)
{
    while (tls_extensions_next(reader, extension))
        switch (extension->type) {
        case TLS_EXTENSION_KEY_SHARE:
        case TLS_EXTENSION_EARLY_DATA:
        case TLS_EXTENSION_COOKIE:
        case TLS_EXTENSION_PRE_SHARED_KEY:
        case TLS_EXTENSION_PADDING:
            break;
        default:
            if (tls_extension_places(extension->type) != 0)
                return 1;
        }
    return 0;
}

static int
same_extensions(tls_bytes first, tls_bytes second)
{
    tls_reader a, b;
    tls_extension x, y;

    tls_reader_init(&a, first);
    tls_reader_init(&b, second);
    while (next_fixed(&a, &x))
        if (!next_fixed(&b, &y) || x.type != y.type || !tls_bytes_equal(x.data, y.data))
            return 0;
    return !next_fixed(&b, &y);
}

/* same_hello: section 4.1.2: the second ClientHello is the first one but for what HelloRetryRequest
 * changes. */
static enum tls_reason
same_hello(tls13_engine *e, const tls_client_hello *hello)
{
    tls_client_hello first;
    enum tls_reason reason = tls_client_hello_parse(&first, tls_buffer_view(&e->terms.hello));

    if (reason != TLS_OK)
        return reason;
    /* Section 4.2.9: a client that offers PSKs says how it would use them, this time too. */
    if (hello->psk_offered && hello->psk_key_exchange_modes.length == 0)
        return TLS_REASON_MISSING_EXTENSION;
    if (first.legacy_version != hello->legacy_version ||
        !tls_bytes_equal(first.random, hello->random) ||
        !tls_bytes_equal(first.session_id, hello->session_id) ||
        !tls_bytes_equal(first.cipher_suites, hello->cipher_suites) ||
        !tls_bytes_equal(first.compression_methods, hello->compression_methods) ||
        !same_extensions(first.extensions, hello->extensions) || hello->early_data_offered ||
        (hello->psk_offered && !first.psk_offered))
        return TLS_REASON_ILLEGAL_PARAMETER;
    /* Section 4.2.2: the cookie that was given, and no other. */
    if (!tls_bytes_equal(hello->cookie, tls_buffer_view(&e->cookie)))
        return hello->cookie.length == 0 ? TLS_REASON_MISSING_EXTENSION
                                         : TLS_REASON_ILLEGAL_PARAMETER;
    return TLS_OK;
}

static enum tls_reason
wait_client_hello(tls13_engine *e, enum tls_progress *progress)
{
    tls_connection *c = e->connection;
    tls_message message;
    enum tls_reason reason = tls13_next(e, &message, progress);

    if (reason != TLS_OK || e->message.length == 0)
        return reason;
    if (message.type != TLS_HANDSHAKE_CLIENT_HELLO || c->handshake_in.length > e->message.length)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    c->skip_early_data = 0;
    reason = same_hello(e, &message.u.client_hello);
    if (reason == TLS_OK)
        reason = tls13_report(e, TLS_STAGE_CLIENT_HELLO);
    if (reason == TLS_OK && e->psk_selected)
        reason = recheck_psk(e, &message.u.client_hello);
    if (!e->terms.credential_fixed)
        tls_credential_clear(&e->terms.credential);
    tls_buffer_clear(&e->peer_schemes);
    e->state = choose;
    return reason;
}

/* ---- Early data ---- */

static enum tls_reason
decide_early_data(tls13_engine *e, enum tls_progress *progress)
{
    tls_connection *c = e->connection;
    tls_answer *answer = tls_connection_take_answer(c);
    tls_client_hello hello;
    int accepted;
    enum tls_reason reason = tls_client_hello_parse(&hello, e->message);

    (void)progress;
    if (reason != TLS_OK)
        return reason;
    e->state = flight;
    if (c->early_data != TLS_EARLY_DATA_OFFERED)
        return TLS_OK;
    if (answer != NULL) {
        accepted = answer->is_default || answer->accept;
        tls_connection_answer_clear(c);
    } else {
        accepted = tls13_early_data_possible(e, &hello);
        if (accepted && tls_connection_decides(c, TLS_DECISION_EARLY_DATA)) {
            c->question.u.early_data.session = e->resume;
            c->question.u.early_data.server_name = c->server_name;
            c->question.u.early_data.alpn = tls_buffer_view(&c->alpn);
            tls_connection_ask(c, TLS_DECISION_EARLY_DATA);
            e->state = decide_early_data;
            return TLS_OK;
        }
    }
    c->early_data = accepted ? TLS_EARLY_DATA_ACCEPTED : TLS_EARLY_DATA_REJECTED;
    return TLS_OK;
}

/* ---- The server's flight ---- */

/* agree makes our share and the shared secret, and adds ClientHello to the transcript. */
static enum tls_reason
agree(tls13_engine *e, const tls_client_hello *hello, unsigned char *shared, size_t *shared_length)
{
    tls_connection *c = e->connection;
    tls_bytes share;
    enum tls_reason reason = TLS_OK;

    *shared_length = 0;
    if (e->group == 0)
        return TLS_OK;
    c->group = e->group;
    e->share_count = 1;
    reason = tls13_choose_group(e, hello, &share);
    if (reason == TLS_OK)
        reason = tls_key_exchange_generate(&e->shares[0], e->group);
    if (reason == TLS_OK)
        reason = tls_key_exchange_shared(&e->shares[0], shared, shared_length, share);
    return reason;
}

static int
keeps_sessions(const tls_connection *c)
{
    return c->context->ticket_keys != NULL || c->context->cache != NULL ||
           tls_connection_decides(c, TLS_DECISION_SESSION_STORE);
}

static enum tls_reason
flight(tls13_engine *e, enum tls_progress *progress)
{
    tls_connection *c = e->connection;
    unsigned char shared[TLS_SHARED_SECRET_MAXIMUM];
    size_t shared_length;
    tls_client_hello hello;
    tls_buffer kept = {0};
    enum tls_reason reason = tls_client_hello_parse(&hello, e->message);

    (void)progress;
    if (reason == TLS_OK)
        reason = agree(e, &hello, shared, &shared_length);
    /* EncryptedExtensions looks at the message once more, after it has left the reassembly buffer.
     */
    tls_buffer_append(&kept, e->message.data, e->message.length);
    if (reason == TLS_OK)
        reason = kept.failed ? TLS_REASON_OUT_OF_MEMORY
                             : tls_client_hello_parse(&hello, tls_buffer_view(&kept));
    if (reason == TLS_OK && e->psk_selected)
        reason = tls13_use_psk(e, &e->psks[0]);
    if (reason == TLS_OK) {
        c->post_handshake_auth = hello.post_handshake_auth;
        /* Section 4.2.9: no tickets for a client that has no way to use them, nor of sessions that
         * nobody keeps. */
        e->tickets_left =
            tls13_may_use_psks(e, &hello) && keeps_sessions(c) ? c->context->ticket_count : 0;
        if (c->resumed && e->tickets_left > 1)
            e->tickets_left = 1;
        tls13_consume(e);
        c->sealer.version = TLS_VERSION_12;
        if (c->early_data == TLS_EARLY_DATA_ACCEPTED)
            reason = tls13_early_secrets(e, &e->psks[0]);
    }
    if (reason == TLS_OK)
        reason = tls13_send_server_hello(e);
    if (reason == TLS_OK)
        reason = tls13_handshake_secrets(e, tls_bytes_make(shared, shared_length));
    tls_wipe(shared, sizeof shared);
    if (reason == TLS_OK)
        reason = tls13_send_compatibility(e);
    if (reason == TLS_OK)
        reason = tls13_seal_with(e, e->server_secret);
    if (reason == TLS_OK)
        reason = tls13_send_encrypted_extensions(e, &hello);
    tls_buffer_release(&kept);
    /* Section 4.3.2: not beside a PSK. */
    if (reason == TLS_OK && c->verify != TLS_VERIFY_NONE && !e->psk_selected)
        reason = tls13_send_certificate_request(e);
    e->state = finish_flight;
    if (reason == TLS_OK && !e->psk_selected) {
        reason = tls13_send_certificate(e);
        e->state = tls13_sign;
        e->after_sign = finish_flight;
    }
    return reason;
}

static tls13_state
after_early_data(const tls13_engine *e)
{
    return e->certificate_requested ? tls13_wait_client_certificate : wait_finished;
}

static enum tls_reason
finish_flight(tls13_engine *e, enum tls_progress *progress)
{
    tls_connection *c = e->connection;
    int early = c->early_data == TLS_EARLY_DATA_ACCEPTED;
    enum tls_reason reason = tls13_send_finished(e, e->server_secret);

    (void)progress;
    if (reason == TLS_OK)
        reason = tls13_application_secrets(e);
    if (reason == TLS_OK)
        reason = tls13_seal_with(e, c->traffic->server);
    if (reason == TLS_OK)
        reason = tls13_open_with(e, early ? e->early_secret : e->client_secret);
    /* A client that fails before it has read ServerHello has no keys for its alert. */
    c->opener.plain_alerts = 1;
    if (c->early_data == TLS_EARLY_DATA_REJECTED && !e->retried)
        c->skip_early_data = c->context->max_early_data + SKIPPED_EARLY_DATA_MINIMUM;
    c->early_data_allowed = early ? e->resume->max_early_data : 0;
    c->may_write = early;
    e->state = early ? wait_end_of_early_data : after_early_data(e);
    return reason;
}

/* ---- The client's answer ---- */

static enum tls_reason
wait_end_of_early_data(tls13_engine *e, enum tls_progress *progress)
{
    tls_message message;
    enum tls_reason reason = tls13_next(e, &message, progress);

    if (reason != TLS_OK || e->message.length == 0)
        return reason;
    if (message.type != TLS_HANDSHAKE_END_OF_EARLY_DATA)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    reason = tls13_report(e, TLS_STAGE_END_OF_EARLY_DATA);
    if (reason == TLS_OK)
        reason = tls13_open_with(e, e->client_secret);
    tls13_consume(e);
    e->connection->early_data_allowed = 0;
    e->state = after_early_data(e);
    return reason;
}

enum tls_reason
tls13_wait_client_certificate(tls13_engine *e, enum tls_progress *progress)
{
    tls_connection *c = e->connection;
    tls_message message;
    const tls_certificate_message *certificate = &message.u.certificate;
    enum tls_reason reason = tls13_next(e, &message, progress);

    if (reason != TLS_OK || e->message.length == 0)
        return reason;
    if (message.type != TLS_HANDSHAKE_CERTIFICATE)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    if (!tls_bytes_equal(certificate->certificate_request_context,
            tls_bytes_make(e->request_context, e->request_context_length)))
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (certificate->certificate_count > 0)
        reason = tls13_receive_certificate(e, certificate);
    if (reason == TLS_OK)
        reason = tls13_report(e, TLS_STAGE_CERTIFICATE);
    if (reason == TLS_OK && certificate->certificate_count == 0 && c->verify == TLS_VERIFY_REQUIRED)
        reason = TLS_REASON_CERTIFICATE_REQUIRED;
    e->state = certificate->certificate_count > 0 ? tls13_decide_verify : wait_finished;
    e->after_peer = wait_finished;
    tls13_consume(e);
    return reason;
}

static enum tls_reason
wait_finished(tls13_engine *e, enum tls_progress *progress)
{
    tls_connection *c = e->connection;
    tls_message message;
    enum tls_reason reason = tls13_next(e, &message, progress);

    if (reason != TLS_OK || e->message.length == 0)
        return reason;
    if (message.type != TLS_HANDSHAKE_FINISHED)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    reason = tls13_receive_finished(
        e, message.u.verify_data, e->post_handshake ? c->traffic->client : e->client_secret);
    if (reason == TLS_OK)
        reason = tls13_report(e, TLS_STAGE_FINISHED);
    if (reason == TLS_OK && !e->post_handshake)
        reason = tls13_open_with(e, c->traffic->client);
    tls13_consume(e);
    if (reason != TLS_OK)
        return reason;
    if (e->post_handshake)
        return tls13_authenticated(e, progress);
    e->state = send_tickets;
    return tls13_derive(e, c->traffic->resumption, TLS_SECRET_RESUMPTION);
}

/* ---- Tickets ---- */

static enum tls_reason
send_tickets(tls13_engine *e, enum tls_progress *progress)
{
    tls_connection *c = e->connection;
    tls_session *session;
    enum tls_reason reason;

    tls_connection_answer_clear(c); /* session_store has been told of the last one */
    if (e->tickets_left == 0) {
        reason = tls_connection_flush_flight(c);
        return reason == TLS_OK ? tls13_end(e, progress) : reason;
    }
    e->tickets_left--;
    reason = tls13_send_new_ticket(c, &session);
    if (reason != TLS_OK || session == NULL)
        return reason;
    tls_session_release(c->session);
    c->session = session;
    /* A ticket that is sealed needs no store. */
    if (c->context->ticket_keys == NULL && tls_connection_decides(c, TLS_DECISION_SESSION_STORE)) {
        c->question.u.session_store.session = session;
        tls_connection_ask(c, TLS_DECISION_SESSION_STORE);
    }
    return TLS_OK;
}

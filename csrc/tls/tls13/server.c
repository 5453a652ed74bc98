/* server.c - the server's states of TLS 1.3 (RFC 8446 appendix A.2). */
#include <string.h>

#include "handshake/no_common.h"
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

/* show_inner: where the hello came encrypted, the message is the one that was in it. */
static void
show_inner(tls13_engine *e)
{
    tls_handshake *h = e->handshake;

    if (h->ech == NULL || h->ech->wire_length == 0)
        return;
    e->wire_length = h->ech->wire_length;
    e->message = tls_buffer_view(&h->client_hello.raw);
}

enum tls_reason
tls13_server_start(tls13_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    const tls_client_hello *hello = &h->client_hello.hello;
    enum tls_reason reason =
        tls_host_next_message(h->host, TLS_MESSAGE_BIT(TLS_HANDSHAKE_CLIENT_HELLO), &e->message);

    if (reason != TLS_OK)
        return reason;
    /* Section 5.1: keys change after it. */
    if (!tls_host_is_last(h->host, e->message.length))
        return TLS_REASON_UNEXPECTED_MESSAGE;
    show_inner(e);
    if (e->session_id_length == 0 && hello->session_id.length > 0) {
        memcpy(e->session_id, hello->session_id.data, hello->session_id.length);
        e->session_id_length = hello->session_id.length;
    }
    reason = tls13_choose_psk(e, progress);
    if (reason == TLS_OK && e->psk_chosen)
        e->state = TLS13_STATE(choose);
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
    tls_handshake *h = e->handshake;
    unsigned retry_group = e->group;
    const tls_client_hello *hello = &h->client_hello.hello;
    const tls_suite *suite;
    tls_bytes share;
    enum tls_reason reason;

    (void)progress;
    suite = tls13_choose_suite(e, hello, e->psk_selected ? e->psks[0].hash : NULL,
        e->retried          ? e->suite->id
        : e->resume != NULL ? e->resume->suite
                            : 0);
    if (suite == NULL)
        return tls_no_common_suites(h, TLS_VERSION_13);
    if (e->retried && suite != e->suite)
        return TLS_REASON_ILLEGAL_PARAMETER;
    h->facts.version = TLS_VERSION_13;
    tls13_use_suite(e, suite);
    reason = tls13_choose_alpn(e, hello);
    if (reason == TLS_OK)
        reason = tls13_choose_group(e, hello, &share);
    if (reason == TLS_OK && !e->psk_selected)
        reason = tls13_choose_credential(e, hello);
    if (reason != TLS_OK)
        return reason;
    if (hello->early_data_offered)
        h->facts.early_data = TLS_EARLY_DATA_OFFERED;
    /* Section 4.2.8: the second ClientHello has one share, of the group that was asked for. */
    if (e->retried && (e->group != retry_group || share.length == 0 || share_count(hello) != 1))
        return TLS_REASON_ILLEGAL_PARAMETER;
    e->state =
        e->group != 0 && share.length == 0 ? TLS13_STATE(retry) : TLS13_STATE(decide_early_data);
    return TLS_OK;
}

/* ---- HelloRetryRequest ---- */

static enum tls_reason
retry(tls13_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    tls_server_hello hello;
    static const unsigned char unconfirmed[TLS_ECH_CONFIRMATION_LENGTH];
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
    if (h->host->context->retry_cookie) {
        reason = tls_random(cookie, sizeof cookie);
        tls_buffer_append(&e->cookie, cookie, sizeof cookie);
        tls_extension_write_vector16(
            &extensions, TLS_EXTENSION_COOKIE, tls_bytes_make(cookie, sizeof cookie));
    }
    if (h->facts.ech == TLS_ECH_ACCEPTED) /* its last bytes are filled in below */
        tls_extension_write(&extensions, TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO,
            tls_bytes_make(unconfirmed, sizeof unconfirmed));
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
    if (h->facts.ech == TLS_ECH_ACCEPTED)
        tls13_ech_confirm(e, &raw, 1, raw.length - sizeof unconfirmed);
    e->retried = 1;
    h->facts.hello_retry = 1;
    h->host->sealer.version = TLS_VERSION_12;
    reason = tls13_send(e, TLS_STAGE_HELLO_RETRY_REQUEST, &raw);
    if (reason == TLS_OK)
        reason = tls13_send_compatibility(e);
    if (reason == TLS_OK)
        reason = tls_host_flush(h->host);
    h->host->opener.is_13 = 1; /* records of early data may be longer than those in the clear */
    /* Section 4.2.10: early data is over, and what is on its way is skipped unread. */
    if (h->facts.early_data == TLS_EARLY_DATA_OFFERED) {
        h->facts.early_data = TLS_EARLY_DATA_REJECTED;
        h->host->skip_early_data = h->host->context->max_early_data + SKIPPED_EARLY_DATA_MINIMUM;
    }
    e->state = TLS13_STATE(wait_client_hello);
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
        case TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO: /* RFC 9849 section 6.1.5 */
            break;
        default:
            if (tls_extension_places(extension->type) != 0)
                return 1;
        }
    return 0;
}

static size_t
count_fixed(tls_bytes block)
{
    tls_reader reader;
    tls_extension extension;
    size_t count = 0;

    tls_reader_init(&reader, block);
    while (next_fixed(&reader, &extension))
        count++;
    return count;
}

/* same_extensions: in whatever order: section 4.1.2 lists no change of it, section 4.2 gives it no
 * meaning, and there are clients that change it. No type stands twice in either. */
static int
same_extensions(tls_bytes first, tls_bytes second)
{
    tls_reader reader;
    tls_extension extension;
    tls_bytes data;

    tls_reader_init(&reader, first);
    while (next_fixed(&reader, &extension))
        if (!tls_extensions_find(second, extension.type, &data) ||
            !tls_bytes_equal(extension.data, data))
            return 0;
    return count_fixed(first) == count_fixed(second);
}

/* check_second: section 4.1.2: the second ClientHello is the first one but for what
 * HelloRetryRequest changes. */
static enum tls_reason
check_second(tls13_engine *e, const tls_kept_hello *second)
{
    const tls_client_hello *hello = &second->hello;
    const tls_client_hello *first = &e->handshake->client_hello.hello;

    if (hello->faults.in_13 != TLS_OK)
        return hello->faults.in_13;
    /* Section 4.2.9: a client that offers PSKs says how it would use them, this time too. */
    if (hello->psk_offered && hello->psk_key_exchange_modes.length == 0)
        return TLS_REASON_MISSING_EXTENSION;
    if (first->legacy_version != hello->legacy_version ||
        !tls_bytes_equal(first->random, hello->random) ||
        !tls_bytes_equal(first->session_id, hello->session_id) ||
        !tls_bytes_equal(e->handshake->client_hello.suites_sent, second->suites_sent) ||
        !tls_bytes_equal(first->compression_methods, hello->compression_methods) ||
        !same_extensions(first->extensions, hello->extensions) || hello->early_data_offered ||
        (hello->psk_offered && !first->psk_offered))
        return TLS_REASON_ILLEGAL_PARAMETER;
    /* Section 4.2.2: the cookie that was given, and no other. */
    if (!tls_bytes_equal(hello->cookie, tls_buffer_view(&e->cookie)))
        return hello->cookie.length == 0 ? TLS_REASON_MISSING_EXTENSION
                                         : TLS_REASON_ILLEGAL_PARAMETER;
    return TLS_OK;
}

static enum tls_reason
take_second(tls13_engine *e)
{
    tls_handshake *h = e->handshake;
    tls_kept_hello second = {0};
    enum tls_reason reason = tls_kept_hello_take(&second, e->message);

    if (h->ech != NULL)
        h->ech->wire_length = 0;
    if (reason == TLS_OK)
        reason = tls_ech_receive_second(h, &second);
    if (reason == TLS_OK)
        reason = check_second(e, &second);
    if (reason == TLS_OK)
        tls_kept_hello_move(&h->client_hello, &second);
    else
        tls_kept_hello_release(&second);
    if (reason == TLS_OK)
        show_inner(e);
    return reason;
}

static enum tls_reason
wait_client_hello(tls13_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    enum tls_reason reason =
        tls_host_next_message(h->host, TLS_MESSAGE_BIT(TLS_HANDSHAKE_CLIENT_HELLO), &e->message);

    if (reason != TLS_OK || e->message.length == 0) {
        *progress = TLS_PROGRESS_BLOCKED;
        return reason;
    }
    if (!tls_host_is_last(h->host, e->message.length))
        return TLS_REASON_UNEXPECTED_MESSAGE;
    h->host->skip_early_data = 0;
    reason = take_second(e);
    if (reason == TLS_OK)
        reason = tls13_report(e, TLS_STAGE_CLIENT_HELLO);
    if (reason == TLS_OK && e->psk_selected)
        reason = recheck_psk(e, &h->client_hello.hello);
    if (!h->terms.credential_fixed)
        tls_credential_clear(&h->terms.credential);
    tls_buffer_clear(&e->peer_schemes);
    e->state = TLS13_STATE(choose);
    return reason;
}

/* ---- Early data ---- */

static enum tls_reason
decide_early_data(tls13_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    tls_answer *answer = tls_host_take_answer(h->host);
    tls_question *question = &h->host->events.question;
    int accepted;

    (void)progress;
    e->state = TLS13_STATE(flight);
    if (h->facts.early_data != TLS_EARLY_DATA_OFFERED)
        return TLS_OK;
    if (answer != NULL) {
        accepted = answer->is_default || answer->accept;
        tls_host_answer_clear(h->host);
    } else {
        accepted = tls13_early_data_possible(e);
        if (accepted && tls_host_decides(h->host, TLS_DECISION_EARLY_DATA)) {
            question->u.early_data.session = e->resume;
            question->u.early_data.server_name = h->host->server_name;
            question->u.early_data.alpn = tls_buffer_view(&h->facts.alpn);
            tls_host_ask(h->host, TLS_DECISION_EARLY_DATA);
            e->state = TLS13_STATE(decide_early_data);
            return TLS_OK;
        }
    }
    /* A ticket is used up only by the early data that it brings. */
    accepted = accepted && tls13_claim_early_data(e);
    h->facts.early_data = accepted ? TLS_EARLY_DATA_ACCEPTED : TLS_EARLY_DATA_REJECTED;
    return TLS_OK;
}

/* ---- The server's flight ---- */

/* agree makes our share and the shared secret, and adds ClientHello to the transcript. */
static enum tls_reason
agree(tls13_engine *e, const tls_client_hello *hello, unsigned char *shared, size_t *shared_length)
{
    tls_handshake *h = e->handshake;
    tls_bytes share;
    enum tls_reason reason = TLS_OK;

    *shared_length = 0;
    if (e->group == 0)
        return TLS_OK;
    h->facts.group = e->group;
    e->share_count = 1;
    reason = tls13_choose_group(e, hello, &share);
    if (reason == TLS_OK)
        reason = tls_key_exchange_answer(&e->shares[0], e->group, shared, shared_length, share);
    return reason;
}

static int
keeps_sessions(const tls_host *host)
{
    return host->context->ticket_keys != NULL || host->context->cache != NULL ||
           tls_host_decides(host, TLS_DECISION_SESSION_STORE);
}

/* may_use_tickets: section 4.2.9: a client says how it would use one. Some say so only when they
 * come back with one. */
static int
may_use_tickets(const tls13_engine *e, const tls_client_hello *hello)
{
    return tls13_may_use_psks(e, hello) || (e->handshake->host->context->tickets_always &&
                                               hello->psk_key_exchange_modes.length == 0);
}

/* tickets_wanted: section 4.2.9: no tickets for a client that has no way to use them, nor of
 * sessions that nobody keeps. A client that asks for a number gets no more (RFC 9149 section 3);
 * one that resumes and does not ask gets one for the one that it used. */
static unsigned
tickets_wanted(const tls13_engine *e, const tls_client_hello *hello)
{
    const tls_handshake *h = e->handshake;
    unsigned count = h->host->context->ticket_count, wanted = h->facts.resumed ? 1 : count;

    if (!may_use_tickets(e, hello) || !keeps_sessions(h->host))
        return 0;
    if (hello->ticket_request)
        wanted = h->facts.resumed ? hello->resumption_count : hello->new_session_count;
    return wanted < count ? wanted : count;
}

/* use_hello takes over what remains to be used of ClientHello, and adds it to the transcript. */
static enum tls_reason
use_hello(tls13_engine *e)
{
    tls_handshake *h = e->handshake;
    const tls_client_hello *hello = &h->client_hello.hello;

    h->facts.post_handshake_auth = hello->post_handshake_auth;
    e->tickets_left = tickets_wanted(e, hello);
    h->facts.tickets_told = hello->ticket_request;
    h->facts.expected_tickets = e->tickets_left;
    tls13_consume(e);
    h->host->sealer.version = TLS_VERSION_12;
    return h->facts.early_data == TLS_EARLY_DATA_ACCEPTED ? tls13_early_secrets(e, &e->psks[0])
                                                          : TLS_OK;
}

static enum tls_reason
flight(tls13_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    unsigned char shared[TLS_SHARED_SECRET_MAXIMUM];
    size_t shared_length;
    enum tls_reason reason = agree(e, &h->client_hello.hello, shared, &shared_length);

    (void)progress;
    if (reason == TLS_OK && e->psk_selected)
        reason = tls13_use_psk(e, &e->psks[0]);
    if (reason == TLS_OK)
        reason = tls13_choose_client_type(e, &h->client_hello.hello);
    if (reason == TLS_OK)
        reason = use_hello(e);
    if (reason == TLS_OK)
        reason = tls13_send_server_hello(e);
    tls13_wipe_shares(e);
    if (reason == TLS_OK)
        reason = tls13_handshake_secrets(e, tls_bytes_make(shared, shared_length));
    tls_wipe(shared, sizeof shared);
    if (reason == TLS_OK)
        reason = tls13_send_compatibility(e);
    if (reason == TLS_OK)
        reason = tls13_seal_with(e, e->server_secret);
    if (reason == TLS_OK)
        reason = tls13_send_encrypted_extensions(e);
    if (reason == TLS_OK && tls13_asks_client(e))
        reason = tls13_send_certificate_request(e);
    e->state = TLS13_STATE(finish_flight);
    if (reason == TLS_OK && !e->psk_selected) {
        reason = tls13_send_certificate(e);
        e->state = TLS13_STATE(tls13_sign);
        e->after_sign = TLS13_STATE(finish_flight);
    }
    return reason;
}

static tls13_state
after_early_data(const tls13_engine *e)
{
    return e->certificate_requested ? TLS13_STATE(tls13_wait_client_certificate)
                                    : TLS13_STATE(wait_finished);
}

static enum tls_reason
finish_flight(tls13_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    int early = h->facts.early_data == TLS_EARLY_DATA_ACCEPTED;
    enum tls_reason reason = tls13_send_finished(e, e->server_secret);

    (void)progress;
    if (reason == TLS_OK)
        reason = tls13_application_secrets(e);
    if (reason == TLS_OK)
        reason = tls13_seal_with(e, h->host->traffic->server);
    if (reason == TLS_OK)
        reason = tls13_open_with(e, early ? e->early_secret : e->client_secret);
    /* A client that fails before it has read ServerHello has no keys for its alert. */
    h->host->opener.plain_alerts = 1;
    if (h->facts.early_data == TLS_EARLY_DATA_REJECTED && !e->retried)
        h->host->skip_early_data = h->host->context->max_early_data + SKIPPED_EARLY_DATA_MINIMUM;
    h->host->early_data_allowed = early ? e->resume->max_early_data : 0;
    h->host->may_write = early;
    e->state = early ? TLS13_STATE(wait_end_of_early_data) : after_early_data(e);
    return reason;
}

/* ---- The client's answer ---- */

static enum tls_reason
wait_end_of_early_data(tls13_engine *e, enum tls_progress *progress)
{
    tls_message message;
    enum tls_reason reason =
        tls13_next(e, TLS_MESSAGE_BIT(TLS_HANDSHAKE_END_OF_EARLY_DATA), &message, progress);

    if (reason != TLS_OK || e->message.length == 0)
        return reason;
    reason = tls13_report(e, TLS_STAGE_END_OF_EARLY_DATA);
    if (reason == TLS_OK)
        reason = tls13_open_with(e, e->client_secret);
    tls13_consume(e);
    e->handshake->host->early_data_allowed = 0;
    e->state = after_early_data(e);
    return reason;
}

enum tls_reason
tls13_wait_client_certificate(tls13_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    tls_message message;
    const tls_certificate_message *certificate = &message.u.certificate;
    enum tls_reason reason = tls13_next_certificate(e, 0, &message, progress);

    if (reason != TLS_OK || e->message.length == 0)
        return reason;
    if (!tls_bytes_equal(certificate->certificate_request_context,
            tls_bytes_make(e->request_context, e->request_context_length)))
        return TLS_REASON_ILLEGAL_PARAMETER;
    reason = tls13_receive_certificate(e, certificate);
    if (reason == TLS_OK)
        reason = tls13_report(e, TLS_STAGE_CERTIFICATE);
    if (reason == TLS_OK && certificate->certificate_count == 0 &&
        h->facts.verify == TLS_VERIFY_REQUIRED)
        reason = TLS_REASON_CERTIFICATE_REQUIRED;
    e->state = certificate->certificate_count > 0 ? TLS13_STATE(tls13_decide_verify)
                                                  : TLS13_STATE(wait_finished);
    e->after_peer = TLS13_STATE(wait_finished);
    tls13_consume(e);
    return reason;
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
    reason = tls13_receive_finished(
        e, message.u.verify_data, tls13_is_late(e) ? h->host->traffic->client : e->client_secret);
    if (reason == TLS_OK)
        reason = tls13_report(e, TLS_STAGE_FINISHED);
    if (reason == TLS_OK && !tls13_is_late(e))
        reason = tls13_open_with(e, h->host->traffic->client);
    tls13_consume(e);
    if (reason != TLS_OK)
        return reason;
    if (tls13_is_late(e))
        return tls13_authenticated(e, progress);
    e->state = TLS13_STATE(send_tickets);
    return tls13_derive(e, h->host->traffic->resumption, TLS_SECRET_RESUMPTION);
}

/* ---- Tickets ---- */

static enum tls_reason
send_tickets(tls13_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    tls_session *session;
    enum tls_reason reason;

    tls_host_answer_clear(h->host); /* session_store has been told of the last one */
    if (e->tickets_left == 0) {
        reason = tls_host_flush(h->host);
        return reason == TLS_OK ? tls13_end(e, progress) : reason;
    }
    e->tickets_left--;
    reason = tls13_send_new_ticket(h->host, &h->facts, &session);
    if (reason != TLS_OK || session == NULL)
        return reason;
    tls_session_release(h->facts.session);
    h->facts.session = session;
    /* A ticket that is sealed needs no store. */
    if (h->host->context->ticket_keys == NULL &&
        tls_host_decides(h->host, TLS_DECISION_SESSION_STORE)) {
        h->host->events.question.u.session_store.session = session;
        tls_host_ask(h->host, TLS_DECISION_SESSION_STORE);
    }
    return TLS_OK;
}

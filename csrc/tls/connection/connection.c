/* connection.c - the facade: one conversation, whichever engine runs it. The loop that reports what
 * happens, the one place that sends alerts, and what is known at the end. */
#include "connection/internal.h"

#include <stdlib.h>
#include <string.h>

#include "wire/registry.h"
#include "connection/negotiation.h"
#include "handshake/peer_certificate.h"
#include "connection/renegotiation.h"

enum tls_reason
tls_connection_set_chain(tls_certificate_list **list, tls_certificate *const *items, size_t count)
{
    tls_certificate_list_release(*list);
    *list = NULL;
    if (count == 0)
        return TLS_OK;
    return tls_certificate_list_make(list, items, count);
}

void
tls_connection_policy(const tls_connection *c, unsigned char out[TLS_POLICY_LENGTH])
{
    tls_context_policy(c->context, out, c->verify, tls_connection_decides(c, TLS_DECISION_VERIFY));
}

enum tls_verification_level
tls_connection_required_level(const tls_connection *c)
{
    if (c->verify != TLS_VERIFY_REQUIRED)
        return TLS_LEVEL_NONE;
    return tls_connection_decides(c, TLS_DECISION_VERIFY) ? TLS_LEVEL_ACCEPTED : TLS_LEVEL_VERIFIED;
}

/* offered_session: the client's session when it may be offered here, else NULL. */
static tls_session *
offered_session(const tls_connection *c, const tls_session *session)
{
    unsigned char policy[TLS_POLICY_LENGTH];

    if (session == NULL || c->role != TLS_ROLE_CLIENT)
        return NULL;
    tls_connection_policy(c, policy);
    if (!tls_session_fits(session, TLS_ROLE_CLIENT, c->server_name, policy,
            tls_connection_required_level(c), tls_context_now(c->context)))
        return NULL;
    if (session->version == TLS_VERSION_13)
        return tls_session_retain(session);
    if (c->context->no_extended_master_secret && session->extended_master_secret)
        return NULL;
    if (c->context->require_extended_master_secret && !session->extended_master_secret)
        return NULL;
    return tls_session_retain(session);
}

enum tls_reason
tls_connection_new(
    tls_connection **out, tls_context *context, const tls_connection_options *options)
{
    const char *name = options->server_name != NULL ? options->server_name : "";
    tls_connection *c;

    *out = NULL;
    if (strlen(name) > 255 || options->early_data.length > TLS_EARLY_DATA_MAXIMUM ||
        (unsigned)options->verify > TLS_VERIFY_REQUIRED)
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (context->role == TLS_ROLE_CLIENT && (name[0] == '\0') != (options->no_server_name != 0))
        return TLS_REASON_ILLEGAL_PARAMETER;
    c = calloc(1, sizeof *c);
    if (c == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    c->context = tls_context_retain(context);
    c->pool_owner = tls_context_retain(context);
    c->fragment_limit = context->record_size;
    c->verify_given = options->verify != TLS_VERIFY_DEFAULT;
    c->role = context->role;
    c->verify = c->verify_given ? options->verify : context->verify;
    c->stage_mask = options->stage_mask;
    c->decision_mask = options->decision_mask;
    c->peer_alert = TLS_ALERT_NONE;
    c->keylog_question.decision = TLS_DECISION_KEYLOG;
    c->engine_class = &tls_negotiation_class;
    c->sealer.version = 0x0301; /* RFC 5246 appendix E.1: what a first ClientHello may carry */
    c->server_name = tls_bytes_to_string(tls_bytes_of_string(name));
    if (c->server_name == NULL) {
        tls_connection_free(c);
        return TLS_REASON_OUT_OF_MEMORY;
    }
    c->session = offered_session(c, options->session);
    c->version_min = options->version_min;
    c->version_max = options->version_max;
    c->early_data_resend = options->early_data_resend;
    if (c->role == TLS_ROLE_CLIENT)
        tls_buffer_append(&c->early_out, options->early_data.data, options->early_data.length);
    if (c->early_out.failed) {
        tls_connection_free(c);
        return TLS_REASON_OUT_OF_MEMORY;
    }
    *out = c;
    return TLS_OK;
}

static void
release_engine(tls_connection *c)
{
    tls_connection_answer_clear(c);
    if (c->engine != NULL)
        c->engine_class->release(c);
    c->engine = NULL;
}

void
tls_connection_free(tls_connection *c)
{
    if (c == NULL)
        return;
    release_engine(c);
    while (c->events != NULL)
        tls_connection_drop_event(c);
    tls_connection_release_buffers(c);
    tls_record_opener_wipe(&c->opener);
    tls_record_sealer_wipe(&c->sealer);
    tls_buffer_release(&c->alpn);
    tls_buffer_release(&c->early_in);
    tls_buffer_release(&c->early_out);
    tls_traffic_free(c->traffic);
    free(c->server_name);
    free(c->failure_text);
    tls_session_release(c->session);
    tls_peer_clear(&c->peer);
    tls_peer_clear(&c->claimed);
    tls_certificate_list_release(c->local_chain);
    tls_renegotiation_free(c->renegotiation);
    tls_context_release(c->context);
    tls_context_release(c->pool_owner);
    tls_wipe(c, sizeof *c);
    free(c);
}

/* ---- The end of a connection ---- */

void
tls_connection_explain(tls_connection *c, const char *text)
{
    free(c->failure_text);
    c->failure_text = tls_bytes_to_string(tls_bytes_of_string(text));
}

/* RFC 5246 section 7.2.2: a session that ended in a fatal alert must not be resumed. */
static void
forget_session(tls_connection *c, const tls_session *session)
{
    if (c->context->cache != NULL && session != NULL)
        tls_session_cache_remove(
            c->context->cache, tls_bytes_make(session->id, session->id_length));
}

/* fails_handshake: whether what ends now is a handshake or a late authentication that was going on.
 * The caller's own closing in the middle of a later one takes nothing back of the one before. */
static int
fails_handshake(const tls_connection *c, enum tls_reason reason)
{
    if (!c->established)
        return 1;
    return reason != TLS_REASON_CLOSED &&
           (c->renegotiation != NULL || tls_connection_authenticating(c));
}

void
tls_connection_fail(tls_connection *c, enum tls_reason reason, int alert, const char *text)
{
    int fails;

    if (c->failure != TLS_OK || reason == TLS_OK)
        return;
    fails = fails_handshake(c, reason);
    c->failure = reason;
    if (text != NULL)
        tls_connection_explain(c, text);
    if (alert == TLS_ALERT_NONE)
        alert = tls_reason_alert(reason);
    /* RFC 8446 section 6.2: TLS 1.3 has an alert of its own for it. */
    if (reason == TLS_REASON_CERTIFICATE_REQUIRED && c->version == TLS_VERSION_13)
        alert = TLS_ALERT_CERTIFICATE_REQUIRED;
    /* Nothing follows close_notify, not even an alert (RFC 8446 section 6.1). */
    if (alert != TLS_ALERT_NONE && !c->close_sent)
        (void)tls_connection_send_alert(c, 2, alert);
    if (alert != TLS_ALERT_NONE || reason == TLS_REASON_PEER_ALERT) {
        forget_session(c, c->session);
        if (c->renegotiation != NULL)
            forget_session(c, c->renegotiation->session);
    }
    release_engine(c);
    if (fails)
        tls_connection_disown_peer(c, reason);
    else
        tls_peer_clear(&c->claimed);
    tls_traffic_free(c->traffic);
    c->traffic = NULL;
    tls_buffer_release(&c->early_in);
    tls_buffer_release(&c->early_out);
    c->plaintext_length = 0;
    c->input_start = c->input_end;
    tls_connection_idle_input(c);
    /* What a peer made us hold of a long message. */
    tls_buffer_release(&c->handshake_in);
    tls_buffer_release(&c->handshake_out);
    tls_record_opener_wipe(&c->opener);
    tls_record_sealer_wipe(&c->sealer);
}

enum tls_reason
tls_connection_failure(const tls_connection *c)
{
    return c->failure;
}

const char *
tls_connection_failure_text(const tls_connection *c)
{
    if (c->failure_text != NULL)
        return c->failure_text;
    return tls_reason_sentence(c->failure);
}

int
tls_connection_peer_alert(const tls_connection *c)
{
    return c->peer_alert;
}

void
tls_connection_close(tls_connection *c)
{
    if (c->close_sent || c->failure != TLS_OK)
        return;
    /* RFC 5246 section 7.2.2: user_canceled is followed by close_notify. */
    if (!c->established)
        (void)tls_connection_send_alert(c, 1, TLS_ALERT_USER_CANCELED);
    if (tls_connection_send_alert(c, 1, TLS_ALERT_CLOSE_NOTIFY) == TLS_OK)
        c->close_sent = 1;
    /* In the middle of a renegotiation neither side knows how to read on. */
    if (!c->established || c->renegotiation != NULL)
        tls_connection_fail(c, TLS_REASON_CLOSED, TLS_ALERT_NONE, NULL);
}

void
tls_connection_end(tls_connection *c)
{
    tls_connection_fail(c, TLS_REASON_CLOSED, TLS_ALERT_NONE, NULL);
    while (c->events != NULL)
        tls_connection_drop_event(c);
    tls_connection_release_buffers(c);
    tls_wipe(c->master_secret, sizeof c->master_secret);
}

/* ---- The loop ---- */

/* finish_handshake goes from the engine's end to `established`, by way of session_store. */
static enum tls_reason
finish_handshake(tls_connection *c)
{
    enum tls_reason reason;

    switch (c->epilogue) {
    case TLS_EPILOGUE_STORE:
        c->epilogue = TLS_EPILOGUE_DONE;
        if (c->session == NULL || !c->session_is_new)
            return TLS_OK;
        /* A store of one's own is beside the cache, not instead of it: session_cache = 0 turns that
         * off. */
        if (c->context->cache != NULL && !c->ticket)
            tls_session_cache_store(c->context->cache, c->session);
        if (tls_connection_decides(c, TLS_DECISION_SESSION_STORE)) {
            c->question.u.session_store.session = c->session;
            tls_connection_ask(c, TLS_DECISION_SESSION_STORE);
            c->epilogue = TLS_EPILOGUE_STORING;
        }
        return TLS_OK;
    case TLS_EPILOGUE_STORING:
        tls_connection_answer_clear(c);
        c->epilogue = TLS_EPILOGUE_DONE;
        return TLS_OK;
    default:
        c->epilogue = TLS_EPILOGUE_NONE;
        c->established = 1;
        c->may_write = 0;
        /* What the server took early is not sent again, nor is what the application did not want
         * sent late. */
        if (c->early_data == TLS_EARLY_DATA_ACCEPTED || !c->early_data_resend)
            tls_buffer_release(&c->early_out);
        reason = tls_connection_stage_happened(
            c, TLS_STAGE_ESTABLISHED, TLS_NEITHER, tls_bytes_make(NULL, 0));
        if (c->renegotiation != NULL)
            tls_renegotiation_done(c);
        /* Early data that goes out again does so now: the caller may not do anything else for a
         * while. */
        return reason == TLS_OK ? tls_connection_before_write(c) : reason;
    }
}

/* advance_handshake does one unit of work; *blocked says that only the peer can help. */
static enum tls_reason
advance_handshake(tls_connection *c, int *blocked)
{
    enum tls_progress progress = TLS_PROGRESS_MORE;
    enum tls_reason reason;

    *blocked = 0;
    if (c->epilogue != TLS_EPILOGUE_NONE)
        return finish_handshake(c);
    reason = c->engine_class->advance(c, &progress);
    if (reason != TLS_OK)
        return reason;
    if (progress == TLS_PROGRESS_DONE) {
        /* What the peer sent beyond its Finished in the same record has no place under the keys
         * that come then. A late authentication of TLS 1.3 changes none. */
        if (c->handshake_in.length > 0 && (!c->established || c->renegotiation != NULL))
            return TLS_REASON_UNEXPECTED_MESSAGE;
        release_engine(c);
        if (!c->established || c->renegotiation != NULL)
            c->epilogue = TLS_EPILOGUE_STORE;
    }
    *blocked = progress == TLS_PROGRESS_BLOCKED;
    return TLS_OK;
}

/* after_handshake does what is due without the peer, then one message of those that came; *got
 * tells whether there was one. */
static enum tls_reason
after_handshake(tls_connection *c, int *got)
{
    enum tls_reason reason;

    *got = 0;
    if (c->question_state == TLS_QUESTION_ANSWERED) /* session_store */
        tls_connection_answer_clear(c);
    reason = c->close_sent ? TLS_OK : tls_connection_before_write(c);
    return reason == TLS_OK ? tls_connection_message_after(c, got) : reason;
}

/* has_data: whether there is plaintext that the caller has not been told of. What was put aside is
 * for later, while the handshake or the late authentication that it stood in the way of goes on. */
static int
has_data(const tls_connection *c)
{
    if (c->plaintext_length > 0)
        return 1;
    if (!c->established)
        return 0;
    return c->early_in.length > 0 || (c->held.length > 0 && !tls_connection_renegotiating(c) &&
                                         !tls_connection_authenticating(c));
}

/* report returns the event at the front of the queue, or -1. */
static int
report(tls_connection *c)
{
    if (c->events != NULL) {
        c->event_reported = 1;
        if (!c->events->is_keylog)
            return TLS_EVENT_STAGE;
        c->keylog_question.u.keylog.line = c->events->event.raw;
        return TLS_EVENT_DECISION;
    }
    if (c->question_state == TLS_QUESTION_ASKED) {
        c->question_reported = 1;
        return TLS_EVENT_DECISION;
    }
    return -1;
}

/* report_end queues the stage `closed`, once. */
static int
report_end(tls_connection *c)
{
    if (c->closed_reported)
        return -1;
    c->closed_reported = 1;
    (void)tls_connection_stage_happened(c, TLS_STAGE_CLOSED, TLS_NEITHER, tls_bytes_make(NULL, 0));
    return report(c);
}

enum tls_event
tls_connection_step(tls_connection *c)
{
    enum tls_reason reason = TLS_OK;
    int blocked, got, event;

    if (c->event_reported)
        tls_connection_drop_event(c);
    else if (c->question_state == TLS_QUESTION_ASKED && c->question_reported)
        reason = tls_connection_answer_default(c);
    for (;;) {
        if (reason != TLS_OK)
            tls_connection_fail(c, reason, TLS_ALERT_NONE, NULL);
        event = report(c);
        if (event >= 0)
            return (enum tls_event)event;
        if (c->failure != TLS_OK) {
            event = report_end(c);
            return event >= 0 ? (enum tls_event)event : TLS_EVENT_FAILED;
        }
        if (c->early_data_arrived && !c->established) {
            c->early_data_arrived = 0;
            return TLS_EVENT_EARLY_DATA;
        }
        if (c->established && !c->established_reported) {
            c->established_reported = 1;
            tls_connection_idle_input(c);
            return TLS_EVENT_DATA;
        }
        if (!c->established || c->engine != NULL || c->renegotiation != NULL) {
            reason = advance_handshake(c, &blocked);
            if (reason != TLS_OK || !blocked)
                continue;
        } else {
            reason = after_handshake(c, &got);
            if (reason != TLS_OK || got)
                continue;
        }
        if (has_data(c))
            return TLS_EVENT_DATA;
        if (c->close_received ||
            (c->input_ended && c->close_sent && c->input_start == c->input_end)) {
            /* A peer that just goes away after our close_notify has broken nothing that we still
             * wanted to read (RFC 5246 section 7.2.1 requires no wait for the answer). What stands
             * behind a close_notify is ignored. */
            c->input_start = c->input_end;
            tls_connection_idle_input(c);
            event = report_end(c);
            return event >= 0 ? (enum tls_event)event : TLS_EVENT_CLOSED;
        }
        reason = tls_connection_read_record(c, &got);
        if (reason != TLS_OK || got)
            continue;
        if (!c->input_ended) {
            tls_connection_idle_input(c);
            return TLS_EVENT_WANT_READ;
        }
        if (c->close_sent && c->established)
            c->input_start = c->input_end;
        else
            reason = TLS_REASON_TRUNCATED;
    }
}

/* ---- What was negotiated ---- */

static void
list_view(const tls_certificate_list *list, const tls_certificate *const **items, size_t *count)
{
    *items = list != NULL ? (const tls_certificate *const *)list->items : NULL;
    *count = list != NULL ? list->count : 0;
}

static size_t
held_memory(const tls_connection *c)
{
    size_t total = sizeof *c + c->handshake_in.capacity + c->handshake_out.capacity +
                   c->alpn.capacity + strlen(c->server_name) + 1;

    if (c->engine != NULL)
        total += c->engine_class->memory(c);
    if (c->input != NULL)
        total += TLS_POOL_BUFFER_LENGTH;
    if (c->output != NULL)
        total += TLS_POOL_BUFFER_LENGTH;
    if (c->session != NULL)
        total += sizeof *c->session;
    if (c->renegotiation != NULL)
        total += sizeof *c->renegotiation;
    return total + tls_traffic_memory(c->traffic) + c->early_in.capacity + c->early_out.capacity +
           c->held.capacity + c->output_before.capacity;
}

/* current_info is what also changes while a renegotiation goes on. */
static void
current_info(const tls_connection *c, tls_connection_info *out)
{
    out->renegotiations = c->renegotiations;
    out->renegotiating = tls_connection_renegotiating(c);
    out->authenticating = tls_connection_authenticating(c);
    out->closed_sent = c->close_sent;
    out->closed_received = c->close_received;
    out->bytes_received = c->bytes_received;
    out->bytes_sent = c->bytes_sent;
    out->records_received = c->opener.earlier_count + c->opener.count;
    out->records_sent = c->sealer.earlier_count + c->sealer.count;
    out->memory = held_memory(c);
}

void
tls_connection_get_info(const tls_connection *c, tls_connection_info *out)
{
    if (c->renegotiation != NULL) {
        *out = c->renegotiation->before;
        current_info(c, out);
        return;
    }
    memset(out, 0, sizeof *out);
    out->role = c->role;
    out->established = c->established;
    out->version = c->version;
    out->suite = c->suite;
    out->group = c->group;
    out->peer_scheme = c->peer.scheme;
    out->local_scheme = c->local_scheme;
    out->alpn = tls_buffer_view(&c->alpn);
    out->server_name = c->server_name;
    out->resumed = c->resumed;
    out->resumable = c->established && c->session != NULL;
    if (c->session != NULL && (c->established || c->epilogue != TLS_EPILOGUE_NONE))
        out->session_id = tls_bytes_make(c->session->id, c->session->id_length);
    out->peer_verified = c->peer.level != TLS_LEVEL_NONE;
    out->verdict = c->peer.verdict;
    list_view(c->peer.chain, &out->peer_chain, &out->peer_chain_count);
    list_view(c->local_chain, &out->local_chain, &out->local_chain_count);
    out->client_random = tls_bytes_make(c->client_random, sizeof c->client_random);
    out->server_random = tls_bytes_make(c->server_random, sizeof c->server_random);
    out->client_verify_data = tls_bytes_make(c->client_verify_data, c->client_verify_length);
    out->server_verify_data = tls_bytes_make(c->server_verify_data, c->server_verify_length);
    out->secure_renegotiation = c->secure_renegotiation;
    out->extended_master_secret = c->extended_master_secret;
    out->ticket = c->ticket;
    out->max_fragment_length = c->max_fragment_length;
    out->ocsp_response = tls_buffer_view(&c->peer.ocsp_response);
    out->signed_certificate_timestamps = tls_buffer_view(&c->peer.signed_certificate_timestamps);
    out->early_data = c->early_data;
    out->early_data_length = c->early_data_length;
    out->hello_retry = c->hello_retry;
    out->psk = c->peer.psk;
    out->psk_identity = tls_buffer_view(&c->peer.psk_identity);
    out->post_handshake_auth = c->post_handshake_auth;
    out->record_size_limit = c->peer_record_limit;
    out->authentications = c->authentications;
    out->declined = c->declined;
    out->key_updates_sent = c->key_updates_sent;
    out->key_updates_received = c->key_updates_received;
    current_info(c, out);
}

tls_session *
tls_connection_session(const tls_connection *c)
{
    const tls_session *session = c->renegotiation != NULL ? c->renegotiation->session : c->session;

    if (!c->established || session == NULL)
        return NULL;
    return tls_session_retain(session);
}

/* ---- TLS 1.3 after the handshake ---- */

static enum tls_reason
check_after(const tls_connection *c, int has)
{
    if (c->failure != TLS_OK)
        return c->failure;
    if (c->close_sent)
        return TLS_REASON_CLOSED;
    if (!c->established)
        return TLS_REASON_NOT_READY;
    return has ? TLS_OK : TLS_REASON_UNSUPPORTED_VERSION;
}

enum tls_reason
tls_connection_update_keys(tls_connection *c, int request)
{
    enum tls_reason reason = check_after(c, c->engine_class->update_keys != NULL);

    return reason == TLS_OK ? c->engine_class->update_keys(c, request) : reason;
}

enum tls_reason
tls_connection_request_certificate(tls_connection *c)
{
    enum tls_reason reason =
        check_after(c, c->engine_class->request_certificate != NULL && c->role == TLS_ROLE_SERVER);

    return reason == TLS_OK ? c->engine_class->request_certificate(c) : reason;
}

int
tls_connection_authenticating(const tls_connection *c)
{
    return c->failure == TLS_OK && c->established && c->traffic != NULL &&
           (c->traffic->requested != NULL || c->engine != NULL);
}

enum tls_reason
tls_connection_send_ticket(tls_connection *c)
{
    enum tls_reason reason =
        check_after(c, c->engine_class->send_ticket != NULL && c->role == TLS_ROLE_SERVER);

    return reason == TLS_OK ? c->engine_class->send_ticket(c) : reason;
}

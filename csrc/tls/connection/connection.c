/* connection.c - one conversation, whichever engine runs: making and freeing it, the loop that
 * reports what happens, and the end. */
#include "connection/internal.h"

#include <stdlib.h>
#include <string.h>

#include "connection/negotiation.h"
#include "handshake/client_session.h"
#include "handshake/ech.h"
#include "tls13/traffic.h"
#include "wire/protocol.h"
#include "x509/server_name.h"

/* ---- What engines may do with it (handshake/host.h) ---- */

static enum tls_reason
next_message(tls_host *host, uint32_t awaited, tls_bytes *message)
{
    return tls_input_next_message(tls_connection_of(host), awaited, message);
}

static void
message_done(tls_host *host, size_t length)
{
    tls_input_message_done(tls_connection_of(host), length);
}

static int
is_last(const tls_host *host, size_t length)
{
    return ((const tls_connection *)host)->input.handshake.length == length;
}

static enum tls_reason
send_message(tls_host *host, tls_bytes message)
{
    return tls_output_message(tls_connection_of(host), message);
}

static enum tls_reason
send_alone(tls_host *host, tls_bytes message)
{
    return tls_output_alone(tls_connection_of(host), message);
}

static enum tls_reason
flush(tls_host *host)
{
    return tls_output_flush(tls_connection_of(host));
}

static enum tls_reason
send_change_cipher_spec(tls_host *host)
{
    return tls_output_change_cipher_spec(tls_connection_of(host));
}

static enum tls_reason
send_early_data(tls_host *host, tls_bytes data)
{
    return tls_output_early_data(tls_connection_of(host), data);
}

static int
has_room(const tls_host *host)
{
    return tls_output_has_room((const tls_connection *)host);
}

static enum tls_reason
make_room(tls_host *host)
{
    return tls_output_make_room(tls_connection_of(host));
}

static enum tls_reason
fit_flight(tls_host *host)
{
    return tls_output_fit_flight(tls_connection_of(host));
}

static void
explain(tls_host *host, const char *text)
{
    tls_connection_explain(tls_connection_of(host), text);
}

const tls_host_class tls_connection_host_class = {next_message, message_done, is_last, send_message,
    send_alone, flush, send_change_cipher_spec, send_early_data, has_room, make_room, fit_flight,
    explain};

/* ---- Making and freeing ---- */

/* offer_session keeps the client's session when it may be offered here. */
static void
offer_session(tls_connection *c, const tls_session *session)
{
    tls_host *host = &c->host;
    tls_facts *facts = &host->handshake->facts;
    tls_lists lists = tls_host_lists(host);

    if (session != NULL && host->role == TLS_ROLE_CLIENT &&
        tls_context_resumes(host->context, &lists, session, host->server_name, facts->verify,
            tls_host_decides(host, TLS_DECISION_VERIFY)))
        facts->session = tls_session_retain(session);
}

/* lower_case: names that differ in case are the same (RFC 4343), and sessions are found by them. */
static void
lower_case(char *name)
{
    for (; *name != '\0'; name++)
        if (*name >= 'A' && *name <= 'Z')
            *name += 'a' - 'A';
}

static enum tls_reason
set_up(tls_connection *c, const tls_connection_options *options)
{
    tls_host *host = &c->host;
    enum tls_reason reason;

    host->server_name = tls_bytes_to_string(tls_server_name_canonical(
        tls_bytes_of_string(options->server_name != NULL ? options->server_name : "")));
    if (host->server_name == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    lower_case(host->server_name);
    reason = tls_lists_copy(
        &host->own, options->alpn, options->alpn_count, options->pins, options->pin_count);
    if (reason != TLS_OK)
        return reason;
    host->no_ech = options->no_ech;
    reason = tls_ech_list_copy(&host->ech, options->ech);
    if (reason != TLS_OK)
        return reason;
    if (host->role == TLS_ROLE_CLIENT)
        tls_buffer_append(&host->early_out, options->early_data.data, options->early_data.length);
    if (host->early_out.length > 0 && options->session != NULL)
        tls_buffer_append(
            &host->early_protocol, options->session->alpn.data, options->session->alpn.length);
    if (host->early_out.failed || host->early_protocol.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    reason = tls_handshake_new(host, TLS_FIRST_HANDSHAKE, &tls_negotiation_class);
    if (reason != TLS_OK)
        return reason;
    host->handshake->verify_given = c->verify_given;
    offer_session(c, options->session);
    return TLS_OK;
}

static int
is_server_name(const char *name)
{
    tls_buffer fault = {NULL, 0, 0, 0};
    int good = tls_server_name_check(&fault, tls_bytes_of_string(name));

    tls_buffer_release(&fault);
    return good;
}

enum tls_reason
tls_connection_new(
    tls_connection **out, tls_context *context, const tls_connection_options *options)
{
    const char *name = options->server_name != NULL ? options->server_name : "";
    tls_connection *c;
    enum tls_reason reason;

    *out = NULL;
    if (name[0] != '\0' && !is_server_name(name))
        return TLS_REASON_BAD_NAME;
    if (options->early_data.length > TLS_EARLY_DATA_MAXIMUM ||
        !tls_verify_mode_fits(options->verify, context->role))
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (context->role == TLS_ROLE_CLIENT && (name[0] == '\0') != (options->no_server_name != 0))
        return TLS_REASON_ILLEGAL_PARAMETER;
    c = calloc(1, sizeof *c);
    if (c == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    c->host.class = &tls_connection_host_class;
    c->host.context = tls_context_retain(context);
    c->host.role = context->role;
    c->host.version_min = options->version_min;
    c->host.version_max = options->version_max;
    c->host.fragment_limit = context->record_size;
    c->host.sealer.version = 0x0301; /* RFC 5246 appendix E.1: what a first ClientHello may carry */
    c->host.early_data_resend = options->early_data_resend;
    c->host.fallback_scsv = options->fallback_scsv;
    /* Early data is written for a session that the caller knows. */
    c->host.session_given =
        options->session != NULL || options->no_session || options->early_data.length > 0;
    c->host.events.stage_mask = options->stage_mask;
    c->host.events.decision_mask = options->decision_mask;
    c->pool_owner = tls_context_retain(context);
    c->verify_given = options->verify != TLS_VERIFY_DEFAULT;
    c->host.settled.verify = c->verify_given ? options->verify : context->verify;
    c->peer_alert = TLS_ALERT_NONE;
    c->input.subject_message = -1;
    reason = set_up(c, options);
    if (reason != TLS_OK) {
        tls_connection_free(c);
        return reason;
    }
    *out = c;
    return TLS_OK;
}

void
tls_connection_free(tls_connection *c)
{
    if (c == NULL)
        return;
    tls_handshake_end(&c->host);
    tls_events_clear(&c->host.events);
    tls_input_release(c);
    tls_output_release(c);
    tls_record_opener_wipe(&c->host.opener);
    tls_record_sealer_wipe(&c->host.sealer);
    tls_buffer_release(&c->host.early_out);
    tls_buffer_release(&c->host.early_protocol);
    tls_buffer_release(&c->host.ech);
    tls_traffic_free(c->host.traffic);
    tls_facts_clear(&c->host.settled);
    free(c->host.server_name);
    tls_lists_clear(&c->host.own);
    free(c->failure_text);
    tls_context_release(c->host.context);
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
    if (c->host.context->cache != NULL && session != NULL)
        tls_session_cache_drop(c->host.context->cache, session);
}

/* forget_sessions: of a client's cache all that this server gave (RFC 8446 section 6.2: tickets of
 * a failed connection should be discarded). */
static void
forget_sessions(tls_connection *c)
{
    if (c->host.context->cache != NULL && c->host.role == TLS_ROLE_CLIENT) {
        tls_session_cache_forget(c->host.context->cache, tls_bytes_of_string(c->host.server_name));
        return;
    }
    forget_session(c, c->host.settled.session);
    if (c->host.handshake != NULL)
        forget_session(c, c->host.handshake->facts.session);
}

/* fail_handshake: what ends now is a handshake, and so nobody is named; what else the first one has
 * found is told, and what was wrong with the peer's chain. The caller's own closing in the middle
 * of a later one takes nothing back of the one before. */
static void
fail_handshake(tls_connection *c, enum tls_reason reason)
{
    tls_host *host = &c->host;
    enum tls_reason verdict = TLS_OK;

    if (c->established && (reason == TLS_REASON_CLOSED ||
                              (host->handshake == NULL && !tls_connection_authenticating(c))))
        return;
    if (host->handshake != NULL)
        verdict = host->handshake->facts.peer.verdict;
    if (host->handshake != NULL && !c->established)
        tls_facts_settle(&host->settled, &host->handshake->facts);
    tls_facts_disown(&host->settled, verdict);
}

void
tls_connection_fail(tls_connection *c, enum tls_reason reason, int alert, const char *text)
{
    tls_host *host = &c->host;

    if (c->failure != TLS_OK || reason == TLS_OK)
        return;
    if (text != NULL)
        tls_connection_explain(c, text);
    if (alert == TLS_ALERT_NONE)
        alert = reason == TLS_REASON_CERTIFICATE_REQUIRED
                    ? (int)tls_protocol_of(tls_host_facts(host)->version)->certificate_required
                    : tls_reason_alert(reason);
    /* Nothing follows close_notify, not even an alert (RFC 8446 section 6.1). */
    if (alert != TLS_ALERT_NONE && !host->close_sent)
        (void)tls_output_alert(c, TLS_ALERT_LEVEL_FATAL, alert);
    /* A server that rejects Encrypted ClientHello is not the one that gave them. */
    if ((alert != TLS_ALERT_NONE || reason == TLS_REASON_PEER_ALERT) &&
        reason != TLS_REASON_ECH_REQUIRED)
        forget_sessions(c);
    tls_explain_failure(c, reason);
    fail_handshake(c, reason);
    c->failure = reason;
    tls_host_answer_clear(host);
    tls_handshake_end(host);
    tls_traffic_free(host->traffic);
    host->traffic = NULL;
    tls_buffer_release(&host->early_out);
    tls_input_drop(c);
    tls_buffer_release(&c->output.handshake);
    tls_record_opener_wipe(&host->opener);
    tls_record_sealer_wipe(&host->sealer);
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
    if (c->host.close_sent || c->failure != TLS_OK)
        return;
    /* RFC 5246 section 7.2.2: user_canceled is followed by close_notify. */
    if (!c->established)
        (void)tls_output_alert(c, TLS_ALERT_LEVEL_WARNING, TLS_ALERT_USER_CANCELED);
    if (tls_output_alert(c, TLS_ALERT_LEVEL_WARNING, TLS_ALERT_CLOSE_NOTIFY) == TLS_OK)
        c->host.close_sent = 1;
    /* In the middle of a handshake that changes keys neither side knows how to read on. */
    if (!c->established || tls_connection_in_renegotiation(c))
        tls_connection_fail(c, TLS_REASON_CLOSED, TLS_ALERT_NONE, NULL);
}

void
tls_connection_end(tls_connection *c)
{
    tls_connection_fail(c, TLS_REASON_CLOSED, TLS_ALERT_NONE, NULL);
    tls_events_clear(&c->host.events);
    tls_input_release(c);
    tls_output_release(c);
    tls_wipe(c->host.settled.master_secret, sizeof c->host.settled.master_secret);
}

/* ---- The loop ---- */

/* reject_ech: RFC 9849 section 6.1.6: the handshake was only for the configs to try again with, and
 * these count from whoever has proven to have the public name. */
static enum tls_reason
reject_ech(tls_handshake *h)
{
    if (h->facts.peer.level != TLS_LEVEL_VERIFIED)
        tls_buffer_clear(&h->facts.ech_retry_configs);
    return TLS_REASON_ECH_REQUIRED;
}

/* advance does one unit of a handshake's work; *blocked says that only the peer can help. */
static enum tls_reason
advance(tls_connection *c, int *blocked)
{
    tls_handshake *h = c->host.handshake;
    enum tls_progress progress = TLS_PROGRESS_MORE;
    enum tls_reason reason = h->engine_class->advance(h, &progress);

    *blocked = progress == TLS_PROGRESS_BLOCKED;
    if (reason != TLS_OK)
        return reason;
    if (progress == TLS_PROGRESS_OLDER)
        return tls_negotiation_older(h);
    if (progress != TLS_PROGRESS_DONE)
        return TLS_OK;
    if (h->purpose == TLS_LATE_AUTHENTICATION) {
        tls_handshake_settle(&c->host);
        return TLS_OK;
    }
    if (tls_ech_rejected(h))
        return reject_ech(h);
    /* What the peer sent beyond its Finished in the same record has no place under the keys that
     * come then. */
    if (c->input.handshake.length > 0)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    h->engine_class->release(h);
    c->phase = TLS_PHASE_STORE;
    return TLS_OK;
}

/* store keeps the session of the handshake that is over, and asks `session_store`. */
static enum tls_reason
store(tls_connection *c)
{
    const tls_facts *facts = &c->host.handshake->facts;

    c->phase = TLS_PHASE_SETTLE;
    if (facts->session == NULL || !facts->session_is_new)
        return TLS_OK;
    /* A store of one's own is beside the cache, not instead of it: session_cache = 0 turns that
     * off. */
    if (c->host.role == TLS_ROLE_CLIENT)
        tls_client_session_keep(&c->host, facts->session);
    else if (c->host.context->cache != NULL && !facts->ticket)
        tls_session_cache_store(c->host.context->cache, facts->session);
    if (tls_host_decides(&c->host, TLS_DECISION_SESSION_STORE)) {
        c->host.events.question.u.session_store.session = facts->session;
        tls_host_ask(&c->host, TLS_DECISION_SESSION_STORE);
    }
    return TLS_OK;
}

static enum tls_reason
settle(tls_connection *c)
{
    tls_host *host = &c->host;
    tls_handshake *h = host->handshake;
    enum tls_reason reason =
        tls_host_happened(host, TLS_STAGE_ESTABLISHED, TLS_NEITHER, tls_bytes_make(NULL, 0));

    c->phase = TLS_PHASE_OPEN;
    if (tls_handshake_renegotiates(h))
        c->renegotiations++;
    else
        c->untold = 1;
    c->established = 1;
    tls_buffer_release(&host->ech);
    c->settled_class = h->engine_class;
    c->renegotiation_verify = TLS_VERIFY_DEFAULT;
    host->may_write = 0;
    /* What the server took early is not sent again, nor is what the application did not want sent
     * late, nor what was written for another protocol than the one that was chosen. */
    if (h->facts.early_data == TLS_EARLY_DATA_ACCEPTED || !host->early_data_resend ||
        !tls_bytes_equal(tls_buffer_view(&h->facts.alpn), tls_buffer_view(&host->early_protocol)))
        tls_buffer_release(&host->early_out);
    tls_handshake_settle(host);
    /* Early data that goes out again does so now: the caller may not do anything else for a while.
     */
    return reason == TLS_OK ? tls_output_before_data(c) : reason;
}

/* message_after gives a message that came after the handshake to the engine's class; *got is 0
 * while none is whole. */
static enum tls_reason
message_after(tls_connection *c, int *got)
{
    tls_bytes message;
    int renegotiate = 0;
    enum tls_reason reason =
        tls_input_next_message(c, c->settled_class->awaits(&c->host), &message);

    *got = message.length > 0;
    if (reason == TLS_OK && *got)
        reason = tls_host_count_idle(&c->host);
    if (reason == TLS_OK && *got)
        reason = c->settled_class->message(&c->host, message, &renegotiate);
    return reason == TLS_OK && renegotiate ? tls_renegotiation_requested(c, message) : reason;
}

/* between looks at one message of those that came; *got tells whether there was one. */
static enum tls_reason
between(tls_connection *c, int *got)
{
    *got = 0;
    if (c->host.events.question_state == TLS_QUESTION_ANSWERED) /* session_store */
        tls_host_answer_clear(&c->host);
    return message_after(c, got);
}

/* work does what can be done without new records; *more says to come again. */
static enum tls_reason
work(tls_connection *c, int *more)
{
    int blocked, got;
    enum tls_reason reason;

    *more = 1;
    switch (c->phase) {
    case TLS_PHASE_STORE:
        return store(c);
    case TLS_PHASE_SETTLE:
        tls_host_answer_clear(&c->host);
        return settle(c);
    default:
        break;
    }
    if (c->host.handshake != NULL) {
        reason = advance(c, &blocked);
        *more = !blocked;
    } else {
        reason = between(c, &got);
        *more = got;
    }
    return reason;
}

/* has_data: whether there is plaintext that the caller has not been told of. What was put aside is
 * for later, while the handshake or the late authentication that it stood in the way of goes on. */
static int
has_data(const tls_connection *c)
{
    if (c->input.plaintext_length > 0)
        return 1;
    if (!c->established)
        return 0;
    return c->input.early.length > 0 ||
           (c->input.held.length > 0 && !c->input.reads_on && !tls_connection_renegotiating(c) &&
               !tls_connection_authenticating(c));
}

/* report returns the event at the front of the queue, or the question; -1: there is none. */
static int
report(tls_connection *c)
{
    tls_events *events = &c->host.events;

    if (events->first != NULL) {
        events->event_reported = 1;
        return events->first->is_keylog ? TLS_EVENT_DECISION : TLS_EVENT_STAGE;
    }
    if (events->question_state == TLS_QUESTION_ASKED) {
        events->question_reported = 1;
        return TLS_EVENT_DECISION;
    }
    return -1;
}

/* reach enters one of the last two phases, with the stage `closed` before it, once. */
static void
reach(tls_connection *c, enum tls_phase phase)
{
    if (c->phase < TLS_PHASE_CLOSED)
        (void)tls_host_happened(&c->host, TLS_STAGE_CLOSED, TLS_NEITHER, tls_bytes_make(NULL, 0));
    c->phase = phase;
}

/* is_over: the peer sends nothing more. A peer that just goes away after our close_notify has
 * broken nothing that we still wanted to read (RFC 5246 section 7.2.1 requires no wait for the
 * answer). */
static int
is_over(const tls_connection *c)
{
    return c->close_received ||
           (c->input.ended && c->host.close_sent && c->input.start == c->input.end);
}

/* acknowledge is done with what the step before reported; a question that was not answered takes
 * its default. */
static enum tls_reason
acknowledge(tls_connection *c)
{
    tls_events *events = &c->host.events;

    if (events->event_reported)
        tls_events_drop(events);
    else if (events->question_state == TLS_QUESTION_ASKED && events->question_reported)
        return tls_connection_answer_default(c);
    return TLS_OK;
}

/* send_due: what is due without the peer, once all that came is read: many requests for new keys in
 * one flight have one answer (RFC 8446 section 4.6.3). */
static enum tls_reason
send_due(tls_connection *c)
{
    return c->established && !c->host.close_sent ? tls_output_before_data(c) : TLS_OK;
}

/* receive takes the next record in, when there is nothing else to do. Returns an event, or -1 to go
 * on. */
static int
receive(tls_connection *c, enum tls_reason *reason)
{
    int got;

    if (has_data(c))
        return TLS_EVENT_DATA;
    if (is_over(c)) {
        /* What stands behind a close_notify is ignored. */
        c->input.start = c->input.end;
        tls_connection_idle_input(c);
        if (c->phase == TLS_PHASE_CLOSED)
            return TLS_EVENT_CLOSED;
        reach(c, TLS_PHASE_CLOSED);
        return -1;
    }
    *reason = tls_input_read_record(c, &got);
    if (*reason != TLS_OK || got)
        return -1;
    if (!c->input.ended) {
        *reason = send_due(c);
        if (*reason != TLS_OK || c->host.events.first != NULL)
            return -1;
        c->input.reads_on = 0;
        tls_connection_idle_input(c);
        return TLS_EVENT_WANT_READ;
    }
    if (c->host.close_sent && c->established)
        c->input.start = c->input.end;
    else
        *reason = TLS_REASON_TRUNCATED;
    return -1;
}

enum tls_event
tls_connection_step(tls_connection *c)
{
    enum tls_reason reason = acknowledge(c);
    int more, event;

    for (;;) {
        if (reason != TLS_OK)
            tls_connection_fail(c, reason, TLS_ALERT_NONE, NULL);
        if (c->failure != TLS_OK && c->phase != TLS_PHASE_FAILED)
            reach(c, TLS_PHASE_FAILED);
        event = report(c);
        if (event >= 0)
            return (enum tls_event)event;
        if (c->phase == TLS_PHASE_FAILED)
            return TLS_EVENT_FAILED;
        if (c->input.early_arrived && !c->established) {
            c->input.early_arrived = 0;
            return TLS_EVENT_EARLY_DATA;
        }
        if (c->untold) {
            c->untold = 0;
            tls_connection_idle_input(c);
            return TLS_EVENT_DATA;
        }
        reason = work(c, &more);
        if (reason != TLS_OK || more)
            continue;
        event = receive(c, &reason);
        if (event >= 0)
            return (enum tls_event)event;
    }
}

/* host.c - see host.h. */
#include "handshake/host.h"

#include <string.h>

#include "handshake/handshake.h"
#include "record/record_protection.h"

const tls_facts *
tls_host_facts(const tls_host *host)
{
    return host->handshake != NULL ? &host->handshake->facts : &host->settled;
}

/* ---- What happened ---- */

static enum tls_reason
add_stage(tls_host *host, enum tls_stage stage, enum tls_direction direction, tls_bytes raw,
    size_t length)
{
    const tls_facts *facts = tls_host_facts(host);
    tls_event_node *node;
    enum tls_reason reason;

    if (!tls_events_watch(&host->events, stage))
        return TLS_OK;
    reason = tls_events_add(&host->events, &node, raw.length);
    if (reason != TLS_OK)
        return reason;
    if (raw.length > 0)
        memcpy(node->data, raw.data, raw.length);
    node->event.stage = stage;
    node->event.direction = direction;
    node->event.version = facts->version;
    node->event.suite = facts->suite;
    node->event.resumed = facts->resumed;
    node->event.renegotiation = host->handshake != NULL &&
                                tls_handshake_renegotiates(host->handshake) &&
                                stage != TLS_STAGE_APPLICATION_DATA && stage != TLS_STAGE_ALERT &&
                                stage != TLS_STAGE_CLOSED;
    if (host->handshake != NULL && host->handshake->engine != NULL)
        node->event.state = host->handshake->engine_class->state(host->handshake);
    node->event.length = length;
    return TLS_OK;
}

enum tls_reason
tls_host_happened(tls_host *host, enum tls_stage stage, enum tls_direction direction, tls_bytes raw)
{
    return add_stage(host, stage, direction, raw, raw.length);
}

enum tls_reason
tls_host_data_happened(tls_host *host, enum tls_direction direction, size_t length)
{
    return add_stage(host, TLS_STAGE_APPLICATION_DATA, direction, tls_bytes_make(NULL, 0), length);
}

/* A secret's digits come from arithmetic, not from a table. */
static unsigned char
hex_digit(uint32_t value)
{
    return (unsigned char)('0' + value + (((9 - value) >> 8) & ('a' - '9' - 1)));
}

static unsigned char *
put_hex(unsigned char *out, const unsigned char *data, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++) {
        *out++ = hex_digit(data[i] >> 4);
        *out++ = hex_digit(data[i] & 15u);
    }
    return out;
}

enum tls_reason
tls_host_keylog(tls_host *host, const char *label, const void *secret, size_t length)
{
    const tls_facts *facts = tls_host_facts(host);
    size_t label_length = strlen(label);
    size_t line_length = label_length + 1 + 2 * sizeof facts->client_random + 1 + 2 * length;
    tls_event_node *node;
    unsigned char *p;
    enum tls_reason reason;

    if (!tls_host_decides(host, TLS_DECISION_KEYLOG))
        return TLS_OK;
    reason = tls_events_add(&host->events, &node, line_length);
    if (reason != TLS_OK)
        return reason;
    node->is_keylog = 1;
    node->question.decision = TLS_DECISION_KEYLOG;
    node->question.u.keylog.line = node->event.raw;
    memcpy(node->data, label, label_length);
    p = node->data + label_length;
    *p++ = ' ';
    p = put_hex(p, facts->client_random, sizeof facts->client_random);
    *p++ = ' ';
    put_hex(p, secret, length);
    return TLS_OK;
}

/* ---- What is decided ---- */

int
tls_host_decides(const tls_host *host, enum tls_decision decision)
{
    return tls_events_decides(&host->events, decision);
}

void
tls_host_ask(tls_host *host, enum tls_decision decision)
{
    tls_events_ask(&host->events, decision);
}

tls_answer *
tls_host_take_answer(tls_host *host)
{
    return tls_events_answer(&host->events);
}

void
tls_host_answer_clear(tls_host *host)
{
    tls_events_answer_clear(&host->events);
}

/* ---- Limits ---- */

enum tls_reason
tls_host_count_idle(tls_host *host)
{
    return ++host->idle_records > TLS_IDLE_RECORDS_MAXIMUM ? TLS_REASON_UNEXPECTED_MESSAGE : TLS_OK;
}

void
tls_host_limit_fragments(tls_host *host, size_t limit)
{
    if (limit < host->fragment_limit)
        host->fragment_limit = limit;
}

/* ---- Protection ---- */

void
tls_host_seal_with(tls_host *host, const tls_suite *suite, const unsigned char *secret)
{
    tls_record_sealer_protect(&host->sealer, suite, secret);
    host->sealer.padding = host->context->record_padding;
}

void
tls_host_open_with(tls_host *host, const tls_suite *suite, const unsigned char *secret)
{
    tls_record_opener_protect(&host->opener, suite, secret);
}

/* ---- Under what a session is resumed ---- */

void
tls_host_policy(const tls_host *host, const tls_facts *facts, unsigned char out[TLS_POLICY_LENGTH])
{
    tls_lists lists = tls_host_lists(host);

    tls_context_policy(
        host->context, out, &lists, facts->verify, tls_host_decides(host, TLS_DECISION_VERIFY));
}

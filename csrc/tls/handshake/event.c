/* event.c - the queue of stage events and key log lines of one connection. */
#include <stdlib.h>
#include <string.h>

#include "connection/internal.h"

static const char *const stage_names[TLS_STAGE_COUNT] = {
    "client_hello",
    "hello_retry_request",
    "server_hello",
    "encrypted_extensions",
    "certificate",
    "certificate_status",
    "server_key_exchange",
    "certificate_request",
    "server_hello_done",
    "client_key_exchange",
    "certificate_verify",
    "change_cipher_spec",
    "finished",
    "new_session_ticket",
    "end_of_early_data",
    "key_update",
    "hello_request",
    "application_data",
    "alert",
    "authenticated",
    "established",
    "closed",
};

const char *
tls_stage_name(enum tls_stage stage)
{
    return stage_names[stage];
}

int
tls_stage_from_name(const char *name)
{
    int i;

    for (i = 0; i < TLS_STAGE_COUNT; i++)
        if (strcmp(stage_names[i], name) == 0)
            return i;
    return -1;
}

static enum tls_reason
enqueue(tls_connection *c, tls_event_node **out, size_t data_length)
{
    tls_event_node *node = calloc(1, sizeof *node + data_length);

    *out = node;
    if (node == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    if (c->events_last != NULL)
        c->events_last->next = node;
    else
        c->events = node;
    c->events_last = node;
    return TLS_OK;
}

static enum tls_reason
enqueue_stage(tls_connection *c, enum tls_stage stage, enum tls_direction direction, tls_bytes raw,
    size_t length)
{
    tls_event_node *node;
    enum tls_reason reason;

    if ((c->stage_mask & (1u << stage)) == 0)
        return TLS_OK;
    reason = enqueue(c, &node, raw.length);
    if (reason != TLS_OK)
        return reason;
    if (raw.length > 0)
        memcpy(node->data, raw.data, raw.length);
    node->event.stage = stage;
    node->event.direction = direction;
    node->event.version = c->version;
    node->event.suite = c->suite;
    node->event.resumed = c->resumed;
    node->event.renegotiation = c->renegotiation != NULL && stage != TLS_STAGE_APPLICATION_DATA &&
                                stage != TLS_STAGE_ALERT && stage != TLS_STAGE_CLOSED;
    node->event.raw = tls_bytes_make(node->data, raw.length);
    node->event.length = length;
    return TLS_OK;
}

enum tls_reason
tls_connection_stage_happened(
    tls_connection *c, enum tls_stage stage, enum tls_direction direction, tls_bytes raw)
{
    return enqueue_stage(c, stage, direction, raw, raw.length);
}

enum tls_reason
tls_connection_data_happened(tls_connection *c, enum tls_direction direction, size_t length)
{
    return enqueue_stage(c, TLS_STAGE_APPLICATION_DATA, direction, tls_bytes_make(NULL, 0), length);
}

static unsigned char *
put_hex(unsigned char *out, const unsigned char *data, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    size_t i;

    for (i = 0; i < length; i++) {
        *out++ = (unsigned char)digits[data[i] >> 4];
        *out++ = (unsigned char)digits[data[i] & 15];
    }
    return out;
}

enum tls_reason
tls_connection_keylog(tls_connection *c, const char *label, const void *secret, size_t length)
{
    size_t label_length = strlen(label);
    size_t line_length = label_length + 1 + 2 * sizeof c->client_random + 1 + 2 * length;
    tls_event_node *node;
    unsigned char *p;
    enum tls_reason reason;

    if (!tls_connection_decides(c, TLS_DECISION_KEYLOG))
        return TLS_OK;
    reason = enqueue(c, &node, line_length);
    if (reason != TLS_OK)
        return reason;
    node->is_keylog = 1;
    node->event.raw = tls_bytes_make(node->data, line_length);
    memcpy(node->data, label, label_length);
    p = node->data + label_length;
    *p++ = ' ';
    p = put_hex(p, c->client_random, sizeof c->client_random);
    *p++ = ' ';
    put_hex(p, secret, length);
    return TLS_OK;
}

void
tls_connection_drop_event(tls_connection *c)
{
    tls_event_node *node = c->events;

    c->event_reported = 0;
    if (node == NULL)
        return;
    c->events = node->next;
    if (c->events == NULL)
        c->events_last = NULL;
    if (node->is_keylog)
        tls_wipe(node->data, node->event.raw.length);
    free(node);
}

const tls_stage_event *
tls_connection_stage(const tls_connection *c)
{
    if (c->events == NULL || c->events->is_keylog || !c->event_reported)
        return NULL;
    return &c->events->event;
}

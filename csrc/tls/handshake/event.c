/* event.c - see event.h. */
#include "handshake/event.h"

#include <stdlib.h>
#include <string.h>

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

/* ---- The queue ---- */

enum tls_reason
tls_events_add(tls_events *events, tls_event_node **out, size_t data_length)
{
    tls_event_node *node = calloc(1, sizeof *node + data_length);

    *out = node;
    if (node == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    node->event.raw = tls_bytes_make(node->data, data_length);
    if (events->last != NULL)
        events->last->next = node;
    else
        events->first = node;
    events->last = node;
    return TLS_OK;
}

void
tls_events_drop(tls_events *events)
{
    tls_event_node *node = events->first;

    events->event_reported = 0;
    if (node == NULL)
        return;
    events->first = node->next;
    if (events->first == NULL)
        events->last = NULL;
    if (node->is_keylog)
        tls_wipe(node->data, node->event.raw.length);
    free(node);
}

void
tls_events_clear(tls_events *events)
{
    while (events->first != NULL)
        tls_events_drop(events);
    tls_events_answer_clear(events);
}

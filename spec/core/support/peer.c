/* peer.c - the peer's keys, its records, and what must hold of its victim. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/exact_bytes.h"
#include "support/inside.h"
#include "support/peer.h"
#include "support/peer_script.h"

enum tls_event
peer_settle(peer *p)
{
    enum tls_event event;

    do {
        event = inside_step(p->victim);
        if (event == TLS_EVENT_DATA) {
            size_t length = tls_connection_plaintext(p->victim).length;

            p->data_read += length;
            tls_connection_plaintext_consume(p->victim, length);
        } else if (event == TLS_EVENT_EARLY_DATA) {
            size_t length = tls_connection_early_data(p->victim).length;

            p->early_read += length;
            tls_connection_early_data_consume(p->victim, length);
        }
    } while (
        event != TLS_EVENT_WANT_READ && event != TLS_EVENT_FAILED && event != TLS_EVENT_CLOSED);
    return event;
}

/* give feeds the victim all of it, as far as it takes it. */
static enum tls_event
give(peer *p, const void *data, size_t length)
{
    const unsigned char *next = data;
    enum tls_event event = peer_settle(p);

    p->victim_had_keys = inside_seals(p->victim);
    while (length > 0) {
        size_t n = tls_connection_feed(p->victim, next, length);

        if (n == 0)
            break;
        next += n;
        length -= n;
        event = peer_settle(p);
    }
    return event;
}

/* ---- Keys ---- */

void
peer_open_with(peer *p, const unsigned char *secret)
{
    tls_record_opener_protect(&p->opener, &inside_context(p->victim)->aead, p->suite, secret);
}

void
peer_seal_with(peer *p, const unsigned char *secret)
{
    if (p->suite != NULL)
        tls_record_sealer_protect(&p->sealer, &inside_context(p->victim)->aead, p->suite, secret);
}

void
peer_use_suite(peer *p, unsigned id)
{
    p->suite = tls_suite_find(id);
    require(p->suite != NULL, "the suite is known");
    p->hash = tls_hash_class((int)p->suite->prf_hash);
    tls_transcript_select(&p->transcript, p->hash);
}

size_t
peer_transcript_hash(const peer *p, unsigned char *out)
{
    memset(out, 0, TLS_SECRET_MAXIMUM);
    return p->transcript.selected != NULL ? tls_transcript_hash(&p->transcript, out) : 32;
}

void
peer_derive(peer *p, unsigned char *out, enum tls_secret secret)
{
    unsigned char hash[TLS_SECRET_MAXIMUM];

    /* A script that leaves out a hello has no such secret: zeros will do. */
    peer_transcript_hash(p, hash);
    if (!tls_key_schedule_derive(&p->schedule, out, secret, hash))
        memset(out, 0, TLS_SECRET_MAXIMUM);
}

void
peer_derive_handshake(peer *p, tls_bytes shared)
{
    tls_key_schedule_start(
        &p->schedule, p->hash, tls_bytes_make(p->psk, p->take_psk ? p->psk_length : 0));
    tls_key_schedule_advance(&p->schedule, shared);
    peer_derive(p, p->client_handshake, TLS_SECRET_CLIENT_HANDSHAKE_TRAFFIC);
    peer_derive(p, p->server_handshake, TLS_SECRET_SERVER_HANDSHAKE_TRAFFIC);
}

void
peer_derive_application(peer *p)
{
    tls_key_schedule_advance(&p->schedule, tls_bytes_make(NULL, 0));
    peer_derive(p, p->client_application, TLS_SECRET_CLIENT_APPLICATION_TRAFFIC);
    peer_derive(p, p->server_application, TLS_SECRET_SERVER_APPLICATION_TRAFFIC);
}

void
peer_derive_early(peer *p)
{
    const br_hash_class *hash = tls_hash_class((int)tls_suite_find(p->session->suite)->prf_hash);
    unsigned char transcript[TLS_SECRET_MAXIMUM];
    tls_key_schedule early;

    tls_transcript_hash_with(&p->transcript, transcript, hash, tls_bytes_make(NULL, 0));
    tls_key_schedule_start(&early, hash, tls_bytes_make(p->psk, p->psk_length));
    require(tls_key_schedule_derive(&early, p->early, TLS_SECRET_CLIENT_EARLY_TRAFFIC, transcript),
        "the schedule has the early secret");
}

/* ---- Records to the victim ---- */

void
peer_protect(peer *p, tls_buffer *out, unsigned type, tls_bytes content, size_t zeros)
{
    const br_sslrec_out_class **protection = &p->sealer.protection.vtable;
    size_t length = content.length + 1 + zeros;
    unsigned char *memory =
        allocate(TLS_RECORD_HEADER_LENGTH + length + TLS_RECORD_OVERHEAD_MAXIMUM);
    unsigned char *inner = memory + TLS_RECORD_HEADER_LENGTH, *record;

    if (content.length > 0)
        memcpy(inner, content.data, content.length);
    inner[content.length] = (unsigned char)type;
    memset(inner + content.length + 1, 0, zeros);
    record =
        (*protection)
            ->encrypt(protection, TLS_CONTENT_APPLICATION_DATA, TLS_VERSION_12, inner, &length);
    tls_buffer_append(out, record, length);
    free(memory);
}

void
peer_write_in_the_clear(tls_buffer *out, unsigned type, unsigned version, tls_bytes content)
{
    unsigned char header[TLS_RECORD_HEADER_LENGTH];

    header[0] = (unsigned char)type;
    tls_put16(header + 1, version);
    tls_put16(header + 3, (uint32_t)content.length);
    tls_buffer_append(out, header, sizeof header);
    tls_buffer_append(out, content.data, content.length);
}

/* append_record appends a record under what keys there are. */
static void
append_record(peer *p, tls_buffer *out, unsigned type, tls_bytes content)
{
    if (p->sealer.protection.vtable != NULL)
        peer_protect(p, out, type, content, 0);
    else
        peer_write_in_the_clear(out, type, p->record_version, content);
}

enum tls_event
peer_give_buffer(peer *p, tls_buffer *record)
{
    enum tls_event event = give(p, record->data, record->length);

    tls_buffer_release(record);
    return event;
}

enum tls_event
peer_send_record(peer *p, unsigned type, const void *content, size_t length)
{
    tls_buffer record = {0};

    append_record(p, &record, type, tls_bytes_make(content, length));
    return peer_give_buffer(p, &record);
}

enum tls_event
peer_send_in_the_clear(peer *p, unsigned type, const void *content, size_t length)
{
    tls_buffer record = {0};

    peer_write_in_the_clear(&record, type, p->record_version, tls_bytes_make(content, length));
    return peer_give_buffer(p, &record);
}

enum tls_event
peer_send_inner(peer *p, unsigned type, const void *content, size_t length, size_t zeros)
{
    tls_buffer record = {0};

    peer_protect(p, &record, type, tls_bytes_make(content, length), zeros);
    return peer_give_buffer(p, &record);
}

/* ---- Records from the victim ---- */

void
peer_heard(peer *p, char letter)
{
    if (p->heard_count < PEER_HEARD_MAXIMUM)
        p->heard[p->heard_count++] = letter;
}

static void
take_content(peer *p, unsigned type, int was_protected, tls_bytes content)
{
    unsigned message_type;
    size_t length;

    if (p->alerts > 0 && p->alert != TLS_ALERT_USER_CANCELED)
        p->after_alert++;
    switch (type) {
    case TLS_CONTENT_ALERT:
        require(content.length == 2, "an alert has two bytes");
        p->alerts++;
        p->alert_level = content.data[0];
        p->alert = content.data[1];
        p->alert_protected = was_protected;
        break;
    case TLS_CONTENT_CHANGE_CIPHER_SPEC:
        require(!was_protected && content.length == 1 && content.data[0] == 1,
            "a ChangeCipherSpec is one");
        p->change_cipher_specs++;
        peer_heard(p, 'c');
        break;
    case TLS_CONTENT_APPLICATION_DATA:
        p->data_length += content.length;
        break;
    default:
        tls_buffer_append(&p->messages, content.data, content.length);
        while (tls_message_header(tls_buffer_view(&p->messages), &message_type, &length)) {
            peer_hear(p, tls_bytes_make(p->messages.data, length));
            tls_buffer_consume(&p->messages, length);
        }
        break;
    }
}

static void
take_record(peer *p, tls_bytes record)
{
    unsigned char *copy = allocate(record.length), *content;
    size_t length;
    unsigned type;
    int is_protected = record.data[0] == TLS_CONTENT_APPLICATION_DATA;

    memcpy(copy, record.data, record.length);
    if (!is_protected)
        take_content(p, record.data[0], 0,
            tls_bytes_make(
                record.data + TLS_RECORD_HEADER_LENGTH, record.length - TLS_RECORD_HEADER_LENGTH));
    else if (p->opener.protection.vtable != NULL &&
             tls_record_open(&p->opener, &type, &content, &length, copy, record.length) == TLS_OK)
        take_content(p, type, 1, tls_bytes_make(content, length));
    else
        p->unreadable++;
    free(copy);
}

void
peer_take_output(peer *p)
{
    for (;;) {
        tls_bytes output = tls_connection_output(p->victim);

        if (output.length == 0)
            return;
        tls_buffer_append(&p->wire, output.data, output.length);
        tls_connection_output_consume(p->victim, output.length);
        while (p->wire.length >= TLS_RECORD_HEADER_LENGTH) {
            size_t length = TLS_RECORD_HEADER_LENGTH + tls_get16(p->wire.data + 3);

            if (p->wire.length < length)
                break;
            take_record(p, tls_bytes_make(p->wire.data, length));
            tls_buffer_consume(&p->wire, length);
        }
        peer_settle(p);
    }
}

/* ---- Verdicts ---- */

int
peer_refuses_with(peer *p, enum tls_reason reason, int alert)
{
    static const unsigned char byte[] = "x";
    unsigned before = check_failures();
    size_t written, room;

    check_reason(tls_connection_failure(p->victim), reason, "the reason");
    check(peer_settle(p) == TLS_EVENT_FAILED, "FAILED repeats");
    peer_take_output(p);
    check_number(p->alert, alert, "the alert");
    if (alert != TLS_ALERT_NONE) {
        check(p->alerts == 1 && p->alert_level == TLS_ALERT_LEVEL_FATAL,
            "one alert, and a fatal one");
        check(p->alert_protected == p->victim_had_keys,
            "the alert is protected where there are keys");
    }
    check(p->unreadable == 0, "the peer can read all");
    check(p->after_alert == 0 && p->wire.length == 0 && p->messages.length == 0,
        "nothing follows the alert, and nothing is half sent");
    check(tls_connection_write(p->victim, &written, byte, 1) == reason && written == 0,
        "nothing can be written any more");
    check(tls_connection_input(p->victim, &room) == NULL && room == 0, "nothing is taken any more");
    tls_connection_close(p->victim);
    check(tls_connection_output(p->victim).length == 0, "no close_notify after a fatal alert");
    check(inside_is_bare(p->victim) && inside_has_no_keys(p->victim),
        "buffers, engine and keys are gone");
    return check_failures() == before;
}

int
peer_refuses(peer *p, enum tls_reason reason)
{
    return peer_refuses_with(p, reason, tls_reason_alert(reason));
}

int
peer_goes_on(peer *p, int established)
{
    peer_take_output(p);
    check(tls_connection_failure(p->victim) == TLS_OK, "no failure: %s",
        tls_connection_failure_text(p->victim));
    check(told(p->victim).established == established, "%s",
        established ? "established" : "not established");
    return check(p->alerts == 0 && p->unreadable == 0, "no alert, and nothing unreadable");
}

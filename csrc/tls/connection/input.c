/* input.c - ciphertext in, records opened, what is in them: handshake messages for the engine,
 * alerts, application data. */
#include <stdlib.h>
#include <string.h>

#include "connection/internal.h"
#include "wire/protocol.h"

/* ---- Ciphertext in ---- */

/* The first own buffer of a server: most ClientHellos fit. */
#define OWN_BUFFER_MINIMUM ((size_t)2048)
#define RECORD_MAXIMUM (TLS_RECORD_HEADER_LENGTH + TLS_RECORD_PROTECTED_MAXIMUM)

static void
give_buffer(tls_connection *c)
{
    tls_input *in = &c->input;

    if (in->borrowed) {
        tls_pool_give(&c->pool_owner->pool, in->buffer, in->used);
    } else if (in->buffer != NULL) {
        tls_wipe(in->buffer, in->used);
        free(in->buffer);
    }
    in->buffer = NULL;
    in->room = in->used = 0;
    in->borrowed = 0;
}

/* change_buffer moves what waits in the buffer, if there is one, to another: of the pool, or of
 * `room` bytes. OUT_OF_MEMORY. */
static enum tls_reason
change_buffer(tls_connection *c, int borrow, size_t room)
{
    tls_input *in = &c->input;
    size_t waiting = in->end - in->start;
    unsigned char *buffer =
        borrow ? tls_pool_take(&c->pool_owner->pool) : malloc(room > 0 ? room : 1);

    if (buffer == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    if (waiting > 0)
        memcpy(buffer, in->buffer + in->start, waiting);
    give_buffer(c);
    in->buffer = buffer;
    in->room = borrow ? TLS_POOL_BUFFER_LENGTH : room;
    in->borrowed = borrow;
    in->start = 0;
    in->end = in->used = waiting;
    return TLS_OK;
}

/* own_room: how long a server's own buffer must be that is full, or not there. It grows as bytes
 * really come, up to the record that they say they are. */
static size_t
own_room(const tls_connection *c)
{
    const tls_input *in = &c->input;
    size_t waiting = in->end - in->start, record = RECORD_MAXIMUM;

    if (in->buffer == NULL)
        return OWN_BUFFER_MINIMUM;
    if (waiting >= TLS_RECORD_HEADER_LENGTH)
        record = TLS_RECORD_HEADER_LENGTH + tls_get16(in->buffer + in->start + 3);
    /* Records that nobody has looked at yet may stand behind it. */
    if (record <= waiting || record > RECORD_MAXIMUM)
        record = RECORD_MAXIMUM;
    return record < 2 * in->room ? record : 2 * in->room;
}

/* find_room makes a buffer with room in it, for a record at least in the end. */
static enum tls_reason
find_room(tls_connection *c)
{
    tls_input *in = &c->input;
    int borrow = c->host.role == TLS_ROLE_CLIENT || c->established;

    if (in->start == in->end)
        in->start = in->end = 0;
    if (borrow && !in->borrowed)
        return change_buffer(c, 1, 0);
    /* Only the beginning of one record is ever moved, once per buffer. */
    if (in->start > 0 && in->room - in->end < RECORD_MAXIMUM) {
        memmove(in->buffer, in->buffer + in->start, in->end - in->start);
        in->end -= in->start;
        in->start = 0;
    }
    return borrow || in->end < in->room || in->room >= RECORD_MAXIMUM
               ? TLS_OK
               : change_buffer(c, 0, own_room(c));
}

unsigned char *
tls_connection_input(tls_connection *c, size_t *room)
{
    enum tls_reason reason;

    *room = 0;
    if (c->input.plaintext_length > 0 || (c->established && c->input.early.length > 0) ||
        c->failure != TLS_OK || c->close_received || c->input.ended)
        return NULL;
    reason = find_room(c);
    if (reason != TLS_OK) {
        tls_connection_fail(c, reason, TLS_ALERT_NONE, NULL);
        return NULL;
    }
    *room = c->input.room - c->input.end;
    return c->input.buffer + c->input.end;
}

void
tls_connection_input_commit(tls_connection *c, size_t length)
{
    c->input.end += length;
    c->input.bytes += length;
    if (c->input.end > c->input.used)
        c->input.used = c->input.end;
}

size_t
tls_connection_feed(tls_connection *c, const void *data, size_t length)
{
    size_t taken = 0, room;

    while (taken < length) {
        unsigned char *input = tls_connection_input(c, &room);

        if (input == NULL || room == 0)
            break;
        if (room > length - taken)
            room = length - taken;
        memcpy(input, (const unsigned char *)data + taken, room);
        tls_connection_input_commit(c, room);
        taken += room;
    }
    return taken;
}

void
tls_connection_feed_end(tls_connection *c)
{
    c->input.ended = 1;
}

void
tls_connection_idle_input(tls_connection *c)
{
    if (c->input.buffer == NULL || c->input.start != c->input.end || c->input.plaintext_length > 0)
        return;
    give_buffer(c);
    c->input.start = c->input.end = 0;
    if (c->input.handshake.length == 0)
        tls_buffer_release(&c->input.handshake);
    if (c->output.handshake.length == 0)
        tls_buffer_release(&c->output.handshake);
}

/* ---- Handshake messages in ---- */

static size_t
message_limit(const tls_connection *c, unsigned type)
{
    return type == TLS_HANDSHAKE_CLIENT_HELLO ? c->host.context->client_hello_limit
                                              : tls_message_limit(type);
}

/* check_header: a message's type and length are looked at as soon as its header is there, so that a
 * peer is not listened to for what will be refused. */
static enum tls_reason
check_header(tls_connection *c, const unsigned char header[TLS_HANDSHAKE_HEADER_LENGTH])
{
    unsigned type = header[0];

    c->input.subject_message = (int)type;
    if (type >= 32 || (c->input.awaited & TLS_MESSAGE_BIT(type)) == 0)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    return tls_get24(header + 1) > message_limit(c, type) ? TLS_REASON_LIMIT : TLS_OK;
}

enum tls_reason
tls_input_next_message(tls_connection *c, uint32_t awaited, tls_bytes *message)
{
    tls_bytes came = tls_buffer_view(&c->input.handshake);
    unsigned type;
    size_t length;

    c->input.awaited = awaited;
    *message = tls_bytes_make(NULL, 0);
    if (tls_message_header(came, &type, &length))
        *message = tls_bytes_make(came.data, length);
    return length > 0 ? check_header(c, came.data) : TLS_OK;
}

void
tls_input_message_done(tls_connection *c, size_t length)
{
    tls_buffer_consume(&c->input.handshake, length);
}

/* ---- Records in ---- */

static enum tls_reason
receive_alert(tls_connection *c, tls_bytes content)
{
    const tls_protocol *protocol = tls_protocol_of(tls_host_facts(&c->host)->version);
    int level, description;
    enum tls_reason reason;

    /* RFC 5246 section 6.2.1 allows several messages of one type in a record, but no sender makes
     * use of it for alerts, and RFC 8446 section 5.1 forbids it. */
    if (content.length != 2)
        return TLS_REASON_DECODE;
    level = content.data[0];
    description = content.data[1];
    reason = tls_host_happened(&c->host, TLS_STAGE_ALERT, TLS_RECEIVED, content);
    if (reason != TLS_OK)
        return reason;
    if (description == TLS_ALERT_CLOSE_NOTIFY) {
        c->close_received = 1;
        return c->established ? TLS_OK : TLS_REASON_CLOSED;
    }
    if (protocol->warnings_are_errors ? description == TLS_ALERT_USER_CANCELED
                                      : level == TLS_ALERT_LEVEL_WARNING) {
        /* Passed over, but not inside of a handshake message (RFC 8446 section 5.1). */
        if (protocol->warnings_are_errors && c->input.handshake.length > 0)
            return TLS_REASON_UNEXPECTED_MESSAGE;
        if (description == TLS_ALERT_NO_RENEGOTIATION)
            tls_renegotiation_warned(c);
        return tls_host_count_idle(&c->host);
    }
    c->peer_alert = description;
    return TLS_REASON_PEER_ALERT;
}

/* What a server keeps of a ClientHello grows by this much. */
#define HELLO_STEP 1024

/* awaits_hello: nothing is known of the client: its first ClientHello is not whole yet. */
static int
awaits_hello(const tls_connection *c)
{
    const tls_handshake *h = c->host.handshake;

    return c->host.role == TLS_ROLE_SERVER && !c->established && h != NULL &&
           h->client_hello.raw.length == 0;
}

/* peek looks at the header of a ClientHello whose first record is not whole. */
static enum tls_reason
peek(tls_connection *c, const unsigned char *content, size_t length)
{
    unsigned char header[TLS_HANDSHAKE_HEADER_LENGTH];
    size_t kept = c->input.handshake.length;

    if (kept >= sizeof header || kept + length < sizeof header)
        return TLS_OK;
    if (kept > 0)
        memcpy(header, c->input.handshake.data, kept);
    memcpy(header + kept, content, sizeof header - kept);
    return check_header(c, header);
}

/* check_first_flight: what a server holds for a client that has not said anything yet is one
 * ClientHello; so a record is looked at before it is whole, and all that it may be is a part of
 * one, or an alert. */
static enum tls_reason
check_first_flight(tls_connection *c, const unsigned char *record, size_t available, size_t total)
{
    size_t length = total - TLS_RECORD_HEADER_LENGTH;
    size_t limit = TLS_HANDSHAKE_HEADER_LENGTH + c->host.context->client_hello_limit;
    enum tls_reason reason;

    switch (record[0]) {
    case TLS_CONTENT_HANDSHAKE:
        reason = peek(c, record + TLS_RECORD_HEADER_LENGTH,
            (available < total ? available : total) - TLS_RECORD_HEADER_LENGTH);
        if (reason != TLS_OK)
            return reason;
        return c->input.handshake.length + length > limit ? TLS_REASON_LIMIT : TLS_OK;
    case TLS_CONTENT_ALERT:
        return length > 2 ? TLS_REASON_DECODE : TLS_OK;
    default:
        return TLS_REASON_UNEXPECTED_MESSAGE;
    }
}

static enum tls_reason
receive_handshake(tls_connection *c, tls_bytes content)
{
    if (content.length == 0)
        return TLS_REASON_DECODE;
    if (awaits_hello(c))
        (void)tls_buffer_reserve_steps(&c->input.handshake, content.length, HELLO_STEP);
    tls_buffer_append(&c->input.handshake, content.data, content.length);
    return c->input.handshake.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

static enum tls_reason
receive_change_cipher_spec(tls_connection *c, tls_bytes content)
{
    enum tls_reason reason;

    /* RFC 5246 section 7.1: one byte of value 1, and only inside a handshake. A key change demands
     * an empty reassembly buffer: bytes from before must not be read under the new keys. */
    if (content.length != 1 || content.data[0] != 1 || !tls_connection_rekeys(c) ||
        c->input.handshake.length > 0)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    reason = tls_host_happened(&c->host, TLS_STAGE_CHANGE_CIPHER_SPEC, TLS_RECEIVED, content);
    if (reason != TLS_OK)
        return reason;
    c->host.handshake->peer_changed_keys = 1;
    return c->host.handshake->engine_class->change_cipher_spec(c->host.handshake);
}

/* receive_early_data keeps what a server has accepted, at most as much as its ticket said. */
static enum tls_reason
receive_early_data(tls_connection *c, const unsigned char *content, size_t length)
{
    if (c->host.early_data_allowed == 0 || length > c->host.early_data_allowed)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    if (length == 0)
        return tls_host_count_idle(&c->host);
    c->host.early_data_allowed -= length;
    c->host.handshake->facts.early_data_length += length;
    c->input.early_arrived = 1;
    c->host.idle_records = 0;
    tls_buffer_append(&c->input.early, content, length);
    if (c->input.early.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    return tls_host_data_happened(&c->host, TLS_RECEIVED, length);
}

static enum tls_reason
receive_application_data(tls_connection *c, unsigned char *content, size_t length)
{
    const tls_handshake *h = c->host.handshake;

    if (!c->established)
        return receive_early_data(c, content, length);
    /* Under the old keys the peer may go on sending; under new ones Finished comes first. And
     * nothing comes between the messages of a late authentication (RFC 8446 section 4.6.2). */
    if (h != NULL && (h->peer_changed_keys || h->purpose == TLS_LATE_AUTHENTICATION))
        return TLS_REASON_UNEXPECTED_MESSAGE;
    if (length == 0) /* TLS 1.0 senders hide the CBC IV behind them; a flood is something else */
        return tls_host_count_idle(&c->host);
    c->host.idle_records = 0;
    c->renegotiations_idle = 0;
    c->input.plaintext = content;
    c->input.plaintext_length = length;
    if (tls_events_watch(&c->host.events, TLS_STAGE_APPLICATION_DATA))
        return tls_host_data_happened(&c->host, TLS_RECEIVED, length);
    return TLS_OK;
}

/* A server that refuses early data passes over records that it cannot open (RFC 8446
 * section 4.2.10), and after HelloRetryRequest over all that say that they are protected; but not
 * without end. */
static int
skips_in_the_clear(const tls_connection *c, const unsigned char *record)
{
    return c->host.skip_early_data > 0 && c->host.opener.protection.vtable == NULL &&
           record[0] == TLS_CONTENT_APPLICATION_DATA;
}

static enum tls_reason
skip_early_record(tls_connection *c, size_t total)
{
    if (total > c->host.skip_early_data)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    c->host.skip_early_data -= total;
    return TLS_OK;
}

/* RFC 8449 section 4: the record_size_limit that we announced is for protected records; in TLS 1.3
 * it counts all of the inner plaintext, padding too. */
static int
exceeds_limit(const tls_connection *c, unsigned outer_type, size_t total, size_t length)
{
    if (c->host.receive_limit == 0 || c->host.opener.protection.vtable == NULL)
        return 0;
    if (c->host.opener.is_13 && outer_type == TLS_CONTENT_APPLICATION_DATA)
        return tls_record_inner_length(&c->host.opener, total) > c->host.receive_limit + 1;
    return length > c->host.receive_limit;
}

/* is_too_long: the agreed lengths bind (RFC 6066 section 4: both sides), but not early data: the
 * client has sent that before it could know what the server agrees to. */
static int
is_too_long(const tls_connection *c, unsigned outer_type, size_t total, size_t length)
{
    unsigned agreed = tls_host_facts(&c->host)->max_fragment_length;

    if (c->host.early_data_allowed > 0)
        return 0;
    return exceeds_limit(c, outer_type, total, length) || (agreed != 0 && length > agreed);
}

enum tls_reason
tls_input_read_record(tls_connection *c, int *got)
{
    size_t available = c->input.end - c->input.start;
    unsigned char *record, *content;
    size_t total, length;
    unsigned type;
    enum tls_reason reason;

    *got = 0;
    if (available == 0)
        return TLS_OK;
    record = c->input.buffer + c->input.start;
    c->input.subject_content = record[0];
    c->input.subject_message = -1;
    reason = tls_record_measure(&c->host.opener, &total, record, available);
    if (reason != TLS_OK)
        return reason;
    if (total > 0 && awaits_hello(c))
        reason = check_first_flight(c, record, available, total);
    if (reason != TLS_OK || total == 0 || total > available)
        return reason;
    *got = 1;
    c->input.start += total;
    if (skips_in_the_clear(c, record))
        return skip_early_record(c, total);
    reason = tls_record_open(&c->host.opener, &type, &content, &length, record, total);
    if (reason == TLS_REASON_BAD_RECORD_MAC && c->host.skip_early_data > 0)
        return skip_early_record(c, total);
    if (reason != TLS_OK)
        return reason;
    if (c->host.opener.is_13 && c->host.opener.protection.vtable != NULL &&
        record[0] == TLS_CONTENT_APPLICATION_DATA) {
        /* The client has the keys and uses them: from here on nothing is early, and no alert in the
         * clear. */
        c->host.skip_early_data = 0;
        c->host.opener.plain_alerts = 0;
    }
    c->input.subject_content = type;
    if (is_too_long(c, record[0], total, length))
        return TLS_REASON_RECORD_OVERFLOW;
    /* Handshake messages that span records may not be interleaved with other types (RFC 8446
     * section 5.1, and what RFC 5246's state machine means); an alert may end them. */
    if (c->input.handshake.length > 0 && type == TLS_CONTENT_APPLICATION_DATA)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    switch (type) {
    case TLS_CONTENT_HANDSHAKE:
        return receive_handshake(c, tls_bytes_make(content, length));
    case TLS_CONTENT_ALERT:
        return receive_alert(c, tls_bytes_make(content, length));
    case TLS_CONTENT_CHANGE_CIPHER_SPEC:
        return receive_change_cipher_spec(c, tls_bytes_make(content, length));
    default:
        return receive_application_data(c, content, length);
    }
}

tls_bytes
tls_connection_early_data(const tls_connection *c)
{
    return tls_buffer_view(&c->input.early);
}

void
tls_connection_early_data_consume(tls_connection *c, size_t length)
{
    if (length >= c->input.early.length)
        tls_buffer_release(&c->input.early);
    else
        tls_buffer_consume(&c->input.early, length);
}

tls_bytes
tls_connection_plaintext(const tls_connection *c)
{
    if (c->established && c->input.early.length > 0)
        return tls_buffer_view(&c->input.early);
    if (c->input.held.length > 0)
        return tls_bytes_make(
            c->input.held.data + c->input.held_start, c->input.held.length - c->input.held_start);
    return tls_bytes_make(c->input.plaintext, c->input.plaintext_length);
}

enum tls_reason
tls_connection_hold_plaintext(tls_connection *c)
{
    size_t before = c->input.held.length;

    if (before - c->input.held_start + c->input.early.length + c->input.plaintext_length >
        TLS_HELD_MAXIMUM)
        return TLS_REASON_LIMIT;
    /* Early data that nobody has read came first, before anything was put aside. */
    tls_buffer_append(&c->input.held, c->input.early.data, c->input.early.length);
    tls_buffer_append(&c->input.held, c->input.plaintext, c->input.plaintext_length);
    if (c->input.held.failed) {
        /* Nothing was taken, and nothing is lost. */
        c->input.held.failed = 0;
        c->input.held.length = before;
        return TLS_REASON_OUT_OF_MEMORY;
    }
    tls_buffer_release(&c->input.early);
    c->input.plaintext_length = 0;
    c->input.reads_on = 1;
    tls_connection_idle_input(c);
    return TLS_OK;
}

void
tls_connection_plaintext_consume(tls_connection *c, size_t length)
{
    if (c->established && c->input.early.length > 0) {
        tls_connection_early_data_consume(c, length);
        return;
    }
    if (c->input.held.length > 0) {
        c->input.held_start += length;
        if (c->input.held_start >= c->input.held.length) {
            tls_buffer_release(&c->input.held);
            c->input.held_start = 0;
        }
        return;
    }
    if (length > c->input.plaintext_length)
        length = c->input.plaintext_length;
    if (length > 0) /* else there may be no buffer */
        c->input.plaintext += length;
    c->input.plaintext_length -= length;
    if (c->input.plaintext_length == 0)
        tls_connection_idle_input(c);
}

/* ---- The end ---- */

void
tls_input_drop(tls_connection *c)
{
    tls_buffer_release(&c->input.early);
    c->input.plaintext_length = 0;
    c->input.start = c->input.end;
    tls_connection_idle_input(c);
    tls_buffer_release(&c->input.handshake);
}

void
tls_input_release(tls_connection *c)
{
    tls_input *in = &c->input;

    give_buffer(c);
    in->start = in->end = in->held_start = in->plaintext_length = 0;
    tls_buffer_release(&in->handshake);
    tls_buffer_release(&in->held);
    tls_buffer_release(&in->early);
}

size_t
tls_input_memory(const tls_connection *c)
{
    const tls_input *in = &c->input;

    return in->handshake.capacity + in->held.capacity + in->early.capacity + in->room;
}

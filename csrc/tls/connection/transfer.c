/* transfer.c - bytes and records of one connection: ciphertext in and out, handshake messages to
 * and from the engine, alerts, application data. */
#include <string.h>

#include "connection/internal.h"
#include "wire/registry.h"
#include "connection/renegotiation.h"

/* ---- Ciphertext in ---- */

unsigned char *
tls_connection_input(tls_connection *c, size_t *room)
{
    *room = 0;
    if (c->plaintext_length > 0 || (c->established && c->early_in.length > 0) ||
        c->failure != TLS_OK || c->close_received || c->input_ended)
        return NULL;
    if (c->input == NULL) {
        c->input = tls_pool_take(&c->pool_owner->pool);
        if (c->input == NULL) {
            tls_connection_fail(c, TLS_REASON_OUT_OF_MEMORY, TLS_ALERT_NONE, NULL);
            return NULL;
        }
        c->input_start = c->input_end = c->input_used = 0;
    }
    if (c->input_start == c->input_end) {
        c->input_start = c->input_end = 0;
    } else if (TLS_POOL_BUFFER_LENGTH - c->input_end <
               TLS_RECORD_HEADER_LENGTH + TLS_RECORD_PROTECTED_MAXIMUM) {
        /* Only the beginning of one record is ever moved, once per buffer. */
        memmove(c->input, c->input + c->input_start, c->input_end - c->input_start);
        c->input_end -= c->input_start;
        c->input_start = 0;
    }
    *room = TLS_POOL_BUFFER_LENGTH - c->input_end;
    return c->input + c->input_end;
}

void
tls_connection_input_commit(tls_connection *c, size_t length)
{
    c->input_end += length;
    c->bytes_received += length;
    if (c->input_end > c->input_used)
        c->input_used = c->input_end;
}

size_t
tls_connection_feed(tls_connection *c, const void *data, size_t length)
{
    size_t room;
    unsigned char *input = length > 0 ? tls_connection_input(c, &room) : NULL;

    if (input == NULL)
        return 0;
    if (length > room)
        length = room;
    memcpy(input, data, length);
    tls_connection_input_commit(c, length);
    return length;
}

void
tls_connection_feed_end(tls_connection *c)
{
    c->input_ended = 1;
}

void
tls_connection_idle_input(tls_connection *c)
{
    if (c->input == NULL || c->input_start != c->input_end || c->plaintext_length > 0)
        return;
    tls_pool_give(&c->pool_owner->pool, c->input, c->input_used);
    c->input = NULL;
    c->input_start = c->input_end = 0;
    if (c->handshake_in.length == 0)
        tls_buffer_release(&c->handshake_in);
    if (c->handshake_out.length == 0)
        tls_buffer_release(&c->handshake_out);
}

void
tls_connection_release_buffers(tls_connection *c)
{
    c->plaintext_length = 0;
    tls_buffer_release(&c->held);
    tls_buffer_release(&c->output_before);
    c->held_start = 0;
    if (c->input != NULL)
        tls_pool_give(&c->pool_owner->pool, c->input, c->input_used);
    if (c->output != NULL)
        tls_pool_give(&c->pool_owner->pool, c->output, c->output_end);
    c->input = c->output = NULL;
    c->input_start = c->input_end = 0;
    c->output_start = c->output_end = 0;
    tls_buffer_release(&c->handshake_in);
    tls_buffer_release(&c->handshake_out);
}

/* ---- Ciphertext out ---- */

tls_bytes
tls_connection_output(const tls_connection *c)
{
    if (c->output_before.length > 0)
        return tls_buffer_view(&c->output_before);
    if (c->output == NULL)
        return tls_bytes_make(NULL, 0);
    return tls_bytes_make(c->output + c->output_start, c->output_end - c->output_start);
}

void
tls_connection_output_consume(tls_connection *c, size_t length)
{
    c->bytes_sent += length;
    if (c->output_before.length > 0) {
        tls_buffer_consume(&c->output_before, length);
        if (c->output_before.length == 0)
            tls_buffer_release(&c->output_before);
        return;
    }
    c->output_start += length;
    if (c->output != NULL && c->output_start == c->output_end) {
        /* Nothing to wipe: it held ciphertext, or a handshake that travelled in the clear. */
        tls_pool_give(&c->pool_owner->pool, c->output, 0);
        c->output = NULL;
        c->output_start = c->output_end = 0;
    }
}

enum tls_reason
tls_connection_make_room(tls_connection *c)
{
    size_t length = c->output_end - c->output_start;

    if (length == 0)
        return TLS_OK;
    tls_buffer_append(&c->output_before, c->output + c->output_start, length);
    if (c->output_before.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    tls_pool_give(&c->pool_owner->pool, c->output, 0);
    c->output = NULL;
    c->output_start = c->output_end = 0;
    return TLS_OK;
}

/* seal appends records to the output, leaving `reserve` bytes of it free. */
static enum tls_reason
seal(tls_connection *c, size_t *consumed, enum tls_content_type type, const unsigned char *data,
    size_t length, size_t reserve)
{
    *consumed = 0;
    if (c->output == NULL) {
        c->output = tls_pool_take(&c->pool_owner->pool);
        if (c->output == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
        c->output_start = c->output_end = 0;
    }
    if (TLS_POOL_BUFFER_LENGTH - c->output_end <= reserve)
        return TLS_OK;
    c->output_end += tls_record_seal(&c->sealer, consumed, c->output + c->output_end,
        TLS_POOL_BUFFER_LENGTH - c->output_end - reserve, type, data, length, c->fragment_limit);
    return TLS_OK;
}

/* seal_all: a flight always fits, because context.c bounds chains and a peer answers only flights
 * that were sent. */
static enum tls_reason
seal_all(tls_connection *c, enum tls_content_type type, tls_bytes content, size_t reserve)
{
    size_t consumed;
    enum tls_reason reason = seal(c, &consumed, type, content.data, content.length, reserve);

    if (reason == TLS_OK && consumed != content.length)
        return TLS_REASON_INTERNAL;
    return reason;
}

enum tls_reason
tls_connection_send_message(tls_connection *c, tls_bytes message)
{
    tls_buffer_append(&c->handshake_out, message.data, message.length);
    return c->handshake_out.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

enum tls_reason
tls_connection_flush_flight(tls_connection *c)
{
    enum tls_reason reason;

    if (c->handshake_out.length == 0)
        return TLS_OK;
    reason =
        seal_all(c, TLS_CONTENT_HANDSHAKE, tls_buffer_view(&c->handshake_out), TLS_ALERT_RESERVE);
    tls_buffer_clear(&c->handshake_out);
    return reason;
}

enum tls_reason
tls_connection_send_change_cipher_spec(tls_connection *c)
{
    static const unsigned char content[] = {1};
    enum tls_reason reason = tls_connection_flush_flight(c);

    if (reason == TLS_OK)
        reason = seal_all(c, TLS_CONTENT_CHANGE_CIPHER_SPEC,
            tls_bytes_make(content, sizeof content), TLS_ALERT_RESERVE);
    if (reason == TLS_OK)
        reason = tls_connection_stage_happened(
            c, TLS_STAGE_CHANGE_CIPHER_SPEC, TLS_SENT, tls_bytes_make(content, sizeof content));
    return reason;
}

enum tls_reason
tls_connection_send_alert(tls_connection *c, int level, int description)
{
    unsigned char content[2];
    enum tls_reason reason;

    content[0] = (unsigned char)level;
    content[1] = (unsigned char)description;
    /* A flight that was half made is dropped: the peer must not act on it (RFC 5246 section 7.2.2).
     */
    if (level == 2)
        tls_buffer_clear(&c->handshake_out);
    reason = seal_all(c, TLS_CONTENT_ALERT, tls_bytes_make(content, sizeof content),
        level == 2 || description == TLS_ALERT_CLOSE_NOTIFY ? 0 : TLS_ALERT_RESERVE / 2);
    if (reason == TLS_OK)
        reason = tls_connection_stage_happened(
            c, TLS_STAGE_ALERT, TLS_SENT, tls_bytes_make(content, sizeof content));
    return reason;
}

int
tls_connection_has_room(const tls_connection *c)
{
    return c->output == NULL ||
           TLS_POOL_BUFFER_LENGTH - c->output_end >
               TLS_RECORD_PLAINTEXT_MAXIMUM + TLS_RECORD_OVERHEAD_MAXIMUM + TLS_ALERT_RESERVE;
}

/* data_sent reports what has been sealed, once for each of its records. */
static enum tls_reason
data_sent(tls_connection *c, size_t length)
{
    enum tls_reason reason = TLS_OK;

    while (length > 0 && reason == TLS_OK) {
        size_t piece = length < c->fragment_limit ? length : c->fragment_limit;

        reason = tls_connection_data_happened(c, TLS_SENT, piece);
        length -= piece;
    }
    return reason;
}

enum tls_reason
tls_connection_send_data(tls_connection *c, tls_bytes data)
{
    enum tls_reason reason = seal_all(c, TLS_CONTENT_APPLICATION_DATA, data, TLS_ALERT_RESERVE);

    return reason == TLS_OK ? data_sent(c, data.length) : reason;
}

/* under_one_key: how many of `length` bytes may be sealed before the keys are updated; 0 while an
 * update is due that has no room (RFC 8446 sections 4.6.3 and 5.5). */
static size_t
under_one_key(const tls_connection *c, size_t length)
{
    const tls_traffic *traffic = c->traffic;
    uint64_t left;

    if (traffic == NULL)
        return length;
    if (traffic->update_due || c->sealer.count >= traffic->update_limit)
        return 0;
    left = traffic->update_limit - c->sealer.count;
    return left <= length / c->fragment_limit ? (size_t)left * c->fragment_limit : length;
}

/* flush_early_out sends early data that was not accepted once more, before anything else. */
static enum tls_reason
flush_early_out(tls_connection *c)
{
    size_t consumed;
    enum tls_reason reason;

    if (c->early_out.length == 0)
        return TLS_OK;
    reason = seal(c, &consumed, TLS_CONTENT_APPLICATION_DATA, c->early_out.data,
        under_one_key(c, c->early_out.length), TLS_ALERT_RESERVE);
    tls_buffer_consume(&c->early_out, consumed);
    if (c->early_out.length == 0)
        tls_buffer_release(&c->early_out);
    return reason == TLS_OK ? data_sent(c, consumed) : reason;
}

enum tls_reason
tls_connection_before_write(tls_connection *c)
{
    enum tls_reason reason = TLS_OK;
    size_t before;

    do {
        before = c->early_out.length;
        if (c->engine_class->before_write != NULL)
            reason = c->engine_class->before_write(c);
        if (reason == TLS_OK && c->established)
            reason = flush_early_out(c);
    } while (reason == TLS_OK && c->early_out.length > 0 && c->early_out.length < before);
    return reason;
}

enum tls_reason
tls_connection_write(tls_connection *c, size_t *written, const void *data, size_t length)
{
    int watched = (c->stage_mask & (1u << TLS_STAGE_APPLICATION_DATA)) != 0;
    enum tls_reason reason;
    size_t piece, sealed;

    *written = 0;
    if (c->failure != TLS_OK)
        return c->failure;
    if (c->close_sent)
        return TLS_REASON_CLOSED;
    if ((!c->established && !c->may_write) || (c->renegotiation != NULL && !c->close_received))
        return TLS_REASON_NOT_READY;
    if (c->renegotiation != NULL) /* it will never end */
        return TLS_REASON_CLOSED;
    while (*written < length) {
        reason = tls_connection_before_write(c);
        if (reason != TLS_OK || c->early_out.length > 0)
            return reason;
        piece = under_one_key(c, length - *written);
        /* The stage happens once per record, so they are sealed one by one. */
        if (watched && piece > c->fragment_limit)
            piece = c->fragment_limit;
        reason = seal(c, &sealed, TLS_CONTENT_APPLICATION_DATA,
            (const unsigned char *)data + *written, piece, TLS_ALERT_RESERVE);
        *written += sealed;
        if (reason == TLS_OK && watched && sealed > 0)
            reason = tls_connection_data_happened(c, TLS_SENT, sealed);
        if (reason != TLS_OK || sealed == 0 || sealed < piece)
            return reason;
    }
    return TLS_OK;
}

/* ---- Handshake messages in ---- */

enum tls_reason
tls_connection_next_message(tls_connection *c, tls_bytes *message)
{
    size_t length;

    *message = tls_bytes_make(NULL, 0);
    if (c->handshake_in.length < 4)
        return TLS_OK;
    length = 4 + (size_t)tls_get24(c->handshake_in.data + 1);
    if (length > TLS_HANDSHAKE_MAXIMUM)
        return TLS_REASON_LIMIT;
    if (c->handshake_in.length >= length)
        *message = tls_bytes_make(c->handshake_in.data, length);
    return TLS_OK;
}

void
tls_connection_message_done(tls_connection *c, size_t length)
{
    tls_buffer_consume(&c->handshake_in, length);
}

/* ---- Records in ---- */

static enum tls_reason
count_idle_record(tls_connection *c)
{
    return ++c->idle_records > TLS_IDLE_RECORDS_MAXIMUM ? TLS_REASON_UNEXPECTED_MESSAGE : TLS_OK;
}

static enum tls_reason
receive_alert(tls_connection *c, tls_bytes content)
{
    int level, description;
    enum tls_reason reason;

    /* RFC 5246 section 6.2.1 allows several messages of one type in a record, but no sender makes
     * use of it for alerts, and RFC 8446 section 5.1 forbids it. */
    if (content.length != 2)
        return TLS_REASON_DECODE;
    level = content.data[0];
    description = content.data[1];
    reason = tls_connection_stage_happened(c, TLS_STAGE_ALERT, TLS_RECEIVED, content);
    if (reason != TLS_OK)
        return reason;
    if (description == TLS_ALERT_CLOSE_NOTIFY) {
        c->close_received = 1;
        return c->established ? TLS_OK : TLS_REASON_CLOSED;
    }
    /* RFC 8446 section 6: in TLS 1.3 all others are errors, whatever the level says. */
    if (c->version == TLS_VERSION_13 ? description == TLS_ALERT_USER_CANCELED : level == 1) {
        /* a warning: RFC 5246 section 7.2.2 leaves it to us, and so it is passed over; but not
         * inside of a handshake message (RFC 8446 section 5.1) */
        if (c->version == TLS_VERSION_13 && c->handshake_in.length > 0)
            return TLS_REASON_UNEXPECTED_MESSAGE;
        if (description == TLS_ALERT_NO_RENEGOTIATION)
            tls_renegotiation_warned(c);
        return count_idle_record(c);
    }
    c->peer_alert = description;
    return TLS_REASON_PEER_ALERT;
}

static enum tls_reason
receive_handshake(tls_connection *c, tls_bytes content)
{
    if (content.length == 0)
        return TLS_REASON_DECODE;
    if (c->handshake_in.length + content.length >
        TLS_HANDSHAKE_MAXIMUM + TLS_RECORD_PLAINTEXT_MAXIMUM)
        return TLS_REASON_LIMIT;
    tls_buffer_append(&c->handshake_in, content.data, content.length);
    return c->handshake_in.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

enum tls_reason
tls_connection_message_after(tls_connection *c, int *got)
{
    tls_bytes message;
    enum tls_reason reason = tls_connection_next_message(c, &message);

    *got = message.length > 0;
    if (reason == TLS_OK && *got)
        reason = count_idle_record(c);
    if (reason == TLS_OK && *got)
        reason = c->engine_class->message(c, message);
    return reason;
}

static enum tls_reason
receive_change_cipher_spec(tls_connection *c, tls_bytes content)
{
    enum tls_reason reason;

    /* RFC 5246 section 7.1: one byte of value 1, and only inside a handshake. A key change demands
     * an empty reassembly buffer: bytes from before must not be read under the new keys. */
    if (content.length != 1 || content.data[0] != 1)
        /* RFC 8446 section 5 names the alert; before there is a version none has a place in any. */
        return c->version == 0 || c->version == TLS_VERSION_13 ? TLS_REASON_UNEXPECTED_MESSAGE
                                                               : TLS_REASON_DECODE;
    if ((c->established && c->renegotiation == NULL) || c->handshake_in.length > 0)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    reason = tls_connection_stage_happened(c, TLS_STAGE_CHANGE_CIPHER_SPEC, TLS_RECEIVED, content);
    if (reason != TLS_OK)
        return reason;
    if (c->renegotiation != NULL)
        c->renegotiation->peer_changed_keys = 1;
    return c->engine_class->change_cipher_spec(c);
}

/* receive_early_data keeps what a server has accepted, at most as much as its ticket said. */
static enum tls_reason
receive_early_data(tls_connection *c, const unsigned char *content, size_t length)
{
    if (c->early_data_allowed == 0 || length > c->early_data_allowed)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    if (length == 0)
        return count_idle_record(c);
    c->early_data_allowed -= length;
    c->early_data_length += length;
    c->early_data_arrived = 1;
    c->idle_records = 0;
    tls_buffer_append(&c->early_in, content, length);
    if (c->early_in.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    return tls_connection_data_happened(c, TLS_RECEIVED, length);
}

static enum tls_reason
receive_application_data(tls_connection *c, unsigned char *content, size_t length)
{
    if (!c->established)
        return receive_early_data(c, content, length);
    /* Under the old keys the peer may go on sending; under new ones Finished comes first. */
    if (c->renegotiation != NULL && c->renegotiation->peer_changed_keys)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    /* RFC 8446 section 4.6.2: nothing comes between the messages of a late authentication. */
    if (c->version == TLS_VERSION_13 && c->engine != NULL)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    if (length == 0) /* TLS 1.0 senders hide the CBC IV behind them; a flood is something else */
        return count_idle_record(c);
    c->idle_records = 0;
    c->renegotiations_idle = 0;
    c->plaintext = content;
    c->plaintext_length = length;
    if (c->stage_mask & (1u << TLS_STAGE_APPLICATION_DATA))
        return tls_connection_data_happened(c, TLS_RECEIVED, length);
    return TLS_OK;
}

/* A server that refuses early data passes over records that it cannot open (RFC 8446
 * section 4.2.10), and after HelloRetryRequest over all that say that they are protected; but not
 * without end. */
static int
skips_in_the_clear(const tls_connection *c, const unsigned char *record)
{
    return c->skip_early_data > 0 && c->opener.protection.vtable == NULL &&
           record[0] == TLS_CONTENT_APPLICATION_DATA;
}

static enum tls_reason
skip_early_record(tls_connection *c, size_t total)
{
    if (total > c->skip_early_data)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    c->skip_early_data -= total;
    return TLS_OK;
}

/* RFC 8449 section 4: the record_size_limit that we announced is for protected records; in TLS 1.3
 * it counts all of the inner plaintext, padding too. */
static int
exceeds_limit(const tls_connection *c, unsigned outer_type, size_t total, size_t length)
{
    if (c->receive_limit == 0 || c->opener.protection.vtable == NULL)
        return 0;
    if (c->opener.is_13 && outer_type == TLS_CONTENT_APPLICATION_DATA)
        return tls_record_inner_length(&c->opener, total) > c->receive_limit + 1;
    return length > c->receive_limit;
}

/* is_too_long: the agreed lengths bind (RFC 6066 section 4: both sides), but not early data: the
 * client has sent that before it could know what the server agrees to. */
static int
is_too_long(const tls_connection *c, unsigned outer_type, size_t total, size_t length)
{
    if (c->early_data_allowed > 0)
        return 0;
    return exceeds_limit(c, outer_type, total, length) ||
           (c->max_fragment_length != 0 && length > c->max_fragment_length);
}

enum tls_reason
tls_connection_read_record(tls_connection *c, int *got)
{
    size_t available = c->input_end - c->input_start;
    unsigned char *record, *content;
    size_t total, length;
    unsigned type;
    enum tls_reason reason;

    *got = 0;
    if (available == 0)
        return TLS_OK;
    record = c->input + c->input_start;
    reason = tls_record_measure(&c->opener, &total, record, available);
    if (reason != TLS_OK)
        return reason;
    if (total == 0 || total > available)
        return TLS_OK;
    *got = 1;
    c->input_start += total;
    if (skips_in_the_clear(c, record))
        return skip_early_record(c, total);
    reason = tls_record_open(&c->opener, &type, &content, &length, record, total);
    if (reason == TLS_REASON_BAD_RECORD_MAC && c->skip_early_data > 0)
        return skip_early_record(c, total);
    if (reason != TLS_OK)
        return reason;
    if (c->opener.is_13 && c->opener.protection.vtable != NULL &&
        record[0] == TLS_CONTENT_APPLICATION_DATA) {
        /* The client has the keys and uses them: from here on nothing is early, and no alert in the
         * clear. */
        c->skip_early_data = 0;
        c->opener.plain_alerts = 0;
    }
    if (is_too_long(c, record[0], total, length))
        return TLS_REASON_RECORD_OVERFLOW;
    /* Handshake messages that span records may not be interleaved with other types (RFC 8446
     * section 5.1, and what RFC 5246's state machine means); an alert may end them. */
    if (c->handshake_in.length > 0 && type == TLS_CONTENT_APPLICATION_DATA)
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
    return tls_buffer_view(&c->early_in);
}

void
tls_connection_early_data_consume(tls_connection *c, size_t length)
{
    if (length >= c->early_in.length)
        tls_buffer_release(&c->early_in);
    else
        tls_buffer_consume(&c->early_in, length);
}

tls_bytes
tls_connection_plaintext(const tls_connection *c)
{
    if (c->established && c->early_in.length > 0)
        return tls_buffer_view(&c->early_in);
    if (c->held.length > 0)
        return tls_bytes_make(c->held.data + c->held_start, c->held.length - c->held_start);
    return tls_bytes_make(c->plaintext, c->plaintext_length);
}

enum tls_reason
tls_connection_hold_plaintext(tls_connection *c)
{
    size_t before = c->held.length;

    if (before - c->held_start + c->early_in.length + c->plaintext_length > TLS_HELD_MAXIMUM)
        return TLS_REASON_LIMIT;
    /* Early data that nobody has read came first, before anything was put aside. */
    tls_buffer_append(&c->held, c->early_in.data, c->early_in.length);
    tls_buffer_append(&c->held, c->plaintext, c->plaintext_length);
    if (c->held.failed) {
        /* Nothing was taken, and nothing is lost. */
        c->held.failed = 0;
        c->held.length = before;
        return TLS_REASON_OUT_OF_MEMORY;
    }
    tls_buffer_release(&c->early_in);
    c->plaintext_length = 0;
    tls_connection_idle_input(c);
    return TLS_OK;
}

void
tls_connection_plaintext_consume(tls_connection *c, size_t length)
{
    if (c->established && c->early_in.length > 0) {
        tls_connection_early_data_consume(c, length);
        return;
    }
    if (c->held.length > 0) {
        c->held_start += length;
        if (c->held_start >= c->held.length) {
            tls_buffer_release(&c->held);
            c->held_start = 0;
        }
        return;
    }
    if (length > c->plaintext_length)
        length = c->plaintext_length;
    if (length > 0) /* else there may be no buffer */
        c->plaintext += length;
    c->plaintext_length -= length;
    if (c->plaintext_length == 0)
        tls_connection_idle_input(c);
}

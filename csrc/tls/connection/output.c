/* output.c - handshake messages, alerts and application data sealed into records, and ciphertext
 * out. */
#include <string.h>

#include "base/declassify.h"
#include "connection/internal.h"

/* ---- Ciphertext out ---- */

tls_bytes
tls_connection_output(const tls_connection *c)
{
    TLS_DECLASSIFY(c->output.before.data, c->output.before.length);
    if (c->output.before.length > 0)
        return tls_buffer_view(&c->output.before);
    if (c->output.buffer == NULL)
        return tls_bytes_make(NULL, 0);
    TLS_DECLASSIFY(c->output.buffer + c->output.start, c->output.end - c->output.start);
    return tls_bytes_make(c->output.buffer + c->output.start, c->output.end - c->output.start);
}

void
tls_connection_output_consume(tls_connection *c, size_t length)
{
    c->output.bytes += length;
    if (c->output.before.length > 0) {
        tls_buffer_consume(&c->output.before, length);
        if (c->output.before.length == 0)
            tls_buffer_release(&c->output.before);
        return;
    }
    c->output.start += length;
    if (c->output.buffer != NULL && c->output.start == c->output.end) {
        /* Nothing to wipe: it held ciphertext, or a handshake that travelled in the clear. */
        tls_pool_give(&c->pool_owner->pool, c->output.buffer, 0);
        c->output.buffer = NULL;
        c->output.start = c->output.end = 0;
    }
}

/* set_aside moves what waits in the buffer behind what is aside. */
static enum tls_reason
set_aside(tls_connection *c)
{
    size_t length = c->output.end - c->output.start;

    if (length == 0)
        return TLS_OK;
    tls_buffer_append(&c->output.before, c->output.buffer + c->output.start, length);
    if (c->output.before.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    tls_pool_give(&c->pool_owner->pool, c->output.buffer, 0);
    c->output.buffer = NULL;
    c->output.start = c->output.end = 0;
    return TLS_OK;
}

enum tls_reason
tls_output_make_room(tls_connection *c)
{
    return c->output.before.length > 0 ? TLS_REASON_LIMIT : set_aside(c);
}

enum tls_reason
tls_output_fit_flight(tls_connection *c)
{
    size_t length = c->output.handshake.length;
    size_t records = length / c->host.fragment_limit + 1;

    if (c->output.end + length + records * TLS_RECORD_OVERHEAD_MAXIMUM + TLS_ALERT_RESERVE <
        TLS_POOL_BUFFER_LENGTH)
        return TLS_OK;
    return set_aside(c);
}

/* seal appends records to the output, leaving `reserve` bytes of it free. */
static enum tls_reason
seal(tls_connection *c, size_t *consumed, enum tls_content_type type, const unsigned char *data,
    size_t length, size_t reserve)
{
    *consumed = 0;
    if (c->output.buffer == NULL) {
        c->output.buffer = tls_pool_take(&c->pool_owner->pool);
        if (c->output.buffer == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
        c->output.start = c->output.end = 0;
    }
    if (TLS_POOL_BUFFER_LENGTH - c->output.end <= reserve)
        return TLS_OK;
    c->output.end += tls_record_seal(&c->host.sealer, consumed, c->output.buffer + c->output.end,
        TLS_POOL_BUFFER_LENGTH - c->output.end - reserve, type, data, length,
        c->host.fragment_limit);
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
tls_output_message(tls_connection *c, tls_bytes message)
{
    tls_buffer_append(&c->output.handshake, message.data, message.length);
    return c->output.handshake.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

enum tls_reason
tls_output_alone(tls_connection *c, tls_bytes message)
{
    return seal_all(c, TLS_CONTENT_HANDSHAKE, message, TLS_ALERT_RESERVE);
}

enum tls_reason
tls_output_flush(tls_connection *c)
{
    enum tls_reason reason;

    if (c->output.handshake.length == 0)
        return TLS_OK;
    reason = seal_all(
        c, TLS_CONTENT_HANDSHAKE, tls_buffer_view(&c->output.handshake), TLS_ALERT_RESERVE);
    tls_buffer_clear(&c->output.handshake);
    return reason;
}

enum tls_reason
tls_output_change_cipher_spec(tls_connection *c)
{
    static const unsigned char content[] = {1};
    enum tls_reason reason = tls_output_flush(c);

    if (reason == TLS_OK)
        reason = seal_all(c, TLS_CONTENT_CHANGE_CIPHER_SPEC,
            tls_bytes_make(content, sizeof content), TLS_ALERT_RESERVE);
    if (reason == TLS_OK)
        reason = tls_host_happened(&c->host, TLS_STAGE_CHANGE_CIPHER_SPEC, TLS_SENT,
            tls_bytes_make(content, sizeof content));
    return reason;
}

enum tls_reason
tls_output_alert(tls_connection *c, int level, int description)
{
    unsigned char content[2];
    enum tls_reason reason;

    content[0] = (unsigned char)level;
    content[1] = (unsigned char)description;
    /* A flight that was half made is dropped: the peer must not act on it (RFC 5246 section 7.2.2),
     * nor does anything follow close_notify (RFC 8446 section 6.1). */
    if (level == 2 || description == TLS_ALERT_CLOSE_NOTIFY)
        tls_buffer_clear(&c->output.handshake);
    reason = seal_all(c, TLS_CONTENT_ALERT, tls_bytes_make(content, sizeof content),
        level == 2 || description == TLS_ALERT_CLOSE_NOTIFY ? 0 : TLS_ALERT_RESERVE / 2);
    if (reason == TLS_OK)
        reason = tls_host_happened(
            &c->host, TLS_STAGE_ALERT, TLS_SENT, tls_bytes_make(content, sizeof content));
    return reason;
}

int
tls_output_has_room(const tls_connection *c)
{
    return c->output.buffer == NULL ||
           TLS_POOL_BUFFER_LENGTH - c->output.end >
               TLS_RECORD_PLAINTEXT_MAXIMUM + TLS_RECORD_OVERHEAD_MAXIMUM + TLS_ALERT_RESERVE;
}

/* data_sent reports what has been sealed, once for each of its records. */
static enum tls_reason
data_sent(tls_connection *c, size_t length)
{
    enum tls_reason reason = TLS_OK;

    while (length > 0 && reason == TLS_OK) {
        size_t piece = length < c->host.fragment_limit ? length : c->host.fragment_limit;

        reason = tls_host_data_happened(&c->host, TLS_SENT, piece);
        length -= piece;
    }
    return reason;
}

enum tls_reason
tls_output_early_data(tls_connection *c, tls_bytes data)
{
    enum tls_reason reason = seal_all(c, TLS_CONTENT_APPLICATION_DATA, data, TLS_ALERT_RESERVE);

    return reason == TLS_OK ? data_sent(c, data.length) : reason;
}

/* under_one_key: how many of `length` bytes may be sealed before the keys are updated; 0 while an
 * update is due that has no room. */
static size_t
under_one_key(const tls_connection *c, size_t length)
{
    const tls_engine_class *class = tls_connection_class(c);
    uint64_t left;

    if (class == NULL || class->records_left == NULL)
        return length;
    left = class->records_left(&c->host);
    return left <= length / c->host.fragment_limit ? (size_t)left * c->host.fragment_limit : length;
}

/* flush_early_out sends early data that was not accepted once more, before anything else. */
static enum tls_reason
flush_early_out(tls_connection *c)
{
    size_t consumed;
    enum tls_reason reason;

    if (c->host.early_out.length == 0)
        return TLS_OK;
    reason = seal(c, &consumed, TLS_CONTENT_APPLICATION_DATA, c->host.early_out.data,
        under_one_key(c, c->host.early_out.length), TLS_ALERT_RESERVE);
    tls_buffer_consume(&c->host.early_out, consumed);
    if (c->host.early_out.length == 0)
        tls_buffer_release(&c->host.early_out);
    return reason == TLS_OK ? data_sent(c, consumed) : reason;
}

enum tls_reason
tls_output_before_data(tls_connection *c)
{
    const tls_engine_class *class = tls_connection_class(c);
    enum tls_reason reason = TLS_OK;
    size_t before;

    do {
        before = c->host.early_out.length;
        if (class != NULL && class->before_write != NULL)
            reason = class->before_write(&c->host);
        if (reason == TLS_OK && c->established)
            reason = flush_early_out(c);
    } while (reason == TLS_OK && c->host.early_out.length > 0 && c->host.early_out.length < before);
    return reason;
}

enum tls_reason
tls_connection_write(tls_connection *c, size_t *written, const void *data, size_t length)
{
    int watched = tls_events_watch(&c->host.events, TLS_STAGE_APPLICATION_DATA);
    enum tls_reason reason;
    size_t piece, sealed;

    *written = 0;
    if (c->failure != TLS_OK)
        return c->failure;
    if (c->host.close_sent)
        return TLS_REASON_CLOSED;
    if ((!c->established && !c->host.may_write) ||
        (tls_connection_in_renegotiation(c) && !c->close_received))
        return TLS_REASON_NOT_READY;
    if (tls_connection_in_renegotiation(c)) /* it will never end */
        return TLS_REASON_CLOSED;
    while (*written < length) {
        reason = tls_output_before_data(c);
        if (reason != TLS_OK || c->host.early_out.length > 0)
            return reason;
        piece = under_one_key(c, length - *written);
        /* The stage happens once per record, so they are sealed one by one. */
        if (watched && piece > c->host.fragment_limit)
            piece = c->host.fragment_limit;
        reason = seal(c, &sealed, TLS_CONTENT_APPLICATION_DATA,
            (const unsigned char *)data + *written, piece, TLS_ALERT_RESERVE);
        *written += sealed;
        if (reason == TLS_OK && watched && sealed > 0)
            reason = tls_host_data_happened(&c->host, TLS_SENT, sealed);
        if (reason != TLS_OK || sealed == 0 || sealed < piece)
            return reason;
    }
    return TLS_OK;
}

/* ---- The end ---- */

void
tls_output_release(tls_connection *c)
{
    tls_output *out = &c->output;

    if (out->buffer != NULL)
        tls_pool_give(&c->pool_owner->pool, out->buffer, out->end);
    out->buffer = NULL;
    out->start = out->end = 0;
    tls_buffer_release(&out->before);
    tls_buffer_release(&out->handshake);
}

size_t
tls_output_memory(const tls_connection *c)
{
    const tls_output *out = &c->output;

    return out->handshake.capacity + out->before.capacity + c->host.early_out.capacity +
           c->host.early_protocol.capacity + (out->buffer != NULL ? TLS_POOL_BUFFER_LENGTH : 0);
}

/* fuzz_breaker.c - see fuzz_breaker.h. */
#include "fuzz_breaker.h"

#include "tls13/internal.h"
#include "wire/message.h"

#define INJECTED_MAXIMUM 64 /* records and messages for one input */

enum tls_reason __real_tls13_send(tls13_engine *e, enum tls_stage stage, tls_buffer *raw);
enum tls_reason __wrap_tls13_send(tls13_engine *e, enum tls_stage stage, tls_buffer *raw);
size_t __real_tls_record_seal(tls_record_sealer *sealer, size_t *consumed, unsigned char *out,
    size_t room, enum tls_content_type type, const unsigned char *data, size_t length,
    size_t fragment);
size_t __wrap_tls_record_seal(tls_record_sealer *sealer, size_t *consumed, unsigned char *out,
    size_t room, enum tls_content_type type, const unsigned char *data, size_t length,
    size_t fragment);

fuzz_breaker hostile;

/* ---- Messages of TLS 1.3, before the transcript ---- */

static void
set_body_length(tls_buffer *raw)
{
    tls_put24(raw->data + 1, (uint32_t)(raw->length - 4));
}

static void
replace(tls_buffer *raw, size_t at, size_t old_length, tls_bytes with)
{
    tls_buffer result = {NULL, 0, 0, 0};

    tls_buffer_append(&result, raw->data, at);
    tls_buffer_append(&result, with.data, with.length);
    tls_buffer_append(&result, raw->data + at + old_length, raw->length - at - old_length);
    fuzz_check(!result.failed);
    tls_buffer_release(raw);
    *raw = result;
}

static tls_bytes *
extensions_of(tls_message *message)
{
    switch (message->type) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        return &message->u.client_hello.extensions;
    case TLS_HANDSHAKE_SERVER_HELLO:
        return &message->u.server_hello.extensions;
    case TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS:
        return &message->u.encrypted_extensions.extensions;
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        return &message->u.certificate_request.extensions;
    default:
        return NULL;
    }
}

/* change_extensions rebuilds the message with one extension taken out (or another's data put there)
 * and one added. */
static void
change_extensions(tls_buffer *raw, tls_bytes *input)
{
    unsigned gone = fuzz_u8(input), keep = fuzz_u8(input), type = fuzz_u8(input);
    tls_bytes data = fuzz_take(input, fuzz_u8(input));
    tls_message message;
    tls_bytes *extensions;
    tls_extension extension;
    tls_reader reader;
    tls_buffer block = {NULL, 0, 0, 0}, built = {NULL, 0, 0, 0};
    unsigned i = 0;

    if (tls_message_parse(&message, tls_buffer_view(raw), TLS_VERSION_13, 0) != TLS_OK)
        return;
    extensions = extensions_of(&message);
    if (extensions == NULL)
        return;
    if (keep & 1)
        tls_extension_write(&block, type, data);
    tls_reader_init(&reader, *extensions);
    while (tls_extensions_next(&reader, &extension)) {
        if (i++ != gone)
            tls_extension_write(&block, extension.type, extension.data);
        else if (keep & 2)
            tls_extension_write(&block, extension.type, data);
    }
    if (keep & 4)
        tls_extension_write(&block, type | 0xFF00, data);
    *extensions = tls_buffer_view(&block);
    if (!block.failed && tls_message_build(&built, &message) == TLS_OK) {
        tls_buffer_release(raw);
        *raw = built;
    } else {
        tls_buffer_release(&built);
    }
    tls_buffer_release(&block);
}

/* change_message: 0 is honesty, so that an input may begin to lie at any message. */
static void
change_message(tls_buffer *raw, unsigned how, tls_bytes *input)
{
    tls_bytes bytes;
    size_t at;

    switch (how) {
    case 1:
        at = fuzz_u16(input) % raw->length;
        raw->data[at] ^= (unsigned char)fuzz_u8(input);
        break;
    case 2:
        at = fuzz_u16(input);
        if (4 + at < raw->length)
            raw->length = 4 + at;
        set_body_length(raw);
        break;
    case 3: /* more, or less, in the middle */
        at = 4 + fuzz_u16(input) % (raw->length - 3);
        bytes = fuzz_take(input, fuzz_u8(input));
        replace(raw, at, fuzz_u8(input) % (raw->length - at + 1), bytes);
        set_body_length(raw);
        break;
    case 4:
        bytes = fuzz_take(input, fuzz_u16(input));
        replace(raw, 4, raw->length - 4, bytes);
        set_body_length(raw);
        break;
    case 5:
        raw->data[0] = (unsigned char)fuzz_u8(input);
        break;
    case 6:
        change_extensions(raw, input);
        break;
    default:
        break;
    }
}

static enum tls_reason
send_made_up(tls13_engine *e, enum tls_stage stage, tls_bytes *input)
{
    tls_buffer raw = {NULL, 0, 0, 0};
    unsigned type = fuzz_u8(input);

    fuzz_check(tls_handshake_build(&raw, type, fuzz_take(input, fuzz_u16(input))) == TLS_OK);
    return __real_tls13_send(e, stage, &raw);
}

/* keep_proof keeps the messages of each kind that proves something, as they were made. */
static void
keep_proof(tls_bytes message)
{
    tls_buffer *proof = NULL;

    if (message.data[0] == TLS_HANDSHAKE_CERTIFICATE_VERIFY)
        proof = &hostile.verify;
    else if (message.data[0] == TLS_HANDSHAKE_FINISHED)
        proof = &hostile.finished;
    if (proof == NULL)
        return;
    tls_buffer_append(proof, message.data, message.length);
}

enum tls_reason
__wrap_tls13_send(tls13_engine *e, enum tls_stage stage, tls_buffer *raw)
{
    tls_buffer original = {NULL, 0, 0, 0};
    enum tls_reason reason = TLS_OK;
    unsigned how;

    if (hostile.breaker == NULL || e->handshake->host != &hostile.breaker->c->host ||
        tls_write_result(raw) != TLS_OK || raw->length < 4)
        return __real_tls13_send(e, stage, raw);
    how = fuzz_u8(&hostile.input) % 10;
    tls_buffer_append(&original, raw->data, raw->length);
    if (how == 7 && hostile.injected++ < INJECTED_MAXIMUM)
        reason = send_made_up(e, stage, &hostile.input);
    change_message(raw, how, &hostile.input);
    keep_proof(tls_buffer_view(&original));
    if (how != 8) {
        if (reason == TLS_OK)
            reason = __real_tls13_send(e, stage, raw);
    } else {
        tls_buffer_release(raw); /* left out */
    }
    if (how == 9 && reason == TLS_OK && hostile.injected++ < INJECTED_MAXIMUM)
        reason = __real_tls13_send(e, stage, &original);
    tls_buffer_release(raw);
    tls_buffer_release(&original);
    return reason;
}

/* ---- Records of every version, before they are sealed ---- */

/* seal_one seals a record of whatever content; 0 where there is no room for it. */
static size_t
seal_one(
    tls_record_sealer *sealer, unsigned char *out, size_t room, unsigned type, tls_bytes content)
{
    size_t consumed;
    /* Our own sealer makes no record without content; an unprotected one can be made by hand. */
    if (content.length == 0 && sealer->protection.vtable == NULL) {
        if (room < TLS_RECORD_HEADER_LENGTH)
            return 0;
        out[0] = (unsigned char)type;
        tls_put16(out + 1, sealer->version);
        tls_put16(out + 3, 0);
        return TLS_RECORD_HEADER_LENGTH;
    }
    if (room < content.length + TLS_RECORD_OVERHEAD_MAXIMUM + 64)
        return 0;
    return __real_tls_record_seal(sealer, &consumed, out, room, (enum tls_content_type)type,
        content.data, content.length, TLS_RECORD_PLAINTEXT_MAXIMUM);
}

static void
note(tls_buffer *stream, unsigned type, tls_bytes content)
{
    if (type == TLS_CONTENT_HANDSHAKE && (hostile.after || !hostile.victim->c->established))
        tls_buffer_append(stream, content.data, content.length);
}

static size_t
seal_noted(
    tls_record_sealer *sealer, unsigned char *out, size_t room, unsigned type, tls_bytes content)
{
    size_t sealed = seal_one(sealer, out, room, type, content);

    if (sealed > 0)
        note(&hostile.told, type, content);
    return sealed;
}

static size_t
seal_changed(tls_record_sealer *sealer, unsigned char *out, size_t room, unsigned type,
    tls_buffer *content, unsigned how)
{
    tls_bytes *input = &hostile.input;
    size_t written = 0, at;
    unsigned other;
    tls_bytes bytes;

    switch (how) {
    case 1:
        at = fuzz_u16(input) % content->length;
        content->data[at] ^= (unsigned char)fuzz_u8(input);
        break;
    case 2:
        at = fuzz_u16(input) % content->length;
        content->length = at;
        break;
    case 3:
        type = fuzz_u8(input);
        break;
    case 4: /* in two records */
        at = fuzz_u16(input) % content->length;
        written = seal_noted(sealer, out, room, type, tls_bytes_make(content->data, at));
        tls_buffer_consume(content, at);
        break;
    case 5: /* one more before it */
        other = fuzz_u8(input);
        written = seal_noted(sealer, out, room, other, fuzz_take(input, fuzz_u16(input)));
        break;
    case 6: /* left out */
        return 0;
    case 7: /* twice */
        written = seal_noted(sealer, out, room, type, tls_buffer_view(content));
        break;
    case 8:
        at = fuzz_u16(input) % (content->length + 1);
        bytes = fuzz_take(input, fuzz_u8(input));
        replace(content, at, 0, bytes);
        break;
    case 9: /* in the clear, by the header that the input gives */
        bytes = fuzz_take(input, fuzz_u8(input));
        if (bytes.length + TLS_RECORD_OVERHEAD_MAXIMUM < room) {
            memcpy(out, bytes.data, bytes.length);
            written = bytes.length;
            if (bytes.length > TLS_RECORD_HEADER_LENGTH && sealer->protection.vtable == NULL)
                note(
                    &hostile.told, bytes.data[0], tls_bytes_make(bytes.data + 5, bytes.length - 5));
        }
        break;
    default:
        break;
    }
    written += seal_noted(sealer, out + written, room - written, type, tls_buffer_view(content));
    if (how == 10 && written > TLS_RECORD_HEADER_LENGTH) {
        at = fuzz_u16(input) % written;
        out[at] ^= (unsigned char)fuzz_u8(input);
    }
    return written;
}

size_t
__wrap_tls_record_seal(tls_record_sealer *sealer, size_t *consumed, unsigned char *out, size_t room,
    enum tls_content_type type, const unsigned char *data, size_t length, size_t fragment)
{
    tls_buffer content = {NULL, 0, 0, 0};
    size_t written;
    unsigned how;

    if (hostile.breaker == NULL || sealer != &hostile.breaker->c->host.sealer || length == 0)
        return __real_tls_record_seal(sealer, consumed, out, room, type, data, length, fragment);
    note(&hostile.meant, type, tls_bytes_make(data, length));
    how = fuzz_u8(&hostile.input) % 12;
    if (how == 0 || length > TLS_RECORD_PLAINTEXT_MAXIMUM) {
        written = __real_tls_record_seal(sealer, consumed, out, room, type, data, length, fragment);
        note(&hostile.told, type, tls_bytes_make(data, *consumed));
        return written;
    }
    *consumed = length;
    tls_buffer_append(&content, data, length);
    fuzz_check(!content.failed);
    written = seal_changed(sealer, out, room, type, &content, how);
    tls_buffer_release(&content);
    return written;
}

/* ---- What was proven ---- */

/* is_told looks for the message in what the victim was told: the bytes count, not what was done to
 * them, for two changes may undo each other. */
static int
is_told(tls_bytes message)
{
    size_t at;

    for (at = 0; at + message.length <= hostile.told.length; at++)
        if (memcmp(hostile.told.data + at, message.data, message.length) == 0)
            return 1;
    return 0;
}

/* told_whole: one of them was. A late one that is made already may still wait to be sent. */
static int
told_whole(const tls_buffer *messages)
{
    tls_bytes rest = tls_buffer_view(messages);
    unsigned type;
    size_t length;

    while (tls_message_header(rest, &type, &length)) {
        if (is_told(tls_bytes_make(rest.data, length)))
            return 1;
        rest.data += length;
        rest.length -= length;
    }
    return 0;
}

int
fuzz_verify_told(void)
{
    return told_whole(&hostile.verify);
}

int
fuzz_finished_told(void)
{
    return told_whole(&hostile.finished);
}

void
fuzz_breaker_begin(tls_bytes input)
{
    memset(&hostile, 0, sizeof hostile);
    hostile.input = input;
}

void
fuzz_breaker_choose(fuzz_pair *pair)
{
    int client_breaks = (pair->options & FUZZ_CLIENT_BREAKS) != 0;

    hostile.breaker = client_breaks ? &pair->client : &pair->server;
    hostile.victim = client_breaks ? &pair->server : &pair->client;
}

void
fuzz_breaker_end(void)
{
    hostile.breaker = NULL;
    tls_buffer_release(&hostile.meant);
    tls_buffer_release(&hostile.told);
    tls_buffer_release(&hostile.verify);
    tls_buffer_release(&hostile.finished);
}

/* ---- After the handshake ---- */

static void
write_data(fuzz_side *side, size_t length)
{
    static const unsigned char data[40000];
    size_t written;

    fuzz_random_use(&side->random);
    tls_connection_write(side->c, &written, data, length % sizeof data);
}

/* inject seals a record of any type, or a handshake message of any type, with the breaker's keys.
 */
static void
inject(tls_bytes *input, int message)
{
    unsigned char out[2048];
    tls_buffer content = {NULL, 0, 0, 0};
    unsigned type = fuzz_u8(input);
    tls_bytes bytes = fuzz_take(input, fuzz_u8(input));
    size_t sealed;

    /* What is written before goes out before. */
    if (tls_connection_output(hostile.breaker->c).length > 0 ||
        hostile.breaker->c->failure != TLS_OK || hostile.injected++ >= INJECTED_MAXIMUM)
        return;
    if (message)
        tls_handshake_build(&content, type, bytes);
    else
        tls_buffer_append(&content, bytes.data, bytes.length);
    if (message)
        type = TLS_CONTENT_HANDSHAKE;
    sealed = seal_noted(
        &hostile.breaker->c->host.sealer, out, sizeof out, type, tls_buffer_view(&content));
    fuzz_random_use(&hostile.victim->random);
    tls_connection_feed(hostile.victim->c, out, sealed);
    tls_buffer_release(&content);
}

void
fuzz_act(fuzz_pair *pair, tls_bytes *input)
{
    unsigned what = fuzz_u8(input);
    fuzz_side *side = what & 0x80 ? hostile.victim : hostile.breaker;

    fuzz_random_use(&side->random);
    switch (what & 0xF) {
    case 0:
        write_data(side, fuzz_u16(input));
        break;
    case 1:
        tls_connection_update_keys(side->c, (int)(fuzz_u8(input) & 1));
        break;
    case 2:
        tls_connection_request_certificate(pair->server.c);
        break;
    case 3:
        tls_connection_send_ticket(pair->server.c);
        break;
    case 4:
    case 5:
        inject(input, 0);
        break;
    case 6:
    case 7:
    case 8:
        inject(input, 1);
        break;
    case 9:
        tls_connection_close(side->c);
        break;
    case 10:
        tls_connection_feed_end(side->c);
        break;
    case 11:
        fuzz_exercise(side);
        break;
    case 12:
        tls_connection_end(side->c);
        break;
    case 13:
        fuzz_run(side);
        break;
    case 14:
        tls_connection_renegotiate(side->c, (enum tls_verify_mode)(fuzz_u8(input) % 4));
        break;
    default:
        fuzz_pump(pair, NULL, NULL);
        break;
    }
}

/* ech.c - see ech.h. */
#include "wire/ech.h"

#include <string.h>

/* RFC 9849 section 5.1: OuterExtensions<2..254>. */
#define REFERENCES_MAXIMUM 127

enum { WIRE_OUTER = 0, WIRE_INNER = 1 }; /* ECHClientHelloType */

/* ---- The extension ---- */

enum tls_reason
tls_ech_client_hello_parse(tls_ech_client_hello *out, tls_bytes data)
{
    tls_reader reader;
    unsigned type;

    memset(out, 0, sizeof *out);
    tls_reader_init(&reader, data);
    type = (unsigned)tls_read_u8(&reader);
    if (tls_reader_failed(&reader))
        return TLS_REASON_DECODE;
    if (type > WIRE_INNER)
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (type == WIRE_OUTER) {
        out->kdf = (unsigned)tls_read_u16(&reader);
        out->aead = (unsigned)tls_read_u16(&reader);
        out->config_id = (unsigned)tls_read_u8(&reader);
        out->enc = tls_read_vector16(&reader, 0);
        out->payload = tls_read_vector16(&reader, 1);
    }
    if (!tls_reader_finish(&reader))
        return TLS_REASON_DECODE;
    out->type = type == WIRE_OUTER ? TLS_ECH_OUTER : TLS_ECH_INNER;
    return TLS_OK;
}

void
tls_ech_write_outer(tls_buffer *block, const tls_ech_client_hello *outer, size_t payload_length)
{
    size_t data, payload;
    unsigned char *zeros;

    tls_write_u16(block, TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO);
    data = tls_write_begin16(block);
    tls_write_u8(block, WIRE_OUTER);
    tls_write_u16(block, outer->kdf);
    tls_write_u16(block, outer->aead);
    tls_write_u8(block, outer->config_id);
    tls_write_vector16(block, outer->enc);
    payload = tls_write_begin16(block);
    zeros = tls_buffer_reserve(block, payload_length);
    if (zeros != NULL) {
        memset(zeros, 0, payload_length);
        block->length += payload_length;
    }
    tls_write_end16(block, payload);
    tls_write_end16(block, data);
}

void
tls_ech_write_inner(tls_buffer *block)
{
    static const unsigned char type = WIRE_INNER;

    tls_extension_write(block, TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO, tls_bytes_make(&type, 1));
}

/* ---- ClientHello taken apart ---- */

/* A body up to its extensions, without the session ID, which the encoded one has not. */
typedef struct hello_parts {
    tls_bytes before, session_id, after; /* version and random; suites and compression */
    tls_bytes extensions;
} hello_parts;

/* read_parts reads a body; what stands behind it is left in the reader. */
static int
read_parts(hello_parts *parts, tls_reader *reader)
{
    const unsigned char *start;

    parts->before = tls_read_bytes(reader, 2 + TLS_RANDOM_LENGTH);
    parts->session_id = tls_read_vector8(reader, 0);
    start = reader->next;
    (void)tls_read_vector16(reader, 2);
    (void)tls_read_vector8(reader, 1);
    if (tls_reader_failed(reader))
        return 0;
    parts->after = tls_bytes_make(start, (size_t)(reader->next - start));
    parts->extensions = tls_read_vector16(reader, 0);
    return !tls_reader_failed(reader);
}

static int
read_message(hello_parts *parts, tls_bytes message)
{
    tls_reader reader;

    tls_reader_init(&reader, message);
    (void)tls_read_bytes(&reader, TLS_HANDSHAKE_HEADER_LENGTH);
    return read_parts(parts, &reader) && tls_reader_finish(&reader);
}

enum tls_reason
tls_hello_insert(tls_buffer *hello, tls_bytes extension, size_t *position)
{
    hello_parts parts;
    tls_reader reader;
    tls_extension item;
    size_t block, at;

    if (!read_message(&parts, tls_buffer_view(hello)))
        return TLS_REASON_INTERNAL;
    block = (size_t)(parts.extensions.data - hello->data);
    at = hello->length;
    tls_reader_init(&reader, parts.extensions);
    while (tls_extensions_next(&reader, &item))
        if (item.type == TLS_EXTENSION_PRE_SHARED_KEY)
            at = (size_t)(item.data.data - hello->data) - 4;
    if (parts.extensions.length + extension.length > 65535)
        return TLS_REASON_LIMIT;
    if (tls_buffer_reserve(hello, extension.length) == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    memmove(hello->data + at + extension.length, hello->data + at, hello->length - at);
    memcpy(hello->data + at, extension.data, extension.length);
    hello->length += extension.length;
    tls_put16(hello->data + block - 2, (uint32_t)(hello->length - block));
    tls_put24(hello->data + 1, (uint32_t)(hello->length - TLS_HANDSHAKE_HEADER_LENGTH));
    *position = at;
    return TLS_OK;
}

/* ---- The inner hello, encoded ---- */

/* is_shared: the one rule for what is not written twice: the other hello has the same. What names
 * the server, and what is of either hello alone, never is, so that lengths do not tell. */
static int
is_shared(const tls_extension *extension, tls_bytes other)
{
    tls_bytes data;

    switch (extension->type) {
    case TLS_EXTENSION_SERVER_NAME:
    case TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO:
    case TLS_EXTENSION_PRE_SHARED_KEY:
        return 0;
    default:
        return tls_extensions_find(other, extension->type, &data) &&
               tls_bytes_equal(data, extension->data);
    }
}

static void
copy(tls_buffer *out, const tls_extension *extension)
{
    tls_extension_write(out, extension->type, extension->data);
}

enum tls_reason
tls_ech_arrange(tls_buffer *inner, tls_bytes outer)
{
    hello_parts parts, others;
    tls_buffer block = {0};
    tls_reader reader;
    tls_extension extension, last = {0, {NULL, 0}};
    enum tls_reason reason = TLS_OK;

    if (!read_message(&parts, tls_buffer_view(inner)) || !read_message(&others, outer))
        return TLS_REASON_INTERNAL;
    tls_reader_init(&reader, parts.extensions);
    while (tls_extensions_next(&reader, &extension))
        if (extension.type == TLS_EXTENSION_PRE_SHARED_KEY)
            last = extension;
        else if (!is_shared(&extension, others.extensions))
            copy(&block, &extension);
    tls_reader_init(&reader, others.extensions);
    while (tls_extensions_next(&reader, &extension))
        if (is_shared(&extension, parts.extensions))
            copy(&block, &extension);
    if (last.type != 0)
        copy(&block, &last);
    if (block.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    else if (block.length != parts.extensions.length)
        reason = TLS_REASON_INTERNAL;
    else if (block.length > 0)
        memcpy(inner->data + (parts.extensions.data - inner->data), block.data, block.length);
    tls_buffer_release(&block);
    return reason;
}

/* write_references puts ech_outer_extensions in place of those that are shared. */
static void
write_references(tls_buffer *out, tls_bytes extensions, tls_bytes others)
{
    tls_reader reader;
    tls_extension extension;
    size_t data = 0, list = 0, count = 0;

    tls_reader_init(&reader, extensions);
    while (tls_extensions_next(&reader, &extension)) {
        int shared = count < REFERENCES_MAXIMUM && is_shared(&extension, others);

        if (shared && count++ == 0) {
            tls_write_u16(out, TLS_EXTENSION_ECH_OUTER_EXTENSIONS);
            data = tls_write_begin16(out);
            list = tls_write_begin8(out);
        }
        if (shared)
            tls_write_u16(out, extension.type);
        if (!shared && data != 0) {
            tls_write_end8(out, list);
            tls_write_end16(out, data);
            data = 0;
        }
        if (!shared)
            copy(out, &extension);
    }
    if (data != 0) {
        tls_write_end8(out, list);
        tls_write_end16(out, data);
    }
}

enum tls_reason
tls_ech_encode(tls_buffer *out, tls_bytes inner, tls_bytes outer)
{
    hello_parts parts, others;
    size_t block;

    if (!read_message(&parts, inner) || !read_message(&others, outer))
        return TLS_REASON_INTERNAL;
    tls_write_bytes(out, parts.before);
    tls_write_vector8(out, tls_bytes_make(NULL, 0));
    tls_write_bytes(out, parts.after);
    block = tls_write_begin16(out);
    write_references(out, parts.extensions, others.extensions);
    tls_write_end16(out, block);
    return tls_write_result(out);
}

size_t
tls_ech_padding(size_t length, const tls_client_hello *inner, size_t maximum_name_length)
{
    size_t name = inner->server_name.length, padding = 0;

    if (name == 0)
        padding = maximum_name_length + 9;
    else if (name < maximum_name_length)
        padding = maximum_name_length - name;
    return padding + 31 - (length + padding - 1) % 32;
}

/* ---- And decoded ---- */

/* resolve appends the extensions that are referenced. The cursor through the outer hello's only
 * goes forward, so that none is found twice, and none that stands before another (appendix A). */
static enum tls_reason
resolve(tls_buffer *out, tls_bytes data, tls_reader *cursor)
{
    tls_reader reader, list;
    tls_bytes references;
    tls_extension extension;

    tls_reader_init(&reader, data);
    references = tls_read_vector8(&reader, 2);
    if (!tls_reader_finish(&reader) || references.length % 2 != 0)
        return TLS_REASON_DECODE;
    tls_reader_init(&list, references);
    while (!tls_reader_at_end(&list)) {
        unsigned type = (unsigned)tls_read_u16(&list);

        if (type == TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO ||
            type == TLS_EXTENSION_ECH_OUTER_EXTENSIONS)
            return TLS_REASON_ILLEGAL_PARAMETER;
        do {
            if (!tls_extensions_next(cursor, &extension))
                return TLS_REASON_ILLEGAL_PARAMETER;
        } while (extension.type != type);
        copy(out, &extension);
    }
    return TLS_OK;
}

static enum tls_reason
expand(tls_buffer *out, tls_bytes extensions, tls_bytes others)
{
    tls_reader reader, cursor;
    tls_extension extension;
    int resolved = 0;
    enum tls_reason reason;

    tls_reader_init(&reader, extensions);
    tls_reader_init(&cursor, others);
    while (tls_extensions_next(&reader, &extension)) {
        if (extension.type != TLS_EXTENSION_ECH_OUTER_EXTENSIONS) {
            copy(out, &extension);
            continue;
        }
        if (resolved)
            return TLS_REASON_ILLEGAL_PARAMETER;
        resolved = 1;
        reason = resolve(out, extension.data, &cursor);
        if (reason != TLS_OK)
            return reason;
    }
    return tls_reader_finish(&reader) ? TLS_OK : TLS_REASON_DECODE;
}

static int
is_zero(tls_bytes bytes)
{
    unsigned char any = 0;
    size_t i;

    for (i = 0; i < bytes.length; i++)
        any |= bytes.data[i];
    return any == 0;
}

enum tls_reason
tls_ech_decode(tls_buffer *inner, tls_bytes encoded, const tls_client_hello *outer)
{
    hello_parts parts;
    tls_reader reader;
    size_t message, block;
    enum tls_reason reason;

    tls_reader_init(&reader, encoded);
    if (!read_parts(&parts, &reader))
        return TLS_REASON_DECODE;
    if (parts.session_id.length != 0 || !is_zero(tls_read_rest(&reader)))
        return TLS_REASON_ILLEGAL_PARAMETER;
    tls_write_u8(inner, TLS_HANDSHAKE_CLIENT_HELLO);
    message = tls_write_begin24(inner);
    tls_write_bytes(inner, parts.before);
    tls_write_vector8(inner, outer->session_id);
    tls_write_bytes(inner, parts.after);
    block = tls_write_begin16(inner);
    reason = expand(inner, parts.extensions, outer->extensions);
    tls_write_end16(inner, block);
    tls_write_end24(inner, message);
    if (reason != TLS_OK)
        return reason;
    reason = tls_write_result(inner);
    return reason == TLS_REASON_LIMIT ? TLS_REASON_ILLEGAL_PARAMETER : reason;
}

int
tls_ech_is_inner(const tls_client_hello *hello)
{
    size_t i;
    int has_13 = 0;

    for (i = 0; i < tls_u16_list_count(hello->supported_versions); i++) {
        unsigned version = tls_u16_list_at(hello->supported_versions, i);

        if (version < TLS_VERSION_13 && !tls_is_grease(version))
            return 0;
        has_13 |= version == TLS_VERSION_13;
    }
    return has_13 && hello->ech == TLS_ECH_INNER;
}

void
tls_ech_additional(tls_buffer *out, tls_bytes outer, tls_bytes payload)
{
    size_t at = (size_t)(payload.data - outer.data) - TLS_HANDSHAKE_HEADER_LENGTH;
    size_t start = out->length;

    tls_write_bytes(out, tls_bytes_make(outer.data + TLS_HANDSHAKE_HEADER_LENGTH,
                             outer.length - TLS_HANDSHAKE_HEADER_LENGTH));
    if (!out->failed)
        memset(out->data + start + at, 0, payload.length);
}

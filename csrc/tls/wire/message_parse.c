/* message_parse.c - handshake messages from bytes; hello_parse.c has the hellos. See message.h. */
#include "wire/message.h"

#include <string.h>

#include "wire/compression.h"

#define CERTIFICATE_STATUS_OCSP 1      /* RFC 6066 section 8 */
#define EC_CURVE_TYPE_NAMED 3          /* RFC 8422 section 5.4 */
#define VERIFY_DATA_LENGTH 12          /* RFC 5246 section 7.4.9; no suite defines another */
#define TICKET_LIFETIME_MAXIMUM 604800 /* a week: RFC 8446 section 4.6.1 */

int
tls_message_header(tls_bytes input, unsigned *type, size_t *length)
{
    size_t whole;

    if (input.length < TLS_HANDSHAKE_HEADER_LENGTH) {
        if (length != NULL)
            *length = 0;
        return 0;
    }
    *type = input.data[0];
    whole = TLS_HANDSHAKE_HEADER_LENGTH + (size_t)tls_get24(input.data + 1);
    if (length != NULL)
        *length = whole;
    return input.length >= whole;
}

size_t
tls_message_limit(unsigned type)
{
    /* Chains, lists of authorities and tickets: 128 KiB with the header. */
    static const size_t list = (size_t)128 * 1024 - TLS_HANDSHAKE_HEADER_LENGTH;
    /* One field that may be long: an OCSP response, an extension. */
    static const size_t field = (size_t)64 * 1024 + 256;

    switch (type) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        return TLS_CLIENT_HELLO_MAXIMUM;
    case TLS_HANDSHAKE_SERVER_HELLO:
    case TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS:
    case TLS_HANDSHAKE_CERTIFICATE_STATUS:
        return field;
    case TLS_HANDSHAKE_CERTIFICATE:
    case TLS_HANDSHAKE_COMPRESSED_CERTIFICATE:
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
    case TLS_HANDSHAKE_NEW_SESSION_TICKET:
        return list;
    case TLS_HANDSHAKE_SERVER_KEY_EXCHANGE: /* two numbers of a group, a share and a signature */
    case TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE:
    case TLS_HANDSHAKE_CERTIFICATE_VERIFY:
        return 8192;
    default: /* Finished, and what has no body or one of a byte */
        return 256;
    }
}

static enum tls_reason
finish(const tls_reader *reader)
{
    return tls_reader_finish(reader) ? TLS_OK : TLS_REASON_DECODE;
}

static enum tls_reason
parse_encrypted_extensions(tls_encrypted_extensions *out, tls_reader *reader)
{
    tls_bytes data;
    tls_extension_value value;
    enum tls_reason reason;

    out->extensions = tls_read_vector16(reader, 0);
    if (!tls_reader_finish(reader))
        return TLS_REASON_DECODE;
    reason = tls_extensions_check(out->extensions, TLS_IN_ENCRYPTED_EXTENSIONS, NULL);
    if (reason != TLS_OK)
        return reason;
    out->early_data = tls_extensions_find(out->extensions, TLS_EXTENSION_EARLY_DATA, &data);
    out->ticket_request = tls_extensions_find(out->extensions, TLS_EXTENSION_TICKET_REQUEST, &data);
    if (out->ticket_request)
        out->expected_count = data.data[0];
    if (tls_extensions_find(out->extensions, TLS_EXTENSION_ALPN, &data) &&
        tls_extension_parse(&value, TLS_EXTENSION_ALPN, TLS_IN_ENCRYPTED_EXTENSIONS, data) ==
            TLS_OK) {
        tls_reader names;

        tls_reader_init(&names, value.bytes);
        (void)tls_protocol_next(&names, &out->alpn);
    }
    return TLS_OK;
}

int
tls_certificate_next(tls_reader *reader, tls_certificate_entry *entry, int is_13)
{
    if (tls_reader_at_end(reader))
        return 0;
    memset(entry, 0, sizeof *entry);
    entry->certificate = tls_read_vector24(reader, 1);
    if (is_13)
        entry->extensions = tls_read_vector16(reader, 0);
    return !tls_reader_failed(reader);
}

static enum tls_reason
parse_certificate(tls_certificate_message *out, tls_reader *reader, int is_13)
{
    tls_reader list;
    tls_certificate_entry entry;

    out->is_13 = is_13;
    if (is_13)
        out->certificate_request_context = tls_read_vector8(reader, 0);
    /* A client without a certificate sends an empty list (RFC 5246 section 7.4.6). */
    out->certificate_list = tls_read_vector24(reader, 0);
    tls_reader_init(&list, out->certificate_list);
    while (tls_certificate_next(&list, &entry, is_13)) {
        enum tls_reason reason = tls_extensions_check(entry.extensions, TLS_IN_CERTIFICATE, NULL);

        if (reason != TLS_OK)
            return reason;
        out->certificate_count++;
    }
    tls_reader_leave(reader, &list);
    return finish(reader);
}

static enum tls_reason
parse_certificate_status(tls_certificate_status *out, tls_reader *reader)
{
    out->status_type = tls_read_u8(reader);
    out->response = tls_read_vector24(reader, 1);
    if (!tls_reader_finish(reader))
        return TLS_REASON_DECODE;
    return out->status_type == CERTIFICATE_STATUS_OCSP ? TLS_OK : TLS_REASON_ILLEGAL_PARAMETER;
}

/* Which key exchange the suite has; ANY when it is not one of ours or belongs to TLS 1.3. */
static enum tls_key_exchange
key_exchange_of(unsigned suite_id)
{
    const tls_suite *suite = tls_suite_find(suite_id);

    return suite != NULL ? suite->key_exchange : TLS_KEY_EXCHANGE_ANY;
}

static enum tls_reason
parse_params(tls_server_key_exchange *out, tls_reader *reader)
{
    uint32_t curve_type;

    if (out->kind == TLS_KEY_EXCHANGE_DHE) {
        out->dh_p = tls_read_vector16(reader, 1);
        out->dh_g = tls_read_vector16(reader, 1);
        out->dh_Ys = tls_read_vector16(reader, 1);
    } else {
        curve_type = tls_read_u8(reader);
        /* RFC 8422 section 5.4 leaves no other form: explicit curves were removed. */
        if (!tls_reader_failed(reader) && curve_type != EC_CURVE_TYPE_NAMED)
            return TLS_REASON_ILLEGAL_PARAMETER;
        out->group = (unsigned)tls_read_u16(reader);
        out->point = tls_read_vector8(reader, 1);
    }
    return tls_reader_failed(reader) ? TLS_REASON_DECODE : TLS_OK;
}

static enum tls_reason
parse_server_key_exchange(
    tls_server_key_exchange *out, tls_reader *reader, unsigned version, unsigned suite)
{
    const unsigned char *start = reader->next;
    enum tls_reason reason;

    /* RFC 5246 section 7.4.3: not with static RSA; RFC 8422 section 2.1: nor with static ECDH. */
    out->kind = key_exchange_of(suite);
    if (out->kind != TLS_KEY_EXCHANGE_ECDHE && out->kind != TLS_KEY_EXCHANGE_DHE)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    reason = parse_params(out, reader);
    if (reason != TLS_OK)
        return reason;
    out->params = tls_bytes_make(start, (size_t)(reader->next - start));
    if (version == 0 || version >= TLS_VERSION_12) {
        out->has_scheme = 1;
        out->scheme = (unsigned)tls_read_u16(reader);
    }
    out->signature = tls_read_vector16(reader, 0);
    return finish(reader);
}

/* The value of an extension that has been checked; an absent one leaves `value` zero. */
static int
checked_value(tls_extension_value *value, tls_bytes block, unsigned type, unsigned place)
{
    tls_bytes data;

    memset(value, 0, sizeof *value);
    return tls_extensions_find(block, type, &data) &&
           tls_extension_parse(value, type, place, data) == TLS_OK;
}

/* RFC 8446 section 4.3.2. */
static enum tls_reason
parse_certificate_request_13(tls_certificate_request_message *out, tls_reader *reader)
{
    tls_extension_value value;
    enum tls_reason reason;

    out->is_13 = 1;
    out->certificate_request_context = tls_read_vector8(reader, 0);
    out->extensions = tls_read_vector16(reader, 2);
    if (!tls_reader_finish(reader))
        return TLS_REASON_DECODE;
    reason = tls_extensions_check(out->extensions, TLS_IN_CERTIFICATE_REQUEST, NULL);
    if (reason != TLS_OK)
        return reason;
    /* "The signature_algorithms extension MUST be specified." */
    if (!checked_value(&value, out->extensions, TLS_EXTENSION_SIGNATURE_ALGORITHMS,
            TLS_IN_CERTIFICATE_REQUEST))
        return TLS_REASON_MISSING_EXTENSION;
    out->has_signature_algorithms = 1;
    out->signature_algorithms = value.list;
    (void)checked_value(
        &value, out->extensions, TLS_EXTENSION_CERTIFICATE_AUTHORITIES, TLS_IN_CERTIFICATE_REQUEST);
    out->certificate_authorities = value.bytes;
    out->authority_count = value.count;
    (void)checked_value(&value, out->extensions, TLS_EXTENSION_SIGNATURE_ALGORITHMS_CERT,
        TLS_IN_CERTIFICATE_REQUEST);
    out->signature_algorithms_cert = value.list;
    (void)checked_value(
        &value, out->extensions, TLS_EXTENSION_COMPRESS_CERTIFICATE, TLS_IN_CERTIFICATE_REQUEST);
    out->compress_certificate = value.list;
    return TLS_OK;
}

/* RFC 5246 section 7.4.4; signature_algorithms came with TLS 1.2. */
static enum tls_reason
parse_certificate_request_12(
    tls_certificate_request_message *out, tls_reader *reader, unsigned version)
{
    tls_reader list;
    tls_bytes name;

    out->certificate_types = tls_read_vector8(reader, 1);
    if (version == 0 || version >= TLS_VERSION_12) {
        out->has_signature_algorithms = 1;
        out->signature_algorithms = tls_read_vector16(reader, 2);
        if (out->signature_algorithms.length % 2 != 0)
            tls_reader_fail(reader);
    }
    out->certificate_authorities = tls_read_vector16(reader, 0);
    tls_reader_init(&list, out->certificate_authorities);
    while (tls_vector16_next(&list, &name))
        out->authority_count++;
    tls_reader_leave(reader, &list);
    return finish(reader);
}

static enum tls_reason
parse_client_key_exchange(tls_client_key_exchange *out, tls_reader *reader, unsigned suite)
{
    out->kind = key_exchange_of(suite);
    switch (out->kind) {
    case TLS_KEY_EXCHANGE_RSA:
        /* RFC 5246 section 7.4.7.1: with a length, unlike SSL 3.0. */
        out->encrypted_premaster = tls_read_vector16(reader, 0);
        return finish(reader);
    case TLS_KEY_EXCHANGE_ECDHE:
        out->point = tls_read_vector8(reader, 1);
        return finish(reader);
    case TLS_KEY_EXCHANGE_DHE:
        /* RFC 5246 section 7.4.7.2. Implicit is for static DH, which is not ours. */
        out->dh_Yc = tls_read_vector16(reader, 1);
        return finish(reader);
    case TLS_KEY_EXCHANGE_ECDH:
        /* RFC 8422 section 5.7: implicit when the client's certificate has the key; BearSSL and
         * others then send nothing at all. */
        if (!tls_reader_at_end(reader))
            out->point = tls_read_vector8(reader, 1);
        return finish(reader);
    default:
        return TLS_REASON_UNEXPECTED_MESSAGE;
    }
}

static enum tls_reason
parse_certificate_verify(tls_certificate_verify *out, tls_reader *reader, unsigned version)
{
    if (version == 0 || version >= TLS_VERSION_12) {
        out->has_scheme = 1;
        out->scheme = (unsigned)tls_read_u16(reader);
    }
    out->signature = tls_read_vector16(reader, 0);
    return finish(reader);
}

static enum tls_reason
parse_finished(tls_bytes *verify_data, tls_reader *reader, unsigned version, unsigned suite_id)
{
    const tls_suite *suite = tls_suite_find(suite_id);

    *verify_data = tls_read_rest(reader);
    if (version < TLS_VERSION_13)
        return verify_data->length == VERIFY_DATA_LENGTH ? TLS_OK : TLS_REASON_DECODE;
    /* RFC 8446 section 4.4.4: as long as the suite's hash: 48 for SHA-384 (5), else 32. */
    if (suite == NULL)
        return verify_data->length > 0 ? TLS_OK : TLS_REASON_DECODE;
    return verify_data->length == (suite->prf_hash == TLS_HASH_SHA384 ? 48u : 32u)
               ? TLS_OK
               : TLS_REASON_DECODE;
}

static enum tls_reason
parse_new_session_ticket(tls_new_session_ticket *out, tls_reader *reader, int is_13)
{
    tls_extension_value value;
    enum tls_reason reason;

    out->is_13 = is_13;
    out->lifetime = tls_read_u32(reader);
    if (!is_13) {
        out->ticket = tls_read_vector16(reader, 0);
        return finish(reader);
    }
    out->age_add = tls_read_u32(reader);
    out->nonce = tls_read_vector8(reader, 0);
    out->ticket = tls_read_vector16(reader, 1);
    out->extensions = tls_read_vector16(reader, 0);
    if (!tls_reader_finish(reader))
        return TLS_REASON_DECODE;
    if (out->lifetime > TICKET_LIFETIME_MAXIMUM)
        return TLS_REASON_ILLEGAL_PARAMETER;
    reason = tls_extensions_check(out->extensions, TLS_IN_NEW_SESSION_TICKET, NULL);
    if (reason != TLS_OK)
        return reason;
    (void)checked_value(
        &value, out->extensions, TLS_EXTENSION_EARLY_DATA, TLS_IN_NEW_SESSION_TICKET);
    out->max_early_data = value.number;
    return TLS_OK;
}

static enum tls_reason
parse_key_update(int *update_requested, tls_reader *reader)
{
    uint32_t request = tls_read_u8(reader);

    if (!tls_reader_finish(reader))
        return TLS_REASON_DECODE;
    /* RFC 8446 section 4.6.3. */
    if (request > 1)
        return TLS_REASON_ILLEGAL_PARAMETER;
    *update_requested = (int)request;
    return TLS_OK;
}

/* Whether the version has the message at all; the hellos come before there is a version. */
static int
version_has(unsigned type, unsigned version)
{
    switch (type) {
    case TLS_HANDSHAKE_HELLO_REQUEST:
    case TLS_HANDSHAKE_SERVER_KEY_EXCHANGE:
    case TLS_HANDSHAKE_SERVER_HELLO_DONE:
    case TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE:
    case TLS_HANDSHAKE_CERTIFICATE_STATUS:
        return version < TLS_VERSION_13;
    case TLS_HANDSHAKE_END_OF_EARLY_DATA:
    case TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS:
    case TLS_HANDSHAKE_KEY_UPDATE:
    case TLS_HANDSHAKE_COMPRESSED_CERTIFICATE:
        return version >= TLS_VERSION_13;
    default:
        return 1;
    }
}

static enum tls_reason
parse_compressed_certificate(tls_compressed_certificate *out, tls_reader *reader)
{
    out->algorithm = (unsigned)tls_read_u16(reader);
    out->uncompressed_length = (size_t)tls_read_u8(reader) << 16;
    out->uncompressed_length |= tls_read_u16(reader);
    out->compressed_certificate_message = tls_read_vector24(reader, 1);
    return finish(reader);
}

enum tls_reason
tls_compressed_certificate_expand(
    tls_buffer *out, tls_message *message, const tls_compressed_certificate *compressed)
{
    size_t length = compressed->uncompressed_length;
    unsigned char *body;
    enum tls_reason reason;

    /* Section 5: the limit is that of a Certificate, and comes before any memory does. */
    if (length > tls_message_limit(TLS_HANDSHAKE_CERTIFICATE))
        return TLS_REASON_BAD_COMPRESSION;
    tls_write_u32(out, (uint32_t)TLS_HANDSHAKE_CERTIFICATE << 24 | (uint32_t)length);
    body = tls_buffer_reserve(out, length);
    if (body == NULL || out->failed)
        return TLS_REASON_OUT_OF_MEMORY;
    reason =
        tls_expand(compressed->algorithm, body, length, compressed->compressed_certificate_message);
    if (reason != TLS_OK)
        return reason;
    out->length += length;
    return tls_message_parse(message, tls_buffer_view(out), TLS_VERSION_13, 0);
}

static enum tls_reason
parse_client_hello(tls_client_hello *hello, tls_bytes raw, unsigned version)
{
    enum tls_reason reason = tls_client_hello_parse(hello, raw);

    return reason == TLS_OK && version != 0 ? tls_client_hello_fault(hello, version) : reason;
}

enum tls_reason
tls_message_parse(tls_message *message, tls_bytes raw, unsigned version, unsigned suite)
{
    int is_13 = version >= TLS_VERSION_13;
    tls_reader reader;
    unsigned type;
    size_t length;

    memset(message, 0, sizeof *message);
    if (!tls_message_header(raw, &type, &length) || length != raw.length)
        return TLS_REASON_DECODE;
    message->type = (enum tls_handshake_type)type;
    message->raw = raw;
    tls_reader_init(&reader, raw);
    (void)tls_read_u32(&reader);
    message->body = tls_bytes_make(reader.next, tls_reader_left(&reader));
    if (!version_has(type, version))
        return TLS_REASON_UNEXPECTED_MESSAGE;
    switch (type) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        return parse_client_hello(&message->u.client_hello, raw, version);
    case TLS_HANDSHAKE_SERVER_HELLO:
        return tls_server_hello_parse(&message->u.server_hello, raw);
    case TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS:
        return parse_encrypted_extensions(&message->u.encrypted_extensions, &reader);
    case TLS_HANDSHAKE_CERTIFICATE:
        return parse_certificate(&message->u.certificate, &reader, is_13);
    case TLS_HANDSHAKE_COMPRESSED_CERTIFICATE:
        return parse_compressed_certificate(&message->u.compressed_certificate, &reader);
    case TLS_HANDSHAKE_CERTIFICATE_STATUS:
        return parse_certificate_status(&message->u.certificate_status, &reader);
    case TLS_HANDSHAKE_SERVER_KEY_EXCHANGE:
        return parse_server_key_exchange(&message->u.server_key_exchange, &reader, version, suite);
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        if (is_13)
            return parse_certificate_request_13(&message->u.certificate_request, &reader);
        return parse_certificate_request_12(&message->u.certificate_request, &reader, version);
    case TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE:
        return parse_client_key_exchange(&message->u.client_key_exchange, &reader, suite);
    case TLS_HANDSHAKE_CERTIFICATE_VERIFY:
        return parse_certificate_verify(&message->u.certificate_verify, &reader, version);
    case TLS_HANDSHAKE_FINISHED:
        return parse_finished(&message->u.verify_data, &reader, version, suite);
    case TLS_HANDSHAKE_NEW_SESSION_TICKET:
        return parse_new_session_ticket(&message->u.new_session_ticket, &reader, is_13);
    case TLS_HANDSHAKE_KEY_UPDATE:
        return parse_key_update(&message->u.update_requested, &reader);
    case TLS_HANDSHAKE_HELLO_REQUEST:
    case TLS_HANDSHAKE_SERVER_HELLO_DONE:
    case TLS_HANDSHAKE_END_OF_EARLY_DATA:
        return finish(&reader);
    default:
        return TLS_REASON_UNEXPECTED_MESSAGE;
    }
}

enum tls_reason
tls_alert_parse(tls_alert_message *alert, tls_bytes content)
{
    tls_reader reader;

    tls_reader_init(&reader, content);
    alert->level = (unsigned)tls_read_u8(&reader);
    alert->description = (unsigned)tls_read_u8(&reader);
    if (!tls_reader_finish(&reader))
        return TLS_REASON_DECODE;
    if (alert->level != TLS_ALERT_LEVEL_WARNING && alert->level != TLS_ALERT_LEVEL_FATAL)
        return TLS_REASON_ILLEGAL_PARAMETER;
    return TLS_OK;
}

enum tls_reason
tls_change_cipher_spec_parse(tls_bytes content)
{
    return content.length == 1 && content.data[0] == 1 ? TLS_OK : TLS_REASON_DECODE;
}

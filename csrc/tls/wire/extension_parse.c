/* extension_parse.c - what the known extensions say; see extension.h. One function per shape. */
#include "wire/extension.h"

#include <string.h>

#include "wire/ech.h"
#include "wire/ech_config.h"

/* RFC 6066 section 3 allows more; no DNS name is longer (RFC 1035 section 2.3.4). */
#define HOST_NAME_MAXIMUM 255

static enum tls_reason
finish(const tls_reader *reader)
{
    return tls_reader_finish(reader) ? TLS_OK : TLS_REASON_DECODE;
}

static enum tls_reason
parse_empty(tls_extension_value *value, tls_reader *reader)
{
    value->kind = TLS_EXTENSION_KIND_EMPTY;
    return finish(reader);
}

static enum tls_reason
parse_number(tls_extension_value *value, tls_reader *reader, size_t width)
{
    value->kind = TLS_EXTENSION_KIND_NUMBER;
    if (width == 1)
        value->number = tls_read_u8(reader);
    else if (width == 2)
        value->number = tls_read_u16(reader);
    else
        value->number = tls_read_u32(reader);
    return finish(reader);
}

/* The whole of the data, whatever it is. */
static enum tls_reason
parse_bytes(tls_extension_value *value, tls_reader *reader)
{
    value->kind = TLS_EXTENSION_KIND_BYTES;
    value->bytes = tls_read_rest(reader);
    return TLS_OK;
}

static enum tls_reason
parse_u8_list(tls_extension_value *value, tls_reader *reader)
{
    value->kind = TLS_EXTENSION_KIND_U8_LIST;
    value->bytes = tls_read_vector8(reader, 1);
    value->count = value->bytes.length;
    return finish(reader);
}

static enum tls_reason
set_u16_list(tls_extension_value *value, tls_reader *reader, tls_bytes list)
{
    value->kind = TLS_EXTENSION_KIND_U16_LIST;
    if (list.length % 2 != 0)
        tls_reader_fail(reader);
    value->list = list;
    value->count = tls_u16_list_count(list);
    return finish(reader);
}

/* RFC 6066 section 3: at most one name of each type, each behind a 16-bit length. Only host_name is
 * known; without one the bytes stay empty. */
static enum tls_reason
parse_server_name(tls_extension_value *value, tls_reader *reader)
{
    tls_u16_set seen;
    tls_reader list;
    int repeated = 0;

    value->kind = TLS_EXTENSION_KIND_HOST_NAME;
    tls_u16_set_clear(&seen);
    tls_reader_enter16(reader, &list, 1);
    do {
        uint32_t name_type = tls_read_u8(&list);
        tls_bytes name = tls_read_vector16(&list, name_type == 0);

        repeated |= !tls_u16_set_add(&seen, name_type);
        if (name_type == 0 && !repeated)
            value->bytes = name;
    } while (!tls_reader_at_end(&list));
    tls_reader_leave(reader, &list);
    if (!tls_reader_finish(reader))
        return TLS_REASON_DECODE;
    if (repeated || value->bytes.length > HOST_NAME_MAXIMUM ||
        (value->bytes.length > 0 && memchr(value->bytes.data, 0, value->bytes.length) != NULL))
        return TLS_REASON_ILLEGAL_PARAMETER;
    return TLS_OK;
}

/* RFC 7301 section 3.1: at least one name, none empty; a server answers with exactly one. */
static enum tls_reason
parse_alpn(tls_extension_value *value, tls_reader *reader, unsigned place)
{
    tls_reader list;

    value->kind = TLS_EXTENSION_KIND_PROTOCOLS;
    value->bytes = tls_read_vector16(reader, 2);
    tls_reader_init(&list, value->bytes);
    for (value->count = 0; !tls_reader_at_end(&list); value->count++)
        (void)tls_read_vector8(&list, 1);
    tls_reader_leave(reader, &list);
    if (place != TLS_IN_CLIENT_HELLO && value->count != 1)
        tls_reader_fail(reader);
    return finish(reader);
}

/* A vector16 of vector16 elements: SCTs (RFC 6962 section 3.3), names (RFC 8446 section 4.2.4). */
static enum tls_reason
parse_vectors(tls_extension_value *value, tls_reader *reader)
{
    tls_reader list;

    value->kind = TLS_EXTENSION_KIND_VECTORS;
    value->bytes = tls_read_vector16(reader, 3);
    tls_reader_init(&list, value->bytes);
    for (value->count = 0; !tls_reader_at_end(&list); value->count++)
        (void)tls_read_vector16(&list, 1);
    tls_reader_leave(reader, &list);
    return finish(reader);
}

/* RFC 6066 section 8: { status_type; for ocsp: responder_id_list, request_extensions }. In a
 * CertificateRequest it is empty (RFC 8446 section 4.4.2.1). */
static enum tls_reason
parse_status_request(tls_extension_value *value, tls_reader *reader, unsigned place)
{
    tls_reader list;

    if (place == TLS_IN_CERTIFICATE_REQUEST && tls_reader_at_end(reader))
        return parse_empty(value, reader);
    value->kind = TLS_EXTENSION_KIND_STATUS_REQUEST;
    value->number = tls_read_u8(reader);
    if (value->number != 1) {
        value->bytes = tls_read_rest(reader);
        return finish(reader);
    }
    value->bytes = tls_bytes_make(reader->next, tls_reader_left(reader));
    tls_reader_enter16(reader, &list, 0);
    for (value->count = 0; !tls_reader_at_end(&list); value->count++)
        (void)tls_read_vector16(&list, 1);
    tls_reader_leave(reader, &list);
    (void)tls_read_vector16(reader, 0);
    return finish(reader);
}

/* CertificateStatus inside of a CertificateEntry (RFC 8446 section 4.4.2.1). */
static enum tls_reason
parse_status(tls_extension_value *value, tls_reader *reader)
{
    value->kind = TLS_EXTENSION_KIND_STATUS;
    value->number = tls_read_u8(reader);
    value->bytes = tls_read_vector24(reader, 1);
    if (!tls_reader_finish(reader))
        return TLS_REASON_DECODE;
    return value->number == 1 ? TLS_OK : TLS_REASON_ILLEGAL_PARAMETER;
}

/* RFC 8446 section 4.2.8. */
static enum tls_reason
parse_key_shares(tls_extension_value *value, tls_reader *reader)
{
    tls_u16_set seen;
    tls_reader list;
    unsigned group;
    tls_bytes key;
    int repeated = 0;

    value->kind = TLS_EXTENSION_KIND_KEY_SHARES;
    value->bytes = tls_read_vector16(reader, 0);
    tls_u16_set_clear(&seen);
    tls_reader_init(&list, value->bytes);
    while (tls_key_share_next(&list, &group, &key)) {
        value->count++;
        if (!tls_u16_set_add(&seen, group))
            repeated = 1;
    }
    tls_reader_leave(reader, &list);
    if (!tls_reader_finish(reader))
        return TLS_REASON_DECODE;
    /* "Clients MUST NOT offer multiple KeyShareEntry values for the same group." */
    return repeated ? TLS_REASON_ILLEGAL_PARAMETER : TLS_OK;
}

static enum tls_reason
parse_key_share(tls_extension_value *value, tls_reader *reader, unsigned place)
{
    if (place == TLS_IN_CLIENT_HELLO)
        return parse_key_shares(value, reader);
    if (place == TLS_IN_HELLO_RETRY_REQUEST)
        return parse_number(value, reader, 2);
    value->kind = TLS_EXTENSION_KIND_KEY_SHARE;
    value->number = tls_read_u16(reader);
    value->bytes = tls_read_vector16(reader, 1);
    return finish(reader);
}

/* RFC 8446 section 4.2.11. */
static enum tls_reason
parse_pre_shared_keys(tls_extension_value *value, tls_reader *reader)
{
    tls_reader list;
    tls_bytes identity;
    uint32_t age;
    size_t binder_count = 0;

    value->kind = TLS_EXTENSION_KIND_PRE_SHARED_KEYS;
    value->bytes = tls_read_vector16(reader, 7);
    tls_reader_init(&list, value->bytes);
    while (tls_psk_identity_next(&list, &identity, &age))
        value->count++;
    tls_reader_leave(reader, &list);
    value->binders = tls_read_vector16(reader, 33);
    tls_reader_init(&list, value->binders);
    for (; !tls_reader_at_end(&list); binder_count++)
        (void)tls_read_vector8(&list, 32);
    tls_reader_leave(reader, &list);
    if (!tls_reader_finish(reader))
        return TLS_REASON_DECODE;
    /* One binder for each identity, in the same order. */
    return binder_count == value->count ? TLS_OK : TLS_REASON_ILLEGAL_PARAMETER;
}

/* RFC 9149 section 3: how many tickets a client wants; a server says how many will come. */
static enum tls_reason
parse_ticket_request(tls_extension_value *value, tls_reader *reader, unsigned place)
{
    if (place != TLS_IN_CLIENT_HELLO)
        return parse_number(value, reader, 1);
    value->kind = TLS_EXTENSION_KIND_TICKET_REQUEST;
    value->number = tls_read_u8(reader);
    value->count = tls_read_u8(reader);
    return finish(reader);
}

static enum tls_reason
parse_limited(tls_extension_value *value, tls_reader *reader, size_t width, uint32_t minimum,
    uint32_t maximum)
{
    enum tls_reason reason = parse_number(value, reader, width);

    if (reason == TLS_OK && (value->number < minimum || value->number > maximum))
        return TLS_REASON_ILLEGAL_PARAMETER;
    return reason;
}

/* RFC 9849 section 5. */
static enum tls_reason
parse_ech(tls_extension_value *value, tls_bytes data, unsigned place)
{
    tls_ech_client_hello hello;
    enum tls_reason reason;

    value->bytes = data;
    if (place == TLS_IN_CLIENT_HELLO) {
        value->kind = TLS_EXTENSION_KIND_ECH;
        reason = tls_ech_client_hello_parse(&hello, data);
        value->number = (uint32_t)hello.type;
        return reason;
    }
    value->kind = TLS_EXTENSION_KIND_BYTES;
    if (place == TLS_IN_HELLO_RETRY_REQUEST)
        return data.length == TLS_ECH_CONFIRMATION_LENGTH ? TLS_OK : TLS_REASON_DECODE;
    return tls_ech_config_list_check(data);
}

enum tls_reason
tls_extension_parse(tls_extension_value *value, unsigned type, unsigned place, tls_bytes data)
{
    int in_client_hello = place == TLS_IN_CLIENT_HELLO;
    tls_reader reader;

    memset(value, 0, sizeof *value);
    tls_reader_init(&reader, data);
    switch (type) {
    case TLS_EXTENSION_SERVER_NAME:
        return in_client_hello ? parse_server_name(value, &reader) : parse_empty(value, &reader);
    case TLS_EXTENSION_MAX_FRAGMENT_LENGTH: /* RFC 6066 section 4: 2^9 … 2^12 */
        return parse_limited(value, &reader, 1, 1, 4);
    case TLS_EXTENSION_RECORD_SIZE_LIMIT: /* RFC 8449 section 4 */
        return parse_limited(value, &reader, 2, 64, 0xFFFF);
    case TLS_EXTENSION_STATUS_REQUEST:
        if (place == TLS_IN_SERVER_HELLO_12)
            return parse_empty(value, &reader);
        if (place == TLS_IN_CERTIFICATE)
            return parse_status(value, &reader);
        return parse_status_request(value, &reader, place);
    case TLS_EXTENSION_SUPPORTED_GROUPS:     /* RFC 8422 section 5.1.1 */
    case TLS_EXTENSION_SIGNATURE_ALGORITHMS: /* RFC 8446 section 4.2.3 */
    case TLS_EXTENSION_SIGNATURE_ALGORITHMS_CERT:
        return set_u16_list(value, &reader, tls_read_vector16(&reader, 2));
    case TLS_EXTENSION_SUPPORTED_VERSIONS: /* RFC 8446 section 4.2.1 */
        if (in_client_hello)
            return set_u16_list(value, &reader, tls_read_vector8(&reader, 2));
        return parse_number(value, &reader, 2);
    case TLS_EXTENSION_CLIENT_CERTIFICATE_TYPE: /* RFC 7250 section 3 */
    case TLS_EXTENSION_SERVER_CERTIFICATE_TYPE:
        return in_client_hello ? parse_u8_list(value, &reader) : parse_number(value, &reader, 1);
    case TLS_EXTENSION_COMPRESS_CERTIFICATE: /* RFC 8879 section 3 */
        return set_u16_list(value, &reader, tls_read_vector8(&reader, 2));
    case TLS_EXTENSION_EC_POINT_FORMATS:       /* RFC 8422 section 5.1.2 */
    case TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES: /* RFC 8446 section 4.2.9 */
        return parse_u8_list(value, &reader);
    case TLS_EXTENSION_ALPN:
        return parse_alpn(value, &reader, place);
    case TLS_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP:
        if (in_client_hello || place == TLS_IN_CERTIFICATE_REQUEST)
            return parse_empty(value, &reader);
        return parse_vectors(value, &reader);
    case TLS_EXTENSION_CERTIFICATE_AUTHORITIES:
        return parse_vectors(value, &reader);
    case TLS_EXTENSION_ENCRYPT_THEN_MAC:
    case TLS_EXTENSION_EXTENDED_MASTER_SECRET:
    case TLS_EXTENSION_POST_HANDSHAKE_AUTH:
        return parse_empty(value, &reader);
    case TLS_EXTENSION_SESSION_TICKET: /* RFC 5077 section 3.2 */
        return in_client_hello ? parse_bytes(value, &reader) : parse_empty(value, &reader);
    case TLS_EXTENSION_EARLY_DATA: /* RFC 8446 section 4.2.10 */
        if (place == TLS_IN_NEW_SESSION_TICKET)
            return parse_number(value, &reader, 4);
        return parse_empty(value, &reader);
    case TLS_EXTENSION_PRE_SHARED_KEY:
        if (in_client_hello)
            return parse_pre_shared_keys(value, &reader);
        return parse_number(value, &reader, 2);
    case TLS_EXTENSION_KEY_SHARE:
        return parse_key_share(value, &reader, place);
    case TLS_EXTENSION_TICKET_REQUEST:
        return parse_ticket_request(value, &reader, place);
    case TLS_EXTENSION_COOKIE: /* RFC 8446 section 4.2.2 */
        value->kind = TLS_EXTENSION_KIND_BYTES;
        value->bytes = tls_read_vector16(&reader, 1);
        return finish(&reader);
    case TLS_EXTENSION_RENEGOTIATION_INFO: /* RFC 5746 section 3.2 */
        value->kind = TLS_EXTENSION_KIND_BYTES;
        value->bytes = tls_read_vector8(&reader, 0);
        return finish(&reader);
    case TLS_EXTENSION_PADDING:
        return parse_bytes(value, &reader);
    case TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO:
        return parse_ech(value, data, place);
    default:
        value->kind = TLS_EXTENSION_KIND_OPAQUE;
        return TLS_OK;
    }
}

int
tls_protocol_next(tls_reader *reader, tls_bytes *name)
{
    if (tls_reader_at_end(reader))
        return 0;
    *name = tls_read_vector8(reader, 1);
    return !tls_reader_failed(reader);
}

int
tls_vector16_next(tls_reader *reader, tls_bytes *item)
{
    if (tls_reader_at_end(reader))
        return 0;
    *item = tls_read_vector16(reader, 1);
    return !tls_reader_failed(reader);
}

int
tls_key_share_next(tls_reader *reader, unsigned *group, tls_bytes *key)
{
    if (tls_reader_at_end(reader))
        return 0;
    *group = (unsigned)tls_read_u16(reader);
    *key = tls_read_vector16(reader, 1);
    return !tls_reader_failed(reader);
}

int
tls_psk_identity_next(tls_reader *reader, tls_bytes *identity, uint32_t *obfuscated_age)
{
    if (tls_reader_at_end(reader))
        return 0;
    *identity = tls_read_vector16(reader, 1);
    *obfuscated_age = tls_read_u32(reader);
    return !tls_reader_failed(reader);
}

int
tls_protocol_listed(tls_bytes protocols, tls_bytes name)
{
    tls_reader reader;
    tls_bytes listed;

    tls_reader_init(&reader, protocols);
    while (tls_protocol_next(&reader, &listed))
        if (tls_bytes_equal(listed, name))
            return 1;
    return 0;
}

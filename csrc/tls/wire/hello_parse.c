/* hello_parse.c - ClientHello, ServerHello and HelloRetryRequest from bytes; see message.h. */
#include "wire/message.h"

#include <string.h>

/* SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3). */
const unsigned char tls_hello_retry_request_random[TLS_RANDOM_LENGTH] = {0xCF, 0x21, 0xAD, 0x74,
    0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16,
    0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

/* begin_body: the header must be of that type and its length exact. */
static enum tls_reason
begin_body(tls_reader *reader, tls_bytes raw, enum tls_handshake_type expected)
{
    unsigned type;
    size_t length;

    if (!tls_message_header(raw, &type, &length) || length != raw.length)
        return TLS_REASON_DECODE;
    if (type != (unsigned)expected)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    tls_reader_init(reader, raw);
    (void)tls_read_bytes(reader, TLS_HANDSHAKE_HEADER_LENGTH);
    return TLS_OK;
}

/* The block may be absent altogether (RFC 5246 section 7.4.1.2): then nothing follows. */
static int
read_extensions(tls_reader *reader, tls_bytes *block)
{
    if (tls_reader_at_end(reader))
        return 0;
    *block = tls_read_vector16(reader, 0);
    return 1;
}

/* ---- ClientHello ---- */

static unsigned
max_version(const tls_client_hello *hello)
{
    size_t count = tls_u16_list_count(hello->supported_versions);
    unsigned maximum = 0;
    size_t i;

    if (count == 0)
        return hello->legacy_version > TLS_VERSION_12 ? TLS_VERSION_12 : hello->legacy_version;
    for (i = 0; i < count; i++) {
        unsigned version = tls_u16_list_at(hello->supported_versions, i);

        /* Unknown ones, such as GREASE and drafts, are ignored (RFC 8446 section 4.2.1). */
        if (version >= TLS_VERSION_SSL30 && version <= TLS_VERSION_13 && version > maximum)
            maximum = version;
    }
    return maximum;
}

static void
note_client_extension(tls_client_hello *hello, unsigned type, const tls_extension_value *value)
{
    switch (type) {
    case TLS_EXTENSION_SERVER_NAME:
        hello->server_name = value->bytes;
        break;
    case TLS_EXTENSION_ALPN:
        hello->alpn = value->bytes;
        break;
    case TLS_EXTENSION_SUPPORTED_VERSIONS:
        hello->supported_versions = value->list;
        break;
    case TLS_EXTENSION_SUPPORTED_GROUPS:
        hello->supported_groups = value->list;
        break;
    case TLS_EXTENSION_SIGNATURE_ALGORITHMS:
        hello->signature_algorithms = value->list;
        break;
    case TLS_EXTENSION_SIGNATURE_ALGORITHMS_CERT:
        hello->signature_algorithms_cert = value->list;
        break;
    case TLS_EXTENSION_COMPRESS_CERTIFICATE:
        hello->compress_certificate = value->list;
        break;
    case TLS_EXTENSION_CERTIFICATE_AUTHORITIES:
        hello->certificate_authorities = value->bytes;
        break;
    case TLS_EXTENSION_EC_POINT_FORMATS:
        hello->ec_point_formats = value->bytes;
        break;
    case TLS_EXTENSION_KEY_SHARE:
        hello->has_key_share = 1;
        hello->key_shares = value->bytes;
        break;
    case TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES:
        hello->psk_key_exchange_modes = value->bytes;
        break;
    case TLS_EXTENSION_PRE_SHARED_KEY:
        hello->psk_offered = 1;
        hello->psk_identities = value->bytes;
        hello->psk_binders = value->binders;
        break;
    case TLS_EXTENSION_SESSION_TICKET:
        hello->session_ticket_offered = 1;
        hello->session_ticket = value->bytes;
        break;
    case TLS_EXTENSION_COOKIE:
        hello->cookie = value->bytes;
        break;
    case TLS_EXTENSION_EARLY_DATA:
        hello->early_data_offered = 1;
        break;
    case TLS_EXTENSION_EXTENDED_MASTER_SECRET:
        hello->extended_master_secret = 1;
        break;
    case TLS_EXTENSION_ENCRYPT_THEN_MAC:
        hello->encrypt_then_mac = 1;
        break;
    case TLS_EXTENSION_STATUS_REQUEST:
        /* RFC 6066 section 8: 1 is ocsp, the only type that can be answered. */
        hello->status_request = value->number == 1;
        break;
    case TLS_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP:
        hello->signed_certificate_timestamp = 1;
        break;
    case TLS_EXTENSION_CLIENT_CERTIFICATE_TYPE:
        hello->client_certificate_types = value->bytes;
        break;
    case TLS_EXTENSION_SERVER_CERTIFICATE_TYPE:
        hello->server_certificate_types = value->bytes;
        break;
    case TLS_EXTENSION_TICKET_REQUEST:
        hello->ticket_request = 1;
        hello->new_session_count = value->number;
        hello->resumption_count = (unsigned)value->count;
        break;
    case TLS_EXTENSION_POST_HANDSHAKE_AUTH:
        hello->post_handshake_auth = 1;
        break;
    case TLS_EXTENSION_RENEGOTIATION_INFO:
        hello->secure_renegotiation = 1;
        break;
    case TLS_EXTENSION_MAX_FRAGMENT_LENGTH:
        hello->max_fragment_length = 256u << value->number;
        break;
    case TLS_EXTENSION_RECORD_SIZE_LIMIT:
        hello->record_size_limit = value->number;
        break;
    case TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO:
        hello->ech = (enum tls_ech_type)value->number;
        hello->ech_data = value->bytes;
        break;
    default:
        break;
    }
}

/* RFC 8422 section 5.1.2: a client that has one of the RFC's curves and sends point formats must
 * have the uncompressed one among them. */
static int
point_formats_fit(const tls_client_hello *hello)
{
    static const unsigned curves[] = {TLS_GROUP_SECP256R1, TLS_GROUP_SECP384R1, TLS_GROUP_SECP521R1,
        TLS_GROUP_X25519, TLS_GROUP_X448};
    tls_bytes formats = hello->ec_point_formats;
    size_t i;

    if (formats.length == 0 || memchr(formats.data, 0, formats.length) != NULL)
        return 1;
    for (i = 0; i < sizeof curves / sizeof curves[0]; i++)
        if (tls_u16_list_contains(hello->supported_groups, curves[i]))
            return 0;
    return 1;
}

static enum tls_reason
check_client_hello(const tls_client_hello *hello)
{
    tls_bytes methods = hello->compression_methods;

    /* RFC 5246 section 7.4.1.2: null must be offered; RFC 8446 section 4.1.2: and nothing else. */
    if (memchr(methods.data, 0, methods.length) == NULL)
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (hello->max_version >= TLS_VERSION_13 && methods.length != 1)
        return TLS_REASON_ILLEGAL_PARAMETER;
    return TLS_OK;
}

/* offers_before_13: RFC 8446 section 4.2.1. */
static int
offers_before_13(const tls_client_hello *hello)
{
    unsigned version;

    if (tls_u16_list_count(hello->supported_versions) == 0)
        return 1;
    for (version = TLS_VERSION_10; version <= TLS_VERSION_12; version++)
        if (tls_u16_list_contains(hello->supported_versions, version))
            return 1;
    return 0;
}

/* check_faults: where one version alone is offered, its rules are known; but an outer hello may
 * only be a cover, of which the server that opens it reads nothing else (OpenSSL 4.0 writes a
 * pre_shared_key into it that has no binder). */
static enum tls_reason
check_faults(tls_client_hello *hello)
{
    if (hello->faults.before_13 == TLS_OK && !point_formats_fit(hello))
        hello->faults.before_13 = TLS_REASON_ILLEGAL_PARAMETER;
    if (hello->max_version < TLS_VERSION_13)
        return hello->faults.before_13;
    return offers_before_13(hello) || hello->ech == TLS_ECH_OUTER ? TLS_OK : hello->faults.in_13;
}

enum tls_reason
tls_client_hello_fault(const tls_client_hello *hello, unsigned version)
{
    return version >= TLS_VERSION_13 ? hello->faults.in_13 : hello->faults.before_13;
}

/* note_extensions: those with a fault say nothing. */
static enum tls_reason
note_extensions(tls_client_hello *hello)
{
    tls_reader reader;
    tls_extension extension;
    tls_extension_value value;

    tls_reader_init(&reader, hello->extensions);
    while (tls_extensions_next(&reader, &extension)) {
        enum tls_reason reason =
            tls_extension_parse(&value, extension.type, TLS_IN_CLIENT_HELLO, extension.data);

        if (reason == TLS_OK)
            note_client_extension(hello, extension.type, &value);
        else if (tls_extension_fault(&hello->faults, extension.type) == NULL)
            return reason;
    }
    return TLS_OK;
}

enum tls_reason
tls_client_hello_parse(tls_client_hello *hello, tls_bytes raw)
{
    tls_reader reader;
    enum tls_reason reason;

    memset(hello, 0, sizeof *hello);
    reason = begin_body(&reader, raw, TLS_HANDSHAKE_CLIENT_HELLO);
    if (reason != TLS_OK)
        return reason;
    hello->legacy_version = (unsigned)tls_read_u16(&reader);
    hello->random = tls_read_bytes(&reader, TLS_RANDOM_LENGTH);
    hello->session_id = tls_read_vector8(&reader, 0);
    hello->cipher_suites = tls_read_vector16(&reader, 2);
    hello->compression_methods = tls_read_vector8(&reader, 1);
    hello->has_extensions = read_extensions(&reader, &hello->extensions);
    if (!tls_reader_finish(&reader) || hello->session_id.length > TLS_SESSION_ID_MAXIMUM ||
        hello->cipher_suites.length % 2 != 0)
        return TLS_REASON_DECODE;

    reason = tls_extensions_check_hello(hello->extensions, &hello->faults);
    if (reason == TLS_OK)
        reason = note_extensions(hello);
    if (reason != TLS_OK)
        return reason;
    hello->secure_renegotiation |=
        tls_u16_list_contains(hello->cipher_suites, TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV);
    hello->fallback = tls_u16_list_contains(hello->cipher_suites, TLS_SUITE_FALLBACK_SCSV);
    hello->max_version = max_version(hello);
    reason = check_client_hello(hello);
    return reason == TLS_OK ? check_faults(hello) : reason;
}

/* ---- ServerHello ---- */

static void
note_server_extension(tls_server_hello *hello, unsigned type, const tls_extension_value *value)
{
    tls_reader reader;

    switch (type) {
    case TLS_EXTENSION_SUPPORTED_VERSIONS:
        hello->version = value->number;
        break;
    case TLS_EXTENSION_KEY_SHARE:
        hello->group = value->number;
        hello->key_share = value->bytes;
        break;
    case TLS_EXTENSION_COOKIE:
        hello->cookie = value->bytes;
        break;
    case TLS_EXTENSION_PRE_SHARED_KEY:
        hello->psk_selected = 1;
        hello->selected_identity = value->number;
        break;
    case TLS_EXTENSION_ALPN:
        tls_reader_init(&reader, value->bytes);
        (void)tls_protocol_next(&reader, &hello->alpn);
        break;
    case TLS_EXTENSION_EXTENDED_MASTER_SECRET:
        hello->extended_master_secret = 1;
        break;
    case TLS_EXTENSION_ENCRYPT_THEN_MAC:
        hello->encrypt_then_mac = 1;
        break;
    case TLS_EXTENSION_SESSION_TICKET:
        hello->session_ticket = 1;
        break;
    case TLS_EXTENSION_STATUS_REQUEST:
        hello->status_request = 1;
        break;
    case TLS_EXTENSION_RENEGOTIATION_INFO:
        hello->secure_renegotiation = 1;
        hello->renegotiated_connection = value->bytes;
        break;
    default:
        break;
    }
}

static unsigned
downgrade_sentinel(tls_bytes random)
{
    const unsigned char *last = random.data + TLS_RANDOM_LENGTH - 8;

    if (memcmp(last, "DOWNGRD", 7) != 0)
        return 0;
    if (last[7] == 1)
        return TLS_VERSION_13;
    return last[7] == 0 ? TLS_VERSION_11 : 0;
}

static enum tls_reason
check_server_hello(const tls_server_hello *hello)
{
    tls_bytes versions, formats;

    /* Nobody offers compression (RFC 7525 section 3.3), and RFC 8446 section 4.1.3 forbids it. */
    if (hello->compression_method != 0)
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (hello->place == TLS_IN_SERVER_HELLO_12) {
        /* RFC 8422 section 5.2. */
        if (tls_extensions_find(hello->extensions, TLS_EXTENSION_EC_POINT_FORMATS, &formats) &&
            memchr(formats.data, 0, formats.length) == NULL)
            return TLS_REASON_ILLEGAL_PARAMETER;
        return TLS_OK;
    }
    /* Appendix D.5 names the alert. */
    if (hello->legacy_version == TLS_VERSION_SSL30)
        return TLS_REASON_PROTOCOL_VERSION;
    /* Section 4.1.4: a HelloRetryRequest has supported_versions too. */
    if (!tls_extensions_find(hello->extensions, TLS_EXTENSION_SUPPORTED_VERSIONS, &versions))
        return TLS_REASON_MISSING_EXTENSION;
    /* Section 4.2.1: it never selects what came before TLS 1.3; section 4.1.3: legacy_version. */
    if (hello->version < TLS_VERSION_13 || hello->legacy_version != TLS_VERSION_12)
        return TLS_REASON_ILLEGAL_PARAMETER;
    return TLS_OK;
}

enum tls_reason
tls_server_hello_parse(tls_server_hello *hello, tls_bytes raw)
{
    tls_reader reader;
    tls_extension extension;
    tls_extension_value value;
    tls_bytes data;
    enum tls_reason reason;

    memset(hello, 0, sizeof *hello);
    reason = begin_body(&reader, raw, TLS_HANDSHAKE_SERVER_HELLO);
    if (reason != TLS_OK)
        return reason;
    hello->legacy_version = (unsigned)tls_read_u16(&reader);
    hello->random = tls_read_bytes(&reader, TLS_RANDOM_LENGTH);
    hello->session_id = tls_read_vector8(&reader, 0);
    hello->cipher_suite = (unsigned)tls_read_u16(&reader);
    hello->compression_method = (unsigned)tls_read_u8(&reader);
    hello->has_extensions = read_extensions(&reader, &hello->extensions);
    if (!tls_reader_finish(&reader) || hello->session_id.length > TLS_SESSION_ID_MAXIMUM)
        return TLS_REASON_DECODE;

    /* RFC 8446 section 4.1.3: first examine the random. */
    hello->is_hello_retry_request =
        memcmp(hello->random.data, tls_hello_retry_request_random, TLS_RANDOM_LENGTH) == 0;
    if (hello->is_hello_retry_request)
        hello->place = TLS_IN_HELLO_RETRY_REQUEST;
    else if (tls_extensions_find(hello->extensions, TLS_EXTENSION_SUPPORTED_VERSIONS, &data))
        hello->place = TLS_IN_SERVER_HELLO_13;
    else
        hello->place = TLS_IN_SERVER_HELLO_12;
    if (hello->place == TLS_IN_SERVER_HELLO_12)
        hello->version = hello->legacy_version;
    hello->downgrade_sentinel = downgrade_sentinel(hello->random);

    reason = tls_extensions_check(hello->extensions, hello->place, NULL);
    if (reason != TLS_OK)
        return reason;
    tls_reader_init(&reader, hello->extensions);
    while (tls_extensions_next(&reader, &extension)) {
        reason = tls_extension_parse(&value, extension.type, hello->place, extension.data);
        if (reason != TLS_OK)
            return reason;
        note_server_extension(hello, extension.type, &value);
    }
    return check_server_hello(hello);
}

enum tls_reason
tls_server_hello_check_offered(
    const tls_server_hello *hello, const tls_client_hello *offer, unsigned *culprit)
{
    int scsv = tls_u16_list_contains(offer->cipher_suites, TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV);

    return tls_extensions_check_offered(
        hello->extensions, hello->place, offer->extensions, scsv, culprit);
}

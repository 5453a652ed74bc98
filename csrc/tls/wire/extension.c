/* extension.c - which extension may stand where, and blocks of them as a whole; see extension.h. */
#include "wire/extension.h"

#define CH TLS_IN_CLIENT_HELLO
#define SH12 TLS_IN_SERVER_HELLO_12
#define SH13 TLS_IN_SERVER_HELLO_13
#define HRR TLS_IN_HELLO_RETRY_REQUEST
#define EE TLS_IN_ENCRYPTED_EXTENSIONS
#define CT TLS_IN_CERTIFICATE
#define CR TLS_IN_CERTIFICATE_REQUEST
#define NST TLS_IN_NEW_SESSION_TICKET

/* RFC 8446 section 4.2, and the RFC of each for TLS 1.2's ServerHello. */
/* clang-format off */
static const struct {
    uint16_t type;
    uint16_t places;
} known[] = {
    {TLS_EXTENSION_SERVER_NAME, CH | SH12 | EE},
    {TLS_EXTENSION_MAX_FRAGMENT_LENGTH, CH | SH12 | EE},
    {TLS_EXTENSION_STATUS_REQUEST, CH | SH12 | CR | CT}, /* RFC 8422 gives it no place in ServerHello, but there are servers that send it. */
    {TLS_EXTENSION_SUPPORTED_GROUPS, CH | SH12 | EE},
    {TLS_EXTENSION_EC_POINT_FORMATS, CH | SH12},
    {TLS_EXTENSION_SIGNATURE_ALGORITHMS, CH | CR},
    {TLS_EXTENSION_USE_SRTP, CH | SH12 | EE},
    {TLS_EXTENSION_HEARTBEAT, CH | SH12 | EE},
    {TLS_EXTENSION_ALPN, CH | SH12 | EE},
    {TLS_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, CH | SH12 | CR | CT},
    {TLS_EXTENSION_CLIENT_CERTIFICATE_TYPE, CH | SH12 | EE},
    {TLS_EXTENSION_SERVER_CERTIFICATE_TYPE, CH | SH12 | EE},
    {TLS_EXTENSION_PADDING, CH}, /* RFC 7685 */
    {TLS_EXTENSION_ENCRYPT_THEN_MAC, CH | SH12}, /* RFC 7366 */
    {TLS_EXTENSION_EXTENDED_MASTER_SECRET, CH | SH12}, /* RFC 7627 */
    {TLS_EXTENSION_COMPRESS_CERTIFICATE, CH | CR}, /* RFC 8879 section 3 */
    {TLS_EXTENSION_RECORD_SIZE_LIMIT, CH | SH12 | EE}, /* RFC 8449 section 4 */
    {TLS_EXTENSION_SESSION_TICKET, CH | SH12}, /* RFC 5077 section 3.2 */
    {TLS_EXTENSION_PRE_SHARED_KEY, CH | SH13},
    {TLS_EXTENSION_EARLY_DATA, CH | EE | NST},
    {TLS_EXTENSION_SUPPORTED_VERSIONS, CH | SH13 | HRR},
    {TLS_EXTENSION_COOKIE, CH | HRR},
    {TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES, CH},
    {TLS_EXTENSION_CERTIFICATE_AUTHORITIES, CH | CR},
    {TLS_EXTENSION_OID_FILTERS, CR},
    {TLS_EXTENSION_POST_HANDSHAKE_AUTH, CH},
    {TLS_EXTENSION_SIGNATURE_ALGORITHMS_CERT, CH | CR},
    {TLS_EXTENSION_KEY_SHARE, CH | SH13 | HRR},
    {TLS_EXTENSION_TICKET_REQUEST, CH | EE}, /* RFC 9149 section 3 */
    {TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO, CH | HRR | EE}, /* RFC 9849 section 5 */
    {TLS_EXTENSION_RENEGOTIATION_INFO, CH | SH12}, /* RFC 5746 section 3.2 */
};
/* clang-format on */

unsigned
tls_extension_places(unsigned type)
{
    size_t i;

    for (i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].type == type)
            return known[i].places;
    return 0;
}

int
tls_extensions_next(tls_reader *reader, tls_extension *extension)
{
    if (tls_reader_at_end(reader))
        return 0;
    extension->type = (unsigned)tls_read_u16(reader);
    extension->data = tls_read_vector16(reader, 0);
    return !tls_reader_failed(reader);
}

int
tls_extensions_find(tls_bytes block, unsigned type, tls_bytes *data)
{
    tls_reader reader;
    tls_extension extension;

    tls_reader_init(&reader, block);
    while (tls_extensions_next(&reader, &extension)) {
        if (extension.type == type) {
            *data = extension.data;
            return 1;
        }
    }
    return 0;
}

enum tls_reason *
tls_extension_fault(tls_hello_faults *faults, unsigned type)
{
    switch (type) {
    case TLS_EXTENSION_EC_POINT_FORMATS:
    case TLS_EXTENSION_ENCRYPT_THEN_MAC:
    case TLS_EXTENSION_EXTENDED_MASTER_SECRET:
    case TLS_EXTENSION_RENEGOTIATION_INFO:
        return &faults->before_13;
    case TLS_EXTENSION_PRE_SHARED_KEY:
    case TLS_EXTENSION_EARLY_DATA:
    case TLS_EXTENSION_COOKIE:
    case TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES:
    case TLS_EXTENSION_CERTIFICATE_AUTHORITIES:
    case TLS_EXTENSION_COMPRESS_CERTIFICATE:
    case TLS_EXTENSION_POST_HANDSHAKE_AUTH:
    case TLS_EXTENSION_KEY_SHARE:
    case TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO:
    case TLS_EXTENSION_TICKET_REQUEST:
        return &faults->in_13;
    default:
        return NULL;
    }
}

/* check_value: a fault that may be passed over is kept for the version that reads the extension. */
static enum tls_reason
check_value(const tls_extension *extension, unsigned place, tls_hello_faults *faults)
{
    enum tls_reason *fault = faults != NULL ? tls_extension_fault(faults, extension->type) : NULL;
    tls_extension_value value;
    enum tls_reason reason = tls_extension_parse(&value, extension->type, place, extension->data);

    if (reason == TLS_OK || fault == NULL)
        return reason;
    if (*fault == TLS_OK)
        *fault = reason;
    return TLS_OK;
}

static enum tls_reason
check_one(const tls_extension *extension, unsigned place, int is_last, tls_hello_faults *faults)
{
    unsigned places = tls_extension_places(extension->type);

    /* RFC 8446 section 4.2: one that is recognised but not specified for this message. */
    if (places != 0 && (places & place) == 0)
        return TLS_REASON_ILLEGAL_PARAMETER;
    /* RFC 8446 section 4.2.11: its binders cover all that stands before it. */
    if (extension->type == TLS_EXTENSION_PRE_SHARED_KEY && place == CH && !is_last)
        return TLS_REASON_ILLEGAL_PARAMETER;
    return check_value(extension, place, faults);
}

static enum tls_reason
check_block(tls_bytes block, unsigned place, unsigned *culprit, tls_hello_faults *faults)
{
    tls_u16_set seen;
    tls_reader reader;
    tls_extension extension;

    tls_u16_set_clear(&seen);
    tls_reader_init(&reader, block);
    while (tls_extensions_next(&reader, &extension)) {
        enum tls_reason reason;

        if (culprit != NULL)
            *culprit = extension.type;
        /* RFC 8446 section 4.2, RFC 5246 section 7.4.1.4: not more than one of a type. */
        if (!tls_u16_set_add(&seen, extension.type))
            return TLS_REASON_ILLEGAL_PARAMETER;
        reason = check_one(&extension, place, tls_reader_at_end(&reader), faults);
        if (reason != TLS_OK)
            return reason;
    }
    return tls_reader_finish(&reader) ? TLS_OK : TLS_REASON_DECODE;
}

enum tls_reason
tls_extensions_check(tls_bytes block, unsigned place, unsigned *culprit)
{
    return check_block(block, place, culprit, NULL);
}

enum tls_reason
tls_extensions_check_hello(tls_bytes block, tls_hello_faults *faults)
{
    faults->before_13 = faults->in_13 = TLS_OK;
    return check_block(block, TLS_IN_CLIENT_HELLO, NULL, faults);
}

enum tls_reason
tls_extensions_check_offered(
    tls_bytes reply, unsigned place, tls_bytes offer, int scsv_offered, unsigned *culprit)
{
    tls_reader reader;
    tls_extension extension;
    tls_bytes offered;

    tls_reader_init(&reader, reply);
    while (tls_extensions_next(&reader, &extension)) {
        if (extension.type == TLS_EXTENSION_RENEGOTIATION_INFO && scsv_offered)
            continue;
        if (extension.type == TLS_EXTENSION_COOKIE && place == HRR)
            continue;
        /* RFC 8701 section 3.1: GREASE was offered to be refused. */
        if (tls_is_grease(extension.type) ||
            !tls_extensions_find(offer, extension.type, &offered)) {
            if (culprit != NULL)
                *culprit = extension.type;
            return TLS_REASON_UNSUPPORTED_EXTENSION;
        }
    }
    return tls_reader_finish(&reader) ? TLS_OK : TLS_REASON_DECODE;
}

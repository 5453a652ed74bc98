/* record_limits.c - see record_limits.h. */
#include "handshake/record_limits.h"

unsigned
tls_limits_fragment_code(unsigned length)
{
    unsigned code = 1;

    while (length > 512) {
        length /= 2;
        code++;
    }
    return code;
}

void
tls_limits_fragment(tls_handshake *h, unsigned length)
{
    h->facts.max_fragment_length = length;
    tls_host_limit_fragments(h->host, length);
}

void
tls_limits_peer(tls_handshake *h, unsigned limit)
{
    unsigned type_length = h->facts.version == TLS_VERSION_13;
    unsigned ours = h->host->context->record_size_limit;

    h->facts.peer_record_limit = limit;
    tls_host_limit_fragments(h->host, limit - type_length);
    if (ours != 0)
        h->host->receive_limit = ours - type_length;
}

void
tls_limits_write(const tls_handshake *h, tls_buffer *extensions)
{
    unsigned ours = h->host->context->record_size_limit;
    unsigned type_length = h->facts.version == TLS_VERSION_13;

    if (h->client_hello.hello.record_size_limit != 0)
        tls_extension_write_u16(extensions, TLS_EXTENSION_RECORD_SIZE_LIMIT,
            ours != 0 ? ours : TLS_RECORD_PLAINTEXT_MAXIMUM + type_length);
}

enum tls_reason
tls_limits_answered(tls_handshake *h, tls_bytes extensions)
{
    unsigned asked = h->host->context->max_fragment_length;
    tls_bytes limit, code;
    int has_limit = tls_extensions_find(extensions, TLS_EXTENSION_RECORD_SIZE_LIMIT, &limit);
    int has_code = tls_extensions_find(extensions, TLS_EXTENSION_MAX_FRAGMENT_LENGTH, &code);

    /* RFC 8449 section 5: never both. RFC 6066 section 4: another length than the one that was
     * asked for is illegal_parameter. */
    if ((has_limit && has_code) ||
        (has_code && (code.length != 1 || code.data[0] != tls_limits_fragment_code(asked))))
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (has_limit)
        tls_limits_peer(h, tls_get16(limit.data));
    if (has_code)
        tls_limits_fragment(h, asked);
    return TLS_OK;
}

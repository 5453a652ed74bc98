/* client_hello.c - see client_hello.h. */
#include "handshake/client_hello.h"

#include <string.h>

#include "handshake/record_limits.h"
#include "x509/hostname.h"

int
tls_sends_server_name(const tls_handshake *h)
{
    unsigned char address[16];

    /* RFC 6066 section 3: literal addresses are not permitted in HostName. */
    return h->host->server_name[0] != '\0' &&
           tls_address_parse(address, tls_bytes_of_string(h->host->server_name)) == 0;
}

void
tls_client_hello_begin(tls_client_hello_parts *parts, const tls_handshake *h)
{
    static const unsigned char uncompressed[] = {0};
    const tls_context *context = h->host->context;
    tls_client_hello_options *options = &parts->options;
    tls_lists lists = tls_host_lists(h->host);
    size_t i;

    memset(parts, 0, sizeof *parts);
    if (tls_sends_server_name(h)) {
        options->server_name = tls_bytes_of_string(h->host->server_name);
        /* RFC 6066 section 3: without a trailing dot. */
        if (h->host->server_name[options->server_name.length - 1] == '.')
            options->server_name.length--;
    }
    options->groups = context->groups;
    options->group_count = context->group_count;
    options->point_formats = tls_bytes_make(uncompressed, sizeof uncompressed);
    options->signature_schemes = context->signature_schemes;
    options->signature_scheme_count = context->signature_scheme_count;
    if (context->certificate_scheme_count > 0)
        tls_extension_write_u16_list(&parts->extensions, TLS_EXTENSION_SIGNATURE_ALGORITHMS_CERT,
            context->certificate_schemes, context->certificate_scheme_count);
    for (i = 0; i < lists.alpn_count && i < TLS_ALPN_OFFERED_MAXIMUM; i++)
        parts->alpn[i] = tls_bytes_of_string(lists.alpn[i]);
    options->alpn = parts->alpn;
    options->alpn_count = i;
    options->status_request = context->staple != TLS_STAPLE_NONE;
    if (options->status_request)
        tls_extension_write_empty(&parts->extensions, TLS_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP);
    if (context->max_fragment_length != 0)
        tls_extension_write_u8(&parts->extensions, TLS_EXTENSION_MAX_FRAGMENT_LENGTH,
            tls_limits_fragment_code(context->max_fragment_length));
    if (context->record_size_limit != 0)
        tls_extension_write_u16(
            &parts->extensions, TLS_EXTENSION_RECORD_SIZE_LIMIT, context->record_size_limit);
    tls_write_bytes(&parts->extensions, tls_buffer_view(&context->custom_extensions));
}

void
tls_client_hello_clear(tls_client_hello_parts *parts)
{
    tls_buffer_release(&parts->extensions);
}

/* message_build.c - handshake messages to bytes; see message.h. */
#include "wire/message.h"

static const unsigned char null_compression[1] = {0};

static size_t
begin_message(tls_buffer *out, unsigned type)
{
    tls_write_u8(out, type);
    return tls_write_begin24(out);
}

static enum tls_reason
end_message(tls_buffer *out, size_t start)
{
    tls_write_end24(out, start);
    return tls_write_result(out);
}

enum tls_reason
tls_handshake_build(tls_buffer *out, unsigned type, tls_bytes body)
{
    size_t start = begin_message(out, type);

    tls_write_bytes(out, body);
    return end_message(out, start);
}

enum tls_reason
tls_client_hello_build(tls_buffer *out, const tls_client_hello *hello)
{
    size_t start = begin_message(out, TLS_HANDSHAKE_CLIENT_HELLO);

    tls_write_u16(out, hello->legacy_version);
    tls_write_bytes(out, hello->random);
    tls_write_vector8(out, hello->session_id);
    tls_write_vector16(out, hello->cipher_suites);
    tls_write_vector8(out, hello->compression_methods);
    if (hello->has_extensions)
        tls_write_vector16(out, hello->extensions);
    return end_message(out, start);
}

enum tls_reason
tls_server_hello_build(tls_buffer *out, const tls_server_hello *hello)
{
    size_t start = begin_message(out, TLS_HANDSHAKE_SERVER_HELLO);

    tls_write_u16(out, hello->legacy_version);
    tls_write_bytes(out, hello->random);
    tls_write_vector8(out, hello->session_id);
    tls_write_u16(out, hello->cipher_suite);
    tls_write_u8(out, hello->compression_method);
    if (hello->has_extensions)
        tls_write_vector16(out, hello->extensions);
    return end_message(out, start);
}

enum tls_reason
tls_certificate_message_build(tls_buffer *out, int is_13, tls_bytes context,
    const tls_certificate_entry *entries, size_t count)
{
    size_t start = begin_message(out, TLS_HANDSHAKE_CERTIFICATE);
    size_t list;
    size_t i;

    if (is_13)
        tls_write_vector8(out, context);
    list = tls_write_begin24(out);
    for (i = 0; i < count; i++) {
        tls_write_vector24(out, entries[i].certificate);
        if (is_13)
            tls_write_vector16(out, entries[i].extensions);
    }
    tls_write_end24(out, list);
    return end_message(out, start);
}

static void
write_certificate(tls_buffer *out, const tls_certificate_message *message)
{
    if (message->is_13)
        tls_write_vector8(out, message->certificate_request_context);
    tls_write_vector24(out, message->certificate_list);
}

static void
write_server_key_exchange(tls_buffer *out, const tls_server_key_exchange *message)
{
    tls_write_u8(out, 3); /* named_curve: RFC 8422 section 5.4 */
    tls_write_u16(out, message->group);
    tls_write_vector8(out, message->point);
    if (message->has_scheme)
        tls_write_u16(out, message->scheme);
    tls_write_vector16(out, message->signature);
}

static void
write_certificate_request(tls_buffer *out, const tls_certificate_request_message *message)
{
    if (message->is_13) {
        tls_write_vector8(out, message->certificate_request_context);
        tls_write_vector16(out, message->extensions);
        return;
    }
    tls_write_vector8(out, message->certificate_types);
    if (message->has_signature_algorithms)
        tls_write_vector16(out, message->signature_algorithms);
    tls_write_vector16(out, message->certificate_authorities);
}

static void
write_client_key_exchange(tls_buffer *out, const tls_client_key_exchange *message)
{
    if (message->kind == TLS_KEY_EXCHANGE_RSA)
        tls_write_vector16(out, message->encrypted_premaster);
    else if (message->kind != TLS_KEY_EXCHANGE_ECDH || message->point.length != 0)
        tls_write_vector8(out, message->point);
}

static void
write_new_session_ticket(tls_buffer *out, const tls_new_session_ticket *message)
{
    tls_write_u32(out, message->lifetime);
    if (message->is_13) {
        tls_write_u32(out, message->age_add);
        tls_write_vector8(out, message->nonce);
    }
    tls_write_vector16(out, message->ticket);
    if (message->is_13)
        tls_write_vector16(out, message->extensions);
}

enum tls_reason
tls_message_build(tls_buffer *out, const tls_message *message)
{
    size_t start;

    if (message->type == TLS_HANDSHAKE_CLIENT_HELLO)
        return tls_client_hello_build(out, &message->u.client_hello);
    if (message->type == TLS_HANDSHAKE_SERVER_HELLO)
        return tls_server_hello_build(out, &message->u.server_hello);
    start = begin_message(out, message->type);
    switch (message->type) {
    case TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS:
        tls_write_vector16(out, message->u.encrypted_extensions.extensions);
        break;
    case TLS_HANDSHAKE_CERTIFICATE:
        write_certificate(out, &message->u.certificate);
        break;
    case TLS_HANDSHAKE_COMPRESSED_CERTIFICATE:
        tls_write_u16(out, message->u.compressed_certificate.algorithm);
        tls_write_u8(out, (uint32_t)(message->u.compressed_certificate.uncompressed_length >> 16));
        tls_write_u16(out, (uint32_t)message->u.compressed_certificate.uncompressed_length);
        tls_write_vector24(out, message->u.compressed_certificate.compressed_certificate_message);
        break;
    case TLS_HANDSHAKE_CERTIFICATE_STATUS:
        tls_write_u8(out, message->u.certificate_status.status_type);
        tls_write_vector24(out, message->u.certificate_status.response);
        break;
    case TLS_HANDSHAKE_SERVER_KEY_EXCHANGE:
        write_server_key_exchange(out, &message->u.server_key_exchange);
        break;
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        write_certificate_request(out, &message->u.certificate_request);
        break;
    case TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE:
        write_client_key_exchange(out, &message->u.client_key_exchange);
        break;
    case TLS_HANDSHAKE_CERTIFICATE_VERIFY:
        if (message->u.certificate_verify.has_scheme)
            tls_write_u16(out, message->u.certificate_verify.scheme);
        tls_write_vector16(out, message->u.certificate_verify.signature);
        break;
    case TLS_HANDSHAKE_FINISHED:
        tls_write_bytes(out, message->u.verify_data);
        break;
    case TLS_HANDSHAKE_NEW_SESSION_TICKET:
        write_new_session_ticket(out, &message->u.new_session_ticket);
        break;
    case TLS_HANDSHAKE_KEY_UPDATE:
        tls_write_u8(out, message->u.update_requested ? 1 : 0);
        break;
    case TLS_HANDSHAKE_HELLO_REQUEST:
    case TLS_HANDSHAKE_SERVER_HELLO_DONE:
    case TLS_HANDSHAKE_END_OF_EARLY_DATA:
        break;
    default:
        tls_write_bytes(out, message->body);
        break;
    }
    return end_message(out, start);
}

static void
write_option_extensions(tls_buffer *out, const tls_client_hello_options *options)
{
    if (options->renegotiation_info)
        tls_extension_write_vector8(
            out, TLS_EXTENSION_RENEGOTIATION_INFO, options->renegotiated_connection);
    if (options->server_name.length != 0)
        tls_extension_write_server_name(out, options->server_name);
    if (options->extended_master_secret)
        tls_extension_write_empty(out, TLS_EXTENSION_EXTENDED_MASTER_SECRET);
    if (options->session_ticket)
        tls_extension_write(out, TLS_EXTENSION_SESSION_TICKET, options->ticket);
    if (options->signature_scheme_count != 0)
        tls_extension_write_u16_list(out, TLS_EXTENSION_SIGNATURE_ALGORITHMS,
            options->signature_schemes, options->signature_scheme_count);
    if (options->group_count != 0)
        tls_extension_write_u16_list(
            out, TLS_EXTENSION_SUPPORTED_GROUPS, options->groups, options->group_count);
    if (options->point_formats.length != 0)
        tls_extension_write_vector8(out, TLS_EXTENSION_EC_POINT_FORMATS, options->point_formats);
    if (options->alpn_count != 0)
        tls_extension_write_alpn(out, options->alpn, options->alpn_count);
    if (options->status_request)
        tls_extension_write_status_request(out);
    if (options->version_count != 0)
        tls_extension_write_supported_versions(out, options->versions, options->version_count);
    tls_write_bytes(out, options->extensions);
}

enum tls_reason
tls_client_hello_build_options(tls_buffer *out, const tls_client_hello_options *options)
{
    size_t start = begin_message(out, TLS_HANDSHAKE_CLIENT_HELLO);
    size_t suites;

    tls_write_u16(out, options->legacy_version ? options->legacy_version : TLS_VERSION_12);
    tls_write_bytes(out, tls_bytes_make(options->random, TLS_RANDOM_LENGTH));
    tls_write_vector8(out, options->session_id);
    suites = tls_write_begin16(out);
    tls_write_u16_values(out, options->suites, options->suite_count);
    tls_write_end16(out, suites);
    if (options->compression_methods.length != 0)
        tls_write_vector8(out, options->compression_methods);
    else
        tls_write_vector8(out, tls_bytes_make(null_compression, sizeof null_compression));
    if (!options->without_extensions) {
        size_t block = tls_write_begin16(out);

        write_option_extensions(out, options);
        tls_write_end16(out, block);
    }
    return end_message(out, start);
}

enum tls_reason
tls_alert_build(tls_buffer *out, unsigned level, unsigned description)
{
    tls_write_u8(out, level);
    tls_write_u8(out, description);
    return tls_write_result(out);
}

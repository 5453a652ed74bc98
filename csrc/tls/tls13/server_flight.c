/* server_flight.c - the messages that a TLS 1.3 server writes: ServerHello,
 * EncryptedExtensions and CertificateRequest (RFC 8446 sections 4.1.3 and 4.3). */
#include <string.h>

#include "handshake/local_certificate.h"
#include "handshake/record_limits.h"
#include "tls13/internal.h"
#include "base/random.h"

/* Where ServerHello has its random, and the bytes of it that say that ECH was accepted. */
#define RANDOM (TLS_HANDSHAKE_HEADER_LENGTH + 2)
#define LAST_OF_RANDOM (RANDOM + TLS_RANDOM_LENGTH - TLS_ECH_CONFIRMATION_LENGTH)

enum tls_reason
tls13_send_server_hello(tls13_engine *e)
{
    tls_handshake *h = e->handshake;
    tls_server_hello hello;
    tls_buffer raw = {0}, extensions = {0};
    enum tls_reason reason =
        tls_random_public(h->facts.server_random, sizeof h->facts.server_random);

    memset(&hello, 0, sizeof hello);
    hello.legacy_version = TLS_VERSION_12;
    hello.random = tls_bytes_make(h->facts.server_random, sizeof h->facts.server_random);
    hello.session_id = tls_bytes_make(e->session_id, e->session_id_length);
    hello.cipher_suite = e->suite->id;
    tls_extension_write_u16(&extensions, TLS_EXTENSION_SUPPORTED_VERSIONS, TLS_VERSION_13);
    if (e->group != 0)
        tls_extension_write_key_share(&extensions, e->group, tls_key_exchange_share(&e->shares[0]));
    if (e->psk_selected)
        tls_extension_write_u16(&extensions, TLS_EXTENSION_PRE_SHARED_KEY, (unsigned)e->psk_index);
    hello.has_extensions = 1;
    hello.extensions = tls_buffer_view(&extensions);
    if (reason == TLS_OK)
        reason =
            extensions.failed ? TLS_REASON_OUT_OF_MEMORY : tls_server_hello_build(&raw, &hello);
    tls_buffer_release(&extensions);
    if (reason != TLS_OK) {
        tls_buffer_release(&raw);
        return reason;
    }
    if (h->facts.ech == TLS_ECH_ACCEPTED) {
        tls13_ech_confirm(e, &raw, 0, LAST_OF_RANDOM);
        memcpy(h->facts.server_random, raw.data + RANDOM, sizeof h->facts.server_random);
    }
    return tls13_send(e, TLS_STAGE_SERVER_HELLO, &raw);
}

/* write_retry_configs: RFC 9849 section 7.1: for a client whose hello no key opened. */
static void
write_retry_configs(const tls_handshake *h, tls_buffer *extensions)
{
    tls_buffer list = {0};

    if (h->facts.ech != TLS_ECH_REJECTED)
        return;
    extensions->failed |= tls_ech_keys_config_list(h->ech->keys, &list) != TLS_OK;
    if (list.length > 2)
        tls_extension_write(
            extensions, TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO, tls_buffer_view(&list));
    tls_buffer_release(&list);
}

enum tls_reason
tls13_send_encrypted_extensions(tls13_engine *e)
{
    tls_handshake *h = e->handshake;
    const tls_client_hello *hello = &h->client_hello.hello;
    tls_bytes alpn = tls_buffer_view(&h->facts.alpn);
    tls_message message;
    tls_buffer raw = {0}, extensions = {0};
    enum tls_reason reason;

    /* RFC 6066 section 3: empty, to say that it was used. */
    if (h->host->server_name[0] != '\0' && !h->facts.resumed)
        tls_extension_write_empty(&extensions, TLS_EXTENSION_SERVER_NAME);
    if (alpn.length > 0)
        tls_extension_write_alpn(&extensions, &alpn, 1);
    if (hello->record_size_limit != 0) {
        tls_limits_peer(h, hello->record_size_limit);
        tls_limits_write(h, &extensions);
    } else if (hello->max_fragment_length != 0) {
        tls_bytes code;

        (void)tls_extensions_find(hello->extensions, TLS_EXTENSION_MAX_FRAGMENT_LENGTH, &code);
        tls_extension_write(&extensions, TLS_EXTENSION_MAX_FRAGMENT_LENGTH, code);
        tls_limits_fragment(h, hello->max_fragment_length);
    }
    if (h->facts.early_data == TLS_EARLY_DATA_ACCEPTED)
        tls_extension_write_empty(&extensions, TLS_EXTENSION_EARLY_DATA);
    write_retry_configs(h, &extensions);
    tls13_write_types(e, &extensions);
    if (h->facts.tickets_told)
        tls_extension_write_u8(
            &extensions, TLS_EXTENSION_TICKET_REQUEST, h->facts.expected_tickets);
    memset(&message, 0, sizeof message);
    message.type = TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS;
    message.u.encrypted_extensions.extensions = tls_buffer_view(&extensions);
    reason = extensions.failed ? TLS_REASON_OUT_OF_MEMORY : tls_message_build(&raw, &message);
    tls_buffer_release(&extensions);
    if (reason != TLS_OK) {
        tls_buffer_release(&raw);
        return reason;
    }
    return tls13_send(e, TLS_STAGE_ENCRYPTED_EXTENSIONS, &raw);
}

enum tls_reason
tls13_write_request(tls13_engine *e, tls_buffer *raw, tls_bytes request_context)
{
    const tls_context *context = e->handshake->host->context;
    tls_message message;
    tls_buffer extensions = {0}, authorities = {0};
    enum tls_reason reason;

    e->certificate_requested = 1;
    if (request_context.length > 0)
        memcpy(e->request_context, request_context.data, request_context.length);
    e->request_context_length = request_context.length;
    tls_extension_write_u16_list(&extensions, TLS_EXTENSION_SIGNATURE_ALGORITHMS,
        context->signature_schemes, context->signature_scheme_count);
    if (context->certificate_scheme_count > 0)
        tls_extension_write_u16_list(&extensions, TLS_EXTENSION_SIGNATURE_ALGORITHMS_CERT,
            context->certificate_schemes, context->certificate_scheme_count);
    tls13_write_compression(context, &extensions);
    tls_context_write_authorities(context, &authorities);
    if (authorities.length > 0)
        tls_extension_write_vector16(
            &extensions, TLS_EXTENSION_CERTIFICATE_AUTHORITIES, tls_buffer_view(&authorities));
    extensions.failed |= authorities.failed;
    tls_buffer_release(&authorities);
    memset(&message, 0, sizeof message);
    message.type = TLS_HANDSHAKE_CERTIFICATE_REQUEST;
    message.u.certificate_request.is_13 = 1;
    message.u.certificate_request.certificate_request_context = request_context;
    message.u.certificate_request.extensions = tls_buffer_view(&extensions);
    reason = extensions.failed ? TLS_REASON_OUT_OF_MEMORY : tls_message_build(raw, &message);
    tls_buffer_release(&extensions);
    return reason;
}

enum tls_reason
tls13_send_certificate_request(tls13_engine *e)
{
    tls_buffer raw = {0};
    enum tls_reason reason = tls13_write_request(e, &raw, tls_bytes_make(NULL, 0));

    if (reason != TLS_OK) {
        tls_buffer_release(&raw);
        return reason;
    }
    return tls13_send(e, TLS_STAGE_CERTIFICATE_REQUEST, &raw);
}

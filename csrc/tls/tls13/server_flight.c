/* server_flight.c - the messages that a TLS 1.3 server writes: ServerHello,
 * EncryptedExtensions and CertificateRequest (RFC 8446 sections 4.1.3 and 4.3). */
#include <string.h>

#include "tls13/internal.h"
#include "base/random.h"

/* The authorities of a CertificateRequest are left out when they would be longer than this:
 * section 4.2.4 is optional, and some clients refuse a message of many records. */
#define AUTHORITIES_LENGTH_MAXIMUM 12000

enum tls_reason
tls13_send_server_hello(tls13_engine *e)
{
    tls_connection *c = e->connection;
    tls_server_hello hello;
    tls_buffer raw = {0}, extensions = {0};
    enum tls_reason reason = tls_random(c->server_random, sizeof c->server_random);

    memset(&hello, 0, sizeof hello);
    hello.legacy_version = TLS_VERSION_12;
    hello.random = tls_bytes_make(c->server_random, sizeof c->server_random);
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
    return tls13_send(e, TLS_STAGE_SERVER_HELLO, &raw);
}

enum tls_reason
tls13_send_encrypted_extensions(tls13_engine *e, const tls_client_hello *hello)
{
    tls_connection *c = e->connection;
    const tls_context *context = c->context;
    tls_bytes alpn = tls_buffer_view(&c->alpn);
    tls_message message;
    tls_buffer raw = {0}, extensions = {0};
    enum tls_reason reason;

    /* RFC 6066 section 3: empty, to say that it was used. */
    if (hello->server_name.length > 0 && !c->resumed)
        tls_extension_write_empty(&extensions, TLS_EXTENSION_SERVER_NAME);
    if (alpn.length > 0)
        tls_extension_write_alpn(&extensions, &alpn, 1);
    if (hello->record_size_limit != 0) {
        tls13_agree_record_size(c, hello->record_size_limit);
        tls_extension_write_u16(&extensions, TLS_EXTENSION_RECORD_SIZE_LIMIT,
            context->record_size_limit != 0 ? context->record_size_limit
                                            : TLS_RECORD_PLAINTEXT_MAXIMUM + 1);
    } else if (hello->max_fragment_length != 0) {
        tls_bytes code;

        (void)tls_extensions_find(hello->extensions, TLS_EXTENSION_MAX_FRAGMENT_LENGTH, &code);
        tls_extension_write(&extensions, TLS_EXTENSION_MAX_FRAGMENT_LENGTH, code);
        c->max_fragment_length = hello->max_fragment_length;
        if (c->max_fragment_length < c->fragment_limit)
            c->fragment_limit = c->max_fragment_length;
    }
    if (c->early_data == TLS_EARLY_DATA_ACCEPTED)
        tls_extension_write_empty(&extensions, TLS_EXTENSION_EARLY_DATA);
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

/* write_authorities: the subjects of the trust store (section 4.2.4). */
static void
write_authorities(const tls_context *context, tls_buffer *extensions)
{
    size_t count = context->trust != NULL ? tls_trust_store_count(context->trust) : 0;
    tls_buffer names = {0};
    size_t i;

    for (i = 0; i < count; i++)
        tls_write_vector16(&names, tls_trust_store_at(context->trust, i)->subject);
    if (names.length > 0 && names.length <= AUTHORITIES_LENGTH_MAXIMUM)
        tls_extension_write_vector16(
            extensions, TLS_EXTENSION_CERTIFICATE_AUTHORITIES, tls_buffer_view(&names));
    extensions->failed |= names.failed;
    tls_buffer_release(&names);
}

enum tls_reason
tls13_write_request(tls13_engine *e, tls_buffer *raw, tls_bytes request_context)
{
    const tls_context *context = e->connection->context;
    tls_message message;
    tls_buffer extensions = {0};
    enum tls_reason reason;

    e->certificate_requested = 1;
    if (request_context.length > 0)
        memcpy(e->request_context, request_context.data, request_context.length);
    e->request_context_length = request_context.length;
    tls_extension_write_u16_list(&extensions, TLS_EXTENSION_SIGNATURE_ALGORITHMS,
        context->signature_schemes, context->signature_scheme_count);
    write_authorities(context, &extensions);
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

/* messages.c - what holds for every handshake message. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/exact_bytes.h"
#include "support/messages.h"

static volatile unsigned sink;

static void
touch(tls_bytes bytes)
{
    size_t i;

    for (i = 0; i < bytes.length; i++)
        sink += bytes.data[i];
}

void
touch_extension_value(const tls_extension_value *value)
{
    tls_reader reader;
    tls_bytes item;
    unsigned group;
    uint32_t age;

    touch(value->bytes);
    touch(value->list);
    touch(value->binders);
    tls_reader_init(&reader, value->bytes);
    switch (value->kind) {
    case TLS_EXTENSION_KIND_PROTOCOLS:
        while (tls_protocol_next(&reader, &item))
            touch(item);
        break;
    case TLS_EXTENSION_KIND_VECTORS:
        while (tls_vector16_next(&reader, &item))
            touch(item);
        break;
    case TLS_EXTENSION_KIND_KEY_SHARES:
        while (tls_key_share_next(&reader, &group, &item))
            touch(item);
        break;
    case TLS_EXTENSION_KIND_PRE_SHARED_KEYS:
        while (tls_psk_identity_next(&reader, &item, &age))
            touch(item);
        break;
    default:
        break;
    }
}

void
touch_extensions(tls_bytes block, unsigned place)
{
    tls_reader reader;
    tls_extension extension;
    tls_extension_value value;

    tls_reader_init(&reader, block);
    while (tls_extensions_next(&reader, &extension)) {
        touch(extension.data);
        (void)tls_extension_parse(&value, extension.type, place, extension.data);
        touch_extension_value(&value);
    }
}

static void
touch_hello(const tls_message *m)
{
    switch (m->type) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        touch(m->u.client_hello.random);
        touch(m->u.client_hello.session_id);
        touch(m->u.client_hello.cipher_suites);
        touch(m->u.client_hello.compression_methods);
        touch(m->u.client_hello.server_name);
        touch(m->u.client_hello.cookie);
        touch_extensions(m->u.client_hello.extensions, TLS_IN_CLIENT_HELLO);
        break;
    case TLS_HANDSHAKE_SERVER_HELLO:
        touch(m->u.server_hello.random);
        touch(m->u.server_hello.session_id);
        touch(m->u.server_hello.key_share);
        touch(m->u.server_hello.alpn);
        touch_extensions(m->u.server_hello.extensions, m->u.server_hello.place);
        break;
    case TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS:
        touch(m->u.encrypted_extensions.alpn);
        touch_extensions(m->u.encrypted_extensions.extensions, TLS_IN_ENCRYPTED_EXTENSIONS);
        break;
    default:
        break;
    }
}

static void
touch_certificates(const tls_message *m)
{
    tls_reader reader;
    tls_certificate_entry entry;
    tls_bytes name;

    switch (m->type) {
    case TLS_HANDSHAKE_CERTIFICATE:
        tls_reader_init(&reader, m->u.certificate.certificate_list);
        while (tls_certificate_next(&reader, &entry, m->u.certificate.is_13)) {
            touch(entry.certificate);
            touch_extensions(entry.extensions, TLS_IN_CERTIFICATE);
        }
        break;
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        touch(m->u.certificate_request.certificate_types);
        touch(m->u.certificate_request.signature_algorithms);
        touch_extensions(m->u.certificate_request.extensions, TLS_IN_CERTIFICATE_REQUEST);
        tls_reader_init(&reader, m->u.certificate_request.certificate_authorities);
        while (tls_vector16_next(&reader, &name))
            touch(name);
        break;
    case TLS_HANDSHAKE_CERTIFICATE_STATUS:
        touch(m->u.certificate_status.response);
        break;
    default:
        break;
    }
}

static void
touch_key_exchange(const tls_message *m)
{
    switch (m->type) {
    case TLS_HANDSHAKE_SERVER_KEY_EXCHANGE:
        touch(m->u.server_key_exchange.point);
        touch(m->u.server_key_exchange.params);
        touch(m->u.server_key_exchange.signature);
        break;
    case TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE:
        touch(m->u.client_key_exchange.point);
        touch(m->u.client_key_exchange.encrypted_premaster);
        break;
    case TLS_HANDSHAKE_CERTIFICATE_VERIFY:
        touch(m->u.certificate_verify.signature);
        break;
    case TLS_HANDSHAKE_NEW_SESSION_TICKET:
        touch(m->u.new_session_ticket.ticket);
        touch(m->u.new_session_ticket.nonce);
        touch(m->u.new_session_ticket.extensions);
        break;
    default:
        break;
    }
}

static void
touch_message(const tls_message *m)
{
    touch(m->raw);
    touch(m->body);
    touch_hello(m);
    touch_certificates(m);
    touch_key_exchange(m);
}

int
message_rebuilds(tls_bytes raw, unsigned version, unsigned suite, int *parsed)
{
    tls_bytes copy = exact_bytes(raw);
    tls_message message;
    tls_buffer out = {NULL, 0, 0, 0};
    int good = 1;

    *parsed = tls_message_parse(&message, copy, version, suite) == TLS_OK;
    if (*parsed) {
        touch_message(&message);
        good = tls_message_build(&out, &message) == TLS_OK &&
               tls_bytes_equal(tls_buffer_view(&out), raw);
    } else {
        touch(message.raw);
    }
    tls_buffer_release(&out);
    release(copy);
    return good;
}

/* There are messages that may end early: hellos without an extension block, and ECDH's implicit
 * point. */
static int
may_end_early(const tls_message *m)
{
    switch (m->type) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        return !m->u.client_hello.has_extensions;
    case TLS_HANDSHAKE_SERVER_HELLO:
        return !m->u.server_hello.has_extensions;
    case TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE:
        return m->u.client_key_exchange.kind == TLS_KEY_EXCHANGE_ECDH;
    default:
        return 0;
    }
}

/* Every strict prefix must fail, as it stands and with its header's length made to fit. */
static int
prefixes_fail(tls_bytes raw, unsigned version, unsigned suite)
{
    size_t length;
    int good = 1;

    for (length = 0; length < raw.length; length++) {
        tls_bytes cut = exact_bytes(tls_bytes_make(raw.data, length));
        tls_message message;

        if (tls_message_parse(&message, cut, version, suite) == TLS_OK)
            good = 0;
        if (length >= 4) {
            tls_put24((unsigned char *)(uintptr_t)cut.data + 1, (uint32_t)(length - 4));
            if (tls_message_parse(&message, cut, version, suite) == TLS_OK)
                good = good && may_end_early(&message);
        }
        release(cut);
    }
    return good;
}

/* A byte more, inside of the header's length, must fail too: nothing may trail. */
static int
trailing_fails(tls_bytes raw, unsigned version, unsigned suite)
{
    unsigned char *data = malloc(raw.length + 1);
    tls_message message;
    tls_bytes longer;
    int good;

    require(data != NULL, "memory");
    memcpy(data, raw.data, raw.length);
    data[raw.length] = 0;
    longer = tls_bytes_make(data, raw.length + 1);
    good = tls_message_parse(&message, longer, version, suite) != TLS_OK;
    tls_put24(data + 1, (uint32_t)(raw.length - 3));
    good = good && tls_message_parse(&message, longer, version, suite) != TLS_OK;
    free(data);
    return good;
}

void
check_message(tls_bytes raw, unsigned version, unsigned suite, const char *what)
{
    tls_message message;
    int parsed;

    check_reason(tls_message_parse(&message, raw, version, suite), TLS_OK, "%s: parses", what);
    check(message_rebuilds(raw, version, suite, &parsed), "%s: is built again", what);
    check(prefixes_fail(raw, version, suite), "%s: every prefix fails", what);
    if (message.type != TLS_HANDSHAKE_FINISHED)
        check(trailing_fails(raw, version, suite), "%s: a trailing byte fails", what);
}

void
check_built_message(const tls_message *message, unsigned version, unsigned suite, const char *what)
{
    tls_buffer out = {NULL, 0, 0, 0};

    check_reason(tls_message_build(&out, message), TLS_OK, "%s", what);
    check_message(tls_buffer_view(&out), version, suite, what);
    message_keep(tls_buffer_view(&out), version, suite);
    tls_buffer_release(&out);
}

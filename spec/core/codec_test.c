/* codec_test.c - specs of codec, names, suite, extension and message.
 *   codec_test [ROUNDS of random mutations]   VERBOSE=1 prints what passes */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/message.h"

#include "codec_captures.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define CAPTURE_COUNT COUNT(captures)
#define EC_SUITE 0xC02F  /* TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 */
#define RSA_SUITE 0x009C /* TLS_RSA_WITH_AES_128_GCM_SHA256 */

static unsigned passed, failed;

static int
ok(int condition, const char *what)
{
    if (condition)
        passed++;
    else
        failed++;
    if (!condition || getenv("VERBOSE") != NULL)
        printf("%s - %s\n", condition ? "ok" : "not ok", what);
    return condition;
}

static void
ok_string(const char *got, const char *expected, const char *what)
{
    int equal = got == expected || (got != NULL && expected != NULL && strcmp(got, expected) == 0);

    if (!ok(equal, what))
        printf("#   got: %s, expected: %s\n", got ? got : "NULL", expected ? expected : "NULL");
}

static void
ok_reason(enum tls_reason got, enum tls_reason expected, const char *what)
{
    if (!ok(got == expected, what))
        printf("#   got: %s, expected: %s\n", got ? tls_reason_code(got) : "ok",
            expected ? tls_reason_code(expected) : "ok");
}

static void *
allocate(size_t length)
{
    void *memory = malloc(length ? length : 1);

    if (memory == NULL) {
        printf("Bail out! out of memory\n");
        exit(2);
    }
    return memory;
}

/* An exact copy of its own, so that a read past its end is seen by the tools. */
static tls_bytes
exact(tls_bytes bytes)
{
    void *copy = allocate(bytes.length);

    if (bytes.length != 0)
        memcpy(copy, bytes.data, bytes.length);
    return tls_bytes_make(copy, bytes.length);
}

static void
release(tls_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

static tls_bytes
from_hex(const char *hex)
{
    size_t length = strlen(hex) / 2;
    unsigned char *data = allocate(length);
    size_t i;

    for (i = 0; i < length; i++) {
        char pair[3] = {0, 0, 0};

        memcpy(pair, hex + 2 * i, 2);
        data[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return tls_bytes_make(data, length);
}

static tls_bytes
string(const char *text)
{
    return tls_bytes_of_string(text);
}

/* ---- Touching everything that a parsed message shows ---- */

static volatile unsigned sink;

static void
touch(tls_bytes bytes)
{
    size_t i;

    for (i = 0; i < bytes.length; i++)
        sink += bytes.data[i];
}

static void
touch_value(const tls_extension_value *value)
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

static void
touch_extensions(tls_bytes block, unsigned place)
{
    tls_reader reader;
    tls_extension extension;
    tls_extension_value value;

    tls_reader_init(&reader, block);
    while (tls_extensions_next(&reader, &extension)) {
        touch(extension.data);
        (void)tls_extension_parse(&value, extension.type, place, extension.data);
        touch_value(&value);
    }
}

static void
touch_message(const tls_message *m)
{
    tls_reader reader;
    tls_certificate_entry entry;
    tls_bytes name;

    touch(m->raw);
    touch(m->body);
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

/* ---- The property behind everything: what parses is built again to the same bytes ---- */

static unsigned parsed_count, refused_count;

/* probe returns 0 when the property does not hold. */
static int
probe(tls_bytes raw, unsigned version, unsigned suite)
{
    tls_bytes copy = exact(raw);
    tls_message message;
    tls_buffer out = {NULL, 0, 0, 0};
    int good = 1;

    if (tls_message_parse(&message, copy, version, suite) == TLS_OK) {
        parsed_count++;
        touch_message(&message);
        good = tls_message_build(&out, &message) == TLS_OK &&
               tls_bytes_equal(tls_buffer_view(&out), raw);
    } else {
        refused_count++;
        touch(message.raw);
    }
    tls_buffer_release(&out);
    release(copy);
    return good;
}

/* Every strict prefix must fail, as it stands and with its header's length made to fit. There are
 * messages that may end early: hellos without an extension block, and ECDH's implicit point. */
static int
prefixes_fail(tls_bytes raw, unsigned version, unsigned suite)
{
    size_t length;
    int good = 1;

    for (length = 0; length < raw.length; length++) {
        tls_bytes cut = exact(tls_bytes_make(raw.data, length));
        unsigned char *data = (unsigned char *)(uintptr_t)cut.data;
        tls_message message;

        if (tls_message_parse(&message, cut, version, suite) == TLS_OK)
            good = 0;
        if (length >= 4) {
            tls_put24(data + 1, (uint32_t)(length - 4));
            if (tls_message_parse(&message, cut, version, suite) == TLS_OK) {
                int may = (message.type == TLS_HANDSHAKE_CLIENT_HELLO &&
                              !message.u.client_hello.has_extensions) ||
                          (message.type == TLS_HANDSHAKE_SERVER_HELLO &&
                              !message.u.server_hello.has_extensions) ||
                          (message.type == TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE &&
                              message.u.client_key_exchange.kind == TLS_KEY_EXCHANGE_ECDH);

                good = good && may;
            }
        }
        release(cut);
    }
    return good;
}

/* A byte more, inside of the header's length, must fail too: nothing may trail. */
static int
trailing_fails(tls_bytes raw, unsigned version, unsigned suite)
{
    unsigned char *data = allocate(raw.length + 1);
    tls_message message;
    int good;

    memcpy(data, raw.data, raw.length);
    data[raw.length] = 0;
    good =
        tls_message_parse(&message, tls_bytes_make(data, raw.length + 1), version, suite) != TLS_OK;
    tls_put24(data + 1, (uint32_t)(raw.length - 3));
    good = good && tls_message_parse(
                       &message, tls_bytes_make(data, raw.length + 1), version, suite) != TLS_OK;
    free(data);
    return good;
}

static void
check_message(tls_bytes raw, unsigned version, unsigned suite, const char *what)
{
    char text[200];
    tls_message message;
    enum tls_reason reason = tls_message_parse(&message, raw, version, suite);

    snprintf(text, sizeof text, "%s: parses", what);
    ok_reason(reason, TLS_OK, text);
    snprintf(text, sizeof text, "%s: is built again", what);
    ok(probe(raw, version, suite), text);
    snprintf(text, sizeof text, "%s: every prefix fails", what);
    ok(prefixes_fail(raw, version, suite), text);
    if (message.type != TLS_HANDSHAKE_FINISHED) {
        snprintf(text, sizeof text, "%s: a trailing byte fails", what);
        ok(trailing_fails(raw, version, suite), text);
    }
}

/* ---- The corpus: captures, and one built message of each shape ---- */

#define CORPUS_MAXIMUM 128

static struct {
    tls_bytes raw;
    unsigned version;
    unsigned suite;
} corpus[CORPUS_MAXIMUM];
static size_t corpus_count;

static void
keep(tls_bytes raw, unsigned version, unsigned suite)
{
    if (corpus_count < CORPUS_MAXIMUM) {
        corpus[corpus_count].raw = exact(raw);
        corpus[corpus_count].version = version;
        corpus[corpus_count].suite = suite;
        corpus_count++;
    }
}

static void
check_built(const tls_message *message, unsigned version, unsigned suite, const char *what)
{
    tls_buffer out = {NULL, 0, 0, 0};

    ok_reason(tls_message_build(&out, message), TLS_OK, what);
    check_message(tls_buffer_view(&out), version, suite, what);
    keep(tls_buffer_view(&out), version, suite);
    tls_buffer_release(&out);
}

static void
spec_captures(void)
{
    size_t i;

    for (i = 0; i < CAPTURE_COUNT; i++) {
        const struct capture *c = &captures[i];
        tls_bytes raw = from_hex(c->hex);
        char what[200];

        snprintf(what, sizeof what, "%s, %s's %s", c->flow, c->sender,
            tls_registry_name(TLS_REGISTRY_HANDSHAKE_TYPE, raw.data[0]));
        check_message(raw, c->version, c->suite, what);
        keep(raw, c->version, c->suite);
        release(raw);
    }
}

static tls_bytes
captured(tls_message *message, const char *flow, const char *sender, unsigned type)
{
    size_t i;

    for (i = 0; i < CAPTURE_COUNT; i++) {
        const struct capture *c = &captures[i];
        tls_bytes raw = from_hex(c->hex);

        if (strcmp(c->flow, flow) == 0 && strcmp(c->sender, sender) == 0 && raw.data[0] == type &&
            tls_message_parse(message, raw, c->version, c->suite) == TLS_OK)
            return raw;
        release(raw);
    }
    ok(0, "the capture is there");
    exit(2);
}

static void
spec_captured_hellos(void)
{
    tls_message m;
    tls_message n;
    const tls_client_hello *c = &m.u.client_hello;
    const tls_server_hello *s = &n.u.server_hello;
    tls_bytes client;
    tls_bytes server;
    tls_bytes name = {NULL, 0};
    tls_bytes key = {NULL, 0};
    tls_reader reader;
    unsigned group = 0;
    unsigned culprit = 0;

    client = captured(&m, "openssl_tls13", "client", TLS_HANDSHAKE_CLIENT_HELLO);
    server = captured(&n, "openssl_tls13", "server", TLS_HANDSHAKE_SERVER_HELLO);
    ok(c->legacy_version == 0x0303 && c->maximum_version == 0x0304, "versions of a 1.3 hello");
    ok(tls_bytes_equal_string(c->server_name, "localhost"), "server_name");
    ok(tls_u16_list_count(c->cipher_suites) == 31 && tls_u16_list_at(c->cipher_suites, 0) == 0x1302,
        "cipher_suites");
    ok(tls_u16_list_contains(c->supported_groups, TLS_GROUP_X448), "supported_groups");
    ok(tls_u16_list_at(c->signature_algorithms, 0) == 0x0403, "signature_algorithms");
    tls_reader_init(&reader, c->alpn);
    ok(tls_protocol_next(&reader, &name) && tls_bytes_equal_string(name, "h2") &&
            tls_protocol_next(&reader, &name) && tls_bytes_equal_string(name, "http/1.1") &&
            !tls_protocol_next(&reader, &name),
        "alpn");
    tls_reader_init(&reader, c->key_shares);
    ok(tls_key_share_next(&reader, &group, &key) && group == TLS_GROUP_X25519 && key.length == 32 &&
            !tls_key_share_next(&reader, &group, &key),
        "key_shares");
    ok(c->extended_master_secret && c->encrypt_then_mac && c->session_ticket_offered &&
            c->secure_renegotiation && !c->psk_offered && !c->fallback,
        "flags");
    ok(s->version == 0x0304 && s->place == TLS_IN_SERVER_HELLO_13 && s->group == TLS_GROUP_X25519 &&
            s->key_share.length == 32 && s->cipher_suite == 0x1302,
        "a 1.3 ServerHello");
    ok_reason(tls_server_hello_check_offered(s, c, NULL), TLS_OK, "its extensions were offered");
    release(server);

    server = captured(&n, "openssl_hrr", "server", TLS_HANDSHAKE_SERVER_HELLO);
    ok(s->is_hello_retry_request && s->group == TLS_GROUP_SECP521R1 && s->version == 0x0304,
        "a HelloRetryRequest");
    release(server);
    release(client);

    client = captured(&m, "openssl_tls12_ecdsa", "client", TLS_HANDSHAKE_CLIENT_HELLO);
    server = captured(&n, "openssl_tls12_ecdsa", "server", TLS_HANDSHAKE_SERVER_HELLO);
    ok(c->maximum_version == 0x0303 && c->status_request, "a 1.2 ClientHello");
    ok(s->version == 0x0303 && s->status_request && s->session_ticket &&
            s->extended_master_secret && s->secure_renegotiation &&
            tls_bytes_equal_string(s->alpn, "http/1.1"),
        "a 1.2 ServerHello");
    ok_reason(
        tls_server_hello_check_offered(s, c, NULL), TLS_OK, "renegotiation_info answers the SCSV");
    release(client);
    client = captured(&m, "openssl_tls12_client_auth", "client", TLS_HANDSHAKE_CLIENT_HELLO);
    ok_reason(tls_server_hello_check_offered(s, c, &culprit), TLS_REASON_UNSUPPORTED_EXTENSION,
        "an extension that was not offered");
    ok(culprit == TLS_EXTENSION_STATUS_REQUEST || culprit == TLS_EXTENSION_ALPN,
        "and which one it is");
    release(client);
    release(server);

    client = captured(&m, "openssl_tls13_psk", "client", TLS_HANDSHAKE_CLIENT_HELLO);
    server = captured(&n, "openssl_tls13_psk", "server", TLS_HANDSHAKE_SERVER_HELLO);
    ok(c->psk_offered && c->early_data_offered && c->psk_binders.length > 32 &&
            tls_bytes_equal(c->psk_key_exchange_modes, tls_bytes_make("\1", 1)),
        "a PSK offer");
    ok(s->psk_selected && s->selected_identity == 0, "a PSK taken");
    release(client);
    release(server);

    client = captured(&m, "gnutls_tls13", "client", TLS_HANDSHAKE_CLIENT_HELLO);
    tls_reader_init(&reader, c->key_shares);
    ok(c->record_size_limit > 0 && tls_key_share_next(&reader, &group, &key) &&
            group == TLS_GROUP_SECP256R1 && tls_key_share_next(&reader, &group, &key) &&
            group == TLS_GROUP_X25519,
        "GnuTLS sends two key shares");
    release(client);

    client = captured(&m, "openssl_tls10", "client", TLS_HANDSHAKE_CLIENT_HELLO);
    ok(c->maximum_version == 0x0301, "a 1.0 ClientHello");
    release(client);
}

static void
spec_captured_others(void)
{
    tls_message m;
    tls_reader reader;
    tls_certificate_entry entry;
    tls_bytes raw;

    raw = captured(&m, "openssl_tls12_ecdsa", "server", TLS_HANDSHAKE_SERVER_KEY_EXCHANGE);
    ok(m.u.server_key_exchange.group == TLS_GROUP_X25519 &&
            m.u.server_key_exchange.point.length == 32 && m.u.server_key_exchange.has_scheme &&
            m.u.server_key_exchange.scheme == TLS_SCHEME_ECDSA_SECP256R1_SHA256 &&
            m.u.server_key_exchange.params.length == 36 &&
            m.u.server_key_exchange.params.data == raw.data + 4,
        "ServerKeyExchange, TLS 1.2");
    release(raw);
    raw = captured(&m, "openssl_tls10", "server", TLS_HANDSHAKE_SERVER_KEY_EXCHANGE);
    ok(!m.u.server_key_exchange.has_scheme && m.u.server_key_exchange.signature.length == 256,
        "ServerKeyExchange, TLS 1.0");
    release(raw);
    raw = captured(&m, "openssl_tls12_ecdsa", "server", TLS_HANDSHAKE_CERTIFICATE_STATUS);
    ok(m.u.certificate_status.status_type == 1 && m.u.certificate_status.response.data[0] == 0x30,
        "CertificateStatus");
    release(raw);
    raw = captured(&m, "openssl_tls12_ecdsa", "server", TLS_HANDSHAKE_CERTIFICATE);
    tls_reader_init(&reader, m.u.certificate.certificate_list);
    ok(m.u.certificate.certificate_count == 1 && tls_certificate_next(&reader, &entry, 0) &&
            entry.certificate.data[0] == 0x30 && !tls_certificate_next(&reader, &entry, 0),
        "Certificate");
    release(raw);
    raw = captured(&m, "openssl_tls12_client_auth", "server", TLS_HANDSHAKE_CERTIFICATE_REQUEST);
    ok(m.u.certificate_request.has_signature_algorithms &&
            m.u.certificate_request.authority_count == 1 &&
            memchr(m.u.certificate_request.certificate_types.data, 64,
                m.u.certificate_request.certificate_types.length) != NULL,
        "CertificateRequest, TLS 1.2");
    release(raw);
    raw = captured(&m, "openssl_tls10", "server", TLS_HANDSHAKE_CERTIFICATE_REQUEST);
    ok(!m.u.certificate_request.has_signature_algorithms &&
            m.u.certificate_request.authority_count == 1,
        "CertificateRequest, TLS 1.0");
    release(raw);
    raw = captured(&m, "openssl_tls12_static_rsa", "client", TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE);
    ok(m.u.client_key_exchange.kind == TLS_KEY_EXCHANGE_RSA &&
            m.u.client_key_exchange.encrypted_premaster.length == 256,
        "ClientKeyExchange, RSA");
    release(raw);
    raw = captured(&m, "openssl_tls12_client_auth", "client", TLS_HANDSHAKE_CERTIFICATE_VERIFY);
    ok(m.u.certificate_verify.scheme == TLS_SCHEME_ECDSA_SECP256R1_SHA256, "CertificateVerify");
    release(raw);
    raw = captured(&m, "openssl_tls12_ecdsa", "server", TLS_HANDSHAKE_NEW_SESSION_TICKET);
    ok(m.u.new_session_ticket.lifetime == 7200 && m.u.new_session_ticket.ticket.length == 176,
        "NewSessionTicket");
    release(raw);
}

/* ---- Built messages ---- */

static const unsigned char some_random[32] = "0123456789abcdef0123456789abcde";

static tls_client_hello_options
plain_options(void)
{
    static const uint16_t suites[] = {0x0A0A, EC_SUITE, TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV};
    static const uint16_t groups[] = {0x1A1A, TLS_GROUP_X25519, TLS_GROUP_SECP256R1};
    static const uint16_t schemes[] = {TLS_SCHEME_ECDSA_SECP256R1_SHA256};
    tls_client_hello_options options;

    memset(&options, 0, sizeof options);
    options.random = some_random;
    options.suites = suites;
    options.suite_count = COUNT(suites);
    options.groups = groups;
    options.group_count = COUNT(groups);
    options.signature_schemes = schemes;
    options.signature_scheme_count = COUNT(schemes);
    return options;
}

static void
spec_built_hello(void)
{
    static const uint16_t versions[] = {0x2A2A, 0x0304, 0x0303};
    tls_bytes alpn[2];
    tls_client_hello_options options = plain_options();
    tls_buffer out = {NULL, 0, 0, 0};
    tls_buffer block = {NULL, 0, 0, 0};
    tls_buffer kept = {NULL, 0, 0, 0};
    static const uint16_t drop[] = {TLS_EXTENSION_ALPN, TLS_EXTENSION_COOKIE};
    static const uint16_t share_groups[] = {0x0A0A, TLS_GROUP_X25519};
    tls_bytes keys[2];
    tls_client_hello hello;
    tls_server_hello other;
    tls_bytes data;

    alpn[0] = string("h2");
    alpn[1] = string("x");
    keys[0] = string("k");
    keys[1] = string("0123456789abcdef0123456789abcdef");
    options.session_id = string("0123456789abcdef0123456789abcdef");
    options.server_name = string("example.com");
    options.point_formats = tls_bytes_make("", 1);
    options.versions = versions;
    options.version_count = COUNT(versions);
    options.alpn = alpn;
    options.alpn_count = COUNT(alpn);
    options.renegotiation_info = 1;
    options.extended_master_secret = 1;
    options.session_ticket = 1;
    options.ticket = string("ticket");
    options.status_request = 1;
    tls_extension_write_vector16(&block, TLS_EXTENSION_COOKIE, string("crumb"));
    tls_extension_write_key_shares(&block, share_groups, keys, COUNT(keys));
    tls_extension_write_u16(&block, TLS_EXTENSION_RECORD_SIZE_LIMIT, 4000);
    tls_extension_write_u8(&block, TLS_EXTENSION_MAX_FRAGMENT_LENGTH, 2);
    tls_extension_write_empty(&block, TLS_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP);
    tls_extension_write_empty(&block, TLS_EXTENSION_POST_HANDSHAKE_AUTH);
    tls_extension_write_u16_list(
        &block, TLS_EXTENSION_SIGNATURE_ALGORITHMS_CERT, share_groups, COUNT(share_groups));
    tls_extension_write_empty(&block, 0x3A3A);
    tls_extension_write(&block, TLS_EXTENSION_PADDING, tls_bytes_make("\0\0\0", 3));
    options.extensions = tls_buffer_view(&block);
    ok_reason(tls_client_hello_build_options(&out, &options), TLS_OK, "ClientHello from options");
    check_message(tls_buffer_view(&out), 0, 0, "built ClientHello");
    keep(tls_buffer_view(&out), 0, 0);
    ok_reason(tls_client_hello_parse(&hello, tls_buffer_view(&out)), TLS_OK, "and parsed");
    ok(hello.maximum_version == 0x0304 && hello.has_key_share && hello.record_size_limit == 4000 &&
            hello.max_fragment_length == 1024 && hello.post_handshake_auth &&
            tls_u16_list_count(hello.signature_algorithms_cert) == 2 &&
            hello.signed_certificate_timestamp && tls_bytes_equal_string(hello.cookie, "crumb") &&
            tls_bytes_equal_string(hello.session_ticket, "ticket") &&
            tls_bytes_equal_string(hello.server_name, "example.com") &&
            tls_bytes_equal(hello.random, tls_bytes_make(some_random, 32)) &&
            hello.session_id.length == 32,
        "what went in comes out");

    ok_reason(tls_server_hello_parse(&other, tls_buffer_view(&out)), TLS_REASON_UNEXPECTED_MESSAGE,
        "a ClientHello is no ServerHello");
    tls_extensions_copy_except(&kept, hello.extensions, drop, COUNT(drop));
    ok(!tls_extensions_find(tls_buffer_view(&kept), TLS_EXTENSION_ALPN, &data) &&
            !tls_extensions_find(tls_buffer_view(&kept), TLS_EXTENSION_COOKIE, &data) &&
            tls_extensions_find(tls_buffer_view(&kept), TLS_EXTENSION_KEY_SHARE, &data) &&
            tls_extensions_count(tls_buffer_view(&kept)) + 2 ==
                tls_extensions_count(hello.extensions),
        "copy_except");
    tls_buffer_release(&kept);
    tls_buffer_release(&out);

    options = plain_options();
    options.legacy_version = 0x0301;
    options.without_extensions = 1;
    ok_reason(tls_client_hello_build_options(&out, &options), TLS_OK, "without extensions");
    check_message(tls_buffer_view(&out), 0, 0, "ClientHello without extensions");
    ok_reason(tls_client_hello_parse(&hello, tls_buffer_view(&out)), TLS_OK, "parses");
    ok(!hello.has_extensions && hello.maximum_version == 0x0301 && hello.secure_renegotiation,
        "and says so");
    tls_buffer_release(&out);

    options.session_id = tls_bytes_make(captures[0].hex, 256);
    ok_reason(tls_client_hello_build_options(&out, &options), TLS_REASON_LIMIT,
        "a session_id that does not fit its prefix");
    tls_buffer_release(&out);
    tls_buffer_release(&block);
}

static void
spec_built_others(void)
{
    tls_buffer block = {NULL, 0, 0, 0};
    tls_buffer list = {NULL, 0, 0, 0};
    tls_certificate_entry entries[2];
    tls_message m;
    static const uint16_t schemes[] = {0x0403, 0x0804};

    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_SERVER_HELLO;
    m.u.server_hello.legacy_version = 0x0303;
    m.u.server_hello.random = tls_bytes_make(some_random, 32);
    m.u.server_hello.cipher_suite = EC_SUITE;
    check_built(&m, 0x0303, 0, "ServerHello without extensions");
    tls_extension_write_vector8(&block, TLS_EXTENSION_RENEGOTIATION_INFO, string(""));
    tls_extension_write_empty(&block, TLS_EXTENSION_EXTENDED_MASTER_SECRET);
    m.u.server_hello.has_extensions = 1;
    m.u.server_hello.extensions = tls_buffer_view(&block);
    check_built(&m, 0x0303, 0, "ServerHello with extensions");
    tls_buffer_clear(&block);
    m.u.server_hello.random = tls_bytes_make(tls_hello_retry_request_random, 32);
    tls_extension_write_u16(&block, TLS_EXTENSION_SUPPORTED_VERSIONS, 0x0304);
    tls_extension_write_vector16(&block, TLS_EXTENSION_COOKIE, string("crumb"));
    tls_extension_write_u16(&block, TLS_EXTENSION_KEY_SHARE, TLS_GROUP_SECP384R1);
    m.u.server_hello.extensions = tls_buffer_view(&block);
    check_built(&m, 0x0304, 0, "HelloRetryRequest");
    tls_buffer_clear(&block);
    m.u.server_hello.random = tls_bytes_make(some_random, 32);
    tls_extension_write_u16(&block, TLS_EXTENSION_SUPPORTED_VERSIONS, 0x0304);
    tls_extension_write_key_share(&block, TLS_GROUP_X25519, string("key"));
    tls_extension_write_u16(&block, TLS_EXTENSION_PRE_SHARED_KEY, 1);
    m.u.server_hello.extensions = tls_buffer_view(&block);
    check_built(&m, 0x0304, 0, "ServerHello, TLS 1.3");

    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS;
    check_built(&m, 0x0304, 0x1301, "EncryptedExtensions, empty");
    tls_buffer_clear(&block);
    entries[0].certificate = string("h2");
    tls_extension_write_alpn(&block, &entries[0].certificate, 1);
    tls_extension_write_empty(&block, TLS_EXTENSION_EARLY_DATA);
    m.u.encrypted_extensions.extensions = tls_buffer_view(&block);
    check_built(&m, 0x0304, 0x1301, "EncryptedExtensions");

    memset(entries, 0, sizeof entries);
    entries[0].certificate = string("leaf");
    entries[1].certificate = string("intermediate");
    tls_buffer_clear(&block);
    tls_extension_write(&block, TLS_EXTENSION_STATUS_REQUEST, tls_bytes_make("\1\0\0\4ocsp", 8));
    tls_extension_write(
        &block, TLS_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, tls_bytes_make("\0\5\0\3sct", 7));
    entries[0].extensions = tls_buffer_view(&block);
    ok_reason(tls_certificate_build(&list, 0, string(""), entries, 2), TLS_OK, "Certificate, 1.2");
    check_message(tls_buffer_view(&list), 0x0303, 0, "Certificate of two");
    tls_buffer_clear(&list);
    ok_reason(tls_certificate_build(&list, 0, string(""), entries, 0), TLS_OK, "Certificate, none");
    check_message(tls_buffer_view(&list), 0x0303, 0, "Certificate of none");
    tls_buffer_clear(&list);
    ok_reason(
        tls_certificate_build(&list, 1, string("ctx"), entries, 2), TLS_OK, "Certificate, 1.3");
    check_message(tls_buffer_view(&list), 0x0304, 0, "Certificate of two, TLS 1.3");
    keep(tls_buffer_view(&list), 0x0304, 0);

    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_CERTIFICATE_REQUEST;
    m.u.certificate_request.certificate_types = tls_bytes_make("\1\100", 2);
    m.u.certificate_request.has_signature_algorithms = 1;
    m.u.certificate_request.signature_algorithms = tls_bytes_make("\4\3\10\4", 4);
    m.u.certificate_request.certificate_authorities = tls_bytes_make("\0\1A\0\2BC", 7);
    check_built(&m, 0x0303, 0, "CertificateRequest, TLS 1.2");
    m.u.certificate_request.has_signature_algorithms = 0;
    check_built(&m, 0x0302, 0, "CertificateRequest, TLS 1.1");
    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_CERTIFICATE_REQUEST;
    m.u.certificate_request.is_13 = 1;
    tls_buffer_clear(&block);
    tls_extension_write_u16_list(
        &block, TLS_EXTENSION_SIGNATURE_ALGORITHMS, schemes, COUNT(schemes));
    tls_extension_write_vector16(
        &block, TLS_EXTENSION_CERTIFICATE_AUTHORITIES, tls_bytes_make("\0\1A", 3));
    tls_extension_write_empty(&block, TLS_EXTENSION_STATUS_REQUEST);
    m.u.certificate_request.extensions = tls_buffer_view(&block);
    check_built(&m, 0x0304, 0, "CertificateRequest, TLS 1.3");

    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_CERTIFICATE_STATUS;
    m.u.certificate_status.status_type = 1;
    m.u.certificate_status.response = string("response");
    check_built(&m, 0x0303, 0, "CertificateStatus");
    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_SERVER_KEY_EXCHANGE;
    m.u.server_key_exchange.group = 23;
    m.u.server_key_exchange.point = string("point");
    m.u.server_key_exchange.has_scheme = 1;
    m.u.server_key_exchange.scheme = 0x0401;
    m.u.server_key_exchange.signature = string("signature");
    check_built(&m, 0x0303, EC_SUITE, "ServerKeyExchange");
    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE;
    m.u.client_key_exchange.kind = TLS_KEY_EXCHANGE_ECDH;
    check_built(&m, 0x0303, 0xC02D, "ClientKeyExchange, ECDH, implicit");
    m.u.client_key_exchange.point = string("point");
    check_built(&m, 0x0303, 0xC02D, "ClientKeyExchange, ECDH");
    m.u.client_key_exchange.kind = TLS_KEY_EXCHANGE_ECDHE;
    check_built(&m, 0x0303, EC_SUITE, "ClientKeyExchange, ECDHE");
    m.u.client_key_exchange.kind = TLS_KEY_EXCHANGE_RSA;
    m.u.client_key_exchange.encrypted_premaster = string("secret");
    check_built(&m, 0x0303, RSA_SUITE, "ClientKeyExchange, RSA");
    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_CERTIFICATE_VERIFY;
    m.u.certificate_verify.signature = string("signature");
    check_built(&m, 0x0301, 0, "CertificateVerify, TLS 1.0");
    m.u.certificate_verify.has_scheme = 1;
    m.u.certificate_verify.scheme = 0x0804;
    check_built(&m, 0x0304, 0, "CertificateVerify, TLS 1.3");
    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_FINISHED;
    m.u.verify_data = tls_bytes_make(some_random, 12);
    check_built(&m, 0x0303, 0, "Finished, TLS 1.2");
    m.u.verify_data = tls_bytes_make(some_random, 32);
    check_built(&m, 0x0304, 0x1301, "Finished, TLS 1.3");
    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_NEW_SESSION_TICKET;
    m.u.new_session_ticket.lifetime = 7200;
    check_built(&m, 0x0303, 0, "NewSessionTicket, empty");
    tls_buffer_clear(&block);
    tls_extension_write(&block, TLS_EXTENSION_EARLY_DATA, tls_bytes_make("\0\0\1\0", 4));
    m.u.new_session_ticket.is_13 = 1;
    m.u.new_session_ticket.age_add = 0xDEADBEEF;
    m.u.new_session_ticket.nonce = string("n");
    m.u.new_session_ticket.ticket = string("ticket");
    m.u.new_session_ticket.extensions = tls_buffer_view(&block);
    check_built(&m, 0x0304, 0, "NewSessionTicket, TLS 1.3");
    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_KEY_UPDATE;
    m.u.update_requested = 1;
    check_built(&m, 0x0304, 0, "KeyUpdate");
    m.type = TLS_HANDSHAKE_END_OF_EARLY_DATA;
    check_built(&m, 0x0304, 0, "EndOfEarlyData");
    m.type = TLS_HANDSHAKE_HELLO_REQUEST;
    check_built(&m, 0x0303, 0, "HelloRequest");
    m.type = TLS_HANDSHAKE_SERVER_HELLO_DONE;
    check_built(&m, 0x0303, 0, "ServerHelloDone");
    tls_buffer_release(&block);
    tls_buffer_release(&list);
}

/* ---- Rules, one message each ---- */
/* clang-format off */

static void
rule(const char *hex, unsigned version, unsigned suite, enum tls_reason expected, const char *what)
{
    tls_bytes raw = from_hex(hex);
    tls_message message;

    ok_reason(tls_message_parse(&message, raw, version, suite), expected, what);
    release(raw);
}

#define R32 "4142434445464748494a4b4c4d4e4f505152535455565758595a303132333435"

static void
spec_message_rules(void)
{
    rule("", 0, 0, TLS_REASON_DECODE, "nothing");
    rule("0e000000", 0x0303, 0, TLS_OK, "ServerHelloDone");
    rule("0e00000100", 0x0303, 0, TLS_REASON_DECODE, "ServerHelloDone with a body");
    rule("0e000000", 0x0304, 0, TLS_REASON_UNEXPECTED_MESSAGE, "ServerHelloDone in TLS 1.3");
    rule("05000000", 0x0303, 0, TLS_REASON_UNEXPECTED_MESSAGE, "EndOfEarlyData in TLS 1.2");
    rule("080000020000", 0, 0, TLS_REASON_UNEXPECTED_MESSAGE, "EncryptedExtensions, no version");
    rule("63000000", 0x0303, 0, TLS_REASON_UNEXPECTED_MESSAGE, "an unknown type");
    rule("1800000102", 0x0304, 0, TLS_REASON_ILLEGAL_PARAMETER, "KeyUpdate of 2");
    rule("1400000b0000000000000000000000", 0x0303, 0, TLS_REASON_DECODE, "Finished of 11 bytes");
    rule("140000020000", 0x0304, 0x1301, TLS_REASON_DECODE, "Finished of 2 bytes in TLS 1.3");
    rule("010000290303", 0, 0, TLS_REASON_DECODE, "half a ClientHello");
    rule("010000290303" R32 "000002c02f0100", 0, 0, TLS_OK, "the smallest ClientHello");
    rule("010000270303" R32 "000000" "0100", 0, 0, TLS_REASON_DECODE, "no suites");
    rule("0100002a0303" R32 "000003c02f000100", 0, 0, TLS_REASON_DECODE, "an odd list of suites");
    rule("010000280303" R32 "000002c02f00", 0, 0, TLS_REASON_DECODE, "no compression methods");
    rule("010000290303" R32 "000002c02f0101", 0, 0, TLS_REASON_ILLEGAL_PARAMETER, "not null");
    rule("0100002a0303" R32 "000002c02f020100", 0, 0, TLS_OK, "DEFLATE and null in TLS 1.2");
    rule("010000330303" R32 "000002c02f0201000007002b0003020304", 0, 0,
        TLS_REASON_ILLEGAL_PARAMETER, "DEFLATE and null in TLS 1.3");
    rule("0100004a0303" R32 "21" R32 "99" "0002c02f0100", 0, 0, TLS_REASON_DECODE,
        "a session_id of 33 bytes");
    rule("0100002b0303" R32 "000002c02f01000000", 0, 0, TLS_OK, "an empty block");
    rule("0100002a0303" R32 "000002c02f010000", 0, 0, TLS_REASON_DECODE, "half a block length");
    rule("0100002f0303" R32 "000002c02f0100000400170000", 0, 0, TLS_OK, "extended_master_secret");
    rule("010000300303" R32 "000002c02f010000050017000100", 0, 0, TLS_REASON_DECODE,
        "extended_master_secret with a body");
    rule("010000330303" R32 "000002c02f010000080017000000170000", 0, 0,
        TLS_REASON_ILLEGAL_PARAMETER, "twice the same extension");
    rule("010000330303" R32 "000002c02f010000080a0a00000a0a0000", 0, 0,
        TLS_REASON_ILLEGAL_PARAMETER, "twice the same unknown extension");
    rule("010000310303" R32 "000002c02f01000006003000020000", 0, 0, TLS_REASON_ILLEGAL_PARAMETER,
        "oid_filters in a ClientHello");
    rule("0200002b0303" R32 "00c02f00" "0004001700", 0x0303, 0, TLS_REASON_DECODE,
        "ServerHello, one byte short");
    rule("0200002c0303" R32 "00c02f000004" "00170000", 0x0303, 0, TLS_OK, "ServerHello");
    rule("020000260303" R32 "00c02f01", 0x0303, 0, TLS_REASON_ILLEGAL_PARAMETER,
        "ServerHello with compression");
    rule("0200002e0303" R32 "00c02f000006002b00020303", 0, 0, TLS_REASON_ILLEGAL_PARAMETER,
        "supported_versions that selects TLS 1.2");
    rule("0200002e0301" R32 "00130100" "0006002b00020304", 0, 0, TLS_REASON_ILLEGAL_PARAMETER,
        "TLS 1.3 with another legacy_version");
    rule("020000320303" R32 "00130100" "000a002b00020304" "00170000", 0, 0,
        TLS_REASON_ILLEGAL_PARAMETER, "extended_master_secret in a TLS 1.3 ServerHello");
    rule("020000260303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c00130100", 0, 0,
        TLS_REASON_MISSING_EXTENSION, "HelloRetryRequest without supported_versions");
    rule("0c00000903001d0141" "04010000", 0x0303, EC_SUITE, TLS_OK, "ServerKeyExchange");
    rule("0c00000901001d0141" "04010000", 0x0303, EC_SUITE, TLS_REASON_ILLEGAL_PARAMETER,
        "an explicit curve");
    rule("0c00000803001d00" "04010000", 0x0303, EC_SUITE, TLS_REASON_DECODE, "an empty point");
    rule("0c00000903001d0141" "04010000", 0x0303, RSA_SUITE, TLS_REASON_UNEXPECTED_MESSAGE,
        "ServerKeyExchange with static RSA");
    rule("0c00000903001d0141" "04010000", 0x0303, 0, TLS_REASON_UNEXPECTED_MESSAGE,
        "ServerKeyExchange without a suite");
    rule("10000000", 0x0303, EC_SUITE, TLS_REASON_DECODE, "an implicit point with ECDHE");
    rule("0b0000060000030000" "00", 0x0303, 0, TLS_REASON_DECODE, "an empty certificate");
    rule("0d00000402010000", 0x0303, 0, TLS_REASON_DECODE, "CertificateRequest without schemes");
    rule("0d0000050001030000" , 0x0303, 0, TLS_REASON_DECODE, "CertificateRequest without types");
    rule("0d00000b0000080010000400020403", 0x0304, 0, TLS_REASON_ILLEGAL_PARAMETER,
        "alpn in a CertificateRequest");
    rule("0d000007000004aaaa0000", 0x0304, 0, TLS_REASON_MISSING_EXTENSION,
        "CertificateRequest without signature_algorithms in TLS 1.3");
    rule("160000050200000141", 0x0303, 0, TLS_REASON_ILLEGAL_PARAMETER, "another status type");
    rule("0400000e00093a8100000000000001410000", 0x0304, 0, TLS_REASON_ILLEGAL_PARAMETER,
        "a ticket for more than a week");
    rule("0400000e00093a8000000000000001410000", 0x0304, 0, TLS_OK, "a ticket for a week");
}

static void
extension_rule(unsigned type, unsigned place, const char *hex, enum tls_reason expected,
    const char *what)
{
    tls_bytes data = from_hex(hex);
    tls_extension_value value;

    ok_reason(tls_extension_parse(&value, type, place, data), expected, what);
    if (expected == TLS_OK)
        touch_value(&value);
    release(data);
}

static void
spec_extension_rules(void)
{
    const unsigned ch = TLS_IN_CLIENT_HELLO;
    const unsigned sh12 = TLS_IN_SERVER_HELLO_12;
    const unsigned sh13 = TLS_IN_SERVER_HELLO_13;
    tls_buffer block = {NULL, 0, 0, 0};
    unsigned culprit = 0;
    unsigned i;

    extension_rule(0, ch, "0004000001" "41", TLS_OK, "server_name");
    extension_rule(0, ch, "", TLS_REASON_DECODE, "server_name, empty, of a client");
    extension_rule(0, sh12, "", TLS_OK, "server_name, empty, of a server");
    extension_rule(0, sh12, "00", TLS_REASON_DECODE, "server_name, not empty, of a server");
    extension_rule(0, ch, "000401000141", TLS_REASON_ILLEGAL_PARAMETER, "another name type");
    extension_rule(0, ch, "000400000100", TLS_REASON_ILLEGAL_PARAMETER, "a NUL in the name");
    extension_rule(0, ch, "0003000000", TLS_REASON_DECODE, "an empty name");
    extension_rule(0, ch, "0008000001" "41" "00000142", TLS_REASON_DECODE, "two names");
    extension_rule(1, ch, "01", TLS_OK, "max_fragment_length");
    extension_rule(1, ch, "05", TLS_REASON_ILLEGAL_PARAMETER, "max_fragment_length of 5");
    extension_rule(5, ch, "0100000000", TLS_OK, "status_request");
    extension_rule(5, ch, "01000400014100" "00", TLS_REASON_DECODE, "status_request, broken");
    extension_rule(5, ch, "02abcd", TLS_OK, "status_request of another type");
    extension_rule(5, sh12, "", TLS_OK, "status_request of a server");
    extension_rule(10, ch, "0002001d", TLS_OK, "supported_groups");
    extension_rule(10, ch, "0000", TLS_REASON_DECODE, "supported_groups, none");
    extension_rule(10, ch, "0003001d00", TLS_REASON_DECODE, "supported_groups, odd");
    extension_rule(11, ch, "00", TLS_REASON_DECODE, "ec_point_formats, none");
    extension_rule(13, ch, "00020403", TLS_OK, "signature_algorithms");
    extension_rule(16, ch, "0003026832", TLS_OK, "alpn");
    extension_rule(16, ch, "000100", TLS_REASON_DECODE, "alpn, an empty name");
    extension_rule(16, ch, "0000", TLS_REASON_DECODE, "alpn, none");
    extension_rule(16, sh12, "00050141024242", TLS_REASON_DECODE, "alpn, a server's two names");
    extension_rule(28, ch, "003f", TLS_REASON_ILLEGAL_PARAMETER, "record_size_limit of 63");
    extension_rule(28, ch, "0040", TLS_OK, "record_size_limit of 64");
    extension_rule(41, ch, "0007000141000000000021" "20" R32, TLS_OK, "pre_shared_key");
    extension_rule(41, ch, "000e0001410000000000014200000000" "002120" R32,
        TLS_REASON_ILLEGAL_PARAMETER, "fewer binders than identities");
    extension_rule(41, sh13, "0000", TLS_OK, "pre_shared_key of a server");
    extension_rule(42, TLS_IN_NEW_SESSION_TICKET, "00000001", TLS_OK, "early_data of a ticket");
    extension_rule(42, ch, "00", TLS_REASON_DECODE, "early_data with a body");
    extension_rule(43, ch, "020304", TLS_OK, "supported_versions");
    extension_rule(43, ch, "03030400", TLS_REASON_DECODE, "supported_versions, odd");
    extension_rule(43, sh13, "0304", TLS_OK, "supported_versions of a server");
    extension_rule(44, ch, "0000", TLS_REASON_DECODE, "an empty cookie");
    extension_rule(45, ch, "00", TLS_REASON_DECODE, "psk_key_exchange_modes, none");
    extension_rule(47, ch, "0003000141", TLS_OK, "certificate_authorities");
    extension_rule(51, ch, "0000", TLS_OK, "key_share, none");
    extension_rule(51, ch, "000a001d000141" "001d000142", TLS_REASON_ILLEGAL_PARAMETER,
        "two key shares of one group");
    extension_rule(51, ch, "0004001d0000", TLS_REASON_DECODE, "an empty key share");
    extension_rule(51, TLS_IN_HELLO_RETRY_REQUEST, "001d", TLS_OK, "key_share of a retry");
    extension_rule(0xFF01, ch, "00", TLS_OK, "renegotiation_info");
    extension_rule(0xFF01, ch, "", TLS_REASON_DECODE, "renegotiation_info without its length");
    extension_rule(0xABCD, ch, "00010203", TLS_OK, "an unknown one");

    tls_extension_write(&block, 41, tls_bytes_make("", 0));
    ok_reason(tls_extensions_check(tls_buffer_view(&block), ch, &culprit), TLS_REASON_DECODE,
        "a broken value is found in its block");
    ok(culprit == 41, "and named");
    tls_buffer_clear(&block);
    for (i = 0; i < 16000; i++)
        tls_extension_write_empty(&block, 0x1000 + i);
    ok_reason(tls_extensions_check(tls_buffer_view(&block), ch, NULL), TLS_OK,
        "sixteen thousand unknown extensions");
    tls_extension_write_empty(&block, 0x1000);
    ok_reason(tls_extensions_check(tls_buffer_view(&block), ch, &culprit),
        TLS_REASON_ILLEGAL_PARAMETER, "and one of them twice");
    tls_buffer_release(&block);
}
/* clang-format on */

static void
spec_point_formats_and_order(void)
{
    tls_client_hello_options options = plain_options();
    tls_buffer out = {NULL, 0, 0, 0};
    tls_buffer block = {NULL, 0, 0, 0};
    tls_client_hello hello;
    tls_bytes psk = from_hex("0007000141000000000021"
                             "20" R32);

    options.point_formats = tls_bytes_make("\1\2", 2);
    (void)tls_client_hello_build_options(&out, &options);
    ok_reason(tls_client_hello_parse(&hello, tls_buffer_view(&out)), TLS_REASON_ILLEGAL_PARAMETER,
        "point formats without the uncompressed one");
    tls_buffer_clear(&out);
    options.point_formats = tls_bytes_make("\1\0", 2);
    tls_extension_write(&block, TLS_EXTENSION_PRE_SHARED_KEY, psk);
    options.extensions = tls_buffer_view(&block);
    (void)tls_client_hello_build_options(&out, &options);
    ok_reason(
        tls_client_hello_parse(&hello, tls_buffer_view(&out)), TLS_OK, "pre_shared_key at the end");
    tls_buffer_clear(&out);
    tls_extension_write_empty(&block, TLS_EXTENSION_EARLY_DATA);
    options.extensions = tls_buffer_view(&block);
    (void)tls_client_hello_build_options(&out, &options);
    ok_reason(tls_client_hello_parse(&hello, tls_buffer_view(&out)), TLS_REASON_ILLEGAL_PARAMETER,
        "pre_shared_key before the end");
    tls_buffer_release(&out);
    tls_buffer_release(&block);
    release(psk);
}

static void
spec_server_random(void)
{
    tls_server_hello hello;
    tls_bytes raw = from_hex("02000026030341424344454647484950515253545556575859606162"
                             "63646566444f574e4752440100c02f00");
    unsigned char *data = (unsigned char *)(uintptr_t)raw.data;

    /* 2 + 24 + 8 bytes, session_id, suite, compression. */
    memset(data + 6, 'x', 24);
    memcpy(data + 30, "DOWNGRD\1", 8);
    memcpy(data + 38, "\0\xC0\x2F\0", 4);
    ok_reason(tls_server_hello_parse(&hello, tls_bytes_make(data, 42)), TLS_OK, "a sentinel");
    ok(hello.downgrade_sentinel == 0x0304, "DOWNGRD 1");
    data[37] = 0;
    (void)tls_server_hello_parse(&hello, tls_bytes_make(data, 42));
    ok(hello.downgrade_sentinel == 0x0302, "DOWNGRD 0");
    data[37] = 2;
    (void)tls_server_hello_parse(&hello, tls_bytes_make(data, 42));
    ok(hello.downgrade_sentinel == 0, "no sentinel");
    release(raw);
}

static void
spec_codec(void)
{
    tls_buffer out = {NULL, 0, 0, 0};
    tls_reader reader;
    tls_reader inner;
    tls_bytes empty = {NULL, 0};
    size_t a, b;

    tls_write_u8(&out, 1);
    tls_write_u16(&out, 0x0203);
    tls_write_u24(&out, 0x040506);
    tls_write_u32(&out, 0x0708090A);
    a = tls_write_begin24(&out);
    b = tls_write_begin8(&out);
    tls_write_bytes(&out, string("xyz"));
    tls_write_end8(&out, b);
    tls_write_end24(&out, a);
    ok(out.length == 17 && memcmp(out.data, "\1\2\3\4\5\6\7\10\11\12\0\0\4\3xyz", 17) == 0,
        "writers");
    tls_reader_init(&reader, tls_buffer_view(&out));
    ok(tls_read_u8(&reader) == 1 && tls_read_u16(&reader) == 0x0203 &&
            tls_read_u24(&reader) == 0x040506 && tls_read_u32(&reader) == 0x0708090A,
        "readers");
    tls_reader_enter24(&reader, &inner, 1);
    ok(tls_bytes_equal_string(tls_read_vector8(&inner, 3), "xyz"), "nested vectors");
    tls_reader_leave(&reader, &inner);
    ok(tls_reader_finish(&reader), "all is read");
    (void)tls_read_u8(&reader);
    ok(tls_reader_failed(&reader) && tls_read_u32(&reader) == 0 && tls_reader_left(&reader) == 0 &&
            tls_reader_at_end(&reader) && !tls_reader_finish(&reader),
        "failure is sticky");
    tls_reader_init(&reader, tls_bytes_make("\2a", 2));
    (void)tls_read_vector8(&reader, 0);
    ok(tls_reader_failed(&reader), "a vector past the end");
    tls_reader_init(&reader, tls_bytes_make("\1a", 2));
    (void)tls_read_vector8(&reader, 2);
    ok(tls_reader_failed(&reader), "a vector below its floor");
    tls_reader_init(&reader, tls_bytes_make("\2ab", 3));
    tls_reader_enter8(&reader, &inner, 0);
    (void)tls_read_u8(&inner);
    tls_reader_leave(&reader, &inner);
    ok(tls_reader_failed(&reader), "leaving what was not read to its end");
    tls_reader_init(&reader, empty);
    ok(tls_reader_at_end(&reader) && tls_reader_finish(&reader) &&
            tls_read_rest(&reader).length == 0,
        "nothing to read");
    tls_buffer_clear(&out);
    a = tls_write_begin8(&out);
    tls_write_bytes(&out, tls_bytes_make(captures[0].hex, 256));
    tls_write_end8(&out, a);
    ok_reason(tls_write_result(&out), TLS_REASON_LIMIT, "too long for its prefix");
    tls_buffer_release(&out);
    ok(tls_write_result(&out) == TLS_OK, "released");
    out.failed = 1;
    ok_reason(tls_write_result(&out), TLS_REASON_OUT_OF_MEMORY, "out of memory");
    tls_write_u8(&out, 1);
    a = tls_write_begin16(&out);
    tls_write_end16(&out, a);
    ok(out.length == 0, "nothing is written after a failure");
}

static void
spec_alert(void)
{
    tls_alert_message alert;
    tls_buffer out = {NULL, 0, 0, 0};

    ok_reason(tls_alert_build(&out, 2, 40), TLS_OK, "an alert");
    ok(tls_alert_parse(&alert, tls_buffer_view(&out)) == TLS_OK && alert.level == 2 &&
            alert.description == 40,
        "and back");
    ok_reason(tls_alert_parse(&alert, tls_bytes_make("\2", 1)), TLS_REASON_DECODE, "half an alert");
    ok_reason(tls_alert_parse(&alert, tls_bytes_make("\2\0\2", 3)), TLS_REASON_DECODE,
        "an alert and a half");
    ok_reason(tls_alert_parse(&alert, tls_bytes_make("\3\0", 2)), TLS_REASON_ILLEGAL_PARAMETER,
        "an alert level of 3");
    ok_reason(tls_change_cipher_spec_parse(tls_bytes_make("\1", 1)), TLS_OK, "ChangeCipherSpec");
    ok_reason(tls_change_cipher_spec_parse(tls_bytes_make("\2", 1)), TLS_REASON_DECODE,
        "ChangeCipherSpec of 2");
    ok_reason(tls_change_cipher_spec_parse(tls_bytes_make("", 0)), TLS_REASON_DECODE,
        "ChangeCipherSpec, empty");
    tls_buffer_release(&out);
}

/* ---- Names ---- */

static void
spec_names(void)
{
    static const struct {
        enum tls_registry registry;
        unsigned id;
        const char *name;
    } known[] = {
        {TLS_REGISTRY_HANDSHAKE_TYPE, 1, "client_hello"},
        {TLS_REGISTRY_HANDSHAKE_TYPE, 22, "certificate_status"},
        {TLS_REGISTRY_ALERT, 0, "close_notify"},
        {TLS_REGISTRY_ALERT, 120, "no_application_protocol"},
        {TLS_REGISTRY_ALERT_LEVEL, 2, "fatal"},
        {TLS_REGISTRY_EXTENSION, 0, "server_name"},
        {TLS_REGISTRY_EXTENSION, 16, "application_layer_protocol_negotiation"},
        {TLS_REGISTRY_EXTENSION, 23, "extended_master_secret"},
        {TLS_REGISTRY_EXTENSION, 0xFF01, "renegotiation_info"},
        {TLS_REGISTRY_EXTENSION, 0x1A1A, "GREASE"},
        {TLS_REGISTRY_EXTENSION, 0x1A2A, NULL},
        {TLS_REGISTRY_SIGNATURE_SCHEME, 0x0403, "ecdsa_secp256r1_sha256"},
        {TLS_REGISTRY_SIGNATURE_SCHEME, 0x0804, "rsa_pss_rsae_sha256"},
        {TLS_REGISTRY_GROUP, 29, "x25519"},
        {TLS_REGISTRY_GROUP, 256, "ffdhe2048"},
        {TLS_REGISTRY_GROUP, 0xFAFA, "GREASE"},
        {TLS_REGISTRY_VERSION, 0x0303, "TLSv1.2"},
        {TLS_REGISTRY_VERSION, 0x7A7A, "GREASE"},
        {TLS_REGISTRY_CERTIFICATE_TYPE, 64, "ecdsa_sign"},
        {TLS_REGISTRY_POINT_FORMAT, 0, "uncompressed"},
        {TLS_REGISTRY_COMPRESSION, 0, "null"},
        {TLS_REGISTRY_PSK_MODE, 1, "psk_dhe_ke"},
        {TLS_REGISTRY_PSK_MODE, 0xE4, "GREASE"},
        {TLS_REGISTRY_CONTENT_TYPE, 23, "application_data"},
    };
    static const struct {
        enum tls_registry registry;
        const char *name;
        int id;
    } aliases[] = {
        {TLS_REGISTRY_GROUP, "P-256", 23},
        {TLS_REGISTRY_GROUP, "prime256v1", 23},
        {TLS_REGISTRY_GROUP, "X25519", 29},
        {TLS_REGISTRY_GROUP, "P-257", -1},
        {TLS_REGISTRY_GROUP, "GREASE", -1},
        {TLS_REGISTRY_GROUP, "", -1},
        {TLS_REGISTRY_VERSION, "TLSv1", 0x0301},
        {TLS_REGISTRY_VERSION, "1.2", 0x0303},
        {TLS_REGISTRY_VERSION, "tls1.2", 0x0303},
        {TLS_REGISTRY_VERSION, "tlsv1.3", 0x0304},
        {TLS_REGISTRY_EXTENSION, "alpn", 16},
        {TLS_REGISTRY_SIGNATURE_SCHEME, "ECDSA+SHA256", 0x0403},
        {TLS_REGISTRY_COUNT, "alpn", -1},
    };
    unsigned registry;
    size_t i;

    for (i = 0; i < COUNT(known); i++)
        ok_string(tls_registry_name(known[i].registry, known[i].id), known[i].name,
            known[i].name ? known[i].name : "no name");
    for (i = 0; i < COUNT(aliases); i++)
        ok(tls_registry_id(aliases[i].registry, aliases[i].name) == aliases[i].id, aliases[i].name);
    for (registry = 0; registry < TLS_REGISTRY_COUNT; registry++) {
        enum tls_registry which = (enum tls_registry)registry;
        const char *name = NULL;
        unsigned id = 0;
        int good = 1;

        for (i = 0; tls_registry_entry(which, i, &id, &name); i++)
            if (tls_registry_id(which, name) != (int)id || tls_registry_name(which, id) != name)
                good = 0;
        ok(good && i > 1, "every entry of a registry is found both ways");
    }
    ok(tls_registry_name(TLS_REGISTRY_COUNT, 0) == NULL, "no such registry");
    ok(tls_is_grease(0x0A0A) && tls_is_grease(0xFAFA) && !tls_is_grease(0x0A1A) &&
            !tls_is_grease(0x0B0B) && !tls_is_grease(0x10A0A),
        "GREASE");
    ok(tls_scheme_kind_of(0x0401) == TLS_SCHEME_KIND_RSA_PKCS1 && tls_scheme_hash(0x0401) == 4 &&
            tls_scheme_kind_of(0x0603) == TLS_SCHEME_KIND_ECDSA && tls_scheme_hash(0x0603) == 6 &&
            tls_scheme_kind_of(0x0805) == TLS_SCHEME_KIND_RSA_PSS_RSAE &&
            tls_scheme_hash(0x0805) == 5 &&
            tls_scheme_kind_of(0x080B) == TLS_SCHEME_KIND_RSA_PSS_PSS &&
            tls_scheme_hash(0x080B) == 6 && tls_scheme_kind_of(0x0807) == TLS_SCHEME_KIND_EDDSA &&
            tls_scheme_hash(0x0807) == 0 && tls_scheme_kind_of(0x0A0A) == TLS_SCHEME_KIND_UNKNOWN,
        "schemes");
}

static void
spec_suites(void)
{
    const tls_suite *s;
    size_t i;
    unsigned id;
    unsigned bearssl = 0;
    unsigned others = 0;
    int good = 1;

    for (i = 0; (s = tls_suite_at(i)) != NULL; i++) {
        int aead = s->mode != TLS_MODE_CBC;

        bearssl += (s->flags & TLS_SUITE_BEARSSL) != 0;
        /* The name says the same as the fields. */
        good =
            good && tls_suite_find(s->id) == s && tls_suite_find_name(s->name) == s &&
            tls_suite_find_name(s->openssl_name) == s &&
            aead == ((s->flags & TLS_SUITE_AEAD) != 0) && aead == (s->mac_hash == 0) &&
            aead == (s->tag_length != 0) &&
            (strstr(s->name, "ECDHE_") != NULL) == (s->key_exchange == TLS_KEY_EXCHANGE_ECDHE) &&
            (strstr(s->name, "ECDH_") != NULL) == (s->key_exchange == TLS_KEY_EXCHANGE_ECDH) &&
            (strstr(s->name, "ECDSA") != NULL) == (s->authentication == TLS_AUTHENTICATION_ECDSA) &&
            (strstr(s->name, "3DES") != NULL) == (s->cipher == TLS_CIPHER_3DES) &&
            (strstr(s->name, "_256_") != NULL || strstr(s->name, "CHACHA") != NULL) ==
                (s->key_bits == 256) &&
            (strstr(s->name, "SHA384") != NULL) == (s->prf_hash == 5) &&
            (strstr(s->name, "_CBC_") != NULL) == !aead &&
            (strstr(s->name, "GCM") != NULL) == (s->mode == TLS_MODE_GCM) &&
            (strstr(s->name, "CCM_8") != NULL) == (s->mode == TLS_MODE_CCM8) &&
            tls_suite_other_name(s->id) == NULL;
    }
    ok(good, "every suite is what its name says");
    ok(bearssl == 45, "BearSSL's 45 suites");
    ok(i == 50, "and five of TLS 1.3");

    good = 1;
    for (id = 0; id <= 0xFFFF; id++) {
        const char *name = tls_suite_other_name(id);

        if (name != NULL) {
            others++;
            good = good && tls_suite_other_id(name) == (int)id && tls_suite_id(name) == (int)id;
        }
    }
    ok(good && others > 290, "the other suites are found both ways");
    ok_string(tls_suite_name(0xC02F), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "C02F");
    ok_string(tls_suite_name(0x00FF), "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", "00FF");
    ok_string(tls_suite_name(0x5600), "TLS_FALLBACK_SCSV", "5600");
    ok_string(tls_suite_name(0x4A4A), "GREASE", "4A4A");
    ok_string(tls_suite_name(0x009E), "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "009E");
    ok_string(tls_suite_name(0x9999), NULL, "an unknown suite");
    ok(tls_suite_id("ECDHE-RSA-AES128-GCM-SHA256") == 0xC02F, "an OpenSSL name");
    ok(tls_suite_id("ecdhe-ecdsa-chacha20-poly1305") == 0xCCA9, "an OpenSSL name in lower case");
    ok(tls_suite_id("tls_fallback_scsv") == 0x5600 && tls_suite_id("nothing") == -1, "others");
    s = tls_suite_find(0xC0AE);
    ok(s->tag_length == 8 && s->key_bits == 128 && strcmp(tls_suite_mode_name(s), "CCM_8") == 0 &&
            strcmp(tls_suite_cipher_name(s), "AES") == 0 &&
            strcmp(tls_suite_key_exchange_name(s), "ECDHE") == 0 &&
            strcmp(tls_suite_authentication_name(s), "ECDSA") == 0 && tls_suite_fits(s, 0x0303) &&
            !tls_suite_fits(s, 0x0302),
        "the parts of a suite");
}

static void
spec_policies(void)
{
    static const uint16_t mixed[] = {
        0xC02B, 0x1301, 0xC0AC, 0xCCA9, 0x1303, 0xC013, 0xC030, 0x009C, 0xCCA8};
    static const uint16_t aes_first[] = {
        0xC02B, 0x1301, 0xC0AC, 0xC030, 0x1303, 0xC013, 0xCCA9, 0x009C, 0xCCA8};
    static const uint16_t chacha_first[] = {
        0xCCA9, 0x1303, 0xC0AC, 0xCCA8, 0x1301, 0xC013, 0xC02B, 0x009C, 0xC030};
    uint16_t list[COUNT(mixed)];
    const uint16_t *suites;
    size_t modern = 0;
    size_t count = 0;
    size_t i;
    int good = 1;

    suites = tls_suite_policy("modern", &modern);
    for (i = 0; i < modern; i++) {
        const tls_suite *s = tls_suite_find(suites[i]);

        /* TLS 1.3 without CCM, then TLS 1.2. */
        good = good && s != NULL && s->version_max == (i < 3 ? 0x0304 : 0x0303) &&
               s->version_min == s->version_max && s->tag_length == 16 &&
               (i >= 3 || s->mode != TLS_MODE_CCM) && (s->flags & TLS_SUITE_AEAD) &&
               (s->flags & TLS_SUITE_FORWARD_SECRECY) &&
               ((s->flags & TLS_SUITE_BEARSSL) == 0) == (i < 3);
    }
    ok(good && modern == 11, "modern");
    good = memcmp(suites, tls_suite_policy("Compatible", &count), modern * sizeof *suites) == 0;
    suites = tls_suite_policy("compatible", &count);
    for (i = 0; i < count; i++) {
        const tls_suite *s = tls_suite_find(suites[i]);
        size_t j;

        good = good && s != NULL && !(s->flags & TLS_SUITE_WEAK);
        for (j = 0; j < i; j++)
            good = good && suites[j] != suites[i];
    }
    ok(good && count == 25, "compatible");
    ok(tls_suite_policy("tls13", &count) != NULL && count == 4, "tls13");
    ok(tls_suite_policy("nonsense", &count) == NULL, "an unknown policy");

    memcpy(list, mixed, sizeof list);
    tls_suite_order(list, COUNT(list), 1);
    ok(memcmp(list, aes_first, sizeof list) == 0, "AES first");
    memcpy(list, mixed, sizeof list);
    tls_suite_order(list, COUNT(list), 0);
    ok(memcmp(list, chacha_first, sizeof list) == 0, "ChaCha20 first");
    tls_suite_order(list, COUNT(list), 0);
    ok(memcmp(list, chacha_first, sizeof list) == 0, "and ordering again changes nothing");
    tls_suite_order(list, 0, 1);
}

/* ---- Mutations ---- */

static uint32_t random_state = 0x9E3779B9;

static uint32_t
random_below(uint32_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % bound;
}

static const unsigned probe_versions[] = {0, 0x0301, 0x0303, 0x0304};
static const unsigned probe_suites[] = {0, EC_SUITE, RSA_SUITE, 0xC02D, 0x1301, 0x1302};
static const unsigned char edges[] = {0, 1, 2, 3, 4, 0x7F, 0x80, 0xFE, 0xFF};

static size_t
mutate(unsigned char *data, size_t length, size_t capacity)
{
    uint32_t count = 1 + random_below(4);

    while (count-- > 0 && length > 4) {
        size_t at = 4 + random_below((uint32_t)(length - 4));
        size_t span = 1 + random_below(8);

        switch (random_below(6)) {
        case 0:
            data[at] ^= (unsigned char)(1u << random_below(8));
            break;
        case 1:
            data[at] = edges[random_below(COUNT(edges))];
            break;
        case 2: /* cut out */
            if (span > length - at)
                span = length - at;
            memmove(data + at, data + at + span, length - at - span);
            length -= span;
            break;
        case 3: /* put in */
            if (length + span <= capacity) {
                memmove(data + at + span, data + at, length - at);
                memset(data + at, (int)random_below(256), span);
                length += span;
            }
            break;
        case 4: /* a length, one off */
            data[at] = (unsigned char)(data[at] + (random_below(2) ? 1 : 255));
            break;
        default: /* the end */
            length = at;
            break;
        }
    }
    return length;
}

static void
spec_mutations(unsigned rounds)
{
    static unsigned char data[8192];
    unsigned round;
    int good = 1;

    parsed_count = refused_count = 0;
    for (round = 0; round < rounds; round++) {
        size_t which = random_below((uint32_t)corpus_count);
        size_t length = corpus[which].raw.length;
        unsigned version = corpus[which].version;
        unsigned suite = corpus[which].suite;

        memcpy(data, corpus[which].raw.data, length);
        length = mutate(data, length, sizeof data);
        if (random_below(16) == 0)
            data[0] = (unsigned char)random_below(26);
        if (random_below(16) != 0)
            tls_put24(data + 1, (uint32_t)(length - 4));
        if (random_below(8) == 0) {
            version = probe_versions[random_below(COUNT(probe_versions))];
            suite = probe_suites[random_below(COUNT(probe_suites))];
        }
        good = probe(tls_bytes_make(data, length), version, suite) && good;
    }
    ok(good, "mutations: what parses is built again");
    ok(rounds < 1000 || (parsed_count > rounds / 50 && refused_count > rounds / 50),
        "mutations: some parse and some do not");
    printf("# %u mutations: %u parsed, %u refused\n", rounds, parsed_count, refused_count);

    for (round = 0; round < rounds; round++) {
        size_t length = 4 + random_below(96);
        tls_bytes copy;
        tls_extension_value value;
        unsigned place = 1u << random_below(8);
        unsigned type = random_below(52);
        size_t i;

        for (i = 0; i < length; i++)
            data[i] = (unsigned char)(random_below(3) ? random_below(256) : random_below(4));
        data[0] = (unsigned char)random_below(26);
        tls_put24(data + 1, (uint32_t)(length - 4));
        good = probe(tls_bytes_make(data, length), probe_versions[random_below(4)],
                   probe_suites[random_below(6)]) &&
               good;
        copy = exact(tls_bytes_make(data + 4, length - 4));
        if (tls_extension_parse(&value, type, place, copy) == TLS_OK)
            touch_value(&value);
        (void)tls_extensions_check(copy, place, NULL);
        touch_extensions(copy, place);
        release(copy);
    }
    ok(good, "random bytes");
}

int
main(int argc, char **argv)
{
    size_t i;

    spec_codec();
    spec_names();
    spec_suites();
    spec_policies();
    spec_captures();
    spec_captured_hellos();
    spec_captured_others();
    spec_built_hello();
    spec_built_others();
    spec_message_rules();
    spec_extension_rules();
    spec_point_formats_and_order();
    spec_server_random();
    spec_alert();
    spec_mutations(argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 20000);
    for (i = 0; i < corpus_count; i++)
        release(corpus[i].raw);
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}

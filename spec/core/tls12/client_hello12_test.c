/* client_hello12_test.c - what a server of TLS 1.2 makes of lists of a ClientHello that few clients
 * send: none of signature_algorithms, one without any that it knows, and groups that it does not
 * have in front of an extension whose number would be one. */
#include <string.h>

#include "record/record.h"
#include "support/check.h"
#include "support/inside.h"
#include "support/pair12.h"
#include "wire/message.h"

#define ECDHE_ECDSA 0xC02B
#define ECDHE_RSA 0xC02F
#define STATIC_RSA 0x009C

static void
with_sha1(tls_context_options *options)
{
    static const uint16_t schemes[] = {TLS_SCHEME_ECDSA_SECP256R1_SHA256,
        TLS_SCHEME_RSA_PKCS1_SHA256, TLS_SCHEME_ECDSA_SHA1, TLS_SCHEME_RSA_PKCS1_SHA1};
    static const uint16_t suites[] = {ECDHE_ECDSA, ECDHE_RSA, STATIC_RSA};

    options->signature_schemes = schemes;
    options->signature_scheme_count = sizeof schemes / sizeof schemes[0];
    options->suites = suites;
    options->suite_count = sizeof suites / sizeof suites[0];
}

/* How often each list says what it says. */
static size_t times = 1;

/* write_extensions: extended_master_secret, number 23 as secp256r1 is, right behind the groups. */
static void
write_extensions(tls_buffer *block, unsigned group, unsigned scheme)
{
    uint16_t groups[2], schemes[2];

    schemes[0] = schemes[1] = (uint16_t)scheme;
    groups[0] = groups[1] = (uint16_t)group;
    if (scheme != 0)
        tls_extension_write_u16_list(block, TLS_EXTENSION_SIGNATURE_ALGORITHMS, schemes, times);
    tls_extension_write_u16_list(block, TLS_EXTENSION_SUPPORTED_GROUPS, groups, times);
    tls_extension_write_empty(block, TLS_EXTENSION_EXTENDED_MASTER_SECRET);
}

static void
make_hello(tls_buffer *out, unsigned suite, unsigned group, unsigned scheme)
{
    static const unsigned char random[TLS_RANDOM_LENGTH] = {1};
    tls_client_hello_options options;
    tls_buffer extensions = {0};
    uint16_t suites[2];

    memset(&options, 0, sizeof options);
    suites[0] = suites[1] = (uint16_t)suite;
    options.random = random;
    options.suites = suites;
    options.suite_count = times;
    options.compression_methods = tls_bytes_make("\0", 1);
    write_extensions(&extensions, group, scheme);
    options.extensions = tls_buffer_view(&extensions);
    require(tls_client_hello_build_options(out, &options) == TLS_OK, "a ClientHello");
    tls_buffer_release(&extensions);
}

/* signed_with: the scheme of the ServerKeyExchange that the server has to send, or 0. */
static unsigned
signed_with(tls_connection *server, unsigned suite)
{
    tls_bytes output = tls_connection_output(server);
    unsigned scheme = 0;
    tls_buffer flight = {0};
    size_t at;

    for (at = 0; at + TLS_RECORD_HEADER_LENGTH <= output.length;) {
        size_t length = tls_get16(output.data + at + 3);

        tls_buffer_append(&flight, output.data + at + TLS_RECORD_HEADER_LENGTH, length);
        at += TLS_RECORD_HEADER_LENGTH + length;
    }
    for (at = 0; at + TLS_HANDSHAKE_HEADER_LENGTH <= flight.length;) {
        size_t length = TLS_HANDSHAKE_HEADER_LENGTH + (size_t)tls_get24(flight.data + at + 1);
        tls_message message;

        if (at + length <= flight.length &&
            tls_message_parse(&message, tls_bytes_make(flight.data + at, length), TLS_VERSION_12,
                suite) == TLS_OK &&
            message.type == TLS_HANDSHAKE_SERVER_KEY_EXCHANGE)
            scheme = message.u.server_key_exchange.scheme;
        at += length;
    }
    tls_buffer_release(&flight);
    return scheme;
}

static void
answers(const char *certificate, const char *key, unsigned suite, unsigned group, unsigned scheme,
    enum tls_reason reason, unsigned expected)
{
    unsigned char header[TLS_RECORD_HEADER_LENGTH] = {22, 3, 1};
    tls_connection_options options;
    tls_connection *server;
    tls_buffer hello = {0};
    world12 w;

    check_about("suite %x, group %u, scheme %x", suite, group, scheme);
    memset(&options, 0, sizeof options);
    world12_open_with(&w, certificate, key, with_sha1);
    require(tls_connection_new(&server, w.server_context, &options) == TLS_OK, "a connection");
    make_hello(&hello, suite, group, scheme);
    tls_put16(header + 3, (uint32_t)hello.length);
    pair12_give(server, header, sizeof header);
    pair12_give(server, hello.data, hello.length);
    pair12_settle(server);
    check_reason(tls_connection_failure(server), reason, "the server's reason");
    if (reason == TLS_OK) {
        check_number(signed_with(server, suite), expected, "what ServerKeyExchange is signed with");
    } else {
        tls_bytes output = tls_connection_output(server);

        check(output.length == 7 && output.data[0] == 21 && output.data[6] == expected,
            "the alert is %u", expected);
    }
    tls_buffer_release(&hello);
    tls_connection_free(server);
    world12_close(&w);
}

int
main(void)
{
    const unsigned group = TLS_GROUP_SECP256R1;
    const enum tls_reason none = TLS_REASON_NO_COMMON_SIGNATURE_ALGORITHM;
    const enum tls_reason no_key = TLS_REASON_NO_USABLE_CREDENTIAL;
    const unsigned ed25519 = 0x0807, ed448 = 0x0808, failure = TLS_ALERT_HANDSHAKE_FAILURE;
    const unsigned of_ec = TLS_SCHEME_ECDSA_SECP256R1_SHA256, of_rsa = TLS_SCHEME_RSA_PKCS1_SHA256;

    answers(ec_certificate, ec_key, ECDHE_ECDSA, group, of_ec, TLS_OK, of_ec);
    answers(rsa_certificate, rsa_key, ECDHE_RSA, group, of_rsa, TLS_OK, of_rsa);
    /* RFC 5246 section 7.4.1.4.1: without the extension SHA-1 with the key's own algorithm. */
    answers(ec_certificate, ec_key, ECDHE_ECDSA, group, 0, TLS_OK, TLS_SCHEME_ECDSA_SHA1);
    answers(rsa_certificate, rsa_key, ECDHE_RSA, group, 0, TLS_OK, TLS_SCHEME_RSA_PKCS1_SHA1);
    /* A list is all that the client takes (section 7.4.3), though nothing of it be known or fit the
     * key. */
    answers(ec_certificate, ec_key, ECDHE_ECDSA, group, ed448, none, failure);
    answers(rsa_certificate, rsa_key, ECDHE_RSA, group, ed448, none, failure);
    answers(ec_certificate, ec_key, ECDHE_ECDSA, group, ed25519, none, failure);
    answers(rsa_certificate, rsa_key, ECDHE_RSA, group, ed25519, none, failure);
    answers(ec_certificate, ec_key, ECDHE_ECDSA, group, of_rsa, no_key, failure);
    answers(rsa_certificate, rsa_key, ECDHE_RSA, group, of_ec, no_key, failure);
    /* Static RSA signs nothing. */
    answers(rsa_certificate, rsa_key, STATIC_RSA, group, ed25519, TLS_OK, 0);
    /* RFC 8422 section 5.1: no curve of the client's that the server has, so no ECDHE. */
    answers(rsa_certificate, rsa_key, ECDHE_RSA, 26, of_rsa, TLS_REASON_NO_COMMON_GROUP, failure);
    /* What is said twice counts once, and what is kept of it is counted. */
    times = 2;
    answers(rsa_certificate, rsa_key, ECDHE_RSA, group, of_rsa, TLS_OK, of_rsa);
    return check_end();
}

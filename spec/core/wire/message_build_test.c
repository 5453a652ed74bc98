/* message_build_test.c - specs of messages that are built from their fields, and mutations of
 * them.
 *   message_build_test [ROUNDS of random mutations] */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/exact_bytes.h"
#include "support/messages.h"

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

/* full_extensions: those that the options have no fields for. */
static void
full_extensions(tls_buffer *block)
{
    static const uint16_t share_groups[] = {0x0A0A, TLS_GROUP_X25519};
    tls_bytes keys[2];

    keys[0] = tls_bytes_of_string("k");
    keys[1] = tls_bytes_of_string("0123456789abcdef0123456789abcdef");
    tls_extension_write_vector16(block, TLS_EXTENSION_COOKIE, tls_bytes_of_string("crumb"));
    tls_extension_write_key_shares(block, share_groups, keys, COUNT(keys));
    tls_extension_write_u16(block, TLS_EXTENSION_RECORD_SIZE_LIMIT, 4000);
    tls_extension_write_u8(block, TLS_EXTENSION_MAX_FRAGMENT_LENGTH, 2);
    tls_extension_write_empty(block, TLS_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP);
    tls_extension_write_empty(block, TLS_EXTENSION_POST_HANDSHAKE_AUTH);
    tls_extension_write_u16_list(
        block, TLS_EXTENSION_SIGNATURE_ALGORITHMS_CERT, share_groups, COUNT(share_groups));
    tls_extension_write_empty(block, 0x3A3A);
    tls_extension_write(block, TLS_EXTENSION_PADDING, tls_bytes_make("\0\0\0", 3));
}

static void
full_options(tls_client_hello_options *options, tls_bytes alpn[2], tls_bytes block)
{
    static const uint16_t versions[] = {0x2A2A, 0x0304, 0x0303};

    *options = plain_options();
    alpn[0] = tls_bytes_of_string("h2");
    alpn[1] = tls_bytes_of_string("x");
    options->session_id = tls_bytes_of_string("0123456789abcdef0123456789abcdef");
    options->server_name = tls_bytes_of_string("example.com");
    options->point_formats = tls_bytes_make("", 1);
    options->versions = versions;
    options->version_count = COUNT(versions);
    options->alpn = alpn;
    options->alpn_count = 2;
    options->renegotiation_info = 1;
    options->extended_master_secret = 1;
    options->session_ticket = 1;
    options->ticket = tls_bytes_of_string("ticket");
    options->status_request = 1;
    options->extensions = block;
}

static size_t
count_extensions(tls_bytes block)
{
    tls_extension extension;
    tls_reader reader;
    size_t count = 0;

    tls_reader_init(&reader, block);
    while (tls_extensions_next(&reader, &extension))
        count++;
    return count;
}

static void
check_copy_except(tls_bytes extensions)
{
    static const uint16_t drop[] = {TLS_EXTENSION_ALPN, TLS_EXTENSION_COOKIE};
    tls_buffer kept = {NULL, 0, 0, 0};
    tls_bytes data;

    tls_extensions_copy_except(&kept, extensions, drop, COUNT(drop));
    check(!tls_extensions_find(tls_buffer_view(&kept), TLS_EXTENSION_ALPN, &data) &&
              !tls_extensions_find(tls_buffer_view(&kept), TLS_EXTENSION_COOKIE, &data) &&
              tls_extensions_find(tls_buffer_view(&kept), TLS_EXTENSION_KEY_SHARE, &data) &&
              count_extensions(tls_buffer_view(&kept)) + 2 == count_extensions(extensions),
        "copy_except");
    tls_buffer_release(&kept);
}

static void
spec_built_hello(void)
{
    tls_bytes alpn[2];
    tls_client_hello_options options;
    tls_buffer out = {NULL, 0, 0, 0};
    tls_buffer block = {NULL, 0, 0, 0};
    tls_client_hello hello;
    tls_server_hello other;

    full_extensions(&block);
    full_options(&options, alpn, tls_buffer_view(&block));
    check_reason(
        tls_client_hello_build_options(&out, &options), TLS_OK, "ClientHello from options");
    check_message(tls_buffer_view(&out), 0, 0, "built ClientHello");
    message_keep(tls_buffer_view(&out), 0, 0);
    check_reason(tls_client_hello_parse(&hello, tls_buffer_view(&out)), TLS_OK, "and parsed");
    check(hello.max_version == 0x0304 && hello.has_key_share && hello.record_size_limit == 4000 &&
              hello.max_fragment_length == 1024 && hello.post_handshake_auth &&
              tls_u16_list_count(hello.signature_algorithms_cert) == 2 &&
              hello.signed_certificate_timestamp && tls_bytes_equal_string(hello.cookie, "crumb") &&
              tls_bytes_equal_string(hello.session_ticket, "ticket") &&
              tls_bytes_equal_string(hello.server_name, "example.com") &&
              tls_bytes_equal(hello.random, tls_bytes_make(some_random, 32)) &&
              hello.session_id.length == 32,
        "what went in comes out");

    check_reason(tls_server_hello_parse(&other, tls_buffer_view(&out)),
        TLS_REASON_UNEXPECTED_MESSAGE, "a ClientHello is no ServerHello");
    check_copy_except(hello.extensions);
    tls_buffer_release(&out);
    tls_buffer_release(&block);
}

static void
spec_hello_without_extensions(void)
{
    static const unsigned char too_long[256];
    tls_client_hello_options options = plain_options();
    tls_buffer out = {NULL, 0, 0, 0};
    tls_client_hello hello;

    options.legacy_version = 0x0301;
    options.without_extensions = 1;
    check_reason(tls_client_hello_build_options(&out, &options), TLS_OK, "without extensions");
    check_message(tls_buffer_view(&out), 0, 0, "ClientHello without extensions");
    check_reason(tls_client_hello_parse(&hello, tls_buffer_view(&out)), TLS_OK, "parses");
    check(!hello.has_extensions && hello.max_version == 0x0301 && hello.secure_renegotiation,
        "and says so");
    tls_buffer_release(&out);

    options.session_id = tls_bytes_make(too_long, sizeof too_long);
    check_reason(tls_client_hello_build_options(&out, &options), TLS_REASON_LIMIT,
        "a session_id that does not fit its prefix");
    tls_buffer_release(&out);
}

static void
spec_server_hellos(void)
{
    tls_message m;
    tls_buffer block = {NULL, 0, 0, 0};

    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_SERVER_HELLO;
    m.u.server_hello.legacy_version = 0x0303;
    m.u.server_hello.random = tls_bytes_make(some_random, 32);
    m.u.server_hello.cipher_suite = EC_SUITE;
    check_built_message(&m, 0x0303, 0, "ServerHello without extensions");
    tls_extension_write_vector8(&block, TLS_EXTENSION_RENEGOTIATION_INFO, tls_bytes_of_string(""));
    tls_extension_write_empty(&block, TLS_EXTENSION_EXTENDED_MASTER_SECRET);
    m.u.server_hello.has_extensions = 1;
    m.u.server_hello.extensions = tls_buffer_view(&block);
    check_built_message(&m, 0x0303, 0, "ServerHello with extensions");
    tls_buffer_clear(&block);
    m.u.server_hello.random = tls_bytes_make(tls_hello_retry_request_random, 32);
    tls_extension_write_u16(&block, TLS_EXTENSION_SUPPORTED_VERSIONS, 0x0304);
    tls_extension_write_vector16(&block, TLS_EXTENSION_COOKIE, tls_bytes_of_string("crumb"));
    tls_extension_write_u16(&block, TLS_EXTENSION_KEY_SHARE, TLS_GROUP_SECP384R1);
    m.u.server_hello.extensions = tls_buffer_view(&block);
    check_built_message(&m, 0x0304, 0, "HelloRetryRequest");
    tls_buffer_clear(&block);
    m.u.server_hello.random = tls_bytes_make(some_random, 32);
    tls_extension_write_u16(&block, TLS_EXTENSION_SUPPORTED_VERSIONS, 0x0304);
    tls_extension_write_key_share(&block, TLS_GROUP_X25519, tls_bytes_of_string("key"));
    tls_extension_write_u16(&block, TLS_EXTENSION_PRE_SHARED_KEY, 1);
    m.u.server_hello.extensions = tls_buffer_view(&block);
    check_built_message(&m, 0x0304, 0, "ServerHello, TLS 1.3");
    tls_buffer_release(&block);
}

static void
spec_encrypted_extensions(void)
{
    tls_bytes protocol = tls_bytes_of_string("h2");
    tls_message m;
    tls_buffer block = {NULL, 0, 0, 0};

    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS;
    check_built_message(&m, 0x0304, 0x1301, "EncryptedExtensions, empty");
    tls_extension_write_alpn(&block, &protocol, 1);
    tls_extension_write_empty(&block, TLS_EXTENSION_EARLY_DATA);
    m.u.encrypted_extensions.extensions = tls_buffer_view(&block);
    check_built_message(&m, 0x0304, 0x1301, "EncryptedExtensions");
    tls_buffer_release(&block);
}

static void
spec_certificates(void)
{
    tls_certificate_entry entries[2];
    tls_buffer block = {NULL, 0, 0, 0};
    tls_buffer list = {NULL, 0, 0, 0};

    memset(entries, 0, sizeof entries);
    entries[0].certificate = tls_bytes_of_string("leaf");
    entries[1].certificate = tls_bytes_of_string("intermediate");
    tls_extension_write(&block, TLS_EXTENSION_STATUS_REQUEST, tls_bytes_make("\1\0\0\4ocsp", 8));
    tls_extension_write(
        &block, TLS_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, tls_bytes_make("\0\5\0\3sct", 7));
    entries[0].extensions = tls_buffer_view(&block);
    check_reason(tls_certificate_message_build(&list, 0, tls_bytes_of_string(""), entries, 2),
        TLS_OK, "Certificate, 1.2");
    check_message(tls_buffer_view(&list), 0x0303, 0, "Certificate of two");
    tls_buffer_clear(&list);
    check_reason(tls_certificate_message_build(&list, 0, tls_bytes_of_string(""), entries, 0),
        TLS_OK, "Certificate, none");
    check_message(tls_buffer_view(&list), 0x0303, 0, "Certificate of none");
    tls_buffer_clear(&list);
    check_reason(tls_certificate_message_build(&list, 1, tls_bytes_of_string("ctx"), entries, 2),
        TLS_OK, "Certificate, 1.3");
    check_message(tls_buffer_view(&list), 0x0304, 0, "Certificate of two, TLS 1.3");
    message_keep(tls_buffer_view(&list), 0x0304, 0);
    tls_buffer_release(&block);
    tls_buffer_release(&list);
}

static void
spec_certificate_requests(void)
{
    static const uint16_t schemes[] = {0x0403, 0x0804};
    tls_message m;
    tls_buffer block = {NULL, 0, 0, 0};

    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_CERTIFICATE_REQUEST;
    m.u.certificate_request.certificate_types = tls_bytes_make("\1\100", 2);
    m.u.certificate_request.has_signature_algorithms = 1;
    m.u.certificate_request.signature_algorithms = tls_bytes_make("\4\3\10\4", 4);
    m.u.certificate_request.certificate_authorities = tls_bytes_make("\0\1A\0\2BC", 7);
    check_built_message(&m, 0x0303, 0, "CertificateRequest, TLS 1.2");
    m.u.certificate_request.has_signature_algorithms = 0;
    check_built_message(&m, 0x0302, 0, "CertificateRequest, TLS 1.1");
    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_CERTIFICATE_REQUEST;
    m.u.certificate_request.is_13 = 1;
    tls_extension_write_u16_list(
        &block, TLS_EXTENSION_SIGNATURE_ALGORITHMS, schemes, COUNT(schemes));
    tls_extension_write_vector16(
        &block, TLS_EXTENSION_CERTIFICATE_AUTHORITIES, tls_bytes_make("\0\1A", 3));
    tls_extension_write_empty(&block, TLS_EXTENSION_STATUS_REQUEST);
    m.u.certificate_request.extensions = tls_buffer_view(&block);
    check_built_message(&m, 0x0304, 0, "CertificateRequest, TLS 1.3");
    tls_buffer_release(&block);
}

static void
spec_key_exchange(void)
{
    tls_message m;

    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_CERTIFICATE_STATUS;
    m.u.certificate_status.status_type = 1;
    m.u.certificate_status.response = tls_bytes_of_string("response");
    check_built_message(&m, 0x0303, 0, "CertificateStatus");
    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_SERVER_KEY_EXCHANGE;
    m.u.server_key_exchange.group = 23;
    m.u.server_key_exchange.point = tls_bytes_of_string("point");
    m.u.server_key_exchange.has_scheme = 1;
    m.u.server_key_exchange.scheme = 0x0401;
    m.u.server_key_exchange.signature = tls_bytes_of_string("signature");
    check_built_message(&m, 0x0303, EC_SUITE, "ServerKeyExchange");
    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE;
    m.u.client_key_exchange.kind = TLS_KEY_EXCHANGE_ECDH;
    check_built_message(&m, 0x0303, 0xC02D, "ClientKeyExchange, ECDH, implicit");
    m.u.client_key_exchange.point = tls_bytes_of_string("point");
    check_built_message(&m, 0x0303, 0xC02D, "ClientKeyExchange, ECDH");
    m.u.client_key_exchange.kind = TLS_KEY_EXCHANGE_ECDHE;
    check_built_message(&m, 0x0303, EC_SUITE, "ClientKeyExchange, ECDHE");
    m.u.client_key_exchange.kind = TLS_KEY_EXCHANGE_RSA;
    m.u.client_key_exchange.encrypted_premaster = tls_bytes_of_string("secret");
    check_built_message(&m, 0x0303, RSA_SUITE, "ClientKeyExchange, RSA");
}

static void
spec_authentication(void)
{
    tls_message m;

    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_CERTIFICATE_VERIFY;
    m.u.certificate_verify.signature = tls_bytes_of_string("signature");
    check_built_message(&m, 0x0301, 0, "CertificateVerify, TLS 1.0");
    m.u.certificate_verify.has_scheme = 1;
    m.u.certificate_verify.scheme = 0x0804;
    check_built_message(&m, 0x0304, 0, "CertificateVerify, TLS 1.3");
    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_FINISHED;
    m.u.verify_data = tls_bytes_make(some_random, 12);
    check_built_message(&m, 0x0303, 0, "Finished, TLS 1.2");
    m.u.verify_data = tls_bytes_make(some_random, 32);
    check_built_message(&m, 0x0304, 0x1301, "Finished, TLS 1.3");
}

static void
spec_after_handshake(void)
{
    tls_message m;
    tls_buffer block = {NULL, 0, 0, 0};

    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_NEW_SESSION_TICKET;
    m.u.new_session_ticket.lifetime = 7200;
    check_built_message(&m, 0x0303, 0, "NewSessionTicket, empty");
    tls_extension_write(&block, TLS_EXTENSION_EARLY_DATA, tls_bytes_make("\0\0\1\0", 4));
    m.u.new_session_ticket.is_13 = 1;
    m.u.new_session_ticket.age_add = 0xDEADBEEF;
    m.u.new_session_ticket.nonce = tls_bytes_of_string("n");
    m.u.new_session_ticket.ticket = tls_bytes_of_string("ticket");
    m.u.new_session_ticket.extensions = tls_buffer_view(&block);
    check_built_message(&m, 0x0304, 0, "NewSessionTicket, TLS 1.3");
    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_KEY_UPDATE;
    m.u.update_requested = 1;
    check_built_message(&m, 0x0304, 0, "KeyUpdate");
    m.type = TLS_HANDSHAKE_END_OF_EARLY_DATA;
    check_built_message(&m, 0x0304, 0, "EndOfEarlyData");
    m.type = TLS_HANDSHAKE_HELLO_REQUEST;
    check_built_message(&m, 0x0303, 0, "HelloRequest");
    m.type = TLS_HANDSHAKE_SERVER_HELLO_DONE;
    check_built_message(&m, 0x0303, 0, "ServerHelloDone");
    tls_buffer_release(&block);
}

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
    check_reason(tls_client_hello_parse(&hello, tls_buffer_view(&out)),
        TLS_REASON_ILLEGAL_PARAMETER, "point formats without the uncompressed one");
    tls_buffer_clear(&out);
    options.point_formats = tls_bytes_make("\1\0", 2);
    tls_extension_write(&block, TLS_EXTENSION_PRE_SHARED_KEY, psk);
    options.extensions = tls_buffer_view(&block);
    (void)tls_client_hello_build_options(&out, &options);
    check_reason(
        tls_client_hello_parse(&hello, tls_buffer_view(&out)), TLS_OK, "pre_shared_key at the end");
    tls_buffer_clear(&out);
    tls_extension_write_empty(&block, TLS_EXTENSION_EARLY_DATA);
    options.extensions = tls_buffer_view(&block);
    (void)tls_client_hello_build_options(&out, &options);
    check_reason(tls_client_hello_parse(&hello, tls_buffer_view(&out)),
        TLS_REASON_ILLEGAL_PARAMETER, "pre_shared_key before the end");
    tls_buffer_release(&out);
    tls_buffer_release(&block);
    release(psk);
}

int
main(int argc, char **argv)
{
    spec_built_hello();
    spec_hello_without_extensions();
    spec_server_hellos();
    spec_encrypted_extensions();
    spec_certificates();
    spec_certificate_requests();
    spec_key_exchange();
    spec_authentication();
    spec_after_handshake();
    spec_point_formats_and_order();
    check_mutations(argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 20000);
    return check_end();
}

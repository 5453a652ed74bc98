/* captures_test.c - specs of messages that OpenSSL and GnuTLS sent, and mutations of them.
 *   captures_test [ROUNDS of random mutations] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/registry.h"

#include "support/captures.h"
#include "support/check.h"
#include "support/exact_bytes.h"
#include "support/messages.h"

static void
spec_captures(void)
{
    size_t i;

    for (i = 0; i < capture_count; i++) {
        const struct capture *c = &captures[i];
        tls_bytes raw = from_hex(c->hex);
        char what[200];

        snprintf(what, sizeof what, "%s, %s's %s", c->flow, c->sender,
            tls_registry_name(TLS_REGISTRY_HANDSHAKE_TYPE, raw.data[0]));
        check_message(raw, c->version, c->suite, what);
        message_keep(raw, c->version, c->suite);
        release(raw);
    }
}

static tls_bytes
captured(tls_message *message, const char *flow, const char *sender, unsigned type)
{
    size_t i;

    for (i = 0; i < capture_count; i++) {
        const struct capture *c = &captures[i];
        tls_bytes raw = from_hex(c->hex);

        if (strcmp(c->flow, flow) == 0 && strcmp(c->sender, sender) == 0 && raw.data[0] == type &&
            tls_message_parse(message, raw, c->version, c->suite) == TLS_OK)
            return raw;
        release(raw);
    }
    require(0, "%s, %s's %u is captured", flow, sender, type);
    return tls_bytes_make(NULL, 0);
}

static void
spec_client_hello_13(void)
{
    tls_message m;
    const tls_client_hello *c = &m.u.client_hello;
    tls_bytes client;
    tls_bytes name = {NULL, 0};
    tls_bytes key = {NULL, 0};
    tls_reader reader;
    unsigned group = 0;

    client = captured(&m, "openssl_tls13", "client", TLS_HANDSHAKE_CLIENT_HELLO);
    check(c->legacy_version == 0x0303 && c->max_version == 0x0304, "versions of a 1.3 hello");
    check(tls_bytes_equal_string(c->server_name, "localhost"), "server_name");
    check(tls_u16_list_count(c->cipher_suites) == 31 &&
              tls_u16_list_at(c->cipher_suites, 0) == 0x1302,
        "cipher_suites");
    check(tls_u16_list_contains(c->supported_groups, TLS_GROUP_X448), "supported_groups");
    check(tls_u16_list_at(c->signature_algorithms, 0) == 0x0403, "signature_algorithms");
    tls_reader_init(&reader, c->alpn);
    check(tls_protocol_next(&reader, &name) && tls_bytes_equal_string(name, "h2") &&
              tls_protocol_next(&reader, &name) && tls_bytes_equal_string(name, "http/1.1") &&
              !tls_protocol_next(&reader, &name),
        "alpn");
    tls_reader_init(&reader, c->key_shares);
    check(tls_key_share_next(&reader, &group, &key) && group == TLS_GROUP_X25519 &&
              key.length == 32 && !tls_key_share_next(&reader, &group, &key),
        "key_shares");
    check(c->extended_master_secret && c->encrypt_then_mac && c->session_ticket_offered &&
              c->secure_renegotiation && !c->psk_offered && !c->fallback,
        "flags");
    release(client);

    client = captured(&m, "gnutls_tls13", "client", TLS_HANDSHAKE_CLIENT_HELLO);
    tls_reader_init(&reader, c->key_shares);
    check(c->record_size_limit > 0 && tls_key_share_next(&reader, &group, &key) &&
              group == TLS_GROUP_SECP256R1 && tls_key_share_next(&reader, &group, &key) &&
              group == TLS_GROUP_X25519,
        "GnuTLS sends two key shares");
    release(client);
}

static void
spec_server_hello_13(void)
{
    tls_message m;
    tls_message n;
    const tls_client_hello *c = &m.u.client_hello;
    const tls_server_hello *s = &n.u.server_hello;
    tls_bytes client;
    tls_bytes server;

    client = captured(&m, "openssl_tls13", "client", TLS_HANDSHAKE_CLIENT_HELLO);
    server = captured(&n, "openssl_tls13", "server", TLS_HANDSHAKE_SERVER_HELLO);
    check(s->version == 0x0304 && s->place == TLS_IN_SERVER_HELLO_13 &&
              s->group == TLS_GROUP_X25519 && s->key_share.length == 32 &&
              s->cipher_suite == 0x1302,
        "a 1.3 ServerHello");
    check_reason(tls_server_hello_check_offered(s, c, NULL), TLS_OK, "its extensions were offered");
    release(server);

    server = captured(&n, "openssl_hrr", "server", TLS_HANDSHAKE_SERVER_HELLO);
    check(s->is_hello_retry_request && s->group == TLS_GROUP_SECP521R1 && s->version == 0x0304,
        "a HelloRetryRequest");
    release(server);
    release(client);

    client = captured(&m, "openssl_tls13_psk", "client", TLS_HANDSHAKE_CLIENT_HELLO);
    server = captured(&n, "openssl_tls13_psk", "server", TLS_HANDSHAKE_SERVER_HELLO);
    check(c->psk_offered && c->early_data_offered && c->psk_binders.length > 32 &&
              tls_bytes_equal(c->psk_key_exchange_modes, tls_bytes_make("\1", 1)),
        "a PSK offer");
    check(s->psk_selected && s->selected_identity == 0, "a PSK taken");
    release(client);
    release(server);
}

static void
spec_hellos_12(void)
{
    tls_message m;
    tls_message n;
    const tls_client_hello *c = &m.u.client_hello;
    const tls_server_hello *s = &n.u.server_hello;
    tls_bytes client;
    tls_bytes server;
    unsigned culprit = 0;

    client = captured(&m, "openssl_tls12_ecdsa", "client", TLS_HANDSHAKE_CLIENT_HELLO);
    server = captured(&n, "openssl_tls12_ecdsa", "server", TLS_HANDSHAKE_SERVER_HELLO);
    check(c->max_version == 0x0303 && c->status_request, "a 1.2 ClientHello");
    check(s->version == 0x0303 && s->status_request && s->session_ticket &&
              s->extended_master_secret && s->secure_renegotiation &&
              tls_bytes_equal_string(s->alpn, "http/1.1"),
        "a 1.2 ServerHello");
    check_reason(
        tls_server_hello_check_offered(s, c, NULL), TLS_OK, "renegotiation_info answers the SCSV");
    release(client);
    client = captured(&m, "openssl_tls12_client_auth", "client", TLS_HANDSHAKE_CLIENT_HELLO);
    check_reason(tls_server_hello_check_offered(s, c, &culprit), TLS_REASON_UNSUPPORTED_EXTENSION,
        "an extension that was not offered");
    check(culprit == TLS_EXTENSION_STATUS_REQUEST || culprit == TLS_EXTENSION_ALPN,
        "and which one it is");
    release(client);
    release(server);

    client = captured(&m, "openssl_tls10", "client", TLS_HANDSHAKE_CLIENT_HELLO);
    check(c->max_version == 0x0301, "a 1.0 ClientHello");
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
    check(m.u.server_key_exchange.group == TLS_GROUP_X25519 &&
              m.u.server_key_exchange.point.length == 32 && m.u.server_key_exchange.has_scheme &&
              m.u.server_key_exchange.scheme == TLS_SCHEME_ECDSA_SECP256R1_SHA256 &&
              m.u.server_key_exchange.params.length == 36 &&
              m.u.server_key_exchange.params.data == raw.data + 4,
        "ServerKeyExchange, TLS 1.2");
    release(raw);
    raw = captured(&m, "openssl_tls10", "server", TLS_HANDSHAKE_SERVER_KEY_EXCHANGE);
    check(!m.u.server_key_exchange.has_scheme && m.u.server_key_exchange.signature.length == 256,
        "ServerKeyExchange, TLS 1.0");
    release(raw);
    raw = captured(&m, "openssl_tls12_ecdsa", "server", TLS_HANDSHAKE_CERTIFICATE_STATUS);
    check(
        m.u.certificate_status.status_type == 1 && m.u.certificate_status.response.data[0] == 0x30,
        "CertificateStatus");
    release(raw);
    raw = captured(&m, "openssl_tls12_ecdsa", "server", TLS_HANDSHAKE_CERTIFICATE);
    tls_reader_init(&reader, m.u.certificate.certificate_list);
    check(m.u.certificate.certificate_count == 1 && tls_certificate_next(&reader, &entry, 0) &&
              entry.certificate.data[0] == 0x30 && !tls_certificate_next(&reader, &entry, 0),
        "Certificate");
    release(raw);
    raw = captured(&m, "openssl_tls12_client_auth", "server", TLS_HANDSHAKE_CERTIFICATE_REQUEST);
    check(m.u.certificate_request.has_signature_algorithms &&
              m.u.certificate_request.authority_count == 1 &&
              memchr(m.u.certificate_request.certificate_types.data, 64,
                  m.u.certificate_request.certificate_types.length) != NULL,
        "CertificateRequest, TLS 1.2");
    release(raw);
    raw = captured(&m, "openssl_tls10", "server", TLS_HANDSHAKE_CERTIFICATE_REQUEST);
    check(!m.u.certificate_request.has_signature_algorithms &&
              m.u.certificate_request.authority_count == 1,
        "CertificateRequest, TLS 1.0");
    release(raw);
    raw = captured(&m, "openssl_tls12_static_rsa", "client", TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE);
    check(m.u.client_key_exchange.kind == TLS_KEY_EXCHANGE_RSA &&
              m.u.client_key_exchange.encrypted_premaster.length == 256,
        "ClientKeyExchange, RSA");
    release(raw);
    raw = captured(&m, "openssl_tls12_client_auth", "client", TLS_HANDSHAKE_CERTIFICATE_VERIFY);
    check(m.u.certificate_verify.scheme == TLS_SCHEME_ECDSA_SECP256R1_SHA256, "CertificateVerify");
    release(raw);
    raw = captured(&m, "openssl_tls12_ecdsa", "server", TLS_HANDSHAKE_NEW_SESSION_TICKET);
    check(m.u.new_session_ticket.lifetime == 7200 && m.u.new_session_ticket.ticket.length == 176,
        "NewSessionTicket");
    release(raw);
}

int
main(int argc, char **argv)
{
    spec_captures();
    spec_client_hello_13();
    spec_server_hello_13();
    spec_hellos_12();
    spec_captured_others();
    check_mutations(argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 20000);
    return check_end();
}

/* connection13_test.c - full handshakes of TLS 1.3 without Lua: by suite, group and certificate,
 * with HelloRetryRequest, and mutual. */
#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/pair.h"
#include "wire/message.h"

static pair p;

static const uint16_t suites[] = {0x1301, 0x1302, 0x1303, 0x1304, 0x1305};
static const uint16_t groups[] = {TLS_GROUP_X25519, TLS_GROUP_SECP256R1, TLS_GROUP_SECP384R1,
    TLS_GROUP_SECP521R1, TLS_GROUP_FFDHE2048, TLS_GROUP_FFDHE3072};
static const unsigned schemes[KINDS] = {TLS_SCHEME_RSA_PSS_RSAE_SHA256,
    TLS_SCHEME_ECDSA_SECP256R1_SHA256, TLS_SCHEME_ECDSA_SECP384R1_SHA384,
    TLS_SCHEME_ECDSA_SECP521R1_SHA512, TLS_SCHEME_RSA_PSS_PSS_SHA256};

/* ---- What can be negotiated ---- */

static void
combination(uint16_t suite, uint16_t group, enum kind kind)
{
    tls_connection_info info;
    char what[100];

    snprintf(what, sizeof what, "%s, %s, %s", tls_suite_name(suite),
        tls_registry_name(TLS_REGISTRY_GROUP, group), kind_names[kind]);
    pair_init(&p, &identities[kind]);
    p.client_options.suites = p.server_options.suites = &suite;
    p.client_options.suite_count = p.server_options.suite_count = 1;
    p.client_options.groups = p.server_options.groups = &group;
    p.client_options.group_count = p.server_options.group_count = 1;
    if (handshake(&p, what, TLS_VERSION_13)) {
        info = info_of(&p.client);
        check(info.suite == suite && info.group == group && info.peer_scheme == schemes[kind],
            "%s: what was asked for, and %04x", what, info.peer_scheme);
        check(info.peer_verified && info.peer_chain_count == 1 && !info.resumed && !info.psk &&
                  !info.hello_retry &&
                  info.client_verify_data.length == (suite == 0x1302 ? 48 : 32),
            "%s: a full handshake", what);
        exchange(&p, what, kind == P256 ? 40000 : 1000);
        say_goodbye(&p, what);
    }
    pair_free(&p);
}

static void
combinations(void)
{
    size_t s, g, k;

    for (s = 0; s < 5; s++)
        for (g = 0; g < 6; g++)
            for (k = 0; k < KINDS; k++)
                combination(suites[s], groups[g], (enum kind)k);
}

static void
suite_choice(void)
{
    static const uint16_t client_suites[] = {0x1303, 0x1301, 0x1302},
                          server_suites[] = {0x1302, 0x1301, 0x1303};

    pair_init(&p, &identities[P256]);
    p.client_options.suites = client_suites;
    p.server_options.suites = server_suites;
    p.client_options.suite_count = p.server_options.suite_count = 3;
    handshake(&p, "the server's order", TLS_VERSION_13);
    check(info_of(&p.client).suite == 0x1302, "the server's order: suite");
    pair_close(&p);
    p.server_options.client_preference = 1;
    pair_renew_server(&p);
    handshake(&p, "the client's order", TLS_VERSION_13);
    check(info_of(&p.client).suite == 0x1303, "the client's order: suite");
    pair_free(&p);
}

static void
nothing_in_common(void)
{
    static const uint16_t one[] = {TLS_GROUP_SECP384R1}, other[] = {TLS_GROUP_SECP521R1};
    static const uint16_t ccm8[] = {0x1305};

    pair_init(&p, &identities[P256]);
    p.client_options.suites = ccm8;
    p.client_options.suite_count = 1;
    fails(
        &p, "no common suite", &p.server, TLS_REASON_NO_COMMON_SUITE, TLS_ALERT_HANDSHAKE_FAILURE);
    pair_free(&p);

    pair_init(&p, &identities[P256]);
    p.client_options.groups = one;
    p.server_options.groups = other;
    p.client_options.group_count = p.server_options.group_count = 1;
    fails(
        &p, "no common group", &p.server, TLS_REASON_NO_COMMON_GROUP, TLS_ALERT_HANDSHAKE_FAILURE);
    pair_free(&p);
}

static void
certificate_choice(void)
{
    static const uint16_t rsa_only[] = {TLS_SCHEME_RSA_PSS_RSAE_SHA384};
    tls_credential several[2];

    pair_init(&p, &identities[P256]);
    p.client_options.signature_schemes = rsa_only;
    p.client_options.signature_scheme_count = 1;
    fails(&p, "no key for a scheme", &p.server, TLS_REASON_NO_USABLE_CREDENTIAL,
        TLS_ALERT_HANDSHAKE_FAILURE);
    pair_close(&p);
    several[0] = p.server_credential;
    several[1] = identity_credential(&identities[P384], 0);
    p.server_options.credentials = several;
    p.server_options.credential_count = 2;
    pair_renew_server(&p);
    fails(&p, "no key of two for a scheme", &p.server, TLS_REASON_NO_USABLE_CREDENTIAL,
        TLS_ALERT_HANDSHAKE_FAILURE);
    check(strstr(tls_connection_failure_text(p.server.c), "the keys: secp256r1, secp384r1") != NULL,
        "both keys are named: %s", tls_connection_failure_text(p.server.c));
    pair_close(&p);
    several[1] = identity_credential(&identities[RSA], 0);
    p.server_options.credentials = several;
    p.server_options.credential_count = 2;
    p.client_options.trust = identities[RSA].trust;
    pair_renew_client(&p);
    pair_renew_server(&p);
    handshake(&p, "the certificate that the client can verify", TLS_VERSION_13);
    check(info_of(&p.client).peer_scheme == TLS_SCHEME_RSA_PSS_RSAE_SHA384,
        "the certificate that the client can verify: scheme");
    pair_free(&p);
}

static void
protocol_choice(void)
{
    tls_bytes client_alpn[2], server_alpn[2];

    client_alpn[0] = tls_bytes_of_string("h2");
    client_alpn[1] = server_alpn[1] = tls_bytes_of_string("http/1.1");
    server_alpn[0] = tls_bytes_of_string("imap");
    pair_init(&p, &identities[P256]);
    p.client_options.alpn = client_alpn;
    p.server_options.alpn = server_alpn;
    p.client_options.alpn_count = p.server_options.alpn_count = 2;
    handshake(&p, "ALPN", TLS_VERSION_13);
    check(tls_bytes_equal_string(info_of(&p.server).alpn, "http/1.1"), "ALPN: the common one");
    pair_close(&p);
    p.client_options.alpn_count = p.server_options.alpn_count = 1;
    pair_renew_client(&p);
    pair_renew_server(&p);
    fails(&p, "no common protocol", &p.server, TLS_REASON_NO_APPLICATION_PROTOCOL,
        TLS_ALERT_NO_APPLICATION_PROTOCOL);
    pair_close(&p);
    p.server_options.alpn_count = 0;
    pair_renew_server(&p);
    handshake(&p, "a server without protocols", TLS_VERSION_13);
    check(info_of(&p.client).alpn.length == 0, "a server without protocols: none");
    pair_close(&p);
    p.client_options.alpn_required = 1;
    pair_renew_client(&p);
    fails(&p, "a client that needs a protocol", &p.client, TLS_REASON_NO_APPLICATION_PROTOCOL,
        TLS_ALERT_NO_APPLICATION_PROTOCOL);
    pair_free(&p);
}

/* ---- HelloRetryRequest ---- */

static void
retries(void)
{
    static const uint16_t client_groups[] = {TLS_GROUP_X25519, TLS_GROUP_SECP384R1};
    static const uint16_t server_groups[] = {TLS_GROUP_SECP384R1};
    int cookie, shares;

    for (cookie = 0; cookie < 2; cookie++)
        for (shares = 1; shares <= 2; shares++) {
            char what[60];

            snprintf(what, sizeof what, "cookie %d, %d shares", cookie, shares);
            pair_init(&p, &identities[P256]);
            p.client_options.groups = client_groups;
            p.client_options.group_count = 2;
            p.client_options.key_share_count = (unsigned)shares;
            p.server_options.groups = server_groups;
            p.server_options.group_count = 1;
            p.server_options.retry_cookie = cookie;
            pair_watch(&p);
            handshake(&p, what, TLS_VERSION_13);
            check(info_of(&p.client).hello_retry == (shares == 1), "%s: HelloRetryRequest", what);
            check(info_of(&p.server).group == TLS_GROUP_SECP384R1, "%s: group", what);
            check((strstr(p.client.stages, "hello_retry_request") != NULL) == (shares == 1),
                "%s: stage", what);
            exchange(&p, what, 1000);
            pair_free(&p);
        }
}

/* A client with as many shares as there may be, none of which the server takes. */
static void
retry_after_most_shares(void)
{
    static const uint16_t client_groups[] = {TLS_GROUP_X25519, TLS_GROUP_SECP256R1,
        TLS_GROUP_SECP384R1, TLS_GROUP_SECP521R1, TLS_GROUP_FFDHE2048};
    static const uint16_t server_groups[] = {TLS_GROUP_FFDHE2048};

    pair_init(&p, &identities[P256]);
    p.client_options.groups = client_groups;
    p.client_options.group_count = 5;
    p.client_options.key_share_count = 4;
    p.server_options.groups = server_groups;
    p.server_options.group_count = 1;
    handshake(&p, "four shares", TLS_VERSION_13);
    check(info_of(&p.client).hello_retry, "HelloRetryRequest");
    check(info_of(&p.client).group == TLS_GROUP_FFDHE2048, "the fifth group");
    exchange(&p, "four shares", 1000);
    pair_free(&p);
}

/* A client whose lists are longer than a ClientHello takes them: repeated as often as its options
 * say. */
static void
long_lists(void)
{
    uint16_t suites[120], groups[40];
    size_t i;

    for (i = 0; i < sizeof suites / sizeof suites[0]; i++)
        suites[i] = i % 2 ? 0x1302 : 0x1301;
    for (i = 0; i < sizeof groups / sizeof groups[0]; i++)
        groups[i] = i % 2 ? TLS_GROUP_SECP256R1 : TLS_GROUP_X25519;
    pair_init(&p, &identities[P256]);
    p.client_options.suites = suites;
    p.client_options.suite_count = sizeof suites / sizeof suites[0];
    p.client_options.groups = groups;
    p.client_options.group_count = sizeof groups / sizeof groups[0];
    p.client_connection.fallback_scsv = 1;
    handshake(&p, "long lists", TLS_VERSION_13);
    exchange(&p, "long lists", 1000);
    pair_free(&p);
}

/* Each line names the connection by its ClientHello's random, and both sides write the same. */
static void
keylog_lines(void)
{
    char expected[100];
    size_t i, length;

    pair_init(&p, &identities[P256]);
    pair_watch(&p);
    handshake(&p, "key log", TLS_VERSION_13);
    length = (size_t)snprintf(expected, sizeof expected, "CLIENT_TRAFFIC_SECRET_0 ");
    for (i = 0; i < 32; i++)
        length += (size_t)snprintf(expected + length, sizeof expected - length, "%02x",
            info_of(&p.client).client_random.data[i]);
    check(strstr(p.client.keylog, expected) != NULL, "%s", p.client.keylog);
    check_text(p.server.keylog, p.client.keylog, "both sides write the same");
    check_number(strspn(p.client.keylog, "CLIENTSERVHADKFOXPMR_0123456789abcdef \n"),
        strlen(p.client.keylog), "labels and hexadecimal digits");
    pair_free(&p);
}

/* ---- Stages in their order ---- */

static void
stages_full(void)
{
    static const uint16_t client_groups[] = {TLS_GROUP_X25519, TLS_GROUP_SECP256R1};
    static const uint16_t server_groups[] = {TLS_GROUP_SECP256R1};

    pair_init(&p, &identities[P256]);
    pair_watch(&p);
    handshake(&p, "full", TLS_VERSION_13);
    say_goodbye(&p, "full");
    check_text(p.client.stages,
        " >client_hello <server_hello >change_cipher_spec <change_cipher_spec <encrypted_extensions"
        " <certificate <certificate_verify <finished >finished =established"
        " >alert <alert =closed",
        "full: the client's stages");
    check_text(p.server.stages,
        " <client_hello >server_hello >change_cipher_spec >encrypted_extensions >certificate"
        " >certificate_verify >finished <change_cipher_spec <finished =established"
        " <alert =closed >alert",
        "full: the server's stages");
    pair_free(&p);

    pair_init(&p, &identities[P256]);
    p.client_options.groups = client_groups;
    p.client_options.group_count = 2;
    p.server_options.groups = server_groups;
    p.server_options.group_count = 1;
    pair_watch(&p);
    handshake(&p, "retried", TLS_VERSION_13);
    check_text(p.client.stages,
        " >client_hello <hello_retry_request >change_cipher_spec >client_hello"
        " <change_cipher_spec <server_hello"
        " <encrypted_extensions <certificate <certificate_verify <finished >finished =established",
        "retried: the client's stages");
    check_text(p.server.stages,
        " <client_hello >hello_retry_request >change_cipher_spec <change_cipher_spec <client_hello"
        " >server_hello >encrypted_extensions >certificate >certificate_verify >finished"
        " <finished =established",
        "retried: the server's stages");
    check_text(p.client.keylog, p.server.keylog, "retried: key log");
    pair_free(&p);

    pair_init(&p, &identities[P256]);
    pair_client_is(&p, &identities[P384]);
    p.client_options.no_compatibility = p.server_options.no_compatibility = 1;
    pair_watch(&p);
    handshake(&p, "mutual", TLS_VERSION_13);
    check_text(p.client.stages,
        " >client_hello <server_hello <encrypted_extensions <certificate_request <certificate"
        " <certificate_verify <finished >certificate >certificate_verify >finished =established",
        "mutual: the client's stages");
    check_text(p.server.stages,
        " <client_hello >server_hello >encrypted_extensions >certificate_request >certificate"
        " >certificate_verify >finished <certificate <certificate_verify <finished =established",
        "mutual: the server's stages");
    check_text(p.client.keylog, p.server.keylog, "mutual: key log");
    pair_free(&p);
}

/* ---- Key log ---- */

static void
keylog(void)
{
    static const char *const labels[] = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET ",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET ", "CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 ",
        "EXPORTER_SECRET "};
    char random[65];
    const char *line;
    tls_connection_info info;
    size_t s, i;

    for (s = 0; s < 2; s++) {
        pair_init(&p, &identities[P256]);
        p.client_options.suites = p.server_options.suites = &suites[s];
        p.client_options.suite_count = p.server_options.suite_count = 1;
        pair_watch(&p);
        handshake(&p, "key log", TLS_VERSION_13);
        check_text(p.client.keylog, p.server.keylog, "key log: the same on both sides");
        info = info_of(&p.client);
        for (i = 0; i < 32; i++)
            snprintf(random + 2 * i, 3, "%02x", info.client_random.data[i]);
        line = p.client.keylog;
        for (i = 0; i < 5; i++) {
            size_t length = strlen(labels[i]);

            check(strncmp(line, labels[i], length) == 0 &&
                      strncmp(line + length, random, 64) == 0 && line[length + 64] == ' ' &&
                      strcspn(line + length + 65, "\n") == (s == 1 ? 96 : 64),
                "key log: %s", labels[i]);
            line = strchr(line, '\n');
            line = line != NULL ? line + 1 : "";
        }
        check(*line == '\0', "key log: and no more");
        pair_free(&p);
    }
}

/* ---- ClientHello ---- */

static tls_buffer hello_bytes;

static void
keep_hello(side *s, const tls_stage_event *event)
{
    (void)s;
    if (event->stage != TLS_STAGE_CLIENT_HELLO)
        return;
    tls_buffer_clear(&hello_bytes);
    tls_buffer_append(&hello_bytes, event->raw.data, event->raw.length);
}

static unsigned
grease_in(tls_u16_list list)
{
    unsigned count = 0;
    size_t i;

    for (i = 0; i < tls_u16_list_count(list); i++)
        count += tls_is_grease(tls_u16_list_at(list, i)) != 0;
    return count;
}

static void
grease(void)
{
    int without;

    for (without = 0; without < 2; without++) {
        const char *what = without ? "without GREASE" : "GREASE";
        tls_client_hello hello;
        tls_extension extension;
        tls_reader reader;
        tls_bytes share;
        unsigned extensions = 0, shares = 0, expected = without ? 0 : 1, group;

        pair_init(&p, &identities[P256]);
        p.client_options.no_grease = without;
        p.client_options.no_compatibility = without;
        p.client.seen = keep_hello;
        pair_watch(&p);
        handshake(&p, what, TLS_VERSION_13);
        check(tls_client_hello_parse(&hello, tls_buffer_view(&hello_bytes)) == TLS_OK, "%s: parses",
            what);
        tls_reader_init(&reader, hello.extensions);
        while (tls_extensions_next(&reader, &extension))
            extensions += tls_is_grease(extension.type) != 0;
        tls_reader_init(&reader, hello.key_shares);
        while (tls_key_share_next(&reader, &group, &share))
            shares += tls_is_grease(group) != 0;
        check(grease_in(hello.cipher_suites) == expected &&
                  grease_in(hello.supported_groups) == expected &&
                  grease_in(hello.supported_versions) == expected && shares == expected &&
                  extensions == 2 * expected,
            "%s: suites, groups, shares, versions, extensions", what);
        /* RFC 8446 appendix D.4. */
        check(hello.session_id.length == (without ? 0 : 32), "%s: session ID", what);
        check(sent_of_type(&p.client, TLS_CONTENT_CHANGE_CIPHER_SPEC) == expected &&
                  sent_of_type(&p.server, TLS_CONTENT_CHANGE_CIPHER_SPEC) == expected,
            "%s: ChangeCipherSpec", what);
        pair_free(&p);
    }
    tls_buffer_release(&hello_bytes);
}

/* A ClientHello names the suites that one of its versions has, and no other. */
static void
suites_of_versions(void)
{
    static const struct {
        unsigned minimum, maximum;
        int has_12, has_13;
    } rows[] = {{TLS_VERSION_13, TLS_VERSION_13, 0, 1}, {TLS_VERSION_12, TLS_VERSION_13, 1, 1}};
    tls_client_hello hello;
    size_t i, j;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int has_12 = 0, has_13 = 0;

        pair_init(&p, &identities[P256]);
        p.client_options.version_min = rows[i].minimum;
        p.client_options.version_max = rows[i].maximum;
        p.client_options.no_grease = 1;
        p.client.seen = keep_hello;
        pair_watch(&p);
        handshake(&p, "suites of versions", TLS_VERSION_13);
        require(tls_client_hello_parse(&hello, tls_buffer_view(&hello_bytes)) == TLS_OK, "parsed");
        for (j = 0; j < tls_u16_list_count(hello.cipher_suites); j++) {
            const tls_suite *suite = tls_suite_find(tls_u16_list_at(hello.cipher_suites, j));

            has_12 |= suite->version_max <= TLS_VERSION_12;
            has_13 |= suite->version_max == TLS_VERSION_13;
        }
        check_number(has_12, rows[i].has_12, "from %x: suites of TLS 1.2", rows[i].minimum);
        check_number(has_13, rows[i].has_13, "from %x: suites of TLS 1.3", rows[i].minimum);
        pair_free(&p);
    }
    tls_buffer_release(&hello_bytes);
}

/* ---- The client's certificate ---- */

static int
give_none(side *s, const tls_question *q)
{
    return q->decision == TLS_DECISION_CLIENT_CERTIFICATE &&
           tls_connection_answer_credential(s->c, NULL) == TLS_OK;
}

static int
give_another(side *s, const tls_question *q)
{
    tls_credential credential = identity_credential(&identities[P521], 0);

    return q->decision == TLS_DECISION_CLIENT_CERTIFICATE &&
           tls_connection_answer_credential(s->c, &credential) == TLS_OK;
}

static int
accept_all(side *s, const tls_question *q)
{
    return q->decision == TLS_DECISION_VERIFY &&
           tls_connection_answer_verify(s->c, TLS_PEER_ACCEPTED) == TLS_OK;
}

static int
refuse_all(side *s, const tls_question *q)
{
    return q->decision == TLS_DECISION_VERIFY &&
           tls_connection_answer_verify(s->c, TLS_PEER_REFUSED) == TLS_OK;
}

static void
mutual(void)
{
    static const uint16_t only_rsa[] = {
        TLS_SCHEME_RSA_PSS_RSAE_SHA256, TLS_SCHEME_ECDSA_SECP256R1_SHA256};
    tls_connection_info info;
    int k;

    for (k = 0; k < KINDS; k++) {
        pair_init(&p, &identities[P256]);
        pair_client_is(&p, &identities[k]);
        if (handshake(&p, kind_names[k], TLS_VERSION_13)) {
            info = info_of(&p.server);
            check(
                info.peer_verified && info.peer_chain_count == 1 && info.peer_scheme == schemes[k],
                "%s: the client's certificate", kind_names[k]);
            check(info_of(&p.client).local_chain_count == 1, "%s: sent", kind_names[k]);
            exchange(&p, kind_names[k], 100);
        }
        pair_free(&p);
    }

    pair_init(&p, &identities[P256]);
    pair_client_is(&p, &identities[P384]);
    p.client_options.credential_count = 0;
    fails(&p, "required, not given", &p.server, TLS_REASON_CERTIFICATE_REQUIRED,
        TLS_ALERT_CERTIFICATE_REQUIRED);
    check(info_of(&p.client).established && !info_of(&p.server).established,
        "required, not given: the client's own handshake was over");
    pair_close(&p);
    p.server_options.verify = TLS_VERIFY_OPTIONAL;
    pair_renew_server(&p);
    handshake(&p, "optional, not given", TLS_VERSION_13);
    info = info_of(&p.server);
    check(info.peer_chain_count == 0 && !info.peer_verified, "optional, not given: no certificate");
    exchange(&p, "optional, not given", 100);
    pair_close(&p);
    p.client_options.credential_count = 1;
    pair_renew_client(&p);
    handshake(&p, "optional, given", TLS_VERSION_13);
    check(info_of(&p.server).peer_verified, "optional, given: verified");
    pair_close(&p);
    p.client_connection.decision_mask = 1u << TLS_DECISION_CLIENT_CERTIFICATE;
    p.client.answer = give_none;
    handshake(&p, "withheld by a handler", TLS_VERSION_13);
    check(info_of(&p.server).peer_chain_count == 0, "withheld by a handler: no certificate");
    pair_close(&p);
    p.client.answer = give_another;
    fails(&p, "optional, but bad", &p.server, TLS_REASON_SELF_SIGNED, TLS_ALERT_UNKNOWN_CA);
    pair_close(&p);
    p.server_connection.decision_mask = 1u << TLS_DECISION_VERIFY;
    p.server.answer = accept_all;
    handshake(&p, "bad, but accepted", TLS_VERSION_13);
    check(info_of(&p.server).verdict == TLS_REASON_SELF_SIGNED, "bad, but accepted: verdict");
    pair_close(&p);
    p.client.answer = NULL;
    p.server.answer = refuse_all;
    fails(&p, "good, but refused", &p.server, TLS_REASON_CERTIFICATE_REFUSED,
        TLS_ALERT_CERTIFICATE_UNKNOWN);
    pair_free(&p);

    pair_init(&p, &identities[P256]);
    pair_client_is(&p, &identities[P384]);
    p.server_options.signature_schemes = only_rsa;
    p.server_options.signature_scheme_count = 2;
    fails(&p, "a key of which the server knows no scheme", &p.server,
        TLS_REASON_CERTIFICATE_REQUIRED, TLS_ALERT_CERTIFICATE_REQUIRED);
    pair_free(&p);
}

static void
untrusted(void)
{
    pair_init(&p, &identities[P256]);
    p.client_options.trust = identities[RSA].trust;
    fails(&p, "untrusted", &p.client, TLS_REASON_SELF_SIGNED, TLS_ALERT_UNKNOWN_CA);
    pair_close(&p);
    p.client_connection.decision_mask = 1u << TLS_DECISION_VERIFY;
    p.client.answer = accept_all;
    handshake(&p, "untrusted, accepted", TLS_VERSION_13);
    pair_close(&p);
    p.client_connection.verify = TLS_VERIFY_REPORT;
    p.client.answer = NULL;
    handshake(&p, "untrusted, reported", TLS_VERSION_13);
    check(info_of(&p.client).verdict == TLS_REASON_SELF_SIGNED && !info_of(&p.client).peer_verified,
        "untrusted, reported: verdict");
    pair_close(&p);
    p.client.answer = refuse_all;
    fails(&p, "refused", &p.client, TLS_REASON_CERTIFICATE_REFUSED, TLS_ALERT_CERTIFICATE_UNKNOWN);
    pair_free(&p);
    pair_init(&p, &identities[P256]);
    p.client_connection.server_name = "elsewhere.example";
    pair_open(&p);
    pair_pump(&p);
    check(p.client.last == TLS_EVENT_FAILED && !info_of(&p.server).established, "another name: %s",
        trouble(&p));
    pair_free(&p);
}

int
main(void)
{
    load_identities();
    combinations();
    suite_choice();
    nothing_in_common();
    certificate_choice();
    protocol_choice();
    retries();
    retry_after_most_shares();
    long_lists();
    keylog_lines();
    stages_full();
    keylog();
    grease();
    suites_of_versions();
    mutual();
    untrusted();
    unload_identities();
    return check_end();
}

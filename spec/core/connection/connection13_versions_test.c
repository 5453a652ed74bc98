/* connection13_versions_test.c - TLS 1.3 beside older versions, without Lua: which is taken, what
 * is resumed, that a downgrade is noticed, and what `select` may say. */
#include <string.h>

#include "support/check.h"
#include "support/pair.h"
#include "wire/message.h"

static pair p;

static int
keep_session(side *s, const tls_question *q)
{
    pair *of = s->data_of_test;

    if (q->decision == TLS_DECISION_SESSION_STORE) {
        tls_session_release(of->stored);
        of->stored = tls_session_retain(q->u.session_store.session);
    }
    return 0;
}

/* A session of TLS 1.2 is resumed from a client that offers TLS 1.3 as well, by ID and by ticket.
 */
static void
resume_tls12(int by_ticket)
{
    const char *what = by_ticket ? "TLS 1.2 by ticket" : "TLS 1.2 by ID";

    pair_init(&p, &identities[P256]);
    p.server_options.version_max = TLS_VERSION_12;
    if (by_ticket)
        tls_ticket_keys_new(&p.server_options.ticket_keys, 0, 0, clock_now);
    else
        p.server_options.session_cache_size = 10;
    p.server.data_of_test = &p;
    p.server.answer = keep_session;
    p.server_connection.decision_mask = 1u << TLS_DECISION_SESSION_STORE;
    handshake(&p, what, TLS_VERSION_12);
    exchange(&p, what, 1000);
    say_goodbye(&p, what);
    check(resume_next(&p), "%s: a session", what);
    handshake(&p, what, TLS_VERSION_12);
    check(info_of(&p.client).resumed, "%s: resumed", what);
    exchange(&p, what, 1000);
    pair_close(&p);
    /* The server learns TLS 1.3: the session is left alone. */
    p.server_options.version_max = 0;
    pair_renew_server(&p);
    handshake(&p, what, TLS_VERSION_13);
    check(!info_of(&p.client).resumed, "%s: not resumed in TLS 1.3", what);
    forget_session(&p);
    tls_ticket_keys_release(p.server_options.ticket_keys);
    pair_free(&p);
}

/* hide_versions turns the type of supported_versions into one that nobody knows. */
static int
hide_versions(tls_bytes output)
{
    /* GREASE, TLS 1.3, TLS 1.2 */
    static const unsigned char type[] = {0, TLS_EXTENSION_SUPPORTED_VERSIONS, 0, 7, 6};
    size_t i;

    for (i = 100; i + sizeof type < output.length; i++)
        if (memcmp(output.data + i, type, sizeof type) == 0) {
            ((unsigned char *)(uintptr_t)output.data)[i] = 0xFE;
            return 1;
        }
    return 0;
}

/* RFC 8446 section 4.1.3. */
static void
downgrades(void)
{
    tls_bytes random;

    pair_init(&p, &identities[P256]);
    pair_open(&p);
    side_run(&p.client);
    check(hide_versions(tls_connection_output(p.client.c)), "downgrade: ClientHello is changed");
    pair_pump(&p);
    check(tls_connection_failure(p.client.c) == TLS_REASON_ILLEGAL_PARAMETER &&
              tls_connection_peer_alert(p.server.c) == TLS_ALERT_ILLEGAL_PARAMETER &&
              info_of(&p.server).version == TLS_VERSION_12,
        "downgrade: noticed (%s)", trouble(&p));
    pair_close(&p);
    p.client_options.version_max = TLS_VERSION_12;
    pair_renew_client(&p);
    handshake(&p, "downgrade", TLS_VERSION_12);
    random = info_of(&p.client).server_random;
    check(memcmp(random.data + 24, "DOWNGRD\001", 8) == 0, "downgrade: the sentinel");
    pair_close(&p);
    p.server_options.version_max = TLS_VERSION_12;
    pair_renew_server(&p);
    handshake(&p, "no downgrade", TLS_VERSION_12);
    random = info_of(&p.client).server_random;
    check(memcmp(random.data + 24, "DOWNGRD", 7) != 0, "no downgrade: no sentinel");
    pair_free(&p);
}

static void
versions(void)
{
    pair_init(&p, &identities[P256]);
    p.client_options.version_max = TLS_VERSION_12;
    handshake(&p, "a client of TLS 1.2", TLS_VERSION_12);
    exchange(&p, "a client of TLS 1.2", 1000);
    pair_close(&p);
    p.server_options.version_min = TLS_VERSION_13;
    pair_renew_server(&p);
    fails(&p, "a server of TLS 1.3 only", &p.server, TLS_REASON_NO_COMMON_VERSION,
        TLS_ALERT_PROTOCOL_VERSION);
    pair_free(&p);

    pair_init(&p, &identities[RSA]);
    p.client_options.version_min = TLS_VERSION_13;
    p.server_options.version_max = TLS_VERSION_12;
    fails(&p, "a client of TLS 1.3 only", &p.server, TLS_REASON_NO_COMMON_VERSION,
        TLS_ALERT_PROTOCOL_VERSION);
    pair_close(&p);
    p.client_options.version_min = TLS_VERSION_10;
    pair_renew_client(&p);
    handshake(&p, "a server of TLS 1.2", TLS_VERSION_12);
    pair_free(&p);

    pair_init(&p, &identities[P256]);
    p.client_connection.version_max = TLS_VERSION_12;
    handshake(&p, "limited by the connection", TLS_VERSION_12);
    pair_close(&p);
    p.client_connection.version_max = 0;
    p.server_connection.version_max = TLS_VERSION_12;
    handshake(&p, "limited by the server's connection", TLS_VERSION_12);
    pair_close(&p);
    p.server_connection.version_max = 0;
    p.client_connection.fallback_scsv = 1;
    p.client_connection.version_max = TLS_VERSION_12;
    pair_renew_client(&p);
    fails(&p, "fallback", &p.server, TLS_REASON_INAPPROPRIATE_FALLBACK,
        TLS_ALERT_INAPPROPRIATE_FALLBACK);
    pair_free(&p);
    resume_tls12(0);
    resume_tls12(1);
}

/* ---- select ---- */

static tls_selection selection;

static int
select_it(side *s, const tls_question *q)
{
    tls_client_hello hello;

    if (q->decision != TLS_DECISION_SELECT)
        return 0;
    check(tls_client_hello_parse(&hello, q->u.select.client_hello) == TLS_OK &&
              tls_bytes_equal_string(hello.server_name, "localhost"),
        "select: ClientHello");
    return tls_connection_answer_select(s->c, &selection) == TLS_OK;
}

static void
selects(void)
{
    static const uint16_t chosen[] = {0x1303}, tls12[] = {0xC02B};
    tls_credential rsa = identity_credential(&identities[RSA], 0);
    tls_context *other;
    tls_bytes alpn[2];

    alpn[0] = tls_bytes_of_string("first");
    alpn[1] = tls_bytes_of_string("second");
    pair_init(&p, &identities[P256]);
    p.client_options.alpn = alpn;
    p.client_options.alpn_count = 2;
    p.server.answer = select_it;
    p.server_connection.decision_mask = 1u << TLS_DECISION_SELECT;
    memset(&selection, 0, sizeof selection);
    selection.suites = chosen;
    selection.suite_count = 1;
    selection.alpn = alpn[1];
    handshake(&p, "select a suite and a protocol", TLS_VERSION_13);
    check(info_of(&p.client).suite == 0x1303 &&
              tls_bytes_equal_string(info_of(&p.client).alpn, "second"),
        "select a suite and a protocol: taken");
    pair_close(&p);
    selection.suites = tls12;
    handshake(&p, "select a suite of TLS 1.2", TLS_VERSION_12);
    pair_close(&p);
    memset(&selection, 0, sizeof selection);
    selection.version_max = TLS_VERSION_12;
    handshake(&p, "select TLS 1.2", TLS_VERSION_12);
    pair_close(&p);
    memset(&selection, 0, sizeof selection);
    selection.version_min = TLS_VERSION_13;
    handshake(&p, "select TLS 1.3", TLS_VERSION_13);
    pair_close(&p);
    memset(&selection, 0, sizeof selection);
    selection.credential = &rsa;
    fails(&p, "select a certificate", &p.client, TLS_REASON_SELF_SIGNED, TLS_ALERT_UNKNOWN_CA);
    pair_close(&p);
    /* Another context: with a certificate that the client does not trust, and TLS 1.3 alone. */
    {
        tls_context_options options = p.server_options;

        options.suites = chosen;
        options.suite_count = 1;
        options.record_size = 512;
        check(tls_context_new(&other, &options) == TLS_OK, "select a context: made");
    }
    memset(&selection, 0, sizeof selection);
    selection.context = other;
    handshake(&p, "select a context", TLS_VERSION_13);
    check(info_of(&p.server).suite == 0x1303, "select a context: its suite");
    exchange(&p, "select a context", 2000);
    check(sent_of_type(&p.server, TLS_CONTENT_APPLICATION_DATA) >= 4,
        "select a context: its record size");
    pair_close(&p);
    selection.context = p.client_context;
    fails(&p, "select a client's context", &p.server, TLS_REASON_HANDLER, TLS_ALERT_INTERNAL_ERROR);
    pair_free(&p);
    tls_context_release(other);
}

int
main(void)
{
    load_identities();
    downgrades();
    versions();
    selects();
    unload_identities();
    return check_end();
}

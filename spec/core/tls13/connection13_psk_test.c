/* connection13_psk_test.c - pre-shared keys of TLS 1.3 without Lua: resumption by ticket, by cache
 * and by a handler, and external keys. */
#include <string.h>

#include "support/check.h"
#include "support/inside.h"
#include "support/resumption.h"

static pair p;

/* ---- Resumption ---- */

static void
resumption(enum store store)
{
    const char *what = store_names[store];
    tls_session *imported = NULL;
    tls_buffer exported = {0};
    tls_connection_info info;
    int round;

    resumption_begin(&p, store, what, NULL);
    check(tls_session_export(p.client_connection.session, &exported) == TLS_OK &&
              tls_session_import(&imported, tls_buffer_view(&exported)) == TLS_OK,
        "%s: export and import", what);
    tls_buffer_release(&exported);
    forget_session(&p);
    p.client_connection.session = imported;
    for (round = 0; round < 3; round++) {
        p.chunk = round == 1;
        handshake(&p, what, TLS_VERSION_13);
        info = info_of(&p.client);
        check(info.resumed && info.psk && info.peer_verified && info.peer_chain_count == 1 &&
                  info.local_scheme == 0 && info.peer_scheme == 0 &&
                  info.group == TLS_GROUP_X25519MLKEM768,
            "%s: resumed, with (EC)DHE", what);
        exchange(&p, what, 2000);
        say_goodbye(&p, what);
        check(resume_next(&p), "%s: another session", what);
    }
    resumption_end(&p);
}

static void
client_resumed(void)
{
    pair_client_is(&p, &identities[P384]);
}

static void
mutual_resumption(void)
{
    static const char what[] = "resumed, with a client's certificate";

    resumption_begin(&p, BY_TICKET, what, client_resumed);
    handshake(&p, what, TLS_VERSION_13);
    check(info_of(&p.server).resumed && info_of(&p.server).peer_verified &&
              info_of(&p.server).peer_chain_count == 1,
        "%s: the certificate is still known", what);
    /* Not where more is required than the session has. */
    pair_close(&p);
    p.server_options.trust = identities[P521].trust;
    pair_renew_server(&p);
    fails(&p, "another trust store", &p.server, TLS_REASON_SELF_SIGNED, TLS_ALERT_UNKNOWN_CA);
    resumption_end(&p);
}

static void
offer_sha256(void)
{
    static const uint16_t suites[] = {0x1301};

    p.client_options.suites = suites;
    p.client_options.suite_count = 1;
}

static void
resumption_refused(void)
{
    static const uint16_t sha384[] = {0x1302};
    tls_connection_info info;

    /* Another name, a changed policy, an end that has come: a full handshake without a word. */
    resumption_begin(&p, BY_TICKET, "another name", NULL);
    p.client_connection.server_name = NULL;
    p.client_connection.no_server_name = 1;
    handshake(&p, "another name", TLS_VERSION_13);
    check(!info_of(&p.server).resumed, "another name: not resumed");
    pair_close(&p);
    p.client_connection.server_name = "localhost";
    p.client_connection.no_server_name = 0;
    handshake(&p, "the name", TLS_VERSION_13);
    check(info_of(&p.server).resumed, "the name: resumed");
    pair_close(&p);
    clock_now += 7200;
    handshake(&p, "expired", TLS_VERSION_13);
    check(!info_of(&p.server).resumed, "expired: not resumed");
    clock_now -= 7200;
    resumption_end(&p);

    resumption_begin(&p, BY_TICKET, "other keys", NULL);
    tls_ticket_keys_release(p.server_options.ticket_keys);
    tls_ticket_keys_new(&p.server_options.ticket_keys, 0, 0, clock_now);
    pair_renew_server(&p);
    handshake(&p, "other keys", TLS_VERSION_13);
    check(!info_of(&p.server).resumed, "other keys: not resumed");
    resumption_end(&p);

    resumption_begin(&p, BY_CACHE, "flushed", NULL);
    tls_context_flush_sessions(p.server_context);
    handshake(&p, "flushed", TLS_VERSION_13);
    check(!info_of(&p.server).resumed, "flushed: not resumed");
    resumption_end(&p);

    /* The hash of the session's suite is not one that both sides have now. */
    resumption_begin(&p, BY_HANDLER, "another hash", offer_sha256);
    p.server_options.suites = sha384;
    p.server_options.suite_count = 1;
    p.client_options.suites = NULL;
    p.client_options.suite_count = 0;
    pair_renew_server(&p);
    pair_renew_client(&p);
    handshake(&p, "another hash", TLS_VERSION_13);
    info = info_of(&p.server);
    check(!info.resumed && info.suite == 0x1302, "another hash: not resumed");
    resumption_end(&p);
}

static uint32_t
lifetime_left(void)
{
    tls_session_info info;

    tls_session_get_info(p.client_connection.session, &info);
    return (uint32_t)(info.expires - clock_now);
}

/* No chain of resumptions outlives the authentication that began it. */
static void
chain_ends(void)
{
    static const char what[] = "a chain of resumptions";
    int64_t before = clock_now;
    int i;

    resumption_begin(&p, BY_TICKET, what, NULL);
    check(lifetime_left() == 7200, "%s: %u seconds at first", what, (unsigned)lifetime_left());
    for (i = 1; i <= 3; i++) {
        clock_now += 2000;
        handshake(&p, what, TLS_VERSION_13);
        pair_pump(&p);
        check(info_of(&p.server).resumed, "%s: resumed", what);
        check(resume_next(&p) && lifetime_left() == 7200 - 2000 * (unsigned)i,
            "%s: %u seconds are left", what, (unsigned)lifetime_left());
    }
    clock_now += 1300;
    handshake(&p, what, TLS_VERSION_13);
    check(!info_of(&p.server).resumed, "%s: ends", what);
    clock_now = before;
    resumption_end(&p);
}

static void
stages_resumed(void)
{
    resumption_begin(&p, BY_TICKET, "stages", NULL);
    pair_watch(&p);
    handshake(&p, "stages", TLS_VERSION_13);
    check_text(p.client.stages,
        " >client_hello <server_hello >change_cipher_spec <change_cipher_spec <encrypted_extensions"
        " <finished >finished =established <new_session_ticket",
        "resumed: the client's stages");
    check_text(p.server.stages,
        " <client_hello >server_hello >change_cipher_spec >encrypted_extensions >finished"
        " <change_cipher_spec <finished >new_session_ticket =established",
        "resumed: the server's stages");
    check_text(p.client.keylog, p.server.keylog, "resumed: key log");
    resumption_end(&p);
}

/* ---- External keys ---- */

static struct {
    const char *identity; /* the client's */
    unsigned char key[48], server_key[48];
    size_t length;
    int hash, server_hash;
    const char *known; /* the server's */
    unsigned asked;
} external;

static int
give_psk(side *s, const tls_question *q)
{
    if (q->decision != TLS_DECISION_PSK)
        return 0;
    if (s == &p.client) {
        check(q->u.psk.identity.length == 0, "external: the client is asked for an identity");
        return tls_connection_answer_psk(s->c, tls_bytes_of_string(external.identity),
                   tls_bytes_make(external.key, external.length), external.hash) == TLS_OK;
    }
    external.asked++;
    if (!tls_bytes_equal_string(q->u.psk.identity, external.known))
        return tls_connection_answer_psk(
                   s->c, tls_bytes_make(NULL, 0), tls_bytes_make(NULL, 0), br_sha256_ID) == TLS_OK;
    return tls_connection_answer_psk(s->c, tls_bytes_make(NULL, 0),
               tls_bytes_make(external.server_key, external.length),
               external.server_hash) == TLS_OK;
}

static void
use_external(const enum kind kind, int hash)
{
    pair_init(&p, &identities[kind]);
    memset(&external, 0, sizeof external);
    memset(external.key, 0x5A, sizeof external.key);
    memcpy(external.server_key, external.key, sizeof external.key);
    external.identity = external.known = "device 17";
    external.length = 32;
    external.hash = external.server_hash = hash;
    p.client.answer = p.server.answer = give_psk;
    p.client_connection.decision_mask = p.server_connection.decision_mask = 1u << TLS_DECISION_PSK;
}

static void
external_keys(void)
{
    static const uint16_t sha256_suites[] = {0x1301, 0x1303};
    tls_connection_info info;
    int hash, modes;

    for (hash = br_sha256_ID; hash <= br_sha384_ID; hash++)
        for (modes = 0; modes < 2; modes++) {
            const char *what = hash == br_sha256_ID ? "external, SHA-256" : "external, SHA-384";

            use_external(P256, hash);
            p.server_options.credential_count = 0; /* nothing else would do */
            p.client_options.psk_ke = p.server_options.psk_ke = modes;
            pair_watch(&p);
            p.client_connection.decision_mask |= 1u << TLS_DECISION_PSK;
            p.server_connection.decision_mask |= 1u << TLS_DECISION_PSK;
            p.chunk = (size_t)modes;
            handshake(&p, what, TLS_VERSION_13);
            info = info_of(&p.client);
            check(info.psk && !info.resumed && !info.peer_verified && info.peer_chain_count == 0 &&
                      tls_bytes_equal_string(info.psk_identity, "device 17"),
                "%s: the client's side", what);
            info = info_of(&p.server);
            check(info.psk && !info.resumed && (info.suite == 0x1302) == (hash == br_sha384_ID) &&
                      tls_bytes_equal_string(info.psk_identity, "device 17"),
                "%s: the server's side", what);
            check_text(p.client.keylog, p.server.keylog, "%s: key log", what);
            exchange(&p, what, 500);
            say_goodbye(&p, what);
            resumption_end(&p);
        }

    /* An identity that is not known: a certificate where there is one, else the end. */
    use_external(P256, br_sha256_ID);
    external.known = "device 18";
    handshake(&p, "unknown identity", TLS_VERSION_13);
    check(!info_of(&p.client).psk && info_of(&p.client).peer_verified && external.asked == 1,
        "unknown identity: the certificate instead");
    pair_close(&p);
    p.server_options.credential_count = 0;
    pair_renew_server(&p);
    fails(&p, "unknown identity and no certificate", &p.server, TLS_REASON_UNKNOWN_PSK_IDENTITY,
        TLS_ALERT_UNKNOWN_PSK_IDENTITY);
    resumption_end(&p);

    use_external(P256, br_sha256_ID);
    external.server_key[5] ^= 1;
    fails(&p, "another key", &p.server, TLS_REASON_BAD_FINISHED, TLS_ALERT_DECRYPT_ERROR);
    resumption_end(&p);

    use_external(P256, br_sha384_ID);
    p.server_options.suites = sha256_suites;
    p.server_options.suite_count = 2;
    handshake(&p, "no suite of its hash", TLS_VERSION_13);
    check(!info_of(&p.server).psk, "no suite of its hash: the certificate instead");
    resumption_end(&p);

    /* One side says another hash than the other. */
    use_external(P256, br_sha256_ID);
    external.server_hash = br_sha384_ID;
    fails(&p, "another hash", &p.server, TLS_REASON_BAD_FINISHED, TLS_ALERT_DECRYPT_ERROR);
    resumption_end(&p);
}

/* only_psk_ke makes a client's ClientHello, which has been sent, one that offers psk_ke alone: ours
 * always offers psk_dhe_ke too. The binder and what the client remembers follow. */
static int
only_psk_ke(side *s)
{
    static const unsigned char modes[] = {0, TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES, 0, 3, 2, 1, 0};
    tls13_engine *e = inside_engine13(s->c);
    tls_bytes output = tls_connection_output(s->c);
    unsigned char *hello = (unsigned char *)(uintptr_t)output.data + TLS_RECORD_HEADER_LENGTH;
    size_t length = output.length - TLS_RECORD_HEADER_LENGTH, i;
    size_t binder = tls_hash_length(e->psks[0].hash);

    for (i = 0; i + sizeof modes < length; i++)
        if (memcmp(hello + i, modes, sizeof modes) == 0)
            break;
    if (i + sizeof modes >= length || e->psk_count != 1)
        return 0;
    hello[i + 5] = 0;
    tls_transcript_init(&e->transcript);
    tls13_binder(
        e, hello + length - binder, &e->psks[0], tls_bytes_make(hello, length - binder - 3));
    tls_transcript_update(&e->transcript, tls_bytes_make(hello, length));
    return 1;
}

static void
allow_psk_ke(void)
{
    p.client_options.psk_ke = p.server_options.psk_ke = 1;
}

static void
psk_modes(void)
{
    int side_without;

    resumption_begin(&p, BY_TICKET, "psk_dhe_ke beside psk_ke", allow_psk_ke);
    handshake(&p, "psk_dhe_ke beside psk_ke", TLS_VERSION_13);
    check(info_of(&p.server).resumed && info_of(&p.server).group != 0,
        "psk_dhe_ke beside psk_ke: with (EC)DHE, since the client offers that");
    resumption_end(&p);

    resumption_begin(&p, BY_TICKET, "psk_ke", allow_psk_ke);
    pair_open(&p);
    side_run(&p.client);
    check(only_psk_ke(&p.client), "psk_ke: ClientHello is changed");
    pair_pump(&p);
    check(info_of(&p.client).established && info_of(&p.server).resumed &&
              info_of(&p.client).group == 0 && info_of(&p.server).group == 0,
        "psk_ke: resumed without (EC)DHE (%s)", trouble(&p));
    exchange(&p, "psk_ke", 100);
    say_goodbye(&p, "psk_ke");
    resumption_end(&p);

    use_external(P256, br_sha384_ID);
    allow_psk_ke();
    pair_open(&p);
    side_run(&p.client);
    check(only_psk_ke(&p.client), "external, psk_ke: ClientHello is changed");
    pair_pump(&p);
    check(info_of(&p.client).established && info_of(&p.server).psk && info_of(&p.client).group == 0,
        "external, psk_ke: without (EC)DHE (%s)", trouble(&p));
    exchange(&p, "external, psk_ke", 100);
    resumption_end(&p);

    /* Where one side does not allow it: a server passes the PSK over, a client ends the connection.
     */
    for (side_without = 0; side_without < 2; side_without++) {
        resumption_begin(&p, BY_TICKET, "psk_ke not allowed", allow_psk_ke);
        p.server_options.psk_ke = side_without;
        pair_renew_server(&p);
        pair_open(&p);
        side_run(&p.client);
        check(only_psk_ke(&p.client), "psk_ke not allowed: ClientHello is changed");
        inside_context(p.client.c)->psk_ke = !side_without;
        pair_pump(&p);
        if (side_without)
            check(tls_connection_failure(p.client.c) == TLS_REASON_ILLEGAL_PARAMETER,
                "psk_ke not allowed: by the client (%s)", trouble(&p));
        else
            check(info_of(&p.client).established && !info_of(&p.server).resumed,
                "psk_ke not allowed: by the server (%s)", trouble(&p));
        resumption_end(&p);
    }
}

/* A key of the application's, and a session behind it. */
static void
external_and_session(void)
{
    static const uint16_t client_groups[] = {TLS_GROUP_X25519, TLS_GROUP_SECP256R1};
    static const uint16_t server_groups[] = {TLS_GROUP_SECP256R1};
    int retry;

    for (retry = 0; retry < 2; retry++) {
        const char *what = retry ? "two PSKs, retried" : "two PSKs";

        resumption_begin(&p, BY_TICKET, what, NULL);
        memset(&external, 0, sizeof external);
        external.identity = "device 17";
        external.known = "device 18";
        external.length = 32;
        external.hash = external.server_hash = br_sha384_ID;
        p.client.answer = p.server.answer = give_psk;
        p.client_connection.decision_mask = p.server_connection.decision_mask = 1u
                                                                                << TLS_DECISION_PSK;
        handshake(&p, what, TLS_VERSION_13);
        check(info_of(&p.server).resumed && external.asked == 1, "%s: the second is taken", what);
        exchange(&p, what, 100);
        pair_close(&p);
        if (retry) {
            /* Retried under the suite of one hash: the key of the other is offered no more. */
            p.client_options.groups = client_groups;
            p.client_options.group_count = 2;
            p.server_options.groups = server_groups;
            p.server_options.group_count = 1;
            pair_renew_client(&p);
            pair_renew_server(&p);
            forget_session(&p);
            handshake(&p, what, TLS_VERSION_13);
            check(info_of(&p.server).hello_retry && !info_of(&p.server).psk, "%s: no PSK", what);
            pair_pump(&p);
            resume_next(&p);
            handshake(&p, what, TLS_VERSION_13);
            check(info_of(&p.server).hello_retry && info_of(&p.server).resumed,
                "%s: the second is taken", what);
            exchange(&p, what, 100);
        }
        resumption_end(&p);
    }
}

int
main(void)
{
    int i;

    load_identities();
    for (i = 0; i < STORES; i++)
        resumption((enum store)i);
    mutual_resumption();
    resumption_refused();
    chain_ends();
    stages_resumed();
    external_keys();
    psk_modes();
    external_and_session();
    unload_identities();
    return check_end();
}

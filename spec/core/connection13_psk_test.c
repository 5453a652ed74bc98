/* connection13_psk_test.c - pre-shared keys of TLS 1.3 without Lua: resumption by ticket, by cache and by a handler,
 * external keys, and early data, taken and refused for each reason. */
#include "connection13_support.h"
#include "engine13_internal.h"

static pair p;

/* ---- Resumption ---- */

enum store { BY_TICKET, BY_CACHE, BY_HANDLER, STORES };
static const char *const store_names[STORES] = {"by ticket", "by cache", "by handler"};

/* keep_and_load is the server's own store, of one session. */
static int
keep_and_load(side *s, const tls_question *q)
{
    tls_session_info info;

    switch (q->decision) {
    case TLS_DECISION_SESSION_STORE:
        tls_session_release(p.stored);
        p.stored = tls_session_retain(q->u.session_store.session);
        return 0;
    case TLS_DECISION_SESSION_LOAD:
        if (p.stored == NULL)
            return tls_connection_answer_session(s->c, NULL) == TLS_OK;
        tls_session_get_info(p.stored, &info);
        return tls_connection_answer_session(s->c,
                   tls_bytes_equal(info.id, q->u.session_load.session_id) ? p.stored : NULL) ==
               TLS_OK;
    default:
        return 0;
    }
}

static void
use_store(enum store store)
{
    p.server_options.ticket_count = 1;
    if (store == BY_TICKET) {
        check(tls_ticket_keys_new(&p.server_options.ticket_keys, 0, 0, clock_now) == TLS_OK,
            "ticket keys", "made");
    } else if (store == BY_CACHE) {
        p.server_options.session_cache_size = 8;
    } else {
        p.server_connection.decision_mask |=
            1u << TLS_DECISION_SESSION_STORE | 1u << TLS_DECISION_SESSION_LOAD;
        p.server.answer = keep_and_load;
    }
}

static void
done(void)
{
    forget_session(&p);
    pair_free(&p);
    tls_ticket_keys_release(p.server_options.ticket_keys);
}

/* begin makes a pair whose client has just got a session. */
static void
begin(enum store store, const char *what, void (*change)(void))
{
    pair_init(&p, &identities[P256]);
    use_store(store);
    if (change != NULL)
        change();
    handshake(&p, what, TLS_VERSION_13);
    pair_pump(&p);
    check(!info_of(&p.client).resumed, what, "a full handshake first");
    check(resume_next(&p), what, "a session");
}

static void
resumption(enum store store)
{
    const char *what = store_names[store];
    tls_session *imported = NULL;
    tls_buffer exported = {0};
    tls_connection_info info;
    int round;

    begin(store, what, NULL);
    check(tls_session_export(p.client_connection.session, &exported) == TLS_OK &&
              tls_session_import(&imported, tls_buffer_view(&exported)) == TLS_OK,
        what, "export and import");
    tls_buffer_release(&exported);
    forget_session(&p);
    p.client_connection.session = imported;
    for (round = 0; round < 3; round++) {
        p.chunk = round == 1;
        handshake(&p, what, TLS_VERSION_13);
        info = info_of(&p.client);
        check(info.resumed && info.psk && info.peer_verified && info.peer_chain_count == 1 &&
                  info.local_scheme == 0 && info.peer_scheme == 0 &&
                  info.group == TLS_GROUP_X25519,
            what, "resumed, with (EC)DHE");
        exchange(&p, what, 2000);
        say_goodbye(&p, what);
        check(resume_next(&p), what, "another session");
    }
    done();
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

    begin(BY_TICKET, what, client_resumed);
    handshake(&p, what, TLS_VERSION_13);
    check(info_of(&p.server).resumed && info_of(&p.server).peer_verified &&
              info_of(&p.server).peer_chain_count == 1,
        what, "the certificate is still known");
    /* Not where more is required than the session has. */
    pair_close(&p);
    p.server_options.trust = identities[P521].trust;
    pair_renew_server(&p);
    fails(&p, "another trust store", &p.server, TLS_REASON_SELF_SIGNED, TLS_ALERT_UNKNOWN_CA);
    done();
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
    begin(BY_TICKET, "another name", NULL);
    p.client_connection.server_name = NULL;
    handshake(&p, "another name", TLS_VERSION_13);
    check(!info_of(&p.server).resumed, "another name", "not resumed");
    pair_close(&p);
    p.client_connection.server_name = "localhost";
    handshake(&p, "the name", TLS_VERSION_13);
    check(info_of(&p.server).resumed, "the name", "resumed");
    pair_close(&p);
    clock_now += 7200;
    handshake(&p, "expired", TLS_VERSION_13);
    check(!info_of(&p.server).resumed, "expired", "not resumed");
    clock_now -= 7200;
    done();

    begin(BY_TICKET, "other keys", NULL);
    tls_ticket_keys_release(p.server_options.ticket_keys);
    tls_ticket_keys_new(&p.server_options.ticket_keys, 0, 0, clock_now);
    pair_renew_server(&p);
    handshake(&p, "other keys", TLS_VERSION_13);
    check(!info_of(&p.server).resumed, "other keys", "not resumed");
    done();

    begin(BY_CACHE, "flushed", NULL);
    tls_context_flush_sessions(p.server_context);
    handshake(&p, "flushed", TLS_VERSION_13);
    check(!info_of(&p.server).resumed, "flushed", "not resumed");
    done();

    /* The hash of the session's suite is not one that both sides have now. */
    begin(BY_HANDLER, "another hash", offer_sha256);
    p.server_options.suites = sha384;
    p.server_options.suite_count = 1;
    p.client_options.suites = NULL;
    p.client_options.suite_count = 0;
    pair_renew_server(&p);
    pair_renew_client(&p);
    handshake(&p, "another hash", TLS_VERSION_13);
    info = info_of(&p.server);
    check(!info.resumed && info.suite == 0x1302, "another hash", "not resumed");
    done();
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

    begin(BY_TICKET, what, NULL);
    check(lifetime_left() == 7200, what, "%u seconds at first", (unsigned)lifetime_left());
    for (i = 1; i <= 3; i++) {
        clock_now += 2000;
        handshake(&p, what, TLS_VERSION_13);
        pair_pump(&p);
        check(info_of(&p.server).resumed, what, "resumed");
        check(resume_next(&p) && lifetime_left() == 7200 - 2000 * (unsigned)i, what,
            "%u seconds are left", (unsigned)lifetime_left());
    }
    clock_now += 1300;
    handshake(&p, what, TLS_VERSION_13);
    check(!info_of(&p.server).resumed, what, "ends");
    clock_now = before;
    done();
}

static void
stages_resumed(void)
{
    begin(BY_TICKET, "stages", NULL);
    pair_watch(&p);
    handshake(&p, "stages", TLS_VERSION_13);
    same_text(p.client.stages,
        " >client_hello <server_hello >change_cipher_spec <change_cipher_spec <encrypted_extensions"
        " <finished >finished =established <new_session_ticket",
        "resumed", "the client's stages");
    same_text(p.server.stages,
        " <client_hello >server_hello >change_cipher_spec >encrypted_extensions >finished"
        " <change_cipher_spec <finished >new_session_ticket =established",
        "resumed", "the server's stages");
    same_text(p.client.keylog, p.server.keylog, "resumed", "key log");
    done();
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
        check(q->u.psk.identity.length == 0, "external", "the client is asked for an identity");
        return tls_connection_answer_psk(s->c, tls_bytes_of_string(external.identity),
                   tls_bytes_make(external.key, external.length), external.hash) == TLS_OK;
    }
    external.asked++;
    if (!tls_bytes_equal_string(q->u.psk.identity, external.known))
        return tls_connection_answer_psk(s->c, tls_bytes_make(NULL, 0), tls_bytes_make(NULL, 0),
                   br_sha256_ID) == TLS_OK;
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
            p.client_options.psk_only = p.server_options.psk_only = modes;
            pair_watch(&p);
            p.client_connection.decision_mask |= 1u << TLS_DECISION_PSK;
            p.server_connection.decision_mask |= 1u << TLS_DECISION_PSK;
            p.chunk = (size_t)modes;
            handshake(&p, what, TLS_VERSION_13);
            info = info_of(&p.client);
            check(info.psk && !info.resumed && !info.peer_verified && info.peer_chain_count == 0 &&
                      tls_bytes_equal_string(info.psk_identity, "device 17"),
                what, "the client's side");
            info = info_of(&p.server);
            check(info.psk && !info.resumed && (info.suite == 0x1302) == (hash == br_sha384_ID) &&
                      tls_bytes_equal_string(info.psk_identity, "device 17"),
                what, "the server's side");
            same_text(p.client.keylog, p.server.keylog, what, "key log");
            exchange(&p, what, 500);
            say_goodbye(&p, what);
            done();
        }

    /* An identity that is not known: a certificate where there is one, else the end. */
    use_external(P256, br_sha256_ID);
    external.known = "device 18";
    handshake(&p, "unknown identity", TLS_VERSION_13);
    check(!info_of(&p.client).psk && info_of(&p.client).peer_verified && external.asked == 1,
        "unknown identity", "the certificate instead");
    pair_close(&p);
    p.server_options.credential_count = 0;
    pair_renew_server(&p);
    fails(&p, "unknown identity and no certificate", &p.server, TLS_REASON_UNKNOWN_PSK_IDENTITY,
        TLS_ALERT_UNKNOWN_PSK_IDENTITY);
    done();

    use_external(P256, br_sha256_ID);
    external.server_key[5] ^= 1;
    fails(&p, "another key", &p.server, TLS_REASON_BAD_FINISHED, TLS_ALERT_DECRYPT_ERROR);
    done();

    use_external(P256, br_sha384_ID);
    p.server_options.suites = sha256_suites;
    p.server_options.suite_count = 2;
    handshake(&p, "no suite of its hash", TLS_VERSION_13);
    check(!info_of(&p.server).psk, "no suite of its hash", "the certificate instead");
    done();

    /* One side says another hash than the other. */
    use_external(P256, br_sha256_ID);
    external.server_hash = br_sha384_ID;
    fails(&p, "another hash", &p.server, TLS_REASON_BAD_FINISHED, TLS_ALERT_DECRYPT_ERROR);
    done();
}

/* only_psk_ke makes a client's ClientHello, which has been sent, one that offers psk_ke alone: ours always offers
 * psk_dhe_ke too. The binder and what the client remembers follow. */
static int
only_psk_ke(side *s)
{
    static const unsigned char modes[] = {0, TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES, 0, 3, 2, 1, 0};
    engine13 *e = s->c->engine;
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
    engine13_binder(e, hello + length - binder, &e->psks[0],
        tls_bytes_make(hello, length - binder - 3));
    tls_transcript_update(&e->transcript, tls_bytes_make(hello, length));
    return 1;
}

static void
allow_psk_ke(void)
{
    p.client_options.psk_only = p.server_options.psk_only = 1;
}

static void
psk_modes(void)
{
    int side_without;

    begin(BY_TICKET, "psk_dhe_ke beside psk_ke", allow_psk_ke);
    handshake(&p, "psk_dhe_ke beside psk_ke", TLS_VERSION_13);
    check(info_of(&p.server).resumed && info_of(&p.server).group != 0, "psk_dhe_ke beside psk_ke",
        "with (EC)DHE");
    done();

    begin(BY_TICKET, "psk_ke", allow_psk_ke);
    pair_open(&p);
    run(&p.client);
    check(only_psk_ke(&p.client), "psk_ke", "ClientHello is changed");
    pair_pump(&p);
    check(info_of(&p.client).established && info_of(&p.server).resumed &&
              info_of(&p.client).group == 0 && info_of(&p.server).group == 0,
        "psk_ke", "resumed without (EC)DHE (%s)", trouble(&p));
    exchange(&p, "psk_ke", 100);
    say_goodbye(&p, "psk_ke");
    done();

    use_external(P256, br_sha384_ID);
    allow_psk_ke();
    pair_open(&p);
    run(&p.client);
    check(only_psk_ke(&p.client), "external, psk_ke", "ClientHello is changed");
    pair_pump(&p);
    check(info_of(&p.client).established && info_of(&p.server).psk &&
              info_of(&p.client).group == 0,
        "external, psk_ke", "without (EC)DHE (%s)", trouble(&p));
    exchange(&p, "external, psk_ke", 100);
    done();

    /* Where one side does not allow it: a server passes the PSK over, a client ends the connection. */
    for (side_without = 0; side_without < 2; side_without++) {
        begin(BY_TICKET, "psk_ke not allowed", allow_psk_ke);
        p.server_options.psk_only = side_without;
        pair_renew_server(&p);
        pair_open(&p);
        run(&p.client);
        check(only_psk_ke(&p.client), "psk_ke not allowed", "ClientHello is changed");
        p.client.c->context->psk_only = !side_without;
        pair_pump(&p);
        if (side_without)
            check(tls_connection_failure(p.client.c) == TLS_REASON_ILLEGAL_PARAMETER,
                "psk_ke not allowed", "by the client (%s)", trouble(&p));
        else
            check(info_of(&p.client).established && !info_of(&p.server).resumed,
                "psk_ke not allowed", "by the server (%s)", trouble(&p));
        done();
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

        begin(BY_TICKET, what, NULL);
        memset(&external, 0, sizeof external);
        external.identity = "device 17";
        external.known = "device 18";
        external.length = 32;
        external.hash = external.server_hash = br_sha384_ID;
        p.client.answer = p.server.answer = give_psk;
        p.client_connection.decision_mask = p.server_connection.decision_mask =
            1u << TLS_DECISION_PSK;
        handshake(&p, what, TLS_VERSION_13);
        check(info_of(&p.server).resumed && external.asked == 1, what, "the second is taken");
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
            check(info_of(&p.server).hello_retry && !info_of(&p.server).psk, what, "no PSK");
            pair_pump(&p);
            resume_next(&p);
            handshake(&p, what, TLS_VERSION_13);
            check(info_of(&p.server).hello_retry && info_of(&p.server).resumed, what,
                "the second is taken");
            exchange(&p, what, 100);
        }
        done();
    }
}

/* ---- Early data ---- */

static const uint16_t two_suites[] = {0x1301, 0x1303};
static tls_bytes protocols[2];

static void
allow_early_data(void)
{
    protocols[0] = tls_bytes_of_string("one");
    protocols[1] = tls_bytes_of_string("two");
    p.client_options.suites = p.server_options.suites = two_suites;
    p.client_options.suite_count = p.server_options.suite_count = 2;
    p.client_options.alpn = p.server_options.alpn = protocols;
    p.client_options.alpn_count = p.server_options.alpn_count = 2;
    p.server_options.max_early_data = 4000;
}

static void
send_early(size_t length, int resend)
{
    p.client_connection.early_data = tls_bytes_make(pattern(), length);
    p.client_connection.early_data_resend = resend;
}

/* outcome of one handshake with early data on what `begin` has made. */
static void
outcome(const char *what, int accepted)
{
    size_t length = p.client_connection.early_data.length;
    size_t all;

    if (!handshake(&p, what, TLS_VERSION_13)) {
        pair_close(&p);
        return;
    }
    check(info_of(&p.client).early_data ==
              (accepted ? TLS_EARLY_DATA_ACCEPTED : TLS_EARLY_DATA_REJECTED),
        what, accepted ? "accepted" : "rejected");
    check(info_of(&p.server).early_data_length == (accepted ? length : 0), what, "%u early bytes",
        (unsigned)info_of(&p.server).early_data_length);
    pair_pump(&p);
    /* Accepted, or sent again: once in any case; else not at all. */
    all = p.server.early_length + p.server.data_length;
    check(all == (accepted || p.client_connection.early_data_resend ? length : 0), what,
        "%u bytes arrive", (unsigned)all);
    check(memcmp(accepted && !p.server.keep ? p.server.early : p.server.data, pattern(), all) == 0,
        what, "the right ones");
    p.server.data_length = p.server.early_length = 0;
    p.server.keep = 0;
    exchange(&p, what, 500);
    say_goodbye(&p, what);
    pair_close(&p);
}

static int
refuse_early(side *s, const tls_question *q)
{
    if (q->decision != TLS_DECISION_EARLY_DATA)
        return 0;
    check(tls_bytes_equal_string(q->u.early_data.alpn, "one") &&
              strcmp(q->u.early_data.server_name, "localhost") == 0 &&
              q->u.early_data.session != NULL,
        "early data", "the question");
    return tls_connection_answer_early_data(s->c, 0) == TLS_OK;
}

static void
early_data_taken(enum store store)
{
    char what[60];
    size_t chunk, length;

    for (chunk = 0; chunk < 2; chunk++)
        for (length = 1; length <= 4000; length += 3999) {
            snprintf(what, sizeof what, "%u early bytes %s, chunk %u", (unsigned)length,
                store_names[store], (unsigned)chunk);
            begin(store, what, allow_early_data);
            p.chunk = chunk;
            send_early(length, 1);
            outcome(what, 1);
            check(p.server.early_events > 0, what, "told");
            done();
        }
}

/* What nobody took while the handshake went on comes first out of plaintext. */
static void
early_data_kept(void)
{
    static const char what[] = "early data that waits";
    tls_bytes plaintext;
    size_t n;

    begin(BY_TICKET, what, allow_early_data);
    send_early(1000, 1);
    p.server.keep = 1;
    pair_open(&p);
    pair_pump(&p);
    check(p.server.early_events > 0 && info_of(&p.server).established, what, "told");
    check(tls_connection_write(p.client.c, &n, pattern() + 1000, 500) == TLS_OK && n == 500, what,
        "written");
    pair_pump(&p);
    plaintext = tls_connection_plaintext(p.server.c);
    check(plaintext.length == 1000 && memcmp(plaintext.data, pattern(), 1000) == 0, what, "first");
    check(p.server.last == TLS_EVENT_DATA, what, "DATA");
    tls_connection_plaintext_consume(p.server.c, 400);
    check(tls_connection_plaintext(p.server.c).length == 600, what, "partly consumed");
    p.server.keep = 0;
    pair_pump(&p);
    check(p.server.data_length == 1100 && memcmp(p.server.data, pattern() + 400, 1100) == 0, what,
        "and then the rest");
    pair_close(&p);
    done();
}

/* A server writes before the client's Finished has come (0.5-RTT). */
static void
half_rtt(void)
{
    static const char what[] = "0.5-RTT";
    size_t n = 0;

    begin(BY_TICKET, what, allow_early_data);
    send_early(100, 1);
    pair_open(&p);
    run(&p.client);
    check(tls_connection_write(p.server.c, &n, "early", 5) == TLS_REASON_NOT_READY, what,
        "not before its own Finished");
    move(&p.client, &p.server, 0);
    run(&p.server);
    check(p.server.early_length == 100 && !info_of(&p.server).established, what, "early data is read");
    check(tls_connection_write(p.server.c, &n, "answer", 6) == TLS_OK && n == 6, what, "answered");
    move(&p.server, &p.client, 0);
    run(&p.client);
    check(p.client.data_length == 6 && memcmp(p.client.data, "answer", 6) == 0 &&
              !info_of(&p.server).established,
        what, "the answer is there after one round trip");
    pair_pump(&p);
    check(info_of(&p.server).established, what, "%s", trouble(&p));
    exchange(&p, what, 100);
    pair_close(&p);
    done();

    /* Not without early data: who is at the other end is not known yet. */
    begin(BY_TICKET, what, allow_early_data);
    pair_open(&p);
    run(&p.client);
    move(&p.client, &p.server, 0);
    run(&p.server);
    check(tls_connection_write(p.server.c, &n, "early", 5) == TLS_REASON_NOT_READY, what,
        "not without early data");
    done();
}

/* Each cause for which a server goes on without the early data; sent again by the client, or not. */
static void
early_data_rejected(int resend)
{
    static const uint16_t client_groups[] = {TLS_GROUP_X25519, TLS_GROUP_SECP256R1};
    static const uint16_t server_groups[] = {TLS_GROUP_SECP256R1};
    static tls_bytes swapped[2];

    begin(BY_TICKET, "early data, retried", allow_early_data);
    forget_session(&p);
    p.client_options.groups = client_groups;
    p.client_options.group_count = 2;
    p.server_options.groups = server_groups;
    p.server_options.group_count = 1;
    pair_renew_client(&p);
    pair_renew_server(&p);
    handshake(&p, "early data, retried", TLS_VERSION_13);
    pair_pump(&p);
    resume_next(&p);
    send_early(4000, resend);
    outcome("early data, retried", 0);
    done();

    begin(BY_TICKET, "early data, refused", allow_early_data);
    send_early(3000, resend);
    p.server.answer = refuse_early;
    p.server_connection.decision_mask |= 1u << TLS_DECISION_EARLY_DATA;
    outcome("early data, refused", 0);
    done();

    /* The session's suite and protocol are not what the server would take for this one. */
    begin(BY_TICKET, "early data, other protocol", allow_early_data);
    send_early(3000, resend);
    swapped[0] = protocols[1];
    swapped[1] = protocols[0];
    {
        tls_selection selection;

        memset(&selection, 0, sizeof selection);
        selection.alpn = swapped[0];
        pair_open(&p);
        tls_connection_watch(p.server.c, 0, 1u << TLS_DECISION_SELECT);
        run(&p.client);
        move(&p.client, &p.server, 0);
        check(tls_connection_step(p.server.c) == TLS_EVENT_DECISION &&
                  tls_connection_answer_select(p.server.c, &selection) == TLS_OK,
            "early data, other protocol", "selected");
        pair_pump(&p);
        check(info_of(&p.client).established &&
                  info_of(&p.client).early_data == TLS_EARLY_DATA_REJECTED &&
                  tls_bytes_equal_string(info_of(&p.server).alpn, "two") &&
                  p.server.data_length == (resend ? 3000u : 0u),
            "early data, other protocol", "rejected (%s)", trouble(&p));
        exchange(&p, "early data, other protocol", 100);
        pair_close(&p);
    }
    {
        static const uint16_t other[] = {0x1303};
        tls_selection selection;

        memset(&selection, 0, sizeof selection);
        selection.suites = other;
        selection.suite_count = 1;
        pair_open(&p);
        tls_connection_watch(p.server.c, 0, 1u << TLS_DECISION_SELECT);
        run(&p.client);
        move(&p.client, &p.server, 0);
        check(tls_connection_step(p.server.c) == TLS_EVENT_DECISION &&
                  tls_connection_answer_select(p.server.c, &selection) == TLS_OK,
            "early data, other suite", "selected");
        pair_pump(&p);
        check(info_of(&p.client).established && info_of(&p.client).resumed &&
                  info_of(&p.client).early_data == TLS_EARLY_DATA_REJECTED &&
                  info_of(&p.server).suite == 0x1303 &&
                  p.server.data_length == (resend ? 3000u : 0u),
            "early data, other suite", "rejected (%s)", trouble(&p));
        exchange(&p, "early data, other suite", 100);
    }
    done();

    begin(BY_TICKET, "early data, a second time", allow_early_data);
    send_early(3000, resend);
    outcome("early data, the first time", 1);
    outcome("early data, a second time", 0);
    done();

    /* Section 8.3: not when the client's age of the ticket and ours differ. */
    begin(BY_TICKET, "early data, another age", allow_early_data);
    send_early(3000, resend);
    pair_open(&p);
    run(&p.client);
    clock_now += 11;
    move(&p.client, &p.server, 0);
    pair_pump(&p);
    check(info_of(&p.client).established && info_of(&p.client).resumed &&
              info_of(&p.client).early_data == TLS_EARLY_DATA_REJECTED,
        "early data, another age", "rejected (%s)", trouble(&p));
    pair_close(&p);
    pair_open(&p);
    run(&p.client);
    clock_now -= 11;
    move(&p.client, &p.server, 0);
    pair_pump(&p);
    check(info_of(&p.client).established &&
              info_of(&p.client).early_data == TLS_EARLY_DATA_REJECTED,
        "early data, another age", "rejected (%s)", trouble(&p));
    pair_close(&p);
    outcome("early data, the right age", 1);
    clock_now += 500;
    done();
    clock_now -= 500;

    begin(BY_TICKET, "early data, long after", allow_early_data);
    send_early(3000, resend);
    clock_now += 3000;
    outcome("early data, long after", 1);
    clock_now -= 3000;
    done();

    begin(BY_TICKET, "early data, not any more", allow_early_data);
    send_early(3000, resend);
    p.server_options.max_early_data = 0;
    pair_renew_server(&p);
    outcome("early data, not any more", 0);
    done();

    /* The server forgets the session: a full handshake. */
    begin(BY_CACHE, "early data, forgotten", allow_early_data);
    send_early(3000, resend);
    tls_context_flush_sessions(p.server_context);
    outcome("early data, forgotten", 0);
    done();
}

static void
early_data_not_offered(void)
{
    begin(BY_TICKET, "more than the ticket allows", allow_early_data);
    send_early(4001, 1);
    handshake(&p, "more than the ticket allows", TLS_VERSION_13);
    check(info_of(&p.client).resumed && info_of(&p.client).early_data == TLS_EARLY_DATA_NONE,
        "more than the ticket allows", "none is offered");
    pair_pump(&p);
    check(p.server.data_length == 4001 && memcmp(p.server.data, pattern(), 4001) == 0,
        "more than the ticket allows", "but sent afterwards");
    pair_close(&p);
    clock_now += 7200;
    send_early(1000, 0);
    handshake(&p, "an expired ticket", TLS_VERSION_13);
    check(!info_of(&p.client).resumed && info_of(&p.client).early_data == TLS_EARLY_DATA_NONE,
        "an expired ticket", "none is offered");
    clock_now -= 7200;
    done();

    begin(BY_TICKET, "a ticket without early data", NULL);
    send_early(1000, 0);
    handshake(&p, "a ticket without early data", TLS_VERSION_13);
    check(info_of(&p.client).resumed && info_of(&p.client).early_data == TLS_EARLY_DATA_NONE,
        "a ticket without early data", "none is offered");
    pair_pump(&p);
    check(p.server.data_length == 0, "a ticket without early data", "nor sent again unasked");
    done();
}

/* A client that sends more than its ticket allows is ended: its session says more than the server's does. */
static void
early_data_too_much(void)
{
    static const char what[] = "too much early data";
    tls_buffer exported = {0};
    tls_session *session = NULL;
    size_t i;
    int found = 0;

    begin(BY_TICKET, what, allow_early_data);
    check(tls_session_export(p.client_connection.session, &exported) == TLS_OK, what, "exported");
    for (i = 0; i + 4 <= exported.length && !found; i++)
        if (memcmp(exported.data + i, "\0\0\x0F\xA0", 4) == 0) {
            exported.data[i + 1] = 1;
            found = 1;
        }
    check(found && tls_session_import(&session, tls_buffer_view(&exported)) == TLS_OK, what,
        "changed");
    tls_buffer_release(&exported);
    forget_session(&p);
    p.client_connection.session = session;
    send_early(4001, 0);
    fails(&p, what, &p.server, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
    done();
}

/* feed_junk gives the server records that look protected. */
static void
feed_junk(unsigned count)
{
    static unsigned char record[TLS_RECORD_HEADER_LENGTH + 16000] = {
        TLS_CONTENT_APPLICATION_DATA, 3, 3, 16000 >> 8, 16000 & 0xFF};

    while (count-- > 0 && p.server.last != TLS_EVENT_FAILED) {
        size_t fed = 0;

        while (fed < sizeof record && p.server.last != TLS_EVENT_FAILED) {
            fed += tls_connection_feed(p.server.c, record + fed, sizeof record - fed);
            run(&p.server);
        }
    }
}

/* A server that passes over early data does so up to 64 KB beyond what it allows, not without end. */
static void
early_data_flood(int retry)
{
    static const uint16_t server_groups[] = {TLS_GROUP_SECP256R1};
    const char *what = retry ? "junk after HelloRetryRequest" : "junk after rejected early data";
    unsigned count;

    for (count = 3; count <= 6; count += 3) {
        begin(BY_TICKET, what, allow_early_data);
        send_early(300, 1);
        p.server.answer = refuse_early;
        p.server_connection.decision_mask |= 1u << TLS_DECISION_EARLY_DATA;
        pair_open(&p);
        if (retry) {
            p.server.c->context->groups[0] = server_groups[0];
            p.server.c->context->group_count = 1;
        }
        run(&p.client);
        move(&p.client, &p.server, 0);
        run(&p.server);
        feed_junk(count);
        if (count == 3) {
            pair_pump(&p);
            check(info_of(&p.server).established && p.server.data_length == 300 &&
                      info_of(&p.server).hello_retry == retry,
                what, "passed over (%s)", trouble(&p));
            exchange(&p, what, 100);
        } else {
            check(tls_connection_failure(p.server.c) == TLS_REASON_UNEXPECTED_MESSAGE, what,
                "not without end (%s)", trouble(&p));
        }
        done();
    }
    /* Without early data none is passed over. */
    begin(BY_TICKET, what, allow_early_data);
    pair_open(&p);
    run(&p.client);
    move(&p.client, &p.server, 0);
    run(&p.server);
    feed_junk(1);
    check(tls_connection_failure(p.server.c) == TLS_REASON_BAD_RECORD_MAC, what,
        "not without early data (%s)", trouble(&p));
    done();
}

static void
stages_early(void)
{
    begin(BY_TICKET, "stages", allow_early_data);
    send_early(300, 0);
    pair_watch(&p);
    p.client_connection.stage_mask = p.server_connection.stage_mask = UINT32_MAX;
    handshake(&p, "stages", TLS_VERSION_13);
    same_text(p.client.stages,
        " >client_hello >change_cipher_spec >application_data <server_hello <change_cipher_spec"
        " <encrypted_extensions <finished >end_of_early_data >finished =established"
        " <new_session_ticket",
        "early data", "the client's stages");
    same_text(p.server.stages,
        " <client_hello >server_hello >change_cipher_spec >encrypted_extensions >finished"
        " <change_cipher_spec <application_data <end_of_early_data <finished >new_session_ticket"
        " =established",
        "early data", "the server's stages");
    same_text(p.client.keylog, p.server.keylog, "early data", "key log");
    check(strncmp(p.client.keylog, "CLIENT_EARLY_TRAFFIC_SECRET ", 28) == 0 &&
              strstr(p.client.keylog, "\nEARLY_EXPORTER_SECRET ") != NULL,
        "early data", "its secrets are in the key log");
    done();
}

/* Every decision late, everything watched, given up at every step. */
static void
dropped_anywhere(void)
{
    int steps, complete = 0;

    for (steps = 0; steps < 60; steps++) {
        int i;

        begin(BY_HANDLER, "dropped", allow_early_data);
        send_early(2000, 1);
        p.client_connection.stage_mask = p.server_connection.stage_mask = UINT32_MAX;
        p.client_connection.decision_mask = p.server_connection.decision_mask = UINT32_MAX;
        pair_open(&p);
        for (i = 0; i < steps; i++) {
            if (tls_connection_step(p.client.c) == TLS_EVENT_WANT_READ)
                move(&p.client, &p.server, 0);
            if (tls_connection_step(p.server.c) == TLS_EVENT_WANT_READ)
                move(&p.server, &p.client, 0);
        }
        complete += info_of(&p.client).established;
        if (steps % 2)
            tls_connection_end(p.client.c);
        done();
    }
    check(complete > 0, "dropped", "at every step");
}

int
main(void)
{
    int i;

    load_identities();
    for (i = 0; i < STORES; i++) {
        resumption((enum store)i);
        early_data_taken((enum store)i);
    }
    mutual_resumption();
    resumption_refused();
    chain_ends();
    stages_resumed();
    external_keys();
    psk_modes();
    external_and_session();
    early_data_kept();
    half_rtt();
    early_data_rejected(0);
    early_data_rejected(1);
    early_data_not_offered();
    early_data_too_much();
    early_data_flood(0);
    early_data_flood(1);
    stages_early();
    dropped_anywhere();
    unload_identities();
    return finish();
}

/* hostile13_early_test.c - early data (RFC 8446 sections 2.3 and 4.2.10): sent where it may not be,
 * too much of it, not ended, ended twice, and servers that accept or refuse it wrongly. */
#include "hostile13_cases.h"

#define ALLOWED 1000 /* bytes that a ticket allows */

static void
with_early_data(tls_context_options *client, tls_context_options *server)
{
    (void)client;
    server->max_early_data = ALLOWED;
}

static void
with_early_data_and_retry(tls_context_options *client, tls_context_options *server)
{
    static const uint16_t groups[] = {TLS_GROUP_SECP256R1};

    with_early_data(client, server);
    server->groups = groups;
    server->group_count = 1;
}

/* ---- Clients ---- */

/* open_early: a client that offers early data with a ticket of its own: none is taken twice. */
static tls_session *
open_early(peer *p, const world *w, const char *what)
{
    tls_session *session = make_session(w);

    sprintf(current, "%s", what);
    open_victim(p, w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    p->early_data = 1;
    return session;
}

static void
close_early(peer *p, tls_session *session)
{
    close_peer(p);
    tls_session_release(session);
}

/* Early data that is accepted, and how it goes on. `d` is "data". */
static const struct {
    const char *name, *script;
    enum tls_reason reason;
    size_t read;
} accepted[] = {
    {"early data", "KddDF", TLS_OK, 8},
    {"no early data after all", "KDF", TLS_OK, 0},
    {"early data and ChangeCipherSpecs", "KcdcdDcF", TLS_OK, 8},
    {"no EndOfEarlyData", "KdF", TLS_REASON_UNEXPECTED_MESSAGE, 4},
    {"EndOfEarlyData twice", "KdDDF", TLS_REASON_UNEXPECTED_MESSAGE, 4},
    {"early data behind EndOfEarlyData, under the next key", "KdDdF", TLS_REASON_UNEXPECTED_MESSAGE,
        4},
    {"EndOfEarlyData and Finished in one record", "KdD+F", TLS_REASON_UNEXPECTED_MESSAGE, 4},
    {"KeyUpdate under the early key", "KU", TLS_REASON_UNEXPECTED_MESSAGE, 0},
    {"ClientHello under the early key", "KK", TLS_REASON_UNEXPECTED_MESSAGE, 0},
    {"EndOfEarlyData behind Finished", "KdDFD", TLS_REASON_UNEXPECTED_MESSAGE, 4},
};

static void
accepted_early_data(const world *w)
{
    size_t i;
    peer p;

    for (i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        tls_session *session = open_early(&p, w, accepted[i].name);

        judge(&p, accepted[i].script, accepted[i].reason);
        check(p.early_read == accepted[i].read, "what came early was read");
        if (accepted[i].reason == TLS_OK)
            check(p.victim->early_data == TLS_EARLY_DATA_ACCEPTED, "accepted");
        close_early(&p, session);
    }
}

/* send_zeros sends early data of a length. */
static void
send_zeros(peer *p, size_t length)
{
    unsigned char *zeros = allocate(length);

    memset(zeros, 0, length);
    send_record(p, TLS_CONTENT_APPLICATION_DATA, zeros, length);
    free(zeros);
}

static void
amounts(const world *w)
{
    tls_session *session;
    peer p;
    int i;

    session = open_early(&p, w, "as much early data as the ticket allows");
    play(&p, "K");
    send_zeros(&p, ALLOWED - 1);
    send_zeros(&p, 1);
    judge(&p, "DF", TLS_OK);
    check(p.early_read == ALLOWED, "all of it was read");
    close_early(&p, session);

    session = open_early(&p, w, "one byte more than the ticket allows");
    play(&p, "K");
    send_zeros(&p, ALLOWED);
    send_zeros(&p, 1);
    refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    close_early(&p, session);

    session = open_early(&p, w, "too much early data in one record");
    play(&p, "K");
    send_zeros(&p, ALLOWED + 1);
    refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    check(p.early_read == 0, "none of it was read");
    close_early(&p, session);

    session = open_early(&p, w, "empty early records without end");
    play(&p, "K");
    for (i = 0; i < TLS_IDLE_RECORDS_MAXIMUM; i++)
        send_record(&p, TLS_CONTENT_APPLICATION_DATA, "", 0);
    check(tls_connection_failure(p.victim) == TLS_OK, "some are borne");
    send_record(&p, TLS_CONTENT_APPLICATION_DATA, "", 0);
    refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    close_early(&p, session);

    session = open_early(&p, w, "EndOfEarlyData with a body");
    play(&p, "Kd");
    send_record(&p, TLS_CONTENT_HANDSHAKE, "\5\0\0\1x", 5);
    refuses(&p, TLS_REASON_DECODE);
    close_early(&p, session);

    session = open_early(&p, w, "early data inside of EndOfEarlyData");
    play(&p, "K");
    send_record(&p, TLS_CONTENT_HANDSHAKE, "\5\0", 2);
    send_record(&p, TLS_CONTENT_APPLICATION_DATA, "data", 4);
    refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    close_early(&p, session);

    session = open_early(&p, w, "early data under another key");
    play(&p, "K");
    p.sealer.protection.aead.iv[0] ^= 1;
    send_record(&p, TLS_CONTENT_APPLICATION_DATA, "data", 4);
    refuses(&p, TLS_REASON_BAD_RECORD_MAC);
    close_early(&p, session);

    session = open_early(&p, w, "Finished under its key without EndOfEarlyData");
    play(&p, "K");
    seal_with(&p, p.client_handshake);
    judge(&p, "F", TLS_REASON_BAD_RECORD_MAC);
    close_early(&p, session);

    session = open_early(&p, w, "an alert under the early key");
    play(&p, "Kd");
    send_record(&p, TLS_CONTENT_ALERT, "\2\50", 2);
    check(tls_connection_peer_alert(p.victim) == TLS_ALERT_HANDSHAKE_FAILURE, "is understood");
    refuses(&p, TLS_REASON_PEER_ALERT);
    close_early(&p, session);

    session = open_early(&p, w, "the end of the transport inside of early data");
    play(&p, "Kd");
    tls_connection_feed_end(p.victim);
    settle(&p);
    refuses(&p, TLS_REASON_TRUNCATED);
    close_early(&p, session);
}

/* A ticket brings early data once: the second time the handshake goes on without it (section 8). */
static void
replayed(const world *w)
{
    tls_session *session;
    peer p;

    session = open_early(&p, w, "a ticket that brings early data");
    judge(&p, "KdDF", TLS_OK);
    close_peer(&p);
    sprintf(current, "a ticket that brings early data again");
    open_victim(&p, w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    p.early_data = 1;
    play(&p, "K");
    check(p.victim->early_data == TLS_EARLY_DATA_REJECTED, "rejected");
    judge(&p, "F", TLS_OK);
    check(p.early_read == 0 && p.victim->resumed, "resumed, and no early data read");
    close_peer(&p);

    /* Section 8.3. */
    sprintf(current, "a ticket of another age");
    tls_session_release(session);
    session = make_session(w);
    session->age_add += 11000;
    open_victim(&p, w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    p.early_data = 1;
    judge(&p, "KF", TLS_OK);
    check(p.victim->early_data == TLS_EARLY_DATA_REJECTED, "rejected");
    close_early(&p, session);
}

/* ---- Early data that nobody wants ---- */

/* garbage: a record that looks protected. */
static void
garbage(peer *p, size_t length)
{
    tls_buffer record = {0};
    unsigned char *bytes = allocate(length);

    memset(bytes, 0xA5, length);
    in_the_clear(
        &record, TLS_CONTENT_APPLICATION_DATA, TLS_VERSION_12, tls_bytes_make(bytes, length));
    give_buffer(p, &record);
    free(bytes);
}

static void
open_unwanted(peer *p, const world *w, tls_session *session, const char *what)
{
    sprintf(current, "%s", what);
    open_victim(p, w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    p->early_data = 1;
}

/* A server without early data passes over it, up to a limit (section 4.2.10). `retry`: it asks for
 * another hello first. */
static void
unwanted(tweak *f, int retry)
{
    tls_session *session;
    size_t sent;
    world w;
    peer p;

    open_world(&w, f);
    session = make_session(&w);
    open_unwanted(&p, &w, session, "early data that is refused");
    play(&p, "K");
    /* What an honest client has sent before it hears of the refusal. */
    for (sent = 0; sent < 10; sent++)
        garbage(&p, 500 * (sent + 1) / 10);
    garbage(&p, 16384 + 256);
    check(tls_connection_failure(p.victim) == TLS_OK, "is passed over");
    judge(&p, retry ? "kF" : "F", TLS_OK);
    check(p.early_read == 0 && p.victim->early_data == TLS_EARLY_DATA_REJECTED, "unread");
    play(&p, "d");
    check(p.data_read == 4, "and what comes later is read");
    garbage(&p, 100);
    refuses(&p, TLS_REASON_BAD_RECORD_MAC);
    close_peer(&p);

    open_unwanted(&p, &w, session, "early data that is refused, without end");
    play(&p, "K");
    for (sent = 0; sent < (size_t)1024 * 1024 && tls_connection_failure(p.victim) == TLS_OK;
         sent += 16384)
        garbage(&p, 16384);
    check(sent > 32768, "some is passed over");
    refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    close_peer(&p);

    open_unwanted(&p, &w, session, "garbage behind the first record that was good");
    play(&p, "K");
    if (retry)
        play(&p, "k");
    send_record(&p, TLS_CONTENT_HANDSHAKE, "\24", 1);
    check(tls_connection_failure(p.victim) == TLS_OK, "one byte of Finished");
    garbage(&p, 100);
    refuses(&p, TLS_REASON_BAD_RECORD_MAC);
    close_peer(&p);

    open_unwanted(&p, &w, session, "a handshake record in the clear inside of refused early data");
    play(&p, "K");
    garbage(&p, 100);
    send_in_the_clear(&p, TLS_CONTENT_HANDSHAKE,
        "\24\0\0\x20"
        "01234567890123456789012345678901",
        36);
    refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    close_peer(&p);

    open_unwanted(&p, &w, session, "an overlong record inside of refused early data");
    play(&p, "K");
    garbage(&p, 16384 + 257);
    refuses(&p, TLS_REASON_RECORD_OVERFLOW);
    close_peer(&p);

    open_unwanted(&p, &w, session, "EndOfEarlyData where there is no early data");
    play(&p, retry ? "Kk" : "K");
    send_record(&p, TLS_CONTENT_HANDSHAKE, "\5\0\0\0", 4);
    refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    close_peer(&p);
    if (retry) {
        open_unwanted(&p, &w, session, "garbage behind the second ClientHello");
        play(&p, "Kk");
        garbage(&p, 100);
        refuses(&p, TLS_REASON_BAD_RECORD_MAC);
        close_peer(&p);

        open_unwanted(&p, &w, session, "early_data in the second ClientHello");
        change_block(&p, 'k', BLOCK_FIRST, TLS_EXTENSION_EARLY_DATA, NULL, 0);
        judge(&p, "Kk", TLS_REASON_ILLEGAL_PARAMETER);
        close_peer(&p);
    }
    tls_session_release(session);

    sprintf(current, "garbage from a client that offered no early data");
    open_peer(&p, &w, TLS_ROLE_CLIENT);
    play(&p, retry ? "Kk" : "K");
    garbage(&p, 100);
    refuses(&p, TLS_REASON_BAD_RECORD_MAC);
    close_peer(&p);

    if (retry) {
        sprintf(current, "data in the clear between two ClientHellos");
        open_peer(&p, &w, TLS_ROLE_CLIENT);
        play(&p, "K");
        garbage(&p, 100);
        refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
        close_peer(&p);
    }
    sprintf(current, "data before Finished without early data");
    open_peer(&p, &w, TLS_ROLE_CLIENT);
    judge(&p, retry ? "Kkd" : "Kd", TLS_REASON_UNEXPECTED_MESSAGE);
    close_peer(&p);

    /* The alert of a client that fails before it has keys (section 6). */
    sprintf(current, "an alert in the clear");
    open_peer(&p, &w, TLS_ROLE_CLIENT);
    play(&p, retry ? "Kk" : "K");
    send_in_the_clear(&p, TLS_CONTENT_ALERT, "\2\57", 2);
    check(tls_connection_peer_alert(p.victim) == TLS_ALERT_ILLEGAL_PARAMETER, "is understood");
    refuses(&p, TLS_REASON_PEER_ALERT);
    close_peer(&p);
    close_world(&w);
}

/* ---- Servers ---- */

static tls_session *
open_sending(peer *p, const world *w, const char *what)
{
    tls_session *session = make_session(w);

    sprintf(current, "%s", what);
    check(session->max_early_data == ALLOWED, "the ticket allows it");
    open_victim(p, w, TLS_ROLE_SERVER, session, tls_bytes_of_string("early bird"));
    p->take_psk = 1;
    return session;
}

static void
servers(const world *w)
{
    static const struct {
        const char *name, *script;
        int accept, take_psk, other_suite;
        enum tls_reason reason;
    } cases[] = {
        {"early data accepted", "SEF", 1, 1, 0, TLS_OK},
        {"early data refused", "SEF", 0, 1, 0, TLS_OK},
        {"early data refused with the PSK", "SECVF", 0, 0, 0, TLS_OK},
        {"early data refused with another suite", "SECVF", 0, 0, 1, TLS_OK},
        /* Section 4.2.10: only with the PSK, and its suite. */
        {"early data accepted without the PSK", "SECVF", 1, 0, 0, TLS_REASON_ILLEGAL_PARAMETER},
        {"early data accepted with another suite", "SEF", 1, 1, 1, TLS_REASON_ILLEGAL_PARAMETER},
        {"early data refused by HelloRetryRequest", "HSECVF", 0, 0, 0, TLS_OK},
        {"early data accepted after HelloRetryRequest", "HSECVF", 1, 0, 0,
            TLS_REASON_UNSUPPORTED_EXTENSION},
        {"EncryptedExtensions before ServerHello", "EF", 0, 1, 0, TLS_REASON_UNEXPECTED_MESSAGE},
    };
    size_t i;
    peer p;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tls_session *session = open_sending(&p, w, cases[i].name);

        p.early_data = cases[i].accept;
        p.take_psk = cases[i].take_psk;
        /* The session may be of either suite, as the processor likes it. */
        p.suite_id = (uint16_t)session->suite;
        if (cases[i].other_suite)
            p.suite_id = session->suite == 0x1301 ? 0x1303 : 0x1301;
        p.group = TLS_GROUP_SECP256R1;
        judge(&p, cases[i].script, cases[i].reason);
        check(p.data_length == 10, "early data came");
        if (cases[i].reason == TLS_OK && cases[i].accept)
            check(strchr(p.heard, 'D') != NULL, "and was ended");
        else if (cases[i].reason == TLS_OK)
            check(strchr(p.heard, 'D') == NULL, "and needed no end");
        close_peer(&p);
        tls_session_release(session);
    }
    /* Appendix D.3: a server that gave a ticket for early data has no excuse to be an older one. */
    {
        tls_session *session = open_sending(&p, w, "a ServerHello of TLS 1.2 to early data");

        play(&p, "");
        change_block(&p, 'S', BLOCK_WITHOUT, TLS_EXTENSION_SUPPORTED_VERSIONS, NULL, 0);
        change_block(&p, 'S', BLOCK_WITHOUT, TLS_EXTENSION_KEY_SHARE, NULL, 0);
        change_block(&p, 'S', BLOCK_WITHOUT, TLS_EXTENSION_PRE_SHARED_KEY, NULL, 0);
        judge(&p, "S", TLS_REASON_PROTOCOL_VERSION);
        close_peer(&p);
        tls_session_release(session);
    }
}

int
main(void)
{
    world w;

    make_materials();
    open_world(&w, with_early_data);
    accepted_early_data(&w);
    amounts(&w);
    replayed(&w);
    servers(&w);
    close_world(&w);
    unwanted(NULL, 0);
    unwanted(with_early_data_and_retry, 1);
    release_materials();
    return finish();
}

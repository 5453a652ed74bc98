/* hostile13_early_test.c - early data (RFC 8446 sections 2.3 and 4.2.10): sent where it may not be,
 * too much of it, not ended, ended twice, and servers that accept or refuse it wrongly. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/deviation.h"
#include "support/exact_bytes.h"
#include "support/inside.h"

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
open_early(peer *p, const peer_world *w, const char *what)
{
    tls_session *session = peer_world_session(w);

    check_about("%s", what);
    peer_open_victim(p, w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    p->early_data = 1;
    return session;
}

static void
close_early(peer *p, tls_session *session)
{
    peer_close(p);
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
accepted_early_data(const peer_world *w)
{
    size_t i;
    peer p;

    for (i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        tls_session *session = open_early(&p, w, accepted[i].name);

        peer_judge(&p, accepted[i].script, accepted[i].reason);
        check(p.early_read == accepted[i].read, "what came early was read");
        if (accepted[i].reason == TLS_OK)
            check(told(p.victim).early_data == TLS_EARLY_DATA_ACCEPTED, "accepted");
        close_early(&p, session);
    }
}

/* send_zeros sends early data of a length. */
static void
send_zeros(peer *p, size_t length)
{
    unsigned char *zeros = allocate(length);

    memset(zeros, 0, length);
    peer_send_record(p, TLS_CONTENT_APPLICATION_DATA, zeros, length);
    free(zeros);
}

static void
amounts(const peer_world *w)
{
    tls_session *session;
    peer p;
    int i;

    session = open_early(&p, w, "as much early data as the ticket allows");
    peer_play(&p, "K");
    send_zeros(&p, ALLOWED - 1);
    send_zeros(&p, 1);
    peer_judge(&p, "DF", TLS_OK);
    check(p.early_read == ALLOWED, "all of it was read");
    close_early(&p, session);

    session = open_early(&p, w, "one byte more than the ticket allows");
    peer_play(&p, "K");
    send_zeros(&p, ALLOWED);
    send_zeros(&p, 1);
    peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    close_early(&p, session);

    session = open_early(&p, w, "too much early data in one record");
    peer_play(&p, "K");
    send_zeros(&p, ALLOWED + 1);
    peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    check(p.early_read == 0, "none of it was read");
    close_early(&p, session);

    session = open_early(&p, w, "empty early records without end");
    peer_play(&p, "K");
    for (i = 0; i < TLS_IDLE_RECORDS_MAXIMUM; i++)
        peer_send_record(&p, TLS_CONTENT_APPLICATION_DATA, "", 0);
    check(tls_connection_failure(p.victim) == TLS_OK, "some are borne");
    peer_send_record(&p, TLS_CONTENT_APPLICATION_DATA, "", 0);
    peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    close_early(&p, session);

    session = open_early(&p, w, "EndOfEarlyData with a body");
    peer_play(&p, "Kd");
    peer_send_record(&p, TLS_CONTENT_HANDSHAKE, "\5\0\0\1x", 5);
    peer_refuses(&p, TLS_REASON_DECODE);
    close_early(&p, session);

    session = open_early(&p, w, "early data inside of EndOfEarlyData");
    peer_play(&p, "K");
    peer_send_record(&p, TLS_CONTENT_HANDSHAKE, "\5\0", 2);
    peer_send_record(&p, TLS_CONTENT_APPLICATION_DATA, "data", 4);
    peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    close_early(&p, session);

    session = open_early(&p, w, "early data under another key");
    peer_play(&p, "K");
    p.sealer.protection.aead.iv[0] ^= 1;
    peer_send_record(&p, TLS_CONTENT_APPLICATION_DATA, "data", 4);
    peer_refuses(&p, TLS_REASON_BAD_RECORD_MAC);
    close_early(&p, session);

    session = open_early(&p, w, "Finished under its key without EndOfEarlyData");
    peer_play(&p, "K");
    peer_seal_with(&p, p.client_handshake);
    peer_judge(&p, "F", TLS_REASON_BAD_RECORD_MAC);
    close_early(&p, session);

    session = open_early(&p, w, "an alert under the early key");
    peer_play(&p, "Kd");
    peer_send_record(&p, TLS_CONTENT_ALERT, "\2\50", 2);
    check(tls_connection_peer_alert(p.victim) == TLS_ALERT_HANDSHAKE_FAILURE, "is understood");
    peer_refuses(&p, TLS_REASON_PEER_ALERT);
    close_early(&p, session);

    session = open_early(&p, w, "the end of the transport inside of early data");
    peer_play(&p, "Kd");
    tls_connection_feed_end(p.victim);
    peer_settle(&p);
    peer_refuses(&p, TLS_REASON_TRUNCATED);
    close_early(&p, session);
}

/* A ticket brings early data once: the second time the handshake goes on without it (section 8). */
static void
replayed(const peer_world *w)
{
    tls_session *session;
    peer p;

    session = open_early(&p, w, "a ticket that brings early data");
    peer_judge(&p, "KdDF", TLS_OK);
    peer_close(&p);
    check_about("a ticket that brings early data again");
    peer_open_victim(&p, w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    p.early_data = 1;
    peer_play(&p, "K");
    check(told(p.victim).early_data == TLS_EARLY_DATA_REJECTED, "rejected");
    peer_judge(&p, "F", TLS_OK);
    check(p.early_read == 0 && told(p.victim).resumed, "resumed, and no early data read");
    peer_close(&p);

    /* Section 8.3. */
    check_about("a ticket of another age");
    tls_session_release(session);
    session = peer_world_session(w);
    session->age_add += 11000;
    peer_open_victim(&p, w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    p.early_data = 1;
    peer_judge(&p, "KF", TLS_OK);
    check(told(p.victim).early_data == TLS_EARLY_DATA_REJECTED, "rejected");
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
    peer_write_in_the_clear(
        &record, TLS_CONTENT_APPLICATION_DATA, TLS_VERSION_12, tls_bytes_make(bytes, length));
    peer_give_buffer(p, &record);
    free(bytes);
}

static void
open_unwanted(peer *p, const peer_world *w, tls_session *session, const char *what)
{
    check_about("%s", what);
    peer_open_victim(p, w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    p->early_data = 1;
}

static void
unwanted_passed_over(const peer_world *w, tls_session *session, int retry)
{
    size_t sent;
    peer p;

    open_unwanted(&p, w, session, "early data that is refused");
    peer_play(&p, "K");
    /* What an honest client has sent before it hears of the refusal. */
    for (sent = 0; sent < 10; sent++)
        garbage(&p, 500 * (sent + 1) / 10);
    garbage(&p, 16384 + 256);
    check(tls_connection_failure(p.victim) == TLS_OK, "is passed over");
    peer_judge(&p, retry ? "kF" : "F", TLS_OK);
    check(p.early_read == 0 && told(p.victim).early_data == TLS_EARLY_DATA_REJECTED, "unread");
    peer_play(&p, "d");
    check(p.data_read == 4, "and what comes later is read");
    garbage(&p, 100);
    peer_refuses(&p, TLS_REASON_BAD_RECORD_MAC);
    peer_close(&p);

    open_unwanted(&p, w, session, "early data that is refused, without end");
    peer_play(&p, "K");
    for (sent = 0; sent < (size_t)1024 * 1024 && tls_connection_failure(p.victim) == TLS_OK;
         sent += 16384)
        garbage(&p, 16384);
    check(sent > 32768, "some is passed over");
    peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);
}

static void
unwanted_and_more(const peer_world *w, tls_session *session, int retry)
{
    peer p;

    open_unwanted(&p, w, session, "garbage behind the first record that was good");
    peer_play(&p, "K");
    if (retry)
        peer_play(&p, "k");
    peer_send_record(&p, TLS_CONTENT_HANDSHAKE, "\24", 1);
    check(tls_connection_failure(p.victim) == TLS_OK, "one byte of Finished");
    garbage(&p, 100);
    peer_refuses(&p, TLS_REASON_BAD_RECORD_MAC);
    peer_close(&p);

    open_unwanted(&p, w, session, "a handshake record in the clear inside of refused early data");
    peer_play(&p, "K");
    garbage(&p, 100);
    peer_send_in_the_clear(&p, TLS_CONTENT_HANDSHAKE,
        "\24\0\0\x20"
        "01234567890123456789012345678901",
        36);
    peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);

    open_unwanted(&p, w, session, "an overlong record inside of refused early data");
    peer_play(&p, "K");
    garbage(&p, 16384 + 257);
    peer_refuses(&p, TLS_REASON_RECORD_OVERFLOW);
    peer_close(&p);

    open_unwanted(&p, w, session, "EndOfEarlyData where there is no early data");
    peer_play(&p, retry ? "Kk" : "K");
    peer_send_record(&p, TLS_CONTENT_HANDSHAKE, "\5\0\0\0", 4);
    peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);
}

static void
unwanted_after_retry(const peer_world *w, tls_session *session)
{
    peer p;

    open_unwanted(&p, w, session, "garbage behind the second ClientHello");
    peer_play(&p, "Kk");
    garbage(&p, 100);
    peer_refuses(&p, TLS_REASON_BAD_RECORD_MAC);
    peer_close(&p);

    open_unwanted(&p, w, session, "early_data in the second ClientHello");
    peer_change_block(&p, 'k', BLOCK_FIRST, TLS_EXTENSION_EARLY_DATA, NULL, 0);
    peer_judge(&p, "Kk", TLS_REASON_ILLEGAL_PARAMETER);
    peer_close(&p);
}

/* Records that cannot be opened, from a client that has not offered early data. */
static void
unwanted_not_offered(const peer_world *w, int retry)
{
    peer p;

    check_about("garbage from a client that offered no early data");
    peer_open(&p, w, TLS_ROLE_CLIENT);
    peer_play(&p, retry ? "Kk" : "K");
    garbage(&p, 100);
    peer_refuses(&p, TLS_REASON_BAD_RECORD_MAC);
    peer_close(&p);

    if (retry) {
        check_about("data in the clear between two ClientHellos");
        peer_open(&p, w, TLS_ROLE_CLIENT);
        peer_play(&p, "K");
        garbage(&p, 100);
        peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
        peer_close(&p);
    }
    check_about("data before Finished without early data");
    peer_open(&p, w, TLS_ROLE_CLIENT);
    peer_judge(&p, retry ? "Kkd" : "Kd", TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);

    /* The alert of a client that fails before it has keys (section 6). */
    check_about("an alert in the clear");
    peer_open(&p, w, TLS_ROLE_CLIENT);
    peer_play(&p, retry ? "Kk" : "K");
    peer_send_in_the_clear(&p, TLS_CONTENT_ALERT, "\2\57", 2);
    check(tls_connection_peer_alert(p.victim) == TLS_ALERT_ILLEGAL_PARAMETER, "is understood");
    peer_refuses(&p, TLS_REASON_PEER_ALERT);
    peer_close(&p);
}

/* A server without early data passes over it, up to a limit (section 4.2.10). `retry`: it asks for
 * another hello first. */
static void
unwanted(tweak *f, int retry)
{
    tls_session *session;
    peer_world w;

    peer_world_open(&w, f);
    session = peer_world_session(&w);
    unwanted_passed_over(&w, session, retry);
    unwanted_and_more(&w, session, retry);
    if (retry)
        unwanted_after_retry(&w, session);
    tls_session_release(session);
    unwanted_not_offered(&w, retry);
    peer_world_close(&w);
}

/* ---- Servers ---- */

static tls_session *
open_sending(peer *p, const peer_world *w, const char *what)
{
    tls_session *session = peer_world_session(w);

    check_about("%s", what);
    check(session->max_early_data == ALLOWED, "the ticket allows it");
    peer_open_victim(p, w, TLS_ROLE_SERVER, session, tls_bytes_of_string("early bird"));
    p->take_psk = 1;
    return session;
}

static void
servers(const peer_world *w)
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
        peer_judge(&p, cases[i].script, cases[i].reason);
        check(p.data_length == 10, "early data came");
        if (cases[i].reason == TLS_OK && cases[i].accept)
            check(strchr(p.heard, 'D') != NULL, "and was ended");
        else if (cases[i].reason == TLS_OK)
            check(strchr(p.heard, 'D') == NULL, "and needed no end");
        peer_close(&p);
        tls_session_release(session);
    }
    /* Appendix D.3: a server that gave a ticket for early data has no excuse to be an older one. */
    {
        tls_session *session = open_sending(&p, w, "a ServerHello of TLS 1.2 to early data");

        peer_play(&p, "");
        peer_change_block(&p, 'S', BLOCK_WITHOUT, TLS_EXTENSION_SUPPORTED_VERSIONS, NULL, 0);
        peer_change_block(&p, 'S', BLOCK_WITHOUT, TLS_EXTENSION_KEY_SHARE, NULL, 0);
        peer_change_block(&p, 'S', BLOCK_WITHOUT, TLS_EXTENSION_PRE_SHARED_KEY, NULL, 0);
        peer_judge(&p, "S", TLS_REASON_PROTOCOL_VERSION);
        peer_close(&p);
        tls_session_release(session);
    }
}

int
main(void)
{
    peer_world w;

    make_materials();
    peer_world_open(&w, with_early_data);
    accepted_early_data(&w);
    amounts(&w);
    replayed(&w);
    servers(&w);
    peer_world_close(&w);
    unwanted(NULL, 0);
    unwanted(with_early_data_and_retry, 1);
    release_materials();
    return check_end();
}

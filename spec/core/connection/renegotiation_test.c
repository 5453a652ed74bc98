/* renegotiation_test.c - renegotiation (RFC 5746) between two honest sides of ours: in every kind
 * of record protection, beside data, refused, and ended in the middle. */
#include <string.h>

#include "support/check.h"
#include "support/inside.h"
#include "support/pair12.h"

static void
both_ways(void)
{
    static const struct {
        unsigned version;
        uint16_t suite;
    } kinds[] = {
        {0x0303, 0xC02B}, /* AES-128-GCM */
        {0x0303, 0xC02C}, /* AES-256-GCM, SHA-384 */
        {0x0303, 0xCCA9}, /* ChaCha20-Poly1305 */
        {0x0303, 0xC0AC}, /* AES-128-CCM */
        {0x0303, 0xC023}, /* AES-128-CBC, SHA-256 */
        {0x0302, 0xC009}, /* AES-128-CBC, SHA-1 */
        {0x0301, 0xC009},
    };
    size_t i;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        tls_connection *client, *server;
        unsigned times;
        world12 w;

        check_about("version %04X, suite %04X", kinds[i].version, kinds[i].suite);
        renegotiation_version = kinds[i].version;
        renegotiation_suite = kinds[i].suite;
        world12_open(&w, allow_renegotiation_of_kind);
        pair12_establish(&w, &client, &server);
        for (times = 1; times <= 6; times++) {
            tls_connection *first = times % 2 != 0 ? client : server;

            check(tls_connection_renegotiate(first, 0) == TLS_OK, "renegotiate");
            check(tls_connection_renegotiating(first), "it is under way");
            check(tls_connection_renegotiate(first, 0) == TLS_OK, "once more says nothing new");
            pair12_pump(client, server);
            pair12_renegotiated(client, server, times);
        }
        pair12_free(&w, client, server);
        world12_close(&w);
    }
}

/* What the handshake before settled is told until the new one is over, and nothing is exported
 * meanwhile. */
static void
meanwhile(void)
{
    tls_connection *client, *server;
    tls_connection_info before, info;
    unsigned char random[32], material[20];
    tls_buffer binding = {0};
    tls_session *session, *same;
    size_t n;
    world12 w;

    check_about("meanwhile");
    world12_open(&w, allow_renegotiation);
    pair12_establish(&w, &client, &server);
    tls_connection_get_info(client, &before);
    memcpy(random, before.client_random.data, sizeof random);
    session = tls_connection_session(client);
    check(tls_connection_renegotiate(client, 0) == TLS_OK, "renegotiate");
    pair12_settle(client);
    check(tls_connection_write(client, &n, "x", 1) == TLS_REASON_NOT_READY && n == 0, "no writing");
    check(tls_connection_export_keying_material(
              client, material, sizeof material, "EXPORTER-x", NULL) == TLS_REASON_NOT_READY,
        "no exporting");
    check(
        tls_connection_channel_binding(client, &binding, "tls-server-end-point") ==
                TLS_REASON_NOT_READY &&
            tls_connection_channel_binding(client, &binding, "tls-unique") == TLS_REASON_NOT_READY,
        "no bindings");
    pair12_move(client, server);
    check(tls_connection_write(server, &n, "x", 1) == TLS_REASON_NOT_READY, "nor by the server");
    pair12_move(server, client); /* ServerHello … ServerHelloDone */
    tls_connection_get_info(client, &info);
    check(info.established && info.renegotiating && info.renegotiations == 0, "established");
    check(info.client_random.length == 32 && memcmp(info.client_random.data, random, 32) == 0,
        "the old random");
    check(info.peer_verified && info.peer_chain_count == 1, "the old identity");
    check(info.suite == before.suite && info.group == before.group, "what was agreed");
    same = tls_connection_session(client);
    check(same == session, "the old session");
    tls_session_release(same);
    pair12_pump(client, server);
    pair12_renegotiated(client, server, 1);
    tls_connection_get_info(client, &info);
    check(memcmp(info.client_random.data, random, 32) != 0, "a new random");
    same = tls_connection_session(client);
    check(same != NULL && same != session, "a new session");
    check(tls_connection_export_keying_material(
              client, material, sizeof material, "EXPORTER-x", NULL) == TLS_OK,
        "exporting");
    tls_session_release(same);
    tls_session_release(session);
    tls_buffer_release(&binding);
    pair12_free(&w, client, server);
    world12_close(&w);
}

/* Data that is under way while the handshake goes on. */
static void
data_between(void)
{
    tls_connection *client, *server;
    tls_bytes plaintext;
    size_t n;
    world12 w;

    check_about("data between");
    world12_open(&w, allow_renegotiation);
    pair12_establish(&w, &client, &server);
    /* The server writes before it knows of ClientHello, and the client reads that before
     * ServerHello. */
    tls_connection_renegotiate(client, 0);
    pair12_settle(client);
    tls_connection_write(server, &n, "late", 4);
    pair12_move(client, server);
    check(tls_connection_write(server, &n, "x", 1) == TLS_REASON_NOT_READY,
        "the server has answered");
    pair12_move(server, client);
    check(tls_bytes_equal_string(tls_connection_plaintext(client), "late"), "old data is read");
    check(tls_connection_renegotiating(client), "the handshake waits for that");
    tls_connection_plaintext_consume(client, 4);
    pair12_pump(client, server);
    pair12_renegotiated(client, server, 1);

    /* Put aside, it comes first. */
    tls_connection_renegotiate(client, 0);
    pair12_settle(client);
    tls_connection_write(server, &n, "one", 3);
    pair12_move(server, client);
    check(tls_connection_hold_plaintext(client) == TLS_OK, "put aside");
    tls_connection_write(server, &n, "two", 3);
    pair12_move(server, client);
    check(tls_connection_hold_plaintext(client) == TLS_OK, "and once more");
    pair12_pump(client, server);
    check(!tls_connection_renegotiating(client), "it is over");
    check(tls_connection_write(server, &n, "three", 5) == TLS_OK && n == 5, "more");
    pair12_move(server, client);
    check(tls_connection_step(client) == TLS_EVENT_DATA, "there is data");
    plaintext = tls_connection_plaintext(client);
    check(tls_bytes_equal_string(plaintext, "onetwo"), "what was put aside");
    tls_connection_plaintext_consume(client, 4);
    check(tls_bytes_equal_string(tls_connection_plaintext(client), "wo"), "the rest of it");
    tls_connection_plaintext_consume(client, 2);
    pair12_settle(client);
    check(tls_bytes_equal_string(tls_connection_plaintext(client), "three"), "and what came later");
    tls_connection_plaintext_consume(client, 5);
    pair12_renegotiated(client, server, 2);
    pair12_free(&w, client, server);
    world12_close(&w);
}

/* No more than so much is put aside. */
static void
held_limit(void)
{
    tls_connection *client, *server;
    enum tls_reason reason = TLS_OK;
    unsigned char data[16384];
    size_t held = 0, n;
    world12 w;

    check_about("the limit of what is put aside");
    memset(data, 'x', sizeof data);
    world12_open(&w, allow_renegotiation);
    pair12_establish(&w, &client, &server);
    tls_connection_renegotiate(client, 0);
    pair12_settle(client);
    while (held < 2 * TLS_HELD_MAXIMUM) {
        tls_connection_write(server, &n, data, sizeof data);
        pair12_move(server, client);
        check(tls_connection_plaintext(client).length > 0, "data");
        reason = tls_connection_hold_plaintext(client);
        if (reason != TLS_OK)
            break;
        held += n;
    }
    check(reason == TLS_REASON_LIMIT && held == TLS_HELD_MAXIMUM, "a limit");
    held += sizeof data;
    while (held > 0 && (n = tls_connection_plaintext(client).length) > 0) {
        tls_connection_plaintext_consume(client, n);
        held -= n;
    }
    check(held == 0, "nothing is lost");
    pair12_pump(client, server);
    pair12_renegotiated(client, server, 1);
    pair12_free(&w, client, server);
    world12_close(&w);
}

/* Output that nobody has sent yet does not stand in the way of a flight, and goes first. */
static void
full_output(void)
{
    unsigned char data[16384];
    int role;

    memset(data, 'x', sizeof data);
    for (role = 0; role < 3; role++) {
        tls_connection *client, *server, *writer, *reader;
        size_t written = 0, read = 0, n, length;
        int busy = 1;
        world12 w;

        check_about("full output, case %d", role);
        world12_open(&w, allow_renegotiation);
        pair12_establish(&w, &client, &server);
        writer = role == 0 ? client : server;
        reader = role == 0 ? server : client;
        do {
            tls_connection_write(writer, &n, data, sizeof data);
            written += n;
        } while (n > 0);
        check(written > 60000, "the output is full");
        check(tls_connection_renegotiate(role == 2 ? client : writer, 0) == TLS_OK, "renegotiate");
        while (busy) {
            busy = pair12_settle(writer) == TLS_EVENT_DATA;
            busy |= pair12_move(writer, reader);
            pair12_settle(reader);
            while ((length = tls_connection_plaintext(reader).length) > 0) {
                read += length;
                tls_connection_plaintext_consume(reader, length);
                pair12_settle(reader);
                busy = 1;
            }
            busy |= pair12_move(reader, writer);
        }
        check(read == written, "all of it arrives");
        pair12_renegotiated(client, server, 1);
        pair12_free(&w, client, server);
        world12_close(&w);
    }
}

/* ---- Who does not allow it ---- */

static void
refused(void)
{
    int role, which;

    for (role = 0; role < 2; role++)
        for (which = 0; which < 2; which++) {
            tls_connection *client, *server, *asks, *asked;
            world12 w;

            check_about("%s by the %s", which == 0 ? "not allowed" : "no RFC 5746 at",
                role == 0 ? "server" : "client");
            world12_open(&w, allow_renegotiation);
            if (which == 0)
                (role == 0 ? w.server_context : w.client_context)->renegotiation = 0;
            pair12_establish(&w, &client, &server);
            asks = role == 0 ? client : server;
            asked = role == 0 ? server : client;
            if (which == 1)
                inside_deny_secure_renegotiation(asked);
            check(tls_connection_renegotiate(asked, 0) == TLS_REASON_NO_RENEGOTIATION, "itself");
            check(tls_connection_renegotiate(asks, 0) == TLS_OK, "asked");
            pair12_pump(client, server);
            check(!tls_connection_renegotiating(asks), "refused");
            pair12_renegotiated(client, server, 0);
            check(tls_connection_renegotiate(asks, 0) == TLS_OK, "asked again");
            pair12_pump(client, server);
            pair12_renegotiated(client, server, 0);
            pair12_free(&w, client, server);
            world12_close(&w);
        }
}

static void
misuse(void)
{
    tls_connection *client, *server;
    world12 w;

    check_about("misuse");
    world12_open(&w, allow_renegotiation);
    pair12_open(&w, &client, &server, NULL);
    check(tls_connection_renegotiate(client, 0) == TLS_REASON_NOT_READY, "before the handshake");
    pair12_settle(client);
    check(tls_connection_renegotiate(client, 0) == TLS_REASON_NOT_READY, "during the handshake");
    pair12_pump(client, server);
    tls_connection_close(client);
    check(tls_connection_renegotiate(client, 0) == TLS_REASON_CLOSED, "after close_notify");
    pair12_pump(client, server);
    check(tls_connection_renegotiate(server, 0) == TLS_REASON_CLOSED, "after the peer's");
    pair12_free(&w, client, server);
    world12_close(&w);
}

/* ---- The end in the middle ---- */

static void
ends(void)
{
    tls_connection *client, *server;
    tls_connection_info info;
    world12 w;

    check_about("closed in the middle");
    world12_open(&w, allow_renegotiation);
    pair12_establish(&w, &client, &server);
    tls_connection_renegotiate(client, 0);
    pair12_settle(client);
    pair12_move(client, server);
    tls_connection_close(server);
    check(tls_connection_failure(server) == TLS_REASON_CLOSED, "closed here");
    pair12_move(server, client);
    check(pair12_settle(client) == TLS_EVENT_CLOSED, "and there");
    tls_connection_get_info(client, &info);
    check(info.established && info.peer_verified && info.renegotiations == 0, "what was before");
    pair12_free(&w, client, server);

    check_about("cut short in the middle");
    pair12_establish(&w, &client, &server);
    tls_connection_renegotiate(server, 0);
    pair12_move(server, client);
    tls_connection_feed_end(client);
    pair12_settle(client);
    check(tls_connection_failure(client) == TLS_REASON_TRUNCATED, "truncated");
    pair12_free(&w, client, server);

    check_about("ended in the middle");
    pair12_establish(&w, &client, &server);
    tls_connection_renegotiate(client, 0);
    pair12_settle(client);
    tls_connection_end(client);
    tls_connection_get_info(client, &info);
    check(info.established && info.peer_chain_count == 1, "what was before");
    pair12_free(&w, client, server);

    check_about("both at once");
    pair12_establish(&w, &client, &server);
    tls_connection_renegotiate(server, 0);
    tls_connection_renegotiate(client, 0);
    pair12_pump(client, server);
    pair12_renegotiated(client, server, 1);
    pair12_free(&w, client, server);
    world12_close(&w);
}

int
main(void)
{
    both_ways();
    meanwhile();
    data_between();
    held_limit();
    full_output();
    refused();
    misuse();
    ends();
    return check_end();
}

/* ticket_test.c - what a client makes of the tickets of TLS 1.2 (RFC 5077) when a server gives
 * strange ones: of any length and lifetime. The server is one of ours; its NewSessionTicket is
 * exchanged on the way, and the client's transcript is then made to hold the server's own, as if
 * that had been sent: so Finished fits. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/inside.h"
#include "support/pair12.h"
#include "wire/message.h"

#define LIFETIME 7200 /* what a client allows by itself */

/* give_ticket sends NewSessionTicket in as many records as it needs. */
static void
give_ticket(tls_connection *client, uint32_t lifetime, size_t length)
{
    tls_buffer message = {0};
    unsigned char *ticket = malloc(length + 1);
    tls_message m;
    size_t given = 0;

    memset(ticket, 't', length + 1);
    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_NEW_SESSION_TICKET;
    m.u.new_session_ticket.lifetime = lifetime;
    m.u.new_session_ticket.ticket = tls_bytes_make(ticket, length);
    check(tls_message_build(&message, &m) == TLS_OK, "NewSessionTicket");
    while (given < message.length) {
        unsigned char header[TLS_RECORD_HEADER_LENGTH] = {22, 3, 3};
        size_t n = message.length - given;

        if (n > TLS_RECORD_PLAINTEXT_MAXIMUM)
            n = TLS_RECORD_PLAINTEXT_MAXIMUM;
        tls_put16(header + 3, (uint32_t)n);
        pair12_give(client, header, sizeof header);
        pair12_give(client, message.data + given, n);
        given += n;
    }
    tls_buffer_release(&message);
    free(ticket);
}

/* exchange_ticket gives the client what the server wrote, with another NewSessionTicket in front.
 */
static void
exchange_ticket(tls_connection *client, tls_connection *server, uint32_t lifetime, size_t length)
{
    tls_bytes output = tls_connection_output(server);
    size_t record = TLS_RECORD_HEADER_LENGTH + tls_get16(output.data + 3);
    br_multihash_context before;

    check(output.data[0] == TLS_CONTENT_HANDSHAKE &&
              output.data[TLS_RECORD_HEADER_LENGTH] == TLS_HANDSHAKE_NEW_SESSION_TICKET,
        "the server sends a ticket");
    before = *inside_transcript12(client);
    give_ticket(client, lifetime, length);
    check(tls_connection_failure(client) == TLS_OK && inside_has_engine(client), "it is read");
    if (!inside_has_engine(client))
        return;
    br_multihash_update(
        &before, output.data + TLS_RECORD_HEADER_LENGTH, record - TLS_RECORD_HEADER_LENGTH);
    *inside_transcript12(client) = before;
    pair12_give(client, output.data + record, output.length - record);
    tls_connection_output_consume(server, output.length);
}

/* session_of does a full handshake in which that ticket is given, and returns the client's session.
 */
static tls_session *
session_of(world12 *w, uint32_t lifetime, size_t length)
{
    tls_connection *client, *server;
    tls_session *session;
    tls_connection_info info;

    pair12_open(w, &client, &server, NULL);
    pair12_settle(client);
    pair12_move(client, server);
    pair12_move(server, client);
    pair12_move(client, server);
    exchange_ticket(client, server, lifetime, length);
    tls_connection_get_info(client, &info);
    check(info.established, "established");
    check(info.memory < 4096, "idle and small");
    check(info.ticket == (length > 0), "whether there was a ticket");
    session = tls_connection_session(client);
    tls_connection_free(client);
    tls_connection_free(server);
    return session;
}

/* offers_again: the session is offered to the server, which cannot know it, and a full handshake
 * follows. The length of the ticket that stands in the ClientHello. */
static size_t
offers_again(world12 *w, tls_session *session)
{
    tls_connection *client, *server;
    tls_connection_info info;
    tls_client_hello hello;
    size_t length;

    memset(&hello, 0, sizeof hello);
    pair12_open(w, &client, &server, session);
    tls_connection_watch(client, 1u << TLS_STAGE_CLIENT_HELLO, 0);
    check(tls_connection_step(client) == TLS_EVENT_STAGE &&
              tls_client_hello_parse(&hello, tls_connection_stage(client)->raw) == TLS_OK,
        "ClientHello");
    length = hello.session_ticket.length;
    tls_connection_watch(client, 0, 0);
    pair12_pump(client, server);
    tls_connection_get_info(client, &info);
    check(info.established && !info.resumed && info.ticket, "a full handshake, and a new ticket");
    tls_connection_free(client);
    tls_connection_free(server);
    return length;
}

static void
lifetimes(void)
{
    static const struct {
        const char *name;
        uint32_t hint;
        int64_t expected;
    } cases[] = {
        {"lifetime 0", 0, LIFETIME}, /* RFC 5077 section 3.3: unspecified */
        {"lifetime 1", 1, 1},
        {"lifetime 600", 600, 600},
        {"lifetime 2^31", 0x80000000u, LIFETIME},
        {"lifetime 2^32 - 1", 0xFFFFFFFFu, LIFETIME},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tls_session_info info;
        tls_session *session;
        world12 w;

        check_about("%s", cases[i].name);
        world12_open(&w, NULL);
        session = session_of(&w, cases[i].hint, 100);
        check(session != NULL, "a session");
        if (session != NULL) {
            tls_session_get_info(session, &info);
            check(info.has_ticket && info.expires == clock_now + cases[i].expected,
                "when it expires");
            check(offers_again(&w, session) == 100, "it is offered");
        }
        tls_session_release(session);
        world12_close(&w);
    }
}

/* The server has no part in how long a client's ticket is. */
static void
read_long_hellos(tls_context_options *options)
{
    if (options->role == TLS_ROLE_SERVER)
        options->client_hello_limit = TLS_CLIENT_HELLO_MAXIMUM;
}

static void
with_extension(tls_context_options *options)
{
    static unsigned char data[16383];
    static const tls_custom_extension extension = {0xFDE8, {data, sizeof data}};

    read_long_hellos(options);
    if (options->role != TLS_ROLE_CLIENT)
        return;
    options->custom_extensions = &extension;
    options->custom_extension_count = 1;
}

static void
lengths(void)
{
    static const struct {
        const char *name;
        size_t length, offered, offered_with_more;
    } cases[] = {
        {"1 byte", 1, 1, 1},
        {"16384 bytes", 16384, 16384, 16384},
        {"48000 bytes", 48000, 48000, 48000},
        {"60000 bytes", 60000, 60000, 0},
        {"65535 bytes", 65535, 0, 0},
    };
    size_t i;
    int more;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (more = 0; more < 2; more++) {
            tls_session *session;
            world12 w;

            check_about("%s", cases[i].name);
            world12_open(&w, more ? with_extension : read_long_hellos);
            session = session_of(&w, 0, cases[i].length);
            check(session != NULL, "a session");
            if (session != NULL)
                check(offers_again(&w, session) ==
                          (more ? cases[i].offered_with_more : cases[i].offered),
                    "offered when there is room");
            tls_session_release(session);
            world12_close(&w);
        }
}

/* RFC 5077 section 3.3: an empty ticket is a server that changed its mind. It gave no session ID
 * either, so there is nothing to resume. */
static void
empty(void)
{
    tls_session *session;
    world12 w;

    check_about("empty ticket");
    world12_open(&w, NULL);
    session = session_of(&w, 7200, 0);
    check(session == NULL, "no session");
    tls_session_release(session);
    world12_close(&w);
}

int
main(void)
{
    lifetimes();
    lengths();
    empty();
    return check_end();
}

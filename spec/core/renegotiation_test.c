/* renegotiation_test.c - renegotiation (RFC 5746) between two sides of ours, one of which may break
 * the rules: its idea of what was before is changed between the two handshakes, so its messages are
 * wrong and otherwise whole. */
#include "connection_test_pair.h"
#include "connection/renegotiation.h"

static void
allow(tls_context_options *options)
{
    options->renegotiation = 1;
}

static unsigned kind_version;
static uint16_t kind_suite;

static void
allow_kind(tls_context_options *options)
{
    options->renegotiation = 1;
    options->version_min = options->version_max = kind_version;
    options->suites = &kind_suite;
    options->suite_count = 1;
}

static const char ALPN[] = "h2";

static void
allow_alpn(tls_context_options *options)
{
    static tls_bytes names[1];

    names[0] = tls_bytes_of_string(ALPN);
    options->renegotiation = 1;
    options->alpn = names;
    options->alpn_count = 1;
}

/* An established pair. */
static void
establish(world *w, tls_connection **client, tls_connection **server)
{
    open_pair(w, client, server, NULL);
    pump(*client, *server);
    check((*client)->established && (*server)->established, "established");
}

static void
free_pair(world *w, tls_connection *client, tls_connection *server)
{
    tls_connection_free(client);
    tls_connection_free(server);
    check(w->client_context->pool.lent_count == 0 && w->server_context->pool.lent_count == 0,
        "every record buffer came back");
}

/* says: `from` writes the text and `to` reads it. */
static void
says(tls_connection *from, tls_connection *to, const char *text)
{
    tls_buffer read = {0};
    tls_bytes plaintext;
    size_t n;

    check(
        tls_connection_write(from, &n, text, strlen(text)) == TLS_OK && n == strlen(text), "write");
    do { /* TLS 1.0 sends the first byte in a record of its own */
        move(from, to);
        settle(to);
        plaintext = tls_connection_plaintext(to);
        tls_buffer_append(&read, plaintext.data, plaintext.length);
        tls_connection_plaintext_consume(to, plaintext.length);
    } while (plaintext.length > 0);
    check(tls_bytes_equal_string(tls_buffer_view(&read), text), "read");
    tls_buffer_release(&read);
}

static void
renegotiated(tls_connection *client, tls_connection *server, unsigned times)
{
    tls_connection_info ci, si;

    tls_connection_get_info(client, &ci);
    tls_connection_get_info(server, &si);
    check(ci.renegotiations == times && si.renegotiations == times, "how often");
    check(!ci.renegotiating && !si.renegotiating, "it is over");
    check(ci.client_verify_data.length == 12 &&
              tls_bytes_equal(ci.client_verify_data, si.client_verify_data) &&
              tls_bytes_equal(ci.server_verify_data, si.server_verify_data),
        "verify_data");
    check(ci.peer_verified && ci.peer_chain_count == 1 && si.local_chain_count == 1, "certificate");
    check(ci.suite == si.suite && ci.group == si.group && ci.extended_master_secret, "agreed");
    says(client, server, "from the client");
    says(server, client, "from the server");
}

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
        world w;

        sprintf(current, "version %04X, suite %04X", kinds[i].version, kinds[i].suite);
        kind_version = kinds[i].version;
        kind_suite = kinds[i].suite;
        open_world(&w, allow_kind);
        establish(&w, &client, &server);
        for (times = 1; times <= 6; times++) {
            tls_connection *first = times % 2 != 0 ? client : server;

            check(tls_connection_renegotiate(first, 0) == TLS_OK, "renegotiate");
            check(tls_connection_renegotiating(first), "it is under way");
            check(tls_connection_renegotiate(first, 0) == TLS_OK, "once more says nothing new");
            pump(client, server);
            renegotiated(client, server, times);
        }
        free_pair(&w, client, server);
        close_world(&w);
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
    world w;

    snprintf(current, sizeof current, "%s", "meanwhile");
    open_world(&w, allow);
    establish(&w, &client, &server);
    tls_connection_get_info(client, &before);
    memcpy(random, before.client_random.data, sizeof random);
    session = tls_connection_session(client);
    check(tls_connection_renegotiate(client, 0) == TLS_OK, "renegotiate");
    settle(client);
    check(tls_connection_write(client, &n, "x", 1) == TLS_REASON_NOT_READY && n == 0, "no writing");
    check(tls_connection_export_keying_material(
              client, material, sizeof material, "EXPORTER-x", NULL) == TLS_REASON_NOT_READY,
        "no exporting");
    check(
        tls_connection_channel_binding(client, &binding, "tls-server-end-point") ==
                TLS_REASON_NOT_READY &&
            tls_connection_channel_binding(client, &binding, "tls-unique") == TLS_REASON_NOT_READY,
        "no bindings");
    move(client, server);
    check(tls_connection_write(server, &n, "x", 1) == TLS_REASON_NOT_READY, "nor by the server");
    move(server, client); /* ServerHello … ServerHelloDone */
    tls_connection_get_info(client, &info);
    check(info.established && info.renegotiating && info.renegotiations == 0, "established");
    check(info.client_random.length == 32 && memcmp(info.client_random.data, random, 32) == 0,
        "the old random");
    check(info.peer_verified && info.peer_chain_count == 1, "the old identity");
    check(info.suite == before.suite && info.group == before.group, "what was agreed");
    same = tls_connection_session(client);
    check(same == session, "the old session");
    tls_session_release(same);
    pump(client, server);
    renegotiated(client, server, 1);
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
    free_pair(&w, client, server);
    close_world(&w);
}

/* Data that is under way while the handshake goes on. */
static void
data_between(void)
{
    tls_connection *client, *server;
    tls_bytes plaintext;
    size_t n;
    world w;

    snprintf(current, sizeof current, "%s", "data between");
    open_world(&w, allow);
    establish(&w, &client, &server);
    /* The server writes before it knows of ClientHello, and the client reads that before
     * ServerHello. */
    tls_connection_renegotiate(client, 0);
    settle(client);
    tls_connection_write(server, &n, "late", 4);
    move(client, server);
    check(tls_connection_write(server, &n, "x", 1) == TLS_REASON_NOT_READY,
        "the server has answered");
    move(server, client);
    check(tls_bytes_equal_string(tls_connection_plaintext(client), "late"), "old data is read");
    check(tls_connection_renegotiating(client), "the handshake waits for that");
    tls_connection_plaintext_consume(client, 4);
    pump(client, server);
    renegotiated(client, server, 1);

    /* Put aside, it comes first. */
    tls_connection_renegotiate(client, 0);
    settle(client);
    tls_connection_write(server, &n, "one", 3);
    move(server, client);
    check(tls_connection_hold_plaintext(client) == TLS_OK, "put aside");
    tls_connection_write(server, &n, "two", 3);
    move(server, client);
    check(tls_connection_hold_plaintext(client) == TLS_OK, "and once more");
    pump(client, server);
    check(!tls_connection_renegotiating(client), "it is over");
    check(tls_connection_write(server, &n, "three", 5) == TLS_OK && n == 5, "more");
    move(server, client);
    check(tls_connection_step(client) == TLS_EVENT_DATA, "there is data");
    plaintext = tls_connection_plaintext(client);
    check(tls_bytes_equal_string(plaintext, "onetwo"), "what was put aside");
    tls_connection_plaintext_consume(client, 4);
    check(tls_bytes_equal_string(tls_connection_plaintext(client), "wo"), "the rest of it");
    tls_connection_plaintext_consume(client, 2);
    settle(client);
    check(tls_bytes_equal_string(tls_connection_plaintext(client), "three"), "and what came later");
    tls_connection_plaintext_consume(client, 5);
    renegotiated(client, server, 2);
    free_pair(&w, client, server);
    close_world(&w);
}

/* No more than so much is put aside. */
static void
held_limit(void)
{
    tls_connection *client, *server;
    enum tls_reason reason = TLS_OK;
    unsigned char data[16384];
    size_t held = 0, n;
    world w;

    snprintf(current, sizeof current, "%s", "the limit of what is put aside");
    memset(data, 'x', sizeof data);
    open_world(&w, allow);
    establish(&w, &client, &server);
    tls_connection_renegotiate(client, 0);
    settle(client);
    while (held < 2 * TLS_HELD_MAXIMUM) {
        tls_connection_write(server, &n, data, sizeof data);
        move(server, client);
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
    pump(client, server);
    renegotiated(client, server, 1);
    free_pair(&w, client, server);
    close_world(&w);
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
        world w;

        sprintf(current, "full output, case %d", role);
        open_world(&w, allow);
        establish(&w, &client, &server);
        writer = role == 0 ? client : server;
        reader = role == 0 ? server : client;
        do {
            tls_connection_write(writer, &n, data, sizeof data);
            written += n;
        } while (n > 0);
        check(written > 60000, "the output is full");
        check(tls_connection_renegotiate(role == 2 ? client : writer, 0) == TLS_OK, "renegotiate");
        while (busy) {
            busy = settle(writer) == TLS_EVENT_DATA;
            busy |= move(writer, reader);
            settle(reader);
            while ((length = tls_connection_plaintext(reader).length) > 0) {
                read += length;
                tls_connection_plaintext_consume(reader, length);
                settle(reader);
                busy = 1;
            }
            busy |= move(reader, writer);
        }
        check(read == written, "all of it arrives");
        renegotiated(client, server, 1);
        free_pair(&w, client, server);
        close_world(&w);
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
            world w;

            sprintf(current, "%s by the %s", which == 0 ? "not allowed" : "no RFC 5746 at",
                role == 0 ? "server" : "client");
            open_world(&w, allow);
            if (which == 0)
                (role == 0 ? w.server_context : w.client_context)->renegotiation = 0;
            establish(&w, &client, &server);
            asks = role == 0 ? client : server;
            asked = role == 0 ? server : client;
            if (which == 1)
                asked->secure_renegotiation = 0;
            check(tls_connection_renegotiate(asked, 0) == TLS_REASON_NO_RENEGOTIATION, "itself");
            check(tls_connection_renegotiate(asks, 0) == TLS_OK, "asked");
            pump(client, server);
            check(!tls_connection_renegotiating(asks), "refused");
            renegotiated(client, server, 0);
            check(tls_connection_renegotiate(asks, 0) == TLS_OK, "asked again");
            pump(client, server);
            renegotiated(client, server, 0);
            free_pair(&w, client, server);
            close_world(&w);
        }
}

static void
misuse(void)
{
    tls_connection *client, *server;
    world w;

    snprintf(current, sizeof current, "%s", "misuse");
    open_world(&w, allow);
    open_pair(&w, &client, &server, NULL);
    check(tls_connection_renegotiate(client, 0) == TLS_REASON_NOT_READY, "before the handshake");
    settle(client);
    check(tls_connection_renegotiate(client, 0) == TLS_REASON_NOT_READY, "during the handshake");
    pump(client, server);
    tls_connection_close(client);
    check(tls_connection_renegotiate(client, 0) == TLS_REASON_CLOSED, "after close_notify");
    pump(client, server);
    check(tls_connection_renegotiate(server, 0) == TLS_REASON_CLOSED, "after the peer's");
    free_pair(&w, client, server);
    close_world(&w);
}

/* flood: a peer that renegotiates and sends no data. */
static void
flood(enum tls_role attacker_role)
{
    tls_connection *client, *server, *attacker, *victim;
    int i;
    world w;

    sprintf(current, "a flood by the %s", attacker_role == TLS_ROLE_CLIENT ? "client" : "server");
    open_world(&w, allow);
    establish(&w, &client, &server);
    attacker = attacker_role == TLS_ROLE_CLIENT ? client : server;
    victim = attacker_role == TLS_ROLE_CLIENT ? server : client;
    for (i = 0; i < 2 * TLS_RENEGOTIATIONS_IDLE_MAXIMUM; i++) {
        tls_connection_renegotiate(attacker, 0);
        pump(client, server);
    }
    check(victim->renegotiations == TLS_RENEGOTIATIONS_IDLE_MAXIMUM, "a few");
    check(tls_connection_failure(victim) == TLS_OK, "then it is refused");
    says(victim, attacker, "our own data does not count");
    tls_connection_renegotiate(attacker, 0);
    pump(client, server);
    check(victim->renegotiations == TLS_RENEGOTIATIONS_IDLE_MAXIMUM, "still");
    says(attacker, victim, "but the peer's");
    tls_connection_renegotiate(attacker, 0);
    pump(client, server);
    check(victim->renegotiations == TLS_RENEGOTIATIONS_IDLE_MAXIMUM + 1, "one more");
    for (i = 0; i < 100 && tls_connection_failure(victim) == TLS_OK; i++) {
        attacker->idle_records = 0; /* it does not care */
        tls_connection_renegotiate(attacker, 0);
        pump(client, server);
    }
    check(tls_connection_failure(victim) == TLS_REASON_UNEXPECTED_MESSAGE,
        "it does not go on for ever");
    free_pair(&w, client, server);
    close_world(&w);
}

/* ---- Hostile peers ---- */

/* An attack changes the attacker between its last step and its hello. */
typedef void attack(tls_connection *attacker);

static void
wrong_client(tls_connection *c)
{
    c->renegotiation->client_verify_data[11] ^= 1;
}

static void
wrong_server(tls_connection *c)
{
    c->renegotiation->server_verify_data[0] ^= 0x80;
}

static void
short_info(tls_connection *c)
{
    c->renegotiation->before.client_verify_data.length = 11;
}

static void
long_info(tls_connection *c)
{
    c->renegotiation->before.client_verify_data.length = 13;
}

/* As in a first handshake. */
static void
empty_info(tls_connection *c)
{
    c->renegotiation->before.client_verify_data.length = 0;
    c->renegotiation->before.server_verify_data.length = 0;
}

static void
no_extended_master_secret(tls_connection *c)
{
    c->context->no_extended_master_secret = 1;
    c->renegotiation->before.extended_master_secret = 0;
}

static void
other_name(tls_connection *c)
{
    memcpy(c->server_name, "mocalhost", 9);
}

static void
other_alpn(tls_connection *c)
{
    c->alpn.data[1] = '3';
}

static void
hostile(enum tls_role attacker_role, const char *name, attack *f)
{
    tls_connection *client, *server, *attacker, *victim;
    enum tls_event event;
    world w;

    sprintf(
        current, "a hostile %s: %s", attacker_role == TLS_ROLE_CLIENT ? "client" : "server", name);
    open_world(&w, allow_alpn);
    establish(&w, &client, &server);
    attacker = attacker_role == TLS_ROLE_CLIENT ? client : server;
    victim = attacker_role == TLS_ROLE_CLIENT ? server : client;
    check(tls_connection_renegotiate(client, 0) == TLS_OK, "renegotiate");
    if (attacker_role == TLS_ROLE_SERVER) {
        /* It stops where ClientHello has been checked. */
        settle(client);
        tls_connection_watch(server, 1u << TLS_STAGE_CLIENT_HELLO, 0);
        tls_connection_feed(
            server, tls_connection_output(client).data, tls_connection_output(client).length);
        tls_connection_output_consume(client, tls_connection_output(client).length);
        event = tls_connection_step(server);
        check(event == TLS_EVENT_STAGE, "ClientHello");
    }
    f(attacker);
    pump(client, server);
    check(tls_connection_failure(victim) == TLS_REASON_HANDSHAKE_FAILURE,
        tls_reason_code(tls_connection_failure(victim)));
    check(strstr(tls_connection_failure_text(victim), "renegotiat") != NULL, "it says why");
    check(tls_connection_failure(attacker) == TLS_REASON_PEER_ALERT &&
              tls_connection_peer_alert(attacker) == TLS_ALERT_HANDSHAKE_FAILURE,
        "the alert");
    check(victim->renegotiations == 0, "not renegotiated");
    free_pair(&w, client, server);
    close_world(&w);
}

/* inject sends content of any kind under the attacker's keys. */
static void
inject(tls_connection *attacker, tls_connection *victim, enum tls_content_type type,
    const void *data, size_t length)
{
    unsigned char record[1024];
    size_t consumed, n = tls_record_seal(&attacker->sealer, &consumed, record, sizeof record, type,
                         data, length, 16384);

    give(victim, record, n);
}

/* A ClientHello with the signalling value (RFC 5746 section 3.7), and one with nothing at all. */
static void
scripted_client(int scsv)
{
    static const uint16_t suites[] = {0xC02B, 0x00FF};
    static const uint16_t groups[] = {29, 23};
    static const unsigned char random[32] = {1};
    tls_client_hello_options options;
    tls_connection *client, *server;
    tls_buffer hello = {0};
    world w;

    sprintf(current, "ClientHello %s", scsv ? "with the SCSV" : "without renegotiation_info");
    open_world(&w, allow);
    establish(&w, &client, &server);
    memset(&options, 0, sizeof options);
    options.random = random;
    options.suites = suites;
    options.suite_count = 1 + (size_t)scsv;
    options.groups = groups;
    options.group_count = 2;
    options.extended_master_secret = 1;
    if (scsv) {
        options.renegotiation_info = 1;
        options.renegotiated_connection =
            tls_bytes_make(client->client_verify_data, client->client_verify_length);
    }
    check(tls_client_hello_build_options(&hello, &options) == TLS_OK, "ClientHello");
    inject(client, server, TLS_CONTENT_HANDSHAKE, hello.data, hello.length);
    check(tls_connection_failure(server) == TLS_REASON_HANDSHAKE_FAILURE, "refused");
    tls_buffer_release(&hello);
    free_pair(&w, client, server);
    close_world(&w);
}

/* Things that must not stand in the middle of it, as the client sends them after its ClientHello.
 */
static void
in_between(void)
{
    static const struct {
        const char *name;
        enum tls_content_type type;
        const char *data;
        size_t length;
        enum tls_reason reason;
    } cases[] = {
        {"ChangeCipherSpec too early", TLS_CONTENT_CHANGE_CIPHER_SPEC, "\1", 1,
            TLS_REASON_UNEXPECTED_MESSAGE},
        {"Finished without ChangeCipherSpec", TLS_CONTENT_HANDSHAKE, "\24\0\0\14abcdefghijkl", 16,
            TLS_REASON_UNEXPECTED_MESSAGE},
        {"another ClientHello", TLS_CONTENT_HANDSHAKE, "\1\0\0\0", 4, TLS_REASON_DECODE},
        {"HelloRequest", TLS_CONTENT_HANDSHAKE, "\0\0\0\0", 4, TLS_REASON_UNEXPECTED_MESSAGE},
        {"half a message and data", TLS_CONTENT_HANDSHAKE, "\20\0\0\41x", 5, TLS_OK},
        {"an endless message", TLS_CONTENT_HANDSHAKE, "\20\377\377\377", 4, TLS_REASON_LIMIT},
        {"an alert", TLS_CONTENT_ALERT, "\2\50", 2, TLS_REASON_PEER_ALERT},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tls_connection *client, *server;
        world w;

        snprintf(current, sizeof current, "%s", cases[i].name);
        open_world(&w, allow);
        establish(&w, &client, &server);
        tls_connection_renegotiate(client, 0);
        settle(client);
        move(client, server);
        check(tls_connection_renegotiating(server), "it is under way");
        inject(client, server, cases[i].type, cases[i].data, cases[i].length);
        if (cases[i].reason == TLS_OK)
            inject(client, server, TLS_CONTENT_APPLICATION_DATA, "data", 4);
        check(tls_connection_failure(server) ==
                  (cases[i].reason != TLS_OK ? cases[i].reason : TLS_REASON_UNEXPECTED_MESSAGE),
            tls_reason_code(tls_connection_failure(server)));
        free_pair(&w, client, server);
        close_world(&w);
    }
}

/* The peer has changed its keys, and sends something else than Finished. */
static void
after_the_keys(void)
{
    static const struct {
        const char *name;
        enum tls_content_type type;
        const char *data;
        size_t length;
        enum tls_reason reason;
    } cases[] = {
        {"data before Finished", TLS_CONTENT_APPLICATION_DATA, "data", 4,
            TLS_REASON_UNEXPECTED_MESSAGE},
        {"a wrong Finished", TLS_CONTENT_HANDSHAKE, "\24\0\0\14abcdefghijkl", 16,
            TLS_REASON_BAD_FINISHED},
        {"ChangeCipherSpec twice", TLS_CONTENT_CHANGE_CIPHER_SPEC, "\1", 1,
            TLS_REASON_UNEXPECTED_MESSAGE},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tls_connection *client, *server;
        tls_bytes output;
        size_t position = 0, n = 0;
        world w;

        snprintf(current, sizeof current, "%s", cases[i].name);
        kind_version = TLS_VERSION_12;
        kind_suite = 0xCCA9;
        open_world(&w, allow_kind);
        establish(&w, &client, &server);
        tls_connection_renegotiate(client, 0);
        settle(client);
        move(client, server);
        move(server, client);
        output = tls_connection_output(client);
        while (position + 5 <= output.length && n == 0) {
            unsigned type = output.data[position];

            position += 5 + tls_get16(output.data + position + 3);
            if (type == TLS_CONTENT_CHANGE_CIPHER_SPEC)
                n = position;
        }
        check(n > 0, "ChangeCipherSpec");
        give(server, output.data, n);
        tls_connection_output_consume(client, output.length);
        client->sealer.protection.chapol.seq = 0;
        inject(client, server, cases[i].type, cases[i].data, cases[i].length);
        check(tls_connection_failure(server) == cases[i].reason,
            tls_reason_code(tls_connection_failure(server)));
        check(server->renegotiations == 0, "not renegotiated");
        free_pair(&w, client, server);
        close_world(&w);
    }
}

/* Without the extended master secret the server must stay the same (RFC 7627 section 1). */
static void
other_certificate(int extended)
{
    tls_connection *client, *server;
    tls_certificate_list *list = NULL;
    tls_private_key *key = NULL;
    tls_credential *credential;
    world w;

    sprintf(current, "another certificate %s the extended master secret",
        extended ? "with" : "without");
    open_world(&w, allow);
    w.client_context->no_extended_master_secret = !extended;
    establish(&w, &client, &server);
    if (tls_certificates_load(&list, tls_bytes_of_string(rsa_certificate)) != TLS_OK ||
        tls_private_key_decode(&key, tls_bytes_of_string(rsa_key)) != TLS_OK ||
        tls_trust_store_add(w.trust, list->items[0]) != TLS_OK)
        exit(1);
    credential = &w.server_context->credentials[0];
    tls_credential_clear(credential);
    credential->chain = calloc(1, sizeof *credential->chain);
    credential->chain[0] = tls_certificate_retain(list->items[0]);
    credential->chain_count = 1;
    credential->key = key;
    tls_connection_renegotiate(client, 0);
    pump(client, server);
    if (extended)
        renegotiated(client, server, 1);
    else
        check(tls_connection_failure(client) == TLS_REASON_HANDSHAKE_FAILURE, "refused");
    free_pair(&w, client, server);
    tls_certificate_list_release(list);
    close_world(&w);
}

/* ---- The end in the middle ---- */

static void
ends(void)
{
    tls_connection *client, *server;
    tls_connection_info info;
    world w;

    snprintf(current, sizeof current, "%s", "closed in the middle");
    open_world(&w, allow);
    establish(&w, &client, &server);
    tls_connection_renegotiate(client, 0);
    settle(client);
    move(client, server);
    tls_connection_close(server);
    check(tls_connection_failure(server) == TLS_REASON_CLOSED, "closed here");
    move(server, client);
    check(settle(client) == TLS_EVENT_CLOSED, "and there");
    tls_connection_get_info(client, &info);
    check(info.established && info.peer_verified && info.renegotiations == 0, "what was before");
    free_pair(&w, client, server);

    snprintf(current, sizeof current, "%s", "cut short in the middle");
    establish(&w, &client, &server);
    tls_connection_renegotiate(server, 0);
    move(server, client);
    tls_connection_feed_end(client);
    settle(client);
    check(tls_connection_failure(client) == TLS_REASON_TRUNCATED, "truncated");
    free_pair(&w, client, server);

    snprintf(current, sizeof current, "%s", "ended in the middle");
    establish(&w, &client, &server);
    tls_connection_renegotiate(client, 0);
    settle(client);
    tls_connection_end(client);
    tls_connection_get_info(client, &info);
    check(info.established && info.peer_chain_count == 1, "what was before");
    free_pair(&w, client, server);

    snprintf(current, sizeof current, "%s", "both at once");
    establish(&w, &client, &server);
    tls_connection_renegotiate(server, 0);
    tls_connection_renegotiate(client, 0);
    pump(client, server);
    renegotiated(client, server, 1);
    free_pair(&w, client, server);
    close_world(&w);
}

int
main(void)
{
    static const struct {
        const char *name;
        attack *f;
    } attacks[] =
        {
            {"wrong client_verify_data", wrong_client},
            {"client_verify_data too short", short_info},
            {"client_verify_data too long", long_info},
            {"empty renegotiation_info", empty_info},
            {"no extended master secret", no_extended_master_secret},
            {"another server name", other_name},
            {"another ALPN protocol", other_alpn},
        },
      server_attacks[] = {
          {"wrong client_verify_data", wrong_client},
          {"wrong server_verify_data", wrong_server},
          {"client_verify_data too short", short_info},
          {"empty renegotiation_info", empty_info},
          {"no extended master secret", no_extended_master_secret},
      };
    size_t i;

    both_ways();
    meanwhile();
    data_between();
    held_limit();
    full_output();
    refused();
    misuse();
    flood(TLS_ROLE_CLIENT);
    flood(TLS_ROLE_SERVER);
    for (i = 0; i < sizeof attacks / sizeof attacks[0]; i++)
        hostile(TLS_ROLE_CLIENT, attacks[i].name, attacks[i].f);
    for (i = 0; i < sizeof server_attacks / sizeof server_attacks[0]; i++)
        hostile(TLS_ROLE_SERVER, server_attacks[i].name, server_attacks[i].f);
    scripted_client(0);
    scripted_client(1);
    in_between();
    after_the_keys();
    other_certificate(0);
    other_certificate(1);
    ends();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

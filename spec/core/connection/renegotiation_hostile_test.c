/* renegotiation_hostile_test.c - renegotiation (RFC 5746) with a side that breaks the rules: its
 * idea of what was before is changed between the two handshakes, so its messages are wrong and
 * otherwise whole; or it says something else in between, or does not stop. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/inside.h"
#include "support/pair12.h"
#include "wire/message.h"

/* flood: a peer that renegotiates and sends no data. */
static void
flood(enum tls_role attacker_role)
{
    tls_connection *client, *server, *attacker, *victim;
    int i;
    world12 w;

    check_about("a flood by the %s", attacker_role == TLS_ROLE_CLIENT ? "client" : "server");
    world12_open(&w, allow_renegotiation);
    pair12_establish(&w, &client, &server);
    attacker = attacker_role == TLS_ROLE_CLIENT ? client : server;
    victim = attacker_role == TLS_ROLE_CLIENT ? server : client;
    for (i = 0; i < 2 * TLS_RENEGOTIATIONS_IDLE_MAXIMUM; i++) {
        tls_connection_renegotiate(attacker, 0);
        pair12_pump(client, server);
    }
    check(told(victim).renegotiations == TLS_RENEGOTIATIONS_IDLE_MAXIMUM, "a few");
    check(tls_connection_failure(victim) == TLS_OK, "then it is refused");
    pair12_says(victim, attacker, "our own data does not count");
    tls_connection_renegotiate(attacker, 0);
    pair12_pump(client, server);
    check(told(victim).renegotiations == TLS_RENEGOTIATIONS_IDLE_MAXIMUM, "still");
    pair12_says(attacker, victim, "but the peer's");
    tls_connection_renegotiate(attacker, 0);
    pair12_pump(client, server);
    check(told(victim).renegotiations == TLS_RENEGOTIATIONS_IDLE_MAXIMUM + 1, "one more");
    for (i = 0; i < 100 && tls_connection_failure(victim) == TLS_OK; i++) {
        inside_forget_idle_records(attacker); /* it does not care */
        tls_connection_renegotiate(attacker, 0);
        pair12_pump(client, server);
    }
    check(tls_connection_failure(victim) == TLS_REASON_UNEXPECTED_MESSAGE,
        "it does not go on for ever");
    pair12_free(&w, client, server);
    world12_close(&w);
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

/* An attack changes the attacker between its last step and its hello. */
typedef void attack(tls_connection *attacker);

static void
wrong_client(tls_connection *c)
{
    inside_settled(c)->client_verify_data[11] ^= 1;
}

static void
wrong_server(tls_connection *c)
{
    inside_settled(c)->server_verify_data[0] ^= 0x80;
}

static void
short_info(tls_connection *c)
{
    inside_settled(c)->client_verify_length = 11;
}

static void
long_info(tls_connection *c)
{
    inside_settled(c)->client_verify_length = 13;
}

/* As in a first handshake. */
static void
empty_info(tls_connection *c)
{
    inside_settled(c)->client_verify_length = 0;
    inside_settled(c)->server_verify_length = 0;
}

static void
no_extended_master_secret(tls_connection *c)
{
    inside_context(c)->extended_master_secret = TLS_EXTENDED_MASTER_SECRET_OFF;
    inside_settled(c)->extended_master_secret = 0;
}

static void
other_name(tls_connection *c)
{
    memcpy(inside_server_name(c), "mocalhost", 9);
}

static void
other_alpn(tls_connection *c)
{
    inside_change_alpn(c, 1, '3');
}

static void
hostile(enum tls_role attacker_role, const char *name, attack *f)
{
    tls_connection *client, *server, *attacker, *victim;
    enum tls_event event;
    world12 w;

    check_about("a hostile %s: %s", attacker_role == TLS_ROLE_CLIENT ? "client" : "server", name);
    world12_open(&w, allow_alpn);
    pair12_establish(&w, &client, &server);
    attacker = attacker_role == TLS_ROLE_CLIENT ? client : server;
    victim = attacker_role == TLS_ROLE_CLIENT ? server : client;
    check(tls_connection_renegotiate(client, 0) == TLS_OK, "renegotiate");
    if (attacker_role == TLS_ROLE_SERVER) {
        /* It stops where ClientHello has been checked. */
        pair12_settle(client);
        tls_connection_watch(server, 1u << TLS_STAGE_CLIENT_HELLO, 0);
        tls_connection_feed(
            server, tls_connection_output(client).data, tls_connection_output(client).length);
        tls_connection_output_consume(client, tls_connection_output(client).length);
        event = tls_connection_step(server);
        check(event == TLS_EVENT_STAGE, "ClientHello");
    }
    f(attacker);
    pair12_pump(client, server);
    check(tls_connection_failure(victim) == (f == no_extended_master_secret
                                                    ? TLS_REASON_EXTENDED_MASTER_SECRET
                                                    : TLS_REASON_RENEGOTIATION_MISMATCH),
        "%s", tls_reason_code(tls_connection_failure(victim)));
    check(strstr(tls_connection_failure_text(victim), "renegotiat") != NULL, "it says why");
    check(tls_connection_failure(attacker) == TLS_REASON_PEER_ALERT &&
              tls_connection_peer_alert(attacker) == TLS_ALERT_HANDSHAKE_FAILURE,
        "the alert");
    check(told(victim).renegotiations == 0, "not renegotiated");
    pair12_free(&w, client, server);
    world12_close(&w);
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
    world12 w;

    check_about("ClientHello %s", scsv ? "with the SCSV" : "without renegotiation_info");
    world12_open(&w, allow_renegotiation);
    pair12_establish(&w, &client, &server);
    memset(&options, 0, sizeof options);
    options.random = random;
    options.suites = suites;
    options.suite_count = 1 + (size_t)scsv;
    options.groups = groups;
    options.group_count = 2;
    options.extended_master_secret = 1;
    if (scsv) {
        options.renegotiation_info = 1;
        options.renegotiated_connection = told(client).client_verify_data;
    }
    check(tls_client_hello_build_options(&hello, &options) == TLS_OK, "ClientHello");
    pair12_inject(client, server, TLS_CONTENT_HANDSHAKE, hello.data, hello.length);
    check(tls_connection_failure(server) == TLS_REASON_RENEGOTIATION_MISMATCH, "refused");
    tls_buffer_release(&hello);
    pair12_free(&w, client, server);
    world12_close(&w);
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
        {"another ClientHello", TLS_CONTENT_HANDSHAKE, "\1\0\0\0", 4,
            TLS_REASON_UNEXPECTED_MESSAGE},
        {"HelloRequest", TLS_CONTENT_HANDSHAKE, "\0\0\0\0", 4, TLS_REASON_UNEXPECTED_MESSAGE},
        {"half a message and data", TLS_CONTENT_HANDSHAKE, "\20\0\0\41x", 5, TLS_OK},
        {"an endless message", TLS_CONTENT_HANDSHAKE, "\20\377\377\377", 4, TLS_REASON_LIMIT},
        {"an alert", TLS_CONTENT_ALERT, "\2\50", 2, TLS_REASON_PEER_ALERT},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tls_connection *client, *server;
        world12 w;

        check_about("%s", cases[i].name);
        world12_open(&w, allow_renegotiation);
        pair12_establish(&w, &client, &server);
        tls_connection_renegotiate(client, 0);
        pair12_settle(client);
        pair12_move(client, server);
        check(tls_connection_renegotiating(server), "it is under way");
        pair12_inject(client, server, cases[i].type, cases[i].data, cases[i].length);
        if (cases[i].reason == TLS_OK)
            pair12_inject(client, server, TLS_CONTENT_APPLICATION_DATA, "data", 4);
        check(tls_connection_failure(server) ==
                  (cases[i].reason != TLS_OK ? cases[i].reason : TLS_REASON_UNEXPECTED_MESSAGE),
            "%s", tls_reason_code(tls_connection_failure(server)));
        pair12_free(&w, client, server);
        world12_close(&w);
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
        world12 w;

        check_about("%s", cases[i].name);
        renegotiation_version = TLS_VERSION_12;
        renegotiation_suite = 0xCCA9;
        world12_open(&w, allow_renegotiation_of_kind);
        pair12_establish(&w, &client, &server);
        tls_connection_renegotiate(client, 0);
        pair12_settle(client);
        pair12_move(client, server);
        pair12_move(server, client);
        output = tls_connection_output(client);
        while (position + 5 <= output.length && n == 0) {
            unsigned type = output.data[position];

            position += 5 + tls_get16(output.data + position + 3);
            if (type == TLS_CONTENT_CHANGE_CIPHER_SPEC)
                n = position;
        }
        check(n > 0, "ChangeCipherSpec");
        pair12_give(server, output.data, n);
        tls_connection_output_consume(client, output.length);
        inside_sealer(client)->protection.chapol.seq = 0;
        pair12_inject(client, server, cases[i].type, cases[i].data, cases[i].length);
        check(tls_connection_failure(server) == cases[i].reason, "%s",
            tls_reason_code(tls_connection_failure(server)));
        check(told(server).renegotiations == 0, "not renegotiated");
        pair12_free(&w, client, server);
        world12_close(&w);
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
    world12 w;

    check_about("another certificate %s the extended master secret", extended ? "with" : "without");
    world12_open(&w, allow_renegotiation);
    if (!extended)
        w.client_context->extended_master_secret = TLS_EXTENDED_MASTER_SECRET_OFF;
    pair12_establish(&w, &client, &server);
    if (tls_certificates_load(&list, tls_bytes_of_string(rsa_certificate)) != TLS_OK ||
        tls_private_key_decode(&key, tls_bytes_of_string(rsa_key)) != TLS_OK ||
        tls_trust_store_add(w.id.trust, list->items[0]) != TLS_OK)
        exit(1);
    credential = &w.server_context->credentials[0];
    tls_credential_clear(credential);
    credential->chain = calloc(1, sizeof *credential->chain);
    ((const tls_certificate **)(uintptr_t)credential->chain)[0] =
        tls_certificate_retain(list->items[0]);
    credential->chain_count = 1;
    credential->key = key;
    tls_connection_renegotiate(client, 0);
    pair12_pump(client, server);
    if (extended)
        pair12_renegotiated(client, server, 1);
    else
        check(tls_connection_failure(client) == TLS_REASON_RENEGOTIATION_MISMATCH, "refused");
    pair12_free(&w, client, server);
    tls_certificate_list_release(list);
    world12_close(&w);
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
    return check_end();
}

/* points12_test.c - points that a peer of TLS 1.2 and below may not send (RFC 8422 sections 5.10
 * and 5.11): of small order on X25519, where the secret is zero, and what is none of P-256. Either
 * side says illegal_parameter as soon as it has read the message; the peer is one of ours whose
 * message is exchanged on the way, and a server's is signed anew. */
#include <stdio.h>

#include "support/check.h"
#include "support/deviation.h"
#include "support/inside.h"
#include "support/pair12.h"
#include "wire/message.h"

static unsigned version_of_world;
static uint16_t groups_of_world[] = {0, TLS_GROUP_SECP256R1}; /* the certificate's key is of it */
static uint16_t suite_of_world;
static uint16_t forged_group; /* what a ServerKeyExchange names, if not 0 */

static void
one_group(tls_context_options *options)
{
    options->version_min = options->version_max = version_of_world;
    options->groups = groups_of_world;
    options->group_count = 2;
    options->suites = &suite_of_world;
    options->suite_count = 1;
}

static tls_bytes
unhex(unsigned char *out, const char *digits)
{
    size_t n = 0;

    for (; digits[0] != '\0'; digits += 2) {
        unsigned byte;

        require(sscanf(digits, "%2x", &byte) == 1, "hexadecimal digits");
        out[n++] = (unsigned char)byte;
    }
    return tls_bytes_make(out, n);
}

static void
feed_message(tls_connection *c, tls_bytes message)
{
    unsigned char header[TLS_RECORD_HEADER_LENGTH] = {22, 3, (unsigned char)version_of_world};

    tls_put16(header + 3, (uint32_t)message.length);
    pair12_give(c, header, sizeof header);
    pair12_give(c, message.data, message.length);
}

/* sign_again: as the server's key would sign this ServerKeyExchange. */
static size_t
sign_again(const world12 *w, const tls_connection *server, const tls_server_key_exchange *exchange,
    unsigned char signature[TLS_SIGNATURE_MAXIMUM])
{
    int hash = version_of_world == TLS_VERSION_12 ? TLS_HASH_SHA256 : TLS_HASH_SHA1;
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM];
    tls_buffer content = {0};
    size_t length;

    tls_buffer_append(&content, told(server).client_random.data, 32);
    tls_buffer_append(&content, told(server).server_random.data, 32);
    tls_write_u8(&content, 3);
    tls_write_u16(&content, exchange->group);
    tls_write_vector8(&content, exchange->point);
    length = tls_fingerprint(digest, hash, tls_buffer_view(&content));
    length = tls_sign_digest(w->id.key, signature, hash, digest, length);
    tls_buffer_release(&content);
    return length;
}

/* exchange gives `to` what `from` has to say, message by message, with this point in the key
 * exchange; nothing after it. Returns whether there was one. */
static int
exchange(const world12 *w, tls_connection *from, tls_connection *to, tls_bytes point)
{
    tls_buffer flight = {0}, forged = {0};
    tls_bytes output = tls_connection_output(from);
    unsigned char signature[TLS_SIGNATURE_MAXIMUM];
    size_t position = 0;
    int found = 0;

    while (position < output.length && output.data[position] == 22) {
        size_t length = tls_get16(output.data + position + 3);

        tls_buffer_append(&flight, output.data + position + TLS_RECORD_HEADER_LENGTH, length);
        position += TLS_RECORD_HEADER_LENGTH + length;
    }
    for (position = 0; position < flight.length && !found;) {
        tls_message message;
        tls_server_key_exchange *key_exchange = &message.u.server_key_exchange;
        tls_bytes raw = tls_bytes_make(
            flight.data + position, 4 + (size_t)tls_get24(flight.data + position + 1));

        position += raw.length;
        require(tls_message_parse(&message, raw, told(from).version, told(from).suite) == TLS_OK,
            "a message of the flight");
        found = message.type == TLS_HANDSHAKE_SERVER_KEY_EXCHANGE ||
                message.type == TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE;
        if (message.type == TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE) {
            message.u.client_key_exchange.point = point;
        } else if (found) {
            key_exchange->point = point;
            if (forged_group != 0)
                key_exchange->group = forged_group;
            key_exchange->scheme = TLS_SCHEME_ECDSA_SECP256R1_SHA256;
            key_exchange->signature =
                tls_bytes_make(signature, sign_again(w, from, key_exchange, signature));
        }
        require(tls_message_build(&forged, &message) == TLS_OK, "built again");
        feed_message(to, found ? tls_buffer_view(&forged) : raw);
        tls_buffer_clear(&forged);
    }
    tls_connection_output_consume(from, tls_connection_output(from).length);
    tls_buffer_release(&flight);
    tls_buffer_release(&forged);
    return found;
}

/* What is judged is judged when the key exchange was read; a client looks at the point when it
 * answers, behind ServerHelloDone. */
static void
judge(tls_connection *victim, tls_connection *attacker)
{
    check_reason(tls_connection_failure(victim), TLS_REASON_ILLEGAL_PARAMETER, "refused");
    check(!told(victim).established, "not established");
    pair12_move(victim, attacker);
    check_number(tls_connection_peer_alert(attacker), TLS_ALERT_ILLEGAL_PARAMETER, "the alert");
}

static void
bad_to_server(const char *certificate, const char *key, const char *point)
{
    unsigned char bytes[256];
    tls_connection *client, *server;
    world12 w;

    check_about("to a server, %#x, %#x: %s", version_of_world, suite_of_world, point);
    world12_open_with(&w, certificate, key, one_group);
    pair12_open(&w, &client, &server, NULL);
    pair12_settle(client);
    pair12_move(client, server);
    pair12_move(server, client);
    check(exchange(&w, client, server, unhex(bytes, point)), "ClientKeyExchange");
    judge(server, client);
    pair12_free(&w, client, server);
    world12_close(&w);
}

static void
bad_to_client(const char *point)
{
    unsigned char bytes[256];
    tls_connection *client, *server;
    world12 w;

    check_about("to a client, %#x, %#x: %s", version_of_world, suite_of_world, point);
    world12_open_with(&w, ec_certificate, ec_key, one_group);
    pair12_open(&w, &client, &server, NULL);
    pair12_settle(client);
    pair12_move(client, server);
    check(exchange(&w, server, client, unhex(bytes, point)), "ServerKeyExchange");
    if (tls_connection_failure(client) == TLS_OK)
        feed_message(client, tls_bytes_make("\16\0\0\0", 4));
    judge(client, server);
    pair12_free(&w, client, server);
    world12_close(&w);
}

static void
all(const char *const *points, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        bad_to_server(ec_certificate, ec_key, points[i]);
        bad_to_client(points[i]);
    }
}

/* The same, exchanged for points that are right: the handshake goes on to where the other side's
 * secret is another. */
static void
good_points(void)
{
    unsigned char bytes[256];
    tls_connection *client, *server;
    world12 w;

    check_about("a point that is right");
    world12_open_with(&w, ec_certificate, ec_key, one_group);
    pair12_open(&w, &client, &server, NULL);
    pair12_settle(client);
    pair12_move(client, server);
    check(exchange(&w, server, client,
              unhex(bytes, "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                           "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")),
        "ServerKeyExchange");
    feed_message(client, tls_bytes_make("\16\0\0\0", 4));
    check_reason(tls_connection_failure(client), TLS_OK, "the client answers");
    check(tls_connection_output(client).length > 0, "with its own");
    pair12_free(&w, client, server);
    world12_close(&w);
}

int
main(void)
{
    static const struct {
        unsigned version;
        uint16_t suite;
    } kinds[] = {{TLS_VERSION_12, 0xC02B}, {TLS_VERSION_10, 0xC009}};
    size_t i;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        version_of_world = kinds[i].version;
        suite_of_world = kinds[i].suite;
        groups_of_world[0] = TLS_GROUP_X25519;
        all(small_order, SMALL_ORDER_SHARES);
        groups_of_world[0] = TLS_GROUP_SECP256R1;
        all(bad_points, BAD_POINTS);
        good_points();
    }
    /* Groups that the client has, but for TLS 1.3. */
    version_of_world = TLS_VERSION_12;
    suite_of_world = 0xC02B;
    groups_of_world[0] = forged_group = TLS_GROUP_X25519MLKEM768;
    bad_to_client(bad_points[0]);
    groups_of_world[0] = forged_group = TLS_GROUP_FFDHE2048;
    bad_to_client(bad_points[0]);
    forged_group = 0;
    groups_of_world[0] = TLS_GROUP_SECP256R1;
    suite_of_world = 0xC02D; /* static ECDH, with the key of the certificate */
    for (i = 0; i < BAD_POINTS; i++)
        bad_to_server(agreement_certificate, agreement_key, bad_points[i]);
    return check_end();
}

/* rsa_pss_12_test.c - a ServerKeyExchange of TLS 1.2 that is signed with RSA-PSS (RFC 8446
 * section 4.2.3). Our server signs with PKCS#1, so its message is exchanged on the way for one that
 * its key signs here, rightly or wrongly; the client's transcript is then made to hold the server's
 * own. */
#include "support/check.h"
#include "support/inside.h"
#include "support/pair12.h"
#include "wire/message.h"

#define RSAE_SHA256 0x0804
#define RSAE_SHA384 0x0805
#define RSAE_SHA512 0x0806
#define PSS_SHA256 0x0809
#define ECDHE_ECDSA_AES_128_GCM 0xC02B

/* How the signature is made, or unmade. */
typedef struct forgery {
    const char *name;
    unsigned scheme;    /* that the message names */
    unsigned signed_by; /* that it is really signed by */
    int flip;           /* a byte of the signature to change, from the end when negative; 0: none */
    int other_params;   /* signed is another point than the one that is sent */
    int other_random;
    size_t length; /* of what is sent of the signature; 0: all */
    enum tls_reason reason;
    unsigned suite; /* that ServerHello names; 0: the server's */
} forgery;

static const unsigned *offered;
static size_t offered_count;
static uint16_t offered_list[16];

static void
schemes(tls_context_options *options)
{
    size_t i;

    if (options->role != TLS_ROLE_CLIENT || offered == NULL)
        return;
    for (i = 0; i < offered_count; i++)
        offered_list[i] = (uint16_t)offered[i];
    options->signature_schemes = offered_list;
    options->signature_scheme_count = offered_count;
}

static void
feed_message(tls_connection *c, tls_bytes message)
{
    unsigned char header[TLS_RECORD_HEADER_LENGTH] = {22, 3, 3};

    tls_put16(header + 3, (uint32_t)message.length);
    pair12_give(c, header, sizeof header);
    pair12_give(c, message.data, message.length);
}

/* forge makes the message that the client gets instead. */
static void
forge(const world12 *w, const tls_connection *server, const tls_message *message, const forgery *f,
    tls_buffer *out)
{
    const tls_server_key_exchange *exchange = &message->u.server_key_exchange;
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM], signature[TLS_SIGNATURE_MAXIMUM + 1] = {0};
    tls_message forged = *message;
    tls_buffer content = {0};
    size_t length;

    tls_buffer_append(&content, told(server).client_random.data, 32);
    tls_buffer_append(&content, told(server).server_random.data, 32);
    tls_buffer_append(&content, exchange->params.data, exchange->params.length);
    if (f->other_random)
        content.data[40] ^= 1;
    if (f->other_params)
        content.data[content.length - 1] ^= 1;
    length = tls_scheme_digest(digest, f->signed_by, tls_buffer_view(&content));
    length = tls_sign_scheme(w->id.key, signature, f->signed_by, tls_bytes_make(digest, length));
    if (length == 0) /* a key that cannot: then anything will do */
        length = 256;
    if (f->flip > 0)
        signature[f->flip - 1] ^= 1;
    else if (f->flip < 0)
        signature[length + (size_t)f->flip] ^= 0x40;
    if (f->length > 0)
        length = f->length;
    forged.u.server_key_exchange.scheme = f->scheme;
    forged.u.server_key_exchange.signature = tls_bytes_make(signature, length);
    check(tls_message_build(out, &forged) == TLS_OK, "ServerKeyExchange");
    tls_buffer_release(&content);
}

/* exchange gives the client the server's flight, message by message, with the forged one in it. */
static void
exchange(const world12 *w, tls_connection *client, tls_connection *server, const forgery *f)
{
    tls_buffer flight = {0};
    size_t position = 0;
    tls_bytes output = tls_connection_output(server);

    while (position < output.length) {
        size_t length = tls_get16(output.data + position + 3);

        tls_buffer_append(&flight, output.data + position + TLS_RECORD_HEADER_LENGTH, length);
        position += TLS_RECORD_HEADER_LENGTH + length;
    }
    tls_connection_output_consume(server, output.length);
    for (position = 0; position < flight.length && tls_connection_failure(client) == TLS_OK;) {
        tls_message message;
        tls_bytes raw = tls_bytes_make(
            flight.data + position, 4 + (size_t)tls_get24(flight.data + position + 1));

        position += raw.length;
        check(tls_message_parse(&message, raw, told(server).version, told(server).suite) == TLS_OK,
            "parsed");
        if (message.type == TLS_HANDSHAKE_SERVER_HELLO && f->suite != 0)
            tls_put16((unsigned char *)(uintptr_t)raw.data + 4 + 2 + 32 + 1 +
                          message.u.server_hello.session_id.length,
                f->suite);
        if (message.type == TLS_HANDSHAKE_SERVER_KEY_EXCHANGE) {
            br_multihash_context before = *inside_transcript12(client);
            tls_buffer forged = {0};

            forge(w, server, &message, f, &forged);
            feed_message(client, tls_buffer_view(&forged));
            tls_buffer_release(&forged);
            if (!inside_has_engine(client))
                break;
            br_multihash_update(&before, raw.data, raw.length);
            *inside_transcript12(client) = before;
        } else {
            feed_message(client, raw);
        }
    }
    tls_buffer_release(&flight);
}

static void
run(const char *certificate, const char *key, const forgery *f)
{
    tls_connection *client, *server;
    tls_connection_info info;
    world12 w;

    check_about("%s", f->name);
    world12_open_with(&w, certificate, key, schemes);
    pair12_open(&w, &client, &server, NULL);
    pair12_settle(client);
    pair12_move(client, server);
    exchange(&w, client, server, f);
    pair12_pump(client, server);
    tls_connection_get_info(client, &info);
    check(tls_connection_failure(client) == f->reason, "%s",
        tls_reason_code(tls_connection_failure(client)));
    if (f->reason == TLS_OK) {
        check(info.established && told(server).established, "established");
        check(info.peer_scheme == f->scheme, "the scheme is told");
        check(info.peer_verified, "verified");
    } else {
        check(!info.established && tls_connection_peer_alert(server) == tls_reason_alert(f->reason),
            "the alert");
    }
    tls_connection_free(client);
    tls_connection_free(server);
    world12_close(&w);
}

int
main(void)
{
    static const forgery forgeries[] = {
        {"rsa_pss_rsae_sha256", RSAE_SHA256, RSAE_SHA256, 0, 0, 0, 0, TLS_OK, 0},
        {"rsa_pss_rsae_sha384", RSAE_SHA384, RSAE_SHA384, 0, 0, 0, 0, TLS_OK, 0},
        {"rsa_pss_rsae_sha512", RSAE_SHA512, RSAE_SHA512, 0, 0, 0, 0, TLS_OK, 0},
        {"rsa_pkcs1_sha256", 0x0401, 0x0401, 0, 0, 0, 0, TLS_OK, 0},
        {"the first byte changed", RSAE_SHA256, RSAE_SHA256, 1, 0, 0, 0, TLS_REASON_BAD_SIGNATURE,
            0},
        {"a byte changed", RSAE_SHA384, RSAE_SHA384, 100, 0, 0, 0, TLS_REASON_BAD_SIGNATURE, 0},
        {"the last byte changed", RSAE_SHA512, RSAE_SHA512, -1, 0, 0, 0, TLS_REASON_BAD_SIGNATURE,
            0},
        {"another key share", RSAE_SHA256, RSAE_SHA256, 0, 1, 0, 0, TLS_REASON_BAD_SIGNATURE, 0},
        {"another random", RSAE_SHA256, RSAE_SHA256, 0, 0, 1, 0, TLS_REASON_BAD_SIGNATURE, 0},
        {"one byte short", RSAE_SHA256, RSAE_SHA256, 0, 0, 0, 255, TLS_REASON_BAD_SIGNATURE, 0},
        {"one byte more", RSAE_SHA256, RSAE_SHA256, 0, 0, 0, 257, TLS_REASON_BAD_SIGNATURE, 0},
        {"longer than any", RSAE_SHA256, RSAE_SHA256, 0, 0, 0, 513, TLS_REASON_BAD_SIGNATURE, 0},
        {"another hash", RSAE_SHA256, RSAE_SHA384, 0, 0, 0, 0, TLS_REASON_BAD_SIGNATURE, 0},
        {"PKCS#1 under the name of PSS", RSAE_SHA256, 0x0401, 0, 0, 0, 0, TLS_REASON_BAD_SIGNATURE,
            0},
        {"PSS under the name of PKCS#1", 0x0401, RSAE_SHA256, 0, 0, 0, 0, TLS_REASON_BAD_SIGNATURE,
            0},
        {"for keys of PSS only", PSS_SHA256, RSAE_SHA256, 0, 0, 0, 0, TLS_REASON_ILLEGAL_PARAMETER,
            0},
        {"ECDSA by an RSA key", 0x0403, RSAE_SHA256, 0, 0, 0, 0, TLS_REASON_ILLEGAL_PARAMETER, 0},
        {"a scheme that nobody knows", 0x08FF, RSAE_SHA256, 0, 0, 0, 0,
            TLS_REASON_ILLEGAL_PARAMETER, 0},
        {"in a suite of ECDSA", RSAE_SHA256, RSAE_SHA256, 0, 0, 0, 0, TLS_REASON_WRONG_PURPOSE,
            ECDHE_ECDSA_AES_128_GCM},
    };
    static const forgery by_ec = {
        "PSS by an EC key", RSAE_SHA256, RSAE_SHA256, 0, 0, 0, 0, TLS_REASON_ILLEGAL_PARAMETER, 0};
    static const forgery not_offered = {"PSS that was not offered", RSAE_SHA256, RSAE_SHA256, 0, 0,
        0, 0, TLS_REASON_ILLEGAL_PARAMETER, 0};
    static const forgery only_offered = {
        "PSS alone", RSAE_SHA512, RSAE_SHA512, 0, 0, 0, 0, TLS_OK, 0};
    static const unsigned pkcs1[] = {0x0401, 0x0403}, both[] = {RSAE_SHA512, 0x0401};
    size_t i;

    for (i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++)
        run(rsa_certificate, rsa_key, &forgeries[i]);
    run(ec_certificate, ec_key, &by_ec);
    offered = pkcs1;
    offered_count = 2;
    run(rsa_certificate, rsa_key, &not_offered);
    offered = both;
    run(rsa_certificate, rsa_key, &only_offered);
    return check_end();
}

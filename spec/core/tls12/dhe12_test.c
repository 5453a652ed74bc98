/* dhe12_test.c - DHE up to TLS 1.2: groups, values and signatures that a peer may not send (RFC
 * 7919 sections 3 and 4, RFC 5246 section 7.4.3), and those that look odd and are right. The peer
 * is one of ours whose message is exchanged on the way, and a server's is signed anew. */
#include <string.h>

#include "crypto/ffdhe.h"
#include "support/check.h"
#include "support/inside.h"
#include "support/pair12.h"
#include "wire/message.h"

static unsigned version_of_world;
static uint16_t suites_of_world[2];
static size_t suite_count;

static void
dhe_options(tls_context_options *options)
{
    options->version_min = options->version_max = version_of_world;
    options->suites = suites_of_world;
    options->suite_count = suite_count;
}

/* The numbers of a key exchange, to be changed. */
typedef struct number {
    unsigned char bytes[1200];
    size_t length;
} number;

typedef struct numbers {
    number p, g, y;
    int wrong_signature; /* made before the numbers were changed */
    int flip_signature;
} numbers;

static void
set(number *n, const void *bytes, size_t length)
{
    memcpy(n->bytes, bytes, length);
    n->length = length;
}

static void
put_in_front(number *n, unsigned char byte)
{
    memmove(n->bytes + 1, n->bytes, n->length);
    n->bytes[0] = byte;
    n->length++;
}

/* Of the prime, which ends in 0xFF: its last byte less so much. */
static void
set_below_p(number *n, const numbers *all, unsigned char less)
{
    *n = all->p;
    n->bytes[n->length - 1] = (unsigned char)(n->bytes[n->length - 1] - less);
}

static void
set_p_and_one(number *n, const numbers *all)
{
    size_t i = all->p.length;

    *n = all->p;
    while (n->bytes[--i] == 0xFF)
        n->bytes[i] = 0;
    n->bytes[i]++;
}

/* ---- What is changed ---- */

static void
p_even(numbers *n)
{
    n->p.bytes[n->p.length - 1] &= 0xFE;
}
static void
p_zero(numbers *n)
{
    set(&n->p, "", 1);
}
static void
p_tiny(numbers *n)
{
    set(&n->p, "\x17", 1);
}
static void
p_short(numbers *n)
{
    n->p.bytes[0] = 0x7F;
}
static void
p_short_with_zeros(numbers *n)
{
    n->p.bytes[0] = 0;
    put_in_front(&n->p, 0);
}
static void
p_long(numbers *n)
{
    memset(n->p.bytes, 0xFF, 1025);
    n->p.bytes[0] = 1;
    n->p.length = 1025;
}
static void
p_longest(numbers *n)
{
    memset(n->p.bytes, 0xA7, 1024);
    n->p.length = 1024;
}
static void
p_with_zeros(numbers *n)
{
    put_in_front(&n->p, 0);
    put_in_front(&n->g, 0);
    put_in_front(&n->y, 0);
}
static void
g_zero(numbers *n)
{
    set(&n->g, "", 1);
}
static void
g_one(numbers *n)
{
    set(&n->g, "\1", 1);
}
static void
g_below(numbers *n)
{
    set_below_p(&n->g, n, 1);
}
static void
g_p(numbers *n)
{
    n->g = n->p;
}
static void
g_longer(numbers *n)
{
    n->g = n->p;
    put_in_front(&n->g, 1);
}
static void
g_largest(numbers *n)
{
    set_below_p(&n->g, n, 2);
}
static void
y_zero(numbers *n)
{
    set(&n->y, "", 1);
}
static void
y_zeros(numbers *n)
{
    memset(n->y.bytes, 0, n->y.length);
}
static void
y_one(numbers *n)
{
    set(&n->y, "\1", 1);
}
static void
y_below(numbers *n)
{
    set_below_p(&n->y, n, 1);
}
static void
y_p(numbers *n)
{
    n->y = n->p;
}
static void
y_above(numbers *n)
{
    set_p_and_one(&n->y, n);
}
static void
y_longer(numbers *n)
{
    put_in_front(&n->y, 1);
}
static void
y_two(numbers *n)
{
    set(&n->y, "\2", 1);
}
static void
y_largest(numbers *n)
{
    set_below_p(&n->y, n, 2);
}
static void
y_with_zeros(numbers *n)
{
    put_in_front(&n->y, 0);
    put_in_front(&n->y, 0);
}
static void
y_empty(numbers *n)
{
    n->y.length = 0;
}
static void
p_empty(numbers *n)
{
    n->p.length = 0;
}
static void
g_empty(numbers *n)
{
    n->g.length = 0;
}
static void
unsigned_y(numbers *n)
{
    n->y.bytes[n->y.length - 1] ^= 1;
    n->wrong_signature = 1;
}
static void
unsigned_p(numbers *n)
{
    n->p.bytes[10] ^= 1;
    n->wrong_signature = 1;
}
static void
damaged_signature(numbers *n)
{
    n->flip_signature = 1;
}
static void
nothing(numbers *n)
{
    (void)n;
}

/* p is (2^1024 - 1)^2, of which every power of Ys from the second on is a multiple: the secret
 * would be 0. */
static void
p_square(numbers *all)
{
    memset(all->p.bytes, 0, 256);
    memset(all->p.bytes, 0xFF, 128);
    all->p.bytes[127] = 0xFE;
    all->p.bytes[255] = 1;
    all->p.length = 256;
    memset(all->y.bytes, 0xFF, 128);
    all->y.length = 128;
    set(&all->g, "\2", 1);
}

typedef struct lie {
    const char *name;
    void (*change)(numbers *n);
    enum tls_reason reason;
} lie;

static const lie to_client[] = {
    {"nothing changed", nothing, TLS_OK},
    {"p is even", p_even, TLS_REASON_ILLEGAL_PARAMETER},
    {"p is 0", p_zero, TLS_REASON_INSUFFICIENT_SECURITY},
    {"p is 23", p_tiny, TLS_REASON_INSUFFICIENT_SECURITY},
    {"p has 2047 bits", p_short, TLS_REASON_INSUFFICIENT_SECURITY},
    {"p has 2040 bits and zeros", p_short_with_zeros, TLS_REASON_INSUFFICIENT_SECURITY},
    {"p has 8193 bits", p_long, TLS_REASON_LIMIT},
    {"p has 8192 bits", p_longest, TLS_OK},
    {"zeros in front", p_with_zeros, TLS_OK},
    {"p is a square, and the secret 0", p_square, TLS_REASON_ILLEGAL_PARAMETER},
    {"g is 0", g_zero, TLS_REASON_ILLEGAL_PARAMETER},
    {"g is 1", g_one, TLS_REASON_ILLEGAL_PARAMETER},
    {"g is p - 1", g_below, TLS_REASON_ILLEGAL_PARAMETER},
    {"g is p", g_p, TLS_REASON_ILLEGAL_PARAMETER},
    {"g is longer", g_longer, TLS_REASON_ILLEGAL_PARAMETER},
    {"g is p - 2", g_largest, TLS_OK},
    {"Ys is 0", y_zero, TLS_REASON_HANDSHAKE_FAILURE},
    {"Ys is 0 of p's length", y_zeros, TLS_REASON_HANDSHAKE_FAILURE},
    {"Ys is 1", y_one, TLS_REASON_HANDSHAKE_FAILURE},
    {"Ys is p - 1", y_below, TLS_REASON_HANDSHAKE_FAILURE},
    {"Ys is p", y_p, TLS_REASON_HANDSHAKE_FAILURE},
    {"Ys is p + 1", y_above, TLS_REASON_HANDSHAKE_FAILURE},
    {"Ys is longer", y_longer, TLS_REASON_HANDSHAKE_FAILURE},
    {"Ys is 2", y_two, TLS_OK},
    {"Ys is p - 2", y_largest, TLS_OK},
    {"p is empty", p_empty, TLS_REASON_DECODE},
    {"g is empty", g_empty, TLS_REASON_DECODE},
    {"Ys is empty", y_empty, TLS_REASON_DECODE},
    {"the signature is of another Ys", unsigned_y, TLS_REASON_BAD_SIGNATURE},
    {"the signature is of another p", unsigned_p, TLS_REASON_BAD_SIGNATURE},
    {"the signature is damaged", damaged_signature, TLS_REASON_BAD_SIGNATURE},
};

static const lie to_server[] = {
    {"nothing changed", nothing, TLS_OK},
    {"Yc is 0", y_zero, TLS_REASON_HANDSHAKE_FAILURE},
    {"Yc is 0 of p's length", y_zeros, TLS_REASON_HANDSHAKE_FAILURE},
    {"Yc is 1", y_one, TLS_REASON_HANDSHAKE_FAILURE},
    {"Yc is p - 1", y_below, TLS_REASON_HANDSHAKE_FAILURE},
    {"Yc is p", y_p, TLS_REASON_HANDSHAKE_FAILURE},
    {"Yc is p + 1", y_above, TLS_REASON_HANDSHAKE_FAILURE},
    {"Yc is longer", y_longer, TLS_REASON_HANDSHAKE_FAILURE},
    {"Yc is empty", y_empty, TLS_REASON_DECODE},
    {"Yc is 2", y_two, TLS_OK},
    {"Yc is p - 2", y_largest, TLS_OK},
    {"Yc has zeros in front", y_with_zeros, TLS_OK},
};

/* ---- On the way ---- */

static void
feed_message(tls_connection *c, tls_bytes message)
{
    unsigned char header[TLS_RECORD_HEADER_LENGTH] = {22, 3, (unsigned char)version_of_world};

    tls_put16(header + 3, (uint32_t)message.length);
    pair12_give(c, header, sizeof header);
    pair12_give(c, message.data, message.length);
}

static tls_bytes
view(const number *n)
{
    return tls_bytes_make(n->bytes, n->length);
}

/* sign: as the server's key would sign these parameters. */
static size_t
sign(const world12 *w, const tls_connection *server, const numbers *n,
    unsigned char signature[TLS_SIGNATURE_MAXIMUM])
{
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM];
    int hash = version_of_world == TLS_VERSION_12 ? TLS_HASH_SHA256 : TLS_HASH_MD5_SHA1;
    tls_buffer content = {0};
    size_t length = 0;

    tls_buffer_append(&content, told(server).client_random.data, 32);
    tls_buffer_append(&content, told(server).server_random.data, 32);
    tls_write_vector16(&content, view(&n->p));
    tls_write_vector16(&content, view(&n->g));
    tls_write_vector16(&content, view(&n->y));
    if (hash == TLS_HASH_MD5_SHA1) {
        length = tls_fingerprint(digest, TLS_HASH_MD5, tls_buffer_view(&content));
        length += tls_fingerprint(digest + length, TLS_HASH_SHA1, tls_buffer_view(&content));
    } else {
        length = tls_fingerprint(digest, hash, tls_buffer_view(&content));
    }
    length = tls_sign_digest(w->id.key, signature, hash, digest, length);
    tls_buffer_release(&content);
    return length;
}

static void
change_server(const world12 *w, const tls_connection *server, tls_message *message, const lie *l,
    tls_buffer *out)
{
    tls_server_key_exchange *exchange = &message->u.server_key_exchange;
    unsigned char signature[TLS_SIGNATURE_MAXIMUM];
    static numbers n, before;
    size_t length;

    memset(&n, 0, sizeof n);
    set(&n.p, exchange->dh_p.data, exchange->dh_p.length);
    set(&n.g, exchange->dh_g.data, exchange->dh_g.length);
    set(&n.y, exchange->dh_Ys.data, exchange->dh_Ys.length);
    before = n;
    l->change(&n);
    length = sign(w, server, n.wrong_signature ? &before : &n, signature);
    signature[20] ^= (unsigned char)n.flip_signature;
    exchange->dh_p = view(&n.p);
    exchange->dh_g = view(&n.g);
    exchange->dh_Ys = view(&n.y);
    exchange->scheme = TLS_SCHEME_RSA_PKCS1_SHA256;
    exchange->signature = tls_bytes_make(signature, length);
    require(tls_message_build(out, message) == TLS_OK, "ServerKeyExchange");
}

static void
change_client(tls_message *message, const lie *l, tls_buffer *out)
{
    static numbers n;

    memset(&n, 0, sizeof n);
    n.p.length = tls_ffdhe_prime(n.p.bytes, TLS_GROUP_FFDHE2048);
    set(&n.y, message->u.client_key_exchange.dh_Yc.data,
        message->u.client_key_exchange.dh_Yc.length);
    l->change(&n);
    message->u.client_key_exchange.dh_Yc = view(&n.y);
    require(tls_message_build(out, message) == TLS_OK, "ClientKeyExchange");
}

/* cut_off: the message with so many bytes less at its end. */
static void
cut_off(tls_buffer *message, size_t cut)
{
    message->length -= cut;
    tls_put24(message->data + 1, (uint32_t)(message->length - TLS_HANDSHAKE_HEADER_LENGTH));
}

/* exchange gives `to` what `from` has to say, message by message, with the key exchange changed;
 * nothing after it. Returns its length, or 0 where there was none. */
static size_t
exchange(const world12 *w, tls_connection *from, tls_connection *to, const lie *l, size_t cut)
{
    tls_buffer flight = {0}, changed = {0};
    tls_bytes output = tls_connection_output(from);
    size_t position = 0, found = 0;

    while (position < output.length && output.data[position] == 22) {
        size_t length = tls_get16(output.data + position + 3);

        tls_buffer_append(&flight, output.data + position + TLS_RECORD_HEADER_LENGTH, length);
        position += TLS_RECORD_HEADER_LENGTH + length;
    }
    for (position = 0; position < flight.length && found == 0;) {
        tls_message message;
        tls_bytes raw = tls_bytes_make(
            flight.data + position, 4 + (size_t)tls_get24(flight.data + position + 1));

        position += raw.length;
        require(tls_message_parse(&message, raw, told(from).version, told(from).suite) == TLS_OK,
            "a message of the flight");
        if (message.type == TLS_HANDSHAKE_SERVER_KEY_EXCHANGE)
            change_server(w, from, &message, l, &changed);
        if (message.type == TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE)
            change_client(&message, l, &changed);
        found = changed.length;
        if (found > 0)
            cut_off(&changed, cut);
        feed_message(to, found > 0 ? tls_buffer_view(&changed) : raw);
    }
    tls_connection_output_consume(from, tls_connection_output(from).length);
    tls_buffer_release(&flight);
    tls_buffer_release(&changed);
    return found;
}

/* What is right is answered: by the client behind ServerHelloDone. */
static void
judge(tls_connection *victim, tls_connection *attacker, enum tls_reason reason)
{
    check_reason(tls_connection_failure(victim), reason, "judged");
    check(!told(victim).established, "not established");
    if (reason == TLS_OK)
        return;
    pair12_move(victim, attacker);
    check_number(tls_connection_peer_alert(attacker), tls_reason_alert(reason), "the alert");
}

/* lie_to returns the length of the whole message. */
static size_t
lie_to(enum tls_role victim, const lie *l, size_t cut)
{
    tls_connection *client, *server;
    world12 w;
    size_t found;

    check_about("to a %s, %#x: %s, less %u", victim == TLS_ROLE_CLIENT ? "client" : "server",
        version_of_world, l->name, (unsigned)cut);
    world12_open_with(&w, rsa_certificate, rsa_key, dhe_options);
    pair12_open(&w, &client, &server, NULL);
    pair12_settle(client);
    pair12_move(client, server);
    if (victim == TLS_ROLE_SERVER)
        pair12_move(server, client);
    found = victim == TLS_ROLE_SERVER ? exchange(&w, client, server, l, cut)
                                      : exchange(&w, server, client, l, cut);
    check(found > 0, "a key exchange");
    if (victim == TLS_ROLE_CLIENT && l->reason == TLS_OK && cut == 0) {
        feed_message(client, tls_bytes_make("\16\0\0\0", 4));
        check(tls_connection_output(client).length > 0, "the client answers");
    }
    judge(victim == TLS_ROLE_CLIENT ? client : server, victim == TLS_ROLE_CLIENT ? server : client,
        cut > 0 ? TLS_REASON_DECODE : l->reason);
    pair12_free(&w, client, server);
    world12_close(&w);
    return found;
}

static void
cut_everywhere(enum tls_role victim, size_t step)
{
    size_t length = lie_to(victim, &to_client[0], 0), cut;

    for (cut = 1; cut <= length - TLS_HANDSHAKE_HEADER_LENGTH; cut += step)
        lie_to(victim, &to_client[0], cut);
}

/* ---- A session of DHE under the suite of ECDHE that BearSSL is shown ---- */

static void
other_suite_on_resumption(void)
{
    tls_connection *client, *server;
    tls_session *session;
    unsigned char hello[1024];
    tls_bytes output;
    world12 w;

    check_about("a session under another suite");
    suites_of_world[1] = 0xC02F;
    suite_count = 2;
    world12_open_with(&w, rsa_certificate, rsa_key, dhe_options);
    pair12_establish(&w, &client, &server);
    check_number(told(client).suite, 0x009E, "DHE came first");
    session = tls_connection_session(client);
    pair12_free(&w, client, server);
    pair12_open(&w, &client, &server, session);
    pair12_settle(client);
    pair12_move(client, server);
    output = tls_connection_output(server);
    require(output.length < sizeof hello && output.data[5] == TLS_HANDSHAKE_SERVER_HELLO,
        "ServerHello");
    memcpy(hello, output.data, output.length);
    tls_put16(hello + 5 + 4 + 2 + 32 + 1 + hello[5 + 4 + 2 + 32], 0xC02F);
    pair12_give(client, hello, output.length);
    tls_connection_output_consume(server, output.length);
    judge(client, server, TLS_REASON_RESUME_MISMATCH);
    tls_session_release(session);
    pair12_free(&w, client, server);
    world12_close(&w);
    suite_count = 1;
}

int
main(void)
{
    static const struct {
        unsigned version;
        uint16_t suite;
    } kinds[] = {{TLS_VERSION_12, 0x009E}, {TLS_VERSION_10, 0x0033}};
    size_t i, j;

    suite_count = 1;
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        version_of_world = kinds[i].version;
        suites_of_world[0] = kinds[i].suite;
        for (j = 0; j < sizeof to_client / sizeof to_client[0]; j++)
            lie_to(TLS_ROLE_CLIENT, &to_client[j], 0);
        for (j = 0; j < sizeof to_server / sizeof to_server[0]; j++)
            lie_to(TLS_ROLE_SERVER, &to_server[j], 0);
        cut_everywhere(TLS_ROLE_CLIENT, 61);
        cut_everywhere(TLS_ROLE_SERVER, 61);
    }
    version_of_world = TLS_VERSION_12;
    suites_of_world[0] = 0x009E;
    other_suite_on_resumption();
    return check_end();
}

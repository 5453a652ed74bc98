/* compressed_certificate13_test.c - CompressedCertificate (RFC 8879) from servers and clients, in
 * the handshake and after it, honest and with one thing wrong; and delegated credentials (RFC
 * 9345), which nobody here has offered. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/deviation.h"
#include "support/inside.h"
#include "wire/compression.h"

static uint16_t offered[3];
static size_t offered_count;

static void
with_compression(tls_context_options *client, tls_context_options *server)
{
    client->certificate_compression = server->certificate_compression = offered;
    client->certificate_compression_count = server->certificate_compression_count = offered_count;
    client->post_handshake_auth = 1;
    server->verify = TLS_VERIFY_OPTIONAL;
}

static void
without_compression(tls_context_options *client, tls_context_options *server)
{
    client->post_handshake_auth = 1;
    server->verify = TLS_VERIFY_OPTIONAL;
}

/* ---- What stands in place of the Certificate ---- */

enum wrong {
    NOTHING,
    OTHER_ALGORITHM, /* in the field */
    LENGTH_ABOVE,
    LENGTH_BELOW,
    LENGTH_ZERO,
    LENGTH_OVER_LIMIT,
    LENGTH_ENDLESS,
    CUT_SHORT,
    BYTE_BEHIND,
    GARBAGE,
    EMPTY,
    BOMB,
    NO_CERTIFICATE,
    HALF_HEADER
};

typedef struct sending {
    unsigned algorithm;
    enum wrong wrong;
} sending;
static sending now_sent;

static void
set_body(tls_buffer *message, unsigned algorithm, size_t length, tls_bytes data)
{
    tls_message m;

    tls_buffer_clear(message);
    memset(&m, 0, sizeof m);
    m.type = TLS_HANDSHAKE_COMPRESSED_CERTIFICATE;
    m.u.compressed_certificate.algorithm = algorithm;
    m.u.compressed_certificate.uncompressed_length = length;
    m.u.compressed_certificate.compressed_certificate_message = data;
    require(tls_message_build(message, &m) == TLS_OK, "a message");
}

static size_t
stated_length(size_t length)
{
    switch (now_sent.wrong) {
    case LENGTH_ABOVE:
        return length + 1;
    case LENGTH_BELOW:
        return length - 1;
    case LENGTH_ZERO:
        return 0;
    case LENGTH_OVER_LIMIT:
        return tls_message_limit(TLS_HANDSHAKE_CERTIFICATE) + 1;
    case LENGTH_ENDLESS:
        return 0xFFFFFF;
    default:
        return length;
    }
}

static void
compress(peer *p, char letter, tls_buffer *message)
{
    static unsigned char packed[200000];
    static unsigned char zeros[100000];
    tls_bytes body;
    unsigned algorithm = now_sent.algorithm;
    size_t n;

    (void)p;
    if (letter != 'C')
        return;
    body = tls_bytes_make(message->data + 4, message->length - 4);
    if (now_sent.wrong == BOMB)
        body = tls_bytes_make(zeros, sizeof zeros);
    if (now_sent.wrong == NO_CERTIFICATE)
        body = tls_bytes_make(zeros, 100);
    n = tls_compress(algorithm, packed, sizeof packed, body);
    require(n > 0, "compressed");
    if (now_sent.wrong == CUT_SHORT)
        n--;
    if (now_sent.wrong == BYTE_BEHIND)
        packed[n++] = 0;
    if (now_sent.wrong == GARBAGE)
        memset(packed, 0xA5, n);
    if (now_sent.wrong == OTHER_ALGORITHM)
        algorithm = 4;
    set_body(message, algorithm,
        now_sent.wrong == BOMB ? message->length - 4 : stated_length(body.length),
        tls_bytes_make(packed, now_sent.wrong == EMPTY ? 0 : n));
    if (now_sent.wrong == HALF_HEADER) {
        message->length = 8;
        message->data[1] = message->data[2] = 0;
        message->data[3] = 4;
    }
}

static const struct {
    const char *name;
    enum wrong wrong;
    enum tls_reason reason;
} cases[] = {
    {"honest", NOTHING, TLS_OK},
    {"an algorithm that nobody offered", OTHER_ALGORITHM, TLS_REASON_ILLEGAL_PARAMETER},
    {"a length that is one too many", LENGTH_ABOVE, TLS_REASON_BAD_COMPRESSION},
    {"a length that is one too few", LENGTH_BELOW, TLS_REASON_BAD_COMPRESSION},
    {"a length of 0", LENGTH_ZERO, TLS_REASON_BAD_COMPRESSION},
    {"a length above the limit", LENGTH_OVER_LIMIT, TLS_REASON_BAD_COMPRESSION},
    {"a length of 16 MiB", LENGTH_ENDLESS, TLS_REASON_BAD_COMPRESSION},
    {"the last byte missing", CUT_SHORT, TLS_REASON_BAD_COMPRESSION},
    {"a byte behind it", BYTE_BEHIND, TLS_REASON_BAD_COMPRESSION},
    {"garbage", GARBAGE, TLS_REASON_BAD_COMPRESSION},
    {"nothing compressed", EMPTY, TLS_REASON_DECODE},
    {"a bomb", BOMB, TLS_REASON_BAD_COMPRESSION},
    {"no Certificate inside", NO_CERTIFICATE, TLS_REASON_DECODE},
    {"half of its fields", HALF_HEADER, TLS_REASON_DECODE},
};
#define CASES (sizeof cases / sizeof *cases)

static void
judge_certificate(const peer_world *w, enum tls_role role, size_t i, enum tls_reason reason)
{
    peer p;

    check_about("%s, algorithm %u: %s", role == TLS_ROLE_SERVER ? "server" : "client",
        now_sent.algorithm, cases[i].name);
    now_sent.wrong = cases[i].wrong;
    peer_open(&p, w, role);
    p.edit = compress;
    peer_judge(&p, role == TLS_ROLE_SERVER ? "SECVF" : "KCVF", reason);
    peer_close(&p);
}

static void
judge_late(const peer_world *w, size_t i, enum tls_reason reason)
{
    peer p;

    check_about("late client, algorithm %u: %s", now_sent.algorithm, cases[i].name);
    now_sent.wrong = cases[i].wrong;
    peer_open(&p, w, TLS_ROLE_CLIENT);
    p.chain_count = 0;
    peer_play(&p, "KCF");
    p.chain_count = 1;
    peer_take_output(&p);
    check(tls_connection_request_certificate(p.victim) == TLS_OK, "asked");
    peer_take_output(&p);
    p.edit = compress;
    peer_judge(&p, "CVF", reason);
    if (reason == TLS_OK)
        check(told(p.victim).peer_chain_count == 1 && inside_level(p.victim) == TLS_LEVEL_VERIFIED,
            "the client is known");
    peer_close(&p);
}

static void
every_case(const peer_world *w)
{
    size_t i;

    for (i = 0; i < CASES; i++) {
        judge_certificate(w, TLS_ROLE_SERVER, i, cases[i].reason);
        judge_certificate(w, TLS_ROLE_CLIENT, i, cases[i].reason);
        judge_late(w, i, cases[i].reason);
    }
}

/* algorithms: each by itself; and the others while it alone is offered. */
static void
algorithms(void)
{
    unsigned algorithm, other;
    peer_world w;
    size_t i, j;

    for (i = 0; (algorithm = tls_compression_at(i)) != 0; i++) {
        offered[0] = (uint16_t)algorithm;
        offered_count = 1;
        peer_world_open(&w, with_compression);
        now_sent.algorithm = algorithm;
        every_case(&w);
        for (j = 0; (other = tls_compression_at(j)) != 0; j++) {
            now_sent.algorithm = other;
            if (other == algorithm)
                continue;
            judge_certificate(&w, TLS_ROLE_SERVER, 0, TLS_REASON_ILLEGAL_PARAMETER);
            judge_certificate(&w, TLS_ROLE_CLIENT, 0, TLS_REASON_ILLEGAL_PARAMETER);
            judge_late(&w, 0, TLS_REASON_ILLEGAL_PARAMETER);
        }
        peer_world_close(&w);
        peer_world_open(&w, without_compression);
        now_sent.algorithm = algorithm;
        judge_certificate(&w, TLS_ROLE_SERVER, 0, TLS_REASON_UNEXPECTED_MESSAGE);
        judge_certificate(&w, TLS_ROLE_CLIENT, 0, TLS_REASON_UNEXPECTED_MESSAGE);
        judge_late(&w, 0, TLS_REASON_UNEXPECTED_MESSAGE);
        peer_world_close(&w);
    }
}

/* ---- The victim's own ---- */

static void
with_longer(tls_context_options *client, tls_context_options *server)
{
    static tls_credential credential;

    with_compression(client, server);
    credential = identity_credential(&materials.rsa, 0);
    client->credentials = server->credentials = &credential;
}

/* How the victim's Certificate comes: 'Z' compressed, 'C' not, '-' never, to a peer that has this
 * in its ClientHello or CertificateRequest. */
static void
answers(enum tls_role role, const char *what, const char *list, size_t length, char expected,
    enum tls_reason reason)
{
    peer_world w;
    peer p;

    check_about("a %s that offers %s", role == TLS_ROLE_CLIENT ? "client" : "server", what);
    peer_world_open(&w, with_longer);
    peer_open(&p, &w, role);
    if (list != NULL)
        peer_change_block(&p, role == TLS_ROLE_CLIENT ? 'K' : 'R', BLOCK_LAST,
            TLS_EXTENSION_COMPRESS_CERTIFICATE, list, length);
    if (role == TLS_ROLE_CLIENT)
        p.chain_count = 0;
    peer_judge(&p, role == TLS_ROLE_CLIENT ? "KCF" : "SERCVF", reason);
    check((strchr(p.heard, 'Z') != NULL) == (expected == 'Z') &&
              (strchr(p.heard, 'C') != NULL) == (expected == 'C'),
        "%s", p.heard);
    peer_close(&p);
    peer_world_close(&w);
}

static void
what_is_asked(enum tls_role role, unsigned algorithm)
{
    char one[] = {2, 0, 0}, among[] = {8, 0x7A, 0x7A, 0, 9, 0, 0, 0x40, 1}, other[] = {2, 0, 9};

    offered[0] = (uint16_t)algorithm;
    offered_count = 1;
    one[2] = among[6] = (char)algorithm;
    answers(role, "it", one, sizeof one, 'Z', TLS_OK);
    answers(role, "it among others", among, sizeof among, 'Z', TLS_OK);
    answers(role, "another", other, sizeof other, 'C', TLS_OK);
    answers(role, "none", NULL, 0, 'C', TLS_OK);
    answers(role, "an empty list", "\0", 1, '-', TLS_REASON_DECODE);
    answers(role, "half an algorithm", "\3\0\1\0", 4, '-', TLS_REASON_DECODE);
    answers(role, "more than its list", "\2\0\1\0", 4, '-', TLS_REASON_DECODE);
}

/* ---- Delegated credentials ---- */

/* RFC 8446 section 4.4.2: what was not asked for is refused, this as any other; who offers it or
 * asks for one gets none. */
static void
delegated(void)
{
    static const struct {
        enum tls_role role;
        const char *script;
        char letter;
        enum tls_reason reason;
    } places[] = {
        {TLS_ROLE_CLIENT, "KCF", 'K', TLS_OK},
        {TLS_ROLE_SERVER, "SERCVF", 'R', TLS_OK},
        {TLS_ROLE_SERVER, "SECVF", 'C', TLS_REASON_UNSUPPORTED_EXTENSION},
        {TLS_ROLE_CLIENT, "KCVF", 'C', TLS_REASON_UNSUPPORTED_EXTENSION},
        {TLS_ROLE_SERVER, "SECVF", 'S', TLS_REASON_UNSUPPORTED_EXTENSION},
        {TLS_ROLE_SERVER, "SECVF", 'E', TLS_REASON_UNSUPPORTED_EXTENSION},
    };
    peer_world w;
    peer p;
    size_t i;

    peer_world_open(&w, without_compression);
    for (i = 0; i < sizeof places / sizeof *places; i++) {
        check_about("delegated_credential in %c of a %s", places[i].letter,
            places[i].role == TLS_ROLE_CLIENT ? "client" : "server");
        peer_open(&p, &w, places[i].role);
        if (places[i].script[1] == 'C' && places[i].letter == 'K')
            p.chain_count = 0;
        peer_change_block(
            &p, places[i].letter, BLOCK_LAST, TLS_EXTENSION_DELEGATED_CREDENTIAL, "\0\2\4\3", 4);
        peer_judge(&p, places[i].script, places[i].reason);
        peer_close(&p);
    }
    peer_world_close(&w);
}

/* Nobody may have it offered either: what came would be refused. */
static void
delegated_of_ones_own(void)
{
    tls_custom_extension extension = {TLS_EXTENSION_DELEGATED_CREDENTIAL, {NULL, 0}};
    tls_context_options options = {0};
    tls_context *context;

    options.custom_extensions = &extension;
    options.custom_extension_count = 1;
    check_reason(tls_context_new(&context, &options), TLS_REASON_ILLEGAL_PARAMETER,
        "delegated_credential among extensions of one's own");
}

int
main(void)
{
    unsigned algorithm;
    size_t i;

    make_materials();
    algorithms();
    for (i = 0; (algorithm = tls_compression_at(i)) != 0; i++) {
        what_is_asked(TLS_ROLE_CLIENT, algorithm);
        what_is_asked(TLS_ROLE_SERVER, algorithm);
    }
    delegated();
    delegated_of_ones_own();
    release_materials();
    return check_end();
}

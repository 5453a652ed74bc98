/* What a stranger can have a server hold and compute before its first ClientHello is whole: bytes
 * and comparisons are counted, not timed. */
#include <string.h>

#include "handshake/handshake.h"
#include "record/record.h"
#include "support/check.h"
#include "support/inside.h"
#include "support/pair12.h"

#define HALF_OPEN_MAXIMUM ((size_t)24 * 1024)

/* ---- A ClientHello of any size ---- */

typedef struct shape {
    unsigned version;
    size_t suites;  /* how often it says its one suite */
    size_t padding; /* bytes of an extension that nobody knows */
    size_t session_id, compressions;
} shape;

static void
write_share(tls_buffer *extensions)
{
    unsigned char share[4 + 32] = {0, 29, 0, 32, 9};
    size_t start;

    tls_write_u16(extensions, TLS_EXTENSION_SUPPORTED_VERSIONS);
    tls_write_u16(extensions, 3);
    tls_write_u8(extensions, 2);
    tls_write_u16(extensions, TLS_VERSION_13);
    tls_write_u16(extensions, TLS_EXTENSION_KEY_SHARE);
    start = tls_write_begin16(extensions);
    tls_write_vector16(extensions, tls_bytes_make(share, sizeof share));
    tls_write_end16(extensions, start);
}

static void
make_hello(tls_buffer *out, const shape *s)
{
    static const uint16_t groups[] = {TLS_GROUP_X25519, TLS_GROUP_SECP256R1};
    static const uint16_t schemes[] = {TLS_SCHEME_ECDSA_SECP256R1_SHA256};
    static unsigned char bytes[65536];
    static uint16_t suites[32767];
    tls_client_hello_options options;
    tls_buffer extensions = {0};
    size_t i;

    memset(&options, 0, sizeof options);
    for (i = 0; i < s->suites; i++)
        suites[i] = s->version == TLS_VERSION_13 ? 0x1301 : 0xC02B;
    options.random = bytes;
    options.suites = suites;
    options.suite_count = s->suites;
    options.session_id = tls_bytes_make(bytes, s->session_id);
    options.compression_methods = tls_bytes_make(bytes, s->compressions);
    options.groups = groups;
    options.group_count = 2;
    options.signature_schemes = schemes;
    options.signature_scheme_count = 1;
    if (s->version == TLS_VERSION_13)
        write_share(&extensions);
    tls_extension_write(&extensions, 0xFDE8, tls_bytes_make(bytes, s->padding));
    options.extensions = tls_buffer_view(&extensions);
    tls_buffer_clear(out);
    require(tls_client_hello_build_options(out, &options) == TLS_OK, "a ClientHello");
    tls_buffer_release(&extensions);
}

/* make_hello_of pads one so that its body has that length. */
static void
make_hello_of(tls_buffer *out, unsigned version, size_t body)
{
    shape s = {version, 1, 0, 0, 1};

    make_hello(out, &s);
    s.padding = body + TLS_HANDSHAKE_HEADER_LENGTH - out->length;
    if (s.padding > 65500) {
        s.suites = 32767;
        s.padding -= 2 * (s.suites - 1);
    }
    make_hello(out, &s);
    require(out->length == TLS_HANDSHAKE_HEADER_LENGTH + body, "of the length that is wanted");
}

/* ---- Giving it ---- */

static tls_connection *
open_server(world12 *w)
{
    tls_connection_options options;
    tls_connection *server;

    memset(&options, 0, sizeof options);
    require(tls_connection_new(&server, w->server_context, &options) == TLS_OK, "a connection");
    return server;
}

/* give_record gives `given` bytes of a record of `length` bytes of a message. */
static void
give_record(
    tls_connection *c, unsigned type, const unsigned char *data, size_t length, size_t given)
{
    unsigned char header[TLS_RECORD_HEADER_LENGTH] = {(unsigned char)type, 3, 1};

    tls_put16(header + 3, (uint32_t)length);
    pair12_give(c, header, sizeof header);
    pair12_give(c, data, given);
}

static void
give_message(tls_connection *c, tls_bytes message, size_t most)
{
    size_t given, n;

    for (given = 0; given < message.length; given += n) {
        n = message.length - given < most ? message.length - given : most;
        give_record(c, TLS_CONTENT_HANDSHAKE, message.data + given, n, n);
    }
}

static void
any_version(tls_context_options *options)
{
    options->version_max = TLS_VERSION_13;
}

static void
read_everything(tls_context_options *options)
{
    any_version(options);
    if (options->role == TLS_ROLE_SERVER)
        options->client_hello_limit = TLS_CLIENT_HELLO_MAXIMUM;
}

static void
ask_for_certificates(tls_context_options *options)
{
    any_version(options);
    if (options->role == TLS_ROLE_SERVER)
        options->verify = TLS_VERIFY_OPTIONAL;
}

/* ---- Memory ---- */

/* However the pieces are cut: `whole` bytes in records, and the next record but for its end. */
static void
memory_in_pieces(world12 *w)
{
    size_t first, piece;
    tls_buffer hello = {0};

    make_hello_of(&hello, TLS_VERSION_13, 16384);
    for (piece = 1; piece <= TLS_RECORD_PLAINTEXT_MAXIMUM; piece = piece * 3 + 1)
        for (first = 0; first < hello.length; first += 1023) {
            tls_connection *c = open_server(w);
            size_t rest = hello.length - first;

            if (rest > TLS_RECORD_PLAINTEXT_MAXIMUM)
                rest = TLS_RECORD_PLAINTEXT_MAXIMUM;
            give_message(c, tls_bytes_make(hello.data, first), piece);
            give_record(c, TLS_CONTENT_HANDSHAKE, hello.data + first, rest, rest - 1);
            check(told(c).memory <= HALF_OPEN_MAXIMUM, "%u bytes of which %u in records of %u: %u",
                (unsigned)(first + rest - 1), (unsigned)first, (unsigned)piece,
                (unsigned)told(c).memory);
            check(tls_connection_failure(c) == TLS_OK, "it waits");
            tls_connection_free(c);
        }
    check(tls_context_pooled_buffers(w->server_context) == 0, "none was of the pool");
    tls_buffer_release(&hello);
}

/* What is no ClientHello is refused by the first bytes that show it. */
static void
refused_at_once(world12 *w)
{
    static const struct {
        const char *name, *bytes;
        size_t length;
        enum tls_reason reason;
    } cases[] = {
        {"ClientHello of 16385 bytes", "\26\3\1\100\0\1\0\100\1", 9, TLS_REASON_LIMIT},
        {"ServerHello", "\26\3\1\100\0\2\0\0\60", 9, TLS_REASON_UNEXPECTED_MESSAGE},
        {"Certificate", "\26\3\1\100\0\13\0\20\0", 9, TLS_REASON_UNEXPECTED_MESSAGE},
        {"Certificate in two records", "\26\3\1\0\2\13\0\26\3\1\20\0\20\0", 14,
            TLS_REASON_UNEXPECTED_MESSAGE},
        {"message 99", "\26\3\1\100\0\143\0\0\60", 9, TLS_REASON_UNEXPECTED_MESSAGE},
        {"application data", "\27\3\1\100\0", 5, TLS_REASON_UNEXPECTED_MESSAGE},
        {"change_cipher_spec", "\24\3\1\100\0", 5, TLS_REASON_UNEXPECTED_MESSAGE},
        {"a long alert", "\25\3\1\100\0", 5, TLS_REASON_DECODE},
        {"more than one ClientHello", "\26\3\1\0\4\1\0\100\0\26\3\1\100\0\26", 15, TLS_OK},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tls_connection *c = open_server(w);

        pair12_give(c, (const unsigned char *)cases[i].bytes, cases[i].length - 1);
        check_reason(tls_connection_failure(c), TLS_OK, "%s: not before", cases[i].name);
        pair12_give(c, (const unsigned char *)cases[i].bytes + cases[i].length - 1, 1);
        check_reason(tls_connection_failure(c), cases[i].reason, "%s", cases[i].name);
        tls_connection_free(c);
    }
}

/* ---- The limit ---- */

static enum tls_reason
outcome_of(world12 *w, unsigned version, size_t body, int *answered)
{
    tls_connection *c = open_server(w);
    tls_buffer hello = {0};
    enum tls_reason reason;

    make_hello_of(&hello, version, body);
    give_message(c, tls_buffer_view(&hello), TLS_RECORD_PLAINTEXT_MAXIMUM);
    reason = tls_connection_failure(c);
    *answered = reason == TLS_OK && told(c).version == version;
    tls_buffer_release(&hello);
    tls_connection_free(c);
    return reason;
}

static void
limits(void (*more)(tls_context_options *options), const char *name, size_t limit)
{
    static const unsigned versions[] = {TLS_VERSION_12, TLS_VERSION_13};
    world12 w;
    size_t i;
    int answered;

    world12_open(&w, more);
    for (i = 0; i < 2; i++) {
        check_about("%s, version %04X", name, versions[i]);
        check_reason(outcome_of(&w, versions[i], limit, &answered), TLS_OK, "as long as may be");
        check(answered, "it is answered");
        if (limit < 131000)
            check_reason(outcome_of(&w, versions[i], limit + 1, &answered), TLS_REASON_LIMIT,
                "longer by a byte");
    }
    world12_close(&w);
}

/* The largest that the RFCs allow: every vector is full. In TLS 1.3 there is one compression method
 * (RFC 8446 section 4.1.2). */
static void
largest(void)
{
    shape s = {TLS_VERSION_12, 32767, 0, 32, 255};
    tls_buffer hello = {0};
    tls_connection *c;
    world12 w;

    check_about("the largest ClientHello");
    world12_open(&w, read_everything);
    make_hello(&hello, &s);
    s.padding = TLS_CLIENT_HELLO_MAXIMUM + TLS_HANDSHAKE_HEADER_LENGTH - hello.length;
    make_hello(&hello, &s);
    check_number(hello.length, TLS_HANDSHAKE_HEADER_LENGTH + TLS_CLIENT_HELLO_MAXIMUM, "full");
    c = open_server(&w);
    give_message(c, tls_buffer_view(&hello), TLS_RECORD_PLAINTEXT_MAXIMUM);
    check_reason(tls_connection_failure(c), TLS_OK, "read");
    check(told(c).version == TLS_VERSION_12, "and answered");
    tls_connection_free(c);
    world12_close(&w);
    tls_buffer_release(&hello);
}

/* ---- Comparisons ---- */

/* What a client says again is compared once. */
static void
duplicates(void)
{
    shape s = {TLS_VERSION_12, 32767, 0, 0, 1};
    tls_kept_hello kept;
    tls_buffer hello = {0};

    check_about("one suite 32767 times");
    memset(&kept, 0, sizeof kept);
    make_hello(&hello, &s);
    check_reason(tls_kept_hello_take(&kept, tls_buffer_view(&hello)), TLS_OK, "taken");
    check_number(tls_u16_list_count(kept.hello.cipher_suites), 1, "one is left");
    check_number(tls_u16_list_at(kept.hello.cipher_suites, 0), 0xC02B, "that one");
    check_number(tls_u16_list_count(kept.suites_sent), 32767, "what was sent is known");
    check_number(tls_u16_list_count(kept.hello.supported_groups), 2, "no other list is touched");
    tls_kept_hello_release(&kept);
    tls_buffer_release(&hello);
}

static void
order_stays(void)
{
    static const uint16_t twice[] = {0x1303, 0xC02B, 0x1303, 0x1301, 0xC02B, 0x1302};
    static const uint16_t expected[] = {0x1303, 0xC02B, 0x1301, 0x1302};
    static const unsigned char random[32];
    tls_client_hello_options options;
    tls_kept_hello kept;
    tls_buffer hello = {0};
    size_t i;

    check_about("lists with duplicates");
    memset(&options, 0, sizeof options);
    memset(&kept, 0, sizeof kept);
    options.random = random;
    options.suites = options.groups = options.signature_schemes = twice;
    options.suite_count = options.group_count = options.signature_scheme_count = 6;
    require(tls_client_hello_build_options(&hello, &options) == TLS_OK, "a ClientHello");
    check_reason(tls_kept_hello_take(&kept, tls_buffer_view(&hello)), TLS_OK, "taken");
    for (i = 0; i < 3; i++) {
        tls_u16_list list = i == 0   ? kept.hello.cipher_suites
                            : i == 1 ? kept.hello.supported_groups
                                     : kept.hello.signature_algorithms;
        size_t k;

        check_number(tls_u16_list_count(list), 4, "four are left");
        for (k = 0; k < 4 && k < tls_u16_list_count(list); k++)
            check_number(tls_u16_list_at(list, k), expected[k], "in their order");
    }
    tls_kept_hello_release(&kept);
    tls_buffer_release(&hello);
}

int
main(void)
{
    world12 w;

    world12_open(&w, any_version);
    memory_in_pieces(&w);
    refused_at_once(&w);
    world12_close(&w);
    limits(any_version, "the default", 16384);
    limits(ask_for_certificates, "room for tickets with chains", 32768);
    limits(read_everything, "everything", 131000);
    largest();
    duplicates();
    order_stays();
    return check_end();
}

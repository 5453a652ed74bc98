/* hostile13_server_hello_test.c - ServerHellos and HelloRetryRequests that no TLS 1.3 server may
 * send, and answers of TLS 1.2 to a client that offers more. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/deviation.h"
#include "support/exact_bytes.h"

static const deviation hellos[] = {
    /* RFC 8446 section 4.1.3. */
    {"legacy_version 3.1", FIELD('S', FIELD_LEGACY_VERSION, 0x0301), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"legacy_version 3.2", FIELD('S', FIELD_LEGACY_VERSION, 0x0302), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"legacy_version 3.4", FIELD('S', FIELD_LEGACY_VERSION, 0x0304), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"legacy_version 3.0", FIELD('S', FIELD_LEGACY_VERSION, 0x0300), NO_BYTES,
        TLS_REASON_PROTOCOL_VERSION},
    {"a suite that was not offered", FIELD('S', FIELD_SUITE, 0x1304), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"a suite of TLS 1.2", FIELD('S', FIELD_SUITE, 0xC02B), NO_BYTES, TLS_REASON_ILLEGAL_PARAMETER},
    {"suite 0", FIELD('S', FIELD_SUITE, 0), NO_BYTES, TLS_REASON_ILLEGAL_PARAMETER},
    {"a SCSV", FIELD('S', FIELD_SUITE, 0x00FF), NO_BYTES, TLS_REASON_ILLEGAL_PARAMETER},
    {"another session ID", FIELD('S', FIELD_SESSION_ID, 0),
        BYTES("12345678901234567890123456789012"), TLS_REASON_ILLEGAL_PARAMETER},
    {"no session ID", FIELD('S', FIELD_SESSION_ID, 0), NO_BYTES, TLS_REASON_ILLEGAL_PARAMETER},
    {"a session ID of 33 bytes", FIELD('S', FIELD_SESSION_ID, 0),
        BYTES("123456789012345678901234567890123"), TLS_REASON_DECODE},
    {"compression", FIELD('S', FIELD_COMPRESSION, 1), NO_BYTES, TLS_REASON_ILLEGAL_PARAMETER},
    /* Section 4.2.1. */
    {"no supported_versions", EXTENSION('S', BLOCK_WITHOUT, TLS_EXTENSION_SUPPORTED_VERSIONS),
        NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER}, /* key_share has no place in a ServerHello of TLS 1.2 */
    {"TLS 1.2 in supported_versions",
        EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS), BYTES("\3\3"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"TLS 1.1 in supported_versions",
        EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS), BYTES("\3\2"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"SSL 3.0 in supported_versions",
        EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS), BYTES("\3\0"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"TLS 1.4", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS), BYTES("\3\5"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"a draft", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS), BYTES("\x7F\x1C"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"version 0", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS), BYTES("\0\0"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"a list of versions", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS),
        BYTES("\2\3\4"), TLS_REASON_DECODE},
    {"supported_versions twice", EXTENSION('S', BLOCK_LAST, TLS_EXTENSION_SUPPORTED_VERSIONS),
        BYTES("\3\4"), TLS_REASON_ILLEGAL_PARAMETER},
    /* Shares. */
    {"no key_share", EXTENSION('S', BLOCK_WITHOUT, TLS_EXTENSION_KEY_SHARE), NO_BYTES,
        TLS_REASON_MISSING_EXTENSION},
    {"key_share twice", EXTENSION('S', BLOCK_LAST, TLS_EXTENSION_KEY_SHARE), BYTES("\0\x1D\0\1x"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"a share of a group that had none", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\x17\0\1x"), TLS_REASON_ILLEGAL_PARAMETER},
    {"a share of a group that was not offered",
        EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE), BYTES("\0\x18\0\1x"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"a share of group 0", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\0\0\1x"), TLS_REASON_ILLEGAL_PARAMETER},
    {"an empty share", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE), BYTES("\0\x1D\0\0"),
        TLS_REASON_DECODE},
    {"a short share", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\x1D\0\x1F"
              "0123456789012345678901234567890"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"a long share", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\x1D\0\x21"
              "012345678901234567890123456789012"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"the group of a HelloRetryRequest", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\x1D"), TLS_REASON_DECODE},
    {"the shares of a ClientHello", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\5\0\x1D\0\1x"), TLS_REASON_DECODE},
    /* Extensions that were not offered. */
    {"an unknown extension", EXTENSION('S', BLOCK_LAST, 0x1234), NO_BYTES,
        TLS_REASON_UNSUPPORTED_EXTENSION},
    {"pre_shared_key without an offer", EXTENSION('S', BLOCK_LAST, TLS_EXTENSION_PRE_SHARED_KEY),
        BYTES("\0\0"), TLS_REASON_UNSUPPORTED_EXTENSION},
};

static const deviation resuming[] = {
    {"honest", EXTENSION('S', BLOCK_AS_IT_IS, 0), NO_BYTES, TLS_OK},
    /* Section 4.2.11. */
    {"the second PSK of one", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_PRE_SHARED_KEY),
        BYTES("\0\1"), TLS_REASON_ILLEGAL_PARAMETER},
    {"the 65536th PSK", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_PRE_SHARED_KEY),
        BYTES("\xFF\xFF"), TLS_REASON_ILLEGAL_PARAMETER},
    {"a PSK of another hash", FIELD('S', FIELD_SUITE, 0x1302), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"no share beside a PSK where psk_ke was not offered",
        EXTENSION('S', BLOCK_WITHOUT, TLS_EXTENSION_KEY_SHARE), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"a list of PSKs", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_PRE_SHARED_KEY), BYTES("\0\0\0"),
        TLS_REASON_DECODE},
};

static const deviation retries[] = {
    {"honest", EXTENSION('H', BLOCK_AS_IT_IS, 0), NO_BYTES, TLS_OK},
    {"legacy_version 3.2", FIELD('H', FIELD_LEGACY_VERSION, 0x0302), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"legacy_version 3.0", FIELD('H', FIELD_LEGACY_VERSION, 0x0300), NO_BYTES,
        TLS_REASON_PROTOCOL_VERSION},
    {"a suite that was not offered", FIELD('H', FIELD_SUITE, 0x1304), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"another suite than the ServerHello behind it", FIELD('H', FIELD_SUITE, 0x1303), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"another session ID", FIELD('H', FIELD_SESSION_ID, 0), BYTES("x"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"compression", FIELD('H', FIELD_COMPRESSION, 1), NO_BYTES, TLS_REASON_ILLEGAL_PARAMETER},
    {"no supported_versions", EXTENSION('H', BLOCK_WITHOUT, TLS_EXTENSION_SUPPORTED_VERSIONS),
        NO_BYTES, TLS_REASON_MISSING_EXTENSION},
    {"TLS 1.2", EXTENSION('H', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS), BYTES("\3\3"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"TLS 1.4", EXTENSION('H', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS), BYTES("\3\5"),
        TLS_REASON_ILLEGAL_PARAMETER},
    /* Sections 4.1.4 and 4.2.8. */
    {"nothing to change", EXTENSION('H', BLOCK_WITHOUT, TLS_EXTENSION_KEY_SHARE), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"a group that had a share", EXTENSION('H', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\x1D"), TLS_REASON_ILLEGAL_PARAMETER},
    {"a group that was not offered", EXTENSION('H', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\x18"), TLS_REASON_ILLEGAL_PARAMETER},
    {"group 0", EXTENSION('H', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE), BYTES("\0\0"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"the share of a ServerHello", EXTENSION('H', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\x17\0\1x"), TLS_REASON_DECODE},
    {"an empty cookie", EXTENSION('H', BLOCK_LAST, TLS_EXTENSION_COOKIE), BYTES("\0\0"),
        TLS_REASON_DECODE},
    {"a cookie", EXTENSION('H', BLOCK_LAST, TLS_EXTENSION_COOKIE), BYTES("\0\6cookie"), TLS_OK},
    {"an unknown extension", EXTENSION('H', BLOCK_LAST, 0x1234), NO_BYTES,
        TLS_REASON_UNSUPPORTED_EXTENSION},
    /* The ServerHello behind it. */
    {"another suite behind it", FIELD('S', FIELD_SUITE, 0x1303), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"the first group again", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\x1D\0\x20"
              "01234567890123456789012345678901"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"no key_share behind it", EXTENSION('S', BLOCK_WITHOUT, TLS_EXTENSION_KEY_SHARE), NO_BYTES,
        TLS_REASON_MISSING_EXTENSION},
    {"another version behind it", EXTENSION('S', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS),
        BYTES("\3\5"), TLS_REASON_ILLEGAL_PARAMETER},
};

static void
open_retrying(peer *p, const peer_world *w)
{
    peer_open(p, w, TLS_ROLE_SERVER);
    p->group = TLS_GROUP_SECP256R1;
}

static void
run_retries(const peer_world *w)
{
    size_t i;
    peer p;

    for (i = 0; i < sizeof retries / sizeof retries[0]; i++) {
        check_about("HelloRetryRequest: %s", retries[i].name);
        open_retrying(&p, w);
        peer_deviate(&p, &retries[i]);
        peer_judge(&p, "HSECVF", retries[i].reason);
        peer_close(&p);
    }
    for (i = 0; i < sizeof bad_points / sizeof bad_points[0]; i++) {
        tls_bytes point = from_hex(bad_points[i]);
        tls_buffer block = {0};

        check_about("a bad point of P-256 behind HelloRetryRequest");
        tls_extension_write_key_share(&block, TLS_GROUP_SECP256R1, point);
        open_retrying(&p, w);
        peer_change_block(
            &p, 'S', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE, block.data + 4, block.length - 4);
        peer_judge(&p, "HSECVF", TLS_REASON_ILLEGAL_PARAMETER);
        peer_close(&p);
        tls_buffer_release(&block);
        release(point);
    }
}

static void
group_zero(const peer_world *w)
{
    peer p;

    check_about("HelloRetryRequest: group 0 and a cookie");
    open_retrying(&p, w);
    peer_change_block(&p, 'H', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE, "\0\0", 2);
    peer_change_block(&p, 'H', BLOCK_LAST, TLS_EXTENSION_COOKIE, "\0\1x", 3);
    peer_judge(&p, "HSECVF", TLS_REASON_ILLEGAL_PARAMETER);
    peer_close(&p);
}

/* same_but_for_the_cookie: section 4.1.2. */
static void
same_but_for_the_cookie(tls_bytes first, tls_bytes second)
{
    static const uint16_t cookie[] = {TLS_EXTENSION_COOKIE};
    tls_client_hello a, b;
    tls_buffer rest = {0};

    require(tls_client_hello_parse(&a, first) == TLS_OK, "a ClientHello");
    require(tls_client_hello_parse(&b, second) == TLS_OK, "another");
    tls_extensions_copy_except(&rest, b.extensions, cookie, 1);
    check(tls_bytes_equal(tls_buffer_view(&rest), a.extensions), "the same extensions");
    check(b.cookie.length > 0, "and the cookie");
    check(tls_bytes_equal(a.cipher_suites, b.cipher_suites) &&
              tls_bytes_equal(a.random, b.random) && tls_bytes_equal(a.session_id, b.session_id),
        "the same fields");
    tls_buffer_release(&rest);
}

/* A cookie alone leads to a hello with it and the same shares; the longest one does not fit a hello
 * any more. */
static void
cookies(const peer_world *w)
{
    static const size_t lengths[] = {1, 1000, 30000, 64000, 65500};
    unsigned char *cookie = allocate(65535);
    tls_buffer first = {0};
    size_t i;
    peer p;

    memset(cookie, 'c', 65535);
    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        check_about("a cookie of %u bytes and no group", (unsigned)lengths[i]);
        peer_open(&p, w, TLS_ROLE_SERVER);
        tls_put16(cookie, (uint32_t)lengths[i]);
        peer_change_block(&p, 'H', BLOCK_LAST, TLS_EXTENSION_COOKIE, cookie, 2 + lengths[i]);
        peer_play(&p, "");
        tls_buffer_clear(&first);
        tls_write_bytes(&first, tls_buffer_view(&p.hello));
        peer_play(&p, "H");
        if (lengths[i] < 65500) {
            same_but_for_the_cookie(tls_buffer_view(&first), tls_buffer_view(&p.hello));
            peer_judge(&p, "SECVF", TLS_OK);
            check(strncmp(p.heard, "KckF", 4) == 0, "the second hello and Finished");
        } else {
            peer_refuses(&p, TLS_REASON_LIMIT);
        }
        peer_close(&p);
    }
    free(cookie);
    tls_buffer_release(&first);
}

/* GREASE that the client offered is offered to be refused (RFC 8701 section 3.1). */
static void
greased(const peer_world *w)
{
    static const char *const names[] = {
        "suite", "version", "group", "group in a retry", "extension"};
    size_t i;
    peer p;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        tls_client_hello offer;
        tls_extension extension;
        unsigned char data[8] = {0, 0, 0, 1, 'x'};
        deviation d;
        tls_reader reader;
        unsigned value;

        check_about("a GREASE %s that was offered", names[i]);
        peer_open(&p, w, TLS_ROLE_SERVER);
        peer_play(&p, "");
        require(
            tls_client_hello_parse(&offer, tls_buffer_view(&p.hello)) == TLS_OK, "a ClientHello");
        memset(&d, 0, sizeof d);
        d.letter = i == 3 ? 'H' : 'S';
        d.change = BLOCK_REPLACE;
        d.data = (const char *)data;
        d.length = 2;
        switch (i) {
        case 0:
            value = d.number = tls_u16_list_at(offer.cipher_suites, 0);
            d.field = FIELD_SUITE;
            d.change = BLOCK_AS_IT_IS;
            break;
        case 1:
            value = tls_u16_list_at(offer.supported_versions, 0);
            d.type = TLS_EXTENSION_SUPPORTED_VERSIONS;
            break;
        case 2:
        case 3:
            value = tls_u16_list_at(offer.supported_groups, 0);
            d.type = TLS_EXTENSION_KEY_SHARE;
            d.length = i == 2 ? 5 : 2;
            p.group = TLS_GROUP_SECP256R1;
            break;
        default:
            tls_reader_init(&reader, offer.extensions);
            while (tls_extensions_next(&reader, &extension) && !tls_is_grease(extension.type))
                ;
            value = d.type = extension.type;
            d.change = BLOCK_LAST;
            d.length = 0;
            break;
        }
        check(tls_is_grease(value), "it is one");
        tls_put16(data, value);
        peer_deviate(&p, &d);
        peer_judge(&p, i == 3 ? "HSECVF" : "SECVF",
            i == 4 ? TLS_REASON_UNSUPPORTED_EXTENSION : TLS_REASON_ILLEGAL_PARAMETER);
        peer_close(&p);
    }
}

/* ---- TLS 1.2 as an answer (sections 4.1.3 and 4.2.1, appendix D) ---- */

static void
with_tls12(tls_context_options *client, tls_context_options *server)
{
    (void)server;
    client->version_min = TLS_VERSION_12;
}

static const struct {
    const char *name;
    unsigned legacy_version, suite;
    const char *random;              /* its last eight bytes */
    enum tls_reason reason, only_13; /* the latter where TLS 1.2 is not spoken */
} answers[] = {
    {"TLS 1.2", 0x0303, 0xC02B, "whatever", TLS_OK, TLS_REASON_NO_COMMON_VERSION},
    {"TLS 1.2 with a sentinel", 0x0303, 0xC02B, "DOWNGRD\1", TLS_REASON_ILLEGAL_PARAMETER,
        TLS_REASON_NO_COMMON_VERSION},
    {"TLS 1.2 with the sentinel of TLS 1.1", 0x0303, 0xC02B, "DOWNGRD\0",
        TLS_REASON_ILLEGAL_PARAMETER, TLS_REASON_NO_COMMON_VERSION},
    {"TLS 1.2 with something like a sentinel", 0x0303, 0xC02B, "DOWNGRD\2", TLS_OK,
        TLS_REASON_NO_COMMON_VERSION},
    {"TLS 1.1", 0x0302, 0xC02B, "whatever", TLS_REASON_NO_COMMON_VERSION,
        TLS_REASON_NO_COMMON_VERSION},
    {"SSL 3.0", 0x0300, 0xC02B, "whatever", TLS_REASON_NO_COMMON_VERSION,
        TLS_REASON_NO_COMMON_VERSION},
    {"TLS 1.3 without supported_versions", 0x0304, 0x1301, "whatever", TLS_REASON_NO_COMMON_VERSION,
        TLS_REASON_NO_COMMON_VERSION},
    {"TLS 1.3 without supported_versions, with a suite of TLS 1.2", 0x0304, 0xC02B, "whatever",
        TLS_REASON_NO_COMMON_VERSION, TLS_REASON_NO_COMMON_VERSION},
    {"TLS 1.2 with a suite of TLS 1.3", 0x0303, 0x1301, "whatever", TLS_REASON_ILLEGAL_PARAMETER,
        TLS_REASON_NO_COMMON_VERSION},
};

/* older_hello sends a ServerHello of TLS 1.2. */
static void
older_hello(peer *p, unsigned version, unsigned suite, const char *random)
{
    unsigned char bytes[32] = "twenty-four bytes that are";
    tls_server_hello hello;
    tls_client_hello offer;
    tls_buffer raw = {0};

    memcpy(bytes + 24, random, 8);
    require(tls_client_hello_parse(&offer, tls_buffer_view(&p->hello)) == TLS_OK, "a ClientHello");
    memset(&hello, 0, sizeof hello);
    hello.legacy_version = version;
    hello.random = tls_bytes_make(bytes, 32);
    hello.cipher_suite = suite;
    require(tls_server_hello_build(&raw, &hello) == TLS_OK, "a ServerHello");
    peer_send_record(p, TLS_CONTENT_HANDSHAKE, raw.data, raw.length);
    tls_buffer_release(&raw);
}

static void
older(const peer_world *w, int only_13)
{
    size_t i;
    peer p;

    for (i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        enum tls_reason reason = only_13 ? answers[i].only_13 : answers[i].reason;

        check_about(
            "%s to a client of %s", answers[i].name, only_13 ? "TLS 1.3" : "TLS 1.2 and 1.3");
        peer_open(&p, w, TLS_ROLE_SERVER);
        peer_play(&p, "");
        older_hello(&p, answers[i].legacy_version, answers[i].suite, answers[i].random);
        if (reason == TLS_OK)
            peer_goes_on(&p, 0);
        else
            peer_refuses(&p, reason);
        peer_close(&p);
    }
    /* Section 4.1.4: after HelloRetryRequest there is a version. */
    check_about("TLS 1.2 after HelloRetryRequest");
    open_retrying(&p, w);
    peer_play(&p, "H");
    older_hello(&p, 0x0303, 0xC02B, "whatever");
    peer_refuses(&p, TLS_REASON_ILLEGAL_PARAMETER);
    peer_close(&p);
}

int
main(void)
{
    tls_session *session;
    size_t i;
    peer_world w;
    peer p;

    make_materials();
    peer_world_open(&w, NULL);
    RUN(&w, TLS_ROLE_SERVER, "ServerHello", "SECVF", hellos, NULL);
    for (i = 0; i < sizeof small_order / sizeof small_order[0]; i++) {
        tls_bytes point = from_hex(small_order[i]);
        tls_buffer block = {0};

        check_about("ServerHello: share %s", small_order[i]);
        tls_extension_write_key_share(&block, TLS_GROUP_X25519, point);
        peer_open(&p, &w, TLS_ROLE_SERVER);
        peer_change_block(
            &p, 'S', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE, block.data + 4, block.length - 4);
        peer_judge(&p, "SECVF", TLS_REASON_ILLEGAL_PARAMETER);
        peer_close(&p);
        tls_buffer_release(&block);
        release(point);
    }
    peer_misplaced(&w, TLS_ROLE_SERVER, 'S', "SECVF", 0);
    peer_misplaced(&w, TLS_ROLE_SERVER, 'H', "HSECVF", TLS_GROUP_SECP256R1);
    run_retries(&w);
    group_zero(&w);
    cookies(&w);
    greased(&w);
    older(&w, 1);
    session = peer_world_session(&w);
    RUN(&w, TLS_ROLE_SERVER, "ServerHello with a PSK", "SEF", resuming, session);
    tls_session_release(session);
    peer_world_close(&w);
    peer_world_open(&w, with_tls12);
    older(&w, 0);
    peer_world_close(&w);
    release_materials();
    return check_end();
}

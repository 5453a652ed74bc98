/* hostile13_client_hello_test.c - ClientHellos that no TLS 1.3 client may send, the first and the
 * second, and some odd ones that must be borne. */
#include <stdio.h>

#include "support/check.h"
#include "support/deviation.h"
#include "support/exact_bytes.h"

static const deviation hellos[] = {
    /* RFC 8446 section 4.2.1: where there is supported_versions legacy_version means nothing; but
       appendix D.5. */
    {"legacy_version 3.1", FIELD('K', FIELD_LEGACY_VERSION, 0x0301), NO_BYTES, TLS_OK},
    {"legacy_version 3.4", FIELD('K', FIELD_LEGACY_VERSION, 0x0304), NO_BYTES, TLS_OK},
    {"legacy_version 255.255", FIELD('K', FIELD_LEGACY_VERSION, 0xFFFF), NO_BYTES, TLS_OK},
    {"legacy_version 3.0", FIELD('K', FIELD_LEGACY_VERSION, 0x0300), NO_BYTES,
        TLS_REASON_PROTOCOL_VERSION},
    {"legacy_version 2.0", FIELD('K', FIELD_LEGACY_VERSION, 0x0200), NO_BYTES,
        TLS_REASON_PROTOCOL_VERSION},
    /* Section 4.1.2. */
    {"DEFLATE alone", FIELD('K', FIELD_COMPRESSION, 0), BYTES("\1"), TLS_REASON_ILLEGAL_PARAMETER},
    {"DEFLATE too", FIELD('K', FIELD_COMPRESSION, 0), BYTES("\0\1"), TLS_REASON_ILLEGAL_PARAMETER},
    {"DEFLATE first", FIELD('K', FIELD_COMPRESSION, 0), BYTES("\1\0"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"no compression method", FIELD('K', FIELD_COMPRESSION, 0), NO_BYTES, TLS_REASON_DECODE},
    {"a session ID of 33 bytes", FIELD('K', FIELD_SESSION_ID, 0),
        BYTES("123456789012345678901234567890123"), TLS_REASON_DECODE},
    {"no session ID", FIELD('K', FIELD_SESSION_ID, 0), NO_BYTES, TLS_OK},
    {"a session ID of one byte", FIELD('K', FIELD_SESSION_ID, 0), BYTES("1"), TLS_OK},
    {"no suites", FIELD('K', FIELD_SUITES, 0), NO_BYTES, TLS_REASON_DECODE},
    {"half a suite", FIELD('K', FIELD_SUITES, 0), BYTES("\x13\1\x13"), TLS_REASON_DECODE},
    {"suites of TLS 1.2 alone", FIELD('K', FIELD_SUITES, 0), BYTES("\xC0\x2B\xC0\x2F"),
        TLS_REASON_NO_COMMON_SUITE},
    {"GREASE suites alone", FIELD('K', FIELD_SUITES, 0), BYTES("\x0A\x0A\xFA\xFA"),
        TLS_REASON_NO_COMMON_SUITE},
    {"GREASE among suites", FIELD('K', FIELD_SUITES, 0), BYTES("\x0A\x0A\x13\1\xFA\xFA"), TLS_OK},
    {"a suite twice", FIELD('K', FIELD_SUITES, 0), BYTES("\x13\1\x13\1"), TLS_OK},
    /* Section 9.2. */
    {"no supported_groups", EXTENSION('K', BLOCK_WITHOUT, TLS_EXTENSION_SUPPORTED_GROUPS), NO_BYTES,
        TLS_REASON_MISSING_EXTENSION},
    {"no key_share", EXTENSION('K', BLOCK_WITHOUT, TLS_EXTENSION_KEY_SHARE), NO_BYTES,
        TLS_REASON_MISSING_EXTENSION},
    {"no signature_algorithms", EXTENSION('K', BLOCK_WITHOUT, TLS_EXTENSION_SIGNATURE_ALGORITHMS),
        NO_BYTES, TLS_REASON_MISSING_EXTENSION},
    {"no supported_versions", EXTENSION('K', BLOCK_WITHOUT, TLS_EXTENSION_SUPPORTED_VERSIONS),
        NO_BYTES, TLS_REASON_NO_COMMON_VERSION},
    {"no server_name", EXTENSION('K', BLOCK_WITHOUT, TLS_EXTENSION_SERVER_NAME), NO_BYTES, TLS_OK},
    {"no psk_key_exchange_modes",
        EXTENSION('K', BLOCK_WITHOUT, TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES), NO_BYTES, TLS_OK},
    /* Versions. */
    {"unknown versions alone", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS),
        BYTES("\6\3\5\x7F\x1C\x0A\x0A"), TLS_REASON_NO_COMMON_VERSION},
    {"TLS 1.2 alone", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS),
        BYTES("\2\3\3"), TLS_REASON_NO_COMMON_VERSION},
    {"unknown versions too", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS),
        BYTES("\10\x0A\x0A\3\5\3\4\x7F\x1C"), TLS_OK},
    {"an empty list of versions", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS),
        BYTES("\0"), TLS_REASON_DECODE},
    {"a version and a half", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS),
        BYTES("\3\3\4\3"), TLS_REASON_DECODE},
    {"the version of a ServerHello",
        EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS), BYTES("\3\4"),
        TLS_REASON_DECODE},
    /* Groups and schemes. */
    {"an unknown group", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_GROUPS),
        BYTES("\0\4\0\x1D\0\x1E"), TLS_OK},
    {"GREASE among groups", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_GROUPS),
        BYTES("\0\6\x0A\x0A\0\x1D\xFA\xFA"), TLS_OK},
    {"an empty list of groups", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_GROUPS),
        BYTES("\0\0"), TLS_REASON_DECODE},
    {"half a group", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_GROUPS),
        BYTES("\0\3\0\x1D\0"), TLS_REASON_DECODE},
    {"schemes of TLS 1.2 alone", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_SIGNATURE_ALGORITHMS),
        BYTES("\0\6\2\1\2\3\4\1"), TLS_REASON_NO_COMMON_SIGNATURE_ALGORITHM},
    {"a scheme of another curve alone",
        EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_SIGNATURE_ALGORITHMS), BYTES("\0\2\5\3"),
        TLS_REASON_NO_USABLE_CREDENTIAL},
    {"unknown schemes too", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_SIGNATURE_ALGORITHMS),
        BYTES("\0\x08\x0A\x0A\4\3\xFE\xFE\xFF\xFF"), TLS_OK},
    {"an empty list of schemes", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_SIGNATURE_ALGORITHMS),
        BYTES("\0\0"), TLS_REASON_DECODE},
    {"unknown PSK modes", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES),
        BYTES("\3\x0B\xFF\1"), TLS_OK},
    {"no PSK modes", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES),
        BYTES("\0"), TLS_REASON_DECODE},
    /* Others. */
    {"an unknown extension", EXTENSION('K', BLOCK_FIRST, 0x1234), BYTES("whatever"), TLS_OK},
    {"a GREASE extension", EXTENSION('K', BLOCK_FIRST, 0x0A0A), NO_BYTES, TLS_OK},
    {"another GREASE extension at the end", EXTENSION('K', BLOCK_LAST, 0xFAFA), BYTES("\0"),
        TLS_OK},
    {"early_data without a PSK, which nobody accepts",
        EXTENSION('K', BLOCK_FIRST, TLS_EXTENSION_EARLY_DATA), NO_BYTES, TLS_OK},
    {"early_data with a size", EXTENSION('K', BLOCK_FIRST, TLS_EXTENSION_EARLY_DATA),
        BYTES("\0\0\0\1"), TLS_REASON_DECODE},
    {"a cookie out of nowhere", EXTENSION('K', BLOCK_FIRST, TLS_EXTENSION_COOKIE), BYTES("\0\1x"),
        TLS_OK},
    {"an empty cookie", EXTENSION('K', BLOCK_FIRST, TLS_EXTENSION_COOKIE), BYTES("\0\0"),
        TLS_REASON_DECODE},
    {"post_handshake_auth that says something",
        EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_POST_HANDSHAKE_AUTH), BYTES("x"),
        TLS_REASON_DECODE},
    {"half a ticket_request", EXTENSION('K', BLOCK_FIRST, TLS_EXTENSION_TICKET_REQUEST),
        BYTES("\1"), TLS_REASON_DECODE},
    {"ticket_request", EXTENSION('K', BLOCK_FIRST, TLS_EXTENSION_TICKET_REQUEST), BYTES("\1\1"),
        TLS_OK},
    {"no types of certificates", EXTENSION('K', BLOCK_FIRST, TLS_EXTENSION_SERVER_CERTIFICATE_TYPE),
        BYTES("\0"), TLS_REASON_DECODE},
    {"raw public keys, which the server has not",
        EXTENSION('K', BLOCK_FIRST, TLS_EXTENSION_SERVER_CERTIFICATE_TYPE), BYTES("\1\2"),
        TLS_REASON_UNSUPPORTED_CERTIFICATE},
    {"raw public keys and certificates",
        EXTENSION('K', BLOCK_FIRST, TLS_EXTENSION_SERVER_CERTIFICATE_TYPE), BYTES("\2\2\0"),
        TLS_OK},
    {"record_size_limit 63", EXTENSION('K', BLOCK_FIRST, TLS_EXTENSION_RECORD_SIZE_LIMIT),
        BYTES("\0\x3F"), TLS_REASON_ILLEGAL_PARAMETER},
    {"record_size_limit 64", EXTENSION('K', BLOCK_FIRST, TLS_EXTENSION_RECORD_SIZE_LIMIT),
        BYTES("\0\x40"), TLS_OK},
    {"record_size_limit 65535", EXTENSION('K', BLOCK_FIRST, TLS_EXTENSION_RECORD_SIZE_LIMIT),
        BYTES("\xFF\xFF"), TLS_OK},
    {"max_fragment_length 5", EXTENSION('K', BLOCK_FIRST, TLS_EXTENSION_MAX_FRAGMENT_LENGTH),
        BYTES("\5"), TLS_REASON_ILLEGAL_PARAMETER},
    {"pre_shared_key without identities", EXTENSION('K', BLOCK_LAST, TLS_EXTENSION_PRE_SHARED_KEY),
        BYTES("\0\0\0\x21\x20"
              "01234567890123456789012345678901"),
        TLS_REASON_DECODE},
    {"pre_shared_key with an empty identity",
        EXTENSION('K', BLOCK_LAST, TLS_EXTENSION_PRE_SHARED_KEY),
        BYTES("\0\6\0\0\0\0\0\0\0\x21\x20"
              "01234567890123456789012345678901"),
        TLS_REASON_DECODE},
    {"pre_shared_key with a binder of 31 bytes",
        EXTENSION('K', BLOCK_LAST, TLS_EXTENSION_PRE_SHARED_KEY),
        BYTES("\0\7\0\1x\0\0\0\0\0\x20\x1F"
              "0123456789012345678901234567890"),
        TLS_REASON_DECODE},
    {"pre_shared_key with two binders", EXTENSION('K', BLOCK_LAST, TLS_EXTENSION_PRE_SHARED_KEY),
        BYTES("\0\7\0\1x\0\0\0\0\0\x42\x20"
              "01234567890123456789012345678901\x20"
              "01234567890123456789012345678901"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"pre_shared_key with two identities", EXTENSION('K', BLOCK_LAST, TLS_EXTENSION_PRE_SHARED_KEY),
        BYTES("\0\16\0\1x\0\0\0\0\0\1y\0\0\0\0\0\x21\x20"
              "01234567890123456789012345678901"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"pre_shared_key of nobody", EXTENSION('K', BLOCK_LAST, TLS_EXTENSION_PRE_SHARED_KEY),
        BYTES("\0\7\0\1x\0\0\0\0\0\x21\x20"
              "01234567890123456789012345678901"),
        TLS_OK},
    {"pre_shared_key before others", EXTENSION('K', BLOCK_FIRST, TLS_EXTENSION_PRE_SHARED_KEY),
        BYTES("\0\7\0\1x\0\0\0\0\0\x21\x20"
              "01234567890123456789012345678901"),
        TLS_REASON_ILLEGAL_PARAMETER},
};

/* ---- Key shares ---- */

static void
share_case(const peer_world *w, const char *script, char letter, const char *name, unsigned group,
    tls_bytes key, enum tls_reason reason)
{
    tls_buffer block = {0};
    uint16_t id = (uint16_t)group;
    tls_bytes data;
    peer p;

    check_about("share of %c: %s", letter, name);
    tls_extension_write_key_shares(&block, &id, &key, 1);
    require(
        tls_extensions_find(tls_buffer_view(&block), TLS_EXTENSION_KEY_SHARE, &data), "a share");
    peer_open(&p, w, TLS_ROLE_CLIENT);
    peer_change_block(&p, letter, BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE, data.data, data.length);
    peer_judge(&p, script, reason);
    peer_close(&p);
    tls_buffer_release(&block);
}

static void
shares(const peer_world *w)
{
    static const unsigned char zeros[133] = {0};
    static const size_t lengths[] = {1, 31, 33, 65, 133};
    char name[64];
    size_t i;

    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        sprintf(name, "%u bytes for x25519", (unsigned)lengths[i]);
        share_case(w, "KF", 'K', name, TLS_GROUP_X25519, tls_bytes_make(zeros, lengths[i]),
            TLS_REASON_ILLEGAL_PARAMETER);
    }
    share_case(w, "KF", 'K', "no bytes for x25519", TLS_GROUP_X25519, tls_bytes_make(NULL, 0),
        TLS_REASON_DECODE);
    for (i = 0; i < sizeof small_order / sizeof small_order[0]; i++) {
        tls_bytes point = from_hex(small_order[i]);

        share_case(
            w, "KF", 'K', small_order[i], TLS_GROUP_X25519, point, TLS_REASON_ILLEGAL_PARAMETER);
        release(point);
    }
    for (i = 0; i < sizeof bad_points / sizeof bad_points[0]; i++) {
        tls_bytes point = from_hex(bad_points[i]);

        share_case(w, "KF", 'K', "a bad point of P-256", TLS_GROUP_SECP256R1, point,
            TLS_REASON_ILLEGAL_PARAMETER);
        release(point);
    }
    /* Section 4.2.8. */
    share_case(w, "KF", 'K', "of a group that supported_groups has not", TLS_GROUP_SECP384R1,
        tls_bytes_make(zeros, 97), TLS_REASON_ILLEGAL_PARAMETER);
    share_case(w, "KF", 'K', "of a GREASE group that supported_groups has not", 0x0A0A,
        tls_bytes_make(zeros, 1), TLS_REASON_ILLEGAL_PARAMETER);
}

static const deviation share_lists[] = {
    {"no share asks for a retry", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\0"), TLS_OK},
    {"half a share", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\5\0\x1D\0\x20x"), TLS_REASON_DECODE},
    {"shares that do not end", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\1\0\0\x1D\0\1x"), TLS_REASON_DECODE},
    {"something behind the shares", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\0x"), TLS_REASON_DECODE},
    {"two shares of a group", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\x0A\0\x17\0\1x\0\x17\0\1y"), TLS_REASON_ILLEGAL_PARAMETER},
    {"the share of a ServerHello", EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\x1D\0\1x"), TLS_REASON_DECODE},
};

/* Every extension that an honest hello has, twice. */
static void
duplicates(const peer_world *w)
{
    static const unsigned types[] = {TLS_EXTENSION_SERVER_NAME, TLS_EXTENSION_SUPPORTED_GROUPS,
        TLS_EXTENSION_SIGNATURE_ALGORITHMS, TLS_EXTENSION_SUPPORTED_VERSIONS,
        TLS_EXTENSION_KEY_SHARE, TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES,
        TLS_EXTENSION_POST_HANDSHAKE_AUTH};
    size_t i;
    peer p;

    for (i = 0; i < sizeof types / sizeof types[0]; i++) {
        check_about("extension %u twice", types[i]);
        peer_open(&p, w, TLS_ROLE_CLIENT);
        peer_change_block(&p, 'K', BLOCK_LAST, types[i], "x", 1);
        peer_judge(&p, "KF", TLS_REASON_ILLEGAL_PARAMETER);
        peer_close(&p);
    }
}

/* RFC 8446 section 5.1: the version of a record in the clear MUST be ignored; it is 3 something all
 * the same. */
static void
record_versions(const peer_world *w)
{
    static const unsigned versions[] = {0x0300, 0x0301, 0x0302, 0x0304, 0x03FF};
    size_t i;
    peer p;

    for (i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        check_about("a ClientHello in a record of version %04X", versions[i]);
        peer_open(&p, w, TLS_ROLE_CLIENT);
        p.record_version = versions[i];
        peer_judge(&p, "KF", TLS_OK);
        peer_close(&p);
    }
    check_about("a ClientHello in a record of version 0200");
    peer_open(&p, w, TLS_ROLE_CLIENT);
    p.record_version = 0x0200;
    peer_judge(&p, "KF", TLS_REASON_PROTOCOL_VERSION);
    peer_close(&p);
}

/* ---- Pre-shared keys ---- */

static const deviation resuming[] = {
    {"honest", EXTENSION('K', BLOCK_AS_IT_IS, 0), NO_BYTES, TLS_OK},
    {"no psk_key_exchange_modes",
        EXTENSION('K', BLOCK_WITHOUT, TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES), NO_BYTES,
        TLS_REASON_MISSING_EXTENSION},
    {"psk_ke alone: the PSK is not used",
        EXTENSION('K', BLOCK_REPLACE, TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES), BYTES("\1\0"), TLS_OK},
    {"no supported_groups", EXTENSION('K', BLOCK_WITHOUT, TLS_EXTENSION_SUPPORTED_GROUPS), NO_BYTES,
        TLS_REASON_MISSING_EXTENSION},
    {"no key_share", EXTENSION('K', BLOCK_WITHOUT, TLS_EXTENSION_KEY_SHARE), NO_BYTES,
        TLS_REASON_MISSING_EXTENSION},
    {"no signature_algorithms, which is not needed",
        EXTENSION('K', BLOCK_WITHOUT, TLS_EXTENSION_SIGNATURE_ALGORITHMS), NO_BYTES, TLS_OK},
    {"suites of another hash alone", FIELD('K', FIELD_SUITES, 0), BYTES("\x13\2"), TLS_OK},
};

/* Section 4.2.11.2: a binder that does not verify ends the handshake; nobody is let in without the
 * key. */
static void
flip_binder(peer *p, char letter, tls_buffer *message)
{
    if (letter == 'K' || letter == 'k')
        message->data[message->length - (size_t)p->parameter] ^= 1;
}

static void
flip_random(peer *p, char letter, tls_buffer *message)
{
    (void)p;
    if (letter == 'K')
        message->data[TLS_HANDSHAKE_HEADER_LENGTH + 2] ^= 1;
}

/* add_behind puts an extension behind the binders. */
static void
add_behind(peer *p, char letter, tls_buffer *message)
{
    static const unsigned char extension[] = {0x12, 0x34, 0, 0};
    tls_client_hello hello;
    size_t offset;

    (void)p;
    if (letter != 'K' || tls_client_hello_parse(&hello, tls_buffer_view(message)) != TLS_OK)
        return;
    offset = (size_t)(hello.extensions.data - message->data) - 2;
    tls_buffer_append(message, extension, sizeof extension);
    tls_put16(message->data + offset, (uint32_t)(message->length - offset - 2));
    tls_put24(message->data + 1, (uint32_t)(message->length - TLS_HANDSHAKE_HEADER_LENGTH));
}

static void
binders(const peer_world *w, tls_session *session)
{
    static const int positions[] = {1, 16, 32};
    size_t i;
    peer p;

    for (i = 0; i < 3; i++) {
        check_about("a binder with a bit flipped");
        peer_open_victim(&p, w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
        p.edit = flip_binder;
        p.parameter = positions[i];
        peer_judge(&p, "KF", TLS_REASON_BAD_FINISHED);
        peer_close(&p);
    }
    check_about("the binder of another PSK");
    peer_open_victim(&p, w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    p.psk[0] ^= 1;
    peer_judge(&p, "KF", TLS_REASON_BAD_FINISHED);
    peer_close(&p);

    check_about("a binder of another length");
    peer_open_victim(&p, w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    p.psk_length = 48;
    peer_judge(&p, "KF", TLS_REASON_BAD_FINISHED);
    peer_close(&p);

    check_about("a binder over another ClientHello");
    peer_open_victim(&p, w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    p.edit = flip_random;
    peer_judge(&p, "KF", TLS_REASON_BAD_FINISHED);
    peer_close(&p);

    check_about("an extension behind pre_shared_key");
    peer_open_victim(&p, w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    p.edit = add_behind;
    peer_judge(&p, "KF", TLS_REASON_ILLEGAL_PARAMETER);
    peer_close(&p);
}

/* ---- The second ClientHello (sections 4.1.2 and 4.1.4) ---- */

static void
with_retry(tls_context_options *client, tls_context_options *server)
{
    static const uint16_t groups[] = {TLS_GROUP_SECP256R1};

    (void)client;
    server->groups = groups;
    server->group_count = 1;
    server->retry_cookie = 1;
}

static void
with_retry_without_cookie(tls_context_options *client, tls_context_options *server)
{
    with_retry(client, server);
    server->retry_cookie = 0;
}

static const deviation second[] = {
    {"honest", EXTENSION('k', BLOCK_AS_IT_IS, 0), NO_BYTES, TLS_OK},
    {"another legacy_version", FIELD('k', FIELD_LEGACY_VERSION, 0x0302), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"another random", FIELD('k', FIELD_RANDOM, 0), BYTES("another random of thirty-two byt"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"another session ID", FIELD('k', FIELD_SESSION_ID, 0), BYTES("x"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"no session ID", FIELD('k', FIELD_SESSION_ID, 0), NO_BYTES, TLS_REASON_ILLEGAL_PARAMETER},
    {"another order of suites", FIELD('k', FIELD_SUITES, 0), BYTES("\x13\2\x13\1\x13\3"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"fewer suites", FIELD('k', FIELD_SUITES, 0), BYTES("\x13\1\x13\2"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"another suite alone", FIELD('k', FIELD_SUITES, 0), BYTES("\x13\2"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"compression", FIELD('k', FIELD_COMPRESSION, 0), BYTES("\0\1"), TLS_REASON_ILLEGAL_PARAMETER},
    {"no server_name", EXTENSION('k', BLOCK_WITHOUT, TLS_EXTENSION_SERVER_NAME), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"another server_name", EXTENSION('k', BLOCK_REPLACE, TLS_EXTENSION_SERVER_NAME),
        BYTES("\0\4\0\0\1a"), TLS_REASON_ILLEGAL_PARAMETER},
    {"a protocol", EXTENSION('k', BLOCK_FIRST, TLS_EXTENSION_ALPN), BYTES("\0\3\2h2"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"other groups", EXTENSION('k', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_GROUPS),
        BYTES("\0\2\0\x17"), TLS_REASON_ILLEGAL_PARAMETER},
    {"no groups", EXTENSION('k', BLOCK_WITHOUT, TLS_EXTENSION_SUPPORTED_GROUPS), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"other schemes", EXTENSION('k', BLOCK_REPLACE, TLS_EXTENSION_SIGNATURE_ALGORITHMS),
        BYTES("\0\2\4\3"), TLS_REASON_ILLEGAL_PARAMETER},
    {"no schemes", EXTENSION('k', BLOCK_WITHOUT, TLS_EXTENSION_SIGNATURE_ALGORITHMS), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"other versions", EXTENSION('k', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS),
        BYTES("\4\3\4\3\3"), TLS_REASON_ILLEGAL_PARAMETER},
    {"TLS 1.2 alone", EXTENSION('k', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_VERSIONS),
        BYTES("\2\3\3"), TLS_REASON_ILLEGAL_PARAMETER},
    {"no versions", EXTENSION('k', BLOCK_WITHOUT, TLS_EXTENSION_SUPPORTED_VERSIONS), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"other PSK modes", EXTENSION('k', BLOCK_REPLACE, TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES),
        BYTES("\2\0\1"), TLS_REASON_ILLEGAL_PARAMETER},
    {"no post_handshake_auth", EXTENSION('k', BLOCK_WITHOUT, TLS_EXTENSION_POST_HANDSHAKE_AUTH),
        NO_BYTES, TLS_REASON_ILLEGAL_PARAMETER},
    {"record_size_limit", EXTENSION('k', BLOCK_FIRST, TLS_EXTENSION_RECORD_SIZE_LIMIT),
        BYTES("\0\x40"), TLS_REASON_ILLEGAL_PARAMETER},
    {"status_request", EXTENSION('k', BLOCK_FIRST, TLS_EXTENSION_STATUS_REQUEST),
        BYTES("\1\0\0\0\0"), TLS_REASON_ILLEGAL_PARAMETER},
    {"pre_shared_key out of nowhere", EXTENSION('k', BLOCK_LAST, TLS_EXTENSION_PRE_SHARED_KEY),
        BYTES("\0\7\0\1x\0\0\0\0\0\x21\x20"
              "01234567890123456789012345678901"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"early_data", EXTENSION('k', BLOCK_FIRST, TLS_EXTENSION_EARLY_DATA), NO_BYTES,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"padding, which may come and go", EXTENSION('k', BLOCK_FIRST, TLS_EXTENSION_PADDING),
        BYTES("\0\0\0"), TLS_OK},
    {"an unknown extension, whose rules are unknown too", EXTENSION('k', BLOCK_FIRST, 0x1234),
        NO_BYTES, TLS_OK},
    {"no cookie", EXTENSION('k', BLOCK_WITHOUT, TLS_EXTENSION_COOKIE), NO_BYTES,
        TLS_REASON_MISSING_EXTENSION},
    {"another cookie", EXTENSION('k', BLOCK_REPLACE, TLS_EXTENSION_COOKIE), BYTES("\0\1x"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"no key_share", EXTENSION('k', BLOCK_WITHOUT, TLS_EXTENSION_KEY_SHARE), NO_BYTES,
        TLS_REASON_MISSING_EXTENSION},
    {"no share", EXTENSION('k', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE), BYTES("\0\0"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"the share of another group", EXTENSION('k', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\x24\0\x1D\0\x20"
              "01234567890123456789012345678901"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"two shares", EXTENSION('k', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE),
        BYTES("\0\x0A\0\x17\0\1x\0\x1D\0\1y"), TLS_REASON_ILLEGAL_PARAMETER},
};

static const deviation second_without_cookie[] = {
    {"honest", EXTENSION('k', BLOCK_AS_IT_IS, 0), NO_BYTES, TLS_OK},
    {"a cookie out of nowhere", EXTENSION('k', BLOCK_FIRST, TLS_EXTENSION_COOKIE), BYTES("\0\1x"),
        TLS_REASON_ILLEGAL_PARAMETER},
};

/* psk_ke (section 4.2.9): the PSK alone makes the keys, where that is allowed. */
static void
with_psk_ke(tls_context_options *client, tls_context_options *server)
{
    client->psk_ke = server->psk_ke = 1;
}

static void
psk_ke(void)
{
    tls_session *session;
    peer_world w;
    peer p;
    int missing;

    peer_world_open(&w, with_psk_ke);
    session = peer_world_session(&w);
    for (missing = 0; missing < 4; missing++) {
        check_about("psk_ke, without%s%s", missing & 1 ? " key_share" : "",
            missing & 2 ? " supported_groups" : "");
        peer_open_victim(&p, &w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
        peer_change_block(&p, 'K', BLOCK_REPLACE, TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES, "\1\0", 2);
        if (missing & 1)
            peer_change_block(&p, 'K', BLOCK_WITHOUT, TLS_EXTENSION_KEY_SHARE, NULL, 0);
        if (missing & 2)
            peer_change_block(&p, 'K', BLOCK_WITHOUT, TLS_EXTENSION_SUPPORTED_GROUPS, NULL, 0);
        peer_judge(&p, "KF", missing == 1 || missing == 2 ? TLS_REASON_MISSING_EXTENSION : TLS_OK);
        peer_close(&p);
    }
    tls_session_release(session);
    peer_world_close(&w);
}

/* reverse turns the order of the extensions of the second ClientHello round; `parameter`: and
 * leaves one of them out. */
static void
reverse(peer *p, char letter, tls_buffer *message)
{
    tls_client_hello hello;
    tls_reader reader;
    tls_extension extension;
    tls_buffer block = {0}, one = {0};

    if (letter != 'k')
        return;
    require(tls_client_hello_parse(&hello, tls_buffer_view(message)) == TLS_OK, "a ClientHello");
    tls_reader_init(&reader, hello.extensions);
    while (tls_extensions_next(&reader, &extension)) {
        tls_buffer_clear(&one);
        if (p->parameter != (int)extension.type)
            tls_extension_write(&one, extension.type, extension.data);
        tls_write_bytes(&one, tls_buffer_view(&block));
        tls_buffer_clear(&block);
        tls_write_bytes(&block, tls_buffer_view(&one));
    }
    hello.extensions = tls_buffer_view(&block);
    tls_buffer_clear(&one);
    require(tls_client_hello_build(&one, &hello) == TLS_OK, "turned round");
    tls_buffer_clear(message);
    tls_write_bytes(message, tls_buffer_view(&one));
    tls_buffer_release(&one);
    tls_buffer_release(&block);
}

static void
another_order(const peer_world *w)
{
    peer p;

    check_about("second ClientHello: another order of extensions");
    peer_open(&p, w, TLS_ROLE_CLIENT);
    p.edit = reverse;
    p.parameter = -1;
    peer_judge(&p, "KkF", TLS_OK);
    peer_close(&p);

    check_about("second ClientHello: another order, and no server_name");
    peer_open(&p, w, TLS_ROLE_CLIENT);
    p.edit = reverse;
    p.parameter = TLS_EXTENSION_SERVER_NAME;
    peer_judge(&p, "KkF", TLS_REASON_ILLEGAL_PARAMETER);
    peer_close(&p);
}

static void
retries(void)
{
    tls_session *session;
    peer_world w;
    peer p;
    size_t i;

    peer_world_open(&w, with_retry);
    RUN(&w, TLS_ROLE_CLIENT, "second ClientHello", "KkF", second, NULL);
    another_order(&w);
    for (i = 0; i < sizeof bad_points / sizeof bad_points[0]; i++) {
        tls_bytes point = from_hex(bad_points[i]);

        share_case(&w, "KkF", 'k', "a bad point of P-256", TLS_GROUP_SECP256R1, point,
            TLS_REASON_ILLEGAL_PARAMETER);
        release(point);
    }
    check_about("no common group");
    peer_open(&p, &w, TLS_ROLE_CLIENT);
    peer_change_block(&p, 'K', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_GROUPS, "\0\2\0\x1D", 4);
    peer_judge(&p, "KkF", TLS_REASON_NO_COMMON_GROUP);
    peer_close(&p);

    /* With a PSK: it may be left out, and is proved again. */
    session = peer_world_session(&w);
    check_about("second ClientHello with a PSK: honest");
    peer_open_victim(&p, &w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    peer_judge(&p, "KkF", TLS_OK);
    check(p.take_psk, "resumed");
    peer_close(&p);

    check_about("second ClientHello without the PSK of the first");
    peer_open_victim(&p, &w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    peer_change_block(&p, 'k', BLOCK_WITHOUT, TLS_EXTENSION_PRE_SHARED_KEY, NULL, 0);
    peer_judge(&p, "KkF", TLS_OK);
    check(!p.take_psk, "not resumed");
    peer_close(&p);

    check_about("second ClientHello with a wrong binder");
    peer_open_victim(&p, &w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    peer_play(&p, "K");
    p.psk[0] ^= 1;
    peer_judge(&p, "kF", TLS_REASON_BAD_FINISHED);
    peer_close(&p);
    tls_session_release(session);
    peer_world_close(&w);

    peer_world_open(&w, with_retry_without_cookie);
    RUN(&w, TLS_ROLE_CLIENT, "second ClientHello, no cookie", "KkF", second_without_cookie, NULL);
    peer_world_close(&w);
}

int
main(void)
{
    tls_session *session;
    peer_world w;

    make_materials();
    peer_world_open(&w, NULL);
    RUN(&w, TLS_ROLE_CLIENT, "ClientHello", "KF", hellos, NULL);
    RUN(&w, TLS_ROLE_CLIENT, "ClientHello", "KkF", share_lists, NULL);
    shares(&w);
    duplicates(&w);
    peer_misplaced(&w, TLS_ROLE_CLIENT, 'K', "KF", 0);
    record_versions(&w);
    session = peer_world_session(&w);
    RUN(&w, TLS_ROLE_CLIENT, "ClientHello with a PSK", "KF", resuming, session);
    binders(&w, session);
    tls_session_release(session);
    peer_world_close(&w);
    psk_ke();
    retries();
    release_materials();
    return check_end();
}

/* hostile13_ech_test.c - what may be in an encrypted hello, and what not (RFC 9849 sections 5.1 and
 * 7.1): a client of the test's own, which encrypts whatever it likes to a server's key. */
#include <string.h>

#include "handshake/ech.h"
#include "support/check.h"
#include "support/pair.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static tls_ech_keys *keys;
static tls_buffer list;
static pair p;

/* ---- The client ---- */

/* What is different about a hello. */
typedef struct variant {
    const char *name;
    const char *more; /* extensions of the inner hello, as they are encoded */
    size_t more_length;
    uint16_t version;     /* in supported_versions beside TLS 1.3, or 0 */
    int not_inner;        /* it does not say that it is the inner one */
    int session_id;       /* the encoded one has one */
    unsigned char behind; /* the last byte of the padding */
    enum tls_reason reason;
} variant;

#define MORE(bytes) bytes, sizeof bytes - 1

static const variant variants[] = {
    {"nothing is wrong", NULL, 0, 0, 0, 0, 0, TLS_OK},
    {"one that the inner hello has too", MORE("\xFD\0\0\3\2\0\x0A"), 0, 0, 0, 0,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"an unknown extension of the outer hello", MORE("\xFD\0\0\3\2\x12\x34"), 0, 0, 0, 0, TLS_OK},
    {"two in the outer hello's order", MORE("\xFD\0\0\5\4\x12\x34\x12\x35"), 0, 0, 0, 0, TLS_OK},
    {"two in another order", MORE("\xFD\0\0\5\4\x12\x35\x12\x34"), 0, 0, 0, 0,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"one twice", MORE("\xFD\0\0\5\4\x12\x34\x12\x34"), 0, 0, 0, 0, TLS_REASON_ILLEGAL_PARAMETER},
    {"one that the outer hello has not", MORE("\xFD\0\0\3\2\x12\x36"), 0, 0, 0, 0,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"encrypted_client_hello itself", MORE("\xFD\0\0\3\2\xFE\x0D"), 0, 0, 0, 0,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"ech_outer_extensions itself", MORE("\xFD\0\0\3\2\xFD\0"), 0, 0, 0, 0,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"two lists", MORE("\xFD\0\0\3\2\x12\x34\xFD\0\0\3\2\x12\x35"), 0, 0, 0, 0,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"an empty list", MORE("\xFD\0\0\1\0"), 0, 0, 0, 0, TLS_REASON_DECODE},
    {"half a reference", MORE("\xFD\0\0\4\3\x12\x34\x12"), 0, 0, 0, 0, TLS_REASON_DECODE},
    {"more than the list", MORE("\xFD\0\0\4\2\x12\x34\0"), 0, 0, 0, 0, TLS_REASON_DECODE},
    {"an extension that is cut off", MORE("\x12\x36\0\5x"), 0, 0, 0, 0, TLS_REASON_DECODE},
    {"TLS 1.2 too", NULL, 0, TLS_VERSION_12, 0, 0, 0, TLS_REASON_ILLEGAL_PARAMETER},
    {"SSL 3.0 too", NULL, 0, TLS_VERSION_SSL30, 0, 0, 0, TLS_REASON_ILLEGAL_PARAMETER},
    {"GREASE among the versions", NULL, 0, 0x0A0A, 0, 0, 0, TLS_OK},
    {"no extension that says so", NULL, 0, 0, 1, 0, 0, TLS_REASON_ILLEGAL_PARAMETER},
    {"a session ID of its own", NULL, 0, 0, 0, 1, 0, TLS_REASON_ILLEGAL_PARAMETER},
    {"padding that is not zero", NULL, 0, 0, 0, 0, 1, TLS_REASON_ILLEGAL_PARAMETER},
};

/* hello writes a ClientHello that the server could take; the outer one without the extension. */
static void
hello(tls_buffer *out, const variant *v, const char *name, const tls_key_exchange_key *key)
{
    static const unsigned char random[32] = {7};
    static const uint16_t suites[] = {0x1301}, groups[] = {TLS_GROUP_X25519};
    static const uint16_t schemes[] = {TLS_SCHEME_ECDSA_SECP256R1_SHA256};
    uint16_t versions[] = {TLS_VERSION_13, v != NULL ? v->version : 0};
    const tls_bytes share = tls_key_exchange_share(key);
    tls_client_hello_options options;
    tls_buffer more = {0};

    memset(&options, 0, sizeof options);
    options.random = random;
    options.session_id = tls_bytes_of_string(v == NULL ? "the session ID" : "");
    options.suites = suites;
    options.groups = groups;
    options.signature_schemes = schemes;
    options.versions = versions;
    options.suite_count = options.group_count = options.signature_scheme_count = 1;
    options.version_count = v != NULL && v->version != 0 ? 2 : 1;
    options.server_name = tls_bytes_of_string(name);
    if (v != NULL && v->session_id)
        options.session_id = tls_bytes_of_string("x");
    tls_extension_write_key_shares(&more, groups, &share, 1);
    if (v == NULL) {
        tls_extension_write(&more, 0x1234, tls_bytes_of_string("first"));
        tls_extension_write(&more, 0x1235, tls_bytes_of_string("second"));
    } else {
        if (!v->not_inner)
            tls_ech_write_inner(&more);
        tls_buffer_append(&more, v->more, v->more_length);
    }
    options.extensions = tls_buffer_view(&more);
    require(tls_client_hello_build_options(out, &options) == TLS_OK, "a hello");
    tls_buffer_release(&more);
}

/* enclose puts `encoded` into the outer hello, under the first config of the server's. */
static void
enclose(tls_buffer *outer, tls_buffer *encoded, tls_hpke *hpke, int is_first)
{
    static tls_key_exchange_key ephemeral;
    tls_ech_client_hello header = {TLS_ECH_OUTER, 0, 0, 0, {NULL, 0}, {NULL, 0}};
    tls_buffer extension = {0}, info = {0};
    tls_ech_config config;
    tls_hpke_suite suite;
    size_t position, length = encoded->length + TLS_HPKE_TAG_LENGTH;

    require(tls_ech_choose(tls_buffer_view(&list), &config, &suite, NULL) == TLS_OK, "a config");
    tls_ech_info(&info, config.raw);
    if (is_first)
        require(tls_key_exchange_generate(&ephemeral, TLS_GROUP_X25519, NULL, 0) == TLS_OK &&
                    tls_hpke_sender(hpke, suite, &ephemeral, config.public_key,
                        tls_buffer_view(&info)) == TLS_OK,
            "a sender");
    header.kdf = suite.kdf;
    header.aead = suite.aead;
    header.config_id = config.config_id;
    if (is_first)
        header.enc = tls_key_exchange_share(&ephemeral);
    tls_ech_write_outer(&extension, &header, length);
    require(tls_hello_insert(outer, tls_buffer_view(&extension), &position) == TLS_OK, "inserted");
    require(tls_buffer_reserve(encoded, TLS_HPKE_TAG_LENGTH) != NULL, "room");
    tls_hpke_seal(
        hpke, tls_bytes_make(outer->data + 4, outer->length - 4), encoded->data, encoded->length);
    memcpy(outer->data + position + extension.length - length, encoded->data, length);
    tls_buffer_release(&extension);
    tls_buffer_release(&info);
}

static void
feed(const tls_buffer *message)
{
    unsigned char header[5] = {22, 3, 1};

    tls_put16(header + 3, (uint32_t)message->length);
    tls_connection_feed(p.server.c, header, sizeof header);
    tls_connection_feed(p.server.c, message->data, message->length);
    side_run(&p.server);
}

static void
open_server(void)
{
    pair_init(&p, &identities[P256]);
    p.server_options.ech_keys = keys;
    p.server_connection.stage_mask = UINT32_MAX;
    pair_open(&p);
}

static void
close_server(void)
{
    pair_close(&p);
    pair_free(&p);
}

static void
test_variant(const variant *v)
{
    tls_buffer outer = {0}, inner = {0}, encoded = {0};
    tls_key_exchange_key key;
    tls_hpke hpke;

    check_about("%s", v->name);
    require(tls_key_exchange_generate(&key, TLS_GROUP_X25519, NULL, 0) == TLS_OK, "a share");
    hello(&outer, NULL, "public.example", &key);
    hello(&inner, v, "localhost", &key);
    tls_buffer_append(&encoded, inner.data + 4, inner.length - 4);
    tls_buffer_append(&encoded, "\0\0\0", 3);
    tls_buffer_append(&encoded, &v->behind, 1);
    enclose(&outer, &encoded, &hpke, 1);
    open_server();
    feed(&outer);
    check_reason(tls_connection_failure(p.server.c), v->reason, "how it ends");
    if (v->reason == TLS_OK) {
        check_number(info_of(&p.server).ech, TLS_ECH_ACCEPTED, "accepted");
        check_text(info_of(&p.server).server_name, "localhost", "the name");
        check(strstr(p.server.stages, "server_hello") != NULL, "answered");
    }
    close_server();
    tls_buffer_release(&outer);
    tls_buffer_release(&inner);
    tls_buffer_release(&encoded);
}

/* ---- The extension ---- */

static const struct {
    const char *name, *data;
    size_t length;
    enum tls_reason reason;
    int ech;
} extensions[] = {
    {"an unknown type", MORE("\2"), TLS_REASON_ILLEGAL_PARAMETER, TLS_ECH_UNUSED},
    {"the inner type, from a stranger", MORE("\1"), TLS_REASON_ILLEGAL_PARAMETER, TLS_ECH_UNUSED},
    {"nothing", MORE(""), TLS_REASON_DECODE, TLS_ECH_UNUSED},
    {"more than the inner type", MORE("\1\0"), TLS_REASON_DECODE, TLS_ECH_UNUSED},
    {"no payload", MORE("\0\0\1\0\1\0\0\0\0\0"), TLS_REASON_DECODE, TLS_ECH_UNUSED},
    {"an unknown suite", MORE("\0\0\1\0\x63\0\0\0\0\1x"), TLS_OK, TLS_ECH_REJECTED},
    {"an enc that is none", MORE("\0\0\1\0\1\0\0\1z\0\1x"), TLS_OK, TLS_ECH_REJECTED},
    {"a payload shorter than a tag", MORE("\0\0\1\0\1\0\0\0\0\1x"), TLS_OK, TLS_ECH_REJECTED},
};

static void
test_extension(size_t i)
{
    tls_buffer outer = {0}, extension = {0};
    tls_key_exchange_key key;
    size_t position;

    check_about("%s", extensions[i].name);
    require(tls_key_exchange_generate(&key, TLS_GROUP_X25519, NULL, 0) == TLS_OK, "a share");
    hello(&outer, NULL, "localhost", &key);
    tls_extension_write(&extension, TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO,
        tls_bytes_make(extensions[i].data, extensions[i].length));
    require(tls_hello_insert(&outer, tls_buffer_view(&extension), &position) == TLS_OK, "inserted");
    open_server();
    feed(&outer);
    check_reason(tls_connection_failure(p.server.c), extensions[i].reason, "how it ends");
    check_number(info_of(&p.server).ech, extensions[i].ech, "what of it is told");
    close_server();
    tls_buffer_release(&outer);
    tls_buffer_release(&extension);
}

/* test_damage: whatever byte of an outer hello is changed, it is not accepted. */
static void
test_damage(void)
{
    tls_buffer outer = {0}, inner = {0}, encoded = {0};
    tls_key_exchange_key key;
    tls_hpke hpke;
    size_t i;

    check_about("damage");
    require(tls_key_exchange_generate(&key, TLS_GROUP_X25519, NULL, 0) == TLS_OK, "a share");
    hello(&outer, NULL, "public.example", &key);
    hello(&inner, &variants[0], "localhost", &key);
    tls_buffer_append(&encoded, inner.data + 4, inner.length - 4);
    enclose(&outer, &encoded, &hpke, 1);
    for (i = 4; i < outer.length; i++) {
        outer.data[i] ^= 4;
        open_server();
        feed(&outer);
        check(info_of(&p.server).ech != TLS_ECH_ACCEPTED, "byte %u", (unsigned)i);
        close_server();
        outer.data[i] ^= 4;
    }
    tls_buffer_release(&outer);
    tls_buffer_release(&inner);
    tls_buffer_release(&encoded);
}

int
main(void)
{
    const tls_ech_key_options options = {"public.example", 0, TLS_GROUP_X25519};
    size_t i;

    load_identities();
    require(tls_ech_keys_new(&keys) == TLS_OK && tls_ech_keys_generate(keys, &options, 0) == TLS_OK,
        "keys");
    require(tls_ech_keys_config_list(keys, &list) == TLS_OK, "their list");
    for (i = 0; i < COUNT(variants); i++)
        test_variant(&variants[i]);
    for (i = 0; i < COUNT(extensions); i++)
        test_extension(i);
    test_damage();
    tls_buffer_release(&list);
    tls_ech_keys_release(keys);
    unload_identities();
    return check_end();
}

/* hybrid13_test.c - connections with the hybrid groups: which are offered, with what shares, and
 * which are taken; ClientHellos that are longer than a record; shares that nobody may send; and
 * that nothing of it is there below TLS 1.3. */
#include <stdio.h>
#include <string.h>

#include "crypto/hybrid.h"
#include "support/check.h"
#include "support/deviation.h"
#include "support/pair.h"
#include "wire/message.h"

#define X25519MLKEM768 TLS_GROUP_X25519MLKEM768
#define SECP256R1MLKEM768 TLS_GROUP_SECP256R1MLKEM768
#define SECP384R1MLKEM1024 TLS_GROUP_SECP384R1MLKEM1024
#define X25519 TLS_GROUP_X25519
#define SECP256R1 TLS_GROUP_SECP256R1

static pair p;
static tls_buffer hello_bytes; /* the last ClientHello that was sent */

static void
keep_hello(side *s, const tls_stage_event *event)
{
    (void)s;
    if (event->stage != TLS_STAGE_CLIENT_HELLO)
        return;
    tls_buffer_clear(&hello_bytes);
    tls_buffer_append(&hello_bytes, event->raw.data, event->raw.length);
}

static size_t
count_of(const uint16_t *list)
{
    size_t count = 0;

    while (list[count] != 0)
        count++;
    return count;
}

/* begin: a list is NULL for the defaults, and ends with 0. */
static void
begin(const uint16_t *client, const uint16_t *server)
{
    pair_init(&p, &identities[P256]);
    p.client_options.groups = client;
    p.client_options.group_count = client != NULL ? count_of(client) : 0;
    p.server_options.groups = server;
    p.server_options.group_count = server != NULL ? count_of(server) : 0;
    p.client.seen = keep_hello;
    pair_watch(&p);
}

/* ---- What is chosen ---- */

static const struct {
    const char *what;
    uint16_t client[4];
    unsigned shares;
    uint16_t server[4]; /* nothing: the defaults */
    unsigned group;
    int retry;
} choices[] = {
    {"a server without it", {X25519MLKEM768, X25519}, 0, {X25519}, X25519, 0},
    {"one share, a server without it", {X25519MLKEM768, X25519}, 1, {X25519}, X25519, 1},
    {"no share of it, a server that prefers it", {X25519, X25519MLKEM768}, 0, {0}, X25519MLKEM768,
        1},
    {"no share of it, a server that does not", {X25519, X25519MLKEM768}, 0,
        {X25519, X25519MLKEM768}, X25519, 0},
    {"no share of the one, one of the other", {SECP256R1MLKEM768, X25519MLKEM768}, 1,
        {X25519MLKEM768, SECP256R1MLKEM768}, SECP256R1MLKEM768, 0},
    {"a share of the second", {X25519MLKEM768, SECP256R1MLKEM768, SECP256R1}, 0,
        {SECP256R1MLKEM768, SECP256R1}, SECP256R1MLKEM768, 1},
    {"another curve's hybrid", {X25519MLKEM768, SECP384R1MLKEM1024}, 0, {SECP384R1MLKEM1024},
        SECP384R1MLKEM1024, 1},
    {"hybrids with one curve each", {X25519MLKEM768, SECP256R1}, 0, {SECP256R1MLKEM768, SECP256R1},
        SECP256R1, 0},
    {"shares of three", {X25519MLKEM768, SECP256R1MLKEM768, SECP384R1MLKEM1024}, 3,
        {SECP384R1MLKEM1024}, SECP384R1MLKEM1024, 0},
};

static void
chosen(void)
{
    size_t i;

    for (i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        begin(choices[i].client, choices[i].server[0] != 0 ? choices[i].server : NULL);
        p.client_options.key_share_count = choices[i].shares;
        handshake(&p, choices[i].what, TLS_VERSION_13);
        check(info_of(&p.client).group == choices[i].group &&
                  info_of(&p.server).group == choices[i].group,
            "%s: the group", choices[i].what);
        check_number(info_of(&p.client).hello_retry, choices[i].retry, "%s: HelloRetryRequest",
            choices[i].what);
        exchange(&p, choices[i].what, 1000);
        pair_free(&p);
    }
}

/* Each, in pieces of any length, and again by a ticket. */
static void
each(void)
{
    static const uint16_t lists[][2] = {
        {X25519MLKEM768}, {SECP256R1MLKEM768}, {SECP384R1MLKEM1024}};
    static const size_t chunks[] = {0, 1, 700};
    tls_ticket_keys *keys = NULL;
    char what[80];
    size_t i, j;

    require(tls_ticket_keys_new(&keys, 0, 0, 0) == TLS_OK, "ticket keys");
    for (i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (j = 0; j < sizeof chunks / sizeof chunks[0]; j++) {
            snprintf(what, sizeof what, "%s in pieces of %u",
                tls_registry_name(TLS_REGISTRY_GROUP, lists[i][0]), (unsigned)chunks[j]);
            begin(lists[i], lists[i]);
            p.chunk = chunks[j];
            p.server_options.ticket_keys = keys;
            p.server_options.ticket_count = 1;
            handshake(&p, what, TLS_VERSION_13);
            check_number(info_of(&p.client).group, lists[i][0], "%s: the group", what);
            exchange(&p, what, 1000);
            say_goodbye(&p, what);
            check(resume_next(&p), "%s: a session", what);
            handshake(&p, what, TLS_VERSION_13);
            check(info_of(&p.server).resumed && info_of(&p.server).group == lists[i][0],
                "%s: resumed", what);
            forget_session(&p);
            pair_free(&p);
        }
    tls_ticket_keys_release(keys);
}

/* ---- The ClientHello ---- */

static tls_bytes
share_in_hello(tls_client_hello *hello, unsigned wanted)
{
    tls_reader reader;
    tls_bytes share;
    unsigned group;

    require(tls_client_hello_parse(hello, tls_buffer_view(&hello_bytes)) == TLS_OK, "parses");
    tls_reader_init(&reader, hello->key_shares);
    while (tls_key_share_next(&reader, &group, &share))
        if (group == wanted)
            return share;
    return tls_bytes_make(NULL, 0);
}

/* By default it has two shares, with one key of X25519 in both. */
static void
default_shares(void)
{
    tls_client_hello hello;
    tls_bytes hybrid, alone;

    begin(NULL, NULL);
    handshake(&p, "defaults", TLS_VERSION_13);
    check(info_of(&p.client).group == X25519MLKEM768 && !info_of(&p.client).hello_retry,
        "defaults: X25519MLKEM768");
    hybrid = share_in_hello(&hello, X25519MLKEM768);
    alone = share_in_hello(&hello, X25519);
    check(hybrid.length == 1216 && alone.length == 32 &&
              memcmp(hybrid.data + 1184, alone.data, 32) == 0,
        "one key of X25519");
    check(share_in_hello(&hello, SECP256R1).length == 0, "and no other share");
    pair_free(&p);
}

/* In records of 512 bytes; to servers of either version; from a client that offers both. */
static void
in_records(void)
{
    static const size_t chunks[] = {0, 1, 600};
    char what[80];
    unsigned version;
    size_t i;

    for (version = TLS_VERSION_12; version <= TLS_VERSION_13; version++)
        for (i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
            snprintf(what, sizeof what, "a hello in records, %04x, pieces of %u", version,
                (unsigned)chunks[i]);
            begin(NULL, NULL);
            p.chunk = chunks[i];
            p.client_options.record_size = 512;
            p.client_options.version_min = p.server_options.version_min = TLS_VERSION_12;
            p.client_options.version_max = TLS_VERSION_13;
            p.server_options.version_max = version;
            handshake(&p, what, version);
            check(hello_bytes.length > 1400, "%s: %u bytes", what, (unsigned)hello_bytes.length);
            check_number(info_of(&p.server).group,
                version == TLS_VERSION_13 ? X25519MLKEM768 : X25519, "%s: the group", what);
            exchange(&p, what, 1000);
            pair_free(&p);
        }
}

/* ---- Below TLS 1.3 ---- */

static void
older_offers(void)
{
    static const uint16_t both[] = {X25519MLKEM768, X25519, SECP256R1, 0},
                          only[] = {X25519MLKEM768, 0};
    tls_client_hello hello;

    begin(both, both);
    p.client_options.version_min = p.client_options.version_max = TLS_VERSION_12;
    p.server_options.version_min = TLS_VERSION_12;
    p.server_options.version_max = TLS_VERSION_13;
    handshake(&p, "a client of TLS 1.2", TLS_VERSION_12);
    check(share_in_hello(&hello, X25519MLKEM768).length == 0 &&
              tls_u16_list_count(hello.supported_groups) == 2 &&
              tls_u16_list_contains(hello.supported_groups, X25519),
        "a client of TLS 1.2 offers no hybrid group");
    check_number(info_of(&p.server).group, X25519, "and gets none");
    pair_free(&p);

    /* A client that has but hybrid groups, and a server of TLS 1.2. */
    begin(only, both);
    p.client_options.version_min = p.server_options.version_min = TLS_VERSION_12;
    p.client_options.version_max = TLS_VERSION_13;
    p.server_options.version_max = TLS_VERSION_12;
    pair_open(&p);
    pair_pump(&p);
    check(info_of(&p.server).group == 0 && info_of(&p.client).group == 0 &&
              !info_of(&p.client).established && !info_of(&p.server).established,
        "no group of TLS 1.2 in common: %s", trouble(&p));
    pair_free(&p);
}

/* ---- What a peer may not send ---- */

static const uint16_t hybrid_first[] = {X25519MLKEM768, X25519};

static void
with_hybrid(tls_context_options *client, tls_context_options *server)
{
    client->groups = server->groups = hybrid_first;
    client->group_count = server->group_count = 2;
}

static void
client_share_case(const peer_world *w, const char *name, tls_bytes key, enum tls_reason reason)
{
    static const unsigned char groups[] = {0, 4, 0x11, 0xEC, 0, 0x1D};
    uint16_t id = X25519MLKEM768;
    tls_buffer block = {0};
    peer hostile;

    check_about("a client's share: %s: ", name);
    tls_extension_write_key_shares(&block, &id, &key, 1);
    peer_open(&hostile, w, TLS_ROLE_CLIENT);
    peer_change_block(
        &hostile, 'K', BLOCK_REPLACE, TLS_EXTENSION_SUPPORTED_GROUPS, groups, sizeof groups);
    peer_change_block(
        &hostile, 'K', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE, block.data + 4, block.length - 4);
    peer_judge(&hostile, "KF", reason);
    peer_close(&hostile);
    tls_buffer_release(&block);
}

static void
client_shares(const peer_world *w)
{
    const enum tls_reason refused = TLS_REASON_ILLEGAL_PARAMETER;
    unsigned char share[1217];
    tls_key_exchange_key key;

    require(tls_key_exchange_generate(&key, X25519MLKEM768, NULL, 0) == TLS_OK, "a key");
    memset(share, 0, sizeof share);
    memcpy(share, tls_key_exchange_share(&key).data, 1216);
    tls_key_exchange_wipe(&key);
    client_share_case(w, "a byte short", tls_bytes_make(share, 1215), refused);
    client_share_case(w, "a byte long", tls_bytes_make(share, 1217), refused);
    client_share_case(w, "ML-KEM's part alone", tls_bytes_make(share, 1184), refused);
    client_share_case(w, "the curve's part alone", tls_bytes_make(share + 1184, 32), refused);
    client_share_case(w, "nothing", tls_bytes_make(NULL, 0), TLS_REASON_DECODE);
    client_share_case(w, "a ciphertext's length", tls_bytes_make(share, 1120), refused);
    memset(share + 1184, 0, 32);
    client_share_case(w, "a point of small order", tls_bytes_make(share, 1216), refused);
    memset(share + 1184, 9, 32);
    memset(share + 600, 0xFF, 3);
    client_share_case(w, "numbers that are not reduced", tls_bytes_make(share, 1216), refused);
}

static void
server_share_case(const peer_world *w, const char *name, tls_bytes key, enum tls_reason reason)
{
    tls_buffer block = {0};
    peer hostile;

    check_about("a server's share: %s: ", name);
    tls_extension_write_key_share(&block, X25519MLKEM768, key);
    peer_open(&hostile, w, TLS_ROLE_SERVER);
    peer_change_block(
        &hostile, 'S', BLOCK_REPLACE, TLS_EXTENSION_KEY_SHARE, block.data + 4, block.length - 4);
    peer_judge(&hostile, "SECVF", reason);
    peer_close(&hostile);
    tls_buffer_release(&block);
}

static void
server_shares(const peer_world *w)
{
    const enum tls_reason refused = TLS_REASON_ILLEGAL_PARAMETER;
    unsigned char share[1121];

    memset(share, 7, sizeof share);
    server_share_case(w, "a byte short", tls_bytes_make(share, 1119), refused);
    server_share_case(w, "a byte long", tls_bytes_make(share, 1121), refused);
    server_share_case(w, "ML-KEM's part alone", tls_bytes_make(share, 1088), refused);
    server_share_case(w, "the curve's part alone", tls_bytes_make(share, 32), refused);
    server_share_case(w, "nothing", tls_bytes_make(NULL, 0), TLS_REASON_DECODE);
    memset(share + 1088, 0, 32);
    server_share_case(w, "a point of small order", tls_bytes_make(share, 1120), refused);
}

static void
hostile_shares(void)
{
    peer_world w;
    peer honest;

    peer_world_open(&w, with_hybrid);
    check_about("an honest server: ");
    peer_open(&honest, &w, TLS_ROLE_SERVER);
    peer_judge(&honest, "SECVF", TLS_OK);
    peer_close(&honest);
    client_shares(&w);
    server_shares(&w);
    peer_world_close(&w);
}

int
main(void)
{
    load_identities();
    chosen();
    each();
    default_shares();
    in_records();
    older_offers();
    unload_identities();
    make_materials();
    hostile_shares();
    release_materials();
    tls_buffer_release(&hello_bytes);
    return check_end();
}

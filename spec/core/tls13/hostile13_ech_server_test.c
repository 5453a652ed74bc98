/* hostile13_ech_server_test.c - what a server may say to a client that encrypts its hello, and what
 * not (RFC 9849 sections 5 and 6.1): a scripted server that has the key, opens the hello, and then
 * says whatever it likes. */
#include <string.h>

#include "handshake/ech.h"
#include "support/check.h"
#include "support/deviation.h"
#include "support/inside.h"
#include "tls13/internal.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ECH TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO
#define SIGNAL_BITS (8 * TLS_ECH_CONFIRMATION_LENGTH)
#define NO_BIT (-1)

/* The name that the victims ask for, and the one that their certificates are for, is localhost. */
static tls_ech_keys *keys, *foreign_keys;
static tls_buffer list, foreign_list;
static tls_bytes offered; /* by the victims of the next world */

static void
with_ech(tls_context_options *client, tls_context_options *server)
{
    (void)server;
    client->ech = offered;
}

/* ---- The server that opens hellos ---- */

typedef struct opener {
    tls_hpke hpke;
    unsigned char random[TLS_RANDOM_LENGTH]; /* of the inner hello */
    tls_transcript inner;                    /* with the inner hellos, up to ServerHello */
    int follows_outer;                       /* the script goes on with the outer hellos */
    int signals_hello, signals_retry;
    int hello_bit, retry_bit; /* of the signal, which is wrong; or NO_BIT */
} opener;

static opener o;

static void
open_hello(const peer *p, tls_buffer *inner, int is_first)
{
    tls_buffer additional = {0}, encoded = {0};
    tls_ech_client_hello extension;
    tls_client_hello outer;

    require(tls_client_hello_parse(&outer, tls_buffer_view(&p->hello)) == TLS_OK &&
                tls_ech_client_hello_parse(&extension, outer.ech_data) == TLS_OK,
        "an outer hello");
    tls_ech_additional(&additional, tls_buffer_view(&p->hello), extension.payload);
    if (is_first) {
        require(
            tls_ech_keys_open(keys, &encoded, &o.hpke, &extension, tls_buffer_view(&additional)),
            "the first hello opens");
    } else {
        tls_write_bytes(&encoded, extension.payload);
        require(tls_hpke_open(&o.hpke, tls_buffer_view(&additional), encoded.data, encoded.length),
            "the second hello opens");
        encoded.length -= TLS_HPKE_TAG_LENGTH;
    }
    require(tls_ech_decode(inner, tls_buffer_view(&encoded), &outer) == TLS_OK, "an inner hello");
    tls_buffer_release(&additional);
    tls_buffer_release(&encoded);
}

static void
take_first(peer *p)
{
    tls_buffer inner = {0};

    open_hello(p, &inner, 1);
    memcpy(o.random, inner.data + 6, sizeof o.random);
    tls_transcript_init(&o.inner);
    tls_transcript_update(&o.inner, tls_buffer_view(&inner));
    if (!o.follows_outer) {
        p->transcript = o.inner;
        tls_buffer_release(&p->hello);
        p->hello = inner;
        return;
    }
    tls_buffer_release(&inner);
}

/* take_second: where the script follows the outer hellos, the second one is the outer one alone,
 * with what was encrypted first. */
static void
take_second(peer *p)
{
    tls_buffer inner = {0};

    if (o.follows_outer) {
        tls_transcript_update(&o.inner, tls_buffer_view(&p->hello));
        return;
    }
    open_hello(p, &inner, 0);
    check(memcmp(o.random, inner.data + 6, sizeof o.random) == 0, "the random stays");
    tls_transcript_update(&o.inner, tls_buffer_view(&inner));
    p->transcript = o.inner;
    tls_buffer_release(&p->hello);
    p->hello = inner;
}

/* confirm writes the signal at `position`. */
static void
confirm(tls_buffer *message, int is_retry, size_t position, int bit)
{
    unsigned char confirmation[TLS_ECH_CONFIRMATION_LENGTH];
    tls_transcript before = o.inner;

    if (before.selected == NULL)
        tls_transcript_select(&before, &br_sha256_vtable);
    if (is_retry)
        tls_transcript_restart(&before);
    tls13_ech_confirmation(
        &before, confirmation, o.random, is_retry, tls_buffer_view(message), position);
    if (bit != NO_BIT)
        confirmation[bit / 8] ^= (unsigned char)(1 << bit % 8);
    memcpy(message->data + position, confirmation, sizeof confirmation);
}

static void
edit(peer *p, char letter, tls_buffer *message)
{
    (void)p;
    if (letter == 'S' && o.signals_hello)
        confirm(message, 0, 6 + TLS_RANDOM_LENGTH - TLS_ECH_CONFIRMATION_LENGTH, o.hello_bit);
    if (letter == 'H' && o.signals_retry)
        confirm(message, 1, message->length - TLS_ECH_CONFIRMATION_LENGTH, o.retry_bit);
}

/* begin opens a server that says yes to the inner hello, which a test then changes. */
static void
begin(peer *p, const peer_world *w, int retries)
{
    static const unsigned char zeros[TLS_ECH_CONFIRMATION_LENGTH];

    memset(&o, 0, sizeof o);
    o.hello_bit = o.retry_bit = NO_BIT;
    o.signals_hello = 1;
    o.signals_retry = retries;
    peer_open(p, w, TLS_ROLE_SERVER);
    p->edit = edit;
    if (!retries)
        return;
    p->group = TLS_GROUP_SECP256R1;
    peer_change_block(p, 'H', BLOCK_LAST, ECH, zeros, sizeof zeros);
}

/* retry says HelloRetryRequest and hears the second hello. */
static void
retry(peer *p)
{
    peer_say(p, 'H', 1);
    tls_transcript_select(&o.inner, &br_sha256_vtable);
    tls_transcript_restart(&o.inner);
    tls_transcript_update(&o.inner, tls_buffer_view(&p->held));
    peer_flush(p);
    if (tls_connection_failure(p->victim) == TLS_OK)
        take_second(p);
}

/* play opens the first hello, and says a script, in which H leads to a second one. */
static void
play(peer *p, const char *script)
{
    peer_settle(p);
    peer_take_output(p);
    take_first(p);
    if (*script == 'H') {
        retry(p);
        script++;
    }
    peer_play(p, script);
}

static void
ends(peer *p, enum tls_reason reason, enum tls_ech_status status, size_t configs)
{
    if (reason == TLS_OK)
        peer_goes_on(p, 1);
    else
        peer_refuses(p, reason);
    check_number(told(p->victim).ech, status, "what became of it");
    check_number(
        told(p->victim).ech_retry_configs.length, configs, "the configurations that are shown");
    peer_close(p);
}

static void
end_accepted(peer *p, enum tls_reason reason)
{
    ends(p, reason, TLS_ECH_ACCEPTED, 0);
}

/* ---- The signal ---- */

static void
test_honest(const peer_world *w)
{
    peer p;

    check_about("honest");
    begin(&p, w, 0);
    play(&p, "SECVF");
    end_accepted(&p, TLS_OK);
    check_about("honest, with HelloRetryRequest");
    begin(&p, w, 1);
    play(&p, "HSECVF");
    end_accepted(&p, TLS_OK);
}

/* test_hello_signal: whatever bit is wrong, it is no signal: the client goes on with the outer
 * hello, under whose keys nothing of a server that took the inner one can be read. */
static void
test_hello_signal(const peer_world *w)
{
    peer p;
    int bit;

    for (bit = 0; bit < SIGNAL_BITS; bit++) {
        check_about("bit %d of ServerHello's signal", bit);
        begin(&p, w, 0);
        o.hello_bit = bit;
        play(&p, "SECVF");
        check_reason(tls_connection_failure(p.victim), TLS_REASON_BAD_RECORD_MAC, "how it ends");
        check_number(told(p.victim).ech, TLS_ECH_REJECTED, "what became of it");
        peer_close(&p);
        check_about("bit %d of it, of a server that took the outer hello", bit);
        begin(&p, w, 0);
        o.hello_bit = bit;
        o.follows_outer = 1;
        play(&p, "SECVF");
        ends(&p, TLS_REASON_ECH_REQUIRED, TLS_ECH_REJECTED, 0);
    }
}

/* test_retry_signal: the same in HelloRetryRequest; and section 6.1.5: what it said, ServerHello
 * must say again, and cannot say for the first time. */
static void
test_retry_signal(const peer_world *w)
{
    peer p;
    int bit;

    for (bit = 0; bit < SIGNAL_BITS; bit++) {
        check_about("bit %d of HelloRetryRequest's signal", bit);
        begin(&p, w, 1);
        o.follows_outer = 1;
        o.retry_bit = bit;
        play(&p, "HSECVF");
        ends(&p, TLS_REASON_ECH_REQUIRED, TLS_ECH_REJECTED, 0);
        check_about("bit %d of ServerHello's signal after HelloRetryRequest", bit);
        begin(&p, w, 1);
        o.hello_bit = bit;
        play(&p, "HSECVF");
        end_accepted(&p, TLS_REASON_ILLEGAL_PARAMETER);
    }
    check_about("HelloRetryRequest without the signal, ServerHello with one");
    begin(&p, w, 1);
    p.edit_count = 0;
    o.signals_retry = 0;
    o.follows_outer = 1;
    play(&p, "HSECVF");
    ends(&p, TLS_REASON_ECH_REQUIRED, TLS_ECH_REJECTED, 0);
}

/* ---- The extension ---- */

/* What a server puts into a message; `list` where there is no data. */
static const struct {
    const char *name, *script;
    char letter;
    enum block_change change;
    const char *data;
    size_t length;
    enum tls_reason accepted, rejected; /* TLS_OK: nothing is wrong but that it is rejected */
} extensions[] = {
    {"in ServerHello", "SECVF", 'S', BLOCK_LAST, BYTES("12345678"), TLS_REASON_ILLEGAL_PARAMETER,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"in ServerHello after HelloRetryRequest", "HSECVF", 'S', BLOCK_LAST, BYTES("12345678"),
        TLS_REASON_ILLEGAL_PARAMETER, TLS_REASON_ILLEGAL_PARAMETER},
    {"in Certificate", "SECVF", 'C', BLOCK_LAST, BYTES("12345678"), TLS_REASON_ILLEGAL_PARAMETER,
        TLS_REASON_ILLEGAL_PARAMETER},
    {"twice in HelloRetryRequest", "HSECVF", 'H', BLOCK_FIRST, BYTES("12345678"),
        TLS_REASON_ILLEGAL_PARAMETER, TLS_REASON_ILLEGAL_PARAMETER},
    {"a signal of 7 bytes", "HSECVF", 'H', BLOCK_REPLACE, BYTES("1234567"), TLS_REASON_DECODE,
        TLS_REASON_DECODE},
    {"a signal of 9 bytes", "HSECVF", 'H', BLOCK_REPLACE, BYTES("123456789"), TLS_REASON_DECODE,
        TLS_REASON_DECODE},
    {"an empty signal", "HSECVF", 'H', BLOCK_REPLACE, BYTES(""), TLS_REASON_DECODE,
        TLS_REASON_DECODE},
    {"configurations", "SECVF", 'E', BLOCK_LAST, NO_BYTES, TLS_REASON_UNSUPPORTED_EXTENSION,
        TLS_OK},
    {"configurations after HelloRetryRequest", "HSECVF", 'E', BLOCK_LAST, NO_BYTES,
        TLS_REASON_UNSUPPORTED_EXTENSION, TLS_OK},
    {"a configuration of another version", "SECVF", 'E', BLOCK_LAST, BYTES("\0\5\xFE\x0C\0\1x"),
        TLS_REASON_UNSUPPORTED_EXTENSION, TLS_OK},
    {"no configurations", "SECVF", 'E', BLOCK_LAST, BYTES(""), TLS_REASON_DECODE,
        TLS_REASON_DECODE},
    {"an empty list", "SECVF", 'E', BLOCK_LAST, BYTES("\0\0"), TLS_REASON_DECODE,
        TLS_REASON_DECODE},
    {"half a length", "SECVF", 'E', BLOCK_LAST, BYTES("\0"), TLS_REASON_DECODE, TLS_REASON_DECODE},
    {"a list that is cut off", "SECVF", 'E', BLOCK_LAST, BYTES("\0\6\xFE\x0C\0\1x"),
        TLS_REASON_DECODE, TLS_REASON_DECODE},
    {"more than a list", "SECVF", 'E', BLOCK_LAST, BYTES("\0\5\xFE\x0C\0\1xx"), TLS_REASON_DECODE,
        TLS_REASON_DECODE},
    {"a configuration that is cut off", "SECVF", 'E', BLOCK_LAST, BYTES("\0\5\xFE\x0C\0\2x"),
        TLS_REASON_DECODE, TLS_REASON_DECODE},
    {"an empty one of the known version", "SECVF", 'E', BLOCK_LAST, BYTES("\0\4\xFE\x0D\0\0"),
        TLS_REASON_DECODE, TLS_REASON_DECODE},
    {"the signal of a HelloRetryRequest", "SECVF", 'E', BLOCK_LAST, BYTES("12345678"),
        TLS_REASON_DECODE, TLS_REASON_DECODE},
};

static void
test_extension(const peer_world *w, size_t i, int accepts)
{
    int retries = extensions[i].script[0] == 'H';
    int has_data = extensions[i].data != NULL;
    tls_bytes data = has_data ? tls_bytes_make(extensions[i].data, extensions[i].length)
                              : tls_buffer_view(&list);
    enum tls_reason reason = accepts ? extensions[i].accepted : extensions[i].rejected;
    enum tls_ech_status status = accepts ? TLS_ECH_ACCEPTED : TLS_ECH_REJECTED;
    peer p;

    check_about("%s, %s", extensions[i].name, accepts ? "accepted" : "rejected");
    begin(&p, w, retries);
    if (!accepts) {
        p.edit_count = 0;
        o.signals_hello = o.signals_retry = 0;
        o.follows_outer = 1;
    }
    if (extensions[i].letter == 'H')
        o.signals_retry = 0;
    if (extensions[i].letter == 'H' && !accepts)
        peer_change_block(&p, 'H', BLOCK_LAST, ECH, "12345678", 8);
    peer_change_block(&p, extensions[i].letter, extensions[i].change, ECH, data.data, data.length);
    play(&p, extensions[i].script);
    /* What has no place in a hello is seen before anything is made of the hello. */
    if (extensions[i].letter == 'H' || (extensions[i].letter == 'S' && !retries))
        status = TLS_ECH_OFFERED;
    if (reason == TLS_OK)
        ends(&p, TLS_REASON_ECH_REQUIRED, status, data.length);
    else
        ends(&p, reason, status, 0);
}

/* test_grease: section 6.2.1: a client that only pretends checks what it is told, and forgets it.
 */
static void
test_grease(size_t i)
{
    peer_world w;
    peer p;
    tls_bytes data = extensions[i].data != NULL
                         ? tls_bytes_make(extensions[i].data, extensions[i].length)
                         : tls_buffer_view(&list);

    if (extensions[i].letter != 'E' || extensions[i].script[0] == 'H')
        return;
    check_about("%s, GREASE", extensions[i].name);
    offered = tls_bytes_make(NULL, 0);
    peer_world_open(&w, with_ech);
    peer_open(&p, &w, TLS_ROLE_SERVER);
    peer_change_block(&p, 'E', extensions[i].change, ECH, data.data, data.length);
    peer_play(&p, "SECVF");
    ends(&p, extensions[i].rejected, TLS_ECH_GREASE, 0);
    peer_world_close(&w);
}

/* ---- Configurations to try again with, of whom? ---- */

static void
begin_rejecting(peer *p, const peer_world *w)
{
    begin(p, w, 0);
    o.signals_hello = 0;
    o.follows_outer = 1;
    peer_change_block(p, 'E', BLOCK_LAST, ECH, list.data, list.length);
}

static void
damage_last(peer *p, char letter, tls_buffer *message)
{
    if (letter == p->parameter)
        message->data[message->length - 1] ^= 1;
}

/* test_unproven: section 6.1.6: they are shown of nobody but the one who has proven to be the
 * server of the public name, whatever else ends the handshake, and not before. */
static void
test_unproven(const peer_world *w)
{
    static const struct {
        const char *name, *script;
        int damaged;
        enum tls_reason reason;
    } cases[] = {
        {"no certificate", "SEF", 0, TLS_REASON_UNEXPECTED_MESSAGE},
        {"no signature", "SECF", 0, TLS_REASON_UNEXPECTED_MESSAGE},
        {"a wrong signature", "SECVF", 'V', TLS_REASON_BAD_SIGNATURE},
        {"a wrong Finished", "SECVF", 'F', TLS_REASON_BAD_FINISHED},
        {"a ServerHello behind", "SES", 0, TLS_REASON_UNEXPECTED_MESSAGE},
    };
    size_t i;
    peer p;

    for (i = 0; i < COUNT(cases); i++) {
        check_about("configurations with %s", cases[i].name);
        begin_rejecting(&p, w);
        p.edit = damage_last;
        p.parameter = cases[i].damaged;
        play(&p, cases[i].script);
        ends(&p, cases[i].reason, TLS_ECH_REJECTED, 0);
    }
    check_about("configurations while nothing is proven");
    begin_rejecting(&p, w);
    play(&p, "SECV");
    check_number(told(p.victim).ech_retry_configs.length, 0, "none is shown");
    tls_connection_end(p.victim);
    check_number(told(p.victim).ech_retry_configs.length, 0, "nor when it is cut off");
    peer_close(&p);
}

/* test_other_name: the certificate is good, and not for the public name. */
static void
test_other_name(void)
{
    peer_world w;
    peer p;

    check_about("configurations from a server of another name");
    offered = tls_buffer_view(&foreign_list);
    peer_world_open(&w, with_ech);
    begin_rejecting(&p, &w);
    peer_settle(&p);
    peer_take_output(&p);
    peer_play(&p, "SECVF");
    ends(&p, TLS_REASON_NAME_MISMATCH, TLS_ECH_REJECTED, 0);
    peer_world_close(&w);
}

static tls_ech_keys *
make_keys(const char *public_name, tls_buffer *made)
{
    tls_ech_key_options options = {public_name, 0, TLS_GROUP_X25519};
    tls_ech_keys *set;

    require(tls_ech_keys_new(&set) == TLS_OK && tls_ech_keys_generate(set, &options, 0) == TLS_OK &&
                tls_ech_keys_config_list(set, made) == TLS_OK,
        "keys and their list");
    return set;
}

int
main(void)
{
    peer_world w;
    size_t i;

    make_materials();
    keys = make_keys("localhost", &list);
    foreign_keys = make_keys("public.example", &foreign_list);
    offered = tls_buffer_view(&list);
    peer_world_open(&w, with_ech);
    test_honest(&w);
    test_hello_signal(&w);
    test_retry_signal(&w);
    for (i = 0; i < COUNT(extensions); i++) {
        test_extension(&w, i, 1);
        test_extension(&w, i, 0);
    }
    test_unproven(&w);
    peer_world_close(&w);
    for (i = 0; i < COUNT(extensions); i++)
        test_grease(i);
    test_other_name();
    tls_ech_keys_release(keys);
    tls_ech_keys_release(foreign_keys);
    tls_buffer_release(&list);
    tls_buffer_release(&foreign_list);
    release_materials();
    return check_end();
}

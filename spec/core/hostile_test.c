/* hostile_test.c - a peer that is established and then breaks the rules: its records are made with
 * the real peer's keys, so that they are refused for what they say and not for their protection.
 * Each case says which reason the victim must find and which alert (RFC 5246 section 7.2.2) must
 * reach the peer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection/internal.h"
#include "connection_test_keys.h"
#include "wire/message.h"

static int passed, failed;
static char current[120]; /* what is being tested */

static void
check(int ok, const char *what)
{
    if (ok) {
        passed++;
        return;
    }
    failed++;
    printf("not ok - %s: %s\n", current, what);
}

/* ---- An established pair ---- */

typedef struct world {
    tls_certificate_list *list;
    tls_private_key *key;
    tls_trust_store *trust;
    tls_context *client_context, *server_context;
    unsigned version;
    uint16_t suite;
} world;

typedef struct pair {
    tls_connection *client, *server;
    tls_connection *attacker, *victim; /* one is the client, the other the server */
} pair;

static int64_t
fixed_clock(void *data)
{
    (void)data;
    return 1893456000; /* 2030: inside the certificates' validity */
}

static void
open_world(world *w, unsigned version, uint16_t suite)
{
    tls_context_options options;
    tls_credential credential;

    w->version = version;
    w->suite = suite;
    memset(&options, 0, sizeof options);
    memset(&credential, 0, sizeof credential);
    if (tls_certificates_load(&w->list, tls_bytes_of_string(ec_certificate)) != TLS_OK ||
        tls_private_key_decode(&w->key, tls_bytes_of_string(ec_key)) != TLS_OK ||
        tls_trust_store_new(&w->trust) != TLS_OK ||
        tls_trust_store_add(w->trust, w->list->items[0]) != TLS_OK)
        exit(1);
    options.role = TLS_ROLE_CLIENT;
    options.version_min = options.version_max = version;
    options.suites = &w->suite;
    options.suite_count = 1;
    options.trust = w->trust;
    options.verify = TLS_VERIFY_REQUIRED;
    options.now = fixed_clock;
    if (tls_context_new(&w->client_context, &options) != TLS_OK)
        exit(1);
    options.role = TLS_ROLE_SERVER;
    options.trust = NULL;
    options.verify = TLS_VERIFY_NONE;
    options.session_cache_size = 10;
    credential.chain = (const tls_certificate **)(void *)w->list->items;
    credential.chain_count = w->list->count;
    credential.key = w->key;
    options.credentials = &credential;
    options.credential_count = 1;
    if (tls_context_new(&w->server_context, &options) != TLS_OK)
        exit(1);
}

static void
close_world(world *w)
{
    tls_context_release(w->client_context);
    tls_context_release(w->server_context);
    tls_certificate_list_release(w->list);
    tls_private_key_release(w->key);
    tls_trust_store_release(w->trust);
}

static enum tls_event
settle(tls_connection *c)
{
    enum tls_event event;

    do {
        event = tls_connection_step(c);
        if (event == TLS_EVENT_DATA)
            tls_connection_plaintext_consume(c, tls_connection_plaintext(c).length);
    } while (event == TLS_EVENT_STAGE || event == TLS_EVENT_DECISION || event == TLS_EVENT_DATA);
    return event;
}

static int
move(tls_connection *from, tls_connection *to)
{
    tls_bytes output = tls_connection_output(from);
    size_t n = tls_connection_feed(to, output.data, output.length);

    /* A peer that has ended takes nothing more: what is sent to it is lost. */
    if (n == 0)
        n = output.length;
    tls_connection_output_consume(from, n);
    return n > 0;
}

static void
open_pair(pair *p, world *w, enum tls_role attacker)
{
    tls_connection_options options;
    int busy = 1;

    memset(&options, 0, sizeof options);
    tls_connection_new(&p->server, w->server_context, &options);
    options.server_name = "localhost";
    tls_connection_new(&p->client, w->client_context, &options);
    while (busy) {
        settle(p->client);
        busy = move(p->client, p->server);
        settle(p->server);
        busy |= move(p->server, p->client);
    }
    p->attacker = attacker == TLS_ROLE_CLIENT ? p->client : p->server;
    p->victim = attacker == TLS_ROLE_CLIENT ? p->server : p->client;
    check(p->client->established && p->server->established, "handshake");
}

static void
close_pair(pair *p, world *w)
{
    tls_connection_free(p->client);
    tls_connection_free(p->server);
    check(w->client_context->pool.lent_count == 0 && w->server_context->pool.lent_count == 0,
        "every record buffer came back");
}

/* give feeds the victim all of it, as far as it takes it. */
static enum tls_event
give(tls_connection *victim, const void *data, size_t length)
{
    const unsigned char *p = data;
    enum tls_event event = settle(victim);

    while (length > 0) {
        size_t n = tls_connection_feed(victim, p, length);

        if (n == 0)
            break;
        p += n;
        length -= n;
        event = settle(victim);
    }
    return event;
}

/* protect seals one record with the attacker's keys, whatever its type and length, empty included.
 */
static size_t
protect(
    tls_connection *attacker, unsigned char **out, unsigned type, const void *data, size_t length)
{
    const br_sslrec_out_class **protection = &attacker->sealer.protection.vtable;
    size_t start = TLS_RECORD_HEADER_LENGTH + 512, n = length;
    unsigned char *memory = malloc(length + 2048), *record;

    memcpy(memory + start, data, length);
    record =
        (*protection)->encrypt(protection, (int)type, attacker->sealer.version, memory + start, &n);
    memmove(memory, record, n);
    *out = memory;
    return n;
}

static enum tls_event
inject(pair *p, unsigned type, const void *data, size_t length)
{
    unsigned char *record;
    size_t n = protect(p->attacker, &record, type, data, length);
    enum tls_event event = give(p->victim, record, n);

    free(record);
    return event;
}

/* refuses: the victim failed for this reason, and the attacker hears of it by this alert, and the
 * connection stays ended and small. */
static void
refuses(pair *p, enum tls_reason reason, int alert)
{
    static const unsigned char byte[] = "x";
    size_t written, room;
    char text[160];

    sprintf(text, "reason %s, expected %s", tls_reason_code(tls_connection_failure(p->victim)),
        tls_reason_code(reason));
    check(tls_connection_failure(p->victim) == reason, text);
    check(settle(p->victim) == TLS_EVENT_FAILED, "FAILED repeats");
    check(tls_connection_write(p->victim, &written, byte, 1) == reason && written == 0,
        "nothing can be written any more");
    check(tls_connection_input(p->victim, &room) == NULL && room == 0, "nothing is taken any more");
    check(strlen(tls_connection_failure_text(p->victim)) > 10, "a sentence says why");
    if (alert == TLS_ALERT_NONE) {
        check(tls_connection_output(p->victim).length == 0, "no alert is due");
    } else {
        check(tls_connection_output(p->victim).length > 0, "an alert is due");
        while (move(p->victim, p->attacker))
            settle(p->attacker);
        sprintf(text, "alert %d, expected %d", tls_connection_peer_alert(p->attacker), alert);
        check(tls_connection_peer_alert(p->attacker) == alert, text);
    }
    tls_connection_close(p->victim);
    check(tls_connection_output(p->victim).length == 0, "nothing follows a fatal alert");
    check(p->victim->input == NULL && p->victim->output == NULL && p->victim->engine == NULL,
        "buffers and engine are gone");
}

static int
uses_cbc(const pair *p)
{
    return p->victim->suite == 0xC009 || p->victim->suite == 0xC023;
}

/* splits: BearSSL's TLS 1.0 CBC sends the first byte of data in a record of its own. */
static int
splits(const pair *p)
{
    return uses_cbc(p) && p->victim->version < 0x0302;
}

typedef void attack(pair *p);

static void
run(world *w, const char *name, attack *f)
{
    int role;

    for (role = 0; role < 2; role++) {
        pair p;

        sprintf(current, "%s, suite %04X, version %04X, %s attacks", name, w->suite, w->version,
            role == TLS_ROLE_CLIENT ? "client" : "server");
        open_pair(&p, w, role == 0 ? TLS_ROLE_CLIENT : TLS_ROLE_SERVER);
        f(&p);
        close_pair(&p, w);
    }
}

/* ---- Record headers ---- */

static void
header_type(pair *p, unsigned char type)
{
    unsigned char record[] = {0, 3, 0, 0, 40};

    record[0] = type;
    record[2] = (unsigned char)(p->victim->version & 0xFF);
    give(p->victim, record, sizeof record);
    refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
type_0(pair *p)
{
    header_type(p, 0);
}

static void
type_heartbeat(pair *p)
{
    header_type(p, 24);
}

static void
type_255(pair *p)
{
    header_type(p, 255);
}

static void
header_version(pair *p, unsigned version)
{
    unsigned char record[] = {23, 0, 0, 0, 40};

    record[1] = (unsigned char)(version >> 8);
    record[2] = (unsigned char)version;
    give(p->victim, record, sizeof record);
    refuses(p, TLS_REASON_PROTOCOL_VERSION, TLS_ALERT_PROTOCOL_VERSION);
}

static void
version_13(pair *p)
{
    header_version(p, 0x0304);
}

static void
version_ssl3(pair *p)
{
    header_version(p, 0x0300);
}

static void
version_4(pair *p)
{
    header_version(p, 0x0403);
}

static void
length_too_long(pair *p)
{
    unsigned char record[] = {23, 3, 0, 0x48, 0x01}; /* 2^14 + 2048 + 1 */

    record[2] = (unsigned char)(p->victim->version & 0xFF);
    give(p->victim, record, sizeof record);
    refuses(p, TLS_REASON_RECORD_OVERFLOW, TLS_ALERT_RECORD_OVERFLOW);
}

static void
length_65535(pair *p)
{
    unsigned char record[] = {22, 3, 0, 0xFF, 0xFF};

    record[2] = (unsigned char)(p->victim->version & 0xFF);
    give(p->victim, record, sizeof record);
    refuses(p, TLS_REASON_RECORD_OVERFLOW, TLS_ALERT_RECORD_OVERFLOW);
}

/* The longest length that a header may say: it must fit the buffer, and is then judged by its
 * content. */
static void
length_limit(pair *p)
{
    unsigned char *record = calloc(1, 5 + 0x4800);

    record[0] = 23;
    record[1] = 3;
    record[2] = (unsigned char)(p->victim->version & 0xFF);
    record[3] = 0x48;
    check(give(p->victim, record, 5 + 0x47FF) == TLS_EVENT_WANT_READ, "it waits for the last byte");
    give(p->victim, record, 1);
    check(tls_connection_failure(p->victim) == TLS_REASON_RECORD_OVERFLOW ||
              tls_connection_failure(p->victim) == TLS_REASON_BAD_RECORD_MAC,
        "refused");
    free(record);
    refuses(
        p, tls_connection_failure(p->victim), tls_reason_alert(tls_connection_failure(p->victim)));
}

/* Shorter than what the protection adds. */
static void
too_short(pair *p)
{
    unsigned char record[] = {23, 3, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7};

    record[2] = (unsigned char)(p->victim->version & 0xFF);
    give(p->victim, record, sizeof record);
    refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

static void
protected_nothing(pair *p)
{
    unsigned char record[] = {23, 3, 0, 0, 0};

    record[2] = (unsigned char)(p->victim->version & 0xFF);
    give(p->victim, record, sizeof record);
    refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

/* ---- Protection ---- */

static void
plain_data(pair *p)
{
    unsigned char record[5 + 64] = {23, 3, 0, 0, 64};

    record[2] = (unsigned char)(p->victim->version & 0xFF);
    give(p->victim, record, sizeof record);
    refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

/* Anybody on the way could end the connection by it; it must not look like the peer's word. */
static void
plain_alert(pair *p)
{
    unsigned char record[] = {21, 3, 0, 0, 2, 1, 0};

    record[2] = (unsigned char)(p->victim->version & 0xFF);
    give(p->victim, record, sizeof record);
    check(!p->victim->close_received, "a close_notify in the clear does not count");
    refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

static void
plain_change_cipher_spec(pair *p)
{
    unsigned char record[] = {20, 3, 0, 0, 1, 1};

    record[2] = (unsigned char)(p->victim->version & 0xFF);
    give(p->victim, record, sizeof record);
    refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

static void
replayed(pair *p)
{
    unsigned char *record;
    size_t n = protect(p->attacker, &record, 23, "hello", 5);

    check(give(p->victim, record, n) == TLS_EVENT_WANT_READ, "once");
    free(record);
    /* Its first copy was opened in place: make the same bytes again from a fresh seal of other
     * data. */
    n = protect(p->attacker, &record, 23, "again", 5);
    {
        unsigned char *copy = malloc(n);

        memcpy(copy, record, n);
        check(give(p->victim, record, n) == TLS_EVENT_WANT_READ, "twice");
        give(p->victim, copy, n);
        free(copy);
    }
    free(record);
    refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

static void
skipped(pair *p)
{
    unsigned char *record;
    size_t n = protect(p->attacker, &record, 23, "lost", 4);

    (void)n;
    free(record);
    inject(p, 23, "next", 4);
    refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

static void
type_exchanged(pair *p)
{
    unsigned char *record;
    size_t n = protect(p->attacker, &record, 23, "hello", 5);

    record[0] = 22;
    give(p->victim, record, n);
    free(record);
    refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

/* ---- Content ---- */

static void
content_too_long(pair *p)
{
    unsigned char *data = calloc(1, 16386);
    enum tls_reason reason = TLS_REASON_RECORD_OVERFLOW;

    /* BearSSL folds the length of a CBC record into its constant-time check of the MAC; in TLS 1.0
     * it puts the first byte in a record of its own. */
    if (uses_cbc(p))
        reason = TLS_REASON_BAD_RECORD_MAC;
    inject(p, 23, data, splits(p) ? 16386 : 16385);
    free(data);
    refuses(p, reason, tls_reason_alert(reason));
}

static void
content_longest(pair *p)
{
    unsigned char *data = calloc(1, 16384);

    check(inject(p, 23, data, 16384) == TLS_EVENT_WANT_READ, "2^14 bytes are allowed");
    free(data);
}

static void
empty_handshake(pair *p)
{
    inject(p, 22, "", 0);
    refuses(p, TLS_REASON_DECODE, TLS_ALERT_DECODE_ERROR);
}

static void
empty_alert(pair *p)
{
    inject(p, 21, "", 0);
    refuses(p, TLS_REASON_DECODE, TLS_ALERT_DECODE_ERROR);
}

static void
half_alert(pair *p)
{
    inject(p, 21, "\2", 1);
    refuses(p, TLS_REASON_DECODE, TLS_ALERT_DECODE_ERROR);
}

static void
two_alerts(pair *p)
{
    inject(p, 21, "\1\132\1\0", 4);
    refuses(p, TLS_REASON_DECODE, TLS_ALERT_DECODE_ERROR);
}

static void
late_change_cipher_spec(pair *p)
{
    inject(p, 20, "\1", 1);
    refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
long_change_cipher_spec(pair *p)
{
    inject(p, 20, "\1\1", 2);
    refuses(p, TLS_REASON_DECODE, TLS_ALERT_DECODE_ERROR);
}

static void
finished_again(pair *p)
{
    inject(p, 22, "\24\0\0\14abcdefghijkl", 16);
    refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
unknown_message(pair *p)
{
    inject(p, 22, "\143\0\0\1x", 5);
    refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
key_update(pair *p)
{
    inject(p, 22, "\30\0\0\1\0", 5);
    refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
new_session_ticket(pair *p)
{
    inject(p, 22, "\4\0\0\7\0\0\0\0\0\1x", 11);
    refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
endless_message(pair *p)
{
    inject(p, 22, "\1\377\377\377", 4);
    refuses(p, TLS_REASON_LIMIT, TLS_ALERT_DECODE_ERROR);
}

/* A message that never ends, within the limit that its header may say. */
static void
slow_message(pair *p)
{
    int i;

    inject(p, 22, "\1\1\0\0", 4);
    for (i = 0; i < 2000; i++)
        check(inject(p, 22, "x", 1) == TLS_EVENT_WANT_READ, "it waits");
    check(p->victim->handshake_in.capacity <= 2 * (TLS_HANDSHAKE_MAXIMUM + 16384), "bounded");
}

static void
interleaved(pair *p)
{
    inject(p, 22, "\0\0", 2);
    inject(p, 23, "x", 1);
    refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
hello_request_with_body(pair *p)
{
    inject(p, 22, "\0\0\0\1x", 5);
    refuses(p, p->victim == p->client ? TLS_REASON_DECODE : TLS_REASON_UNEXPECTED_MESSAGE,
        p->victim == p->client ? TLS_ALERT_DECODE_ERROR : TLS_ALERT_UNEXPECTED_MESSAGE);
}

/* ---- Floods ---- */

static void
flood(pair *p, unsigned type, const void *data, size_t length)
{
    int i;

    for (i = 0; i < TLS_IDLE_RECORDS_MAXIMUM; i++)
        check(inject(p, type, data, length) == TLS_EVENT_WANT_READ, "patience");
    /* Data between them shows that it is no attack. */
    check(inject(p, 23, "data", 4) == TLS_EVENT_WANT_READ, "data");
    for (i = 0; i < TLS_IDLE_RECORDS_MAXIMUM; i++)
        check(inject(p, type, data, length) == TLS_EVENT_WANT_READ, "patience after data");
    inject(p, type, data, length);
    refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
empty_records(pair *p)
{
    flood(p, 23, "", 0);
}

static void
warnings(pair *p)
{
    flood(p, 21, "\1\132", 2);
}

static const unsigned char renegotiation_hello[] = {1, 0, 0, 41, 3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0,
    0, 2, 0xC0, 0x2B, 1, 0};

static size_t
ask_again(const pair *p, const void **message)
{
    *message = p->victim == p->client ? (const void *)"\0\0\0\0" : renegotiation_hello;
    return p->victim == p->client ? 4 : sizeof renegotiation_hello;
}

/* Renegotiation is refused by a warning, and data still flows both ways. */
static void
renegotiation(pair *p)
{
    const void *message;
    size_t length = ask_again(p, &message), written;
    uint64_t before = p->attacker->opener.count;

    check(inject(p, 22, message, length) == TLS_EVENT_WANT_READ, "the connection goes on");
    check(tls_connection_output(p->victim).length > 0, "a warning is due");
    while (move(p->victim, p->attacker))
        check(settle(p->attacker) == TLS_EVENT_WANT_READ, "the peer goes on");
    check(p->attacker->opener.count == before + 1, "one record");
    check(tls_connection_write(p->victim, &written, "still here", 10) == TLS_OK && written == 10,
        "the victim can write");
    tls_connection_feed(p->attacker, tls_connection_output(p->victim).data,
        tls_connection_output(p->victim).length);
    tls_connection_output_consume(p->victim, tls_connection_output(p->victim).length);
    check(tls_connection_step(p->attacker) == TLS_EVENT_DATA &&
              tls_bytes_equal_string(
                  tls_connection_plaintext(p->attacker), splits(p) ? "s" : "still here"),
        "the peer can read");
}

static void
renegotiations(pair *p)
{
    const void *message;
    size_t length = ask_again(p, &message);
    int i;

    for (i = 0; i < TLS_IDLE_RECORDS_MAXIMUM; i++) {
        check(inject(p, 22, message, length) == TLS_EVENT_WANT_READ, "patience");
        move(p->victim, p->attacker);
        settle(p->attacker);
    }
    inject(p, 22, message, length);
    refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

/* The same from a peer that does not read, while the victim's output is full: whatever happens, an
 * alert must still find room, and nothing may overrun. */
static void
renegotiations_unread(pair *p)
{
    const void *message;
    size_t length = ask_again(p, &message), written, size;
    unsigned char *data = calloc(1, 100000);
    int i;

    for (size = 100000; size > 0; size /= 10)
        do
            tls_connection_write(p->victim, &written, data, size);
        while (written > 0);
    free(data);
    for (i = 0; i <= TLS_IDLE_RECORDS_MAXIMUM; i++)
        inject(p, 22, message, length);
    refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

/* ---- Alerts and ends ---- */

static void
fatal_alerts(pair *p)
{
    inject(p, 21, "\2\120", 2);
    check(tls_connection_peer_alert(p->victim) == TLS_ALERT_INTERNAL_ERROR, "which alert");
    refuses(p, TLS_REASON_PEER_ALERT, TLS_ALERT_NONE);
}

static void
unknown_alert(pair *p)
{
    inject(p, 21, "\2\310", 2);
    check(tls_connection_peer_alert(p->victim) == 200, "which alert");
    refuses(p, TLS_REASON_PEER_ALERT, TLS_ALERT_NONE);
}

static void
alert_of_unknown_level(pair *p)
{
    inject(p, 21, "\7\50", 2);
    check(tls_connection_failure(p->victim) != TLS_OK, "it is taken for fatal, or refused");
}

static void
after_close_notify(pair *p)
{
    tls_connection_info info;
    unsigned char *record;
    size_t n;

    check(inject(p, 21, "\1\0", 2) == TLS_EVENT_CLOSED, "closed");
    n = protect(p->attacker, &record, 23, "late", 4);
    check(tls_connection_feed(p->victim, record, n) == 0, "nothing is taken after close_notify");
    free(record);
    check(settle(p->victim) == TLS_EVENT_CLOSED, "still closed");
    check(tls_connection_write(p->victim, &n, "half-closed", 11) == TLS_OK && n == 11,
        "but it may still write");
    move(p->victim, p->attacker);
    tls_connection_get_info(p->victim, &info);
    check(info.memory < 4096, "and holds no record buffer");
    tls_connection_close(p->victim);
    tls_connection_feed_end(p->victim);
    check(settle(p->victim) == TLS_EVENT_CLOSED, "a clean end");
}

/* close_notify and what follows it in one piece. */
static void
data_behind_close_notify(pair *p)
{
    unsigned char *first, *second, *both;
    size_t n = protect(p->attacker, &first, 21, "\1\0", 2);
    size_t m = protect(p->attacker, &second, 23, "late", 4);
    tls_connection_info info;

    both = malloc(n + m);
    memcpy(both, first, n);
    memcpy(both + n, second, m);
    check(give(p->victim, both, n + m) == TLS_EVENT_CLOSED, "closed");
    check(tls_connection_plaintext(p->victim).length == 0, "what follows is not read");
    tls_connection_get_info(p->victim, &info);
    check(info.memory < 4096, "and holds no record buffer");
    free(first);
    free(second);
    free(both);
}

static void
truncated(pair *p)
{
    inject(p, 23, "data", 4);
    tls_connection_feed_end(p->victim);
    settle(p->victim);
    refuses(p, TLS_REASON_TRUNCATED, TLS_ALERT_NONE);
}

static void
truncated_inside(pair *p)
{
    unsigned char *record;
    size_t n = protect(p->attacker, &record, 23, "data", 4);

    check(give(p->victim, record, n - 1) == TLS_EVENT_WANT_READ, "all but one byte");
    free(record);
    tls_connection_feed_end(p->victim);
    settle(p->victim);
    refuses(p, TLS_REASON_TRUNCATED, TLS_ALERT_NONE);
}

/* We closed; the peer just goes away: nothing that was wanted is missing. */
static void
end_after_our_close(pair *p)
{
    tls_connection_close(p->victim);
    tls_connection_feed_end(p->victim);
    check(settle(p->victim) == TLS_EVENT_CLOSED, "closed");
    check(tls_connection_failure(p->victim) == TLS_OK, "no failure");
}

/* After our close_notify nothing more is sent, whatever the peer does. */
static void
attack_after_our_close(pair *p)
{
    tls_connection_close(p->victim);
    move(p->victim, p->attacker);
    inject(p, 22, "\143\0\0\1x", 5);
    refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_NONE);
}

static void
renegotiation_after_our_close(pair *p)
{
    const void *message;
    size_t length = ask_again(p, &message);

    tls_connection_close(p->victim);
    move(p->victim, p->attacker);
    check(inject(p, 22, message, length) == TLS_EVENT_WANT_READ, "passed over");
    check(tls_connection_output(p->victim).length == 0, "nothing follows close_notify");
}

/* Unread data does not keep an explicit close from going out. */
static void
close_with_unread_data(pair *p)
{
    unsigned char *record;
    size_t n = protect(p->attacker, &record, 23, "unread", 6);

    tls_connection_feed(p->victim, record, n);
    free(record);
    check(tls_connection_step(p->victim) == TLS_EVENT_DATA, "data waits");
    tls_connection_close(p->victim);
    check(tls_connection_output(p->victim).length > 0, "close_notify goes out");
    while (move(p->victim, p->attacker))
        ;
    check(settle(p->attacker) == TLS_EVENT_CLOSED, "the peer sees it");
    check(tls_connection_plaintext(p->victim).length == (splits(p) ? 1 : 6),
        "the data can still be read");
}

static void
one_byte_at_a_time(pair *p)
{
    unsigned char *record;
    size_t n = protect(p->attacker, &record, 23, "slowly", 6), i;

    for (i = 0; i < n; i++) {
        check(tls_connection_feed(p->victim, record + i, 1) == 1, "taken");
        check(tls_connection_step(p->victim) == (i + 1 < n ? TLS_EVENT_WANT_READ : TLS_EVENT_DATA),
            "only the last byte makes data");
        if (splits(p))
            break;
    }
    free(record);
    if (splits(p))
        return;
    check(tls_bytes_equal_string(tls_connection_plaintext(p->victim), "slowly"), "the data");
}

static void
idle_is_small(pair *p)
{
    tls_connection_info info;

    inject(p, 23, "x", 1);
    tls_connection_get_info(p->victim, &info);
    check(info.memory < 4096, "an idle connection holds less than 4 KB");
}

/* Every bit of the interesting bytes of a record. */
static void
flipped(world *w)
{
    size_t position, length = 1;

    for (position = 0; position < length; position++) {
        unsigned char *record;
        enum tls_event event;
        pair p;

        sprintf(current, "byte %u flipped, suite %04X", (unsigned)position, w->suite);
        open_pair(&p, w, TLS_ROLE_CLIENT);
        length = protect(p.attacker, &record, 23, "some application data", splits(&p) ? 1 : 21);
        record[position] ^= 0x15;
        event = give(p.victim, record, length);
        free(record);
        /* A longer length waits for more; everything else is refused at once, and no data is read.
         */
        if (event == TLS_EVENT_WANT_READ) {
            check(position == 3 || position == 4, "only a length can make it wait");
            tls_connection_feed_end(p.victim);
            settle(p.victim);
            refuses(&p, TLS_REASON_TRUNCATED, TLS_ALERT_NONE);
        } else {
            enum tls_reason reason = tls_connection_failure(p.victim);

            check(position < 5 || reason == TLS_REASON_BAD_RECORD_MAC, "bad_record_mac");
            refuses(&p, reason, tls_reason_alert(reason));
        }
        close_pair(&p, w);
    }
}

static const struct {
    const char *name;
    attack *f;
} attacks[] = {
    {"content type 0", type_0},
    {"content type 24", type_heartbeat},
    {"content type 255", type_255},
    {"record version 1.3", version_13},
    {"record version SSL 3", version_ssl3},
    {"record version 4.3", version_4},
    {"record of 2^14 + 2049", length_too_long},
    {"record of 65535", length_65535},
    {"record of 2^14 + 2048", length_limit},
    {"record of 7 bytes", too_short},
    {"record of no bytes", protected_nothing},
    {"data in the clear", plain_data},
    {"close_notify in the clear", plain_alert},
    {"change_cipher_spec in the clear", plain_change_cipher_spec},
    {"replayed record", replayed},
    {"lost record", skipped},
    {"another content type", type_exchanged},
    {"2^14 + 1 bytes of content", content_too_long},
    {"2^14 bytes of content", content_longest},
    {"empty handshake record", empty_handshake},
    {"empty alert record", empty_alert},
    {"half an alert", half_alert},
    {"two alerts in a record", two_alerts},
    {"change_cipher_spec afterwards", late_change_cipher_spec},
    {"two bytes of change_cipher_spec", long_change_cipher_spec},
    {"Finished again", finished_again},
    {"unknown message", unknown_message},
    {"KeyUpdate in TLS 1.2", key_update},
    {"NewSessionTicket afterwards", new_session_ticket},
    {"message of 2^24 bytes", endless_message},
    {"message that never ends", slow_message},
    {"data inside a message", interleaved},
    {"HelloRequest with a body", hello_request_with_body},
    {"empty records", empty_records},
    {"warnings", warnings},
    {"renegotiation", renegotiation},
    {"renegotiations", renegotiations},
    {"renegotiations unread", renegotiations_unread},
    {"fatal alert", fatal_alerts},
    {"unknown alert", unknown_alert},
    {"alert of level 7", alert_of_unknown_level},
    {"after close_notify", after_close_notify},
    {"data behind close_notify", data_behind_close_notify},
    {"truncated", truncated},
    {"truncated inside a record", truncated_inside},
    {"end after our close", end_after_our_close},
    {"attack after our close", attack_after_our_close},
    {"renegotiation after our close", renegotiation_after_our_close},
    {"close with unread data", close_with_unread_data},
    {"one byte at a time", one_byte_at_a_time},
    {"idle", idle_is_small},
};

/* up_to_change_cipher_spec: the length of the records of `output` up to and including
 * ChangeCipherSpec. */
static size_t
up_to_change_cipher_spec(tls_bytes output)
{
    size_t position = 0;

    while (position + 5 <= output.length) {
        unsigned type = output.data[position];

        position += 5 + tls_get16(output.data + position + 3);
        if (type == TLS_CONTENT_CHANGE_CIPHER_SPEC)
            return position;
    }
    return 0;
}

static void
rewind_sequence(tls_connection *c, uint16_t suite)
{
    switch (suite) {
    case 0xCCA9:
        c->sealer.protection.chapol.seq = 0;
        break;
    case 0xC0AC:
        c->sealer.protection.ccm.seq = 0;
        break;
    case 0xC023:
        c->sealer.protection.cbc.seq = 0;
        break;
    default:
        c->sealer.protection.gcm.seq = 0;
        break;
    }
}

/* The keys are there, Finished is not: the attacker's first protected record is something else,
 * under the very keys and sequence number that Finished would have had. */
static void
before_finished(world *w)
{
    static const struct {
        const char *name;
        unsigned type;
        const char *data;
        size_t length;
        enum tls_reason reason;
    } cases[] = {
        {"data", 23, "GET / HTTP/1.0\r\n", 16, TLS_REASON_UNEXPECTED_MESSAGE},
        {"no data", 23, "", 0, TLS_REASON_UNEXPECTED_MESSAGE},
        {"ChangeCipherSpec again", 20, "\1", 1, TLS_REASON_UNEXPECTED_MESSAGE},
        {"a wrong Finished", 22, "\24\0\0\14abcdefghijkl", 16, TLS_REASON_BAD_FINISHED},
        {"a short Finished", 22, "\24\0\0\13abcdefghijk", 15, TLS_REASON_DECODE},
        {"an empty Finished", 22, "\24\0\0\0", 4, TLS_REASON_DECODE},
        {"a long Finished", 22, "\24\0\0\15abcdefghijklm", 17, TLS_REASON_DECODE},
        {"Certificate", 22, "\13\0\0\3\0\0\0", 7, TLS_REASON_UNEXPECTED_MESSAGE},
        {"ServerHelloDone", 22, "\16\0\0\0", 4, TLS_REASON_UNEXPECTED_MESSAGE},
        {"an unknown message", 22, "\143\0\0\0", 4, TLS_REASON_UNEXPECTED_MESSAGE},
        {"an endless message", 22, "\24\377\377\377", 4, TLS_REASON_LIMIT},
        {"half an alert", 21, "\2", 1, TLS_REASON_DECODE},
        {"a fatal alert", 21, "\2\120", 2, TLS_REASON_PEER_ALERT},
        {"close_notify", 21, "\1\0", 2, TLS_REASON_CLOSED},
    };
    size_t i;
    int role;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (role = 0; role < 2; role++) {
            tls_connection_options options;
            pair p;
            tls_bytes output;
            size_t n;
            char text[160];

            sprintf(current, "%s before Finished, suite %04X, %s attacks", cases[i].name, w->suite,
                role == 0 ? "client" : "server");
            memset(&options, 0, sizeof options);
            tls_connection_new(&p.server, w->server_context, &options);
            options.server_name = "localhost";
            tls_connection_new(&p.client, w->client_context, &options);
            p.attacker = role == 0 ? p.client : p.server;
            p.victim = role == 0 ? p.server : p.client;
            settle(p.client);
            move(p.client, p.server);
            settle(p.server);
            move(p.server, p.client);
            settle(p.client);
            if (role == 1) {
                move(p.client, p.server);
                settle(p.server);
            }
            output = tls_connection_output(p.attacker);
            n = up_to_change_cipher_spec(output);
            check(n > 0 && give(p.victim, output.data, n) == TLS_EVENT_WANT_READ, "keys changed");
            tls_connection_output_consume(p.attacker, output.length);
            rewind_sequence(p.attacker, w->suite);
            inject(&p, cases[i].type, cases[i].data, cases[i].length);
            check(!p.victim->established, "not established");
            sprintf(text, "reason %s", tls_reason_code(tls_connection_failure(p.victim)));
            check(tls_connection_failure(p.victim) == cases[i].reason, text);
            if (cases[i].reason == TLS_REASON_PEER_ALERT || cases[i].reason == TLS_REASON_CLOSED)
                check(tls_connection_output(p.victim).length == 0, "no alert is due");
            else
                check(tls_connection_output(p.victim).length > 0, "an alert is due");
            check(tls_connection_session(p.victim) == NULL, "no session");
            close_pair(&p, w);
        }
}

/* Memory right after the handshake, before anybody steps again: a server that waits for its clients
 * to say something holds no buffers for them. */
static void
idle_after_handshake(world *w)
{
    tls_connection_options options;
    tls_connection_info info;
    tls_connection *client, *server;
    int i;

    sprintf(current, "idle right after the handshake");
    memset(&options, 0, sizeof options);
    tls_connection_new(&server, w->server_context, &options);
    options.server_name = "localhost";
    tls_connection_new(&client, w->client_context, &options);
    for (i = 0; i < 10 && !server->established; i++) {
        settle(client);
        move(client, server);
        while (tls_connection_step(server) != TLS_EVENT_WANT_READ && !server->established)
            ;
        move(server, client);
    }
    check(server->established, "established");
    move(server, client);
    tls_connection_get_info(server, &info);
    check(info.memory < 4096, "no buffer is held");
    tls_connection_free(server);
    tls_connection_free(client);
}

int
main(void)
{
    static const struct {
        unsigned version;
        uint16_t suite;
    } kinds[] = {
        {0x0303, 0xC02B}, /* AES-128-GCM */
        {0x0303, 0xCCA9}, /* ChaCha20-Poly1305 */
        {0x0303, 0xC0AC}, /* AES-128-CCM */
        {0x0303, 0xC023}, /* AES-128-CBC, SHA-256 */
        {0x0301, 0xC009}, /* AES-128-CBC, SHA-1, TLS 1.0: the IV is the last record's end */
    };
    size_t i, j;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        world w;

        open_world(&w, kinds[i].version, kinds[i].suite);
        for (j = 0; j < sizeof attacks / sizeof attacks[0]; j++)
            run(&w, attacks[j].name, attacks[j].f);
        flipped(&w);
        if (kinds[i].version == 0x0303)
            before_finished(&w);
        idle_after_handshake(&w);
        close_world(&w);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

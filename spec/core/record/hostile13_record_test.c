/* hostile13_record_test.c - a TLS 1.3 peer whose records, ChangeCipherSpecs and alerts are wrong,
 * at every point of a connection. That each record is opened or not as RFC 8446 section 5 says is
 * record_protection_test.c's; here it is how the connection ends, and which alert says so under
 * which key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/exact_bytes.h"
#include "support/inside.h"
#include "support/peer_world.h"

/* Where a case can happen: the peer has played `script` and says the next thing. */
typedef struct place {
    const char *name;
    enum tls_role role; /* of the peer */
    const char *script;
    int keys; /* of the peer, for what it says next */
    int established;
    int all_alerts;
} place;

static const place places[] = {
    {"a client before ServerHello", TLS_ROLE_SERVER, "", 0, 0, 0},
    {"a client after ServerHello", TLS_ROLE_SERVER, "S", 1, 0, 0},
    {"a client before Finished", TLS_ROLE_SERVER, "SECV", 1, 0, 0},
    {"a client, established", TLS_ROLE_SERVER, "SECVF", 1, 1, 1},
    {"a client after KeyUpdate", TLS_ROLE_SERVER, "SECVFU", 1, 1, 0},
    {"a server before ClientHello", TLS_ROLE_CLIENT, "", 0, 0, 0},
    {"a server before Finished", TLS_ROLE_CLIENT, "K", 1, 0, 1},
    {"a server, established", TLS_ROLE_CLIENT, "KF", 1, 1, 0},
    {"a server after KeyUpdate", TLS_ROLE_CLIENT, "KFU", 1, 1, 0},
};

#define PLACES (sizeof places / sizeof places[0])

static void
go_to(peer *p, const peer_world *w, const place *at, const char *what)
{
    check_about("%s, at %s", what, at->name);
    peer_open(p, w, at->role);
    peer_play(p, at->script);
    check(tls_connection_failure(p->victim) == TLS_OK &&
              told(p->victim).established == at->established,
        "so far so good");
}

/* ---- Records ---- */

enum form { CLEAR, SEALED };

static const struct {
    const char *name;
    enum form form;
    unsigned type;
    const char *content;
    size_t length, zeros;
    enum tls_reason reason;
} shots[] = {
    {"an empty handshake fragment", SEALED, 22, "", 0, 0, TLS_REASON_UNEXPECTED_MESSAGE},
    {"an empty handshake fragment, padded", SEALED, 22, "", 0, 100, TLS_REASON_UNEXPECTED_MESSAGE},
    {"an empty alert", SEALED, 21, "", 0, 0, TLS_REASON_UNEXPECTED_MESSAGE},
    {"an empty alert, padded", SEALED, 21, "", 0, 100, TLS_REASON_UNEXPECTED_MESSAGE},
    {"one zero", SEALED, 0, "", 0, 0, TLS_REASON_UNEXPECTED_MESSAGE},
    {"nothing but zeros", SEALED, 0, "", 0, 1000, TLS_REASON_UNEXPECTED_MESSAGE},
    {"inner type 1", SEALED, 1, "x", 1, 0, TLS_REASON_UNEXPECTED_MESSAGE},
    {"inner type 19", SEALED, 19, "x", 1, 0, TLS_REASON_UNEXPECTED_MESSAGE},
    {"a protected ChangeCipherSpec", SEALED, 20, "\1", 1, 0, TLS_REASON_UNEXPECTED_MESSAGE},
    {"an inner heartbeat", SEALED, 24, "\1\0\0", 3, 0, TLS_REASON_UNEXPECTED_MESSAGE},
    {"inner type 255", SEALED, 255, "x", 1, 0, TLS_REASON_UNEXPECTED_MESSAGE},
    {"type 0", CLEAR, 0, "x", 1, 0, TLS_REASON_UNEXPECTED_MESSAGE},
    {"a heartbeat", CLEAR, 24, "\1\0\0", 3, 0, TLS_REASON_UNEXPECTED_MESSAGE},
    {"type 255", CLEAR, 255, "x", 1, 0, TLS_REASON_UNEXPECTED_MESSAGE},
};

/* Where there are no keys what would be sealed goes in the clear, and cannot be what it is. */
static void
shoot(const peer_world *w)
{
    size_t i, j;
    peer p;

    for (i = 0; i < PLACES; i++)
        for (j = 0; j < sizeof shots / sizeof shots[0]; j++) {
            if (shots[j].form == SEALED && !places[i].keys)
                continue;
            go_to(&p, w, &places[i], shots[j].name);
            if (shots[j].form == SEALED)
                peer_send_inner(
                    &p, shots[j].type, shots[j].content, shots[j].length, shots[j].zeros);
            else
                peer_send_in_the_clear(&p, shots[j].type, shots[j].content, shots[j].length);
            peer_refuses(&p, shots[j].reason);
            peer_close(&p);
        }
}

/* Before there are keys nothing may be empty, and data is not for the clear. */
static void
in_the_clear_before_keys(const peer_world *w)
{
    static const struct {
        const char *name;
        unsigned type;
        const char *content;
        size_t length;
        enum tls_reason reason;
    } cases[] = {
        {"an empty handshake record", 22, "", 0, TLS_REASON_DECODE},
        {"an empty alert record", 21, "", 0, TLS_REASON_DECODE},
        {"empty data", 23, "", 0, TLS_REASON_UNEXPECTED_MESSAGE},
        {"a ChangeCipherSpec of two bytes", 20, "\1\1", 2, TLS_REASON_UNEXPECTED_MESSAGE},
        {"an empty ChangeCipherSpec", 20, "", 0, TLS_REASON_DECODE},
        {"application data", 23, "data", 4, TLS_REASON_UNEXPECTED_MESSAGE},
    };
    size_t i, j;
    peer p;

    for (i = 0; i < PLACES; i++)
        for (j = 0; j < sizeof cases / sizeof cases[0] && !places[i].keys; j++) {
            go_to(&p, w, &places[i], cases[j].name);
            peer_send_in_the_clear(&p, cases[j].type, cases[j].content, cases[j].length);
            peer_refuses(&p, cases[j].reason);
            peer_close(&p);
        }
}

/* With keys in place nothing travels in the clear but ChangeCipherSpec, and the alert of a client
 * that may have none. */
static void
in_the_clear_after_keys(const peer_world *w)
{
    size_t i;
    peer p;

    for (i = 0; i < PLACES; i++) {
        int may_alert = places[i].role == TLS_ROLE_CLIENT && !places[i].established;

        if (!places[i].keys)
            continue;
        go_to(&p, w, &places[i], "a handshake record in the clear");
        peer_send_in_the_clear(&p, TLS_CONTENT_HANDSHAKE, "\30\0\0\1\0", 5);
        peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
        peer_close(&p);

        go_to(&p, w, &places[i], "application data in the clear");
        peer_send_in_the_clear(
            &p, TLS_CONTENT_APPLICATION_DATA, "some data that is not protected", 31);
        peer_refuses(&p, TLS_REASON_BAD_RECORD_MAC);
        peer_close(&p);

        go_to(&p, w, &places[i], "a fatal alert in the clear");
        peer_send_in_the_clear(&p, TLS_CONTENT_ALERT, "\2\50", 2);
        if (may_alert) {
            check(tls_connection_peer_alert(p.victim) == TLS_ALERT_HANDSHAKE_FAILURE, "understood");
            peer_refuses(&p, TLS_REASON_PEER_ALERT);
        } else {
            peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
        }
        peer_close(&p);

        go_to(&p, w, &places[i], "close_notify in the clear");
        peer_send_in_the_clear(&p, TLS_CONTENT_ALERT, "\1\0", 2);
        peer_refuses(&p, may_alert ? TLS_REASON_CLOSED : TLS_REASON_UNEXPECTED_MESSAGE);
        peer_close(&p);
    }
}

/* A client that has used its keys has them: from there on an alert in the clear is somebody else's.
 */
static void
clear_alert_after_proof(const peer_world *w)
{
    peer p;

    check_about("an alert in the clear behind a protected record");
    peer_open(&p, w, TLS_ROLE_CLIENT);
    peer_play(&p, "K");
    peer_send_record(&p, TLS_CONTENT_HANDSHAKE, "\24", 1);
    check(tls_connection_failure(p.victim) == TLS_OK, "one byte of Finished");
    peer_send_in_the_clear(&p, TLS_CONTENT_ALERT, "\2\50", 2);
    peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);
}

/* protected_data: one record of application data, sealed and not sent. */
static tls_buffer
protected_data(peer *p)
{
    tls_buffer record = {0};

    peer_protect(p, &record, TLS_CONTENT_APPLICATION_DATA, tls_bytes_of_string("some data"), 0);
    return record;
}

/* Headers that say something wrong about a record that is right. */
static void
headers(const peer_world *w)
{
    static const struct {
        const char *name;
        size_t offset;
        unsigned value;
        enum tls_reason reason;
    } cases[] = {
        {"version 3.1", 1, 0x0301, TLS_REASON_PROTOCOL_VERSION},
        {"version 3.4", 1, 0x0304, TLS_REASON_PROTOCOL_VERSION},
        {"version 3.0", 1, 0x0300, TLS_REASON_PROTOCOL_VERSION},
        {"version 2.3", 1, 0x0203, TLS_REASON_PROTOCOL_VERSION},
        {"2^14 + 257 bytes", 3, 16384 + 257, TLS_REASON_RECORD_OVERFLOW},
        {"65535 bytes", 3, 65535, TLS_REASON_RECORD_OVERFLOW},
        {"no bytes", 3, 0, TLS_REASON_BAD_RECORD_MAC},
        {"15 bytes", 3, 15, TLS_REASON_BAD_RECORD_MAC},
        {"16 bytes", 3, 16, TLS_REASON_BAD_RECORD_MAC},
    };
    size_t i, j;
    peer p;

    for (i = 0; i < PLACES; i++)
        for (j = 0; j < sizeof cases / sizeof cases[0] && places[i].keys; j++) {
            tls_buffer record;

            go_to(&p, w, &places[i], cases[j].name);
            record = protected_data(&p);
            tls_put16(record.data + cases[j].offset, cases[j].value);
            peer_give_buffer(&p, &record);
            peer_refuses(&p, cases[j].reason);
            peer_close(&p);
        }
}

static void
outer_types(const peer_world *w)
{
    size_t i;
    unsigned type;
    peer p;

    for (i = 0; i < PLACES; i++)
        for (type = 20; type < 25 && places[i].keys; type++) {
            tls_buffer record;

            /* The server takes an alert of two bytes from a client without keys, and this is none.
             */
            int reads_alert = type == TLS_CONTENT_ALERT && places[i].role == TLS_ROLE_CLIENT &&
                              !places[i].established;

            if (type == TLS_CONTENT_APPLICATION_DATA)
                continue;
            check_about("outer type %u, at %s", type, places[i].name);
            peer_open(&p, w, places[i].role);
            peer_play(&p, places[i].script);
            record = protected_data(&p);
            record.data[0] = (unsigned char)type;
            peer_give_buffer(&p, &record);
            peer_refuses(&p, reads_alert ? TLS_REASON_DECODE : TLS_REASON_UNEXPECTED_MESSAGE);
            peer_close(&p);
        }
}

/* Every bit of protection. */
static void
protection(const peer_world *w)
{
    size_t i, position;
    peer p;

    for (i = 0; i < PLACES; i++) {
        tls_buffer record, copy = {0};

        if (!places[i].keys)
            continue;
        for (position = TLS_RECORD_HEADER_LENGTH; position < 31; position += 5) {
            go_to(&p, w, &places[i], "a bit flipped");
            record = protected_data(&p);
            record.data[position] ^= 0x10;
            peer_give_buffer(&p, &record);
            peer_refuses(&p, TLS_REASON_BAD_RECORD_MAC);
            peer_close(&p);
        }
        go_to(&p, w, &places[i], "a record that was lost");
        record = protected_data(&p);
        tls_buffer_release(&record);
        record = protected_data(&p);
        peer_give_buffer(&p, &record);
        peer_refuses(&p, TLS_REASON_BAD_RECORD_MAC);
        peer_close(&p);

        go_to(&p, w, &places[i], "another key");
        p.client_application[0] ^= 1;
        peer_seal_with(&p, p.client_application);
        record = protected_data(&p);
        peer_give_buffer(&p, &record);
        peer_refuses(&p, TLS_REASON_BAD_RECORD_MAC);
        peer_close(&p);

        if (!places[i].established)
            continue;
        go_to(&p, w, &places[i], "a record replayed");
        record = protected_data(&p);
        tls_buffer_append(&copy, record.data, record.length);
        peer_give_buffer(&p, &record);
        check(p.data_read == 9, "once");
        peer_give_buffer(&p, &copy);
        check(p.data_read == 9, "not twice");
        peer_refuses(&p, TLS_REASON_BAD_RECORD_MAC);
        peer_close(&p);

        go_to(&p, w, &places[i], "two records exchanged");
        record = protected_data(&p);
        copy = protected_data(&p);
        peer_give_buffer(&p, &copy);
        tls_buffer_release(&record);
        peer_refuses(&p, TLS_REASON_BAD_RECORD_MAC);
        peer_close(&p);
    }
}

static void
sizes(const peer_world *w)
{
    unsigned char *data = allocate(16386);
    size_t i;
    peer p;

    memset(data, 'x', 16386);
    for (i = 0; i < PLACES; i++) {
        if (!places[i].established)
            continue;
        go_to(&p, w, &places[i], "2^14 bytes");
        peer_send_inner(&p, TLS_CONTENT_APPLICATION_DATA, data, 16384, 0);
        check(p.data_read == 16384, "are allowed");
        peer_send_inner(&p, TLS_CONTENT_APPLICATION_DATA, data, 4, 16380);
        check(p.data_read == 16388, "and padding up to there");
        peer_goes_on(&p, 1);
        peer_close(&p);

        go_to(&p, w, &places[i], "2^14 + 1 bytes");
        peer_send_inner(&p, TLS_CONTENT_APPLICATION_DATA, data, 16385, 0);
        peer_refuses(&p, TLS_REASON_RECORD_OVERFLOW);
        peer_close(&p);

        go_to(&p, w, &places[i], "2^14 + 1 bytes with padding");
        peer_send_inner(&p, TLS_CONTENT_APPLICATION_DATA, data, 4, 16381);
        peer_refuses(&p, TLS_REASON_RECORD_OVERFLOW);
        peer_close(&p);
    }
    free(data);
}

/* RFC 8449 section 4: what we announced counts all of an inner plaintext, its type and its padding
 * too. */
static void
with_limit(tls_context_options *client, tls_context_options *server)
{
    client->record_size_limit = server->record_size_limit = 1000;
}

static void
limited(void)
{
    static const struct {
        size_t length, zeros;
        int fits;
    } cases[] = {{999, 0, 1}, {1000, 0, 0}, {10, 989, 1}, {10, 990, 0}, {0, 999, 1}, {0, 1000, 0}};
    unsigned char data[1000], limit[2] = {0x40, 0x00};
    size_t i, j;
    peer_world w;
    peer p;

    memset(data, 'x', sizeof data);
    peer_world_open(&w, with_limit);
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (j = 0; j < 2; j++) {
            check_about("record_size_limit 1000: %u bytes and %u zeros to a %s",
                (unsigned)cases[i].length, (unsigned)cases[i].zeros, j ? "server" : "client");
            peer_open(&p, &w, j ? TLS_ROLE_CLIENT : TLS_ROLE_SERVER);
            peer_change_block(
                &p, j ? 'K' : 'E', BLOCK_FIRST, TLS_EXTENSION_RECORD_SIZE_LIMIT, limit, 2);
            p.fragment = 500;
            peer_play(&p, j ? "KF" : "SECVF");
            peer_send_inner(
                &p, TLS_CONTENT_APPLICATION_DATA, data, cases[i].length, cases[i].zeros);
            if (cases[i].fits)
                peer_goes_on(&p, 1);
            else
                peer_refuses(&p, TLS_REASON_RECORD_OVERFLOW);
            peer_close(&p);
        }
    peer_world_close(&w);
}

/* ---- Floods ---- */

static void
flood(const peer_world *w, const place *at, const char *what, unsigned type, const char *content,
    size_t length)
{
    int sealed = type != TLS_CONTENT_CHANGE_CIPHER_SPEC, i;
    peer p;

    go_to(&p, w, at, what);
    for (i = 0; i < TLS_IDLE_RECORDS_MAXIMUM - 2; i++)
        if (sealed)
            peer_send_record(&p, type, content, length);
        else
            peer_send_in_the_clear(&p, type, content, length);
    check(tls_connection_failure(p.victim) == TLS_OK, "some are borne");
    for (i = 0; i < 3 && tls_connection_failure(p.victim) == TLS_OK; i++)
        if (sealed)
            peer_send_record(&p, type, content, length);
        else
            peer_send_in_the_clear(&p, type, content, length);
    peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);
}

static void
floods(const peer_world *w)
{
    size_t i;

    for (i = 0; i < PLACES; i++) {
        if (places[i].established)
            flood(w, &places[i], "empty records without end", TLS_CONTENT_APPLICATION_DATA, "", 0);
        else if (strcmp(places[i].name, "a server before ClientHello") != 0)
            flood(w, &places[i], "ChangeCipherSpecs without end", TLS_CONTENT_CHANGE_CIPHER_SPEC,
                "\1", 1);
        /* TLS 1.2's warnings are borne as long as the version is not known. */
        flood(w, &places[i], "user_canceled without end", TLS_CONTENT_ALERT, "\1\132", 2);
    }
}

/* Data between them is a conversation. */
static void
no_flood(const peer_world *w)
{
    int i;
    peer p;

    check_about("empty records between data");
    peer_open(&p, w, TLS_ROLE_SERVER);
    peer_play(&p, "SECVF");
    for (i = 0; i < 5 * TLS_IDLE_RECORDS_MAXIMUM; i++) {
        peer_send_record(&p, TLS_CONTENT_APPLICATION_DATA, "", 0);
        if (i % 10 == 0)
            peer_play(&p, "d");
    }
    peer_goes_on(&p, 1);
    peer_close(&p);
}

/* ---- ChangeCipherSpec ---- */

static void
change_cipher_specs(const peer_world *w)
{
    static const struct {
        const char *name;
        const char *content;
        size_t length;
    } wrong[] = {{"ChangeCipherSpec 2", "\2", 1}, {"ChangeCipherSpec 0", "\0", 1},
        {"ChangeCipherSpec of two bytes", "\1\1", 2},
        {"ChangeCipherSpec of many", "\1\0\0\0\0\0\0\0", 8}};
    size_t i, j;
    peer p;

    for (i = 0; i < PLACES; i++) {
        int allowed = !places[i].established &&
                      !(places[i].role == TLS_ROLE_CLIENT && places[i].script[0] == '\0');

        for (j = 0; j < sizeof wrong / sizeof wrong[0]; j++) {
            go_to(&p, w, &places[i], wrong[j].name);
            peer_send_in_the_clear(
                &p, TLS_CONTENT_CHANGE_CIPHER_SPEC, wrong[j].content, wrong[j].length);
            peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
            peer_close(&p);
        }
        go_to(&p, w, &places[i], "ChangeCipherSpec");
        peer_send_in_the_clear(&p, TLS_CONTENT_CHANGE_CIPHER_SPEC, "\1", 1);
        if (allowed)
            peer_goes_on(&p, 0);
        else
            peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
        peer_close(&p);
    }
    check_about("ChangeCipherSpec between all messages of a server");
    peer_open(&p, w, TLS_ROLE_SERVER);
    peer_play(&p, "cScEcCcVcF");
    peer_goes_on(&p, 1);
    peer_close(&p);
    check_about("ChangeCipherSpec between all messages of a client");
    peer_open(&p, w, TLS_ROLE_CLIENT);
    peer_play(&p, "KccF");
    peer_goes_on(&p, 1);
    peer_close(&p);
}

/* ---- Alerts ---- */

/* RFC 8446 section 6: whatever the level says, all are fatal but close_notify and user_canceled. */
static void
alerts(const peer_world *w, const place *at, unsigned level)
{
    unsigned description;
    peer p;

    /* All of them at one place of each side, and a choice elsewhere: under valgrind a handshake
     * takes its time. */
    for (description = 0; description < 256; description += at->all_alerts ? 1 : 10) {
        unsigned char content[2];
        char what[64];

        content[0] = (unsigned char)level;
        content[1] = (unsigned char)description;
        sprintf(what, "alert %u of level %u", description, level);
        go_to(&p, w, at, what);
        peer_send_record(&p, TLS_CONTENT_ALERT, content, 2);
        if (description == TLS_ALERT_CLOSE_NOTIFY && at->established) {
            check(peer_settle(&p) == TLS_EVENT_CLOSED, "closed");
            check(tls_connection_failure(p.victim) == TLS_OK, "which is no failure");
        } else if (description == TLS_ALERT_CLOSE_NOTIFY) {
            peer_refuses(&p, TLS_REASON_CLOSED);
        } else if (description == TLS_ALERT_USER_CANCELED && at->keys) {
            peer_goes_on(&p, at->established);
        } else {
            check(tls_connection_peer_alert(p.victim) == (int)description, "known afterwards");
            peer_refuses(&p, TLS_REASON_PEER_ALERT);
        }
        peer_close(&p);
    }
}

static void
malformed_alerts(const peer_world *w)
{
    static const struct {
        const char *name;
        const char *content;
        size_t length;
    } cases[] = {{"half an alert", "\2", 1}, {"an alert and a half", "\1\132\2", 3},
        {"two alerts in a record", "\1\132\1\0", 4},
        {"two fatal alerts in a record", "\2\50\2\50", 4}};
    size_t i, j;
    peer p;

    for (i = 0; i < PLACES; i++)
        for (j = 0; j < sizeof cases / sizeof cases[0]; j++) {
            go_to(&p, w, &places[i], cases[j].name);
            peer_send_record(&p, TLS_CONTENT_ALERT, cases[j].content, cases[j].length);
            peer_refuses(&p, TLS_REASON_DECODE);
            peer_close(&p);
        }
}

static void
ends(const peer_world *w)
{
    size_t i;
    peer p;

    for (i = 0; i < PLACES; i++) {
        go_to(&p, w, &places[i], "user_canceled, then close_notify");
        peer_send_record(&p, TLS_CONTENT_ALERT, "\1\132", 2);
        peer_goes_on(&p, places[i].established);
        peer_send_record(&p, TLS_CONTENT_ALERT, "\1\0", 2);
        if (places[i].established) {
            check(peer_settle(&p) == TLS_EVENT_CLOSED, "closed");
            check(tls_connection_feed(p.victim, "x", 1) == 0, "nothing is taken after it");
        } else {
            peer_refuses(&p, TLS_REASON_CLOSED);
        }
        peer_close(&p);

        go_to(&p, w, &places[i], "the end of the transport");
        p.victim_had_keys = 0;
        tls_connection_feed_end(p.victim);
        peer_settle(&p);
        peer_refuses(&p, TLS_REASON_TRUNCATED);
        peer_close(&p);
    }
}

int
main(void)
{
    peer_world w;
    size_t i;
    unsigned level;

    make_materials();
    peer_world_open(&w, NULL);
    shoot(&w);
    in_the_clear_before_keys(&w);
    in_the_clear_after_keys(&w);
    clear_alert_after_proof(&w);
    headers(&w);
    outer_types(&w);
    protection(&w);
    sizes(&w);
    floods(&w);
    no_flood(&w);
    change_cipher_specs(&w);
    for (i = 0; i < PLACES; i++)
        for (level = 1; level < 4; level++)
            /* Before the version is known a warning may be one of TLS 1.2. */
            if (level != 1 || places[i].keys)
                alerts(&w, &places[i], level);
    malformed_alerts(&w);
    ends(&w);
    peer_world_close(&w);
    limited();
    release_materials();
    return check_end();
}

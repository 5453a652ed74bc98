/* hostile12_message_test.c - what an established peer of TLS 1.2 and below may not say: messages
 * that come too late, without end or too often, and renegotiation that is not wanted. Each case
 * says which reason the victim must find and which alert (RFC 5246 section 7.2.2) must reach the
 * peer. */
#include <stdlib.h>

#include "support/check.h"
#include "support/hostile12.h"
#include "support/inside.h"

/* ---- Messages ---- */

static void
empty_handshake(hostile12 *p)
{
    hostile12_inject(p, 22, "", 0);
    hostile12_refuses(p, TLS_REASON_DECODE, TLS_ALERT_DECODE_ERROR);
}

static void
late_change_cipher_spec(hostile12 *p)
{
    hostile12_inject(p, 20, "\1", 1);
    hostile12_refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
long_change_cipher_spec(hostile12 *p)
{
    hostile12_inject(p, 20, "\1\1", 2);
    hostile12_refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
finished_again(hostile12 *p)
{
    hostile12_inject(p, 22, "\24\0\0\14abcdefghijkl", 16);
    hostile12_refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
unknown_message(hostile12 *p)
{
    hostile12_inject(p, 22, "\143\0\0\1x", 5);
    hostile12_refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
key_update(hostile12 *p)
{
    hostile12_inject(p, 22, "\30\0\0\1\0", 5);
    hostile12_refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
new_session_ticket(hostile12 *p)
{
    hostile12_inject(p, 22, "\4\0\0\7\0\0\0\0\0\1x", 11);
    hostile12_refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
endless_message(hostile12 *p)
{
    hostile12_inject(p, 22, p->victim == p->client ? "\0\377\377\377" : "\1\377\377\377", 4);
    hostile12_refuses(p, TLS_REASON_LIMIT, TLS_ALERT_DECODE_ERROR);
}

/* What has no place is not listened to: its header is enough. */
static void
endless_other_message(hostile12 *p)
{
    hostile12_inject(p, 22, p->victim == p->client ? "\1\0\100\0" : "\2\0\100\0", 4);
    hostile12_refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

/* A message that never ends, within the limit that its header may say. */
static void
slow_message(hostile12 *p)
{
    int is_client = p->victim == p->client, i;

    hostile12_inject(p, 22, is_client ? "\0\0\1\0" : "\1\0\100\0", 4);
    for (i = 0; i < (is_client ? 200 : 2000); i++)
        check(hostile12_inject(p, 22, "x", 1) == TLS_EVENT_WANT_READ, "it waits");
    check(inside_reassembly(p->victim) <= (is_client ? 256 : 2048), "no more is kept than comes");
}

static void
interleaved(hostile12 *p)
{
    hostile12_inject(p, 22, "\0\0", 2);
    hostile12_inject(p, 23, "x", 1);
    hostile12_refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
hello_request_with_body(hostile12 *p)
{
    hostile12_inject(p, 22, "\0\0\0\1x", 5);
    hostile12_refuses(p, p->victim == p->client ? TLS_REASON_DECODE : TLS_REASON_UNEXPECTED_MESSAGE,
        p->victim == p->client ? TLS_ALERT_DECODE_ERROR : TLS_ALERT_UNEXPECTED_MESSAGE);
}

/* ---- Floods ---- */

static void
flood(hostile12 *p, unsigned type, const void *data, size_t length)
{
    int i;

    for (i = 0; i < TLS_IDLE_RECORDS_MAXIMUM; i++)
        check(hostile12_inject(p, type, data, length) == TLS_EVENT_WANT_READ, "patience");
    /* Data between them shows that it is no attack. */
    check(hostile12_inject(p, 23, "data", 4) == TLS_EVENT_WANT_READ, "data");
    for (i = 0; i < TLS_IDLE_RECORDS_MAXIMUM; i++)
        check(
            hostile12_inject(p, type, data, length) == TLS_EVENT_WANT_READ, "patience after data");
    hostile12_inject(p, type, data, length);
    hostile12_refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
empty_records(hostile12 *p)
{
    flood(p, 23, "", 0);
}

static void
warnings(hostile12 *p)
{
    flood(p, 21, "\1\132", 2);
}

/* ---- Renegotiation ---- */

static const unsigned char renegotiation_hello[] = {1, 0, 0, 41, 3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0,
    0, 2, 0xC0, 0x2B, 1, 0};

static size_t
ask_again(const hostile12 *p, const void **message)
{
    *message = p->victim == p->client ? (const void *)"\0\0\0\0" : renegotiation_hello;
    return p->victim == p->client ? 4 : sizeof renegotiation_hello;
}

/* Renegotiation is refused by a warning, and data still flows both ways. */
static void
renegotiation(hostile12 *p)
{
    const void *message;
    size_t length = ask_again(p, &message), written;
    uint64_t before = inside_opener(p->attacker)->count;

    check(
        hostile12_inject(p, 22, message, length) == TLS_EVENT_WANT_READ, "the connection goes on");
    check(tls_connection_output(p->victim).length > 0, "a warning is due");
    while (hostile12_move(p->victim, p->attacker))
        check(hostile12_settle(p->attacker) == TLS_EVENT_WANT_READ, "the peer goes on");
    check(inside_opener(p->attacker)->count == before + 1, "one record");
    check(tls_connection_write(p->victim, &written, "still here", 10) == TLS_OK && written == 10,
        "the victim can write");
    tls_connection_feed(p->attacker, tls_connection_output(p->victim).data,
        tls_connection_output(p->victim).length);
    tls_connection_output_consume(p->victim, tls_connection_output(p->victim).length);
    check(tls_connection_step(p->attacker) == TLS_EVENT_DATA &&
              tls_bytes_equal_string(
                  tls_connection_plaintext(p->attacker), hostile12_splits(p) ? "s" : "still here"),
        "the peer can read");
}

static void
renegotiations(hostile12 *p)
{
    const void *message;
    size_t length = ask_again(p, &message);
    int i;

    for (i = 0; i < TLS_IDLE_RECORDS_MAXIMUM; i++) {
        check(hostile12_inject(p, 22, message, length) == TLS_EVENT_WANT_READ, "patience");
        hostile12_move(p->victim, p->attacker);
        hostile12_settle(p->attacker);
    }
    hostile12_inject(p, 22, message, length);
    hostile12_refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

/* The same from a peer that does not read, while the victim's output is full: whatever happens, an
 * alert must still find room, and nothing may overrun. */
static void
renegotiations_unread(hostile12 *p)
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
        hostile12_inject(p, 22, message, length);
    hostile12_refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
renegotiation_after_our_close(hostile12 *p)
{
    const void *message;
    size_t length = ask_again(p, &message);

    tls_connection_close(p->victim);
    hostile12_move(p->victim, p->attacker);
    check(hostile12_inject(p, 22, message, length) == TLS_EVENT_WANT_READ, "passed over");
    check(tls_connection_output(p->victim).length == 0, "nothing follows close_notify");
}

static const hostile12_attack attacks[] = {
    {"empty handshake record", empty_handshake},
    {"change_cipher_spec afterwards", late_change_cipher_spec},
    {"two bytes of change_cipher_spec", long_change_cipher_spec},
    {"Finished again", finished_again},
    {"unknown message", unknown_message},
    {"KeyUpdate in TLS 1.2", key_update},
    {"NewSessionTicket afterwards", new_session_ticket},
    {"message of 2^24 bytes", endless_message},
    {"message of a type that has no place", endless_other_message},
    {"message that never ends", slow_message},
    {"data inside a message", interleaved},
    {"HelloRequest with a body", hello_request_with_body},
    {"empty records", empty_records},
    {"warnings", warnings},
    {"renegotiation", renegotiation},
    {"renegotiations", renegotiations},
    {"renegotiations unread", renegotiations_unread},
    {"renegotiation after our close", renegotiation_after_our_close},
};

static void
attack_in(hostile12_world *w)
{
    hostile12_attacks(w, attacks, sizeof attacks / sizeof attacks[0]);
}

int
main(void)
{
    hostile12_each_world(attack_in);
    return check_end();
}

/* hostile12_record_test.c - records of an established peer that break the rules of TLS 1.2 and
 * below: their headers, their protection, and how much they hold. Each case says which reason the
 * victim must find and which alert (RFC 5246 section 7.2.2) must reach the peer. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/hostile12.h"
#include "support/inside.h"

/* ---- Record headers ---- */

static void
header_type(hostile12 *p, unsigned char type)
{
    unsigned char record[] = {0, 3, 0, 0, 40};

    record[0] = type;
    record[2] = (unsigned char)(told(p->victim).version & 0xFF);
    hostile12_give(p->victim, record, sizeof record);
    hostile12_refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void
type_0(hostile12 *p)
{
    header_type(p, 0);
}

static void
type_heartbeat(hostile12 *p)
{
    header_type(p, 24);
}

static void
type_255(hostile12 *p)
{
    header_type(p, 255);
}

static void
header_version(hostile12 *p, unsigned version)
{
    unsigned char record[] = {23, 0, 0, 0, 40};

    record[1] = (unsigned char)(version >> 8);
    record[2] = (unsigned char)version;
    hostile12_give(p->victim, record, sizeof record);
    hostile12_refuses(p, TLS_REASON_PROTOCOL_VERSION, TLS_ALERT_PROTOCOL_VERSION);
}

static void
version_13(hostile12 *p)
{
    header_version(p, 0x0304);
}

static void
version_ssl3(hostile12 *p)
{
    header_version(p, 0x0300);
}

static void
version_4(hostile12 *p)
{
    header_version(p, 0x0403);
}

static void
length_too_long(hostile12 *p)
{
    unsigned char record[] = {23, 3, 0, 0x48, 0x01}; /* 2^14 + 2048 + 1 */

    record[2] = (unsigned char)(told(p->victim).version & 0xFF);
    hostile12_give(p->victim, record, sizeof record);
    hostile12_refuses(p, TLS_REASON_RECORD_OVERFLOW, TLS_ALERT_RECORD_OVERFLOW);
}

static void
length_65535(hostile12 *p)
{
    unsigned char record[] = {22, 3, 0, 0xFF, 0xFF};

    record[2] = (unsigned char)(told(p->victim).version & 0xFF);
    hostile12_give(p->victim, record, sizeof record);
    hostile12_refuses(p, TLS_REASON_RECORD_OVERFLOW, TLS_ALERT_RECORD_OVERFLOW);
}

/* The longest length that a header may say: it must fit the buffer, and is then judged by its
 * content. */
static void
length_limit(hostile12 *p)
{
    unsigned char *record = calloc(1, 5 + 0x4800);

    record[0] = 23;
    record[1] = 3;
    record[2] = (unsigned char)(told(p->victim).version & 0xFF);
    record[3] = 0x48;
    check(hostile12_give(p->victim, record, 5 + 0x47FF) == TLS_EVENT_WANT_READ,
        "it waits for the last byte");
    hostile12_give(p->victim, record, 1);
    check(tls_connection_failure(p->victim) == TLS_REASON_RECORD_OVERFLOW ||
              tls_connection_failure(p->victim) == TLS_REASON_BAD_RECORD_MAC,
        "refused");
    free(record);
    hostile12_refuses(
        p, tls_connection_failure(p->victim), tls_reason_alert(tls_connection_failure(p->victim)));
}

/* Shorter than what the protection adds. */
static void
too_short(hostile12 *p)
{
    unsigned char record[] = {23, 3, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7};

    record[2] = (unsigned char)(told(p->victim).version & 0xFF);
    hostile12_give(p->victim, record, sizeof record);
    hostile12_refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

static void
protected_nothing(hostile12 *p)
{
    unsigned char record[] = {23, 3, 0, 0, 0};

    record[2] = (unsigned char)(told(p->victim).version & 0xFF);
    hostile12_give(p->victim, record, sizeof record);
    hostile12_refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

/* ---- Protection ---- */

static void
plain_data(hostile12 *p)
{
    unsigned char record[5 + 64] = {23, 3, 0, 0, 64};

    record[2] = (unsigned char)(told(p->victim).version & 0xFF);
    hostile12_give(p->victim, record, sizeof record);
    hostile12_refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

/* Anybody on the way could end the connection by it; it must not look like the peer's word. */
static void
plain_alert(hostile12 *p)
{
    unsigned char record[] = {21, 3, 0, 0, 2, 1, 0};

    record[2] = (unsigned char)(told(p->victim).version & 0xFF);
    hostile12_give(p->victim, record, sizeof record);
    check(!told(p->victim).closed_received, "a close_notify in the clear does not count");
    hostile12_refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

static void
plain_change_cipher_spec(hostile12 *p)
{
    unsigned char record[] = {20, 3, 0, 0, 1, 1};

    record[2] = (unsigned char)(told(p->victim).version & 0xFF);
    hostile12_give(p->victim, record, sizeof record);
    hostile12_refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

static void
replayed(hostile12 *p)
{
    unsigned char *record;
    size_t n = hostile12_protect(p->attacker, &record, 23, "hello", 5);

    check(hostile12_give(p->victim, record, n) == TLS_EVENT_WANT_READ, "once");
    free(record);
    /* Its first copy was opened in place: make the same bytes again from a fresh seal of other
     * data. */
    n = hostile12_protect(p->attacker, &record, 23, "again", 5);
    {
        unsigned char *copy = malloc(n);

        memcpy(copy, record, n);
        check(hostile12_give(p->victim, record, n) == TLS_EVENT_WANT_READ, "twice");
        hostile12_give(p->victim, copy, n);
        free(copy);
    }
    free(record);
    hostile12_refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

static void
skipped(hostile12 *p)
{
    unsigned char *record;
    size_t n = hostile12_protect(p->attacker, &record, 23, "lost", 4);

    (void)n;
    free(record);
    hostile12_inject(p, 23, "next", 4);
    hostile12_refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

static void
type_exchanged(hostile12 *p)
{
    unsigned char *record;
    size_t n = hostile12_protect(p->attacker, &record, 23, "hello", 5);

    record[0] = 22;
    hostile12_give(p->victim, record, n);
    free(record);
    hostile12_refuses(p, TLS_REASON_BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC);
}

/* ---- Content ---- */

static void
content_too_long(hostile12 *p)
{
    unsigned char *data = calloc(1, 16386);
    enum tls_reason reason = TLS_REASON_RECORD_OVERFLOW;

    /* BearSSL folds the length of a CBC record into its constant-time check of the MAC; in TLS 1.0
     * it puts the first byte in a record of its own. */
    if (hostile12_uses_cbc(p))
        reason = TLS_REASON_BAD_RECORD_MAC;
    hostile12_inject(p, 23, data, hostile12_splits(p) ? 16386 : 16385);
    free(data);
    hostile12_refuses(p, reason, tls_reason_alert(reason));
}

static void
content_longest(hostile12 *p)
{
    unsigned char *data = calloc(1, 16384);

    check(hostile12_inject(p, 23, data, 16384) == TLS_EVENT_WANT_READ, "2^14 bytes are allowed");
    free(data);
}

static void
one_byte_at_a_time(hostile12 *p)
{
    unsigned char *record;
    size_t n = hostile12_protect(p->attacker, &record, 23, "slowly", 6), i;

    for (i = 0; i < n; i++) {
        check(tls_connection_feed(p->victim, record + i, 1) == 1, "taken");
        check(tls_connection_step(p->victim) == (i + 1 < n ? TLS_EVENT_WANT_READ : TLS_EVENT_DATA),
            "only the last byte makes data");
        if (hostile12_splits(p))
            break;
    }
    free(record);
    if (hostile12_splits(p))
        return;
    check(tls_bytes_equal_string(tls_connection_plaintext(p->victim), "slowly"), "the data");
}

static void
idle_is_small(hostile12 *p)
{
    tls_connection_info info;

    hostile12_inject(p, 23, "x", 1);
    tls_connection_get_info(p->victim, &info);
    check(info.memory < 4096, "an idle connection holds less than 4 KB");
}

/* Every bit of the interesting bytes of a record. */
static void
flipped(hostile12_world *w)
{
    size_t position, length = 1;

    for (position = 0; position < length; position++) {
        unsigned char *record;
        enum tls_event event;
        hostile12 p;

        check_about("byte %u flipped, suite %04X", (unsigned)position, w->suite);
        hostile12_open(&p, w, TLS_ROLE_CLIENT);
        length = hostile12_protect(
            p.attacker, &record, 23, "some application data", hostile12_splits(&p) ? 1 : 21);
        record[position] ^= 0x15;
        event = hostile12_give(p.victim, record, length);
        free(record);
        /* A longer length waits for more; everything else is refused at once, and no data is read.
         */
        if (event == TLS_EVENT_WANT_READ) {
            check(position == 3 || position == 4, "only a length can make it wait");
            tls_connection_feed_end(p.victim);
            hostile12_settle(p.victim);
            hostile12_refuses(&p, TLS_REASON_TRUNCATED, TLS_ALERT_NONE);
        } else {
            enum tls_reason reason = tls_connection_failure(p.victim);

            check(position < 5 || reason == TLS_REASON_BAD_RECORD_MAC, "bad_record_mac");
            hostile12_refuses(&p, reason, tls_reason_alert(reason));
        }
        hostile12_close(&p, w);
    }
}

static const hostile12_attack attacks[] = {
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
    {"one byte at a time", one_byte_at_a_time},
    {"idle", idle_is_small},
};

static void
attack_in(hostile12_world *w)
{
    hostile12_attacks(w, attacks, sizeof attacks / sizeof attacks[0]);
    flipped(w);
}

int
main(void)
{
    hostile12_each_world(attack_in);
    return check_end();
}

/* hostile12_end_test.c - alerts of an established peer of TLS 1.2 and below, and how a connection
 * may end. Each case says which reason the victim must find and which alert (RFC 5246
 * section 7.2.2) must reach the peer. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/hostile12.h"

/* ---- Alerts ---- */

static void
empty_alert(hostile12 *p)
{
    hostile12_inject(p, 21, "", 0);
    hostile12_refuses(p, TLS_REASON_DECODE, TLS_ALERT_DECODE_ERROR);
}

static void
half_alert(hostile12 *p)
{
    hostile12_inject(p, 21, "\2", 1);
    hostile12_refuses(p, TLS_REASON_DECODE, TLS_ALERT_DECODE_ERROR);
}

static void
two_alerts(hostile12 *p)
{
    hostile12_inject(p, 21, "\1\132\1\0", 4);
    hostile12_refuses(p, TLS_REASON_DECODE, TLS_ALERT_DECODE_ERROR);
}

static void
fatal_alerts(hostile12 *p)
{
    hostile12_inject(p, 21, "\2\120", 2);
    check(tls_connection_peer_alert(p->victim) == TLS_ALERT_INTERNAL_ERROR, "which alert");
    hostile12_refuses(p, TLS_REASON_PEER_ALERT, TLS_ALERT_NONE);
}

static void
unknown_alert(hostile12 *p)
{
    hostile12_inject(p, 21, "\2\310", 2);
    check(tls_connection_peer_alert(p->victim) == 200, "which alert");
    hostile12_refuses(p, TLS_REASON_PEER_ALERT, TLS_ALERT_NONE);
}

static void
alert_of_unknown_level(hostile12 *p)
{
    hostile12_inject(p, 21, "\7\50", 2);
    check(tls_connection_failure(p->victim) != TLS_OK, "it is taken for fatal, or refused");
}

/* ---- Ends ---- */

static void
after_close_notify(hostile12 *p)
{
    tls_connection_info info;
    unsigned char *record;
    size_t n;

    check(hostile12_inject(p, 21, "\1\0", 2) == TLS_EVENT_CLOSED, "closed");
    n = hostile12_protect(p->attacker, &record, 23, "late", 4);
    check(tls_connection_feed(p->victim, record, n) == 0, "nothing is taken after close_notify");
    free(record);
    check(hostile12_settle(p->victim) == TLS_EVENT_CLOSED, "still closed");
    check(tls_connection_write(p->victim, &n, "half-closed", 11) == TLS_OK && n == 11,
        "but it may still write");
    hostile12_move(p->victim, p->attacker);
    tls_connection_get_info(p->victim, &info);
    check(info.memory < 4096, "and holds no record buffer");
    tls_connection_close(p->victim);
    tls_connection_feed_end(p->victim);
    check(hostile12_settle(p->victim) == TLS_EVENT_CLOSED, "a clean end");
}

/* close_notify and what follows it in one piece. */
static void
data_behind_close_notify(hostile12 *p)
{
    unsigned char *first, *second, *both;
    size_t n = hostile12_protect(p->attacker, &first, 21, "\1\0", 2);
    size_t m = hostile12_protect(p->attacker, &second, 23, "late", 4);
    tls_connection_info info;

    both = malloc(n + m);
    memcpy(both, first, n);
    memcpy(both + n, second, m);
    check(hostile12_give(p->victim, both, n + m) == TLS_EVENT_CLOSED, "closed");
    check(tls_connection_plaintext(p->victim).length == 0, "what follows is not read");
    tls_connection_get_info(p->victim, &info);
    check(info.memory < 4096, "and holds no record buffer");
    free(first);
    free(second);
    free(both);
}

static void
truncated(hostile12 *p)
{
    hostile12_inject(p, 23, "data", 4);
    tls_connection_feed_end(p->victim);
    hostile12_settle(p->victim);
    hostile12_refuses(p, TLS_REASON_TRUNCATED, TLS_ALERT_NONE);
}

static void
truncated_inside(hostile12 *p)
{
    unsigned char *record;
    size_t n = hostile12_protect(p->attacker, &record, 23, "data", 4);

    check(hostile12_give(p->victim, record, n - 1) == TLS_EVENT_WANT_READ, "all but one byte");
    free(record);
    tls_connection_feed_end(p->victim);
    hostile12_settle(p->victim);
    hostile12_refuses(p, TLS_REASON_TRUNCATED, TLS_ALERT_NONE);
}

/* We closed; the peer just goes away: nothing that was wanted is missing. */
static void
end_after_our_close(hostile12 *p)
{
    tls_connection_close(p->victim);
    tls_connection_feed_end(p->victim);
    check(hostile12_settle(p->victim) == TLS_EVENT_CLOSED, "closed");
    check(tls_connection_failure(p->victim) == TLS_OK, "no failure");
}

/* After our close_notify nothing more is sent, whatever the peer does. */
static void
attack_after_our_close(hostile12 *p)
{
    tls_connection_close(p->victim);
    hostile12_move(p->victim, p->attacker);
    hostile12_inject(p, 22, "\143\0\0\1x", 5);
    hostile12_refuses(p, TLS_REASON_UNEXPECTED_MESSAGE, TLS_ALERT_NONE);
}

/* Unread data does not keep an explicit close from going out. */
static void
close_with_unread_data(hostile12 *p)
{
    unsigned char *record;
    size_t n = hostile12_protect(p->attacker, &record, 23, "unread", 6);

    tls_connection_feed(p->victim, record, n);
    free(record);
    check(tls_connection_step(p->victim) == TLS_EVENT_DATA, "data waits");
    tls_connection_close(p->victim);
    check(tls_connection_output(p->victim).length > 0, "close_notify goes out");
    while (hostile12_move(p->victim, p->attacker))
        ;
    check(hostile12_settle(p->attacker) == TLS_EVENT_CLOSED, "the peer sees it");
    check(tls_connection_plaintext(p->victim).length == (hostile12_splits(p) ? 1 : 6),
        "the data can still be read");
}

static const hostile12_attack attacks[] = {
    {"empty alert record", empty_alert},
    {"half an alert", half_alert},
    {"two alerts in a record", two_alerts},
    {"fatal alert", fatal_alerts},
    {"unknown alert", unknown_alert},
    {"alert of level 7", alert_of_unknown_level},
    {"after close_notify", after_close_notify},
    {"data behind close_notify", data_behind_close_notify},
    {"truncated", truncated},
    {"truncated inside a record", truncated_inside},
    {"end after our close", end_after_our_close},
    {"attack after our close", attack_after_our_close},
    {"close with unread data", close_with_unread_data},
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

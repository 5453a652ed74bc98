/* ticket_keys_test.c - until which second a key seals, until which it opens, and which keys are
 * kept; and that of a ticket every byte counts. */
#include <string.h>

#include "session/ticket.h"
#include "support/check.h"
#include "support/exact_bytes.h"

#define ROTATION 100
#define OVERLAP 1000
#define START 5000
#define SEALS_UNTIL (START + ROTATION)
#define OPENS_UNTIL (SEALS_UNTIL + OVERLAP)

static tls_ticket_keys *
new_keys(int64_t now)
{
    tls_ticket_keys *keys;

    require(tls_ticket_keys_new(&keys, ROTATION, OVERLAP, now) == TLS_OK, "keys");
    return keys;
}

/* sealed: a ticket that holds `text`, where it ends in memory. */
static tls_bytes
sealed(tls_ticket_keys *keys, const char *text, int64_t now)
{
    tls_buffer ticket = {0};
    tls_bytes exact;

    require(tls_ticket_seal(keys, &ticket, tls_bytes_of_string(text), now) == TLS_OK, "a ticket");
    exact = exact_bytes(tls_buffer_view(&ticket));
    tls_buffer_release(&ticket);
    return exact;
}

static int
opens(const tls_ticket_keys *keys, tls_bytes ticket, const char *text, int64_t now)
{
    tls_buffer plaintext = {0};
    int opened = tls_ticket_open(keys, &plaintext, ticket, now);

    if (opened)
        check_string(tls_buffer_view(&plaintext), text, "what it holds");
    else
        check_number(plaintext.length, 0, "nothing of it");
    tls_buffer_release(&plaintext);
    return opened;
}

static void
test_times(void)
{
    tls_ticket_keys *keys = new_keys(START);
    tls_bytes first, last, next;

    check_about("times");
    first = sealed(keys, "first", START);
    last = sealed(keys, "last", SEALS_UNTIL - 1);
    check_number(tls_ticket_keys_count(keys), 1, "one key seals in all its time");
    check(tls_ticket_is_current(keys, first, SEALS_UNTIL - 1), "current to its last second");
    check(!tls_ticket_is_current(keys, first, SEALS_UNTIL), "and no longer");
    next = sealed(keys, "next", SEALS_UNTIL);
    check_number(tls_ticket_keys_count(keys), 2, "then another seals");
    check(tls_ticket_is_current(keys, next, SEALS_UNTIL), "which is current");
    check(!tls_ticket_is_current(keys, last, SEALS_UNTIL - 1), "and the first is not");
    check(opens(keys, first, "first", OPENS_UNTIL - 1), "a key opens to its last second");
    check(opens(keys, last, "last", OPENS_UNTIL - 1), "whatever it sealed");
    check(!opens(keys, first, "first", OPENS_UNTIL), "and no longer");
    check(opens(keys, next, "next", OPENS_UNTIL), "the other opens still");
    release(first);
    release(last);
    release(next);
    tls_ticket_keys_release(keys);
}

/* replaced counts the keys that are there after `others` were put in the place of some. */
static size_t
replaced(tls_ticket_keys *keys, const tls_ticket_keys *others, int64_t now)
{
    tls_buffer exported = {0};

    require(tls_ticket_keys_export(others, &exported) == TLS_OK, "exported");
    check_reason(
        tls_ticket_keys_replace(keys, tls_buffer_view(&exported), now), TLS_OK, "replaced");
    tls_buffer_release(&exported);
    return tls_ticket_keys_count(keys);
}

static void
test_replace(void)
{
    tls_ticket_keys *keys = new_keys(START), *others = new_keys(START);
    tls_bytes ticket = sealed(keys, "old", START), theirs = sealed(others, "theirs", START);
    size_t i;

    check_about("replace");
    check_number(replaced(keys, others, OPENS_UNTIL - 1), 2, "an own key that opens is kept");
    check(opens(keys, ticket, "old", START) && opens(keys, theirs, "theirs", START), "both open");
    check(tls_ticket_is_current(keys, theirs, START), "theirs seals");
    check_number(replaced(keys, others, OPENS_UNTIL - 1), 2, "keys that are there come once");
    check_number(replaced(keys, others, OPENS_UNTIL), 1, "one that opens no longer is dropped");
    tls_ticket_keys_release(keys);

    keys = new_keys(START);
    for (i = 1; i < TLS_TICKET_KEYS_MAXIMUM; i++)
        require(tls_ticket_keys_rotate(keys, START) == TLS_OK, "another");
    check_number(tls_ticket_keys_count(keys), TLS_TICKET_KEYS_MAXIMUM, "so many");
    check_number(replaced(others, keys, START), TLS_TICKET_KEYS_MAXIMUM, "are all taken");
    check(!opens(others, theirs, "theirs", START), "and leave no place for an own one");
    release(ticket);
    ticket = sealed(keys, "old", START);
    for (i = 1; i < TLS_TICKET_KEYS_MAXIMUM; i++)
        require(tls_ticket_keys_rotate(keys, START) == TLS_OK, "another");
    check(opens(keys, ticket, "old", START), "the oldest of so many opens");
    require(tls_ticket_keys_rotate(keys, START) == TLS_OK, "another");
    check_number(tls_ticket_keys_count(keys), TLS_TICKET_KEYS_MAXIMUM, "no more are kept");
    check(!opens(keys, ticket, "old", START), "and it made place for the newest");
    release(ticket);
    release(theirs);
    tls_ticket_keys_release(others);
    tls_ticket_keys_release(keys);
}

static void
test_damage(void)
{
    tls_ticket_keys *keys = new_keys(START);
    tls_bytes ticket = sealed(keys, "", START), piece;
    size_t i;

    check_about("damage");
    check(opens(keys, ticket, "", START), "the shortest ticket holds nothing");
    for (i = 0; i < ticket.length; i++) {
        exact_change(ticket, i, 1);
        check(!opens(keys, ticket, "", START), "changed in byte %u", (unsigned)i);
        exact_change(ticket, i, 1);
        piece = exact_bytes(tls_bytes_make(ticket.data, i));
        check(!opens(keys, piece, "", START), "cut to %u bytes", (unsigned)i);
        check_number(tls_ticket_is_current(keys, piece, START),
            i >= TLS_TICKET_KEY_NAME_LENGTH + 12, "whose key is known");
        release(piece);
    }
    release(ticket);
    tls_ticket_keys_release(keys);
}

int
main(void)
{
    test_times();
    test_replace();
    test_damage();
    return check_end();
}

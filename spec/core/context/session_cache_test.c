/* session_cache_test.c - a cache of sessions against a plain list: by ID, one each; by server name,
 * a few each; the least recently used key goes out. */
#include <stdio.h>
#include <string.h>

#include "session/internal.h"
#include "support/check.h"
#include "wire/registry.h"

static tls_session *
make(const char *name, unsigned id, unsigned version, int64_t expires)
{
    tls_session *session = tls_session_new(name, tls_bytes_make(NULL, 0), NULL);

    require(session != NULL, "memory");
    session->id_length = 4;
    session->id[0] = (unsigned char)(id >> 8);
    session->id[1] = (unsigned char)id;
    session->version = version;
    session->expires = expires;
    return session;
}

static size_t
list(tls_session_cache *cache, const char *name, int64_t now, tls_session **found)
{
    return tls_session_cache_list(cache, tls_bytes_of_string(name), now, found);
}

static void
by_name(void)
{
    tls_session_cache *cache = tls_session_cache_new(2, TLS_SESSIONS_BY_NAME);
    tls_session *found[TLS_SESSIONS_PER_NAME], *tickets[6], *old;
    size_t i;

    check_about("by name");
    for (i = 0; i < 6; i++) {
        tickets[i] = make("a", (unsigned)i, TLS_VERSION_13, 100);
        tls_session_cache_store(cache, tickets[i]);
    }
    check_number(list(cache, "a", 0, found), 4, "four tickets");
    for (i = 0; i < 4; i++)
        check(found[i] == tickets[5 - i], "the newest first");
    tls_session_cache_store(cache, tickets[3]);
    check(list(cache, "a", 0, found) == 4 && found[0] == tickets[3] && found[1] == tickets[5],
        "one that comes again is the newest");
    tls_session_cache_drop(cache, tickets[0]);
    tls_session_cache_drop(cache, tickets[5]);
    check(list(cache, "a", 0, found) == 3 && found[1] == tickets[4], "one is dropped");
    check_number(tls_session_cache_count(cache), 3, "sessions");

    old = make("a", 9, TLS_VERSION_12, 50);
    tls_session_cache_store(cache, old);
    tls_session_release(old);
    old = make("a", 10, TLS_VERSION_12, 50);
    tls_session_cache_store(cache, old);
    check(list(cache, "a", 0, found) == 4 && found[0] == old && found[1] == tickets[3],
        "of TLS 1.2 the newest only");
    check(list(cache, "a", 50, found) == 3 && found[0] == tickets[3], "what has expired is gone");
    check_number(list(cache, "a", 100, found), 0, "all of it");
    check_number(tls_session_cache_count(cache), 0, "nothing is left");
    check_number(list(cache, "", 0, found), 0, "no name");
    tls_session_release(old);
    for (i = 0; i < 6; i++)
        tls_session_release(tickets[i]);
    tls_session_cache_free(cache);
}

static void
least_recently_used(enum tls_session_key by)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    tls_session_cache *cache = tls_session_cache_new(3, by);
    tls_session *found[TLS_SESSIONS_PER_NAME], *sessions[4];
    int expected[4] = {1, 0, 1, 1};
    size_t i;

    check_about("least recently used, by %s", by == TLS_SESSIONS_BY_ID ? "ID" : "name");
    for (i = 0; i < 4; i++) {
        tls_bytes key;

        sessions[i] = make(names[i], (unsigned)i, TLS_VERSION_12, 100);
        if (i == 3) { /* before the last comes, the first is used */
            key = by == TLS_SESSIONS_BY_ID ? tls_bytes_make(sessions[0]->id, sessions[0]->id_length)
                                           : tls_bytes_of_string("a");
            check_number(tls_session_cache_list(cache, key, 0, found), 1, "the first is there");
        }
        tls_session_cache_store(cache, sessions[i]);
    }
    for (i = 0; i < 4; i++) {
        tls_bytes key = by == TLS_SESSIONS_BY_ID
                            ? tls_bytes_make(sessions[i]->id, sessions[i]->id_length)
                            : tls_bytes_of_string(names[i]);

        check_number(
            tls_session_cache_list(cache, key, 0, found), expected[i], "key %u", (unsigned)i);
    }
    tls_session_cache_clear(cache);
    check_number(tls_session_cache_count(cache), 0, "cleared");
    for (i = 0; i < 4; i++)
        tls_session_release(sessions[i]);
    tls_session_cache_free(cache);
}

static void
by_id(void)
{
    tls_session_cache *cache = tls_session_cache_new(10, TLS_SESSIONS_BY_ID);
    tls_session *one = make("a", 1, TLS_VERSION_12, 100),
                *other = make("a", 1, TLS_VERSION_12, 100);
    tls_bytes id = tls_bytes_make(one->id, one->id_length);

    check_about("by ID");
    tls_session_cache_store(cache, one);
    tls_session_cache_store(cache, other);
    check(tls_session_cache_find(cache, id, 0) == other, "the newer one of an ID");
    check_number(tls_session_cache_count(cache), 1, "one");
    tls_session_cache_drop(cache, one);
    check(tls_session_cache_find(cache, id, 0) == NULL, "dropped by its ID");
    tls_session_cache_store(cache, one);
    check(tls_session_cache_find(cache, id, 100) == NULL, "expired");
    check_number(tls_session_cache_count(cache), 0, "and gone");
    tls_session_release(one);
    tls_session_release(other);
    tls_session_cache_free(cache);
}

int
main(void)
{
    by_name();
    by_id();
    least_recently_used(TLS_SESSIONS_BY_ID);
    least_recently_used(TLS_SESSIONS_BY_NAME);
    return check_end();
}

/* session_cache.c - sessions in memory: a hash table by session ID (a server's) or by server name
 * (a client's), and a list by last use. */
#include "session/internal.h"

#include <stdlib.h>
#include <string.h>

#include "wire/registry.h"

struct entry {
    tls_session *sessions[TLS_SESSIONS_PER_NAME]; /* newest first; of an ID there is one */
    size_t count;
    struct entry *chained; /* in the same bucket */
    struct entry *newer, *older;
};

struct tls_session_cache {
    enum tls_session_key by;
    size_t capacity, count, bucket_count; /* of entries */
    size_t session_count;
    struct entry **buckets;
    struct entry *newest, *oldest;
};

tls_session_cache *
tls_session_cache_new(size_t capacity, enum tls_session_key by)
{
    tls_session_cache *cache = calloc(1, sizeof *cache);

    if (cache == NULL)
        return NULL;
    cache->capacity = capacity;
    cache->by = by;
    /* A power of two near the capacity. IDs are random, and a client chooses its servers' names. */
    for (cache->bucket_count = 16; cache->bucket_count < capacity && cache->bucket_count < 65536;)
        cache->bucket_count *= 2;
    cache->buckets = calloc(cache->bucket_count, sizeof *cache->buckets);
    if (cache->buckets == NULL) {
        free(cache);
        return NULL;
    }
    return cache;
}

static tls_bytes
key_of(const tls_session_cache *cache, const tls_session *session)
{
    return cache->by == TLS_SESSIONS_BY_ID ? tls_bytes_make(session->id, session->id_length)
                                           : tls_bytes_of_string(session->server_name);
}

static size_t
bucket_of(const tls_session_cache *cache, tls_bytes key)
{
    size_t hash = 0;
    size_t i;

    /* A store of one's own may hold IDs of any length, so all bytes count. */
    for (i = 0; i < key.length; i++)
        hash = hash * 31 + key.data[i];
    return hash & (cache->bucket_count - 1);
}

static void
unlink_use(tls_session_cache *cache, struct entry *entry)
{
    if (entry->newer != NULL)
        entry->newer->older = entry->older;
    else
        cache->newest = entry->older;
    if (entry->older != NULL)
        entry->older->newer = entry->newer;
    else
        cache->oldest = entry->newer;
}

static void
link_newest(tls_session_cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    if (cache->newest != NULL)
        cache->newest->newer = entry;
    else
        cache->oldest = entry;
    cache->newest = entry;
}

static struct entry **
slot_of(tls_session_cache *cache, tls_bytes key)
{
    struct entry **slot = &cache->buckets[bucket_of(cache, key)];

    while (*slot != NULL && !tls_bytes_equal(key_of(cache, (*slot)->sessions[0]), key))
        slot = &(*slot)->chained;
    return slot;
}

static void
remove_slot(tls_session_cache *cache, struct entry **slot)
{
    struct entry *entry = *slot;
    size_t i;

    if (entry == NULL)
        return;
    *slot = entry->chained;
    unlink_use(cache, entry);
    cache->count--;
    cache->session_count -= entry->count;
    for (i = 0; i < entry->count; i++)
        tls_session_release(entry->sessions[i]);
    free(entry);
}

/* take_out removes one session; the last one takes the entry with it. */
static void
take_out(tls_session_cache *cache, struct entry **slot, size_t index)
{
    struct entry *entry = *slot;

    if (entry->count == 1) {
        remove_slot(cache, slot);
        return;
    }
    tls_session_release(entry->sessions[index]);
    entry->count--;
    cache->session_count--;
    memmove(entry->sessions + index, entry->sessions + index + 1,
        (entry->count - index) * sizeof *entry->sessions);
}

/* make_room drops what a new session of the entry replaces: all others of an ID; of a name one up
 * to TLS 1.2 under the same policy, which is good for any number of connections, and of tickets of
 * TLS 1.3, good for one each, the oldest beyond so many. The entry stays, though it may be empty.
 */
static void
make_room(tls_session_cache *cache, struct entry *entry, const tls_session *session)
{
    size_t kept = 0, i;

    for (i = 0; i < entry->count; i++) {
        tls_session *old = entry->sessions[i];
        int replaced = cache->by == TLS_SESSIONS_BY_ID || old == session ||
                       (session->version < TLS_VERSION_13 && old->version < TLS_VERSION_13 &&
                           memcmp(session->policy, old->policy, sizeof old->policy) == 0) ||
                       kept == TLS_SESSIONS_PER_NAME - 1;

        if (replaced)
            tls_session_release(old);
        else
            entry->sessions[kept++] = old;
    }
    cache->session_count -= entry->count - kept;
    entry->count = kept;
}

static struct entry *
new_entry(tls_session_cache *cache, tls_bytes key)
{
    struct entry **bucket = &cache->buckets[bucket_of(cache, key)];
    struct entry *entry;

    while (cache->count >= cache->capacity)
        remove_slot(cache, slot_of(cache, key_of(cache, cache->oldest->sessions[0])));
    entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NULL;
    entry->chained = *bucket;
    *bucket = entry;
    cache->count++;
    return entry;
}

void
tls_session_cache_store(tls_session_cache *cache, const tls_session *session)
{
    tls_bytes key = key_of(cache, session);
    tls_session *counted;
    struct entry *entry;

    if (cache->capacity == 0 || key.length == 0)
        return;
    counted = tls_session_retain(session);
    entry = *slot_of(cache, key);
    if (entry != NULL) {
        make_room(cache, entry, session);
        unlink_use(cache, entry);
    } else {
        entry = new_entry(cache, key);
    }
    if (entry == NULL) {
        tls_session_release(counted);
        return;
    }
    memmove(entry->sessions + 1, entry->sessions, entry->count * sizeof *entry->sessions);
    entry->sessions[0] = counted;
    entry->count++;
    cache->session_count++;
    link_newest(cache, entry);
}

tls_session *
tls_session_cache_find(tls_session_cache *cache, tls_bytes id, int64_t now)
{
    tls_session *found[TLS_SESSIONS_PER_NAME];

    return tls_session_cache_list(cache, id, now, found) > 0 ? found[0] : NULL;
}

size_t
tls_session_cache_list(
    tls_session_cache *cache, tls_bytes key, int64_t now, tls_session *found[TLS_SESSIONS_PER_NAME])
{
    struct entry **slot = slot_of(cache, key);
    size_t i = 0;

    while (*slot != NULL && i < (*slot)->count) {
        int is_last = (*slot)->count == 1;

        if ((*slot)->sessions[i]->expires > now) {
            found[i] = (*slot)->sessions[i];
            i++;
            continue;
        }
        take_out(cache, slot, i);
        if (is_last)
            return 0;
    }
    if (i > 0) {
        unlink_use(cache, *slot);
        link_newest(cache, *slot);
    }
    return i;
}

void
tls_session_cache_drop(tls_session_cache *cache, const tls_session *session)
{
    struct entry **slot = slot_of(cache, key_of(cache, session));
    size_t i;

    for (i = 0; *slot != NULL && i < (*slot)->count; i++) {
        if (cache->by == TLS_SESSIONS_BY_ID || (*slot)->sessions[i] == session) {
            take_out(cache, slot, i);
            return;
        }
    }
}

void
tls_session_cache_forget(tls_session_cache *cache, tls_bytes key)
{
    struct entry **slot = slot_of(cache, key);

    remove_slot(cache, slot);
}

void
tls_session_cache_clear(tls_session_cache *cache)
{
    while (cache->oldest != NULL)
        remove_slot(cache, slot_of(cache, key_of(cache, cache->oldest->sessions[0])));
}

size_t
tls_session_cache_count(const tls_session_cache *cache)
{
    return cache->session_count;
}

void
tls_session_cache_free(tls_session_cache *cache)
{
    if (cache == NULL)
        return;
    tls_session_cache_clear(cache);
    free(cache->buckets);
    free(cache);
}

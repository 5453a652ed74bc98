/* session_cache.c - the server's sessions in memory (session.h): a hash table by session ID and a
 * list by last use. */
#include "session/internal.h"

#include <stdlib.h>

struct entry {
    tls_session *session;
    struct entry *chained; /* in the same bucket */
    struct entry *newer, *older;
};

struct tls_session_cache {
    size_t capacity, count, bucket_count;
    struct entry **buckets;
    struct entry *newest, *oldest;
};

tls_session_cache *
tls_session_cache_new(size_t capacity)
{
    tls_session_cache *cache = calloc(1, sizeof *cache);

    if (cache == NULL)
        return NULL;
    cache->capacity = capacity;
    /* A power of two near the capacity: IDs are random, so their own bytes are the hash. */
    for (cache->bucket_count = 16; cache->bucket_count < capacity && cache->bucket_count < 65536;)
        cache->bucket_count *= 2;
    cache->buckets = calloc(cache->bucket_count, sizeof *cache->buckets);
    if (cache->buckets == NULL) {
        free(cache);
        return NULL;
    }
    return cache;
}

static size_t
bucket_of(const tls_session_cache *cache, tls_bytes id)
{
    size_t hash = 0;
    size_t i;

    /* A store of one's own may hold IDs of any length, so all bytes count. */
    for (i = 0; i < id.length; i++)
        hash = hash * 31 + id.data[i];
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
slot_of(tls_session_cache *cache, tls_bytes id)
{
    struct entry **slot = &cache->buckets[bucket_of(cache, id)];

    while (*slot != NULL &&
           !tls_bytes_equal(tls_bytes_make((*slot)->session->id, (*slot)->session->id_length), id))
        slot = &(*slot)->chained;
    return slot;
}

static void
remove_slot(tls_session_cache *cache, struct entry **slot)
{
    struct entry *entry = *slot;

    *slot = entry->chained;
    unlink_use(cache, entry);
    cache->count--;
    tls_session_release(entry->session);
    free(entry);
}

void
tls_session_cache_store(tls_session_cache *cache, const tls_session *session)
{
    tls_bytes id = tls_bytes_make(session->id, session->id_length);
    struct entry **slot;
    struct entry *entry;

    if (cache->capacity == 0 || session->id_length == 0)
        return;
    slot = slot_of(cache, id);
    if (*slot != NULL)
        remove_slot(cache, slot);
    while (cache->count >= cache->capacity)
        tls_session_cache_remove(
            cache, tls_bytes_make(cache->oldest->session->id, cache->oldest->session->id_length));
    entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return;
    slot = &cache->buckets[bucket_of(cache, id)];
    entry->session = tls_session_retain(session);
    entry->chained = *slot;
    *slot = entry;
    link_newest(cache, entry);
    cache->count++;
}

tls_session *
tls_session_cache_find(tls_session_cache *cache, tls_bytes id, int64_t now)
{
    struct entry **slot = slot_of(cache, id);

    if (*slot == NULL)
        return NULL;
    if ((*slot)->session->expires <= now) {
        remove_slot(cache, slot);
        return NULL;
    }
    unlink_use(cache, *slot);
    link_newest(cache, *slot);
    return (*slot)->session;
}

void
tls_session_cache_remove(tls_session_cache *cache, tls_bytes id)
{
    struct entry **slot = slot_of(cache, id);

    if (*slot != NULL)
        remove_slot(cache, slot);
}

void
tls_session_cache_clear(tls_session_cache *cache)
{
    while (cache->oldest != NULL)
        tls_session_cache_remove(
            cache, tls_bytes_make(cache->oldest->session->id, cache->oldest->session->id_length));
}

size_t
tls_session_cache_count(const tls_session_cache *cache)
{
    return cache->count;
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

/* verdict_cache.c - see verdict_cache.h. */
#include "x509/verdict_cache.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"

#define KEY_LENGTH br_sha256_SIZE
#define FROM_TRUST 255 /* an origin: TLS_CHAIN_MAXIMUM and up are no index */

typedef struct entry {
    unsigned char key[KEY_LENGTH];
    int64_t from, until; /* both included */
    uint64_t used;       /* when, by the cache's count; 0: free */
    /* The path, as places in the chain. What ends it may be a certificate of the trust store, which
     * keeps all that it ever had. */
    size_t length;
    unsigned char origin[TLS_PATH_MAXIMUM];
    const tls_certificate *anchor;
} entry;

struct tls_verdict_cache {
    const tls_trust_store *trust;
    size_t size;
    uint64_t uses;
    uint64_t generation; /* of the trust store when the entries were made */
    entry *entries;      /* made for the first verdict */
};

tls_verdict_cache *
tls_verdict_cache_new(const tls_trust_store *trust, size_t size)
{
    tls_verdict_cache *cache = calloc(1, sizeof *cache);

    if (cache == NULL)
        return NULL;
    cache->trust = trust;
    cache->size = size;
    return cache;
}

void
tls_verdict_cache_free(tls_verdict_cache *cache)
{
    if (cache == NULL)
        return;
    free(cache->entries);
    free(cache);
}

/* ---- What an entry is found by ---- */

/* may_remember: nothing that has a time of its own has a say. A staple that must come when the leaf
 * says so is decided by the leaf where none came. */
static int
may_remember(const tls_verdict_cache *cache, const tls_verify_request *in)
{
    return in->count > 0 && in->count <= TLS_CHAIN_MAXIMUM && in->trust != NULL &&
           in->trust == cache->trust && in->crl_count == 0 && in->ocsp_response_count == 0 &&
           in->revocation == TLS_REVOCATION_IF_KNOWN && in->staple != TLS_STAPLE_REQUIRED &&
           !in->demands_only;
}

static void
digest_number(br_sha256_context *digest, uint64_t value)
{
    unsigned char bytes[8];
    size_t i;

    for (i = sizeof bytes; i-- > 0; value >>= 8)
        bytes[i] = (unsigned char)value;
    tls_sha256_update(digest, bytes, sizeof bytes);
}

static void
digest_bytes(br_sha256_context *digest, const void *data, size_t length)
{
    digest_number(digest, length);
    if (length > 0)
        tls_sha256_update(digest, data, length);
}

/* make_key: every field of the request but for trust (find_generation), time (is_timely), what
 * may_remember excludes, and the budget, which no good verdict depends on. */
static void
make_key(unsigned char key[KEY_LENGTH], const tls_verify_request *in)
{
    br_sha256_context digest;
    size_t i;

    tls_sha256_init(&digest);
    digest_number(&digest, in->count);
    for (i = 0; i < in->count; i++)
        digest_bytes(&digest, in->chain[i]->der.data, in->chain[i]->der.length);
    digest_number(&digest, in->server_name != NULL);
    if (in->server_name != NULL)
        digest_bytes(&digest, in->server_name, strlen(in->server_name));
    digest_number(&digest, (uint64_t)in->no_server_name);
    digest_number(&digest, (uint64_t)in->purpose);
    digest_number(&digest, in->verify_depth);
    digest_number(&digest, (uint64_t)in->no_intermediates);
    digest_number(&digest, in->min_rsa_bits);
    digest_number(&digest, (uint64_t)in->allow_sha1);
    digest_number(&digest, (uint64_t)in->clock_skew);
    digest_number(&digest, (uint64_t)in->staple);
    digest_bytes(&digest, in->pins, in->pin_count * sizeof *in->pins);
    tls_sha256_out(&digest, key);
}

/* ---- Finding ---- */

/* find_generation forgets what was judged by other contents of the trust store. */
static void
find_generation(tls_verdict_cache *cache)
{
    uint64_t generation = tls_trust_store_generation(cache->trust);

    if (cache->entries != NULL && generation != cache->generation)
        memset(cache->entries, 0, cache->size * sizeof *cache->entries);
    cache->generation = generation;
}

static entry *
find(tls_verdict_cache *cache, const unsigned char key[KEY_LENGTH])
{
    size_t i;

    for (i = 0; cache->entries != NULL && i < cache->size; i++)
        if (cache->entries[i].used != 0 && memcmp(cache->entries[i].key, key, KEY_LENGTH) == 0)
            return &cache->entries[i];
    return NULL;
}

static int
is_timely(const entry *e, int64_t time)
{
    return time >= e->from && time <= e->until;
}

/* repeat says again what tls_verify said of an equal chain: its path leads through the certificates
 * at hand. */
static void
repeat(tls_verdict *out, const tls_verify_request *in, const entry *e)
{
    size_t i;

    memset(out, 0, sizeof *out);
    for (i = 0; i < e->length; i++)
        out->path[i] = e->origin[i] == FROM_TRUST ? e->anchor : in->chain[e->origin[i]];
    out->path_count = e->length;
    if (in->budget != NULL) {
        out->signature_checks = in->budget->checks;
        out->signature_cost = in->budget->cost;
    }
}

/* ---- Remembering ---- */

/* trace fills the path, and from when until when it is valid. Returns 0 for one that is not valid
 * now but for the clock skew, or that has the trust store in its middle. */
static int
trace(entry *e, const tls_verdict *verdict, const tls_verify_request *in)
{
    size_t i, j;

    e->from = in->time;
    e->until =
        in->time <= INT64_MAX - TLS_VERDICT_SECONDS ? in->time + TLS_VERDICT_SECONDS : INT64_MAX;
    e->length = verdict->path_count;
    for (i = 0; i < verdict->path_count; i++) {
        const tls_certificate *certificate = verdict->path[i];

        if (in->time < certificate->not_before || in->time > certificate->not_after)
            return 0;
        if (e->until > certificate->not_after)
            e->until = certificate->not_after;
        for (j = 0; j < in->count && in->chain[j] != certificate; j++)
            continue;
        e->origin[i] = j < in->count ? (unsigned char)j : FROM_TRUST;
        if (j < in->count)
            continue;
        if (i + 1 < verdict->path_count)
            return 0;
        e->anchor = certificate;
    }
    return verdict->path_count > 0;
}

/* place_for: a free one, or that which was not used for longest. */
static entry *
place_for(tls_verdict_cache *cache)
{
    entry *oldest;
    size_t i;

    if (cache->entries == NULL)
        cache->entries = calloc(cache->size, sizeof *cache->entries);
    if (cache->entries == NULL)
        return NULL;
    oldest = &cache->entries[0];
    for (i = 1; i < cache->size; i++)
        if (cache->entries[i].used < oldest->used)
            oldest = &cache->entries[i];
    return oldest;
}

/* remember: without memory it is not. `old` is what was found by the key, and no longer holds. */
static void
remember(tls_verdict_cache *cache, entry *old, const unsigned char key[KEY_LENGTH],
    const tls_verdict *verdict, const tls_verify_request *in)
{
    entry made, *place;

    memset(&made, 0, sizeof made);
    if (!trace(&made, verdict, in))
        return;
    place = old != NULL ? old : place_for(cache);
    if (place == NULL)
        return;
    memcpy(made.key, key, KEY_LENGTH);
    made.used = ++cache->uses;
    *place = made;
}

enum tls_reason
tls_verify_cached(
    tls_verdict_cache *cache, tls_verdict *out, const tls_verify_request *in, int *found)
{
    unsigned char key[KEY_LENGTH];
    entry *known;

    *found = 0;
    if (cache == NULL || !may_remember(cache, in))
        return tls_verify(out, in);
    find_generation(cache);
    make_key(key, in);
    known = find(cache, key);
    if (known != NULL && is_timely(known, in->time)) {
        known->used = ++cache->uses;
        repeat(out, in, known);
        *found = 1;
        return TLS_OK;
    }
    if (tls_verify(out, in) == TLS_OK)
        remember(cache, known, key, out, in);
    return out->reason;
}

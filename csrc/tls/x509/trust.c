/* trust.c - see trust.h. An array in order of adding, and two hash tables with open addressing that
 * hold indexes into it: one by subject (equal keys follow each other in probe order), one by the
 * whole DER. */
#include "x509/trust.h"

#include <stdlib.h>
#include <string.h>

#include "asn1/pem.h"

typedef struct contents {
    tls_certificate **items;
    size_t count;
    size_t capacity;
    uint32_t *by_subject; /* index + 1, or 0 */
    uint32_t *by_der;
    size_t table_size; /* a power of two, at least twice `count` */
} contents;

struct tls_trust_store {
    unsigned references;
    uint64_t generation;
    contents now;
    /* What replacements dropped: lookups gave it away without a count, so it stays. */
    contents dropped;
};

/* FNV-1a. Only local, trusted bytes fill the table, so a peer cannot make it collide. The end of a
 * certificate is its signature, as good as random. */
static uint32_t
hash_der(tls_bytes der)
{
    uint32_t hash = 2166136261u;
    size_t i;

    for (i = der.length < 16 ? 0 : der.length - 16; i < der.length; i++)
        hash = (hash ^ der.data[i]) * 16777619u;
    return hash ^ hash >> 15;
}

/* The beginning of the digest of a name. */
static uint32_t
hash_name(const unsigned char digest[TLS_NAME_DIGEST_LENGTH])
{
    return tls_get16(digest) << 16 | tls_get16(digest + 2);
}

enum tls_reason
tls_trust_store_new(tls_trust_store **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    (*out)->references = 1;
    return TLS_OK;
}

tls_trust_store *
tls_trust_store_retain(tls_trust_store *store)
{
    store->references++;
    return store;
}

static void
contents_release(contents *c)
{
    size_t i;

    for (i = 0; i < c->count; i++)
        tls_certificate_release(c->items[i]);
    free(c->items);
    free(c->by_subject);
    free(c->by_der);
}

void
tls_trust_store_release(tls_trust_store *store)
{
    if (store == NULL || --store->references != 0)
        return;
    contents_release(&store->now);
    contents_release(&store->dropped);
    free(store);
}

static void
insert(uint32_t *table, size_t size, uint32_t hash, size_t index)
{
    size_t slot = hash & (size - 1);

    while (table[slot] != 0)
        slot = (slot + 1) & (size - 1);
    table[slot] = (uint32_t)(index + 1);
}

static int
grow(contents *c)
{
    size_t capacity = c->capacity ? c->capacity * 2 : 16;
    size_t size = capacity * 2, i;
    tls_certificate **items;
    uint32_t *by_subject, *by_der;

    if (capacity > UINT32_MAX / 64)
        return 0;
    items = realloc(c->items, capacity * sizeof *items);
    if (items == NULL)
        return 0;
    c->items = items;
    by_subject = calloc(size, sizeof *by_subject);
    by_der = calloc(size, sizeof *by_der);
    if (by_subject == NULL || by_der == NULL) {
        free(by_subject);
        free(by_der);
        return 0;
    }
    for (i = 0; i < c->count; i++) {
        insert(by_subject, size, hash_name(items[i]->subject_digest), i);
        insert(by_der, size, hash_der(items[i]->der), i);
    }
    free(c->by_subject);
    free(c->by_der);
    c->by_subject = by_subject;
    c->by_der = by_der;
    c->table_size = size;
    c->capacity = capacity;
    return 1;
}

static tls_certificate *
contains(const contents *c, tls_bytes der)
{
    size_t slot;
    uint32_t entry;

    if (c->count == 0 || der.length == 0)
        return NULL;
    slot = hash_der(der) & (c->table_size - 1);
    while ((entry = c->by_der[slot]) != 0) {
        if (tls_bytes_equal(c->items[entry - 1]->der, der))
            return c->items[entry - 1];
        slot = (slot + 1) & (c->table_size - 1);
    }
    return NULL;
}

/* add takes a count of its own. Returns 0 without memory. */
static int
add(contents *c, tls_certificate *certificate)
{
    if (contains(c, certificate->der) != NULL)
        return 1;
    if (c->count == c->capacity && !grow(c))
        return 0;
    c->items[c->count] = tls_certificate_retain(certificate);
    insert(c->by_subject, c->table_size, hash_name(certificate->subject_digest), c->count);
    insert(c->by_der, c->table_size, hash_der(certificate->der), c->count);
    c->count++;
    return 1;
}

const tls_certificate *
tls_trust_store_contains(const tls_trust_store *store, tls_bytes der)
{
    return contains(&store->now, der);
}

const tls_certificate *
tls_trust_store_find(const tls_trust_store *store, size_t *position,
    const unsigned char subject_digest[TLS_NAME_DIGEST_LENGTH])
{
    const contents *c = &store->now;
    uint32_t hash, entry;
    size_t mask;

    if (c->count == 0)
        return NULL;
    hash = hash_name(subject_digest);
    mask = c->table_size - 1;
    while ((entry = c->by_subject[(hash + *position) & mask]) != 0) {
        (*position)++;
        if (memcmp(c->items[entry - 1]->subject_digest, subject_digest, TLS_NAME_DIGEST_LENGTH) ==
            0)
            return c->items[entry - 1];
    }
    return NULL;
}

enum tls_reason
tls_trust_store_add(tls_trust_store *store, tls_certificate *certificate)
{
    if (!add(&store->now, certificate))
        return TLS_REASON_OUT_OF_MEMORY;
    store->generation++;
    return TLS_OK;
}

uint64_t
tls_trust_store_generation(const tls_trust_store *store)
{
    return store->generation;
}

size_t
tls_trust_store_count(const tls_trust_store *store)
{
    return store->now.count;
}

tls_certificate *
tls_trust_store_at(const tls_trust_store *store, size_t index)
{
    return index < store->now.count ? store->now.items[index] : NULL;
}

/* Objects keep their identity: what the store has, or had, is taken instead of the replacement's
 * copy, so that reloading the same files again and again drops nothing. */
enum tls_reason
tls_trust_store_replace(tls_trust_store *store, const tls_trust_store *replacement)
{
    contents next;
    tls_certificate *item, *same;
    size_t i;

    if (store == replacement)
        return TLS_OK;
    memset(&next, 0, sizeof next);
    for (i = 0; i < replacement->now.count; i++) {
        item = replacement->now.items[i];
        same = contains(&store->now, item->der);
        if (same == NULL)
            same = contains(&store->dropped, item->der);
        if (!add(&next, same != NULL ? same : item))
            goto no_memory;
    }
    for (i = 0; i < store->now.count; i++)
        if (contains(&next, store->now.items[i]->der) == NULL &&
            !add(&store->dropped, store->now.items[i]))
            goto no_memory;
    contents_release(&store->now);
    store->now = next;
    store->generation++;
    return TLS_OK;
no_memory:
    contents_release(&next);
    return TLS_REASON_OUT_OF_MEMORY;
}

static enum tls_reason
load_one(tls_trust_store *store, tls_trust_load_result *result, tls_bytes der)
{
    tls_certificate *certificate;
    enum tls_reason reason;

    if (der.length != 0 && tls_trust_store_contains(store, der) != NULL) {
        result->duplicates++;
        return TLS_OK;
    }
    reason = tls_certificate_from_der(&certificate, der);
    if (reason == TLS_REASON_BAD_CERTIFICATE) {
        result->skipped++;
        return TLS_OK;
    }
    if (reason != TLS_OK)
        return reason;
    reason = tls_trust_store_add(store, certificate);
    tls_certificate_release(certificate);
    if (reason == TLS_OK)
        result->added++;
    return reason;
}

static enum tls_reason
load_pem(tls_trust_store *store, tls_trust_load_result *result, tls_bytes bytes)
{
    tls_pem pem;
    tls_pem_block block;
    tls_buffer der = {NULL, 0, 0, 0};
    tls_bytes contents;
    enum tls_reason reason = TLS_OK;

    tls_pem_init(&pem, bytes);
    while (reason == TLS_OK && tls_pem_next(&pem, &block, &der))
        if (tls_certificate_block(&contents, block.label, tls_buffer_view(&der)))
            reason = load_one(store, result, contents);
    if (der.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    tls_buffer_release(&der);
    return reason;
}

enum tls_reason
tls_trust_store_load(tls_trust_store *store, tls_trust_load_result *result, tls_bytes bytes)
{
    tls_trust_load_result local;
    enum tls_reason reason;

    if (result == NULL)
        result = &local;
    memset(result, 0, sizeof *result);
    if (tls_pem_looks_like(bytes))
        reason = load_pem(store, result, bytes);
    else if (bytes.length != 0 && bytes.data[0] == TLS_DER_SEQUENCE)
        reason = load_one(store, result, bytes);
    else
        reason = TLS_REASON_BAD_PEM;
    if (reason == TLS_OK && result->added + result->duplicates == 0)
        reason = result->skipped != 0 ? TLS_REASON_BAD_CERTIFICATE : TLS_REASON_BAD_PEM;
    return reason;
}

enum tls_reason
tls_trust_store_load_files(
    tls_trust_store *store, tls_trust_load_result *result, const tls_bytes *files, size_t count)
{
    tls_trust_load_result local, one;
    enum tls_reason reason;
    size_t i;

    if (result == NULL)
        result = &local;
    memset(result, 0, sizeof *result);
    for (i = 0; i < count; i++) {
        reason = tls_trust_store_load(store, &one, files[i]);
        result->added += one.added;
        result->duplicates += one.duplicates;
        result->skipped += one.skipped;
        if (reason == TLS_REASON_BAD_PEM || reason == TLS_REASON_BAD_CERTIFICATE)
            result->unusable++;
        else if (reason != TLS_OK)
            return reason;
    }
    if (result->added + result->duplicates == 0)
        return result->skipped != 0 ? TLS_REASON_BAD_CERTIFICATE : TLS_REASON_BAD_PEM;
    return TLS_OK;
}

/* trust.c - see trust.h. An array in order of adding, and two hash tables with open addressing that
 * hold indexes into it: one by subject (equal keys follow each other in probe order), one by the
 * whole DER. */
#include "trust.h"

#include <stdlib.h>
#include <string.h>

#include "pem.h"

struct tls_trust_store {
    unsigned references;
    tls_certificate **items;
    uint32_t *hashes; /* of the subject of each item */
    size_t count;
    size_t capacity;
    uint32_t *by_subject; /* index + 1, or 0 */
    uint32_t *by_der;
    size_t table_size; /* a power of two, at least twice `count` */
};

/* FNV-1a. Only local, trusted bytes fill the table, so a peer cannot make it collide. */
static uint32_t
hash_bytes(tls_bytes bytes)
{
    uint32_t hash = 2166136261u;
    size_t i;

    for (i = 0; i < bytes.length; i++)
        hash = (hash ^ bytes.data[i]) * 16777619u;
    return hash ^ hash >> 15;
}

/* The end of a certificate is its signature, as good as random. */
static uint32_t
hash_der(tls_bytes der)
{
    size_t length = der.length < 16 ? der.length : 16;

    return hash_bytes(tls_bytes_make(der.data + der.length - length, length));
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

void
tls_trust_store_release(tls_trust_store *store)
{
    size_t i;

    if (store == NULL || --store->references != 0)
        return;
    for (i = 0; i < store->count; i++)
        tls_certificate_release(store->items[i]);
    free(store->items);
    free(store->hashes);
    free(store->by_subject);
    free(store->by_der);
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
grow(tls_trust_store *store)
{
    size_t capacity = store->capacity ? store->capacity * 2 : 16;
    size_t size = capacity * 2, i;
    tls_certificate **items;
    uint32_t *hashes, *by_subject, *by_der;

    if (capacity > UINT32_MAX / 64)
        return 0;
    items = realloc(store->items, capacity * sizeof *items);
    if (items == NULL)
        return 0;
    store->items = items;
    hashes = realloc(store->hashes, capacity * sizeof *hashes);
    if (hashes == NULL)
        return 0;
    store->hashes = hashes;
    by_subject = calloc(size, sizeof *by_subject);
    by_der = calloc(size, sizeof *by_der);
    if (by_subject == NULL || by_der == NULL) {
        free(by_subject);
        free(by_der);
        return 0;
    }
    for (i = 0; i < store->count; i++) {
        insert(by_subject, size, hashes[i], i);
        insert(by_der, size, hash_der(items[i]->der), i);
    }
    free(store->by_subject);
    free(store->by_der);
    store->by_subject = by_subject;
    store->by_der = by_der;
    store->table_size = size;
    store->capacity = capacity;
    return 1;
}

const tls_certificate *
tls_trust_store_contains(const tls_trust_store *store, tls_bytes der)
{
    size_t slot;
    uint32_t entry;

    if (store->count == 0)
        return NULL;
    slot = hash_der(der) & (store->table_size - 1);
    while ((entry = store->by_der[slot]) != 0) {
        if (tls_bytes_equal(store->items[entry - 1]->der, der))
            return store->items[entry - 1];
        slot = (slot + 1) & (store->table_size - 1);
    }
    return NULL;
}

const tls_certificate *
tls_trust_store_find(const tls_trust_store *store, size_t *position, tls_bytes subject)
{
    uint32_t hash, entry;
    size_t mask;

    if (store->count == 0)
        return NULL;
    hash = hash_bytes(subject);
    mask = store->table_size - 1;
    while ((entry = store->by_subject[(hash + *position) & mask]) != 0) {
        (*position)++;
        if (store->hashes[entry - 1] == hash &&
            tls_bytes_equal(store->items[entry - 1]->subject, subject))
            return store->items[entry - 1];
    }
    return NULL;
}

enum tls_reason
tls_trust_store_add(tls_trust_store *store, tls_certificate *certificate)
{
    if (tls_trust_store_contains(store, certificate->der) != NULL)
        return TLS_OK;
    if (store->count == store->capacity && !grow(store))
        return TLS_REASON_OUT_OF_MEMORY;
    store->items[store->count] = tls_certificate_retain(certificate);
    store->hashes[store->count] = hash_bytes(certificate->subject);
    insert(store->by_subject, store->table_size, store->hashes[store->count], store->count);
    insert(store->by_der, store->table_size, hash_der(certificate->der), store->count);
    store->count++;
    return TLS_OK;
}

size_t
tls_trust_store_count(const tls_trust_store *store)
{
    return store->count;
}

tls_certificate *
tls_trust_store_at(const tls_trust_store *store, size_t index)
{
    return index < store->count ? store->items[index] : NULL;
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

/* OpenSSL's "TRUSTED CERTIFICATE" is a certificate followed by OpenSSL's own notes. */
static tls_bytes
first_element(tls_bytes bytes)
{
    tls_der der;

    tls_der_init(&der, bytes);
    return tls_der_read_whole(&der, TLS_DER_SEQUENCE);
}

static enum tls_reason
load_pem(tls_trust_store *store, tls_trust_load_result *result, tls_bytes bytes)
{
    tls_pem pem;
    tls_pem_block block;
    tls_buffer der = {NULL, 0, 0, 0};
    enum tls_reason reason = TLS_OK;

    tls_pem_init(&pem, bytes);
    while (reason == TLS_OK && tls_pem_next(&pem, &block, &der)) {
        if (tls_bytes_equal_string(block.label, "TRUSTED CERTIFICATE"))
            reason = load_one(store, result, first_element(tls_buffer_view(&der)));
        else if (tls_bytes_equal_string(block.label, "CERTIFICATE") ||
                 tls_bytes_equal_string(block.label, "X509 CERTIFICATE"))
            reason = load_one(store, result, tls_buffer_view(&der));
    }
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

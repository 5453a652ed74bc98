/* master.c - the extended master secret (RFC 7627) over BearSSL, which knows only the old
 * one.
 *
 * BearSSL calls the PRF through pointers in its engine; these wrappers stand there. A PRF call has
 * no context argument, but its seed points into the engine that calls: that is how a wrapper finds
 * it, without globals. */
#include <stddef.h>
#include <string.h>

#include "crypto/prf.h"
#include "tls12/internal.h"

static tls12_engine *
engine_of(const void *member, size_t offset)
{
    return (
        tls12_engine *)(uintptr_t)((const char *)member - offset - offsetof(tls12_engine, bearssl));
}

/* derive computes the master secret of RFC 7627 section 4. */
static void
derive(tls12_engine *e, br_tls_prf_impl prf, void *master, const void *premaster, size_t length)
{
    br_tls_prf_seed_chunk seed;

    seed.data = e->session_hash;
    seed.len = e->session_hash_length;
    prf(master, TLS_MASTER_SECRET_LENGTH, premaster, length, "extended master secret", 1, &seed);
}

static void
wrap(br_tls_prf_impl prf, void *out, size_t length, const void *secret, size_t secret_length,
    const char *label, size_t seed_count, const br_tls_prf_seed_chunk *seed)
{
    tls12_engine *e;
    size_t whole;

    if (strcmp(label, "master secret") == 0) {
        e = engine_of(seed[0].data, offsetof(br_ssl_engine_context, client_random));
        if (e->dhe != NULL) {
            secret = e->dhe->secret;
            secret_length = e->dhe->secret_length;
        }
        if (e->extended && e->session_hash_length > 0) {
            derive(e, prf, out, secret, secret_length);
            return;
        }
        if (e->extended && (e->dhe != NULL || secret_length <= sizeof e->premaster_kept)) {
            /* A client computes its secret before its ClientKeyExchange is written, and the session
             * hash covers that message: keep the premaster secret until the keys are needed. */
            if (e->dhe == NULL)
                memcpy(e->premaster_kept, secret, secret_length);
            e->premaster_kept_length = secret_length;
            memset(out, 0, length);
            return;
        }
    } else if (strcmp(label, "key expansion") == 0) {
        e = engine_of(seed[0].data, offsetof(br_ssl_engine_context, server_random));
        if (e->premaster_kept_length > 0) {
            derive(e, prf, tls12_core(e)->session.master_secret,
                e->dhe != NULL ? e->dhe->secret : e->premaster_kept, e->premaster_kept_length);
            tls_wipe(e->premaster_kept, sizeof e->premaster_kept);
            e->premaster_kept_length = 0;
        }
        /* BearSSL derives the same key block once for each direction. */
        whole = length + tls12_hidden_key_bytes(e);
        if (whole > sizeof e->key_block)
            e->key_block_length = 0;
        else if (e->key_block_length != whole) {
            prf(e->key_block, whole, secret, secret_length, label, seed_count, seed);
            e->key_block_length = whole;
        }
        if (e->key_block_length == whole) {
            memcpy(out, e->key_block, length);
            return;
        }
    }
    prf(out, length, secret, secret_length, label, seed_count, seed);
}

static void
prf_10(void *out, size_t length, const void *secret, size_t secret_length, const char *label,
    size_t seed_count, const br_tls_prf_seed_chunk *seed)
{
    wrap(&br_tls10_prf, out, length, secret, secret_length, label, seed_count, seed);
}

static void
prf_sha256(void *out, size_t length, const void *secret, size_t secret_length, const char *label,
    size_t seed_count, const br_tls_prf_seed_chunk *seed)
{
    wrap(&tls_prf_sha256, out, length, secret, secret_length, label, seed_count, seed);
}

static void
prf_sha384(void *out, size_t length, const void *secret, size_t secret_length, const char *label,
    size_t seed_count, const br_tls_prf_seed_chunk *seed)
{
    wrap(&tls_prf_sha384, out, length, secret, secret_length, label, seed_count, seed);
}

void
tls12_set_prf(br_ssl_engine_context *engine, int below_12)
{
    br_ssl_engine_set_prf_sha256(engine, prf_sha256);
    br_ssl_engine_set_prf_sha384(engine, prf_sha384);
    if (below_12)
        br_ssl_engine_set_prf10(engine, prf_10);
}

void
tls12_note_session_hash(tls12_engine *e, tls_bytes pending)
{
    br_multihash_context transcript = e->transcript;
    const tls_suite *suite = tls_suite_find(e->handshake->facts.suite);

    br_multihash_update(&transcript, pending.data, pending.length);
    if (e->handshake->facts.version >= TLS_VERSION_12) {
        e->session_hash_length = br_multihash_out(
            &transcript, suite != NULL ? (int)suite->prf_hash : TLS_HASH_SHA256, e->session_hash);
    } else {
        /* RFC 7627 section 3: below TLS 1.2 the concatenation of MD5 and SHA-1. */
        br_multihash_out(&transcript, TLS_HASH_MD5, e->session_hash);
        br_multihash_out(&transcript, TLS_HASH_SHA1, e->session_hash + br_md5_SIZE);
        e->session_hash_length = br_md5_SIZE + br_sha1_SIZE;
    }
}

void
tls12_keep_prf_hash(tls12_engine *e, unsigned version, const tls_suite *suite)
{
    int hash;

    if (suite == NULL || version < TLS_VERSION_12)
        return;
    for (hash = TLS_HASH_MD5; hash <= TLS_HASH_SHA512; hash++)
        if (hash != (int)suite->prf_hash && hash != (int)suite->mac_hash) {
            br_multihash_setimpl(&e->transcript, hash, NULL);
            br_multihash_setimpl(&tls12_core(e)->mhash, hash, NULL);
        }
}

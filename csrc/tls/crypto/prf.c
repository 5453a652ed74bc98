/* prf.c - see prf.h. The secrets have public lengths, so br_hmac_out's timing tells nothing. */
#include "crypto/prf.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"

#define HASH_MAXIMUM 48 /* SHA-384 */

static void
update_with_seed(
    br_hmac_context *hmac, const char *label, size_t seed_count, const br_tls_prf_seed_chunk *seed)
{
    size_t i;

    br_hmac_update(hmac, label, strlen(label));
    for (i = 0; i < seed_count; i++)
        br_hmac_update(hmac, seed[i].data, seed[i].len);
}

/* P_hash: A(0) is the seed, A(i) = HMAC(A(i-1)); the output is HMAC(A(i) + seed), i = 1, 2, … */
static void
p_hash(const br_hash_class *hash, unsigned char *out, size_t length, const void *secret,
    size_t secret_length, const char *label, size_t seed_count, const br_tls_prf_seed_chunk *seed)
{
    br_hmac_key_context key;
    br_hmac_context hmac;
    unsigned char a[HASH_MAXIMUM], block[HASH_MAXIMUM];
    size_t size = tls_hash_length(hash);

    br_hmac_key_init(&key, hash, secret, secret_length);
    br_hmac_init(&hmac, &key, 0);
    update_with_seed(&hmac, label, seed_count, seed);
    br_hmac_out(&hmac, a);
    while (length > 0) {
        size_t n = length < size ? length : size;

        br_hmac_init(&hmac, &key, 0);
        br_hmac_update(&hmac, a, size);
        update_with_seed(&hmac, label, seed_count, seed);
        br_hmac_out(&hmac, block);
        memcpy(out, block, n);
        out += n;
        length -= n;
        br_hmac_init(&hmac, &key, 0);
        br_hmac_update(&hmac, a, size);
        br_hmac_out(&hmac, a);
    }
    tls_wipe(&key, sizeof key);
    tls_wipe(&hmac, sizeof hmac);
    tls_wipe(a, sizeof a);
    tls_wipe(block, sizeof block);
}

void
tls_prf_sha256(void *out, size_t length, const void *secret, size_t secret_length,
    const char *label, size_t seed_count, const br_tls_prf_seed_chunk *seed)
{
    p_hash(tls_hash_class(TLS_HASH_SHA256), out, length, secret, secret_length, label, seed_count,
        seed);
}

void
tls_prf_sha384(void *out, size_t length, const void *secret, size_t secret_length,
    const char *label, size_t seed_count, const br_tls_prf_seed_chunk *seed)
{
    p_hash(tls_hash_class(TLS_HASH_SHA384), out, length, secret, secret_length, label, seed_count,
        seed);
}

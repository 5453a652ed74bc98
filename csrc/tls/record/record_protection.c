/* record_protection.c - see record_protection.h. */
#include "record/record_protection.h"

#include "crypto/hash.h"
#include "crypto/hkdf.h"
#include "wire/registry.h"

static void
start(tls_aead_context *aead, const tls_suite *suite, const unsigned char *traffic_secret)
{
    const br_hash_class *hash = tls_hash_class((int)suite->prf_hash);
    tls_bytes nothing = tls_bytes_make(NULL, 0);
    unsigned char key[TLS_AEAD_KEY_MAXIMUM], iv[TLS_AEAD_IV_LENGTH];

    tls_hkdf_expand_label(hash, key, suite->key_bits / 8, traffic_secret, "key", nothing);
    tls_hkdf_expand_label(hash, iv, sizeof iv, traffic_secret, "iv", nothing);
    tls_aead_start(aead, suite, key, iv);
    tls_wipe(key, sizeof key);
    tls_wipe(iv, sizeof iv);
}

void
tls_record_opener_protect(
    tls_record_opener *opener, const tls_suite *suite, const unsigned char *traffic_secret)
{
    tls_record_opener_wipe(opener);
    start(&opener->protection.aead, suite, traffic_secret);
    opener->protection.aead.vtable.in = &tls_aead_in_vtable;
    opener->version = TLS_VERSION_12;
    opener->is_13 = 1;
    opener->earlier_count += opener->count;
    opener->count = 0;
}

void
tls_record_sealer_protect(
    tls_record_sealer *sealer, const tls_suite *suite, const unsigned char *traffic_secret)
{
    tls_record_sealer_wipe(sealer);
    start(&sealer->protection.aead, suite, traffic_secret);
    sealer->protection.aead.vtable.out = &tls_aead_out_vtable;
    sealer->version = TLS_VERSION_12;
    sealer->is_13 = 1;
    sealer->earlier_count += sealer->count;
    sealer->count = 0;
}

uint64_t
tls_record_limit(const tls_suite *suite)
{
    /* AES: 2^24.5 records for GCM (RFC 8446 section 5.5), 2^23 for CCM (RFC 9147 section 4.5.3).
     * The limit of ChaCha20-Poly1305 lies behind the last sequence number: it stops well before. */
    return (uint64_t)1 << (suite->cipher == TLS_CIPHER_AES ? 23 : 36);
}

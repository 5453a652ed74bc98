/* hpke.c - see hpke.h. Lengths are public, and nothing here branches on a secret. */
#include "crypto/hpke.h"

#include <bearssl.h>
#include <string.h>

#include "base/declassify.h"
#include "crypto/hash.h"
#include "kernel/kernel.h"
#include "wire/registry.h"

#define HASH_LENGTH 32
#define X25519_LENGTH 32

/* What a label is bound to: "KEM" and its number, or "HPKE" and all three (sections 4.1 and 5.1).
 */
typedef struct suite_id {
    unsigned char bytes[10];
    size_t length;
} suite_id;

/* ---- Labelled HKDF (section 4) ---- */

/* hmac_parts: HMAC-SHA256 of the parts one behind the other. */
static void
hmac_parts(unsigned char out[HASH_LENGTH], tls_bytes secret, const tls_bytes *parts, size_t count)
{
    br_hmac_key_context key;
    br_hmac_context hmac;
    size_t i;

    br_hmac_key_init(&key, tls_hash_class(TLS_HASH_SHA256),
        secret.length > 0 ? (const void *)secret.data : "", secret.length);
    br_hmac_init(&hmac, &key, 0);
    for (i = 0; i < count; i++)
        br_hmac_update(&hmac, parts[i].data, parts[i].length);
    br_hmac_out(&hmac, out);
    tls_wipe(&hmac, sizeof hmac);
    tls_wipe(&key, sizeof key);
}

static void
labeled_extract(unsigned char out[HASH_LENGTH], const suite_id *id, tls_bytes salt,
    const char *label, tls_bytes ikm)
{
    const tls_bytes parts[] = {tls_bytes_of_string("HPKE-v1"),
        tls_bytes_make(id->bytes, id->length), tls_bytes_of_string(label), ikm};

    hmac_parts(out, salt, parts, 4);
}

/* labeled_expand: `length` is at most one block of the hash, which is all that is asked for here.
 */
static void
labeled_expand(unsigned char *out, size_t length, const suite_id *id,
    const unsigned char secret[HASH_LENGTH], const char *label, tls_bytes info)
{
    static const unsigned char first = 1;
    const unsigned char size[2] = {0, (unsigned char)length};
    unsigned char block[HASH_LENGTH];
    const tls_bytes parts[] = {tls_bytes_make(size, sizeof size), tls_bytes_of_string("HPKE-v1"),
        tls_bytes_make(id->bytes, id->length), tls_bytes_of_string(label), info,
        tls_bytes_make(&first, 1)};

    hmac_parts(block, tls_bytes_make(secret, HASH_LENGTH), parts, 6);
    memcpy(out, block, length);
    tls_wipe(block, sizeof block);
}

/* ---- Keys ---- */

unsigned
tls_hpke_group(unsigned kem)
{
    switch (kem) {
    case TLS_HPKE_DHKEM_X25519:
        return TLS_GROUP_X25519;
    case TLS_HPKE_DHKEM_P256:
        return TLS_GROUP_SECP256R1;
    default:
        return 0;
    }
}

static size_t
key_length(unsigned aead)
{
    switch (aead) {
    case TLS_HPKE_AES_128_GCM:
        return 16;
    case TLS_HPKE_AES_256_GCM:
    case TLS_HPKE_CHACHA20_POLY1305:
        return 32;
    default:
        return 0;
    }
}

int
tls_hpke_supported(tls_hpke_suite suite)
{
    unsigned group = tls_hpke_group(suite.kem);

    return group != 0 && tls_group_supported(group) && suite.kdf == TLS_HPKE_HKDF_SHA256 &&
           key_length(suite.aead) != 0;
}

static void
copy_reversed(unsigned char *out, const unsigned char *in, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++)
        out[i] = in[length - 1 - i];
}

/* scalars_are_reversed: RFC 7748 has X25519's scalars in little-endian order, BearSSL 0.6 too, and
 * other versions of it in big-endian order. Which this is shows in the first key of RFC 7748
 * section 6.1. */
static int
scalars_are_reversed(void)
{
    static const unsigned char secret[X25519_LENGTH] = {0x77, 0x07, 0x6D, 0x0A, 0x73, 0x18, 0xA5,
        0x7D, 0x3C, 0x16, 0xC1, 0x72, 0x51, 0xB2, 0x66, 0x45, 0xDF, 0x4C, 0x2F, 0x87, 0xEB, 0xC0,
        0x99, 0x2A, 0xB1, 0x77, 0xFB, 0xA5, 0x1D, 0xB9, 0x2C, 0x2A};
    static const unsigned char begin[] = {0x85, 0x20, 0xF0, 0x09, 0x89, 0x30, 0xA7, 0x54};
    unsigned char share[TLS_HPKE_PUBLIC_MAXIMUM];

    (void)tls_kernels_chosen()->curves.mulgen(share, secret, sizeof secret, TLS_GROUP_X25519);
    return memcmp(share, begin, sizeof begin) != 0;
}

enum tls_reason
tls_hpke_key_import(tls_key_exchange_key *key, unsigned kem, tls_bytes secret, tls_bytes public_key)
{
    const br_ec_impl *ec = &tls_kernels_chosen()->curves;
    unsigned group = tls_hpke_group(kem);

    memset(key, 0, sizeof *key);
    if (group == 0 || !tls_group_supported(group) || secret.length != TLS_HPKE_SECRET_LENGTH ||
        public_key.length != tls_group_share_length(group))
        return TLS_REASON_BAD_KEY;
    key->group = group;
    key->length = secret.length;
    if (group == TLS_GROUP_X25519 && scalars_are_reversed())
        copy_reversed(key->secret, secret.data, secret.length);
    else
        memcpy(key->secret, secret.data, secret.length);
    key->public_length = ec->mulgen(key->public_share, key->secret, key->length, (int)group);
    TLS_DECLASSIFY(key->public_share, sizeof key->public_share);
    if (tls_bytes_equal(tls_key_exchange_share(key), public_key))
        return TLS_OK;
    tls_key_exchange_wipe(key);
    return TLS_REASON_BAD_KEY;
}

void
tls_hpke_key_export(const tls_key_exchange_key *key, unsigned char secret[TLS_HPKE_SECRET_LENGTH])
{
    if (key->group == TLS_GROUP_X25519 && scalars_are_reversed())
        copy_reversed(secret, key->secret, TLS_HPKE_SECRET_LENGTH);
    else
        memcpy(secret, key->secret, TLS_HPKE_SECRET_LENGTH);
}

/* ---- Contexts ---- */

/* kem_secret: Encap and Decap of section 4.1 after their Diffie-Hellman. */
static enum tls_reason
kem_secret(unsigned char out[HASH_LENGTH], unsigned kem, const tls_key_exchange_key *key,
    tls_bytes other, tls_bytes enc, tls_bytes recipient)
{
    const suite_id id = {{'K', 'E', 'M', 0, (unsigned char)kem}, 5};
    unsigned char shared[TLS_SHARED_SECRET_MAXIMUM], prk[HASH_LENGTH];
    unsigned char both[2 * TLS_HPKE_PUBLIC_MAXIMUM];
    size_t length;
    enum tls_reason reason;

    if (tls_hpke_group(kem) == 0 || key->group != tls_hpke_group(kem))
        return TLS_REASON_ILLEGAL_PARAMETER;
    /* Refuses points that are not on the curve, and an all-zero result (section 7.1.4). */
    reason = tls_key_exchange_shared(key, shared, &length, other);
    if (reason != TLS_OK)
        return reason;
    memcpy(both, enc.data, enc.length);
    memcpy(both + enc.length, recipient.data, recipient.length);
    labeled_extract(prk, &id, tls_bytes_make(NULL, 0), "eae_prk", tls_bytes_make(shared, length));
    labeled_expand(out, HASH_LENGTH, &id, prk, "shared_secret",
        tls_bytes_make(both, enc.length + recipient.length));
    tls_wipe(shared, sizeof shared);
    tls_wipe(prk, sizeof prk);
    return TLS_OK;
}

/* schedule: KeySchedule of section 5.1 without a PSK. */
static void
schedule(
    tls_hpke *hpke, tls_hpke_suite suite, unsigned char shared_secret[HASH_LENGTH], tls_bytes info)
{
    const suite_id id = {{'H', 'P', 'K', 'E', 0, (unsigned char)suite.kem, 0,
                             (unsigned char)suite.kdf, 0, (unsigned char)suite.aead},
        10};
    const tls_bytes nothing = {NULL, 0};
    unsigned char context[1 + 2 * HASH_LENGTH], secret[HASH_LENGTH];
    const tls_bytes view = {context, sizeof context};

    context[0] = 0; /* mode_base */
    labeled_extract(context + 1, &id, nothing, "psk_id_hash", nothing);
    labeled_extract(context + 1 + HASH_LENGTH, &id, nothing, "info_hash", info);
    labeled_extract(secret, &id, tls_bytes_make(shared_secret, HASH_LENGTH), "secret", nothing);
    hpke->aead = suite.aead;
    hpke->sequence = 0;
    labeled_expand(hpke->key, key_length(suite.aead), &id, secret, "key", view);
    labeled_expand(hpke->base_nonce, sizeof hpke->base_nonce, &id, secret, "base_nonce", view);
    tls_wipe(secret, sizeof secret);
    tls_wipe(shared_secret, HASH_LENGTH);
}

/* set_up makes the context of either side, of its own key and the other's share. */
static enum tls_reason
set_up(tls_hpke *hpke, tls_hpke_suite suite, const tls_key_exchange_key *key, tls_bytes other,
    tls_bytes enc, tls_bytes recipient, tls_bytes info)
{
    unsigned char secret[HASH_LENGTH];
    enum tls_reason reason;

    memset(hpke, 0, sizeof *hpke);
    if (!tls_hpke_supported(suite))
        return TLS_REASON_ILLEGAL_PARAMETER;
    reason = kem_secret(secret, suite.kem, key, other, enc, recipient);
    if (reason == TLS_OK)
        schedule(hpke, suite, secret, info);
    return reason;
}

enum tls_reason
tls_hpke_sender(tls_hpke *hpke, tls_hpke_suite suite, const tls_key_exchange_key *ephemeral,
    tls_bytes recipient, tls_bytes info)
{
    return set_up(
        hpke, suite, ephemeral, recipient, tls_key_exchange_share(ephemeral), recipient, info);
}

enum tls_reason
tls_hpke_recipient(tls_hpke *hpke, tls_hpke_suite suite, const tls_key_exchange_key *key,
    tls_bytes enc, tls_bytes info)
{
    return set_up(hpke, suite, key, enc, enc, tls_key_exchange_share(key), info);
}

/* ---- Messages ---- */

static void
run(const tls_hpke *hpke, int encrypt, tls_bytes additional, unsigned char *data, size_t length,
    unsigned char tag[TLS_HPKE_TAG_LENGTH])
{
    const tls_kernels *kernels = tls_kernels_chosen();
    unsigned char nonce[TLS_HPKE_NONCE_LENGTH];
    tls_aes_gcm_key gcm;
    unsigned i;

    /* Section 5.2: the sequence number, in big-endian order, XOR the base nonce. */
    memcpy(nonce, hpke->base_nonce, sizeof nonce);
    for (i = 0; i < 8; i++)
        nonce[sizeof nonce - 1 - i] ^= (unsigned char)(hpke->sequence >> (8 * i));
    if (hpke->aead == TLS_HPKE_CHACHA20_POLY1305) {
        kernels->chacha20_poly1305(hpke->key, nonce, data, length, additional.data,
            additional.length, tag, kernels->chacha20, encrypt);
        return;
    }
    kernels->aes_gcm(&gcm, hpke->key, key_length(hpke->aead));
    gcm.run(&gcm, encrypt, nonce, additional, data, length, tag);
    tls_wipe(&gcm, sizeof gcm);
}

void
tls_hpke_seal(tls_hpke *hpke, tls_bytes additional, unsigned char *data, size_t length)
{
    run(hpke, 1, additional, data, length, data + length);
    hpke->sequence++;
}

int
tls_hpke_open(tls_hpke *hpke, tls_bytes additional, unsigned char *data, size_t length)
{
    unsigned char tag[TLS_HPKE_TAG_LENGTH];

    if (length < sizeof tag)
        return 0;
    length -= sizeof tag;
    run(hpke, 0, additional, data, length, tag);
    if (!tls_secret_equal(tag, data + length, sizeof tag)) {
        tls_wipe(data, length);
        return 0;
    }
    hpke->sequence++;
    return 1;
}

void
tls_hpke_wipe(tls_hpke *hpke)
{
    tls_wipe(hpke, sizeof *hpke);
}

/* key_schedule.c - see key_schedule.h. */
#include "tls13/key_schedule.h"

#include <string.h>

#define STAGE(name) TLS_KEY_SCHEDULE_##name
#define SECRET_COUNT (sizeof secrets / sizeof secrets[0])

/* RFC 8446 section 7.1, in the order of enum tls_secret. Key logs have the names of NSS. */
static const struct {
    enum tls_key_schedule_stage stage;
    int is_binder; /* derived from no messages */
    const char *label;
    const char *keylog_label;
} secrets[] = {
    {STAGE(EARLY), 1, "ext binder", NULL},
    {STAGE(EARLY), 1, "res binder", NULL},
    {STAGE(EARLY), 0, "c e traffic", "CLIENT_EARLY_TRAFFIC_SECRET"},
    {STAGE(EARLY), 0, "e exp master", "EARLY_EXPORTER_SECRET"},
    {STAGE(HANDSHAKE), 0, "c hs traffic", "CLIENT_HANDSHAKE_TRAFFIC_SECRET"},
    {STAGE(HANDSHAKE), 0, "s hs traffic", "SERVER_HANDSHAKE_TRAFFIC_SECRET"},
    {STAGE(MASTER), 0, "c ap traffic", "CLIENT_TRAFFIC_SECRET_0"},
    {STAGE(MASTER), 0, "s ap traffic", "SERVER_TRAFFIC_SECRET_0"},
    {STAGE(MASTER), 0, "exp master", "EXPORTER_SECRET"},
    {STAGE(MASTER), 0, "res master", NULL},
    {STAGE(EARLY), 1, "imp binder", NULL},
};

static const unsigned char zeros[TLS_SECRET_MAXIMUM];

static size_t
hash_bytes(const br_hash_class *hash, unsigned char *out, tls_bytes bytes)
{
    br_hash_compat_context context;

    hash->init(&context.vtable);
    hash->update(&context.vtable, bytes.data, bytes.length);
    hash->out(&context.vtable, out);
    return tls_hash_length(hash);
}

/* Derive-Secret(secret, label, Messages), given the hash of Messages, or NULL for none. */
static void
derive_secret(const br_hash_class *hash, unsigned char *out, const unsigned char *secret,
    const char *label, const unsigned char *transcript_hash)
{
    unsigned char empty_hash[TLS_SECRET_MAXIMUM];

    if (transcript_hash == NULL) {
        hash_bytes(hash, empty_hash, tls_bytes_make(NULL, 0));
        transcript_hash = empty_hash;
    }
    tls_hkdf_expand_label(hash, out, tls_hash_length(hash), secret, label,
        tls_bytes_make(transcript_hash, tls_hash_length(hash)));
}

static tls_bytes
or_zeros(const br_hash_class *hash, tls_bytes ikm)
{
    return ikm.length > 0 ? ikm : tls_bytes_make(zeros, tls_hash_length(hash));
}

void
tls_key_schedule_start(tls_key_schedule *ks, const br_hash_class *hash, tls_bytes psk)
{
    ks->hash = hash;
    ks->stage = TLS_KEY_SCHEDULE_EARLY;
    tls_hkdf_extract(hash, ks->secret, tls_bytes_make(NULL, 0), or_zeros(hash, psk));
}

void
tls_key_schedule_advance(tls_key_schedule *ks, tls_bytes shared)
{
    unsigned char derived[TLS_SECRET_MAXIMUM];

    if (ks->stage != TLS_KEY_SCHEDULE_EARLY && ks->stage != TLS_KEY_SCHEDULE_HANDSHAKE)
        return;
    derive_secret(ks->hash, derived, ks->secret, "derived", NULL);
    tls_hkdf_extract(ks->hash, ks->secret, tls_bytes_make(derived, tls_hash_length(ks->hash)),
        or_zeros(ks->hash, shared));
    ks->stage++;
    tls_wipe(derived, sizeof derived);
}

int
tls_key_schedule_derive(const tls_key_schedule *ks, unsigned char *out, enum tls_secret secret,
    const unsigned char *transcript_hash)
{
    if ((size_t)secret >= SECRET_COUNT || (int)secrets[secret].stage != ks->stage)
        return 0;
    derive_secret(ks->hash, out, ks->secret, secrets[secret].label,
        secrets[secret].is_binder ? NULL : transcript_hash);
    return 1;
}

void
tls_key_schedule_wipe(tls_key_schedule *ks)
{
    tls_wipe(ks, sizeof *ks);
}

const char *
tls_secret_keylog_label(enum tls_secret secret)
{
    return (size_t)secret < SECRET_COUNT ? secrets[secret].keylog_label : NULL;
}

void
tls_finished_mac(const br_hash_class *hash, unsigned char *out, const unsigned char *base_key,
    const unsigned char *transcript_hash)
{
    size_t length = tls_hash_length(hash);
    unsigned char finished_key[TLS_SECRET_MAXIMUM];

    tls_hkdf_expand_label(
        hash, finished_key, length, base_key, "finished", tls_bytes_make(NULL, 0));
    /* HMAC with a key and a message of the hash's length is what HKDF-Extract computes. */
    tls_hkdf_extract(
        hash, out, tls_bytes_make(finished_key, length), tls_bytes_make(transcript_hash, length));
    tls_wipe(finished_key, sizeof finished_key);
}

void
tls_traffic_update(const br_hash_class *hash, unsigned char *secret)
{
    tls_hkdf_expand_label(
        hash, secret, tls_hash_length(hash), secret, "traffic upd", tls_bytes_make(NULL, 0));
}

void
tls_resumption_psk(const br_hash_class *hash, unsigned char *out,
    const unsigned char *resumption_secret, tls_bytes nonce)
{
    tls_hkdf_expand_label(hash, out, tls_hash_length(hash), resumption_secret, "resumption", nonce);
}

int
tls_exporter(const br_hash_class *hash, unsigned char *out, size_t length,
    const unsigned char *exporter_secret, const char *label, tls_bytes context)
{
    unsigned char secret[TLS_SECRET_MAXIMUM], context_hash[TLS_SECRET_MAXIMUM];
    size_t label_length = strlen(label), size = tls_hash_length(hash);

    if (label_length == 0 || label_length > TLS_HKDF_LABEL_MAXIMUM || length > 255 * size)
        return 0;
    derive_secret(hash, secret, exporter_secret, label, NULL);
    hash_bytes(hash, context_hash, context);
    tls_hkdf_expand_label(
        hash, out, length, secret, "exporter", tls_bytes_make(context_hash, size));
    tls_wipe(secret, sizeof secret);
    return 1;
}

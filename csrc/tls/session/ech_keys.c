/* ech_keys.c - see ech_keys.h and ech_open.h. */
#include <stdlib.h>
#include <string.h>

#include "asn1/pem.h"
#include "base/random.h"
#include "key/key_bearssl.h"
#include "session/ech_open.h"
#include "wire/ech_config.h"

typedef struct ech_key {
    tls_key_exchange_key key;
    tls_buffer config; /* ECHConfig, into which `view` leads */
    tls_ech_config view;
    int current;
} ech_key;

struct tls_ech_keys {
    unsigned references;
    ech_key *items[TLS_ECH_KEYS_MAXIMUM]; /* the newest first */
    size_t count;
};

/* ---- The set ---- */

enum tls_reason
tls_ech_keys_new(tls_ech_keys **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    (*out)->references = 1;
    return TLS_OK;
}

static void
free_key(ech_key *key)
{
    if (key == NULL)
        return;
    tls_buffer_release(&key->config);
    tls_key_exchange_wipe(&key->key);
    free(key);
}

tls_ech_keys *
tls_ech_keys_retain(tls_ech_keys *keys)
{
    if (keys != NULL)
        keys->references++;
    return keys;
}

void
tls_ech_keys_release(tls_ech_keys *keys)
{
    if (keys == NULL || --keys->references > 0)
        return;
    while (keys->count > 0)
        free_key(keys->items[--keys->count]);
    free(keys);
}

size_t
tls_ech_keys_count(const tls_ech_keys *keys)
{
    return keys->count;
}

/* drop_oldest: what is only accepted goes before what is current. */
static void
drop_oldest(tls_ech_keys *keys)
{
    size_t i = keys->count - 1;

    while (i > 0 && keys->items[i]->current)
        i--;
    if (keys->items[i]->current)
        i = keys->count - 1;
    free_key(keys->items[i]);
    memmove(&keys->items[i], &keys->items[i + 1], (keys->count - i - 1) * sizeof keys->items[0]);
    keys->count--;
}

/* add takes a key over; those of one call keep their order when they are added last to first. */
static void
add(tls_ech_keys *keys, ech_key *key)
{
    if (keys->count == TLS_ECH_KEYS_MAXIMUM)
        drop_oldest(keys);
    memmove(&keys->items[1], &keys->items[0], keys->count * sizeof keys->items[0]);
    keys->items[0] = key;
    keys->count++;
}

static void
retire_all(tls_ech_keys *keys)
{
    size_t i;

    for (i = 0; i < keys->count; i++)
        keys->items[i]->current = 0;
}

/* ---- One key ---- */

/* finish reads the config that the key has. */
static enum tls_reason
finish(ech_key *key)
{
    tls_reader reader;

    if (key->config.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    key->current = 1;
    tls_reader_init(&reader, tls_buffer_view(&key->config));
    return tls_ech_config_next(&reader, &key->view) ? TLS_OK : TLS_REASON_BAD_ECH_CONFIG;
}

/* free_id: section 4.1: a number that no other key has. */
static enum tls_reason
free_id(const tls_ech_keys *keys, unsigned *id)
{
    unsigned char byte;
    enum tls_reason reason;
    size_t i;

    do {
        reason = tls_random_public(&byte, 1);
        for (i = 0; i < keys->count && keys->items[i]->view.config_id != byte; i++)
            ;
    } while (reason == TLS_OK && i < keys->count);
    *id = byte;
    return reason;
}

static enum tls_reason
generate(const tls_ech_keys *keys, ech_key *key, const tls_ech_key_options *options)
{
    /* In order of preference; clients take the first one that they know. */
    static const unsigned char suites[] = {0, TLS_HPKE_HKDF_SHA256, 0, TLS_HPKE_AES_128_GCM, 0,
        TLS_HPKE_HKDF_SHA256, 0, TLS_HPKE_AES_256_GCM, 0, TLS_HPKE_HKDF_SHA256, 0,
        TLS_HPKE_CHACHA20_POLY1305};
    int is_p256 = options->group == TLS_GROUP_SECP256R1;
    tls_ech_config config;
    enum tls_reason reason;

    memset(&config, 0, sizeof config);
    config.kem = is_p256 ? TLS_HPKE_DHKEM_P256 : TLS_HPKE_DHKEM_X25519;
    reason = tls_key_exchange_generate(&key->key, tls_hpke_group(config.kem), NULL, 0);
    if (reason == TLS_OK)
        reason = free_id(keys, &config.config_id);
    if (reason != TLS_OK)
        return reason;
    config.public_key = tls_key_exchange_share(&key->key);
    config.suites = tls_bytes_make(suites, sizeof suites);
    config.maximum_name_length = options->maximum_name_length;
    config.public_name = tls_bytes_of_string(options->public_name);
    tls_ech_config_write(&key->config, &config);
    return finish(key);
}

enum tls_reason
tls_ech_keys_generate(tls_ech_keys *keys, const tls_ech_key_options *options, int retire)
{
    ech_key *key;
    enum tls_reason reason;
    tls_bytes name = tls_bytes_of_string(options->public_name != NULL ? options->public_name : "");

    if (name.length > 255 || !tls_ech_public_name_is_valid(name))
        return TLS_REASON_BAD_NAME;
    if (options->maximum_name_length > 255 ||
        (options->group != 0 && options->group != TLS_GROUP_X25519 &&
            options->group != TLS_GROUP_SECP256R1))
        return TLS_REASON_ILLEGAL_PARAMETER;
    key = calloc(1, sizeof *key);
    if (key == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    reason = generate(keys, key, options);
    if (reason != TLS_OK) {
        free_key(key);
        return reason;
    }
    if (retire)
        retire_all(keys);
    add(keys, key);
    return TLS_OK;
}

/* ---- Files ---- */

/* PrivateKeyInfo of X25519 (RFC 8410 section 7) up to the key. */
static const unsigned char x25519_prefix[] = {
    0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x6E, 0x04, 0x22, 0x04, 0x20};
/* PrivateKeyInfo of P-256 (RFC 5915, RFC 5958) up to the key, and from there to the public one. */
static const unsigned char p256_prefix[] = {0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06,
    0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03,
    0x01, 0x07, 0x04, 0x6D, 0x30, 0x6B, 0x02, 0x01, 0x01, 0x04, 0x20};
static const unsigned char p256_middle[] = {0xA1, 0x44, 0x03, 0x42, 0x00};

/* read_secret puts the private key of a PrivateKeyInfo into `secret`, padded to its length. */
static enum tls_reason
read_secret(unsigned char secret[TLS_HPKE_SECRET_LENGTH], tls_bytes der)
{
    tls_private_key *key;
    const br_ec_private_key *ec;
    enum tls_reason reason;

    if (der.length == sizeof x25519_prefix + TLS_HPKE_SECRET_LENGTH &&
        memcmp(der.data, x25519_prefix, sizeof x25519_prefix) == 0) {
        memcpy(secret, der.data + sizeof x25519_prefix, TLS_HPKE_SECRET_LENGTH);
        return TLS_OK;
    }
    reason = tls_private_key_decode(&key, der);
    if (reason != TLS_OK)
        return reason;
    ec = tls_private_key_ec(key);
    if (ec != NULL && ec->curve == TLS_GROUP_SECP256R1 && ec->xlen <= TLS_HPKE_SECRET_LENGTH) {
        memset(secret, 0, TLS_HPKE_SECRET_LENGTH);
        memcpy(secret + TLS_HPKE_SECRET_LENGTH - ec->xlen, ec->x, ec->xlen);
    } else {
        reason = TLS_REASON_UNSUPPORTED_KEY;
    }
    tls_private_key_release(key);
    return reason;
}

/* take_configs adds each config of a list whose key this is; there must be one. */
static enum tls_reason
take_configs(tls_ech_keys *keys, const unsigned char *secret, tls_bytes list)
{
    tls_reader reader;
    tls_ech_config config;
    size_t before = keys->count;
    enum tls_reason reason = tls_ech_config_list_open(&reader, list);

    if (reason != TLS_OK)
        return TLS_REASON_BAD_ECH_CONFIG;
    while (reason == TLS_OK && tls_ech_config_next(&reader, &config)) {
        ech_key *key = config.version == TLS_ECH_VERSION ? calloc(1, sizeof *key) : NULL;

        if (config.version != TLS_ECH_VERSION)
            continue;
        if (key == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
        reason = tls_hpke_key_import(&key->key, config.kem,
            tls_bytes_make(secret, TLS_HPKE_SECRET_LENGTH), config.public_key);
        tls_buffer_append(&key->config, config.raw.data, config.raw.length);
        if (reason == TLS_OK)
            reason = finish(key);
        if (reason == TLS_OK && keys->count == TLS_ECH_KEYS_MAXIMUM)
            reason = TLS_REASON_LIMIT;
        if (reason == TLS_OK)
            keys->items[keys->count++] = key;
        else
            free_key(key);
    }
    if (reason == TLS_OK && (tls_reader_failed(&reader) || keys->count == before))
        reason = TLS_REASON_BAD_ECH_CONFIG;
    return reason;
}

/* read_file: a key, and the list that goes with it, as often as there are. */
static enum tls_reason
read_file(tls_ech_keys *keys, tls_bytes text)
{
    unsigned char secret[TLS_HPKE_SECRET_LENGTH];
    tls_pem pem;
    tls_pem_block block;
    tls_buffer der = {0};
    int has_secret = 0;
    enum tls_reason reason = TLS_OK;

    tls_pem_init(&pem, text);
    while (reason == TLS_OK && tls_pem_next(&pem, &block, &der)) {
        if (!block.valid) {
            reason = TLS_REASON_BAD_PEM;
        } else if (tls_bytes_equal_string(block.label, "PRIVATE KEY")) {
            reason = read_secret(secret, tls_buffer_view(&der));
            has_secret = reason == TLS_OK;
        } else if (tls_bytes_equal_string(block.label, "ECHCONFIG")) {
            reason =
                has_secret ? take_configs(keys, secret, tls_buffer_view(&der)) : TLS_REASON_BAD_PEM;
        }
    }
    if (reason == TLS_OK && der.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    tls_buffer_release(&der);
    tls_wipe(secret, sizeof secret);
    return reason == TLS_OK && keys->count == 0 ? TLS_REASON_BAD_PEM : reason;
}

enum tls_reason
tls_ech_keys_load(tls_ech_keys *keys, tls_bytes pem, int retire)
{
    tls_ech_keys *loaded;
    enum tls_reason reason = tls_ech_keys_new(&loaded);

    if (reason == TLS_OK)
        reason = read_file(loaded, pem);
    if (reason == TLS_OK && retire)
        retire_all(keys);
    while (reason == TLS_OK && loaded->count > 0)
        add(keys, loaded->items[--loaded->count]);
    if (loaded != NULL)
        tls_ech_keys_release(loaded);
    return reason;
}

static void
write_list(tls_buffer *out, const tls_ech_keys *keys, const ech_key *only)
{
    size_t list = tls_write_begin16(out), i;

    for (i = 0; i < keys->count; i++)
        if (only == NULL ? keys->items[i]->current : keys->items[i] == only)
            tls_write_bytes(out, tls_buffer_view(&keys->items[i]->config));
    tls_write_end16(out, list);
}

enum tls_reason
tls_ech_keys_config_list(const tls_ech_keys *keys, tls_buffer *out)
{
    write_list(out, keys, NULL);
    return tls_write_result(out);
}

static void
write_secret(tls_buffer *der, const ech_key *key)
{
    unsigned char secret[TLS_HPKE_SECRET_LENGTH];

    tls_hpke_key_export(&key->key, secret);
    if (key->key.group == TLS_GROUP_X25519) {
        tls_buffer_append(der, x25519_prefix, sizeof x25519_prefix);
        tls_buffer_append(der, secret, sizeof secret);
    } else {
        tls_buffer_append(der, p256_prefix, sizeof p256_prefix);
        tls_buffer_append(der, secret, sizeof secret);
        tls_buffer_append(der, p256_middle, sizeof p256_middle);
        tls_write_bytes(der, tls_key_exchange_share(&key->key));
    }
    tls_wipe(secret, sizeof secret);
}

enum tls_reason
tls_ech_keys_export(const tls_ech_keys *keys, tls_buffer *out, int current)
{
    tls_buffer der = {0};
    size_t i;

    for (i = 0; i < keys->count; i++) {
        const ech_key *key = keys->items[i];

        if (key->current != current)
            continue;
        tls_buffer_clear(&der);
        write_secret(&der, key);
        tls_pem_encode(out, "PRIVATE KEY", tls_buffer_view(&der));
        tls_buffer_clear(&der);
        write_list(&der, keys, key);
        tls_pem_encode(out, "ECHCONFIG", tls_buffer_view(&der));
        out->failed |= der.failed;
    }
    tls_buffer_release(&der);
    return tls_write_result(out);
}

/* ---- Opening ---- */

void
tls_ech_info(tls_buffer *out, tls_bytes config)
{
    static const char label[] = "tls ech"; /* with its zero */

    tls_buffer_append(out, label, sizeof label);
    tls_write_bytes(out, config);
}

static int
has_suite(tls_bytes suites, unsigned kdf, unsigned aead)
{
    tls_reader reader;

    tls_reader_init(&reader, suites);
    while (!tls_reader_at_end(&reader)) {
        unsigned listed_kdf = (unsigned)tls_read_u16(&reader);
        unsigned listed_aead = (unsigned)tls_read_u16(&reader);

        if (listed_kdf == kdf && listed_aead == aead)
            return 1;
    }
    return 0;
}

static int
open_with(const ech_key *key, tls_buffer *encoded, tls_hpke *hpke,
    const tls_ech_client_hello *outer, tls_bytes additional)
{
    const tls_hpke_suite suite = {key->view.kem, outer->kdf, outer->aead};
    tls_buffer info = {0};
    int opened = 0;

    tls_ech_info(&info, tls_buffer_view(&key->config));
    tls_buffer_clear(encoded);
    tls_write_bytes(encoded, outer->payload);
    encoded->failed |= info.failed;
    if (!encoded->failed &&
        tls_hpke_recipient(hpke, suite, &key->key, outer->enc, tls_buffer_view(&info)) == TLS_OK)
        opened = tls_hpke_open(hpke, additional, encoded->data, encoded->length);
    tls_buffer_release(&info);
    if (opened)
        encoded->length -= TLS_HPKE_TAG_LENGTH;
    else
        tls_hpke_wipe(hpke);
    return opened;
}

int
tls_ech_keys_open(const tls_ech_keys *keys, tls_buffer *encoded, tls_hpke *hpke,
    const tls_ech_client_hello *outer, tls_bytes additional)
{
    size_t i;

    for (i = 0; i < keys->count && !encoded->failed; i++)
        if (keys->items[i]->view.config_id == outer->config_id &&
            has_suite(keys->items[i]->view.suites, outer->kdf, outer->aead) &&
            open_with(keys->items[i], encoded, hpke, outer, additional))
            return 1;
    return 0;
}

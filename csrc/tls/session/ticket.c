/* ticket.c - see ticket.h. A ticket is key name, nonce, ChaCha20-Poly1305 ciphertext and tag (RFC
 * 8439); name and nonce are authenticated with it. A nonce is HMAC-SHA256, under the key, of random
 * bytes and of what is sealed: with 96 bits, a key that lives for days stays far from a collision,
 * and two copies of a machine that was cloned with its generator's state seal different things
 * under different nonces all the same. */
#include "session/ticket.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "kernel/kernel.h"
#include "wire/codec.h"
#include "base/random.h"

#define KEY_LENGTH 32
#define NONCE_LENGTH 12
#define TAG_LENGTH 16
#define HEADER_LENGTH (TLS_TICKET_KEY_NAME_LENGTH + NONCE_LENGTH)

static const char magic[] = "bearssl-lua ticket keys 1";

typedef struct ticket_key {
    unsigned char name[TLS_TICKET_KEY_NAME_LENGTH];
    unsigned char secret[KEY_LENGTH];
    int64_t seals_until;
    int64_t opens_until;
} ticket_key;

struct tls_ticket_keys {
    unsigned references;
    unsigned rotation, overlap;
    size_t count;
    ticket_key keys[TLS_TICKET_KEYS_MAXIMUM]; /* newest first */
    tls_replay_register replay;
};

static void
push_key(tls_ticket_keys *keys, const ticket_key *key)
{
    size_t kept = keys->count < TLS_TICKET_KEYS_MAXIMUM ? keys->count : TLS_TICKET_KEYS_MAXIMUM - 1;

    memmove(&keys->keys[1], &keys->keys[0], kept * sizeof keys->keys[0]);
    keys->keys[0] = *key;
    keys->count = kept + 1;
}

enum tls_reason
tls_ticket_keys_rotate(tls_ticket_keys *keys, int64_t now)
{
    ticket_key key;
    enum tls_reason reason = tls_random_public(key.name, sizeof key.name);

    if (reason == TLS_OK)
        reason = tls_random(key.secret, sizeof key.secret);
    if (reason != TLS_OK)
        return reason;
    key.seals_until = now + keys->rotation;
    key.opens_until = key.seals_until + keys->overlap;
    push_key(keys, &key);
    tls_wipe(&key, sizeof key);
    return TLS_OK;
}

const tls_bounds tls_ticket_keys_bounds[] = {TLS_TICKET_KEYS_BOUNDS(TLS_BOUNDS_ROW) TLS_BOUNDS_END};

/* set_times takes rotation and overlap over, completed; returns whether they are within bounds. */
static int
set_times(tls_ticket_keys *keys, uint64_t rotation, uint64_t overlap)
{
#define CHECK(option, minimum, maximum, otherwise)                                                 \
    if (!tls_bounds_complete(&(option), minimum, maximum, otherwise))                              \
        return 0;
    TLS_TICKET_KEYS_BOUNDS(CHECK)
#undef CHECK
    keys->rotation = (unsigned)rotation;
    keys->overlap = (unsigned)overlap;
    return 1;
}

enum tls_reason
tls_ticket_keys_new(tls_ticket_keys **out, unsigned rotation, unsigned overlap, int64_t now)
{
    tls_ticket_keys *keys = calloc(1, sizeof *keys);
    enum tls_reason reason = TLS_REASON_OUT_OF_MEMORY;

    *out = NULL;
    if (keys != NULL && !set_times(keys, rotation, overlap)) {
        reason = TLS_REASON_ILLEGAL_PARAMETER;
    } else if (keys != NULL) {
        keys->references = 1;
        reason = tls_ticket_keys_rotate(keys, now);
    }
    if (reason != TLS_OK) {
        free(keys);
        return reason;
    }
    *out = keys;
    return TLS_OK;
}

tls_ticket_keys *
tls_ticket_keys_retain(tls_ticket_keys *keys)
{
    keys->references++;
    return keys;
}

void
tls_ticket_keys_release(tls_ticket_keys *keys)
{
    if (keys == NULL || --keys->references > 0)
        return;
    tls_replay_register_release(&keys->replay);
    tls_wipe(keys, sizeof *keys);
    free(keys);
}

tls_replay_register *
tls_ticket_keys_register(tls_ticket_keys *keys)
{
    return &keys->replay;
}

size_t
tls_ticket_keys_count(const tls_ticket_keys *keys)
{
    return keys->count;
}

enum tls_reason
tls_ticket_keys_export(const tls_ticket_keys *keys, tls_buffer *out)
{
    size_t i;

    tls_write_bytes(out, tls_bytes_of_string(magic));
    tls_write_u32(out, keys->rotation);
    tls_write_u32(out, keys->overlap);
    tls_write_u8(out, (uint32_t)keys->count);
    for (i = 0; i < keys->count; i++) {
        tls_write_bytes(out, tls_bytes_make(keys->keys[i].name, TLS_TICKET_KEY_NAME_LENGTH));
        tls_write_bytes(out, tls_bytes_make(keys->keys[i].secret, KEY_LENGTH));
        tls_write_time(out, keys->keys[i].seals_until);
        tls_write_time(out, keys->keys[i].opens_until);
    }
    return tls_write_result(out);
}

static int
read_keys(tls_ticket_keys *keys, tls_bytes exported)
{
    tls_reader reader;
    uint32_t rotation, overlap;
    size_t i;

    tls_reader_init(&reader, exported);
    if (!tls_bytes_equal_string(tls_read_bytes(&reader, strlen(magic)), magic))
        return 0;
    rotation = tls_read_u32(&reader);
    overlap = tls_read_u32(&reader);
    if (!set_times(keys, rotation, overlap))
        return 0;
    keys->count = tls_read_u8(&reader);
    if (keys->count == 0 || keys->count > TLS_TICKET_KEYS_MAXIMUM)
        return 0;
    for (i = 0; i < keys->count; i++) {
        tls_bytes name = tls_read_bytes(&reader, TLS_TICKET_KEY_NAME_LENGTH);
        tls_bytes secret = tls_read_bytes(&reader, KEY_LENGTH);

        if (tls_reader_failed(&reader))
            return 0;
        memcpy(keys->keys[i].name, name.data, name.length);
        memcpy(keys->keys[i].secret, secret.data, secret.length);
        keys->keys[i].seals_until = tls_read_time(&reader);
        keys->keys[i].opens_until = tls_read_time(&reader);
    }
    return tls_reader_finish(&reader);
}

static const ticket_key *
find_key(const tls_ticket_keys *keys, const unsigned char *name)
{
    size_t i;

    for (i = 0; i < keys->count; i++)
        if (memcmp(keys->keys[i].name, name, TLS_TICKET_KEY_NAME_LENGTH) == 0)
            return &keys->keys[i];
    return NULL;
}

enum tls_reason
tls_ticket_keys_replace(tls_ticket_keys *keys, tls_bytes exported, int64_t now)
{
    tls_ticket_keys taken = *keys;
    size_t i;

    if (!read_keys(&taken, exported)) {
        tls_wipe(&taken, sizeof taken);
        return TLS_REASON_BAD_TICKET_KEYS;
    }
    for (i = 0; i < keys->count && taken.count < TLS_TICKET_KEYS_MAXIMUM; i++)
        if (keys->keys[i].opens_until > now && find_key(&taken, keys->keys[i].name) == NULL)
            taken.keys[taken.count++] = keys->keys[i];
    *keys = taken;
    tls_wipe(&taken, sizeof taken);
    return TLS_OK;
}

static void
crypt(const ticket_key *key, unsigned char *header, unsigned char *data, size_t length,
    unsigned char tag[TAG_LENGTH], int encrypt)
{
    const tls_kernels *kernels = tls_kernels_chosen();

    kernels->chacha20_poly1305(key->secret, header + TLS_TICKET_KEY_NAME_LENGTH, data, length,
        header, HEADER_LENGTH, tag, kernels->chacha20, encrypt);
}

static enum tls_reason
make_nonce(const ticket_key *key, unsigned char nonce[NONCE_LENGTH], tls_bytes plaintext)
{
    unsigned char random[16];
    enum tls_reason reason = tls_random_public(random, sizeof random);
    br_hmac_key_context hmac_key;
    br_hmac_context hmac;

    if (reason != TLS_OK)
        return reason;
    br_hmac_key_init(&hmac_key, tls_hash_class(TLS_HASH_SHA256), key->secret, KEY_LENGTH);
    br_hmac_init(&hmac, &hmac_key, NONCE_LENGTH);
    br_hmac_update(&hmac, random, sizeof random);
    br_hmac_update(&hmac, plaintext.data, plaintext.length);
    br_hmac_out(&hmac, nonce);
    tls_wipe(&hmac_key, sizeof hmac_key);
    tls_wipe(&hmac, sizeof hmac);
    return TLS_OK;
}

enum tls_reason
tls_ticket_seal(tls_ticket_keys *keys, tls_buffer *ticket, tls_bytes plaintext, int64_t now)
{
    unsigned char *p;
    enum tls_reason reason = TLS_OK;

    if (keys->keys[0].seals_until <= now)
        reason = tls_ticket_keys_rotate(keys, now);
    if (reason != TLS_OK)
        return reason;
    p = tls_buffer_reserve(ticket, HEADER_LENGTH + plaintext.length + TAG_LENGTH);
    if (p == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    memcpy(p, keys->keys[0].name, TLS_TICKET_KEY_NAME_LENGTH);
    reason = make_nonce(&keys->keys[0], p + TLS_TICKET_KEY_NAME_LENGTH, plaintext);
    if (reason != TLS_OK)
        return reason;
    memcpy(p + HEADER_LENGTH, plaintext.data, plaintext.length);
    crypt(&keys->keys[0], p, p + HEADER_LENGTH, plaintext.length,
        p + HEADER_LENGTH + plaintext.length, 1);
    ticket->length += HEADER_LENGTH + plaintext.length + TAG_LENGTH;
    return TLS_OK;
}

int
tls_ticket_open(const tls_ticket_keys *keys, tls_buffer *plaintext, tls_bytes ticket, int64_t now)
{
    unsigned char header[HEADER_LENGTH];
    unsigned char tag[TAG_LENGTH];
    const ticket_key *key;
    unsigned char *p;
    size_t length;

    if (ticket.length < HEADER_LENGTH + TAG_LENGTH)
        return 0;
    key = find_key(keys, ticket.data);
    if (key == NULL || key->opens_until <= now)
        return 0;
    length = ticket.length - HEADER_LENGTH - TAG_LENGTH;
    p = tls_buffer_reserve(plaintext, length + 1);
    if (p == NULL)
        return 0;
    memcpy(header, ticket.data, HEADER_LENGTH);
    memcpy(p, ticket.data + HEADER_LENGTH, length);
    crypt(key, header, p, length, tag, 0);
    if (!tls_secret_equal(tag, ticket.data + ticket.length - TAG_LENGTH, TAG_LENGTH)) {
        tls_wipe(p, length);
        return 0;
    }
    plaintext->length += length;
    return 1;
}

int
tls_ticket_is_current(const tls_ticket_keys *keys, tls_bytes ticket, int64_t now)
{
    return ticket.length >= HEADER_LENGTH && find_key(keys, ticket.data) == &keys->keys[0] &&
           keys->keys[0].seals_until > now;
}

/* gcm12.c - see gcm12.h. */
#include "record/gcm12.h"

#include <string.h>

#include "kernel/kernel.h"
#include "record/record.h"

#define SALT_LENGTH 4 /* RFC 5288 section 3: the nonce is the salt, then what the record has */
#define EXPLICIT_LENGTH 8
#define ADDITIONAL_LENGTH 13
#define OVERHEAD (EXPLICIT_LENGTH + TLS_AES_GCM_TAG_LENGTH)

static void
start(tls_aead_context *aead, const void *key, size_t key_length, const void *iv)
{
    aead->sequence = 0;
    aead->mode = TLS_MODE_GCM;
    aead->tag_length = TLS_AES_GCM_TAG_LENGTH;
    memcpy(aead->iv, iv, SALT_LENGTH);
    tls_kernels_chosen()->aes_gcm(&aead->cipher.gcm, key, key_length);
}

static void
put64(unsigned char out[8], uint64_t number)
{
    unsigned i;

    for (i = 0; i < 8; i++)
        out[i] = (unsigned char)(number >> (56 - 8 * i));
}

/* run does `length` bytes behind the explicit part of the nonce. */
static void
run(const tls_aead_context *aead, int encrypt, int type, unsigned version, unsigned char *data,
    size_t length, unsigned char tag[TLS_AES_GCM_TAG_LENGTH])
{
    unsigned char nonce[TLS_AES_GCM_NONCE_LENGTH], additional[ADDITIONAL_LENGTH];

    memcpy(nonce, aead->iv, SALT_LENGTH);
    memcpy(nonce + SALT_LENGTH, data - EXPLICIT_LENGTH, EXPLICIT_LENGTH);
    /* RFC 5246 section 6.2.3.3 */
    put64(additional, aead->sequence);
    additional[8] = (unsigned char)type;
    tls_put16(additional + 9, version);
    tls_put16(additional + 11, (uint32_t)length);
    aead->cipher.gcm.run(&aead->cipher.gcm, encrypt, nonce,
        tls_bytes_make(additional, sizeof additional), data, length, tag);
}

/* ---- The classes: their functions have exactly the types that are called ---- */

static void
start_in(const br_sslrec_in_gcm_class **in, const br_block_ctr_class *unused, const void *key,
    size_t key_length, br_ghash unused_too, const void *iv)
{
    tls_aead_context *aead = (tls_aead_context *)(void *)in;

    (void)unused;
    (void)unused_too;
    aead->vtable.in = &tls_gcm12_in_class.inner;
    start(aead, key, key_length, iv);
}

static void
start_out(const br_sslrec_out_gcm_class **out, const br_block_ctr_class *unused, const void *key,
    size_t key_length, br_ghash unused_too, const void *iv)
{
    tls_aead_context *aead = (tls_aead_context *)(void *)out;

    (void)unused;
    (void)unused_too;
    aead->vtable.out = &tls_gcm12_out_class.inner;
    start(aead, key, key_length, iv);
}

static int
check_length(const br_sslrec_in_class *const *in, size_t length)
{
    (void)in;
    return length >= OVERHEAD && length <= TLS_RECORD_PLAINTEXT_MAXIMUM + OVERHEAD;
}

static unsigned char *
decrypt(const br_sslrec_in_class **in, int type, unsigned version, void *payload, size_t *length)
{
    tls_aead_context *aead = (tls_aead_context *)(void *)in;
    unsigned char *data = (unsigned char *)payload + EXPLICIT_LENGTH;
    unsigned char tag[TLS_AES_GCM_TAG_LENGTH];

    *length -= OVERHEAD;
    run(aead, 0, type, version, data, *length, tag);
    if (!tls_secret_equal(tag, data + *length, sizeof tag))
        return NULL;
    aead->sequence++;
    return data;
}

static void
max_plaintext(const br_sslrec_out_class *const *out, size_t *start, size_t *end)
{
    size_t room = *end - *start;

    (void)out;
    room = room > OVERHEAD ? room - OVERHEAD : 0;
    *start += EXPLICIT_LENGTH;
    *end = *start + (room < TLS_RECORD_PLAINTEXT_MAXIMUM ? room : TLS_RECORD_PLAINTEXT_MAXIMUM);
}

static unsigned char *
encrypt(
    const br_sslrec_out_class **out, int type, unsigned version, void *plaintext, size_t *length)
{
    tls_aead_context *aead = (tls_aead_context *)(void *)out;
    unsigned char *data = plaintext;
    unsigned char *header = data - EXPLICIT_LENGTH - TLS_RECORD_HEADER_LENGTH;

    header[0] = (unsigned char)type;
    tls_put16(header + 1, version);
    tls_put16(header + 3, (uint32_t)(*length + OVERHEAD));
    /* Section 3: the sequence number is one that never comes again. */
    put64(data - EXPLICIT_LENGTH, aead->sequence);
    run(aead, 1, type, version, data, *length, data + *length);
    aead->sequence++;
    *length += TLS_RECORD_HEADER_LENGTH + OVERHEAD;
    return header;
}

const br_sslrec_in_gcm_class tls_gcm12_in_class = {
    {sizeof(tls_aead_context), check_length, decrypt}, start_in};
const br_sslrec_out_gcm_class tls_gcm12_out_class = {
    {sizeof(tls_aead_context), max_plaintext, encrypt}, start_out};

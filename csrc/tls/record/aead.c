/* aead.c - see aead.h. */
#include "record/aead.h"

#include <string.h>

#include "kernel/kernel.h"
#include "record/record.h"

void
tls_aead_start(tls_aead_context *aead, const tls_suite *suite, const unsigned char *key,
    const unsigned char *iv)
{
    const tls_kernels *kernels = tls_kernels_chosen();
    size_t key_length = suite->key_bits / 8;

    aead->sequence = 0;
    aead->mode = suite->mode;
    aead->tag_length = suite->tag_length;
    memcpy(aead->iv, iv, sizeof aead->iv);
    switch (suite->mode) {
    case TLS_MODE_CCM:
    case TLS_MODE_CCM8:
        kernels->aes_ctrcbc->init(&aead->cipher.ccm.vtable, key, key_length);
        break;
    case TLS_MODE_POLY1305:
        memcpy(aead->cipher.poly1305.key, key, sizeof aead->cipher.poly1305.key);
        aead->cipher.poly1305.run = kernels->chacha20_poly1305;
        aead->cipher.poly1305.chacha20 = kernels->chacha20;
        break;
    default:
        kernels->aes_gcm(&aead->cipher.gcm, key, key_length);
        break;
    }
}

static void
run_ccm(tls_aead_context *aead, int encrypt, const unsigned char *nonce,
    const unsigned char *header, unsigned char *data, size_t length, unsigned char *tag)
{
    br_ccm_context ccm;

    br_ccm_init(&ccm, &aead->cipher.ccm.vtable);
    br_ccm_reset(
        &ccm, nonce, TLS_AEAD_IV_LENGTH, TLS_RECORD_HEADER_LENGTH, length, aead->tag_length);
    br_ccm_aad_inject(&ccm, header, TLS_RECORD_HEADER_LENGTH);
    br_ccm_flip(&ccm);
    br_ccm_run(&ccm, encrypt, data, length);
    br_ccm_get_tag(&ccm, tag);
    tls_wipe(&ccm, sizeof ccm);
}

/* run encrypts or decrypts in place and computes the tag. */
static void
run(tls_aead_context *aead, int encrypt, const unsigned char *header, unsigned char *data,
    size_t length, unsigned char tag[TLS_AEAD_TAG_MAXIMUM])
{
    unsigned char nonce[TLS_AEAD_IV_LENGTH];
    unsigned i;

    /* RFC 8446 section 5.3: the sequence number, padded on the left, XOR the IV. */
    memcpy(nonce, aead->iv, sizeof nonce);
    for (i = 0; i < 8; i++)
        nonce[TLS_AEAD_IV_LENGTH - 1 - i] ^= (unsigned char)(aead->sequence >> (8 * i));
    switch (aead->mode) {
    case TLS_MODE_CCM:
    case TLS_MODE_CCM8:
        run_ccm(aead, encrypt, nonce, header, data, length, tag);
        break;
    case TLS_MODE_POLY1305:
        aead->cipher.poly1305.run(aead->cipher.poly1305.key, nonce, data, length, header,
            TLS_RECORD_HEADER_LENGTH, tag, aead->cipher.poly1305.chacha20, encrypt);
        break;
    default:
        aead->cipher.gcm.run(&aead->cipher.gcm, encrypt, nonce,
            tls_bytes_make(header, TLS_RECORD_HEADER_LENGTH), data, length, tag);
        break;
    }
}

static void
put_header(
    unsigned char header[TLS_RECORD_HEADER_LENGTH], int type, unsigned version, size_t length)
{
    header[0] = (unsigned char)type;
    tls_put16(header + 1, version);
    tls_put16(header + 3, (uint32_t)length);
}

/* ---- The classes: their functions have exactly the types that are called ---- */

static int
check_length(const br_sslrec_in_class *const *in, size_t length)
{
    const tls_aead_context *aead = (const tls_aead_context *)(const void *)in;

    return length >= aead->tag_length && length <= TLS_RECORD_13_MAXIMUM;
}

static unsigned char *
decrypt(const br_sslrec_in_class **in, int type, unsigned version, void *payload, size_t *length)
{
    tls_aead_context *aead = (tls_aead_context *)(void *)in;
    unsigned char header[TLS_RECORD_HEADER_LENGTH], tag[TLS_AEAD_TAG_MAXIMUM];
    unsigned char *data = payload;
    size_t plaintext_length = *length - aead->tag_length;

    put_header(header, type, version, *length);
    run(aead, 0, header, data, plaintext_length, tag);
    if (!tls_secret_equal(tag, data + plaintext_length, aead->tag_length))
        return NULL;
    aead->sequence++;
    *length = plaintext_length;
    return data;
}

static void
max_plaintext(const br_sslrec_out_class *const *out, size_t *start, size_t *end)
{
    const tls_aead_context *aead = (const tls_aead_context *)(const void *)out;
    size_t room = *end - *start;

    room = room > aead->tag_length ? room - aead->tag_length : 0;
    *end = *start + (room < TLS_RECORD_INNER_MAXIMUM ? room : TLS_RECORD_INNER_MAXIMUM);
}

static unsigned char *
encrypt(
    const br_sslrec_out_class **out, int type, unsigned version, void *plaintext, size_t *length)
{
    tls_aead_context *aead = (tls_aead_context *)(void *)out;
    unsigned char *data = plaintext, *header = data - TLS_RECORD_HEADER_LENGTH;
    unsigned char tag[TLS_AEAD_TAG_MAXIMUM];
    size_t plaintext_length = *length;

    put_header(header, type, version, plaintext_length + aead->tag_length);
    run(aead, 1, header, data, plaintext_length, tag);
    memcpy(data + plaintext_length, tag, aead->tag_length);
    aead->sequence++;
    *length = TLS_RECORD_HEADER_LENGTH + plaintext_length + aead->tag_length;
    return header;
}

const br_sslrec_in_class tls_aead_in_vtable = {sizeof(tls_aead_context), check_length, decrypt};
const br_sslrec_out_class tls_aead_out_vtable = {sizeof(tls_aead_context), max_plaintext, encrypt};

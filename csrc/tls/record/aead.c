/* aead.c - see aead.h. */
#include "record/aead.h"

#include <stdlib.h>
#include <string.h>

#include "record/record.h"

enum tls_reason
tls_aead_implementations_choose(tls_aead_implementations *out)
{
    br_ssl_engine_context *engine = calloc(1, sizeof *engine);

    if (engine == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    /* BearSSL says which implementations suit this processor only through an engine. */
    br_ssl_engine_set_default_aes_gcm(engine);
    br_ssl_engine_set_default_aes_ccm(engine);
    br_ssl_engine_set_default_chapol(engine);
    out->aes_ctr = engine->iaes_ctr;
    out->aes_ctrcbc = engine->iaes_ctrcbc;
    out->ghash = engine->ighash;
    out->chacha20 = engine->ichacha;
    out->poly1305 = engine->ipoly;
    free(engine);
    return TLS_OK;
}

void
tls_aead_start(tls_aead_context *aead, const tls_aead_implementations *implementations,
    const tls_suite *suite, const unsigned char *key, const unsigned char *iv)
{
    size_t key_length = suite->key_bits / 8;
    unsigned char zero_iv[TLS_AEAD_IV_LENGTH];

    aead->sequence = 0;
    aead->mode = suite->mode;
    aead->tag_length = suite->tag_length;
    memcpy(aead->iv, iv, sizeof aead->iv);
    switch (suite->mode) {
    case TLS_MODE_CCM:
    case TLS_MODE_CCM8:
        implementations->aes_ctrcbc->init(&aead->cipher.ccm.vtable, key, key_length);
        break;
    case TLS_MODE_POLY1305:
        memcpy(aead->cipher.poly1305.key, key, sizeof aead->cipher.poly1305.key);
        aead->cipher.poly1305.chacha20 = implementations->chacha20;
        aead->cipher.poly1305.poly1305 = implementations->poly1305;
        break;
    default:
        implementations->aes_ctr->init(&aead->cipher.gcm.block.vtable, key, key_length);
        aead->cipher.gcm.ghash = implementations->ghash;
        memset(aead->cipher.gcm.h, 0, sizeof aead->cipher.gcm.h);
        memset(zero_iv, 0, sizeof zero_iv);
        implementations->aes_ctr->run(&aead->cipher.gcm.block.vtable, zero_iv, 0,
            aead->cipher.gcm.h, sizeof aead->cipher.gcm.h);
        break;
    }
}

/* run_gcm is GCM (NIST SP 800-38D section 7) with a 96-bit nonce, by BearSSL's CTR and GHASH:
 * br_gcm_* would derive the hash key again for each record, which is felt in short ones. */
static void
run_gcm(tls_aead_context *aead, int encrypt, const unsigned char *nonce,
    const unsigned char *header, unsigned char *data, size_t length, unsigned char *tag)
{
    const br_block_ctr_class **aes = &aead->cipher.gcm.block.vtable;
    unsigned char lengths[16] = {0};

    memset(tag, 0, TLS_AEAD_TAG_MAXIMUM);
    aead->cipher.gcm.ghash(tag, aead->cipher.gcm.h, header, TLS_RECORD_HEADER_LENGTH);
    /* Block 1 is for the tag, the text begins with block 2. */
    if (encrypt)
        (*aes)->run(aes, nonce, 2, data, length);
    aead->cipher.gcm.ghash(tag, aead->cipher.gcm.h, data, length);
    if (!encrypt)
        (*aes)->run(aes, nonce, 2, data, length);
    /* In bits; a record is shorter than 2^21 bytes. */
    tls_put24(lengths + 5, TLS_RECORD_HEADER_LENGTH * 8);
    tls_put24(lengths + 13, (uint32_t)length * 8);
    aead->cipher.gcm.ghash(tag, aead->cipher.gcm.h, lengths, sizeof lengths);
    (*aes)->run(aes, nonce, 1, tag, TLS_AEAD_TAG_MAXIMUM);
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
        aead->cipher.poly1305.poly1305(aead->cipher.poly1305.key, nonce, data, length, header,
            TLS_RECORD_HEADER_LENGTH, tag, aead->cipher.poly1305.chacha20, encrypt);
        break;
    default:
        run_gcm(aead, encrypt, nonce, header, data, length, tag);
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
    if (!tls_secret_equal(tag, data + plaintext_length, aead->tag_length)) {
        /* Nobody may see what did not come from the peer. */
        memset(data, 0, plaintext_length);
        return NULL;
    }
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

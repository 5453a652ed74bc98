/* aes_gcm_bearssl.c - see aes_gcm_bearssl.h. br_gcm_* would derive the hash key again for each
 * record, which is felt in short ones. */
#include "kernel/aes_gcm_bearssl.h"

#include <string.h>

#include "kernel/kernel.h"

static void
put_bits(unsigned char out[8], size_t bytes)
{
    uint64_t bits = (uint64_t)bytes << 3;
    unsigned i;

    for (i = 0; i < 8; i++)
        out[i] = (unsigned char)(bits >> (56 - 8 * i));
}

/* NIST SP 800-38D section 7 */
static void
run(const tls_aes_gcm_key *key, int encrypt, const unsigned char *nonce, tls_bytes additional,
    unsigned char *data, size_t length, unsigned char *tag)
{
    const br_block_ctr_class *const *aes = &key->as.bearssl.block.vtable;
    br_ghash ghash = key->as.bearssl.ghash;
    unsigned char lengths[16];

    memset(tag, 0, TLS_AES_GCM_TAG_LENGTH);
    ghash(tag, key->as.bearssl.h, additional.data, additional.length);
    /* Block 1 is for the tag, the text begins with block 2. */
    if (encrypt)
        (*aes)->run(aes, nonce, 2, data, length);
    ghash(tag, key->as.bearssl.h, data, length);
    if (!encrypt)
        (*aes)->run(aes, nonce, 2, data, length);
    put_bits(lengths, additional.length);
    put_bits(lengths + 8, length);
    ghash(tag, key->as.bearssl.h, lengths, sizeof lengths);
    (*aes)->run(aes, nonce, 1, tag, TLS_AES_GCM_TAG_LENGTH);
}

void
tls_aes_gcm_bearssl(tls_aes_gcm_key *key, const unsigned char *bytes, size_t length)
{
    const tls_kernels *kernels = tls_kernels_chosen();
    unsigned char zero_nonce[TLS_AES_GCM_NONCE_LENGTH] = {0};

    key->run = run;
    key->as.bearssl.ghash = kernels->ghash;
    kernels->aes_ctr->init(&key->as.bearssl.block.vtable, bytes, length);
    memset(key->as.bearssl.h, 0, sizeof key->as.bearssl.h);
    kernels->aes_ctr->run(
        &key->as.bearssl.block.vtable, zero_nonce, 0, key->as.bearssl.h, sizeof key->as.bearssl.h);
}

/* aeads.c - see aeads.h. */
#include "support/aeads.h"

#include <stdio.h>
#include <string.h>

#include "kernel/aes_gcm_aes_ni.h"
#include "kernel/aes_gcm_bearssl.h"
#include "kernel/aes_gcm_pmull.h"
#include "kernel/aes_gcm_vaes.h"
#include "kernel/build.h"
#include "kernel/chacha20_poly1305.h"
#include "kernel/processor.h"
#include "support/check.h"

static const tls_kernel *const kernels[] = {
#if TLS_KERNEL_X86_64
    &tls_kernel_aes_gcm_aes_ni,
    &tls_kernel_aes_gcm_vaes,
    &tls_kernel_aes_gcm_vaes512,
    &tls_kernel_chacha20_poly1305_avx2,
    &tls_kernel_chacha20_poly1305_avx512,
#endif
#if TLS_KERNEL_AARCH64_CRYPTO
    &tls_kernel_aes_gcm_pmull,
#endif
#if TLS_KERNEL_AARCH64
    &tls_kernel_chacha20_poly1305_neon,
#endif
    NULL,
};

size_t
aeads_of(aead out[8], enum tls_primitive primitive, size_t key_length)
{
    size_t i, count = 0;
    aead bearssl = {"BearSSL", key_length, NULL, NULL, primitive, 0};
    aead fallback = {"fallback", key_length, tls_aes_gcm_bearssl, NULL, primitive, 0};

    out[count++] = bearssl;
    if (primitive == TLS_PRIMITIVE_AES_GCM)
        out[count++] = fallback;
    for (i = 0; kernels[i] != NULL; i++) {
        tls_kernels table;

        if (kernels[i]->primitive != primitive)
            continue;
        if ((kernels[i]->needs & ~tls_processor_features()) != 0) {
            printf("LEFT OUT: %s: this processor cannot run it\n", kernels[i]->implementation);
            continue;
        }
        memset(&table, 0, sizeof table);
        kernels[i]->install(&table);
        out[count] = bearssl;
        out[count].name = kernels[i]->implementation;
        out[count].is_kernel = 1;
        out[count].aes_gcm = table.aes_gcm;
        out[count++].chacha20_poly1305 = table.chacha20_poly1305;
    }
    return count;
}

static void
bearssl_gcm(const aead *a, int encrypt, const unsigned char *key, const unsigned char *nonce,
    tls_bytes additional, unsigned char *data, size_t length, unsigned char *tag)
{
    br_aes_ct64_ctr_keys aes;
    br_gcm_context gcm;

    br_aes_ct64_ctr_init(&aes, key, a->key_length);
    br_gcm_init(&gcm, &aes.vtable, br_ghash_ctmul64);
    br_gcm_reset(&gcm, nonce, AEADS_NONCE);
    br_gcm_aad_inject(&gcm, additional.data, additional.length);
    br_gcm_flip(&gcm);
    br_gcm_run(&gcm, encrypt, data, length);
    br_gcm_get_tag(&gcm, tag);
}

void
aead_run(const aead *a, int encrypt, const unsigned char *key, const unsigned char *nonce,
    tls_bytes additional, unsigned char *data, size_t length, unsigned char tag[AEADS_TAG])
{
    br_poly1305_run chacha20_poly1305 =
        a->chacha20_poly1305 != NULL ? a->chacha20_poly1305 : br_poly1305_ctmul_run;

    if (a->aes_gcm != NULL) {
        tls_aes_gcm_key first, gcm;

        a->aes_gcm(&first, key, a->key_length);
        gcm = first; /* a key may be moved */
        memset(&first, 0, sizeof first);
        gcm.run(&gcm, encrypt, nonce, additional, data, length, tag);
    } else if (a->primitive == TLS_PRIMITIVE_AES_GCM) {
        bearssl_gcm(a, encrypt, key, nonce, additional, data, length, tag);
    } else {
        chacha20_poly1305(key, nonce, data, length, additional.data, additional.length, tag,
            br_chacha20_ct_run, encrypt);
    }
}

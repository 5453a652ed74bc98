/* kernel.c - which kernels run: chosen once, by what the processor can do and what the environment
 * says. The table is a global of the core, filled by whoever comes first, constant after. */
#include "kernel/kernel.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/aes_gcm_aes_ni.h"
#include "kernel/aes_gcm_bearssl.h"
#include "kernel/aes_gcm_pmull.h"
#include "kernel/aes_gcm_vaes.h"
#include "kernel/build.h"
#include "kernel/chacha20_poly1305.h"
#include "kernel/ml_kem_avx2.h"
#include "kernel/once.h"
#include "kernel/p256.h"
#include "kernel/p384.h"
#include "kernel/p521.h"
#include "kernel/processor.h"
#include "kernel/rsa.h"
#include "kernel/sha256_sha2.h"
#include "kernel/sha256_sha_ni.h"
#include "kernel/x25519.h"

#define VARIABLE "BEARSSL_LUA_KERNELS"
#define SEPARATORS ", "

static const char *const primitive_names[TLS_PRIMITIVES] = {"sha256", "x25519", "secp256r1",
    "secp384r1", "secp521r1", "rsa", "aes_gcm", "chacha20_poly1305", "ml_kem"};

/* Of each primitive the best comes first. */
static const tls_kernel *const candidates[] = {
#if TLS_KERNEL_X86_64
    &tls_kernel_sha256_sha_ni,
    &tls_kernel_x25519_ifma,
    &tls_kernel_x25519_adx,
    &tls_kernel_p256_adx,
    &tls_kernel_p384_adx,
    &tls_kernel_rsa_ifma,
    &tls_kernel_rsa_adx,
    &tls_kernel_aes_gcm_vaes512,
    &tls_kernel_aes_gcm_vaes,
    &tls_kernel_aes_gcm_aes_ni,
    &tls_kernel_chacha20_poly1305_avx512,
    &tls_kernel_chacha20_poly1305_avx2,
    &tls_kernel_ml_kem_avx512,
    &tls_kernel_ml_kem_avx2,
#endif
#if TLS_KERNEL_AARCH64_CRYPTO
    &tls_kernel_sha256_sha2,
    &tls_kernel_aes_gcm_pmull,
#endif
#if TLS_KERNEL_AARCH64
    &tls_kernel_chacha20_poly1305_neon,
#endif
#if TLS_KERNEL_INT128
    &tls_kernel_x25519,
    &tls_kernel_p256,
    &tls_kernel_p384,
    &tls_kernel_p521,
    &tls_kernel_rsa,
#endif
    NULL,
};

static tls_kernels table;
static const char *implementations[TLS_PRIMITIVES];
static tls_once chosen;

/* Small rather than quick. */
#if defined(__GNUC__)
#define ONCE __attribute__((cold))
#else
#define ONCE
#endif

/* ---- Words ---- */

static int
word_is(const char *word, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(word, name, length) == 0;
}

static ONCE int
is_implementation(const char *word, size_t length)
{
    size_t i;

    for (i = 0; candidates[i] != NULL; i++)
        if (word_is(word, length, candidates[i]->implementation))
            return 1;
    return word_is(word, length, "portable");
}

static ONCE int
is_name(const char *word, size_t length)
{
    size_t i;

    for (i = 0; i < TLS_PRIMITIVES; i++)
        if (word_is(word, length, primitive_names[i]))
            return 1;
    return is_implementation(word, length);
}

/* next_word returns the length of the next of the words, and puts *words there; 0 at the end. */
static size_t
next_word(const char **words)
{
    *words += strspn(*words, SEPARATORS);
    return strcspn(*words, SEPARATORS);
}

static ONCE int
is_word(const char *word, size_t length)
{
    return word_is(word, length, "auto") || word_is(word, length, "none") ||
           is_implementation(word, length) || (word[0] == '-' && is_name(word + 1, length - 1));
}

static ONCE int
are_words(const char *words)
{
    size_t length;

    for (; (length = next_word(&words)) > 0; words += length)
        if (!is_word(words, length))
            return 0;
    return 1;
}

/* from_environment: a word that is none, such as a misspelt one, stands for the reference: whoever
 * wants to keep a kernel from running must not have it run. */
static const char *
from_environment(void)
{
    const char *words = getenv(VARIABLE);

    if (words == NULL)
        return "";
    return are_words(words) ? words : "none";
}

/* is_allowed: whether these words let this kernel run. */
static ONCE int
is_allowed(const char *words, const tls_kernel *kernel)
{
    int only_named = 0, named = 0;
    size_t length;

    for (; (length = next_word(&words)) > 0; words += length) {
        if (word_is(words, length, "none"))
            return 0;
        if (words[0] == '-' &&
            (word_is(words + 1, length - 1, kernel->implementation) ||
                word_is(words + 1, length - 1, primitive_names[kernel->primitive])))
            return 0;
        only_named |= is_implementation(words, length);
        named |= word_is(words, length, kernel->implementation) ||
                 (word_is(words, length, "portable") && kernel->needs == 0);
    }
    return named || !only_named;
}

/* ---- The table ---- */

/* BearSSL says which of its AEADs' parts suit this processor only through an engine. */
static ONCE void
fill_aeads(void)
{
    br_ssl_engine_context engine;

    memset(&engine, 0, sizeof engine);
    br_ssl_engine_set_default_aes_gcm(&engine);
    br_ssl_engine_set_default_aes_ccm(&engine);
    br_ssl_engine_set_default_chapol(&engine);
    table.aes_gcm = tls_aes_gcm_bearssl;
    table.aes_ctr = engine.iaes_ctr;
    table.aes_ctrcbc = engine.iaes_ctrcbc;
    table.ghash = engine.ighash;
    table.chacha20 = engine.ichacha;
    table.chacha20_poly1305 = engine.ipoly;
}

static ONCE void
fill(const char *words)
{
    unsigned features = tls_processor_features();
    size_t i;

    memset(&table, 0, sizeof table);
    memset(implementations, 0, sizeof implementations);
    table.sha256 = &br_sha256_vtable;
    table.rsa_public = br_rsa_public_get_default();
    table.rsa_private = br_rsa_private_get_default();
    table.rsa_pkcs1_sign = br_rsa_pkcs1_sign_get_default();
    table.rsa_pkcs1_verify = br_rsa_pkcs1_vrfy_get_default();
    table.ml_kem = &tls_ml_kem_portable;
    table.edwards25519 = &tls_edwards25519_portable;
    fill_aeads();
    for (i = 0; candidates[i] != NULL; i++) {
        const tls_kernel *kernel = candidates[i];

        if (implementations[kernel->primitive] != NULL || (kernel->needs & ~features) != 0 ||
            !is_allowed(words, kernel))
            continue;
        kernel->install(&table);
        implementations[kernel->primitive] = kernel->implementation;
    }
    tls_kernel_curves(&table);
}

static ONCE void
fill_by_environment(void)
{
    fill(from_environment());
}

const tls_kernels *
tls_kernels_chosen(void)
{
    tls_once_run(&chosen, fill_by_environment);
    return &table;
}

int
tls_kernels_choose(const char *words)
{
    if (words == NULL || !are_words(words))
        return 0;
    tls_kernels_chosen(); /* so that nobody chooses later */
    fill(words);
    return 1;
}

const tls_kernel *
tls_kernels_candidate(size_t i)
{
    return i < sizeof candidates / sizeof candidates[0] ? candidates[i] : NULL;
}

int
tls_kernels_entry(size_t i, const char **primitive, const char **implementation)
{
    if (i >= TLS_PRIMITIVES)
        return 0;
    tls_kernels_chosen();
    *primitive = primitive_names[i];
    *implementation = implementations[i];
    /* BearSSL has no ML-KEM. */
    if (*implementation == NULL)
        *implementation = i == TLS_PRIMITIVE_ML_KEM ? "portable" : "bearssl";
    return 1;
}

/* kernel_choice_test.c - the choice of kernels by words, and that hashes, HMAC and transcripts go
 * by it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "kernel/kernel.h"
#include "support/check.h"
#include "tls13/transcript.h"

static size_t
count_of(const char *implementation)
{
    const char *primitive, *found;
    size_t i, count = 0;

    for (i = 0; tls_kernels_entry(i, &primitive, &found); i++)
        count += strcmp(found, implementation) == 0;
    return count;
}

/* fallback_of: what does a primitive without kernels; BearSSL has no ML-KEM. */
static const char *
fallback_of(size_t primitive)
{
    return primitive == TLS_PRIMITIVE_ML_KEM ? "portable" : "bearssl";
}

static int
none_runs(void)
{
    return count_of("bearssl") == TLS_PRIMITIVES - 1 && count_of("portable") == 1 &&
           tls_kernels_chosen()->ml_kem == &tls_ml_kem_portable;
}

static void
test_environment(void)
{
    check(none_runs(), "the environment's \"none\" is heard");
    check(tls_kernels_chosen()->sha256 == &br_sha256_vtable, "SHA-256 is BearSSL's");
}

static void
test_words(void)
{
    static const char *const bad[] = {"nothing", "-", "-nothing", "auto,all", "autox", "aut"};
    static const char *const good[] = {
        "", "auto", "portable", "none", "auto,-sha256", " auto , -secp256r1 ", "-x25519,-sha256"};
    size_t i;

    for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check(!tls_kernels_choose(bad[i]), "\"%s\" is refused", bad[i]);
    check(none_runs(), "and changes nothing");
    for (i = 0; i < sizeof good / sizeof good[0]; i++)
        check(tls_kernels_choose(good[i]), "\"%s\" is understood", good[i]);
}

static void
test_leaving_out(void)
{
    const char *primitive, *found, *again, *same;
    char words[64];
    size_t i;

    tls_kernels_choose("auto");
    for (i = 0; tls_kernels_entry(i, &primitive, &found); i++) {
        check(snprintf(words, sizeof words, "-%s", primitive) > 0, "words");
        tls_kernels_choose(words);
        tls_kernels_entry(i, &same, &again);
        check_text(again, fallback_of(i), "%s without its kernels", primitive);
        tls_kernels_choose("auto");
    }
    tls_kernels_choose("none");
    check(none_runs(), "none is none");
}

static void
test_users(void)
{
    tls_transcript transcript;

    tls_kernels_choose("auto");
    check(tls_hash_class(TLS_HASH_SHA256) == tls_kernels_chosen()->sha256, "the class of SHA-256");
    tls_transcript_init(&transcript);
    check(transcript.sha256.vtable == tls_kernels_chosen()->sha256, "the transcript's");
}

int
main(void)
{
    setenv("BEARSSL_LUA_KERNELS", "none", 1);
    test_environment();
    test_words();
    test_leaving_out();
    test_users();
    return check_end();
}

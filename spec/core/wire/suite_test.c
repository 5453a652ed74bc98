/* suite_test.c - specs of the cipher suites, their names and policies. */
#include <string.h>

#include "wire/suite.h"

#include "support/check.h"
#include "support/messages.h"

/* What an entry of suite_names.c has for its name: C lets one that is as long lose its end. */
#define NAME_SPACE 48

static void
spec_suites(void)
{
    const tls_suite *s;
    size_t i;
    unsigned id;
    unsigned bearssl = 0;
    unsigned others = 0;
    int good = 1;

    for (i = 0; (s = tls_suite_at(i)) != NULL; i++) {
        int aead = s->mode != TLS_MODE_CBC;

        bearssl += (s->flags & TLS_SUITE_BEARSSL) != 0;
        /* The name says the same as the fields. */
        good =
            good && tls_suite_find(s->id) == s && tls_suite_find_name(s->name) == s &&
            tls_suite_find_name(s->openssl_name) == s &&
            aead == ((s->flags & TLS_SUITE_AEAD) != 0) && aead == (s->mac_hash == 0) &&
            aead == (s->tag_length != 0) &&
            (strstr(s->name, "ECDHE_") != NULL) == (s->key_exchange == TLS_KEY_EXCHANGE_ECDHE) &&
            (strstr(s->name, "_DHE_") != NULL) == (s->key_exchange == TLS_KEY_EXCHANGE_DHE) &&
            (strstr(s->name, "ECDH_") != NULL) == (s->key_exchange == TLS_KEY_EXCHANGE_ECDH) &&
            (strstr(s->name, "ECDSA") != NULL) == (s->authentication == TLS_AUTHENTICATION_ECDSA) &&
            (strstr(s->name, "3DES") != NULL) == (s->cipher == TLS_CIPHER_3DES) &&
            (strstr(s->name, "_256_") != NULL || strstr(s->name, "CHACHA") != NULL) ==
                (s->key_bits == 256) &&
            (strstr(s->name, "SHA384") != NULL) == (s->prf_hash == 5) &&
            (strstr(s->name, "_CBC_") != NULL) == !aead &&
            (strstr(s->name, "GCM") != NULL) == (s->mode == TLS_MODE_GCM) &&
            (strstr(s->name, "CCM_8") != NULL) == (s->mode == TLS_MODE_CCM8) &&
            tls_suite_other_name(s->id) == NULL;
    }
    check(good, "every suite is what its name says");
    check(bearssl == 52, "BearSSL's 45 suites, and seven of DHE");
    check(i == 57, "and five of TLS 1.3");

    good = 1;
    for (id = 0; id <= 0xFFFF; id++) {
        const char *name = tls_suite_other_name(id);

        if (name != NULL) {
            others++;
            check(memchr(name, 0, NAME_SPACE) != NULL, "the name of %u ends in its entry", id);
            good = good && tls_suite_other_id(name) == (int)id && tls_suite_id(name) == (int)id;
        }
    }
    check(good && others > 290, "the other suites are found both ways");
    check_text(tls_suite_name(0xC02F), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "C02F");
    check_text(tls_suite_name(0x00FF), "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", "00FF");
    check_text(tls_suite_name(0x5600), "TLS_FALLBACK_SCSV", "5600");
    check_text(tls_suite_name(0x4A4A), "GREASE", "4A4A");
    check_text(tls_suite_name(0x009E), "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "009E");
    check_text(tls_suite_name(0x9999), NULL, "an unknown suite");
    check(tls_suite_id("ECDHE-RSA-AES128-GCM-SHA256") == 0xC02F, "an OpenSSL name");
    check(tls_suite_id("ecdhe-ecdsa-chacha20-poly1305") == 0xCCA9, "an OpenSSL name in lower case");
    check(tls_suite_id("tls_fallback_scsv") == 0x5600 && tls_suite_id("nothing") == -1, "others");
    s = tls_suite_find(0xC0AE);
    check(s->tag_length == 8 && s->key_bits == 128 &&
              strcmp(tls_suite_mode_name(s), "CCM_8") == 0 &&
              strcmp(tls_suite_cipher_name(s), "AES") == 0 &&
              strcmp(tls_suite_key_exchange_name(s), "ECDHE") == 0 &&
              strcmp(tls_suite_authentication_name(s), "ECDSA") == 0 && tls_suite_fits(s, 0x0303) &&
              !tls_suite_fits(s, 0x0302),
        "the parts of a suite");
}

static void
spec_policies(void)
{
    static const uint16_t mixed[] = {
        0xC02B, 0x1301, 0xC0AC, 0xCCA9, 0x1303, 0xC013, 0xC030, 0x009C, 0xCCA8};
    static const uint16_t aes_first[] = {
        0xC02B, 0x1301, 0xC0AC, 0xC030, 0x1303, 0xC013, 0xCCA9, 0x009C, 0xCCA8};
    static const uint16_t chacha_first[] = {
        0xCCA9, 0x1303, 0xC0AC, 0xCCA8, 0x1301, 0xC013, 0xC02B, 0x009C, 0xC030};
    uint16_t list[COUNT(mixed)];
    const uint16_t *suites;
    size_t modern = 0;
    size_t count = 0;
    size_t i;
    int good = 1;

    suites = tls_suite_policy("modern", &modern);
    for (i = 0; i < modern; i++) {
        const tls_suite *s = tls_suite_find(suites[i]);

        /* TLS 1.3 without CCM, then TLS 1.2. */
        good = good && s != NULL && s->version_max == (i < 3 ? 0x0304 : 0x0303) &&
               s->version_min == s->version_max && s->tag_length == 16 &&
               (i >= 3 || s->mode != TLS_MODE_CCM) && (s->flags & TLS_SUITE_AEAD) &&
               (s->flags & TLS_SUITE_FORWARD_SECRECY) &&
               ((s->flags & TLS_SUITE_BEARSSL) == 0) == (i < 3);
    }
    check(good && modern == 11, "modern");
    good = memcmp(suites, tls_suite_policy("Compatible", &count), modern * sizeof *suites) == 0;
    suites = tls_suite_policy("compatible", &count);
    for (i = 0; i < count; i++) {
        const tls_suite *s = tls_suite_find(suites[i]);
        size_t j;

        good = good && s != NULL && !(s->flags & TLS_SUITE_WEAK);
        for (j = 0; j < i; j++)
            good = good && suites[j] != suites[i];
    }
    check(good && count == 25, "compatible");
    check(tls_suite_policy("tls13", &count) != NULL && count == 4, "tls13");
    check(tls_suite_policy("nonsense", &count) == NULL, "an unknown policy");

    memcpy(list, mixed, sizeof list);
    tls_suite_order(list, COUNT(list), 1);
    check(memcmp(list, aes_first, sizeof list) == 0, "AES first");
    memcpy(list, mixed, sizeof list);
    tls_suite_order(list, COUNT(list), 0);
    check(memcmp(list, chacha_first, sizeof list) == 0, "ChaCha20 first");
    tls_suite_order(list, COUNT(list), 0);
    check(memcmp(list, chacha_first, sizeof list) == 0, "and ordering again changes nothing");
    tls_suite_order(list, 0, 1);
}

int
main(void)
{
    spec_suites();
    spec_policies();
    return check_end();
}

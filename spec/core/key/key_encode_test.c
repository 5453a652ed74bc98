/* key_encode_test.c - specs of generating and writing keys, which openssl reads. key_encode.sh runs
 * it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bearssl.h>

#include "key/key.h"
#include "key/key_encode.h"
#include "key/key_encrypted.h"
#include "key/key_generate.h"
#include "asn1/der.h"

#include "support/shell.h"
#include "support/corpus.h"

static const char *const kinds[] = {"rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521"};

#define KINDS (sizeof kinds / sizeof kinds[0])

static void
encodes_as(
    const tls_private_key *key, const char *kind, enum tls_key_format format, const char *file)
{
    char name[64];
    tls_buffer der = {NULL, 0, 0, 0};
    tls_bytes expected;

    snprintf(name, sizeof name, "%s.%s", kind, file);
    expected = corpus_read(name);
    check_reason(tls_private_key_encode(&der, key, format), TLS_OK, "%s", name);
    check(tls_bytes_equal(tls_buffer_view(&der), expected), "%s: the bytes of openssl", name);
    corpus_free(expected);
    tls_buffer_release(&der);
}

static void
test_key_encoding(void)
{
    tls_private_key *key, *external;
    tls_buffer out = {NULL, 0, 0, 0};
    tls_bytes bytes;
    unsigned char *copy;
    tls_der der, inner;
    tls_bytes d;
    size_t i;

    for (i = 0; i < KINDS; i++) {
        key = corpus_key(kinds[i]);
        encodes_as(key, kinds[i], TLS_KEY_FORMAT_PKCS8, "pkcs8.der");
        encodes_as(key, kinds[i], TLS_KEY_FORMAT_TRADITIONAL, "traditional.der");
        encodes_as(key, kinds[i], TLS_KEY_FORMAT_PUBLIC, "public.der");
        tls_private_key_release(key);
    }
    key = corpus_key("pss");
    check_reason(tls_private_key_encode(&out, key, TLS_KEY_FORMAT_TRADITIONAL),
        TLS_REASON_UNSUPPORTED_KEY, "PSS in PKCS#1");
    check_reason(
        tls_private_key_encode_pem(&out, key, TLS_KEY_FORMAT_PKCS8), TLS_OK, "PSS in PKCS#8");
    corpus_write("out.key", tls_buffer_view(&out));
    check_shell("Key is valid", "openssl pkey -in out.key -check -noout");
    require(tls_private_key_external(&external, tls_private_key_public(key)) == TLS_OK, "external");
    check_reason(tls_private_key_encode(&out, external, TLS_KEY_FORMAT_PKCS8),
        TLS_REASON_UNSUPPORTED_KEY, "external");
    tls_private_key_release(external);
    tls_private_key_release(key);
    /* A wrong private exponent does not matter to us, and would to those who read it. */
    bytes = corpus_read("rsa2048.traditional.der");
    copy = malloc(bytes.length);
    memcpy(copy, bytes.data, bytes.length);
    tls_der_init(&der, tls_bytes_make(copy, bytes.length));
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    for (i = 0; i < 3; i++)
        tls_der_integer(&inner);
    d = tls_der_integer(&inner);
    copy[(size_t)(d.data - copy) + d.length - 1] ^= 2;
    check_reason(tls_private_key_decode(&key, tls_bytes_make(copy, bytes.length)), TLS_OK,
        "wrong private exponent");
    check_reason(tls_private_key_encode(&out, key, TLS_KEY_FORMAT_PKCS8), TLS_REASON_BAD_KEY,
        "is not written");
    tls_private_key_release(key);
    free(copy);
    corpus_free(bytes);
    tls_buffer_release(&out);
}

static void
check_generated(tls_private_key *key, const char *name)
{
    static const enum tls_key_format formats[] = {TLS_KEY_FORMAT_PKCS8, TLS_KEY_FORMAT_TRADITIONAL};
    tls_buffer out = {NULL, 0, 0, 0};
    tls_private_key *back;
    char file[64], command[128];
    size_t i;

    for (i = 0; i < 2; i++) {
        tls_buffer_clear(&out);
        check_reason(tls_private_key_encode_pem(&out, key, formats[i]), TLS_OK, "%s", name);
        snprintf(file, sizeof file, "new_%s.key", name);
        corpus_write(file, tls_buffer_view(&out));
        snprintf(command, sizeof command, "openssl pkey -in %s -check -noout", file);
        check_shell("Key is valid", command);
        check_reason(tls_private_key_decode(&back, tls_buffer_view(&out)), TLS_OK, "%s", file);
        check(back != NULL && tls_private_key_matches(back, tls_private_key_public(key)),
            "%s: the same key", name);
        tls_private_key_release(back);
    }
    tls_buffer_clear(&out);
    check_reason(
        tls_private_key_encode_encrypted_pem(&out, key, tls_bytes_of_string("pass word"), 2000),
        TLS_OK, "%s", name);
    corpus_write("out.key", tls_buffer_view(&out));
    check_shell("Key is valid", "openssl pkey -in out.key -passin 'pass:pass word' -check -noout");
    check_reason(tls_private_key_decode_encrypted(
                     &back, tls_buffer_view(&out), tls_bytes_of_string("pass word")),
        TLS_OK, "decrypt");
    check(back != NULL && tls_private_key_matches(back, tls_private_key_public(key)),
        "%s: the same key", name);
    tls_private_key_release(back);
    check_reason(tls_private_key_decode_encrypted(
                     &back, tls_buffer_view(&out), tls_bytes_of_string("pass wore")),
        TLS_REASON_BAD_PASSWORD, "wrong password");
    check(back == NULL, "no key");
    tls_buffer_release(&out);
}

static void
test_key_generation(void)
{
    static const int curves[] = {BR_EC_secp256r1, BR_EC_secp384r1, BR_EC_secp521r1};
    static const char *const names[] = {"p256", "p384", "p521"};
    static const unsigned bits[] = {2048, 3072, 4096};
    tls_private_key *key, *other;
    char name[16];
    size_t i;
    clock_t start;

    for (i = 0; i < 3; i++) {
        check_reason(tls_private_key_generate_ec(&key, curves[i]), TLS_OK, "%s", names[i]);
        check(tls_private_key_public(key)->curve == curves[i], "curve");
        check_generated(key, names[i]);
        tls_private_key_generate_ec(&other, curves[i]);
        check(!tls_private_key_matches(other, tls_private_key_public(key)), "%s: another each time",
            names[i]);
        tls_private_key_release(other);
        tls_private_key_release(key);
    }
    for (i = 0; i < (getenv("SLOW") != NULL ? 3 : 1); i++) {
        start = clock();
        snprintf(name, sizeof name, "rsa%u", bits[i]);
        check_reason(tls_private_key_generate_rsa(&key, bits[i]), TLS_OK, "%s", name);
        printf("# %s generated in %.2f s\n", name, (double)(clock() - start) / CLOCKS_PER_SEC);
        check(tls_private_key_public(key)->bits == bits[i], "%s: bits", name);
        check_generated(key, name);
        tls_private_key_release(key);
    }
    check_reason(tls_private_key_generate_rsa(&key, 1024), TLS_REASON_UNSUPPORTED_KEY, "RSA 1024");
    check_reason(tls_private_key_generate_rsa(&key, 4104), TLS_REASON_UNSUPPORTED_KEY, "RSA 4104");
    check_reason(tls_private_key_generate_rsa(&key, 2049), TLS_REASON_UNSUPPORTED_KEY, "RSA 2049");
    check_reason(
        tls_private_key_generate_ec(&key, BR_EC_curve25519), TLS_REASON_UNSUPPORTED_KEY, "X25519");
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_key_encoding();
    test_key_generation();
    return check_end();
}

/* key_test.c - specs of reading private keys. key.sh runs it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "key/key.h"
#include "key/key_bearssl.h"

#include "support/check.h"
#include "support/corpus.h"
#include "support/damage.h"
#include "support/exact_bytes.h"

static const char *const kinds[] = {"rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521"};

static enum tls_reason
decode_file(tls_private_key **key, const char *name, const char *end)
{
    char file[64];
    tls_bytes bytes;
    enum tls_reason reason;

    snprintf(file, sizeof file, "%s%s", name, end);
    bytes = corpus_read(file);
    reason = tls_private_key_decode(key, bytes);
    corpus_free(bytes);
    return reason;
}

static void
test_keys(void)
{
    static const char *const forms[] = {".key", ".pkcs8.der", ".traditional", ".traditional.der"};
    tls_private_key *key, *outside;
    tls_certificate *leaf, *other = corpus_certificate("root");
    size_t i, j;

    for (i = 0; i < 6; i++) {
        leaf = corpus_certificate(kinds[i]);
        for (j = 0; j < 4; j++) {
            check(decode_file(&key, kinds[i], forms[j]) == TLS_OK, "%s", kinds[i]);
            if (key == NULL)
                continue;
            check(tls_private_key_matches(key, &leaf->public_key), "key matches its certificate");
            check(!tls_private_key_matches(key, &other->public_key), "and no other");
            check((tls_private_key_rsa(key) != NULL) == (i < 3) &&
                      (tls_private_key_ec(key) != NULL) == (i >= 3),
                "kind");
            tls_private_key_release(key);
        }
        check(leaf->public_key.bits == (unsigned)atoi(kinds[i] + (i < 3 ? 3 : 1)), "bits");
        check(tls_private_key_external(&outside, &leaf->public_key) == TLS_OK &&
                  tls_private_key_is_external(outside) && tls_private_key_rsa(outside) == NULL &&
                  tls_private_key_ec(outside) == NULL,
            "external key");
        tls_certificate_release(leaf);
        check(tls_private_key_public(outside)->bits != 0, "external key outlives its certificate");
        tls_private_key_release(outside);
    }
    check(decode_file(&key, "psskey", ".key") == TLS_OK, "RSA-PSS key");
    check(key != NULL && tls_private_key_public(key)->pss_only, "is for PSS only");
    tls_private_key_release(key);
    check(decode_file(&key, "withparams", ".key") == TLS_OK, "EC PARAMETERS before the key");
    tls_private_key_release(key);
    check(decode_file(&key, "encrypted8", ".key") == TLS_REASON_ENCRYPTED_KEY, "encrypted PKCS#8");
    check(decode_file(&key, "encrypted8", ".der") == TLS_REASON_ENCRYPTED_KEY,
        "encrypted PKCS#8 DER");
    check(decode_file(&key, "encrypted1", ".key") == TLS_REASON_ENCRYPTED_KEY, "encrypted PKCS#1");
    check(decode_file(&key, "root", ".pem") == TLS_REASON_BAD_PEM, "no key in the PEM");
    check(decode_file(&key, "ed448", ".key") == TLS_REASON_UNSUPPORTED_KEY, "Ed448 key");
    check(
        decode_file(&key, "rsa4104", ".key") == TLS_REASON_UNSUPPORTED_KEY, "RSA above 4096 bits");
    check(
        decode_file(&key, "primes3", ".key") == TLS_REASON_UNSUPPORTED_KEY, "RSA of three primes");
    check(decode_file(&key, "k1", ".key") == TLS_REASON_UNSUPPORTED_KEY, "secp256k1 key");
    check(decode_file(&key, "compressed", ".key") == TLS_OK, "compressed public point");
    tls_private_key_release(key);
    check(decode_file(&key, "nopublic", ".key") == TLS_OK, "no public point");
    tls_private_key_release(key);
    leaf = corpus_certificate("rsa4104");
    check(leaf->public_key.kind == TLS_KEY_OTHER && leaf->public_key.bits == 4104 &&
              strcmp(tls_public_key_type(&leaf->public_key), "rsa") == 0,
        "certificate of RSA 4104");
    tls_certificate_release(leaf);
    leaf = corpus_certificate("k1");
    check(leaf->public_key.kind == TLS_KEY_OTHER, "certificate of secp256k1");
    tls_certificate_release(leaf);
    tls_certificate_release(other);
}

static int
parse_key(tls_bytes bytes)
{
    tls_private_key *key;
    enum tls_reason reason = tls_private_key_decode(&key, bytes);

    tls_private_key_release(key);
    return reason == TLS_OK;
}

/* mutate_key changes bytes at random, half of them near the start, where the structure is. Returns
 * how many keys were taken: their private exponent, which we do not use, or attributes differ. */
static unsigned
mutate_key(tls_bytes bytes, unsigned rounds)
{
    unsigned round, taken = 0;

    for (round = 0; round < rounds; round++) {
        tls_bytes copy = exact_bytes(bytes);
        unsigned char *data = (unsigned char *)(uintptr_t)copy.data;
        unsigned n = 1 + (unsigned)rand() % 3;

        while (n-- > 0)
            data[(size_t)rand() % (rand() % 2 ? bytes.length : 40)] = (unsigned char)rand();
        taken += (unsigned)parse_key(copy);
        release(copy);
    }
    return taken;
}

static void
test_damage(unsigned rounds)
{
    static const char *const files[] = {
        "p256.pkcs8.der", "p521.traditional.der", "rsa2048.traditional.der", "rsa2048.pkcs8.der"};
    size_t i;

    for (i = 0; i < sizeof files / sizeof files[0]; i++) {
        tls_bytes bytes = corpus_read(files[i]);

        require(parse_key(bytes), "%s", files[i]);
        check(damage_prefixes_fail(bytes, parse_key), "every prefix of %s fails", files[i]);
        printf(
            "# %s: %u of %u mutated keys are taken\n", files[i], mutate_key(bytes, rounds), rounds);
        corpus_free(bytes);
    }
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_keys();
    test_damage(corpus_rounds(200));
    return check_end();
}

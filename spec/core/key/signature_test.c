/* signature_test.c - signing and verifying: what may not be signed or verified with which key, and
 * signatures of the openssl program. signature.sh runs it. */
#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "key/key.h"
#include "key/key_bearssl.h"
#include "key/key_encode.h"
#include "kernel/choice.h"

#include "support/check.h"
#include "support/corpus.h"
#include "support/signature_keys.h"

static void
test_fits(void)
{
    static const unsigned unsupported[] = {0, 0x0101, 0x0103, 0x0202, 0x0402, 0x0420, 0x0704,
        TLS_SCHEME_ED448, 0x080C, 0x0A0A, 0xFFFF};
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM], signature[TLS_SIGNATURE_MAXIMUM];
    size_t i, j;

    for (j = 0; j < SIGNATURE_KEYS; j++) {
        tls_private_key *key = corpus_key(signature_keys[j]);
        const tls_public_key *public_key = tls_private_key_public(key);

        for (i = 0; i < SIGNATURE_SCHEMES; i++) {
            unsigned scheme = signature_schemes[i];
            enum tls_scheme_kind kind = tls_scheme_kind_of(scheme);
            int can = key_signs(signature_keys[j], scheme), can13;

            can13 = can && kind != TLS_SCHEME_KIND_RSA_PKCS1 && tls_scheme_hash(scheme) >= 4;
            if (kind == TLS_SCHEME_KIND_ECDSA)
                can13 = can13 && (scheme >> 8) - 4 == (unsigned)(public_key->curve - 23);
            if (tls_scheme_fits_key(scheme, public_key, TLS_VERSION_12) != can ||
                tls_scheme_fits_key(scheme, public_key, TLS_VERSION_13) != can13) {
                check(0, "%s: %s", signature_keys[j], scheme_name(scheme));
                break;
            }
        }
        check(i == SIGNATURE_SCHEMES, "fits: %s", signature_keys[j]);
        for (i = 0; i < sizeof unsupported / sizeof unsupported[0]; i++)
            if (tls_scheme_supported(unsupported[i]) ||
                tls_scheme_fits_key(unsupported[i], public_key, TLS_VERSION_12) ||
                tls_scheme_fits_key(unsupported[i], public_key, TLS_VERSION_13) ||
                tls_scheme_digest(digest, unsupported[i], tls_bytes_of_string("x")) != 0 ||
                tls_sign_scheme(key, signature, unsupported[i], tls_bytes_make(digest, 32)) != 0 ||
                tls_verify_scheme(public_key, unsupported[i], tls_bytes_make(digest, 32),
                    tls_bytes_make(signature, 256)) != TLS_REASON_ILLEGAL_PARAMETER)
                break;
        check(i == sizeof unsupported / sizeof unsupported[0], "unsupported schemes: %s",
            signature_keys[j]);
        tls_private_key_release(key);
    }
    for (i = 0; i < SIGNATURE_SCHEMES; i++)
        check(tls_scheme_supported(signature_schemes[i]), "supported: %s",
            scheme_name(signature_schemes[i]));
}

static void
test_small_keys(void)
{
    unsigned char modulus[66];
    tls_public_key key;

    memset(modulus, 0xFF, sizeof modulus);
    key = rsa_public_key(tls_bytes_make(modulus, sizeof modulus));
    /* PSS with SHA-256 needs 66 bytes of modBits - 1 bits; PKCS#1 62 bytes of modulus. */
    key.bits = 8 * 65 + 2;
    check(
        tls_scheme_fits_key(TLS_SCHEME_RSA_PSS_RSAE_SHA256, &key, TLS_VERSION_13), "522 bits: fit");
    key.bits = 8 * 65 + 1;
    check(!tls_scheme_fits_key(TLS_SCHEME_RSA_PSS_RSAE_SHA256, &key, TLS_VERSION_13),
        "521 bits: do not");
    key.modulus.length = 62;
    check(tls_scheme_fits_key(TLS_SCHEME_RSA_PKCS1_SHA256, &key, TLS_VERSION_12), "62 bytes: fit");
    key.modulus.length = 61;
    check(!tls_scheme_fits_key(TLS_SCHEME_RSA_PKCS1_SHA256, &key, TLS_VERSION_12),
        "61 bytes: do not");
}

static void
write_file(const char *name, const unsigned char *data, size_t length)
{
    char path[CORPUS_PATH_MAXIMUM];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s.ours", corpus_directory(), name);
    file = fopen(path, "wb");
    check(file != NULL && fwrite(data, 1, length, file) == length, "write: %s", path);
    if (file != NULL)
        fclose(file);
}

/* check_refused: nothing but the signature itself, by its own scheme, is taken. There is a byte of
 * room after it. */
static void
check_refused(const tls_private_key *key, unsigned scheme, unsigned char *digest_bytes,
    size_t digest_length, unsigned char *signature, size_t length, const char *name)
{
    const tls_public_key *public_key = tls_private_key_public(key);
    tls_bytes digest = tls_bytes_make(digest_bytes, digest_length);
    size_t bit, bits = length * 8, step = length > 200 ? 211 : 61, i;
    unsigned char again[TLS_SIGNATURE_MAXIMUM];

    for (bit = 0; bit < bits; bit += step) {
        signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (tls_verify_scheme(public_key, scheme, digest, tls_bytes_make(signature, length)) !=
            TLS_REASON_BAD_SIGNATURE)
            break;
        signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    check(bit >= bits, "a flipped bit: %s", name);
    check(tls_verify_scheme(public_key, scheme, digest, tls_bytes_make(signature, length - 1)) ==
              TLS_REASON_BAD_SIGNATURE,
        "one byte short: %s", name);
    signature[length] = 0;
    check(tls_verify_scheme(public_key, scheme, digest, tls_bytes_make(signature, length + 1)) ==
              TLS_REASON_BAD_SIGNATURE,
        "one byte long: %s", name);
    check(tls_verify_scheme(public_key, scheme, digest, tls_bytes_make(signature, 0)) ==
              TLS_REASON_BAD_SIGNATURE,
        "empty: %s", name);
    check(tls_verify_scheme(public_key, scheme, tls_bytes_make(digest.data, digest.length - 1),
              tls_bytes_make(signature, length)) == TLS_REASON_ILLEGAL_PARAMETER &&
              tls_sign_scheme(key, again, scheme, tls_bytes_make(digest.data, digest.length - 1)) ==
                  0,
        "a digest of another length: %s", name);
    digest_bytes[0] ^= 0x80;
    check(tls_verify_scheme(public_key, scheme, digest, tls_bytes_make(signature, length)) ==
              TLS_REASON_BAD_SIGNATURE,
        "another digest: %s", name);
    digest_bytes[0] ^= 0x80;
    for (i = 0; i < SIGNATURE_SCHEMES; i++) {
        enum tls_reason reason;

        /* PSS of both kinds is the same signature, but not of the same keys. */
        if (signature_schemes[i] == scheme)
            continue;
        reason = tls_verify_scheme(
            public_key, signature_schemes[i], digest, tls_bytes_make(signature, length));
        if (reason != TLS_REASON_ILLEGAL_PARAMETER && reason != TLS_REASON_BAD_SIGNATURE)
            break;
    }
    check(i == SIGNATURE_SCHEMES, "no other scheme: %s", name);
}

static void
test_pair(const tls_private_key *key, const char *key_name, unsigned scheme)
{
    const tls_public_key *public_key = tls_private_key_public(key);
    unsigned char digest_bytes[TLS_FINGERPRINT_MAXIMUM], signature[TLS_SIGNATURE_MAXIMUM + 1];
    unsigned char again[TLS_SIGNATURE_MAXIMUM];
    char message[64], name[64], file[80];
    tls_bytes digest, theirs;
    size_t length;

    snprintf(message, sizeof message, "message for %s", scheme_name(scheme));
    snprintf(name, sizeof name, "%s.%s", key_name, scheme_name(scheme));
    digest = tls_bytes_make(
        digest_bytes, tls_scheme_digest(digest_bytes, scheme, tls_bytes_of_string(message)));
    check(digest.length == tls_hash_size(tls_scheme_hash(scheme)), "digest: %s", name);
    length = tls_sign_scheme(key, signature, scheme, digest);
    if (!key_signs(key_name, scheme)) {
        check(length == 0, "cannot sign: %s", name);
        return;
    }
    check(length != 0 && tls_verify_scheme(public_key, scheme, digest,
                             tls_bytes_make(signature, length)) == TLS_OK,
        "sign and verify: %s", name);
    write_file(name, signature, length);
    check(public_key->kind != TLS_KEY_RSA || length == public_key->modulus.length,
        "as long as the modulus: %s", name);
    if (public_key->kind == TLS_KEY_RSA && tls_scheme_kind_of(scheme) != TLS_SCHEME_KIND_RSA_PKCS1)
        check(tls_sign_scheme(key, again, scheme, digest) == length &&
                  memcmp(again, signature, length) != 0,
            "a salt of its own: %s", name);
    snprintf(file, sizeof file, "%s.theirs", name);
    theirs = corpus_read(file);
    check(theirs.length != 0 && tls_verify_scheme(public_key, scheme, digest, theirs) == TLS_OK,
        "openssl's signature: %s", name);
    corpus_free(theirs);
    check_refused(key, scheme, digest_bytes, digest.length, signature, length, name);
}

static void
test_pairs(void)
{
    tls_private_key *key, *external;
    unsigned char digest[64] = {0}, out[TLS_SIGNATURE_MAXIMUM];
    size_t i, j;

    for (j = 0; j < SIGNATURE_KEYS; j++) {
        key = corpus_key(signature_keys[j]);
        check(strcmp(signature_keys[j], "pss384") == 0 ||
                  tls_private_key_public(key)->bits ==
                      (unsigned)atoi(strpbrk(signature_keys[j], "12345")),
            "bits: %s", signature_keys[j]);
        for (i = 0; i < SIGNATURE_SCHEMES; i++)
            test_pair(key, signature_keys[j], signature_schemes[i]);
        check(tls_private_key_external(&external, tls_private_key_public(key)) == TLS_OK,
            "external: %s", signature_keys[j]);
        for (i = 0; i < SIGNATURE_SCHEMES; i++)
            if (tls_sign_scheme(external, out, signature_schemes[i],
                    tls_bytes_make(digest, tls_hash_size(tls_scheme_hash(signature_schemes[i])))) !=
                0)
                break;
        check(i == SIGNATURE_SCHEMES, "an external key signs nothing: %s", signature_keys[j]);
        /* MD5+SHA-1 of TLS 1.0 and 1.1 */
        check((tls_sign_digest(key, out, 0, digest, 36) != 0) == (signature_keys[j][0] == 'r'),
            "MD5+SHA-1: %s", signature_keys[j]);
        check(tls_sign_digest(key, out, br_md5_ID, digest, 16) == 0 &&
                  tls_sign_digest(key, out, 7, digest, 32) == 0 &&
                  tls_sign_digest(key, out, -1, digest, 32) == 0,
            "no such hash: %s", signature_keys[j]);
        tls_private_key_release(external);
        tls_private_key_release(key);
    }
}

/* The parameters of a key (RFC 4055 section 1.2) stay with it wherever it goes. */
static void
test_parameters(void)
{
    tls_private_key *key = corpus_key("pss384"), *again = NULL, *external = NULL,
                    *narrow = corpus_key("narrow");
    tls_bytes parameters = tls_private_key_public(key)->pss_parameters;
    unsigned char digest[64] = {0}, out[TLS_SIGNATURE_MAXIMUM];
    tls_public_key public_key;
    tls_buffer der = {0};
    size_t i;

    check(parameters.length != 0, "parameters: pss384");
    check(tls_private_key_encode(&der, key, TLS_KEY_FORMAT_PKCS8) == TLS_OK &&
              tls_private_key_decode(&again, tls_buffer_view(&der)) == TLS_OK &&
              tls_bytes_equal(parameters, tls_private_key_public(again)->pss_parameters),
        "parameters: PKCS#8");
    tls_buffer_clear(&der);
    check(tls_private_key_encode(&der, key, TLS_KEY_FORMAT_PUBLIC) == TLS_OK &&
              tls_public_key_parse(&public_key, tls_buffer_view(&der)) == TLS_OK &&
              tls_bytes_equal(parameters, public_key.pss_parameters),
        "parameters: SubjectPublicKeyInfo");
    check(tls_private_key_external(&external, &public_key) == TLS_OK, "external: pss384");
    tls_buffer_release(&der);
    check(external != NULL &&
              tls_bytes_equal(parameters, tls_private_key_public(external)->pss_parameters),
        "parameters: external");
    check(tls_private_key_public(narrow)->pss_only, "for PSS only: narrow");
    for (i = 0; i < SIGNATURE_SCHEMES; i++)
        if (tls_scheme_fits_key(
                signature_schemes[i], tls_private_key_public(narrow), TLS_VERSION_13) ||
            tls_sign_scheme(narrow, out, signature_schemes[i],
                tls_bytes_make(digest, tls_hash_size(tls_scheme_hash(signature_schemes[i])))) != 0)
            break;
    check(i == SIGNATURE_SCHEMES, "no scheme is left: narrow");
    tls_private_key_release(key);
    tls_private_key_release(again);
    tls_private_key_release(external);
    tls_private_key_release(narrow);
}

/* try_fault: whether nothing leaves while this byte of a key is another one. */
static void
try_fault(const tls_private_key *key, unsigned char *byte, const char *what)
{
    static const unsigned schemes[] = {
        TLS_SCHEME_RSA_PSS_RSAE_SHA256, TLS_SCHEME_RSA_PKCS1_SHA256, 0};
    unsigned char digest[36] = {1}, out[TLS_SIGNATURE_MAXIMUM], zero[TLS_SIGNATURE_MAXIMUM] = {0};
    size_t i, length;

    *byte ^= 0x10;
    for (i = 0; i < 3; i++) {
        memset(out, 0xEE, sizeof out);
        if (schemes[i] != 0)
            length = tls_sign_scheme(key, out, schemes[i], tls_bytes_make(digest, 32));
        else
            length = tls_sign_digest(key, out, 0, digest, 36);
        check(length == 0 && memcmp(out, zero, 256) == 0, "a fault in %s, scheme %04x", what,
            schemes[i]);
    }
    *byte ^= 0x10;
    check(tls_sign_scheme(key, out, schemes[1], tls_bytes_make(digest, 32)) == 256,
        "the fault in %s is gone: signs", what);
}

/* A fault in one half of the private key operation gives a signature that tells a factor, whatever
 * computes it. */
static void
test_fault(void)
{
    static const char *const choices[] = {"auto", "-ifma", "portable", "none"};
    tls_private_key *key = corpus_key("rsa2048");
    const br_rsa_private_key *rsa = tls_private_key_rsa(key);
    size_t i;

    for (i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        if (!tls_kernels_choose(choices[i])) /* a kernel that was not built */
            continue;
        check_about("%s", choices[i]);
        try_fault(key, &rsa->dp[rsa->dplen / 2], "dP");
        try_fault(key, &rsa->dq[rsa->dqlen - 1], "dQ");
        try_fault(key, &rsa->iq[rsa->iqlen / 3], "qInv");
        try_fault(key, &rsa->p[rsa->plen / 2], "p");
        try_fault(key, &rsa->q[rsa->qlen / 2], "q");
    }
    require(tls_kernels_choose("auto"), "the usual choice");
    tls_private_key_release(key);
}

/* sign_wrongly: as if a bit fell over while it is computed: in r, then in s. */
static br_ecdsa_sign sign_rightly;
static size_t wrong_byte;

static size_t
sign_wrongly(const br_ec_impl *curves, const br_hash_class *hash, const void *digest,
    const br_ec_private_key *key, void *signature)
{
    size_t length = sign_rightly(curves, hash, digest, key, signature);

    ((unsigned char *)signature)[length - 1 - wrong_byte] ^= 4;
    return length;
}

/* Signatures of a wrong r, s or private key tell bits of what is secret. */
static void
test_ecdsa_fault(const char *name, unsigned scheme)
{
    tls_private_key *key = corpus_key(name);
    const br_ec_private_key *ec = tls_private_key_ec(key);
    tls_kernels *kernels = (tls_kernels *)(uintptr_t)tls_kernels_chosen();
    size_t size = tls_hash_size(tls_scheme_hash(scheme));
    unsigned char digest[64] = {1}, out[TLS_SIGNATURE_MAXIMUM], zero[TLS_SIGNATURE_MAXIMUM] = {0};
    tls_bytes view = tls_bytes_make(digest, size);
    size_t i, length;

    length = tls_sign_scheme(key, out, scheme, view);
    check(length > 2 * size, "%s: signs", name);
    for (i = 0; i < ec->xlen; i += 7) {
        memset(out, 0xEE, sizeof out);
        ec->x[ec->xlen - 1 - i] ^= 0x10;
        check(tls_sign_scheme(key, out, scheme, view) == 0 && memcmp(out, zero, 2 * size) == 0,
            "%s: a fault in byte %u of the key", name, (unsigned)i);
        ec->x[ec->xlen - 1 - i] ^= 0x10;
    }
    sign_rightly = kernels->ecdsa_sign;
    kernels->ecdsa_sign = sign_wrongly;
    for (i = 0; i < 2; i++) {
        memset(out, 0xEE, sizeof out);
        wrong_byte = i == 0 ? 0 : length / 2 + 3;
        check(tls_sign_scheme(key, out, scheme, view) == 0 && memcmp(out, zero, 2 * size) == 0,
            "%s: a fault in %s", name, i == 0 ? "s" : "r");
    }
    kernels->ecdsa_sign = sign_rightly;
    check_number((long)tls_sign_scheme(key, out, scheme, view), (long)length, "%s: again", name);
    tls_private_key_release(key);
}

static void
test_ecdsa_faults(const char *words)
{
    require(tls_kernels_choose(words), "%s", words);
    check_about("%s", words);
    test_ecdsa_fault("ec256", TLS_SCHEME_ECDSA_SECP256R1_SHA256);
    test_ecdsa_fault("ec384", TLS_SCHEME_ECDSA_SECP384R1_SHA384);
    test_ecdsa_fault("ec521", TLS_SCHEME_ECDSA_SECP521R1_SHA512);
}

int
main(int argc, char **argv)
{
    signature_begin(argc, argv);
    test_fits();
    test_small_keys();
    test_pairs();
    test_parameters();
    test_fault();
    test_ecdsa_faults("none");
    test_ecdsa_faults("portable");
    test_ecdsa_faults("auto");
    return check_end();
}

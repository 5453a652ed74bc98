/* signature_test.c DIRECTORY [BITS] - signature schemes: published vectors, what may not be signed
 * or verified with which key, forged paddings, and signatures that the openssl program made
 * (signature.sh). With BITS: makes an RSA key. */
#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "x509/certificate.h"
#include "asn1/der_write.h"
#include "key/key_bearssl.h"
#include "key/key_encode.h"
#include "wire/registry.h"
#include "base/random.h"
#include "key/rsa_pss.h"
#include "key/signature.h"

static int passed, failed;
static const char *directory;

static void
check(int ok, const char *what, const char *detail)
{
    if (ok) {
        passed++;
        return;
    }
    failed++;
    printf("not ok - %s (%s)\n", what, detail);
}

static size_t
from_hex(unsigned char *out, const char *hex)
{
    unsigned byte;
    size_t length = 0;

    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        out[length++] = (unsigned char)byte;
    return length;
}

static size_t
read_file(unsigned char *out, size_t room, const char *name, const char *suffix)
{
    char path[512];
    size_t length;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s%s", directory, name, suffix);
    file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    length = fread(out, 1, room, file);
    fclose(file);
    return length;
}

static void
write_file(const char *name, const unsigned char *data, size_t length)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s.ours", directory, name);
    file = fopen(path, "wb");
    check(file != NULL && fwrite(data, 1, length, file) == length, "write", path);
    if (file != NULL)
        fclose(file);
}

static tls_private_key *
load_key(const char *name)
{
    unsigned char pem[8192];
    tls_private_key *key = NULL;
    size_t length = read_file(pem, sizeof pem, name, strchr(name, '.') != NULL ? "" : ".key");

    if (tls_private_key_decode(&key, tls_bytes_make(pem, length)) != TLS_OK) {
        printf("not ok - cannot load %s\n%d passed, %d failed\n", name, passed, failed + 1);
        exit(1);
    }
    return key;
}

static const char *
name_of(unsigned scheme)
{
    const char *name = tls_registry_name(TLS_REGISTRY_SIGNATURE_SCHEME, scheme);

    if (scheme == TLS_SCHEME_ECDSA_SHA224)
        return "ecdsa_sha224";
    return name;
}

static const unsigned schemes[] = {TLS_SCHEME_RSA_PKCS1_SHA1, TLS_SCHEME_RSA_PKCS1_SHA224,
    TLS_SCHEME_RSA_PKCS1_SHA256, TLS_SCHEME_RSA_PKCS1_SHA384, TLS_SCHEME_RSA_PKCS1_SHA512,
    TLS_SCHEME_RSA_PSS_RSAE_SHA256, TLS_SCHEME_RSA_PSS_RSAE_SHA384, TLS_SCHEME_RSA_PSS_RSAE_SHA512,
    TLS_SCHEME_RSA_PSS_PSS_SHA256, TLS_SCHEME_RSA_PSS_PSS_SHA384, TLS_SCHEME_RSA_PSS_PSS_SHA512,
    TLS_SCHEME_ECDSA_SHA1, TLS_SCHEME_ECDSA_SHA224, TLS_SCHEME_ECDSA_SECP256R1_SHA256,
    TLS_SCHEME_ECDSA_SECP384R1_SHA384, TLS_SCHEME_ECDSA_SECP521R1_SHA512};
#define SCHEME_COUNT (sizeof schemes / sizeof schemes[0])

static const char *const keys[] = {"rsa1024", "rsa2048", "rsa2049", "rsa2050", "rsa2051", "rsa2052",
    "rsa2053", "rsa2054", "rsa2055", "rsa3072", "rsa4096", "pss2048", "pss384", "ec256", "ec384",
    "ec521"};
#define KEY_COUNT (sizeof keys / sizeof keys[0])

/* signs: what signature.sh too thinks that a key can do. */
static int
signs(const char *key, unsigned scheme)
{
    if (strcmp(key, "rsa1024") == 0 && scheme == TLS_SCHEME_RSA_PSS_RSAE_SHA512)
        return 0;                   /* 64 + 64 + 2 bytes do not fit */
    if (strcmp(key, "pss384") == 0) /* its parameters say so */
        return scheme == TLS_SCHEME_RSA_PSS_PSS_SHA384;
    switch (tls_scheme_kind_of(scheme)) {
    case TLS_SCHEME_KIND_ECDSA:
        return key[0] == 'e';
    case TLS_SCHEME_KIND_RSA_PSS_PSS:
        return key[0] == 'p';
    default:
        return key[0] == 'r';
    }
}

/* ---- Published vectors ---- */

static tls_public_key
rsa_key(tls_bytes modulus)
{
    static const unsigned char exponent[] = {1, 0, 1};
    tls_public_key key;

    memset(&key, 0, sizeof key);
    key.kind = TLS_KEY_RSA;
    key.bits = (unsigned)modulus.length * 8;
    key.modulus = modulus;
    key.exponent = tls_bytes_make(exponent, sizeof exponent);
    return key;
}

/* RFC 8448 section 3: the server's CertificateVerify. */
static void
test_rfc8448(void)
{
    unsigned char modulus[128], signature[128], transcript[32], digest[64];
    unsigned char content[TLS_CERTIFICATE_VERIFY_CONTENT_MAXIMUM];
    tls_public_key key;
    size_t length;

    key = rsa_key(tls_bytes_make(modulus,
        from_hex(modulus, "b4bb498f8279303d980836399b36c6988c0c68de55e1bdb826d3901a2461eafd2de49a91"
                          "d015abbc9a95137ace6c1af1"
                          "9eaa6af98c7ced43120998e187a80ee0ccb0524b1b018c3e0b63264d449a6d38e22a5fda"
                          "430846748030530ef0461c8c"
                          "a9d9efbfae8ea6d1d03e2bd193eff0ab9a8002c47428a6d35a8d88d79f7f1e3f")));
    from_hex(signature, "5a747c5d88fa9bd2e55ab085a61015b7211f824cd484145ab3ff52f1fda8477b0b7abc90db"
                        "78e2d33a5c141a078653fa"
                        "6bef780c5ea248eeaaa785c4f394cab6d30bbe8d4859ee511f602957b15411ac027671459e"
                        "46445c9ea58c181e818e95"
                        "b8c3fb0bf3278409d3be152a3da5043e063dda65cdf5aea20d53dfacd42f74f3");
    from_hex(transcript, "764d6632b3c35c3f3205e3499ac3edbaabb88295fba751461d3678e2e5ea0687");
    length = tls_certificate_verify_content(content, 1, transcript, sizeof transcript);
    check(length == 64 + 33 + 1 + 32, "content", "length");
    length =
        tls_scheme_digest(digest, TLS_SCHEME_RSA_PSS_RSAE_SHA256, tls_bytes_make(content, length));
    check(length == 32 && tls_verify_scheme(&key, TLS_SCHEME_RSA_PSS_RSAE_SHA256,
                              tls_bytes_make(digest, length),
                              tls_bytes_make(signature, sizeof signature)) == TLS_OK,
        "RFC 8448", "server CertificateVerify");
    length = tls_certificate_verify_content(content, 0, transcript, sizeof transcript);
    length =
        tls_scheme_digest(digest, TLS_SCHEME_RSA_PSS_RSAE_SHA256, tls_bytes_make(content, length));
    check(tls_verify_scheme(&key, TLS_SCHEME_RSA_PSS_RSAE_SHA256, tls_bytes_make(digest, length),
              tls_bytes_make(signature, sizeof signature)) == TLS_REASON_BAD_SIGNATURE,
        "RFC 8448", "is not the client's");
}

/* Project Wycheproof, rsa_pss_2048_sha256_mgf1_32_test.json, tests 1, 3 and 7. */
static void
test_wycheproof(void)
{
    static const struct {
        const char *message, *signature;
    } vectors[] = {
        {"", "4f01e0c12b08625ecac89a69231906edf826380f37c959a96690d046316d68ffce9d5c471694fcebfc6b4"
             "5534864"
             "689256e4fc81c78e583f675d0c94b449647451e81beff01a11a516d5e5ce3f1a910437cb8a3a5096b19fb"
             "15f4524"
             "a35b23d89cdba12cf5b71aac1047b28c562df7c5542c34ce23a182cf7e0e231934b17294799d44877a1d6"
             "8ef1b8f"
             "073619b7618e6b7c22db20030d98cf591ffc3d4da5f58613ecd5ecfc3b40a1d02f40891ca43695cd4c088"
             "b05a805"
             "4c89c595a47e274816f35384226f74459ee63e25a1bfc03c360490552ec38343f8ace502f065303b00bc0"
             "ec32071"
             "1b211fde92e57feb9013c3609342495ec0d7cabdec21e54acc38"},
        {"54657374", "401eb03cdb47ca88033e3030f6bdecbac8f5c8fc1dd6a13d23d379ed9a2b309891d13d74fea9d"
                     "21d159b9e6d8f37ef"
                     "a2489962e24555f56dd434ff1d31ce4f9f5abd3f22cbea8b691d6a11e44efb83e2bca155e6a16"
                     "4325e0fde2a8865af"
                     "d5c9f51161a9d615f62af7ec2e31b3e5ab649c164490d31d88cfae35b84aea7925690f929a144"
                     "b6d2f48e8fb894a52"
                     "deecd1b9a6496990c4ecf1588699a42cacd10c53af350514e4291ea9a058e77f101e32c1c0cef"
                     "a61d945f7bc931f8b"
                     "d19e7ba3169358a60e5a8b0123bc3199b9fdcafe8e519c41ba675491a27b85e44ef2d77277c10"
                     "fe107293c82901869"
                     "13bc9a99b640d8da041b64f31eab1d35920985f4a5"},
        {"e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
            "8bdd6db90323f3bf26a36a4ab5b92180c96881bd32b66317c4b48c2ba1421f8434000c06adde4264c6ea2d"
            "5346468c"
            "6d5e97cb13d3cb932e523ac57b59c814fa0397ca6dcc9bec4be1147d77abcd318a6aba1af46ede2f5640da"
            "06511a00"
            "6fd1bd5fb8e04be22789956adc47bbec7988be477150f9b24a07dff51530e8f0c14cfef7d25ca141f51293"
            "9987b7eb"
            "0825633d41a48742bd7f56d4db9733d92ac0f36b4041f51332695f551ec91076da2301120c438eb9ec197c"
            "be318d45"
            "71b6b79098d17eded0ca47747a143e34f882ad6e3f490f3a710ff7ec1bffce022027165d96281e593180c6"
            "7f44aeda"
            "9ce6605e6b8e5eac1347695dab211a965bb3d3f928"},
    };
    unsigned char modulus[256], signature[256], message[64], digest[64];
    tls_public_key key;
    tls_bytes view;
    size_t i, length;

    key = rsa_key(tls_bytes_make(
        modulus, from_hex(modulus, "a2b451a07d0aa5f96e455671513550514a8a5b462ebef717094fa1fee82224e"
                                   "637f9746d3f7cafd31878d80325b6ef5a1700"
                                   "f65903b469429e89d6eac8845097b5ab393189db92512ed8a7711a1253facd2"
                                   "0f79c15e8247f3d3e42e46e48c98e254a2fe9"
                                   "765313a03eff8f17e1a029397a1fa26a8dce26f490ed81299615d9814c22da6"
                                   "10428e09c7d9658594266f5c021d0fceca08d"
                                   "945a12be82de4d1ece6b4c03145b5d3495d4ed5411eb878daf05fd7afc3e09a"
                                   "da0f1126422f590975a1969816f48698bcbba"
                                   "1b4d9cae79d460d8f9f85e7975005d9bc22c4e5ac0f7c1a45d12569a62807d3"
                                   "b9a02e5a530e773066f453d1f5b4c2e9cf782"
                                   "0283f742b9d5")));
    for (i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        view = tls_bytes_make(message, from_hex(message, vectors[i].message));
        length = tls_scheme_digest(digest, TLS_SCHEME_RSA_PSS_PSS_SHA256, view);
        check(from_hex(signature, vectors[i].signature) == sizeof signature &&
                  tls_verify_scheme(&key, TLS_SCHEME_RSA_PSS_RSAE_SHA256,
                      tls_bytes_make(digest, length),
                      tls_bytes_make(signature, sizeof signature)) == TLS_OK,
            "Wycheproof", vectors[i].message);
        digest[length - 1] ^= 1;
        check(
            tls_verify_scheme(&key, TLS_SCHEME_RSA_PSS_RSAE_SHA256, tls_bytes_make(digest, length),
                tls_bytes_make(signature, sizeof signature)) == TLS_REASON_BAD_SIGNATURE,
            "Wycheproof, another message", vectors[i].message);
    }
}

static void
test_content(void)
{
    unsigned char hash[64], content[TLS_CERTIFICATE_VERIFY_CONTENT_MAXIMUM], expected[200];
    size_t length, i;

    for (i = 0; i < sizeof hash; i++)
        hash[i] = (unsigned char)(i + 1);
    memset(expected, ' ', 64);
    memcpy(expected + 64, "TLS 1.3, client CertificateVerify", 34);
    memcpy(expected + 98, hash, 64);
    length = tls_certificate_verify_content(content, 0, hash, 48);
    check(length == 146 && memcmp(content, expected, length) == 0, "content", "client, 48");
    memcpy(expected + 73, "server", 6);
    length = tls_certificate_verify_content(content, 1, hash, 64);
    check(length == sizeof content && memcmp(content, expected, length) == 0, "content",
        "server, 64");
}

/* ---- Which scheme goes with which key ---- */

static void
test_fits(void)
{
    static const unsigned unsupported[] = {0, 0x0101, 0x0103, 0x0202, 0x0402, 0x0420, 0x0704,
        TLS_SCHEME_ED25519, TLS_SCHEME_ED448, 0x080C, 0x0A0A, 0xFFFF};
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM], signature[TLS_SIGNATURE_MAXIMUM];
    size_t i, j;

    for (j = 0; j < KEY_COUNT; j++) {
        tls_private_key *key = load_key(keys[j]);
        const tls_public_key *public_key = tls_private_key_public(key);

        for (i = 0; i < SCHEME_COUNT; i++) {
            unsigned scheme = schemes[i];
            enum tls_scheme_kind kind = tls_scheme_kind_of(scheme);
            int can = signs(keys[j], scheme), can13;

            can13 = can && kind != TLS_SCHEME_KIND_RSA_PKCS1 && tls_scheme_hash(scheme) >= 4;
            if (kind == TLS_SCHEME_KIND_ECDSA)
                can13 = can13 && (scheme >> 8) - 4 == (unsigned)(public_key->curve - 23);
            if (tls_scheme_fits_key(scheme, public_key, TLS_VERSION_12) != can ||
                tls_scheme_fits_key(scheme, public_key, TLS_VERSION_13) != can13) {
                check(0, keys[j], name_of(scheme));
                break;
            }
        }
        check(i == SCHEME_COUNT, "fits", keys[j]);
        for (i = 0; i < sizeof unsupported / sizeof unsupported[0]; i++)
            if (tls_scheme_supported(unsupported[i]) ||
                tls_scheme_fits_key(unsupported[i], public_key, TLS_VERSION_12) ||
                tls_scheme_fits_key(unsupported[i], public_key, TLS_VERSION_13) ||
                tls_scheme_digest(digest, unsupported[i], tls_bytes_of_string("x")) != 0 ||
                tls_sign_scheme(key, signature, unsupported[i], tls_bytes_make(digest, 32)) != 0 ||
                tls_verify_scheme(public_key, unsupported[i], tls_bytes_make(digest, 32),
                    tls_bytes_make(signature, 256)) != TLS_REASON_ILLEGAL_PARAMETER)
                break;
        check(i == sizeof unsupported / sizeof unsupported[0], "unsupported schemes", keys[j]);
        tls_private_key_release(key);
    }
    for (i = 0; i < SCHEME_COUNT; i++)
        check(tls_scheme_supported(schemes[i]), "supported", name_of(schemes[i]));
}

static void
test_small_keys(void)
{
    unsigned char modulus[66];
    tls_public_key key;

    memset(modulus, 0xFF, sizeof modulus);
    key = rsa_key(tls_bytes_make(modulus, sizeof modulus));
    /* PSS with SHA-256 needs 66 bytes of modBits - 1 bits; PKCS#1 62 bytes of modulus. */
    key.bits = 8 * 65 + 2;
    check(tls_scheme_fits_key(TLS_SCHEME_RSA_PSS_RSAE_SHA256, &key, TLS_VERSION_13), "522 bits",
        "fit");
    key.bits = 8 * 65 + 1;
    check(!tls_scheme_fits_key(TLS_SCHEME_RSA_PSS_RSAE_SHA256, &key, TLS_VERSION_13), "521 bits",
        "do not");
    key.modulus.length = 62;
    check(
        tls_scheme_fits_key(TLS_SCHEME_RSA_PKCS1_SHA256, &key, TLS_VERSION_12), "62 bytes", "fit");
    key.modulus.length = 61;
    check(!tls_scheme_fits_key(TLS_SCHEME_RSA_PKCS1_SHA256, &key, TLS_VERSION_12), "61 bytes",
        "do not");
}

/* ---- Signing and verifying ---- */

static void
test_pair(const tls_private_key *key, const char *key_name, unsigned scheme)
{
    const tls_public_key *public_key = tls_private_key_public(key);
    unsigned char digest_bytes[TLS_FINGERPRINT_MAXIMUM], signature[TLS_SIGNATURE_MAXIMUM + 1];
    unsigned char again[TLS_SIGNATURE_MAXIMUM], theirs[TLS_SIGNATURE_MAXIMUM];
    char message[64], name[64];
    tls_bytes digest;
    size_t length, bit, i;

    snprintf(message, sizeof message, "message for %s", name_of(scheme));
    snprintf(name, sizeof name, "%s.%s", key_name, name_of(scheme));
    digest = tls_bytes_make(
        digest_bytes, tls_scheme_digest(digest_bytes, scheme, tls_bytes_of_string(message)));
    check(digest.length == tls_hash_size(tls_scheme_hash(scheme)), "digest", name);
    length = tls_sign_scheme(key, signature, scheme, digest);
    if (!signs(key_name, scheme)) {
        check(length == 0, "cannot sign", name);
        return;
    }
    check(length != 0 && tls_verify_scheme(public_key, scheme, digest,
                             tls_bytes_make(signature, length)) == TLS_OK,
        "sign and verify", name);
    write_file(name, signature, length);
    check(public_key->kind != TLS_KEY_RSA || length == public_key->modulus.length,
        "as long as the modulus", name);
    if (public_key->kind == TLS_KEY_RSA && tls_scheme_kind_of(scheme) != TLS_SCHEME_KIND_RSA_PKCS1)
        check(tls_sign_scheme(key, again, scheme, digest) == length &&
                  memcmp(again, signature, length) != 0,
            "a salt of its own", name);
    i = read_file(theirs, sizeof theirs, name, ".theirs");
    check(i != 0 &&
              tls_verify_scheme(public_key, scheme, digest, tls_bytes_make(theirs, i)) == TLS_OK,
        "openssl's signature", name);

    for (bit = 0; bit<length * 8; bit += length> 200 ? 211 : 61) {
        signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (tls_verify_scheme(public_key, scheme, digest, tls_bytes_make(signature, length)) !=
            TLS_REASON_BAD_SIGNATURE)
            break;
        signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    check(bit >= length * 8, "a flipped bit", name);
    check(tls_verify_scheme(public_key, scheme, digest, tls_bytes_make(signature, length - 1)) ==
              TLS_REASON_BAD_SIGNATURE,
        "one byte short", name);
    signature[length] = 0;
    check(tls_verify_scheme(public_key, scheme, digest, tls_bytes_make(signature, length + 1)) ==
              TLS_REASON_BAD_SIGNATURE,
        "one byte long", name);
    check(tls_verify_scheme(public_key, scheme, digest, tls_bytes_make(signature, 0)) ==
              TLS_REASON_BAD_SIGNATURE,
        "empty", name);
    check(tls_verify_scheme(public_key, scheme, tls_bytes_make(digest.data, digest.length - 1),
              tls_bytes_make(signature, length)) == TLS_REASON_ILLEGAL_PARAMETER &&
              tls_sign_scheme(key, again, scheme, tls_bytes_make(digest.data, digest.length - 1)) ==
                  0,
        "a digest of another length", name);
    digest_bytes[0] ^= 0x80;
    check(tls_verify_scheme(public_key, scheme, digest, tls_bytes_make(signature, length)) ==
              TLS_REASON_BAD_SIGNATURE,
        "another digest", name);
    digest_bytes[0] ^= 0x80;
    for (i = 0; i < SCHEME_COUNT; i++) {
        enum tls_reason reason;

        /* PSS of both kinds is the same signature, but not of the same keys. */
        if (schemes[i] == scheme)
            continue;
        reason =
            tls_verify_scheme(public_key, schemes[i], digest, tls_bytes_make(signature, length));
        if (reason != TLS_REASON_ILLEGAL_PARAMETER && reason != TLS_REASON_BAD_SIGNATURE)
            break;
    }
    check(i == SCHEME_COUNT, "no other scheme", name);
}

static void
test_pairs(void)
{
    tls_private_key *key, *external;
    unsigned char digest[64] = {0}, out[TLS_SIGNATURE_MAXIMUM];
    size_t i, j;

    for (j = 0; j < KEY_COUNT; j++) {
        key = load_key(keys[j]);
        check(strcmp(keys[j], "pss384") == 0 ||
                  tls_private_key_public(key)->bits == (unsigned)atoi(strpbrk(keys[j], "12345")),
            "bits", keys[j]);
        for (i = 0; i < SCHEME_COUNT; i++)
            test_pair(key, keys[j], schemes[i]);
        check(tls_private_key_external(&external, tls_private_key_public(key)) == TLS_OK,
            "external", keys[j]);
        for (i = 0; i < SCHEME_COUNT; i++)
            if (tls_sign_scheme(external, out, schemes[i],
                    tls_bytes_make(digest, tls_hash_size(tls_scheme_hash(schemes[i])))) != 0)
                break;
        check(i == SCHEME_COUNT, "an external key signs nothing", keys[j]);
        /* MD5+SHA-1 of TLS 1.0 and 1.1 */
        check((tls_sign_digest(key, out, 0, digest, 36) != 0) == (keys[j][0] == 'r'), "MD5+SHA-1",
            keys[j]);
        check(tls_sign_digest(key, out, br_md5_ID, digest, 16) == 0 &&
                  tls_sign_digest(key, out, 7, digest, 32) == 0 &&
                  tls_sign_digest(key, out, -1, digest, 32) == 0,
            "no such hash", keys[j]);
        tls_private_key_release(external);
        tls_private_key_release(key);
    }
}

/* ---- Paddings that no honest signer makes ---- */

enum forgery {
    HONEST,
    WRONG_TRAILER,
    NONZERO_PADDING,
    WRONG_SEPARATOR,
    TOP_BIT_SET,
    FIRST_BYTE_SET,
    SHORT_SALT,
    LONG_SALT,
    NO_SALT,
    OTHER_MASK_HASH,
    WRONG_HASH,
    FORGERY_COUNT
};
static const char *const forgery_names[] = {"honest", "trailer is not BC", "padding is not zero",
    "separator is not 01", "a bit above emBits", "the byte above EM", "salt too short",
    "salt too long", "no salt", "MGF1 with another hash", "another H"};

/* sign_forged makes a signature with SHA-256 after RFC 8017 section 9.1.1, written apart from
 * rsa_pss.c. Returns 0 when the number came out above the modulus. */
static int
sign_forged(const br_rsa_private_key *rsa, unsigned char *out, const unsigned char *digest,
    enum forgery forgery)
{
    unsigned char m[8 + 32 + 64], h[32], seed[36], mask[64];
    const br_hash_class *mask_hash =
        forgery == OTHER_MASK_HASH ? &br_sha384_vtable : &br_sha256_vtable;
    size_t k = (rsa->n_bitlen + 7) / 8, em_length = (rsa->n_bitlen - 1 + 7) / 8,
           skip = k - em_length;
    size_t salt_length = 32, db_length = em_length - 33, mask_length, i;
    unsigned unused = (unsigned)(8 * em_length - (rsa->n_bitlen - 1));
    br_hash_compat_context context;
    br_sha256_context sha256;

    if (forgery == SHORT_SALT)
        salt_length = 20;
    if (forgery == LONG_SALT)
        salt_length = 48;
    if (forgery == NO_SALT)
        salt_length = 0;
    memset(m, 0, 8);
    memcpy(m + 8, digest, 32);
    memset(m + 40, 0xA5, salt_length);
    br_sha256_init(&sha256);
    br_sha256_update(&sha256, m, 40 + salt_length);
    br_sha256_out(&sha256, h);
    if (forgery == WRONG_HASH)
        h[31] ^= 1;
    memset(out, 0, k);
    out[skip + db_length - salt_length - 1] = forgery == WRONG_SEPARATOR ? 2 : 1;
    memset(out + skip + db_length - salt_length, 0xA5, salt_length);
    if (forgery == NONZERO_PADDING)
        out[skip + 1] = 1;
    memcpy(seed, h, 32);
    mask_length = forgery == OTHER_MASK_HASH ? 48 : 32;
    for (i = 0; i < db_length; i++) {
        if (i % mask_length == 0) {
            memset(seed + 32, 0, 3);
            seed[35] = (unsigned char)(i / mask_length);
            mask_hash->init(&context.vtable);
            mask_hash->update(&context.vtable, seed, sizeof seed);
            mask_hash->out(&context.vtable, mask);
        }
        out[skip + i] ^= mask[i % mask_length];
    }
    out[skip] &= (unsigned char)(0xFF >> unused);
    if (forgery == TOP_BIT_SET)
        out[skip] |= (unsigned char)(0x80 >> (unused - 1));
    if (forgery == FIRST_BYTE_SET)
        out[0] = 1;
    memcpy(out + skip + db_length, h, 32);
    out[k - 1] = forgery == WRONG_TRAILER ? 0xCC : 0xBC;
    return br_rsa_private_get_default()(out, rsa) == 1;
}

static void
test_forgeries(void)
{
    unsigned char digest[32], signature[TLS_SIGNATURE_MAXIMUM];
    int tried[FORGERY_COUNT] = {0};
    char detail[64];
    size_t j;
    int f, n, bad, done;

    for (j = 0; j < KEY_COUNT; j++) {
        tls_private_key *key;
        const br_rsa_private_key *rsa;
        int byte_above;

        if (!signs(keys[j], TLS_SCHEME_RSA_PSS_RSAE_SHA256) &&
            !signs(keys[j], TLS_SCHEME_RSA_PSS_PSS_SHA256))
            continue;
        key = load_key(keys[j]);
        rsa = tls_private_key_rsa(key);
        byte_above = rsa->n_bitlen % 8 == 1;
        for (f = 0; f < FORGERY_COUNT; f++) {
            unsigned scheme =
                keys[j][0] == 'p' ? TLS_SCHEME_RSA_PSS_PSS_SHA256 : TLS_SCHEME_RSA_PSS_RSAE_SHA256;
            size_t length = (rsa->n_bitlen + 7) / 8;

            if ((f == FIRST_BYTE_SET && !byte_above) || (f == TOP_BIT_SET && byte_above))
                continue;
            bad = 0;
            /* Those that set a bit at the top are below the modulus in one of eight trials at
             * least. */
            for (n = 0, done = 0; n < 400 && done < 2; n++) {
                enum tls_reason reason;

                memset(digest, n, sizeof digest);
                digest[0] = (unsigned char)(n >> 8);
                if (!sign_forged(rsa, signature, digest, (enum forgery)f))
                    continue;
                tried[f]++;
                done++;
                reason = tls_verify_scheme(tls_private_key_public(key), scheme,
                    tls_bytes_make(digest, sizeof digest), tls_bytes_make(signature, length));
                bad += reason != (f == HONEST ? TLS_OK : TLS_REASON_BAD_SIGNATURE);
            }
            snprintf(detail, sizeof detail, "%s, %s", keys[j], forgery_names[f]);
            check(bad == 0 && done == 2, "padding", detail);
        }
        tls_private_key_release(key);
    }
    for (f = 0; f < FORGERY_COUNT; f++)
        check(tried[f] > 0, "was tried", forgery_names[f]);
}

/* add_modulus: x + n, when that has the same length. */
static int
add_modulus(unsigned char *x, tls_bytes n)
{
    unsigned carry = 0;
    size_t i;

    for (i = n.length; i-- > 0;) {
        carry += (unsigned)x[i] + n.data[i];
        x[i] = (unsigned char)carry;
        carry >>= 8;
    }
    return carry == 0;
}

static void
test_not_reduced(void)
{
    /* The modulus fills three bits of its first byte, so the sum has the same length. */
    tls_private_key *key = load_key("rsa2051");
    const tls_public_key *public_key = tls_private_key_public(key);
    unsigned char digest[32] = {7}, signature[TLS_SIGNATURE_MAXIMUM];
    size_t length, i;

    for (i = 0; i < 2; i++) {
        unsigned scheme = i == 0 ? TLS_SCHEME_RSA_PSS_RSAE_SHA256 : TLS_SCHEME_RSA_PKCS1_SHA256;

        length = tls_sign_scheme(key, signature, scheme, tls_bytes_make(digest, sizeof digest));
        check(length == public_key->modulus.length && add_modulus(signature, public_key->modulus) &&
                  tls_verify_scheme(public_key, scheme, tls_bytes_make(digest, sizeof digest),
                      tls_bytes_make(signature, length)) == TLS_REASON_BAD_SIGNATURE,
            "the same number plus the modulus", name_of(scheme));
    }
    tls_private_key_release(key);
}

/* The parameters of a key (RFC 4055 section 1.2) stay with it wherever it goes. */
static void
test_parameters(void)
{
    tls_private_key *key = load_key("pss384"), *again = NULL, *external = NULL,
                    *narrow = load_key("narrow.pem");
    tls_bytes parameters = tls_private_key_public(key)->pss_parameters;
    unsigned char digest[64] = {0}, out[TLS_SIGNATURE_MAXIMUM];
    tls_public_key public_key;
    tls_buffer der = {0};
    size_t i;

    check(parameters.length != 0, "parameters", "pss384");
    check(tls_private_key_encode(&der, key, TLS_KEY_FORMAT_PKCS8) == TLS_OK &&
              tls_private_key_decode(&again, tls_buffer_view(&der)) == TLS_OK &&
              tls_bytes_equal(parameters, tls_private_key_public(again)->pss_parameters),
        "parameters", "PKCS#8");
    tls_buffer_clear(&der);
    check(tls_private_key_encode(&der, key, TLS_KEY_FORMAT_PUBLIC) == TLS_OK &&
              tls_public_key_parse(&public_key, tls_buffer_view(&der)) == TLS_OK &&
              tls_bytes_equal(parameters, public_key.pss_parameters),
        "parameters", "SubjectPublicKeyInfo");
    check(tls_private_key_external(&external, &public_key) == TLS_OK, "external", "pss384");
    tls_buffer_release(&der);
    check(external != NULL &&
              tls_bytes_equal(parameters, tls_private_key_public(external)->pss_parameters),
        "parameters", "external");
    check(tls_private_key_public(narrow)->pss_only, "for PSS only", "narrow");
    for (i = 0; i < SCHEME_COUNT; i++)
        if (tls_scheme_fits_key(schemes[i], tls_private_key_public(narrow), TLS_VERSION_13) ||
            tls_sign_scheme(narrow, out, schemes[i],
                tls_bytes_make(digest, tls_hash_size(tls_scheme_hash(schemes[i])))) != 0)
            break;
    check(i == SCHEME_COUNT, "no scheme is left", "narrow");
    tls_private_key_release(key);
    tls_private_key_release(again);
    tls_private_key_release(external);
    tls_private_key_release(narrow);
}

/* A fault in one half of the private key operation gives a signature that tells a factor. */
static void
test_fault(void)
{
    tls_private_key *key = load_key("rsa2048");
    const br_rsa_private_key *rsa = tls_private_key_rsa(key);
    unsigned char digest[32] = {1}, out[TLS_SIGNATURE_MAXIMUM], zero[TLS_SIGNATURE_MAXIMUM] = {0};
    tls_bytes view = tls_bytes_make(digest, sizeof digest);

    check(tls_sign_scheme(key, out, TLS_SCHEME_RSA_PSS_RSAE_SHA256, view) == 256, "without a fault",
        "signs");
    rsa->dp[rsa->dplen / 2] ^= 0x10;
    memset(out, 0xEE, sizeof out);
    check(tls_sign_scheme(key, out, TLS_SCHEME_RSA_PSS_RSAE_SHA256, view) == 0 &&
              memcmp(out, zero, 256) == 0,
        "a fault", "RSA-PSS");
    memset(out, 0xEE, sizeof out);
    check(tls_sign_scheme(key, out, TLS_SCHEME_RSA_PKCS1_SHA256, view) == 0 &&
              memcmp(out, zero, 256) == 0,
        "a fault", "PKCS#1");
    memset(out, 0xEE, sizeof out);
    check(tls_sign_digest(key, out, 0, zero, 36) == 0 && memcmp(out, zero, 256) == 0, "a fault",
        "MD5+SHA-1");
    rsa->dp[rsa->dplen / 2] ^= 0x10;
    check(tls_sign_scheme(key, out, TLS_SCHEME_RSA_PKCS1_SHA256, view) == 256, "the fault is gone",
        "signs");
    tls_private_key_release(key);
}

/* make_key writes a new RSA key of any number of bits to "rsaBITS.key". Returns an exit status. */
static int
make_key(unsigned bits)
{
    static unsigned char private_bytes[BR_RSA_KBUF_PRIV_SIZE(TLS_RSA_MAXIMUM_BITS)];
    static unsigned char public_bytes[BR_RSA_KBUF_PUB_SIZE(TLS_RSA_MAXIMUM_BITS)];
    unsigned char exponent[TLS_RSA_MAXIMUM_BITS / 8];
    br_rsa_private_key key;
    br_rsa_public_key public_key;
    br_hmac_drbg_context random;
    tls_buffer der = {0}, pem = {0};
    tls_private_key *made = NULL;
    char path[512];
    FILE *file;
    size_t mark, length;
    int written;

    if (bits > TLS_RSA_MAXIMUM_BITS || tls_random_generator(&random) != TLS_OK ||
        br_rsa_keygen_get_default()(
            &random.vtable, &key, private_bytes, &public_key, public_bytes, bits, 65537) != 1)
        return 1;
    length = br_rsa_compute_privexp_get_default()(exponent, &key, 65537);
    mark = tls_der_open(&der, TLS_DER_SEQUENCE);
    tls_der_put_small(&der, 0);
    tls_der_put_unsigned(&der, TLS_DER_INTEGER, tls_bytes_make(public_key.n, public_key.nlen));
    tls_der_put_unsigned(&der, TLS_DER_INTEGER, tls_bytes_make(public_key.e, public_key.elen));
    tls_der_put_unsigned(&der, TLS_DER_INTEGER, tls_bytes_make(exponent, length));
    tls_der_put_unsigned(&der, TLS_DER_INTEGER, tls_bytes_make(key.p, key.plen));
    tls_der_put_unsigned(&der, TLS_DER_INTEGER, tls_bytes_make(key.q, key.qlen));
    tls_der_put_unsigned(&der, TLS_DER_INTEGER, tls_bytes_make(key.dp, key.dplen));
    tls_der_put_unsigned(&der, TLS_DER_INTEGER, tls_bytes_make(key.dq, key.dqlen));
    tls_der_put_unsigned(&der, TLS_DER_INTEGER, tls_bytes_make(key.iq, key.iqlen));
    tls_der_close(&der, mark);
    snprintf(path, sizeof path, "%s/rsa%u.key", directory, bits);
    file = fopen(path, "wb");
    written = file != NULL && tls_private_key_decode(&made, tls_buffer_view(&der)) == TLS_OK &&
              tls_private_key_encode_pem(&pem, made, TLS_KEY_FORMAT_PKCS8) == TLS_OK &&
              fwrite(pem.data, 1, pem.length, file) == pem.length;
    if (file != NULL)
        fclose(file);
    tls_private_key_release(made);
    tls_buffer_release(&der);
    tls_buffer_release(&pem);
    return written ? 0 : 1;
}

int
main(int argc, char **argv)
{
    if (argc < 2) {
        printf("usage: signature.sh signature_test\n0 passed, 1 failed\n");
        return 1;
    }
    directory = argv[1];
    if (argc > 2)
        return make_key((unsigned)atoi(argv[2]));
    test_rfc8448();
    test_wycheproof();
    test_content();
    test_fits();
    test_small_keys();
    test_pairs();
    test_forgeries();
    test_not_reduced();
    test_parameters();
    test_fault();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

/* signature_vectors_test.c - published signatures, and the content that TLS 1.3 signs. */
#include <bearssl.h>
#include <stdio.h>
#include <string.h>

#include "key/rsa_pss.h"

#include "support/check.h"
#include "support/signature_keys.h"

static size_t
from_hex(unsigned char *out, const char *hex)
{
    unsigned byte;
    size_t length = 0;

    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        out[length++] = (unsigned char)byte;
    return length;
}

/* RFC 8448 section 3: the server's CertificateVerify. */
static void
test_rfc8448(void)
{
    unsigned char modulus[128], signature[128], transcript[32], digest[64];
    unsigned char content[TLS_CERTIFICATE_VERIFY_CONTENT_MAXIMUM];
    tls_public_key key;
    size_t length;

    key = rsa_public_key(tls_bytes_make(modulus,
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
    check(length == 64 + 33 + 1 + 32, "content: length");
    length =
        tls_scheme_digest(digest, TLS_SCHEME_RSA_PSS_RSAE_SHA256, tls_bytes_make(content, length));
    check(length == 32 && tls_verify_scheme(&key, TLS_SCHEME_RSA_PSS_RSAE_SHA256,
                              tls_bytes_make(digest, length),
                              tls_bytes_make(signature, sizeof signature)) == TLS_OK,
        "RFC 8448: server CertificateVerify");
    length = tls_certificate_verify_content(content, 0, transcript, sizeof transcript);
    length =
        tls_scheme_digest(digest, TLS_SCHEME_RSA_PSS_RSAE_SHA256, tls_bytes_make(content, length));
    check(tls_verify_scheme(&key, TLS_SCHEME_RSA_PSS_RSAE_SHA256, tls_bytes_make(digest, length),
              tls_bytes_make(signature, sizeof signature)) == TLS_REASON_BAD_SIGNATURE,
        "RFC 8448: is not the client's");
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

    key = rsa_public_key(tls_bytes_make(
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
            "Wycheproof: %s", vectors[i].message);
        digest[length - 1] ^= 1;
        check(
            tls_verify_scheme(&key, TLS_SCHEME_RSA_PSS_RSAE_SHA256, tls_bytes_make(digest, length),
                tls_bytes_make(signature, sizeof signature)) == TLS_REASON_BAD_SIGNATURE,
            "Wycheproof, another message: %s", vectors[i].message);
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
    check(length == 146 && memcmp(content, expected, length) == 0, "content: client, 48");
    memcpy(expected + 73, "server", 6);
    length = tls_certificate_verify_content(content, 1, hash, 64);
    check(
        length == sizeof content && memcmp(content, expected, length) == 0, "content: server, 64");
}

int
main(void)
{
    test_rfc8448();
    test_wycheproof();
    test_content();
    return check_end();
}

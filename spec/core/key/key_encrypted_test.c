/* key_encrypted_test.c - specs of keys under a password. key_encrypted.sh runs it. */
#include <string.h>
#include <bearssl.h>

#include "key/key.h"
#include "key/key_encrypted.h"
#include "crypto/pbkdf2.h"

#include "support/shell.h"
#include "support/corpus.h"
#include "support/damage.h"

static int
parse_encrypted(tls_bytes bytes)
{
    tls_private_key *key;
    enum tls_reason reason =
        tls_private_key_decode_encrypted(&key, bytes, tls_bytes_of_string("secret"));

    tls_private_key_release(key);
    return reason == TLS_OK;
}

/* decrypts reads a file with a password, or with none at all. */
static void
decrypts(const char *file, const char *password, enum tls_reason expected)
{
    tls_bytes bytes = corpus_read(file);
    tls_private_key *key;
    enum tls_reason reason;

    if (password == NULL)
        reason = tls_private_key_decode(&key, bytes);
    else
        reason = tls_private_key_decode_encrypted(&key, bytes, tls_bytes_of_string(password));
    check_reason(reason, expected, "%s", file);
    check((key != NULL) == (expected == TLS_OK), "%s: a key or none", file);
    tls_private_key_release(key);
    corpus_free(bytes);
}

static void
test_encrypted_keys(unsigned rounds)
{
    static const char *const files[] = {"encrypted_aes-128-cbc.key", "encrypted_aes-192-cbc.key",
        "encrypted_aes-256-cbc.key", "encrypted_des3.key", "encrypted_hmacWithSHA1.key",
        "encrypted_hmacWithSHA224.key", "encrypted_hmacWithSHA256.key",
        "encrypted_hmacWithSHA384.key", "encrypted_hmacWithSHA512.key", "encrypted.der",
        "traditional_aes128.key", "traditional_aes192.key", "traditional_aes256.key",
        "traditional_des3.key", "traditional_ec.key", "pbes1.key", "scrypt.key"};
    /* What no password opens asks for none. */
    static const struct {
        const char *file;
        enum tls_reason reason;
    } hopeless[] = {{"pbes1_rc4.key", TLS_REASON_UNSUPPORTED_ENCRYPTION},
        {"traditional_des.key", TLS_REASON_UNSUPPORTED_ENCRYPTION},
        {"traditional_cut.key", TLS_REASON_BAD_KEY},
        {"toomany.key", TLS_REASON_UNSUPPORTED_ENCRYPTION}};
    /* RFC 6070; RFC 7914 section 11 */
    static const unsigned char expected[] = {0x4B, 0x00, 0x79, 0x01, 0xB7, 0x65, 0x48, 0x9A, 0xBE,
        0xAD, 0x49, 0xD9, 0x26, 0xF7, 0x21, 0xD0, 0x65, 0xA4, 0x29, 0xC1};
    static const unsigned char expected256[] = {0x4D, 0xDC, 0xD8, 0xF6, 0x0B, 0x98, 0xBE, 0x21};
    unsigned char out[64];
    tls_buffer der = {NULL, 0, 0, 0};
    tls_private_key *key;
    tls_bytes bytes;
    size_t i;

    tls_pbkdf2(out, 20, &br_sha1_vtable, tls_bytes_of_string("password"),
        tls_bytes_of_string("salt"), 4096);
    check(memcmp(out, expected, 20) == 0, "PBKDF2, RFC 6070");
    tls_pbkdf2(out, 64, &br_sha256_vtable, tls_bytes_of_string("Password"),
        tls_bytes_of_string("NaCl"), 80000);
    check(memcmp(out, expected256, 8) == 0, "PBKDF2, RFC 7914");
    for (i = 0; i < sizeof files / sizeof files[0]; i++) {
        decrypts(files[i], NULL, TLS_REASON_ENCRYPTED_KEY);
        decrypts(files[i], "secret", TLS_OK);
        decrypts(files[i], "Secret", TLS_REASON_BAD_PASSWORD);
        decrypts(files[i], "", TLS_REASON_BAD_PASSWORD);
    }
    decrypts("p256.key", "whatever", TLS_OK);
    for (i = 0; i < sizeof hopeless / sizeof hopeless[0]; i++) {
        decrypts(hopeless[i].file, NULL, hopeless[i].reason);
        decrypts(hopeless[i].file, "secret", hopeless[i].reason);
    }
    decrypts("root.pem", "secret", TLS_REASON_BAD_PEM);
    key = corpus_key("p256");
    check_reason(tls_private_key_encode_encrypted(&der, key, tls_bytes_of_string(""), 0),
        TLS_REASON_BAD_PASSWORD, "empty password");
    check_reason(tls_private_key_encode_encrypted(&der, key, tls_bytes_of_string("x"), 999),
        TLS_REASON_UNSUPPORTED_ENCRYPTION, "too few rounds");
    check_reason(tls_private_key_encode_encrypted(&der, key, tls_bytes_of_string("x"), 10000001),
        TLS_REASON_UNSUPPORTED_ENCRYPTION, "too many");
    check_reason(tls_private_key_encode_encrypted(&der, key, tls_bytes_of_string("secret"), 1000),
        TLS_OK, "few rounds");
    check_damage("encrypted key", tls_buffer_view(&der), parse_encrypted, rounds);
    tls_buffer_clear(&der);
    check_reason(tls_private_key_encode_encrypted_pem(&der, key, tls_bytes_of_string("secret"), 0),
        TLS_OK, "default rounds");
    bytes = tls_buffer_view(&der);
    corpus_write("out.key", bytes);
    check_shell("100000",
        "openssl pkcs8 -in out.key -passin pass:secret -nocrypt >/dev/null 2>&1; "
        "openssl asn1parse -in out.key | grep INTEGER | tail -1 | sed 's/:0*186A0/100000/'");
    tls_private_key_release(key);
    tls_buffer_release(&der);
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_encrypted_keys(corpus_rounds(300));
    return check_end();
}

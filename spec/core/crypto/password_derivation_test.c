/* password_derivation_test.c - what a password becomes a key by: scrypt, the derivation of PKCS#12,
 * and RC2, which only PKCS#12 has. */
#include <string.h>

#include "crypto/pkcs12_kdf.h"
#include "crypto/rc2.h"
#include "crypto/scrypt.h"
#include "support/check.h"

/* RFC 7914 section 12. */
static void
test_scrypt(void)
{
    unsigned char out[64];

    check_about("scrypt");
    require(
        tls_scrypt(out, 64, tls_bytes_of_string(""), tls_bytes_of_string(""), 16, 1, 1), "runs");
    check_hex(tls_bytes_make(out, 64),
        "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0f"
        "c81f17e8d3e0fb2e0d3628cf35e20c38d18906",
        "of nothing");
    require(tls_scrypt(
                out, 64, tls_bytes_of_string("password"), tls_bytes_of_string("NaCl"), 1024, 8, 16),
        "runs");
    check_hex(tls_bytes_make(out, 64),
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d"
        "9830dac727afb94a83ee6d8360cbdfa2cc0640",
        "of a password, 16 times");
}

static void
test_scrypt_bounds(void)
{
    check_about("scrypt's bounds");
    check(tls_scrypt_allowed(16384, 8, 1), "what OpenSSL writes");
    check(tls_scrypt_allowed(65536, 8, 16), "64 MiB");
    check(!tls_scrypt_allowed(65536, 9, 1), "72 MiB");
    check(!tls_scrypt_allowed(0x80000000u, 0xFFFFFFFFu, 1), "what would overflow");
    check(!tls_scrypt_allowed(2, 0x1000000, 1), "long blocks");
    check(!tls_scrypt_allowed(1024, 8, 17), "often over");
    check(!tls_scrypt_allowed(0, 8, 1) && !tls_scrypt_allowed(1, 8, 1), "n of 0, 1");
    check(!tls_scrypt_allowed(1000, 8, 1), "n that is no power of two");
    check(!tls_scrypt_allowed(16, 0, 1) && !tls_scrypt_allowed(16, 1, 0), "r, p of 0");
}

static void
check_derived(const char *password, const unsigned char salt[8], enum tls_pkcs12_purpose purpose,
    uint32_t iterations, const char *expected)
{
    unsigned char out[64];
    size_t length = strlen(expected) / 2;
    tls_buffer encoded = {NULL, 0, 0, 0};

    tls_pkcs12_password(&encoded, tls_bytes_of_string(password));
    require(tls_pkcs12_derive(out, length, &br_sha1_vtable, purpose, tls_buffer_view(&encoded),
                tls_bytes_make(salt, 8), iterations),
        "runs");
    check_hex(tls_bytes_make(out, length), expected, "%s, %d", password, (int)purpose);
    tls_buffer_release(&encoded);
}

/* What OpenSSL's own tests have, and others before. */
static void
test_pkcs12(void)
{
    static const unsigned char first[] = {0x0A, 0x58, 0xCF, 0x64, 0x53, 0x0D, 0x82, 0x3F};
    static const unsigned char second[] = {0x05, 0xDE, 0xC9, 0x59, 0xAC, 0xFF, 0x72, 0xF7};

    check_about("PKCS#12's derivation");
    check_derived(
        "smeg", first, TLS_PKCS12_KEY, 1, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3");
    check_derived("smeg", first, TLS_PKCS12_IV, 1, "79993dfe048d3b76");
    check_derived(
        "queeg", second, TLS_PKCS12_KEY, 1000, "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4");
}

static void
check_password(const char *password, const char *expected, const char *what)
{
    tls_buffer encoded = {NULL, 0, 0, 0};

    tls_pkcs12_password(&encoded, tls_bytes_of_string(password));
    check_hex(tls_buffer_view(&encoded), expected, "%s", what);
    tls_buffer_release(&encoded);
}

static void
test_password(void)
{
    check_about("PKCS#12's password");
    check_password("", "0000", "empty");
    check_password("a\xC3\xA9", "006100e90000", "two bytes of UTF-8");
    check_password("\xE2\x82\xAC", "20ac0000", "three");
    check_password("\xF0\x9F\x98\x80", "d83dde000000", "four: a pair of surrogates");
    check_password("a\xE9", "006100e90000", "Latin-1, cut short as UTF-8");
    check_password("\xE9zz", "00e9007a007a0000", "Latin-1");
    check_password("\xC0\xAF", "00c000af0000", "over-long UTF-8 is none");
    check_password("\xED\xA0\x80", "00ed00a000800000", "nor is a surrogate in it");
    check_password("\xF8\x88\x80\x80", "00f80088008000800000", "nor five bytes");
}

static void
check_rc2(const char *key, size_t key_length, const char *block, const char *expected)
{
    static const unsigned char zeros[8] = {0};
    unsigned char data[16];
    int i;

    memcpy(data, block, 8);
    memcpy(data + 8, block, 8);
    tls_rc2_cbc_decrypt(data, sizeof data, (const unsigned char *)key, key_length, zeros);
    check_hex(tls_bytes_make(data, 8), expected, "%d bytes", (int)key_length);
    /* The second block of CBC: the first ciphertext is added. */
    for (i = 0; i < 8; i++)
        data[8 + i] ^= (unsigned char)block[i];
    check_hex(tls_bytes_make(data + 8, 8), expected, "%d bytes, chained", (int)key_length);
}

/* RFC 2268 section 5, where the key is as long as its effective bits. */
static void
test_rc2(void)
{
    check_about("RC2");
    check_rc2("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8, "\x27\x8B\x27\xE4\x2E\x2F\x0D\x49",
        "ffffffffffffffff");
    check_rc2("\x30\0\0\0\0\0\0\0", 8, "\x30\x64\x9E\xDF\x9B\xE7\xD2\xC2", "1000000000000001");
    check_rc2("\x88\xBC\xA9\x0E\x90\x87\x5A\x7F\x0F\x79\xC3\x84\x62\x7B\xAF\xB2", 16,
        "\x22\x69\x55\x2A\xB0\xF8\x5C\xA6", "0000000000000000");
}

int
main(void)
{
    test_scrypt();
    test_scrypt_bounds();
    test_pkcs12();
    test_password();
    test_rc2();
    return check_end();
}

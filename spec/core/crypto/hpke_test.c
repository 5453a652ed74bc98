/* hpke_test.c - HPKE in mode base: the vectors of RFC 9180 appendix A, and what is refused. */
#include <stdio.h>
#include <string.h>

#include "crypto/hpke.h"
#include "support/check.h"
#include "wire/registry.h"

#define INFO "4f6465206f6e2061204772656369616e2055726e"
#define PLAINTEXT "4265617574792069732074727574682c20747275746820626561757479"
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static tls_bytes
from_hex(unsigned char *out, const char *hex)
{
    unsigned byte;
    size_t length = 0;

    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        out[length++] = (unsigned char)byte;
    return tls_bytes_make(out, length);
}

/* ---- Known answers ---- */

/* RFC 9180 appendix A.1.1, A.2.1 and A.3.1; there is none for AES-256-GCM with HKDF-SHA256, so the
 * second one, of the first one's keys, comes from another implementation. */
static const struct {
    const char *name;
    tls_hpke_suite suite;
    const char *ephemeral, *enc, *secret, *recipient;
    const char *ciphertexts[3]; /* of the messages 0, 1 and 256 */
} vectors[] = {
    {"X25519 and AES-128-GCM", {0x20, 1, 1},
        "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
        "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
        "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
        "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
        {"f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512"
         "a",
            "af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab251c03d0c22a56b8ca42c206"
            "3b84",
            "957f9800542b0b8891badb026d79cc54597cb2d225b54c00c5238c25d05c30e3fbeda97d2e0e1aba483a2d"
            "f9f2"}},
    {"X25519 and AES-256-GCM", {0x20, 1, 2},
        "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
        "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
        "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
        "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
        {"090b7dc225419f7da9e8b460becfbb96a26c7964d79b8010d397fa838530a32a397b14f5776db19ff5e57734e"
         "0",
            "05cbb27ea0f48fa8768a10c9f2f1438233f63104bf68d51abf26f0aae2c62a449d5cf7e8b73791a4e55d79"
            "b650",
            "deecef626e8f18180520c11b95a099c4298da17c0c6fd78586c3afd8923ae7f089923c75d43609b67b11f4"
            "afb0"}},
    {"X25519 and ChaCha20-Poly1305", {0x20, 1, 3},
        "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
        "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
        "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
        "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
        {"1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a2"
         "8",
            "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992d"
            "c98c",
            "7a4a13e9ef23978e2c520fd4d2e757514ae160cd0cd05e556ef692370ca53076214c0c40d4c728d6ed9e72"
            "7a5b"}},
    {"P-256 and AES-128-GCM", {0x10, 1, 1},
        "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb",
        "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f95"
        "1c"
        "0900be863c403ce65c9bfcb9382657222d18c4",
        "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
        "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f6"
        "2f"
        "b3d30ad6aa8f80e30f1d128aafd68a2ce72ea0",
        {"5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f3951343"
         "4",
            "fa6f037b47fc21826b610172ca9637e82d6e5801eb31cbd3748271affd4ecb06646e0329cbdf3c3cd655b2"
            "8e82",
            "10f179686aa2caec1758c8e554513f16472bd0a11e2a907dde0b212cbe87d74f367f8ffe5e41cd3e9962a6"
            "afb2"}},
};

static void
check_messages(size_t vector, tls_hpke *sender, tls_hpke *recipient)
{
    static const unsigned numbers[] = {0, 1, 256};
    unsigned char plaintext[64], data[64];
    tls_bytes message = from_hex(plaintext, PLAINTEXT);
    char additional[16];
    size_t i;

    for (i = 0; i < COUNT(numbers); i++) {
        tls_bytes aad;

        snprintf(additional, sizeof additional, "Count-%u", numbers[i]);
        aad = tls_bytes_of_string(additional);
        sender->sequence = recipient->sequence = numbers[i];
        memcpy(data, message.data, message.length);
        tls_hpke_seal(sender, aad, data, message.length);
        check_hex(tls_bytes_make(data, message.length + TLS_HPKE_TAG_LENGTH),
            vectors[vector].ciphertexts[i], "message %u", numbers[i]);
        check(tls_hpke_open(recipient, aad, data, message.length + TLS_HPKE_TAG_LENGTH),
            "message %u opens", numbers[i]);
        check_bytes(tls_bytes_make(data, message.length), message, "and is what was sealed");
        check_number(recipient->sequence, numbers[i] + 1, "it counts");
    }
}

static void
test_vector(size_t vector)
{
    unsigned char bytes[5][80];
    tls_hpke_suite suite = vectors[vector].suite;
    tls_bytes info = from_hex(bytes[0], INFO);
    tls_bytes enc = from_hex(bytes[1], vectors[vector].enc);
    tls_bytes public_key = from_hex(bytes[2], vectors[vector].recipient);
    tls_key_exchange_key ephemeral, key;
    unsigned char secret[TLS_HPKE_SECRET_LENGTH];
    tls_hpke sender, recipient;

    check_about("%s", vectors[vector].name);
    require(tls_hpke_key_import(&ephemeral, suite.kem,
                from_hex(bytes[3], vectors[vector].ephemeral), enc) == TLS_OK,
        "the ephemeral key");
    require(tls_hpke_key_import(
                &key, suite.kem, from_hex(bytes[4], vectors[vector].secret), public_key) == TLS_OK,
        "the recipient's key");
    tls_hpke_key_export(&key, secret);
    check_hex(tls_bytes_make(secret, sizeof secret), vectors[vector].secret, "is exported");
    check_reason(
        tls_hpke_sender(&sender, suite, &ephemeral, public_key, info), TLS_OK, "the sender");
    check_reason(tls_hpke_recipient(&recipient, suite, &key, enc, info), TLS_OK, "the recipient");
    check_messages(vector, &sender, &recipient);
    tls_hpke_wipe(&sender);
    tls_hpke_wipe(&recipient);
    check_number(sender.key[0] | recipient.key[31] | sender.base_nonce[3], 0, "both are wiped");
}

/* ---- What is refused ---- */

static void
test_suites(void)
{
    static const tls_hpke_suite unknown[] = {{0x21, 1, 1}, {0x20, 2, 1}, {0x20, 1, 4}, {0x20, 1, 0},
        {0, 1, 1}, {0x20, 0, 1}, {0x11, 1, 1}, {0x20, 1, 0xFFFF}};
    tls_key_exchange_key key;
    tls_hpke hpke;
    size_t i;

    check_about("a suite that is not known");
    require(tls_key_exchange_generate(&key, TLS_GROUP_X25519, NULL, 0) == TLS_OK, "a key");
    for (i = 0; i < COUNT(unknown); i++) {
        check(!tls_hpke_supported(unknown[i]), "%u is not supported", (unsigned)i);
        check_reason(tls_hpke_recipient(&hpke, unknown[i], &key, tls_key_exchange_share(&key),
                         tls_bytes_make(NULL, 0)),
            TLS_REASON_ILLEGAL_PARAMETER, "%u receives nothing", (unsigned)i);
        check_reason(tls_hpke_sender(&hpke, unknown[i], &key, tls_key_exchange_share(&key),
                         tls_bytes_make(NULL, 0)),
            TLS_REASON_ILLEGAL_PARAMETER, "%u sends nothing", (unsigned)i);
    }
}

static void
test_points(unsigned kem)
{
    const tls_hpke_suite suite = {kem, TLS_HPKE_HKDF_SHA256, TLS_HPKE_AES_128_GCM};
    unsigned char share[TLS_HPKE_PUBLIC_MAXIMUM];
    tls_key_exchange_key key;
    tls_bytes good;
    tls_hpke hpke;

    check_about("shares of KEM %u", kem);
    require(tls_key_exchange_generate(&key, tls_hpke_group(kem), NULL, 0) == TLS_OK, "a key");
    good = tls_key_exchange_share(&key);
    memset(share, 0, sizeof share);
    check_reason(tls_hpke_recipient(&hpke, suite, &key, tls_bytes_make(share, good.length), good),
        TLS_REASON_ILLEGAL_PARAMETER, "all zeros");
    memcpy(share, good.data, good.length);
    check_reason(
        tls_hpke_recipient(&hpke, suite, &key, tls_bytes_make(share, good.length - 1), good),
        TLS_REASON_ILLEGAL_PARAMETER, "one byte short");
    check_reason(tls_hpke_recipient(&hpke, suite, &key, tls_bytes_make(NULL, 0), good),
        TLS_REASON_ILLEGAL_PARAMETER, "none");
    check_reason(tls_hpke_sender(&hpke, suite, &key, tls_bytes_make(share, good.length - 1), good),
        TLS_REASON_ILLEGAL_PARAMETER, "a recipient's, one byte short");
    share[good.length - 1] ^= 1;
    if (kem == TLS_HPKE_DHKEM_P256)
        check_reason(
            tls_hpke_recipient(&hpke, suite, &key, tls_bytes_make(share, good.length), good),
            TLS_REASON_ILLEGAL_PARAMETER, "a point that is not on the curve");
}

static void
test_import(void)
{
    tls_key_exchange_key key, other;
    unsigned char secret[TLS_HPKE_SECRET_LENGTH];
    tls_bytes view = {secret, sizeof secret};

    check_about("importing a key");
    require(tls_key_exchange_generate(&key, TLS_GROUP_X25519, NULL, 0) == TLS_OK, "a key");
    tls_hpke_key_export(&key, secret);
    check_reason(
        tls_hpke_key_import(&other, TLS_HPKE_DHKEM_X25519, view, tls_key_exchange_share(&key)),
        TLS_OK, "what was exported");
    check_bytes(tls_key_exchange_share(&other), tls_key_exchange_share(&key), "is the same key");
    secret[5] ^= 1;
    check_reason(
        tls_hpke_key_import(&other, TLS_HPKE_DHKEM_X25519, view, tls_key_exchange_share(&key)),
        TLS_REASON_BAD_KEY, "another secret");
    check_number(other.length, 0, "leaves no key");
    check_reason(tls_hpke_key_import(&other, TLS_HPKE_DHKEM_X25519, tls_bytes_make(secret, 31),
                     tls_key_exchange_share(&key)),
        TLS_REASON_BAD_KEY, "a short secret");
    check_reason(tls_hpke_key_import(&other, 0x21, view, tls_key_exchange_share(&key)),
        TLS_REASON_BAD_KEY, "another KEM");
}

/* test_damage: each byte of a message, of what goes with it, and its number count. */
static void
test_damage(unsigned aead)
{
    const tls_hpke_suite suite = {TLS_HPKE_DHKEM_X25519, TLS_HPKE_HKDF_SHA256, aead};
    unsigned char data[40 + TLS_HPKE_TAG_LENGTH], sealed[sizeof data];
    tls_key_exchange_key ephemeral, key;
    tls_hpke sender, recipient;
    size_t i;

    check_about("damage under AEAD %u", aead);
    require(tls_key_exchange_generate(&ephemeral, TLS_GROUP_X25519, NULL, 0) == TLS_OK, "a key");
    require(tls_key_exchange_generate(&key, TLS_GROUP_X25519, NULL, 0) == TLS_OK, "another");
    require(tls_hpke_sender(&sender, suite, &ephemeral, tls_key_exchange_share(&key),
                tls_bytes_of_string("info")) == TLS_OK,
        "a sender");
    require(tls_hpke_recipient(&recipient, suite, &key, tls_key_exchange_share(&ephemeral),
                tls_bytes_of_string("info")) == TLS_OK,
        "a recipient");
    memset(sealed, 7, 40);
    tls_hpke_seal(&sender, tls_bytes_of_string("more"), sealed, 40);
    for (i = 0; i < sizeof data; i++) {
        memcpy(data, sealed, sizeof data);
        data[i] ^= 0x10;
        check(!tls_hpke_open(&recipient, tls_bytes_of_string("more"), data, sizeof data) &&
                  data[0] == 0 && data[39] == 0,
            "byte %u: nothing is told", (unsigned)i);
    }
    memcpy(data, sealed, sizeof data);
    check(!tls_hpke_open(&recipient, tls_bytes_of_string("mor"), data, sizeof data), "other data");
    check(!tls_hpke_open(&recipient, tls_bytes_of_string("more"), data, 15), "no room for a tag");
    check_number(recipient.sequence, 0, "nothing of this counts");
    memcpy(data, sealed, sizeof data);
    check(tls_hpke_open(&recipient, tls_bytes_of_string("more"), data, sizeof data), "the whole");
    memcpy(data, sealed, sizeof data);
    check(!tls_hpke_open(&recipient, tls_bytes_of_string("more"), data, sizeof data),
        "the same once more");
}

int
main(void)
{
    size_t i;

    for (i = 0; i < COUNT(vectors); i++)
        test_vector(i);
    test_suites();
    test_points(TLS_HPKE_DHKEM_X25519);
    test_points(TLS_HPKE_DHKEM_P256);
    test_import();
    for (i = 1; i <= 3; i++)
        test_damage((unsigned)i);
    return check_end();
}

/* aead_kernel_test.c - AES-GCM and ChaCha20-Poly1305 of this library against BearSSL's: each
 * implementation that this processor can run, every length, additional data of every length, from
 * any alignment, in place, and both ways; and the vectors of the standards. */
#include <stdlib.h>
#include <string.h>

#include "support/aeads.h"
#include "support/check.h"
#include "support/kernels.h"

#define LONGEST (70000 * 16) /* more blocks than two bytes of a counter count */
#define MARGIN 64

/* A sanitized build is slower by far. */
#if defined(__SANITIZE_ADDRESS__)
#define RANDOM_INPUTS 8000
#else
#define RANDOM_INPUTS 100000
#endif

static unsigned char text[LONGEST + 2 * MARGIN], expected[LONGEST + 2 * MARGIN],
    got[LONGEST + 2 * MARGIN], additional_bytes[4096];
static unsigned char key[32], nonce[AEADS_NONCE];

static uint32_t
random_number(void)
{
    static uint32_t x = 2463534242;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

static void
fill(unsigned char *out, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++)
        out[i] = (unsigned char)(random_number() >> 11);
}

/* differs: `a` does not do what BearSSL does with `length` bytes that lie `from` behind an aligned
 * address; or it touches what lies around them. */
static int
differs(const aead *a, const aead *bearssl, tls_bytes additional, size_t from, size_t length)
{
    unsigned char tag[AEADS_TAG], expected_tag[AEADS_TAG], opened_tag[AEADS_TAG];
    size_t whole = from + length + MARGIN;
    int sealed_wrong;

    memcpy(expected, text, whole);
    memcpy(got, text, whole);
    aead_run(bearssl, 1, key, nonce, additional, expected + from, length, expected_tag);
    aead_run(a, 1, key, nonce, additional, got + from, length, tag);
    sealed_wrong = memcmp(tag, expected_tag, sizeof tag) != 0 || memcmp(got, expected, whole) != 0;
    aead_run(a, 0, key, nonce, additional, got + from, length, opened_tag);
    return sealed_wrong || memcmp(opened_tag, expected_tag, sizeof tag) != 0 ||
           memcmp(got, text, whole) != 0;
}

static void
test_lengths(const aead *a, const aead *bearssl)
{
    tls_bytes five = tls_bytes_make(additional_bytes, 5);
    size_t length, wrong = 0;

    for (length = 0; length <= 1100; length++)
        wrong += differs(a, bearssl, five, 0, length) != 0;
    check_number(wrong, 0, "lengths from 0 to 1,100");
    for (length = 1101, wrong = 0; length <= 4200; length += 31)
        wrong += differs(a, bearssl, five, length % MARGIN, length) != 0;
    check_number(wrong, 0, "lengths from 1,101 to 4,200");
    for (length = 16384 - 17, wrong = 0; length <= 16384 + 17; length++)
        wrong +=
            differs(a, bearssl, tls_bytes_make(additional_bytes, 13), length % 16, length) != 0;
    check_number(wrong, 0, "lengths around 16 KB");
    check(!differs(a, bearssl, five, 3, LONGEST), "more than 65,536 blocks");
}

static void
test_places(const aead *a, const aead *bearssl)
{
    size_t i, wrong = 0;

    for (i = 0; i <= 64; i++)
        wrong += differs(a, bearssl, tls_bytes_make(additional_bytes + i, i), 1, 100 + i) != 0 ||
                 differs(a, bearssl, tls_bytes_make(additional_bytes, i), 0, 0) != 0 ||
                 differs(a, bearssl, tls_bytes_make(additional_bytes, i), 0, 2048) != 0;
    check_number(wrong, 0, "additional data of 0 to 64 bytes");
    check(!differs(a, bearssl, tls_bytes_make(additional_bytes, 4001), 0, 1000), "of 4,001 bytes");
    for (i = 0, wrong = 0; i < MARGIN; i++)
        wrong += differs(a, bearssl, tls_bytes_make(additional_bytes, 13), i, 1500) != 0;
    check_number(wrong, 0, "alignments");
}

static void
test_random(const aead *a, const aead *bearssl, int count)
{
    int i, wrong = 0;

    for (i = 0; i < count; i++) {
        size_t length = random_number() % (i % 100 == 0 ? 5000 : i % 10 == 0 ? 700 : 150);
        size_t from = random_number() % MARGIN;

        if (i % 16 == 0)
            fill(key, sizeof key);
        fill(nonce, sizeof nonce);
        fill(text, from + length);
        wrong += differs(a, bearssl, tls_bytes_make(additional_bytes + i % 50, i % 31), from,
                     length) != 0;
    }
    check_number(wrong, 0, "%d random ones", count);
}

/* All ones make the longest carries, zeros the shortest ones. */
static void
test_extremes(const aead *a, const aead *bearssl)
{
    static const unsigned char bytes[] = {0x00, 0xFF, 0x80, 0x01};
    size_t i, length, wrong = 0;

    for (i = 0; i < sizeof bytes; i++) {
        memset(text, bytes[i], 4096);
        memset(key, bytes[i % 2], sizeof key);
        memset(nonce, bytes[i / 2], sizeof nonce);
        for (length = 0; length < 3000; length += 61)
            wrong += differs(a, bearssl, tls_bytes_make(text, i), 0, length) != 0;
    }
    check_number(wrong, 0, "zeros and ones");
}

/* ---- Vectors ---- */

typedef struct vector {
    enum tls_primitive primitive;
    const char *key, *nonce, *additional, *text, *sealed, *tag;
} vector;

static size_t
from_hex(unsigned char *out, const char *digits)
{
    size_t i, length = strlen(digits) / 2;

    for (i = 0; i < length; i++) {
        char pair[3] = {digits[2 * i], digits[2 * i + 1], 0};

        out[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return length;
}

#define ZEROS16 "00000000000000000000000000000000"
#define GCM_KEY "feffe9928665731c6d6a8f9467308308"
#define GCM_TEXT                                                                                   \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6" \
    "b525b16aedf5aa0de657ba637b39"

static const vector vectors[] = {
    /* McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B: 1, 2, 4, 14, 16 */
    {TLS_PRIMITIVE_AES_GCM, ZEROS16, "000000000000000000000000", "", "", "",
        "58e2fccefa7e3061367f1d57a4e7455a"},
    {TLS_PRIMITIVE_AES_GCM, ZEROS16, "000000000000000000000000", "", ZEROS16,
        "0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf"},
    {TLS_PRIMITIVE_AES_GCM, GCM_KEY, "cafebabefacedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2", GCM_TEXT,
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac"
        "84aa051ba30b396a0aac973d58e091",
        "5bc94fbc3221a5db94fae95ae7121a47"},
    {TLS_PRIMITIVE_AES_GCM, ZEROS16 ZEROS16, "000000000000000000000000", "", ZEROS16,
        "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
    {TLS_PRIMITIVE_AES_GCM, GCM_KEY GCM_KEY, "cafebabefacedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2", GCM_TEXT,
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056"
        "828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b"},
    /* RFC 8439 section 2.8.2 */
    {TLS_PRIMITIVE_CHACHA20_POLY1305,
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
        "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620"
        "4920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f722074686520667574757265"
        "2c"
        "2073756e73637265656e20776f756c642062652069742e",
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da"
        "92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585"
        "80"
        "8b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116",
        "1ae10b594f09e26a7e902ecbd0600691"},
};

static void
test_vectors(const aead *a)
{
    size_t i;

    for (i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const vector *v = &vectors[i];
        unsigned char data[256], tag[AEADS_TAG];
        tls_bytes additional;
        size_t length;

        if (v->primitive != a->primitive || strlen(v->key) != 2 * a->key_length)
            continue;
        from_hex(key, v->key);
        from_hex(nonce, v->nonce);
        additional = tls_bytes_make(additional_bytes, from_hex(additional_bytes, v->additional));
        length = from_hex(data, v->text);
        aead_run(a, 1, key, nonce, additional, data, length, tag);
        check_hex(tls_bytes_make(data, length), v->sealed, "vector %d", (int)i);
        check_hex(tls_bytes_make(tag, sizeof tag), v->tag, "vector %d: tag", (int)i);
        aead_run(a, 0, key, nonce, additional, data, length, tag);
        check_hex(tls_bytes_make(data, length), v->text, "vector %d: opened", (int)i);
        check_hex(tls_bytes_make(tag, sizeof tag), v->tag, "vector %d: tag, opened", (int)i);
    }
}

static void
test_primitive(enum tls_primitive primitive, size_t key_length, int random_inputs)
{
    aead list[8];
    size_t i, count = aeads_of(list, primitive, key_length);

    for (i = 0; i < count; i++) {
        check_about("%s, key of %d bytes", list[i].name, (int)key_length);
        test_vectors(&list[i]);
        if (i == 0) /* BearSSL itself */
            continue;
        fill(key, sizeof key);
        fill(nonce, sizeof nonce);
        fill(text, sizeof text);
        fill(additional_bytes, sizeof additional_bytes);
        test_lengths(&list[i], &list[0]);
        test_places(&list[i], &list[0]);
        test_random(&list[i], &list[0], portion_of(random_inputs));
        test_extremes(&list[i], &list[0]);
    }
}

int
main(void)
{
    test_primitive(TLS_PRIMITIVE_AES_GCM, 16, RANDOM_INPUTS / 2);
    test_primitive(TLS_PRIMITIVE_AES_GCM, 32, RANDOM_INPUTS / 2);
    test_primitive(TLS_PRIMITIVE_CHACHA20_POLY1305, 32, RANDOM_INPUTS);
    return check_end();
}

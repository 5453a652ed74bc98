/* x509_test.c - specs of the X.509 part of csrc/tls. Run through x509_corpus.sh, which makes the
 * files. x509_test DIRECTORY [ROUNDS of random mutations] */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "x509/certificate.h"
#include "x509/distinguished_name.h"
#include "x509/hostname.h"
#include "key/key.h"
#include "key/key_bearssl.h"
#include "asn1/pem.h"
#include "x509/trust.h"
#include "x509/verify.h"

static const char *directory;
static unsigned passed, failed;

static void
ok(int condition, const char *what)
{
    if (condition)
        passed++;
    else
        failed++;
    if (!condition || getenv("VERBOSE") != NULL)
        printf("%s - %s\n", condition ? "ok" : "not ok", what);
}

static void
same(tls_buffer *got, const char *expected)
{
    int equal = tls_bytes_equal_string(tls_buffer_view(got), expected);

    ok(equal, expected);
    if (!equal)
        printf("#   got: %.*s\n", (int)got->length, got->length ? (char *)got->data : "");
    tls_buffer_clear(got);
}

static tls_bytes
slurp_path(const char *path)
{
    FILE *file = fopen(path, "rb");
    unsigned char *data = malloc(1 << 20);
    size_t length;

    if (file == NULL || data == NULL) {
        printf("Bail out! %s\n", path);
        exit(2);
    }
    length = fread(data, 1, 1 << 20, file);
    fclose(file);
    return tls_bytes_make(data, length);
}

static tls_bytes
slurp(const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return slurp_path(path);
}

static void
drop(tls_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

static tls_certificate *
certificate(const char *name)
{
    char file[64];
    tls_bytes bytes;
    tls_certificate_list *list;
    tls_certificate *first;

    snprintf(file, sizeof file, "%s.pem", name);
    bytes = slurp(file);
    if (tls_certificates_load(&list, bytes) != TLS_OK) {
        printf("Bail out! cannot load %s\n", file);
        exit(2);
    }
    first = tls_certificate_retain(list->items[0]);
    tls_certificate_list_release(list);
    drop(bytes);
    return first;
}

static tls_bytes
view(const char *string)
{
    return tls_bytes_of_string(string);
}

/* ---- DER, times, OIDs ---- */

static int
der_fails(const char *data, size_t length)
{
    tls_der der;

    tls_der_init(&der, tls_bytes_make(data, length));
    tls_der_read_any(&der, NULL, NULL);
    return tls_der_failed(&der);
}

static int64_t
time_of(unsigned char tag, const char *text)
{
    unsigned char data[32] = {tag, (unsigned char)strlen(text)};
    tls_der der;
    int64_t seconds;

    memcpy(data + 2, text, strlen(text));
    tls_der_init(&der, tls_bytes_make(data, strlen(text) + 2));
    seconds = tls_der_time(&der);
    return tls_der_failed(&der) ? INT64_MIN : seconds;
}

static void
test_der(void)
{
    tls_buffer out = {NULL, 0, 0, 0};
    char text[21];
    tls_der der;

    ok(der_fails("", 0) && der_fails("\x30", 1), "truncated header");
    ok(der_fails("\x30\x80\0\0", 4), "indefinite length");
    ok(der_fails("\x04\x81\x01x", 4), "long form of a short length");
    ok(der_fails("\x04\x82\x00\x80", 4), "leading zero in a length");
    ok(der_fails("\x04\x85\x01\0\0\0\0", 7), "length of five bytes");
    ok(der_fails("\x1F\x20\x01x", 4), "multi-byte tag");
    ok(der_fails("\x04\x02x", 3), "contents cut short");
    ok(!der_fails("\x04\x01x", 3), "plain element");
    tls_der_init(&der, tls_bytes_make("\x02\x02\x00\x01", 4));
    tls_der_integer(&der);
    ok(tls_der_failed(&der), "padded integer");
    tls_der_init(&der, tls_bytes_make("\x06\x02\x80\x01", 4));
    tls_der_oid(&der);
    ok(tls_der_failed(&der), "padded OID");
    tls_der_init(&der, tls_bytes_make("\x03\x02\x01\x01", 4));
    tls_der_bit_string(&der, NULL);
    ok(tls_der_failed(&der), "unused bits set");

    ok(time_of(0x17, "700101000000Z") == 0, "epoch");
    ok(time_of(0x17, "491231235959Z") == 2524607999, "UTCTime 2049");
    ok(time_of(0x17, "500101000000Z") == -631152000, "UTCTime 1950");
    ok(time_of(0x18, "20500101000000Z") == 2524608000, "GeneralizedTime 2050");
    ok(time_of(0x18, "99991231235959Z") == 253402300799, "no expiry, 4.1.2.5");
    ok(time_of(0x17, "240229000000Z") == 1709164800, "leap day");
    ok(time_of(0x17, "230229000000Z") == INT64_MIN, "no leap day");
    ok(time_of(0x17, "2401010000Z") == INT64_MIN, "no seconds");
    ok(time_of(0x17, "240101000000+0100") == INT64_MIN, "zone");
    ok(time_of(0x17, "241301000000Z") == INT64_MIN, "month 13");
    ok(time_of(0x18, "20240101000000.5Z") == INT64_MIN, "fraction");
    tls_time_text(text, 1709251199);
    ok(strcmp(text, "2024-02-29T23:59:59Z") == 0, "time text");
    tls_time_text(text, -1);
    ok(strcmp(text, "1969-12-31T23:59:59Z") == 0, "time text before the epoch");
    tls_time_text(text, INT64_MAX);
    ok(strcmp(text, "9999-12-31T23:59:59Z") == 0, "time text clamped");

    ok(tls_oid_from_text(&out, "2.999.1.840.113549") && out.length == 8, "OID from text");
    ok(!tls_oid_from_text(&out, "1.40.1") && !tls_oid_from_text(&out, "3.1") &&
            !tls_oid_from_text(&out, "1..2") && !tls_oid_from_text(&out, "1"),
        "bad OID texts");
    tls_buffer_clear(&out);
    tls_oid_from_text(&out, "2.999.1.840.113549");
    {
        tls_buffer back = {NULL, 0, 0, 0};

        tls_oid_text(&back, tls_buffer_view(&out));
        same(&back, "2.999.1.840.113549");
        tls_buffer_release(&back);
    }
    tls_buffer_release(&out);
}

/* ---- PEM ---- */

static void
test_pem(void)
{
    tls_buffer der = {NULL, 0, 0, 0}, text = {NULL, 0, 0, 0};
    tls_pem pem;
    tls_pem_block block;
    unsigned char data[100];
    size_t length, i;
    int all = 1;

    tls_pem_init(
        &pem, view("junk\r\n# comment - dash\r\n-----BEGIN A-----\r\nAAEC\r\nAw==\r\n"
                   "-----END A-----\r\nmore\n-----BEGIN B C-----\nx\n-----END B C-----"
                   "-----BEGIN CUT-----\nAAAA\n-----BEGIN D-----\n//79\n-----END D-----\n"));
    ok(tls_pem_next(&pem, &block, &der) && block.valid &&
            tls_bytes_equal_string(block.label, "A") && der.length == 4 &&
            memcmp(der.data, "\0\1\2\3", 4) == 0,
        "CRLF, junk before");
    ok(tls_pem_next(&pem, &block, &der) && !block.valid &&
            tls_bytes_equal_string(block.label, "B C"),
        "bad base64 is reported");
    ok(tls_pem_next(&pem, &block, &der) && !block.valid &&
            tls_bytes_equal_string(block.label, "CUT"),
        "block without an end is reported");
    ok(tls_pem_next(&pem, &block, &der) && block.valid &&
            tls_bytes_equal_string(block.label, "D") && der.length == 3 &&
            memcmp(der.data, "\xFF\xFE\xFD", 3) == 0,
        "and the next one is found");
    ok(!tls_pem_next(&pem, &block, &der), "end");
    tls_pem_init(&pem, view("-----BEGIN K-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: A,B\n\nAAEC\n"
                            "-----END K-----\n"));
    ok(tls_pem_next(&pem, &block, &der) && block.valid && block.encrypted && der.length == 3,
        "headers, encrypted");
    for (length = 1; length <= sizeof data; length++) {
        for (i = 0; i < length; i++)
            data[i] = (unsigned char)(i * 37 + length);
        tls_buffer_clear(&text);
        tls_pem_encode(&text, "X Y", tls_bytes_make(data, length));
        tls_pem_init(&pem, tls_buffer_view(&text));
        all = all && tls_pem_next(&pem, &block, &der) && block.valid && der.length == length &&
              memcmp(der.data, data, length) == 0;
    }
    ok(all, "encode and decode, 1..100 bytes");
    ok(!tls_base64_decode(&der, view("A")) && !tls_base64_decode(&der, view("AB=")) &&
            !tls_base64_decode(&der, view("AB==C")) && tls_base64_decode(&der, view("AAE")) &&
            !tls_base64_decode(&der, view("AB==")) && !tls_base64_decode(&der, view("A*BC")) &&
            !tls_base64_decode(&der, view("====")),
        "bad base64");
    tls_buffer_release(&der);
    tls_buffer_release(&text);
}

/* ---- Names ---- */

static tls_bytes
build_name(unsigned char *out, unsigned char tag, const char *value, size_t length)
{
    unsigned char n = (unsigned char)length;
    unsigned char head[] = {0x30, (unsigned char)(n + 11), 0x31, (unsigned char)(n + 9), 0x30,
        (unsigned char)(n + 7), 6, 3, 0x55, 4, 3, tag, n};

    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, value, length);
    return tls_bytes_make(out, sizeof head + length);
}

static void
test_names(void)
{
    tls_buffer out = {NULL, 0, 0, 0};
    unsigned char a[128], b[128];

    tls_name_text(&out, build_name(a, 0x0C, "\xEF\xB7\xB0\xEF\xB8\x80\xEF\xBB\xBF", 9));
    same(&out, "CN=\xEF\xB7\xB0\xEF\xB8\x80\xEF\xBB\xBF");
    tls_name_text(&out, build_name(a, 0x1E, "\0A\0\xE9\xFE\0\xD8\x3D\xDE\0", 10));
    same(&out, "CN=A\xC3\xA9\xEF\xB8\x80\xF0\x9F\x98\x80");
    tls_name_text(&out, build_name(a, 0x14, "M\xFCller", 6));
    same(&out, "CN=M\xC3\xBCller");
    tls_name_text(&out, build_name(a, 0x1C, "\0\1\xF6\0", 4));
    same(&out, "CN=\xF0\x9F\x98\x80");
    tls_name_text(&out, build_name(a, 0x0C, "a\xC0\x80\xFFz", 5));
    same(&out, "CN=a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz");
    tls_name_text(&out, build_name(a, 0x13, " #a,b+c\"d\\e<f>g;h ", 18));
    same(&out, "CN=\\ #a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h\\ ");
    tls_name_text(&out, build_name(a, 0x0C, "#a\0\n", 4));
    same(&out, "CN=\\#a\\00\\0A");
    tls_name_text(&out, build_name(a, 0x02, "\x05", 1));
    same(&out, "CN=#020105");
    ok(tls_name_equal(build_name(a, 0x0C, " Foo  BAR ", 10), build_name(b, 0x13, "foo bar", 7)),
        "names fold case and space across types");
    ok(!tls_name_equal(build_name(a, 0x0C, "foobar", 6), build_name(b, 0x13, "foo bar", 7)),
        "but a space is a space");
    ok(!tls_name_equal(build_name(a, 0x0C, "foo", 3), build_name(b, 0x13, "foo bar", 7)),
        "prefix is not equal");
    ok(tls_name_is_within(build_name(a, 0x0C, "x", 1), tls_bytes_make("\x30\0", 2)),
        "all is within the empty name");
    tls_buffer_release(&out);
}

/* ---- Host names ---- */

static void
address(const char *text, const char *expected)
{
    unsigned char bytes[16];
    size_t length = tls_address_parse(bytes, view(text));
    tls_buffer out = {NULL, 0, 0, 0};

    if (length != 0)
        tls_address_text(&out, tls_bytes_make(bytes, length));
    same(&out, expected);
    tls_buffer_release(&out);
}

static void
test_hostnames(void)
{
    static const char *const match[][2] = {{"www.example.com", "WWW.example.COM"},
        {"www.example.com", "www.example.com."}, {"www.example.com.", "www.example.com"},
        {"*.example.com", "a.example.com"}, {"*.xn--fsq.com", "a.XN--FSQ.com"}, {"host", "host"},
        {"*.example.com", "xn--a.example.com"}, {"a_b.example.com", "a_b.example.com"}};
    static const char *const mismatch[][2] = {{"*.example.com", "example.com"},
        {"*.example.com", "a.b.example.com"}, {"*.com", "example.com"}, {"*", "host"},
        {"w*.example.com", "www.example.com"}, {"*w.example.com", "www.example.com"},
        {"a.*.com", "a.b.com"}, {"*.*.com", "a.b.com"}, {"www.example.com", "www.example.org"},
        {"", "x"}, {"x", ""}, {".example.com", "a.example.com"}, {"*..com", "a..com"},
        {"*.example.com", ".example.com"}, {"www.example.com", "www.example.com.."}};
    size_t i;
    tls_certificate *leaf = certificate("p256"), *cn = certificate("cn_only");

    for (i = 0; i < sizeof match / sizeof match[0]; i++)
        ok(tls_hostname_match(view(match[i][0]), view(match[i][1])), match[i][1]);
    for (i = 0; i < sizeof mismatch / sizeof mismatch[0]; i++)
        ok(!tls_hostname_match(view(mismatch[i][0]), view(mismatch[i][1])), mismatch[i][1]);
    ok(!tls_hostname_match(tls_bytes_make("a.example.com\0.evil", 19), view("a.example.com")),
        "NUL in a pattern");
    address("192.0.2.1", "192.0.2.1");
    address("0.0.0.0", "0.0.0.0");
    address("1.2.3", "");
    address("1.2.3.256", "");
    address("01.2.3.4", "");
    address("1.2.3.4.", "");
    address("::", "::");
    address("::1", "::1");
    address("[2001:DB8::1]", "2001:db8::1");
    address("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
    address("2001:db8::", "2001:db8::");
    address("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8");
    address("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
    address("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8");
    address("::ffff:192.0.2.1", "::ffff:c000:201");
    address("1:2:3:4:5:6:7:8:9", "");
    address("1::2::3", "");
    address("1:2:3:4:5:6:7:8::", "");
    address(":1", "");
    address("1:", "");
    address(":::", "");
    address("12345::", "");
    address("1:2:3:4:5:6:7:1.2.3.4", "");
    address("fe80::1%eth0", "");
    ok(tls_hostname_verify(leaf, view("www.example.com")) == TLS_OK, "SAN");
    ok(tls_hostname_verify(leaf, view("x.wild.example.com")) == TLS_OK, "wildcard SAN");
    ok(tls_hostname_verify(leaf, view("192.0.2.1")) == TLS_OK, "IPv4 SAN");
    ok(tls_hostname_verify(leaf, view("2001:0db8:0::0:1")) == TLS_OK, "IPv6 SAN");
    ok(tls_hostname_verify(leaf, view("192.0.2.2")) != TLS_OK, "other IPv4");
    ok(tls_hostname_verify(cn, view("www.example.com")) != TLS_OK, "no fallback to CN");
    tls_certificate_release(leaf);
    tls_certificate_release(cn);
}

/* ---- Keys ---- */

static const char *const kinds[] = {"rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521"};

static enum tls_reason
decode_file(tls_private_key **key, const char *name, const char *end)
{
    char file[64];
    tls_bytes bytes;
    enum tls_reason reason;

    snprintf(file, sizeof file, "%s%s", name, end);
    bytes = slurp(file);
    reason = tls_private_key_decode(key, bytes);
    drop(bytes);
    return reason;
}

static void
test_keys(void)
{
    static const char *const forms[] = {".key", ".pkcs8.der", ".traditional", ".traditional.der"};
    tls_private_key *key, *outside;
    tls_certificate *leaf, *other = certificate("root");
    size_t i, j;

    for (i = 0; i < 6; i++) {
        leaf = certificate(kinds[i]);
        for (j = 0; j < 4; j++) {
            ok(decode_file(&key, kinds[i], forms[j]) == TLS_OK, kinds[i]);
            if (key == NULL)
                continue;
            ok(tls_private_key_matches(key, &leaf->public_key), "key matches its certificate");
            ok(!tls_private_key_matches(key, &other->public_key), "and no other");
            ok((tls_private_key_rsa(key) != NULL) == (i < 3) &&
                    (tls_private_key_ec(key) != NULL) == (i >= 3),
                "kind");
            tls_private_key_release(key);
        }
        ok(leaf->public_key.bits == (unsigned)atoi(kinds[i] + (i < 3 ? 3 : 1)), "bits");
        ok(tls_private_key_external(&outside, &leaf->public_key) == TLS_OK &&
                tls_private_key_is_external(outside) && tls_private_key_rsa(outside) == NULL &&
                tls_private_key_ec(outside) == NULL,
            "external key");
        tls_certificate_release(leaf);
        ok(tls_private_key_public(outside)->bits != 0, "external key outlives its certificate");
        tls_private_key_release(outside);
    }
    ok(decode_file(&key, "psskey", ".key") == TLS_OK, "RSA-PSS key");
    ok(key != NULL && tls_private_key_public(key)->pss_only, "is for PSS only");
    tls_private_key_release(key);
    ok(decode_file(&key, "withparams", ".key") == TLS_OK, "EC PARAMETERS before the key");
    tls_private_key_release(key);
    ok(decode_file(&key, "encrypted8", ".key") == TLS_REASON_ENCRYPTED_KEY, "encrypted PKCS#8");
    ok(decode_file(&key, "encrypted8", ".der") == TLS_REASON_ENCRYPTED_KEY, "encrypted PKCS#8 DER");
    ok(decode_file(&key, "encrypted1", ".key") == TLS_REASON_ENCRYPTED_KEY, "encrypted PKCS#1");
    ok(decode_file(&key, "root", ".pem") == TLS_REASON_BAD_PEM, "no key in the PEM");
    ok(decode_file(&key, "ed", ".key") == TLS_REASON_BAD_KEY, "Ed25519 key");
    ok(decode_file(&key, "rsa4104", ".key") == TLS_REASON_BAD_KEY, "RSA above 4096 bits");
    ok(decode_file(&key, "primes3", ".key") == TLS_REASON_BAD_KEY, "RSA of three primes");
    ok(decode_file(&key, "k1", ".key") == TLS_REASON_BAD_KEY, "secp256k1 key");
    ok(decode_file(&key, "compressed", ".key") == TLS_OK, "compressed public point");
    tls_private_key_release(key);
    ok(decode_file(&key, "nopublic", ".key") == TLS_OK, "no public point");
    tls_private_key_release(key);
    leaf = certificate("rsa4104");
    ok(leaf->public_key.kind == TLS_KEY_OTHER && leaf->public_key.bits == 4104 &&
            strcmp(tls_public_key_type(&leaf->public_key), "rsa") == 0,
        "certificate of RSA 4104");
    tls_certificate_release(leaf);
    leaf = certificate("k1");
    ok(leaf->public_key.kind == TLS_KEY_OTHER, "certificate of secp256k1");
    tls_certificate_release(leaf);
    tls_certificate_release(other);
}

/* Every strict prefix fails; with `rounds` random mutations nothing crashes. An accepted key is
 * used. */
static void
test_damage(unsigned rounds)
{
    unsigned char *copy;
    tls_bytes bytes;
    tls_private_key *key;
    tls_certificate *parsed, *source = certificate("p256");
    size_t i, length;
    unsigned round, accepted = 0, forged = 0;
    int all = 1;
    tls_buffer text = {NULL, 0, 0, 0};
    tls_certificate *intermediate = certificate("int"), *root = certificate("root");
    tls_trust_store *store;
    static const char *const files[] = {
        "p256.pkcs8.der", "p521.traditional.der", "rsa2048.traditional.der", "rsa2048.pkcs8.der"};

    tls_trust_store_new(&store);
    tls_trust_store_add(store, root);
    for (i = 0; i < 4; i++) {
        bytes = slurp(files[i]);
        all = 1;
        for (length = 0; length < bytes.length; length++) {
            copy = malloc(length ? length : 1); /* exact size, so that ASan sees any over-read */
            memcpy(copy, bytes.data, length);
            all = all && tls_private_key_decode(&key, tls_bytes_make(copy, length)) != TLS_OK;
            free(copy);
        }
        ok(all, "every prefix of a key fails");
        copy = malloc(bytes.length);
        for (round = 0; round < rounds; round++) {
            unsigned n = 1 + (unsigned)rand() % 3;

            memcpy(copy, bytes.data, bytes.length);
            while (n-- > 0)
                copy[(size_t)rand() % (rand() % 2 ? bytes.length : 40)] = (unsigned char)rand();
            if (tls_private_key_decode(&key, tls_bytes_make(copy, bytes.length)) == TLS_OK)
                accepted++;
            tls_private_key_release(key);
        }
        free(copy);
        drop(bytes);
    }
    printf("# %u of %u mutated keys still valid (private exponent, attributes)\n", accepted,
        rounds * 4);
    all = 1;
    for (length = 0; length < source->der.length; length++) {
        copy = malloc(length ? length : 1);
        memcpy(copy, source->der.data, length);
        all = all && tls_certificate_from_der(&parsed, tls_bytes_make(copy, length)) != TLS_OK;
        free(copy);
    }
    ok(all, "every prefix of a certificate fails");
    copy = malloc(source->der.length);
    accepted = 0;
    for (round = 0; round < rounds * 10; round++) {
        unsigned n = 1 + (unsigned)rand() % 4;
        tls_verify_request request;
        tls_verdict verdict;
        const tls_certificate *chain[2];

        memcpy(copy, source->der.data, source->der.length);
        while (n-- > 0)
            copy[(size_t)rand() % source->der.length] = (unsigned char)rand();
        if (tls_certificate_from_der(&parsed, tls_bytes_make(copy, source->der.length)) != TLS_OK)
            continue;
        accepted++;
        tls_buffer_clear(&text);
        tls_name_text(&text, parsed->subject);
        tls_certificate_serial_text(&text, parsed);
        tls_certificate_ocsp_uri(parsed, 1);
        tls_certificate_crl_uri(parsed, 5);
        memset(&request, 0, sizeof request);
        chain[0] = parsed;
        chain[1] = intermediate;
        request.chain = chain;
        request.count = 2;
        request.trust = store;
        request.time = (int64_t)time(NULL) + 60;
        request.server_name = "www.example.com";
        if (tls_verify(&verdict, &request) == TLS_OK && !tls_bytes_equal(parsed->der, source->der))
            forged++;
        tls_certificate_release(parsed);
    }
    ok(forged == 0, "no mutated certificate verifies, and none crashes");
    tls_trust_store_release(store);
    tls_certificate_release(intermediate);
    tls_certificate_release(root);
    printf("# %u of %u mutated certificates still parse\n", accepted, rounds * 10);
    free(copy);
    tls_buffer_release(&text);
    tls_certificate_release(source);
}

/* ---- Certificates ---- */

static void
test_certificate(void)
{
    tls_certificate *leaf = certificate("rsa3072"), *root = certificate("root");
    tls_buffer out = {NULL, 0, 0, 0};
    tls_der der;
    tls_general_name name;
    tls_extension_view extension;
    tls_bytes oid;
    const char *known;
    unsigned count = 0;

    tls_general_names_begin(&der, leaf->alternative_names);
    while (tls_general_names_next(&der, &name)) {
        tls_buffer_append(&out, tls_general_name_kind_name(name.kind),
            strlen(tls_general_name_kind_name(name.kind)));
        tls_buffer_append(&out, ":", 1);
        tls_general_name_text(&out, &name);
        tls_buffer_append(&out, " ", 1);
    }
    same(&out, "DNS:www.example.com DNS:*.wild.example.com IP:192.0.2.1 IP:2001:db8::1 "
               "email:a@example.com URI:https://example.com/x dirName:CN=Inner,O=Some Org ");
    tls_der_init(&der, leaf->extended_key_usages);
    while (tls_purpose_next(&der, &oid)) {
        known = tls_extended_key_usage_name(oid);
        if (known != NULL)
            tls_buffer_append(&out, known, strlen(known));
        else
            tls_oid_text(&out, oid);
        tls_buffer_append(&out, " ", 1);
    }
    same(&out, "serverAuth clientAuth 1.2.3.4 ");
    ok(leaf->version == 3 && !leaf->is_ca && leaf->path_length == -1 && leaf->must_staple &&
            leaf->key_usage == (TLS_KEY_USAGE_DIGITAL_SIGNATURE | TLS_KEY_USAGE_KEY_ENCIPHERMENT),
        "leaf fields");
    ok(root->is_ca && root->self_issued && tls_certificate_is_self_signed(root) &&
            root->key_usage == TLS_KEY_USAGE_KEY_CERT_SIGN,
        "root fields");
    ok(!tls_certificate_is_self_signed(leaf), "leaf is not self-signed");
    ok(strcmp(tls_signature_algorithm_name(&leaf->signature_algorithm), "ecdsa-with-SHA256") == 0,
        "signature algorithm name");
    ok(tls_bytes_equal_string(tls_certificate_ocsp_uri(leaf, 0), "http://ocsp.example/") &&
            tls_certificate_ocsp_uri(leaf, 1).length == 0 &&
            tls_bytes_equal_string(
                tls_certificate_issuer_uri(leaf, 0), "http://ca.example/i.der") &&
            tls_bytes_equal_string(tls_certificate_crl_uri(leaf, 0), "http://crl.example/c.crl") &&
            tls_bytes_equal_string(tls_certificate_crl_uri(leaf, 1), "http://crl2.example/c.crl") &&
            tls_certificate_crl_uri(leaf, 2).length == 0,
        "AIA and CRL URIs");
    tls_der_init(&der, leaf->extensions);
    while (tls_certificate_extension_next(&der, &extension))
        count += tls_extension_name(extension.oid) != NULL;
    ok(count == 9, "extensions, all known");
    tls_buffer_release(&out);
    tls_certificate_release(leaf);
    tls_certificate_release(root);
}

static void
describe(tls_buffer *out, const tls_certificate *c)
{
    unsigned char hash[TLS_FINGERPRINT_MAXIMUM];
    size_t length = tls_fingerprint(hash, br_sha256_ID, c->der), i, start;
    char text[21], byte[4];

    tls_buffer_append(out, "subject=", 8);
    tls_name_text(out, c->subject);
    tls_buffer_append(out, "\nissuer=", 8);
    tls_name_text(out, c->issuer);
    tls_buffer_append(out, "\nserial=", 8);
    start = out->length;
    tls_certificate_serial_text(out, c);
    for (i = start; i < out->length; i++)
        if (out->data[i] >= 'a')
            out->data[i] -= 32;
    tls_time_text(text, c->not_before);
    text[10] = ' ';
    tls_buffer_append(out, "\nnotBefore=", 11);
    tls_buffer_append(out, text, 20);
    tls_time_text(text, c->not_after);
    text[10] = ' ';
    tls_buffer_append(out, "\nnotAfter=", 10);
    tls_buffer_append(out, text, 20);
    tls_buffer_append(out, "\nsha256 Fingerprint", 19);
    for (i = 0; i < length; i++) {
        snprintf(byte, sizeof byte, "%c%02X", i ? ':' : '=', hash[i]);
        tls_buffer_append(out, byte, 3);
    }
    tls_buffer_append(out, "\n", 1);
}

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
test_bundle(void)
{
    tls_bytes bundle = slurp_path("/etc/ssl/certs/ca-certificates.crt");
    tls_bytes expected = slurp("bundle.expected");
    const unsigned char *line = expected.data, *end = line + expected.length;
    const unsigned char *mine_end, *mine, *next, *mine_next;
    tls_buffer out = {NULL, 0, 0, 0};
    tls_certificate_list *list;
    tls_certificate *extra[3];
    tls_trust_store *store;
    tls_trust_load_result result;
    size_t i, bad = 0, lines = 0;
    double start, best = 1e9;

    ok(tls_certificates_load(&list, bundle) == TLS_OK, "bundle as a list");
    extra[0] = certificate("utf8");
    extra[1] = certificate("p256");
    extra[2] = certificate("root");
    for (i = 0; i < list->count; i++)
        describe(&out, list->items[i]);
    for (i = 0; i < 3; i++)
        describe(&out, extra[i]);
    mine = out.data;
    mine_end = mine + out.length;
    while (line < end && mine < mine_end) {
        next = memchr(line, '\n', (size_t)(end - line));
        mine_next = memchr(mine, '\n', (size_t)(mine_end - mine));
        lines++;
        if (!tls_bytes_equal(tls_bytes_make(line, (size_t)(next - line)),
                tls_bytes_make(mine, (size_t)(mine_next - mine)))) {
            bad++;
            printf("# openssl: %.*s\n# ours:    %.*s\n", (int)(next - line), line,
                (int)(mine_next - mine), mine);
        }
        line = next + 1;
        mine = mine_next + 1;
    }
    ok(bad == 0 && lines == (list->count + 3) * 6 && line == end && mine == mine_end,
        "subjects, issuers, serials, dates, fingerprints as openssl prints them");
    printf("# %u certificates, %u lines compared, %u differ\n", (unsigned)list->count,
        (unsigned)lines, (unsigned)bad);
    for (i = 0; i < 3; i++)
        tls_certificate_release(extra[i]);

    for (i = 0; i < 20; i++) {
        start = now();
        tls_trust_store_new(&store);
        tls_trust_store_load(store, &result, bundle);
        start = now() - start;
        if (start < best)
            best = start;
        if (i < 19)
            tls_trust_store_release(store);
    }
    printf("# bundle loaded in %.3f ms (best of 20): %u added, %u skipped\n", best,
        (unsigned)result.added, (unsigned)result.skipped);
    ok(result.added == list->count && result.skipped == 0, "bundle as a trust store");
    ok(tls_trust_store_load(store, &result, bundle) == TLS_OK && result.added == 0 &&
            result.duplicates == list->count && tls_trust_store_count(store) == list->count,
        "loaded twice, held once");
    for (bad = i = 0; i < list->count; i++) {
        size_t position = 0;
        const tls_certificate *found;

        while ((found = tls_trust_store_find(store, &position, list->items[i]->subject)) != NULL)
            if (tls_bytes_equal(found->der, list->items[i]->der))
                break;
        bad += found == NULL;
        bad += tls_trust_store_contains(store, list->items[i]->der) == NULL;
    }
    ok(bad == 0, "each is found by its subject");
    ok(tls_trust_store_load(store, &result, view("nothing")) == TLS_REASON_BAD_PEM, "no PEM");
    ok(tls_trust_store_load(store, &result,
           view("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")) ==
                TLS_REASON_BAD_CERTIFICATE &&
            result.skipped == 1,
        "nothing usable");
    tls_trust_store_release(store);
    tls_certificate_list_release(list);
    tls_buffer_release(&out);
    drop(bundle);
    drop(expected);
}

/* ---- Verification ---- */

static tls_verdict verdict;
static int64_t at_time;
static enum tls_purpose at_purpose;
static unsigned at_depth;
static int at_sha1;

/* verify checks a chain, given as names separated by spaces, against anchors given likewise. */
static enum tls_reason
verify(const char *names, const char *anchors, const char *server_name)
{
    tls_certificate *chain[8];
    tls_trust_store *store;
    tls_verify_request request;
    char copy[128], *name;
    size_t i, count = 0;

    tls_trust_store_new(&store);
    strcpy(copy, anchors);
    for (name = strtok(copy, " "); name != NULL; name = strtok(NULL, " ")) {
        tls_certificate *anchor = certificate(name);

        tls_trust_store_add(store, anchor);
        tls_certificate_release(anchor);
    }
    strcpy(copy, names);
    for (name = strtok(copy, " "); name != NULL; name = strtok(NULL, " ")) {
        if (*name == '!') { /* with the last byte of its signature changed */
            tls_certificate *good = certificate(name + 1);
            unsigned char *bytes = malloc(good->der.length);

            memcpy(bytes, good->der.data, good->der.length);
            bytes[good->der.length - 1] ^= 1;
            tls_certificate_from_der(&chain[count++], tls_bytes_make(bytes, good->der.length));
            free(bytes);
            tls_certificate_release(good);
        } else {
            chain[count++] = certificate(name);
        }
    }
    memset(&request, 0, sizeof request);
    request.chain = (const tls_certificate *const *)chain;
    request.count = count;
    request.trust = store;
    request.server_name = server_name;
    request.no_server_name = server_name == NULL;
    request.time = at_time;
    request.purpose = at_purpose;
    request.depth = at_depth;
    request.allow_sha1 = at_sha1;
    tls_verify(&verdict, &request);
    for (i = 0; i < count; i++)
        tls_certificate_release(chain[i]);
    tls_trust_store_release(store);
    return verdict.reason;
}

static void
expect(enum tls_reason reason, const char *names, const char *anchors, const char *server_name)
{
    enum tls_reason got = verify(names, anchors, server_name);

    ok(got == reason && (reason == TLS_OK) == (verdict.text[0] == '\0'), names);
    if (got != reason)
        printf("#   got %s, expected %s\n", tls_reason_code(got), tls_reason_code(reason));
    if (got != TLS_OK && getenv("VERBOSE") != NULL)
        printf("#   %s [%u]: %s\n", tls_reason_code(got), (unsigned)verdict.index, verdict.text);
}

static void
test_verify(void)
{
    static const char *const nc_bad[] = {
        "dns", "suffix", "excluded", "wildcard", "ip", "ip6", "email", "email_dn", "dn", "uri"};
    const char *host = "www.example.com";
    int64_t today = (int64_t)time(NULL) + 60;
    char names[64];
    size_t i;

    at_time = today;
    for (i = 0; i < 6; i++) {
        snprintf(names, sizeof names, "%s int", kinds[i]);
        expect(TLS_OK, names, "root", host);
    }
    ok(verdict.path_count == 3, "path of three");
    for (i = 0; i < 18; i++) {
        static const char *const hashes[] = {"sha256", "sha384", "sha512"};
        char anchor[32];

        snprintf(anchor, sizeof anchor, "ca_%s", kinds[i / 3]);
        snprintf(names, sizeof names, "by_%s_%s", kinds[i / 3], hashes[i % 3]);
        expect(TLS_OK, names, anchor, host);
        snprintf(names, sizeof names, "!by_%s_%s", kinds[i / 3], hashes[i % 3]);
        expect(TLS_REASON_CERTIFICATE_SIGNATURE, names, anchor, host);
    }
    expect(TLS_OK, "p256 int", "root", "2001:db8::1");
    expect(TLS_OK, "p256 int", "root", "a.wild.example.com");
    expect(TLS_OK, "p256 int", "root", NULL);
    expect(TLS_OK, "p256 int root", "root", host);
    expect(TLS_OK, "p256 root int", "root", host);
    expect(TLS_OK, "p256 root2 plen int int", "root", host);
    expect(TLS_OK, "p256 int_cross", "root2", host);
    expect(TLS_OK, "p256 int int_cross", "root2", host);
    expect(TLS_OK, "p256 int_other int", "root", host);
    expect(TLS_OK, "p256", "int", host);
    expect(TLS_OK, "p256", "root int", host);
    expect(TLS_OK, "selfsigned", "selfsigned", host);
    expect(TLS_OK, "p256", "p256", host);
    expect(TLS_OK, "utf8 int", "root", host);
    expect(TLS_OK, "psskey int", "root", host);
    expect(TLS_OK, "pss", "root2", host);
    expect(TLS_OK, "pss512", "root2", host);
    expect(TLS_OK, "pkcs1", "root2", host);
    expect(TLS_REASON_CERTIFICATE_SIGNATURE, "!pss", "root2", host);
    expect(TLS_REASON_CERTIFICATE_SIGNATURE, "!pkcs1", "root2", host);
    expect(TLS_REASON_CERTIFICATE_SIGNATURE, "!p256 int", "root", host);
    expect(TLS_REASON_CERTIFICATE_SIGNATURE, "p256 !int", "root", host);
    ok(verdict.index == 1, "the intermediate is at fault");
    expect(TLS_REASON_CERTIFICATE_SIGNATURE, "p256 int_other", "root", host);
    expect(TLS_REASON_UNKNOWN_CA, "p256", "root", host);
    expect(TLS_REASON_UNKNOWN_CA, "p256 int", "root2", host);
    expect(TLS_REASON_UNKNOWN_CA, "p256 int root", "root2", host);
    expect(TLS_REASON_UNKNOWN_CA, "p256 int root", "", host);
    expect(TLS_REASON_SELF_SIGNED, "selfsigned", "root", host);
    expect(TLS_REASON_CERTIFICATE_REQUIRED, "", "root", host);
    expect(TLS_REASON_NAME_MISMATCH, "p256 int", "root", "www.example.org");
    expect(TLS_REASON_NAME_MISMATCH, "p256 int", "root", "192.0.2.2");
    expect(TLS_REASON_NAME_MISMATCH, "p256 int", "root", "");
    expect(TLS_REASON_NAME_MISMATCH, "cn_only int", "root", host);
    expect(TLS_REASON_NAME_MISMATCH, "p256", "p256", "www.example.org");
    expect(TLS_REASON_WEAK_SIGNATURE, "sha1 int", "root", host);
    expect(TLS_REASON_WEAK_KEY, "weak int", "root", host);
    expect(TLS_REASON_UNSUPPORTED_CERTIFICATE, "ed int", "root", host);
    expect(TLS_REASON_CRITICAL_EXTENSION, "critical int", "root", host);
    expect(TLS_REASON_NOT_A_CA, "by_leaf p256 int", "root", host);
    expect(TLS_REASON_NOT_A_CA, "by_leaf", "p256", host);
    expect(TLS_REASON_NOT_A_CA, "nosign_leaf nosign", "root", host);
    expect(TLS_REASON_PATH_TOO_LONG, "plen_leaf plen2 plen", "root", host);
    expect(TLS_OK, "plen_good plen", "root", host);
    expect(TLS_REASON_WRONG_PURPOSE, "client int", "root", host);
    expect(TLS_REASON_WRONG_PURPOSE, "signonly int", "root", host);
    expect(TLS_REASON_WRONG_PURPOSE, "ekuint_leaf ekuint", "root", host);
    at_purpose = TLS_PURPOSE_CLIENT;
    expect(TLS_OK, "client int", "root", NULL);
    expect(TLS_OK, "ekuint_leaf ekuint", "root", NULL);
    at_purpose = TLS_PURPOSE_SERVER;
    expect(TLS_OK, "nc_good nc", "root", host);
    expect(TLS_OK, "nc_good2 nc", "root", "a.www.example.com");
    for (i = 0; i < sizeof nc_bad / sizeof nc_bad[0]; i++) {
        snprintf(names, sizeof names, "nc_bad_%s nc", nc_bad[i]);
        expect(TLS_REASON_NAME_CONSTRAINT, names, "root", NULL);
    }
    at_depth = 1;
    expect(TLS_OK, "p256 int", "root", host);
    at_depth = 2;
    expect(TLS_REASON_PATH_TOO_LONG, "plen_leaf plen2 plen", "root", host);
    at_depth = 1;
    expect(TLS_OK, "plen_leaf plen2", "plen2", host);
    at_depth = 0;
    at_sha1 = 1;
    expect(TLS_OK, "sha1 int", "root", host);
    at_sha1 = 0;

    at_time = today + 3 * 86400;
    expect(TLS_REASON_CERTIFICATE_EXPIRED, "short int", "root", host);
    ok(strstr(verdict.text, "expired 2 days ago") != NULL, verdict.text);
    expect(TLS_REASON_CERTIFICATE_EXPIRED, "p256 int_expired", "root", host);
    ok(verdict.index == 1, "the intermediate is expired");
    expect(TLS_OK, "p256 int_expired int", "root", host);
    expect(TLS_OK, "p256 int_expired int_cross", "root root2", host);
    expect(TLS_REASON_UNKNOWN_CA, "short int", "root2", host);
    expect(TLS_REASON_NAME_MISMATCH, "short int", "root", "www.example.org");
    expect(TLS_REASON_CERTIFICATE_EXPIRED, "short", "short", host);
    at_time = today - 30 * 86400;
    expect(TLS_REASON_CERTIFICATE_NOT_YET_VALID, "p256 int", "root", host);
    at_time = today;
}

/* ---- Allocation failures: the script links with --wrap for malloc, calloc and realloc ---- */

static long allocations_left = -1; /* negative: they never fail */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static int
allocation_fails(void)
{
    return allocations_left >= 0 && allocations_left-- == 0;
}

void *
__wrap_malloc(size_t size)
{
    return allocation_fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
    return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
    return allocation_fails() ? NULL : __real_realloc(old, size);
}

static enum tls_reason
load_everything(tls_bytes key_text, tls_bytes bundle)
{
    tls_private_key *key;
    tls_certificate_list *list;
    tls_trust_store *store;
    enum tls_reason reason;

    reason = tls_private_key_decode(&key, key_text);
    if (reason != TLS_OK)
        return reason;
    tls_private_key_release(key);
    reason = tls_certificates_load(&list, bundle);
    if (reason != TLS_OK)
        return reason;
    tls_certificate_list_release(list);
    reason = tls_trust_store_new(&store);
    if (reason != TLS_OK)
        return reason;
    reason = tls_trust_store_load(store, NULL, bundle);
    tls_trust_store_release(store);
    return reason;
}

static void
test_allocation_failures(void)
{
    tls_bytes key = slurp("p256.key"), bundle = slurp_path("/etc/ssl/certs/ca-certificates.crt");
    enum tls_reason reason;
    long n;
    int all = 1;

    bundle.length = bundle.length / 8; /* cut in the middle of a block: */
    while (memcmp(bundle.data + bundle.length, "-----BEGIN", 10) != 0)
        bundle.length--;
    for (n = 0;; n++) {
        allocations_left = n;
        reason = load_everything(key, bundle);
        if (allocations_left >= 0)
            break; /* it did not come to the failure */
        all = all && reason == TLS_REASON_OUT_OF_MEMORY;
    }
    allocations_left = -1;
    ok(all && reason == TLS_OK && n > 20, "each failed allocation is reported");
    printf("# %ld allocations failed one by one\n", n);
    drop(key);
    drop(bundle);
}

/* A peer sends as many wrong issuers as it may: the work is bounded, and a good path within the
 * bound is still found. */
static void
test_bounds(void)
{
    const tls_certificate *chain[TLS_CHAIN_MAXIMUM + 1];
    tls_certificate *leaf = certificate("p256"), *wrong = certificate("int_other"),
                    *right = certificate("int"), *root = certificate("root");
    tls_trust_store *store;
    tls_verify_request request;
    size_t i;
    double start;

    tls_trust_store_new(&store);
    tls_trust_store_add(store, root);
    chain[0] = leaf;
    for (i = 1; i <= TLS_CHAIN_MAXIMUM; i++)
        chain[i] = wrong;
    memset(&request, 0, sizeof request);
    request.chain = chain;
    request.count = TLS_CHAIN_MAXIMUM + 1;
    request.no_server_name = 1;
    request.trust = store;
    request.time = (int64_t)time(NULL) + 60;
    ok(tls_verify(&verdict, &request) == TLS_REASON_LIMIT, "chain too long to look at");
    request.count = TLS_CHAIN_MAXIMUM;
    start = now();
    ok(tls_verify(&verdict, &request) == TLS_REASON_CERTIFICATE_SIGNATURE, "all issuers are wrong");
    printf("# %u wrong issuers refused in %.1f ms\n", TLS_CHAIN_MAXIMUM - 1, now() - start);
    chain[TLS_CHAIN_MAXIMUM - 1] = right;
    ok(tls_verify(&verdict, &request) == TLS_OK, "all but the last");
    request.trust = NULL;
    ok(tls_verify(&verdict, &request) != TLS_OK, "no trust store");
    tls_trust_store_release(store);
    tls_certificate_release(leaf);
    tls_certificate_release(wrong);
    tls_certificate_release(right);
    tls_certificate_release(root);
}

int
main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    directory = argv[1];
    srand(1);
    test_der();
    test_pem();
    test_names();
    test_hostnames();
    test_keys();
    test_certificate();
    test_bundle();
    test_verify();
    test_bounds();
    test_allocation_failures();
    test_damage(argc > 2 ? (unsigned)atoi(argv[2]) : 200);
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}

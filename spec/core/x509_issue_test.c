/* x509_issue_test.c - specs of what csrc/tls writes and of revocation. Run through
 * x509_issue_corpus.sh, which makes the files. x509_issue_test DIRECTORY [ROUNDS of random
 * mutations] */
#include "x509_issue_support.h"

#include "issue/certificate_dump.h"
#include "issue/certificate_issue.h"
#include "asn1/der_write.h"
#include "x509/distinguished_name.h"
#include "issue/general_name_build.h"
#include "key/key_encode.h"
#include "key/key_encrypted.h"
#include "key/key_generate.h"
#include "crypto/pbkdf2.h"
#include "x509/signed_certificate_timestamp.h"
#include "x509/verify.h"

#include "x509_issue_revocation.h"

static const char *const kinds[] = {"rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521"};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* ---- DER ---- */

static void
same_hex(tls_buffer *got, const char *expected)
{
    tls_buffer hex = {NULL, 0, 0, 0};
    char pair[3];
    size_t i;

    for (i = 0; i < got->length; i++) {
        snprintf(pair, sizeof pair, "%02X", got->data[i]);
        tls_buffer_append(&hex, pair, 2);
    }
    ok(tls_bytes_equal_string(tls_buffer_view(&hex), expected), "%s, got %.*s", expected,
        (int)hex.length, hex.length ? (char *)hex.data : "");
    tls_buffer_release(&hex);
    tls_buffer_clear(got);
}

static void
test_der(void)
{
    static const size_t lengths[] = {0, 1, 127, 128, 255, 256, 65535, 65536, 70000};
    static const int64_t times[] = {
        0, -631152000, -631152001, 2524607999, 2524608000, 253402300799};
    tls_buffer out = {NULL, 0, 0, 0}, contents = {NULL, 0, 0, 0};
    tls_bytes back;
    tls_der der;
    size_t i, mark;
    int all = 1;

    tls_der_put_small(&out, 0);
    same_hex(&out, "020100");
    tls_der_put_small(&out, 127);
    same_hex(&out, "02017F");
    tls_der_put_small(&out, 128);
    same_hex(&out, "02020080");
    tls_der_put_small(&out, 65537);
    same_hex(&out, "0203010001");
    tls_der_put_small(&out, 0xFFFFFFFF);
    same_hex(&out, "020500FFFFFFFF");
    tls_der_put_named_bits(&out, TLS_DER_BIT_STRING, 0);
    same_hex(&out, "030100");
    tls_der_put_named_bits(&out, TLS_DER_BIT_STRING, 1 << 5 | 1 << 6);
    same_hex(&out, "03020106");
    tls_der_put_named_bits(&out, TLS_DER_BIT_STRING, 1 << 8);
    same_hex(&out, "0303070080");
    tls_der_put_boolean(&out, 2);
    same_hex(&out, "0101FF");
    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        tls_buffer_clear(&contents);
        memset(tls_buffer_reserve(&contents, lengths[i] + 1), 0xA5, lengths[i]);
        contents.length = lengths[i];
        tls_buffer_clear(&out);
        tls_der_put(&out, TLS_DER_OCTET_STRING, tls_buffer_view(&contents));
        mark = tls_der_open(&out, TLS_DER_OCTET_STRING);
        tls_buffer_append(&out, contents.data, contents.length);
        tls_der_close(&out, mark);
        tls_der_init(&der, tls_buffer_view(&out));
        back = tls_der_read(&der, TLS_DER_OCTET_STRING);
        all = all && tls_bytes_equal(back, tls_buffer_view(&contents));
        back = tls_der_read(&der, TLS_DER_OCTET_STRING);
        all = all && tls_bytes_equal(back, tls_buffer_view(&contents)) && tls_der_finish(&der);
    }
    ok(all, "lengths up to 70000, put and opened");
    for (i = 0, all = 1; i < sizeof times / sizeof times[0]; i++) {
        tls_buffer_clear(&out);
        tls_der_put_time(&out, times[i]);
        tls_der_init(&der, tls_buffer_view(&out));
        all = all && tls_der_time(&der) == times[i] && tls_der_finish(&der);
    }
    ok(all, "times of 1949, 1950, 2049, 2050, 9999");
    ok(!tls_der_time_is_writable(253402300800) && tls_der_time_is_writable(253402300799),
        "no year 10000");
    tls_buffer_release(&out);
    tls_buffer_release(&contents);
}

/* ---- Names ---- */

static void
name_round_trip(const char *text, const char *expected)
{
    tls_buffer name = {NULL, 0, 0, 0}, back = {NULL, 0, 0, 0}, again = {NULL, 0, 0, 0};

    is(tls_name_from_text(&name, view(text)), TLS_OK, text);
    tls_name_text(&back, tls_buffer_view(&name));
    ok(tls_bytes_equal_string(tls_buffer_view(&back), expected), "%s, got %.*s", expected,
        (int)back.length, back.length ? (char *)back.data : "");
    ok(tls_name_from_text(&again, tls_buffer_view(&back)) == TLS_OK &&
            tls_name_equal(tls_buffer_view(&again), tls_buffer_view(&name)),
        "%s: again", text);
    tls_buffer_release(&name);
    tls_buffer_release(&back);
    tls_buffer_release(&again);
}

static void
test_names(void)
{
    static const char *const bad[] = {"CN", "=x", "CN=", "CN=x,", ",CN=x", "CN=x,,O=y", "XX=y",
        "CN=\\", "CN=\"x\"", "CN=a<b", "CN=#1", "CN=#1301", "C=DEU", "C=1x", "C=D",
        "serialNumber=\\C3\\A4", "CN=\xFF", "CN=\\00", "1.2.3", "emailAddress=\\C3\\A4", "CN=\\x",
        "3.1=x", "CN=a\\ZZ"};
    tls_buffer name = {NULL, 0, 0, 0}, openssl = {NULL, 0, 0, 0};
    tls_name_part parts[3];
    tls_certificate_request *request;
    tls_bytes bytes;
    size_t i;

    name_round_trip(
        "CN=www.example.com,O=Test\\, Inc.,C=DE", "CN=www.example.com,O=Test\\, Inc.,C=DE");
    name_round_trip(" cn = a  b , o=  x y  ,c=de", "CN=a  b,O=x y,C=de");
    name_round_trip("CN=\\ a\\ ", "CN=\\ a\\ ");
    name_round_trip("CN=\\#x,O=\\C3\\A4\\2B\\+", "CN=\\#x,O=\xC3\xA4\\+\\+");
    name_round_trip("OU=a+CN=b+O=c,DC=example,DC=com", "OU=a+O=c+CN=b,DC=example,DC=com");
    name_round_trip("1.2.3.4=#0C0141,CN=x", "1.2.3.4=#0C0141,CN=x");
    name_round_trip("emailAddress=a@example.com", "emailAddress=a@example.com");
    name_round_trip("", "");
    name_round_trip("OID.2.5.4.3=x", "CN=x");
    name_round_trip("CN=\xEF\xBF\xBD", "CN=\xEF\xBF\xBD");
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        is(tls_name_from_text(&name, view(bad[i])), TLS_REASON_BAD_NAME, bad[i]);
        ok(name.length == 0, "nothing is left of %s", bad[i]);
    }
    /* The same bytes as openssl's, with a set that has to be sorted. */
    memset(parts, 0, sizeof parts);
    parts[0].type = view("C");
    parts[0].value = view("DE");
    parts[1].type = view("OU");
    parts[1].value = view("Unit");
    parts[2].type = view("2.5.4.10");
    parts[2].value = view("Org");
    parts[2].joined = 1;
    is(tls_name_build(&name, parts, 3), TLS_OK, "parts");
    tls_name_text(&openssl, tls_buffer_view(&name));
    ok(contains(&openssl, "OU=Unit+O=Org,C=DE"), "attributes of one RDN are sorted");
    tls_buffer_clear(&name);
    bytes = slurp("full.csr");
    must(tls_certificate_request_load(&request, bytes) == TLS_OK, "full.csr");
    drop(bytes);
    tls_name_from_text(&name, view("CN=Requester,OU=Unit+O=Org,C=DE"));
    ok(tls_bytes_equal(tls_buffer_view(&name), request->wanted.subject), "as openssl encodes it");
    tls_certificate_request_release(request);
    tls_buffer_release(&name);
    tls_buffer_release(&openssl);
}

static void
general_name(enum tls_general_name_kind kind, const char *text, int constraint, int good)
{
    tls_buffer value = {NULL, 0, 0, 0};

    ok((tls_general_name_from_text(&value, kind, view(text), constraint) == TLS_OK) == good,
        "%s%s \"%s\"", constraint ? "constraint " : "", tls_general_name_kind_name(kind), text);
    ok(good || value.length == 0 || value.failed, "nothing is left of \"%s\"", text);
    tls_buffer_release(&value);
}

static void
test_general_names(void)
{
    general_name(TLS_NAME_DNS, "www.example.com", 0, 1);
    general_name(TLS_NAME_DNS, "*.example.com", 0, 1);
    general_name(TLS_NAME_DNS, "", 0, 0);
    general_name(TLS_NAME_DNS, "a b", 0, 0);
    general_name(TLS_NAME_DNS, ".example.com", 0, 0);
    general_name(TLS_NAME_DNS, ".example.com", 1, 1);
    general_name(TLS_NAME_DNS, "", 1, 1);
    general_name(TLS_NAME_DNS, "\xC3\xA4.example", 0, 0);
    general_name(TLS_NAME_EMAIL, "a@example.com", 0, 1);
    general_name(TLS_NAME_EMAIL, "example.com", 0, 0);
    general_name(TLS_NAME_EMAIL, "example.com", 1, 1);
    general_name(TLS_NAME_EMAIL, "@example.com", 0, 0);
    general_name(TLS_NAME_URI, "https://example.com/", 0, 1);
    general_name(TLS_NAME_URI, "urn:x", 0, 1);
    general_name(TLS_NAME_URI, "//example.com", 0, 0);
    general_name(TLS_NAME_URI, "1a:b", 0, 0);
    general_name(TLS_NAME_IP, "192.0.2.1", 0, 1);
    general_name(TLS_NAME_IP, "2001:db8::1", 0, 1);
    general_name(TLS_NAME_IP, "192.0.2", 0, 0);
    general_name(TLS_NAME_IP, "192.0.2.0/24", 0, 0);
    general_name(TLS_NAME_IP, "192.0.2.0/24", 1, 1);
    general_name(TLS_NAME_IP, "192.0.2.0/255.255.255.0", 1, 1);
    general_name(TLS_NAME_IP, "2001:db8::/32", 1, 1);
    general_name(TLS_NAME_IP, "192.0.2.0/33", 1, 0);
    general_name(TLS_NAME_IP, "192.0.2.0/", 1, 0);
    general_name(TLS_NAME_IP, "192.0.2.0", 1, 0);
    general_name(TLS_NAME_DIRECTORY, "CN=x,O=y", 0, 1);
    general_name(TLS_NAME_DIRECTORY, "x", 0, 0);
    general_name(TLS_NAME_REGISTERED_ID, "1.2.3", 0, 1);
    general_name(TLS_NAME_REGISTERED_ID, "1", 0, 0);
    general_name(TLS_NAME_OTHER, "x", 0, 0);
    ok(tls_general_name_kind_from_text(view("dns")) == TLS_NAME_DNS &&
            tls_general_name_kind_from_text(view("IP")) == TLS_NAME_IP &&
            tls_general_name_kind_from_text(view("x")) == -1,
        "names of kinds");
}

/* ---- Keys ---- */

static void
encodes_as(
    const tls_private_key *key, const char *kind, enum tls_key_format format, const char *file)
{
    char name[64];
    tls_buffer der = {NULL, 0, 0, 0};
    tls_bytes expected;

    snprintf(name, sizeof name, "%s.%s", kind, file);
    expected = slurp(name);
    is(tls_private_key_encode(&der, key, format), TLS_OK, name);
    ok(tls_bytes_equal(tls_buffer_view(&der), expected), "%s: the bytes of openssl", name);
    drop(expected);
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
        key = private_key(kinds[i]);
        encodes_as(key, kinds[i], TLS_KEY_FORMAT_PKCS8, "pkcs8.der");
        encodes_as(key, kinds[i], TLS_KEY_FORMAT_TRADITIONAL, "traditional.der");
        encodes_as(key, kinds[i], TLS_KEY_FORMAT_PUBLIC, "public.der");
        tls_private_key_release(key);
    }
    key = private_key("pss");
    is(tls_private_key_encode(&out, key, TLS_KEY_FORMAT_TRADITIONAL), TLS_REASON_UNSUPPORTED_KEY,
        "PSS in PKCS#1");
    is(tls_private_key_encode_pem(&out, key, TLS_KEY_FORMAT_PKCS8), TLS_OK, "PSS in PKCS#8");
    spit("out.key", tls_buffer_view(&out));
    expect_sh("Key is valid", "openssl pkey -in out.key -check -noout");
    must(tls_private_key_external(&external, tls_private_key_public(key)) == TLS_OK, "external");
    is(tls_private_key_encode(&out, external, TLS_KEY_FORMAT_PKCS8), TLS_REASON_UNSUPPORTED_KEY,
        "external");
    tls_private_key_release(external);
    tls_private_key_release(key);
    /* A wrong private exponent does not matter to us, and would to those who read it. */
    bytes = slurp("rsa2048.traditional.der");
    copy = malloc(bytes.length);
    memcpy(copy, bytes.data, bytes.length);
    tls_der_init(&der, tls_bytes_make(copy, bytes.length));
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    for (i = 0; i < 3; i++)
        tls_der_integer(&inner);
    d = tls_der_integer(&inner);
    copy[(size_t)(d.data - copy) + d.length - 1] ^= 2;
    is(tls_private_key_decode(&key, tls_bytes_make(copy, bytes.length)), TLS_OK,
        "wrong private exponent");
    is(tls_private_key_encode(&out, key, TLS_KEY_FORMAT_PKCS8), TLS_REASON_BAD_KEY,
        "is not written");
    tls_private_key_release(key);
    free(copy);
    drop(bytes);
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
        is(tls_private_key_encode_pem(&out, key, formats[i]), TLS_OK, name);
        snprintf(file, sizeof file, "new_%s.key", name);
        spit(file, tls_buffer_view(&out));
        snprintf(command, sizeof command, "openssl pkey -in %s -check -noout", file);
        expect_sh("Key is valid", command);
        is(tls_private_key_decode(&back, tls_buffer_view(&out)), TLS_OK, file);
        ok(back != NULL && tls_private_key_matches(back, tls_private_key_public(key)),
            "%s: the same key", name);
        tls_private_key_release(back);
    }
    tls_buffer_clear(&out);
    is(tls_private_key_encode_encrypted_pem(&out, key, view("pass word"), 2000), TLS_OK, name);
    spit("out.key", tls_buffer_view(&out));
    expect_sh("Key is valid", "openssl pkey -in out.key -passin 'pass:pass word' -check -noout");
    is(tls_private_key_decode_encrypted(&back, tls_buffer_view(&out), view("pass word")), TLS_OK,
        "decrypt");
    ok(back != NULL && tls_private_key_matches(back, tls_private_key_public(key)),
        "%s: the same key", name);
    tls_private_key_release(back);
    is(tls_private_key_decode_encrypted(&back, tls_buffer_view(&out), view("pass wore")),
        TLS_REASON_BAD_PASSWORD, "wrong password");
    ok(back == NULL, "no key");
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
        is(tls_private_key_generate_ec(&key, curves[i]), TLS_OK, names[i]);
        ok(tls_private_key_public(key)->curve == curves[i], "curve");
        check_generated(key, names[i]);
        tls_private_key_generate_ec(&other, curves[i]);
        ok(!tls_private_key_matches(other, tls_private_key_public(key)), "%s: another each time",
            names[i]);
        tls_private_key_release(other);
        tls_private_key_release(key);
    }
    for (i = 0; i < (getenv("SLOW") != NULL ? 3 : 1); i++) {
        start = clock();
        snprintf(name, sizeof name, "rsa%u", bits[i]);
        is(tls_private_key_generate_rsa(&key, bits[i]), TLS_OK, name);
        printf("# %s generated in %.2f s\n", name, (double)(clock() - start) / CLOCKS_PER_SEC);
        ok(tls_private_key_public(key)->bits == bits[i], "%s: bits", name);
        check_generated(key, name);
        tls_private_key_release(key);
    }
    is(tls_private_key_generate_rsa(&key, 1024), TLS_REASON_UNSUPPORTED_KEY, "RSA 1024");
    is(tls_private_key_generate_rsa(&key, 4104), TLS_REASON_UNSUPPORTED_KEY, "RSA 4104");
    is(tls_private_key_generate_rsa(&key, 2049), TLS_REASON_UNSUPPORTED_KEY, "RSA 2049");
    is(tls_private_key_generate_ec(&key, BR_EC_curve25519), TLS_REASON_UNSUPPORTED_KEY, "X25519");
}

static int
parse_encrypted(tls_bytes bytes)
{
    tls_private_key *key;
    enum tls_reason reason = tls_private_key_decode_encrypted(&key, bytes, view("secret"));

    tls_private_key_release(key);
    return reason == TLS_OK;
}

static void
decrypts(const char *file, const char *password, enum tls_reason expected)
{
    tls_bytes bytes = slurp(file);
    tls_private_key *key;

    is(tls_private_key_decode_encrypted(&key, bytes, view(password)), expected, file);
    ok((key != NULL) == (expected == TLS_OK), "%s: a key or none", file);
    tls_private_key_release(key);
    drop(bytes);
}

static void
test_encrypted_keys(unsigned rounds)
{
    static const char *const files[] = {"encrypted_aes-128-cbc.key", "encrypted_aes-192-cbc.key",
        "encrypted_aes-256-cbc.key", "encrypted_des3.key", "encrypted_hmacWithSHA1.key",
        "encrypted_hmacWithSHA224.key", "encrypted_hmacWithSHA256.key",
        "encrypted_hmacWithSHA384.key", "encrypted_hmacWithSHA512.key", "encrypted.der"};
    /* RFC 6070; RFC 7914 section 11 */
    static const unsigned char expected[] = {0x4B, 0x00, 0x79, 0x01, 0xB7, 0x65, 0x48, 0x9A, 0xBE,
        0xAD, 0x49, 0xD9, 0x26, 0xF7, 0x21, 0xD0, 0x65, 0xA4, 0x29, 0xC1};
    static const unsigned char expected256[] = {0x4D, 0xDC, 0xD8, 0xF6, 0x0B, 0x98, 0xBE, 0x21};
    unsigned char out[64];
    tls_buffer der = {NULL, 0, 0, 0};
    tls_private_key *key;
    tls_bytes bytes;
    size_t i;

    tls_pbkdf2(out, 20, &br_sha1_vtable, view("password"), view("salt"), 4096);
    ok(memcmp(out, expected, 20) == 0, "PBKDF2, RFC 6070");
    tls_pbkdf2(out, 64, &br_sha256_vtable, view("Password"), view("NaCl"), 80000);
    ok(memcmp(out, expected256, 8) == 0, "PBKDF2, RFC 7914");
    for (i = 0; i < sizeof files / sizeof files[0]; i++) {
        decrypts(files[i], "secret", TLS_OK);
        decrypts(files[i], "Secret", TLS_REASON_BAD_PASSWORD);
        decrypts(files[i], "", TLS_REASON_BAD_PASSWORD);
    }
    decrypts("p256.key", "whatever", TLS_OK);
    decrypts("pbes1.key", "secret", TLS_REASON_UNSUPPORTED_ENCRYPTION);
    decrypts("scrypt.key", "secret", TLS_REASON_UNSUPPORTED_ENCRYPTION);
    decrypts("traditional_encrypted.key", "secret", TLS_REASON_UNSUPPORTED_ENCRYPTION);
    decrypts("toomany.key", "secret", TLS_REASON_KEY_ITERATIONS);
    decrypts("root.pem", "secret", TLS_REASON_BAD_PEM);
    key = private_key("p256");
    is(tls_private_key_encode_encrypted(&der, key, view(""), 0), TLS_REASON_BAD_PASSWORD,
        "empty password");
    is(tls_private_key_encode_encrypted(&der, key, view("x"), 999), TLS_REASON_KEY_ITERATIONS,
        "too few rounds");
    is(tls_private_key_encode_encrypted(&der, key, view("x"), 10000001), TLS_REASON_KEY_ITERATIONS,
        "too many");
    is(tls_private_key_encode_encrypted(&der, key, view("secret"), 1000), TLS_OK, "few rounds");
    damage("encrypted key", tls_buffer_view(&der), parse_encrypted, rounds);
    tls_buffer_clear(&der);
    is(tls_private_key_encode_encrypted_pem(&der, key, view("secret"), 0), TLS_OK,
        "default rounds");
    bytes = tls_buffer_view(&der);
    spit("out.key", bytes);
    expect_sh("100000",
        "openssl pkcs8 -in out.key -passin pass:secret -nocrypt >/dev/null 2>&1; "
        "openssl asn1parse -in out.key | grep INTEGER | tail -1 | sed 's/:0*186A0/100000/'");
    tls_private_key_release(key);
    tls_buffer_release(&der);
}

/* ---- Issuing ---- */

/* The dump, line by line, as openssl prints it. */
static void
dumps_as_openssl(const char *file, const char *text, size_t length)
{
    tls_buffer openssl = {NULL, 0, 0, 0};
    size_t i = 0, line = 1;

    sh(&openssl,
        "openssl x509 -in %s -noout -text -nameopt RFC2253,-esc_msb,utf8 | "
        "sed 's/IP Address:2001:DB8:0:0:0:0:0:1/IP Address:2001:db8::1/'",
        file);
    while (i < length && i < openssl.length && text[i] == (char)openssl.data[i])
        line += text[i++] == '\n';
    ok(i == length && i == openssl.length, "%s: dump differs from openssl's at line %u", file,
        (unsigned)line);
    tls_buffer_release(&openssl);
}

static void
write_certificate(const char *file, const tls_certificate *certificate)
{
    tls_buffer text = {NULL, 0, 0, 0};

    spit_pem(file, "CERTIFICATE", certificate->der);
    tls_certificate_dump(&text, certificate);
    dumps_as_openssl(file, (const char *)text.data, text.length);
    tls_buffer_release(&text);
}

static tls_certificate *
make_ca(tls_private_key *key, const char *subject, int hash)
{
    tls_buffer name = {NULL, 0, 0, 0};
    tls_certificate *ca = NULL;
    tls_issue_fields fields;

    must(tls_name_from_text(&name, view(subject)) == TLS_OK, subject);
    memset(&fields, 0, sizeof fields);
    fields.key = key;
    fields.hash = hash;
    fields.subject = tls_buffer_view(&name);
    fields.not_before = now() - 3600;
    fields.not_after = now() + 86400 * 3650;
    fields.extensions.basic_constraints = TLS_BASIC_CONSTRAINTS_CA;
    fields.extensions.has_path_length = 1;
    fields.extensions.path_length = 1;
    fields.extensions.key_usage = TLS_KEY_USAGE_KEY_CERT_SIGN | TLS_KEY_USAGE_CRL_SIGN;
    is(tls_certificate_issue(&ca, &fields), TLS_OK, subject);
    must(ca != NULL, subject);
    tls_buffer_release(&name);
    return ca;
}

/* Every extension there is a field for. */
static tls_certificate *
make_leaf(const tls_certificate *issuer, tls_private_key *issuer_key,
    const tls_certificate_request *request)
{
    static const unsigned char server_auth[] = {0x2B, 6, 1, 5, 5, 7, 3, 1}, ip4[] = {192, 0, 2, 1};
    static const unsigned char ip6[] = {0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    static const unsigned char utf8_string[] = {0x0C, 1, 'x'}, private_oid[] = {0x2A, 3, 4, 5};
    tls_general_name names[5];
    tls_bytes usages[2], uri = view("http://example.com/x");
    tls_extension_view extra;
    tls_issue_fields fields;
    tls_certificate *leaf = NULL;

    memset(&fields, 0, sizeof fields);
    memset(&extra, 0, sizeof extra);
    names[0].kind = TLS_NAME_DNS;
    names[0].value = view("www.example.com");
    names[1].kind = TLS_NAME_IP;
    names[1].value = tls_bytes_make(ip4, sizeof ip4);
    names[2].kind = TLS_NAME_IP;
    names[2].value = tls_bytes_make(ip6, sizeof ip6);
    names[3].kind = TLS_NAME_EMAIL;
    names[3].value = view("a@example.com");
    names[4].kind = TLS_NAME_URI;
    names[4].value = uri;
    usages[0] = tls_bytes_make(server_auth, sizeof server_auth);
    usages[1] = tls_bytes_make(private_oid, sizeof private_oid);
    extra.oid = tls_bytes_make(private_oid, sizeof private_oid);
    extra.value = tls_bytes_make(utf8_string, sizeof utf8_string);
    fields.issuer = issuer;
    fields.key = issuer_key;
    fields.request = request;
    fields.not_before = now() - 3600;
    fields.not_after = now() + 86400;
    fields.serial = view("\x12\x34");
    fields.extensions.basic_constraints = TLS_BASIC_CONSTRAINTS_LEAF;
    fields.extensions.key_usage =
        TLS_KEY_USAGE_DIGITAL_SIGNATURE | TLS_KEY_USAGE_DECIPHER_ONLY | TLS_KEY_USAGE_KEY_AGREEMENT;
    fields.extensions.extended_key_usages = usages;
    fields.extensions.extended_key_usage_count = 2;
    fields.extensions.alternative_names = names;
    fields.extensions.alternative_name_count = 5;
    fields.extensions.ocsp_uris = &uri;
    fields.extensions.ocsp_uri_count = 1;
    fields.extensions.issuer_uris = &uri;
    fields.extensions.issuer_uri_count = 1;
    fields.extensions.crl_uris = &uri;
    fields.extensions.crl_uri_count = 1;
    fields.extensions.must_staple = 1;
    if (getenv("X509_NO_EXTRA") == NULL) {
        fields.extensions.extra = &extra;
        fields.extensions.extra_count = 0; /* openssl prints unknown ones in its own way */
    }
    is(tls_certificate_issue(&leaf, &fields), TLS_OK, "leaf");
    must(leaf != NULL, "leaf");
    fields.extensions.extra_count = 1;
    {
        tls_certificate *with_extra;
        tls_extension_view found;

        is(tls_certificate_issue(&with_extra, &fields), TLS_OK, "with an extension of one's own");
        ok(tls_certificate_extension(with_extra, &found, extra.oid) &&
                tls_bytes_equal(found.value, extra.value),
            "it is there");
        tls_certificate_release(with_extra);
    }
    return leaf;
}

static tls_certificate_request *
make_request(tls_private_key *key, const char *subject)
{
    tls_general_name name = {TLS_NAME_DNS, {NULL, 0}};
    tls_buffer encoded = {NULL, 0, 0, 0};
    tls_certificate_request *request = NULL;
    tls_request_fields fields;

    name.value = view("requested.example.com");
    memset(&fields, 0, sizeof fields);
    tls_name_from_text(&encoded, view(subject));
    fields.key = key;
    fields.subject = tls_buffer_view(&encoded);
    if (subject[0] != '\0') {
        fields.extensions.alternative_names = &name;
        fields.extensions.alternative_name_count = 1;
    }
    is(tls_certificate_request_build(&request, &fields), TLS_OK, "request");
    must(request != NULL, "request");
    tls_buffer_release(&encoded);
    return request;
}

static void
test_issue(void)
{
    static const int hashes[] = {0, br_sha256_ID, br_sha384_ID, br_sha512_ID};
    tls_certificate *ca, *leaf;
    tls_certificate_request *request;
    tls_private_key *key, *leaf_key = private_key("p256");
    tls_certificate_request *requests[2];
    size_t i;

    requests[0] = make_request(leaf_key, "CN=leaf,O=Org");
    spit_pem("out.csr", "CERTIFICATE REQUEST", requests[0]->der);
    expect_sh("DNS:requested.example.com", "openssl req -in out.csr -noout -verify -text 2>&1");
    requests[1] = make_request(leaf_key, "");
    spit_pem("out.csr", "CERTIFICATE REQUEST", requests[1]->der);
    expect_sh("verify OK", "openssl req -in out.csr -noout -verify -text 2>&1");
    for (i = 0; i < KINDS * 4; i++) {
        key = private_key(kinds[i / 4]);
        request = requests[i & 1];
        ca = make_ca(key, "CN=CA \xC3\xA4,O=Test\\, Inc.,C=DE", hashes[i & 3]);
        write_certificate("out_ca.pem", ca);
        leaf = make_leaf(ca, key, request);
        write_certificate("out.pem", leaf);
        ok(leaf->must_staple && leaf->serial.length == 2 && !leaf->is_ca &&
                leaf->extensions.length != 0 &&
                tls_bytes_equal(leaf->public_key_info, request->wanted.public_key_info) &&
                tls_bytes_equal(leaf->subject, request->wanted.subject) &&
                tls_certificate_is_self_signed(ca),
            "fields are what was asked for");
        expect_sh(": OK", "openssl verify -x509_strict -CAfile out_ca.pem -verify_hostname "
                          "www.example.com out.pem");
        expect_sh(": OK", "openssl verify -x509_strict -purpose sslserver -CAfile out_ca.pem "
                          "-verify_ip 2001:db8::1 out.pem");
        tls_certificate_release(ca);
        tls_certificate_release(leaf);
        tls_private_key_release(key);
    }
    tls_certificate_request_release(requests[0]);
    tls_certificate_request_release(requests[1]);
    tls_private_key_release(leaf_key);
}

/* ---- What is refused, and what is taken over from requests ---- */

static void
test_issue_fields(void)
{
    tls_private_key *key = private_key("root"), *other = private_key("p256"),
                    *pss = private_key("pss"), *external;
    tls_certificate *root = certificate("root"), *made;
    tls_certificate_request *request;
    tls_extension_view twice[2];
    tls_general_name name = {TLS_NAME_DNS, {NULL, 0}}, subtree[4];
    unsigned char long_serial[21] = {1}, top_serial[20] = {0x80};
    unsigned char net[8] = {192, 0, 2, 0, 255, 255, 255, 0};
    tls_buffer subject = {NULL, 0, 0, 0}, org = {NULL, 0, 0, 0};
    tls_issue_fields good, fields;
    tls_bytes bytes = slurp("full.csr");
    size_t i;

    must(tls_certificate_request_load(&request, bytes) == TLS_OK, "full.csr");
    drop(bytes);
    memset(&good, 0, sizeof good);
    good.issuer = root;
    good.key = key;
    good.request = request;
    good.not_before = now() - 60;
    good.not_after = now() + 60;
    fields = good;
    is(tls_certificate_issue(&made, &fields), TLS_OK, "from a request");
    ok(made->present == (TLS_HAS_SUBJECT_KEY_IDENTIFIER | TLS_HAS_AUTHORITY_KEY_IDENTIFIER) &&
            made->serial.length == 20 && made->serial.data[0] < 0x80 &&
            tls_bytes_equal(made->authority_key_identifier, root->subject_key_identifier),
        "nothing that it asks for is taken over, serial and identifiers are made");
    tls_certificate_release(made);
    fields.accept = TLS_HAS_SUBJECT_ALTERNATIVE_NAME | TLS_HAS_KEY_USAGE |
                    TLS_HAS_EXTENDED_KEY_USAGE | TLS_HAS_TLS_FEATURE | TLS_HAS_BASIC_CONSTRAINTS;
    is(tls_certificate_issue(&made, &fields), TLS_OK, "what it asks for");
    ok(made->must_staple && !made->is_ca && made->extended_key_usage == TLS_EXTENDED_SERVER_AUTH &&
            made->key_usage == TLS_KEY_USAGE_DIGITAL_SIGNATURE &&
            tls_bytes_equal(made->alternative_names, request->wanted.alternative_names),
        "is taken over, but never to be a CA");
    tls_certificate_release(made);
    name.value = view("b.example.com");
    fields.extensions.alternative_names = &name;
    fields.extensions.alternative_name_count = 1;
    fields.extensions.key_usage = TLS_KEY_USAGE_KEY_AGREEMENT;
    is(tls_certificate_issue(&made, &fields), TLS_OK, "what the issuer sets");
    ok(made->key_usage == TLS_KEY_USAGE_KEY_AGREEMENT && made->alternative_names.length == 15,
        "comes first");
    tls_certificate_release(made);

    fields = good;
    fields.key = other;
    is(tls_certificate_issue(&made, &fields), TLS_REASON_KEY_MISMATCH, "not the issuer's key");
    fields = good;
    fields.issuer = NULL;
    is(tls_certificate_issue(&made, &fields), TLS_REASON_KEY_MISMATCH,
        "self-signed for another's request");
    fields = good;
    fields.request = NULL;
    is(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "no public key");
    fields.public_key_info = view("x");
    is(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "bad public key");
    fields = good;
    fields.not_after = fields.not_before - 1;
    is(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "ends before it begins");
    fields = good;
    fields.not_after = 253402300800;
    is(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "year 10000");
    fields = good;
    fields.hash = br_sha1_ID;
    is(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "SHA-1");
    fields = good;
    fields.serial = tls_bytes_make(long_serial, sizeof long_serial);
    is(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "serial of 21 bytes");
    fields.serial = tls_bytes_make(top_serial, sizeof top_serial);
    is(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD,
        "serial of 21 bytes with its sign");
    fields.serial = tls_bytes_make("\0\0", 2);
    is(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "serial zero");
    fields = good;
    fields.subject = view("x");
    is(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_NAME, "bad subject");
    fields = good;
    fields.extensions.has_path_length = 1;
    is(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "path length without a CA");
    fields = good;
    fields.extensions.key_usage = 1 << 9;
    is(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "key usage bit 9");
    fields = good;
    memset(twice, 0, sizeof twice);
    twice[0].oid = twice[1].oid = tls_bytes_make("\x2A\x03", 2);
    twice[0].value = twice[1].value = tls_bytes_make("\x05\0", 2);
    fields.extensions.extra = twice;
    fields.extensions.extra_count = 2;
    is(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "extension twice");
    twice[1].oid = tls_bytes_make("\x55\x1D\x0F", 3);
    twice[1].value = tls_bytes_make("\x03\x02\x07\x80", 4);
    fields.extensions.key_usage = TLS_KEY_USAGE_DIGITAL_SIGNATURE;
    is(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "extension and field");
    fields.extensions.key_usage = 0;
    is(tls_certificate_issue(&made, &fields), TLS_OK, "or just the extension");
    tls_certificate_release(made);
    twice[1].value = view("xy");
    is(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "value that is no DER");
    memset(&fields, 0, sizeof fields);
    fields.key = pss;
    fields.not_after = 1;
    is(tls_certificate_issue(&made, &fields), TLS_REASON_UNSUPPORTED_KEY, "PSS-only key");
    must(tls_private_key_external(&external, tls_private_key_public(key)) == TLS_OK, "external");
    fields.key = external;
    is(tls_certificate_issue(&made, &fields), TLS_REASON_SIGN_FAILED, "external key");
    fields.key = key;
    fields.without_subject_key_identifier = fields.without_authority_key_identifier = 1;
    is(tls_certificate_issue(&made, &fields), TLS_OK, "no extensions at all");
    ok(made->extensions.length == 0 && tls_certificate_is_self_signed(made), "none");
    write_certificate("out.pem", made);
    tls_certificate_release(made);

    /* Name constraints, an empty subject, and every kind of name in them. */
    tls_name_from_text(&subject, view("CN=Constrained"));
    tls_name_from_text(&org, view("O=Good"));
    fields = good;
    fields.request = NULL;
    fields.subject = tls_buffer_view(&subject);
    fields.public_key_info = root->public_key_info;
    fields.extensions.basic_constraints = TLS_BASIC_CONSTRAINTS_CA;
    fields.extensions.key_usage = TLS_KEY_USAGE_KEY_CERT_SIGN;
    subtree[0].kind = TLS_NAME_DNS;
    subtree[0].value = view("example.com");
    subtree[1].kind = TLS_NAME_IP;
    subtree[1].value = tls_bytes_make(net, sizeof net);
    subtree[2].kind = TLS_NAME_EMAIL;
    subtree[2].value = view(".example.com");
    subtree[3].kind = TLS_NAME_DIRECTORY;
    subtree[3].value = tls_buffer_view(&org);
    fields.extensions.permitted_names = subtree;
    fields.extensions.permitted_name_count = 4;
    fields.extensions.excluded_names = subtree;
    fields.extensions.excluded_name_count = 1;
    is(tls_certificate_issue(&made, &fields), TLS_OK, "name constraints");
    spit_pem("out.pem", "CERTIFICATE", made->der);
    expect_sh("IP:192.0.2.0/255.255.255.0",
        "openssl x509 -in out.pem -noout -text | grep -A8 'Name Constraints: critical'");
    expect_sh("Excluded",
        "openssl x509 -in out.pem -noout -text | grep -A8 'Name Constraints: critical'");
    tls_certificate_release(made);
    fields = good;
    fields.request = NULL;
    fields.public_key_info = root->public_key_info;
    fields.extensions.alternative_names = &name;
    fields.extensions.alternative_name_count = 1;
    is(tls_certificate_issue(&made, &fields), TLS_OK, "empty subject");
    spit_pem("out.pem", "CERTIFICATE", made->der);
    expect_sh("Name: critical", "openssl x509 -in out.pem -noout -text");
    tls_certificate_release(made);
    for (i = 0; i < TLS_KEY_USAGE_COUNT; i++)
        ok(tls_key_usage_from_name(view(tls_key_usage_name((unsigned)i))) == 1u << i,
            "key usage name");
    tls_buffer_clear(&subject);
    ok(tls_extended_key_usage_from_name(&subject, view("OCSPsigning")) && subject.length == 8 &&
            tls_extended_key_usage_from_name(&subject, view("1.2.3")) &&
            !tls_extended_key_usage_from_name(&subject, view("x")),
        "extended key usage names");
    tls_buffer_release(&subject);
    tls_buffer_release(&org);
    tls_certificate_request_release(request);
    tls_certificate_release(root);
    tls_private_key_release(key);
    tls_private_key_release(other);
    tls_private_key_release(pss);
    tls_private_key_release(external);
}

static int
parse_request(tls_bytes bytes)
{
    tls_certificate_request *request;
    tls_buffer text = {NULL, 0, 0, 0};
    enum tls_reason reason = tls_certificate_request_from_der(&request, bytes);

    if (reason == TLS_OK) {
        tls_certificate_request_verify(request);
        tls_certificate_request_dump(&text, request);
        tls_buffer_release(&text);
    }
    tls_certificate_request_release(request);
    return reason == TLS_OK;
}

static void
test_requests(unsigned rounds)
{
    static const struct {
        const char *file;
        enum tls_reason verdict;
    } files[] = {{"full.csr", TLS_OK}, {"plain.csr", TLS_OK}, {"nobody.csr", TLS_OK},
        {"sha1.csr", TLS_REASON_WEAK_SIGNATURE}};
    tls_certificate_request *request;
    tls_buffer der = {NULL, 0, 0, 0}, text = {NULL, 0, 0, 0};
    tls_bytes bytes;
    size_t i;

    for (i = 0; i < 4; i++) {
        bytes = slurp(files[i].file);
        is(tls_certificate_request_load(&request, bytes), TLS_OK, files[i].file);
        is(tls_certificate_request_verify(request), files[i].verdict, files[i].file);
        if (i == 0) {
            tls_buffer_append(&der, request->der.data, request->der.length);
            tls_certificate_request_dump(&text, request);
            ok(contains(&text, "DNS:a.example.com, IP Address:192.0.2.1") &&
                    contains(&text, "Subject: CN=Requester,OU=Unit+O=Org,C=DE"),
                "dump of a request");
        }
        tls_certificate_request_release(request);
        drop(bytes);
    }
    damage("request", tls_buffer_view(&der), parse_request, rounds);
    der.data[der.length - 1] ^= 1;
    must(tls_certificate_request_from_der(&request, tls_buffer_view(&der)) == TLS_OK, "request");
    ok(tls_certificate_request_verify(request) == TLS_REASON_BAD_REQUEST, "wrong signature");
    tls_certificate_request_release(request);
    bytes = slurp("root.pem");
    is(tls_certificate_request_load(&request, bytes), TLS_REASON_BAD_PEM, "a certificate is none");
    drop(bytes);
    tls_buffer_release(&der);
    tls_buffer_release(&text);
}

/* ---- SCTs ---- */

static int
parse_scts(tls_bytes list)
{
    tls_sct_reader reader;
    tls_sct sct;
    int count = 0;

    tls_sct_begin(&reader, list);
    while (tls_sct_next(&reader, &sct))
        count++;
    return !reader.failed && count > 0;
}

static void
test_scts(unsigned rounds)
{
    unsigned char list[2 + 2 * (2 + 1 + 32 + 8 + 2 + 4 + 6)], value[sizeof list + 2];
    static const unsigned char oid[] = {0x2B, 6, 1, 4, 1, 0xD6, 0x79, 2, 4, 2};
    tls_private_key *key = private_key("p256");
    tls_certificate *made;
    tls_extension_view extra;
    tls_issue_fields fields;
    tls_sct_reader reader;
    tls_buffer text = {NULL, 0, 0, 0};
    tls_sct sct;
    unsigned char *p = list;
    int i;

    tls_put16(p, sizeof list - 2);
    p += 2;
    for (i = 0; i < 2; i++) {
        tls_put16(p, 53);
        p[2] = 0;
        memset(p + 3, 0xA0 + i, 32);
        memcpy(p + 35, "\0\0\x01\x8B\xCF\xE5\x68\x00", 8); /* 1700000000000 */
        memcpy(p + 43,
            "\0\0\x04\x03\0\x06"
            "012345",
            12);
        p += 55;
    }
    memcpy(value, "\x04", 1);
    value[1] = sizeof list;
    memcpy(value + 2, list, sizeof list);
    memset(&extra, 0, sizeof extra);
    extra.oid = tls_bytes_make(oid, sizeof oid);
    extra.value = tls_bytes_make(value, sizeof value);
    memset(&fields, 0, sizeof fields);
    fields.key = key;
    fields.not_after = now();
    fields.extensions.extra = &extra;
    fields.extensions.extra_count = 1;
    is(tls_certificate_issue(&made, &fields), TLS_OK, "with SCTs");
    tls_sct_begin(&reader, tls_certificate_sct_list(made));
    ok(tls_sct_next(&reader, &sct) && sct.version == 1 && sct.timestamp == 1700000000000u &&
            sct.log_id.length == 32 && sct.log_id.data[0] == 0xA0 && sct.hash_algorithm == 4 &&
            sct.signature_algorithm == 3 && sct.signature.length == 6 && sct.extensions.length == 0,
        "first SCT");
    ok(tls_sct_next(&reader, &sct) && sct.log_id.data[0] == 0xA1 && !tls_sct_next(&reader, &sct) &&
            !reader.failed,
        "second, and no more");
    tls_certificate_dump(&text, made);
    ok(contains(&text, "Timestamp : Nov 14 22:13:20 2023 GMT"), "in the dump");
    spit_pem("out.pem", "CERTIFICATE", made->der);
    expect_sh("Timestamp : Nov 14 22:13:20.000 2023 GMT", "openssl x509 -in out.pem -noout -text");
    damage("SCT list", tls_bytes_make(list, sizeof list), parse_scts, rounds);
    tls_certificate_release(made);
    tls_private_key_release(key);
    tls_buffer_release(&text);
}

/* Whatever is read as a name is one, and its text, when it can be read (a country that was given in
 * hex may have one letter), is the same name. */
static void
test_name_damage(unsigned rounds)
{
    static const char text[] = "CN=#0C0141,O=\\C3\\A4+OU=\\#x\\ ,C=DE";
    static const char characters[] = "=,+\\#\" ;<>a0C\0\xFF";
    tls_buffer name = {NULL, 0, 0, 0}, again = {NULL, 0, 0, 0}, back = {NULL, 0, 0, 0};
    char copy[sizeof text];
    unsigned round, taken = 0, flips;
    int all = 1;

    for (round = 0; round < rounds * 10; round++) {
        memcpy(copy, text, sizeof text);
        for (flips = 1 + (unsigned)rand() % 4; flips > 0; flips--)
            copy[(size_t)rand() % (sizeof text - 1)] =
                characters[(size_t)rand() % (sizeof characters - 1)];
        tls_buffer_clear(&name);
        tls_buffer_clear(&again);
        tls_buffer_clear(&back);
        if (tls_name_from_text(&name, tls_bytes_make(copy, (size_t)rand() % sizeof text)) != TLS_OK)
            continue;
        taken++;
        tls_name_text(&again, tls_buffer_view(&name));
        all = all && tls_name_check(tls_buffer_view(&name));
        if (tls_name_from_text(&back, tls_buffer_view(&again)) == TLS_OK)
            all = all && tls_name_equal(tls_buffer_view(&back), tls_buffer_view(&name));
    }
    ok(all && taken > 0, "mutated names, %u of %u taken", taken, rounds * 10);
    tls_buffer_release(&name);
    tls_buffer_release(&again);
    tls_buffer_release(&back);
}

/* The system's certificates, as openssl prints them; but for what each prints in its own way. */
static void
test_bundle_dump(void)
{
    tls_bytes bundle = slurp("/etc/ssl/certs/ca-certificates.crt");
    tls_certificate_list *list;
    tls_buffer ours = {NULL, 0, 0, 0};
    size_t i;

    if (tls_certificates_load(&list, bundle) == TLS_OK) {
        for (i = 0; i < list->count; i++)
            tls_certificate_dump(&ours, list->items[i]);
        spit("dump.ours", tls_buffer_view(&ours));
        tls_certificate_list_release(list);
        /* On purpose: DirName in RFC 4514 form, user notices in UTF-8, and in hex the extensions
         * that only openssl knows or prints as text (Microsoft's, Netscape's, SET's,
         * privateKeyUsagePeriod). */
        expect_sh(NULL,
            "awk '/-----BEGIN/{n++} {print > sprintf(\"bundle%03d.crt\", n)}' "
            "/etc/ssl/certs/ca-certificates.crt; "
            "for f in bundle*.crt; do openssl x509 -in $f -noout -text -nameopt "
            "RFC2253,-esc_msb,utf8; done >dump.openssl; "
            "rm -f bundle*.crt; diff dump.ours dump.openssl | grep '^[<>]' | grep -v "
            "'DirName:\\|\\.\\.\\.\\|C\\.A\\|02:01:0[01]\\|1e:04:00:43:00:41' >dump.differences; "
            "test $(wc -l <dump.differences) -lt 24");
    }
    tls_buffer_release(&ours);
    drop(bundle);
}

/* ---- Failed allocations, when linked with --wrap ---- */

static long allocations_left = -1;
void *__real_malloc(size_t size) __attribute__((weak));
void *__real_calloc(size_t count, size_t size) __attribute__((weak));
void *__real_realloc(void *old, size_t size) __attribute__((weak));
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
issue_everything(tls_private_key *key, const tls_certificate *root, tls_bytes csr,
    tls_bytes crl_bytes, tls_bytes ocsp)
{
    tls_certificate_request *request = NULL;
    tls_certificate *made = NULL;
    tls_crl_list *crls = NULL;
    tls_ocsp_response *response = NULL;
    tls_private_key *back = NULL;
    tls_buffer out = {NULL, 0, 0, 0};
    tls_issue_fields fields;
    enum tls_reason reason;

    memset(&fields, 0, sizeof fields);
    reason = tls_certificate_request_load(&request, csr);
    if (reason == TLS_OK) {
        fields.issuer = root;
        fields.key = key;
        fields.request = request;
        fields.accept = TLS_HAS_SUBJECT_ALTERNATIVE_NAME;
        fields.not_after = 1;
        reason = tls_certificate_issue(&made, &fields);
    }
    if (reason == TLS_OK)
        reason = tls_private_key_encode_encrypted_pem(&out, key, tls_bytes_make("x", 1), 1000);
    if (reason == TLS_OK)
        reason =
            tls_private_key_decode_encrypted(&back, tls_buffer_view(&out), tls_bytes_make("x", 1));
    if (reason == TLS_OK) {
        tls_buffer_clear(&out);
        reason = tls_name_from_text(&out, tls_bytes_make("CN=a\\, b+O=c,C=DE", 17));
    }
    if (reason == TLS_OK)
        reason = tls_crls_load(&crls, crl_bytes);
    if (reason == TLS_OK)
        reason = tls_ocsp_response_from_der(&response, ocsp);
    if (reason == TLS_OK) {
        tls_buffer_clear(&out);
        tls_certificate_dump(&out, made);
        tls_certificate_request_dump(&out, request);
        reason = out.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
    }
    tls_certificate_request_release(request);
    tls_certificate_release(made);
    tls_crl_list_release(crls);
    tls_ocsp_response_release(response);
    tls_private_key_release(back);
    tls_buffer_release(&out);
    return reason;
}

static void
test_allocation_failures(void)
{
    tls_private_key *key = private_key("root");
    tls_certificate *root = certificate("root");
    tls_bytes csr = slurp("full.csr"), crl = slurp("int.crl"), ocsp = slurp("delegated.ocsp");
    enum tls_reason reason = TLS_OK;
    long n;
    int all = 1;

    for (n = 0; __real_malloc != NULL; n++) {
        allocations_left = n;
        reason = issue_everything(key, root, csr, crl, ocsp);
        if (allocations_left >= 0)
            break;
        all = all && reason == TLS_REASON_OUT_OF_MEMORY;
    }
    allocations_left = -1;
    ok(__real_malloc == NULL || (all && reason == TLS_OK && n > 40),
        "each failed allocation is reported");
    printf("# %ld allocations failed one by one\n", n);
    tls_private_key_release(key);
    tls_certificate_release(root);
    drop(csr);
    drop(crl);
    drop(ocsp);
}

int
main(int argc, char **argv)
{
    unsigned rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 300;

    if (argc < 2)
        return 2;
    directory = argv[1];
    srand(1);
    test_der();
    test_names();
    test_general_names();
    test_key_encoding();
    test_key_generation();
    test_encrypted_keys(rounds);
    test_issue();
    test_issue_fields();
    test_requests(rounds);
    test_scts(rounds);
    test_bundle_dump();
    test_revocation(rounds);
    test_name_damage(rounds);
    test_allocation_failures();
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}

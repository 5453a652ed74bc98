/* ed25519_key_test.c - Ed25519 keys: RFC 8410's own examples, PKCS#8 of both versions with a public
 * half that fits or does not, what is damaged, writing and reading; and their signature scheme. */
#include <stdio.h>
#include <string.h>

#include "asn1/der_write.h"
#include "key/key_encode.h"
#include "key/key_encrypted.h"
#include "key/key_generate.h"
#include "key/signature.h"
#include "key/verify_signature.h"
#include "support/check.h"
#include "wire/registry.h"

/* RFC 8410 sections 10.1 and 10.3. */
static const char public_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                                 "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
                                 "-----END PUBLIC KEY-----\n";
static const char private_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";
static const char private_v2_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n"
    "Z9w7lshQhqowtrbLDFw4rXAxZuE=\n"
    "-----END PRIVATE KEY-----\n";

static tls_private_key *
decode(const char *pem)
{
    tls_private_key *key = NULL;

    require(tls_private_key_decode(&key, tls_bytes_of_string(pem)) == TLS_OK, "reads");
    return key;
}

static void
test_examples(void)
{
    static const char *const pems[] = {private_pem, private_v2_pem};
    tls_buffer out = {NULL, 0, 0, 0};
    size_t i;

    for (i = 0; i < 2; i++) {
        tls_private_key *key = decode(pems[i]);
        const tls_public_key *public_key = tls_private_key_public(key);

        check_text(tls_public_key_type(public_key), "ed25519", "type");
        check_number(public_key->bits, 256, "bits");
        check_hex(public_key->point,
            "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1", "public half");
        check_reason(
            tls_private_key_encode_pem(&out, key, TLS_KEY_FORMAT_PUBLIC), TLS_OK, "public");
        check_string(tls_buffer_view(&out), public_pem, "as RFC 8410 has it");
        tls_buffer_clear(&out);
        check_reason(
            tls_private_key_encode_pem(&out, key, TLS_KEY_FORMAT_PKCS8), TLS_OK, "private");
        check_string(tls_buffer_view(&out), private_pem, "as RFC 8410 has it");
        tls_buffer_clear(&out);
        check_reason(tls_private_key_encode(&out, key, TLS_KEY_FORMAT_TRADITIONAL),
            TLS_REASON_UNSUPPORTED_KEY, "no traditional form");
        check_number(out.length, 0, "and nothing of it");
        tls_private_key_release(key);
    }
    tls_buffer_release(&out);
}

/* build: a PrivateKeyInfo of a version, of parameters, a length of the key, and a public half. */
static void
build(tls_buffer *out, unsigned version, int parameters, size_t length, const char *public_half)
{
    static const unsigned char oid[] = {0x2B, 0x65, 0x70};
    unsigned char bytes[40], half[34];
    size_t whole, part, i;
    unsigned byte;

    for (i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    tls_buffer_clear(out);
    whole = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_small(out, version);
    part = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_oid(out, tls_bytes_make(oid, sizeof oid));
    if (parameters)
        tls_der_put_null(out);
    tls_der_close(out, part);
    part = tls_der_open(out, TLS_DER_OCTET_STRING);
    tls_der_put(out, TLS_DER_OCTET_STRING, tls_bytes_make(bytes, length));
    tls_der_close(out, part);
    if (public_half != NULL) {
        for (i = 0; sscanf(public_half + 2 * i, "%2x", &byte) == 1; i++)
            half[i] = (unsigned char)byte;
        tls_der_put(out, TLS_DER_CONTEXT(1), tls_bytes_make(half, i));
    }
    tls_der_close(out, whole);
}

static void
test_structure(void)
{
    static const struct {
        unsigned version;
        int parameters;
        size_t length;
        const char *public_half;
        enum tls_reason reason;
    } rows[] = {
        {0, 0, 32, NULL, TLS_OK},
        {1, 0, 32, "0003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8", TLS_OK},
        {1, 0, 32, "0003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b9",
            TLS_REASON_BAD_KEY},
        {1, 0, 32, "0103a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
            TLS_REASON_BAD_KEY},
        {1, 0, 32, "00", TLS_REASON_BAD_KEY},
        {1, 0, 32, "", TLS_REASON_BAD_KEY},
        {0, 1, 32, NULL, TLS_REASON_BAD_KEY}, /* RFC 8410 section 3: no parameters */
        {0, 0, 31, NULL, TLS_REASON_BAD_KEY},
        {0, 0, 33, NULL, TLS_REASON_BAD_KEY},
        {0, 0, 0, NULL, TLS_REASON_BAD_KEY},
        {2, 0, 32, NULL, TLS_REASON_BAD_KEY},
    };
    tls_buffer der = {NULL, 0, 0, 0};
    tls_private_key *key;
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        build(&der, rows[i].version, rows[i].parameters, rows[i].length, rows[i].public_half);
        check_reason(tls_private_key_decode(&key, tls_buffer_view(&der)), rows[i].reason, "row %u",
            (unsigned)i);
        tls_private_key_release(key);
    }
    tls_buffer_release(&der);
}

/* A SubjectPublicKeyInfo of any point. */
static enum tls_reason
parse_public(const unsigned char *bits, size_t length, int parameters)
{
    static const unsigned char oid[] = {0x2B, 0x65, 0x70};
    tls_buffer der = {NULL, 0, 0, 0};
    size_t whole = tls_der_open(&der, TLS_DER_SEQUENCE),
           part = tls_der_open(&der, TLS_DER_SEQUENCE);
    tls_public_key key;
    enum tls_reason reason;

    tls_der_put_oid(&der, tls_bytes_make(oid, sizeof oid));
    if (parameters)
        tls_der_put_null(&der);
    tls_der_close(&der, part);
    tls_der_put_bit_string(&der, tls_bytes_make(bits, length));
    tls_der_close(&der, whole);
    reason = tls_public_key_parse(&key, tls_buffer_view(&der));
    check(reason != TLS_OK || key.kind == TLS_KEY_ED25519, "of the kind");
    tls_buffer_release(&der);
    return reason;
}

static void
test_public(void)
{
    unsigned char point[33] = {3}; /* y = 3 is one; and one byte more */

    check_reason(parse_public(point, 32, 0), TLS_OK, "a point");
    check_reason(parse_public(point, 32, 1), TLS_REASON_BAD_DER, "with parameters");
    check_reason(parse_public(point, 31, 0), TLS_REASON_BAD_DER, "short");
    check_reason(parse_public(point, 33, 0), TLS_REASON_BAD_DER, "long");
    point[0] = 2;
    check_reason(parse_public(point, 32, 0), TLS_REASON_BAD_DER, "no point");
    point[0] = 1;
    check_reason(parse_public(point, 32, 0), TLS_REASON_BAD_DER, "of order 1");
}

static void
test_generated(void)
{
    tls_private_key *key = NULL, *other = NULL, *back = NULL;
    tls_bytes password = tls_bytes_of_string("secret");
    tls_buffer pem = {NULL, 0, 0, 0};

    require(tls_private_key_generate_ed25519(&key) == TLS_OK &&
                tls_private_key_generate_ed25519(&other) == TLS_OK,
        "two keys");
    check(!tls_private_key_matches(key, tls_private_key_public(other)), "are two");
    check_reason(tls_private_key_encode_encrypted_pem(&pem, key, password, 1000), TLS_OK, "hides");
    check_reason(tls_private_key_decode_encrypted(
                     &back, tls_buffer_view(&pem), tls_bytes_of_string("other")),
        TLS_REASON_BAD_PASSWORD, "another password");
    check_reason(
        tls_private_key_decode_encrypted(&back, tls_buffer_view(&pem), password), TLS_OK, "reads");
    check(back != NULL && tls_private_key_matches(back, tls_private_key_public(key)), "the same");
    tls_private_key_release(key);
    tls_private_key_release(other);
    tls_private_key_release(back);
    tls_buffer_release(&pem);
}

static void
test_scheme(void)
{
    tls_private_key *key = decode(private_pem), *external, *ec;
    const tls_public_key *public_key = tls_private_key_public(key);
    tls_bytes message = tls_bytes_of_string("any message"), view;
    tls_signature_algorithm algorithm;
    unsigned char out[TLS_SIGNATURE_MAXIMUM], digest[32] = {0};
    const unsigned scheme = TLS_SCHEME_ED25519;
    size_t length;

    check(tls_scheme_supported(scheme) && tls_scheme_hashes_itself(scheme) &&
              !tls_scheme_hashes_itself(TLS_SCHEME_ED448),
        "is known");
    check(tls_scheme_fits_key(scheme, public_key, TLS_VERSION_12) &&
              tls_scheme_fits_key(scheme, public_key, TLS_VERSION_13),
        "fits");
    check_number(tls_scheme_digest(out, scheme, message), 0, "has no digest");
    length = tls_sign_scheme(key, out, scheme, message);
    check_number(length, 64, "signs");
    view = tls_bytes_make(out, length);
    check_reason(tls_verify_scheme(public_key, scheme, message, view), TLS_OK, "verifies");
    check_reason(tls_verify_scheme(public_key, scheme, tls_bytes_of_string("any messagf"), view),
        TLS_REASON_BAD_SIGNATURE, "another message");
    memset(&algorithm, 0, sizeof algorithm);
    algorithm.kind = TLS_SIGNATURE_ED25519;
    check_reason(tls_verify_signature(public_key, &algorithm, message, view), TLS_OK, "the same");
    /* No digest, no other scheme, no other key, no key. */
    check_number(
        tls_sign_digest(key, out, TLS_HASH_SHA256, digest, sizeof digest), 0, "of a digest");
    check_number(tls_sign_scheme(key, out, TLS_SCHEME_ECDSA_SECP256R1_SHA256,
                     tls_bytes_make(digest, sizeof digest)),
        0, "by ECDSA");
    require(tls_private_key_generate_ec(&ec, TLS_GROUP_SECP256R1) == TLS_OK, "an EC key");
    check_number(tls_sign_scheme(ec, out, scheme, message), 0, "by an EC key");
    check_reason(tls_verify_scheme(tls_private_key_public(ec), scheme, message, view),
        TLS_REASON_ILLEGAL_PARAMETER, "with an EC key");
    check_reason(tls_verify_signature(tls_private_key_public(ec), &algorithm, message, view),
        TLS_REASON_BAD_CERTIFICATE_SIGNATURE, "with an EC key");
    require(tls_private_key_external(&external, public_key) == TLS_OK, "an external one");
    check(tls_private_key_matches(external, public_key), "matches");
    check_number(tls_sign_scheme(external, out, scheme, message), 0, "signs nothing");
    tls_private_key_release(external);
    tls_private_key_release(ec);
    tls_private_key_release(key);
}

int
main(void)
{
    test_examples();
    test_structure();
    test_public();
    test_generated();
    test_scheme();
    return check_end();
}

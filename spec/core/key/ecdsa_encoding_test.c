/* ecdsa_encoding_test.c - one ECDSA signature in other encodings than DER: all of them are refused,
 * wherever a signature is verified. */
#include <bearssl.h>
#include <string.h>

#include "key/key_bearssl.h"
#include "key/key_generate.h"
#include "key/signature.h"
#include "key/verify_signature.h"

#include "support/check.h"

/* A signature taken apart: contents of both INTEGERs. */
typedef struct numbers {
    unsigned char bytes[2][68];
    size_t length[2];
} numbers;

static numbers
take_apart(tls_bytes signature)
{
    numbers out;
    tls_der der, inner;
    size_t i;

    tls_der_init(&der, signature);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    for (i = 0; i < 2; i++) {
        tls_bytes number = tls_der_integer(&inner);

        require(number.length != 0 && number.length <= 67, "an INTEGER");
        memcpy(out.bytes[i], number.data, number.length);
        out.length[i] = number.length;
    }
    require(tls_der_finish(&inner), "two INTEGERs");
    return out;
}

enum deviation {
    DER,
    ZERO_BEFORE_R,
    ZERO_BEFORE_S,
    LONG_SEQUENCE_LENGTH,
    LONG_R_LENGTH,
    LONG_S_LENGTH,
    TRAILING_INSIDE,
    TRAILING_BEHIND,
    R_IS_ZERO,
    S_IS_ZERO,
    R_IS_EMPTY,
    S_IS_NEGATIVE,
    OTHER_TAG,
    INDEFINITE,
    DEVIATIONS
};
static const char *const deviation_names[] = {"DER", "zero before r", "zero before s",
    "long form of the sequence's length", "long form of r's length", "long form of s's length",
    "an element behind s", "a byte behind the sequence", "r is 0", "s is 0", "r is empty",
    "s without its zero", "a SET", "indefinite length"};

static size_t
put_number(unsigned char *out, const unsigned char *bytes, size_t length, int zero, int long_form)
{
    size_t n = 0;

    out[n++] = TLS_DER_INTEGER;
    if (long_form)
        out[n++] = 0x81;
    out[n++] = (unsigned char)(length + (zero != 0));
    if (zero)
        out[n++] = 0;
    memcpy(out + n, bytes, length);
    return n + length;
}

/* put_together gives the signature with a deviation; 0 if these numbers cannot have it. */
static size_t
put_together(unsigned char out[160], const numbers *from, enum deviation deviation)
{
    unsigned char body[150];
    numbers n = *from;
    size_t length, at = 0;

    if (deviation == R_IS_ZERO || deviation == S_IS_ZERO) {
        n.length[deviation == S_IS_ZERO] = 1;
        n.bytes[deviation == S_IS_ZERO][0] = 0;
    }
    if (deviation == R_IS_EMPTY)
        n.length[0] = 0;
    if (deviation == S_IS_NEGATIVE) {
        if (n.bytes[1][0] != 0)
            return 0;
        memmove(n.bytes[1], n.bytes[1] + 1, --n.length[1]);
    }
    length = put_number(
        body, n.bytes[0], n.length[0], deviation == ZERO_BEFORE_R, deviation == LONG_R_LENGTH);
    length += put_number(body + length, n.bytes[1], n.length[1], deviation == ZERO_BEFORE_S,
        deviation == LONG_S_LENGTH);
    if (deviation == TRAILING_INSIDE) {
        memcpy(body + length, "\5\0", 2);
        length += 2;
    }
    out[at++] = deviation == OTHER_TAG ? TLS_DER_SET : TLS_DER_SEQUENCE;
    if (deviation == INDEFINITE) {
        out[at++] = 0x80;
    } else {
        if (length >= 128 || deviation == LONG_SEQUENCE_LENGTH)
            out[at++] = length >= 128 && deviation == LONG_SEQUENCE_LENGTH ? 0x82 : 0x81;
        if (length >= 128 && deviation == LONG_SEQUENCE_LENGTH)
            out[at++] = 0;
        out[at++] = (unsigned char)length;
    }
    memcpy(out + at, body, length);
    at += length;
    if (deviation == TRAILING_BEHIND || deviation == INDEFINITE)
        out[at++] = 0;
    if (deviation == INDEFINITE)
        out[at++] = 0;
    return at;
}

static void
test_key(const char *kind, tls_private_key *key, int hash)
{
    static const unsigned char message[] = "message";
    tls_bytes data = tls_bytes_make(message, sizeof message);
    const tls_public_key *public_key = tls_private_key_public(key);
    tls_signature_algorithm algorithm = {.kind = TLS_SIGNATURE_ECDSA, .hash = hash};
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM], signature[TLS_SIGNATURE_MAXIMUM], changed[160];
    unsigned tried[DEVIATIONS] = {0}, round;
    br_x509_pkey pkey;
    size_t length;
    int d;

    tls_fingerprint(digest, hash, data);
    require(tls_public_key_to_bearssl(&pkey, public_key) == TLS_OK, "%s", kind);
    /* One s in two begins with a zero; with P-521 none does. */
    for (round = 0; round < 8 || (round < 100 && tried[S_IS_NEGATIVE] == 0 &&
                                     public_key->curve != TLS_GROUP_SECP521R1);
         round++) {
        numbers n;

        digest[0] = (unsigned char)round;
        length = tls_sign_digest(key, signature, hash, digest, tls_hash_size(hash));
        n = take_apart(tls_bytes_make(signature, length));
        for (d = 0; d < DEVIATIONS; d++) {
            length = put_together(changed, &n, (enum deviation)d);
            if (length == 0)
                continue;
            tried[d]++;
            check(tls_verify_digest(public_key, &algorithm, digest,
                      tls_bytes_make(changed, length)) == (d == DER),
                "%s: %s", kind, deviation_names[d]);
            check(tls_ecdsa_verify(br_ec_get_default(), digest, tls_hash_size(hash), &pkey.key.ec,
                      changed, length) == (d == DER),
                "%s: %s, as BearSSL's engine asks", kind, deviation_names[d]);
        }
    }
    for (d = 0; d < DEVIATIONS; d++)
        check(tried[d] > 0 || (d == S_IS_NEGATIVE && public_key->curve == TLS_GROUP_SECP521R1),
            "%s: %s was tried", kind, deviation_names[d]);
}

/* r or s plus the order, and numbers longer than it. */
static void
test_range(void)
{
    tls_signature_algorithm algorithm = {.kind = TLS_SIGNATURE_ECDSA, .hash = TLS_HASH_SHA256};
    unsigned char digest[32] = {1}, order[40] = {0}, signature[96];
    const unsigned char *n;
    tls_private_key *key;
    size_t length, at;

    require(tls_private_key_generate_ec(&key, TLS_GROUP_SECP256R1) == TLS_OK, "a key");
    n = br_ec_get_default()->order(TLS_GROUP_SECP256R1, &length);
    for (at = 0; at < 2; at++) {
        /* s is the order; s is a number of 40 bytes */
        memset(order, 0x55, sizeof order);
        order[0] = 0;
        order[1] = 0xFF;
        if (at == 0)
            memcpy(order + 1, n, length);
        memcpy(signature, "\x30\0\2\1\1\2", 6);
        signature[6] = (unsigned char)(at == 0 ? length + 1 : sizeof order);
        memcpy(signature + 7, order, signature[6]);
        signature[1] = (unsigned char)(5 + signature[6]);
        check(!tls_verify_digest(tls_private_key_public(key), &algorithm, digest,
                  tls_bytes_make(signature, 2 + (size_t)signature[1])),
            "s %s", at == 0 ? "is the order" : "is longer than the order");
    }
    tls_private_key_release(key);
}

int
main(void)
{
    static const struct {
        const char *name;
        int curve, hash;
    } kinds[] = {{"P-256", TLS_GROUP_SECP256R1, TLS_HASH_SHA256},
        {"P-384", TLS_GROUP_SECP384R1, TLS_HASH_SHA384},
        {"P-521", TLS_GROUP_SECP521R1, TLS_HASH_SHA512}};
    size_t i;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        tls_private_key *key;

        require(tls_private_key_generate_ec(&key, kinds[i].curve) == TLS_OK, "%s", kinds[i].name);
        test_key(kinds[i].name, key, kinds[i].hash);
        tls_private_key_release(key);
    }
    test_range();
    return check_end();
}

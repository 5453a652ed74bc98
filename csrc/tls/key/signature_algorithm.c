/* signature_algorithm.c - see signature_algorithm.h. */
#include "key/signature_algorithm.h"

#include <string.h>

static const struct signature_oid {
    const char *name;
    unsigned char length;
    unsigned char oid[9];
    unsigned char kind;
    unsigned char hash;
} signature_oids[] = {
    {"md5WithRSAEncryption", 9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 4},
        TLS_SIGNATURE_RSA_PKCS1, TLS_HASH_MD5},
    {"sha1WithRSAEncryption", 9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 5},
        TLS_SIGNATURE_RSA_PKCS1, TLS_HASH_SHA1},
    {"sha224WithRSAEncryption", 9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 14},
        TLS_SIGNATURE_RSA_PKCS1, TLS_HASH_SHA224},
    {"sha256WithRSAEncryption", 9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11},
        TLS_SIGNATURE_RSA_PKCS1, TLS_HASH_SHA256},
    {"sha384WithRSAEncryption", 9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 12},
        TLS_SIGNATURE_RSA_PKCS1, TLS_HASH_SHA384},
    {"sha512WithRSAEncryption", 9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 13},
        TLS_SIGNATURE_RSA_PKCS1, TLS_HASH_SHA512},
    {"ecdsa-with-SHA1", 7, {0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 1}, TLS_SIGNATURE_ECDSA,
        TLS_HASH_SHA1},
    {"ecdsa-with-SHA224", 8, {0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 1}, TLS_SIGNATURE_ECDSA,
        TLS_HASH_SHA224},
    {"ecdsa-with-SHA256", 8, {0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2}, TLS_SIGNATURE_ECDSA,
        TLS_HASH_SHA256},
    {"ecdsa-with-SHA384", 8, {0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 3}, TLS_SIGNATURE_ECDSA,
        TLS_HASH_SHA384},
    {"ecdsa-with-SHA512", 8, {0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 4}, TLS_SIGNATURE_ECDSA,
        TLS_HASH_SHA512},
    {"ED25519", 3, {0x2B, 0x65, 112}, TLS_SIGNATURE_ED25519, 0},
    {"ED448", 3, {0x2B, 0x65, 113}, TLS_SIGNATURE_OTHER, 0},
};

static const unsigned char oid_rsa_pss[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10};
static const unsigned char oid_mgf1[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 8};
static const unsigned char oid_sha1[] = {0x2B, 0x0E, 0x03, 0x02, 0x1A};
/* 2.16.840.1.101.3.4.2, the arc of SHA-2: 1 is SHA-256, 2 SHA-384, 3 SHA-512, 4 SHA-224 */
static const unsigned char arc_sha2[] = {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2};

static int
is_oid(tls_bytes oid, const unsigned char *data, size_t length)
{
    return oid.length == length && memcmp(oid.data, data, length) == 0;
}
#define IS_OID(view, array) is_oid(view, array, sizeof(array))

static const struct signature_oid *
find(tls_bytes oid)
{
    size_t i;

    for (i = 0; i < sizeof signature_oids / sizeof signature_oids[0]; i++)
        if (is_oid(oid, signature_oids[i].oid, signature_oids[i].length))
            return &signature_oids[i];
    return NULL;
}

/* A hash AlgorithmIdentifier with NULL or absent parameters; 0 if it is another. */
int
tls_hash_algorithm_read(tls_der *der)
{
    tls_der inner;
    tls_bytes oid, unused;
    int hash = 0;

    tls_der_enter(der, &inner, TLS_DER_SEQUENCE);
    oid = tls_der_oid(&inner);
    tls_der_optional(&inner, &unused, TLS_DER_NULL);
    tls_der_leave(der, &inner);
    if (tls_der_failed(der))
        return 0;
    if (IS_OID(oid, oid_sha1)) {
        hash = TLS_HASH_SHA1;
    } else if (oid.length == sizeof arc_sha2 + 1 &&
               memcmp(oid.data, arc_sha2, sizeof arc_sha2) == 0) {
        switch (oid.data[sizeof arc_sha2]) {
        case 1:
            return TLS_HASH_SHA256;
        case 2:
            return TLS_HASH_SHA384;
        case 3:
            return TLS_HASH_SHA512;
        case 4:
            return TLS_HASH_SHA224;
        }
    }
    return hash;
}

/* RSASSA-PSS-params, RFC 4055 section 3.1. Anything but MGF1 and trailer 1 leaves the kind OTHER.
 */
static void
parse_pss(tls_signature_algorithm *out, tls_der *algorithm)
{
    tls_der parameters, part, mask;
    int usable = 1;

    out->hash = TLS_HASH_SHA1;
    out->mask_hash = TLS_HASH_SHA1;
    out->salt_length = 20;
    tls_der_enter(algorithm, &parameters, TLS_DER_SEQUENCE);
    if (tls_der_peek(&parameters) == (int)TLS_DER_CONTEXT_CONSTRUCTED(0)) {
        tls_der_enter(&parameters, &part, TLS_DER_CONTEXT_CONSTRUCTED(0));
        out->hash = tls_hash_algorithm_read(&part);
        tls_der_leave(&parameters, &part);
    }
    if (tls_der_peek(&parameters) == (int)TLS_DER_CONTEXT_CONSTRUCTED(1)) {
        tls_der_enter(&parameters, &part, TLS_DER_CONTEXT_CONSTRUCTED(1));
        tls_der_enter(&part, &mask, TLS_DER_SEQUENCE);
        usable = IS_OID(tls_der_oid(&mask), oid_mgf1);
        out->mask_hash = usable ? tls_hash_algorithm_read(&mask) : 0;
        if (usable)
            tls_der_leave(&part, &mask);
        tls_der_leave(&parameters, &part);
    }
    if (tls_der_peek(&parameters) == (int)TLS_DER_CONTEXT_CONSTRUCTED(2)) {
        tls_der_enter(&parameters, &part, TLS_DER_CONTEXT_CONSTRUCTED(2));
        out->salt_length = tls_der_small(&part, 4096);
        tls_der_leave(&parameters, &part);
    }
    if (tls_der_peek(&parameters) == (int)TLS_DER_CONTEXT_CONSTRUCTED(3)) {
        tls_der_enter(&parameters, &part, TLS_DER_CONTEXT_CONSTRUCTED(3));
        usable = tls_der_small(&part, 255) == 1 && usable;
        tls_der_leave(&parameters, &part);
    }
    tls_der_leave(algorithm, &parameters);
    if (usable && out->hash != 0 && out->mask_hash != 0)
        out->kind = TLS_SIGNATURE_RSA_PSS;
}

int
tls_pss_key_allows(const tls_public_key *key, const tls_signature_algorithm *algorithm)
{
    tls_signature_algorithm narrowed;
    tls_der der;

    if (key->pss_parameters.length == 0)
        return 1;
    memset(&narrowed, 0, sizeof narrowed);
    tls_der_init(&der, key->pss_parameters);
    parse_pss(&narrowed, &der);
    return tls_der_finish(&der) && narrowed.kind == TLS_SIGNATURE_RSA_PSS &&
           narrowed.hash == algorithm->hash && narrowed.mask_hash == algorithm->mask_hash &&
           narrowed.salt_length <= algorithm->salt_length;
}

static void
parse_signature_algorithm(tls_der *der, tls_signature_algorithm *out)
{
    const struct signature_oid *known;
    tls_der inner;

    memset(out, 0, sizeof *out);
    tls_der_enter(der, &inner, TLS_DER_SEQUENCE);
    out->oid = tls_der_oid(&inner);
    if (tls_der_failed(&inner)) {
        tls_der_fail(der);
        return;
    }
    if (IS_OID(out->oid, oid_rsa_pss)) {
        parse_pss(out, &inner);
        if (tls_der_failed(&inner))
            tls_der_fail(der);
        return;
    }
    known = find(out->oid);
    if (known != NULL) {
        out->kind = (enum tls_signature_kind)known->kind;
        out->hash = known->hash;
    }
    /* RFC 8410 section 3: it has no parameters. */
    if (out->kind == TLS_SIGNATURE_ED25519 && !tls_der_at_end(&inner))
        tls_der_fail(der);
}

int
tls_signature_algorithm_parse(tls_signature_algorithm *out, tls_bytes whole)
{
    tls_der der;

    tls_der_init(&der, whole);
    parse_signature_algorithm(&der, out);
    return tls_der_finish(&der);
}

const char *
tls_signature_algorithm_name(const tls_signature_algorithm *algorithm)
{
    const struct signature_oid *known = find(algorithm->oid);

    if (IS_OID(algorithm->oid, oid_rsa_pss))
        return "rsassaPss";
    return known != NULL ? known->name : NULL;
}

/* key_public.c - public keys; see key.h. */
#include "key/key.h"
#include "crypto/ed25519.h"
#include "key/curve_point.h"
#include "key/key_bearssl.h"

#include <string.h>

/* An exponent of any length would let a certificate ask for minutes of work. */
#define EXPONENT_MAXIMUM_LENGTH 8

static const unsigned char oid_rsa[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};
static const unsigned char oid_rsa_pss[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A};
static const unsigned char oid_ec[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
static const unsigned char oid_ed25519[] = {0x2B, 0x65, 0x70};
static const unsigned char oid_p256[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static const unsigned char oid_p384[] = {0x2B, 0x81, 0x04, 0x00, 0x22};
static const unsigned char oid_p521[] = {0x2B, 0x81, 0x04, 0x00, 0x23};

static int
is_oid(tls_bytes oid, const unsigned char *data, size_t length)
{
    return oid.length == length && memcmp(oid.data, data, length) == 0;
}
#define IS_OID(oid, name) is_oid(oid, name, sizeof(name))

int
tls_curve_from_oid(tls_bytes oid)
{
    if (IS_OID(oid, oid_p256))
        return TLS_GROUP_SECP256R1;
    if (IS_OID(oid, oid_p384))
        return TLS_GROUP_SECP384R1;
    if (IS_OID(oid, oid_p521))
        return TLS_GROUP_SECP521R1;
    return 0;
}

unsigned
tls_curve_bits(int curve)
{
    switch (curve) {
    case TLS_GROUP_SECP256R1:
        return 256;
    case TLS_GROUP_SECP384R1:
        return 384;
    case TLS_GROUP_SECP521R1:
        return 521;
    default:
        return 0;
    }
}

const char *
tls_curve_name(int curve)
{
    switch (curve) {
    case TLS_GROUP_SECP256R1:
        return "P-256";
    case TLS_GROUP_SECP384R1:
        return "P-384";
    case TLS_GROUP_SECP521R1:
        return "P-521";
    default:
        return NULL;
    }
}

static unsigned
bit_length(tls_bytes number)
{
    unsigned bits = (unsigned)number.length * 8;
    unsigned char top;

    if (number.length == 0)
        return 0;
    for (top = number.data[0]; (top & 0x80) == 0; top = (unsigned char)(top << 1))
        bits--;
    return bits;
}

/* RFC 3279 section 2.3.1 */
static enum tls_reason
parse_rsa(tls_public_key *out, tls_der *parameters, tls_bytes bits)
{
    tls_der der, inner;

    if (!out->pss_only && !tls_der_at_end(parameters) &&
        tls_der_read(parameters, TLS_DER_NULL).length != 0)
        return TLS_REASON_BAD_DER;
    /* RFC 4055 section 1.2: absent, or RSASSA-PSS-params; never NULL. */
    if (out->pss_only && !tls_der_at_end(parameters))
        out->pss_parameters = tls_der_read_whole(parameters, TLS_DER_SEQUENCE);
    if (!tls_der_finish(parameters))
        return TLS_REASON_BAD_DER;
    tls_der_init(&der, bits);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    out->modulus = tls_der_unsigned(&inner);
    out->exponent = tls_der_unsigned(&inner);
    tls_der_leave(&der, &inner);
    if (!tls_der_finish(&der) || out->modulus.length == 0 || out->exponent.length == 0)
        return TLS_REASON_BAD_DER;
    out->bits = bit_length(out->modulus);
    /* Even numbers here are no RSA key. */
    if ((out->modulus.data[out->modulus.length - 1] & 1) == 0 ||
        (out->exponent.data[out->exponent.length - 1] & 1) == 0 ||
        (out->exponent.length == 1 && out->exponent.data[0] < 3))
        return TLS_REASON_BAD_DER;
    if (out->bits <= TLS_RSA_MAXIMUM_BITS && out->exponent.length <= EXPONENT_MAXIMUM_LENGTH)
        out->kind = TLS_KEY_RSA;
    return TLS_OK;
}

/* RFC 5480 section 2 */
static enum tls_reason
parse_ec(tls_public_key *out, tls_der *parameters, tls_bytes bits)
{
    tls_bytes curve;

    if (tls_der_peek(parameters) != TLS_DER_OID)
        return TLS_OK; /* curve parameters written out */
    curve = tls_der_oid(parameters);
    if (!tls_der_finish(parameters) || bits.length == 0)
        return TLS_REASON_BAD_DER;
    out->curve = tls_curve_from_oid(curve);
    if (out->curve == 0)
        return TLS_OK;
    out->bits = tls_curve_bits(out->curve);
    if (bits.data[0] != 0x04) {
        out->curve = 0;
        return TLS_OK;
    }
    if (!tls_curve_has_point(out->curve, bits))
        return TLS_REASON_BAD_DER;
    out->point = bits;
    out->kind = TLS_KEY_EC;
    return TLS_OK;
}

/* RFC 8410 sections 3 and 4 */
static enum tls_reason
parse_ed25519(tls_public_key *out, tls_der *parameters, tls_bytes bits)
{
    if (!tls_der_finish(parameters) || bits.length != TLS_ED25519_LENGTH ||
        !tls_ed25519_is_public(bits.data))
        return TLS_REASON_BAD_DER;
    out->bits = 8 * TLS_ED25519_LENGTH;
    out->point = bits;
    out->kind = TLS_KEY_ED25519;
    return TLS_OK;
}

enum tls_reason
tls_public_key_parse(tls_public_key *out, tls_bytes spki)
{
    tls_der der, info, algorithm;
    tls_bytes bits;

    memset(out, 0, sizeof *out);
    tls_der_init(&der, spki);
    tls_der_enter(&der, &info, TLS_DER_SEQUENCE);
    tls_der_enter(&info, &algorithm, TLS_DER_SEQUENCE);
    out->algorithm = tls_der_oid(&algorithm);
    bits = tls_der_bit_string(&info, NULL);
    tls_der_leave(&der, &info);
    if (!tls_der_finish(&der) || tls_der_failed(&algorithm))
        return TLS_REASON_BAD_DER;
    out->pss_only = IS_OID(out->algorithm, oid_rsa_pss);
    if (out->pss_only || IS_OID(out->algorithm, oid_rsa))
        return parse_rsa(out, &algorithm, bits);
    if (IS_OID(out->algorithm, oid_ec))
        return parse_ec(out, &algorithm, bits);
    if (IS_OID(out->algorithm, oid_ed25519))
        return parse_ed25519(out, &algorithm, bits);
    return TLS_OK;
}

/* BearSSL's key structs point to bytes that it never writes, but without const. */
static unsigned char *
unconst(const unsigned char *p)
{
    return (unsigned char *)(uintptr_t)p;
}

enum tls_reason
tls_public_key_to_bearssl(br_x509_pkey *out, const tls_public_key *key)
{
    memset(out, 0, sizeof *out);
    switch (key->kind) {
    case TLS_KEY_RSA:
        out->key_type = BR_KEYTYPE_RSA;
        out->key.rsa.n = unconst(key->modulus.data);
        out->key.rsa.nlen = key->modulus.length;
        out->key.rsa.e = unconst(key->exponent.data);
        out->key.rsa.elen = key->exponent.length;
        return TLS_OK;
    case TLS_KEY_EC:
        out->key_type = BR_KEYTYPE_EC;
        out->key.ec.curve = key->curve;
        out->key.ec.q = unconst(key->point.data);
        out->key.ec.qlen = key->point.length;
        return TLS_OK;
    default:
        return TLS_REASON_UNSUPPORTED_CERTIFICATE;
    }
}

int
tls_public_key_equal(const tls_public_key *a, const tls_public_key *b)
{
    if (a->kind != b->kind)
        return 0;
    switch (a->kind) {
    case TLS_KEY_RSA:
        return tls_bytes_equal(a->modulus, b->modulus) && tls_bytes_equal(a->exponent, b->exponent);
    case TLS_KEY_EC:
        return a->curve == b->curve && tls_bytes_equal(a->point, b->point);
    case TLS_KEY_ED25519:
        return tls_bytes_equal(a->point, b->point);
    default:
        return 0;
    }
}

const char *
tls_public_key_type(const tls_public_key *key)
{
    if (IS_OID(key->algorithm, oid_rsa))
        return "rsa";
    if (IS_OID(key->algorithm, oid_rsa_pss))
        return "rsa-pss";
    if (IS_OID(key->algorithm, oid_ec))
        return "ec";
    if (IS_OID(key->algorithm, oid_ed25519))
        return "ed25519";
    return "other";
}

/* key_encode.c - see key_encode.h. */
#include "key/key_encode.h"

#include <string.h>

#include "asn1/der_write.h"
#include "asn1/pem.h"
#include "crypto/ed25519.h"
#include "key/key_bearssl.h"
#include "kernel/kernel.h"

static const unsigned char oid_p256[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static const unsigned char oid_p384[] = {0x2B, 0x81, 0x04, 0x00, 0x22};
static const unsigned char oid_p521[] = {0x2B, 0x81, 0x04, 0x00, 0x23};

static void
put_curve(tls_buffer *out, int curve)
{
    switch (curve) {
    case TLS_GROUP_SECP256R1:
        tls_der_put_oid(out, tls_bytes_make(oid_p256, sizeof oid_p256));
        break;
    case TLS_GROUP_SECP384R1:
        tls_der_put_oid(out, tls_bytes_make(oid_p384, sizeof oid_p384));
        break;
    default:
        tls_der_put_oid(out, tls_bytes_make(oid_p521, sizeof oid_p521));
    }
}

/* AlgorithmIdentifier: RFC 3279 section 2.3.1 (NULL), RFC 4055 section 1.2 (PSS: as they
 * were, or absent), RFC 5480
 * section 2.1.1 (the curve), RFC 8410 section 3 (absent). */
static void
put_algorithm(tls_buffer *out, const tls_public_key *key)
{
    size_t mark = tls_der_open(out, TLS_DER_SEQUENCE);

    tls_der_put_oid(out, key->algorithm);
    if (key->kind == TLS_KEY_EC)
        put_curve(out, key->curve);
    else if (key->kind == TLS_KEY_RSA && !key->pss_only)
        tls_der_put_null(out);
    else if (key->pss_parameters.length != 0)
        tls_der_put_encoded(out, key->pss_parameters);
    tls_der_close(out, mark);
}

enum tls_reason
tls_public_key_encode(tls_buffer *out, const tls_public_key *key)
{
    tls_buffer rsa = {NULL, 0, 0, 0};
    size_t info, mark;

    if (key->kind == TLS_KEY_OTHER)
        return TLS_REASON_UNSUPPORTED_KEY;
    info = tls_der_open(out, TLS_DER_SEQUENCE);
    put_algorithm(out, key);
    if (key->kind != TLS_KEY_RSA) {
        tls_der_put_bit_string(out, key->point);
    } else {
        mark = tls_der_open(&rsa, TLS_DER_SEQUENCE);
        tls_der_put_unsigned(&rsa, TLS_DER_INTEGER, key->modulus);
        tls_der_put_unsigned(&rsa, TLS_DER_INTEGER, key->exponent);
        tls_der_close(&rsa, mark);
        tls_der_put_bit_string(out, tls_buffer_view(&rsa));
        out->failed |= rsa.failed;
        tls_buffer_release(&rsa);
    }
    tls_der_close(out, info);
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

/* exponent_fits returns 1 if the private exponent undoes the public one. */
static int
exponent_fits(const tls_public_key *key, tls_bytes exponent)
{
    unsigned char x[TLS_RSA_MAXIMUM_BITS / 8], y[TLS_RSA_MAXIMUM_BITS / 8];
    size_t length = key->modulus.length;
    br_x509_pkey pkey;
    br_rsa_public_key inverse;

    if (exponent.length == 0 || tls_public_key_to_bearssl(&pkey, key) != TLS_OK)
        return 0;
    memset(x, 0x5A, length);
    x[0] = 0; /* below the modulus */
    memcpy(y, x, length);
    inverse = pkey.key.rsa; /* with a secret exponent: not for a kernel, see crypto/ffdhe.c */
    inverse.e = (unsigned char *)(uintptr_t)exponent.data;
    inverse.elen = exponent.length;
    return tls_kernels_chosen()->rsa_public(y, length, &pkey.key.rsa) == 1 &&
           br_rsa_public_get_default()(y, length, &inverse) == 1 && tls_secret_equal(x, y, length);
}

/* RSAPrivateKey, RFC 8017 appendix A.1.2. */
static enum tls_reason
put_rsa(tls_buffer *out, const tls_private_key *key)
{
    const br_rsa_private_key *rsa = tls_private_key_rsa(key);
    const tls_public_key *public_key = tls_private_key_public(key);
    tls_bytes exponent = tls_private_key_exponent(key);
    size_t mark;

    if (!exponent_fits(public_key, exponent))
        return TLS_REASON_BAD_KEY;
    mark = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_small(out, 0);
    tls_der_put_unsigned(out, TLS_DER_INTEGER, public_key->modulus);
    tls_der_put_unsigned(out, TLS_DER_INTEGER, public_key->exponent);
    tls_der_put_unsigned(out, TLS_DER_INTEGER, exponent);
    tls_der_put_unsigned(out, TLS_DER_INTEGER, tls_bytes_make(rsa->p, rsa->plen));
    tls_der_put_unsigned(out, TLS_DER_INTEGER, tls_bytes_make(rsa->q, rsa->qlen));
    tls_der_put_unsigned(out, TLS_DER_INTEGER, tls_bytes_make(rsa->dp, rsa->dplen));
    tls_der_put_unsigned(out, TLS_DER_INTEGER, tls_bytes_make(rsa->dq, rsa->dqlen));
    tls_der_put_unsigned(out, TLS_DER_INTEGER, tls_bytes_make(rsa->iq, rsa->iqlen));
    tls_der_close(out, mark);
    return TLS_OK;
}

/* ECPrivateKey, RFC 5915 section 3; inside PKCS#8 the curve is said once, outside. */
static void
put_ec(tls_buffer *out, const tls_private_key *key, int with_curve)
{
    const br_ec_private_key *ec = tls_private_key_ec(key);
    size_t mark = tls_der_open(out, TLS_DER_SEQUENCE), part;

    tls_der_put_small(out, 1);
    tls_der_put(out, TLS_DER_OCTET_STRING, tls_bytes_make(ec->x, ec->xlen));
    if (with_curve) {
        part = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(0));
        put_curve(out, ec->curve);
        tls_der_close(out, part);
    }
    part = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(1));
    tls_der_put_bit_string(out, tls_private_key_public(key)->point);
    tls_der_close(out, part);
    tls_der_close(out, mark);
}

enum tls_reason
tls_private_key_encode(tls_buffer *out, const tls_private_key *key, enum tls_key_format format)
{
    const tls_public_key *public_key = tls_private_key_public(key);
    enum tls_reason reason = TLS_OK;
    size_t info = 0, octets = 0, start = out->length;
    int wrapped = format == TLS_KEY_FORMAT_PKCS8;

    if (format == TLS_KEY_FORMAT_PUBLIC)
        return tls_public_key_encode(out, public_key);
    if (tls_private_key_is_external(key) ||
        (!wrapped && (public_key->pss_only || public_key->kind == TLS_KEY_ED25519)))
        return TLS_REASON_UNSUPPORTED_KEY;
    if (wrapped) {
        info = tls_der_open(out, TLS_DER_SEQUENCE);
        tls_der_put_small(out, 0);
        put_algorithm(out, public_key);
        octets = tls_der_open(out, TLS_DER_OCTET_STRING);
    }
    if (public_key->kind == TLS_KEY_RSA)
        reason = put_rsa(out, key);
    else if (public_key->kind == TLS_KEY_ED25519) /* RFC 8410 section 7 */
        tls_der_put(out, TLS_DER_OCTET_STRING,
            tls_bytes_make(tls_private_key_ed25519(key), TLS_ED25519_LENGTH));
    else
        put_ec(out, key, !wrapped);
    if (wrapped) {
        tls_der_close(out, octets);
        tls_der_close(out, info);
    }
    if (out->failed)
        return TLS_REASON_OUT_OF_MEMORY;
    if (reason != TLS_OK)
        out->length = start;
    return reason;
}

const char *
tls_private_key_pem_label(const tls_private_key *key, enum tls_key_format format)
{
    switch (format) {
    case TLS_KEY_FORMAT_PUBLIC:
        return "PUBLIC KEY";
    case TLS_KEY_FORMAT_TRADITIONAL:
        return tls_private_key_public(key)->kind == TLS_KEY_EC ? "EC PRIVATE KEY"
                                                               : "RSA PRIVATE KEY";
    default:
        return "PRIVATE KEY";
    }
}

enum tls_reason
tls_private_key_encode_pem(tls_buffer *out, const tls_private_key *key, enum tls_key_format format)
{
    tls_buffer der = {NULL, 0, 0, 0};
    enum tls_reason reason = tls_private_key_encode(&der, key, format);

    if (reason == TLS_OK)
        tls_pem_encode(out, tls_private_key_pem_label(key, format), tls_buffer_view(&der));
    tls_buffer_release(&der);
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : reason;
}

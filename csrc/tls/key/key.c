/* key.c - private keys; see key.h.
 *
 * BearSSL's own br_skey_decoder (0.6) overflows on over-long keys, so keys are read with our DER
 * reader and every length is checked before BearSSL sees it. */
#include "key/key.h"

#include <stdlib.h>
#include <string.h>

#include "base/declassify.h"
#include "crypto/ed25519.h"
#include "key/key_bearssl.h"
#include "key/key_file.h"
#include "kernel/kernel.h"

struct tls_private_key {
    unsigned references;
    int external;
    tls_public_key public_key;
    tls_bytes exponent; /* RSA privateExponent: only for writing the key again */
    br_rsa_private_key rsa;
    br_ec_private_key ec;
    const unsigned char *ed25519;
    size_t storage_length;
    size_t storage_used;
    unsigned char storage[1]; /* storage_length bytes; all other members point into it */
};

static tls_private_key *
key_new(size_t storage_length)
{
    tls_private_key *key = calloc(1, sizeof *key + storage_length);

    if (key != NULL) {
        key->references = 1;
        key->storage_length = storage_length;
    }
    return key;
}

static unsigned char *
key_reserve(tls_private_key *key, size_t length)
{
    unsigned char *p = key->storage + key->storage_used;

    key->storage_used += length;
    return p;
}

static unsigned char *
key_store(tls_private_key *key, tls_bytes bytes)
{
    unsigned char *p = key_reserve(key, bytes.length);

    if (bytes.length != 0)
        memcpy(p, bytes.data, bytes.length);
    return p;
}

static tls_bytes
key_store_view(tls_private_key *key, tls_bytes bytes)
{
    return tls_bytes_make(key_store(key, bytes), bytes.length);
}

tls_private_key *
tls_private_key_retain(tls_private_key *key)
{
    key->references++;
    return key;
}

void
tls_private_key_release(tls_private_key *key)
{
    if (key == NULL || --key->references != 0)
        return;
    tls_wipe(key, sizeof *key + key->storage_length);
    free(key);
}

/* ---- RSA ---- */

/* is_product returns 1 if a * b == n. Schoolbook, on bytes: its time depends on the lengths alone.
 */
static int
is_product(tls_bytes n, tls_bytes a, tls_bytes b)
{
    unsigned char product[TLS_RSA_MAXIMUM_BITS / 8 + 16];
    size_t length = a.length + b.length;
    size_t i, j;
    uint32_t carry;
    unsigned extra;
    int equal;

    if (length > sizeof product || length < n.length)
        return 0;
    memset(product, 0, sizeof product);
    for (i = a.length; i-- > 0;) {
        carry = 0;
        for (j = b.length; j-- > 0;) {
            carry += product[i + j + 1] + (uint32_t)a.data[i] * b.data[j];
            product[i + j + 1] = (unsigned char)carry;
            carry >>= 8;
        }
        product[i] = (unsigned char)carry;
    }
    extra = 0;
    for (i = 0; i < length - n.length; i++)
        extra |= product[i];
    TLS_DECLASSIFY(&extra, sizeof extra); /* 0 in good keys */
    equal = extra == 0 && tls_secret_equal(product + length - n.length, n.data, n.length);
    tls_wipe(product, sizeof product);
    return equal;
}

/* rsa_round_trip returns 1 if the private key undoes the public one. A key whose CRT parts are
 * wrong would reveal a factor of the modulus with its first signature. */
static int
rsa_round_trip(const br_rsa_private_key *private_key, const tls_public_key *public_key)
{
    unsigned char x[TLS_RSA_MAXIMUM_BITS / 8], y[TLS_RSA_MAXIMUM_BITS / 8];
    size_t length = public_key->modulus.length;
    br_x509_pkey pkey;
    uint32_t good;

    if (tls_public_key_to_bearssl(&pkey, public_key) != TLS_OK)
        return 0;
    memset(x, 0x5A, length);
    x[0] = 0; /* below the modulus */
    memcpy(y, x, length);
    good = tls_kernels_chosen()->rsa_private(y, private_key);
    good &= tls_kernels_chosen()->rsa_public(y, length, &pkey.key.rsa);
    good &= (uint32_t)tls_secret_equal(x, y, length);
    TLS_DECLASSIFY(&good, sizeof good);
    return good == 1;
}

static int
is_odd(tls_bytes number)
{
    unsigned odd = number.length != 0 ? number.data[number.length - 1] & 1u : 0;

    TLS_DECLASSIFY(&odd, sizeof odd); /* all are in good keys */
    return odd != 0;
}

/* RSAPrivateKey, RFC 8017 appendix A.1.2. `pss_parameters` is what PKCS#8 has for a key that is for
 * PSS only, or empty. */
static enum tls_reason
decode_rsa(tls_private_key **out, tls_bytes bytes, int pss_only, tls_bytes pss_parameters)
{
    static const unsigned char oid[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};
    static const unsigned char oid_pss[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A};
    tls_der der, inner;
    tls_bytes n, e, d, p, q, dp, dq, iq;
    tls_private_key *key;
    uint32_t version;
    size_t bits;
    unsigned char top;

    tls_der_init(&der, bytes);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    version = tls_der_small(&inner, 1);
    n = tls_der_unsigned(&inner);
    e = tls_der_unsigned(&inner);
    d = tls_der_unsigned(&inner);
    p = tls_der_unsigned(&inner);
    q = tls_der_unsigned(&inner);
    dp = tls_der_unsigned(&inner);
    dq = tls_der_unsigned(&inner);
    iq = tls_der_unsigned(&inner);
    if (version == 1) /* more than two primes */
        tls_der_read(&inner, TLS_DER_SEQUENCE);
    tls_der_leave(&der, &inner);
    if (!tls_der_finish(&der))
        return TLS_REASON_BAD_KEY;
    if (!is_odd(n) || !is_odd(e) || !is_odd(p) || !is_odd(q) || dp.length == 0 || dq.length == 0 ||
        iq.length == 0 || (e.length == 1 && e.data[0] < 3))
        return TLS_REASON_BAD_KEY;
    bits = n.length * 8;
    for (top = n.data[0]; (top & 0x80) == 0; top = (unsigned char)(top << 1))
        bits--;
    if (version == 1 || e.length > 8 || bits < TLS_PRIVATE_RSA_MINIMUM_BITS ||
        bits > TLS_RSA_MAXIMUM_BITS)
        return TLS_REASON_UNSUPPORTED_KEY;
    /* BearSSL's buffers hold factors of BR_MAX_RSA_FACTOR bits: half of 4096, plus 32. */
    if (p.length > (n.length + 1) / 2 + 4 || q.length > (n.length + 1) / 2 + 4 ||
        d.length > n.length || dp.length > p.length || dq.length > q.length || iq.length > p.length)
        return TLS_REASON_BAD_KEY;
    if (!is_product(n, p, q))
        return TLS_REASON_BAD_KEY;

    key = key_new(n.length + e.length + d.length + p.length + q.length + dp.length + dq.length +
                  iq.length + pss_parameters.length);
    if (key == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    key->public_key.kind = TLS_KEY_RSA;
    key->public_key.bits = (unsigned)bits;
    key->public_key.pss_only = pss_only;
    key->public_key.algorithm =
        pss_only ? tls_bytes_make(oid_pss, sizeof oid_pss) : tls_bytes_make(oid, sizeof oid);
    key->public_key.pss_parameters = key_store_view(key, pss_parameters);
    key->public_key.modulus = key_store_view(key, n);
    key->public_key.exponent = key_store_view(key, e);
    key->exponent = key_store_view(key, d);
    key->rsa.n_bitlen = (uint32_t)bits;
    key->rsa.p = key_store(key, p);
    key->rsa.plen = p.length;
    key->rsa.q = key_store(key, q);
    key->rsa.qlen = q.length;
    key->rsa.dp = key_store(key, dp);
    key->rsa.dplen = dp.length;
    key->rsa.dq = key_store(key, dq);
    key->rsa.dqlen = dq.length;
    key->rsa.iq = key_store(key, iq);
    key->rsa.iqlen = iq.length;
    if (!rsa_round_trip(&key->rsa, &key->public_key)) {
        tls_private_key_release(key);
        return TLS_REASON_BAD_KEY;
    }
    *out = key;
    return TLS_OK;
}

/* ---- EC ---- */

/* is_scalar returns 1 if 0 < x < order; both have `length` bytes. Constant-time. */
static int
is_scalar(const unsigned char *x, const unsigned char *order, size_t length)
{
    unsigned borrow = 0, any = 0, good;
    size_t i;

    for (i = length; i-- > 0;) {
        borrow = (((unsigned)x[i] - order[i] - borrow) >> 8) & 1;
        any |= x[i];
    }
    good = borrow & ~((any - 1) >> 8); /* it is below 256 */
    TLS_DECLASSIFY(&good, sizeof good);
    return (int)good;
}

/* ECPrivateKey, RFC 5915 section 3. `curve` is what PKCS#8 named, or 0. */
static enum tls_reason
decode_ec(tls_private_key **out, tls_bytes bytes, int curve)
{
    static const unsigned char oid[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
    const br_ec_impl *ec = &tls_kernels_chosen()->curves;
    const unsigned char *order;
    tls_der der, inner, part;
    tls_bytes x, point = {NULL, 0};
    tls_private_key *key;
    unsigned char *scalar, *q;
    size_t length, q_length;
    int named;

    tls_der_init(&der, bytes);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    if (tls_der_small(&inner, 1) != 1)
        return TLS_REASON_BAD_KEY;
    x = tls_der_read(&inner, TLS_DER_OCTET_STRING);
    if (tls_der_peek(&inner) == (int)TLS_DER_CONTEXT_CONSTRUCTED(0)) {
        tls_der_enter(&inner, &part, TLS_DER_CONTEXT_CONSTRUCTED(0));
        if (tls_der_peek(&part) != TLS_DER_OID) /* its parameters written out */
            return TLS_REASON_UNSUPPORTED_KEY;
        named = tls_curve_from_oid(tls_der_oid(&part));
        tls_der_leave(&inner, &part);
        if (named == 0)
            return tls_der_failed(&inner) ? TLS_REASON_BAD_KEY : TLS_REASON_UNSUPPORTED_KEY;
        if (curve != 0 && curve != named)
            return TLS_REASON_BAD_KEY;
        curve = named;
    }
    if (tls_der_peek(&inner) == (int)TLS_DER_CONTEXT_CONSTRUCTED(1)) {
        tls_der_enter(&inner, &part, TLS_DER_CONTEXT_CONSTRUCTED(1));
        point = tls_der_bit_string(&part, NULL);
        tls_der_leave(&inner, &part);
    }
    tls_der_leave(&der, &inner);
    if (!tls_der_finish(&der) || curve == 0 || ((ec->supported_curves >> curve) & 1) == 0)
        return TLS_REASON_BAD_KEY;

    /* The scalar should have the length of the order; some writers drop or add leading zeros. */
    order = ec->order(curve, &length);
    while (x.length > length && x.data[0] == 0)
        x = tls_bytes_make(x.data + 1, x.length - 1);
    if (x.length == 0 || x.length > length)
        return TLS_REASON_BAD_KEY;
    key = key_new(length + TLS_EC_POINT_MAXIMUM);
    if (key == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    scalar = key_reserve(key, length);
    memcpy(scalar + length - x.length, x.data, x.length);
    if (!is_scalar(scalar, order, length))
        goto bad;
    key->ec.curve = curve;
    key->ec.x = scalar;
    key->ec.xlen = length;
    q_length = br_ec_compute_pub(ec, NULL, NULL, &key->ec);
    if (q_length == 0 || q_length > TLS_EC_POINT_MAXIMUM)
        goto bad;
    q = key_reserve(key, q_length);
    if (br_ec_compute_pub(ec, NULL, q, &key->ec) != q_length)
        goto bad;
    TLS_DECLASSIFY(q, q_length);
    key->public_key.kind = TLS_KEY_EC;
    key->public_key.bits = tls_curve_bits(curve);
    key->public_key.curve = curve;
    key->public_key.algorithm = tls_bytes_make(oid, sizeof oid);
    key->public_key.point = tls_bytes_make(q, q_length);
    if (point.length != 0 && point.data[0] == 0x04 &&
        !tls_bytes_equal(point, key->public_key.point))
        goto bad;
    *out = key;
    return TLS_OK;
bad:
    tls_private_key_release(key);
    return TLS_REASON_BAD_KEY;
}

/* ---- Ed25519 ---- */

/* CurvePrivateKey, RFC 8410 section 7: an OCTET STRING. */
static enum tls_reason
decode_ed25519(tls_private_key **out, tls_bytes bytes)
{
    static const unsigned char oid[] = {0x2B, 0x65, 0x70};
    tls_private_key *key;
    unsigned char *point;
    tls_bytes secret;
    tls_der der;

    tls_der_init(&der, bytes);
    secret = tls_der_read(&der, TLS_DER_OCTET_STRING);
    if (!tls_der_finish(&der) || secret.length != TLS_ED25519_LENGTH)
        return TLS_REASON_BAD_KEY;
    key = key_new(2 * (size_t)TLS_ED25519_LENGTH);
    if (key == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    key->ed25519 = key_store(key, secret);
    point = key_reserve(key, TLS_ED25519_LENGTH);
    tls_ed25519_public(point, key->ed25519);
    key->public_key.kind = TLS_KEY_ED25519;
    key->public_key.bits = 8 * TLS_ED25519_LENGTH;
    key->public_key.algorithm = tls_bytes_make(oid, sizeof oid);
    key->public_key.point = tls_bytes_make(point, TLS_ED25519_LENGTH);
    *out = key;
    return TLS_OK;
}

/* ---- PKCS#8 and the choice among the kinds ---- */

/* is_public_half: the publicKey of RFC 5958 section 2, a BIT STRING of what stands in the BIT
 * STRING of a SubjectPublicKeyInfo. */
static int
is_public_half(const tls_public_key *key, tls_bytes bits)
{
    tls_bytes contents = tls_bytes_make(bits.data + 1, bits.length - 1), modulus, exponent;
    tls_der der, inner;

    if (bits.data[0] != 0)
        return 0;
    if (key->kind == TLS_KEY_EC) /* a compressed point is not computed */
        return contents.length > 0 &&
               (contents.data[0] != 0x04 || tls_bytes_equal(contents, key->point));
    if (key->kind != TLS_KEY_RSA)
        return tls_bytes_equal(contents, key->point);
    tls_der_init(&der, contents);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    modulus = tls_der_unsigned(&inner);
    exponent = tls_der_unsigned(&inner);
    tls_der_leave(&der, &inner);
    return tls_der_finish(&der) && tls_bytes_equal(modulus, key->modulus) &&
           tls_bytes_equal(exponent, key->exponent);
}

static enum tls_reason
decode_algorithm(tls_private_key **out, tls_der *algorithm, tls_bytes oid, tls_bytes contents)
{
    tls_bytes parameters = {NULL, 0};
    tls_public_key type;

    memset(&type, 0, sizeof type);
    type.algorithm = oid;
    if (strcmp(tls_public_key_type(&type), "rsa") == 0)
        return decode_rsa(out, contents, 0, parameters);
    if (strcmp(tls_public_key_type(&type), "rsa-pss") == 0) {
        if (!tls_der_at_end(algorithm)) /* RFC 4055 section 1.2: absent, never NULL */
            parameters = tls_der_read_whole(algorithm, TLS_DER_SEQUENCE);
        return !tls_der_finish(algorithm) ? TLS_REASON_BAD_KEY
                                          : decode_rsa(out, contents, 1, parameters);
    }
    if (strcmp(tls_public_key_type(&type), "ec") == 0) {
        int curve;

        if (tls_der_peek(algorithm) == TLS_DER_SEQUENCE) /* its parameters written out */
            return TLS_REASON_UNSUPPORTED_KEY;
        curve = tls_curve_from_oid(tls_der_oid(algorithm));
        if (!tls_der_finish(algorithm))
            return TLS_REASON_BAD_KEY;
        return curve == 0 ? TLS_REASON_UNSUPPORTED_KEY : decode_ec(out, contents, curve);
    }
    if (strcmp(tls_public_key_type(&type), "ed25519") == 0) /* RFC 8410 section 3: none */
        return !tls_der_finish(algorithm) ? TLS_REASON_BAD_KEY : decode_ed25519(out, contents);
    return TLS_REASON_UNSUPPORTED_KEY;
}

/* PrivateKeyInfo, RFC 5208 section 5 (version 0), OneAsymmetricKey, RFC 5958 section 2 (version 1).
 */
static enum tls_reason
decode_pkcs8(tls_private_key **out, tls_bytes bytes)
{
    tls_der der, inner, algorithm;
    tls_bytes oid, contents, unused, public_half;
    enum tls_reason reason;
    int has_public;

    tls_der_init(&der, bytes);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    tls_der_small(&inner, 1);
    tls_der_enter(&inner, &algorithm, TLS_DER_SEQUENCE);
    oid = tls_der_oid(&algorithm);
    contents = tls_der_read(&inner, TLS_DER_OCTET_STRING);
    tls_der_optional(&inner, &unused, TLS_DER_CONTEXT_CONSTRUCTED(0)); /* attributes */
    has_public = tls_der_optional(&inner, &public_half, TLS_DER_CONTEXT(1));
    tls_der_leave(&der, &inner);
    if (!tls_der_finish(&der) || tls_der_failed(&algorithm) ||
        (has_public && public_half.length == 0))
        return TLS_REASON_BAD_KEY;
    reason = decode_algorithm(out, &algorithm, oid, contents);
    if (reason == TLS_OK && has_public && !is_public_half(&(*out)->public_key, public_half)) {
        tls_private_key_release(*out);
        *out = NULL;
        reason = TLS_REASON_BAD_KEY;
    }
    return reason;
}

int
tls_private_key_is_dsa(tls_bytes bytes)
{
    tls_der der, inner;
    int i;

    tls_der_init(&der, bytes);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    for (i = 0; i < 6; i++)
        tls_der_integer(&inner);
    tls_der_leave(&der, &inner);
    return tls_der_finish(&der);
}

enum tls_reason
tls_private_key_decode_der(tls_private_key **out, tls_bytes bytes)
{
    tls_der der, inner;

    *out = NULL;
    tls_der_init(&der, bytes);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    tls_der_integer(&inner); /* version */
    switch (tls_der_peek(&inner)) {
    case TLS_DER_INTEGER:
        if (tls_private_key_is_dsa(bytes))
            return TLS_REASON_UNSUPPORTED_KEY;
        return decode_rsa(out, bytes, 0, tls_bytes_make(NULL, 0));
    case TLS_DER_OCTET_STRING:
        return decode_ec(out, bytes, 0);
    case TLS_DER_SEQUENCE:
        return decode_pkcs8(out, bytes);
    default:
        return TLS_REASON_BAD_KEY;
    }
}

/* ---- Keys held elsewhere, and access ---- */

enum tls_reason
tls_private_key_external(tls_private_key **out, const tls_public_key *public_key)
{
    tls_private_key *key;

    *out = NULL;
    if (public_key->kind == TLS_KEY_OTHER)
        return TLS_REASON_UNSUPPORTED_CERTIFICATE;
    key = key_new(public_key->algorithm.length + public_key->pss_parameters.length +
                  public_key->modulus.length + public_key->exponent.length +
                  public_key->point.length);
    if (key == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    key->external = 1;
    key->public_key = *public_key;
    key->public_key.algorithm = key_store_view(key, public_key->algorithm);
    key->public_key.pss_parameters = key_store_view(key, public_key->pss_parameters);
    key->public_key.modulus = key_store_view(key, public_key->modulus);
    key->public_key.exponent = key_store_view(key, public_key->exponent);
    key->public_key.point = key_store_view(key, public_key->point);
    *out = key;
    return TLS_OK;
}

int
tls_private_key_is_external(const tls_private_key *key)
{
    return key->external;
}

const tls_public_key *
tls_private_key_public(const tls_private_key *key)
{
    return &key->public_key;
}

const br_rsa_private_key *
tls_private_key_rsa(const tls_private_key *key)
{
    return key->external || key->public_key.kind != TLS_KEY_RSA ? NULL : &key->rsa;
}

const br_ec_private_key *
tls_private_key_ec(const tls_private_key *key)
{
    return key->external || key->public_key.kind != TLS_KEY_EC ? NULL : &key->ec;
}

const unsigned char *
tls_private_key_ed25519(const tls_private_key *key)
{
    return key->ed25519;
}

tls_bytes
tls_private_key_exponent(const tls_private_key *key)
{
    return key->exponent;
}

int
tls_private_key_matches(const tls_private_key *key, const tls_public_key *public_key)
{
    /* A key for RSA-PSS alone is another one than the same number for everything. */
    return key->public_key.pss_only == public_key->pss_only &&
           tls_public_key_equal(&key->public_key, public_key);
}

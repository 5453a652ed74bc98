/* key_describe.c - see key_describe.h. */
#include "key/key_describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "key/key_file.h"

/* Kinds of key (RFC 8410, RFC 3279, RFC 9881 and others) and curves (SEC 2, RFC 5639), by their
 * dotted OID. */
static const struct {
    const char *oid;
    const char *name;
} algorithms[] =
    {
        {"1.3.101.110", "an X25519 key"},
        {"1.3.101.111", "an X448 key"},
        {"1.3.101.112", "an Ed25519 key"},
        {"1.3.101.113", "an Ed448 key"},
        {"1.2.840.10040.4.1", "a DSA key"},
        {"1.2.840.113549.1.3.1", "a DH key"},
        {"1.2.840.10046.2.1", "a DH key"},
        {"1.2.840.113549.1.1.7", "an RSA-OAEP key"},
        {"1.2.643.7.1.1.1.1", "a GOST key"},
        {"1.2.643.7.1.1.1.2", "a GOST key"},
        {"2.16.840.1.101.3.4.3.17", "an ML-DSA key"},
        {"2.16.840.1.101.3.4.3.18", "an ML-DSA key"},
        {"2.16.840.1.101.3.4.3.19", "an ML-DSA key"},
        {"2.16.840.1.101.3.4.4.1", "an ML-KEM key"},
        {"2.16.840.1.101.3.4.4.2", "an ML-KEM key"},
        {"2.16.840.1.101.3.4.4.3", "an ML-KEM key"},
},
  curves[] = {
      {"1.2.840.10045.3.1.1", "secp192r1"},
      {"1.3.132.0.33", "secp224r1"},
      {"1.3.132.0.9", "secp160k1"},
      {"1.3.132.0.8", "secp160r1"},
      {"1.3.132.0.31", "secp192k1"},
      {"1.3.132.0.32", "secp224k1"},
      {"1.3.132.0.10", "secp256k1"},
      {"1.2.156.10197.1.301", "SM2"},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void
put(tls_buffer *out, const char *text)
{
    tls_buffer_append(out, text, strlen(text));
}

/* put_brainpool: RFC 5639 section 4.1: the curves of each size, r and t, by turns. */
static int
put_brainpool(tls_buffer *out, tls_bytes oid)
{
    static const char arc[] = "1.3.36.3.3.2.8.1.1.";
    static const unsigned sizes[] = {160, 192, 224, 256, 320, 384, 512};
    char text[24], number[4] = "";
    size_t length = sizeof arc - 1, n;

    if (oid.length <= length || oid.length > length + 2 || memcmp(oid.data, arc, length) != 0)
        return 0;
    memcpy(number, oid.data + length, oid.length - length);
    n = strtoul(number, NULL, 10) - 1;
    if (n >= 2 * COUNT(sizes))
        return 0;
    snprintf(text, sizeof text, "brainpoolP%u%s1", sizes[n / 2], n % 2 == 0 ? "r" : "t");
    put(out, text);
    return 1;
}

/* put_curve: "an EC key on the curve secp256k1". */
static void
put_curve(tls_buffer *out, tls_der *parameters)
{
    tls_buffer oid = {NULL, 0, 0, 0};
    const char *name;
    size_t i;

    if (tls_der_peek(parameters) != TLS_DER_OID) {
        put(out, "an EC key whose curve is given by its parameters, not by name");
        return;
    }
    tls_oid_text(&oid, tls_der_oid(parameters));
    put(out, "an EC key on the curve ");
    name = NULL;
    for (i = 0; i < COUNT(curves); i++)
        if (tls_bytes_equal_string(tls_buffer_view(&oid), curves[i].oid))
            name = curves[i].name;
    if (name != NULL)
        put(out, name);
    else if (!put_brainpool(out, tls_buffer_view(&oid)))
        tls_buffer_append(out, oid.data, oid.length);
    out->failed |= oid.failed;
    tls_buffer_release(&oid);
}

static void
put_size(tls_buffer *out, tls_bytes modulus, tls_bytes exponent)
{
    unsigned bits = (unsigned)modulus.length * 8;
    char text[64];

    while ((modulus.data[0] >> ((bits - 1) % 8)) == 0)
        bits--;
    snprintf(text, sizeof text, "an RSA key of %u bits", bits);
    put(out, text);
    if (exponent.length > 8)
        put(out, " with a public exponent above 64 bits");
}

/* RSAPrivateKey, RFC 8017 appendix A.1.2. */
static void
put_rsa(tls_buffer *out, tls_bytes bytes)
{
    tls_der der, inner;
    tls_bytes modulus, exponent;
    unsigned version;

    tls_der_init(&der, bytes);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    version = tls_der_small(&inner, 1);
    modulus = tls_der_unsigned(&inner);
    exponent = tls_der_unsigned(&inner);
    if (tls_der_failed(&inner) || modulus.length == 0)
        return;
    put_size(out, modulus, version == 1 ? tls_bytes_make(NULL, 0) : exponent);
    if (version == 1)
        put(out, " and more than two primes");
}

/* ECPrivateKey, RFC 5915 section 3. */
static void
put_ec(tls_buffer *out, tls_der *inner)
{
    tls_der part;

    tls_der_read(inner, TLS_DER_OCTET_STRING);
    if (tls_der_peek(inner) != (int)TLS_DER_CONTEXT_CONSTRUCTED(0)) {
        if (!tls_der_failed(inner))
            put(out, "an EC key that does not name its curve");
        return;
    }
    tls_der_enter(inner, &part, TLS_DER_CONTEXT_CONSTRUCTED(0));
    put_curve(out, &part);
}

/* put_algorithm: by the AlgorithmIdentifier; `number` has the modulus of an RSA key. */
static void
put_algorithm(tls_buffer *out, tls_der *algorithm, tls_bytes number,
    void (*put_number)(tls_buffer *, tls_bytes))
{
    tls_buffer oid = {NULL, 0, 0, 0};
    tls_public_key type;
    const char *name = NULL;
    size_t i;

    memset(&type, 0, sizeof type);
    type.algorithm = tls_der_oid(algorithm);
    if (tls_der_failed(algorithm))
        return;
    if (strcmp(tls_public_key_type(&type), "ec") == 0) {
        put_curve(out, algorithm);
    } else if (strncmp(tls_public_key_type(&type), "rsa", 3) == 0) {
        put_number(out, number);
    } else {
        tls_oid_text(&oid, type.algorithm);
        for (i = 0; i < COUNT(algorithms); i++)
            if (tls_bytes_equal_string(tls_buffer_view(&oid), algorithms[i].oid))
                name = algorithms[i].name;
        put(out, name != NULL ? name : "a key of the kind ");
        if (name == NULL)
            tls_buffer_append(out, oid.data, oid.length);
        tls_buffer_release(&oid);
    }
}

/* PrivateKeyInfo, RFC 5958 section 2. */
static void
put_pkcs8(tls_buffer *out, tls_der *inner)
{
    tls_der algorithm;
    tls_bytes contents;

    tls_der_enter(inner, &algorithm, TLS_DER_SEQUENCE);
    contents = tls_der_read(inner, TLS_DER_OCTET_STRING);
    if (!tls_der_failed(inner))
        put_algorithm(out, &algorithm, contents, put_rsa);
}

/* RSAPublicKey, RFC 8017 appendix A.1.1. */
static void
put_rsa_public(tls_buffer *out, tls_bytes bytes)
{
    tls_der der, inner;
    tls_bytes modulus, exponent;

    tls_der_init(&der, bytes);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    modulus = tls_der_unsigned(&inner);
    exponent = tls_der_unsigned(&inner);
    if (!tls_der_failed(&inner) && modulus.length != 0)
        put_size(out, modulus, exponent);
}

void
tls_public_key_describe(tls_buffer *out, tls_bytes spki)
{
    tls_der der, info, algorithm;
    tls_bytes bits;

    tls_der_init(&der, spki);
    tls_der_enter(&der, &info, TLS_DER_SEQUENCE);
    tls_der_enter(&info, &algorithm, TLS_DER_SEQUENCE);
    bits = tls_der_bit_string(&info, NULL);
    if (!tls_der_failed(&info))
        put_algorithm(out, &algorithm, bits, put_rsa_public);
}

static void
describe_der(tls_buffer *out, tls_bytes bytes)
{
    tls_der der, inner;

    tls_der_init(&der, bytes);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    tls_der_integer(&inner); /* version */
    switch (tls_der_peek(&inner)) {
    case TLS_DER_INTEGER:
        if (tls_private_key_is_dsa(bytes))
            put(out, "a DSA key");
        else
            put_rsa(out, bytes);
        return;
    case TLS_DER_OCTET_STRING:
        put_ec(out, &inner);
        return;
    case TLS_DER_SEQUENCE:
        put_pkcs8(out, &inner);
        return;
    }
}

void
tls_private_key_describe(tls_buffer *out, tls_bytes bytes, const tls_bytes *password)
{
    tls_buffer plain = {NULL, 0, 0, 0};

    if (tls_private_key_plain(&plain, bytes, password) == TLS_OK)
        describe_der(out, tls_buffer_view(&plain));
    tls_buffer_release(&plain);
}

/* verify_signature.c - one signature of one certificate; see
 * verify_signature.h. */
#include "key/verify_signature.h"

#include <bearssl.h>
#include <string.h>

#include "asn1/der.h"
#include "crypto/ed25519.h"
#include "key/rsa_pss.h"
#include "key/key_bearssl.h"
#include "kernel/kernel.h"

#define ECDSA_NUMBER_MAXIMUM 66 /* of P-521 */

/* Hashes that a signature may be made with. */
static int
is_known(int hash)
{
    return hash == TLS_HASH_SHA1 || hash == TLS_HASH_SHA256 || hash == TLS_HASH_SHA384 ||
           hash == TLS_HASH_SHA512;
}

/* RFC 3279 section 2.2.3: Ecdsa-Sig-Value, r and s INTEGERs from 1 to n - 1. BearSSL's own reader
 * of it takes lengths and leading zeros that DER has not, so that one signature would have many
 * encodings; here there is one, and `raw` gets both numbers in the order's length. */
static size_t
read_ecdsa(unsigned char raw[2 * ECDSA_NUMBER_MAXIMUM], const br_ec_impl *curves, int curve,
    tls_bytes bytes)
{
    tls_der der, inner;
    tls_bytes numbers[2];
    size_t length, i;

    if (((curves->supported_curves >> curve) & 1) == 0)
        return 0;
    curves->order(curve, &length);
    tls_der_init(&der, bytes);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    for (i = 0; i < 2; i++)
        numbers[i] = tls_der_unsigned(&inner);
    tls_der_leave(&der, &inner);
    if (!tls_der_finish(&der) || length > ECDSA_NUMBER_MAXIMUM)
        return 0;
    memset(raw, 0, 2 * length);
    for (i = 0; i < 2; i++) {
        if (numbers[i].length == 0 || numbers[i].length > length)
            return 0;
        memcpy(raw + (i + 1) * length - numbers[i].length, numbers[i].data, numbers[i].length);
    }
    return 2 * length;
}

uint32_t
tls_ecdsa_verify(const br_ec_impl *curves, const void *digest, size_t digest_length,
    const br_ec_public_key *key, const void *signature, size_t length)
{
    unsigned char raw[2 * ECDSA_NUMBER_MAXIMUM];
    size_t raw_length = read_ecdsa(raw, curves, key->curve, tls_bytes_make(signature, length));

    return raw_length != 0 && tls_kernels_chosen()->ecdsa_verify(
                                  curves, digest, digest_length, key, raw, raw_length) == 1;
}

int
tls_verify_digest(const tls_public_key *key, const tls_signature_algorithm *algorithm,
    const unsigned char *digest, tls_bytes signature)
{
    unsigned char signed_digest[TLS_FINGERPRINT_MAXIMUM];
    const unsigned char *oid = tls_hash_oid(algorithm->hash);
    const br_hash_class *mask_hash = tls_hash_class(algorithm->mask_hash);
    size_t length = tls_hash_size(algorithm->hash);
    br_x509_pkey pkey;

    if (oid == NULL || tls_public_key_to_bearssl(&pkey, key) != TLS_OK)
        return 0;
    switch (algorithm->kind) {
    case TLS_SIGNATURE_RSA_PKCS1:
        return key->kind == TLS_KEY_RSA && !key->pss_only &&
               tls_kernels_chosen()->rsa_pkcs1_verify(signature.data, signature.length, oid, length,
                   &pkey.key.rsa, signed_digest) == 1 &&
               memcmp(digest, signed_digest, length) == 0;
    case TLS_SIGNATURE_RSA_PSS:
        return key->kind == TLS_KEY_RSA && mask_hash != NULL &&
               tls_pss_key_allows(key, algorithm) &&
               tls_rsa_pss_verify(&pkey.key.rsa, tls_hash_class(algorithm->hash), mask_hash,
                   algorithm->salt_length, digest, signature);
    case TLS_SIGNATURE_ECDSA:
        return key->kind == TLS_KEY_EC &&
               tls_ecdsa_verify(&tls_kernels_chosen()->curves, digest, length, &pkey.key.ec,
                   signature.data, signature.length);
    default:
        return 0;
    }
}

enum tls_reason
tls_verify_signature(const tls_public_key *key, const tls_signature_algorithm *algorithm,
    tls_bytes data, tls_bytes signature)
{
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM];

    if (algorithm->kind == TLS_SIGNATURE_OTHER)
        return TLS_REASON_UNSUPPORTED_CERTIFICATE;
    if (!is_known(algorithm->hash) && algorithm->kind != TLS_SIGNATURE_ED25519)
        return TLS_REASON_WEAK_SIGNATURE;
    if (key->kind == TLS_KEY_OTHER)
        return TLS_REASON_UNSUPPORTED_CERTIFICATE;
    if (algorithm->kind == TLS_SIGNATURE_ED25519)
        return key->kind == TLS_KEY_ED25519 && tls_ed25519_verify(key->point.data, data, signature)
                   ? TLS_OK
                   : TLS_REASON_BAD_CERTIFICATE_SIGNATURE;
    if (algorithm->kind == TLS_SIGNATURE_RSA_PSS && key->kind == TLS_KEY_RSA &&
        !is_known(algorithm->mask_hash))
        return TLS_REASON_WEAK_SIGNATURE;
    tls_fingerprint(digest, algorithm->hash, data);
    return tls_verify_digest(key, algorithm, digest, signature)
               ? TLS_OK
               : TLS_REASON_BAD_CERTIFICATE_SIGNATURE;
}

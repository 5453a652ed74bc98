/* verify_signature.c - one signature of one certificate; see verify.h. */
#include <bearssl.h>
#include <string.h>

#include "rsa_pss.h"
#include "verify.h"

/* DigestInfo OIDs with their length in front, as br_rsa_pkcs1_vrfy wants them (RFC 8017
 * section 9.2). */
static const unsigned char *
hash_oid(int hash)
{
    switch (hash) {
    case br_sha1_ID:
        return BR_HASH_OID_SHA1;
    case br_sha256_ID:
        return BR_HASH_OID_SHA256;
    case br_sha384_ID:
        return BR_HASH_OID_SHA384;
    case br_sha512_ID:
        return BR_HASH_OID_SHA512;
    default:
        return NULL;
    }
}

enum tls_reason
tls_verify_signature(const tls_public_key *key, const tls_signature_algorithm *algorithm,
    tls_bytes data, tls_bytes signature)
{
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM], signed_digest[TLS_FINGERPRINT_MAXIMUM];
    const unsigned char *oid = hash_oid(algorithm->hash);
    br_x509_pkey pkey;
    size_t length;
    int good = 0;

    if (algorithm->kind == TLS_SIGNATURE_OTHER)
        return TLS_REASON_UNSUPPORTED_CERTIFICATE;
    if (oid == NULL)
        return TLS_REASON_WEAK_SIGNATURE;
    if (tls_public_key_to_bearssl(&pkey, key) != TLS_OK)
        return TLS_REASON_UNSUPPORTED_CERTIFICATE;
    /* A key of another kind than the signature's made no such signature. */
    if ((algorithm->kind == TLS_SIGNATURE_ECDSA) != (key->kind == TLS_KEY_EC) ||
        (algorithm->kind == TLS_SIGNATURE_RSA_PKCS1 && key->pss_only))
        return TLS_REASON_CERTIFICATE_SIGNATURE;
    length = tls_fingerprint(digest, algorithm->hash, data);
    switch (algorithm->kind) {
    case TLS_SIGNATURE_RSA_PKCS1:
        good = br_rsa_pkcs1_vrfy_get_default()(
                   signature.data, signature.length, oid, length, &pkey.key.rsa, signed_digest) &&
               memcmp(digest, signed_digest, length) == 0;
        break;
    case TLS_SIGNATURE_RSA_PSS:
        if (hash_oid(algorithm->mask_hash) == NULL)
            return TLS_REASON_WEAK_SIGNATURE;
        good = tls_rsa_pss_verify(&pkey.key.rsa, tls_hash_class(algorithm->hash),
            tls_hash_class(algorithm->mask_hash), algorithm->salt_length, digest, signature);
        break;
    case TLS_SIGNATURE_ECDSA:
        good = br_ecdsa_vrfy_asn1_get_default()(br_ec_get_default(), digest, length, &pkey.key.ec,
                   signature.data, signature.length) == 1;
        break;
    default:
        break;
    }
    return good ? TLS_OK : TLS_REASON_CERTIFICATE_SIGNATURE;
}

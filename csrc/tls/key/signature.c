/* signature.c - see signature.h. */
#include "key/signature.h"

#include <string.h>

#include "base/declassify.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "key/rsa_pss.h"
#include "key/verify_signature.h"
#include "wire/registry.h"
#include "key/key_bearssl.h"
#include "kernel/kernel.h"

/* ---- Signing ---- */

static size_t
modulus_length(const br_rsa_private_key *rsa)
{
    return (rsa->n_bitlen + 7) / 8;
}

static size_t
sign_pkcs1(
    const tls_private_key *key, unsigned char *out, int hash, const void *digest, size_t length)
{
    const br_rsa_private_key *rsa = tls_private_key_rsa(key);
    const unsigned char *oid = tls_hash_oid(hash); /* MD5+SHA-1 has none */
    unsigned char signed_digest[TLS_FINGERPRINT_MAXIMUM];
    br_x509_pkey pkey;
    uint32_t good;

    if (length > sizeof signed_digest || modulus_length(rsa) > TLS_SIGNATURE_MAXIMUM ||
        tls_public_key_to_bearssl(&pkey, tls_private_key_public(key)) != TLS_OK)
        return 0;
    good = tls_kernels_chosen()->rsa_pkcs1_sign(oid, digest, length, rsa, out);
    TLS_DECLASSIFY(&good, sizeof good);
    TLS_DECLASSIFY(out, modulus_length(rsa));
    if (good == 1 &&
        tls_kernels_chosen()->rsa_pkcs1_verify(
            out, modulus_length(rsa), oid, length, &pkey.key.rsa, signed_digest) == 1 &&
        memcmp(digest, signed_digest, length) == 0)
        return modulus_length(rsa);
    tls_wipe(out, modulus_length(rsa));
    return 0;
}

static size_t
sign_pss(const tls_private_key *key, unsigned char *out, int hash, const unsigned char *digest)
{
    const br_rsa_private_key *rsa = tls_private_key_rsa(key);
    const br_hash_class *class = tls_hash_class(hash);
    br_x509_pkey pkey;

    if (modulus_length(rsa) > TLS_SIGNATURE_MAXIMUM ||
        tls_public_key_to_bearssl(&pkey, tls_private_key_public(key)) != TLS_OK)
        return 0;
    if (tls_rsa_pss_sign(rsa, class, out, digest) &&
        tls_rsa_pss_verify(&pkey.key.rsa, class, class, tls_hash_size(hash), digest,
            tls_bytes_make(out, modulus_length(rsa))))
        return modulus_length(rsa);
    tls_wipe(out, modulus_length(rsa));
    return 0;
}

static size_t
sign_ecdsa(const tls_private_key *key, unsigned char *out, int hash, const void *digest)
{
    const tls_kernels *kernels = tls_kernels_chosen();
    const br_ec_private_key *ec = tls_private_key_ec(key);
    const br_hash_class *class = tls_hash_class(hash);
    unsigned char raw[TLS_SIGNATURE_MAXIMUM];
    size_t length = kernels->ecdsa_sign(&kernels->curves, class, digest, ec, out);
    br_x509_pkey pkey;

    if (length == 0 || length > sizeof raw ||
        tls_public_key_to_bearssl(&pkey, tls_private_key_public(key)) != TLS_OK)
        return 0;
    memcpy(raw, out, length);
    if (kernels->ecdsa_check(
            digest, tls_hash_size(hash), ec, &pkey.key.ec, raw, br_ecdsa_asn1_to_raw(raw, length)))
        return length;
    tls_wipe(out, length);
    return 0;
}

static size_t
sign_ed25519(const tls_private_key *key, unsigned char *out, tls_bytes message)
{
    return tls_ed25519_sign(
               out, tls_private_key_ed25519(key), tls_private_key_public(key)->point.data, message)
               ? TLS_ED25519_SIGNATURE_LENGTH
               : 0;
}

size_t
tls_sign_digest(
    const tls_private_key *key, unsigned char *out, int hash, const void *digest, size_t length)
{
    if (hash != 0 && (tls_hash_size(hash) == 0 || length != tls_hash_size(hash)))
        return 0;
    if (tls_private_key_rsa(key) != NULL && !tls_private_key_public(key)->pss_only)
        return sign_pkcs1(key, out, hash, digest, length);
    if (tls_private_key_ec(key) != NULL && hash != 0)
        return sign_ecdsa(key, out, hash, digest);
    return 0;
}

/* ---- Signature schemes ---- */

int
tls_scheme_supported(unsigned scheme)
{
    switch (tls_scheme_kind_of(scheme)) {
    case TLS_SCHEME_KIND_RSA_PKCS1:
    case TLS_SCHEME_KIND_RSA_PSS_RSAE:
    case TLS_SCHEME_KIND_RSA_PSS_PSS:
    case TLS_SCHEME_KIND_ECDSA:
        return tls_hash_size(tls_scheme_hash(scheme)) != 0;
    default:
        return tls_scheme_hashes_itself(scheme);
    }
}

int
tls_scheme_hashes_itself(unsigned scheme)
{
    return scheme == TLS_SCHEME_ED25519;
}

/* algorithm_of: a scheme that is supported, as certificates name it. */
static tls_signature_algorithm
algorithm_of(unsigned scheme)
{
    tls_signature_algorithm algorithm;

    memset(&algorithm, 0, sizeof algorithm);
    algorithm.hash = tls_scheme_hash(scheme);
    switch (tls_scheme_kind_of(scheme)) {
    case TLS_SCHEME_KIND_RSA_PKCS1:
        algorithm.kind = TLS_SIGNATURE_RSA_PKCS1;
        break;
    case TLS_SCHEME_KIND_ECDSA:
        algorithm.kind = TLS_SIGNATURE_ECDSA;
        break;
    default: /* RFC 8446 section 4.2.3 */
        algorithm.kind = TLS_SIGNATURE_RSA_PSS;
        algorithm.mask_hash = algorithm.hash;
        algorithm.salt_length = (unsigned)tls_hash_size(algorithm.hash);
        break;
    }
    return algorithm;
}

/* kinds_agree: could this key have made a signature of this kind? */
static int
kinds_agree(unsigned scheme, const tls_public_key *key)
{
    tls_signature_algorithm algorithm;

    switch (tls_scheme_kind_of(scheme)) {
    case TLS_SCHEME_KIND_RSA_PKCS1:
    case TLS_SCHEME_KIND_RSA_PSS_RSAE:
        return key->kind == TLS_KEY_RSA && !key->pss_only;
    case TLS_SCHEME_KIND_RSA_PSS_PSS:
        algorithm = algorithm_of(scheme);
        return key->kind == TLS_KEY_RSA && key->pss_only && tls_pss_key_allows(key, &algorithm);
    case TLS_SCHEME_KIND_ECDSA:
        return key->kind == TLS_KEY_EC;
    case TLS_SCHEME_KIND_EDDSA:
        return key->kind == TLS_KEY_ED25519;
    default:
        return 0;
    }
}

static int
curve_of(unsigned scheme)
{
    switch (scheme) {
    case TLS_SCHEME_ECDSA_SECP256R1_SHA256:
        return TLS_GROUP_SECP256R1;
    case TLS_SCHEME_ECDSA_SECP384R1_SHA384:
        return TLS_GROUP_SECP384R1;
    case TLS_SCHEME_ECDSA_SECP521R1_SHA512:
        return TLS_GROUP_SECP521R1;
    default:
        return 0;
    }
}

/* has_room: RFC 8017 sections 9.1.1 and 9.2, step 3 each. */
static int
has_room(unsigned scheme, const tls_public_key *key)
{
    size_t length = tls_hash_size(tls_scheme_hash(scheme));
    size_t digest_info = 10 + tls_hash_oid(tls_scheme_hash(scheme))[0] + length;

    if (tls_scheme_kind_of(scheme) == TLS_SCHEME_KIND_RSA_PKCS1)
        return key->modulus.length >= digest_info + 11;
    return (key->bits - 1 + 7) / 8 >= 2 * length + 2; /* the hash, and a salt as long */
}

int
tls_scheme_fits_key(unsigned scheme, const tls_public_key *key, unsigned version)
{
    enum tls_scheme_kind kind = tls_scheme_kind_of(scheme);

    if (!tls_scheme_supported(scheme) || !kinds_agree(scheme, key))
        return 0;
    if (tls_scheme_hashes_itself(scheme))
        return 1;
    if (version >= TLS_VERSION_13 &&
        (kind == TLS_SCHEME_KIND_RSA_PKCS1 || tls_scheme_hash(scheme) < TLS_HASH_SHA256))
        return 0;
    if (kind == TLS_SCHEME_KIND_ECDSA)
        return version < TLS_VERSION_13 || key->curve == curve_of(scheme);
    return has_room(scheme, key);
}

size_t
tls_scheme_digest(unsigned char *out, unsigned scheme, tls_bytes content)
{
    if (!tls_scheme_supported(scheme) || tls_scheme_hashes_itself(scheme))
        return 0;
    return tls_fingerprint(out, tls_scheme_hash(scheme), content);
}

size_t
tls_sign_scheme(const tls_private_key *key, unsigned char *out, unsigned scheme, tls_bytes input)
{
    int hash = tls_scheme_hash(scheme);

    if (tls_private_key_is_external(key) || !tls_scheme_supported(scheme) ||
        !kinds_agree(scheme, tls_private_key_public(key)))
        return 0;
    if (tls_scheme_hashes_itself(scheme))
        return sign_ed25519(key, out, input);
    if (input.length != tls_hash_size(hash))
        return 0;
    switch (tls_scheme_kind_of(scheme)) {
    case TLS_SCHEME_KIND_RSA_PSS_RSAE:
    case TLS_SCHEME_KIND_RSA_PSS_PSS:
        return sign_pss(key, out, hash, input.data);
    default:
        return tls_sign_digest(key, out, hash, input.data, input.length);
    }
}

enum tls_reason
tls_verify_scheme(const tls_public_key *key, unsigned scheme, tls_bytes input, tls_bytes signature)
{
    tls_signature_algorithm algorithm;

    if (!tls_scheme_supported(scheme) || !kinds_agree(scheme, key))
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (tls_scheme_hashes_itself(scheme))
        return tls_ed25519_verify(key->point.data, input, signature) ? TLS_OK
                                                                     : TLS_REASON_BAD_SIGNATURE;
    if (input.length != tls_hash_size(tls_scheme_hash(scheme)))
        return TLS_REASON_ILLEGAL_PARAMETER;
    algorithm = algorithm_of(scheme);
    return tls_verify_digest(key, &algorithm, input.data, signature) ? TLS_OK
                                                                     : TLS_REASON_BAD_SIGNATURE;
}

size_t
tls_certificate_verify_content(
    unsigned char *out, int by_server, const unsigned char *transcript_hash, size_t hash_length)
{
    static const char server[] = "TLS 1.3, server CertificateVerify";
    static const char client[] = "TLS 1.3, client CertificateVerify";
    size_t length = 64;

    memset(out, 0x20, length);
    /* The 0 behind the context string is C's own. */
    memcpy(out + length, by_server ? server : client, sizeof server);
    length += sizeof server;
    memcpy(out + length, transcript_hash, hash_length);
    return length + hash_length;
}

/* ---- Decryption ---- */

uint32_t
tls_decrypt_premaster(const tls_private_key *key, unsigned char *data, size_t length)
{
    const br_rsa_private_key *rsa = tls_private_key_rsa(key);

    if (rsa == NULL)
        return 0;
    return br_rsa_ssl_decrypt(tls_kernels_chosen()->rsa_private, rsa, data, length);
}

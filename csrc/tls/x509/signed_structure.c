/* signed_structure.c - see signed_structure.h. */
#include "x509/signed_structure.h"

#include <string.h>

#include "x509/certificate_parse.h"
#include "asn1/der_write.h"
#include "key/signature.h"
#include "x509/verify.h"

/* pss_hash: that, or for 0 the first that the parameters of a key for RSA-PSS allow, with MGF1 over
 * the same and a salt as long. */
static int
pss_hash(const tls_public_key *key, int hash)
{
    tls_signature_algorithm algorithm;
    int candidate;

    memset(&algorithm, 0, sizeof algorithm);
    for (candidate = TLS_HASH_SHA256; candidate <= TLS_HASH_SHA512; candidate++) {
        algorithm.hash = algorithm.mask_hash = candidate;
        algorithm.salt_length = (unsigned)tls_hash_size(candidate);
        if ((hash == 0 || hash == candidate) && tls_pss_key_allows(key, &algorithm))
            return candidate;
    }
    return 0;
}

int
tls_signing_hash(const tls_private_key *key, int hash)
{
    if (tls_private_key_public(key)->kind == TLS_KEY_ED25519)
        return hash == 0 || hash == TLS_HASH_SHA512 ? TLS_HASH_SHA512 : 0;
    if (tls_private_key_public(key)->pss_only)
        return pss_hash(tls_private_key_public(key), hash);
    switch (hash) {
    case TLS_HASH_SHA256:
    case TLS_HASH_SHA384:
    case TLS_HASH_SHA512:
        return hash;
    case 0:
        break;
    default:
        return 0;
    }
    /* The hash that is as strong as the curve, RFC 5480 section 4. */
    switch (tls_private_key_public(key)->curve) {
    case TLS_GROUP_SECP384R1:
        return TLS_HASH_SHA384;
    case TLS_GROUP_SECP521R1:
        return TLS_HASH_SHA512;
    default:
        return TLS_HASH_SHA256;
    }
}

/* put_pss: id-RSASSA-PSS with RSASSA-PSS-params (RFC 4055 section 3.1), hashes with the NULL that
 * most write; all of it but the hash's last arc, twice, and the salt's length. */
static void
put_pss(tls_buffer *out, int hash)
{
    unsigned char whole[] = {0x30, 0x41, 0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10,
        0x30, 0x34, 0xA0, 0x0F, 0x30, 0x0D, 0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 0, 0x05, 0,
        0xA1, 0x1C, 0x30, 0x1A, 0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 8, 0x30, 0x0D,
        0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 0, 0x05, 0, 0xA2, 3, 0x02, 1, 0};

    whole[29] = whole[59] = (unsigned char)(1 + hash - TLS_HASH_SHA256);
    whole[sizeof whole - 1] = (unsigned char)tls_hash_size(hash);
    tls_buffer_append(out, whole, sizeof whole);
}

enum tls_reason
tls_signature_algorithm_write(tls_buffer *out, const tls_private_key *key, int hash)
{
    /* sha256WithRSAEncryption is 11, 384 12, 512 13; ecdsa-with-SHA256 is 2, 384 3, 512 4. */
    static const unsigned char arc_rsa[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1};
    static const unsigned char arc_ecdsa[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3};
    static const unsigned char oid_ed25519[] = {0x2B, 0x65, 0x70};
    const tls_public_key *public_key = tls_private_key_public(key);
    unsigned char oid[9], step;
    size_t mark, length;

    if (hash != TLS_HASH_SHA256 && hash != TLS_HASH_SHA384 && hash != TLS_HASH_SHA512)
        return TLS_REASON_BAD_FIELD;
    if (public_key->pss_only) {
        put_pss(out, hash);
        return TLS_OK;
    }
    step = (unsigned char)(hash - TLS_HASH_SHA256);
    if (public_key->kind == TLS_KEY_RSA) {
        length = sizeof arc_rsa;
        memcpy(oid, arc_rsa, length);
        oid[length++] = 11 + step;
    } else if (public_key->kind == TLS_KEY_ED25519) {
        length = sizeof oid_ed25519;
        memcpy(oid, oid_ed25519, length);
    } else {
        length = sizeof arc_ecdsa;
        memcpy(oid, arc_ecdsa, length);
        oid[length++] = 2 + step;
    }
    mark = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_oid(out, tls_bytes_make(oid, length));
    if (public_key->kind == TLS_KEY_RSA)
        tls_der_put_null(out); /* RFC 4055 section 5: NULL; RFC 5758, 8410: absent */
    tls_der_close(out, mark);
    return TLS_OK;
}

enum tls_reason
tls_signed_write(tls_buffer *out, const tls_private_key *key, int hash, tls_bytes to_be_signed)
{
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM], signature[TLS_SIGNATURE_MAXIMUM];
    const tls_public_key *public_key = tls_private_key_public(key);
    enum tls_reason reason;
    size_t length;

    tls_der_put_encoded(out, to_be_signed);
    reason = tls_signature_algorithm_write(out, key, hash);
    if (reason != TLS_OK)
        return reason;
    if (public_key->kind == TLS_KEY_ED25519) {
        length = tls_sign_scheme(key, signature, TLS_SCHEME_ED25519, to_be_signed);
    } else {
        length = tls_fingerprint(digest, hash, to_be_signed);
        if (public_key->pss_only)
            length = tls_sign_scheme(key, signature,
                TLS_SCHEME_RSA_PSS_PSS_SHA256 + (unsigned)(hash - TLS_HASH_SHA256),
                tls_bytes_make(digest, length));
        else
            length = tls_sign_digest(key, signature, hash, digest, length);
    }
    if (length == 0)
        return TLS_REASON_SIGN_FAILED;
    tls_der_put_bit_string(out, tls_bytes_make(signature, length));
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

int
tls_signed_read(tls_der *der, tls_signed_structure *out)
{
    memset(out, 0, sizeof *out);
    out->to_be_signed = tls_der_read_whole(der, TLS_DER_SEQUENCE);
    out->algorithm_whole = tls_der_read_whole(der, TLS_DER_SEQUENCE);
    out->signature = tls_der_bit_string(der, NULL);
    if (tls_der_failed(der) ||
        !tls_signature_algorithm_parse(&out->algorithm, out->algorithm_whole)) {
        tls_der_fail(der);
        return 0;
    }
    return 1;
}

enum tls_reason
tls_signed_verify(const tls_public_key *key, const tls_signature_algorithm *algorithm,
    tls_bytes to_be_signed, tls_bytes signature, unsigned min_rsa_bits, int allow_sha1,
    tls_signature_budget *budget)
{
    unsigned minimum = min_rsa_bits != 0 ? min_rsa_bits : TLS_RSA_MINIMUM_BITS;

    if (key->kind == TLS_KEY_RSA && key->bits < minimum)
        return TLS_REASON_WEAK_KEY;
    if (algorithm->hash == TLS_HASH_SHA1 && !allow_sha1)
        return TLS_REASON_WEAK_SIGNATURE;
    if (!tls_signature_pay(budget, key))
        return TLS_REASON_LIMIT;
    return tls_verify_signature(key, algorithm, to_be_signed, signature);
}

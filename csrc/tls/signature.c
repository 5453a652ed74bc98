/* signature.c - see signature.h. */
#include "signature.h"

#include <string.h>

#include "certificate.h"
#include "hkdf.h"

/* The OIDs that br_rsa_pkcs1_sign wants, by hash ID; index 0, MD5+SHA-1, has none. */
static const unsigned char *const hash_oids[] = {
    NULL,
    NULL,
    BR_HASH_OID_SHA1,
    BR_HASH_OID_SHA224,
    BR_HASH_OID_SHA256,
    BR_HASH_OID_SHA384,
    BR_HASH_OID_SHA512,
};

static const char *const hash_names[] = {
    "md5sha1", "md5", "sha1", "sha224", "sha256", "sha384", "sha512"};

const char *
tls_hash_name(int hash)
{
    if (hash < 0 || hash > br_sha512_ID)
        return NULL;
    return hash_names[hash];
}

int
tls_hash_from_name(const char *name)
{
    int i;

    for (i = 0; i <= br_sha512_ID; i++)
        if (strcmp(hash_names[i], name) == 0)
            return i;
    return -1;
}

size_t
tls_sign_digest(
    const tls_private_key *key, unsigned char *out, int hash, const void *digest, size_t length)
{
    const br_rsa_private_key *rsa = tls_private_key_rsa(key);
    const br_ec_private_key *ec = tls_private_key_ec(key);

    if (hash < 0 || hash > br_sha512_ID || hash == br_md5_ID)
        return 0;
    if (rsa != NULL) {
        size_t signature_length = (rsa->n_bitlen + 7) / 8;

        if (signature_length > TLS_SIGNATURE_MAXIMUM)
            return 0;
        if (!br_rsa_pkcs1_sign_get_default()(hash_oids[hash], digest, length, rsa, out))
            return 0;
        return signature_length;
    }
    if (ec != NULL && hash != 0) {
        const br_hash_class *class = tls_hash_class(hash);

        if (class == NULL || length != tls_hash_length(class))
            return 0;
        return br_ecdsa_sign_asn1_get_default()(br_ec_get_default(), class, digest, ec, out);
    }
    return 0;
}

uint32_t
tls_decrypt_premaster(const tls_private_key *key, unsigned char *data, size_t length)
{
    const br_rsa_private_key *rsa = tls_private_key_rsa(key);

    if (rsa == NULL)
        return 0;
    return br_rsa_ssl_decrypt(br_rsa_private_get_default(), rsa, data, length);
}

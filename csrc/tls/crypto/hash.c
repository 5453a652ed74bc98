/* hash.c - see hash.h. */
#include "crypto/hash.h"

#include <bearssl.h>
#include <string.h>

#include "kernel/kernel.h"

typedef char md5_is_md5[TLS_HASH_MD5 == br_md5_ID ? 1 : -1];
typedef char sha1_is_sha1[TLS_HASH_SHA1 == br_sha1_ID ? 1 : -1];
typedef char sha224_is_sha224[TLS_HASH_SHA224 == br_sha224_ID ? 1 : -1];
typedef char sha256_is_sha256[TLS_HASH_SHA256 == br_sha256_ID ? 1 : -1];
typedef char sha384_is_sha384[TLS_HASH_SHA384 == br_sha384_ID ? 1 : -1];
typedef char sha512_is_sha512[TLS_HASH_SHA512 == br_sha512_ID ? 1 : -1];

const br_hash_class *
tls_hash_class(int hash)
{
    switch (hash) {
    case TLS_HASH_MD5:
        return &br_md5_vtable;
    case TLS_HASH_SHA1:
        return &br_sha1_vtable;
    case TLS_HASH_SHA224:
        return &br_sha224_vtable;
    case TLS_HASH_SHA256:
        return tls_kernels_chosen()->sha256;
    case TLS_HASH_SHA384:
        return &br_sha384_vtable;
    case TLS_HASH_SHA512:
        return &br_sha512_vtable;
    default:
        return NULL;
    }
}

size_t
tls_hash_length(const br_hash_class *hash)
{
    return hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
}

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
    if (hash < 0 || hash > TLS_HASH_SHA512)
        return NULL;
    return hash_names[hash];
}

int
tls_hash_from_name(const char *name)
{
    int i;

    for (i = 0; i <= TLS_HASH_SHA512; i++)
        if (strcmp(hash_names[i], name) == 0)
            return i;
    return -1;
}

size_t
tls_hash_size(int hash)
{
    const br_hash_class *class = tls_hash_oid(hash) != NULL ? tls_hash_class(hash) : NULL;

    return class == NULL ? 0 : class->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
}

const unsigned char *
tls_hash_oid(int hash)
{
    return hash < 0 || hash > TLS_HASH_SHA512 ? NULL : hash_oids[hash];
}

size_t
tls_fingerprint(unsigned char out[TLS_FINGERPRINT_MAXIMUM], int hash, tls_bytes bytes)
{
    const br_hash_class *class = tls_hash_class(hash);
    br_hash_compat_context context;

    if (class == NULL)
        return 0;
    class->init(&context.vtable);
    class->update(&context.vtable, bytes.data, bytes.length);
    class->out(&context.vtable, out);
    return tls_hash_length(class);
}

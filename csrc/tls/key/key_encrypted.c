/* key_encrypted.c - see key_encrypted.h. Section numbers are RFC 8018's. */
#include "key/key_encrypted.h"

#include <string.h>

#include "crypto/hash.h"
#include "asn1/der_write.h"
#include "key/key_encode.h"
#include "crypto/pbkdf2.h"
#include "asn1/pem.h"
#include "key/key_file.h"
#include "base/random.h"

#define SALT_MAXIMUM_LENGTH 1024
#define SALT_LENGTH 16
#define ENCRYPTED_MAXIMUM_LENGTH 0x10000

static const unsigned char oid_pbes2[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 5, 13};
static const unsigned char oid_pbkdf2[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 5, 12};
/* 1.2.840.113549.2: 7 is HMAC-SHA-1, 8 -224, 9 -256, 10 -384, 11 -512 (RFC 8018 appendix B.1) */
static const unsigned char arc_digest[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 2};
static const unsigned char oid_des_ede3_cbc[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 3, 7};
/* 2.16.840.1.101.3.4.1: 2 is AES-128-CBC, 22 -192, 42 -256 */
static const unsigned char arc_aes[] = {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1};

/* PBES2-params, appendix A.4. */
typedef struct pbes2 {
    const br_hash_class *hash;
    tls_bytes salt;
    uint32_t iterations;
    int des;
    size_t key_length;
    tls_bytes iv;
} pbes2;

static int
is_oid(tls_bytes oid, const unsigned char *data, size_t length)
{
    return oid.length == length && memcmp(oid.data, data, length) == 0;
}
#define IS_OID(view, array) is_oid(view, array, sizeof(array))

/* last_arc returns the arc behind `arc` when it is one byte, else -1. */
static int
last_arc(tls_bytes oid, const unsigned char *arc, size_t length)
{
    if (oid.length != length + 1 || memcmp(oid.data, arc, length) != 0)
        return -1;
    return oid.data[length];
}

/* prf DEFAULT hmacWithSHA1 */
static const br_hash_class *
read_prf(tls_der *der)
{
    tls_der inner;
    tls_bytes oid, unused;

    if (tls_der_peek(der) != TLS_DER_SEQUENCE)
        return tls_hash_class(TLS_HASH_SHA1);
    tls_der_enter(der, &inner, TLS_DER_SEQUENCE);
    oid = tls_der_oid(&inner);
    tls_der_optional(&inner, &unused, TLS_DER_NULL);
    tls_der_leave(der, &inner);
    if (tls_der_failed(der))
        return NULL;
    switch (last_arc(oid, arc_digest, sizeof arc_digest)) {
    case 7:
        return tls_hash_class(TLS_HASH_SHA1);
    case 8:
        return tls_hash_class(TLS_HASH_SHA224);
    case 9:
        return tls_hash_class(TLS_HASH_SHA256);
    case 10:
        return tls_hash_class(TLS_HASH_SHA384);
    case 11:
        return tls_hash_class(TLS_HASH_SHA512);
    default:
        return NULL;
    }
}

/* PBKDF2-params, appendix A.2. `key_length` is 0 when absent. */
static enum tls_reason
read_derivation(pbes2 *out, uint32_t *key_length, tls_der *der)
{
    tls_der function, parameters;
    tls_bytes count;
    size_t i;

    *key_length = 0;
    tls_der_enter(der, &function, TLS_DER_SEQUENCE);
    if (!IS_OID(tls_der_oid(&function), oid_pbkdf2))
        return tls_der_failed(&function) ? TLS_REASON_BAD_KEY : TLS_REASON_UNSUPPORTED_ENCRYPTION;
    tls_der_enter(&function, &parameters, TLS_DER_SEQUENCE);
    if (tls_der_peek(&parameters) == TLS_DER_SEQUENCE)
        return TLS_REASON_UNSUPPORTED_ENCRYPTION; /* a salt from elsewhere, "otherSource" */
    out->salt = tls_der_read(&parameters, TLS_DER_OCTET_STRING);
    count = tls_der_unsigned(&parameters);
    if (tls_der_peek(&parameters) == TLS_DER_INTEGER)
        *key_length = tls_der_small(&parameters, 64);
    out->hash = read_prf(&parameters);
    tls_der_leave(&function, &parameters);
    tls_der_leave(der, &function);
    if (tls_der_failed(der) || count.length == 0 || out->salt.length > SALT_MAXIMUM_LENGTH)
        return TLS_REASON_BAD_KEY;
    if (out->hash == NULL)
        return TLS_REASON_UNSUPPORTED_ENCRYPTION;
    if (count.length > 4)
        return TLS_REASON_UNSUPPORTED_ENCRYPTION;
    out->iterations = 0;
    for (i = 0; i < count.length; i++)
        out->iterations = out->iterations << 8 | count.data[i];
    return out->iterations > TLS_PBKDF2_ITERATIONS_MAXIMUM ? TLS_REASON_UNSUPPORTED_ENCRYPTION
                                                           : TLS_OK;
}

static enum tls_reason
read_cipher(pbes2 *out, tls_der *der)
{
    tls_der scheme;
    tls_bytes oid;

    tls_der_enter(der, &scheme, TLS_DER_SEQUENCE);
    oid = tls_der_oid(&scheme);
    if (tls_der_failed(&scheme))
        return TLS_REASON_BAD_KEY;
    out->des = IS_OID(oid, oid_des_ede3_cbc);
    switch (last_arc(oid, arc_aes, sizeof arc_aes)) {
    case 2:
        out->key_length = 16;
        break;
    case 22:
        out->key_length = 24;
        break;
    case 42:
        out->key_length = 32;
        break;
    default:
        if (!out->des)
            return TLS_REASON_UNSUPPORTED_ENCRYPTION;
        out->key_length = 24;
    }
    out->iv = tls_der_read(&scheme, TLS_DER_OCTET_STRING);
    tls_der_leave(der, &scheme);
    if (tls_der_failed(der) || out->iv.length != (out->des ? 8u : 16u))
        return TLS_REASON_BAD_KEY;
    return TLS_OK;
}

/* read_encrypted reads an EncryptedPrivateKeyInfo up to its ciphertext. */
static enum tls_reason
read_encrypted(pbes2 *out, tls_bytes *ciphertext, tls_bytes bytes)
{
    tls_der der, info, algorithm, parameters;
    enum tls_reason reason;
    uint32_t key_length;

    memset(out, 0, sizeof *out);
    tls_der_init(&der, bytes);
    tls_der_enter(&der, &info, TLS_DER_SEQUENCE);
    tls_der_enter(&info, &algorithm, TLS_DER_SEQUENCE);
    if (!IS_OID(tls_der_oid(&algorithm), oid_pbes2))
        return tls_der_failed(&algorithm) ? TLS_REASON_BAD_KEY : TLS_REASON_UNSUPPORTED_ENCRYPTION;
    tls_der_enter(&algorithm, &parameters, TLS_DER_SEQUENCE);
    reason = read_derivation(out, &key_length, &parameters);
    if (reason == TLS_OK)
        reason = read_cipher(out, &parameters);
    if (reason != TLS_OK)
        return reason;
    tls_der_leave(&algorithm, &parameters);
    tls_der_leave(&info, &algorithm);
    *ciphertext = tls_der_read(&info, TLS_DER_OCTET_STRING);
    tls_der_leave(&der, &info);
    if (!tls_der_finish(&der) || (key_length != 0 && key_length != out->key_length) ||
        ciphertext->length == 0 || ciphertext->length > ENCRYPTED_MAXIMUM_LENGTH ||
        ciphertext->length % out->iv.length != 0)
        return TLS_REASON_BAD_KEY;
    return TLS_OK;
}

static void
decrypt_cbc(unsigned char *data, size_t length, const pbes2 *parameters, const unsigned char *key)
{
    if (parameters->des)
        tls_des_cbc_decrypt(data, length, key, parameters->iv.data);
    else
        tls_aes_cbc_decrypt(data, length, key, parameters->key_length, parameters->iv.data);
}

enum tls_reason
tls_private_key_decrypt(tls_buffer *plain, tls_bytes bytes, const tls_bytes *password)
{
    unsigned char key[32];
    tls_bytes ciphertext = {0};
    pbes2 parameters;
    enum tls_reason reason = read_encrypted(&parameters, &ciphertext, bytes);

    if (reason != TLS_OK || password == NULL)
        return reason == TLS_OK ? TLS_REASON_ENCRYPTED_KEY : reason;
    tls_buffer_append(plain, ciphertext.data, ciphertext.length);
    if (plain->failed)
        return TLS_REASON_OUT_OF_MEMORY;
    tls_pbkdf2(key, parameters.key_length, parameters.hash, *password, parameters.salt,
        parameters.iterations == 0 ? 1 : parameters.iterations);
    decrypt_cbc(plain->data, plain->length, &parameters, key);
    tls_wipe(key, sizeof key);
    return tls_private_key_unpad(plain, parameters.iv.length);
}

/* ---- Writing ---- */

static void
put_parameters(tls_buffer *out, tls_bytes salt, uint32_t iterations, tls_bytes iv)
{
    static const unsigned char oid_hmac_sha256[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 2, 9};
    static const unsigned char oid_aes256_cbc[] = {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42};
    size_t algorithm, parameters, function, inner, prf;

    algorithm = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_oid(out, tls_bytes_make(oid_pbes2, sizeof oid_pbes2));
    parameters = tls_der_open(out, TLS_DER_SEQUENCE);
    function = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_oid(out, tls_bytes_make(oid_pbkdf2, sizeof oid_pbkdf2));
    inner = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put(out, TLS_DER_OCTET_STRING, salt);
    tls_der_put_small(out, iterations);
    prf = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_oid(out, tls_bytes_make(oid_hmac_sha256, sizeof oid_hmac_sha256));
    tls_der_put_null(out);
    tls_der_close(out, prf);
    tls_der_close(out, inner);
    tls_der_close(out, function);
    function = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_oid(out, tls_bytes_make(oid_aes256_cbc, sizeof oid_aes256_cbc));
    tls_der_put(out, TLS_DER_OCTET_STRING, iv);
    tls_der_close(out, function);
    tls_der_close(out, parameters);
    tls_der_close(out, algorithm);
}

enum tls_reason
tls_private_key_encode_encrypted(
    tls_buffer *out, const tls_private_key *key, tls_bytes password, uint32_t iterations)
{
    unsigned char random[SALT_LENGTH + 16], iv[16], secret[32], padding[16];
    br_aes_ct_cbcenc_keys context;
    tls_buffer plain = {NULL, 0, 0, 0};
    enum tls_reason reason;
    size_t mark, count;

    if (password.length == 0)
        return TLS_REASON_BAD_PASSWORD;
    if (iterations == 0)
        iterations = TLS_PBKDF2_ITERATIONS_DEFAULT;
    if (iterations < TLS_PBKDF2_ITERATIONS_MINIMUM || iterations > TLS_PBKDF2_ITERATIONS_MAXIMUM)
        return TLS_REASON_UNSUPPORTED_ENCRYPTION;
    reason = tls_random(random, sizeof random);
    if (reason == TLS_OK)
        reason = tls_private_key_encode(&plain, key, TLS_KEY_FORMAT_PKCS8);
    if (reason != TLS_OK) {
        tls_buffer_release(&plain);
        return reason;
    }
    count = 16 - plain.length % 16;
    memset(padding, (int)count, sizeof padding);
    tls_buffer_append(&plain, padding, count);
    if (!plain.failed) {
        tls_pbkdf2(secret, sizeof secret, tls_hash_class(TLS_HASH_SHA256), password,
            tls_bytes_make(random, SALT_LENGTH), iterations);
        memcpy(iv, random + SALT_LENGTH, sizeof iv);
        br_aes_ct_cbcenc_init(&context, secret, sizeof secret);
        br_aes_ct_cbcenc_run(&context, iv, plain.data, plain.length);
        tls_wipe(&context, sizeof context);
        tls_wipe(secret, sizeof secret);
        mark = tls_der_open(out, TLS_DER_SEQUENCE);
        put_parameters(out, tls_bytes_make(random, SALT_LENGTH), iterations,
            tls_bytes_make(random + SALT_LENGTH, 16));
        tls_der_put(out, TLS_DER_OCTET_STRING, tls_buffer_view(&plain));
        tls_der_close(out, mark);
    }
    if (plain.failed || out->failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    tls_buffer_release(&plain);
    return reason;
}

enum tls_reason
tls_private_key_encode_encrypted_pem(
    tls_buffer *out, const tls_private_key *key, tls_bytes password, uint32_t iterations)
{
    tls_buffer der = {NULL, 0, 0, 0};
    enum tls_reason reason = tls_private_key_encode_encrypted(&der, key, password, iterations);

    if (reason == TLS_OK)
        tls_pem_encode(out, "ENCRYPTED PRIVATE KEY", tls_buffer_view(&der));
    tls_buffer_release(&der);
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : reason;
}

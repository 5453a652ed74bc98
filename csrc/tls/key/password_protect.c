/* password_protect.c - what password_cipher.h says about writing. */
#include "key/password_cipher.h"

#include <string.h>

#include "asn1/der_write.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/pbkdf2.h"
#include "crypto/pkcs12_kdf.h"
#include "key/key_encrypted.h"

#define SALT_LENGTH 16

static const unsigned char oid_pbes2[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 5, 13};
static const unsigned char oid_pbkdf2[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 5, 12};

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

static int
choose_iterations(uint32_t *iterations)
{
    if (*iterations == 0)
        *iterations = TLS_PBKDF2_ITERATIONS_DEFAULT;
    return *iterations >= TLS_PBKDF2_ITERATIONS_MINIMUM &&
           *iterations <= TLS_PBKDF2_ITERATIONS_MAXIMUM;
}

enum tls_reason
tls_password_encrypt(tls_buffer *out, tls_buffer *plain, tls_bytes password, uint32_t iterations)
{
    unsigned char random[SALT_LENGTH + 16], iv[16], secret[32], padding[16];
    br_aes_ct_cbcenc_keys context;
    enum tls_reason reason;
    size_t mark, count;

    if (password.length == 0)
        return TLS_REASON_BAD_PASSWORD;
    if (!choose_iterations(&iterations))
        return TLS_REASON_UNSUPPORTED_ENCRYPTION;
    reason = tls_random(random, sizeof random);
    if (reason != TLS_OK)
        return reason;
    count = 16 - plain->length % 16;
    memset(padding, (int)count, sizeof padding);
    tls_buffer_append(plain, padding, count);
    if (plain->failed)
        return TLS_REASON_OUT_OF_MEMORY;
    tls_pbkdf2(secret, sizeof secret, tls_hash_class(TLS_HASH_SHA256), password,
        tls_bytes_make(random, SALT_LENGTH), iterations);
    memcpy(iv, random + SALT_LENGTH, sizeof iv);
    br_aes_ct_cbcenc_init(&context, secret, sizeof secret);
    br_aes_ct_cbcenc_run(&context, iv, plain->data, plain->length);
    tls_wipe(&context, sizeof context);
    tls_wipe(secret, sizeof secret);
    mark = tls_der_open(out, TLS_DER_SEQUENCE);
    put_parameters(out, tls_bytes_make(random, SALT_LENGTH), iterations,
        tls_bytes_make(random + SALT_LENGTH, 16));
    tls_der_put(out, TLS_DER_OCTET_STRING, tls_buffer_view(plain));
    tls_der_close(out, mark);
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

/* put_mac writes MacData, RFC 7292 section 4. */
static void
put_mac(tls_buffer *out, tls_bytes mac, tls_bytes salt, uint32_t iterations)
{
    const unsigned char *oid = tls_hash_oid(TLS_HASH_SHA256);
    size_t whole = tls_der_open(out, TLS_DER_SEQUENCE), info = tls_der_open(out, TLS_DER_SEQUENCE);
    size_t algorithm = tls_der_open(out, TLS_DER_SEQUENCE);

    tls_der_put_oid(out, tls_bytes_make(oid + 1, oid[0]));
    tls_der_put_null(out);
    tls_der_close(out, algorithm);
    tls_der_put(out, TLS_DER_OCTET_STRING, mac);
    tls_der_close(out, info);
    tls_der_put(out, TLS_DER_OCTET_STRING, salt);
    tls_der_put_small(out, iterations);
    tls_der_close(out, whole);
}

enum tls_reason
tls_pkcs12_mac(tls_buffer *out, tls_bytes data, tls_bytes password, uint32_t iterations)
{
    unsigned char random[SALT_LENGTH] = {0}, key[br_sha256_SIZE], mac[br_sha256_SIZE];
    tls_bytes salt = tls_bytes_make(random, sizeof random);
    tls_buffer encoded = {NULL, 0, 0, 0};
    br_hmac_key_context key_context;
    br_hmac_context hmac;
    enum tls_reason reason;

    if (!choose_iterations(&iterations))
        return TLS_REASON_UNSUPPORTED_ENCRYPTION;
    reason = tls_random(random, sizeof random);
    if (reason != TLS_OK)
        return reason;
    tls_pkcs12_password(&encoded, password);
    if (encoded.failed || !tls_pkcs12_derive(key, sizeof key, tls_hash_class(TLS_HASH_SHA256),
                              TLS_PKCS12_MAC, tls_buffer_view(&encoded), salt, iterations)) {
        tls_buffer_release(&encoded);
        return TLS_REASON_OUT_OF_MEMORY;
    }
    br_hmac_key_init(&key_context, tls_hash_class(TLS_HASH_SHA256), key, sizeof key);
    br_hmac_init(&hmac, &key_context, 0);
    br_hmac_update(&hmac, data.data, data.length);
    br_hmac_out(&hmac, mac);
    put_mac(out, tls_bytes_make(mac, sizeof mac), salt, iterations);
    tls_buffer_release(&encoded);
    tls_wipe(key, sizeof key);
    tls_wipe(&key_context, sizeof key_context);
    tls_wipe(&hmac, sizeof hmac);
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

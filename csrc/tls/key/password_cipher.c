/* password_cipher.c - see password_cipher.h. Section numbers are RFC 8018's but where another is
 * named. */
#include "key/password_cipher.h"

#include <string.h>

#include "base/declassify.h"
#include "crypto/hash.h"
#include "crypto/pbkdf2.h"
#include "crypto/pkcs12_kdf.h"
#include "crypto/rc2.h"
#include "crypto/scrypt.h"
#include "key/key_encrypted.h"
#include "key/key_file.h"

#define SALT_MAXIMUM_LENGTH 1024
#define PASSWORD_MAXIMUM_LENGTH 0x10000
#define ENCRYPTED_MAXIMUM_LENGTH 0x1000000

static const unsigned char oid_pbes2[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 5, 13};
static const unsigned char oid_pbkdf2[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 5, 12};
static const unsigned char oid_pbmac1[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 5, 14};
/* 1.3.6.1.4.1.11591.4.11, RFC 7914 section 7 */
static const unsigned char oid_scrypt[] = {0x2B, 6, 1, 4, 1, 0xDA, 0x47, 4, 11};
/* 1.2.840.113549.1.12.1: 3 is pbeWithSHAAnd3-KeyTripleDES-CBC, 5 ...128BitRC2-CBC, 6
 * ...40BitRC2-CBC (RFC 7292 appendix C) */
static const unsigned char arc_pkcs12[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 12, 1};
/* 1.2.840.113549.2: 7 is HMAC-SHA-1, 8 -224, 9 -256, 10 -384, 11 -512 (RFC 8018 appendix B.1) */
static const unsigned char arc_digest[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 2};
static const unsigned char oid_des_ede3_cbc[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 3, 7};
/* 2.16.840.1.101.3.4.1: 2 is AES-128-CBC, 22 -192, 42 -256 */
static const unsigned char arc_aes[] = {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1};

enum derivation { PBKDF2, SCRYPT, PKCS12 };
enum cipher { AES, DES, RC2 };

/* What an AlgorithmIdentifier says. */
typedef struct scheme {
    enum derivation derivation;
    enum cipher cipher;
    const br_hash_class *hash;
    tls_bytes salt;
    uint32_t iterations; /* scrypt's n */
    uint32_t r, p;
    size_t key_length;
    tls_bytes iv; /* PKCS#12 derives it */
} scheme;

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

static const br_hash_class *
hmac_hash(tls_bytes oid)
{
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

/* An AlgorithmIdentifier without parameters, or with NULL. */
static tls_bytes
read_algorithm(tls_der *der)
{
    tls_der inner;
    tls_bytes oid, unused;

    tls_der_enter(der, &inner, TLS_DER_SEQUENCE);
    oid = tls_der_oid(&inner);
    tls_der_optional(&inner, &unused, TLS_DER_NULL);
    tls_der_leave(der, &inner);
    return oid;
}

/* The counts of a file: what costs too much is refused before it is computed. */
static enum tls_reason
take_salt(scheme *out, tls_bytes salt, tls_bytes count)
{
    size_t i;

    if (count.length == 0 || salt.length > SALT_MAXIMUM_LENGTH)
        return TLS_REASON_BAD_KEY;
    if (count.length > 4)
        return TLS_REASON_UNSUPPORTED_ENCRYPTION;
    out->salt = salt;
    out->iterations = 0;
    for (i = 0; i < count.length; i++)
        out->iterations = out->iterations << 8 | count.data[i];
    return out->iterations > TLS_PBKDF2_ITERATIONS_MAXIMUM ? TLS_REASON_UNSUPPORTED_ENCRYPTION
                                                           : TLS_OK;
}

/* PBKDF2-params, appendix A.2. `key_length` is 0 when absent. */
static enum tls_reason
read_pbkdf2(scheme *out, uint32_t *key_length, tls_der *function)
{
    tls_der parameters;
    tls_bytes count, salt;

    tls_der_enter(function, &parameters, TLS_DER_SEQUENCE);
    if (tls_der_peek(&parameters) == TLS_DER_SEQUENCE)
        return TLS_REASON_UNSUPPORTED_ENCRYPTION; /* a salt from elsewhere, "otherSource" */
    salt = tls_der_read(&parameters, TLS_DER_OCTET_STRING);
    count = tls_der_unsigned(&parameters);
    if (tls_der_peek(&parameters) == TLS_DER_INTEGER)
        *key_length = tls_der_small(&parameters, 64);
    out->hash = tls_hash_class(TLS_HASH_SHA1); /* prf DEFAULT hmacWithSHA1 */
    if (tls_der_peek(&parameters) == TLS_DER_SEQUENCE)
        out->hash = hmac_hash(read_algorithm(&parameters));
    tls_der_leave(function, &parameters);
    if (tls_der_failed(function))
        return TLS_REASON_BAD_KEY;
    if (out->hash == NULL)
        return TLS_REASON_UNSUPPORTED_ENCRYPTION;
    out->derivation = PBKDF2;
    return take_salt(out, salt, count);
}

/* scrypt-params, RFC 7914 section 7. */
static enum tls_reason
read_scrypt(scheme *out, uint32_t *key_length, tls_der *function)
{
    tls_der parameters;
    tls_bytes salt;

    tls_der_enter(function, &parameters, TLS_DER_SEQUENCE);
    salt = tls_der_read(&parameters, TLS_DER_OCTET_STRING);
    out->iterations = tls_der_small(&parameters, 0xFFFFFFFF);
    out->r = tls_der_small(&parameters, 0xFFFFFFFF);
    out->p = tls_der_small(&parameters, 0xFFFFFFFF);
    if (tls_der_peek(&parameters) == TLS_DER_INTEGER)
        *key_length = tls_der_small(&parameters, 64);
    tls_der_leave(function, &parameters);
    if (tls_der_failed(function) || salt.length > SALT_MAXIMUM_LENGTH)
        return TLS_REASON_BAD_KEY;
    out->salt = salt;
    out->derivation = SCRYPT;
    return tls_scrypt_allowed(out->iterations, out->r, out->p) ? TLS_OK
                                                               : TLS_REASON_UNSUPPORTED_ENCRYPTION;
}

static enum tls_reason
read_derivation(scheme *out, uint32_t *key_length, tls_der *der)
{
    enum tls_reason reason = TLS_REASON_UNSUPPORTED_ENCRYPTION;
    tls_der function;
    tls_bytes oid;

    *key_length = 0;
    tls_der_enter(der, &function, TLS_DER_SEQUENCE);
    oid = tls_der_oid(&function);
    if (tls_der_failed(&function))
        return TLS_REASON_BAD_KEY;
    if (IS_OID(oid, oid_pbkdf2))
        reason = read_pbkdf2(out, key_length, &function);
    else if (IS_OID(oid, oid_scrypt))
        reason = read_scrypt(out, key_length, &function);
    if (reason != TLS_OK)
        return reason;
    tls_der_leave(der, &function);
    return tls_der_failed(der) ? TLS_REASON_BAD_KEY : TLS_OK;
}

static enum tls_reason
read_cipher(scheme *out, tls_der *der)
{
    tls_der inner;
    tls_bytes oid;

    tls_der_enter(der, &inner, TLS_DER_SEQUENCE);
    oid = tls_der_oid(&inner);
    if (tls_der_failed(&inner))
        return TLS_REASON_BAD_KEY;
    out->cipher = AES;
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
        if (!IS_OID(oid, oid_des_ede3_cbc))
            return TLS_REASON_UNSUPPORTED_ENCRYPTION;
        out->cipher = DES;
        out->key_length = 24;
    }
    out->iv = tls_der_read(&inner, TLS_DER_OCTET_STRING);
    tls_der_leave(der, &inner);
    if (tls_der_failed(der) || out->iv.length != (out->cipher == AES ? 16u : 8u))
        return TLS_REASON_BAD_KEY;
    return TLS_OK;
}

/* PBES2-params, appendix A.4. */
static enum tls_reason
read_pbes2(scheme *out, tls_der *algorithm)
{
    enum tls_reason reason;
    tls_der parameters;
    uint32_t key_length;

    tls_der_enter(algorithm, &parameters, TLS_DER_SEQUENCE);
    reason = read_derivation(out, &key_length, &parameters);
    if (reason == TLS_OK)
        reason = read_cipher(out, &parameters);
    if (reason != TLS_OK)
        return reason;
    tls_der_leave(algorithm, &parameters);
    return key_length != 0 && key_length != out->key_length ? TLS_REASON_BAD_KEY : TLS_OK;
}

/* pkcs-12PbeParams, RFC 7292 appendix C. */
static enum tls_reason
read_pkcs12(scheme *out, int number, tls_der *algorithm)
{
    tls_bytes salt, count;
    tls_der parameters;

    if (number != 3 && number != 5 && number != 6)
        return TLS_REASON_UNSUPPORTED_ENCRYPTION;
    out->derivation = PKCS12;
    out->hash = tls_hash_class(TLS_HASH_SHA1);
    out->cipher = number == 3 ? DES : RC2;
    out->key_length = number == 3 ? 24 : number == 5 ? 16 : 5;
    tls_der_enter(algorithm, &parameters, TLS_DER_SEQUENCE);
    salt = tls_der_read(&parameters, TLS_DER_OCTET_STRING);
    count = tls_der_unsigned(&parameters);
    tls_der_leave(algorithm, &parameters);
    return tls_der_failed(algorithm) ? TLS_REASON_BAD_KEY : take_salt(out, salt, count);
}

static enum tls_reason
read_scheme(scheme *out, tls_bytes algorithm)
{
    enum tls_reason reason = TLS_REASON_UNSUPPORTED_ENCRYPTION;
    tls_der der, inner;
    tls_bytes oid;
    int number;

    memset(out, 0, sizeof *out);
    tls_der_init(&der, algorithm);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    oid = tls_der_oid(&inner);
    if (tls_der_failed(&inner))
        return TLS_REASON_BAD_KEY;
    number = last_arc(oid, arc_pkcs12, sizeof arc_pkcs12);
    if (IS_OID(oid, oid_pbes2))
        reason = read_pbes2(out, &inner);
    else if (number >= 0)
        reason = read_pkcs12(out, number, &inner);
    if (reason != TLS_OK)
        return reason;
    tls_der_leave(&der, &inner);
    return tls_der_finish(&der) ? TLS_OK : TLS_REASON_BAD_KEY;
}

static uint32_t
rounds(const scheme *parameters)
{
    return parameters->iterations == 0 ? 1 : parameters->iterations;
}

/* derive fills key and IV. `encoded` is the password of PKCS#12. Returns 0 without memory. */
static int
derive(unsigned char key[32], unsigned char iv[16], const scheme *scheme, tls_bytes password,
    tls_bytes encoded)
{
    memcpy(iv, scheme->iv.length ? scheme->iv.data : key, scheme->iv.length);
    switch (scheme->derivation) {
    case SCRYPT:
        return tls_scrypt(key, scheme->key_length, password, scheme->salt, scheme->iterations,
            scheme->r, scheme->p);
    case PKCS12:
        return tls_pkcs12_derive(key, scheme->key_length, scheme->hash, TLS_PKCS12_KEY, encoded,
                   scheme->salt, rounds(scheme)) &&
               tls_pkcs12_derive(
                   iv, 8, scheme->hash, TLS_PKCS12_IV, encoded, scheme->salt, rounds(scheme));
    default:
        tls_pbkdf2(key, scheme->key_length, scheme->hash, password, scheme->salt, rounds(scheme));
        return 1;
    }
}

static enum tls_reason
decrypt(tls_buffer *plain, const scheme *scheme, tls_bytes ciphertext, tls_bytes password,
    tls_bytes encoded)
{
    unsigned char key[32] = {0}, iv[16];
    enum tls_reason reason = TLS_REASON_OUT_OF_MEMORY;

    tls_buffer_clear(plain);
    tls_buffer_append(plain, ciphertext.data, ciphertext.length);
    if (!plain->failed && derive(key, iv, scheme, password, encoded)) {
        if (scheme->cipher == AES)
            tls_aes_cbc_decrypt(plain->data, plain->length, key, scheme->key_length, iv);
        else if (scheme->cipher == DES)
            tls_des_cbc_decrypt(plain->data, plain->length, key, iv);
        else
            tls_rc2_cbc_decrypt(plain->data, plain->length, key, scheme->key_length, iv);
        reason = tls_private_key_unpad(plain, scheme->cipher == AES ? 16 : 8);
    }
    tls_wipe(key, sizeof key);
    tls_wipe(iv, sizeof iv);
    return reason;
}

enum tls_reason
tls_password_decrypt(
    tls_buffer *plain, tls_bytes algorithm, tls_bytes ciphertext, const tls_bytes *password)
{
    tls_buffer encoded = {NULL, 0, 0, 0};
    scheme scheme;
    enum tls_reason reason = read_scheme(&scheme, algorithm);

    if (reason != TLS_OK)
        return reason;
    if (ciphertext.length == 0 || ciphertext.length > ENCRYPTED_MAXIMUM_LENGTH ||
        ciphertext.length % (scheme.cipher == AES ? 16 : 8) != 0)
        return TLS_REASON_BAD_KEY;
    if (password == NULL)
        return TLS_REASON_ENCRYPTED_KEY;
    if (password->length > PASSWORD_MAXIMUM_LENGTH)
        return TLS_REASON_BAD_PASSWORD;
    if (scheme.derivation == PKCS12)
        tls_pkcs12_password(&encoded, *password);
    reason = encoded.failed
                 ? TLS_REASON_OUT_OF_MEMORY
                 : decrypt(plain, &scheme, ciphertext, *password, tls_buffer_view(&encoded));
    /* An empty password of PKCS#12 is two zero bytes to some and nothing at all to others. */
    if (reason == TLS_REASON_BAD_PASSWORD && scheme.derivation == PKCS12 && password->length == 0)
        reason = decrypt(plain, &scheme, ciphertext, *password, *password);
    tls_buffer_release(&encoded);
    return reason;
}

/* ---- The MAC of PKCS#12 ---- */

static const br_hash_class *
digest_class(tls_bytes oid)
{
    static const int hashes[] = {
        TLS_HASH_SHA1, TLS_HASH_SHA224, TLS_HASH_SHA256, TLS_HASH_SHA384, TLS_HASH_SHA512};
    size_t i;

    for (i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        const unsigned char *known = tls_hash_oid(hashes[i]);

        if (is_oid(oid, known + 1, known[0]))
            return tls_hash_class(hashes[i]);
    }
    return NULL;
}

static int
mac_is(const br_hash_class *hash, const unsigned char *key, size_t key_length, tls_bytes data,
    tls_bytes expected)
{
    unsigned char mac[64];
    br_hmac_key_context key_context;
    br_hmac_context hmac;
    int same;

    br_hmac_key_init(&key_context, hash, key, key_length);
    br_hmac_init(&hmac, &key_context, 0);
    br_hmac_update(&hmac, data.data, data.length);
    br_hmac_out(&hmac, mac);
    same = expected.length == tls_hash_length(hash) &&
           tls_secret_equal(mac, expected.data, expected.length);
    tls_wipe(&key_context, sizeof key_context);
    tls_wipe(&hmac, sizeof hmac);
    return same;
}

/* PBMAC1-params, appendix A.5; RFC 9579. The salt and the count beside it say nothing. */
static enum tls_reason
verify_pbmac1(tls_der *algorithm, tls_bytes expected, tls_bytes data, tls_bytes password)
{
    unsigned char key[64];
    const br_hash_class *hash;
    enum tls_reason reason;
    tls_der parameters;
    uint32_t key_length;
    scheme scheme;
    int same;

    memset(&scheme, 0, sizeof scheme);
    tls_der_enter(algorithm, &parameters, TLS_DER_SEQUENCE);
    reason = read_derivation(&scheme, &key_length, &parameters);
    if (reason != TLS_OK)
        return reason;
    hash = hmac_hash(read_algorithm(&parameters));
    tls_der_leave(algorithm, &parameters);
    /* RFC 9579 section 5: the length is there; below 20 bytes it would be no key. */
    if (!tls_der_finish(algorithm) || key_length < 20)
        return TLS_REASON_BAD_KEY;
    if (hash == NULL || scheme.derivation != PBKDF2)
        return TLS_REASON_UNSUPPORTED_ENCRYPTION;
    tls_pbkdf2(key, key_length, scheme.hash, password, scheme.salt, rounds(&scheme));
    same = mac_is(hash, key, key_length, data, expected);
    tls_wipe(key, sizeof key);
    return same ? TLS_OK : TLS_REASON_BAD_PASSWORD;
}

static enum tls_reason
verify_pkcs12(const scheme *scheme, tls_bytes expected, tls_bytes data, tls_bytes encoded)
{
    size_t length = tls_hash_length(scheme->hash);
    unsigned char key[64];
    enum tls_reason reason;

    if (!tls_pkcs12_derive(
            key, length, scheme->hash, TLS_PKCS12_MAC, encoded, scheme->salt, rounds(scheme)))
        return TLS_REASON_OUT_OF_MEMORY;
    reason = mac_is(scheme->hash, key, length, data, expected) ? TLS_OK : TLS_REASON_BAD_PASSWORD;
    tls_wipe(key, sizeof key);
    return reason;
}

/* verify_classic: the derivation of RFC 7292 appendix B with the MAC's own hash. */
static enum tls_reason
verify_classic(scheme *scheme, tls_bytes expected, tls_bytes data, tls_bytes password)
{
    tls_buffer encoded = {NULL, 0, 0, 0};
    enum tls_reason reason;

    tls_pkcs12_password(&encoded, password);
    reason = encoded.failed ? TLS_REASON_OUT_OF_MEMORY
                            : verify_pkcs12(scheme, expected, data, tls_buffer_view(&encoded));
    if (reason == TLS_REASON_BAD_PASSWORD && password.length == 0)
        reason = verify_pkcs12(scheme, expected, data, password);
    tls_buffer_release(&encoded);
    return reason;
}

enum tls_reason
tls_pkcs12_verify(tls_bytes mac_data, tls_bytes data, tls_bytes password)
{
    static const unsigned char one[] = {1};
    tls_bytes oid, expected, salt, unused, count = tls_bytes_make(one, sizeof one);
    tls_der der, outer, mac, algorithm;
    enum tls_reason reason;
    scheme scheme;

    memset(&scheme, 0, sizeof scheme);
    tls_der_init(&der, mac_data);
    tls_der_enter(&der, &outer, TLS_DER_SEQUENCE);
    tls_der_enter(&outer, &mac, TLS_DER_SEQUENCE);
    tls_der_enter(&mac, &algorithm, TLS_DER_SEQUENCE);
    oid = tls_der_oid(&algorithm);
    expected = tls_der_read(&mac, TLS_DER_OCTET_STRING);
    tls_der_leave(&outer, &mac);
    salt = tls_der_read(&outer, TLS_DER_OCTET_STRING);
    if (tls_der_peek(&outer) == TLS_DER_INTEGER)
        count = tls_der_unsigned(&outer);
    tls_der_leave(&der, &outer);
    if (!tls_der_finish(&der) || tls_der_failed(&algorithm))
        return TLS_REASON_BAD_KEY;
    if (password.length > PASSWORD_MAXIMUM_LENGTH)
        return TLS_REASON_BAD_PASSWORD;
    if (IS_OID(oid, oid_pbmac1))
        return verify_pbmac1(&algorithm, expected, data, password);
    scheme.hash = digest_class(oid);
    tls_der_optional(&algorithm, &unused, TLS_DER_NULL);
    if (!tls_der_finish(&algorithm))
        return TLS_REASON_BAD_KEY;
    reason =
        scheme.hash == NULL ? TLS_REASON_UNSUPPORTED_ENCRYPTION : take_salt(&scheme, salt, count);
    return reason == TLS_OK ? verify_classic(&scheme, expected, data, password) : reason;
}

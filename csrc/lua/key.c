/* key.c - class "bearssl.key": a private key, immutable. Only pem and der give secret bytes away.
 *
 *     key = core.key(string [, password])     DER or PEM: PKCS#1, SEC1 or PKCS#8
 *     key = core.generate_key(kind [, bits])  a new one
 *     key = core.external_key(certificate)    the key is elsewhere: only handlers can use it
 *
 * Every method raises on an object that __close has closed. */
#include "key.h"

#include <string.h>

#include "asn1/base64.h"
#include "crypto/hash.h"
#include "key/key_describe.h"
#include "key/key_encode.h"
#include "key/key_encrypted.h"
#include "key/key_generate.h"
#include "wire/registry.h"
#include "base/random.h"
#include "key/signature.h"
#include "key/key_bearssl.h"

#include "certificate.h"
#include "module.h"
#include "unreadable.h"
#include "value.h"

#define PREMASTER_LENGTH 48

TLS_LUA_DEFINE_OBJECT(key, tls_private_key, "key", 0, NULL)

/* type_name: what the API calls a kind of key; NULL where it has no name. */
static const char *
type_name(const tls_public_key *key)
{
    switch (key->kind) {
    case TLS_KEY_RSA:
        return key->pss_only ? "RSA-PSS" : "RSA";
    case TLS_KEY_EC:
        return "EC";
    case TLS_KEY_ED25519:
        return "Ed25519";
    default:
        return NULL;
    }
}

void
tls_lua_push_public_key(lua_State *L, const tls_public_key *key)
{
    tls_buffer *oid;

    lua_createtable(L, 0, 6);
    tls_lua_set_string(L, "type", type_name(key));
    if (key->bits != 0)
        tls_lua_set_integer(L, "bits", key->bits);
    tls_lua_set_string(L, "curve", tls_curve_name(key->curve));
    tls_lua_set_some(L, "modulus", key->modulus);
    tls_lua_set_some(L, "exponent", key->exponent);
    tls_lua_set_some(L, "point", key->point);
    oid = tls_lua_buffer(L);
    tls_oid_text(oid, key->algorithm);
    tls_lua_finish_buffer(L, oid);
    lua_setfield(L, -2, "oid");
}

/* core.key(string [, password]) -> key | nil, message, "bad_pem" (no private key in it) | "bad_key"
 * | "encrypted_key" (and no password given) | "bad_password" | "unsupported_encryption" |
 * "unsupported_encryption" (more than ten million) | "out_of_memory". A key that is not encrypted
 * is taken with a password too. */
static int
load(lua_State *L)
{
    tls_bytes bytes = tls_lua_check_bytes(L, 1);
    tls_bytes password = {NULL, 0};
    tls_private_key *key = NULL;
    enum tls_reason reason;
    tls_lua_object *self;

    if (!lua_isnoneornil(L, 2))
        password = tls_lua_check_bytes(L, 2);
    self = tls_lua_object_new(L, &tls_lua_key_class);
    if (password.data != NULL)
        reason = tls_private_key_decode_encrypted(&key, bytes, password);
    else
        reason = tls_private_key_decode(&key, bytes);
    self->counted = key;
    return reason == TLS_OK ? 1
                            : tls_lua_unreadable(L, reason, TLS_WANTED_PRIVATE_KEY, bytes,
                                  password.data != NULL ? &password : NULL);
}

/* core.generate_key("rsa" [, bits]) or core.generate_key("p256" | "p384" | "p521" | "ed25519") -> a
 * new key from the system's random bytes. bits: 2048 (default) to 4096, a multiple of 8; this takes
 * tenths of a second to seconds. | nil, message, "unsupported_key" (another size) | "no_random" |
 * "out_of_memory" */
static int
generate(lua_State *L)
{
    static const char *const kinds[] = {"rsa", "p256", "p384", "p521", "ed25519", NULL};
    static const int curves[] = {0, TLS_GROUP_SECP256R1, TLS_GROUP_SECP384R1, TLS_GROUP_SECP521R1};
    int kind = luaL_checkoption(L, 1, NULL, kinds);
    unsigned size = lua_isnoneornil(L, 2) ? TLS_RSA_GENERATE_MINIMUM : tls_lua_check_id(L, 2);
    tls_lua_object *self = tls_lua_object_new(L, &tls_lua_key_class);
    tls_private_key *key = NULL;
    enum tls_reason reason;

    if (kind == 0)
        reason = tls_private_key_generate_rsa(&key, size);
    else if (kind == 4)
        reason = tls_private_key_generate_ed25519(&key);
    else
        reason = tls_private_key_generate_ec(&key, curves[kind]);
    return tls_lua_object_made(L, self, key, reason);
}

/* key:pem([password [, iterations]]) -> PKCS#8 PEM; with a password encrypted: AES-256-CBC under
 * PBKDF2 with HMAC-SHA-256 and so many iterations (100000). | nil, message, "unsupported_key" (an
 * external key) | "bad_key" | "bad_password" (an empty one) | "unsupported_encryption" (not 1000 to
 * ten million) | "no_random" */
static int
pem(lua_State *L)
{
    const tls_private_key *key = tls_lua_check_key(L, 1);
    uint32_t iterations = 0;
    enum tls_reason reason;
    tls_bytes password;
    tls_buffer *out;

    lua_settop(L, 3);
    if (lua_isnil(L, 2)) {
        out = tls_lua_buffer(L);
        reason = tls_private_key_encode_pem(out, key, TLS_KEY_FORMAT_PKCS8);
    } else {
        password = tls_lua_check_bytes(L, 2);
        if (!lua_isnil(L, 3)) {
            lua_Number wanted = luaL_checknumber(L, 3);

            /* 0 would mean the default; 1 is refused as every wrong count. */
            iterations = wanted >= 1 && wanted <= 0x7FFFFFFF ? (uint32_t)wanted : 1;
        }
        out = tls_lua_buffer(L);
        reason = tls_private_key_encode_encrypted_pem(out, key, password, iterations);
    }
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* key:der() -> PKCS#8 DER | nil, message, "unsupported_key" (an external key) | "bad_key" */
static int
der(lua_State *L)
{
    const tls_private_key *key = tls_lua_check_key(L, 1);
    tls_buffer *out = tls_lua_buffer(L);
    enum tls_reason reason = tls_private_key_encode(out, key, TLS_KEY_FORMAT_PKCS8);

    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* key:public_pem() -> SubjectPublicKeyInfo, PEM | nil, message, "unsupported_key" */
static int
public_pem(lua_State *L)
{
    const tls_private_key *key = tls_lua_check_key(L, 1);
    tls_buffer *out = tls_lua_buffer(L);
    enum tls_reason reason = tls_private_key_encode_pem(out, key, TLS_KEY_FORMAT_PUBLIC);

    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* key:public_der() -> SubjectPublicKeyInfo, DER | nil, message, "unsupported_key" */
static int
public_der(lua_State *L)
{
    const tls_private_key *key = tls_lua_check_key(L, 1);
    tls_buffer *out = tls_lua_buffer(L);
    enum tls_reason reason = tls_private_key_encode(out, key, TLS_KEY_FORMAT_PUBLIC);

    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* core.external_key(certificate) -> key whose operations are asked of the sign and decrypt handlers
 * | nil, message, "unsupported_certificate" (its kind of key cannot be used) | "out_of_memory" */
static int
external(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);
    tls_lua_object *self = tls_lua_object_new(L, &tls_lua_key_class);
    tls_private_key *key = NULL;
    enum tls_reason reason = tls_private_key_external(&key, &certificate->public_key);

    if (reason == TLS_REASON_UNSUPPORTED_CERTIFICATE)
        return tls_lua_unusable(L, certificate->public_key_info);
    return tls_lua_object_made(L, self, key, reason);
}

static void
push_external(lua_State *L, const tls_public_key *public_key)
{
    tls_lua_object *self = tls_lua_object_new(L, &tls_lua_key_class);
    tls_private_key *key = NULL;

    if (tls_private_key_external(&key, public_key) == TLS_OK) {
        self->counted = key;
        return;
    }
    lua_pop(L, 1);
    lua_pushnil(L);
}

void
tls_lua_push_key_info(lua_State *L, tls_bytes key_info)
{
    tls_public_key public_key;

    if (key_info.length > 0 && tls_public_key_parse(&public_key, key_info) == TLS_OK)
        push_external(L, &public_key);
    else
        lua_pushnil(L);
}

void
tls_lua_push_public_half(lua_State *L, const tls_private_key *key)
{
    if (key != NULL)
        push_external(L, tls_private_key_public(key));
    else
        lua_pushnil(L);
}

/* key:pin() -> base64 of the SHA-256 of its SubjectPublicKeyInfo (RFC 7469), as of a certificate |
 * nil, message, "unsupported_key" */
static int
pin(lua_State *L)
{
    const tls_private_key *key = tls_lua_check_key(L, 1);
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM];
    tls_buffer *info = tls_lua_buffer(L), *out;
    enum tls_reason reason = tls_private_key_encode(info, key, TLS_KEY_FORMAT_PUBLIC);
    size_t length;

    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    length = tls_fingerprint(digest, TLS_HASH_SHA256, tls_buffer_view(info));
    out = tls_lua_buffer(L);
    tls_base64_encode(out, tls_bytes_make(digest, length));
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* key:type() -> "RSA", "RSA-PSS", "EC" or "Ed25519" */
static int
type(lua_State *L)
{
    lua_pushstring(L, type_name(tls_private_key_public(tls_lua_check_key(L, 1))));
    return 1;
}

/* key:bits() -> size of the modulus or the curve */
static int
bits(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)tls_private_key_public(tls_lua_check_key(L, 1))->bits);
    return 1;
}

/* key:curve() -> "P-256", "P-384", "P-521", or nil for other kinds */
static int
curve(lua_State *L)
{
    lua_pushstring(L, tls_curve_name(tls_private_key_public(tls_lua_check_key(L, 1))->curve));
    return 1;
}

/* key:is_external() -> boolean */
static int
is_external(lua_State *L)
{
    lua_pushboolean(L, tls_private_key_is_external(tls_lua_check_key(L, 1)));
    return 1;
}

/* key:matches(certificate) -> boolean: does it belong to the certificate? */
static int
matches(lua_State *L)
{
    const tls_private_key *key = tls_lua_check_key(L, 1);
    const tls_certificate *certificate = tls_lua_check_certificate(L, 2);

    lua_pushboolean(L, tls_private_key_matches(key, &certificate->public_key));
    return 1;
}

/* key:public_key() -> as certificate:public_key(), without `der` */
static int
public_key(lua_State *L)
{
    tls_lua_push_public_key(L, tls_private_key_public(tls_lua_check_key(L, 1)));
    return 1;
}

/* key:sign(name, digest) -> signature. name: a signature scheme ("rsa_pss_rsae_sha256" …), or a
 * hash
 * ("sha256" …, "md5sha1" for RSA below TLS 1.2) for RSA PKCS#1 v1.5 and, as ASN.1 DER, ECDSA. An EC
 * key of any curve signs by every scheme of ECDSA. "ed25519" signs a message: it hashes by itself.
 * | nil, message, "sign_failed" (an external key, a digest that does not fit the hash, a scheme
 * that is not for this key) */
static int
sign(lua_State *L)
{
    const tls_private_key *key = tls_lua_check_key(L, 1);
    const char *name = tls_lua_check_text(L, 2);
    tls_bytes digest = tls_lua_check_bytes(L, 3);
    unsigned char out[TLS_SIGNATURE_MAXIMUM];
    int hash = tls_hash_from_name(name), scheme = -1;
    size_t length, expected;

    if (hash < 0) {
        scheme = tls_registry_id(TLS_REGISTRY_SIGNATURE_SCHEME, name);
        luaL_argcheck(L, scheme >= 0 && tls_scheme_supported((unsigned)scheme), 2,
            "unknown hash or signature scheme");
        hash = tls_scheme_hash((unsigned)scheme);
    }
    expected = hash == 0 ? 36 : tls_hash_size(hash);
    if (scheme >= 0 && tls_scheme_hashes_itself((unsigned)scheme))
        expected = digest.length;
    else
        luaL_argcheck(L, expected != 0, 2, "unknown hash or signature scheme");
    if (tls_private_key_is_external(key))
        return tls_lua_failure_text(
            L, TLS_REASON_SIGN_FAILED, "the key is external: only its owner can sign");
    if (digest.length != expected)
        return tls_lua_failure_text(
            L, TLS_REASON_SIGN_FAILED, "the digest does not have the length of its hash");
    if (scheme < 0)
        length = tls_sign_digest(key, out, hash, digest.data, digest.length);
    else
        length = tls_sign_scheme(key, out, (unsigned)scheme, digest);
    if (length == 0)
        return tls_lua_failure_text(L, TLS_REASON_SIGN_FAILED,
            "a key of this type and size does not sign by this hash or signature scheme");
    lua_pushlstring(L, (const char *)out, length);
    return 1;
}

/* key:decrypt(ciphertext) -> 48 bytes: an RSA-encrypted pre-master secret. When the padding is
 * wrong they are random, as RFC 5246 section 7.4.7.1 wants: nothing here tells an attacker which it
 * was. | nil, message, "bad_key" (an EC or external key) | "illegal_parameter" (not as long as the
 * modulus) | "no_random" */
static int
decrypt(lua_State *L)
{
    const tls_private_key *key = tls_lua_check_key(L, 1);
    tls_bytes ciphertext = tls_lua_check_bytes(L, 2);
    unsigned char data[TLS_RSA_MAXIMUM_BITS / 8], decoy[PREMASTER_LENGTH];
    unsigned char mask;
    enum tls_reason reason;
    size_t i;

    if (tls_private_key_rsa(key) == NULL)
        return tls_lua_failure_text(L, TLS_REASON_BAD_KEY, "only an RSA key at hand can decrypt");
    if (ciphertext.length != tls_private_key_public(key)->modulus.length ||
        ciphertext.length > sizeof data || ciphertext.length < PREMASTER_LENGTH)
        return tls_lua_failure_text(
            L, TLS_REASON_ILLEGAL_PARAMETER, "the ciphertext is not as long as the key's modulus");
    reason = tls_random(decoy, sizeof decoy);
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    memcpy(data, ciphertext.data, ciphertext.length);
    mask = (unsigned char)-(tls_decrypt_premaster(key, data, ciphertext.length) & 1);
    for (i = 0; i < sizeof decoy; i++)
        decoy[i] = (unsigned char)((data[i] & mask) | (decoy[i] & (unsigned char)~mask));
    tls_wipe(data, sizeof data);
    /* A memory error that is raised here leaves the secret on the stack; there is no way around. */
    lua_pushlstring(L, (const char *)decoy, sizeof decoy);
    tls_wipe(decoy, sizeof decoy);
    return 1;
}

static const luaL_Reg methods[] = {
    {"type", type},
    {"bits", bits},
    {"curve", curve},
    {"is_external", is_external},
    {"matches", matches},
    {"public_key", public_key},
    {"pem", pem},
    {"der", der},
    {"public_pem", public_pem},
    {"public_der", public_der},
    {"pin", pin},
    {"sign", sign},
    {"decrypt", decrypt},
    {NULL, NULL},
};

const luaL_Reg tls_lua_key_functions[] = {
    {"key", load},
    {"generate_key", generate},
    {"external_key", external},
    {NULL, NULL},
};

void
tls_lua_open_key(lua_State *L)
{
    tls_lua_object_open(L, &tls_lua_key_class, methods, NULL);
}

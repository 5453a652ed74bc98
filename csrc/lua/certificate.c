/* certificate.c - class "bearssl.certificate": an X.509 certificate, immutable.
 *
 *     list = core.certificates(string)      PEM or DER → list of certificates in order
 *
 * Methods that find an extension absent return nil. Every method raises on an object that __close
 * has closed. */
#include "certificate.h"

#include <time.h>

#include "issue/certificate_dump.h"
#include "x509/distinguished_name_match.h"
#include "x509/hostname.h"
#include "asn1/pem.h"
#include "key/signature.h"

#include "certificate_extensions.h"
#include "distinguished_name.h"
#include "key.h"
#include "module.h"
#include "unreadable.h"
#include "value.h"

/* certificate == other: the same DER. */
static tls_bytes
identity(const void *counted)
{
    return ((const tls_certificate *)counted)->der;
}

TLS_LUA_DEFINE_OBJECT(certificate, tls_certificate, "certificate", 0, identity)

/* ---- For the other files ---- */

void
tls_lua_push_certificate(lua_State *L, const tls_certificate *certificate)
{
    tls_lua_object_push(L, &tls_lua_certificate_class, certificate);
}

enum tls_reason
tls_lua_push_certificate_der(lua_State *L, tls_bytes der)
{
    tls_lua_object *self = tls_lua_object_new(L, &tls_lua_certificate_class);
    tls_certificate *certificate = NULL;
    enum tls_reason reason = tls_certificate_from_der(&certificate, der);

    self->counted = certificate;
    if (reason != TLS_OK)
        lua_pop(L, 1);
    return reason;
}

void
tls_lua_push_chain(lua_State *L, const tls_certificate *const *chain, size_t count)
{
    size_t i;

    lua_createtable(L, (int)count, 0);
    for (i = 0; i < count; i++) {
        tls_lua_push_certificate(L, chain[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
}

/* ---- core.certificates ---- */

static void
release_list(void *list)
{
    tls_certificate_list_release(list);
}

/* Holds what was loaded while Lua makes objects of it. */
static const tls_lua_object_class list_class = {
    "bearssl.certificate_list", "list", 0, NULL, release_list, NULL};

/* core.certificates(string) -> list of certificate objects, leaf first as in the file
 * | nil, message, "bad_pem" (no certificate in it) | "bad_certificate" (one could not be parsed)
 * | "out_of_memory" */
static int
load(lua_State *L)
{
    tls_bytes bytes = tls_lua_check_bytes(L, 1);
    tls_lua_object *holder = tls_lua_object_new(L, &list_class);
    tls_certificate_list *list = NULL;
    enum tls_reason reason = tls_certificates_load(&list, bytes);

    holder->counted = list;
    if (reason != TLS_OK)
        return tls_lua_unreadable(L, reason, TLS_WANTED_CERTIFICATE, bytes, NULL);
    tls_lua_push_chain(L, (const tls_certificate *const *)list->items, list->count);
    tls_lua_object_close(&list_class, holder);
    return 1;
}

/* ---- Methods ---- */

/* certificate:subject() -> list of { oid = dotted, name = "CN" or nil, value = UTF-8 }, RFC 4514
 * text */
static int
subject(lua_State *L)
{
    return tls_lua_push_name_pair(L, tls_lua_check_certificate(L, 1)->subject);
}

/* certificate:issuer() -> the same of the issuer */
static int
issuer(lua_State *L)
{
    return tls_lua_push_name_pair(L, tls_lua_check_certificate(L, 1)->issuer);
}

/* certificate:version() -> 1, 2 or 3 */
static int
version(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)tls_lua_check_certificate(L, 1)->version);
    return 1;
}

/* certificate:serial() -> serial number in lower-case hex, "-" before a negative one */
static int
serial(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);
    tls_buffer *text = tls_lua_buffer(L);

    tls_certificate_serial_text(text, certificate);
    tls_lua_finish_buffer(L, text);
    return 1;
}

/* certificate:not_before() -> seconds since the epoch: the first instant of validity */
static int
not_before(lua_State *L)
{
    tls_lua_push_int64(L, tls_lua_check_certificate(L, 1)->not_before);
    return 1;
}

/* certificate:not_after() -> seconds since the epoch: the last instant of validity */
static int
not_after(lua_State *L)
{
    tls_lua_push_int64(L, tls_lua_check_certificate(L, 1)->not_after);
    return 1;
}

/* certificate:der() -> the whole certificate, DER */
static int
der(lua_State *L)
{
    tls_lua_push_bytes(L, tls_lua_check_certificate(L, 1)->der);
    return 1;
}

/* certificate:pem() -> the whole certificate, PEM */
static int
pem(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);
    tls_buffer *text = tls_lua_buffer(L);

    tls_pem_encode(text, "CERTIFICATE", certificate->der);
    tls_lua_finish_buffer(L, text);
    return 1;
}

static int
push_fingerprint(lua_State *L, tls_bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    const char *name = lua_isnoneornil(L, 2) ? "sha256" : tls_lua_check_text(L, 2);
    int hash = tls_hash_from_name(name);
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM];
    char text[2 * TLS_FINGERPRINT_MAXIMUM];
    size_t length = hash > 0 ? tls_fingerprint(digest, hash, bytes) : 0;
    size_t i;

    luaL_argcheck(L, length > 0, 2, "unknown hash");
    for (i = 0; i < length; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    lua_pushlstring(L, text, 2 * length);
    return 1;
}

/* certificate:fingerprint([hash]) -> lower-case hex digest of the DER. hash: "sha256" (default),
 * "sha1", "sha224", "sha384", "sha512", "md5" */
static int
fingerprint(lua_State *L)
{
    return push_fingerprint(L, tls_lua_check_certificate(L, 1)->der);
}

/* certificate:public_key_fingerprint([hash]) -> the same of the SubjectPublicKeyInfo, for a pin */
static int
public_key_fingerprint(lua_State *L)
{
    return push_fingerprint(L, tls_lua_check_certificate(L, 1)->public_key_info);
}

/* certificate:public_key() -> { type = "RSA" | "RSA-PSS" | "EC" | nil, bits = n or nil,
 * curve = "P-256" … or nil, oid = algorithm, der = SubjectPublicKeyInfo, and modulus, exponent or
 * point } */
static int
public_key(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);

    tls_lua_push_public_key(L, &certificate->public_key);
    tls_lua_set_bytes(L, "der", certificate->public_key_info);
    return 1;
}

/* certificate:signature_algorithm() -> name ("sha256WithRSAEncryption", "ecdsa-with-SHA256" …; nil
 * when it has none), dotted OID */
static int
signature_algorithm(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);
    const char *name = tls_signature_algorithm_name(&certificate->signature_algorithm);
    tls_buffer *oid;

    lua_pushstring(L, name);
    oid = tls_lua_buffer(L);
    tls_oid_text(oid, certificate->signature_algorithm.oid);
    tls_lua_finish_buffer(L, oid);
    return 2;
}

/* certificate:signature() -> the signature's bytes */
static int
signature(lua_State *L)
{
    tls_lua_push_bytes(L, tls_lua_check_certificate(L, 1)->signature);
    return 1;
}

/* certificate:is_ca() -> boolean: basicConstraints says so */
static int
is_ca(lua_State *L)
{
    lua_pushboolean(L, tls_lua_check_certificate(L, 1)->is_ca);
    return 1;
}

/* certificate:path_length() -> pathLenConstraint, or nil */
static int
path_length(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);

    if (certificate->path_length < 0)
        lua_pushnil(L);
    else
        lua_pushinteger(L, certificate->path_length);
    return 1;
}

static int
push_uris(lua_State *L, tls_bytes (*at)(const tls_certificate *, size_t))
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);
    tls_bytes uri;
    size_t i;

    lua_newtable(L);
    for (i = 0; (uri = at(certificate, i)).length > 0; i++) {
        tls_lua_push_bytes(L, uri);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* certificate:ocsp_uris() -> list of strings */
static int
ocsp_uris(lua_State *L)
{
    return push_uris(L, tls_certificate_ocsp_uri);
}

/* certificate:issuer_uris() -> list of strings: where the issuer's certificate can be fetched */
static int
issuer_uris(lua_State *L)
{
    return push_uris(L, tls_certificate_issuer_uri);
}

/* certificate:crl_uris() -> list of strings */
static int
crl_uris(lua_State *L)
{
    return push_uris(L, tls_certificate_crl_uri);
}

static int
push_identifier(lua_State *L, const tls_certificate *certificate, unsigned bit, tls_bytes value)
{
    if (certificate->present & bit)
        tls_lua_push_bytes(L, value);
    else
        lua_pushnil(L);
    return 1;
}

/* certificate:subject_key_identifier() -> bytes or nil */
static int
subject_key_identifier(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);

    return push_identifier(
        L, certificate, TLS_HAS_SUBJECT_KEY_IDENTIFIER, certificate->subject_key_identifier);
}

/* certificate:authority_key_identifier() -> bytes or nil */
static int
authority_key_identifier(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);

    return push_identifier(
        L, certificate, TLS_HAS_AUTHORITY_KEY_IDENTIFIER, certificate->authority_key_identifier);
}

/* certificate:must_staple() -> boolean: RFC 7633 */
static int
must_staple(lua_State *L)
{
    lua_pushboolean(L, tls_lua_check_certificate(L, 1)->must_staple);
    return 1;
}

/* certificate:is_self_signed() -> boolean: issued by itself, and its own key verifies it */
static int
is_self_signed(lua_State *L)
{
    lua_pushboolean(L, tls_certificate_is_self_signed(tls_lua_check_certificate(L, 1)));
    return 1;
}

/* certificate:matches(name) -> boolean: is it for this DNS name or IP address (RFC 9525)? */
static int
matches(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);

    lua_pushboolean(L, tls_hostname_verify(certificate, tls_lua_check_bytes(L, 2)) == TLS_OK);
    return 1;
}

/* certificate:text() -> for people to read, as `openssl x509 -text` prints it */
static int
text(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);
    tls_buffer *out = tls_lua_buffer(L);

    tls_certificate_dump(out, certificate);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* certificate:pin() -> base64 of the SHA-256 of its SubjectPublicKeyInfo (RFC 7469) */
static int
pin(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM];
    size_t length = tls_fingerprint(digest, TLS_HASH_SHA256, certificate->public_key_info);
    tls_buffer *out = tls_lua_buffer(L);

    tls_base64_encode(out, tls_bytes_make(digest, length));
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* certificate:expires_in([time]) -> seconds until its last valid instant from `time` (seconds since
 * the epoch; now); negative when it has expired */
static int
expires_in(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);
    int64_t from = lua_isnoneornil(L, 2) ? (int64_t)time(NULL) : tls_lua_check_time(L, 2);

    tls_lua_push_int64(L, certificate->not_after - from);
    return 1;
}

/* certificate:issued(other) -> boolean: `other` names it as its issuer and is signed with its key
 */
static int
issued(lua_State *L)
{
    const tls_certificate *self = tls_lua_check_certificate(L, 1);
    const tls_certificate *other = tls_lua_check_certificate(L, 2);

    lua_pushboolean(L, tls_name_equal(self->subject, other->issuer) &&
                           tls_verify_signature(&self->public_key, &other->signature_algorithm,
                               other->to_be_signed, other->signature) == TLS_OK);
    return 1;
}

/* tostring(certificate) -> "bearssl.certificate: <subject>", or its address when it has none */
static int
tostring(lua_State *L)
{
    const tls_certificate *certificate;

    luaL_checkudata(L, 1, tls_lua_certificate_class.name);
    certificate = tls_lua_object_share(L, 1, &tls_lua_certificate_class);
    if (certificate == NULL || tls_name_is_empty(certificate->subject)) {
        tls_lua_push_address(L, tls_lua_certificate_class.name, 1);
        return 1;
    }
    lua_pushfstring(L, "%s: ", tls_lua_certificate_class.name);
    tls_lua_push_name_text(L, certificate->subject);
    lua_concat(L, 2);
    return 1;
}

static const luaL_Reg methods[] = {
    {"subject", subject},
    {"issuer", issuer},
    {"version", version},
    {"serial", serial},
    {"not_before", not_before},
    {"not_after", not_after},
    {"der", der},
    {"pem", pem},
    {"fingerprint", fingerprint},
    {"public_key_fingerprint", public_key_fingerprint},
    {"public_key", public_key},
    {"signature_algorithm", signature_algorithm},
    {"signature", signature},
    {"is_ca", is_ca},
    {"path_length", path_length},
    {"ocsp_uris", ocsp_uris},
    {"issuer_uris", issuer_uris},
    {"crl_uris", crl_uris},
    {"subject_key_identifier", subject_key_identifier},
    {"authority_key_identifier", authority_key_identifier},
    {"must_staple", must_staple},
    {"is_self_signed", is_self_signed},
    {"matches", matches},
    {"text", text},
    {"pin", pin},
    {"expires_in", expires_in},
    {"issued", issued},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {{"__tostring", tostring}, {NULL, NULL}};

static const luaL_Reg list_methods[] = {{NULL, NULL}};

const luaL_Reg tls_lua_certificate_functions[] = {{"certificates", load}, {NULL, NULL}};

void
tls_lua_open_certificate(lua_State *L)
{
    tls_lua_object_open(L, &tls_lua_certificate_class, methods, metamethods);
    tls_lua_add_methods(L, tls_lua_certificate_class.name, tls_lua_certificate_extension_methods);
    tls_lua_object_open(L, &list_class, list_methods, NULL);
}

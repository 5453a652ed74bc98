/* certificate_more.c - class "bearssl.certificate": its names, extensions and relations; and what
 * certificates, requests and CRLs share of it. */
#include "classes.h"

#include <string.h>
#include <time.h>

#include "issue/certificate_dump.h"
#include "x509/distinguished_name_match.h"
#include "asn1/pem.h"
#include "x509/signed_certificate_timestamp.h"

/* ---- Shared ---- */

static void
set_oid(lua_State *L, const char *field, tls_bytes oid)
{
    tls_buffer *text = tls_lua_buffer(L);

    tls_oid_text(text, oid);
    tls_lua_finish_buffer(L, text);
    lua_setfield(L, -2, field);
}

/* push_attributes pushes the list of a name's attributes in the order of the encoding. */
static void
push_attributes(lua_State *L, tls_bytes name)
{
    tls_name_reader reader;
    tls_name_attribute attribute;
    unsigned last = 0;
    int count = 0;

    lua_newtable(L);
    tls_name_begin(&reader, name);
    while (tls_name_next(&reader, &attribute)) {
        tls_buffer *value;

        lua_createtable(L, 0, 3);
        set_oid(L, "oid", attribute.oid);
        tls_lua_set_string(L, "name", tls_name_attribute_keyword(attribute.oid));
        value = tls_lua_buffer(L);
        tls_name_string_utf8(value, attribute.tag, attribute.value);
        tls_lua_finish_buffer(L, value);
        lua_setfield(L, -2, "value");
        if (count > 0 && attribute.rdn == last)
            tls_lua_set_boolean(L, "joined", 1);
        last = attribute.rdn;
        lua_rawseti(L, -2, ++count);
    }
}

void
tls_lua_push_name_text(lua_State *L, tls_bytes name)
{
    tls_buffer *text = tls_lua_buffer(L);

    tls_name_text(text, name);
    tls_lua_finish_buffer(L, text);
}

void
tls_lua_push_name(lua_State *L, tls_bytes name)
{
    if (tls_name_check(name)) {
        push_attributes(L, name);
        tls_lua_push_name_text(L, name);
        lua_setfield(L, -2, "text");
    } else {
        lua_newtable(L);
    }
    tls_lua_set_bytes(L, "der", name);
}

int
tls_lua_push_name_pair(lua_State *L, tls_bytes name)
{
    push_attributes(L, name);
    tls_lua_push_name_text(L, name);
    return 2;
}

void
tls_lua_push_general_names(lua_State *L, tls_bytes names)
{
    tls_general_name name;
    tls_der reader;
    int count = 0;

    lua_newtable(L);
    tls_general_names_begin(&reader, names);
    while (tls_general_names_next(&reader, &name)) {
        tls_buffer *value;

        lua_createtable(L, 0, 2);
        tls_lua_set_string(L, "type", tls_general_name_kind_name(name.kind));
        value = tls_lua_buffer(L);
        tls_general_name_text(value, &name);
        tls_lua_finish_buffer(L, value);
        lua_setfield(L, -2, "value");
        lua_rawseti(L, -2, ++count);
    }
}

void
tls_lua_push_key_usage(lua_State *L, const tls_certificate *certificate)
{
    unsigned bit;
    int count = 0;

    if ((certificate->present & TLS_HAS_KEY_USAGE) == 0) {
        lua_pushnil(L);
        return;
    }
    lua_newtable(L);
    for (bit = 0; bit < TLS_KEY_USAGE_COUNT; bit++) {
        if (certificate->key_usage & (1u << bit)) {
            lua_pushstring(L, tls_key_usage_name(bit));
            lua_rawseti(L, -2, ++count);
        }
    }
}

void
tls_lua_push_extended_key_usage(lua_State *L, const tls_certificate *certificate)
{
    tls_bytes oid;
    tls_der reader;
    int count = 0;

    if ((certificate->present & TLS_HAS_EXTENDED_KEY_USAGE) == 0) {
        lua_pushnil(L);
        return;
    }
    lua_newtable(L);
    tls_der_init(&reader, certificate->extended_key_usages);
    while (tls_purpose_next(&reader, &oid)) {
        const char *name = tls_extended_key_usage_name(oid);

        if (name != NULL) {
            lua_pushstring(L, name);
        } else {
            tls_buffer *text = tls_lua_buffer(L);

            tls_oid_text(text, oid);
            tls_lua_finish_buffer(L, text);
        }
        lua_rawseti(L, -2, ++count);
    }
}

void
tls_lua_push_certificate_extensions(lua_State *L, const tls_certificate *certificate)
{
    tls_extension_view extension;
    tls_der reader;
    int count = 0;

    lua_newtable(L);
    tls_der_init(&reader, certificate->extensions);
    while (tls_certificate_extension_next(&reader, &extension)) {
        lua_createtable(L, 0, 4);
        set_oid(L, "oid", extension.oid);
        tls_lua_set_string(L, "name", tls_extension_name(extension.oid));
        tls_lua_set_boolean(L, "critical", extension.critical);
        tls_lua_set_bytes(L, "value", extension.value);
        lua_rawseti(L, -2, ++count);
    }
}

/* ---- Methods ---- */

/* certificate:names() -> list of { type = "DNS" | "IP" | "email" | "URI" | "dirName" | …, value =
 * text } of subjectAltName, empty without one */
static int
names(lua_State *L)
{
    tls_lua_push_general_names(L, tls_lua_check_certificate(L, 1)->alternative_names);
    return 1;
}

/* certificate:key_usage() -> list of "digitalSignature", "keyCertSign" …, or nil without the
 * extension */
static int
key_usage(lua_State *L)
{
    tls_lua_push_key_usage(L, tls_lua_check_certificate(L, 1));
    return 1;
}

/* certificate:extended_key_usage() -> list of "serverAuth" … (dotted OIDs where there is no name),
 * or nil without the extension */
static int
extended_key_usage(lua_State *L)
{
    tls_lua_push_extended_key_usage(L, tls_lua_check_certificate(L, 1));
    return 1;
}

/* certificate:extensions() -> list of { oid =, name = "basicConstraints" … or nil, critical =
 * boolean, value = DER } */
static int
extensions(lua_State *L)
{
    tls_lua_push_certificate_extensions(L, tls_lua_check_certificate(L, 1));
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

/* certificate:scts() -> list of { version = 1, log_id = 32 bytes, timestamp = seconds since the
 * epoch with milliseconds, extensions = bytes, hash_algorithm, signature_algorithm = numbers of RFC
 * 5246 section 7.4.1.4.1, signature =, raw = }, empty without any; of other versions only version
 * and raw. Their signatures are not checked. */
static int
scts(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);
    tls_sct_reader reader;
    int count = 0;
    tls_sct sct;

    lua_newtable(L);
    tls_sct_begin(&reader, tls_certificate_sct_list(certificate));
    while (tls_sct_next(&reader, &sct)) {
        lua_createtable(L, 0, 8);
        tls_lua_set_integer(L, "version", sct.version);
        tls_lua_set_bytes(L, "raw", sct.raw);
        if (sct.version == 1) {
            tls_lua_set_bytes(L, "log_id", sct.log_id);
            lua_pushnumber(L, (lua_Number)sct.timestamp / 1000);
            lua_setfield(L, -2, "timestamp");
            tls_lua_set_bytes(L, "extensions", sct.extensions);
            tls_lua_set_integer(L, "hash_algorithm", sct.hash_algorithm);
            tls_lua_set_integer(L, "signature_algorithm", sct.signature_algorithm);
            tls_lua_set_bytes(L, "signature", sct.signature);
        }
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

/* certificate:extension(oid) -> DER of its value, critical (boolean); or nil when it is absent.
 * oid: dotted */
static int
extension(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);
    const char *dotted = luaL_checkstring(L, 2);
    tls_buffer *oid = tls_lua_buffer(L);
    tls_extension_view found;

    luaL_argcheck(L, tls_oid_from_text(oid, dotted), 2, "not a dotted OID");
    if (!tls_certificate_extension(certificate, &found, tls_buffer_view(oid))) {
        lua_pushnil(L);
        return 1;
    }
    tls_lua_push_bytes(L, found.value);
    lua_pushboolean(L, found.critical);
    return 2;
}

const luaL_Reg tls_lua_certificate_more_methods[] = {
    {"names", names},
    {"key_usage", key_usage},
    {"extended_key_usage", extended_key_usage},
    {"extensions", extensions},
    {"text", text},
    {"pin", pin},
    {"expires_in", expires_in},
    {"issued", issued},
    {"scts", scts},
    {"extension", extension},
    {NULL, NULL},
};

/* certificate_extensions.c - class "bearssl.certificate": its extensions; and what requests share
 * of them. */
#include "certificate_extensions.h"

#include "x509/signed_certificate_timestamp.h"

#include "certificate.h"
#include "distinguished_name.h"
#include "value.h"

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
        tls_lua_set_oid(L, "oid", extension.oid);
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
    const char *dotted = tls_lua_check_text(L, 2);
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

const luaL_Reg tls_lua_certificate_extension_methods[] = {
    {"names", names},
    {"key_usage", key_usage},
    {"extended_key_usage", extended_key_usage},
    {"extensions", extensions},
    {"scts", scts},
    {"extension", extension},
    {NULL, NULL},
};

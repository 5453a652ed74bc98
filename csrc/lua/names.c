/* names.c - the numbers of TLS and their names, as functions of the module. No policy is made here:
 * defaults and validation are the Lua layer's. */
#include <string.h>

#include "crypto/key_exchange.h"
#include "kernel/choice.h"
#include "wire/registry.h"
#include "key/signature.h"
#include "wire/compression.h"
#include "wire/suite.h"
#include "x509/certificate.h"

#include "message.h"
#include "module.h"
#include "value.h"

/* push_registry pushes the list { {id=, name=}… } of what is `supported` in a registry. */
static int
push_registry(lua_State *L, enum tls_registry registry, int (*supported)(unsigned id))
{
    const char *name;
    unsigned id;
    size_t i;
    int count = 0;

    lua_newtable(L);
    for (i = 0; tls_registry_entry(registry, i, &id, &name); i++) {
        if (!supported(id))
            continue;
        lua_createtable(L, 0, 2);
        tls_lua_set_integer(L, "id", id);
        tls_lua_set_string(L, "name", name);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

/* What tls_context_new accepts; of groups and schemes, tls_group_supported and
 * tls_scheme_supported. */
static int
supported_version(unsigned id)
{
    return id >= TLS_VERSION_10 && id <= TLS_VERSION_13;
}

static int
push_id(lua_State *L, int id)
{
    if (id < 0)
        lua_pushnil(L);
    else
        lua_pushinteger(L, id);
    return 1;
}

static int
push_ids(lua_State *L, const uint16_t *ids, size_t count)
{
    size_t i;

    lua_createtable(L, (int)count, 0);
    for (i = 0; i < count; i++) {
        lua_pushinteger(L, ids[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* check_name: the name that stands first. One with a NUL in it is nobody's, as "" is; C would take
 * it for what stands before. */
static const char *
check_name(lua_State *L)
{
    size_t length;
    const char *name = luaL_checklstring(L, 1, &length);

    return strlen(name) == length ? name : "";
}

static int
registry_id(lua_State *L, enum tls_registry registry)
{
    return push_id(L, tls_registry_id(registry, check_name(L)));
}

static int
registry_name(lua_State *L, enum tls_registry registry)
{
    lua_pushstring(L, tls_registry_name(registry, tls_lua_check_id(L, 1)));
    return 1;
}

/* core.suites() -> list of the cipher suites that this library knows in full: { id =, name = RFC
 * name, openssl_name =, key_exchange = "ECDHE", authentication = "RSA", cipher = "AES", mode =
 * "GCM", key_bits =, min_version = "TLSv1.2", max_version =, min_version_id =, max_version_id =,
 * forward_secrecy =, aead =, weak =, supported = boolean: this build can negotiate it } */
static int
suites(lua_State *L)
{
    const tls_suite *suite;
    size_t i;

    lua_newtable(L);
    for (i = 0; (suite = tls_suite_at(i)) != NULL; i++) {
        lua_createtable(L, 0, 16);
        tls_lua_set_integer(L, "id", suite->id);
        tls_lua_set_string(L, "name", suite->name);
        tls_lua_set_string(L, "openssl_name", suite->openssl_name);
        tls_lua_set_string(L, "key_exchange", tls_suite_key_exchange_name(suite));
        tls_lua_set_string(L, "authentication", tls_suite_authentication_name(suite));
        tls_lua_set_string(L, "cipher", tls_suite_cipher_name(suite));
        tls_lua_set_string(L, "mode", tls_suite_mode_name(suite));
        tls_lua_set_integer(L, "key_bits", suite->key_bits);
        tls_lua_set_named(L, "min_version", TLS_REGISTRY_VERSION, suite->version_min);
        tls_lua_set_named(L, "max_version", TLS_REGISTRY_VERSION, suite->version_max);
        tls_lua_set_boolean(L, "forward_secrecy", suite->flags & TLS_SUITE_FORWARD_SECRECY);
        tls_lua_set_boolean(L, "aead", suite->flags & TLS_SUITE_AEAD);
        tls_lua_set_boolean(L, "weak", suite->flags & TLS_SUITE_WEAK);
        tls_lua_set_boolean(L, "supported", 1);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* core.suite_id(name) -> number of a suite by its RFC or OpenSSL name, or nil */
static int
suite_id(lua_State *L)
{
    return push_id(L, tls_suite_id(check_name(L)));
}

/* core.suite_name(id) -> RFC name of any suite that IANA knows, or nil */
static int
suite_name(lua_State *L)
{
    lua_pushstring(L, tls_suite_name(tls_lua_check_id(L, 1)));
    return 1;
}

/* core.policy(name [, has_aes]) -> list of ids: "modern", "compatible" or "tls13", with what this
 * processor does well first (has_aes: what core.has_aes() says when it is nil); nil for an unknown
 * name */
static int
policy(lua_State *L)
{
    size_t count;
    const uint16_t *list = tls_suite_policy(check_name(L), &count);
    int has_aes = lua_isnoneornil(L, 2) ? tls_processor_has_aes() : lua_toboolean(L, 2);
    uint16_t *ordered;

    if (list == NULL) {
        lua_pushnil(L);
        return 1;
    }
    ordered = tls_lua_userdata(L, count * sizeof *ordered + 1, 0);
    memcpy(ordered, list, count * sizeof *ordered);
    tls_suite_order(ordered, count, has_aes);
    return push_ids(L, ordered, count);
}

/* core.groups() -> list of { id =, name = "x25519" … }: what this build can do */
static int
groups(lua_State *L)
{
    return push_registry(L, TLS_REGISTRY_GROUP, tls_group_supported);
}

/* core.default_groups() -> list of ids: those of a context that is given none, in order */
static int
default_groups(lua_State *L)
{
    size_t count;
    const uint16_t *ids = tls_context_default_groups(&count);

    return push_ids(L, ids, count);
}

/* core.group_id(name) -> number ("P-256" and other aliases are known), or nil */
static int
group_id(lua_State *L)
{
    return registry_id(L, TLS_REGISTRY_GROUP);
}

/* core.group_is_curve(id) -> boolean: suites up to TLS 1.2 can use it */
static int
group_is_curve(lua_State *L)
{
    lua_pushboolean(L, tls_group_is_curve((unsigned)luaL_checkinteger(L, 1)));
    return 1;
}

/* core.group_name(id) -> name or nil */
static int
group_name(lua_State *L)
{
    return registry_name(L, TLS_REGISTRY_GROUP);
}

/* core.schemes() -> list of { id =, name = "ecdsa_secp256r1_sha256" … }: what this build can do */
static int
schemes(lua_State *L)
{
    return push_registry(L, TLS_REGISTRY_SIGNATURE_SCHEME, tls_scheme_supported);
}

/* core.default_schemes() -> list of ids: those of a context that is given none, in order */
static int
default_schemes(lua_State *L)
{
    size_t count;
    const uint16_t *ids = tls_context_default_schemes(&count);

    return push_ids(L, ids, count);
}

/* core.scheme_id(name) -> number ("ECDSA+SHA256" and its like are known), or nil */
static int
scheme_id(lua_State *L)
{
    return registry_id(L, TLS_REGISTRY_SIGNATURE_SCHEME);
}

/* core.scheme_name(id) -> name or nil */
static int
scheme_name(lua_State *L)
{
    return registry_name(L, TLS_REGISTRY_SIGNATURE_SCHEME);
}

/* core.versions() -> list of { id =, name = "TLSv1.2" … }: what this build can do */
static int
versions(lua_State *L)
{
    return push_registry(L, TLS_REGISTRY_VERSION, supported_version);
}

/* core.version_id(name) -> number ("1.2" and other aliases are known), or nil */
static int
version_id(lua_State *L)
{
    return registry_id(L, TLS_REGISTRY_VERSION);
}

/* core.version_name(id) -> name or nil */
static int
version_name(lua_State *L)
{
    return registry_name(L, TLS_REGISTRY_VERSION);
}

/* core.alert_name(number) -> "handshake_failure" … or nil */
static int
alert_name(lua_State *L)
{
    return registry_name(L, TLS_REGISTRY_ALERT);
}

/* core.alert_number(name) -> number or nil */
static int
alert_number(lua_State *L)
{
    return registry_id(L, TLS_REGISTRY_ALERT);
}

/* core.extension_name(id) -> "server_name" … or nil */
static int
extension_name(lua_State *L)
{
    return registry_name(L, TLS_REGISTRY_EXTENSION);
}

/* core.extension_id(name) -> number or nil */
static int
extension_id(lua_State *L)
{
    return registry_id(L, TLS_REGISTRY_EXTENSION);
}

/* core.stages() -> list of stage names in the order of the bits of a stage mask, from bit 0 */
static int
stages(lua_State *L)
{
    int i;

    lua_createtable(L, TLS_STAGE_COUNT, 0);
    for (i = 0; i < TLS_STAGE_COUNT; i++) {
        lua_pushstring(L, tls_stage_name((enum tls_stage)i));
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* core.decisions() -> list of decision names in the order of the bits of a decision mask */
static int
decisions(lua_State *L)
{
    int i;

    lua_createtable(L, TLS_DECISION_COUNT, 0);
    for (i = 0; i < TLS_DECISION_COUNT; i++) {
        lua_pushstring(L, tls_decision_name((enum tls_decision)i));
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* core.reason(code) -> the sentence of an error code, and the name of the alert that it sends (nil
 * for none); nil for an unknown code */
static int
reason(lua_State *L)
{
    enum tls_reason found = tls_reason_from_code(check_name(L));
    int alert;

    if (found == TLS_OK) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushstring(L, tls_reason_sentence(found));
    alert = tls_reason_alert(found);
    lua_pushstring(
        L, alert == TLS_ALERT_NONE ? NULL : tls_registry_name(TLS_REGISTRY_ALERT, (unsigned)alert));
    return 2;
}

/* core.codes() -> list of { code =, kind =, message =, alert = the name of the one that is sent,
 * nil for none }: all that the core knows a reason for */
static int
codes(lua_State *L)
{
    int i;

    lua_createtable(L, TLS_REASON_COUNT, 0);
    for (i = 1; i < TLS_REASON_COUNT; i++) {
        enum tls_reason found = (enum tls_reason)i;
        int alert = tls_reason_alert(found);

        lua_createtable(L, 0, 4);
        tls_lua_set_string(L, "code", tls_reason_code(found));
        tls_lua_set_string(L, "kind", tls_reason_kind_name(tls_reason_kind(found)));
        tls_lua_set_string(L, "message", tls_reason_sentence(found));
        if (alert != TLS_ALERT_NONE)
            tls_lua_set_string(L, "alert", tls_registry_name(TLS_REGISTRY_ALERT, (unsigned)alert));
        lua_rawseti(L, -2, i);
    }
    return 1;
}

static int
any(unsigned id)
{
    (void)id;
    return 1;
}

/* core.alerts() -> list of { id =, name = "handshake_failure" … }: all that have a name */
static int
alerts(lua_State *L)
{
    return push_registry(L, TLS_REGISTRY_ALERT, any);
}

/* core.has_aes() -> boolean: the processor has AES instructions */
static int
has_aes(lua_State *L)
{
    lua_pushboolean(L, tls_processor_has_aes());
    return 1;
}

/* core.kernels() -> { sha256 = "sha-ni", x25519 = "bearssl" … }: what computes each primitive */
static int
kernels(lua_State *L)
{
    const char *primitive, *implementation;
    size_t i;

    lua_newtable(L);
    for (i = 0; tls_kernels_entry(i, &primitive, &implementation); i++)
        tls_lua_set_string(L, primitive, implementation);
    return 1;
}

/* core.compressions() -> list of { id =, name = "brotli" … }: what compresses certificates in this
 * build, best first */
static int
compressions(lua_State *L)
{
    return push_registry(L, TLS_REGISTRY_CERTIFICATE_COMPRESSION, tls_compression_supported);
}

/* core.compression_id(name) -> number of an algorithm that IANA knows, or nil */
static int
compression_id(lua_State *L)
{
    return registry_id(L, TLS_REGISTRY_CERTIFICATE_COMPRESSION);
}

/* core.compression_name(id) -> name or nil */
static int
compression_name(lua_State *L)
{
    return registry_name(L, TLS_REGISTRY_CERTIFICATE_COMPRESSION);
}

/* core.usages() -> the list of the names of key usages, and the list of those of extended ones */
static int
usages(lua_State *L)
{
    static const unsigned char any[] = {0x55, 0x1D, 37, 0};
    unsigned char purpose[] = {0x2B, 6, 1, 5, 5, 7, 3, 0}; /* RFC 5280 section 4.2.1.12 */
    unsigned i;
    int count = 1;

    lua_createtable(L, TLS_KEY_USAGE_COUNT, 0);
    for (i = 0; i < TLS_KEY_USAGE_COUNT; i++) {
        lua_pushstring(L, tls_key_usage_name(i));
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_newtable(L);
    lua_pushstring(L, tls_extended_key_usage_name(tls_bytes_make(any, sizeof any)));
    lua_rawseti(L, -2, count);
    for (i = 1; i < 128; i++) {
        purpose[7] = (unsigned char)i;
        lua_pushstring(L, tls_extended_key_usage_name(tls_bytes_make(purpose, sizeof purpose)));
        if (lua_isnil(L, -1))
            lua_pop(L, 1);
        else
            lua_rawseti(L, -2, ++count);
    }
    return 2;
}

const luaL_Reg tls_lua_names_functions[] = {
    {"usages", usages},
    {"kernels", kernels},
    {"compressions", compressions},
    {"compression_id", compression_id},
    {"compression_name", compression_name},
    {"suites", suites},
    {"suite_id", suite_id},
    {"suite_name", suite_name},
    {"policy", policy},
    {"groups", groups},
    {"default_groups", default_groups},
    {"group_id", group_id},
    {"group_is_curve", group_is_curve},
    {"group_name", group_name},
    {"schemes", schemes},
    {"default_schemes", default_schemes},
    {"scheme_id", scheme_id},
    {"scheme_name", scheme_name},
    {"versions", versions},
    {"version_id", version_id},
    {"version_name", version_name},
    {"alert_name", alert_name},
    {"alert_number", alert_number},
    {"extension_name", extension_name},
    {"extension_id", extension_id},
    {"stages", stages},
    {"decisions", decisions},
    {"reason", reason},
    {"codes", codes},
    {"alerts", alerts},
    {"has_aes", has_aes},
    {NULL, NULL},
};

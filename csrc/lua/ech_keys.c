/* ech_keys.c - class "bearssl.ech_keys": the keys to which clients encrypt their hello (RFC 9849);
 * and what an ECHConfigList says.
 *
 *     keys = core.ech_keys(options | PEM)
 *
 * Contexts share the object: what changes in it holds for all of them at once. Nothing here shows a
 * secret but pem. */
#include "ech_keys.h"

#include <string.h>

#include "session/ech_open.h"

#include "module.h"
#include "option.h"
#include "value.h"

TLS_LUA_DEFINE_OBJECT(ech_keys, tls_ech_keys, "ech keys", 0, NULL)

/* put adds the key that the value at `index` stands for: PEM, or { public_name =,
 * maximum_name_length = 0 … 255 (0), kem = "x25519" (nil) | "secp256r1" }. */
static enum tls_reason
put(lua_State *L, tls_ech_keys *keys, int index, int retire)
{
    static const char *const kems[] = {"x25519", "secp256r1", NULL};
    static const unsigned groups[] = {TLS_GROUP_X25519, TLS_GROUP_SECP256R1};
    tls_ech_key_options options = {0};

    if (lua_type(L, index) == LUA_TSTRING)
        return tls_ech_keys_load(keys, tls_lua_check_bytes(L, index), retire);
    luaL_checktype(L, index, LUA_TTABLE);
    options.maximum_name_length =
        (unsigned)tls_lua_option_integer(L, index, "maximum_name_length", 0, 0, 255);
    options.group = groups[tls_lua_option_choice(L, index, "kem", kems, 0)];
    options.public_name = tls_lua_option_text(L, index, "public_name");
    if (options.public_name == NULL)
        return (enum tls_reason)luaL_error(L, "option 'public_name' must be a host name");
    return tls_ech_keys_generate(keys, &options, retire);
}

/* failed tells what a file that is no key file lacks: keys of certificates are taken for some. */
static int
failed(lua_State *L, int index, enum tls_reason reason)
{
    if (lua_type(L, index) != LUA_TSTRING || strstr(lua_tostring(L, index), "ECHCONFIG") != NULL)
        return tls_lua_failure(L, reason);
    return tls_lua_failure_text(L, reason,
        "a key file for Encrypted ClientHello has PEM blocks PRIVATE KEY and ECHCONFIG, and this "
        "has no ECHCONFIG");
}

/* core.ech_keys(what) -> keys: a new one where `what` is a table, or those of a PEM file: see put
 * | nil, message, "bad_pem" | "bad_key" | "bad_ech_config" | "unsupported_key" | "encrypted_key" |
 * "bad_name" | "limit" | "no_random" | "out_of_memory" */
static int
make(lua_State *L)
{
    tls_ech_keys *keys = NULL;
    tls_lua_object *self;
    enum tls_reason reason;

    lua_settop(L, 1);
    self = tls_lua_object_new(L, &tls_lua_ech_keys_class);
    reason = tls_ech_keys_new(&keys);
    if (tls_lua_object_made(L, self, keys, reason) != 1)
        return 3;
    reason = put(L, keys, 1, 0);
    lua_settop(L, 2);
    return reason == TLS_OK ? 1 : failed(L, 1, reason);
}

static int
add_or_rotate(lua_State *L, int retire)
{
    enum tls_reason reason = put(L, tls_lua_check_ech_keys(L, 1), 2, retire);

    if (reason != TLS_OK)
        return failed(L, 2, reason);
    lua_pushboolean(L, 1);
    return 1;
}

/* keys:add(what) -> true: one more that is current | nil, message, code, as core.ech_keys */
static int
add(lua_State *L)
{
    return add_or_rotate(L, 0);
}

/* keys:rotate(what) -> true: what was current before is still accepted, and not published any more
 * | nil, message, code */
static int
rotate(lua_State *L)
{
    return add_or_rotate(L, 1);
}

/* keys:config_list() -> the ECHConfigList of the current ones: public */
static int
config_list(lua_State *L)
{
    tls_buffer *out = tls_lua_buffer(L);
    enum tls_reason reason = tls_ech_keys_config_list(tls_lua_check_ech_keys(L, 1), out);

    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* keys:pem([accepted]) -> PEM with the secrets of the current ones; accepted: of the others */
static int
pem(lua_State *L)
{
    tls_buffer *out;
    enum tls_reason reason;
    int others = lua_toboolean(L, 2);

    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TBOOLEAN);
    lua_settop(L, 2);
    out = tls_lua_buffer(L);
    reason = tls_ech_keys_export(tls_lua_check_ech_keys(L, 1), out, !others);
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* keys:count() -> number of keys, those included that are only accepted */
static int
count(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)tls_ech_keys_count(tls_lua_check_ech_keys(L, 1)));
    return 1;
}

/* ---- Lists ---- */

/* core.ech_fault(list) -> nil where a client can use an ECHConfigList, or why not */
static int
fault(lua_State *L)
{
    const char *text = NULL;
    tls_ech_config config;
    tls_hpke_suite suite;

    if (tls_ech_choose(tls_lua_check_bytes(L, 1), &config, &suite, &text) == TLS_OK)
        lua_pushnil(L);
    else
        lua_pushstring(L, text);
    return 1;
}

static void
push_suites(lua_State *L, tls_bytes suites)
{
    tls_reader reader;
    int n = 0;

    lua_newtable(L);
    tls_reader_init(&reader, suites);
    while (!tls_reader_at_end(&reader)) {
        lua_createtable(L, 0, 2);
        tls_lua_set_integer(L, "kdf", tls_read_u16(&reader));
        tls_lua_set_integer(L, "aead", tls_read_u16(&reader));
        lua_rawseti(L, -2, ++n);
    }
}

/* core.ech_configs(list) -> list of { version =, and of the known version config_id, kem =
 * numbers, public_key = bytes, suites = list of { kdf =, aead = numbers }, maximum_name_length,
 * public_name, mandatory = boolean: it has an extension that is not known and must be, usable =
 * boolean: a client here would take it, raw } | nil, message, "bad_ech_config" */
static int
configs(lua_State *L)
{
    tls_bytes list = tls_lua_check_bytes(L, 1);
    tls_ech_config config;
    tls_reader reader;
    int n = 0;

    if (tls_ech_config_list_check(list) != TLS_OK)
        return tls_lua_failure(L, TLS_REASON_BAD_ECH_CONFIG);
    lua_newtable(L);
    (void)tls_ech_config_list_open(&reader, list);
    while (tls_ech_config_next(&reader, &config)) {
        lua_createtable(L, 0, 10);
        tls_lua_set_integer(L, "version", config.version);
        tls_lua_set_bytes(L, "raw", config.raw);
        tls_lua_set_boolean(L, "usable", tls_ech_is_usable(&config));
        if (config.version == TLS_ECH_VERSION) {
            tls_lua_set_integer(L, "config_id", config.config_id);
            tls_lua_set_integer(L, "kem", config.kem);
            tls_lua_set_bytes(L, "public_key", config.public_key);
            push_suites(L, config.suites);
            lua_setfield(L, -2, "suites");
            tls_lua_set_integer(L, "maximum_name_length", config.maximum_name_length);
            tls_lua_set_bytes(L, "public_name", config.public_name);
            tls_lua_set_boolean(L, "mandatory", config.mandatory);
        }
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

static const luaL_Reg methods[] = {
    {"add", add},
    {"rotate", rotate},
    {"config_list", config_list},
    {"pem", pem},
    {"count", count},
    {NULL, NULL},
};

const luaL_Reg tls_lua_ech_keys_functions[] = {
    {"ech_keys", make},
    {"ech_fault", fault},
    {"ech_configs", configs},
    {NULL, NULL},
};

void
tls_lua_open_ech_keys(lua_State *L)
{
    tls_lua_object_open(L, &tls_lua_ech_keys_class, methods, NULL);
}

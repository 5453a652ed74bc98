/* credential.c - chains and credentials of the caller's tables as the core wants them: arrays of
 * what objects of our own hold, so that no finalizer can take an element away. */
#include "credential.h"

#include <string.h>

#include "certificate.h"
#include "key.h"
#include "option.h"
#include "value.h"

/* push_chain pushes one table that holds the certificates of the list at `list`, and the array of
 * them, which it returns. */
static const tls_certificate **
push_chain(lua_State *L, int list, const char *what, size_t *count)
{
    const tls_certificate **chain;
    int holder;
    size_t i;

    if (!lua_istable(L, list))
        luaL_error(
            L, "%s must be a list of certificate objects, not %s", what, luaL_typename(L, list));
    *count = tls_lua_length(L, list);
    /* TLS_CHAIN_MAXIMUM is the core's to demand: how many a file holds is no mistake of the caller.
     */
    if (*count > 0xFFFFFF)
        luaL_error(L, "%s is too long", what);
    lua_createtable(L, (int)*count + 1, 0);
    holder = lua_gettop(L);
    chain = tls_lua_userdata(L, (*count + 1) * sizeof *chain, 0);
    lua_rawseti(L, holder, (int)*count + 1);
    for (i = 0; i < *count; i++) {
        lua_rawgeti(L, list, (int)i + 1);
        chain[i] = tls_lua_object_share(L, -1, &tls_lua_certificate_class);
        if (chain[i] == NULL)
            luaL_error(L, "%s: element %d must be an open certificate object", what, (int)i + 1);
        lua_rawseti(L, holder, (int)i + 1);
        lua_pop(L, 1);
    }
    return chain;
}

const tls_certificate **
tls_lua_check_chain(lua_State *L, int index, const char *what, size_t *count)
{
    return push_chain(L, tls_lua_absolute(L, index), what, count);
}

void
tls_lua_check_credential(lua_State *L, int index, const char *what, tls_credential *credential)
{
    int table = tls_lua_absolute(L, index), holder;

    if (!lua_istable(L, table))
        luaL_error(
            L, "%s must be a table with chain and key, not %s", what, luaL_typename(L, table));
    memset(credential, 0, sizeof *credential);
    lua_getfield(L, table, "chain");
    credential->chain = push_chain(L, lua_gettop(L), what, &credential->chain_count);
    lua_replace(L, -2);
    holder = lua_gettop(L);
    lua_getfield(L, table, "key");
    credential->key = tls_lua_object_share(L, -1, &tls_lua_key_class);
    if (credential->key == NULL)
        luaL_error(L, "%s: key must be an open key object", what);
    lua_setfield(L, holder, "key");
    lua_pop(L, 1);
    lua_getfield(L, table, "ocsp_response");
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return;
    }
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "%s: ocsp_response must be a string", what);
    credential->ocsp_response = tls_lua_check_bytes(L, lua_gettop(L));
    lua_setfield(L, holder, "ocsp_response");
}

const tls_credential *
tls_lua_option_credentials(lua_State *L, int table, const char *name, size_t *count)
{
    int list = tls_lua_option_table(L, table, name), anchor;
    tls_credential *credentials;
    size_t i;

    *count = 0;
    if (list == 0)
        return NULL;
    *count = tls_lua_length(L, list);
    if (*count > 0xFFFF)
        luaL_error(L, "option '%s' is too long", name);
    /* One table holds the array and the holders. */
    lua_createtable(L, (int)*count + 1, 0);
    anchor = lua_gettop(L);
    credentials = tls_lua_userdata(L, (*count + 1) * sizeof *credentials, 0);
    lua_rawseti(L, anchor, (int)*count + 1);
    for (i = 0; i < *count; i++) {
        lua_rawgeti(L, list, (int)i + 1);
        tls_lua_check_credential(L, -1, "a credential", &credentials[i]);
        lua_rawseti(L, anchor, (int)i + 1);
        lua_pop(L, 1);
    }
    lua_replace(L, list);
    return credentials;
}

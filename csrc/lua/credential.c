/* credential.c - chains and credentials of the caller's tables as the core wants them: arrays that
 * hold counts of their own in a scratch userdata, so that no finalizer can take an element away. */
#include "classes.h"

#include <string.h>

#define HOLDER_CLASS "bearssl.credential"

enum { SLOT_OCSP_RESPONSE = 1, SLOTS = 1 }; /* of a holder */

typedef struct holder {
    tls_private_key *key;
    size_t count;
    const tls_certificate *chain[];
} holder;

static holder *
make_holder(lua_State *L, int list, const char *what)
{
    size_t count, i;
    holder *self;

    if (!lua_istable(L, list))
        luaL_error(
            L, "%s must be a list of certificate objects, not %s", what, luaL_typename(L, list));
    count = tls_lua_length(L, list);
    /* TLS_CHAIN_MAXIMUM is the core's to demand: how many a file holds is no mistake of the caller.
     */
    if (count > 0xFFFFFF)
        luaL_error(L, "%s is too long", what);
    self = tls_lua_new(L, HOLDER_CLASS, sizeof *self + count * sizeof self->chain[0], SLOTS);
    for (i = 0; i < count; i++) {
        tls_certificate *certificate;

        lua_rawgeti(L, list, (int)i + 1);
        certificate = tls_lua_test_certificate(L, -1);
        if (certificate == NULL)
            luaL_error(L, "%s: element %d must be an open certificate object", what, (int)i + 1);
        self->chain[i] = tls_certificate_retain(certificate);
        self->count = i + 1;
        lua_pop(L, 1);
    }
    return self;
}

const tls_certificate **
tls_lua_check_chain(lua_State *L, int index, const char *what, size_t *count)
{
    holder *self = make_holder(L, tls_lua_absolute(L, index), what);

    *count = self->count;
    return self->chain;
}

void
tls_lua_check_credential(lua_State *L, int index, const char *what, tls_credential *credential)
{
    int table = tls_lua_absolute(L, index);
    tls_private_key *key;
    holder *self;

    if (!lua_istable(L, table))
        luaL_error(
            L, "%s must be a table with chain and key, not %s", what, luaL_typename(L, table));
    lua_getfield(L, table, "chain");
    self = make_holder(L, lua_gettop(L), what);
    if (self->count == 0)
        luaL_error(L, "%s has no certificate", what);
    lua_replace(L, -2);
    lua_getfield(L, table, "key");
    key = tls_lua_test_key(L, -1);
    if (key == NULL)
        luaL_error(L, "%s: key must be an open key object", what);
    self->key = tls_private_key_retain(key);
    lua_pop(L, 1);
    memset(credential, 0, sizeof *credential);
    credential->chain = self->chain;
    credential->chain_count = self->count;
    credential->key = self->key;
    lua_getfield(L, table, "ocsp_response");
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return;
    }
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "%s: ocsp_response must be a string", what);
    credential->ocsp_response = tls_lua_check_bytes(L, lua_gettop(L));
    tls_lua_keep(L, -2, SLOT_OCSP_RESPONSE);
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

static int
gc(lua_State *L)
{
    holder *self = luaL_checkudata(L, 1, HOLDER_CLASS);

    while (self->count > 0)
        tls_certificate_release((tls_certificate *)self->chain[--self->count]);
    tls_private_key_release(self->key);
    self->key = NULL;
    return 0;
}

static const luaL_Reg methods[] = {{NULL, NULL}};
static const luaL_Reg metamethods[] = {{"__gc", gc}, {NULL, NULL}};

void
tls_lua_open_credential(lua_State *L)
{
    tls_lua_class(L, HOLDER_CLASS, methods, metamethods);
}

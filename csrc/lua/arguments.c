/* arguments.c - no method of an object takes more than it looks at: a table of options that is
 * passed over would fail open. */
#include <string.h>

#include "module.h"

static const char *const classes[] = {"certificate", "key", "trust", "session", "ticket_keys",
    "request", "crl", "ocsp_response", "ech_keys"};

/* The methods that take something beside the object, and how much at most. */
static const struct {
    const char *class_name, *method;
    int count;
} takes[] = {
    {"certificate", "fingerprint", 1},
    {"certificate", "public_key_fingerprint", 1},
    {"certificate", "matches", 1},
    {"certificate", "expires_in", 1},
    {"certificate", "issued", 1},
    {"certificate", "extension", 1},
    {"key", "pem", 2},
    {"key", "matches", 1},
    {"key", "sign", 2},
    {"key", "decrypt", 1},
    {"trust", "add", 1},
    {"trust", "add_certificate", 1},
    {"trust", "replace", 1},
    {"trust", "certificate", 1},
    {"trust", "contains", 1},
    {"trust", "verify", 2},
    {"session", "resumable", 2},
    {"ticket_keys", "rotate", 1},
    {"ticket_keys", "replace", 2},
    {"ech_keys", "add", 1},
    {"ech_keys", "rotate", 1},
    {"ech_keys", "pem", 1},
    {"crl", "revoked", 1},
    {"crl", "covers", 1},
    {"crl", "verify", 3},
    {"ocsp_response", "status", 4},
};

static int
count_of(const char *class_name, const char *method)
{
    size_t i;

    for (i = 0; i < sizeof takes / sizeof takes[0]; i++)
        if (strcmp(takes[i].class_name, class_name) == 0 && strcmp(takes[i].method, method) == 0)
            return takes[i].count;
    return 0;
}

/* limited runs its first upvalue, in its own frame, unless there is more than the second says. A
 * number may stand right behind the last where that is a text: gsub gives one. */
static int
limited(lua_State *L)
{
    int count = (int)lua_tointeger(L, lua_upvalueindex(2)), i;

    for (i = count + 2; i <= lua_gettop(L); i++)
        if (!lua_isnil(L, i) && !(i == count + 2 && count > 0 && lua_type(L, i) == LUA_TNUMBER &&
                                    lua_type(L, i - 1) == LUA_TSTRING))
            return luaL_error(L, "%s: one argument too many: a %s",
                lua_tostring(L, lua_upvalueindex(3)), luaL_typename(L, i));
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void
tls_lua_limit_arguments(lua_State *L)
{
    size_t i;

    for (i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        lua_pushfstring(L, "bearssl.%s", classes[i]);
        lua_rawget(L, LUA_REGISTRYINDEX);
        lua_getfield(L, -1, "__index");
        lua_pushnil(L);
        while (lua_next(L, -2)) {
            const char *method = lua_tostring(L, -2);

            lua_pushinteger(L, count_of(classes[i], method));
            lua_pushfstring(L, "%s:%s", classes[i], method);
            lua_pushcclosure(L, limited, 3);
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, -4);
        }
        lua_pop(L, 2);
    }
}

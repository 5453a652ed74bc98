/* option.c - see option.h. */
#include "option.h"

#include <string.h>

#include "value.h"

static int
wrong_option(lua_State *L, const char *name, const char *expected)
{
    return luaL_error(L, "option '%s' must be %s, not %s", name, expected, luaL_typename(L, -1));
}

lua_Integer
tls_lua_option_integer(lua_State *L, int table, const char *name, lua_Integer otherwise,
    lua_Integer minimum, lua_Integer maximum)
{
    lua_Number number;

    lua_getfield(L, table, name);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return otherwise;
    }
    if (lua_type(L, -1) != LUA_TNUMBER)
        wrong_option(L, name, "an integer");
    number = lua_tonumber(L, -1);
    if (!(number >= (lua_Number)minimum && number <= (lua_Number)maximum) ||
        number != (lua_Number)(lua_Integer)number)
        luaL_error(
            L, "option '%s' must be an integer of %d to %d", name, (int)minimum, (int)maximum);
    lua_pop(L, 1);
    return (lua_Integer)number;
}

int
tls_lua_option_is_zero(lua_State *L, int table, const char *name)
{
    int zero;

    lua_getfield(L, table, name);
    zero = lua_type(L, -1) == LUA_TNUMBER && lua_tonumber(L, -1) == 0;
    lua_pop(L, 1);
    return zero;
}

int64_t
tls_lua_option_time(lua_State *L, int table, const char *name, int64_t otherwise)
{
    lua_Number seconds;

    lua_getfield(L, table, name);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return otherwise;
    }
    seconds = lua_tonumber(L, -1);
    if (lua_type(L, -1) != LUA_TNUMBER || !tls_lua_is_time(seconds))
        wrong_option(L, name, "a time in seconds");
    lua_pop(L, 1);
    return (int64_t)seconds;
}

int
tls_lua_option_boolean(lua_State *L, int table, const char *name)
{
    int value;

    lua_getfield(L, table, name);
    if (!lua_isnil(L, -1) && !lua_isboolean(L, -1))
        wrong_option(L, name, "a boolean");
    value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

const char *
tls_lua_option_text(lua_State *L, int table, const char *name)
{
    const char *text;
    size_t length;

    lua_getfield(L, table, name);
    if (lua_isnil(L, -1))
        return NULL;
    if (lua_type(L, -1) != LUA_TSTRING)
        wrong_option(L, name, "a string");
    text = lua_tolstring(L, -1, &length);
    if (strlen(text) != length)
        luaL_error(L, "option '%s' must not hold a zero byte", name);
    return text;
}

tls_bytes
tls_lua_option_bytes(lua_State *L, int table, const char *name)
{
    lua_getfield(L, table, name);
    if (lua_isnil(L, -1))
        return tls_bytes_make(NULL, 0);
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "option '%s' must be a string", name);
    return tls_lua_check_bytes(L, lua_gettop(L));
}

int
tls_lua_option_table(lua_State *L, int table, const char *name)
{
    lua_getfield(L, table, name);
    if (lua_isnil(L, -1))
        return 0;
    if (!lua_istable(L, -1))
        wrong_option(L, name, "a table");
    return lua_gettop(L);
}

int
tls_lua_option_choice(
    lua_State *L, int table, const char *name, const char *const *names, int otherwise)
{
    const char *text = tls_lua_option_text(L, table, name);
    int i;

    for (i = 0; text != NULL && names[i] != NULL; i++) {
        if (strcmp(text, names[i]) == 0) {
            lua_pop(L, 1);
            return i;
        }
    }
    if (text != NULL)
        luaL_error(L, "option '%s': '%s' is not known", name, text);
    lua_pop(L, 1);
    return otherwise;
}

const char *const tls_lua_verify_modes[] = {"none", "optional", "required", "report", NULL};

enum tls_verify_mode
tls_lua_option_verify(lua_State *L, int table)
{
    return (enum tls_verify_mode)(
        TLS_VERIFY_NONE + tls_lua_option_choice(L, table, "verify", tls_lua_verify_modes, -1));
}

const uint16_t *
tls_lua_option_list16(lua_State *L, int table, const char *name, size_t *count)
{
    int list = tls_lua_option_table(L, table, name);
    uint16_t *values;
    size_t i;

    *count = 0;
    if (list == 0)
        return NULL;
    *count = tls_lua_length(L, list);
    if (*count > 0xFFFF)
        luaL_error(L, "option '%s' is too long", name);
    /* One more, so that an empty list is not the same as none. */
    values = tls_lua_userdata(L, (*count + 1) * sizeof *values, 0);
    for (i = 0; i < *count; i++) {
        lua_Number number;

        lua_rawgeti(L, list, (int)i + 1);
        number = lua_tonumber(L, -1);
        if (lua_type(L, -1) != LUA_TNUMBER || !(number >= 0 && number <= 0xFFFF))
            luaL_error(
                L, "option '%s': element %d must be an integer of 0 to 65535", name, (int)i + 1);
        values[i] = (uint16_t)number;
        lua_pop(L, 1);
    }
    lua_replace(L, list);
    return values;
}

const tls_bytes *
tls_lua_option_alpn(lua_State *L, int table, size_t *count)
{
    int list = tls_lua_option_table(L, table, "alpn"), anchor;
    tls_bytes *names;
    size_t i;

    *count = 0;
    if (list == 0)
        return NULL;
    *count = tls_lua_length(L, list);
    if (*count > 0xFFFF)
        luaL_error(L, "option 'alpn' is too long");
    lua_createtable(L, (int)*count + 1, 0);
    anchor = lua_gettop(L);
    names = tls_lua_userdata(L, (*count + 1) * sizeof *names, 0);
    lua_rawseti(L, anchor, (int)*count + 1);
    for (i = 0; i < *count; i++) {
        size_t length;

        lua_rawgeti(L, list, (int)i + 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "option 'alpn': element %d must be a string", (int)i + 1);
        names[i].data = (const unsigned char *)lua_tolstring(L, -1, &length);
        names[i].length = length;
        if (length == 0 || length > 255)
            luaL_error(L, "option 'alpn': element %d must have 1 to 255 bytes", (int)i + 1);
        lua_rawseti(L, anchor, (int)i + 1);
    }
    lua_replace(L, list);
    return names;
}

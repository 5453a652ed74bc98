/* helpers.c - see helpers.h. */
#include "helpers.h"

#include <string.h>

#define BUFFER_CLASS "bearssl.buffer"

/* ---- Classes ---- */

static int
default_tostring(lua_State *L)
{
    tls_lua_push_address(L, lua_tostring(L, lua_upvalueindex(1)), 1);
    return 1;
}

void
tls_lua_class(
    lua_State *L, const char *class_name, const luaL_Reg *methods, const luaL_Reg *metamethods)
{
    luaL_newmetatable(L, class_name);
    lua_pushstring(L, class_name);
    lua_setfield(L, -2, "__name");
    lua_pushstring(L, class_name);
    lua_pushcclosure(L, default_tostring, 1);
    lua_setfield(L, -2, "__tostring");
    tls_lua_functions(L, metamethods);
    lua_getfield(L, -1, "__close");
    if (lua_isnil(L, -1)) {
        lua_getfield(L, -2, "__gc");
        lua_setfield(L, -3, "__close");
    }
    lua_pop(L, 1);
    lua_newtable(L);
    tls_lua_functions(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

void *
tls_lua_new(lua_State *L, const char *class_name, size_t size, int slots)
{
    void *object = tls_lua_userdata(L, size, slots);

    lua_getfield(L, LUA_REGISTRYINDEX, class_name);
    lua_setmetatable(L, -2);
    tls_lua_make_slots(L, -1, slots);
    return object;
}

void
tls_lua_push_address(lua_State *L, const char *class_name, int index)
{
    lua_pushfstring(L, "%s: %p", class_name, lua_touserdata(L, index));
}

/* ---- Scratch ---- */

static int
buffer_gc(lua_State *L)
{
    tls_buffer *buffer = luaL_checkudata(L, 1, BUFFER_CLASS);

    tls_buffer_release(buffer);
    return 0;
}

static const luaL_Reg no_methods[] = {{NULL, NULL}};
static const luaL_Reg buffer_metamethods[] = {{"__gc", buffer_gc}, {NULL, NULL}};

tls_buffer *
tls_lua_buffer(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, BUFFER_CLASS);
    if (lua_isnil(L, -1))
        tls_lua_class(L, BUFFER_CLASS, no_methods, buffer_metamethods);
    lua_pop(L, 1);
    return tls_lua_new(L, BUFFER_CLASS, sizeof(tls_buffer), 0);
}

void
tls_lua_push_buffer(lua_State *L, const tls_buffer *buffer)
{
    if (buffer->failed)
        luaL_error(L, "not enough memory");
    tls_lua_push_bytes(L, tls_buffer_view(buffer));
}

void
tls_lua_finish_buffer(lua_State *L, tls_buffer *buffer)
{
    tls_lua_push_buffer(L, buffer);
    tls_buffer_release(buffer);
    lua_remove(L, -2);
}

/* ---- Failures ---- */

int
tls_lua_failure_text(lua_State *L, enum tls_reason reason, const char *text)
{
    lua_pushnil(L);
    lua_pushstring(L, text != NULL && text[0] != '\0' ? text : tls_reason_sentence(reason));
    lua_pushstring(L, tls_reason_code(reason));
    return 3;
}

int
tls_lua_failure(lua_State *L, enum tls_reason reason)
{
    return tls_lua_failure_text(L, reason, NULL);
}

/* ---- Arguments ---- */

tls_bytes
tls_lua_check_bytes(lua_State *L, int index)
{
    size_t length;
    const char *data;

    /* Not luaL_checklstring: a number is no byte string. */
    luaL_checktype(L, index, LUA_TSTRING);
    data = lua_tolstring(L, index, &length);
    return tls_bytes_make(data, length);
}

/* Beyond this a double has no whole seconds, and a conversion would be undefined. */
static int
is_time(lua_Number seconds)
{
    return seconds > -9e15 && seconds < 9e15;
}

int64_t
tls_lua_check_time(lua_State *L, int index)
{
    lua_Number seconds = luaL_checknumber(L, index);

    luaL_argcheck(L, is_time(seconds), index, "not a time");
    return (int64_t)seconds;
}

unsigned
tls_lua_check_id(lua_State *L, int index)
{
    lua_Number id = luaL_checknumber(L, index);

    luaL_argcheck(L, id >= 0 && id <= 0xFFFF, index, "must be an integer of 0 to 65535");
    return (unsigned)id;
}

/* ---- Options ---- */

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

unsigned
tls_lua_option_depth(lua_State *L, int table, const char *name, lua_Integer maximum, int *none)
{
    lua_Integer depth = tls_lua_option_integer(L, table, name, -1, 0, maximum);

    *none = depth == 0;
    return depth < 0 ? 0 : (unsigned)depth;
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
    if (lua_type(L, -1) != LUA_TNUMBER || !is_time(seconds))
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

/* ---- Results ---- */

void
tls_lua_push_bytes(lua_State *L, tls_bytes bytes)
{
    lua_pushlstring(L, bytes.length > 0 ? (const char *)bytes.data : "", bytes.length);
}

void
tls_lua_set_string(lua_State *L, const char *field, const char *value)
{
    if (value == NULL)
        return;
    lua_pushstring(L, value);
    lua_setfield(L, -2, field);
}

void
tls_lua_set_bytes(lua_State *L, const char *field, tls_bytes value)
{
    tls_lua_push_bytes(L, value);
    lua_setfield(L, -2, field);
}

void
tls_lua_set_some(lua_State *L, const char *field, tls_bytes value)
{
    if (value.length > 0)
        tls_lua_set_bytes(L, field, value);
}

void
tls_lua_set_integer(lua_State *L, const char *field, int64_t value)
{
    tls_lua_push_int64(L, value);
    lua_setfield(L, -2, field);
}

void
tls_lua_set_boolean(lua_State *L, const char *field, int value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, field);
}

/* value.c - see value.h. */
#include "value.h"

#include <string.h>

#include "object.h"

#define BUFFER_CLASS "bearssl.buffer"

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

int
tls_lua_milliseconds(lua_State *L, int index)
{
    double seconds;

    if (lua_isnoneornil(L, index))
        return -1;
    seconds = luaL_checknumber(L, index);
    return !(seconds > 0) ? 0 : seconds > 1e6 ? 1000000000 : (int)(seconds * 1000) + 1;
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

const char *
tls_lua_check_text(lua_State *L, int index)
{
    size_t length;
    const char *text = luaL_checklstring(L, index, &length);

    luaL_argcheck(L, strlen(text) == length, index, "must have no NUL in it");
    return text;
}

int
tls_lua_is_time(lua_Number seconds)
{
    return seconds > -9e15 && seconds < 9e15;
}

int64_t
tls_lua_check_time(lua_State *L, int index)
{
    lua_Number seconds = luaL_checknumber(L, index);

    luaL_argcheck(L, tls_lua_is_time(seconds), index, "not a time");
    return (int64_t)seconds;
}

unsigned
tls_lua_check_id(lua_State *L, int index)
{
    lua_Number id = luaL_checknumber(L, index);

    luaL_argcheck(L, id >= 0 && id <= 0xFFFF, index, "must be an integer of 0 to 65535");
    return (unsigned)id;
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

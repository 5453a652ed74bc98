/* compat.c - see compat.h. */
#include "compat.h"

#include <string.h>

int
tls_lua_absolute(lua_State *L, int index)
{
    /* Pseudo-indices lie below every real one. */
    return index > 0 || index <= LUA_REGISTRYINDEX ? index : lua_gettop(L) + index + 1;
}

size_t
tls_lua_length(lua_State *L, int index)
{
#if LUA_VERSION_NUM >= 502
    return (size_t)lua_rawlen(L, index);
#else
    return lua_objlen(L, index);
#endif
}

void *
tls_lua_test(lua_State *L, int index, const char *class_name)
{
    void *object = lua_touserdata(L, index);
    int same;

    if (object == NULL || !lua_getmetatable(L, index))
        return NULL;
    lua_getfield(L, LUA_REGISTRYINDEX, class_name);
    same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same ? object : NULL;
}

void
tls_lua_functions(lua_State *L, const luaL_Reg *functions)
{
    for (; functions->name != NULL; functions++) {
        lua_pushcfunction(L, functions->func);
        lua_setfield(L, -2, functions->name);
    }
}

void *
tls_lua_userdata(lua_State *L, size_t size, int slots)
{
    void *object;

#if LUA_VERSION_NUM >= 504
    object = lua_newuserdatauv(L, size, slots);
#else
    (void)slots;
    object = lua_newuserdata(L, size);
#endif
    memset(object, 0, size);
    return object;
}

void
tls_lua_make_slots(lua_State *L, int index, int slots)
{
#if LUA_VERSION_NUM >= 504
    (void)L;
    (void)index;
    (void)slots;
#else
    if (slots == 0)
        return;
    index = tls_lua_absolute(L, index);
    lua_createtable(L, slots, 0);
#if LUA_VERSION_NUM >= 502
    lua_setuservalue(L, index);
#else
    lua_setfenv(L, index);
#endif
#endif
}

void
tls_lua_keep(lua_State *L, int index, int slot)
{
#if LUA_VERSION_NUM >= 504
    lua_setiuservalue(L, index, slot);
#else
    index = tls_lua_absolute(L, index);
#if LUA_VERSION_NUM >= 502
    lua_getuservalue(L, index);
#else
    lua_getfenv(L, index);
#endif
    lua_insert(L, -2);
    lua_rawseti(L, -2, slot);
    lua_pop(L, 1);
#endif
}

void
tls_lua_kept(lua_State *L, int index, int slot)
{
#if LUA_VERSION_NUM >= 504
    lua_getiuservalue(L, index, slot);
#else
    index = tls_lua_absolute(L, index);
#if LUA_VERSION_NUM >= 502
    lua_getuservalue(L, index);
#else
    lua_getfenv(L, index);
#endif
    lua_rawgeti(L, -1, slot);
    lua_remove(L, -2);
#endif
}

void
tls_lua_push_int64(lua_State *L, int64_t value)
{
#if LUA_VERSION_NUM >= 503
    lua_pushinteger(L, (lua_Integer)value);
#else
    lua_pushnumber(L, (lua_Number)value);
#endif
}

void
tls_lua_push_uint64(lua_State *L, uint64_t value)
{
    tls_lua_push_int64(L, (int64_t)value);
}

/* preload.c - the library's modules for package.preload. */
#include "bearssl_lua.h"

#include <lauxlib.h>

#include "modules.h"

int luaopen_bearssl_core(lua_State *L);

/* What require calls: runs the file with the module's name as its argument, as require does. */
static int
load_module(lua_State *L)
{
    const bearssl_module *module = lua_touserdata(L, lua_upvalueindex(1));

    if (luaL_loadbuffer(L, (const char *)module->source, module->length, module->chunk) != 0)
        return lua_error(L);
    lua_pushstring(L, module->name);
    lua_call(L, 1, 1);
    return 1;
}

/* push_package pushes package[name], also where the host shows scripts no package. */
static void
push_package(lua_State *L, const char *name)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    if (lua_istable(L, -1)) {
        lua_getfield(L, -1, "package");
        lua_remove(L, -2);
    }
    if (lua_istable(L, -1)) {
        lua_getfield(L, -1, name);
        lua_remove(L, -2);
    }
    if (!lua_istable(L, -1))
        luaL_error(
            L, "bearssl_preload: the state has no package library: call luaL_openlibs first");
}

void
bearssl_preload(lua_State *L)
{
    size_t i;

    luaL_checkstack(L, 4, "bearssl_preload");
    push_package(L, "preload");
    for (i = 0; i < bearssl_module_count; i++) {
        lua_pushlightuserdata(L, (void *)&bearssl_modules[i]);
        lua_pushcclosure(L, load_module, 1);
        lua_setfield(L, -2, bearssl_modules[i].name);
    }
    lua_pushcfunction(L, luaopen_bearssl_core);
    lua_setfield(L, -2, "bearssl.core");
    lua_pop(L, 1);
}

int
luaopen_bearssl(lua_State *L)
{
    bearssl_preload(L);
    push_package(L, "loaded");
    lua_getfield(L, -1, "bearssl");
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        push_package(L, "preload");
        lua_getfield(L, -1, "bearssl");
        lua_call(L, 0, 1);
        lua_pushvalue(L, -1);
        lua_setfield(L, -4, "bearssl"); /* as require does, which must find no second one */
    }
    return 1;
}

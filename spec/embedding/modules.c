/* modules.c - what bearssl_preload and luaopen_bearssl leave in a state. */
#include <stdio.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "bearssl_lua.h"

static int
preload(lua_State *L)
{
    bearssl_preload(L);
    return 0;
}

static const char script[] =
    "for name in pairs(package.preload) do print('preload ' .. name) end\n"
    "print('the one that require gives: ' .. tostring(require 'bearssl' == bearssl))\n"
    "print('an error: ' .. select(2, pcall(bearssl.context, { nosuch = true })))\n";

int
main(void)
{
    lua_State *bare = luaL_newstate(), *L = luaL_newstate();

    lua_pushcfunction(bare, preload);
    if (lua_pcall(bare, 0, 0, 0) != 0)
        printf("without a package library: %s\n", lua_tostring(bare, -1));
    lua_close(bare);

    luaL_openlibs(L);
    lua_pushcfunction(L, luaopen_bearssl);
    lua_call(L, 0, 1);
    lua_getfield(L, -1, "_VERSION");
    printf("opened: %s\n", lua_tostring(L, -1));
    lua_pop(L, 1);
    lua_setglobal(L, "bearssl");
    if (luaL_loadstring(L, script) != 0 || lua_pcall(L, 0, 0, 0) != 0)
        printf("%s\n", lua_tostring(L, -1));
    lua_close(L);
    return 0;
}

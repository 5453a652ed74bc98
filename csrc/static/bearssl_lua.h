/* bearssl_lua.h - bearssl for Lua inside a program that has a Lua of its own: one archive, made by
 * `make static`, holds the C modules and the Lua files, so that nothing is looked for on a disk.
 *
 *     lua_State *L = luaL_newstate();
 *     luaL_openlibs(L);
 *     bearssl_preload(L);
 *     luaL_dostring(L, "local bearssl = require 'bearssl' ...");
 *
 * The archive is for one Lua, whose headers it was built with. A lua_State is used by one thread
 * at a time; several states in several threads share nothing that they could disturb. */
#ifndef BEARSSL_LUA_H
#define BEARSSL_LUA_H

#ifdef __cplusplus
extern "C" {
#endif

#include <lua.h> /* which says nothing of C++ itself */

/* Puts every module of the library into package.preload of a state, under the names that require
 * looks for: "bearssl", "bearssl.core", "bearssl.luasec" … Nothing is loaded yet. The state must
 * have its package library (luaL_openlibs, or luaopen_package). Raises a Lua error without it, and
 * when there is no memory. */
void bearssl_preload(lua_State *L);

/* The same, and leaves the module "bearssl" on the stack, the one that require gives: a
 * lua_CFunction for luaL_requiref, or for a table of libraries that a host opens. Returns 1. */
int luaopen_bearssl(lua_State *L);

#ifdef __cplusplus
}
#endif

#endif

/* compat.h - one source for Lua 5.1, LuaJIT 2.1, 5.2, 5.3, 5.4 and 5.5: what the versions call by
 * different names, or lack. Nothing outside compat.c looks at LUA_VERSION_NUM. */
#ifndef TLS_LUA_COMPAT_H
#define TLS_LUA_COMPAT_H

#include <stddef.h>
#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

#if !defined(LUA_VERSION_NUM) || LUA_VERSION_NUM < 501
#error "Lua 5.1 or later is needed"
#endif

/* tls_lua_absolute turns a stack index into one that pushing does not move. */
int tls_lua_absolute(lua_State *L, int index);
/* tls_lua_length: the raw length of a table or string. */
size_t tls_lua_length(lua_State *L, int index);
/* tls_lua_test returns the userdata if it is of that class (its metatable's registry name), or
 * NULL. */
void *tls_lua_test(lua_State *L, int index, const char *class_name);
/* tls_lua_functions adds functions to the table on the top of the stack. */
void tls_lua_functions(lua_State *L, const luaL_Reg *functions);
/* tls_lua_userdata pushes a zeroed userdata. Values that a userdata must keep alive stand in its
 * slots 1 … `slots`: user values from Lua 5.4 on, a table in the one user value (or, in 5.1, the
 * environment) before. */
void *tls_lua_userdata(lua_State *L, size_t size, int slots);
/* tls_lua_make_slots finishes tls_lua_userdata once the userdata has its metatable. */
void tls_lua_make_slots(lua_State *L, int index, int slots);
/* tls_lua_keep pops a value and puts it into a slot; tls_lua_kept pushes what is there. */
void tls_lua_keep(lua_State *L, int index, int slot);
void tls_lua_kept(lua_State *L, int index, int slot);
/* Integers: exact where the Lua has them, else as its double. */
void tls_lua_push_int64(lua_State *L, int64_t value);
void tls_lua_push_uint64(lua_State *L, uint64_t value);

#endif

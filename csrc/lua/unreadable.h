/* unreadable.h - what was handed in and cannot be used, in words. */
#ifndef TLS_LUA_UNREADABLE_H
#define TLS_LUA_UNREADABLE_H

#include "x509/unreadable.h"

#include "value.h"

/* tls_lua_unreadable is tls_lua_failure for `bytes` that a loader has refused: the message says
 * what they are. `password` as they were tried with, or NULL. */
int tls_lua_unreadable(lua_State *L, enum tls_reason reason, enum tls_wanted wanted,
    tls_bytes bytes, const tls_bytes *password);

/* tls_lua_unusable is the failure "unsupported_certificate" for a public key, which it names. */
int tls_lua_unusable(lua_State *L, tls_bytes public_key_info);

/* tls_lua_option_server_name is tls_lua_option_text for a server name: raises when it cannot be
 * one, and says what to give instead. */
const char *tls_lua_option_server_name(lua_State *L, int table, const char *option);

extern const luaL_Reg tls_lua_unreadable_functions[];

#endif

/* module.h - what each file puts into the module: classes, and functions of "bearssl.core". */
#ifndef TLS_LUA_MODULE_H
#define TLS_LUA_MODULE_H

#include "compat.h"

void tls_lua_open_certificate(lua_State *L);
void tls_lua_open_key(lua_State *L);
void tls_lua_open_request(lua_State *L);
void tls_lua_open_crl(lua_State *L);
void tls_lua_open_ocsp(lua_State *L);
void tls_lua_open_trust(lua_State *L);
void tls_lua_open_session(lua_State *L);
void tls_lua_open_ticket_keys(lua_State *L);
void tls_lua_open_ech_keys(lua_State *L);
void tls_lua_open_ech_opener(lua_State *L);
void tls_lua_open_context(lua_State *L);
void tls_lua_open_connection(lua_State *L);
void tls_lua_open_epoll(lua_State *L);
/* tls_lua_limit_arguments: the methods of the objects that are open raise for what they do not
 * take. */
void tls_lua_limit_arguments(lua_State *L);

extern const luaL_Reg tls_lua_certificate_functions[];
extern const luaL_Reg tls_lua_key_functions[];
extern const luaL_Reg tls_lua_password_cipher_functions[];
extern const luaL_Reg tls_lua_request_functions[];
extern const luaL_Reg tls_lua_issue_functions[];
extern const luaL_Reg tls_lua_crl_functions[];
extern const luaL_Reg tls_lua_ocsp_functions[];
extern const luaL_Reg tls_lua_trust_functions[];
extern const luaL_Reg tls_lua_session_functions[];
extern const luaL_Reg tls_lua_ticket_keys_functions[];
extern const luaL_Reg tls_lua_ech_keys_functions[];
extern const luaL_Reg tls_lua_ech_opener_functions[];
extern const luaL_Reg tls_lua_context_functions[];
extern const luaL_Reg tls_lua_context_options_functions[];
extern const luaL_Reg tls_lua_bounds_functions[];
extern const luaL_Reg tls_lua_connection_functions[];
extern const luaL_Reg tls_lua_stage_functions[];
extern const luaL_Reg tls_lua_descriptor_functions[];
extern const luaL_Reg tls_lua_names_functions[];
extern const luaL_Reg tls_lua_message_functions[];
extern const luaL_Reg tls_lua_message_build_functions[];
extern const luaL_Reg tls_lua_epoll_functions[];
extern const luaL_Reg tls_lua_path_functions[];
extern const luaL_Reg tls_lua_signal_functions[];

#endif

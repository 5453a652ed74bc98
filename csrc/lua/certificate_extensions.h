/* certificate_extensions.h - what certificates and requests say in extensions. */
#ifndef TLS_LUA_CERTIFICATE_EXTENSIONS_H
#define TLS_LUA_CERTIFICATE_EXTENSIONS_H

#include "tls.h"
#include "compat.h"

/* What certificate:names(), :key_usage(), :extended_key_usage(), :extensions() return. */
void tls_lua_push_general_names(lua_State *L, tls_bytes names);
void tls_lua_push_key_usage(lua_State *L, const tls_certificate *certificate);
void tls_lua_push_extended_key_usage(lua_State *L, const tls_certificate *certificate);
void tls_lua_push_certificate_extensions(lua_State *L, const tls_certificate *certificate);

extern const luaL_Reg tls_lua_certificate_extension_methods[];

#endif

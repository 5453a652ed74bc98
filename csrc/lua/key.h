/* key.h - class "bearssl.key". */
#ifndef TLS_LUA_KEY_H
#define TLS_LUA_KEY_H

#include "object.h"

TLS_LUA_DECLARE_OBJECT(key, tls_private_key);

/* tls_lua_push_public_key pushes what key:public_key() returns. */
void tls_lua_push_public_key(lua_State *L, const tls_public_key *key);

#endif

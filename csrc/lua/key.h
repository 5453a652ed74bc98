/* key.h - class "bearssl.key". */
#ifndef TLS_LUA_KEY_H
#define TLS_LUA_KEY_H

#include "object.h"

TLS_LUA_DECLARE_OBJECT(key, tls_private_key);

/* tls_lua_push_public_key pushes what key:public_key() returns. */
void tls_lua_push_public_key(lua_State *L, const tls_public_key *key);

/* tls_lua_push_key_info pushes the key of a peer, of which only the public half is known: a key
 * object as of core.external_key, or nil where there is none (no bytes). */
void tls_lua_push_key_info(lua_State *L, tls_bytes key_info);
/* tls_lua_push_public_half pushes such a key object of a key of our own. */
void tls_lua_push_public_half(lua_State *L, const tls_private_key *key);

#endif

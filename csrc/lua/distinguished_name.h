/* distinguished_name.h - Names of X.501 and object identifiers as Lua values. */
#ifndef TLS_LUA_DISTINGUISHED_NAME_H
#define TLS_LUA_DISTINGUISHED_NAME_H

#include "tls.h"
#include "compat.h"

/* tls_lua_push_name pushes { text = RFC 4514, der =, {oid=, name=, value=}… } of a Name element. */
void tls_lua_push_name(lua_State *L, tls_bytes name);
/* tls_lua_push_name_pair pushes the list of attributes and the text, and returns 2;
 * tls_lua_push_name_text the text. */
int tls_lua_push_name_pair(lua_State *L, tls_bytes name);
void tls_lua_push_name_text(lua_State *L, tls_bytes name);
/* tls_lua_set_oid sets a field of the table on the top to the dotted form. */
void tls_lua_set_oid(lua_State *L, const char *field, tls_bytes oid);

#endif

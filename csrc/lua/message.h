/* message.h - handshake messages, and what stands in them, as Lua tables. */
#ifndef TLS_LUA_MESSAGE_H
#define TLS_LUA_MESSAGE_H

#include "tls.h"
#include "compat.h"

/* tls_lua_message_fields adds the fields of a handshake message to the table on the top. TLS_OK, or
 * the reason for which the message could not be parsed. */
enum tls_reason tls_lua_message_fields(
    lua_State *L, tls_bytes raw, unsigned version, unsigned suite);
/* tls_lua_set_named sets field = name (nil when unknown) and field_id = id. */
void tls_lua_set_named(lua_State *L, const char *field, int registry, unsigned id);
/* tls_lua_set_suite sets cipher_suite and cipher_suite_id, nothing for 0. */
void tls_lua_set_suite(lua_State *L, unsigned suite);

/* tls_lua_push_numbers pushes a list of { id =, name = }. */
void tls_lua_push_numbers(lua_State *L, int registry, tls_bytes list);
void tls_lua_push_bytes_list(lua_State *L, int registry, tls_bytes list);

/* tls_lua_push_extensions pushes a list of { id =, name =, value =, raw = }. */
void tls_lua_push_extensions(lua_State *L, tls_bytes block, unsigned place);

#endif

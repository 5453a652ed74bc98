/* stage.h - the stages of a connection as message tables, and what was negotiated. */
#ifndef TLS_LUA_STAGE_H
#define TLS_LUA_STAGE_H

#include "tls.h"
#include "compat.h"

/* tls_lua_push_stage pushes the table of the stage that step reported last, or nil. */
void tls_lua_push_stage(lua_State *L, const tls_connection *connection);
/* tls_lua_push_message pushes the table of a received message: `select` asks with one. */
void tls_lua_push_message(
    lua_State *L, enum tls_stage stage, tls_bytes raw, unsigned version, unsigned suite);
/* tls_lua_set_raw makes `raw` readable on the table on the top, without standing in it. */
void tls_lua_set_raw(lua_State *L, tls_bytes raw);
/* tls_lua_info_fields adds what was negotiated to the table on the top. */
void tls_lua_info_fields(lua_State *L, const tls_connection *connection);

#endif

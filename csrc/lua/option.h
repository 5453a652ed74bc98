/* option.h - fields of a table of options; `table` is absolute or a positive index. Misuse raises
 * an error that names the option. */
#ifndef TLS_LUA_OPTION_H
#define TLS_LUA_OPTION_H

#include "tls.h"
#include "compat.h"

/* An integer of `minimum` … `maximum`, or `otherwise` when it is nil. */
lua_Integer tls_lua_option_integer(lua_State *L, int table, const char *name, lua_Integer otherwise,
    lua_Integer minimum, lua_Integer maximum);
/* tls_lua_option_is_zero: given, and 0, which the core takes for "not given". */
int tls_lua_option_is_zero(lua_State *L, int table, const char *name);
/* A time in seconds since the epoch. */
int64_t tls_lua_option_time(lua_State *L, int table, const char *name, int64_t otherwise);
int tls_lua_option_boolean(lua_State *L, int table, const char *name);
/* A string: pushes it, or nil, and returns it, or NULL. It may hold no NUL. */
const char *tls_lua_option_text(lua_State *L, int table, const char *name);
/* Bytes: pushes them, or nil, and views them; empty where there are none. */
tls_bytes tls_lua_option_bytes(lua_State *L, int table, const char *name);
/* A table: pushes it and returns its index, or pushes nil and returns 0. */
int tls_lua_option_table(lua_State *L, int table, const char *name);
/* One of the names, whose last is NULL: its position, or `otherwise` when it is nil. */
int tls_lua_option_choice(
    lua_State *L, int table, const char *name, const char *const *names, int otherwise);
/* The option `alpn`: pushes memory that holds the names (or nil: returns NULL). */
const tls_bytes *tls_lua_option_alpn(lua_State *L, int table, size_t *count);
/* The option `verify`: "none" … "report"; TLS_VERIFY_DEFAULT when it is nil. */
enum tls_verify_mode tls_lua_option_verify(lua_State *L, int table);
extern const char *const tls_lua_verify_modes[]; /* from TLS_VERIFY_NONE on; the last is NULL */
/* A list of integers of 16 bits: pushes memory that holds them (or nil: returns NULL). */
const uint16_t *tls_lua_option_list16(lua_State *L, int table, const char *name, size_t *count);

#endif

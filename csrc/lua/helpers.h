/* helpers.h - what every class of the binding shares: classes, argument checks, options, failures.
 *
 * Conventions of csrc/lua, stated once:
 *   - What can fail at run time returns nil, message, code (tls_lua_failure). Misuse raises an
 * error that names the argument or the option.
 *   - An object is a userdata: zeroed, given its metatable, and only then filled, so that __gc
 * finds it consistent whatever is raised in between. What the core allocates goes straight into a
 * userdata, never into a C local across a call that may raise.
 *   - What the core is given during one call is anchored on the stack or retained in a scratch
 * userdata: a finalizer may run at any allocation and empty the caller's tables.
 *   - The core never calls back, so no error ever passes through it.
 *   - No global state: metatables live in the registry under "bearssl.<class>". */
#ifndef TLS_LUA_HELPERS_H
#define TLS_LUA_HELPERS_H

#include "tls.h"
#include "compat.h"

/* ---- Classes ---- */
/* tls_lua_class makes the metatable: methods under __index, and metamethods. __tostring defaults to
 * "<class>: 0x…", __close to __gc. */
void tls_lua_class(
    lua_State *L, const char *class_name, const luaL_Reg *methods, const luaL_Reg *metamethods);
/* tls_lua_new pushes a zeroed object of the class. */
void *tls_lua_new(lua_State *L, const char *class_name, size_t size, int slots);
/* tls_lua_push_address pushes "<class>: 0x…" of the userdata at `index`. */
void tls_lua_push_address(lua_State *L, const char *class_name, int index);

/* ---- Scratch userdata, gone with the next collection or sooner ---- */
/* tls_lua_buffer pushes an empty buffer whose memory __gc releases (and wipes). */
tls_buffer *tls_lua_buffer(lua_State *L);
/* tls_lua_push_buffer pushes what a buffer holds; raises when it ran out of memory. */
void tls_lua_push_buffer(lua_State *L, const tls_buffer *buffer);
/* tls_lua_finish_buffer replaces the scratch buffer on the top by the string it holds. */
void tls_lua_finish_buffer(lua_State *L, tls_buffer *buffer);

/* ---- Failures ---- */
/* Each pushes nil, message, code and returns 3. A NULL or empty text: the reason's own sentence. */
int tls_lua_failure(lua_State *L, enum tls_reason reason);
int tls_lua_failure_text(lua_State *L, enum tls_reason reason, const char *text);

/* ---- Arguments ---- */
tls_bytes tls_lua_check_bytes(lua_State *L, int index);
/* tls_lua_check_time: a number of seconds since the epoch. */
int64_t tls_lua_check_time(lua_State *L, int index);
/* tls_lua_check_id: an integer of 0 … 65535. */
unsigned tls_lua_check_id(lua_State *L, int index);

/* ---- Fields of an option table; `table` is absolute or a positive index ---- */
/* An integer of `minimum` … `maximum`, or `otherwise` when it is nil. */
lua_Integer tls_lua_option_integer(lua_State *L, int table, const char *name, lua_Integer otherwise,
    lua_Integer minimum, lua_Integer maximum);
/* tls_lua_option_depth: how many intermediates a path may have; 0 when absent, and then *none is 0;
 * a given 0 sets *none. */
unsigned tls_lua_option_depth(
    lua_State *L, int table, const char *name, lua_Integer maximum, int *none);
/* A time in seconds since the epoch. */
int64_t tls_lua_option_time(lua_State *L, int table, const char *name, int64_t otherwise);
int tls_lua_option_boolean(lua_State *L, int table, const char *name);
/* A string: pushes it, or nil, and returns it, or NULL. It may hold no NUL. */
const char *tls_lua_option_text(lua_State *L, int table, const char *name);
/* A table: pushes it and returns its index, or pushes nil and returns 0. */
int tls_lua_option_table(lua_State *L, int table, const char *name);
/* One of the names, whose last is NULL: its position, or `otherwise` when it is nil. */
int tls_lua_option_choice(
    lua_State *L, int table, const char *name, const char *const *names, int otherwise);
/* A list of integers of 16 bits: pushes memory that holds them (or nil: returns NULL). */
const uint16_t *tls_lua_option_list16(lua_State *L, int table, const char *name, size_t *count);

/* ---- Results ---- */
void tls_lua_push_bytes(lua_State *L, tls_bytes bytes);
/* Each sets a field of the table on the top of the stack. A NULL string leaves it nil. */
void tls_lua_set_string(lua_State *L, const char *field, const char *value);
void tls_lua_set_bytes(lua_State *L, const char *field, tls_bytes value);
/* tls_lua_set_some leaves the field nil when the bytes are empty. */
void tls_lua_set_some(lua_State *L, const char *field, tls_bytes value);
void tls_lua_set_integer(lua_State *L, const char *field, int64_t value);
void tls_lua_set_boolean(lua_State *L, const char *field, int value);

#endif

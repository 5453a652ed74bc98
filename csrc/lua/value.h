/* value.h - values between Lua and the core: bytes, times, failures, and buffers for what grows. */
#ifndef TLS_LUA_VALUE_H
#define TLS_LUA_VALUE_H

#include "tls.h"
#include "compat.h"

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
/* tls_lua_milliseconds: an argument of seconds as poll() takes it, rounded up: who waits for a
 * deadline must not come too early again and again. -1, for ever, where it is nil. */
int tls_lua_milliseconds(lua_State *L, int index);
int tls_lua_failure_text(lua_State *L, enum tls_reason reason, const char *text);

/* ---- Arguments ---- */
tls_bytes tls_lua_check_bytes(lua_State *L, int index);
/* tls_lua_check_text: a string that C reads whole: without a NUL, behind which it would see
 * nothing. */
const char *tls_lua_check_text(lua_State *L, int index);
/* tls_lua_is_time: beyond that a double has no whole seconds, and a conversion would be undefined.
 */
int tls_lua_is_time(lua_Number seconds);
/* tls_lua_check_time: a number of seconds since the epoch. */
int64_t tls_lua_check_time(lua_State *L, int index);
/* tls_lua_check_id: an integer of 0 … 65535. */
unsigned tls_lua_check_id(lua_State *L, int index);

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

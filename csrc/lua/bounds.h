/* bounds.h - numbers among options, within the bounds that the core states (base/bounds.h). */
#ifndef TLS_LUA_BOUNDS_H
#define TLS_LUA_BOUNDS_H

#include "base/bounds.h"
#include "compat.h"

/* tls_lua_option_bounded: a number of `table`, or 0 when it is nil, which the core takes for "not
 * given". Raises an error that names the option and its bounds. */
uint64_t tls_lua_option_bounded(lua_State *L, int table, const char *name, const tls_bounds *row);
/* tls_lua_option_seconds is the same for seconds, of which parts are dropped. */
int64_t tls_lua_option_seconds(lua_State *L, int table, const char *name, const tls_bounds *row);
/* tls_lua_option_version: a version that the core speaks, or 0. */
unsigned tls_lua_option_version(lua_State *L, int table, const char *name);

#endif

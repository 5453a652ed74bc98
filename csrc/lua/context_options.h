/* context_options.h - the numbers and flags among a context's options, in one table. */
#ifndef TLS_LUA_CONTEXT_OPTIONS_H
#define TLS_LUA_CONTEXT_OPTIONS_H

#include "tls.h"
#include "compat.h"

/* tls_lua_read_context_options reads them from the table at `table` into `options`, whose role is
 * set. Misuse raises an error that names the option. */
void tls_lua_read_context_options(lua_State *L, int table, tls_context_options *options);
/* tls_lua_keep_context_options copies them, and nothing else, from one struct to another. */
void tls_lua_keep_context_options(tls_context_options *kept, const tls_context_options *options);
/* tls_lua_show_context_options sets a field of the table on the top for each that is in force. */
void tls_lua_show_context_options(lua_State *L, const tls_context_options *options);

#endif

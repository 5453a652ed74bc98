/* revocation.h - options of trust:verify and contexts about keys and revocation. */
#ifndef TLS_LUA_REVOCATION_H
#define TLS_LUA_REVOCATION_H

#include "tls.h"
#include "compat.h"

/* Options of trust:verify and contexts. The lists push one value that holds what is returned. */
const struct tls_crl *const *tls_lua_option_crls(
    lua_State *L, int table, const char *name, size_t *count);
const struct tls_ocsp_response *const *tls_lua_option_ocsp_responses(
    lua_State *L, int table, const char *name, size_t *count);
const unsigned char (
    *tls_lua_option_pins(lua_State *L, int table, const char *name, size_t *count))[TLS_PIN_LENGTH];
enum tls_revocation_mode tls_lua_option_revocation(lua_State *L, int table);
enum tls_staple_mode tls_lua_option_staple(lua_State *L, int table);

#endif

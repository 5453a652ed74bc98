/* credential.h - chains and credentials from the caller's tables. */
#ifndef TLS_LUA_CREDENTIAL_H
#define TLS_LUA_CREDENTIAL_H

#include "tls.h"
#include "compat.h"

/* tls_lua_check_chain reads a list of certificate objects and pushes one value that holds a count
 * on each; the array lives as long. `what` names the argument or option for the error. */
const tls_certificate **tls_lua_check_chain(
    lua_State *L, int index, const char *what, size_t *count);
/* tls_lua_check_credential reads { chain = list, key = key object } and pushes one value that holds
 * all of it. */
void tls_lua_check_credential(
    lua_State *L, int index, const char *what, tls_credential *credential);
/* tls_lua_option_credentials reads a list of such tables from an option and pushes one value that
 * holds all of it. */
const tls_credential *tls_lua_option_credentials(
    lua_State *L, int table, const char *name, size_t *count);

#endif

/* module.c - the C module "bearssl.core": classes and functions put together. What it offers is
 * made for lua/bearssl, which checks options, knows the defaults and runs handlers. */
#include "fields.h"

#if defined(__GNUC__)
#define EXPORT __attribute__((visibility("default")))
#else
#define EXPORT
#endif

EXPORT int luaopen_bearssl_core(lua_State *L);

int
luaopen_bearssl_core(lua_State *L)
{
    tls_lua_open_certificate(L);
    tls_lua_open_credential(L);
    tls_lua_open_key(L);
    tls_lua_open_fields(L);
    tls_lua_open_request(L);
    tls_lua_open_crl(L);
    tls_lua_open_ocsp(L);
    tls_lua_open_revocation(L);
    tls_lua_open_trust(L);
    tls_lua_open_session(L);
    tls_lua_open_ticket_keys(L);
    tls_lua_open_context(L);
    tls_lua_open_connection(L);
    lua_newtable(L);
    tls_lua_functions(L, tls_lua_certificate_functions);
    tls_lua_functions(L, tls_lua_key_functions);
    tls_lua_functions(L, tls_lua_request_functions);
    tls_lua_functions(L, tls_lua_issue_functions);
    tls_lua_functions(L, tls_lua_crl_functions);
    tls_lua_functions(L, tls_lua_ocsp_functions);
    tls_lua_functions(L, tls_lua_trust_functions);
    tls_lua_functions(L, tls_lua_session_functions);
    tls_lua_functions(L, tls_lua_ticket_keys_functions);
    tls_lua_functions(L, tls_lua_context_functions);
    tls_lua_functions(L, tls_lua_connection_functions);
    tls_lua_functions(L, tls_lua_descriptor_functions);
    tls_lua_functions(L, tls_lua_names_functions);
    tls_lua_functions(L, tls_lua_message_functions);
    tls_lua_functions(L, tls_lua_build_functions);
    tls_lua_functions(L, tls_lua_signal_functions);
    return 1;
}

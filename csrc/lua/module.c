/* module.c - the C module "bearssl.core": classes and functions put together. What it offers is
 * made for lua/bearssl, which checks options, knows the defaults and runs handlers; for others it
 * is private, and says so. */
#include "module.h"

#include <string.h>

#include "certificate.h"
#include "connection.h"
#include "context.h"
#include "crl.h"
#include "ech_keys.h"
#include "key.h"
#include "ocsp.h"
#include "request.h"
#include "session.h"
#include "ticket_keys.h"
#include "trust.h"
#include "unreadable.h"

#if defined(__GNUC__)
#define EXPORT __attribute__((visibility("default")))
#else
#define EXPORT
#endif

/* core.type(value) -> "context", "connection", "certificate", "key", "trust", "session",
 * "ticket_keys", "request", "crl", "ocsp_response", "ech_keys" for an object of this module, else
 * nil */
static int
type(lua_State *L)
{
    static const tls_lua_object_class *const classes[] = {&tls_lua_context_class,
        &tls_lua_certificate_class, &tls_lua_key_class, &tls_lua_trust_class,
        &tls_lua_session_class, &tls_lua_ticket_keys_class, &tls_lua_request_class,
        &tls_lua_crl_class, &tls_lua_ocsp_response_class, &tls_lua_ech_keys_class};
    const char *found = NULL;
    size_t i;

    luaL_checkany(L, 1);
    if (tls_lua_test(L, 1, TLS_LUA_CONNECTION) != NULL)
        found = TLS_LUA_CONNECTION;
    for (i = 0; found == NULL && i < sizeof classes / sizeof classes[0]; i++)
        if (tls_lua_test(L, 1, classes[i]->name) != NULL)
            found = classes[i]->name;
    lua_pushstring(L, found != NULL ? found + strlen("bearssl.") : NULL);
    return 1;
}

/* core.methods(class) -> the table of methods that all objects of a class share, for the Lua layer
 * to add its own; class as core.type names it. nil for another name. */
static int
methods(lua_State *L)
{
    lua_pushfstring(L, "bearssl.%s", luaL_checkstring(L, 1));
    lua_rawget(L, LUA_REGISTRYINDEX);
    if (!lua_istable(L, -1))
        return 0;
    lua_getfield(L, -1, "__index");
    return 1;
}

/* core.userdata(metatable) -> a full userdata that has it and nothing else: for objects that are
 * written in Lua and must be one */
static int
userdata(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    (void)tls_lua_userdata(L, 0, 0);
    lua_pushvalue(L, 1);
    lua_setmetatable(L, -2);
    return 1;
}

static const luaL_Reg functions[] = {
    {"userdata", userdata},
    {"type", type},
    {"methods", methods},
    {NULL, NULL},
};

EXPORT int luaopen_bearssl_core(lua_State *L);

int
luaopen_bearssl_core(lua_State *L)
{
    tls_lua_open_certificate(L);
    tls_lua_open_key(L);
    tls_lua_open_request(L);
    tls_lua_open_crl(L);
    tls_lua_open_ocsp(L);
    tls_lua_open_trust(L);
    tls_lua_open_session(L);
    tls_lua_open_ticket_keys(L);
    tls_lua_open_ech_keys(L);
    tls_lua_open_ech_opener(L);
    tls_lua_open_context(L);
    tls_lua_open_connection(L);
    tls_lua_open_epoll(L);
    tls_lua_limit_arguments(L);
    lua_newtable(L);
    tls_lua_functions(L, functions);
    tls_lua_functions(L, tls_lua_certificate_functions);
    tls_lua_functions(L, tls_lua_key_functions);
    tls_lua_functions(L, tls_lua_password_cipher_functions);
    tls_lua_functions(L, tls_lua_request_functions);
    tls_lua_functions(L, tls_lua_issue_functions);
    tls_lua_functions(L, tls_lua_crl_functions);
    tls_lua_functions(L, tls_lua_ocsp_functions);
    tls_lua_functions(L, tls_lua_trust_functions);
    tls_lua_functions(L, tls_lua_unreadable_functions);
    tls_lua_functions(L, tls_lua_session_functions);
    tls_lua_functions(L, tls_lua_ticket_keys_functions);
    tls_lua_functions(L, tls_lua_ech_keys_functions);
    tls_lua_functions(L, tls_lua_ech_opener_functions);
    tls_lua_functions(L, tls_lua_context_functions);
    tls_lua_functions(L, tls_lua_context_options_functions);
    tls_lua_functions(L, tls_lua_bounds_functions);
    tls_lua_functions(L, tls_lua_connection_functions);
    tls_lua_functions(L, tls_lua_stage_functions);
    tls_lua_functions(L, tls_lua_descriptor_functions);
    tls_lua_functions(L, tls_lua_names_functions);
    tls_lua_functions(L, tls_lua_message_functions);
    tls_lua_functions(L, tls_lua_message_build_functions);
    tls_lua_functions(L, tls_lua_epoll_functions);
    tls_lua_functions(L, tls_lua_path_functions);
    tls_lua_functions(L, tls_lua_signal_functions);
    lua_pushliteral(L, "private to bearssl, may change at any time: use require \"bearssl\"");
    lua_setfield(L, -2, "_DESCRIPTION");
    return 1;
}

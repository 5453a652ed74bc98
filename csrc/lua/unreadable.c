/* unreadable.c - see unreadable.h. */
#include "unreadable.h"

#include "x509/server_name.h"

#include "option.h"

/* The reasons that the input is to blame for; a password, memory and limits have their own words.
 */
static int
blames_input(enum tls_reason reason)
{
    switch (reason) {
    case TLS_REASON_BAD_PEM:
    case TLS_REASON_BAD_DER:
    case TLS_REASON_BAD_CERTIFICATE:
    case TLS_REASON_BAD_KEY:
    case TLS_REASON_UNSUPPORTED_KEY:
    case TLS_REASON_BAD_CRL:
    case TLS_REASON_BAD_REQUEST:
    case TLS_REASON_BAD_OCSP_RESPONSE:
        return 1;
    default:
        return 0;
    }
}

int
tls_lua_unreadable(lua_State *L, enum tls_reason reason, enum tls_wanted wanted, tls_bytes bytes,
    const tls_bytes *password)
{
    tls_buffer *text;

    if (!blames_input(reason))
        return tls_lua_failure(L, reason);
    text = tls_lua_buffer(L);
    tls_unreadable(text, wanted, bytes, password, reason);
    if (text->length == 0 && !text->failed)
        return tls_lua_failure(L, reason);
    lua_pushnil(L);
    tls_lua_push_buffer(L, text);
    tls_buffer_release(text);
    lua_pushstring(L, tls_reason_code(reason));
    return 3;
}

int
tls_lua_unusable(lua_State *L, tls_bytes public_key_info)
{
    tls_buffer *text = tls_lua_buffer(L);

    tls_unusable_key(text, public_key_info);
    lua_pushnil(L);
    tls_lua_push_buffer(L, text);
    tls_buffer_release(text);
    lua_pushstring(L, tls_reason_code(TLS_REASON_UNSUPPORTED_CERTIFICATE));
    return 3;
}

/* core.looks_like_path(string) -> boolean: the string is the name of a file, not its content */
static int
looks_like_path(lua_State *L)
{
    lua_pushboolean(L, tls_looks_like_path(tls_lua_check_bytes(L, 1)));
    return 1;
}

/* core.server_name(string) -> true: it is a DNS name in A-label form or an address | nil, what it
 * is and what to give instead */
static int
server_name(lua_State *L)
{
    tls_bytes name = tls_lua_check_bytes(L, 1);
    tls_buffer *fault = tls_lua_buffer(L);

    if (tls_server_name_check(fault, name)) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_insert(L, -2);
    tls_lua_finish_buffer(L, fault);
    return 2;
}

const char *
tls_lua_option_server_name(lua_State *L, int table, const char *option)
{
    const char *name = tls_lua_option_text(L, table, option);
    tls_buffer *fault;

    if (name == NULL)
        return NULL;
    fault = tls_lua_buffer(L);
    if (!tls_server_name_check(fault, tls_bytes_of_string(name))) {
        tls_lua_finish_buffer(L, fault);
        luaL_error(L, "option '%s': %s", option, lua_tostring(L, -1));
    }
    lua_pop(L, 1);
    return name;
}

const luaL_Reg tls_lua_unreadable_functions[] = {
    {"looks_like_path", looks_like_path},
    {"server_name", server_name},
    {NULL, NULL},
};

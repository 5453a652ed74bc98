/* session.c - class "bearssl.session": what is needed to resume a connection, immutable.
 *
 *     session = core.session_import(string)      what session:export() gave
 *
 * Every method raises on an object that __close has closed. */
#include "session.h"

#include <time.h>

#include "wire/registry.h"

#include "certificate.h"
#include "context.h"
#include "message.h"
#include "key.h"
#include "module.h"
#include "value.h"

TLS_LUA_DEFINE_OBJECT(session, tls_session, "session", 0, NULL)

void
tls_lua_push_session(lua_State *L, const tls_session *session)
{
    tls_lua_object_push(L, &tls_lua_session_class, session);
}

/* core.session_import(string) -> session | nil, message, "bad_session" | "out_of_memory" */
static int
import(lua_State *L)
{
    tls_bytes bytes = tls_lua_check_bytes(L, 1);
    tls_lua_object *self = tls_lua_object_new(L, &tls_lua_session_class);
    tls_session *session = NULL;
    enum tls_reason reason = tls_session_import(&session, bytes);

    return tls_lua_object_made(L, self, session, reason);
}

/* session:export() -> string that holds the master secret: keep it like a key
 * | nil, message, "out_of_memory" */
static int export(lua_State *L)
{
    const tls_session *session = tls_lua_check_session(L, 1);
    tls_buffer *out = tls_lua_buffer(L);
    enum tls_reason reason = tls_session_export(session, out);

    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* set_clock tells a context of the Lua layer what its clock says, as driver.lua does before each
 * step: without it the answer would be that of the last handshake's time. */
static void
set_clock(lua_State *L, int context)
{
    if (!lua_istable(L, context))
        return;
    lua_getfield(L, context, "clock");
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return;
    }
    lua_getfield(L, context, "core");
    lua_getfield(L, -1, "set_time");
    lua_insert(L, -3); /* set_time, clock, core */
    lua_insert(L, -2); /* set_time, core, clock */
    lua_call(L, 0, 1);
    lua_call(L, 2, 0);
}

/* check_context: the Lua layer's context is a table around the core's. */
static const tls_context *
check_context(lua_State *L, int index)
{
    if (lua_istable(L, index)) {
        lua_getfield(L, index, "core");
        lua_replace(L, index);
    }
    return tls_lua_check_context(L, index);
}

/* session:resumable([context [, server_name]]) -> boolean: would that context offer or accept it
 * now for that name? Without a context: is it in date? */
static int
resumable(lua_State *L)
{
    const tls_session *session = tls_lua_check_session(L, 1);
    tls_session_info info;

    tls_session_get_info(session, &info);
    if (lua_isnoneornil(L, 2)) {
        int64_t now = (int64_t)time(NULL);

        lua_pushboolean(L, now < info.expires);
    } else {
        const tls_context *context;
        const char *server_name =
            lua_isnoneornil(L, 3) ? info.server_name : tls_lua_check_text(L, 3);

        set_clock(L, 2);
        context = check_context(L, 2);

        lua_pushboolean(L, tls_session_resumable(session, context, server_name));
    }
    return 1;
}

/* session:expires() -> seconds since the epoch */
static int
expires(lua_State *L)
{
    tls_session_info info;

    tls_session_get_info(tls_lua_check_session(L, 1), &info);
    tls_lua_push_int64(L, info.expires);
    return 1;
}

/* session:id() -> session ID */
static int
id(lua_State *L)
{
    tls_session_info info;

    tls_session_get_info(tls_lua_check_session(L, 1), &info);
    tls_lua_push_bytes(L, info.id);
    return 1;
}

static const char *
mode_of(const tls_session_info *info)
{
    return info->role == TLS_ROLE_SERVER ? "server" : "client";
}

/* core.session_mode(session) -> "client" | "server": one field of session:info(), without what the
 * others are made of: it is asked for each connection */
static int
session_mode(lua_State *L)
{
    tls_session_info info;

    tls_session_get_info(tls_lua_check_session(L, 1), &info);
    lua_pushstring(L, mode_of(&info));
    return 1;
}

/* session:info() -> { mode = "client" | "server", version =, version_id =, cipher_suite =,
 * cipher_suite_id =, session_id =, server_name = or nil, alpn = or nil, created =, expires =,
 * peer_verified, peer_accepted, extended_master_secret, ticket (one came with it) = booleans,
 * max_early_data = bytes that may be sent as early data (TLS 1.3; else 0), peer_certificates = list
 * } */
static int
info(lua_State *L)
{
    tls_session_info info;

    tls_session_get_info(tls_lua_check_session(L, 1), &info);
    lua_createtable(L, 0, 16);
    tls_lua_set_string(L, "mode", mode_of(&info));
    tls_lua_set_named(L, "version", TLS_REGISTRY_VERSION, info.version);
    tls_lua_set_suite(L, info.suite);
    tls_lua_set_bytes(L, "session_id", info.id);
    if (info.server_name != NULL)
        tls_lua_set_some(L, "server_name", tls_bytes_of_string(info.server_name));
    tls_lua_set_some(L, "alpn", info.alpn);
    tls_lua_set_integer(L, "created", info.created);
    tls_lua_set_integer(L, "expires", info.expires);
    tls_lua_set_boolean(L, "peer_verified", info.peer_verified);
    tls_lua_set_boolean(L, "peer_accepted", info.peer_accepted);
    tls_lua_set_boolean(L, "extended_master_secret", info.extended_master_secret);
    tls_lua_set_boolean(L, "ticket", info.has_ticket);
    tls_lua_set_integer(L, "max_early_data", info.max_early_data);
    tls_lua_push_chain(L, info.peer_chain, info.peer_chain_count);
    lua_setfield(L, -2, "peer_certificates");
    tls_lua_push_key_info(L, info.peer_key_info);
    lua_setfield(L, -2, "peer_key");
    return 1;
}

static const luaL_Reg methods[] = {
    {"export", export},
    {"resumable", resumable},
    {"expires", expires},
    {"id", id},
    {"info", info},
    {NULL, NULL},
};

const luaL_Reg tls_lua_session_functions[] = {
    {"session_import", import},
    {"session_mode", session_mode},
    {NULL, NULL},
};

void
tls_lua_open_session(lua_State *L)
{
    tls_lua_object_open(L, &tls_lua_session_class, methods, NULL);
}

/* renegotiation.c - another handshake on an established connection (RFC 5746). */
#include "connection.h"

#include "option.h"
#include "value.h"

/* connection:renegotiate([verify]) -> true: begun, or under way already; step() goes on with it.
 * verify (server): "none" | "optional" | "required" from then on | nil, message, "no_renegotiation"
 * (the context does not allow it, or the peer has no RFC 5746) | "unsupported_version" (TLS 1.3) |
 * "not_ready" (the handshake is not over, or output waits from before the last one: drain it) |
 * "closed" | the code of the connection's failure */
static int
renegotiate(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    int mode = lua_isnoneornil(L, 2) ? -1 : luaL_checkoption(L, 2, NULL, tls_lua_verify_modes);
    enum tls_reason reason;

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    reason = tls_connection_renegotiate(
        self->connection, (enum tls_verify_mode)(TLS_VERIFY_NONE + mode));
    if (reason != TLS_OK)
        return tls_lua_connection_refused(L, self, reason);
    lua_pushboolean(L, 1);
    return 1;
}

/* connection:renegotiating() -> "asked" (a server waits for ClientHello; data goes both ways),
 * "running" (nothing can be written until it is over), or nil */
static int
renegotiating(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_look(L);
    const tls_connection *c = self->connection;

    if (c == NULL || !tls_connection_renegotiating(c))
        lua_pushnil(L);
    else
        lua_pushstring(L, tls_connection_asks_renegotiation(c) ? "asked" : "running");
    return 1;
}

/* connection:hold() -> true: what has been decrypted is put aside, for read() and the patterns, and
 * step() reads on | nil, message, "limit_exceeded" (read first) | "out_of_memory" */
static int
hold(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    enum tls_reason reason;

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    reason = tls_connection_hold_plaintext(self->connection);
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    lua_pushboolean(L, 1);
    return 1;
}

const luaL_Reg tls_lua_renegotiation_methods[] = {
    {"renegotiate", renegotiate},
    {"renegotiating", renegotiating},
    {"hold", hold},
    {NULL, NULL},
};

/* post_handshake.c - class "bearssl.connection": what TLS 1.3 sends after the handshake: key
 * updates, certificate requests, tickets. */
#include "connection.h"

static int
done(lua_State *L, tls_lua_connection *self, enum tls_reason reason)
{
    if (reason != TLS_OK)
        return tls_lua_connection_refused(L, self, reason);
    lua_pushboolean(L, 1);
    return 1;
}

/* connection:update_keys([request]) -> true: KeyUpdate is in the output, and with `request` asks
 * the peer for its own | nil, message, "not_ready" | "unsupported_version" | "closed" */
static int
update_keys(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    return done(L, self, tls_connection_update_keys(self->connection, lua_toboolean(L, 2)));
}

/* connection:request_certificate() -> true: a server's CertificateRequest is in the output | nil,
 * message, "no_post_handshake_auth" (the client did not offer it), "busy" (one is open), or as
 * update_keys */
static int
request_certificate(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    return done(L, self, tls_connection_request_certificate(self->connection));
}

/* connection:authenticating() -> true: a request for the client's certificate is open, or the
 * answer to it on its way; or nil */
static int
authenticating(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_look(L);

    if (self->connection != NULL && tls_connection_authenticating(self->connection))
        lua_pushboolean(L, 1);
    else
        lua_pushnil(L);
    return 1;
}

/* connection:send_ticket() -> true: one more NewSessionTicket of a server is in the output | nil,
 * message, "busy" (a request for the client's certificate is open), or as update_keys */
static int
send_ticket(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    return done(L, self, tls_connection_send_ticket(self->connection));
}

const luaL_Reg tls_lua_post_handshake_methods[] = {
    {"update_keys", update_keys},
    {"request_certificate", request_certificate},
    {"authenticating", authenticating},
    {"send_ticket", send_ticket},
    {NULL, NULL},
};

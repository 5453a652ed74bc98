/* exporter.c - class "bearssl.connection": keying material and channel bindings. */
#include "connection.h"

#include <string.h>

#include "value.h"

/* What the two exporters are given: label, length [, context]. */
typedef struct export_request {
    const char *label;
    size_t length;
    int has_context;
    tls_bytes context;
} export_request;

static export_request
check_export(lua_State *L)
{
    tls_bytes label = tls_lua_check_bytes(L, 2);
    lua_Integer length = luaL_checkinteger(L, 3);
    export_request request = {0};

    luaL_argcheck(L, label.length > 0 && memchr(label.data, 0, label.length) == NULL, 2,
        "must not be empty or hold a NUL");
    luaL_argcheck(L, length >= 1 && length <= 65535, 3, "must be 1 to 65535");
    request.label = (const char *)label.data;
    request.length = (size_t)length;
    request.has_context = !lua_isnoneornil(L, 4);
    if (request.has_context) {
        request.context = tls_lua_check_bytes(L, 4);
        luaL_argcheck(L, request.context.length <= 65535, 4, "must have at most 65535 bytes");
    }
    return request;
}

static int
binding_failure(
    lua_State *L, const tls_lua_connection *self, enum tls_reason reason, const char *type)
{
    return tls_lua_failure_text(
        L, reason, tls_connection_binding_cause(self->connection, reason, type));
}

static int
export_with(lua_State *L, int early)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    export_request request = check_export(L);
    tls_buffer *out = tls_lua_buffer(L);
    unsigned char *bytes;
    enum tls_reason reason;

    /* A finalizer may have freed the connection. */
    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    bytes = tls_buffer_reserve(out, request.length);
    if (bytes == NULL)
        return tls_lua_failure(L, TLS_REASON_OUT_OF_MEMORY);
    if (early)
        reason = tls_connection_export_early_keying_material(
            self->connection, bytes, request.length, request.label, request.context);
    else
        reason = tls_connection_export_keying_material(self->connection, bytes, request.length,
            request.label, request.has_context ? &request.context : NULL);
    if (reason != TLS_OK)
        return binding_failure(L, self, reason, NULL);
    out->length += request.length;
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* connection:export_keying_material(label, length [, context]) -> length bytes (RFC 5705), which
 * both sides of this connection and nobody else can make. Without a context and with an empty one
 * are different, but for TLS 1.3. | nil, message, "not_ready" (the handshake is not over) |
 * "unsafe_binding" (no extended master secret) | "illegal_parameter" (the protocol uses this label
 * itself) */
static int
export_keying_material(lua_State *L)
{
    return export_with(L, 0);
}

/* connection:export_early_keying_material(label, length [, context]) -> length bytes of the early
 * exporter (RFC 8446 section 7.5) | nil, message, "not_ready" (no early data was accepted) |
 * "illegal_parameter" */
static int
export_early_keying_material(lua_State *L)
{
    return export_with(L, 1);
}

/* connection:channel_binding(type) -> bytes. type: "tls-unique", "tls-server-end-point" (RFC 5929),
 * "tls-exporter" (RFC 9266) | nil, message, "not_ready" | "unsafe_binding" (no extended master
 * secret; or no certificate of the server is known, as on the server's side of a resumed
 * connection) | "illegal_parameter" (unknown type) | "out_of_memory" */
static int
channel_binding(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    const char *type = tls_lua_check_text(L, 2);
    tls_buffer *out = tls_lua_buffer(L);
    enum tls_reason reason;

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    reason = tls_connection_channel_binding(self->connection, out, type);
    if (reason != TLS_OK)
        return binding_failure(L, self, reason, type);
    tls_lua_finish_buffer(L, out);
    return 1;
}

const luaL_Reg tls_lua_exporter_methods[] = {
    {"export_keying_material", export_keying_material},
    {"export_early_keying_material", export_early_keying_material},
    {"channel_binding", channel_binding},
    {NULL, NULL},
};

/* receive.c - LuaSocket's patterns over decrypted data: what has arrived is gathered in a buffer of the
 * connection's until the pattern is complete, so that a long transfer makes one Lua string, not one per
 * record. Each returns the string, or nil while more is needed: step, then call again. collected() gives
 * what a pattern has so far, when the caller gives up. */
#include "classes.h"

#include <string.h>

/* gather takes everything that is at hand. Returns 0 without memory: then nothing was taken. */
static int
gather(tls_lua_connection *self, tls_bytes plaintext)
{
    tls_buffer_append(&self->collected, plaintext.data, plaintext.length);
    if (self->collected.failed) {
        self->collected.failed = 0;
        return 0;
    }
    tls_connection_plaintext_consume(self->connection, plaintext.length);
    return 1;
}

/* push_with pushes what was collected and the front of the plaintext, and only then lets go of both. */
static void
push_with(lua_State *L, tls_lua_connection *self, tls_bytes front, size_t consume)
{
    tls_lua_connection_use(self);
    if (self->collected.length == 0) {
        tls_lua_push_bytes(L, front);
    } else {
        luaL_Buffer result;

        luaL_buffinit(L, &result);
        luaL_addlstring(&result, (const char *)self->collected.data, self->collected.length);
        luaL_addlstring(&result, (const char *)front.data, front.length);
        luaL_pushresult(&result);
    }
    tls_lua_connection_done(self);
    tls_buffer_release(&self->collected);
    tls_connection_plaintext_consume(self->connection, consume);
}

/* connection:collect(n) -> exactly n bytes, or nil while there are fewer
 * | nil, message, "out_of_memory" */
static int
collect(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    lua_Number number = luaL_checknumber(L, 2);
    tls_bytes plaintext;
    size_t wanted, missing;

    luaL_argcheck(L, number >= 0 && number < 9e15, 2, "not a number of bytes");
    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    wanted = number < (lua_Number)(SIZE_MAX / 2) ? (size_t)number : SIZE_MAX / 2;
    plaintext = tls_connection_plaintext(self->connection);
    if (self->collected.length > wanted) {
        /* An earlier pattern left more than this one wants. */
        tls_lua_connection_use(self);
        lua_pushlstring(L, (const char *)self->collected.data, wanted);
        tls_lua_connection_done(self);
        tls_buffer_consume(&self->collected, wanted);
        return 1;
    }
    missing = wanted - self->collected.length;
    if (plaintext.length >= missing) {
        push_with(L, self, tls_bytes_make(plaintext.data, missing), missing);
        return 1;
    }
    if (plaintext.length > 0 && !gather(self, plaintext))
        return tls_lua_failure(L, TLS_REASON_OUT_OF_MEMORY);
    lua_pushnil(L);
    return 1;
}

/* connection:collect_all() -> nil: takes what is at hand; collected() gives it all at the end
 * | nil, message, "out_of_memory" */
static int
collect_all(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    tls_bytes plaintext;

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    plaintext = tls_connection_plaintext(self->connection);
    if (plaintext.length > 0 && !gather(self, plaintext))
        return tls_lua_failure(L, TLS_REASON_OUT_OF_MEMORY);
    lua_pushnil(L);
    return 1;
}

/* without_returns copies a piece of a line without its carriage returns, which LuaSocket drops wherever
 * they stand. The scratch buffer is left on the stack. */
static tls_bytes
without_returns(lua_State *L, tls_lua_connection *self, tls_bytes piece)
{
    const unsigned char *next, *end = piece.data + piece.length, *found;
    tls_buffer *line;

    if (piece.length == 0 || memchr(piece.data, '\r', piece.length) == NULL)
        return piece;
    tls_lua_connection_use(self);
    line = tls_lua_buffer(L);
    tls_lua_connection_done(self);
    for (next = piece.data; next < end; next = found + 1) {
        found = memchr(next, '\r', (size_t)(end - next));
        if (found == NULL)
            found = end;
        tls_buffer_append(line, next, (size_t)(found - next));
    }
    if (line->failed)
        luaL_error(L, "not enough memory");
    return tls_buffer_view(line);
}

/* connection:collect_line() -> the next line without its end, or nil while it is not complete. Lines end
 * with LF; CRs are dropped. | nil, message, "out_of_memory" */
static int
collect_line(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    const unsigned char *end;
    tls_bytes plaintext, piece;

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    plaintext = tls_connection_plaintext(self->connection);
    if (plaintext.length == 0) {
        lua_pushnil(L);
        return 1;
    }
    end = memchr(plaintext.data, '\n', plaintext.length);
    if (end != NULL) {
        size_t length = (size_t)(end - plaintext.data);

        piece = without_returns(L, self, tls_bytes_make(plaintext.data, length));
        push_with(L, self, piece, length + 1);
        return 1;
    }
    piece = without_returns(L, self, plaintext);
    tls_buffer_append(&self->collected, piece.data, piece.length);
    if (self->collected.failed) {
        self->collected.failed = 0;
        return tls_lua_failure(L, TLS_REASON_OUT_OF_MEMORY);
    }
    tls_connection_plaintext_consume(self->connection, plaintext.length);
    lua_pushnil(L);
    return 1;
}

/* connection:collected() -> what the pattern has so far, "" for nothing; forgotten then */
static int
collected(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    tls_lua_connection_use(self);
    tls_lua_push_bytes(L, tls_buffer_view(&self->collected));
    tls_lua_connection_done(self);
    tls_buffer_release(&self->collected);
    return 1;
}

const luaL_Reg tls_lua_receive_methods[] = {
    {"collect", collect},
    {"collect_all", collect_all},
    {"collect_line", collect_line},
    {"collected", collected},
    {NULL, NULL},
};

/* receive.c - LuaSocket's patterns over decrypted data: what has arrived is gathered in a buffer of
 * the connection's until the pattern is complete, so that a long transfer makes one Lua string, not
 * one per record. Each returns the string, or nil while more is needed: step, then call again.
 * collected() gives what a pattern has so far, when the caller gives up. */
#include "connection.h"

#include <string.h>

#include "value.h"

/* push_small takes no more: a message that is short enough to be waited for. */
#define SMALL 512

typedef struct collect_request {
    tls_lua_connection *self;
    size_t wanted;
} collect_request;

/* take lets go of plaintext that has become Lua's. */
static void
take(tls_lua_connection *self, size_t length)
{
    self->taken++;
    tls_connection_plaintext_consume(self->connection, length);
}

/* gather takes everything that is at hand, and pushes nil. */
static int
gather(lua_State *L, tls_lua_connection *self, tls_bytes piece, size_t consume)
{
    tls_buffer_append(&self->collected, piece.data, piece.length);
    if (self->collected.failed) {
        /* Nothing was taken. It raises, as Lua's own strings would: nil means "call again". */
        self->collected.failed = 0;
        return luaL_error(L, "not enough memory");
    }
    take(self, consume);
    lua_pushnil(L);
    return 1;
}

/* push_with pushes what was collected and the front of the plaintext, and only then lets go of
 * both. */
static int
push_with(lua_State *L, tls_lua_connection *self, tls_bytes front, size_t consume)
{
    if (self->collected.length == 0) {
        tls_lua_push_bytes(L, front);
    } else {
        luaL_Buffer result;

        luaL_buffinit(L, &result);
        luaL_addlstring(&result, (const char *)self->collected.data, self->collected.length);
        if (front.length > 0)
            luaL_addlstring(&result, (const char *)front.data, front.length);
        luaL_pushresult(&result);
    }
    tls_buffer_release(&self->collected);
    take(self, consume);
    return 1;
}

/* push_small does without a guard: what is made a string is a copy of few bytes, and they are let
 * go of only where no finalizer has taken them meanwhile. Returns 1 when it has pushed it. */
static int
push_small(lua_State *L, tls_lua_connection *self, size_t wanted)
{
    unsigned char copy[SMALL];
    tls_bytes before = tls_connection_plaintext(self->connection);
    tls_bytes after = {NULL, 0};
    unsigned taken = self->taken;

    if (before.length < wanted)
        return 0;
    memcpy(copy, before.data, wanted);
    lua_pushlstring(L, (const char *)copy, wanted);
    tls_wipe(copy, wanted);
    if (self->connection != NULL)
        after = tls_connection_plaintext(self->connection);
    if (self->taken == taken && after.data == before.data && after.length == before.length) {
        take(self, wanted);
        return 1;
    }
    lua_pop(L, 1);
    return 0;
}

static int
guarded_collect(lua_State *L)
{
    const collect_request *request = lua_touserdata(L, 1);
    tls_lua_connection *self = request->self;
    tls_bytes plaintext = tls_connection_plaintext(self->connection);
    size_t missing;

    if (self->collected.length > request->wanted) {
        /* An earlier pattern left more than this one wants. */
        lua_pushlstring(L, (const char *)self->collected.data, request->wanted);
        tls_buffer_consume(&self->collected, request->wanted);
        return 1;
    }
    missing = request->wanted - self->collected.length;
    if (plaintext.length >= missing)
        return push_with(L, self, tls_bytes_make(plaintext.data, missing), missing);
    return gather(L, self, plaintext, plaintext.length);
}

int
tls_lua_collect(lua_State *L, tls_lua_connection *self, size_t wanted)
{
    collect_request request;

    if (wanted > 0 && wanted <= SMALL && self->connection != NULL && self->collected.length == 0 &&
        push_small(L, self, wanted))
        return 1;
    request.self = self;
    request.wanted = wanted;
    return tls_lua_guarded(L, self, guarded_collect, &request);
}

/* connection:collect(n) -> exactly n bytes, or nil while there are fewer */
static int
collect(lua_State *L)
{
    lua_Number number = luaL_checknumber(L, 2);

    luaL_argcheck(L, number >= 0 && number < 9e15, 2, "not a number of bytes");
    return tls_lua_collect(L, tls_lua_connection_self(L),
        number < (lua_Number)(SIZE_MAX / 2) ? (size_t)number : SIZE_MAX / 2);
}

static int
guarded_collect_all(lua_State *L)
{
    tls_lua_connection *self = lua_touserdata(L, 1);
    tls_bytes plaintext = tls_connection_plaintext(self->connection);

    return gather(L, self, plaintext, plaintext.length);
}

/* connection:collect_all() -> nil: takes what is at hand; collected() gives it all at the end */
static int
collect_all(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);

    return tls_lua_guarded(L, self, guarded_collect_all, self);
}

/* without_returns: a piece of a line without its carriage returns, which LuaSocket drops wherever
 * they stand. The copy, if it takes one, is left on the stack. */
static tls_bytes
without_returns(lua_State *L, tls_bytes piece)
{
    const unsigned char *next, *end = piece.data + piece.length, *found;
    tls_buffer *line;

    if (piece.length == 0 || memchr(piece.data, '\r', piece.length) == NULL)
        return piece;
    line = tls_lua_buffer(L);
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

static int
guarded_collect_line(lua_State *L)
{
    const collect_request *request = lua_touserdata(L, 1);
    tls_lua_connection *self = request->self;
    tls_bytes plaintext = tls_connection_plaintext(self->connection);
    const unsigned char *end = NULL;
    size_t length, counted;

    if (plaintext.length > 0)
        end = memchr(plaintext.data, '\n', plaintext.length);
    length = end != NULL ? (size_t)(end - plaintext.data) : plaintext.length;
    /* The carriage return of a line's end is no part of it. */
    counted = length > 0 && plaintext.data[length - 1] == '\r' ? length - 1 : length;
    if (self->collected.length > request->wanted ||
        counted > request->wanted - self->collected.length)
        return tls_lua_failure_text(L, TLS_REASON_LIMIT, "a line is longer than max_line");
    if (end == NULL)
        return gather(L, self, without_returns(L, plaintext), plaintext.length);
    return push_with(
        L, self, without_returns(L, tls_bytes_make(plaintext.data, length)), length + 1);
}

/* connection:collect_line([maximum]) -> the next line without its end, or nil while it is not
 * complete. Lines end with LF; CRs are dropped. | nil, message, "limit_exceeded": the line has more
 * than so many bytes before its LF; nothing of what is at hand is taken */
static int
collect_line(lua_State *L)
{
    collect_request request;
    lua_Number maximum = luaL_optnumber(L, 2, 9e15);

    luaL_argcheck(L, maximum >= 0, 2, "not a number of bytes");
    request.self = tls_lua_connection_self(L);
    request.wanted = maximum < (lua_Number)(SIZE_MAX / 2) ? (size_t)maximum : SIZE_MAX / 2;
    return tls_lua_guarded(L, request.self, guarded_collect_line, &request);
}

static int
guarded_collected(lua_State *L)
{
    tls_lua_connection *self = lua_touserdata(L, 1);

    tls_lua_push_bytes(L, tls_buffer_view(&self->collected));
    tls_buffer_release(&self->collected);
    return 1;
}

/* connection:collected() -> what the pattern has so far, "" for nothing; forgotten then */
static int
collected(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);

    return tls_lua_guarded(L, self, guarded_collected, self);
}

const luaL_Reg tls_lua_receive_methods[] = {
    {"collect", collect},
    {"collect_all", collect_all},
    {"collect_line", collect_line},
    {"collected", collected},
    {NULL, NULL},
};

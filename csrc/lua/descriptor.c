/* descriptor.c - records straight between the connection's buffers and a POSIX descriptor: several
 * per system call, and none of them becomes a Lua string. Nothing here waits but core.wait.
 *
 * Sockets are read and written without waiting whatever mode the descriptor is in, and without
 * SIGPIPE. Other descriptors (pipes, terminals) are asked with poll first; writing to one whose
 * reader has gone raises SIGPIPE, as it does for io.write. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1
#endif

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "compat.h"
#include "connection.h"
#include "module.h"
#include "value.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* there SO_NOSIGPIPE, which is set on first use */
#endif
#ifndef PIPE_BUF
#define PIPE_BUF 512
#endif

/* What a system call on a descriptor came to. */
enum outcome { OUTCOME_DONE, OUTCOME_WAIT, OUTCOME_FAILED, OUTCOME_FULL };

static int
would_block(int error)
{
#if EAGAIN != EWOULDBLOCK
    if (error == EWOULDBLOCK)
        return 1;
#endif
    return error == EAGAIN;
}

static double
monotonic_seconds(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return (double)time(NULL);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* poll_once: 1 when ready (or broken: the call that follows tells), 0 when not, -1 with errno. */
static int
poll_once(int descriptor, short events, int milliseconds)
{
    struct pollfd request;
    int count;

    request.fd = descriptor;
    request.events = events;
    request.revents = 0;
    count = poll(&request, 1, milliseconds);
    if (count > 0 && (request.revents & POLLNVAL)) {
        errno = EBADF;
        return -1;
    }
    return count;
}

/* is_plain notes descriptors that turned out to be no sockets. */
static int
is_plain(const tls_lua_connection *self, int descriptor)
{
    return self->plain_descriptor == descriptor + 1;
}

static enum outcome
outcome_of(ssize_t result)
{
    if (result >= 0)
        return OUTCOME_DONE;
    return would_block(errno) ? OUTCOME_WAIT : OUTCOME_FAILED;
}

static enum outcome
poll_outcome(int descriptor, short events)
{
    int ready;

    do
        ready = poll_once(descriptor, events, 0);
    while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return OUTCOME_FAILED;
    return ready > 0 ? OUTCOME_DONE : OUTCOME_WAIT;
}

static enum outcome
receive_some(tls_lua_connection *self, int descriptor, void *data, size_t room, size_t *length)
{
    enum outcome outcome;
    ssize_t result;

    if (!is_plain(self, descriptor)) {
        do
            result = recv(descriptor, data, room, MSG_DONTWAIT);
        while (result < 0 && errno == EINTR);
        if (result >= 0 || errno != ENOTSOCK) {
            *length = result > 0 ? (size_t)result : 0;
            return outcome_of(result);
        }
        self->plain_descriptor = descriptor + 1;
    }
    outcome = poll_outcome(descriptor, POLLIN);
    if (outcome != OUTCOME_DONE)
        return outcome;
    do
        result = read(descriptor, data, room);
    while (result < 0 && errno == EINTR);
    *length = result > 0 ? (size_t)result : 0;
    return outcome_of(result);
}

static enum outcome
send_some(tls_lua_connection *self, int descriptor, tls_bytes bytes, size_t *length)
{
    enum outcome outcome;
    ssize_t result;

    if (!is_plain(self, descriptor)) {
#ifdef SO_NOSIGPIPE
        int one = 1;

        (void)setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &one, sizeof one);
#endif
        do
            result = send(descriptor, bytes.data, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL);
        while (result < 0 && errno == EINTR);
        if (result >= 0 || errno != ENOTSOCK) {
            *length = result > 0 ? (size_t)result : 0;
            return outcome_of(result);
        }
        self->plain_descriptor = descriptor + 1;
    }
    outcome = poll_outcome(descriptor, POLLOUT);
    if (outcome != OUTCOME_DONE)
        return outcome;
    /* What poll calls writable takes PIPE_BUF bytes at once, whatever its mode. */
    if (bytes.length > PIPE_BUF)
        bytes.length = PIPE_BUF;
    do
        result = write(descriptor, bytes.data, bytes.length);
    while (result < 0 && errno == EINTR);
    *length = result > 0 ? (size_t)result : 0;
    return outcome_of(result);
}

/* milliseconds_until is for poll: rounded up, lest the last millisecond be spent in turning round.
 */
static int
milliseconds_until(double deadline)
{
    double left = deadline - monotonic_seconds();

    return left <= 0 ? 0 : left > 86400 ? 86400000 : (int)(left * 1000) + 1;
}

/* is_watched: whoever traces the ciphertext gives a table for it, where others give data or
 * nothing.
 */
static int
is_watched(lua_State *L)
{
    return lua_type(L, 3) == LUA_TTABLE;
}

/* append puts what is on top at the end of that table. */
static void
append(lua_State *L)
{
    lua_rawseti(L, 3, (int)tls_lua_length(L, 3) + 1);
}

static int
guarded_output(lua_State *L)
{
    tls_lua_push_bytes(L, tls_connection_output(lua_touserdata(L, 1)));
    return 1;
}

static enum outcome
flush_output(lua_State *L, tls_lua_connection *self, int descriptor)
{
    while (self->connection != NULL && tls_connection_output(self->connection).length > 0) {
        size_t sent = 0;
        enum outcome outcome;

        /* Before anything leaves, lest it be sent again for want of memory. */
        if (is_watched(L) && tls_lua_guarded(L, self, guarded_output, self->connection) != 1)
            return OUTCOME_DONE;
        outcome = send_some(self, descriptor, tls_connection_output(self->connection), &sent);
        if (outcome != OUTCOME_DONE)
            return outcome;
        tls_connection_output_consume(self->connection, sent);
        if (is_watched(L)) {
            append(L);
            lua_pushinteger(L, (lua_Integer)sent);
            append(L);
        }
    }
    return OUTCOME_DONE;
}

/* transport_failure pushes nil, what the system says, "transport_failed". */
static int
transport_failure(lua_State *L, int error)
{
    return tls_lua_failure_text(L, TLS_REASON_TRANSPORT_FAILED, strerror(error));
}

/* not_yet pushes nil, code, code: a code that means "later" is its own message. */
static int
not_yet(lua_State *L, const char *code)
{
    lua_pushnil(L);
    lua_pushstring(L, code);
    lua_pushvalue(L, -1);
    return 3;
}

static int
check_descriptor(lua_State *L, int index)
{
    lua_Integer descriptor = luaL_checkinteger(L, index);

    luaL_argcheck(L, descriptor >= 0 && descriptor < INT_MAX, index, "not a descriptor");
    return (int)descriptor;
}

typedef struct fill_request {
    tls_lua_connection *self;
    int descriptor, error;
    size_t length;
    enum outcome outcome;
} fill_request;

/* fill_input gives what was read. */
static tls_bytes
fill_input(fill_request *request)
{
    tls_connection *connection = request->self->connection;
    size_t room = 0;
    unsigned char *data = tls_connection_input(connection, &room);

    request->outcome = OUTCOME_FULL;
    if (data == NULL || room == 0)
        return tls_bytes_make(NULL, 0);
    request->outcome =
        receive_some(request->self, request->descriptor, data, room, &request->length);
    request->error = errno;
    if (request->outcome == OUTCOME_WAIT)
        tls_connection_idle_input(connection);
    else if (request->outcome == OUTCOME_DONE && request->length > 0)
        tls_connection_input_commit(connection, request->length);
    else if (request->outcome == OUTCOME_DONE)
        tls_connection_feed_end(connection);
    return tls_bytes_make(data, request->outcome == OUTCOME_DONE ? request->length : 0);
}

static int
guarded_fill(lua_State *L)
{
    tls_lua_push_bytes(L, fill_input(lua_touserdata(L, 1)));
    return 1;
}

/* connection:fill(descriptor [, watched]) -> number of bytes read, 0 at the end of the stream (the
 * connection is told) | nil, message, code: "wantread", "full" (what has been decrypted must be
 * read first), "transport_failed", or that of the connection's failure. watched: a table to which
 * the bytes are appended. */
static int
fill(lua_State *L)
{
    fill_request request = {tls_lua_connection_self(L), 0, 0, 0, OUTCOME_DONE};

    request.descriptor = check_descriptor(L, 2);
    if (request.self->connection == NULL)
        return tls_lua_connection_closed(L);
    if (!is_watched(L))
        (void)fill_input(&request);
    else if (tls_lua_guarded(L, request.self, guarded_fill, &request) != 1)
        return 3; /* closed by a finalizer */
    else
        append(L);
    switch (request.outcome) {
    case OUTCOME_FULL:
        if (tls_connection_failure(request.self->connection) != TLS_OK)
            return tls_lua_connection_failed(L, request.self);
        return not_yet(L, "full");
    case OUTCOME_WAIT:
        return not_yet(L, "wantread");
    case OUTCOME_FAILED:
        return transport_failure(L, request.error);
    case OUTCOME_DONE:
        break;
    }
    lua_pushinteger(L, (lua_Integer)request.length);
    return 1;
}

/* wait_readable waits for input: OUTCOME_WAIT when the time is over (`seconds` below 0: never). */
static enum outcome
wait_readable(int descriptor, double seconds, double deadline)
{
    int ready;

    do {
        int milliseconds = -1;

        if (seconds >= 0)
            milliseconds = milliseconds_until(deadline);
        ready = poll_once(descriptor, POLLIN, milliseconds);
    } while ((ready < 0 && errno == EINTR) ||
             (ready == 0 && seconds > 0 && deadline > monotonic_seconds()));
    if (ready < 0)
        return OUTCOME_FAILED;
    return ready > 0 ? OUTCOME_DONE : OUTCOME_WAIT;
}

/* seconds_to_wait: on the top stands their number, nil for ever, or the state of a stream. */
static double
seconds_to_wait(lua_State *L)
{
    double seconds;

    if (lua_type(L, -1) != LUA_TTABLE)
        return lua_isnil(L, -1) ? -1 : lua_tonumber(L, -1);
    lua_getfield(L, -1, "timeout");
    seconds = seconds_to_wait(L);
    lua_pop(L, 1);
    return seconds;
}

/* receive_directly: see receive_now; seconds_to_wait and the clock are only asked by who must wait.
 * Above the top stand the results. */
static int
receive_directly(lua_State *L, tls_lua_connection *self, int descriptor, size_t wanted)
{
    int top = lua_gettop(L), has_waited = 0;
    double seconds = 0, deadline = 0;

    while (self->connection != NULL) {
        unsigned char *data;
        size_t room = 0, length = 0;
        enum outcome outcome;
        enum tls_event event = TLS_EVENT_DATA;

        if (tls_connection_plaintext(self->connection).length > 0 ||
            self->collected.length >= wanted) {
            tls_lua_collect(L, self, wanted);
            if (!lua_isnil(L, -1) || lua_gettop(L) > top + 1)
                return lua_gettop(L) - top;
            lua_settop(L, top);
        }
        event = tls_connection_step(self->connection);
        if (event == TLS_EVENT_DATA)
            continue;
        if (event != TLS_EVENT_WANT_READ || tls_connection_output(self->connection).length > 0)
            break;
        data = tls_connection_input(self->connection, &room);
        if (data == NULL || room == 0)
            break;
        outcome = receive_some(self, descriptor, data, room, &length);
        if (outcome == OUTCOME_WAIT && !has_waited) {
            has_waited = 1;
            seconds = seconds_to_wait(L);
            deadline = seconds > 0 ? monotonic_seconds() + seconds : 0;
        }
        if (outcome == OUTCOME_WAIT && seconds != 0) {
            /* The buffer is not held while nothing comes. */
            tls_connection_idle_input(self->connection);
            outcome = wait_readable(descriptor, seconds, deadline);
            if (outcome == OUTCOME_DONE)
                continue;
        }
        if (outcome == OUTCOME_FAILED)
            return transport_failure(L, errno);
        if (outcome == OUTCOME_WAIT)
            return not_yet(L, seconds == 0 ? "wantread" : "timeout");
        if (length > 0)
            tls_connection_input_commit(self->connection, length);
        else
            tls_connection_feed_end(self->connection);
    }
    lua_pushnil(L);
    return 1;
}

/* connection:receive_now(descriptor, n [, seconds]) -> n bytes: what collect, step, fill and
 * core.wait do for a connection that nobody watches, without Lua between them | nil: something else
 * has happened or must be done first (step tells what); what has arrived is kept for collect | nil,
 * message, code: "transport_failed", "timeout", "wantread" (seconds is 0) */
static int
receive_now(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    int descriptor = check_descriptor(L, 2);
    lua_Number wanted = luaL_checknumber(L, 3);

    if (!lua_isnoneornil(L, 4))
        (void)luaL_checknumber(L, 4);
    luaL_argcheck(L, wanted > 0 && wanted < 9e15, 3, "not a number of bytes");
    lua_settop(L, 4);
    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    return receive_directly(L, self, descriptor, (size_t)wanted);
}

/* connection:flush(descriptor [, watched]) -> true when all output is gone | nil, message, code:
 * "wantwrite", "transport_failed". watched: a table to which pieces are appended, each followed by
 * how many of its bytes were sent. */
static int
flush(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    int descriptor = check_descriptor(L, 2);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    switch (flush_output(L, self, descriptor)) {
    case OUTCOME_WAIT:
        return not_yet(L, "wantwrite");
    case OUTCOME_FAILED:
        return transport_failure(L, errno);
    case OUTCOME_FULL:
    case OUTCOME_DONE:
        break;
    }
    lua_pushboolean(L, 1);
    return 1;
}

static int
send_failure(lua_State *L, int results, lua_Integer last)
{
    lua_pushinteger(L, last);
    return results + 1;
}

/* send_directly: see send_all; `first` is the index of the first of `bytes`. */
static int
send_directly(
    lua_State *L, tls_lua_connection *self, int descriptor, tls_bytes bytes, lua_Integer first)
{
    size_t done = 0;

    do {
        int was_empty = tls_connection_output(self->connection).length == 0;
        enum tls_reason reason = TLS_OK;
        size_t written = 0;
        enum outcome outcome;

        if (done < bytes.length)
            reason = tls_connection_write(
                self->connection, &written, bytes.data + done, bytes.length - done);
        if (reason == TLS_OK && written == 0 && was_empty && done < bytes.length)
            reason = TLS_REASON_INTERNAL; /* else it would turn round for ever */
        if (reason != TLS_OK)
            return send_failure(
                L, tls_lua_connection_refused(L, self, reason), first - 1 + (lua_Integer)done);
        done += written;
        outcome = flush_output(L, self, descriptor);
        if (outcome == OUTCOME_FAILED)
            return send_failure(L, transport_failure(L, errno), first - 1 + (lua_Integer)done);
        /* What goes out slowly may still leave room for more. */
        if (outcome == OUTCOME_WAIT && (written == 0 || done == bytes.length))
            return send_failure(L, not_yet(L, "wantwrite"), first - 1 + (lua_Integer)done);
    } while (done < bytes.length);
    lua_pushinteger(L, first - 1 + (lua_Integer)done);
    return 1;
}

/* connection:send_all(descriptor, data [, i [, j]]) seals and writes until all is gone or the
 * descriptor would have to be waited for -> index of the last byte | nil, message, code, index of
 * the last byte that was sealed. After "wantwrite", when it is the last of all, flush is what is
 * left to do. i, j as in string.sub. */
static int
send_all(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    int descriptor = check_descriptor(L, 2);
    lua_Integer first;
    tls_bytes bytes = tls_lua_check_range(L, 3, &first);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    return send_directly(L, self, descriptor, bytes, first);
}

/* ---- Streams that are ready ----
 *
 * Most calls of a stream's receive and send find nothing in their way. The Lua layer says so ahead
 * of them: while a stream's state has the core's connection at READY_CONNECTION, both can be done
 * here, by the descriptor at READY_DESCRIPTOR: a number, or an object that tells it by getfd. What
 * changes that takes it away (lua/bearssl/stream/work.lua). */
enum { READY_CONNECTION = 1, READY_DESCRIPTOR = 2 };
/* Upvalues: the key under which a stream has its state, and the class of connections. */
enum { UPVALUE_KEY = 1, UPVALUE_CLASS };

/* ready_connection pushes what stands in the state at `index`. NULL where it cannot be used. */
static tls_lua_connection *
ready_connection(lua_State *L, int index)
{
    tls_lua_connection *self = NULL;

    lua_rawgeti(L, index, READY_CONNECTION);
    if (lua_getmetatable(L, -1)) {
        if (lua_rawequal(L, -1, lua_upvalueindex(UPVALUE_CLASS)))
            self = lua_touserdata(L, -2);
        lua_pop(L, 1);
    }
    return self != NULL && self->connection != NULL && self->busy == 0 ? self : NULL;
}

/* ready_descriptor: -1 where there is none. */
static int
ready_descriptor(lua_State *L, int index)
{
    lua_Number number = -1;

    lua_rawgeti(L, index, READY_DESCRIPTOR);
    if (lua_type(L, -1) == LUA_TUSERDATA || lua_type(L, -1) == LUA_TTABLE) {
        lua_getfield(L, -1, "getfd");
        lua_insert(L, -2);
        lua_call(L, 1, 1);
    }
    if (lua_type(L, -1) == LUA_TNUMBER)
        number = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return number >= 0 && number < INT_MAX ? (int)number : -1;
}

/* find_ready is for the stream at 1: it leaves its state at 4 and the connection, which must stay
 * while it is used, at 5. NULL where it is not ready. */
static tls_lua_connection *
find_ready(lua_State *L, int *descriptor)
{
    tls_lua_connection *self;
    int is_ready;

    lua_settop(L, 3);
    if (lua_type(L, 1) != LUA_TTABLE)
        return NULL;
    lua_pushvalue(L, lua_upvalueindex(UPVALUE_KEY));
    lua_rawget(L, 1);
    if (lua_type(L, 4) != LUA_TTABLE)
        return NULL;
    self = ready_connection(L, 4);
    if (self == NULL)
        return NULL;
    *descriptor = ready_descriptor(L, 4);
    if (*descriptor < 0)
        return NULL;
    /* Whoever told it may have used the stream. */
    lua_rawgeti(L, 4, READY_CONNECTION);
    is_ready = lua_touserdata(L, -1) == self && self->connection != NULL && self->busy == 0;
    lua_pop(L, 1);
    return is_ready ? self : NULL;
}

/* receive_ready(stream, n, prefix) -> as receive_now; nothing where the stream is not ready, or
 * more is asked for than a number of bytes */
static int
receive_ready(lua_State *L)
{
    lua_Number wanted;
    tls_lua_connection *self;
    int descriptor;

    if (lua_type(L, 2) != LUA_TNUMBER || !lua_isnoneornil(L, 3))
        return 0;
    wanted = lua_tonumber(L, 2);
    if (!(wanted > 0 && wanted < INT_MAX) || wanted != (lua_Number)(int)wanted)
        return 0;
    self = find_ready(L, &descriptor);
    if (self == NULL)
        return 0;
    lua_pushvalue(L, 4);
    return receive_directly(L, self, descriptor, (size_t)wanted);
}

/* send_ready(stream, data, i, j) -> as send_all; nothing where the stream is not ready, or only a
 * part is to be sent */
static int
send_ready(lua_State *L)
{
    tls_lua_connection *self;
    int descriptor;

    if (lua_type(L, 2) != LUA_TSTRING || !lua_isnoneornil(L, 3) || !lua_isnoneornil(L, 4))
        return 0;
    self = find_ready(L, &descriptor);
    if (self == NULL)
        return 0;
    return send_directly(L, self, descriptor, tls_lua_check_bytes(L, 2), 1);
}

/* core.ready_calls(key) -> receive_ready, send_ready for streams that have their state under it */
static int
ready_calls(lua_State *L)
{
    static const lua_CFunction calls[] = {receive_ready, send_ready};
    size_t i;

    luaL_checkany(L, 1);
    for (i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        lua_pushvalue(L, 1);
        lua_getfield(L, LUA_REGISTRYINDEX, TLS_LUA_CONNECTION);
        lua_pushcclosure(L, calls[i], 2);
    }
    return 2;
}

/* core.wait(descriptor, "r" | "w" [, seconds]) -> true when it can be read or written (or is
 * broken) | nil, message, code: "timeout", "transport_failed". Without seconds it waits for ever.
 */
static int
wait_for(lua_State *L)
{
    int descriptor = check_descriptor(L, 1);
    const char *mode = luaL_checkstring(L, 2);
    int forever = lua_isnoneornil(L, 3);
    lua_Number seconds = forever ? 0 : luaL_checknumber(L, 3);
    double deadline = 0;
    short events;
    int ready;

    luaL_argcheck(L, strcmp(mode, "r") == 0 || strcmp(mode, "w") == 0, 2, "must be 'r' or 'w'");
    events = mode[0] == 'r' ? POLLIN : POLLOUT;
    if (!(seconds > 0))
        seconds = 0;
    if (!forever)
        deadline = monotonic_seconds() + seconds;
    do {
        int milliseconds = -1;

        if (!forever)
            milliseconds = milliseconds_until(deadline);
        ready = poll_once(descriptor, events, milliseconds);
    } while ((ready < 0 && errno == EINTR) ||
             (ready == 0 && !forever && deadline > monotonic_seconds()));
    if (ready < 0)
        return transport_failure(L, errno);
    if (ready == 0)
        return not_yet(L, "timeout");
    lua_pushboolean(L, 1);
    return 1;
}

/* core.monotonic() -> seconds of a clock that never goes back */
static int
monotonic(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)monotonic_seconds());
    return 1;
}

const luaL_Reg tls_lua_descriptor_methods[] = {
    {"fill", fill},
    {"flush", flush},
    {"receive_now", receive_now},
    {"send_all", send_all},
    {NULL, NULL},
};

const luaL_Reg tls_lua_descriptor_functions[] = {
    {"wait", wait_for},
    {"ready_calls", ready_calls},
    {"monotonic", monotonic},
    {NULL, NULL},
};

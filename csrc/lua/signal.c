/* signal.c - what a long-running program wants of its process: to be told about SIGTERM and SIGINT
 * in an event loop, on every Lua, to wait for many descriptors, and to know its terminal.
 *
 *     descriptor = core.trap_terminate()   readable once a signal has arrived
 *     count      = core.terminated()       signals so far; clears the descriptor
 *     core.default_interrupt()             SIGINT ends the process, also where it waits in a call
 *     r, w       = core.poll(readers, writers, seconds)
 *     columns    = core.terminal(1)        width of the terminal, nil when it is none
 *     bytes      = core.read(0)            what a descriptor has, as no file of Lua's can
 *
 * The handlers are process-wide, so they are installed on demand and only by the program itself
 * (the tool); requiring the library changes no signal. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1
#endif

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "module.h"
#include "value.h"

static volatile sig_atomic_t signals;
static int wake_read = -1, wake_write = -1;

static void
on_terminate(int number)
{
    int kept = errno;

    (void)number;
    signals++;
    if (write(wake_write, "", 1) < 0) {
        /* a full pipe is readable already */
    }
    errno = kept;
}

static int
make_pipe(void)
{
    int ends[2], i;

    if (pipe(ends) != 0) {
        return -1;
    }
    for (i = 0; i < 2; i++) {
        if (fcntl(ends[i], F_SETFL, O_NONBLOCK) == -1 ||
            fcntl(ends[i], F_SETFD, FD_CLOEXEC) == -1) {
            close(ends[0]);
            close(ends[1]);
            return -1;
        }
    }
    wake_read = ends[0];
    wake_write = ends[1];
    return 0;
}

/* trap_terminate() -> descriptor to wait on | nil, message, "transport_failed". Calling it again
 * gives the same one. */
static int
trap_terminate(lua_State *L)
{
    struct sigaction action;

    if (wake_read < 0 && make_pipe() != 0) {
        return tls_lua_failure_text(L, TLS_REASON_TRANSPORT_FAILED, strerror(errno));
    }
    memset(&action, 0, sizeof action);
    action.sa_handler = on_terminate;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0) {
        return tls_lua_failure_text(L, TLS_REASON_TRANSPORT_FAILED, strerror(errno));
    }
    lua_pushinteger(L, wake_read);
    return 1;
}

/* terminated() -> how many signals have arrived since trap_terminate; empties the pipe. */
static int
terminated(lua_State *L)
{
    char bytes[64];

    while (wake_read >= 0 && read(wake_read, bytes, sizeof bytes) > 0) {
    }
    lua_pushinteger(L, (lua_Integer)signals);
    return 1;
}

/* count_list: how many descriptors a list has; raises for what is none. */
static int
count_list(lua_State *L, int index)
{
    int count = 0;

    luaL_checktype(L, index, LUA_TTABLE);
    for (;; count++) {
        lua_rawgeti(L, index, count + 1);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            return count;
        }
        luaL_argcheck(L, lua_type(L, -1) == LUA_TNUMBER, index, "must be a list of descriptors");
        lua_pop(L, 1);
    }
}

static struct pollfd *
add_list(lua_State *L, int index, int count, struct pollfd *next, short events)
{
    int i;

    for (i = 1; i <= count; i++, next++) {
        lua_rawgeti(L, index, i);
        next->fd = (int)lua_tointeger(L, -1);
        next->events = events;
        next->revents = 0;
        lua_pop(L, 1);
    }
    return next;
}

/* push_ready pushes the list of the positions at which something happened. */
static void
push_ready(lua_State *L, const struct pollfd *entries, int count)
{
    int i, found = 0;

    lua_newtable(L);
    for (i = 0; i < count; i++) {
        if (entries[i].revents != 0) {
            lua_pushinteger(L, i + 1);
            lua_rawseti(L, -2, ++found);
        }
    }
}

/* poll(readers, writers [, seconds]) waits until a descriptor of the first list can be read, or one
 * of the second written (or is broken: the call that follows tells); nil waits for ever. -> two
 * lists of positions in these lists; both are empty when the time was over, or when a signal came.
 * There is no limit of 1024 as select has. | nil, message, "transport_failed" */
static int
poll_lists(lua_State *L)
{
    int readers = count_list(L, 1), writers = count_list(L, 2);
    int milliseconds = tls_lua_milliseconds(L, 3), ready;
    struct pollfd *entries;

    entries = lua_newuserdata(L, ((size_t)readers + (size_t)writers + 1) * sizeof *entries);
    add_list(L, 2, writers, add_list(L, 1, readers, entries, POLLIN), POLLOUT);
    ready = poll(entries, (nfds_t)readers + (nfds_t)writers, milliseconds);
    if (ready < 0 && errno != EINTR) {
        return tls_lua_failure_text(L, TLS_REASON_TRANSPORT_FAILED, strerror(errno));
    }
    /* after a failure the entries are as they were: nothing happened */
    push_ready(L, entries, readers);
    push_ready(L, entries + readers, writers);
    return 2;
}

/* terminal(descriptor) -> columns (0 when they are unknown), or nil when it is no terminal. */
static int
terminal(lua_State *L)
{
    int descriptor = (int)luaL_checkinteger(L, 1);
    struct winsize size;

    if (!isatty(descriptor)) {
        lua_pushnil(L);
        return 1;
    }
    memset(&size, 0, sizeof size);
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) {
        size.ws_col = 0;
    }
    lua_pushinteger(L, size.ws_col);
    return 1;
}

/* read(descriptor) -> up to 16384 bytes, waiting only until there is one; "" at the end |
 * nil, message, "transport_failed" */
static int
read_some(lua_State *L)
{
    char bytes[16384];
    ssize_t count;

    do
        count = read((int)luaL_checkinteger(L, 1), bytes, sizeof bytes);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return tls_lua_failure_text(L, TLS_REASON_TRANSPORT_FAILED, strerror(errno));
    lua_pushlstring(L, bytes, (size_t)count);
    return 1;
}

/* The interpreter catches SIGINT to raise an error at its next instruction, which whoever waits in
 * a system call does not reach. */
static int
default_interrupt(lua_State *L)
{
    (void)L;
    (void)signal(SIGINT, SIG_DFL);
    return 0;
}

const luaL_Reg tls_lua_signal_functions[] = {
    {"default_interrupt", default_interrupt},
    {"trap_terminate", trap_terminate},
    {"terminated", terminated},
    {"poll", poll_lists},
    {"terminal", terminal},
    {"read", read_some},
    {NULL, NULL},
};

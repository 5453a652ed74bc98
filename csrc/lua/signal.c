/* signal.c - what a long-running program wants of its process: to be told about SIGTERM and SIGINT
 * in an event loop, on every Lua, and to know the terminal it writes to.
 *
 *     descriptor = core.trap_terminate()   readable once a signal has arrived
 *     count      = core.terminated()       signals so far; clears the descriptor
 *     columns    = core.terminal(1)        width of the terminal, nil when it is none
 *
 * The handlers are process-wide, so they are installed on demand and only by the program itself (the
 * tool); requiring the library changes no signal. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1
#endif

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

extern const luaL_Reg tls_lua_signal_functions[];

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
        if (fcntl(ends[i], F_SETFL, O_NONBLOCK) == -1 || fcntl(ends[i], F_SETFD, FD_CLOEXEC) == -1) {
            close(ends[0]);
            close(ends[1]);
            return -1;
        }
    }
    wake_read = ends[0];
    wake_write = ends[1];
    return 0;
}

/* trap_terminate() -> descriptor to wait on, or nil, message. Calling it again gives the same one. */
static int
trap_terminate(lua_State *L)
{
    struct sigaction action;

    if (wake_read < 0 && make_pipe() != 0) {
        lua_pushnil(L);
        lua_pushstring(L, strerror(errno));
        return 2;
    }
    memset(&action, 0, sizeof action);
    action.sa_handler = on_terminate;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0) {
        lua_pushnil(L);
        lua_pushstring(L, strerror(errno));
        return 2;
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

const luaL_Reg tls_lua_signal_functions[] = {
    { "trap_terminate", trap_terminate },
    { "terminated", terminated },
    { "terminal", terminal },
    { NULL, NULL },
};

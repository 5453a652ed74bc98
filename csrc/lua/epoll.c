/* epoll.c - waits for many descriptors at a cost that goes with what happens, not with how many
 * there are. Only Linux has it; elsewhere core.epoll() gives nil, and core.poll is there.
 *
 *     set   = core.epoll()
 *     true  = set:watch(descriptor, events)   events: 1 to read, 2 to write, 3 either, 0 no more
 *     list  = set:wait([seconds])             descriptor, events, descriptor, events …
 *
 * What is broken is reported as both: the call that follows tells. A descriptor is to be taken out
 * before it is closed. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include "module.h"
#include "object.h"
#include "value.h"

#ifdef __linux__

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define CLASS "bearssl.epoll"
/* Taken out of the kernel at a time; the rest comes with the next call. */
#define EVENTS_MAXIMUM 256

enum { CAN_READ = 1, CAN_WRITE = 2 };

typedef struct epoll_set {
    int descriptor_plus_one; /* 0: closed */
} epoll_set;

static int
failed(lua_State *L)
{
    return tls_lua_failure_text(L, TLS_REASON_TRANSPORT_FAILED, strerror(errno));
}

static int
descriptor_of(lua_State *L)
{
    const epoll_set *set = luaL_checkudata(L, 1, CLASS);

    if (set->descriptor_plus_one == 0)
        luaL_error(L, "the set is closed");
    return set->descriptor_plus_one - 1;
}

static int
watch(lua_State *L)
{
    int epoll = descriptor_of(L), descriptor = (int)luaL_checkinteger(L, 2), result;
    lua_Integer wanted = luaL_checkinteger(L, 3);
    struct epoll_event event;

    luaL_argcheck(L, wanted >= 0 && wanted <= (CAN_READ | CAN_WRITE), 3, "must be 0 to 3");
    memset(&event, 0, sizeof event);
    event.data.fd = descriptor;
    event.events = (wanted & CAN_READ ? (uint32_t)EPOLLIN | EPOLLRDHUP : 0) |
                   (wanted & CAN_WRITE ? (uint32_t)EPOLLOUT : 0);
    if (wanted == 0) {
        /* One that was closed has left the set by itself. */
        result = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event);
        if (result != 0 && (errno == ENOENT || errno == EBADF))
            result = 0;
    } else {
        result = epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
        if (result != 0 && errno == EEXIST)
            result = epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event);
    }
    if (result != 0)
        return failed(L);
    lua_pushboolean(L, 1);
    return 1;
}

static unsigned
events_of(uint32_t events)
{
    if (events & (EPOLLERR | EPOLLHUP))
        return CAN_READ | CAN_WRITE;
    return (events & (EPOLLIN | EPOLLRDHUP) ? CAN_READ : 0) | (events & EPOLLOUT ? CAN_WRITE : 0);
}

static int
wait_for_events(lua_State *L)
{
    int epoll = descriptor_of(L), milliseconds = tls_lua_milliseconds(L, 2), count, i;
    struct epoll_event events[EVENTS_MAXIMUM];

    count = epoll_wait(epoll, events, EVENTS_MAXIMUM, milliseconds);
    if (count < 0 && errno != EINTR)
        return failed(L);
    if (count < 0)
        count = 0;
    lua_createtable(L, 2 * count, 0);
    for (i = 0; i < count; i++) {
        lua_pushinteger(L, events[i].data.fd);
        lua_rawseti(L, -2, 2 * i + 1);
        lua_pushinteger(L, (lua_Integer)events_of(events[i].events));
        lua_rawseti(L, -2, 2 * i + 2);
    }
    return 1;
}

static int
collect(lua_State *L)
{
    epoll_set *set = luaL_checkudata(L, 1, CLASS);

    if (set->descriptor_plus_one != 0)
        (void)close(set->descriptor_plus_one - 1);
    set->descriptor_plus_one = 0;
    return 0;
}

static const luaL_Reg methods[] = {
    {"watch", watch},
    {"wait", wait_for_events},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__gc", collect},
    {NULL, NULL},
};

static int
make(lua_State *L)
{
    epoll_set *set = tls_lua_new(L, CLASS, sizeof *set, 0);
    int descriptor = epoll_create1(EPOLL_CLOEXEC);

    if (descriptor < 0)
        return failed(L);
    set->descriptor_plus_one = descriptor + 1;
    return 1;
}

void
tls_lua_open_epoll(lua_State *L)
{
    tls_lua_class(L, CLASS, methods, metamethods);
}

#else

static int
make(lua_State *L)
{
    lua_pushnil(L);
    return 1;
}

void
tls_lua_open_epoll(lua_State *L)
{
    (void)L;
}

#endif

const luaL_Reg tls_lua_epoll_functions[] = {
    {"epoll", make},
    {NULL, NULL},
};

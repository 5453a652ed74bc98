/* threads.c - runs a Lua script in several threads of one process, each with a Lua state and a
 * table of descriptors of its own. The limit of descriptors (RLIMIT_NOFILE) is one of each table,
 * so that one process holds more of them than its limit says, where that cannot be raised.
 *
 *     threads COUNT SCRIPT ARGUMENT …      the global THREAD tells a script which one it is, from 1
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "lua.h"
#include "lauxlib.h"
#include "lualib.h"

static char **arguments;

static void *
run(void *data)
{
    lua_State *L = luaL_newstate();
    int i;

    if (L == NULL || unshare(CLONE_FILES) != 0) {
        perror("threads");
        exit(1);
    }
    luaL_openlibs(L);
    lua_newtable(L);
    for (i = 0; arguments[i] != NULL; i++) {
        lua_pushstring(L, arguments[i]);
        lua_rawseti(L, -2, i);
    }
    lua_setglobal(L, "arg");
    lua_pushinteger(L, *(int *)data);
    lua_setglobal(L, "THREAD");
    if (luaL_loadfile(L, arguments[0]) != 0 || lua_pcall(L, 0, 0, 0) != 0) {
        fprintf(stderr, "threads: %s\n", lua_tostring(L, -1));
        exit(1);
    }
    lua_close(L);
    return NULL;
}

int
main(int argc, char **argv)
{
    enum { MOST = 256 };
    static pthread_t threads[MOST];
    static int numbers[MOST];
    int i, count = argc > 2 ? atoi(argv[1]) : 0;

    if (count < 1 || count > MOST) {
        fprintf(stderr, "usage: threads COUNT SCRIPT ARGUMENT ...\n");
        return 2;
    }
    arguments = argv + 2;
    for (i = 0; i < count; i++) {
        numbers[i] = i + 1;
        if (pthread_create(&threads[i], NULL, run, &numbers[i]) != 0)
            return 1;
    }
    for (i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return 0;
}

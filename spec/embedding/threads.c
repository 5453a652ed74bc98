/* threads.c - several threads, each with a Lua state of its own, begin at the same moment and run
 * the same script: handshakes of both versions, full and resumed, and data both ways.
 *
 *     threads COUNT SCRIPT [race]      prints what each script returns; with "race" one that the
 *                                      sanitizer must see, to prove that it sees any */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "bearssl_lua.h"

enum { MAXIMUM = 16 };

typedef struct worker {
    pthread_t thread;
    const char *script;
    int number, failed;
    char answer[200];
} worker;

static pthread_barrier_t start;
static int planted, raced;

static void *
run(void *argument)
{
    worker *w = argument;
    lua_State *L = luaL_newstate();

    luaL_openlibs(L);
    bearssl_preload(L);
    pthread_barrier_wait(&start);
    if (planted)
        raced += w->number;
    w->failed = luaL_loadfile(L, w->script) != 0 || lua_pcall(L, 0, 1, 0) != 0;
    snprintf(w->answer, sizeof w->answer, "%s", lua_tostring(L, -1));
    lua_close(L);
    return NULL;
}

int
main(int argc, char **argv)
{
    static worker workers[MAXIMUM];
    int count = argc > 2 ? atoi(argv[1]) : 0, failed = 0, i;

    if (count < 1 || count > MAXIMUM)
        return 2;
    planted = argc > 3 && strcmp(argv[3], "race") == 0;
    pthread_barrier_init(&start, NULL, (unsigned)count);
    for (i = 0; i < count; i++) {
        workers[i].script = argv[2];
        workers[i].number = i;
        if (pthread_create(&workers[i].thread, NULL, run, &workers[i]) != 0)
            return 2;
    }
    for (i = 0; i < count; i++) {
        pthread_join(workers[i].thread, NULL);
        printf("%s\n", workers[i].answer);
        failed |= workers[i].failed;
    }
    return failed;
}

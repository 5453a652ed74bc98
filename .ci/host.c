/*
 * A plain Lua interpreter, built with the same instrumentation as the module under test. A
 * sanitizer's runtime must be there before the first allocation; preloading it into a stock
 * interpreter would hand it to every child process too. This one has it linked in.
 *
 *     host [-e code] [-l module] [script [argument…]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>

struct job {
    int argc;
    char **argv;
};

static int
traceback(lua_State *L)
{
    lua_getglobal(L, "debug");
    lua_getfield(L, -1, "traceback");
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 2);
    lua_call(L, 2, 1);
    return 1;
}

static void
check(lua_State *L, int status)
{
    if (status != 0) {
        lua_error(L);
    }
}

static int
run(lua_State *L)
{
    struct job *job = lua_touserdata(L, 1);
    int i, n, script = 1;

    while (script < job->argc && job->argv[script][0] == '-') {
        script += 2;
    }
    luaL_openlibs(L);
    lua_newtable(L);
    for (i = 0; i < job->argc; i++) {
        lua_pushstring(L, job->argv[i]);
        lua_rawseti(L, -2, i - script);
    }
    lua_setglobal(L, "arg");

    for (i = 1; i + 1 < job->argc && i < script; i += 2) {
        if (strcmp(job->argv[i], "-e") == 0) {
            check(L,
                luaL_loadbuffer(L, job->argv[i + 1], strlen(job->argv[i + 1]), "=(command line)"));
            lua_call(L, 0, 0);
        } else if (strcmp(job->argv[i], "-l") == 0) {
            lua_getglobal(L, "require");
            lua_pushstring(L, job->argv[i + 1]);
            lua_call(L, 1, 0);
        } else {
            return luaL_error(L, "unknown option '%s'", job->argv[i]);
        }
    }
    if (script < job->argc || script == 1) {
        check(L, luaL_loadfile(L, script < job->argc ? job->argv[script] : NULL));
        for (n = 0, i = script + 1; i < job->argc; i++, n++) {
            lua_pushstring(L, job->argv[i]);
        }
        lua_call(L, n, 0);
    }
    return 0;
}

int
main(int argc, char **argv)
{
    struct job job = {argc, argv};
    lua_State *L = luaL_newstate();
    int status;

    if (L == NULL) {
        fputs("host: not enough memory\n", stderr);
        return EXIT_FAILURE;
    }
    lua_pushcfunction(L, traceback);
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, &job);
    status = lua_pcall(L, 1, 0, 1);
    if (status != 0) {
        const char *message = lua_tostring(L, -1);

        fprintf(stderr, "host: %s\n", message != NULL ? message : "(error object is not a string)");
    }
    lua_close(L);
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

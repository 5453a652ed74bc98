/* path.c - what stands at a path, and what a directory holds: Lua has no such functions.
 *
 *     kind  = core.path_kind(path)    "file", "directory", "other" (a pipe, a device, a socket)
 *     names = core.directory(path)    list of names, without "." and ".."
 *     true  = core.private_file(path) a new file, empty, that its owner alone may read
 *
 * The first two follow symbolic links; all give nil, message, the system's error number. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "module.h"
#include "value.h"

static int
failed(lua_State *L, const char *path, int error)
{
    lua_pushnil(L);
    lua_pushfstring(L, "%s: %s", path, strerror(error));
    lua_pushinteger(L, error);
    return 3;
}

static int
path_kind(lua_State *L)
{
    const char *path = tls_lua_check_text(L, 1);
    struct stat status;

    if (stat(path, &status) != 0)
        return failed(L, path, errno);
    lua_pushstring(L, S_ISREG(status.st_mode)   ? "file"
                      : S_ISDIR(status.st_mode) ? "directory"
                                                : "other");
    return 1;
}

/* fill_names is run protected: running out of memory must not leave the directory open. */
static int
fill_names(lua_State *L)
{
    DIR *directory = lua_touserdata(L, 1);
    struct dirent *entry;
    int count = 0;

    lua_newtable(L);
    while ((entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        lua_pushstring(L, entry->d_name);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

static int
directory(lua_State *L)
{
    const char *path = tls_lua_check_text(L, 1);
    DIR *opened = opendir(path);
    int status, error;

    if (opened == NULL)
        return failed(L, path, errno);
    lua_pushcfunction(L, fill_names);
    lua_pushlightuserdata(L, opened);
    errno = 0;
    status = lua_pcall(L, 1, 1, 0);
    error = errno;
    (void)closedir(opened);
    if (status != 0)
        return lua_error(L);
    return error != 0 ? failed(L, path, error) : 1;
}

/* Never one that is there, nor what a symbolic link leads to: whoever put it there could read what
 * is written into it. */
static int
private_file(lua_State *L)
{
    const char *path;
    int descriptor;

    luaL_checktype(L, 1, LUA_TSTRING); /* no number names a file that somebody meant */
    path = tls_lua_check_text(L, 1);
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (descriptor < 0)
        return failed(L, path, errno);
    (void)close(descriptor);
    lua_pushboolean(L, 1);
    return 1;
}

const luaL_Reg tls_lua_path_functions[] = {
    {"path_kind", path_kind},
    {"directory", directory},
    {"private_file", private_file},
    {NULL, NULL},
};

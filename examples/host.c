/* A program in C with a Lua of its own, and bearssl inside it: the script below fetches a page over
 * a socket that the program has connected. Nothing is looked for on a disk but the CAFILE.
 *
 *     make install-static LUA=lua5.4      (below PREFIX: then PKG_CONFIG_PATH=PREFIX/lib/pkgconfig)
 *     cc examples/host.c $(pkg-config --cflags --libs bearssl-lua5.4 lua5.4) -o host
 *     ./host HOST PORT [CAFILE]
 */
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "bearssl_lua.h"

static const char script[] =
    "local bearssl = require 'bearssl'\n"
    "local descriptor, host, cafile = ...\n"
    "local context = assert(bearssl.context { cafile = cafile })\n"
    "local tls = assert(context:wrap(descriptor, { server_name = host, timeout = 10 }))\n"
    "assert(tls:handshake())\n"
    "assert(tls:send('GET / HTTP/1.0\\r\\nHost: ' .. host .. '\\r\\n\\r\\n'))\n"
    "local line = assert(tls:receive '*l')\n"
    "tls:close()\n"
    "return tls:info 'version' .. ': ' .. line\n";

static int
connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {0}, *list, *each;
    int descriptor = -1;

    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host, port, &hints, &list) != 0)
        return -1;
    for (each = list; each != NULL && descriptor < 0; each = each->ai_next) {
        descriptor = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
        if (descriptor >= 0 && connect(descriptor, each->ai_addr, each->ai_addrlen) != 0) {
            close(descriptor);
            descriptor = -1;
        }
    }
    freeaddrinfo(list);
    return descriptor;
}

int
main(int argc, char **argv)
{
    lua_State *L;
    int descriptor, status;

    if (argc < 3 || (descriptor = connect_to(argv[1], argv[2])) < 0) {
        fprintf(stderr, "usage: host HOST PORT [CAFILE], of a server that can be reached\n");
        return 2;
    }
    L = luaL_newstate();
    luaL_openlibs(L);
    bearssl_preload(L);
    status = luaL_loadbuffer(L, script, sizeof script - 1, "=script");
    if (status == 0) {
        lua_pushinteger(L, descriptor);
        lua_pushstring(L, argv[1]);
        lua_pushstring(L, argc > 3 ? argv[3] : NULL);
        status = lua_pcall(L, 3, 1, 0);
    }
    puts(lua_tostring(L, -1));
    lua_close(L);
    close(descriptor);
    return status != 0;
}

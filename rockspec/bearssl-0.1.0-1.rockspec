rockspec_format = "3.0"
package = "bearssl"
version = "0.1.0-1"

source = {
   url = "file://bearssl-0.1.0.tar.gz",
   dir = "bearssl-0.1.0",
}

description = {
   summary = "TLS for Lua: every handshake stage visible, every decision yours",
   detailed = [[
TLS for Lua on BearSSL's cryptography. Contexts, certificates, keys, trust stores and sessions are Lua
objects; every stage of a handshake can be watched and steered by a handler, and every handler may yield.

The library needs nothing but Lua and BearSSL. Certificates are compressed with zlib, Brotli and Zstandard where
pkg-config finds them (ZLIB=none, BROTLI=none and ZSTD=none in the environment leave them out). The command-line tool also uses argparse, LuaSocket and, for
--json, dkjson: from LuaRocks or from the system's packages, whichever is there.
]],
   license = "MIT",
   labels = { "tls", "ssl", "network", "crypto" },
}

-- LuaRocks cannot see modules that the system's packages brought, and would fetch what is listed here.
-- So the tool's modules are not listed; the tool says which one it misses.
dependencies = {
   "lua >= 5.1, < 5.6",
}

external_dependencies = {
   BEARSSL = {
      header = "bearssl.h",
      library = "bearssl",
   },
}

-- One build for everyone: the Makefile finds sources and modules by itself, so no list here can go stale.
build = {
   type = "make",
   build_target = "all",
   install_target = "install",
   variables = {
      LUA = "$(LUA)",
      LUA_INCDIR = "$(LUA_INCDIR)",
      CFLAGS = "$(CFLAGS)",
      BEARSSL_INCDIR = "$(BEARSSL_INCDIR)",
      BEARSSL_LIBDIR = "$(BEARSSL_LIBDIR)",
      WERROR = "",
      BUILD = "build/rock",
   },
   install_variables = {
      LUADIR = "$(LUADIR)",
      LIBDIR = "$(LIBDIR)",
      BINDIR = "$(BINDIR)",
   },
}

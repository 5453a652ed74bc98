-- Builds and installs the archive of `make static` for one Lua, and programs with it, as a host would.
local lock = require "spec.support.lock"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local support = {}

local WARNINGS = "-Wall -Wextra -pedantic -Werror"
local RELEASES = { ["lua5.1"] = "lua5.1", ["lua5.4"] = "lua5.4", luajit = "luajit" }

-- install gives a prefix with the archive in it. words: more for make.
function support.install(lua, ...)
   local prefix = temporary.make_directory()
   local command = "make -s -j2 " .. shell.join { "LUA=" .. lua, "PREFIX=" .. prefix, "install-static", ... }
   -- the specs of this room build in the same directory
   lock.hold("static", function() shell.run(command) end)
   return { prefix = prefix, lua = lua }
end

local function pkg_config(installed, words)
   local path = shell.quote(installed.prefix .. "/lib/pkgconfig")
   return (shell.run(("PKG_CONFIG_PATH=%s pkg-config %s bearssl-%s %s"):format(path, words, installed.lua,
      RELEASES[installed.lua])):gsub("%s+$", ""))
end

-- compile makes a program of a source; more: words for the compiler.
function support.compile(installed, source, more, compiler)
   local program = temporary.path()
   shell.run(("%s %s -O1 -o %s %s %s %s"):format(compiler or "cc", WARNINGS, shell.quote(program), shell.quote(source),
      pkg_config(installed, "--cflags --libs"), more or ""))
   return program
end

return support

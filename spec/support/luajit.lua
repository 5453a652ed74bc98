-- The module for LuaJIT, which nginx runs whichever Lua runs a spec file.
local lock = require "spec.support.lock"
local shell = require "spec.support.shell"

local luajit = {}

-- build makes it with a make of its own, which does nothing when it is up to date.
function luajit.build()
   lock.hold("luajit", function()
      shell.run("env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -s LUA=luajit all")
   end)
end

return luajit

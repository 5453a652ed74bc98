-- What the programs of these specs find under the name of LuaSec: the drop-in, or LuaSec itself where the environment
-- says BEARSSL_SPEC_LUASEC=original, which tells a fault of a spec from one of the drop-in. Nothing of a program is
-- changed: Lua itself runs LUA_INIT before it.
local lock = require "spec.support.lock"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local luasec = {}

-- original: whether it is LuaSec itself.
luasec.original = os.getenv("BEARSSL_SPEC_LUASEC") == "original"

local here = shell.run("pwd"):match("[^\n]+")
luasec.here = here

local DIRECTORIES = { ["lua5.1"] = "5.1", ["lua5.2"] = "5.2", ["lua5.3"] = "5.3", ["lua5.4"] = "5.4", luajit = "5.1" }

-- build makes the module for a Lua, with a make of its own, which does nothing where it is up to date.
function luasec.build(lua)
   lock.hold(lua, function()
      shell.run("env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -s LUA=" .. lua .. " all")
   end)
end

-- environment is what a program under a Lua ("lua5.4" and so on) is started with. options:
--    root     where lua/ and build/ are; nothing: this checkout
--    modules  more directories of Lua modules
--    libraries   more directories of modules in C
--    first    Lua source that runs before the program
--    original    true: LuaSec itself, whatever the environment says
function luasec.environment(lua, options)
   options = options or {}
   local root = options.root or here
   local version = assert(DIRECTORIES[lua], lua)
   local path = { root .. "/lua/?.lua", root .. "/lua/?/init.lua" }
   for _, directory in ipairs(options.modules or {}) do
      path[#path + 1] = directory .. "/?.lua"
      path[#path + 1] = directory .. "/?/init.lua"
   end
   path[#path + 1] = ("/usr/share/lua/%s/?.lua;/usr/share/lua/%s/?/init.lua"):format(version, version)
   path[#path + 1] = "/usr/share/lua/5.1/?.lua;;" -- Debian files some that suit every Lua under that one only
   local libraries = { root .. "/build/" .. lua .. "/?.so" }
   for _, directory in ipairs(options.libraries or {}) do
      libraries[#libraries + 1] = directory .. "/?.so"
   end
   libraries[#libraries + 1] = ";"
   local install = (luasec.original or options.original) and "" or 'require "bearssl.luasec.auto" '
   local environment = {
      LUA_PATH = table.concat(path, ";"),
      LUA_CPATH = table.concat(libraries, ";"),
      LUA_INIT = install .. (options.first or ""),
   }
   for _, suffix in ipairs({ "5_2", "5_3", "5_4" }) do
      for _, name in ipairs({ "LUA_PATH_", "LUA_CPATH_", "LUA_INIT_" }) do
         environment[name .. suffix] = environment[name:sub(1, -2)]
      end
   end
   return environment
end

local INTERPRETERS = { luajit = "luajit" }

-- run runs a script under a Lua to its end and returns what it wrote; a script that fails raises with that.
function luasec.run(lua, script, words, options)
   options = options or {}
   luasec.build(lua)
   local argv = { INTERPRETERS[lua] or lua, script }
   for _, word in ipairs(words or {}) do
      argv[#argv + 1] = word
   end
   local child = process.start(argv, { environment = luasec.environment(lua, options), directory = options.directory })
   local status = child:wait(30)
   if status ~= 0 then
      error(("%s under %s ended with status %d:\n%s"):format(script, lua, status, child:told()), 2)
   end
   return child:output()
end

-- loaded tells which of the two a running process has in its memory: "ours", "original", "both" or "none".
function luasec.loaded(pid)
   local maps = temporary.read("/proc/" .. pid .. "/maps") or ""
   local ours = maps:find("/bearssl/core.so", 1, true)
   local original = maps:find("lua[%d.]*%-sec%.so")
   return ours and (original and "both" or "ours") or original and "original" or "none"
end

return luasec

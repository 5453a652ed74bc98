-- The tool where modules that it needs are not installed: it says what to install, and what needs none of them runs.
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local LUA = os.getenv "LUA" or "lua5.4"
local VERSION = _VERSION:match "%d+%.%d+"
local here = shell.run "pwd":match "[^\n]+"
local OWN = ("%s/lua/?.lua;%s/lua/?/init.lua"):format(here, here)

-- Where this run's C module is, without what else lies in Lua's places
local function own_cpath()
   for template in package.cpath:gmatch "[^;]+" do
      if temporary.read((template:gsub("%?", "bearssl/core"))) then return template end
   end
end

-- A directory with the Lua files of these modules, and of no others
local function directory(...)
   local place = temporary.make_directory()
   for _, name in ipairs { ... } do
      for template in package.path:gmatch "[^;]+" do
         local bytes = temporary.read((template:gsub("%?", name)))
         if bytes then
            temporary.write(bytes, nil, place .. "/" .. name .. ".lua")
            break
         end
      end
   end
   return place
end

-- Runs bin/bearssl where Lua files are found below path only: status, output, errors.
local function run(path, words, cpath)
   local child = process.start({ LUA, "bin/bearssl", (table.unpack or unpack)(words) }, { separate = true, -- luacheck: ignore
      environment = { LUA_PATH = path, LUA_CPATH = cpath or own_cpath(), LC_ALL = "C.UTF-8" } })
   return child:wait(60), child:output(), child:errors()
end

local function refused(path, words, pattern, cpath)
   local status, out, err = run(path, words, cpath)
   local shown = table.concat(words, " ") .. ": " .. out .. err
   assert.equal(1, status, shown)
   assert.equal("", out)
   assert.matches("^bearssl: [^\n]*" .. pattern .. "[^\n]*\n$", err)
   assert.is_nil(err:find("traceback", 1, true), err)
end

describe("the tool", function()
   after_each(process.stop_all)

   it("says what to install where argparse is not", function()
      for _, words in ipairs { { "--version" }, { "--help" }, { "trace", "localhost" }, {} } do
         refused(OWN, words, "Lua module argparse, .* luarocks %-%-lua%-version=" .. VERSION:gsub("%.", "%%.")
            .. " install argparse, .*lua%-argparse")
      end
   end)

   describe("without LuaSocket", function()
      local path = OWN .. ";" .. directory "argparse" .. "/?.lua"

      it("says what to install where it connects or listens", function()
         local pattern = "Lua module socket, .* install luasocket, .*lua%-socket"
         local ec = require("spec.support.certificates").ec
         for _, words in ipairs { { "trace", "localhost:1" }, { "probe", "localhost:1" }, { "connect", "localhost:1" },
            { "fetch", "https://localhost:1/" }, { "serve", "--cert", ec.chainfile, "--key", ec.keyfile } } do
            refused(path, words, pattern)
         end
      end)

      it("does what needs none", function()
         local status, out, err = run(path, { "--version" })
         assert.equal(0, status, err)
         assert.matches("^bearssl for Lua %d", out)
         assert.equal(0, (run(path, { "--help" })))
         local place = temporary.make_directory()
         status, out, err = run(path, { "ca", "init", "--out", place, "--name", "Here" })
         assert.equal(0, status, out .. err)
      end)
   end)

   it("says where a module that cannot be loaded fails", function()
      local place = directory "argparse"
      temporary.write("this is no Lua\n", nil, place .. "/socket.lua")
      refused(OWN .. ";" .. place .. "/?.lua", { "trace", "localhost:1" },
         "module socket cannot be loaded: .*socket%.lua:1: ")
   end)

   it("says how Lua is told where the library is", function()
      refused(OWN .. ";" .. directory "argparse" .. "/?.lua", { "--version" },
         "does not find bearssl%.core, .*LUA_CPATH", "/nonexistent/?.so")
      local status, out, err = run("/nonexistent/?.lua", { "--version" })
      assert.equal(1, status)
      assert.equal("", out)
      assert.matches("^bearssl: [^\n]*make %-s env[^\n]*\n  module 'bearssl%.tool' not found:\n$", err)
   end)
end)

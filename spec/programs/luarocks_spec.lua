-- LuaRocks installing a rock from a mirror over https.
local http_server = require "spec.programs.support.http_server"
local luasec = require "spec.programs.support.luasec"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

-- LuaRocks is run by the first of these that is there.
local LUA = "lua5.1"

local ROCKSPEC = [[
package = "greeting"
version = "1.0-1"
source = { url = "https://localhost:@PORT@/greeting-1.0.tar.gz", dir = "greeting-1.0" }
description = { summary = "Greets." }
dependencies = { "lua >= 5.1" }
build = { type = "builtin", modules = { greeting = "greeting.lua" } }
]]

local MANIFEST = [[
commands = {}
modules = {}
repository = { greeting = { ["1.0-1"] = { { arch = "rockspec" } } } }
]]

describe("LuaRocks", function()
   local mirror, server, tree

   setup(function()
      luasec.build(LUA)
      mirror, tree = temporary.make_directory(), temporary.make_directory()
      server = http_server.start(mirror)
      local source = mirror .. "/greeting-1.0"
      shell.run({ "mkdir", source })
      temporary.write("return function(name)\n   return 'Hello, ' .. name\nend\n", nil, source .. "/greeting.lua")
      shell.run({ "tar", "-C", mirror, "-czf", source .. ".tar.gz", "greeting-1.0" })
      temporary.write(ROCKSPEC:gsub("@PORT@", server.port), nil, mirror .. "/greeting-1.0-1.rockspec")
      temporary.write(MANIFEST, nil, mirror .. "/manifest-5.1")
   end)

   teardown(function()
      if server then
         server:stop()
      end
   end)

   -- luarocks runs it and gives its exit status and what it wrote.
   local function luarocks(...)
      local words = { "env", "HOME=" .. tree, "XDG_CACHE_HOME=" .. tree .. "/cache" }
      for name, value in pairs(luasec.environment(LUA)) do
         words[#words + 1] = name .. "=" .. value
      end
      for _, word in ipairs({ "luarocks", "--lua-version=5.1", "--tree=" .. tree, ... }) do
         words[#words + 1] = word
      end
      return shell.try(words)
   end

   local function mirror_at(scheme)
      return ("--only-server=%s://localhost:%d"):format(scheme, server.port)
   end

   it("searches, installs and runs what it installed", function()
      local status, output = luarocks(mirror_at("https"), "search", "greeting")
      assert.same(0, status, output)
      assert.matches("1.0%-1 %(rockspec%)", output)
      status, output = luarocks(mirror_at("https"), "install", "greeting")
      assert.same(0, status, output)
      assert.matches("greeting 1.0%-1 is now installed", output)
      assert.same("Hello, rocks\n", shell.run({
         "env", "LUA_PATH=" .. tree .. "/share/lua/5.1/?.lua;;", LUA, "-e", "print(require('greeting')('rocks'))",
      }))
   end)

   it("fetched with its own HTTPS, not with another program", function()
      local log = temporary.read(server.log)
      for _, name in ipairs({ "/manifest%-5.1", "/greeting%-1.0%-1.rockspec", "/greeting%-1.0.tar.gz" }) do
         assert.matches("GET " .. name .. " TLSv1.3 %S+ name=localhost", log)
      end
      local count = http_server.connections(server)
      assert.same(luasec.original and 0 or count.ours + count.others, count.ours)
   end)

   it("tells of a name that is not there", function()
      local status, output = luarocks(mirror_at("https"), "install", "absent")
      assert.not_same(0, status)
      assert.matches("No results matching query were found", output)
   end)
end)

-- make install and uninstall: staged below a directory with a space, beside another Lua's, and beside what others put
-- there.
local lock = require "spec.support.lock"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

-- make runs on this checkout's own build, as others of spec's rooms do.
local function make(...)
   local command = "make -s -j2 " .. shell.join { "LUA=lua5.4", ... }
   lock.hold("static", function() shell.run(command) end)
end

-- What is below a directory: files, and directories that are named for the library; those above are shared.
local function left(directory)
   local found = {}
   local command = "cd %s && find . -type f -printf '%%P\\n' -o -type d -name '*bearssl*' -printf '%%P/\\n'"
   for path in shell.run(command:format(shell.quote(directory))):gmatch "[^\n]+" do found[path] = true end
   return found
end

local function count(set)
   local number = 0
   for _ in pairs(set) do number = number + 1 end
   return number
end

describe("make install", function()
   it("stages below DESTDIR, and is undone there", function()
      local stage = temporary.make_directory() .. "/a stage"
      make("PREFIX=/opt/tls", "DESTDIR=" .. stage, "install")
      local found = left(stage)
      assert.is_true(found["opt/tls/bin/bearssl"] and found["opt/tls/lib/lua/5.4/bearssl/core.so"]
         and found["opt/tls/share/lua/5.4/bearssl/tool/init.lua"])
      for path in shell.run "find lua/bearssl -name '*.lua'":gmatch "lua/([^\n]+)" do
         assert.is_true(found["opt/tls/share/lua/5.4/" .. path], path)
      end
      -- the tool looks where the library will be, not where it was staged
      local tool = temporary.read(stage .. "/opt/tls/bin/bearssl")
      assert.truthy(tool:find("/opt/tls/share/lua/5.4/?.lua", 1, true))
      assert.is_nil(tool:find(stage, 1, true))
      make("PREFIX=/opt/tls", "DESTDIR=" .. stage, "uninstall")
      assert.same({}, left(stage))
      make("PREFIX=/opt/tls", "DESTDIR=" .. stage, "uninstall") -- once more is no failure
   end)

   it("is undone without what others put there, and without the tool that is another Lua's", function()
      local prefix = "PREFIX=" .. temporary.make_directory()
      local place = prefix:match "=(.*)"
      make(prefix, "install")
      assert.is_true(count(left(place)) > 60)
      temporary.write("return {}\n", nil, place .. "/share/lua/5.4/bearssl/mine.lua")
      shell.run { "mkdir", "-p", place .. "/share/lua/9.9/bearssl" }
      temporary.write("return {}\n", nil, place .. "/share/lua/9.9/bearssl/init.lua")
      local tool = temporary.read(place .. "/bin/bearssl")
      temporary.write("#!/usr/bin/env lua9.9\n", nil, place .. "/bin/bearssl")
      make(prefix, "uninstall")
      assert.same({ ["bin/bearssl"] = true, ["share/lua/5.4/bearssl/"] = true,
         ["share/lua/5.4/bearssl/mine.lua"] = true, ["share/lua/9.9/bearssl/"] = true,
         ["share/lua/9.9/bearssl/init.lua"] = true }, left(place))
      -- its own goes, and so does one that nobody is left for
      temporary.write(tool, nil, place .. "/bin/bearssl")
      make(prefix, "uninstall")
      assert.is_nil(left(place)["bin/bearssl"])
      temporary.write("#!/usr/bin/env lua9.9\n", nil, place .. "/bin/bearssl")
      shell.run { "rm", "-r", place .. "/share/lua/9.9" }
      make(prefix, "uninstall")
      assert.is_nil(left(place)["bin/bearssl"])
   end)
end)

describe("make install-static", function()
   it("stages below DESTDIR, and is undone there", function()
      local stage = temporary.make_directory() .. "/a stage"
      make("PREFIX=/opt/tls", "DESTDIR=" .. stage, "install-static")
      local pc = temporary.read(stage .. "/opt/tls/lib/pkgconfig/bearssl-lua5.4.pc")
      assert.matches("\nincludedir=/opt/tls/include\n", pc)
      assert.is_nil(pc:find(stage, 1, true))
      assert.same(4, count(left(stage))) -- with the headers' directory
      make("PREFIX=/opt/tls", "DESTDIR=" .. stage, "uninstall-static")
      assert.same({}, left(stage))
   end)
end)

-- The library as one archive, in programs that have a Lua of their own and know nothing of this checkout.
local certificates = require "spec.support.certificates"
local peer = require "spec.support.peer"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local support = require "spec.embedding.support"
local temporary = require "spec.support.temporary"

for _, lua in ipairs { "lua5.4", "lua5.1", "luajit" } do
   describe("the archive for " .. lua, function()
      local installed

      lazy_setup(function() installed = support.install(lua) end)
      after_each(process.stop_all)

      it("is in examples/host.c, which fetches with nothing around it", function()
         local server = peer.openssl_server { certificate = certificates.rsa, mode = "www" }
         local host = support.compile(installed, "examples/host.c")
         local child = process.start({ "env", "-i", host, "localhost", tostring(server.port),
            certificates.ca.certfile }, { directory = "/" })
         assert.equal(0, child:wait(30), child:output())
         assert.equal("TLSv1.3: HTTP/1.0 200 ok\n", child:output())
         local refused = process.start({ "env", "-i", "LC_ALL=C", host, "localhost", tostring(server.port),
            certificates.ec.certfile }, { directory = "/" })
         assert.equal(1, refused:wait(30))
         assert.matches("no trusted certificate", refused:output())
      end)

      it("holds every module of the tree", function()
         local program = support.compile(installed, "spec/embedding/modules.c")
         local names = {}
         for path in shell.run "find lua/bearssl -name '*.lua'":gmatch "lua/([^\n]+)%.lua" do
            names[#names + 1] = (path:gsub("/init$", ""):gsub("/", "."))
         end
         local found = {}
         for name in shell.run("env -i " .. shell.quote(program)):gmatch "preload ([%w._]+)" do found[name] = true end
         assert.is_true(#names > 60)
         for _, name in ipairs(names) do assert.is_true(found[name], name) end
         assert.is_true(found["bearssl.core"])
      end)

      it("is opened like any library, and says what it lacks", function()
         local output = shell.run("env -i " .. shell.quote(support.compile(installed, "spec/embedding/modules.c")))
         assert.truthy(output:find("opened: bearssl for Lua", 1, true), output)
         assert.truthy(output:find("without a package library: ", 1, true), output)
         assert.truthy(output:find("call luaL_openlibs first", 1, true), output)
         assert.truthy(output:find("the one that require gives: true", 1, true), output)
         assert.truthy(output:find("an error: bearssl.context: unknown option 'nosuch'", 1, true), output)
      end)
   end)
end

describe("the archive", function()
   it("has a header that C++ takes", function()
      local installed = support.install "lua5.4"
      -- alone, and with Lua's header for C++ behind it
      local source = temporary.write('#include <bearssl_lua.h>\n#include <lua.hpp>\n'
         .. "int main() { lua_CFunction open = luaopen_bearssl; lua_State *L = luaL_newstate();\n"
         .. "luaL_openlibs(L); bearssl_preload(L); int n = open(L); lua_close(L); return n - 1; }\n", ".cc")
      assert.equal("", shell.run(shell.quote(support.compile(installed, source, "-std=c++11", "c++"))))
   end)

   it("has no module of a file that is gone", function()
      local build = temporary.make_directory()
      local list = build .. "/lua5.4/static/modules.c"
      local function made_of(files)
         shell.run { "make", "-s", "LUA=lua5.4", "BUILD=" .. build, "LUA_MODULES=" .. files, list }
         return temporary.read(list)
      end
      assert.truthy(made_of("lua/bearssl/init.lua lua/bearssl/key.lua"):find('"bearssl.key"', 1, true))
      assert.falsy(made_of("lua/bearssl/init.lua"):find('"bearssl.key"', 1, true))
   end)

   it("is made of the same bytes each time", function()
      local first, second = temporary.path ".c", temporary.path ".c"
      local files = "$(find lua/bearssl -name '*.lua' | sort)"
      shell.run((".ci/embed %s >%s && .ci/embed %s >%s"):format(files, first, files, second))
      assert.equal(temporary.read(first), temporary.read(second))
   end)

   it("leaves nothing behind when it is uninstalled", function()
      local installed = support.install "lua5.4"
      shell.run("make -s " .. shell.join { "LUA=lua5.4", "PREFIX=" .. installed.prefix, "uninstall-static" })
      assert.equal("", shell.run("find " .. shell.quote(installed.prefix) .. " -type f"))
   end)
end)

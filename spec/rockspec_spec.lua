-- The rock and `make install`: built without a network into a directory of their own, and used from there
-- by an interpreter that knows nothing of this checkout.
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local ROCKSPEC = "rockspec/bearssl-scm-1.rockspec"
local VERSION = _VERSION:match("%d+%.%d+")
local LUA = os.getenv("LUA") or "lua" .. VERSION
-- Not that of the make which runs this, as a different compiler's flags may be in it.
local BUILD = "build/install"

-- LuaRocks has a name of its own for each Lua on some systems, and an option on others
local function luarocks()
   local own = "luarocks-" .. VERSION
   if shell.which(own) then return own end
   return "luarocks --lua-version=" .. VERSION
end

-- clean runs a command as a shell that has just logged in would.
local function clean(command)
   return shell.run("cd / && env -u LUA_PATH -u LUA_CPATH -u LUA_INIT PATH=/usr/local/bin:/usr/bin:/bin " .. command)
end

-- The files below a directory, without it, as a set
local function files(directory)
   local found = {}
   for name in shell.run("cd " .. shell.quote(directory) .. " && find . -type f"):gmatch("%./([^\n]+)") do
      found[name] = true
   end
   return found
end

local function modules()
   local found = {}
   for name in shell.run("find lua/bearssl -name '*.lua'"):gmatch("lua/([^\n]+)") do
      found[#found + 1] = name
   end
   return found
end

-- require in a new interpreter, with nothing but this tree's directories in front of its own paths
local function required_from(tree)
   local code = ([[
      package.path = "%s/share/lua/%s/?.lua;%s/share/lua/%s/?/init.lua;" .. package.path
      package.cpath = "%s/lib/lua/%s/?.so;" .. package.cpath
      assert(type(require "bearssl") == "table")
      assert(type(require "bearssl.core") == "table")
      for _, name in ipairs(arg) do assert(loadfile(name)) end
      print(package.loaded["bearssl"] and "required")
   ]]):format(tree, VERSION, tree, VERSION, tree, VERSION)
   return clean(shell.join({ LUA, temporary.write(code, ".lua") }))
end

describe("the rock", function()
   local tree

   lazy_setup(function()
      tree = temporary.make_directory()
      shell.run(luarocks() .. " make --tree " .. shell.quote(tree) .. " " .. ROCKSPEC)
   end)

   it("holds every module of the tree, and the C module", function()
      local found = files(tree)
      for _, name in ipairs(modules()) do
         assert.is_true(found["share/lua/" .. VERSION .. "/" .. name], name)
      end
      assert.is_true(found["lib/lua/" .. VERSION .. "/bearssl/core.so"])
   end)

   it("is used by an interpreter that knows nothing of the checkout", function()
      assert.equal("required\n", required_from(tree))
   end)

   it("brings the tool", function()
      assert.matches("bearssl", clean(shell.quote(tree .. "/bin/bearssl") .. " --help"))
   end)

   it("names BearSSL as what must be there", function()
      local rockspec = {}
      local chunk
      if setfenv then
         chunk = setfenv(assert(loadfile(ROCKSPEC)), rockspec)
      else
         chunk = assert(loadfile(ROCKSPEC, "t", rockspec))
      end
      chunk()
      assert.same({ header = "bearssl.h", library = "bearssl" }, rockspec.external_dependencies.BEARSSL)
      assert.same({ "lua >= 5.1, < 5.6" }, rockspec.dependencies)
   end)
end)

describe("make install", function()
   local prefix, make

   lazy_setup(function()
      prefix = temporary.make_directory()
      make = "make BUILD=" .. BUILD .. " " .. shell.join({ "LUA=" .. LUA, "PREFIX=" .. prefix }) .. " "
      shell.run(make .. "install")
   end)

   it("installs the same files as the rock", function()
      local expected = { ["bin/bearssl"] = true, ["lib/lua/" .. VERSION .. "/bearssl/core.so"] = true }
      for _, name in ipairs(modules()) do
         expected["share/lua/" .. VERSION .. "/" .. name] = true
      end
      assert.same(expected, files(prefix))
   end)

   it("installs what runs without the checkout", function()
      assert.equal("required\n", required_from(prefix))
      assert.matches("bearssl", clean(shell.quote(prefix .. "/bin/bearssl") .. " --help"))
   end)

   it("stages below DESTDIR", function()
      local stage = temporary.make_directory()
      shell.run(make .. "PREFIX=/opt/bearssl DESTDIR=" .. shell.quote(stage) .. " install")
      assert.is_true(files(stage)["opt/bearssl/lib/lua/" .. VERSION .. "/bearssl/core.so"])
   end)

   it("is undone by make uninstall", function()
      shell.run(make .. "uninstall")
      assert.same({}, files(prefix))
   end)
end)

describe("make env", function()
   it("lets a checkout run without installing", function()
      local code = temporary.write('print(type(require "bearssl"))\n', ".lua")
      local make = "make -s BUILD=" .. BUILD .. " " .. shell.quote("LUA=" .. LUA)
      local line = ("%s >/dev/null && eval \"$(%s env)\" && %s"):format(make, make, shell.join({ LUA, code }))
      assert.equal("table\n", shell.run(("env -u LUA_PATH -u LUA_CPATH sh -c %s"):format(shell.quote(line))))
   end)
end)

-- A release: one version everywhere, and a source archive from which a rock is installed that knows nothing of this
-- checkout.
local certificates = require "spec.support.certificates"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local VERSION = shell.run(".ci/version"):match "[^\n]+"
local NAME = "bearssl-" .. VERSION
-- Nothing of who runs this is in what git does.
local WHO = "GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=spec GIT_AUTHOR_EMAIL=spec "
   .. "GIT_COMMITTER_NAME=spec GIT_COMMITTER_EMAIL=spec"
local GIT = WHO .. " git -C "

-- A copy of what the version stands in
local function excerpt()
   local place = temporary.make_directory()
   shell.run("tar -c .ci/version lua/bearssl/init.lua csrc/tls/tls.h doc/api.md CHANGELOG.md rockspec | tar -x -C "
      .. shell.quote(place))
   return place
end

-- A copy of this tree: a repository with one commit, as a checkout has it that is to be released.
local function repository()
   local place = temporary.make_directory()
   shell.run(("tar -c --exclude=./build --exclude=./.git . | tar -x -C %s"):format(shell.quote(place)))
   for _, words in ipairs { "init --quiet", "add --all", "commit --quiet --message=all" } do
      shell.run(GIT .. shell.quote(place) .. " " .. words)
   end
   return place
end

local function clone(of)
   local place = temporary.make_directory() .. "/clone"
   shell.run(GIT .. ". clone --quiet " .. shell.join { of, place })
   return place
end

local function dist(place, words)
   return shell.try(("make -s -C %s dist %s"):format(shell.quote(place), words or ""))
end

local function edit(path, pattern, replacement)
   local text, count = temporary.read(path):gsub(pattern, replacement)
   assert(count == 1, path)
   temporary.write(text, nil, path)
end

describe("the version", function()
   it("is the same everywhere", function()
      assert.equal("", shell.run ".ci/version check")
      assert.equal("bearssl for Lua " .. VERSION, require "bearssl"._VERSION)
   end)

   it("is in pkg-config's files", function()
      local build = temporary.make_directory()
      local files = { build .. "/lib/tlscore.pc", build .. "/lua5.4/static/bearssl-lua5.4.pc" }
      shell.run("make -s LUA=lua5.4 BUILD=" .. shell.join { build, files[1], files[2] })
      for _, path in ipairs(files) do
         assert.equal(VERSION .. "\n", shell.run { "pkg-config", "--modversion", path })
      end
   end)

   it("is what the preprocessor and a program see", function()
      local major, minor, patch = VERSION:match "(%d+)%.(%d+)%.(%d+)"
      local source = temporary.write(([[
         #include <stdio.h>
         #include <tls.h>
         #if TLS_LIBRARY_VERSION_NUMBER != (%d << 16 | %d << 8 | %d)
         #error another number
         #endif
         int main(void) { return puts(TLS_LIBRARY_VERSION) < 0; }
      ]]):format(major, minor, patch), ".c")
      local program = temporary.path()
      shell.run { "cc", "-Icsrc/tls", "-o", program, source }
      assert.equal(VERSION .. "\n", shell.run { program })
   end)

   it("is changed in one file, and written from there to the others", function()
      local place = excerpt()
      local script = shell.quote(place .. "/.ci/version")
      edit(place .. "/lua/bearssl/init.lua", '"bearssl for Lua [%d.]+"', '"bearssl for Lua 12.34.56"')
      assert.equal("12.34.56\n", shell.run(script))
      local status, output = shell.try(script .. " check")
      assert.equal(1, status)
      for _, file in ipairs { "csrc/tls/tls.h", "doc/api.md", "rockspec/bearssl-12.34.56-1.rockspec",
         "rockspec/" .. NAME .. "-1.rockspec", "CHANGELOG.md" } do
         assert.truthy(output:find(file, 1, true), file .. "\n" .. output)
      end
      assert.equal("", shell.run(script .. " write"))
      assert.truthy(temporary.read(place .. "/csrc/tls/tls.h"):find("NUMBER 0x0C2238\n", 1, true))
      -- what changed is a person's to write
      status, output = shell.try(script .. " check")
      assert.equal(1, status)
      assert.equal('version: CHANGELOG.md has no heading "## 12.34.56 - YYYY-MM-DD"\n', output)
      edit(place .. "/CHANGELOG.md", "\n## " .. VERSION:gsub("%.", "%%.") .. " %- ", "\n## 12.34.56 - ")
      assert.equal("", shell.run(script .. " check"))
   end)

   it("must be one", function()
      local place = excerpt()
      for _, wrong in ipairs { "scm", "0.1", "1..2", "1.2.3.4", "1.2.3-rc1", "" } do
         edit(place .. "/lua/bearssl/init.lua", '"bearssl for Lua [^"]*"', '"bearssl for Lua ' .. wrong .. '"')
         local status, output = shell.try(shell.quote(place .. "/.ci/version"))
         assert.equal(1, status, wrong)
         assert.matches("MAJOR.MINOR.PATCH", output)
      end
   end)
end)

describe("make dist", function()
   local place

   lazy_setup(function() place = repository() end)

   it("makes the same bytes of the same commit, of which there is no other file in them", function()
      assert.equal(0, (dist(place)))
      local bytes = temporary.read(place .. "/build/dist/" .. NAME .. ".tar.gz")
      local other = clone(place)
      temporary.write("not for others\n", nil, other .. "/notes")
      temporary.write("nor this\n", nil, other .. "/lua/bearssl/draft.lua")
      shell.run("touch -d 2001-01-01 " .. shell.quote(other .. "/README.md"))
      local status, output = shell.try("umask 077; make -s dist -C " .. shell.quote(other))
      assert.equal(0, status, output)
      assert.is_true(bytes == temporary.read(other .. "/build/dist/" .. NAME .. ".tar.gz"))

      local held, tracked = {}, {}
      for path in shell.run { "tar", "-tzf", place .. "/build/dist/" .. NAME .. ".tar.gz" }:gmatch "[^\n]*[^\n/]\n" do
         held[#held + 1] = path
      end
      for path in shell.run(GIT .. shell.quote(place) .. " ls-files"):gmatch "[^\n]+\n" do
         tracked[#tracked + 1] = NAME .. "/" .. path
      end
      table.sort(held)
      table.sort(tracked)
      assert.same(tracked, held)
   end)

   it("refuses what is not committed, and who has no repository", function()
      local other = clone(place)
      edit(other .. "/README.md", "^", "A draft.\n")
      local status, output = dist(other)
      assert.not_equal(0, status)
      assert.matches("differ from the last commit", output)
      shell.run { "rm", "-rf", other .. "/.git" }
      status, output = dist(other)
      assert.not_equal(0, status)
      assert.matches("in a checkout with git", output)
   end)

   it("lets the rockspec say where the archive will lie", function()
      assert.equal(0, (dist(place, "SOURCE_URL=https://example.org/releases/")))
      local rockspec = place .. "/build/dist/" .. NAME .. "-1.rockspec"
      local url = 'url = "https://example.org/releases/' .. NAME .. '.tar.gz"'
      assert.truthy(temporary.read(rockspec):find(url, 1, true))
      local status, output = dist(place, shell.quote "SOURCE_URL=https://example.org/\"")
      assert.not_equal(0, status)
      assert.matches("not the beginning of a URL", output)
   end)
end)

-- The commands of a step of RELEASING.md, for the version that follows.
local NEXT = "99.0.1"
local function step(number)
   local text = temporary.read "RELEASING.md":match("\n" .. number .. "%. (.-)\n" .. number + 1 .. "%. ")
   local commands = {}
   for line in text:gmatch "\n       ([^\n]+)" do
      commands[#commands + 1] = line:gsub("0%.2%.0", NEXT)
   end
   assert(#commands > 0, "step " .. number)
   return table.concat(commands, "\n")
end

describe("who follows RELEASING.md #slow", function()
   local tree

   -- The words that run the rock's tool as a shell that has just logged in would.
   local function rock(...)
      return { "env", "-u", "LUA_PATH", "-u", "LUA_CPATH", "-u", "LUA_INIT", tree .. "/bin/bearssl", ... }
   end

   lazy_setup(function()
      local place = repository()
      -- not optimized, which would take three times as long, and without a key to sign with
      local function follow(number)
         local commands = step(number):gsub("tag %-s", "tag -a"):gsub("luarocks (%S+) install", "%0 CFLAGS=-O0")
         return shell.run(("cd %s\nset -e\nexport MAKEFLAGS=-j2 OPT=-O0 HARDEN= %s\n%s"):format(shell.quote(place),
            WHO, commands))
      end
      follow(2)
      edit(place .. "/CHANGELOG.md", "^# Changelog\n", "%0\n## " .. NEXT .. " - 2027-02-01\n\n- A line.\n")
      follow(3)
      follow(5)
      assert.matches("\nbearssl for Lua " .. NEXT:gsub("%.", "%%.") .. "\n", "\n" .. follow(6))
      assert.matches("^%x+  build/dist/bearssl%-99%.0%.1%.tar%.gz\n$", follow(7))
      -- LuaRocks writes the tree's path into the tool: it stays where it is, alone
      tree = place .. "/build/dist/tree"
      shell.run(("cd %s && find . -mindepth 1 ! -path './build*' -delete && find build -mindepth 1 "
         .. "! -path 'build/dist' ! -path 'build/dist/tree*' -delete"):format(shell.quote(place)))
   end)

   after_each(process.stop_all)

   it("has a rock of the release's version", function()
      assert.matches("^bearssl for Lua 99%.0%.1\n", shell.run(rock("--version")))
      assert.matches("bearssl\n   99%.0%.1%-1 %(installed%)",
         shell.run("luarocks --lua-version=5.4 list --tree " .. shell.quote(tree)))
   end)

   it("has a rock that shakes hands with itself", function()
      local own = certificates.ec
      local directory = temporary.make_directory()
      temporary.write("from a rock\n", nil, directory .. "/page.txt")
      local server = process.start(rock("serve", "--listen", "127.0.0.1:0", "--cert", own.chainfile, "--key",
         own.keyfile, directory), { directory = "/" })
      local port = server:wait_for "listening on 127%.0%.0%.1:(%d+)\n"
      local client = process.start(rock("fetch", "--cafile", certificates.ca.certfile, "https://localhost:" .. port
         .. "/page.txt"), { directory = "/" })
      assert.equal(0, client:wait(60), client:told())
      assert.equal("from a rock\n", client:output())
   end)
end)

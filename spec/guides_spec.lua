-- Every page of doc/guides is true: what it shows of a file stands there, and the file is run by a spec; a program that
-- stands on the page alone runs, and prints what the page says.
local certificates = require "spec.support.certificates"
local guide = require "spec.support.guide"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local LUA = os.getenv "LUA" or "lua5.4"

local pages = {}
for path in shell.run("ls doc/guides/*.md"):gmatch "%S+" do pages[#pages + 1] = path end

-- All specs in one text, for who looks whether a file is named in one of them.
local specs = shell.run "cat spec/*_spec.lua spec/*/*_spec.lua"

-- A directory as README's first section leaves it: an authority and a certificate for localhost.
local function directory()
   local place = temporary.make_directory()
   local own = certificates.ec
   for name, path in pairs { ["ca.pem"] = certificates.ca.certfile, ["localhost.pem"] = own.chainfile,
      ["localhost.key"] = own.keyfile } do
      temporary.write(temporary.read(path), nil, place .. "/" .. name)
   end
   return place
end

local function run(fence)
   local place = directory()
   temporary.write(fence.text, nil, place .. "/program.lua")
   local child = process.start({ LUA, "program.lua" }, { directory = place, environment = { LC_ALL = "C.UTF-8" } })
   local status = child:wait(60)
   return status, child:output()
end

describe("the guides", function()
   after_each(process.stop_all)

   it("are there", function() assert.is_true(#pages > 0) end)

   for _, path in ipairs(pages) do
      local page = temporary.read(path)
      for _, fence in ipairs(guide.fences(page)) do
         local where = ("%s:%d"):format(path, fence.line)
         if fence.path then
            it(where .. " shows " .. fence.path .. " as it is", function()
               assert.is_true(guide.stands_in(fence.text, temporary.read(fence.path)), where)
               local name = fence.path:match "[^/]+$"
               assert.is_truthy(specs:find(name, 1, true), "no spec runs " .. fence.path)
            end)
         elseif fence.language == "lua" then
            it(where .. " runs", function()
               local status, output = run(fence)
               assert.are.equal(0, status, where .. ":\n" .. output)
               if fence.output then assert.are.equal(fence.output, output, where) end
            end)
         end
      end
   end

   it("are all named in README", function()
      local readme = temporary.read "README.md"
      for _, path in ipairs(pages) do assert.is_truthy(readme:find(path, 1, true), path .. " is not in README") end
   end)
end)

describe("a guide's fences", function()
   it("are read with their language, path and output", function()
      local fences = guide.fences("a\n```lua\nprint(1)\n```\nprints\n```text\n1\n```\n" ..
         "```c examples/client.c\nint x;\n```\n")
      assert.are.equal(2, #fences)
      assert.are.equal("print(1)\n", fences[1].text)
      assert.are.equal("1\n", fences[1].output)
      assert.are.equal("examples/client.c", fences[2].path)
      assert.has_error(function() guide.fences "```lua\nprint(1)\n" end)
   end)

   it("stand in a file as consecutive lines or do not", function()
      local content = "if x then\n   one()\n      two()\nend\n"
      assert.is_true(guide.stands_in("one()\n   two()\n", content))
      assert.is_true(guide.stands_in("   one()\n      two()\n", content))
      assert.is_false(guide.stands_in("one()\ntwo()\n", content))
      assert.is_false(guide.stands_in("if x then\nend\n", content))
   end)
end)

-- The pages of Markdown as they are read on a forge: every link leads somewhere, every file that they name is there,
-- and the tree is as doc/architecture.md tells it.
local markdown = require "spec.support.markdown"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local listed = shell.lines

local pages = listed "ls *.md; find doc csrc -name '*.md' | sort"

local function is_there(path) return (shell.try { "test", "-e", path }) == 0 end

describe("a page of Markdown", function()
   for _, path in ipairs(pages) do
      local page = temporary.read(path)

      it(path .. " leads to what is there", function()
         for _, target in ipairs(markdown.links(page)) do
            if not target:find "^https?:" then
               local file, anchor = target:match "^([^#]*)#?(.*)$"
               local whole = file == "" and path or markdown.join(path, file)
               assert.is_true(is_there(whole), target)
               if anchor ~= "" then assert.is_true(markdown.anchors(temporary.read(whole))[anchor], target) end
            end
         end
      end)

      it(path .. " has tables whose rows are as long as their heads, and no marks that a forge hides", function()
         for _, rows in ipairs(markdown.tables(page)) do
            for index, count in ipairs(rows) do assert.equal(rows[1], count, path .. ", row " .. index) end
         end
         assert.is_nil(markdown.prose(page):match "<[%a/][^>]*>")
      end)

      it(path .. " names files that are there", function()
         for name in page:gmatch "`([%w_./-]+)`" do
            local room = name:match "^([%w_.]+)/"
            if (room == "examples" or room == "doc" or room == "csrc" or room == "spec" or room == ".ci"
               or name:find "^lua/bearssl") and not name:find "[A-Z][A-Z]" then
               assert.is_true(is_there(name), name)
            end
         end
      end)
   end

   it("is looked at closely", function()
      local page = "# A `b(c, d)`: e_f\n## Same\n## Same\n[x](y.md#z), `[no](t)`\n\n    [n](o)\n\n- a\n    [yes](w)\n"
         .. "| a | b |\n|---|---|\n| `c\\|d` | e |\n| f |\n\n```lua\n# g\n\nh\n```\n"
      assert.same({ ["a-bc-d-e_f"] = true, same = true, ["same-1"] = true }, markdown.anchors(page))
      assert.same({ "y.md#z", "w" }, markdown.links(page))
      assert.same({ { 2, 2, 1 } }, markdown.tables(page))
      assert.same({ "[n](o)", "# g\n\nh" }, markdown.code(page))
   end)
end)

describe("doc/architecture.md", function()
   local page = temporary.read "doc/architecture.md"

   it("names every room of the tree", function()
      local told = {}
      for name in page:gmatch "| `([^`]+)` |" do told[name] = true end
      for _, path in ipairs(listed [[ls -d */ .ci csrc/*/ csrc/tls/*/ lua/bearssl/*/ spec/*/ doc/*/]]) do
         path = path:gsub("/$", "")
         if path ~= "build" and path ~= "lua_modules" and path ~= "lua" then
            assert.is_true(told[path], path .. " is not told")
            told[path] = nil
         end
      end
      told["lua/bearssl"] = nil
      assert.same({}, told)
   end)

   it("names sources that are there", function()
      local all = "\n" .. shell.run "find csrc lua examples spec -type f"
      local count = 0
      for name in page:gmatch "[%w_/]+%.[chl]u?a?%f[^%w]" do
         count = count + 1
         assert.is_truthy(all:find("[/\n]" .. name:gsub("%p", "%%%0") .. "\n"), name)
      end
      assert.is_true(count > 50)
   end)
end)

describe("README", function()
   local readme = temporary.read "README.md"

   it("names each example, as no other page does", function()
      local told = readme:match "\n## Examples\n(.-)\n## "
      for _, path in ipairs(listed "ls examples/*.*") do
         assert.is_truthy(told:find("](" .. path .. ")", 1, true), path)
      end
   end)
end)

-- `make doc`, as a reader's browser has it: whole pages, and each link and anchor of them.
local markdown = require "spec.support.markdown"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local listed = shell.lines

local place, said, pages
setup(function()
   place = temporary.make_directory()
   said = shell.run { "make", "-s", "doc", "BUILD=" .. place }
   pages = {}
   for _, path in ipairs(listed("cd " .. place .. "/doc && find * -type f")) do
      pages[path] = temporary.read(place .. "/doc/" .. path)
   end
end)

local function page_of(path)
   return path == "README.md" and "index.html" or path:gsub("%.md$", "") .. ".html"
end

local ENTITIES = { lt = "<", gt = ">", quot = '"', amp = "&" }
local function text_of(html) return (html:gsub("<[^>]*>", ""):gsub("&(%a+);", ENTITIES)) end

local sources = listed "ls README.md CONTRIBUTING.md CHANGELOG.md doc/*.md doc/guides/*.md"

describe("make doc", function()
   it("says where the pages are, and nothing else", function()
      assert.equal("doc: " .. place .. "/doc/index.html\n", said)
   end)

   it("makes a page of each of ours, of each example and of the types, and of nothing private", function()
      local wanted = { ["style.css"] = true, ["doc/types.html"] = true, ["doc/performance.svg"] = true }
      for _, path in ipairs(sources) do wanted[page_of(path)] = true end
      for _, path in ipairs(listed "ls examples/*.*") do wanted[path .. ".html"] = true end
      for _, path in ipairs(sources) do
         for _, target in ipairs(markdown.links(temporary.read(path))) do
            if not target:find "^https?:" and not target:find "^#" and not target:find "%.svg" then
               wanted[page_of(markdown.join(path, (target:gsub("#.*", ""))))] = true
            end
         end
      end
      for path in pairs(wanted) do assert.is_not_nil(pages[path], path) end
      for path in pairs(pages) do
         assert.is_true(wanted[path] or path:find "^csrc/tls/.*%.html$" ~= nil, path)
      end
      for _, word in ipairs { "bearssl.own", "bearssl.options", "bearssl.driver", "bearssl.checks" } do
         assert.is_nil(pages["doc/types.html"]:find(word, 1, true), word)
      end
   end)

   it("makes links that lead somewhere, and anchors that are there once", function()
      local anchors = {}
      for path, html in pairs(pages) do
         anchors[path] = {}
         for name in html:gmatch ' id="([^"]*)"' do
            assert.is_nil(anchors[path][name], path .. "#" .. name .. " stands twice")
            anchors[path][name] = true
         end
      end
      local count = 0
      for path, html in pairs(pages) do
         if path:find "%.html$" then
            for _, attribute in ipairs { "href", "src" } do
               for target in html:gmatch(" " .. attribute .. '="([^"]*)"') do
                  if not target:find "^https?:" then
                     local file, anchor = target:match "^([^#]*)#?(.*)$"
                     local whole = file == "" and path or markdown.join(path, file)
                     assert.is_not_nil(pages[whole], path .. ": " .. target)
                     assert.is_true(anchor == "" or anchors[whole][anchor] or false, path .. ": " .. target)
                     count = count + 1
                  end
               end
            end
         end
      end
      assert.is_true(count > 2000)
   end)

   for _, path in ipairs(sources) do
      it("makes tables of tables, and code of code, of " .. path, function()
         local source, html = temporary.read(path), pages[page_of(path)]:match "<main>(.*)</main>"
         local tables = markdown.tables(source)
         local index = 0
         for inner in html:gmatch "<table>(.-)</table>" do
            index = index + 1
            local _, rows = inner:gsub("<tr>", "")
            assert.equal(#(tables[index] or {}), rows, "table " .. index)
         end
         assert.equal(#tables, index)
         index = 0
         local code = markdown.code(source)
         for inner in html:gmatch "<pre[^>]*><code>(.-)</code></pre>" do
            index = index + 1
            assert.equal(code[index], (text_of(inner):gsub("\n$", "")))
         end
         assert.equal(#code, index)
         local prose = text_of((html:gsub("<pre.-</pre>", ""):gsub("<code>.-</code>", "")))
         for _, mark in ipairs { "```", "](", "|--", "**", "CODEBLOCK", "`" } do
            assert.is_nil(prose:find(mark, 1, true), mark)
         end
      end)
   end

   it("names the guides beside each page, in README's order", function()
      local order = {}
      for name in temporary.read("README.md"):match("\n## Guides\n(.-)\n## "):gmatch "%(doc/guides/([%w_]+)%.md%)" do
         order[#order + 1] = name
      end
      assert.equal(#listed "ls doc/guides/*.md", #order)
      for path, html in pairs(pages) do
         local menu = html:match "<nav>.*<summary>Guides</summary>%s*<ul>(.-)</details>"
         if path:find "%.html$" then
            local found = {}
            for entry in menu:gsub("<ul>.-</ul>", ""):gmatch "<li>(.-)</li>" do
               found[#found + 1] = entry:match "([%w_]+)%.html\"" or path:match "([%w_]+)%.html$"
            end
            assert.same(order, found, path)
         end
      end
   end)
end)

describe("make doc fails", function()
   -- a tree of its own, with this behind README
   local function tree(more)
      local root = temporary.make_directory()
      shell.run("cp -r --parents Makefile README.md CONTRIBUTING.md CHANGELOG.md doc examples .ci csrc/tls/tls.h lua "
         .. root)
      temporary.write(temporary.read "README.md" .. (more or ""), nil, root .. "/README.md")
      return root
   end

   it("for a link that leads nowhere, and names it", function()
      local root = tree "\n[gone](doc/gone.md)\n"
      local status, output = shell.try { "make", "-s", "-C", root, "doc" }
      assert.are_not.equal(0, status)
      assert.is_truthy(output:find("README.md: doc/gone.md is not there", 1, true), output)
   end)

   it("for a docstring that cannot be read, and shows it", function()
      local root = tree()
      temporary.write("--- f() is\n-- @nonsense\nfunction f() end\n", nil, root .. "/lua/bearssl/wrong.lua")
      local status, output = shell.try { "make", "-s", "-C", root, "doc" }
      assert.are_not.equal(0, status)
      assert.is_truthy(output:find("unknown tag: 'nonsense'", 1, true), output)
   end)
end)

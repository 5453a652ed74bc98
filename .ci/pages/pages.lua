-- `make doc`: README, the guides, the reference, the types and the examples as HTML.
--     lua5.4 .ci/pages/pages.lua DIRECTORY      (in the checkout; it needs discount's program, markdown)
-- Pages lie where their sources lie, so that links between them stay; whatever a page links to becomes one.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local highlight = require "highlight"
local markdown = require "markdown"
local types = require "types"

local out = assert(arg[1], "pages: name a directory")
local here = arg[0]:match "^(.*/)" or "./"

local function read(path)
   local file = assert(io.open(path, "rb"))
   local text = file:read "*a"
   file:close()
   return text
end

local run = markdown.run

local function write(path, text)
   local place = (out .. "/" .. path):match "^(.*)/"
   os.execute(("mkdir -p '%s'"):format(place))
   local file = assert(io.open(out .. "/" .. path, "wb"))
   assert(file:write(text))
   assert(file:close())
end

local function exists(path)
   local file = io.open(path, "rb")
   if not file then return false end
   local readable = file:read(0) ~= nil or file:seek "end" == 0 -- a directory is not
   file:close()
   return readable
end

-- "doc/guides", "../api.md" → "doc/api.md"
local function join(directory, path)
   local parts = {}
   for part in (directory .. "/" .. path):gmatch "[^/]+" do
      if part == ".." then
         assert(#parts > 0, path .. " leads out of the tree")
         parts[#parts] = nil
      elseif part ~= "." then
         parts[#parts + 1] = part
      end
   end
   return table.concat(parts, "/")
end

local function directory_of(path) return path:match "^(.*)/[^/]*$" or "" end
local function page_of(path)
   if path == "README.md" then return "index.html" end
   if path:find "%.svg$" or path:find "%.css$" then return path end
   return (path:gsub("%.md$", "")) .. ".html"
end
local function root_of(path) return (path:gsub("[^/]+/", "../"):gsub("[^/]*$", "")) end

-- ---- What there is

local queue, queued = {}, {}
local function want(path)
   if not queued[path] then
      queued[path] = true
      queue[#queue + 1] = path
   end
end

local problems = 0
local function complain(...)
   problems = problems + 1
   io.stderr:write("doc: ", table.concat({ ... }), "\n")
end

-- A link of a page, as it stands there → among the pages.
local function linker(from)
   return function(target)
      if target:find "^%a+:" or target:find "^#" then return target end
      local path, anchor = target:match "^([^#]*)(.*)$"
      local file = join(directory_of(from), path)
      if not exists(file) then
         complain(from, ": ", target, " is not there")
         return target
      end
      want(file)
      return root_of(from) .. page_of(file) .. anchor
   end
end

-- A path of the tree that a page names in code leads to its page, where it has one.
local function namer(from)
   return function(path)
      if path == from or not queued[path] then return nil end
      return root_of(from) .. page_of(path)
   end
end

local function title_of(path)
   if path:find "%.md$" then return (read(path):match "^#%s*([^\n]+)"):gsub("`", "") end
   return path:match "[^/]+$"
end

-- The guides in the order in which README names them: that of learning.
local function guides()
   local list = {}
   for path in read("README.md"):match("\n## Guides\n(.-)\n## "):gmatch "%((doc/guides/[%w_]+%.md)%)" do
      list[#list + 1] = path
   end
   return list
end

local function listed(command)
   local list = {}
   for path in run(command):gmatch "[^\n]+" do list[#list + 1] = path end
   return list
end

local TYPES = "doc/types"
local sections = {
   { "Begin", { "README.md" } },
   { "Guides", guides() },
   { "Reference", { "doc/api.md", "doc/handshake.md", TYPES } },
   { "Inside", { "doc/architecture.md", "doc/performance.md", "CONTRIBUTING.md", "CHANGELOG.md" } },
   { "Examples", listed "ls examples/*.*" },
}
local TITLES = { ["README.md"] = "bearssl for Lua", [TYPES] = "Types", ["doc/api.md"] = "API",
   ["doc/handshake.md"] = "The handshake, stage by stage" }

-- ---- How it looks

local function menu(current, headings)
   local root, parts = root_of(current), {}
   for _, section in ipairs(sections) do
      local open = section[1] ~= "Examples"
      for _, path in ipairs(section[2]) do open = open or path == current end
      parts[#parts + 1] = ("<details%s><summary>%s</summary>\n<ul>"):format(open and " open" or "", section[1])
      for _, path in ipairs(section[2]) do
         local name = highlight.escape(TITLES[path] or title_of(path))
         if path == current then
            parts[#parts + 1] = "<li><strong>" .. name .. "</strong>"
            local inner = {}
            for _, heading in ipairs(headings) do
               if heading.level == 2 then
                  inner[#inner + 1] = ('<li><a href="#%s">%s</a></li>'):format(heading.anchor,
                     (heading.html:gsub("</?a[^>]*>", "")))
               end
            end
            if #inner > 0 then parts[#parts + 1] = "<ul>" .. table.concat(inner, "\n") .. "</ul>" end
            parts[#parts + 1] = "</li>"
         else
            parts[#parts + 1] = ('<li><a href="%s">%s</a></li>'):format(root .. page_of(path), name)
         end
      end
      parts[#parts + 1] = "</ul></details>"
   end
   return table.concat(parts, "\n")
end

-- Behind a page of a row: what comes before and after it.
local function neighbours(path)
   for _, section in ipairs(sections) do
      for index, one in ipairs(section[2]) do
         if one == path and section[1] == "Guides" then
            local before, after = section[2][index - 1], section[2][index + 1]
            local function link(other, pattern)
               if not other then return "<span></span>" end
               return pattern:format(root_of(path) .. page_of(other), highlight.escape(title_of(other)))
            end
            return '<p class="row">' .. link(before, '<a href="%s">← %s</a>')
               .. link(after, '<a href="%s">%s →</a>') .. "</p>"
         end
      end
   end
   return ""
end

local function frame(path, title, body, headings)
   return ([[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<link rel="stylesheet" href="%sstyle.css">
</head>
<body>
<nav>
%s
</nav>
<main>
%s
</main>
</body>
</html>
]]):format(highlight.escape(title), root_of(path), menu(path, headings), body .. neighbours(path))
end

-- ---- Each kind of page

local function render(path)
   if path:find "%.svg$" then return write(path, read(path)) end
   local body, headings
   if path == TYPES then
      body, headings = types.page(listed "ls doc/types/*.lua")
   elseif path:find "%.md$" then
      body, headings = markdown.page(read(path), linker(path), namer(path))
   else
      headings = {}
      body = ('<h1>%s</h1>\n<pre class="source"><code>%s</code></pre>'):format(path,
         highlight.code(read(path), path:match "%.(%a+)$"))
   end
   write(page_of(path), frame(path, TITLES[path] or title_of(path), body, headings))
end

for _, section in ipairs(sections) do
   for _, path in ipairs(section[2]) do want(path) end
end
local at = 1
while queue[at] do
   render(queue[at])
   at = at + 1
end
write("style.css", read(here .. "style.css"))
if problems > 0 then os.exit(1) end

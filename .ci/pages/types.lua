-- doc/types as a page: each class with its fields, each function with what it takes and returns.
local highlight = require "highlight"

local types = {}

local escape = highlight.escape

-- A type ends at a blank outside of brackets and quotes that does not follow a colon, a comma or a bar.
local function split(text)
   local depth, at = 0, 1
   while at <= #text do
      local c = text:sub(at, at)
      if c:find "[%(%[{<]" then depth = depth + 1
      elseif c:find "[%)%]}>]" then depth = depth - 1
      elseif c == '"' then at = assert(text:find('"', at + 1, true), text)
      elseif c == " " and depth == 0 and not text:find("^[:,|]", at - 1) then break end
      at = at + 1
   end
   return text:sub(1, at - 1), text:sub(at + 1)
end

-- What the lines of a file say, in order: classes, aliases and functions.
local function read(path, items)
   local class, notes, params, returns = nil, {}, {}, {}
   local owners = {} -- a local of the file → the class that it is
   local function forget() notes, params, returns = {}, {}, {} end
   for line in io.lines(path) do
      local tag, rest = line:match "^%-%-%-@(%a+)%s+(.*)$"
      if tag == "class" then
         local name, more = rest:match "^([%w._]+)%s*(.*)$"
         local parent, text = more:match "^:%s*([%w._]+)%s*(.*)$"
         class = { kind = "class", name = name, parent = parent, text = text or more, notes = notes, fields = {} }
         items[#items + 1] = class
         forget()
      elseif tag == "field" then
         local name, optional, more = rest:match "^(%S-)(%??)%s+(.*)$"
         local kind, text = split(more)
         class.fields[#class.fields + 1] = { name = name, optional = optional ~= "", kind = kind, text = text }
      elseif tag == "alias" then
         local name, more = rest:match "^([%w._]+)%s+(.*)$"
         local kind, text = split(more)
         items[#items + 1] = { kind = "alias", name = name, type = kind, text = text, notes = notes }
         forget()
      elseif tag == "param" then
         local name, optional, more = rest:match "^(%S-)(%??)%s+(.*)$"
         local kind, text = split(more)
         params[#params + 1] = { name = name, optional = optional ~= "", kind = kind, text = text }
      elseif tag == "return" then
         local kind, text = split(rest)
         returns[#returns + 1] = { kind = kind, text = text }
      elseif line:find "^local %a+ = {}" then
         owners[line:match "^local (%a+)"] = class and class.name
      elseif line:find "^function " then
         local owner, rest_of_name = line:match "^function (%a+)([%w_.:]*)"
         items[#items + 1] = { kind = "function", name = line:match "^function (.-)%s*end$", notes = notes,
            params = params, returns = returns, anchor = (owners[owner] or owner) .. rest_of_name }
         forget()
      elseif line:find "^%-%-%-" and not tag then
         notes[#notes + 1] = line:match "^%-%-%-%s*(.*)$"
      elseif line == "" then
         notes = {}
      end
   end
end

local function row(name, entry)
   return ("<tr><td>%s</td><td><code>%s</code></td><td>%s</td></tr>\n"):format(name, escape(entry.kind),
      escape(entry.text))
end

local function named(entries)
   local rows = {}
   for _, entry in ipairs(entries) do
      rows[#rows + 1] = row(("<code>%s%s</code>"):format(entry.name, entry.optional and "?" or ""), entry)
   end
   return '<div class="table"><table><tbody>\n' .. table.concat(rows) .. "</tbody></table></div>\n"
end

local function paragraph(item)
   local text = table.concat(item.notes, " ")
   if item.text and item.text ~= "" then text = text .. (text ~= "" and ". " or "") .. item.text end
   return text ~= "" and "<p>" .. escape(text) .. "</p>\n" or ""
end

local show = {}
function show.class(item)
   return paragraph(item) .. (item.parent and ("<p><code>%s</code> and:</p>\n"):format(item.parent) or "")
      .. (#item.fields > 0 and named(item.fields) or "")
end
function show.alias(item) return paragraph(item) .. "<p><code>" .. escape(item.type) .. "</code></p>\n" end
show["function"] = function(item)
   local parts = { paragraph(item) }
   if #item.params > 0 then parts[#parts + 1] = named(item.params) end
   if #item.returns > 0 then
      local values = {}
      for _, value in ipairs(item.returns) do
         values[#values + 1] = ("<li><code>%s</code> %s</li>"):format(escape(value.kind), escape(value.text))
      end
      parts[#parts + 1] = "<p>returns</p>\n<ol>" .. table.concat(values, "\n") .. "</ol>\n"
   end
   return table.concat(parts)
end

-- Where a type names a class that is here, it leads there; in a heading it does already.
local function with_links(html, anchors)
   return (html:gsub("<([%a]+)><code>(.-)</code>", function(around, inner)
      return ("<%s><code>%s</code>"):format(around, (inner:gsub("bearssl%.[%a_.]*%u%a+", function(name)
         return anchors[name] and ('<a href="#%s">%s</a>'):format(anchors[name], name)
      end)))
   end))
end

--- The page.
-- @tparam {string,…} paths the files of types
-- @treturn string its HTML
-- @treturn table its headings
function types.page(paths)
   local items = {}
   for _, path in ipairs(paths) do read(path, items) end
   local parts, headings, anchors = {}, {}, {}
   for _, item in ipairs(items) do
      local anchor = item.anchor or item.name
      if item.kind ~= "function" then anchors[item.name] = anchor end
      local level = item.kind == "function" and 3 or 2
      headings[#headings + 1] = { level = level, anchor = anchor, html = escape(item.name) }
      local heading = ('<h%d id="%s"><a class="anchor" href="#%s"><code>%s</code></a></h%d>\n'):format(
         level, anchor, anchor, escape(item.name), level)
      parts[#parts + 1] = heading .. show[item.kind](item)
   end
   return "<h1>Types</h1>\n<p>What each function takes and returns, as doc/types has it for the language server.</p>\n"
      .. with_links(table.concat(parts, "\n"), anchors), headings
end

return types

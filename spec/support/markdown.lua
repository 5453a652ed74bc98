--- Pages of Markdown as a forge shows them: their headings, links, tables and code. The pages of `make doc` are made by
-- others, and are compared with what is found here.
local markdown = {}

--- The lines of a page, each `{ text, code }`: code is "fence" within one, "indented", or nil.
function markdown.lines(page)
   local lines, fence, blank, list, indented = {}, false, true, false, false
   for text in (page .. "\n"):gmatch "([^\n]*)\n" do
      local code
      if text:find "^```" then
         code, fence = "mark", not fence
      elseif fence then
         code = "fence"
      elseif not list and text:find "^    " and (blank or indented) then
         code = "indented"
      end
      if not code and text:find "%S" then list = text:find "^%s*[-*] " ~= nil or list and text:find "^ " ~= nil end
      indented = code == "indented" or indented and not text:find "%S"
      blank = not text:find "%S"
      lines[#lines + 1] = { text = text, code = code }
   end
   return lines
end

-- What a heading shows.
local function shown(heading)
   return (heading:gsub("`", ""):gsub("%[([^%]]*)%]%b()", "%1"):gsub("%*%*", ""))
end

-- What is neither letter, digit, blank, "-" nor "_" goes; these stand in headings of ours.
local function anchor_of(heading)
   local kept = heading:lower():gsub("[%z\1-\127]", function(c) return c:find "[%w _-]" and c or "" end)
   return (kept:gsub("…", ""):gsub("→", ""):gsub("–", ""):gsub("—", ""):gsub(" ", "-"))
end

--- The anchors of a page: name → true.
function markdown.anchors(page)
   local anchors, count = {}, {}
   for _, line in ipairs(markdown.lines(page)) do
      local heading = not line.code and line.text:match "^#+%s+(.-)%s*$"
      if heading then
         local name = anchor_of(shown(heading))
         anchors[count[name] and name .. "-" .. count[name] or name] = true
         count[name] = (count[name] or 0) + 1
      end
   end
   return anchors
end

--- A page without its code: fences, indented lines, and what stands between backticks, which become "``".
function markdown.prose(page)
   local lines = {}
   for _, line in ipairs(markdown.lines(page)) do
      if not line.code then lines[#lines + 1] = line.text end
   end
   return (table.concat(lines, "\n"):gsub("`[^`]+`", "``"))
end

--- Where a page leads: a list.
function markdown.links(page)
   local links = {}
   for target in markdown.prose(page):gmatch "%]%(([^)%s]*)%)" do links[#links + 1] = target end
   return links
end

local function cells(row)
   local _, bars = row:gsub("`[^`]*`", function(code) return (code:gsub("\\|", "")) end):gsub("\\|", ""):gsub("|", "")
   return bars - 1
end

--- The tables of a page: lists of the numbers of cells of each row, the head's first.
function markdown.tables(page)
   local tables, open = {}, nil
   for _, line in ipairs(markdown.lines(page)) do
      if not line.code and line.text:find "^|" then
         if not open then
            open = {}
            tables[#tables + 1] = open
         end
         if not line.text:find "^|[-:| ]+|$" or #open ~= 1 then open[#open + 1] = cells(line.text) end
      else
         open = nil
      end
   end
   return tables
end

--- The pieces of code of a page that stand alone: a list of texts.
function markdown.code(page)
   local pieces, open = {}, nil
   for _, line in ipairs(markdown.lines(page)) do
      if line.code == "mark" then
         if open and open.fence then open = nil else
            open = { fence = true }
            pieces[#pieces + 1] = open
         end
      elseif line.code == "fence" then
         open[#open + 1] = line.text
      elseif line.code == "indented" then
         if not open then
            open = {}
            pieces[#pieces + 1] = open
         end
         while open.blank and open.blank > 0 do
            open[#open + 1], open.blank = "", open.blank - 1
         end
         open[#open + 1] = line.text:sub(5)
      elseif open and line.text == "" then
         open.blank = (open.blank or 0) + 1
      else
         open = nil
      end
   end
   for index, piece in ipairs(pieces) do pieces[index] = table.concat(piece, "\n") end
   return pieces
end

--- join(page, path) is where a relative path in a page leads.
function markdown.join(page, path)
   local parts = {}
   for part in ((page:match "^(.*/)" or "") .. path):gmatch "[^/]+" do
      if part == ".." then parts[#parts] = nil else parts[#parts + 1] = part end
   end
   return table.concat(parts, "/")
end

return markdown

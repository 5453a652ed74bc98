--- What the pages of doc/guides show: their fences, and what stands around them.
local guide = {}

local function without_indentation(lines)
   local least
   for _, line in ipairs(lines) do
      local blanks = line:match "^( *)%S"
      if blanks and (not least or #blanks < least) then least = #blanks end
   end
   for i, line in ipairs(lines) do lines[i] = line:sub((least or 0) + 1) end
   return lines
end

local function lines_of(text)
   local lines = {}
   for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
   return lines
end

--- The fences of a page, in order.
-- @tparam string page its text
-- @treturn {table,…} each `{ language, path, text, line, output }`: `path` where one stands behind the language,
-- `output` what the next fence shows where that is a `text` one
function guide.fences(page)
   local fences, open, number = {}, nil, 0
   for line in (page .. "\n"):gmatch "([^\n]*)\n" do
      number = number + 1
      if open and line:match "^```%s*$" then
         open.text = table.concat(open.lines, "\n") .. "\n"
         local last = fences[#fences]
         if open.language == "text" and last and last.language == "lua" and not last.output then
            last.output = open.text
         else
            fences[#fences + 1] = open
         end
         open = nil
      elseif open then
         open.lines[#open.lines + 1] = line
      elseif line:match "^```" then
         local language, path = line:match "^```(%S*)%s*(%S*)%s*$"
         assert(language, "line " .. number .. ": a fence says its language and at most a path")
         open = { language = language, path = path ~= "" and path or nil, lines = {}, line = number }
      end
   end
   assert(not open, "a fence is not closed")
   return fences
end

--- Whether a text stands in a file, as consecutive lines, with or without their common indentation.
function guide.stands_in(text, content)
   local wanted, all = lines_of(text), lines_of(content)
   for first = 1, #all - #wanted + 1 do
      local part = {}
      for i = 1, #wanted do part[i] = all[first + i - 1] end
      local same = table.concat(part, "\n") == table.concat(wanted, "\n")
      if same or table.concat(without_indentation(part), "\n") == table.concat(wanted, "\n") then return true end
   end
   return false
end

return guide

-- What has been read and not taken yet, and the patterns by which cqueues' sockets take it.
local Buffer = {}
Buffer.__index = Buffer

local function new_buffer()
   return setmetatable({ pieces = {}, count = 0 }, Buffer)
end

function Buffer:append(bytes)
   self.pieces[#self.pieces + 1] = bytes
   self.count = self.count + #bytes
end

function Buffer:put_back(bytes)
   table.insert(self.pieces, 1, bytes)
   self.count = self.count + #bytes
end

function Buffer:size()
   return self.count
end

-- All of it, as one string.
local function joined(buffer)
   if #buffer.pieces ~= 1 then buffer.pieces = { table.concat(buffer.pieces) } end
   return buffer.pieces[1]
end

local function take(buffer, count)
   local bytes = joined(buffer)
   buffer.pieces = { bytes:sub(count + 1) }
   buffer.count = #bytes - count
   return bytes:sub(1, count)
end

-- A pattern is function(buffer, at_end, max_line) → what was taken, or nil and whether nothing more will help. at_end:
-- nothing comes behind what is in the buffer.
local patterns = {}

local function line(buffer, at_end, max_line)
   local ends = joined(buffer):sub(1, max_line):find("\n", 1, true)
   if not ends and buffer.count < max_line and not at_end then return nil end
   ends = ends or math.min(buffer.count, max_line)
   return ends > 0 and take(buffer, ends) or nil
end

patterns["*L"] = line

patterns["*l"] = function(...)
   local text = line(...)
   if text then text = text:gsub("\r?\n$", "", 1) end
   return text
end

patterns["*a"] = function(buffer, at_end)
   return at_end and buffer.count > 0 and take(buffer, buffer.count) or nil
end

-- A header field ends where the next line does not begin with a space: that must be there to be seen.
local function header_end(text, most)
   local ends = 0
   repeat
      ends = text:find("\n", ends + 1, true)
      if not ends then return nil, #text < most end
   until not text:find("^[ \t]", ends + 1)
   if ends == #text then return nil, true end
   return ends
end

patterns["*H"] = function(buffer, at_end, max_line)
   local text = joined(buffer)
   if text == "" or ("\r\n"):sub(1, #text) == text and #text < 2 then return nil, at_end end
   if not text:find "^[^%c:]+:" then
      -- perhaps its name has not come yet
      return nil, at_end or text:find("[%c:]") ~= nil or #text >= max_line
   end
   local ends, may_come = header_end(text, max_line)
   if not ends then return nil, at_end or not may_come end
   return take(buffer, ends)
end

patterns["*h"] = function(...)
   local text, is_over = patterns["*H"](...)
   if text then text = text:gsub("\r?\n", "") end
   return text, is_over
end

local function number(count)
   local least, most = math.max(count, 1), math.abs(count)
   return function(buffer, at_end)
      if count == 0 then return "" end
      if buffer.count >= least then return take(buffer, math.min(buffer.count, most)) end
      return at_end and buffer.count > 0 and take(buffer, buffer.count) or nil
   end
end

local function pattern_of(what, level)
   if type(what) == "number" then return number(what) end
   local pattern = patterns[what] or type(what) == "string" and patterns["*" .. what]
   if pattern then return pattern end
   error(("what to read must be a number of bytes, \"*l\", \"*L\", \"*a\", \"*h\" or \"*H\", not %s"):format(
      require("bearssl.options").describe(what)), level)
end

return setmetatable({ new_buffer = new_buffer }, {
   __call = function(_, what, level) return pattern_of(what, level + 1) end,
})

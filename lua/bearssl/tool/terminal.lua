-- The terminal: is there one, how wide is it, what can it show; and a progress bar for it.
local core = require "bearssl.core"

local terminal = {}

local descriptors = { [0] = true, [1] = true, [2] = true }
local known = {}

--- columns(descriptor) is the width of the terminal behind standard input (0), output (1) or error (2), or
-- nil when that is a file or a pipe.
function terminal.columns(descriptor)
   assert(descriptors[descriptor], "descriptor must be 0, 1 or 2")
   if known[descriptor] == nil then
      local columns = core.terminal(descriptor)
      if columns == 0 then columns = tonumber(os.getenv("COLUMNS")) or 80 end
      known[descriptor] = columns or false
   end
   return known[descriptor] or nil
end

--- colour(descriptor): may colours be used there? Only on a terminal, and never against NO_COLOR
-- (https://no-color.org).
function terminal.colour(descriptor)
   local no = os.getenv("NO_COLOR")
   if (no and no ~= "") or os.getenv("TERM") == "dumb" then return false end
   return terminal.columns(descriptor) ~= nil
end

--- unicode(): does the locale use UTF-8?
function terminal.unicode()
   for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
      local value = os.getenv(name)
      if value and value ~= "" then return value:lower():find("utf%-?8") ~= nil end
   end
   return false
end

local codes = {
   bold = "1", dim = "2", red = "31", green = "32", yellow = "33", blue = "34", magenta = "35", cyan = "36",
}

--- painter(on) gives a function paint(style, text) that colours, or one that does not.
function terminal.painter(on)
   if not on then
      return function(_, text) return text end
   end
   return function(style, text)
      local code = codes[style]
      return code and ("\27[" .. code .. "m" .. text .. "\27[0m") or text
   end
end

local Progress = {}
Progress.__index = Progress

--- progress(total) draws a bar on standard error while it is a terminal; elsewhere it does nothing.
function terminal.progress(total)
   local columns = terminal.columns(2)
   return setmetatable({ total = total, done = 0, columns = columns, unicode = terminal.unicode() }, Progress)
end

local function draw(self, label)
   local width = math.max(10, math.min(30, self.columns - 40))
   local full = math.floor(width * math.min(1, self.done / math.max(1, self.total)) + 0.5)
   local on, off = "#", "-"
   if self.unicode then on, off = "█", "░" end
   local room = self.columns - width - 9
   io.stderr:write(("\r\27[K%s%s %3d%% %s"):format(on:rep(full), off:rep(width - full),
      math.floor(100 * math.min(1, self.done / math.max(1, self.total))), label:sub(1, math.max(0, room))))
   io.stderr:flush()
end

--- step(label [, count]) moves the bar on.
function Progress:step(label, count)
   self.done = self.done + (count or 1)
   if self.columns then draw(self, label) end
end

--- finish() removes the bar.
function Progress:finish()
   if self.columns then
      io.stderr:write("\r\27[K")
      io.stderr:flush()
   end
end

return terminal

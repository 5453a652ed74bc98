-- The strike register of a fleet's early data (RFC 8446 section 8.1): each ticket that brought some is noted in the
-- store, by an operation of which one server alone sees the beginning, for as long as some server might still think the
-- ticket's age right. What cannot be asked, or not in time, is refused.
--
-- A store may forget: it was restarted, or emptied, or read back an old snapshot. Then what was struck before might be
-- accepted again. So the register notes in the store itself since when it has been kept, and by which start of the
-- store's server where the store can tell (Redis); where that note is gone, cannot be opened, or is of another start, a
-- new one is made, and nothing is accepted until all that might have been struck before is too old.
local register = {}

local Register = {}
Register.__index = Register

local SINCE = "since"
-- memcached takes no longer lifetime. The pause after its end costs early data alone.
local SINCE_LIFE = 2592000

--- new(store, skew) makes the register over a sealed store. skew: seconds by which the clocks of two servers may
-- differ.
function register.new(store, skew)
   return setmetatable({ store = store, skew = skew }, Register)
end

-- Writes down that the register begins now. Where several do that at once, whoever comes first has said it; all of them
-- refuse.
local function begin(self, run, method)
   local ok, message = self.store[method](self.store, "register", SINCE, ("%.0f %s"):format(os.time(), run), SINCE_LIFE)
   if ok == nil then return nil, message end
   return false, "the register of early data has just begun"
end

local function is_kept(self, run, lifetime)
   local note, message, is_unreadable = self.store:get("register", SINCE)
   if is_unreadable then
      -- It would stand there for a month after a change of the secret. Servers with two secrets write over each other's
      -- notes, and accept nothing.
      local ok, problem = begin(self, run, "set")
      return nil, ok == nil and problem or message
   end
   if not note and message then return nil, message end
   if not note then return begin(self, run, "add") end
   local since, by = note:match "^(%d+) (.*)$"
   if not since or by ~= run then return begin(self, run, "set") end
   -- a note from the future is of a clock that was wrong
   if os.time() + self.skew < tonumber(since) then return begin(self, run, "set") end
   if os.time() - tonumber(since) <= lifetime then
      return false, "the register of early data began too short a time ago"
   end
   return true
end

--- claim(id, window) is true for one caller alone, who may take the early data that came with the ticket; false and why
-- where another has it or the register is too young; nil and a message when the store could not be asked. window: the
-- seconds by which a server lets a ticket's age be off.
function Register:claim(id, window)
   -- For one clock a ticket's age is right for twice the window; clocks that differ add their difference at both ends.
   local lifetime = 2 * window + 2 * self.skew + 1
   local ok, run = self.store:add("early", id, "", lifetime)
   if ok == nil then return nil, run end
   if not ok then return false, "this ticket has brought early data before" end
   return is_kept(self, run or "", lifetime)
end

return register

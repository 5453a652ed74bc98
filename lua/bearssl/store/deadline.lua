-- A socket whose questions have a time by which all of them must be over. What a socket calls a timeout counts anew for
-- each receive (LuaSocket, also with "t") or for each wait (cosockets): a store that sends a line now and then would
-- hold its asker up for as many timeouts as it cares to announce lines. Here each send and receive gets what is left.
--
-- Over LuaSocket that is a limit of the whole. Over a cosocket or Copas's sockets, which let others run meanwhile, a
-- single receive may still take longer where bytes of one line come drop by drop; no further one begins then.
local core = require "bearssl.core"

local deadline = {}

local Socket = {}

-- What is not here is asked of the socket itself.
local metatable = {
   __index = function(self, name)
      local method = Socket[name]
      if method then return method end
      local inner = self.inner
      method = inner[name]
      if type(method) ~= "function" then return method end
      return function(_, ...) return method(inner, ...) end
   end,
}

--- wrap(socket [, check [, milliseconds]]) is a socket on which begin(seconds) must be called before each question.
-- check: a function(line) that says what is wrong with a line that was received, or nil. milliseconds: true where the
-- socket takes its timeout in these (cosockets).
function deadline.wrap(socket, check, milliseconds)
   -- of a client that was used before
   if getmetatable(socket) == metatable then return socket end
   return setmetatable({ inner = socket, check = check, milliseconds = milliseconds, at = false }, metatable)
end

--- begin(seconds) begins a question.
function Socket:begin(seconds)
   self.at = core.monotonic() + seconds
end

-- A timeout of 0 or less means no limit to some sockets.
local function give_what_is_left(self)
   local left = self.at - core.monotonic()
   if left <= 0 then return false end
   local inner = self.inner
   if self.milliseconds then
      inner:settimeout(math.max(1, math.ceil(left * 1000)))
   elseif inner.settimeout then
      inner:settimeout(left, "t")
   end
   return true
end

function Socket:send(data)
   if not give_what_is_left(self) then return nil, "timeout" end
   return self.inner:send(data)
end

function Socket:receive(what)
   if not give_what_is_left(self) then return nil, "timeout" end
   local received, message = self.inner:receive(what or "*l")
   if not received then return nil, message or "closed" end
   if self.check and type(what) ~= "number" then
      local problem = self.check(received)
      if problem then return nil, problem end
   end
   return received
end

return deadline

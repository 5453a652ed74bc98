-- The connections of a scan: each carries one question. They are counted, and there is an end to them and to the time
-- that a silent server may take.
local answer = require "bearssl.tool.scan.answer"
local core = require "bearssl.core"
local options = require "bearssl.tool.options"

local line = {}

local CONNECTIONS = 500
local SILENCES = 8 -- questions that a server left without an answer, after which nothing more is asked
local PATIENCE = 2 -- seconds at least, for a server that has answered before
local SLICE = 0.1 -- seconds for which nothing is heard of ^C

local Line = {}
Line.__index = Line

--- new(prober) is what asks. prober: host, port, name, timeout, starttls.
function line.new(prober)
   return setmetatable({ prober = prober, connections = 0, silences = 0 }, Line)
end

-- A server that has answered will not take much longer the next time.
local function patience(self)
   local timeout = self.prober.timeout
   if not self.slowest then return timeout end
   return math.min(timeout, math.max(PATIENCE, 4 * self.slowest))
end

--- exhausted() is why nothing more is to be asked, or nil.
function Line:exhausted()
   if self.silences >= SILENCES then return "the server left too many questions without an answer" end
   if self.connections >= CONNECTIONS then return ("%d connections are enough"):format(CONNECTIONS) end
   if self.unreachable then return "the server took no more connections" end
   return nil
end

-- receive(count) of a socket until a time, in slices: LuaSocket hears of no signal while it waits.
local function receiver(tcp, deadline)
   return function(count)
      local parts, missing = {}, count
      while missing > 0 do
         local left = deadline - core.monotonic()
         if left <= 0 then return nil, "timeout" end
         tcp:settimeout(math.min(SLICE, left))
         local all, why, part = tcp:receive(missing)
         local piece = all or part or ""
         parts[#parts + 1], missing = piece, missing - #piece
         if not all and why ~= "timeout" then return nil, "closed" end
      end
      return table.concat(parts)
   end
end

--- short(tcp) is a function that reads from a connection for a second, for what a server says at once if it says it.
function Line.short(tcp) return receiver(tcp, core.monotonic() + 1) end

--- open() is a connection on which TLS may begin, and a function that reads from it; or nil and why.
function Line:open()
   local why = self:exhausted()
   if why then return nil, why end
   self.connections = self.connections + 1
   local prober, seconds = self.prober, patience(self)
   local tcp, message, code = options.plain_connect(prober.host, prober.port, {
      server_name = prober.name, timeout = seconds, starttls = prober.starttls, proxy = prober.proxy,
   })
   if not tcp then
      if code == "timeout" then self.silences = self.silences + 1 end
      return nil, message
   end
   return tcp, receiver(tcp, core.monotonic() + seconds)
end

--- count(result, began) takes note of what a question brought.
function Line:count(result, began)
   if result.ended == "timeout" then
      self.silences = self.silences + 1
   elseif answer.has_hello(result) or result.alert then
      self.silences = 0
      self.slowest = math.max(self.slowest or 0, core.monotonic() - began)
   end
   return result
end

local function ask_once(self, said, is_enough)
   local began = core.monotonic()
   local tcp, receive = self:open()
   if not tcp then return { ended = "unreachable", size = 0 } end
   local sent, problem = tcp:send(said)
   local result
   -- what a server says to a hello that it does not read to its end is there nevertheless
   result = answer.read(receive, is_enough or answer.has_hello)
   if not sent and result.ended == "closed" and problem == "timeout" then result.ended = "timeout" end
   tcp:close()
   return self:count(result, began)
end

--- ask(said [, is_enough]) sends a ClientHello and gives what comes back (answer.read). Where the network may have
-- failed for other reasons than the question, it is asked twice.
function Line:ask(said, is_enough)
   local result = ask_once(self, said, is_enough)
   if (result.ended == "closed" or result.ended == "unreachable") and not answer.has_hello(result) then
      if not self:exhausted() then result = ask_once(self, said, is_enough) end
   end
   if result.ended == "unreachable" then
      self.failures = (self.failures or 0) + 1
      self.unreachable = self.failures >= 3
   else
      self.failures = 0
   end
   return result
end

return line

-- Transport over a socket of Copas (copas.wrap(socket), or what a server's handler gets): C reads and writes the
-- descriptor, Copas waits for it. Timeouts need a Copas that has them (2 or later): an older one waits for ever.
local descriptor = require "bearssl.transport.descriptor"

local copas_transport = {}

-- Copas shows no function that just waits. But it waits when a socket's receive or send says "timeout": so it
-- gets a socket that says so once.
local function new_waiter(copas, socket)
   local asked = {}
   local proxy = {
      getfd = function() return socket:getfd() end,
      dirty = function() return false end,
      close = function() return socket:close() end,
      settimeout = function() return 1 end,
   }
   local function once(direction)
      if asked[direction] then return 1 end
      asked[direction] = true
      return nil, "timeout", 0
   end
   function proxy.receive() return once("r") end
   function proxy.send() return once("w") end

   local function wait(_, direction, seconds)
      if copas.settimeout then copas.settimeout(proxy, seconds or -1) end
      asked[direction] = nil
      local ready, reason
      if direction == "r" then
         ready, reason = copas.receive(proxy, "*l")
      else
         ready, reason = copas.send(proxy, "x")
      end
      if ready then return true end
      return nil, reason or "waiting failed", reason == "timeout" and "timeout" or "transport_failed"
   end
   return wait, proxy
end

--- new(Copas socket) → transport, or nil, message.
function copas_transport.new(wrapped)
   local copas = require "copas"
   local socket = wrapped.socket
   local wait, proxy = new_waiter(copas, socket)
   local function close()
      if type(copas.close) == "function" then copas.close(proxy) else socket:close() end
   end
   return descriptor.new(socket, wait, close)
end

return copas_transport

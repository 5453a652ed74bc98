-- Transport over a socket of Copas (copas.wrap(socket), or what a server's handler gets). What can be read or
-- written at once goes directly between the descriptor and C; where it would block, Copas's own functions yield.
-- Timeouts need a Copas that has them (2 or later).
local descriptor = require "bearssl.transport.descriptor"
local functions = require "bearssl.transport.functions"

local copas_transport = {}

--- new(copas socket) → transport, or nil, message.
function copas_transport.new(wrapped)
   local copas = require "copas"
   local socket = wrapped.socket
   local direct, message = descriptor.new(socket)
   if not direct then return nil, message end
   socket:settimeout(0)
   local receive_some = copas.receivepartial or copas.receivePartial
   local has_timeouts = type(copas.settimeout) == "function"
   return functions.new {
      read = function(n) return receive_some(socket, n) end,
      write = function(bytes)
         local last, reason, done = copas.send(socket, bytes)
         if last then return last end
         return nil, reason, done
      end,
      read_now = function(core) return direct:fill(core, 0) end,
      write_now = function(core) return direct:flush(core, 0) end,
      settimeout = has_timeouts and function(seconds)
         copas.settimeout(socket, seconds or -1)
      end or nil,
      close = function()
         if type(copas.close) == "function" then copas.close(socket) else direct:close() end
      end,
      getfd = function() return direct:descriptor() end,
   }
end

return copas_transport

-- Transport over an nginx cosocket (ngx.socket.tcp(), or ngx.req.socket(true)). Reading and writing yield to
-- nginx, which counts its timeouts in milliseconds. A stream that may wait for ever (settimeout(nil)) has the
-- timeouts of the directives lua_socket_read_timeout and lua_socket_send_timeout; one that never waits (0)
-- waits for a millisecond.
local functions = require "bearssl.transport.functions"

local cosocket = {}

--- new(cosocket) → transport.
function cosocket.new(socket)
   local limited
   return functions.new {
      read = function(n) return socket:receiveany(n) end,
      -- after a timeout nginx does not know how much was sent: nothing can be sent again
      write = function(bytes)
         local count, reason = socket:send(bytes)
         if count then return count end
         return nil, reason == "timeout" and "sending timed out" or reason
      end,
      settimeout = function(seconds)
         if seconds then
            limited = true
            local milliseconds = math.ceil(seconds * 1000)
            socket:settimeout(milliseconds > 0 and milliseconds or 1)
         elseif limited then
            limited = nil
            socket:settimeout(0) -- back to the directives
         end
      end,
      close = function()
         if type(socket.close) == "function" then socket:close() end
      end,
   }
end

return cosocket

-- Transport over an nginx cosocket (ngx.socket.tcp(), or ngx.req.socket(true)). Reading and writing yield to
-- nginx, which counts its timeouts in milliseconds. A stream that may wait for ever (settimeout(nil)) has the
-- timeouts of the directives lua_socket_read_timeout and lua_socket_send_timeout; one that never waits (0)
-- waits for a millisecond.
local functions = require "bearssl.transport.functions"

local Cosocket = {}

function Cosocket:read_below(n) return self.socket:receiveany(n) end

-- After a timeout nginx does not know how much was sent: nothing can be sent again.
function Cosocket:write_below(bytes)
   local count, reason = self.socket:send(bytes)
   if count then return count end
   return nil, reason == "timeout" and "sending timed out" or reason
end

function Cosocket:limit_below(seconds)
   if seconds then
      self.limited = true
      local milliseconds = math.ceil(seconds * 1000)
      self.socket:settimeout(milliseconds > 0 and milliseconds or 1)
   elseif self.limited then
      self.limited = nil
      self.socket:settimeout(0) -- back to the directives
   end
end

function Cosocket:close_below()
   local socket = self.socket
   if type(socket.close) == "function" then socket:close() end
end

functions.inherit(Cosocket)

local cosocket = {}

--- new(cosocket) → transport.
function cosocket.new(socket)
   return setmetatable({ socket = socket }, Cosocket)
end

return cosocket

-- Loopback ports for programs that cannot choose one themselves.
local socket = require "socket"

local port = {}

local given = {}

-- free is a TCP port of 127.0.0.1 where nobody listens.
function port.free()
   for _ = 1, 100 do
      local listener = assert(socket.bind("127.0.0.1", 0))
      local _, number = listener:getsockname()
      listener:close()
      number = tonumber(number)
      if not given[number] then
         given[number] = true
         return number
      end
   end
   error("no free port was found")
end

return port

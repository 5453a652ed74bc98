-- Loopback ports for programs that cannot choose one themselves. Between the choice and the program's own bind
-- nobody else may take one: they lie below those that a system gives out by itself (from 32768, or 49152), and spec
-- files that run beside each other choose from lanes of their own, by the number in SPEC_LANE.
local socket = require "socket"

local port = {}

local FIRST, LANES, WIDTH = 10000, 110, 200

local lane = (tonumber(os.getenv("SPEC_LANE") or "") or 0) % LANES
-- Another checkout's run has the same lanes: it starts elsewhere in them.
local offset = math.floor(socket.gettime() * 1000) % WIDTH

-- free is a TCP port of 127.0.0.1 where nobody listens.
function port.free()
   for _ = 1, WIDTH do
      offset = (offset + 1) % WIDTH
      local number = FIRST + lane * WIDTH + offset
      local listener = socket.bind("127.0.0.1", number)
      if listener then
         listener:close()
         return number
      end
   end
   error("no free port was found")
end

return port

-- A server that answers whatever it is told, for what asks a store.
local interpreter = require "spec.support.interpreter"

local impostor = {}

--- start(pause, pieces) starts a server that reads a command and sends the given pieces, so many seconds apart; anew
-- for each connection. Returns the process, and its port.
function impostor.start(pause, pieces)
   local words = { tostring(pause) }
   for _, piece in ipairs(pieces) do
      words[#words + 1] = (piece:gsub("\r", "\\r"):gsub("\n", "\\n"))
   end
   local child = interpreter.script([[
      local socket = require "socket"
      local listener = assert(socket.bind("127.0.0.1", 0))
      print("port " .. select(2, listener:getsockname()))
      io.stdout:flush()
      while true do
         local client = listener:accept()
         client:setoption("tcp-nodelay", true)
         print "connected"
         io.stdout:flush()
         client:settimeout(5)
         local line = client:receive "*l"
         for index = 2, line and #arg or 0 do
            if not client:send((arg[index]:gsub("\\r", "\r"):gsub("\\n", "\n"))) then break end
            socket.sleep(tonumber(arg[1]))
         end
         client:receive "*a"
         client:close()
      end]], words)
   return child, tonumber(child:wait_for("port (%d+)"))
end

--- connections(child) is how many were made to it.
function impostor.connections(child)
   local _, count = child:output():gsub("connected", "")
   return count
end

return impostor

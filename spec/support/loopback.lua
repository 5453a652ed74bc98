-- TCP over the loopback device with LuaSocket.
local socket = require "socket"

local loopback = {}

-- listen gives a listening socket and its port.
function loopback.listen()
   local listener = assert(socket.bind("127.0.0.1", 0))
   listener:settimeout(10)
   local _, number = listener:getsockname()
   return listener, tonumber(number)
end

-- connect gives a socket connected to a port of 127.0.0.1; both directions time out after 10 seconds.
function loopback.connect(number)
   local client = assert(socket.connect("127.0.0.1", number))
   client:settimeout(10)
   client:setoption("tcp-nodelay", true)
   return client
end

function loopback.accept(listener)
   local server = assert(listener:accept())
   server:settimeout(10)
   server:setoption("tcp-nodelay", true)
   return server
end

-- pair gives two connected sockets: client, server.
function loopback.pair()
   local listener, number = loopback.listen()
   local client = loopback.connect(number)
   local server = loopback.accept(listener)
   listener:close()
   return client, server
end

return loopback

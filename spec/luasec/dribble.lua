-- A server that sends a byte of a line that never ends every 0.2 seconds, for 4 seconds at most.
--     lua spec/luasec/dribble.lua CERT KEY
local bearssl = require "bearssl"
local socket = require "socket"

local context = assert(bearssl.context { mode = "server", certfile = arg[1], keyfile = arg[2] })
local listener = assert(socket.bind("127.0.0.1", 0))
print("listening on " .. select(2, listener:getsockname()))
io.stdout:flush()
local stream = assert(context:wrap(assert(listener:accept()), { timeout = 10 }))
assert(stream:handshake())
for _ = 1, 20 do
   if not stream:send "x" then break end
   socket.sleep(0.2)
end

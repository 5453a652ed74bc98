-- An echo server, one client after the other: the shortest server there is. (`bearssl serve --echo` serves
-- many at once.)
--     lua5.4 examples/server.lua CERT KEY [PORT [COUNT]]
local bearssl = require "bearssl"
local socket = require "socket"

local certfile, keyfile = arg[1], arg[2]
assert(certfile and keyfile, "usage: server.lua CERT KEY [PORT [COUNT]]")
local context = assert(bearssl.context { mode = "server", certfile = certfile, keyfile = keyfile })

local listener = assert(socket.bind("127.0.0.1", tonumber(arg[3]) or 0))
print("listening on " .. listener:getsockname() .. ":" .. select(2, listener:getsockname()))
io.stdout:flush()

for _ = 1, tonumber(arg[4]) or math.huge do
   local tcp = assert(listener:accept())
   local stream = assert(context:wrap(tcp, { timeout = 30 }))
   local ok, message, code = stream:handshake()
   while ok do
      local bytes
      bytes, message = stream:receiveany(16384)
      if not bytes then break end
      ok, message = stream:send(bytes)
   end
   -- "closed" is a clean end: the client sent close_notify
   print(message == "closed" and "done" or ("failed: %s %s"):format(tostring(message), tostring(code or "")))
   stream:close()
end

-- An echo server in Copas: every client in its own coroutine, and handlers may use Copas too.
--     lua examples/copas_server.lua CERT KEY [PORT]
local bearssl = require "bearssl"
local copas = require "copas"
local socket = require "socket"

local certfile, keyfile, port = arg[1], arg[2], tonumber(arg[3]) or 0
assert(certfile and keyfile, "usage: copas_server.lua CERT KEY [PORT]")

local context = assert(bearssl.context {
   mode = "server", certfile = certfile, keyfile = keyfile,
   handlers = {
      client_hello = function(_, message)
         if copas.sleep then copas.sleep(0.01) end -- Copas 2: yields, the other clients go on
         print("hello for " .. tostring(message.server_name))
      end,
   },
})

local listener = assert(socket.bind("127.0.0.1", port))
local address, number = listener:getsockname()

copas.addserver(listener, function(tcp)
   local stream = assert(context:wrap(copas.wrap(tcp)))
   local ok, message = stream:handshake()
   while ok do
      local bytes
      bytes, message = stream:receiveany(16384)
      if not bytes then break end
      ok, message = stream:send(bytes)
   end
   print(message == "closed" and "done" or "failed: " .. tostring(message))
   io.stdout:flush()
   stream:close()
end)

print("listening on " .. address .. ":" .. number)
io.stdout:flush()
copas.loop()

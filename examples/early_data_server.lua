-- Answers a request that came as early data before the handshake is over, and any other after it.
--     lua5.4 examples/early_data_server.lua CERT KEY [PORT [COUNT]]
local bearssl = require "bearssl"
local socket = require "socket"

local certfile, keyfile = arg[1], arg[2]
assert(certfile and keyfile, "usage: early_data_server.lua CERT KEY [PORT [COUNT]]")
local context = assert(bearssl.context {
   mode = "server", certfile = certfile, keyfile = keyfile, alpn = { "http/1.1" }, max_early_data = 4096,
})

local listener = assert(socket.bind("127.0.0.1", tonumber(arg[3]) or 0))
print("listening on " .. listener:getsockname() .. ":" .. select(2, listener:getsockname()))
io.stdout:flush()

local function answer(stream, request)
   -- only what may happen twice is done early
   local safe = request:find "^GET " or request:find "^HEAD "
   local early = not stream:info "established"
   if early and not safe then assert(stream:handshake()) end
   local body = early and safe and "before the handshake was over\n" or "after the handshake\n"
   return stream:send(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"):format(#body, body))
end

for _ = 1, tonumber(arg[4]) or math.huge do
   local stream = assert(context:wrap(assert(listener:accept()), { timeout = 10 }))
   local request, message = "", nil
   while request and not request:find("\r\n\r\n", 1, true) do
      local bytes, why, _, code = stream:receive_early()
      if code == "no_early_data" then bytes, why = stream:receiveany(4096) end
      request, message = bytes and request .. bytes, why
   end
   if request then
      assert(answer(stream, request))
      stream:handshake()
   else
      print("failed: " .. tostring(message))
   end
   stream:close()
end

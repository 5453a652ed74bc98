-- Sends a request with the first flight of a resumed connection ("0-RTT"): the answer needs no round trip for TLS.
-- Whoever records early data can send it again, so a request in it must be one that may come twice.
--     lua5.4 examples/early_data.lua HOST PORT [CAFILE]
local bearssl = require "bearssl"
local socket = require "socket"

local host, port, cafile = arg[1], tonumber(arg[2]), arg[3]
assert(host and port, "usage: early_data.lua HOST PORT [CAFILE]")

local context = assert(bearssl.context { cafile = cafile, alpn = { "http/1.1" } })
local request = ("GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"):format(host)

local function fetch(session)
   local options = { server_name = host, session = session, timeout = 10 }
   if session then
      options.early_data = request
      -- where the server rejects it, the same is sent again as ordinary data
      options.early_data_resend = true
   end
   local stream = assert(context:wrap(assert(socket.connect(host, port)), options))
   assert(stream:handshake())
   if not session then assert(stream:send(request)) end
   print((assert(stream:receive "*l")))
   stream:receive "*a" -- tickets come while the client reads
   print("early data: " .. (stream:info "early_data" or "not offered"))
   local new = stream:session()
   stream:close()
   return new
end

local session = assert(fetch(), "the server gives no sessions")
print(("the session allows %d bytes of early data"):format(session:info().max_early_data))
fetch(session)

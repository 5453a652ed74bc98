-- STARTTLS: a conversation that begins in clear text, and goes on under TLS. Here a small mail server's side and its
-- client's, over one connection of the loopback device.
--     lua5.4 examples/starttls.lua CERT KEY CAFILE
local bearssl = require "bearssl"
local socket = require "socket"

local certfile, keyfile, cafile = arg[1], arg[2], arg[3]
assert(cafile, "usage: starttls.lua CERT KEY CAFILE")
local of_server = assert(bearssl.context { mode = "server", certfile = certfile, keyfile = keyfile })
local of_client = assert(bearssl.context { cafile = cafile })

local listener = assert(socket.bind("127.0.0.1", 0))
local tcp_client = assert(socket.connect("127.0.0.1", (select(2, listener:getsockname()))))
local tcp_server = assert(listener:accept())

-- In clear text, up to the word. The client says nothing more before the answer is there, and the server reads line by
-- line: what stands behind the line is the first message of TLS, or was slipped in by somebody in between.
tcp_client:send "EHLO client.example\r\n"
assert(tcp_server:receive "*l")
tcp_server:send "250-mail.example\r\n250 STARTTLS\r\n"
assert(tcp_client:receive "*l" == "250-mail.example" and tcp_client:receive "*l" == "250 STARTTLS")
tcp_client:send "STARTTLS\r\n"
assert(tcp_server:receive "*l" == "STARTTLS")
assert(not tcp_server:dirty(), "commands stood behind STARTTLS: they are not the client's")
tcp_server:send "220 go ahead\r\n"
assert(tcp_client:receive("*l"):find "^220")
assert(not tcp_client:dirty(), "an answer stood behind the server's: it is not the server's")

-- From here on nothing that was said before counts: whoever was in between may have said it.
local client = assert(of_client:wrap(tcp_client, { server_name = "localhost", timeout = 0 }))
local server = assert(of_server:wrap(tcp_server, { timeout = 0 }))

local function both(left, right)
   local a, b
   repeat
      a = a and a[3] ~= "wantread" and a or { left() }
      b = b and b[3] ~= "wantread" and b or { right() }
   until a[3] ~= "wantread" and b[3] ~= "wantread"
   assert(a[1], a[2])
   assert(b[1], b[2])
end
both(function() return client:handshake() end, function() return server:handshake() end)

for _, stream in ipairs { client, server } do stream:settimeout(10) end
client:send "EHLO client.example\r\n"
print("the server reads: " .. server:receive "*l")
server:send "250 mail.example\r\n"
print("the client reads: " .. client:receive "*l")
client:close()
server:close()
listener:close()

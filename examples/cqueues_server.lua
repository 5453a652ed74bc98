-- An echo server in cqueues: every client in its own coroutine, and handlers may wait in cqueues too.
--     lua5.4 examples/cqueues_server.lua CERT KEY [PORT]
local bearssl = require "bearssl"
local cqueues = require "cqueues"
local cqueues_socket = require "cqueues.socket"

local certfile, keyfile, port = arg[1], arg[2], tonumber(arg[3]) or 0
assert(certfile and keyfile, "usage: cqueues_server.lua CERT KEY [PORT]")

local context = assert(bearssl.context {
   mode = "server", certfile = certfile, keyfile = keyfile,
   handlers = {
      client_hello = function() cqueues.sleep(0.01) end, -- as if it asked somebody: the other clients go on
   },
})

local function echo(socket)
   local stream = assert(context:wrap(socket, { timeout = 60 }))
   repeat
      local bytes = stream:receiveany(4096) -- the first time it shakes hands
   until not bytes or not stream:send(bytes)
   stream:close()
end

local loop = cqueues.new()
local listener = cqueues_socket.listen("127.0.0.1", port)
assert(listener:listen())
local _, address, number = listener:localname()
print("listening on " .. address .. ":" .. number)
io.stdout:flush()

loop:wrap(function()
   while true do
      local socket = listener:accept()
      loop:wrap(function() echo(socket) end)
   end
end)
assert(loop:loop())

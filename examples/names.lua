-- One server for several names, with protocols to choose from, and certificates that are changed while it runs.
--     lua5.4 examples/names.lua DIRECTORY PORT COUNT NAME…
-- DIRECTORY/NAME.pem and NAME.key are each name's; COUNT connections are served, 0: without end.
local bearssl = require "bearssl"
local socket = require "socket"

local directory, port, count = arg[1], tonumber(arg[2]), tonumber(arg[3])
local names = { select(4, ...) }
assert(port and count and names[1], "usage: names.lua DIRECTORY PORT COUNT NAME...")

-- One context for each name: it holds the certificate, and may have settings of its own.
local contexts = {}
local function load(name)
   local context, message = bearssl.context {
      mode = "server", certfile = directory .. "/" .. name .. ".pem", keyfile = directory .. "/" .. name .. ".key",
      alpn = { "echo/2", "echo/1" },
   }
   if context then contexts[name] = context end
   return context, message
end
for _, name in ipairs(names) do assert(load(name)) end

-- Who asks for a name gets its context; who asks for another, or for none, the first one's certificate.
local context = assert(bearssl.context {
   mode = "server", certfile = directory .. "/" .. names[1] .. ".pem", keyfile = directory .. "/" .. names[1] .. ".key",
   alpn = { "echo/2", "echo/1" },
   handlers = { select = function(_, hello) return contexts[hello.server_name] end },
})

local listener = assert(socket.bind("127.0.0.1", port))
print("listening on 127.0.0.1:" .. select(2, listener:getsockname()))
io.stdout:flush()

for _ = 1, count > 0 and count or math.huge do
   local stream = assert(context:wrap(assert(listener:accept()), { timeout = 30 }))
   local line, message, _, code = stream:receive "*l" -- which shakes hands first
   if line == "reload" then
      -- Connections that are open keep what they have; those to come get the new certificate. A file that cannot be
      -- used changes nothing.
      local name = stream:info "server_name"
      local fresh, why = load(name)
      stream:send((fresh and "reloaded" or why) .. "\n")
   elseif line then
      local protocol = stream:info "alpn" or "nothing special"
      stream:send(("%s speaks %s: %s\n"):format(stream:info "server_name", protocol, line))
   elseif code ~= "closed" then -- that is a clean end, of who has asked nothing
      print("failed: " .. message)
   end
   stream:close()
end

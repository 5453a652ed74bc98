-- A server in front of others, which hides whose they are: it opens clients' Encrypted ClientHello (RFC 9849, split
-- mode), and passes on what it cannot read to the server that is meant. These have `ech_backend = true`.
--     bearssl ech generate front.example --out ech.pem
--     lua5.4 examples/ech_front.lua ech.pem CHAIN.pem KEY.pem PORT NAME=PORT NAME=PORT …
-- CHAIN.pem and KEY.pem are front.example's: whoever does not use the key of ech.pem, or an old one, comes to us.
local bearssl = require "bearssl"
local socket = require "socket"

local keys = assert(bearssl.ech.open(arg[1]))
local front = assert(bearssl.context { mode = "server", ech_keys = keys, certfile = arg[2], keyfile = arg[3] })
local ports = {}
for index = 5, #arg do ports[arg[index]:match("^(.-)=")] = tonumber(arg[index]:match("=(%d+)$")) end
local on_readable = {} -- by socket: what is called when it can be read

local function finish(...)
   for _, tcp in pairs { ... } do
      on_readable[tcp] = nil
      tcp:close()
   end
end

-- What has come, or nil at the end.
local function take(tcp)
   tcp:settimeout(0)
   local bytes, message, partial = tcp:receive(16384)
   tcp:settimeout(5)
   if not bytes and message ~= "timeout" and partial == "" then return nil end
   return bytes or partial
end

-- A client that did not encrypt its hello to our key: it is told the right one, or gets what everyone may see.
local function terminate(tcp, received)
   local stream = assert(front:wrap(tcp, { received = received, timeout = 5 }))
   local ok, message = stream:handshake()
   print("public: " .. (ok and stream:info("ech") or message))
   if ok then stream:send("front\n") end
   stream:close()
end

local function serve(client)
   local opener, server = keys:opener(), nil
   on_readable[client] = function()
      local bytes = take(client)
      if not bytes then return finish(client, server) end
      local records, name, code, alert = opener:feed(bytes)
      if records == false then
         on_readable[client] = nil
         return terminate(client, name)
      elseif records and not server then
         print("hidden: " .. tostring(name))
         server = ports[name] and socket.connect("127.0.0.1", ports[name])
         if not server then return finish(client) end
         on_readable[server] = function()
            local answer = take(server)
            if not answer or not client:send(answer) then finish(client, server) end
         end
      end
      if alert then client:send(alert) end
      if not records and code ~= "wantread" or records and not server:send(records) then finish(client, server) end
   end
end

local listener = assert(socket.bind("127.0.0.1", tonumber(arg[4])))
on_readable[listener] = function() serve(assert(listener:accept())) end
print("listening on 127.0.0.1:" .. select(2, listener:getsockname()))
while true do
   io.stdout:flush()
   local watched = {}
   for tcp in pairs(on_readable) do watched[#watched + 1] = tcp end
   for _, tcp in ipairs((socket.select(watched))) do
      if on_readable[tcp] then on_readable[tcp]() end
   end
end

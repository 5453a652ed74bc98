-- Streams over real sockets, with one context for each role.
--    local client, server = streams.keep(streams.connected())
--    after_each(streams.close)
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local loopback = require "spec.support.loopback"
local socket = require "socket"
local together = require "spec.support.together"

local streams = { SLOWDOWN = tonumber(os.getenv("SLOWDOWN") or "") or 1 }

local contexts = {}

function streams.client_context()
   contexts.client = contexts.client or assert(bearssl.context { cafile = certificates.ca.certfile })
   return contexts.client
end

function streams.server_context()
   contexts.server = contexts.server or assert(bearssl.context {
      mode = "server", certfile = certificates.ec.certfile, keyfile = certificates.ec.keyfile,
   })
   return contexts.server
end

-- handshake completes the handshakes of two streams that never wait.
function streams.handshake(client, server)
   together(function() assert(together.try(client.handshake, client)) end,
      function() assert(together.try(server.handshake, server)) end)
end

-- connected gives two streams over TCP that have shaken hands; also their sockets. They never wait.
function streams.connected(client_options, server_options)
   local a, b = loopback.pair()
   client_options = client_options or {}
   client_options.server_name = "localhost"
   client_options.timeout, server_options = 0, server_options or {}
   server_options.timeout = 0
   local client = assert(streams.client_context():wrap(a, client_options))
   local server = assert(streams.server_context():wrap(b, server_options))
   streams.handshake(client, server)
   return client, server, a, b
end

-- settle leaves the kernel time to bring what was sent.
function streams.settle()
   socket.sleep(0.02 * streams.SLOWDOWN)
end

-- bytes gives `length` bytes in which a lost or doubled piece is seen.
function streams.bytes(length)
   local piece = {}
   for i = 1, 1000 do piece[i] = ("%06d\n"):format(i) end
   local block = table.concat(piece)
   return block:rep(math.ceil(length / #block)):sub(1, length)
end

local open = {}

-- keep has `close` close what it is given, and gives it back.
function streams.keep(...)
   for i = 1, select("#", ...) do open[#open + 1] = (select(i, ...)) end
   return ...
end

function streams.close()
   for _, object in ipairs(open) do object:close() end
   open = {}
end

return streams

-- What front.conf's locations do that wrk asks for: each answers "ok", or fails.
local bearssl = require "bearssl"
local resty = require "bearssl.resty"

local load = {}

local settings, context, unkept

function load.prepare(given)
   settings = given
   context = assert(bearssl.context { cafile = given.authority })
   unkept = assert(bearssl.context { cafile = given.authority })
end

local REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

local function fetch(socket)
   assert(socket:send(REQUEST))
   assert(socket:receiveuntil("\r\n\r\n"))()
   return assert(socket:receive())
end

--- kept(): over a connection that is taken up again and put aside.
function load.kept()
   local socket = resty.wrap(ngx.socket.tcp(), { context = context, server_name = "localhost" })
   socket:settimeouts(5000, 5000, 5000)
   assert(socket:connect("127.0.0.1", settings.upstream))
   assert(socket:sslhandshake(false))
   fetch(socket)
   assert(socket:setkeepalive(10000, 64))
   ngx.print("ok")
end

--- anew(): over one of its own, whose handshake resumes.
function load.anew()
   local socket = resty.wrap(ngx.socket.tcp(), { context = unkept, server_name = "localhost" })
   socket:settimeouts(5000, 5000, 5000)
   assert(socket:connect("127.0.0.1", settings.upstream))
   assert(socket:sslhandshake(false))
   fetch(socket)
   assert(socket:close())
   ngx.print("ok")
end

-- A connection to /tls of this same nginx, as far as TLS.
local function through()
   local tcp = ngx.socket.tcp()
   tcp:settimeouts(5000, 5000, 5000)
   assert(tcp:connect("127.0.0.1", settings.own, { pool = "through" }))
   assert(tcp:send("GET /tls?plain=1 HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: tls\r\n\r\n"))
   assert(assert(tcp:receiveuntil("\r\n\r\n"))():find("^HTTP/1%.1 101 "))
   local stream = assert(context:wrap(tcp, { server_name = "localhost", timeout = 5 }))
   assert(stream:handshake())
   return stream
end

--- through(): a TLS server and its client, both in this nginx, and some lines each way.
function load.through()
   local stream = through()
   for index = 1, 10 do
      local line = ("line %d of a request"):format(index)
      assert(stream:send(line .. "\n"))
      assert(assert(stream:receive("*l")) == line:reverse())
   end
   assert(stream:send("bye\n"))
   stream:close()
   ngx.print("ok")
end

return load

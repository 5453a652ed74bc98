-- What nginx.conf's worker does for a request: the same fetch over one of our streams, or with its own sslhandshake.
local bearssl = require "bearssl"

local fetch = {}

local REQUEST = "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"
local contexts, port = {}, nil

function fetch.prepare(authority, upstream)
   port = upstream
   for _, version in ipairs({ "TLSv1.2", "TLSv1.3" }) do
      contexts[version] = assert(bearssl.context({
         mode = "client", cafile = authority, verdict_cache = 0, min_version = version, max_version = version,
         suites = version == "TLSv1.2" and { "ECDHE-ECDSA-AES128-GCM-SHA256" } or { "TLS_AES_128_GCM_SHA256" },
      }))
   end
end

local function connect()
   local socket = ngx.socket.tcp()
   assert(socket:connect("127.0.0.1", port))
   return socket
end

-- Nothing is counted that was not asked for. nginx's word for a session that was resumed is "r", otherwise ".".
local function exchange(stream, expected)
   assert(stream:send(REQUEST))
   local reply = assert(stream:receive("*a"))
   local resumed = reply:find("resumed=r", 1, true) and "resumed" or "full"
   if resumed ~= expected then
      error(("%s, where it should be %s: %s"):format(resumed, expected, reply))
   end
   ngx.say("ok")
end

local stored = {}

function fetch.ours(version, how)
   local stream = assert(contexts[version]:wrap(connect(), {
      server_name = "localhost", session = how == "resumed" and stored[version] or false,
   }))
   assert(stream:handshake())
   exchange(stream, stored[version] and how or "full")
   if how == "resumed" then
      stored[version] = assert(stream:session(), "the server gave no session")
   end
   stream:close()
end

local session

function fetch.theirs(how)
   local socket = connect()
   local expected = session and how or "full"
   if how == "full" then
      assert(socket:sslhandshake(false, "localhost", true))
   else
      session = assert(socket:sslhandshake(session, "localhost", true))
   end
   exchange(socket, expected)
   socket:close()
end

return fetch

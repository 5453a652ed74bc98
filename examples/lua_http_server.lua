-- lua-http serves over TLS of ours: HTTP/1.1 and HTTP/2, as the client's ALPN says.
--     lua examples/lua_http_server.lua CERT KEY [PORT]
local bearssl = require "bearssl"
local cqueues = require "cqueues"
local cqueues_socket = require "cqueues.socket"
local cqueues_tls = require "bearssl.cqueues"
local http_headers = require "http.headers"
local http_server = require "http.server"

local certfile, keyfile, port = arg[1], arg[2], tonumber(arg[3]) or 0
assert(certfile and keyfile, "usage: lua_http_server.lua CERT KEY [PORT]")

local context = assert(bearssl.context {
   mode = "server", certfile = certfile, keyfile = keyfile, alpn = { "h2", "http/1.1" },
})

local function answer(_, stream)
   local request = stream:get_headers()
   if not request then return end
   local body = stream:get_body_as_string()
   local response = http_headers.new()
   response:append(":status", "200")
   response:append("content-type", "text/plain")
   stream:write_headers(response, false)
   stream:write_body_from_string(("%s %s over HTTP/%s and %s, %d bytes of body\n"):format(request:get ":method",
      request:get ":path", stream.connection.version, stream:checktls() and "TLS" or "nothing", #body))
end

local loop = cqueues.new()
local server = http_server.new {
   cq = loop, tls = false, onstream = answer, -- no TLS of lua-http's own
   onerror = function(_, _, operation, problem) io.stderr:write(operation, ": ", tostring(problem), "\n") end,
}
local listener = cqueues_socket.listen("127.0.0.1", port)
assert(listener:listen())
local _, address, number = listener:localname()
print("listening on " .. address .. ":" .. number)
io.stdout:flush()

loop:wrap(function()
   while true do
      local socket = listener:accept { nodelay = true }
      server:add_socket(assert(cqueues_tls.wrap(context, socket)))
   end
end)
assert(loop:loop())

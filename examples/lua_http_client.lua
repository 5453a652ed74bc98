-- lua-http fetches over TLS of ours: HTTP/2 where the server speaks it, else HTTP/1.1.
--     lua examples/lua_http_client.lua URL [CAFILE]
local bearssl = require "bearssl"
local cqueues = require "cqueues"
local cqueues_socket = require "cqueues.socket"
local cqueues_tls = require "bearssl.cqueues"
local http_client = require "http.client"
local http_headers = require "http.headers"

local authority, path = (arg[1] or ""):match "^https://([^/]+)(.*)$"
assert(authority, "usage: lua_http_client.lua URL [CAFILE]")
local host, port = authority:match "^[^:]+", tonumber(authority:match ":(%d+)$") or 443
local PATIENCE = 10 -- seconds for each step

local context = assert(bearssl.context { cafile = arg[2], alpn = { "h2", "http/1.1" } })

local function fetch()
   local socket = cqueues_socket.connect { host = host, port = port, nodelay = true }
   local secure = assert(cqueues_tls.wrap(context, socket, { server_name = host, timeout = PATIENCE }))
   secure:onerror(function() return secure:failure() end) -- errors are returned, as TLS tells them
   assert(secure:starttls())
   local version = secure:stream():info "alpn" == "h2" and 2 or 1.1
   local connection = assert(http_client.negotiate(secure, { tls = false, version = version }))
   local stream = connection:new_stream()
   local request = http_headers.new()
   request:append(":method", "GET")
   request:append(":scheme", "https")
   request:append(":authority", authority)
   request:append(":path", path == "" and "/" or path)
   assert(stream:write_headers(request, true, PATIENCE))
   local response = assert(stream:get_headers(PATIENCE))
   print(("HTTP/%s, status %s"):format(version, response:get ":status"))
   io.write(assert(stream:get_body_as_string(PATIENCE)))
   connection:close()
end

local loop = cqueues.new()
loop:wrap(fetch)
assert(loop:loop())

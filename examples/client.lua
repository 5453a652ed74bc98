-- An HTTPS request, twice: by hand over a stream, and with LuaSocket's http module over the same stream.
--     lua5.4 examples/client.lua [URL [CAFILE]]
local bearssl = require "bearssl"
local http = require "socket.http"
local ltn12 = require "ltn12"
local socket = require "socket"

local url = arg[1] or "https://example.org/"
local authority, path = url:match("^https://([^/]+)(.*)$")
assert(authority, "an https URL is needed")
local host = authority:match("^[^:]+")
local port = tonumber(authority:match(":(%d+)$")) or 443
if path == "" then path = "/" end

-- Verification is on by default, against the system's certificates or a file's.
local context = assert(bearssl.context { cafile = arg[2] })

-- 1. By hand.
local tcp = assert(socket.connect(host, port))
local stream = assert(context:wrap(tcp, { server_name = host, timeout = 10 }))
assert(stream:handshake())
print(stream:info("version"), stream:info("cipher_suite"))
assert(stream:send(("GET %s HTTP/1.0\r\nHost: %s\r\n\r\n"):format(path, authority)))
print(assert(stream:receive("*l")))
repeat until assert(stream:receive("*l")) == "" -- the header fields
print(#assert(stream:receive("*a")) .. " bytes")
stream:close()

-- 2. With LuaSocket's http: `create` gives it an object that behaves like a TCP socket.
local function create()
   local plain = assert(socket.tcp())
   local object = { settimeout = function(_, seconds) return plain:settimeout(seconds) end }
   function object.connect(_, ...)
      local ok, message = plain:connect(...)
      if not ok then return nil, message end
      local secure
      secure, message = context:wrap(plain, { server_name = host, timeout = 10 })
      if not secure then return nil, message end
      ok, message = secure:handshake()
      if not ok then return nil, message end
      for _, name in ipairs { "send", "receive", "close", "settimeout" } do
         object[name] = function(_, ...) return secure[name](secure, ...) end
      end
      return 1
   end
   function object.close() return plain:close() end
   return object
end

local body = {}
local ok, status = http.request {
   url = ("http://%s:%d%s"):format(host, port, path), headers = { host = authority }, create = create,
   sink = ltn12.sink.table(body), redirect = false,
}
assert(ok, status)
print("status " .. status, #table.concat(body) .. " bytes")

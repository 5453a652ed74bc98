-- ssl.https: LuaSocket's http over TLS, as LuaSec has it. PORT and TIMEOUT are read when they are used: programs write
-- them.
local http = require "socket.http"
local ltn12 = require "ltn12"
local socket = require "socket"
local ssl = require "bearssl.luasec.ssl"
local url = require "socket.url"

local try = socket.try

local https = { _VERSION = ssl._VERSION, _COPYRIGHT = ssl._COPYRIGHT, PORT = 443, TIMEOUT = 60 }

local DEFAULTS = { protocol = "any", options = { "all", "no_sslv2", "no_sslv3", "no_tlsv1" }, verify = "none" }

local function with_port(address)
   return url.build(url.parse(address, { port = https.PORT }))
end

local function request_of(address, body, result)
   local request = { url = with_port(address), method = body and "POST" or "GET", sink = ltn12.sink.table(result) }
   if body then
      request.source = ltn12.source.string(body)
      request.headers = { ["content-length"] = #body, ["content-type"] = "application/x-www-form-urlencoded" }
   end
   return request
end

-- LuaSocket calls the connection's methods on the table.
local function forward(conn)
   for name, method in pairs(getmetatable(conn.sock).__index) do
      if type(method) == "function" then
         conn[name] = function(self, ...) return method(self.sock, ...) end
      end
   end
end

--- tcp([params]) is a `create` function for LuaSocket's http: what it returns connects over TLS. params: of a context;
-- what is missing in the table is put there.
function https.tcp(params)
   params = params or {}
   for name, value in pairs(DEFAULTS) do params[name] = params[name] or value end
   params.mode = "client"
   return function()
      local conn = { sock = try(socket.tcp()) }
      local settimeout = getmetatable(conn.sock).__index.settimeout
      function conn:settimeout() return settimeout(self.sock, https.TIMEOUT) end
      function conn:connect(host, port)
         try(self.sock:connect(host, port))
         self.sock = try(ssl.wrap(self.sock, params))
         self.sock:sni(host)
         self.sock:settimeout(https.TIMEOUT)
         try(self.sock:dohandshake())
         forward(self)
         return 1
      end
      return conn
   end
end

--- request(url [, body]) → body, code, headers, status; request(table) → 1, code, headers, status; or nil, message.
-- The table is LuaSocket's, with a context's parameters among its fields; proxy, redirect and create are not for it.
function https.request(address, body)
   local result, is_text = {}, type(address) == "string"
   local request = address
   if is_text then
      request = request_of(address, body, result)
   else
      request.url = with_port(request.url)
   end
   if http.PROXY or request.proxy then return nil, "proxy not supported" end
   if request.redirect then return nil, "redirect not supported" end
   if request.create then return nil, "create function not permitted" end
   request.create = https.tcp(request)
   local done, code, headers, status = http.request(request)
   if done and is_text then return table.concat(result), code, headers, status end
   return done, code, headers, status
end

return https

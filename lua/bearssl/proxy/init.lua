-- Proxies: HTTP's CONNECT, over TLS or not, and SOCKS5. `bearssl.connect` and the tool connect through one.
local address = require "bearssl.proxy.address"
local ip_address = require "bearssl.ip_address"
local options = require "bearssl.options"

local proxy = {}

local FIELDS = { "context", "password", "url", "user" }

-- What it is, checked: a table; or nil and what is wrong, without a word of a user or a password.
local function look(value)
   if type(value) == "string" then return address.parse(value) end
   if type(value) ~= "table" or type(value.url) ~= "string" then
      return nil, "must be a URL, a table with a URL in its field 'url', or \"environment\""
   end
   local _, unknown = options.unknown_field(value, FIELDS)
   if unknown then return nil, unknown end
   local found, message = address.parse(value.url)
   if not found then return nil, message end
   for _, name in ipairs { "user", "password" } do
      if value[name] ~= nil and type(value[name]) ~= "string" then
         return nil, ("field '%s' must be a string"):format(name)
      end
   end
   if value.user then found.user, found.password = value.user, value.password end
   local of_tls = value.context
   if of_tls ~= nil then
      local state = require("bearssl.own").look("context", of_tls)
      if not state then return nil, "field 'context' must be a context" end
      if found.scheme ~= "https" then return nil, "field 'context' is for proxies of https://" end
      found.context = of_tls
   end
   return found
end

-- What the proxy's protocol cannot carry.
local function unfit(found)
   if found.scheme == "https" and options.is.server_name(found.host) then
      return "the proxy's host is no name that a certificate could have"
   end
   local user, password = found.user or "", found.password or ""
   if found.scheme:find "^socks" then
      if found.user and (#user == 0 or #user > 255 or #password > 255) then
         return "a user of SOCKS5 has 1 to 255 bytes, as its password has at most"
      end
   elseif user:find ":" or (user .. password):find "%c" then
      return "a proxy's user has no colon, and neither it nor the password control characters"
   end
end

--- read(value) is the proxy that a URL or a table { url =, user =, password =, context = } describes: { scheme =,
-- host =, port =, user =, password =, context = }; or nil and what is wrong with it. No message shows a user or a
-- password.
function proxy.read(value)
   local found, message = look(value)
   message = found and unfit(found) or message
   if message then return nil, message end
   return found
end

--- check(value) is what options.check asks for.
function proxy.check(value)
   if value == "environment" then return nil end
   local found, message = proxy.read(value)
   if not found then return "", message end
   return nil
end

--- of(value, scheme, host) is the proxy for a connection to a host: value as for read, or "environment", which asks the
-- environment for URLs of that scheme; nil for none, and nil, message, code where the environment's is none.
function proxy.of(value, scheme, host)
   if value == nil then return nil end
   if value ~= "environment" then return proxy.read(value) end
   local url, name = require("bearssl.proxy.environment").proxy(scheme, host)
   if not url then return nil end
   local found, message = proxy.read(url)
   if found then return found end
   return nil, ("the environment's %s: %s"):format(name, message), "transport_failed"
end

--- failed(self, message, code) is nil, message, code of what went wrong with a proxy.
function proxy.failed(self, message, code)
   return nil, ("the proxy %s: %s"):format(ip_address.endpoint(self.host, self.port), message), code
end

--- shake(self, socket, wanted) speaks TLS to a proxy of https:// over a connected socket, and is a stream, over which
-- everything else goes; other proxies have the socket itself. wanted: the options timeout and wait of context:wrap.
function proxy.shake(self, socket, wanted)
   if self.scheme ~= "https" then return socket end
   local context, message, code = self.context
   if not context then
      context, message, code = require "bearssl.usual_context" ()
   end
   if not context then return nil, message, code end
   local stream, ok
   stream, message, code = context:wrap(socket, {
      server_name = self.host, timeout = wanted.timeout, wait = wanted.wait,
   })
   if not stream then return proxy.failed(self, message, code) end
   ok, message, code = stream:handshake()
   if ok then return stream end
   stream:close()
   return proxy.failed(self, message, code)
end

--- tunnel(self, channel, host, port) has the proxy connect to a host: true when all that follows is with that; or nil,
-- message, code. channel: see proxy/channel.lua.
function proxy.tunnel(self, channel, host, port)
   local protocol = self.scheme:find "^socks" and "socks5" or "http"
   local ok, message, code = require("bearssl.proxy." .. protocol).tunnel(channel, self, host, port)
   if ok then return true end
   return proxy.failed(self, message, code)
end

--- through(self, stream, host, port, seconds) does so below a stream whose handshake has not begun, in so many seconds.
function proxy.through(self, stream, host, port, seconds)
   local transport = require("bearssl.own").look("stream", stream).transport
   local channel, problem = require("bearssl.proxy.channel").through(transport, seconds)
   if not channel then return proxy.failed(self, problem, "transport_failed") end
   local ok, message, code = proxy.tunnel(self, channel, host, port)
   if not ok then return nil, message, code end
   local rest = channel:rest()
   if rest ~= "" then require("bearssl.transport").precede(transport, rest) end
   return true
end

return proxy

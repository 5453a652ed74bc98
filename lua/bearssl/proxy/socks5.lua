-- SOCKS5 (RFC 1928), with a user and a password (RFC 1929).
local ip_address = require "bearssl.ip_address"

local socks5 = {}

local REPLIES = {
   "it failed to connect", "its rules forbid it", "the network cannot be reached", "the host cannot be reached",
   "the host refuses the connection", "the time to live is over", "it does not know the command CONNECT",
   "it does not know addresses of this kind",
}

local function ask(channel, bytes, count)
   local ok, message, code = channel:write(bytes)
   if not ok then return nil, message, code end
   return channel:read(count)
end

local function counted(text)
   return string.char(#text) .. text
end

local function authenticate(channel, proxy)
   local answer, message, code = ask(channel, "\1" .. counted(proxy.user) .. counted(proxy.password or ""), 2)
   if not answer then return nil, message, code end
   if answer:byte(2) ~= 0 then return nil, "it does not take the user and the password", "refused" end
   return true
end

-- NO AUTHENTICATION REQUIRED, or also USERNAME/PASSWORD
local function greet(channel, proxy)
   local answer, message, code = ask(channel, proxy.user and "\5\2\0\2" or "\5\1\0", 2)
   if not answer then return nil, message, code end
   local version, method = answer:byte(1, 2)
   if version ~= 5 then return nil, "it is no SOCKS5 proxy", "decode_error" end
   if method == 0 then return true end
   if method == 2 and proxy.user then return authenticate(channel, proxy) end
   if method ~= 255 then return nil, "it chose what it was not offered", "decode_error" end
   return nil, proxy.user and "it takes no user and password" or "it demands a user and a password", "refused"
end

-- DST.ADDR and its type: of socks5h the proxy looks names up, of socks5 this machine.
local function destination(proxy, host)
   local function numeric(text)
      local four, sixteen = ip_address.ipv4(text), ip_address.ipv6(text)
      return four and "\1" .. four or sixteen and "\4" .. sixteen
   end
   local bytes = numeric(host)
   if not bytes and proxy.scheme == "socks5" then
      local known, socket = pcall(require, "socket")
      if not known then
         return nil, "socks5:// needs LuaSocket to look names up: give socks5h://", "transport_failed"
      end
      local list, why = socket.dns.getaddrinfo(host)
      if not list or not list[1] then return nil, tostring(why), "transport_failed" end
      -- more proxies reach IPv4 than IPv6
      local chosen = list[1]
      for i = #list, 1, -1 do
         if list[i].family == "inet" then chosen = list[i] end
      end
      bytes = numeric(chosen.addr)
   end
   if bytes then return bytes end
   if #host > 255 then return nil, "the host's name is too long", "transport_failed" end
   return "\3" .. counted(host)
end

local LENGTHS = { [1] = 4, [4] = 16 }

local function skip_bound_address(channel, kind)
   local length = LENGTHS[kind]
   if kind == 3 then
      local byte, message, code = channel:read(1)
      if not byte then return nil, message, code end
      length = byte:byte()
   end
   if not length then return nil, "its answer is malformed", "decode_error" end
   return channel:read(length + 2)
end

--- tunnel(channel, proxy, host, port) → true when what follows is the server's; or nil, message, code.
function socks5.tunnel(channel, proxy, host, port)
   local to, message, code = destination(proxy, host)
   if not to then return nil, message, code end
   local ok
   ok, message, code = greet(channel, proxy)
   if not ok then return nil, message, code end
   local answer
   answer, message, code = ask(channel, "\5\1\0" .. to .. string.char(math.floor(port / 256), port % 256), 4)
   if not answer then return nil, message, code end
   local version, reply, _, kind = answer:byte(1, 4)
   if version ~= 5 then return nil, "its answer is malformed", "decode_error" end
   if reply ~= 0 then
      return nil, REPLIES[reply] or ("it refuses with %d"):format(reply), reply == 2 and "refused" or "transport_failed"
   end
   ok, message, code = skip_bound_address(channel, kind)
   if not ok then return nil, message, code end
   return true
end

return socks5

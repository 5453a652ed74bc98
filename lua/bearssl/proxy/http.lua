-- HTTP's CONNECT (RFC 9110 section 9.3.6): a tunnel through a proxy.
local endpoint = require("bearssl.ip_address").endpoint

local http = {}

local LINE_MAXIMUM, LINES_MAXIMUM, INTERIM_MAXIMUM = 8192, 200, 10

--- authorization(proxy) is the value of Proxy-Authorization (Basic, RFC 7617), or nil where the proxy has no user.
function http.authorization(proxy)
   if not proxy.user then return nil end
   return "Basic " .. require("bearssl.base64").encode(proxy.user .. ":" .. (proxy.password or ""))
end

local function request(proxy, host, port)
   local place = endpoint(host, port)
   local authorization = http.authorization(proxy)
   return ("CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n"):format(place, place,
      authorization and "Proxy-Authorization: " .. authorization .. "\r\n" or "")
end

-- One answer's status line, whose fields are passed over: a tunnel has neither Content-Length nor Transfer-Encoding.
local function answer(channel)
   local first, message, code = channel:line(LINE_MAXIMUM)
   if not first then return nil, message, code end
   local status, reason = first:match "^HTTP/1%.%d ([1-5]%d%d) ?(.*)$"
   if not status then return nil, "it is no HTTP proxy", "decode_error" end
   for _ = 1, LINES_MAXIMUM do
      local line
      line, message, code = channel:line(LINE_MAXIMUM)
      if not line then return nil, message, code end
      if line == "" then return tonumber(status), reason end
   end
   return nil, "its answer is too long", "limit_exceeded"
end

local function refusal(proxy, status, reason)
   if status == 407 or status == 401 then -- which tinyproxy says for a wrong password
      local told = proxy.user and "it does not take the user and the password (%d)"
         or "it demands a user and a password (%d)"
      return nil, told:format(status), "refused"
   end
   reason = reason:gsub("[^\32-\126]", "?"):sub(1, 80)
   return nil, ("it says %d %s"):format(status, reason), status == 403 and "refused" or "transport_failed"
end

--- tunnel(channel, proxy, host, port) → true when what follows is the server's; or nil, message, code.
function http.tunnel(channel, proxy, host, port)
   local ok, message, code = channel:write(request(proxy, host, port))
   if not ok then return nil, message, code end
   for _ = 1, INTERIM_MAXIMUM do
      local status, reason, problem = answer(channel)
      if not status then return nil, reason, problem end
      if status >= 200 and status < 300 then return true end
      if status >= 300 or status == 101 then return refusal(proxy, status, reason) end
   end
   return nil, "it says too much before its answer", "limit_exceeded"
end

return http

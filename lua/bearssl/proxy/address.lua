-- Where a proxy is: URLs as curl takes them. No message has a user or a password in it.
local address = {}

-- What listens where nothing else is said, as in curl.
local PORTS = { http = 1080, https = 443, socks5 = 1080, socks5h = 1080 }

local KNOWN = "http://, https://, socks5:// or socks5h://"

local function unescape(text)
   if text:gsub("%%%x%x", ""):find "%%" then return nil end
   return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function credentials(text)
   if not text then return nil, nil, true end
   local user, password = text:match "^([^:]*):?(.*)$"
   user, password = unescape(user), unescape(password)
   return user, password, user ~= nil and password ~= nil
end

local function host_and_port(text, default)
   local host, digits = text:match "^%[([%x:.]+)%](.*)$"
   if not host then host, digits = text:match "^([^:%[%]]+)(.*)$" end
   if not host or host:find "[%c%s]" then return nil end
   if digits == "" then return host, default end
   local port = #digits <= 6 and tonumber(digits:match "^:(%d+)$")
   if not port or port < 1 or port > 65535 then return nil end
   return host, port
end

--- parse(url) is { scheme =, host =, port =, user =, password = } of "[SCHEME://][USER[:PASSWORD]@]HOST[:PORT]"; or
-- nil and what is wrong. scheme: http unless given; port: 443 for https, else 1080; user and password: nil unless
-- given, and with each "%40" decoded.
function address.parse(url)
   local scheme, rest = url:match "^(%a[%w+.-]*)://(.*)$"
   scheme, rest = (scheme or "http"):lower(), rest or url
   if not PORTS[scheme] then return nil, ("a proxy's URL begins with %s, not %s://"):format(KNOWN, scheme) end
   local authority, behind = rest:match "^([^/?#]*)(.*)$"
   local userinfo, place = authority:match "^(.*)@([^@]*)$"
   local host, port = host_and_port(place or authority, PORTS[scheme])
   local user, password, good = credentials(userinfo)
   if not host or not good or (behind ~= "" and behind ~= "/") then
      return nil, "a proxy's URL is " .. KNOWN .. " and [USER:PASSWORD@]HOST[:PORT]"
   end
   return { scheme = scheme, host = host, port = port, user = user, password = password }
end

return address

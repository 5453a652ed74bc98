-- Where a proxy is: URLs as curl takes them, and numeric addresses. No message has a user or a password in it.
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

--- ipv4(text) is the four bytes of an address, or nil.
function address.ipv4(text)
   local parts = { text:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$" }
   for index, digits in ipairs(parts) do
      local number = #digits <= 3 and tonumber(digits)
      if not number or number > 255 then return nil end
      parts[index] = string.char(number)
   end
   return parts[4] and table.concat(parts) or nil
end

local function groups_of(text)
   local bytes = {}
   if text == "" then return "" end
   for group in (text .. ":"):gmatch "([^:]*):" do
      local four = group:find(".", 1, true) and address.ipv4(group)
      local number = group:find "^%x%x?%x?%x?$" and tonumber(group, 16)
      if not four and not number then return nil end
      bytes[#bytes + 1] = four or string.char(math.floor(number / 256), number % 256)
   end
   return table.concat(bytes)
end

--- ipv6(text) is the sixteen bytes of an address (RFC 4291 section 2.2), or nil.
function address.ipv6(text)
   if not text:find(":", 1, true) then return nil end
   local before, after = text:match "^(.-)::(.*)$"
   if after and after:find("::", 1, true) then return nil end
   local left, right = groups_of(before or text), groups_of(after or "")
   if not left or not right then return nil end
   local missing = 16 - #left - #right
   if before and missing < 2 or not before and missing ~= 0 then return nil end
   return left .. ("\0"):rep(missing) .. right
end

--- shown(host, port) is "host:port", with brackets around an address of IPv6.
function address.shown(host, port)
   return (host:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(host, port)
end

return address

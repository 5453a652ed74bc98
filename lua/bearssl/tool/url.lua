-- URLs of http and https: what they name, and where a Location leads.
local options = require "bearssl.tool.options"

local url = {}

local PORTS = { http = 80, https = 443 }

--- parse(text) → { scheme, host, port, authority, target }, or nil and what is wrong, which shows no password.
function url.parse(text)
   local scheme, authority, rest = text:match("^(%a[%w+.-]*)://([^/?#]*)([^#]*)")
   if not scheme then
      return nil, ("'%s' is not a URL such as https://example.org/"):format((text:gsub("^.*@", "…@")))
   end
   scheme = scheme:lower()
   if not PORTS[scheme] then return nil, ("only https and http URLs can be fetched, not %s"):format(scheme) end
   if authority:find("@", 1, true) then
      return nil, "a URL must not have a user or a password in it: give -H 'Authorization: …'"
   end
   local host, port = options.address(authority, PORTS[scheme])
   if not host then return nil, ("'%s' has no valid host"):format(text) end
   if rest:sub(1, 1) ~= "/" then rest = "/" .. rest end
   if rest:find("[%z\1-\32\127]") then return nil, "a URL must not contain spaces or controls: escape them" end
   rest = rest:gsub("[\128-\255]", function(c) return ("%%%02X"):format(c:byte()) end)
   return { scheme = scheme, host = host, port = port, target = rest, authority = authority }
end

--- host(parsed) is its Host field: the port where it is not the scheme's own.
function url.host(parsed)
   if parsed.port ~= PORTS[parsed.scheme] then return options.endpoint(parsed.host, parsed.port) end
   return parsed.host:find(":", 1, true) and "[" .. parsed.host .. "]" or parsed.host
end

--- resolve(base, location) is where a Location leads (RFC 3986 section 5.2, without dot segments in between).
function url.resolve(base, location)
   if location:find("^%a[%w+.-]*:") then return location end
   if location:sub(1, 2) == "//" then return base.scheme .. ":" .. location end
   local origin = base.scheme .. "://" .. base.authority
   if location:sub(1, 1) == "/" then return origin .. location end
   local path = base.target:match("^[^?]*")
   if location:sub(1, 1) == "?" then return origin .. path .. location end
   return origin .. path:gsub("[^/]*$", "") .. location
end

--- same_origin(a, b) tells whether both are of one origin (RFC 6454 section 4).
function url.same_origin(a, b)
   return a.scheme == b.scheme and a.host:lower() == b.host:lower() and a.port == b.port
end

return url

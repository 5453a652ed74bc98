-- IP addresses as text: their bytes, and how a port stands behind one.
local ip_address = {}

--- ipv4(text) is the four bytes of an address, or nil.
function ip_address.ipv4(text)
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
      local four = group:find(".", 1, true) and ip_address.ipv4(group)
      local number = group:find "^%x%x?%x?%x?$" and tonumber(group, 16)
      if not four and not number then return nil end
      bytes[#bytes + 1] = four or string.char(math.floor(number / 256), number % 256)
   end
   return table.concat(bytes)
end

--- ipv6(text) is the sixteen bytes of an address (RFC 4291 section 2.2), or nil.
function ip_address.ipv6(text)
   if not text:find(":", 1, true) then return nil end
   local before, after = text:match "^(.-)::(.*)$"
   if after and after:find("::", 1, true) then return nil end
   local left, right = groups_of(before or text), groups_of(after or "")
   if not left or not right then return nil end
   local missing = 16 - #left - #right
   if before and missing < 2 or not before and missing ~= 0 then return nil end
   return left .. ("\0"):rep(missing) .. right
end

--- bytes(text) is an address of either kind in 4 or 16 bytes, or nil.
function ip_address.bytes(text)
   return ip_address.ipv4(text) or ip_address.ipv6(text)
end

--- endpoint(host, port) is "host:port", with brackets around an address of IPv6.
function ip_address.endpoint(host, port)
   return (host:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(host, port)
end

return ip_address

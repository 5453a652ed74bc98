-- Hexadecimal digits.
local hex = {}

--- encode(bytes) is two digits, in lower case, for each byte.
function hex.encode(bytes)
   return (bytes:gsub(".", function(character) return ("%02x"):format(character:byte()) end))
end

--- decode(digits) is a byte for each two digits; whoever calls it has seen that there is nothing else.
function hex.decode(digits)
   return (digits:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

return hex

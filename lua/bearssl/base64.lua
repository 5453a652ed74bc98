-- Base64 (RFC 4648 section 4) in Lua, for short texts.
local base64 = {}

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- encode(bytes) without line breaks.
function base64.encode(bytes)
   return (bytes:gsub("..?.?", function(three)
      local a, b, c = three:byte(1, 3)
      local number = a * 65536 + (b or 0) * 256 + (c or 0)
      local text = ""
      for index = 0, 3 do
         local digit = math.floor(number / 64 ^ (3 - index)) % 64
         text = text .. DIGITS:sub(digit + 1, digit + 1)
      end
      return c and text or b and text:sub(1, 3) .. "=" or text:sub(1, 2) .. "=="
   end))
end

return base64

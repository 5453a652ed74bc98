-- UTF-16BE, in which PKCS#12 has names.
local char, byte = string.char, string.byte

local utf16 = {}

local function unit(value)
   return char(math.floor(value / 256), value % 256)
end

local FIRST = { { 0xC2, 0xDF, 0xC0, 1, 0x80 }, { 0xE0, 0xEF, 0xE0, 2, 0x800 }, { 0xF0, 0xF4, 0xF0, 3, 0x10000 } }

-- The character at a place of UTF-8 and what follows it, or nil.
local function character(text, at)
   local first = byte(text, at)
   if first < 0x80 then return first, at + 1 end
   for _, row in ipairs(FIRST) do
      if first >= row[1] and first <= row[2] then
         local value = first - row[3]
         for index = at + 1, at + row[4] do
            local more = byte(text, index)
            if not more or more < 0x80 or more > 0xBF then return nil end
            value = value * 64 + more - 0x80
         end
         if value < row[5] or value > 0x10FFFF or value >= 0xD800 and value <= 0xDFFF then return nil end
         return value, at + row[4] + 1
      end
   end
   return nil
end

--- encode(text) is UTF-16BE of UTF-8, or nil for what is none.
function utf16.encode(text)
   local parts, at = {}, 1
   while at <= #text do
      local value, behind = character(text, at)
      if not value then return nil end
      if value >= 0x10000 then
         parts[#parts + 1] = unit(0xD800 + math.floor((value - 0x10000) / 1024))
         value = 0xDC00 + value % 1024
      end
      parts[#parts + 1] = unit(value)
      at = behind
   end
   return table.concat(parts)
end

local function utf8(value)
   if value < 0x80 then return char(value) end
   local bytes, most = "", 64
   while value >= most do
      bytes = char(0x80 + value % 64) .. bytes
      value, most = math.floor(value / 64), most / 2
   end
   return char(256 - 2 * most + value) .. bytes
end

--- decode(bytes) is UTF-8 of UTF-16BE, or nil for what is none.
function utf16.decode(bytes)
   if #bytes % 2 ~= 0 then return nil end
   local parts, high = {}, nil
   for at = 1, #bytes, 2 do
      local value = byte(bytes, at) * 256 + byte(bytes, at + 1)
      local is_low = value >= 0xDC00 and value <= 0xDFFF
      if is_low ~= (high ~= nil) then return nil end
      if is_low then
         parts[#parts + 1] = utf8(0x10000 + (high - 0xD800) * 1024 + value - 0xDC00)
         high = nil
      elseif value >= 0xD800 and value < 0xDC00 then
         high = value
      else
         parts[#parts + 1] = utf8(value)
      end
   end
   return not high and table.concat(parts) or nil
end

return utf16

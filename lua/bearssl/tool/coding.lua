-- Content-Encoding (RFC 9110 section 8.4.1): gzip and deflate, one of them.
local inflate = require "bearssl.tool.inflate"

local coding = {}

local function little_endian(bits, count)
   local value = 0
   for index = 0, count - 1 do value = value + bits:byte() * 256 ^ index end
   return value
end

local function skip_text(bits)
   repeat until bits:byte() == 0
end

-- Members of gzip (RFC 1952) up to the end. The length is looked at, and not CRC-32: TLS has proven the bytes.
local function gzip(bits)
   local first = bits:raw()
   while first do
      if first ~= 31 or bits:byte() ~= 139 or bits:byte() ~= 8 then inflate.fail "the body is not gzip" end
      local flags = bits:byte()
      for _ = 1, 6 do bits:byte() end
      if math.floor(flags / 4) % 2 == 1 then
         for _ = 1, little_endian(bits, 2) do bits:byte() end
      end
      if math.floor(flags / 8) % 2 == 1 then skip_text(bits) end
      if math.floor(flags / 16) % 2 == 1 then skip_text(bits) end
      if math.floor(flags / 2) % 2 == 1 then little_endian(bits, 2) end
      local length = inflate.run(bits)
      little_endian(bits, 4)
      if little_endian(bits, 4) ~= length % 2 ^ 32 then inflate.fail "the body has another length than gzip tells" end
      first = bits:raw()
   end
end

-- zlib (RFC 1950), or DEFLATE without it, as some servers send.
local function deflate(bits)
   local a = bits:raw()
   if not a then return end
   local b = bits:byte()
   if a % 16 == 8 and (256 * a + b) % 31 == 0 then
      if math.floor(b / 32) % 2 == 1 then inflate.fail "the body needs a dictionary" end
      inflate.run(bits)
      little_endian(bits, 4)
   else
      bits:put_back(string.char(a, b))
      inflate.run(bits)
   end
end

local decoders = { gzip = gzip, ["x-gzip"] = gzip, deflate = deflate }

--- decode(name, next_piece) is a function that gives the body in pieces, then nil; or nil, message, code. next_piece is
-- such a function of the body as it came; name: Content-Encoding. A coding that is not known fails.
function coding.decode(name, next_piece)
   name = name:lower()
   if name == "identity" or name == "" then return next_piece end
   local decoder = decoders[name]
   if not decoder then
      return function() return nil, ("the coding %s is not known"):format((name:gsub("%c", "?"))), "decode_error" end
   end
   local thread = coroutine.create(function() decoder(inflate.bits(next_piece)) end)
   return function()
      if coroutine.status(thread) == "dead" then return nil end
      local ok, piece = coroutine.resume(thread)
      if ok then return piece end
      if type(piece) == "table" then return nil, piece.message, piece.code end
      error(piece, 0)
   end
end

return coding

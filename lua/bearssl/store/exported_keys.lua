-- The encoding of exported ticket keys (ticket.c, tls_ticket_keys_export), written and read here, where keys do not
-- come from one process but from what a fleet has agreed upon: the text, rotation and overlap in 4 bytes each, the
-- number of keys in one; for each key a name of 16 bytes, a secret of 32, and in 8 bytes each, in seconds since the
-- epoch, until when it seals and opens. The first one seals.
local exported_keys = {}

local MAGIC = "bearssl-lua ticket keys 1"
local HEADER, ENTRY = #MAGIC + 9, 64

--- MOST keys stand in one set. FOREVER: a time that never comes.
exported_keys.MOST, exported_keys.FOREVER = 8, 2 ^ 40

local function big_endian(number, length)
   local bytes = {}
   for index = length, 1, -1 do
      bytes[index] = string.char(number % 256)
      number = math.floor(number / 256)
   end
   return table.concat(bytes)
end

--- write(list [, rotation, overlap]) encodes a list of { name =, secret =, seals_until =, opens_until = }; rotation and
-- overlap (1 s each) are of keys that the set will make by itself when none of these seals any more.
function exported_keys.write(list, rotation, overlap)
   local parts = { MAGIC, big_endian(rotation or 1, 4), big_endian(overlap or 1, 4), string.char(#list) }
   for _, key in ipairs(list) do
      parts[#parts + 1] = key.name .. key.secret .. big_endian(key.seals_until, 8) .. big_endian(key.opens_until, 8)
   end
   return table.concat(parts)
end

--- first(exported) is the name (16 bytes) and the secret (32) of the first key of a set.
function exported_keys.first(exported)
   assert(exported:sub(1, #MAGIC) == MAGIC and #exported >= HEADER + ENTRY, "these are no exported keys")
   return exported:sub(HEADER + 1, HEADER + 16), exported:sub(HEADER + 17, HEADER + 48)
end

return exported_keys

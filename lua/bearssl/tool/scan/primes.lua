-- Which prime a group of Diffie-Hellman has.
local primes = {}

local names
local function known()
   if not names then
      names = {}
      for bits, first, last, name in require("bearssl.tool.scan.prime_names"):gmatch "(%d+) (%x+) (%x+) ([^\n]+)\n" do
         names[bits .. first .. last] = name
      end
   end
   return names
end

local function hex(text)
   return (text:gsub(".", function(byte) return ("%02X"):format(byte:byte()) end))
end

--- bits(prime) is how long a number is, which stands in bytes, the highest first.
function primes.bits(prime)
   local digits = prime:gsub("^%z+", "")
   if digits == "" then return 0 end
   local high, bits = digits:byte(), (#digits - 1) * 8
   while high > 0 do
      high, bits = math.floor(high / 2), bits + 1
   end
   return bits
end

--- name(prime) is what a prime is called that many servers share, or nil.
function primes.name(prime)
   local digits = prime:gsub("^%z+", "")
   if #digits < 32 then return nil end
   return known()[primes.bits(digits) .. hex(digits:sub(9, 20)) .. hex(digits:sub(-20, -9))]
end

return primes

-- Numbers and vectors of TLS, written and read. Whoever reads says what there is: nothing is read beyond its end.
local bytes = {}

--- u8(n), u16(n), u24(n) are a number in so many bytes.
bytes.u8 = string.char

function bytes.u16(number) return string.char(math.floor(number / 256) % 256, number % 256) end

function bytes.u24(number) return string.char(math.floor(number / 65536) % 256) .. bytes.u16(number % 65536) end

--- vector8(content), vector16(content) are content behind its length.
function bytes.vector8(content) return string.char(#content) .. content end

function bytes.vector16(content) return bytes.u16(#content) .. content end

--- list16(numbers) is numbers of two bytes behind their length in bytes; list16_in8 has a length of one byte.
local function pack(numbers)
   local out = {}
   for index, number in ipairs(numbers) do out[index] = bytes.u16(number) end
   return table.concat(out)
end

function bytes.list16(numbers) return bytes.vector16(pack(numbers)) end

function bytes.list16_in8(numbers) return bytes.vector8(pack(numbers)) end

--- random(count) is so many bytes that need not be hard to guess: no key is made of them.
function bytes.random(count)
   local out = {}
   for index = 1, count do out[index] = string.char(math.random(0, 255)) end
   return table.concat(out)
end

local Reader = {}
Reader.__index = Reader

--- reader(text): number(count) and take(count) read on, vector(count) reads what stands behind a length of count bytes.
-- Each is nil where there is less, and everything is nil from then on. left() tells how many bytes there are.
function bytes.reader(text) return setmetatable({ text = text, at = 1 }, Reader) end

function Reader:left() return #self.text - self.at + 1 end

function Reader:take(count)
   if not count or count > self:left() then
      self.at = math.huge
      return nil
   end
   local part = self.text:sub(self.at, self.at + count - 1)
   self.at = self.at + count
   return part
end

function Reader:number(count)
   local part = self:take(count)
   if not part then return nil end
   local value = 0
   for index = 1, count do value = value * 256 + part:byte(index) end
   return value
end

function Reader:vector(count) return self:take(self:number(count)) end

return bytes

-- DEFLATE (RFC 1951) in Lua alone, piece by piece: what has come out is kept for as long as the format can refer to it
-- (32 KB), so a body that grows beyond measure takes time and no memory.
local inflate = {}

local unpack = table.unpack or unpack -- luacheck: ignore 143

local WINDOW = 32768
local PRIMARY = 9 -- bits that a table looks up at once

local LENGTH_BASE, LENGTH_EXTRA, DISTANCE_BASE, DISTANCE_EXTRA = {}, {}, {}, {}
do
   local base = 3
   for symbol = 0, 27 do
      local extra = symbol < 8 and 0 or math.floor(symbol / 4) - 1
      LENGTH_BASE[symbol], LENGTH_EXTRA[symbol] = base, extra
      base = base + 2 ^ extra
   end
   LENGTH_BASE[28], LENGTH_EXTRA[28] = 258, 0
   base = 1
   for symbol = 0, 29 do
      local extra = symbol < 4 and 0 or math.floor(symbol / 2) - 1
      DISTANCE_BASE[symbol], DISTANCE_EXTRA[symbol] = base, extra
      base = base + 2 ^ extra
   end
end

local CODE_ORDER = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 }

-- What ends it is raised as a table, and caught by whoever resumes.
local function fail(message, code)
   error({ message = message, code = code or "decode_error" }, 0)
end

-- ---- Bits ----

local Bits = {}
Bits.__index = Bits

--- bits(next_piece) reads from a function that gives strings, then nil [, message, code].
function inflate.bits(next_piece)
   return setmetatable({ next_piece = next_piece, piece = "", at = 1, held = 0, count = 0 }, Bits)
end

-- The next byte, or nil at the end.
function Bits:raw()
   while self.at > #self.piece do
      local piece, message, code = self.next_piece()
      if not piece then
         if message then fail(message, code) end
         return nil
      end
      self.piece, self.at = piece, 1
   end
   local byte = self.piece:byte(self.at)
   self.at = self.at + 1
   return byte
end

-- put_back(bytes) undoes reading them.
function Bits:put_back(bytes)
   self.piece, self.at = bytes .. self.piece:sub(self.at), 1
end

function Bits:byte()
   return self:raw() or fail("the compressed body is cut short", "truncated")
end

local function need(self, count)
   while self.count < count do
      self.held = self.held + self:byte() * 2 ^ self.count
      self.count = self.count + 8
   end
end

function Bits:take(count)
   if count == 0 then return 0 end
   need(self, count)
   local unit = 2 ^ count
   local value = self.held % unit
   self.held, self.count = (self.held - value) / unit, self.count - count
   return value
end

-- Drops what is left of a byte. Whole bytes that were read ahead go back.
function Bits:align()
   self:take(self.count % 8)
   local ahead = ""
   while self.count > 0 do ahead = ahead .. string.char(self:take(8)) end
   if ahead ~= "" then self:put_back(ahead) end
end

-- ---- Huffman codes ----

-- A code of lengths[0 … last]: a table for short words, and counts and symbols for long ones.
local function new_code(lengths, last, may_be_short)
   local counts, offsets, symbols = {}, { 0 }, {}
   for length = 0, 15 do counts[length] = 0 end
   for symbol = 0, last do counts[lengths[symbol]] = counts[lengths[symbol]] + 1 end
   local left = 1
   for length = 1, 15 do
      left = 2 * left - counts[length]
      if left < 0 then fail "the compressed body is malformed: a code has too many words" end
      offsets[length + 1] = offsets[length] + counts[length]
   end
   if left > 0 and not (may_be_short and counts[0] >= last) then
      fail "the compressed body is malformed: a code is not complete"
   end
   for symbol = 0, last do
      local length = lengths[symbol]
      if length > 0 then
         symbols[offsets[length]] = symbol
         offsets[length] = offsets[length] + 1
      end
   end
   local code = { counts = counts, symbols = symbols, short = {} }
   local word, index = 0, 0
   for length = 1, PRIMARY do
      for _ = 1, counts[length] do
         local reversed, rest = 0, word
         for _ = 1, length do
            reversed = 2 * reversed + rest % 2
            rest = math.floor(rest / 2)
         end
         for entry = reversed, 2 ^ PRIMARY - 1, 2 ^ length do code.short[entry] = symbols[index] * 16 + length end
         word, index = word + 1, index + 1
      end
      word = 2 * word
   end
   return code
end

local function decode_slowly(bits, code)
   local word, first, index = 0, 0, 0
   for length = 1, 15 do
      word = word + bits:take(1)
      local count = code.counts[length]
      if word - count < first then return code.symbols[index + word - first] end
      index, first = index + count, 2 * (first + count)
      word = 2 * word
   end
   fail "the compressed body is malformed: there is no such word"
end

-- Near the end there may be fewer bits than a table is asked with: those that are missing count as zeros.
local function decode(bits, code)
   while bits.count < PRIMARY do
      local byte = bits:raw()
      if not byte then break end
      bits.held = bits.held + byte * 2 ^ bits.count
      bits.count = bits.count + 8
   end
   local entry = code.short[bits.held % 2 ^ PRIMARY]
   if not entry then return decode_slowly(bits, code) end
   local length = entry % 16
   if length > bits.count then fail("the compressed body is cut short", "truncated") end
   local unit = 2 ^ length
   bits.held, bits.count = math.floor(bits.held / unit), bits.count - length
   return (entry - length) / 16
end

local fixed

local function fixed_codes()
   if not fixed then
      local lengths, distances = {}, {}
      for symbol = 0, 287 do lengths[symbol] = symbol < 144 and 8 or symbol < 256 and 9 or symbol < 280 and 7 or 8 end
      for symbol = 0, 31 do distances[symbol] = 5 end
      fixed = { new_code(lengths, 287), new_code(distances, 31) }
   end
   return fixed[1], fixed[2]
end

local function dynamic_codes(bits)
   local literals, distances, words = bits:take(5) + 257, bits:take(5) + 1, bits:take(4) + 4
   if literals > 286 or distances > 30 then fail "the compressed body is malformed: a code is too large" end
   local lengths = {}
   for symbol = 0, 18 do lengths[symbol] = 0 end
   for index = 1, words do lengths[CODE_ORDER[index]] = bits:take(3) end
   local code = new_code(lengths, 18)
   local all, at = {}, 0
   while at < literals + distances do
      local symbol = decode(bits, code)
      local length, count = symbol, 1
      if symbol == 16 then
         if at == 0 then fail "the compressed body is malformed: nothing stands before a repetition" end
         length, count = all[at - 1], 3 + bits:take(2)
      elseif symbol == 17 then
         length, count = 0, 3 + bits:take(3)
      elseif symbol == 18 then
         length, count = 0, 11 + bits:take(7)
      end
      if at + count > literals + distances then fail "the compressed body is malformed: a repetition is too long" end
      for index = at, at + count - 1 do all[index] = length end
      at = at + count
   end
   if all[256] == 0 then fail "the compressed body is malformed: it could not end" end
   local of_distances = {}
   for index = 0, distances - 1 do of_distances[index] = all[literals + index] end
   return new_code(all, literals - 1), new_code(of_distances, distances - 1, true)
end

-- ---- What comes out ----

-- It yields each piece that no copy can refer to any more.
local function emit(self, count)
   local bytes, pieces = self.bytes, {}
   for first = 1, count, 4096 do
      pieces[#pieces + 1] = string.char(unpack(bytes, first, math.min(first + 4095, count)))
   end
   for index = count + 1, self.count do bytes[index - count] = bytes[index] end
   for index = self.count - count + 1, self.count do bytes[index] = nil end
   self.count, self.total = self.count - count, self.total + count
   if count > 0 then coroutine.yield(table.concat(pieces)) end
end

local function add(self, byte)
   self.count = self.count + 1
   self.bytes[self.count] = byte
   if self.count >= 3 * WINDOW then emit(self, 2 * WINDOW) end
end

local function copy(self, distance, length)
   if distance > self.count then fail "the compressed body is malformed: it refers to what was not there" end
   for _ = 1, length do add(self, self.bytes[self.count - distance + 1]) end
end

local function stored(bits, out)
   bits:align()
   local low, high, low_complement, high_complement = bits:byte(), bits:byte(), bits:byte(), bits:byte()
   if low + low_complement ~= 255 or high + high_complement ~= 255 then
      fail "the compressed body is malformed: a length is wrong"
   end
   for _ = 1, 256 * high + low do add(out, bits:byte()) end
end

local function compressed(bits, out, literals, distances)
   while true do
      local symbol = decode(bits, literals)
      if symbol < 256 then
         add(out, symbol)
      elseif symbol == 256 then
         return
      else
         symbol = symbol - 257
         if not LENGTH_BASE[symbol] then fail "the compressed body is malformed: there is no such length" end
         local length = LENGTH_BASE[symbol] + bits:take(LENGTH_EXTRA[symbol])
         symbol = decode(bits, distances)
         if not DISTANCE_BASE[symbol] then fail "the compressed body is malformed: there is no such distance" end
         copy(out, DISTANCE_BASE[symbol] + bits:take(DISTANCE_EXTRA[symbol]), length)
      end
   end
end

--- run(bits) yields what a DEFLATE stream holds, in pieces, and returns how many bytes these were. It is called in a
-- coroutine, and raises { message =, code = } where the stream is malformed or cut short.
function inflate.run(bits)
   local out = { bytes = {}, count = 0, total = 0 }
   repeat
      local is_last, kind = bits:take(1) == 1, bits:take(2)
      if kind == 0 then
         stored(bits, out)
      elseif kind == 1 then
         compressed(bits, out, fixed_codes())
      elseif kind == 2 then
         compressed(bits, out, dynamic_codes(bits))
      else
         fail "the compressed body is malformed: there is no such block"
      end
   until is_last
   emit(out, out.count)
   bits:align()
   return out.total
end

inflate.fail = fail

return inflate

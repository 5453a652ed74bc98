-- ASN.1 in Lua, for containers of keys and certificates (PKCS#7, PKCS#12), which some programs write in BER (X.690
-- section 8). What is in them is decoded by the core. Whatever is malformed raises ber.MALFORMED.
local byte, char, sub, concat = string.byte, string.char, string.sub, table.concat

local ber = { MALFORMED = {} }

local DEPTH = 32
-- Elements of one file, each of which takes some hundred bytes of memory; a certificate has about a hundred.
local ELEMENTS = 100000
local left = ELEMENTS

--- MAXIMUM: the bytes of the largest file that is looked into.
ber.MAXIMUM = 2 ^ 24

local function need(condition)
   if not condition then error(ber.MALFORMED, 0) end
   return condition
end

--- put(tag, …) is an element in DER, of strings one behind the other.
function ber.put(tag, ...)
   local contents = concat({ ... })
   local length, octets = #contents, ""
   if length < 128 then return char(tag, length) .. contents end
   while length > 0 do
      octets = char(length % 256) .. octets
      length = math.floor(length / 256)
   end
   return char(tag, 128 + #octets) .. octets .. contents
end

-- Tag, where the contents begin, and their length (nil: indefinite).
local function header(bytes, at, stop)
   local tag, length = byte(bytes, at, at + 1)
   need(length and at + 1 <= stop and tag % 32 ~= 31)
   at = at + 2
   if length < 128 then return tag, at, length end
   if length == 128 then return tag, at, nil end
   local count = length - 128
   need(count <= 4 and at + count - 1 <= stop)
   length = 0
   for index = at, at + count - 1 do length = length * 256 + byte(bytes, index) end
   return tag, at + count, length
end

local normal

-- The elements between two places, or up to the end-of-contents octets.
local function children(bytes, at, stop, is_open, depth)
   local list = {}
   while true do
      if is_open and sub(bytes, at, at + 1) == "\0\0" and at + 1 <= stop then return list, at + 2 end
      if not is_open and at > stop then return list, at end
      list[#list + 1], at = normal(bytes, at, stop, depth)
   end
end

-- One element in DER, and what follows it.
function normal(bytes, at, stop, depth)
   left = left - 1
   need(depth <= DEPTH and left > 0)
   local tag, from, length = header(bytes, at, stop)
   need(not length or from + length - 1 <= stop)
   if math.floor(tag / 32) % 2 == 0 then
      need(length)
      return ber.put(tag, sub(bytes, from, from + length - 1)), from + length
   end
   local list, behind = children(bytes, from, length and from + length - 1 or stop, not length, depth + 1)
   if tag ~= 0x24 then return ber.put(tag, concat(list)), behind end
   -- an OCTET STRING in pieces
   for index, piece in ipairs(list) do
      local piece_tag, start = header(piece, 1, #piece)
      need(piece_tag == 4)
      list[index] = sub(piece, start)
   end
   return ber.put(4, concat(list)), behind
end

--- definite(bytes) is one element of BER in DER.
function ber.definite(bytes)
   need(#bytes <= ber.MAXIMUM)
   left = ELEMENTS
   local result, behind = normal(bytes, 1, #bytes, 1)
   need(behind == #bytes + 1)
   return result
end

--- elements(contents) is a list of { tag =, contents =, whole = } of elements of DER one behind the other.
function ber.elements(contents)
   local list, at = {}, 1
   while at <= #contents do
      local tag, from, length = header(contents, at, #contents)
      need(length and from + length - 1 <= #contents and #list < ELEMENTS)
      list[#list + 1] = {
         tag = tag, contents = sub(contents, from, from + length - 1), whole = sub(contents, at, from + length - 1),
      }
      at = from + length
   end
   return list
end

--- open(element, tag) is the list of elements in an element of this tag.
function ber.open(element, tag)
   need(element and element.tag == tag)
   return ber.elements(element.contents)
end

--- read(element, tag) is the contents of an element of this tag.
function ber.read(element, tag)
   need(element and element.tag == tag)
   return element.contents
end

--- single(bytes, tag) is the list of elements in what is one element of BER.
function ber.single(bytes, tag)
   return ber.open(ber.elements(ber.definite(bytes))[1], tag)
end

--- octets(element) is the contents of an OCTET STRING under [0] IMPLICIT, in pieces or not.
function ber.octets(element)
   if need(element).tag == 0x80 then return element.contents end
   local list = ber.open(element, 0xA0)
   for index, piece in ipairs(list) do list[index] = ber.read(piece, 4) end
   return concat(list)
end

--- guard(f, …) is true and what f(…) returns, or false when something is malformed; other errors pass.
local function guarded(ok, problem, ...)
   if ok then return true, problem, ... end
   if problem == ber.MALFORMED then return false end
   error(problem, 0)
end

function ber.guard(f, ...)
   return guarded(pcall(f, ...))
end

--- begins(bytes, mark) tells whether `mark` stands right behind the outermost header.
function ber.begins(bytes, mark)
   if byte(bytes) ~= 0x30 then return false end
   local at = bytes:find(mark, 1, true)
   return at ~= nil and at <= 7
end

return ber

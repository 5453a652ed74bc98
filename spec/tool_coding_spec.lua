-- Content-Encoding as the tool's fetch decodes it: gzip and deflate as zlib writes them, and what is malformed.
local coding = require "bearssl.tool.coding"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

-- Bytes of a piece at a time, as a connection gives them.
local function pieces(bytes, count)
   local at = 1
   return function()
      if at > #bytes then return nil end
      at = at + count
      return bytes:sub(at - count, at - 1)
   end
end

local function decode(name, bytes, count)
   local next_piece, parts, longest = coding.decode(name, pieces(bytes, count or 4096)), {}, 0
   while true do
      local piece, message, code = next_piece()
      if not piece then return table.concat(parts), message, code, longest end
      longest = math.max(longest, #piece)
      parts[#parts + 1] = piece
   end
end

local WRITE = [[
import gzip, random, sys, zlib
base, plain = sys.argv[1], open(sys.argv[1], "rb").read()
def raw(level, strategy):
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    return packer.compress(plain) + packer.flush()
for name, data in {
    "gzip": gzip.compress(plain), "members": gzip.compress(plain[:1000], 1) + gzip.compress(plain[1000:]),
    "zlib": zlib.compress(plain, 9), "raw": raw(6, zlib.Z_DEFAULT_STRATEGY), "fixed": raw(9, zlib.Z_FIXED),
    "huffman": raw(9, zlib.Z_HUFFMAN_ONLY), "stored": raw(0, zlib.Z_DEFAULT_STRATEGY),
    "bomb": gzip.compress(bytes(3000000)), "empty": gzip.compress(b""),
    "header": gzip.compress(plain)[:3] + b"\x1e" + gzip.compress(plain)[4:10] + b"\2\0ab" + b"name\0" + b"text\0"
        + b"\0\0" + gzip.compress(plain)[10:],
}.items():
    open(base + "." + name, "wb").write(data)
]]

describe("a content coding", function()
   local text, base

   setup(function()
      local parts, seed = {}, 1
      for index = 1, 20000 do
         seed = seed * 16807 % 2147483647
         parts[index] = index % 3 == 0 and ("%d "):format(index) or string.char(seed % 256)
      end
      text = table.concat(parts)
      base = temporary.write(text)
      shell.run { "python3", temporary.write(WRITE, ".py"), base }
   end)

   local function packed(name) return temporary.read(base .. "." .. name) end

   it("is decoded, however it was written and in whatever pieces it comes", function()
      for name, how in pairs { gzip = "GZIP", members = "x-gzip", header = "gzip", zlib = "deflate", raw = "deflate",
         fixed = "deflate", huffman = "deflate", stored = "deflate" } do
         for _, count in ipairs { 1, 1000, 1000000 } do
            local out, message = decode(how, packed(name), count)
            assert.is_nil(message, name)
            assert.is_true(out == text, name)
         end
      end
      assert.same({ "" }, { (decode("gzip", packed "empty")) })
      assert.equal("as it is", (decode("identity", "as it is")))
   end)

   it("takes no more memory for what grows beyond measure", function()
      local out, message, _, longest = decode("gzip", packed "bomb")
      assert.is_nil(message)
      assert.equal(3000000, #out)
      assert.is_true(longest <= 3 * 32768)
   end)

   it("is told when it is cut short, damaged or not known", function()
      local whole = packed "gzip"
      for cut = 1, #whole - 1, math.floor(#whole / 40) do
         local _, message, code = decode("gzip", whole:sub(1, cut))
         assert.equal("truncated", code, message)
      end
      for _, bytes in ipairs { "nonsense", whole .. "x", whole:sub(1, -5) .. "\0\0\0\0", whole:sub(1, 10) .. "\7" } do
         assert.equal("decode_error", (select(3, decode("gzip", bytes))))
      end
      -- damaged anywhere, it ends, and raises nothing
      local seed = 1
      for _ = 1, 60 do
         seed = seed * 16807 % 2147483647
         local at = 11 + seed % 2000
         decode("gzip", whole:sub(1, at) .. string.char(seed % 251) .. whole:sub(at + 2, 6000))
      end
      assert.equal("decode_error", (select(3, decode("br", "x"))))
      assert.equal("decode_error", (select(3, decode("deflate", "\120\32\0\0\0\0"))))
      local next_piece = coding.decode("gzip", function() return nil, "timeout", "timeout" end)
      assert.same({ "timeout", "timeout" }, { select(2, next_piece()) })
   end)
end)

-- What a scan says and reads, byte by byte: its ClientHellos are what the core takes for such, its names are those of
-- the core, and no answer makes it raise or go on for ever.
local answer = require "bearssl.tool.scan.answer"
local bearssl = require "bearssl"
local core = require "bearssl.core"
local hello = require "bearssl.tool.scan.hello"
local primes = require "bearssl.tool.scan.primes"
local registry = require "bearssl.tool.scan.registry"
local search = require "bearssl.tool.scan.search"

local function message_of(records)
   local parts, at = {}, 1
   while at < #records do
      local length = records:byte(at + 3) * 256 + records:byte(at + 4)
      parts[#parts + 1] = records:sub(at + 5, at + 4 + length)
      at = at + 5 + length
   end
   return table.concat(parts), #parts
end

local function receiver(text)
   local at = 1
   return function(count)
      if at + count - 1 > #text then return nil, "closed" end
      local part = text:sub(at, at + count - 1)
      at = at + count
      return part
   end
end

local function never() return false end

describe("a scan's", function()
   it("ClientHello is one", function()
      for version in pairs(hello.numbers) do
         if version ~= "SSLv2" then
            local message, count = message_of(hello.build {
               version = version, suites = { 0xc02b, 5 }, groups = { 29, 9 }, schemes = { 0x403 }, name = "a.example",
               more = { { 0x2f4d, "unknown" } }, share = true, ticket = true, record_size = 100,
            })
            assert.is_true(count > 0 and (version == "SSLv3" or count > 1))
            local parsed = assert(core.parse_message(message))
            assert.equal(version == "TLSv1.3" and "TLSv1.2" or version, parsed.legacy_version)
            assert.equal(2, #parsed.cipher_suites)
            assert.equal(version ~= "SSLv3" and "a.example" or nil, parsed.server_name)
            local has = {}
            for _, extension in ipairs(parsed.extensions or {}) do has[extension.id] = true end
            assert.equal(version == "TLSv1.3", has[43] and has[51] or false)
            assert.equal(version ~= "SSLv3", has[0x2f4d] or false)
         end
      end
      for length = 200, 600, 25 do
         local message = message_of(hello.build { version = "TLSv1.2", suites = { 5 }, padding = length })
         assert.equal(length, #message)
      end
      local many = {}
      for index = 1, 120 do many[index] = index end
      assert.equal(512, #message_of(hello.build { version = "TLSv1.2", suites = many }))
      local nameless = message_of(hello.build { version = "TLSv1.2", suites = { 5 }, name = "192.0.2.1" })
      assert.is_nil(core.parse_message(nameless).server_name)
      assert.equal("\128\31\1\0\2\0\6\0\0\0\16\1\0\128\7\0\192", (hello.build2 { 0x010080, 0x0700c0 }):sub(1, 17))
   end)

   it("names are the library's", function()
      for _, suite in ipairs(core.suites()) do assert.equal(suite.name, registry.suite_name(suite.id)) end
      local known = {}
      for _, id in ipairs(registry.groups) do known[registry.group_name(id)] = true end
      for _, id in ipairs(registry.schemes) do known[registry.scheme_name(id)] = true end
      for _, name in ipairs(bearssl.groups()) do assert.is_true(known[name], name) end
      for _, name in ipairs(bearssl.signature_algorithms()) do assert.is_true(known[name], name) end
      assert.equal("0x1234", registry.suite_name(0x1234))
      assert.is_true(#registry.suites "TLSv1.2" > 300)
      assert.same({ null = false, anonymous = true, export = true, rc4 = true, des = false, triple_des = false,
         cbc = false, key_exchange = "DH" }, registry.properties "TLS_DH_anon_EXPORT_WITH_RC4_40_MD5")
      assert.equal("ECDHE", registry.properties("TLS_ECDHE_ECDSA_WITH_AES_128_CCM").key_exchange)
   end)

   it("primes are told apart", function()
      local ones = ("\255"):rep(8)
      local function prime(first, last) return ones .. first .. ("\7"):rep(256 - 16 - 24) .. last .. ones end
      local first, last = "\173\248\84\88\162\187\74\154\175\220\86\32", "\193\178\239\250\136\107\66\56\97\40\92\151"
      assert.equal("ffdhe2048", primes.name(prime(first, last)))
      assert.equal("ffdhe2048", primes.name("\0" .. prime(first, last)))
      assert.is_nil(primes.name(prime(last, first)))
      assert.equal(9, primes.bits "\1\0")
      assert.equal(0, primes.bits "\0\0")
      assert.is_nil(primes.name "")
   end)

   it("search comes to an end", function()
      local asked = 0
      assert.same({ 3 }, search.picks({ 1, 2, 3, 4 }, 3, function()
         asked = asked + 1
         return 3
      end))
      assert.equal(3, asked)
      assert.same({ 5, 7 }, search.accepted({ 1, 5, 6, 7 }, function(some)
         for _, item in ipairs(some) do
            if item == 5 or item == 7 then return true end
         end
         return false
      end))
   end)

   it("reader takes an answer apart, and bears every cut and every other byte", function()
      local body = "\3\3" .. ("r"):rep(32) .. "\0\204\19\1\0\5\255\1\0\1\0"
      local exchange = "\3\0\9\1\4\3\3\0\1s"
      local function message(kind, content) return string.char(kind) .. "\0\0" .. string.char(#content) .. content end
      local content = message(2, body) .. message(11, "\0\0\0") .. message(12, exchange) .. message(14, "")
      local text = "\21\3\3\0\2\1\112" .. "\22\3\3\0" .. string.char(#content) .. content .. "\21\3\3\0\2\2\40"
      local whole = answer.read(receiver(text), never)
      assert.same({ "TLSv1.2", 0xcc13, 1, 9, 0x303, "unrecognized_name", "handshake_failure", "alert", true },
         { whole.version, whole.suite, whole.compression, whole.group, whole.scheme, whole.warning, whole.alert,
            whole.ended, whole.done })
      assert.equal("ServerHello, warning unrecognized_name", answer.text(whole))
      for length = 0, #text - 1 do
         assert.equal("closed", answer.read(receiver(text:sub(1, length)), never).ended)
      end
      for at = 1, #text do
         for _, byte in ipairs { 0, 1, 127, 128, 255 } do
            local result = answer.read(receiver(text:sub(1, at - 1) .. string.char(byte) .. text:sub(at + 1)), never)
            assert.is_string(result.ended)
            assert.is_string(answer.text(result))
         end
      end
   end)

   it("reader takes no more than there should be", function()
      local count = 0
      local result = answer.read(function(size)
         count = count + size
         return size == 5 and "\23\3\3\64\0" or ("x"):rep(size)
      end, never)
      assert.equal("garbage", result.ended)
      assert.is_true(count < 300000)
   end)
end)

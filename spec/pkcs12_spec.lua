-- PKCS#12, read as others write it and written for them (RFC 7292); spec/interop/pkcs12_peers_spec.lua has others read
-- what we write.
local bearssl = require "bearssl"
local core = require "bearssl.core"
local ber = require "bearssl.ber"
local certificates = require "spec.support.certificates"
local refused = require "spec.support.refused_for"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local leaf = bearssl.certificate.load(certificates.ec.certificate)[1]
local root = bearssl.certificate.load(certificates.ca.certificate)[1]

-- What OpenSSL exports of the same key and certificates.
local function export(arguments)
   local path = temporary.path()
   shell.run(("openssl pkcs12 -export -inkey %s -in %s -certfile %s -out %s -iter 1000 %s 2>&1"):format(
      certificates.ec.keyfile, certificates.ec.certfile, certificates.ca.certfile, path, arguments))
   return temporary.read(path), path
end

local function has_all(result)
   assert.is_true(result.key:matches(leaf))
   assert.equal(1, #result.certificates)
   assert.equal(leaf:der(), result.certificates[1]:der())
   assert.equal(1, #result.authorities)
   assert.equal(root:der(), result.authorities[1]:der())
end

local make = function(fields)
   fields.iterations = fields.iterations or 1000
   return assert(bearssl.pkcs12.make(fields))
end

describe("PKCS#12 of OpenSSL", function()
   local kinds = {
      { "with PBES2", "-passout pass:secret" },
      { "with AES-128 and AES-192, and a MAC with SHA-512", "-certpbe AES-128-CBC -keypbe AES-192-CBC -macalg sha512 "
         .. "-passout pass:secret" },
      { "with a MAC with SHA-384", "-macalg sha384 -passout pass:secret" },
      { "with a MAC with SHA-1", "-macalg sha1 -passout pass:secret" },
      { "of old: RC2 of 40 bits and 3DES", "-legacy -passout pass:secret" },
      { "of old: RC2 of 128 bits", "-legacy -certpbe PBE-SHA1-RC2-128 -passout pass:secret" },
      { "with certificates and key in the clear", "-certpbe NONE -keypbe NONE -passout pass:secret" },
   }
   for _, kind in ipairs(kinds) do
      it(kind[1] .. " is read", function()
         local bytes, path = export(kind[2])
         has_all(assert(bearssl.pkcs12.load(bytes, "secret")))
         has_all(assert(bearssl.pkcs12.open(path, function(where)
            assert.equal(path, where)
            return "secret"
         end)))
         refused("bad_password", "password of the PKCS#12 file is wrong", bearssl.pkcs12.load(bytes, "Secret"))
         refused("encrypted_key", "not given", bearssl.pkcs12.load(bytes))
      end)
   end

   it("has passwords and names that are not ASCII", function()
      local password = "p\195\164\226\130\172"
      for _, kind in ipairs { "", "-legacy " } do
         local bytes = export(("%s-name 'fr\195\175end' -passout 'pass:%s'"):format(kind, password))
         local result = assert(bearssl.pkcs12.load(bytes, password))
         has_all(result)
         assert.equal("fr\195\175end", result.friendly_name)
      end
   end)

   it("is read under an empty password and under none", function()
      for _, kind in ipairs { "", "-legacy " } do
         local bytes = export(kind .. "-passout pass:")
         has_all(assert(bearssl.pkcs12.load(bytes, "")))
         has_all(assert(bearssl.pkcs12.load(bytes)))
         refused("bad_password", "wrong", bearssl.pkcs12.load(bytes, "x"))
      end
   end)

   it("is not believed without a MAC, but on demand", function()
      local bytes = export("-nomac -passout pass:secret")
      refused("bad_key", "without a MAC", bearssl.pkcs12.load(bytes, "secret"))
      has_all(assert(bearssl.pkcs12.load(bytes, { password = "secret", unauthenticated = true })))
   end)
end)

describe("a PKCS#12 file", function()
   local ours = make { key = certificates.ec.key, certificate = leaf, authorities = { root }, password = "secret" }

   it("holds what was put into it", function()
      local bytes = make { key = certificates.ec.key, certificate = { leaf }, authorities = { root },
         password = "p\195\164ss", friendly_name = "n\195\164me \240\159\152\128" }
      local result = assert(bearssl.pkcs12.load(bytes, "p\195\164ss"))
      has_all(result)
      assert.equal("n\195\164me \240\159\152\128", result.friendly_name)
   end)

   it("holds certificates alone: all are authorities'", function()
      local bytes = make { authorities = { root, leaf }, password = "secret", friendly_name = "both" }
      local result = assert(bearssl.pkcs12.load(bytes, "secret"))
      assert.is_nil(result.key)
      assert.equal(0, #result.certificates)
      assert.equal(2, #result.authorities)
      assert.equal("both", result.friendly_name)
   end)

   it("has the chain in order and apart from its root", function()
      local chain = bearssl.certificate.load(certificates.chain_ec.chain)
      local bytes = make { key = certificates.chain_ec.key, certificate = chain[1],
         authorities = { root, chain[3], chain[2] }, password = "secret" }
      local result = assert(bearssl.pkcs12.load(bytes, "secret"))
      assert.equal(#chain, #result.certificates)
      for index, one in ipairs(chain) do assert.equal(one:der(), result.certificates[index]:der()) end
      assert.equal(1, #result.authorities)
   end)

   it("gives a key by its name", function()
      refused("bad_key", "whose name is 'other'", bearssl.pkcs12.load(ours, { password = "secret", name = "other" }))
      local named = make { key = certificates.ec.key, password = "secret", friendly_name = "one" }
      assert.is_true(assert(bearssl.pkcs12.load(named, { password = "secret", name = "one" })).key:matches(leaf))
   end)

   it("is taken where certificate and key go", function()
      local path = temporary.write(ours)
      assert(bearssl.context { mode = "server", certfile = path, password = "secret" })
      assert(bearssl.context { mode = "server", credentials = { { certfile = path, password = "secret" } } })
      assert(bearssl.context { mode = "server", certificate = ours, password = "secret" })
      assert(bearssl.context { mode = "server", certificate = leaf, keyfile = path, password = "secret" })
      assert.is_true(assert(bearssl.key.open(path, "secret")):matches(leaf))
      refused("bad_password", path, bearssl.context { mode = "server", certfile = path, password = "x" })
      refused("encrypted_key", path, bearssl.context { mode = "server", certfile = path })
      local store = temporary.write((export("-passout pass:")))
      assert.equal(1, assert(bearssl.trust.open(store)):count())
      assert(bearssl.context { mode = "client", cafile = store })
      refused("encrypted_key", "bearssl.pkcs12.open", bearssl.trust.open(path))
      assert(bearssl.context { mode = "client", trust = bearssl.pkcs12.open(path, "secret").authorities })
   end)

   it("is not written for a key of another certificate", function()
      refused("key_mismatch", "does not belong",
         bearssl.pkcs12.make { key = certificates.rsa.key, certificate = leaf, password = "secret" })
   end)

   it("is refused by the option that is at fault", function()
      assert.has_error(function() bearssl.pkcs12.make { key = certificates.ec.key } end,
         "bearssl.pkcs12.make: 'password' is missing")
      assert.has_error(function() bearssl.pkcs12.make { password = "x" } end,
         "bearssl.pkcs12.make: there is nothing to write: give 'key' and 'certificate', or 'authorities'")
      assert.error_matches(function() bearssl.pkcs12.load(ours, { pasword = "x" }) end, "unknown option 'pasword'")
      assert.error_matches(function() bearssl.pkcs12.load(1) end, "must be given as a string")
      refused("bad_der", "no PKCS#12", bearssl.pkcs12.load(certificates.ec.key, "x"))
   end)

   it("breaks wherever it is cut", function()
      for length = 0, #ours - 1, 7 do
         assert.is_nil((bearssl.pkcs12.load(ours:sub(1, length), "secret")))
      end
   end)

   it("is found out for every byte that is changed #slow", function()
      -- what the MAC does not vouch for is the parameters of the MAC, which it is computed by
      for at = 1, #ours do
         local changed = ours:sub(1, at - 1) .. string.char((ours:byte(at) + 1) % 256) .. ours:sub(at + 1)
         local result, message, code = bearssl.pkcs12.load(changed, "secret")
         if result then
            assert.is_true(result.key:matches(leaf))
            assert.equal(leaf:der(), result.certificates[1]:der())
         else
            assert.is_string(message)
            assert.is_string(code)
         end
      end
   end)

   it("is bounded in what it costs", function()
      local bytes = ours:gsub("\2\2\3\232", "\2\2\255\255", 1)
      assert.is_nil((bearssl.pkcs12.load(bytes, "secret")))
      local mac = ber.put(0x30, ber.put(0x30, ber.put(0x30, ber.put(6, "\96\134\72\1\101\3\4\2\1")),
         ber.put(4, ("x"):rep(32))), ber.put(4, "salt"), ber.put(2, "\127\255\255\255"))
      refused("unsupported_encryption", "10 million", core.pkcs12_verify(mac, "", "x"))
      local deep = ber.put(4, "")
      for _ = 1, 40 do deep = ber.put(0x30, deep) end
      refused("bad_key", "damaged", bearssl.pkcs12.load(ber.put(0x30, "\2\1\3", deep), "x"))
   end)
end)

describe("BER", function()
   it("is read as DER, with open lengths and strings in pieces", function()
      local open = "\48\128\2\1\5\36\128\4\1a\4\2bc\0\0\0\0"
      assert.equal("\48\8\2\1\5\4\3abc", ber.definite(open))
      assert.equal("\48\3\2\1\5", ber.definite("\48\129\3\2\1\5"))
      for length = 0, #open - 1 do assert.is_false((ber.guard(ber.definite, open:sub(1, length)))) end
      assert.is_false((ber.guard(ber.definite, ("\48\128"):rep(1000))))
   end)
end)

describe("the MAC of RFC 9579", function()
   -- PBMAC1 by PBKDF2 and HMAC, both with SHA-256, computed by openssl
   local data = "what it vouches for"
   local function mac_data(key_length)
      local key = shell.run("openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt pass:secret -kdfopt salt:saltsalt "
         .. "-kdfopt iter:2048 -binary PBKDF2 | od -An -v -tx1 | tr -d ' \\n'")
      local hex = shell.run("printf '%s' '" .. data .. "' | openssl dgst -sha256 -mac HMAC -macopt hexkey:" .. key
         .. " -r"):match("^%x+")
      local digest = hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)
      local hmac = ber.put(0x30, ber.put(6, "\42\134\72\134\247\13\2\9"), "\5\0")
      local derivation = ber.put(0x30, ber.put(6, "\42\134\72\134\247\13\1\5\12"), ber.put(0x30,
         ber.put(4, "saltsalt"), ber.put(2, "\8\0"), key_length and ber.put(2, string.char(key_length)) or "", hmac))
      local algorithm = ber.put(0x30, ber.put(6, "\42\134\72\134\247\13\1\5\14"), ber.put(0x30, derivation, hmac))
      return ber.put(0x30, ber.put(0x30, algorithm, ber.put(4, digest)), ber.put(4, "NOT USED"), ber.put(2, "\1"))
   end

   it("is checked", function()
      assert.is_true(core.pkcs12_verify(mac_data(32), data, "secret"))
      refused("bad_password", "", core.pkcs12_verify(mac_data(32), data .. "x", "secret"))
      refused("bad_password", "", core.pkcs12_verify(mac_data(32), data, "Secret"))
      refused("bad_key", "", core.pkcs12_verify(mac_data(), data, "secret"))
      refused("bad_key", "", core.pkcs12_verify(mac_data(8), data, "secret"))
   end)
end)

describe("PKCS#12 of a stranger", function()
   it("is not looked into where it has more elements than any would", function()
      local before = collectgarbage "count"
      refused("bad_key", "PKCS#12", bearssl.pkcs12.load(ber.put(0x30, "\2\1\3", ber.put(0x30, ("\5\0"):rep(1e6))), "x"))
      assert.is_true(collectgarbage "count" - before < 40000)
   end)
end)

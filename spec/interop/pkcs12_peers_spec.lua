-- What others make of the PKCS#12 files that we write, and we of theirs: OpenSSL and GnuTLS.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local leaf = bearssl.certificate.load(certificates.ec.certificate)[1]
local root = bearssl.certificate.load(certificates.ca.certificate)[1]

local function write(fields)
   fields.iterations = 2000
   fields.password = fields.password or "secret"
   return temporary.write((assert(bearssl.pkcs12.make(fields))))
end

local function blocks(text, label)
   local _, count = text:gsub("-----BEGIN " .. label .. "-----", "")
   return count
end

describe("what we write as PKCS#12", function()
   local password = "p\195\164ss"
   local path = write { key = certificates.ec.key, certificate = leaf, authorities = root,
      friendly_name = "n\195\164me", password = password }

   it("is read by OpenSSL", function()
      local text = shell.run(("openssl pkcs12 -in %s -passin 'pass:%s' -nodes"):format(path, password))
      assert.equal(2, blocks(text, "CERTIFICATE"))
      assert.equal(1, blocks(text, "PRIVATE KEY"))
      assert.is_true(bearssl.key.load(text):matches(leaf))
   end)

   it("is read by GnuTLS", function()
      local text = shell.run(("LC_ALL=C.UTF-8 certtool --p12-info --inder --infile %s --password '%s' 2>&1"):format(
         path, password))
      assert.equal(2, blocks(text, "CERTIFICATE"))
      assert.truthy(text:find("Friendly name: n\195\164me", 1, true), text)
   end)

   it("names authorities as Java wants them", function()
      local text = shell.run("openssl pkcs12 -passin pass:secret -nokeys -in "
         .. write { authorities = { root, leaf } })
      local _, count = text:gsub("2%.16%.840%.1%.113894%.746875%.1%.1", "")
      local _, named = text:gsub("Trusted key usage", "") -- since OpenSSL 3.2
      assert.equal(2, count + named, text)
   end)
end)

describe("PKCS#12 of others", function()
   it("is read: GnuTLS", function()
      local out = temporary.path()
      shell.run(("certtool --to-p12 --load-privkey %s --load-certificate %s --p12-name one --password secret --outder "
         .. "--outfile %s 2>&1"):format(certificates.ec.keyfile, certificates.ec.certfile, out))
      local result = assert(bearssl.pkcs12.open(out, "secret"))
      assert.is_true(result.key:matches(leaf))
      assert.equal(leaf:der(), result.certificates[1]:der())
      assert.equal("one", result.friendly_name)
   end)
end)

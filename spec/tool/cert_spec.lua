-- `bearssl cert`: what is in files, whether chains are good, and pins. OpenSSL makes and judges the same files.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local has = require "spec.support.has"
local json = require "dkjson"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local ok = tool.ok

-- The pin of a public key, by OpenSSL.
local function openssl_pin(command)
   return (shell.run(command .. " | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64")
      :gsub("%s", ""))
end

describe("bearssl cert show", function()
   it("says what is in a chain and its key, and how they belong together", function()
      local bundle = temporary.write(certificates.chain.chain .. certificates.ca.certificate .. certificates.chain.key,
         ".pem")
      local out = ok("cert", "show", bundle)
      has(out, ", 1: certificate", ", 2: certificate", ", 3: certificate", ", 4: private key", "DNS example.org",
         "IP 127.0.0.1", "RSA, 2048 bits", "days left", "itself", "signed by number 2", "signed by number 3",
         "the key of number 1", "whoever reads the file has the key")
      assert.is_nil(out:find(certificates.chain.key:match "\n(%S+)\n", 1, true), "a private key is shown")
      local leaf = assert(bearssl.certificate.open(certificates.chain.certfile))[1]
      local document = json.decode((ok("cert", "show", "--json", bundle))).objects
      assert.are.equal(4, #document)
      assert.are.equal(leaf:serial(), document[1].serial)
      assert.are.equal(leaf:fingerprint(), document[1].fingerprint)
      assert.are.equal(2, document[1].signed_by_number)
      assert.are.equal(1, document[4].key_of_number)
      assert.are.same({ "key", 4, "PEM" }, { document[4].kind, document[4].number, document[4].form })
   end)

   it("reads DER and standard input, requests, lists, public keys", function()
      local root, key = assert(bearssl.certificate.selfsigned {
         subject = "CN=Root", ca = true, path_length = 1, name_constraints = { permitted = { "example" } },
      })
      local request = bearssl.request.new { key = key, names = { "a.example" } }
      local list = bearssl.crl.new {
         issuer = root, issuer_key = key, revoked = { { serial = "0a", reason = "superseded" } },
      }
      has(ok("cert", "show", temporary.write(root:der(), ".der")), "at most 1 below it", "permitted DNS:example")
      has(ok("cert", "show", temporary.write(request:der(), ".der")), "certification request", "DNS a.example",
         "is good")
      has(ok("cert", "show", temporary.write(list:der(), ".der")), "1 certificate\n", "0a, ", "superseded")
      has(ok("cert", "show", temporary.write(key:der(), ".der")), "private key", "EC P-256", root:pin())
      for _, bytes in ipairs { key:public_der(), key:public_pem() } do
         has(ok("cert", "show", temporary.write(bytes, ".pub")), "public key", "EC P-256", root:pin())
      end
      local child = tool.start({ "cert", "show", "-" }, { input = temporary.write(root:pem() .. list:pem()) })
      assert.are.equal(0, child:wait())
      has(child:output(), "standard input, 1: certificate", "standard input, 2: certificate rev", "signed by number 1")
      has(ok("cert", "show", "--text", temporary.write(root:pem())), "X509v3 Name Constraints: critical")
   end)

   it("names what it cannot read, shows the rest, and exits with 1", function()
      local file = temporary.write(certificates.ec.certificate
         .. "-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n-----BEGIN CERTIFICATE-----\nMIIB")
      local status, out = tool("cert", "show", file)
      assert.are.equal(1, status)
      has(out, "subject", ", 2: not readable (PKCS7)", "PKCS#7", ", 3: not readable (CERTIFICATE)", "cut off")
      for _, case in ipairs { { "is empty", "" }, { "neither PEM nor DER", "hello\n" } } do
         local _, seen, err = tool("cert", "show", temporary.write(case[2]))
         has(seen .. err, case[1])
      end
      local missing, _, why = tool("cert", "show", "/nonexistent")
      assert.are.equal(2, missing)
      has(why, "No such file")
   end)

   it("takes the password of an encrypted key from a file or the environment", function()
      local key = bearssl.key.generate "secp256r1"
      local file = temporary.write(key:pem { password = "correct horse" }, ".key")
      has(ok("cert", "show", "--password-file", temporary.write "correct horse\n", file), "by a password", key:pin())
      local child = tool.start({ "cert", "pin", file }, { environment = { BEARSSL_PASSWORD = "correct horse" } })
      assert.are.equal(0, child:wait())
      has(child:output(), key:pin())
      child = tool.start({ "cert", "pin", file }, { environment = { BEARSSL_PASSWORD = "wrong" } })
      assert.are.equal(1, child:wait())
      has(child:errors(), "password")
   end)
end)

describe("bearssl cert pin", function()
   it("gives the pin of a key in every form, as OpenSSL does", function()
      for _, name in ipairs { "rsa", "ec", "ed25519" } do
         local entry = certificates[name]
         local request = bearssl.request.new { key = assert(bearssl.key.open(entry.keyfile)), subject = "CN=x" }
         local public = temporary.write(assert(bearssl.key.open(entry.keyfile)):public_pem())
         local wanted = openssl_pin("openssl x509 -noout -pubkey -in " .. entry.certfile)
         local out = ok("cert", "pin", "--quiet", entry.certfile, entry.keyfile, temporary.write(request:pem()), public)
         assert.are.equal(("sha256//%s\n"):format(wanted):rep(4), out)
      end
      has(ok("cert", "pin", certificates.ec.certfile), certificates.ec.certfile .. " (")
   end)

   it("has no pin for a list of what is revoked", function()
      local root, key = assert(bearssl.certificate.selfsigned { subject = "CN=Root", ca = true })
      local list = bearssl.crl.new { issuer = root, issuer_key = key }
      local status, _, err = tool("cert", "pin", temporary.write(list:pem()))
      assert.are.equal(1, status)
      has(err, "has no public key")
   end)
end)

describe("bearssl cert verify", function()
   local function verify(...)
      local status, out, err = tool("cert", "verify", "--cafile", certificates.ca.certfile, ...)
      return status, out .. err
   end

   it("shows the path of a chain that is good", function()
      local status, out = verify("--servername", "localhost", certificates.chain.chainfile)
      assert.are.equal(0, status, out)
      has(out, "good for a TLS server, as localhost", "signed by O=bearssl for Lua,CN=Test Intermediate CA",
         "signed by O=bearssl for Lua,CN=Test Root CA")
      status, out = verify("--chain", certificates.intermediate.certfile, certificates.chain.certfile)
      assert.are.equal(0, status, out)
      local document = json.decode((select(2, tool("cert", "verify", "--json", "--cafile", certificates.ca.certfile,
         certificates.chain.chainfile, certificates.chain.certfile))))
      assert.is_true(document.results[1].verified)
      assert.are.equal(3, #document.results[1].path)
      assert.is_false(document.results[2].verified)
      assert.are.equal("unknown_ca", document.results[2].code)
   end)

   it("says exactly what is wrong with one that is not", function()
      for _, case in ipairs {
         { "wrong.example", "--servername", "wrong.example", certificates.rsa.certfile },
         { "expired", certificates.expired.certfile }, { "is not valid for another ", certificates.notyet.certfile },
         { "CN=Other Root CA)", certificates.untrusted.certfile },
         { "for the issuer (O=bearssl for Lua,CN=Test Intermediate CA)", certificates.chain.certfile },
         { "may not be used by a TLS client", "--purpose", "client", certificates.rsa.certfile },
         { "expired", "--at", "2099-12-31", certificates.rsa.certfile },
      } do
         local wanted = table.remove(case, 1)
         local status, out = verify((table.unpack or unpack)(case)) -- luacheck: ignore
         assert.are.equal(1, status, out)
         has(out, "not good: ", wanted)
      end
      assert.are.equal(0, (verify("--at", ("%d"):format(os.time() + 3600), certificates.rsa.certfile)))
   end)

   it("tells which certificate of the chain is at fault", function()
      local root, root_key = assert(bearssl.certificate.selfsigned { subject = "CN=Root", ca = true })
      local middle_key = bearssl.key.generate "secp256r1"
      local middle = assert(bearssl.certificate.issue {
         subject = "CN=Middle", key = middle_key, ca = true, issuer = root, issuer_key = root_key, days = 2,
      })
      local leaf = assert(bearssl.certificate.issue {
         names = "a.example", key = middle_key, issuer = middle, issuer_key = middle_key, days = 20,
      })
      local status, out = tool("cert", "verify", "--cafile", temporary.write(root:pem()), "--at",
         os.date("!%Y-%m-%d %H:%M:%S", os.time() + 5 * 86400), temporary.write(leaf:pem() .. middle:pem()))
      assert.are.equal(1, status)
      has(out, "expired 3 days ago", "it is certificate 2: CN=Middle")
   end)

   it("refuses what a list revokes", function()
      local authority = assert(bearssl.certificate.open(certificates.ca.certfile))[1]
      local leaf = assert(bearssl.certificate.open(certificates.rsa.certfile))[1]
      local function list(revoked)
         return temporary.write(bearssl.crl.new {
            issuer = authority, issuer_key = assert(bearssl.key.open(certificates.ca.keyfile)), revoked = revoked,
         }:pem(), ".crl")
      end
      assert.are.equal(0, (verify("--crl", list {}, certificates.rsa.certfile)))
      local status, out = verify("--crl", list { leaf }, certificates.rsa.certfile)
      assert.are.equal(1, status)
      has(out, "was revoked", "(certificate_revoked)")
   end)

   it("takes times, names and files that are some", function()
      for _, case in ipairs {
         { "is not a time", "--at", "2027-02-29" }, { "is not a time", "--at", "soon" },
         { "is not a time", "--at", "2027-01-01T25:00:00Z" },
         { "--servername: \"a b\" is not a DNS name", "--servername", "a b" },
         { "cannot read", "--crl", "/nonexistent" }, { "a PRIVATE KEY", "--chain", certificates.rsa.keyfile },
      } do
         local status, out = verify(case[2], case[3], certificates.rsa.certfile)
         assert.are.equal(2, status, out)
         has(out, case[1])
      end
      local moment = require("bearssl.tool.cert").moment
      for text, seconds in pairs {
         ["1970-01-02"] = 86400, ["2000-02-29T12:00"] = 951825600, ["2026-11-28T21:09:23Z"] = 1795900163,
         ["2100-03-01 00:00:00"] = 4107542400,
      } do
         assert.are.equal(seconds, moment(text))
      end
   end)
end)

-- What a side says of the certificates that it takes, and which credential is chosen by it: certificate_authorities
-- (RFC 8446 section 4.2.4, RFC 5246 section 7.4.4) and signature_algorithms_cert (RFC 8446 section 4.2.3), both sides.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local tls13 = require "spec.support.tls13"

local CA, EC_CA = certificates.ca.certificate, certificates.ec_ca.certificate
local VERSIONS = { "TLSv1.2", "TLSv1.3" }
local trust = assert(bearssl.trust.new { CA, EC_CA })

local function credential(name)
   return { certificate = certificates[name].chain, key = certificates[name].key }
end

-- Both for localhost, with keys of one kind: only the issuers differ.
local function server(version, options)
   local all = { mode = "server", min_version = version, max_version = version,
      credentials = { credential "ec", credential "ec_only" } }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.context(all))
end

local function client(version, options)
   local all = { min_version = version, max_version = version, trust = trust }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.context(all))
end

local function name_of(connection)
   local own = connection:info("peer_certificates")[1]
   for _, name in ipairs { "ec", "ec_only", "client_ec", "client_ec_only", "alpha" } do
      if own and own:pem() == certificates[name].certificate then return name end
   end
   return own and "?" or "nobody"
end

local function texts(names)
   local list = {}
   for i, name in ipairs(names) do list[i] = name.text:match("CN=([^,]+)") end
   return list
end

local function schemes(list)
   local found = {}
   for i, scheme in ipairs(list) do found[i] = scheme.name end
   return found
end

describe("a server chooses its certificate", function()
   local function chosen(version, client_options, server_options, connection)
      return name_of((tls13.established(client(version, client_options), server(version, server_options), connection)))
   end

   it("by what certificates may be signed with", function()
      for _, version in ipairs(VERSIONS) do
         assert.equal("ec", chosen(version))
         assert.equal("ec_only", chosen(version, { signature_algorithms_cert = { "ecdsa_secp256r1_sha256" } }))
         assert.equal("ec", chosen(version, { signature_algorithms_cert = { "rsa_pkcs1_sha256" } }))
         assert.equal("ec_only", chosen(version, { signature_algorithms = { "ecdsa_secp256r1_sha256" } }))
         assert.equal("ec", chosen(version, { signature_algorithms = { "ecdsa_secp256r1_sha256" },
            signature_algorithms_cert = { "rsa_pkcs1_sha256" } }))
      end
   end)

   it("by Ed25519 too", function()
      local both = { credentials = { credential "rsa", credential "rsa_by_ed25519" } }
      local stores = { trust = assert(bearssl.trust.new { CA, certificates.ed25519_ca.certificate }) }
      for _, version in ipairs(VERSIONS) do
         for list, expected in pairs { ed25519 = "rsa_by_ed25519", rsa_pkcs1_sha256 = "rsa" } do
            stores.signature_algorithms_cert = { list }
            local a = tls13.established(client(version, stores), server(version, both))
            assert.equal(certificates[expected].certificate, a:info("peer_certificates")[1]:pem())
         end
      end
   end)

   it("and has one all the same where none suits", function()
      for _, version in ipairs(VERSIONS) do
         assert.equal("ec", chosen(version, { signature_algorithms_cert = { "rsa_pss_pss_sha512" } }))
      end
      assert.equal("ec", chosen("TLSv1.3", { certificate_authorities = { certificates.other_ca.certificate } }))
   end)

   it("by the client's authorities, before that, and after its name", function()
      for _, authorities in ipairs { { EC_CA }, EC_CA and bearssl.trust.new { EC_CA } } do
         assert.equal("ec_only", chosen("TLSv1.3", { certificate_authorities = authorities }))
      end
      assert.equal("ec", chosen("TLSv1.3", { certificate_authorities = true }))
      assert.equal("ec", chosen("TLSv1.3", { certificate_authorities = false }))
      assert.equal("ec_only", chosen("TLSv1.3", { certificate_authorities = { EC_CA },
         signature_algorithms_cert = { "rsa_pkcs1_sha256" } }))
      assert.equal("alpha", chosen("TLSv1.3", { certificate_authorities = { EC_CA } },
         { credentials = { credential "ec_only", credential "alpha" } }, { server_name = "alpha.example" }))
   end)

   it("by the first 256 of them alone, which bounds what a stranger's names cost", function()
      local key, authorities = assert(bearssl.key.generate "secp256r1"), {}
      for index = 1, 256 do
         authorities[index] = assert(bearssl.certificate.selfsigned { key = key, subject = "CN=" .. index, ca = true })
      end
      authorities[256] = EC_CA
      assert.equal("ec_only", chosen("TLSv1.3", { certificate_authorities = authorities }))
      authorities[257], authorities[256] = EC_CA, authorities[255]
      authorities[255] = assert(bearssl.certificate.selfsigned { key = key, subject = "CN=other", ca = true })
      assert.equal("ec", chosen("TLSv1.3", { certificate_authorities = authorities }))
   end)

   it("or lets `select` do it, which is told", function()
      local told
      assert.equal("ec", chosen("TLSv1.3", { certificate_authorities = { EC_CA, CA },
         signature_algorithms_cert = { "ecdsa_secp256r1_sha256" } }, { handlers = { select = function(_, hello)
            told = hello
            return credential "ec"
         end } }))
      assert.same({ "Test EC Root CA", "Test Root CA" }, texts(told.certificate_authorities))
      assert.same({ "ecdsa_secp256r1_sha256" }, schemes(told.signature_algorithms_cert))
   end)
end)

describe("a client chooses its certificate", function()
   local own = { credentials = { credential "client_ec", credential "client_ec_only" }, post_handshake_auth = true }

   -- options of the server; what its question said
   local function chosen(version, options, late)
      local all = { trust = trust, verify = late and "none" or "required" }
      for name, value in pairs(options or {}) do all[name] = value end
      local asked
      local mine = { handlers = { client_certificate = function(_, request) asked = request end } }
      for name, value in pairs(own) do mine[name] = value end
      if version == "TLSv1.2" then mine.post_handshake_auth = nil end
      local a, b = tls13.established(client(version, mine), server(version, all))
      if late then
         assert.is_true(b:request_certificate())
         require("spec.support.pump")(a, b)
      end
      return name_of(b), asked
   end

   it("by the server's authorities: its trust, others, or none", function()
      for _, version in ipairs(VERSIONS) do
         local name, asked = chosen(version)
         assert.equal("client_ec", name)
         assert.same({ "Test Root CA", "Test EC Root CA" }, texts(asked.certificate_authorities))
         name, asked = chosen(version, { certificate_authorities = { EC_CA } })
         assert.equal("client_ec_only", name)
         assert.same({ "Test EC Root CA" }, texts(asked.certificate_authorities))
         name, asked = chosen(version, { certificate_authorities = false })
         assert.equal("client_ec", name)
         assert.same({}, asked.certificate_authorities)
         assert.equal("client_ec_only", (chosen(version, { certificate_authorities = bearssl.trust.new { EC_CA } })))
      end
      assert.equal("client_ec_only", (chosen("TLSv1.3", { certificate_authorities = { EC_CA } }, true)))
   end)

   it("by what certificates may be signed with", function()
      local name, asked = chosen("TLSv1.3", { signature_algorithms_cert = { "ecdsa_secp256r1_sha256" } })
      assert.equal("client_ec_only", name)
      assert.same({ "ecdsa_secp256r1_sha256" }, schemes(asked.signature_algorithms_cert))
      assert.equal("client_ec_only", (chosen("TLSv1.3", { signature_algorithms_cert = { "ecdsa_secp256r1_sha256" } },
         true)))
      for _, version in ipairs(VERSIONS) do
         name = chosen(version, { signature_algorithms = { "ecdsa_secp256r1_sha256" } })
         assert.equal("client_ec_only", name)
      end
      assert.equal("client_ec", (chosen("TLSv1.3", { signature_algorithms = { "ecdsa_secp256r1_sha256" },
         signature_algorithms_cert = { "rsa_pkcs1_sha256" } })))
   end)
end)

describe("what a side says of certificates", function()
   it("stands in context:info()", function()
      assert.same({ "rsa_pkcs1_sha256" }, client("TLSv1.3",
         { signature_algorithms_cert = { "rsa_pkcs1_sha256" } }):info().signature_algorithms_cert)
      assert.is_nil(client("TLSv1.3"):info().signature_algorithms_cert)
   end)

   it("is not sent where nobody said so", function()
      local hello
      tls13.established(client "TLSv1.3", server "TLSv1.3", { handlers = { client_hello = function(_, message)
         hello = message
      end } })
      assert.same({}, hello.certificate_authorities)
      assert.same({}, hello.signature_algorithms_cert)
      for _, extension in ipairs(hello.extensions) do
         assert.is_truthy(extension.id ~= 47 and extension.id ~= 50)
      end
   end)

   it("is not blamed for a chain that is too long", function()
      local ec = certificates.ec
      local chain = bearssl.certificate.load(ec.chain)
      for _ = 1, 64 do chain[#chain + 1] = chain[2] or chain[1] end
      for _, authorities in ipairs { true, false } do
         local made, message, code = bearssl.context { mode = "server", certificate = chain, key = ec.key,
            trust = trust, verify = "optional", certificate_authorities = authorities }
         assert.is_nil(made)
         assert.equal("limit_exceeded", code)
         assert.truthy(message:find("credential's chain", 1, true), message)
      end
   end)

   it("raises where it cannot be said, or would have no effect", function()
      local long = {}
      for i = 1, 40 do
         long[i] = bearssl.certificate.selfsigned { subject = { CN = "n" .. i, O = ("x"):rep(64), OU = ("y"):rep(64),
            L = ("z"):rep(128), ST = ("w"):rep(128) }, key = certificates.ec.key, ca = true }
      end
      for _, case in ipairs {
         { { certificate_authorities = long }, "together longer than 12000 bytes" },
         { { certificate_authorities = bearssl.trust.new() }, "the names are none" },
         { { certificate_authorities = {} }, "must not be empty: leave it out for the default" },
         { { certificate_authorities = 1 }, "must be true, false, a trust store or a list of certificates, not 1" },
         { { certificate_authorities = true, max_version = "TLSv1.2" }, "is of TLS 1.3 here" },
         { { certificate_authorities = true, verify = "none", trust = false }, "needs verification" },
         { { signature_algorithms_cert = { "rsa_md5" } }, "unknown signature algorithm 'rsa_md5'" },
         { { signature_algorithms_cert = {} }, "must not be empty" },
         { { mode = "server", certificate_authorities = true, trust = false }, "nobody is verified without" },
         { { mode = "server", signature_algorithms_cert = { "rsa_pkcs1_sha256" }, max_version = "TLSv1.2" },
            "is of TLS 1.3 here" },
      } do
         local options = { trust = trust }
         for name, value in pairs(case[1]) do options[name] = value or nil end
         if case[1].trust == false then options.trust = nil end
         local ok, message = pcall(bearssl.context, options)
         assert.is_false(ok, case[2])
         assert.is_truthy(message:find(case[2], 1, true), message)
      end
      local context, _, code = bearssl.context { trust = trust, certificate_authorities = { "no certificate" } }
      assert.same({ nil, "bad_pem" }, { context, code })
   end)
end)

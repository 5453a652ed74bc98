-- What is told of mistakes that a whole program does not show: which side, which key, which option.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local tls13 = require "spec.support.tls13"

local KEY = ("k"):rep(32)

local function answering(answer) return { psk = function() return answer end } end

local function has(text, part)
   assert.truthy(tostring(text):find(part, 1, true), ("%q is missing in\n%s"):format(part, tostring(text)))
end

local function server(options)
   local all = { mode = "server" }
   for name, value in pairs(options) do all[name] = value end
   if not all.certfile then all.certfile, all.keyfile = certificates.ec.chainfile, certificates.ec.keyfile end
   return bearssl.context(all)
end

local function client(options)
   local all = { cafile = certificates.ca.certfile }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.context(all))
end

describe("a pre-shared key that the sides have not alike", function()
   it("is named by both, whatever differs", function()
      local ours = { identity = "x", key = KEY }
      local theirs = { { key = ("j"):rep(32) }, { key = KEY }, { key = KEY, hash = "sha384", imported = true } }
      for index, answer in ipairs(theirs) do
         ours.imported = index > 1 and true or nil
         local _, _, result = tls13.shake(tls13.client(), tls13.server { handlers = answering(answer) },
            { handlers = answering(ours) })
         assert.equal("bad_finished", result.server.code)
         has(result.server.message, "binder of the client's pre-shared key")
         has(result.server.message, "imported")
         assert.equal("alert_decrypt_error", result.client.code)
         has(result.client.message, "binder of the pre-shared key")
      end
   end)
end)

describe("a server's suites beside its keys", function()
   local cases = {
      { { "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" }, "ec", "ed25519" },
      { { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256" }, "ec", "ed25519" },
      { { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" }, "rsa" },
   }
   it("raise where no handshake could succeed, and name what the keys are", function()
      for _, case in ipairs(cases) do
         case[1][#case[1] + 1] = "TLS_AES_128_GCM_SHA256" -- which TLS 1.2 has not
         for index = 2, #case do
            local entry = certificates[case[index]]
            local ok, message = pcall(server, { suites = case[1], max_version = "TLSv1.2", certfile = entry.chainfile,
               keyfile = entry.keyfile })
            assert.is_false(ok)
            has(message, "option 'suites'")
            has(message, case[index] == "rsa" and "RSA" or case[index] == "ec" and "EC" or "Ed25519")
            has(message, case[index] == "rsa" and "another type" or "need an RSA key")
         end
      end
   end)

   it("pass where one of them fits, TLS 1.3's do, or select may choose", function()
      assert(server { suites = { "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256" } })
      assert(server { suites = cases[1][1], handlers = { select = function() end } })
      assert(server { suites = cases[1][1], credentials = {
         { certfile = certificates.ec.chainfile, keyfile = certificates.ec.keyfile },
         { certfile = certificates.rsa.chainfile, keyfile = certificates.rsa.keyfile },
      }, certfile = certificates.ec.chainfile, keyfile = certificates.ec.keyfile })
   end)

   it("are named, not signature algorithms, where select's credential does not fit them", function()
      for _, suite in ipairs { "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" } do
         local context = assert(server { suites = { suite }, handlers = { select = function() end } })
         local _, _, result = tls13.shake(client { suites = { suite } }, context)
         assert.equal("no_usable_credential", result.server.code)
         has(result.server.message, "no certificate's key can do a cipher suite that both sides have")
      end
   end)

   it("are told with the groups of DHE that are in use", function()
      local suites = { "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" }
      local context = assert(server { suites = suites, certfile = certificates.rsa.chainfile,
         keyfile = certificates.rsa.keyfile })
      local _, _, result = tls13.shake(client { suites = suites, groups = { "x25519", "ffdhe8192" } }, context)
      has(result.server.message, "ffdhe2048, ffdhe3072, ffdhe4096; the client's: ")
      has(result.server.message, "ffdhe8192")
   end)
end)

describe("context:info()", function()
   it("shows the key shares that are sent by default", function()
      assert.equal(2, client():info().key_shares)
      assert.equal(1, client({ groups = { "x25519" } }):info().key_shares)
      assert.equal(1, client({ groups = { "X25519MLKEM768" }, min_version = "TLSv1.3" }):info().key_shares)
      assert.equal(2, client({ groups = { "X25519MLKEM768", "x25519", "secp256r1" } }):info().key_shares)
      local groups = { "X25519MLKEM768", "x25519", "secp256r1" }
      assert.equal(3, client({ groups = groups, key_shares = 3 }):info().key_shares)
      assert.is_nil(client({ max_version = "TLSv1.2" }):info().key_shares)
   end)

   it("shows no numbers of tickets that are not asked for", function()
      local info = client():info()
      assert.is_nil(info.new_session_count)
      assert.is_nil(info.resumption_count)
      info = client({ new_session_count = 0, resumption_count = 1 }):info()
      assert.equal(0, info.new_session_count)
      assert.equal(1, info.resumption_count)
   end)

   it("shows no compression of certificates where TLS 1.3 is not spoken", function()
      assert.same({}, client({ max_version = "TLSv1.2" }):info().certificate_compression)
      assert.same(bearssl.features().certificate_compression, client():info().certificate_compression)
   end)
end)

describe("a key that is asked to sign", function()
   it("says that it has no such scheme", function()
      local kinds = { ed25519 = { "sha256", "ecdsa_secp256r1_sha256" }, secp256r1 = { "rsa_pss_rsae_sha256" } }
      for kind, names in pairs(kinds) do
         local key = assert(bearssl.key.generate(kind))
         for _, name in ipairs(names) do
            local signature, message, code = key:sign(name, ("d"):rep(32))
            assert.is_nil(signature)
            assert.equal("sign_failed", code)
            has(message, "does not sign by this hash or signature scheme")
         end
      end
   end)

   it("of Ed25519 has no hash to choose for a certificate", function()
      local key = assert(bearssl.key.generate("ed25519"))
      local made, message, code = bearssl.certificate.selfsigned { key = key, subject = "CN=x", hash = "sha256" }
      assert.is_nil(made)
      assert.equal("bad_field", code)
      has(message, "Ed25519 has none to choose")
   end)
end)

describe("certificate_compression", function()
   it("that is empty is told of false", function()
      local ok, message = pcall(bearssl.context, { certificate_compression = {} })
      assert.is_false(ok)
      has(message, "give false for none")
   end)
end)

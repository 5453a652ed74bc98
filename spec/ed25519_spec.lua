-- Ed25519 (RFC 8410, RFC 8422, RFC 8446): keys, everything that they sign, chains of several algorithms, handshakes of
-- TLS 1.2 and 1.3 with signatures made by handlers or changed on their way; and the errors that name what cannot be
-- used. With other libraries: spec/interop/ed25519_spec.lua; in C: spec/core/crypto/ed25519_test.c.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local function openssl(command)
   local out = temporary.path()
   shell.run("openssl " .. command:gsub("OUT", out) .. " 2>/dev/null")
   return temporary.read(out), out
end

-- openssl_says gives what the command writes; it must not fail.
local function openssl_says(...)
   return shell.run("openssl " .. string.format(...) .. " 2>&1")
end

local function authority(kind, by)
   local fields = { subject = "CN=" .. kind, ca = true, days = 10, key = assert(bearssl.key.generate(kind)) }
   if not by then return { certificate = assert(bearssl.certificate.selfsigned(fields)), key = fields.key } end
   fields.issuer, fields.issuer_key = by.certificate, by.key
   return { certificate = assert(bearssl.certificate.issue(fields)), key = fields.key }
end

describe("an Ed25519 key", function()
   it("is generated, described, written and read, with a password too", function()
      for _, name in ipairs { "ed25519", "Ed25519" } do
         local key = assert(bearssl.key.generate(name))
         assert.same({ "Ed25519", 256, nil }, { key:type(), key:bits(), key:curve() })
         local public = key:public_key()
         assert.same({ "Ed25519", 256, "1.3.101.112", 32 }, { public.type, public.bits, public.oid, #public.point })
         assert.same({ nil, nil }, { public.curve, public.modulus })
         for _, form in ipairs { key:pem(), key:der() } do
            assert.equal(key:public_der(), assert(bearssl.key.load(form)):public_der())
         end
         local hidden = key:pem { password = "secret" }
         assert.equal(key:der(), assert(bearssl.key.load(hidden, "secret")):der())
         assert.equal("bad_password", select(3, bearssl.key.load(hidden, "other")))
         assert.equal(key:public_pem(), openssl_says("pkey -pubout -in %s", temporary.write(key:pem())))
      end
      assert.has_error(function() bearssl.key.generate("ed25519", 256) end)
   end)

   it("is read in what openssl writes", function()
      local pem, path = openssl "genpkey -algorithm ed25519 -out OUT"
      local key = assert(bearssl.key.load(pem))
      assert.equal(key:public_pem(), openssl_says("pkey -pubout -in %s", path))
      assert.equal(key:der(), assert(bearssl.key.load(
         openssl("pkcs8 -topk8 -passout pass:x -in " .. path .. " -out OUT"), "x")):der())
   end)

   it("signs messages, not digests", function()
      local key = assert(bearssl.key.generate "ed25519")
      local message = ("any length "):rep(100)
      local file, signature = temporary.write(message), temporary.write(assert(key:sign("ed25519", message)))
      assert.matches("Verified Successfully", openssl_says("pkeyutl -verify -rawin -pubin -inkey %s -in %s -sigfile %s",
         temporary.write(key:public_pem()), file, signature))
      for _, name in ipairs { "sha256", "ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256" } do
         assert.equal("sign_failed", select(3, key:sign(name, ("d"):rep(32))), name)
      end
      assert.equal("bad_key", select(3, key:decrypt(("x"):rep(256))))
   end)
end)

describe("what an Ed25519 key signs", function()
   local root, root_file

   setup(function()
      root = authority "ed25519"
      root_file = temporary.write(root.certificate:pem())
   end)

   it("is a certificate that openssl verifies, and describes as we do", function()
      assert.matches(": OK", openssl_says("verify -CAfile %s %s", root_file, root_file))
      assert.equal("ED25519", (root.certificate:signature_algorithm()))
      assert.is_true(root.certificate:is_self_signed())
      local function plain(text) return (text:gsub("%s*([%s=])%s*", "%1")) end
      assert.equal(plain(openssl_says("x509 -noout -text -in %s", root_file)), plain(root.certificate:text()))
   end)

   it("is a request", function()
      local key = assert(bearssl.key.generate "ed25519")
      local request = assert(bearssl.request.new { key = key, subject = "CN=leaf", names = { "leaf.example" } })
      assert.is_true(request:verify())
      assert.matches("verify OK", openssl_says("req -verify -noout -in %s", temporary.write(request:pem())))
      local leaf = assert(bearssl.certificate.issue { issuer = root.certificate, issuer_key = root.key, days = 2,
         request = request, accept = { "names" } })
      assert.is_true(key:matches(leaf))
      assert.is_true(root.certificate:issued(leaf))
      assert.is_true(leaf:verify { trust = root.certificate, server_name = "leaf.example" })
      local theirs = openssl("req -new -subj /CN=x -key " .. temporary.write(key:pem()) .. " -out OUT")
      assert.is_true(assert(bearssl.request.load(theirs)):verify())
      -- a bit of its signature, which stands last
      local der = request:der()
      local changed = assert(bearssl.request.load(der:sub(1, -2) .. string.char((der:byte(-1) + 1) % 256)))
      assert.equal("bad_request", select(3, changed:verify()))
   end)

   it("is a CRL and an OCSP response", function()
      local leaf = assert(bearssl.certificate.issue { issuer = root.certificate, issuer_key = root.key, days = 2,
         subject = "CN=leaf", names = { "leaf.example" }, key = assert(bearssl.key.generate "secp256r1") })
      local crl = assert(bearssl.crl.new { issuer = root.certificate, issuer_key = root.key,
         revoked = { { serial = leaf:serial() } } })
      assert.is_true(crl:verify(root.certificate))
      assert.matches("verify OK", openssl_says("crl -CAfile %s -noout -in %s", root_file, temporary.write(crl:pem())))
      assert.equal("certificate_revoked", select(3, leaf:verify { trust = root.certificate, crls = { crl } }))
      local response = assert(bearssl.ocsp.new { certificate = leaf, issuer = root.certificate, issuer_key = root.key,
         status = "good" })
      assert.equal("good", response:status(leaf, root.certificate))
      assert.matches("Response verify OK", openssl_says("ocsp -respin %s -CAfile %s -issuer %s -cert %s",
         temporary.write(response:der()), root_file, root_file, temporary.write(leaf:pem())))
   end)

   it("has no other hash to choose", function()
      local key = assert(bearssl.key.generate "ed25519")
      local fields = { subject = "CN=x", key = key, days = 2, hash = "sha256" }
      local made, message, code = bearssl.certificate.selfsigned(fields)
      assert.is_nil(made)
      assert.equal("bad_field", code)
      assert.matches("^hash", message)
      fields.hash = "sha512" -- which it is made with
      assert(bearssl.certificate.selfsigned(fields))
   end)

   it("is verified in chains of several algorithms, and not when it is another's", function()
      local kinds = { "ed25519", "rsa", "secp256r1", "ed25519" }
      local chain, by = {}, nil
      for _, kind in ipairs(kinds) do
         by = authority(kind, by)
         table.insert(chain, 1, by.certificate)
      end
      local top = table.remove(chain)
      assert.is_true(chain[1]:verify { trust = top, chain = { chain[2], chain[3] }, purpose = "any" })
      local stranger = authority("ed25519", nil)
      local der = root.certificate:der()
      assert.is_false(stranger.certificate:issued(root.certificate))
      local forged = assert(bearssl.certificate.load(der:sub(1, -2) .. string.char((der:byte(-1) + 1) % 256)))[1]
      assert.is_false(root.certificate:issued(forged))
   end)
end)

describe("a handshake with Ed25519", function()
   local function context(mode, more)
      local fields = { mode = mode, cafile = certificates.ca.certfile }
      for name, value in pairs(more) do fields[name] = value end
      return assert(bearssl.context(fields))
   end

   local function identity(name)
      local files = certificates[name]
      return assert(bearssl.certificate.load(files.chain)), assert(bearssl.key.load(files.key))
   end

   local function meet(client, server, options)
      local a = assert(context("client", client):connection { server_name = "localhost" })
      local b = assert(context("server", server):connection())
      return a, b, pump(a, b, options)
   end

   local function server_fields(version, more)
      local chain, key = identity "ed25519"
      local fields = { certificate = chain, key = key, min_version = version, max_version = version }
      for name, value in pairs(more or {}) do fields[name] = value end
      return fields
   end

   for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
      it("signs with the key at hand where a `sign` handler leaves it, " .. version, function()
         local asked = 0
         local handlers = { sign = function() asked = asked + 1 end }
         local chain, key = identity "client_ed25519"
         local a, b, result = meet({ certificate = chain, key = key, handlers = handlers },
            server_fields(version, { verify = "required", handlers = handlers }))
         assert.is_true(a:info "established", result.client.message or result.server.message)
         assert.same({ 2, "ed25519", "ed25519" }, { asked, a:info "signature_algorithm", b:info "signature_algorithm" })
         assert.is_true(b:info "peer_verified")
      end)

      it("is verified by a server whose `sign` handler and long chain cut its flight in two, " .. version, function()
         local own, own_key = identity "rsa"
         local handlers = { sign = function(_, question) return own_key:sign(question.scheme, question.digest) end }
         local chain, key = identity "client_ed25519"
         for _ = 1, 5 do
            local a, b, result = meet({ certificate = chain, key = key }, {
               certificate = own, key = own_key, min_version = version,
               max_version = version, verify = "required", handlers = handlers })
            assert.is_true(a:info "established", result.client.message or result.server.message)
            assert.is_true(b:info "peer_verified")
            for _ = 1, 2 do own[#own + 1] = assert(bearssl.certificate.load(certificates.ca.certificate))[1] end
         end
      end)

      it("takes a certificate that `client_certificate` gives, " .. version, function()
         local chain, key = identity "client_ed25519"
         local a, b, result = meet({ handlers = { client_certificate = function()
            return { certificate = chain, key = key }
         end } }, server_fields(version, { verify = "required" }))
         assert.is_true(a:info "established", result.client.message or result.server.message)
         assert.equal("ed25519", b:info "signature_algorithm")
         assert.is_true(b:info "peer_verified")
      end)

      it("refuses a signature that was changed, of either side, " .. version, function()
         local chain, key = identity "client_ed25519"
         local function wrong(signer)
            return function(_, question)
               local signature = assert(signer:sign(question.scheme, question.message))
               return signature:sub(1, -2) .. string.char((signature:byte(-1) + 1) % 256)
            end
         end
         local own, server_key = identity "ed25519"
         local _, _, result = meet({}, { certificate = own, key = "external", max_version = version,
            handlers = { sign = wrong(server_key) } })
         assert.equal("bad_signature", result.client.code)
         _, _, result = meet({ certificate = chain, key = "external", handlers = { sign = wrong(key) } },
            server_fields(version, { verify = "required" }))
         assert.equal("bad_signature", result.server.code)
      end)

      it("has no certificate for a client that does not offer it, " .. version, function()
         local _, _, result = meet({ signature_algorithms = { "ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256" } },
            server_fields(version))
         assert.equal("no_usable_credential", result.server.code)
         assert.matches("the keys: Ed25519", result.server.message)
         -- and a client has none for such a server
         local chain, key = identity "client_ed25519"
         local a, b
         a, b, result = meet({ certificate = chain, key = key }, { certificate = identity "ec", verify = "optional",
            key = select(2, identity "ec"), max_version = version,
            signature_algorithms = { "ecdsa_secp256r1_sha256" } })
         assert.is_true(a:info "established", result.client.message or result.server.message)
         assert.equal(0, #b:info "peer_certificates")
      end)

      it("has the chain that the peer can verify, " .. version, function()
         local credentials = {}
         for index, name in ipairs { "rsa", "rsa_by_ed25519" } do
            credentials[index] = { certificate = certificates[name].chain, key = certificates[name].key }
         end
         for scheme, name in pairs { ed25519 = "rsa_by_ed25519", rsa_pkcs1_sha256 = "rsa" } do
            local a, _, result = meet({ signature_algorithms_cert = { scheme }, verify = "none" },
               { credentials = credentials, min_version = version, max_version = version })
            assert.is_true(a:info "established", result.client.message or result.server.message)
            assert.equal(certificates[name].certificate, a:info "peer_certificates"[1]:pem(), scheme)
         end
      end)

      it("is pinned, " .. version, function()
         local pin = assert(bearssl.certificate.load(certificates.ed25519.certificate))[1]:pin()
         local a = meet({ pins = { pin } }, server_fields(version))
         assert.is_true(a:info "established")
         local other = assert(bearssl.certificate.load(certificates.ec.certificate))[1]:pin()
         local _, _, result = meet({ pins = { other } }, server_fields(version))
         assert.equal("pin_mismatch", result.client.code)
      end)
   end

   it("is not there below TLS 1.2", function()
      local fields = { min_version = "TLSv1.0", max_version = "TLSv1.1", suites = "compatible" }
      local server = server_fields(nil, { suites = "compatible" })
      server.min_version, server.max_version = "TLSv1.0", "TLSv1.1"
      local _, _, result = meet(fields, server)
      assert.equal("no_usable_credential", result.server.code)
   end)

   it("follows a request for a certificate after the handshake", function()
      local chain, key = identity "client_ed25519"
      local a, b = meet({ certificate = chain, key = key, post_handshake_auth = true }, server_fields "TLSv1.3")
      assert(b:request_certificate())
      pump(a, b)
      assert.is_true(b:info "peer_verified")
      assert.equal("ed25519", b:info "signature_algorithm")
   end)
end)

describe("a key that no handshake can use", function()
   local kinds = {
      ["an Ed448 key"] = "-algorithm ED448",
      ["an EC key on the curve secp224r1"] = "-algorithm EC -pkeyopt ec_paramgen_curve:P-224",
      ["an EC key on the curve brainpoolP384r1"] = "-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP384r1",
   }

   for what, words in pairs(kinds) do
      it("is named: " .. what, function()
         local pem, path = openssl("genpkey " .. words .. " -out OUT")
         local own, file = openssl("req -x509 -new -subj /CN=x -days 2 -key " .. path .. " -out OUT")
         local certificate = assert(bearssl.certificate.load(own))[1]

         local function names(expected, value, message, code)
            assert.is_nil(value)
            assert.equal(expected, code)
            assert.matches(what, message, 1, true)
         end

         names("unsupported_key", bearssl.key.load(pem))
         names("unsupported_key", bearssl.context { mode = "server", certfile = file, keyfile = path })
         names("unsupported_key", bearssl.certificate.selfsigned { subject = "CN=x", key = pem, days = 2 })
         names("unsupported_certificate", bearssl.key.external(certificate))
         names("unsupported_certificate", bearssl.context { mode = "server", certificate = own, key = "external" })
         names("unsupported_certificate", certificate:verify { trust = own, purpose = "any" })
         local request = assert(bearssl.request.load((openssl("req -new -subj /CN=x -key " .. path .. " -out OUT"))))
         names("unsupported_certificate", request:verify())
         local root = authority "secp256r1"
         names("unsupported_certificate", bearssl.certificate.issue { issuer = root.certificate, issuer_key = root.key,
            request = request, days = 2 })
      end)
   end
end)

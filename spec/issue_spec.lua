-- Keys, requests, certificates, CRLs and OCSP responses that the library makes: what OpenSSL says about them, and what
-- the library says about OpenSSL's.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local has = require "spec.support.has"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local DAY = 86400

local function openssl(...)
   return shell.run { "openssl", ... }
end

-- What openssl prints. Its versions differ in what they put around a name's "=", and around a comma.
local function described(...)
   return (openssl(...):gsub(" = ", "="):gsub('"', ""))
end

local function fails(pattern, f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok, "no error with " .. pattern)
   assert.is_truthy(tostring(message):find(pattern, 1, true), ("%q is missing in %q"):format(pattern, message))
   return message
end

-- An authority, an authority below it, a server's certificate from that, made once.
local cast
local function made()
   if cast then return cast end
   cast = {}
   cast.root, cast.root_key = assert(bearssl.certificate.selfsigned {
      subject = "CN=Spec Root,O=bearssl", ca = true, key = bearssl.key.generate "p384",
   })
   cast.middle_key = bearssl.key.generate "p256"
   cast.middle = assert(bearssl.certificate.issue {
      key = cast.middle_key, issuer = cast.root, issuer_key = cast.root_key, ca = true, path_length = 0,
      subject = { CN = "Spec Intermediate", O = "bearssl" },
   })
   cast.leaf_key = bearssl.key.generate "p256"
   cast.leaf = assert(bearssl.certificate.issue {
      key = cast.leaf_key, issuer = cast.middle, issuer_key = cast.middle_key,
      names = { "example.org", "*.example.org", "192.0.2.1", "2001:db8::1" },
   })
   cast.store = assert(bearssl.trust.new { cast.root })
   return cast
end

-- What `openssl verify` says of a leaf under an authority: its status and output.
local function openssl_verify(leaf, root, ...)
   local words = { "openssl", "verify", "-x509_strict", "-CAfile", temporary.write(root:pem(), ".pem"), ... }
   words[#words + 1] = temporary.write(leaf:pem(), ".pem")
   return shell.try(words)
end

describe("bearssl.key", function()
   it("generates keys that openssl accepts", function()
      for _, case in ipairs { { "p256", nil, "prime256v1" }, { "p384", nil, "secp384r1" }, { "p521", nil, "secp521r1" },
         { "rsa", 2048, "2048 bit" } } do
         local key = assert(bearssl.key.generate(case[1], case[2]))
         local text = assert(key:pem())
         assert.is_truthy(text:find("^%-%-%-%-%-BEGIN PRIVATE KEY%-%-%-%-%-\n"))
         has(openssl("pkey", "-check", "-noout", "-text", "-in", temporary.write(text, ".key")), case[3], "is valid")
         local again = assert(bearssl.key.load(text))
         assert.are.equal(key:der(), again:der())
         assert.are.equal(key:public_pem(), openssl("pkey", "-pubout", "-in", temporary.write(text, ".key")))
         assert.are.equal(key:der(), assert(bearssl.key.load(key:der())):der())
      end
      assert.are.equal(2048, bearssl.key.generate("rsa"):bits())
   end)

   it("says what is wrong with a kind or a size", function()
      has(fails("unknown kind of key 'p265'", bearssl.key.generate, "p265"), "Kinds: rsa, secp256r1")
      for name, curve in pairs { ["P-256"] = "P-256", secp256r1 = "P-256", prime256v1 = "P-256", P384 = "P-384",
         SECP521R1 = "P-521" } do
         assert.equal(curve, assert(bearssl.key.generate(name)):curve())
      end
      fails("unknown kind of key 'x25519'", bearssl.key.generate, "x25519")
      fails("unknown kind of key", bearssl.key.generate)
      fails("multiple of 8 from 2048 to 4096, not 1024", bearssl.key.generate, "rsa", 1024)
      fails("multiple of 8", bearssl.key.generate, "rsa", 2049)
      fails("multiple of 8", bearssl.key.generate, "rsa", "2048")
      fails("only an RSA key", bearssl.key.generate, "p256", 256)
   end)

   it("writes encrypted PKCS#8 that openssl reads, and refuses without the password", function()
      local key = bearssl.key.generate "p256"
      local text = assert(key:pem { password = "schlüssel", iterations = 1000 })
      assert.is_truthy(text:find("^%-%-%-%-%-BEGIN ENCRYPTED PRIVATE KEY%-%-%-%-%-\n"))
      assert.are.equal(key:pem(), openssl("pkcs8", "-passin", "pass:schlüssel", "-in", temporary.write(text, ".key")))
      assert.are.equal(key:der(), assert(bearssl.key.load(text, "schlüssel")):der())
      assert.are.equal(key:der(), assert(bearssl.key.load(key:pem("short"), "short")):der())
      local none, message, code = bearssl.key.load(text)
      assert.is_nil(none)
      assert.are.equal("encrypted_key", code)
      assert.is_truthy(message:find("password", 1, true))
      none, message, code = bearssl.key.load(text, "wrong")
      assert.is_nil(none)
      assert.are.equal("bad_password", code, message)
   end)

   it("asks a function for the password, once, and only when the key is encrypted", function()
      local key = bearssl.key.generate "p256"
      local path = temporary.write(key:pem { password = "secret", iterations = 1000 }, ".key")
      local asked = {}
      local function ask(where)
         asked[#asked + 1] = where
         return "secret"
      end
      assert.are.equal(key:der(), assert(bearssl.key.open(path, ask)):der())
      assert.are.same({ path }, asked)
      assert(bearssl.key.load(key:pem(), ask))
      assert.are.equal(1, #asked)
      local none, message, code = bearssl.key.open(path, function() return nil, "nobody there" end)
      assert.is_nil(none)
      assert.are.equal("encrypted_key", code)
      has(message, path, "nobody there")
      fails("must return a string", bearssl.key.open, path, function() return 5 end)
      fails("the password must be a string or a function", bearssl.key.load, key:pem(), 5)
   end)

   it("reads what openssl encrypts", function()
      local key = bearssl.key.generate "p256"
      local path = temporary.write(key:pem(), ".key")
      for _, how in ipairs { { "-v2", "aes-128-cbc" }, { "-v2", "aes-192-cbc" }, { "-v2", "aes-256-cbc" },
         { "-v2", "des3" }, { "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1" } } do
         local words = { "openssl", "pkcs8", "-topk8", "-in", path, "-passout", "pass:secret", "-iter", "1500" }
         for _, word in ipairs(how) do words[#words + 1] = word end
         assert.are.equal(key:der(), assert(bearssl.key.load(shell.run(words), "secret")):der())
      end
   end)

   it("checks the options of pem", function()
      local key = bearssl.key.generate "p256"
      fails("unknown option 'pasword'; did you mean 'password'", key.pem, key, { pasword = "x" })
      fails("'password' must be a string that is not empty", key.pem, key, { password = "" })
      fails("only with a 'password'", key.pem, key, { iterations = 5000 })
      local none, _, code = bearssl.key.external(made().leaf):pem()
      assert.is_nil(none)
      assert.are.equal("unsupported_key", code)
   end)
end)

describe("bearssl.certificate", function()
   it("makes requests that openssl verifies", function()
      local key = bearssl.key.generate "p256"
      local request = assert(bearssl.request.new {
         key = key, subject = "CN=www.example.org,O=Example\\, Inc.,C=DE",
         names = { "www.example.org", "192.0.2.7", "mailto:a@example.org", "https://example.org/" },
         key_usage = { "digitalSignature" }, extended_key_usage = "serverAuth",
      })
      local path = temporary.write(request:pem(), ".csr")
      has(described("req", "-in", path, "-noout", "-verify", "-text"), "verify OK", "C=DE, O=Example, Inc.",
         "DNS:www.example.org, IP Address:192.0.2.7, email:a@example.org, URI:https://example.org/",
         "Digital Signature", "TLS Web Server Authentication")
      local _, text = request:subject()
      assert.are.equal("CN=www.example.org,O=Example\\, Inc.,C=DE", text)
      assert.is_true(request:verify())
      assert.are.equal(request:der(), assert(bearssl.request.load(request:pem())):der())
      local broken = request:der():sub(1, -2) .. string.char((request:der():byte(-1) + 1) % 256)
      local none, _, code = assert(bearssl.request.load(broken)):verify()
      assert.is_nil(none)
      assert.are.equal("bad_request", code)
   end)

   it("issues for openssl's requests", function()
      local cast_ = made()
      local directory = temporary.make_directory()
      openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", directory .. "/key", "-subj",
         "/O=Other/CN=other.example", "-addext", "subjectAltName=DNS:other.example", "-out", directory .. "/csr")
      local request = assert(bearssl.request.load(temporary.read(directory .. "/csr")))
      assert.are.equal(request:der(), assert(bearssl.request.open(directory .. "/csr")):der())
      assert.are.equal("file_unreadable", select(3, bearssl.request.open(directory .. "/none")))
      local leaf = assert(bearssl.certificate.issue {
         request = request, issuer = cast_.root, issuer_key = cast_.root_key, days = 30, serial = "0A:0b",
      })
      local _, subject = leaf:subject()
      assert.are.equal("CN=other.example,O=Other", subject)
      assert.are.same({ { type = "DNS", value = "other.example" } }, leaf:names())
      assert.are.same({ "digitalSignature", "keyEncipherment" }, leaf:key_usage())
      assert.are.same({ "serverAuth" }, leaf:extended_key_usage())
      has(openssl("x509", "-noout", "-serial", "-in", temporary.write(leaf:pem(), ".pem")), "serial=0A0B")
      assert.are.equal(0, (openssl_verify(leaf, cast_.root)))
      assert.is_true(bearssl.key.open(directory .. "/key"):matches(leaf))
      -- a request decides nothing by itself
      local strict = assert(bearssl.certificate.issue {
         request = request:pem(), issuer = cast_.root:pem(), issuer_key = cast_.root_key:pem(), accept = {},
         names = { "chosen.example" }, subject = { { "CN", "chosen" } },
      })
      assert.are.same({ { type = "DNS", value = "chosen.example" } }, strict:names())
      local none, _, code = bearssl.certificate.issue {
         request = request, issuer = cast_.root, issuer_key = cast_.leaf_key,
      }
      assert.is_nil(none)
      assert.are.equal("key_mismatch", code)
   end)

   it("makes a chain that openssl and the library verify", function()
      local cast_ = made()
      local middle = temporary.write(cast_.middle:pem(), ".pem")
      local status, output = openssl_verify(cast_.leaf, cast_.root, "-untrusted", middle, "-purpose", "sslserver",
         "-verify_hostname", "www.example.org")
      assert.are.equal(0, status, output)
      has(described("x509", "-noout", "-text", "-in", middle), "CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign",
         "Subject: O=bearssl, CN=Spec Intermediate", "Issuer: O=bearssl, CN=Spec Root")
      local ok, path = cast_.leaf:verify {
         chain = { cast_.middle }, trust = cast_.store, server_name = "www.example.org",
      }
      assert.is_true(ok, path)
      assert.are.equal(3, #path)
      assert.is_true(path[3] == cast_.root)
      assert.is_true((cast_.leaf:verify {
         chain = { cast_.leaf, cast_.middle }, trust = cast_.root:pem(), purpose = "server",
      }))
      assert.is_true((cast_.leaf:verify {
         chain = cast_.middle:pem(), trust = { cast_.root }, server_name = "192.0.2.1",
      }))
      assert.is_true((cast_.root:verify { trust = cast_.store, purpose = "any" }))
      assert.is_true(cast_.leaf:issued(cast_.middle) or cast_.middle:issued(cast_.leaf))
   end)

   it("says with a code and a sentence why a certificate does not verify", function()
      local cast_ = made()
      local function verdict(code, given, chain, store)
         given = given or {}
         given.chain, given.trust = chain or { cast_.middle }, store or cast_.store
         local ok, message, found, index = cast_.leaf:verify(given)
         assert.is_nil(ok)
         assert.are.equal(code, found, message)
         return message, index
      end
      assert.are.equal("string", type(verdict("name_mismatch", { server_name = "other.example" })))
      verdict("wrong_purpose", { purpose = "client" })
      has(verdict("certificate_expired", { time = cast_.leaf:not_after() + 3 * DAY + 60 }), "expired 3 days ago")
      verdict("certificate_not_yet_valid", { time = cast_.leaf:not_before() - 10 })
      assert.is_true((cast_.leaf:verify {
         chain = { cast_.middle }, trust = cast_.store, time = cast_.leaf:not_before() - 10, clock_skew = 60,
      }))
      verdict("unknown_ca", nil, {})
      verdict("unknown_ca", nil, nil, assert(bearssl.trust.load(certificates.ca.certificate)))
      verdict("pin_mismatch", { pins = { bearssl.certificate.selfsigned({ names = { "x.example" } }):pin() } })
      for _, pin in ipairs { cast_.middle:pin(), "sha256//" .. cast_.leaf:pin(), cast_.root } do
         assert.is_true((cast_.leaf:verify { chain = { cast_.middle }, trust = cast_.store, pins = { pin } }))
      end
      fails("unknown option 'severname'; did you mean 'server_name'", verdict, "x", { severname = "x" })
      fails("option 'pins': element 1 must be", verdict, "x", { pins = { "short" } })
      fails('must be "if_known", "leaf" or "path"', verdict, "x", { revocation = "always" })
      fails("certificate:verify: option 'trust' must be", verdict, "x", nil, nil, 5)
   end)

   it("signs itself, with the fields that are asked for", function()
      local from = os.time() - 100
      local certificate, key = assert(bearssl.certificate.selfsigned {
         subject = { { "C", "DE" }, { "O", "Quotes \"+,;<>\\ Ltd" }, { "CN", "#1 " } }, ca = true, path_length = 3,
         not_before = from, not_after = from + 5 * DAY, serial = 4711, hash = "sha512",
         name_constraints = { permitted = { "example.org", "192.0.2.0/24" }, excluded = { "bad.example.org" } },
         ocsp_uris = "http://ocsp.example/", issuer_uris = { "http://ca.example/ca.crt" },
         crl_uris = { "http://ca.example/crl" }, extensions = { { oid = "1.2.3.4", value = "\5\0" } },
      })
      assert.is_true(key:matches(certificate))
      assert.are.equal(from, certificate:not_before())
      assert.are.equal(from + 5 * DAY, certificate:not_after())
      local subject = certificate:subject()
      assert.are.equal("Quotes \"+,;<>\\ Ltd", subject[2].value)
      assert.are.equal("#1 ", subject[3].value)
      local text = openssl("x509", "-noout", "-text", "-in", temporary.write(certificate:pem(), ".pem"))
      has(text, "4711 (0x1267)", "ecdsa-with-SHA512", "CA:TRUE, pathlen:3", "OCSP - URI:http://ocsp.example/",
         "CA Issuers - URI:http://ca.example/ca.crt", "URI:http://ca.example/crl", "DNS:example.org",
         "IP:192.0.2.0/255.255.255.0", "DNS:bad.example.org", "1.2.3.4:")
      local value, critical = certificate:extension("1.2.3.4")
      assert.are.equal("\5\0", value)
      assert.is_false(critical)
      -- What stands before and behind authorityInfoAccess is read too.
      assert.are.same({ "keyCertSign", "cRLSign" }, certificate:key_usage())
      assert.are.equal(20, #assert(certificate:subject_key_identifier()))
      assert.are.equal(0, (openssl_verify(certificate, certificate)))
      local again = assert(bearssl.certificate.selfsigned { key = key, subject = certificate:subject() })
      assert.are.equal(select(2, certificate:subject()), (select(2, again:subject())))
      local must = assert(bearssl.certificate.selfsigned { names = { "m.example" }, must_staple = true })
      has(openssl("x509", "-noout", "-text", "-in", temporary.write(must:pem(), ".pem")), "status_request")
   end)

   it("does not outlive its issuer, unless told", function()
      local cast_ = made()
      local root, key = assert(bearssl.certificate.selfsigned { subject = "CN=Short", ca = true, days = 3 })
      local leaf = assert(bearssl.certificate.issue { key = cast_.leaf_key, names = { "a.example" }, issuer = root,
         issuer_key = key })
      assert.are.equal(root:not_after(), leaf:not_after())
      leaf = assert(bearssl.certificate.issue { key = cast_.leaf_key, names = { "a.example" }, issuer = root,
         issuer_key = key, days = 9 })
      assert.is_true(leaf:not_after() > root:not_after())
   end)

   it("refuses what makes no sense, and names it", function()
      local cast_ = made()
      local issue, selfsigned = bearssl.certificate.issue, bearssl.certificate.selfsigned
      has(fails("unknown option 'isuer'; did you mean 'issuer'", issue, { isuer = 1 }), "Options: accept, ca, cert")
      fails("give either 'request', 'key' or 'certificate'", issue, { issuer = cast_.root,
         issuer_key = cast_.root_key })
      fails("'issuer_key' is missing", issue, { key = cast_.leaf_key, issuer = cast_.root })
      fails("'accept' makes sense only", issue, { key = cast_.leaf_key, issuer = cast_.root,
         issuer_key = cast_.root_key, accept = { "names" } })
      fails("did you mean \"names\"", issue, { accept = { "nams" } })
      fails("either 'days' or 'not_after'", selfsigned, { days = 3, not_after = 4 })
      fails("'not_after' must be later", selfsigned, { not_before = 5, not_after = 4 })
      fails("only with ca = true", selfsigned, { path_length = 1 })
      fails("the key that asks is missing", bearssl.request.new, {})
      fails("must be a table", bearssl.request.new, nil)
      fails("a name such as", selfsigned, { names = { 5 } })
      fails("a serial number", selfsigned, { serial = "0" })
      fails("issue_spec.lua", function() selfsigned { nonsense = 1 } end)
      for _, case in ipairs { { "bad_name", { subject = "nonsense" } }, { "bad_name", { subject = "C=Germany" } },
         { "bad_name", { names = { "not a name" } } }, { "bad_field", { key_usage = { "everything" } } } } do
         local ok, none, message, code = pcall(selfsigned, case[2])
         if ok then
            assert.is_nil(none)
            assert.are.equal(case[1], code, message)
         end
      end
   end)
end)

-- crl_file writes a CRL and gives its path.
local function crl_file(list)
   return temporary.write(list:pem(), ".crl")
end

describe("bearssl.crl", function()
   it("makes CRLs that openssl reads and obeys", function()
      local cast_ = made()
      local list = assert(bearssl.crl.new {
         issuer = cast_.middle, issuer_key = cast_.middle_key, number = 7, days = 10,
         revoked = { { certificate = cast_.leaf, reason = "keyCompromise" }, "0badcafe" },
      })
      has(described("crl", "-noout", "-text", "-in", crl_file(list)), "Key Compromise", "0BADCAFE", "X509v3 CRL Number",
         "CN=Spec Intermediate")
      local chain = temporary.write(cast_.middle:pem(), ".pem")
      local status, output = openssl_verify(cast_.leaf, cast_.root, "-untrusted", chain, "-crl_check", "-CRLfile",
         crl_file(list))
      assert.are_not.equal(0, status)
      has(output, "certificate revoked")
      assert.are.equal("keyCompromise", list:revoked(cast_.leaf:serial()).reason)
      assert.is_nil(list:revoked("01"))
      assert.are.equal(2, list:count())
      assert.is_true(list:verify(cast_.middle))
      assert.are.equal(list:der(), assert(bearssl.crl.load(list:pem()))[1]:der())
      assert.are.equal(list:der(), assert(bearssl.crl.open(crl_file(list)))[1]:der())
      assert.is_true(list:next_update() - list:this_update() == 10 * DAY)
   end)

   it("decides in verification", function()
      local cast_ = made()
      local function verify(crls, given)
         given = given or {}
         given.crls = crls
         given.chain, given.trust = { cast_.middle }, cast_.store
         local ok, _, code = cast_.leaf:verify(given)
         return ok and "ok" or code
      end
      local function list(fields)
         fields.issuer, fields.issuer_key = fields.issuer or cast_.middle, fields.issuer_key or cast_.middle_key
         return assert(bearssl.crl.new(fields))
      end
      local good, bad = list {}, list { revoked = { cast_.leaf } }
      local root_list = list { issuer = cast_.root, issuer_key = cast_.root_key }
      assert.are.equal("ok", verify({ good }))
      assert.are.equal("ok", verify(good:pem() .. root_list:pem(), { revocation = "path" }))
      assert.are.equal("certificate_revoked", verify({ bad }))
      assert.are.equal("certificate_revoked", verify(bad:pem()))
      assert.are.equal("certificate_revoked", verify({ list { issuer = cast_.root, issuer_key = cast_.root_key,
         revoked = { cast_.middle } } }))
      assert.are.equal("ok", verify(nil, { revocation = "if_known" }))
      assert.are.equal("revocation_unknown", verify(nil, { revocation = "leaf" }))
      assert.are.equal("revocation_unknown", verify({ good }, { revocation = "path" }))
      assert.are.equal("crl_expired", verify({ list { this_update = os.time() - 20 * DAY, days = 10 } }))
      assert.are.equal("bad_pem", verify("nonsense"))
      local forged, forger = assert(bearssl.certificate.selfsigned { subject = cast_.middle:subject(), ca = true })
      -- a list by another key of that name is not the issuer's: it says nothing
      assert.are.equal("revocation_unknown", verify({ list { issuer = forged, issuer_key = forger,
         revoked = { cast_.leaf } } },
         { revocation = "leaf" }))
   end)

   it("refuses misuse", function()
      local cast_ = made()
      fails("unknown option 'revokd'; did you mean 'revoked'", bearssl.crl.new, { revokd = {} })
      fails("'issuer_key' is missing", bearssl.crl.new, { issuer = cast_.root })
      fails("element 1", bearssl.crl.new, { revoked = { {} } })
      fails("did you mean \"keyCompromise\"", bearssl.crl.new,
         { revoked = { { serial = 1, reason = "keycompromis" } } })
      fails("must be given as a string", bearssl.crl.load, 5)
      local none, _, code = bearssl.crl.new { issuer = cast_.root, issuer_key = cast_.leaf_key }
      assert.is_nil(none)
      assert.are.equal("key_mismatch", code)
   end)

   it("is obeyed by a context", function()
      local cast_ = made()
      local function shake(client)
         client.trust, client.mode = cast_.store, "client"
         local context = assert(bearssl.context(client))
         local server = assert(bearssl.context { mode = "server", certificate = { cast_.leaf, cast_.middle },
            key = cast_.leaf_key })
         local a, b = context:connection { server_name = "example.org" }, server:connection {}
         local function step(one, other)
            local event, _, code = one:step()
            local bytes = one:drain()
            if bytes ~= "" then other:feed(bytes) end
            return event, code
         end
         for _ = 1, 20 do
            local event, code = step(a, b)
            if not event then return code end
            if a:info("established") then return "ok" end
            step(b, a)
         end
         return "stuck"
      end
      local function list(revoked)
         return assert(bearssl.crl.new { issuer = cast_.middle, issuer_key = cast_.middle_key, revoked = revoked })
      end
      assert.are.equal("ok", shake {})
      assert.are.equal("ok", shake { crls = { list {} }, revocation = "leaf" })
      assert.are.equal("certificate_revoked", shake { crls = { list { cast_.leaf } } })
      assert.are.equal("certificate_revoked", shake { crls = list { cast_.leaf }:pem() })
      assert.are.equal("revocation_unknown", shake { revocation = "leaf" })
      assert.are.equal("ok", shake { pins = { cast_.middle:pin() } })
      assert.are.equal("pin_mismatch", shake { pins = {
         assert(bearssl.certificate.selfsigned { names = { "x.example" } }):pin() } })
      assert.are.equal("staple_required", shake { staple = "required" })
      local early = function() return cast_.leaf:not_before() - 100 end
      assert.are.equal("certificate_not_yet_valid", shake { clock = early })
      assert.are.equal("ok", shake { clock = early, clock_skew = 200 })
      local none, _, code = bearssl.context { crls = "nonsense" }
      assert.is_nil(none)
      assert.are.equal("bad_pem", code)
      fails("unknown option 'pin'; did you mean 'pins'", bearssl.context, { pin = {} })
      fails('must be "none", "if_must" or "required"', bearssl.context, { staple = "yes" })
   end)

   it("comes from openssl too", function()
      local ca = certificates.ca
      local directory = temporary.make_directory()
      temporary.write("", nil, directory .. "/index.txt")
      temporary.write("01\n", nil, directory .. "/number")
      local config = temporary.write(("[ca]\ndefault_ca=x\n[x]\ndatabase=%s/index.txt\ncrlnumber=%s/number\n"
         .. "default_md=sha256\ndefault_crl_days=5\n"):format(directory, directory), nil, directory .. "/config")
      local function authority(...)
         return openssl("ca", "-config", config, "-cert", ca.certfile, "-keyfile", ca.keyfile, ...)
      end
      authority("-revoke", certificates.rsa.certfile)
      local text = authority "-gencrl"
      local store = assert(bearssl.trust.load(ca.certificate))
      local function verdict(name)
         local leaf = assert(bearssl.certificate.load(certificates[name].certificate))[1]
         local ok, _, code = leaf:verify { trust = store, crls = text, revocation = "leaf" }
         return ok and "ok" or code
      end
      assert.are.equal("certificate_revoked", verdict "rsa")
      assert.are.equal("ok", verdict "ec")
   end)
end)

describe("bearssl.ocsp", function()
   local function answer(fields)
      local cast_ = made()
      fields.certificate, fields.issuer = fields.certificate or cast_.leaf, cast_.middle
      fields.issuer_key = cast_.middle_key
      return assert(bearssl.ocsp.new(fields))
   end

   it("makes requests and responses that openssl reads", function()
      local cast_ = made()
      local issuer = temporary.write(cast_.middle:pem(), ".pem")
      local chain = temporary.write(cast_.root:pem(), ".pem")
      has(openssl("ocsp", "-reqin", temporary.write(assert(bearssl.ocsp.request(cast_.leaf, cast_.middle)), ".req"),
         "-req_text"), "Serial Number: " .. cast_.leaf:serial():upper())
      for _, status in ipairs { "good", "revoked", "unknown" } do
         local path = temporary.write(answer({ status = status }):der(), ".ocsp")
         local leaf = temporary.write(cast_.leaf:pem(), ".pem")
         local output = openssl("ocsp", "-respin", path, "-issuer", issuer, "-cert", leaf, "-CAfile", chain,
            "-verify_other", issuer)
         has(output, "Response verify OK", ": " .. status)
      end
   end)

   it("decides in verification", function()
      local cast_ = made()
      local function verify(responses, given)
         given = given or {}
         given.ocsp_responses = responses
         given.chain, given.trust = { cast_.middle }, cast_.store
         local ok, _, code = cast_.leaf:verify(given)
         return ok and "ok" or code
      end
      local good = answer {}
      assert.are.equal("ok", verify({ good }, { revocation = "leaf", staple = "required" }))
      assert.are.equal("ok", verify(good:der()))
      assert.are.equal("certificate_revoked", verify({ answer { status = "revoked", reason = "superseded" } }))
      assert.are.equal("staple_required", verify(nil, { staple = "required" }))
      assert.are.equal("ocsp_expired", verify({ answer { this_update = os.time() - 10 * DAY, days = 3 } }))
      assert.are.equal("bad_ocsp_response", verify("nonsense"))
      assert.are.equal("bad_ocsp_response", verify({ answer { certificate = cast_.root } }))
      assert.are.equal("good", (good:status(cast_.leaf, cast_.middle, os.time())))
      assert.are.equal("revoked", (answer({ status = "revoked" }):status(cast_.leaf, cast_.middle, os.time())))
      assert.are.equal(good:der(), assert(bearssl.ocsp.load(good:der())):der())
      local must = assert(bearssl.certificate.issue { key = cast_.leaf_key, issuer = cast_.middle, must_staple = true,
         issuer_key = cast_.middle_key, names = { "example.org" } })
      local ok, _, code = must:verify { chain = { cast_.middle }, trust = cast_.store, staple = "if_must" }
      assert.is_nil(ok)
      assert.are.equal("staple_required", code)
   end)

   it("refuses misuse", function()
      local cast_ = made()
      fails("unknown option 'stats'; did you mean 'status'", bearssl.ocsp.new, { stats = "good" })
      fails("'issuer' is missing", bearssl.ocsp.new, { certificate = cast_.leaf })
      fails("'responder_key' is missing", bearssl.ocsp.new, { certificate = cast_.leaf, issuer = cast_.middle,
         issuer_key = cast_.middle_key, responder = cast_.root })
      fails("only with status", bearssl.ocsp.new, { certificate = cast_.leaf, issuer = cast_.middle,
         issuer_key = cast_.middle_key, reason = "superseded" })
      fails("argument 2 must be", bearssl.ocsp.request, cast_.leaf)
   end)
end)

describe("a trust store", function()
   it("is reloaded while contexts share it", function()
      local cast_ = made()
      local other = assert(bearssl.certificate.selfsigned { subject = "CN=Other", ca = true })
      local path = temporary.write(other:pem(), ".pem")
      local store = assert(bearssl.trust.open(path))
      local context = assert(bearssl.context { trust = store })
      local function verdict()
         local ok, _, code = cast_.leaf:verify { chain = { cast_.middle }, trust = store }
         return ok and "ok" or code
      end
      assert.are.equal("unknown_ca", verdict())
      temporary.write(other:pem() .. cast_.root:pem(), nil, path)
      assert.are.equal(2, store:reload())
      assert.are.equal("ok", verdict())
      assert.is_true(store:contains(cast_.root))
      temporary.write("nonsense", nil, path)
      local none, _, code = store:reload()
      assert.is_nil(none)
      assert.are.equal("bad_pem", code)
      assert.are.equal(2, store:count())
      os.remove(path)
      none, _, code = store:reload()
      assert.is_nil(none)
      assert.are.equal("file_unreadable", code)
      assert.are.equal("ok", verdict())
      assert.are.equal(1, store:reload { other })
      assert.are.equal("unknown_ca", verdict())
      assert.are.equal("client", context:info().mode)
   end)

   it("reloads directories, the system's, and what is given", function()
      local cast_ = made()
      local directory = temporary.make_directory()
      temporary.write(cast_.root:pem(), nil, directory .. "/a.pem")
      local store = assert(bearssl.trust.open(directory))
      temporary.write(cast_.middle:pem(), nil, directory .. "/b.crt")
      temporary.write(cast_.leaf_key:pem(), nil, directory .. "/c.pem")
      assert.are.equal(2, store:reload())
      local own = assert(bearssl.trust.new { cast_.root })
      fails("was not read from files", own.reload, own)
      fails("element 1 must be", own.reload, own, { 5 })
      assert.are.equal(1, own:reload(cast_.middle:pem()))
      assert.is_false(own:contains(cast_.root))
      local system = bearssl.trust.system()
      if system then assert.are.equal(system:count(), system:reload()) end
   end)
end)

describe("a context", function()
   it("opens encrypted keys with a password or a function", function()
      local cast_ = made()
      local keyfile = temporary.write(cast_.leaf_key:pem { password = "secret", iterations = 1000 }, ".key")
      local certfile = temporary.write(cast_.leaf:pem() .. cast_.middle:pem(), ".pem")
      local function context(password)
         return bearssl.context { mode = "server", certfile = certfile, keyfile = keyfile, password = password }
      end
      assert(context("secret"))
      local asked
      assert(context(function(where)
         asked = where
         return "secret"
      end))
      assert.are.equal(keyfile, asked)
      local none, message, code = context()
      assert.is_nil(none)
      assert.are.equal("encrypted_key", code)
      has(message, keyfile)
      none, message, code = context("wrong")
      has(message, keyfile)
      assert.is_nil(none)
      assert.are.equal("bad_password", code)
      assert(bearssl.context { mode = "server", credentials = {
         { certfile = certfile, keyfile = keyfile, password = "secret" },
      } })
      none, message, code = bearssl.context { mode = "server", certfile = certificates.ec.certfile,
         keyfile = certificates.rsa.keyfile }
      assert.is_nil(none)
      assert.are.equal("key_mismatch", code, message)
   end)
end)

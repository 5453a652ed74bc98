-- The C module by itself: keys, requests, certificates, CRLs and OCSP responses made, read and checked; and
-- contexts and trust stores that use them. Objects that finalizers close meanwhile must not bring it down.
local collector = require "spec.support.collector"
local core = require "bearssl.core"

local NOW = 1800000000
local DAY = 86400

local ca_key = assert(core.generate_key("p256"))
local leaf_key = assert(core.generate_key("p384"))
local rsa_key = assert(core.generate_key("rsa", 2048))

local function issue(options)
   local all = { issuer_key = ca_key, not_before = NOW - DAY, not_after = NOW + DAY }
   for name, value in pairs(options) do all[name] = value end
   return core.issue(all)
end

local ca = assert(issue { subject = "CN=Test CA,O=Example", ca = true, key_usage = { "keyCertSign", "cRLSign" } })

local function leaf(options)
   local all = { public_key = leaf_key, issuer = ca, subject = "CN=leaf",
      names = { { type = "DNS", value = "localhost" } } }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(issue(all))
end

local function crl(options)
   local all = { issuer = ca, issuer_key = ca_key, this_update = NOW - 100, next_update = NOW + DAY }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(core.build_crl(all))
end

local function ocsp(certificate, options)
   local all = { certificate = certificate, issuer = ca, key = ca_key, this_update = NOW - 100,
      next_update = NOW + DAY }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(core.build_ocsp_response(all))
end

local function trust(...)
   local store = assert(core.trust())
   for _, certificate in ipairs { ... } do assert(core.trust_add_certificate(store, certificate)) end
   return store
end

local function code_of(f, ...)
   local result, message, code = f(...)
   assert.is_nil(result)
   assert.equal("string", type(message))
   return code, message
end

-- The Lua layer puts methods of its own over two of the core's, when another spec has loaded it.
local key_methods, trust_methods = core.methods "key", core.methods "trust"
local layered

setup(function()
   local own = core.own_methods
   if not own then return end
   layered = { pem = key_methods.pem, verify = trust_methods.verify }
   key_methods.pem, trust_methods.verify = own.key_pem, own.trust_verify
end)

teardown(function()
   if layered then key_methods.pem, trust_methods.verify = layered.pem, layered.verify end
end)

describe("a key of the C module", function()
   it("is generated and goes through PEM and DER", function()
      local expected = { p256 = "P-256", p384 = "P-384", p521 = "P-521" }
      for kind, curve in pairs(expected) do
         local key = assert(core.generate_key(kind))
         assert.equal(curve, key:curve())
         assert.equal(key:public_der(), assert(core.key(key:pem())):public_der())
         assert.equal(key:pem(), assert(core.key(key:der())):pem())
      end
      assert.equal(2048, rsa_key:bits())
      assert.equal(rsa_key:public_pem(), assert(core.key(rsa_key:der())):public_pem())
      assert.truthy(rsa_key:public_pem():find("^%-%-%-%-%-BEGIN PUBLIC KEY"))
   end)

   it("is encrypted under a password", function()
      local pem = assert(ca_key:pem("secret", 1000))
      assert.truthy(pem:find("BEGIN ENCRYPTED PRIVATE KEY", 1, true))
      assert.equal(ca_key:der(), assert(core.key(pem, "secret")):der())
      assert.equal("encrypted_key", (code_of(core.key, pem)))
      assert.equal("bad_password", (code_of(core.key, pem, "wrong")))
      assert.equal("bad_password", (code_of(core.key, pem, "")))
      assert.equal(ca_key:der(), assert(core.key(ca_key:pem(), "not needed")):der())
      assert.equal("bad_password", (code_of(ca_key.pem, ca_key, "")))
      for _, count in ipairs { 0, 1, 999, -5, 1e7 + 1, 1e300 } do
         assert.equal("unsupported_encryption", (code_of(ca_key.pem, ca_key, "secret", count)))
      end
   end)

   it("refuses what it cannot do", function()
      assert.equal("unsupported_key", (code_of(core.generate_key, "rsa", 1024)))
      assert.equal("unsupported_key", (code_of(core.generate_key, "rsa", 2049)))
      assert.has_error(function() core.generate_key("ed448") end)
      assert.has_error(function() core.generate_key("rsa", 1e9) end)
      assert.has_error(function() core.key(1) end)
      local external = assert(core.external_key(ca))
      assert.equal("unsupported_key", (code_of(external.pem, external)))
      assert.equal("unsupported_key", (code_of(external.der, external)))
      assert.equal(ca_key:public_der(), external:public_der())
   end)
end)

describe("a request of the C module", function()
   local request = assert(core.build_request {
      key = rsa_key, subject = { { "O", "Example" }, { "CN", "leaf" } },
      names = { { type = "DNS", value = "localhost" }, { type = "IP", value = "192.0.2.1" } },
      key_usage = { "digitalSignature" }, extended_key_usage = { "serverAuth" }, must_staple = true,
      extensions = { { oid = "1.2.3.4", critical = false, value = "\5\0" } } })

   it("says what it asks for", function()
      local attributes, text = request:subject()
      assert.equal("CN=leaf,O=Example", text)
      assert.same({ oid = "2.5.4.10", name = "O", value = "Example" }, attributes[1])
      assert.same({ { type = "DNS", value = "localhost" }, { type = "IP", value = "192.0.2.1" } },
         request:names())
      assert.same({ "digitalSignature" }, request:key_usage())
      assert.same({ "serverAuth" }, request:extended_key_usage())
      assert.equal(rsa_key:public_der(), request:public_key().der)
      assert.is_true(request:must_staple())
      assert.is_false(request:is_ca())
      assert.equal(5, #request:extensions())
      assert.is_true(request:verify())
      assert.truthy(request:text():find("Certificate Request:", 1, true))
   end)

   it("is read again", function()
      assert.is_true(request == assert(core.request(request:pem())))
      assert.is_true(request == assert(core.request(request:der())))
      assert.equal("bad_pem", (code_of(core.request, ca:pem())))
      assert.equal("bad_request", (code_of(core.request, ca:der())))
      local der = request:der()
      local altered = assert(core.request(der:sub(1, -2) .. string.char((der:byte(-1) + 1) % 256)))
      assert.equal("bad_request", (code_of(altered.verify, altered)))
   end)

   it("gives its subject, key and what is accepted", function()
      local certificate = assert(issue { public_key = request, issuer = ca, accept = { "names", "must_staple" } })
      assert.equal("CN=leaf,O=Example", select(2, certificate:subject()))
      assert.same(request:names(), certificate:names())
      assert.is_true(certificate:must_staple())
      assert.is_nil(certificate:key_usage())
      assert.is_true(rsa_key:matches(certificate))
      local other = assert(issue { public_key = request, issuer = ca, subject = "CN=other" })
      assert.equal("CN=other", select(2, other:subject()))
      assert.same({}, other:names())
   end)

   it("refuses what makes no sense", function()
      assert.equal("bad_name", (code_of(core.build_request, { key = ca_key, subject = "nonsense" })))
      assert.equal("bad_name", (code_of(core.build_request, { key = ca_key, subject = { { "XX", "y" } } })))
      assert.equal("bad_name",
         (code_of(core.build_request, { key = ca_key, names = { { type = "IP", value = "1.2.3" } } })))
      assert.equal("bad_field", (code_of(core.build_request, { key = ca_key,
         extensions = { { oid = "x", value = "\5\0" } } })))
      for _, options in ipairs {
         {}, { key = 1 }, { key = ca_key, subject = 1 }, { key = ca_key, subject = { 1 } },
         { key = ca_key, names = { "x" } }, { key = ca_key, names = { { type = "x", value = "y" } } },
         { key = ca_key, names = 1 }, { key = ca_key, key_usage = { "nonsense" } },
         { key = ca_key, key_usage = { 1 } }, { key = ca_key, extended_key_usage = { "nonsense" } },
         { key = ca_key, extensions = { {} } }, { key = ca_key, hash = "md5" },
      } do
         assert.has_error(function() core.build_request(options) end)
      end
      assert.has_error(function() core.build_request() end)
   end)
end)

describe("a certificate that the C module issues", function()
   it("has what was asked for", function()
      local sub = assert(issue {
         public_key = leaf_key, issuer = ca, subject = { { "O", "A, \"B\"" }, { name = "CN", value = "ü" } },
         serial = "01:AB", ca = true, path_length = 0, key_usage = { "keyCertSign" },
         extended_key_usage = { "serverAuth", "1.2.3" },
         name_constraints = { permitted = { { type = "DNS", value = "example.org" } },
            excluded = { { type = "IP", value = "192.0.2.0/24" } } },
         ocsp_uris = { "http://o/" }, issuer_uris = { "http://i/" }, crl_uris = { "http://c/" },
         extensions = { { oid = "1.2.3.4", critical = true, value = "\5\0" } }, hash = "sha384" })
      assert.equal("01ab", sub:serial())
      assert.equal(NOW - DAY, sub:not_before())
      assert.equal(NOW + DAY, sub:not_after())
      assert.is_true(sub:is_ca())
      assert.equal(0, sub:path_length())
      assert.same({ "keyCertSign" }, sub:key_usage())
      assert.same({ "serverAuth", "1.2.3" }, sub:extended_key_usage())
      assert.same({ "http://o/" }, sub:ocsp_uris())
      assert.same({ "http://i/" }, sub:issuer_uris())
      assert.same({ "http://c/" }, sub:crl_uris())
      assert.equal("ecdsa-with-SHA384", (sub:signature_algorithm()))
      assert.equal("ü", sub:subject()[2].value)
      local again = assert(issue { public_key = sub, issuer = ca, subject = sub:subject() })
      assert.equal(select(2, sub:subject()), select(2, again:subject()))
      assert.equal(sub:public_key().der, again:public_key().der)
      local value, critical = sub:extension("1.2.3.4")
      assert.equal("\5\0", value)
      assert.is_true(critical)
      assert.is_nil(sub:extension("1.2.3.5"))
      assert.has_error(function() sub:extension("x") end)
      assert.truthy(sub:text():find("Permitted:", 1, true))
      assert.truthy(sub:text():find("CA:TRUE, pathlen:0", 1, true))
   end)

   it("knows its kin, its pin and its end", function()
      local certificate = leaf()
      assert.is_true(ca:issued(certificate))
      assert.is_true(ca:issued(ca))
      assert.is_false(certificate:issued(ca))
      local impostor = assert(issue { issuer_key = leaf_key, subject = "CN=Test CA,O=Example", ca = true })
      assert.is_false(impostor:issued(certificate))
      assert.equal(44, #certificate:pin())
      assert.equal(DAY, certificate:expires_in(NOW))
      assert.equal(-1, certificate:expires_in(NOW + DAY + 1))
      assert.same({}, certificate:scts())
   end)

   it("keeps attributes of one RDN together", function()
      local certificate = leaf { subject = "CN=a+O=b,C=DE" }
      local attributes, text = certificate:subject() -- in the order of DER
      assert.equal("O=b+CN=a,C=DE", text)
      assert.is_true(attributes[3].joined)
      assert.equal(text, select(2, leaf({ subject = attributes }):subject()))
   end)

   it("is refused when it makes no sense", function()
      assert.equal("key_mismatch",
         (code_of(issue, { public_key = leaf_key, issuer = ca, issuer_key = leaf_key, subject = "CN=x" })))
      assert.equal("bad_field", (code_of(issue, { subject = "CN=x", serial = "xyz" })))
      assert.equal("bad_field", (code_of(issue, { subject = "CN=x", serial = ("ff"):rep(21) })))
      assert.equal("bad_field", (code_of(issue, { subject = "CN=x", not_after = NOW - 2 * DAY })))
      assert.equal("bad_field", (code_of(issue, { subject = "CN=x", path_length = 1 })))
      assert.equal("bad_name", (code_of(issue, { subject = "CN=x", names = { { type = "DNS", value = "a b" } } })))
      assert.has_error(function() core.issue { issuer_key = ca_key, subject = "CN=x" } end)
      assert.has_error(function() core.issue { not_after = NOW } end)
      assert.has_error(function() issue { subject = "CN=x", accept = { "nonsense" } } end)
      assert.has_error(function() issue { subject = "CN=x", public_key = {} } end)
      assert.has_error(function() issue { subject = "CN=x", issuer = ca_key } end)
      assert.has_error(function() issue { subject = "CN=x", path_length = -1 } end)
   end)
end)

describe("a CRL of the C module", function()
   local list = crl { number = "10", revoked = {
      { serial = "80ff", date = NOW - 50, reason = "keyCompromise", invalidity_date = NOW - 60 },
      { serial = "07" } } }

   it("says what is revoked", function()
      assert.equal("CN=Test CA,O=Example", select(2, list:issuer()))
      assert.equal(NOW - 100, list:this_update())
      assert.equal(NOW + DAY, list:next_update())
      assert.equal("10", list:number())
      assert.equal(2, list:count())
      local entry = { serial = "80ff", date = NOW - 50, reason = "keyCompromise", invalidity_date = NOW - 60 }
      for _, serial in ipairs { "80ff", "80FF", "0080ff", "80:FF" } do
         assert.same(entry, list:revoked(serial))
      end
      assert.same({ serial = "07", date = NOW - 100 }, list:revoked("7"))
      assert.is_nil(list:revoked("0"))
      assert.is_nil(list:revoked("08"))
      assert.has_error(function() list:revoked("x") end)
      assert.has_error(function() list:revoked("") end)
      assert.same({ entry, { serial = "07", date = NOW - 100 } }, list:entries())
      assert.equal(NOW - 50, list:revoked(leaf { serial = "80ff" }).date)
      assert.is_true(list:covers(leaf()))
   end)

   it("is read again and checked", function()
      assert.is_true(list == assert(core.crls(list:der()))[1])
      local two = assert(core.crls(list:pem() .. ca:pem() .. crl():pem()))
      assert.equal(2, #two)
      assert.is_true(list == two[1])
      assert.equal("bad_pem", (code_of(core.crls, ca:pem())))
      assert.equal("bad_crl", (code_of(core.crls, ca:der())))
      assert.is_true(list:verify(ca, NOW))
      assert.equal("crl_expired", (code_of(list.verify, list, ca, NOW + DAY + 10)))
      assert.is_true(list:verify(ca, NOW + DAY + 10, 20))
      assert.equal("crl_not_yet_valid", (code_of(list.verify, list, ca, NOW - 101)))
      assert.equal("bad_crl", (code_of(list.verify, list, leaf(), NOW)))
   end)

   it("refuses what makes no sense", function()
      local function build(options)
         return function()
            local all = { issuer = ca, issuer_key = ca_key, this_update = NOW, next_update = NOW + 1 }
            for name, value in pairs(options) do all[name] = value end
            return core.build_crl(all)
         end
      end
      assert.equal("bad_field", (code_of(build { revoked = { { serial = "1" }, { serial = "01" } } })))
      assert.equal("bad_field", (code_of(build { revoked = { { serial = "x" } } })))
      assert.equal("bad_field", (code_of(build { number = "x" })))
      assert.equal("key_mismatch", (code_of(build { issuer_key = leaf_key })))
      assert.has_error(build { revoked = { {} } })
      assert.has_error(build { revoked = { 1 } })
      assert.has_error(build { revoked = { { serial = "1", reason = "nonsense" } } })
      assert.has_error(build { issuer = 1 })
      assert.has_error(function() core.build_crl { issuer = ca, issuer_key = ca_key } end)
   end)
end)

describe("an OCSP response of the C module", function()
   it("says the status", function()
      local certificate = leaf()
      local response = assert(core.ocsp_response(ocsp(certificate):der()))
      local status, detail = response:status(certificate, ca, NOW)
      assert.equal("good", status)
      assert.same({ this_update = NOW - 100, next_update = NOW + DAY }, detail)
      assert.equal("successful", response:response_status())
      assert.equal(NOW - 100, response:produced_at())
      status, detail = ocsp(certificate,
         { status = "revoked", revocation_time = NOW - 200, reason = "superseded", nonce = "12345678" })
         :status(certificate, ca, NOW)
      assert.equal("revoked", status)
      assert.equal(NOW - 200, detail.revocation_time)
      assert.equal("superseded", detail.reason)
      assert.equal("unknown", (ocsp(certificate, { status = "unknown" }):status(certificate, ca, NOW)))
      assert.equal("12345678", ocsp(certificate, { nonce = "12345678" }):nonce())
   end)

   it("is refused when it cannot be relied on", function()
      local certificate = leaf()
      local response = ocsp(certificate)
      assert.equal("ocsp_expired", (code_of(response.status, response, certificate, ca, NOW + 2 * DAY)))
      assert.equal("good", (response:status(certificate, ca, NOW + DAY + 5, 10)))
      local code, message = code_of(response.status, response, leaf(), ca, NOW)
      assert.equal("bad_ocsp_response", code)
      assert.truthy(message:find("another certificate", 1, true))
      assert.equal("bad_ocsp_response", (code_of(core.ocsp_response, "junk")))
      local all = { certificate = certificate, issuer = ca, key = leaf_key }
      assert.equal("key_mismatch", (code_of(core.build_ocsp_response, all)))
      all.status = "nonsense"
      assert.has_error(function() core.build_ocsp_response(all) end)
   end)

   it("is signed by a responder", function()
      local certificate = leaf()
      local responder = assert(issue { public_key = leaf_key, issuer = ca, subject = "CN=responder",
         key_usage = { "digitalSignature" }, extended_key_usage = { "OCSPSigning" } })
      local response = ocsp(certificate, { responder = responder, key = leaf_key, responder_by_key = true })
      assert.equal("good", (response:status(certificate, ca, NOW)))
   end)

   it("is asked for", function()
      local request = assert(core.ocsp_request(leaf(), ca))
      assert.equal(0x30, request:byte())
      assert.is_true(#assert(core.ocsp_request(leaf(), ca, "nonce678")) > #request)
   end)
end)

describe("a trust store of the C module", function()
   local certificate = leaf { serial = "0a", must_staple = true }

   local function verify(options)
      options.time = options.time or NOW
      return trust(ca):verify({ certificate }, options)
   end

   it("asks for revocation, staples, pins", function()
      local clean, dirty = crl(), crl { number = "1", revoked = { { serial = "0a" } } }
      local good = ocsp(certificate)
      assert.is_true(verify {})
      assert.is_true(verify { crls = { clean }, revocation = "path" })
      assert.equal("certificate_revoked", (code_of(verify, { crls = { clean, dirty } })))
      assert.equal("crl_expired", (code_of(verify, { crls = { crl { next_update = NOW - 1 } } })))
      assert.is_true(verify { crls = { crl { next_update = NOW - 1 } }, clock_skew = 5 })
      assert.equal("revocation_unknown", (code_of(verify, { revocation = "leaf" })))
      assert.is_true(verify { revocation = "leaf", ocsp_responses = { good } })
      assert.equal("staple_required", (code_of(verify, { staple = "if_must" })))
      assert.equal("staple_required", (code_of(verify, { staple = "required" })))
      assert.is_true(verify { staple = "required", ocsp_responses = { good } })
      assert.equal("certificate_revoked",
         (code_of(verify, { ocsp_responses = { ocsp(certificate, { status = "revoked" }) } })))
      assert.equal("certificate_expired", (code_of(verify, { time = NOW + DAY + 5 })))
      assert.is_true(verify { time = NOW + DAY + 5, clock_skew = 10 })
      local other = ("x"):rep(32)
      assert.equal("pin_mismatch", (code_of(verify, { pins = { other } })))
      local hex = ca:public_key_fingerprint()
      local pin = hex:gsub("..", function(byte) return string.char(tonumber(byte, 16)) end)
      assert.is_true(verify { pins = { other, pin } })
   end)

   it("raises on options that cannot be", function()
      for _, options in ipairs {
         { crls = { 1 } }, { crls = 1 }, { crls = { certificate } }, { ocsp_responses = { crl() } },
         { pins = { "short" } }, { pins = {} }, { pins = { 1 } }, { clock_skew = -1 }, { revocation = "x" },
         { staple = "x" },
      } do
         assert.has_error(function() verify(options) end)
      end
   end)

   it("is replaced as a whole, or not at all", function()
      local store, other = trust(ca), assert(issue { subject = "CN=other", ca = true })
      assert.is_true(store:verify({ certificate }, { time = NOW }))
      assert.equal(1, core.trust_replace(store, { other:pem(), "junk" }))
      assert.is_false(store:contains(ca))
      assert.equal("unknown_ca", (code_of(store.verify, store, { certificate }, { time = NOW })))
      assert.equal("bad_pem", (code_of(core.trust_replace, store, { "junk" })))
      assert.is_true(store:contains(other))
      assert.equal(2, core.trust_replace(store, { other:pem() .. ca:pem() }))
      assert.is_true(store:verify({ certificate }, { time = NOW }))
      assert.has_error(function() core.trust_replace(store, { 1 }) end)
      assert.has_error(function() core.trust_replace(store, "x") end)
      assert.equal(2, store:count())
   end)
end)

describe("a context of the C module", function()
   local certificate = leaf { serial = "0b", key_usage = { "digitalSignature" } }
   local server = assert(core.context { role = "server", verify = "none", session_cache = 10,
      credentials = { { chain = { certificate }, key = leaf_key } } })

   local function client_context(options)
      -- a session is there with the handshake
      local all = { role = "client", version_max = core.version_id "TLSv1.2", trust = trust(ca) }
      for name, value in pairs(options or {}) do all[name] = value end
      local context = assert(core.context(all))
      context:set_time(NOW)
      return context
   end

   -- The client's established info, or nil, message, code; its connection.
   local function shake(context, session)
      local client = assert(core.connection(context, { server_name = "localhost", session = session }))
      local sides = { client, assert(core.connection(server, {})) }
      for _ = 1, 20 do
         for i = 1, 2 do
            local event, message, code = sides[i]:step()
            if i == 1 and event == nil then return nil, message, code end
            sides[3 - i]:feed(sides[i]:drain())
         end
      end
      return client:info().established and client:info(), client
   end

   it("uses CRLs, pins, clock skew and modes", function()
      local hex = certificate:public_key_fingerprint()
      local pin = hex:gsub("..", function(byte) return string.char(tonumber(byte, 16)) end)
      assert.truthy(shake(client_context { crls = { crl() }, revocation = "path", pins = { pin } }))
      assert.equal("certificate_revoked",
         (code_of(shake, client_context { crls = { crl { revoked = { { serial = "0b" } } } } })))
      assert.equal("revocation_unknown", (code_of(shake, client_context { revocation = "leaf" })))
      assert.equal("pin_mismatch", (code_of(shake, client_context { pins = { ("x"):rep(32) } })))
      assert.equal("staple_required", (code_of(shake, client_context { staple = "required" })))
      assert.truthy(shake(client_context { staple = "if_must" }))
      local late = client_context { clock_skew = 10 }
      late:set_time(NOW + DAY + 5)
      assert.truthy(shake(late))
      late:set_time(NOW + DAY + 15)
      assert.equal("certificate_expired", (code_of(shake, late)))
      assert.has_error(function() core.context { crls = { 1 } } end)
      assert.has_error(function() core.context { clock_skew = -1 } end)
   end)

   it("keeps what it was given", function()
      local context = client_context { crls = { crl { revoked = { { serial = "0b" } } } } }
      collectgarbage()
      collectgarbage()
      assert.equal("certificate_revoked", (code_of(shake, context)))
   end)

   it("resumes no session that was verified otherwise", function()
      local store = trust(ca)
      local context = client_context { trust = store }
      local _, connection = shake(context)
      local session = assert(connection:session())
      assert.is_true(shake(context, session).resumed)
      local stricter = client_context { trust = store, crls = { crl() } }
      assert.is_false(shake(stricter, session).resumed)
      -- As many certificates, but others.
      assert.equal(1, core.trust_replace(store, { assert(issue { subject = "CN=other", ca = true }):pem() }))
      assert.equal("unknown_ca", (code_of(shake, context, session)))
      assert.equal(1, core.trust_replace(store, { ca:pem() }))
      assert.is_true(shake(context, session).resumed)
   end)
end)

describe("the new objects of the C module", function()
   it("are known by core.type", function()
      assert.equal("request", core.type(core.build_request { key = ca_key }))
      assert.equal("crl", core.type(crl()))
      assert.equal("ocsp_response", core.type(ocsp(ca)))
   end)

   it("raise once closed", function()
      local request, list, response = core.build_request { key = ca_key }, crl(), ocsp(ca)
      for _, object in ipairs { request, list, response } do
         local meta = debug.getmetatable(object)
         meta.__gc(object)
         meta.__gc(object)
         assert.has_error(function() object:der() end)
         assert.truthy(tostring(object):find("^bearssl%."))
      end
      assert.has_error(function() trust(ca):verify({ ca }, { crls = { list } }) end)
      assert.has_error(function() trust(ca):verify({ ca }, { ocsp_responses = { response } }) end)
      assert.has_error(function() issue { public_key = request, subject = "CN=x" } end)
      local key = assert(core.key(ca_key:der()))
      debug.getmetatable(key).__gc(key)
      assert.has_error(function() core.build_request { key = key } end)
      assert.has_error(function() key:pem() end)
   end)

   it("may be closed while they are used", function()
      -- A finalizer runs somewhere in the call, closes its objects and empties its tables.
      local newproxy = newproxy -- luacheck: ignore (Lua 5.1)
      local function on_collect(f)
         if newproxy then
            local proxy = newproxy(true)
            getmetatable(proxy).__gc = f
         else
            setmetatable({}, { __gc = f })
         end
      end
      collector.set("pause", 1)
      for _ = 1, 100 do
         local key, issuer = assert(core.key(ca_key:der())), assert(core.certificates(ca:der()))[1]
         local list = crl()
         local options = { issuer_key = key, issuer = issuer, public_key = key, not_after = NOW,
            not_before = NOW - 1, subject = { { "CN", "x" .. _ } }, names = { { type = "DNS", value = "a" .. _ } },
            extended_key_usage = { "serverAuth" }, key_usage = { "digitalSignature" } }
         local check = { crls = { list }, time = NOW }
         on_collect(function()
            debug.getmetatable(key).__gc(key)
            debug.getmetatable(issuer).__gc(issuer)
            debug.getmetatable(list).__gc(list)
            for name in pairs(options) do options[name] = nil end
            check.crls[1] = nil
         end)
         pcall(core.issue, options)
         local store = trust(ca)
         pcall(store.verify, store, { ca }, check)
      end
      collector.set("pause", 200)
   end)
end)

-- verdict_cache: a good verdict on a whole chain is remembered for a moment, and nothing else ever is. What goes into
-- the key, field by field, is in spec/core/x509/verdict_cache_test.c.
local bearssl = require "bearssl"
local pump = require "spec.support.pump"

local HOUR = 3600
local start = os.time()
local now = start
local function clock() return now end

local key = assert(bearssl.key.generate "p256")
local ca_key = assert(bearssl.key.generate "p256")

local function authority(name)
   return (assert(bearssl.certificate.selfsigned {
      key = ca_key, subject = "CN=" .. name, ca = true, not_before = start - HOUR, not_after = start + 1e6,
   }))
end

local ca, other_ca = authority "CA", authority "Other CA"

local function issue(usage, seconds, options)
   local all = {
      key = key, issuer = ca, issuer_key = ca_key, subject = "CN=x", extended_key_usage = { usage },
      names = { "localhost", "a.example", "b.example", "c.example" },
      not_before = start - HOUR, not_after = start + seconds,
   }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.certificate.issue(all))
end

local leaf, own = issue("serverAuth", 1e5), issue("clientAuth", 1e5)

local function with(base, options)
   for name, value in pairs(options or {}) do base[name] = value end
   return assert(bearssl.context(base))
end

before_each(function() now = start end)

for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
   -- session_cache = 0: what is resumed is not judged.
   local function client(options)
      return with({ max_version = version, trust = bearssl.trust.new { ca }, clock = clock, session_cache = 0 },
         options)
   end

   local function server(options)
      return with({ mode = "server", certificate = { leaf }, key = key, clock = clock }, options)
   end

   local function shake(c, s, options)
      options = options or {}
      if options.server_name == nil then options.server_name = "localhost" end
      local a, b = assert(c:connection(options)), assert(s:connection())
      return a, b, pump(a, b)
   end

   -- Whether the verdict was remembered, on a connection that is good.
   local function cached(c, s, options)
      local a, b, result = shake(c, s, options)
      assert.is_true(a:info "established" and b:info "established", result.client.message or result.server.message)
      assert.equal("ok", a:info "verdict")
      assert.is_true(a:info "peer_verified")
      return a:info "verdict_cached", a, b
   end

   local function fails(code, c, s, options)
      local a, _, result = shake(c, s, options)
      assert.equal(code, result.client.code)
      assert.is_false(a:info "verdict_cached" or a:info "peer_verified")
   end

   describe("a verdict of " .. version, function()
      it("is remembered for a minute", function()
         local c, s = client(), server()
         assert.is_false(cached(c, s))
         assert.is_true(cached(c, s))
         now = start + 60
         assert.is_true(cached(c, s))
         now = start + 61
         assert.is_false(cached(c, s))
         assert.is_true(cached(c, s))
      end)

      it("is not one of before the chain was judged", function()
         local c, s = client(), server()
         assert.is_false(cached(c, s))
         now = start - 1
         assert.is_false(cached(c, s))
      end)

      it("does not outlive a certificate of the path", function()
         local short_ca = assert(bearssl.certificate.selfsigned {
            key = ca_key, subject = "CN=Short", ca = true, not_before = start - HOUR, not_after = start + 30,
         })
         local under = issue("serverAuth", 1e5, { issuer = short_ca })
         for _, case in ipairs { { issue("serverAuth", 30), ca }, { under, short_ca } } do
            now = start
            local c, s = client { trust = bearssl.trust.new { case[2] } }, server { certificate = { case[1] } }
            assert.is_false(cached(c, s))
            assert.is_true(cached(c, s))
            now = start + 30
            assert.is_true(cached(c, s))
            now = start + 31
            fails("certificate_expired", c, s)
         end
      end)

      it("that only the clock skew made good is not remembered", function()
         local c, s = client { clock_skew = 100 }, server { certificate = { issue("serverAuth", 30) } }
         now = start + 31
         assert.is_false(cached(c, s))
         assert.is_false(cached(c, s))
      end)

      it("is of one name", function()
         local c, s = client(), server()
         assert.is_false(cached(c, s))
         assert.is_false(cached(c, s, { server_name = "a.example" }))
         fails("name_mismatch", c, s, { server_name = "d.example" })
         fails("name_mismatch", c, s, { server_name = "d.example" })
         assert.is_false(cached(c, s, { server_name = false }))
         for _, name in ipairs { "localhost", "a.example" } do
            assert.is_true(cached(c, s, { server_name = name }))
         end
      end)

      it("is of one chain", function()
         local c, s = client(), server()
         assert.is_false(cached(c, s))
         assert.is_false(cached(c, server { certificate = { issue("serverAuth", 1e5) } }))
         fails("unknown_ca", c, server { certificate = { issue("serverAuth", 1e5, { issuer = other_ca }) } })
         assert.is_true(cached(c, s))
      end)

      it("is of one context", function()
         local s, trust = server(), bearssl.trust.new { ca }
         assert.is_false(cached(client { trust = trust }, s))
         assert.is_false(cached(client { trust = trust }, s))
      end)

      it("is forgotten when the trust store changes", function()
         local trust = bearssl.trust.new { ca }
         local c, s = client { trust = trust }, server()
         assert.is_false(cached(c, s))
         assert(trust:reload { other_ca })
         fails("unknown_ca", c, s)
         assert(trust:reload { ca })
         assert.is_false(cached(c, s))
         assert.is_true(cached(c, s))
         assert(trust:reload { ca, other_ca })
         assert.is_false(cached(c, s))
      end)

      it("leads to the certificates of a store that nobody else holds", function()
         local path
         local c = client { handlers = { verify = function(_, question) path = question.path end } }
         local s = server()
         assert.is_false(cached(c, s))
         path = nil
         collectgarbage()
         assert.is_true(cached(c, s))
         assert.equal(ca:fingerprint(), path[2]:fingerprint())
      end)

      it("is of the pins in force", function()
         local c, s = client(), server()
         assert.is_false(cached(c, s))
         fails("pin_mismatch", c, s, { pins = { other_ca:fingerprint() } })
         assert.is_false(cached(c, s, { pins = { leaf:pin() } }))
         assert.is_true(cached(c, s, { pins = { leaf:pin() } }))
         assert.is_true(cached(c, s))
      end)

      it("is not remembered where revocation has a say", function()
         local function list(revoked)
            return (assert(bearssl.crl.new { issuer = ca, issuer_key = ca_key, revoked = revoked,
               this_update = start - HOUR, next_update = start + HOUR }))
         end
         local c, s = client { crls = list {}:pem() }, server()
         assert.is_false(cached(c, s))
         assert.is_false(cached(c, s))
         fails("certificate_revoked", client { crls = list { leaf }:pem() }, s)
         local function response(status)
            return assert(bearssl.ocsp.new { certificate = leaf, issuer = ca, issuer_key = ca_key, status = status,
               this_update = start - HOUR, next_update = start + HOUR }):der()
         end
         c, s = client(), server { ocsp_response = response "good" }
         assert.is_false(cached(c, s))
         assert.is_false(cached(c, s))
         -- and one that was remembered without does not speak against a response
         assert.is_false(cached(c, server()))
         assert.is_true(cached(c, server()))
         fails("certificate_revoked", c, server { ocsp_response = response "revoked" })
      end)

      it("does not stand for the OCSP response that a certificate demands", function()
         local must = issue("serverAuth", 1e5, { must_staple = true })
         local function response(status)
            return assert(bearssl.ocsp.new { certificate = must, issuer = ca, issuer_key = ca_key, status = status,
               this_update = start - HOUR, next_update = start + HOUR }):der()
         end
         local c, bare = client(), server { certificate = { must } }
         for _ = 1, 2 do
            assert.is_false(cached(c, server { certificate = { must }, ocsp_response = response "good" }))
            fails("staple_required", c, bare)
            fails("certificate_revoked", c, server { certificate = { must }, ocsp_response = response "revoked" })
         end
         -- a context that asks for none remembers, and that is no other context's
         local lax = client { staple = "none" }
         assert.is_false(cached(lax, bare))
         assert.is_true(cached(lax, bare))
         fails("staple_required", c, bare)
      end)

      it("is of clients that go on without trust where they may", function()
         local c, s = client { verify = "report" }, server()
         local wrong = server { certificate = { issue("serverAuth", 1e5, { issuer = other_ca }) } }
         assert.is_false(cached(c, s))
         for _ = 1, 2 do
            local a = shake(c, wrong)
            assert.is_true(a:info "established")
            assert.equal("unknown_ca", a:info "verdict")
            assert.is_false(a:info "verdict_cached" or a:info "peer_verified")
            assert.is_true(cached(c, s))
         end
      end)

      it("that is bad is found anew each time, and a verify handler is asked each time", function()
         local verdicts = {}
         local handlers = { verify = function(_, question)
            verdicts[#verdicts + 1] = ("%s %d"):format(question.verdict, #question.path)
            return true
         end }
         local c, s = client { handlers = handlers }, server()
         assert.is_false(cached(c, s))
         assert.is_true(cached(c, s))
         local wrong = server { certificate = { issue("serverAuth", 1e5, { issuer = other_ca }) } }
         fails("unknown_ca", c, wrong)
         fails("unknown_ca", c, wrong)
         assert.same({ "ok 2", "ok 2", "unknown_ca 1", "unknown_ca 1" }, verdicts)
      end)

      it("leads along the same path, through the certificates at hand", function()
         local path
         local c = client { handlers = { verify = function(_, question) path = question.path end } }
         local middle_key = assert(bearssl.key.generate "p256")
         local middle = issue("serverAuth", 1e5, { key = middle_key, ca = true, subject = "CN=Middle" })
         local low = issue("serverAuth", 1e5, { issuer = middle, issuer_key = middle_key })
         local s = server { certificate = { low, own, middle } }
         for _, expected in ipairs { false, true } do
            local found, a = cached(c, s)
            assert.equal(expected, found)
            local prints = {}
            for i, one in ipairs(path) do prints[i] = one:fingerprint() end
            assert.same({ low:fingerprint(), middle:fingerprint(), ca:fingerprint() }, prints)
            assert.equal(3, #a:info "peer_certificates")
         end
      end)

      it("makes room for another, the one that was not used for longest first", function()
         local c, s = client { verdict_cache = 2 }, server()
         local function of(name) return (cached(c, s, { server_name = name })) end
         assert.same({ false, false, true, false, true, false },
            { of "a.example", of "b.example", of "a.example", of "c.example", of "a.example", of "b.example" })
      end)

      it("is still of a server that has to prove that the key is its own", function()
         local c = client()
         assert.is_false(cached(c, server()))
         local other_key = assert(bearssl.key.generate "p256")
         local thief = server { key = "external", handlers = { sign = function(_, question)
            return assert(other_key:sign(question.scheme, question.digest))
         end } }
         local a, _, result = shake(c, thief)
         assert.equal("bad_signature", result.client.code)
         assert.is_false(a:info "verdict_cached" or a:info "peer_verified")
         assert.same({}, a:info "peer_certificates")
      end)

      it("on a client is remembered by servers that were told to", function()
         local c = client { certificate = { own }, key = key }
         for _, size in ipairs { 0, 1 } do
            local s = server { verify = "required", trust = bearssl.trust.new { ca },
               verdict_cache = size > 0 and size or nil }
            assert.equal(size, s:info().verdict_cache)
            local _, _, b = cached(c, s)
            assert.is_true(b:info "peer_verified")
            assert.is_false(b:info "verdict_cached")
            _, _, b = cached(c, s)
            assert.is_true(b:info "peer_verified")
            assert.equal(size > 0, b:info "verdict_cached")
         end
      end)

      it("of a resumed connection is the session's", function()
         local c, s = client { session_cache = 10 }, server()
         assert.is_false(cached(c, s))
         local found, a = cached(c, s)
         assert.is_true(a:info "resumed")
         assert.is_false(found)
      end)
   end)
end

describe("the option verdict_cache", function()
   local function refused(pattern, options)
      local ok, message = pcall(bearssl.context, options)
      assert.is_false(ok)
      assert.matches(pattern, message)
   end

   it("is 64 for a client, none for a server, and can be turned off", function()
      assert.equal(64, bearssl.context({ trust = ca:pem() }):info().verdict_cache)
      assert.equal(0, bearssl.context({ trust = ca:pem(), verdict_cache = 0 }):info().verdict_cache)
      assert.equal(0, bearssl.context({ mode = "server", certificate = { leaf }, key = key }):info().verdict_cache)
   end)

   it("is refused where nothing could be remembered", function()
      refused("'verdict_cache' needs verification", { verify = "none", verdict_cache = 4 })
      refused("'verdict_cache' needs 'trust'",
         { mode = "server", certificate = { leaf }, key = key, verdict_cache = 4 })
      local trust = ca:pem()
      refused("'verdict_cache' is of no use beside 'revocation'",
         { trust = trust, revocation = "leaf", verdict_cache = 4 })
      refused("'verdict_cache' is of no use beside 'staple'",
         { trust = trust, staple = "required", verdict_cache = 4 })
      local crl = assert(bearssl.crl.new { issuer = ca, issuer_key = ca_key, revoked = {} }):pem()
      refused("'verdict_cache' is of no use beside 'crls'", { trust = trust, crls = crl, verdict_cache = 4 })
      assert(bearssl.context { trust = trust, crls = crl, verdict_cache = 0 })
      assert(bearssl.context { verify = "none", verdict_cache = 0 })
      for _, wrong in ipairs { -1, 1025, 0.5, "x" } do refused("verdict_cache", { verdict_cache = wrong }) end
   end)
end)

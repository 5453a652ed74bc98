-- What a session vouches for: by what its peer was judged, when, and until when; and what is demanded of a certificate
-- whatever the mode of verification says.
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
      names = { usage == "serverAuth" and "localhost" or "mailto:a@example.org" },
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

local function client(version, options)
   return with({ max_version = version, trust = bearssl.trust.new { ca }, clock = clock }, options)
end

local function server(options)
   return with({ mode = "server", certificate = { leaf }, key = key, clock = clock }, options)
end

local mutual = { certificate = { own }, key = key }
local function demanding(options)
   return with({ mode = "server", certificate = { leaf }, key = key, clock = clock, verify = "required",
      trust = bearssl.trust.new { ca } }, options)
end

local function shake(c, s, options, theirs)
   options = options or {}
   options.server_name = "localhost"
   local a, b = assert(c:connection(options)), assert(s:connection(theirs))
   local result = pump(a, b)
   return a, b, result
end

local function established(...)
   local a, b, result = shake(...)
   assert.is_true(a:info "established" and b:info "established", result.client.message or result.server.message)
   return a, b
end

-- A shared memory of a server's sessions, by handlers.
local function store()
   local kept = {}
   return {
      session_store = function(_, question) kept[question.session_id] = question.session:export() end,
      session_load = function(_, question) return kept[question.session_id] end,
   }
end

before_each(function() now = start end)

for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
   describe("a session of " .. version, function()
      -- The trust store changes when the peer is judged already.
      local function reload_at_finished(trust)
         return { finished = function(_, message)
            if message.direction == "received" then assert(trust:reload { other_ca }) end
         end }
      end

      it("of a client stands for the trust that judged it", function()
         local trust = assert(bearssl.trust.new { ca })
         local c, s = client(version, { trust = trust }), server()
         local session = assert(established(c, s, { handlers = reload_at_finished(trust) }):session())
         assert.is_false(session:resumable(c, "localhost"))
         local a, _, result = shake(c, s, { session = session })
         assert.equal("unknown_ca", result.client.code)
         assert.is_false(a:info "resumed" or a:info "peer_verified")
      end)

      it("of a server stands for the trust that judged it", function()
         local trust = assert(bearssl.trust.new { ca })
         local c, s = client(version, mutual), demanding { trust = trust }
         local a = established(c, s, nil, { handlers = reload_at_finished(trust) })
         local _, b, result = shake(c, s, { session = assert(a:session()) })
         assert.equal("unknown_ca", result.server.code)
         assert.is_false(b:info "resumed" or b:info "peer_verified")
      end)

      -- TLS 1.3 has nothing but tickets, which a store may stand behind
      for _, kind in ipairs(version == "TLSv1.3" and { "tickets", "store" } or { "tickets", "cache", "store" }) do
         local handlers = kind == "store" and store() or nil
         local options = { session_cache = kind == "store" and 0 or nil }
         if version == "TLSv1.2" then options.tickets = kind == "tickets" else options.handlers = handlers end

         it("does not outlive the server's certificate: " .. kind, function()
            local short = issue("serverAuth", 600)
            local c = client(version)
            local s = with({ mode = "server", certificate = { short }, key = key, clock = clock }, options)
            local session = assert(established(c, s, nil, { handlers = handlers }):session())
            assert.equal(short:not_after(), session:expires())
            local a = established(c, s, { session = session }, { handlers = handlers })
            assert.is_true(a:info "resumed")
            assert.is_true(assert(a:session()):expires() <= short:not_after())
            now = start + 601
            assert.is_false(session:resumable(c, "localhost"))
            local _, _, result = shake(c, s, { session = session }, { handlers = handlers })
            assert.equal("certificate_expired", result.client.code)
         end)

         it("does not outlive the client's certificate: " .. kind, function()
            local short = issue("clientAuth", 600)
            local c, s = client(version, { certificate = { short }, key = key }), demanding(options)
            local session = assert(established(c, s, nil, { handlers = handlers }):session())
            local a, b = established(c, s, { session = session }, { handlers = handlers })
            assert.is_true(a:info "resumed" and b:info "peer_verified")
            now = start + 601
            local _, _, result = shake(c, s, { session = session }, { handlers = handlers })
            assert.equal("certificate_expired", result.server.code)
         end)
      end

      it("ends with the first certificate of the path, not with the leaf", function()
         local intermediate = assert(bearssl.certificate.issue { key = key, issuer = ca, issuer_key = ca_key, ca = true,
            subject = "CN=Intermediate", not_before = start - HOUR, not_after = start + 300 })
         local short = issue("serverAuth", 600, { issuer = intermediate, issuer_key = key })
         local s = server { certificate = { short, intermediate } }
         local session = assert(established(client(version), s):session())
         assert.equal(start + 300, session:expires())
      end)

      it("of a peer that nobody judged ends as the context says", function()
         local old = issue("serverAuth", -60)
         local c, s = client(version, { verify = "none" }), server { certificate = { old } }
         local session = assert(established(c, s):session())
         assert.equal(start + 7200, session:expires())
         assert.is_true(established(c, s, { session = session }):info "resumed")
      end)

      it("is not prolonged by a later ticket", function()
         local c, s = client(version), server()
         local a, b = established(c, s)
         local session = assert(a:session())
         now = start + 5000
         if version == "TLSv1.3" then
            assert(b:send_ticket())
            pump(a, b)
         else
            a = established(c, s, { session = session })
            assert.is_true(a:info "resumed")
         end
         assert.equal(start + 7200, assert(a:session()):expires())
      end)

      it("is not resumed under other pins or CRLs", function()
         local function crl(number)
            return assert(bearssl.crl.new { issuer = ca, issuer_key = ca_key, number = number,
               this_update = start - HOUR, next_update = start + 1e5 })
         end
         local first, s = crl(1), server()
         for _, verify in ipairs { "required", "none" } do
            local session = assert(established(client(version, { verify = verify, crls = { first } }), s):session())
            local same = established(client(version, { verify = verify, crls = { first } }), s, { session = session })
            assert.is_true(same:info "resumed")
            for _, options in ipairs { { crls = { crl(2) } }, { crls = { first }, pins = { ca:pin() } }, {} } do
               options.verify = verify
               local trust = verify == "none" and { trust = bearssl.trust.new { ca } } or {}
               for name, value in pairs(trust) do options[name] = value end
               assert.is_false(established(client(version, options), s, { session = session }):info "resumed")
            end
         end
      end)

      it("says of two contexts that verify nothing only what the one in use knows", function()
         local function new(trusted)
            return client(version, { verify = "none", trust = bearssl.trust.new { trusted },
               handlers = { verify = function() end } })
         end
         local knowing, ignorant, s = new(ca), new(other_ca), server()
         local a = established(knowing, s)
         assert.is_true(a:info "peer_verified")
         assert.equal("ok", a:info "verdict")
         local session = assert(a:session())
         a = established(ignorant, s, { session = session })
         assert.is_true(a:info "resumed")
         assert.is_false(a:info "peer_verified")
         assert.is_nil(a:info "verdict")
         a = established(knowing, s, { session = session })
         assert.is_true(a:info "resumed")
         assert.equal("ok", a:info "verdict")
      end)

      it("is called resumable when it is resumed", function()
         local cases = {
            { {}, {} },
            { { extended_master_secret = false }, {} },
            { { extended_master_secret = "required" }, {} },
            { {}, { extended_master_secret = false } },
            { {}, { extended_master_secret = "required" } },
            { {}, { session_lifetime = 60 } },
         }
         local keys = assert(bearssl.ticket_keys.new {})
         for _, made in ipairs { {}, { extended_master_secret = false } } do
            local a, b = established(client(version, made), server { ticket_keys = keys })
            local mine, theirs = assert(a:session()), assert(b:session())
            for index, case in ipairs(cases) do
               local c = client(version, case[1])
               case[2].ticket_keys = keys
               local s = server(case[2])
               local told = mine:resumable(c, "localhost") and theirs:resumable(s, "localhost")
               -- RFC 7627 section 5.3: both have it since, and so another handshake makes a better session
               if version == "TLSv1.2" and made.extended_master_secret == false
                  and case[1].extended_master_secret ~= false and case[2].extended_master_secret ~= false then
                  told = false
               end
               a, b = shake(c, s, { session = mine })
               assert.equal(told, a:info "resumed", index)
               assert.equal(told, b:info "resumed", index)
               -- what is not resumed is another handshake, and no failure, unless the two never agree
               local agree = version == "TLSv1.3" or not (case[1].extended_master_secret == "required"
                  and case[2].extended_master_secret == false)
               assert.equal(agree, a:info "established", index)
            end
         end
      end)
   end)

   describe("a verdict of " .. version, function()
      it("is there when there was a judgement, and stays with the session", function()
         local s = server()
         for _, case in ipairs {
            { "none", other_ca, nil }, { "report", other_ca, "unknown_ca" }, { "required", ca, "ok" },
         } do
            local c = client(version, { verify = case[1], trust = bearssl.trust.new { case[2] } })
            local a, b = established(c, s)
            assert.equal(case[3], a:info "verdict")
            assert.is_nil(b:info "verdict")
            local exported = assert(bearssl.session.import(assert(a:session()):export()))
            for _, session in ipairs { a:session(), exported } do
               a, b = established(c, s, { session = session })
               assert.is_true(a:info "resumed")
               assert.equal(case[3], a:info "verdict")
               assert.equal(case[1] == "required", a:info "peer_verified")
               assert.is_nil(b:info "verdict")
            end
         end
      end)

      it("is the server's on its client too", function()
         local s = demanding()
         local a, b = established(client(version, mutual), s)
         assert.equal("ok", b:info "verdict")
         a, b = established(client(version, mutual), s, { session = assert(a:session()) })
         assert.is_true(a:info "resumed")
         assert.equal("ok", b:info "verdict")
         s = demanding { verify = "optional" }
         a, b = established(client(version), s)
         assert.is_true(a:info "established")
         assert.is_nil(b:info "verdict")
      end)
   end)

   describe("what is demanded in " .. version, function()
      local pinned = assert(bearssl.certificate.selfsigned { key = ca_key, subject = "CN=Pinned", ca = true, days = 9 })
      local stranger = assert(bearssl.certificate.selfsigned { subject = "CN=Stranger", ca = true, days = 9 })
      local revoking = assert(bearssl.crl.new { issuer = ca, issuer_key = ca_key, revoked = { leaf },
         this_update = start - HOUR, next_update = start + 1e5 })
      local silent = assert(bearssl.crl.new { issuer = ca, issuer_key = ca_key, this_update = start - HOUR,
         next_update = start + 1e5 })
      local response = assert(bearssl.ocsp.new { certificate = leaf, issuer = ca, issuer_key = ca_key, status = "good",
         this_update = start - 60 }):der()

      -- title, options of the client, of the server, the failure
      local cases = {
         { "a wrong pin", { pins = { stranger:pin() } }, nil, "pin_mismatch" },
         { "the leaf's pin", { pins = { leaf:pin() } } },
         { "the pin of who signed the leaf", { pins = { ca:pin() } }, { certificate = { leaf, ca } } },
         -- the chain has the certificate, but its key signed nothing
         { "the pin of a stranger in the chain", { pins = { stranger:pin() } }, { certificate = { leaf, stranger } },
            "pin_mismatch" },
         { "the pin of a signer of another name", { pins = { pinned:pin() } }, { certificate = { leaf, pinned } },
            "pin_mismatch" },
         { "a staple that does not come", { staple = "required" }, nil, "staple_required" },
         { "a staple", { staple = "required" }, { ocsp_response = response, certificate = { leaf, ca } } },
         { "a staple that nobody can check", { staple = "required" }, { ocsp_response = response },
            "revocation_unknown" },
         { "a CRL that has it", { crls = { revoking } }, { certificate = { leaf, ca } }, "certificate_revoked" },
         { "a CRL that has it not", { crls = { silent } }, { certificate = { leaf, ca } } },
         { "a CRL that nobody can check", { crls = { silent } }, nil, "revocation_unknown" },
         { "the leaf's status", { revocation = "leaf" }, { certificate = { leaf, ca } }, "revocation_unknown" },
         { "the path's status", { revocation = "path", crls = { silent } }, { certificate = { leaf, ca } } },
      }
      for _, case in ipairs(cases) do
         for _, verify in ipairs { "none", "report" } do
            it(("%s, with verify = %q"):format(case[1], verify), function()
               local options = { verify = verify, trust = bearssl.trust.new { other_ca } }
               for name, value in pairs(case[2]) do options[name] = value end
               local a, _, result = shake(client(version, options), server(case[3]))
               assert.equal(case[4], result.client.code, result.client.message)
               assert.equal(case[4] == nil, a:info "established")
               -- who satisfies a demand is trusted no more than before
               assert.is_false(a:info "peer_verified")
               local verdict = case[4]
               if not verdict and verify == "report" then verdict = "unknown_ca" end
               assert.equal(verdict, a:info "verdict")
               if case[4] then assert.is_not.equal("", result.client.message) end
            end)
         end
      end

      it("is for a handler to waive", function()
         local seen
         local options = { verify = "none", pins = { stranger:pin() }, trust = bearssl.trust.new { ca },
            handlers = { verify = function(_, question)
               seen = question.verdict
               return "accept"
            end } }
         local a = established(client(version, options), server())
         assert.equal("pin_mismatch", seen)
         assert.equal("pin_mismatch", a:info "verdict")
         options.handlers = { verify = function() end }
         local _, _, result = shake(client(version, options), server())
         assert.equal("pin_mismatch", result.client.code)
      end)
   end)
end

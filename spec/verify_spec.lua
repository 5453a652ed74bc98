-- Who may come: what a `verify` handler returns, the modes of `verify`, and what info() tells of both. A handler can
-- only refuse, but for one word.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"

local TRUSTED, STRANGE = certificates.ca.certificate, certificates.other_ca.certificate

local function client(version, options)
   local all = { max_version = version, trust = TRUSTED }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.context(all))
end

local function server(options)
   local all = { mode = "server", certificate = certificates.ec.chain, key = certificates.ec.key }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.context(all))
end

local function shake(c, s, options, theirs)
   options = options or {}
   options.server_name = "localhost"
   local a, b = assert(c:connection(options)), assert(s:connection(theirs))
   return a, b, pump(a, b)
end

local function told(connection)
   local info = connection:info()
   return { info.verdict, info.peer_verified, info.peer_accepted, n = 3 }
end

-- What each kind of answer comes to: the code that a handshake fails with, for a chain that is good and one that is
-- not; nil where it succeeds.
local REFUSED = "certificate_refused"
local answers = {
   { "nothing at all", function() end, nil, "unknown_ca" },
   { "true", function() return true end, nil, "unknown_ca" },
   { "true and nil", function() return true, nil end, nil, "unknown_ca" },
   { "the word that accepts", function() return "accept" end, nil, nil },
   { "false", function() return false end, REFUSED, REFUSED },
   { "an explicit nil", function() return nil end, REFUSED, REFUSED },
   { "nil and a reason", function() return nil, "certificate_revoked" end, "certificate_revoked",
      "certificate_revoked" },
   { "false and a reason", function() return false, "certificate_revoked" end, "certificate_revoked",
      "certificate_revoked" },
   { "a number", function() return 1 end, "handler_error", "handler_error" },
   { "another word", function() return "ok" end, "handler_error", "handler_error" },
   { "a table", function() return {} end, "handler_error", "handler_error" },
   { "true and a reason", function() return true, "certificate_revoked" end, "handler_error", "handler_error" },
   { "a yield, then nothing", function() coroutine.yield() end, nil, "unknown_ca" },
   { "a yield, then nil", function() coroutine.yield() return nil end, REFUSED, REFUSED },
}

for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
   describe("a verify handler of " .. version .. " that returns", function()
      for _, case in ipairs(answers) do
         it(case[1], function()
            for index, trust in ipairs { TRUSTED, STRANGE } do
               local wanted = case[2 + index]
               local a, b, result
               local thread = coroutine.create(function()
                  a, b, result = shake(client(version, { trust = trust, handlers = { verify = case[2] } }), server())
               end)
               while coroutine.status(thread) ~= "dead" do assert(coroutine.resume(thread)) end
               assert.equal(wanted, result.client.code, result.client.message)
               assert.equal(wanted == nil, a:info "established")
               assert.is_table(b:info())
               if not wanted then
                  assert.same({ index == 1 and "ok" or "unknown_ca", index == 1, true, n = 3 }, told(a))
               end
            end
         end)
      end
   end)

   describe("a verify handler of " .. version, function()
      it("that looks its pins up refuses an unknown key, and an expired certificate whose key is known", function()
         local function pinned(leaf, pins)
            local _, _, result = shake(client(version, { handlers = {
               verify = function(_, question) return pins[question.chain[1]:pin()] end,
            } }), server { certificate = leaf.chain, key = leaf.key })
            return result.client.code
         end
         local function pins_of(leaf) return { [bearssl.certificate.load(leaf.chain)[1]:pin()] = true } end
         assert.is_nil(pinned(certificates.ec, pins_of(certificates.ec)))
         assert.equal(REFUSED, pinned(certificates.ec, {}))
         assert.equal("certificate_expired", pinned(certificates.expired, pins_of(certificates.expired)))
      end)

      it("may return what certificate:verify does", function()
         for _, case in ipairs { { TRUSTED }, { STRANGE, "unknown_ca" } } do
            local store = bearssl.trust.new { case[1] }
            local _, _, result = shake(client(version, { handlers = { verify = function(_, question)
               return question.chain[1]:verify { trust = store, chain = question.chain }
            end } }), server())
            assert.equal(case[2], result.client.code, result.client.message)
            if case[2] then assert.truthy(#result.client.message > #case[2], result.client.message) end
         end
      end)

      it("of a server is asked of its clients' chains alike", function()
         local own = certificates.client_untrusted
         local c = client(version, { certificate = own.chain, key = own.key })
         for wanted, handler in pairs {
            unknown_ca = function() return true end, certificate_refused = function() return nil end,
            accepted = function() return "accept" end,
         } do
            local s = server { verify = "required", trust = TRUSTED, handlers = { verify = handler } }
            local _, b, result = shake(c, s)
            if wanted == "accepted" then
               assert.same({ "unknown_ca", false, true, n = 3 }, told(b))
            else
               assert.equal(wanted, result.server.code)
               assert.same({ false, false }, { b:info "peer_verified", b:info "peer_accepted" })
            end
         end
      end)

      it("decides nothing where verify says that nothing matters", function()
         for _, verify in ipairs { "none", "report" } do
            local function with(handler)
               local a = shake(client(version, { trust = STRANGE, verify = verify, handlers = { verify = handler } }),
                  server())
               return a
            end
            assert.same({ "unknown_ca", false, false, n = 3 }, told(with(function() return true end)))
            assert.same({ "unknown_ca", false, true, n = 3 }, told(with(function() return "accept" end)))
            assert.is_false(with(function() return nil end):info "established")
         end
      end)

      it("where nothing matters keeps what it made of the peer in the session too", function()
         for wanted, case in pairs { ok = { TRUSTED, true }, unknown_ca = { STRANGE, "accept" } } do
            local c = client(version, { trust = case[1], verify = "none", handlers = {
               verify = function() return case[2] end } })
            local s = server()
            local a = shake(c, s)
            for _ = 1, 2 do
               assert.same({ wanted, wanted == "ok", true, n = 3 }, told(a))
               a = shake(c, s, { session = assert(a:session()) })
               assert.is_true(a:info "resumed")
            end
         end
      end)

      it("made a session what it resumes as", function()
         local established
         local handlers = { verify = function() return "accept" end,
            established = function(_, message) established = message end }
         local c, s = client(version, { trust = STRANGE, handlers = handlers }), server()
         local a = shake(c, s)
         local session = assert(a:session())
         assert.same({ false, true }, { established.peer_verified, established.peer_accepted })
         for _, one in ipairs { session, assert(bearssl.session.import(session:export())) } do
            assert.same({ false, true }, { one:info().peer_verified, one:info().peer_accepted })
            a = shake(c, s, { session = one })
            assert.is_true(a:info "resumed")
            assert.same({ "unknown_ca", false, true, n = 3 }, told(a))
         end
      end)
   end)

   describe('verify = "report" of ' .. version, function()
      it("goes on and tells the verdict, of a context and of a connection", function()
         local strange = client(version, { trust = STRANGE, verify = "report" })
         assert.same({ "unknown_ca", false, false, n = 3 }, told((shake(strange, server()))))
         assert.same({ "ok", true, true, n = 3 }, told((shake(client(version, { verify = "report" }), server()))))
         local a = shake(client(version, { trust = STRANGE }), server(), { verify = "report" })
         assert.same({ "unknown_ca", false, false, n = 3 }, told(a))
      end)
   end)
end

describe("a verdict", function()
   it("is nil where the handshake failed before a chain was judged", function()
      local a, b, result = shake(client "TLSv1.2", server { min_version = "TLSv1.3" })
      assert.is_nil(result.client.status)
      assert.same({ nil, false, false, n = 3 }, told(a))
      assert.same({ nil, false, false, n = 3 }, told(b))
   end)
end)

describe("a handler that would never be asked", function()
   it("raises: a server's verify where nobody is asked for a certificate", function()
      local handlers = { verify = function() return false end }
      local ok, message = pcall(server, { handlers = handlers })
      assert.is_false(ok)
      assert.is_truthy(message:find("'verify' is never asked", 1, true), message)
      assert.is_table(server { handlers = handlers, verify = "optional", trust = TRUSTED })
   end)
end)

describe("a mode of verify", function()
   local function raises(part, f, ...)
      local ok, message = pcall(f, ...)
      assert.is_false(ok)
      assert.is_truthy(message:find(part, 1, true), message)
   end

   it("that is the other side's raises, and tells what to give instead", function()
      raises('give "report"', bearssl.context, { verify = "optional" })
      raises('give "optional"', server, { verify = "report", trust = TRUSTED })
      local c, s = client("TLSv1.3"), server { trust = TRUSTED }
      raises('give "report"', c.connection, c, { server_name = "x.example", verify = "optional" })
      raises('give "optional"', s.connection, s, { verify = "report" })
      raises('must be "required", "optional" or "none"', function()
         local _, b = shake(client "TLSv1.2", server { renegotiation = true, trust = TRUSTED })
         b:renegotiate { verify = "report" }
      end)
   end)
end)

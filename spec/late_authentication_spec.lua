-- A client that authenticates after the handshake of TLS 1.3 (RFC 8446 section 4.6.2): what is told before and after,
-- what waits, and streams that wait for it. Real peers: spec/interop/late_authentication_spec.lua; hostile ones:
-- spec/core/tls13/hostile13_late_test.c.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local ladder = require "bearssl.ladder"
local pair = require "bearssl.transport.pair"
local pump = require "spec.support.pump"
local together = require "spec.support.together"
local tls13 = require "spec.support.tls13"

local FIRST, SECOND, STRANGER = certificates.client_ec, certificates.client_rsa, certificates.client_untrusted

local function client(options)
   local all = { post_handshake_auth = true, certfile = FIRST.chainfile, keyfile = FIRST.keyfile }
   for name, value in pairs(options or {}) do all[name] = value or nil end
   return tls13.client(all)
end

local function server(options)
   local all = { cafile = certificates.ca.certfile, verify = "none" }
   for name, value in pairs(options or {}) do all[name] = value end
   return tls13.server(all)
end

local function pem_of(side)
   local own = side:info("peer_certificates")[1]
   return own and own:pem()
end

-- Handlers of a client that shows these certificates in turn (false: none).
local function showing(...)
   local list, at = { ... }, 0
   return { client_certificate = function()
      at = at + 1
      local own = list[at]
      return own and { certificate = own.chain, key = own.key } or false
   end }
end

local function refused(code, ok, message, got)
   assert.is_nil(ok)
   assert.is_string(message)
   assert.equal(code, got)
end

describe("a late authentication", function()
   it("is told when it is proven, not before", function()
      local seen = {}
      local handlers = {}
      for _, stage in ipairs {
         "certificate_request", "certificate", "certificate_verify", "finished", "authenticated",
      } do
         handlers[stage] = function(connection, message)
            local info = connection:info()
            seen[#seen + 1] = { stage, info.peer_verified, #info.peer_certificates, info.authenticating }
            if stage == "authenticated" then seen.message = message end
         end
      end
      handlers.verify = function(connection) seen.judged = connection:info "peer_verified" end
      local a, b = tls13.established(client(), server(), { server = { handlers = handlers } })
      seen = {}
      assert.equal(0, b:info "authentications")
      assert.is_false(b:info "authenticating")
      assert.is_true(b:request_certificate())
      assert.is_true(b:info "authenticating")
      pump(a, b)
      assert.is_false(seen.judged)
      assert.same({ "certificate_request", false, 0, true }, seen[1])
      assert.same({ "certificate", false, 0, true }, seen[2])
      assert.same({ "certificate_verify", false, 0, true }, seen[3])
      assert.equal("finished", seen[4][1])
      assert.same({ "authenticated", true, 1 }, { seen[5][1], seen[5][2], seen[5][3] })
      assert.equal(5, #seen)
      local message = seen.message
      assert.is_nil(message.direction)
      assert.equal("client", message.whose)
      assert.equal(FIRST.certificate, message.chain[1]:pem())
      assert.is_true(message.peer_verified)
      assert.equal("ok", message.verdict)
      assert.is_false(message.declined)
      assert.equal(1, b:info "authentications")
      assert.is_false(b:info "authenticating")
   end)

   it("leaves the client who it was until then, and when it declines", function()
      local messages = {}
      local c = client { certfile = false, keyfile = false, handlers = showing(FIRST, SECOND, false) }
      local a, b = tls13.established(c, server { verify = "optional" }, { server = { handlers = {
         certificate_verify = function(connection)
            if connection:info "established" then assert.equal(FIRST.certificate, pem_of(connection)) end
         end,
         authenticated = function(_, message) messages[#messages + 1] = message end,
      } } })
      assert.equal(FIRST.certificate, pem_of(b))
      assert.is_true(b:request_certificate())
      assert.equal(FIRST.certificate, pem_of(b))
      pump(a, b)
      assert.equal(SECOND.certificate, pem_of(b))
      assert.is_true(b:request_certificate())
      pump(a, b)
      assert.equal(SECOND.certificate, pem_of(b))
      assert.is_true(b:info "peer_verified")
      assert.equal(2, #messages)
      assert.is_true(messages[2].declined)
      assert.same({}, messages[2].chain)
      assert.is_false(messages[2].peer_verified)
      assert.is_nil(messages[2].verdict)
      assert.equal(1, b:info "authentications")
   end)

   it("that fails leaves nobody named", function()
      for _, case in ipairs {
         { "unknown_ca", showing(FIRST, STRANGER) },
         { "access_denied", showing(FIRST, SECOND), function(connection)
            if connection:info "established" then return nil, "access_denied" end
         end },
      } do
         local authenticated = 0
         local a, b = tls13.established(client { certfile = false, keyfile = false, handlers = case[2] },
            server { verify = "optional" }, { server = { handlers = {
               verify = case[3], authenticated = function() authenticated = authenticated + 1 end,
            } } })
         assert.is_true(b:info "peer_verified")
         assert.is_true(b:request_certificate())
         local result = pump(a, b)
         assert.is_nil(result.server.status)
         assert.is_false(b:info "peer_verified")
         assert.same({}, b:info "peer_certificates")
         assert.is_nil(b:session())
         assert.equal(not case[3] and case[1] or nil, b:info "verdict")
         assert.equal(0, authenticated)
      end
   end)

   it("keeps tickets back until its end", function()
      local stored = {}
      local c = client { handlers = {
         session_store = function(_, question) stored[#stored + 1] = question.session end,
      } }
      local s = server { ticket_count = 0, verify = "optional", handlers = {} }
      local own = showing(false, FIRST).client_certificate
      local a, b = tls13.established(c, s, { handlers = { client_certificate = own } })
      assert.is_true(b:send_ticket())
      assert.is_true(b:request_certificate())
      refused("busy", b:send_ticket())
      refused("busy", b:request_certificate())
      a:step()
      b:step()
      -- the client's flight, cut so that only a part of it arrives
      a:feed(b:drain())
      a:step()
      local flight = a:drain()
      b:feed(flight:sub(1, -40))
      b:step()
      assert.is_false(b:info "peer_verified")
      refused("busy", b:send_ticket())
      b:feed(flight:sub(-39))
      b:step()
      assert.is_true(b:info "peer_verified")
      local before = #stored
      assert.is_true(b:send_ticket())
      pump(a, b)
      assert.equal(before + 1, #stored)
      -- the one of before knows nobody, the one of afterwards the client
      for index, expected in ipairs { false, true } do
         local session = stored[index == 1 and before or #stored]
         local _, again = tls13.established(c, s, { session = session })
         assert.is_true(again:info "resumed")
         assert.equal(expected, again:info "peer_verified")
         assert.equal(expected and FIRST.certificate or nil, pem_of(again))
      end
   end)

   it("is a note in a ladder, and a line in a trace", function()
      local recorder = ladder.recorder { mode = "server" }
      local a, b = tls13.established(client { certfile = false, keyfile = false, handlers = showing(FIRST, false) },
         server(), { server = { handlers = recorder:handlers() } })
      assert.is_true(b:request_certificate())
      pump(a, b)
      assert.is_true(b:request_certificate())
      pump(a, b)
      local drawn = recorder:draw { width = 100, unicode = false }
      assert.is_truthy(drawn:find("|.. authenticated ....", 1, true), drawn)
      assert.is_truthy(drawn:find("subject  O=bearssl for Lua,CN=client ec", 1, true), drawn)
      assert.is_truthy(drawn:find("verdict  ok", 1, true), drawn)
      assert.is_truthy(drawn:find("the client shows no certificate", 1, true), drawn)
   end)
end)

describe("a stream that waits for a late authentication", function()
   local function streams(c, s)
      local left, right = pair.new { wait = coroutine.yield }
      return assert((c or client()):wrap(left, { server_name = "localhost" })), assert((s or server()):wrap(right))
   end

   -- conversation: the client sends what is given and reads until the end, the server does as `f` says.
   local function conversation(a, b, said, f)
      together(function()
         assert(a:handshake())
         assert(a:send(said))
         a:receive("*a")
         a:close()
      end, function()
         f()
         b:close()
      end)
   end

   it("gets true when the client is authenticated", function()
      local a, b = streams()
      conversation(a, b, "hello\n", function()
         assert.is_true(b:request_certificate { wait = true }) -- shakes hands too
         assert.equal(FIRST.certificate, pem_of(b))
         assert.is_true(b:info "peer_verified")
         assert.equal("hello", (b:receive("*l")))
         assert.is_true(b:request_certificate { wait = true })
         assert.equal(2, b:info "authentications")
      end)
   end)

   it("keeps what arrives meanwhile for receive", function()
      local a, b = streams()
      local data = ("0123456789"):rep(20000)
      conversation(a, b, data .. "a line\n", function()
         assert(b:handshake())
         for _ = 1, 50 do coroutine.yield() end -- the data is on its way, before the answer
         assert.is_true(b:request_certificate { wait = true })
         assert.is_true(b:info "peer_verified")
         assert.equal(data, (b:receive(#data)))
         assert.equal("a line", (b:receive("*l")))
      end)
   end)

   it("keeps early data that nobody has read", function()
      local c, s = client(), server { max_early_data = 1000 }
      local session = tls13.session(c, s)
      local left, right = pair.new { wait = coroutine.yield }
      local a = assert(c:wrap(left, { server_name = "localhost", session = session, early_data = "early, " }))
      local b = assert(s:wrap(right))
      conversation(a, b, "and late\n", function()
         assert.is_true(b:request_certificate { wait = true })
         assert.equal("accepted", b:info "early_data")
         assert.equal("early, and late", (b:receive("*l")))
      end)
   end)

   it("is told of more than is kept, and goes on when that was received", function()
      local a, b = streams()
      local data = ("x"):rep(1500000)
      conversation(a, b, data .. "\n", function()
         assert(b:handshake())
         assert(b:send("go")) -- what the client has not read stands before the request
         for _ = 1, 200 do coroutine.yield() end
         local received = {}
         local ok, message, code = b:request_certificate { wait = true }
         while not ok do
            assert.equal("wantread", code, message)
            received[#received + 1] = assert(b:receiveany(500000))
            ok, message, code = b:request_certificate { wait = true }
         end
         assert.is_true(b:info "peer_verified")
         received[#received + 1] = (b:receive("*l"))
         assert.equal(data, table.concat(received))
         assert.equal(1, b:info "authentications")
      end)
   end)

   it("is told that the client declines, and goes on", function()
      local a, b = streams(client { certfile = false, keyfile = false })
      conversation(a, b, "hello\n", function()
         refused("declined", b:request_certificate { wait = true })
         assert.is_false(b:info "peer_verified")
         assert.equal("hello", (b:receive("*l")))
         assert(b:send("bye\n"))
      end)
   end)

   it("is told why it fails, and so is the client", function()
      local a, b = streams(client { certfile = STRANGER.chainfile, keyfile = STRANGER.keyfile })
      local told
      together(function()
         assert(a:handshake())
         told = select(4, a:receive("*l"))
      end, function()
         refused("unknown_ca", b:request_certificate { wait = true })
         assert.is_false(b:info "peer_verified")
         assert.same({}, b:info "peer_certificates")
         b:close()
      end)
      assert.equal("alert_unknown_ca", told)
      a, b = streams(client { post_handshake_auth = false })
      conversation(a, b, "hello\n", function()
         refused("no_post_handshake_auth", b:request_certificate { wait = true })
         assert.equal("hello", (b:receive("*l")))
      end)
   end)

   it("may be interrupted, and finds the same request again", function()
      local a, b = streams()
      together(function()
         assert(a:handshake())
         assert.equal("go on", (a:receive("*l")))
      end, function()
         assert(b:handshake())
         b:settimeout(0)
         refused("wantread", b:request_certificate { wait = true })
         assert.equal("read", b:want())
         refused("busy", b:request_certificate())
         refused("busy", b:send_ticket())
         local rounds = 0
         local ok, _, code = b:request_certificate { wait = true }
         while not ok do
            assert.equal("wantread", code)
            rounds = rounds + 1
            coroutine.yield()
            ok, _, code = b:request_certificate { wait = true }
         end
         assert.is_true(rounds > 0)
         assert.equal(1, b:info "authentications")
         -- one that was asked without waiting is waited for
         assert.is_true(b:request_certificate())
         b:settimeout(nil)
         assert.is_true(b:request_certificate { wait = true })
         assert.equal(2, b:info "authentications")
         -- and one that receive finishes is over
         b:settimeout(0)
         refused("wantread", b:request_certificate { wait = true })
         for _ = 1, 200 do
            if b:info "authentications" == 3 then break end
            b:receive("*l")
            coroutine.yield()
         end
         assert.is_true(b:request_certificate { wait = true })
         assert.equal(3, b:info "authentications")
         b:settimeout(nil)
         assert(b:send("go on\n"))
      end)
   end)

   it("lets handlers yield on both sides, and others send", function()
      local waited = 0
      local function slow()
         for _ = 1, 3 do
            waited = waited + 1
            coroutine.yield()
         end
      end
      local chain = assert(bearssl.certificate.open(FIRST.chainfile))
      local key = assert(bearssl.key.load(FIRST.key))
      local a, b = streams(client { certfile = false, keyfile = false, certificate = chain,
         key = bearssl.key.external(chain[1]), handlers = { sign = function(_, question)
            slow()
            return assert(key:sign(question.hash, question.digest))
         end } }, server { handlers = { verify = slow, authenticated = slow } })
      local done, sent
      together(function()
         assert(a:handshake())
         assert.equal("meanwhile", (a:receive("*l")))
         a:receive("*a")
      end, function()
         assert.is_true(b:request_certificate { wait = true })
         done = true
         while not sent do coroutine.yield() end
         b:close()
      end, function()
         while not b:info "authenticating" do coroutine.yield() end
         assert(b:send("meanwhile\n"))
         sent = true
      end)
      assert.is_true(done)
      assert.equal(9, waited)
   end)

   it("is for servers of TLS 1.3, and its options are checked", function()
      local a, b = streams(client { min_version = "TLSv1.2", max_version = "TLSv1.2" },
         server { min_version = "TLSv1.2", max_version = "TLSv1.2" })
      conversation(a, b, "hello\n", function()
         refused("unsupported_version", b:request_certificate { wait = true })
         assert.equal("hello", (b:receive("*l")))
      end)
      refused("closed", b:request_certificate { wait = true })
      local _, c = streams()
      for _, wrong in ipairs { { wait = 1 }, { waits = true }, "wait" } do
         local ok, message = pcall(c.request_certificate, c, wrong)
         assert.is_false(ok)
         assert.is_truthy(message:find("request_certificate", 1, true), message)
      end
   end)

   it("ends when the client does", function()
      local a, b = streams()
      together(function()
         assert(a:handshake())
         assert.is_true(a:shutdown("send")) -- and nothing is answered behind it
         a:receive("*a")
      end, function()
         refused("closed", b:request_certificate { wait = true })
         assert.is_false(b:info "peer_verified")
         b:close()
      end)
   end)
end)

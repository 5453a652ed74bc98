-- Sessions of TLS 1.2: resuming them, when not to, keeping them elsewhere. tls13_sessions_spec.lua is about TLS 1.3's.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pair = require "bearssl.transport.pair"
local unpack = table.unpack or unpack
local pump = require "spec.support.pump"
local together = require "spec.support.together"

local function client(options)
   options = options or {}
   options.max_version = "TLSv1.2"
   if options.verify ~= "none" and not options.trust then options.cafile = certificates.ca.certfile end
   return assert(bearssl.context(options))
end

local function server(options)
   options = options or {}
   options.mode = "server"
   options.certfile, options.keyfile = certificates.ec.certfile, certificates.ec.keyfile
   -- by ID: tls12_spec.lua is about tickets
   if options.tickets == nil then options.tickets = false end
   return assert(bearssl.context(options))
end

-- Shakes hands and returns the client's connection and the server's.
local function shake(client_context, server_context, session, options)
   options = options or {}
   if options.server_name == nil then options.server_name = "localhost" end
   options.session = session
   local a, b = assert(client_context:connection(options)), assert(server_context:connection(options.server))
   local result = pump(a, b)
   return a, b, result
end

local function first_session(client_context, server_context, options)
   local a = shake(client_context, server_context, nil, options)
   local session = assert(a:session())
   assert.is_false(a:info().resumed)
   return session
end

local function resumes(client_context, server_context, session, options)
   local a, b, result = shake(client_context, server_context, session, options)
   assert.is_true(a:info().established, result.client.message)
   assert.equal(a:info().resumed, b:info().resumed)
   return a:info().resumed, a, b
end

describe("a session", function()
   it("is resumed, again and again", function()
      local c, s = client(), server()
      local session = first_session(c, s)
      for _ = 1, 3 do
         local resumed, a, b = resumes(c, s, session)
         assert.is_true(resumed)
         assert.is_true(a:info().peer_verified)
         assert.is_true(a:info().peer_certificates[1]:matches("localhost"))
         assert.equal(session:id(), a:info().session_id)
         assert.is_true(b:info().resumed)
      end
      assert.equal(1, s:info().sessions)
   end)

   it("tells about itself", function()
      local now = os.time()
      local session = first_session(client(), server { session_lifetime = 600 })
      local info = session:info()
      assert.equal("client", info.mode)
      assert.equal("TLSv1.2", info.version)
      assert.equal("localhost", info.server_name)
      assert.is_true(info.peer_verified)
      assert.is_true(session:resumable())
      assert.is_true(session:expires() > now)
      assert.matches("^bearssl.session", tostring(session))
   end)

   it("survives export and import", function()
      local c, s = client(), server()
      local exported = first_session(c, s):export()
      local session = assert(bearssl.session.import(exported))
      assert.equal(exported, session:export())
      assert.is_true((resumes(c, s, session)))
   end)

   it("cannot be imported from anything else", function()
      local exported = first_session(client(), server()):export()
      local older = exported:gsub("^(bearssl%-lua session )5", "%14")
      local unknown = exported:gsub("\2ok", "\2ko", 1)
      assert.is_true(older ~= exported and unknown ~= exported)
      local wrong = { "", "nonsense", exported:sub(1, -2), exported .. "x", ("\0"):rep(200), older, unknown }
      for _, bytes in ipairs(wrong) do
         local session, message, code = bearssl.session.import(bytes)
         assert.is_nil(session)
         assert.equal("bad_session", code)
         assert.is_string(message)
      end
      assert.is_false((pcall(bearssl.session.import, 5)))
   end)

   it("cannot be imported with times with which nobody can calculate", function()
      local exported = first_session(client(), server()):export()
      -- behind the magic word, role, version, suite, ID, secret, policy, level, verdict, judge and master secret's kind
      local at = #"bearssl-lua session 5" + 1 + 2 + 2
      local created = at + 1 + exported:byte(at + 1) + 48 + 32 + 1 + #"\2ok" + 32 + 1 + 1
      for _, position in ipairs { created, created + 8, created + 24 } do
         for _, time in ipairs { "\128" .. ("\0"):rep(7), "\127" .. ("\255"):rep(7) } do
            local changed = exported:sub(1, position - 1) .. time .. exported:sub(position + 8)
            local session, _, code = bearssl.session.import(changed)
            assert.is_nil(session)
            assert.equal("bad_session", code)
         end
         assert.is_not_nil(bearssl.session.import(exported:sub(1, position - 1) .. ("\0"):rep(8)
            .. exported:sub(position + 8)))
      end
   end)

   it("is not there before the handshake is over, nor without a server's cache", function()
      local connection = assert(client():connection { server_name = "localhost" })
      connection:step()
      assert.is_nil(connection:session())
      local c, s = client(), server { session_cache = 0 }
      local a = shake(c, s)
      local session = a:session()
      assert.is_false(session ~= nil and (resumes(c, s, session)))
   end)
end)

describe("a session is not resumed", function()
   it("for another name", function()
      local c, s = client(), server()
      local session = first_session(c, s)
      assert.is_false((resumes(c, s, session, { server_name = "example.org" })))
      assert.is_false((resumes(c, s, session, { server_name = "127.0.0.1" })))
      assert.is_true((resumes(c, s, session)))
   end)

   it("under another policy", function()
      local s = server { suites = "compatible" }
      local session = first_session(client(), s)
      assert.is_true((resumes(client(), s, session)))
      local suites = bearssl.suites("modern")
      table.remove(suites)
      assert.is_false((resumes(client { suites = suites }, s, session)))
      assert.is_false((resumes(client { alpn = { "h2" } }, s, session)))
      assert.is_false((resumes(client { verify_depth = 3 }, s, session)))
      local more = assert(bearssl.trust.new { certificates.ca.certificate, certificates.other_ca.certificate })
      assert.is_false((resumes(client { trust = more }, s, session)))
   end)

   it("under a stricter verification", function()
      local s = server()
      local careless = client { trust = certificates.other_ca.certificate }
      local session = first_session(careless, s, { verify = "none" })
      assert.is_true((resumes(careless, s, session, { verify = "none" })))
      local _, _, result = shake(careless, s, session)
      assert.equal("unknown_ca", result.client.code)
      -- nor one of a chain that a handler let pass
      session = first_session(careless, s, { handlers = { verify = function() return "accept" end } })
      _, _, result = shake(careless, s, session)
      assert.is_true(result.client.code == "unknown_ca" or not result.client.status)
   end)

   it("by another server", function()
      local c = client()
      local session = first_session(c, server())
      assert.is_false((resumes(c, server(), session)))
   end)

   it("when the server has forgotten it", function()
      local c, s = client(), server()
      local session = first_session(c, s)
      s:flush_sessions()
      assert.equal(0, s:info().sessions)
      assert.is_false((resumes(c, s, session)))
   end)

   it("when it is too old", function()
      local now = os.time()
      local time = now
      local function clock() return time end
      local c = client { clock = clock, session_lifetime = 100 }
      local s = server { clock = clock, session_lifetime = 100 }
      local session = first_session(c, s)
      time = now + 90
      assert.is_true((resumes(c, s, session)))
      time = now + 101
      assert.is_false((resumes(c, s, session)))
      -- the server's clock alone
      time = now
      c, s = client { session_lifetime = 1000 }, server { clock = clock, session_lifetime = 100 }
      session = first_session(c, s)
      time = now + 101
      assert.is_false((resumes(c, s, session)))
   end)

   it("after a failure", function()
      local c, s = client(), server()
      local session = first_session(c, s)
      local a, b = assert(c:connection { server_name = "localhost", session = session }), assert(s:connection())
      pump(a, b)
      assert.is_true(b:info().resumed)
      -- a fatal alert makes the session useless (RFC 5246 section 7.2.2)
      a:fail("internal_error")
      pump(a, b)
      assert.is_false((resumes(c, s, session)))
   end)
end)

describe("the server's cache", function()
   it("keeps so many sessions, and those used last", function()
      local c, s = client { session_cache = 0 }, server { session_cache = 2 }
      local one = first_session(c, s)
      local two = first_session(c, s)
      assert.equal(2, s:info().sessions)
      assert.is_true((resumes(c, s, one)))
      local three = first_session(c, s)
      assert.equal(2, s:info().sessions)
      assert.is_true((resumes(c, s, one)))
      assert.is_true((resumes(c, s, three)))
      assert.is_false((resumes(c, s, two)))
   end)
end)

describe("a store of one's own", function()
   local function wrap(c, s, options)
      local a, b = pair.new { wait = coroutine.yield }
      options = options or {}
      options.server_name = "localhost"
      return assert(c:wrap(a, options)), assert(s:wrap(b))
   end

   local function shake_streams(a, b)
      local left, right
      together(function() left = { a:handshake() } end, function() right = { b:handshake() } end)
      return left, right
   end

   it("may yield, and serves several servers", function()
      local store, asked = {}, {}
      local handlers = {
         session_store = function(_, question)
            coroutine.yield()
            assert.is_true(question.lifetime > 0)
            store[question.session_id] = question.session:export()
         end,
         session_load = function(_, question)
            coroutine.yield()
            asked[#asked + 1] = question.session_id
            return store[question.session_id]
         end,
      }
      local c = client()
      local first = server { session_cache = 0, handlers = handlers }
      local second = server { session_cache = 0, handlers = handlers }
      local a, b = wrap(c, first)
      shake_streams(a, b)
      local session = assert(a:session())
      a, b = wrap(c, second, { session = session })
      assert.same({ true }, (shake_streams(a, b)))
      assert.is_true(a:info().resumed)
      assert.is_true(b:info().resumed)
      assert.same({ session:id() }, asked)
      -- what cannot be imported is no session
      for id in pairs(store) do store[id] = "rubbish" end
      a, b = wrap(c, second, { session = session })
      assert.same({ true }, (shake_streams(a, b)))
      assert.is_false(a:info().resumed)
   end)

   it("may give session objects", function()
      local store = {}
      local s = server { session_cache = 0, handlers = {
         session_store = function(_, question) store[question.session_id] = question.session end,
         session_load = function(_, question) return store[question.session_id] end,
      } }
      local c = client()
      local session = first_session(c, s)
      assert.is_true((resumes(c, s, session)))
   end)

   it("is told on the client, too", function()
      local kept
      local c = client { handlers = { session_store = function(connection, question)
         kept = question.session
         assert.equal("client", connection:info().mode)
      end } }
      local s = server()
      shake(c, s)
      assert.is_true((resumes(c, s, kept)))
   end)

   it("may be down, or answer as it likes: it has no session then, and no connection ends", function()
      local c = client()
      for _, answer in ipairs { { n = 0 }, { nil, "connection refused", n = 2 }, { false, "down", n = 2 },
         { "OK", n = 1 }, { 1, n = 1 }, { nil, "timeout", n = 2 }, { nil, {}, n = 2 } } do
         local asked = {}
         local function say(name, loads)
            return function()
               asked[name] = true
               -- what is loaded must be a session, an exported one, or none
               if loads and answer[1] == 1 then return nil end
               return unpack(answer, 1, answer.n)
            end
         end
         local s = server { handlers = {
            session_load = say("session_load", true), session_store = say "session_store", keylog = say "keylog",
         } }
         local session = first_session(c, s)
         local a, _, result = shake(c, s, session)
         assert.is_nil(result.server.code, result.server.message)
         assert.is_false(a:info "resumed")
         assert.same({ session_load = true, session_store = true, keylog = true }, asked)
      end
   end)
end)

describe("session:resumable", function()
   it("knows context and name", function()
      local c, s = client(), server()
      local session = first_session(c, s)
      assert.is_true(session:resumable(c))
      assert.is_true(session:resumable(c, "localhost"))
      assert.is_false(session:resumable(c, "example.org"))
      assert.is_false(session:resumable(client { alpn = { "h2" } }))
   end)

   it("knows how long a prime must be", function()
      local list = { suites = { "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" }, groups = { "ffdhe2048" } }
      local rsa = assert(bearssl.context { mode = "server", suites = list.suites, groups = list.groups,
         certfile = certificates.rsa.certfile, keyfile = certificates.rsa.keyfile })
      local function of(bits)
         return client { suites = list.suites, groups = list.groups, dh_bits_minimum = bits }
      end
      local session = first_session(of(2048), rsa)
      assert.is_true(session:resumable(of(2048)))
      assert.is_false(session:resumable(of(4096)))
      local a, _, result = shake(of(4096), rsa, session)
      assert.is_false(a:info "resumed")
      assert.equal("insufficient_security", result.client.code)
   end)
end)

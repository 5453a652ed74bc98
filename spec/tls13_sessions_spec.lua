-- Sessions of TLS 1.3: tickets, stores, external pre-shared keys, and early data.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local interpreter = require "spec.support.interpreter"
local ours = require "spec.support.ours"
local pair = require "bearssl.transport.pair"
local process = require "spec.support.process"
local pump = require "spec.support.pump"
local temporary = require "spec.support.temporary"
local tls13 = require "spec.support.tls13"
local together = require "spec.support.together"

local client, server = tls13.client, tls13.server
local recorder, shake, established, session_of = tls13.recorder, tls13.shake, tls13.established, tls13.session

local unpack = table.unpack or unpack -- luacheck: ignore

local function has(list, name)
   for _, item in ipairs(list) do
      if item == name then return true end
   end
   return false
end

after_each(function()
   ours.close_all()
   process.stop_all()
end)

describe("resumption in TLS 1.3", function()
   it("takes neither certificates nor their signatures", function()
      local c, s = client(), server()
      local session = session_of(c, s)
      local seen = {}
      local a, b = established(c, s, { session = session, handlers = recorder(seen) })
      for _, connection in ipairs { a, b } do
         local info = connection:info()
         assert.is_true(info.resumed)
         assert.is_true(info.psk)
         assert.is_nil(info.psk_identity)
         assert.equal("X25519MLKEM768", info.group)
      end
      assert.is_true(a:info "peer_verified")
      assert.is_true(a:info("peer_certificates")[1]:matches "localhost")
      assert.is_true(seen["sent client_hello"].psk_offered)
      assert.is_true(seen["received server_hello"].psk_selected)
      assert.equal(0, seen["received server_hello"].selected_identity)
      assert.is_true(seen["received server_hello"].resumed)
      assert.same({ "received encrypted_extensions", "received finished" }, { unpack(seen, 5, 6) })
   end)

   it("takes the newest session, which the client learns while it reads", function()
      local told = {}
      local c = client { handlers = { session_store = function(_, question)
         told[#told + 1] = question.session
      end } }
      local a, b = assert(c:connection { server_name = "localhost" }), assert(server():connection())
      -- the client's Finished is on its way, and no ticket has come
      for _ = 1, 2 do
         a:step()
         b:feed(a:drain())
         b:step()
         if a:info "established" then break end
         a:feed(b:drain())
      end
      a:step()
      assert.is_true(a:info "established")
      assert.is_nil(a:session())
      assert.same({}, told)
      pump(a, b)
      assert.equal(2, #told)
      assert.equal(told[2]:export(), a:session():export())
      assert.is_false(told[1]:export() == told[2]:export())
   end)

   it("brings new tickets, as many as the server gives", function()
      for _, count in ipairs { 0, 1, 5, 16 } do
         local seen = {}
         local c, s = client(), server { ticket_count = count }
         local a = established(c, s, { handlers = recorder(seen) })
         local tickets = 0
         for _, name in ipairs(seen) do
            if name == "received new_session_ticket" then tickets = tickets + 1 end
         end
         assert.equal(count, tickets)
         assert.equal(count > 0, a:session() ~= nil)
      end
      local c, s = client(), server()
      local a, b = established(c, s, { session = session_of(c, s) })
      assert.is_true(a:session() ~= nil)
      local before = a:session():export()
      assert.is_true(b:send_ticket())
      pump(a, b)
      assert.is_false(before == a:session():export())
      assert.is_true(established(c, s, { session = a:session() }):info "resumed")
   end)

   it("tells a store of one more ticket, too", function()
      local store, count = {}, 0
      local c, s = client { session_cache = 0 }, server { session_cache = 0, handlers = {
         session_store = function(_, question)
            store[question.session_id], count = question.session, count + 1
         end,
         session_load = function(_, question) return store[question.session_id] end,
      } }
      local a, b = established(c, s)
      assert.equal(2, count)
      assert.is_true(b:send_ticket())
      pump(a, b)
      assert.equal(3, count)
      assert.is_true(established(c, s, { session = a:session() }):info "resumed")
      local left, right = pair.new { wait = coroutine.yield }
      local x = assert(c:wrap(left, { server_name = "localhost" }))
      local y = assert(s:wrap(right))
      count = 0
      together(function()
         assert(x:handshake())
         assert.equal("x", x:receive(1))
      end, function()
         assert(y:handshake())
         assert.is_true(y:send_ticket())
         assert.is_true(y:send_ticket())
         assert.equal(4, count)
         assert(y:send "x")
      end)
      assert.is_true(established(c, s, { session = x:session() }):info "resumed")
   end)

   it("is off where one of both has no tickets", function()
      assert.is_nil(established(client(), server { tickets = false }):session())
      assert.is_nil(established(client { tickets = false }, server()):session())
   end)

   it("works from the cache and from a store, which may yield", function()
      local store, asked = {}, {}
      local function stored()
         return server { session_cache = 0, handlers = {
            session_store = function(_, question)
               coroutine.yield()
               store[question.session_id] = question.session:export()
            end,
            session_load = function(_, question)
               coroutine.yield()
               asked[#asked + 1] = question.session_id
               assert.is_false(question.early_data)
               return store[question.session_id]
            end,
         } }
      end
      local function streams(c, s, session)
         local left, right = pair.new { wait = coroutine.yield }
         local a = assert(c:wrap(left, { server_name = "localhost", session = session }))
         local b = assert(s:wrap(right))
         together(function()
            assert(a:handshake())
            assert.equal("x", a:receive(1))
         end, function()
            assert(b:handshake())
            assert(b:send "x")
         end)
         return a
      end
      local c = client()
      local session = assert(streams(c, stored()):session())
      assert.is_true(next(store) ~= nil)
      local a = streams(c, stored(), session)
      assert.is_true(a:info "resumed")
      assert.equal(1, #asked)
      assert.is_string(store[asked[1]])
      for id in pairs(store) do store[id] = nil end
      assert.is_false(streams(c, stored(), session):info "resumed")
   end)

   it("does not happen for another name, policy, or time", function()
      local now = os.time()
      local time = now
      local function clock() return time end
      local c, s = client { clock = clock }, server { clock = clock, session_lifetime = 100 }
      local session = session_of(c, s)
      local function resumed(options, context)
         options.session = session
         return established(context or c, s, options):info "resumed"
      end
      assert.is_true(resumed {})
      assert.is_false(resumed { server_name = "example.org" })
      assert.is_false(resumed({}, client { clock = clock, alpn = { "h2" } }))
      time = now + 101
      assert.is_false(resumed {})
      -- another server has other keys
      assert.is_false(established(client(), server(), { session = session_of(client(), server()) }):info "resumed")
   end)

   it("does not happen in another version", function()
      local c, s = client { min_version = "TLSv1.2" }, server { min_version = "TLSv1.2" }
      local new = session_of(c, s)
      local old = session_of(c, s, { max_version = "TLSv1.2" })
      assert.equal("TLSv1.3", new:info().version)
      assert.equal("TLSv1.2", old:info().version)
      local a = established(c, s, { session = old })
      assert.equal("TLSv1.2", old:info().version)
      assert.is_true(a:info "version" == "TLSv1.3" and not a:info "resumed"
         or a:info "version" == "TLSv1.2" and a:info "resumed")
      a = established(c, s, { session = new, max_version = "TLSv1.2" })
      assert.equal("TLSv1.2", a:info "version")
      assert.is_false(a:info "resumed")
   end)

   it("works in another process", function()
      local keys = assert(bearssl.ticket_keys.new())
      local session = session_of(client(), server { ticket_keys = keys })
      local listening = ours.listen()
      local path = temporary.write(session:export())
      local child = process.start { interpreter.command or os.getenv "LUA" or "lua5.4", temporary.write([[
local bearssl, socket = require "bearssl", require "socket"
local file = assert(io.open(arg[1], "rb"))
local session = assert(bearssl.session.import(file:read "*a"))
file:close()
local context = assert(bearssl.context { min_version = "TLSv1.3", cafile = arg[3] })
local stream = assert(context:wrap(assert(socket.connect("127.0.0.1", tonumber(arg[2]))),
   { server_name = "localhost", session = session, timeout = 10 }))
assert(stream:handshake())
print(stream:info "version", stream:info "resumed")
print(stream:receive "*l")
print(stream:session():export() ~= session:export())
]]), path, tostring(listening.port), certificates.ca.certfile }
      local copy = assert(bearssl.ticket_keys.import(keys:export()))
      local stream = assert(listening:accept(server { ticket_keys = copy }))
      assert.is_true(stream:info "resumed")
      assert(stream:send "hello\n")
      assert.equal(0, child:wait(20), child:output())
      listening:close()
      assert.equal("TLSv1.3\ttrue\nhello\ntrue\n", child:output())
   end)

   it("has forward secrecy where the client offers it, whatever else both allow", function()
      local function group(a, b)
         local c, s = client { psk_ke = a }, server { psk_ke = b }
         local x, y = established(c, s, { session = session_of(c, s) })
         assert.is_true(x:info "resumed")
         assert.equal(x:info "group", y:info "group")
         return x:info "group"
      end
      assert.equal("X25519MLKEM768", group(false, false))
      assert.equal("X25519MLKEM768", group(true, false))
      assert.equal("X25519MLKEM768", group(false, true))
      assert.equal("X25519MLKEM768", group(true, true))
   end)
end)

describe("an external pre-shared key", function()
   local KEY = ("k"):rep(32)

   local function with(psk, options)
      options = options or {}
      options.handlers = { psk = psk }
      return options
   end

   local function offering(answer) return client(with(function() return answer end)) end

   it("authenticates both sides, and no certificate does", function()
      local asked, theirs = {}, {}
      local c = client(with(function(_, question)
         theirs[#theirs + 1] = question
         return { identity = "someone", key = KEY }
      end))
      local s = server(with(function(_, question)
         asked[#asked + 1] = question
         return question.identity == "someone" and { key = KEY } or nil
      end))
      local seen = {}
      local a, b = established(c, s, { handlers = recorder(seen, c.handlers) })
      for _, connection in ipairs { a, b } do
         assert.is_true(connection:info "psk")
         assert.equal("someone", connection:info "psk_identity")
         assert.is_false(connection:info "resumed")
         assert.equal("X25519MLKEM768", connection:info "group")
      end
      assert.same({ { identity = "someone", server_name = "localhost" } }, asked)
      assert.equal("localhost", theirs[1].server_name)
      assert.is_nil(theirs[1].identity)
      assert.is_false(has(seen, "received certificate"))
      assert.is_true(seen["received server_hello"].psk_selected)
   end)

   it("may be of SHA-384", function()
      local s = server(with(function() return { key = KEY, hash = "sha384" } end))
      local a = established(offering { identity = "x", key = KEY, hash = "sha384" }, s)
      assert.is_true(a:info "psk")
      assert.equal("TLS_AES_256_GCM_SHA384", a:info "cipher_suite")
      -- one of SHA-256 goes with the other suites only
      s = server(with(function() return { key = KEY } end, { suites = { "TLS_AES_256_GCM_SHA384" } }))
      assert.is_false(established(offering { identity = "x", key = KEY }, s):info "psk")
   end)

   it("gives way to certificates where the server does not know it, or refuses", function()
      local a = established(offering { identity = "x", key = KEY }, server())
      assert.is_false(a:info "psk")
      assert.is_true(a:info "peer_verified")
      a = established(offering { identity = "x", key = KEY }, server(with(function() return false end)))
      assert.is_false(a:info "psk")
      local _, _, result = shake(offering { identity = "x", key = KEY },
         server(with(function() return nil, "unknown_psk_identity" end)))
      assert.equal("unknown_psk_identity", result.server.code)
      assert.equal("alert_unknown_psk_identity", result.client.code)
      assert.is_false(established(offering(false), server()):info "psk")
   end)

   it("must be the same", function()
      local _, _, result = shake(offering { identity = "x", key = KEY },
         server(with(function() return { key = ("l"):rep(32) } end)))
      assert.is_nil(result.server.status)
      assert.equal("alert_decrypt_error", result.client.code)
   end)

   it("may come late", function()
      local left, right = pair.new { wait = coroutine.yield }
      local function slow(answer)
         return function()
            for _ = 1, 3 do coroutine.yield() end
            return answer
         end
      end
      local a = assert(client(with(slow { identity = "x", key = KEY })):wrap(left, { server_name = "localhost" }))
      local b = assert(server(with(slow { key = KEY })):wrap(right))
      together(function() assert(a:handshake()) end, function() assert(b:handshake()) end)
      assert.is_true(a:info "psk")
      assert.is_true(b:info "psk")
   end)

   it("that makes no sense is a fault of its handler", function()
      for pattern, answer in pairs {
         ["without its 'identity'"] = { key = KEY },
         ["'identity' that is not a string of 1 to 65535 bytes"] = { identity = "", key = KEY },
         ["'key' that is not a string of 1 to 64 bytes but a nil"] = { identity = "x" },
         ["but a string without bytes"] = { identity = "x", key = "" },
         ["but a longer one"] = { identity = "x", key = ("k"):rep(65) },
         ["neither \"sha256\" nor \"sha384\""] = { identity = "x", key = KEY, hash = "md5" },
         ["unknown field 'kay'; did you mean 'key'"] = { identity = "x", kay = KEY },
         ["must return { identity =, key =, hash = }"] = 5,
      } do
         local _, _, result = shake(offering(answer), server())
         assert.equal("handler_error", result.client.code, pattern)
         assert.is_truthy(result.client.message:find(pattern, 1, true), result.client.message)
         assert.is_nil(result.client.message:find(KEY, 1, true))
      end
   end)
end)

describe("early data", function()
   local function early_server(options)
      local all = { max_early_data = 1000 }
      for name, value in pairs(options or {}) do all[name] = value end
      return server(all)
   end

   it("is allowed by the server's tickets", function()
      assert.equal(1000, session_of(client(), early_server()):info().max_early_data)
      assert.equal(0, session_of(client(), server()):info().max_early_data)
   end)

   it("arrives before the handshake is over", function()
      local c, s = client(), early_server()
      local session = session_of(c, s)
      local seen, theirs = {}, {}
      local a, b, result = established(c, s, {
         session = session, early_data = "first", handlers = recorder(seen), server = { handlers = recorder(theirs) },
      })
      for _, connection in ipairs { a, b } do
         assert.equal("accepted", connection:info "early_data")
         assert.equal(5, connection:info "early_data_length")
         assert.is_true(connection:info "resumed")
      end
      assert.equal("first", result.server.data)
      assert.is_true(seen["sent client_hello"].early_data_offered)
      assert.is_true(seen["received encrypted_extensions"].early_data_accepted)
      assert.equal("accepted", seen.established.early_data)
      assert.is_true(seen["sent application_data"].early)
      assert.is_false(seen["sent change_cipher_spec"].changes_protection)
      assert.is_true(theirs["received application_data"].early)
      assert.equal(5, theirs["received application_data"].length)
      assert.is_true(has(seen, "sent end_of_early_data"))
      assert.is_true(has(theirs, "received end_of_early_data"))
      local order = {}
      for i, name in ipairs(theirs) do order[name] = order[name] or i end
      assert.is_true(order["received application_data"] < order["received end_of_early_data"])
      assert.is_true(order["received end_of_early_data"] < order["received finished"])
      -- what follows is not early
      a:write "second"
      assert.equal("second", pump(a, b).server.data)
      assert.equal(5, b:info "early_data_length")
   end)

   it("can be read early, without I/O", function()
      local c, s = client(), early_server()
      local a = assert(c:connection { server_name = "localhost", session = session_of(c, s), early_data = "GET /" })
      local b = assert(s:connection())
      a:step()
      b:feed(a:drain())
      assert.equal("early_data", b:step())
      assert.is_false(b:info "established")
      assert.equal("offered", a:info "early_data")
      assert.equal("GE", b:read_early(2))
      assert.equal("T /", b:read_early())
      assert.equal("", b:read_early())
      -- an answer before the client's Finished
      assert.equal(3, b:write "200")
      local result = pump(a, b)
      assert.equal("200", result.client.data)
      assert.equal("", result.server.data)
   end)

   it("comes once with a ticket, whichever context of the same keys it comes to", function()
      local keys = assert(bearssl.ticket_keys.new())
      local c, s, other = client(), early_server { ticket_keys = keys }, early_server { ticket_keys = keys }
      local session = session_of(c, s)
      local options = { session = session, early_data = "pay" }
      local a = established(c, other, options)
      assert.equal("accepted", a:info "early_data")
      for _, again in ipairs { s, other } do
         a = established(c, again, options)
         assert.is_true(a:info "resumed")
         assert.equal("rejected", a:info "early_data")
      end
   end)

   it("that a handler does not want leaves the ticket its one time", function()
      local keys, wanted, asked = assert(bearssl.ticket_keys.new()), false, 0
      local c = client()
      local s = early_server { ticket_keys = keys, handlers = { early_data = function()
         asked = asked + 1
         return wanted
      end } }
      local options = { session = session_of(c, s), early_data = "pay" }
      local cases = { { false, "rejected" }, { false, "rejected" }, { true, "accepted" }, { true, "rejected" } }
      for index, case in ipairs(cases) do
         wanted = case[1]
         local a = established(c, s, options)
         assert.is_true(a:info "resumed")
         assert.equal(case[2], a:info "early_data", index)
      end
      assert.equal(3, asked) -- about the used one nobody is asked
   end)

   it("is sent again only under the protocol that it was written for", function()
      local keys = assert(bearssl.ticket_keys.new())
      local c = client { alpn = { "h2", "http/1.1" } }
      local function to(protocol) return early_server { ticket_keys = keys, alpn = { protocol } } end
      local session = session_of(c, to "h2")
      local deaf = early_server { ticket_keys = keys, alpn = { "h2" }, max_early_data = 0 }
      local options = { session = session, early_data = "PRI * HTTP/2.0", early_data_resend = true }
      for _, case in ipairs { { to "http/1.1", "" }, { deaf, "PRI * HTTP/2.0" } } do
         local a, _, result = established(c, case[1], options)
         assert.equal("rejected", a:info "early_data")
         assert.equal(case[2], result.server.data)
      end
   end)

   it("is not offered where the session does not allow it", function()
      local c, s = client(), early_server()
      local a = established(c, s, { session = session_of(c, s), early_data = ("x"):rep(1001) })
      assert.is_nil(a:info "early_data")
      assert.is_true(a:info "resumed")
      local plain = server()
      a = established(c, plain, { session = session_of(c, plain), early_data = "x" })
      assert.is_nil(a:info "early_data")
   end)

   it("of the greatest length passes", function()
      local c, s = client(), early_server { max_early_data = 32768 }
      local data = ("0123456789abcdef"):rep(2048)
      local a, _, result = established(c, s, { session = session_of(c, s), early_data = data })
      assert.equal("accepted", a:info "early_data")
      assert.equal(data, result.server.data)
   end)

   it("is lost when it is rejected, or sent again", function()
      local c, s = client(), early_server()
      local asked
      local rejecting = { handlers = { early_data = function(_, question)
         asked = question
         return false
      end } }
      local options = { session = session_of(c, s), early_data = "first", server = rejecting }
      local a, b, result = established(c, s, options)
      assert.equal("rejected", a:info "early_data")
      assert.equal("rejected", b:info "early_data")
      assert.is_true(a:info "resumed")
      assert.equal("", result.server.data)
      assert.equal("localhost", asked.server_name)
      assert.equal("TLSv1.3", asked.session:info().version)
      options.session, options.early_data_resend = session_of(c, s), true
      a, b, result = established(c, s, options)
      assert.equal("rejected", b:info "early_data")
      assert.equal("first", result.server.data)
      a:write " second"
      assert.equal(" second", pump(a, b).server.data)
      -- also where it could not be offered
      options.early_data = ("x"):rep(1001)
      a, b, result = established(c, s, options)
      assert.is_nil(a:info "early_data")
      assert.is_nil(b:info "early_data")
      assert.equal(1001, #result.server.data)
   end)

   it("is accepted by the handler, which may yield", function()
      local c, s = client(), early_server()
      local session = session_of(c, s)
      local left, right = pair.new { wait = coroutine.yield }
      local a = assert(c:wrap(left, { server_name = "localhost", session = session, early_data = "x" }))
      local b = assert(s:wrap(right, { handlers = { early_data = function()
         coroutine.yield()
         return true
      end } }))
      together(function() assert(a:handshake()) end, function() assert(b:handshake()) end)
      assert.equal("accepted", a:info "early_data")
   end)

   it("is accepted once only", function()
      local c, s = client(), early_server()
      local session = session_of(c, s)
      local a = established(c, s, { session = session, early_data = "x" })
      assert.equal("accepted", a:info "early_data")
      local again, _, result = established(c, s, { session = session, early_data = "x" })
      assert.equal("rejected", again:info "early_data")
      assert.equal("", result.server.data)
   end)

   it("is rejected when the ticket's age is wrong, or the server has none for it any more", function()
      local now = os.time()
      local time = now
      local keys = assert(bearssl.ticket_keys.new())
      local c = client()
      local s = early_server { ticket_keys = keys, clock = function() return time end, early_data_window = 5 }
      local session = session_of(c, s)
      time = now + 60
      local a = established(c, s, { session = session, early_data = "x" })
      assert.is_true(a:info "resumed")
      assert.equal("rejected", a:info "early_data")
      time = now
      session = session_of(c, s)
      a = established(c, server { ticket_keys = keys }, { session = session, early_data = "x" })
      assert.equal("rejected", a:info "early_data")
      a = established(c, early_server(), { session = session, early_data = "x" })
      assert.equal("rejected", a:info "early_data")
      assert.is_false(a:info "resumed")
   end)

   it("is rejected by a HelloRetryRequest", function()
      local keys = assert(bearssl.ticket_keys.new())
      local groups = { "x25519", "secp384r1" }
      local c = client { groups = groups }
      local session = session_of(c, early_server { ticket_keys = keys, groups = groups })
      local a, _, result = established(c, early_server { ticket_keys = keys, groups = { "secp384r1" } },
         { session = session, early_data = "x" })
      assert.is_true(a:info "hello_retry")
      assert.equal("rejected", a:info "early_data")
      assert.equal("", result.server.data)
   end)

   it("needs the session to be given once by a store", function()
      local store, flags = {}, {}
      local s = early_server { session_cache = 0, handlers = {
         session_store = function(_, question) store[question.session_id] = question.session end,
         session_load = function(_, question)
            flags[#flags + 1] = question.early_data
            local session = store[question.session_id]
            store[question.session_id] = nil
            return session
         end,
      } }
      local c = client()
      local session = session_of(c, s)
      local a = established(c, s, { session = session, early_data = "x" })
      assert.equal("accepted", a:info "early_data")
      a = established(c, s, { session = session, early_data = "x" })
      assert.equal("rejected", a:info "early_data")
      assert.is_false(a:info "resumed")
      assert.same({ true, true }, flags)
   end)

   it("has an exporter of its own", function()
      local c, s = client(), early_server()
      local session = session_of(c, s)
      local a, b = established(c, s, { session = session, early_data = "x" })
      local material = assert(a:export_early_keying_material("EXPORTER-test", 40, "context"))
      assert.equal(40, #material)
      assert.equal(material, b:export_early_keying_material("EXPORTER-test", 40, "context"))
      assert.is_false(material == a:export_early_keying_material("EXPORTER-test", 40, "other"))
      assert.is_false(material == a:export_keying_material("EXPORTER-test", 40, "context"))
      assert.equal(a:export_keying_material("EXPORTER-test", 40), b:export_keying_material("EXPORTER-test", 40))
      a = established(c, s)
      local none, message, code = a:export_early_keying_material("EXPORTER-test", 40)
      assert.is_nil(none)
      assert.is_string(message)
      assert.equal("not_ready", code)
   end)

   describe("of streams", function()
      local function streams(early, server_options)
         local c, s = client(), early_server()
         local session = session_of(c, s)
         local left, right = pair.new { wait = coroutine.yield }
         local a = assert(c:wrap(left, { server_name = "localhost", session = session, early_data = early }))
         return a, assert(s:wrap(right, server_options))
      end

      it("is what receive gives first", function()
         local a, b = streams "line\nre"
         together(function()
            assert(a:send "st")
            assert.equal("done", a:receive(4))
         end, function()
            assert.equal("line", b:receive "*l")
            assert.equal("rest", b:receive(4))
            assert(b:send "done")
         end)
         assert.equal("accepted", b:info "early_data")
      end)

      it("is read before the handshake is over, and answered", function()
         local a, b = streams "GET /"
         local got, was_established, last
         together(function()
            assert.equal("200", a:receive(3))
            assert(a:send "thanks")
         end, function()
            got = b:receive_early(3)
            got = got .. b:receive_early()
            was_established = b:info "established"
            assert.equal(3, b:send "200")
            last = { b:receive_early() }
            assert.equal("thanks", b:receive(6))
         end)
         assert.equal("GET /", got)
         assert.is_false(was_established)
         assert.is_nil(last[1])
         assert.is_string(last[2])
         assert.equal("", last[3])
         assert.equal("no_early_data", last[4])
      end)

      it("may not be there", function()
         local a, b = streams(nil)
         together(function() assert(a:handshake()) end, function()
            assert.same({ "n", "no_early_data" }, { b:receive_early() == nil and "n", select(4, b:receive_early()) })
            assert.is_true(b:handshake())
         end)
         assert.is_false(pcall(a.receive_early, a))
         assert.is_false(pcall(b.receive_early, b, 0))
      end)

      it("does not wait longer than it may", function()
         local c, s = client(), early_server()
         local left, right = pair.new()
         local a = assert(c:wrap(left, { server_name = "localhost", session = session_of(c, s), early_data = "x",
            timeout = 0 }))
         local b = assert(s:wrap(right, { timeout = 0 }))
         assert.same({ "wantread", "", "wantread" }, { select(2, b:receive_early()) })
         assert.same({ "wantread", "wantread" }, { select(2, a:handshake()) })
         assert.equal("x", b:receive_early())
         assert.same({ "wantread", "", "wantread" }, { select(2, b:receive_early()) })
         assert.is_true(a:handshake())
         assert.equal("no_early_data", select(4, b:receive_early()))
      end)

      it("passes over sockets", function()
         local c, s = client(), early_server()
         local session = session_of(c, s)
         local listening = ours.listen()
         local socket = require("spec.support.loopback").connect(listening.port)
         local a = assert(c:wrap(socket, { server_name = "localhost", session = session, early_data = "hello",
            timeout = 0 }))
         a:handshake()
         local accepted = require("spec.support.loopback").accept(listening.listener)
         local b = assert(s:wrap(accepted, { timeout = 10 }))
         assert.equal("hello", b:receive_early())
         assert.equal(5, b:send "world")
         a:settimeout(10)
         assert.equal("world", a:receive(5))
         assert.equal("no_early_data", select(4, b:receive_early()))
         a:close()
         b:close()
         listening:close()
      end)
   end)
end)

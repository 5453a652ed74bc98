-- Handlers: they may yield everywhere, raise, refuse, and answer nonsense; nothing of that may harm.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local decisions_of = require "spec.support.decisions_of"
local pair = require "bearssl.transport.pair"
local together = require "spec.support.together"

local unpack = table.unpack or unpack -- luacheck: ignore

local function server_context(options)
   options = options or {}
   options.mode = "server"
   options.certfile = options.certfile or certificates.rsa.certfile
   options.keyfile = options.keyfile or certificates.rsa.keyfile
   return assert(bearssl.context(options))
end

local function client_context(options)
   options = options or {}
   options.cafile = certificates.ca.certfile
   return assert(bearssl.context(options))
end

-- Two streams, joined in memory, whose reads and writes yield.
local function streams(client, server, client_handlers, server_handlers)
   local a, b = pair.new { wait = coroutine.yield }
   return assert(client:wrap(a, { server_name = "localhost", handlers = client_handlers })),
      assert(server:wrap(b, { handlers = server_handlers }))
end

local function pack(...)
   return { n = select("#", ...), ... }
end

-- Shakes hands on both sides; returns what both handshakes returned.
local function shake(client, server)
   local c, s
   together(function() c = pack(client:handshake()) end, function() s = pack(server:handshake()) end)
   return c, s
end

-- Handlers for all names that yield a few times, note that they ran, and return what `answer` says.
local function yielding(seen, side, answers)
   local handlers = {}
   for _, list in ipairs { bearssl.stages, decisions_of(side == "c" and "client" or "server") } do
      for _, name in ipairs(list) do
         handlers[name] = function(connection, message)
            for _ = 1, 3 do coroutine.yield() end
            seen[#seen + 1] = side .. " " .. name
            local answer = answers and answers[name]
            if answer then return answer(connection, message) end
         end
      end
   end
   return handlers
end

local function count(list)
   local counted = {}
   for _, name in ipairs(list) do counted[name] = (counted[name] or 0) + 1 end
   return counted
end

describe("handlers yield", function()
   it("in every stage and decision of a full handshake of TLS 1.3 with client authentication", function()
      local seen = {}
      local client = client_context {
         certfile = certificates.client_ec.certfile, keyfile = certificates.client_ec.keyfile,
      }
      local server = server_context { cafile = certificates.ca.certfile, verify = "required", tickets = false }
      local c, s = streams(client, server, yielding(seen, "c"), yielding(seen, "s"))
      local left, right = shake(c, s)
      assert.same({ n = 1, true }, left)
      assert.same({ n = 1, true }, right)
      assert.is_true(c:info().peer_verified)
      assert.is_true(s:info().peer_verified)
      together(function()
         assert(c:send("hello\n"))
         assert.equal("world", c:receive())
         assert.is_true(c:update_keys { request = true })
         assert(c:send("again\n"))
         assert.equal("and again", c:receive())
         c:close()
      end, function()
         assert.equal("hello", s:receive())
         assert(s:send("world\n"))
         assert.equal("again", s:receive())
         assert(s:send("and again\n"))
         assert.same({ nil, "closed", "", "closed" }, { s:receive() })
         s:close()
      end)
      local counted = count(seen)
      for _, side in ipairs { "c ", "s " } do
         for _, name in ipairs {
            "client_hello", "server_hello", "encrypted_extensions", "certificate_request", "established", "verify",
            "psk",
         } do
            assert.equal(name == "psk" and side == "s " and 0 or 1, counted[side .. name] or 0, side .. name)
         end
         for _, name in ipairs {
            "certificate", "certificate_verify", "finished", "change_cipher_spec", "key_update",
         } do
            assert.equal(2, counted[side .. name], side .. name)
         end
         assert.is_true(counted[side .. "application_data"] >= 2)
         assert.equal(5, counted[side .. "keylog"])
      end
      assert.equal(1, counted["s select"])
      assert.equal(1, counted["s sign"])
      assert.equal(1, counted["c client_certificate"])
      assert.equal(1, counted["c sign"])
   end)

   it("in every stage and decision of a full handshake with client authentication", function()
      local seen = {}
      local client = client_context {
         max_version = "TLSv1.2", certfile = certificates.client_ec.certfile, keyfile = certificates.client_ec.keyfile,
      }
      local server = server_context { cafile = certificates.ca.certfile, verify = "required" }
      local c, s = streams(client, server, yielding(seen, "c"), yielding(seen, "s"))
      local left, right = shake(c, s)
      assert.same({ n = 1, true }, left)
      assert.same({ n = 1, true }, right)
      assert.is_true(c:info().peer_verified)
      assert.is_true(s:info().peer_verified)
      together(function()
         assert(c:send("hello\n"))
         assert.equal("world", c:receive())
         assert(c:shutdown("send"))
         assert.same({ nil, "closed", "", "closed" }, { c:receive() })
         c:close()
      end, function()
         assert.equal("hello", s:receive())
         assert(s:send("world\n"))
         assert.same({ nil, "closed", "", "closed" }, { s:receive() })
         assert(s:shutdown("send"))
         s:close()
      end)
      local counted = count(seen)
      for _, side in ipairs { "c ", "s " } do
         for _, name in ipairs {
            "client_hello", "server_hello", "server_key_exchange", "certificate_request", "server_hello_done",
            "client_key_exchange", "certificate_verify", "established", "verify",
         } do
            assert.equal(1, counted[side .. name], side .. name)
         end
         for _, name in ipairs { "certificate", "change_cipher_spec", "finished" } do
            assert.equal(2, counted[side .. name], side .. name)
         end
         assert.is_true(counted[side .. "application_data"] >= 2)
         assert.is_true(counted[side .. "keylog"] >= 1)
         assert.is_true(counted[side .. "session_store"] >= 1)
      end
      assert.equal(1, counted["s select"])
      assert.equal(1, counted["s sign"])
      assert.equal(1, counted["c client_certificate"])
      assert.equal(1, counted["c sign"])
   end)

   it("in a handshake with static RSA and in a resumed one", function()
      local seen = {}
      local suites = { "TLS_RSA_WITH_AES_128_GCM_SHA256" }
      local client, server = client_context { suites = suites }, server_context { suites = suites, tickets = false }
      local key = assert(bearssl.key.open(certificates.rsa.keyfile))
      local function decrypt(_, question)
         return key:decrypt(question.ciphertext)
      end
      local store = {}
      local answers = {
         decrypt = decrypt,
         session_store = function(_, question) store[question.session_id] = question.session:export() end,
         session_load = function(_, question) return store[question.session_id] end,
      }
      local c, s = streams(client, server, yielding(seen, "c"), yielding(seen, "s", answers))
      local left, right = shake(c, s)
      assert.same({ n = 1, true }, left)
      assert.same({ n = 1, true }, right)
      assert.equal(1, count(seen)["s decrypt"])
      local a, b = pair.new { wait = coroutine.yield }
      local again = assert(client:wrap(a, {
         server_name = "localhost", session = c:session(), handlers = yielding(seen, "c"),
      }))
      local other = assert(server:wrap(b, { handlers = yielding(seen, "s", answers) }))
      shake(again, other)
      assert.is_true(again:info().resumed)
      assert.equal(1, count(seen)["s session_load"])
      assert.equal(1, count(seen)["s decrypt"])
   end)

   it("and get the stream, and what they may call of it", function()
      local given
      local c, s = streams(client_context(), server_context(), {
         server_hello = function(connection, message)
            given = connection
            assert.equal("server_hello", message.stage)
            assert.equal("received", message.direction)
            assert.is_string(message.raw)
            assert.equal("client", connection:info().mode)
            assert.is_false(connection:info("established"))
            assert.is_nil(connection:session())
            assert.truthy(tostring(connection))
         end,
      })
      assert.same({ n = 1, true }, (shake(c, s)))
      assert.equal(c, given)
   end)

   it("as the connection's own before the context's, or not at all", function()
      local seen = {}
      local client = client_context { handlers = {
         server_hello = function() seen[#seen + 1] = "context" end,
         finished = function() seen[#seen + 1] = "finished" end,
      } }
      local c, s = streams(client, server_context(), {
         server_hello = function() seen[#seen + 1] = "connection" end, finished = false,
      })
      shake(c, s)
      assert.same({ "connection" }, seen)
   end)

   it("for each record, while two coroutines read and send", function()
      local counts = { sent = 0, received = 0 }
      local handlers = { application_data = function(stream, message)
         for _ = 1, 3 do coroutine.yield() end
         counts[message.direction] = counts[message.direction] + message.length
         if message.direction == "sent" then
            -- a handler is refused in its own lane, too
            local ok, problem = pcall(stream.send, stream, "x")
            assert.is_false(ok)
            assert.matches("send cannot be called while the 'application_data' handler", problem)
         end
      end }
      local a, b = pair.new { wait = coroutine.yield, capacity = 3000 }
      local c = assert(client_context():wrap(a, { server_name = "localhost", handlers = handlers }))
      local s = assert(server_context { record_size = 1000 }:wrap(b))
      shake(c, s)
      local data, back = ("there"):rep(20000), ("back"):rep(10000)
      local there, here
      together(
         function() here = c:receive(#back) end, function() assert.equal(#data, c:send(data)) end,
         function() there = s:receive(#data) end, function() assert.equal(#back, s:send(back)) end
      )
      assert.is_true(here == back)
      assert.is_true(there == data)
      assert.is_true(counts.sent >= #data)
      assert.is_true(counts.received >= #back)
   end)

   it("but not outside a coroutine", function()
      local context = client_context { handlers = { client_hello = function() coroutine.yield() end } }
      local connection = assert(context:connection { server_name = "localhost" })
      local ok, message, code
      local main = not coroutine.running() or select(2, coroutine.running())
      if main then
         ok, message, code = connection:step()
         assert.is_nil(ok)
         assert.equal("handler_error", code)
         assert.matches("yield", message)
      end
   end)
end)

describe("a handler that raises", function()
   local function raises_in_the_client(version, name)
      it(("in the client's %s of %s ends the handshake with its traceback"):format(name, version), function()
         local function deep() error("boom in " .. name) end
         local c, s = streams(client_context { max_version = version }, server_context(), { [name] = function()
            coroutine.yield()
            deep()
         end })
         local left, right = shake(c, s)
         assert.is_nil(left[1])
         assert.equal("handler_error", left[3])
         assert.matches("boom in " .. name, left[2])
         assert.matches("stack traceback", left[2])
         assert.matches("driver_spec", left[2])
         -- the same again
         assert.same(left, pack(c:handshake()))
         assert.equal("handler_error", select(4, c:receive()))
         assert.equal("handler_error", select(4, c:send("x")))
         -- Late handlers run when the server has finished already. And an alert right behind the ClientHello comes in a
         -- record of version TLS 1.0, as that does, which the server need not like.
         if not right[1] and name ~= "client_hello" then assert.equal("alert_internal_error", right[3]) end
      end)
   end

   for _, name in ipairs {
      "client_hello", "server_hello", "certificate", "server_key_exchange", "client_key_exchange", "finished",
      "established", "verify", "session_store", "keylog",
   } do
      raises_in_the_client("TLSv1.2", name)
   end
   for _, name in ipairs {
      "client_hello", "server_hello", "encrypted_extensions", "certificate", "certificate_verify", "finished",
      "established", "verify", "keylog", "psk",
   } do
      raises_in_the_client("TLSv1.3", name)
   end

   local function raises_in_the_server(version, name)
      it(("in the server's %s of %s ends the handshake"):format(name, version), function()
         local c, s = streams(client_context { max_version = version }, server_context(), nil, { [name] = function()
            coroutine.yield()
            error("boom")
         end })
         local left, right = shake(c, s)
         assert.equal("handler_error", right[3])
         assert.matches("boom", right[2])
         if not left[1] then assert.equal("alert_internal_error", left[3]) end
      end)
   end

   for _, name in ipairs { "client_hello", "select", "sign", "session_store", "server_hello_done", "finished" } do
      raises_in_the_server("TLSv1.2", name)
   end
   for _, name in ipairs {
      "client_hello", "select", "sign", "encrypted_extensions", "finished", "new_session_ticket",
   } do
      raises_in_the_server("TLSv1.3", name)
   end

   it("a table, or something that cannot be shown", function()
      local strange = setmetatable({}, { __tostring = function() error("no") end })
      for _, value in ipairs { {}, strange, 5, false } do
         local c, s = streams(client_context(), server_context(), { server_hello = function() error(value) end })
         local left = shake(c, s)
         assert.equal("handler_error", left[3])
         assert.is_string(left[2])
      end
   end)
end)

describe("a handler that refuses", function()
   local function refused(reason, code, alert, name)
      local c, s = streams(client_context(), server_context(), { [name or "certificate"] = function()
         coroutine.yield()
         return nil, reason
      end })
      local left, right = shake(c, s)
      assert.is_nil(left[1])
      assert.equal(code, left[3])
      assert.equal("alert_" .. alert, right[3])
      return left[2]
   end

   it("gives a code", function()
      refused("certificate_refused", "certificate_refused", "certificate_unknown")
      refused("unknown_ca", "unknown_ca", "unknown_ca", "verify")
   end)
   it("gives an alert's name", function()
      refused("handshake_failure", "handshake_failure", "handshake_failure")
      refused("insufficient_security", "insufficient_security", "insufficient_security")
   end)
   it("gives any text", function()
      local message = refused("not on a Sunday", "refused", "access_denied")
      assert.matches("not on a Sunday", message)
   end)
   it("says false", function()
      local c, s = streams(client_context(), server_context(), { verify = function() return false end })
      local left, right = shake(c, s)
      assert.equal("certificate_refused", left[3])
      assert.equal("alert_certificate_unknown", right[3])
      c, s = streams(client_context(), server_context(), { server_hello = function() return false end })
      left, right = shake(c, s)
      assert.equal("refused", left[3])
      assert.equal("alert_access_denied", right[3])
   end)
   it("refuses a client in select", function()
      local c, s = streams(client_context(), server_context(), nil, { select = function(_, hello)
         assert.equal("localhost", hello.server_name)
         return nil, "unrecognized_name"
      end })
      local left, right = shake(c, s)
      assert.equal("unrecognized_name", right[3])
      assert.equal("alert_unrecognized_name", left[3])
   end)
end)

describe("an answer that makes no sense", function()
   local function wrong(pattern, client_handlers, server_handlers, server_options)
      local c, s = streams(client_context(), server_context(server_options), client_handlers, server_handlers)
      local left, right = shake(c, s)
      local failed = client_handlers and left or right
      assert.equal("handler_error", failed[3])
      assert.matches(pattern, failed[2])
      assert.matches("driver_spec%.lua:%d+", failed[2])
   end
   local function returns(...)
      local values = pack(...)
      return function() return unpack(values, 1, values.n) end
   end

   it("is told for stages", function()
      wrong("the 'server_hello' handler .* must return nothing or true", {
         server_hello = returns("certificate_refused"),
      })
      wrong("must give its reason as a string, not as a table", { server_hello = returns(nil, {}) })
      wrong("string without text", { server_hello = returns(nil, "") })
   end)
   it("is told for verify", function()
      wrong("the 'verify' handler .* must return true", { verify = returns("yes") })
   end)
   it("is told for sign", function()
      wrong("the 'sign' handler .* must return the signature", nil, { sign = returns({}) })
   end)
   it("is told for session_load", function()
      local client, server = client_context { max_version = "TLSv1.2" }, server_context { tickets = false }
      local first, second = streams(client, server)
      shake(first, second)
      local a, b = pair.new { wait = coroutine.yield }
      local c = assert(client:wrap(a, { server_name = "localhost", session = first:session() }))
      local s = assert(server:wrap(b, { handlers = { session_load = returns(5) } }))
      local _, right = shake(c, s)
      assert.equal("handler_error", right[3])
      assert.matches("the 'session_load' handler .* must return a session", right[2])
   end)
   it("is told for client_certificate", function()
      local options = { cafile = certificates.ca.certfile, verify = "required" }
      local function answers(pattern, answer)
         wrong(pattern, { client_certificate = returns(answer) }, nil, options)
      end
      answers("must return { certificate =", true)
      answers("unknown field 'cert'; did you mean 'certfile'", { cert = 1 })
      answers("the key is missing", { certificate = certificates.client_ec.certificate })
   end)
   it("is told for select", function()
      wrong("must return nothing, a context, or a table", nil, { select = returns("alpha") })
      wrong("no credential of the context is named 'nobody'", nil, { select = returns({ name = "nobody" }) })
      wrong("unknown field 'ciphers'", nil, { select = returns({ ciphers = {} }) })
      wrong("not a context", nil, { select = returns({ context = {} }) })
      wrong("not a server's", nil, { select = function() return { context = client_context() } end })
      wrong("unknown cipher suite 'X'", nil, { select = returns({ suites = { "X" } }) })
      wrong("version SSLv3 is not supported", nil, { select = returns({ max_version = "SSLv3" }) })
      wrong("unknown version 'TLSv9'", nil, { select = returns({ max_version = "TLSv9" }) })
      wrong("not a protocol's name", nil, { select = returns({ alpn = 5 }) })
   end)
end)

describe("select", function()
   it("takes another context, a named credential, a pair, a protocol and suites", function()
      local other = server_context { certfile = certificates.ec.certfile, keyfile = certificates.ec.keyfile }
      local server = assert(bearssl.context { mode = "server", credentials = {
         { certfile = certificates.rsa.certfile, keyfile = certificates.rsa.keyfile, name = "plain" },
         { certfile = certificates.rsa3072.certfile, keyfile = certificates.rsa3072.keyfile, name = "long" },
      } })
      local function bits(answer)
         local c, s = streams(client_context { alpn = { "a", "b" } }, server, nil, { select = function()
            coroutine.yield()
            return answer
         end })
         assert.same({ n = 1, true }, (shake(c, s)))
         return c:getpeercertificate():public_key(), c:info()
      end
      assert.equal(3072, bits({ name = "long" }).bits)
      assert.equal(2048, bits({ name = "plain" }).bits)
      assert.equal("EC", bits({ context = other }).type)
      assert.equal("EC", bits({ certificate = certificates.ec.chain, key = certificates.ec.key }).type)
      local _, info = bits({ alpn = "b" })
      assert.equal("b", info.alpn)
      local suite = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
      _, info = bits({ suites = { suite } })
      assert.equal(suite, info.cipher_suite)
   end)

   it("serves a context without a certificate of its own", function()
      local server = assert(bearssl.context { mode = "server", handlers = { select = function()
         return { certificate = certificates.ec.chain, key = certificates.ec.key }
      end } })
      local c, s = streams(client_context(), server)
      assert.same({ n = 1, true }, (shake(c, s)))
   end)
end)

describe("verify", function()
   it("knows the library's verdict and may overrule it", function()
      local stranger = assert(bearssl.context { cafile = certificates.other_ca.certfile })
      local asked
      local c, s = streams(stranger, server_context(), { verify = function(_, question)
         asked = question
         return "accept"
      end })
      assert.same({ n = 1, true }, (shake(c, s)))
      assert.same({ false, true }, { c:info "peer_verified", c:info "peer_accepted" })
      assert.equal("unknown_ca", asked.verdict)
      assert.is_false(asked.verified)
      assert.equal("localhost", asked.server_name)
      assert.equal(1, #asked.chain)
      c, s = streams(stranger, server_context(), { verify = function() end })
      assert.equal("unknown_ca", (shake(c, s))[3])
   end)
end)

describe("external keys", function()
   it("sign through the handler", function()
      local chain = assert(bearssl.certificate.load(certificates.ec.certificate))
      local key = assert(bearssl.key.load(certificates.ec.key))
      local server = assert(bearssl.context {
         mode = "server", certificate = chain, key = bearssl.key.external(chain[1]),
         handlers = { sign = function(_, question)
            coroutine.yield()
            return key:sign(question.scheme or question.hash, question.digest)
         end },
      })
      local c, s = streams(client_context(), server)
      assert.same({ n = 1, true }, (shake(c, s)))
      -- the word for it, beside a certificate in each of its forms
      local handlers = { sign = function(_, question)
         return key:sign(question.scheme or question.hash, question.digest)
      end }
      for _, credential in ipairs {
         { certificate = chain, key = "external" }, { certificate = certificates.ec.chain, key = "external" },
         { certfile = certificates.ec.chainfile, key = "external" },
      } do
         credential.mode, credential.handlers = "server", handlers
         c, s = streams(client_context(), assert(bearssl.context(credential)))
         assert.same({ n = 1, true }, (shake(c, s)))
         credential.mode, credential.handlers = nil, nil
         c, s = streams(client_context(), assert(bearssl.context {
            mode = "server", credentials = { credential }, handlers = handlers }))
         assert.same({ n = 1, true }, (shake(c, s)))
      end
      c, s = streams(client_context(), server, nil, { sign = function() return nil, "sign_failed" end })
      local left, right = shake(c, s)
      assert.equal("sign_failed", right[3])
      assert.equal("alert_internal_error", left[3])
   end)
end)

describe("key log lines", function()
   it("have NSS's format and agree on both sides", function()
      local lines = {}
      local function keep(_, question) lines[#lines + 1] = question.line end
      local c, s = streams(client_context { max_version = "TLSv1.2" }, server_context(), { keylog = keep }, {
         keylog = keep,
      })
      shake(c, s)
      assert.equal(2, #lines)
      assert.equal(lines[1], lines[2])
      assert.matches("^CLIENT_RANDOM " .. ("%x"):rep(64) .. " " .. ("%x"):rep(96) .. "$", lines[1])
   end)
end)

describe("inside a handler", function()
   local function tries(method, ...)
      local arguments = pack(...)
      local message
      local c, s = streams(client_context(), server_context(), { verify = function(stream)
         coroutine.yield()
         local ok
         ok, message = pcall(stream[method], stream, unpack(arguments, 1, arguments.n))
         assert.is_false(ok)
      end })
      assert.same({ n = 1, true }, (shake(c, s)))
      assert.matches(method .. " cannot be called while the 'verify' handler", message)
      assert.matches("driver_spec%.lua", debug.traceback(message))
   end

   for _, method in ipairs { "handshake", "receive", "receiveany", "shutdown" } do
      it(method .. " raises an error and harms nothing", function()
         tries(method, method == "shutdown" and "send" or nil)
      end)
   end
   it("send raises an error and harms nothing", function() tries("send", "x") end)

   it("step of a connection raises", function()
      local message
      local c = assert(client_context():connection { server_name = "localhost", handlers = {
         client_hello = function(connection)
            local ok
            ok, message = pcall(connection.step, connection)
            assert.is_false(ok)
         end,
      } })
      assert.equal("wantread", c:step())
      assert.matches("step cannot be called", message)
   end)

   it("close ends the conversation", function()
      local c, s = streams(client_context(), server_context(), { server_hello = function(stream)
         coroutine.yield()
         assert.is_true(stream:close())
         assert.equal("client", stream:info("mode"))
      end })
      local left, right = shake(c, s)
      assert.is_nil(left[1])
      assert.equal("closed", left[3])
      assert.matches("closed while its 'server_hello' handler ran", left[2])
      assert.is_nil(right[1])
      assert.same({ nil, "closed", "", "closed" }, { c:receive() })
   end)
end)

describe("while a handler is suspended", function()
   local function suspended(method)
      local context = client_context { handlers = { [method] = function() coroutine.yield("in handler") end } }
      local a = pair.new { wait = coroutine.yield }
      local stream = assert(context:wrap(a, { server_name = "localhost" }))
      local thread = coroutine.create(function() return stream:handshake() end)
      assert.same({ true, "in handler" }, { coroutine.resume(thread) })
      return stream, thread
   end

   it("the connection can be closed by others", function()
      local stream, thread = suspended("client_hello")
      assert.is_true(stream:close())
      local ok, result, message, code = coroutine.resume(thread)
      assert.is_true(ok)
      assert.is_nil(result)
      assert.matches("closed while its 'client_hello' handler ran", message)
      assert.equal("closed", code)
   end)

   it("others get an error when they would go on", function()
      local stream, thread = suspended("client_hello")
      for _, method in ipairs { "handshake", "receive" } do
         local ok, message = pcall(stream[method], stream)
         assert.is_false(ok)
         assert.matches("cannot be called while the 'client_hello' handler", message)
      end
      assert.is_false((pcall(stream.send, stream, "x")))
      assert.equal("suspended", coroutine.status(thread))
      assert.equal("client", stream:info("mode"))
   end)

   it("the stream can be collected", function()
      for _ = 1, 20 do
         local stream, thread = suspended("client_hello")
         local weak = setmetatable({ stream, thread }, { __mode = "v" })
         stream, thread = nil, nil -- luacheck: ignore
         collectgarbage()
         collectgarbage()
         assert.is_nil(weak[1])
      end
   end)

   it("a coroutine that is closed leaves a failed connection behind", function()
      if not coroutine.close then return end
      local stream, thread = suspended("client_hello")
      coroutine.close(thread)
      local ok, message, code = stream:handshake()
      assert.is_nil(ok)
      assert.equal("handler_error", code)
      assert.matches("never returned", message)
   end)
end)

describe("sans-I/O connections", function()
   it("run handlers in step and hand themselves over", function()
      local given
      local connection
      connection = assert(client_context():connection { server_name = "localhost", handlers = {
         client_hello = function(c) given = c end,
      } })
      assert.equal("wantread", connection:step())
      assert.equal(connection, given)
      assert.equal(0, #connection:read())
      local hello = connection:drain()
      assert.equal(22, hello:byte(1))
      assert.equal("", connection:drain())
   end)

   it("fail on demand", function()
      local connection = assert(client_context():connection { server_name = "localhost" })
      connection:step()
      connection:drain()
      connection:fail("handshake_failure")
      local ok, _, code = connection:step()
      assert.is_nil(ok)
      assert.equal("handshake_failure", code)
      assert.equal(21, connection:drain():byte(1))
      assert.same({ nil, "handshake_failure" }, { (connection:write("x")), select(3, connection:write("x")) })
   end)

   it("refuse to write before the handshake is over", function()
      local connection = assert(client_context():connection { server_name = "localhost" })
      local written, _, code = connection:write("x")
      assert.is_nil(written)
      assert.equal("not_ready", code)
   end)

   it("tell a truncated handshake", function()
      local connection = assert(client_context():connection { server_name = "localhost" })
      connection:step()
      assert.equal(0, connection:feed())
      local ok, _, code = connection:step()
      assert.is_nil(ok)
      assert.equal("truncated", code)
   end)

   it("report misuse", function()
      local connection = assert(client_context():connection { server_name = "localhost" })
      assert.is_false((pcall(connection.feed, connection, 5)))
      assert.is_false((pcall(connection.fail, connection, {})))
   end)
end)

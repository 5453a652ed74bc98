-- The C module's connections: stages, decisions, sessions, patterns, descriptors.
local core = require "bearssl.core"
local certificates = require "spec.support.certificates"
local shared = require "spec.support.core_pair"

local ALL_STAGES = shared.ALL_STAGES
local ALL_DECISIONS = shared.ALL_DECISIONS
local certificate = shared.certificate
local credential = shared.credential
local server_context = shared.server_context
local client_context = shared.client_context
local step = shared.step
local shake = shared.shake
local pair = shared.pair
local established = shared.established
local messages = shared.messages

describe("TLS 1.2", function()
   -- BearSSL's engine has neither finite fields nor RSA-PSS.
   local groups = { core.group_id "ffdhe3072", core.group_id "ffdhe2048", core.group_id "P-384" }
   local schemes = { core.scheme_id "rsa_pss_rsae_sha256", core.scheme_id "rsa_pss_pss_sha256",
      core.scheme_id "rsa_pkcs1_sha384", core.scheme_id "ecdsa_secp256r1_sha256" }

   local function names(list)
      local result = {}
      for i, entry in ipairs(list) do result[i] = entry.name end
      return result
   end

   it("is offered and done without ffdhe, and with RSA-PSS", function()
      local function lists(more)
         more.version_max, more.groups, more.signature_schemes = 0x0303, groups, schemes
         return more
      end
      local client, server = pair(lists({ credentials = { credential "client_rsa" } }),
         lists({ verify = "required", trust = shared.trust() }), { stage_mask = ALL_STAGES })
      local _, _, log = shake(client, server)
      local found = {}
      for _, message in ipairs(log) do found[message.stage] = message end
      assert.same({ "secp384r1" }, names(found.client_hello.supported_groups))
      assert.same({ "rsa_pss_rsae_sha256", "rsa_pss_pss_sha256", "rsa_pkcs1_sha384", "ecdsa_secp256r1_sha256" },
         names(found.client_hello.signature_algorithms))
      assert.same({ "rsa_pss_rsae_sha256", "rsa_pss_pss_sha256", "rsa_pkcs1_sha384", "ecdsa_secp256r1_sha256" },
         names(found.certificate_request.signature_algorithms))
      assert.equal("secp384r1", found.server_key_exchange.group)
      assert.is_true(client:info().established and server:info().established)
   end)

   it("fails when there is no scheme for it", function()
      local only = { 0x0403 } -- ECDSA, and the server has an RSA key
      for _, side in ipairs { "client", "server" } do
         local options = { version_max = 0x0303, signature_schemes = only }
         local left, right = shake(pair(side == "client" and options or nil, side == "server" and options or nil))
         assert.equal("no_usable_credential", right.code)
         assert.equal("alert_handshake_failure", left.code)
      end
   end)
end)

describe("stages", function()
   it("are tables with the RFCs' fields", function()
      local found, log = messages()
      local hello = found["client_hello/sent"]
      assert.equal("TLSv1.2", hello.legacy_version)
      assert.equal(0x0303, hello.legacy_version_id)
      assert.is_nil(hello.version)
      assert.equal(32, #hello.random)
      assert.equal("", hello.session_id)
      assert.equal("string", type(hello.cipher_suites[1].name))
      assert.equal("localhost", hello.server_name)
      assert.same({ "h2", "http/1.1" }, hello.alpn)
      assert.same({ { id = 0, name = "null" } }, hello.compression_methods)
      assert.equal("x25519", hello.supported_groups[1].name)
      assert.is_true(#hello.signature_algorithms > 0)
      assert.is_false(hello.psk_offered)
      assert.is_nil(rawget(hello, "raw"))
      assert.equal(hello.length, #hello.raw)
      assert.equal(1, hello.raw:byte())
      local by_name = {}
      for _, extension in ipairs(hello.extensions) do by_name[extension.name] = extension end
      assert.equal("localhost", by_name.server_name.value)
      assert.same(hello.alpn, by_name.application_layer_protocol_negotiation.value)
      assert.equal("string", type(by_name.supported_groups.raw))

      local reply = found["server_hello/received"]
      assert.equal("TLSv1.2", reply.version)
      assert.equal("http/1.1", reply.alpn)
      assert.is_false(reply.resumed)
      assert.equal("null", reply.compression_method)

      local theirs, ours = found["certificate/received"], found["certificate/sent"]
      assert.equal("server", theirs.whose)
      assert.equal("client", ours.whose)
      assert.is_true(theirs.chain[1] == certificate "rsa")
      assert.is_true(ours.chain[1] == certificate "client_rsa")
      assert.equal(certificate("rsa"):der(), theirs.encoded[1])

      local exchange = found["server_key_exchange/received"]
      assert.equal("ECDHE", exchange.key_exchange)
      assert.equal("x25519", exchange.group)
      assert.equal(32, #exchange.public_point)
      assert.equal(256, #exchange.signature)
      assert.equal("string", type(exchange.signature_algorithm))

      local request = found["certificate_request/received"]
      assert.truthy(request.certificate_authorities[1].text:find("CN=Test Root CA", 1, true))
      assert.equal("CN", request.certificate_authorities[1][1].name)
      assert.is_true(#request.certificate_types > 0)
      assert.is_true(#request.signature_algorithms > 0)

      assert.equal("ECDHE", found["client_key_exchange/sent"].key_exchange)
      assert.equal(32, #found["client_key_exchange/sent"].public_point)
      assert.equal(256, #found["certificate_verify/sent"].signature)
      assert.is_true(found["change_cipher_spec/sent"].changes_protection)
      assert.equal(12, #found["finished/sent"].verify_data)
      assert.equal(12, #found["finished/received"].verify_data)
      local done = found["established/"]
      assert.equal("TLSv1.2", done.version)
      assert.is_true(done.peer_verified)
      assert.is_nil(done.direction)
      for _, message in ipairs(log) do assert.is_nil(message.malformed, message.stage) end
   end)

   it("report the end and its alert", function()
      local client, server = pair(nil, nil, { stage_mask = ALL_STAGES, server_name = "elsewhere" })
      local a, b, client_log, server_log = shake(client, server)
      assert.equal("name_mismatch", a.code)
      assert.equal("alert_bad_certificate", b.code)
      assert.truthy(b.message:find("bad_certificate", 1, true))
      local alert, closed = client_log[#client_log - 1], client_log[#client_log]
      assert.equal("alert", alert.stage)
      assert.equal("fatal", alert.level)
      assert.equal("bad_certificate", alert.description)
      assert.equal(42, alert.description_id)
      assert.equal("closed", closed.stage)
      assert.is_false(closed.clean)
      assert.equal("name_mismatch", closed.code)
      assert.equal("alert_bad_certificate", server_log[#server_log].code)
   end)

   it("report data, and a clean end", function()
      local client, server = pair(nil, nil, { stage_mask = ALL_STAGES })
      shake(client, server)
      assert.equal(5, client:write("hello"))
      client:close()
      server:feed(client:drain())
      local log = {}
      step(server, nil, log)
      assert.equal("application_data", log[1].stage)
      assert.equal(5, log[1].length)
      assert.equal("hello", server:read())
      server:close()
      assert.equal("closed", (step(server, nil, log)))
      assert.equal("closed", log[#log].stage)
      assert.is_true(log[#log].clean)
   end)

   it("are nil when there is none, and watched only when asked for", function()
      local client, server = pair(nil, nil, { stage_mask = 1 })
      assert.is_nil(client:stage())
      assert.is_nil(client:question())
      client:watch(0, 0)
      assert.equal("wantread", (client:step()))
      assert.has_error(function() client:watch() end)
      assert.has_error(function() client:watch(-1, 0) end)
      server:free()
   end)
end)

describe("decisions", function()
   it("are asked with what they are about", function()
      local _, log = messages({})
      local asked = {}
      for _, entry in ipairs(log) do
         if entry.decision then asked[entry.decision] = entry.question end
      end
      assert.is_true(asked.verify.verified)
      assert.equal("ok", asked.verify.verdict)
      assert.is_nil(asked.verify.message)
      assert.is_true(asked.verify.chain[1] == certificate "rsa")
      assert.equal("localhost", asked.verify.server_name)
      assert.truthy(asked.client_certificate.certificate_authorities[1].text:find("CN=Test Root CA", 1, true))
      assert.equal("sha256", asked.sign.hash)
      assert.equal(32, #asked.sign.digest)
      assert.is_true(asked.sign.certificate == certificate "client_rsa")
      assert.truthy(asked.keylog.line:match("^CLIENT_RANDOM %x+ %x+$"))
      assert.equal("session", core.type(asked.session_store.session))
   end)

   it("take explicit answers", function()
      local key = assert(core.key(certificates.rsa.key))
      local chain = { certificate "rsa" }
      local external = { chain = chain, key = assert(core.external_key(chain[1])) }
      local other = server_context { alpn = { "x" }, credentials = { external } }
      local client, server = pair({ alpn = { "x", "y" } }, { credentials = { credential "ec" } },
         { decision_mask = ALL_DECISIONS })
      local stored, asked = {}, {}
      local _, _, log = shake(client, server, {
         select = function(question)
            asked.select = question
            return { context = other, credential = external, alpn = "y", version_min = 0x0303, version_max = 0x0303,
               suites = { core.suite_id("ECDHE-RSA-CHACHA20-POLY1305") } }
         end,
         sign = function(question) return (assert(key:sign(question.scheme or question.hash, question.digest))) end,
         verify = function() return "accept" end,
         session_store = function(question) stored[#stored + 1] = question.session end,
      })
      local info = client:info()
      assert.equal("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", info.cipher_suite)
      assert.equal("y", info.alpn)
      assert.equal("client_hello", asked.select.stage)
      assert.equal("localhost", asked.select.server_name)
      assert.equal(2, #stored)
      assert.is_true(#log > 0)
   end)

   -- A client is asked for a session, and then says hello.
   local function begin(client)
      assert.equal("decision", (client:step()))
      local name, question = client:question()
      assert.same({ server_name = "localhost", early_data = false }, question)
      client:answer()
      client:step()
      return name
   end

   it("may be refused with a code or a text", function()
      for reason, expected in pairs({
         certificate_revoked = { "certificate_revoked", "alert_certificate_revoked" },
         user_canceled = { "refused", "alert_access_denied" },
         ["not today"] = { "refused", "alert_access_denied" },
         timeout = { "refused", "alert_access_denied" }, closed = { "refused", "alert_access_denied" },
      }) do
         local client, server = pair(nil, nil, { decision_mask = ALL_DECISIONS })
         assert.equal("session_load", begin(client))
         server:feed(client:drain())
         assert.equal("decision", (server:step()))
         server:fail(reason)
         local a, b = shake(client, server)
         assert.equal(expected[1], b.code)
         assert.equal(expected[2], a.code)
      end
   end)

   it("keep a failed handler's words", function()
      local client, server = pair()
      client:fail_handler("boom\ntraceback")
      assert.same({ nil, "boom\ntraceback", "handler_error" }, { client:step() })
      server:free()
   end)

   it("tell when nothing waits, and raise on answers of a wrong type", function()
      local client, server = pair(nil, nil, { decision_mask = ALL_DECISIONS })
      assert.equal("unexpected_message", select(3, client:answer(true)))
      begin(client)
      server:feed(client:drain())
      assert.equal("decision", (server:step()))
      for _, wrong in ipairs({
         1, "x", true, { context = 1 }, { context = client_context() }, { credential = {} }, { alpn = {} },
         { suites = { "x" } }, { version_min = "x" },
      }) do
         assert.has_error(function() server:answer(wrong) end)
      end
      -- an empty list would pass for none
      assert.equal("illegal_parameter", select(3, server:answer { suites = {} }))
      assert.is_true(server:answer())
      assert.equal("unexpected_message", select(3, server:answer()))
   end)
end)

describe("sessions", function()
   local function session()
      local client, server = established()
      return client:session(), server:session()
   end

   it("export, import, and tell about themselves", function()
      local client = session()
      local copy = assert(core.session_import(client:export()))
      assert.same(client:info().session_id, copy:info().session_id)
      assert.equal(client:id(), copy:id())
      assert.equal("client", copy:info().mode)
      assert.equal("localhost", copy:info().server_name)
      assert.is_true(copy:info().peer_certificates[1] == certificate "rsa")
      assert.equal(client:expires(), copy:expires())
      assert.is_true(copy:resumable())
      assert.equal("bad_session", select(3, core.session_import("nonsense")))
      assert.has_error(function() core.session_import(1) end)
      assert.has_error(function() copy:resumable(1) end)
   end)

   it("resume a connection", function()
      local context, peer = client_context(), server_context()
      local first = assert(core.connection(context, { server_name = "localhost" }))
      shake(first, assert(core.connection(peer, {})))
      local ticket = first:session()
      assert.is_true(ticket:resumable(context))
      assert.is_false(ticket:resumable(context, "elsewhere"))
      first:free()
      local second = assert(core.connection(context, { server_name = "localhost", session = ticket }))
      shake(second, assert(core.connection(peer, {})))
      assert.is_true(second:info().resumed)
      assert.has_error(function() core.connection(context, { session = 1 }) end)
   end)
end)

describe("a client's name", function()
   it("is given, or said to be none: a forgotten one does not go unchecked", function()
      local context = client_context()
      for _, options in ipairs { {}, { server_name = "" }, { verify = "none" },
         { server_name = "localhost", no_server_name = true } } do
         assert.equal("illegal_parameter", select(3, core.connection(context, options)))
      end
      assert.equal("illegal_parameter", select(3, core.connection(context)))
      assert.is_truthy(core.connection(context, { no_server_name = true }))
      assert.is_truthy(core.connection(server_context()))
   end)
end)

describe("patterns over data", function()
   local function send(client, server, data)
      assert(client:write(data))
      server:feed(client:drain())
      assert.equal("data", (server:step()))
   end

   it("collect counts across records", function()
      local client, server = established()
      send(client, server, "abc")
      assert.is_nil(server:collect(5))
      send(client, server, "defgh")
      assert.equal("abcde", server:collect(5))
      assert.equal(3, server:buffered())
      assert.equal("", server:collect(0))
      assert.is_nil(server:collect(4))
      assert.equal("fgh", server:collected())
      assert.equal("", server:collected())
      assert.has_error(function() server:collect(-1) end)
      assert.has_error(function() server:collect() end)
   end)

   it("collect lines as LuaSocket does", function()
      local client, server = established()
      send(client, server, "one\r\ntw\ro\nthr")
      assert.equal("one", server:collect_line())
      assert.equal("two", server:collect_line())
      assert.is_nil(server:collect_line())
      send(client, server, "ee\r")
      assert.is_nil(server:collect_line())
      send(client, server, "\n\n")
      assert.equal("three", server:collect_line())
      assert.equal("", server:collect_line())
      assert.is_nil(server:collect_line())
   end)

   it("collect everything", function()
      local client, server = established()
      for i = 1, 5 do
         send(client, server, tostring(i))
         assert.is_nil(server:collect_all())
      end
      -- what one pattern gathered belongs to the next
      assert.equal("12", server:collect(2))
      assert.equal("345", server:collected())
   end)

   it("read and write parts", function()
      local client, server = established()
      assert.equal(4, client:write("abcdef", 3, 4))
      assert.equal(6, client:write("abcdef", -2))
      assert.equal(6, client:write("abcdef", 7))
      assert.equal(0, client:write(""))
      server:feed(client:drain())
      server:step()
      assert.equal("c", server:read(1))
      assert.equal("", server:read(0))
      assert.equal("d", server:read())
      server:step()
      assert.equal("ef", server:read())
      assert.has_error(function() server:read(-1) end)
      assert.has_error(function() client:write(1) end)
      assert.has_error(function() server:feed(1) end)
   end)

   it("say when the output is full", function()
      local client = established()
      local data, first = ("x"):rep(1000000), 0
      while true do
         local last = assert(client:write(data, first + 1))
         if last == first then break end
         first = last
      end
      assert.is_true(first > 0 and first < #data)
      local pending = client:pending_output()
      assert.equal(10, #client:drain(10))
      assert.equal(pending - 10, client:pending_output())
   end)
end)

describe("descriptors", function()
   local socket = require "socket"

   local function sockets()
      local listener = assert(socket.bind("127.0.0.1", 0))
      local _, port = listener:getsockname()
      local a = assert(socket.connect("127.0.0.1", port))
      local b = assert(listener:accept())
      listener:close()
      a:settimeout(0)
      b:settimeout(0)
      return a, b
   end

   local function drive(connection, fd)
      local event, message, code = connection:step()
      connection:flush(fd)
      if event == "wantread" then connection:fill(fd) end
      return event, message, code
   end

   it("carry a handshake and data", function()
      local a, b = sockets()
      local client, server = pair()
      for _ = 1, 1000 do
         drive(client, a:getfd())
         drive(server, b:getfd())
         if client:info().established and server:info().established then break end
      end
      assert.is_true(client:info().established)
      local data = ("0123456789abcdef"):rep(65536)
      local last, pieces, received = 0, {}, 0
      for _ = 1, 100000 do
         if last < #data then
            local done, message, code, index = client:send_all(a:getfd(), data, last + 1)
            if not done then assert.same({ "wantwrite", "wantwrite" }, { message, code }) end
            last = done or index
         else
            client:flush(a:getfd())
         end
         drive(server, b:getfd())
         local piece = server:read()
         while piece ~= "" do
            pieces[#pieces + 1] = piece
            received = received + #piece
            if server:step() ~= "data" then break end
            piece = server:read()
         end
         if received == #data then break end
      end
      assert.equal(#data, received)
      assert.is_true(table.concat(pieces) == data)
      a:close()
      local count
      repeat
         count = server:fill(b:getfd())
      until count == 0 or server:step() == nil
      assert.equal("truncated", select(3, server:step()))
      b:close()
   end)

   it("that have nothing yet are no failure: nil, code, code", function()
      local a, b = sockets()
      local client = pair()
      client:step()
      assert.same({ nil, "wantread", "wantread" }, { client:fill(a:getfd()) })
      a:close()
      b:close()
   end)

   it("fail as nil, message, code", function()
      local client = pair()
      client:step()
      for _, method in ipairs({ "fill", "flush" }) do
         local ok, message, code = client[method](client, 1000)
         assert.is_nil(ok)
         assert.equal("string", type(message))
         assert.equal("transport_failed", code)
         assert.has_error(function() client[method](client, -1) end)
         assert.has_error(function() client[method](client) end)
      end
      assert.equal("not_ready", select(3, client:send_all(1000, "x")))
      assert.equal("not_ready", select(3, client:write("x")))
   end)

   it("do not raise SIGPIPE", function()
      local a, b = sockets()
      b:close()
      local client = pair()
      client:step()
      local ok, message, code = client:flush(a:getfd())
      for _ = 1, 100 do
         if not ok then break end
         socket.sleep(0.001)
         client = pair()
         client:step()
         ok, message, code = client:flush(a:getfd())
      end
      assert.is_nil(ok)
      assert.equal("string", type(message))
      assert.equal("transport_failed", code)
      a:close()
   end)

   it("are waited for", function()
      local a, b = sockets()
      assert.is_true(core.wait(a:getfd(), "w", 0))
      local start = core.monotonic()
      assert.same({ nil, "timeout", "timeout" }, { core.wait(a:getfd(), "r", 0.02) })
      assert.is_true(core.monotonic() - start >= 0.02)
      b:send("x")
      assert.is_true(core.wait(a:getfd(), "r"))
      assert.equal("transport_failed", select(3, core.wait(1000, "r", 0)))
      assert.has_error(function() core.wait(a:getfd(), "x", 0) end)
      assert.has_error(function() core.wait("x", "r", 0) end)
      a:close()
      b:close()
   end)
end)

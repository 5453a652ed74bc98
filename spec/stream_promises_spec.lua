-- What doc/api.md promises of streams and connections: who may call what when, how they are cancelled and ended, and
-- what happens to those that are dropped.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local cqueues = require "cqueues"
local cqueues_socket = require "cqueues.socket"
local hello = require "spec.support.hello"
local loopback = require "spec.support.loopback"
local pair = require "bearssl.transport.pair"
local pump = require "spec.support.pump"
local streams = require "spec.support.streams"
local together = require "spec.support.together"

local client_context, server_context = streams.client_context, streams.server_context
local connected, keep = streams.connected, streams.keep

after_each(streams.close)

local function raises(wanted, f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok, wanted)
   assert.is_truthy(tostring(message):find(wanted, 1, true), tostring(message))
end

local function shake(client_alpn, server_options)
   local client = assert(bearssl.context { cafile = certificates.ca.certfile, alpn = client_alpn })
   server_options.mode, server_options.certificate = "server", certificates.ec.chain
   server_options.key = certificates.ec.key
   local a = assert(client:connection { server_name = "localhost" })
   local b = assert(assert(bearssl.context(server_options)):connection())
   local result = pump(a, b)
   return result, a, b
end

-- two streams in memory that wait by yielding
local function in_memory(client_options, server_options)
   local a, b = pair.new { wait = coroutine.yield, capacity = 4096 }
   client_options = client_options or {}
   client_options.server_name = "localhost"
   return assert(client_context():wrap(a, client_options)), assert(server_context():wrap(b, server_options))
end

local function go(f)
   local thread = coroutine.create(f)
   assert(coroutine.resume(thread))
   return thread
end

describe("of several coroutines", function()
   it("one reads and one sends; a second of either raises", function()
      local client, server = in_memory()
      together(function() assert(client:handshake()) end, function() assert(server:handshake()) end)
      go(function() client:receive(1) end)
      go(function() client:send(("x"):rep(1000000)) end)
      for _, method in ipairs({ "receive", "receiveany" }) do
         raises(method .. ": another coroutine is already in receive or handshake of this stream",
            client[method], client)
      end
      raises("send: another coroutine is already in send of this stream", client.send, client, "y")
      -- handshake() of one that has shaken hands waits for nobody: it tells whether the stream lives
      assert.is_true(client:handshake())
   end)

   it("any may ask and set what needs no turn, while another reads and sends", function()
      local client, server = in_memory()
      together(function() assert(client:handshake()) end, function() assert(server:handshake()) end)
      local read, sent
      local reader = go(function() read = { client:receive(1) } end)
      local sender = go(function() sent = { client:send(("x"):rep(1000000)) } end)
      assert.is_true(client:info "established")
      assert.is_truthy(client:session())
      assert.is_true(client:settimeout(5))
      assert.is_true(client:close())
      assert(coroutine.resume(reader))
      assert(coroutine.resume(sender))
      assert.same({ nil, "closed", "", "closed" }, read)
      assert.same({ nil, "closed", "closed" }, { sent[1], sent[2], sent[4] })
      assert.is_true(sent[3] > 0 and sent[3] < 1000000)
   end)

   it("any may do so in the middle of a handshake, and in handlers", function()
      local seen
      local client = in_memory { handlers = { client_hello = function(stream, message)
         seen = { message.stage, stream:info "established", stream:session() == nil, stream:settimeout(5),
            stream:close() }
      end } }
      local result
      local thread = go(function() result = { client:handshake() } end)
      assert.same({ "client_hello", false, true, true, true }, seen)
      assert.equal("dead", coroutine.status(thread))
      assert.equal("closed", result[3])
      raises("receive cannot be called while the 'client_hello' handler", function()
         local other
         other = in_memory { handlers = { client_hello = function(stream) stream:receive() end } }
         error((select(2, other:handshake())))
      end)
   end)
end)

describe("a stream that another coroutine closes", function()
   it("ends what waits in memory, whichever call it is", function()
      for _, method in ipairs({ "handshake", "receive", "receiveany", "receive_early" }) do
         local _, server = in_memory()
         local result
         local thread = go(function() result = { server[method](server) } end)
         server:close()
         assert(coroutine.resume(thread))
         assert.is_nil(result[1])
         assert.equal("closed", result[#result], method)
      end
   end)

   it("ends what waits in the loop of cqueues", function()
      local queue, result = cqueues.new(), nil
      local a, b = cqueues_socket.pair()
      local server = assert(server_context():wrap(b))
      queue:wrap(function() result = { server:receive() } end)
      queue:wrap(function()
         cqueues.sleep(0.05)
         server:close()
      end)
      assert(queue:loop(10))
      assert.same({ nil, "closed", "", "closed" }, result)
      a:close()
   end)
end)

describe("fail", function()
   it("of a stream sends the alert and is what later calls tell", function()
      for _, case in ipairs({
         { { "certificate_refused" }, "certificate_refused", nil, "alert_certificate_unknown" },
         { { "certificate_refused", "not today" }, "certificate_refused", "not today", "alert_certificate_unknown" },
         { { "not in the mood" }, "refused", "not in the mood", "alert_access_denied" },
         { { "timeout" }, "refused", "refused: timeout", "alert_access_denied" },
         { { "closed", "over" }, "refused", "over", "alert_access_denied" },
      }) do
         local client, server = connected()
         assert.is_true(server:fail((table.unpack or unpack)(case[1]))) -- luacheck: ignore unpack
         local _, message, _, code = server:receive()
         assert.equal(case[2], code)
         if case[3] then assert.equal(case[3], message) end
         assert.same({ nil, message, 0, code }, { server:send "x" })
         assert.is_true(server:fail "another reason")
         assert.equal(code, (select(4, server:receive())))
         client:settimeout(5)
         assert.equal(case[4], (select(4, client:receive())))
         assert.is_true(server:close())
         assert.same({ nil, "closed", "closed" }, { server:fail "x" })
      end
   end)

   it("is what a second handshake() tells: true while the connection lives", function()
      local client, server = connected()
      assert.is_true(client:handshake())
      server:fail("certificate_refused", "not today")
      assert.same({ nil, "not today", "certificate_refused" }, { server:handshake() })
      client:settimeout(5)
      client:receive()
      assert.equal("alert_certificate_unknown", (select(3, client:handshake())))
      client:close()
      assert.same({ nil, "closed", "closed" }, { client:handshake() })
   end)

   it("ends a handshake, in a handler too", function()
      local a, b = keep(loopback.pair())
      local server = assert(server_context():wrap(b, { timeout = 5 }))
      local client = assert(client_context():wrap(a, { server_name = "localhost", timeout = 5, handlers = {
         client_hello = function(stream) assert.is_true(stream:fail("certificate_refused", "I changed my mind")) end,
      } }))
      assert.same({ nil, "I changed my mind", "certificate_refused" }, { client:handshake() })
      assert.equal("alert_certificate_unknown", (select(3, server:handshake())))
   end)

   it("is told to a coroutine that reads", function()
      local client, server = in_memory()
      together(function() assert(client:handshake()) end, function() assert(server:handshake()) end)
      local result
      local thread = go(function() result = { client:receive(1) } end)
      client:fail "enough"
      for _ = 1, 10 do
         if coroutine.status(thread) == "dead" then break end
         go(function() server:receive(1) end)
         server:close()
         assert(coroutine.resume(thread))
      end
      assert.same({ nil, "enough", "", "refused" }, result)
   end)

   it("wants a reason", function()
      local client = in_memory()
      raises("fail: the reason must be a code or a text, not nil", client.fail, client)
      raises("fail: the reason must be a code or a text", client.fail, client, "")
      raises("fail: the text must be a string", client.fail, client, "refused", 5)
   end)
end)

describe("what is left behind", function()
   it("is freed at the end of its scope (from Lua 5.4 on)", function()
      local load_chunk = loadstring or load
      local chunk = load_chunk "local connection <close> = ...; connection:step(); return connection"
      if not chunk then
         assert.is_true(_VERSION < "Lua 5.4")
         return
      end
      local connection = chunk(assert(client_context():connection { server_name = "localhost" }))
      assert.same({ nil, "the connection is closed", "closed" }, { connection:step() })
      assert.equal("bearssl.connection: client (closed)", tostring(connection))
      assert.equal("client", connection:info "mode")
   end)

   it("says nothing to its peer: a stream is just collected", function()
      local a, b = keep(loopback.pair())
      do
         local client = assert(client_context():wrap(a:getfd(), { server_name = "localhost", timeout = 0 }))
         client:handshake()
      end
      b:settimeout(0)
      local _, _, said = b:receive(100000)
      assert.is_true(#said > 100)
      collectgarbage()
      collectgarbage()
      assert.same({ nil, "timeout", "" }, { b:receive(1) })
      assert.equal(4, a:send "open")
      assert.equal("open", b:receive(4))
   end)

   it("leaves a bare descriptor open, and a context needs no end", function()
      local a, b = keep(loopback.pair())
      local context = assert(bearssl.context { cafile = certificates.ca.certfile })
      local stream = assert(context:wrap(a:getfd(), { server_name = "localhost", timeout = 0 }))
      assert.is_nil(context.close)
      context = nil -- luacheck: ignore
      collectgarbage()
      collectgarbage()
      assert.same({ nil, "wantread", "wantread" }, { stream:handshake() })
      stream:close()
      assert.equal(4, a:send "open")
      b:close()
   end)
end)

describe("what is told", function()
   it("has names where there are some and nil where there are none", function()
      local server = assert(server_context():connection { handlers = {} })
      local info = server:info()
      assert.is_nil(info.version)
      assert.is_nil(info.cipher_suite)
      assert.is_nil(info.group)
      assert.same({}, info.peer_certificates)
      local seen
      local context = assert(bearssl.context { mode = "server", certificate = certificates.ec.chain,
         key = certificates.ec.key, handlers = { client_hello = function(_, message) seen = message end } })
      hello.ask(context, hello.build { suites = { 0x1301, 0xEEEE }, extensions = { [0xEEEE] = "x" } })
      assert.same({ { name = "TLS_AES_128_GCM_SHA256", id = 0x1301 }, { id = 0xEEEE } }, seen.cipher_suites)
      for _, extension in ipairs(seen.extensions) do
         if extension.id == 0xEEEE then assert.is_nil(extension.name) else assert.is_string(extension.name) end
      end
      local _, a, b = shake(nil, {})
      assert.is_string(a:info "cipher_suite")
      assert.is_string(a:info "version")
      assert.same({}, b:info "peer_certificates")
   end)

   it("has fields of known names only, in one list", function()
      local known = {}
      for _, name in ipairs(require("bearssl.core").info_fields()) do known[name] = true end
      local client, server = connected()
      local connection = assert(client_context():connection { server_name = "localhost" })
      for _, object in ipairs({ client, server, connection }) do
         for name in pairs(object:info()) do assert.is_true(known[name], name) end
         for name in pairs(known) do assert.is_true(pcall(object.info, object, name)) end
         raises("info: unknown field 'peer_verifed'; did you mean 'peer_verified'? Fields: alpn, ", object.info, object,
            "peer_verifed")
         raises("info: unknown field", object.info, object, 5)
      end
   end)

   it("is for servers", function()
      local client = connected()
      local connection = assert(client_context():connection { server_name = "localhost" })
      for _, object in ipairs({ client, connection }) do
         for _, method in ipairs({ "send_ticket", "request_certificate" }) do
            raises(method .. ": is for servers", object[method], object)
         end
      end
      raises("receive_early: is for servers", client.receive_early, client)
   end)

   it("and asked for by an options table", function()
      local client = connected()
      local connection = assert(client_context():connection { server_name = "localhost" })
      for _, object in ipairs({ client, connection }) do
         raises("update_keys: the options must be a table, not true", object.update_keys, object, true)
         raises("update_keys: unknown option 'requests'; did you mean 'request'?", object.update_keys, object,
            { requests = true })
         raises("update_keys: option 'request' must be true or false", object.update_keys, object, { request = 1 })
      end
   end)
end)

describe("an application protocol", function()
   it("that is not common ends the handshake anyway; alpn_required is for peers that offer none", function()
      local function ends(...)
         local _, a, b = shake(...)
         local _, _, code = b:step()
         return code, (select(3, a:step()))
      end
      assert.same({ "no_application_protocol", "alert_no_application_protocol" },
         { ends({ "h2" }, { alpn = { "http/1.1" } }) })
      assert.same({ "no_application_protocol", "alert_no_application_protocol" },
         { ends(nil, { alpn = { "http/1.1" }, alpn_required = true }) })
      local _, a, b = shake(nil, { alpn = { "http/1.1" } })
      assert.is_true(a:info "established" and b:info "established")
   end)
end)

describe("what was exported by another version", function()
   it("is refused cleanly: sessions and ticket keys", function()
      local _, client = shake(nil, {})
      local session = client:session():export()
      local keys = assert(bearssl.ticket_keys.new()):export()
      for _, case in ipairs({ { bearssl.session.import, session, "bad_session" },
         { bearssl.ticket_keys.import, keys, "bad_ticket_keys" } }) do
         local import, exported, wanted = case[1], case[2], case[3]
         assert.is_truthy(import(exported))
         for byte = 0, 255 do
            if exported:byte(1) ~= byte then
               local made, message, code = import(string.char(byte) .. exported:sub(2))
               assert.is_nil(made)
               assert.is_string(message)
               assert.equal(wanted, code)
            end
         end
      end
   end)
end)

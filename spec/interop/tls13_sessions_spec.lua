-- Pre-shared keys of TLS 1.3 with OpenSSL and GnuTLS: tickets, how many of them, across processes and rotations of
-- their keys; and external keys (RFC 8446 section 4.2.11).
local bearssl = require "bearssl"
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local interpreter = require "spec.support.interpreter"
local ours = require "spec.support.ours"
local peers13 = require "spec.support.peers13"
local process = require "spec.support.process"
local session_server = require "spec.support.session_server"
local temporary = require "spec.support.temporary"

local function talk(stream, kind, line)
   line = line or "Hello, world"
   assert(stream:send(line .. "\n"))
   assert.equal(peers13.answer(kind, line), (stream:receive("*l")))
end

local function counter()
   local seen = {}
   return seen, { new_session_ticket = function(_, message) seen[#seen + 1] = message end }
end

for _, kind in ipairs(peers13.kinds) do
   describe("tickets of " .. kind .. " and our client:", function()
      after_each(ours.close_all)

      local function connect(server, context, session, handlers)
         local stream = assert(ours.connect(server.port, context, { session = session, handlers = handlers }))
         talk(stream, kind)
         local info, kept = stream:info(), stream:session()
         stream:close()
         return info, kept
      end

      it("resume again and again, each with a new one", function()
         local server, context = peers13.server(kind, { certificate = certificates.ec }), ours.client_context({})
         local info, session = connect(server, context)
         assert.is_false(info.resumed)
         for _ = 1, 3 do
            local before = session:info()
            info, session = connect(server, context, session)
            assert.is_true(info.resumed)
            assert.is_true(info.ticket)
            assert.is_true(info.peer_verified)
            assert.equal(certificates.ec.certificate, info.peer_certificates[1]:pem())
            assert.equal("TLSv1.3", session:info().version)
            -- resuming does not make the first handshake any younger
            assert.is_true(session:info().created >= before.created)
         end
         server:stop()
      end)

      it("resume in another process, from an exported string", function()
         local server, context = peers13.server(kind, { certificate = certificates.ec }), ours.client_context({})
         local _, session = connect(server, context)
         local child = interpreter.script([[
            local port, file, cafile = arg[1], arg[2], arg[3]
            local bearssl = require "bearssl"
            local session = assert(bearssl.session.import(assert(io.open(file, "rb")):read("*a")))
            local socket = assert(require("socket").connect("127.0.0.1", tonumber(port)))
            local context = assert(bearssl.context({ cafile = cafile }))
            local stream = assert(context:wrap(socket, { server_name = "localhost", session = session }))
            assert(stream:handshake())
            print("resumed: " .. tostring(stream:info("resumed")) .. " in " .. stream:info("version"))
            stream:close()
         ]], { server.port, temporary.write(session:export()), certificates.ca.certfile })
         child:wait_for("resumed: true in TLSv1.3")
         assert.equal(0, child:wait())
         server:stop()
      end)

      it("do not resume under another name, nor after a connection that was not verified", function()
         local server, context = peers13.server(kind, { certificate = certificates.ec }), ours.client_context({})
         local _, session = connect(server, context)
         local stream = assert(ours.connect(server.port, context, { session = session, server_name = "example.org" }))
         assert.is_false(stream:info("resumed"))
         stream:close()
         _, session = connect(server, ours.client_context({ verify = "none" }))
         local info = connect(server, context, session)
         assert.is_false(info.resumed)
         assert.is_true(info.peer_verified)
         server:stop()
      end)

      it("of another server mean a full handshake", function()
         local server, context = peers13.server(kind, { certificate = certificates.ec }), ours.client_context({})
         local _, session = connect(server, context)
         server:stop()
         server = peers13.server(kind, { certificate = certificates.ec })
         local info = connect(server, context, session)
         assert.is_false(info.resumed)
         assert.is_true(info.peer_verified)
         server:stop()
      end)

      it("are kept with the client's certificate that the server verified", function()
         local server = peers13.server(kind, {
            certificate = certificates.ec, client = "require", cafile = certificates.ca.certfile,
         })
         local context = ours.client_context({
            certfile = certificates.client_ec.certfile, keyfile = certificates.client_ec.keyfile,
         })
         local _, session = connect(server, context)
         assert.is_true(connect(server, context, session).resumed)
         server:stop()
      end)

      it("are not kept with tickets = false", function()
         local server, context = peers13.server(kind, { certificate = certificates.ec }),
            ours.client_context({ tickets = false })
         local _, session = connect(server, context)
         assert.is_nil(session)
         server:stop()
      end)
   end)
end

describe("tickets of openssl and our client:", function()
   after_each(ours.close_all)

   for _, number in ipairs({ 0, 1, 5 }) do
      it("come as many as it sends: " .. number, function()
         local server = peers13.server("openssl", {
            certificate = certificates.ec, arguments = { "-num_tickets", tostring(number) },
         })
         local seen, handlers = counter()
         local stream = assert(ours.connect(server.port, {}, { handlers = handlers }))
         talk(stream, "openssl")
         assert.equal(number, #seen)
         local identities = {}
         for _, message in ipairs(seen) do
            assert.equal("received", message.direction)
            assert.equal(7200, message.lifetime)
            assert.is_nil(identities[message.ticket])
            identities[message.ticket] = true
            assert.is_true(message.session:resumable())
         end
         assert.equal(number > 0, stream:session() ~= nil)
         server:stop()
      end)
   end

   it("with psk_ke only: no key exchange, where both allow that", function()
      local server = peers13.server("openssl", { certificate = certificates.ec, arguments = { "-allow_no_dhe_kex" } })
      local context = ours.client_context({ psk_ke = true })
      local stream = assert(ours.connect(server.port, context))
      talk(stream, "openssl")
      local session = stream:session()
      stream:close()
      stream = assert(ours.connect(server.port, context, { session = session }))
      talk(stream, "openssl")
      assert.is_true(stream:info("resumed"))
      server:stop()
   end)
end)

describe("tickets of gnutls and our client:", function()
   after_each(ours.close_all)

   -- gnutls-serv rejects early data under a ticket that claims to be a millisecond older than it is.
   it("are never said to be older than they are", function()
      local server = peers13.server("gnutls", { certificate = certificates.ec, early_data = 1000 })
      local context, session = ours.client_context({}), nil
      for index = 1, 31 do
         local stream = assert(ours.connect(server.port, context, {
            session = session, early_data = session and "early\n" or nil,
         }))
         assert.equal(index > 1 and "accepted" or nil, stream:info("early_data"))
         talk(stream, "gnutls")
         session = stream:session()
         stream:close()
      end
      server:stop()
   end)
end)

cases.describe("tickets of our server:", function(listener)
   after_each(ours.close_all)

   for _, number in ipairs({ 0, 1, 5 }) do
      it(number .. " of them come to openssl", function()
         local context = ours.server_context(certificates.ec, { ticket_count = number })
         local client = peers13.client("openssl", { port = listener.port })
         local stream = assert(listener:accept(context))
         cases.answer(stream, client)
         if number == 1 then
            assert(stream:send_ticket())
            cases.answer(stream, client)
         end
         stream:close()
         client:close_input()
         assert.equal(0, client:wait())
         local _, arrived = client:output():gsub("New Session Ticket arrived", "")
         assert.equal(number == 1 and 2 or number, arrived)
      end)
   end

   it("allow as much early data as the context says", function()
      local context = ours.server_context(certificates.ec, { max_early_data = 12345 })
      local client = peers13.client("openssl", { port = listener.port })
      local stream = assert(listener:accept(context))
      cases.answer(stream, client)
      stream:close()
      client:close_input()
      client:wait()
      assert.truthy(client:output():find("Max Early Data: 12345", 1, true), client:output())
   end)

   it("resume under another suite of the same hash and another group, not under another hash", function()
      local context, file = ours.server_context(certificates.ec, {}), temporary.path(".session")
      local function connect(suite, group, ...)
         local client = peers13.client("openssl", {
            port = listener.port, suite = { name = suite }, groups = { group }, arguments = { ... },
         })
         local stream = assert(listener:accept(context))
         cases.answer(stream, client)
         local info = stream:info()
         stream:close()
         client:close_input()
         assert.equal(0, client:wait())
         assert.equal(suite, info.cipher_suite)
         assert.equal(group, info.group)
         return info.resumed
      end
      assert.is_false(connect("TLS_AES_128_GCM_SHA256", "x25519", "-sess_out", file))
      assert.is_true(connect("TLS_CHACHA20_POLY1305_SHA256", "secp384r1", "-sess_in", file))
      assert.is_false(connect("TLS_AES_256_GCM_SHA384", "x25519", "-sess_in", file))
   end)
end)

describe("tickets of two of our processes with the same keys", function()
   local keys, path, first, second

   setup(function()
      keys = assert(bearssl.ticket_keys.new())
      path = temporary.write(keys:export())
      first = session_server.start({ certificate = certificates.ec, keys = path })
      second = session_server.start({ certificate = certificates.ec, keys = path })
   end)
   teardown(process.stop_all)
   after_each(ours.close_all)

   local function ask(server, context, session)
      local stream = assert(ours.connect(server.port, context, { session = session }))
      assert.equal("TLSv1.3", stream:info("version"))
      assert(stream:send("hello\n"))
      local fields = session_server.fields((assert(stream:receive("*l"))))
      local kept = stream:session()
      stream:close()
      return fields, kept
   end

   local function ask_openssl(server, ...)
      local child = peers13.client("openssl", { port = server.port, arguments = { ... } })
      child:write("hello\n")
      local line = child:wait_for("(resumed=[^\n]*) hello")
      child:close_input()
      assert.equal(0, child:wait())
      return session_server.fields(line)
   end

   it("resume at the other one", function()
      local context = ours.client_context({})
      local fields, session = ask(first, context)
      assert.is_false(fields.resumed)
      fields, session = ask(second, context, session)
      assert.is_true(fields.resumed)
      assert.is_true((ask(first, context, session)).resumed)
      local file = temporary.path(".session")
      assert.is_false(ask_openssl(first, "-sess_out", file).resumed)
      assert.is_true(ask_openssl(second, "-sess_in", file).resumed)
   end)

   it("resume after a rotation, and not without the old key", function()
      local context, file = ours.client_context({}), temporary.path(".session")
      local _, session = ask(first, context)
      assert.is_false(ask_openssl(first, "-sess_out", file).resumed)
      assert(keys:rotate())
      temporary.write(keys:export(), nil, path)
      assert.is_true((ask(second, context, session)).resumed)
      assert.is_true(ask_openssl(second, "-sess_in", file).resumed)
      local stranger = session_server.start({
         certificate = certificates.ec, keys = temporary.write(assert(bearssl.ticket_keys.new()):export()),
      })
      assert.is_false((ask(stranger, context, session)).resumed)
      assert.is_false(ask_openssl(stranger, "-sess_in", file).resumed)
   end)
end)

-- ---- External pre-shared keys ----

local IDENTITY, KEY = "Client_identity", "\1\35\69\103\137\171\205\239\16\50\84\118\152\186\220\254"
local KEY_HEX = KEY:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)

-- What each peer is told; what GnuTLS needs beside it in its priorities.
local function psk_server(kind, more)
   local options = { certificate = certificates.ec, arguments = {} }
   for name, value in pairs(more or {}) do options[name] = value end
   if kind == "openssl" then
      options.arguments = { "-psk", KEY_HEX, "-psk_identity", IDENTITY }
   else
      options.arguments = { "--pskpasswd", temporary.write(("%s:%s\n"):format(IDENTITY, KEY_HEX)) }
      options.priority = { "+ECDHE-PSK", "+DHE-PSK" }
   end
   return peers13.server(kind, options)
end

local function psk_client(kind, options)
   if kind == "openssl" then
      options.arguments = { "-psk", KEY_HEX, "-psk_identity", options.identity or IDENTITY }
   else
      options.arguments = { "--pskusername", options.identity or IDENTITY, "--pskkey", KEY_HEX }
      options.priority = { "+ECDHE-PSK", "+DHE-PSK" }
   end
   return peers13.client(kind, options)
end

for _, kind in ipairs(peers13.kinds) do
   describe("an external key, our client and " .. kind .. ":", function()
      after_each(ours.close_all)

      local function connect(server, identity, key, options)
         options = options or {}
         options.suites = options.suites or { "TLS_AES_128_GCM_SHA256" } -- of the key's hash
         options.handlers = { psk = function(_, question)
            assert.equal("localhost", question.server_name)
            return { identity = identity, key = key }
         end }
         return ours.connect(server.port, options)
      end

      it("authenticates both, without certificates", function()
         local server = psk_server(kind)
         local stream = assert(connect(server, IDENTITY, KEY))
         talk(stream, kind)
         local info = stream:info()
         assert.is_true(info.psk)
         assert.is_false(info.resumed)
         assert.equal(IDENTITY, info.psk_identity)
         assert.equal("x25519", info.group)
         assert.same({}, info.peer_certificates or {})
         server:stop()
      end)

      it("comes with another group after HelloRetryRequest", function()
         local server = psk_server(kind, { groups = { "secp384r1" } })
         local stream = assert(connect(server, IDENTITY, KEY, { groups = { "x25519", "secp384r1" } }))
         talk(stream, kind)
         assert.is_true(stream:info("psk"))
         assert.is_true(stream:info("hello_retry"))
         server:stop()
      end)

      it("that the server does not know leaves the certificate", function()
         local server = psk_server(kind)
         local stream, message, code = connect(server, "somebody else", KEY)
         if kind == "gnutls" then -- which ends the connection
            assert.is_nil(stream)
            assert.equal("alert_illegal_parameter", code, message)
         else
            talk(stream, kind)
            assert.is_false(stream:info("psk"))
            assert.is_true(stream:info("peer_verified"))
         end
         server:stop()
      end)

      it("that is another key is refused", function()
         local server = psk_server(kind)
         local stream, message, code = connect(server, IDENTITY, ("x"):rep(16))
         assert.is_nil(stream)
         assert.equal("alert_illegal_parameter", code, message) -- decrypt_error would be right
         server:stop()
      end)
   end)

   cases.describe("an external key, " .. kind .. " and our server:", function(listener)
      after_each(ours.close_all)

      local asked

      local function context_of(options)
         options = options or {}
         asked = {}
         options.suites = { "TLS_AES_128_GCM_SHA256" }
         options.handlers = { psk = function(_, question)
            asked[#asked + 1] = question.identity
            return question.identity == IDENTITY and { key = KEY } or nil
         end }
         return ours.server_context(certificates.ec, options)
      end

      local function serve(context, options)
         options.port = listener.port
         local client = psk_client(kind, options)
         local stream = assert(listener:accept(context))
         cases.answer(stream, client)
         local info = stream:info()
         stream:close()
         client:close_input()
         assert.equal(0, client:wait(), client:output())
         return info
      end

      it("authenticates both, without certificates", function()
         local info = serve(context_of(), {})
         assert.is_true(info.psk)
         assert.is_false(info.resumed)
         assert.equal(IDENTITY, info.psk_identity)
         assert.same({}, info.local_certificates or {})
         assert.same({ IDENTITY }, asked)
      end)

      it("comes with another group after HelloRetryRequest", function()
         local info = serve(context_of({ groups = { "secp384r1" } }), { groups = { "x25519", "secp384r1" } })
         assert.is_true(info.psk)
         assert.is_true(info.hello_retry)
      end)

      it("that we do not know leaves the certificate", function()
         local info = serve(context_of(), { identity = "somebody", cafile = certificates.ca.certfile })
         assert.is_false(info.psk)
         assert.equal(1, #info.local_certificates)
         assert.same({ "somebody" }, asked)
      end)

      it("that is another key is refused with decrypt_error", function()
         local context = ours.server_context(certificates.ec, {
            suites = { "TLS_AES_128_GCM_SHA256" },
            handlers = { psk = function() return { key = ("x"):rep(16) } end },
         })
         local client = psk_client(kind, { port = listener.port })
         local stream, message, code, failed = listener:accept(context)
         assert.is_nil(stream)
         assert.equal("bad_finished", code, message)
         failed:close()
         client:close_input()
         client:wait()
         assert.truthy(client:output():find(kind == "openssl" and "alert decrypt error" or "alert %[51%]"),
            client:output())
      end)
   end)
end

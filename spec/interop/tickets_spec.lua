-- Session tickets (RFC 5077) with OpenSSL and GnuTLS, both directions, with and without them; across processes and
-- rotations of their keys.
local bearssl = require "bearssl"
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local ours = require("spec.support.ours").at_most("TLSv1.2")
local process = require "spec.support.process"
local session_server = require "spec.support.session_server"
local temporary = require "spec.support.temporary"
local tls12 = require "spec.support.tls12"

local VERSIONS = { "TLSv1.0", "TLSv1.1", "TLSv1.2" }

for _, kind in ipairs(tls12.kinds) do
   describe("tickets, our client and " .. kind .. ":", function()
      after_each(ours.close_all)

      local function talk(stream)
         assert(stream:send("line\n"))
         assert.equal(tls12.answer(kind, "line"), (stream:receive("*l")))
      end

      -- connect gives the information and the session of a connection that was used and closed.
      local function connect(server, context, session, handlers)
         local stream = assert(ours.connect(server.port, context, { session = session, handlers = handlers }))
         talk(stream)
         local info, kept = stream:info(), stream:session()
         stream:close()
         return info, kept
      end

      for _, version in ipairs(VERSIONS) do
         it("resume a session in " .. version, function()
            local server = tls12.server(kind, { certificate = certificates.rsa })
            local context = ours.client_context({
               suites = "compatible", min_version = version, max_version = version,
            })
            local messages = {}
            local handlers = { new_session_ticket = function(_, message) messages[#messages + 1] = message end }
            local info, session = connect(server, context, nil, handlers)
            assert.is_false(info.resumed)
            assert.is_true(info.ticket)
            assert.equal(1, #messages)
            assert.equal("received", messages[1].direction)
            assert.is_true(messages[1].ticket_length > 0)
            assert.is_number(messages[1].lifetime)
            local about = session:info()
            assert.is_true(about.ticket)
            -- also from its exported string, as another process would
            local copy = assert(bearssl.session.import(session:export()))
            info = connect(server, context, copy)
            assert.is_true(info.resumed)
            assert.is_true(info.ticket)
            assert.is_true(info.peer_verified)
            assert.equal(version, info.version)
            server:stop()
         end)
      end

      it("are not asked for with tickets = false", function()
         local server = tls12.server(kind)
         local context = ours.client_context({ tickets = false })
         local messages = 0
         local info, session = connect(server, context, nil, {
            new_session_ticket = function() messages = messages + 1 end,
         })
         assert.is_false(info.ticket)
         assert.equal(0, messages)
         assert.is_false(session:info().ticket)
         info = connect(server, context, session)
         assert.is_true(info.resumed)
         assert.is_false(info.ticket)
         server:stop()
      end)

      it("may be refused by the server", function()
         local server = tls12.server(kind, { tickets = false })
         local context = ours.client_context({})
         local info, session = connect(server, context)
         assert.is_false(info.ticket)
         assert.is_true(connect(server, context, session).resumed)
         server:stop()
      end)

      it("of a server that has gone give a full handshake", function()
         local context = ours.client_context({})
         local server = tls12.server(kind)
         local _, session = connect(server, context)
         server:stop()
         server = tls12.server(kind)
         local info, new = connect(server, context, session)
         assert.is_false(info.resumed)
         assert.is_true(info.peer_verified)
         assert.is_true(connect(server, context, new).resumed)
         server:stop()
      end)

      it("resume with client authentication", function()
         local server = tls12.server(kind, {
            certificate = certificates.rsa, client = "require", cafile = certificates.ca.certfile,
            -- OpenSSL wants to know for whom a session with a client's certificate is
            arguments = kind == "openssl" and { "-context", "spec" } or nil,
         })
         local context = ours.client_context({
            certfile = certificates.client_ec.certfile, keyfile = certificates.client_ec.keyfile,
         })
         local _, session = connect(server, context)
         local info = connect(server, context, session)
         assert.is_true(info.resumed)
         assert.is_true(info.ticket)
         server:stop()
      end)

      it("are not used under another name", function()
         local server = tls12.server(kind)
         local context = ours.client_context({})
         local _, session = connect(server, context)
         local stream = assert(ours.connect(server.port, context, { session = session, server_name = "example.org" }))
         assert.is_false(stream:info("resumed"))
         server:stop()
      end)
   end)
end

cases.describe("tickets, openssl and our server:", function(listener)
   after_each(ours.close_all)

   local function serve(context, options, handlers)
      options.port = listener.port
      local client = tls12.client("openssl", options)
      local stream, message = listener:accept(context, { handlers = handlers })
      assert(stream, message)
      cases.answer(stream, client)
      local info = stream:info()
      stream:close()
      client:close_input()
      assert.equal(0, client:wait(), client:output())
      return info, client:output()
   end

   for _, version in ipairs(VERSIONS) do
      it("resume a session in " .. version, function()
         local context = ours.server_context(certificates.rsa, { suites = "compatible", min_version = version })
         local file = temporary.path(".session")
         local messages = {}
         local handlers = { new_session_ticket = function(_, message) messages[#messages + 1] = message end }
         local info, output = serve(context, { version = version, arguments = { "-sess_out", file } }, handlers)
         assert.is_true(info.ticket)
         assert.is_false(info.resumed)
         assert.truthy(output:find("TLS session ticket:", 1, true), output)
         assert.equal(1, #messages)
         assert.equal("sent", messages[1].direction)
         assert.equal(7200, messages[1].lifetime)
         assert.is_true(messages[1].ticket_length > 100)
         assert.truthy(output:find("ticket lifetime hint: 7200", 1, true), output)
         -- nothing is kept here
         assert.equal(0, context:info().sessions)
         info, output = serve(context, { version = version, arguments = { "-sess_in", file } }, handlers)
         assert.is_true(info.resumed)
         assert.is_true(info.ticket)
         assert.truthy(output:find("Reused, TLSv", 1, true), output)
         -- the ticket is still good
         assert.equal(1, #messages)
      end)
   end

   it("resume with -reconnect", function()
      local context = ours.server_context(certificates.ec, {})
      local client = tls12.client("openssl", { port = listener.port, arguments = { "-reconnect" } })
      for index = 1, 6 do
         local stream = assert(listener:accept(context))
         assert.equal(index > 1, stream:info("resumed"))
         assert.is_true(stream:info("ticket"))
         if index == 6 then cases.answer(stream, client) else stream:receive("*l") end
         stream:close()
      end
      client:close_input()
      assert.equal(0, client:wait())
   end)

   it("are not issued with tickets = false, nor to clients that do not ask", function()
      local context = ours.server_context(certificates.ec, { tickets = false })
      local info, output = serve(context, {})
      assert.is_false(info.ticket)
      assert.is_nil(output:find("TLS session ticket:", 1, true))
      assert.equal(1, context:info().sessions)
      context = ours.server_context(certificates.ec, {})
      info, output = serve(context, { tickets = false })
      assert.is_false(info.ticket)
      assert.is_nil(output:find("TLS session ticket:", 1, true))
      assert.equal(1, context:info().sessions)
   end)

   for _, certificate in ipairs({ "client_rsa", "client_chain" }) do
      it("carry the client's certificate: " .. certificate, function()
         local context = ours.server_context(certificates.ec, {
            verify = "required", cafile = certificates.ca.certfile,
         })
         local file = temporary.path(".session")
         local options = { certificate = certificates[certificate] }
         options.arguments = { "-sess_out", file, "-cert_chain", certificates[certificate].restfile }
         if certificates[certificate].rest == "" then options.arguments = { "-sess_out", file } end
         assert.is_false(serve(context, options).resumed)
         local info = serve(context, { arguments = { "-sess_in", file } })
         assert.is_true(info.resumed)
         assert.is_true(info.peer_verified)
         assert.equal(certificates[certificate].certificate, info.peer_certificates[1]:pem())
      end)
   end

   it("of another context mean nothing", function()
      local file = temporary.path(".session")
      serve(ours.server_context(certificates.ec, {}), { arguments = { "-sess_out", file } })
      local info = serve(ours.server_context(certificates.ec, {}), { arguments = { "-sess_in", file } })
      assert.is_false(info.resumed)
   end)

   it("of another policy mean nothing, though the keys are the same", function()
      local keys = assert(bearssl.ticket_keys.new())
      local file = temporary.path(".session")
      serve(ours.server_context(certificates.ec, { ticket_keys = keys }), { arguments = { "-sess_out", file } })
      local strict = ours.server_context(certificates.ec, {
         ticket_keys = keys, verify = "optional", cafile = certificates.ca.certfile,
      })
      assert.is_false(serve(strict, { arguments = { "-sess_in", file } }).resumed)
      local same = ours.server_context(certificates.ec, { ticket_keys = keys })
      assert.is_true(serve(same, { arguments = { "-sess_in", file } }).resumed)
   end)
end)

cases.describe("tickets, gnutls and our server:", function(listener)
   after_each(ours.close_all)

   -- gnutls-cli connects twice by itself and keeps the session between.
   local function twice(context, options)
      options.port = listener.port
      options.arguments = { "--resume" }
      local client = tls12.client("gnutls", options)
      local infos = {}
      for index = 1, 2 do
         local stream, message = listener:accept(context)
         assert(stream, message)
         if index == 2 then cases.answer(stream, client) else stream:receive("*l") end
         infos[index] = stream:info()
         stream:close()
      end
      client:close_input()
      client:wait()
      assert.truthy(client:output():find("This is a resumed session", 1, true), client:output())
      return infos[1], infos[2]
   end

   for _, version in ipairs(VERSIONS) do
      it("resume a session in " .. version, function()
         local context = ours.server_context(certificates.rsa, { suites = "compatible", min_version = version })
         local first, second = twice(context, { version = version })
         assert.is_true(first.ticket)
         assert.is_false(first.resumed)
         assert.is_true(second.ticket)
         assert.is_true(second.resumed)
         assert.equal(version, second.version)
         assert.equal(0, context:info().sessions)
      end)
   end

   it("are left out by a client that does not ask, which resumes by ID", function()
      local context = ours.server_context(certificates.ec, {})
      local first, second = twice(context, { tickets = false })
      assert.is_false(first.ticket)
      assert.is_true(second.resumed)
      assert.is_false(second.ticket)
   end)

   it("are left out with tickets = false", function()
      local context = ours.server_context(certificates.ec, { tickets = false })
      local _, second = twice(context, {})
      assert.is_true(second.resumed)
      assert.is_false(second.ticket)
   end)

   it("are left out without the extended master secret too, and with it off they work", function()
      for _, ems in ipairs({ true, false }) do
         local context = ours.server_context(certificates.ec, {})
         local _, second = twice(context, { ems = ems })
         assert.is_true(second.resumed)
         assert.equal(ems, second.extended_master_secret)
      end
   end)

   it("carry the client's certificate", function()
      local context = ours.server_context(certificates.ec, { verify = "required", cafile = certificates.ca.certfile })
      local _, second = twice(context, { certificate = certificates.client_ec })
      assert.is_true(second.resumed)
      assert.is_true(second.peer_verified)
      assert.equal(certificates.client_ec.certificate, second.peer_certificates[1]:pem())
   end)
end)

describe("two server processes that share ticket keys", function()
   local keys, path, first, second

   local function share()
      -- renamed into place: a reader sees all of it or nothing
      local part = temporary.write(assert(keys:export()))
      assert(os.rename(part, path))
   end

   before_each(function()
      keys = assert(bearssl.ticket_keys.new({ rotation = 3600, overlap = 7200 }))
      path = temporary.path(".keys")
      share()
      first = session_server.start({ certificate = certificates.ec, keys = path })
      second = session_server.start({ certificate = certificates.ec, keys = path })
   end)

   after_each(function()
      ours.close_all()
      process.stop_all()
   end)

   local function ask(server, context, session)
      local stream = assert(ours.connect(server.port, context, { session = session }))
      assert(stream:send("hello\n"))
      local fields = session_server.fields((assert(stream:receive("*l"))))
      local kept = stream:session()
      stream:close()
      return fields, kept
   end

   local function ask_openssl(server, ...)
      local client = tls12.client("openssl", { port = server.port, arguments = { ... } })
      client:write("hello\n")
      local line = client:wait_for("(resumed=[^\n]*) hello")
      client:close_input()
      assert.equal(0, client:wait())
      return session_server.fields(line)
   end

   it("resume each other's sessions, for our client", function()
      local context = ours.client_context({})
      local fields, session = ask(first, context)
      assert.same({ resumed = false, ticket = true, ems = true, verified = false }, fields)
      fields, session = ask(second, context, session)
      assert.same({ resumed = true, ticket = true, ems = true, verified = false }, fields)
      assert.is_true(ask(first, context, session).resumed)
   end)

   it("resume each other's sessions, for openssl", function()
      local file = temporary.path(".session")
      assert.is_false(ask_openssl(first, "-sess_out", file).resumed)
      assert.is_true(ask_openssl(second, "-sess_in", file).resumed)
      assert.is_true(ask_openssl(first, "-sess_in", file).resumed)
   end)

   it("go on to after a rotation of the keys, and not when the old ones are gone", function()
      local context = ours.client_context({})
      local file = temporary.path(".session")
      ask_openssl(first, "-sess_out", file)
      local _, session = ask(first, context)
      assert(keys:rotate())
      assert.equal(2, keys:count())
      share()
      local fields, renewed = ask(second, context, session)
      assert.is_true(fields.resumed)
      assert.is_true(ask_openssl(second, "-sess_in", file).resumed)
      -- A process that has only the newest key: what was sealed before the rotation is unknown to it, and what
      -- was reissued since is not.
      local exported = assert(keys:export())
      local fresh = assert(bearssl.ticket_keys.new())
      local header = #exported - 2 * (16 + 32 + 8 + 8)
      local newest = exported:sub(1, header - 1) .. "\1" .. exported:sub(header + 1, header + 64)
      assert(fresh:replace(newest))
      local alone = temporary.write(newest)
      local third = session_server.start({ certificate = certificates.ec, keys = alone })
      assert.is_false(ask(third, context, session).resumed)
      assert.is_true(ask(third, context, renewed).resumed)
      assert.is_false(ask_openssl(third, "-sess_in", file).resumed)
   end)

   it("give a full handshake under other keys", function()
      local context = ours.client_context({})
      local _, session = ask(first, context)
      keys = assert(bearssl.ticket_keys.new())
      share()
      -- second starts anew: it never had the old ones
      second:stop()
      second = session_server.start({ certificate = certificates.ec, keys = path })
      assert.is_false(ask(second, context, session).resumed)
      -- while the first keeps what still opens
      assert.is_true(ask(first, context, session).resumed)
   end)

   it("verify clients once for both", function()
      local options = {
         certificate = certificates.ec, keys = path, cafile = certificates.ca.certfile, clients = "required",
      }
      local a, b = session_server.start(options), session_server.start(options)
      local context = ours.client_context({
         certfile = certificates.client_ec.certfile, keyfile = certificates.client_ec.keyfile,
      })
      local fields, session = ask(a, context)
      assert.same({ resumed = false, ticket = true, ems = true, verified = true }, fields)
      fields = ask(b, context, session)
      assert.same({ resumed = true, ticket = true, ems = true, verified = true }, fields)
      -- one that does not verify made its sessions under another policy
      assert.is_false(ask(first, context, session).resumed)
   end)
end)

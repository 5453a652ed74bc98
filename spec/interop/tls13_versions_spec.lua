-- TLS 1.3 and TLS 1.2 beside each other, with OpenSSL and GnuTLS: who has both speaks TLS 1.2 with those that have only
-- that, resumes sessions there, and is taken down to it by nobody else (RFC 8446 section 4.1.3).
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local middle = require "spec.support.middle"
local ours = require "spec.support.ours"
local peers13 = require "spec.support.peers13"
local process = require "spec.support.process"
local temporary = require "spec.support.temporary"
local tls12 = require "spec.support.tls12"

local CERTIFICATES = { "rsa", "ec", "ec521" }

for _, kind in ipairs(peers13.kinds) do
   describe("our client and a server of " .. kind .. ":", function()
      after_each(ours.close_all)

      local function connect(server, context, options)
         local stream = assert(ours.connect(server.port, context, options))
         assert(stream:send("line\n"))
         assert.equal(tls12.answer(kind, "line"), (stream:receive("*l")))
         local info, session = stream:info(), stream:session()
         stream:close()
         return info, session
      end

      for _, name in ipairs(CERTIFICATES) do
         for _, tickets in ipairs({ true, false }) do
            it(("TLS 1.2 where the server has nothing newer, resumed %s, with a certificate of kind %s"):format(
               tickets and "by ticket" or "by ID", name), function()
               local server = tls12.server(kind, { certificate = certificates[name], tickets = tickets })
               local context = ours.client_context({})
               local info, session = connect(server, context)
               assert.equal("TLSv1.2", info.version)
               assert.is_false(info.resumed)
               assert.is_true(info.peer_verified)
               info = connect(server, context, { session = session })
               assert.equal("TLSv1.2", info.version)
               assert.is_true(info.resumed)
               assert.equal(tickets, info.ticket)
               server:stop()
            end)
         end

         it("TLS 1.2 where our side has nothing newer, resumed, with a certificate of kind " .. name, function()
            local server = peers13.server(kind, { certificate = certificates[name], tls12 = true })
            local context = ours.client_context({ max_version = "TLSv1.2" })
            local info, session = connect(server, context)
            assert.equal("TLSv1.2", info.version)
            assert.is_false(info.resumed)
            info = connect(server, context, { session = session })
            assert.equal("TLSv1.2", info.version)
            assert.is_true(info.resumed)
            server:stop()
         end)
      end

      it("TLS 1.3 where both have it, TLS 1.2 for a connection that asks for it", function()
         local server, context = peers13.server(kind, { certificate = certificates.ec, tls12 = true }),
            ours.client_context({})
         assert.equal("TLSv1.3", connect(server, context).version)
         assert.equal("TLSv1.2", connect(server, context, { max_version = "TLSv1.2" }).version)
         server:stop()
      end)

      it("a session of TLS 1.3 is not resumed in TLS 1.2, nor the other way round", function()
         local server, context = peers13.server(kind, { certificate = certificates.ec, tls12 = true }),
            ours.client_context({})
         local info, new = connect(server, context)
         assert.equal("TLSv1.3", info.version)
         local old
         info, old = connect(server, context, { max_version = "TLSv1.2" })
         assert.equal("TLSv1.2", info.version)
         info = connect(server, context, { session = new, max_version = "TLSv1.2" })
         assert.equal("TLSv1.2", info.version)
         assert.is_false(info.resumed)
         info = connect(server, context, { session = old, min_version = "TLSv1.3" })
         assert.equal("TLSv1.3", info.version)
         assert.is_false(info.resumed)
         server:stop()
      end)

      it("a server that has only one version is refused where that is not ours", function()
         for version, options in pairs({
            ["TLSv1.2"] = { max_version = "TLSv1.2" },
            ["TLSv1.3"] = { min_version = "TLSv1.3" },
         }) do
            local server = version == "TLSv1.2" and peers13.server(kind, { certificate = certificates.ec })
               or tls12.server(kind, { certificate = certificates.ec })
            local stream, message, code = ours.connect(server.port, options)
            assert.is_nil(stream)
            -- GnuTLS's word for it is another one
            assert.equal(kind == "gnutls" and "alert_handshake_failure" or "alert_protocol_version", code, message)
            server:stop()
         end
      end)

      it("somebody in the middle who takes TLS 1.3 away is found out", function()
         for _, name in ipairs({ "ec", "rsa" }) do
            local server = peers13.server(kind, { certificate = certificates[name], tls12 = true })
            local honest, bad = middle.start(server.port, { honest = true }), middle.start(server.port)
            assert.equal("TLSv1.3", connect(honest, {}).version)
            local stages = {}
            local stream, message, code = ours.connect(bad.port, {}, { handlers = {
               certificate = function(_, what) stages[#stages + 1] = what.stage end,
               finished = function(_, what) stages[#stages + 1] = what.stage end,
            } })
            assert.is_nil(stream)
            assert.equal("illegal_parameter", code, message)
            assert.same({}, stages) -- at once, not at Finished
            -- who offers nothing newer is not warned of anything
            local context = ours.client_context({ max_version = "TLSv1.2" })
            assert.equal("TLSv1.2", connect(bad, context).version)
            for _, child in ipairs({ bad, honest, server }) do child:stop() end
         end
      end)
   end)

   cases.describe("a client of " .. kind .. " and our server:", function(listener)
      after_each(function()
         ours.close_all()
         process.stop_all()
      end)

      local function serve(context, options)
         options.port = options.port or listener.port
         local client = peers13.client(kind, options)
         local stream = assert(listener:accept(context))
         cases.answer(stream, client)
         local info = stream:info()
         stream:close()
         client:close_input()
         assert.equal(0, client:wait(), client:output())
         return info
      end

      for _, name in ipairs(CERTIFICATES) do
         it("TLS 1.2 where our server has nothing newer, with a certificate of kind " .. name, function()
            local context = ours.server_context(certificates[name], { max_version = "TLSv1.2" })
            assert.equal("TLSv1.2", serve(context, { tls12 = true, cafile = certificates.ca.certfile }).version)
         end)
      end

      -- gnutls-cli comes back by itself.
      local function twice(context, start)
         local file = temporary.path(".session")
         local client = start(kind == "openssl" and { "-sess_out", file } or { "--resume" })
         local stream = assert(listener:accept(context))
         assert.is_false(stream:info("resumed"))
         if kind == "openssl" then
            cases.answer(stream, client)
            stream:close()
            client:close_input()
            client:wait()
            client = start({ "-sess_in", file })
         else
            stream:receive("*l")
            stream:close()
         end
         stream = assert(listener:accept(context))
         cases.answer(stream, client)
         local info = stream:info()
         stream:close()
         client:close_input()
         client:wait()
         return info
      end

      it("sessions of TLS 1.2 are resumed, whoever has nothing newer", function()
         for highest, tls12_only in pairs({ ["TLSv1.2"] = false, ["TLSv1.3"] = true }) do
            for _, tickets in ipairs({ true, false }) do
               local context = ours.server_context(certificates.ec, { max_version = highest, tickets = tickets })
               local info = twice(context, function(arguments)
                  if tls12_only then
                     return tls12.client(kind, { port = listener.port, tickets = tickets, arguments = arguments })
                  end
                  -- GnuTLS has no tickets in its priorities unless it is told so
                  return peers13.client(kind, { port = listener.port, tls12 = true, arguments = arguments })
               end)
               assert.equal("TLSv1.2", info.version)
               assert.is_true(info.resumed)
               assert.equal(tickets, info.ticket)
            end
         end
      end)

      it("a client that has only one version is refused where that is not ours", function()
         for _, options in ipairs({ { max_version = "TLSv1.2" }, { min_version = "TLSv1.3" } }) do
            local context = ours.server_context(certificates.ec, options)
            local client = options.max_version and peers13.client(kind, { port = listener.port })
               or tls12.client(kind, { port = listener.port })
            local stream, message, code, failed = listener:accept(context)
            assert.is_nil(stream)
            assert.equal("no_common_version", code, message)
            failed:close()
            client:close_input()
            client:wait()
            assert.truthy(client:output():find(kind == "openssl" and "alert protocol version" or "alert %[70%]"),
               client:output())
         end
      end)

      it("somebody in the middle who takes TLS 1.3 away is found out by the client", function()
         for _, name in ipairs({ "ec", "rsa" }) do
            local context = ours.server_context(certificates[name], {})
            local honest, bad = middle.start(listener.port, { honest = true }), middle.start(listener.port)
            assert.equal("TLSv1.3", serve(context, { port = honest.port, tls12 = true }).version)
            local client = peers13.client(kind, { port = bad.port, tls12 = true })
            local stream, message, code, failed = listener:accept(context)
            assert.is_nil(stream)
            assert.equal("alert_illegal_parameter", code, message)
            failed:close()
            client:close_input()
            assert.are_not.equal(0, client:wait())
            assert.truthy(client:output():find(kind == "openssl" and "inappropriate fallback"
               or "illegal parameter"), client:output())
            -- who offers nothing newer goes through
            local old = tls12.client(kind, { port = bad.port })
            stream = assert(listener:accept(context))
            cases.answer(stream, old)
            assert.equal("TLSv1.2", stream:info("version"))
            stream:close()
            old:close_input()
            old:wait()
            bad:stop()
            honest:stop()
         end
      end)
   end)
end

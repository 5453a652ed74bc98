-- The extended master secret (RFC 7627) with OpenSSL and GnuTLS, both directions, with and without it.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local ours = require("spec.support.ours").at_most("TLSv1.2")
local tls12 = require "spec.support.tls12"

local VERSIONS = { "TLSv1.0", "TLSv1.1", "TLSv1.2" }

for _, kind in ipairs(tls12.kinds) do
   describe("the extended master secret, our client and " .. kind .. ":", function()
      after_each(ours.close_all)

      local function talk(stream)
         assert(stream:send("line\n"))
         assert.equal(tls12.answer(kind, "line"), (stream:receive("*l")))
      end

      local function connect(server, options, session)
         local context = ours.client_context(options)
         local stream, message, code = ours.connect(server.port, context, { session = session })
         if not stream then return nil, message, code end
         talk(stream)
         return stream, context
      end

      for _, version in ipairs(VERSIONS) do
         it("is used in " .. version, function()
            local server = tls12.server(kind, { certificate = certificates.rsa })
            local stream = assert(connect(server, {
               suites = "compatible", min_version = version, max_version = version,
               extended_master_secret = "required",
            }))
            assert.equal(version, stream:info("version"))
            assert.is_true(stream:info("extended_master_secret"))
            assert.is_true(stream:session():info().extended_master_secret)
            server:stop()
         end)
      end

      it("is used with static RSA", function()
         local server = tls12.server(kind, { certificate = certificates.rsa })
         local stream = assert(connect(server, { suites = { "TLS_RSA_WITH_AES_128_GCM_SHA256" } }))
         assert.is_true(stream:info("extended_master_secret"))
         server:stop()
      end)

      it("may be absent on either side", function()
         local old = tls12.server(kind, { ems = false })
         assert.is_false(assert(connect(old, {})):info("extended_master_secret"))
         old:stop()
         local new = tls12.server(kind)
         assert.is_false(assert(connect(new, { extended_master_secret = false })):info("extended_master_secret"))
         new:stop()
      end)

      it("is required where that is asked for", function()
         local server = tls12.server(kind, { ems = false })
         local stream, message, code = connect(server, { extended_master_secret = "required" })
         assert.is_nil(stream)
         assert.equal("no_extended_master_secret", code, message)
         server:stop()
      end)

      for _, certificate in ipairs({ "client_rsa", "client_ec384" }) do
         it("is used with client authentication by " .. certificate, function()
            local server = tls12.server(kind, {
               certificate = certificates.rsa, client = "require", cafile = certificates.ca.certfile,
            })
            local stream = assert(connect(server, {
               certfile = certificates[certificate].certfile, keyfile = certificates[certificate].keyfile,
               extended_master_secret = "required",
            }))
            assert.is_true(stream:info("extended_master_secret"))
            assert.equal(1, #stream:info("local_certificates"))
            server:stop()
         end)
      end

      for _, tickets in ipairs({ true, false }) do
         local by = tickets and "by ticket" or "by ID"
         it("stays as it was when a session is resumed " .. by, function()
            local server = tls12.server(kind, { tickets = tickets })
            for _, ems in ipairs({ true, false }) do
               local options = { extended_master_secret = ems }
               local context = ours.client_context(options)
               local first = assert(ours.connect(server.port, context))
               talk(first)
               local session = first:session()
               first:close()
               local again = assert(ours.connect(server.port, context, { session = session }))
               talk(again)
               assert.is_true(again:info("resumed"))
               assert.equal(tickets, again:info("ticket"))
               assert.equal(ems, again:info("extended_master_secret"))
               again:close()
            end
            server:stop()
         end)

         it("never changes on resumption " .. by, function()
            local server = tls12.server(kind, { tickets = tickets })
            local without = ours.client_context({ extended_master_secret = false })
            local with = ours.client_context({})
            for _, order in ipairs({ { without, with }, { with, without } }) do
               local first = assert(ours.connect(server.port, order[1]))
               talk(first)
               local session = first:session()
               first:close()
               local second = assert(ours.connect(server.port, order[2], { session = session }))
               talk(second)
               assert.is_false(second:info("resumed"))
               assert.equal(order[2] == with, second:info("extended_master_secret"))
               second:close()
            end
            server:stop()
         end)
      end
   end)

   cases.describe("the extended master secret, " .. kind .. " and our server:", function(listener)
      after_each(ours.close_all)

      -- serve takes one client through: our information, and what the client wrote.
      local function serve(context, options)
         options.port = listener.port
         local client = tls12.client(kind, options)
         local stream, message, code, failed = listener:accept(context)
         if not stream then
            failed:close()
            client:close_input()
            client:wait()
            return nil, message, code, client
         end
         cases.answer(stream, client)
         local info = stream:info()
         stream:close()
         client:close_input()
         client:wait()
         return info, client:output()
      end

      for _, version in ipairs(VERSIONS) do
         it("is used in " .. version, function()
            local context = ours.server_context(certificates.rsa, {
               suites = "compatible", min_version = version, extended_master_secret = "required",
            })
            local info, output = serve(context, { version = version })
            assert.equal(version, info.version)
            assert.is_true(info.extended_master_secret)
            assert.is_true(tls12.has_ems(kind, output), output)
         end)
      end

      it("may be absent on either side", function()
         local context = ours.server_context(certificates.ec, {})
         local info, output = serve(context, { ems = false })
         assert.is_false(info.extended_master_secret)
         assert.is_false(tls12.has_ems(kind, output), output)
         context = ours.server_context(certificates.ec, { extended_master_secret = false })
         info, output = serve(context, {})
         assert.is_false(info.extended_master_secret)
         assert.is_false(tls12.has_ems(kind, output), output)
      end)

      it("is required where that is asked for", function()
         local context = ours.server_context(certificates.ec, { extended_master_secret = "required" })
         local info, message, code, client = serve(context, { ems = false })
         assert.is_nil(info)
         assert.equal("no_extended_master_secret", code, message)
         local alert = kind == "openssl" and "alert handshake failure" or "alert %[40%]"
         assert.truthy(client:output():find(alert), client:output())
      end)

      for _, certificate in ipairs({ "client_rsa", "client_ec384" }) do
         it("is used with client authentication by " .. certificate, function()
            local context = ours.server_context(certificates.rsa, {
               verify = "required", cafile = certificates.ca.certfile, extended_master_secret = "required",
            })
            local info, output = serve(context, { certificate = certificates[certificate] })
            assert.is_true(info.peer_verified)
            assert.is_true(info.extended_master_secret)
            assert.is_true(tls12.has_ems(kind, output), output)
         end)
      end
   end)
end

cases.describe("a session of openssl and our server", function(listener)
   after_each(ours.close_all)

   local temporary = require "spec.support.temporary"

   local function serve(context, options)
      options.port = listener.port
      local client = tls12.client("openssl", options)
      local stream, message, code, failed = listener:accept(context)
      if stream then cases.answer(stream, client) else failed:close() end
      local info = stream and stream:info()
      if stream then stream:close() end
      client:close_input()
      client:wait()
      return info, code, message
   end

   for _, tickets in ipairs({ true, false }) do
      local by = tickets and "by ticket" or "by ID"
      -- RFC 7627 section 5.3
      it("made without it is not resumed with it, " .. by, function()
         local context = ours.server_context(certificates.ec, {})
         local file = temporary.path(".session")
         local first = serve(context, { ems = false, tickets = tickets, arguments = { "-sess_out", file } })
         assert.is_false(first.extended_master_secret)
         local second, code, message = serve(context, { tickets = tickets, arguments = { "-sess_in", file } })
         -- whichever side finds it: OpenSSL's client accepts the full handshake that we answer with
         assert.truthy(second, message or code)
         assert.is_false(second.resumed)
         assert.is_true(second.extended_master_secret)
      end)

      it("made with it is refused without it, " .. by, function()
         local context = ours.server_context(certificates.ec, {})
         local file = temporary.path(".session")
         local first = serve(context, { tickets = tickets, arguments = { "-sess_out", file } })
         assert.is_true(first.extended_master_secret)
         local second, code = serve(context, { ems = false, tickets = tickets, arguments = { "-sess_in", file } })
         assert.is_nil(second)
         assert.equal("no_extended_master_secret", code)
      end)
   end
end)

-- Renegotiation (RFC 5746) with OpenSSL and GnuTLS, started by either side, and with data around it.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local ours = require "spec.support.ours"
local peers = require "spec.support.peer"
local tls12 = require "spec.support.tls12"

-- Our options, up to TLS 1.2: later versions have no renegotiation.
local function options_of(more)
   local options = { renegotiation = true, max_version = "TLSv1.2" }
   for name, value in pairs(more or {}) do options[name] = value end
   return options
end

local VERSIONS = { "TLSv1.0", "TLSv1.1", "TLSv1.2" }

-- Counts the stage `established`, and which of them came of a renegotiation.
local function counting()
   local count = { first = 0, again = 0 }
   return count, {
      established = function(_, message)
         local name = message.renegotiation and "again" or "first"
         count[name] = count[name] + 1
         count.message = message
      end,
   }
end

-- openssl_server takes "r" and "R" on its input, and shows what it is sent.
local function openssl_server(options)
   return peers.openssl_server {
      certificate = certificates.rsa, mode = "commands", arguments = options and options.arguments,
   }
end

-- receives until the connection has been renegotiated so often. OpenSSL drops what it reads behind a command, so
-- nothing else may be written to it before.
local function until_renegotiated(stream, times)
   stream:settimeout(0.05)
   for _ = 1, 200 do
      local data, message, _, code = stream:receive("*l")
      assert.is_nil(data)
      assert.equal("timeout", code, message)
      if stream:info("renegotiations") == times then break end
   end
   stream:settimeout(10)
   assert.equal(times, stream:info("renegotiations"))
end

-- talk sends a line each way.
local function talk(stream, server, text)
   assert(stream:send(text .. "\n"))
   server:wait_for(text)
   server:write(text:upper() .. "\n")
   assert.equal(text:upper(), (stream:receive("*l")))
end

describe("renegotiation, our client and openssl:", function()
   after_each(ours.close_all)

   for _, version in ipairs(VERSIONS) do
      it("asked for by the server in " .. version, function()
         local server = openssl_server()
         local count, handlers = counting()
         local stream = assert(ours.connect(server.port, options_of {
            min_version = version, max_version = version, suites = "compatible",
         }, { handlers = handlers }))
         talk(stream, server, "before")
         local first = stream:info()
         for index = 1, 3 do
            server:write("r\n")
            until_renegotiated(stream, index)
            assert.equal(index, count.again)
            local info = stream:info()
            assert.equal(index, info.renegotiations)
            assert.is_false(info.renegotiating)
            assert.equal(version, info.version)
            assert.is_true(info.peer_verified)
            assert.is_true(info.extended_master_secret)
            assert.are_not.equal(first.client_random, info.client_random)
            assert.are_not.equal(first.client_verify_data, info.client_verify_data)
            talk(stream, server, "after" .. index)
         end
         assert.equal(1, count.first)
         stream:close()
         server:stop()
      end)

      it("started by the client in " .. version, function()
         local server = openssl_server { arguments = { "-client_renegotiation" } }
         local count, handlers = counting()
         local stream = assert(ours.connect(server.port, options_of {
            min_version = version, max_version = version, suites = "compatible",
         }, { handlers = handlers }))
         talk(stream, server, "before")
         for index = 1, 3 do
            assert.is_true(stream:renegotiate())
            assert.equal(index, count.again)
            assert.equal(index, stream:info("renegotiations"))
            talk(stream, server, "after" .. index)
         end
         stream:close()
         server:stop()
      end)
   end

   it("that asks for a certificate gets one", function()
      for _, name in ipairs { "client_rsa", "client_ec" } do
         local server = openssl_server { arguments = { "-CAfile", certificates.ca.certfile } }
         local stream = assert(ours.connect(server.port, options_of {
            certfile = certificates[name].certfile, keyfile = certificates[name].keyfile,
         }))
         talk(stream, server, "before")
         assert.equal(0, #stream:info("local_certificates"))
         server:write("R\n")
         until_renegotiated(stream, 1)
         assert.equal(1, #stream:info("local_certificates"))
         server:wait_for("verify return:1")
         talk(stream, server, "after")
         stream:close()
         server:stop()
      end
   end)

   it("is refused by a server that does not allow it, and the connection goes on", function()
      local server = openssl_server()
      local stream = assert(ours.connect(server.port, options_of()))
      talk(stream, server, "before")
      local before = stream:info()
      local ok, message, code = stream:renegotiate()
      assert.is_nil(ok)
      assert.equal("no_renegotiation", code, message)
      local after = stream:info()
      assert.equal(0, after.renegotiations)
      assert.equal(before.client_random, after.client_random)
      assert.same(before.server_verify_data, after.server_verify_data)
      assert.is_true(after.peer_verified)
      talk(stream, server, "after")
      assert.equal("no_renegotiation", (select(3, stream:renegotiate())))
      talk(stream, server, "after that")
      stream:close()
      server:stop()
   end)

   it("keeps the server name and the ALPN protocol", function()
      local server = openssl_server { arguments = { "-client_renegotiation", "-alpn", "h2,http/1.1" } }
      local stream = assert(ours.connect(server.port, options_of { alpn = { "http/1.1", "h2" } }))
      local alpn = assert(stream:info("alpn"))
      talk(stream, server, "before")
      assert.is_true(stream:renegotiate())
      assert.equal(alpn, stream:info("alpn"))
      server:write("r\n")
      until_renegotiated(stream, 2)
      assert.equal(alpn, stream:info("alpn"))
      assert.equal("localhost", stream:info("server_name"))
      stream:close()
      server:stop()
   end)

   it("works without the extended master secret, for the same certificate", function()
      local server = openssl_server { arguments = { "-client_renegotiation" } }
      local stream = assert(ours.connect(server.port, options_of { extended_master_secret = false }))
      talk(stream, server, "before")
      assert.is_true(stream:renegotiate())
      assert.is_false(stream:info("extended_master_secret"))
      talk(stream, server, "after")
      stream:close()
      server:stop()
   end)

   it("leaves a session that can be resumed", function()
      local server = openssl_server { arguments = { "-client_renegotiation" } }
      local context = ours.client_context(options_of())
      local stream = assert(ours.connect(server.port, context))
      talk(stream, server, "before")
      assert.is_true(stream:renegotiate())
      local session = assert(stream:session())
      stream:close()
      stream = assert(ours.connect(server.port, context, { session = session }))
      assert.is_true(stream:info("resumed"))
      talk(stream, server, "resumed")
      assert.is_true(stream:renegotiate())
      assert.is_false(stream:info("resumed"))
      talk(stream, server, "renegotiated")
      stream:close()
      server:stop()
   end)

   it("lets through what the server sends meanwhile", function()
      local server = openssl_server { arguments = { "-client_renegotiation" } }
      local stream = assert(ours.connect(server.port, options_of()))
      talk(stream, server, "before")
      server:write("one\ntwo\nthree\n")
      assert.is_true(stream:renegotiate())
      server:write("four\n")
      for _, word in ipairs { "one", "two", "three", "four" } do assert.equal(word, (stream:receive("*l"))) end
      talk(stream, server, "after")
      stream:close()
      server:stop()
   end)
end)

describe("renegotiation, our client and gnutls:", function()
   after_each(ours.close_all)

   for _, version in ipairs(VERSIONS) do
      it("asked for by the server in " .. version, function()
         local server = tls12.server("gnutls", { certificate = certificates.rsa })
         local stream = assert(ours.connect(server.port, options_of {
            min_version = version, max_version = version, suites = "compatible",
         }))
         for index = 1, 3 do
            assert(stream:send("**REHANDSHAKE**\n"))
            assert.equal("Successfully executed command", (stream:receive("*l")))
            until_renegotiated(stream, index)
            assert(stream:send("line\n"))
            assert.equal("line", (stream:receive("*l")))
            assert.equal(index, stream:info("renegotiations"))
         end
         stream:close()
         server:stop()
      end)

      it("started by the client in " .. version, function()
         local server = tls12.server("gnutls", { certificate = certificates.rsa })
         local stream = assert(ours.connect(server.port, options_of {
            min_version = version, max_version = version, suites = "compatible",
         }))
         for index = 1, 3 do
            assert(stream:renegotiate())
            assert.equal(index, stream:info("renegotiations"))
            assert(stream:send("line\n"))
            assert.equal("line", (stream:receive("*l")))
         end
         stream:close()
         server:stop()
      end)
   end

   it("is never done with a server without RFC 5746", function()
      local server = peers.gnutls_server {
         certificate = certificates.rsa, priority = peers.GNUTLS_ALL .. ":%DISABLE_SAFE_RENEGOTIATION",
      }
      local stream = assert(ours.connect(server.port, options_of()))
      assert.is_false(stream:info("secure_renegotiation"))
      local ok, message, code = stream:renegotiate()
      assert.is_nil(ok)
      assert.equal("no_renegotiation", code, message)
      assert(stream:send("line\n"))
      assert.equal("line", (stream:receive("*l")))
      -- nor when it asks
      assert(stream:send("**REHANDSHAKE**\n"))
      stream:settimeout(2)
      repeat local line = stream:receive("*l") until not line
      assert.equal(0, stream:info("renegotiations"))
      stream:close()
      server:stop()
   end)
end)

cases.describe("renegotiation, openssl and our server:", function(listener)
   after_each(ours.close_all)

   local function context_of(options)
      return ours.server_context(certificates.rsa, options_of(options))
   end

   -- client starts s_client with its commands: "R" renegotiates.
   local function client_of(options)
      options = options or {}
      local arguments = { "-no_ign_eof" }
      for _, word in ipairs(options.arguments or {}) do arguments[#arguments + 1] = word end
      if options.certificate then
         for _, word in ipairs { "-cert", options.certificate.certfile, "-key", options.certificate.keyfile } do
            arguments[#arguments + 1] = word
         end
      end
      return peers.openssl_client { port = listener.port, input = true, arguments = arguments }
   end

   local function exchange(stream, client, text)
      client:write(text .. "\n")
      assert.equal(text, (stream:receive("*l")))
      assert(stream:send(text:upper() .. "\n"))
      client:wait_for(text:upper())
   end

   for _, version in ipairs(VERSIONS) do
      it("started by the client in " .. version, function()
         local context = context_of { suites = "compatible", min_version = version, max_version = version }
         local client = client_of()
         local count, handlers = counting()
         local stream = assert(listener:accept(context, { handlers = handlers }))
         exchange(stream, client, "before")
         for index = 1, 3 do
            client:write("R\n")
            until_renegotiated(stream, index)
            exchange(stream, client, "after" .. index)
            assert.equal(index, count.again)
            assert.equal(index, stream:info("renegotiations"))
            assert.equal(version, stream:info("version"))
         end
         stream:close()
         client:close_input()
         client:wait()
      end)

      it("asked for by the server in " .. version, function()
         local context = context_of { suites = "compatible", min_version = version, max_version = version }
         local client = client_of()
         local count, handlers = counting()
         local stream = assert(listener:accept(context, { handlers = handlers }))
         exchange(stream, client, "before")
         for index = 1, 3 do
            assert.is_true(stream:renegotiate())
            assert.equal(index, count.again)
            exchange(stream, client, "after" .. index)
         end
         stream:close()
         client:close_input()
         client:wait()
      end)
   end

   it("asks for a certificate that the first handshake did not want", function()
      for _, name in ipairs { "client_rsa", "client_ec" } do
         local context = context_of { trust = certificates.ca.certificate }
         local client = client_of { certificate = certificates[name] }
         local asked = {}
         local stream = assert(listener:accept(context, { handlers = {
            verify = function(_, question) asked[#asked + 1] = question.chain[1]:pem() end,
         } }))
         exchange(stream, client, "before")
         assert.equal(0, #stream:info("peer_certificates"))
         assert.is_true(stream:renegotiate { verify = "required" })
         assert.same({ certificates[name].certificate }, asked)
         assert.equal(certificates[name].certificate, stream:info("peer_certificates")[1]:pem())
         assert.is_true(stream:info("peer_verified"))
         exchange(stream, client, "after")
         stream:close()
         client:close_input()
         client:wait()
      end
   end)

   it("that requires a certificate fails without one, or with one of strangers", function()
      for certificate, codes in pairs {
         none = { certificate_required = true }, client_untrusted = { unknown_ca = true },
         client_expired = { certificate_expired = true },
      } do
         local context = context_of { trust = certificates.ca.certificate }
         local client = client_of { certificate = certificate ~= "none" and certificates[certificate] or nil }
         local stream = assert(listener:accept(context))
         exchange(stream, client, "before")
         local ok, message, code = stream:renegotiate { verify = "required" }
         assert.is_nil(ok)
         assert.is_true(codes[code], ("%s: %s %s"):format(certificate, tostring(code), tostring(message)))
         client:wait_for("alert [%l ]+")
         stream:close()
         client:close_input()
         client:wait()
      end
   end)

   it("is refused by a client that does not allow it, and the connection goes on", function()
      local client = client_of { arguments = { "-no_renegotiation" } }
      local stream = assert(listener:accept(context_of()))
      exchange(stream, client, "before")
      local ok, message, code = stream:renegotiate()
      assert.is_nil(ok)
      assert.equal("no_renegotiation", code, message)
      exchange(stream, client, "after")
      assert.equal(0, stream:info("renegotiations"))
      stream:close()
      client:close_input()
      client:wait()
   end)

   it("keeps the ALPN protocol and the server name", function()
      local client = client_of { arguments = { "-alpn", "http/1.1,h2" } }
      local stream = assert(listener:accept(context_of { alpn = { "h2" }, alpn_required = true }))
      exchange(stream, client, "before")
      assert.is_true(stream:renegotiate())
      assert.equal("h2", stream:info("alpn"))
      assert.equal("localhost", stream:info("server_name"))
      exchange(stream, client, "after")
      stream:close()
      client:close_input()
      client:wait()
   end)

   it("is not done more than a few times without data between", function()
      local client = client_of()
      local stream = assert(listener:accept(context_of()))
      exchange(stream, client, "before")
      for index = 1, 3 do
         client:write("R\n")
         until_renegotiated(stream, index)
      end
      -- data makes up for them
      exchange(stream, client, "data")
      for index = 4, 6 do
         client:write("R\n")
         until_renegotiated(stream, index)
      end
      client:write("R\n")
      assert.is_nil((stream:receive("*l")))
      assert.equal(6, stream:info("renegotiations"))
      client:wait_for("no renegotiation")
      stream:close()
      client:close_input()
      client:wait()
   end)
end)

cases.describe("renegotiation, gnutls and our server:", function(listener)
   after_each(ours.close_all)

   for _, version in ipairs(VERSIONS) do
      it("started by the client in " .. version, function()
         local context = ours.server_context(certificates.rsa, options_of {
            suites = "compatible", min_version = version, max_version = version,
         })
         local client = tls12.client("gnutls", { port = listener.port, arguments = { "--inline-commands" } })
         local stream = assert(listener:accept(context))
         cases.answer(stream, client)
         for index = 1, 3 do
            client:write("^renegotiate^\n")
            client:write("line " .. index .. "\n")
            assert.equal("line " .. index, (stream:receive("*l")))
            assert.equal(index, stream:info("renegotiations"))
            assert(stream:send("answer " .. index .. "\n"))
            client:wait_for("answer " .. index)
         end
         stream:close()
         client:close_input()
         client:wait()
      end)

      it("asked for by the server in " .. version, function()
         local context = ours.server_context(certificates.rsa, options_of {
            suites = "compatible", min_version = version, max_version = version,
            trust = certificates.ca.certificate,
         })
         local client = tls12.client("gnutls", { port = listener.port, certificate = certificates.client_rsa })
         local stream = assert(listener:accept(context))
         cases.answer(stream, client)
         assert(stream:renegotiate())
         cases.answer(stream, client)
         assert(stream:renegotiate { verify = "required" })
         assert.is_true(stream:info("peer_verified"))
         cases.answer(stream, client)
         assert.equal(2, stream:info("renegotiations"))
         stream:close()
         client:close_input()
         client:wait()
      end)
   end

   it("with --rehandshake", function()
      local context = ours.server_context(certificates.rsa, options_of())
      local client = tls12.client("gnutls", { port = listener.port, arguments = { "--rehandshake" } })
      local stream = assert(listener:accept(context))
      cases.answer(stream, client)
      assert.equal(1, stream:info("renegotiations"))
      stream:close()
      client:close_input()
      client:wait()
   end)

   it("is never done with a client without RFC 5746", function()
      local context = ours.server_context(certificates.rsa, options_of())
      local client = peers.gnutls_client {
         port = listener.port, input = true, arguments = { "--inline-commands" },
         priority = peers.GNUTLS_ALL .. ":%DISABLE_SAFE_RENEGOTIATION",
      }
      local stream = assert(listener:accept(context))
      cases.answer(stream, client)
      assert.is_false(stream:info("secure_renegotiation"))
      assert.equal("no_renegotiation", (select(3, stream:renegotiate())))
      client:write("^renegotiate^\n")
      assert.is_nil((stream:receive("*l")))
      assert.equal(0, stream:info("renegotiations"))
      client:wait_for("Received alert %[100%]")
      stream:close()
      client:close_input()
      client:wait()
   end)
end)

-- nginx as the server, with its own TLS: our client speaks TLS 1.3 with it, also with early data, and TLS 1.2.
local certificates = require "spec.support.certificates"
local nginx = require "spec.support.nginx"
local ours = require "spec.support.ours"
local port = require "spec.support.port"

local REQUEST = "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"
local PORTS = { "BOTH", "OLD", "CHOOSY", "STRICT" }

local function start(certificate)
   local values = {
      CERTIFICATE = certificate.chainfile, KEY = certificate.keyfile, AUTHORITY = certificates.ca.certfile,
   }
   for _, name in ipairs(PORTS) do values[name] = port.free() end
   local server = nginx.start("spec/nginx/server.conf", values, values.STRICT)
   for _, name in ipairs(PORTS) do server[name:lower()] = values[name] end
   return server
end

for _, kind in ipairs({ "ec", "rsa" }) do
   describe("our client and nginx with a certificate of kind " .. kind .. ":", function()
      local server

      setup(function() server = start(certificates[kind]) end)
      teardown(function()
         server:stop()
         assert.is_nil(server:output():find("%[alert%]") or server:output():find("exited on signal"), server:output())
      end)
      after_each(ours.close_all)

      -- get gives the body, the information, the session, and the status.
      local function get(number, context, options)
         options = options or {}
         local stream, message, code = ours.connect(number, context, options)
         if not stream then return nil, message, code end
         if stream:info("early_data") ~= "accepted" and not options.early_data_resend then
            assert(stream:send(REQUEST))
         end
         local reply = assert(stream:receive("*a"))
         local info, session = stream:info(), stream:session()
         stream:close()
         assert.is_true(info.close_notify_received)
         return reply:match("\r\n\r\n(.*)$"), info, session, reply:match("^HTTP/1%.1 (%d+)")
      end

      for _, suite in ipairs({ "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256" }) do
         it("full, resumed and early: " .. suite, function()
            local context = ours.client_context({ suites = { suite } })
            local body, info, session = get(server.both, context)
            assert.equal(("TLSv1.3 %s resumed=. early=.\n"):format(suite), body)
            assert.is_true(info.peer_verified)
            assert.equal(suite, info.cipher_suite)
            body, info = get(server.both, context, { session = session })
            assert.equal(("TLSv1.3 %s resumed=r early=.\n"):format(suite), body)
            assert.is_true(info.resumed)
            body, info, session = get(server.both, context, { session = session, early_data = REQUEST })
            -- its variable is 1 only as long as the handshake goes on
            assert.truthy(body:find(("^TLSv1.3 %s resumed=r early=1?%%.\n$"):format(suite)), body)
            assert.equal("accepted", info.early_data)
            assert.equal(#REQUEST, info.early_data_length)
            assert.is_true(session:info().max_early_data > 0)
         end)
      end

      it("early data is rejected with HelloRetryRequest, and sent again", function()
         local context = ours.client_context({ groups = { "x25519", "secp384r1" } })
         local body, info, session = get(server.choosy, context)
         assert.truthy(body:find("resumed=. early=.", 1, true), body)
         assert.is_true(info.hello_retry)
         assert.equal("secp384r1", info.group)
         body, info = get(server.choosy, context, {
            session = session, early_data = REQUEST, early_data_resend = true,
         })
         assert.truthy(body:find("resumed=r early=.", 1, true), body)
         assert.is_true(info.resumed)
         assert.equal("rejected", info.early_data)
      end)

      it("new keys are taken in the middle of a connection", function()
         local stream = assert(ours.connect(server.both, {}))
         assert(stream:send(REQUEST, 1, 10))
         assert(stream:update_keys { request = true })
         assert(stream:send(REQUEST, 11))
         assert.truthy(assert(stream:receive("*a")):find("TLSv1.3", 1, true))
         assert.equal(1, stream:info("key_updates_received"))
      end)

      for version, options in pairs({ ["TLSv1.2"] = { max_version = "TLSv1.2" }, ["TLSv1.3"] = {} }) do
         it("client certificates in " .. version, function()
            for _, own in ipairs({ "client_rsa", "client_ec", "client_ec384" }) do
               local body = get(server.strict, ours.client_context({
                  certfile = certificates[own].chainfile, keyfile = certificates[own].keyfile,
                  max_version = options.max_version,
               }))
               assert.equal(("%s SUCCESS O=bearssl for Lua,CN=%s\n"):format(version, own:gsub("_", " ")), body)
            end
            local body, _, _, status = get(server.strict, ours.client_context(options))
            assert.equal("400", status)
            assert.truthy(body:find("No required SSL certificate was sent", 1, true), body)
         end)
      end

      it("TLS 1.2 where either side has nothing newer, resumed too", function()
         for number, options in pairs({ [server.old] = {}, [server.both] = { max_version = "TLSv1.2" } }) do
            local context = ours.client_context(options)
            local body, info, session = get(number, context)
            assert.truthy(body:find("^TLSv1.2 .* resumed=%. "), body)
            assert.equal("TLSv1.2", info.version)
            body = get(number, context, { session = session })
            assert.truthy(body:find("^TLSv1.2 .* resumed=r "), body)
         end
         local stream, message, code = ours.connect(server.old, { min_version = "TLSv1.3" })
         assert.is_nil(stream)
         assert.equal("alert_protocol_version", code, message)
      end)
   end)
end

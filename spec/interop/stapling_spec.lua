-- OCSP stapling (RFC 6066 section 8), must-staple (RFC 7633) and signed certificate timestamps (RFC 6962), with OpenSSL
-- and GnuTLS in both directions and between two sides of ours. The responses are made with `openssl ocsp`.
local bearssl = require "bearssl"
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local ours = require("spec.support.ours").at_most("TLSv1.2")
local pump = require "spec.support.pump"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local tls12 = require "spec.support.tls12"

local MONTH = 30 * 86400

local must -- a certificate that says that a response must come with it
local responses = {} -- name → { file =, der = }

local function must_staple()
   local directory = temporary.make_directory()
   local key, request, leaf = directory .. "/key", directory .. "/request", directory .. "/crt"
   local extensions = temporary.write("subjectAltName=DNS:localhost\nauthorityKeyIdentifier=keyid\n"
      .. "keyUsage=digitalSignature\nextendedKeyUsage=serverAuth\ntlsfeature=status_request\n")
   shell.run({ "openssl", "genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key })
   shell.run({ "openssl", "req", "-new", "-key", key, "-subj", "/CN=localhost", "-out", request })
   shell.run({ "openssl", "x509", "-req", "-in", request, "-CA", certificates.ca.certfile, "-CAkey",
      certificates.ca.keyfile, "-set_serial", "77777", "-days", "365", "-extfile", extensions, "-out", leaf })
   local chain = temporary.read(leaf)
   return {
      name = "must", certfile = leaf, keyfile = key, chainfile = leaf, certificate = chain, chain = chain,
      key = temporary.read(key), rest = "",
   }
end

-- respond makes a response about a certificate; status: "V" for good, "R" for revoked, nil for unknown.
local function respond(name, certificate, status, signer)
   signer = signer or certificates.ca
   local serial = shell.run({ "openssl", "x509", "-noout", "-serial", "-in", certificate.certfile }):match("=(%x+)")
   local index = ""
   if status then
      index = ("%s\t%s\t%s\t%s\tunknown\t/CN=x\n"):format(status, "491231235959Z",
         status == "R" and "240102030405Z,keyCompromise" or "", serial)
   end
   local file = temporary.path(".ocsp")
   shell.run({ "openssl", "ocsp", "-index", temporary.write(index), "-CA", certificates.ca.certfile,
      "-rsigner", signer.certfile, "-rkey", signer.keyfile, "-issuer", certificates.ca.certfile,
      "-cert", certificate.certfile, "-respout", file, "-noverify", "-ndays", "7" })
   responses[name] = { file = file, der = temporary.read(file) }
end

-- What each response about certificates.ec leads to; clock: seconds that the client's clock is ahead.
local REFUSED = {
   { name = "revoked", code = "certificate_revoked" },
   { name = "unknown", code = "bad_ocsp_response" },
   { name = "other", code = "bad_ocsp_response" },
   { name = "stranger", code = "bad_ocsp_response" },
   { name = "good", code = "ocsp_expired", clock = MONTH },
}

setup(function()
   must = must_staple()
   respond("good", certificates.ec, "V")
   respond("rsa", certificates.rsa, "V")
   respond("revoked", certificates.ec, "R")
   respond("unknown", certificates.ec)
   respond("other", certificates.rsa, "V")
   respond("stranger", certificates.ec, "V", certificates.other_ca)
   respond("must", must, "V")
end)

local function ahead(seconds)
   return seconds and function() return os.time() + seconds end or nil
end

-- collect gives handlers that note the responses of the stage and of the verify question.
local function collect(seen)
   return {
      certificate_status = function(_, message)
         seen.stage, seen.direction, seen.status_type = message.ocsp_response, message.direction, message.status_type
      end,
      verify = function(_, question)
         seen.question, seen.verdict = question.ocsp_response, question.verdict
      end,
      server_hello = function(_, message) seen.status_request = message.status_request end,
   }
end

for _, kind in ipairs(tls12.kinds) do
   describe("stapling, our client and " .. kind .. ":", function()
      after_each(ours.close_all)

      local function start(certificate, response, more)
         local arguments = {}
         if response and kind == "openssl" then
            arguments = { "-status_file", responses[response].file }
         elseif response then
            arguments = { "--ocsp-response", responses[response].file, "--ignore-ocsp-response-errors" }
         end
         for _, word in ipairs(more or {}) do arguments[#arguments + 1] = word end
         return tls12.server(kind, { certificate = certificate, arguments = arguments })
      end

      local function talk(stream)
         assert(stream:send("line\n"))
         assert.equal(tls12.answer(kind, "line"), (stream:receive("*l")))
      end

      it("takes a good response", function()
         for _, each in ipairs({ { certificates.ec, "good" }, { certificates.rsa, "rsa" } }) do
            local server, seen = start(each[1], each[2]), {}
            local stream = assert(ours.connect(server.port, {}, { handlers = collect(seen) }))
            talk(stream)
            local der, info = responses[each[2]].der, stream:info()
            assert.equal(der, info.ocsp_response)
            assert.is_true(info.peer_verified)
            assert.same({ stage = der, direction = "received", status_type = 1, question = der, verdict = "ok",
               status_request = true }, seen)
            stream:close()
            server:stop()
         end
      end)

      for _, case in ipairs(REFUSED) do
         it("refuses " .. case.name .. ": " .. case.code, function()
            local server, seen = start(certificates.ec, case.name), {}
            local stream, message, code = ours.connect(server.port, { clock = ahead(case.clock) },
               { handlers = collect(seen) })
            assert.is_nil(stream)
            assert.equal(case.code, code, message)
            assert.equal(case.code, seen.verdict)
            assert.equal(responses[case.name].der, seen.question)
            -- whoever wants to may go on
            stream = assert(ours.connect(server.port, { verify = "report", clock = ahead(case.clock) }))
            assert.equal(case.code, stream:info("verdict"))
            assert.is_false(stream:info("peer_verified"))
            stream:close()
            server:stop()
         end)
      end

      it("does without a response, and without asking", function()
         local server, seen = start(certificates.ec), {}
         local stream = assert(ours.connect(server.port, {}, { handlers = collect(seen) }))
         assert.is_nil(stream:info("ocsp_response"))
         assert.same({ verdict = "ok", status_request = false }, seen)
         stream:close()
         server:stop()
         server, seen = start(certificates.ec, "revoked"), {}
         stream = assert(ours.connect(server.port, { staple = "none" }, { handlers = collect(seen) }))
         assert.is_nil(stream:info("ocsp_response"))
         assert.same({ verdict = "ok", status_request = false }, seen)
         stream:close()
         server:stop()
      end)

      it("insists on a response where the certificate says so", function()
         local server = start(must, "must")
         local stream = assert(ours.connect(server.port, {}))
         assert.is_true(stream:info("peer_verified"))
         stream:close()
         server:stop()
         server = start(must)
         local problem, code
         stream, problem, code = ours.connect(server.port, {})
         assert.is_nil(stream)
         assert.equal("staple_required", code, problem)
         stream = assert(ours.connect(server.port, { staple = "none" }))
         assert.is_true(stream:info("peer_verified"))
         stream:close()
         server:stop()
      end)

      it("resumes without a response", function()
         local server = start(must, "must")
         local context = ours.client_context({})
         local stream = assert(ours.connect(server.port, context))
         talk(stream)
         local session = stream:session()
         stream:close()
         stream = assert(ours.connect(server.port, context, { session = session }))
         assert.is_true(stream:info("resumed"))
         assert.is_true(stream:info("peer_verified"))
         assert.is_nil(stream:info("ocsp_response"))
         stream:close()
         server:stop()
      end)
   end)
end

cases.describe("stapling, openssl and our server:", function(listener)
   after_each(ours.close_all)

   local function serve(context, arguments, handlers)
      local client = tls12.client("openssl", {
         port = listener.port, cafile = certificates.ca.certfile, arguments = arguments,
      })
      if handlers then handlers.verify = nil end -- these servers ask for no certificate
      local stream, message = listener:accept(context, { handlers = handlers })
      assert(stream, message)
      cases.answer(stream, client)
      stream:close()
      client:close_input()
      assert.equal(0, client:wait(), client:output())
      return client:output()
   end

   it("gets the response of the certificate", function()
      for status, name in pairs({ good = "good", revoked = "revoked", unknown = "unknown" }) do
         local seen = {}
         local context = ours.server_context(certificates.ec, { ocspfile = responses[name].file })
         local output = serve(context, { "-status" }, collect(seen))
         assert.truthy(output:find("OCSP Response Status: successful", 1, true), output)
         assert.truthy(output:find("Cert Status: " .. status, 1, true), output)
         assert.equal("sent", seen.direction)
         assert.equal(responses[name].der, seen.stage)
      end
   end)

   it("gets none if it does not ask, or there is none", function()
      local seen = {}
      local output = serve(ours.server_context(certificates.ec, { ocsp_response = responses.good.der }), {},
         collect(seen))
      assert.is_nil(output:find("OCSP", 1, true))
      assert.is_false(seen.status_request)
      assert.is_nil(seen.stage)
      output = serve(ours.server_context(certificates.ec, {}), { "-status" })
      assert.truthy(output:find("OCSP response: no response sent", 1, true), output)
   end)

   it("gets the one that belongs to the certificate that was chosen", function()
      local context = assert(bearssl.context { mode = "server", credentials = {
         { certificate = certificates.rsa.chain, key = certificates.rsa.key, ocsp_response = responses.rsa.der },
         { certfile = certificates.ec.certfile, keyfile = certificates.ec.keyfile, ocspfile = responses.good.file },
      } })
      for name, algorithm in pairs({ rsa = "RSA", good = "ECDSA" }) do
         local seen = {}
         serve(context, { "-status", "-cipher", "ECDHE-" .. algorithm .. "-AES128-GCM-SHA256" }, collect(seen))
         assert.equal(responses[name].der, seen.stage)
      end
   end)

   it("gets what a select handler yielded for", function()
      local context = ours.server_context(must, { ocsp_response = responses.good.der, handlers = {
         select = function(_, hello) return { ocsp_response = coroutine.yield("fetch", hello.server_name) } end,
      } })
      local client = tls12.client("openssl", {
         port = listener.port, cafile = certificates.ca.certfile, arguments = { "-status" },
      })
      local thread = coroutine.create(function() return listener:accept(context) end)
      local _, wants, name = assert(coroutine.resume(thread))
      assert.equal("fetch", wants)
      assert.equal("localhost", name)
      local ok, stream, message = coroutine.resume(thread, responses.must.der)
      assert(ok, stream)
      cases.answer(assert(stream, message), client)
      stream:close()
      client:close_input()
      assert.equal(0, client:wait(), client:output())
      assert.truthy(client:output():find("Serial Number: 012FD1", 1, true), client:output()) -- 77777
   end)

   it("resumes without a response", function()
      local context = ours.server_context(certificates.ec, { ocsp_response = responses.good.der })
      local file, seen = temporary.path(".session"), {}
      serve(context, { "-status", "-sess_out", file }, collect(seen))
      assert.truthy(seen.stage)
      seen = {}
      serve(context, { "-status", "-sess_in", file }, collect(seen))
      assert.is_nil(seen.stage)
      assert.is_false(seen.status_request)
   end)
end)

cases.describe("stapling, gnutls and our server:", function(listener)
   after_each(ours.close_all)

   local function start(saved)
      return tls12.client("gnutls", {
         port = listener.port, cafile = certificates.ca.certfile, arguments = saved and { "--save-ocsp", saved },
      })
   end

   local function serve(certificate, options, saved)
      local client = start(saved)
      local stream, message = listener:accept(ours.server_context(certificate, options))
      assert(stream, message)
      cases.answer(stream, client)
      stream:close()
      client:close_input()
      assert.equal(0, client:wait(), client:output())
      return client:output()
   end

   local function refused(certificate, options)
      local client = start()
      listener:accept(ours.server_context(certificate, options))
      assert.are_not.equal(0, client:wait())
      return client:output()
   end

   it("takes a good response, and none", function()
      local saved = temporary.path(".ocsp")
      local output = serve(certificates.ec, { ocsp_response = responses.good.der }, saved)
      assert.truthy(output:find("OCSP status request", 1, true), output)
      assert.equal(responses.good.der, temporary.read(saved))
      serve(certificates.ec, {})
   end)

   it("refuses revoked", function()
      local output = refused(certificates.ec, { ocsp_response = responses.revoked.der })
      assert.truthy(output:lower():find("revoked", 1, true), output)
   end)

   it("insists on a response where the certificate says so", function()
      serve(must, { ocsp_response = responses.must.der })
      local output = refused(must, {})
      assert.truthy(output:find("OCSP", 1, true), output)
   end)
end)

describe("stapling between two of ours:", function()
   local function shake(client_options, server_options, client_handlers, server_handlers, tamper)
      client_options.cafile = certificates.ca.certfile
      server_options.mode = "server"
      client_options.max_version = "TLSv1.2"
      local client = assert(assert(bearssl.context(client_options)):connection {
         server_name = "localhost", handlers = client_handlers,
      })
      local server = assert(assert(bearssl.context(server_options)):connection { handlers = server_handlers })
      return client, server, pump(client, server, { tamper = tamper })
   end

   local function with(certificate, options)
      options = options or {}
      options.certfile, options.keyfile = certificate.chainfile, certificate.keyfile
      return options
   end

   for _, case in ipairs(REFUSED) do
      it("the client refuses " .. case.name .. ": " .. case.code, function()
         local _, _, result = shake({ clock = ahead(case.clock) },
            with(certificates.ec, { ocspfile = responses[case.name].file }))
         assert.equal(case.code, result.client.code)
         assert.equal(case.code == "certificate_revoked" and "alert_certificate_revoked"
            or "alert_bad_certificate_status_response", result.server.code)
      end)
   end

   it("an unreadable response is refused", function()
      local seen = {}
      local client, _, result = shake({}, with(certificates.ec), collect(seen), {
         select = function() return { ocsp_response = "no response" } end,
      })
      assert.equal("bad_ocsp_response", result.client.code)
      assert.equal("the OCSP response that the server stapled cannot be parsed", result.client.message)
      assert.equal("alert_bad_certificate_status_response", result.server.code)
      assert.equal("no response", seen.question)
      assert.equal("bad_ocsp_response", client:info("verdict"))
      -- and what is wrong with the chain itself goes first
      _, _, result = shake({ clock = ahead(10 * 365 * 86400) }, with(certificates.ec), nil, {
         select = function() return { ocsp_response = "no response" } end,
      })
      assert.equal("certificate_expired", result.client.code)
   end)

   it("must-staple", function()
      local client, _, result = shake({}, with(must, { ocsp_response = responses.must.der }))
      assert.equal("wantread", result.client.status, result.client.message)
      assert.is_true(client:info("peer_verified"))
      _, _, result = shake({}, with(must))
      assert.equal("staple_required", result.client.code)
      assert.equal("alert_bad_certificate_status_response", result.server.code)
      client = shake({ verify = "report" }, with(must))
      assert.equal("staple_required", client:info("verdict"))
      client = shake({ verify = "none" }, with(must))
      assert.is_true(client:info("established"))
      _, _, result = shake({}, with(must), { verify = function(_, question)
         assert.equal("staple_required", question.verdict)
         return "accept"
      end })
      assert.equal("wantread", result.client.status, result.client.message)
   end)

   it("a select handler yields to fetch the response", function()
      local seen = {}
      local client_context = assert(bearssl.context { cafile = certificates.ca.certfile, max_version = "TLSv1.2" })
      local server_context = assert(bearssl.context(with(must, { mode = "server", handlers = {
         select = function(_, hello)
            assert.is_true(hello.status_request)
            return { ocsp_response = coroutine.yield("fetch", hello.server_name) }
         end,
      } })))
      local client = assert(client_context:connection { server_name = "localhost", handlers = collect(seen) })
      local server = assert(server_context:connection())
      assert.equal("wantread", client:step())
      server:feed(client:drain())
      local thread = coroutine.create(function() return server:step() end)
      local _, wants, name = assert(coroutine.resume(thread))
      assert.equal("fetch", wants)
      assert.equal("localhost", name)
      local ok, status = coroutine.resume(thread, responses.must.der)
      assert.is_true(ok, status)
      assert.equal("wantread", status)
      local result = pump(client, server)
      assert.equal("wantread", result.client.status, result.client.message)
      assert.equal(responses.must.der, client:info("ocsp_response"))
      assert.equal(responses.must.der, seen.stage)
      assert.is_true(client:info("peer_verified"))
   end)

   it("a select handler's response goes before the certificate's, also of one that it chose by name", function()
      local options = { credentials = {
         { certificate = certificates.rsa.chain, key = certificates.rsa.key, name = "rsa",
            ocsp_response = responses.rsa.der },
         { certificate = certificates.ec.chain, key = certificates.ec.key, name = "ec",
            ocsp_response = responses.revoked.der },
      } }
      local client, _, result = shake({}, options, nil, {
         select = function() return { name = "ec", ocsp_response = responses.good.der } end,
      })
      assert.equal("wantread", result.client.status, result.client.message)
      assert.equal(responses.good.der, client:info("ocsp_response"))
      client, _, result = shake({}, options, nil, { select = function() return { name = "rsa" } end })
      assert.equal("wantread", result.client.status, result.client.message)
      assert.equal(responses.rsa.der, client:info("ocsp_response"))
      _, _, result = shake({}, options, nil, { select = function() return { name = "ec" } end })
      assert.equal("certificate_revoked", result.client.code)
   end)

   it("arrives in single bytes, with every suite of key exchange", function()
      for _, suite in ipairs({ "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" }) do
         local client = assert(assert(bearssl.context { cafile = certificates.ca.certfile, suites = { suite } })
            :connection { server_name = "localhost" })
         local server = assert(assert(bearssl.context(with(certificates.rsa, {
            mode = "server", suites = { suite }, ocspfile = responses.rsa.file,
         }))):connection())
         local result = pump(client, server, { chunk = 1 })
         assert.equal("wantread", result.client.status, result.client.message)
         assert.equal(responses.rsa.der, client:info("ocsp_response"))
      end
   end)

   it("what a context is given must be a response", function()
      local file = temporary.write("nothing")
      for _, options in ipairs({ { ocsp_response = "nothing" }, { ocsp_response = "" }, { ocspfile = file } }) do
         options.mode = "server"
         local context, message, code = bearssl.context(with(certificates.ec, options))
         assert.is_nil(context)
         assert.is_string(message)
         assert.equal("bad_ocsp_response", code)
      end
      local context, message, code = bearssl.context(with(certificates.ec, {
         mode = "server", ocspfile = "/nonexistent/response",
      }))
      assert.is_nil(context)
      assert.equal("file_unreadable", code)
      assert.truthy(message:find("/nonexistent/response", 1, true))
      for pattern, options in pairs({
         ["either 'ocsp_response' or 'ocspfile'"] = with(certificates.ec, {
            mode = "server", ocspfile = file, ocsp_response = "x",
         }),
         ["is for servers"] = { ocsp_response = "x" },
         ["'ocsp_response' must be a string"] = with(certificates.ec, { mode = "server", ocsp_response = 1 }),
      }) do
         local ok, problem = pcall(bearssl.context, options)
         assert.is_false(ok)
         assert.truthy(problem:find(pattern, 1, true), problem)
      end
   end)

   it("a select handler that answers with something else ends the handshake", function()
      for _, answer in ipairs({ 1, "", false }) do
         local _, _, result = shake({}, with(certificates.ec), nil, {
            select = function() return { ocsp_response = answer } end,
         })
         assert.equal("handler_error", result.server.code)
         assert.truthy(result.server.message:find("'ocsp_response'", 1, true), result.server.message)
      end
   end)
end)

describe("signed certificate timestamps:", function()
   after_each(ours.close_all)

   -- serverinfo is a file for `openssl s_server -serverinfo`: extensions that the server answers with.
   local function serverinfo(kind, data)
      local bytes = string.char(math.floor(kind / 256), kind % 256, math.floor(#data / 256), #data % 256) .. data
      local file = temporary.path(".info")
      local base64 = shell.run({ "openssl", "base64", "-in", temporary.write(bytes) })
      return temporary.write("-----BEGIN SERVERINFO FOR TEST-----\n" .. base64 .. "-----END SERVERINFO FOR TEST-----\n",
         nil, file)
   end

   it("of the server's hello are shown", function()
      local list = "\0\5\0\3sct"
      local server = tls12.server("openssl", { arguments = { "-serverinfo", serverinfo(18, list) } })
      local raw
      local stream = assert(ours.connect(server.port, {}, { handlers = { server_hello = function(_, message)
         for _, extension in ipairs(message.extensions) do
            if extension.id == 18 then raw = extension.raw end
         end
      end } }))
      assert.equal(list, stream:info("signed_certificate_timestamps"))
      assert.equal(list, raw)
      stream:close()
      stream = assert(ours.connect(server.port, { staple = "none" }))
      assert.is_nil(stream:info("signed_certificate_timestamps"))
      stream:close()
      server:stop()
   end)

   it("stand beside extensions of one's own, which the server answers", function()
      local server = tls12.server("openssl", { arguments = { "-serverinfo", serverinfo(0xFDE8, "an answer") } })
      local answers = {}
      local function note(_, message)
         for _, extension in ipairs(message.extensions) do answers[extension.id] = extension.raw end
      end
      local stream = assert(ours.connect(server.port, { extensions = { { id = 0xFDE8, raw = "" } } },
         { handlers = { server_hello = note } }))
      assert.equal("an answer", answers[0xFDE8])
      assert(stream:send("line\n"))
      assert.equal("enil", (stream:receive("*l")))
      stream:close()
      answers = {}
      stream = assert(ours.connect(server.port, {}, { handlers = { server_hello = note } }))
      assert.is_nil(answers[0xFDE8])
      stream:close()
      server:stop()
   end)
end)

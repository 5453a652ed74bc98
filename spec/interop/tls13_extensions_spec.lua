-- What TLS 1.3 puts into other messages than TLS 1.2, or has alone, with OpenSSL and GnuTLS: stapled responses and
-- signed certificate timestamps in Certificate, ALPN in EncryptedExtensions, server names, the record size limit (RFC
-- 8449, which only GnuTLS has) and padding (which only OpenSSL can be told to send).
local bearssl = require "bearssl"
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local ours = require "spec.support.ours"
local peers13 = require "spec.support.peers13"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local function talk(stream, kind, line)
   line = line or "Hello, world"
   assert(stream:send(line .. "\n"))
   assert.equal(peers13.answer(kind, line), (stream:receive("*l")))
end

local good, revoked

local function respond(certificate, status)
   return assert(bearssl.ocsp.new {
      certificate = assert(bearssl.certificate.load(certificate.certificate))[1], status = status,
      issuer = assert(bearssl.certificate.load(certificates.ca.certificate))[1],
      issuer_key = assert(bearssl.key.load(certificates.ca.key)),
   }):der()
end

setup(function()
   good, revoked = respond(certificates.ec, "good"), respond(certificates.ec, "revoked")
end)

-- Lengths of the records of application data, as the handler sees them.
local function lengths(direction)
   local list = {}
   return list, { application_data = function(_, message)
      if message.direction == direction then list[#list + 1] = message.length end
   end }
end

for _, kind in ipairs(peers13.kinds) do
   describe("our client and a server of " .. kind .. ":", function()
      after_each(ours.close_all)

      local function start(response)
         local file = response and temporary.write(response)
         local arguments
         if file then
            arguments = kind == "openssl" and { "-status_file", file }
               or { "--ocsp-response", file, "--ignore-ocsp-response-errors" }
         end
         return peers13.server(kind, { certificate = certificates.ec, arguments = arguments })
      end

      it("a good response comes in Certificate", function()
         local server, entry, seen = start(good), nil, nil
         local context = ours.client_context({ handlers = {
            certificate = function(_, message) entry = message.certificate_extensions[1] end,
            verify = function(_, question) seen = question.ocsp_response end,
            certificate_status = function() error("there is no such message in TLS 1.3") end,
         } })
         local stream = assert(ours.connect(server.port, context))
         talk(stream, kind)
         assert.equal("TLSv1.3", stream:info("version"))
         assert.equal(good, stream:info("ocsp_response"))
         assert.equal(good, entry.ocsp_response)
         assert.equal(good, seen)
         -- none comes in a resumed connection
         local session = stream:session()
         stream:close()
         stream = assert(ours.connect(server.port, context, { session = session }))
         assert.is_true(stream:info("resumed"))
         assert.is_nil(stream:info("ocsp_response"))
         stream:close()
         -- nor to who does not ask
         stream = assert(ours.connect(server.port, { staple = "none" }))
         assert.is_nil(stream:info("ocsp_response"))
         server:stop()
      end)

      it("a revoked certificate is refused", function()
         local server = start(revoked)
         local stream, message, code = ours.connect(server.port, {})
         assert.is_nil(stream)
         assert.equal("certificate_revoked", code, message)
         server:stop()
      end)

      it("a required response that does not come is missed", function()
         local server = start()
         local stream, message, code = ours.connect(server.port, { staple = "required" })
         assert.is_nil(stream)
         assert.equal("staple_required", code, message)
         server:stop()
      end)

      it("ALPN", function()
         local server = peers13.server(kind, { certificate = certificates.ec, alpn = { "h2", "http/1.1" } })
         for _, name in ipairs({ "h2", "http/1.1" }) do
            local seen
            local stream = assert(ours.connect(server.port, { alpn = { "smtp", name } }, { handlers = {
               encrypted_extensions = function(_, message) seen = message.alpn end,
            } }))
            talk(stream, kind)
            assert.equal(name, stream:info("alpn"))
            assert.equal(name, seen)
            stream:close()
         end
         local stream = assert(ours.connect(server.port, {}))
         assert.is_nil(stream:info("alpn"))
         server:stop()
      end)

      it("server names", function()
         local alpha, beta = certificates.alpha, certificates.beta
         local server
         if kind == "openssl" then
            server = peers13.server(kind, { certificate = alpha, arguments = {
               "-servername", "beta.example", "-cert2", beta.certfile, "-key2", beta.keyfile,
            } })
         else
            server = peers13.server(kind, { certificate = { certificates.ec, beta } })
            alpha = certificates.ec
         end
         for certificate, name in pairs({
            [alpha] = kind == "openssl" and "alpha.example" or "localhost", [beta] = "beta.example",
         }) do
            local stream = assert(ours.connect(server.port, {}, { server_name = name }))
            talk(stream, kind)
            assert.equal(certificate.certificate, stream:info("peer_certificates")[1]:pem())
            assert.equal(name, stream:info("server_name"))
            stream:close()
         end
         server:stop()
      end)
   end)

   cases.describe("a client of " .. kind .. " and our server:", function(listener)
      after_each(ours.close_all)

      local function serve(context, options, handlers)
         options.port = listener.port
         local client = peers13.client(kind, options)
         local stream = assert(listener:accept(context, { handlers = handlers }))
         cases.answer(stream, client)
         local info = stream:info()
         assert.equal("TLSv1.3", info.version)
         stream:close()
         client:close_input()
         assert.equal(0, client:wait(), client:output())
         return info, client
      end

      it("our response is taken", function()
         local context = ours.server_context(certificates.ec, { ocsp_response = good })
         if kind == "openssl" then
            local _, client = serve(context, { arguments = { "-status" } })
            assert.truthy(client:output():find("OCSP Response Status: successful", 1, true), client:output())
            assert.truthy(client:output():find("Cert Status: good", 1, true), client:output())
         else
            local saved = temporary.path(".ocsp")
            serve(context, { cafile = certificates.ca.certfile, arguments = { "--save-ocsp", saved } })
            assert.equal(good, temporary.read(saved))
         end
      end)

      if kind == "gnutls" then -- OpenSSL's client only prints it
         it("that ours is revoked is found out", function()
            local context = ours.server_context(certificates.ec, { ocsp_response = revoked })
            local client = peers13.client(kind, { port = listener.port, cafile = certificates.ca.certfile })
            listener:accept(context)
            client:close_input()
            assert.are_not.equal(0, client:wait())
            assert.truthy(client:output():lower():find("revoked", 1, true), client:output())
         end)
      end

      it("ALPN", function()
         local context = ours.server_context(certificates.ec, { alpn = { "h2", "http/1.1" } })
         assert.equal("http/1.1", serve(context, { alpn = { "smtp", "http/1.1" } }).alpn)
         assert.equal("h2", serve(context, { alpn = { "http/1.1", "h2" } }).alpn)
         assert.is_nil(serve(context, {}).alpn)
         local client = peers13.client(kind, { port = listener.port, alpn = { "smtp" } })
         local stream, message, code, failed = listener:accept(context)
         assert.is_nil(stream)
         assert.equal("no_application_protocol", code, message)
         failed:close()
         client:close_input()
         client:wait()
         assert.truthy(client:output():find(kind == "openssl" and "no application protocol" or "alert %[120%]"),
            client:output())
      end)

      it("server names", function()
         local context = ours.server_context({ certificates.alpha, certificates.beta }, {})
         for _, name in ipairs({ "alpha", "beta" }) do
            local info = serve(context, { server_name = name .. ".example", cafile = certificates.ca.certfile })
            assert.equal(certificates[name].certificate, info.local_certificates[1]:pem())
            assert.equal(name .. ".example", info.server_name)
         end
      end)

      it("a client's hello shows what it offers", function()
         local hello
         serve(ours.server_context(certificates.ec, {}), {}, {
            client_hello = function(_, message) hello = message end,
         })
         assert.equal("TLSv1.3", hello.max_version)
         assert.equal("localhost", hello.server_name)
         assert.is_true(#hello.key_share_groups > 0)
         assert.is_false(hello.psk_offered)
      end)
   end)
end

describe("signed certificate timestamps of openssl:", function()
   after_each(ours.close_all)

   -- For `openssl s_server -serverinfo`: an extension in Certificate. (It answers those that it does not know in no
   -- message of TLS 1.3.)
   local CLIENT_HELLO, CERTIFICATE = 0x80, 0x1000

   local function serverinfo(kind, data)
      local where = CLIENT_HELLO + CERTIFICATE
      local bytes = string.char(0, 0, math.floor(where / 256), where % 256, math.floor(kind / 256), kind % 256,
         math.floor(#data / 256), #data % 256) .. data
      local base64 = shell.run({ "openssl", "base64", "-in", temporary.write(bytes) })
      return temporary.write("-----BEGIN SERVERINFOV2 FOR TEST-----\n" .. base64
         .. "-----END SERVERINFOV2 FOR TEST-----\n")
   end

   it("come in Certificate", function()
      local list = "\0\5\0\3sct"
      local server = peers13.server("openssl", {
         certificate = certificates.ec, arguments = { "-serverinfo", serverinfo(18, list) },
      })
      local entry
      local stream = assert(ours.connect(server.port, {}, { handlers = {
         certificate = function(_, message) entry = message.certificate_extensions[1] end,
      } }))
      talk(stream, "openssl")
      assert.equal(list, stream:info("signed_certificate_timestamps"))
      assert.same({ "sct" }, entry.signed_certificate_timestamps)
      stream:close()
      stream = assert(ours.connect(server.port, { staple = "none" }))
      assert.is_nil(stream:info("signed_certificate_timestamps"))
      server:stop()
   end)
end)

-- ---- Records ----

local LONG = ("0123456789abcdef"):rep(300)

local function check_lengths(list, limit)
   local total = 0
   for _, length in ipairs(list) do
      assert.is_true(length <= limit, length .. " > " .. limit)
      total = total + length
   end
   assert.equal(#LONG + 1, total)
   assert.equal(math.ceil((#LONG + 1) / limit), #list)
end

-- The limit counts the byte of the content's type (RFC 8449 section 4).
describe("the record size limit of gnutls-serv", function()
   after_each(ours.close_all)

   it("is kept", function()
      local server = peers13.server("gnutls", { certificate = certificates.ec, arguments = { "--recordsize=700" } })
      local sent, handlers = lengths("sent")
      local stream = assert(ours.connect(server.port, { record_size_limit = 601 }, { handlers = handlers }))
      assert.equal(701, stream:info("record_size_limit"))
      talk(stream, "gnutls", LONG)
      check_lengths(sent, 700)
      server:stop()
   end)

   it("of ours is kept by it", function()
      local server = peers13.server("gnutls", { certificate = certificates.ec })
      local received, handlers = lengths("received")
      local stream = assert(ours.connect(server.port, { record_size_limit = 601 }, { handlers = handlers }))
      talk(stream, "gnutls", LONG)
      check_lengths(received, 600)
      server:stop()
   end)
end)

cases.describe("the record size limit of gnutls-cli", function(listener)
   after_each(ours.close_all)

   it("is kept on both sides", function()
      local context = ours.server_context(certificates.ec, { record_size_limit = 601 })
      local client = peers13.client("gnutls", { port = listener.port, arguments = { "--recordsize=700" } })
      local list = { sent = {}, received = {} }
      local stream = assert(listener:accept(context, { handlers = {
         application_data = function(_, message) table.insert(list[message.direction], message.length) end,
      } }))
      assert.equal(701, stream:info("record_size_limit"))
      assert(stream:send(LONG .. "\n"))
      client:wait_for(LONG)
      check_lengths(list.sent, 700)
      -- gnutls-cli sends one record of what it reads, and drops what is too long
      client:write(LONG:sub(1, 2000) .. "\n")
      assert.equal(LONG:sub(1, 600), (stream:receive(600)))
      client:write("the end\n")
      assert.equal("the end", (stream:receive("*l")))
      assert.same({ 600, 8 }, list.received)
      stream:close()
      client:close_input()
      client:wait()
   end)
end)

-- How many bytes a record of short content takes: header, content, type, padding, tag.
describe("padding", function()
   after_each(ours.close_all)

   it("of openssl s_server is taken off, ours is taken off by it", function()
      local server = peers13.server("openssl", {
         certificate = certificates.ec, arguments = { "-record_padding", "256" },
      })
      local stream = assert(ours.connect(server.port, { record_padding = 512 }))
      talk(stream, "openssl")
      for _, line in ipairs({ "short", ("x"):rep(300) }) do
         local sent, received = stream:info("bytes_sent"), stream:info("bytes_received")
         talk(stream, "openssl", line)
         assert.equal(5 + 512 + 16, stream:info("bytes_sent") - sent)
         assert.equal(5 + (line == "short" and 256 or 512) + 16, stream:info("bytes_received") - received)
      end
      server:stop()
   end)
end)

cases.describe("padding", function(listener)
   after_each(ours.close_all)

   for _, kind in ipairs(peers13.kinds) do
      it("of ours is taken off by a client of " .. kind, function()
         local context = ours.server_context(certificates.ec, { record_padding = 1000 })
         local client = peers13.client(kind, {
            port = listener.port, arguments = kind == "openssl" and { "-record_padding", "256" } or nil,
         })
         local stream = assert(listener:accept(context))
         cases.answer(stream, client)
         local sent, received = stream:info("bytes_sent"), stream:info("bytes_received")
         cases.answer(stream, client)
         assert.equal(5 + 1000 + 16, stream:info("bytes_sent") - sent)
         if kind == "openssl" then assert.equal(5 + 256 + 16, stream:info("bytes_received") - received) end
         stream:close()
         client:close_input()
         client:wait()
      end)
   end
end)

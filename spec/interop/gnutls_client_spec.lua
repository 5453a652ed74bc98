-- `gnutls-cli` against our server.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local hash = require "spec.support.hash"
local ours = require("spec.support.ours").at_most("TLSv1.2")
local peers = require "spec.support.peer"
local suites = require "spec.support.suites"
local temporary = require "spec.support.temporary"

local GROUPS = { x25519 = "X25519", secp256r1 = "SECP256R1", secp384r1 = "SECP384R1", secp521r1 = "SECP521R1" }

local peer = { kind = "gnutls" }

function peer.start(options)
   local arguments = {}
   local function add(...)
      for index = 1, select("#", ...) do
         arguments[#arguments + 1] = select(index, ...)
      end
   end
   local priority = options.priority or peers.GNUTLS_ALL
   if options.suite then
      priority = suites.gnutls_priority(options.suite, options.version or "TLSv1.2")
   elseif options.only13 then
      priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3"
   elseif options.version then
      priority = priority:gsub("%+VERS%-[^:]+:", "") .. ":+VERS-" .. options.version:gsub("v", "")
   end
   if options.group then
      priority = priority .. ":-GROUP-ALL:+GROUP-" .. GROUPS[options.group]
   end
   if options.certificate then
      add("--x509certfile", options.certificate.chainfile, "--x509keyfile", options.certificate.keyfile)
   end
   for _, name in ipairs(options.alpn or {}) do
      add("--alpn=" .. name)
   end
   for _, word in ipairs(options.arguments or {}) do
      add(word)
   end
   return peers.gnutls_client({
      port = options.port,
      server_name = options.server_name,
      cafile = options.cafile,
      priority = priority,
      arguments = arguments,
      input = options.input or true,
      separate = options.separate,
   })
end

local ALERTS = {
   handshake_failure = 40,
   unsupported_certificate = 43,
   certificate_revoked = 44,
   certificate_expired = 45,
   unknown_ca = 48,
   protocol_version = 70,
   unrecognized_name = 112,
   no_application_protocol = 120,
}

function peer.alert(name)
   return "alert %[" .. ALERTS[name] .. "%]"
end

describe("gnutls-cli and our server:", function()
   after_each(ours.close_all)

   -- All that GnuTLS has in common with this library. It never had static ECDH.
   cases.suites(peer)
   cases.groups(peer, { "x25519", "secp256r1", "secp384r1", "secp521r1" })
   cases.keys(peer)
   cases.client_certificates(peer)
   cases.alpn(peer)
   cases.names(peer)
   cases.failures(peer)

   cases.describe("verification by the client", function(listener)
      -- gnutls-cli judges the certificate within the handshake.
      for _, name in ipairs({ "expired", "untrusted", "wronghost" }) do
         it("refuses " .. name .. ", and we learn it", function()
            local context = ours.server_context(certificates[name], {})
            local message, code, client =
               cases.fails(peer, listener, context, { cafile = certificates.ca.certfile })
            assert.truthy(code:find("^alert_"), message)
            assert.truthy(client:output():find("NOT trusted", 1, true), client:output())
         end)
      end
   end)

   cases.describe("resumption by session ID", function(listener)
      for _, version in ipairs({ "TLSv1.0", "TLSv1.1", "TLSv1.2" }) do
         it("in " .. version, function()
            local context = ours.server_context(certificates.rsa, {
               min_version = version,
               max_version = version,
               suites = "compatible",
               tickets = false, -- gnutls-cli asks for one all the same
            })
            local client = peer.start({
               port = listener.port,
               version = version,
               arguments = { "--resume", "--noticket" },
            })
            local stream = assert(listener:accept(context))
            assert.is_false(stream:info("resumed"))
            stream:receive("*l")
            stream:close()
            stream = assert(listener:accept(context))
            assert.is_true(stream:info("resumed"))
            assert.equal(version, stream:info("version"))
            cases.answer(stream, client)
            stream:close()
            client:close_input()
            client:wait()
            assert.truthy(client:output():find("This is a resumed session", 1, true), client:output())
         end)
      end
   end)

   cases.describe("bulk #slow", function(listener)
      local LENGTH = 64 * 1024 * 1024

      it("64 MB from the client", function()
         local path, expected = hash.random_file(LENGTH)
         local context = ours.server_context(certificates.rsa, {})
         local client = peer.start({ port = listener.port, input = path })
         local stream = assert(listener:accept(context))
         local sink = hash.stream()
         local left = LENGTH
         while left > 0 do
            local piece = assert(stream:receiveany(65536))
            sink:add(piece)
            left = left - #piece
         end
         assert.equal(expected, (sink:finish()))
         stream:close()
         client:wait()
      end)

      it("1 MB to the client, which writes each byte by itself", function()
         local path, expected = hash.random_file(1024 * 1024)
         local context = ours.server_context(certificates.ec, {})
         -- what it has to say goes to a file of its own
         local client = peer.start({
            port = listener.port,
            separate = true,
            arguments = { "--logfile", temporary.path(".log") },
         })
         local stream = assert(listener:accept(context))
         local file = assert(io.open(path, "rb"))
         for piece in function()
            return file:read(1000000)
         end do
            assert.equal(#piece, assert(stream:send(piece)))
         end
         file:close()
         stream:close()
         client:wait(20)
         assert.equal(expected, hash.file(client.output_path))
      end)
   end)

   cases.describe("secure renegotiation (RFC 5746)", function(listener)
      for title, words in pairs({
         ["is negotiated"] = "",
         ["by the signalling suite"] = ":%PARTIAL_RENEGOTIATION",
         ["may be missing"] = ":%DISABLE_SAFE_RENEGOTIATION",
      }) do
         it(title, function()
            local context = ours.server_context(certificates.ec, {})
            local info = cases.once(peer, listener, context, { priority = peers.GNUTLS_ALL .. words })
            assert.equal(not words:find("DISABLE", 1, true), info.secure_renegotiation)
         end)
      end

      it("works with a client without any extension", function()
         local context = ours.server_context(certificates.rsa, { suites = "compatible" })
         local info = cases.once(peer, listener, context, {
            priority = "NONE:+VERS-TLS1.2:+RSA:+AES-128-CBC:+SHA1:+COMP-NULL:+CTYPE-X509:+SIGN-RSA-SHA256"
               .. ":%NO_EXTENSIONS:%DISABLE_SAFE_RENEGOTIATION",
         })
         assert.truthy(info.server_name == nil or info.server_name == "")
      end)
   end)

   cases.describe("renegotiation", function(listener)
      it("asked for by the client is refused with no_renegotiation, and the connection goes on", function()
         local context = ours.server_context(certificates.rsa, {})
         local client = peer.start({ port = listener.port, arguments = { "--inline-commands" } })
         local refused = 0
         local stream = assert(listener:accept(context, {
            handlers = {
               alert = function(_, message)
                  if message.direction == "sent" and message.description == "no_renegotiation" then
                     refused = refused + 1
                  end
               end,
            },
         }))
         cases.answer(stream, client)
         client:write("^renegotiate^\n")
         -- gnutls-cli asks again and again, and is refused each time, until it gives up by itself
         local data, message, _, code = stream:receive("*l")
         assert.is_nil(data)
         assert.equal("alert_internal_error", code, message)
         assert.is_true(refused > 2)
         client:wait_for("Received alert %[100%]")
         stream:close()
         client:close_input()
         client:wait()
      end)
   end)
end)

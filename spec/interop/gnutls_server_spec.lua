-- Our client against `gnutls-serv`.
local cases = require "spec.support.client_cases"
local certificates = require "spec.support.certificates"
local hash = require "spec.support.hash"
local ours = require("spec.support.ours").at_most("TLSv1.2")
local peers = require "spec.support.peer"

local peer = {
   kind = "gnutls",
   -- what GnuTLS sends, whatever RFC 5246 says
   no_certificate = "decode_error",
   unknown_ca = "access_denied",
   expired = "access_denied",
   no_version = "handshake_failure",
}

function peer.start(options)
   local arguments = options.debug and { "--debug", "5" } or {}
   if options.alpn then
      for _, name in ipairs(options.alpn) do
         arguments[#arguments + 1] = "--alpn=" .. name
      end
      arguments[#arguments + 1] = "--alpn-fatal"
   end
   if options.tickets == false then
      arguments[#arguments + 1] = "--noticket"
   end
   local priority = peers.GNUTLS_ALL
   if options.only13 then
      priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3"
   elseif options.only10 then
      priority = "NORMAL:-VERS-ALL:+VERS-TLS1.0:+SHA1:+RSA"
   end
   return peers.gnutls_server({
      certificate = options.certificate,
      client = options.client,
      cafile = options.cafile,
      priority = priority,
      arguments = arguments,
      mode = options.mode,
   })
end

function peer.answer(line)
   return line
end

local ALERTS = {
   bad_certificate = 42,
   unsupported_certificate = 43,
   certificate_expired = 45,
   unknown_ca = 48,
   protocol_version = 70,
   insufficient_security = 71,
   no_application_protocol = 120,
}

function peer.alert(name)
   return "Alert%[2|" .. ALERTS[name] .. "%] [^\n]*was received"
end

describe("our client and gnutls-serv:", function()
   after_each(ours.close_all)

   -- All that GnuTLS has in common with this library. It never had static ECDH.
   cases.suites(peer)
   cases.groups(peer, { "x25519", "secp256r1", "secp384r1", "secp521r1" })
   cases.keys(peer)
   cases.refusals(peer)
   cases.resumption(peer)
   cases.client_certificates(peer)
   cases.alpn(peer)
   cases.failures(peer)
   cases.records(peer)

   describe("server names", function()
      it("select the certificate among several", function()
         -- of one key type: the suite comes first for GnuTLS, and the name only then (without wildcards)
         local server = peer.start({ certificate = { certificates.ec, certificates.beta } })
         for name, host in pairs({ ec = "localhost", beta = "beta.example" }) do
            local info = cases.once(peer, server, {}, { server_name = host })
            assert.equal(certificates[name].certificate, info.peer_certificates[1]:pem())
         end
         server:stop()
      end)
   end)

   describe("renegotiation", function()
      it("asked for by the server is refused with no_renegotiation, and the connection goes on", function()
         local server = peer.start({ certificate = certificates.rsa })
         local alerts, requests = {}, 0
         local stream = assert(ours.connect(server.port, {
            handlers = {
               hello_request = function()
                  requests = requests + 1
               end,
               alert = function(_, message)
                  alerts[#alerts + 1] = message
               end,
            },
         }))
         cases.talk(peer, stream, "before")
         assert(stream:send("**REHANDSHAKE**\n"))
         server:wait_for("Sending rehandshake request")
         assert.equal("Successfully executed command", (stream:receive("*l")))
         server:wait_for("Error while receiving data")
         assert.equal(1, requests)
         assert.equal(1, #alerts)
         assert.equal("sent", alerts[1].direction)
         assert.equal("no_renegotiation", alerts[1].description)
         -- that line came after HelloRequest: the connection went on here. gnutls-serv then ends it itself
         -- (any warning is an error for it).
         assert.truthy(server:output():find("A TLS warning alert has been received", 1, true))
         stream:close()
         server:stop()
      end)
   end)

   describe("secure renegotiation (RFC 5746)", function()
      for title, words in pairs({
         ["is negotiated"] = "",
         ["may be missing"] = ":%DISABLE_SAFE_RENEGOTIATION",
      }) do
         it(title, function()
            local server = peers.gnutls_server({
               certificate = certificates.ec,
               priority = peers.GNUTLS_ALL .. words,
            })
            local info = cases.once(peer, server, {})
            assert.equal(words == "", info.secure_renegotiation)
            server:stop()
         end)
      end
   end)

   -- 64 MB to the server are left to OpenSSL: gnutls-serv has no sink, and echoes 1 MB per second.
   describe("bulk #slow", function()
      it("64 MB from the server", function()
         local LENGTH = 64 * 1024 * 1024
         local path, expected = hash.random_file(LENGTH)
         local server = peers.gnutls_server({
            certificate = certificates.ec,
            mode = "http",
            arguments = { "--httpdata=" .. path },
         })
         local stream = assert(ours.connect(server.port, {}))
         assert(stream:send("GET / HTTP/1.0\r\n\r\n"))
         repeat
            local line = assert(stream:receive("*l"))
         until line == ""
         local sink = hash.stream()
         local total = 0
         while total < LENGTH do
            local piece = assert(stream:receiveany(65536))
            sink:add(piece)
            total = total + #piece
         end
         assert.equal(expected, (sink:finish()))
         stream:close()
         server:stop()
      end)
   end)
end)

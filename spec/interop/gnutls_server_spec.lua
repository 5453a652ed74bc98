-- Our client against `gnutls-serv`.
local cases = require "spec.support.client_cases"
local certificates = require "spec.support.certificates"
local hash = require "spec.support.hash"
local ours = require "spec.support.ours"
local peers = require "spec.support.peer"

local peer = {
   kind = "gnutls",
   no_certificate = "certificate_required",
   unknown_ca = "bad_certificate",
   expired = "bad_certificate",
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

   describe("server names", function()
      it("select the certificate among several", function()
         local server = peer.start({
            certificate = { certificates.alpha, certificates.beta, certificates.rsa, certificates.wildcard },
         })
         for name, host in pairs({
            alpha = "alpha.example",
            beta = "beta.example",
            rsa = "localhost",
            wildcard = "some.wild.example",
         }) do
            local info = cases.once(peer, server, {}, { server_name = host })
            assert.equal(certificates[name].certificate, info.peer_certificates[1]:pem())
         end
         server:stop()
      end)
   end)

   describe("renegotiation", function()
      it("asked for by the server is refused, and the connection goes on", function()
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
         assert.equal(1, requests)
         assert.equal(1, #alerts)
         assert.equal("sent", alerts[1].direction)
         assert.equal("no_renegotiation", alerts[1].description)
         cases.talk(peer, stream, "after")
         stream:close()
         server:stop()
      end)
   end)

   describe("bulk #slow", function()
      it("64 MB from the server", function()
         local LENGTH = 64 * 1024 * 1024
         local path, expected = hash.random_file(LENGTH)
         local server = peer.start({ certificate = certificates.ec, mode = "http" })
         server:stop()
         server = peers.gnutls_server({
            certificate = certificates.ec,
            mode = "http",
            arguments = { "--httpdata=" .. path },
         })
         local stream = assert(ours.connect(server.port, {}))
         assert(stream:send("GET / HTTP/1.0\r\n\r\n"))
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

-- OpenSSL's and GnuTLS's clients, which authenticate after the handshake (RFC 8446 section 4.6.2) while our stream
-- waits.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local ours = require "spec.support.ours"
local peers13 = require "spec.support.peers13"
local process = require "spec.support.process"

for _, kind in ipairs { "openssl", "gnutls" } do
   cases.describe("a late authentication of " .. kind .. "'s client", function(listener)
      after_each(function()
         ours.close_all()
         process.stop_all()
      end)

      local function accept(certificate, options)
         options = options or {}
         options.cafile, options.verify = certificates.ca.certfile, "none"
         local client = peers13.client(kind, { port = listener.port, later = true, certificate = certificate,
            cafile = certificates.ca.certfile })
         local stream = assert(listener:accept(ours.server_context(certificates.ec, options)))
         stream:settimeout(20)
         return stream, client
      end

      it("is waited for", function()
         local messages = {}
         local stream, client = accept(certificates.client_ec, { handlers = {
            certificate = function(connection, message)
               if message.direction == "received" then
                  assert.equal(connection:info "authentications" > 0, connection:info "peer_verified")
               end
            end,
            authenticated = function(_, message) messages[#messages + 1] = message end,
         } })
         assert.is_true(stream:info "post_handshake_auth")
         client:write("a line before\n")
         for round = 1, 2 do
            assert.is_true(stream:request_certificate { wait = true })
            assert.equal(round, stream:info "authentications")
            assert.is_true(stream:info "peer_verified")
            assert.equal(certificates.client_ec.certificate, stream:info("peer_certificates")[1]:pem())
            assert.equal(certificates.client_ec.certificate, messages[round].chain[1]:pem())
         end
         assert.equal("a line before", (stream:receive("*l")))
         assert.is_true(stream:send_ticket())
         assert(stream:send("an answer\n"))
         client:wait_for("an answer")
         stream:close()
      end)

      it("is declined", function()
         local stream, client = accept(nil)
         local ok, message, code = stream:request_certificate { wait = true }
         assert.is_nil(ok)
         assert.equal("declined", code, message)
         assert.is_false(stream:info "peer_verified")
         assert.same({}, stream:info "peer_certificates")
         assert(stream:send("an answer\n"))
         client:wait_for("an answer")
         stream:close()
      end)

      it("is refused", function()
         local stream = accept(certificates.client_untrusted)
         local ok, message, code = stream:request_certificate { wait = true }
         assert.is_nil(ok)
         assert.equal("unknown_ca", code, message)
         assert.is_false(stream:info "peer_verified")
         assert.same({}, stream:info "peer_certificates")
         assert.equal("unknown_ca", stream:info "verdict")
         stream:close()
      end)
   end)
end

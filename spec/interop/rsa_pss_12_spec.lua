-- RSA-PSS in TLS 1.2 (RFC 8446 section 4.2.3): our client takes and makes such signatures, and
-- our server too.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local ours = require "spec.support.ours"
local peers = require "spec.support.peer"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local HASHES = { "sha256", "sha384", "sha512" }
local SCHEMES = { "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512", "rsa_pkcs1_sha256" }

-- A certificate whose key is for RSA-PSS only.
local pss

local function pss_certificate()
   if pss then return pss end
   local key, certificate = temporary.path(".pem"), temporary.path(".pem")
   shell.run({ "openssl", "genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key })
   shell.run({
      "openssl", "req", "-x509", "-new", "-key", key, "-out", certificate, "-days", "30", "-subj", "/CN=localhost",
      "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:false",
   })
   pss = { certfile = certificate, keyfile = key, chainfile = certificate, rest = "" }
   return pss
end

local function talk(stream)
   assert(stream:send("line\n"))
   assert.equal("enil", (stream:receive("*l")))
end

describe("RSA-PSS in TLS 1.2, openssl's server:", function()
   after_each(ours.close_all)

   for _, hash in ipairs(HASHES) do
      for _, max_version in ipairs({ "TLSv1.2", "TLSv1.3" }) do
         it(("rsa_pss_rsae_%s for a client up to %s"):format(hash, max_version), function()
            local scheme = "rsa_pss_rsae_" .. hash
            local server = peers.openssl_server {
               certificate = certificates.rsa, arguments = { "-tls1_2", "-sigalgs", scheme },
            }
            local seen
            local stream = assert(ours.connect(server.port, { max_version = max_version }, {
               handlers = { server_key_exchange = function(_, message) seen = message.signature_algorithm end },
            }))
            assert.equal("TLSv1.2", stream:info("version"))
            assert.equal(scheme, stream:info("signature_algorithm"))
            assert.equal(scheme, seen)
            assert.is_true(stream:info("peer_verified"))
            talk(stream)
            server:stop()
         end)
      end

      it("rsa_pss_pss_" .. hash .. " by a key that is for nothing else", function()
         local scheme = "rsa_pss_pss_" .. hash
         local server = peers.openssl_server {
            certificate = pss_certificate(), arguments = { "-tls1_2", "-sigalgs", scheme },
         }
         local stream = assert(ours.connect(server.port, {
            verify = "none", max_version = "TLSv1.2", signature_algorithms = { scheme, "rsa_pkcs1_sha256" },
         }))
         assert.equal(scheme, stream:info("signature_algorithm"))
         talk(stream)
         server:stop()
      end)
   end

   it("is resumed and renegotiated like any other", function()
      local server = peers.openssl_server {
         certificate = certificates.rsa,
         arguments = { "-tls1_2", "-sigalgs", "rsa_pss_rsae_sha256", "-client_renegotiation" },
      }
      local context = ours.client_context { renegotiation = true }
      local stream = assert(ours.connect(server.port, context))
      talk(stream)
      assert.is_true(stream:renegotiate())
      assert.equal("rsa_pss_rsae_sha256", stream:info("signature_algorithm"))
      talk(stream)
      local session = stream:session()
      stream:close()
      stream = assert(ours.connect(server.port, context, { session = session }))
      assert.is_true(stream:info("resumed"))
      talk(stream)
      server:stop()
   end)

   it("is not for a client that does not offer it", function()
      local server = peers.openssl_server {
         certificate = certificates.rsa, arguments = { "-tls1_2", "-sigalgs", "rsa_pss_rsae_sha256" },
      }
      local stream, _, code = ours.connect(server.port, {
         max_version = "TLSv1.2", signature_algorithms = { "rsa_pkcs1_sha256" },
      })
      assert.is_nil(stream)
      assert.equal("alert_handshake_failure", code)
      server:stop()
   end)
end)

describe("RSA-PSS in TLS 1.2, gnutls's server:", function()
   after_each(ours.close_all)

   for _, hash in ipairs(HASHES) do
      it("rsa_pss_rsae_" .. hash, function()
         local server = peers.gnutls_server {
            certificate = certificates.rsa,
            priority = peers.GNUTLS_ALL .. ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-" .. hash:upper(),
         }
         local stream = assert(ours.connect(server.port, {}))
         assert.equal("TLSv1.2", stream:info("version"))
         assert.equal("rsa_pss_rsae_" .. hash, stream:info("signature_algorithm"))
         assert(stream:send("line\n"))
         assert.equal("line", (stream:receive("*l")))
         server:stop()
      end)
   end
end)

cases.describe("RSA-PSS in TLS 1.2, our server", function(listener)
   after_each(ours.close_all)

   for _, scheme in ipairs(SCHEMES) do
      it("signs by " .. scheme .. " and takes it of an openssl client", function()
         local context = ours.server_context(certificates.rsa, {
            max_version = "TLSv1.2", verify = "required", cafile = certificates.ca.certfile, suites = "compatible",
         })
         local client = peers.openssl_client {
            port = listener.port, input = true,
            arguments = {
               "-nocommands", "-no_ign_eof", "-cert", certificates.client_rsa.certfile,
               "-key", certificates.client_rsa.keyfile, "-sigalgs", scheme,
            },
         }
         local asked
         local stream = assert(listener:accept(context, {
            handlers = { certificate_request = function(_, message) asked = message.signature_algorithms end },
         }))
         local names = {}
         for _, each in ipairs(asked) do names[each.name] = true end
         assert.is_true(names[scheme])
         assert.is_true(stream:info("peer_verified"))
         assert.matches("^TLS_ECDHE_RSA", stream:info("cipher_suite"))
         assert.equal(scheme, stream:info("local_signature_algorithm"))
         assert.equal(scheme, stream:info("signature_algorithm"))
         cases.answer(stream, client)
         stream:close()
         client:close_input()
         client:wait()
      end)
   end
end)

describe("RSA-PSS in TLS 1.2, our client's certificate", function()
   after_each(ours.close_all)

   for _, scheme in ipairs(SCHEMES) do
      it("signs by " .. scheme .. " for openssl's server", function()
         local server = peers.openssl_server {
            certificate = certificates.rsa,
            arguments = {
               "-tls1_2", "-Verify", "5", "-verify_return_error", "-CAfile", certificates.ca.certfile,
               "-client_sigalgs", scheme,
            },
         }
         local stream = assert(ours.connect(server.port, {
            max_version = "TLSv1.2", certfile = certificates.client_rsa.chainfile,
            keyfile = certificates.client_rsa.keyfile,
         }))
         assert.equal(scheme, stream:info("local_signature_algorithm"))
         assert(stream:send("line\n"))
         assert.equal("enil", (stream:receive("*l")))
         server:stop()
      end)
   end
end)

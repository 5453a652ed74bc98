-- Ed25519 (RFC 8422 section 5.10, RFC 8446 section 4.2.3) with OpenSSL and GnuTLS: servers' and clients' certificates
-- and signatures, both ways, in TLS 1.2 and 1.3, under chains of one and of several algorithms.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local ours = require "spec.support.ours"
local peers = require "spec.support.peer"
local temporary = require "spec.support.temporary"

local VERSIONS = { "TLSv1.2", "TLSv1.3" }
local OPENSSL = { ["TLSv1.2"] = "-tls1_2", ["TLSv1.3"] = "-tls1_3" }
local GNUTLS = { ["TLSv1.2"] = "NORMAL:-VERS-ALL:+VERS-TLS1.2", ["TLSv1.3"] = "NORMAL:-VERS-ALL:+VERS-TLS1.3" }
-- GnuTLS has Ed25519 and every signature of certificates, but signs and takes no other in the handshake.
local GNUTLS_ONLY = ":-SIGN-ALL:+SIGN-EDDSA-ED25519"

local both

-- Both roots in one file: chains of every kind.
local function roots()
   both = both or temporary.write(certificates.ca.certificate .. certificates.ed25519_ca.certificate, ".pem")
   return both
end

local function check(stream, version)
   assert.equal(version, stream:info("version"))
   assert.equal("ed25519", stream:info("signature_algorithm"))
   assert.is_true(stream:info("peer_verified"))
   assert.equal("Ed25519", stream:info("peer_certificates")[1]:public_key().type)
   if version == "TLSv1.2" then assert.matches("^TLS_ECDHE_ECDSA", stream:info("cipher_suite")) end
end

local function talk(stream, answer)
   assert(stream:send("line\n"))
   assert.equal(answer, (stream:receive("*l")))
end

-- meet connects, with the client's certificate and without, then with the session of the first connection.
local function meet(server, version, answer)
   for _, certificate in ipairs { "none", "client_ed25519", "client_ec" } do
      local with = certificate ~= "none" and certificates[certificate] or {}
      local context = ours.client_context {
         cafile = roots(), max_version = version, min_version = version,
         certfile = with.chainfile, keyfile = with.keyfile,
      }
      local stream = assert(ours.connect(server.port, context))
      check(stream, version)
      talk(stream, answer)
      if certificate == "client_ed25519" then assert.equal("ed25519", stream:info("local_signature_algorithm")) end
      local session = stream:session()
      stream:close()
      stream = assert(ours.connect(server.port, context, { session = session }))
      assert.is_true(stream:info("resumed"))
      talk(stream, answer)
      stream:close()
   end
end

describe("Ed25519, our client", function()
   after_each(ours.close_all)

   for _, version in ipairs(VERSIONS) do
      for _, name in ipairs { "ed25519", "ed25519_only" } do
         it(("and openssl's server: %s, %s"):format(name, version), function()
            local server = peers.openssl_server {
               certificate = certificates[name],
               arguments = { OPENSSL[version], "-verify", "5", "-CAfile", roots() },
            }
            meet(server, version, "enil")
            server:stop()
         end)

         it(("and gnutls's server: %s, %s"):format(name, version), function()
            local server = peers.gnutls_server {
               certificate = certificates[name], priority = GNUTLS[version], client = "request", cafile = roots(),
            }
            meet(server, version, "line")
            server:stop()
         end)
      end

      it("does not take what it does not offer: " .. version, function()
         local server = peers.openssl_server { certificate = certificates.ed25519, arguments = { OPENSSL[version] } }
         local stream, _, code = ours.connect(server.port, {
            max_version = version, min_version = version, signature_algorithms = { "ecdsa_secp256r1_sha256" },
         })
         assert.is_nil(stream)
         assert.equal("alert_handshake_failure", code)
         server:stop()
      end)
   end
end)

cases.describe("Ed25519, our server", function(listener)
   after_each(ours.close_all)

   local function context_for(version, certificate)
      return ours.server_context(certificates[certificate], {
         max_version = version, min_version = version, verify = "optional", cafile = roots(),
      })
   end

   local function serve(context, client, version, scheme, resumed)
      local stream = assert(listener:accept(context))
      assert.equal(version, stream:info("version"))
      assert.equal("ed25519", stream:info("local_signature_algorithm") or resumed and "ed25519")
      assert.equal(scheme, stream:info("signature_algorithm"))
      assert.equal(scheme ~= nil, stream:info("peer_verified"))
      assert.equal(resumed or false, stream:info("resumed"))
      cases.answer(stream, client)
      stream:close()
      client:close_input()
      client:wait()
   end

   local function openssl(version, certificate, ...)
      local arguments = { "-nocommands", "-no_ign_eof", OPENSSL[version], ... }
      if certificate then
         for _, word in ipairs { "-cert", certificate.certfile, "-key", certificate.keyfile } do
            arguments[#arguments + 1] = word
         end
      end
      return peers.openssl_client { port = listener.port, input = true, cafile = roots(), arguments = arguments }
   end

   local function gnutls(version, certificate, only)
      local arguments = {}
      if certificate then
         arguments = { "--x509certfile", certificate.chainfile, "--x509keyfile", certificate.keyfile }
      end
      return peers.gnutls_client {
         port = listener.port, input = true, cafile = roots(), arguments = arguments,
         priority = GNUTLS[version] .. (only and GNUTLS_ONLY or ""),
      }
   end

   for _, version in ipairs(VERSIONS) do
      for _, name in ipairs { "ed25519", "ed25519_only" } do
         it(("and an openssl client: %s, %s"):format(name, version), function()
            local context = context_for(version, name)
            serve(context, openssl(version), version)
            serve(context, openssl(version, certificates.client_ed25519), version, "ed25519")
            serve(context, openssl(version, certificates.client_ec, "-sigalgs", "ed25519:ECDSA+SHA256"), version,
               "ecdsa_secp256r1_sha256")
         end)

         it(("and a gnutls client: %s, %s"):format(name, version), function()
            local context = context_for(version, name)
            serve(context, gnutls(version), version)
            serve(context, gnutls(version, certificates.client_ed25519), version, "ed25519")
         end)
      end

      it("and a gnutls client that has nothing else: " .. version, function()
         serve(context_for(version, "ed25519_only"), gnutls(version, certificates.client_ed25519, true), version,
            "ed25519")
      end)

      it("resumes: " .. version, function()
         local context, path = context_for(version, "ed25519"), temporary.path(".pem")
         serve(context, openssl(version, certificates.client_ed25519, "-sess_out", path), version, "ed25519")
         local client = openssl(version, certificates.client_ed25519, "-sess_in", path)
         local stream = assert(listener:accept(context))
         assert.is_true(stream:info("resumed"))
         assert.is_true(stream:info("peer_verified"))
         cases.answer(stream, client)
         stream:close()
         client:close_input()
         client:wait()
      end)

      it("gives a client without Ed25519 another certificate: " .. version, function()
         local context = ours.server_context({ certificates.ed25519, certificates.ec }, {
            max_version = version, min_version = version,
         })
         for scheme, words in pairs {
            ecdsa_secp256r1_sha256 = "ECDSA+SHA256:RSA-PSS+SHA256", ed25519 = "ed25519:RSA-PSS+SHA256",
         } do
            local client = openssl(version, nil, "-sigalgs", words)
            local stream = assert(listener:accept(context))
            assert.equal(scheme, stream:info("local_signature_algorithm"))
            cases.answer(stream, client)
            stream:close()
            client:close_input()
            client:wait()
         end
      end)
   end
end)

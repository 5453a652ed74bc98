-- Certificates of RSA-PSS keys, with parameters that narrow them (RFC 4055) and without, signed by RSA-PSS: with
-- OpenSSL and GnuTLS, as servers' and as clients', in TLS 1.2 and 1.3.
local bearssl = require "bearssl"
local cases = require "spec.support.server_cases"
local ours = require "spec.support.ours"
local peers = require "spec.support.peer"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local VERSIONS = { "TLSv1.2", "TLSv1.3" }
local OPENSSL = { ["TLSv1.2"] = "-tls1_2", ["TLSv1.3"] = "-tls1_3" }
local GNUTLS = { ["TLSv1.2"] = "NORMAL:-VERS-ALL:+VERS-TLS1.2", ["TLSv1.3"] = "NORMAL:-VERS-ALL:+VERS-TLS1.3" }
-- Which scheme each key signs by: one that may do all, and one that may do one.
local SCHEMES = { general = "rsa_pss_pss_sha256", narrow = "rsa_pss_pss_sha384" }

local function new_key(...)
   local path = temporary.path(".pem")
   shell.run({ "openssl", "genpkey", "-quiet", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-out",
      path, ... })
   return path, assert(bearssl.key.load(temporary.read(path)))
end

local function narrow_key(salt)
   return new_key("-pkeyopt", "rsa_pss_keygen_md:sha384", "-pkeyopt", "rsa_pss_keygen_mgf1_md:sha384", "-pkeyopt",
      "rsa_pss_keygen_saltlen:" .. salt)
end

local root, root_file, world

local function issue(subject, keyfile, key, more)
   local fields = { subject = subject, key = key, issuer = root.certificate, issuer_key = root.key, days = 10 }
   for name, value in pairs(more) do fields[name] = value end
   local certificate = assert(bearssl.certificate.issue(fields))
   local path = temporary.write(certificate:pem(), ".pem")
   return { certfile = path, chainfile = path, keyfile = keyfile, rest = "", certificate = certificate, key = key }
end

local function prepare()
   if world then return end
   local _, key = narrow_key(48)
   root = { key = key, certificate = assert(bearssl.certificate.selfsigned { subject = "CN=PSS root", ca = true,
      key = key, days = 10 }) }
   root_file = temporary.write(root.certificate:pem(), ".pem")
   world = {}
   for name, make in pairs { general = new_key, narrow = function() return narrow_key(32) end } do
      local path, made = make()
      world[name] = issue("CN=" .. name, path, made, { names = { "localhost" } })
      world["client_" .. name] = issue("CN=client " .. name, path, made, { names = { "client.example" },
         extended_key_usage = { "clientAuth" } })
   end
end

describe("RSA-PSS certificates", function()
   setup(prepare)
   after_each(ours.close_all)

   it("are signed by RSA-PSS, as openssl verifies", function()
      for _, entry in pairs(world) do
         assert.equal("rsassaPss", (entry.certificate:signature_algorithm()))
         assert.equal("RSA-PSS", entry.certificate:public_key().type)
         assert.matches(": OK", shell.run("openssl verify -CAfile " .. root_file .. " " .. entry.certfile))
         assert.is_true(root.certificate:issued(entry.certificate))
      end
      local text = shell.run("openssl x509 -noout -text -in " .. root_file)
      assert.matches("Mask Algorithm: mgf1 with sha384", text)
      assert.matches("Salt Length: 0x30", text)
   end)

   it("have the hash that their issuer's key allows, and no other", function()
      local made, message, code = bearssl.certificate.issue { subject = "CN=x", key = world.general.key, days = 2,
         issuer = root.certificate, issuer_key = root.key, hash = "sha256" }
      assert.is_nil(made)
      assert.equal("bad_field", code)
      assert.matches("^hash", message)
   end)

   for _, version in ipairs(VERSIONS) do
      for name, scheme in pairs(SCHEMES) do
         it(("of an openssl server and of our client: %s, %s"):format(name, version), function()
            local server = peers.openssl_server {
               certificate = world[name], arguments = { OPENSSL[version], "-Verify", "5", "-CAfile", root_file },
            }
            local own = world["client_" .. name]
            local context = ours.client_context { cafile = root_file, certfile = own.certfile, keyfile = own.keyfile }
            local session
            for try = 1, 2 do
               local stream = assert(ours.connect(server.port, context, { session = session }))
               if try == 1 then
                  assert.equal(scheme, stream:info("signature_algorithm"))
                  assert.equal(scheme, stream:info("local_signature_algorithm"))
               end
               assert.equal(version, stream:info("version"))
               assert.equal(try == 2, stream:info("resumed"))
               assert(stream:send("line\n"))
               assert.equal("enil", (stream:receive("*l")))
               session = stream:session()
               stream:close()
            end
            server:stop()
         end)
      end

      it("of a gnutls server and of our client: " .. version, function()
         local server = peers.gnutls_server {
            certificate = world.general, priority = GNUTLS[version], client = "require", cafile = root_file,
         }
         local own = world.client_general
         local stream = assert(ours.connect(server.port, {
            cafile = root_file, certfile = own.certfile, keyfile = own.keyfile,
         }))
         assert.equal(version, stream:info("version"))
         assert.matches("^rsa_pss_pss_", stream:info("signature_algorithm"))
         assert.matches("^rsa_pss_pss_", stream:info("local_signature_algorithm"))
         assert(stream:send("line\n"))
         assert.equal("line", (stream:receive("*l")))
         server:stop()
      end)
   end
end)

cases.describe("RSA-PSS certificates, our server", function(listener)
   setup(prepare)
   after_each(ours.close_all)

   local function serve(context, client, version, scheme)
      local stream = assert(listener:accept(context))
      assert.equal(version, stream:info("version"))
      assert.matches(scheme, stream:info("local_signature_algorithm"))
      assert.matches(scheme, stream:info("signature_algorithm"))
      assert.is_true(stream:info("peer_verified"))
      cases.answer(stream, client)
      stream:close()
      client:close_input()
      client:wait()
   end

   for _, version in ipairs(VERSIONS) do
      for name, scheme in pairs(SCHEMES) do
         it(("and an openssl client: %s, %s"):format(name, version), function()
            local context = ours.server_context(world[name], {
               max_version = version, verify = "required", cafile = root_file,
            })
            serve(context, peers.openssl_client {
               port = listener.port, input = true, cafile = root_file, arguments = {
                  "-nocommands", "-no_ign_eof", OPENSSL[version], "-cert", world["client_" .. name].certfile,
                  "-key", world["client_" .. name].keyfile,
               },
            }, version, scheme)
         end)
      end

      it("and a gnutls client: " .. version, function()
         local context = ours.server_context(world.general, {
            max_version = version, verify = "required", cafile = root_file,
         })
         serve(context, peers.gnutls_client {
            port = listener.port, input = true, cafile = root_file, priority = GNUTLS[version], arguments = {
               "--x509certfile", world.client_general.certfile, "--x509keyfile", world.client_general.keyfile,
            },
         }, version, "^rsa_pss_pss_")
      end)
   end

   -- Both sides prefer RSA-PSS to all of PKCS#1 (RFC 8446 section 4.2.3), whatever the hash.
   it("prefers RSA-PSS to PKCS#1 in TLS 1.2", function()
      local certificates = require "spec.support.certificates"
      local context = ours.server_context(certificates.rsa, { max_version = "TLSv1.2" })
      local client = peers.openssl_client { port = listener.port, input = true,
         arguments = { "-nocommands", "-no_ign_eof", "-tls1_2", "-sigalgs", "RSA+SHA256:RSA-PSS+SHA512" } }
      local stream = assert(listener:accept(context))
      assert.equal("rsa_pss_rsae_sha512", stream:info("local_signature_algorithm"))
      cases.answer(stream, client)
      stream:close()
      client:close_input()
      client:wait()
   end)
end)

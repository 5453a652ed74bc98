-- DHE_RSA up to TLS 1.2 with OpenSSL and GnuTLS, both sides: groups of RFC 7919 and of the server's own, resumption,
-- client certificates, renegotiation, keys that are elsewhere. Every suite in every version stands in
-- spec/interop/*_client_spec.lua and *_server_spec.lua.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local dh_groups = require "spec.support.dh_groups"
local ours = require "spec.support.ours"
local temporary = require "spec.support.temporary"
local tls12 = require "spec.support.tls12"

local VERSIONS = { "TLSv1.0", "TLSv1.1", "TLSv1.2" }
local SUITES = { "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA" }

local function options_of(version, more)
   local options = {
      suites = SUITES, min_version = version or "TLSv1.0", max_version = version or "TLSv1.2",
   }
   for name, value in pairs(more or {}) do options[name] = value end
   return options
end

local function suite_of(version) return version == "TLSv1.2" and SUITES[1] or SUITES[2] end

-- Ed25519 signs the messages themselves, and came with TLS 1.2.
local function clients_of(version)
   return { "client_rsa", "client_ec", version == "TLSv1.2" and "client_ed25519" or nil }
end

local function own_group(bits) return temporary.write(dh_groups[bits]) end

local function talk(stream, kind)
   assert(stream:send("a line\n"))
   assert.equal(tls12.answer(kind, "a line"), (stream:receive("*l")))
end

local function connect(server, kind, context, options)
   local stream = assert(ours.connect(server.port, context, options))
   talk(stream, kind)
   local info, session = stream:info(), stream:session()
   stream:close()
   return info, session
end

for _, kind in ipairs(tls12.kinds) do
   describe("DHE, our client and " .. kind .. ":", function()
      after_each(ours.close_all)

      for _, version in ipairs(VERSIONS) do
         for _, tickets in ipairs { false, true } do
            local by = tickets and "ticket" or "ID"
            it(("resumes by %s with a client certificate in %s"):format(by, version), function()
               local server = tls12.server(kind, {
                  certificate = certificates.rsa, client = "require", cafile = certificates.ca.certfile,
                  tickets = tickets, version = version,
                  arguments = kind == "openssl" and { "-context", "dhe" } or nil,
               })
               for _, name in ipairs(clients_of(version)) do
                  local context = ours.client_context(options_of(version, {
                     certfile = certificates[name].certfile, keyfile = certificates[name].keyfile, tickets = tickets,
                  }))
                  local info, session = connect(server, kind, context)
                  assert.equal(suite_of(version), info.cipher_suite)
                  assert.is_true(info.dh_bits >= 2048)
                  assert.is_true(info.extended_master_secret)
                  assert.is_true(info.peer_verified)
                  assert.is_false(info.resumed)
                  assert.equal(1, #info.local_certificates)
                  info = connect(server, kind, context, { session = session })
                  assert.is_true(info.resumed)
                  assert.equal(tickets, info.ticket)
                  assert.equal(suite_of(version), info.cipher_suite)
                  assert.is_nil(info.dh_bits)
               end
               server:stop()
            end)
         end

         it("without the extended master secret in " .. version, function()
            local server = tls12.server(kind, { certificate = certificates.rsa, ems = false, version = version })
            local info = connect(server, kind, options_of(version))
            assert.is_false(info.extended_master_secret)
            assert.equal(suite_of(version), info.cipher_suite)
            server:stop()
         end)
      end

      it("tells of the server's messages and of its own", function()
         local server = tls12.server(kind, { certificate = certificates.rsa })
         local seen = {}
         local info = connect(server, kind, options_of(nil), { handlers = {
            server_key_exchange = function(_, message) seen.server = message end,
            client_key_exchange = function(_, message) seen.client = message end,
         } })
         assert.equal("DHE", seen.server.key_exchange)
         assert.equal(info.dh_bits, seen.server.dh_bits)
         assert.equal(info.group, seen.server.group)
         assert.equal(info.dh_bits, 8 * #seen.server.dh_p)
         assert.equal("\2", seen.server.dh_g)
         assert.equal(#seen.server.dh_p, #seen.server.dh_Ys)
         assert.equal(info.signature_algorithm, seen.server.signature_algorithm)
         assert.equal("DHE", seen.client.key_exchange)
         assert.equal("sent", seen.client.direction)
         assert.equal(#seen.server.dh_p, #seen.client.dh_Yc)
         server:stop()
      end)

      it("takes a group of the server's own of 2048 bits or more, or as the option says", function()
         for _, bits in ipairs { 2048, 3072 } do
            local server = tls12.server(kind, {
               certificate = certificates.rsa,
               arguments = { kind == "openssl" and "-dhparam" or "--dhparams", own_group(bits) },
            })
            local info = connect(server, kind, options_of(nil))
            assert.equal(bits, info.dh_bits)
            assert.is_nil(info.group)
            assert.is_nil(info.group_id)
            local stream, message, code = ours.connect(server.port, options_of(nil, { dh_bits_minimum = bits + 1 }))
            assert.is_nil(stream)
            assert.equal("insufficient_security", code)
            assert.truthy(message:find(("has %d bits, and this client takes no fewer than %d"):format(bits, bits + 1),
               1, true), message)
            server:stop()
         end
      end)

      it("refuses one of 1024 bits", function()
         local server = tls12.server(kind, {
            certificate = certificates.rsa,
            arguments = { kind == "openssl" and "-dhparam" or "--dhparams", own_group(1024) },
         })
         local stream, message, code = ours.connect(server.port, options_of(nil))
         assert.is_nil(stream)
         assert.equal("insufficient_security", code)
         assert.truthy(message:find("has 1024 bits", 1, true), message)
         server:stop()
      end)

      it("is not spoken unless it is asked for", function()
         local server = tls12.server(kind, {
            certificate = certificates.rsa, arguments = kind == "openssl" and { "-cipher", "DHE" } or {
               "--priority",
               "NONE:+VERS-TLS1.2:+DHE-RSA:+AES-128-GCM:+AEAD:+COMP-NULL:+SIGN-ALL:+GROUP-ALL:+CTYPE-X509",
            },
         })
         for _, suites in ipairs { "modern", "compatible" } do
            local stream, _, code = ours.connect(server.port, { suites = suites, max_version = "TLSv1.2" })
            assert.is_nil(stream)
            assert.equal("alert_handshake_failure", code)
         end
         assert.truthy(connect(server, kind, options_of(nil)))
         server:stop()
      end)
   end)
end

describe("DHE, our client and", function()
   after_each(ours.close_all)

   for _, group in ipairs { "ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192" } do
      it("gnutls: " .. group .. ", of those that it names", function()
         local server = tls12.server("gnutls", { certificate = certificates.rsa })
         local info = connect(server, "gnutls", options_of("TLSv1.2", { groups = { group, "x25519" } }))
         assert.equal(group, info.group)
         assert.equal(tonumber(group:match("%d+")), info.dh_bits)
         server:stop()
      end)
   end

   it("openssl: renegotiation, started by either side", function()
      local server = tls12.server("openssl", {
         certificate = certificates.rsa, arguments = { "-client_renegotiation" },
      })
      local stream = assert(ours.connect(server.port, options_of(nil, { renegotiation = true })))
      for index = 1, 2 do
         talk(stream, "openssl")
         assert.is_true(stream:renegotiate())
         assert.equal(index, stream:info("renegotiations"))
         assert.equal(SUITES[1], stream:info("cipher_suite"))
      end
      talk(stream, "openssl")
      stream:close()
      server:stop()
   end)

   it("openssl: signatures by RSA-PSS, and a handler that signs for the client", function()
      local server = tls12.server("openssl", {
         certificate = certificates.rsa, client = "require", cafile = certificates.ca.certfile,
         arguments = { "-sigalgs", "rsa_pss_rsae_sha256", "-client_sigalgs", "rsa_pss_rsae_sha384:RSA+SHA256" },
      })
      local key = assert(require("bearssl").key.open(certificates.client_rsa.keyfile))
      local asked = 0
      local info = connect(server, "openssl", options_of("TLSv1.2", {
         certfile = certificates.client_rsa.certfile, keyfile = certificates.client_rsa.keyfile,
      }), { handlers = {
         sign = function(_, question)
            asked = asked + 1
            return key:sign(question.scheme or question.hash, question.digest)
         end,
      } })
      assert.equal(1, asked)
      assert.equal("rsa_pss_rsae_sha256", info.signature_algorithm)
      server:stop()
   end)
end)

cases.describe("DHE, our server and", function(listener)
   after_each(ours.close_all)

   -- serve takes one client after the other of one process.
   local function serve(context, kind, options, times)
      options.port = listener.port
      local client = tls12.client(kind, options)
      local infos = {}
      for index = 1, times or 1 do
         local stream, message = listener:accept(context)
         assert(stream, message)
         if index == (times or 1) then cases.answer(stream, client) else stream:receive("*l") end
         infos[index] = stream:info()
         stream:close()
      end
      client:close_input()
      client:wait()
      return infos, client:output()
   end

   for _, kind in ipairs(tls12.kinds) do
      for _, version in ipairs(VERSIONS) do
         for _, tickets in ipairs { false, true } do
            it(("%s: resumes by %s with a client certificate in %s"):format(kind, tickets and "ticket" or "ID",
               version), function()
               local context = ours.server_context(certificates.rsa, options_of(version, {
                  cafile = certificates.ca.certfile, verify = "required", tickets = tickets,
               }))
               for _, name in ipairs(clients_of(version)) do
                  local infos = serve(context, kind, {
                     version = version, cafile = certificates.ca.certfile, certificate = certificates[name],
                     arguments = { kind == "openssl" and "-reconnect" or "--resume" }, tickets = tickets,
                  }, kind == "openssl" and 6 or 2)
                  for index, info in ipairs(infos) do
                     assert.equal(index > 1, info.resumed)
                     assert.equal(suite_of(version), info.cipher_suite)
                     assert.equal(version, info.version)
                     assert.is_true(info.peer_verified)
                     assert.is_true(info.extended_master_secret)
                     assert.equal(index == 1 and 2048 or nil, info.dh_bits)
                     assert.equal(index == 1 and "ffdhe2048" or nil, info.group)
                  end
               end
            end)
         end
      end

      it(kind .. ": a client without the extended master secret", function()
         for _, version in ipairs(VERSIONS) do
            local context = ours.server_context(certificates.rsa, options_of(version))
            local info = serve(context, kind, { version = version, ems = false })[1]
            assert.is_false(info.extended_master_secret)
            assert.equal(suite_of(version), info.cipher_suite)
         end
      end)
   end

   it("openssl: says which group it was", function()
      local context = ours.server_context(certificates.rsa, options_of(nil, { groups = { "ffdhe3072" } }))
      local infos, output = serve(context, "openssl", { cafile = certificates.ca.certfile })
      assert.equal("ffdhe3072", infos[1].group)
      assert.truthy(output:find("Server Temp Key: DH, 3072 bits", 1, true), output)
   end)

   local function gnutls(groups, suites)
      return {
         "--priority", "NONE:+VERS-TLS1.2:+DHE-RSA:" .. (suites or "") .. "+AES-128-GCM:+AEAD:+COMP-NULL:+SIGN-ALL:"
            .. "+CTYPE-X509:" .. groups,
      }
   end

   it("gnutls: takes the first of its groups that the client names", function()
      for group, own in pairs {
         ["FFDHE2048"] = false, ["FFDHE3072"] = false, ["FFDHE4096"] = false,
         ["FFDHE6144"] = { "ffdhe6144", "ffdhe2048" }, ["FFDHE8192"] = { "ffdhe2048", "ffdhe8192" },
      } do
         local context = ours.server_context(certificates.rsa, options_of("TLSv1.2", { groups = own or nil }))
         local infos = serve(context, "gnutls", { arguments = gnutls("+GROUP-" .. group) })
         assert.equal(group:lower(), infos[1].group)
      end
   end)

   it("gnutls: falls to another suite where the client names none of its groups", function()
      local context = ours.server_context(certificates.rsa, {
         suites = { "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
         max_version = "TLSv1.2",
      })
      local infos = serve(context, "gnutls", {
         arguments = gnutls("+GROUP-FFDHE8192:+GROUP-SECP256R1", "+ECDHE-RSA:"),
      })
      assert.equal("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", infos[1].cipher_suite)
      assert.equal("secp256r1", infos[1].group)
   end)

   it("gnutls: or ends the handshake as RFC 7919 says", function()
      local context = ours.server_context(certificates.rsa, options_of("TLSv1.2"))
      local client = tls12.client("gnutls", { port = listener.port, arguments = gnutls("+GROUP-FFDHE8192") })
      local stream, message, code = listener:accept(context)
      assert.is_nil(stream)
      assert.equal("insufficient_security", code)
      assert.truthy(message:find("no group in common", 1, true), message)
      client:close_input()
      client:wait()
   end)

   it("openssl: renegotiation, started by either side", function()
      local context = ours.server_context(certificates.rsa, options_of(nil, { renegotiation = true }))
      local client = tls12.client("openssl", { port = listener.port })
      local stream = assert(listener:accept(context))
      for index = 1, 2 do
         cases.answer(stream, client)
         assert.is_true(stream:renegotiate())
         assert.equal(index, stream:info("renegotiations"))
         assert.equal("ffdhe2048", stream:info("group"))
      end
      cases.answer(stream, client)
      stream:close()
      client:close_input()
      client:wait()
   end)

   it("openssl: a key that is elsewhere signs", function()
      local key = assert(require("bearssl").key.open(certificates.rsa.keyfile))
      for _, version in ipairs(VERSIONS) do
         local asked = 0
         local context = ours.server_context(certificates.rsa, options_of(version, { handlers = {
            sign = function(_, question)
               asked = asked + 1
               return key:sign(question.scheme or question.hash, question.digest)
            end,
         } }))
         local infos = serve(context, "openssl", { version = version, cafile = certificates.ca.certfile })
         assert.equal(1, asked)
         assert.equal("ffdhe2048", infos[1].group)
      end
   end)
end)

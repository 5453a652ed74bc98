-- One spec (or more) for each defect and limitation of BearSSL 0.6 that this library works around. The list is that
-- of doc/architecture.md, and what is known to be missing there.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local hostile = require "spec.robustness.hostile"
local pump = require "spec.support.pump"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

-- DER
local function der(tag, ...)
   local body = table.concat({ ... })
   local length = #body
   if length < 128 then return string.char(tag, length) .. body end
   if length < 256 then return string.char(tag, 0x81, length) .. body end
   return string.char(tag, 0x82, math.floor(length / 256), length % 256) .. body
end

local function integer(bytes, first) return der(2, string.char(first or 0x7F) .. ("\165"):rep(bytes - 2) .. "\1") end

local RSA_OID, EC_OID = "\42\134\72\134\247\13\1\1\1", "\42\134\72\206\61\2\1"
local P256_OID = "\42\134\72\206\61\3\1\7"

local function rsa_key(bits)
   local n, half = bits / 8, bits / 16
   return der(0x30, "\2\1\0", integer(n), der(2, "\1\0\1"), integer(n), integer(half), integer(half), integer(half),
      integer(half), integer(half))
end

local function ec_key(length)
   return der(0x30, "\2\1\1", der(4, ("\165"):rep(length)), der(0xA0, der(6, P256_OID)))
end

local function pkcs8(oid, parameters, inner)
   return der(0x30, "\2\1\0", der(0x30, der(6, oid), parameters), der(4, inner))
end

-- make issues a certificate with extensions of its own: paths are cached for the run.
local function make(name, options)
   local directory = temporary.make_directory()
   local base = directory .. "/" .. name
   local extensions = temporary.write(table.concat(options.extensions, "\n") .. "\n", ".cnf")
   shell.run({ "openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", base .. ".key" })
   shell.run({ "openssl", "req", "-new", "-utf8", "-key", base .. ".key", "-subj", options.subject or "/CN=localhost",
      "-out", base .. ".csr" })
   local issuer = options.issuer
   local command = { "openssl", "x509", "-req", "-sha256", "-days", "30", "-in", base .. ".csr", "-extfile", extensions,
      "-out", base .. ".crt" }
   if issuer then
      for _, word in ipairs({ "-CA", issuer.certfile, "-CAkey", issuer.keyfile, "-set_serial",
         tostring(math.random(1, 2000000000)) }) do
         command[#command + 1] = word
      end
   else
      command[#command + 1] = "-signkey"
      command[#command + 1] = base .. ".key"
   end
   shell.run(command)
   return { certfile = base .. ".crt", keyfile = base .. ".key", certificate = temporary.read(base .. ".crt"),
      key = temporary.read(base .. ".key") }
end

local LEAF = { "basicConstraints=CA:false", "keyUsage=digitalSignature", "extendedKeyUsage=serverAuth" }

local function leaf(...)
   local list = {}
   for _, line in ipairs(LEAF) do list[#list + 1] = line end
   for index = 1, select("#", ...) do list[#list + 1] = (select(index, ...)) end
   return list
end

local function connect(server, client, client_options)
   local client_context, server_context = hostile.contexts(server, client)
   local client_connection, server_connection = hostile.pair(client_context, server_context, client_options)
   local result = pump(client_connection, server_connection)
   result.client.info, result.server.info = client_connection:info(), server_connection:info()
   return result, client_connection, server_connection
end

local function works(...)
   local result, client, server = connect(...)
   assert.is_true(result.client.info.established, result.client.message)
   assert.is_true(result.server.info.established, result.server.message)
   return result, client, server
end

local function fails(code, alert, ...)
   local result = connect(...)
   assert.is_nil(result.client.status)
   assert.equal(code, result.client.code, result.client.message)
   assert.equal("alert_" .. alert, result.server.code)
   return result
end

describe("BearSSL 0.6:", function()
   describe("over-long private keys, on which br_skey_decoder overflows,", function()
      local function refused(key, expected)
         local object, message, code = bearssl.key.load(key)
         assert.is_nil(object)
         assert.is_string(message)
         assert.equal(expected or "bad_key", code)
         return message
      end

      it("are refused: RSA", function()
         for _, bits in ipairs({ 4608, 5120, 8192, 16384, 32768 }) do
            assert.matches(("an RSA key of %d bits"):format(bits - 1), refused(rsa_key(bits), "unsupported_key"))
            refused(pkcs8(RSA_OID, "\5\0", rsa_key(bits)), "unsupported_key")
         end
      end)

      it("are refused: one factor too long", function()
         for _, which in ipairs({ 4, 5, 6, 7, 8 }) do
            local parts = { integer(256), der(2, "\1\0\1"), integer(256), integer(128), integer(128), integer(128),
               integer(128), integer(128) }
            parts[which] = integer(3000)
            refused(der(0x30, "\2\1\0", table.concat(parts)))
         end
      end)

      it("are refused: EC", function()
         for _, length in ipairs({ 33, 67, 132, 133, 1000, 3000, 60000 }) do
            refused(ec_key(length))
            refused(pkcs8(EC_OID, der(6, P256_OID), ec_key(length)))
         end
      end)

      it("are refused: as PEM", function()
         local base64 = shell.run("openssl base64 -in " .. temporary.write(rsa_key(8192)))
         refused("-----BEGIN RSA PRIVATE KEY-----\n" .. base64 .. "-----END RSA PRIVATE KEY-----\n",
            "unsupported_key")
      end)

      it("are refused: cut off or lying about lengths", function()
         local key = assert(shell.run({ "openssl", "pkey", "-in", certificates.ec.keyfile, "-outform", "DER" }))
         assert.is_userdata(assert(bearssl.key.load(key)))
         for length = 0, #key - 1 do
            local object, message, code = bearssl.key.load(key:sub(1, length))
            assert.is_nil(object)
            assert.is_string(message)
            assert.is_string(code)
         end
         for index = 1, #key do
            local changed = key:sub(1, index - 1) .. string.char((key:byte(index) + 127) % 256) .. key:sub(index + 1)
            bearssl.key.load(changed) -- may be another good key; must not crash
         end
      end)

      it("do not keep good ones of the largest size out", function()
         local key = assert(bearssl.key.load(certificates.rsa4096.key))
         assert.equal(4096, key:bits())
         assert.equal(512, #assert(key:sign("sha256", ("d"):rep(32))))
      end)
   end)

   describe("unread application data", function()
      it("does not keep close_notify from going out", function()
         local _, client, server = works()
         assert.equal(6, client:write("unread"))
         server:feed(client:drain())
         assert.equal("data", server:step())
         assert.is_true(server:close())
         local bytes = server:drain()
         assert.is_true(#bytes > 0)
         client:feed(bytes)
         assert.equal("closed", client:step())
         assert.is_true(client:info("close_notify_received"))
      end)

      it("can be dropped with the connection", function()
         local result, client, server = works()
         assert.is_table(result)
         for _ = 1, 4 do
            client:write(("x"):rep(16384))
            server:feed(client:drain())
         end
         assert.equal("data", server:step())
         server:close()
         server:release()
         collectgarbage("collect")
         assert.is_nil((server:step()))
      end)
   end)

   it("names in U+FDF0 to U+FEFF are read, compared and trusted", function()
      -- U+FDFA, U+FE8E, U+FEDF, U+FDF0: Arabic presentation forms
      local text = "\239\183\186\239\186\142\239\187\159\239\183\176"
      local root = make("utf8_root", { subject = "/O=" .. text .. "/CN=" .. text .. " CA",
         extensions = { "basicConstraints=critical,CA:true", "keyUsage=critical,keyCertSign" } })
      local server = make("utf8", { issuer = root, subject = "/O=" .. text .. "/CN=" .. text,
         extensions = leaf("subjectAltName=DNS:localhost") })
      local object = assert(bearssl.certificate.load(server.certificate))[1]
      local list, shown = object:subject()
      local found = 0
      for _, attribute in ipairs(list) do
         if attribute.value == text then found = found + 1 end
      end
      assert.equal(2, found)
      assert.is_string(shown)
      local result = works({ certificate = server.certificate, key = server.key }, { trust = root.certificate })
      assert.is_true(result.client.info.peer_verified)
   end)

   it("static ECDH can be selected", function()
      local trust = certificates.ca.certificate .. certificates.ec_ca.certificate
      for suite, identity in pairs({
         TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256 = "ecdh_ecdsa", TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256 = "ecdh_rsa",
      }) do
         local result = works({ identity = identity, suites = { suite } }, { trust = trust, suites = { suite } })
         assert.equal(suite, result.client.info.cipher_suite)
         assert.is_nil(result.client.info.signature_algorithm)
      end
   end)

   describe("the X.509 engine", function()
      it("does not stand between an expired certificate and verify = \"none\"", function()
         local result = works({ identity = "expired" }, { verify = "none" })
         assert.is_false(result.client.info.peer_verified)
         assert.equal(1, #result.client.info.peer_certificates)
         result = works({ identity = "expired" }, { verify = "report" })
         assert.is_false(result.client.info.peer_verified)
         assert.equal("certificate_expired", result.client.info.verdict)
         fails("certificate_expired", "certificate_expired", { identity = "expired" })
         local seen
         result = works({ identity = "expired" }, { handlers = { verify = function(_, question)
            seen = question
            return "accept"
         end } })
         assert.equal("certificate_expired", seen.verdict)
         assert.is_false(seen.verified)
         assert.equal(1, #seen.chain)
         assert.is_false(result.client.info.peer_verified)
         assert.is_true(result.client.info.peer_accepted)
      end)

      it("knows IP address names", function()
         for _, address in ipairs({ "127.0.0.1", "::1", "0:0:0:0:0:0:0:1" }) do
            local result = works(nil, nil, { server_name = address })
            assert.is_true(result.client.info.peer_verified)
         end
         for _, address in ipairs({ "127.0.0.2", "::2", "10.0.0.1" }) do
            fails("name_mismatch", "bad_certificate", nil, nil, { server_name = address })
         end
         -- an address as a DNS name or as the common name is no address name
         local fake = make("fake_address", { issuer = certificates.ca, subject = "/CN=192.0.2.1",
            extensions = leaf("subjectAltName=DNS:192.0.2.1") })
         fails("name_mismatch", "bad_certificate", { certificate = fake.certificate, key = fake.key }, nil,
            { server_name = "192.0.2.1" })
      end)

      it("knows name constraints", function()
         local CA = { "basicConstraints=critical,CA:true", "keyUsage=critical,keyCertSign" }
         local function authority(name, constraint)
            return make(name, { issuer = certificates.ca, subject = "/CN=" .. name,
               extensions = { CA[1], CA[2], "nameConstraints=critical," .. constraint } })
         end
         local permitted = authority("permitted", "permitted;DNS:good.example,permitted;IP:10.0.0.0/255.0.0.0")
         local excluded = authority("excluded", "excluded;DNS:bad.example,excluded;IP:127.0.0.0/255.0.0.0")
         local count = 0
         local function try(issuer, san, name, code)
            count = count + 1
            local one = make("constrained" .. count, { issuer = issuer, extensions = leaf("subjectAltName=" .. san) })
            local server = { certificate = one.certificate .. issuer.certificate, key = one.key }
            if code then
               fails(code, "bad_certificate", server, nil, { server_name = name })
            else
               works(server, nil, { server_name = name })
            end
         end
         try(permitted, "DNS:www.good.example", "www.good.example")
         try(permitted, "DNS:good.example", "good.example")
         try(permitted, "IP:10.1.2.3", "10.1.2.3")
         try(permitted, "DNS:www.good.example,DNS:evil.example", "www.good.example", "name_constraint")
         try(permitted, "DNS:notgood.example", "notgood.example", "name_constraint")
         try(permitted, "IP:11.1.2.3", "11.1.2.3", "name_constraint")
         try(excluded, "DNS:www.good.example", "www.good.example")
         try(excluded, "DNS:www.bad.example", "www.bad.example", "name_constraint")
         try(excluded, "IP:127.0.0.1", "127.0.0.1", "name_constraint")
      end)

      it("takes chains out of order, with strangers among them", function()
         local parts = {}
         for block in certificates.chain_ec.chain:gmatch("%-%-%-%-%-BEGIN.-%-%-%-%-%-END CERTIFICATE%-%-%-%-%-\n") do
            parts[#parts + 1] = block
         end
         assert.equal(3, #parts)
         local orders = {
            { parts[1], parts[3], parts[2] },
            { parts[1], certificates.other_ca.certificate, parts[3], certificates.expired_ca.certificate, parts[2] },
            { parts[1], parts[2], parts[3], certificates.ca.certificate },
            { parts[1], parts[2], parts[2], parts[3], parts[3] },
         }
         for _, order in ipairs(orders) do
            local result = works({ certificate = table.concat(order), key = certificates.chain_ec.key })
            assert.is_true(result.client.info.peer_verified)
         end
         fails("unknown_ca", "unknown_ca", { certificate = parts[1] .. parts[3], key = certificates.chain_ec.key })
      end)

      it("refuses what it must, each with its alert", function()
         local cases = {
            expired = { "certificate_expired", "certificate_expired" },
            notyet = { "certificate_not_yet_valid", "certificate_expired" },
            wronghost = { "name_mismatch", "bad_certificate" },
            untrusted = { "unknown_ca", "unknown_ca" },
            selfsigned = { "self_signed", "unknown_ca" },
            under_leaf = { "not_a_ca", "unknown_ca" },
            purpose = { "wrong_purpose", "unsupported_certificate" },
            weak = { "weak_key", "insufficient_security" },
            sha1 = { "weak_signature", "insufficient_security" },
         }
         for identity, case in pairs(cases) do
            fails(case[1], case[2], { identity = identity })
         end
      end)
   end)

   describe("failures it finds itself", function()
      it("send their alert: no common suite", function()
         local result = connect({ suites = { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" } },
            { suites = { "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" } })
         assert.equal("handshake_failure", result.server.code)
         assert.equal("alert_handshake_failure", result.client.code)
      end)

      it("send their alert: no common version", function()
         local result = connect({ suites = { "compatible" } },
            { suites = { "compatible" }, min_version = "TLSv1.0", max_version = "TLSv1.1" })
         assert.equal("protocol_version", result.server.code)
         assert.equal("alert_protocol_version", result.client.code)
      end)

      it("send their alert: no common protocol", function()
         local result = connect({ alpn = { "h2" } }, { alpn = { "http/1.1" } })
         assert.equal("no_application_protocol", result.server.code)
         assert.equal("alert_no_application_protocol", result.client.code)
      end)

      it("send their alert: a forged signature", function()
         local client_context, server_context = hostile.contexts()
         local client, server = hostile.pair(client_context, server_context, nil, { handlers = {
            sign = function(_, question) return (question.digest .. question.digest):sub(1, 70) end,
         } })
         local result = pump(client, server)
         assert.is_nil(result.client.status)
         assert.equal("bad_signature", result.client.code)
         assert.equal("alert_decrypt_error", result.server.code)
      end)

      it("send their alert: no client certificate", function()
         local result = connect({ verify = "required", trust = certificates.ca.certificate })
         assert.equal("certificate_required", result.server.code)
         assert.equal("alert_handshake_failure", result.client.code)
      end)

      it("send their alert: a damaged record, under the keys", function()
         local _, client, server = works()
         client:write("data")
         local bytes = client:drain()
         server:feed(bytes:sub(1, -2) .. string.char((bytes:byte(-1) + 1) % 256))
         local status, _, code = server:step()
         assert.is_nil(status)
         assert.equal("bad_record_mac", code)
         client:feed(server:drain())
         status, _, code = client:step()
         assert.is_nil(status)
         assert.equal("alert_bad_record_mac", code)
      end)

      it("do not let the session be resumed", function()
         local client_context, server_context = hostile.contexts({ tickets = false })
         local client, server = hostile.pair(client_context, server_context)
         pump(client, server)
         assert.equal(1, server_context:info().sessions)
         client:write("data")
         local bytes = client:drain()
         server:feed(bytes:sub(1, -2) .. string.char((bytes:byte(-1) + 1) % 256))
         server:step()
         assert.equal(0, server_context:info().sessions)
      end)
   end)

   describe("buffers", function()
      it("of idle connections go back to the pool", function()
         local client_context, server_context = hostile.contexts()
         local kept = {}
         for index = 1, 20 do
            local client, server = hostile.pair(client_context, server_context)
            pump(client, server)
            client:write(("x"):rep(10000))
            local result = pump(client, server)
            assert.equal(10000, #result.server.data)
            kept[index] = { client, server }
         end
         for _, pair in ipairs(kept) do
            for _, connection in ipairs(pair) do
               assert.is_true(connection:info("memory") < 6144, connection:info("memory") .. " bytes")
            end
         end
         -- all the connections borrowed the same few
         assert.is_true(server_context:info().pooled_buffers <= 2)
         assert.is_true(client_context:info().pooled_buffers <= 2)
      end)

      it("are given back right after the handshake, by closed connections, and by failed ones", function()
         local client_context, server_context = hostile.contexts()
         local client, server = hostile.pair(client_context, server_context)
         for _ = 1, 4 do
            client:step()
            server:feed(client:drain())
            if server:step() == "data" then break end
            client:feed(server:drain())
         end
         server:drain()
         assert.is_true(server:info("established"))
         assert.is_true(server:info("memory") < 6144, server:info("memory") .. " bytes")
         client, server = hostile.pair(client_context, server_context)
         pump(client, server)
         client:close()
         server:feed(client:drain())
         assert.equal("closed", server:step())
         assert.is_true(server:info("memory") < 6144, server:info("memory") .. " bytes")
         client, server = hostile.pair(client_context, server_context)
         client:step()
         client:drain()
         client:feed("garbage, and not little of it")
         assert.is_nil((client:step()))
         client:drain()
         assert.is_true(client:info("memory") < 6144, client:info("memory") .. " bytes")
         assert.is_table(server:info())
      end)
   end)

   it("AES-GCM comes first where the processor has AES, ChaCha20 elsewhere", function()
      local first = bearssl.suites("modern")[1]
      if core.has_aes() then
         assert.matches("AES_%d+_GCM", first)
      else
         assert.matches("CHACHA20", first)
      end
      local with, without = core.policy("modern", true), core.policy("modern", false)
      assert.matches("AES_%d+_GCM", core.suite_name(with[1]))
      assert.matches("CHACHA20", core.suite_name(without[1]))
      assert.equal(#with, #without)
      local result = works()
      assert.matches(core.has_aes() and "GCM" or "CHACHA20", result.client.info.cipher_suite)
   end)

   it("renegotiation is refused by a warning, and off without being asked for", function()
      local seen = {}
      local client_context, server_context = hostile.contexts(nil, { handlers = {
         alert = function(_, message) seen[#seen + 1] = message.description end,
      } })
      local client, server = hostile.pair(client_context, server_context)
      pump(client, server)
      assert.is_true(client:info("secure_renegotiation"))
      assert.is_true(server:info("secure_renegotiation"))
      assert.same({}, seen)
   end)

   it("extended record sizes: max_fragment_length is not offered because of small buffers", function()
      local hello
      local client_context, server_context = hostile.contexts(nil, { handlers = {
         client_hello = function(_, message) hello = message end,
      } })
      pump(hostile.pair(client_context, server_context))
      assert.is_nil(hello.max_fragment_length)
      for _, extension in ipairs(hello.extensions) do assert.are_not.equal(1, extension.id) end
   end)
end)

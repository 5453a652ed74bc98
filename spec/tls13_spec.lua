-- TLS 1.3 between two of ours: the handshake with all its turns, stage by stage, and what comes after it.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"
local tls13 = require "spec.support.tls13"

local unpack = table.unpack or unpack -- luacheck: ignore

local client, server = tls13.client, tls13.server
local recorder, shake, established = tls13.recorder, tls13.shake, tls13.established

local function is_tls13(name)
   return name:find "^TLS_AES_" ~= nil or name:find "^TLS_CHACHA20_" ~= nil
end

describe("the handshake of TLS 1.3", function()
   it("is what two of ours speak by default", function()
      local a, b = established(assert(bearssl.context { cafile = certificates.ca.certfile }), server())
      for _, connection in ipairs { a, b } do
         local info = connection:info()
         assert.equal("TLSv1.3", info.version)
         assert.is_true(is_tls13(info.cipher_suite))
         assert.equal("X25519MLKEM768", info.group)
         assert.is_false(info.resumed)
         assert.is_false(info.hello_retry)
         assert.is_false(info.psk)
         assert.is_nil(info.early_data)
      end
      local info = a:info()
      assert.is_true(info.peer_verified)
      assert.equal("ok", info.verdict)
      assert.equal("ecdsa_secp256r1_sha256", info.signature_algorithm)
      assert.equal(info.signature_algorithm, b:info().local_signature_algorithm)
      assert.is_true(info.peer_certificates[1]:matches "localhost")
      assert.equal(info.client_random, b:info().client_random)
      assert.equal(info.server_random, b:info().server_random)
      assert.equal("localhost", b:info().server_name)
   end)

   it("shows every stage in order, to both sides", function()
      local seen, theirs = {}, {}
      established(client(), server { verify = "optional", cafile = certificates.ca.certfile, alpn = { "h2" } }, {
         handlers = recorder(seen), server = { handlers = recorder(theirs) },
      })
      assert.same({
         "sent client_hello", "received server_hello", "sent change_cipher_spec", "received change_cipher_spec",
         "received encrypted_extensions", "received certificate_request", "received certificate",
         "received certificate_verify", "received finished", "sent certificate", "sent finished", "established",
         "received new_session_ticket",
         "received new_session_ticket",
      }, { unpack(seen) })
      assert.same({
         "received client_hello", "sent server_hello", "sent change_cipher_spec", "sent encrypted_extensions",
         "sent certificate_request", "sent certificate", "sent certificate_verify", "sent finished",
         "received change_cipher_spec", "received certificate", "received finished",
      }, { unpack(theirs, 1, 11) })
      local counted = {}
      for i = 12, #theirs do counted[theirs[i]] = (counted[theirs[i]] or 0) + 1 end
      assert.same({ established = 1, ["sent new_session_ticket"] = 2 }, counted)
      for name, message in pairs(seen) do
         if type(name) == "string" then
            assert.is_nil(message.malformed, name)
            if message.direction then
               local there = theirs[(message.direction == "sent" and "received " or "sent ") .. message.stage]
               assert.equal(message.raw, there.raw, name)
            end
         end
      end
   end)

   it("shows what the messages say", function()
      local seen = {}
      established(client { alpn = { "h2", "http/1.1" } },
         server { verify = "optional", cafile = certificates.ca.certfile, alpn = { "h2" } },
         { handlers = recorder(seen) })
      local hello = seen["sent client_hello"]
      assert.equal("TLSv1.3", hello.max_version)
      assert.equal("TLSv1.2", hello.legacy_version)
      assert.equal(32, #hello.session_id)
      assert.is_false(hello.psk_offered)
      local shares = {}
      for _, share in ipairs(hello.key_share_groups) do shares[#shares + 1] = share.name end
      assert.same({ "GREASE", "X25519MLKEM768", "x25519" }, shares)
      local answer = seen["received server_hello"]
      assert.equal("TLSv1.3", answer.version)
      assert.equal("X25519MLKEM768", answer.selected_group)
      assert.equal(1120, #answer.key_share)
      assert.is_false(answer.psk_selected)
      assert.is_false(answer.resumed)
      assert.equal(hello.session_id, answer.session_id)
      assert.is_false(seen["received change_cipher_spec"].changes_protection)
      assert.equal("h2", seen["received encrypted_extensions"].alpn)
      assert.is_false(seen["received encrypted_extensions"].early_data_accepted)
      local request = seen["received certificate_request"]
      assert.is_true(#request.signature_algorithms > 0)
      assert.equal("", request.certificate_request_context)
      assert.matches("Test Root CA", request.certificate_authorities[1].text)
      local certificate = seen["received certificate"]
      assert.equal("server", certificate.whose)
      assert.is_true(certificate.chain[1]:matches "localhost")
      assert.equal(1, #certificate.certificate_extensions)
      assert.equal("ecdsa_secp256r1_sha256", seen["received certificate_verify"].signature_algorithm)
      assert.equal("client", seen["sent certificate"].whose)
      assert.same({}, seen["sent certificate"].chain)
      assert.is_true(#seen["received finished"].verify_data >= 32)
      assert.is_nil(seen.established.early_data)
      local ticket = seen["received new_session_ticket"]
      assert.is_true(ticket.lifetime > 0 and ticket.lifetime <= 604800)
      assert.is_number(ticket.age_add)
      assert.is_string(ticket.nonce)
      assert.equal(0, ticket.max_early_data)
      assert.equal(#ticket.ticket, ticket.ticket_length)
      assert.equal("TLSv1.3", ticket.session:info().version)
   end)

   it("shows a stapled response in the certificate", function()
      local ca, key = certificates.ca, assert(bearssl.key.load(certificates.ca.key))
      local issuer = assert(bearssl.certificate.load(ca.certificate))[1]
      local leaf = assert(bearssl.certificate.load(certificates.ec.certificate))[1]
      local response = assert(bearssl.ocsp.new {
         issuer = issuer, issuer_key = key, certificate = leaf, status = "good",
      }):der()
      local seen = {}
      local a = established(client(), server {
         certfile = certificates.ec.certfile, keyfile = certificates.ec.keyfile, ocsp_response = response,
      }, { handlers = recorder(seen) })
      assert.equal(response, seen["received certificate"].certificate_extensions[1].ocsp_response)
      assert.equal(response, a:info "ocsp_response")
   end)

   it("speaks every suite and every group", function()
      local s = server { suites = { "modern", "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256" },
         groups = bearssl.groups() }
      local count = 0
      for _, name in ipairs(bearssl.suites()) do
         if is_tls13(name) then
            local a, b = established(client { suites = { name } }, s)
            assert.equal(name, a:info "cipher_suite")
            assert.equal(3, assert(a:write "abc"))
            assert.equal("abc", pump(a, b).server.data)
            count = count + 1
         end
      end
      assert.is_true(count >= 4)
      for _, name in ipairs(bearssl.groups()) do
         local a, b = established(client { groups = { name } }, s)
         assert.equal(name, a:info "group")
         assert.equal(name, b:info "group")
         assert.is_false(a:info "hello_retry")
      end
   end)

   it("speaks with every kind of certificate", function()
      for name, scheme in pairs { rsa = "rsa_pss_rsae_sha256", rsa3072 = "rsa_pss_rsae_sha256",
         ec = "ecdsa_secp256r1_sha256", ec384 = "ecdsa_secp384r1_sha384", ec521 = "ecdsa_secp521r1_sha512",
         chain = "rsa_pss_rsae_sha256", chain_ec = "ecdsa_secp256r1_sha256" } do
         local a = established(client(), server {
            certfile = certificates[name].chainfile, keyfile = certificates[name].keyfile,
         })
         assert.equal(scheme, a:info "signature_algorithm")
         assert.is_true(a:info "peer_verified")
      end
   end)

   it("goes through byte by byte", function()
      local a, b = established(client(), server(), { pump = { chunk = 1 } })
      a:write(("x"):rep(5000))
      assert.equal(5000, #pump(a, b, { chunk = 7 }).server.data)
   end)

   it("refuses what must be refused", function()
      local _, _, result = shake(client { trust = certificates.other_ca.certificate }, server())
      assert.equal("unknown_ca", result.client.code)
      assert.equal("alert_unknown_ca", result.server.code)
      _, _, result = shake(client(), server(), { server_name = "elsewhere.example" })
      assert.equal("name_mismatch", result.client.code)
      _, _, result = shake(client { suites = { "TLS_AES_128_GCM_SHA256" } },
         server { suites = { "TLS_CHACHA20_POLY1305_SHA256" } })
      assert.equal("no_common_suite", result.server.code)
      assert.equal("alert_handshake_failure", result.client.code)
      _, _, result = shake(client { groups = { "x25519" } }, server { groups = { "secp256r1" } })
      assert.equal("no_common_group", result.server.code)
      _, _, result = shake(client { alpn = { "h2" } }, server { alpn = { "http/1.1" }, alpn_required = true })
      assert.equal("no_application_protocol", result.server.code)
   end)

   it("offers reserved values, which nobody minds, or not", function()
      local function has_grease(options)
         local seen = {}
         established(client(options), server(), { handlers = recorder(seen) })
         for _, suite in ipairs(seen["sent client_hello"].cipher_suites) do
            if suite.id % 256 == math.floor(suite.id / 256) and suite.id % 16 == 10 then return true end
         end
         return false
      end
      assert.is_true(has_grease())
      assert.is_false(has_grease { grease = false })
   end)

   it("can do without a disguise for middleboxes", function()
      local seen, theirs = {}, {}
      established(client { middlebox_compatibility = false }, server(),
         { handlers = recorder(seen), server = { handlers = recorder(theirs) } })
      assert.equal("", seen["sent client_hello"].session_id)
      for _, log in ipairs { seen, theirs } do
         for _, name in ipairs(log) do assert.is_nil(name:find "change_cipher_spec", name) end
      end
   end)

   it("has a server send change_cipher_spec to every client with a session ID", function()
      for _, groups in ipairs { { "x25519" }, { "secp384r1" } } do -- the second asks for another ClientHello
         local theirs = {}
         established(client { groups = { "x25519", "secp384r1" } },
            server { groups = groups }, { server = { handlers = recorder(theirs) } })
         local sent = 0
         for _, name in ipairs(theirs) do sent = sent + (name == "sent change_cipher_spec" and 1 or 0) end
         assert.equal(1, sent)
      end
   end)
end)

describe("HelloRetryRequest", function()
   local retry = { groups = { "x25519", "secp256r1", "secp384r1" } }

   it("asks for the group that the server has", function()
      local seen, theirs = {}, {}
      local a, b = established(client(retry), server { groups = { "secp384r1" } }, {
         handlers = recorder(seen), server = { handlers = recorder(theirs) },
      })
      for _, connection in ipairs { a, b } do
         assert.equal("secp384r1", connection:info "group")
         assert.is_true(connection:info "hello_retry")
      end
      assert.same({ "sent client_hello", "received hello_retry_request", "sent change_cipher_spec",
         "sent client_hello", "received change_cipher_spec", "received server_hello" }, { unpack(seen, 1, 6) })
      assert.same({ "received client_hello", "sent hello_retry_request" }, { unpack(theirs, 1, 2) })
      local message = seen["received hello_retry_request"]
      assert.equal("secp384r1", message.selected_group)
      assert.is_nil(message.cookie)
      assert.equal("TLSv1.3", message.version)
   end)

   it("may carry a cookie", function()
      local seen = {}
      local _, b = established(client(retry), server { groups = { "secp384r1" }, retry_cookie = true },
         { handlers = recorder(seen) })
      assert.is_true(b:info "hello_retry")
      assert.is_true(#seen["received hello_retry_request"].cookie > 0)
   end)

   it("is not needed with more key shares", function()
      local seen = {}
      local options = { groups = retry.groups, key_shares = 3 }
      local a = established(client(options), server { groups = { "secp384r1" } }, { handlers = recorder(seen) })
      assert.is_false(a:info "hello_retry")
      assert.equal("secp384r1", a:info "group")
      local shares = {}
      for _, share in ipairs(seen["sent client_hello"].key_share_groups) do shares[#shares + 1] = share.name end
      assert.same({ "GREASE", unpack(retry.groups) }, shares)
   end)

   it("ends in a session that is resumed like others", function()
      local c, s = client(retry), server { groups = { "secp384r1" } }
      local session = tls13.session(c, s)
      local a, b = established(c, s, { session = session })
      assert.is_true(a:info "resumed")
      assert.is_true(b:info "hello_retry")
   end)
end)

describe("client authentication in TLS 1.3", function()
   local function asking(verify, more)
      local options = { verify = verify, cafile = certificates.ca.certfile }
      for name, value in pairs(more or {}) do options[name] = value end
      return server(options)
   end

   it("shows the client's certificate to the server", function()
      for name, scheme in pairs { client_rsa = "rsa_pss_rsae_sha256", client_ec = "ecdsa_secp256r1_sha256",
         client_ec384 = "ecdsa_secp384r1_sha384", client_chain = "rsa_pss_rsae_sha256" } do
         local seen = {}
         local c = client { certfile = certificates[name].chainfile, keyfile = certificates[name].keyfile }
         local a, b = established(c, asking "required", { server = { handlers = recorder(seen) } })
         assert.is_true(b:info "peer_verified")
         assert.equal(scheme, b:info "signature_algorithm")
         assert.equal(scheme, a:info "local_signature_algorithm")
         assert.equal("client", seen["received certificate"].whose)
         assert.equal(scheme, seen["received certificate_verify"].signature_algorithm)
      end
   end)

   it("refuses a client without one, or with a bad one", function()
      local _, _, result = shake(client(), asking "required")
      assert.equal("certificate_required", result.server.code)
      assert.equal("alert_certificate_required", result.client.code)
      local stranger = certificates.client_untrusted
      local c = client { certfile = stranger.certfile, keyfile = stranger.keyfile }
      _, _, result = shake(c, asking "required")
      assert.equal("unknown_ca", result.server.code)
      assert.equal("alert_unknown_ca", result.client.code)
      local _, b = established(client(), asking "optional")
      assert.is_false(b:info "peer_verified")
      assert.same({}, b:info "peer_certificates")
   end)

   it("asks the client_certificate handler", function()
      local ec = certificates.client_ec
      local asked
      local handlers = { client_certificate = function(_, request)
         asked = request
         return { certificate = ec.certificate, key = ec.key }
      end }
      local _, b = established(client { handlers = handlers }, asking "required")
      assert.is_true(b:info "peer_verified")
      assert.equal("certificate_request", asked.stage)
      assert.is_true(#asked.signature_algorithms > 0)
      _, b = established(client { handlers = { client_certificate = function() return false end } }, asking "optional")
      assert.is_false(b:info "peer_verified")
   end)

   it("comes after the handshake when the client offered it", function()
      local ec = certificates.client_ec
      local seen, theirs, verdicts = {}, {}, {}
      local c = client { certfile = ec.certfile, keyfile = ec.keyfile, post_handshake_auth = true }
      local s = server { cafile = certificates.ca.certfile }
      local a, b = established(c, s, {
         handlers = recorder(seen), server = { handlers = recorder(theirs, {
            verify = function(_, question) verdicts[#verdicts + 1] = question.verdict end,
         }) },
      })
      assert.is_true(b:info "post_handshake_auth")
      assert.same({}, b:info "peer_certificates")
      assert.is_true(b:request_certificate())
      pump(a, b)
      assert.is_true(b:info "peer_verified")
      assert.equal("CN=client ec", (select(2, b:info("peer_certificates")[1]:subject()):match "CN=[^,]*"))
      assert.same({ "ok" }, verdicts)
      assert.is_true(#seen["received certificate_request"].certificate_request_context > 0)
      assert.equal(seen["received certificate_request"].certificate_request_context,
         theirs["received certificate"].certificate_request_context)
      -- again, and data on the way
      assert.is_true(b:request_certificate())
      a:write "hello"
      local result = pump(a, b)
      assert.equal("hello", result.server.data)
      assert.same({ "ok", "ok" }, verdicts)
   end)

   it("after the handshake may be refused on both sides", function()
      local a, b = established(client(), server { cafile = certificates.ca.certfile })
      local ok, message, code = b:request_certificate()
      assert.is_nil(ok)
      assert.is_string(message)
      assert.equal("no_post_handshake_auth", code)
      assert.is_true(a:info "established")
      -- the client shows none: accepted, as nobody requires one
      a, b = established(client { post_handshake_auth = true }, server { cafile = certificates.ca.certfile })
      assert.is_true(b:request_certificate())
      pump(a, b)
      a:write "x"
      assert.equal("x", pump(a, b).server.data)
      -- a bad one is not
      local stranger = certificates.client_untrusted
      a, b = established(client { post_handshake_auth = true, certfile = stranger.certfile,
         keyfile = stranger.keyfile }, server { cafile = certificates.ca.certfile })
      assert.is_true(b:request_certificate())
      local result = pump(a, b)
      assert.equal("unknown_ca", result.server.code)
      assert.equal("alert_unknown_ca", result.client.code)
   end)
end)

describe("keys that are elsewhere", function()
   it("sign for a server and a client", function()
      local questions = {}
      local function signer(name)
         local key = assert(bearssl.key.load(certificates[name].key))
         return function(_, question)
            questions[#questions + 1] = question
            if question.scheme:find "^rsa_pss" then return assert(key:sign(question.scheme, question.digest)) end
            return assert(key:sign(question.hash, question.digest))
         end
      end
      local function external(name)
         local chain = assert(bearssl.certificate.load(certificates[name].chain))
         return chain, bearssl.key.external(chain[1])
      end
      for name, scheme in pairs { rsa = "rsa_pss_rsae_sha256", ec = "ecdsa_secp256r1_sha256" } do
         questions = {}
         local chain, key = external(name)
         local other, other_key = external("client_" .. name)
         local c = client { certificate = other, key = other_key, handlers = { sign = signer("client_" .. name) } }
         local s = server { certificate = chain, key = key, verify = "required", cafile = certificates.ca.certfile,
            handlers = { sign = signer(name) } }
         local _, b = established(c, s)
         assert.is_true(b:info "peer_verified")
         assert.equal(2, #questions)
         for _, question in ipairs(questions) do
            assert.equal(scheme, question.scheme)
            assert.equal("sha256", question.hash)
            assert.equal(32, #question.digest)
         end
         assert.is_true(questions[1].certificate:matches "localhost")
      end
   end)

   it("may refuse to", function()
      local chain = assert(bearssl.certificate.load(certificates.ec.chain))
      local _, _, result = shake(client(), server {
         certificate = chain, key = bearssl.key.external(chain[1]), handlers = { sign = function() return false end },
      })
      assert.equal("sign_failed", result.server.code)
      assert.equal("alert_internal_error", result.client.code)
   end)
end)

describe("the select handler in TLS 1.3", function()
   it("chooses certificate, protocol, versions and suites", function()
      local answer
      local s = server {
         min_version = "TLSv1.2",
         credentials = {
            { certfile = certificates.ec.certfile, keyfile = certificates.ec.keyfile, name = "ec" },
            { certfile = certificates.rsa.certfile, keyfile = certificates.rsa.keyfile, name = "rsa" },
         },
         alpn = { "h2", "http/1.1" },
         handlers = { select = function(_, hello)
            assert.equal("client_hello", hello.stage)
            return answer
         end },
      }
      local c = client { min_version = "TLSv1.2", alpn = { "h2", "http/1.1" } }
      answer = { name = "rsa", alpn = "http/1.1" }
      local a = established(c, s)
      assert.equal("RSA", a:info("peer_certificates")[1]:public_key().type)
      assert.equal("http/1.1", a:info "alpn")
      answer = { suites = { "TLS_CHACHA20_POLY1305_SHA256" } }
      assert.equal("TLS_CHACHA20_POLY1305_SHA256", established(c, s):info "cipher_suite")
      answer = { max_version = "TLSv1.2" }
      assert.equal("TLSv1.2", established(c, s):info "version")
      answer = { context = server { certfile = certificates.rsa.certfile, keyfile = certificates.rsa.keyfile } }
      assert.equal("RSA", established(c, s):info("peer_certificates")[1]:public_key().type)
   end)
end)

describe("the key log", function()
   it("has a line for each secret of TLS 1.3", function()
      local lines, theirs = {}, {}
      established(client(), server(), {
         handlers = { keylog = function(_, question) lines[#lines + 1] = question.line end },
         server = { handlers = { keylog = function(_, question) theirs[#theirs + 1] = question.line end } },
      })
      table.sort(lines)
      table.sort(theirs)
      assert.same(lines, theirs)
      local text = table.concat(lines, "\n")
      for _, label in ipairs { "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
         "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET" } do
         assert.matches(label .. " %x+ %x+", text)
      end
   end)
end)

describe("tickets for a client that does not say how it would use one", function()
   -- Such a one is ours with tickets = false: it sends no psk_key_exchange_modes.
   local function sent(options)
      local theirs, count = {}, 0
      local _, b = established(client { tickets = false }, server(options),
         { server = { handlers = recorder(theirs) } })
      for _, name in ipairs(theirs) do count = count + (name == "sent new_session_ticket" and 1 or 0) end
      return count, b
   end

   it("are sent when the server is told to", function()
      assert.equal(0, (sent()))
      assert.equal(0, (sent { tickets = true }))
      assert.equal(2, (sent { tickets = "always" }))
      assert.equal(3, (sent { tickets = "always", ticket_count = 3 }))
      assert.equal("always", server { tickets = "always" }:info().tickets)
   end)

   it("are not the client's to ask for", function()
      assert.has_error(function() client { tickets = "always" } end,
         'bearssl.context: tickets = "always" is for servers: a client has those that it is given')
      local ok, message = pcall(server, { tickets = "sometimes" })
      assert.is_false(ok)
      assert.truthy(message:find('true, false or "always"', 1, true), message)
   end)
end)

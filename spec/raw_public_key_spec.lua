-- Raw public keys (RFC 7250, RFC 8446 section 4.4.2), both sides and roles.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local ladder = require "bearssl.ladder"
local pump = require "spec.support.pump"
local tls13 = require "spec.support.tls13"

local shake, established = tls13.shake, tls13.established

local RAW, BOTH = { "raw_public_key" }, { "raw_public_key", "x509" }

local keys = { server = bearssl.key.generate "secp256r1", client = bearssl.key.generate "secp384r1",
   other = bearssl.key.generate "secp256r1" }

local function merged(...)
   local all = {}
   for _, options in ipairs { ... } do
      for name, value in pairs(options) do all[name] = value end
   end
   return all
end

local function server(options)
   return assert(bearssl.context(merged({ mode = "server", min_version = "TLSv1.3", key = keys.server,
      server_certificate_types = RAW }, options or {})))
end

local function client(options)
   return assert(bearssl.context(merged({ min_version = "TLSv1.3", server_certificate_types = RAW,
      pins = { keys.server } }, options or {})))
end

local function x509_client(options)
   return assert(bearssl.context(merged({ min_version = "TLSv1.3", cafile = certificates.ca.certfile }, options or {})))
end

local function code(result, side) return result[side].code end

describe("a raw public key", function()
   it("of a server is trusted by its pin", function()
      local seen = {}
      local a, b = established(client(), server(), { handlers = tls13.recorder(seen) })
      local info = a:info()
      assert.is_true(info.peer_verified)
      assert.equal("ok", info.verdict)
      assert.equal("raw_public_key", info.server_certificate_type)
      assert.equal("x509", info.client_certificate_type)
      assert.equal(keys.server:public_der(), info.peer_key:public_der())
      assert.is_true(info.peer_key:is_external())
      assert.same({}, info.peer_certificates or {})
      assert.equal("raw_public_key", b:info "server_certificate_type")
      assert.equal(keys.server:public_der(), seen["received certificate"].key:public_der())
      assert.same({}, seen["received certificate"].chain)
   end)

   it("of every kind is shown and taken", function()
      for _, key in ipairs { keys.client, bearssl.key.generate "secp521r1", bearssl.key.generate "rsa" } do
         local a = established(client { pins = { key:pin() } }, server { key = key })
         assert.equal(key:pin(), a:info("peer_key"):pin())
      end
   end)

   it("is that of the certificate where there is one", function()
      local ec = certificates.ec
      local options = { mode = "server", min_version = "TLSv1.3", certfile = ec.chainfile, keyfile = ec.keyfile,
         server_certificate_types = BOTH }
      local made = assert(bearssl.context(options))
      local pin = bearssl.certificate.load(ec.certificate)[1]:pin()
      local a = established(client { pins = { pin } }, made)
      assert.equal(pin, a:info("peer_key"):pin())
      local b = established(x509_client(), made)
      assert.is_nil(b:info "peer_key")
      assert.equal("x509", b:info "server_certificate_type")
      assert.is_true(b:info("peer_certificates")[1]:matches "localhost")
   end)

   it("is refused when another one is pinned, whatever the mode of verification", function()
      for _, verify in ipairs { "required", "report", "none" } do
         local a, _, result = shake(client { pins = { keys.other }, verify = verify }, server())
         assert.is_false(a:info "established")
         assert.equal("pin_mismatch", code(result, "client"))
         assert.is_nil(a:info "peer_key")
      end
   end)

   it("is never trusted without pins or a handler", function()
      for _, verify in ipairs { "required", "report", "none" } do
         local context = assert(bearssl.context { min_version = "TLSv1.3", server_certificate_types = RAW,
            verify = verify })
         local ok, message = pcall(context.connection, context, { server_name = "localhost" })
         assert.is_false(ok)
         assert.truthy(message:find("trusted by the option 'pins' or by a 'verify' handler", 1, true), message)
      end
   end)

   it("is accepted by a handler's word, and by nothing less", function()
      local question
      local function asking(answer)
         return client({ pins = nil, handlers = { verify = function(_, asked)
            question = asked
            return answer
         end } })
      end
      local function without_pins(answer)
         return assert(bearssl.context { min_version = "TLSv1.3", server_certificate_types = RAW, verify = "none",
            handlers = { verify = function(_, asked)
               question = asked
               return answer
            end } })
      end
      local a = established(without_pins "accept", server())
      assert.equal(keys.server:pin(), question.key:pin())
      assert.same({}, question.chain)
      assert.equal("unknown_ca", question.verdict)
      assert.is_true(a:info "peer_accepted")
      assert.is_false(a:info "peer_verified")
      for _, answer in ipairs { true, false } do
         local c, _, result = shake(without_pins(answer), server())
         assert.is_false(c:info "established")
         assert.equal(answer and "unknown_ca" or "certificate_refused", code(result, "client"))
      end
      assert.is_true(established(asking(true), server()):info "peer_verified")
   end)

   it("of a client is trusted by its pin, and required where that is asked for", function()
      local function demanding(options)
         return server(merged({ verify = "required", client_certificate_types = RAW, pins = { keys.client } },
            options or {}))
      end
      local showing = { client_certificate_types = RAW, key = keys.client }
      local a, b = established(client(showing), demanding())
      assert.equal(keys.client:pin(), b:info("peer_key"):pin())
      assert.is_true(b:info "peer_verified")
      assert.equal("raw_public_key", a:info "client_certificate_type")
      local function refused(expected, client_options, server_options)
         local _, other, result = shake(client(client_options), demanding(server_options))
         assert.is_false(other:info "established")
         assert.equal(expected, code(result, "server"))
      end
      refused("pin_mismatch", { client_certificate_types = RAW, key = keys.other })
      local without = { client_certificate_types = RAW,
         handlers = { client_certificate = function() return false end } }
      refused("certificate_required", without)
      refused("unsupported_certificate", {})
      -- optional: none at all is taken, a wrong one is not
      refused("pin_mismatch", { client_certificate_types = RAW, key = keys.other }, { verify = "optional" })
      local _, nobody = established(client(without), demanding { verify = "optional" })
      assert.is_nil(nobody:info "peer_key")
      assert.is_false(nobody:info "peer_verified")
   end)

   it("goes with a certificate of the other side", function()
      local own = certificates.client_ec
      local a, b = established(client { certificate = own.chain, key = own.key },
         server { verify = "required", cafile = certificates.ca.certfile })
      assert.equal("raw_public_key", a:info "server_certificate_type")
      assert.is_nil(b:info "peer_key")
      assert.is_true(#b:info "peer_certificates" > 0)
   end)

   it("is what the server prefers, among what the client takes", function()
      local ec = certificates.ec
      local function type_of(ours, theirs)
         local a = established(client { server_certificate_types = theirs,
            cafile = theirs[2] and certificates.ca.certfile, pins = { bearssl.certificate.load(ec.certificate)[1] } },
            assert(bearssl.context { mode = "server", min_version = "TLSv1.3", certfile = ec.chainfile,
               keyfile = ec.keyfile, server_certificate_types = ours }))
         return a:info "server_certificate_type"
      end
      local x509_first = { "x509", "raw_public_key" }
      assert.equal("x509", type_of(nil, BOTH))
      assert.equal("x509", type_of(x509_first, BOTH))
      assert.equal("raw_public_key", type_of(BOTH, x509_first))
      assert.equal("raw_public_key", type_of(x509_first, RAW))
   end)

   it("is missed by name where the other side has none", function()
      for _, pair in ipairs { { x509_client(), server() }, { client(), tls13.server() } } do
         local a, _, result = shake(pair[1], pair[2])
         assert.is_false(a:info "established")
         local all = tostring(result.client.code) .. " " .. tostring(result.server.code)
         assert.truthy(all:find("unsupported_certificate", 1, true), all)
      end
   end)

   it("is carried by a session, which other types, pins and handlers do not resume", function()
      local c, s = client { session_cache = 0 }, server()
      local session = tls13.session(c, s)
      assert.equal(keys.server:pin(), session:info().peer_key:pin())
      session = assert(bearssl.session.import(session:export()))
      local a = established(c, s, { session = session })
      assert.is_true(a:info "resumed")
      assert.is_true(a:info "peer_verified")
      assert.equal(keys.server:pin(), a:info("peer_key"):pin())
      for _, options in ipairs { { pins = { keys.server, keys.other } },
         { server_certificate_types = BOTH, cafile = certificates.ca.certfile } } do
         local b = established(client(merged({ session_cache = 0 }, options)), s, { session = session })
         assert.is_false(b:info "resumed")
      end
   end)

   it("of a client is carried by a server's session", function()
      local c = client { client_certificate_types = RAW, key = keys.client, session_cache = 0 }
      local s = server { verify = "required", client_certificate_types = RAW, pins = { keys.client } }
      local _, b = established(c, s, { session = tls13.session(c, s) })
      assert.is_true(b:info "resumed")
      assert.equal(keys.client:pin(), b:info("peer_key"):pin())
   end)

   it("signs elsewhere, too", function()
      local asked
      local a = established(client(), server { handlers = { sign = function(_, question)
         asked = question
         return keys.server:sign(question.scheme, question.digest)
      end } })
      assert.equal(keys.server:pin(), asked.key:pin())
      assert.is_nil(asked.certificate)
      assert.equal(keys.server:pin(), a:info("peer_key"):pin())
   end)

   it("is given by handlers", function()
      local s = server { verify = "required", client_certificate_types = RAW, pins = { keys.client },
         handlers = { select = function() return { key = keys.other } end } }
      local c = client { client_certificate_types = RAW, pins = { keys.other },
         handlers = { client_certificate = function() return { key = keys.client } end } }
      local a, b = established(c, s)
      assert.equal(keys.other:pin(), a:info("peer_key"):pin())
      assert.equal(keys.client:pin(), b:info("peer_key"):pin())
   end)

   it("survives HelloRetryRequest", function()
      local a = established(client { groups = { "x25519", "secp256r1" } }, server { groups = { "secp256r1" } })
      assert.is_true(a:info "hello_retry")
      assert.equal(keys.server:pin(), a:info("peer_key"):pin())
   end)

   it("needs TLS 1.3, and what makes it trusted", function()
      local function misuse(text, options)
         local ok, message = pcall(bearssl.context, options)
         assert.is_false(ok, text)
         assert.truthy(message:find(text, 1, true), message)
      end
      misuse("needs min_version = \"TLSv1.3\"", { server_certificate_types = RAW })
      misuse("raw public keys are of TLS 1.3 here", { server_certificate_types = BOTH, max_version = "TLSv1.2" })
      misuse("cannot be revoked", { server_certificate_types = BOTH, revocation = "leaf" })
      misuse("cannot be revoked", { server_certificate_types = BOTH, staple = "required" })
      misuse("is of no use with verify = \"none\"", { mode = "server", min_version = "TLSv1.3", key = keys.server,
         server_certificate_types = RAW, client_certificate_types = RAW })
      local ec = certificates.ec
      local only = { mode = "server", min_version = "TLSv1.3", key = keys.server, server_certificate_types = RAW }
      for name, value in pairs { ocsp_response = "x", ocspfile = "x", certificate_compression = { "zlib" } } do
         misuse(("the option '%s' is about certificates"):format(name), merged(only, { [name] = value }))
      end
      -- who takes certificates from clients opens theirs
      assert.truthy(bearssl.context(merged(only, { certificate_compression = { "zlib" }, verify = "optional",
         cafile = certificates.ca.certfile })))
      assert.truthy(bearssl.context(merged(only, { certificate_compression = false })))
      local taking = { min_version = "TLSv1.3", server_certificate_types = RAW, pins = { keys.server } }
      for name, value in pairs { certificate_authorities = true, verify_depth = 3, verdict_cache = 10,
         signature_algorithms_cert = { "rsa_pkcs1_sha256" } } do
         misuse(("the option '%s' is about certificates"):format(name), merged(taking, { [name] = value }))
         assert.truthy(bearssl.context(merged(taking, { [name] = value, server_certificate_types = BOTH,
            cafile = certificates.ca.certfile })), name)
      end
      for name, value in pairs { trust = "system", cafile = certificates.ca.certfile, capath = "/nowhere" } do
         misuse(("the option '%s' is about certificates"):format(name), merged(taking, { [name] = value }))
      end
      local list = assert(bearssl.ech.generate { public_name = "localhost" }):config_list()
      misuse("the option 'cafile' is about certificates", merged(taking, { ech = list,
         cafile = certificates.ca.certfile }))
      assert.truthy(bearssl.context(merged(taking, { ech = list })))
      misuse("the option 'client_certificate_types' needs a key", merged(taking, { client_certificate_types = RAW }))
      assert.truthy(bearssl.context(merged(taking, { client_certificate_types = { "raw_public_key", "x509" },
         certfile = ec.chainfile, keyfile = ec.keyfile })))
      misuse("must not be empty", { server_certificate_types = {} })
      misuse("stands twice", { server_certificate_types = { "x509", "x509" } })
      misuse("x509", { server_certificate_types = { "openpgp" } })
      misuse("the certificate is missing", { mode = "server", key = keys.server })
      misuse("the certificate is missing", { key = keys.client, server_certificate_types = RAW,
         min_version = "TLSv1.3" })
   end)
end)

describe("a credential that is a key alone", function()
   it("does not keep the others from being chosen by name, wherever it stands", function()
      local ec, beta = certificates.ec, certificates.beta
      for place = 1, 3 do
         local credentials = { { certfile = ec.chainfile, keyfile = ec.keyfile },
            { certfile = beta.chainfile, keyfile = beta.keyfile } }
         table.insert(credentials, place, { key = keys.server })
         local made = assert(bearssl.context { mode = "server", server_certificate_types = BOTH,
            credentials = credentials })
         for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
            local all = assert(bearssl.context { cafile = certificates.ca.certfile })
            local a = established(all, made, { server_name = "beta.example", max_version = version })
            assert.is_true(a:info("peer_certificates")[1]:matches "beta.example")
         end
      end
   end)
end)

describe("a raw public key after the handshake", function()
   local function late(handlers, server_handlers, key)
      local c = client { client_certificate_types = RAW, key = key or keys.client, post_handshake_auth = true,
         handlers = handlers }
      local s = server { verify = "optional", client_certificate_types = RAW, pins = { keys.client, keys.other } }
      local a, b = established(c, s, { server = { handlers = server_handlers } })
      return a, b
   end

   it("takes the place of the one before, and is drawn", function()
      local answers, asked = { { key = keys.client }, { key = keys.other } }, 0
      local recorder = ladder.recorder { mode = "server" }
      local a, b = late({ client_certificate = function()
         asked = asked + 1
         return answers[asked]
      end }, recorder:handlers())
      assert.equal(keys.client:pin(), b:info("peer_key"):pin())
      assert.is_true(b:request_certificate())
      local result = pump(a, b)
      assert.equal("wantread", result.server.status, result.server.message)
      assert.equal(2, asked)
      assert.equal(keys.other:pin(), b:info("peer_key"):pin())
      assert.is_true(b:info "peer_verified")
      local drawn = recorder:draw { width = 100, unicode = false }
      assert.truthy(drawn:find("|.. authenticated ....", 1, true), drawn)
      assert.truthy(drawn:match("authenticated.*pin  " .. keys.other:pin():gsub("%p", "%%%0")), drawn)
   end)

   it("is agreed upon by a server that asks nobody at first, or resumes a session", function()
      for _, mode in ipairs { "none", "required" } do
         local c = client { client_certificate_types = BOTH, key = keys.client, post_handshake_auth = true }
         local s = server { verify = mode, client_certificate_types = BOTH, pins = { keys.client },
            cafile = certificates.ca.certfile }
         for _, resumed in ipairs { false, true } do
            local a, b = established(c, s)
            assert.equal(resumed, a:info "resumed")
            assert.is_true(b:request_certificate())
            pump(a, b)
            assert.equal(1, b:info "authentications")
            assert.equal(keys.client:pin(), b:info("peer_key"):pin())
            assert.is_true(b:info "peer_verified")
         end
      end
   end)

   it("need not be had where a certificate is optional", function()
      local s = server { verify = "optional", client_certificate_types = RAW, pins = { keys.client } }
      local _, b = established(client(), s)
      assert.is_false(b:info "peer_verified")
   end)

   it("is not asked for where the client has none, and need not", function()
      local own = certificates.client_ec
      for _, with in ipairs { {}, { certificate = own.chain, key = own.key } } do
         local s = server { verify = "optional", client_certificate_types = RAW, pins = { keys.client } }
         local seen = {}
         local c = client(merged({ post_handshake_auth = true }, with))
         local a, b = established(c, s, { handlers = tls13.recorder(seen) })
         assert.is_nil(seen["received certificate_request"])
         assert.is_false(b:info "peer_verified")
         assert.same({}, b:info "peer_certificates" or {})
         -- nor later, which ends nothing
         local ok, message, problem = b:request_certificate()
         assert.same({ nil, "no_post_handshake_auth" }, { ok, problem })
         assert.is_string(message)
         assert(b:write "still here")
         assert.equal("still here", pump(a, b, { close = false }).client.data)
      end
   end)

   it("is judged by the pins of a server that asks nobody at first and trusts nobody else", function()
      for _, pinned in ipairs { keys.client, keys.other } do
         local a, b = established(client { client_certificate_types = RAW, key = keys.client,
            post_handshake_auth = true }, server { client_certificate_types = RAW, pins = { pinned } })
         assert.is_nil(b:info "peer_key")
         assert.is_true(b:request_certificate())
         local result = pump(a, b)
         assert.equal(pinned == keys.other and "pin_mismatch" or nil, result.server.code)
         assert.equal(pinned == keys.client, b:info "peer_verified")
      end
   end)

   it("ends the connection when it is not pinned", function()
      local asked = 0
      local a, b = late { client_certificate = function()
         asked = asked + 1
         return { key = asked == 1 and keys.client or keys.server }
      end }
      assert.is_true(b:request_certificate())
      assert.equal("pin_mismatch", pump(a, b).server.code)
      assert.is_nil(b:info "peer_key")
      assert.is_false(b:info "peer_verified")
   end)
end)

describe("a server of TLS 1.2 that chooses raw public keys", function()
   -- Adds an extension to the ServerHello.
   local function choosing(id, value)
      local done = false
      return function(output, from, records)
         if from ~= "server" or done then return output end
         done = true
         local first = records[1].body
         local length = first:byte(2) * 65536 + first:byte(3) * 256 + first:byte(4)
         local hello = assert(core.parse_message(first:sub(1, 4 + length)))
         hello.extensions[#hello.extensions + 1] = { id = id, raw = value }
         return pump.record(22, assert(core.build_message(hello)) .. first:sub(5 + length))
            .. output:sub(6 + #first)
      end
   end

   it("is refused, for its own certificate and for the client's", function()
      local own, ec = certificates.client_ec, certificates.ec
      local c = assert(bearssl.context { server_certificate_types = BOTH, client_certificate_types = BOTH,
         certificate = own.chain, key = own.key, cafile = certificates.ca.certfile,
         pins = { bearssl.certificate.load(ec.certificate)[1] } })
      local s = assert(bearssl.context { mode = "server", max_version = "TLSv1.2", certfile = ec.chainfile,
         keyfile = ec.keyfile })
      for _, id in ipairs { 19, 20 } do
         local a, _, result = shake(c, s, { pump = { tamper = choosing(id, "\2") } })
         assert.is_false(a:info "established")
         assert.equal("unsupported_certificate", code(result, "client"))
         assert.truthy(result.client.message:find("raw public keys and a version before TLS 1.3", 1, true))
         assert.equal("alert_unsupported_certificate", code(result, "server"))
         -- to name certificates is no mistake: the handshake goes on, and fails by what was rewritten
         a, _, result = shake(c, s, { pump = { tamper = choosing(id, "\0") } })
         assert.is_false(a:info "established")
         assert.not_equal("unsupported_certificate", code(result, "client"))
      end
   end)
end)

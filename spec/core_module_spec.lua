-- The C module by itself: its classes, names, messages and descriptors, and what happens to objects that are
-- closed, collected in any order, or called by a finalizer while they are being looked at.
local core = require "bearssl.core"
local certificates = require "spec.support.certificates"

local ALL_STAGES = 2 ^ #core.stages() - 1
local ALL_DECISIONS = 2 ^ #core.decisions() - 1

local function certificate(name) return assert(core.certificates(certificates[name].certificate))[1] end

local function credential(name)
   local files = certificates[name]
   return { chain = assert(core.certificates(files.chain)), key = assert(core.key(files.key)) }
end

local function trust()
   local store = assert(core.trust())
   assert(store:add(certificates.ca.certificate))
   return store
end

local function server_context(options)
   local all = { role = "server", verify = "none", credentials = { credential "rsa" }, session_cache = 10 }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(core.context(all))
end

local function client_context(options)
   local all = { role = "client", verify = "required", trust = trust() }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(core.context(all))
end

-- Answers questions and looks at stages until the connection wants something else.
local function step(connection, handlers, log)
   while true do
      local event, message, code = connection:step()
      if event == "stage" then
         local stage = connection:stage()
         log[#log + 1] = stage
      elseif event == "decision" then
         local name, question = connection:question()
         log[#log + 1] = { decision = name, question = question }
         local handler = handlers and handlers[name]
         if handler then assert(connection:answer(handler(question))) end
      else
         return event, message, code
      end
   end
end

-- Moves bytes until both are quiet; returns what each reported last, and what each went through.
local function shake(client, server, handlers)
   local logs, last = { {}, {} }, {}
   local sides = { client, server }
   for _ = 1, 50 do
      local moved = false
      for i = 1, 2 do
         local event, message, code = step(sides[i], handlers, logs[i])
         last[i] = { event = event, message = message, code = code }
         local output = sides[i]:drain()
         if output ~= "" then
            moved = true
            sides[3 - i]:feed(output)
         end
      end
      if not moved then break end
   end
   return last[1], last[2], logs[1], logs[2]
end

local function pair(client_options, server_options, options)
   options = options or {}
   options.server_name = options.server_name or "localhost"
   local client = assert(core.connection(client_context(client_options), options))
   local server = assert(core.connection(server_context(server_options),
      { stage_mask = options.stage_mask, decision_mask = options.decision_mask }))
   return client, server
end

local function established()
   local client, server = pair()
   shake(client, server)
   assert.is_true(client:info().established)
   assert.is_true(server:info().established)
   return client, server
end

-- Every client_hello … of a full handshake with client authentication: { name → message }, of the client.
local function messages(handlers)
   local client, server = pair(
      { credentials = { credential "client_rsa" }, alpn = { "h2", "http/1.1" } },
      { verify = "optional", trust = trust(), alpn = { "http/1.1" } },
      { stage_mask = ALL_STAGES, decision_mask = handlers and ALL_DECISIONS or 0 })
   local _, _, log = shake(client, server, handlers)
   local found = {}
   for _, message in ipairs(log) do
      if message.stage then found[message.stage .. "/" .. (message.direction or "")] = message end
   end
   return found, log, client, server
end

describe("the C module's names", function()
   it("translate both ways", function()
      assert.equal("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", core.suite_name(0xC02F))
      assert.equal(0xC02F, core.suite_id("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"))
      assert.equal(0xC02F, core.suite_id("ECDHE-RSA-AES128-GCM-SHA256"))
      assert.equal("x25519", core.group_name(29))
      assert.equal(23, core.group_id("P-256"))
      assert.equal("rsa_pkcs1_sha256", core.scheme_name(0x0401))
      assert.equal(0x0401, core.scheme_id("rsa_pkcs1_sha256"))
      assert.equal("TLSv1.2", core.version_name(0x0303))
      assert.equal(0x0303, core.version_id("TLSv1.2"))
      assert.equal("handshake_failure", core.alert_name(40))
      assert.equal(40, core.alert_number("handshake_failure"))
      assert.equal("server_name", core.extension_name(0))
   end)

   it("are nil when unknown", function()
      assert.is_nil(core.suite_id("TLS_NONSENSE"))
      assert.is_nil(core.group_id("x25520"))
      assert.is_nil(core.scheme_id("rsa"))
      assert.is_nil(core.version_id("TLSv9"))
      assert.is_nil(core.alert_number("ok"))
      assert.is_nil(core.policy("weak"))
      assert.is_nil(core.reason("nonsense"))
      assert.is_nil(core.group_name(9999))
   end)

   it("raise on numbers that cannot be", function()
      for _, f in ipairs({ core.suite_name, core.group_name, core.alert_name }) do
         assert.has_error(function() f(-1) end)
         assert.has_error(function() f(65536) end)
         assert.has_error(function() f(0 / 0) end)
         assert.has_error(function() f({}) end)
      end
   end)

   it("list what there is", function()
      for _, list in ipairs({ core.suites(), core.groups(), core.schemes(), core.versions() }) do
         assert.is_true(#list > 0)
         for _, entry in ipairs(list) do
            assert.equal("number", type(entry.id))
            assert.equal("string", type(entry.name))
         end
      end
      assert.equal("client_hello", core.stages()[1])
      assert.equal(21, #core.stages())
      assert.equal("select", core.decisions()[1])
      assert.equal(9, #core.decisions())
   end)

   it("order policies by what the processor does well", function()
      local with, without = core.policy("modern", true), core.policy("modern", false)
      assert.equal(#with, #without)
      assert.truthy(core.suite_name(with[1]):find("GCM", 1, true))
      assert.truthy(core.suite_name(without[1]):find("CHACHA20", 1, true))
   end)

   it("explain error codes", function()
      local sentence, alert = core.reason("certificate_expired")
      assert.equal("a certificate has expired", sentence)
      assert.equal("certificate_expired", alert)
      assert.same({ "the operation timed out" }, { core.reason("timeout") })
   end)

   it("know the module's own objects", function()
      assert.equal("certificate", core.type(certificate "rsa"))
      assert.equal("trust", core.type(core.trust()))
      assert.is_nil(core.type({}))
      assert.is_nil(core.type(io.stdout))
      assert.has_error(function() core.type() end)
   end)
end)

describe("certificate objects", function()
   it("tell what they hold", function()
      local rsa = certificate "rsa"
      local list, text = rsa:subject()
      assert.truthy(text:find("CN=localhost", 1, true))
      assert.same({ oid = "2.5.4.3", name = "CN", value = "localhost" }, list[1])
      assert.truthy(select(2, rsa:issuer()):find("CN=Test Root CA", 1, true))
      assert.equal(3, rsa:version())
      assert.truthy(rsa:serial():match("^%x+$"))
      assert.is_true(rsa:not_before() < os.time() and os.time() < rsa:not_after())
      assert.same({
         { type = "DNS", value = "localhost" }, { type = "DNS", value = "example.org" },
         { type = "IP", value = "127.0.0.1" }, { type = "IP", value = "::1" },
      }, rsa:names())
      local key = rsa:public_key()
      assert.equal("RSA", key.type)
      assert.equal(2048, key.bits)
      assert.equal(256, #key.modulus)
      assert.equal("sha256WithRSAEncryption", rsa:signature_algorithm())
      assert.equal(256, #rsa:signature())
      assert.is_false(rsa:is_ca())
      assert.is_nil(rsa:path_length())
      assert.same({ "digitalSignature", "keyEncipherment" }, rsa:key_usage())
      assert.same({ "serverAuth" }, rsa:extended_key_usage())
      assert.is_true(rsa:matches("example.org"))
      assert.is_false(rsa:matches("example.com"))
      assert.is_false(rsa:is_self_signed())
      assert.same({}, rsa:ocsp_uris())
      assert.equal(64, #rsa:fingerprint())
      assert.equal(40, #rsa:fingerprint("sha1"))
      assert.equal(64, #rsa:public_key_fingerprint())
      assert.is_true(#rsa:extensions() >= 3)
      local ec = certificate("ec"):public_key()
      assert.equal("EC", ec.type)
      assert.equal("P-256", ec.curve)
      local ca = certificate "ca"
      assert.is_true(ca:is_ca())
      assert.is_true(ca:is_self_signed())
      assert.is_nil(ca:extended_key_usage())
   end)

   it("come back from their DER and PEM", function()
      local rsa = certificate "rsa"
      assert.is_true(assert(core.certificates(rsa:der()))[1] == rsa)
      assert.is_true(assert(core.certificates(rsa:pem()))[1] == rsa)
      assert.is_false(rsa == certificate "ec")
   end)

   it("are refused as nil, message, code", function()
      local list, message, code = core.certificates("nothing")
      assert.is_nil(list)
      assert.equal("string", type(message))
      assert.equal("bad_pem", code)
      local block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
      assert.equal("bad_certificate", select(3, core.certificates(block)))
   end)

   it("raise on wrong arguments", function()
      local rsa = certificate "rsa"
      assert.has_error(function() core.certificates() end)
      assert.has_error(function() core.certificates(1) end)
      assert.has_error(function() rsa.subject({}) end)
      assert.has_error(function() rsa.subject(core.trust()) end)
      assert.has_error(function() rsa:fingerprint("sha3") end)
      assert.has_error(function() rsa:matches() end)
   end)
end)

describe("key objects", function()
   local digest = ("d"):rep(32)

   it("sign, and match their certificate", function()
      local key = assert(core.key(certificates.rsa.key))
      assert.equal("RSA", key:type())
      assert.equal(2048, key:bits())
      assert.is_nil(key:curve())
      assert.is_false(key:is_external())
      assert.is_true(key:matches(certificate "rsa"))
      assert.is_false(key:matches(certificate "ec"))
      assert.equal(256, #key:sign("sha256", digest))
      assert.equal(256, #key:sign("md5sha1", ("d"):rep(36)))
      local ec = assert(core.key(certificates.ec.key))
      assert.equal("EC", ec:type())
      assert.equal("P-256", ec:curve())
      assert.equal(0x30, ec:sign("sha256", digest):byte())
   end)

   it("fail as nil, message, code", function()
      assert.equal("bad_pem", select(3, core.key(certificates.rsa.certificate)))
      local key = assert(core.key(certificates.rsa.key))
      assert.equal("sign_failed", select(3, key:sign("sha256", "short")))
      assert.has_error(function() key:sign("nonsense", digest) end)
      assert.has_error(function() key:sign("sha256") end)
      assert.equal("illegal_parameter", select(3, key:decrypt("short")))
      assert.equal("bad_key", select(3, assert(core.key(certificates.ec.key)):decrypt(("x"):rep(256))))
   end)

   it("do not tell a wrong padding from a right one", function()
      local key = assert(core.key(certificates.rsa.key))
      local garbage = "\1" .. ("x"):rep(255)
      local a, b = key:decrypt(garbage), key:decrypt(garbage)
      assert.equal(48, #a)
      assert.equal(48, #b)
      assert.not_equal(a, b)
   end)

   it("may be external", function()
      local key = assert(core.external_key(certificate "rsa"))
      assert.is_true(key:is_external())
      assert.is_true(key:matches(certificate "rsa"))
      assert.equal("sign_failed", select(3, key:sign("sha256", digest)))
      assert.equal("bad_key", select(3, key:decrypt(("x"):rep(256))))
   end)

   it("have no method that gives the secret away", function()
      local key, methods = assert(core.key(certificates.rsa.key)), {}
      for name in pairs(getmetatable(key).__index) do methods[#methods + 1] = name end
      table.sort(methods)
      assert.same({ "bits", "curve", "decrypt", "is_external", "matches", "public_key", "sign", "type" }, methods)
   end)
end)

describe("trust stores", function()
   it("count, find and verify", function()
      local store = core.trust()
      assert.same({ 1, 0, 0 }, { store:add(certificates.ca.certificate) })
      assert.same({ 0, 0, 1 }, { store:add(certificates.ca.certificate) })
      assert.equal(1, store:count())
      assert.equal(0, store:skipped())
      assert.is_true(store:contains(certificate "ca"))
      assert.is_false(store:contains(certificate "rsa"))
      assert.is_true(store:certificate(1) == certificate "ca")
      assert.is_nil(store:certificate(2))
      assert.is_nil(store:certificate(0))
      local ok, path = store:verify({ certificate "rsa" }, { server_name = "localhost" })
      assert.is_true(ok)
      assert.equal(2, #path)
      local no, message, code, index = store:verify({ certificate "rsa" }, { server_name = "elsewhere" })
      assert.is_nil(no)
      assert.equal("string", type(message))
      assert.equal("name_mismatch", code)
      assert.equal(1, index)
      assert.equal("certificate_expired", select(3, store:verify({ certificate "rsa" }, { time = 4e9 })))
      assert.equal("wrong_purpose", select(3, store:verify({ certificate "rsa" }, { purpose = "client" })))
      assert.equal("certificate_required", select(3, store:verify({})))
   end)

   it("raise on wrong arguments", function()
      local store = core.trust()
      assert.has_error(function() store:add(1) end)
      assert.has_error(function() store:add_certificate("x") end)
      assert.has_error(function() store:verify("x") end)
      assert.has_error(function() store:verify({ "x" }) end)
      assert.has_error(function() store:verify({ certificate "rsa" }, { purpose = "sport" }) end)
      assert.has_error(function() store:verify({ certificate "rsa" }, { server_name = "a\0b" }) end)
      assert.has_error(function() store:verify({ certificate "rsa" }, { time = 0 / 0 }) end)
   end)
end)

describe("contexts", function()
   it("raise on options of a wrong type, and name them", function()
      for name, value in pairs({
         role = "judge", version_min = "x", version_max = -1, suites = "modern", groups = { "x25519" },
         signature_schemes = { 70000 }, alpn = { "" }, alpn_required = 1, trust = {}, verify = true,
         verify_depth = 1.5, credentials = { {} }, session_cache = -1, session_lifetime = "1", record_size = 1e9,
         client_preference = "no",
      }) do
         local ok, message = pcall(core.context, { [name] = value })
         assert.is_false(ok, name)
         assert.truthy(message:find(name == "credentials" and "credential" or name, 1, true), message)
      end
      assert.has_error(function() core.context() end)
      assert.has_error(function() core.context { credentials = { { chain = { certificate "rsa" } } } } end)
      local key = core.key(certificates.rsa.key)
      assert.has_error(function() core.context { credentials = { { chain = {}, key = key } } } end)
   end)

   it("fail as nil, message, code on values that do not work", function()
      assert.equal("illegal_parameter", select(3, core.context { suites = { 1 } }))
      assert.equal("illegal_parameter", select(3, core.context { version_min = 0x303, version_max = 0x301 }))
      assert.equal("key_mismatch", select(3, core.context { role = "server",
         credentials = { { chain = { certificate "ec" }, key = core.key(certificates.rsa.key) } } }))
   end)

   it("count sessions, forget them, and go by the time they are told", function()
      local context = server_context()
      assert.equal("server", context:role())
      assert.equal(0, context:session_count())
      local client = assert(core.connection(client_context(), { server_name = "localhost" }))
      shake(client, assert(core.connection(context, {})))
      assert.equal(1, context:session_count())
      context:flush_sessions()
      assert.equal(0, context:session_count())
      assert.equal("number", type(context:pooled_buffers()))
      local late = client_context()
      late:set_time(4e9)
      client = assert(core.connection(late, { server_name = "localhost" }))
      assert.equal("certificate_expired", (shake(client, assert(core.connection(context, {})))).code)
      late:set_time()
      client = assert(core.connection(late, { server_name = "localhost" }))
      shake(client, assert(core.connection(context, {})))
      assert.is_true(client:info().established)
      assert.has_error(function() late:set_time("now") end)
   end)
end)

describe("stages", function()
   it("are tables with the RFCs' fields", function()
      local found, log = messages()
      local hello = found["client_hello/sent"]
      assert.equal("TLSv1.2", hello.legacy_version)
      assert.equal(0x0303, hello.legacy_version_id)
      assert.is_nil(hello.version)
      assert.equal(32, #hello.random)
      assert.equal("", hello.session_id)
      assert.equal("string", type(hello.cipher_suites[1].name))
      assert.equal("localhost", hello.server_name)
      assert.same({ "h2", "http/1.1" }, hello.alpn)
      assert.same({ { id = 0, name = "null" } }, hello.compression_methods)
      assert.equal("x25519", hello.supported_groups[1].name)
      assert.is_true(#hello.signature_algorithms > 0)
      assert.is_false(hello.psk_offered)
      assert.is_nil(rawget(hello, "raw"))
      assert.equal(hello.length, #hello.raw)
      assert.equal(1, hello.raw:byte())
      local by_name = {}
      for _, extension in ipairs(hello.extensions) do by_name[extension.name] = extension end
      assert.equal("localhost", by_name.server_name.value)
      assert.same(hello.alpn, by_name.application_layer_protocol_negotiation.value)
      assert.equal("string", type(by_name.supported_groups.raw))

      local reply = found["server_hello/received"]
      assert.equal("TLSv1.2", reply.version)
      assert.equal("http/1.1", reply.alpn)
      assert.is_false(reply.resumed)
      assert.equal("null", reply.compression_method)

      local theirs, ours = found["certificate/received"], found["certificate/sent"]
      assert.equal("server", theirs.whose)
      assert.equal("client", ours.whose)
      assert.is_true(theirs.chain[1] == certificate "rsa")
      assert.is_true(ours.chain[1] == certificate "client_rsa")
      assert.equal(certificate("rsa"):der(), theirs.encoded[1])

      local exchange = found["server_key_exchange/received"]
      assert.equal("ECDHE", exchange.key_exchange)
      assert.equal("x25519", exchange.group)
      assert.equal(32, #exchange.public_point)
      assert.equal(256, #exchange.signature)
      assert.equal("string", type(exchange.signature_algorithm))

      local request = found["certificate_request/received"]
      assert.truthy(request.certificate_authorities[1].text:find("CN=Test Root CA", 1, true))
      assert.equal("CN", request.certificate_authorities[1][1].name)
      assert.is_true(#request.certificate_types > 0)
      assert.is_true(#request.signature_algorithms > 0)

      assert.equal("ECDHE", found["client_key_exchange/sent"].key_exchange)
      assert.equal(32, #found["client_key_exchange/sent"].public_point)
      assert.equal(256, #found["certificate_verify/sent"].signature)
      assert.is_true(found["change_cipher_spec/sent"].changes_protection)
      assert.equal(12, #found["finished/sent"].verify_data)
      assert.equal(12, #found["finished/received"].verify_data)
      local done = found["established/"]
      assert.equal("TLSv1.2", done.version)
      assert.is_true(done.peer_verified)
      assert.is_nil(done.direction)
      for _, message in ipairs(log) do assert.is_nil(message.malformed, message.stage) end
   end)

   it("report the end and its alert", function()
      local client, server = pair(nil, nil, { stage_mask = ALL_STAGES, server_name = "elsewhere" })
      local a, b, client_log, server_log = shake(client, server)
      assert.equal("name_mismatch", a.code)
      assert.equal("alert_bad_certificate", b.code)
      assert.truthy(b.message:find("bad_certificate", 1, true))
      local alert, closed = client_log[#client_log - 1], client_log[#client_log]
      assert.equal("alert", alert.stage)
      assert.equal("fatal", alert.level)
      assert.equal("bad_certificate", alert.description)
      assert.equal(42, alert.description_id)
      assert.equal("closed", closed.stage)
      assert.is_false(closed.clean)
      assert.equal("name_mismatch", closed.code)
      assert.equal("alert_bad_certificate", server_log[#server_log].code)
   end)

   it("report data, and a clean end", function()
      local client, server = pair(nil, nil, { stage_mask = ALL_STAGES })
      shake(client, server)
      assert.equal(5, client:write("hello"))
      client:close()
      server:feed(client:drain())
      local log = {}
      step(server, nil, log)
      assert.equal("application_data", log[1].stage)
      assert.equal(5, log[1].length)
      assert.equal("hello", server:read())
      server:close()
      assert.equal("closed", (step(server, nil, log)))
      assert.equal("closed", log[#log].stage)
      assert.is_true(log[#log].clean)
   end)

   it("are nil when there is none, and watched only when asked for", function()
      local client, server = pair(nil, nil, { stage_mask = 1 })
      assert.is_nil(client:stage())
      assert.is_nil(client:question())
      client:watch(0, 0)
      assert.equal("wantread", (client:step()))
      assert.has_error(function() client:watch() end)
      assert.has_error(function() client:watch(-1, 0) end)
      server:free()
   end)
end)

describe("decisions", function()
   it("are asked with what they are about", function()
      local _, log = messages({})
      local asked = {}
      for _, entry in ipairs(log) do
         if entry.decision then asked[entry.decision] = entry.question end
      end
      assert.is_true(asked.verify.verified)
      assert.equal("ok", asked.verify.verdict)
      assert.is_nil(asked.verify.message)
      assert.is_true(asked.verify.chain[1] == certificate "rsa")
      assert.equal("localhost", asked.verify.server_name)
      assert.truthy(asked.client_certificate.certificate_authorities[1].text:find("CN=Test Root CA", 1, true))
      assert.equal("sha256", asked.sign.hash)
      assert.equal(32, #asked.sign.digest)
      assert.is_true(asked.sign.certificate == certificate "client_rsa")
      assert.truthy(asked.keylog.line:match("^CLIENT_RANDOM %x+ %x+$"))
      assert.equal("session", core.type(asked.session_store.session))
   end)

   it("take explicit answers", function()
      local key = assert(core.key(certificates.rsa.key))
      local chain = { certificate "rsa" }
      local external = { chain = chain, key = assert(core.external_key(chain[1])) }
      local other = server_context { alpn = { "x" }, credentials = { external } }
      local client, server = pair({ alpn = { "x", "y" } }, { credentials = { credential "ec" } },
         { decision_mask = ALL_DECISIONS })
      local stored, asked = {}, {}
      local _, _, log = shake(client, server, {
         select = function(question)
            asked.select = question
            return { context = other, credential = external, alpn = "y", version_min = 0x0303, version_max = 0x0303,
               suites = { core.suite_id("ECDHE-RSA-CHACHA20-POLY1305") } }
         end,
         sign = function(question) return (assert(key:sign(question.hash, question.digest))) end,
         verify = function() return true end,
         session_store = function(question) stored[#stored + 1] = question.session end,
      })
      local info = client:info()
      assert.equal("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", info.cipher_suite)
      assert.equal("y", info.alpn)
      assert.equal("client_hello", asked.select.stage)
      assert.equal("localhost", asked.select.server_name)
      assert.equal(2, #stored)
      assert.is_true(#log > 0)
   end)

   it("may be refused with a code, an alert or a text", function()
      for reason, expected in pairs({
         certificate_revoked = { "certificate_revoked", "alert_certificate_revoked" },
         user_canceled = { "refused", "alert_user_canceled" },
         ["not today"] = { "refused", "alert_access_denied" },
         timeout = { "timeout", "alert_access_denied" },
      }) do
         local client, server = pair(nil, nil, { decision_mask = ALL_DECISIONS })
         client:step()
         server:feed(client:drain())
         assert.equal("decision", (server:step()))
         server:fail(reason)
         local a, b = shake(client, server)
         assert.equal(expected[1], b.code)
         assert.equal(expected[2], a.code)
      end
   end)

   it("keep a failed handler's words", function()
      local client, server = pair()
      client:fail_handler("boom\ntraceback")
      assert.same({ nil, "boom\ntraceback", "handler_error" }, { client:step() })
      server:free()
   end)

   it("tell when nothing waits, and raise on answers of a wrong type", function()
      local client, server = pair(nil, nil, { decision_mask = ALL_DECISIONS })
      assert.equal("unexpected_message", select(3, client:answer(true)))
      client:step()
      server:feed(client:drain())
      assert.equal("decision", (server:step()))
      for _, wrong in ipairs({
         1, "x", true, { context = 1 }, { context = client_context() }, { credential = {} }, { alpn = {} },
         { suites = { "x" } }, { version_min = "x" },
      }) do
         assert.has_error(function() server:answer(wrong) end)
      end
      assert.is_true(server:answer())
      assert.equal("unexpected_message", select(3, server:answer()))
   end)
end)

describe("sessions", function()
   local function session()
      local client, server = established()
      return client:session(), server:session()
   end

   it("export, import, and tell about themselves", function()
      local client = session()
      local copy = assert(core.session_import(client:export()))
      assert.same(client:info().session_id, copy:info().session_id)
      assert.equal(client:id(), copy:id())
      assert.equal("client", copy:info().mode)
      assert.equal("localhost", copy:info().server_name)
      assert.is_true(copy:info().peer_certificates[1] == certificate "rsa")
      assert.equal(client:expires(), copy:expires())
      assert.is_true(copy:resumable())
      assert.equal("bad_session", select(3, core.session_import("nonsense")))
      assert.has_error(function() core.session_import(1) end)
      assert.has_error(function() copy:resumable(1) end)
   end)

   it("resume a connection", function()
      local context, peer = client_context(), server_context()
      local first = assert(core.connection(context, { server_name = "localhost" }))
      shake(first, assert(core.connection(peer, {})))
      local ticket = first:session()
      assert.is_true(ticket:resumable(context))
      assert.is_false(ticket:resumable(context, "elsewhere"))
      first:free()
      local second = assert(core.connection(context, { server_name = "localhost", session = ticket }))
      shake(second, assert(core.connection(peer, {})))
      assert.is_true(second:info().resumed)
      assert.has_error(function() core.connection(context, { session = 1 }) end)
   end)
end)

describe("patterns over data", function()
   local function send(client, server, data)
      assert(client:write(data))
      server:feed(client:drain())
      assert.equal("data", (server:step()))
   end

   it("collect counts across records", function()
      local client, server = established()
      send(client, server, "abc")
      assert.is_nil(server:collect(5))
      send(client, server, "defgh")
      assert.equal("abcde", server:collect(5))
      assert.equal(3, server:buffered())
      assert.equal("", server:collect(0))
      assert.is_nil(server:collect(4))
      assert.equal("fgh", server:collected())
      assert.equal("", server:collected())
      assert.has_error(function() server:collect(-1) end)
      assert.has_error(function() server:collect() end)
   end)

   it("collect lines as LuaSocket does", function()
      local client, server = established()
      send(client, server, "one\r\ntw\ro\nthr")
      assert.equal("one", server:collect_line())
      assert.equal("two", server:collect_line())
      assert.is_nil(server:collect_line())
      send(client, server, "ee\r")
      assert.is_nil(server:collect_line())
      send(client, server, "\n\n")
      assert.equal("three", server:collect_line())
      assert.equal("", server:collect_line())
      assert.is_nil(server:collect_line())
   end)

   it("collect everything", function()
      local client, server = established()
      for i = 1, 5 do
         send(client, server, tostring(i))
         assert.is_nil(server:collect_all())
      end
      -- what one pattern gathered belongs to the next
      assert.equal("12", server:collect(2))
      assert.equal("345", server:collected())
   end)

   it("read and write parts", function()
      local client, server = established()
      assert.equal(4, client:write("abcdef", 3, 4))
      assert.equal(6, client:write("abcdef", -2))
      assert.equal(6, client:write("abcdef", 7))
      assert.equal(0, client:write(""))
      server:feed(client:drain())
      server:step()
      assert.equal("c", server:read(1))
      assert.equal("", server:read(0))
      assert.equal("d", server:read())
      server:step()
      assert.equal("ef", server:read())
      assert.has_error(function() server:read(-1) end)
      assert.has_error(function() client:write(1) end)
      assert.has_error(function() server:feed(1) end)
   end)

   it("say when the output is full", function()
      local client = established()
      local data, first = ("x"):rep(1000000), 0
      while true do
         local last = assert(client:write(data, first + 1))
         if last == first then break end
         first = last
      end
      assert.is_true(first > 0 and first < #data)
      local pending = client:pending_output()
      assert.equal(10, #client:drain(10))
      assert.equal(pending - 10, client:pending_output())
   end)
end)

describe("descriptors", function()
   local socket = require "socket"

   local function sockets()
      local listener = assert(socket.bind("127.0.0.1", 0))
      local _, port = listener:getsockname()
      local a = assert(socket.connect("127.0.0.1", port))
      local b = assert(listener:accept())
      listener:close()
      a:settimeout(0)
      b:settimeout(0)
      return a, b
   end

   local function drive(connection, fd)
      local event, message, code = connection:step()
      connection:flush(fd)
      if event == "wantread" then connection:fill(fd) end
      return event, message, code
   end

   it("carry a handshake and data", function()
      local a, b = sockets()
      local client, server = pair()
      for _ = 1, 1000 do
         drive(client, a:getfd())
         drive(server, b:getfd())
         if client:info().established and server:info().established then break end
      end
      assert.is_true(client:info().established)
      local data = ("0123456789abcdef"):rep(65536)
      local last, pieces, received = 0, {}, 0
      for _ = 1, 100000 do
         if last < #data then
            local done, want, index = client:send_all(a:getfd(), data, last + 1)
            if not done then assert.equal("wantwrite", want) end
            last = done or index
         else
            client:flush(a:getfd())
         end
         drive(server, b:getfd())
         local piece = server:read()
         while piece ~= "" do
            pieces[#pieces + 1] = piece
            received = received + #piece
            if server:step() ~= "data" then break end
            piece = server:read()
         end
         if received == #data then break end
      end
      assert.equal(#data, received)
      assert.is_true(table.concat(pieces) == data)
      a:close()
      local count
      repeat
         count = server:fill(b:getfd())
      until count == 0 or server:step() == nil
      assert.equal("truncated", select(3, server:step()))
      b:close()
   end)

   it("fail as nil, message, code", function()
      local client = pair()
      client:step()
      for _, method in ipairs({ "fill", "flush" }) do
         local ok, message, code = client[method](client, 1000)
         assert.is_nil(ok)
         assert.equal("string", type(message))
         assert.equal("transport", code)
         assert.has_error(function() client[method](client, -1) end)
         assert.has_error(function() client[method](client) end)
      end
      assert.equal("not_ready", select(3, client:send_all(1000, "x")))
      assert.equal("not_ready", select(3, client:write("x")))
   end)

   it("do not raise SIGPIPE", function()
      local a, b = sockets()
      b:close()
      local client = pair()
      client:step()
      local ok, message, code = client:flush(a:getfd())
      for _ = 1, 100 do
         if not ok then break end
         socket.sleep(0.001)
         client = pair()
         client:step()
         ok, message, code = client:flush(a:getfd())
      end
      assert.is_nil(ok)
      assert.equal("string", type(message))
      assert.equal("transport", code)
      a:close()
   end)

   it("are waited for", function()
      local a, b = sockets()
      assert.is_true(core.wait(a:getfd(), "w", 0))
      local start = core.monotonic()
      assert.same({ nil, "timeout" }, { core.wait(a:getfd(), "r", 0.02) })
      assert.is_true(core.monotonic() - start >= 0.02)
      b:send("x")
      assert.is_true(core.wait(a:getfd(), "r"))
      assert.equal("transport", select(3, core.wait(1000, "r", 0)))
      assert.has_error(function() core.wait(a:getfd(), "x", 0) end)
      assert.has_error(function() core.wait("x", "r", 0) end)
      a:close()
      b:close()
   end)
end)

describe("messages", function()
   local TLS12 = { version = 0x0303, suite = 0xC02F }

   it("are parsed as they were seen, and built back", function()
      local found = messages()
      local count = 0
      for name, message in pairs(found) do
         if message.raw and message.stage ~= "alert" and message.stage ~= "change_cipher_spec" then
            local parsed = assert(core.parse_message(message.raw, TLS12))
            assert.equal(message.stage, parsed.stage)
            assert.equal(message.raw, parsed.raw)
            assert.equal(message.length, parsed.length)
            for field, value in pairs(parsed) do
               if type(value) ~= "table" and field ~= "type" and message[field] ~= nil then
                  assert.equal(value, message[field], name .. "." .. field)
               end
            end
            assert.equal(message.raw, assert(core.build_message(parsed)), name)
            count = count + 1
         end
      end
      assert.is_true(count >= 11)
   end)

   it("cannot be parsed from any strict prefix", function()
      for _, message in pairs((messages())) do
         if message.raw and message.stage ~= "change_cipher_spec" and message.stage ~= "alert" then
            for length = 0, #message.raw - 1 do
               local parsed, text, code = core.parse_message(message.raw:sub(1, length), TLS12)
               assert.is_nil(parsed)
               assert.equal("string", type(text))
               assert.is_true(code == "decode_error" or code == "unexpected_message", code)
            end
            assert.is_nil((core.parse_message(message.raw .. "\0", TLS12)))
         end
      end
   end)

   it("are built from names", function()
      local bytes = assert(core.build_message {
         stage = "client_hello", random = ("r"):rep(32), cipher_suites = { "ECDHE-RSA-AES128-GCM-SHA256", 0xC030 },
         server_name = "localhost", alpn = { "h2" }, supported_groups = { "x25519", "P-256" },
         signature_algorithms = { "rsa_pkcs1_sha256" }, supported_versions = { "TLSv1.3", "TLSv1.2" },
         extended_master_secret = true, session_ticket = "ticket", status_request = true, renegotiation_info = "",
         ec_point_formats = { "uncompressed" },
      })
      local hello = assert(core.parse_message(bytes))
      assert.equal("localhost", hello.server_name)
      assert.same({ "h2" }, hello.alpn)
      assert.equal("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", hello.cipher_suites[2].name)
      assert.equal("TLSv1.3", hello.supported_versions[1].name)
      assert.equal("TLSv1.3", hello.maximum_version)
      assert.equal("secp256r1", hello.supported_groups[2].name)
      assert.is_true(hello.extended_master_secret)
      assert.is_true(hello.session_ticket_offered)
      assert.equal(6, hello.session_ticket_length)
      assert.is_true(hello.status_request)
      assert.is_true(hello.secure_renegotiation)
      assert.is_true(hello.has_extensions)
   end)

   it("of every kind are built and parsed", function()
      local point, signature = "\4" .. ("p"):rep(64), ("s"):rep(70)
      local function round(message, options)
         return assert(core.parse_message(assert(core.build_message(message)), options or TLS12))
      end
      assert.equal("server_hello_done", round({ stage = "server_hello_done" }).stage)
      assert.equal("hello_request", round({ type = 0 }).stage)
      local hello = round({ stage = "server_hello", random = ("r"):rep(32), session_id = "id",
         cipher_suite = "AES128-GCM-SHA256" })
      assert.equal(0x009C, hello.cipher_suite_id)
      assert.equal("id", hello.session_id)
      assert.is_false(hello.has_extensions)
      assert.equal("hello_retry_request", round({ stage = "hello_retry_request", cipher_suite = 0x1301,
         extensions = { { name = "supported_versions", raw = "\3\4" }, { id = 51, raw = "\0\29" } } }).stage)
      local exchange = round({ stage = "server_key_exchange", group = "secp256r1", public_point = point,
         signature_algorithm = "rsa_pkcs1_sha256", signature = signature })
      assert.equal("secp256r1", exchange.group)
      assert.equal(signature, exchange.signature)
      assert.equal(point, round({ stage = "client_key_exchange", public_point = point }).public_point)
      local secret = { stage = "client_key_exchange", key_exchange = "RSA", encrypted_premaster = ("e"):rep(256) }
      assert.equal(256, round(secret, { version = 0x0303, suite = 0x009C }).encrypted_premaster_length)
      assert.equal("v", round({ stage = "finished", verify_data = ("v"):rep(12) }).verify_data:sub(1, 1))
      local ticket = round({ stage = "new_session_ticket", lifetime = 300, ticket = "ticket" })
      assert.equal(300, ticket.lifetime)
      assert.equal(6, ticket.ticket_length)
      local status = round({ stage = "certificate_status", status_type = 1, ocsp_response = "ocsp" })
      assert.equal("ocsp", status.ocsp_response)
      local request = round({ stage = "certificate_request", certificate_types = { "rsa_sign", 64 },
         signature_algorithms = { 0x0401 }, certificate_authorities = { "garbage" } })
      assert.equal("ecdsa_sign", request.certificate_types[2].name)
      assert.same({ der = "garbage" }, request.certificate_authorities[1])
      local chain = round({ stage = "certificate", chain = { certificate "rsa", "garbage" } })
      assert.equal(1, #chain.chain)
      assert.equal(2, #chain.encoded)
      local verify = round({ stage = "certificate_verify", signature_algorithm = 0x0401, signature = signature })
      assert.equal(signature, verify.signature)
      local bytes = core.build_message { stage = "alert", level = "fatal", description = "unknown_ca" }
      local alert = assert(core.parse_message(bytes, { type = "alert" }))
      assert.equal("unknown_ca", alert.description)
      assert.equal("change_cipher_spec", core.parse_message("\1", { type = "change_cipher_spec" }).stage)
      assert.equal("\99\0\0\4body", core.build_message { type = 99, body = "body" })
   end)

   it("raise on fields of a wrong type", function()
      for _, message in ipairs({
         {}, { stage = "nonsense" },
         { stage = "client_hello", random = "short" }, { stage = "client_hello", cipher_suites = 1 },
         { stage = "client_hello", cipher_suites = { "nonsense" } }, { stage = "client_hello", extensions = { 1 } },
         { stage = "client_hello", alpn = { 1 } }, { stage = "client_hello", server_name = 1 },
         { stage = "certificate" }, { stage = "certificate", chain = { 1 } },
         { stage = "new_session_ticket", lifetime = -1 }, { stage = "finished", verify_data = 1 },
      }) do
         assert.has_error(function() core.build_message(message) end)
      end
      assert.has_error(function() core.build_message() end)
      assert.has_error(function() core.parse_message() end)
      assert.has_error(function() core.parse_message("x", 1) end)
      assert.has_error(function() core.parse_message("x", { type = "letter" }) end)
      assert.equal("limit_exceeded", select(3, core.build_message {
         stage = "client_hello", random = ("r"):rep(32), session_id = ("x"):rep(256) }))
   end)

   it("never crash on altered bytes", function()
      local found = messages()
      local seed = 12345
      local function random(n)
         seed = (seed * 1103515245 + 12345) % 2147483648
         return math.floor(seed / 65536) % n
      end
      for _, message in pairs(found) do
         local raw = message.raw
         if raw then
            for _ = 1, 100 do
               local at = random(#raw) + 1
               local bytes = raw:sub(1, at - 1) .. string.char(random(256)) .. raw:sub(at + 1)
               local parsed, _, code = core.parse_message(bytes, { version = 0x0301 + random(4), suite = 0xC02F })
               assert.is_true(parsed ~= nil or type(code) == "string")
            end
         end
      end
   end)
end)

describe("objects", function()
   local function all()
      local client, server = established()
      local session = client:session()
      local one = certificate "rsa"
      return {
         certificate = one, key = assert(core.key(certificates.rsa.key)), trust = trust(), context = server_context(),
         session = session, connection = client,
      }, server
   end

   it("have a class, a name and an address", function()
      for class, object in pairs((all())) do
         local meta = getmetatable(object)
         assert.equal("bearssl." .. class, meta.__name)
         assert.truthy(tostring(object):find("^bearssl%." .. class .. ": "), tostring(object))
         assert.equal("function", type(meta.__gc))
         assert.equal("function", type(meta.__close))
      end
      assert.truthy(tostring(certificate "rsa"):find("CN=localhost", 1, true))
   end)

   it("raise when they are closed, and can be closed twice", function()
      local objects = all()
      for class, object in pairs(objects) do
         local meta = getmetatable(object)
         meta.__close(object)
         meta.__close(object)
         meta.__gc(object)
         assert.truthy(tostring(object):find("^bearssl%." .. class .. ": "))
         for name, method in pairs(meta.__index) do
            local ok, result, message, code = pcall(method, object, 1, 2, 3)
            if class == "connection" then
               if ok then
                  assert.is_nil(result, name)
                  assert.is_true(code == "closed" and type(message) == "string" or name == "free", name)
               end
            elseif name ~= "set_time" then
               assert.is_false(ok, class .. ":" .. name)
            end
         end
      end
      assert.has_error(function() core.connection(objects.context, {}) end)
      assert.has_error(function() core.context { trust = objects.trust } end)
      local closed = { chain = { objects.certificate }, key = objects.key }
      assert.has_error(function() core.context { credentials = { closed } } end)
      assert.has_error(function() core.connection(client_context(), { session = objects.session }) end)
   end)

   it("raise on objects of another class", function()
      local objects = all()
      for class, object in pairs(objects) do
         for other, wrong in pairs(objects) do
            if other ~= class then
               for name, method in pairs(getmetatable(object).__index) do
                  assert.is_false((pcall(method, wrong)), class .. "." .. name .. " on " .. other)
               end
               assert.is_false((pcall(getmetatable(object).__gc, wrong)))
            end
         end
         for _, wrong in ipairs({ 1, "x", {}, io.stdout, print }) do
            for _, method in pairs(getmetatable(object).__index) do assert.is_false((pcall(method, wrong))) end
         end
      end
   end)

   it("may be collected in any order", function()
      local function kept(drop)
         local client_side, server_side = client_context(), server_context()
         local client = assert(core.connection(client_side, { server_name = "localhost" }))
         local server = assert(core.connection(server_side, {}))
         if drop == "closed" then
            getmetatable(client_side).__gc(client_side)
            getmetatable(server_side).__gc(server_side)
         end
         return client, server
      end
      for _, drop in ipairs({ "collected", "closed" }) do
         local client, server = kept(drop)
         collectgarbage()
         collectgarbage()
         shake(client, server)
         assert.is_true(client:info().established)
         local chain = client:info().peer_certificates
         local session = client:session()
         client, server = nil, nil -- luacheck: ignore
         collectgarbage()
         collectgarbage()
         assert.is_true(chain[1] == certificate "rsa")
         assert.is_true(session:info().peer_certificates[1] == certificate "rsa")
      end
   end)

   it("keep the context that a select handler gave", function()
      local client, server = pair(nil, nil, { decision_mask = 1 })
      shake(client, server, {
         select = function()
            collectgarbage()
            return { context = server_context { credentials = { credential "ec" } } }
         end,
      })
      collectgarbage()
      collectgarbage()
      assert.is_true(client:info().peer_certificates[1] == certificate "ec")
   end)

   -- Runs f whenever the collector finds something: on Lua 5.1 by a userdata, elsewhere by a table.
   local function on_collection(f)
      local stop
      local function arm()
         if stop then return end
         local function finalize()
            pcall(f)
            arm()
         end
         if newproxy then -- luacheck: ignore
            getmetatable(newproxy(true)).__gc = finalize -- luacheck: ignore
         else
            setmetatable({}, { __gc = finalize })
         end
      end
      arm()
      return function() stop = true end
   end

   it("survive finalizers that call them while they are looked at", function()
      local names = {
         "step", "read", "drain", "free", "close", "info", "stage", "question", "session", "answer", "collect_all",
      }
      for _, name in ipairs(names) do
         local client, server = pair(nil, nil, { stage_mask = ALL_STAGES, decision_mask = ALL_DECISIONS })
         local calls = 0
         local stop = on_collection(function()
            calls = calls + 1
            client[name](client)
            getmetatable(client).__gc(client)
         end)
         collectgarbage("setpause", 1)
         collectgarbage("setstepmul", 1000)
         for _ = 1, 30 do
            pcall(step, client, nil, {})
            server:feed(client:drain() or "")
            pcall(step, server, nil, {})
            client:feed(server:drain() or "")
            pcall(client.info, client)
            pcall(client.collected, client)
         end
         stop()
         collectgarbage("setpause", 200)
         collectgarbage("setstepmul", 200)
         collectgarbage()
         assert.is_true(calls > 0)
      end
   end)
end)

-- The C module's names and its classes: certificates, keys, trust stores, contexts, and what becomes of closed ones.
local core = require "bearssl.core"
local collector = require "spec.support.collector"
local certificates = require "spec.support.certificates"
local shared = require "spec.support.core_pair"

local ALL_STAGES = shared.ALL_STAGES
local ALL_DECISIONS = shared.ALL_DECISIONS
local certificate = shared.certificate
local credential = shared.credential
local trust = shared.trust
local server_context = shared.server_context
local client_context = shared.client_context
local step = shared.step
local shake = shared.shake
local pair = shared.pair
local established = shared.established

describe("bearssl.core", function()
   it("says that it is private, and so does the reference", function()
      assert.matches("^private to bearssl", core._DESCRIPTION)
      local text = assert(require("spec.support.temporary").read("doc/api.md"))
      assert.truthy(text:find("`bearssl.core` is private", 1, true))
   end)
end)

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
      local known = {}
      for _, list in ipairs({ core.groups(), core.schemes() }) do
         for _, entry in ipairs(list) do known[entry.name] = true end
      end
      for _, name in ipairs({ "x25519", "secp521r1", "ffdhe2048", "ffdhe8192", "X25519MLKEM768",
         "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "rsa_pss_rsae_sha256",
         "rsa_pss_pss_sha512", "rsa_pkcs1_sha1", "ecdsa_secp256r1_sha256", "ed25519" }) do
         assert.is_true(known[name], name)
      end
      for _, name in ipairs({ "x448", "MLKEM768", "ed448", "rsa_pkcs1_md5", "dsa_sha256" }) do
         assert.is_nil(known[name], name)
      end
      assert.equal("client_hello", core.stages()[1])
      assert.equal(22, #core.stages())
      assert.equal("select", core.decisions()[1])
      assert.equal(10, #core.decisions())
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

   it("sign by scheme", function()
      local temporary, shell = require "spec.support.temporary", require "spec.support.shell"
      local signed = {
         rsa = { "rsa_pkcs1_sha1", "rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512", "rsa_pss_rsae_sha256",
            "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512" },
         ec = { "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512" },
      }
      local lengths = { sha1 = 20, sha256 = 32, sha384 = 48, sha512 = 64 }
      for name, schemes in pairs(signed) do
         local key = assert(core.key(certificates[name].key))
         local public = temporary.write(assert(key:public_pem()))
         for _, scheme in ipairs(schemes) do
            local hash = scheme:match("_(%w+)$")
            local value = ("d"):rep(lengths[hash])
            local command = { "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-in",
               temporary.write(value), "-sigfile",
               temporary.write(assert(key:sign(scheme, value))),
               "-pkeyopt", "digest:" .. hash }
            if scheme:find("pss") then
               for _, option in ipairs({ "rsa_padding_mode:pss", "rsa_pss_saltlen:digest", "rsa_mgf1_md:" .. hash }) do
                  command[#command + 1] = "-pkeyopt"
                  command[#command + 1] = option
               end
            end
            assert.equal(0, (shell.try(command)), scheme)
            assert.equal("sign_failed", select(3, key:sign(scheme, value .. "d")))
         end
      end
      local key, ec = assert(core.key(certificates.rsa.key)), assert(core.key(certificates.ec.key))
      assert.not_equal(key:sign("rsa_pss_rsae_sha256", digest), key:sign("rsa_pss_rsae_sha256", digest))
      assert.equal("sign_failed", select(3, key:sign("rsa_pss_pss_sha256", digest)))
      assert.equal("sign_failed", select(3, key:sign("ecdsa_secp256r1_sha256", digest)))
      assert.equal("sign_failed", select(3, ec:sign("rsa_pss_rsae_sha256", digest)))
      assert.equal("sign_failed", select(3, ec:sign("rsa_pkcs1_sha256", digest)))
      assert.equal("sign_failed", select(3, ec:sign("ed25519", digest)))
      for _, name in ipairs({ "ed448", "rsa_pkcs1_md5", "md5", "dsa_sha256", "GREASE" }) do
         assert.has_error(function() key:sign(name, digest) end)
      end
   end)

   it("that are for PSS only sign nothing else", function()
      local shell = require "spec.support.shell"
      local pem = shell.run({ "openssl", "genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048" })
      local key = assert(core.key(pem))
      assert.equal("RSA-PSS", key:type())
      assert.equal(256, #key:sign("rsa_pss_pss_sha256", digest))
      for _, name in ipairs({ "rsa_pss_rsae_sha256", "rsa_pkcs1_sha256", "sha256" }) do
         assert.equal("sign_failed", select(3, key:sign(name, digest)))
      end
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

   it("have no method that gives the secret away but those that say so", function()
      local key, methods = assert(core.key(certificates.rsa.key)), {}
      for name in pairs(debug.getmetatable(key).__index) do methods[#methods + 1] = name end
      table.sort(methods)
      -- pem and der give the key away, to whoever asks for that by name; nothing else does.
      assert.same({ "bits", "curve", "decrypt", "der", "is_external", "matches", "pem", "pin", "public_der",
         "public_key", "public_pem", "sign", "type" }, methods)
   end)
end)

describe("trust stores", function()
   it("count, find and verify", function()
      local store = core.trust()
      assert.same({ 1, 0, 0 }, { core.trust_add(store, certificates.ca.certificate) })
      assert.same({ 0, 0, 1 }, { core.trust_add(store, certificates.ca.certificate) })
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
      assert.has_error(function() core.trust_add(store, 1) end)
      assert.has_error(function() core.trust_add_certificate(store, "x") end)
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
      assert.equal("illegal_parameter", (select(3, core.context { credentials = { { chain = {}, key = key } } })))
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
         local meta = debug.getmetatable(object)
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
         local meta = debug.getmetatable(object)
         meta.__close(object)
         meta.__close(object)
         meta.__gc(object)
         assert.truthy(tostring(object):find("^bearssl%." .. class .. ": "))
         for name, method in pairs(meta.__index) do
            local ok, result, message, code = pcall(method, object, 1, 2, 3)
            if class == "connection" then
               if ok then
                  assert.is_nil(result, name)
                  assert.is_true(code == "closed" and type(message) == "string" or name == "free"
                     or name == "renegotiating" or name == "authenticating", name)
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
               for name, method in pairs(debug.getmetatable(object).__index) do
                  assert.is_false((pcall(method, wrong)), class .. "." .. name .. " on " .. other)
               end
               assert.is_false((pcall(debug.getmetatable(object).__gc, wrong)))
            end
         end
         for _, wrong in ipairs({ 1, "x", {}, io.stdout, print }) do
            for _, method in pairs(debug.getmetatable(object).__index) do assert.is_false((pcall(method, wrong))) end
         end
      end
   end)

   it("may be collected in any order", function()
      local function kept(drop)
         local client_side, server_side = client_context(), server_context()
         local client = assert(core.connection(client_side, { server_name = "localhost" }))
         local server = assert(core.connection(server_side, {}))
         if drop == "closed" then
            debug.getmetatable(client_side).__gc(client_side)
            debug.getmetatable(server_side).__gc(server_side)
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
            debug.getmetatable(client).__gc(client)
         end)
         collector.set("pause", 1)
         collector.set("stepmul", 1000)
         for _ = 1, 30 do
            pcall(step, client, nil, {})
            server:feed(client:drain() or "")
            pcall(step, server, nil, {})
            client:feed(server:drain() or "")
            pcall(client.info, client)
            pcall(client.collected, client)
         end
         stop()
         collector.set("pause", 200)
         collector.set("stepmul", 200)
         collectgarbage()
         assert.is_true(calls > 0)
      end
   end)
end)

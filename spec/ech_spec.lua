-- Encrypted ClientHello (RFC 9849) between two of ours: accepted and rejected, in each combination, and what either
-- side shows of it.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"
local tls13 = require "spec.support.tls13"

local PUBLIC_NAME = "beta.example"
local established, shake = tls13.established, tls13.shake

local function keys(options)
   local all = { public_name = PUBLIC_NAME, maximum_name_length = 30 }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.ech.generate(all))
end

-- A server with the hidden name's certificate and the public name's.
local function server(ech_keys, options)
   local all = {
      ech_keys = ech_keys,
      credentials = {
         { certfile = certificates.ec.chainfile, keyfile = certificates.ec.keyfile },
         { certfile = certificates.beta.chainfile, keyfile = certificates.beta.keyfile },
      },
   }
   for name, value in pairs(options or {}) do all[name] = value end
   all.mode = "server"
   return assert(bearssl.context(all))
end

local function client(list, options)
   local all = { ech = list, cafile = certificates.ca.certfile }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.context(all))
end

-- hellos(list) is a handler that keeps the bytes of each ClientHello, and which of the two it is.
local function hellos(list)
   return function(_, message)
      local kind = "plain"
      for _, extension in ipairs(message.extensions) do
         if extension.name == "encrypted_client_hello" then kind = extension.value.type end
      end
      list[#list + 1] = { kind = kind, raw = message.raw, server_name = message.server_name, message = message }
   end
end

local function accepted(a, b)
   assert.equal("accepted", a:info("ech"))
   assert.equal("accepted", b:info("ech"))
   assert.equal("localhost", a:info("server_name"))
   assert.equal("localhost", b:info("server_name"))
   assert.is_true(a:info("peer_verified"))
   assert.equal(a:info("client_random"), b:info("client_random"))
end

local function rejected(result, a)
   assert.equal("ech_required", result.client.code)
   assert.equal("alert_ech_required", result.server.code)
   assert.equal("rejected", a:info("ech"))
   assert.is_nil(a:session())
   assert.is_false(a:info("resumable"))
end

describe("Encrypted ClientHello", function()
   for _, kem in ipairs { "x25519", "secp256r1" } do
      it("hides the name and is accepted, with keys of " .. kem, function()
         local held = keys { kem = kem }
         local sent, received = {}, {}
         local a, b = established(client(held:config_list()), server(held), {
            handlers = { client_hello = hellos(sent) }, server = { handlers = { client_hello = hellos(received) } },
         })
         accepted(a, b)
         assert.same({ "inner", "outer" }, { sent[1].kind, sent[2].kind })
         assert.same({ "outer", "inner" }, { received[1].kind, received[2].kind })
         assert.equal(sent[1].raw, received[2].raw)
         assert.equal(sent[2].raw, received[1].raw)
         assert.equal("localhost", sent[1].server_name)
         assert.equal(PUBLIC_NAME, sent[2].server_name)
         assert.is_nil(sent[2].raw:find("localhost", 1, true))
      end)
   end

   it("has nothing older than TLS 1.3 in the inner hello, whose random is its own", function()
      local held = keys()
      local sent = {}
      established(client(held:config_list()), server(held), { handlers = { client_hello = hellos(sent) } })
      local inner, outer = sent[1].message, sent[2].message
      for _, version in ipairs(inner.supported_versions) do
         assert.is_true(version.name == "TLSv1.3" or version.name == "GREASE", version.name)
      end
      assert.are_not.equal(inner.random, outer.random)
      assert.equal(inner.session_id, outer.session_id)
      for _, extension in ipairs(inner.extensions) do
         for _, name in ipairs { "extended_master_secret", "session_ticket", "renegotiation_info", "ec_point_formats",
            "ech_outer_extensions" } do
            assert.are_not.equal(name, extension.name)
         end
      end
   end)

   it("is as long for each name, and each list of the same", function()
      local held = keys { maximum_name_length = 64 }
      local lengths = {}
      for _, name in ipairs { "a.example", "localhost", "a-very-long-name-of-a-server.example.org", "127.0.0.1" } do
         local sent = {}
         shake(client(held:config_list(), { verify = "none" }), server(held), {
            server_name = name, handlers = { client_hello = hellos(sent) },
         })
         lengths[#sent[2].raw] = true
      end
      local count = 0
      for _ in pairs(lengths) do count = count + 1 end
      assert.equal(1, count)
   end)

   it("goes on with the inner hello after HelloRetryRequest", function()
      local held = keys()
      local sent, received = {}, {}
      local a, b = established(client(held:config_list(), { groups = { "x25519", "secp256r1" }, key_shares = 1 }),
         server(held, { groups = { "secp256r1" }, retry_cookie = true }), {
            handlers = { client_hello = hellos(sent) }, server = { handlers = { client_hello = hellos(received) } },
         })
      accepted(a, b)
      assert.is_true(a:info("hello_retry"))
      local kinds = {}
      for i, hello in ipairs(received) do kinds[i] = hello.kind end
      assert.same({ "outer", "inner", "outer", "inner" }, kinds)
      for _, hello in ipairs(received) do
         if hello.kind == "outer" then assert.is_nil(hello.raw:find("localhost", 1, true)) end
      end
   end)

   it("resumes, and shows nothing of the ticket in the outer hello", function()
      local held = keys()
      local a_context, b_context = client(held:config_list()), server(held)
      local session = tls13.session(a_context, b_context)
      local sent = {}
      local a, b = established(a_context, b_context, {
         session = session, handlers = { client_hello = hellos(sent) },
      })
      accepted(a, b)
      assert.is_true(a:info("resumed"))
      local inner, outer = sent[1].message.extensions, sent[2].message.extensions
      local real, grease = inner[#inner], outer[#outer]
      assert.equal("pre_shared_key", real.name)
      assert.equal("pre_shared_key", grease.name)
      assert.equal(#real.raw, #grease.raw)
      assert.are_not.equal(real.value[1].identity, grease.value[1].identity)
      assert.are_not.equal(real.value.binders[1], grease.value.binders[1])
   end)

   it("resumes after HelloRetryRequest", function()
      local held = keys()
      local a_context = client(held:config_list(), { groups = { "x25519", "secp256r1" } })
      local b_context = server(held, { groups = { "secp256r1" } })
      local session = tls13.session(a_context, b_context)
      local a, b = established(a_context, b_context, { session = session })
      accepted(a, b)
      assert.is_true(a:info("resumed"))
      assert.is_true(a:info("hello_retry"))
   end)

   it("brings early data", function()
      local held = keys()
      local a_context, b_context = client(held:config_list()), server(held, { max_early_data = 1000 })
      local session = tls13.session(a_context, b_context)
      local a, b, result = established(a_context, b_context, { session = session, early_data = "early" })
      accepted(a, b)
      assert.equal("accepted", a:info("early_data"))
      assert.equal("early", result.server.data or b:read() or "")
   end)

   it("shows a client's certificate to the server behind", function()
      local held = keys()
      local a, b = established(
         client(held:config_list(), {
            certfile = certificates.client_ec.certfile, keyfile = certificates.client_ec.keyfile,
         }),
         server(held, { verify = "required", cafile = certificates.ca.certfile }))
      accepted(a, b)
      assert.is_true(b:info("peer_verified"))
   end)

   it("lets `select` see the inner hello's names", function()
      local held = keys()
      local seen
      local a, b = established(client(held:config_list()), server(held, {
         handlers = { select = function(_, message) seen = message.server_name end },
      }))
      accepted(a, b)
      assert.equal("localhost", seen)
   end)

   it("may be given to a connection instead of a context", function()
      local held = keys()
      local a_context = client(nil)
      local a, b = established(a_context, server(held), { ech = held:config_list() })
      accepted(a, b)
      a, b = established(a_context, server(held))
      assert.equal("grease", a:info("ech"))
      assert.equal("rejected", b:info("ech"))
   end)
end)

describe("Encrypted ClientHello that is rejected", function()
   it("tells the configurations to try again with, of whoever proves to have the public name", function()
      local held, old = keys(), keys()
      local a_context, b_context = client(old:config_list()), server(held)
      local a, _, result = shake(a_context, b_context)
      rejected(result, a)
      assert.equal(held:config_list(), a:info("ech_retry_configs"))
      local b
      a, b = established(a_context, b_context, { ech = a:info("ech_retry_configs") })
      accepted(a, b)
   end)

   it("fails with the verdict where nobody proves to have the public name, and tells none", function()
      local held, old = keys(), keys()
      local a, _, result = shake(client(old:config_list()), server(held, {
         credentials = { { certfile = certificates.ec.chainfile, keyfile = certificates.ec.keyfile } },
      }))
      assert.equal("name_mismatch", result.client.code)
      assert.equal("rejected", a:info("ech"))
      assert.is_nil(a:info("ech_retry_configs"))
   end)

   it("tells none where nobody was verified", function()
      local a, _, result = shake(client(keys():config_list(), { verify = "none" }), server(keys()))
      rejected(result, a)
      assert.is_nil(a:info("ech_retry_configs"))
   end)

   it("tells them of VERIFIED peers alone: not of whom a handler or nobody answers for", function()
      local held, old = keys(), keys()
      local ec, beta = certificates.ec, certificates.beta
      local hidden = server(held, { credentials = { { certfile = ec.chainfile, keyfile = ec.keyfile } } })
      local public = server(held, { credentials = { { certfile = beta.chainfile, keyfile = beta.keyfile } } })
      local function told(other, options, handlers)
         local a, _, result = shake(client(old:config_list(), options), other, { handlers = handlers })
         rejected(result, a)
         return a:info "ech_retry_configs"
      end
      local function answering(answer) return { verify = function() return answer end } end
      local other_ca = { cafile = certificates.other_ca.certfile }
      for _, case in ipairs {
         { hidden, nil, answering "accept" }, { hidden, { verify = "none" } }, { hidden, { verify = "report" } },
         { public, other_ca, answering "accept" }, { public, { verify = "none" } },
      } do
         assert.is_nil(told(case[1], case[2], case[3]))
      end
      -- whoever the library finds good is verified, whatever else is said
      for _, handlers in ipairs { {}, answering(true), answering "accept" } do
         assert.equal(held:config_list(), told(public, nil, handlers))
      end
   end)

   it("is what a server without keys, and one of TLS 1.2, does", function()
      for _, options in ipairs { {}, { max_version = "TLSv1.2" } } do
         local sent = {}
         local a, _, result = shake(client(keys():config_list(), {
            certfile = certificates.client_ec.certfile, keyfile = certificates.client_ec.keyfile,
         }), server(nil, options), { handlers = { client_hello = hellos(sent) } })
         rejected(result, a)
         assert.is_nil(a:info("ech_retry_configs"))
         assert.equal(options.max_version or "TLSv1.3", a:info("version"))
         assert.equal(2, #sent)
         assert.is_nil(sent[2].raw:find("localhost", 1, true))
      end
   end)

   for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
      it("shows no certificate of the client's, and asks for none, in " .. version, function()
         local asked, shown = false, nil
         local a, _, result = shake(client(keys():config_list(), {
            certfile = certificates.client_ec.certfile, keyfile = certificates.client_ec.keyfile,
            handlers = {
               client_certificate = function() asked = true end,
               certificate = function(_, message)
                  if message.direction == "sent" then shown = #message.chain end
               end,
            },
         }), server(version == "TLSv1.3" and keys() or nil, {
            verify = "optional", cafile = certificates.ca.certfile, max_version = version,
         }))
         rejected(result, a)
         assert.is_false(asked)
         assert.equal(0, shown)
      end)
   end

   -- RFC 9849 section 6.1.6: a handshake that fails is no secure sign that there is no ECH: not ech_required.
   it("by a server of TLS 1.2 that must have a certificate fails as it says, and no certificate is shown", function()
      local own, shown, asked = certificates.client_ec, nil, false
      for _, suite in ipairs { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256" } do
         local beta, rsa = certificates.beta, certificates.rsa
         local shows = suite:find "ECDSA" and beta or rsa
         local a, b, result = shake(client(keys():config_list(), {
            certfile = own.certfile, keyfile = own.keyfile, suites = { suite, "TLS_AES_128_GCM_SHA256" },
            verify = shows == rsa and "none" or nil,
            handlers = {
               client_certificate = function() asked = true end,
               certificate = function(_, message)
                  if message.direction == "sent" then shown = #message.chain end
               end,
            },
         }), server(nil, { verify = "required", cafile = certificates.ca.certfile, max_version = "TLSv1.2",
            suites = { suite }, credentials = { { certfile = shows.chainfile, keyfile = shows.keyfile } } }))
         assert.is_false(b:info "established")
         assert.equal("certificate_required", result.server.code)
         assert.equal("alert_handshake_failure", result.client.code)
         assert.truthy(result.client.message:find("rejected the Encrypted ClientHello", 1, true),
            result.client.message)
         assert.equal("rejected", a:info "ech")
         assert.is_nil(a:info "ech_retry_configs")
         assert.is_false(asked)
         assert.equal(0, shown)
      end
   end)

   it("happens after HelloRetryRequest too, with the same extension once more", function()
      local sent = {}
      local held = keys()
      local a, _, result = shake(client(keys():config_list(), { groups = { "x25519", "secp256r1" } }),
         server(held, { groups = { "secp256r1" } }), { handlers = { client_hello = hellos(sent) } })
      rejected(result, a)
      assert.equal(held:config_list(), a:info("ech_retry_configs"))
      assert.equal(3, #sent)
      local function extension(hello)
         for _, one in ipairs(hello.message.extensions) do
            if one.name == "encrypted_client_hello" then return one.raw end
         end
      end
      assert.equal(extension(sent[2]), extension(sent[3]))
      assert.equal(sent[2].message.random, sent[3].message.random)
      assert.equal(PUBLIC_NAME, sent[3].server_name)
   end)

   it("keeps psk_key_exchange_modes after HelloRetryRequest, whose keys are offered no more", function()
      local sent = {}
      local c = client(keys():config_list(), { tickets = false, groups = { "x25519", "secp256r1" } })
      local handlers = { client_hello = hellos(sent),
         psk = function() return { identity = "x", key = ("k"):rep(32) } end }
      local a, _, result = shake(c, server(keys(), { groups = { "secp256r1" } }), { handlers = handlers })
      rejected(result, a)
      local function names(hello)
         local all = {}
         for _, one in ipairs(hello.message.extensions) do all[one.name] = true end
         return all
      end
      assert.equal(3, #sent)
      for i = 2, 3 do assert.is_true(names(sent[i]).psk_key_exchange_modes, i) end
      assert.is_true(names(sent[2]).pre_shared_key)
      assert.is_nil(names(sent[3]).pre_shared_key)
   end)

   it("keeps sessions and early data from the one that rejects", function()
      local held, stored = keys(), 0
      local a_context = client(held:config_list(), {
         handlers = { session_store = function() stored = stored + 1 end },
      })
      local session = tls13.session(a_context, server(held, { max_early_data = 1000 }))
      stored = 0
      local sent = {}
      local other = server(keys(), { max_early_data = 1000 })
      local a, b, result = shake(a_context, other, {
         session = session, early_data = "secret", handlers = { client_hello = hellos(sent) },
      })
      rejected(result, a)
      assert.equal("rejected", a:info("early_data"))
      assert.equal("", b:read() or "")
      assert.equal(0, stored)
   end)

   it("does not hold the pins of the server behind against the other one", function()
      local held = keys()
      local a, _, result = shake(client(keys():config_list(), {
         pins = { assert(bearssl.certificate.load(certificates.ec.certificate))[1]:public_key_fingerprint "sha256" },
      }), server(held))
      rejected(result, a)
      assert.equal(held:config_list(), a:info("ech_retry_configs"))
   end)
end)

describe("keys for Encrypted ClientHello", function()
   it("are still accepted after they were rotated, and no longer published", function()
      local held = keys()
      local b_context, first = server(held), held:config_list()
      assert(held:rotate { public_name = PUBLIC_NAME })
      local second = held:config_list()
      assert.are_not.equal(first, second)
      for _, list in ipairs { first, second } do accepted(established(client(list), b_context)) end
      assert.equal(2, held:count())
      local a, _, result = shake(client(keys():config_list()), b_context)
      rejected(result, a)
      assert.equal(second, a:info("ech_retry_configs"))
   end)

   it("are kept, the newest, up to eight", function()
      local held = keys()
      local first = held:config_list()
      for _ = 1, 8 do assert(held:rotate { public_name = PUBLIC_NAME }) end
      assert.equal(8, held:count())
      rejected(select(3, shake(client(first), server(held))), shake(client(first), server(held)))
   end)

   it("go to a file and come back", function()
      for _, kem in ipairs { "x25519", "secp256r1" } do
         local held = keys { kem = kem }
         local back = assert(bearssl.ech.load(held:pem()))
         assert.equal(held:config_list(), back:config_list())
         accepted(established(client(held:config_list()), server(back)))
         assert(back:rotate { public_name = PUBLIC_NAME })
         assert.equal(held:pem(), back:pem(true))
      end
   end)

   it("are refused where the file is none", function()
      local pem = keys():pem()
      local private, config = pem:match "^(.-)(%-%-%-%-%-BEGIN ECHCONFIG.*)$"
      for _, case in ipairs {
         { "", "bad_pem" }, { private, "bad_pem" }, { config, "bad_pem" },
         { certificates.ec.key .. config, "bad_key" }, { certificates.rsa.key .. config, "unsupported_key" },
         { private .. keys():pem():match "(%-%-%-%-%-BEGIN ECHCONFIG.*)$", "bad_key" },
         { private .. "-----BEGIN ECHCONFIG-----\nAAT+DQAB\n-----END ECHCONFIG-----\n", "bad_ech_config" },
      } do
         local held, message, code = bearssl.ech.load(case[1])
         assert.is_nil(held)
         assert.equal(case[2], code, message)
      end
   end)

   it("say what is in a list", function()
      local held = keys { kem = "secp256r1" }
      assert(held:add { public_name = "other.example", maximum_name_length = 7 })
      local list = assert(bearssl.ech.configs(held:config_list()))
      assert.equal(2, #list)
      assert.equal("other.example", list[1].public_name)
      assert.equal(7, list[1].maximum_name_length)
      assert.equal(0x20, list[1].kem)
      assert.equal(0x10, list[2].kem)
      assert.equal(0xfe0d, list[2].version)
      assert.equal(65, #list[2].public_key)
      assert.is_true(list[2].usable)
      assert.same({ { kdf = 1, aead = 1 }, { kdf = 1, aead = 2 }, { kdf = 1, aead = 3 } }, list[1].suites)
   end)

   it("refuse a public name that is none, and more than a file may have", function()
      for _, name in ipairs { "", "a..b", "-a.example", "1.2.3.4", "a.0x1f", "a.example.", "a_b.example",
         ("a"):rep(64) .. ".example" } do
         local held, message, code = bearssl.ech.generate { public_name = name }
         assert.is_nil(held, name)
         assert.equal("bad_name", code, message)
      end
      assert.has_error(function() bearssl.ech.generate {} end)
      assert.has_error(function() bearssl.ech.generate { public_name = "a.example", kem = "x448" } end)
   end)
end)

-- One ECHConfig, of parts that a test may damage.
local function config(options)
   local function u16(n) return string.char(math.floor(n / 256), n % 256) end
   local name = options.public_name or PUBLIC_NAME
   local key = options.public_key or ("\9" .. ("\0"):rep(31))
   local suites = options.suites or "\0\1\0\1"
   local extensions = options.extensions or ""
   local contents = "\7" .. u16(options.kem or 0x20) .. u16(#key) .. key .. u16(#suites) .. suites .. "\0"
      .. string.char(#name) .. name .. u16(#extensions) .. extensions
   return u16(options.version or 0xfe0d) .. u16(#contents) .. contents
end

local function list_of(...)
   local all = table.concat { ... }
   return string.char(math.floor(#all / 256), #all % 256) .. all
end

describe("a list of configurations", function()
   local good = config {}

   it("is refused with what is wrong, where none can be used", function()
      for text, list in pairs {
         ["damaged"] = list_of(good):sub(1, -2),
         ["version"] = list_of(config { version = 0xfe0c }),
         ["mandatory"] = list_of(config { extensions = "\128\1\0\0" }),
         ["KEM"] = list_of(config { kem = 0x21 }),
         ["key that is not of it"] = list_of(config { public_key = "\1" }),
         ["public name"] = list_of(config { public_name = "127.0.0.1" }),
         ["KDF and AEAD"] = list_of(config { suites = "\0\2\0\1\0\1\0\9" }),
      } do
         local context, message, code = bearssl.context { ech = list }
         assert.is_nil(context)
         assert.equal("bad_ech_config", code)
         assert.truthy(message:find(text, 1, true), message)
         local connection
         connection, message, code = assert(bearssl.context {}):connection { server_name = "localhost", ech = list }
         assert.is_nil(connection)
         assert.equal("bad_ech_config", code)
         assert.truthy(message:find(text, 1, true), message)
      end
   end)

   it("has the first taken that can be", function()
      local held = keys()
      local real = held:config_list():sub(3)
      local list = list_of(config { version = 1, kem = 9 }, config { kem = 0x99 }, config { extensions = "\255\1\0\0" },
         config { public_name = "1.2.3" }, real, good)
      accepted(established(client(list), server(held)))
   end)

   it("may have extensions that need not be known", function()
      local context = assert(bearssl.context { ech = list_of(config { extensions = "\1\1\0\2ab\2\2\0\0" }) })
      assert.truthy(context)
      assert.is_nil((bearssl.context { ech = list_of(config { extensions = "\1\1\0\0\1\1\0\0" }) }))
   end)
end)

describe("GREASE for Encrypted ClientHello", function()
   it("is sent by default, and the same after HelloRetryRequest", function()
      local sent = {}
      local a = established(client(nil, { groups = { "x25519", "secp256r1" } }),
         server(nil, { groups = { "secp256r1" } }), { handlers = { client_hello = hellos(sent) } })
      assert.equal("grease", a:info("ech"))
      assert.equal("outer", sent[1].kind)
      local function extension(hello)
         for _, one in ipairs(hello.message.extensions) do
            if one.name == "encrypted_client_hello" then return one.raw end
         end
      end
      assert.equal(extension(sent[1]), extension(sent[2]))
   end)

   it("is not sent without TLS 1.3, nor where grease = false", function()
      for _, options in ipairs { { max_version = "TLSv1.2" }, { grease = false } } do
         local sent = {}
         local a, b = established(client(nil, options), server(keys()), { handlers = { client_hello = hellos(sent) } })
         assert.equal("none", a:info("ech"))
         assert.equal("none", b:info("ech"))
         assert.equal("plain", sent[1].kind)
      end
   end)

   it("goes by a server that has keys, whose configurations are not kept", function()
      local held = keys()
      local told
      local a, b = established(client(nil), server(held), { handlers = {
         encrypted_extensions = function(_, message)
            for _, one in ipairs(message.extensions) do
               if one.name == "encrypted_client_hello" then told = one.value end
            end
         end,
      } })
      assert.equal(held:config_list(), told)
      assert.is_nil(a:info("ech_retry_configs"))
      assert.equal("rejected", b:info("ech"))
   end)
end)

describe("a server behind the one that opens hellos", function()
   -- What stands in front of it opens the hello, and forwards everything else: here the client tells the inner hello.
   local function record(bytes)
      return "\22\3\1" .. string.char(math.floor(#bytes / 256), #bytes % 256) .. bytes
   end

   local function split(a_context, b_context)
      local inner = {}
      local function keep(_, message)
         if message.ech == "inner" then inner[#inner + 1] = message.raw end
      end
      local a = assert(a_context:connection { server_name = "localhost", handlers = { client_hello = keep } })
      local b = assert(b_context:connection())
      for round = 1, 2 do
         if a:step() ~= "wantread" then break end
         if inner[round] then
            a:drain()
            b:feed(record(inner[round]))
            b:step()
            a:feed(b:drain())
            a:step()
         end
      end
      return a, b, pump(a, b)
   end

   it("says that it took the inner hello, after HelloRetryRequest too", function()
      local held = keys()
      for _, groups in ipairs { { "x25519" }, { "secp256r1" } } do
         local a, b = split(client(held:config_list(), { groups = { "x25519", "secp256r1" } }),
            server(nil, { ech_backend = true, groups = groups }))
         assert.is_true(a:info("established"))
         accepted(a, b)
         assert.equal(groups[1] == "secp256r1", a:info("hello_retry"))
      end
   end)

   it("refuses an outer hello, as one that opens hellos refuses an inner one", function()
      local held = keys()
      local a, _, result = shake(client(held:config_list()), server(nil, { ech_backend = true }))
      assert.equal("illegal_parameter", result.server.code)
      assert.equal("alert_illegal_parameter", result.client.code)
      assert.equal("offered", a:info("ech"))
      local _, _, other = split(client(held:config_list()), server(held))
      assert.equal("illegal_parameter", other.server.code)
   end)
end)

describe("keys and lists of Encrypted ClientHello", function()
   local function has(text, part)
      assert.truthy(tostring(text):find(part, 1, true), ("%q is missing in\n%s"):format(part, tostring(text)))
   end

   it("are read from a file, as from its content", function()
      local temporary = require "spec.support.temporary"
      local held = keys()
      local path = temporary.write(held:pem())
      assert.equal(held:config_list(), assert(bearssl.ech.open(path)):config_list())
      local none, message, code = bearssl.ech.open(path .. ".not")
      assert.is_nil(none)
      assert.equal("file_unreadable", code)
      has(message, path .. ".not")
      none, message, code = bearssl.ech.open(certificates.ec.keyfile)
      assert.is_nil(none)
      assert.equal("bad_pem", code)
      has(message, certificates.ec.keyfile .. ": ")
      has(message, "no ECHCONFIG")
      assert.is_false((pcall(bearssl.ech.open)))
      assert.is_false((pcall(bearssl.ech.open, path, "more")))
   end)

   it("say what is missing where a path, a key alone, base64 or PEM is given", function()
      local held = keys()
      local _, message = bearssl.ech.load("ech.pem")
      has(message, "the path to bearssl.ech.open")
      local key = assert(bearssl.key.generate("secp256r1")):pem()
      for _, got in ipairs { { bearssl.ech.load(key) }, { held:add(key) }, { held:rotate(key) } } do
         assert.is_nil(got[1])
         has(got[2], "no ECHCONFIG")
      end
      local base64 = held:pem():match "BEGIN ECHCONFIG%-%-%-%-%-%s+(.-)%s+%-%-%-%-%-END"
      for _, list in ipairs { base64, "ech=" .. base64 } do
         has(select(2, bearssl.context { ech = list }), "decode it first")
      end
      has(select(2, bearssl.ech.check(held:pem())), "it is PEM")
      _, message = bearssl.ech.generate { public_name = "not a name" }
      has(message, '"not a name"')
      has(select(2, pcall(bearssl.context, { mode = "server", ech_keys = "x" })),
         "an ECH keys object, of bearssl.ech.load")
      assert.is_false((pcall(held.pem, held, "x")))
   end)

   it("come back as they were: those that were only accepted, rotated away by the current ones", function()
      local old, new = keys(), keys()
      local held = assert(bearssl.ech.load(old:pem()))
      assert(held:rotate(new:pem()))
      local restarted = assert(bearssl.ech.load(held:pem(true)))
      assert(restarted:rotate(held:pem()))
      assert.equal(new:config_list(), restarted:config_list())
      assert.equal(2, restarted:count())
   end)

   it("are not used by a connection with ech = false", function()
      local held = keys()
      local a, b = established(client(held:config_list()), server(held), { ech = false })
      assert.equal("grease", a:info("ech"))
      assert.equal("localhost", b:info("server_name"))
      a = established(client(held:config_list(), { grease = false }), server(held), { ech = false })
      assert.equal("none", a:info("ech"))
      assert(client(held:config_list()):connection { server_name = "localhost", ech = false, max_version = "TLSv1.2" })
   end)

   it("are never left aside by a connection of an older version", function()
      local held = keys()
      for _, options in ipairs { { max_version = "TLSv1.2" }, { max_version = "TLSv1.2", fallback_scsv = true } } do
         options.server_name = "localhost"
         local ok, message = pcall(function() return client(held:config_list()):connection(options) end)
         assert.is_false(ok)
         has(message, "'ech' is of TLS 1.3")
      end
      local ok, message = pcall(function() return server(held):connection { max_version = "TLSv1.2" } end)
      assert.is_false(ok)
      has(message, "'ech_keys' are of TLS 1.3")
   end)

   it("are told where the server has none, and no certificate for the public name", function()
      local held = keys { public_name = "front.example" }
      local _, _, result = shake(client(held:config_list()), server(nil))
      has(result.client.message, "rejected Encrypted ClientHello")
      has(result.client.message, "front.example")
   end)
end)

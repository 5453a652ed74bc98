-- The C module's messages: parsed and built.
local core = require "bearssl.core"
local shared = require "spec.support.core_pair"

local certificate = shared.certificate
local messages = shared.messages

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
      assert.equal("TLSv1.3", hello.max_version)
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
      local dhe = { version = 0x0303, suite = 0x009E }
      exchange = round({ stage = "server_key_exchange", key_exchange = "DHE", dh_p = "\0" .. ("p"):rep(256),
         dh_g = "\2", dh_Ys = ("y"):rep(256), signature_algorithm = "rsa_pkcs1_sha256", signature = signature }, dhe)
      assert.equal("DHE", exchange.key_exchange)
      assert.equal(2047, exchange.dh_bits)
      assert.is_nil(exchange.group)
      assert.equal("\0" .. ("p"):rep(256), exchange.dh_p)
      assert.equal("\2", exchange.dh_g)
      assert.equal(("y"):rep(256), exchange.dh_Ys)
      assert.equal(signature, exchange.signature)
      assert.equal("c", round({ stage = "client_key_exchange", key_exchange = "DHE", dh_Yc = "c" }, dhe).dh_Yc)
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

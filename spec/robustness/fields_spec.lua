-- A peer whose messages are well formed but say what must not be said: values that were not offered, that do not
-- exist, or that this context does not allow. The code and the alert are those of RFC 5246 section 7.2.2 and of the
-- extensions' own documents.
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local hostile = require "spec.robustness.hostile"
local pump = require "spec.support.pump"

local OTHER = { client = "server", server = "client" }
local SUITE = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"

describe("a peer that says what must not be said", function()
   local contexts

   setup(function()
      contexts = {}
      contexts.client, contexts.server = hostile.contexts({ alpn = { "h2", "http/1.1" }, suites = { SUITE } },
         { alpn = { "h2" }, suites = { SUITE } })
   end)
   teardown(function() contexts = nil end)

   -- changes one message by its fields; expects code and alert at the other side.
   local function says(attacker, name, change, code, alert, which)
      local victim = OTHER[attacker]
      local result = hostile.run({ contexts = which or contexts, attacker = attacker, edit = function(items)
         local index = hostile.find(items, name)
         if not index then return items end
         local item = items[index]
         local raw = pump.message(item.type, item.body)
         local parsed = assert(core.parse_message(raw, { version = 0x0303, suite = core.suite_id(SUITE) }))
         local replacement = change(parsed, item.body)
         if type(replacement) == "string" then
            items[index] = hostile.message(item.type, replacement)
         else
            local bytes = assert(core.build_message(parsed))
            items[index] = hostile.message(item.type, bytes:sub(5))
         end
         return items
      end })
      local side = result[victim]
      assert.is_nil(side.status, "the victim goes on")
      assert.equal(code, side.code, side.message)
      assert.equal(alert or code, hostile.alert(result, victim), side.message)
      assert.is_false(side.info.established)
      return result
   end

   -- the list of extensions with one more, or with one replaced
   local function extension(parsed, id, raw)
      for index, entry in ipairs(parsed.extensions) do
         if entry.id == id then
            table.remove(parsed.extensions, index)
            if raw then table.insert(parsed.extensions, index, { id = id, raw = raw }) end
            return
         end
      end
      if raw then parsed.extensions[#parsed.extensions + 1] = { id = id, raw = raw } end
   end

   it("nothing at all: a message that is parsed and built again is the same", function()
      local result = hostile.run({ contexts = contexts, attacker = "server", edit = function(items)
         for index, item in ipairs(items) do
            if item.kind == "message" then
               local raw = pump.message(item.type, item.body)
               local parsed = assert(core.parse_message(raw, { version = 0x0303, suite = core.suite_id(SUITE) }))
               assert.equal(raw, assert(core.build_message(parsed)))
               items[index] = hostile.message(item.type, raw:sub(5))
            end
         end
         return items
      end })
      assert.is_true(result.client.info.established, result.client.message)
      assert.is_true(result.server.info.established)
   end)

   describe("as a server, in ServerHello:", function()
      it("another version", function()
         for _, version in ipairs({ 0x0300, 0x0301, 0x0302, 0x0304 }) do
            says("server", "server_hello", function(m) m.legacy_version_id = version end, "no_common_version",
               "protocol_version")
         end
      end)
      it("a suite that was not offered, or that does not exist", function()
         for _, suite in ipairs({ 0xC02C, 0x002F, 0x0000, 0x00FF, 0x1301, 0x5600, 0xFFFF }) do
            says("server", "server_hello", function(m) m.cipher_suite_id = suite end, "illegal_parameter")
         end
      end)
      it("compression", function()
         says("server", "server_hello", function(m) m.compression_method_id = 1 end, "illegal_parameter")
      end)
      it("an extension that was not offered", function()
         local which = {}
         which.client, which.server = hostile.contexts({ suites = { SUITE } }, {
            suites = { SUITE }, tickets = false, extended_master_secret = false,
         })
         for _, id in ipairs({ 35, 23, 22, 13172, 0xFFFF }) do
            says("server", "server_hello", function(m) extension(m, id, "") end, "unsupported_extension", nil, which)
         end
      end)
      it("an extension twice", function()
         says("server", "server_hello", function(m)
            m.extensions[#m.extensions + 1] = m.extensions[1]
         end, "illegal_parameter")
      end)
      it("a protocol that was not offered, or two, or none", function()
         says("server", "server_hello", function(m) extension(m, 16, "\0\9\8http/1.1") end, "illegal_parameter")
         says("server", "server_hello", function(m) extension(m, 16, "\0\6\2h2\2h2") end, "decode_error")
         says("server", "server_hello", function(m) extension(m, 16, "\0\0") end, "decode_error")
         says("server", "server_hello", function(m) extension(m, 16, "\0\1\0") end, "decode_error")
      end)
      it("a renegotiation that never was", function()
         says("server", "server_hello", function(m) extension(m, 0xFF01, "\12abcdefghijkl") end,
            "renegotiation_mismatch", "handshake_failure")
         says("server", "server_hello", function(m) extension(m, 0xFF01, "\5abc") end, "decode_error")
      end)
      it("a server name with content", function()
         says("server", "server_hello", function(m) extension(m, 0, "x") end, "decode_error")
      end)
      it("a session ID that is too long", function()
         says("server", "server_hello", function(_, body)
            return body:sub(1, 34) .. "\33" .. ("s"):rep(33) .. body:sub(36 + body:byte(35))
         end, "decode_error")
      end)
   end)

   describe("as a server, in ServerKeyExchange:", function()
      local name = "server_key_exchange"
      it("a group that was not offered", function()
         for _, group in ipairs({ 0, 19, 30, 0xFFFF }) do
            says("server", name, function(m) m.group_id = group end, "illegal_parameter")
         end
      end)
      it("explicit curves", function()
         says("server", name, function(_, body) return "\1" .. body:sub(2) end, "illegal_parameter")
      end)
      it("a scheme that was not offered, or for another kind of key", function()
         for _, scheme in ipairs({ 0x0101, 0x0000, 0xFFFF }) do
            says("server", name, function(m) m.signature_algorithm_id = scheme end, "illegal_parameter")
         end
         local victim = hostile.run({ contexts = contexts, attacker = "server", edit = function(items)
            local index = hostile.find(items, name)
            if index then
               local parsed = assert(core.parse_message(pump.message(12, items[index].body),
                  { version = 0x0303, suite = core.suite_id(SUITE) }))
               parsed.signature_algorithm_id = 0x0401
               items[index] = hostile.message(12, core.build_message(parsed):sub(5))
            end
         end }).client
         assert.is_nil(victim.status)
         assert.is_string(victim.code)
      end)
      it("a signature of something else", function()
         says("server", name, function(m)
            m.signature = m.signature:sub(1, -2) .. string.char((m.signature:byte(-1) + 1) % 256)
         end, "bad_signature", "decrypt_error")
         says("server", name, function(m)
            m.public_point = m.public_point:sub(1, -2) .. string.char((m.public_point:byte(-1) + 1) % 256)
         end, "bad_signature", "decrypt_error")
         says("server", name, function(m) m.signature = "" end, "bad_signature", "decrypt_error")
         says("server", name, function(m) m.signature = ("\48"):rep(1000) end, "limit_exceeded", "decode_error")
      end)
      it("a point that is too long or missing", function()
         for _, point in ipairs({ "", ("\4"):rep(255) }) do
            local result = hostile.run({ contexts = contexts, attacker = "server", edit = function(items)
               local index = hostile.find(items, name)
               if index then
                  local parsed = assert(core.parse_message(pump.message(12, items[index].body),
                     { version = 0x0303, suite = core.suite_id(SUITE) }))
                  parsed.public_point = point
                  items[index] = hostile.message(12, core.build_message(parsed):sub(5))
               end
            end })
            assert.is_nil(result.client.status)
            assert.is_true(result.client.code == "decode_error" or result.client.code == "illegal_parameter"
               or result.client.code == "bad_signature", result.client.code)
            assert.is_string(hostile.alert(result, "client"))
         end
      end)
   end)

   describe("as a server, in Certificate:", function()
      it("no certificate", function()
         says("server", "certificate", function() return "\0\0\0" end, "decode_error")
      end)
      it("garbage", function()
         says("server", "certificate", function() return "\0\0\7\0\0\4abcd" end, "bad_certificate")
         says("server", "certificate", function() return "\0\0\3\0\0\0" end, "decode_error")
      end)
      it("a certificate with a byte changed", function()
         local code = hostile.run({ contexts = contexts, attacker = "server", edit = function(items)
            local index = hostile.find(items, "certificate")
            if index then
               local body = items[index].body
               items[index] = hostile.message(11, body:sub(1, -20) .. string.char((body:byte(-19) + 1) % 256)
                  .. body:sub(-18))
            end
         end }).client.code
         assert.is_true(code == "bad_certificate_signature" or code == "bad_certificate", code)
      end)
      it("a hundred certificates", function()
         says("server", "certificate", function(m)
            for _ = 1, 100 do m.encoded[#m.encoded + 1] = m.encoded[1] end
         end, "limit_exceeded", "decode_error")
      end)
      it("a certificate for a key that another suite needs", function()
         local rsa = assert(core.certificates(certificates.rsa.certificate))
         says("server", "certificate", function(m)
            m.encoded, m.chain = nil, rsa
         end, "wrong_purpose", "unsupported_certificate")
      end)
   end)

   describe("as a client, in ClientHello:", function()
      local function hello(change, code, alert)
         return says("client", "client_hello", change, code, alert)
      end
      it("no common version", function()
         for _, version in ipairs({ 0x0300, 0x0301, 0x0302, 0x0000, 0x0200 }) do
            hello(function(m) m.legacy_version_id = version end, "no_common_version", "protocol_version")
         end
         hello(function(m) extension(m, 43, "\2\3\4") end, "no_common_version", "protocol_version")
      end)
      it("no suites, or none that is known", function()
         hello(function(m) m.cipher_suites = {} end, "decode_error")
         hello(function(m) m.cipher_suites = { 0x1301, 0x0A0A, 0xC02C } end, "no_common_suite", "handshake_failure")
      end)
      it("no null compression", function()
         hello(function(m) m.compression_methods = { 1 } end, "illegal_parameter")
         hello(function(m) m.compression_methods = {} end, "decode_error")
      end)
      it("a session ID that is too long", function()
         hello(function(_, body)
            return body:sub(1, 34) .. "\33" .. ("s"):rep(33) .. body:sub(36 + body:byte(35))
         end, "decode_error")
      end)
      it("an extension twice", function()
         hello(function(m) m.extensions[#m.extensions + 1] = m.extensions[1] end, "illegal_parameter")
      end)
      it("a host name that is none", function()
         local function name(text)
            local host = "\0" .. string.char(0, #text) .. text
            return string.char(0, #host) .. host
         end
         for _, text in ipairs({ "a b", "evil\0.example", "x/../y", "\255\254", ("a"):rep(64) .. ".example", "." }) do
            hello(function(m) extension(m, 0, name(text)) end, "illegal_parameter")
         end
         hello(function(m) extension(m, 0, "\0\0") end, "decode_error")
         hello(function(m) extension(m, 0, name("")) end, "decode_error")
      end)
      it("no common protocol", function()
         hello(function(m) extension(m, 16, "\0\5\4spdy") end, "no_application_protocol")
         hello(function(m) extension(m, 16, "\0\1\0") end, "decode_error")
         hello(function(m) extension(m, 16, "\0\9\2h2") end, "decode_error")
      end)
      it("no common group or scheme", function()
         hello(function(m) extension(m, 10, "\0\2\0\30") end, "no_common_group", "handshake_failure")
         hello(function(m) extension(m, 13, "\0\2\4\1") end, "no_usable_credential", "handshake_failure")
         hello(function(m) extension(m, 13, "\0\2\8\8") end, "no_common_signature_algorithm", "handshake_failure")
         hello(function(m) extension(m, 10, "\0\0") end, "decode_error")
         hello(function(m) extension(m, 13, "\0\0") end, "decode_error")
         hello(function(m) extension(m, 10, "\0\3\0\29\0") end, "decode_error")
      end)
      it("no uncompressed points", function()
         local result = hostile.run({ contexts = contexts, attacker = "client", edit = function(items)
            local index = hostile.find(items, "client_hello")
            if index then
               local parsed = assert(core.parse_message(pump.message(1, items[index].body)))
               extension(parsed, 11, "\1\1")
               items[index] = hostile.message(1, core.build_message(parsed):sub(5))
            end
         end })
         assert.is_false(result.server.info.established) -- the transcripts differ at the latest
      end)
      it("a renegotiation that never was", function()
         hello(function(m) extension(m, 0xFF01, "\12abcdefghijkl") end, "renegotiation_mismatch",
            "handshake_failure")
      end)
      it("a fallback that was not needed", function()
         local low, high = hostile.contexts({ suites = { SUITE, "compatible" }, min_version = "TLSv1.0" },
            { suites = { "compatible" }, min_version = "TLSv1.0", max_version = "TLSv1.1" })
         says("client", "client_hello", function(m)
            m.cipher_suites[#m.cipher_suites + 1] = 0x5600
         end, "inappropriate_fallback", nil, { client = low, server = high })
      end)
   end)

   describe("as a client, in ClientKeyExchange:", function()
      local name = "client_key_exchange"
      it("no point, a short one, one that is not on the curve", function()
         says("client", name, function() return "\0" end, "decode_error")
         for _, point in ipairs({ "\4", ("\4"):rep(65), ("\255"):rep(255), "\0" }) do
            local result = hostile.run({ contexts = contexts, attacker = "client", edit = function(items)
               local index = hostile.find(items, name)
               if index then items[index] = hostile.message(16, string.char(#point) .. point) end
            end })
            assert.is_nil(result.server.status)
            assert.is_false(result.server.info.established)
            assert.is_string(hostile.alert(result, "server"))
         end
      end)

      -- RFC 5246 section 7.4.7.1: whatever is wrong with the secret must not be told before Finished.
      it("an RSA secret that cannot be decrypted: always the same answer", function()
         local suites = { "TLS_RSA_WITH_AES_128_GCM_SHA256" }
         local static = {}
         static.client, static.server = hostile.contexts({ identity = "rsa", suites = suites }, { suites = suites })
         local codes, alerts = {}, {}
         for _, ciphertext in ipairs({ ("\0"):rep(256), ("\1"):rep(256), ("\127"):rep(256), ("\255"):rep(256) }) do
            local result = hostile.run({ contexts = static, attacker = "client", edit = function(items)
               local index = hostile.find(items, name)
               if index then items[index] = hostile.message(16, "\1\0" .. ciphertext) end
            end })
            codes[#codes + 1] = result.server.code
            alerts[#alerts + 1] = hostile.alert(result, "server")
         end
         assert.same({ "bad_record_mac", "bad_record_mac", "bad_record_mac", "bad_record_mac" }, codes)
         assert.equal(4, #alerts)
         for _, length in ipairs({ 0, 255, 257 }) do
            local result = hostile.run({ contexts = static, attacker = "client", edit = function(items)
               local index = hostile.find(items, name)
               if index then
                  items[index] = hostile.message(16, string.char(math.floor(length / 256), length % 256)
                     .. ("\1"):rep(length))
               end
            end })
            assert.is_nil(result.server.status)
            assert.is_false(result.server.info.established)
            assert.is_string(hostile.alert(result, "server"))
         end
      end)
   end)

   it("never establishes anything, whichever bit of a hello is another", function()
      for _, attacker in ipairs({ "client", "server" }) do
         local name = attacker .. "_hello"
         local index, reached = 1, true
         while reached do
            reached = false
            local result = hostile.run({ contexts = contexts, attacker = attacker, edit = function(items)
               local position = hostile.find(items, name)
               if position and index <= #items[position].body then
                  reached = true
                  local body = items[position].body
                  local byte = (body:byte(index) + 128) % 256
                  items[position] = hostile.message(items[position].type,
                     body:sub(1, index - 1) .. string.char(byte) .. body:sub(index + 1))
               end
            end })
            if reached then
               assert.is_false(result.client.info.established and result.server.info.established,
                  name .. " byte " .. index)
            end
            index = index + 5
         end
      end
   end)
end)

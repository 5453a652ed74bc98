-- Compressed certificates (RFC 8879) as Lua programs see them, and what a build has. Hostile peers:
-- spec/core/tls13/compressed_certificate13_test.c; real ones: spec/interop/certificate_compression_spec.lua.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local pump = require "spec.support.pump"
local tls13 = require "spec.support.tls13"
local describe_message = require "bearssl.describe"

local BUILT = bearssl.features().certificate_compression

-- The Certificate messages of one handshake by whose they are, as the side that receives them is told; and of both
-- sides, as text, in `seen`.
local function certificates_of(client, server, late)
   local messages, seen = {}, {}
   local function watch(own)
      return { certificate = function(_, message)
         seen[#seen + 1] = ("%s %s %s"):format(own, message.direction, tostring(message.compression_algorithm))
         if message.direction == "received" then messages[message.whose] = message end
      end }
   end
   local a, b = tls13.established(client, server, { handlers = watch "client", server = { handlers = watch "server" } })
   if late then
      assert.is_true(b:request_certificate())
      pump(a, b)
      assert.equal(1, b:info "authentications")
   end
   return messages, seen, a, b
end

local chain = certificates.chain

local function server(options)
   local all = { certificate = chain.chain, key = chain.key }
   for name, value in pairs(options or {}) do all[name] = value end
   return tls13.server(all)
end

describe("a compressed certificate", function()
   it("is what both sides have by default, and the stages show what was compressed", function()
      assert.same({ "brotli", "zstd", "zlib" }, BUILT)
      local messages, seen, a = certificates_of(tls13.client(), server())
      local message = messages.server
      assert.same({ "server sent brotli", "client received brotli" }, seen)
      assert.equal("certificate", message.stage)
      assert.equal(2, #message.chain)
      assert.equal("server", message.whose)
      assert.equal(certificates.chain.certificate, message.chain[1]:pem())
      assert.same({ 2, "brotli" }, { message.compression_algorithm_id, message.compression_algorithm })
      assert.equal(25, message.raw:byte(1))
      assert.equal(#message.raw, message.length)
      assert.is_true(message.length < message.uncompressed_length)
      assert.equal(4 + 2 * 5 + #message.encoded[1] + #message.encoded[2], message.uncompressed_length)
      assert.equal("ok", a:info "verdict")
      local title, fields = describe_message.message(message)
      assert.equal("Certificate", title)
      local shown
      for _, pair in ipairs(fields) do if pair[1] == "compression" then shown = pair[2] end end
      assert.equal(("brotli, %d bytes without"):format(message.uncompressed_length), shown)
   end)

   it("comes by the first algorithm of its sender's list that the receiver offers", function()
      for _, case in ipairs {
         { { "zlib" }, { "brotli", "zlib" }, "zlib" }, { { "zlib", "zstd" }, { "zstd", "zlib" }, "zstd" },
         { { "zstd", "zlib" }, { "zlib", "zstd" }, "zlib" }, { { "brotli" }, { "zlib" }, "nil" },
         { false, { "zlib" }, "nil" }, { { "zlib" }, false, "nil" }, { { "brotli" }, { "brotli" }, "brotli" },
      } do
         local _, seen = certificates_of(tls13.client { certificate_compression = case[1] },
            server { certificate_compression = case[2] })
         assert.same({ "server sent " .. case[3], "client received " .. case[3] }, seen)
      end
   end)

   it("of a client comes so too, in the handshake and late", function()
      local own = { certificate = certificates.client_chain.chain, key = certificates.client_chain.key,
         post_handshake_auth = true }
      for _, late in ipairs { false, true } do
         for _, name in ipairs(BUILT) do
            own.certificate_compression = { name }
            local messages, _, _, b = certificates_of(tls13.client(own), server { cafile = certificates.ca.certfile,
               verify = not late and "required" or "none" }, late)
            local message = messages.client
            assert.equal(name, message.compression_algorithm)
            assert.equal(2, #message.chain)
            assert.equal(late, #message.certificate_request_context > 0)
            assert.is_true(b:info "peer_verified")
            assert.equal(certificates.client_chain.certificate, b:info("peer_certificates")[1]:pem())
         end
      end
   end)

   it("is not what a client without a certificate sends, nor what a small one would be", function()
      local messages = certificates_of(tls13.client(), server { cafile = certificates.ca.certfile,
         verify = "optional" })
      assert.is_nil(messages.client.compression_algorithm)
      assert.equal(11, messages.client.raw:byte(1))
   end)

   it("is what a select handler gives, and another context's", function()
      local other = server { certificate = certificates.rsa.chain, key = certificates.rsa.key,
         certificate_compression = { "zstd" } }
      local answers = {
         { certificate = certificates.rsa.certificate .. certificates.ca.certificate, key = certificates.rsa.key },
         { context = other },
      }
      for index, algorithm in ipairs { "brotli", "zstd" } do
         local asked
         local messages = certificates_of(tls13.client(), server { handlers = { select = function(_, hello)
            asked = hello.compress_certificate
            return answers[index]
         end } })
         assert.equal("brotli", asked[1].name)
         assert.equal(algorithm, messages.server.compression_algorithm)
         assert.equal(certificates.rsa.certificate, messages.server.chain[1]:pem())
      end
   end)

   it("has its staple compressed with it, also one that changes", function()
      local issuer = certificates.ca
      local function response(status)
         return bearssl.ocsp.new({ issuer = issuer.certificate, issuer_key = issuer.key,
            certificate = assert(bearssl.certificate.load(certificates.rsa.certificate))[1], status = status }):der()
      end
      local staple
      local context = server { certificate = certificates.rsa.chain, key = certificates.rsa.key,
         handlers = { select = function() return { ocsp_response = staple } end } }
      for _ = 1, 3 do
         staple = response "good"
         local messages, _, a = certificates_of(tls13.client { staple = "required" }, context)
         assert.equal("brotli", messages.server.compression_algorithm)
         assert.equal(staple, messages.server.certificate_extensions[1].ocsp_response)
         assert.equal(staple, a:info "ocsp_response")
      end
   end)

   it("is not done in TLS 1.2, whoever offers it", function()
      local client = tls13.client { min_version = "TLSv1.2" }
      local _, seen = certificates_of(client, server { min_version = "TLSv1.2", max_version = "TLSv1.2" })
      assert.same({ "server sent nil", "client received nil" }, seen)
   end)

   it("is read and built by its fields", function()
      local bytes = assert(core.build_message { stage = "compressed_certificate", version = "TLSv1.3",
         compression_algorithm = "zlib", uncompressed_length = 70000, compressed_certificate_message = "abc" })
      assert.equal("19" .. "00000b" .. "0001" .. "011170" .. "000003" .. "616263",
         (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)))
      local ok, _, code = core.parse_message(bytes, { version = 0x0304 })
      assert.same({ nil, "bad_compression" }, { ok, code })
      ok, _, code = core.parse_message(bytes, { version = 0x0303 })
      assert.same({ nil, "unexpected_message" }, { ok, code })
   end)
end)

describe("certificate_compression", function()
   it("is told by info", function()
      assert.same(BUILT, tls13.client():info().certificate_compression)
      assert.same({ "zlib" }, tls13.client({ certificate_compression = { "zlib" } }):info().certificate_compression)
      assert.same({}, tls13.client({ certificate_compression = false }):info().certificate_compression)
   end)

   it("raises for what it does not know, and where it would have no effect", function()
      for _, case in ipairs {
         { { "lzma" }, "option 'certificate_compression': unknown compression 'lzma'; Known: brotli, zstd, zlib" },
         { { "zlip" }, "did you mean 'zlib'?" }, { {}, "must not be empty: leave it out for the default" },
         { true, "must be a list of names, or false for none, not true" }, { "zlib", "must be a list of names" },
      } do
         local ok, message = pcall(tls13.client, { certificate_compression = case[1] })
         assert.is_false(ok)
         assert.is_truthy(message:find(case[2], 1, true), message)
      end
      assert.error_matches(function()
         bearssl.context { certificate_compression = { "zlib" }, max_version = "TLSv1.2" }
      end, "is of TLS 1.3, which the context does not speak")
   end)
end)

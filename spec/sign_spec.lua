-- The `sign` decision: a handler is told what to sign and its hash, for each key, side and version.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local hash = require "spec.support.hash"
local pump = require "spec.support.pump"

local function credential(name)
   local chain = assert(bearssl.certificate.load(certificates[name].chain))
   return { chain = chain, key = assert(bearssl.key.load(certificates[name].key)) }
end

-- The hash of a message by the name in the question.
local function digest_of(name, message)
   if name == "md5sha1" then return hash.raw("md5", message) .. hash.raw("sha1", message) end
   return hash.raw(name, message)
end

-- A handler that signs, and notes each question with what is wrong in it.
local function signer(key, asked)
   return function(_, question)
      asked[#asked + 1] = question
      assert.is_string(question.message)
      if question.scheme == "ed25519" then -- it hashes by itself
         assert.same({}, { question.hash, question.digest })
         return key:sign(question.scheme, question.message)
      end
      assert.equal(digest_of(question.hash, question.message), question.digest)
      return key:sign(question.scheme or question.hash, question.digest)
   end
end

local function shake(c, s)
   local a, b = assert(c:connection { server_name = "localhost" }), assert(s:connection())
   local result = pump(a, b)
   assert.is_true(a:info "established", result.client.message or result.server.message)
   return a, b
end

for _, version in ipairs { "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3" } do
   describe("what is signed in " .. version, function()
      for _, kind in ipairs(version < "TLSv1.2" and { "ec", "rsa" } or { "ec", "rsa", "ed25519" }) do
         it("is told to handlers of both sides, with keys of kind " .. kind, function()
            local server_key, client_key = credential(kind), credential("client_" .. kind)
            local servers, clients = {}, {}
            local s = assert(bearssl.context { mode = "server", certificate = server_key.chain, key = "external",
               min_version = version, suites = "compatible", verify = "required", cafile = certificates.ca.certfile,
               renegotiation = version < "TLSv1.3" or nil, handlers = { sign = signer(server_key.key, servers) } })
            local messages = {}
            local handlers = { sign = signer(client_key.key, clients) }
            -- what a client's CertificateVerify of TLS 1.2 is over: all messages, as they stand on the wire
            for _, stage in ipairs(bearssl.stages) do
               handlers[stage] = function(_, message)
                  local is_message = stage ~= "alert" and stage ~= "application_data" and stage ~= "change_cipher_spec"
                     and stage ~= "hello_request"
                  if is_message and message.raw and #clients == 0 then messages[#messages + 1] = message.raw end
               end
            end
            local c = assert(bearssl.context { certificate = client_key.chain, key = "external", max_version = version,
               min_version = version, suites = "compatible", cafile = certificates.ca.certfile, handlers = handlers,
               renegotiation = version < "TLSv1.3" or nil })
            local a, b = shake(c, s)
            assert.is_true(b:info "peer_verified")
            assert.same({ 1, 1 }, { #servers, #clients })
            local info = a:info()
            if version == "TLSv1.3" then
               for side, questions in pairs { server = servers, client = clients } do
                  assert.equal((" "):rep(64) .. "TLS 1.3, " .. side .. " CertificateVerify\0",
                     questions[1].message:sub(1, 64 + 33 + 1))
               end
            else
               assert.equal(info.client_random .. info.server_random, servers[1].message:sub(1, 64))
               -- the handler is asked before its client's own messages of that flight are reported
               local seen = table.concat(messages)
               assert.equal(seen, clients[1].message:sub(1, #seen))
               assert(b:renegotiate())
               local result = pump(a, b)
               assert.is_nil(result.client.code, result.client.message)
               assert.equal(1, b:info "renegotiations")
               assert.same({ 2, 2 }, { #servers, #clients })
            end
         end)
      end
   end)
end

describe("what is signed", function()
   it("after the handshake of TLS 1.3 is told too", function()
      local own, asked = credential "client_ec", {}
      local c = assert(bearssl.context { certificate = own.chain, key = "external", cafile = certificates.ca.certfile,
         post_handshake_auth = true, handlers = { sign = signer(own.key, asked) } })
      local s = assert(bearssl.context { mode = "server", certfile = certificates.ec.chainfile,
         keyfile = certificates.ec.keyfile, cafile = certificates.ca.certfile })
      local a, b = shake(c, s)
      assert.equal(0, #asked)
      assert(b:request_certificate())
      pump(a, b)
      assert.equal(1, #asked)
      assert.is_true(b:info "peer_verified")
   end)

   it("with a long chain, whose client's flight is more than a record, is whole", function()
      local own, asked = credential "client_rsa", {}
      local chain = { own.chain[1] }
      for _ = 1, 18 do chain[#chain + 1] = assert(bearssl.certificate.load(certificates.ca.certificate))[1] end
      for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
         local c = assert(bearssl.context { certificate = chain, key = "external", cafile = certificates.ca.certfile,
            max_version = version, handlers = { sign = signer(own.key, asked) } })
         local s = assert(bearssl.context { mode = "server", certfile = certificates.ec.chainfile,
            keyfile = certificates.ec.keyfile, verify = "required", cafile = certificates.ca.certfile })
         local _, b = shake(c, s)
         assert.is_true(b:info "peer_verified")
      end
      assert.equal(2, #asked)
      assert.is_true(#asked[1].message > 16384, #asked[1].message)
   end)
end)

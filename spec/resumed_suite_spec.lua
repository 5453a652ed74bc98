-- A session of TLS 1.2 or below is resumed under its own suite and no other (RFC 5246 section 7.4.1.3), whatever
-- BearSSL is shown of it.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"

local SUITES = {
   ec = {
      0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
      0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0xC0AC, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
      0xC0AF, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", 0xC009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
      0xC023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", 0xC024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
      0xC008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
   },
   rsa = {
      0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
      0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xC014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
      0xC027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", 0xC028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
      0xC012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", 0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256",
      0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA", 0xC09D, "TLS_RSA_WITH_AES_256_CCM",
   },
}

local function contexts(identity, suites, options)
   local client = assert(bearssl.context {
      trust = certificates.ca.certificate, suites = suites, min_version = options.version or "TLSv1.2",
      max_version = options.version or "TLSv1.2",
   })
   local server = assert(bearssl.context {
      mode = "server", certfile = identity.certfile, keyfile = identity.keyfile, suites = suites,
      tickets = options.tickets, min_version = options.version or "TLSv1.2", max_version = options.version or "TLSv1.2",
   })
   return client, server
end

local function shake(client, server, session, options)
   local a = assert(client:connection { server_name = "localhost", session = session or false })
   local b = assert(server:connection())
   return a, b, pump(a, b, options)
end

local function passes(from, to, text)
   assert.equal(#text, from:write(text))
   to:feed(from:drain())
   local got = ""
   while #got < #text do -- one byte and the rest, in TLS 1.0
      assert.equal("data", to:step())
      got = got .. to:read()
   end
   assert.equal(text, got)
end

-- resumes: both sides name the session's suite, and what they protect with is the same.
local function resumes(client, server, name)
   local first = shake(client, server)
   assert.equal(name, first:info "cipher_suite")
   local session = assert(first:session())
   for _ = 1, 2 do
      local a, b, result = shake(client, server, session)
      assert.equal("wantread", result.client.status, result.client.message or result.server.message)
      assert.is_true(a:info "resumed" and b:info "resumed")
      assert.same({ name, name }, { a:info "cipher_suite", b:info "cipher_suite" })
      passes(a, b, "to the server")
      passes(b, a, "to the client")
      session = assert(a:session())
   end
end

describe("a resumed session keeps its suite", function()
   for kind, list in pairs(SUITES) do
      for i = 2, #list, 2 do
         it(list[i] .. ", by ticket and by ID", function()
            for _, tickets in ipairs { true, false } do
               local client, server = contexts(certificates[kind], { list[i] }, { tickets = tickets })
               resumes(client, server, list[i])
            end
         end)
      end
   end

   it("in TLS 1.0 and 1.1", function()
      for _, version in ipairs { "TLSv1.0", "TLSv1.1" } do
         local name = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"
         local client, server = contexts(certificates.ec, { name }, { tickets = true, version = version })
         resumes(client, server, name)
      end
   end)
end)

-- Puts another suite into the ServerHello: a record's header, the message's, version, random, session ID.
local function exchanging(suite)
   return function(bytes, from)
      if from ~= "server" or bytes:byte(6) ~= 2 then return bytes end
      local position = 5 + 4 + 2 + 32 + 1 + bytes:byte(44)
      return bytes:sub(1, position) .. string.char(math.floor(suite / 256), suite % 256) .. bytes:sub(position + 3)
   end
end

it("a server that resumes under another suite is refused, even where only the key exchange differs", function()
   local offered = { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" }
   for _, suite in ipairs { 0x009C, 0xC030 } do
      local client, server = contexts(certificates.rsa, offered, { tickets = true })
      local first = shake(client, server)
      assert.equal(offered[1], first:info "cipher_suite")
      local a, _, result = shake(client, server, first:session(), { tamper = exchanging(suite) })
      assert.equal("resume_mismatch", result.client.code, result.client.message)
      assert.is_false(a:info "established")
   end
end)

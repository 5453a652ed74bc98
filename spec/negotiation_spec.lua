-- What two sides come to terms on: the version, and with it the session.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local hello = require "spec.support.hello"
local pump = require "spec.support.pump"

local function server(options)
   options = options or {}
   local identity = options.identity or certificates.ec
   options.identity = nil
   options.mode, options.certfile, options.keyfile = "server", identity.chainfile, identity.keyfile
   return assert(bearssl.context(options))
end

local function client(options)
   options = options or {}
   options.cafile = certificates.ca.certfile
   return assert(bearssl.context(options))
end

local function shake(client_context, server_context, options)
   options = options or {}
   local a = assert(client_context:connection { server_name = "localhost", session = options.session })
   local b = assert(server_context:connection(options.server))
   return a, b, pump(a, b)
end

local function legacy(options)
   options = options or {}
   options.min_version, options.suites = "TLSv1.0", "compatible"
   return options
end

describe("supported_versions", function()
   local function version(options, context)
      local reply = hello.ask(context or server(legacy()), hello.build(options))
      return reply.server_hello and reply.server_hello.version or reply.alert
   end

   it("rules legacy_version, which may be lower", function()
      for _, low in ipairs { 0x0301, 0x0302, 0x0303, 0x0304, 0x03FF } do
         assert.equal("TLSv1.3", version { legacy_version = low })
         assert.equal("TLSv1.2", version { legacy_version = low, versions = { 0x0303 } })
         assert.equal("TLSv1.1", version { legacy_version = low, versions = { 0x0302, 0x0301 } })
         assert.equal("TLSv1.0", version { legacy_version = low, versions = { 0x0301 } })
         assert.equal("TLSv1.2", version({ legacy_version = low }, server(legacy { max_version = "TLSv1.2" })))
         assert.equal("TLSv1.2", version { legacy_version = low, versions = { 0x0A0A, 0x7F1C, 0x0303 } })
      end
   end)

   it("is not helped by legacy_version", function()
      assert.equal("protocol_version", version { legacy_version = 0x0303, versions = { 0x0305 } })
      assert.equal("protocol_version", version({ legacy_version = 0x0303, versions = { 0x0301 } }, server()))
      -- RFC 8446 appendix D.5
      assert.equal("protocol_version", version { legacy_version = 0x0300 })
   end)

   it("that is absent leaves legacy_version", function()
      assert.equal("TLSv1.1", version { legacy_version = 0x0302, versions = false })
      assert.equal("TLSv1.2", version { legacy_version = 0x0304, versions = false })
      assert.equal("protocol_version", version({ legacy_version = 0x0302, versions = false }, server()))
   end)
end)

describe("static RSA", function()
   it("looks at the version in the premaster secret that ClientHello named, whatever was chosen", function()
      local suites = { "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_AES_128_GCM_SHA256" }
      for _, highest in ipairs { "TLSv1.0", "TLSv1.1", "TLSv1.2" } do
         local context = server { identity = certificates.rsa, suites = suites, min_version = "TLSv1.0",
            max_version = highest }
         for _, own in ipairs { "TLSv1.2", "TLSv1.3" } do
            local a, _, result = shake(client { suites = suites, min_version = "TLSv1.0", max_version = own }, context)
            assert.equal("wantread", result.client.status, result.client.message or result.server.message)
            assert.equal(highest, a:info "version")
         end
      end
   end)
end)

describe("a session of an older version", function()
   it("is not resumed where a newer one was chosen, by ticket or by ID", function()
      for _, tickets in ipairs { true, false } do
         for _, versions in ipairs { { "TLSv1.1", "TLSv1.2" }, { "TLSv1.0", "TLSv1.1" }, { "TLSv1.2", "TLSv1.3" } } do
            local context = server(legacy { tickets = tickets, session_cache = 10 })
            local own = client(legacy())
            local a, _, first = shake(own, context, { server = { max_version = versions[1] } })
            assert.equal("wantread", first.client.status, first.client.message or first.server.message)
            assert.equal(versions[1], a:info "version")
            local session = assert(a:session())
            local b, _, second = shake(own, context, { session = session, server = { max_version = versions[2] } })
            assert.equal("wantread", second.client.status, second.client.message or second.server.message)
            assert.equal(versions[2], b:info "version")
            assert.is_false(b:info "resumed")
            local c, _, third = shake(own, context, { session = session, server = { max_version = versions[1] } })
            assert.equal("wantread", third.client.status, third.client.message or third.server.message)
            assert.is_true(c:info "resumed")
         end
      end
   end)
end)

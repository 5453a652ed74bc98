-- Nobody between the two takes them down to an older version: the sentinel in ServerHello.random (RFC 8446 section
-- 4.1.3), set by servers and checked by clients.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local middle = require "spec.support.middle"
local pump = require "spec.support.pump"

local TLS12, TLS11 = "DOWNGRD\1", "DOWNGRD\0"

local function client_context(options)
   options.trust = certificates.ca.certificate
   return assert(bearssl.context(options))
end

local function server_context(options)
   local identity = options.identity or certificates.ec
   options.identity = nil
   options.mode, options.certfile, options.keyfile = "server", identity.certfile, identity.keyfile
   return assert(bearssl.context(options))
end

local function shake(client, server, options)
   options = options or {}
   local a = assert(client:connection { server_name = "localhost", session = options.session })
   local b = assert(server:connection { handlers = options.handlers })
   return a, b, pump(a, b, options)
end

local function stripping()
   local done = false
   return function(bytes, from)
      if from ~= "client" or done then return bytes end
      done = true
      return middle.strip_versions(bytes)
   end
end

describe("the downgrade sentinel", function()
   for _, name in ipairs { "ec", "rsa" } do
      it("is in the random of a TLS 1.2 ServerHello, with a certificate of kind " .. name, function()
         local identity = certificates[name]
         local a, _, result = shake(client_context { max_version = "TLSv1.2" }, server_context { identity = identity })
         assert.equal("wantread", result.client.status, result.client.message or result.server.message)
         assert.equal("TLSv1.2", a:info("version"))
         assert.equal(TLS12, a:info("server_random"):sub(-8))
      end)
   end

   it("is there when the session is resumed, by ticket and by ID", function()
      for _, tickets in ipairs { true, false } do
         local client = client_context { max_version = "TLSv1.2" }
         local server = server_context { tickets = tickets }
         local a = shake(client, server)
         local b, _, result = shake(client, server, { session = a:session() })
         assert.equal("wantread", result.client.status, result.client.message or result.server.message)
         assert.is_true(b:info("resumed"))
         assert.equal(TLS12, b:info("server_random"):sub(-8))
      end
   end)

   it("is there with static RSA, and below TLS 1.2 it is the other one", function()
      local suites = { "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_AES_128_GCM_SHA256",
         "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA" }
      local function random(version, suite)
         local client = client_context { min_version = version, max_version = version, suites = { suite } }
         local server = server_context { identity = certificates.rsa, min_version = "TLSv1.0", suites = suites }
         local a, _, result = shake(client, server)
         assert.equal("wantread", result.client.status, result.client.message or result.server.message)
         assert.equal(version, a:info("version"))
         return a:info("server_random"):sub(-8)
      end
      assert.equal(TLS12, random("TLSv1.2", "TLS_RSA_WITH_AES_128_GCM_SHA256"))
      assert.equal(TLS11, random("TLSv1.1", "TLS_RSA_WITH_AES_128_CBC_SHA"))
      assert.equal(TLS11, random("TLSv1.0", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"))
   end)

   it("is there when a handler signs, later", function()
      local asked
      local server = server_context {}
      local a, _, result = shake(client_context { max_version = "TLSv1.2" }, server, {
         handlers = {
            sign = function(_, question)
               asked = question.digest
               return nil
            end,
         },
      })
      assert.equal("wantread", result.client.status, result.client.message or result.server.message)
      assert.equal(32, #asked)
      assert.equal(TLS12, a:info("server_random"):sub(-8))
   end)

   it("is not there when the server can do no better", function()
      local a, _, result = shake(client_context {}, server_context { max_version = "TLSv1.2" })
      assert.equal("wantread", result.client.status, result.client.message or result.server.message)
      assert.are_not.equal(TLS12, a:info("server_random"):sub(-8))
      a = shake(client_context {}, server_context {})
      assert.equal("TLSv1.3", a:info("version"))
      assert.are_not.equal(TLS12, a:info("server_random"):sub(-8))
   end)

   it("makes a client refuse when somebody took TLS 1.3 out of its hello", function()
      local _, _, result = shake(client_context {}, server_context {}, { tamper = stripping() })
      assert.is_nil(result.client.status)
      assert.equal("illegal_parameter", result.client.code)
      assert.equal("alert_illegal_parameter", result.server.code)
   end)

   it("makes a client of TLS 1.2 refuse an older version from a server that knows better", function()
      -- What such a client sees is made by a server that was told of TLS 1.1 only.
      local done
      local client = client_context { min_version = "TLSv1.0", max_version = "TLSv1.2", suites = "compatible" }
      local server = server_context { min_version = "TLSv1.0", max_version = "TLSv1.2", suites = "compatible" }
      local _, _, result = shake(client, server, {
         tamper = function(bytes, from)
            if from ~= "client" or done then return bytes end
            done = true
            return bytes:sub(1, 9) .. "\3\2" .. bytes:sub(12) -- legacy_version
         end,
      })
      assert.equal("illegal_parameter", result.client.code)
      assert.equal("alert_illegal_parameter", result.server.code)
   end)
end)

-- What would be taken and then do nothing raises: handlers of the other side, lists that are empty, groups that no
-- suite can use.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"

local function raises(part, f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok, part)
   assert.is_truthy(message:find(part, 1, true), message)
end

local function client(options)
   local all = { trust = certificates.ca.certificate }
   for name, value in pairs(options or {}) do all[name] = value end
   return bearssl.context(all)
end

local function server(options)
   local all = { mode = "server", certificate = certificates.ec.chain, key = certificates.ec.key }
   for name, value in pairs(options or {}) do all[name] = value end
   return bearssl.context(all)
end

local function nothing() end

describe("a handler of the other side", function()
   it("raises, in a context and in a connection", function()
      for name, make in pairs { select = client, decrypt = client, early_data = client, client_certificate = server } do
         local part = ("the handler '%s' is for %ss"):format(name, make == client and "server" or "client")
         raises(part, make, { handlers = { [name] = nothing } })
         local context = assert(make())
         raises(part, context.connection, context, {
            server_name = make == client and "localhost" or nil, handlers = { [name] = nothing },
         })
         assert(make { handlers = { [name] = false } })
      end
   end)

   it("does not raise where both sides decide", function()
      local handlers = {}
      for _, name in ipairs { "session_load", "session_store", "sign", "psk", "keylog" } do handlers[name] = nothing end
      assert(client { handlers = handlers })
      assert(server { handlers = handlers })
   end)
end)

describe("an empty list", function()
   it("raises, since it would pass for none", function()
      local context = assert(client())
      for _, name in ipairs { "alpn", "pins" } do
         raises(("option '%s': must not be empty"):format(name), client, { [name] = {} })
         raises(("option '%s': must not be empty"):format(name), context.connection, context,
            { server_name = "localhost", [name] = {} })
      end
      raises("option 'pins': must not be empty", function()
         bearssl.certificate.load(certificates.ec.chain)[1]:verify { pins = {} }
      end)
   end)
end)

describe("groups", function()
   local ffdhe = { "ffdhe2048", "ffdhe3072" }

   it("without a curve go with TLS 1.3 only: the suites before it have curves alone", function()
      local info = assert(client { groups = ffdhe }):info()
      assert.equal("TLSv1.3", info.min_version)
      for _, suite in ipairs(info.suites) do assert.is_nil(suite:find "ECDH") end
      raises("option 'groups': none of them is a curve, which the cipher suites for TLSv1.2 need", client,
         { groups = ffdhe, max_version = "TLSv1.2" })
      raises("option 'groups': none of them is a curve, which the cipher suites for TLSv1.2 need", server,
         { groups = ffdhe, min_version = "TLSv1.2" })
      raises("option 'groups': none of them is a curve, which all the cipher suites need", client,
         { groups = ffdhe, suites = { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" } })
      info = assert(client { groups = ffdhe, suites = {
         "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256" } }):info()
      assert.same({ "TLS_RSA_WITH_AES_128_GCM_SHA256" }, info.suites)
   end)

   it("are no fewer than the shares of a ClientHello", function()
      raises("the option 'key_shares' is above the number of 'groups', which is 1", client,
         { groups = { "x25519" }, key_shares = 2 })
      assert(client { groups = { "x25519", "secp256r1" }, key_shares = 2 })
   end)
end)

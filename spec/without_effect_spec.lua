-- What would be taken and then do nothing raises: handlers that are never asked, lists that are empty, groups that no
-- suite can use, a certificate without a name.
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

describe("a handler that is never asked", function()
   local tls12, tls13 = "TLSv1.2", { "TLS_AES_128_GCM_SHA256" }
   local ecdhe = { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" }
   -- handler, who it is for, options with which it is never asked, and with which it is
   local cases = {
      { "early_data", server, {}, { max_early_data = 5 } },
      { "psk", server, { max_version = tls12 }, {} },
      { "psk", client, { max_version = tls12 }, {} },
      { "psk", server, { suites = ecdhe }, { suites = tls13 } },
      { "verify", server, {}, { trust = certificates.ca.certificate } },
   }

   it("raises in a context, and in a connection", function()
      for _, case in ipairs(cases) do
         local name, make, without, with = case[1], case[2], case[3], case[4]
         local part = ("the handler '%s' is never asked: "):format(name)
         local given = { handlers = { [name] = nothing } }
         local connection = { server_name = make == client and "localhost" or nil, handlers = given.handlers }
         for option, value in pairs(without) do given[option] = value end
         raises("bearssl.context: " .. part, make, given)
         local context = assert(make(without))
         raises("connection: " .. part, context.connection, context, connection)
         given = { handlers = given.handlers }
         for option, value in pairs(with) do given[option] = value end
         assert(make(given))
         context = assert(make(with))
         assert(context:connection(connection))
      end
      local context = assert(server {})
      raises("'psk' is never asked", context.connection, context, { max_version = tls12, handlers = { psk = nothing } })
      context = assert(server { max_version = tls12 })
      assert(context:connection { handlers = { psk = false } })
   end)

   it("does not raise where a select handler may choose otherwise", function()
      for _, case in ipairs(cases) do
         if case[2] == server then
            local given = { handlers = { [case[1]] = nothing, select = nothing } }
            for option, value in pairs(case[3]) do given[option] = value end
            local context = assert(server(given))
            assert(context:connection { handlers = { [case[1]] = nothing } })
            raises("is never asked", context.connection, context,
               { handlers = { [case[1]] = nothing, select = false } })
         end
      end
   end)
end)

describe("an empty list", function()
   it("of CRLs, credentials, extensions or responses raises", function()
      for _, name in ipairs { "crls", "credentials", "extensions", "suites", "groups", "signature_algorithms" } do
         raises(("option '%s': must not be empty"):format(name), client, { [name] = {} })
      end
      raises("option 'crls': must not be empty", client, { crls = {}, revocation = "leaf" })
      raises("option 'credentials': must not be empty", bearssl.context, { mode = "server", credentials = {} })
      raises("option 'certificate': must not be empty", server, { certificate = {} })
      local leaf = bearssl.certificate.load(certificates.ec.chain)[1]
      local store = assert(bearssl.trust.load(certificates.ca.certificate))
      for _, name in ipairs { "crls", "ocsp_responses", "pins" } do
         raises(("certificate:verify: option '%s': must not be empty"):format(name), leaf.verify, leaf,
            { trust = store, [name] = {} })
         raises(("trust:verify: option '%s': must not be empty"):format(name), store.verify, store, { leaf },
            { [name] = {} })
      end
   end)

   it("raises in what is issued, but for the names beside a subject", function()
      for option, value in pairs {
         key_usage = {}, extended_key_usage = {},
         name_constraints = {},
      } do
         raises(("option '%s': must not be empty"):format(option), bearssl.certificate.selfsigned,
            { subject = "CN=x", ca = true, [option] = value })
      end
      raises("option 'name_constraints': permitted: must not be empty", bearssl.certificate.selfsigned,
         { subject = "CN=x", ca = true, name_constraints = { permitted = {} } })
      assert(bearssl.certificate.selfsigned { subject = "CN=x", names = {} })
   end)
end)

describe("a certificate", function()
   local authority, key = assert(bearssl.certificate.selfsigned { subject = "CN=x", ca = true })

   it("without any name is none", function()
      for _, given in ipairs { {}, { names = {} }, { subject = "" }, { subject = {}, names = {} } } do
         raises("would have no name: give 'subject' or 'names'", bearssl.certificate.selfsigned, given)
         given.issuer, given.issuer_key, given.key = authority, key, key
         raises("would have no name: give 'subject' or 'names'", bearssl.certificate.issue, given)
      end
      local request = assert(bearssl.request.new { key = key })
      local none, message, code = bearssl.certificate.issue { request = request, issuer = authority, issuer_key = key }
      assert.is_nil(none)
      assert.matches("the request has no name", message)
      assert.equal("bad_name", code)
      for _, given in ipairs { { subject = "CN=y" }, { names = "example.org" } } do
         given.request, given.issuer, given.issuer_key = request, authority, key
         assert(bearssl.certificate.issue(given))
      end
   end)

   it("that is no authority has neither a path_length nor name_constraints", function()
      for option, value in pairs { path_length = 0, name_constraints = { permitted = "example.org" } } do
         raises(("'%s' makes sense only with ca = true"):format(option), bearssl.certificate.selfsigned,
            { subject = "CN=x", [option] = value })
      end
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

   it("of finite fields go with DHE too", function()
      local info = assert(client { groups = ffdhe, suites = {
         "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" } }):info()
      assert.same({ "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" }, info.suites)
      assert.equal(2048, info.dh_bits_minimum)
      raises("the option 'dh_bits_minimum' is for suites of DHE, of which 'suites' has none", client,
         { dh_bits_minimum = 3072 })
   end)

   it("are no fewer than the shares of a ClientHello", function()
      raises("the option 'key_shares' is above the number of 'groups', which is 1", client,
         { groups = { "x25519" }, key_shares = 2 })
      assert(client { groups = { "x25519", "secp256r1" }, key_shares = 2 })
   end)
end)

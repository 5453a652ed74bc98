-- What options of a context change in a handshake, in every pairing with LuaSec.
local both = require "spec.luasec.both"
local certificates = require "spec.support.certificates"

local function params(mode, more)
   local given = { mode = mode, protocol = "any", certificate = certificates.ec.chainfile,
      key = certificates.ec.keyfile }
   for field, value in pairs(more) do given[field] = value end
   return given
end

local function in_every_pairing(client_more, server_more, run)
   both.pairings(function(client_library, server_library)
      local result, a, b = both.try(client_library, params("client", client_more), server_library,
         params("server", server_more))
      run(result, a, b, client_library.name .. " to " .. server_library.name)
      a:close()
      b:close()
   end)
end

local function speaks(version)
   return function(result, a, _, who)
      assert.same({ client = true, server = true }, result, who)
      assert.equal(version, a:info("protocol"), who)
   end
end

-- In TLS 1.2 OpenSSL wants the curve of a certificate among the groups.
local function rsa(more)
   more.certificate, more.key = certificates.rsa.chainfile, certificates.rsa.keyfile
   return more
end

describe("options of bearssl.luasec", function()
   it("rule versions out", function()
      local all = { "all", "no_sslv2", "no_sslv3", "no_tlsv1", "no_tlsv1_1" }
      in_every_pairing({ options = all }, { options = all }, speaks "TLSv1.3")
      in_every_pairing({ options = "no_tlsv1_3" }, {}, speaks "TLSv1.2")
      in_every_pairing({}, { options = { "no_tlsv1_3" } }, speaks "TLSv1.2")
      in_every_pairing({}, { options = { "no_tlsv1_2" } }, speaks "TLSv1.3")
      in_every_pairing({ protocol = "tlsv1_2" }, { protocol = "sslv23" }, speaks "TLSv1.2")
   end)

   it("may leave no version at all", function()
      for _, more in ipairs { { options = { "no_tlsv1", "no_tlsv1_1", "no_tlsv1_2", "no_tlsv1_3" } },
         { protocol = "tlsv1_2", options = "no_tlsv1_2" } } do
         both.same(function(library)
            local a, b = both.tcp()
            local conn = library.ssl.wrap(a, params("client", more))
            local ok, message = conn:dohandshake()
            conn:close()
            b:close()
            return ok, message
         end, { false, "no protocols available" })
      end
   end)

   it("say which groups there are", function()
      for _, version in ipairs { "tlsv1_2", "tlsv1_3" } do
         for _, list in ipairs { "P-256", "P-384", "P-521", "X25519", "P-521:P-384", "secp384r1:X25519" } do
            in_every_pairing({ protocol = version, curveslist = list }, rsa { curveslist = list },
               speaks(version == "tlsv1_2" and "TLSv1.2" or "TLSv1.3"))
         end
         in_every_pairing({ protocol = version, curve = "prime256v1" }, rsa { curve = "P-256" },
            speaks(version == "tlsv1_2" and "TLSv1.2" or "TLSv1.3"))
      end
   end)

   it("give a table of what is wrong for each of verifyext's, of all that is wrong for lsec_continue", function()
      local first, second = "unable to get local issuer certificate", "unable to verify the first certificate"
      for ext, expected in pairs { lsec_continue = { first, second }, lsec_ignore_purpose = { first } } do
         in_every_pairing({ verify = "none", verifyext = ext }, {}, function(_, a, _, who)
            assert.same({ false, { expected } }, { a:getpeerverification() }, who)
         end)
      end
   end)

   it("can be changed in a context until a connection uses it", function()
      both.pairings(function(client_library, server_library)
         local who = client_library.name .. " to " .. server_library.name
         local ctx = server_library.ssl.newcontext(params("server", { protocol = "tlsv1_2",
            ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256" }))
         for _, cipher in ipairs { "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384" } do
            assert.is_true(server_library.context.setcipher(ctx, cipher))
            local a, b = both.connect(client_library, params("client", {}), server_library, ctx)
            assert.equal(cipher, a:info "cipher", who)
            a:close()
            b:close()
         end
      end)
   end)

   it("may be shared by connections, and outlive them", function()
      for _, library in ipairs { both.real, both.ours } do
         local client = library.ssl.newcontext(params("client", {}))
         local server = library.ssl.newcontext(params("server", {}))
         local a, b = both.connect(library, client, library, server)
         local c, d = both.connect(library, client, library, server)
         client, server = nil, nil -- luacheck: ignore
         collectgarbage()
         a:send("one")
         c:send("two")
         assert.equal("two", (d:receive(3)))
         assert.equal("one", (b:receive(3)))
         for _, conn in ipairs { a, b, c, d } do conn:close() end
      end
   end)
end)

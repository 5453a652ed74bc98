-- What a side says of its peer's certificates, in LuaSec's words, whichever library the peer is.
local both = require "spec.luasec.both"
local certificates = require "spec.support.certificates"
local temporary = require "spec.support.temporary"

local LOCAL = "unable to get local issuer certificate"
local FIRST = "unable to verify the first certificate"
local EXPIRED = "certificate has expired"

local function path(text)
   return temporary.write(text, ".pem")
end

-- A certificate, the authorities, what is found, and what the peer hears
local cases = {
   { "is good", "ec", "ca", nil },
   { "has an unknown authority", "ec", "other_ca", { { LOCAL, FIRST } }, "tlsv1 alert unknown ca" },
   { "has no authority at all", "ec", nil, { { LOCAL, FIRST } }, "tlsv1 alert unknown ca" },
   { "misses its intermediate", function() return certificates.chain.certfile end, "ca", { { LOCAL, FIRST } },
      "tlsv1 alert unknown ca" },
   { "is complete under an unknown root", "chain", "other_ca", { [2] = { LOCAL } }, "tlsv1 alert unknown ca" },
   { "brings its unknown root",
      function() return path(certificates.ec.certificate .. certificates.ca.certificate) end, "other_ca",
      { [2] = { "self-signed certificate in certificate chain" } }, "tlsv1 alert unknown ca" },
   { "signs itself", "selfsigned", "ca", { { "self-signed certificate" } }, "tlsv1 alert unknown ca" },
   { "has expired", "expired", "ca", { { EXPIRED } }, "sslv3 alert certificate expired" },
   { "is not valid yet", "notyet", "ca", { { "certificate is not yet valid" } }, "sslv3 alert bad certificate" },
   { "has expired, and an unknown authority", "expired", "other_ca", { { LOCAL, FIRST, EXPIRED } },
      "tlsv1 alert unknown ca" },
   { "is for clients", "purpose", "ca", { { "unsuitable certificate purpose" } },
      "sslv3 alert unsupported certificate" },
   { "was signed by a leaf", "under_leaf", "ca", { [2] = { "invalid CA certificate",
      "unsuitable certificate purpose", "key usage does not include certificate signing" } },
      "tlsv1 alert unknown ca" },
}

local function file_of(what)
   if type(what) == "function" then return what() end
   return certificates[what].chainfile
end

local function key_of(what)
   if type(what) == "string" then return certificates[what].keyfile end
   return nil
end

local function server_params(case, version)
   local certificate = file_of(case[2])
   local key = key_of(case[2])
   if not key then
      for _, name in ipairs { "ec", "chain" } do
         local list = certificates[name].certificate
         if temporary.read(certificate):find(list, 1, true) then key = certificates[name].keyfile end
      end
   end
   return { mode = "server", protocol = version, certificate = certificate, key = key }
end

local function client_params(case, more)
   local params = { mode = "client", protocol = "any", cafile = case[3] and certificates[case[3]].certfile }
   for name, value in pairs(more) do params[name] = value end
   return params
end

describe("a client of bearssl.luasec", function()
   for _, version in ipairs { "tlsv1_2", "tlsv1_3" } do
      for _, case in ipairs(cases) do
         it(("finds that a certificate %s, in %s"):format(case[1], version), function()
            both.pairings(function(client_library, server_library)
               local who = client_library.name .. " to " .. server_library.name
               local client, server = both.connect(client_library,
                  client_params(case, { verify = "peer", verifyext = "lsec_continue" }), server_library,
                  server_params(case, version))
               local good, found = client:getpeerverification()
               assert.equal(case[4] == nil, good, who)
               assert.same(case[4], found, who)
               client:close()
               server:close()
               client, server = both.connect(client_library, client_params(case, { verify = "none" }),
                  server_library, server_params(case, version))
               good, found = client:getpeerverification()
               assert.equal(case[4] == nil, good, who)
               assert.equal(case[4] and (case[4][2] or case[4][1])[1], found, who)
               client:close()
               server:close()
            end)
         end)

         it(("goes on or ends where a certificate %s, in %s"):format(case[1], version), function()
            both.pairings(function(client_library, server_library)
               local who = client_library.name .. " to " .. server_library.name
               local result, client, server = both.try(client_library, client_params(case, { verify = "peer" }),
                  server_library, server_params(case, version))
               assert.equal(case[4] and "certificate verify failed" or true, result.client, who)
               assert.equal(case[5] or true, result.server, who)
               client:close()
               server:close()
            end)
         end)
      end
   end
end)

-- A connection with a client's certificate: what the server finds, in every pairing.
local function judged(name, server_more, version, run)
   both.pairings(function(client_library, server_library)
      local who = ("%s to %s, %s"):format(client_library.name, server_library.name, version)
      local server = { mode = "server", protocol = version, certificate = certificates.ec.chainfile,
         key = certificates.ec.keyfile, cafile = certificates.ca.certfile, verify = { "peer", "client_once" } }
      for field, value in pairs(server_more) do server[field] = value or nil end
      local client = { mode = "client", protocol = "any", verify = "none" }
      if name then
         client.certificate, client.key = certificates[name].chainfile, certificates[name].keyfile
      end
      local a, b = both.connect(client_library, client, server_library, server)
      run(who, b, a)
      a:close()
      b:close()
   end)
end

describe("a server of bearssl.luasec", function()
   local continues = { verifyext = "lsec_continue" }
   local tolerant = { verifyext = { "lsec_continue", "lsec_ignore_purpose" } }

   for _, version in ipairs { "tlsv1_2", "tlsv1_3" } do
      it("finds out about its clients' certificates, in " .. version, function()
         for _, case in ipairs {
            { "client_ec", continues, true },
            { "client_chain", continues, true },
            { nil, continues, true },
            { "client_untrusted", continues, false, { { LOCAL, FIRST } } },
            { "client_expired", continues, false, { { EXPIRED } } },
            { "ec", continues, false, { { "unsuitable certificate purpose" } } },
            { "ec", tolerant, true },
            { "selfsigned", tolerant, false, { { "self-signed certificate" } } },
            { "client_ec", { verify = "none" }, true },
            { "client_ec", { cafile = false, verifyext = "lsec_continue" }, false, { { LOCAL, FIRST } } },
         } do
            judged(case[1], case[2], version, function(who, server)
               who = ("%s, %s"):format(who, tostring(case[1]))
               assert.same({ case[3], case[4] }, { server:getpeerverification() }, who)
               local certificate = server:getpeerverification() ~= nil and server:getpeercertificate()
               if case[1] and case[2].verify ~= "none" then
                  assert.equal(certificates[case[1]].certificate, certificate:pem(), who)
               else
                  assert.is_falsy(certificate, who)
               end
            end)
         end
      end)
   end

   it("may do without a client's certificate", function()
      judged(nil, {}, "tlsv1_2", function(who, server) assert.is_true(server:getpeerverification(), who) end)
   end)

   it("tells what it found after the peer has gone", function()
      judged("client_untrusted", continues, "tlsv1_3", function(who, server, client)
         client:close()
         assert.same({ nil, "closed" }, { (server:receive(1)), (select(2, server:receive(1))) }, who)
         assert.same({ false, { { LOCAL, FIRST } } }, { server:getpeerverification() }, who)
      end)
   end)
end)

describe("what else is verified by bearssl.luasec", function()
   local function with_server(name, more, run, expected)
      both.pairings(function(client_library, server_library)
         local client = { mode = "client", protocol = "any", cafile = certificates.ca.certfile, verify = "peer",
            verifyext = "lsec_continue" }
         for field, value in pairs(more) do client[field] = value end
         local entry = certificates[name]
         local a, b = both.connect(client_library, client, server_library,
            { mode = "server", protocol = "any", certificate = entry.chainfile, key = entry.keyfile })
         run(a, client_library.name .. " to " .. server_library.name, expected)
         a:close()
         b:close()
      end)
   end

   local function finds(expected)
      return function(conn, who)
         assert.same({ expected == nil, expected }, { conn:getpeerverification() }, who)
      end
   end

   it("is how long a chain is", function()
      with_server("chain_ec", {}, finds(nil))
      with_server("chain_ec", { depth = 2 }, finds(nil))
      with_server("chain", { depth = 1 }, finds(nil))
      with_server("chain", { depth = 0 }, function(conn, who)
         local good, found = conn:getpeerverification()
         assert.is_false(good, who)
         assert.equal("certificate chain too long", found[2][1], who)
      end)
   end)

   it("is a signature", function()
      local list = require("bearssl.certificate").load(certificates.ec.certificate)
      local der = list[1]:der()
      local core = require "bearssl.luasec.x509_names"
      local broken = der:sub(1, -2) .. string.char((der:byte(-1) + 1) % 256)
      local pem = "-----BEGIN CERTIFICATE-----\n"
         .. core.base64(broken):gsub(("."):rep(64), "%0\n") .. "\n-----END CERTIFICATE-----\n"
      local file = path(pem)
      both.pairings(function(client_library, server_library)
         local who = client_library.name .. " to " .. server_library.name
         local server = { mode = "server", protocol = "any", certificate = file, key = certificates.ec.keyfile }
         local client = { mode = "client", protocol = "any", cafile = certificates.ca.certfile, verify = "peer" }
         local result, a, b = both.try(client_library, client, server_library, server)
         assert.equal("tlsv1 alert decrypt error", result.server, who)
         assert.truthy(result.client == "certificate verify failed" or client_library == both.real, who)
         a:close()
         b:close()
         client.verifyext = "lsec_continue"
         a, b = both.connect(client_library, client, server_library, server)
         assert.same({ false, { { "certificate signature failure" } } }, { a:getpeerverification() }, who)
         a:close()
         b:close()
      end)
   end)

   it("is revocation, by the CRLs beside the authorities", function()
      with_server("ec", { verifyext = { "lsec_continue", "crl_check" } },
         finds { { "unable to get certificate CRL" } })
      local issue = require "bearssl"
      local function authorities(...)
         local crl = assert(issue.crl.new { issuer = certificates.ca.certificate, issuer_key = certificates.ca.key,
            revoked = { ... } })
         return path(certificates.ca.certificate .. crl:pem())
      end
      local checks = { "lsec_continue", "crl_check" }
      with_server("ec", { verifyext = checks, cafile = authorities() }, finds(nil))
      local leaf = issue.certificate.load(certificates.ec.certificate)[1]
      with_server("ec", { verifyext = checks, cafile = authorities(leaf) }, finds { { "certificate revoked" } })
   end)

   it("is never the name of the server", function()
      with_server("wronghost", {}, finds(nil))
      both.pairings(function(client_library, server_library)
         local a, b = both.connect(client_library,
            { mode = "client", protocol = "any", cafile = certificates.ca.certfile, verify = "peer" }, server_library,
            { mode = "server", protocol = "any", certificate = certificates.wronghost.chainfile,
               key = certificates.wronghost.keyfile }, { name = "localhost" })
         assert.is_true(a:getpeerverification())
         a:close()
         b:close()
      end)
   end)

   it("is what is stapled, whatever the name of the server is", function()
      local bearssl = require "bearssl"
      for _, name in ipairs { "ec", "wronghost" } do
         for _, case in ipairs { { "good", true }, { "revoked", "certificate verify failed" } } do
            local entry = certificates[name]
            local server = assert(bearssl.context { mode = "server", certificate = entry.chain, key = entry.key,
               ocsp_response = bearssl.ocsp.new { certificate = entry.certificate, issuer = certificates.ca.certificate,
                  issuer_key = certificates.ca.key, status = case[1] }:der() })
            local a, b = both.tcp()
            local client = assert(both.ours.ssl.wrap(a, { mode = "client", protocol = "any", verify = "peer",
               cafile = certificates.ca.certfile }))
            client:sni("localhost")
            local stream = assert(server:wrap(b, { timeout = 0 }))
            client:settimeout(0)
            local ok, message
            for _ = 1, 1000 do
               ok, message = client:dohandshake()
               if ok or message ~= "wantread" then break end
               stream:handshake()
            end
            assert.equal(case[2], ok or message, name .. ", " .. case[1])
            client:close()
            stream:close()
         end
      end
   end)

   it("is found after a wrong name too", function()
      both.pairings(function(client_library, server_library)
         local result, a, b = both.try(client_library,
            { mode = "client", protocol = "any", cafile = certificates.other_ca.certfile, verify = "peer" },
            server_library, { mode = "server", protocol = "any", certificate = certificates.wronghost.chainfile,
               key = certificates.wronghost.keyfile }, { name = "localhost" })
         assert.same({ client = "certificate verify failed", server = "tlsv1 alert unknown ca" }, result)
         a:close()
         b:close()
      end)
   end)
end)

describe("what bearssl.luasec adds", function()
   local function client(more)
      local params = { mode = "client", protocol = "any", cafile = certificates.ca.certfile, verify = "peer" }
      for field, value in pairs(more) do params[field] = value or nil end
      return params
   end

   local function tried(name, more, sni)
      local entry = certificates[name]
      local result, a, b = both.try(both.ours, client(more), both.real,
         { mode = "server", protocol = "any", certificate = entry.chainfile, key = entry.keyfile }, { name = sni })
      a:close()
      b:close()
      return result.client, result.server
   end

   it("checks the name of the server where verify_host asks for it", function()
      assert.same({ true, true }, { tried("ec", { verify_host = true }, "localhost") })
      assert.same({ true, true }, { tried("ec", { verify_host = "localhost" }) })
      assert.same({ true, true }, { tried("ec", { verify_host = true }, "127.0.0.1") })
      local refused = { "certificate verify failed", "sslv3 alert bad certificate" }
      assert.same(refused, { tried("ec", { verify_host = true }, "wrong.example") })
      assert.same(refused, { tried("wronghost", { verify_host = "localhost" }, "wrong.example") })
      assert.same(refused, { tried("ec", { verify_host = true }) })
      local newcontext = both.ours.ssl.newcontext
      for _, more in ipairs { { verify_host = true, verify = "none" }, { verify_host = true, verify = false },
         { verify_host = 5 }, { verify_host = true, mode = "server" } } do
         assert.is_nil(newcontext(client(more)))
      end
   end)

   it("trusts the system's authorities where that is asked for", function()
      local newcontext = both.ours.ssl.newcontext
      assert.truthy(newcontext(client { cafile = false, trust = "system" }))
      assert.is_nil(newcontext(client { trust = "system" }))
      assert.same({ "certificate verify failed", "tlsv1 alert unknown ca" },
         { tried("ec", { cafile = false, trust = "system" }) })
   end)

   it("takes an authority that is not self-signed for one", function()
      assert.same({ true, true }, { tried("chain", { cafile = certificates.intermediate.certfile }) })
   end)

   it("tells once of each protection that is off", function()
      local luasec = require "bearssl.luasec"
      local told = {}
      luasec.on_unsafe = function(what, traceback)
         told[#told + 1] = what
         assert.truthy(traceback:find("verification_spec", 1, true))
      end
      for _ = 1, 2 do
         tried("ec", { verify_host = true }, "localhost")
         assert.equal(0, #told)
      end
      for _ = 1, 2 do
         tried("ec", {})
         assert.equal(1, #told)
         assert.truthy(told[1]:find("verify_host", 1, true))
      end
      tried("ec", { verify = "none" })
      tried("ec", { verifyext = "lsec_continue" })
      assert.equal(3, #told)
      luasec.on_unsafe = nil
      assert.is_nil(luasec.on_unsafe)
      assert.has_error(function() luasec.on_unsafe = 5 end)
   end)

   it("has pre-shared keys of TLS 1.3", function()
      local given
      local function server(key)
         return { mode = "server", protocol = "any", psk = function(identity, most)
            given = { identity, most }
            return identity == "me" and key or nil
         end }
      end
      local function with_key(key)
         return { mode = "client", protocol = "tlsv1_3", psk = function(hint, identity_most, key_most)
            assert(hint == nil and identity_most == 255 and key_most == 512)
            return "me", key
         end }
      end
      local secret = ("k"):rep(32)
      local a, b = both.connect(both.ours, with_key(secret), both.ours, server(secret))
      assert.same({ "me", 512 }, given)
      assert.is_true(a:getpeerverification())
      a:send("x")
      assert.equal("x", b:receive(1))
      a:close()
      b:close()
      local result = both.try(both.ours, with_key(secret), both.ours, server(("x"):rep(32)))
      assert.not_equal(true, result.client)
      assert.not_equal(true, result.server)
      result = both.try(both.ours, { mode = "client", protocol = "tlsv1_3", psk = function() return "you", secret end },
         both.ours, server(secret))
      assert.same({ server = "psk identity not found", client = "tlsv1 alert unknown psk identity" }, result)
   end)

   it("has them with OpenSSL, on which LuaSec's are made", function()
      local process = require "spec.support.process"
      local socket = require "socket"
      local secret = ("k"):rep(32)
      local hex = secret:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
      local listener = assert(socket.bind("127.0.0.1", 0))
      listener:settimeout(10)
      local child = process.start { "openssl", "s_client", "-connect",
         "127.0.0.1:" .. tostring(select(2, listener:getsockname())), "-tls1_3", "-psk", hex, "-psk_identity", "me",
         "-quiet" }
      local conn = assert(both.ours.ssl.wrap(assert(listener:accept()), { mode = "server", protocol = "any",
         psk = function(identity) return identity == "me" and secret or nil end }))
      conn:settimeout(10)
      local ok, message = conn:dohandshake()
      assert.equal(true, ok, message)
      conn:send("by a key alone\n")
      assert.truthy(child:wait_for("by a key alone", 10))
      conn:close()
      listener:close()
      child:stop()
   end)
end)

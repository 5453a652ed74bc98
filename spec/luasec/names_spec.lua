-- Which certificate a name is shown, and which protocol is chosen, in every pairing with LuaSec.
local both = require "spec.luasec.both"
local certificates = require "spec.support.certificates"

local function server(name, more)
   local params = { mode = "server", protocol = "any" }
   if name then params.certificate, params.key = certificates[name].chainfile, certificates[name].keyfile end
   for field, value in pairs(more or {}) do params[field] = value end
   return params
end

local function client(more)
   local params = { mode = "client", protocol = "any", verify = "none" }
   for field, value in pairs(more or {}) do params[field] = value end
   return params
end

local function in_every_pairing(run)
   both.pairings(function(client_library, server_library)
      run(client_library, server_library, client_library.name .. " to " .. server_library.name)
   end)
end

local function shown(conn)
   return conn:getpeercertificate():subject()[1].value
end

local function finish(...)
   for _, conn in ipairs { ... } do conn:close() end
end

describe("server names of bearssl.luasec", function()
   it("choose a certificate, exactly as they are written", function()
      in_every_pairing(function(client_library, server_library, who)
         local names = {
            ["alpha.example"] = server_library.ssl.newcontext(server "alpha"),
            ["beta.example"] = server_library.ssl.newcontext(server "beta"),
         }
         for name, expected in pairs { ["alpha.example"] = "alpha.example", ["beta.example"] = "beta.example",
            ["other.example"] = "localhost", ["x.alpha.example"] = "localhost" } do
            local a, b = both.connect(client_library, client(), server_library, server "ec",
               { name = name, names = names })
            assert.equal(expected, shown(a), who .. ": " .. name)
            assert.equal(name, b:getsniname(), who)
            assert.equal(name, a:getsniname(), who)
            finish(a, b)
         end
         local a, b = both.connect(client_library, client(), server_library, server "ec", { names = names })
         assert.equal("localhost", shown(a), who)
         assert.is_nil(b:getsniname(), who)
         finish(a, b)
      end)
   end)

   it("must be known where that is asked for", function()
      in_every_pairing(function(client_library, server_library, who)
         local names = { ["alpha.example"] = server_library.ssl.newcontext(server "alpha") }
         local result, a, b = both.try(client_library, client(), server_library, server "ec",
            { name = "other.example", names = names, strict = true })
         assert.same({ client = "tlsv1 unrecognized name", server = "callback failed" }, result, who)
         finish(a, b)
         a, b = both.connect(client_library, client(), server_library, server "ec",
            { names = names, strict = true })
         finish(a, b)
      end)
   end)

   it("are looked up when they are asked for, with metamethods", function()
      in_every_pairing(function(client_library, server_library, who)
         local names, asked = {}, {}
         setmetatable(names, { __index = function(_, name)
            asked[#asked + 1] = name
            return name == "beta.example" and server_library.ssl.newcontext(server "beta") or nil
         end })
         local a, b = both.wrap(client_library, client(), server_library, server "ec",
            { name = "alpha.example", names = names })
         names["alpha.example"] = server_library.ssl.newcontext(server "alpha")
         assert.same({ client = true, server = true }, both.shake(a, b), who)
         assert.equal("alpha.example", shown(a), who)
         finish(a, b)
         a, b = both.connect(client_library, client(), server_library, server "ec",
            { name = "beta.example", names = names })
         assert.equal("beta.example", shown(a), who)
         assert.equal("beta.example", asked[1], who)
         finish(a, b)
      end)
   end)

   it("raise out of the handshake what the table raises", function()
      local names = setmetatable({}, { __index = function() error({ "down" }) end })
      local result, a, b = both.try(both.real, client(), both.ours, server "ec", { name = "x.example", names = names })
      assert.same({ "down" }, result.server.raised)
      finish(a, b)
   end)

   it("choose no more than the certificate", function()
      in_every_pairing(function(client_library, server_library, who)
         -- the context of the name asks for no certificate, the connection's own does
         local names = { ["alpha.example"] = server_library.ssl.newcontext(server("alpha", { protocol = "tlsv1_3" })) }
         local result, a, b = both.try(client_library, client(), server_library,
            server("ec", { protocol = "tlsv1_2", verify = { "peer", "fail_if_no_peer_cert" },
               cafile = certificates.ca.certfile }), { name = "alpha.example", names = names })
         assert.equal("peer did not return a certificate", result.server, who)
         finish(a, b)
      end)
   end)

   it("choose among the keys of a context that has several", function()
      local several = { certificates = {
         { certificate = certificates.rsa.chainfile, key = certificates.rsa.keyfile },
         { certificate = certificates.beta.chainfile, key = certificates.beta.keyfile },
      } }
      in_every_pairing(function(client_library, server_library, who)
         local names = { ["beta.example"] = server_library.ssl.newcontext(server(nil, several)) }
         for cipher, kind in pairs {
            ["ECDHE-RSA-AES128-GCM-SHA256"] = "RSA", ["ECDHE-ECDSA-AES128-GCM-SHA256"] = "EC",
         } do
            local a, b = both.connect(client_library, client { protocol = "tlsv1_2", ciphers = cipher }, server_library,
               server "alpha", { name = "beta.example", names = names })
            assert.equal(kind, select(2, a:getpeercertificate():pubkey()), who)
            finish(a, b)
         end
      end)
   end)

   it("may be anything that a program gives", function()
      in_every_pairing(function(client_library, server_library, who)
         for _, name in ipairs { "", "127.0.0.1", "::1", "a_b.example" } do
            local a, b = both.connect(client_library, client(), server_library, server "ec", { name = name })
            assert.equal(name ~= "" and name or nil, a:getsniname(), who)
            finish(a, b)
         end
      end)
   end)

   it("are given for the right arguments only", function()
      both.same(function(library)
         local a, b = both.wrap(library, client(), library, server "ec")
         local results = {}
         for index, value in ipairs { 5, "text", { [1] = library.ssl.newcontext(client()) }, { x = 5 } } do
            results[index] = pcall(b.sni, b, value)
         end
         finish(a, b)
         return results
      end)
   end)
end)

describe("ALPN of bearssl.luasec", function()
   it("goes by the server's order", function()
      in_every_pairing(function(client_library, server_library, who)
         for _, version in ipairs { "tlsv1_2", "tlsv1_3" } do
            for _, case in ipairs {
               { { "h2", "http/1.1" }, { "http/1.1", "h2" }, "http/1.1" }, { "h2", { "h2" }, "h2" },
               { { "a", "b" }, { "c" }, nil }, { { "a" }, nil, nil }, { nil, { "c" }, nil },
               { { "a", "b" }, function() return "b" end, "b" },
               { { "a", "b" }, function() return { "x", "b", "a" } end, "b" },
               { { "a", "b" }, function() return nil end, nil }, { { "a", "b" }, function() return "x" end, nil },
            } do
               local a, b = both.connect(client_library, client { alpn = case[1], protocol = version }, server_library,
                  server("ec", { alpn = case[2] }))
               assert.equal(case[3], a:getalpn(), who)
               assert.equal(case[3], b:getalpn(), who)
               finish(a, b)
            end
         end
      end)
   end)

   it("tells a function what the client offers", function()
      in_every_pairing(function(client_library, server_library, who)
         local offered
         local a, b = both.connect(client_library, client { alpn = { "h2", "http/1.1" } }, server_library,
            server("ec", { alpn = function(list)
               offered = list
               return "h2"
            end }))
         assert.same({ "h2", "http/1.1" }, offered, who)
         finish(a, b)
      end)
   end)

   it("raises what the function raises", function()
      in_every_pairing(function(client_library, server_library, who)
         local result, a, b = both.try(client_library, client { alpn = "h2" }, server_library,
            server("ec", { alpn = function() error("no answer", 0) end }))
         assert.equal("no answer", result.server.raised, who)
         finish(a, b)
      end)
   end)
end)

-- The drop-in for LuaSec on each Lua, beside LuaSec itself; spec/luasec compares all of it, on one.
local both = require "spec.luasec.both"
local certificates = require "spec.support.certificates"
local socket = require "socket"

local server = { mode = "server", protocol = "any", verify = { "peer", "client_once" }, verifyext = "lsec_continue" }
local client = { mode = "client", protocol = "any", verify = "peer" }

setup(function()
   server.certificate, server.key = certificates.chain.chainfile, certificates.chain.keyfile
   client.certificate, client.key = certificates.client_ec.chainfile, certificates.client_ec.keyfile
   server.cafile, client.cafile = certificates.ca.certfile, certificates.ca.certfile
end)

describe("bearssl.luasec", function()
   for _, version in ipairs { "tlsv1_2", "tlsv1_3" } do
      it("gets along with LuaSec in " .. version, function()
         both.pairings(function(client_library, server_library)
            local who = client_library.name .. " to " .. server_library.name
            client.protocol = version
            local names = { ["alpha.example"] = server_library.ssl.newcontext { mode = "server", protocol = "any",
               certificate = certificates.alpha.chainfile, key = certificates.alpha.keyfile, cafile = server.cafile,
               verify = server.verify, verifyext = server.verifyext } }
            local a, b = both.connect(client_library, client, server_library, server,
               { name = "alpha.example", names = names, strict = true })
            assert.equal(certificates.alpha.certificate, a:getpeercertificate():pem(), who)
            assert.equal(certificates.client_ec.certificate, b:getpeercertificate():pem(), who)
            assert.is_true(a:getpeerverification(), who)
            assert.is_true(b:getpeerverification(), who)
            assert.equal("alpha.example", b:getsniname(), who)
            assert.same(a:info(), b:info(), who)
            assert.equal(a:getfinished(), b:getpeerfinished(), who)
            assert.equal(6, a:send("hello\n"), who)
            assert.equal("hello", (b:receive()), who)
            b:send("to the end")
            b:close()
            assert.equal("to the end", (a:receive("*a")), who)
            assert.same({ nil, "closed", "" }, { a:receive(1) }, who)
            a:close()
         end)
      end)
   end

   it("has contexts, connections and certificates that are userdata", function()
      local a, b = both.connect(both.ours, client, both.ours, server)
      for _, value in ipairs { a, both.ours.ssl.newcontext(client), a:getpeercertificate() } do
         assert.equal("userdata", type(value))
         assert.equal("table", type(getmetatable(value).__index))
      end
      a:close()
      b:close()
   end)

   it("makes its objects of the core's, which takes a metatable and nothing else", function()
      local core = require "bearssl.core"
      local meta = { __index = { x = 5 } }
      local value = core.userdata(meta)
      assert.equal("userdata", type(value))
      assert.equal(meta, getmetatable(value))
      assert.equal(5, value.x)
      assert.is_nil(core.type(value))
      for _, wrong in ipairs { 5, "x", true } do assert.has_error(function() core.userdata(wrong) end) end
      assert.has_error(function() core.userdata() end)
   end)

   it("lets callbacks yield", function()
      if _VERSION == "Lua 5.1" and type(jit) ~= "table" then return end
      local yielded
      local a, b = both.wrap(both.real, { mode = "client", protocol = "any", alpn = "x" }, both.ours,
         { mode = "server", protocol = "any", certificate = server.certificate, key = server.key,
            alpn = function()
               yielded = coroutine.yield("asking")
               return "x"
            end })
      local wrapped = coroutine.wrap(function()
         local result = both.shake(a, b)
         assert.same({ client = true, server = true }, result)
         return "done"
      end)
      assert.equal("asking", wrapped())
      assert.equal("done", wrapped("answer"))
      assert.equal("answer", yielded)
      assert.equal("x", a:getalpn())
      a:close()
      b:close()
   end)

   it("raises what callbacks raise", function()
      for _, params in ipairs {
         { mode = "server", protocol = "any", certificate = server.certificate, key = server.key,
            alpn = function() error({ "thrown" }) end },
      } do
         local result, a, b = both.try(both.ours, { mode = "client", protocol = "any", alpn = "x" }, both.ours, params)
         assert.same({ "thrown" }, result.server.raised)
         a:close()
         b:close()
      end
   end)

   it("ends and frees what nobody holds", function()
      local a, b = both.connect(both.ours, client, both.ours, server)
      a:send("last")
      local weak = setmetatable({ a }, { __mode = "v" })
      a = nil -- luacheck: ignore
      for _ = 1, 4 do collectgarbage() end
      assert.is_nil(weak[1])
      assert.equal("last", (b:receive("*a")))
      assert.same({ nil, "closed", "" }, { b:receive(1) })
      b:close()
      collectgarbage()
      local before = collectgarbage("count")
      for _ = 1, 50 do
         local tcp, other = both.tcp()
         both.ours.ssl.wrap(tcp, client)
         other:close()
      end
      for _ = 1, 4 do collectgarbage() end
      assert.is_true(collectgarbage("count") < before + 200)
   end)

   it("may be left open at the end of a program, in any state", function()
      local interpreter = require "spec.support.interpreter"
      local process = require "spec.support.process"
      local temporary = require "spec.support.temporary"
      local program = temporary.write([[
         local socket, ssl = require "socket", require "bearssl.luasec.ssl"
         local certificate, key = arg[1], arg[2]
         local listener = assert(socket.bind("127.0.0.1", 0))
         local function pair()
            local a = assert(socket.connect("127.0.0.1", (select(2, listener:getsockname()))))
            local client = ssl.wrap(a, { mode = "client", protocol = "any" })
            local server = ssl.wrap(listener:accept(), { mode = "server", protocol = "any",
               certificate = certificate, key = key })
            client:settimeout(0)
            server:settimeout(0)
            return client, server
         end
         kept = { pair() }
         kept[3], kept[4] = pair()
         kept[3]:dohandshake()
         kept[5], kept[6] = pair()
         repeat
            local a, b = kept[5]:dohandshake(), kept[6]:dohandshake()
         until a and b
         kept[7] = kept[5]:getpeercertificate()
         for _ = 1, 20 do pair() end]], ".lua")
      local child = process.start({ interpreter.path, program, server.certificate, server.key },
         { environment = interpreter.environment() })
      assert.equal(0, child:wait(20), child:errors())
   end)

   it("lets programs find it by select", function()
      local a, b = both.connect(both.ours, client, both.ours, server)
      a:send("abc")
      assert.equal(b, socket.select({ b }, nil, 5)[1])
      assert.equal("a", (b:receive(1)))
      assert.equal(b, socket.select({ b }, nil, 0)[1])
      a:close()
      b:close()
   end)
end)

-- Connections: what each method gives before the handshake, after it, and after the end, with either library as client
-- and as server.
local both = require "spec.luasec.both"
local certificates = require "spec.support.certificates"
local socket = require "socket"
local temporary = require "spec.support.temporary"

local VERSIONS = { "tlsv1_2", "tlsv1_3" }

local function server_params(more)
   local params = {
      mode = "server", protocol = "any", certificate = certificates.ec.chainfile, key = certificates.ec.keyfile,
   }
   for name, value in pairs(more or {}) do params[name] = value end
   return params
end

local function client_params(more)
   local params = { mode = "client", protocol = "any", verify = "none" }
   for name, value in pairs(more or {}) do params[name] = value end
   return params
end

-- run(client, server, who) for each pairing and version, with the handshake done
local function established(run)
   for _, version in ipairs(VERSIONS) do
      both.pairings(function(client_library, server_library)
         local client, server = both.connect(client_library, client_params(), server_library,
            server_params { protocol = version })
         run(client, server, ("%s to %s, %s"):format(client_library.name, server_library.name, version), version)
         client:close()
         server:close()
      end)
   end
end

local function pack(...)
   return { n = select("#", ...), ... }
end

-- Numbers of LuaSec's are floats.
local function same(expected, who, ...)
   assert.same(expected, { ... }, who)
end

describe("a connection of bearssl.luasec", function()
   describe("before its handshake", function()
      it("says what LuaSec's says", function()
         both.same(function(library)
            local a, b = both.tcp()
            local conn = library.ssl.wrap(a, client_params())
            local results = {}
            for _, name in ipairs { "getpeercertificate", "getpeerchain", "getfinished", "info", "getpeerverification",
               "getpeerfinished", "dirty", "want", "getsniname", "getalpn" } do
               results[name] = pack(conn[name](conn))
            end
            results.field = pack(conn:info("cipher"))
            results.export = pack(conn:exportkeyingmaterial("EXPORTER-x", 16))
            results.send = pack(conn:send("hello"))
            results.part = pack(conn:send("hello", 3))
            results.empty = pack(conn:send(""))
            results.receive = pack(conn:receive())
            results.prefix = pack(conn:receive(5, "ab"))
            results.enough = pack(conn:receive(2, "abc"))
            results.all = pack(conn:receive("*a"))
            results.settimeout = pack(conn:settimeout(1))
            results.setstats = pack(conn:setstats(1, 2, 3))
            results.stats = pack(conn:getstats())
            results.stats[3] = results.stats[3] >= 3
            conn:sni("localhost")
            results.sniname = conn:getsniname()
            conn:close()
            b:close()
            return results
         end)
      end)

      it("has taken the socket's descriptor", function()
         both.same(function(library)
            local a, b = both.tcp()
            local fd = a:getfd()
            local conn = library.ssl.wrap(a, client_params())
            local results = { conn:getfd() == fd, a:getfd(), pack(a:send("x")) }
            conn:close()
            results[4], results[5] = conn:getfd(), tostring(conn):gsub("0x%x+", "0x0")
            results[6] = pack(a:close())
            b:settimeout(1)
            results[7] = pack(b:receive(1))
            b:close()
            return results
         end)
      end)

      it("is refused without a mode, a context, or a socket", function()
         both.same(function(library)
            local a = both.tcp()
            local conn, message = library.ssl.wrap(a, library.context.create "any")
            a:close()
            return conn, message
         end, { nil, "invalid mode" })
         both.same(function(library) return library.ssl.wrap(both.tcp(), 5) end)
         both.same(function(library) return library.ssl.wrap(both.tcp(), nil) end)
         assert.has_error(function() both.ours.ssl.wrap(nil, client_params()) end)
      end)

      it("fails where its socket was never connected", function()
         local conn = both.ours.ssl.wrap(socket.tcp(), client_params())
         local ok, message = conn:dohandshake()
         assert.is_false(ok)
         assert.equal("string", type(message))
         conn:close()
      end)

      it("raises for arguments of other types", function()
         for _, call in ipairs {
            function(conn) conn:send() end, function(conn) conn:send({}) end,
            function(conn) conn:receive("l") end, function(conn) conn:receive("a") end,
            function(conn) conn:receive("*n") end, function(conn) conn:receive(-1) end,
            function(conn) conn:settimeout(1, "x") end, function(conn) conn:sni(nil) end,
         } do
            both.same(function(library)
               local a, b = both.tcp()
               local conn = library.ssl.wrap(a, client_params())
               local ok, message = pcall(call, conn)
               conn:close()
               b:close()
               return ok, (message:gsub("^[^\n:]*:%d+: ", ""):gsub("#%d+ to '[^']*' ", ""):gsub("no value", "nil"))
            end)
         end
      end)
   end)

   it("moves data both ways, by all patterns", function()
      established(function(client, server, who)
         same({ 6 }, who, client:send("hello\n"))
         same({ "hello" }, who, server:receive())
         same({ 5 }, who, server:send("hello", 3))
         same({ 3 }, who, server:send("hello", 2, 3))
         same({ 5 }, who, server:send("hello", -2))
         same({ 3 }, who, server:send("hello", 4, 3))
         same({ "llo" }, who, client:receive(3))
         same({ "elabc" }, who, client:receive("2") .. "abc")
         same({ "abclo" }, who, client:receive(5, "abc"))
         same({ 2 }, who, client:send(42))
         same({ "4" }, who, server:receive(1))
         same({ "2" }, who, server:receive(1.5))
         client:send("a\rb\0c\r\nline\n")
         same({ "ab\0c" }, who, server:receive("*l"))
         same({ "xline" }, who, server:receive("*line", "x"))
         client:send("the rest")
         client:close()
         same({ "the rest" }, who, server:receive("*a"))
         same({ nil, "closed", "" }, who, server:receive("*a"))
         same({ nil, "closed", "" }, who, server:receive(5))
         same({ nil, "closed", "x" }, who, server:receive("*l", "x"))
      end)
   end)

   it("gives a part of a line once", function()
      established(function(client, server, who)
         server:settimeout(0.05)
         client:send("begin\rning")
         local data, message, partial = server:receive("*l", "the ")
         while message == "wantread" and #partial < 13 do data, message, partial = server:receive("*l", partial) end
         same({ nil, "wantread", "the beginning" }, who, data, message, partial)
         client:send(" of it\nnext")
         server:settimeout(5)
         same({ "the beginning of it" }, who, server:receive("*l", partial))
         same({ "ne" }, who, server:receive(2))
         client:send("xt")
         same({ "xtxt" }, who, server:receive(4))
      end)
      established(function(client, server, who)
         local lines = {}
         for index = 1, 3000 do lines[index] = ("line %d of many"):format(index) end
         client:send(table.concat(lines, "\r\n") .. "\r\n")
         for index = 1, 3000 do assert.equal(lines[index], (server:receive()), who) end
      end)
   end)

   it("gives what it has where the end comes first", function()
      established(function(client, server, who)
         client:send("abc")
         client:close()
         same({ nil, "closed", "xabc" }, who, server:receive(9, "x"))
      end)
      established(function(client, server, who)
         client:send("abc")
         client:close()
         same({ nil, "closed", "abc" }, who, server:receive("*l"))
      end)
   end)

   it("says wantread and wantwrite where it must not wait", function()
      established(function(client, server, who)
         client:settimeout(0)
         same({ nil, "wantread", "" }, who, client:receive(1))
         same({ nil, "wantread", "ab" }, who, client:receive("*a", "ab"))
         same({ nil, "wantread", "" }, who, client:receive(0))
         assert.equal("read", client:want(), who)
         assert.is_false(client:dirty(), who)
         client:settimeout(0.05)
         local start = socket.gettime()
         same({ nil, "wantread", "" }, who, client:receive())
         assert.is_true(socket.gettime() - start >= 0.04, who)
         client:settimeout(0)
         local sent = 0
         local chunk = ("x"):rep(100000)
         local last, message, partial
         repeat
            last, message, partial = client:send(chunk)
            sent = sent + (last or partial)
         until not last
         assert.equal("wantwrite", message, who)
         assert.equal("write", client:want(), who)
         -- what is sent again after it arrives once
         local got = 0
         local rest = partial
         server:settimeout(0)
         local deadline = socket.gettime() + 10
         while (got < sent or rest < #chunk) and socket.gettime() < deadline do
            local data, _, piece = server:receive(65536)
            got = got + #(data or piece)
            if rest < #chunk then
               last, _, partial = client:send(chunk, rest + 1)
               sent = sent + (last or partial) - rest
               rest = last or partial
            end
         end
         assert.equal(#chunk, rest, who)
         assert.equal(sent, got, who)
      end)
   end)

   it("is dirty while a part of a record waits", function()
      established(function(client, server, who)
         client:send("abcdef")
         same({ "abc" }, who, server:receive(3))
         assert.is_true(server:dirty(), who)
         same({ "def" }, who, server:receive(3))
         assert.is_false(server:dirty(), who)
      end)
   end)

   it("waits for data when none is asked for", function()
      established(function(client, server, who)
         client:send("\nx")
         same({ "" }, who, server:receive(0))
         same({ "" }, who, server:receive("*l"))
         same({ "x" }, who, server:receive(1))
      end)
   end)

   it("counts the bytes of the application", function()
      established(function(client, server, who)
         client:send(("x"):rep(20000))
         server:receive(20000)
         same({ 0, 20000 }, who, (client:getstats()), (select(2, client:getstats())))
         same({ 20000, 0 }, who, (server:getstats()), (select(2, server:getstats())))
         client:send("line\r\nand a\r\rnother\nabc")
         same({ "line" }, who, server:receive())
         same({ 20006 }, who, (server:getstats()))
         same({ "and another" }, who, server:receive("*l"))
         same({ 20020 }, who, (server:getstats()))
         assert.is_true(server:dirty(), who)
         same({ "xab" }, who, server:receive(3, "x"))
         client:close()
         same({ "xc" }, who, server:receive("*a", "x"))
         same({ 20023 }, who, (server:getstats()))
      end)
   end)

   it("tells of the handshake alike on both sides", function()
      established(function(client, server, who, version)
         local here, there = client:info(), server:info()
         assert.same(here, there, who)
         assert.equal(version == "tlsv1_3" and "TLSv1.3" or "TLSv1.2", here.protocol, who)
         assert.equal(here.cipher, client:info("cipher"), who)
         assert.is_nil(client:info("compression"), who)
         assert.is_nil(client:info("nonsense"), who)
         assert.is_true(client:dohandshake(), who)
         assert.equal(client:getfinished(), server:getpeerfinished(), who)
         assert.equal(server:getfinished(), client:getpeerfinished(), who)
         assert.equal(version == "tlsv1_3" and 48 or 12, #client:getfinished(), who)
      end)
   end)

   it("makes keying material that the other side makes too", function()
      established(function(client, server, who, version)
         local label = "EXPORTER-Channel-Binding"
         assert.equal(client:exportkeyingmaterial(label, 32, ""), server:exportkeyingmaterial(label, 32, ""), who)
         assert.equal(32, #client:exportkeyingmaterial(label, 32, ""), who)
         local bare, empty = client:exportkeyingmaterial(label, 16), server:exportkeyingmaterial(label, 16, "")
         assert.equal(version == "tlsv1_3", bare == empty, who)
         assert.has_error(function() client:exportkeyingmaterial(label) end)
         if version == "tlsv1_2" then
            same({ nil, "error exporting keying material" }, who, client:exportkeyingmaterial(label, 0))
         else
            same({ "" }, who, client:exportkeyingmaterial(label, 0))
         end
      end)
   end)

   it("gives the peer's certificates", function()
      established(function(client, server, who)
         assert.equal(certificates.ec.certificate, client:getpeercertificate():pem(), who)
         assert.equal(certificates.ec.certificate, client:getpeercertificate(1):pem(), who)
         assert.is_nil(client:getpeercertificate(2), who)
         same({ nil, "invalid certificate index" }, who, client:getpeercertificate(0))
         assert.equal(1, #client:getpeerchain(), who)
         assert.is_nil(server:getpeercertificate(), who)
      end)
      both.pairings(function(client_library, server_library)
         local client, server = both.connect(client_library, client_params(), server_library,
            server_params { certificate = certificates.chain.chainfile, key = certificates.chain.keyfile })
         local chain = client:getpeerchain()
         assert.equal(2, #chain)
         assert.equal(certificates.intermediate.certificate, chain[2]:pem())
         client:close()
         server:close()
      end)
   end)

   it("completes a certificate that comes alone, from the authorities", function()
      local text = certificates.ca.certificate .. certificates.intermediate.certificate
      local cafile = temporary.write(text, ".pem")
      both.pairings(function(client_library, server_library)
         local who = client_library.name .. " to " .. server_library.name
         local client, server = both.connect(client_library, client_params(), server_library,
            server_params { certificate = certificates.chain.certfile, key = certificates.chain.keyfile,
               cafile = cafile })
         local chain = client:getpeerchain()
         assert.equal(3, #chain, who)
         assert.equal(certificates.intermediate.certificate, chain[2]:pem(), who)
         assert.equal(certificates.ca.certificate, chain[3]:pem(), who)
         client:close()
         server:close()
      end)
   end)

   it("takes any object that gives its descriptor away, and lets it close that again", function()
      for _, library in ipairs { both.real, both.ours } do
         local a, b = both.tcp()
         local calls = {}
         local given = {
            getfd = function() return a:getfd() end,
            setfd = function(_, fd)
               calls[#calls + 1] = fd
               return a:setfd(fd)
            end,
            close = function() return a:close() end,
         }
         local client = assert(library.ssl.wrap(given, client_params()))
         local server = assert(both.real.ssl.wrap(b, server_params()))
         assert.same({ client = true, server = true }, both.shake(client, server), library.name)
         assert.equal(-1, calls[1])
         client:close()
         assert.same({ nil, "closed", "" }, { server:receive(1) }, library.name)
         server:close()
      end
   end)

   it("begins with what LuaSocket has read already, which LuaSec loses", function()
      local bearssl = require "bearssl"
      local peer = assert(bearssl.context { verify = "none" }):connection { server_name = "localhost" }
      peer:step()
      local a, b = both.tcp()
      a:send("STARTTLS\n" .. peer:drain())
      assert.equal("STARTTLS", (b:receive()))
      local server = assert(both.ours.ssl.wrap(b, server_params()))
      server:settimeout(0)
      same({ false, "wantread" }, nil, server:dohandshake())
      a:settimeout(1)
      assert.equal(22, (a:receive(1)):byte()) -- its answer to the ClientHello: a record of the handshake
      server:close()
      a:close()
   end)

   it("gives its own certificates, as LuaSec 1.3 does", function()
      local client, server = both.connect(both.ours, client_params(), both.ours,
         server_params { certificate = certificates.chain.chainfile, key = certificates.chain.keyfile })
      assert.equal(certificates.chain.certificate, server:getlocalcertificate():pem())
      assert.equal(certificates.intermediate.certificate, server:getlocalcertificate(2):pem())
      assert.equal(2, #server:getlocalchain())
      assert.is_nil(client:getlocalcertificate())
      assert.same({}, client:getlocalchain())
      assert.same({}, server:getpeerchain())
      client:close()
      server:close()
      assert.same({ nil, "closed" }, { server:getlocalcertificate() })
   end)

   it("answers after its end, where LuaSec does not crash", function()
      for _, library in ipairs { both.real, both.ours } do
         local client, server = both.connect(library, client_params(), library, server_params())
         client:close()
         client:close()
         same({ nil, "closed" }, nil, client:info())
         same({ nil, "closed" }, nil, client:getpeercertificate())
         same({ false, "closed" }, nil, client:getpeerverification())
         same({ nil, "closed", 0 }, nil, client:send("x"))
         same({ 0 }, nil, client:send(""))
         same({ nil, "closed", "x" }, nil, client:receive(5, "x"))
         same({}, nil, client:getpeerfinished())
         assert.is_false(client:dirty())
         assert.equal(-1, client:getfd())
         assert.truthy(tostring(client):find " %(closed%)$")
         server:close()
      end
      local client, server = both.connect(both.ours, client_params(), both.ours, server_params())
      client:close()
      same({ false, "closed" }, nil, client:dohandshake())
      assert.is_true(client:sni("x"))
      client:getsniname()
      assert.is_nil(client:getalpn())
      server:close()
   end)

   it("ends a conversation that nobody holds any more", function()
      for _, library in ipairs { both.real, both.ours } do
         local client, server = both.connect(library, client_params(), library, server_params())
         client:send("last")
         local fd = client:getfd()
         client = nil -- luacheck: ignore
         collectgarbage()
         collectgarbage()
         same({ "last" }, library.name, server:receive("*a"))
         server:close()
         -- the descriptor is free again
         local probe = socket.tcp()
         probe:bind("127.0.0.1", 0)
         assert.is_true(probe:getfd() <= fd + 2)
         probe:close()
      end
   end)

   it("is as an object what LuaSec's is", function()
      local client, server = both.connect(both.real, client_params(), both.ours, server_params())
      local real, ours = getmetatable(client), getmetatable(server)
      assert.equal("userdata", type(server))
      assert.equal(real.__name, ours.__name)
      for name in pairs(real.__index) do assert.equal("function", type(ours.__index[name]), name) end
      for _, name in ipairs { "__gc", "__close", "__tostring" } do assert.equal("function", type(ours[name]), name) end
      assert.is_nil(server.nonsense)
      assert.truthy(tostring(server):find "^SSL connection: 0x%x+$")
      client:close()
      server:close()
   end)

   it("lets methods be added", function()
      both.each(function(library)
         library.core.setmethod("twice", function(conn, text) return conn:send(text .. text) end)
         local client, server = both.connect(library, client_params(), library, server_params())
         assert.equal(4, client:twice("ab"))
         assert.equal("abab", server:receive(4))
         client:close()
         server:close()
      end)
   end)

   it("shuts down without waiting, where a program asks for it", function()
      local client, server = both.connect(both.ours, client_params(), both.real, server_params())
      server:send("after")
      assert.is_true(client:shutdown())
      same({ nil, "closed", "" }, nil, server:receive(1))
      same({ "after" }, nil, client:receive(5))
      client:close()
      server:close()
   end)

   -- A peer that sends a byte each 0.1 seconds: each wait is shorter than the timeout, all of them are longer.
   local SLOW = [[
      local socket, ssl = require "socket", require "ssl"
      local tcp = assert(socket.connect("127.0.0.1", arg[1]))
      local conn = assert(ssl.wrap(tcp, { mode = "client", protocol = "any", verify = "none" }))
      assert(conn:dohandshake())
      for _ = 1, 4 do
         socket.sleep(0.1)
         conn:send("x")
      end
      conn:receive()]]

   it("takes the timeout for a whole call, in every mode", function()
      local program = temporary.write(SLOW, ".lua")
      for _, case in ipairs { {}, { "r" } } do
         for _, library in ipairs { both.real, both.ours } do
            local listener = assert(socket.bind("127.0.0.1", 0))
            local child = assert(io.popen(("exec %s %s %d"):format(os.getenv("LUA") or "lua5.4", program,
               select(2, listener:getsockname()))))
            local server = assert(library.ssl.wrap(listener:accept(), server_params()))
            listener:close()
            assert.is_true(server:dohandshake())
            server:settimeout(0.25, case[1])
            local who = ("%s, %s"):format(library.name, tostring(case[1]))
            local data, message, partial = server:receive(4)
            assert.is_nil(data, who)
            assert.equal("wantread", message, who)
            assert.is_true(#partial >= 1, who)
            server:settimeout(5)
            same({ ("x"):rep(4 - #partial) }, who, server:receive(4 - #partial))
            server:close()
            child:close()
         end
      end
   end)
end)

-- Renegotiation (RFC 5746) between two sides of ours: the option, what handlers see, data around it, and who may call
-- what. Other implementations: spec/interop/renegotiation_spec.lua; hostile peers: the C tests of spec/core/connection.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local inside = require "spec.support.inside"
local pair = require "bearssl.transport.pair"
local pump = require "spec.support.pump"
local together = require "spec.support.together"

local function context_of(mode, more)
   local options = { mode = mode, max_version = "TLSv1.2", renegotiation = true }
   if mode == "server" then
      options.certificate, options.key = certificates.rsa.chain, certificates.rsa.key
   end
   options.trust = certificates.ca.certificate
   for name, value in pairs(more or {}) do options[name] = value end
   return assert(bearssl.context(options))
end

-- connect gives an established pair of connections.
local function connect(client, server, client_options, server_options)
   client_options = client_options or {}
   client_options.server_name = "localhost"
   local a = assert((client or context_of "client"):connection(client_options))
   local b = assert((server or context_of "server"):connection(server_options))
   local result = pump(a, b)
   assert.is_true(a:info("established") and b:info("established"), result.client.message or result.server.message)
   return a, b
end

local function misuse(pattern, f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok)
   assert.matches(pattern, message)
end

describe("the option renegotiation", function()
   it("is off by default, and told by info", function()
      assert.is_false(assert(bearssl.context { verify = "none" }):info().renegotiation)
      assert.is_true(context_of("client"):info().renegotiation)
      misuse("'renegotiation' must be true or false", bearssl.context, { verify = "none", renegotiation = "secure" })
   end)

   it("is needed on both sides", function()
      local a, b = connect(context_of("client", { renegotiation = false }))
      local ok, message, code = a:renegotiate()
      assert.is_nil(ok)
      assert.is_string(message)
      assert.equal("no_renegotiation", code)
      assert.is_true(b:renegotiate())
      assert.is_true(b:info("renegotiating"))
      pump(a, b)
      assert.is_false(b:info("renegotiating"))
      assert.equal(0, b:info("renegotiations"))
      a:write("still here")
      assert.equal("still here", pump(a, b).server.data)
   end)

   it("means nothing in TLS 1.3", function()
      local a, b = connect(context_of("client", { max_version = "TLSv1.3" }),
         context_of("server", { max_version = "TLSv1.3" }))
      assert.equal("TLSv1.3", a:info("version"))
      for _, side in ipairs { a, b } do
         assert.equal("unsupported_version", (select(3, side:renegotiate())))
      end
   end)

   it("stays with the version that there is", function()
      local a, b = connect(context_of("client", { max_version = "TLSv1.3" }), context_of("server"))
      for _, side in ipairs { a, b } do
         assert.is_true(side:renegotiate())
         pump(a, b)
         assert.equal("TLSv1.2", a:info("version"))
      end
      a, b = connect(context_of("client"), context_of("server", { max_version = "TLSv1.3" }))
      assert.is_true(a:renegotiate())
      pump(a, b)
      assert.equal(1, b:info("renegotiations"))
      assert.equal("TLSv1.2", b:info("version"))
   end)
end)

describe("renegotiate()", function()
   it("checks its arguments", function()
      local a, b = connect()
      misuse("renegotiate: unknown option 'verfy'; did you mean 'verify'", b.renegotiate, b, { verfy = "none" })
      misuse('\'verify\' must be', b.renegotiate, b, { verify = true })
      misuse("'verify' is for servers", a.renegotiate, a, { verify = "required" })
      misuse("must be a table", b.renegotiate, b, "required")
      local _, without = connect(nil, assert(bearssl.context {
         mode = "server", certificate = certificates.ec.chain, key = certificates.ec.key, renegotiation = true,
         max_version = "TLSv1.2",
      }))
      misuse("verify = \"required\" needs a trust store", without.renegotiate, without, { verify = "required" })
      assert.is_true(without:renegotiate { verify = "none" })
   end)

   it("is for established connections", function()
      local a = assert(context_of("client"):connection { server_name = "localhost" })
      assert.equal("not_ready", (select(3, a:renegotiate())))
      local b = connect()
      b:close()
      assert.equal("closed", (select(3, b:renegotiate())))
      b:release()
      assert.equal("closed", (select(3, b:renegotiate())))
   end)

   it("cannot be called by a handler of the connection", function()
      local a, b
      local message
      a, b = connect(nil, nil, { handlers = { hello_request = function(connection)
         local ok
         ok, message = pcall(connection.renegotiate, connection)
         assert.is_false(ok)
      end } })
      assert.is_true(b:renegotiate())
      pump(a, b)
      assert.matches("renegotiate cannot be called while the 'hello_request' handler", message)
      assert.equal(1, a:info("renegotiations"))
   end)

   it("is known to the core by its own names", function()
      local a, b = connect()
      assert.is_nil(inside(a).core:renegotiating())
      assert.is_true(inside(b).core:renegotiate())
      assert.equal("asked", inside(b).core:renegotiating())
      assert.is_true(inside(a).core:renegotiate())
      assert.equal("running", inside(a).core:renegotiating())
      assert.is_true(inside(a).core:hold())
      misuse("invalid option", inside(b).core.renegotiate, inside(b).core, "always")
      local closed = inside((connect())).core
      closed:free()
      assert.equal("closed", (select(3, closed:renegotiate())))
      assert.equal("closed", (select(3, closed:hold())))
      assert.is_nil(closed:renegotiating())
   end)
end)

describe("handlers", function()
   it("see every stage of it, and that it is one", function()
      local first, again = {}, {}
      local function handlers()
         local list = {}
         for _, name in ipairs(core.stages()) do
            list[name] = function(_, message)
               local into = message.renegotiation and again or first
               into[#into + 1] = message.stage .. " " .. tostring(message.direction)
            end
         end
         return list
      end
      local a, b = connect(nil, nil, { handlers = handlers() }, { handlers = handlers() })
      local before = #first
      assert.equal(0, #again)
      a:renegotiate()
      pump(a, b)
      assert.equal(before, #first)
      table.sort(first)
      table.sort(again)
      assert.same(first, again)
   end)

   it("decide again: select, verify, client_certificate, session_store", function()
      local asked = {}
      local function note(name, answer)
         return function(_, question)
            asked[#asked + 1] = name
            if answer then return answer(question) end
         end
      end
      local own = { certificate = certificates.client_ec.chain, key = certificates.client_ec.key }
      own.handlers = { verify = note "client verifies", client_certificate = note "certificate" }
      local server = context_of("server", {
         handlers = { select = note "select", verify = note "server verifies" }, verify = "optional",
      })
      local a, b = connect(context_of("client", own), server)
      local count = #asked
      assert.equal(4, count)
      b:renegotiate { verify = "required" }
      pump(a, b)
      assert.equal(2 * count, #asked)
      for index = 1, count do assert.equal(asked[index], asked[count + index]) end
      assert.is_true(b:info("peer_verified"))
   end)

   it("can refuse the new identity", function()
      local own = { certificate = certificates.client_ec.chain, key = certificates.client_ec.key }
      local server = context_of("server", { handlers = { verify = function() return nil, "access_denied" end } })
      local a, b = connect(context_of("client", own), server)
      assert.is_true(b:renegotiate { verify = "required" })
      local result = pump(a, b)
      assert.is_nil(result.server.status)
      assert.equal("alert_access_denied", result.client.code)
      -- what it was before, and nothing of what was refused
      assert.is_true(b:info("established"))
      assert.same({}, b:info("peer_certificates"))
      assert.is_false(b:info("peer_verified"))
   end)

   it("may take as long as they like, in coroutines", function()
      local waited = 0
      local function slow()
         for _ = 1, 3 do
            waited = waited + 1
            coroutine.yield()
         end
      end
      local server = context_of("server", { handlers = { select = slow, client_key_exchange = slow } })
      local left, right = pair.new { wait = coroutine.yield }
      local a = assert(context_of("client"):wrap(left, { server_name = "localhost" }))
      local b = assert(server:wrap(right))
      together(function()
         assert(a:handshake())
         assert.is_true(a:renegotiate())
         assert(a:send("after\n"))
         assert.equal("answer", (a:receive("*l")))
      end, function()
         assert.equal("after", (b:receive("*l")))
         assert(b:send("answer\n"))
      end)
      assert.equal(12, waited)
      assert.equal(1, b:info("renegotiations"))
   end)
end)

describe("a changed identity", function()
   it("is told when it is proven, not before", function()
      local own = { certificate = certificates.client_ec.chain, key = certificates.client_ec.key }
      local seen = {}
      local a, b
      a, b = connect(context_of("client", own), nil, nil, { handlers = {
         certificate = function(connection) seen[#seen + 1] = #connection:info("peer_certificates") end,
         certificate_verify = function(connection) seen[#seen + 1] = #connection:info("peer_certificates") end,
         established = function(connection, message)
            seen[#seen + 1] = #connection:info("peer_certificates")
            assert.equal(#connection:info("peer_certificates"), #message.peer_certificates)
         end,
      } })
      seen = {}
      assert.is_true(b:renegotiate { verify = "required" })
      pump(a, b)
      assert.same({ 0, 0, 0, 1 }, seen)
      assert.equal(certificates.client_ec.certificate, b:info("peer_certificates")[1]:pem())
      -- and goes with the next one
      assert.is_true(b:renegotiate { verify = "none" })
      pump(a, b)
      assert.equal(2, b:info("renegotiations"))
      assert.same({}, b:info("peer_certificates"))
      assert.is_false(b:info("peer_verified"))
   end)
end)

describe("streams", function()
   -- streams gives a client's and a server's, over a pair of transports.
   local function streams(client, server)
      local left, right = pair.new { wait = coroutine.yield }
      return assert((client or context_of "client"):wrap(left, { server_name = "localhost" })),
         assert((server or context_of "server"):wrap(right))
   end

   it("renegotiate from either side while both talk", function()
      local a, b = streams()
      together(function()
         for index = 1, 4 do
            assert(a:send("line " .. index .. "\n"))
            if index % 2 == 0 then assert.is_true(a:renegotiate()) end
            assert.equal("answer " .. index, (a:receive("*l")))
         end
         a:close()
      end, function()
         for index = 1, 4 do
            assert.equal("line " .. index, (b:receive("*l")))
            if index % 2 == 1 then assert.is_true(b:renegotiate()) end
            assert(b:send("answer " .. index .. "\n"))
         end
         assert.equal("closed", (select(2, b:receive("*l"))))
      end)
      assert.equal(4, a:info("renegotiations"))
      assert.equal(4, b:info("renegotiations"))
   end)

   it("keep what arrives meanwhile for receive", function()
      local a, b = streams()
      local data = ("0123456789"):rep(20000)
      together(function()
         assert(a:handshake())
         assert.equal("go", (a:receive("*l")))
         assert.is_true(a:renegotiate())
         assert.equal(data, (a:receive(#data)))
         assert.equal("a line", (a:receive("*l")))
         assert.equal("another", (a:receive("*l")))
      end, function()
         assert(b:send("go\n"))
         assert(b:send(data .. "a line\n"))
         assert.equal("", (b:receive(0)))
         b:settimeout(0)
         for _ = 1, 200 do
            b:receive("*l")
            if b:info("renegotiations") == 1 then break end
            coroutine.yield()
         end
         b:settimeout(nil)
         assert(b:send("another\n"))
      end)
      assert.equal(1, b:info("renegotiations"))
   end)

   it("send through one that was asked for and not finished", function()
      local a, b = streams()
      together(function()
         assert(a:handshake())
         assert.equal("hello", (a:receive("*l")))
         -- HelloRequest has come, or comes: whoever sends has it done first
         a:settimeout(0)
         for _ = 1, 50 do
            a:receive("*l")
            coroutine.yield()
         end
         a:settimeout(nil)
         assert(a:send("sent\n"))
         assert.equal("bye", (a:receive("*l")))
      end, function()
         assert(b:send("hello\n"))
         b:settimeout(0)
         local ok, _, code = b:renegotiate()
         while not ok do
            assert.equal("wantread", code)
            coroutine.yield()
            ok, _, code = b:renegotiate()
         end
         b:settimeout(nil)
         assert.equal("sent", (b:receive("*l")))
         assert(b:send("bye\n"))
      end)
      assert.equal(1, a:info("renegotiations"))
      assert.equal(1, b:info("renegotiations"))
   end)

   it("shut down behind it", function()
      local a, b = streams()
      together(function()
         assert(a:handshake())
         a:settimeout(0)
         assert.equal("wantread", (select(3, a:renegotiate())))
         a:settimeout(nil)
         assert.is_true(a:shutdown("send"))
         assert.equal("last words", (a:receive("*l")))
      end, function()
         local data, message = b:receive("*l")
         assert.is_nil(data)
         assert.equal("closed", message)
         assert(b:send("last words\n"))
      end)
      assert.equal(1, b:info("renegotiations"))
   end)

   it("tell a sender that another coroutine is at it", function()
      local left, right = pair.new { wait = coroutine.yield }
      local a = assert(context_of("client"):wrap(left, { server_name = "localhost" }))
      local b = assert(context_of("server"):wrap(right))
      local code
      together(function()
         assert(a:handshake())
         assert.is_true(a:renegotiate())
         assert(a:send("end\n"))
      end, function()
         assert.equal("end", (b:receive("*l")))
      end, function()
         while not a:info("renegotiating") do coroutine.yield() end
         code = select(4, a:send("from elsewhere\n"))
      end)
      assert.equal("wantread", code)
   end)

   it("close in the middle of it", function()
      local a, b = streams()
      together(function()
         assert(a:handshake())
         a:settimeout(0)
         assert.equal("wantread", (select(3, a:renegotiate())))
         assert.is_true(a:close())
         assert.is_true(a:info("established"))
      end, function()
         local data, message = b:receive("*l")
         assert.is_nil(data)
         assert.equal("closed", message)
      end)
   end)

   it("say when the peer refuses, and go on", function()
      local a, b = streams(nil, context_of("server", { renegotiation = false }))
      together(function()
         assert(a:handshake())
         local ok, message, code = a:renegotiate()
         assert.is_nil(ok)
         assert.equal("the peer refuses to renegotiate", message)
         assert.equal("no_renegotiation", code)
         assert(a:send("on we go\n"))
      end, function()
         assert.equal("on we go", (b:receive("*l")))
      end)
   end)
end)

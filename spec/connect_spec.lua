-- bearssl.connect: resolved, connected, verified in one call.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local echo = require "spec.support.echo"
local loopback = require "spec.support.loopback"
local port = require "spec.support.port"
local process = require "spec.support.process"
local socket = require "socket"

local ca = certificates.ca.certfile

local function say(stream, line)
   assert(stream:send(line .. "\n"))
   return assert(stream:receive "*l")
end

describe("bearssl.connect", function()
   after_each(process.stop_all)

   it("gives a stream whose peer is proven", function()
      local number = echo()
      local stream = assert(bearssl.connect("localhost", number, { context = { cafile = ca }, timeout = 20 }))
      assert.is_true(stream:info "peer_verified")
      assert.equal("localhost", stream:info "server_name")
      assert.equal("hello", say(stream, "hello"))
      stream:close()
   end)

   it("resumes sessions by itself, unless the context keeps none", function()
      for cache, resumed in pairs { [10] = true, [0] = false } do
         local number = echo(2)
         local context = assert(bearssl.context { cafile = ca, session_cache = cache })
         for turn = 1, 2 do
            local stream = assert(bearssl.connect("localhost", number, { context = context, timeout = 20 }))
            assert.equal("hello", say(stream, "hello"))
            assert.equal(turn == 2 and resumed, stream:info "resumed")
            stream:close()
         end
      end
   end)

   it("takes the options of wrap, and another name than the host's", function()
      local number = echo(2)
      local context = assert(bearssl.context { cafile = ca })
      local given = { context = context, server_name = "localhost", timeout = 20, max_version = "TLSv1.2" }
      local stream = assert(bearssl.connect("127.0.0.1", number, given))
      assert.equal("TLSv1.2", stream:info "version")
      assert.same({ context = context, server_name = "localhost", timeout = 20, max_version = "TLSv1.2" }, given)
      stream:close()
      local refused, message, code = bearssl.connect("localhost", number,
         { context = context, server_name = "elsewhere.example", timeout = 20 })
      assert.is_nil(refused)
      assert.equal("name_mismatch", code)
      assert.truthy(message:find("elsewhere.example", 1, true))
   end)

   it("trusts the system's certificates when it is told nothing", function()
      local number = echo()
      local refused, _, code = bearssl.connect("localhost", number, { timeout = 20 })
      assert.is_nil(refused)
      assert.equal("unknown_ca", code)
   end)

   it("says what it could not connect to", function()
      local number = port.free()
      local stream, message, code = bearssl.connect("127.0.0.1", number, { timeout = 5 })
      assert.is_nil(stream)
      assert.equal("transport_failed", code)
      assert.equal(("cannot connect to 127.0.0.1 port %d: connection refused"):format(number), message)
      stream, message, code = bearssl.connect("nowhere.invalid", 443, { timeout = 5 })
      assert.is_nil(stream)
      assert.equal("transport_failed", code)
      assert.truthy(message:find("nowhere.invalid port 443", 1, true))
      stream, message, code = bearssl.connect("localhost", number, { context = { cafile = "/nowhere/ca.pem" } })
      assert.is_nil(stream)
      assert.truthy(message:find("/nowhere/ca.pem", 1, true))
      assert.equal("file_unreadable", code)
   end)

   it("does not wait longer than its timeout", function()
      local listener, number = loopback.listen()
      local began = core.monotonic()
      local stream, _, code = bearssl.connect("127.0.0.1", number, { timeout = 0.2 })
      assert.is_nil(stream)
      assert.equal("timeout", code)
      assert.is_true(core.monotonic() - began < 5)
      listener:close()
   end)

   it("connects by whatever function it is given, which may yield", function()
      local own = certificates.ec
      local context = assert(bearssl.context { mode = "server", certfile = own.chainfile, keyfile = own.keyfile })
      local listener, number = loopback.listen()
      local asked
      local thread = coroutine.create(function()
         local stream = assert(bearssl.connect("localhost", number, {
            context = { cafile = ca }, timeout = 20,
            connector = function(...)
               asked = { ... }
               coroutine.yield "connecting"
               return socket.connect("127.0.0.1", number)
            end,
            wait = function(descriptor, direction)
               repeat coroutine.yield "waiting" until core.wait(descriptor, direction == "read" and "r" or "w", 0)
               return true
            end,
         }))
         local answer = say(stream, "hello")
         stream:close()
         return answer
      end)
      local _, said = assert(coroutine.resume(thread))
      assert.equal("connecting", said)
      assert.same({ "localhost", number, 20 }, asked)
      -- the server has its turn when the client waits, and so the client must
      local server, is_shaken
      local function serve()
         server = server or assert(context:wrap(loopback.accept(listener), { timeout = 0 }))
         is_shaken = is_shaken or server:handshake()
         local line = is_shaken and server:receive "*l"
         if line then assert(server:send(line .. "\n")) end
      end
      local seen = {}
      while coroutine.status(thread) ~= "dead" do
         local ok, what = coroutine.resume(thread)
         assert.is_true(ok, what)
         seen[what] = true
         if what == "waiting" then serve() end
      end
      assert.is_true(seen.waiting)
      assert.is_true(seen.hello)
      server:close()
      listener:close()
      local stream, message, code = bearssl.connect("localhost", 443, {
         connector = function() return nil, "no way" end,
      })
      assert.is_nil(stream)
      assert.equal("cannot connect to localhost port 443: no way", message)
      assert.equal("transport_failed", code)
   end)

   it("raises for misuse, in the name of the caller's line, and closes what it has opened", function()
      for expected, call in pairs {
         ["the host must be"] = function() bearssl.connect(nil, 443) end,
         ["the port must be"] = function() bearssl.connect("localhost", "443") end,
         ["options must be a table"] = function() bearssl.connect("localhost", 443, "x") end,
         ["options must be a plain table"] = function() bearssl.connect("localhost", 443, setmetatable({}, {})) end,
         ["option 'connector' must be"] = function() bearssl.connect("localhost", 443, { connector = 1 }) end,
         ["option 'timeout' must be a number"] = function() bearssl.connect("localhost", 443, { timeout = "1" }) end,
         ["option 'context' must be"] = function() bearssl.connect("localhost", 443, { context = 1 }) end,
         ["unknown option 'cafiel'"] = function() bearssl.connect("localhost", 443, { context = { cafiel = "x" } }) end,
         ["one argument too many"] = function() bearssl.connect("localhost", 443, {}, 1) end,
      } do
         local ok, message = pcall(call)
         assert.is_false(ok)
         assert.truthy(message:find(expected, 1, true), message)
         assert.truthy(message:find("connect_spec.lua:", 1, true), message)
      end
      local listener, number = loopback.listen()
      local ok, message = pcall(bearssl.connect, "127.0.0.1", number, { min_version = "TLSv9" })
      assert.is_false(ok)
      assert.truthy(message:find("bearssl.connect: option 'min_version'", 1, true), message)
      local accepted = assert(listener:accept())
      accepted:settimeout(5)
      assert.equal("closed", select(2, accepted:receive(1)))
      accepted:close()
      listener:close()
   end)

   it("looks at its options and at the name before it connects, and says where an option belongs", function()
      local function refused(host, given)
         given.connector = function() error "connected" end
         local ok, message = pcall(bearssl.connect, host, 443, given)
         assert.is_false(ok)
         return message
      end
      local message = refused("localhost", { cafile = "ca.pem" })
      assert.truthy(message:find("'cafile' is an option of the context: give context = { cafile =", 1, true), message)
      message = refused("localhost", { nosuch = true })
      assert.truthy(message:find("bearssl.connect: unknown option 'nosuch'; Options: ", 1, true), message)
      assert.truthy(message:find(" connector, context, ", 1, true), message)
      message = refused("localhost", { server_name = "not a name" })
      assert.truthy(message:find("option 'server_name': \"not a name\" (a string) is not a DNS name", 1, true), message)
      message = refused("not a name", {})
      assert.truthy(message:find("the host \"not a name\" (a string) is not a DNS name", 1, true), message)
   end)
end)

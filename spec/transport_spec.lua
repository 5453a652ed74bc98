-- Transports: what context:wrap takes, and how each carries ciphertext.
package.loaded["socket.http"] = nil -- Copas wants to be first
local copas = require "copas"
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local inside = require "spec.support.inside"
local loopback = require "spec.support.loopback"
local pair = require "bearssl.transport.pair"
local socket = require "socket"
local together = require "spec.support.together"
local transport = require "bearssl.transport"

local contexts = {}

-- Its ClientHello is longer than a TCP segment, and comes in several records.
local function client_context()
   contexts.client = contexts.client or assert(bearssl.context { cafile = certificates.ca.certfile, record_size = 512 })
   return contexts.client
end

local function server_context(ticket_count)
   local key = "server" .. (ticket_count or "")
   contexts[key] = contexts[key] or assert(bearssl.context {
      mode = "server", certfile = certificates.ec.certfile, keyfile = certificates.ec.keyfile,
      ticket_count = ticket_count,
   })
   return contexts[key]
end

local function wrap_client(object, timeout)
   return assert(client_context():wrap(object, { server_name = "localhost", timeout = timeout }))
end

local function wrap_server(object, timeout, ticket_count)
   return assert(server_context(ticket_count):wrap(object, { timeout = timeout }))
end

-- Shakes hands, sends in both directions, and ends the conversation.
local function converse(client, server, data)
   data = data or ("0123456789"):rep(5000)
   together(function()
      assert(together.try(client.handshake, client))
      assert(together.send(client, data))
      assert.equal("answer", together.receive(client, "*l"))
      assert(together.try(client.shutdown, client, "send"))
      local _, _, _, code = together.receive(client, 1)
      assert.is_nil(code)
   end, function()
      assert(together.try(server.handshake, server))
      assert.is_true(together.receive(server, #data) == data)
      assert(together.send(server, "answer\r\n"))
      local got, message = together.receive(server, 1)
      assert.is_nil(got)
      assert.equal("closed", message)
      assert(together.try(server.shutdown, server, "send"))
   end)
   client:close()
   server:close()
end

describe("wrap", function()
   it("refuses what is no transport", function()
      local context = client_context()
      local others = { "tcp", true, {}, io.stdout, print, -1, 1.5, { read = print }, { write = 5, read = 5 } }
      for _, object in ipairs(others) do
         local ok, message = pcall(function()
            local stream = context:wrap(object, { server_name = "localhost" })
            return stream
         end)
         assert.is_false(ok)
         assert.matches("transport_spec%.lua:%d+: wrap: ", message)
      end
      assert.is_false((pcall(context.wrap, context)))
      local udp = socket.udp()
      assert.is_false((pcall(context.wrap, context, udp, { server_name = "localhost" })))
      udp:close()
      local closed = loopback.pair()
      closed:close()
      local ok, message = pcall(context.wrap, context, closed, { server_name = "localhost" })
      assert.is_false(ok)
      assert.matches("the socket is closed", message)
      local idle = socket.tcp()
      ok, message = pcall(context.wrap, context, idle, { server_name = "localhost" })
      assert.is_false(ok)
      assert.matches("is not connected", message)
      idle:close()
   end)

end)

describe("a LuaSocket object", function()
   it("carries, is kept alive and closed", function()
      local a, b = loopback.pair()
      local client, server = wrap_client(a, 0), wrap_server(b, 0)
      local weak = setmetatable({ b }, { __mode = "v" })
      b = nil -- luacheck: ignore
      collectgarbage()
      assert.truthy(weak[1])
      converse(client, server)
      assert.equal(-1, a:getfd())
      assert.equal(-1, weak[1]:getfd())
   end)

   it("that was closed behind the stream's back is an error", function()
      local a = loopback.pair()
      local client = wrap_client(a, 0)
      a:close()
      local ok, message, code = client:handshake()
      assert.is_nil(ok)
      assert.equal("transport_failed", code)
      assert.matches("closed", message)
      assert.is_true(client:close())
   end)

   it("may have read ahead", function()
      local a, b = loopback.pair()
      local client = wrap_client(a, 0)
      a:send("PROXY TCP4 1.2.3.4\r\n")
      client:handshake() -- sends the ClientHello right behind
      socket.sleep(0.02)
      assert.equal("PROXY TCP4 1.2.3.4", b:receive("*l"))
      assert.is_true(b:dirty())
      converse(client, wrap_server(b, 0))
   end)
end)

describe("a descriptor number", function()
   it("carries and stays open", function()
      local a, b = loopback.pair()
      local client, server = wrap_client(a:getfd(), 0), wrap_server(b:getfd(), 0)
      assert.equal(a:getfd(), client:getfd())
      converse(client, server)
      assert.is_nil(client:getfd())
      assert.is_true(a:getfd() >= 0)
      assert.equal(2, a:send("ok"))
      assert.equal("ok", b:receive(2))
      a:close()
      b:close()
   end)

   it("that is not open is an error of the transport", function()
      local client = wrap_client(987, 0)
      local ok, _, code = client:handshake()
      assert.is_nil(ok)
      assert.equal("transport_failed", code)
   end)
end)

describe("functions", function()
   it("carry, a byte at a time and a few bytes at a time", function()
      for _, options in ipairs { { chunk = 1 }, { capacity = 7 }, { capacity = 100, chunk = 3 }, {} } do
         options.wait = coroutine.yield
         local a, b = pair.new(options)
         -- where so little is on the way, a server that waits must have nothing to say that nobody reads yet
         converse(wrap_client(a), wrap_server(b, nil, 0), ("x"):rep(3000))
         assert.is_true(a.closed and b.closed)
      end
   end)

   it("that never wait", function()
      local a, b = pair.new { capacity = 1000 }
      converse(wrap_client(a, 0), wrap_server(b, 0))
   end)

   it("are told how long they may wait", function()
      local told = {}
      local client = wrap_client {
         read = function() return nil, "timeout" end,
         write = function(bytes) return #bytes end,
         settimeout = function(seconds) told[#told + 1] = seconds or "for ever" end,
      }
      client:settimeout(5)
      assert.same({ nil, "timeout", "timeout" }, { client:handshake() })
      assert.is_true(told[1] > 4.5 and told[1] <= 5)
      told = {}
      client:settimeout(0)
      assert.same({ nil, "wantread", "wantread" }, { client:handshake() })
      assert.equal(0, told[#told])
      told = {}
      client:settimeout(nil)
      assert.same({ nil, "timeout", "timeout" }, { client:handshake() })
      assert.equal("for ever", told[1])
   end)

   it("that fail are errors of the transport, with their message", function()
      local client = wrap_client {
         read = function() return nil, "the modem hung up" end, write = function(bytes) return #bytes end,
      }
      assert.same({ nil, "the modem hung up", "transport_failed" }, { client:handshake() })
      client = wrap_client { read = function() end, write = function() return nil, "no paper" end }
      local ok, message, code = client:handshake()
      assert.same({ false, "no paper", "transport_failed" }, { ok or false, message, code })
   end)

   it("that failed to write are not asked again", function()
      local written = {}
      local client = wrap_client { read = function() return nil, "timeout" end, write = function(bytes)
         written[#written + 1] = bytes
         return nil, "no paper"
      end }
      for _ = 1, 3 do
         local _, message, code = client:handshake()
         assert.equal("no paper", message)
         assert.equal("transport_failed", code)
      end
      assert.equal(1, #written)
   end)

   it("end with nil, also behind the last bytes", function()
      local a, b = pair.new()
      local ended
      local read = a.read
      a.read = function(n)
         local bytes, message = read(n)
         if ended and not bytes then return nil end
         return bytes, message
      end
      local client, server = wrap_client(a, 0), wrap_server(b, 0)
      together(function() assert(together.try(client.handshake, client)) end,
         function() assert(together.try(server.handshake, server)) end)
      server:send("last")
      ended = true
      local _, _, partial, code = client:receive("*a")
      assert.equal("last", partial)
      assert.equal("truncated", code)
   end)

   it("that return nonsense, or raise, raise", function()
      local client = wrap_client { read = function() return 5 end, write = function(bytes) return #bytes end }
      assert.is_false((pcall(client.handshake, client)))
      client = wrap_client { read = error, write = function() return "all" end }
      assert.is_false((pcall(client.handshake, client)))
      local calls = 0
      client = wrap_client { write = function(bytes) return #bytes end, read = function()
         calls = calls + 1
         if calls == 1 then error("once") end
         return nil, "gone"
      end }
      assert.is_false((pcall(client.handshake, client)))
      -- the locks are not left behind
      assert.same({ nil, "gone", "transport_failed" }, { client:handshake() })
   end)
end)

describe("a cosocket", function()
   -- As nginx has them: receiveany, send, settimeout in milliseconds, close.
   local function cosocket(functions, log)
      local methods = {}
      methods.__index = methods
      function methods.receiveany(_, n) return functions.read(n) end
      function methods.send(_, bytes)
         local done = 0
         while done < #bytes do
            local count, message = functions.write(bytes:sub(done + 1))
            if not count then return nil, message end
            done = done + count
         end
         return #bytes
      end
      function methods.settimeout(_, milliseconds) log[#log + 1] = milliseconds end
      function methods.close()
         log[#log + 1] = "close"
         functions.close()
         return 1
      end
      return setmetatable({ 0, 0 }, methods)
   end

   it("carries", function()
      local a, b = pair.new { wait = coroutine.yield, capacity = 5000 }
      local log = {}
      local client, server = wrap_client(cosocket(a, log)), wrap_server(cosocket(b, log))
      converse(client, server)
      assert.same({ "close", "close" }, log) -- no timeouts: the directives' are in force
      assert.is_nil(client:getfd())
   end)

   it("counts its timeouts in milliseconds", function()
      local a = pair.new()
      local log = {}
      local client = wrap_client(cosocket(a, log), 2)
      assert.same({ nil, "timeout", "timeout" }, { client:handshake() })
      assert.is_true(log[1] > 1900 and log[1] <= 2000 and log[1] % 1 == 0)
      client:settimeout(0)
      assert.same({ nil, "wantread", "wantread" }, { client:handshake() })
      assert.equal(1, log[#log])
      client:settimeout(nil)
      client:handshake()
      assert.equal(0, log[#log])
   end)
end)

describe("a Copas socket", function()
   it("carries through Copas's loop", function()
      local listener, port = loopback.listen()
      local data = ("0123456789"):rep(100000)
      local served, got, resumed
      copas.autoclose = false
      copas.addserver(listener, function(accepted)
         local server = wrap_server(copas.wrap(accepted))
         assert(server:handshake())
         served = assert(server:receive(#data))
         assert(server:send("answer\n"))
         server:close()
      end, 0)
      copas.addthread(function()
         local tcp = socket.tcp()
         assert(copas.connect(tcp, "127.0.0.1", port))
         local client = assert(client_context():wrap(copas.wrap(tcp), {
            server_name = "localhost",
            handlers = { verify = function()
               local _ = copas.sleep and copas.sleep(0)
               resumed = true
            end },
         }))
         assert(client:send(data))
         got = assert(client:receive("*l"))
         assert.same({ nil, "closed", "", "closed" }, { client:receive() })
         client:close()
      end)
      local deadline = socket.gettime() + 20
      repeat copas.step(0.05) until got or socket.gettime() > deadline
      copas.step(0.05)
      listener:close()
      assert.is_true(served == data)
      assert.equal("answer", got)
      assert.is_true(resumed)
   end)
end)

describe("a stream", function()
   it("carries another stream", function()
      local a, b = loopback.pair()
      local outer_client, outer_server = wrap_client(a, 0), wrap_server(b, 0)
      local client, server = wrap_client(outer_client, 0), wrap_server(outer_server, 0)
      assert.equal(a:getfd(), client:getfd())
      converse(client, server)
      assert.equal(-1, a:getfd())
   end)
end)

describe("the memory pair", function()
   it("closes like a socket", function()
      local a, b = pair.new()
      assert.equal(3, a.write("abc"))
      a.close()
      assert.equal("ab", b.read(2))
      assert.equal("c", b.read(2))
      assert.same({ nil, "closed" }, { b.read(2) })
      assert.same({ nil, "broken pipe" }, { b.write("x") })
      assert.same({ nil, "broken pipe" }, { a.write("x") })
   end)

   it("has a capacity", function()
      local a, b = pair.new { capacity = 4 }
      assert.equal(4, a.write("abcdef"))
      assert.same({ nil, "timeout" }, { a.write("ef") })
      assert.equal("abcd", b.read(10))
      assert.equal(2, a.write("ef"))
   end)
end)

-- What streams build on: whoever carries, one order of results.
describe("every transport", function()
   local context

   setup(function() context = client_context() end)
   teardown(function() context = nil end)

   -- a connection of the core with a ClientHello in its output
   local function hello()
      local connection = assert(context:connection { server_name = "localhost" })
      connection:step()
      return inside(connection).core
   end

   local soon = function() return core.monotonic() + 0.01 end

   local function functions(reason)
      return transport.new { read = function() return nil, reason end, write = function() return nil, reason end }
   end

   it("that has nothing yet gives nil, code, code", function()
      local a, b = loopback.pair()
      for _, carrier in ipairs({ transport.new(a), transport.new(a:getfd()), functions "timeout" }) do
         assert.same({ nil, "wantread", "wantread" }, { carrier:fill(hello(), 0) })
         assert.same({ nil, "timeout", "timeout" }, { carrier:fill(hello(), soon()) })
      end
      a:close()
      b:close()
      assert.same({ nil, "wantwrite", "wantwrite" }, { functions("timeout"):flush(hello(), 0) })
      assert.same({ nil, "timeout", "timeout" }, { functions("timeout"):flush(hello(), soon()) })
      assert.same({ nil, "timeout", "timeout" }, { functions("wantwrite"):flush(hello(), core.monotonic() - 1) })
   end)

   it("that is cut short in sending gives nil, code, code, last byte", function()
      local a, b = loopback.pair()
      local client, server = wrap_client(a), wrap_server(b)
      client:settimeout(0)
      server:settimeout(0)
      repeat
         local here, there = client:handshake(), server:handshake()
      until here and there
      local object, data = inside(client).connection.core, ("x"):rep(16 * 1024 * 1024)
      local last, message, code, sealed = inside(client).transport:send(object, data, 1, #data, 0)
      assert.same({ false, "wantwrite", "wantwrite" }, { last or false, message, code })
      assert.is_true(sealed > 0 and sealed < #data)
      last, message, code, sealed = inside(client).transport:send(object, data, sealed + 1, #data, soon())
      assert.same({ false, "timeout", "timeout" }, { last or false, message, code })
      assert.is_true(sealed > 0 and sealed < #data)
      a:close()
      last, message, code, sealed = inside(client).transport:send(object, data, sealed + 1, #data, 0)
      assert.same({ false, "the transport is closed", "transport_failed" }, { last or false, message, code })
      assert.is_true(sealed > 0 and sealed < #data)
      b:close()
   end)

   it("that fails gives nil, message, code", function()
      local closed = loopback.pair()
      local carriers = { functions "the modem hung up", transport.new(closed), transport.new(1000) }
      closed:close()
      for _, carrier in ipairs(carriers) do
         for _, method in ipairs({ "fill", "flush" }) do
            local ok, message, code = carrier[method](carrier, hello(), 0)
            assert.is_nil(ok)
            assert.equal("transport_failed", code)
            assert.is_true(type(message) == "string" and message ~= "transport_failed")
         end
      end
      assert.same({ nil, "the modem hung up", "transport_failed" }, { carriers[1]:flush(hello(), 0) })
   end)
end)

describe("transport.remaining", function()
   it("turns a deadline into the time that is left", function()
      assert.is_nil(transport.remaining(nil))
      assert.equal(0, transport.remaining(0))
      assert.equal(0, transport.remaining(core.monotonic() - 1))
      local left = transport.remaining(core.monotonic() + 10)
      assert.is_true(left > 9 and left <= 10)
   end)
end)

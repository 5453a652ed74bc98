-- What cannot carry TLS is refused by name; functions whose answers cannot be; methods on something else.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local cqueues = require "cqueues"
local cqueues_socket = require "cqueues.socket"
local interpreter = require "spec.support.interpreter"
local loopback = require "spec.support.loopback"
local luv = require "luv"
local pair = require "bearssl.transport.pair"
local socket = require "socket"
local ssl = require "ssl"
local transport = require "bearssl.transport"

local context = assert(bearssl.context { cafile = certificates.ca.certfile })
local server_context = assert(bearssl.context {
   mode = "server", certfile = certificates.ec.certfile, keyfile = certificates.ec.keyfile,
})

local function raises(wanted, f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok)
   assert.truthy(tostring(message):find(wanted, 1, true), message)
   assert.is_nil(tostring(message):find("attempt to", 1, true))
   return message
end

local function wrap(object)
   return context:wrap(object, { server_name = "localhost" })
end

describe("wrap", function()
   it("refuses by name what carries no TLS", function()
      raises("the socket is not connected: connect it first", wrap, socket.tcp())
      if socket.tcp4 then raises("the socket is not connected", wrap, socket.tcp4()) end
      local listener = assert(socket.bind("127.0.0.1", 0))
      raises("a listening socket carries no TLS: give what its accept returns", wrap, listener)
      listener:close()
      raises("a UDP socket", wrap, socket.udp())
      local a, b = loopback.pair()
      local secured = assert(ssl.wrap(a, assert(ssl.newcontext { mode = "client", protocol = "tlsv1_2" })))
      raises("a LuaSec connection speaks TLS itself", wrap, secured)
      b:close()
      local handle = luv.new_tcp()
      raises("the luv handle is not connected, or listens", wrap, handle)
      handle:close()
      raises("the luv handle is closed", wrap, handle)
      luv.run() -- or luv's own finalizer fails at the end
      local file = io.tmpfile()
      raises("a file of Lua's", wrap, file)
      file:close()
      raises("closed, or was never connected", wrap, { getfd = function() return -1 end })
   end)

   it("takes nobody's object for one of its own by its fields", function()
      local methods, called = {}, 0
      for method in ("fill, flush, pending, close"):gmatch("%a+") do
         methods[method] = function() error "called as a transport of ours" end
      end
      raises("no transport is known", wrap, methods)
      methods.write = function(bytes)
         called = called + 1
         return #bytes
      end
      methods.read = function() return nil, "timeout" end
      local stream = wrap(methods)
      stream:settimeout(0)
      assert.same({ nil, "wantread", "wantread" }, { stream:handshake() })
      assert.equal(1, called)
      -- what looks like a stream
      local lookalike = { connection = {}, settimeout = function() end }
      function lookalike.receiveany() return nil, "timeout" end
      function lookalike.send(_, bytes)
         called = called + 1
         return #bytes
      end
      stream = wrap(lookalike)
      stream:settimeout(0)
      stream:handshake()
      assert.equal(2, called)
   end)
end)

describe("a socket of cqueues", function()
   -- Each function in a coroutine of one loop; errors come out.
   local function loop(...)
      local queue, done = cqueues.new(), 0
      for _, body in ipairs({ ... }) do
         queue:wrap(function()
            body()
            done = done + 1
         end)
      end
      assert(queue:loop(20))
      assert.equal(select("#", ...), done)
   end

   local function converse(a, b)
      loop(function()
         local stream = assert(context:wrap(a, { server_name = "localhost", timeout = 10 }))
         assert(stream:send(("x"):rep(300000) .. "\n"))
         assert.equal("answer", assert(stream:receive()))
         stream:close()
      end, function()
         local stream = assert(server_context:wrap(b, { timeout = 10 }))
         assert.equal(300000, #assert(stream:receive()))
         assert(stream:send("answer\n"))
         stream:close()
      end)
   end

   it("carries in a loop", function()
      converse(cqueues_socket.pair())
   end)

   it("gives what it has read already, unchanged, and sends what it holds", function()
      local a, b = cqueues_socket.pair()
      b:setmode("tl", "tf") -- text mode would change line ends
      local rest = "\22\3\1\r\n\0\r\n\n\r"
      loop(function()
         assert(a:xwrite("STARTTLS\r\n" .. rest, "bn"))
         assert(a:flush())
      end)
      loop(function()
         assert.equal("STARTTLS", b:read("*l"))
         assert.is_true((b:pending()) > 0)
         b:setvbuf("full")
         assert(b:xwrite("go ahead\n", "bf"))
         local carrier = assert(transport.new(b))
         assert.equal(rest, carrier.early)
         assert.equal("go ahead", a:read("*l"))
      end)
   end)

   it("waits outside of a loop, and no longer than it may", function()
      local a, b = cqueues_socket.pair()
      local stream = assert(context:wrap(a, { server_name = "localhost", timeout = 0.05 }))
      assert.same({ nil, "timeout", "timeout" }, { stream:handshake() })
      stream:settimeout(0)
      assert.equal("wantread", select(3, stream:handshake()))
      assert.equal(a:pollfd(), stream:getfd())
      b:close()
      stream:settimeout(5)
      assert.is_nil((stream:handshake()))
      stream:close()
      assert.is_nil(stream:getfd())
   end)
end)

describe("a transport's write function", function()
   it("must return a count that can be", function()
      local nan = 0 / 0
      for _, answer in ipairs({ -5, nan, 1.5, math.huge, 1e9, -math.huge }) do
         for _, failing in ipairs({ false, true }) do
            local stream = wrap {
               read = function() return nil, "timeout" end,
               write = function()
                  if failing then return nil, "timeout", answer end
                  return answer
               end,
            }
            raises("the transport's write function returned " .. tostring(answer), stream.handshake, stream)
            -- nobody knows what was sent
            local ok, message, code = stream:handshake()
            assert.is_nil(ok)
            assert.equal("transport_failed", code, message)
         end
      end
   end)

   it("may take all, a part or nothing", function()
      local a, b = pair.new()
      local write, turn = a.write, 0
      a.write = function(bytes)
         turn = turn + 1
         if turn % 3 == 0 then return 0 end
         return write(bytes:sub(1, turn % 3 == 1 and 1 or #bytes))
      end
      local client, server = wrap(a), server_context:wrap(b, { timeout = 0 })
      client:settimeout(0)
      for _ = 1, 5000 do
         if client:handshake() and server:handshake() then break end
         server:handshake()
      end
      assert.is_true(client:info("established"))
   end)

   it("getfd's answer is a descriptor or none", function()
      for answer, expected in pairs({ [7] = 7, [-1] = false, [1.5] = false, x = false }) do
         local stream = wrap { read = function() end, write = function() end, getfd = function() return answer end }
         assert.equal(expected, stream:getfd() or false)
      end
   end)
end)

describe("option time", function()
   it("raises, and names itself, when it gives no time", function()
      for _, answer in ipairs({ "now", true, 0 / 0, math.huge, {} }) do
         local made = bearssl.context { verify = "none", clock = function() return answer end }
         raises("option 'clock': the function (spec/", made.connection, made, { server_name = "x" })
         raises("option 'clock'", bearssl.context, { mode = "server", certificate = certificates.ec.certificate,
            key = certificates.ec.key, clock = function() return answer end })
      end
      local made = bearssl.context { verify = "none", clock = function() end }
      raises("a number of seconds since the epoch, not nil", made.connection, made, { server_name = "x" })
   end)
end)

describe("a method that is called with a dot, or on something else,", function()
   it("names itself", function()
      local stream = wrap { read = function() return nil, "timeout" end, write = function(bytes) return #bytes end }
      local connection = context:connection { server_name = "x" }
      local objects = { stream = stream, connection = connection, context = context }
      local skip = { dohandshake = true }
      local count = 0
      for what, object in pairs(objects) do
         for name, method in pairs(debug.getmetatable(object).__index) do
            if type(method) == "function" and not skip[name] then
               local start = ("%s: must be called on a %s, as %s:%s("):format(name, what, what, name)
               for _, self in ipairs({ "text", 5, {} }) do raises(start, method, self, "x") end
               raises(start, method)
               count = count + 1
            end
         end
      end
      assert.is_true(count > 40, count)
   end)

   it("write says what it takes", function()
      local connection = context:connection { server_name = "x" }
      raises("write: the data must be a string, not nil", connection.write, connection)
      raises("write: the data must be a string, not 5 (a number)", connection.write, connection, 5)
      raises("write: i must be a positive integer", connection.write, connection, "x", 0)
      raises("write: i must be a positive integer", connection.write, connection, "x", "1")
   end)
end)

describe("what gives text or an object", function()
   it("gives one result, for f:write and table.insert", function()
      local certificate, key = bearssl.certificate.selfsigned { names = { "example.org" }, ca = true }
      local function one(...)
         assert.equal(1, select("#", ...))
         assert.is_truthy((...))
         return (...)
      end
      local file = io.tmpfile()
      assert(file:write(key:pem(), certificate:pem()))
      assert(file:write(key:pem("password")))
      file:close()
      one(key:pem())
      one(key:pem { password = "x", iterations = 1000 })
      one(key:der())
      one(certificate:pem())
      one(certificate:der())
      one(certificate:text())
      local request = one(bearssl.request.new { key = key, subject = "CN=x" })
      one(request:pem())
      one(bearssl.request.load(request:pem()))
      one(one(bearssl.crl.new { issuer = certificate, issuer_key = key }):pem())
      one(one(bearssl.ocsp.new { issuer = certificate, issuer_key = key, certificate = certificate }):der())
      one(bearssl.ocsp.request(certificate, certificate))
      one(bearssl.certificate.issue { request = request, issuer = certificate, issuer_key = key })
      one(bearssl.key.load(key:pem()))
      one(bearssl.key.generate("p256"))
      one(bearssl.certificate.load(certificate:pem()))
      one(bearssl.trust.load(certificate:pem()))
      one(bearssl.trust.open(certificates.ca.certfile)):reload()
      one(one(bearssl.ticket_keys.new()):export())
      one(bearssl.context { verify = "none" })
      local a, b = pair.new()
      local client, server = wrap(a), server_context:wrap(b, { timeout = 0 })
      client:settimeout(0)
      for _ = 1, 100 do
         if client:handshake() and server:handshake() then break end
         server:handshake()
      end
      client:receive(1)
      one(client:export_keying_material("EXPORTER-x", 16))
      one(client:channel_binding("tls-exporter"))
      one(one(client:session()):export())
      one(server:update_keys())
      one(server:send_ticket())
      one(server:send("text\n"))
      one(client:receive())
   end)
end)

describe("an object made in a finalizer, while the state is closed,", function()
   it("does not crash", function()
      -- LuaJIT runs such finalizers after it has unloaded the modules, unless they stay
      local process = interpreter.script([[
         local context = require "bearssl".context { verify = "none" }
         local function finalizer()
            local connection = context:connection { server_name = "example.org" }
            connection:step()
         end
         local last = newproxy and newproxy(true)
         if last then getmetatable(last).__gc = finalizer else last = setmetatable({}, { __gc = finalizer }) end
         kept = last
      ]], {}, { environment = {
         -- what Lua 5.4 makes in such a finalizer it never finalizes
         ASAN_OPTIONS = (os.getenv "ASAN_OPTIONS" or "") .. ":detect_leaks=0",
      } })
      assert.equal(0, (process:wait(20)))
   end)
end)

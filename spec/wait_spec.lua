-- The option `wait` of context:wrap: any event loop brings its way to wait.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local cqueues = require "cqueues"
local loopback = require "spec.support.loopback"
local luv = require "luv"
local pair = require "bearssl.transport.pair"
local socket = require "socket"

local DATA = ("0123456789abcdef"):rep(65536) -- 1 MiB: more than a socket takes at once

local contexts

local function make_contexts()
   return {
      client = assert(bearssl.context { cafile = certificates.ca.certfile }),
      server = assert(bearssl.context { mode = "server", certificate = certificates.ec.chain,
         key = certificates.ec.key, max_early_data = 1000 }),
   }
end

local function wrap_both(wait, options)
   local a, b = loopback.pair()
   options = options or {}
   local client = assert(contexts.client:wrap(a, { server_name = "localhost", wait = wait, timeout = options.timeout }))
   local server = assert(contexts.server:wrap(options.bare and b:getfd() or b, { wait = wait, timeout = options.timeout,
      handlers = options.handlers }))
   return client, server, b
end

-- What a program does in its coroutines: client and server of one conversation, in any loop.
local function answer(server, forget)
   local data = assert(server:receive(#DATA))
   assert(server:send(data .. "\n"))
   assert.equal("end", (server:receive "*l"))
   if forget then forget(server:getfd()) end
   server:close()
   return "answered"
end

local function ask(client, forget)
   assert(client:handshake())
   assert(client:send(DATA))
   assert.is_true(client:receive "*l" == DATA)
   assert(client:send "end\n")
   assert.same({ nil, "closed", "", "closed" }, { client:receive(1) })
   if forget then forget(client:getfd()) end
   client:close()
   return "asked"
end

-- A scheduler of coroutines as small as they get: who waits, for what, until when.
local function new_scheduler()
   local scheduler, sleepers = { waits = 0, modes = {} }, {}

   function scheduler.wait(fd, mode, seconds)
      assert(coroutine.running())
      scheduler.waits, scheduler.modes[mode] = scheduler.waits + 1, true
      return coroutine.yield({ fd = fd, mode = mode, deadline = seconds and core.monotonic() + seconds })
   end

   function scheduler.go(f, ...)
      local thread = coroutine.create(f)
      local function resume(...)
         local ok, asked = coroutine.resume(thread, ...)
         if not ok then error(debug.traceback(thread, asked), 0) end
         if coroutine.status(thread) == "dead" then
            scheduler.result = asked
         else
            asked.resume = resume
            sleepers[asked] = true
         end
      end
      resume(...)
   end

   local function object_of(asked)
      return { getfd = function() return asked.fd end, dirty = function() return false end, asked = asked }
   end

   function scheduler.step()
      local lists = { read = {}, write = {} }
      for asked in pairs(sleepers) do table.insert(lists[asked.mode], object_of(asked)) end
      local readable, writable = socket.select(lists.read, lists.write, 0.01)
      for _, ready in ipairs({ readable, writable }) do
         for _, object in ipairs(ready) do
            sleepers[object.asked] = nil
            object.asked.resume(true)
         end
      end
      for asked in pairs(sleepers) do
         if asked.deadline and core.monotonic() >= asked.deadline then
            sleepers[asked] = nil
            asked.resume(nil, "timeout")
            break
         end
      end
   end

   function scheduler.run()
      while next(sleepers) do scheduler.step() end
   end

   return scheduler
end

describe("a wait function", function()
   setup(function() contexts = make_contexts() end)
   teardown(function() contexts = nil end)

   it("of a scheduler of coroutines carries whole conversations, several at once", function()
      local scheduler, done = new_scheduler(), {}
      for _ = 1, 3 do
         local client, server = wrap_both(scheduler.wait)
         scheduler.go(function() table.insert(done, (answer(server))) end)
         scheduler.go(function() table.insert(done, (ask(client))) end)
      end
      scheduler.run()
      table.sort(done)
      assert.same({ "answered", "answered", "answered", "asked", "asked", "asked" }, done)
      assert.is_true(scheduler.waits > 10)
   end)

   it("waits to write, too", function()
      local scheduler, big, sent, got = new_scheduler(), DATA:rep(16), nil, nil
      local client, server = wrap_both(scheduler.wait)
      scheduler.go(function() assert(server:handshake()) end)
      scheduler.go(function() sent = client:send(big) end)
      while not scheduler.modes.write or not server:info "established" do scheduler.step() end
      assert.is_nil(sent)
      scheduler.go(function() got = server:receive(#big) end)
      scheduler.run()
      assert.equal(#big, sent)
      assert.is_true(got == big)
      client:close()
      server:close()
   end)

   it("waits for a bare descriptor too, which stays open", function()
      local scheduler, done = new_scheduler(), {}
      local client, server, below = wrap_both(scheduler.wait, { bare = true })
      scheduler.go(function() done[1] = answer(server) end)
      scheduler.go(function()
         assert(client:send(DATA))
         assert.is_true(client:receive "*l" == DATA)
         assert(client:send "end\n")
         assert.same({ nil, "closed", "", "closed" }, { client:receive(1) })
      end)
      scheduler.run()
      assert.equal("answered", done[1])
      assert.is_nil(server:getfd())
      assert.is_true(below:getfd() >= 0)
      assert.equal(4, below:send "open")
      below:close()
      client:close()
   end)

   it("is where the handshake, a reader and a sender at once, and handlers may yield", function()
      local scheduler, seen = new_scheduler(), {}
      local client, server = wrap_both(scheduler.wait, { handlers = { client_hello = function(stream)
         scheduler.wait(stream:getfd(), "write", 1)
         seen.handler = true
      end } })
      for _, stream in ipairs({ client, server }) do
         scheduler.go(function()
            assert(stream:handshake())
            scheduler.go(function()
               seen[stream] = assert(stream:receive(#DATA)) == DATA
            end)
            assert(stream:send(DATA))
         end)
      end
      scheduler.run()
      assert.is_true(seen.handler and seen[client] and seen[server])
      client:close()
      server:close()
   end)

   it("is told how long, and the time of a call counts over all its waits", function()
      local scheduler = new_scheduler()
      local client, server = wrap_both(scheduler.wait, { timeout = 0.3 })
      local result, began, took
      scheduler.go(function() assert(server:handshake()) end)
      scheduler.go(function()
         assert(client:handshake())
         began = core.monotonic()
         result = { client:receive(10) }
         took = core.monotonic() - began
      end)
      local idle, other = loopback.pair()
      scheduler.go(function()
         for _ = 1, 3 do
            scheduler.wait(idle:getfd(), "read", 0.08)
            server:send "x"
         end
      end)
      scheduler.run()
      idle:close()
      other:close()
      assert.same({ nil, "timeout", "xxx", "timeout" }, result)
      assert.is_true(took >= 0.29 and took < 2, took)
      assert.equal("read", client:want())
      client:close()
      server:close()
   end)

   it("is not called by a stream that never waits", function()
      local a, b = loopback.pair()
      local client = assert(contexts.client:wrap(a, { server_name = "localhost", timeout = 0,
         wait = function() error "waited" end }))
      assert.same({ nil, "wantread", "wantread" }, { client:handshake() })
      client:close()
      b:close()
   end)

   it("that a stream without coroutines is given may just wait", function()
      local client, server = wrap_both(function(fd, mode, seconds)
         local object = { getfd = function() return fd end }
         local readable, writable = socket.select(mode == "read" and { object } or nil, mode == "write" and { object }
            or nil, seconds)
         return #readable + #writable > 0, "timeout"
      end, { timeout = 0.05 })
      repeat
         server:handshake()
      until client:handshake()
      assert.equal(5, client:send "hello")
      assert.equal("hello", server:receive(5))
      assert.same({ nil, "timeout", "", "timeout" }, { server:receive(1) })
      client:close()
      server:close()
   end)

   it("tells what went wrong, or raises where it makes no sense", function()
      local answers
      local a, b = loopback.pair()
      local client = assert(contexts.client:wrap(a, { server_name = "localhost",
         wait = function() return (table.unpack or unpack)(answers, 1, 2) end })) -- luacheck: ignore unpack
      answers = { nil, "timeout" }
      assert.same({ nil, "timeout", "timeout" }, { client:handshake() })
      answers = { false, "timeout" }
      assert.same({ nil, "timeout", "timeout" }, { client:handshake() })
      answers = { nil, "the loop is gone" }
      assert.same({ nil, "the loop is gone", "transport_failed" }, { client:handshake() })
      for _, wrong in ipairs({ {}, { false }, { 1 }, { "read" }, { nil, 5 } }) do
         answers = wrong
         local ok, message = pcall(client.handshake, client)
         assert.is_false(ok)
         assert.matches('the wait function must return true, or nil and "timeout"', message)
      end
      client:close()
      b:close()
   end)

   it("may not use the stream that it waits for, nor may a function that reads", function()
      local a = loopback.pair()
      local client
      client = assert(contexts.client:wrap(a, { server_name = "localhost", wait = function()
         return client:handshake()
      end }))
      local told = "this coroutine is already in receive or handshake of this stream: a wait, read or write function "
         .. "must not use the stream that it is for"
      assert.matches("handshake: " .. told, select(2, pcall(client.handshake, client)))
      client = assert(contexts.client:wrap({
         write = function(bytes) return #bytes end, read = function() return client:receive() end,
      }, { server_name = "localhost" }))
      assert.matches("receive: " .. told, select(2, pcall(client.handshake, client)))
   end)

   it("that raises may be called again by the same coroutine", function()
      local a = loopback.pair()
      local calls = 0
      local client = assert(contexts.client:wrap(a, { server_name = "localhost", wait = function()
         calls = calls + 1
         if calls == 4 then return nil, "timeout" end
         error "on purpose"
      end }))
      for _ = 1, 3 do assert.matches("on purpose", select(2, pcall(client.handshake, client))) end
      assert.same({ nil, "timeout", "timeout" }, { client:handshake() })
   end)

   it("is refused where something waits by itself", function()
      local function raises(pattern, object)
         local ok, message = pcall(function()
            assert(contexts.client:wrap(object, { server_name = "localhost", wait = function() end }))
         end)
         assert.is_false(ok)
         assert.matches(pattern, message)
         assert.matches("the option 'wait' is for a LuaSocket object or a descriptor", message)
         assert.matches("^spec/wait_spec%.lua", (message:gsub("^%./", "")))
      end
      raises("a table of read and write functions waits by itself", (pair.new()))
      raises("a cosocket waits by itself", { receiveany = print, send = print, settimeout = print })
      local a, b = loopback.pair()
      raises("a stream waits by itself", assert(contexts.server:wrap(a)))
      raises("a socket of Copas waits by itself", require("copas").wrap(b))
      a:close()
      b:close()
      local c, d = require("cqueues.socket").pair()
      raises("a socket of cqueues waits by itself", c)
      c:close()
      d:close()
      local ok, message = pcall(contexts.client.wrap, contexts.client, 1, { server_name = false, wait = 5 })
      assert.is_false(ok)
      assert.matches("option 'wait' must be a function", message)
   end)

   it("ends when another coroutine closes the stream", function()
      for _, method in ipairs({ "handshake", "receive", "receiveany", "receive_early" }) do
         local scheduler, result = new_scheduler(), nil
         local a, b = loopback.pair()
         local server = assert(contexts.server:wrap(b:getfd(), { wait = scheduler.wait }))
         scheduler.go(function() result = { server[method](server) } end)
         server:close()
         a:send "anything that wakes the loop"
         scheduler.run()
         assert.is_nil(result[1])
         assert.equal("closed", result[2])
         assert.equal("closed", result[#result], method)
         a:close()
         b:close()
      end
   end)
end)

describe("the loop of", function()
   setup(function() contexts = make_contexts() end)
   teardown(function() contexts = nil end)

   it("cqueues is three lines away", function()
      local function wait(fd, mode, seconds)
         local wanted = { pollfd = fd, events = mode == "read" and "r" or "w" }
         return cqueues.poll(wanted, seconds) == wanted, "timeout"
      end
      local client, server = wrap_both(wait)
      local queue, done = cqueues.new(), {}
      -- it remembers descriptors, and must hear of one before it is closed
      queue:wrap(function() done[1] = answer(server, cqueues.cancel) end)
      queue:wrap(function() done[2] = ask(client, cqueues.cancel) end)
      assert(queue:loop())
      assert.same({ "answered", "asked" }, done)
   end)

   it("luv is five lines away", function()
      local function wait(fd, mode, seconds)
         local thread, poll, timer, over = coroutine.running(), luv.new_poll(fd), luv.new_timer(), nil
         local function wake(reason) if not over then over = true; coroutine.resume(thread, reason) end end
         poll:start(mode == "read" and "r" or "w", function() wake() end)
         if seconds then timer:start(math.ceil(seconds * 1000), 0, function() wake "timeout" end) end
         local reason = coroutine.yield(); poll:close(); timer:close(); return not reason, reason
      end
      local client, server = wrap_both(wait)
      local done = {}
      coroutine.wrap(function() done[1] = answer(server) end)()
      coroutine.wrap(function() done[2] = ask(client) end)()
      luv.run()
      assert.same({ "answered", "asked" }, done)
   end)
end)

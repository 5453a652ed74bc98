-- A stream that nothing stands in the way of sends and receives by one call into the core. What its methods promise
-- holds there as elsewhere, also where something comes into the way between two calls.
local core = require "bearssl.core"
local own = require "bearssl.own"
local streams = require "spec.support.streams"
local together = require "spec.support.together"

local connected, keep, settle = streams.connected, streams.keep, streams.settle

after_each(streams.close)

-- The state of a stream: that a call was made so is not seen from outside.
local function state_of(stream)
   return own.look("stream", stream)
end

local function is_ready(stream)
   return state_of(stream)[1] ~= nil
end

-- Two streams that have both become ready, by a few bytes each way.
local function ready(client_options, server_options)
   local client, server, a, b = keep(connected(client_options, server_options))
   for _ = 1, 2 do
      assert.equal(4, client:send("ping"))
      assert.equal("ping", together.receive(server, 4))
      assert.equal(4, server:send("pong"))
      assert.equal("pong", together.receive(client, 4))
   end
   -- What came at once was received without the core's waiting for it.
   assert.equal(4, client:send("ping"))
   settle()
   assert.equal("ping", server:receive(4))
   assert.equal(4, server:send("pong"))
   settle()
   assert.equal("pong", client:receive(4))
   assert.is_true(is_ready(client) and is_ready(server))
   return client, server, a, b
end

describe("a stream that is ready", function()
   it("tells what it waits for, and is ready again when that has come", function()
      local client, server = ready()
      assert.same({ nil, "wantread", "", "wantread" }, { server:receive(3) })
      assert.equal("read", server:want())
      assert.is_false(is_ready(server))
      client:send("ab")
      settle()
      assert.same({ nil, "wantread", "ab", "wantread" }, { server:receive(3) })
      client:send("c")
      settle()
      assert.equal("abc", server:receive(3, "ab"))
      assert.is_nil(server:want())
      client:send("def")
      settle()
      assert.equal("def", server:receive(3))
      assert.is_true(is_ready(server))
   end)

   it("knows of what has arrived and was not asked for", function()
      local client, server = ready()
      assert.is_false(server:dirty())
      client:send("abc")
      client:send("def")
      settle()
      assert.equal("abc", server:receive(3))
      assert.is_true(server:dirty())
      assert.equal("def", server:receive(3))
      assert.is_false(server:dirty())
      client:send("ghi")
      settle()
      assert.equal("g", server:receive(1))
      assert.is_true(server:dirty())
      assert.equal("hi", server:receive(2))
   end)

   it("waits as long as settimeout says", function()
      local _, server = ready()
      server:settimeout(0.05)
      local start = core.monotonic()
      assert.same({ nil, "timeout", "", "timeout" }, { server:receive(1) })
      local took = core.monotonic() - start
      assert.is_true(took >= 0.05 and took < 0.05 + streams.SLOWDOWN)
      assert.equal("read", server:want())
   end)

   it("holds back what could not leave", function()
      local client, server = ready()
      local data = streams.bytes(8000000)
      local last, message, sent, code = client:send(data)
      assert.same({ nil, "wantwrite", "wantwrite", "write" }, { last, message, code, client:want() })
      assert.is_false(is_ready(client))
      local got
      together(function()
         while not last do
            last, message, sent = client:send(data, sent + 1)
            if not last then
               assert.equal("wantwrite", message)
               coroutine.yield()
            end
         end
      end, function() got = together.receive(server, #data) end)
      assert.equal(#data, last)
      assert.is_true(got == data)
   end)

   it("is refused what is misused in the words of its caller", function()
      local client = ready()
      for _, call in ipairs {
         function() client:receive("x") end, function() client:receive(1.5) end, function() client:receive(1, 2) end,
         function() client:receive(-1) end, function() client:send({}) end, function() client:send("x", "y") end,
         function() client.receive({}, 1) end, function() client.send({}, "x") end, function() client.send(1, "x") end,
      } do
         local ok, message = pcall(call)
         assert.is_false(ok)
         assert.matches("stream_ready_spec.lua:%d+: ", message)
      end
      assert.is_true(is_ready(client))
      assert.equal("", client:receive(0))
   end)

   it("takes numbers and parts as ever", function()
      local client, server = ready()
      assert.equal(2, client:send(12))
      assert.equal(3, client:send("abcd", 2, 3))
      assert.equal(0, client:send(""))
      settle()
      assert.equal("12bc", server:receive(4))
   end)

   it("notices that its socket was closed behind it", function()
      local client, server, a, b = ready()
      a:close()
      b:close()
      local _, _, sent, code = client:send("x")
      assert.same({ 0, "transport_failed" }, { sent, code })
      assert.equal("transport_failed", (select(4, server:receive(1))))
   end)

   it("ends when it is closed, and by the end of the peer", function()
      local client, server = ready()
      client:close()
      assert.same({ nil, "closed", "", "closed" }, { client:receive(1) })
      assert.same({ nil, "closed", 0, "closed" }, { client:send("x") })
      assert.is_false(is_ready(client))
      settle()
      assert.same({ nil, "closed", "", "closed" }, { server:receive(1) })
      assert.same({ nil, "closed", "", "closed" }, { server:receive(1) })
   end)

   it("may be used and closed by whoever tells its descriptor", function()
      local client = ready()
      local state = state_of(client)
      local socket = state.transport.socket
      local asked = 0
      local teller = { getfd = function()
         asked = asked + 1
         if asked == 1 then client:close() end
         return socket:getfd()
      end }
      state.transport.socket, state[2] = teller, teller
      teller.close = function() socket:close() end
      assert.same({ nil, "closed", "", "closed" }, { client:receive(1) })
      assert.is_true(asked > 0)
   end)

   it("is not taken for one whatever stands in its place", function()
      local client, server = ready()
      for _, wrong in ipairs { io.stdout, {}, "x", 1, true, core.methods "connection" } do
         state_of(client)[1] = wrong
         assert.equal(4, client:send("ping"))
         settle()
         assert.equal("ping", server:receive(4))
      end
      state_of(client)[1], state_of(client)[2] = state_of(client).connection.core, "x"
      assert.equal(4, client:send("ping"))
      assert.same({ nil, "wantread", "", "wantread" }, { client:receive(1) })
   end)
end)

describe("a stream with handlers", function()
   it("is never ready: they are told of each record", function()
      local seen = {}
      local client, server = keep(connected({ handlers = {
         application_data = function(_, message) seen[#seen + 1] = message.direction end,
      } }))
      for _ = 1, 3 do
         assert.equal(4, client:send("ping"))
         settle()
         assert.equal("ping", server:receive(4))
         assert.equal(4, server:send("pong"))
         settle()
         assert.equal("pong", client:receive(4))
         assert.is_false(is_ready(client))
      end
      assert.equal(6, #seen)
   end)
end)

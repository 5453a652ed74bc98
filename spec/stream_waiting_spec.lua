-- Streams over real sockets that wait: how long, for what, and what goes out meanwhile.
local loopback = require "spec.support.loopback"
local pair = require "bearssl.transport.pair"
local socket = require "socket"
local streams = require "spec.support.streams"

local client_context, server_context = streams.client_context, streams.server_context
local connected, keep, settle = streams.connected, streams.keep, streams.settle
local SLOWDOWN = streams.SLOWDOWN

after_each(streams.close)

describe("timeouts", function()
   it("end a handshake with a silent peer, which can go on", function()
      local a, b = keep(loopback.pair())
      local client = assert(client_context():wrap(a, { server_name = "localhost", timeout = 0.05 }))
      local before = socket.gettime()
      assert.same({ nil, "timeout", "timeout" }, { client:handshake() })
      local took = socket.gettime() - before
      assert.is_true(took >= 0.045 and took < 0.5 * SLOWDOWN)
      assert.equal("read", client:want())
      client:settimeout(0)
      local server = assert(server_context():wrap(b, { timeout = 0 }))
      streams.handshake(client, server)
   end)

   it("of zero seconds never wait", function()
      local a = keep(loopback.pair())
      local client = assert(client_context():wrap(a, { server_name = "localhost" }))
      client:settimeout(0)
      assert.same({ nil, "wantread", "wantread" }, { client:handshake() })
      assert.same({ nil, "wantread", "", "wantread" }, { client:receive() })
      assert.same({ nil, "wantread", 0, "wantread" }, { client:send("x") })
      assert.equal("read", client:want())
   end)

   it("keep what has arrived", function()
      local client, server = keep(connected())
      server:send("partial")
      client:settimeout(0.03)
      assert.same({ nil, "timeout", "partial", "timeout" }, { client:receive(100) })
      server:send(" line\n")
      assert.equal("partial line", client:receive("*l", "partial"))
   end)

   it("count for the whole call, not for each wait", function()
      local a, b = pair.new { capacity = 1000000 }
      local client = assert(client_context():wrap(a, { server_name = "localhost" }))
      local slow = { write = b.write, read = function(n)
         local bytes, message = b.read(n)
         socket.sleep(0.02)
         return bytes, message
      end }
      local server = assert(server_context():wrap(slow))
      streams.handshake(client, server)
      local trickle = { chunk = 0 }
      local read = b.read
      b.read = function(_)
         trickle.chunk = trickle.chunk + 1
         client:send("x")
         return read(100000)
      end
      server:settimeout(0.2)
      local before = socket.gettime()
      local _, message, partial = server:receive(1000)
      local took = socket.gettime() - before
      assert.equal("timeout", message)
      assert.is_true(took >= 0.18 and took < 1 * SLOWDOWN)
      assert.equal(("x"):rep(#partial), partial)
      assert.is_true(#partial >= 1)
   end)

   it("end a send to a peer that does not read", function()
      local client, server = keep(connected())
      client:settimeout(0.05)
      local data = ("x"):rep(20000000)
      local last, message, done, code = client:send(data)
      assert.is_nil(last)
      assert.equal("timeout", message)
      assert.equal("timeout", code)
      assert.is_true(done > 0 and done < #data)
      assert.equal("write", client:want())
      local before = socket.gettime()
      client:close()
      assert.is_true(socket.gettime() - before < 1 * SLOWDOWN)
      assert.truthy(server)
   end)

   it("are numbers or nil", function()
      local client = keep(connected())
      assert.is_true(client:settimeout(5, "t"))
      assert.is_true(client:settimeout(nil))
      assert.is_true(client:settimeout(-1))
      assert.is_nil(rawget(client, "timeout"))
      assert.is_false((pcall(client.settimeout, client, "5")))
   end)
end)

describe("a stream that waits", function()
   it("gets what arrives meanwhile", function()
      local client, server = keep(connected())
      client:settimeout(10)
      server:settimeout(10)
      assert.equal(5, server:send("hello"))
      assert.equal("hello", client:receive(5))
      server:settimeout(nil)
      assert.equal(3, client:send("ok\n"))
      assert.equal("ok", server:receive())
   end)

   it("sends out what an earlier call left behind while it reads", function()
      local data = streams.bytes(6000000)
      local client, server = keep(connected())
      client:settimeout(0)
      local _, message, done = client:send(data)
      assert.equal("wantwrite", message)
      local got, received = {}, 0
      local function drain()
         while true do
            local piece = server:receiveany(1000000)
            if not piece then return end
            got[#got + 1] = piece
            received = received + #piece
         end
      end
      settle()
      drain()
      client:settimeout(0.2 * SLOWDOWN)
      for _ = 1, 100 do
         assert.equal("timeout", (select(2, client:receive(1))))
         drain()
         if received >= done then break end
      end
      assert.equal("read", client:want())
      got = table.concat(got)
      assert.equal(done, #got)
      assert.is_true(data:sub(1, #got) == got)
   end)
end)

-- Streams over real sockets: LuaSocket's patterns and partial results, timeouts, sockets that never wait, both
-- directions at once, and how a conversation ends.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local loopback = require "spec.support.loopback"
local pair = require "bearssl.transport.pair"
local socket = require "socket"
local together = require "spec.support.together"

local SLOWDOWN = tonumber(os.getenv("SLOWDOWN") or "") or 1

local contexts = {}

local function client_context()
   contexts.client = contexts.client or assert(bearssl.context { cafile = certificates.ca.certfile })
   return contexts.client
end

local function server_context()
   contexts.server = contexts.server or assert(bearssl.context {
      mode = "server", certfile = certificates.ec.certfile, keyfile = certificates.ec.keyfile,
   })
   return contexts.server
end

-- Two streams over TCP that have shaken hands; also their sockets. They never wait.
local function connected(client_options, server_options)
   local a, b = loopback.pair()
   client_options = client_options or {}
   client_options.server_name = "localhost"
   client_options.timeout, server_options = 0, server_options or {}
   server_options.timeout = 0
   local client = assert(client_context():wrap(a, client_options))
   local server = assert(server_context():wrap(b, server_options))
   together(function() assert(together.try(client.handshake, client)) end,
      function() assert(together.try(server.handshake, server)) end)
   return client, server, a, b
end

-- What `count` milliseconds of sleep leave the kernel time for.
local function settle()
   socket.sleep(0.02 * SLOWDOWN)
end

local function pattern_bytes(length)
   local piece = {}
   for i = 1, 1000 do piece[i] = ("%06d\n"):format(i) end
   local block = table.concat(piece)
   return block:rep(math.ceil(length / #block)):sub(1, length)
end

local open = {}
local function keep(...)
   for i = 1, select("#", ...) do open[#open + 1] = (select(i, ...)) end
   return ...
end
after_each(function()
   for _, object in ipairs(open) do object:close() end
   open = {}
end)

describe("receive", function()
   it("reads lines without their ends", function()
      local client, server = keep(connected())
      assert.equal(23, client:send("one\r\ntwo\n\nth\rree\r\nrest!"))
      settle()
      assert.equal("one", server:receive())
      assert.equal("two", server:receive("*l"))
      assert.equal("", server:receive("l"))
      assert.equal("three", server:receive("*l"))
      assert.same({ nil, "wantread", "rest!", "wantread" }, { server:receive() })
      assert.same({ nil, "wantread", "", "wantread" }, { server:receive() })
      client:send("\n")
      settle()
      assert.equal("rest!", server:receive("*l", "rest!"))
   end)

   it("reads counts, prefix included", function()
      local client, server = keep(connected())
      client:send("0123456789")
      settle()
      assert.equal("012", server:receive(3))
      assert.equal("", server:receive(0))
      assert.equal("xy345", server:receive(5, "xy"))
      assert.equal("abc", server:receive(2, "abc"))
      assert.same({ nil, "wantread", ">6789", "wantread" }, { server:receive(9, ">") })
      client:send("ab")
      settle()
      assert.equal("ab", server:receive("2"))
   end)

   it("reads until the end", function()
      local client, server = keep(connected())
      client:send("all of it")
      client:close()
      settle()
      assert.equal("-all of it", server:receive("*a", "-"))
      assert.same({ nil, "closed", "", "closed" }, { server:receive("*a") })
      assert.same({ nil, "closed", "p", "closed" }, { server:receive("a", "p") })
      assert.same({ nil, "closed", "", "closed" }, { server:receive(5) })
      assert.same({ nil, "closed", "", "closed" }, { server:receive() })
      assert.equal("", server:receive(0))
   end)

   it("gives what there was before the end", function()
      local client, server = keep(connected())
      client:send("line\nhalf")
      client:close()
      settle()
      assert.equal("line", server:receive())
      assert.same({ nil, "closed", "half", "closed" }, { server:receive() })
   end)

   it("puts long patterns together from many records", function()
      local data = pattern_bytes(300000)
      local client, server = keep(connected())
      local got, line
      together(function()
         assert(together.send(client, data))
         assert(together.send(client, ("x"):rep(100000) .. "\n"))
      end, function()
         got = together.receive(server, #data)
         line = together.receive(server, "*l")
      end)
      assert.is_true(got == data)
      assert.equal(100000, #line)
   end)

   it("refuses other patterns", function()
      local client = keep(connected())
      for _, pattern in ipairs { "*n", "x", -1, 1.5, {} } do
         assert.is_false((pcall(client.receive, client, pattern)))
      end
      assert.is_false((pcall(client.receive, client, "*l", 5)))
      assert.is_false((pcall(client.receiveany, client, 0)))
   end)
end)

describe("receiveany", function()
   it("reads what is there", function()
      local client, server = keep(connected())
      assert.same({ nil, "wantread", "", "wantread" }, { server:receiveany(10) })
      client:send("0123456789")
      settle()
      assert.equal("012", server:receiveany(3))
      assert.equal("3456789", server:receiveany(100))
      client:close()
      settle()
      assert.same({ nil, "closed", "", "closed" }, { server:receiveany() })
   end)
end)

describe("send", function()
   it("takes parts and gives the last index", function()
      local client, server = keep(connected())
      assert.equal(4, client:send("0123456789", 3, 4))
      assert.equal(10, client:send("0123456789", -2))
      assert.equal(9, client:send("0123456789", -3, -2))
      assert.equal(0, client:send(""))
      assert.equal(3, client:send("abc", 4))
      assert.equal(2, client:send(42))
      settle()
      assert.equal("23897842", server:receive(8))
      assert.is_false((pcall(client.send, client, {})))
      assert.is_false((pcall(client.send, client, "x", "y")))
   end)

   it("goes on where it was cut short", function()
      local data = pattern_bytes(5000000)
      local client, server = keep(connected())
      local cut = 0
      local first, pieces, received = 1, {}, 0
      while received < #data do
         if first <= #data then
            local last, message, done, code = client:send(data, first)
            if last then
               assert.equal(#data, last)
            else
               cut = cut + 1
               assert.equal("wantwrite", message)
               assert.equal("wantwrite", code)
               assert.equal("write", client:want())
               assert.is_true(done >= first - 1 and done < #data)
            end
            first = (last or done) + 1
         end
         local piece = server:receiveany(200000)
         if piece then
            pieces[#pieces + 1] = piece
            received = received + #piece
         end
      end
      assert.is_true(cut > 0)
      assert.is_true(table.concat(pieces) == data)
      assert.is_nil(client:want())
      assert.same({ nil, "wantread", "", "wantread" }, { server:receiveany() })
   end)

   -- The record with the last byte stands in the output when the transport is full.
   local function cut_at_the_end(data)
      local a, b = pair.new { capacity = 6000 }
      local client = assert(client_context():wrap(a, { server_name = "localhost", timeout = 0 }))
      local server = assert(server_context():wrap(b, { timeout = 0 }))
      together(function() assert(together.try(client.handshake, client)) end,
         function() assert(together.try(server.handshake, server)) end)
      local last, message, done = client:send(data)
      assert.is_nil(last)
      assert.equal("wantwrite", message)
      assert.is_true(done < #data)
      return client, server, done
   end

   local function drain(server)
      local pieces = {}
      while true do
         local piece = server:receiveany()
         if not piece then return table.concat(pieces) end
         pieces[#pieces + 1] = piece
      end
   end

   it("asks for the end again until it has left", function()
      local data = pattern_bytes(7000)
      local client, server, done = cut_at_the_end(data)
      local got = drain(server)
      assert.is_true(#got < #data)
      assert.equal(#data, client:send(data, done + 1))
      assert.is_true(got .. drain(server) == data)
      -- cut into other strings, too
      client, server, done = cut_at_the_end(data)
      got = drain(server)
      assert.equal(1, client:send(data:sub(done + 1, done + 1)))
      assert.equal(#data - done + 2, client:send(data:sub(done + 2) .. "new"))
      assert.is_true(got .. drain(server) == data .. "new")
   end)

   it("sends something else after all", function()
      local data = pattern_bytes(7000)
      local client, server = cut_at_the_end(data)
      local got = drain(server)
      assert.equal(5, client:send("other"))
      assert.is_true(got .. drain(server) == data .. "other")
   end)

   it("leaves nothing behind when the caller only reads from then on", function()
      local data = pattern_bytes(7000)
      local client, server = cut_at_the_end(data)
      local got = drain(server)
      assert.same({ nil, "wantread", "", "wantread" }, { client:receive() })
      assert.is_true(got .. drain(server) == data)
   end)

   it("fails after the end of its direction", function()
      local client, server = keep(connected())
      assert.is_true(client:shutdown("send"))
      local last, message, done, code = client:send("x")
      assert.is_nil(last)
      assert.equal("closed", message)
      assert.equal(0, done)
      assert.equal("closed", code)
      server:close()
      assert.same({ nil, "closed", 0, "closed" }, { server:send("x") })
      assert.same({ nil, "closed", "", "closed" }, { server:receive() })
   end)

   it("reports a peer that has gone", function()
      local client, server, _, b = keep(connected())
      b:close()
      local code
      for _ = 1, 100 do
         local _
         _, _, _, code = client:send(("x"):rep(10000))
         if code == "transport" then break end
         socket.sleep(0.001)
      end
      assert.equal("transport", code)
      assert.is_nil(server:getfd())
   end)
end)

describe("the end of a conversation", function()
   it("in one direction leaves the other open", function()
      local client, server = keep(connected())
      client:send("question")
      assert.is_true(client:shutdown("send"))
      settle()
      assert.equal("question", server:receive("*a"))
      assert.equal(6, server:send("answer"))
      assert.is_true(server:shutdown("send"))
      settle()
      assert.equal("answer", client:receive("*a"))
      assert.is_true(client:info("close_notify_sent"))
      assert.is_true(client:info("close_notify_received"))
      assert.is_false((pcall(client.shutdown, client, "both")))
   end)

   it("without close_notify is told from a clean one, and nothing is lost", function()
      for _, case in ipairs {
         { "*l", "ab\ncd", "ab" }, { "*a", "abcd" }, { 10, "abcd" },
      } do
         local client, server, _, b = keep(connected())
         server:send(case[2])
         b:close()
         settle()
         if case[3] then assert.equal(case[3], client:receive(case[1])) end
         local data, message, partial, code = client:receive(case[1])
         assert.is_nil(data)
         assert.equal("truncated", code)
         assert.matches("close_notify", message)
         assert.equal(case[3] and "cd" or "abcd", partial)
         data, _, partial, code = client:receive()
         assert.is_nil(data)
         assert.equal("", partial)
         assert.equal("truncated", code)
      end
   end)

   it("in the middle of a record keeps what came before it", function()
      local client, server, a, b = keep(connected())
      server:send("whole")
      b:send("\23\3\3\1\0half a record")
      b:close()
      settle()
      assert.equal("who", client:receive(3))
      local _, _, partial, code = client:receive(10)
      assert.equal("le", partial)
      assert.equal("truncated", code)
      assert.truthy(a)
   end)

   it("comes once: close is true again and again", function()
      local client, server, a = keep(connected())
      -- sessions come while the client reads
      assert(server:send "x")
      settle()
      assert.equal("x", client:receive(1))
      assert.is_true(client:close())
      assert.is_true(client:close())
      assert.equal(-1, a:getfd())
      assert.is_nil(client:getfd())
      assert.is_false(client:dirty())
      assert.equal("TLSv1.3", client:info("version"))
      assert.is_true(client:session():resumable())
      assert.matches("closed", tostring(client))
      assert.same({ nil, "closed", "closed" }, { client:shutdown("send") })
      assert.truthy(server)
   end)

   it("is told to its handlers once, with all that was sent", function()
      local seen = {}
      local function note(_, message)
         seen[#seen + 1] = message.stage .. " " .. tostring(message.direction or message.clean)
      end
      local handlers = { closed = note, alert = note }
      local client, server = keep(connected({ handlers = handlers }, {}))
      server:send("never read")
      settle()
      client:close()
      client:close()
      assert.same({ "alert sent", "closed false" }, seen)
      seen = {}
      client, server = keep(connected({ handlers = handlers }))
      server:shutdown("send")
      settle()
      assert.same({ nil, "closed", "", "closed" }, { client:receive() })
      client:close()
      assert.equal("closed", seen[2]:sub(1, 6))
      assert.equal("alert received", seen[1])
      assert.equal("alert sent", seen[3])
      assert.is_nil(seen[4])
   end)

   it("in the middle of a handshake", function()
      local a, b = keep(loopback.pair())
      local client = assert(client_context():wrap(a, { server_name = "localhost", timeout = 5 }))
      b:close()
      local ok, _, code = client:handshake()
      assert.is_nil(ok)
      assert.is_true(code == "truncated" or code == "transport")
   end)

   it("by a variable that goes out of scope (Lua 5.4)", function()
      local load_chunk = loadstring or load -- luacheck: ignore
      local chunk = load_chunk("local stream = ...; do local s <close> = stream end")
      if not chunk then return end
      local client, server = keep(connected())
      chunk(client)
      settle()
      assert.same({ nil, "closed", "", "closed" }, { server:receive() })
   end)
end)

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
      together(function() assert(together.try(client.handshake, client)) end,
         function() assert(together.try(server.handshake, server)) end)
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
      together(function() assert(together.try(client.handshake, client)) end,
         function() assert(together.try(server.handshake, server)) end)
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
      assert.is_nil(client.timeout)
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
      local data = pattern_bytes(6000000)
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

describe("both directions at once", function()
   -- Transport functions that yield, as those of event loops do.
   local function yielding(tcp)
      tcp:settimeout(0)
      return {
         read = function(n)
            while true do
               local bytes, message, partial = tcp:receive(n)
               bytes = bytes or partial
               if bytes and #bytes > 0 then return bytes end
               if message ~= "timeout" then return nil, message end
               together.wait()
            end
         end,
         write = function(bytes)
            while true do
               local last, message, done = tcp:send(bytes)
               if last then return last end
               if message ~= "timeout" then return nil, message end
               if done > 0 then return done end
               together.wait()
            end
         end,
         close = function() tcp:close() end,
      }
   end

   it("by two coroutines on one stream", function()
      local data, back = pattern_bytes(3000000), pattern_bytes(2000000)
      local a, b = loopback.pair()
      local client = keep(assert(client_context():wrap(yielding(a), { server_name = "localhost" })))
      local server = keep(assert(server_context():wrap(yielding(b))))
      together(function() assert(client:handshake()) end, function() assert(server:handshake()) end)
      local there, here
      together(
         function() here = assert(client:receive(#back)) end,
         function() assert.equal(#data, client:send(data)) end,
         function() there = assert(server:receive(#data)) end,
         function() assert.equal(#back, server:send(back)) end
      )
      assert.is_true(there == data)
      assert.is_true(here == back)
   end)

   it("by sockets that never wait", function()
      local data, back = pattern_bytes(3000000), pattern_bytes(2000000)
      local client, server = keep(connected())
      local there, here
      together(
         function() here = together.receive(client, #back) end,
         function() assert(together.send(client, data)) end,
         function() there = together.receive(server, #data) end,
         function() assert(together.send(server, back)) end
      )
      assert.is_true(there == data)
      assert.is_true(here == back)
   end)

   it("but not by two readers or two writers", function()
      local a, b = pair.new { wait = together.wait, capacity = 2000 }
      local client = assert(client_context():wrap(a, { server_name = "localhost" }))
      local server = assert(server_context():wrap(b))
      together(function() assert(client:handshake()) end, function() assert(server:handshake()) end)
      local reader = coroutine.create(function() return client:receive() end)
      local writer = coroutine.create(function() return client:send(("x"):rep(10000)) end)
      assert(coroutine.resume(reader))
      assert(coroutine.resume(writer))
      assert.equal("suspended", coroutine.status(reader))
      assert.equal("suspended", coroutine.status(writer))
      local ok, message = pcall(client.receive, client)
      assert.is_false(ok)
      assert.matches("receive: another coroutine is already in receive", message)
      ok, message = pcall(client.send, client, "y")
      assert.is_false(ok)
      assert.matches("send: another coroutine is already in send", message)
      assert.is_true(client:handshake()) -- done long ago
      -- nothing was harmed
      local got = coroutine.create(function() return server:receive(10000) end)
      local wait = coroutine.create(function() return server:send("fine\n") end)
      local line
      for _ = 1, 100 do
         for _, thread in ipairs { writer, got, wait, reader } do
            if coroutine.status(thread) == "suspended" then
               local fine, result = coroutine.resume(thread)
               assert.is_true(fine)
               if thread == reader and coroutine.status(thread) == "dead" then line = result end
            end
         end
      end
      assert.equal("fine", line)
      assert.equal("dead", coroutine.status(got))
   end)
end)

describe("a stream tells", function()
   it("event loops what they ask", function()
      local client, server, a = keep(connected())
      assert.equal(a:getfd(), client:getfd())
      assert.is_nil(client:want())
      client:receive()
      assert.equal("read", client:want())
      assert.is_false(client:dirty())
      server:send("0123456789")
      server:send("abc")
      settle()
      assert.equal("01", client:receive(2))
      assert.is_true(client:dirty())
      assert.is_nil(client:want())
      assert.equal("23456789", client:receiveany())
      assert.is_true(client:dirty()) -- the next record has arrived already
      assert.equal("abc", client:receiveany())
      assert.is_false(client:dirty())
      client:receiveany()
      assert.is_false(client:dirty())
      local readable = socket.select({ client }, nil, 0)
      assert.equal(0, #readable)
      server:send("x")
      readable = socket.select({ client }, nil, 5)
      assert.equal(client, readable[1])
   end)

   it("what was negotiated", function()
      local client, server = keep(connected())
      for _, stream in ipairs { client, server } do
         local info = stream:info()
         assert.is_true(info.established)
         assert.equal("TLSv1.3", info.version)
         assert.matches("^TLS_[AC]", info.cipher_suite)
         assert.equal("localhost", info.server_name)
         assert.equal(32, #info.client_random)
         assert.equal(stream:info("cipher_suite"), info.cipher_suite)
         assert.is_number(info.memory)
         local received, sent = stream:getstats()
         assert.is_true(received > 0 and sent > 0)
         assert.matches("^bearssl.stream: ", tostring(stream))
      end
      assert.is_true(client:getpeercertificate():matches("localhost"))
      assert.is_nil(client:getpeercertificate(9))
      assert.is_nil(server:getpeercertificate())
      -- the server's tickets are on their way
      assert.is_nil(client:session())
      assert.same({ nil, "wantread", "", "wantread" }, { client:receive(1) })
      assert.truthy(client:session())
      local received, sent = client:getstats()
      assert.same({ sent, received }, { server:getstats() })
   end)
end)

describe("the handshake", function()
   it("happens with the first send or receive", function()
      local a, b = keep(loopback.pair())
      local client = assert(client_context():wrap(a, { server_name = "localhost", timeout = 0 }))
      local server = assert(server_context():wrap(b, { timeout = 0 }))
      local got
      together(function() assert(together.send(client, "hi\n")) end,
         function() got = together.receive(server, "*l") end)
      assert.equal("hi", got)
      assert.is_true(client:handshake())
      assert.is_true(client:dohandshake())
   end)

   it("fails the same way again, and the alert reaches the peer", function()
      local a, b = keep(loopback.pair())
      local client = assert(client_context():wrap(a, { server_name = "other.example", timeout = 0 }))
      local server = assert(server_context():wrap(b, { timeout = 0 }))
      local left, right
      together(function() left = { together.try(client.handshake, client) } end,
         function() right = { together.try(server.handshake, server) } end)
      assert.equal("name_mismatch", left[3])
      assert.matches("other.example", left[2])
      assert.equal("alert_bad_certificate", right[3])
      assert.same(left, { client:handshake() })
      local _, message, partial, code = client:receive()
      assert.same({ left[2], "", "name_mismatch" }, { message, partial, code })
      assert.same({ nil, left[2], 0, "name_mismatch" }, { client:send("x") })
   end)

   it("tells the peer's alert rather than the broken pipe", function()
      local a, b = keep(loopback.pair())
      local context = assert(bearssl.context { cafile = certificates.ca.certfile, suites = {
         "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
      } })
      local client = assert(context:wrap(a, { server_name = "localhost", timeout = 0 }))
      local server = assert(server_context():wrap(b, { timeout = 0 }))
      client:handshake()
      settle()
      local _, _, code = server:handshake()
      assert.equal("handshake_failure", code)
      server:close()
      settle()
      _, _, code = client:handshake()
      assert.equal("alert_handshake_failure", code)
   end)
end)

describe("a stream that is forgotten", function()
   it("is collected, with the socket that only it held", function()
      local client, server = connected()
      local weak = setmetatable({ client, server }, { __mode = "k" })
      weak[client], weak[server] = true, true
      weak[1], weak[2] = nil, nil
      client, server = nil, nil -- luacheck: ignore
      collectgarbage()
      collectgarbage()
      collectgarbage()
      assert.is_nil(next(weak))
   end)
end)

-- Streams over real sockets carry bytes: LuaSocket's patterns and partial results, sends that are cut short, both
-- directions at once.
local loopback = require "spec.support.loopback"
local pair = require "bearssl.transport.pair"
local socket = require "socket"
local streams = require "spec.support.streams"
local together = require "spec.support.together"

local client_context, server_context = streams.client_context, streams.server_context
local connected, keep, settle = streams.connected, streams.keep, streams.settle

after_each(streams.close)

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

   it("bounds a line by max_line", function()
      for _, ending in ipairs { "\n", "\r\n" } do
         local client, server = keep(connected({}, { max_line = 10 }))
         client:send(("a"):rep(10) .. ending .. ("b"):rep(11) .. ending)
         settle()
         assert.equal(("a"):rep(10), server:receive("*l"))
         assert.same({ nil, "a line is longer than max_line", "", "limit_exceeded" }, { server:receive("*l") })
         assert.equal(("b"):rep(11), server:receive(11)) -- it is there for who wants it
      end
      -- a line without an end is not collected for ever, and what came before the call counts
      local client, server = keep(connected({}, { max_line = 10 }))
      client:send("0123456")
      settle()
      local _, code, partial = server:receive("*l")
      assert.same({ "wantread", "0123456" }, { code, partial })
      client:send("789x")
      settle()
      assert.same({ nil, "a line is longer than max_line", "0123456", "limit_exceeded" },
         { server:receive("*l", partial) })
      client, server = keep(connected())
      client:send(("x"):rep(100000) .. "\n")
      assert.equal(100000, #together.receive(server, "*l"))
      for _, wrong in ipairs { 0, 1.5, "1" } do
         local ok, message = pcall(connected, {}, { max_line = wrong })
         assert.is_false(ok)
         assert.matches("max_line", message)
      end
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
      local data = streams.bytes(300000)
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
      local data = streams.bytes(5000000)
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
      streams.handshake(client, server)
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
      local data = streams.bytes(7000)
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
      local data = streams.bytes(7000)
      local client, server = cut_at_the_end(data)
      local got = drain(server)
      assert.equal(5, client:send("other"))
      assert.is_true(got .. drain(server) == data .. "other")
   end)

   it("leaves nothing behind when the caller only reads from then on", function()
      local data = streams.bytes(7000)
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
         if code == "transport_failed" then break end
         socket.sleep(0.001)
      end
      assert.equal("transport_failed", code)
      assert.is_nil(server:getfd())
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
      local data, back = streams.bytes(3000000), streams.bytes(2000000)
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
      local data, back = streams.bytes(3000000), streams.bytes(2000000)
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

describe("close() after a send that was cut short", function()
   -- What the peer has got when it has read all, and the code of the end.
   local function read_all(server)
      local got = 0
      while true do
         local bytes, _, _, code = server:receiveany(65536)
         if not bytes then return got, code end
         got = got + #bytes
      end
   end

   local function cut_short()
      local client, server = keep(connected())
      local bytes = streams.bytes(20000000)
      client:settimeout(0)
      local last, _, done, code = client:send(bytes)
      assert.is_nil(last)
      assert.equal("wantwrite", code)
      server:settimeout(0.2)
      return client, server, bytes, done
   end

   it("does not look like the end of the data", function()
      local client, server, bytes = cut_short()
      client:close()
      server:settimeout(10)
      local got, code = read_all(server)
      assert.is_true(got > 0 and got < #bytes)
      assert.equal("truncated", code)
   end)

   it("does where the rest was sent after all", function()
      local client, server, bytes, done = cut_short()
      local got, last = 0
      repeat
         local piece = server:receiveany(1000000)
         got = got + #(piece or "")
         local _
         last, _, done = client:send(bytes, done + 1)
         done = last or done
      until last
      client:close()
      server:settimeout(10)
      local rest, code = read_all(server)
      assert.equal(#bytes, got + rest)
      assert.equal("closed", code)
   end)
end)

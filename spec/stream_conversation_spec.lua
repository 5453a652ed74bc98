-- A conversation over real sockets: its handshake, what the stream tells of it, and how it ends.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local loopback = require "spec.support.loopback"
local socket = require "socket"
local streams = require "spec.support.streams"
local together = require "spec.support.together"

local client_context, server_context = streams.client_context, streams.server_context
local connected, keep, settle = streams.connected, streams.keep, streams.settle

after_each(streams.close)

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
      assert.equal("no_usable_credential", code)
      server:close()
      settle()
      _, _, code = client:handshake()
      assert.equal("alert_handshake_failure", code)
   end)
end)

-- A pair of which one end sends a fatal alert, by a handler that refuses, and closes.
local function refused(version, refusing)
   local a, b = keep(loopback.pair())
   local client = assert(bearssl.context { cafile = certificates.ca.certfile, max_version = version,
      renegotiation = version == "TLSv1.2", post_handshake_auth = version == "TLSv1.3" })
   local server = assert(bearssl.context { mode = "server", certfile = certificates.ec.certfile,
      keyfile = certificates.ec.keyfile, max_version = version, renegotiation = version == "TLSv1.2" })
   local function handlers(side)
      return side == refusing and { application_data = function(_, message)
         if message.direction == "received" then return nil, "refused" end
      end } or nil
   end
   client = assert(client:wrap(a, { server_name = "localhost", timeout = 0, handlers = handlers "client" }))
   server = assert(server:wrap(b, { timeout = 0, handlers = handlers "server" }))
   streams.handshake(client, server)
   local mine, theirs = client, server
   if refusing == "client" then mine, theirs = server, client end
   settle()
   assert(mine:send("x"))
   settle()
   local _, _, _, code = theirs:receive(1)
   assert.equal("refused", code)
   theirs:close()
   settle()
   return mine
end

describe("the peer's alert is told rather than the broken pipe", function()
   -- The first to leave may still be taken by a kernel that does not know yet.
   local function until_broken(call)
      local result
      for _ = 1, 20 do
         result = { call() }
         if not result[1] then break end
         settle()
      end
      return result
   end

   for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
      for _, side in ipairs { "client", "server" } do
         it("by send: " .. version .. ", " .. side, function()
            local stream = refused(version, side)
            local result = until_broken(function() return stream:send("and more") end)
            assert.equal("alert_access_denied", result[4], result[2])
            assert.equal(0, result[3])
            assert.same(result, { stream:send("and more") })
         end)
      end

      it("by shutdown: " .. version, function()
         local stream = refused(version, "server")
         local result = until_broken(function() return stream:send("and more") end)
         assert.equal("alert_access_denied", result[4], result[2])
         local ok, _, code = stream:shutdown("send")
         assert.is_true(ok or code == "alert_access_denied", tostring(code))
      end)
   end

   it("by renegotiate", function()
      local stream = refused("TLSv1.2", "server")
      local result = until_broken(function() return stream:renegotiate() end)
      assert.equal("alert_access_denied", result[3], result[2])
   end)

   it("by request_certificate", function()
      local stream = refused("TLSv1.3", "client")
      local result = until_broken(function() return stream:request_certificate { wait = true } end)
      assert.equal("alert_access_denied", result[3], result[2])
   end)

   it("by update_keys and send_ticket", function()
      for _, name in ipairs { "update_keys", "send_ticket" } do
         local stream = refused("TLSv1.3", "client")
         local result = until_broken(function() return stream[name](stream) end)
         assert.equal("alert_access_denied", result[3], result[2])
      end
   end)

   it("and what it sent before is received", function()
      local a, b = keep(loopback.pair())
      local client = assert(client_context():wrap(a, { server_name = "localhost", timeout = 0 }))
      local server = assert(server_context():wrap(b, { timeout = 0, handlers = { application_data = function(_, message)
         if message.direction == "received" then return nil, "refused" end
      end } }))
      streams.handshake(client, server)
      settle()
      assert(server:send("what stands before"))
      assert(client:send("x"))
      settle()
      server:receive(1)
      server:close()
      settle()
      local result = until_broken(function() return client:send("and more") end)
      assert.equal("alert_access_denied", result[4], result[2])
      local data, _, partial = client:receive("*a")
      assert.equal("what stands before", data or partial)
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
      local client, server = keep(connected { session = false })
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

   it("without close_notify is a good one where that was asked for by name", function()
      for _, pattern in ipairs { "*a", "*l", 10 } do
         local client, server, _, b = keep(connected { truncation = "allow" })
         server:send "ab\ncd"
         b:close()
         settle()
         if pattern == 10 then assert.equal("ab\n", client:receive(3)) end
         if pattern == "*l" then assert.equal("ab", client:receive "*l") end
         local data, message, partial, code = client:receive(pattern)
         if pattern == "*a" then
            assert.equal("ab\ncd", data)
         else
            assert.same({ nil, "closed", "cd", "closed" }, { data, message, partial, code })
         end
         data, message, partial, code = client:receive "*a"
         assert.same({ nil, "closed", "", "closed" }, { data, message, partial, code })
         assert.is_false(client:info "close_notify_received")
      end
   end)

   it("without close_notify during the handshake is never a good one", function()
      local a, b = loopback.pair()
      local client = keep(assert(streams.client_context():wrap(a, { server_name = "localhost", truncation = "allow" })))
      b:send "\22\3\3"
      b:shutdown "send"
      local ok, _, code = client:handshake()
      assert.is_nil(ok)
      assert.equal("truncated", code)
      b:close()
      assert.has_error(function() streams.client_context():wrap(a, { server_name = "x", truncation = true }) end)
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
      assert.is_true(code == "truncated" or code == "transport_failed")
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

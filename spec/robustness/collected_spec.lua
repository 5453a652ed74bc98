-- Objects are collected in every order and at every moment: at each step of a handshake, contexts before their
-- connections, connections before their sessions. An error, never a crash.
local bearssl = require "bearssl"
local collector = require "spec.support.collector"
local certificates = require "spec.support.certificates"
local hostile = require "spec.robustness.hostile"
local inside = require "spec.support.inside"
local lifetime = require "spec.support.lifetime"
local loopback = require "spec.support.loopback"
local pump = require "spec.support.pump"

local all_handlers, collect, full_options = lifetime.all_handlers, lifetime.collect, lifetime.full_options

describe("garbage collected", function()
   it("in every handler and between all steps does no harm", function()
      local server_options, client_options = full_options()
      local seen = {}
      local function handler(connection, message)
         collect()
         assert.is_table(message)
         local name = message.stage or "decision"
         seen[name] = (seen[name] or 0) + 1
         assert.is_table(connection:info())
         for _, value in pairs(message) do
            if type(value) == "userdata" then tostring(value) end
         end
         collect()
      end
      for _ = 1, 2 do -- full, then resumed
         local client_context = assert(bearssl.context(client_options))
         local server_context = assert(bearssl.context(server_options))
         local session
         for _ = 1, 2 do
            local client = assert(client_context:connection({ server_name = "localhost", session = session,
               handlers = all_handlers("client", handler) }))
            local server = assert(server_context:connection({ handlers = all_handlers("server", handler) }))
            local result = pump(client, server, { observe = collect })
            assert.equal("wantread", result.client.status, result.client.message)
            assert.equal("wantread", result.server.status, result.server.message)
            session = assert(client:session())
            collect()
            assert.equal(4, client:write("ping"))
            result = pump(client, server, { observe = collect })
            assert.equal("ping", result.server.data)
            client:close()
            server:close()
            pump(client, server, { observe = collect })
         end
      end
      assert.is_true(seen.finished >= 8)
   end)

   it("leaves what handlers kept: messages, certificates, sessions outlive everything", function()
      local server_options, client_options = full_options()
      local kept = {}
      do
         local client_context = assert(bearssl.context(client_options))
         local server_context = assert(bearssl.context(server_options))
         local function keep(_, message) kept[#kept + 1] = message end
         local client = assert(client_context:connection({ server_name = "localhost",
            handlers = all_handlers("client", keep) }))
         local server = assert(server_context:connection({ handlers = all_handlers("server", keep) }))
         pump(client, server)
         kept[#kept + 1] = client:info()
         kept[#kept + 1] = server:info()
         kept.session = client:session()
         client:release()
         server:release()
      end
      collect()
      local certificate_count = 0
      for _, message in ipairs(kept) do
         if message.stage then assert.is_true(message.raw == nil or type(message.raw) == "string") end
         for _, list in ipairs({ message.chain or {}, message.peer_certificates or {},
            message.local_certificates or {} }) do
            for _, certificate in ipairs(list) do
               if type(certificate) == "userdata" then
                  certificate_count = certificate_count + 1
                  assert.matches("BEGIN CERTIFICATE", certificate:pem())
                  assert.is_number(certificate:not_after())
                  assert.equal(64, #certificate:fingerprint())
               end
            end
         end
      end
      assert.is_true(certificate_count > 6)
      local exported = assert(kept.session:export())
      kept = nil
      collect()
      assert.is_userdata(assert(bearssl.session.import(exported)))
   end)

   it("in finalizers that drive the same connection only raises", function()
      -- Every allocation may run a finalizer; __gc of tables needs Lua 5.2, newproxy gives it to 5.1.
      local server_options, client_options = full_options()
      local client_context = assert(bearssl.context(client_options))
      local server_context = assert(bearssl.context(server_options))
      local client = assert(client_context:connection({ server_name = "localhost" }))
      local server = assert(server_context:connection({}))
      local called = 0
      local function interfere()
         called = called + 1
         for _, name in ipairs({ "step", "drain", "read", "info", "close", "session" }) do
            if called % 7 ~= 0 or name ~= "close" then
               pcall(inside(client).core and inside(client).core[name] or function() end, inside(client).core)
               pcall(inside(server).core and inside(server).core[name] or function() end, inside(server).core)
            end
         end
      end
      local function plant()
         if newproxy then -- luacheck: ignore newproxy
            local proxy = newproxy(true) -- luacheck: ignore newproxy
            getmetatable(proxy).__gc = interfere
         else
            setmetatable({}, { __gc = interfere })
         end
      end
      local pause = collector.set("pause", 1)
      local multiplier = collector.set("stepmul", 1000)
      local ok, message = pcall(function()
         for _ = 1, 30 do
            for _ = 1, 20 do plant() end
            client:step()
            server:feed(client:drain())
            server:step()
            client:feed(server:drain())
            for _ = 1, 10 do
               client:info()
               server:info()
            end
         end
      end)
      collector.set("pause", pause)
      collector.set("stepmul", multiplier)
      collect()
      assert.is_true(called > 0)
      assert.is_true(ok or type(message) == "string")
      assert.is_table(client:info())
   end)
end)

describe("dropped", function()
   -- Everything a connection needs, in fields that can be dropped one by one.
   local function world()
      local server_options, client_options = full_options()
      server_options.tickets = false -- sessions are the server's here
      local w = {}
      w.chain = assert(bearssl.certificate.load(server_options.certificate))
      w.key = assert(bearssl.key.load(server_options.key))
      w.trust = assert(bearssl.trust.load(certificates.ca.certificate))
      client_options.trust = w.trust
      server_options.trust, server_options.certificate, server_options.key = w.trust, w.chain, w.key
      w.client_context = assert(bearssl.context(client_options))
      w.server_context = assert(bearssl.context(server_options))
      local first = pump(assert(w.client_context:connection({ server_name = "localhost" })),
         assert(w.server_context:connection({})))
      assert.equal("wantread", first.client.status, first.client.message)
      return w
   end

   local names = { "chain", "key", "trust", "client_context", "server_context" }

   it("in every order before the handshake, it still works", function()
      for first = 1, #names do
         for second = 1, #names do
            local w = world()
            local client = assert(w.client_context:connection({ server_name = "localhost" }))
            local server = assert(w.server_context:connection({}))
            w[names[first]] = nil
            collect()
            client:step()
            w[names[second]] = nil
            collect()
            server:feed(client:drain())
            server:step()
            w = nil -- luacheck: ignore
            collect()
            client:feed(server:drain())
            local result = pump(client, server)
            assert.equal("wantread", result.client.status, result.client.message)
            assert.is_true(server:info("established"))
            assert.is_true(client:info("peer_verified"))
         end
      end
   end)

   it("at every step, client or server first", function()
      local w = world()
      local function drop_after(limit, client_first)
         local client = assert(w.client_context:connection({ server_name = "localhost",
            handlers = all_handlers("client", function() end) }))
         local server = assert(w.server_context:connection({ handlers = all_handlers("server", function() end) }))
         for _ = 1, limit do
            inside(client).core:step()
            server:feed(client:drain(100))
            inside(server).core:step()
            client:feed(server:drain(100))
         end
         if client_first then client = nil else server = nil end
         collect()
         local left = client or server
         left:step()
         left:drain()
      end
      for limit = 0, 60, 3 do
         drop_after(limit, limit % 2 == 0)
         collect()
      end
   end)

   it("a session before, during and after the connection that resumes it", function()
      local w = world()
      local function connection(offered)
         return assert(w.client_context:connection({
            server_name = "localhost", session = offered, max_version = "TLSv1.2", -- where the server keeps sessions
         }))
      end
      local function session()
         local client = connection()
         pump(client, assert(w.server_context:connection({})))
         return assert(client:session())
      end
      local offered = session()
      local client = connection(offered)
      offered = nil -- luacheck: ignore
      collect()
      local server = assert(w.server_context:connection({}))
      client:step()
      w.server_context:flush_sessions()
      collect()
      local result = pump(client, server)
      assert.equal("wantread", result.client.status, result.client.message)
      assert.is_false(client:info("resumed"))
      -- flushed while the server is in the middle of resuming it
      offered = session()
      client = connection(offered)
      server = assert(w.server_context:connection({}))
      client:step()
      server:feed(client:drain())
      server:step()
      w.server_context:flush_sessions()
      offered = nil -- luacheck: ignore
      collect()
      result = pump(client, server)
      assert.equal("wantread", result.client.status, result.client.message)
      assert.is_true(client:info("resumed"))
   end)

   it("a stream, while its handler is suspended", function()
      for _, name in ipairs({ "client_hello", "server_hello", "verify", "certificate", "client_certificate",
         "sign" }) do
         local w = world()
         local client_socket, server_socket = loopback.pair()
         local client = assert(w.client_context:wrap(client_socket, { server_name = "localhost", timeout = 0,
            handlers = { [name] = function() coroutine.yield("suspended") end } }))
         local server = assert(w.server_context:wrap(server_socket, { timeout = 0 }))
         local thread = coroutine.create(function(stream)
            while true do
               local ok, _, code = stream:handshake()
               if ok or code ~= "wantread" then return ok, code end
               coroutine.yield("waits")
            end
         end)
         local reached
         for _ = 1, 200 do
            local _, state = coroutine.resume(thread, client)
            if state == "suspended" then
               reached = true
               break
            end
            server:handshake()
         end
         assert.is_true(reached, name .. " was never reached")
         -- what may still be done, and what may not
         assert.is_table(client:info())
         assert.matches(name, select(2, pcall(client.handshake, client)))
         assert.matches(name, select(2, pcall(client.receive, client)))
         assert.matches(name, select(2, pcall(client.send, client, "x")))
         client_socket, thread, client = nil, nil, nil -- luacheck: ignore
         collect()
         w = nil -- luacheck: ignore
         collect()
         local ok, message, code
         server:settimeout(5)
         repeat ok, message, code = server:handshake() until ok or code ~= "wantread"
         assert.is_nil(ok)
         assert.is_string(message)
         server:close()
         collect()
      end
   end)

   it("a stream over a socket sends nothing: a finalizer does no I/O", function()
      local client_context, server_context = hostile.contexts()
      local client_socket, server_socket = loopback.pair()
      local client = assert(client_context:wrap(client_socket, { server_name = "localhost", timeout = 0 }))
      local server = assert(server_context:wrap(server_socket, { timeout = 0 }))
      local a, b
      repeat
         a, b = client:handshake(), server:handshake()
      until a and b
      client, client_socket = nil, nil -- luacheck: ignore
      collect()
      server:settimeout(2)
      local data, message, _, code = server:receive()
      assert.is_nil(data)
      assert.equal("truncated", code, message)
      server:close()
   end)

   it("a coroutine inside a handler, the stream is told", function()
      local w = world()
      local client = assert(w.client_context:connection({ server_name = "localhost",
         handlers = { client_hello = function() coroutine.yield("inside") end } }))
      local thread = coroutine.create(function() return client:step() end)
      assert.same({ true, "inside" }, { coroutine.resume(thread) })
      assert.is_false(pcall(client.step, client))
      if coroutine.close then -- Lua 5.4 -- luacheck: ignore
         coroutine.close(thread) -- luacheck: ignore
         local status, message, code = client:step()
         assert.is_nil(status)
         assert.equal("handler_error", code)
         assert.matches("client_hello", message)
      end
      thread = nil -- luacheck: ignore
      collect()
      assert.is_true(client:close())
      client:release()
      collect()
   end)
end)

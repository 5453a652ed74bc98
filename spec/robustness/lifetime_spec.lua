-- Objects die in every order and at every moment: garbage is collected at each step of a handshake, contexts go
-- before their connections, connections before their sessions, handlers never come back. An error, never a crash:
-- these specs also run under AddressSanitizer and valgrind.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local hostile = require "spec.robustness.hostile"
local loopback = require "spec.support.loopback"
local pump = require "spec.support.pump"

local is_51 = _VERSION == "Lua 5.1"

local function collect()
   collectgarbage("collect")
   collectgarbage("collect")
end

local function load_chunk(text)
   return assert((loadstring or load)(text)) -- luacheck: ignore loadstring
end

-- Contexts with everything: client authentication, ALPN, sessions.
local function full_options()
   return {
      mode = "server", certificate = certificates.chain_ec.chain, key = certificates.chain_ec.key,
      trust = certificates.ca.certificate, verify = "required", alpn = { "h2", "http/1.1" },
   }, {
      mode = "client", certificate = certificates.client_ec.chain, key = certificates.client_ec.key,
      trust = certificates.ca.certificate, alpn = { "http/1.1" },
   }
end

local function all_handlers(f)
   local handlers = {}
   for _, name in ipairs(bearssl.stages) do handlers[name] = f end
   for _, name in ipairs(bearssl.decisions) do handlers[name] = f end
   return handlers
end

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
               handlers = all_handlers(handler) }))
            local server = assert(server_context:connection({ handlers = all_handlers(handler) }))
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
         local client = assert(client_context:connection({ server_name = "localhost", handlers = all_handlers(keep) }))
         local server = assert(server_context:connection({ handlers = all_handlers(keep) }))
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
               pcall(client.core and client.core[name] or function() end, client.core)
               pcall(server.core and server.core[name] or function() end, server.core)
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
      local pause = collectgarbage("setpause", 1)
      local multiplier = collectgarbage("setstepmul", 1000)
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
      collectgarbage("setpause", pause)
      collectgarbage("setstepmul", multiplier)
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
            handlers = all_handlers(function() end) }))
         local server = assert(w.server_context:connection({ handlers = all_handlers(function() end) }))
         for _ = 1, limit do
            client.core:step()
            server:feed(client:drain(100))
            server.core:step()
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

describe("closed", function()
   local client_context, server_context

   setup(function() client_context, server_context = hostile.contexts() end)
   teardown(function() client_context, server_context = nil, nil end)

   local function connect(handlers)
      local client, server = hostile.pair(client_context, server_context, { handlers = handlers })
      pump(client, server)
      return client, server
   end

   it("twice, and used after: connections", function()
      for _, finished in ipairs({ true, false }) do
         local client
         if finished then client = connect() else client = hostile.pair(client_context, server_context) end
         assert.is_true(client:close())
         assert.is_true(client:close())
         local ok, message, code = client:write("x")
         assert.is_nil(ok)
         assert.equal("closed", code, message)
         client:release()
         client:release()
         assert.is_true(client:close())
         local status
         status, message, code = client:step()
         assert.is_nil(status)
         assert.is_string(message)
         assert.equal("closed", code)
         assert.equal("", client:drain())
         assert.equal("", client:read())
         assert.is_nil((client:write("x")))
         assert.is_nil((client:feed("x")))
         client:fail("whatever")
         assert.is_table(client:info())
         assert.is_string(tostring(client))
         client:session()
      end
   end)

   it("twice, and used after: every method of the core's object", function()
      local client = connect()
      local object = client.core
      object:free()
      for name, method in pairs(getmetatable(object).__index) do
         if type(method) == "function" then
            for _, arguments in ipairs({ {}, { "x" }, { 1 }, { 1, "r" }, { 0, "data", 1, 4 }, { 0, 0 } }) do
               local unpack = table.unpack or unpack -- luacheck: ignore unpack
               local ok, first, message, code = pcall(method, object, unpack(arguments))
               if ok and first == nil and message ~= nil then
                  assert.equal("closed", code, name)
               end
            end
         end
      end
      assert.matches("closed", tostring(object))
   end)

   it("twice, and used after: streams", function()
      local client_socket, server_socket = loopback.pair()
      local stream = assert(client_context:wrap(client_socket, { server_name = "localhost" }))
      assert.is_true(stream:close())
      assert.is_true(stream:close())
      local function closed(ok, message, third, code)
         assert.is_nil(ok)
         assert.is_string(message)
         assert.equal("closed", code or third)
      end
      closed(stream:handshake())
      closed(stream:receive())
      closed(stream:receive(10))
      closed(stream:receive("*a"))
      closed(stream:receiveany(10))
      closed(stream:send("x"))
      closed(stream:shutdown("send"))
      assert.is_nil(stream:getfd())
      assert.is_false(stream:dirty())
      assert.is_nil(stream:want())
      assert.is_nil(stream:session())
      assert.is_nil(stream:getpeercertificate())
      assert.is_table(stream:info())
      assert.equal(0, (stream:getstats()))
      assert.is_true(stream:settimeout(1))
      assert.is_string(tostring(stream))
      server_socket:close()
   end)

   it("below us: a socket that somebody else has closed", function()
      local client_socket, server_socket = loopback.pair()
      local stream = assert(client_context:wrap(client_socket, { server_name = "localhost" }))
      client_socket:close()
      local ok, message, code = stream:handshake()
      assert.is_nil(ok)
      assert.is_string(message)
      assert.equal("transport", code)
      assert.is_true(stream:close())
      server_socket:close()
   end)

   it("by a bad descriptor", function()
      local stream = assert(client_context:wrap(1000000, { server_name = "localhost" }))
      local ok, message, code = stream:handshake()
      assert.is_nil(ok)
      assert.is_string(message)
      assert.equal("transport", code)
      stream:close()
   end)

   it("by the end of a block, in Lua 5.4", function()
      if _VERSION ~= "Lua 5.4" then return end
      local client_socket, server_socket = loopback.pair()
      local stream = assert(client_context:wrap(client_socket, { server_name = "localhost" }))
      local block = load_chunk("local stream = ...; do local s <close> = stream end return true")
      assert.is_true(block(stream))
      assert.is_nil((stream:handshake()))
      -- and by an error
      local other_socket, other_server = loopback.pair()
      stream = assert(client_context:wrap(other_socket, { server_name = "localhost" }))
      block = load_chunk("local s <close> = ...; error('on the way')")
      assert.is_false((pcall(block, stream)))
      assert.is_nil((stream:handshake()))
      server_socket:close()
      other_server:close()
   end)

   it("by a handler, at every stage and decision", function()
      local reached = 0
      for _, list in ipairs({ bearssl.stages, bearssl.decisions }) do
         for _, name in ipairs(list) do
            for _, how in ipairs({ "close", "release", "fail" }) do
               for _, role in ipairs({ "client", "server" }) do
                  local called
                  local handlers = { [name] = function(connection)
                     called = true
                     collect()
                     if how == "fail" then connection:fail("access_denied") else connection[how](connection) end
                     collect()
                  end }
                  local client, server = hostile.pair(client_context, server_context,
                     role == "client" and { handlers = handlers } or nil,
                     role == "server" and { handlers = handlers } or nil)
                  local result = pump(client, server)
                  if called then
                     reached = reached + 1
                     local side = result[role]
                     if how ~= "close" then
                        assert.is_nil(side.status, name .. " " .. how)
                        assert.is_string(side.message)
                        assert.is_string(side.code)
                     end
                  end
                  client:close()
                  server:close()
                  collect()
               end
            end
         end
      end
      assert.is_true(reached > 50, "handlers reached: " .. reached)
   end)

   it("by a handler of a stream, which then only says so", function()
      local client_socket, server_socket = loopback.pair()
      local stream = assert(client_context:wrap(client_socket, { server_name = "localhost",
         handlers = { client_hello = function(s) s:close() end } }))
      local ok, message, code = stream:handshake()
      assert.is_nil(ok)
      assert.is_string(message)
      assert.equal("closed", code)
      assert.is_nil((stream:receive()))
      server_socket:close()
   end)
end)

describe("a handler that raises", function()
   local client_context, server_context

   setup(function() client_context, server_context = hostile.contexts() end)
   teardown(function() client_context, server_context = nil, nil end)

   local broken = setmetatable({}, { __tostring = function() error("no text") end })
   local odd = setmetatable({}, { __tostring = function() return 42 end })
   local values = {
      { "a string", "it broke" }, { "nothing", nil }, { "false", false }, { "a number", 42 }, { "a table", {} },
      { "a function", function() end },
      { "an object", setmetatable({}, { __tostring = function() return "mine" end }) },
      { "an object whose text raises", broken }, { "an object whose text is a number", odd },
      { "a text with a zero", "zero \0 zero" }, { "a text of a megabyte", ("x"):rep(1000000) },
   }

   for _, case in ipairs(values) do
      it(case[1] .. " ends the handshake by internal_error", function()
         for _, name in ipairs({ "client_hello", "server_hello", "verify", "finished", "established", "keylog" }) do
            local client, server = hostile.pair(client_context, server_context,
               { handlers = { [name] = function() error(case[2]) end } })
            local result = pump(client, server)
            assert.is_nil(result.client.status, name)
            assert.equal("handler_error", result.client.code)
            assert.is_string(result.client.message)
            if type(case[2]) == "string" and #case[2] < 100 then
               assert.truthy(result.client.message:find(case[2]:match("^[^%z]+"), 1, true), result.client.message)
            end
            assert.is_nil(result.server.status)
            assert.equal("alert_internal_error", result.server.code)
            -- and stays failed, with the same answer
            local status, message, code = client:step()
            assert.is_nil(status)
            assert.equal(result.client.message, message)
            assert.equal("handler_error", code)
         end
      end)
   end

   it("deep inside, shows where", function()
      local function deepest() error("the deepest place") end
      local client, server = hostile.pair(client_context, server_context,
         { handlers = { verify = function() deepest() return true end } })
      local result = pump(client, server)
      assert.matches("the deepest place", result.client.message)
      assert.matches("traceback", result.client.message)
      assert.matches("lifetime_spec", result.client.message)
   end)

   it("out of a stack without end", function()
      local function endless(n) return 1 + endless(n + 1) end
      local client, server = hostile.pair(client_context, server_context,
         { handlers = { verify = function() return endless(1) end } })
      local result = pump(client, server)
      assert.is_nil(result.client.status)
      assert.equal("handler_error", result.client.code)
      assert.is_string(result.client.message)
   end)

   it("while closing: the stages alert and closed", function()
      for _, name in ipairs({ "alert", "closed" }) do
         local client, server = hostile.pair(client_context, server_context,
            { handlers = { [name] = function() error("late") end } })
         pump(client, server)
         client:close()
         server:close()
         assert.has_no.errors(function() pump(client, server) end)
         client:release()
      end
   end)

   it("and yields before: the error comes out of the coroutine that handshakes", function()
      local client, server = hostile.pair(client_context, server_context, { handlers = { verify = function()
         coroutine.yield("once")
         collect()
         coroutine.yield("twice")
         error("after yielding")
      end } })
      client:step()
      server:feed(client:drain())
      server:step()
      client:feed(server:drain())
      local thread = coroutine.create(function() return client:step() end)
      assert.same({ true, "once" }, { coroutine.resume(thread) })
      collect()
      assert.same({ true, "twice" }, { coroutine.resume(thread) })
      collect()
      local ok, status, message, code = coroutine.resume(thread)
      assert.is_true(ok)
      assert.is_nil(status)
      assert.equal("handler_error", code)
      assert.matches("after yielding", message)
   end)
end)

describe("a handler that yields", function()
   it("from every stage and decision, with collections between, changes nothing", function()
      local server_options, client_options = full_options()
      local client_context = assert(bearssl.context(client_options))
      local server_context = assert(bearssl.context(server_options))
      local yields = 0
      local function handler()
         yields = yields + 1
         coroutine.yield("yield")
         collectgarbage("step")
      end
      local function driven(connection)
         local thread
         return setmetatable({ step = function()
            thread = coroutine.create(function() return connection:step() end)
            while true do
               local ok, status, message, code = coroutine.resume(thread)
               assert(ok, status)
               if coroutine.status(thread) == "dead" then return status, message, code end
               if is_51 or yields % 5 == 0 then collectgarbage("step") end
            end
         end }, { __index = function(_, name)
            return function(_, ...) return connection[name](connection, ...) end
         end })
      end
      local session
      for _ = 1, 2 do
         local client = assert(client_context:connection({ server_name = "localhost", session = session,
            handlers = all_handlers(handler) }))
         local server = assert(server_context:connection({ handlers = all_handlers(handler) }))
         local result = pump(driven(client), driven(server))
         assert.equal("wantread", result.client.status, result.client.message)
         assert.equal("wantread", result.server.status, result.server.message)
         assert.is_true(client:info("established"))
         session = client:session()
      end
      assert.is_true(session:resumable())
      assert.is_true(yields > 30, "yields: " .. yields)
   end)

   it("many connections suspended at once, then dropped", function()
      local client_context, server_context = hostile.contexts()
      local threads = {}
      for index = 1, 50 do
         local client, server = hostile.pair(client_context, server_context,
            { handlers = { verify = function() coroutine.yield() return true end } },
            { handlers = { sign = function() coroutine.yield() end } })
         threads[index] = coroutine.create(function() return pump(client, server) end)
         for _ = 1, index % 3 do
            if coroutine.status(threads[index]) ~= "dead" then coroutine.resume(threads[index]) end
         end
      end
      collect()
      threads = nil -- luacheck: ignore
      collect()
      assert.is_true(client_context:info().pooled_buffers <= 16)
   end)
end)

describe("the core's objects", function()
   it("stand calls on the wrong thing", function()
      local objects = {}
      local client_context, server_context = hostile.contexts()
      local client = hostile.pair(client_context, server_context)
      objects.connection, objects.context = client.core, client_context.core
      objects.certificate = assert(bearssl.certificate.load(certificates.ec.certificate))[1]
      objects.key = assert(bearssl.key.load(certificates.ec.key))
      objects.trust = assert(bearssl.trust.load(certificates.ca.certificate))
      for _, object in pairs(objects) do
         for name, method in pairs(getmetatable(object).__index) do
            if type(method) == "function" then
               for _, wrong in pairs({ 1, "x", true, {}, io.stdout, print }) do
                  assert.is_false(pcall(method, wrong), name)
               end
               assert.is_false(pcall(method), name)
               for other_name, other in pairs(objects) do
                  if other ~= object and getmetatable(other) ~= getmetatable(object) then
                     assert.is_false(pcall(method, other), name .. " on a " .. other_name)
                  end
               end
            end
         end
      end
   end)

   it("stand a second __gc", function()
      local client_context, server_context = hostile.contexts()
      local client = hostile.pair(client_context, server_context)
      client:step()
      local certificate = assert(bearssl.certificate.load(certificates.ec.certificate))[1]
      local key = assert(bearssl.key.load(certificates.ec.key))
      local trust = assert(bearssl.trust.load(certificates.ca.certificate))
      for _, object in ipairs({ client.core, certificate, key, trust, client_context.core }) do
         local gc = getmetatable(object).__gc
         if type(gc) == "function" then
            gc(object)
            gc(object)
            for _, method in pairs(getmetatable(object).__index) do
               if type(method) == "function" then pcall(method, object) end
            end
            assert.is_string(tostring(object))
         end
      end
      collect()
   end)

   it("stand any argument", function()
      -- not those that wait, or that change what the process does
      local left_out = { exit = true, wait = true, poll = true }
      for name, f in pairs(core) do
         if type(f) == "function" and not left_out[name] and not name:find("signal") then
            for _, value in pairs({ -1, 0.5, 1e300, 0 / 0, "", "\0", ("x"):rep(70000), true, {}, { {} }, print }) do
               pcall(f, value)
               pcall(f, value, value)
               pcall(f, {}, value)
            end
            pcall(f)
         end
      end
   end)
end)

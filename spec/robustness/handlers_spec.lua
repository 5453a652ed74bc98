-- Handlers that raise anything, and handlers that yield and perhaps never come back. An error, never a crash.
local bearssl = require "bearssl"
local hostile = require "spec.robustness.hostile"
local lifetime = require "spec.support.lifetime"
local pump = require "spec.support.pump"

local all_handlers, collect, full_options = lifetime.all_handlers, lifetime.collect, lifetime.full_options

local is_51 = _VERSION == "Lua 5.1"

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
      assert.matches("handlers_spec", result.client.message)
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
            handlers = all_handlers("client", handler) }))
         local server = assert(server_context:connection({ handlers = all_handlers("server", handler) }))
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

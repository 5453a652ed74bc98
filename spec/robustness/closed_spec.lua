-- What is closed can be closed again and used: connections, streams and the core's objects, by the program, by their
-- handlers, by a block's end. An error, never a crash.
local bearssl = require "bearssl"
local decisions_of = require "spec.support.decisions_of"
local hostile = require "spec.robustness.hostile"
local inside = require "spec.support.inside"
local lifetime = require "spec.support.lifetime"
local loopback = require "spec.support.loopback"
local pump = require "spec.support.pump"

local collect = lifetime.collect

local function load_chunk(text)
   return assert((loadstring or load)(text)) -- luacheck: ignore loadstring
end

describe("closed", function()
   local client_context, server_context

   -- A select handler may choose anything, so that every other may be given beside it.
   setup(function() client_context, server_context = hostile.contexts { handlers = { select = function() end } } end)
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
      local object = inside(client).core
      object:free()
      for name, method in pairs(debug.getmetatable(object).__index) do
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
      assert.equal("transport_failed", code)
      assert.is_true(stream:close())
      server_socket:close()
   end)

   it("by a bad descriptor", function()
      local stream = assert(client_context:wrap(1000000, { server_name = "localhost" }))
      local ok, message, code = stream:handshake()
      assert.is_nil(ok)
      assert.is_string(message)
      assert.equal("transport_failed", code)
      stream:close()
   end)

   it("by the end of a block, from Lua 5.4 on", function()
      if _VERSION < "Lua 5.4" then return end
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
      for _, role in ipairs({ "client", "server" }) do
         for _, list in ipairs({ bearssl.stages, decisions_of(role, "TLSv1.2") }) do
            for _, name in ipairs(list) do
               for _, how in ipairs({ "close", "release", "fail" }) do
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

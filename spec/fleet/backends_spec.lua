-- The stores over a real Redis and a real memcached: any bytes, lifetimes, one winner of an addition, timeouts, a
-- server that went and came back, and sockets of an event loop.
local core = require "bearssl.core"
local fleet = require "spec.support.fleet"
local interpreter = require "spec.support.interpreter"
local port = require "spec.support.port"
local process = require "spec.support.process"

local BYTES = "\0\r\nEND\r\n$-1\r\n\255" .. ("x"):rep(60000)

for _, kind in ipairs { "redis", "memcached" } do
   local module = require("bearssl.store." .. kind)

   describe("bearssl.store." .. kind, function()
      local server, backend

      setup(function() server = fleet.start_store(kind) end)
      teardown(function() server.stop() end)
      before_each(function() backend = module.new { port = server.port, timeout = 2, retry = 0 } end)

      it("keeps any bytes, for as long as it is told", function()
         assert.is_nil((backend:get("a")))
         assert.is_true((backend:set("a", BYTES, 100)))
         assert.equal(BYTES, backend:get("a"))
         assert.is_true((backend:set("empty", "", 100)))
         assert.equal("", backend:get("empty"))
         assert.is_true((backend:delete("a")))
         assert.is_true((backend:delete("a")))
         assert.same({}, { backend:get("a") })
         assert.is_true((backend:set("short", "x", 1)))
         assert.equal("x", backend:get("short"))
         assert.is_true(process.until_true(5, function() return backend:get("short") == nil end))
      end)

      it("adds once", function()
         assert.is_true((backend:add("once", "1", 100)))
         assert.is_false((backend:add("once", "2", 100)))
         assert.equal("1", backend:get("once"))
      end)

      it("lets one alone of several processes win an addition", function()
         local children = {}
         for index = 1, 4 do
            children[index] = interpreter.script(([[
               local backend = require("bearssl.store.%s").new { port = %d, timeout = 5 }
               local won = 0
               for key = 1, 200 do
                  local ok = backend:add("race" .. key, "x", 100)
                  assert(ok ~= nil)
                  if ok then won = won + 1 end
               end
               print("won=" .. won)]]):format(kind, server.port))
         end
         local won = 0
         for _, child in ipairs(children) do
            assert.equal(0, child:wait(30))
            won = won + tonumber(child:output():match("won=(%d+)"))
         end
         assert.equal(200, won)
      end)

      it("counts no answer in time as a failure, and is not asked again at once", function()
         local patient = module.new { port = server.port, timeout = 0.1, retry = 0.4 }
         assert.is_true((patient:set("b", "x", 100)))
         server.child:signal("STOP")
         local start = core.monotonic()
         local value, message = patient:get("b")
         local first = core.monotonic() - start
         assert.is_nil(value)
         assert.truthy(message:find("timeout", 1, true), message)
         assert.is_true(first >= 0.09 and first < 1, first)
         start = core.monotonic()
         for _ = 1, 100 do assert.is_nil((patient:get("b"))) end
         assert.is_true(core.monotonic() - start < 0.1)
         server.child:signal("CONT")
         -- an answer that comes late is not taken for another question's
         assert.is_true(process.until_true(5, function() return patient:get("b") == "x" end))
      end)

      it("finds a server that went and came back, without a failure where it is back", function()
         assert.is_true((backend:set("c", "x", 100)))
         server.stop()
         assert.is_nil((backend:get("c")))
         server.start()
         assert.is_true((backend:set("c", "y", 100)))
         server.stop()
         server.start()
         assert.equal(nil, backend:get("c"))
         local ok, message = backend:set("c", "z", 100)
         assert.is_true(ok, message)
      end)

      it("lets others run meanwhile, over the sockets of Copas", function()
         server.child:signal("STOP")
         local child = interpreter.script(([[
            local copas, socket = require "copas", require "socket"
            local backend = require("bearssl.store.%s").new { port = %d, timeout = 5, retry = 0,
               connect = function(host, port)
                  local tcp = assert(socket.tcp())
                  assert(copas.connect(tcp, host, port))
                  return copas.wrap(tcp)
               end }
            local turns, answers = 0, 0
            for number = 1, 10 do
               copas.addthread(function()
                  assert(backend:set("copas" .. number, "value " .. number, 100))
                  assert(backend:get("copas" .. number) == "value " .. number)
                  assert(backend:add("copas" .. number, "", 100) == false)
                  answers = answers + 1
               end)
            end
            repeat
               copas.step(0.01)
               turns = turns + 1
               if turns == 20 then print("waiting") io.stdout:flush() end
            until answers == 10
            print("answers=10")]]):format(kind, server.port))
         child:wait_for("waiting")
         server.child:signal("CONT")
         assert.equal(0, child:wait(10), child:told())
         assert.truthy(child:output():find("answers=10", 1, true))
      end)

      it("says what it cannot connect to", function()
         local free = port.free()
         local ok, message = module.new({ port = free, timeout = 1 }):get("a")
         assert.is_nil(ok)
         assert.equal(("could not connect to 127.0.0.1:%d: connection refused"):format(free), message)
      end)

      it("raises for options that make no sense", function()
         for option, value in pairs { port = 0, timeout = -1, connections = 0, host = 1, connect = 1, retri = 1 } do
            local ok, message = pcall(module.new, { [option] = value })
            assert.is_false(ok)
            assert.truthy(message:find("bearssl.store." .. kind .. ".new", 1, true) and message:find(option, 1, true))
         end
      end)
   end)
end

describe("bearssl.store.redis", function()
   it("tells another start of the server from the first, and uses a client that it is given", function()
      local server = fleet.start_store("redis")
      local connected = 0
      local backend = require("bearssl.store.redis").new { retry = 0, client = function()
         connected = connected + 1
         return require("redis").connect("127.0.0.1", server.port)
      end }
      local _, first = backend:add("a", "", 10)
      local _, again = backend:add("b", "", 10)
      assert.equal(first, again)
      assert.truthy(first:find("^%x+$"))
      assert.equal(1, connected)
      server.stop()
      server.start()
      local ok, other = backend:add("c", "", 10)
      assert.is_true(ok)
      assert.not_equal(first, other)
      server.stop()
   end)
end)

describe("bearssl.store.redis, with a password", function()
   it("gives it, and says that another was refused", function()
      local server = fleet.start_store("redis")
      require("redis").connect("127.0.0.1", server.port):config("set", "requirepass", "right")
      local function try(password)
         local backend = require("bearssl.store.redis").new { port = server.port, timeout = 5, password = password }
         return backend:set("a", "x", 9)
      end
      assert.is_true((try "right"))
      for _, password in ipairs { "wrong", false } do
         local ok, message = try(password or nil)
         assert.is_nil(ok)
         assert.truthy(message:find("WRONGPASS", 1, true) or message:find("NOAUTH", 1, true), message)
      end
      server.stop()
   end)
end)

describe("bearssl.store.memcached", function()
   local module = require "bearssl.store.memcached"

   -- answers every request of one client with given bytes
   local function impostor(answer)
      return interpreter.script([[
         local listener = assert(require("socket").bind("127.0.0.1", 0))
         print("port " .. select(2, listener:getsockname()))
         io.stdout:flush()
         while true do
            local client = listener:accept()
            client:receive("*l")
            client:send((arg[1]:gsub("\\r", "\r"):gsub("\\n", "\n")))
            client:close()
         end]], { answer })
   end

   local ANSWERS = {
      "VALUE other 0 1\\r\\nx\\r\\nEND\\r\\n", "VALUE key 0 -1\\r\\n", "VALUE key 0 99999999999\\r\\n",
      "VALUE key 0 1048577\\r\\n", "VALUE key 0 1\\r\\nxyEND\\r\\n", "VALUE key 0 1\\r\\nx\\r\\nMORE\\r\\n",
      "VALUE key 0 1 7\\r\\nx\\r\\nEND\\r\\n", "ERROR\\r\\n", "SERVER_ERROR out of memory\\r\\n", "\\r\\n", "",
      "VALUE key 0 5\\r\\nx", "VALUE key 0\\r\\n",
   }

   it("takes no answer that is not one", function()
      for _, answer in ipairs(ANSWERS) do
         local child = impostor(answer)
         local backend = module.new { port = tonumber(child:wait_for("port (%d+)")), timeout = 2, retry = 0 }
         local value, message = backend:get("key")
         assert.is_nil(value, answer)
         assert.equal("string", type(message), answer)
         for _, method in ipairs { "set", "add" } do
            value, message = backend[method](backend, "key", "x", 1)
            assert.is_nil(value, answer)
            assert.equal("string", type(message), answer)
         end
         value = backend:delete("key")
         assert.is_nil(value, answer)
         child:stop()
      end
   end)

   it("sends no key that would be read as something else, and no value that would be refused", function()
      local backend = module.new { port = 1 }
      for _, key in ipairs { "", "a b", "a\r\nflush_all", "a\0", ("x"):rep(251), "\127" } do
         for _, method in ipairs { "get", "set", "add", "delete" } do
            local value, message = backend[method](backend, key, "x", 1)
            assert.is_nil(value)
            assert.truthy(message:find("a key of memcached is", 1, true), message)
         end
      end
      assert.is_nil((backend:set("a", ("x"):rep(1024 * 1024 + 1), 1)))
      local _, message = backend:set("a", "x", 2592001)
      assert.truthy(message:find("lives 2592000 seconds at most", 1, true))
   end)
end)

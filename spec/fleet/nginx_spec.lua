-- The stores in nginx, over cosockets: lua-nginx-redis, and memcached's protocol by ourselves.
local fleet = require "spec.support.fleet"
local impostor = require "spec.support.impostor"
local luajit = require "spec.support.luajit"
local nginx = require "spec.support.nginx"
local port = require "spec.support.port"
local process = require "spec.support.process"
local socket = require "socket"

describe("in nginx", function()
   local servers, number, child = {}, nil, nil
   local odd, odd_port

   setup(function()
      servers.redis, servers.memcached = fleet.start_store("redis"), fleet.start_store("memcached")
      servers.locked = fleet.start_store("redis")
      require("redis").connect("127.0.0.1", servers.locked.port):config("set", "requirepass", "of the fleet")
      odd, odd_port = impostor.start(0, { "+QUEUED\r\n", "*1\r\n+OK\r\n" })
      number = port.free()
      luajit.build()
      child = nginx.start("spec/fleet/nginx.conf", { PORT = tostring(number), REDIS = tostring(servers.redis.port),
         ODD = tostring(odd_port), LOCKED = tostring(servers.locked.port), MEMCACHED = tostring(servers.memcached.port),
         SECRET = assert(require("bearssl.store").new_secret()) }, number)
   end)
   teardown(function()
      process.stop_all()
   end)

   local function fetch(path)
      local client = assert(socket.connect("127.0.0.1", number))
      client:settimeout(10)
      client:send("GET " .. path .. " HTTP/1.0\r\n\r\n")
      local text = assert(client:receive("*a"))
      client:close()
      assert.truthy(text:find("^HTTP/1.1 200"), text .. child:output())
      return (text:match("\r\n\r\n(.*)$"))
   end

   local function ask(kind, method, key, value)
      return fetch(("/do?kind=%s&method=%s&key=%s&value=%s"):format(kind, method, key, value or ""))
   end

   it("takes no answer for OK but OK, and closes the connection", function()
      for asked, method in ipairs { "add", "set", "delete" } do
         assert.truthy(ask("odd", method, "a", "x"):find("^nil|.*answered"))
         assert.is_true(process.until_true(5, function() return impostor.connections(odd) == asked end))
      end
   end)

   -- there are two workers, each with connections of its own
   local ROUNDS = 20

   it("shares no connection with another program of the worker, which left its own in another database", function()
      assert.truthy(ask("redis", "add", "strike", "x"):find("^true"))
      for _ = 1, ROUNDS do
         for _, what in ipairs { "select", "multi" } do
            fetch("/other?what=" .. what)
            assert.equal("false|nil", ask("redis", "add", "strike", "x"))
         end
      end
      assert.equal("x|nil", ask("redis", "get", "strike"))
   end)

   it("shares no connection with another program of the worker, which left its own within a command", function()
      for round = 1, ROUNDS do
         fetch("/other?what=memcached")
         assert.equal("true|nil", ask("memcached", "set", "round", tostring(round)))
         assert.equal(round .. "|nil", ask("memcached", "get", "round"))
      end
   end)

   it("gives no connection that knows the password to another program, nor takes one that does not", function()
      for round = 1, ROUNDS do
         assert.equal("true|nil", ask("locked", "set", "a", tostring(round)))
         assert.equal("false NOAUTH Authentication required.", fetch("/other?what=unlock"))
         assert.equal(round .. "|nil", ask("locked", "get", "a"))
      end
   end)

   for _, kind in ipairs { "redis", "memcached" } do
      describe(kind, function()
         it("keeps any bytes, adds once, deletes", function()
            assert.equal("nil|nil", ask(kind, "get", "a"))
            assert.equal("true|nil", ask(kind, "set", "a", "x%0d%0a%ffEND%0d%0a"))
            assert.equal("x\r\n\255END\r\n|nil", ask(kind, "get", "a"))
            assert.equal("false|nil", ask(kind, "add", "a", "y"))
            assert.equal("true|nil", ask(kind, "delete", "a"))
            local first = ask(kind, "add", "a", "y")
            assert.truthy(first:find(kind == "redis" and "^true|%x+$" or "^true|nil$"), first)
         end)

         it("gives all workers the same ticket keys", function()
            local names, workers = {}, {}
            assert.is_true(process.until_true(10, function()
               local worker, name = fetch("/keys?kind=" .. kind):match("(%d+) (%x+)")
               workers[worker], names[worker] = true, name
               local one = next(workers)
               local other = next(workers, one)
               return other and names[one] == names[other]
            end))
         end)

         it("counts no answer in time as a failure, and asks again when it is back", function()
            servers[kind].child:signal("STOP")
            local start = socket.gettime()
            local answer = ask(kind, "get", "a")
            assert.truthy(answer:find("nil|.*timeout"), answer)
            assert.is_true(socket.gettime() - start < 2)
            servers[kind].child:signal("CONT")
            assert.is_true(process.until_true(5, function() return ask(kind, "get", "a") == "y|nil" end))
            servers[kind].stop()
            assert.truthy(ask(kind, "get", "a"):find("^nil|."))
            servers[kind].start()
            assert.is_true(process.until_true(5, function() return ask(kind, "get", "a") == "nil|nil" end))
         end)
      end)
   end

   it("none of it is worth an error in the log", function()
      local log = child:output():gsub("[^\n]*lua tcp socket[^\n]*", ""):gsub("[^\n]*connect%(%) failed[^\n]*", "")
      assert.is_nil(log:find("[error]", 1, true), log)
   end)
end)

-- A fleet on this machine: a store (redis-server or memcached), servers of examples/fleet_server.lua, each a process,
-- and HAProxy before them, which gives each new connection to the next.
local certificates = require "spec.support.certificates"
local interpreter = require "spec.support.interpreter"
local peers = require "spec.support.peer"
local port = require "spec.support.port"
local process = require "spec.support.process"
local temporary = require "spec.support.temporary"

local fleet = {}

-- The directory is for a snapshot that somebody asks for.
local function redis(number, directory)
   return { "redis-server", "--port", tostring(number), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
      "--dir", directory }
end

local function memcached(number)
   -- -M: what does not fit is refused, and no strike is evicted for it
   return { "memcached", "-l", "127.0.0.1", "-p", tostring(number), "-U", "0", "-u", "nobody", "-m", "64", "-M" }
end

local commands = { redis = redis, memcached = memcached }

--- start_store(kind [, number]) starts one: an object with kind, port, stop() (kill -9), start().
function fleet.start_store(kind, number)
   local self, directory = { kind = kind, port = number or port.free() }, temporary.make_directory()
   function self.start()
      self.child = process.start(commands[kind](self.port, directory))
      peers.ready(self.child, self.port)
   end
   -- memcached takes a second to end otherwise
   function self.stop()
      self.child:signal("KILL")
      self.child:wait()
   end
   self.start()
   return self
end

local function config(servers)
   local lines = {
      "global", "  maxconn 2000",
      "defaults", "  mode tcp", "  timeout connect 2s", "  timeout client 30s", "  timeout server 30s", "  retries 3",
      "  option redispatch 1",
      "listen fleet", "  bind 127.0.0.1:%d", "  balance roundrobin",
   }
   for _, server in ipairs(servers) do
      lines[#lines + 1] = ("  server %s 127.0.0.1:%d"):format(server.name, server.port)
   end
   return table.concat(lines, "\n") .. "\n"
end

--- start_balancer(servers) starts HAProxy before them: an object with port.
function fleet.start_balancer(servers)
   local number = port.free()
   local child = process.start({ "haproxy", "-db", "-f", temporary.write(config(servers):format(number), ".cfg") })
   peers.ready(child, number)
   return { port = number, child = child }
end

--- start_server(name, store, secret [, more]) starts the example: an object with name, port, child (the process),
-- start(); more: further words.
function fleet.start_server(name, store, secret, more)
   local number = port.free()
   local words = { interpreter.path, "examples/fleet_server.lua", "certfile=" .. certificates.ec.chainfile,
      "keyfile=" .. certificates.ec.keyfile, "secret=" .. secret, "name=" .. name, "port=" .. number,
      ("store=%s:127.0.0.1:%d"):format(store.kind, store.port) }
   for _, word in ipairs(more or {}) do words[#words + 1] = word end
   local self = { name = name, port = number }
   function self.start()
      self.child = process.start(words, { environment = interpreter.environment() })
      self.child:wait_for("listening on %d+")
   end
   self.start()
   return self
end

--- start(kind [, more]) starts a store, three servers and a balancer: { store =, servers =, balancer =, secret = }.
function fleet.start(kind, more)
   local store = fleet.start_store(kind)
   local secret = temporary.write(assert(require("bearssl.store").new_secret()) .. "\n")
   local servers = {}
   for index, name in ipairs({ "one", "two", "three" }) do
      servers[index] = fleet.start_server(name, store, secret, more)
   end
   return { store = store, servers = servers, balancer = fleet.start_balancer(servers), secret = secret }
end

--- stop(made) ends all of a fleet.
function fleet.stop(made)
   for _, server in ipairs(made.servers) do server.child:stop() end
   made.balancer.child:stop()
   made.store.stop()
end

return fleet

-- What a question to a fleet's store costs: our processor time, and that of the store's server. Each row has a store of
-- its own kind for itself.
local fleet = require "spec.support.fleet"
local sealed = require "bearssl.store.sealed"
local shell = require "spec.support.shell"

local stores = {}

local PROGRAMS = { redis = "redis-server", memcached = "memcached" }

-- lua-redis is one plain Lua file, which Debian files under some versions only: the other Luas borrow it.
local function lend_redis()
   if pcall(require, "redis") then return true end
   package.preload.redis = loadfile("/usr/share/lua/5.1/redis.lua")
   return package.preload.redis ~= nil
end

--- available(kind) tells whether what its rows need is installed.
function stores.available(kind)
   return shell.which(PROGRAMS[kind]) and (kind ~= "redis" or lend_redis())
end

-- As long as an exported session of a server without a client's certificate.
local SESSION = ("s"):rep(200)

local jobs = {
   set = function(over, number) return over:set("session", "bench " .. number, SESSION, 7200) end,
   get = function(over) return over:get("session", "bench 0") end,
   add = function(over, number) return (over:add("early", "bench " .. number, "", 31)) end,
}

--- processor_of(pid) is the seconds of processor time that a process's threads have used. What is counted in ticks
-- misses most of such short work.
function stores.processor_of(pid)
   local sum = 0
   for path in shell.run(("ls -d /proc/%d/task/*"):format(pid)):gmatch "%S+" do
      local file = assert(io.open(path .. "/schedstat"), "this kernel does not tell of processor time")
      sum = sum + tonumber(file:read("*a"):match "%d+")
      file:close()
   end
   return sum / 1e9
end

--- question(kind, job, side, count) is a scenario: microseconds of one question. kind: "redis" or "memcached"; job:
-- "set", "get" or "add"; side: "ours" or "server".
function stores.question(kind, job, side, count)
   return function()
      local server = fleet.start_store(kind)
      local backend = require("bearssl.store." .. kind).new { port = server.port, timeout = 10 }
      local over = sealed.new(backend, assert(require("bearssl.store").new_secret()), "")
      assert(jobs.set(over, 0))
      return function()
         local work = jobs[job]
         local own, theirs = os.clock(), stores.processor_of(server.child.pid)
         for number = 1, count do assert(work(over, number)) end
         own, theirs = os.clock() - own, stores.processor_of(server.child.pid) - theirs
         return 1e6 * (side == "ours" and own or theirs) / count
      end, server.stop
   end
end

return stores

-- bearssl.store.redis: a store in Redis, through lua-redis. Its sockets may be those of an event loop: what waits then
-- lets other coroutines run.
--     local backend = require("bearssl.store.redis").new { host = "10.0.0.5", timeout = 0.1 }
local checks = require "bearssl.store.checks"
local options = require "bearssl.options"
local pool = require "bearssl.store.pool"

local redis = {}

local Store = {}
Store.__index = Store

local specification = checks.server { password = options.is.string, client = options.is["function"] }

local function connect_to(given)
   local client = require("redis").connect { socket = checks.connect(given, 6379) }
   if given.password then client:auth(given.password) end
   return client
end

local function close(client)
   client.network.socket:close()
end

--- new([options]) makes a store. host ("127.0.0.1"), port (6379), password; timeout: seconds for each answer and for
-- connecting (0.1); retry: seconds for which nothing is asked after a failure (1); connections: questions at once (32);
-- connect: a function(host, port, timeout) that gives a connected socket of LuaSocket's kind, of an event loop, say;
-- client: a function that gives a connected lua-redis client instead (over a Unix socket, of another database).
function redis.new(given, ...)
   options.surplus("bearssl.store.redis.new", given, ...)
   given = checks.options(given, specification, "bearssl.store.redis.new")
   -- a module that is missing is no store that is away
   if not given.client then require "redis" end
   return setmetatable({ pool = pool.new {
      connect = given.client or function() return connect_to(given) end,
      close = close, limit = given.connections, retry = given.retry,
   } }, Store)
end

--- get(key) is the value; nil where there is none; nil, message when it could not be asked.
function Store:get(key)
   return self.pool:ask(function(client) return client:get(key) end)
end

--- set(key, value, seconds) is true, or nil, message.
function Store:set(key, value, seconds)
   return self.pool:ask(function(client)
      return client:set(key, value, "EX", seconds) == true or error("SET was not answered by OK", 0)
   end)
end

-- Which start of the server a connection is to: it cannot outlive it.
local runs = setmetatable({}, { __mode = "k" })

local function run_of(client)
   if not runs[client] then
      local info = client:info("server")
      runs[client] = (info.server or info).run_id or error("INFO tells no run_id", 0)
   end
   return runs[client]
end

--- add(key, value, seconds) is true and a string that another start of the server changes; false where the key is
-- there; or nil, message. The string is how a register of strikes notices a server that read back an old snapshot.
function Store:add(key, value, seconds)
   return self.pool:ask(function(client)
      if not client:set(key, value, "EX", seconds, "NX") then return false end
      return true, run_of(client)
   end)
end

--- delete(key) is true, or nil, message.
function Store:delete(key)
   return self.pool:ask(function(client)
      return client:del(key) and true
   end)
end

return redis

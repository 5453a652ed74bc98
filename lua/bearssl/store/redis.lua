-- bearssl.store.redis: a store in Redis, through lua-redis. Its sockets may be those of an event loop: what waits then
-- lets other coroutines run.
--     local backend = require("bearssl.store.redis").new { host = "10.0.0.5", timeout = 0.1 }
local checks = require "bearssl.store.checks"
local deadline = require "bearssl.store.deadline"
local options = require "bearssl.options"
local pool = require "bearssl.store.pool"
local redis_reply = require "bearssl.store.redis_reply"

local redis = {}

local Store = {}

local class = require "bearssl.own"
local own = class.self_of "redis store"

local make = class.class("redis store", Store, {
   __tostring = function(self)
      own(self, "tostring")
      return "bearssl.store.redis"
   end,
})

local specification = checks.server { password = options.is.string, client = options.is["function"] }

local function connect_to(given)
   return require("redis").connect { socket = checks.connect(given, 6379) }
end

local function connect(given)
   local client, message
   if given.client then client, message = given.client() else client = connect_to(given) end
   if not client then return nil, message or "no client" end
   client.network.socket = deadline.wrap(client.network.socket, redis_reply.check)
   return client
end

local function close(client)
   client.network.socket:close()
end

--- new([options]) makes a store. host ("127.0.0.1"), port (6379), password; timeout: seconds for each question, however
-- its answer comes, and for connecting (0.1); retry: seconds for which nothing is asked after a failure (1);
-- connections: questions at once (32); connect: a function(host, port, timeout) that gives a connected socket of
-- LuaSocket's kind, of an event loop, say; client: a function that gives a connected lua-redis client instead (over a
-- Unix socket, of another database).
function redis.new(given, ...)
   options.surplus("bearssl.store.redis.new", given, ...)
   given = checks.options(given, specification, "bearssl.store.redis.new")
   -- a module that is missing is no store that is away
   if not given.client then require "redis" end
   return make { pool = pool.new {
      connect = function() return connect(given) end,
      close = close, limit = given.connections, retry = given.retry,
   }, timeout = given.timeout, password = not given.client and given.password }
end

-- What lua-redis makes of the answers: true of OK alone, another status its text, of nothing nil.
local function unexpected(command, answer)
   error(("Redis answered %s by %s"):format(command, type(answer) == "string" and "another string" or type(answer)), 0)
end

-- The connections that were told the password.
local told = setmetatable({}, { __mode = "k" })

local function ask(self, work)
   return self.pool:ask(function(client)
      client.network.socket:begin(self.timeout)
      -- here, and not where it is connected: what fails here closes the connection
      if self.password and not told[client] then
         local answer = client:auth(self.password)
         if answer ~= true then unexpected("AUTH", answer) end
         told[client] = true
      end
      return work(client)
   end)
end

--- get(key) is the value; nil where there is none; nil, message when it could not be asked.
function Store:get(key)
   return ask(own(self, "get"), function(client)
      local value = client:get(key)
      if value ~= nil and type(value) ~= "string" then unexpected("GET", value) end
      return value
   end)
end

--- set(key, value, seconds) is true, or nil, message.
function Store:set(key, value, seconds)
   local good, message = redis_reply.check_value(value)
   if not good then return nil, message end
   return ask(own(self, "set"), function(client)
      local answer = client:set(key, value, "EX", seconds)
      return answer == true or unexpected("SET", answer)
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
   local good, message = redis_reply.check_value(value)
   if not good then return nil, message end
   return ask(own(self, "add"), function(client)
      local answer = client:set(key, value, "EX", seconds, "NX")
      if answer == nil then return false end
      -- another server's answer, or one of a transaction that is open, is no word on who won
      if answer ~= true then unexpected("SET", answer) end
      return true, run_of(client)
   end)
end

--- delete(key) is true, or nil, message.
function Store:delete(key)
   return ask(own(self, "delete"), function(client)
      local answer = client:del(key)
      return type(answer) == "number" or unexpected("DEL", answer)
   end)
end

return redis

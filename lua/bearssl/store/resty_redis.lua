-- bearssl.store.resty_redis: a store in Redis for nginx and OpenResty, through lua-nginx-redis (lua-resty-redis), whose
-- cosockets let the worker's other requests go on meanwhile.
--     local backend = require("bearssl.store.resty_redis").new { host = "10.0.0.5", timeout = 0.1 }
local checks = require "bearssl.store.checks"
local cosocket_pool = require "bearssl.store.cosocket_pool"
local deadline = require "bearssl.store.deadline"
local options = require "bearssl.options"
local pool = require "bearssl.store.pool"
local redis_reply = require "bearssl.store.redis_reply"

local resty_redis = {}

local Store = {}

local class = require "bearssl.own"
local own = class.self_of "resty_redis store"

local make = class.class("resty_redis store", Store, {
   __tostring = function(self)
      own(self, "tostring")
      return "bearssl.store.resty_redis"
   end,
})

local is = options.is
local specification = checks.server { password = is.string, idle = is.duration(86400) }
specification.connect = nil

-- Debian's package and OpenResty's name the same module in their own ways.
local function client_module()
   local ok, module = pcall(require, "resty.redis")
   if ok then return module end
   return require "nginx.redis"
end

-- The client keeps its socket in a field of this name, in all versions of the module.
local function with_deadline(client, timeout)
   local socket = rawget(client, "_sock")
   if not socket then error("the module of Redis keeps its socket elsewhere", 0) end
   socket = deadline.wrap(socket, redis_reply.check, true)
   rawset(client, "_sock", socket)
   socket:begin(timeout)
end

local function connect(given)
   local client, message = client_module():new()
   if not client then return nil, message end
   client:set_timeout(given.timeout * 1000)
   local ok
   ok, message = client:connect(given.host, given.port or 6379, { pool = given.pool })
   if not ok then return nil, message end
   -- what comes from a pool of our own has been told the password by us
   local reused = client:get_reused_times()
   with_deadline(client, given.timeout)
   if given.password and reused == 0 then
      ok, message = client:auth(given.password)
      if ok ~= "OK" then
         client:close()
         return nil, message or "AUTH was not answered by OK"
      end
   end
   return client
end

--- new([options]) makes a store. host ("127.0.0.1"), port (6379), password; timeout: seconds for each question and for
-- connecting (0.1); retry: seconds for which nothing is asked after a failure (1); connections: questions at once of
-- one worker (32), and so many connections it keeps; idle: seconds for which it keeps one that nothing is asked on
-- (60). They are never another program's of the same worker, nor do ours become such a program's.
function resty_redis.new(given, ...)
   options.surplus("bearssl.store.resty_redis.new", given, ...)
   given = checks.options(given, specification, "bearssl.store.resty_redis.new")
   given.pool = cosocket_pool.name("redis", given.host, given.port or 6379, given.password)
   return make { given = given, pool = pool.new {
      connect = function() return connect(given) end, close = function(client) client:close() end,
      -- a cosocket belongs to the request that made it: nginx keeps it between requests
      limit = given.connections, retry = given.retry, keeps_none = true,
   } }
end

-- answer is what the client gave: false, message for an error of Redis; nil, message for one of the connection.
local function checked(answer, message)
   if not answer then error(message or "no answer", 0) end
   return answer
end

-- true for OK; any other answer is one to another question, or of a transaction that is open.
local function is_ok(answer)
   return answer == "OK" or error("SET was not answered by OK", 0)
end

local function ask(self, work)
   local given = self.given
   return self.pool:ask(function(client)
      rawget(client, "_sock"):begin(given.timeout)
      local first, second = work(client)
      if not client:set_keepalive((given.idle or 60) * 1000, given.connections) then client:close() end
      return first, second
   end)
end

local function is_null(answer)
   return answer == ngx.null -- luacheck: read globals ngx
end

--- get(key) is the value; nil where there is none; nil, message when it could not be asked.
function Store:get(key)
   return ask(own(self, "get"), function(client)
      local value = checked(client:get(key))
      if is_null(value) then return nil end
      return type(value) == "string" and value or error("GET was answered by a " .. type(value), 0)
   end)
end

--- set(key, value, seconds) is true, or nil, message.
function Store:set(key, value, seconds)
   local good, message = redis_reply.check_value(value)
   if not good then return nil, message end
   return ask(own(self, "set"), function(client)
      return is_ok(checked(client:set(key, value, "EX", seconds)))
   end)
end

--- add(key, value, seconds) is true and a string that another start of the server changes; false where the key is
-- there; or nil, message.
function Store:add(key, value, seconds)
   local good, message = redis_reply.check_value(value)
   if not good then return nil, message end
   return ask(own(self, "add"), function(client)
      local answer = checked(client:set(key, value, "EX", seconds, "NX"))
      if is_null(answer) then return false end
      return is_ok(answer), checked(client:info("server")):match "run_id:(%w+)" or error("INFO tells no run_id", 0)
   end)
end

--- delete(key) is true, or nil, message.
function Store:delete(key)
   return ask(own(self, "delete"), function(client)
      local answer = checked(client:del(key))
      return type(answer) == "number" or error("DEL was answered by a " .. type(answer), 0)
   end)
end

return resty_redis

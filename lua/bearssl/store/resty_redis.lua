-- bearssl.store.resty_redis: a store in Redis for nginx and OpenResty, through lua-nginx-redis (lua-resty-redis), whose
-- cosockets let the worker's other requests go on meanwhile.
--     local backend = require("bearssl.store.resty_redis").new { host = "10.0.0.5", timeout = 0.1 }
local checks = require "bearssl.store.checks"
local options = require "bearssl.options"
local pool = require "bearssl.store.pool"

local resty_redis = {}

local Store = {}
Store.__index = Store

local is = options.is
local specification = checks.server { password = is.string, idle = is.duration(86400) }
specification.connect = nil

-- Debian's package and OpenResty's name the same module in their own ways.
local function client_module()
   local ok, module = pcall(require, "resty.redis")
   if ok then return module end
   return require "nginx.redis"
end

local function connect(given)
   local client, message = client_module():new()
   if not client then return nil, message end
   client:set_timeout(given.timeout * 1000)
   local ok
   ok, message = client:connect(given.host, given.port or 6379)
   if not ok then return nil, message end
   if given.password and client:get_reused_times() == 0 then
      ok, message = client:auth(given.password)
      if not ok then return nil, message end
   end
   return client
end

--- new([options]) makes a store. host ("127.0.0.1"), port (6379), password; timeout: seconds for each answer and for
-- connecting (0.1); retry: seconds for which nothing is asked after a failure (1); connections: questions at once of
-- one worker (32), and so many connections it keeps; idle: seconds for which it keeps one that nothing is asked on
-- (60).
function resty_redis.new(given, ...)
   options.surplus("bearssl.store.resty_redis.new", given, ...)
   given = checks.options(given, specification, "bearssl.store.resty_redis.new")
   return setmetatable({ given = given, pool = pool.new {
      connect = function() return connect(given) end, close = function(client) client:close() end,
      -- a cosocket belongs to the request that made it: nginx keeps it between requests
      limit = given.connections, retry = given.retry, keeps_none = true,
   } }, Store)
end

-- answer is what the client gave: false, message for an error of Redis; nil, message for one of the connection.
local function checked(answer, message)
   if not answer then error(message or "no answer", 0) end
   return answer
end

local function ask(self, work)
   local given = self.given
   return self.pool:ask(function(client)
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
   return ask(self, function(client)
      local value = checked(client:get(key))
      if is_null(value) then return nil end
      return value
   end)
end

--- set(key, value, seconds) is true, or nil, message.
function Store:set(key, value, seconds)
   return ask(self, function(client)
      return checked(client:set(key, value, "EX", seconds)) == "OK" or error("SET was not answered by OK", 0)
   end)
end

--- add(key, value, seconds) is true and a string that another start of the server changes; false where the key is
-- there; or nil, message.
function Store:add(key, value, seconds)
   return ask(self, function(client)
      if is_null(checked(client:set(key, value, "EX", seconds, "NX"))) then return false end
      return true, checked(client:info("server")):match "run_id:(%w+)" or error("INFO tells no run_id", 0)
   end)
end

--- delete(key) is true, or nil, message.
function Store:delete(key)
   return ask(self, function(client)
      return checked(client:del(key)) and true
   end)
end

return resty_redis

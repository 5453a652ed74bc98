-- bearssl.store.memcached: a store in memcached, by its text protocol, over LuaSocket, over the sockets of an event
-- loop, or, in nginx, over a cosocket.
--     local backend = require("bearssl.store.memcached").new { host = "10.0.0.6", timeout = 0.1 }
local checks = require "bearssl.store.checks"
local cosocket_pool = require "bearssl.store.cosocket_pool"
local deadline = require "bearssl.store.deadline"
local options = require "bearssl.options"
local pool = require "bearssl.store.pool"

local memcached = {}

local Store = {}

local class = require "bearssl.own"
local own = class.self_of "memcached store"

local make = class.class("memcached store", Store, {
   __tostring = function(self)
      own(self, "tostring")
      return "bearssl.store.memcached"
   end,
})

-- Of the protocol: longer keys are refused, longer lifetimes are read as a time since the epoch.
local LONGEST_KEY, LONGEST_LIFE = 250, 2592000
local MOST_BYTES = 1024 * 1024

--- longest_life: a store with this field takes no value for more seconds, which store.ticket_keys heeds.
Store.longest_life = LONGEST_LIFE

local specification = checks.server()

local function cosocket(given)
   local socket = ngx.socket.tcp() -- luacheck: read globals ngx
   socket:settimeout(given.timeout * 1000)
   local ok, message = socket:connect(given.host, given.port or 11211, { pool = given.pool })
   if not ok then return nil, message end
   return deadline.wrap(socket, nil, true)
end

-- A cosocket belongs to the request that made it: nginx keeps it between requests, not the pool.
local InNginx = {}
InNginx.__index = InNginx

function InNginx:ask(work)
   return self.pool:ask(function(socket)
      socket:begin(self.timeout)
      local first, second = work(socket)
      if not socket:setkeepalive(60000, self.connections) then socket:close() end
      return first, second
   end)
end

local function in_nginx(given)
   given.pool = cosocket_pool.name("memcached", given.host, given.port or 11211)
   local inner = pool.new {
      connect = function() return cosocket(given) end, close = function(socket) socket:close() end,
      limit = given.connections, retry = given.retry, keeps_none = true,
   }
   local state = { pool = inner, connections = given.connections, timeout = given.timeout }
   return setmetatable(state, InNginx)
end

local Outside = {}
Outside.__index = Outside

function Outside:ask(work)
   return self.pool:ask(function(socket)
      socket:begin(self.timeout)
      return work(socket)
   end)
end

local function outside(given)
   local inner = pool.new {
      connect = function() return deadline.wrap(checks.connect(given, 11211)) end,
      close = function(socket) socket:close() end, limit = given.connections, retry = given.retry,
   }
   return setmetatable({ pool = inner, timeout = given.timeout }, Outside)
end

--- new([options]) makes a store. host ("127.0.0.1"), port (11211); timeout: seconds for each question and for
-- connecting (0.1); retry: seconds for which nothing is asked after a failure (1); connections: questions at once (32);
-- connect: a function(host, port, timeout) that gives a connected socket of LuaSocket's kind, of an event loop, say. In
-- nginx it is a cosocket where `connect` is not given.
function memcached.new(given, ...)
   options.surplus("bearssl.store.memcached.new", given, ...)
   given = checks.options(given, specification, "bearssl.store.memcached.new")
   local nginx = rawget(_G, "ngx")
   if type(nginx) == "table" and nginx.socket and not given.connect then
      return make { pool = in_nginx(given) }
   end
   return make { pool = outside(given) }
end

local function check_key(key)
   if type(key) ~= "string" or #key > LONGEST_KEY or not key:find "^[!-~]+$" then
      return nil, ("a key of memcached is 1 to %d printable characters without spaces"):format(LONGEST_KEY)
   end
   return true
end

-- LuaSocket takes all or fails.
local function exchange(socket, request)
   local sent, message = socket:send(request)
   if not sent then error(message, 0) end
   local line
   line, message = socket:receive "*l"
   if not line then error(message, 0) end
   return line
end

local function store(self, command, key, value, seconds)
   local ok, message = check_key(key)
   if not ok then return nil, message end
   if #value > MOST_BYTES or seconds > LONGEST_LIFE then
      return nil, ("a value of memcached has %d bytes at most, and lives %d seconds at most"):format(MOST_BYTES,
         LONGEST_LIFE)
   end
   local request = ("%s %s 0 %d %d\r\n"):format(command, key, seconds, #value) .. value .. "\r\n"
   return self.pool:ask(function(socket)
      local line = exchange(socket, request)
      if line == "STORED" then return true end
      if line == "NOT_STORED" and command == "add" then return false end
      error("memcached answered: " .. line:sub(1, 100), 0)
   end)
end

local function receive(socket, length)
   local bytes, message = socket:receive(length)
   if not bytes then error(message, 0) end
   return bytes
end

--- get(key) is the value; nil where there is none; nil, message when it could not be asked.
function Store:get(key)
   local ok, message = check_key(key)
   if not ok then return nil, message end
   return own(self, "get").pool:ask(function(socket)
      local line = exchange(socket, "get " .. key .. "\r\n")
      if line == "END" then return nil end
      local name, length = line:match "^VALUE (%S+) %d+ (%d+)$"
      length = tonumber(length)
      if name ~= key or #tostring(length) > 7 or length > MOST_BYTES then
         error("memcached answered: " .. line:sub(1, 100), 0)
      end
      local bytes = receive(socket, length + 2)
      if bytes:sub(-2) ~= "\r\n" or receive(socket, "*l") ~= "END" then error("memcached's value has no end", 0) end
      return bytes:sub(1, -3)
   end)
end

--- set(key, value, seconds) is true, or nil, message.
function Store:set(key, value, seconds)
   return store(own(self, "set"), "set", key, value, seconds)
end

--- add(key, value, seconds) is true; false where the key is there; or nil, message.
function Store:add(key, value, seconds)
   return store(own(self, "add"), "add", key, value, seconds)
end

--- delete(key) is true, or nil, message.
function Store:delete(key)
   local ok, message = check_key(key)
   if not ok then return nil, message end
   return own(self, "delete").pool:ask(function(socket)
      local line = exchange(socket, "delete " .. key .. "\r\n")
      if line == "DELETED" or line == "NOT_FOUND" then return true end
      error("memcached answered: " .. line:sub(1, 100), 0)
   end)
end

return memcached

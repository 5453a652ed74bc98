-- Connections to a store. Each is used by one question at a time: a socket that yields lets other coroutines run, and
-- two questions on one connection would read each other's answers. Whatever goes wrong (a lost connection, no answer in
-- time, an answer that makes no sense) closes the connection, because what comes behind it on the wire is unknown.
-- After a failure nothing is asked for a while: a store that answers nobody would hold up every handshake for its whole
-- timeout otherwise.
local core = require "bearssl.core"
local protect = require "bearssl.protect"

local Pool = {}
Pool.__index = Pool

local pool = {}

--- new(given) makes a pool. given: connect (function → client, or nil and a message; it may raise), close
-- (function(client)), limit (questions at once), retry (seconds for which nothing is asked after a failure), keeps_none
-- (true: a client is used once, and `work` puts it away).
function pool.new(given)
   return setmetatable({
      connect = given.connect, close = given.close, limit = given.limit, retry = given.retry,
      keeps_none = given.keeps_none,
      -- weak: a coroutine that is thrown away in the middle of its question gives its place back
      idle = {}, busy = setmetatable({}, { __mode = "k" }), rests_until = 0,
   }, Pool)
end

local function one_line(problem)
   local line = tostring(problem):match("^[^\n]*")
   return (line:gsub("^[^:]+%.lua:%d+: ", ""))
end

-- ok, then what f(a, b) returned; or false and one line that says why not. f fails by nil and a message, or raises.
local function guarded(f, a, b)
   local function keep(ok, first, second, ...)
      if not ok then return false, one_line(first) end
      if first == nil and second ~= nil then return false, one_line(second) end
      return true, first, second, ...
   end
   return keep(protect.call(f, a, b, {}))
end

local function count(list)
   local number = 0
   for _ in pairs(list) do number = number + 1 end
   return number
end

local function failed(self, message)
   self.rests_until = core.monotonic() + self.retry
   self.why = message
   return nil, message
end

local function try(self, client, work)
   local ok, first, second = guarded(work, client)
   if ok then
      if not self.keeps_none then self.idle[#self.idle + 1] = client end
      return true, first, second
   end
   return false, first
end

-- The store may have been started anew since a connection was last used: that is found by using it. All idle ones are
-- as old, and one with a fresh connection tells whether the store is there.
local function use_idle(self, work)
   local client = table.remove(self.idle)
   if not client then return nil end
   local ok, first, second = try(self, client, work)
   if ok then return true, first, second end
   guarded(self.close, client)
   for index = #self.idle, 1, -1 do
      guarded(self.close, table.remove(self.idle, index))
   end
   if first:find "timeout" then return false, first end
   return nil
end

--- ask(work) is what work(client) returns, two values at most; or nil and a message when it raised, or returned nil and
-- a message, or there is no connection to be had.
function Pool:ask(work)
   if core.monotonic() < self.rests_until then
      return nil, "nothing is asked for a while, because: " .. self.why
   elseif count(self.busy) >= self.limit then
      return nil, ("%d questions are under way, and no more are asked at once"):format(self.limit)
   end
   local place = {}
   self.busy[place] = true
   local ok, first, second = use_idle(self, work)
   if ok == nil then
      local connected, client = guarded(self.connect)
      if connected and client then
         ok, first, second = try(self, client, work)
         if not ok then guarded(self.close, client) end
      else
         ok, first = false, client or "no connection"
      end
   end
   self.busy[place] = nil
   if not ok then return failed(self, first) end
   return first, second
end

return pool

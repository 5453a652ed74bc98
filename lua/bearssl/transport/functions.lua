-- Transport over two functions, which may yield:
--    read(n)         → at most n bytes (n is a hint), or nil, "closed" / "timeout" / message [, bytes read anyway]
--    write(bytes)    → number of bytes taken, or nil, "timeout" / message [, number of bytes taken anyway]; a message
--                    is final: nothing is written any more
--    settimeout(s)   optional: how long the next read or write may wait: seconds, 0 never, nil for ever
--    close()         optional
--    getfd()         optional: the descriptor, for event loops
-- The functions are called without the table. nil alone from read is the end of the stream.
local core = require "bearssl.core"
local protect = require "bearssl.protect"

local Functions = {}
Functions.__index = Functions

local READ_SIZE = 16384 + 2048 + 5 -- one record of the largest size
local WRITE_SIZE = 65536

local again = { timeout = true, wantread = true, wantwrite = true }

--- new(functions) → transport. functions: { read =, write =, settimeout =, close =, getfd = }.
function Functions.new(functions)
   return setmetatable({
      read = functions.read, write = functions.write, set_timeout = functions.settimeout,
      close_function = functions.close, getfd = functions.getfd,
   }, Functions)
end

-- What a carrier of another kind has instead of these (inherit): functions of the transport itself, so that one made
-- for each of many connections is a single table.
function Functions:read_below(n) return self.read(n) end

function Functions:write_below(bytes) return self.write(bytes) end

function Functions:limit_below(seconds)
   local set_timeout = self.set_timeout
   if set_timeout then set_timeout(seconds) end
end

function Functions:close_below()
   local close = self.close_function
   if close then close() end
end

--- inherit(methods) is the metatable of transports with other functions below: read_below(self, n),
-- write_below(self, bytes), limit_below(self, seconds) and close_below(self), which are called as those of new.
function Functions.inherit(methods)
   methods.__index = methods
   return setmetatable(methods, Functions)
end

--- over_stream(stream) carries TLS within TLS.
function Functions.over_stream(stream)
   return Functions.new {
      read = function(n)
         local bytes, message, partial, code = stream:receiveany(n)
         if bytes then return bytes end
         return nil, code == "closed" and "closed" or message, partial
      end,
      write = function(bytes)
         local last, message, done = stream:send(bytes)
         if last then return last end
         return nil, message, done
      end,
      settimeout = function(seconds) stream:settimeout(seconds) end,
      close = function() stream:close() end,
      getfd = function() return stream:getfd() end,
   }
end

-- Prepares one operation: true, or nil, "timeout" when there is no time left.
local function limit(self, deadline)
   local left
   if deadline then
      left = deadline == 0 and 0 or deadline - core.monotonic()
      if left <= 0 and deadline ~= 0 then return nil end
   end
   self:limit_below(left)
   return true
end

-- What a function failed with, as a message that is no word of the library's: loops compare these.
local function failed(what, reason)
   local before = ("the transport's %s function failed"):format(what)
   if reason == nil then return before end
   return require("bearssl.sentence").guard(before, tostring(reason))
end

local function feed(self, object, bytes)
   local taken = object:feed(bytes) or #bytes
   self.rest = taken < #bytes and bytes:sub(taken + 1) or nil
end

function Functions:fill(object, deadline)
   if self.rest then
      feed(self, object, self.rest)
      return true
   end
   if self.ended then
      object:feed_end()
      return true
   end
   if not limit(self, deadline) then return nil, "timeout", "timeout" end
   local bytes, reason, partial = self:read_below(READ_SIZE)
   if bytes == nil then bytes = partial end
   if type(bytes) == "string" then
      if bytes ~= "" then
         feed(self, object, bytes)
         return true
      elseif reason == nil then
         return nil, "wantread", "wantread"
      end
   elseif bytes ~= nil then
      error("the transport's read function must return a string or nil, not a " .. type(bytes), 0)
   end
   if again[reason] then
      local code = deadline ~= 0 and reason == "timeout" and "timeout" or "wantread"
      return nil, code, code
   end
   if reason == nil or reason == "closed" or reason == "eof" then
      self.ended = true
      object:feed_end()
      return true
   end
   return nil, failed("read", reason), "transport_failed"
end

-- Raises for a number of bytes that cannot be: what has been sent would be unknown.
local function check_count(count, most)
   if type(count) ~= "number" then
      error("the transport's write function must return the number of bytes taken or nil, not a " .. type(count), 0)
   elseif not (count >= 0 and count <= most and count % 1 == 0) then
      error(("the transport's write function returned %s as the number of bytes taken, of %d"):format(tostring(count),
         most), 0)
   end
end

-- One writer at a time: bytes that have left the core must reach the function in order.
local function enter(self)
   local writer = self.writer
   local thread = protect.current()
   if writer and writer ~= thread and (type(writer) ~= "thread" or coroutine.status(writer) ~= "dead") then
      return false
   end
   self.writer = thread
   return true
end

function Functions:flush(object, deadline)
   -- After a failure nobody knows how much was written, and records cannot be sent twice.
   if self.broken then return nil, self.broken, "transport_failed" end
   if not enter(self) then
      -- another coroutine is sending, and will send this too
      return nil, "wantwrite", "wantwrite"
   end
   while true do
      local bytes = self.unsent
      if not bytes then
         bytes = object:drain(WRITE_SIZE)
         if not bytes or bytes == "" then
            self.writer = nil
            return true
         end
         self.unsent = bytes
      end
      if not limit(self, deadline) then
         self.writer = nil
         return nil, "timeout", "timeout"
      end
      self.broken = "the transport's write function raised an error"
      local count, reason, partial = self:write_below(bytes)
      local done = count or partial or 0
      check_count(done, #bytes)
      self.broken = nil
      self.unsent = done < #bytes and bytes:sub(done + 1) or nil
      if not count or count == 0 then
         self.writer = nil
         if count == 0 or again[reason] then
            local code = deadline ~= 0 and reason == "timeout" and "timeout" or "wantwrite"
            return nil, code, code
         end
         self.broken = failed("write", reason)
         return nil, self.broken, "transport_failed"
      end
   end
end

function Functions:pending(object)
   return self.unsent ~= nil or (object:pending_output() or 0) > 0
end

function Functions:descriptor()
   local getfd = self.getfd
   local fd = getfd and getfd()
   return type(fd) == "number" and fd >= 0 and fd % 1 == 0 and fd or nil
end

function Functions:close()
   if self.is_closed then return end
   self.is_closed = true
   self:close_below()
end

return Functions

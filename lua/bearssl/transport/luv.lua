-- Transport over a stream of luv's (uv_tcp_t, uv_pipe_t …). What waits yields, and luv's callbacks resume it; outside
-- of a coroutine it runs the loop until it can go on. libuv reads ahead, up to a bound, and takes what it is given.
local functions = require "bearssl.transport.functions"
local protect = require "bearssl.protect"

local luv_transport = {}

local AHEAD = 131072 -- bytes that are read before anybody wants them
-- Milliseconds that a closed handle gets: to write what libuv holds, and then for the peer to close.
local WRITE_PATIENCE, CLOSE_PATIENCE = 5000, 1000

-- The library under the name that the program has loaded it by.
local function library()
   return package.loaded.luv or package.loaded.uv or require "luv"
end

-- A coroutine that dies of an error has nobody else to tell.
local function resume(thread)
   local ok, problem = coroutine.resume(thread)
   if not ok then error(debug.traceback(thread, tostring(problem)), 0) end
end

-- A lane is one of the two directions, in which one coroutine at a time may wait: lane.thread.
local function wake(lane, outcome)
   local thread = lane.thread
   if not thread then return end
   lane.thread, lane.outcome = nil, outcome
   if lane.timer and not lane.timer:is_closing() then lane.timer:stop() end
   -- one that was closed while it waited (coroutine.close) is gone
   if thread ~= protect.MAIN and coroutine.status(thread) == "suspended" then resume(thread) end
end

local function run_until_woken(lane)
   local uv = library()
   while lane.thread do
      local ran, problem = pcall(uv.run, "once")
      if not ran then
         lane.thread = nil
         error("inside of luv's callbacks a stream must be used by a coroutine, or never wait (settimeout(0)): "
            .. tostring(problem), 0)
      end
   end
end

-- Waits until the lane is woken, at most so many seconds: whether it was in time.
local function wait(lane, seconds)
   lane.thread, lane.outcome = protect.outermost() or protect.MAIN, nil
   if seconds then
      lane.timer = lane.timer or library().new_timer()
      lane.timer:start(math.ceil(seconds * 1000), 0, function() wake(lane, "timeout") end)
   end
   if lane.thread == protect.MAIN then
      run_until_woken(lane)
   else
      repeat coroutine.yield() until not lane.thread
   end
   return lane.outcome ~= "timeout"
end

-- Whether the handle was closed, by this transport or behind its back: luv may raise for one that is gone.
local function is_gone(self)
   if self.closed then return true end
   local known, closing = pcall(self.handle.is_closing, self.handle)
   return not known or closing
end

local function stop_reading(self)
   self.reading = false
   if not is_gone(self) then self.handle:read_stop() end
end

local function start_reading(self)
   if self.reading then return true end
   local ok, problem = self.handle:read_start(function(problem, bytes)
      if bytes then
         self.last = self.last + 1
         self.pieces[self.last] = bytes
         self.ahead = self.ahead + #bytes
         if self.ahead >= AHEAD then stop_reading(self) end
      else
         self.problem = problem or "closed"
         stop_reading(self)
      end
      wake(self.reader, "ready")
   end)
   self.reading = ok ~= nil
   return ok, problem
end

local function take_piece(self)
   local bytes = self.pieces[self.first]
   if not bytes then return nil end
   self.pieces[self.first] = nil
   self.first, self.ahead = self.first + 1, self.ahead - #bytes
   return bytes
end

local function read(self, seconds)
   while true do
      local bytes = take_piece(self)
      if bytes then return bytes end
      if self.problem then return nil, self.problem end
      if is_gone(self) then return nil, self.closed and "closed" or "the luv handle was closed" end
      local ok, problem = start_reading(self)
      if not ok then return nil, problem end
      if seconds == 0 then return nil, "wantread" end
      if not wait(self.reader, seconds) then return nil, "timeout" end
   end
end

-- Gives libuv what it could not write at once. Who waits is told when it has gone; who never waits has given it away.
local function write_later(self, bytes, seconds)
   local request, problem = self.handle:write(bytes, function(problem)
      self.writing, self.write_problem = false, problem
      wake(self.writer, "ready")
   end)
   if not request then return nil, problem end
   self.writing = true
   if seconds == 0 then return #bytes end
   if not wait(self.writer, seconds) then return nil, "timeout", #bytes end
   if self.write_problem then return nil, self.write_problem end
   return #bytes
end

local function write(self, bytes, seconds)
   while self.writing do
      if is_gone(self) then break end
      if seconds == 0 then return nil, "wantwrite" end
      if not wait(self.writer, seconds) then return nil, "timeout" end
   end
   if self.write_problem then return nil, self.write_problem end
   if is_gone(self) then return nil, "the luv handle was closed" end
   local count, problem, name = self.handle:try_write(bytes)
   if count and count > 0 then return count end
   if not count and name ~= "EAGAIN" then return nil, problem end
   return write_later(self, bytes, seconds)
end

-- Whoever waits is told by the loop, not in the middle of close().
local function wake_later(self)
   if not self.reader.thread and not self.writer.thread then return end
   local timer = library().new_timer()
   timer:start(0, 0, function()
      timer:close()
      wake(self.reader, "closed")
      wake(self.writer, "closed")
   end)
end

-- A socket that is closed before it has read what is on its way (tickets, say) is reset, and the peer loses what it has
-- not read yet. So nothing is closed before the peer has, or its time is over.
local function linger(handle)
   local timer = library().new_timer()
   local function finish()
      if not timer:is_closing() then timer:close() end
      if not handle:is_closing() then handle:close() end
   end
   local function on_read(problem, bytes)
      if problem or not bytes then finish() end
   end
   timer:start(WRITE_PATIENCE, 0, finish)
   handle:read_stop()
   local reads = handle:read_start(on_read)
   local shuts = reads and handle:shutdown(function(problem)
      if problem then return finish() end
      if not timer:is_closing() then timer:start(CLOSE_PATIENCE, 0, finish) end
   end)
   if not shuts then finish() end
end

local function close(self)
   if self.closed then return end
   local handle, was_gone = self.handle, is_gone(self)
   self.closed = true
   wake_later(self)
   for _, lane in ipairs { self.reader, self.writer } do
      if lane.timer then lane.timer:close() end
      lane.timer = nil
   end
   if was_gone then return end
   if self.problem and not self.writing then return handle:close() end
   linger(handle)
end

--- new(handle) → transport, or nil, message. The handle must be connected.
function luv_transport.new(handle)
   local self = {
      handle = handle, reader = {}, writer = {}, pieces = {}, first = 1, last = 0, ahead = 0,
   }
   if is_gone(self) then return nil, "the luv handle is closed" end
   if not handle:is_readable() or not handle:is_writable() then
      return nil, "the luv handle is not connected, or listens: connect it first, or give the one that accept filled"
   end
   handle:read_stop()
   local limit
   local carrier = functions.new {
      read = function() return read(self, limit) end,
      write = function(bytes) return write(self, bytes, limit) end,
      settimeout = function(seconds) limit = seconds end,
      close = function() close(self) end,
      getfd = function() return not is_gone(self) and handle:fileno() or nil end,
   }
   carrier.polls = true
   function carrier.has_arrived() return self.pieces[self.first] ~= nil or self.problem ~= nil end
   return carrier
end

return luv_transport

-- Transport over a stream of luv's (uv_tcp_t, uv_pipe_t …). What waits yields, and luv's callbacks resume it; outside
-- of a coroutine it runs the loop until it can go on. libuv reads ahead, up to a bound, and takes what it is given.
local functions = require "bearssl.transport.functions"
local protect = require "bearssl.protect"

local luv_transport = {}

local AHEAD = 131072 -- bytes that are read before anybody wants them
-- Milliseconds that a closed handle gets: to write what libuv holds, and then for the peer to close.
local WRITE_PATIENCE, CLOSE_PATIENCE = 5000, 1000

--- library() is luv, under the name that the program has loaded it by.
local function library()
   return package.loaded.luv or package.loaded.uv or require "luv"
end
luv_transport.library = library

--- resume(thread) goes on with a coroutine. One that dies of an error has nobody else to tell.
local function resume(thread)
   local ok, problem = coroutine.resume(thread)
   if not ok then error(debug.traceback(thread, tostring(problem)), 0) end
end
luv_transport.resume = resume

local function is_usable(timer)
   return timer and not timer:is_closing()
end

-- A lane is one of the two directions, in which one coroutine at a time may wait: lane.thread.
local function wake(lane, outcome)
   local thread = lane.thread
   if not thread then return end
   lane.thread, lane.outcome = nil, outcome
   if is_usable(lane.timer) then lane.timer:stop() end
   if lane.watch then lane.watch:remove(lane) end
   -- one that was closed while it waited (coroutine.close) is gone
   if thread ~= protect.MAIN and coroutine.status(thread) == "suspended" then resume(thread) end
end

local GONE = "the luv handle was closed"

-- Whether the handle was closed, by this transport or behind its back: luv may raise for one that is gone.
local function is_gone(self)
   if self.closed then return true end
   local known, closing = pcall(self.handle.is_closing, self.handle)
   return not known or closing
end

-- libuv tells nobody who reads that the handle has been closed, so that who waits in a coroutine is looked after by one
-- timer for all: it is stopped while nobody waits, and looks at so few each time that a process of very many idle
-- connections spends less than a hundredth of its time on it. It holds the loop, as the handles do that
-- are waited for; those that do not (handle:unref()) have a second one.
local PERIOD, AT_ONCE = 200, 1000 -- milliseconds; lanes

local Watch = {}
Watch.__index = Watch

local function new_watch(has_ref)
   return setmetatable({ has_ref = has_ref, lanes = {}, place = {}, owner = {}, next = 1 }, Watch)
end

local watches = { [true] = new_watch(true), [false] = new_watch(false) }

local function watch_of(handle)
   local known, has_ref = pcall(function() return handle:has_ref() end)
   return watches[not known or has_ref ~= false]
end

function Watch:look()
   for _ = 1, math.min(AT_ONCE, #self.lanes) do
      if self.next > #self.lanes then self.next = 1 end
      local lane = self.lanes[self.next]
      if not lane then return end
      self.next = self.next + 1
      if is_gone(self.owner[lane]) then wake(lane, GONE) end
   end
end

function Watch:add(lane, owner)
   if lane.watch then lane.watch:remove(lane) end
   local lanes = self.lanes
   lane.watch = self
   lanes[#lanes + 1] = lane
   self.place[lane], self.owner[lane] = #lanes, owner
   if #lanes > 1 and is_usable(self.timer) then return end
   if not is_usable(self.timer) then
      self.timer = library().new_timer()
      if not self.has_ref then self.timer:unref() end
   end
   self.timer:start(PERIOD, PERIOD, function() self:look() end)
end

function Watch:remove(lane)
   local lanes, place = self.lanes, self.place[lane]
   local last = lanes[#lanes]
   lanes[place], self.place[last] = last, place
   lanes[#lanes], self.place[lane], self.owner[lane], lane.watch = nil, nil, nil, nil
   if not lanes[1] and is_usable(self.timer) then self.timer:stop() end
end

local function run_until_woken(self, lane)
   local uv = library()
   while lane.thread do
      local ran, alive = pcall(uv.run, "once")
      if not ran then
         lane.thread = nil
         error("inside of luv's callbacks a stream must be used by a coroutine, or never wait (settimeout(0)): "
            .. tostring(alive), 0)
      end
      if lane.thread and is_gone(self) then
         wake(lane, GONE)
      elseif lane.thread and alive == false then
         wake(lane, "nothing is left in luv's loop that could bring this on")
      end
   end
end

-- Waits until the lane is woken, at most so many seconds: true, or nil, "timeout" or a message.
local function wait(self, lane, seconds)
   lane.thread, lane.outcome = protect.outermost() or protect.MAIN, nil
   if seconds then
      if not is_usable(lane.timer) then lane.timer = library().new_timer() end
      lane.timer:start(math.ceil(seconds * 1000), 0, function() wake(lane, "timeout") end)
   end
   if lane.thread == protect.MAIN then
      run_until_woken(self, lane)
   else
      watch_of(self.handle):add(lane, self)
      repeat coroutine.yield() until not lane.thread
   end
   if lane.outcome == "ready" then return true end
   return nil, lane.outcome
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
      if is_gone(self) then return nil, self.closed and "closed" or GONE end
      local ok, problem = start_reading(self)
      if not ok then return nil, problem end
      if seconds == 0 then return nil, "wantread" end
      ok, problem = wait(self, self.reader, seconds)
      if not ok then return nil, problem end
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
   local ok
   ok, problem = wait(self, self.writer, seconds)
   if not ok then return nil, problem, #bytes end
   if self.write_problem then return nil, is_gone(self) and GONE or self.write_problem end
   return #bytes
end

local function write(self, bytes, seconds)
   while self.writing do
      if is_gone(self) then break end
      if seconds == 0 then return nil, "wantwrite" end
      local ok, problem = wait(self, self.writer, seconds)
      if not ok then return nil, problem end
   end
   if is_gone(self) then return nil, GONE end
   if self.write_problem then return nil, self.write_problem end
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
      wake(self.reader, "ready")
      wake(self.writer, "ready")
   end)
end

-- A socket that is closed before it has read what is on its way (tickets, say) is reset, and the peer loses what it has
-- not read yet. So nothing is closed before the peer has, or its time is over.
local function linger(handle, patience, on_closed)
   local timer = library().new_timer()
   local function finish()
      if timer:is_closing() then return end
      timer:close(on_closed)
      if not handle:is_closing() then handle:close() end
   end
   local function on_read(problem, bytes)
      if problem or not bytes then finish() end
   end
   timer:start(patience, 0, finish)
   handle:read_stop()
   local reads = handle:read_start(on_read)
   local shuts = reads and handle:shutdown(function(problem)
      if problem then return finish() end
      if not timer:is_closing() then timer:start(CLOSE_PATIENCE, 0, finish) end
   end)
   if not shuts then finish() end
end

-- on_closed, if any, is called when the handle is closed, and by the loop unless it was closed before. What is cut
-- short anyway does not wait long for a peer that does not read.
local function close(self, on_closed, is_cut)
   if self.closed then return end
   local handle, was_gone = self.handle, is_gone(self)
   self.closed = true
   wake_later(self)
   for _, lane in ipairs { self.reader, self.writer } do
      if is_usable(lane.timer) then lane.timer:close() end
      lane.timer = nil
   end
   if was_gone then return on_closed and on_closed() end
   if self.problem and not self.writing then return handle:close(on_closed) end
   linger(handle, is_cut and CLOSE_PATIENCE or WRITE_PATIENCE, on_closed)
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
   local limit, carrier
   carrier = functions.new {
      read = function() return read(self, limit) end,
      write = function(bytes) return write(self, bytes, limit) end,
      settimeout = function(seconds) limit = seconds end,
      close = function() close(self, carrier.on_closed, carrier.is_cut) end,
      getfd = function() return not is_gone(self) and handle:fileno() or nil end,
   }
   carrier.polls = true
   -- bearssl.luv sets these before it closes
   carrier.on_closed, carrier.is_cut = nil, false
   function carrier.has_arrived() return self.pieces[self.first] ~= nil or self.problem ~= nil end
   return carrier
end

return luv_transport

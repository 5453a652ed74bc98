-- An event loop: many connections in one process, each a coroutine, over epoll or poll() (poller.lua).
--     local loop = require("bearssl.tool.loop").new()
--     loop:spawn(function() ... loop:wait(socket, "read", 10) ... end)
--     loop:run()
-- Only a task may call the methods that wait. They find the task in loop.current, not in
-- coroutine.running(), so they work from handlers that run in a coroutine of their own (Lua 5.1).
local core = require "bearssl.core"
local new_deadlines = require("bearssl.tool.deadlines").new
local new_poller = require("bearssl.tool.poller").new

local Loop = {}
Loop.__index = Loop

--- new([poller]) gives an empty loop.
local function new(poller)
   return setmetatable({
      poller = poller or new_poller(), waits = {}, tasks = {}, count = 0, ready = {},
      now = core.monotonic(), deadlines = new_deadlines(),
   }, Loop)
end

local function detach(self, task)
   if self.waits[task] then
      self.waits[task] = nil
      self.poller:remove(task)
   end
   self.deadlines:clear(task)
   task.queued, task.expired = nil, nil
end

local function finish(self, task, ok, message)
   self.tasks[task] = nil
   self.count = self.count - 1
   if task.finally then
      local clean, second = pcall(task.finally, ok, message)
      if not clean and self.on_error then self.on_error(second) end
   elseif not ok and self.on_error then
      self.on_error(message)
   end
end

local function resume(self, task, ...)
   detach(self, task)
   local before = self.current
   self.current = task
   local ok, message = coroutine.resume(task.thread, ...)
   self.current = before
   if not ok then
      finish(self, task, false, debug.traceback(task.thread, tostring(message)))
   elseif coroutine.status(task.thread) == "dead" then
      finish(self, task, true)
   end
end

--- spawn(f [, finally]) makes a task that begins at the loop's next turn. finally(ok, message) runs when
-- it has ended, and must not wait.
function Loop:spawn(run, finally)
   local task = { thread = coroutine.create(run), finally = finally, queued = true }
   self.tasks[task] = true
   self.count = self.count + 1
   self.ready[#self.ready + 1] = { task = task }
   return task
end

local function suspend(self, timeout)
   local task = self.current
   if timeout then self.deadlines:set(task, self.now + timeout) end
   return coroutine.yield()
end

--- wait(source, direction, timeout): until source (anything with getfd) can be read or written
-- ("read", "write" or "both"). Gives true, or nil and "timeout" or what wake() said.
function Loop:wait(source, direction, timeout)
   local task = self.current
   if not task then error("wait must be called by a task of the loop", 2) end
   local descriptor = source:getfd()
   if not descriptor or descriptor < 0 then return nil, "closed" end
   if direction ~= "write" then
      -- what has been read already will not make the descriptor readable
      if source.dirty and source:dirty() then return self:pause() end
   end
   self.poller:add(descriptor, direction, task)
   self.waits[task] = direction
   return suspend(self, timeout)
end

--- sleep(seconds) waits for the time to pass, or for wake().
function Loop:sleep(seconds)
   return suspend(self, seconds)
end

--- pause() lets every other task that can go on do so first.
function Loop:pause()
   local task = self.current
   task.queued = true
   self.ready[#self.ready + 1] = { task = task, ok = true }
   return coroutine.yield()
end

--- wake(task, reason) ends a task's wait with nil, reason.
function Loop:wake(task, reason)
   if self.tasks[task] and task ~= self.current and not task.queued then
      detach(self, task)
      task.queued = true
      self.ready[#self.ready + 1] = { task = task, reason = reason }
   end
end

--- stop() makes run() return after the present turn.
function Loop:stop()
   self.stopped = true
end

local function run_ready(self)
   local ready = self.ready
   if #ready == 0 then return end
   self.ready = {}
   for _, entry in ipairs(ready) do
      if self.tasks[entry.task] then resume(self, entry.task, entry.ok, entry.reason) end
   end
end

-- A wait that begins in this turn ends in a later one, even if it is over at once.
local function run_expired(self)
   local expired = {}
   local time, task = self.deadlines:first()
   while time and time <= self.now do
      self.deadlines:clear(task)
      task.expired = true
      expired[#expired + 1] = task
      time, task = self.deadlines:first()
   end
   for _, ended in ipairs(expired) do
      if ended.expired then resume(self, ended, nil, "timeout") end
   end
end

-- What runs first may end the wait of those behind it, and let them wait for something else.
local function run_waiting(self, tasks, others)
   for _, task in ipairs(tasks) do
      local direction = self.waits[task]
      if direction and direction ~= others then resume(self, task, true) end
   end
end

--- step([timeout]) does one turn: waits for sockets, at most so long, and resumes every task that can go on.
function Loop:step(timeout)
   self.now = core.monotonic()
   if #self.ready > 0 then
      timeout = 0
   elseif self.deadlines:first() then
      timeout = math.min(timeout or math.huge, math.max(0, self.deadlines:first() - self.now))
   elseif not timeout and self.poller:is_empty() then
      error("the loop's tasks wait for nothing", 2)
   end
   local readable, writable = self.poller:wait(timeout)
   self.now = core.monotonic()
   run_waiting(self, readable, "write")
   run_waiting(self, writable, "read")
   run_ready(self)
   run_expired(self)
end

--- run() works until no task is left, or stop() was called.
function Loop:run()
   self.stopped = false
   while self.count > 0 and not self.stopped do
      self:step()
   end
   if self.poller.finish then self.poller:finish() end
end

-- ---- TLS streams ----

-- The call could not go on: wait for what the stream says, or tell why it failed.
local function wait_for(self, stream, code, deadline)
   if code ~= "wantread" and code ~= "wantwrite" and code ~= "timeout" then return nil, code end
   local direction = code == "wantwrite" and "write" or "read"
   if code == "timeout" and stream.want then direction = stream:want() or "read" end
   local left = deadline and deadline - core.monotonic()
   if left and left <= 0 then return nil, "timeout" end
   return self:wait(stream, direction, left)
end

local function deadline_after(timeout)
   return timeout and core.monotonic() + timeout
end

--- handshake(stream, timeout) finishes the handshake of a stream that never waits itself
-- (settimeout(0)): true, or nil, message, code.
function Loop:handshake(stream, timeout)
   local deadline = deadline_after(timeout)
   while true do
      local ok, message, code = stream:handshake()
      if ok then return true end
      local go_on, reason = wait_for(self, stream, code, deadline)
      if not go_on then
         if reason ~= code then message = "the handshake ended: " .. reason end
         return nil, message, reason
      end
   end
end

--- receive(stream, max, timeout) gives some bytes, or nil, message, code ("closed" at a clean end).
function Loop:receive(stream, max, timeout)
   local deadline = deadline_after(timeout)
   while true do
      local bytes, message, partial, code = stream:receiveany(max)
      if bytes then return bytes end
      if partial and #partial > 0 and code then return partial end
      code = code or message
      local go_on, reason = wait_for(self, stream, code, deadline)
      if not go_on then
         if reason ~= code then message = reason end
         return nil, message, reason
      end
   end
end

--- send(stream, data, timeout) sends all of data: true, or nil, message, code. The timeout counts anew
-- whenever some of it has left.
function Loop:send(stream, data, timeout)
   local deadline = deadline_after(timeout)
   local done = 0
   while done < #data do
      local last, message, partial, code = stream:send(data, done + 1)
      if last then
         done = last
      else
         if partial and partial > done then
            done = partial
            deadline = deadline_after(timeout)
         end
         code = code or message
         local go_on, reason = wait_for(self, stream, code, deadline)
         if not go_on then
            if reason ~= code then message = reason end
            return nil, message, reason
         end
      end
   end
   return true
end

--- finish(stream, tcp, timeout) ends a conversation so that the peer gets every byte: close_notify, the
-- end of our direction, then what the peer still sends is thrown away until it closes too.
function Loop:finish(stream, tcp, timeout)
   local deadline = core.monotonic() + (timeout or 2)
   while stream do
      local ok, message, code, fourth = stream:shutdown("send")
      if ok or not wait_for(self, stream, fourth or code or message, deadline) then break end
   end
   if tcp:shutdown("send") then
      local budget = 1024 * 1024
      tcp:settimeout(0)
      while budget > 0 do
         local bytes, message, partial = tcp:receive(16384)
         budget = budget - #(bytes or partial or "")
         if not bytes then
            local left = deadline - core.monotonic()
            if message ~= "timeout" or left <= 0 or not self:wait(tcp, "read", left) then break end
         end
      end
   end
   if stream then stream:close() end
   tcp:close()
end

return { new = new }

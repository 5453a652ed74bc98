-- A poller (poller.lua) over cqueues: a controller in which each wait is a thread that polls its descriptor.
local Cqueues = {}
Cqueues.__index = Cqueues

-- What a task waits for, until it happens or the task waits no more.
local function watch(self, wait)
   local poll = self.library.poll
   local reading = wait.direction ~= "write" and { pollfd = wait.descriptor, events = "r" } or nil
   local writing = wait.direction ~= "read" and { pollfd = wait.descriptor, events = "w" } or nil
   while not wait.over and not wait.can_read and not wait.can_write do
      local first, second = poll(reading or writing, reading and writing)
      wait.can_read = reading and (first == reading or second == reading)
      wait.can_write = writing and (first == writing or second == writing)
   end
   if not wait.over then table.insert(self.ended, wait) end
end

function Cqueues:add(descriptor, direction, task)
   local wait = { descriptor = descriptor, direction = direction, task = task }
   self.waits[task] = wait
   self.controller:wrap(function() watch(self, wait) end)
end

function Cqueues:remove(task)
   local wait = self.waits[task]
   if not wait then return end
   self.waits[task], wait.over = nil, true
   -- Before anybody can close it: its number is another's then. The thread ends in the next turn, which must come
   -- before that as well; those of its other tasks poll again.
   if wait.can_read or wait.can_write then return end
   self.controller:cancel(wait.descriptor)
   self:turn(0)
end

function Cqueues:is_empty()
   return next(self.waits) == nil
end

function Cqueues:turn(seconds)
   local ok, message = self.controller:step(seconds)
   if not ok then error(tostring(message), 0) end
end

function Cqueues:wait(seconds)
   self:turn(0) -- in which the threads of new waits begin to poll
   if #self.ended == 0 and seconds ~= 0 then self:turn(seconds) end
   local readable, writable = {}, {}
   for _, wait in ipairs(self.ended) do
      if not wait.over and wait.can_read then table.insert(readable, wait.task) end
      if not wait.over and wait.can_write then table.insert(writable, wait.task) end
   end
   self.ended = {}
   return readable, writable
end

--- poller_cqueues(cqueues) → a poller.
return function(cqueues)
   return setmetatable({ library = cqueues, controller = cqueues.new(), waits = {}, ended = {} }, Cqueues)
end

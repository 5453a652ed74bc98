-- A poller (poller.lua) over luv, libuv's binding: a handle of uv.new_poll for each descriptor that somebody waits for.
local Luv = {}
Luv.__index = Luv

local EVENTS = { read = "r", write = "w", both = "rw" }

-- What all tasks of a descriptor wait for, as luv names it.
local function events_of(tasks)
   local events
   for _, direction in pairs(tasks) do
      local wanted = EVENTS[direction]
      if events and events ~= wanted then return "rw" end
      events = wanted
   end
   return events
end

-- Notes which tasks can go on; a descriptor that has failed can be read and written, which tells what is wrong.
local function happened(self, entry, problem, events)
   for task, direction in pairs(entry.tasks) do
      if direction ~= "write" and (problem or events:find "r") then table.insert(self.readable, task) end
      if direction ~= "read" and (problem or events:find "w") then table.insert(self.writable, task) end
   end
end

local function watch(self, entry)
   local ok, message = entry.handle:start(events_of(entry.tasks), function(problem, events)
      happened(self, entry, problem, events)
   end)
   if not ok then error("poll: " .. message, 0) end
end

function Luv:add(descriptor, direction, task)
   local entry = self.watched[descriptor]
   if not entry then
      local handle, message = self.uv.new_poll(descriptor)
      if not handle then error("poll: " .. message, 0) end
      entry = { descriptor = descriptor, handle = handle, tasks = {} }
      self.watched[descriptor] = entry
   end
   entry.tasks[task], self.waits[task] = direction, entry
   watch(self, entry)
end

function Luv:remove(task)
   local entry = self.waits[task]
   if not entry then return end
   self.waits[task], entry.tasks[task] = nil, nil
   if next(entry.tasks) then return watch(self, entry) end
   self.watched[entry.descriptor] = nil
   entry.handle:stop() -- before anybody can close the descriptor: its number is another's then
   entry.handle:close()
end

function Luv:is_empty()
   return next(self.waits) == nil
end

--- finish() lets handles close that are closing: luv aborts at the end of a program in which some still are.
function Luv:finish()
   self.timer:stop()
   self.uv.run "nowait"
end

function Luv:wait(seconds)
   local uv = self.uv
   self.readable, self.writable = {}, {}
   if seconds and seconds > 0 then self.timer:start(math.ceil(seconds * 1000), 0, function() end) end
   uv.run(seconds == 0 and "nowait" or "once")
   self.timer:stop()
   return self.readable, self.writable
end

--- poller_luv(uv) → a poller.
return function(uv)
   local timer = uv.new_timer()
   return setmetatable({ uv = uv, timer = timer, waits = {}, watched = {} }, Luv)
end

-- Tasks by the time at which their waits end: a binary heap, in which each task knows its place, so that a loop of
-- many tasks looks at no more of them than end.
--     deadlines:set(task, time)   a task has one deadline at most
--     deadlines:clear(task)       harmless where it has none
--     deadlines:first()           → the earliest time, or nil; and whose it is
local Deadlines = {}
Deadlines.__index = Deadlines

-- Puts an entry into a free place, or above or below it.
local function settle(self, at, entry)
   local heap, places = self.heap, self.places
   local time, count = entry.time, #heap
   while at > 1 do
      local above = heap[math.floor(at / 2)]
      if above.time <= time then break end
      heap[at], places[above.task] = above, at
      at = math.floor(at / 2)
   end
   while true do
      local below = 2 * at
      if below < count and heap[below + 1].time < heap[below].time then below = below + 1 end
      if below > count or heap[below].time >= time then break end
      heap[at], places[heap[below].task] = heap[below], at
      at = below
   end
   heap[at], places[entry.task] = entry, at
end

function Deadlines:set(task, time)
   self:clear(task)
   local entry = { time = time, task = task }
   local at = #self.heap + 1
   self.heap[at] = entry
   settle(self, at, entry)
end

function Deadlines:clear(task)
   local at = self.places[task]
   if not at then return end
   local heap = self.heap
   local last = table.remove(heap)
   self.places[task] = nil
   if last.task ~= task then settle(self, at, last) end
end

function Deadlines:first()
   local entry = self.heap[1]
   if entry then return entry.time, entry.task end
end

--- new() → none yet.
local function new()
   return setmetatable({ heap = {}, places = {} }, Deadlines)
end

return { new = new }

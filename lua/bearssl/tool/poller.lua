-- Waits for many descriptors: which tasks wait for which, and which of them can go on.
--     local poller = require("bearssl.tool.poller").new()
--     poller:add(descriptor, "read", task)   "read", "write" or "both"; a task waits for one thing at a time
--     poller:remove(task)
--     local readable, writable = poller:wait(seconds)   lists of tasks; nil: for ever
-- On Linux it is epoll: what a turn costs goes with what happens in it. Elsewhere kqueue (or what the system has) by
-- luv or cqueues, where one is installed, and poll() where none is, which looks at every descriptor every time.
local core = require "bearssl.core"

-- ---- poll() ----

local Plain = {}
Plain.__index = Plain

-- A set of tasks that wait for one direction of their descriptors; removal takes the last one's place.
local function new_set()
   return { descriptors = {}, tasks = {}, index = {} }
end

local function add(set, descriptor, task)
   local at = #set.tasks + 1
   set.descriptors[at], set.tasks[at], set.index[task] = descriptor, task, at
end

local function remove(set, task)
   local at = set.index[task]
   if not at then return end
   local tasks, descriptors = set.tasks, set.descriptors
   local last = #tasks
   tasks[at], descriptors[at], set.index[tasks[last]] = tasks[last], descriptors[last], at
   tasks[last], descriptors[last], set.index[task] = nil, nil, nil
end

local function new_plain()
   return setmetatable({ readers = new_set(), writers = new_set() }, Plain)
end

function Plain:add(descriptor, direction, task)
   if direction ~= "write" then add(self.readers, descriptor, task) end
   if direction ~= "read" then add(self.writers, descriptor, task) end
end

function Plain:remove(task)
   remove(self.readers, task)
   remove(self.writers, task)
end

function Plain:is_empty()
   return #self.readers.tasks + #self.writers.tasks == 0
end

local function tasks_at(set, positions)
   for i, at in ipairs(positions) do positions[i] = set.tasks[at] end
   return positions
end

function Plain:wait(seconds)
   local readable, writable = core.poll(self.readers.descriptors, self.writers.descriptors, seconds)
   if not readable then error("poll: " .. writable, 0) end
   return tasks_at(self.readers, readable), tasks_at(self.writers, writable)
end

-- ---- epoll ----

local Epoll = {}
Epoll.__index = Epoll

local READ, WRITE, BOTH = 1, 2, 3
local EVENTS = { read = READ, write = WRITE, both = BOTH }

-- waits: task → descriptor; watched: descriptor → task → direction
local function new_epoll(set)
   return setmetatable({ set = set, waits = {}, watched = {} }, Epoll)
end

-- Has the kernel watch for what all tasks of a descriptor wait for.
local function watch(self, descriptor)
   local events = 0
   for _, direction in pairs(self.watched[descriptor] or {}) do
      local wanted = EVENTS[direction]
      if events == 0 then events = wanted elseif events ~= wanted then events = BOTH end
   end
   local ok, message = self.set:watch(descriptor, events)
   if not ok then error("poll: " .. message, 0) end
end

function Epoll:add(descriptor, direction, task)
   local tasks = self.watched[descriptor]
   if not tasks then
      tasks = {}
      self.watched[descriptor] = tasks
   end
   tasks[task], self.waits[task] = direction, descriptor
   watch(self, descriptor)
end

function Epoll:remove(task)
   local descriptor = self.waits[task]
   if not descriptor then return end
   local tasks = self.watched[descriptor]
   self.waits[task], tasks[task] = nil, nil
   if not next(tasks) then self.watched[descriptor] = nil end
   watch(self, descriptor) -- before anybody can close it: its number is another's then
end

function Epoll:is_empty()
   return next(self.waits) == nil
end

function Epoll:wait(seconds)
   local happened, message = self.set:wait(seconds)
   if not happened then error("poll: " .. message, 0) end
   local readable, writable = {}, {}
   for i = 1, #happened, 2 do
      local events = happened[i + 1]
      for task, direction in pairs(self.watched[happened[i]] or {}) do
         if events ~= WRITE and direction ~= "write" then readable[#readable + 1] = task end
         if events ~= READ and direction ~= "read" then writable[#writable + 1] = task end
      end
   end
   return readable, writable
end

-- ---- Which one ----

local makers = {}

function makers.epoll()
   local set = core.epoll()
   return set and new_epoll(set) or nil
end

for _, library in ipairs { "luv", "cqueues" } do
   makers[library] = function()
      local found, module = pcall(require, library)
      return found and require("bearssl.tool.poller_" .. library)(module) or nil
   end
end

makers.poll = new_plain

--- new([kind]) → a poller: of the kind "epoll", "luv", "cqueues" or "poll", or nil where there is none such; without
-- it the first of these that there is.
local function new(kind)
   if kind then return makers[kind]() end
   return makers.epoll() or makers.luv() or makers.cqueues() or makers.poll()
end

return { new = new }

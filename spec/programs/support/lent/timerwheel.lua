-- Stands in for the module "timerwheel", which Copas 4 requires and Debian lacks: what Copas calls of it, by a plain
-- table instead of a wheel.
local timerwheel = {}
local Wheel = {}
Wheel.__index = Wheel

-- new: options.now tells the time, options.err_handler(message) hears of a callback that fails.
function timerwheel.new(options)
   return setmetatable({ now = options.now, failed = options.err_handler, timers = {}, last = 0 }, Wheel)
end

-- set calls callback(argument) after a delay, and returns what cancel takes.
function Wheel:set(delay, callback, argument)
   self.last = self.last + 1
   self.timers[self.last] = { at = self.now() + delay, callback = callback, argument = argument }
   return self.last
end

function Wheel:cancel(id)
   local known = self.timers[id] ~= nil
   self.timers[id] = nil
   return known
end

function Wheel:count()
   local count = 0
   for _ in pairs(self.timers) do
      count = count + 1
   end
   return count
end

-- step calls what is due.
function Wheel:step()
   local now, due = self.now(), {}
   for id, timer in pairs(self.timers) do
      if timer.at <= now then
         due[#due + 1] = id
      end
   end
   for _, id in ipairs(due) do
      local timer = self.timers[id]
      if timer then -- an earlier one may have cancelled it
         self.timers[id] = nil
         local done, message = pcall(timer.callback, timer.argument)
         if not done then
            self.failed(message)
         end
      end
   end
end

return timerwheel

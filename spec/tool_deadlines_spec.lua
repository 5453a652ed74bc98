-- The heap of deadlines of the tool's event loop, against a plain list.
local new = require("bearssl.tool.deadlines").new

describe("deadlines", function()
   it("come in the order of their times, whatever is set, changed and cleared between", function()
      local deadlines, times, seed = new(), {}, 7
      local function random(most)
         seed = (seed * 16807) % 2147483647
         return seed % most + 1
      end
      local function earliest()
         local least
         for _, time in pairs(times) do least = math.min(least or time, time) end
         return least
      end
      local tasks = {}
      for i = 1, 60 do tasks[i] = {} end
      for _ = 1, 5000 do
         local task = tasks[random(#tasks)]
         if random(3) == 1 then
            deadlines:clear(task)
            times[task] = nil
         else
            times[task] = random(100)
            deadlines:set(task, times[task])
         end
         local time, whose = deadlines:first()
         assert.equal(earliest(), time)
         if time then assert.equal(time, times[whose]) end
      end
   end)

   it("are none at first, and none again when the last is cleared", function()
      local deadlines = new()
      assert.is_nil(deadlines:first())
      deadlines:set("task", 5)
      deadlines:clear("task")
      deadlines:clear("task")
      assert.is_nil(deadlines:first())
   end)
end)

-- Finding out what a server takes of a list, when it picks one at a time or only says yes or no.
local search = {}

local function position(list, item)
   for index, other in ipairs(list) do
      if other == item then return index end
   end
   return nil
end

--- difference(list, taken) is what is in list and not in taken.
function search.difference(list, taken)
   local rest = {}
   for _, item in ipairs(list) do
      if not position(taken, item) then rest[#rest + 1] = item end
   end
   return rest
end

--- picks(list, size, ask) offers so many of a list at a time, and leaves out what was picked until nothing is.
-- ask(some) gives what was picked, or nil and true where the rest need not be offered either. Each is picked once at
-- most, so there is an end to it whatever a server says.
function search.picks(list, size, ask)
   local taken = {}
   for first = 1, #list, size do
      local left = {}
      for index = first, math.min(#list, first + size - 1) do left[#left + 1] = list[index] end
      while #left > 0 do
         local picked, enough = ask(left)
         local index = picked and position(left, picked)
         if not index then
            if enough then return taken end
            break
         end
         taken[#taken + 1] = table.remove(left, index)
      end
   end
   return taken
end

--- accepted(list, ask) is those for each of which ask { item } is true, where ask(some) is true if it is for any.
function search.accepted(list, ask)
   local taken = {}
   local function look(some)
      if #some == 0 or not ask(some) then return end
      if #some == 1 then
         taken[#taken + 1] = some[1]
         return
      end
      local halves = { {}, {} }
      for index, item in ipairs(some) do
         local half = halves[index * 2 <= #some and 1 or 2]
         half[#half + 1] = item
      end
      look(halves[1])
      look(halves[2])
   end
   look(list)
   return taken
end

return search

--- Which tests can reach which rooms of csrc/tls, so that no mutant is tried where it cannot be seen.
-- A test reaches the rooms whose headers it includes, itself or through what it shares with others (spec/core/support),
-- and the rooms that these may use: .ci/rooms has the table.
local shell = dofile("spec/mutants/shell.lua")

local doors = {}

local function rooms_below()
   local below = {}
   for line in shell.read(".ci/rooms"):match("\ntable='\n(.-)'"):gmatch("[^\n]+") do
      local room, uses = line:match("^(%S+)(.*)$")
      below[room] = { [room] = true }
      for used in uses:gmatch("%S+") do
         for lower in pairs(below[used]) do below[room][lower] = true end
      end
   end
   return below
end

local BELOW = rooms_below()

local function follow(path, seen, rooms)
   local source = not seen[path] and shell.read(path)
   seen[path] = true
   if (source or ""):find('#include "tls.h"', 1, true) then
      for room in pairs(BELOW.connection) do rooms[room] = true end
   end
   for folder, name in (source or ""):gmatch('#include "([%w_]+)/([%w_]+%.h)"') do
      for room in pairs(BELOW[folder] or {}) do rooms[room] = true end
      if folder == "support" then
         follow("spec/core/support/" .. name, seen, rooms)
         follow("spec/core/support/" .. name:gsub("%.h$", ".c"), seen, rooms)
      end
   end
   return rooms
end

--- Whether the test whose source that is can reach the room; nil, a spec, reaches all.
function doors.reaches(source, room)
   return source == nil or follow(source, {}, {})[room] == true
end

return doors

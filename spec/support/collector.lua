--- How eagerly the collector works: what all versions have, under the name that each gives it.
local collector = {}

--- Sets "pause" or "stepmul"; the value that it had.
function collector.set(name, value)
   -- Lua 5.5
   local ok, before = pcall(collectgarbage, "param", name, value)
   if ok then return before end
   return collectgarbage("set" .. name, value)
end

return collector

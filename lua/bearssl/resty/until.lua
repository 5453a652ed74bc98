-- receiveuntil of a socket of bearssl.resty, as nginx's has it: a function that gives what stands before a pattern.
-- How many bytes of a text cannot be the beginning of the pattern, whatever comes behind them.
local function sure_of(text, pattern)
   for count = math.min(#pattern - 1, #text), 1, -1 do
      if text:sub(-count) == pattern:sub(1, count) then return #text - count end
   end
   return #text
end

local function take(state, count)
   local rest = state.rest
   state.rest = rest:sub(count + 1)
   return rest:sub(1, count)
end

-- read(reader, size): see until below. With a size it gives pieces of exactly so many bytes, then what is left before
-- the pattern, which may be nothing, and then nil, nil, nil.
local function read(reader, size)
   local state, pattern = reader.state, reader.pattern
   if reader.done then
      reader.done = nil
      return nil, nil, nil
   end
   local start = 1
   while true do
      local rest = state.rest
      local from, to = rest:find(pattern, start, true)
      if from then
         if size and from - 1 >= size then return take(state, size) end
         reader.done = size and true
         state.rest = rest:sub(to + 1)
         return rest:sub(1, reader.inclusive and to or from - 1)
      end
      if size and #rest >= size and sure_of(rest, pattern) >= size then return take(state, size) end
      local data, message, _, code = state.stream:receiveany()
      if not data then
         state.rest = ""
         return nil, message, rest, code
      end
      start = math.max(1, #rest - #pattern + 2)
      state.rest = rest .. data
   end
end

--- until(state, pattern, inclusive, guard) is such a function(size). state: the socket's, with stream and rest;
-- guard(f, …): calls f unless another light thread reads, or the socket is closed.
return function(state, pattern, inclusive, guard)
   local reader = { state = state, pattern = pattern, inclusive = inclusive }
   return function(size)
      if size ~= nil then
         local count = tonumber(size)
         if not count or count < 1 or count % 1 ~= 0 then error("bad argument #1 to '?' (bad size argument)", 2) end
         size = count
      end
      return guard(read, reader, size)
   end
end

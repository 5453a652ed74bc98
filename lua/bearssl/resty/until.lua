-- receiveuntil of a socket of bearssl.resty, as nginx's has it: a function that gives what stands before a pattern.
-- What is left to be given of a match when it was cut by the size: the rest of it, whole.
local function give(reader, text, size)
   if size and #text > size then
      reader.tail = text:sub(size + 1)
      return text:sub(1, size)
   end
   reader.tail = nil
   if size then
      if text == "" then return nil, nil, nil end
      reader.done = true -- the next call says that the pattern was there
   end
   return text
end

-- read(reader, size): see until below.
local function read(reader, size)
   local state, pattern = reader.state, reader.pattern
   if reader.done then
      reader.done = nil
      return nil, nil, nil
   end
   if reader.tail then return give(reader, reader.tail, size) end
   local start = 1
   while true do
      local rest = state.rest
      local from, to = rest:find(pattern, start, true)
      if from then
         state.rest = rest:sub(to + 1)
         return give(reader, rest:sub(1, reader.inclusive and to or from - 1), size)
      end
      -- what cannot be the pattern's beginning any more
      local sure = #rest - #pattern + 1
      if size and sure >= size then
         state.rest = rest:sub(size + 1)
         return rest:sub(1, size)
      end
      local data, message, _, code = state.stream:receiveany()
      if not data then
         state.rest = ""
         return nil, message, rest, code
      end
      start = sure > 0 and sure + 1 or 1
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

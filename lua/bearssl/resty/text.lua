-- What a cosocket's send takes: a string, a number, nil or a boolean, or an array of strings, numbers and such arrays.
local BAD = "string, number, boolean, nil, or array table expected, got %s"

-- Appends the pieces of an array, which may hold others, to a list.
local function collect(array, into)
   local count = 0
   for key in pairs(array) do
      if type(key) ~= "number" or key < 1 or key % 1 ~= 0 then error("non-array table found", 0) end
      if key > count then count = key end
   end
   for index = 1, count do
      local value = array[index]
      local kind = type(value)
      if kind == "table" then
         collect(value, into)
      elseif kind == "string" or kind == "number" then
         into[#into + 1] = value
      else
         error("bad data type " .. kind .. " found", 0)
      end
   end
end

--- text(data) is the string that nginx would send for it, or nil and what is wrong.
return function(data)
   local kind = type(data)
   if kind == "string" then return data end
   if kind == "number" or kind == "nil" or kind == "boolean" then return tostring(data) end
   if kind ~= "table" then return nil, BAD:format(kind) end
   local pieces = {}
   local good, message = pcall(collect, data, pieces)
   if not good then return nil, message end
   return table.concat(pieces)
end

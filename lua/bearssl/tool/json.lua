-- JSON (RFC 8259) as the tool writes it: the keys of an object in alphabetical order, so that two reports can be
-- compared line by line.
local json = {}

local ESCAPES = {
   ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}

local function escape(character)
   return ESCAPES[character] or ("\\u%04x"):format(character:byte())
end

local function string_of(text)
   text = text:gsub('[%c"\\\127]', escape)
   -- line ends to JavaScript
   return '"' .. text:gsub("\226\128\168", "\\u2028"):gsub("\226\128\169", "\\u2029") .. '"'
end

local function number_of(number)
   if number ~= number or number == math.huge or number == -math.huge then return "null" end
   if number == math.floor(number) and math.abs(number) < 2 ^ 53 then return ("%d"):format(number) end
   -- the C library writes a comma in some locales
   return (("%.14g"):format(number):gsub(",", "."))
end

local write

local function write_list(put, list, indent)
   if #list == 0 then return put "[]" end
   local deeper = indent and indent .. "  "
   for i, item in ipairs(list) do
      put(i == 1 and "[" or ",")
      if indent then put("\n" .. deeper) end
      write(put, item, deeper)
   end
   put(indent and "\n" .. indent .. "]" or "]")
end

local function write_object(put, object, keys, indent)
   local deeper = indent and indent .. "  "
   for i, key in ipairs(keys) do
      put(i == 1 and "{" or ",")
      if indent then put("\n" .. deeper) end
      put(string_of(key) .. (indent and ": " or ":"))
      write(put, object[key], deeper)
   end
   put(indent and "\n" .. indent .. "}" or "}")
end

function write(put, value, indent)
   local kind = type(value)
   if kind == "string" then
      put(string_of(value))
   elseif kind == "number" then
      put(number_of(value))
   elseif kind == "boolean" then
      put(tostring(value))
   elseif kind == "table" then
      local keys = {}
      for key in pairs(value) do
         if type(key) == "string" then keys[#keys + 1] = key end
      end
      if #keys == 0 then return write_list(put, value, indent) end
      table.sort(keys)
      write_object(put, value, keys, indent)
   else
      put "null"
   end
end

--- encode(value [, compact]) is the JSON of a plain value: tables with string keys become objects, others lists.
-- compact: on one line.
function json.encode(value, compact)
   local parts = {}
   write(function(piece) parts[#parts + 1] = piece end, value, not compact and "" or nil)
   return table.concat(parts)
end

return json

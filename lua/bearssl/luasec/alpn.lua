-- ALPN's lists: LuaSec's modules hand them to each other as they stand on the wire.
local alpn = {}

--- to_wire(list) is a list of names as it stands on the wire, or nil and LuaSec's message (nil for what is no name).
function alpn.to_wire(list)
   local parts = {}
   for index, name in ipairs(list) do
      if type(name) ~= "string" then return nil end
      if #name == 0 then return nil, "invalid ALPN name (empty string)" end
      if #name > 255 then return nil, "invalid ALPN name (length > 255)" end
      parts[index] = string.char(#name) .. name
   end
   if #parts == 0 then return nil, "invalid ALPN list (empty)" end
   return table.concat(parts)
end

--- from_wire(bytes) is the list, or nil where the bytes are none.
function alpn.from_wire(bytes)
   local list, at = {}, 1
   while at <= #bytes do
      local length = bytes:byte(at)
      if length == 0 or at + length > #bytes then return nil end
      list[#list + 1] = bytes:sub(at + 1, at + length)
      at = at + length + 1
   end
   return #list > 0 and list or nil
end

--- choose(own, offered) is the first name of one's own list that the other has, or nil.
function alpn.choose(own, offered)
   local there = {}
   for _, name in ipairs(offered) do there[name] = true end
   for _, name in ipairs(own) do
      if there[name] then return name end
   end
   return nil
end

return alpn

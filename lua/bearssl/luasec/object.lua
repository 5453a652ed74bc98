-- Objects as LuaSec's are: full userdata whose metatable has __index as a table, which programs iterate, and which has
-- the name of LuaSec's. That name is in the metatable alone: in the registry, where cqueues looks for it, an object of
-- that name would be taken for one of OpenSSL's.
local core = require "bearssl.core"

local object = {}

--- class(name, label, methods, metamethods) → make(state), which gives a new object; look(value), the state of one, or
-- nil; and check(value, method [, position]), which raises for anything else. name: "SSL:Context"; label: what tostring
-- begins with. An object's state must not lead to the object: Lua 5.1 would never collect them.
function object.class(name, label, methods, metamethods)
   local states = setmetatable({}, { __mode = "k" })
   local meta = metamethods or {}
   meta.__index, meta.__name = methods, name
   local suffix = meta.suffix
   meta.suffix = nil
   function meta.__tostring(self)
      local state = states[self]
      if not state then return label end
      return ("%s: %s%s"):format(label, tostring(state):match "0x%x+" or "0x0", suffix and suffix(state) or "")
   end

   local function make(state)
      local value = core.userdata(meta)
      states[value] = state
      return value
   end

   local function look(value)
      return value ~= nil and states[value] or nil
   end

   local function check(value, method, position)
      local state = value ~= nil and states[value]
      if state then return state end
      error(("bad argument #%d to '%s' (%s expected, got %s)"):format(position or 1, method, name, type(value)), 3)
   end
   return make, look, check
end

--- text(value, method, position) is a string argument as lua_tolstring takes it: numbers too; it raises for others.
function object.text(value, method, position)
   local kind = type(value)
   if kind == "string" then return value end
   if kind == "number" then return tostring(value) end
   error(("bad argument #%d to '%s' (string expected, got %s)"):format(position, method, kind), 3)
end

return object

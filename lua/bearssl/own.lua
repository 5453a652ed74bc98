-- Objects that are written in Lua: contexts, connections, streams. A user sees an object's methods and nothing else:
-- its state stands under a key that only our modules have, so `stream.timeout = 5` changes nothing, and no other table
-- is taken for one of ours because it has fields of the same names.
local own = {}

local keys = {}

local function key_of(what)
   local key = keys[what]
   if not key then
      key = {}
      keys[what] = key
   end
   return key
end

--- class(what, methods, metamethods) is a function(state) that makes objects. what: how messages call them ("stream").
-- metamethods: their table, which is completed and hidden from getmetatable, as those of the core's objects are.
function own.class(what, methods, metamethods)
   local key = key_of(what)
   metamethods.__index, metamethods.__name, metamethods.__metatable = methods, "bearssl." .. what, "bearssl." .. what
   return function(state)
      return setmetatable({ [key] = state }, metamethods)
   end
end

--- self_of(what) is a function(self, method) for methods to begin with: the object's state; it raises an error, in the
-- name of the method's caller, when the method is called with a dot instead of a colon, or on something else.
function own.self_of(what)
   local key = key_of(what)
   return function(self, method)
      local kind = type(self)
      local state = kind == "table" and self[key]
      if state then return state end
      error(("%s: must be called on a %s, as %s:%s(…), not on %s"):format(method, what, what, method,
         kind == "table" and "another table" or self == nil and "nil" or "a " .. kind), 3)
   end
end

--- key_of(what) is that key, for the core, which looks at streams by itself.
own.key_of = key_of

--- look(what, value) is the state of such an object, or nil for anything else.
function own.look(what, value)
   return type(value) == "table" and rawget(value, key_of(what)) or nil
end

return own

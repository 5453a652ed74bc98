-- Methods that are called with a dot instead of a colon, or on something else: each method checks its self first.

--- own(what, field) is a function(self, method) that raises an error, in the name of the method's caller, unless self
-- is such an object or has one behind it. what: how messages call it ("stream"); field: one that each has.
return function(what, field)
   return function(self, method)
      local kind = type(self)
      if kind == "table" and self[field] ~= nil then return end
      error(("%s: must be called on a %s, as %s:%s(…), not on %s"):format(method, what, what, method,
         kind == "table" and "another table" or self == nil and "nil" or "a " .. kind), 3)
   end
end

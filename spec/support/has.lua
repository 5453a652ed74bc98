-- has(text, part, …) asserts that each part stands in a text, as it is.
local assert = require "luassert"

return function(text, ...)
   for _, part in ipairs { ... } do
      assert.is_truthy(text:find(part, 1, true), ("%q is missing in\n%s"):format(part, text))
   end
end

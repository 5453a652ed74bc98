-- refused_for(code, text, …) asserts that what a function returned is nil, a message with this text, and this code.
local assert = require "luassert"

return function(code, text, result, message, got)
   assert.is_nil(result)
   assert.equal(code, got)
   assert.truthy(message:find(text, 1, true), message)
end

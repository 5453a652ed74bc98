-- The context of a client for those who name none: it trusts what the system trusts, and all of them share it, so that
-- sessions resume. It is made when it is first asked for.
local usual

--- The function returns the context; or nil, message, code: what it cannot be made of is told anew each time.
return function()
   local message, code
   if not usual then
      usual, message, code = require("bearssl.context").new()
   end
   return usual, message, code
end

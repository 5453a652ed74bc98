-- An event loop's way to wait, as the option `wait` of context:wrap gives it: wait(descriptor, "read" or "write",
-- seconds or nil) returns true when the descriptor is ready, nil, "timeout" when the time is over; it may yield.
local describe = require("bearssl.options").describe

local MUST = "the wait function must return true, or nil and \"timeout\" or what went wrong; it returned "

--- waiting(wait) is the same as the transport over a descriptor calls it (descriptor.lua).
return function(wait)
   return function(fd, direction, seconds)
      local ready, reason = wait(fd, direction == "r" and "read" or "write", seconds)
      if ready == true then return true end
      if ready or type(reason) ~= "string" then
         error(MUST .. describe(ready) .. (ready and "" or " and " .. describe(reason)), 0)
      end
      if reason == "timeout" then return nil, "timeout", "timeout" end
      return nil, require("bearssl.sentence").guard("the wait function failed", reason), "transport_failed"
   end
end

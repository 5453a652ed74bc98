-- decisions_of(side) is the list of the decisions that a "client" or a "server" makes.
local bearssl = require "bearssl"

local alone = { select = "server", decrypt = "server", early_data = "server", client_certificate = "client" }

return function(side)
   local names = {}
   for _, name in ipairs(bearssl.decisions) do
      if (alone[name] or side) == side then names[#names + 1] = name end
   end
   return names
end

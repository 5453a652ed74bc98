-- decisions_of(side [, version]) is the list of the decisions that a "client" or a "server" makes; version: of a side
-- that speaks none above, such as "TLSv1.2", which is asked for no pre-shared key.
local bearssl = require "bearssl"

local alone = { select = "server", decrypt = "server", early_data = "server", client_certificate = "client" }

return function(side, version)
   local names = {}
   for _, name in ipairs(bearssl.decisions) do
      local is_new = name == "psk" and version and version ~= "TLSv1.3"
      if (alone[name] or side) == side and not is_new then names[#names + 1] = name end
   end
   return names
end

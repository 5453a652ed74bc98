-- bearssl.session: sessions that can be resumed.
local core = require "bearssl.core"
local options = require "bearssl.options"

local session = {}

--- import(string) is the session object of what session:export() gave; or nil, message, "bad_session". The
-- string holds secrets: keep it like a key.
function session.import(bytes, ...)
   options.surplus("bearssl.session.import", bytes, ...)
   if type(bytes) ~= "string" then
      error("bearssl.session.import: an exported session is a string, not a " .. type(bytes), 2)
   end
   return core.session_import(bytes)
end

return session

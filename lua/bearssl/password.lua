-- Private keys that a password protects.
local core = require "bearssl.core"

local password = {}

--- read(bytes, secret, where) is the key of PEM or DER. secret: the password, or a function(where) that gives it
-- when it is needed; where: the file's path, or nil. Returns the key object or nil, message, code.
function password.read(bytes, secret, where)
   if type(secret) ~= "function" then
      local key, message, code = core.key(bytes, secret)
      return key, message, code
   end
   local key, message, code = core.key(bytes)
   if key or code ~= "encrypted_key" then return key, message, code end
   local given, reason = secret(where)
   if given == nil or given == false then
      return nil, reason and message .. " (" .. tostring(reason) .. ")" or message, code
   end
   if type(given) ~= "string" then
      error("the password function must return a string, not a " .. type(given), 0)
   end
   key, message, code = core.key(bytes, given)
   return key, message, code
end

return password

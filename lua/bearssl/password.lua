-- Private keys that a password protects.
local core = require "bearssl.core"

local password = {}

-- The core's key, whose failures tell what takes a path; a file's content has its path already.
local function load(bytes, secret, where, instead)
   local key, message, code = core.key(bytes, secret)
   if key then return key end
   if code == "unsupported_encryption" and bytes:find("-----BEGIN OPENSSH PRIVATE KEY-----", 1, true) then
      message = "an OpenSSH key under a password: `ssh-keygen -p -m PKCS8 -f FILE` rewrites the file as PEM that can "
         .. "be read"
   end
   if where then return nil, message, code end
   return require("bearssl.handed_in").refused(bytes, instead or "bearssl.key.open", message, code)
end

--- read(bytes, secret, where, instead) is the key of PEM or DER. secret: the password, or a function(where) that gives
-- it when it is needed; where: the file's path, or nil; instead: what takes a path. Returns the key object or nil,
-- message, code.
function password.read(bytes, secret, where, instead)
   local pkcs12 = bytes:find("^\48") and require "bearssl.pkcs12_read"
   if pkcs12 and pkcs12.is(bytes) then
      local found, message, code = pkcs12.read(bytes, secret, where)
      if not found then return nil, message, code end
      if not found.key then return nil, "PKCS#12 without a key in it", "bad_key" end
      return found.key
   end
   if type(secret) ~= "function" then
      local key, message, code = load(bytes, secret, where, instead)
      return key, message, code
   end
   local key, message, code = load(bytes, nil, where, instead)
   if key or code ~= "encrypted_key" then return key, message, code end
   local given, reason = secret(where)
   if given == nil or given == false then
      return nil, reason and message .. " (" .. tostring(reason) .. ")" or message, code
   end
   if type(given) ~= "string" then
      error("the password function must return a string, not a " .. type(given), 0)
   end
   key, message, code = load(bytes, given, where, instead)
   return key, message, code
end

return password

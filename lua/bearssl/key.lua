-- bearssl.key: private keys.
local core = require "bearssl.core"

local key = {}

--- load(string) reads a private key: PEM or DER; PKCS#8, PKCS#1 or SEC 1. Returns a key object, or nil,
-- message, code ("bad_key", "encrypted_key", "bad_pem", "bad_der").
function key.load(bytes)
   if type(bytes) ~= "string" then
      error("bearssl.key.load: PEM or DER must be given as a string, not a " .. type(bytes), 2)
   end
   return core.key(bytes)
end

--- open(path) is load for the content of a file; nil, message, "file_unreadable" when it cannot be read.
function key.open(path)
   if type(path) ~= "string" then error("bearssl.key.open: the path must be a string", 2) end
   local bytes, message, code = require("bearssl.file").read(path, "key file")
   if not bytes then return nil, message, code end
   local object
   object, message, code = core.key(bytes)
   if not object then return nil, path .. ": " .. message, code end
   return object
end

--- external(certificate) is a key that stands for the private key of this certificate object, which is
-- somewhere else: the `sign` and `decrypt` handlers use it.
function key.external(certificate)
   return core.external_key(certificate)
end

return key

-- bearssl.certificate: certificates from strings and files.
local core = require "bearssl.core"

local certificate = {}

--- load(string) reads PEM (any number of certificates; other blocks are passed over) or one DER certificate.
-- Returns the list of certificate objects in the string's order, leaf first; or nil, message, code
-- ("bad_pem", "bad_der", "bad_certificate").
function certificate.load(bytes)
   if type(bytes) ~= "string" then
      error("bearssl.certificate.load: PEM or DER must be given as a string, not a " .. type(bytes), 2)
   end
   return core.certificates(bytes)
end

--- open(path) is load for the content of a file; nil, message, "file_unreadable" when it cannot be read.
function certificate.open(path)
   if type(path) ~= "string" then error("bearssl.certificate.open: the path must be a string", 2) end
   local bytes, message, code = require("bearssl.file").read(path, "certificate file")
   if not bytes then return nil, message, code end
   local list
   list, message, code = core.certificates(bytes)
   if not list then return nil, path .. ": " .. message, code end
   return list
end

return certificate

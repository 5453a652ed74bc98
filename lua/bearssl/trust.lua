-- bearssl.trust: stores of trusted certificates.
local core = require "bearssl.core"
local handed_in = require "bearssl.handed_in"
local options = require "bearssl.options"
local files = require "bearssl.trust_files"

local trust = {}

--- load(string) is a store of the certificates of a PEM string (or one in DER). Certificates that cannot be
-- used are skipped (store:skipped()); nil, message, code when there is none at all.
function trust.load(bytes)
   if type(bytes) ~= "string" then
      error("bearssl.trust.load: certificates must be given as a PEM string, not a " .. type(bytes), 2)
   end
   local store = core.trust()
   local count, message, code = core.trust_add(store, bytes)
   if not count then return handed_in.refused(bytes, "bearssl.trust.open", message, code) end
   return store
end

--- open(path) is a store of the certificates in a file, or of the files in a directory (as c_rehash makes it, or
-- named .pem, .crt, .cer). nil, message, code when there is none.
function trust.open(path)
   if type(path) ~= "string" then error("bearssl.trust.open: the path must be a string", 2) end
   local store, message, code = files.open(path)
   return options.result(store, message, code)
end

--- new(list) is a store of certificate objects, PEM or DER strings, and lists of these; new() is empty.
-- Returns the store, or nil, message, code.
function trust.new(list)
   if list ~= nil and type(list) ~= "table" then
      error("bearssl.trust.new: a list of certificate objects and PEM strings is needed, not a " .. type(list), 2)
   end
   local store = core.trust()
   local function add(entries)
      for index, entry in ipairs(entries) do
         local count, message, code = true, nil, nil
         if type(entry) == "string" then
            count, message, code = core.trust_add(store, entry)
            if not count then count, message, code = handed_in.refused(entry, "bearssl.trust.open", message, code) end
         elseif type(entry) == "table" then
            count, message, code = add(entry)
         elseif options.is_object(entry, "certificate") then
            count, message, code = core.trust_add_certificate(store, entry)
            if count == nil and message == nil then count = true end
         else
            error(("bearssl.trust.new: element %d must be a certificate object or a PEM string, not %s"):format(
               index, options.describe(entry)), 3)
         end
         if not count then return nil, message, code end
      end
      return true
   end
   local ok, message, code = add(list or {})
   if not ok then return nil, message, code end
   return store
end

--- system() is the store of the system's trusted certificates, loaded once and shared. SSL_CERT_FILE and
-- SSL_CERT_DIR in the environment come first, as in OpenSSL. nil, message, "trust_not_found" when the
-- system has none.
trust.system = files.system

return trust

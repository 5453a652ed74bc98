-- bearssl.trust: stores of trusted certificates.
local core = require "bearssl.core"
local handed_in = require "bearssl.handed_in"
local options = require "bearssl.options"
local files = require "bearssl.trust_files"

local is = options.is

local trust = {}

--- load(string) is a store of the certificates of a PEM string (or one in DER). Certificates that cannot be
-- used are skipped (store:skipped()); nil, message, code when there is none at all.
function trust.load(bytes, ...)
   options.surplus("bearssl.trust.load", bytes, ...)
   if type(bytes) ~= "string" then
      error("bearssl.trust.load: certificates must be given as a PEM string, not a " .. type(bytes), 2)
   end
   local store = core.trust()
   local count, message, code = require("bearssl.bundle").trust_add(store, bytes)
   if not count then return handed_in.refused(bytes, "bearssl.trust.open", message, code) end
   return store
end

--- open(path) is a store of the certificates in a file, or of the files in a directory (as c_rehash makes it, or
-- named .pem, .crt, .cer). nil, message, code when there is none.
function trust.open(path, ...)
   options.surplus("bearssl.trust.open", path, ...)
   options.path("bearssl.trust.open", path)
   local store, message, code = files.open(path)
   return options.result(store, message, code)
end

local function add_entry(store, entry)
   if options.is_object(entry, "certificate") then return core.trust_add_certificate(store, entry) end
   local count, message, code = require("bearssl.bundle").trust_add(store, entry)
   if count then return count end
   return handed_in.refused(entry, "bearssl.trust.open", message, code)
end

local function add_entries(store, list)
   for _, entry in ipairs(list) do
      local ok, message, code
      if type(entry) == "table" then
         ok, message, code = add_entries(store, entry)
      else
         ok, message, code = add_entry(store, entry)
      end
      if not ok then return nil, message, code end
   end
   return true
end

--- new(list) is a store of certificate objects, PEM or DER strings, and lists of these; new() is empty.
-- Returns the store, or nil, message, code.
function trust.new(list, ...)
   options.surplus("bearssl.trust.new", list, ...)
   local must, exact = is.certificates(list == nil and {} or list)
   if exact then error("bearssl.trust.new: " .. exact, 2) end
   if must then error(("bearssl.trust.new: %s is needed, not %s"):format(must, options.describe(list)), 2) end
   local store = core.trust()
   local ok, message, code = add_entries(store, list or {})
   if not ok then return nil, message, code end
   return store
end

--- system() is the store of the system's trusted certificates, loaded once and shared. SSL_CERT_FILE and
-- SSL_CERT_DIR in the environment come first, as in OpenSSL. nil, message, "trust_not_found" when the
-- system has none.
function trust.system(...)
   options.surplus("bearssl.trust.system", nil, ...)
   local store, message, code = files.system()
   return options.result(store, message, code)
end

return trust

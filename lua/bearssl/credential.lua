-- Certificate chains and their keys, in every form that options and handlers may give them.
local core = require "bearssl.core"
local file = require "bearssl.file"
local options = require "bearssl.options"

local credential = {}

--- chain(value) turns a PEM or DER string, a certificate object, or a list of them into a list of certificate
-- objects. Returns nil, message, code when a string cannot be read; nil, message, "misuse" for other types.
function credential.chain(value)
   if type(value) == "string" then return core.certificates(value) end
   if options.is_object(value, "certificate") then return { value } end
   if type(value) ~= "table" or #value == 0 then
      return nil, "a certificate must be a PEM or DER string or a list of certificate objects, not "
         .. (type(value) == "table" and "an empty table" or options.describe(value)), "misuse"
   end
   local list = {}
   for index, element in ipairs(value) do
      if options.is_object(element, "certificate") then
         list[#list + 1] = element
      elseif type(element) == "string" then
         local more, message, code = core.certificates(element)
         if not more then return nil, message, code end
         for _, one in ipairs(more) do list[#list + 1] = one end
      else
         return nil, ("element %d of a certificate list must be a certificate object, not %s"):format(
            index, options.describe(element)), "misuse"
      end
   end
   return list
end

--- key(value [, password [, where]]) turns a PEM or DER string or a key object into a key object. password: a string,
-- or a function(where) that gives it when the key is encrypted; where: the file's path.
function credential.key(value, password, where)
   if type(value) == "string" then
      if password == nil then return core.key(value) end
      return require("bearssl.password").read(value, password, where)
   end
   if options.is_object(value, "key") then return value end
   return nil, "a key must be a PEM or DER string or a key object, not " .. options.describe(value), "misuse"
end

--- make(certificate, key [, password [, where]]) is { chain =, key = } for the core, or nil, message, code. The key may
-- stand in the same PEM string as the certificate.
function credential.make(certificate, key, password, where)
   if key == nil and type(certificate) == "string" and certificate:find("PRIVATE KEY-----", 1, true) then
      key = certificate
   end
   if certificate == nil or key == nil then
      return nil, "a certificate and its key must be given together: the "
         .. (certificate == nil and "certificate" or "key") .. " is missing", "misuse"
   end
   local chain, message, code = credential.chain(certificate)
   if not chain then return nil, message, code end
   local object
   object, message, code = credential.key(key, password, where)
   if not object then return nil, message, code end
   return { chain = chain, key = object }
end

local function read(given, name)
   local path = given[name]
   if not path then return nil end
   return file.read(path, name)
end

--- gather(given [, password]) makes one credential of the fields certificate, key, certfile, keyfile, password,
-- ocsp_response (DER), ocsp_file of a table; messages name the file. password: for a table without one. Returns nil,
-- message, code.
function credential.gather(given, password)
   local certificate, key = given.certificate, given.key
   local message, code
   if given.certfile then
      if certificate then return nil, "give either 'certificate' or 'certfile', not both", "misuse" end
      certificate, message, code = read(given, "certfile")
      if not certificate then return nil, message, code end
   end
   local ocsp_response = given.ocsp_response
   if given.ocsp_file then
      if ocsp_response then return nil, "give either 'ocsp_response' or 'ocsp_file', not both", "misuse" end
      ocsp_response, message, code = read(given, "ocsp_file")
      if not ocsp_response then return nil, message, code end
   end
   if given.keyfile then
      if key then return nil, "give either 'key' or 'keyfile', not both", "misuse" end
      key, message, code = read(given, "keyfile")
      if not key then return nil, message, code end
   end
   local result
   result, message, code = credential.make(certificate, key, given.password or password,
      given.keyfile or given.certfile)
   if result and not result.key:matches(result.chain[1]) then
      -- said here, where it is known which of several this is, and of which files
      result, message, code = nil, "the private key does not belong to the certificate", "key_mismatch"
   end
   if result then result.ocsp_response = ocsp_response end
   if result or code == "misuse" then return result, message, code end
   local where = given.certfile or given.keyfile
   if given.certfile and given.keyfile then where = where .. " and " .. given.keyfile end
   return nil, where and where .. ": " .. message or message, code
end

return credential

-- Certificate chains and their keys, in every form that options and handlers may give them.
local core = require "bearssl.core"
local file = require "bearssl.file"
local handed_in = require "bearssl.handed_in"
local options = require "bearssl.options"

local credential = {}

--- chain(value [, instead]) turns a PEM or DER string, a certificate object, or a list of them into a list of
-- certificate objects. instead: what takes a path, for messages. Returns nil, message, code when a string cannot be
-- read; nil, message, "misuse" for other types.
function credential.chain(value, instead)
   if type(value) == "string" then return handed_in.certificates(value, instead) end
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
         local more, message, code = handed_in.certificates(element, instead)
         if not more then return nil, ("element %d: %s"):format(index, message), code end
         for _, one in ipairs(more) do list[#list + 1] = one end
      else
         return nil, ("element %d of a certificate list must be a certificate object, not %s"):format(
            index, options.describe(element)), "misuse"
      end
   end
   return list
end

--- key(value [, password [, where [, instead [, leaf]]]]) turns a PEM or DER string or a key object into a key object;
-- "external" is the one that stands for the certificate `leaf`'s. password: a string, or a function(where) that gives
-- it when the key is encrypted; where: the file's path.
function credential.key(value, password, where, instead, leaf)
   if value == "external" and leaf then return core.external_key(leaf) end
   if type(value) == "string" then
      return require("bearssl.password").read(value, password, where, instead)
   end
   if options.is_object(value, "key") then return value end
   return nil, 'a key must be a PEM or DER string, a key object or "external", not ' .. options.describe(value),
      "misuse"
end

-- Which certificate of a chain the key belongs to instead, for the message.
local function mismatch(chain, key)
   local message = "the private key does not belong to the certificate"
   for index, one in ipairs(chain) do
      if key:matches(one) then
         return ("%s but to certificate %d of its chain: one's own comes first"):format(message, index)
      end
   end
   return message
end

--- make(certificate, key [, password [, where [, instead]]]) is { chain =, key = } for the core, or nil, message, code,
-- and what is to blame: "certificate" or "key", nil for both. The key may stand in the same PEM string as the
-- certificate. instead: what takes the path of each; may_be_raw: a key alone is one too, a raw public key.
function credential.make(certificate, key, password, where, instead, may_be_raw)
   if key == nil and type(certificate) == "string" and certificate:find("PRIVATE KEY-----", 1, true)
      and certificate:find("CERTIFICATE-----", 1, true) then
      key = certificate
   end
   local container
   if type(certificate) == "string" and certificate:find("^\48") and require("bearssl.pkcs12_read").is(certificate) then
      local message, code
      container, message, code = require("bearssl.pkcs12_read").read(certificate, password, where)
      if not container then return nil, message, code, "certificate" end
      if #container.certificates == 0 then
         message, code = "PKCS#12 without a key and its certificate", "bad_certificate"
         return nil, message, code, "certificate"
      end
      if key == nil or key == certificate then key = container.key end
   end
   if certificate == nil and key ~= nil and may_be_raw then
      local object, message, code = credential.key(key, password, where, instead and instead.key)
      if not object then return nil, message, code, "key" end
      return { chain = {}, key = object }
   end
   if certificate == nil or key == nil then
      return nil, "a certificate and its key must be given together: the "
         .. (certificate == nil and "certificate" or "key") .. " is missing", "misuse"
   end
   local chain, message, code
   if container then
      chain = container.certificates
   else
      chain, message, code = credential.chain(certificate, instead and instead.certificate)
   end
   if not chain then return nil, message, code, "certificate" end
   local object
   object, message, code = credential.key(key, password, where, instead and instead.key, chain[1])
   if not object then return nil, message, code, key == certificate and "certificate" or "key" end
   if not object:matches(chain[1]) then return nil, mismatch(chain, object), "key_mismatch" end
   return { chain = chain, key = object }
end

-- The option that takes a path instead of a string.
local FILES = { certificate = "certfile", key = "keyfile", ocsp_response = "ocspfile" }
local INSTEAD = {}
for name, option in pairs(FILES) do INSTEAD[name] = ("the option '%s'"):format(option) end

--- read(given, name) is what one option, or the file that another names, holds: nil when neither is given; or false,
-- message, code.
function credential.read(given, name)
   local value, path = given[name], given[FILES[name]]
   if not path then return value end
   if value ~= nil then return false, ("give either '%s' or '%s', not both"):format(name, FILES[name]), "misuse" end
   local bytes, message, code = file.read(path, FILES[name])
   if not bytes then return false, message, code end
   return bytes
end

-- Whether certificate and key were exchanged.
local function is_exchanged(certificate, key)
   return type(certificate) == "string" and type(key) == "string" and core.certificates(key) and core.key(certificate)
end

--- gather(given [, password]) makes one credential of the fields certificate, key, certfile, keyfile, password,
-- ocsp_response (DER), ocspfile of a table; messages name the file. password: for a table without one; may_be_raw: as
-- of make. Returns nil, message, code.
function credential.gather(given, password, may_be_raw)
   local values = {}
   for _, name in ipairs({ "certificate", "key", "ocsp_response" }) do
      local value, message, code = credential.read(given, name)
      if value == false then return nil, message, code end
      values[name] = value
   end
   local result, message, code, to_blame = credential.make(values.certificate, values.key, given.password or password,
      given.keyfile or given.certfile, INSTEAD, may_be_raw)
   if code == "misuse" then return nil, message, code end
   if result and values.ocsp_response then
      result.ocsp_response = values.ocsp_response
      local parsed
      parsed, message, code = handed_in.ocsp_response(values.ocsp_response, INSTEAD.ocsp_response)
      if not parsed then result, to_blame = nil, "ocsp_response" end
   end
   if result then return result end
   if is_exchanged(values.certificate, values.key) then message = message .. " (certificate and key are exchanged)" end
   local paths = {}
   for _, name in ipairs({ "certificate", "key", "ocsp_response" }) do
      local path = given[FILES[name]]
      local concerns = to_blame == name or not to_blame and name ~= "ocsp_response"
      if path and concerns then paths[#paths + 1] = path end
   end
   return nil, #paths > 0 and table.concat(paths, " and ") .. ": " .. message or message, code
end

return credential

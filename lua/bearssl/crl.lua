-- bearssl.crl: certificate revocation lists, from strings and files, and made.
local core = require "bearssl.core"
local issuing = require "bearssl.issuing"
local options = require "bearssl.options"

local is, check = options.is, issuing.is

local crl = {}

crl.reasons = {
   "unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
   "certificateHold", "removeFromCRL", "privilegeWithdrawn", "aACompromise",
}

--- load(string) reads PEM (any number of CRLs; other blocks are passed over) or one in DER. Returns a list of CRL
-- objects, or nil, message, code ("bad_crl", "bad_pem").
function crl.load(bytes, ...)
   options.surplus("bearssl.crl.load", bytes, ...)
   if type(bytes) ~= "string" then
      error("bearssl.crl.load: PEM or DER must be given as a string, not a " .. type(bytes), 2)
   end
   return require("bearssl.handed_in").crls(bytes)
end

--- open(path) is load for the content of a file; nil, message, "file_unreadable" when it cannot be read.
function crl.open(path, ...)
   options.surplus("bearssl.crl.open", path, ...)
   options.path("bearssl.crl.open", path)
   local bytes, message, code = require("bearssl.file").read(path, "CRL file")
   if not bytes then return nil, message, code end
   local list
   list, message, code = core.crls(bytes)
   if not list then return nil, path .. ": " .. message, code end
   return list
end

local entry_options = {
   serial = check.serial, certificate = check.certificate, date = check.time, reason = is.one_of(crl.reasons),
}

local function revoked(value)
   if type(value) ~= "table" then return "a list of certificates, serial numbers and tables" end
   if #value == 0 and next(value) ~= nil then return "", "must be a list of certificates, serial numbers and tables" end
   for index, entry in ipairs(value) do
      if not options.is_object(entry, "certificate") and check.serial(entry) then
         if type(entry) ~= "table" then
            return "", ("element %d must be a certificate object, a serial number in hexadecimal, or a table "
               .. "{ serial =, date =, reason = }, not %s"):format(index, options.describe(entry))
         end
         local ok, message = pcall(options.check, entry, entry_options, ("element %d"):format(index), -1)
         if not ok then return "", message end
         if (entry.serial == nil) == (entry.certificate == nil) then
            return "", ("element %d: give either 'serial' or 'certificate'"):format(index)
         end
      end
   end
   return nil
end

local crl_options = {
   issuer = check.certificate, issuer_key = check.key, password = check.password, this_update = check.time,
   next_update = check.time, days = check.days, number = check.serial, revoked = revoked,
}

local function entry_of(value, now)
   local given = value
   if type(value) ~= "table" then
      given = options.is_object(value, "certificate") and { certificate = value } or { serial = value }
   end
   local serial = given.serial
   if given.certificate then
      local object, message, code = issuing.certificate(given.certificate)
      if not object then return nil, message, code end
      serial = object:serial()
   end
   return { serial = issuing.serial(serial), date = math.floor(given.date or now), reason = given.reason }
end

local function build(given)
   options.check(given, crl_options, "bearssl.crl.new", -1)
   if not given.issuer or not given.issuer_key then
      error(("bearssl.crl.new: '%s' is missing"):format(given.issuer and "issuer_key" or "issuer"), 0)
   end
   local issuer, message, code = issuing.certificate(given.issuer)
   if not issuer then return nil, message, code end
   local key
   key, message, code = issuing.key(given.issuer_key, given.password)
   if not key then return nil, message, code end
   local ok, from, to = pcall(issuing.period, given, "this_update", "next_update", 30, 0)
   if not ok then error("bearssl.crl.new: " .. from, 0) end
   local entries = {}
   for index, value in ipairs(given.revoked or {}) do
      entries[index], message, code = entry_of(value, from)
      if not entries[index] then return nil, message, code end
   end
   -- a later list must have a higher number: the time has it by itself
   local object
   object, message, code = core.build_crl {
      issuer = issuer, issuer_key = key, this_update = from, next_update = to,
      number = issuing.serial(given.number or math.max(1, from)), revoked = entries,
   }
   return object, message, code
end

--- new(options) makes a complete CRL: issuer, issuer_key, password, this_update, next_update or days (30), number,
-- revoked. Returns a CRL object, or nil, message, code ("key_mismatch", "bad_field" …).
function crl.new(given, ...)
   options.surplus("bearssl.crl.new", given, ...)
   local object, message, code = issuing.call(build, given)
   return options.result(object, message, code)
end

return crl

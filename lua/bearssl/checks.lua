-- Checks of what options and answers of handlers have in common: credentials, suites, protocols.
local options = require "bearssl.options"

local is = options.is

local checks = {}

local is_certificates = is.filled(is.list(is.any("a certificate object", is.object("certificate"), is.string),
   "certificate objects"), "no certificate")

local function certificate(value)
   if type(value) == "string" or options.is_object(value, "certificate") then return nil end
   if type(value) == "table" then return is_certificates(value) end
   return "a PEM or DER string, or a list of certificate objects"
end

--- credential: a credential's fields.
checks.credential = {
   certificate = certificate,
   key = is.any('a PEM or DER string, a key object, or "external"', is.string, is.object("key")),
   certfile = is.path, keyfile = is.path, name = is.string, ocsp_response = is.string, ocspfile = is.path,
   password = is.any("a string or a function that gives it", is.string, is["function"]),
}

local is_names = is.filled(is.list(is.string, "names"), "the default")

--- names: a list of names, for which there is a default.
checks.names = is_names

--- suites: a policy's name or a list of names.
function checks.suites(value)
   if type(value) == "string" then return nil end
   if type(value) ~= "table" then return "a policy's name or a list of names" end
   return is_names(value)
end

--- ocsp_response: what a handler staples, unread.
function checks.ocsp_response(value)
   return (type(value) ~= "string" or value == "") and "an OCSP response's DER" or nil
end

--- protocol_name: one of ALPN, which the core keeps as C's strings.
function checks.protocol_name(value)
   if type(value) ~= "string" or #value < 1 or #value > 255 then return "a protocol's name of 1 to 255 bytes" end
   return value:find("%z") and "a protocol's name without a NUL in it" or nil
end

return checks

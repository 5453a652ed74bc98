-- bearssl.request: certification requests (PKCS#10), from strings and files, and made.
local core = require "bearssl.core"
local issuing = require "bearssl.issuing"
local options = require "bearssl.options"

local check = issuing.is

local request = {}

--- load(string) reads a request from PEM or DER. Returns a request object, or nil, message, code ("bad_request",
-- "bad_pem"). Its signature is judged by request:verify().
function request.load(bytes, ...)
   options.surplus("bearssl.request.load", bytes, ...)
   if type(bytes) ~= "string" then
      error("bearssl.request.load: PEM or DER must be given as a string, not a " .. type(bytes), 2)
   end
   return require("bearssl.handed_in").request(bytes)
end

--- open(path) is load for the content of a file; nil, message, "file_unreadable" when it cannot be read.
function request.open(path, ...)
   options.surplus("bearssl.request.open", path, ...)
   options.path("bearssl.request.open", path)
   local bytes, message, code = require("bearssl.file").read(path, "request file")
   if not bytes then return nil, message, code end
   local object
   object, message, code = core.request(bytes)
   if not object then return nil, path .. ": " .. message, code end
   return object
end

local specification = {
   key = check.key, password = check.password, subject = check.subject, names = check.names,
   key_usage = check.key_usage, extended_key_usage = check.extended_key_usage, extensions = check.extensions,
}

local function build(given)
   options.check(given, specification, "bearssl.request.new", -1)
   if not given.key then error("bearssl.request.new: the key that asks is missing: give 'key'", 0) end
   local key, message, code = issuing.key(given.key, given.password)
   if not key then return nil, message, code end
   local names = issuing.names(given.names)
   local object
   object, message, code = core.build_request {
      key = key, subject = given.subject and issuing.subject(given.subject) or issuing.first_name(names), names = names,
      key_usage = issuing.list(given.key_usage), extended_key_usage = issuing.list(given.extended_key_usage),
      extensions = given.extensions,
   }
   return object, message, code
end

--- new(options) makes a request, signed with its key: key, password, subject, names, key_usage, extended_key_usage,
-- extensions. Returns a request object, or nil, message, code ("bad_name", "bad_field", "unsupported_key" …).
function request.new(given, ...)
   options.surplus("bearssl.request.new", given, ...)
   local object, message, code = issuing.call(build, given)
   return options.result(object, message, code)
end

return request

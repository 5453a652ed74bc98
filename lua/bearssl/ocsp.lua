-- bearssl.ocsp: OCSP requests and responses (RFC 6960). Getting them over the network is the caller's business.
local core = require "bearssl.core"
local issuing = require "bearssl.issuing"
local options = require "bearssl.options"

local is, check = options.is, issuing.is

local ocsp = {}

--- load(string) reads the DER of a response. Returns an object, or nil, message, "bad_ocsp_response".
function ocsp.load(bytes, ...)
   options.surplus("bearssl.ocsp.load", bytes, ...)
   if type(bytes) ~= "string" then
      error("bearssl.ocsp.load: DER must be given as a string, not a " .. type(bytes), 2)
   end
   return require("bearssl.handed_in").ocsp_response(bytes)
end

--- open(path) is load for the content of a file; nil, message, "file_unreadable" when it cannot be read.
function ocsp.open(path, ...)
   options.surplus("bearssl.ocsp.open", path, ...)
   options.path("bearssl.ocsp.open", path)
   local bytes, message, code = require("bearssl.file").read(path, "OCSP response file")
   if not bytes then return nil, message, code end
   local object
   object, message, code = core.ocsp_response(bytes)
   if not object then return nil, path .. ": " .. message, code end
   return object
end

--- request(certificate, issuer) is the DER of a request about a certificate, to be sent to its responder as
-- application/ocsp-request. Certificate objects, or strings.
function ocsp.request(certificate, issuer, ...)
   options.surplus("bearssl.ocsp.request", issuer, ...)
   for position, value in ipairs({ certificate or false, issuer or false }) do
      if check.certificate(value) then
         error(("bearssl.ocsp.request: argument %d must be %s, not %s"):format(position, check.certificate(value),
            options.describe(value)), 2)
      end
   end
   local subject, message, code = issuing.certificate(certificate)
   if not subject then return nil, message, code end
   local authority
   authority, message, code = issuing.certificate(issuer)
   if not authority then return nil, message, code end
   return core.ocsp_request(subject, authority)
end

local response_options = {
   certificate = check.certificate, issuer = check.certificate, issuer_key = check.key,
   responder = check.certificate, responder_key = check.key, password = check.password,
   status = is.one_of({ "good", "revoked", "unknown" }), revocation_time = check.time,
   reason = is.one_of(require("bearssl.crl").reasons), this_update = check.time, next_update = check.time,
   days = check.days,
}

local function build(given)
   options.check(given, response_options, "bearssl.ocsp.new", -1)
   if not given.certificate or not given.issuer then
      error(("bearssl.ocsp.new: '%s' is missing"):format(given.certificate and "issuer" or "certificate"), 0)
   end
   local signer_key = given.responder_key or given.issuer_key
   if not signer_key or (given.responder and not given.responder_key) then
      error(("bearssl.ocsp.new: '%s' is missing"):format(given.responder and "responder_key" or "issuer_key"), 0)
   end
   local fields = { status = given.status or "good", reason = given.reason }
   for _, name in ipairs({ "certificate", "issuer", "responder" }) do
      if given[name] then
         local object, message, code = issuing.certificate(given[name])
         if not object then return nil, message, code end
         fields[name] = object
      end
   end
   local message, code
   fields.key, message, code = issuing.key(signer_key, given.password)
   if not fields.key then return nil, message, code end
   local ok, from, to = pcall(issuing.period, given, "this_update", "next_update", 7, 0)
   if not ok then error("bearssl.ocsp.new: " .. from, 0) end
   fields.this_update, fields.next_update, fields.produced_at = from, to, from
   if fields.status == "revoked" then
      fields.revocation_time = math.floor(given.revocation_time or from)
   elseif given.reason or given.revocation_time then
      error("bearssl.ocsp.new: 'reason' and 'revocation_time' make sense only with status = \"revoked\"", 0)
   end
   local object
   object, message, code = core.build_ocsp_response(fields)
   return object, message, code
end

--- new(options) makes a signed response: certificate, issuer, issuer_key, or responder and responder_key; password,
-- status ("good"), revocation_time, reason, this_update, next_update or days (7). Returns an object, or nil, message,
-- code ("key_mismatch", "bad_field" …).
function ocsp.new(given, ...)
   options.surplus("bearssl.ocsp.new", given, ...)
   local object, message, code = issuing.call(build, given)
   return options.result(object, message, code)
end

return ocsp

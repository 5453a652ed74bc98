-- bearssl.certificate: certificates from strings and files, and made.
local core = require "bearssl.core"
local handed_in = require "bearssl.handed_in"
local issuing = require "bearssl.issuing"
local options = require "bearssl.options"

local is, check = options.is, issuing.is

local certificate = {}

--- load(string) reads PEM (any number of certificates, OpenSSL's TRUSTED CERTIFICATE too; other blocks are passed
-- over), one DER certificate, or a PKCS#7 bundle in either. Returns the list of certificate objects in the string's
-- order, leaf first; or nil, message, code ("bad_pem", "bad_certificate"): the message says what the string is instead,
-- or which certificate is at fault.
function certificate.load(bytes, ...)
   options.surplus("bearssl.certificate.load", bytes, ...)
   if type(bytes) ~= "string" then
      error("bearssl.certificate.load: PEM or DER must be given as a string, not a " .. type(bytes), 2)
   end
   return handed_in.certificates(bytes)
end

-- The certificates of a directory, each once, by name.
local function open_directory(path)
   local seen, list = {}, {}
   local found, message, code = require("bearssl.trust_files").each_file(path, function(bytes)
      for _, one in ipairs(require("bearssl.bundle").certificates(bytes) or {}) do
         local der = one:der()
         if not seen[der] then list[#list + 1] = one end
         seen[der] = true
      end
   end)
   if not found then return nil, message, code end
   if #list == 0 then return nil, "the directory " .. path .. " holds no certificate", "bad_pem" end
   return list
end

--- open(path) is load for the content of a file; of a directory, it is what bearssl.trust.open finds there: each
-- certificate once, in the order of the files' names. nil, message, "file_unreadable" when it cannot be read.
function certificate.open(path, ...)
   options.surplus("bearssl.certificate.open", path, ...)
   options.path("bearssl.certificate.open", path)
   local file = require "bearssl.file"
   if file.is_directory(path) then return open_directory(path) end
   local bytes, message, code = file.read(path, "certificate file")
   if not bytes then return nil, message, code end
   local list
   list, message, code = require("bearssl.bundle").certificates(bytes)
   if not list then return nil, path .. ": " .. message, code end
   return list
end

-- ---- Making certificates ----

local ACCEPT = { "names", "key_usage", "extended_key_usage", "must_staple" }

local common = {
   subject = check.subject, names = check.names, not_before = check.time, not_after = check.time, days = check.days,
   serial = check.serial, ca = is.boolean, path_length = is.bounded("issue", "path_length"),
   key_usage = check.key_usage, extended_key_usage = check.extended_key_usage, name_constraints = check.constraints,
   ocsp_uris = check.strings, issuer_uris = check.strings, crl_uris = check.strings, must_staple = is.boolean,
   extensions = check.extensions, hash = check.hash, password = check.password, key = check.key,
}

local issue_options = {
   request = is.any("a request object, PEM or DER", is.string, is.object("request")), certificate = check.certificate,
   issuer = check.certificate, issuer_key = check.key, accept = is.list(is.one_of(ACCEPT), "names"),
}
for name, test in pairs(common) do issue_options[name] = test end

local function accepts(given, name)
   if not given.request then return false end
   if not given.accept then return name == "names" end
   for _, one in ipairs(given.accept) do
      if one == name then return true end
   end
   return false
end

local function is_rsa(public)
   local kind = public:public_key().type
   return kind == "RSA"
end

-- What a certificate is for, where the options leave it open.
local function default_usages(given, fields, public, names)
   fields.key_usage = issuing.list(given.key_usage)
   if given.key_usage == nil and not accepts(given, "key_usage") then
      fields.key_usage = given.ca and { "keyCertSign", "cRLSign" }
         or is_rsa(public) and { "digitalSignature", "keyEncipherment" } or { "digitalSignature" }
   end
   fields.extended_key_usage = issuing.list(given.extended_key_usage)
   if given.extended_key_usage == nil and not given.ca and not accepts(given, "extended_key_usage") then
      local server = false
      for _, entry in ipairs(names or {}) do
         local kind = entry.type:lower()
         server = server or kind == "dns" or kind == "ip"
      end
      fields.extended_key_usage = { server and "serverAuth" or "clientAuth" }
   end
end

local COPIED = { "path_length", "must_staple", "extensions", "hash" }

-- public: whose certificate it is: a key, request or certificate object; signer: nil for a self-signed one.
local function make(given, who, public, signer, signer_key)
   local fields = issuing.copy(COPIED, given, { public_key = public, issuer = signer, issuer_key = signer_key })
   fields.ca = given.ca or false
   for _, name in ipairs { "path_length", "name_constraints" } do
      if given[name] and not given.ca then
         error(("%s: '%s' makes sense only with ca = true"):format(who, name), 0)
      end
   end
   local ok, from, to = pcall(issuing.period, given, "not_before", "not_after", given.ca and 3650 or 365, 3600)
   if not ok then error(who .. ": " .. from, 0) end
   -- what outlives its issuer cannot be verified
   if signer and not given.not_after and not given.days then to = math.min(to, math.floor(signer:not_after())) end
   fields.not_before, fields.not_after = from, to
   fields.names = issuing.names(given.names)
   local names = fields.names or accepts(given, "names") and public:names() or nil
   default_usages(given, fields, public, names)
   fields.accept = given.request and (given.accept or { "names" }) or nil
   if fields.names and fields.accept then -- what the options say wins over the request
      local rest = {}
      for _, name in ipairs(fields.accept) do
         if name ~= "names" then rest[#rest + 1] = name end
      end
      fields.accept = rest
   end
   if given.subject ~= nil then
      fields.subject = issuing.subject(given.subject)
   elseif not given.request then
      fields.subject = issuing.first_name(fields.names)
   end
   if (fields.subject or select(2, public:subject())) == "" and #(names or {}) == 0 then
      if fields.subject == nil then
         return nil, "the request has no name, and nor would the certificate: give 'subject' or 'names'", "bad_name"
      end
      error(who .. ": the certificate would have no name: give 'subject' or 'names'", 0)
   end
   fields.serial = issuing.serial(given.serial)
   fields.name_constraints = issuing.constraints(given.name_constraints)
   for _, name in ipairs({ "ocsp_uris", "issuer_uris", "crl_uris" }) do fields[name] = issuing.list(given[name]) end
   local object, message, code = core.issue(fields)
   return object, message, code
end

local function issue(given)
   local who = "bearssl.certificate.issue"
   options.check(given, issue_options, who, -1)
   local count = (given.request and 1 or 0) + (given.key and 1 or 0) + (given.certificate and 1 or 0)
   if count ~= 1 then error(who .. ": give either 'request', 'key' or 'certificate': whose certificate it is", 0) end
   if not given.issuer or not given.issuer_key then
      error(("%s: '%s' is missing; bearssl.certificate.selfsigned needs no issuer"):format(who,
         given.issuer and "issuer_key" or "issuer"), 0)
   end
   if given.accept and not given.request then error(who .. ": 'accept' makes sense only with a 'request'", 0) end
   local public, message, code = given.key or given.certificate or given.request
   if type(public) == "string" then
      if given.request then
         public, message, code = handed_in.request(public)
      elseif given.certificate then
         public, message, code = issuing.certificate(public)
      else
         public, message, code = issuing.key(public)
      end
      if not public then return nil, message, code end
   end
   local issuer, issuer_key
   issuer, message, code = issuing.certificate(given.issuer)
   if not issuer then return nil, message, code end
   issuer_key, message, code = issuing.key(given.issuer_key, given.password)
   if not issuer_key then return nil, message, code end
   local made
   made, message, code = make(given, who, public, issuer, issuer_key)
   return made, message, code
end

--- issue(options) makes a certificate, signed by an issuer. For whom: request, key (its public half) or certificate
-- (another of its key). doc/api.md lists the options. Returns the certificate object, or nil, message, code
-- ("key_mismatch", "bad_field", "bad_name", "bad_request", "unsupported_key" …).
function certificate.issue(given, ...)
   options.surplus("bearssl.certificate.issue", given, ...)
   local object, message, code = issuing.call(issue, given)
   return options.result(object, message, code)
end

local function selfsigned(given)
   local who = "bearssl.certificate.selfsigned"
   options.check(given, common, who, -1)
   local key, message, code
   if given.key then
      key, message, code = issuing.key(given.key, given.password)
   else
      key, message, code = core.generate_key("p256")
   end
   if not key then return nil, message, code end
   local made
   made, message, code = make(given, who, key, nil, key)
   if not made then return nil, message, code end
   return made, key
end

--- selfsigned(options) makes a certificate that signs itself: an authority with ca = true, or one to trust directly.
-- Without a `key` it makes one, P-256. Returns the certificate object and the key; or nil, message, code.
function certificate.selfsigned(given, ...)
   options.surplus("bearssl.certificate.selfsigned", given, ...)
   local object, key, code = issuing.call(selfsigned, given)
   return object, key, code
end

return certificate

-- The options of verification, for contexts, trust stores and certificates: checked, and in the core's form.
local core = require "bearssl.core"
local handed_in = require "bearssl.handed_in"
local options = require "bearssl.options"

local is = options.is

local verification = {}

-- ---- Pins ----

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function from_base64(text)
   local digits = text:match("^(.-)=?$")
   if #digits ~= 43 then return nil end
   local bytes, value, bits = {}, 0, 0
   for digit in digits:gmatch(".") do
      local number = DIGITS:find(digit, 1, true)
      if not number then return nil end
      value, bits = value * 64 + number - 1, bits + 6
      if bits >= 8 then
         bits = bits - 8
         local unit = 2 ^ bits
         local byte = math.floor(value / unit)
         bytes[#bytes + 1] = string.char(byte)
         value = value - byte * unit
      end
   end
   return value == 0 and table.concat(bytes) or nil
end

-- pin(value) → 32 bytes, or nil. base64 as certificate:pin() gives it (also after "sha256/" or "sha256//"), 64 hex
-- digits, a certificate or key object, or the bytes.
local function pin(value)
   if options.is_object(value, "certificate") or options.is_object(value, "key") then
      local text = value:pin()
      return text and from_base64(text)
   end
   if type(value) ~= "string" then return nil end
   if #value == 32 then return value end
   if #value == 64 and value:find("^%x+$") then
      return require("bearssl.hex").decode(value)
   end
   return from_base64((value:gsub("^sha256//?", "")))
end

local function is_pin(value)
   return not pin(value) and "the SHA-256 of a public key in base64, or a certificate or key object" or nil
end

-- ---- Checks ----

local crl = is.any("a CRL object or PEM or DER", is.string, is.object("crl"))
local ocsp = is.any("an OCSP response object or its DER", is.string, is.object("ocsp_response"))

verification.revocations = { "if_known", "leaf", "path" }
verification.staples = { "none", "if_must", "required" }

local MODES = { client = { "required", "report", "none" }, server = { "required", "optional", "none" } }

--- mode(value) is the check for the option `verify`, of either side.
verification.mode = is.one_of { "required", "report", "optional", "none" }

--- mode_of(value, role) is nil when that side may have the mode, else the message that says what to give instead.
function verification.mode_of(value, role)
   if value == "report" and role == "server" then
      return 'verify = "report" is for clients: give "optional", and a verify handler that returns "accept" for those '
         .. "who may come although they do not verify"
   elseif value == "optional" and role == "client" then
      return 'verify = "optional" is for servers, whose clients may have no certificate: give "report" to go on '
         .. "whatever the verdict is"
   end
   return nil
end

--- modes(role) is the check for a function that only one side has.
function verification.modes(role)
   return is.one_of(MODES[role])
end

-- What a context and a single verification have in common.
verification.checks = {
   crls = is.filled(is.any("a PEM or DER string, or a list of CRL objects", is.string, is.object("crl"),
      is.list(crl, "CRL objects")), "no CRL"),
   pins = is.filled(is.list(is_pin, "pins"), "any key"),
   clock_skew = is.duration((select(2, core.bounds("verify", "clock_skew")))),
   revocation = is.one_of(verification.revocations),
   staple = is.one_of(verification.staples),
}

local specification = {
   server_name = is.server_name, purpose = is.one_of({ "server", "client", "any" }), time = is.time,
   ocsp_responses = is.filled(is.any("the DER of an OCSP response, or a list of OCSP response objects", is.string,
      is.object("ocsp_response"), is.list(ocsp, "OCSP responses")), "no response"),
   verify_depth = is.bounded("verify", "verify_depth"), min_rsa_bits = is.bounded("verify", "min_rsa_bits"),
   allow_sha1 = is.boolean,
}
for name, check in pairs(verification.checks) do specification[name] = check end

-- What a certificate takes beside: whom to trust, and what came with it.
local of_certificate = {
   chain = is.any("PEM, or a list of certificate objects", is.string, is.object("certificate"),
      is.list(is.any("a certificate object, PEM or DER", is.string, is.object("certificate")), "certificates")),
   trust = is.any("a trust store, PEM, a list of certificates or \"system\"", is.string, is.object("trust"),
      is.object("certificate"), is.certificates),
}
for name, check in pairs(specification) do of_certificate[name] = check end

-- ---- Conversion ----

local function each(value)
   return type(value) == "table" and value or { value }
end

local function crl_list(value)
   local list = {}
   for _, entry in ipairs(each(value)) do
      if type(entry) == "string" then
         local more, message, code = handed_in.crls(entry)
         if not more then return nil, message, code end
         for _, one in ipairs(more) do list[#list + 1] = one end
      else
         list[#list + 1] = entry
      end
   end
   return list
end

local function ocsp_list(value)
   local list = {}
   for _, entry in ipairs(each(value)) do
      if type(entry) == "string" then
         local object, message, code = handed_in.ocsp_response(entry)
         if not object then return nil, message, code end
         entry = object
      end
      list[#list + 1] = entry
   end
   return list
end

--- pins(list) is the list's pins, which `checks.pins` has taken, as the core has them: strings of 32 bytes.
function verification.pins(list)
   local pins = {}
   for index, value in ipairs(list) do
      local bytes = pin(value)
      if not bytes then
         error(("option 'pins': element %d must be %s, not %s"):format(index, is_pin(value),
            options.describe(value)), 0)
      end
      pins[index] = bytes
   end
   return pins
end

--- convert(given) is a copy of checked options in the form that the core takes, or nil, message, code when a CRL or
-- OCSP response cannot be read.
function verification.convert(given)
   local copy = {}
   for name, value in pairs(given) do copy[name] = value end
   local message, code
   if given.crls ~= nil then
      copy.crls, message, code = crl_list(given.crls)
      if not copy.crls then return nil, message, code end
   end
   if given.ocsp_responses ~= nil then
      copy.ocsp_responses, message, code = ocsp_list(given.ocsp_responses)
      if not copy.ocsp_responses then return nil, message, code end
   end
   if given.pins then
      copy.pins = verification.pins(given.pins)
   end
   return copy
end

local function own(given)
   local copy = {}
   for name, value in pairs(given) do copy[name] = value end
   return copy
end

local function store_of(value)
   if value == nil or value == "system" then return require("bearssl.trust").system() end
   if options.is_object(value, "trust") then return value end
   if type(value) == "string" then return require("bearssl.trust").load(value) end
   return require("bearssl.trust").new(options.is_object(value, "certificate") and { value } or value)
end

-- The certificate and what came with it, as far as it is not the certificate again: a list, or nil, message, code.
local function chain_of(leaf, others)
   local chain = { leaf }
   if others == nil or type(others) == "table" and #others == 0 then return chain end
   local list, message, code = require("bearssl.credential").chain(others)
   if not list then return nil, message, code end
   for index, entry in ipairs(list) do
      if index > 1 or entry:der() ~= leaf:der() then chain[#chain + 1] = entry end
   end
   return chain
end

--- of_certificate(certificate, options) is certificate:verify.
function verification.of_certificate(leaf, given)
   if given == nil then given = {} end
   options.check(given, of_certificate, "certificate:verify", -1)
   local chain, message, code = chain_of(leaf, given.chain)
   if not chain then return nil, message, code end
   local store
   store, message, code = store_of(given.trust)
   if not store then return nil, message, code end
   local converted
   converted, message, code = verification.convert(own(given))
   if not converted then return nil, message, code end
   return core.own_methods.trust_verify(store, chain, converted)
end

local is_chain = is.list(is.object("certificate"), "certificate objects")

--- of_store(store, chain, options) is trust:verify.
function verification.of_store(store, chain, given)
   local must, exact = is_chain(chain)
   if exact then error("trust:verify: the chain: " .. exact, 0) end
   if must then error(("trust:verify: the chain must be %s, not %s"):format(must, options.describe(chain)), 0) end
   if given == nil then given = {} end
   options.check(given, specification, "trust:verify", -1)
   local converted, message, code = verification.convert(own(given))
   if not converted then return nil, message, code end
   return core.own_methods.trust_verify(store, chain, converted)
end

return verification

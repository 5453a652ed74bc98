-- ssl.x509: certificates as LuaSec shows them.
local core = require "bearssl.core"
local names = require "bearssl.luasec.x509_names"
local object = require "bearssl.luasec.object"

local methods = {}
local make, look, check = object.class("SSL:Certificate", "X509 certificate", methods, {
   -- Nothing to release: the certificate is memory alone.
   __gc = function() end, __close = function() end,
})

local x509 = {}

--- wrap(certificate) is LuaSec's object for one of the library's.
function x509.wrap(certificate)
   return make { certificate = certificate, encoding = "ai5" }
end

--- unwrap(value) is the library's object, or nil.
function x509.unwrap(value)
   local state = look(value)
   return state and state.certificate
end

local BLOCK = "%-%-%-%-%-BEGIN [%u ]*CERTIFICATE%-%-%-%-%-.-%-%-%-%-%-END [%u ]*CERTIFICATE%-%-%-%-%-"

--- load(pem) is the first certificate of a PEM string, or nil.
local function load(pem)
   local block = object.text(pem, "load", 1):match(BLOCK)
   local list = block and core.certificates(block)
   return list and x509.wrap(list[1]) or nil
end

--- subject(), issuer() are lists of { oid =, name =, value = }, in the order of the certificate.
function methods:subject()
   local state = check(self, "subject")
   return names.subject(state.certificate, state.encoding)
end

function methods:issuer()
   local state = check(self, "issuer")
   return names.issuer(state.certificate, state.encoding)
end

--- extensions() is a table with the subject's alternative names, or an empty one.
function methods:extensions()
   local state = check(self, "extensions")
   return names.extensions(state.certificate, state.encoding)
end

--- setencode("utf8" or "ai5") says how strings of names are given from then on: as UTF-8, or as they stand. Whether it
-- is one of these.
function methods:setencode(encoding)
   local state = check(self, "setencode")
   encoding = object.text(encoding, "setencode", 2)
   if encoding ~= "utf8" and encoding ~= "ai5" then return false end
   state.encoding = encoding
   return true
end

--- serial() is the serial number in upper-case hexadecimal digits of whole bytes.
function methods:serial()
   local text = check(self, "serial").certificate:serial():upper()
   local sign, digits = text:match "^(%-?)(.*)$"
   if #digits % 2 == 1 then digits = "0" .. digits end
   return sign .. digits
end

local MONTHS = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }

-- By hand: %b and %d would be the locale's, and os.date knows no year beyond what the C library does.
local function date(seconds)
   local days = math.floor(seconds / 86400)
   local rest = seconds - days * 86400
   local z = days + 719468 -- days from 0000-03-01
   local era = math.floor(z / 146097)
   local of_era = z - era * 146097
   local year_of_era = math.floor((of_era - math.floor(of_era / 1460) + math.floor(of_era / 36524)
      - math.floor(of_era / 146096)) / 365)
   local of_year = of_era - (365 * year_of_era + math.floor(year_of_era / 4) - math.floor(year_of_era / 100))
   local shifted = math.floor((5 * of_year + 2) / 153)
   local day = of_year - math.floor((153 * shifted + 2) / 5) + 1
   local month = shifted < 10 and shifted + 3 or shifted - 9
   local year = year_of_era + era * 400 + (month <= 2 and 1 or 0)
   return ("%s %2d %02d:%02d:%02d %d GMT"):format(MONTHS[month], day, math.floor(rest / 3600),
      math.floor(rest / 60) % 60, rest % 60, year)
end

--- notbefore(), notafter() are the bounds of validity, as "Jan  1 00:00:00 2021 GMT".
function methods:notbefore()
   return date(check(self, "notbefore").certificate:not_before())
end

function methods:notafter()
   return date(check(self, "notafter").certificate:not_after())
end

--- validat(time) tells whether the certificate is in date at a time.
function methods:validat(time)
   local certificate = check(self, "validat").certificate
   time = tonumber(time)
   if not time then error("bad argument #2 to 'validat' (number expected)", 2) end
   return certificate:not_before() <= time and time <= certificate:not_after()
end

local DIGESTS = { sha1 = true, sha256 = true, sha512 = true }

--- digest([algorithm]) is the certificate's hash in lower-case hexadecimal digits; or nil and a message.
function methods:digest(algorithm)
   local certificate = check(self, "digest").certificate
   algorithm = algorithm == nil and "sha1" or object.text(algorithm, "digest", 2)
   if not DIGESTS[algorithm] then return nil, ("digest algorithm not supported (%s)"):format(algorithm) end
   return certificate:fingerprint(algorithm)
end

--- pem() is the certificate in PEM.
function methods:pem()
   return check(self, "pem").certificate:pem()
end

local KINDS = { RSA = "RSA", EC = "EC", DSA = "DSA" }

--- pubkey() is the public key in PEM, "RSA", "EC" or "Unknown", and its bits.
function methods:pubkey()
   local key = check(self, "pubkey").certificate:public_key()
   local text = names.base64(key.der):gsub(("."):rep(64), "%0\n"):gsub("\n$", "")
   return "-----BEGIN PUBLIC KEY-----\n" .. text .. "\n-----END PUBLIC KEY-----\n", KINDS[key.type] or "Unknown",
      key.bits or key.type == "Ed25519" and 256 or 0
end

local SIGNATURES = {
   sha1WithRSAEncryption = "RSA-SHA1", sha224WithRSAEncryption = "RSA-SHA224", sha256WithRSAEncryption = "RSA-SHA256",
   sha384WithRSAEncryption = "RSA-SHA384", sha512WithRSAEncryption = "RSA-SHA512", md5WithRSAEncryption = "RSA-MD5",
}
local SIGNATURE_OIDS = { ["1.2.840.113549.1.1.10"] = "RSASSA-PSS", ["1.3.101.112"] = "ED25519" }

--- getsignaturename() is OpenSSL's short name of what the certificate is signed with.
function methods:getsignaturename()
   local name, oid = check(self, "getsignaturename").certificate:signature_algorithm()
   return SIGNATURE_OIDS[oid] or SIGNATURES[name] or name or "undefined"
end

--- issued(subject [, intermediates…]) tells whether a chain leads from a certificate to this one, as its root: true, or
-- nil and OpenSSL's text.
function methods:issued(subject, ...)
   local root = check(self, "issued").certificate
   local chain = { check(subject, "issued", 2).certificate }
   for index = 1, select("#", ...) do
      chain[index + 1] = check((select(index, ...)), "issued", index + 2).certificate
   end
   return names.issued(root, chain)
end

return { load = load, wrap = x509.wrap, unwrap = x509.unwrap }

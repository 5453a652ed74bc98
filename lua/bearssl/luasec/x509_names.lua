-- What LuaSec's certificates show of names: attributes and alternative names, with OpenSSL's long names.
local trust = require "bearssl.trust"

local names = {}

names.base64 = require("bearssl.base64").encode

-- OpenSSL's long names of attributes.
local ATTRIBUTES = {
   ["2.5.4.3"] = "commonName", ["2.5.4.4"] = "surname", ["2.5.4.5"] = "serialNumber", ["2.5.4.6"] = "countryName",
   ["2.5.4.7"] = "localityName", ["2.5.4.8"] = "stateOrProvinceName", ["2.5.4.9"] = "streetAddress",
   ["2.5.4.10"] = "organizationName", ["2.5.4.11"] = "organizationalUnitName", ["2.5.4.12"] = "title",
   ["2.5.4.13"] = "description", ["2.5.4.15"] = "businessCategory", ["2.5.4.16"] = "postalAddress",
   ["2.5.4.17"] = "postalCode", ["2.5.4.18"] = "postOfficeBox", ["2.5.4.20"] = "telephoneNumber",
   ["2.5.4.41"] = "name", ["2.5.4.42"] = "givenName", ["2.5.4.43"] = "initials",
   ["2.5.4.44"] = "generationQualifier", ["2.5.4.45"] = "x500UniqueIdentifier", ["2.5.4.46"] = "dnQualifier",
   ["2.5.4.65"] = "pseudonym", ["2.5.4.97"] = "organizationIdentifier",
   ["1.2.840.113549.1.9.1"] = "emailAddress", ["1.2.840.113549.1.9.2"] = "unstructuredName",
   ["1.2.840.113549.1.9.8"] = "unstructuredAddress",
   ["0.9.2342.19200300.100.1.1"] = "userId", ["0.9.2342.19200300.100.1.25"] = "domainComponent",
   ["1.3.6.1.4.1.311.60.2.1.1"] = "jurisdictionLocalityName",
   ["1.3.6.1.4.1.311.60.2.1.2"] = "jurisdictionStateOrProvinceName",
   ["1.3.6.1.4.1.311.60.2.1.3"] = "jurisdictionCountryName",
}

-- One element of DER at `at`: tag, first byte of its content, last byte of its content; nil where it is cut off.
local function element(der, at, last)
   local tag, length = der:byte(at, at + 1)
   if not tag or not length then return nil end
   local first = at + 2
   if length >= 128 then
      local count = length - 128
      if count < 1 or count > 4 or first + count - 1 > last then return nil end
      length = 0
      for index = first, first + count - 1 do length = length * 256 + der:byte(index) end
      first = first + count
   end
   if first + length - 1 > last then return nil end
   return tag, first, first + length - 1
end

-- Calls take(tag, first, last) for each element between two positions.
local function each(der, at, last, take)
   while at <= last do
      local tag, first, to = element(der, at, last)
      if not tag then return end
      take(tag, first, to)
      at = to + 1
   end
end

-- The raw values of a name's attributes, in its order.
local function raw_values(der)
   local values = {}
   local _, first, last = element(der, 1, #der)
   if not first then return values end
   each(der, first, last, function(_, set_first, set_last)
      each(der, set_first, set_last, function(_, pair_first, pair_last)
         local count = 0
         each(der, pair_first, pair_last, function(_, from, to)
            count = count + 1
            if count == 2 then values[#values + 1] = der:sub(from, to) end
         end)
      end)
   end)
   return values
end

-- distinguished(name, encoding, der) is a list of { oid =, name =, value = } of what the library gives of a name.
local function distinguished(name, encoding, der)
   local raw = encoding == "ai5" and der and raw_values(der)
   local list = {}
   for index, attribute in ipairs(name) do
      list[index] = {
         oid = attribute.oid, name = ATTRIBUTES[attribute.oid] or attribute.oid,
         value = raw and raw[index] or attribute.value,
      }
   end
   return list
end

-- A list's text, and the other alternative names of a certificate.
local FIELDS = { [1] = "rfc822Name", [2] = "dNSName", [6] = "uniformResourceIdentifier", [7] = "iPAddress" }
local OTHERS = { ["1.3.6.1.5.5.7.8.5"] = "XmppAddr", ["1.3.6.1.5.5.7.8.7"] = "SRVName" }

local function oid_text(bytes)
   local parts, number = {}, 0
   for index = 1, #bytes do
      local byte = bytes:byte(index)
      number = number * 128 + byte % 128
      if byte < 128 then
         if #parts == 0 then
            local top = math.min(2, math.floor(number / 40))
            parts[1], parts[2] = ("%d"):format(top), ("%d"):format(number - 40 * top)
         else
            parts[#parts + 1] = ("%.0f"):format(number)
         end
         number = 0
      end
   end
   return table.concat(parts, ".")
end

-- As inet_ntop writes it: the longest run of zeros, of two groups at least, is "::".
local function address(bytes)
   if #bytes == 4 then return ("%d.%d.%d.%d"):format(bytes:byte(1, 4)) end
   if #bytes ~= 16 then return nil end
   local groups, best, best_length = {}, nil, 1
   for index = 1, 8 do groups[index] = bytes:byte(2 * index - 1) * 256 + bytes:byte(2 * index) end
   local index = 1
   while index <= 8 do
      local to = index
      while groups[to] == 0 do to = to + 1 end
      if to - index > best_length then best, best_length = index, to - index end
      index = to + 1
   end
   local function text(from, to)
      local parts = {}
      for i = from, to do parts[#parts + 1] = ("%x"):format(groups[i]) end
      return table.concat(parts, ":")
   end
   if not best then return text(1, 8) end
   return text(1, best - 1) .. "::" .. text(best + best_length, 8)
end

local function utf8_of_utf16(bytes)
   local out = {}
   for index = 1, #bytes - 1, 2 do
      local point = bytes:byte(index) * 256 + bytes:byte(index + 1)
      if point < 0x80 then
         out[#out + 1] = string.char(point)
      elseif point < 0x800 then
         out[#out + 1] = string.char(0xC0 + math.floor(point / 64), 0x80 + point % 64)
      else
         out[#out + 1] = string.char(0xE0 + math.floor(point / 4096), 0x80 + math.floor(point / 64) % 64,
            0x80 + point % 64)
      end
   end
   return table.concat(out)
end

local BMP_STRING, T61_STRING = 0x1E, 0x14

local function string_value(tag, bytes, encoding)
   if encoding ~= "utf8" then return bytes end
   if tag == BMP_STRING then return utf8_of_utf16(bytes) end
   if tag == T61_STRING then
      return (bytes:gsub("[\128-\255]", function(c)
         return string.char(0xC0 + math.floor(c:byte() / 64), 0x80 + c:byte() % 64)
      end))
   end
   return bytes
end

-- otherName: [0] { type-id, [0] EXPLICIT value }
local function add_other(found, der, first, last, encoding)
   local tag, from, to = element(der, first, last)
   if tag ~= 0x06 then return end
   local oid = oid_text(der:sub(from, to))
   local outer, value_first, value_last = element(der, to + 1, last)
   if outer ~= 0xA0 then return end
   local value_tag, value_from, value_to = element(der, value_first, value_last)
   if not value_tag then return end
   local list = found[oid] or { name = OTHERS[oid] or oid }
   list[#list + 1] = string_value(value_tag, der:sub(value_from, value_to), encoding)
   found[oid] = list
end

local SUBJECT_ALT_NAME = "2.5.29.17"

--- extensions(certificate, encoding) is LuaSec's table of extensions: only the subject's alternative names.
function names.extensions(certificate, encoding)
   local der = certificate:extension(SUBJECT_ALT_NAME)
   if not der then return {} end
   local found = { name = "X509v3 Subject Alternative Name" }
   local _, first, last = element(der, 1, #der)
   if not first then return { [SUBJECT_ALT_NAME] = found } end
   each(der, first, last, function(tag, from, to)
      local kind = tag % 32
      if kind == 0 then return add_other(found, der, from, to, encoding) end
      local field = FIELDS[kind]
      if not field then return end
      local value = der:sub(from, to)
      if kind == 7 then value = address(value) end
      found[field] = found[field] or {}
      table.insert(found[field], value)
   end)
   return { [SUBJECT_ALT_NAME] = found }
end

-- The names of a certificate as they stand in it: issuer, subject (RFC 5280 section 4.1).
local function name_ders(certificate)
   local der = certificate:der()
   local _, first, last = element(der, 1, #der)
   local _, tbs_first, tbs_last = element(der, first, last)
   local fields = {}
   local at = tbs_first
   while at <= tbs_last and #fields < 6 do
      local tag, _, to = element(der, at, tbs_last)
      if not tag then break end
      if tag ~= 0xA0 then fields[#fields + 1] = der:sub(at, to) end
      at = to + 1
   end
   return fields[3], fields[5] -- serialNumber, signature, issuer, validity, subject
end

--- subject(certificate, encoding), issuer(certificate, encoding) are LuaSec's lists of a name's attributes.
function names.subject(certificate, encoding)
   local _, der = name_ders(certificate)
   return distinguished(certificate:subject(), encoding, der)
end

function names.issuer(certificate, encoding)
   return distinguished(certificate:issuer(), encoding, (name_ders(certificate)))
end

local ISSUED_TEXTS = {
   certificate_expired = "certificate has expired", certificate_not_yet_valid = "certificate is not yet valid",
   not_a_ca = "invalid CA certificate", path_too_long = "certificate chain too long",
   bad_certificate_signature = "certificate signature failure", unknown_ca = "unable to get local issuer certificate",
   self_signed = "self-signed certificate",
}

--- issued(root, chain) tells whether a chain, subject first, leads to a root: true, or nil and OpenSSL's text.
function names.issued(root, chain)
   local store = trust.new { root }
   local good, message, code = store:verify(chain, { purpose = "any", min_rsa_bits = 1024, allow_sha1 = true })
   if good and not root:is_self_signed() then return nil, "unable to get issuer certificate" end
   if good then return true end
   return nil, ISSUED_TEXTS[code] or message
end

return names

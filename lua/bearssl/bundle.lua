-- Strings of certificates in every form: PEM and DER, which the core reads, and PKCS#7 (RFC 5652 section 5): ".p7b",
-- SignedData that holds certificates and signs nothing.
local ber = require "bearssl.ber"
local core = require "bearssl.core"

local bundle = {}

local DATA = "\42\134\72\134\247\13\1\7\1"
local SIGNED_DATA = "\42\134\72\134\247\13\1\7\2"
local CONTENT_INFO = "\6\9" .. DATA:sub(1, 8)
local PFX = "\2\1\3\48"

-- What other types of content are, by the last byte of their OID.
local OTHERS = {
   [1] = "data", [3] = "enveloped data", [4] = "signed and enveloped data", [5] = "a digest", [6] = "encrypted data",
}

local CONTENT = "PKCS#7 that signs something, where a bundle of certificates belongs: "
   .. "`openssl cms -verify -noverify -in FILE -certsout FILE.pem` takes out its certificates"

local function read(bytes)
   local info = ber.single(bytes, 0x30)
   local kind = ber.read(info[1], 6)
   if kind ~= SIGNED_DATA then
      return nil, ("PKCS#7 with %s, where a bundle of certificates belongs"):format(
         kind:sub(1, 8) == DATA:sub(1, 8) and OTHERS[kind:byte(9)] or "something else")
   end
   local fields = ber.open(ber.open(info[2], 0xA0)[1], 0x30)
   ber.read(fields[1], 2)
   ber.read(fields[2], 0x31)
   local content = ber.open(fields[3], 0x30)
   if ber.read(content[1], 6) ~= DATA then return nil, CONTENT end
   if content[2] and ber.read(ber.open(content[2], 0xA0)[1], 4) ~= "" then return nil, CONTENT end
   local list = {}
   local at = 4
   if fields[at] and fields[at].tag == 0xA0 then
      for _, one in ipairs(ber.elements(fields[at].contents)) do
         -- the other choices of CertificateChoices have tags of their own
         if one.tag == 0x30 then list[#list + 1] = one.whole end
      end
      at = at + 1
   end
   if fields[at] and fields[at].tag == 0xA1 then at = at + 1 end -- CRLs
   if #ber.open(fields[at], 0x31) > 0 then return nil, CONTENT end
   if #list == 0 then return nil, "PKCS#7 without a certificate in it" end
   return list
end

-- The list of the certificates of PKCS#7, or nil, message, code.
local function open(bytes)
   local good, list, message = ber.guard(read, bytes)
   if not good then return nil, "PKCS#7 that is damaged or cut short", "bad_der" end
   if not list then return nil, message, "bad_certificate" end
   return list
end

local LABELS = { PKCS7 = true, CMS = true, ["PKCS #7 SIGNED DATA"] = true }

local function has_block(bytes)
   return bytes:find("-----BEGIN PKCS7-----", 1, true) or bytes:find("-----BEGIN CMS-----", 1, true)
      or bytes:find("-----BEGIN PKCS #7 SIGNED DATA-----", 1, true)
end

local function open_text(bytes)
   local list = {}
   for _, block in ipairs(core.pem_blocks(bytes)) do
      if LABELS[block[1]] then
         if not block[2] then return nil, "PKCS#7 that is damaged or cut short", "bad_pem" end
         local more, message, code = open(block[2])
         if not more then return nil, message, code end
         for _, one in ipairs(more) do list[#list + 1] = one end
      end
   end
   if bytes:find("CERTIFICATE-----", 1, true) then table.insert(list, 1, bytes) end
   return list
end

--- parts(bytes) is a list of strings that the core reads, PEM or one certificate in DER; for what holds no PKCS#7 that
-- of `bytes` alone. nil, message, code for PKCS#7 that is no bundle of certificates.
function bundle.parts(bytes)
   if ber.begins(bytes, CONTENT_INFO) then
      local list, message, code = open(bytes)
      return list, message, code
   elseif bytes:sub(1, 1) ~= "\48" and has_block(bytes) then
      local list, message, code = open_text(bytes)
      return list, message, code
   end
   return { bytes }
end

--- certificates(bytes) is core.certificates for every form.
function bundle.certificates(bytes)
   local parts, message, code = bundle.parts(bytes)
   if not parts then return nil, message, code end
   if #parts == 1 then
      local list
      list, message, code = core.certificates(parts[1])
      if not list and ber.begins(bytes, PFX) then message = message .. "; bearssl.pkcs12 reads it with its password" end
      return list, message, code
   end
   local all = {}
   for _, part in ipairs(parts) do
      local list
      list, message, code = core.certificates(part)
      if not list then return nil, message, code end
      for _, one in ipairs(list) do all[#all + 1] = one end
   end
   return all
end

--- trust_add(store, bytes) is core.trust_add for every form: certificates added, or nil, message, code.
function bundle.trust_add(store, bytes)
   local parts, message, code = bundle.parts(bytes)
   if not parts then return nil, message, code end
   local total
   for _, part in ipairs(parts) do
      local count
      count, message, code = core.trust_add(store, part)
      if count then total = (total or 0) + count end
   end
   if not total then return nil, message, code end
   return total
end

return bundle

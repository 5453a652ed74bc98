-- What is wrong with a server's certificates, judged from one of the report's chains (see chains.lua).
local describe = require "bearssl.describe"

local certificate_faults = {}

local DAY = 86400

-- The longest validity of certificates of public authorities, in days, by when they are issued: CA/Browser Forum,
-- Baseline Requirements section 6.3.2, as ballot SC-081v3 has it.
local SCHEDULE = {
   { 1868227200, 47 }, -- 2029-03-15
   { 1805068800, 100 }, -- 2027-03-15
   { 1773532800, 200 }, -- 2026-03-15
   { 1598918400, 398 }, -- 2020-09-01
   { 1519862400, 825 }, -- 2018-03-01
}
local SCHEDULE_TEXT = "398 from September 2020, 200 from 15 March 2026, 100 from 15 March 2027, 47 from 15 March 2029"

--- longest_validity(issued) is how many days a certificate of a public authority may be valid that was issued then.
function certificate_faults.longest_validity(issued)
   for _, row in ipairs(SCHEDULE) do
      if issued >= row[1] then return row[2] end
   end
   return 1188 -- 39 months
end

local function name_of(index, certificate)
   return index == 1 and "the certificate" or "the certificate of " .. certificate.subject
end

local function judge_dates(certificate, who, add, settings)
   local left = certificate.not_after - settings.time
   if left < 0 then
      add("critical", "expired", ("%s expired on %s"):format(who, describe.date(certificate.not_after)))
   elseif left < settings.days * DAY then
      add("warning", "expires_soon", ("%s expires in %d days, on %s"):format(who, math.floor(left / DAY),
         describe.date(certificate.not_after)))
   end
   if certificate.not_before > settings.time then
      add("critical", "not_yet_valid", ("%s is not valid before %s"):format(who, describe.date(certificate.not_before)))
   end
end

local function judge_key(certificate, who, add)
   local key = certificate.public_key
   if key.type == "RSA" and key.bits and key.bits < 2048 then
      add("critical", "weak_key", ("%s has an RSA key of %d bits"):format(who, key.bits))
   elseif key.type == "EC" and key.bits and key.bits < 256 then
      add("critical", "weak_key", ("%s has a key on a curve of %d bits"):format(who, key.bits))
   elseif key.type == "EC" and not key.curve and not key.bits then
      add("warning", "unusual_curve", who .. " has a key on a curve that few clients know")
   end
end

--- is_weakly_signed(certificate): by SHA-1 or older? Nobody relies on the signature of a root.
function certificate_faults.is_weakly_signed(certificate)
   local algorithm = tostring(certificate.signature_algorithm)
   local lower = algorithm:lower():gsub("%-", "")
   local weak = lower:find "sha1" or lower:find "md5" or lower:find "md2"
      or algorithm:find "^1%.2%.840%.113549%.1%.1%.[2345]$" or algorithm == "1.2.840.10045.4.1"
   return weak and certificate.subject ~= certificate.issuer or false
end

local function wildcard_fault(name)
   if not name:find("*", 1, true) then return nil end
   if not name:find "^%*%." or name:find("*", 2, true) then
      return "a wildcard stands for the whole first label of a name (RFC 9525 section 6.3)"
   end
   if not name:find "^%*%.[^.]+%." then return "a wildcard over a whole top-level domain is refused by clients" end
   return nil
end

local function judge_names(leaf, add, settings, name_matches)
   local hosts = 0
   for _, entry in ipairs(leaf.names or {}) do
      local kind, value = tostring(entry.type):lower(), tostring(entry.value)
      if kind == "dns" or kind == "ip" then hosts = hosts + 1 end
      local fault = kind == "dns" and wildcard_fault(value)
      if fault then add("warning", "odd_wildcard", ("the name %s in the certificate: %s"):format(value, fault)) end
   end
   if leaf.names and hosts == 0 and leaf.pin then
      local only = leaf.common_name and (", only the common name %s, which clients no longer look at"):format(
         leaf.common_name) or ""
      add("critical", "no_names", "the certificate has no name of a host in subjectAltName" .. only)
   elseif not name_matches then
      add("critical", "name_mismatch", ("the certificate is not for %s"):format(tostring(settings.name)))
   end
end

local function has(list, name)
   for _, item in ipairs(list or {}) do
      if item == name then return true end
   end
   return false
end

-- `pin` is there where the certificate itself was looked into.
local function judge_use(leaf, add)
   if not leaf.pin then return end
   local usages = leaf.extended_key_usage
   if not usages then
      add("notice", "no_extended_key_usage", "the certificate does not say that it is for servers (extended key usage)")
   elseif not has(usages, "serverAuth") and not has(usages, "anyExtendedKeyUsage") then
      add("critical", "wrong_extended_key_usage", "the certificate is not for servers: " .. table.concat(usages, ", "))
   end
   if leaf.is_ca then
      add("warning", "authority_as_server", "the certificate is one of an authority (CA), and not one for a server")
   end
end

-- RFC 5280 section 4.1.2.2, and section 7.1 of the Baseline Requirements for public authorities.
local function judge_serial(certificate, who, add, is_public)
   local digits = certificate.serial and certificate.serial:gsub("[^%x]", "")
   if not digits then return end
   local octets = math.ceil(#digits / 2)
   if octets > 20 then
      add("notice", "long_serial", ("%s has a serial number of %d octets, and 20 are allowed"):format(who, octets))
   elseif digits:find "^0*$" then
      add("notice", "zero_serial", who .. " has the serial number 0")
   elseif is_public and octets < 8 then
      add("notice", "short_serial",
         ("%s has a serial number of %d octets, and public authorities owe 64 random bits"):format(who, octets))
   end
end

-- What public authorities have to obey, and browsers demand of them.
local function judge_public(entry, add)
   local leaf = entry.chain[1]
   local days = (leaf.not_after - leaf.not_before + 1) / DAY
   local longest = certificate_faults.longest_validity(leaf.not_before)
   if days > longest then
      add("warning", "long_lived", ("the certificate is valid for %d days, and public authorities may issue %d (%s)")
         :format(math.ceil(days), longest, SCHEDULE_TEXT))
   end
   if entry.scts == 0 then
      add("warning", "no_timestamps",
         "no signed certificate timestamp comes with the certificate: browsers refuse that of public authorities")
   end
end

local STAPLES = {
   ocsp_expired = { "warning", "staple_expired", "the stapled OCSP response is not in date" },
   revoked = { "critical", "revoked", "the stapled OCSP response says that the certificate is revoked" },
   unknown = { "warning", "staple_unknown", "the stapled OCSP response does not know the certificate" },
   malformed = { "warning", "bad_staple", "the stapled OCSP response cannot be read" },
   bad_ocsp_response = {
      "warning", "bad_staple", "the stapled OCSP response is not for the certificate, or badly signed",
   },
}

local function judge_staple(entry, add)
   local staple = entry.staple
   if staple == nil then return end
   if staple == false then
      if entry.chain[1].must_staple then
         add("critical", "staple_missing",
            "the certificate says that an OCSP response is stapled (must-staple), and none is")
      end
      return
   end
   local fault = STAPLES[staple.status]
   if fault then
      add(fault[1], fault[2], fault[3])
   elseif staple.status ~= "good" then
      add("warning", "bad_staple", ("the stapled OCSP response says nothing: %s"):format(tostring(staple.status)))
   end
end

local function judge_order(entry, add)
   if entry.in_order == false then
      add("warning", "chain_order", "the chain is not in order: each certificate should be followed by its issuer's")
   end
   for _, index in ipairs(entry.superfluous or {}) do
      local certificate = entry.chain[index]
      local first = certificate.fingerprint and certificate.fingerprint == entry.chain[1].fingerprint
      add("notice", "superfluous_certificate", first and "the server's certificate is sent twice"
         or ("the certificate of %s is sent, which is not part of the chain"):format(certificate.subject))
   end
   if entry.root_sent then
      add("notice", "root_sent", "the server sends the root certificate, which clients do not need")
   end
   if entry.incomplete then
      local top = entry.chain[entry.order[#entry.order]]
      add("critical", "incomplete_chain", ("the certificate of the issuer is not sent: %s, which is at %s"):format(
         top.issuer, top.issuer_uris[1]))
   end
end

--- judge(entry, add, settings) calls add(level, code, text) for each fault of a chain. settings: days (before the end),
-- name, time, public (whether it leads to an authority that is the system's).
function certificate_faults.judge(entry, add, settings)
   for i, certificate in ipairs(entry.chain) do
      local who = name_of(i, certificate)
      judge_dates(certificate, who, add, settings)
      judge_key(certificate, who, add)
      if certificate_faults.is_weakly_signed(certificate) then
         add("critical", "weak_signature", ("%s is signed with %s"):format(who, certificate.signature_algorithm))
      end
      judge_serial(certificate, who, add, settings.public)
   end
   judge_names(entry.chain[1], add, settings, entry.name_matches)
   judge_use(entry.chain[1], add)
   judge_order(entry, add)
   judge_staple(entry, add)
   if settings.public then judge_public(entry, add) end
end

--- judge_shared(list, add) looks for a key that stands in several certificates of all chains.
function certificate_faults.judge_shared(list, add)
   local owner = {}
   for _, entry in ipairs(list) do
      for _, certificate in ipairs(entry.chain) do
         local other = certificate.pin and owner[certificate.pin]
         if other and other.fingerprint ~= certificate.fingerprint and other.subject ~= certificate.subject then
            add("warning", "shared_key", ("one key is in the certificates of %s and of %s"):format(other.subject,
               certificate.subject))
         end
         if certificate.pin then owner[certificate.pin] = other or certificate end
      end
   end
end

return certificate_faults

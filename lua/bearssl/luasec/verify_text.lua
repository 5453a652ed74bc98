-- What is wrong with a chain of certificates, as OpenSSL says it: a list of texts for each depth.
local verify_text = {}

local LOCAL_ISSUER = "unable to get local issuer certificate"

local texts = {
   self_signed = { "self-signed certificate" },
   certificate_expired = { "certificate has expired" },
   certificate_not_yet_valid = { "certificate is not yet valid" },
   wrong_purpose = { "unsuitable certificate purpose" },
   not_a_ca = { "invalid CA certificate", "unsuitable certificate purpose",
      "key usage does not include certificate signing" },
   path_too_long = { "certificate chain too long", LOCAL_ISSUER },
   bad_certificate_signature = { "certificate signature failure" },
   certificate_revoked = { "certificate revoked" },
   revocation_unknown = { "unable to get certificate CRL" },
   crl_expired = { "CRL has expired" }, crl_not_yet_valid = { "CRL is not yet valid" },
   bad_crl = { "CRL signature failure" }, unsupported_crl = { "Different CRL scope" },
   weak_signature = { "CA signature digest algorithm too weak" },
   critical_extension = { "unhandled critical extension" }, name_constraint = { "permitted subtree violation" },
   name_mismatch = { "hostname mismatch" },
   staple_required = { "OCSP verification needed" }, bad_ocsp_response = { "OCSP verification failed" },
   ocsp_expired = { "OCSP verification failed" },
}

-- Each link costs the check of a signature, and it is the peer who says how many there are.
local LINKS_MAXIMUM = 17

-- How many certificates of a chain lead on from its leaf, each signed by the next.
local function linked(chain)
   local count = 1
   while count < LINKS_MAXIMUM and chain[count + 1] and chain[count + 1]:issued(chain[count]) do count = count + 1 end
   return count
end

-- top: how many are linked, here as below.
local function unknown_issuer(chain, top)
   if chain[top]:is_self_signed() then
      if top == 1 then return { [1] = { "self-signed certificate" } } end
      return { [top] = { "self-signed certificate in certificate chain" } }
   elseif top == 1 then
      return { [1] = { LOCAL_ISSUER, "unable to verify the first certificate" } }
   end
   return { [top] = { LOCAL_ISSUER } }
end

local function of_code(code, message, chain, index, top)
   if code == "unknown_ca" then return unknown_issuer(chain, top) end
   if code == "weak_key" then
      return { [index] = { index == 1 and "EE certificate key too weak" or "CA certificate key too weak" } }
   end
   local found = { [index] = {} }
   for position, text in ipairs(texts[code] or { message or code }) do found[index][position] = text end
   return found
end

local function add(found, depth, text)
   local list = found[depth] or {}
   for _, known in ipairs(list) do
      if known == text then return end
   end
   list[#list + 1] = text
   found[depth] = list
end

-- OpenSSL goes on after the first defect, and looks at the dates of all that it has.
local function add_dates(found, chain, now, top)
   for depth = 1, top do
      local one = chain[depth]
      if one:not_before() > now then add(found, depth, "certificate is not yet valid") end
      if one:not_after() < now then add(found, depth, "certificate has expired") end
   end
end

-- A time at which every certificate of a chain is valid, or nil.
local function common_time(chain, top)
   local from, to
   for depth = 1, top do
      local one = chain[depth]
      if not from or one:not_before() > from then from = one:not_before() end
      if not to or one:not_after() < to then to = one:not_after() end
   end
   return from <= to and math.floor(from / 2 + to / 2) or nil
end

local dated = { certificate_expired = true, certificate_not_yet_valid = true }

-- OpenSSL begins at the root: the first text it would say, and where it stands.
local function first_of(found, chain)
   for depth = #chain, 1, -1 do
      if found[depth] then return found[depth][1], depth end
   end
end

--- of(chain, code, message, index, verify) is a table depth → list of texts, the leaf at 1; the first text; its depth.
-- code, message, index: the library's verdict; verify(time) judges the chain as of another time: true, or nil, message,
-- code, index.
function verify_text.of(chain, code, message, index, verify)
   local found, top = {}, linked(chain)
   index = math.max(1, math.min(index or 1, #chain))
   if dated[code] then
      local time = common_time(chain, top)
      if time then
         local good, other, other_code, at = verify(time)
         -- an authority may be younger
         if not good and not dated[other_code] then
            found = of_code(other_code, other, chain, math.max(1, math.min(at or 1, #chain)), top)
         end
      end
   else
      found = of_code(code, message, chain, index, top)
   end
   local first, depth = first_of(found, chain)
   add_dates(found, chain, os.time(), top)
   if dated[code] and not next(found) then found = of_code(code, message, chain, index, top) end
   if not first then first, depth = first_of(found, chain) end
   return found, first, depth
end

return verify_text

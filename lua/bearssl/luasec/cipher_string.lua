-- OpenSSL's cipher strings (openssl-ciphers(1)): "HIGH:!aNULL:kEECDH+AESGCM:@STRENGTH" → a list of suites.
local core = require "bearssl.core"

local cipher_string = {}

-- The order that OpenSSL gives them before a string is read, as far as they are known here.
local ORDER = [[
   ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-RSA-AES256-GCM-SHA384 DHE-RSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305
   ECDHE-RSA-CHACHA20-POLY1305 DHE-RSA-CHACHA20-POLY1305 ECDHE-ECDSA-AES256-CCM8 ECDHE-ECDSA-AES256-CCM
   ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-GCM-SHA256 DHE-RSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES128-CCM8
   ECDHE-ECDSA-AES128-CCM ECDHE-ECDSA-AES256-SHA384 ECDHE-RSA-AES256-SHA384 DHE-RSA-AES256-SHA256
   ECDHE-ECDSA-AES128-SHA256 ECDHE-RSA-AES128-SHA256 DHE-RSA-AES128-SHA256 ECDHE-ECDSA-AES256-SHA ECDHE-RSA-AES256-SHA
   DHE-RSA-AES256-SHA ECDHE-ECDSA-AES128-SHA ECDHE-RSA-AES128-SHA DHE-RSA-AES128-SHA ECDHE-ECDSA-DES-CBC3-SHA
   ECDHE-RSA-DES-CBC3-SHA AES256-GCM-SHA384 AES256-CCM8 AES256-CCM AES128-GCM-SHA256 AES128-CCM8 AES128-CCM
   AES256-SHA256 AES128-SHA256 AES256-SHA AES128-SHA DES-CBC3-SHA ]]

local TLS13 = { "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256" }

local by_name

local function mac_of(entry)
   return entry.aead and "AEAD" or entry.openssl_name:match "SHA%d*$" or "SHA"
end

local function suites()
   if by_name then return by_name end
   by_name = {}
   for _, entry in ipairs(core.suites()) do
      if entry.supported then
         entry.mac = mac_of(entry)
         by_name[entry.openssl_name], by_name[entry.name] = entry, entry
      end
   end
   return by_name
end

local function exchange(kind)
   return function(entry) return entry.key_exchange == kind end
end

local function authentication(kind)
   return function(entry) return entry.authentication == kind end
end

local function mac(kind)
   return function(entry) return entry.mac == kind end
end

local function cipher(kind, bits)
   return function(entry) return entry.cipher == kind and (not bits or entry.key_bits == bits) end
end

local function none() return false end
local function all() return true end
local function is_weak(entry) return entry.cipher == "3DES" end
local function is_ccm(entry) return entry.mode == "CCM" or entry.mode == "CCM_8" end
local function not_default(entry) return is_weak(entry) or is_ccm(entry) end

local classes = {
   ALL = all, COMPLEMENTOFDEFAULT = not_default, HIGH = function(entry) return not is_weak(entry) end, MEDIUM = is_weak,
   kRSA = exchange "RSA", RSA = exchange "RSA", aRSA = authentication "RSA", aECDSA = authentication "ECDSA",
   ECDSA = authentication "ECDSA", AES = cipher "AES", AES128 = cipher("AES", 128), AES256 = cipher("AES", 256),
   CHACHA20 = cipher "CHACHA20", ["3DES"] = is_weak, SHA1 = mac "SHA", SHA = mac "SHA", SHA256 = mac "SHA256",
   SHA384 = mac "SHA384", AESCCM = is_ccm,
   AESGCM = function(entry) return entry.mode == "GCM" end,
   AESCCM8 = function(entry) return entry.mode == "CCM_8" end,
   ["TLSv1.2"] = function(entry) return entry.min_version_id == core.version_id "TLSv1.2" end,
   TLSv1 = function(entry) return entry.mac == "SHA" and entry.key_exchange == "ECDHE" end,
   SSLv3 = function(entry) return entry.mac == "SHA" and entry.key_exchange ~= "ECDHE" end,
}
for _, name in ipairs { "kEECDH", "kECDHE", "EECDH", "ECDHE", "ECDH" } do classes[name] = exchange "ECDHE" end
for _, name in ipairs { "kEDH", "kDHE", "EDH", "DHE", "DH" } do classes[name] = exchange "DHE" end
-- What OpenSSL has and this library has not: nothing is in these, and nothing is wrong with naming them.
for name in ([[ COMPLEMENTOFALL aNULL eNULL NULL PSK kPSK kECDHEPSK kDHEPSK kRSAPSK aPSK SRP kSRP aSRP DSS aDSS LOW
   EXPORT EXP RC4 RC2 DES IDEA SEED MD5 ADH AECDH aDH kDHd kDHr kDH kECDHr kECDHe kECDH aECDH GOST kGOST aGOST GOST94
   CAMELLIA
   CAMELLIA128 CAMELLIA256 ARIA ARIA128 ARIA256 ARIAGCM CBC SUITEB128 SUITEB192 ]]):gmatch "%S+" do
   classes[name] = classes[name] or none
end
classes["TLSv1.0"] = classes.TLSv1

-- A word of the string → predicate, or nil for one that is unknown. "kEECDH+AESGCM" is what both have.
local function predicate_of(word)
   local parts = {}
   for name in (word .. "+"):gmatch "([^+]*)%+" do
      local suite = suites()[name]
      local class = suite and function(entry) return entry == suite end or classes[name]
      if not class then return nil end
      parts[#parts + 1] = class
   end
   return function(entry)
      for _, part in ipairs(parts) do
         if not part(entry) then return false end
      end
      return true
   end
end

-- Two parts of a list: those that satisfy, and the others, each in order.
local function split(list, test)
   local yes, no = {}, {}
   for _, entry in ipairs(list) do
      local into = test(entry) and yes or no
      into[#into + 1] = entry
   end
   return yes, no
end

local function append(list, more)
   for _, entry in ipairs(more) do list[#list + 1] = entry end
   return list
end

local STRENGTHS = { 256, 168, 128, 112 }

local function by_strength(list)
   local sorted = {}
   for _, bits in ipairs(STRENGTHS) do
      append(sorted, (split(list, function(entry) return entry.key_bits == bits end)))
   end
   return sorted
end

-- active: the list so far, in order; waiting: what a later word may still add, in order.
local function apply(operator, test, active, waiting)
   if operator == "!" then
      local _, kept = split(active, test)
      local _, left = split(waiting, test)
      return kept, left
   elseif operator == "-" then
      local gone, kept = split(active, test)
      return kept, append(gone, waiting)
   elseif operator == "+" then
      local moved, kept = split(active, test)
      return append(kept, moved), waiting
   end
   local added, left = split(waiting, test)
   return append(active, added), left
end

local function begin()
   local waiting = {}
   for name in ORDER:gmatch "%S+" do
      local entry = suites()[name]
      if entry then waiting[#waiting + 1] = entry end
   end
   return waiting
end

-- "@STRENGTH", "@SECLEVEL=n": the list, the level, or nil where there is no such command.
local function command(word, active, level)
   if word == "STRENGTH" then return by_strength(active), level end
   local number = word:match "^SECLEVEL=([0-5])$"
   if number then return active, tonumber(number) end
   return nil
end

local function names_of(list)
   local names = {}
   for index, entry in ipairs(list) do names[index] = entry.name end
   return names
end

--- read(text) is the list of names of the suites up to TLS 1.2 that an OpenSSL cipher string gives, in order, and its
-- "@SECLEVEL", nil without one; or nil and OpenSSL's reason.
function cipher_string.read(text)
   local active, waiting, level = {}, begin(), nil
   text = text:gsub("^DEFAULT", "ALL:!COMPLEMENTOFDEFAULT:!eNULL")
   for word in text:gmatch "[^:,; ]+" do
      if word:sub(1, 1) == "@" then
         active, level = command(word:sub(2), active, level)
         if not active then return nil, "invalid command" end
      else
         local operator, name = word:match "^([!+-]?)(.*)$"
         local test = predicate_of(name)
         if test then active, waiting = apply(operator, test, active, waiting) end
      end
   end
   if #active == 0 then return nil, "no cipher match" end
   return names_of(active), level
end

--- read_13(text) is the list of names of a string of TLS 1.3's suites, empty for "", or nil and OpenSSL's reason.
function cipher_string.read_13(text)
   local names, any = {}, false
   for word in text:gmatch "[^:]+" do
      any = true
      local entry = suites()[word]
      if entry and word:find "^TLS_" and entry.name == word and entry.key_exchange == "any" then
         names[#names + 1] = word
      end
   end
   if any and #names == 0 then return nil, "no cipher match" end
   return names
end

--- default_13 is what OpenSSL offers when it is told nothing.
cipher_string.default_13 = TLS13

--- entry(name) is what is known of a suite by one of its names, with `mac` ("AEAD", "SHA", "SHA256", "SHA384").
function cipher_string.entry(name)
   return suites()[name]
end

return cipher_string

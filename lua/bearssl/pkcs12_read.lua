-- What PKCS#12 holds (RFC 7292), for bearssl.pkcs12 and for whatever takes it beside other forms.
local ber = require "bearssl.ber"
local core = require "bearssl.core"
local utf16 = require "bearssl.utf16"

local pkcs12_read = {}

local function oid(...) return "\42\134\72\134\247\13\1" .. string.char(...) end

local DATA, ENCRYPTED_DATA, ENVELOPED_DATA = oid(7, 1), oid(7, 6), oid(7, 3)
local KEY_BAG, SHROUDED_BAG, CERT_BAG, SAFE_CONTENTS_BAG = oid(12, 10, 1, 1), oid(12, 10, 1, 2), oid(12, 10, 1, 3),
   oid(12, 10, 1, 6)
local X509, FRIENDLY_NAME, LOCAL_KEY_ID = oid(9, 22, 1), oid(9, 20), oid(9, 21)

-- What a file may ask for: parts, each of which a password decrypts at a cost of its own; bags in bags.
local PARTS, NESTING = 16, 4

-- What is not malformed, and yet stops reading: nil, message, code in the end.
local function stop(message, code)
   error({ message = message, code = code }, 0)
end

local WRONG = "the password of the PKCS#12 file is wrong, or the file is damaged"

local function failed(message, code, given)
   if code == "bad_password" and given == nil then
      stop("PKCS#12 under a password, which is not given", "encrypted_key")
   end
   if code == "bad_password" then stop(WRONG, code) end
   if code == "bad_key" then error(ber.MALFORMED, 0) end
   stop("PKCS#12: " .. message, code)
end

local function decrypt(state, algorithm, ciphertext)
   local plain, message, code = core.password_decrypt(algorithm, ciphertext, state.password)
   if not plain then failed(message, code, state.given) end
   return plain
end

-- The names of a bag's attributes.
local function attributes(element)
   local result = {}
   for _, one in ipairs(element and ber.open(element, 0x31) or {}) do
      local fields = ber.open(one, 0x30)
      local kind, value = ber.read(fields[1], 6), ber.open(fields[2], 0x31)[1]
      if kind == FRIENDLY_NAME then
         result.name = utf16.decode(ber.read(value, 0x1E)) or error(ber.MALFORMED, 0)
      elseif kind == LOCAL_KEY_ID then
         result.id = ber.read(value, 4)
      end
   end
   return result
end

local function read_certificate(state, value, bag)
   local fields = ber.open(value, 0x30)
   if ber.read(fields[1], 6) ~= X509 then return end
   local list, message, code = core.certificates(ber.read(ber.open(fields[2], 0xA0)[1], 4))
   if not list then stop("PKCS#12: " .. message, code) end
   bag.certificate = list[1]
   state.certificates[#state.certificates + 1] = bag
end

-- SafeContents: certificates are read, keys are kept as they are until one is chosen.
local function read_bags(state, contents, depth)
   for _, one in ipairs(ber.single(contents, 0x30)) do
      local fields = ber.open(one, 0x30)
      local kind, value = ber.read(fields[1], 6), ber.open(fields[2], 0xA0)[1]
      local bag = attributes(fields[3])
      if kind == CERT_BAG then
         read_certificate(state, value, bag)
      elseif kind == KEY_BAG or kind == SHROUDED_BAG then
         bag.key = value.whole
         state.keys[#state.keys + 1] = bag
      elseif kind == SAFE_CONTENTS_BAG and depth < NESTING then
         read_bags(state, value.whole, depth + 1)
      end
   end
end

-- ContentInfo of the AuthenticatedSafe.
local function read_part(state, part)
   local fields = ber.open(part, 0x30)
   local kind, content = ber.read(fields[1], 6), ber.open(fields[2], 0xA0)[1]
   if kind == DATA then
      read_bags(state, ber.read(content, 4), 1)
   elseif kind == ENCRYPTED_DATA then
      local info = ber.open(ber.open(content, 0x30)[2], 0x30)
      if ber.read(info[1], 6) ~= DATA then error(ber.MALFORMED, 0) end
      read_bags(state, decrypt(state, info[2].whole, ber.octets(info[3])), 1)
   elseif kind == ENVELOPED_DATA then
      stop("PKCS#12 under a public key instead of a password, which cannot be read", "unsupported_encryption")
   else
      error(ber.MALFORMED, 0)
   end
end

-- Nothing inside is looked at before the MAC has vouched for it.
local function read_safe(bytes, state, unauthenticated)
   local fields = ber.single(bytes, 0x30)
   if ber.read(fields[1], 2) ~= "\3" then error(ber.MALFORMED, 0) end
   local info = ber.open(fields[2], 0x30)
   if ber.read(info[1], 6) ~= DATA then
      stop("PKCS#12 that is signed instead of having a MAC, which cannot be read", "unsupported_encryption")
   end
   local safe = ber.read(ber.open(info[2], 0xA0)[1], 4)
   if fields[3] then
      local good, message, code = core.pkcs12_verify(fields[3].whole, safe, state.password)
      if not good then failed(message, code, state.given) end
   elseif not unauthenticated then
      stop("PKCS#12 without a MAC: nothing shows that it is whole (the option 'unauthenticated' reads it all the same)",
         "bad_key")
   end
   local parts = ber.single(safe, 0x30)
   if #parts > PARTS then stop(("PKCS#12 of more than %d parts"):format(PARTS), "unsupported_encryption") end
   for _, part in ipairs(parts) do read_part(state, part) end
end

-- ---- What belongs together ----

local function has_certificate(state, bag)
   for _, one in ipairs(state.certificates) do
      if bag.id and one.id == bag.id then return true end
   end
   return false
end

local function choose_key(state, name)
   if name then
      for _, bag in ipairs(state.keys) do
         if bag.name == name then return bag end
      end
      stop(("PKCS#12 without a key whose name is '%s'"):format(name), "bad_key")
   end
   for _, bag in ipairs(state.keys) do
      if has_certificate(state, bag) then return bag end
   end
   return state.keys[1]
end

-- The chain of a key: its certificate, then whoever issued each, but no root, which is not sent.
local function chain_of(key, rest)
   local chain, found = {}, nil
   for index, bag in ipairs(rest) do
      if key:matches(bag.certificate) then
         found = index
         break
      end
   end
   while found do
      local last = table.remove(rest, found).certificate
      chain[#chain + 1], found = last, nil
      for index, bag in ipairs(rest) do
         local issuer = bag.certificate
         if issuer:issued(last) and not issuer:is_self_signed() then
            found = index
            break
         end
      end
   end
   return chain
end

local function take(bytes, state, given)
   read_safe(bytes, state, given.unauthenticated)
   local bag = choose_key(state, given.name)
   local rest, result = {}, { certificates = {}, authorities = {} }
   for index, one in ipairs(state.certificates) do rest[index] = one end
   if bag then
      -- one that is not encrypted is taken with a password too
      local key, message, code = core.key(bag.key, state.password)
      if not key and code == "bad_password" then failed(message, code, state.given) end
      if not key then stop("PKCS#12: " .. message, code) end
      result.key, result.friendly_name = key, bag.name
      result.certificates = chain_of(key, rest)
   end
   for _, one in ipairs(rest) do
      result.authorities[#result.authorities + 1] = one.certificate
      if not bag then result.friendly_name = result.friendly_name or one.name end
   end
   return result
end

--- is(bytes) tells whether a string is PKCS#12.
function pkcs12_read.is(bytes)
   return type(bytes) == "string" and ber.begins(bytes, "\2\1\3\48")
end

--- read(bytes, password, where, given) is what bearssl.pkcs12.load gives; given: its other options.
function pkcs12_read.read(bytes, password, where, given)
   if not pkcs12_read.is(bytes) then return nil, "this is no PKCS#12", "bad_der" end
   if type(password) == "function" then
      local reason
      password, reason = password(where)
      if password ~= nil and type(password) ~= "string" then
         error("the password function must return a string, not a " .. type(password), 0)
      end
      if password == nil and reason then
         return nil, "PKCS#12 under a password, which is not given (" .. tostring(reason) .. ")", "encrypted_key"
      end
   end
   local state = { certificates = {}, keys = {}, given = password, password = password or "" }
   local good, result = pcall(take, bytes, state, given or {})
   if good then return result end
   if result == ber.MALFORMED then return nil, "PKCS#12 that is damaged or cut short", "bad_key" end
   if type(result) == "table" and result.code then return nil, result.message, result.code end
   error(result, 0)
end

return pkcs12_read

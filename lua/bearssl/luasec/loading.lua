-- Reads what LuaSec's options name: keys, certificates and authorities, with OpenSSL's reasons where one cannot be had.
local core = require "bearssl.core"
local file = require "bearssl.file"
local files = require "bearssl.trust_files"

local loading = {}

-- A file's content, or nil and the system's reason.
local function read(path)
   local bytes, message = file.read(path)
   if bytes then return bytes end
   local reason = message:match ": ([^:]+)$" or "No such file or directory"
   return nil, reason
end

local KEY_REASONS = {
   bad_password = "bad decrypt", encrypted_key = "processing error", bad_pem = "unsupported", bad_der = "unsupported",
   bad_key = "unsupported",
}

--- key(path, password) is a key of a PEM file, or nil and the reason. password: a string, or a function that is called
-- without arguments where the key is encrypted; what it raises is raised.
function loading.key(path, password)
   local bytes, reason = read(path)
   if not bytes then return nil, reason end
   local key, message, code = core.key(bytes)
   if code == "encrypted_key" and password ~= nil then
      local secret = password
      if type(password) == "function" then secret = password() end
      if type(secret) ~= "string" then return nil, "bad decrypt" end
      key, message, code = core.key(bytes, secret)
   end
   if key then return key end
   return nil, KEY_REASONS[code] or message
end

local WEAK_BITS = 2048

-- What OpenSSL's security level 2, Debian's, refuses of one's own chain.
local function too_weak(chain)
   for index, one in ipairs(chain) do
      local key = one:public_key()
      if key.type == "RSA" and key.bits and key.bits < WEAK_BITS then
         return index == 1 and "ee key too small" or "ca key too small"
      end
      local algorithm = one:signature_algorithm() or ""
      if not one:is_self_signed() and (algorithm:find "[Ss][Hh][Aa]1$" or algorithm:find "^sha1" or
         algorithm:find "^md5") then
         return "ca md too weak"
      end
   end
   return nil
end

local CERTIFICATE_REASONS = { bad_pem = "no start line", bad_certificate = "wrong tag", bad_der = "wrong tag" }

--- chain(path) is the list of certificates of a PEM file, the leaf first, or nil and the reason.
function loading.chain(path)
   local bytes, reason = read(path)
   if not bytes then return nil, reason end
   if not bytes:find("-----BEGIN", 1, true) then return nil, "no start line" end
   local chain, message, code = core.certificates(bytes)
   if not chain then return nil, CERTIFICATE_REASONS[code] or message end
   reason = too_weak(chain)
   if reason then return nil, reason end
   return chain
end

-- ---- Authorities ----

-- The content of a directory's files, while several contexts are made with it: Prosody makes one for each host.
local KEPT = 10
local directories = setmetatable({}, { __mode = "v" })

local function of_directory(path)
   local known = directories[path]
   if known and core.monotonic() - known.time < KEPT then return known end
   local found = { time = core.monotonic() }
   files.each_file(path, function(bytes) found[#found + 1] = bytes end)
   directories[path] = found
   return found
end

--- authorities(cafile, capath [, before]) is { store =, crls = } of a file and a directory, either of which may be nil,
-- beside what an earlier call gave; or nil and the reason. crls: a list of CRL objects, or nil where there are none.
function loading.authorities(cafile, capath, before)
   local store, crls = core.trust(), {}
   if before then files.copy(store, before.store) end
   for _, one in ipairs(before and before.crls or {}) do crls[#crls + 1] = one end
   local function add(bytes)
      local count = core.trust_add(store, bytes) or 0
      -- what is there already is no lack
      if count == 0 and before then count = core.trust_add(core.trust(), bytes) or 0 end
      if bytes:find("X509 CRL", 1, true) then
         for _, one in ipairs(core.crls(bytes) or {}) do crls[#crls + 1] = one end
      end
      return count
   end
   if cafile then
      local bytes, reason = read(cafile)
      if not bytes then return nil, reason end
      local count = #crls
      if not bytes:find("-----BEGIN", 1, true) or add(bytes) == 0 and #crls == count then
         return nil, "no certificate or crl found"
      end
   end
   if capath then
      for _, bytes in ipairs(of_directory(capath)) do add(bytes) end
   end
   return { store = store, crls = #crls > 0 and crls or nil }
end

return loading

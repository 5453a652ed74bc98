-- bearssl.pkcs12: a key, its certificates and others in one file (RFC 7292): ".p12", ".pfx".
local ber = require "bearssl.ber"
local core = require "bearssl.core"
local options = require "bearssl.options"
local read = require("bearssl.pkcs12_read").read
local utf16 = require "bearssl.utf16"

local is = options.is
local unpack = table.unpack or unpack

local pkcs12 = {}

local function oid(...) return "\42\134\72\134\247\13\1" .. string.char(...) end

local DATA, ENCRYPTED_DATA = oid(7, 1), oid(7, 6)
local SHROUDED_BAG, CERT_BAG = oid(12, 10, 1, 2), oid(12, 10, 1, 3)
local X509, FRIENDLY_NAME, LOCAL_KEY_ID = oid(9, 22, 1), oid(9, 20), oid(9, 21)

-- ---- Reading ----

local load_options = {
   password = is.any("a string or a function that gives it", is.string, is["function"]), name = is.string,
   unauthenticated = is.boolean,
}

local function check_options(who, given)
   if type(given) == "string" or type(given) == "function" then given = { password = given } end
   if given == nil then given = {} end
   options.check(given, load_options, who, -1)
   return given
end

local function load(who, bytes, given, where)
   given = check_options(who, given)
   local result, message, code = read(bytes, given.password, where, given)
   return result, message, code
end

local function call(f, ...)
   local ok, a, b, c = pcall(f, ...)
   if not ok then options.raise(a, 3) end
   return a, b, c
end

--- load(string [, password]) reads PKCS#12. password: a string, a function that gives one, or a table of options:
-- password; name: of the key to take, where there are several (default: the first that has a certificate);
-- unauthenticated (false): also read a file without a MAC. Returns a table: key, a key object or nil; certificates, its
-- chain, leaf first, without a root; authorities, the list of all other certificates; friendly_name. Or nil, message,
-- code ("bad_password", "encrypted_key", "bad_key", "bad_der", "unsupported_encryption", "bad_certificate").
function pkcs12.load(bytes, password, ...)
   options.surplus("bearssl.pkcs12.load", password, ...)
   if type(bytes) ~= "string" then
      error("bearssl.pkcs12.load: PKCS#12 must be given as a string, not a " .. type(bytes), 2)
   end
   local result, message, code = call(load, "bearssl.pkcs12.load", bytes, password)
   if result then return result end
   return require("bearssl.handed_in").refused(bytes, "bearssl.pkcs12.open", message, code)
end

--- open(path [, password]) is load for the content of a file; a password function is called with the path. nil,
-- message, "file_unreadable" when it cannot be read.
function pkcs12.open(path, password, ...)
   options.surplus("bearssl.pkcs12.open", password, ...)
   options.path("bearssl.pkcs12.open", path)
   local bytes, message, code = require("bearssl.file").read(path, "PKCS#12 file")
   if not bytes then return nil, message, code end
   local result
   result, message, code = call(load, "bearssl.pkcs12.open", bytes, password, path)
   if not result then return nil, path .. ": " .. message, code end
   return result
end

-- ---- Writing ----

local put = ber.put

local function filled(value)
   return (type(value) ~= "string" or value == "") and "a string that is not empty" or nil
end

local is_chain = is.any("a certificate object, PEM or DER, or a list of these", is.string, is.object("certificate"),
   is.certificates)

local make_options = {
   key = is.any("a key object, PEM or DER", is.string, is.object("key")), key_password = load_options.password,
   certificate = is_chain, authorities = is_chain, friendly_name = is.string, password = filled,
   iterations = is.bounded("key", "iterations"),
}

-- Java takes a certificate for an authority's only where an attribute of its own says what it is trusted for: all.
local TRUSTED = put(0x30, put(6, "\96\134\72\1\134\249\102\173\202\123\1\1"), put(0x31, put(6, "\85\29\37\0")))

local function bag(kind, value, name, id, attribute)
   local set = { attribute }
   if name then set[#set + 1] = put(0x30, put(6, FRIENDLY_NAME), put(0x31, put(0x1E, (utf16.encode(name))))) end
   if id then set[#set + 1] = put(0x30, put(6, LOCAL_KEY_ID), put(0x31, put(4, id))) end
   return put(0x30, put(6, kind), put(0xA0, value), #set > 0 and put(0x31, unpack(set)) or "")
end

local function certificate_bag(one, name, id, attribute)
   return bag(CERT_BAG, put(0x30, put(6, X509), put(0xA0, put(4, one:der()))), name, id, attribute)
end

-- A key in its own EncryptedPrivateKeyInfo: it never stands in the clear in a string of Lua's.
local function shrouded(key, given)
   local pem, message, code = key:pem({ password = given.password, iterations = given.iterations })
   if not pem then return nil, message, code end
   return core.pem_blocks(pem)[1][2]
end

local function list_of(value, who)
   if value == nil then return {} end
   local credential = require "bearssl.credential"
   local list, message, code = credential.chain(value)
   if code == "misuse" then error(who .. ": " .. message, 0) end
   return list, message, code
end

-- The certificates, encrypted: ContentInfo of EncryptedData.
local function encrypted_part(bags, given)
   local both, message, code = core.password_encrypt(put(0x30, unpack(bags)), given.password, given.iterations)
   if not both then return nil, message, code end
   local fields = ber.single(both, 0x30)
   local info = put(0x30, put(6, DATA), fields[1].whole, put(0x80, fields[2].contents))
   return put(0x30, put(6, ENCRYPTED_DATA), put(0xA0, put(0x30, put(2, "\0"), info)))
end

local function assemble(parts, given)
   local safe = put(0x30, unpack(parts))
   local mac, message, code = core.pkcs12_mac(safe, given.password, given.iterations)
   if not mac then return nil, message, code end
   return put(0x30, put(2, "\3"), put(0x30, put(6, DATA), put(0xA0, put(4, safe))), mac)
end

local function key_of(given, leaf)
   local key, message, code = require("bearssl.credential").key(given.key, given.key_password)
   if key and leaf and not key:matches(leaf) then
      return nil, "the private key does not belong to the certificate", "key_mismatch"
   end
   return key, message, code
end

local function make(given)
   local who = "bearssl.pkcs12.make"
   options.check(given, make_options, who, -1)
   if not given.password then error(who .. ": 'password' is missing", 0) end
   if not (given.key or given.certificate or given.authorities) then
      error(who .. ": there is nothing to write: give 'key' and 'certificate', or 'authorities'", 0)
   end
   if given.key_password and not given.key then error(who .. ": 'key_password' makes sense only with a 'key'", 0) end
   if given.friendly_name and not utf16.encode(given.friendly_name) then
      error(who .. ": the friendly_name must be UTF-8", 0)
   end
   local chain, message, code = list_of(given.certificate, who)
   if not chain then return nil, message, code end
   local others
   others, message, code = list_of(given.authorities, who)
   if not others then return nil, message, code end
   local name, id, bags, parts = given.friendly_name, given.key and "\1" or nil, {}, {}
   for index, one in ipairs(chain) do
      bags[index] = certificate_bag(one, index == 1 and name or nil, index == 1 and id or nil)
   end
   for index, one in ipairs(others) do
      bags[#bags + 1] = certificate_bag(one, #chain == 0 and index == 1 and name or nil, nil, TRUSTED)
   end
   if #bags > 0 then
      parts[1], message, code = encrypted_part(bags, given)
      if not parts[1] then return nil, message, code end
   end
   if given.key then
      local key, hidden
      key, message, code = key_of(given, chain[1])
      if not key then return nil, message, code end
      hidden, message, code = shrouded(key, given)
      if not hidden then return nil, message, code end
      local contents = put(0x30, bag(SHROUDED_BAG, hidden, name, id))
      parts[#parts + 1] = put(0x30, put(6, DATA), put(0xA0, put(4, contents)))
   end
   return assemble(parts, given)
end

--- make(options) writes PKCS#12: AES-256-CBC under PBKDF2 with HMAC-SHA-256, and a MAC with SHA-256. password:
-- a string, needed; key: a key object, PEM or DER, and key_password, its own; certificate: the key's, or a list, leaf
-- first; authorities: other certificates; friendly_name; iterations (100000: 1000 to ten million). Returns the DER, or
-- nil, message, code ("key_mismatch", "unsupported_key", "bad_certificate", "no_random" …).
function pkcs12.make(given, ...)
   options.surplus("bearssl.pkcs12.make", given, ...)
   local bytes, message, code = call(make, given)
   if not bytes then return nil, message, code end
   return bytes
end

return pkcs12

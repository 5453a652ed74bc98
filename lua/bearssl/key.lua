-- bearssl.key: private keys.
local core = require "bearssl.core"
local options = require "bearssl.options"

local is = options.is

local key = {}

--- kinds: what generate makes.
key.kinds = { "rsa", "secp256r1", "secp384r1", "secp521r1", "ed25519" }

-- What the core calls the curves, by their number as groups: every name that a group has, a kind of key has too.
local curves = { [23] = "p256", [24] = "p384", [25] = "p521" }

local function check_password(password, who)
   local kind = type(password)
   if password ~= nil and kind ~= "string" and kind ~= "function" then
      error(("%s: the password must be a string or a function, not %s"):format(who, options.describe(password)), 3)
   end
end

local function read(bytes, password, where)
   local ok, object, message, code = pcall(require("bearssl.password").read, bytes, password, where)
   if not ok then options.raise(object, 3) end
   return object, message, code
end

--- load(string [, password]) reads a private key: PEM or DER; PKCS#8 (also encrypted), PKCS#1, SEC 1, OpenSSH
-- (not encrypted) or PKCS#12. password: a string, or a function that gives one when the key is encrypted. Returns a
-- key object, or nil, message, code ("bad_key", "encrypted_key", "bad_password",
-- "unsupported_encryption", "bad_pem", "bad_der").
function key.load(bytes, password, ...)
   options.surplus("bearssl.key.load", password, ...)
   if type(bytes) ~= "string" then
      error("bearssl.key.load: PEM or DER must be given as a string, not a " .. type(bytes), 2)
   end
   check_password(password, "bearssl.key.load")
   local object, message, code = read(bytes, password)
   return options.result(object, message, code)
end

--- open(path [, password]) is load for the content of a file; a password function is called with the path. nil,
-- message, "file_unreadable" when it cannot be read.
function key.open(path, password, ...)
   options.surplus("bearssl.key.open", password, ...)
   options.path("bearssl.key.open", path)
   check_password(password, "bearssl.key.open")
   local bytes, message, code = require("bearssl.file").read(path, "key file")
   if not bytes then return nil, message, code end
   local object
   object, message, code = read(bytes, password, path)
   if not object then return nil, path .. ": " .. message, code end
   return object
end

--- generate(kind [, bits]) makes a new key. kind: "rsa" (bits: 2048 to 4096, a multiple of 8; 2048), "secp256r1",
-- "secp384r1" or "secp521r1", under any of their names (doc/api.md), or "ed25519". An RSA key takes from tenths of a
-- second to some seconds. nil, message, "no_random" without randomness.
function key.generate(kind, bits, ...)
   options.surplus("bearssl.key.generate", bits, ...)
   local curve = type(kind) == "string" and (curves[core.group_id(kind)] or kind:lower() == "ed25519" and "ed25519")
   if kind ~= "rsa" and not curve then
      error(options.unknown("bearssl.key.generate: unknown kind of key", kind, key.kinds, "Kinds"), 2)
   end
   if curve then
      if bits ~= nil then error("bearssl.key.generate: only an RSA key has a number of bits to choose", 2) end
      return core.generate_key(curve)
   end
   local minimum, maximum, default = core.bounds("key", "bits")
   if bits == nil then bits = default end
   if is.integer(minimum, maximum)(bits) or bits % 8 ~= 0 then
      error(("bearssl.key.generate: the bits of an RSA key must be a multiple of 8 from %d to %d, not %s"):format(
         minimum, maximum, options.describe(bits)), 2)
   end
   return core.generate_key(kind, bits)
end

--- external(certificate) is a key that stands for the private key of this certificate object, which is
-- somewhere else: the `sign` and `decrypt` handlers use it.
function key.external(certificate, ...)
   options.surplus("bearssl.key.external", certificate, ...)
   if not options.is_object(certificate, "certificate") then
      error("bearssl.key.external: the certificate must be a certificate object, not "
         .. options.describe(certificate), 2)
   end
   return core.external_key(certificate)
end

return key

-- bearssl.ech: Encrypted ClientHello (RFC 9849): the keys to which clients encrypt their hello, and what the lists say
-- that tell them.
--     local keys = assert(bearssl.ech.generate { public_name = "front.example", maximum_name_length = 40 })
--     local context = assert(bearssl.context { mode = "server", ech_keys = keys, … })
--     keys:config_list()     -- goes into DNS, and into the option `ech` of clients
-- keys:pem() is a key file as the PEM files of OpenSSL's `openssl ech` are: keep it like a private key.
local core = require "bearssl.core"
local options = require "bearssl.options"

local ech = {}

local is = options.is
local specification = {
   public_name = is.string, maximum_name_length = is.integer(0, 255), kem = is.one_of { "x25519", "secp256r1" },
}

--- generate(options) makes keys with a new one in it. public_name: whose certificate clients see that use another key;
-- maximum_name_length: of the names that are hidden (0): shorter ones are padded to look the same; kem: "x25519" or
-- "secp256r1". Returns the object; or nil, message, code ("bad_name", "no_random"). Its methods:
--
-- add(what) adds a key that is current too, rotate(what) one in whose place the others are no longer published, only
-- accepted; what: options, or PEM. At most 8 are kept. config_list() → the ECHConfigList of the current ones;
-- pem([accepted]) → the key file of the current ones, or of those that are only accepted; count() → number of keys;
-- opener() → what opens one client's hellos for a server in front of others (ech_opener.lua).
function ech.generate(given, ...)
   options.surplus("bearssl.ech.generate", given, ...)
   options.check(given or {}, specification, "bearssl.ech.generate", 2)
   if not given or not given.public_name then
      error("bearssl.ech.generate: needs the option 'public_name': a host name whose certificate the server has", 2)
   end
   local keys, message, code = core.ech_keys(given)
   if not keys and code == "bad_name" then
      return nil, ("the public name %s is not a DNS name that a certificate may have"):format(
         options.describe(given.public_name)), code
   end
   return keys, message, code
end

--- load(pem) is the keys of a key file: blocks "PRIVATE KEY" and "ECHCONFIG", as often as there are. They are all
-- current. Returns the object; or nil, message, code: "bad_pem", "bad_key", "bad_ech_config", "unsupported_key",
-- "limit" (more than 8).
function ech.load(pem, ...)
   options.surplus("bearssl.ech.load", pem, ...)
   if type(pem) ~= "string" then
      error("bearssl.ech.load: a key file is a string of PEM, not " .. options.describe(pem), 2)
   end
   local keys, message, code = core.ech_keys(pem)
   if not keys then return require("bearssl.handed_in").refused(pem, "bearssl.ech.open", message, code) end
   return keys
end

--- open(path) is load for the content of a file; nil, message, "file_unreadable" when it cannot be read.
function ech.open(path, ...)
   options.surplus("bearssl.ech.open", path, ...)
   options.path("bearssl.ech.open", path)
   local pem, message, code = require("bearssl.file").read(path, "key file")
   if not pem then return nil, message, code end
   local keys
   keys, message, code = core.ech_keys(pem)
   if not keys then return nil, path .. ": " .. message, code end
   return keys
end

--- configs(list) says what is in an ECHConfigList, as a list of { version =, config_id =, kem =, public_key =, suites
-- = list of { kdf =, aead = }, maximum_name_length =, public_name =, mandatory =, usable =, raw = }: all but version,
-- usable and raw only of the version that is known, 0xfe0d. Returns nil, message, "bad_ech_config" for other bytes.
function ech.configs(list, ...)
   options.surplus("bearssl.ech.configs", list, ...)
   if type(list) ~= "string" then
      error("bearssl.ech.configs: an ECHConfigList is a string of bytes, not " .. options.describe(list), 2)
   end
   return core.ech_configs(list)
end

--- check(list) is true where a client can use an ECHConfigList, or nil, message, "bad_ech_config".
function ech.check(list, ...)
   options.surplus("bearssl.ech.check", list, ...)
   if type(list) ~= "string" then
      error("bearssl.ech.check: an ECHConfigList is a string of bytes, not " .. options.describe(list), 2)
   end
   local fault = core.ech_fault(list)
   if not fault then return true end
   if list:find "^%s*ech=" or list:find "^[%w+/%s]+=*%s*$" then
      fault = "it is base64, as it stands in an HTTPS record (ech=…): decode it first"
   elseif list:find("-----BEGIN ECHCONFIG", 1, true) then
      fault = "it is PEM: decode the base64 of its block ECHCONFIG first"
   end
   return nil, "the list of configurations for Encrypted ClientHello (option 'ech') cannot be used: " .. fault,
      "bad_ech_config"
end

return ech

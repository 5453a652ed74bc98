-- A public key in a file of its own ("PUBLIC KEY", RFC 7468 section 13). The library knows public keys as those of
-- certificates: one is put around it, which nobody has signed.
local core = require "bearssl.core"
local der = require("bearssl.ber").put

local SEQUENCE, INTEGER, BIT_STRING, OID, UTC_TIME = 0x30, 0x02, 0x03, 0x06, 0x17
local ED25519 = der(SEQUENCE, der(OID, "\43\101\112"))
local NAME = der(SEQUENCE)
local PERIOD = der(SEQUENCE, der(UTC_TIME, "000101000000Z"), der(UTC_TIME, "490101000000Z"))

--- The function takes the DER of a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) and returns a certificate object
-- with that key, for what can be asked of a key; or nil and a message.
return function(bytes)
   local unsigned = der(SEQUENCE, der(0xA0, der(INTEGER, "\2")), der(INTEGER, "\1"), ED25519, NAME, PERIOD, NAME, bytes)
   local certificate = der(SEQUENCE, unsigned, ED25519, der(BIT_STRING, ("\0"):rep(65)))
   local list, message = core.certificates(certificate)
   if not list then return nil, "no public key that can be read: " .. message end
   return list[1]
end

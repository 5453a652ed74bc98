-- OpenSSL's primitives, measured by `openssl speed` in processor time, as a library beside ours.
local shell = require "spec.support.shell"

local openssl = { name = "OpenSSL" }

-- What to ask for, and which figure of the answer counts. -mr writes for machines: "+F:NUMBER:NAME:BYTES A SECOND",
-- "+F2:" (RSA) and "+F4:" (ECDSA) "NUMBER:BITS:SIGNATURES:VERIFICATIONS", "+F5:NUMBER:BITS:SHARED SECRETS:SECONDS".
local BYTES, FIRST, SECOND = "+F:%d+:[^:]+:([%d.]+)", "+F%d:%d+:%d+:([%d.]+)", "+F%d:%d+:%d+:[%d.]+:([%d.]+)"
-- "+F6:NUMBER:BITS:NAME:SIGNATURES:VERIFICATIONS"
local EDWARDS = "+F6:%d+:%d+:[^:]+:"
local function evp(name)
   return { "-bytes 16384 -evp " .. name, BYTES }
end
local COMMANDS = {
   ["aes-128-gcm"] = evp("aes-128-gcm"),
   ["aes-256-gcm"] = evp("aes-256-gcm"),
   ["chacha20-poly1305"] = evp("chacha20-poly1305"),
   sha256 = evp("sha256"),
   sha384 = evp("sha384"),
   x25519 = { "ecdhx25519", FIRST },
   p256 = { "ecdhp256", FIRST },
   ["p256-sign"] = { "ecdsap256", FIRST },
   ["p256-verify"] = { "ecdsap256", SECOND },
   ["p384-sign"] = { "ecdsap384", FIRST },
   ["p384-verify"] = { "ecdsap384", SECOND },
   ["ed25519-sign"] = { "ed25519", EDWARDS .. "([%d.]+)" },
   ["ed25519-verify"] = { "ed25519", EDWARDS .. "[%d.]+:([%d.]+)" },
   ["rsa2048-sign"] = { "rsa2048", FIRST },
   ["rsa2048-verify"] = { "rsa2048", SECOND },
}

function openssl.load()
   local status, said = shell.try("openssl version")
   if status ~= 0 then
      return nil, said
   end
   openssl.version = said:match("[^\n]+")
   return openssl
end

--- openssl.rate(name): operations, or bytes, in a second of processor time. It measures for at least a second.
function openssl.rate(name)
   local command = COMMANDS[name]
   local said = shell.run("openssl speed -mr -seconds 1 " .. command[1])
   return tonumber(said:match(command[2])) or error("openssl speed said:\n" .. said)
end

return openssl

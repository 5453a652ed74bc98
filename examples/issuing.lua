-- lua5.4 examples/issuing.lua: an authority, a server's certificate from a request, a list of what is revoked; all of
-- it in memory, verified without a connection.
local bearssl = require "bearssl"

local root, root_key = assert(bearssl.certificate.selfsigned { subject = "CN=Example CA,O=Example", ca = true })

local key = assert(bearssl.key.generate "p256")
local request = assert(bearssl.request.new { key = key, names = { "www.example.org", "192.0.2.1" } })
local certificate = assert(bearssl.certificate.issue {
   request = request, issuer = root, issuer_key = root_key, days = 90,
})
print(certificate:text())
print("pin: " .. certificate:pin())

local trust = assert(bearssl.trust.new { root })
print("verified: ", certificate:verify { trust = trust, server_name = "www.example.org" })
print("other name: ", certificate:verify { trust = trust, server_name = "example.com" })
print("in a year: ", certificate:verify { trust = trust, time = os.time() + 365 * 86400 })

local crl = assert(bearssl.crl.new {
   issuer = root, issuer_key = root_key, revoked = { { certificate = certificate, reason = "keyCompromise" } },
})
print("revoked: ", certificate:verify { trust = trust, crls = { crl } })

-- PKCS#8, encrypted: fit for a file
print(assert(key:pem { password = "correct horse battery staple" }))

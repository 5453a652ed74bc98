-- Who is on the other side? The ways to know, each tried against a server in the same process, over memory.
--     lua5.4 examples/verifying.lua
local bearssl = require "bearssl"
local pair = require "bearssl.transport.pair"

-- An authority of our own, a server that it vouches for, and one that nobody does.
local ca, ca_key = assert(bearssl.certificate.selfsigned { subject = "CN=My CA", ca = true })
local server_key = assert(bearssl.key.generate "p256")
local server_certificate = assert(bearssl.certificate.issue {
   issuer = ca, issuer_key = ca_key, key = server_key, subject = "CN=localhost", names = { "localhost" },
})
local own_certificate, own_key = assert(bearssl.certificate.selfsigned { names = { "localhost" } })

local good = assert(bearssl.context { mode = "server", certificate = server_certificate, key = server_key })
local selfsigned = assert(bearssl.context { mode = "server", certificate = own_certificate, key = own_key })

-- Shakes hands over memory; neither stream ever waits, so each gets its turn until it has come to an end: what the
-- client's handshake returned, and both streams.
local function meet(client, server)
   local a, b = pair.new()
   local left = assert(client:wrap(a, { server_name = "localhost", timeout = 0 }))
   local right = assert(server:wrap(b, { timeout = 0 }))
   local mine, theirs
   repeat
      mine, theirs = { left:handshake() }, { right:handshake() }
   until mine[3] ~= "wantread" and theirs[3] ~= "wantread"
   return mine, left, right
end

local function show(what, client, server)
   local result = meet(client, server)
   print(("%-36s %s"):format(what, result[1] and "verified" or result[3]))
end

-- Nothing said: the system's authorities, which do not know ours.
show("the system's authorities", assert(bearssl.context {}), good)

-- An authority of one's own, alone or beside the system's.
show("an authority of my own", assert(bearssl.context { trust = ca:pem() }), good)
show("beside the system's", assert(bearssl.context { trust = { "system", ca } }), good)

-- A pin says which key it must be, beside everything else that must hold.
local pin = server_certificate:pin()
show("with the right pin", assert(bearssl.context { trust = { ca }, pins = { pin } }), good)
show("with another pin", assert(bearssl.context { trust = { ca }, pins = { own_certificate:pin() } }), good)

-- A certificate that nobody else has signed: trust that very one. Its name and dates still count.
show("self-signed, not known", assert(bearssl.context { trust = { ca } }), selfsigned)
show("self-signed, trusted by itself", assert(bearssl.context { trust = { own_certificate } }), selfsigned)

-- Judge, but go on: for a tool that shows what is wrong. Never send a password over such a connection.
local lenient = assert(bearssl.context { trust = { ca }, verify = "report" })
local _, stream = meet(lenient, selfsigned)
print(("%-36s %s"):format("only reported", stream:info "verdict"))

-- Both sides show a certificate: the server names whom it trusts, and demands.
local client_key = assert(bearssl.key.generate "p256")
local client_certificate = assert(bearssl.certificate.issue {
   issuer = ca, issuer_key = ca_key, key = client_key, subject = "CN=Alice",
})
local demanding = assert(bearssl.context {
   mode = "server", certificate = server_certificate, key = server_key, trust = { ca }, verify = "required",
})
local alice = assert(bearssl.context { trust = { ca }, certificate = client_certificate, key = client_key })
local _, _, accepted = meet(alice, demanding)
print(("%-36s %s"):format("the client is", select(2, accepted:info("peer_certificates")[1]:subject())))

-- A client without a certificate. In TLS 1.3 its own handshake is over before the server has looked: it learns of the
-- refusal when it reads for the first time.
local nobody = assert(bearssl.context { trust = { ca } })
local result, refused = meet(nobody, demanding)
print(("%-36s %s"):format("a client that shows nothing", tostring(result[1])))
local _, _, _, code = refused:receive(1)
print(("%-36s %s"):format("… and reads", code))

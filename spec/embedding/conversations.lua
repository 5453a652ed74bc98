-- What each thread of threads.c does: its own authority and certificates, handshakes of both versions, full and resumed,
-- with each kind of key and group, and data both ways. Returns how many handshakes there were, and how many resumed.
local bearssl = require "bearssl"
local pair = require "bearssl.transport.pair"

local function meet(client, server, options)
   local a, b = pair.new()
   options.server_name, options.timeout = "localhost", 0
   local left, right = assert(client:wrap(a, options)), assert(server:wrap(b, { timeout = 0 }))
   local mine, theirs
   repeat
      mine, theirs = { left:handshake() }, { right:handshake() }
   until mine[3] ~= "wantread" and theirs[3] ~= "wantread"
   assert(mine[1], mine[2])
   assert(theirs[1], theirs[2])
   return left, right
end

local function carry(from, to, data)
   local sent, received = 0, {}
   repeat
      local _, _, last = from:send(data, sent + 1)
      sent = last or #data
      local bytes = to:receiveany(65536)
      received[#received + 1] = bytes
   until sent == #data and not bytes
   assert(table.concat(received) == data)
end

local ca, ca_key = assert(bearssl.certificate.selfsigned { subject = "CN=CA", ca = true })
local handshakes, resumed = 0, 0
for index, kind in ipairs { "p256", "secp384r1", "secp521r1", "ed25519" } do
   local key = assert(bearssl.key.generate(kind))
   local certificate = assert(bearssl.certificate.issue {
      issuer = ca, issuer_key = ca_key, key = key, names = { "localhost" },
   })
   local server = assert(bearssl.context { mode = "server", certificate = certificate, key = key })
   local groups = ({ { "X25519MLKEM768" }, { "secp384r1" }, { "secp521r1" }, { "x25519" } })[index]
   for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
      if version == "TLSv1.2" and index == 1 then groups = { "secp256r1", groups[1] } end
      local client = assert(bearssl.context { trust = { ca }, max_version = version, groups = groups })
      for turn = 1, 2 do
         local left, right = meet(client, server, {})
         carry(left, right, ("up"):rep(20000))
         carry(right, left, ("down"):rep(20000))
         handshakes = handshakes + 1
         if left:info "resumed" then resumed = resumed + 1 end
         assert(turn == 1 or left:info "resumed", version .. " " .. kind)
         left:close()
         right:close()
      end
   end
end
return ("%d handshakes, %d resumed"):format(handshakes, resumed)

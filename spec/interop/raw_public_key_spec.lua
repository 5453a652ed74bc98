-- Raw public keys with GnuTLS and the newest OpenSSL, in both directions, alone and of both sides.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local newer = require "spec.support.newer"
local ours = require "spec.support.ours"
local peers = require "spec.support.peer"
local process = require "spec.support.process"
local temporary = require "spec.support.temporary"

local RAW = { "raw_public_key" }
local key = bearssl.key.generate "secp256r1"
local peer_key = bearssl.key.load(certificates.ec.key)

local PRIORITY = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CTYPE-ALL:+CTYPE-SRV-RAWPK:+CTYPE-CLI-RAWPK"

local function gnutls_words()
   return { "--rawpkkeyfile", certificates.ec.keyfile, "--rawpkfile", temporary.write(peer_key:public_pem()) }
end

local OPENSSL = { "-tls1_3", "-enable_server_rpk", "-enable_client_rpk" }

local function openssl_words(more)
   local words = {}
   for _, list in ipairs { OPENSSL, more or {} } do
      for _, word in ipairs(list) do words[#words + 1] = word end
   end
   return words
end

local kinds = {
   gnutls = {
      server = function(client)
         return peers.gnutls_server { certificate = certificates.ec, priority = PRIORITY, arguments = gnutls_words(),
            client = client and "request" }
      end,
      client = function(port)
         return peers.gnutls_client { port = port, priority = PRIORITY, arguments = gnutls_words(), input = true }
      end,
   },
   openssl = {
      server = function(client)
         return peers.openssl_server { certificate = certificates.ec, program = newer.program "openssl",
            arguments = openssl_words(client and { "-verify", "5" }) }
      end,
      client = function(port)
         return peers.openssl_client { port = port, program = newer.program "openssl", input = true,
            arguments = openssl_words { "-cert", certificates.ec.certfile, "-key", certificates.ec.keyfile,
               "-nocommands" } }
      end,
   },
}

for kind, peer in pairs(kinds) do
   describe("raw public keys and " .. kind .. ":", function()
      after_each(function()
         ours.close_all()
         process.stop_all()
      end)

      for _, shows in ipairs { false, true } do
         it("our client, which shows " .. (shows and "its own" or "none"), function()
            local server = peer.server(shows)
            local stream = assert(ours.connect(server.port, assert(bearssl.context { min_version = "TLSv1.3",
               server_certificate_types = RAW, client_certificate_types = shows and RAW or nil,
               key = shows and key or nil, pins = { peer_key } })))
            assert.equal(peer_key:pin(), stream:info("peer_key"):pin())
            assert.is_true(stream:info "peer_verified")
            assert(stream:send "hello\n")
            assert.equal(kind == "openssl" and "olleh" or "hello", (assert(stream:receive "*l")))
            if shows then assert.equal("raw_public_key", stream:info "client_certificate_type") end
         end)

         it("our server, which asks for " .. (shows and "the client's" or "none"), function()
            local listener = ours.listen()
            local client = peer.client(listener.port)
            local stream = assert(listener:accept(assert(bearssl.context { mode = "server", min_version = "TLSv1.3",
               key = key, server_certificate_types = RAW, client_certificate_types = shows and RAW or nil,
               verify = shows and "required" or nil, pins = shows and { peer_key } or nil })))
            client:write "hello\n"
            assert.equal("hello", (assert(stream:receive "*l")))
            assert.equal("raw_public_key", stream:info "server_certificate_type")
            if shows then
               assert.equal(peer_key:pin(), stream:info("peer_key"):pin())
               assert.is_true(stream:info "peer_verified")
            end
         end)
      end
   end)
end

-- Ed25519 certificates of servers and clients with the newest OpenSSL, GnuTLS, Node and Go, in both versions, full and
-- resumed.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local newer = require "spec.support.newer"
local ours = require "spec.support.ours"

local VERSIONS = { "TLSv1.2", "TLSv1.3" }

for _, peer in ipairs(newer.peers) do
   -- NSS has no Ed25519 in TLS
   for _, version in ipairs(peer.kind == "nss" and {} or VERSIONS) do
      describe(("our client and a server of %s in %s:"):format(peer.name, version), function()
         after_each(ours.close_all)

         it("both have Ed25519", function()
            local own = certificates.client_ed25519
            local context = ours.client_context({
               min_version = version, max_version = version, certfile = own.chainfile, keyfile = own.keyfile,
            })
            local infos = newer.connect(peer, context, {
               certificate = certificates.ed25519, cafile = certificates.ca.certfile, times = 2,
            })
            assert.equal("ed25519", infos[1].signature_algorithm)
            assert.equal("ed25519", infos[1].local_signature_algorithm)
            assert.is_true(infos[1].peer_verified)
            assert.same({ false, true }, { infos[1].resumed, infos[2].resumed })
         end)

         it("the server's authority has it", function()
            local context = ours.client_context({
               min_version = version, max_version = version, cafile = certificates.ed25519_ca.certfile,
            })
            local info = newer.connect(peer, context, { certificate = certificates.ed25519_only })[1]
            assert.is_true(info.peer_verified)
            assert.equal("ed25519", info.signature_algorithm)
         end)
      end)

      cases.describe(("a client of %s and our server in %s:"):format(peer.name, version), function(listener)
         after_each(ours.close_all)

         it("both have Ed25519", function()
            local context = ours.server_context(certificates.ed25519, {
               min_version = version, max_version = version, verify = "required", cafile = certificates.ca.certfile,
            })
            local infos = newer.accept(peer, listener, context, { own = certificates.client_ed25519, times = 2 })
            assert.equal("ed25519", infos[1].signature_algorithm)
            assert.equal("ed25519", infos[1].local_signature_algorithm)
            assert.is_true(infos[1].peer_verified)
            assert.same({ false, true }, { infos[1].resumed, infos[2].resumed })
         end)

         it("the server's authority has it", function()
            local context = ours.server_context(certificates.ed25519_only, {
               min_version = version, max_version = version,
            })
            local info = newer.accept(peer, listener, context, { cafile = certificates.ed25519_ca.certfile })[1]
            assert.equal("ed25519", info.local_signature_algorithm)
         end)
      end)
   end
end

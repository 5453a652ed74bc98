-- The newest OpenSSL, GnuTLS, NSS, Node and Go, in both directions and both versions: full handshakes,
-- HelloRetryRequest, resumption, early data, client certificates.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local newer = require "spec.support.newer"
local ours = require "spec.support.ours"

-- Of which every client has a share at once.
local GROUPS = { "x25519", "secp256r1" }
local EARLY = "the early bird"

-- What each kind of connection is: our options, the peer's, and what every connection's info() must say. A peer's
-- client has a share of its first group, our client too.
local ROWS = {
   { title = "full", version = "TLSv1.2" },
   { title = "full", version = "TLSv1.3" },
   { title = "HelloRetryRequest", version = "TLSv1.3", asked = "secp384r1", has = { "x25519", "secp384r1" } },
   { title = "resumed", version = "TLSv1.2", times = 2 },
   { title = "resumed", version = "TLSv1.3", times = 2 },
   { title = "early data", version = "TLSv1.3", times = 2, early_data = EARLY },
   { title = "mutual", version = "TLSv1.2", own = "client_rsa" },
   { title = "mutual", version = "TLSv1.3", own = "client_ec" },
   { title = "mutual and resumed", version = "TLSv1.3", own = "client_ec384", times = 2 },
}

local function check(row, infos, alpn)
   assert.equal(row.times or 1, #infos)
   for index, info in ipairs(infos) do
      assert.equal(row.version, info.version)
      assert.equal(index > 1, info.resumed)
      assert.equal(row.asked ~= nil, info.hello_retry or false)
      assert.equal(alpn and "http/1.1" or nil, info.alpn)
      if row.asked then assert.equal(row.asked, info.group) end
      if row.early_data and index > 1 then
         assert.equal("accepted", info.early_data)
         assert.equal(#EARLY + 1, info.early_data_length)
      end
   end
end

local function rows_of(peer, side)
   local rows = {}
   for _, row in ipairs(ROWS) do
      if peer.early_data[side] or not row.early_data then rows[#rows + 1] = row end
   end
   return rows
end

for _, peer in ipairs(newer.peers) do
   describe("our client and a server of " .. peer.name .. ":", function()
      after_each(ours.close_all)

      for _, row in ipairs(rows_of(peer, "server")) do
         it(row.title .. ", " .. row.version, function()
            local own = row.own and certificates[row.own]
            local context = ours.client_context({
               min_version = row.version, max_version = row.version, groups = row.has, alpn = { "http/1.1" },
               certfile = own and own.chainfile, keyfile = own and own.keyfile,
            })
            local infos = newer.connect(peer, context, {
               certificate = certificates.chain_ec, cafile = own and certificates.ca.certfile, alpn = { "http/1.1" },
               groups = row.asked and { row.asked }, times = row.times, early_data = row.early_data,
            })
            check(row, infos, peer.alpn.server)
            for _, info in ipairs(infos) do assert.is_true(info.peer_verified) end
            if own then assert.equal(own.certificate, infos[1].local_certificates[1]:pem()) end
         end)
      end
   end)

   cases.describe("a client of " .. peer.name .. " and our server:", function(listener)
      after_each(ours.close_all)

      for _, row in ipairs(rows_of(peer, "client")) do
         it(row.title .. ", " .. row.version, function()
            local own = row.own and certificates[row.own]
            local context = ours.server_context(certificates.chain_ec, {
               min_version = row.version, max_version = row.version, groups = row.asked and { row.asked } or GROUPS,
               alpn = { "http/1.1" }, verify = own and "required", cafile = own and certificates.ca.certfile,
               max_early_data = row.early_data and 10000,
            })
            local infos = newer.accept(peer, listener, context, {
               own = own, groups = row.has, alpn = { "http/1.1" }, times = row.times, early_data = row.early_data,
            })
            check(row, infos, peer.alpn.client)
            for _, info in ipairs(infos) do
               if own then
                  assert.is_true(info.peer_verified)
                  assert.equal(own.certificate, info.peer_certificates[1]:pem())
               end
            end
         end)
      end
   end)
end

-- The hybrid groups of ML-KEM with the newest OpenSSL, NSS, Node and Go in both directions, and what is chosen by
-- default with these and with Debian's GnuTLS, which has none.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local newer = require "spec.support.newer"
local ours = require "spec.support.ours"

local GROUPS = { "X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024" }
local HAS = { gnutls = {}, nss = { "X25519MLKEM768" } }
-- What comes of the defaults of both sides, where that is not X25519MLKEM768 at once: selfserv has it only when told
-- to, tstclnt has it, but a share of x25519 only, and gnutls-cli has shares of secp256r1 and x25519.
local DEFAULTS = {
   gnutls = { server = "x25519", client = "secp256r1" },
   nss = { server = "x25519", client = "X25519MLKEM768", retried = true },
}
local BEST = { server = "X25519MLKEM768", client = "X25519MLKEM768", retried = false }
local EARLY = "the early bird"

-- `before` is the group of a share sent in vain: HelloRetryRequest asks for another.
local SCENARIOS = {
   { title = "full" },
   { title = "HelloRetryRequest", before = "secp521r1" },
   { title = "HelloRetryRequest instead of its own classical group", before = "part" },
   { title = "resumed", times = 2 },
   { title = "early data", times = 2, early_data = EARLY },
   { title = "mutual", own = "client_rsa" },
}

local PARTS = { X25519MLKEM768 = "x25519", SecP256r1MLKEM768 = "secp256r1", SecP384r1MLKEM1024 = "secp384r1" }

local function offered(scenario, group)
   local before = scenario.before == "part" and PARTS[group] or scenario.before
   return before and { before, group } or { group }
end

local function check(scenario, group, infos)
   assert.equal(scenario.times or 1, #infos)
   for index, info in ipairs(infos) do
      assert.equal("TLSv1.3", info.version)
      assert.equal(group, info.group)
      assert.equal(scenario.before ~= nil, info.hello_retry or false)
      assert.equal(index > 1, info.resumed)
      if scenario.early_data and index > 1 then assert.equal("accepted", info.early_data) end
   end
end

local function each(peer, side, body)
   for _, group in ipairs(HAS[peer.kind] or GROUPS) do
      for _, scenario in ipairs(SCENARIOS) do
         -- Go sends shares in an order of its own
         local skipped = scenario.early_data and not peer.early_data[side]
            or peer.kind == "go" and side == "client" and scenario.before
         if not skipped then body(group, scenario) end
      end
   end
end

for _, peer in ipairs(newer.peers) do
   local default = DEFAULTS[peer.kind] or BEST

   describe("our client and a server of " .. peer.name .. ":", function()
      after_each(ours.close_all)

      each(peer, "server", function(group, scenario)
         it(scenario.title .. ", " .. group, function()
            local own = scenario.own and certificates[scenario.own]
            local context = ours.client_context({
               min_version = "TLSv1.3", groups = offered(scenario, group),
               certfile = own and own.chainfile, keyfile = own and own.keyfile,
            })
            check(scenario, group, newer.connect(peer, context, {
               groups = { group }, times = scenario.times, early_data = scenario.early_data,
               cafile = own and certificates.ca.certfile,
            }))
         end)
      end)

      it("by default " .. default.server, function()
         local info = newer.connect(peer, ours.client_context({}), {})[1]
         assert.equal(default.server, info.group)
         assert.is_false(info.hello_retry)
      end)

      it("back to a classical group by HelloRetryRequest", function()
         local info = newer.connect(peer, ours.client_context({}), { groups = { "secp384r1" } })[1]
         assert.equal("secp384r1", info.group)
         assert.is_true(info.hello_retry)
      end)
   end)

   cases.describe("a client of " .. peer.name .. " and our server:", function(listener)
      after_each(ours.close_all)

      each(peer, "client", function(group, scenario)
         it(scenario.title .. ", " .. group, function()
            local own = scenario.own and certificates[scenario.own]
            local context = ours.server_context(certificates.chain_ec, {
               min_version = "TLSv1.3", groups = { group }, max_early_data = scenario.early_data and 10000,
               verify = own and "required", cafile = own and certificates.ca.certfile,
            })
            check(scenario, group, newer.accept(peer, listener, context, {
               groups = offered(scenario, group), own = own, times = scenario.times, early_data = scenario.early_data,
            }))
         end)
      end)

      it("by default " .. default.client, function()
         local info = newer.accept(peer, listener, ours.server_context(certificates.ec, {}), {})[1]
         assert.equal(default.client, info.group)
         assert.equal(default.retried or false, info.hello_retry)
      end)

      it("back to a classical group by HelloRetryRequest", function()
         local context = ours.server_context(certificates.ec, { groups = { "secp384r1" } })
         local info = newer.accept(peer, listener, context, {})[1]
         assert.equal("secp384r1", info.group)
         assert.is_true(info.hello_retry)
      end)
   end)
end

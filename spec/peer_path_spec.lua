-- info "peer_path": the certificates along which this handshake verified the peer.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"

local function common_name(certificate)
   local _, text = certificate:subject()
   return text:match "CN=([^,]+)"
end

local function subjects(path)
   local names = {}
   for index, certificate in ipairs(path) do names[index] = common_name(certificate) end
   return names
end

local SERVER = { "localhost", "Test Lower Intermediate CA", "Test Intermediate CA", "Test Root CA" }

for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
   local function context(options)
      options.max_version = version
      return assert(bearssl.context(options))
   end

   -- A server that sends the root and somebody else's certificate along, in front of its intermediates.
   local function server(options)
      options.mode = "server"
      local chain = certificates.chain_ec
      options.certificate = chain.certificate .. certificates.ca.certificate .. certificates.alpha.certificate .. chain.rest
      options.key = chain.key
      return context(options)
   end

   local function shake(c, s, options)
      options = options or {}
      options.server_name = "localhost"
      local a, b = assert(c:connection(options)), assert(s:connection())
      local result = pump(a, b)
      assert.is_true(a:info "established", result.client.message)
      return a, b
   end

   describe("the path of " .. version, function()
      it("leads from the peer's own certificate to the trusted one, without what was sent along", function()
         local c = context { cafile = certificates.ca.certfile }
         local s = server {}
         local a = shake(c, s)
         assert.same(SERVER, subjects(a:info "peer_path"))
         assert.equal(5, #a:info "peer_certificates")
         -- a verdict that was remembered has it too
         local again = shake(c, s, { session = false })
         assert.is_true(again:info "verdict_cached")
         assert.same(SERVER, subjects(again:info "peer_path"))
      end)

      it("ends at an intermediate that is trusted itself", function()
         local c = context { trust = { certificates.intermediate.certificate } }
         assert.same({ SERVER[1], SERVER[2], SERVER[3] }, subjects(shake(c, server {}):info "peer_path"))
      end)

      it("outlives the trust store's contents", function()
         local trust = assert(bearssl.trust.new { certificates.ca.certificate })
         local a = shake(context { trust = trust }, server {})
         trust:reload { certificates.other_ca.certificate }
         collectgarbage()
         assert.same(SERVER, subjects(a:info "peer_path"))
      end)

      it("of a client is the server's to see", function()
         local own = certificates.client_chain
         local c = context { cafile = certificates.ca.certfile, certfile = own.chainfile, keyfile = own.keyfile }
         local a, b = shake(c, server { cafile = certificates.ca.certfile, verify = "required" })
         local path = b:info "peer_path"
         assert.equal(own.certificate, path[1]:pem())
         assert.equal("Test Root CA", common_name(path[#path]))
         assert.same(SERVER, subjects(a:info "peer_path"))
      end)

      it("is empty where nothing was verified", function()
         local s = server {}
         assert.same({}, shake(context { verify = "none" }, s):info "peer_path")
         local wrong = context { cafile = certificates.other_ca.certfile }
         local a = shake(wrong, s, { handlers = { verify = function() return "accept" end } })
         assert.is_true(a:info "peer_accepted")
         assert.same({}, a:info "peer_path")
         local c = context { cafile = certificates.ca.certfile }
         local first = shake(c, s)
         local second = shake(c, s, { session = first:session() })
         assert.is_true(second:info "resumed")
         assert.same({}, second:info "peer_path")
      end)
   end)
end

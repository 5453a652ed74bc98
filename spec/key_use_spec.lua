-- What a key may be used for, by its type and its key usage, the peer's and our own; and that an ECDSA signature has
-- one encoding. In C: spec/core/key/ecdsa_encoding_test.c.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local chains = require "spec.support.chains"
local core = require "bearssl.core"
local hostile = require "spec.robustness.hostile"
local pump = require "spec.support.pump"

local der, NOW = chains.der, chains.NOW
local OLD = { "TLSv1.0", "TLSv1.1" }
local UP_TO_12 = { "TLSv1.0", "TLSv1.1", "TLSv1.2" }
local FORWARD = { "ECDHE-RSA-AES128-SHA", "TLS_AES_128_GCM_SHA256" }
local EVERY = { "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3" }
local world = chains.world("rsa")
local root = chains.world("ec"):authority { subject = "CN=Root", key = "root" }
local trust = assert(core.trust())
assert(core.trust_add_certificate(trust, root.certificate))

-- One RSA number, as a key for everything and as one for RSA-PSS alone.
local rsa = chains.key("rsa", "number")
local rsa_algorithm = der(0x30, der(6, "\42\134\72\134\247\13\1\1\1"), "\5\0")
local pss
do
   local bytes = rsa:der()
   local _, behind = bytes:find(rsa_algorithm, 1, true)
   pss = assert(core.key(der(0x30, "\2\1\0", der(0x30, der(6, "\42\134\72\134\247\13\1\1\10")),
      bytes:sub(behind + 1))))
end

local function certificate(key, given)
   local all = { subject = "CN=localhost", key = key, by = root, names = { { type = "DNS", value = "localhost" } } }
   for name, value in pairs(given or {}) do all[name] = value end
   return world:issue(all).certificate
end

local function shake(client, server, tamper)
   local all = { trust = trust, max_version = client.version, min_version = client.version, suites = "compatible",
      clock = function() return NOW end }
   for name, value in pairs(client) do all[name] = value end
   all.version = nil
   local theirs = { mode = "server", min_version = "TLSv1.0", suites = "compatible", clock = all.clock }
   for name, value in pairs(server) do theirs[name] = value end
   local a = assert(assert(bearssl.context(all)):connection { server_name = "localhost" })
   local b = assert(assert(bearssl.context(theirs)):connection())
   return a, b, pump(a, b, { tamper = tamper })
end

-- recoded: the same r and s, with a zero before r that DER does not have.
local function recoded(signature)
   local length = signature:byte(2)
   local body = signature:sub(length == 0x81 and 4 or 3)
   local r = body:sub(3, 2 + body:byte(2))
   return der(0x30, der(2, "\0" .. r), body:sub(3 + #r))
end

describe("an ECDSA signature that is not DER", function()
   local function signer(key, change)
      return function(_, question)
         return change(assert(key:sign(question.scheme or question.hash, question.digest)))
      end
   end

   for _, version in ipairs(EVERY) do
      it("is refused from a server and from a client, " .. version, function()
         for _, identity in ipairs { "ec", "ec384", "ec521" } do
            local key = assert(bearssl.key.load(certificates[identity].key))
            local chain = assert(bearssl.certificate.load(certificates[identity].chain))
            for _, change in ipairs { recoded, function(bytes) return bytes end } do
               local wrong = change == recoded
               local function identified(more)
                  more.certificate, more.key, more.handlers = chain, bearssl.key.external(chain[1]),
                     { sign = signer(key, change) }
                  return more
               end
               local clock = os.time
               local _, _, result = shake({ version = version, trust = certificates.ca.certificate, clock = clock },
                  identified { clock = clock })
               assert.equal(wrong and "bad_signature" or nil, result.client.code, result.client.message)
               _, _, result = shake(
                  identified { version = version, trust = certificates.ca.certificate, clock = clock },
                  { verify = "required", trust = certificates.ca.certificate, clock = clock,
                     certificate = certificates.ec.chain, key = certificates.ec.key,
                     handlers = { verify = function() return "accept" end } })
               assert.equal(wrong and "bad_signature" or nil, result.server.code, result.server.message)
            end
         end
      end)
   end

   it("is refused of certificates, requests, CRLs and OCSP responses", function()
      local key = chains.key("ec", "root")
      -- changed gives the DER of something signed with the signature in its last element recoded
      local function changed(bytes)
         local at
         for i = #bytes - 60, #bytes - 160, -1 do
            if bytes:byte(i) == 3 and bytes:byte(i + 1) == #bytes - i - 1 and bytes:byte(i + 2) == 0 then at = i end
         end
         local signature = der(3, "\0" .. recoded(bytes:sub(assert(at) + 3)))
         local first = bytes:byte(2) == 0x82 and 5 or bytes:byte(2) == 0x81 and 4 or 3
         return der(0x30, bytes:sub(first, at - 1) .. signature)
      end
      local leaf = certificate(rsa)
      local function verdict(one, options)
         local all = { time = NOW }
         for name, value in pairs(options or {}) do all[name] = value end
         local good, _, code = bearssl.trust.new({ root.certificate }):verify({ one }, all)
         return good and "ok" or code
      end
      assert.equal("ok", verdict(leaf))
      assert.equal("bad_certificate_signature", verdict(assert(core.certificates(changed(leaf:der())))[1]))
      local crl = assert(core.build_crl { issuer = root.certificate, issuer_key = key, this_update = NOW - 10,
         next_update = NOW + 100 })
      assert.equal("ok", verdict(leaf, { crls = { crl }, revocation = "leaf" }))
      assert.equal("bad_crl", verdict(leaf, { crls = changed(crl:der()) }))
      local request = assert(core.build_request { key = key, subject = "CN=x" })
      assert.is_true(request:verify())
      local altered = assert(core.request(changed(request:der())))
      assert.equal("bad_request", select(3, altered:verify()))
      local response = assert(core.build_ocsp_response { certificate = leaf, issuer = root.certificate, key = key,
         this_update = NOW - 10, next_update = NOW + 100 }):der()
      assert.equal("ok", verdict(leaf, { ocsp_responses = response, revocation = "leaf" }))
      -- the OCTET STRING of the basic response is the last element of all
      local basic_at = assert(response:find(der(6, "\43\6\1\5\5\7\48\1\1"), 1, true)) + 11
      local skip = response:byte(basic_at + 1) == 0x82 and 4 or response:byte(basic_at + 1) == 0x81 and 3 or 2
      local basic = changed(response:sub(basic_at + skip))
      local again = der(0x30, "\10\1\0", der(0xA0, der(0x30, der(6, "\43\6\1\5\5\7\48\1\1"), der(4, basic))))
      assert.equal("bad_ocsp_response", verdict(leaf, { ocsp_responses = again }))
   end)
end)

describe("a key for RSA-PSS alone", function()
   local both = { general = { rsa, certificate(rsa) }, pss = { pss, certificate(pss) } }

   it("is not the one of the same number for everything", function()
      assert.equal("RSA-PSS", both.pss[2]:public_key().type)
      for key, other in pairs { general = "pss", pss = "general" } do
         local context, _, code = bearssl.context { mode = "server", key = both[key][1],
            certificate = { both[other][2] } }
         assert.is_nil(context)
         assert.equal("key_mismatch", code)
      end
   end)

   it("never does static RSA or signs with PKCS#1 for a server", function()
      for _, version in ipairs(UP_TO_12) do
         local a, _, result = shake({ version = version }, { key = pss, certificate = { both.pss[2] } })
         if a:info "established" then
            assert.equal("TLSv1.2", version)
            assert.truthy(a:info "signature_algorithm":find "^rsa_pss_pss")
         else
            assert.equal("no_usable_credential", result.server.code, version)
         end
         -- nor where the key is elsewhere
         _, _, result = shake({ version = version }, { key = bearssl.key.external(both.pss[2]),
            certificate = { both.pss[2] }, handlers = {
               sign = function(_, question)
                  assert.truthy(question.scheme and question.scheme:find "^rsa_pss_pss")
                  return pss:sign(question.scheme, question.digest)
               end,
               decrypt = function() error("asked to decrypt") end,
            } })
         assert.truthy(result.server.code == "no_usable_credential" or result.client.status, result.server.message)
      end
   end)

   it("does not sign for a client where that would be PKCS#1", function()
      for _, version in ipairs(OLD) do
         local asked = 0
         local _, b, result = shake({ version = version, key = bearssl.key.external(both.pss[2]),
            certificate = { both.pss[2] }, handlers = { sign = function()
               asked = asked + 1
               return nil
            end } }, { key = rsa, certificate = { both.general[2] }, verify = "optional", trust = trust })
         assert.is_true(b:info "established", result.server.message)
         assert.same({}, b:info "peer_certificates")
         assert.equal(0, asked)
      end
   end)

   it("does not verify a server's PKCS#1 signature", function()
      local bytes = both.pss[2]:der()
      local function u24(n) return string.char(math.floor(n / 65536), math.floor(n / 256) % 256, n % 256) end
      local body = u24(#bytes + 3) .. u24(#bytes) .. bytes
      for number, version in ipairs(UP_TO_12) do
         local hidden
         local a, _, result = shake({ version = version, suites = { "ECDHE-RSA-AES128-SHA" } },
            { key = rsa, certificate = { both.general[2] } }, function(bytes_sent, from, records)
               if from ~= "server" then return bytes_sent end
               local items
               items, hidden = hostile.items(records, hidden)
               for _, item in ipairs(items) do
                  if item.kind == "message" and item.type == 11 then item.body = body end
               end
               return hostile.bytes(items, 0x0300 + number)
            end)
         assert.is_false(a:info "established")
         assert.equal(version == "TLSv1.2" and "illegal_parameter" or "wrong_purpose", result.client.code)
      end
   end)
end)

describe("key usage", function()
   local encipherment = certificate(rsa, { key_usage = { "keyEncipherment" } })

   it("is looked at of our own certificate, in every version and wherever it comes from", function()
      for _, version in ipairs(EVERY) do
         local a, b, result = shake({ version = version, key = rsa, certificate = { encipherment } },
            { key = rsa, certificate = { certificate(rsa) }, verify = "optional", trust = trust })
         assert.is_true(a:info "established", result.client.message or result.server.message)
         assert.same({}, b:info "peer_certificates")
         -- chosen by a handler
         a, b, result = shake({ version = version, handlers = { client_certificate = function()
            return { certificate = { encipherment }, key = rsa }
         end } }, { key = rsa, certificate = { certificate(rsa) }, verify = "optional", trust = trust })
         assert.is_true(a:info "established", result.client.message or result.server.message)
         assert.same({}, b:info "peer_certificates")
         a, b, result = shake({ version = version, suites = FORWARD }, { suites = FORWARD, handlers = {
            select = function() return { certificate = { encipherment }, key = rsa } end } })
         assert.is_false(a:info "established")
         assert.is_false(b:info "established")
         assert.equal("no_usable_credential", result.server.code)
      end
   end)
end)

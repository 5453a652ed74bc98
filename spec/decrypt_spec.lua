-- The `decrypt` decision: whatever a key that is elsewhere answers to what is no pre-master secret, nobody outside can
-- tell (RFC 5246 section 7.4.7.1).
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"

local SUITES = { "TLS_RSA_WITH_AES_128_GCM_SHA256" }
local chain = assert(bearssl.certificate.open(certificates.rsa.certfile))
local own = assert(bearssl.key.open(certificates.rsa.keyfile))
local external = bearssl.key.external(chain[1])

local function answering(handler, key)
   return assert(bearssl.context {
      mode = "server", max_version = "TLSv1.2", suites = SUITES, certificate = chain, key = key or external,
      handlers = { decrypt = handler },
   })
end

local function shake(server, version)
   local client = assert(bearssl.context {
      cafile = certificates.ca.certfile, min_version = version, max_version = version, suites = SUITES,
   })
   local a, b = assert(client:connection { server_name = "localhost" }), assert(server:connection())
   local stages = {}
   local result = pump(a, b, { observe = function(bytes, from)
      if from == "server" then stages[#stages + 1] = #bytes end
   end })
   return result, table.concat(stages, " ")
end

local answers = {
   ["nothing"] = function() end,
   ["nil and a reason"] = function() return nil, "decryption failed" end,
   ["nil and a code"] = function() return nil, "access_denied" end,
   ["false"] = function() return false end,
   ["false and a reason"] = function() return false, "bad padding" end,
   ["an empty string"] = function() return "" end,
   ["a short secret"] = function() return ("x"):rep(47) end,
   ["a long secret"] = function() return ("x"):rep(49) end,
   ["a very long secret"] = function() return ("x"):rep(100000) end,
   ["a secret that is wrong"] = function() return ("x"):rep(48) end,
   ["a number"] = function() return 48 end,
   ["true"] = function() return true end,
   ["a table"] = function() return {} end,
   ["an error"] = function() error "HSM: bad padding" end,
   ["an error that is no string"] = function() error {} end,
}

describe("a decrypt handler of a key that is elsewhere", function()
   it("gives the secret", function()
      local result = shake(answering(function(_, question) return own:decrypt(question.ciphertext) end))
      assert.equal("wantread", result.client.status)
      assert.equal("wantread", result.server.status)
   end)

   for name, handler in pairs(answers) do
      it("that answers " .. name .. " ends in Finished, like any other", function()
         local result, sent = shake(answering(handler))
         local expected, as_sent = shake(answering(answers["an empty string"]))
         assert.equal("bad_record_mac", result.server.code, result.server.message)
         assert.equal("alert_bad_record_mac", result.client.code)
         assert.equal(as_sent, sent)
         assert.equal(#expected.records, #result.records)
      end)
   end

   it("that raises is heard of on its own side", function()
      local result = shake(answering(answers["an error"]))
      assert.matches("HSM: bad padding", result.server.message, 1, true)
      assert.matches("'decrypt' handler", result.server.message, 1, true)
   end)

   it("that is missing is one that knows nothing", function()
      local result = shake(answering(nil))
      assert.equal("bad_record_mac", result.server.code)
   end)

   it("leaves it to the context's own key, if there is one", function()
      local result = shake(answering(answers["nothing"], own))
      assert.equal("wantread", result.server.status)
      for _, name in ipairs { "nil and a reason", "false", "a number", "an error" } do
         result = shake(answering(answers[name], own))
         assert.equal("bad_record_mac", result.server.code, name)
      end
   end)
end)

-- External pre-shared keys that are imported (RFC 9258), both sides.
local tls13 = require "spec.support.tls13"

local client, server, shake, established = tls13.client, tls13.server, tls13.shake, tls13.established

local KEY = ("k"):rep(32)

local function answering(answer) return { psk = function() return answer end } end

describe("an imported pre-shared key", function()
   it("authenticates both sides for either hash of the suites", function()
      for _, hash in ipairs { "sha256", "sha384" } do
         for suite, target in pairs { TLS_AES_128_GCM_SHA256 = "sha256", TLS_AES_256_GCM_SHA384 = "sha384" } do
            local asked = {}
            local a, b = established(client(), server { suites = { suite }, handlers = { psk = function(_, question)
               asked[#asked + 1] = question.imported
               assert.equal("device", question.imported.external_identity)
               assert.equal("of shop 7", question.imported.context)
               return { key = KEY, hash = hash, imported = true }
            end } }, { handlers = answering { identity = "device", key = KEY, hash = hash, imported = true,
               context = "of shop 7" } })
            assert.equal(target, asked[#asked].target_hash)
            for _, connection in ipairs { a, b } do
               local info = connection:info()
               assert.is_true(info.psk)
               assert.equal("device", info.psk_identity)
               assert.equal("of shop 7", info.psk_context)
               assert.equal(suite, info.cipher_suite)
               assert.same({}, info.peer_certificates or {})
            end
         end
      end
   end)

   it("is offered once for each hash that the client has suites of", function()
      local function offered(suites)
         local seen = {}
         established(client { suites = suites }, server(), { handlers = tls13.recorder(seen,
            answering { identity = "x", key = KEY, imported = true }) })
         for _, extension in ipairs(seen["sent client_hello"].extensions) do
            if extension.name == "pre_shared_key" then return extension.value end
         end
      end
      assert.equal(2, #offered())
      local one = offered { "TLS_AES_256_GCM_SHA384" }
      assert.equal(1, #one)
      assert.equal("\0\1x\0\0\3\4\0\2", one[1].identity)
      assert.equal(48, #one.binders[1])
   end)

   it("has an empty context by default", function()
      local a = established(client(), server { handlers = answering { key = KEY, imported = true } },
         { handlers = answering { identity = "x", key = KEY, imported = true } })
      assert.equal("", a:info "psk_context")
   end)

   it("survives HelloRetryRequest", function()
      local a = established(client { groups = { "x25519", "secp256r1" } },
         server { groups = { "secp256r1" }, handlers = answering { key = KEY, imported = true } },
         { handlers = answering { identity = "x", key = KEY, imported = true } })
      assert.is_true(a:info "hello_retry")
      assert.equal("x", a:info "psk_identity")
   end)

   it("is not the external key, nor one of another hash or key", function()
      for _, theirs in ipairs { { key = KEY }, { key = KEY, hash = "sha384", imported = true },
         { key = ("j"):rep(32), imported = true } } do
         local _, b, result = shake(client(), server { handlers = answering(theirs) },
            { handlers = answering { identity = "x", key = KEY, imported = true } })
         assert.is_false(b:info "established")
         assert.equal("bad_finished", result.server.code)
      end
   end)

   it("is told apart from one that is not imported", function()
      local question
      local a = established(client(), server { handlers = { psk = function(_, asked)
         question = asked
         return { key = KEY }
      end } }, { handlers = answering { identity = "plain", key = KEY } })
      assert.is_nil(question.imported)
      assert.equal("plain", a:info "psk_identity")
      assert.is_nil(a:info "psk_context")
   end)

   it("is refused where the answer does not fit the question", function()
      local function refused(text, mine, theirs)
         local _, _, result = shake(client(), server { handlers = answering(theirs) }, { handlers = answering(mine) })
         local message = tostring(result.client.message) .. tostring(result.server.message)
         assert.truthy(message:find(text, 1, true), message)
      end
      local plain = { identity = "plain", key = KEY }
      refused("question.imported is nil", plain, { key = KEY, imported = true })
      refused("'context' without imported = true", { identity = "x", key = KEY, context = "c" }, false)
      refused("'imported' that is not true or false", { identity = "x", key = KEY, imported = 1 }, false)
      refused("'context' that is not a string", { identity = "x", key = KEY, imported = true, context = 1 }, false)
      refused("more than 16384 bytes",
         { identity = ("x"):rep(16384), key = KEY, imported = true, context = "c" }, false)
      refused("which is for clients", { identity = "x", key = KEY, imported = true },
         { key = KEY, imported = true, context = "c" })
   end)
end)

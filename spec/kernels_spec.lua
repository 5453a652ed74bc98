-- Kernels: what computes each primitive, and that everything goes by it.
local bearssl = require "bearssl"
local shell = require "spec.support.shell"

local LUA = os.getenv("LUA") or "lua5.4"

-- kernels_under runs another process under BEARSSL_LUA_KERNELS = words, and returns what it says of its kernels.
local function kernels_under(words)
   local output = shell.run(("BEARSSL_LUA_KERNELS=%s %s -e %s"):format(shell.quote(words), LUA, shell.quote(
      [[for name, value in pairs(require "bearssl".kernels()) do print(name .. "=" .. value) end]])))
   local found = {}
   for name, value in output:gmatch "([^\n=]+)=([^\n]+)" do found[name] = value end
   return found
end

-- What does a primitive without kernels: BearSSL has no ML-KEM.
local function fallback(primitive) return primitive == "ml_kem" and "portable" or "bearssl" end

describe("kernels", function()
   it("are told", function()
      local kernels = bearssl.kernels()
      for _, name in ipairs { "sha256", "x25519", "secp256r1", "secp384r1", "secp521r1", "rsa", "aes_gcm",
         "chacha20_poly1305", "ml_kem" } do
         assert.equal("string", type(kernels[name]), name)
      end
   end)

   it("are chosen by the environment", function()
      -- a misspelt word keeps them from running: whoever gives one may want that of a kernel
      for _, words in ipairs { "none", "None", "nonsense", "auto,nonsense", "-" } do
         for name, value in pairs(kernels_under(words)) do assert.equal(fallback(name), value, name) end
      end
      local all = kernels_under "auto"
      assert.same(all, kernels_under "")
      for left_out, implementation in pairs(all) do
         local rest = kernels_under("-" .. left_out)
         assert.equal(fallback(left_out), rest[left_out])
         for name, value in pairs(rest) do
            if name ~= left_out then assert.equal(all[name], value) end
         end
         if implementation ~= fallback(left_out) then
            assert.are_not.equal(implementation, kernels_under("-" .. implementation)[left_out])
         end
      end
   end)

   -- What names BearSSL's implementation by itself goes past the choice. Exponents
   -- that are secret are BearSSL's (crypto/ffdhe.c, key/key_encode.c); RSA keys are made where nobody waits; random
   -- bytes are made below all kernels.
   it("are what the core computes with", function()
      local allowed = { ["crypto/ffdhe.c: br_rsa_public_get_default"] = true,
         ["key/key_encode.c: br_rsa_public_get_default"] = true,
         ["key/key_generate.c: br_rsa_keygen_get_default"] = true,
         ["key/key_generate.c: br_rsa_compute_privexp_get_default"] = true,
         ["base/random.c: br_chacha20_ct"] = true }
      local past = {}
      local names = "br_sha256_(vtable|init|update|out)|br_tls12_sha[0-9]+_prf|" ..
         "br_(ec|ecdsa|rsa)_[a-z0-9_]*get_default|br_ec_[a-z0-9]+_(i|m)[0-9]+|" ..
         "br_gcm_init|br_(ghash|chacha20|poly1305)_(ct|i15|pclmul|pwr8|sse2)|" ..
         "engine_set_default_(ec|ecdsa|rsavrfy|aes_gcm|chapol)"
      local found = shell.run("cd csrc/tls && grep -roE --include='*.[ch]' '" .. names .. "' . | " ..
         [[sed 's/^\.\///; s/:/: /' | sort -u]])
      for line in found:gmatch "[^\n]+" do
         if not line:find "^kernel/" and not allowed[line] then past[#past + 1] = line end
      end
      assert.same({}, past)
   end)
end)

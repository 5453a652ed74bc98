-- OpenSSL's cipher strings: what they give here is what `openssl ciphers` gives, as far as both libraries have it.
local both = require "spec.luasec.both"
local certificates = require "spec.support.certificates"
local cipher_string = require "bearssl.luasec.cipher_string"
local shell = require "spec.support.shell"

-- OpenSSL's list for a string, of what this library has too.
local function theirs(text)
   local list = {}
   local ok, output = pcall(shell.run, { "openssl", "ciphers", "-s", "-tls1_2", text })
   if not ok then return list end
   for name in output:gmatch "[^:\n]+" do
      if cipher_string.entry(name) then list[#list + 1] = name end
   end
   return list
end

-- Debian's OpenSSL was built without 3DES.
local function ours(text)
   local list = {}
   for _, name in ipairs(cipher_string.read(text) or {}) do
      local known = cipher_string.entry(name).openssl_name
      if not known:find "DES%-CBC3" then list[#list + 1] = known end
   end
   return list
end

local STRINGS = {
   "DEFAULT", "ALL", "HIGH", "MEDIUM", "LOW", "ALL:COMPLEMENTOFALL", "COMPLEMENTOFDEFAULT", "HIGH:!aNULL:!MD5",
   "HIGH+kEECDH:HIGH+kEDH:HIGH:!PSK:!SRP:!3DES:!aNULL", "EECDH+AESGCM:EDH+AESGCM", "ECDHE+CHACHA20:ECDHE+AESGCM:RSA",
   "kRSA", "RSA", "aRSA", "aECDSA", "ECDSA", "kEECDH", "ECDHE", "kEDH", "DHE", "AES", "AES128", "AES256", "AESGCM",
   "AESCCM", "AESCCM8", "CHACHA20", "SHA1", "SHA", "SHA256", "SHA384", "TLSv1.2", "TLSv1", "SSLv3",
   "AES128:AES256", "AES256:AES128:+AES128", "ALL:-AES128:AES128+ECDHE", "ALL:!AES128:AES128", "ALL:+ECDHE",
   "ALL:@STRENGTH", "AES128:AES256:@STRENGTH", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256:HIGH",
   "HIGH,!kRSA", "HIGH !kRSA", "HIGH;!kRSA", "BOGUS:AES128-SHA",
   "ALL:!RSA+AES256", "ALL:!ECDHE:!DHE", "DEFAULT:@SECLEVEL=1", "DEFAULT:!kRSA:@STRENGTH", "!AES256:ALL", "!ALL:AES128",
   "TLSv1.0",
   "HIGH:DEFAULT", "kECDHE+aRSA+AES256+SHA384", "PSK:SRP:DSS:aNULL:eNULL:EXPORT:RC4:MD5:AES128-SHA",
   "AES128-SHA:AES128-SHA",
   "", "BOGUS", "!ALL", "ALL:!ALL", "aNULL", "TLS_AES_128_GCM_SHA256",
}

describe("a cipher string of bearssl.luasec", function()
   for _, text in ipairs(STRINGS) do
      it(("gives what OpenSSL's gives: %q"):format(text), function()
         assert.same(theirs(text), ours(text))
      end)
   end

   it("tells the security level", function()
      assert.equal(0, select(2, cipher_string.read "ALL:@SECLEVEL=0"))
      assert.is_nil(select(2, cipher_string.read "ALL"))
      assert.same({ nil, "invalid command" }, { cipher_string.read "ALL:@SECLEVEL=6" })
      assert.same({ nil, "invalid command" }, { cipher_string.read "@BOGUS" })
   end)

   it("negotiates each suite that both have, with LuaSec as client and as server", function()
      local seen = 0
      for _, name in ipairs(ours "ALL:!AESCCM") do
         local entry = cipher_string.entry(name)
         local key = entry.authentication == "ECDSA" and certificates.ec or certificates.rsa
         for _, pair in ipairs { { both.real, both.ours }, { both.ours, both.real } } do
            local client, server = both.connect(pair[1],
               { mode = "client", protocol = "tlsv1_2", verify = "none", ciphers = name }, pair[2],
               { mode = "server", protocol = "tlsv1_2", certificate = key.chainfile, key = key.keyfile, ciphers = name,
                  dhparam = both.parameters })
            assert.same(client:info(), server:info())
            assert.equal(name, client:info "cipher")
            client:close()
            server:close()
            seen = seen + 1
         end
      end
      assert.is_true(seen >= 40)
   end)

   it("negotiates each suite of TLS 1.3 that both have", function()
      for _, name in ipairs { "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256",
         "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256" } do
         for _, pair in ipairs { { both.real, both.ours }, { both.ours, both.real } } do
            local client, server = both.connect(pair[1],
               { mode = "client", protocol = "tlsv1_3", verify = "none", ciphersuites = name }, pair[2],
               { mode = "server", protocol = "any", certificate = certificates.ec.chainfile,
                  key = certificates.ec.keyfile, ciphersuites = name })
            assert.same(client:info(), server:info())
            assert.equal(name, client:info "cipher")
            client:close()
            server:close()
         end
      end
   end)

   it("is the client's order, or the server's where that is asked for", function()
      both.pairings(function(client_library, server_library)
         for _, case in ipairs { { "all", "ECDHE-ECDSA-AES128-GCM-SHA256" },
            { { "all", "cipher_server_preference" }, "ECDHE-ECDSA-AES256-GCM-SHA384" } } do
            local client, server = both.connect(client_library, { mode = "client", protocol = "tlsv1_2",
               ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384" }, server_library,
               { mode = "server", protocol = "any", certificate = certificates.ec.chainfile,
                  key = certificates.ec.keyfile, options = case[1],
                  ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256" })
            assert.equal(case[2], client:info "cipher", client_library.name .. " to " .. server_library.name)
            client:close()
            server:close()
         end
      end)
   end)

   it("speaks the versions that are asked for", function()
      for _, case in ipairs { { "tlsv1", "TLSv1" }, { "tlsv1_1", "TLSv1.1" }, { "tlsv1_2", "TLSv1.2" },
         { "tlsv1_3", "TLSv1.3" } } do
         both.pairings(function(client_library, server_library)
            local client, server = both.connect(client_library,
               { mode = "client", protocol = case[1], ciphers = "ALL:@SECLEVEL=0" }, server_library,
               { mode = "server", protocol = "any", certificate = certificates.rsa.chainfile,
                  key = certificates.rsa.keyfile, ciphers = "ALL:@SECLEVEL=0" })
            assert.equal(case[2], client:info "protocol", client_library.name .. " to " .. server_library.name)
            assert.same(client:info(), server:info())
            client:close()
            server:close()
         end)
      end
   end)
end)

-- The cipher suites of BearSSL 0.6 below TLS 1.3 and those of DHE, and what other implementations call them.
--    name         of the RFC
--    certificate  key type the server needs: "rsa", "ec", or of spec.support.certificates for static ECDH
--    version      oldest protocol version: "TLSv1.0" or "TLSv1.2"
--    openssl      OpenSSL 3's name; nil where OpenSSL 3 has it no more
--    gnutls       GnuTLS's priority words; nil where GnuTLS does not have it
local suites = {}

local function add(name, certificate, version, openssl, gnutls)
   suites[#suites + 1] = {
      name = "TLS_" .. name,
      certificate = certificate,
      version = version,
      openssl = openssl,
      gnutls = gnutls,
   }
end

local NEW, OLD = "TLSv1.2", "TLSv1.0"

for _, kind in ipairs({ "ECDSA", "RSA" }) do
   local key = kind == "RSA" and "rsa" or "ec"
   local exchange = "+ECDHE-" .. kind
   local name, openssl = "ECDHE_" .. kind .. "_WITH_", "ECDHE-" .. kind .. "-"
   local chacha20 = exchange .. ":+CHACHA20-POLY1305:+AEAD"
   add(name .. "CHACHA20_POLY1305_SHA256", key, NEW, openssl .. "CHACHA20-POLY1305", chacha20)
   add(name .. "AES_128_GCM_SHA256", key, NEW, openssl .. "AES128-GCM-SHA256", exchange .. ":+AES-128-GCM:+AEAD")
   add(name .. "AES_256_GCM_SHA384", key, NEW, openssl .. "AES256-GCM-SHA384", exchange .. ":+AES-256-GCM:+AEAD")
   if kind == "ECDSA" then
      add(name .. "AES_128_CCM", key, NEW, openssl .. "AES128-CCM", exchange .. ":+AES-128-CCM:+AEAD")
      add(name .. "AES_256_CCM", key, NEW, openssl .. "AES256-CCM", exchange .. ":+AES-256-CCM:+AEAD")
      add(name .. "AES_128_CCM_8", key, NEW, openssl .. "AES128-CCM8", exchange .. ":+AES-128-CCM-8:+AEAD")
      add(name .. "AES_256_CCM_8", key, NEW, openssl .. "AES256-CCM8", exchange .. ":+AES-256-CCM-8:+AEAD")
   end
   add(name .. "AES_128_CBC_SHA256", key, NEW, openssl .. "AES128-SHA256", exchange .. ":+AES-128-CBC:+SHA256")
   add(name .. "AES_256_CBC_SHA384", key, NEW, openssl .. "AES256-SHA384", exchange .. ":+AES-256-CBC:+SHA384")
   add(name .. "AES_128_CBC_SHA", key, OLD, openssl .. "AES128-SHA", exchange .. ":+AES-128-CBC:+SHA1")
   add(name .. "AES_256_CBC_SHA", key, OLD, openssl .. "AES256-SHA", exchange .. ":+AES-256-CBC:+SHA1")
   add(name .. "3DES_EDE_CBC_SHA", key, OLD, nil, exchange .. ":+3DES-CBC:+SHA1")
end

-- Static RSA.
add("RSA_WITH_AES_128_GCM_SHA256", "rsa", NEW, "AES128-GCM-SHA256", "+RSA:+AES-128-GCM:+AEAD")
add("RSA_WITH_AES_256_GCM_SHA384", "rsa", NEW, "AES256-GCM-SHA384", "+RSA:+AES-256-GCM:+AEAD")
add("RSA_WITH_AES_128_CCM", "rsa", NEW, "AES128-CCM", "+RSA:+AES-128-CCM:+AEAD")
add("RSA_WITH_AES_256_CCM", "rsa", NEW, "AES256-CCM", "+RSA:+AES-256-CCM:+AEAD")
add("RSA_WITH_AES_128_CCM_8", "rsa", NEW, "AES128-CCM8", "+RSA:+AES-128-CCM-8:+AEAD")
add("RSA_WITH_AES_256_CCM_8", "rsa", NEW, "AES256-CCM8", "+RSA:+AES-256-CCM-8:+AEAD")
add("RSA_WITH_AES_128_CBC_SHA256", "rsa", NEW, "AES128-SHA256", "+RSA:+AES-128-CBC:+SHA256")
add("RSA_WITH_AES_256_CBC_SHA256", "rsa", NEW, "AES256-SHA256", "+RSA:+AES-256-CBC:+SHA256")
add("RSA_WITH_AES_128_CBC_SHA", "rsa", OLD, "AES128-SHA", "+RSA:+AES-128-CBC:+SHA1")
add("RSA_WITH_AES_256_CBC_SHA", "rsa", OLD, "AES256-SHA", "+RSA:+AES-256-CBC:+SHA1")
add("RSA_WITH_3DES_EDE_CBC_SHA", "rsa", OLD, nil, "+RSA:+3DES-CBC:+SHA1")

-- DHE.
add("DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "rsa", NEW, "DHE-RSA-CHACHA20-POLY1305",
   "+DHE-RSA:+CHACHA20-POLY1305:+AEAD")
add("DHE_RSA_WITH_AES_128_GCM_SHA256", "rsa", NEW, "DHE-RSA-AES128-GCM-SHA256", "+DHE-RSA:+AES-128-GCM:+AEAD")
add("DHE_RSA_WITH_AES_256_GCM_SHA384", "rsa", NEW, "DHE-RSA-AES256-GCM-SHA384", "+DHE-RSA:+AES-256-GCM:+AEAD")
add("DHE_RSA_WITH_AES_128_CBC_SHA256", "rsa", NEW, "DHE-RSA-AES128-SHA256", "+DHE-RSA:+AES-128-CBC:+SHA256")
add("DHE_RSA_WITH_AES_256_CBC_SHA256", "rsa", NEW, "DHE-RSA-AES256-SHA256", "+DHE-RSA:+AES-256-CBC:+SHA256")
add("DHE_RSA_WITH_AES_128_CBC_SHA", "rsa", OLD, "DHE-RSA-AES128-SHA", "+DHE-RSA:+AES-128-CBC:+SHA1")
add("DHE_RSA_WITH_AES_256_CBC_SHA", "rsa", OLD, "DHE-RSA-AES256-SHA", "+DHE-RSA:+AES-256-CBC:+SHA1")

-- Static ECDH: OpenSSL dropped it in 1.1.0, GnuTLS never had it.
for _, kind in ipairs({ "ECDSA", "RSA" }) do
   local key, name = "ecdh_" .. kind:lower(), "ECDH_" .. kind .. "_WITH_"
   add(name .. "AES_128_GCM_SHA256", key, NEW)
   add(name .. "AES_256_GCM_SHA384", key, NEW)
   add(name .. "AES_128_CBC_SHA256", key, NEW)
   add(name .. "AES_256_CBC_SHA384", key, NEW)
   add(name .. "AES_128_CBC_SHA", key, OLD)
   add(name .. "AES_256_CBC_SHA", key, OLD)
   add(name .. "3DES_EDE_CBC_SHA", key, OLD)
end

-- of lists the suites that a peer ("openssl", "gnutls") has.
local function of(peer)
   local list = {}
   for _, suite in ipairs(suites) do
      if suite[peer] then
         list[#list + 1] = suite
      end
   end
   return list
end

-- gnutls_priority is a priority string for one suite and version.
local function gnutls_priority(suite, version)
   return ("NONE:+VERS-%s:%s:+COMP-NULL:+SIGN-ALL:+GROUP-ALL:+CTYPE-X509:%%VERIFY_ALLOW_SIGN_WITH_SHA1"):format(
      version:gsub("v", ""),
      suite.gnutls
   )
end

-- names lists them all by name.
local function names()
   local list = {}
   for index, suite in ipairs(suites) do
      list[index] = suite.name
   end
   return list
end

return { all = suites, of = of, names = names, gnutls_priority = gnutls_priority }

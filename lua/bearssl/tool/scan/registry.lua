-- What there is to ask for: the registries of suites, groups and signature schemes, with what names say of a suite.
local registry = {}

local function rows(text, pattern)
   local list, names = {}, {}
   for digits, name in text:gmatch(pattern) do
      local id = tonumber(digits, 16)
      list[#list + 1] = id
      names[id] = name
   end
   return list, names
end

local suites, suite_names = rows(require "bearssl.tool.scan.suite_names", "(%x+) (%S+)")

-- Groups: IANA, "TLS Supported Groups", and the drafts of Kyber that browsers used.
local groups, group_names = rows([[
0001 sect163k1 0002 sect163r1 0003 sect163r2 0004 sect193r1 0005 sect193r2 0006 sect233k1 0007 sect233r1 0008 sect239k1
0009 sect283k1 000A sect283r1 000B sect409k1 000C sect409r1 000D sect571k1 000E sect571r1 000F secp160k1 0010 secp160r1
0011 secp160r2 0012 secp192k1 0013 secp192r1 0014 secp224k1 0015 secp224r1 0016 secp256k1 0017 secp256r1 0018 secp384r1
0019 secp521r1 001A brainpoolP256r1 001B brainpoolP384r1 001C brainpoolP512r1 001D x25519 001E x448
001F brainpoolP256r1tls13 0020 brainpoolP384r1tls13 0021 brainpoolP512r1tls13 0022 GC256A 0023 GC256B 0024 GC256C
0025 GC256D 0026 GC512A 0027 GC512B 0028 GC512C 0029 curveSM2 0100 ffdhe2048 0101 ffdhe3072 0102 ffdhe4096
0103 ffdhe6144 0104 ffdhe8192 0200 MLKEM512 0201 MLKEM768 0202 MLKEM1024 11EB SecP256r1MLKEM768 11EC X25519MLKEM768
11ED SecP384r1MLKEM1024 11EE curveSM2MLKEM768 6399 X25519Kyber768Draft00 639A SecP256r1Kyber768Draft00
FF01 arbitrary_explicit_prime_curves FF02 arbitrary_explicit_char2_curves
]], "(%x%x%x%x) (%S+)")

-- Signature schemes: IANA, "TLS SignatureScheme"; those of TLS 1.2 that are pairs of a hash and DSA or another; and
-- the names that RFC 8446 gives to the ECDSA ones.
local schemes, scheme_names = rows([[
0403 ecdsa_secp256r1_sha256 0503 ecdsa_secp384r1_sha384 0603 ecdsa_secp521r1_sha512 0807 ed25519 0808 ed448
0804 rsa_pss_rsae_sha256 0805 rsa_pss_rsae_sha384 0806 rsa_pss_rsae_sha512 0809 rsa_pss_pss_sha256
080A rsa_pss_pss_sha384 080B rsa_pss_pss_sha512 0401 rsa_pkcs1_sha256 0501 rsa_pkcs1_sha384 0601 rsa_pkcs1_sha512
081A ecdsa_brainpoolP256r1tls13_sha256 081B ecdsa_brainpoolP384r1tls13_sha384 081C ecdsa_brainpoolP512r1tls13_sha512
0904 mldsa44 0905 mldsa65 0906 mldsa87 0911 slhdsa_sha2_128s 0912 slhdsa_sha2_128f 0913 slhdsa_sha2_192s
0914 slhdsa_sha2_192f 0915 slhdsa_sha2_256s 0916 slhdsa_sha2_256f 0917 slhdsa_shake_128s 0918 slhdsa_shake_128f
0919 slhdsa_shake_192s 091A slhdsa_shake_192f 091B slhdsa_shake_256s 091C slhdsa_shake_256f
0420 rsa_pkcs1_sha256_legacy 0520 rsa_pkcs1_sha384_legacy 0620 rsa_pkcs1_sha512_legacy 0708 sm2sig_sm3
0704 eccsi_sha256 0705 iso_ibs1 0706 iso_ibs2 0707 iso_chinese_ibs 0709 gostr34102012_256a 070A gostr34102012_256b
070B gostr34102012_256c 070C gostr34102012_256d 070D gostr34102012_512a 070E gostr34102012_512b
070F gostr34102012_512c 0301 rsa_pkcs1_sha224 0303 ecdsa_sha224 0302 dsa_sha224 0402 dsa_sha256 0502 dsa_sha384
0602 dsa_sha512 0203 ecdsa_sha1 0201 rsa_pkcs1_sha1 0202 dsa_sha1 0101 rsa_pkcs1_md5
]], "(%x%x%x%x) (%S+)")

-- Cipher kinds of SSL 2.0, by their three bytes.
local ssl2, ssl2_names = rows([[
010080 SSL_CK_RC4_128_WITH_MD5 020080 SSL_CK_RC4_128_EXPORT40_WITH_MD5 030080 SSL_CK_RC2_128_CBC_WITH_MD5
040080 SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5 050080 SSL_CK_IDEA_128_CBC_WITH_MD5 060040 SSL_CK_DES_64_CBC_WITH_MD5
060140 SSL_CK_DES_64_CBC_WITH_SHA 0700C0 SSL_CK_DES_192_EDE3_CBC_WITH_MD5 0701C0 SSL_CK_DES_192_EDE3_CBC_WITH_SHA
080080 SSL_CK_RC4_64_WITH_MD5 FF0800 SSL_CK_DES_64_CFB64_WITH_MD5_1 FF0810 SSL_CK_NULL
]], "(%x%x%x%x%x%x) (%S+)")

registry.groups, registry.schemes, registry.ssl2_kinds = groups, schemes, ssl2

local function unnamed(id) return ("0x%04X"):format(id) end

--- suite_name(id), group_name(id), scheme_name(id), ssl2_name(id) are names, or the number where there is none.
function registry.suite_name(id) return suite_names[id] or unnamed(id) end
function registry.group_name(id) return group_names[id] or unnamed(id) end
function registry.scheme_name(id) return scheme_names[id] or unnamed(id) end
function registry.ssl2_name(id) return ssl2_names[id] or ("0x%06X"):format(id) end

-- Suites of TLS 1.3 name neither a key exchange nor an authentication.
local function is_for_13(name) return not name:find "_WITH_" end

-- Those that are made for TLS 1.2: AEAD, and the hashes that came with it. What needs a ServerHello in which TLS 1.2
-- stands is refused by all others below it (RFC 5289, RFC 5246 section 5).
local function needs_12(name)
   return name:find "_GCM" or name:find "_CCM" or name:find "POLY1305" or name:find "_SHA256" or name:find "_SHA384"
      or name:find "_MGM_" or name:find "_OMAC$" or name:find "GOSTR341112"
end

--- suites(version) is the list of code points that may be picked in it: "SSLv3", "TLSv1.0" to "TLSv1.3".
function registry.suites(version)
   local list = {}
   for _, id in ipairs(suites) do
      local name = suite_names[id]
      if version == "TLSv1.3" then
         if is_for_13(name) then list[#list + 1] = id end
      elseif not is_for_13(name) and (version == "TLSv1.2" or not needs_12(name)) then
         list[#list + 1] = id
      end
   end
   return list
end

--- ids_of(names) is the code points of suites.
function registry.ids_of(names)
   local by_name, list = {}, {}
   for id, name in pairs(suite_names) do by_name[name] = id end
   for _, name in ipairs(names) do list[#list + 1] = by_name[name] end
   return list
end

--- properties(name) tells of a suite what its name does: null, anonymous, export, rc4, des, triple_des, cbc (booleans),
-- key_exchange ("DHE", "ECDHE", "RSA" …; nil in TLS 1.3).
function registry.properties(name)
   local exchange = name:match "^%a+_(.-)_WITH_"
   return {
      null = name:find "_NULL" ~= nil, anonymous = name:find "_anon" ~= nil, export = name:find "EXPORT" ~= nil,
      rc4 = name:find "RC4" ~= nil,
      des = name:find "_DES_CBC" ~= nil or name:find "_DES40_" ~= nil or name:find "_DES_64_" ~= nil,
      triple_des = name:find "3DES" ~= nil or name:find "EDE3" ~= nil, cbc = name:find "_CBC" ~= nil,
      key_exchange = exchange and exchange:match "^ECDHE?" or exchange and exchange:match "^DHE?" or exchange,
   }
end

--- is_ephemeral_dh(name), is_ephemeral_ec(name): what stands in its ServerKeyExchange. Those with pre-shared keys or
-- passwords have more before it, and are neither.
function registry.is_ephemeral_dh(name)
   return (name:find "_DHE_%u" or name:find "_DH_anon_") ~= nil and not name:find "PSK"
end

function registry.is_ephemeral_ec(name)
   return (name:find "_ECDHE_%u" or name:find "_ECDH_anon_") ~= nil and not name:find "PSK"
end

return registry

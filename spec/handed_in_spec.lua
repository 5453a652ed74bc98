-- What was handed in where something else belongs, or damaged, is named: by every loader, with what to do about it.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local leaf, key = certificates.ec.certificate, certificates.ec.key

local function openssl(command)
   local path = temporary.path(".out")
   shell.run("openssl " .. command:gsub("OUT", path) .. " 2>/dev/null >/dev/null")
   return temporary.read(path)
end

local function refuses(code, wanted, result, message, got)
   assert.is_nil(result)
   assert.equal(code, got, message)
   assert.truthy(message:find(wanted, 1, true), message)
   return message
end

local function der_of(pem)
   return bearssl.certificate.load(pem)[1]:der()
end

local function pem_of(label, der)
   local base64 = shell.run("openssl base64 -in " .. temporary.write(der))
   return ("-----BEGIN %s-----\n%s-----END %s-----\n"):format(label, base64, label)
end

describe("a private key that cannot be used", function()
   local load = bearssl.key.load

   it("is named by its kind, curve or size: unsupported_key", function()
      local kinds = {
         { "an Ed448 key", "genpkey -algorithm ed448 -out OUT" },
         { "an X25519 key", "genpkey -algorithm x25519 -out OUT" },
         { "an X448 key", "genpkey -algorithm x448 -out OUT" },
         { "an EC key on the curve secp256k1", "ecparam -name secp256k1 -genkey -noout -out OUT" },
         { "an EC key on the curve secp256k1", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out OUT" },
         { "an EC key on the curve secp224r1", "ecparam -name secp224r1 -genkey -noout -outform DER -out OUT" },
         { "an EC key on the curve brainpoolP256r1", "ecparam -name brainpoolP256r1 -genkey -out OUT" },
         { "an EC key on the curve brainpoolP224r1", "ecparam -name brainpoolP224r1 -genkey -out OUT" },
         { "an EC key on the curve brainpoolP512t1", "ecparam -name brainpoolP512t1 -genkey -out OUT" },
         { "an EC key on the curve 1.3.132.0.16", "ecparam -name sect283k1 -genkey -noout -out OUT" },
         { "an EC key whose curve is given by its parameters", "ecparam -name prime256v1 -param_enc explicit -genkey "
            .. "-noout -out OUT" },
         { "an RSA key of 768 bits", "genrsa -out OUT 768" },
         { "an RSA key of 2048 bits and more than two primes", "genrsa -primes 3 -out OUT 2048" },
         { "a DSA key", "dsaparam -genkey -noout -out OUT 1024" },
      }
      for _, kind in ipairs(kinds) do
         local bytes = openssl(kind[2])
         local message = refuses("unsupported_key", kind[1], load(bytes))
         assert.matches("RSA of 1024 to 4096 bits, P%-256, P%-384, P%-521 and Ed25519 can", message)
      end
   end)

   it("is named under a password too", function()
      local bytes = openssl("genpkey -algorithm ed448 -aes128 -pass pass:x -out OUT")
      refuses("encrypted_key", "give its password", load(bytes))
      refuses("bad_password", "does not decrypt", load(bytes, "y"))
      refuses("unsupported_key", "an Ed448 key", load(bytes, "x"))
   end)

   it("is damaged when its parts do not fit together", function()
      local der = openssl("rsa -traditional -outform DER -in " .. certificates.rsa.keyfile .. " -out OUT")
      local damaged = der:sub(1, -2) .. string.char(255 - der:byte(-1))
      refuses("bad_key", "an RSA key of 2048 bits, which is damaged", load(damaged))
   end)

   it("asks for no password that would not help", function()
      local scrypt = openssl("pkcs8 -topk8 -scrypt -outform DER -passout pass:x -in " .. certificates.ec.keyfile
         .. " -out OUT")
      assert(load(scrypt, "x"))
      refuses("bad_password", "does not decrypt", load(scrypt, "y"))
      local _, at = scrypt:find("\2\2\64\0\2\1", 1, true) -- n is 16384; r follows
      refuses("unsupported_encryption", "not supported", load(scrypt:sub(1, at) .. "\127" .. scrypt:sub(at + 2)))
      local old = openssl("ec -aes256 -passout pass:x -in " .. certificates.ec.keyfile .. " -out OUT")
      refuses("encrypted_key", "give its password", load(old))
      refuses("bad_password", "does not decrypt", load(old, "y"))
      assert.is_true(assert(load(old, "x")):matches(bearssl.certificate.load(leaf)[1]))
      refuses("unsupported_encryption", "not supported", load((old:gsub("AES%-256%-CBC", "IDEA-CBC"))))
   end)
end)

describe("what is something else", function()
   local request = bearssl.request.new { key = bearssl.key.load(key), subject = "CN=x" }:pem()
   local ca, ca_key = bearssl.certificate.selfsigned { names = { "x" }, ca = true }
   local crl = bearssl.crl.new { issuer = ca, issuer_key = ca_key }:pem()
   -- the fourth: of whom it is no fault
   local inputs = {
      { "PKCS#12", ": `openssl pkcs12", openssl("pkcs12 -export -passout pass:x -in " .. certificates.ec.certfile
         .. " -inkey " .. certificates.ec.keyfile .. " -out OUT"), "a private key" },
      { "PKCS#7", ": `openssl pkcs7", openssl("crl2pkcs7 -nocrl -outform DER -certfile " .. certificates.ec.certfile
         .. " -out OUT"), "a certificate" },
      { "PKCS#7", ": `openssl pkcs7", openssl("crl2pkcs7 -nocrl -certfile " .. certificates.ec.certfile
         .. " -out OUT"), "a certificate" },
      { "a PUBLIC KEY", "", openssl("pkey -pubout -in " .. certificates.ec.keyfile .. " -out OUT") },
      { "a public key", "", openssl("pkey -pubout -outform DER -in " .. certificates.ec.keyfile .. " -out OUT") },
      { "an OpenSSH public key", "", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0n me@here\n" },
      { "a PuTTY key", ": `puttygen", "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n" },
      { "a Java keystore", ": `keytool", "\254\237\254\237\0\0\0\2" },
      { "nothing (it is empty)", "", "" },
      { "white space", "", " \r\n\t" },
      { "UTF-16 text", ": save it as ASCII", "\255\254" .. leaf:gsub(".", "%0\0") },
      { "UTF-16 text", ": save it as ASCII", "\254\255" .. leaf:gsub(".", "\0%0") },
      { "UTF-16 text", ": save it as ASCII", (leaf:gsub(".", "%0\0")) },
      { "HTML or XML", "", "<!DOCTYPE html><html>404</html>" },
      { "JSON", "", '{"error": "not found"}' },
      { "base64 without BEGIN and END lines", "", (leaf:gsub("%-%-%-%-%-[^\n]*\n", "")) },
      { "the path of a file", ", or the path to", "/etc/ssl/certs/example.pem" },
      { "the path of a file", ", or the path to", "example.crt" },
      { "the path of a file", ", or the path to", "C:\\keys\\example" },
   }
   local loaders = {
      { "a certificate", bearssl.certificate.load, "bad_pem" }, { "a private key", bearssl.key.load, "bad_pem" },
      { "a CRL", bearssl.crl.load, "bad_pem" }, { "a certificate request", bearssl.request.load, "bad_pem" },
      { "an OCSP response in DER", bearssl.ocsp.load, "bad_ocsp_response" }, { "a certificate", bearssl.trust.load,
         "bad_pem" },
   }

   it("is named by every loader", function()
      for _, loader in ipairs(loaders) do
         for _, input in ipairs(inputs) do
            if input[4] ~= loader[1] then
               local result, message, code = loader[2](input[3])
               assert.is_nil(result)
               assert.is_string(code)
               local start = input[1] .. ", where " .. loader[1] .. " belongs"
               assert.equal(start, message:sub(1, #start))
               assert.truthy(message:find(input[2], #start, true), message)
            end
         end
      end
   end)

   it("is named by its labels in PEM, by its structure in DER", function()
      local own = { [leaf] = "a certificate", [key] = "a private key", [crl] = "a CRL",
         [request] = "a certificate request" }
      local labels = { [leaf] = "a CERTIFICATE", [key] = "a PRIVATE KEY", [crl] = "an X509 CRL",
         [request] = "a CERTIFICATE REQUEST" }
      for pem, name in pairs(own) do
         local der = shell.run("sed -n '/^-----/d;p' " .. temporary.write(pem) .. " | openssl base64 -d")
         for _, loader in ipairs(loaders) do
            if loader[1] ~= name then
               refuses(loader[3], labels[pem] .. ", where " .. loader[1] .. " belongs", loader[2](pem))
               local result, message = loader[2](der)
               assert.is_nil(result)
               assert.equal(name .. ", where " .. loader[1] .. " belongs", message)
            end
         end
      end
   end)

   it("names the loader that takes a path", function()
      refuses("bad_pem", "bearssl.certificate.open", bearssl.certificate.load("x.pem"))
      refuses("bad_pem", "bearssl.key.open", bearssl.key.load("x.pem"))
      refuses("bad_pem", "bearssl.key.open", bearssl.key.load("x.pem", "password"))
      refuses("bad_pem", "bearssl.trust.open", bearssl.trust.new { "x.pem" })
      refuses("bad_pem", "bearssl.trust.open", bearssl.trust.load("x.pem"))
      refuses("bad_pem", "bearssl.crl.open", bearssl.crl.load("x.pem"))
      refuses("bad_pem", "bearssl.request.open", bearssl.request.load("x.csr"))
      refuses("bad_ocsp_response", "bearssl.ocsp.open", bearssl.ocsp.load("x.der"))
      refuses("bad_pem", "bearssl.certificate.open", ca:verify { chain = "chain.pem", trust = { ca } })
   end)
end)

describe("a certificate that cannot be read", function()
   local load = bearssl.certificate.load
   local der = der_of(leaf)

   it("is told by its number among several", function()
      local bad = pem_of("CERTIFICATE", der .. "\0")
      refuses("bad_certificate", "certificate 2 of 3: 1 bytes follow it", load(leaf .. bad .. leaf))
      refuses("bad_certificate", "the certificate: 1 bytes follow it", load(bad))
      refuses("bad_certificate", "the certificate: 1 bytes follow it", load(der .. "\0"))
      refuses("bad_certificate", "certificate 1 of 2: 1 bytes follow it", bearssl.trust.load(bad .. bad))
   end)

   it("says why", function()
      refuses("bad_certificate", ("it is cut short: 300 bytes of %d"):format(#der), load(der:sub(1, 300)))
      -- keyUsage (2.5.29.15) becomes basicConstraints (2.5.29.19) once more
      local twice = der:gsub("\85\29\15", "\85\29\19")
      assert.not_equal(der, twice)
      refuses("bad_certificate", "it has an extension twice (2.5.29.19)", load(twice))
      refuses("bad_certificate", "its validity period has no well-formed times",
         load((der:gsub("\23\13%d%d%d%d", "\23\13" .. "2613", 1))))
      refuses("bad_certificate", "its version is none of 1, 2 and 3", load((der:gsub("\160\3\2\1\2", "\160\3\2\1\9"))))
      refuses("bad_certificate", "an extension is malformed (2.5.29.15)",
         load((der:gsub("(\85\29\15[^\3]*)\3\2", "%1\5\2"))))
      refuses("bad_certificate", "its two signature algorithms differ",
         load((der:gsub("(\42\134\72\134\247\13\1\1)\11", "%1\12", 1))))
   end)

   it("says what is wrong with the PEM", function()
      local body = leaf:match("CERTIFICATE%-%-%-%-%-\n(.-)%-%-%-%-%-END")
      refuses("bad_certificate", "it is cut short: its END line is missing", load(leaf:sub(1, 300)))
      refuses("bad_certificate", "certificate 1 of 2: it is cut short", load(leaf:sub(1, 301) .. leaf))
      refuses("bad_certificate", "its base64 is damaged in line 3",
         load((leaf:gsub("\n(.)(.-)\n(..)", "\n%1%2\n*%3", 1))))
      refuses("bad_certificate", "characters or padding are missing", load((leaf:gsub("\n(.)", "\n", 1))))
      refuses("bad_certificate", "the two characters \\ and n", load((leaf:gsub("\n", "\\n"))))
      refuses("bad_certificate", "nothing stands between",
         load("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"))
      refuses("bad_certificate", "its END line does not say what its BEGIN line says",
         load("-----BEGIN CERTIFICATE-----\n" .. body .. "-----END CERTIFICAT-----\n"))
      refuses("bad_pem", "the BEGIN line of PEM is damaged", load("-----BEGIN CERTIFICATE---\n" .. body))
      refuses("bad_key", "its base64 is damaged in line 2", bearssl.key.load((key:gsub("\n.", "\n!", 1))))
   end)
end)

describe("certificate.open", function()
   it("reads what trust.open reads: directories, and OpenSSL's TRUSTED CERTIFICATE", function()
      local trusted = openssl("x509 -addtrust serverAuth -in " .. certificates.ca.certfile .. " -out OUT")
      assert.matches("TRUSTED CERTIFICATE", trusted)
      assert.equal(der_of(certificates.ca.certificate), der_of(trusted))
      local directory = temporary.make_directory()
      temporary.write(trusted, nil, directory .. "/b.crt")
      temporary.write(leaf, nil, directory .. "/a.pem")
      temporary.write(certificates.ca.certificate, nil, directory .. "/0a1b2c3d.0")
      temporary.write(certificates.rsa.certificate, nil, directory .. "/README")
      temporary.write("junk", nil, directory .. "/c.pem")
      local list = assert(bearssl.certificate.open(directory))
      assert.equal(2, #list)
      assert.equal(assert(bearssl.trust.open(directory)):count(), #list)
      assert.equal(der_of(certificates.ca.certificate), list[1]:der())
      assert.equal(der_of(leaf), list[2]:der())
      refuses("bad_pem", "holds no certificate", bearssl.certificate.open(temporary.make_directory()))
   end)
end)

describe("a context", function()
   local ec, rsa = certificates.ec, certificates.rsa

   local function context(options)
      options.mode = options.mode or "server"
      return bearssl.context(options)
   end

   it("names the option that takes a path", function()
      refuses("bad_pem", "or the path to the option 'certfile'", context { certificate = ec.certfile, key = key })
      refuses("bad_pem", "or the path to the option 'keyfile'", context { certificate = leaf, key = ec.keyfile })
      refuses("bad_pem", "or the path to the option 'keyfile'",
         context { certificate = leaf, key = ec.keyfile, password = "x" })
      refuses("bad_ocsp_response", "or the path to the option 'ocspfile'",
         context { certificate = leaf, key = key, ocsp_response = "/x/staple.der" })
      refuses("bad_pem", "the options 'cafile' and 'capath'", context { mode = "client", trust = ec.certfile })
      refuses("bad_pem", "bearssl.crl.open", context { mode = "client", trust = leaf, crls = "/x.crl" })
   end)

   it("names the file that is at fault", function()
      local message = refuses("bad_pem", ec.keyfile .. ": a PRIVATE KEY, where a certificate belongs",
         context { certfile = ec.keyfile, keyfile = ec.certfile })
      assert.matches("certificate and key are exchanged", message)
      message = refuses("bad_pem", rsa.certfile .. ": a CERTIFICATE, where a private key belongs",
         context { certfile = ec.certfile, keyfile = rsa.certfile })
      assert.is_nil(message:find(ec.certfile, 1, true))
      local staple = temporary.write("junk", ".der")
      message = refuses("bad_ocsp_response", staple .. ": ",
         context { certfile = ec.certfile, keyfile = ec.keyfile, ocspfile = staple })
      assert.is_nil(message:find(ec.certfile, 1, true))
   end)

   it("says which certificate the key does not belong to", function()
      refuses("key_mismatch", ec.certfile .. " and " .. rsa.keyfile .. ": the private key does not belong",
         context { certfile = ec.certfile, keyfile = rsa.keyfile })
      local good = { certificate = leaf, key = key }
      refuses("key_mismatch", "credentials[2]: ",
         context { credentials = { good, { certificate = rsa.certificate, key = key } } })
      refuses("key_mismatch", "but to certificate 2 of its chain",
         context { certificate = certificates.ca.certificate .. leaf, key = key })
   end)
end)
